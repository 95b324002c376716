"""Why an engine gave up, where it does not say: the file that is damaged, the cluster or the JVM that is gone."""

from __future__ import annotations

import json
import re
import warnings
from contextlib import contextmanager, suppress
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mpi.core.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

__all__ = ["faults_in", "lost", "parquet_files", "told_if_gone"]

_PARQUET = (".parquet", ".parq", ".pq")
_QUOTED = re.compile(r"'((?:[^']|'')+)'")
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


def _jvm_gone(said: str) -> str:
    return (
        f"the JVM of Spark is gone ({said}): it was killed, or ended by itself, as it does without memory. Start a "
        "new session; where memory was short, with more of it (spark.driver.memory)"
    )


@contextmanager
def told_if_gone() -> Iterator[None]:
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


# --- which files ----------------------------------------------------------------------------------------------------


def parquet_files(lazy: Any, connection: Any = None) -> list[str]:
    """Return the Parquet files on this machine that a lazy frame reads, as far as its engine tells them."""
    named: Iterable[str] = ()
    with suppress(Exception):  # what an engine keeps of its plan differs between versions; then no file is named
        if lazy.implementation.is_polars():
            named = _of_polars(lazy.to_native())
        elif lazy.implementation.is_dask():
            named = _of_dask(lazy.to_native())
        elif connection is not None:
            named = _of_sql(lazy.to_native(), connection)
    return sorted({f for where in named for f in _found(where)})


def _of_polars(native: Any) -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the format is not kept from version to version, which does not matter here
        plan = json.loads(native.serialize(format="json"))
    waiting = [plan]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            yield from (str(p["inner"] if isinstance(p, dict) else p) for p in part.get("Paths", ()))
        waiting += part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()


def _of_dask(native: Any) -> Iterator[str]:
    for part in native.expr.walk():
        if "Parquet" in type(part).__name__:
            path = part.path
            yield from [path] if isinstance(path, str) else path


def _of_sql(native: Any, connection: Any) -> Iterator[str]:
    query = native.sql_query() if hasattr(native, "sql_query") else str(native.compile())
    views = connection.execute("SELECT view_name, sql FROM duckdb_views() WHERE NOT internal").fetchall()
    for text in (query, *(sql for name, sql in views if name in query)):
        yield from (path.replace("''", "'") for path in _QUOTED.findall(text))


def _found(where: str) -> list[str]:
    path = Path(where)
    if path.is_dir():
        return [str(p) for p in path.rglob("*") if p.suffix in _PARQUET]
    found = [where] if path.is_file() else glob(where, recursive=True)  # noqa: PTH207  # it may be absolute
    return [f for f in found if f.endswith(_PARQUET)]


# --- what is wrong with them ----------------------------------------------------------------------------------------


def faults_in(files: Sequence[str], said: str, *, rows: bool = True) -> list[str]:
    """Say which files are damaged, or lack a column that the engine misses.

    Parameters
    ----------
    files : sequence of str
        Parquet files on this machine.
    said : str
        What the engine says. Of columns that some files lack, or hold otherwise, those are told that it names.
    rows : bool
        Whether to read the rows of all files, where nothing else tells what is wrong.
    """
    columns: dict[str, Mapping[str, str]] = {}
    found = []
    names, read = _readers()

    def looked(file: str) -> None:
        columns[file] = names(file)

    for file in files:
        fault = _failing(looked, file) if Path(file).stat().st_size else "it is empty (0 bytes)"
        found += [f"{file!r}: {fault}"] if fault else []
    found = found or _lacking(columns, said) or _unlike(columns, said)
    if found or not rows:
        return found
    return [f"{file!r}: {fault}" for file in files if (fault := _failing(read, file))]


def _lacking(columns: Mapping[str, Mapping[str, str]], said: str) -> list[str]:
    lacked = [c for c in _named(columns, said) if any(c not in held for held in columns.values())]
    return [
        f"{file!r} lacks {', '.join(repr(c) for c in lacked if c not in held)}, unlike "
        f"{next(f for f, other in columns.items() if any(c in other and c not in held for c in lacked))!r}"
        for file, held in columns.items()
        if any(c not in held for c in lacked)
    ]


def _unlike(columns: Mapping[str, Mapping[str, str]], said: str) -> list[str]:
    named = _named(columns, said)
    model, types = next(iter(columns.items()), ("", {}))
    return [
        f"{file!r} holds {kind} in {c!r}, and {model!r} holds {types[c]}"
        for file, held in columns.items()
        for c, kind in held.items()
        if c in named and types.get(c, kind) != kind
    ]


def _named(columns: Mapping[str, Mapping[str, str]], said: str) -> list[str]:
    every = dict.fromkeys(c for held in columns.values() for c in held)
    return [c for c in every if re.search(rf"(?<!\w){re.escape(c)}(?!\w)", said)]


def _failing(work: Callable[[str], object], file: str) -> str:
    try:
        work(file)
    except Exception as error:  # noqa: BLE001  # whatever a reader says of a damaged file
        return str(error).strip().partition("\n")[0] or type(error).__name__
    return ""


def _readers() -> tuple[Callable[[str], Mapping[str, str]], Callable[[str], object]]:
    """Return what reads the names and types of the columns of a file, and what reads all its rows."""
    try:
        from pyarrow import parquet
    except ImportError:
        import polars as pl

        return (
            lambda f: {c: str(t) for c, t in pl.read_parquet_schema(f).items()},
            lambda f: pl.scan_parquet(f).select(pl.all().hash().max()).collect(),
        )
    return (
        lambda f: {field.name: str(field.type) for field in parquet.read_schema(f)},
        lambda f: [None for _ in parquet.ParquetFile(f, page_checksum_verification=True).iter_batches()],
    )
