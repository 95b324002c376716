"""DuckDB, which reads what need not fit in memory: its connections, what is known of their files, names as SQL."""

from __future__ import annotations

import re
import weakref
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mpi.core.errors import MissingLibraryError, RequestError
from mpi.frames.scratch import scratch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = [
    "Files",
    "as_path",
    "connected",
    "connection_of",
    "files_of",
    "first_line",
    "in_zone",
    "is_zoned",
    "literal",
    "name",
    "null_for_nan",
    "remember",
    "stamps",
]


Stamp = tuple[int, int]
"""The size of a file, and when it was written last."""


@dataclass(frozen=True, slots=True)
class Files:
    """The files behind a connection.

    Attributes
    ----------
    rows : int, optional
        How many rows they have together, where it is known.
    parts : tuple of str
        Their paths.
    seen : tuple of stamps
        What `stamps` found of the parts before they were opened.
    damage : function, optional
        Reads all files again, one by one, and returns what is wrong with which: for errors that name no file.
    zone : str, optional
        The time zone in which all their points in time were written, which is that of the session; None where it is not
        known.
    given : tuple of str
        The paths that were given, where other files were made of these.
    nulls : bool
        Whether NaN was made missing where they were opened.
    """

    rows: int | None = None
    parts: tuple[str, ...] = ()
    damage: Callable[[], list[str]] | None = None
    zone: str | None = None
    given: tuple[str, ...] = ()
    seen: tuple[Stamp | None, ...] = ()
    nulls: bool = False


_KNOWN: weakref.WeakKeyDictionary[Any, Files] = weakref.WeakKeyDictionary()
_KEPT: list[Any] = []


def connected(memory: str | None = None) -> tuple[Any, Path]:
    """Return a new connection, and a folder for what does not fit; the folder goes when the connection does.

    See `mpi.frames.scratch` for where it is made, and what becomes of those of killed processes.

    Raises
    ------
    MpiError
        When DuckDB is not installed, or `memory` is no amount.
    """
    try:
        import duckdb
    except ImportError:
        raise MissingLibraryError("files larger than memory are read by DuckDB: pip install duckdb") from None
    connection = duckdb.connect()
    if memory is not None:
        _limit(connection, memory)
    _keep(connection)
    folder = scratch(connection)
    connection.execute(f"SET temp_directory = {literal(folder / 'spill')}")
    connection.execute("SET enable_progress_bar_print = false")  # it counts its progress, and we show it
    connection.execute("SET enable_progress_bar = true")
    with suppress(duckdb.Error):  # of versions that have no such threads
        connection.execute("SET allocator_background_threads = true")  # what was freed goes back, not only to DuckDB
    return connection, folder


def stamps(parts: Iterable[str]) -> tuple[Stamp | None, ...]:
    """Return what tells whether files were changed: size and time; None of what is no file here."""
    return tuple(_stamp(path) for path in parts)


def _stamp(path: str) -> Stamp | None:
    try:
        found = Path(path).stat()
    except (OSError, ValueError):
        return None
    return found.st_size, found.st_mtime_ns


def remember(connection: Any, files: Files) -> None:
    """Keep what is known of the files behind a connection for as long as it lives."""
    _KNOWN[connection] = files


def files_of(connection: Any) -> Files:
    """Return what is known of the files behind a connection."""
    return _KNOWN.get(connection, Files()) if connection is not None else Files()


def in_zone(connection: Any, relation: Any, zones: Iterable[str]) -> tuple[Any, str | None]:
    """Show points in time as the clock showed them where they were written, if that is one zone.

    DuckDB shows all of them in the zone of the session, so this one becomes that of the data.

    Returns
    -------
    relation : duckdb.DuckDBPyRelation
        The same rows, with points in time of a type that knows zones.
    zone : str or None
        The zone; None where there are several, or DuckDB does not know it.
    """
    import duckdb

    named = {_OFFSET.sub(_offset, z) for z in zones}
    if len(named) != 1:
        return relation, None
    zone = named.pop()
    try:
        connection.execute(f"SET TimeZone = {literal(zone)}")
    except duckdb.Error:
        return relation, None
    exact = [c for c, t in zip(relation.columns, relation.types, strict=True) if str(t) == "TIMESTAMPTZ_NS"]
    changed = ", ".join(f"{_microseconds(c)} AS {name(c)}" for c in exact)
    return (relation.project(f"* REPLACE ({changed})") if exact else relation), zone


def _microseconds(column: str) -> str:
    """Return the SQL of points in time that knows their zone, which has microseconds: finer ones are refused, not cut.

    The error is raised only where such a row of such a column is used.
    """
    finer = (
        f"column {column!r} holds points in time with a zone that are finer than a microsecond, which DuckDB does not "
        "keep: round them, or give what the clock showed without a zone, a date or a year"
    )
    cast = f"CAST({name(column)} AS TIMESTAMP WITH TIME ZONE)"
    return f"CASE WHEN epoch_ns({name(column)}) % 1000 <> 0 THEN error({literal(finer)}) ELSE {cast} END"


def is_zoned(dtype: object) -> bool:
    """Tell whether a type of DuckDB is one of points in time, which it shows in the zone of the session."""
    return str(dtype).startswith(("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ"))


_OFFSET = re.compile(r"([+-])(\d\d):?00")


def _offset(match: re.Match[str]) -> str:
    """Return the zone of a whole number of hours by the name that it has, which counts towards Greenwich."""
    return f"Etc/GMT{'-' if match[1] == '+' else '+'}{int(match[2])}"


def connection_of(native: Any) -> Any:
    """Return the connection behind a relation, or a table of Ibis on DuckDB; None where it is not told.

    A relation tells it since DuckDB 2.0.
    """
    if type(native).__module__.startswith("ibis"):
        backend = native.get_backend()
        return backend.con if backend.name == "duckdb" else None
    return getattr(native, "_con", None)


def literal(value: object) -> str:
    """Write a text, or a list of them, as SQL."""
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(literal, value))}]"
    return "'" + str(value).replace("'", "''") + "'"


def name(column: str) -> str:
    """Write a column's name as SQL."""
    return '"' + column.replace('"', '""') + '"'


def null_for_nan(column: str, *, written: bool = False) -> str:
    """Write what is missing where a column of floats, written as SQL, is NaN.

    DuckDB 2.0 takes a Parquet file whose footer has a minimum and a maximum to hold no NaN, though footers leave NaN
    out of both, and then computes ``isnan`` as false for every row. It knows no such thing of ``isfinite``. Where a
    column is `written` so already, what it computes from footers is right, and costs nothing.
    """
    if written:
        return f"CASE WHEN isnan({column}) THEN NULL ELSE {column} END"
    return f"CASE WHEN isfinite({column}) OR isinf({column}) THEN {column} END"


def as_path(path: str) -> str:
    """Write a file's path so that DuckDB takes it for no pattern."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in path)


def first_line(error: BaseException) -> str:
    """Return the first line of what DuckDB says, without the name of its error."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    line = " ".join(lines[: 2 if lines[0].endswith(":") else 1])
    kind, mark, rest = line.partition(" Error: ")
    return rest if mark and len(kind) < 30 else line


def _limit(connection: Any, memory: str) -> None:
    import duckdb

    if str(memory).strip().startswith("-"):  # which DuckDB takes for no limit
        raise RequestError(f"memory is {memory!r}; an amount such as '4GB' was expected")
    try:
        connection.execute(f"SET memory_limit = {literal(memory)}")
    except (duckdb.Error, ValueError) as error:
        raise RequestError(f"memory is {memory!r}; an amount such as '4GB' was expected") from error


def _keep(connection: Any) -> None:
    """Keep a connection until the program ends where its relations do not: before DuckDB 2.0 they end with it."""
    if connection_of(connection.sql("SELECT 1")) is not connection:
        _KEPT.append(connection)
