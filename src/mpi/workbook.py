"""Estimates as an Excel workbook: notes, a sheet to publish for each disaggregation, and the tidy table."""

from __future__ import annotations

import io
import math
import re
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np

from mpi.errors import MpiError
from mpi.tables import MISSING, ROUNDING, Grid, decimals_of, grid, notes, tidy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mpi.estimates import Estimates
    from mpi.keys import Coded

__all__ = ["sheet_name", "workbook"]

_MAX_ROWS, _MAX_COLUMNS, _MAX_NAME = 1_048_576, 16_384, 31
_NOTES, _DATA = "Notes", "Data"
_TOP = 4  # the first row of figures, below the title, the statistics, and "estimate" and "SE"

_FLAGS = {
    "no complete cases in group": "nobody in the group has all the indicators, so nothing is known of it",
    "no poor in group": "a figure about the poor, such as their intensity, has no meaning without any",
    "one PSU in group": "all cases of the group come from one primary sampling unit; its error is unreliable",
    "no degrees of freedom": "there are not more primary sampling units than strata, so there is no interval",
    "estimate is 0: no interval": "so in the sample; that is no proof that it is 0 in the population",
    "estimate is 1: no interval": "so in the sample; that is no proof that it is 1 in the population",
    "undefined": "the figure cannot be derived, because one that it rests on is missing or zero",
}


def workbook(est: Estimates, *, decimals: int | None = None, **options: Any) -> bytes:
    """Return the contents of an .xlsx file.

    Parameters
    ----------
    est : Estimates
        The estimates.
    decimals : int, optional
        How many to show in the sheets to publish, as for `mpi.tables.wide`; the cells keep full precision.
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
    from openpyxl.writer.excel import ExcelWriter

    layout = grid(est, **options)
    _check_size(est, layout)
    book = Workbook()
    front = book.worksheets[0]
    front.title = _NOTES
    taken = {_NOTES.casefold(), _DATA.casefold()}
    for by, part in _split(layout):
        _publish(book.create_sheet(sheet_name(by, taken)), part, by, decimals)
    _data(book.create_sheet(_DATA), est)
    _front(front, est, [sheet.title for sheet in book.worksheets[1:-1]])
    book.properties.creator = "mpi-poverty"
    contents = io.BytesIO()
    with ZipFile(contents, "w", ZIP_DEFLATED) as archive:  # book.save leaves it open where the disk fills up
        ExcelWriter(book, archive).save()
    return contents.getvalue()


def _check_size(est: Estimates, layout: Grid) -> None:
    if len(est) >= _MAX_ROWS:
        raise MpiError(f"{len(est):,} estimates are more than an Excel sheet holds; select some, or write parquet")
    width = 2 * len(layout.columns) + len(layout.names) - 1
    if width > _MAX_COLUMNS:
        raise MpiError(
            f"a sheet to publish would have {width:,} columns, Excel holds {_MAX_COLUMNS:,}; select some "
            "statistics, cutoffs or weightings, or write parquet"
        )


def _split(layout: Grid) -> list[tuple[str, Grid]]:
    """Part the layout by disaggregation, each with the columns it has."""
    names = [row[0] for row in layout.rows]
    return [(str(by or "estimates"), _part(layout, [n == by for n in names])) for by in dict.fromkeys(names)]


def _part(layout: Grid, wanted: Sequence[bool]) -> Grid:
    rows = np.flatnonzero(wanted)
    columns = np.flatnonzero((layout.cell[rows] >= 0).any(axis=0))
    cell = layout.cell[np.ix_(rows, columns)]
    there = cell >= 0
    est = layout.est.take(cell[there])
    cell[there] = np.arange(len(est))
    kept = [layout.columns[j] for j in columns]
    return replace(layout, est=est, rows=[layout.rows[i] for i in rows], columns=kept, cell=cell)


def sheet_name(name: str, taken: set[str]) -> str:
    r"""Make a name that Excel allows and no sheet has: at most 31 characters, none of ``[ ] : * ? / \``.

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


# --- cells -----------------------------------------------------------------------------------------------


def _put(sheet: Any, row: int, column: int, value: Any) -> Any:
    """Fill a cell: numbers as numbers, missing ones as nothing, text as text and never as a formula."""
    cell = sheet.cell(row, column)
    if value is None or (isinstance(value, (float, np.floating)) and math.isnan(value)):
        return cell
    if isinstance(value, (int, float, np.integer, np.floating)) and math.isfinite(value):
        # openpyxl writes floats with 16 digits, which loses the last bit of many; Python's own digits do not.
        cell.value, cell.data_type = repr(value.item() if isinstance(value, np.generic) else value), "n"
        return cell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    text = ILLEGAL_CHARACTERS_RE.sub("\ufffd", str(value))
    cell.value = text
    cell.data_type = "s"  # openpyxl makes a formula of "=1+1" and an error of "#N/A"
    cell.quotePrefix = text.startswith(("=", "+", "-", "@"))  # it stays text when somebody edits the cell
    return cell


def _style(cell: Any, *, bold: bool = False, wrap: bool = False, horizontal: str | None = None) -> None:
    from openpyxl.styles import Alignment, Font

    cell.font = Font(bold=bold)
    cell.alignment = Alignment(horizontal=horizontal, vertical="top", wrap_text=wrap)


def _width(sheet: Any, column: int, characters: float) -> None:
    from openpyxl.utils import get_column_letter

    sheet.column_dimensions[get_column_letter(column)].width = characters


# --- a sheet to publish ----------------------------------------------------------------------------------


def _publish(sheet: Any, layout: Grid, by: str, decimals: int | None) -> None:
    """Write the statistics of one disaggregation, each in two columns: the estimate, its standard error."""
    keys = len(layout.names) - 1
    title = "Estimates for the whole" if by == "total" else f"Estimates by {by}"
    _style(_put(sheet, 1, 1, title), bold=True)
    _row_labels(sheet, layout, by)
    for j in range(len(layout.columns)):
        _head(sheet, keys + 1 + 2 * j, layout.columns[j].label)
        _figures(sheet, layout, j, keys + 1 + 2 * j, decimals)
    for i, note in enumerate(notes(layout)):
        _put(
            sheet,
            _TOP + len(layout.rows) + 1 + i,
            1,
            note.replace("in brackets", "to the right of estimates"),
        )
    _set_up(sheet, keys)


def _row_labels(sheet: Any, layout: Grid, by: str) -> None:
    for k, name in enumerate(layout.names[1:], 1):
        _style(_put(sheet, _TOP - 1, k, by if name == "group" and by != "total" else name), bold=True)
        for i, row in enumerate(layout.rows):
            _style(_put(sheet, _TOP + i, k, row[k]), horizontal="left")
        longest = max(len(str(row[k])) for row in layout.rows)
        _width(sheet, k, min(max(longest, len(name), 8) + 2, 48))


def _head(sheet: Any, column: int, label: str) -> None:
    from openpyxl.styles import Border, Side

    _style(_put(sheet, _TOP - 2, column, label), bold=True, wrap=True, horizontal="center")
    sheet.merge_cells(start_row=_TOP - 2, end_row=_TOP - 2, start_column=column, end_column=column + 1)
    for c, word in ((column, "estimate"), (column + 1, "SE")):
        below = _put(sheet, _TOP - 1, c, word)
        _style(below, horizontal="right")
        below.border = Border(bottom=Side(style="thin"))
        _width(sheet, c, 12)


def _figures(sheet: Any, layout: Grid, j: int, column: int, decimals: int | None) -> None:
    form = _number_format(layout, j, decimals)
    for i, k in enumerate(layout.cell[:, j].tolist()):
        if k < 0:
            continue
        flag = layout.est.flag.at(k)
        for c, number in enumerate((layout.est.value[k], layout.est.se[k])):
            cell = _put(sheet, _TOP + i, column + c, MISSING if np.isnan(number) else number)
            cell.number_format = form
            _style(cell, horizontal="right")
        if flag is not None:
            _comment(sheet.cell(_TOP + i, column), flag)


def _number_format(layout: Grid, j: int, decimals: int | None) -> str:
    """Return how Excel shows the column; a per cent format shows the fraction in the cell times 100."""
    places = decimals_of(layout, j, decimals)
    end = "." + "0" * places if places else ""
    return f"#,##0{end}" if layout.columns[j].unit == "fraction" else f"0{end}%"


def _comment(cell: Any, text: str) -> None:
    from openpyxl.comments import Comment

    cell.comment = Comment(text, "mpi", height=60, width=220)


def _set_up(sheet: Any, keys: int) -> None:
    """Freeze the labels, make room for statistics' names, and print on pages as wide as the table."""
    sheet.freeze_panes = sheet.cell(_TOP, keys + 1)
    sheet.row_dimensions[_TOP - 2].height = 48
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"1:{_TOP - 1}"


# --- the tidy sheet and the notes ------------------------------------------------------------------------


def _data(sheet: Any, est: Estimates) -> None:
    """Write the tidy table, every number in full."""
    frame = tidy(est)
    for c, name in enumerate(frame.columns, 1):
        _style(_put(sheet, 1, c, name), bold=True)
        for r, value in enumerate(frame[name].tolist(), 2):
            _put(sheet, r, c, value)
        _width(sheet, c, 22 if str(frame[name].dtype) == "category" else 14)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions


def _front(sheet: Any, est: Estimates, sheets: Sequence[str]) -> None:
    """Write what the workbook holds and how to read it."""
    for r, (term, text) in enumerate(_explanations(est, sheets), 1):
        _style(_put(sheet, r, 1, term), bold=True)
        _style(_put(sheet, r, 2, text), wrap=True)
    _width(sheet, 1, 26)
    _width(sheet, 2, 110)


def _explanations(est: Estimates, sheets: Sequence[str]) -> list[tuple[str, str]]:
    out = [("Estimates", f"{len(est):,}, made with mpi-poverty {_version()}")]
    out += [(name.capitalize(), ", ".join(found)) for name in _TOLD if (found := _words(est.keys[name]))]
    rule = (
        "Primary sampling units minus strata, of the whole design unless the group's own were asked for; see "
        f"the column df of {_DATA}."
    )
    out += [
        ("Sheets", f"{', '.join(sheets)}: to publish. {_DATA}: every number in full, one row each."),
        ("Units", "Shares are fractions (0.25 is 25%); a cell that shows % holds the fraction."),
        ("Confidence level", f"{est.level * 100:g}%; methods: {', '.join(dict.fromkeys(est.method.values))}"),
        ("Degrees of freedom", rule),
        (MISSING, "Undefined; the comment on the cell says why. An empty cell: not estimated."),
    ]
    out += [(f"Flag: {flag}", _FLAGS.get(flag, "")) for flag in _words(est.flag)]
    return [*out, ("Rounding", ROUNDING)]


_TOLD = ("statistic", "contrast", "by", "wave", "cutoff", "weighting")


def _words(column: Coded) -> list[str]:
    """Return the values that occur, as text."""
    _, first = np.unique(column.index, return_index=True)
    return [str(v) for v in column.take(np.sort(first)).to_list() if v is not None]


def _version() -> str:
    try:
        return version("mpi-poverty")
    except PackageNotFoundError:
        return "(not installed)"
