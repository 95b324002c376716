"""Tables that an engine stores for a while, so that their size is known before they are collected."""

from __future__ import annotations

import uuid
import warnings
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from mpi.frames.progress import collected, worked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    _Between = Callable[[int, int], nw.LazyFrame[Any]]

__all__ = ["StoredTable", "stored"]


@dataclass(frozen=True, slots=True, eq=False)
class StoredTable:
    """The rows of a lazy frame, computed once.

    Attributes
    ----------
    frame : narwhals.LazyFrame
        Them, where the engine keeps them: another question to them does not go back to the data.
    rows : int
        How many they are.
    totals : mapping of str to int
        The sums of some of the columns.
    between : function, optional
        Returns those from one number up to another, where the engine numbers them.
    """

    frame: nw.LazyFrame[Any]
    rows: int
    totals: Mapping[str, int]
    between: _Between | None = None

    def pieces(self) -> Iterator[nw.LazyFrame[Any]]:
        """Yield the rows in pieces, of an engine that can tell some from others; their order is no matter."""
        if self.between is None or self.rows <= _PIECE:
            yield self.frame
            return
        for start in range(0, self.rows, _PIECE):
            yield self.between(start, start + _PIECE)


_PIECE = 2_000_000
"""How many rows are collected at once: a table is twice as large while an engine hands it over."""


@contextmanager
def stored(lazy: nw.LazyFrame[Any], totals: Sequence[str] = ()) -> Iterator[StoredTable]:
    """Yield the result of a lazy frame as its engine stores it, and drop it afterwards.

    DuckDB (also by way of Ibis) keeps a temporary table, which it writes to the disk where memory is short; Polars a
    frame of its own; Spark what it persists, where the workers are. Of Dask the groups come here. Other engines compute
    them again for each question.

    Parameters
    ----------
    lazy : narwhals.LazyFrame
        What is computed.
    totals : sequence of str
        The columns of counts to sum.

    Raises
    ------
    MpiError
        When the engine cannot compute it.
    """
    with ExitStack() as kept:
        try:
            frame, between = _store(lazy, kept)
            asked = frame.select(nw.len().alias(_ROWS), *(nw.col(c).sum() for c in totals))
            found = {str(c): int(v.iloc[0]) for c, v in collected(asked, show=False).fillna(0).items()}
            yield StoredTable(frame, found.pop(_ROWS), found, between)
        except KeyboardInterrupt:
            kept.pop_all()  # an engine that is still busy would have to be waited for: its connection ends it
            raise


_ROWS = "_rows"


def _store(lazy: nw.LazyFrame[Any], cleanup: ExitStack) -> tuple[nw.LazyFrame[Any], _Between | None]:
    """Return the result as the engine stores it, and the function that selects rows by number where it has one."""
    native, engine = lazy.to_native(), lazy.implementation
    if engine.is_duckdb():
        return _in_duckdb(lazy, native, cleanup)
    if engine.is_polars():
        return _wrapped(worked(lazy, native.collect)), None
    if engine.is_ibis() and not getattr(native.schema(), "null_fields", ()):  # which it keeps no tables of
        found = worked(lazy, lambda: _cached(native))
        cleanup.callback(_forgotten, found)
        return _wrapped(found), None
    if engine.is_dask():
        return _wrapped(worked(lazy, native.compute)), None  # of long plans, to persist takes many times as long
    if engine.is_pyspark() or engine.is_pyspark_connect():
        cleanup.callback(native.unpersist)
        return _wrapped(worked(lazy, native.persist)), None
    return lazy, None


def _wrapped(native: Any) -> nw.LazyFrame[Any]:
    found: nw.LazyFrame[Any] = nw.from_native(native).lazy()
    return found


def _cached(native: Any) -> Any:
    """Let Ibis keep a table; what it calls of DuckDB is deprecated there, which is no matter of ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return native.cache()


def _forgotten(cached: Any) -> None:
    """Drop a table that Ibis keeps; for DuckDB, Ibis 12 with sqlglot 30 writes a DROP without the name."""
    name, backend = cached.op().name, cached.get_backend()
    if backend.name != "duckdb":
        cached.release()
        return
    with suppress(Exception):
        cached.release()
    backend.con.execute(f'DROP TABLE IF EXISTS "{name}"')


def _in_duckdb(lazy: nw.LazyFrame[Any], native: Any, cleanup: ExitStack) -> tuple[nw.LazyFrame[Any], _Between]:
    """Make a temporary table, on the connection of the relation, which need not be told."""
    table, view = f"_mpi_{uuid.uuid4().hex}", "_mpi_grouped"
    query = f"CREATE TEMP TABLE {table} AS SELECT * FROM {view}"  # noqa: S608  # names of our own
    worked(lazy, lambda: native.query(view, query))
    cleanup.callback(native.query, view, f"DROP TABLE {table}")

    def rows(where: str = "") -> nw.LazyFrame[Any]:
        return _wrapped(native.query(view, f"SELECT * FROM {table}{where}"))  # noqa: S608  # a name of our own

    return rows(), lambda start, end: rows(f" WHERE rowid >= {start} AND rowid < {end}")
