"""Delimited text of any size looked through once: whether it is sound, and whether an engine may read it by itself."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from unicodedata import is_normalized

from mpi.readers.delimited import BYTES, HEAD_BYTES, MISSING, Head, head_of, is_unnamed, opened, refuse_rows, taken
from mpi.readers.delimited_rows import is_untidy, rows_of, tidy_fields
from mpi.readers.encodings import python_codec
from mpi.readers.faults import DamagedError
from mpi.readers.text import Gathered, tidy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mpi.readers.text import Repair

__all__ = ["FileScan", "look"]

_BLOCK = 1 << 23
_BOM = b"\xef\xbb\xbf"
_AROUND = re.compile("[\u0085\u00a0\u1680\u2000-\u200d\u2028\u2029\u202f\u205f\u2060\u3000\ufeff]")
"""Blanks and invisible signs beyond ASCII, which may stand around a text."""


@dataclass(frozen=True, slots=True)
class FileScan:
    """The findings of one look through a delimited file.

    Attributes
    ----------
    codec, delimiter, header
        How it is written, and the names of its columns.
    rows : int
        Number of rows.
    skipped : int
        Number of lines before the header.
    empty : int
        Number of rows without any value, which are left out; `rows` does not count them.
    bare : tuple of str
        The columns without a name or a value, which are left out.
    quoted : bool
        Whether any field is in quotation marks.
    tidy : bool
        Whether there are neither blanks around fields nor empty rows.
    plain : bool
        Whether every reader of such files would take it alike: one kind of line end, no blank lines, no line ends or
        stray quotation marks in fields, no blanks around them, UTF-8 in composed letters.
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
    tidy: bool = True
    skipped: int = 0
    empty: int = 0
    bare: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns that are not left out."""
        return tuple(name for name in self.header if name not in self.bare)


@dataclass(slots=True)
class _Seen:
    """The state of a look through a delimited file."""

    lines: int = 0
    blank: int = 0
    ends: int = 0
    returns: int = 0
    pairs: int = 0
    legacy: bool = False
    quoted: bool = False
    strict: bool = False
    untidy: bool = False
    odd: list[tuple[int, int]] = field(default_factory=list)
    texts: Gathered = field(default_factory=Gathered)


def look(path: Path, at: Callable[[int], None] | None = None, encoding: str | None = None) -> FileScan:
    """Look through a file; `at` is told how many rows were seen.

    Raises
    ------
    mpi.MpiError
        When it is no text, is cut short, or has rows that are not as wide as its header.
    """
    with opened(path) as file:
        head = head_of(taken(file, HEAD_BYTES), encoding, whole=False)
    said = None if encoding is None else python_codec(encoding)
    seen = _Seen(strict=head.codec not in {BYTES, "utf-8-sig"})
    seen.untidy = bool(head.skipped) or any(map(is_unnamed, head.header))
    codec = head.codec
    if not seen.strict:
        _through(path, head, seen, at)
        codec = BYTES if seen.legacy else "utf-8-sig"
    if seen.legacy and said is not None:
        raise DamagedError(f"it is not in the encoding {encoding!r}; choose another")
    if seen.strict or seen.untidy or (seen.odd and seen.quoted):
        return _strictly(path, replace(head, codec=codec), seen, encoding)
    rows = seen.lines - seen.blank - 1
    refuse_rows(rows, seen.odd, head.delimiter, len(head.header))
    change = _change(path, seen, encoding)
    alike = seen.returns == seen.pairs and seen.pairs in (0, seen.ends)
    plain = alike and not seen.blank and change is None
    return FileScan(codec, head.delimiter, head.header, rows, seen.quoted, plain, change)


def _change(path: Path, seen: _Seen, encoding: str | None) -> Repair | None:
    """Return what makes tidy Unicode of texts that are read with the codec of the file."""
    if encoding is not None and python_codec(encoding) is not None:
        return tidy
    return seen.texts.change(path, repair=seen.legacy, encoding=encoding)


def _through(path: Path, head: Head, seen: _Seen, at: Callable[[int], None] | None) -> None:
    mark = head.delimiter.encode()
    quoted = re.compile(rb'(?:(?<=%(m)s)|^)"(?:[^"]|"")*"(?=%(m)s|\r?$)' % {b"m": re.escape(mark)})
    with opened(path) as file:
        for number, block in enumerate(_blocks(file)):
            lines = block.split(b"\n")
            if not lines[-1]:
                lines.pop()
            kept = lines[head.skipped :] if number == 0 else lines
            seen.untidy = seen.untidy or is_untidy(block, head.delimiter, len(head.header))
            _bytes(block, mark, seen)
            seen.lines += len(lines) - len(kept)
            _widths(kept, mark, len(head.header), quoted, seen)
            seen.lines += len(kept)
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
        text = block.decode()
    except UnicodeDecodeError:
        text, seen.legacy = block.decode(BYTES), True
    if seen.texts.settled and not seen.legacy and _AROUND.search(text) is None and is_normalized("NFC", text):
        return
    fields = {f.strip('\r"') for f in text.replace("\n", mark.decode()).split(mark.decode()) if not f.isascii()}
    seen.texts.see(fields, repair=True)


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
        if count == 1 and whole.strip() in (b"", b'""'):
            seen.blank += 1
        elif count != width:
            seen.odd.append((number, count))


def _strictly(path: Path, head: Head, seen: _Seen, encoding: str | None) -> FileScan:
    """Look through a file that only a full reader understands, row by row."""
    rows, odd, empty, held = -1, [], 0, set[int]()
    unnamed = {i for i, name in enumerate(head.header) if is_unnamed(name)}
    whole = head.codec not in {BYTES, "utf-8-sig"}
    with opened(path) as file, io.TextIOWrapper(file, encoding=head.codec, newline="") as text:
        for _ in range(head.skipped):
            text.readline()
        for line, row in rows_of(text, head.delimiter):
            rows += 1
            if len(row) != len(head.header):
                odd.append((line + head.skipped, len(row)))
            elif rows and not any(tidy_fields(row)):
                empty += 1
            held |= {i for i in unnamed - held if i < len(row) and rows and row[i].strip(" \t") not in MISSING}
            if whole:
                seen.texts.see(row)
    refuse_rows(rows - empty, odd, head.delimiter, len(head.header))
    change = _change(path, seen, encoding) or tidy
    bare = tuple(head.header[i] for i in sorted(unnamed - held))
    found = (head.codec, head.delimiter, head.header, rows - empty)
    left_out: Any = {"skipped": head.skipped, "empty": empty, "bare": bare}
    return FileScan(*found, quoted=True, plain=False, change=change, tidy=False, **left_out)
