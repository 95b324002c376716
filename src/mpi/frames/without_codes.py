"""Codes that are no answer taken out of a frame, in memory or with an engine, and kept in columns beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from mpi.frames.arrays import column_levels, numbers, with_numbers
from mpi.frames.missing_codes import WHY, plain_number

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from mpi.frames.missing_codes import Codes, Labels, MissingCodes

__all__ = [
    "is_code",
    "is_text",
    "with_file_reasons",
    "with_reasons",
    "with_reasons_lazily",
    "without_codes",
    "without_codes_lazily",
]

# --- frames in memory -----------------------------------------------------------------------------------------------


def without_codes(
    frame: nw.DataFrame[Any], missing: MissingCodes, labels: Labels, spared: Collection[str] = (), *, why: bool = True
) -> nw.DataFrame[Any]:
    """Return a frame in which declared codes are missing; the one given is not changed.

    Parameters
    ----------
    frame : DataFrame
        The data.
    missing : MissingCodes
        What is no answer.
    labels : mapping of column to mapping of value to label
        Value labels.
    spared : collection of str
        Columns that codes for all columns leave alone: those of the design.
    why : bool
        Whether to add a column that holds the codes, for each column in which some were found.

    Raises
    ------
    MpiError
        When a column is absent, or has no such label.
    """
    if not missing.columns and not missing.everywhere:
        return frame
    schema = frame.schema
    missing = missing.resolve_labels(labels, frame.columns, _texts(schema), spared)
    found = ((n, missing.of(n, spared)) for n in frame.columns if not n.startswith(WHY))
    for name, codes in found:
        if codes and _can_hold(schema[name]):
            frame = _without(frame, name, codes, why=why)
    return frame


def with_reasons(
    frame: nw.DataFrame[Any], missing: MissingCodes, labels: Labels, columns: Collection[str]
) -> nw.DataFrame[Any]:
    """Return a frame with the codes of some columns beside them, which stay as they are."""
    if not missing:
        return frame
    names = [c for c in frame.columns if c.removeprefix(WHY) in columns]
    told = without_codes(frame.select(names), missing.only(columns), labels)
    return frame.with_columns(*(told[c] for c in told.columns if c.startswith(WHY)))


def with_file_reasons(frame: Any, reasons: Mapping[str, Sequence[Any]]) -> Any:
    """Return a pandas data frame with the codes that its file has as missing, each column's in one of ours."""
    if not reasons:
        return frame
    import pandas as pd

    told = {f"{WHY}{name}": pd.Series(list(codes), index=frame.index) for name, codes in reasons.items()}
    return pd.concat([frame, pd.DataFrame(told)], axis=1)


def _without(frame: nw.DataFrame[Any], name: str, codes: Codes, *, why: bool) -> nw.DataFrame[Any]:
    series = frame[name]
    met, said = _met(series, codes)
    if not met.any():
        return frame
    changed = _blanked(frame, name, met)
    return _with_reasons(changed, name, met, said) if why else changed


def _met(series: nw.Series[Any], codes: Codes) -> tuple[NDArray[np.bool_], NDArray[Any]]:
    """Return where a column holds a code, and what it holds."""
    if series.dtype.is_numeric():
        values = numbers(series)
        return codes.among(values), values
    levels, index = column_levels(series)
    if not levels:
        return np.zeros(len(series), dtype=bool), np.empty(len(series), dtype=object)
    held = np.empty(len(levels), dtype=object)
    held[:] = levels
    met = np.array(codes.among_levels(levels), dtype=bool)[index] & (index >= 0)
    return met, held[index]


def _blanked(frame: nw.DataFrame[Any], name: str, met: NDArray[np.bool_]) -> nw.DataFrame[Any]:
    """Make a column missing in some rows; whole numbers beyond what a float holds stay whole."""
    if frame.implementation.is_pandas_like():
        native: Any = frame.to_native()
        column = native[name]
        if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iu":
            wide = int(column.abs().max()) > 2**53 if column.dtype.itemsize == 8 else False
            column = column.astype(("U" if column.dtype.kind == "u" else "") + "Int64") if wide else column
        return nw.from_native(native.assign(**{name: column.mask(met)}), eager_only=True)
    mark = nw.new_series("_mpi_met", met, nw.Boolean, backend=frame.implementation)
    column = nw.col(name)
    if frame.implementation.is_pyarrow() and frame.schema[name] == nw.Categorical:
        column = column.cast(nw.String)
    marked = frame.with_columns(mark)
    return marked.with_columns(nw.when(~nw.col("_mpi_met")).then(column).alias(name)).drop("_mpi_met")


def _with_reasons(
    frame: nw.DataFrame[Any], name: str, met: NDArray[np.bool_], codes: NDArray[Any]
) -> nw.DataFrame[Any]:
    """Add what was said to the column of reasons; texts where the reader of the file has put some there."""
    column = f"{WHY}{name}"
    old = frame[column] if column in frame.columns else None
    if codes.dtype.kind in "iufb" and (old is None or old.dtype.is_numeric()):
        before = np.full(len(met), np.nan) if old is None else numbers(old)
        return with_numbers(frame, {column: np.where(met, codes.astype(np.float64), before)})
    held = [None] * len(met) if old is None else [None if _is_gap(o) else _text(o) for o in old.to_list()]
    texts = [_text(s) if m else o for m, s, o in zip(met.tolist(), codes.tolist(), held, strict=True)]
    return frame.with_columns(nw.new_series(column, texts, nw.String, backend=frame.implementation))


def _is_gap(value: Any) -> bool:
    return value is None or value != value  # noqa: PLR0124  # NaN


def _text(value: Any) -> str:
    return value if isinstance(value, str) else plain_number(float(value))


# --- frames that an engine holds ------------------------------------------------------------------------------------


def without_codes_lazily(
    frame: nw.LazyFrame[Any], missing: MissingCodes, labels: Labels, spared: Collection[str] = (), *, why: bool = True
) -> nw.LazyFrame[Any]:
    """Do as `without_codes` to a frame that is not in memory; every column that can hold a code gets its reasons."""
    if not missing.columns and not missing.everywhere:
        return frame
    schema = frame.collect_schema()
    missing = missing.resolve_labels(labels, schema.names(), _texts(schema), spared)
    columns: list[nw.Expr] = []
    for name, codes in ((n, missing.of(n, spared)) for n in schema.names() if not n.startswith(WHY)):
        met = is_code(name, schema[name], codes)
        if met is not None:
            columns.append(nw.when(~met).then(nw.col(name)).alias(name))
            columns += [_reason(name, schema, met)] if why else []
    return frame.with_columns(*columns) if columns else frame


def _reason(name: str, schema: Mapping[str, Any], met: nw.Expr) -> nw.Expr:
    """Return the codes of a column, beside those that were taken out before."""
    column = f"{WHY}{name}"
    kind = nw.String if is_text(schema[name]) or is_text(schema.get(column, nw.Float64())) else nw.Float64
    said = nw.when(met).then(nw.col(name).cast(kind))
    return said.otherwise(nw.col(column)).alias(column) if column in schema else said.alias(column)


def with_reasons_lazily(
    frame: nw.LazyFrame[Any], missing: MissingCodes, labels: Labels, columns: Collection[str]
) -> nw.LazyFrame[Any]:
    """Do as `with_reasons` to a frame that is not in memory."""
    if not missing:
        return frame
    schema = frame.collect_schema()
    missing = missing.only(columns).resolve_labels(labels, schema.names(), _texts(schema))
    met = {c: is_code(c, schema[c], missing.of(c)) for c in columns}
    reasons = [_reason(c, schema, m) for c, m in met.items() if m is not None]
    return frame.with_columns(*reasons) if reasons else frame


def is_code(name: str, dtype: Any, codes: Codes) -> nw.Expr | None:
    """Say where a column of an engine's frame holds a code, never null; None where it can hold none."""
    if not codes or not _can_hold(dtype):
        return None
    if is_text(dtype):
        x = nw.col(name).cast(nw.String)
        tests = [x == t for t in (*codes.texts, *map(plain_number, codes.values))]
    elif dtype == nw.Object:
        return None
    else:
        x = nw.col(name).cast(nw.Float64) if dtype.is_decimal() else nw.col(name)
        tests = list(_numeric_tests(x, dtype, codes))
    if not tests:
        return None
    met = tests[0]
    for test in tests[1:]:
        met = met | test
    return met.fill_null(value=False)


def _numeric_tests(x: nw.Expr, dtype: Any, codes: Codes) -> Iterator[nw.Expr]:
    """Compare with numbers that the type can hold, in single precision where it is."""

    def as_stored(value: float) -> Any:
        """Return a number as the column stores it, in single precision where that is its type."""
        return float(np.float32(value)) if dtype == nw.Float32 else value

    low, high = _limits(dtype)
    for value in codes.values:
        if not dtype.is_integer():
            yield x == as_stored(value)
        elif value.is_integer() and low <= value <= high:
            yield x == int(value)
    for a, b in codes.ranges:
        if a > high or b < low:
            continue
        whole = dtype.is_integer()
        above = None if a <= low else x >= (int(np.ceil(a)) if whole else as_stored(a))
        below = None if b >= high else x <= (int(np.floor(b)) if whole else as_stored(b))
        both = [t for t in (above, below) if t is not None]
        yield both[0] & both[1] if len(both) == 2 else both[0] if both else ~x.is_null()


def _limits(dtype: Any) -> tuple[float, float]:
    if not dtype.is_integer():
        return -np.inf, np.inf
    word = str(dtype)
    bits = min(int(word.lstrip("UInt") or 64), 64)
    return (0, 2**bits - 1) if word.startswith("U") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def _texts(schema: Mapping[str, Any]) -> list[str]:
    return [name for name, dtype in schema.items() if is_text(dtype) or dtype == nw.Object]


def _can_hold(dtype: Any) -> bool:
    """Return whether a column of the type can hold codes; dates, yes and no, and lists cannot."""
    return dtype.is_numeric() or is_text(dtype) or dtype == nw.Object


def is_text(dtype: Any) -> bool:
    """Tell whether a column of the type holds text."""
    return dtype in {nw.String, nw.Categorical} or isinstance(dtype, nw.Enum)
