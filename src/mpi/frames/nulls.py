"""NaN made missing, once, where a frame enters; and frames on which a comparison with a missing value is missing."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from mpi.frames.duckdb import connection_of, files_of, name, null_for_nan
from mpi.frames.made_nan import may_make_missing, selected, without_made_nan

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = ["comparable", "has_ordered_gaps", "with_computed", "with_nulls", "with_wide_nulls"]

_WIDE = (np.dtype(np.int64), np.dtype(np.uint64))


def with_nulls(frame: Any, columns: Collection[str] | None = None) -> Any:
    """Return a frame, in memory or not, in which NaN is missing.

    Engines take NaN for a number larger than all others, libraries for one that compares with none. In floats of NumPy,
    which have no other way to be missing, it stays what it is.

    Parameters
    ----------
    frame : narwhals frame
        Of any kind.
    columns : collection of str, optional
        The columns to look at; all by default. An engine computes those alone that are used later, and of frames in
        memory those alone are written anew that hold NaN.
    """
    held = frame.implementation
    schema = frame.collect_schema() if isinstance(frame, nw.LazyFrame) else frame.schema
    floats = [c for c, dtype in schema.items() if dtype.is_float() and (columns is None or c in columns)]
    if held.is_dask():
        return _dask_nulls(frame, schema if columns is None else columns)
    if not floats:
        return frame
    if held.is_pandas_like():
        return _pandas_nulls(frame, floats)
    if held.is_duckdb():
        return _duckdb_nulls(frame, floats)
    if held.is_ibis():
        return _ibis_nulls(frame, floats)
    if isinstance(frame, nw.DataFrame):
        floats = [c for c in floats if frame[c].is_nan().any()]
    return frame.with_columns(*(nw.col(c).fill_nan(None) for c in floats)) if floats else frame


def _duckdb_nulls(frame: Any, floats: list[str]) -> Any:
    """Return a relation with NaN made missing; where our own connection read the files, it was done already."""
    relation = frame.to_native()
    known = files_of(connection_of(relation)).nulls
    shown = [f"{null_for_nan(name(c), written=known)} AS {name(c)}" if c in floats else name(c) for c in frame.columns]
    return nw.from_native(relation.project(", ".join(shown)))


def _ibis_nulls(frame: Any, floats: list[str]) -> Any:
    """Return a table of Ibis with NaN made missing; on DuckDB without trust in the statistics of a file."""
    import ibis  # type: ignore[import-untyped]  # untyped

    table: Any = frame.to_native()
    if connection_of(table) is None:
        return frame.with_columns(*(nw.col(c).fill_nan(None) for c in floats))
    builtin: Any = ibis.udf.scalar.builtin
    finite: Any = builtin(_finite, name="isfinite", signature=(("float64",), "boolean"))
    either: Any = ibis.or_
    fair = {c: either(finite(table[c]), table[c].isinf()).ifelse(table[c], None) for c in floats}
    return nw.from_native(table.mutate(**fair))


def _finite(value: float) -> bool:  # type: ignore[empty-body]  # of the engine
    """Tell whether a number is neither infinite nor NaN."""


def _pandas_nulls(frame: Any, floats: list[str]) -> Any:
    """Return a frame of pandas with NaN made missing in types that have nulls beside it."""
    native = frame.to_native()
    odd = {c: native[c] for c in floats if not isinstance(native[c].dtype, np.dtype)}
    odd = {c: x for c, x in odd.items() if np.isnan(x.to_numpy(dtype=np.float64, na_value=0.0)).any()}
    fair = {c: x.astype(np.float64).astype(x.dtype) for c, x in odd.items()}
    return _wrapped(native.assign(**fair), frame) if fair else frame


def _dask_nulls(frame: Any, columns: Collection[str]) -> Any:
    """Return a frame of Dask with types that have nulls; categories keep their order.

    Whole numbers with gaps come out of files as floats, whatever Dask says of their type.
    """
    native = frame.to_native()
    types = {c: dtype for c, dtype in native.dtypes.items() if c in columns}
    odd = {c: np.float64 for c, dtype in types.items() if not isinstance(dtype, np.dtype) and _is_float(dtype)}
    kinds = {c: f"Float{8 * dtype.itemsize}" for c, dtype in types.items() if _is_float(dtype)}
    kinds |= {c: _nullable_wide(dtype) for c, dtype in types.items() if dtype in _WIDE}
    kinds |= {c: "string" for c, dtype in types.items() if type(dtype).__name__ == "StringDtype"}
    native = native.astype(odd) if odd else native
    return nw.from_native(native.astype(kinds)) if kinds else frame


def _is_float(dtype: Any) -> bool:
    return bool(dtype.kind == "f")


# --- pandas, whose usual types compare missing values as if they were known -----------------------------------------


def comparable(frame: Any, *, ordered: bool = False, computing: bool = False) -> Any:
    """Return a frame of pandas or Dask in which comparisons with missing values are missing; others do so anyway.

    NaN compares as False there, and as True where it is asked to differ: whoever did not answer would be taken for one
    who said no. Columns are of types of PyArrow, where it is installed: types of several kinds do not go together.
    With `ordered`, categories that have an order keep it, and compare as they do. With `computing`, columns in
    which nothing is missing have such types, too: what is made of them may be missing, such as 0/0.
    """
    if frame.implementation.is_dask():
        return _comparable_later(frame)
    if not frame.implementation.is_pandas_like():
        return _doubled(with_nulls(frame))
    native = frame.to_native()
    columns = [c for c in native.columns if not (ordered and _is_ordered(native[c].dtype))]
    made = {c: found for c in columns if (found := _nullable_column(native[c], computing=computing)) is not None}
    return _wrapped(native.assign(**made), frame) if made else frame


def _doubled(frame: Any) -> Any:
    """Return a frame without numbers of single precision: what is computed of them differs between engines."""
    schema = frame.collect_schema() if isinstance(frame, nw.LazyFrame) else frame.schema
    single = [nw.col(c).cast(nw.Float64) for c, dtype in schema.items() if dtype == nw.Float32]
    return frame.with_columns(*single) if single else frame


def _is_single(dtype: Any) -> bool:
    return _is_float(dtype) and dtype.itemsize == np.dtype(np.float32).itemsize


def has_ordered_gaps(frame: Any) -> bool:
    """Tell whether a frame of pandas has categories with an order, and rows that are in none."""
    if not frame.implementation.is_pandas_like():
        return False
    native = frame.to_native()
    return any(_is_ordered(dtype) and native[c].isna().any() for c, dtype in native.dtypes.items())


def _is_ordered(dtype: Any) -> bool:
    return bool(getattr(dtype, "ordered", False)) and hasattr(dtype, "categories")


def _nullable_column(column: Any, *, computing: bool) -> Any:
    """Return a column with nulls for what is missing; None where it compares well as it is."""
    import pandas as pd

    if _is_single(column.dtype):
        column = column.astype(np.float64)
    elif (
        column.dtype != object
        and isinstance(column.dtype, (np.dtype, pd.CategoricalDtype))
        and not (computing and not _is_ordered(column.dtype))
        and not column.isna().any()
    ):
        return None  # of objects decimals do not compare with whole numbers, whether some are missing or not
    if find_spec("pyarrow") is None:
        kind = _pandas_null_type(column)
        return None if kind is None else column.astype(kind)
    import pyarrow as pa
    from pyarrow import compute

    pc: Any = compute
    try:
        found: Any = pa.array(column, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        return None  # values of several kinds
    if pa.types.is_dictionary(found.type):
        found = found.cast(found.type.value_type)
    if pa.types.is_floating(found.type):
        found = pc.if_else(pc.is_nan(found), None, found)
    return pd.Series(found, index=column.index, name=column.name, dtype=pd.ArrowDtype(found.type))


def _pandas_null_type(column: Any) -> str | None:
    """Return the type of pandas' own that has nulls for what is missing; None where there is none."""
    import pandas as pd

    if isinstance(column.dtype, np.dtype) and column.dtype.kind != "O":
        return {"f": "Float64", "b": "boolean", "i": "Int64", "u": "UInt64"}.get(column.dtype.kind)
    held = column.dtype.categories if isinstance(column.dtype, pd.CategoricalDtype) else column
    kinds = {"string": "string", "boolean": "boolean", "floating": "Float64", "mixed-integer-float": "Float64"}
    return {**kinds, "integer": "Int64"}.get(pd.api.types.infer_dtype(held, skipna=True))


def _comparable_later(frame: Any) -> Any:
    """Do so by the types of the columns of Dask, so that those that are not used are not read."""
    import pandas as pd
    import pyarrow as pa

    native = frame.to_native()
    kinds = {}
    for c, dtype in native.dtypes.items():
        if _is_single(dtype):
            kinds[c] = pd.ArrowDtype(pa.float64())
        elif isinstance(dtype, pd.StringDtype) or _is_of_texts(dtype):
            kinds[c] = pd.ArrowDtype(pa.string())
        elif hasattr(dtype, "numpy_dtype") and not isinstance(dtype, (np.dtype, pd.ArrowDtype)):
            kinds[c] = pd.ArrowDtype(pa.from_numpy_dtype(dtype.numpy_dtype))
        elif dtype.kind in "Mmbiu" and isinstance(dtype, np.dtype):
            kinds[c] = pd.ArrowDtype(pa.from_numpy_dtype(dtype))
        elif isinstance(dtype, pd.DatetimeTZDtype):
            kinds[c] = pd.ArrowDtype(pa.timestamp(dtype.unit, str(dtype.tz)))
    return _wrapped(native.astype(kinds), frame) if kinds else frame


def _is_of_texts(dtype: Any) -> bool:
    """Tell categories that are known to be texts, and have no order."""
    held = None if _is_ordered(dtype) else getattr(dtype, "categories", None)
    return held is not None and "UNKNOWN" not in str(held[:1]) and len(held) > 0 and isinstance(held[0], str)


def with_computed(frame: nw.LazyFrame[Any], columns: Mapping[str, nw.Expr]) -> nw.LazyFrame[Any]:
    """Add columns that expressions give, missing where they are NaN or compare with what is missing."""
    held = frame.implementation
    computing = any(map(may_make_missing, columns.values()))
    if held.is_dask() or held.is_pandas_like():
        whole = comparable(frame, computing=computing)
        found = selected(whole, columns, computing=computing).to_native()
        native = frame.to_native()
        frame = _wrapped(native.assign(**{n: found[n] for n in columns}), frame)
    else:
        frame = _doubled(frame).with_columns(*(without_made_nan(x).alias(n) for n, x in columns.items()))
    made: nw.LazyFrame[Any] = with_nulls(frame, columns)
    return made


def with_wide_nulls(frame: Any, columns: Collection[str]) -> Any:
    """Return a frame in which long whole numbers can be missing, and stay what they are: floats lose their digits."""
    if not frame.implementation.is_pandas_like():
        return frame
    native = frame.to_native()
    kinds = {c: _nullable_wide(dtype) for c, dtype in native.dtypes.items() if c in columns and dtype in _WIDE}
    return _wrapped(native.astype(kinds), frame) if kinds else frame


def _nullable_wide(dtype: Any) -> str:
    return "Int64" if dtype.kind == "i" else "UInt64"


def _wrapped(native: Any, like: Any) -> Any:
    wrapped: Any = nw.from_native(native)
    return wrapped.lazy() if isinstance(like, nw.LazyFrame) and not isinstance(wrapped, nw.LazyFrame) else wrapped
