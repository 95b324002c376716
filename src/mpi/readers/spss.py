"""SPSS files, .sav, .zsav and .por, by way of pyreadstat; user-missing values become missing.

`sav_layout` proves first that a dictionary is sound: ReadStat would end the process where it is not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mpi.core.errors import RequestError, warn
from mpi.readers import sav_layout
from mpi.readers.dates import dated, tell_impossible
from mpi.readers.metadata import FOUND_OUT, labels_of, raw_names, titles_of
from mpi.readers.pieces import FileLabels, Pieces
from mpi.readers.reasons import user_missing
from mpi.readers.table import Table
from mpi.readers.text import as_unicode, repair_latin1

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pandas as pd

__all__ = ["names", "pieces", "read"]

_BYTES = "ISO-8859-1"
_KINDS = {
    **dict.fromkeys(("DATE", "ADATE", "EDATE", "JDATE", "SDATE"), "date"),
    **dict.fromkeys(("DATETIME", "YMDHMS"), "datetime"),
    **dict.fromkeys(("TIME", "DTIME"), "time"),
}
_ORIGIN = "1582-10-14"
_LINE = 80


def names(path: Path, encoding: str | None = None) -> tuple[str, ...]:
    """Return the names of the columns."""
    return tuple(raw_names(*_metadata(path, encoding, data=False), encoding))


def read(path: Path, columns: list[str] | None, encoding: str | None = None) -> Table:
    """Return the columns with their labels."""
    metadata, read_in = _metadata(path, encoding)
    raw = raw_names(metadata, read_in, encoding)
    kept = list(raw) if columns is None else columns
    usecols = [raw[name] for name in kept]
    frame = _pyreadstat(path, read_in, usecols=usecols, disable_datetime_conversion=True)[0][usecols]
    reasons = _reasons(path, read_in, frame)
    seen: dict[str, int] = {}
    frame = dated(frame.set_axis(kept, axis=1), _dates(metadata, raw), _ORIGIN, seen)
    tell_impossible(path, seen)
    labels, titles = labels_of(metadata), titles_of(metadata)
    table = Table(
        frame,
        {name: labels[raw[name]] for name in kept if raw[name] in labels},
        {name: titles[raw[name]] for name in kept if raw[name] in titles},
    )
    context = [*titles.values(), *(label for values in labels.values() for label in values.values())]
    read_table = as_unicode(table, path, context=context, repair=repair_latin1 if read_in else None, encoding=encoding)
    _tell_doubts(path)
    return replace(read_table, reasons={name: reasons[raw[name]] for name in kept if raw[name] in reasons})


def _reasons(path: Path, read_in: str | None, frame: pd.DataFrame) -> dict[str, list[Any]]:
    """Return which user-missing value stands where one is."""
    if _portable(path):
        return {}
    ranges = _pyreadstat(path, read_in, metadataonly=True, user_missing=True)[1].missing_ranges
    declared = [c for c in frame.columns if c in ranges]
    if not declared:
        return {}
    told = _pyreadstat(path, read_in, usecols=declared, user_missing=True, disable_datetime_conversion=True)[0]
    return user_missing(frame, told)


def pieces(path: Path, columns: list[str], rows: int, encoding: str | None = None) -> Pieces:
    """Return the columns piece by piece, each of so many rows."""
    metadata, read_in = _metadata(path, encoding)
    raw = raw_names(metadata, read_in, encoding)
    usecols = [raw[name] for name in columns]
    dates, seen = _dates(metadata, raw), dict[str, int]()

    def frames() -> Iterator[pd.DataFrame]:
        """Yield the rows, piece by piece."""
        start, found = 0, rows
        while found == rows:
            options = {"usecols": usecols, "disable_datetime_conversion": True, "row_offset": start, "row_limit": rows}
            frame = _pyreadstat(path, read_in, **options)[0]
            found = len(frame)
            start += found
            if found:
                yield dated(frame[usecols].set_axis(columns, axis=1), dates, _ORIGIN, seen)

    def file_labels() -> FileLabels:
        """Return labels and texts, once all rows were read."""
        labels, titles = labels_of(metadata), titles_of(metadata)
        context = [*titles.values(), *(label for values in labels.values() for label in values.values())]
        _tell_doubts(path)
        tell_impossible(path, seen)
        return FileLabels({n: labels[raw[n]] for n in columns if raw[n] in labels}, tuple(context), read_in is not None)

    total = metadata.number_rows
    declared = metadata.readstat_variable_types
    kinds: dict[str, str] = {n: _TYPES[dates[n]] if n in dates else declared[raw[n]] for n in columns}
    return Pieces(total if total is not None and total >= 0 else None, kinds, frames, file_labels)


_TYPES = {"date": "timestamp", "datetime": "timestamp", "time": "time"}


def _dates(metadata: Any, raw: Mapping[str, str]) -> dict[str, str]:
    """Return which columns are dates, moments and times; MONTH, QTR and the like are numbers."""
    kinds, formats = metadata.readstat_variable_types, metadata.original_variable_types
    written = {n: formats[r].rstrip("0123456789.") for n, r in raw.items() if kinds[r] == "double"}
    return {n: _KINDS[w] for n, w in written.items() if w in _KINDS}


def _metadata(path: Path, encoding: str | None, *, data: bool = True) -> tuple[Any, str | None]:
    """Return what pyreadstat says of the file, and the encoding to read it in, or None for the file's own."""
    import pyreadstat

    if _portable(path):
        if encoding is not None:
            raise RequestError(
                f"cannot read {path}: the text of a .por file is read as the file says; leave out encoding="
            )
        return _pyreadstat(path, None, metadataonly=True)[1], None
    sav_layout.walk(path, data=data)
    if encoding is not None:
        return _pyreadstat(path, _BYTES, metadataonly=True)[1], _BYTES
    try:
        metadata = _pyreadstat(path, None, metadataonly=True)[1]
        if (metadata.file_encoding or "").upper() not in FOUND_OUT:
            return metadata, None
    except (pyreadstat.ReadstatError, UnicodeDecodeError) as error:
        if isinstance(error, pyreadstat.ReadstatError) and "convert string" not in str(error):
            raise
    return _pyreadstat(path, _BYTES, metadataonly=True)[1], _BYTES


def _portable(path: Path) -> bool:
    return path.suffix.casefold() == ".por"


def _pyreadstat(path: Path, encoding: str | None, **options: Any) -> Any:
    import pyreadstat

    if _portable(path):
        return pyreadstat.read_por(str(path), **options)
    return pyreadstat.read_sav(str(path), encoding=encoding, **options)


def _tell_short_lines(path: Path) -> None:
    """Warn of lines that are not of 80 characters, as all of a .por file are: a piece of it may be missing."""
    lines = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n").rstrip(b"\n").split(b"\n")
    odd = [i for i, line in enumerate(lines, 1) if len(line) != _LINE]
    if odd:
        message = (
            f"{path}: line {odd[0]} has {len(lines[odd[0] - 1])} characters, and {_LINE} are usual ({len(odd)} such "
            "lines in all): blanks at its end were lost, or a piece of the file is; compare the rows with its source"
        )
        warn(message)


def _tell_doubts(path: Path) -> None:
    """Warn where a cut could not be noticed."""
    if _portable(path):
        _tell_short_lines(path)
        return
    with path.open("rb") as file:
        uncounted = file.read(84)[80:84] == b"\xff\xff\xff\xff"
    if uncounted:
        message = f"{path} does not say how many cases it holds; compare the number read with its documentation"
        warn(message)
