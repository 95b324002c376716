"""Monetary poverty and inequality: every figure with the design's error, its line's error, and all covariances.

>>> import mpi
>>> est = mpi.monetary.estimate(mpi.load_sample(), "income", line=900, statistics="headcount")
>>> est.table["statistic"].tolist()
['fgt(0)', 'fgt(0)']
"""

from mpi.monetary.estimates import estimate
from mpi.monetary.lines import Relative, relative_line

__all__ = ["Relative", "estimate", "relative_line"]
