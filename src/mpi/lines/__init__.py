"""National poverty lines: law as data, each item with its source and how sure it is; households put into classes.

>>> import mpi
>>> from mpi.lines import load_line
>>> line = load_line("vn-2006")
>>> status = line.classify(mpi.load_sample(), income_in="thousands")
>>> status.survey.columns[-1]
'other'
"""

from mpi.lines.class_estimates import estimate_line
from mpi.lines.classification import Classification
from mpi.lines.international import InternationalLine, international_line
from mpi.lines.line import Line
from mpi.lines.shelf import line_for, list_lines, load_line

__all__ = [
    "Classification",
    "InternationalLine",
    "Line",
    "estimate_line",
    "international_line",
    "line_for",
    "list_lines",
    "load_line",
]
