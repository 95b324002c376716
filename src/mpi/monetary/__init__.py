"""Monetary poverty and inequality: every figure with the design's error, its line's error, and all covariances.

>>> import mpi
>>> est = mpi.monetary.estimate(mpi.load_sample(), "income", line=900, statistics="headcount")
>>> est.table["statistic"].tolist()
['fgt(0)', 'fgt(0)']
"""

from mpi.monetary.curves import curve, growth_incidence, quantile_intervals
from mpi.monetary.estimates import estimate
from mpi.monetary.growth import growth_redistribution
from mpi.monetary.inequality import income_sources, within_between
from mpi.monetary.lines import Relative, relative_line
from mpi.monetary.overlap import overlap
from mpi.monetary.reports import report
from mpi.monetary.sectors import sectors

__all__ = [
    "Relative",
    "curve",
    "estimate",
    "growth_incidence",
    "growth_redistribution",
    "income_sources",
    "overlap",
    "quantile_intervals",
    "relative_line",
    "report",
    "sectors",
    "within_between",
]
