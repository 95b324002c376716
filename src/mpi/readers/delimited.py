"""Delimited text, .csv .tsv .txt and their .gz: delimiter, encoding and decimal comma are found out.

What spreadsheets leave behind goes, and is told: a first line ``sep=;``, empty rows, columns without a name or a value.
"""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from mpi.core.errors import warn
from mpi.readers.delimited_rows import is_untidy, rows_of, tidy_fields, writer_of
from mpi.readers.encodings import accented_words, guessed, python_codec, repair_latin1, repair_of
from mpi.readers.faults import DamagedError
from mpi.readers.table import Table
from mpi.readers.text import as_unicode, tidied, tidy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

    from mpi.readers.text import Repair

__all__ = [
    "BYTES", "DELIMITERS", "HEAD_BYTES", "MISSING", "Head", "decoded", "head_of", "is_unnamed", "names",
    "opened", "read", "refuse_rows", "table_of", "taken", "tell_left_out",     "without_missing", ]  # fmt: skip

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_UNREADABLE = {" ": "spaces", ":": "colons", "~": "tildes", "^": "carets"}
MISSING = ["", ".", "NA", "N/A", "#N/A", "<NA>", "NaN", "nan", "NULL", "null"]
HEAD_BYTES = 1 << 20
_SAMPLE_ROWS = 50
BYTES = "latin-1"
_BOM = b"\xef\xbb\xbf"
_EXACT = 2**53
_DECIMAL_COMMA = re.compile(r"\s*[-+]?\d*,\d+\s*")
_WHOLE = re.compile(r"\s*[-+]?\d+\s*")
_SEP = re.compile(r"\ufeff?\"?sep=(.)\"?;*,*\r?\n", re.IGNORECASE)
_UNNAMED = "Unnamed: "


@dataclass(frozen=True, slots=True)
class Head:
    """The dialect of a delimited file, as its head shows it.

    Attributes
    ----------
    codec : str
        How its bytes become text.
    delimiter : str
        What stands between the fields.
    header : tuple of str
        The names of the columns, tidy; those without one are called by their place.
    skipped : int
        How many lines stand before the header: one where the first says ``sep=;``.
    """

    codec: str
    delimiter: str
    header: tuple[str, ...]
    skipped: int


def names(path: Path, encoding: str | None = None) -> tuple[str, ...]:
    """Return the names in the header."""
    with opened(path) as file:
        head = taken(file, HEAD_BYTES)
    return head_of(head, encoding, whole=False).header


def head_of(data: bytes, encoding: str | None, *, whole: bool) -> Head:
    """Return what the first bytes of a file say, or all of them."""
    codec = _codec(data, encoding, whole=whole)
    try:
        text = decoded(data[:HEAD_BYTES], codec)
    except UnicodeDecodeError as error:
        raise _not_in(codec, error) from error
    said = _SEP.match(text)
    text = text[said.end() :] if said else text
    delimiter = said[1] if said and said[1] in DELIMITERS else delimiter_of(text)
    header = header_of(text, delimiter, _name_change(text, codec, encoding))
    return Head(codec, delimiter, header, int(said is not None))


def _not_in(codec: str, error: UnicodeDecodeError) -> DamagedError:
    return DamagedError(f"it is not in the encoding {codec!r}: byte {error.start} is no letter in it; choose another")


def _name_change(text: str, codec: str, encoding: str | None) -> Repair:
    """Return what makes Unicode of the names in the header, by the words of the head of the file."""
    if encoding is not None:
        return repair_of(encoding) if python_codec(encoding) is None else str
    text = repair_latin1(text) if codec == BYTES else text
    guess = guessed(accented_words(text))
    first: Repair = repair_latin1 if codec == BYTES else str
    return first if guess is None else lambda name: guess.encoding.decode(first(name))


def read(path: Path, columns: list[str] | None, encoding: str | None = None) -> Table:
    """Return the columns; every row must have as many fields as the header."""
    with opened(path) as file:
        data = taken(file)
    head = head_of(data, encoding, whole=True)
    codec = head.codec
    if codec not in {BYTES, "utf-8-sig"}:
        data, codec = _transcoded(data, codec), "utf-8-sig"
    data = data.removeprefix(_BOM)
    data = data.split(b"\n", 1)[1] if head.skipped else data
    return table_of(path, data, Head(codec, head.delimiter, head.header, head.skipped), columns, encoding)


def table_of(path: Path, data: bytes, head: Head, columns: list[str] | None, encoding: str | None) -> Table:
    """Return the columns of delimited text behind whatever stands before its header; every row must be as wide."""
    codec = head.codec
    _check_rows(data, codec, head)
    data, empty = _without_litter(data, codec, head)
    text = _Text(data, codec, head.delimiter, head.header)
    frame = _with_long_codes(_parsed(text, columns or list(head.header)), text)
    bare = [] if columns else [n for n in frame.columns if is_unnamed(n) and frame[n].isna().all()]
    tell_left_out(path, head.skipped, empty, len(bare))
    frame = frame.drop(columns=bare)
    if head.delimiter != ",":
        frame = _with_decimal_commas(frame)
    table = Table(frame)
    if encoding is not None and python_codec(encoding) is not None:
        table = tidied(table)
    else:
        table = as_unicode(table, path, repair=repair_latin1 if codec == BYTES else None, encoding=encoding)
    return Table(without_missing(table.frame))


def _transcoded(data: bytes, codec: str) -> bytes:
    try:
        return data.decode(codec).encode()
    except UnicodeDecodeError as error:
        raise _not_in(codec, error) from error


def without_missing(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with texts missing that say so once the blanks around them are gone."""
    texts = [n for n in frame.columns if frame[n].dtype.kind not in "iufbM"]
    absent = {n: where for n in texts if (where := frame[n].isin(MISSING)).any()}
    return frame.assign(**{n: frame[n].mask(where) for n, where in absent.items()})


def is_unnamed(name: str) -> bool:
    """Say whether a column is called by its place, since the header leaves it empty."""
    return name.startswith(_UNNAMED)


def tell_left_out(path: Path | str, skipped: int, rows: int, columns: int) -> None:
    """Warn of what a spreadsheet left behind, and was left out."""
    parts = ["its first line, 'sep='"] if skipped else []
    parts += [f"{rows:,} empty row{'s' * (rows > 1)}"] if rows else []
    parts += [f"{columns:,} column{'s' * (columns > 1)} without a name or a value"] if columns else []
    if parts:
        warn(f"{path}: left out {', '.join(parts)}")


def opened(path: Path) -> Any:
    """Open the bytes of a file, those within a .gz."""
    return gzip.open(path, "rb") if path.name.casefold().endswith(".gz") else path.open("rb")


def taken(file: Any, limit: int = -1) -> bytes:
    """Return the next bytes of an opened file; a damaged archive is told."""
    try:
        return bytes(file.read(limit))
    except (EOFError, zlib.error) as error:
        raise DamagedError("the gzip archive is cut short or damaged") from error
    except gzip.BadGzipFile as error:
        raise DamagedError(f"it is no whole gzip archive ({error})") from error


def _codec(data: bytes, encoding: str | None, *, whole: bool) -> str:
    """Return how bytes become text: as is said, or as UTF-8 or UTF-16 where they are that, else as Latin-1."""
    said = None if encoding is None else python_codec(encoding)
    if said is not None and said not in {"utf-8", "utf-8-sig"}:
        return said
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if b"\0" in data:
        raise DamagedError(f"it is not text: byte {data.index(0)} is zero")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data, final=whole)
    except UnicodeDecodeError as error:
        if said is not None:
            raise _not_in(said, error) from error
        return BYTES
    return "utf-8-sig"


def decoded(head: bytes, codec: str) -> str:
    """Return the text of the head of a file, which may end inside a letter."""
    return codecs.getincrementaldecoder(codec)().decode(head)


# --- the delimiter and the header ---


def _widths(text: str, delimiter: str) -> list[int]:
    """Return the number of fields of the header and the first rows; as far as they can be split at all."""
    found: list[int] = []
    try:
        found.extend(len(row) for _, row in islice(rows_of(text, delimiter), _SAMPLE_ROWS))
    except DamagedError:
        return found
    return found


def delimiter_of(text: str) -> str:
    """Return the delimiter that splits the header, and splits most of the first rows alike."""
    if not text or text.isspace():
        raise DamagedError("it is empty: there is not even a header")
    head = text[:HEAD_BYTES]
    widths = {mark: found for mark in DELIMITERS if (found := _widths(head, mark)) and found[0] > 1}
    if widths:
        return max(
            widths,
            key=lambda mark: (widths[mark].count(widths[mark][0]) / len(widths[mark]), widths[mark][0]),
        )
    _refuse_one_column(head)
    return ","


def _refuse_one_column(head: str) -> None:
    """Raise where the header is one field, and the rows or the header itself say that it should be several."""
    lines = [line for line in head.splitlines() if line.strip()]
    lines = lines[: _SAMPLE_ROWS if len(head) < HEAD_BYTES else -1]
    for mark, name in (DELIMITERS | _UNREADABLE).items():
        widths = {len(line.split(None if mark == " " else mark)) for line in lines[mark in DELIMITERS :]}
        if len(lines) > 1 and len(widths) == 1 and widths != {1}:
            raise DamagedError(
                f"only one column was found, {lines[0][:60]!r}, but the rows are split by {name} into {widths.pop()}; "
                f"give header and rows the same delimiter, one of: {', '.join(DELIMITERS.values())}"
            )


def header_of(text: str, delimiter: str, change: Repair = str) -> tuple[str, ...]:
    """Return the names in the header; a name that stands twice is refused."""
    _, row = next(rows_of(text, delimiter))
    header = tuple(tidy(change(name)) or f"{_UNNAMED}{i}" for i, name in enumerate(row))
    repeated = [repr(name) for name, count in Counter(header).items() if count > 1]
    if repeated:
        raise DamagedError(f"the header says {', '.join(repeated)} more than once; each column needs its own name")
    return header


# --- the rows ---


def _counts(data: bytes, codec: str, delimiter: str) -> Iterator[tuple[int, int]]:
    """Yield the number of the line where each row ends, and how many fields it has."""
    if b'"' in data or data.count(b"\r") != data.count(b"\r\n"):
        yield from ((line, len(row)) for line, row in rows_of(data.decode(codec), delimiter))
        return
    mark = delimiter.encode()
    for number, line in enumerate(io.BytesIO(data), 1):  # many times faster than splitting
        count = line.count(mark) + 1
        if count > 1 or line.strip():
            yield number, count


def _check_rows(data: bytes, codec: str, head: Head) -> None:
    """Raise unless there are rows, each as wide as the header: pandas fills short ones silently."""
    rows, odd = -1, []
    for line, count in _counts(data, codec, head.delimiter):
        rows += 1
        if count != len(head.header):
            odd.append((line + head.skipped, count))
    refuse_rows(rows, odd, head.delimiter, len(head.header))


def _without_litter(data: bytes, codec: str, head: Head) -> tuple[bytes, int]:
    """Return the text without blanks around fields and without empty rows, and how many rows these were."""
    if not is_untidy(data, head.delimiter, len(head.header)):
        return data, 0
    out, kept, rows = io.StringIO(newline=""), 0, 0
    writer = writer_of(out, head.delimiter)
    for _, row in rows_of(data.decode(codec), head.delimiter):
        rows += 1
        fields = tidy_fields(row)
        if not kept or any(fields):
            kept += 1
            writer.writerow(fields)
    if kept < 2:
        raise DamagedError("it has a header and no rows but empty ones")
    return out.getvalue().encode("utf-8" if codec == "utf-8-sig" else codec), rows - kept


def refuse_rows(rows: int, odd: list[tuple[int, int]], delimiter: str, expected: int) -> None:
    """Raise where rows are wider or narrower than the header (`odd`: their lines and widths), or there are none."""
    if odd:
        line, found = odd[0]
        more = f" ({len(odd)} such lines in all)" if len(odd) > 1 else ""
        raise DamagedError(
            f"line {line} has {found} fields, where the header has {expected} "
            f"separated by {DELIMITERS[delimiter]}s{more}; quote fields that hold the delimiter"
        )
    if not rows:
        raise DamagedError("it has a header and no rows")


@dataclass(frozen=True, slots=True)
class _Text:
    """Delimited text and how to read it."""

    data: bytes
    codec: str
    delimiter: str
    header: tuple[str, ...]


def _parsed(text: _Text, columns: list[str], dtype: type | None = None) -> pd.DataFrame:
    import pandas as pd

    options: Any = {"na_values": MISSING, "keep_default_na": False, "low_memory": False, "index_col": False}
    frame: pd.DataFrame = pd.read_csv(
        io.BytesIO(text.data),
        encoding=text.codec,
        sep=text.delimiter,
        header=0,
        names=list(text.header),
        usecols=columns,
        dtype=dtype,
        **options,
    )
    chosen: pd.DataFrame = frame[columns]
    return chosen


def _with_long_codes(frame: pd.DataFrame, text: _Text) -> pd.DataFrame:
    """Return the frame with whole numbers beyond 2^53 as text where a gap made them floats, which merge.

    So are those beyond 2^64: pandas makes them objects, or text in which the gaps are texts too.
    """
    long = [n for n in frame.columns if frame[n].dtype.kind == "f" and frame[n].abs().max() >= _EXACT]
    longer = [n for n in frame.columns if frame[n].dtype.kind not in "iufb" and _is_half_read(frame[n])]
    if not long + longer:
        return frame
    exact = _parsed(text, long + longer, dtype=str)
    codes = {n: exact[n] for n in long if all(map(_WHOLE.fullmatch, exact[n].dropna().unique()))}
    return frame.assign(**codes, **{n: exact[n] for n in longer})


def _is_half_read(column: pd.Series[Any]) -> bool:
    """Say whether pandas took something else than text, truth or a gap from the text: it does beyond 2^64."""
    distinct = column.dropna().unique()
    return any(type(v) is int or (isinstance(v, str) and v in MISSING) for v in distinct)


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
