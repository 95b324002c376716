"""National poverty lines: law as data, each item with its source and how sure it is; households put into classes.

>>> import mpi
>>> from mpi.lines import load_line
>>> line = load_line("vn-2006")
>>> status = line.classify(mpi.load_sample(), income_in="thousands")
>>> status.survey.columns[-1]
'other'
"""

from mpi.lines.classification import Classification
from mpi.lines.estimates import estimate_bounds, estimate_line
from mpi.lines.head_gap import gap_notes, head_gaps
from mpi.lines.international import InternationalLine, international_line
from mpi.lines.key_figures import key_figures
from mpi.lines.library import line_for, list_lines, load_line
from mpi.lines.line import Line
from mpi.lines.missing_costs import MissingCosts, missing_costs

__all__ = [
    "Classification",
    "InternationalLine",
    "Line",
    "MissingCosts",
    "estimate_bounds",
    "estimate_line",
    "gap_notes",
    "head_gaps",
    "international_line",
    "key_figures",
    "line_for",
    "list_lines",
    "load_line",
    "missing_costs",
]
