"""Estimates as an Excel workbook: notes, sheets to publish for each disaggregation, and the tidy table."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from mpi.core.errors import RequestError
from mpi.inference.design import COMPLETE
from mpi.tables.excel_blocks import PORTRAIT, Fitted, fitted, numbers_of, words_above
from mpi.tables.excel_notes import FLAGS, explanations, package_version
from mpi.tables.excel_pages import pages, tables
from mpi.tables.excel_styles import CellPosition, count_style, label_style, number_style
from mpi.tables.footnotes import MISSING, notes, style_of
from mpi.tables.keys import Coded
from mpi.tables.layout import grid
from mpi.tables.status import PLAIN
from mpi.tables.text import columns_of
from mpi.tables.typeset import characters, lines_of
from mpi.tables.xlsx import Sheet, letter, xlsx
from mpi.tables.xlsx_styles import INK, INK2, INK3, RULE, CellStyle

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mpi.tables.estimates_like import EstimatesLike
    from mpi.tables.excel_blocks import SheetBlock
    from mpi.tables.excel_pages import NumberFormat, Page
    from mpi.tables.excel_styles import Sign
    from mpi.tables.footnotes import Style as Beside
    from mpi.tables.xlsx_styles import Edge

__all__ = ["sheet_name", "workbook"]

_MAX_ROWS, _MAX_NAME = 1_048_576, 31
_NOTES, _DATA = "Notes", "Data"
_TERM_WIDTH, _NOTE_WIDTH = 200, 800  # pixels
_NARROWEST = 620.0  # pixels of the notes below a table
_LINE = 12.75  # points of a line of text
_TOP = 4  # the first row of a head, below the title and what was measured
_UNDONE = "no variation: no interval"
_THIN, _THICK, _HAIR = ("thin", INK2), ("medium", INK), ("thin", RULE)


def workbook(
    est: EstimatesLike,
    *,
    decimals: int | None = None,
    se: bool | None = None,
    interval: bool = False,
    labels: bool = True,
    scheme: Any = None,
    **options: Any,
) -> bytes:
    """Return the contents of an .xlsx file, made to be printed on A4.

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
    scheme : Scheme, str, path or dict, optional
        By which figures are not shown; see `mpi.tables.publish`.
    **options
        ``statistics, by, wave, cutoff, weighting, percent, indicators, rounds, codes`` of `mpi.tables.publish`, for the
        sheets to publish.

    Raises
    ------
    MpiError
        When a sheet would be larger than Excel can hold.
    """
    if len(est) >= _MAX_ROWS:
        raise RequestError(f"{len(est):,} estimates are more than an Excel sheet holds; select some, or write parquet")
    est = est if scheme is None else est.release(scheme)
    style = style_of(est, se=se, interval=interval)
    layout = grid(est, labels=labels, **options)
    taken = {_NOTES.casefold(), _DATA.casefold()}
    made: list[tuple[Sheet, str]] = []
    for page in pages(layout, {**options, "labels": labels}):
        numbers = numbers_of(page.est, style)
        form = fitted(tables(page, decimals, options.get("indicators")), numbers, style)
        made += _published(page, form, [values.tolist() for values in numbers], style, taken)
    data = _data(est)
    front = _front(est, [(sheet.title, said) for sheet, said in made])
    foot = _foot(est)
    sheets = [front, *(sheet for sheet, _ in made), data]
    for sheet in sheets:
        sheet.foot = foot
    return xlsx(sheets, "mpi-poverty")


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


def _foot(est: EstimatesLike) -> tuple[str, str]:
    """Return what stands at the foot of each page, in two lines: the measure, and what is to be known of the data."""
    data = [est.about.get("data", ""), *(text for text in est.about.values() if text.startswith("Data: "))]
    told = " ".join(text.removeprefix("Data: ").rstrip(".") + "." for text in dict.fromkeys(data) if text)
    return est.about.get("measure", "Estimates"), f"{told} mpi-poverty {package_version()}".strip()


# --- sheets to publish --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Filling:
    """A sheet to publish that is being filled: its figures, how they are shown, their flags and the marks of these."""

    sheet: Sheet
    page: Page
    form: Fitted
    numbers: Sequence[Sequence[float]]
    words: tuple[str, ...]
    flags: Sequence[str | None]
    marks: dict[str, str]


def _published(
    page: Page, form: Fitted, numbers: Sequence[Sequence[float]], style: Beside, taken: set[str]
) -> Iterator[tuple[Sheet, str]]:
    """Yield the sheets of a page, each with what is to be seen on it."""
    parts = [form.blocks[i : i + form.stacked] for i in range(0, len(form.blocks), form.stacked)]
    words, flags = words_above(form.table, style), _flags(page.est, numbers)
    for i, blocks in enumerate(parts, 1):
        sheet = Sheet(sheet_name(page.name, taken, page.end))
        filling = _Filling(sheet, page, form, numbers, words, flags, {})
        count = f" ({i} of {len(parts)})" if len(parts) > 1 else ""
        said = _measured(filling, blocks)
        last, width = _set_widths(filling, blocks)
        title = page.title + page.end + count
        sheet.put(1, 1, title, CellStyle(bold=True, size=13, vertical="top", wrap=True))
        sheet.landscape = width > PORTRAIT
        sheet.put(2, 1, said, CellStyle(colour=INK2, vertical="top", wrap=True))
        sheet.merged += [f"A1:{letter(last)}1", f"A2:{letter(last)}2"]
        lines = lines_of(title, width - 8, bold=True, size=13)
        sheet.heights |= {1: 17.0 * lines + 3, 2: _LINE * lines_of(said, width - 8) + 2, 3: 8.0}
        row = _TOP
        for block in blocks:
            first = row
            row = _head(filling, block, row)
            if len(blocks) == 1:
                sheet.repeated, sheet.frozen = (first, row - 1), (row, len(form.labels) + 1)
            row = _body(filling, block, row) + 1
        _below(filling, row, (last, width), style)
        yield sheet, said


def _measured(filling: _Filling, blocks: Sequence[SheetBlock]) -> str:
    """Say what was measured: the figures of the sheet, by their names."""
    table = filling.form.table
    if table.names == ("",):  # figures stand in rows
        return filling.page.est.about.get("measure", "Estimates")
    told = [table.heads[j][0] or table.heads[j][1] for block in blocks for j in block.columns]
    names = [re.sub(r",\s(%|pp)$", "", name) for name in dict.fromkeys(told)]
    room = 12
    more = f" and {len(names) - room} more" if len(names) > room else ""
    return "; ".join(names[:room]) + more


def _set_widths(filling: _Filling, blocks: Sequence[SheetBlock]) -> tuple[int, float]:
    """Set the widths of columns; return the last, and the pixels of all: notes want more than a narrow table has."""
    labels = filling.form.labels
    for c, width in enumerate(labels, 1):
        filling.sheet.widths[c] = characters(width)
    for block in blocks:
        for c, width in enumerate((w for widths in block.widths for w in widths), len(labels) + 1):
            filling.sheet.widths[c] = max(filling.sheet.widths.get(c, 0.0), characters(width))
    last, width = len(filling.sheet.widths), sum(_pixels(w) for w in filling.sheet.widths.values())
    if width >= _NARROWEST:
        return last, width
    filling.sheet.widths[last + 1] = characters(_NARROWEST - width)
    return last + 1, _NARROWEST


def _head(filling: _Filling, block: SheetBlock, row: int) -> int:
    """Write the head of a block, and return the row below it."""
    sheet, table, words = filling.sheet, filling.form.table, filling.words
    labels, beside = len(filling.form.labels), len(words)
    heads = [table.heads[j] for j in block.columns]
    spans = any(span for span, _ in heads)
    at, last = row + int(spans), row + int(spans) + int(beside > 1)
    if spans:
        _spans(filling, heads, block.widths, row)
    lines = 1
    for k, ((_, label), widths) in enumerate(zip(heads, block.widths, strict=True)):
        column = labels + 1 + beside * k
        lines = max(lines, lines_of(label, sum(widths) - 4))
        edge = _THICK if beside == 1 else None
        align = "right" if beside == 1 else "center"
        for c in range(column, column + beside):
            sheet.put(at, c, label if c == column else None, CellStyle(horizontal=align, wrap=True, bottom=edge))
        if beside > 1:
            sheet.merged.append(f"{letter(column)}{at}:{letter(column + beside - 1)}{at}")
            for c, word in enumerate(words, column):
                sheet.put(last, c, word or None, CellStyle(colour=INK2, horizontal="right", bottom=_THICK))
    names = [*table.names, *(["n"] if table.cases is not None else [])]
    for c, name in enumerate(names, 1):
        right = "right" if table.cases is not None and c == labels else "left"
        sheet.put(last, c, name, CellStyle(bold=True, horizontal=right, wrap=True, bottom=_THICK))
    own = max(lines_of(name, width - 4, bold=True) for name, width in zip(names, filling.form.labels, strict=True))
    for head, many in ((at, lines), (last, own if last > at else max(own, lines))):
        if many > 1:
            sheet.heights[head] = _LINE * many + 3
    return last + 1


def _spans(filling: _Filling, heads: Sequence[tuple[str, str]], widths: Sequence[list[float]], row: int) -> None:
    """Write what several columns are of above them, across them."""
    sheet, beside, first = filling.sheet, len(filling.words), len(filling.form.labels) + 1
    starts = [k for k, (span, _) in enumerate(heads) if k == 0 or heads[k - 1][0] != span]
    lines = 1
    for k, end in zip(starts, [*starts[1:], len(heads)], strict=True):
        span, left, right = heads[k][0], first + beside * k, first + beside * end - 1
        style = CellStyle(bold=True, horizontal="center", wrap=True, bottom=_THIN if span else None)
        for c in range(left, right + 1):
            sheet.put(row, c, span if span and c == left else None, style)
        lines = max(lines, lines_of(span, sum(map(sum, widths[k:end])) - 4, bold=True))
        if span and right > left:
            sheet.merged.append(f"{letter(left)}{row}:{letter(right)}{row}")
    if lines > 1:
        sheet.heights[row] = _LINE * lines + 3


def _body(filling: _Filling, block: SheetBlock, row: int) -> int:
    """Write the rows of a block, and return the row below them."""
    sheet, table, labels = filling.sheet, filling.form.table, filling.form.labels
    marked = {j: any(filling.flags[p] for p in table.cell[:, j].tolist() if p >= 0) for j in block.columns}
    before: tuple[Any, ...] = ()
    there = [i for i in range(len(table.rows)) if (table.cell[i, block.columns] >= 0).any()]
    end = row + len(there) - 1 + (table.under is not None)
    for i in there:
        label = table.rows[i]
        edge = _THIN if row == end else _HAIR
        _label(filling, row, label, before, bold=table.bold[i], bottom=edge)
        if table.cases is not None:
            sheet.put(row, len(labels), _count(table.cases[i]), count_style(edge))
        column = len(labels) + 1
        for j in block.columns:
            p = int(table.cell[i, j])
            _figure(filling, row, column, p, table.look[i][j], CellPosition(marked[j], table.bold[i], edge))
            column += len(filling.words)
        before, row = label, row + 1
    if table.under is not None:
        row = _cases_below(filling, block, row)
    return row


def _label(
    filling: _Filling, row: int, label: Sequence[Any], before: Sequence[Any], *, bold: bool, bottom: Edge
) -> None:
    """Write the labels of a row; one that is that of the row above, but for its round, is grey."""
    lines = 1
    for c, (value, width) in enumerate(zip(label, filling.form.labels, strict=False), 1):
        same = c == 1 and len(label) > 1 and bool(before) and before[0] == value
        filling.sheet.put(row, c, value, label_style(INK3 if same else INK, bottom, "bold" if bold and c == 1 else ""))
        lines = max(lines, lines_of(str(value), width - 4, bold=bold))
    if lines > 1:
        filling.sheet.heights[row] = _LINE * lines + 3


def _figure(filling: _Filling, row: int, column: int, p: int, look: NumberFormat, place: CellPosition) -> None:
    """Write a number, and what stands beside it; a cell for which nothing was estimated is empty."""
    scale = 1.0 if look.unit == "fraction" else 100.0
    flag = filling.flags[p] if p >= 0 else None
    status = filling.page.est.status
    form = PLAIN if status is None or p < 0 else str(status.form.at(p))
    mark = filling.marks.setdefault(flag, _letters(len(filling.marks))) if flag else None
    for k, values in enumerate(filling.numbers):
        value: Any = values[p] * scale if p >= 0 else None
        shown = MISSING if value is not None and math.isnan(value) else value
        if PLAIN not in form:
            shown = None if k else form
        sign: Sign = "none" if isinstance(shown, float) and round(shown, look.decimals) == 0 else "shown"
        kind = filling.words[k] if k else "estimate"
        filling.sheet.put(row, column + k, shown, number_style(kind, look, (mark, form), place, sign))


def _cases_below(filling: _Filling, block: SheetBlock, row: int) -> int:
    """Write the cases of each column below it."""
    table, labels = filling.form.table, len(filling.form.labels)
    style = count_style(_THIN)
    filling.sheet.put(row, 1, "n", CellStyle(colour=INK2, horizontal="left", bottom=_THIN))
    for c in range(2, labels + 1):
        filling.sheet.put(row, c, None, style)
    for k, j in enumerate(block.columns):
        column = labels + 1 + len(filling.words) * k
        for c in range(column, column + len(filling.words)):
            filling.sheet.put(row, c, _count((table.under or ())[j]) if c == column else None, style)
    return row + 1


def _flags(est: EstimatesLike, numbers: Sequence[Sequence[float]]) -> list[str | None]:
    """Return what to know about each number; that one has no error needs a reason too."""
    hidden = [False] * len(est) if est.status is None else est.status.hidden.tolist()
    found = [None if flag == COMPLETE or h else flag for flag, h in zip(est.flag.to_list(), hidden, strict=True)]
    if len(numbers) == 1 or est.influence.design.complete:
        return found
    bare = [math.isnan(error) and not math.isnan(x) for x, error in zip(*numbers[:2], strict=True)]
    return [flag or (_UNDONE if without else None) for flag, without in zip(found, bare, strict=True)]


@cache
def _letters(i: int) -> str:
    """Return the mark of the i-th flag: a, b, ..., z, aa, ..."""
    before, last = divmod(i, 26)
    return (_letters(before - 1) if before else "") + chr(ord("a") + last)


def _below(filling: _Filling, row: int, place: tuple[int, float], style: Beside) -> None:
    """Write what belongs under a table: what marks mean, then the notes."""
    sheet = filling.sheet
    meant = {flag: f" ({FLAGS[flag]})" if flag in FLAGS else "" for flag in filling.marks}
    legend = [f"{mark}: {flag}{meant[flag]}." for flag, mark in filling.marks.items()]
    shown = [f"{MISSING}: undefined; a letter says why."] if legend else []
    cases = f"n: the unweighted cases; figures about the poor alone rest on fewer (see {_DATA})."
    told = [*shown, *legend, " ".join([cases, *notes(filling.page.layout, style, bracketed=False, flags=False)])]
    last, width = place
    for i, note in enumerate(told, row):
        sheet.put(i, 1, note, CellStyle(colour=INK2, vertical="top", wrap=True))
        sheet.merged.append(f"A{i}:{letter(last)}{i}")
        sheet.heights[i] = _LINE * lines_of(note, width - 8) + 2


def _count(cases: float) -> int | str:
    """Return a number of cases as it is shown."""
    return MISSING if math.isnan(cases) else int(cases)


def _pixels(characters_: float) -> float:
    return characters_ * 7 + 5


# --- the tidy sheet and the notes ---------------------------------------------------------------------------------


def _data(est: EstimatesLike) -> Sheet:
    """Lay out the tidy table, every number in full; of it nothing but the heads is printed."""
    columns = columns_of(est)
    sheet = Sheet(_DATA, frozen=(2, 1), landscape=True)
    for c, (name, column) in enumerate(columns.items(), 1):
        sheet.put(1, c, name, CellStyle(bold=True, bottom=_THICK))
        sheet.widths[c] = 22 if isinstance(column, Coded) else 14
    last = letter(len(columns))
    sheet.filtered, sheet.area = f"A1:{last}{len(est) + 1}", "A1:G1"
    sheet.below = [c if isinstance(c, Coded) else c.tolist() for c in columns.values()]
    return sheet


def _front(est: EstimatesLike, sheets: Sequence[tuple[str, str]]) -> Sheet:
    """Write what the workbook holds and how to read it."""
    sheet = Sheet(_NOTES, landscape=True, widths={1: characters(_TERM_WIDTH), 2: characters(_NOTE_WIDTH)})
    names: Mapping[str, str] = {f"Sheet: {title}": title for title, _ in [*sheets, (_DATA, "")]}
    for r, (term, text) in enumerate(explanations(est, sheets, _DATA), 1):
        sheet.put(r, 1, term, CellStyle(bold=True, vertical="top", wrap=True, bottom=_HAIR))
        sheet.put(r, 2, text, CellStyle(vertical="top", wrap=True, bottom=_HAIR))
        if term in names:
            sheet.links[f"A{r}"] = f"'{names[term].replace(chr(39), chr(39) * 2)}'!A1"
        lines = max(lines_of(term, _TERM_WIDTH - 10, bold=True), lines_of(text, _NOTE_WIDTH - 10))
        sheet.heights[r] = _LINE * lines + 4
    return sheet
