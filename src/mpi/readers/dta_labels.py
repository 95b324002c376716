"""The value labels of a .dta file: tables of numbers and texts, which columns share by their name.

Source: Stata's own description of its formats (`help dta`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mpi.readers.faults import DamagedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mpi.readers.dta_layout import DtaLayout

__all__ = ["table"]

_TABLES_SINCE, _LETTERS_SINCE = 108, 113
_SYSTEM, _LAST = 2_147_483_621, 2_147_483_647
"""Stata's plain missing value as a whole number of four bytes, and .z."""


def table(layout: DtaLayout, name: bytes, decode: Callable[[bytes], str]) -> dict[object, str]:
    """Return value to label of a table; extended missing values stand as ".a" to ".z".

    Parameters
    ----------
    layout : Layout
        What `dta_layout.walk` found.
    name : bytes
        One of `layout.tables`.
    decode : callable
        Makes text of bytes.

    Raises
    ------
    DamagedError
        When the table does not hold what it says.
    """
    raw = layout.tables[name]
    if layout.version < _TABLES_SINCE:
        values, texts = _old(raw, layout.order)
        return {value: decode(text) for value, text in zip(values, texts, strict=True)}
    values, texts = _entries(raw, layout.order, name)
    letters = layout.version >= _LETTERS_SINCE
    return {
        _value(value, letters=letters): decode(text)
        for value, text in zip(values, texts, strict=True)
        if not (letters and value == _SYSTEM)
    }


def _old(raw: bytes, order: str) -> tuple[list[int], list[bytes]]:
    """Return the values and texts of formats 102 to 105: texts of eight bytes."""
    entries = (len(raw) - 2) // 10
    values = np.frombuffer(raw, dtype=f"{order}i2", count=entries, offset=2).tolist()
    start = 2 + 2 * entries
    return values, [_ended(raw[start + 8 * i : start + 8 * i + 8]) for i in range(entries)]


def _entries(raw: bytes, order: str, name: bytes) -> tuple[list[int], list[bytes]]:
    counts = np.frombuffer(raw, dtype=f"{order}u4", count=2) if len(raw) >= 8 else np.zeros(2, "u4")
    entries, length = map(int, counts)
    if len(raw) < 8 or 8 + 8 * entries + length > len(raw):
        shown = name.decode("latin-1")
        raise DamagedError(f"the file is damaged: its value labels {shown!r} do not have the length they say")
    numbers = np.frombuffer(raw, dtype=f"{order}i4", count=2 * entries, offset=8)
    starts = numbers[:entries].tolist()
    text = raw[8 + 8 * entries : 8 + 8 * entries + length]
    if any(not 0 <= start < max(length, 1) for start in starts):
        shown = name.decode("latin-1")
        raise DamagedError(f"the file is damaged: a text of its value labels {shown!r} lies outside of them")
    return numbers[entries:].tolist(), [_ended(text[start:]) for start in starts]


def _ended(text: bytes) -> bytes:
    return text.partition(b"\0")[0].rstrip(b" ")


def _value(value: int, *, letters: bool) -> object:
    return f".{chr(96 + value - _SYSTEM)}" if letters and _SYSTEM < value <= _LAST else value
