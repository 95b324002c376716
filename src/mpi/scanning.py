"""Files that need not fit in memory, read by DuckDB."""

from __future__ import annotations

import os
from contextlib import contextmanager
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mpi.errors import MpiError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["scan", "told_by_engine"]

_READERS = {
    ".parquet": "read_parquet",
    ".pq": "read_parquet",
    ".csv": "read_csv",
    ".gz": "read_csv",
    ".tsv": "read_csv",
}


def scan(path: str | os.PathLike[str], memory: str | None = None) -> Any:
    """Return a DuckDB relation over one file, or over all that a pattern matches; nothing is read yet.

    Parameters
    ----------
    path : path or pattern
        ``.parquet`` or ``.csv`` (also ``.csv.gz``) files of one schema.
    memory : str, optional
        How much memory DuckDB may use, ``"4GB"``; what does not fit is spilled to the disk.

    Raises
    ------
    MpiError
        When no file matches, formats are mixed or unknown, files are damaged or differ in their columns, or DuckDB is
        not installed.

    Examples
    --------
    >>> import mpi
    >>> measure = mpi.load_measure("global-mpi")
    >>> census = mpi.scan("census/*.parquet", memory="4GB")  # doctest: +SKIP
    >>> small = mpi.profile(census, measure, by=["province", "sex"])  # doctest: +SKIP
    """
    pattern = os.fspath(path)
    found = sorted(glob(pattern, recursive=True))  # noqa: PTH207  # a pattern may be absolute
    if not found:
        raise MpiError(f"no file matches {pattern!r}")
    readers = {end: _READERS.get(end) for end in (Path(f).suffix.lower() for f in found)}
    if len(set(readers.values())) > 1 or None in readers.values():
        raise MpiError(
            f"{pattern!r} matches files of {', '.join(map(repr, sorted(readers)))}; Parquet or CSV files of one kind "
            "were expected (read others with mpi.read_survey)"
        )
    connection = _connection(memory)
    with told_by_engine():
        read = getattr(connection, next(iter(readers.values())) or "")
        relation = read(found)
        _check_columns(connection, read, found, relation.columns)
    return relation


def _check_columns(connection: Any, read: Any, found: list[str], columns: list[str]) -> None:
    """Refuse files whose columns are not those of the first, by name: the engine would leave some out in silence."""
    if connection is None or len(found) == 1:
        return
    for path in found[1:]:
        theirs = read([path]).columns
        absent = [c for c in columns if c not in theirs]
        more = [c for c in theirs if c not in columns]
        if absent or more:
            said = [f"lacks {', '.join(map(repr, absent))}"] if absent else []
            said += [f"has {', '.join(map(repr, more))} besides"] if more else []
            raise MpiError(f"{path!r} {' and '.join(said)}, unlike {found[0]!r}; make the files alike first")


def _connection(memory: str | None) -> Any:
    try:
        import duckdb
    except ImportError:
        raise MpiError("files larger than memory are read by DuckDB: pip install duckdb") from None
    connection = duckdb.connect()
    if memory is not None:
        try:
            connection.execute(f"SET memory_limit = '{memory.replace(chr(39), '')}'")
        except duckdb.Error as error:
            raise MpiError(f"memory is {memory!r}; an amount such as '4GB' was expected") from error
    return connection


@contextmanager
def told_by_engine() -> Iterator[None]:
    """Turn what DuckDB says of files into one error of ours."""
    try:
        yield
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in {"duckdb", "_duckdb"}:
            raise
        first = str(error).strip().splitlines()[0]
        raise MpiError(f"the files cannot be read: {first}") from error
