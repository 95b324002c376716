"""Delimited text of any size looked through once: whether it is sound, and whether an engine may read it by itself."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mpi.readers.delimited import (
    BYTES,
    HEAD_BYTES,
    decoded,
    delimiter_of,
    header_of,
    opened,
    refuse_rows,
    rows_of,
    taken,
)
from mpi.readers.faults import DamagedError
from mpi.readers.text import Gathered, repair_latin1

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mpi.readers.text import Repair

__all__ = ["Look", "look"]

_BLOCK = 1 << 23
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Look:
    """What was found in a file of delimited text.

    Attributes
    ----------
    codec, delimiter, header
        How it is written, and the names of its columns.
    rows : int
        Number of rows.
    quoted : bool
        Whether any field is in quotation marks.
    plain : bool
        Whether every reader of such files would take it alike: one kind of line end, no blank lines, no line ends or
        stray quotation marks in fields, UTF-8.
    change : callable, optional
        What makes Unicode of its texts.
    """

    codec: str
    delimiter: str
    header: tuple[str, ...]
    rows: int
    quoted: bool
    plain: bool
    change: Repair | None = None


@dataclass(slots=True)
class _Seen:
    """What has been seen so far."""

    lines: int = 0
    blank: int = 0
    ends: int = 0
    returns: int = 0
    pairs: int = 0
    legacy: bool = False
    quoted: bool = False
    strict: bool = False
    odd: list[tuple[int, int]] = field(default_factory=list)
    texts: Gathered = field(default_factory=Gathered)


def look(path: Path, at: Callable[[int], None] | None = None) -> Look:
    """Look through a file; `at` is told how many rows were seen.

    Raises
    ------
    mpi.errors.MpiError
        When it is no text, is cut short, or has rows that are not as wide as its header.
    """
    with opened(path) as file:
        head = taken(file, HEAD_BYTES)
    codec = "utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    text = decoded(head, codec if codec == "utf-16" or _is_utf8(head) else BYTES)
    delimiter = delimiter_of(text)
    header = header_of(text, delimiter)
    seen = _Seen(strict=codec == "utf-16", quoted='"' in text)
    if not seen.strict:
        _through(path, delimiter, len(header), seen, at)
        codec = BYTES if seen.legacy else codec
    if seen.strict or (seen.odd and seen.quoted):
        return _strictly(path, codec, delimiter, header, seen)
    rows = seen.lines - seen.blank - 1
    refuse_rows(rows, seen.odd, delimiter, len(header))
    change = seen.texts.change(repair=False) or (repair_latin1 if seen.legacy else None)
    alike = seen.returns == seen.pairs and seen.pairs in (0, seen.ends)
    plain = alike and not seen.blank and change is None
    return Look(codec, delimiter, header, rows, seen.quoted, plain, _after_repair(change, legacy=seen.legacy))


def _after_repair(change: Repair | None, *, legacy: bool) -> Repair | None:
    """Return the change of texts that are read as Latin-1: they are mended first."""
    if change is None or change is repair_latin1 or not legacy:
        return change
    return lambda text: change(repair_latin1(text))


def _is_utf8(head: bytes) -> bool:
    try:
        decoded(head, "utf-8-sig")
    except UnicodeDecodeError:
        return False
    return True


def _through(path: Path, delimiter: str, width: int, seen: _Seen, at: Callable[[int], None] | None) -> None:
    mark = delimiter.encode()
    quoted = re.compile(rb'(?:(?<=%(m)s)|^)"(?:[^"]|"")*"(?=%(m)s|\r?$)' % {b"m": re.escape(mark)})
    with opened(path) as file:
        for block in _blocks(file):
            _bytes(block, mark, seen)
            lines = block.split(b"\n")
            if not lines[-1]:
                lines.pop()
            _widths(lines, mark, width, quoted, seen)
            seen.lines += len(lines)
            if at is not None:
                at(seen.lines - 1)


def _blocks(file: Any) -> Iterator[bytes]:
    """Yield the file in pieces that end where a line ends."""
    rest = b""
    place = 0
    while data := taken(file, _BLOCK):
        if b"\0" in data:
            raise DamagedError(f"it is not text: byte {place + data.index(0)} is zero")
        data = data.removeprefix(_BOM) if not place else data
        place += len(data)
        whole, end, rest = (rest + data).rpartition(b"\n")
        if end:
            yield whole + end
    if rest:
        yield rest


def _bytes(block: bytes, mark: bytes, seen: _Seen) -> None:
    """Take in what is true of the block as a whole: line ends, encoding."""
    seen.returns += block.count(b"\r")
    seen.pairs += block.count(b"\r\n")
    seen.ends += block.count(b"\n")
    seen.strict |= seen.returns != seen.pairs
    if block.isascii():
        return
    try:
        block.decode()
    except UnicodeDecodeError:
        seen.legacy = True
    if not seen.texts.settled:
        fields = {f for f in block.replace(b"\n", mark).split(mark) if not f.isascii()}
        seen.texts.see(repair_latin1(f.decode(BYTES)) for f in fields)


def _widths(lines: list[bytes], mark: bytes, width: int, quoted: re.Pattern[bytes], seen: _Seen) -> None:
    """Take in how many fields the lines have; many times faster than splitting them."""
    if seen.strict:
        return
    written = lines
    if any(b'"' in line for line in lines):
        seen.quoted = True
        lines = [quoted.sub(b"q", line) if b'"' in line else line for line in lines]
        if any(b'"' in line for line in lines):
            seen.strict = True
            return
    if width > 1 and {line.count(mark) for line in lines} == {width - 1}:
        return
    for number, (line, whole) in enumerate(zip(lines, written, strict=True), seen.lines + 1):
        count = line.count(mark) + 1
        if count == 1 and not whole.replace(b'""', b"").strip():
            seen.blank += 1
        elif count != width:
            seen.odd.append((number, count))


def _strictly(path: Path, codec: str, delimiter: str, header: tuple[str, ...], seen: _Seen) -> Look:
    """Look through a file that only a full reader understands, row by row."""
    rows, odd = -1, []
    with opened(path) as file, io.TextIOWrapper(file, encoding=codec, newline="") as text:
        for line, row in rows_of(text, delimiter):
            rows += 1
            if len(row) != len(header):
                odd.append((line, len(row)))
            if codec == "utf-16":
                seen.texts.see(row)
    refuse_rows(rows, odd, delimiter, len(header))
    change = seen.texts.change() or (repair_latin1 if seen.legacy else None)
    return Look(
        codec, delimiter, header, rows, quoted=True, plain=False, change=_after_repair(change, legacy=seen.legacy)
    )
