"""The files behind a frame that an engine holds: their names, their prints, and empty ones that it passes over."""

from __future__ import annotations

import hashlib
import json
import os
import re
import warnings
from contextlib import suppress
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlparse

from mpi.core.errors import FileError, warn
from mpi.frames.duckdb import connection_of, files_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["files_behind", "names_of", "parquet_files", "print_of", "rows_behind", "rows_of_parquet", "tell_parts"]

_PARQUET = (".parquet", ".parq", ".pq")
_QUOTED = re.compile(r"'((?:[^']|'')+)'")
_MOST = 2_000  # files that are looked into one by one
_NAMED = 4

_BLOCK, _BLOCKS = 1 << 14, 32
_END = 1 << 18  # which holds the footer of a Parquet file, and so what is known of each of its columns


def files_behind(frame: Any) -> tuple[str, ...]:
    """Return the local files that an engine's frame reads, as far as the engine tells; none where it does not.

    Parameters
    ----------
    frame : narwhals.LazyFrame
        What the engine holds: of DuckDB (and Ibis on it) over files that were scanned here, Polars or Spark.
    """
    native, held = frame.to_native(), frame.implementation
    found: Sequence[str] = ()
    if held.is_duckdb() or held.is_ibis():
        known = files_of(connection_of(native))
        found = known.given or known.parts
    elif held.is_polars():
        found = _polars_files(native)
    elif held.is_pyspark():
        found = _spark_files(native)
    return tuple(path for path in found if Path(path).is_file())


def parquet_files(lazy: Any, connection: Any = None) -> list[str]:
    """Return the Parquet files on this machine that a lazy frame may read, though it cannot be read.

    Those of `files_behind`, and what the plan of Polars or Dask, or a query of SQL on a connection of DuckDB, names.
    """
    named: Iterable[str] = ()
    with suppress(Exception):  # what an engine keeps of its plan differs between versions; then no file is named
        if lazy.implementation.is_polars():
            named = _polars_files(lazy.to_native()) or [*_in_polars_plan(lazy.to_native())]
        elif lazy.implementation.is_dask():
            named = [*_dask_files(lazy.to_native())]
        elif connection is not None:
            named = [*_sql_files(lazy.to_native(), connection)]
    return sorted({f for where in named for f in _parquet_files(where)})


def _in_polars_plan(native: Any) -> Iterator[str]:
    """Yield the files that a plan of Polars names before any of them is looked at, which fails where one is damaged."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the format is not kept from version to version, which does not matter here
        plan = json.loads(native.serialize(format="json"))
    waiting = [plan]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            yield from (str(p["inner"] if isinstance(p, dict) else p) for p in part.get("Paths", ()))
        waiting += part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()


def _dask_files(native: Any) -> Iterator[str]:
    """Yield the Parquet files that a Dask frame reads."""
    for part in native.expr.walk():
        if "Parquet" in type(part).__name__:
            path = part.path
            yield from [path] if isinstance(path, str) else path


def _sql_files(native: Any, connection: Any) -> Iterator[str]:
    """Yield the paths in the SQL of a relation and of the views that it uses."""
    query = native.sql_query() if hasattr(native, "sql_query") else str(native.compile())
    views = connection.execute("SELECT view_name, sql FROM duckdb_views() WHERE NOT internal").fetchall()
    for text in (query, *(sql for name, sql in views if name in query)):
        yield from (path.replace("''", "'") for path in _QUOTED.findall(text))


def _parquet_files(where: str) -> list[str]:
    """Return the Parquet files of a folder, a path or a pattern."""
    path = Path(where)
    if path.is_dir():
        return [str(p) for p in path.rglob("*") if p.suffix in _PARQUET]
    found = [where] if path.is_file() else glob(where, recursive=True)  # noqa: PTH207  # it may be absolute
    return [f for f in found if f.endswith(_PARQUET)]


def rows_behind(frame: Any) -> int | None:
    """Return how many rows the files behind a DuckDB relation hold, where it was scanned here."""
    held = frame.implementation.is_duckdb() or frame.implementation.is_ibis()
    return files_of(connection_of(frame.to_native())).rows if held else None


def _polars_files(frame: Any) -> list[str]:
    """Return the files that the plan of a lazy frame scans; its plan is no promise of Polars, so none if it is odd."""
    try:
        plan = frame._ldf.visit()  # noqa: SLF001  # there is no public way
        found, todo = [], [plan.get_node()]
        while todo:
            plan.set_node(todo.pop())
            found += [str(path) for path in getattr(plan.view_current_node(), "paths", None) or ()]
            todo += plan.get_inputs()
    except Exception:  # noqa: BLE001  # what the files are is told where it can be had
        return []
    return found


def _spark_files(frame: Any) -> list[str]:
    """Return the local files that a Spark frame reads."""
    try:
        addresses = frame.inputFiles()
    except Exception:  # noqa: BLE001  # as where a session is remote
        return []
    return [unquote(urlparse(a).path) for a in addresses if urlparse(a).scheme in {"", "file"}]


def print_of(path: str) -> str:
    """Return what tells a file from others, at the cost of a few reads: its size and a digest of parts of it.

    All of a small file is read, of a large one its end, where Parquet says what it holds, and 32 blocks before
    it.
    """
    size = Path(path).stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with Path(path).open("rb") as file:
        if size <= _BLOCK * _BLOCKS:
            digest.update(file.read())
        else:
            for i in range(_BLOCKS):
                file.seek(i * (size - _BLOCK) // _BLOCKS)
                digest.update(file.read(_BLOCK))
            file.seek(size - _END)
            digest.update(file.read())
    return digest.hexdigest()


def rows_of_parquet(path: str) -> int | None:
    """Return how many rows a Parquet file holds, from its footer; None for other files."""
    if Path(path).suffix.casefold() not in _PARQUET:
        return None
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        return None
    try:
        return int(parquet.read_metadata(path).num_rows)
    except (ArrowException, OSError):
        return None


def tell_parts(files: Sequence[str], columns: Sequence[str]) -> None:
    """Tell parts of Parquet that an engine reads without a word: of 0 bytes, or without a column that others have.

    Parameters
    ----------
    files : sequence of str
        The files that a frame reads, as far as they are known.
    columns : sequence of str
        Its columns.

    Raises
    ------
    MpiError
        When a file that is read is empty: the engine passes over it, and nobody knows what was to be in it.

    Warns
    -----
    MpiWarning
        When an empty file lies among those that are read, or files lack columns (of as many as 2,000 files).
    """
    parts = [Path(f) for f in files if Path(f).suffix.casefold() in _PARQUET]
    empty = [p for p in parts if p.stat().st_size == 0]
    if empty:
        raise FileError(
            f"the files cannot be read: {_listed(empty)}: of 0 bytes, as from a copy that was cut short; {_MEND}"
        )
    among = _empty_among(parts)
    if among:
        warn(f"{_listed(among)}: of 0 bytes, and passed over where the files beside it are read; {_MEND}")
    _tell_absent(parts, columns)


_MEND = "copy it again, or take it away"


def _empty_among(parts: Sequence[Path]) -> list[Path]:
    """Return the empty files of folders of which all others are read: those that a pattern meant, too."""
    read, found = set(parts), []
    for folder in dict.fromkeys(p.parent for p in parts):
        beside = [p for p in folder.iterdir() if p.suffix.casefold() in _PARQUET and not p.name.startswith((".", "_"))]
        others = [p for p in beside if p not in read]
        if others and all(p.stat().st_size == 0 for p in others):
            found += others
    return sorted(found)


def _tell_absent(parts: Sequence[Path], columns: Sequence[str]) -> None:
    """Warn of columns that some files lack: their rows have them missing."""
    if not 1 < len(parts) <= _MOST:
        return
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        return
    try:
        held = {p: {*parquet.read_schema(p).names} for p in parts}
    except (ArrowException, OSError):
        return  # the engine says what is wrong with them
    some = [c for c in columns if any(c in names for names in held.values())]
    lacking = {c: [p for p, names in held.items() if c not in names] for c in some}
    told = [f"{c!r} in {_listed(files)}" for c, files in lacking.items() if files]
    if told:
        more = f" and {len(told) - _NAMED} more columns" if len(told) > _NAMED else ""
        warn(f"columns are absent in some files, and missing in all of their rows: {', '.join(told[:_NAMED])}{more}")


def _listed(files: Sequence[Path]) -> str:
    more = f" and {len(files) - _NAMED} more" if len(files) > _NAMED else ""
    return ", ".join(repr(str(f)) for f in files[:_NAMED]) + more


def names_of(paths: Sequence[str]) -> list[str]:
    """Return the names of files without the folders that all of them lie in.

    Examples
    --------
    >>> names_of(["/data/census/p=1/a.parquet", "/data/census/p=2/a.parquet"])
    ['p=1/a.parquet', 'p=2/a.parquet']
    >>> names_of(["/data/people.csv"])
    ['people.csv']
    """
    full = [Path(os.path.abspath(p)) for p in paths]  # noqa: PTH100  # links stay what they are called
    shared = Path(os.path.commonpath([p.parent for p in full])) if full else Path()
    return [p.relative_to(shared).as_posix() for p in full]
