"""Frames that an engine holds, and expressions over frames: how they are told, wrapped, and added as columns."""

from __future__ import annotations

import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from mpi.core.errors import FileError, MissingLibraryError, RequestError, unknown
from mpi.frames.arrays import as_frame
from mpi.frames.damage import faults_in
from mpi.frames.duckdb import Files, as_path, connected, first_line, in_zone, remember, stamps
from mpi.frames.engine_errors import translated_errors
from mpi.frames.files import files_behind, tell_parts
from mpi.frames.key_types import known_levels, plain_categories
from mpi.frames.nulls import with_nulls

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = [
    "engine_frame",
    "is_lazy",
    "is_native",
    "lazy_with_levels",
    "recoded",
    "translated_name_errors",
    "with_native",
]


def is_lazy(frame: object) -> bool:
    """Tell whether a frame is not in memory: what an engine holds, or a dataset of PyArrow."""
    if _is_dataset(frame):
        return True
    try:
        return isinstance(nw.from_native(frame), nw.LazyFrame)  # type: ignore[call-overload, unused-ignore]  # not every object is a frame

    except (TypeError, nw.exceptions.DuplicateError):
        return False  # as_frame says what is wrong with it


def engine_frame(frame: Any) -> nw.LazyFrame[Any] | None:
    """Wrap what an engine holds, NaN as missing, with its categories as they are; None of what is in memory.

    Datasets of PyArrow become relations of one connection of DuckDB, so that they can be joined.
    """
    if not is_lazy(frame):
        return None
    wrapped: Any = nw.from_native(_duckdb().from_arrow(frame) if _is_dataset(frame) else frame)
    lazy: nw.LazyFrame[Any] = with_nulls(wrapped)
    return lazy


def lazy_with_levels(frame: object) -> tuple[nw.LazyFrame[Any], dict[str, tuple[Any, ...]]]:
    """Wrap any frame for work that is left to its engine, and return the categories whose order is known.

    Categories that are no text become the values that they stand for.

    Raises
    ------
    MpiError
        When `frame` is no data frame, or a dataset of PyArrow and DuckDB is not installed.
    """
    wrapped: Any = nw.from_native(_dataset_relation(frame)) if _is_dataset(frame) else None
    if wrapped is None:
        try:
            wrapped = nw.from_native(frame)  # type: ignore[call-overload, unused-ignore]  # not every object is a frame

        except TypeError:
            wrapped = as_frame(frame)
        if isinstance(wrapped, nw.LazyFrame) and wrapped is not frame:
            _look_at_parts(wrapped)
    with translated_errors(wrapped):
        levels = known_levels(wrapped)
    if isinstance(wrapped, nw.DataFrame) and wrapped.implementation.is_pyarrow():
        wrapped = nw.from_native(_arrow_to_pandas(wrapped))
    if wrapped.implementation.is_pandas_like() or wrapped.implementation.is_dask():
        wrapped = plain_categories(wrapped)
    with translated_errors(wrapped):
        wrapped = with_nulls(wrapped)
    lazy: nw.LazyFrame[Any] = wrapped if isinstance(wrapped, nw.LazyFrame) else wrapped.lazy()
    return lazy, levels


def _look_at_parts(lazy: nw.LazyFrame[Any]) -> None:
    """Tell parts that an engine passes over or fills up; files that were scanned here are held to more than this."""
    held = lazy.implementation
    if (held.is_polars() or held.is_pyspark()) and (files := files_behind(lazy)):
        with translated_errors(lazy):
            columns = lazy.collect_schema().names()
        tell_parts(files, columns)


def _arrow_to_pandas(table: nw.DataFrame[Any]) -> Any:
    """Return a table of PyArrow as one of pandas: its grouped values come in an order of their own."""
    native = table.to_native()
    for place, field in enumerate(native.schema):
        if table.schema[field.name] == nw.Categorical:
            plain = native.column(place).cast(field.type.value_type)
            native = native.set_column(place, field.name, plain)
    import pandas as pd

    held = {"int64": pd.Int64Dtype(), "uint64": pd.UInt64Dtype()}  # which floats do not hold where some are missing
    wide = {f.type: held[str(f.type)] for f in native.schema if str(f.type) in held}
    return native.to_pandas(types_mapper=wide.get)


def is_native(expression: object) -> bool:
    """Tell whether something is an expression of Polars."""
    return type(expression).__module__.partition(".")[0] == "polars" and hasattr(expression, "meta")


def with_native(frame: Any, expression: Any, name: str) -> Any:
    """Add a column that is written in the words of the frame's own library; None where it is none of these.

    Expressions of Polars and of DuckDB, columns of PySpark, Ibis and Dask.
    """
    native, held = frame.to_native(), frame.implementation
    origin = type(expression).__module__.partition(".")[0]
    if held.is_polars() and is_native(expression):
        return nw.from_native(native.with_columns(expression.alias(name)))
    if held.is_duckdb() and origin in {"duckdb", "_duckdb"}:
        import duckdb

        return nw.from_native(native.select(duckdb.StarExpression(), expression.alias(name)))
    if held.is_pyspark() and origin == "pyspark":
        return nw.from_native(native.withColumn(name, expression))
    if held.is_ibis() and origin == "ibis":
        return nw.from_native(native.mutate(**{name: expression}))
    if held.is_dask() and origin == "dask":
        return nw.from_native(native.assign(**{name: expression}))
    return None


def recoded(frame: Any, moved: Mapping[str, Mapping[Any, Any]]) -> Any:
    """Return a frame, in memory or not, in which codes of some columns are written otherwise; the others stay.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = nw.from_native(pd.DataFrame({"people": [1, 2, 3]}))
    >>> recoded(frame, {"people": {2: 3, 3: 2}})["people"].to_list()
    [1, 3, 2]
    """
    schema = frame.collect_schema()
    return frame.with_columns(*(_recoded(c, codes, schema[c]) for c, codes in moved.items())) if moved else frame


def _recoded(column: str, codes: Mapping[Any, Any], dtype: Any) -> nw.Expr:
    value: nw.Expr = nw.col(column)
    texts = any(isinstance(new, str) for new in codes.values())
    if dtype in (nw.Categorical, nw.Enum) or isinstance(dtype, nw.Enum):
        value = value.cast(nw.String)
    out = value.cast(nw.String) if texts and dtype.is_numeric() else value
    for old, new in codes.items():
        out = nw.when((value == old).fill_null(value=False)).then(nw.lit(new)).otherwise(out)
    return out.alias(column)


def _is_dataset(frame: object) -> bool:
    return any(kind.__module__ == "pyarrow._dataset" and kind.__name__ == "Dataset" for kind in type(frame).__mro__)


def _dataset_relation(dataset: Any) -> Any:
    """Return a dataset of PyArrow as a DuckDB relation: over its files, where it is nothing but local Parquet files.

    DuckDB reads those faster, knows how far it is, and can be interrupted.
    """
    duckdb = _duckdb()
    named = [f for f in getattr(dataset, "files", ()) if Path(f).is_file()]
    tell_parts(named, dataset.schema.names)
    with _translated_arrow_errors():
        files = _plain_files(dataset)
    zones = [z for t in dataset.schema.types if (z := getattr(t, "tz", None)) is not None]
    if not files:
        connection = duckdb.connect()
        relation, zone = in_zone(connection, connection.from_arrow(dataset), zones)
        remember(connection, Files(zone=zone, damage=lambda: faults_in(named, "")))
        return relation
    connection, _ = connected()
    seen = stamps(files)
    relation, zone = in_zone(connection, connection.read_parquet([as_path(f) for f in files]), zones)
    remember(connection, Files(dataset.count_rows(), tuple(files), zone=zone, seen=seen))
    return relation


def _duckdb() -> Any:
    try:
        import duckdb
    except ImportError:
        raise MissingLibraryError("datasets of PyArrow are read by DuckDB: pip install duckdb") from None
    return duckdb


@contextmanager
def _translated_arrow_errors() -> Iterator[None]:
    """Turn what PyArrow says of a file that cannot be read, and names, into an error of ours."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise FileError(f"the files cannot be read: {first_line(error)}") from error


def _plain_files(dataset: Any) -> list[str]:
    """Return the local Parquet files that a dataset has the very columns of; none where it filters, casts or adds."""
    named = [*getattr(dataset, "files", ())]
    plain = (
        type(dataset).__name__ == "FileSystemDataset"
        and type(dataset.format).__name__ == "ParquetFileFormat"
        and type(dataset.filesystem).__name__ == "LocalFileSystem"
        and not getattr(dataset, "_scan_options", None)
        and all(Path(f).is_file() for f in named)
    )
    if not plain or any(_plain(f.physical_schema) != _plain(dataset.schema) for f in dataset.get_fragments()):
        return []
    return named


def _plain(schema: Any) -> list[tuple[str, Any]]:
    """Return names and types; a dictionary is what it stands for, since DuckDB gives that in either case."""
    import pyarrow as pa

    return [(f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type) for f in schema]


@contextmanager
def translated_name_errors(known: Sequence[str]) -> Iterator[None]:
    """Turn what a frame says of an expression with an absent column into an error of ours, with the nearest name."""
    try:
        yield
    except nw.exceptions.ColumnNotFoundError as error:
        quoted = re.findall(r"""["']([^"']+)["']""", str(error).partition("Hint")[0])
        absent = [name for name in quoted if name not in known][:1]  # what else is quoted are those that are there
        said = unknown("column", absent[0], known) if absent else f"it names a column that is not among {list(known)}"
        raise RequestError(f"the expression cannot be computed: {said}") from error
