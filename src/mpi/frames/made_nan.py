"""NaN that arises inside an expression, such as 0/0, made missing before anything is compared with it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from mpi.core.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["may_make_missing", "may_make_nan", "selected", "without_made_nan"]

_FLOATS = {
    "__truediv__", "__rtruediv__", "__pow__", "__rpow__", "sqrt", "log", "exp", "sin", "cos", "std", "var", "skew",
    "kurtosis", "rolling_std", "rolling_var", "corr", "cov",
}  # fmt: skip
"""Operations that give floats, of which some may be NaN or infinite."""

_OF_FLOATS = {
    "__add__", "__radd__", "__sub__", "__rsub__", "__mul__", "__rmul__", "sum", "mean", "median", "quantile", "cum_sum",
    "cum_prod", "diff", "rolling_sum", "rolling_mean", "ewm_mean", "sum_horizontal", "mean_horizontal",
}  # fmt: skip
"""Operations that make NaN of infinite floats."""

_DIVIDING = {"__floordiv__", "__rfloordiv__", "__mod__", "__rmod__"}
"""Operations that are rewritten, since engines differ in the remainder of a division by 0, and of negative numbers."""

_POWERS = {"__pow__", "__rpow__"}
"""Operations of which some engines make whole numbers of whole numbers, or refuse to."""

_NO_FLOATS = {
    "is_null", "is_nan", "is_finite", "is_in", "is_between", "any", "all", "len", "count", "n_unique",
    "__and__", "__rand__", "__or__", "__ror__", "__xor__", "__invert__", "__eq__", "__ne__", "__lt__", "__le__",
    "__gt__", "__ge__",
}  # fmt: skip
"""Operations that give no floats, whatever they are given."""

_LISTED = {"is_in", "is_finite"}
"""Operations that give False for what is missing in Dask."""

_WHOLE = {
    "col", "is_in", "is_null", "fill_null", "abs", "__and__", "__rand__", "__or__", "__ror__", "__xor__", "__invert__",
    "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__",
    "__add__", "__radd__", "__sub__", "__rsub__", "__mul__", "__rmul__",
}  # fmt: skip
"""Operations that give nothing missing of columns in which nothing is."""


def may_make_missing(expression: Any) -> bool:
    """Tell whether an expression, or a function of the frame, may be missing though none of its columns is.

    Examples
    --------
    >>> adults = nw.when(nw.col("age") >= 15).then(nw.col("schooled"))
    >>> may_make_missing(adults.max().over("household") < 1), may_make_missing(nw.col("age") + 1 > 5)
    (True, False)
    """
    nodes = getattr(expression, "_nodes", None)
    if nodes is None:
        return callable(expression) or isinstance(expression, nw.Expr)  # of another Narwhals, which does not tell
    return any(n.name not in _WHOLE or any(map(may_make_missing, n.exprs)) or _is_endless(n) for n in nodes)


def may_make_nan(expression: Any) -> bool:
    """Tell whether an expression computes something that may be NaN though none of its columns is.

    Examples
    --------
    >>> may_make_nan(nw.col("food") / nw.col("all") > 0.5), may_make_nan(nw.col("age") + 1 > 5)
    (True, False)
    """
    nodes = getattr(expression, "_nodes", ())  # which earlier versions of Narwhals do not tell
    return any(_makes_nan(n) or n.name in _DIVIDING or any(map(may_make_nan, n.exprs)) for n in nodes)


def _makes_nan(node: Any) -> bool:
    """Tell whether an operation gives what may be NaN or infinite though all that it is given is a number."""
    return _gives_floats(node) or node.name == "map_batches" or _is_endless(node)


def _gives_floats(node: Any) -> bool:
    """Tell whether an operation gives floats that may be NaN; of texts, "nan" is."""
    dtype = node.kwargs.get("dtype") if node.name == "cast" else None
    return node.name in _FLOATS or (dtype is not None and bool(dtype.is_float()))


def _is_endless(node: Any) -> bool:
    """Tell whether NaN, or what is infinite, is written out in an operation."""
    new = node.kwargs.get("new")
    written = [*node.exprs, node.kwargs.get("value"), *(new if isinstance(new, (list, tuple)) else ())]
    return any(isinstance(v, float) and not math.isfinite(v) for v in written)


@dataclass(frozen=True)
class Typed:
    """Columns whose types have nulls, by which what pandas and Dask make of numbers alone gets such a type.

    Attributes
    ----------
    one : Expr
        A column of 1.
    nothing : Expr
        A column of texts, all missing.
    dask : bool
        Whether it is Dask, which takes what is missing for none of the values that are listed.
    """

    one: nw.Expr
    nothing: nw.Expr
    dask: bool


def selected(frame: Any, columns: Mapping[str, nw.Expr], *, computing: bool) -> Any:
    """Return a frame of what expressions give, missing where NaN arises on the way.

    `computing` tells that all columns of a frame of pandas have types with nulls; see `comparable`.
    """
    held = frame.implementation
    typed = None
    if held.is_dask() or (held.is_pandas_like() and computing):
        frame, typed = _with_typed(frame)
    return frame.select(*(without_made_nan(x, typed).alias(n) for n, x in columns.items()))


def _with_typed(frame: Any) -> tuple[Any, Typed]:
    """Add columns of types that have nulls to a frame of pandas or Dask."""
    names = frame.collect_schema().names()
    one, nothing = (_unused(word, names) for word in ("_one", "_nothing"))
    types = {one: "Float64", nothing: "string"}
    if find_spec("pyarrow") is not None:
        types = {one: "double[pyarrow]", nothing: "string[pyarrow]"}
    native = frame.to_native().assign(**{one: 1.0, nothing: None}).astype(types)
    wrapped = nw.from_native(native)
    wrapped = wrapped.lazy() if isinstance(frame, nw.LazyFrame) and not isinstance(wrapped, nw.LazyFrame) else wrapped
    return wrapped, Typed(nw.col(one), nw.col(nothing), dask=frame.implementation.is_dask())


def _unused(name: str, names: Sequence[str]) -> str:
    while name in names:
        name = f"_{name}"
    return name


def without_made_nan(expression: Any, typed: Typed | None = None) -> Any:
    """Return an expression in which what is NaN on the way is missing, as NaN of a column is.

    Engines take NaN for larger than all numbers and equal to itself, so that 0/0 would meet ``x / y >= 1``. What is
    divided by 0 with ``//`` or ``%`` is missing, too, and a remainder has the sign of the divisor. With `typed`, what
    is chosen by conditions is missing where it is said to be, or where nothing is said.

    Examples
    --------
    >>> import polars as pl
    >>> frame = nw.from_native(pl.DataFrame({"x": [4.0, -4.0]}))
    >>> high = nw.col("x") ** 0.5 > 1
    >>> frame.select(high)["x"].to_list(), frame.select(without_made_nan(high))["x"].to_list()
    ([True, True], [True, None])
    """
    if not (may_make_nan(expression) or (typed and hasattr(expression, "_nodes"))):
        return expression
    given = expression._nodes  # noqa: SLF001  # nothing else tells what an expression is made of
    nodes: list[Any] = []
    floats = late = False
    for node, following in zip(given, [*given[1:], None], strict=True):
        floats = node.name not in _NO_FLOATS and (floats or _makes_nan(node) or any(map(may_make_nan, node.exprs)))
        late = late or _gives_floats(node) or (floats and node.name in _OF_FLOATS)
        nodes = _followed(nodes, node, type(expression), typed)
        if late and (following is None or following.name != "over"):  # which follows what it is about
            one = typed.one if typed and node.name != "over" else 1.0  # `over` of Dask leaves the order of its parts
            nodes, late = [*nodes, *_changes((nw.col("x") * one).fill_nan(None))], False
    return type(expression)(*nodes)


def _followed(before: list[Any], node: Any, kind: Any, typed: Typed | None) -> list[Any]:
    """Return operations followed by one more, of which the arguments are changed likewise."""
    exprs = tuple(_known(without_made_nan(x, typed)) for x in node.exprs)
    kwargs = {**node.kwargs}
    if node.name in _DIVIDING:
        return list(_divided(node.name, kind(*before), exprs[0])._nodes)  # noqa: SLF001  # as above
    if node.name == "fill_null" and any(map(_is_nan, node.exprs)):
        return before
    if node.name == "lit" and _is_nan(kwargs["value"]):
        kwargs = {"value": None, "dtype": nw.Float64()}
    if node.name == "map_batches":
        kwargs["function"] = _without_nan(kwargs["function"])
    if node.name == "replace_strict" and isinstance(kwargs["new"], (list, tuple)):
        kwargs["new"] = [None if _is_nan(v) else v for v in kwargs["new"]]
    if node.name == "when_then" and typed:
        exprs = _chosen(exprs, typed)
    if node.name in _POWERS:
        before = [*before, *_changes(nw.col("x") * 1.0)]
        exprs = tuple(float(x) if isinstance(x, int) else x for x in exprs)
    made = type(node)(node.kind, node.name, exprs=exprs, str_as_lit=node.str_as_lit, **kwargs)
    made.allow_multi_output = node.allow_multi_output
    if typed and typed.dask and node.name in _LISTED:
        value = kind(*before)
        return list((kind(*before, made) | (value != value))._nodes)  # noqa: PLR0124, SLF001  # missing where it is
    return [*before, made]


def _chosen(exprs: tuple[Any, ...], typed: Typed) -> tuple[Any, ...]:
    """Return a condition, what is chosen where it is met, and what elsewhere, as columns that can be missing."""
    condition, values = exprs[0], list(exprs[1:])
    if _is_nothing(values[0]) and len(values) > 1:
        condition, values = ~condition.fill_null(value=False), values[1:]
    values = [values[0], *(v for v in values[1:] if not _is_nothing(v))]
    return (condition, *(_typed(v, typed) for v in values))


def _typed(value: Any, typed: Typed) -> Any:
    """Return a number, a truth or a text as a column that can be missing; columns as they are."""
    written = _written(value)
    if isinstance(written, bool):
        return typed.one == 1 if written else typed.one != 1
    if isinstance(written, (int, float)):
        return typed.one * written
    return typed.nothing.fill_null(written) if isinstance(written, str) and value is not written else value


def _written(value: Any) -> Any:
    """Return what a literal stands for; anything else as it is."""
    nodes: Any = getattr(value, "_nodes", ())
    return nodes[0].kwargs["value"] if len(nodes) == 1 and nodes[0].name == "lit" else value


def _is_nothing(value: Any) -> bool:
    return _written(value) is None


def _divided(name: str, value: Any, other: Any) -> Any:
    """Return a whole quotient, or what remains, of numbers that are not divided by 0, nor infinite."""
    one, divisor = (other, value) if name.startswith("__r") else (value, other)
    if isinstance(divisor, nw.Expr):
        sound = divisor != 0
        for part in (one, divisor):
            sound = sound & (part * 0 == 0) if may_make_nan(part) else sound
        divisor = nw.when(sound).then(divisor)
    else:
        divisor = divisor or _known(math.nan)
        one = nw.when(one * 0 == 0).then(one) if may_make_nan(one) else one
    whole = one // divisor
    return whole if name.endswith("floordiv__") else one - whole * divisor


def _known(value: Any) -> Any:
    """Return what is no NaN as it is."""
    return nw.lit(None, dtype=nw.Float64) if _is_nan(value) else value


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _changes(column: nw.Expr) -> tuple[Any, ...]:
    """Return the operations by which a column is changed."""
    return tuple(column._nodes[1:])  # noqa: SLF001  # as above


def _without_nan(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a function of columns that gives what is NaN as missing; arrays that hold it are refused."""

    def fair(column: Any) -> Any:
        """Return the function's result with missing values in place of NaN."""
        found = function(column)
        if not isinstance(found, np.ndarray):
            return found.fill_nan(None) if hasattr(found, "fill_nan") and found.dtype.is_float() else found
        if found.dtype.kind == "f" and np.isnan(found).any():
            raise RequestError(
                f"the function of map_batches gives NaN in {int(np.isnan(found).sum()):,} rows of an array, which has "
                "no other way to be missing; give a column, such as column.sqrt(), or write the whole as an expression"
            )
        return found

    return fair
