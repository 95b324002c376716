"""What the engines of lazy frames cannot do, told in an error of ours."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mpi.core.errors import DataError, Problems, RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import narwhals.stable.v2 as nw

__all__ = ["check_names", "engine_of", "told_by_engine"]

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
_MODULES = {"duckdb", "_duckdb", "polars", "pyspark", "py4j", "dask", "ibis", "sqlglot", "pyarrow", "narwhals"}


def engine_of(frame: nw.LazyFrame[Any]) -> str:
    """Name the engine of a frame."""
    name: str = frame.implementation.name.lower()
    return _NAMES.get(name, name)


@contextmanager
def told_by_engine(frame: nw.LazyFrame[Any]) -> Iterator[None]:
    """Turn what an engine says of a plan that it cannot make into one error of ours."""
    try:
        yield
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in _MODULES:
            raise
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise RequestError(f"{engine_of(frame)} cannot apply the rules: {first}") from error


def check_names(frame: nw.LazyFrame[Any], names: Sequence[str]) -> None:
    """Raise where Spark would take a column's name for a path into a structure."""
    if not frame.implementation.is_spark_like():
        return
    problems = Problems("Spark does not read these columns by their names", DataError)
    problems.found = [
        f"{n!r}: call it {n.replace('.', '_').replace('`', '')!r}, with withColumnRenamed"
        for n in names
        if "." in n or "`" in n
    ]
    problems.raise_if_any()
