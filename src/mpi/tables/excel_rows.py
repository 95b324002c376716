"""The rows of sheets, put into a workbook's file as XML: cell by cell, openpyxl takes ten times as long."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["Rows", "Written", "clean", "formula_like", "with_rows", "written"]

Rows = Sequence[tuple[Any, ...]]
"""Rows of plain values: numbers, texts, None and NaN for what is missing."""

_ROWS = re.compile(rb"<sheetData ?/>|<sheetData>.*</sheetData>", re.DOTALL)
_DIMENSION = re.compile(rb"<dimension [^>]*/>")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def clean(value: Any) -> str:
    r"""Return a value as text without the characters that Excel forbids.

    Examples
    --------
    >>> clean("a\x00b")
    'a\ufffdb'
    """
    return _FORBIDDEN.sub("\ufffd", str(value))


def formula_like(text: str) -> bool:
    """Say whether Excel would make a formula of a text that somebody edits."""
    return text.startswith(("=", "+", "-", "@"))


@dataclass(frozen=True, slots=True)
class Written:
    """The rows of a sheet as XML, and its last cell, such as ``R6198``."""

    rows: str
    corner: str


def written(sheet: Any, more: Rows = (), quoting: int = 0) -> Written:
    """Write the rows of a sheet: those of its cells, and below them rows of plain values.

    Parameters
    ----------
    sheet : openpyxl.worksheet.worksheet.Worksheet
        The sheet. Of its cells those with comments alone are left, so that openpyxl writes the comments.
    more : Rows
        What follows.
    quoting : int
        The number of the style of texts among them that Excel would take for formulas.
    """
    first = sheet.max_row + 1
    letters = [column.column_letter for column in next(sheet.iter_rows(max_row=1))]
    content = _contents(quoting)
    plain = (f'<row r="{i}">{_cells(i, row, letters, content)}</row>' for i, row in enumerate(more, first))
    rows = "".join([*_styled(sheet), *plain])
    for place, cell in list(sheet._cells.items()):  # noqa: SLF001  # there is no other way to take a cell away
        if cell.comment is None:
            del sheet._cells[place]  # noqa: SLF001
    return Written(rows, f"{letters[-1]}{first - 1 + len(more)}")


def with_rows(contents: bytes, sheets: Mapping[str, Written]) -> bytes:
    """Return the contents of an .xlsx file with other rows in its sheets.

    Parameters
    ----------
    contents : bytes
        The file.
    sheets : mapping of str to Written
        By the path of a sheet in it: its rows.
    """
    made = io.BytesIO()
    with ZipFile(io.BytesIO(contents)) as old, ZipFile(made, "w", ZIP_DEFLATED) as new:
        for entry in old.infolist():
            part, ours = old.read(entry), sheets.get(entry.filename)
            new.writestr(entry, part if ours is None else _replaced(part, ours), ZIP_DEFLATED)
    return made.getvalue()


def _replaced(part: bytes, ours: Written) -> bytes:
    rows, dimension = _ROWS.search(part), _DIMENSION.search(part)
    if rows is None or dimension is None or dimension.end() > rows.start():
        raise ValueError("the sheet is not as openpyxl writes it")
    return b"".join([
        part[: dimension.start()], f'<dimension ref="A1:{ours.corner}"/>'.encode(),
        part[dimension.end() : rows.start()], b"<sheetData>", ours.rows.encode(), b"</sheetData>", part[rows.end() :],
    ])  # fmt: skip


def _styled(sheet: Any) -> Iterator[str]:
    """Yield the rows that are made of cells."""
    for number, cells in enumerate(sheet.iter_rows(), 1):
        height = sheet.row_dimensions[number].height
        yield f'<row r="{number}"' + (">" if height is None else f' ht="{height:g}" customHeight="1">')
        yield from map(_cell, cells)
        yield "</row>"


def _cell(cell: Any) -> str:
    if cell.value is None and not cell.has_style:
        return ""
    start = f'<c r="{cell.coordinate}" s="{cell.style_id}"'
    if cell.value is None:
        return f"{start}/>"
    return f"{start}><v>{cell.value}</v></c>" if cell.data_type == "n" else f"{start}{_inline(cell.value)}"


def _cells(number: int, row: Sequence[Any], letters: Sequence[str], content: Callable[[Any], str]) -> str:
    pairs = zip(letters, row, strict=True)
    return "".join([f'<c r="{letter}{number}"{made}' for letter, value in pairs if (made := content(value))])


def _contents(quoting: int) -> Callable[[Any], str]:
    """Return what makes the rest of a cell of a value, nothing where it is missing; each text is made once."""

    @cache
    def of_text(value: Any) -> str:
        """Return a text as the rest of a cell."""
        text = clean(value)
        style = f' s="{quoting}"' if formula_like(text) else ""
        return style + _inline(text)

    def of(value: Any) -> str:
        """Return a value as the rest of a cell."""
        if isinstance(value, (int, float)):
            if math.isfinite(value):
                return f"><v>{value!r}</v></c>"  # all digits: openpyxl's 16 lose the last bit of many
            if math.isnan(value):
                return ""
        return "" if value is None else of_text(value)

    return of


def _inline(text: str) -> str:
    """Return the rest of a cell with a text in it."""
    space = ' xml:space="preserve"' if text != text.strip() or "\n" in text else ""
    return f' t="inlineStr"><is><t{space}>{escape(text)}</t></is></c>'
