"""Types of columns that can be keys (groups, rounds, strata, PSUs), and keys read alike from every engine."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from mpi.frames.duckdb import connection_of, files_of, is_zoned

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "key_of",
    "known_levels",
    "odd_keys",
    "ordered_levels",
    "plain_categories",
    "unfit",
    "unfit_values",
    "without_zone",
    "zone_of",
]

_COMPOSITE = (nw.List, nw.Array, nw.Struct, *((nw.Map,) if hasattr(nw, "Map") else ()))
_SQL = {"DUCKDB": "DuckDB", "IBIS": "Ibis", "PYSPARK": "Spark", "SQLFRAME": "SQLFrame"}
"""Engines that show points in time in the zone of the session, and not in that of the data."""

_CLOCK = {
    "DuckDB": "timezone('Asia/Ho_Chi_Minh', {0})",
    "Spark": "F.from_utc_timestamp({0}, 'Asia/Ho_Chi_Minh').cast('timestamp_ntz') in a session of UTC",
}
_DECODED = {"DuckDB": "decode({0})", "Spark": "F.decode({0}, 'UTF-8')"}


def unfit(name: str, dtype: Any, engine: str = "") -> str | None:
    """Say why a column can be no key by its type, and what mends it; None where it can be one.

    Parameters
    ----------
    name : str
        The column.
    dtype : narwhals dtype
        What it holds.
    engine : str
        What holds the rows, as Narwhals calls it (``"DUCKDB"``).

    Examples
    --------
    >>> print(unfit("stay", nw.Duration()))
    column 'stay' holds lengths of time, no groups; make numbers of them first, such as days
    >>> unfit("area", nw.String())
    """
    held = _SQL.get(engine, "")
    if isinstance(dtype, _COMPOSITE):
        return _composite(name, dtype)
    if dtype == nw.Binary:
        return _bytes(name, held)
    if dtype == nw.Duration:
        return _lengths(name)
    if held and isinstance(dtype, nw.Datetime) and dtype.time_zone is not None:
        way = _CLOCK.get(held, "").format(name)
        return (
            f"column {name!r} holds points in time, and {held} does not tell in which time zone they were written: it "
            "shows them in that of the session, so days and years would change with it. Write down what the clock "
            f"showed, as a column without a zone{f' ({way})' if way else ''}, or as a date, a year or text"
        )
    return None


def unfit_values(name: str, values: Iterable[Any], engine: str = "") -> str | None:
    """Say why values of no certain type can be no keys; None where they can."""
    kinds: dict[type, Any] = {type(v): v for v in values}
    if any(getattr(v, "tzinfo", None) is not None for v in kinds.values()):
        return unfit(name, nw.Datetime("us", "UTC"), engine)
    if any(issubclass(k, (bytes, bytearray, memoryview)) for k in kinds):
        return _bytes(name)
    if any(issubclass(k, (dt.timedelta, np.timedelta64)) for k in kinds):
        return _lengths(name)
    odd = [k.__name__ for k in kinds if issubclass(k, (list, tuple, dict, set, frozenset, np.ndarray))]
    return _composite(name, ", ".join(sorted(odd))) if odd else None


def odd_keys(frame: nw.LazyFrame[Any], names: Iterable[str]) -> list[str]:
    """Say of each column that can be no key why; of Dask's columns of objects one value tells it."""
    schema, engine, native = frame.collect_schema(), frame.implementation.name, frame.to_native()
    duckdb = frame.implementation.is_duckdb()
    types = dict(zip(native.columns, native.types, strict=True)) if duckdb else {}
    told = duckdb and files_of(connection_of(native)).zone is not None
    said = []
    for name in dict.fromkeys(names):
        zoned = nw.Datetime("us", "UTC") if is_zoned(types.get(name)) else None
        found = unfit(name, zoned or schema[name], "" if told else engine)
        if found is None and frame.implementation.is_dask() and str(native.dtypes[name]) == "object":
            found = unfit_values(name, native[name].dropna().head(1))
        said += [found] if found else []
    return said


def zone_of(dtype: Any, native: Any = None) -> str | None:
    """Return the time zone that points in time were written in; None where they have none, or others are held.

    Parameters
    ----------
    dtype : narwhals dtype
        The type of the column.
    native : pandas dtype, optional
        The same in a frame of pandas or Dask: Narwhals knows no zone with an underscore.
    """
    if isinstance(dtype, nw.Datetime):
        return dtype.time_zone
    zone = getattr(native, "tz", None)
    return None if zone is None else str(zone)


def key_of(frame: Any, name: str) -> nw.Expr:
    """Return a column as a key: categories as text, points in time as their clock showed them."""
    dtype = frame.collect_schema()[name]
    if dtype in (nw.Categorical, nw.Enum):
        return nw.col(name).cast(nw.String)
    held = frame.to_native().dtypes[name] if _is_pandas(frame) else None
    if zone_of(dtype, held) is not None:
        return nw.col(name).dt.replace_time_zone(None)
    return nw.col(name)


def _is_pandas(frame: Any) -> bool:
    return bool(frame.implementation.is_pandas_like() or frame.implementation.is_dask())


def known_levels(frame: Any) -> dict[str, tuple[Any, ...]]:
    """Return the categories of the columns of which the frame knows them, in their order.

    They are those of pandas and Dask, of an Enum, and of a dictionary of Arrow that says it is ordered.
    """
    native, schema = frame.to_native(), frame.collect_schema()
    found = {c: tuple(t.categories) for c, t in schema.items() if isinstance(t, nw.Enum) and hasattr(t, "categories")}
    if _is_pandas(frame):
        for name, dtype in native.dtypes.items():
            if type(dtype).__name__ == "CategoricalDtype" and getattr(native[name].cat, "known", True):
                found[name] = tuple(without_zone(dtype.categories))
    elif frame.implementation.is_pyarrow():
        found |= {
            c: ordered_levels(native[c]) for c, t in schema.items() if t == nw.Categorical and native[c].type.ordered
        }
    return {c: levels for c, levels in found.items() if levels}


def ordered_levels(column: Any) -> tuple[Any, ...]:
    """Return the categories of an ordered dictionary of Arrow, those of all its chunks."""
    found = dict.fromkeys(v for chunk in column.chunks for v in chunk.dictionary.to_pylist())
    return tuple(v for v in found if v is not None)


def without_zone(levels: Any) -> Any:
    """Return the categories of pandas as they are; of points in time what the clock showed."""
    return levels if getattr(levels, "tz", None) is None else levels.tz_localize(None)


def plain_categories(frame: Any) -> Any:
    """Return a frame of pandas or Dask in which categories that are no text are the values that they stand for.

    Their text would differ by part: next to a missing value 1 is "1.0". Where Dask does not know the categories, each
    is written as text.
    """
    native = frame.to_native()
    kinds = {
        c: _plain(native[c], dtype) for c, dtype in native.dtypes.items() if type(dtype).__name__ == "CategoricalDtype"
    }
    kinds = {c: kind for c, kind in kinds.items() if kind is not None}
    if not kinds:
        return frame
    changed = {c: _as_text(native[c]) if kind == "string" else native[c].astype(kind) for c, kind in kinds.items()}
    return nw.from_native(native.assign(**changed))


def _plain(column: Any, dtype: Any) -> Any:
    """Return the type of the values behind categories; None where they are text already."""
    if not getattr(column.cat, "known", True):
        return "string"
    levels = dtype.categories
    if all(isinstance(v, str) for v in levels):
        return None
    nullable = {"i": "Int64", "u": "UInt64", "f": "Float64", "b": "boolean"}
    kind = getattr(levels.dtype, "kind", "O")
    return nullable.get(kind, levels.dtype)


def _as_text(column: Any) -> Any:
    return column.map_partitions(_renamed, meta=(column.name, "string"))


def _renamed(part: Any) -> Any:
    return part.cat.rename_categories(str).astype("string")


def _composite(name: str, kind: Any) -> str:
    return (
        f"column {name!r} holds lists or other composite values ({kind}), no groups; take numbers or texts out of them "
        "first"
    )


def _bytes(name: str, kind: str = "") -> str:
    """Return the message for a key of bytes, with the way to decode it."""
    way = _DECODED.get(kind, ".str.decode('utf-8') in pandas, .cast(pl.String) in Polars").format(name)
    return f"column {name!r} holds bytes, and a group is text or a number; decode them first ({way})"


def _lengths(name: str) -> str:
    return f"column {name!r} holds lengths of time, no groups; make numbers of them first, such as days"
