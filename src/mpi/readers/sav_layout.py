"""The dictionary and the data of a .sav or .zsav file, walked to prove that they are sound before ReadStat reads them.

ReadStat takes a dictionary at its word: where one bit of a type or a count is wrong, it may end the whole process. It
does not notice either that a piece of packed data is missing: what follows is then read as other columns.
Source: the description of system files in the developers' guide of GNU PSPP.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from mpi.readers.faults import DamagedError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["walk"]

_VARIABLE, _LABELS, _LABELLED, _DOCUMENT, _EXTENSION, _END = 2, 3, 4, 6, 7, 999
_TEXT_FORMATS = (1, 2)  # A and AHEX
_LAST_FORMAT = 41
_MOST_COLUMNS = 1 << 20
_ZIPPED = 2
_WRITTEN_OUT, _STOP = 253, 252
_BYTES = 8
_AT_ONCE = 1 << 23
_PLACES = {-3: 3, -2: 2, 0: 0, 1: 1, 2: 2, 3: 3}
"""How many values say what is missing, by the number that stands for them: a range, a range and a value, or values."""


@dataclass(slots=True)
class _Walk:
    """The state of a walk through a file."""

    file: BinaryIO
    size: int
    order: str
    widths: list[int]

    def take(self, count: int, what: str) -> bytes:
        """Return the next bytes."""
        if count < 0 or self.file.tell() + count > self.size:
            raise DamagedError(f"the file is cut short or damaged: it ends inside its {what}")
        return self.file.read(count)

    def whole(self, count: int, what: str) -> tuple[int, ...]:
        """Return the next whole numbers of four bytes."""
        return struct.unpack(f"{self.order}{count}i", self.take(4 * count, what))


def walk(path: Path, *, data: bool = True) -> None:
    """Go through the dictionary of a file and, with `data`, through what tells where its values are.

    Raises
    ------
    mpi.MpiError
        When it is cut short, or says what cannot be.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(176)
        if not head.startswith((b"$FL2", b"$FL3")):
            raise DamagedError("it does not begin as an SPSS file does")
        if len(head) < 176:
            raise DamagedError("the file is cut short: it ends inside its header")
        walked = _Walk(file, size, _order(head), [])
        rows, packed = _header(walked.order, head)
        _dictionary(walked)
        _check_texts(walked.widths)
        if not data:
            return
        place, width = file.tell(), len(walked.widths)
        if rows >= 0 and not packed:
            _check_plain(file, rows, width, size - place)
        if rows >= 0 and packed == 1:
            _check_packed(file, rows, width)
        if rows >= 0 and packed == _ZIPPED:
            _check_zipped(walked, rows * width)


def _check_plain(file: BinaryIO, rows: int, width: int, left: int) -> None:
    """Hold the bytes that are left to rows and columns; only zeros may follow, as block devices leave them."""
    if left < 8 * rows * width:
        raise DamagedError(f"the file is cut short: it has {left // (8 * width)} of its {rows} rows")
    file.seek(8 * rows * width, os.SEEK_CUR)
    while more := file.read(1 << 20):
        if any(more):
            raise DamagedError(f"the file is damaged: it says that it has {rows} rows, and more follow")


def _check_packed(file: BinaryIO, rows: int, width: int) -> None:
    """Hold the values of packed data to rows and columns: a byte tells of each whether it is written out after it.

    Eight such bytes stand together, and then what they announce, so each eight tell where the next are.
    """
    length = os.fstat(file.fileno()).st_size - file.tell()
    at = last = found = done = 0  # in words of eight bytes
    while piece := file.read(_AT_ONCE):
        codes = np.frombuffer(piece + bytes(-len(piece) % _BYTES), np.uint8)
        steps = (_counted(codes == _WRITTEN_OUT) + 1).tolist()
        places = []
        at -= done
        while at < len(steps):
            places.append(at)
            at += steps[at]
        found += int(_counted((codes != 0) & (codes != _STOP))[places].sum(dtype=np.int64))
        last = done + places[-1] if places else last
        at, done = at + done, done + len(steps)
    # the last eight need not be whole
    if found != rows * width or (_BYTES * at > length and length - _BYTES * last >= _BYTES):
        raise DamagedError(
            f"the file is cut short or damaged: {rows} rows of {width} values do not make its {found} values"
        )


def _counted(where: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Count by eight: a byte tells of one value, but a zero of none, nor the one that says that there are no more."""
    return np.bitwise_count(where.view(np.uint64))


def _check_zipped(walked: _Walk, values: int) -> None:
    """Hold the number of values to the lengths of the zipped blocks, in which each takes a byte at least."""
    _, trailer, length = struct.unpack(f"{walked.order}3q", walked.take(24, "list of blocks"))
    if not (0 < trailer <= walked.size and 24 <= length <= walked.size and trailer + length <= walked.size):
        raise DamagedError("the file is cut short or damaged: its list of blocks is not where it says")
    walked.file.seek(trailer)
    _, _, _, blocks = struct.unpack(f"{walked.order}2q2i", walked.take(24, "list of blocks"))
    if blocks * 24 + 24 != length:
        raise DamagedError(f"the file is damaged: {blocks} blocks do not make its list of {length} bytes")
    sizes = [struct.unpack(f"{walked.order}2q2i", walked.take(24, "list of blocks"))[2] for _ in range(blocks)]
    if min(sizes, default=0) < 0 or values > sum(sizes):
        raise DamagedError(f"the file is damaged: its blocks of {sum(sizes)} bytes do not hold {values} values")


def _order(head: bytes) -> str:
    """Return the order of bytes, which the layout code tells."""
    for order in "<>":
        if struct.unpack_from(f"{order}i", head, 64)[0] in {2, 3}:
            return order
    raise DamagedError("the file is damaged: its header does not say in which order its bytes are")


def _header(order: str, head: bytes) -> tuple[int, int]:
    """Return how many rows the file has, -1 where it does not say so, and how it is compressed."""
    _, packed, _, rows = struct.unpack_from(f"{order}4i", head, 68)
    if packed not in {0, 1, 2} or (packed == 2) != head.startswith(b"$FL3"):
        raise DamagedError(f"the file is damaged: its header names a compression, {packed}, that is none")
    if rows < -1:
        raise DamagedError(f"the file is damaged: its header says {rows} rows")
    return rows, packed


def _dictionary(walked: _Walk) -> None:
    """Go from record to record until the dictionary ends."""
    while True:
        kind = walked.whole(1, "dictionary")[0]
        if kind == _VARIABLE:
            _variable(walked)
        elif kind == _LABELS:
            _labels(walked)
        elif kind == _DOCUMENT:
            walked.take(80 * _count(walked, "documents"), "documents")
        elif kind == _EXTENSION:
            _, size, count = walked.whole(3, "dictionary")
            walked.take(_within(size, walked.size, "a record") * _within(count, walked.size, "a record"), "dictionary")
        elif kind == _END:
            walked.take(4, "dictionary")
            return
        else:
            raise DamagedError(f"the file is damaged: its dictionary has a record of type {kind}, which SPSS has not")


def _count(walked: _Walk, what: str) -> int:
    return _within(walked.whole(1, what)[0], walked.size, what)


def _within(count: int, most: int, what: str) -> int:
    """Return a count or length that can be."""
    if not 0 <= count <= most:
        raise DamagedError(f"the file is damaged: the length of {what} is {count}")
    return count


def _variable(walked: _Walk) -> None:
    width, labelled, missing, shown, written = walked.whole(5, "list of columns")
    name = walked.take(8, "list of columns").rstrip().decode("latin-1")
    if not -1 <= width <= 255 or labelled not in {0, 1} or missing not in _PLACES:
        raise DamagedError(f"the file is damaged: what it says of the type of column {name!r} cannot be")
    if width >= 0:
        _check_formats(name, width, (shown, written))
    if len(walked.widths) >= _MOST_COLUMNS:
        raise DamagedError("the file is damaged: it has more columns than a file can have")
    walked.widths.append(width)
    if labelled:
        length = _count(walked, f"the label of {name!r}")
        walked.take(-(-length // 4) * 4, "labels of columns")
    walked.take(8 * _PLACES[missing], "missing values")


def _check_formats(name: str, width: int, formats: tuple[int, int]) -> None:
    """Hold how a column is printed to what it holds: ReadStat believes either, in different places."""
    for written in formats:
        kind = written >> 16 & 0xFF
        if kind > _LAST_FORMAT or (written and (kind in _TEXT_FORMATS) != (width > 0)):
            raise DamagedError(f"the file is damaged: the format of column {name!r} does not fit its type")


def _labels(walked: _Walk) -> None:
    """Go through a table of value labels, and the record that names its columns."""
    for _ in range(_count(walked, "a table of value labels")):
        length = walked.take(9, "value labels")[8]
        walked.take(-(-(length + 1) // 8) * 8 - 1, "value labels")
    kind, count = walked.whole(2, "value labels")
    if kind != _LABELLED:
        raise DamagedError("the file is damaged: it has value labels that belong to no column")
    for place in walked.whole(_within(count, len(walked.widths), "a list of labelled columns"), "value labels"):
        if not 1 <= place <= len(walked.widths) or walked.widths[place - 1] < 0:
            raise DamagedError(f"the file is damaged: it has value labels for column {place}, which is none")


def _check_texts(widths: list[int]) -> None:
    """Hold each text to the places that follow it for what is longer than eight bytes."""
    left = 0
    for width in widths:
        if (width < 0) != (left > 0):
            raise DamagedError(
                "the file is damaged: the places of a text in its list of columns are not as many as it is long"
            )
        left = left - 1 if width < 0 else -(-width // 8) - 1 if width else 0
    if left or not widths:
        raise DamagedError("the file is cut short or damaged: its list of columns is not whole")
