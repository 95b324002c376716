"""NaN that arises inside an expression, such as 0/0, made missing before anything is compared with it."""

from __future__ import annotations

from typing import Any

import narwhals.stable.v2 as nw

__all__ = ["may_make_missing", "may_make_nan", "without_made_nan"]

_FLOATS = {"__truediv__", "__rtruediv__", "sqrt", "log", "exp"}
"""Operations that give floats, of which some may be NaN or infinite."""

_OF_FLOATS = {"__add__", "__radd__", "__sub__", "__rsub__", "__mul__", "__rmul__"}
"""Operations that make NaN of infinite floats."""

_WHOLE = {
    "col", "is_in", "is_null", "fill_null", "abs", "__and__", "__rand__", "__or__", "__ror__", "__xor__", "__invert__",
    "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", *_OF_FLOATS,
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
    return any(n.name not in _WHOLE or any(map(may_make_missing, n.exprs)) for n in nodes)


def may_make_nan(expression: Any) -> bool:
    """Tell whether an expression computes something that may be NaN though none of its columns is.

    Examples
    --------
    >>> may_make_nan(nw.col("food") / nw.col("all") > 0.5), may_make_nan(nw.col("age") + 1 > 5)
    (True, False)
    """
    nodes = getattr(expression, "_nodes", ())  # which earlier versions of Narwhals do not tell
    return any(n.name in _FLOATS or any(map(may_make_nan, n.exprs)) for n in nodes)


def without_made_nan(expression: Any) -> Any:
    """Return an expression in which what is NaN on the way is missing, as NaN of a column is.

    Engines take NaN for larger than all numbers and equal to itself, so that 0/0 would meet ``x / y >= 1``.
    """
    if not may_make_nan(expression):
        return expression
    nodes: list[Any] = []
    floats = False
    for node in expression._nodes:  # noqa: SLF001  # nothing else tells what an expression is made of
        floats = floats or node.name in _FLOATS or any(map(may_make_nan, node.exprs))
        nodes.append(_with_own(node))
        if node.name in _FLOATS or (floats and node.name in _OF_FLOATS):
            nodes.append(_filled())
    return type(expression)(*nodes)


def _with_own(node: Any) -> Any:
    """Return an operation with its arguments, changed likewise."""
    if not any(map(may_make_nan, node.exprs)):
        return node
    made = type(node)(
        node.kind, node.name, exprs=tuple(map(without_made_nan, node.exprs)), str_as_lit=node.str_as_lit, **node.kwargs
    )
    made.allow_multi_output = node.allow_multi_output
    return made


def _filled() -> Any:
    return nw.col("x").fill_nan(None)._nodes[-1]  # noqa: SLF001  # likewise
