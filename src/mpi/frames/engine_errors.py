"""Translation of engines' errors into exceptions of this package: a damaged file, a lost cluster, no memory."""

from __future__ import annotations

import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mpi.core.errors import FileError, MpiError, Problems, RequestError
from mpi.frames.damage import faults_in
from mpi.frames.duckdb import Files, connection_of, files_of, first_line, stamps
from mpi.frames.files import parquet_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = [
    "cause_of",
    "engine_of",
    "lost",
    "translated_duckdb_errors",
    "translated_errors",
    "translated_if_gone",
    "translated_while_reading",
]

_NAMES = {
    "duckdb": "DuckDB",
    "polars": "Polars",
    "pyspark": "Spark",
    "pyspark_connect": "Spark",
    "sqlframe": "SQLFrame",
    "dask": "Dask",
    "ibis": "Ibis",
    "pandas": "pandas",
    "pyarrow": "PyArrow",
}

_DOING, _ENGINE = "compute this", "the engine that holds the data"

_OF_FILES = {"Error", "IOException", "InvalidInputException", "SerializationException", "InternalException"}
"""Errors that may come from damage inside a file; others would not be explained by reading all files again."""

_PANIC = "PanicException"
"""What Polars raises of a file that it takes for whole; Python does not count it as an `Exception`."""

_UNREADABLE = {"ComputeError", "ArrowInvalid", "OSError", "ArrowIOError", _PANIC}
"""Errors of Polars and PyArrow of which the same is true."""

_OTHERS = {"dask", "ibis", "narwhals", "polars", "py4j", "pyarrow", "pyspark", "sqlglot"}
"""Where the errors of other engines come from."""

_UNWRITTEN = ("Could not write", "duckdb_temp_storage", "No space left")
"""What DuckDB says of a full disk."""

_ROOM = "give a larger memory=, name fewer columns in by=, or set TMPDIR to a folder with more room"


def engine_of(frame: Any) -> str:
    """Return the name of the engine that holds a frame."""
    name: str = frame.implementation.name.lower()
    return _NAMES.get(name, name)


@contextmanager
def translated_duckdb_errors(files: Files | None = None, doing: str = _DOING, engine: str = _ENGINE) -> Iterator[None]:
    """Turn what an engine says into one error of ours; of files read by DuckDB it names the one that is damaged."""
    try:
        yield
    except Exception as error:
        if _interrupted(error):
            raise KeyboardInterrupt from error
        origin = type(error).__module__.partition(".")[0]
        if origin in _OTHERS:
            raise RequestError(f"{engine} cannot {doing}: {cause_of(error)}") from error
        if isinstance(error, OSError):
            raise FileError(f"the files cannot be read: {first_line(error)}") from error
        if origin not in {"duckdb", "_duckdb"}:
            raise
        raise _duckdb_error(error, files, doing) from error


def _duckdb_error(error: Exception, files: Files | None, doing: str) -> MpiError:
    """Return the exception that says what DuckDB could not do, and the way out."""
    kind, said = type(error).__name__, first_line(error)
    if kind == "OutOfMemoryException":
        return RequestError(f"DuckDB has not enough memory or disk for this ({said}); {_ROOM}")
    if kind == "IOException" and any(word in said for word in _UNWRITTEN):
        return RequestError(f"there is no room on the disk for what does not fit in memory ({said}); {_ROOM}")
    if kind == "ConversionException" and "convert string" in said:
        return RequestError(
            f"a value is not of the kind it is compared with ({said}); columns with value labels hold the codes of "
            "the file, and conditions compare codes, not labels"
        )
    if files is not None and files.damage is not None and kind in _OF_FILES and not _names_file(said, files.parts):
        said = "; ".join(files.damage()) or said
    reads = doing == _DOING  # elsewhere a plan is made, which reads nothing
    if reads and (files is None or files.parts or kind in _OF_FILES):
        return FileError(f"the files cannot be read: {said}")
    return RequestError(f"DuckDB cannot {doing}: {said}")


@contextmanager
def translated_errors(lazy: Any, doing: str = _DOING) -> Iterator[None]:
    """Turn what the engine of a lazy frame says into one error of ours, which names the file that is damaged.

    So are lost workers and a JVM that is gone; an engine that was interrupted is no error, but `KeyboardInterrupt`.
    `doing` completes "DuckDB cannot".
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
            raise RequestError(f"Dask cannot {doing}: {_dask_message(error)}") from error
        if type(error).__name__ == _PANIC:
            raise RequestError(f"{engine_of(lazy)} cannot {doing}: {first_line(error)}") from error
        with translated_duckdb_errors(known, doing, engine_of(lazy)):
            raise


def _faults(lazy: Any, connection: Any, error: BaseException) -> list[str]:
    """Say which of the files behind a frame are the reason, where the engine does not."""
    kind, said = type(error).__name__, str(error)
    files = files_of(connection).parts or parquet_files(lazy, connection)
    if not files or (connection is not None and (kind not in _OF_FILES or _names_file(said, files))):
        return []
    return faults_in(files, said, rows=kind in _OF_FILES | _UNREADABLE)


def _dask_message(error: BaseException) -> str:
    """Return the message for an error of Dask."""
    said = (str(error).strip().splitlines() or [type(error).__name__])[0]
    of_values = isinstance(error, (TypeError, ValueError, ArithmeticError)) and "pyarrow" not in type(error).__module__
    return f"{said}; compute the column by itself to see where" if of_values else said


@contextmanager
def translated_while_reading(lazy: Any) -> Iterator[None]:
    """Read rows as `translated_errors`, but refuse files that are no longer those that were scanned."""
    files = files_of(connection_of(lazy.to_native()))
    _refuse_changed(files)
    try:
        with translated_errors(lazy):
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


def _names_file(message: str, parts: Sequence[str]) -> bool:
    """Return whether the message names one of the files."""
    return any(Path(p).name in message for p in parts)


_GONE = {"Py4JNetworkError", "ConnectionRefusedError", "ConnectionResetError", "BrokenPipeError", "EOFError"}


def lost(error: BaseException) -> str | None:
    """Say that what should compute is gone: workers, a cluster, the JVM of Spark; None where it is something else."""
    chain = list(_chain(error))
    said = str(error).strip().partition("\n")[0] or type(error).__name__
    if any(type(e).__name__ == "KilledWorker" for e in chain):
        return (
            f"the workers of the cluster died while they computed this ({said}). Mostly their memory was full: give "
            "them more, or make the partitions smaller (repartition(partition_size='100MB'))"
        )
    if any(type(e).__module__.partition(".")[0] == "distributed" for e in chain):
        return f"the cluster gave up ({type(error).__name__}: {said}); see whether its scheduler and workers still run"
    if _UNKNOWN_TO_JVM in said:
        return _jvm_gone(said)
    of_spark = any(type(e).__module__.partition(".")[0] in {"py4j", "pyspark"} for e in chain)
    if any(type(e).__name__ in _GONE for e in chain) and (of_spark or _passed_py4j(error)):
        return _jvm_gone(said)
    return None


_UNKNOWN_TO_JVM = "does not exist in the JVM"
"""What PySpark says of every name while it builds a plan, once nobody answers."""


def _jvm_gone(message: str) -> str:
    """Return the message for a JVM that ended."""
    return (
        f"the JVM of Spark is gone ({message}): it was killed, or ended by itself, as it does without memory. Start a "
        "new session; where memory was short, with more of it (spark.driver.memory)"
    )


@contextmanager
def translated_if_gone() -> Iterator[None]:
    """Say that what should compute is gone, where that is why something fails."""
    try:
        yield
    except Exception as error:
        gone = lost(error)
        if gone:
            raise RequestError(gone) from error
        raise


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        seen.append(error)
        yield error
        error = error.__cause__ or error.__context__


def _passed_py4j(error: BaseException) -> bool:
    """Tell whether an error of a socket comes from the one to the JVM."""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_globals.get("__name__", "").partition(".")[0] in {"py4j", "pyspark"}:
            return True
        trace = trace.tb_next
    return False
