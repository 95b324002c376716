"""SAS files, .sas7bdat, by way of pyreadstat; special missing values (.A to .Z) are missing.

Value labels are in a file of their own, a catalogue, which is not read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mpi.readers.dates import dated, tell_impossible
from mpi.readers.faults import DamagedError
from mpi.readers.metadata import FOUND_OUT, raw_names, titles_of
from mpi.readers.table import Table
from mpi.readers.text import as_unicode, repair_latin1, without_blanks
from mpi.readers.xport import ORIGIN, date_kinds

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["names", "read"]

_BYTES = "ISO-8859-1"


def names(path: Path, encoding: str | None = None) -> tuple[str, ...]:
    """Return the names of the columns."""
    return tuple(raw_names(*_metadata(path, encoding), encoding))


def read(path: Path, columns: list[str] | None, encoding: str | None = None) -> Table:
    """Return the columns with their titles."""
    metadata, read_in = _metadata(path, encoding)
    raw = raw_names(metadata, read_in, encoding)
    kept = list(raw) if columns is None else columns
    usecols = [raw[name] for name in kept]
    frame = _pyreadstat(path, read_in, usecols=usecols, disable_datetime_conversion=True)[0][usecols]
    if metadata.number_rows is not None and len(frame) != metadata.number_rows:
        raise DamagedError(f"its header says {metadata.number_rows} rows, and {len(frame)} were found")
    kinds, seen = date_kinds(metadata.original_variable_types), dict[str, int]()
    dates = {name: kinds[raw[name]] for name in kept if raw[name] in kinds}
    frame = dated(frame.set_axis(kept, axis=1), dates, ORIGIN, seen, day=1)
    tell_impossible(path, seen)
    titles = titles_of(metadata)
    table = Table(without_blanks(frame), {}, {name: titles[raw[name]] for name in kept if raw[name] in titles})
    repair = repair_latin1 if read_in else None
    return as_unicode(table, path, context=titles.values(), repair=repair, encoding=encoding)


def _metadata(path: Path, encoding: str | None) -> tuple[Any, str | None]:
    """Return what pyreadstat says of the file, and the encoding to read it in, or None for the file's own."""
    import pyreadstat

    if encoding is None:
        try:
            metadata = _pyreadstat(path, None, metadataonly=True)[1]
            if (metadata.file_encoding or "").upper() not in FOUND_OUT:
                return metadata, None
        except (pyreadstat.ReadstatError, UnicodeDecodeError) as error:
            if isinstance(error, pyreadstat.ReadstatError) and "convert string" not in str(error):
                raise
    return _pyreadstat(path, _BYTES, metadataonly=True)[1], _BYTES


def _pyreadstat(path: Path, encoding: str | None, **options: Any) -> Any:
    import pyreadstat

    return pyreadstat.read_sas7bdat(str(path), encoding=encoding, **options)
