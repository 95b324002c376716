"""The rows of a long sheet, put into a workbook's file as XML: cell by cell, openpyxl takes ten times as long."""

from __future__ import annotations

import io
import math
import re
from functools import cache
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Rows", "clean", "formula_like", "with_rows"]

Rows = list[tuple[Any, ...]]
"""Rows of plain values: numbers, texts, None and NaN for what is missing."""

_END, _DIMENSION = b"</sheetData>", re.compile(rb'<dimension ref="A1:([A-Z]+)1" ?/>')
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


def with_rows(contents: bytes, sheet: str, rows: Rows, quoting: int) -> bytes:
    """Return the contents of an .xlsx file with more rows in one of its sheets, which has its first row only.

    Parameters
    ----------
    contents : bytes
        The file.
    sheet : str
        The path of the sheet in it.
    rows : Rows
        What follows.
    quoting : int
        The number of the style of texts that Excel would take for formulas.
    """
    made = io.BytesIO()
    with ZipFile(io.BytesIO(contents)) as old, ZipFile(made, "w", ZIP_DEFLATED) as new:
        for entry in old.infolist():
            part = old.read(entry)
            new.writestr(entry, _longer(part, rows, quoting) if entry.filename == sheet else part, ZIP_DEFLATED)
    return made.getvalue()


def _longer(part: bytes, rows: Rows, quoting: int) -> bytes:
    found = _DIMENSION.search(part)
    head, end, tail = part.rpartition(_END)
    if found is None or not end:
        raise ValueError("the sheet is not as openpyxl writes it")
    corner = b'<dimension ref="A1:%s%d"/>' % (found[1], len(rows) + 1)
    return b"".join([head.replace(found[0], corner, 1), _xml(rows, quoting).encode(), end, tail])


def _xml(rows: Rows, quoting: int) -> str:
    if not rows:
        return ""
    letters, content = _letters(len(rows[0])), _contents(quoting)
    return "".join(f'<row r="{i}">{_cells(i, row, letters, content)}</row>' for i, row in enumerate(rows, 2))


def _letters(count: int) -> list[str]:
    """Return the names of the first columns; a tidy table has fewer than 26."""
    return [chr(ord("A") + c) for c in range(count)]


def _cells(number: int, row: Sequence[Any], letters: Sequence[str], content: Callable[[Any], str]) -> str:
    pairs = zip(letters, row, strict=True)
    return "".join([f'<c r="{letter}{number}"{made}' for letter, value in pairs if (made := content(value))])


def _contents(quoting: int) -> Callable[[Any], str]:
    """Return what makes the rest of a cell of a value, nothing where it is missing; each text is made once."""

    @cache
    def of_text(value: Any) -> str:
        text = clean(value)
        style = f' s="{quoting}"' if formula_like(text) else ""
        space = ' xml:space="preserve"' if text != text.strip() or "\n" in text else ""
        return f'{style} t="inlineStr"><is><t{space}>{escape(text)}</t></is></c>'

    def of(value: Any) -> str:
        if isinstance(value, (int, float)):
            if math.isfinite(value):
                return f"><v>{value!r}</v></c>"  # all digits: openpyxl's 16 lose the last bit of many
            if math.isnan(value):
                return ""
        return "" if value is None else of_text(value)

    return of
