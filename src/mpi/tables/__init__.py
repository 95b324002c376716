"""Estimates as tables: tidy, wide for publication, in words, as files."""

from mpi.tables.display import brief, html
from mpi.tables.footnotes import MISSING, ROUNDING, notes
from mpi.tables.layout import Column, Grid, grid
from mpi.tables.text import decimals_of, publish, tidy, wide

__all__ = [
    "MISSING",
    "ROUNDING",
    "Column",
    "Grid",
    "brief",
    "decimals_of",
    "grid",
    "html",
    "notes",
    "publish",
    "tidy",
    "wide",
]
