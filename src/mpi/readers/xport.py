"""SAS transport files, .xpt, by way of pyreadstat; special missing values (.A to .Z) are missing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mpi.core.errors import warn
from mpi.readers.dates import dated, tell_impossible
from mpi.readers.faults import DamagedError
from mpi.readers.metadata import titles_of
from mpi.readers.table import Table
from mpi.readers.text import as_unicode, repair_latin1, without_blanks

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ORIGIN", "date_kinds", "names", "read"]

_RECORD = 80
_BYTES = "ISO-8859-1"
ORIGIN = "1960-01-01"
_DATES = r"WEEKDAT[EX]|(?:DDMMYY|MMDDYY|YYMMDD)[BCDNPS]?|DATE|(?:IS8601|E8601|B8601)DA"
_MOMENTS = r"DATETIME|DATEAMPM|MDYAMPM|(?:IS8601|E8601|B8601)DT"
_TIMES = r"TIME|HHMM|TOD|TIMEAMPM|(?:IS8601|E8601|B8601)TM"
_KINDS = {"date": _DATES, "datetime": _MOMENTS, "time": _TIMES}


def names(path: Path, encoding: str | None = None) -> tuple[str, ...]:  # noqa: ARG001  # SAS's are ASCII
    """Return the names of the columns."""
    return tuple(_pyreadstat(path, metadataonly=True)[1].column_names)


def read(path: Path, columns: list[str] | None, encoding: str | None = None) -> Table:
    """Return the columns with their titles; such a file holds no value labels."""
    if path.stat().st_size % _RECORD:
        raise DamagedError(f"the file is cut short: it is not made of whole records of {_RECORD} bytes")
    frame, metadata = _pyreadstat(path, usecols=columns, disable_datetime_conversion=True)
    kept = list(metadata.column_names) if columns is None else columns
    seen: dict[str, int] = {}
    frame = dated(frame[kept], date_kinds(metadata.original_variable_types), ORIGIN, seen, day=1)
    tell_impossible(path, seen)
    _tell_uncounted(path, len(frame))
    titles = titles_of(metadata)
    table = Table(without_blanks(frame), {}, {name: titles[name] for name in kept if name in titles})
    return as_unicode(table, path, context=titles.values(), repair=repair_latin1, encoding=encoding)


def date_kinds(formats: dict[str, str | None]) -> dict[str, str]:
    """Return which columns are dates, moments and times of day, by the format that each is printed in."""
    found = {}
    for name, written in formats.items():
        plain = re.sub(r"\d*(?:\.\d*)?$", "", written or "")
        kind = next((k for k, pattern in _KINDS.items() if re.fullmatch(pattern, plain)), None)
        if kind is not None:
            found[name] = kind
    return found


def _tell_uncounted(path: Path, rows: int) -> None:
    message = (
        f"{path} does not say how many rows it holds, as no .xpt file does; compare {rows:,} with its documentation"
    )
    warn(message)


def _pyreadstat(path: Path, **options: Any) -> Any:
    import pyreadstat

    return pyreadstat.read_xport(str(path), encoding=_BYTES, **options)
