"""Estimates as an Excel workbook: notes, sheets to publish for each disaggregation, and the tidy table."""

from __future__ import annotations

import io
import math
import re
from copy import copy
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary
from zipfile import ZipFile

import numpy as np

from mpi.core.errors import MissingLibraryError, RequestError
from mpi.tables.excel_notes import explanations
from mpi.tables.excel_rows import clean, formula_like, with_rows, written
from mpi.tables.footnotes import MISSING, notes, style_of, without_error
from mpi.tables.layout import Grid, grid, heading, part_of
from mpi.tables.text import decimals_of, tidy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from mpi.tables.estimates_like import EstimatesLike
    from mpi.tables.excel_rows import Rows
    from mpi.tables.footnotes import Style

__all__ = ["sheet_name", "workbook"]

_MAX_ROWS, _MAX_COLUMNS, _MAX_NAME = 1_048_576, 16_384, 31
_NOTES, _DATA = "Notes", "Data"
_TERM_WIDTH, _NOTE_WIDTH = 26, 110
_TOP = 4  # the first row of figures, below the title, the statistics, and "estimate" and "SE"
_BY_INDICATOR = frozenset({"uncensored_headcount", "censored_headcount", "contribution", "contribution_share"})
_BOUNDS = ("lower_bound", "upper_bound")
_BESIDE: dict[Style, tuple[str, ...]] = {
    "se": ("SE",), "interval": ("lower", "upper"), "both": ("SE", "lower", "upper"), "estimate": (),
}  # fmt: skip


def workbook(
    est: EstimatesLike,
    *,
    decimals: int | None = None,
    se: bool | None = None,
    interval: bool = False,
    labels: bool = True,
    **options: Any,
) -> bytes:
    """Return the contents of an .xlsx file.

    Parameters
    ----------
    est : Estimates
        The estimates.
    decimals : int, optional
        How many to show in the sheets to publish, as for `mpi.tables.publish`; the cells keep full precision.
    se, interval : bool
        Whether standard errors stand beside the estimates, confidence limits, or both.
    labels : bool, default True
        Name the columns in words.
    **options
        ``statistics, by, wave, cutoff, weighting, percent, indicators, rounds`` of `mpi.tables.publish`, for the
        sheets to publish.

    Raises
    ------
    MpiError
        When openpyxl is not installed, or a sheet would be larger than Excel can hold.
    """
    if not find_spec("openpyxl"):
        raise MissingLibraryError(
            "Excel files are written by openpyxl, which is absent: pip install openpyxl (or 'mpi-poverty[report]')"
        )
    from openpyxl import Workbook
    from openpyxl.writer.excel import ExcelWriter

    style = style_of(est, se=se, interval=interval)
    pages = list(_pages(grid(est, labels=labels, **options)))
    _check_size(est, pages, style)
    book = Workbook()
    front = book.worksheets[0]
    front.title = _NOTES
    taken = {_NOTES.casefold(), _DATA.casefold()}
    for page in pages:
        _publish(book.create_sheet(sheet_name(page.title, taken, page.end)), page, style, decimals)
    rows = _data(book.create_sheet(_DATA), est)
    _front(front, est, [sheet.title for sheet in book.worksheets[1:-1]])
    book.properties.creator = "mpi-poverty"
    quoting = _quoting_style(front)
    paths = {f"xl/worksheets/sheet{i}.xml": sheet for i, sheet in enumerate(book.worksheets, 1)}
    made = {path: written(sheet, rows if sheet.title == _DATA else (), quoting) for path, sheet in paths.items()}
    contents = io.BytesIO()
    with ZipFile(contents, "w") as archive:  # compressed when the rows are in it
        ExcelWriter(book, archive).save()
    return with_rows(contents.getvalue(), made)


@dataclass(frozen=True, slots=True, eq=False)
class _Page:
    """A sheet to publish: some statistics of one disaggregation.

    Attributes
    ----------
    by : str or None
        The disaggregation.
    end : str
        What tells the sheet from others of the disaggregation.
    layout : Grid
        What stands where.
    cases : ndarray of float
        The number of cases of each row.
    """

    by: str | None
    end: str
    layout: Grid
    cases: NDArray[np.float64]

    @property
    def title(self) -> str:
        """What the sheet is about."""
        return heading(self.by)

    @property
    def first(self) -> int:
        """The column of the first estimate: after the group, the round where there is one, and the cases."""
        return len(self.layout.names) + 1


def _pages(layout: Grid) -> Iterator[_Page]:
    """Part the layout by disaggregation, and each of them into main figures, those of indicators, and bounds of both.

    Figures that are bounds alone are main figures.
    """
    names = [row[0] for row in layout.rows]
    bounds = _bounds(layout)
    apart = layout.names[-1] != "indicator"  # where indicators stand in rows, one sheet holds them all
    indicators = np.array([c.statistic in _BY_INDICATOR for c in layout.columns]) & ~bounds & apart
    kinds = (("", ~indicators & ~bounds), (", indicators", indicators), (", bounds", bounds))
    for by in dict.fromkeys(names):
        here = [n == by for n in names]
        cases = _cases(part_of(layout, here, [True] * len(layout.columns)))
        parts = [(end, part_of(layout, here, kind.tolist())) for end, kind in kinds]
        there = [(end, part) for end, part in parts if part.columns]
        for i, (end, part) in enumerate(there):
            yield _Page(by, end if i else "", part, cases)


def _bounds(layout: Grid) -> NDArray[np.bool_]:
    """Say which columns are bounds of others."""
    contrasts = layout.est.keys["contrast"]
    found = np.array([contrasts.at(int(rows.max())) in _BOUNDS for rows in layout.cell.T], dtype=bool)
    return found & ~found.all()


def _cases(layout: Grid) -> NDArray[np.float64]:
    """Return the most cases that a figure of each row rests on: those of the group, where it has a headcount."""
    n = np.append(np.nan_to_num(layout.est.n), 0.0)[layout.cell]  # a cell of -1 finds the 0 at the end
    most: NDArray[np.float64] = n.max(axis=1, initial=0.0)
    return most


def _check_size(est: EstimatesLike, pages: Sequence[_Page], style: Style) -> None:
    if len(est) >= _MAX_ROWS:
        raise RequestError(f"{len(est):,} estimates are more than an Excel sheet holds; select some, or write parquet")
    width = max((_span(style) * len(p.layout.columns) + p.first - 1 for p in pages), default=0)
    if width > _MAX_COLUMNS:
        raise RequestError(
            f"a sheet to publish would have {width:,} columns, Excel holds {_MAX_COLUMNS:,}; select some "
            "statistics, cutoffs or weightings, or write parquet"
        )


def _span(style: Style) -> int:
    """Return how many columns a statistic takes."""
    return 1 + len(_BESIDE[style])


def sheet_name(name: str, taken: set[str], end: str = "") -> str:
    r"""Make a name that Excel allows and no sheet has: at most 31 characters, none of ``[ ] : * ? / \``.

    Parameters
    ----------
    name : str
        What the sheet is about.
    taken : set of str
        Names in use, casefolded; the new one is added.
    end : str
        What must stand at its end; a long name is cut before it.

    Examples
    --------
    >>> sheet_name("sex/age", {"notes"})
    'sex_age'
    """
    allowed = re.sub(r"[\[\]:*?/\\\x00-\x1f]", "_", name).strip().strip("'") or "sheet"
    made, i = _cut(allowed, end), 1
    while made.casefold() in taken or made.casefold() == "history":  # Excel keeps "History" for itself
        i += 1
        made = _cut(allowed, f"{end} ({i})")
    taken.add(made.casefold())
    return made


def _cut(name: str, end: str) -> str:
    return (name[: _MAX_NAME - len(end)] + end).rstrip("'")


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
    text = clean(value)
    cell.value = text
    cell.data_type = "s"  # openpyxl makes a formula of "=1+1" and an error of "#N/A"
    if formula_like(text):
        cell.quotePrefix = True  # it stays text when somebody edits the cell
    return cell


_LOOKS: WeakKeyDictionary[Any, dict[tuple[Any, ...], Any]] = WeakKeyDictionary()
"""The styles that each open workbook has, by what they look like."""


def _style(
    cell: Any, *, bold: bool = False, wrap: bool = False, horizontal: str | None = None, form: str | None = None
) -> None:
    """Style a cell as another was that looks alike: to make a style and to find its like again takes long."""
    look = (bool(cell.quotePrefix), bold, wrap, horizontal, form)
    known = _LOOKS.setdefault(cell.parent.parent, {})
    if look in known:
        cell._style = copy(known[look])  # noqa: SLF001  # as openpyxl itself copies a style
        return
    from openpyxl.styles import Alignment, Font
    from openpyxl.styles.fonts import DEFAULT_FONT

    cell.font = Font(name=DEFAULT_FONT.name, size=DEFAULT_FONT.size, bold=bold)  # without, some programs take another
    cell.alignment = Alignment(horizontal=horizontal, vertical="top", wrap_text=wrap)
    if form is not None:
        cell.number_format = form
    known[look] = copy(cell._style)  # noqa: SLF001


def _quoting_style(sheet: Any) -> int:
    """Return the number of the style of texts that stay texts when somebody edits them."""
    from openpyxl.cell import Cell

    cell = Cell(sheet, row=1, column=1)  # on no sheet
    cell.quotePrefix = True
    return int(cell.style_id)


def _width(sheet: Any, column: int, characters: float) -> None:
    from openpyxl.utils import get_column_letter

    sheet.column_dimensions[get_column_letter(column)].width = characters


# --- a sheet to publish ----------------------------------------------------------------------------------


def _publish(sheet: Any, page: _Page, style: Style, decimals: int | None) -> None:
    """Write statistics of one disaggregation: each an estimate, and beside it its standard error or its limits."""
    _style(_put(sheet, 1, 1, page.title + page.end), bold=True)
    _row_labels(sheet, page)
    for j, column in enumerate(page.layout.columns):
        at = page.first + _span(style) * j
        _head(sheet, at, column.label, style)
        _figures(sheet, page.layout, j, at, style, decimals)
    cases = f"n: the unweighted cases of the row; figures about the poor alone rest on fewer (see {_DATA})."
    for i, note in enumerate([cases, *notes(page.layout, style, bracketed=False)]):
        _put(sheet, _TOP + len(page.layout.rows) + 1 + i, 1, note)
    _set_up(sheet, page.first)


def _row_labels(sheet: Any, page: _Page) -> None:
    by, rows = page.by, page.layout.rows
    for k, name in enumerate(page.layout.names[1:], 1):
        _style(_put(sheet, _TOP - 1, k, by if name == "group" and by not in {None, "total"} else name), bold=True)
        for i, row in enumerate(rows):
            _style(_put(sheet, _TOP + i, k, row[k]), horizontal="left")
        longest = max(len(str(row[k] or "")) for row in rows)
        _width(sheet, k, min(max(longest, len(name), 8) + 2, 48))
    _style(_put(sheet, _TOP - 1, page.first - 1, "n"), bold=True, horizontal="right")
    for i, n in enumerate(page.cases.tolist()):
        cell = _put(sheet, _TOP + i, page.first - 1, int(n))
        _style(cell, horizontal="right", form="#,##0")


def _head(sheet: Any, column: int, label: str, style: Style) -> None:
    from openpyxl.styles import Border, Side

    _style(_put(sheet, _TOP - 2, column, label), bold=True, wrap=True, horizontal="center")
    words = ("estimate", *_BESIDE[style])
    if len(words) > 1:
        last = column + len(words) - 1
        sheet.merge_cells(start_row=_TOP - 2, end_row=_TOP - 2, start_column=column, end_column=last)
    for c, word in enumerate(words, column):
        below = _put(sheet, _TOP - 1, c, word)
        _style(below, horizontal="right")
        below.border = Border(bottom=Side(style="thin"))
        _width(sheet, c, 12 if len(words) > 1 else 18)


def _figures(sheet: Any, layout: Grid, j: int, column: int, style: Style, decimals: int | None) -> None:
    form = _number_format(layout, j, decimals)
    rows = layout.cell[:, j]
    there = np.flatnonzero(rows >= 0)
    est = layout.est.take(rows[there])
    se = np.where(without_error(est), np.nan, est.se)
    limits = est.conf_int() if style in {"interval", "both"} else ()
    beside = {"se": (se,), "interval": limits, "both": (se, *limits), "estimate": ()}[style]
    for i, *numbers in zip(there.tolist(), est.value, *beside, strict=True):
        for c, number in enumerate(numbers):
            cell = _put(sheet, _TOP + i, column + c, MISSING if np.isnan(number) else number)
            _style(cell, horizontal="right", form=form)
    for k, i in enumerate(there.tolist()):
        if est.flag.at(k) is not None:
            _comment(sheet.cell(_TOP + i, column), est.flag.at(k))


def _number_format(layout: Grid, j: int, decimals: int | None) -> str:
    """Return how Excel shows the column; a per cent format shows the fraction in the cell times 100."""
    places = decimals_of(layout, j, decimals)
    end = "." + "0" * places if places else ""
    return f"#,##0{end}" if layout.columns[j].unit == "fraction" else f"0{end}%"


def _comment(cell: Any, text: str) -> None:
    from openpyxl.comments import Comment

    cell.comment = Comment(text, "mpi", height=60, width=220)


def _set_up(sheet: Any, first: int) -> None:
    """Freeze the labels, make room for statistics' names, and print on pages as wide as the table."""
    sheet.freeze_panes = sheet.cell(_TOP, first)
    sheet.row_dimensions[_TOP - 2].height = 48
    sheet.print_title_rows = f"1:{_TOP - 1}"
    _fit(sheet)


def _fit(sheet: Any) -> None:
    """Print on pages as wide as the sheet."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


# --- the tidy sheet and the notes ------------------------------------------------------------------------


def _data(sheet: Any, est: EstimatesLike) -> Rows:
    """Lay out the tidy table, every number in full: its heads; and return its rows, which are written as they are."""
    frame = tidy(est)
    for c, name in enumerate(frame.columns, 1):
        _style(_put(sheet, 1, c, name), bold=True)
        _width(sheet, c, 22 if str(frame[name].dtype) == "category" else 14)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{sheet.cell(1, frame.shape[1]).column_letter}{len(frame) + 1}"
    return list(zip(*(frame[name].tolist() for name in frame.columns), strict=True))


def _front(sheet: Any, est: EstimatesLike, sheets: Sequence[str]) -> None:
    """Write what the workbook holds and how to read it."""
    for r, (term, text) in enumerate(explanations(est, sheets, _DATA), 1):
        _style(_put(sheet, r, 1, term), bold=True, wrap=True)
        _style(_put(sheet, r, 2, text), wrap=True)
        lines = max(math.ceil(len(t) / (w * 0.9)) for t, w in ((term, _TERM_WIDTH), (text, _NOTE_WIDTH)))
        if lines > 1:  # not every program finds the height of a wrapped text by itself
            sheet.row_dimensions[r].height = 15 * lines
    _width(sheet, 1, _TERM_WIDTH)
    _width(sheet, 2, _NOTE_WIDTH)
    _fit(sheet)
