"""Long strings (strL) of .dta files: in a part of their own, where rows hold numbers that stand for them.

Source: Stata's own description of its formats (`help dta`).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from mpi.readers.faults import DamagedError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mpi.readers.dta_layout import DtaLayout

__all__ = ["LongStrings"]

_TEXT, _BINARY = 130, 129
_PLACE_SIZES = {117: 4, 118: 2, 119: 3}
"""Of how many bytes the column's number is within the eight that a row holds; the row's number takes the others."""


class LongStrings:
    """The long strings of a file: where each is; they are read when they are asked for."""

    def __init__(self, path: Path, layout: DtaLayout) -> None:
        self.path, self.layout = path, layout
        self._places: dict[int, tuple[int, int, int]] | None = None

    def get(self, wanted: Iterable[int]) -> dict[int, str | None]:
        """Return texts by the numbers that stand for them; None for what is binary and no text.

        Raises
        ------
        DamagedError
            When the part that holds them is not whole, a number stands for none, or a text is not in UTF-8.
        """
        if self._places is None:
            self._places = self._index()
        found: dict[int, str | None] = {0: ""}
        with self.path.open("rb") as file:
            for number in sorted(set(wanted) - {0}, key=lambda n: (self._places or {}).get(n, (0, 0, 0))):
                if number not in self._places:
                    raise DamagedError("the file is damaged: a row names a long string (strL) that it does not hold")
                at, length, kind = self._places[number]
                file.seek(at)
                found[number] = self._text(file.read(length), kind)
        return found

    def _index(self) -> dict[int, tuple[int, int, int]]:
        """Return where each string is, how long, and of which type."""
        order, wide = self.layout.order, self.layout.version > 117
        head = struct.Struct(f"{order}3sI{'Q' if wide else 'I'}BI")
        found: dict[int, tuple[int, int, int]] = {}
        with self.path.open("rb") as file:
            at = self.layout.strls
            file.seek(at)
            while (raw := file.read(head.size)).startswith(b"GSO"):
                if len(raw) < head.size:
                    break
                _, column, row, kind, length = head.unpack(raw)
                if kind not in {_TEXT, _BINARY}:
                    break
                found[self._number(column, row)] = at + head.size, length, kind
                at += head.size + length
                file.seek(at)
            if not raw.startswith(b"</strls>"):
                raise DamagedError("the file is damaged: its long strings (strL) are not as long as they say")
        return found

    def _number(self, column: int, row: int) -> int:
        """Return the number by which rows call a string."""
        bits = 8 * _PLACE_SIZES[self.layout.version]
        return column | row << bits if self.layout.order == "<" else column << (64 - bits) | row

    def _text(self, raw: bytes, kind: int) -> str | None:
        if kind == _BINARY:
            return _text_in(raw)
        try:
            return raw[:-1].decode("latin-1" if self.layout.version == 117 else "utf-8")
        except UnicodeDecodeError as error:
            raise DamagedError(
                "a long string (strL) in it is not in UTF-8; translate it in Stata with `unicode translate`, or "
                "leave its column out by way of `columns`"
            ) from error


def _text_in(raw: bytes) -> str | None:
    """Return the text that a binary string holds, where it holds one."""
    try:
        text = raw.rstrip(b"\0").decode()
    except UnicodeDecodeError:
        return None
    return text if all(c.isprintable() or c in "\t\r\n" for c in text) else None
