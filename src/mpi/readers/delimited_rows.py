"""The rows of delimited text: split, tidied, written again; and whether a file needs that."""

from __future__ import annotations

import csv
import io
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from mpi.readers.faults import DamagedError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["is_untidy", "rows_of", "tidy_fields", "writer_of"]


def rows_of(text: str | io.TextIOBase, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of the line where each row ends, and its fields; blank lines are no rows."""
    csv.field_size_limit(max(csv.field_size_limit(), 1 << 24))
    lines = io.StringIO(text, newline="") if isinstance(text, str) else text
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        for row in rows:
            if len(row) > 1 or (row and row[0].strip()):
                yield rows.line_num, row
    except csv.Error as error:
        raise DamagedError(f"line {rows.line_num}: {_explained(str(error))}") from error


def _explained(error: str) -> str:
    if "unexpected end" in error:
        return "a quotation mark is opened and never closed, or the file is cut short"
    if "expected after" in error:
        return "a quotation mark closes in the middle of a field; double the quotation marks inside a field"
    return error


def is_untidy(data: bytes, delimiter: str, width: int) -> bool:
    """Say whether whole lines of a file hold blanks around fields, or rows without any value; it may err to yes.

    Lines that a carriage return alone ends count too: pandas loses the first field where it is empty.
    """
    if data.count(b"\r") != data.count(b"\r\n"):
        return True
    framed = b"\n" + data + b"\n"
    absent = [byte for byte in (b" ", b"\t", b'"', b"\r") if byte not in framed]  # what they rule out is not sought
    marks = (mark for mark in _untidy_marks(delimiter, width) if not any(byte in mark for byte in absent))
    if any(mark in framed for mark in marks):
        return True
    return b'""' in framed and re.search(_empty_row(delimiter, width), framed) is not None


@cache
def _untidy_marks(delimiter: str, width: int) -> tuple[bytes, ...]:
    mark = delimiter.encode()
    blanks = [b for b in (b" ", b"\t") if b != mark]
    around = [x for b in blanks for x in (mark + b, b + mark, b"\n" + b, b + b"\n", b + b"\r", b'"' + b, b + b'"')]
    if mark == b"\t":  # a blank itself where it stands at the edge of a quoted field
        around += [x + b'"\t' for x in (b"\t", b"\n")] + [b'\t"' + x for x in (b"\n", b"\r")]
    ends = (b"\n", b"\r")
    empty = [b"\n" + mark * (width - 1) + end for end in ends] if width > 1 else []
    empty += [b'\n""' + end for end in ends]  # which pandas takes for a row
    return (*around, *empty)


def _empty_row(delimiter: str, width: int) -> bytes:
    """Return the pattern of a row of which some fields are empty quotation marks, and the others nothing."""
    return rb'\n(?:"")?(?:%b(?:"")?){%d}[\r\n]' % (re.escape(delimiter.encode()), width - 1)


def tidy_fields(row: list[str]) -> list[str]:
    """Return the fields of a row without the blanks around them."""
    return [field.strip(" \t") for field in row]


def writer_of(out: io.StringIO, delimiter: str) -> Any:
    """Return what writes rows again, so that line ends within a field are quoted, of whatever kind they are."""
    return csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
