"""The values of a .dta file: of rows of one width only the columns asked for are taken, block by block.

A block is read into a buffer that stays in the processor's cache, and each column is copied out of it. So the time is
about that of one plain read of the file, and the memory that of the columns asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from mpi.readers.faults import DamagedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mpi.readers.dta_layout import DtaLayout

__all__ = ["Texts", "raw_columns"]

_BLOCK = 1 << 20
"""How many bytes are read at once: the caches of processors hold as many."""

_TEXTS, _ROWS = 1 << 25, 1 << 16
"""How many bytes of texts, and of how many rows at most, wait to be coded."""

_TYPES = {"b": "i1", "h": "i2", "i": "i4", "f": "f4", "d": "f8", "L": "u8"}
_WORDS = 4


@dataclass(slots=True)
class Texts:
    """A column of texts: the distinct ones, and which of them stands in each row."""

    distinct: list[bytes]
    codes: NDArray[np.int32]


def raw_columns(
    path: Path, layout: DtaLayout, places: Iterable[int], start: int = 0, stop: int | None = None
) -> dict[int, NDArray[Any] | Texts]:
    """Return columns of a file as they stand in it, missing values included.

    Parameters
    ----------
    path : Path
        A whole .dta file.
    layout : Layout
        What `dta_layout.walk` found.
    places : iterable of int
        The positions of the columns.
    start, stop : int
        The first row, and the one after the last; all rows by default.

    Returns
    -------
    dict of int to array or Texts
        Numbers in the order of bytes of this machine; of long strings (strL) the numbers that stand for them.
    """
    wanted, stop = sorted(set(places)), layout.rows if stop is None else stop
    target = _Target(layout, wanted, stop - start)
    if stop > start and wanted:
        with path.open("rb", buffering=0) as file:
            file.seek(layout.start + start * target.width)
            target.fill(file)
    return target.found()


class _Target:
    """The array that columns of one kind are read into, a row for each column."""

    def __init__(self, layout: DtaLayout, wanted: Sequence[int], rows: int) -> None:
        self.layout, self.rows = layout, rows
        self.starts = np.cumsum([0, *(w for _, w in layout.columns)]).tolist()
        self.width: int = self.starts[-1]
        kinds = {place: layout.columns[place][0] for place in wanted}
        self.numbers = {k: [p for p in wanted if kinds[p] == k] for k in _TYPES if k in kinds.values()}
        self.blocks = {k: np.empty((len(p), rows), _TYPES[k]) for k, p in self.numbers.items()}
        self.texts = {p: _Coder(layout.columns[p][1], rows) for p in wanted if not kinds[p]}

    def fill(self, file: BinaryIO) -> None:
        """Read the rows from where the file stands."""
        width = self.width
        step = max(_BLOCK // max(width, 1), 1)
        buffer = memoryview(bytearray(step * width))
        numbers = list(self._numbers(buffer, step))
        texts = [
            (c, np.ndarray((step,), f"S{c.width}", buffer, self.starts[p], (width,))) for p, c in self.texts.items()
        ]
        waiting = max(min(_ROWS, _TEXTS // max(sum(c.width for c, _ in texts), 1)) // step, 1) * step
        for c, _ in texts:
            c.wait(min(waiting, self.rows))
        for done in range(0, self.rows, step):
            count = min(step, self.rows - done)
            _read(file, buffer[: count * width])
            for block, view in numbers:
                block[:, done : done + count] = view[:count].T
            for c, column in texts:
                c.take(column[:count])

    def _numbers(self, buffer: memoryview, step: int) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
        """Yield where columns of one kind that stand side by side go, and where they are in the buffer."""
        for kind, places in self.numbers.items():
            size = np.dtype(_TYPES[kind]).itemsize
            for _, run in groupby(enumerate(places), lambda pair: pair[1] - pair[0]):
                side = list(run)
                rows = slice(side[0][0], side[-1][0] + 1)
                where, strides = self.starts[side[0][1]], (self.width, size)
                held = f"{self.layout.order}{_TYPES[kind]}"
                yield self.blocks[kind][rows], np.ndarray((step, len(side)), held, buffer, where, strides)

    def found(self) -> dict[int, NDArray[Any] | Texts]:
        """Return each column."""
        out: dict[int, NDArray[Any] | Texts] = {}
        for kind, places in self.numbers.items():
            out |= dict(zip(places, self.blocks[kind], strict=True))
        return out | {place: coder.coded() for place, coder in self.texts.items()}


def _read(file: BinaryIO, buffer: memoryview) -> None:
    while len(buffer):
        count = file.readinto(buffer)  # type: ignore[attr-defined]  # of a file that is not buffered
        if not count:
            raise DamagedError("the file is cut short: it ends inside its rows")
        buffer = buffer[count:]


class _Coder:
    """Gives each distinct text a number; texts wait until there are enough of them to be worth it."""

    def __init__(self, width: int, rows: int) -> None:
        self.width = width
        self.codes = np.empty(rows, np.int32)
        self.known: dict[bytes, int] = {}
        self.done = self.held = 0
        self.waiting: NDArray[Any] = np.empty(0, f"S{width}")

    def wait(self, rows: int) -> None:
        """Make room for so many texts that wait."""
        self.waiting = np.empty(rows, f"S{self.width}")

    def take(self, texts: NDArray[Any]) -> None:
        """Take in the next texts."""
        if self.held + len(texts) > len(self.waiting):
            self.flush()
        self.waiting[self.held : self.held + len(texts)] = texts
        self.held += len(texts)

    def flush(self) -> None:
        """Code what waits."""
        if not self.held:
            return
        codes, distinct = _coded(self.waiting[: self.held])
        of = [self.known.setdefault(text, len(self.known)) for text in distinct]
        self.codes[self.done : self.done + self.held] = np.array(of, np.int32)[codes]
        self.done, self.held = self.done + self.held, 0

    def coded(self) -> Texts:
        """Return all that was taken."""
        self.flush()
        return Texts(list(self.known), self.codes)


def _coded(texts: NDArray[Any]) -> tuple[NDArray[Any], list[bytes]]:
    """Return the number of each text, and the distinct texts: by words of eight bytes, which is faster than texts."""
    import pandas as pd

    rows, width = len(texts), texts.dtype.itemsize
    words = -(-width // 8)
    if words > _WORDS:
        held = np.empty(rows, object)
        held[:] = texts.tolist()
        codes, distinct = pd.factorize(held)
        return codes, list(distinct)
    padded = np.zeros((rows, 8 * words), np.uint8)
    padded[:, :width] = texts.view(np.uint8).reshape(rows, width)
    table = padded.view(np.uint64)
    codes = pd.factorize(table[:, 0])[0]
    for k in range(1, words):
        more, other = pd.factorize(table[:, k])
        codes = pd.factorize(codes * len(other) + more)[0]
    first = np.empty(int(codes.max()) + 1, np.int64)
    first[codes[::-1]] = np.arange(rows)[::-1]
    return codes, texts[first].tolist()
