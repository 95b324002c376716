"""DuckDB, which reads what need not fit in memory: its connections, what is known of them, its errors as ours."""

from __future__ import annotations

import re
import weakref
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mpi.core.errors import FileError, MissingLibraryError, MpiError, Problems, RequestError
from mpi.frames.engine_faults import faults_in, lost, parquet_files
from mpi.frames.scratch import scratch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = [
    "Files",
    "as_path",
    "cause_of",
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
    "told_by_engine",
    "told_for",
    "told_while_reading",
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


_OF_FILES = {"Error", "IOException", "InvalidInputException", "SerializationException", "InternalException"}
"""Errors that may come from damage inside a file; others would not be explained by reading all files again."""

_PANIC = "PanicException"
"""What Polars raises of a file that it takes for whole; Python does not count it as an `Exception`."""

_UNREADABLE = {"ComputeError", "ArrowInvalid", "OSError", "ArrowIOError", _PANIC}
"""Errors of Polars and PyArrow of which the same is true."""

_OTHERS = {"ibis", "narwhals", "polars", "py4j", "pyspark"}
"""Where the errors of other engines come from."""

_UNWRITTEN = ("Could not write", "duckdb_temp_storage", "No space left")
"""What DuckDB says of a full disk."""

_ROOM = "give a larger memory=, name fewer columns in by=, or set TMPDIR to a folder with more room"

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


@contextmanager
def told_while_reading(lazy: Any) -> Iterator[None]:
    """Read rows as `told_for`, but refuse files that are no longer those that were scanned."""
    files = files_of(connection_of(lazy.to_native()))
    _refuse_changed(files)
    try:
        with told_for(lazy):
            yield
    except MpiError:
        _refuse_changed(files)  # which explains it
        raise
    _refuse_changed(files)


def _refuse_changed(files: Files) -> None:
    """Refuse files that are others than those that were looked at; of absent ones the engine tells."""
    problems = Problems("the files cannot be read", FileError)
    for path, old, new in zip(files.parts, files.seen, stamps(files.parts), strict=False):
        if old is not None and new is not None and old != new:
            sizes = f" ({old[0]:,} bytes then, {new[0]:,} now)" if old[0] != new[0] else ""
            problems.add(f"{path!r} was changed after it was scanned{sizes}; scan the files again")
    problems.raise_if_any()


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
    changed = ", ".join(f"CAST({name(c)} AS TIMESTAMP WITH TIME ZONE) AS {name(c)}" for c in exact)
    return (relation.project(f"* REPLACE ({changed})") if exact else relation), zone


def is_zoned(dtype: object) -> bool:
    """Tell whether a type of DuckDB is one of points in time, which it shows in the zone of the session."""
    return str(dtype).startswith(("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ"))


_OFFSET = re.compile(r"([+-])(\d\d):?00")


def _offset(found: re.Match[str]) -> str:
    """Return the zone of a whole number of hours by the name that it has, which counts towards Greenwich."""
    return f"Etc/GMT{'-' if found[1] == '+' else '+'}{int(found[2])}"


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


def null_for_nan(column: str, *, known: bool = False) -> str:
    """Write what is missing where a column of floats, written as SQL, is NaN.

    DuckDB 2.0 takes a Parquet file whose footer has a minimum and a maximum to hold no NaN, though footers leave NaN
    out of both, and then computes ``isnan`` as false for every row. It knows no such thing of ``isfinite``. Where a
    column is `known` to have been written so already, what it computes from footers is right, and costs nothing.
    """
    if known:
        return f"CASE WHEN isnan({column}) THEN NULL ELSE {column} END"
    return f"CASE WHEN isfinite({column}) OR isinf({column}) THEN {column} END"


def as_path(path: str) -> str:
    """Write a file's path so that DuckDB takes it for no pattern."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in path)


@contextmanager
def told_by_engine(files: Files | None = None) -> Iterator[None]:
    """Turn what an engine says into one error of ours; of files read by DuckDB it names the one that is damaged."""
    try:
        yield
    except Exception as error:
        origin = type(error).__module__.partition(".")[0]
        if _interrupted(error):
            raise KeyboardInterrupt from error
        if origin in _OTHERS:
            raise RequestError(f"the engine that holds the data cannot compute this: {cause_of(error)}") from error
        if isinstance(error, OSError):
            raise FileError(f"the files cannot be read: {first_line(error)}") from error
        if origin not in {"duckdb", "_duckdb"}:
            raise
        kind, said = type(error).__name__, first_line(error)
        if kind == "OutOfMemoryException":
            raise RequestError(f"DuckDB has not enough memory or disk for this ({said}); {_ROOM}") from error
        if kind == "IOException" and any(word in said for word in _UNWRITTEN):
            raise RequestError(
                f"there is no room on the disk for what does not fit in memory ({said}); {_ROOM}"
            ) from error
        if kind == "ConversionException" and "convert string" in said:
            raise RequestError(
                f"a value is not of the kind it is compared with ({said}); columns with value labels hold the codes of "
                "the file, and conditions compare codes, not labels"
            ) from error
        if files is not None and files.damage is not None and kind in _OF_FILES and not _names_one(said, files.parts):
            found = files.damage()
            said = "; ".join(found) or said
        of_files = files is None or files.parts or kind in _OF_FILES
        raise _refused(said, of_files=bool(of_files)) from error


def _refused(said: str, *, of_files: bool) -> MpiError:
    return (
        FileError(f"the files cannot be read: {said}")
        if of_files
        else RequestError(f"DuckDB cannot compute this: {said}")
    )


@contextmanager
def told_for(lazy: Any) -> Iterator[None]:
    """Turn what the engine of a lazy frame says into one error of ours, which names the file that is damaged.

    So are lost workers and a JVM that is gone; an engine that was interrupted is no error, but `KeyboardInterrupt`.
    """
    try:
        yield
    except MpiError:
        raise
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != _PANIC:
            raise
        if _interrupted(error):
            raise KeyboardInterrupt from error
        gone = lost(error)
        if gone:
            raise RequestError(gone) from error
        connection = connection_of(lazy.to_native())
        known = files_of(connection)
        found = [] if known.damage is not None else _faults(lazy, connection, error)
        if found:
            raise Problems("the files cannot be read", FileError, found).error() from error
        if lazy.implementation.is_dask():
            raise RequestError(f"Dask cannot compute this: {_of_dask(error)}") from error
        if type(error).__name__ == _PANIC:
            raise RequestError(f"the engine that holds the data cannot compute this: {first_line(error)}") from error
        with told_by_engine(known):
            raise


def _faults(lazy: Any, connection: Any, error: BaseException) -> list[str]:
    """Say which of the files behind a frame are the reason, where the engine does not."""
    kind, said = type(error).__name__, str(error)
    files = files_of(connection).parts or parquet_files(lazy, connection)
    if not files or (connection is not None and (kind not in _OF_FILES or _names_one(said, files))):
        return []
    return faults_in(files, said, rows=kind in _OF_FILES | _UNREADABLE)


def _of_dask(error: BaseException) -> str:
    said = (str(error).strip().splitlines() or [type(error).__name__])[0]
    of_values = isinstance(error, (TypeError, ValueError, ArithmeticError)) and "pyarrow" not in type(error).__module__
    return f"{said}; compute the column by itself to see where" if of_values else said


def first_line(error: BaseException) -> str:
    """Return the first line of what DuckDB says, without the name of its error."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    line = " ".join(lines[: 2 if lines[0].endswith(":") else 1])
    kind, mark, rest = line.partition(" Error: ")
    return rest if mark and len(kind) < 30 else line


_INTERRUPTED = "cancelled as part of cancellation of all jobs"
"""What Spark says of its work after Ctrl-C."""


def _interrupted(error: BaseException) -> bool:
    """Tell whether an engine stopped because its user asked for it; DuckDB says so in errors of several kinds."""
    said = str(error)
    stopped = type(error).__name__ in {"InterruptException", "RuntimeError"} and "interrupted" in said.lower()
    return stopped or _INTERRUPTED in said


_CAUSE = re.compile(r"^(?:Caused by: )?[\w.$]*?(\w+(?:Exception|Error)): (.+)$", re.MULTILINE)
_NAMED = re.compile(r"\[[A-Z][A-Z0-9_.]+\]")
_FILE = re.compile(r"\bfile:/\S+?\.\w+\b")


def cause_of(error: Exception) -> str:
    r"""Return what an engine says of the cause: of Spark's long stories the last cause that bears a name, and its file.

    Examples
    --------
    >>> story = "An error occurred.\n: a.SparkException: Job aborted\nCaused by: b.ReadError: no footer"
    >>> cause_of(ValueError(story))
    'ReadError: no footer'
    """
    story = str(error)
    causes = _CAUSE.findall(story) if "Caused by: " in story or "\n: " in story else []
    if not causes:
        return first_line(error)
    kind, said = next(((k, s) for k, s in reversed(causes) if _NAMED.search(s)), causes[-1])
    file = _FILE.search(story)
    return f"{kind}: {said}" + (f" ({file[0]})" if file and file[0] not in said else "")


def _names_one(said: str, parts: Sequence[str]) -> bool:
    return any(Path(p).name in said for p in parts)


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
