"""Delimited text, .csv .tsv .txt and their .gz: delimiter, encoding and decimal comma are found out."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any

from mpi.readers.faults import DamagedError
from mpi.readers.table import Table
from mpi.readers.text import as_unicode, repair_latin1

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

__all__ = ["names", "read"]

_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_UNREADABLE = {" ": "spaces", ":": "colons", "~": "tildes", "^": "carets"}
_MISSING = ["", ".", "NA", "N/A", "#N/A", "<NA>", "NaN", "nan", "NULL", "null"]
_HEAD_BYTES = 1 << 16
_SAMPLE_ROWS = 50
_EXACT = 2**53
_DECIMAL_COMMA = re.compile(r"\s*[-+]?\d*,\d+\s*")
_WHOLE = re.compile(r"\s*[-+]?\d+\s*")


def names(path: Path) -> tuple[str, ...]:
    """Return the names in the header."""
    with _opened(path) as file:
        head = _all(file, _HEAD_BYTES)
    text, _ = _decoded(head, whole=False)
    return _header(text, _delimiter(text))


def read(path: Path, columns: list[str] | None) -> Table:
    """Return the columns; every row must have as many fields as the header."""
    with _opened(path) as file:
        data = _all(file)
    text, legacy = _decoded(data)
    delimiter = _delimiter(text)
    header = _header(text, delimiter)
    _check_rows(text, delimiter, len(header))
    frame = _parsed(text, delimiter, header, columns or list(header))
    frame = _with_long_codes(frame, text, delimiter, header)
    if delimiter != ",":
        frame = _with_decimal_commas(frame)
    return as_unicode(Table(frame), repair=repair_latin1 if legacy else None)


def _opened(path: Path) -> Any:
    return gzip.open(path, "rb") if path.name.casefold().endswith(".gz") else path.open("rb")


def _all(file: Any, limit: int = -1) -> bytes:
    try:
        return bytes(file.read(limit))
    except (EOFError, zlib.error) as error:
        raise DamagedError("the gzip archive is cut short or damaged") from error
    except gzip.BadGzipFile as error:
        raise DamagedError(f"it is no whole gzip archive ({error})") from error


def _decoded(data: bytes, *, whole: bool = True) -> tuple[str, bool]:
    """Return the text, and whether it was read as Latin-1 because it is not UTF-8."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="strict" if whole else "ignore"), False
    if b"\0" in data:
        raise DamagedError(f"it is not text: byte {data.index(0)} is zero")
    try:
        return data.decode("utf-8-sig"), False
    except UnicodeDecodeError as error:
        if not whole and error.start > len(data) - 4:
            return data[: error.start].decode("utf-8-sig"), False
        return data.decode("latin-1"), True


# --- the delimiter and the header ---


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of the line where each row ends, and its fields; blank lines are no rows."""
    csv.field_size_limit(max(csv.field_size_limit(), 1 << 24))
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
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


def _widths(text: str, delimiter: str) -> list[int]:
    """Return the number of fields of the header and the first rows; as far as they can be split at all."""
    found: list[int] = []
    try:
        found.extend(len(row) for _, row in islice(_rows(text, delimiter), _SAMPLE_ROWS))
    except DamagedError:
        return found
    return found


def _delimiter(text: str) -> str:
    """Return the delimiter that splits the header, and splits most of the first rows alike."""
    if not text.strip():
        raise DamagedError("it is empty: there is not even a header")
    head = text[:_HEAD_BYTES]
    widths = {mark: found for mark in _DELIMITERS if (found := _widths(head, mark)) and found[0] > 1}
    if widths:
        return max(
            widths,
            key=lambda mark: (widths[mark].count(widths[mark][0]) / len(widths[mark]), widths[mark][0]),
        )
    _refuse_one_column(head)
    return ","


def _refuse_one_column(head: str) -> None:
    """Raise where the header is one field and the rows say that it should be several."""
    line = next(iter(head.strip().splitlines()))
    for mark, name in (_DELIMITERS | _UNREADABLE).items():
        widths = [len(text.split() if mark == " " else text.split(mark)) for text in head.strip().splitlines()[:-1]]
        rows = widths[1:] if mark in _DELIMITERS else widths
        if len(widths) > 1 and min(rows) > 1 and len(set(rows)) == 1:
            raise DamagedError(
                f"only one column was found, {line[:60]!r}, but the rows are split by {name} into {rows[0]}; "
                f"give header and rows the same delimiter, one of: {', '.join(_DELIMITERS.values())}"
            )


def _header(text: str, delimiter: str) -> tuple[str, ...]:
    _, row = next(_rows(text, delimiter))
    header = tuple(name or f"Unnamed: {i}" for i, name in enumerate(row))
    repeated = [repr(name) for name, count in Counter(header).items() if count > 1]
    if repeated:
        raise DamagedError(f"the header says {', '.join(repeated)} more than once; each column needs its own name")
    return header


# --- the rows ---


def _check_rows(text: str, delimiter: str, expected: int) -> None:
    """Raise unless there are rows, each as wide as the header: pandas fills short ones silently."""
    rows, odd = -1, []
    for line, row in _rows(text, delimiter):
        rows += 1
        if len(row) != expected:
            odd.append((line, len(row)))
    if odd:
        line, found = odd[0]
        more = f" ({len(odd)} such lines in all)" if len(odd) > 1 else ""
        raise DamagedError(
            f"line {line} has {found} fields, where the header has {expected} "
            f"separated by {_DELIMITERS[delimiter]}s{more}; quote fields that hold the delimiter"
        )
    if not rows:
        raise DamagedError("it has a header and no rows")


def _parsed(
    text: str, delimiter: str, header: tuple[str, ...], columns: list[str], dtype: type | None = None
) -> pd.DataFrame:
    import pandas as pd

    options: Any = {"na_values": _MISSING, "keep_default_na": False, "low_memory": False, "index_col": False}
    names = list(header)
    frame: pd.DataFrame = pd.read_csv(
        io.StringIO(text), sep=delimiter, header=0, names=names, usecols=columns, dtype=dtype, **options
    )
    chosen: pd.DataFrame = frame[columns]
    return chosen


def _with_long_codes(frame: pd.DataFrame, text: str, delimiter: str, header: tuple[str, ...]) -> pd.DataFrame:
    """Return the frame with whole numbers beyond 2^53 as text where a gap made them floats, which merge."""
    long = [n for n in frame.columns if frame[n].dtype.kind == "f" and frame[n].abs().max() >= _EXACT]
    if not long:
        return frame
    exact = _parsed(text, delimiter, header, long, dtype=str)
    codes = {n: exact[n] for n in long if all(map(_WHOLE.fullmatch, exact[n].dropna().unique()))}
    return frame.assign(**codes)


def _with_decimal_commas(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with columns such as "1,5" as numbers, unless the file also writes decimal points."""
    text = {name: frame[name] for name in frame.columns if frame[name].dtype.kind not in "iufb"}
    commas = {name: column for name, column in text.items() if _all_decimal_commas(column)}
    if not commas or any(_has_fractions(frame[name]) for name in frame.columns if name not in text):
        return frame
    return frame.assign(**{name: c.str.strip().str.replace(",", ".").astype(float) for name, c in commas.items()})


def _all_decimal_commas(column: pd.Series[Any]) -> bool:
    distinct = [str(value) for value in column.dropna().unique()]
    return any(map(_DECIMAL_COMMA.fullmatch, distinct)) and all(
        _DECIMAL_COMMA.fullmatch(value) or _WHOLE.fullmatch(value) for value in distinct
    )


def _has_fractions(column: pd.Series[Any]) -> bool:
    return bool((column.dropna() % 1 != 0).any())
