"""SPSS files, .sav, .zsav and .por, by way of pyreadstat; user-missing values become missing."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from mpi.errors import MpiWarning
from mpi.readers.metadata import labels_of, titles_of
from mpi.readers.pieces import Meaning, Pieces
from mpi.readers.table import Table
from mpi.readers.text import as_unicode, repair_latin1, texts_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

__all__ = ["names", "pieces", "read"]

_BYTES = "ISO-8859-1"
_TO_BE_FOUND_OUT = {"", "UTF-8", "ASCII", "US-ASCII", "WINDOWS-1252", "ISO-8859-1"}
"""Encodings that files claim and do not always use; in these ReadStat drops a letter at the end of a text silently
where it is not in the encoding ("N÷" becomes "N"), so the bytes are read one by one and repaired afterwards."""

_DATES = {"DATE", "ADATE", "EDATE", "JDATE", "SDATE", "DATETIME", "YMDHMS"}
_TIMES = {"TIME", "DTIME"}


def names(path: Path) -> tuple[str, ...]:
    """Return the names of the columns."""
    metadata, encoding = _metadata(path)
    return tuple(_repaired(metadata.column_names, encoding))


def read(path: Path, columns: list[str] | None) -> Table:
    """Return the columns with their labels."""
    metadata, encoding = _metadata(path)
    raw = dict(zip(_repaired(metadata.column_names, encoding), metadata.column_names, strict=True))
    kept = list(raw) if columns is None else columns
    usecols = [raw[name] for name in kept]
    options = {"usecols": usecols, "dates_as_pandas_datetime": True}
    frame = _pyreadstat(path, encoding, **options)[0][usecols].set_axis(kept, axis=1)
    labels, titles = labels_of(metadata), titles_of(metadata)
    table = Table(
        frame,
        {name: labels[raw[name]] for name in kept if raw[name] in labels},
        {name: titles[raw[name]] for name in kept if raw[name] in titles},
    )
    context = [*titles.values(), *(label for values in labels.values() for label in values.values())]
    read_table = as_unicode(table, context=context, repair=repair_latin1 if encoding else None)
    _tell_doubts(path, read_table)
    return read_table


def pieces(path: Path, columns: list[str], rows: int) -> Pieces:
    """Return the columns piece by piece, each of so many rows."""
    metadata, encoding = _metadata(path)
    raw = dict(zip(_repaired(metadata.column_names, encoding), metadata.column_names, strict=True))
    usecols = [raw[name] for name in columns]

    def frames() -> Iterator[pd.DataFrame]:
        start, found = 0, rows
        while found == rows:
            options = {"usecols": usecols, "dates_as_pandas_datetime": True, "row_offset": start, "row_limit": rows}
            frame = _pyreadstat(path, encoding, **options)[0]
            found = len(frame)
            start += found
            if found:
                yield frame[usecols].set_axis(columns, axis=1)

    def meaning() -> Meaning:
        labels, titles = labels_of(metadata), titles_of(metadata)
        context = [*titles.values(), *(label for values in labels.values() for label in values.values())]
        _tell_doubts(path, Table(None))
        return Meaning({n: labels[raw[n]] for n in columns if raw[n] in labels}, tuple(context), encoding is not None)

    total = metadata.number_rows
    kinds = {n: _kind(metadata, raw[n]) for n in columns}
    return Pieces(total if total is not None and total >= 0 else None, kinds, frames, meaning)


def _kind(metadata: Any, name: str) -> str:
    """Return what a column is declared to be; the formats of dates and times are those that pyreadstat knows."""
    kind: str = metadata.readstat_variable_types[name]
    written = metadata.original_variable_types[name].rstrip("0123456789.")
    if kind == "double" and written in _DATES:
        return "timestamp"
    return "time" if kind == "double" and written in _TIMES else kind


def _metadata(path: Path) -> tuple[Any, str | None]:
    """Return what pyreadstat says of the file, and the encoding to read it in, or None for the file's own."""
    import pyreadstat

    if _portable(path):
        return _pyreadstat(path, None, metadataonly=True)[1], None
    try:
        metadata = _pyreadstat(path, None, metadataonly=True)[1]
        if (metadata.file_encoding or "").upper() not in _TO_BE_FOUND_OUT:
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


def _repaired(texts: list[str], encoding: str | None) -> list[str]:
    return [repair_latin1(text) for text in texts] if encoding else texts


def _tell_doubts(path: Path, table: Table) -> None:
    """Warn where a cut could not be noticed, or letters were lost because .por does not say its encoding."""
    with path.open("rb") as file:
        uncounted = file.read(84)[80:84] == b"\xff\xff\xff\xff"
    if uncounted and not _portable(path):
        message = f"{path} does not say how many cases it holds; compare the number read with its documentation"
        warnings.warn(message, MpiWarning, stacklevel=4)
    if _portable(path) and any("\ufffd" in text for text in texts_of(table)):
        message = f"{path} holds letters that cannot be read in a .por file; save it as .sav in SPSS or PSPP"
        warnings.warn(message, MpiWarning, stacklevel=4)
