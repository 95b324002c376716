"""One table as the frame of every engine, and the results of every engine as one table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mpi.indicators import Rules, evaluate

_IBIS = pytest.mark.filterwarnings("ignore:The 'future.infer_string' option is deprecated")
_DASK = [_IBIS, pytest.mark.filterwarnings("ignore:Dask support is moving:FutureWarning")]
_SPARK = pytest.mark.filterwarnings("ignore")  # PySpark's own: of pandas 3, of sockets left open

IN_MEMORY = ["pandas", "polars", "arrow"]
LAZY = [
    "lazy polars",
    "dataset",
    "duckdb",
    pytest.param("ibis", marks=_IBIS),
    pytest.param("dask", marks=_DASK),
    pytest.param("spark", marks=_SPARK),
]
ENGINES = [*IN_MEMORY, *LAZY]


def arrow(frame: pd.DataFrame) -> Any:
    """As a PyArrow table; of the missing floats every second one stays NaN, and the others are null."""
    pa = pytest.importorskip("pyarrow", reason="PyArrow is an extra")
    return pa.table({name: _arrow_column(pa, frame[name]) for name in frame})


def _arrow_column(pa: Any, values: pd.Series) -> Any:
    if isinstance(values.dtype, np.dtype) and values.dtype.kind == "f":
        null = values.isna().to_numpy() & (np.arange(len(values)) % 2 == 0)
        return pa.array(values.to_numpy(), mask=null, from_pandas=False)
    return pa.array(values, from_pandas=True)


def polars(frame: pd.DataFrame) -> Any:
    return pytest.importorskip("polars", reason="Polars is an extra").from_arrow(arrow(frame))


_MADE: dict[str, Callable[[pd.DataFrame], Any]] = {
    "pandas": lambda frame: frame,
    "arrow": arrow,
    "polars": polars,
    "lazy polars": lambda frame: polars(frame).lazy(),
    "dataset": lambda frame: pytest.importorskip("pyarrow.dataset", reason="PyArrow is an extra").dataset(arrow(frame)),
    "duckdb": lambda frame: pytest.importorskip("duckdb", reason="DuckDB is an extra").from_arrow(arrow(frame)),
    "ibis": lambda frame: pytest.importorskip("ibis", reason="Ibis is an extra").memtable(arrow(frame)),
    "dask": lambda frame: pytest.importorskip("dask.dataframe", reason="Dask is an extra").from_pandas(
        frame, npartitions=3
    ),
}


def on(engine: str, frame: pd.DataFrame, spark: Callable[[], Any], folder: Path) -> Any:
    """Return a pandas table as a frame of an engine; `spark` gives a session, whose files go to `folder`."""
    if engine != "spark":
        return _MADE[engine](frame)
    session, path = spark(), folder / "frame.parquet"
    pytest.importorskip("pyarrow.parquet", reason="PyArrow is an extra").write_table(arrow(frame), path)
    return session.read.parquet(str(path))


def collected(found: Any) -> pd.DataFrame:
    """Return what an engine found as a pandas table, in the engine's order."""
    if hasattr(found, "collect_schema") and hasattr(found, "lazy") and not hasattr(found, "to_pandas"):
        found = found.collect()  # lazy Polars
    for way in ("df", "toPandas", "compute", "execute", "to_pandas"):
        if hasattr(found, way) and not isinstance(found, pd.DataFrame):
            return getattr(found, way)()
    return found


def spread(rules: Rules, frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """What the rules say in memory of each row's household; missing where an identifier is."""
    whole = frame[keys].notna().all(axis=1)
    homes = evaluate(frame[whole].reset_index(drop=True), rules, keys)
    names = [r.column for r in rules]
    texts = {k: str for k in keys if frame[k].dtype == "category"}
    joined = frame[keys].astype(texts).merge(homes.astype(texts), on=keys, how="left")[names]
    return joined.set_axis(frame.index)
