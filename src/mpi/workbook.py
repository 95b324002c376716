"""Estimates as an Excel workbook: notes, a sheet to publish for each disaggregation, and the tidy table."""

from __future__ import annotations

import io
import math
import re
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.errors import MpiError
from mpi.tables import MISSING, Grid, decimals_of, grid, notes, tidy

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mpi.estimates import Estimates

__all__ = ["sheet_name", "workbook"]

_MAX_ROWS, _MAX_COLUMNS = 1_048_576, 16_384
_MAX_NAME = 31
_NOTES, _DATA = "Notes", "Data"
_HEAD = 3  # rows above the figures: title, statistics, "estimate" and "SE"

_FLAG_LEGEND = (
    ("no complete cases in group", "Everybody in the group lacks some indicator, so nothing is known of it."),
    ("no poor in group", "A figure about the poor (intensity, shares of M0) has no meaning without any."),
    ("one PSU in group", "All cases of the group come from one primary sampling unit: its error is unreliable."),
    ("no degrees of freedom", "There are not more PSUs than strata: there is no interval."),
    ("estimate is 0: no interval", "Nobody in the sample; the population need not have none."),
    ("estimate is 1: no interval", "Everybody in the sample; the population need not be all."),
)


def workbook(est: Estimates, *, decimals: int | None = None, **options: Any) -> bytes:
    """Return the contents of an .xlsx file.

    Parameters
    ----------
    est : Estimates
        The estimates.
    decimals : int, optional
        As for `mpi.tables.wide`; the cells themselves keep full precision.
    **options
        ``statistics, by, wave, cutoff, weighting, percent`` of `mpi.tables.wide`, for the sheets to publish.

    Raises
    ------
    MpiError
        When openpyxl is not installed, or a sheet would be larger than Excel can hold.
    """
    if not find_spec("openpyxl"):
        raise MpiError("Excel files are written by openpyxl, which is absent: pip install 'mpi-poverty[report]'")
    from openpyxl import Workbook

    if len(est) >= _MAX_ROWS:
        raise MpiError(f"{len(est):,} estimates are more than an Excel sheet holds; select some, or write parquet")
    book = Workbook()
    front = book.worksheets[0]
    front.title = _NOTES
    layouts = _layouts(est, options)
    taken = {_NOTES.casefold(), _DATA.casefold()}
    for by, layout in layouts:
        _publish(book.create_sheet(sheet_name(by, taken)), layout, by, decimals)
    _tidy_sheet(book.create_sheet(_DATA), est)
    _notes_sheet(front, est, list(zip([s.title for s in book.worksheets[1:]], [b for b, _ in layouts], strict=False)))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _layouts(est: Estimates, options: dict[str, Any]) -> list[tuple[str, Grid]]:
    """Lay out each disaggregation by itself; statistics it does not have are left out of its sheet."""
    percent = bool(options.get("percent", False))
    whole = grid(est, **options)
    names = whole.est.keys["by"]
    out = []
    for i in dict.fromkeys(names.index.tolist()):
        part = grid(whole.est.take(np.flatnonzero(names.index == i)), percent=percent)
        out.append((str(names.values[i]) if i >= 0 else "estimates", _same_order(part, whole)))
    return out


def _same_order(part: Grid, whole: Grid) -> Grid:
    ...


def sheet_name(name: str, taken: set[str]) -> str:
    """Make a name that Excel allows and that no sheet has: at most 31 characters, none of ``[ ] : * ? / \\``.

    Parameters
    ----------
    name : str
        What the sheet is about.
    taken : set of str
        Names in use, casefolded; the new one is added.

    Examples
    --------
    >>> sheet_name("sex/age", {"notes"})
    'sex_age'
    """
    allowed = re.sub(r"[\[\]:*?/\\\x00-\x1f]", "_", name).strip().strip("'") or "sheet"
    made, i = allowed[:_MAX_NAME].rstrip("'"), 1
    while made.casefold() in taken or made.casefold() == "history":  # Excel keeps "History" for itself
        i += 1
        end = f" ({i})"
        made = allowed[: _MAX_NAME - len(end)] + end
    taken.add(made.casefold())
    return made
