"""Evaluation of conditions on lazy frames in steps, each computed once and stored in a column.

As one expression a rule is thousands of nodes, since every "and" of three-valued logic uses both of its parts twice;
Spark needs many seconds to build that alone. In steps it is some hundreds.
"""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from mpi.indicators.answers.logic import Truth
from mpi.indicators.lazy.expressions import combined, has_values, is_answered, is_met, truth_expression, values_of
from mpi.indicators.rules.conditions import IsMissing, columns_of, leaves

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mpi.indicators.rules.conditions import Condition, Leaf

__all__ = ["SCRATCH", "with_truths"]

SCRATCH = "_mpi_"
"""How the names of columns begin that serve a step and are dropped again."""


def with_truths(
    frame: nw.LazyFrame[Any], conditions: Sequence[Condition], schema: Mapping[str, Any]
) -> tuple[nw.LazyFrame[Any], Callable[[Condition], Truth]]:
    """Say where conditions hold.

    Parameters
    ----------
    frame : LazyFrame
        The answers.
    conditions : sequence of Condition
        What is asked.
    schema : mapping of name to narwhals dtype
        The columns; the type of one that is not there is None.

    Returns
    -------
    frame : LazyFrame
        The frame with more columns, whose names begin with `SCRATCH`.
    hold : function
        Gives the truth of one of the conditions as two expressions on that frame, which are never null.
    """
    if frame.implementation.is_dask():  # it computes equal parts once by itself, and would repeat the steps
        return frame, lambda condition: truth_expression(condition, schema)
    frame, leaf_truth = _with_leaves(frame, conditions, schema)
    names = _numbered("truth", conditions)
    truths = {name: combined(condition, leaf_truth) for condition, name in names.items()}
    frame = _plus(frame, (getattr(t, s).alias(f"{name}_{s}") for name, t in truths.items() for s in _SIDES))
    return frame, lambda condition: Truth(*(nw.col(f"{names[condition]}_{s}") for s in _SIDES))


_SIDES = ("true", "false")


def _with_leaves(
    frame: nw.LazyFrame[Any], conditions: Sequence[Condition], schema: Mapping[str, Any]
) -> tuple[nw.LazyFrame[Any], Callable[[Leaf], Truth]]:
    """Add what each column says and where it says something; then where each comparison is met."""
    known = _numbered("known", (c for a in conditions for c in columns_of(a)))
    values = _numbered("value", (c for c in known if has_values(c, schema)))
    met = _numbered("met", (leaf for a in conditions for leaf in leaves(a) if not isinstance(leaf, IsMissing)))
    frame = _plus(frame, (is_answered(c, schema).alias(n) for c, n in known.items()))
    frame = _plus(frame, (values_of(c, schema).alias(n) for c, n in values.items()))

    def all_answered(leaf: Leaf) -> nw.Expr:
        """Return where all columns of a comparison have an answer."""
        return functools.reduce(operator.and_, (nw.col(known[c]) for c in columns_of(leaf)))

    def leaf_truth(leaf: Leaf) -> Truth:
        """Return the truth of one comparison, from its columns."""
        if isinstance(leaf, IsMissing):
            return ~Truth(all_answered(leaf), ~all_answered(leaf))
        return Truth(nw.col(met[leaf]), all_answered(leaf) & ~nw.col(met[leaf]))

    read = {c: nw.col(n) for c, n in values.items()}
    holds = ((all_answered(leaf) & is_met(leaf, schema, read.__getitem__)).alias(n) for leaf, n in met.items())
    return _plus(frame, holds), leaf_truth


def _plus(frame: nw.LazyFrame[Any], columns: Iterable[nw.Expr]) -> nw.LazyFrame[Any]:
    more = list(columns)
    return frame.with_columns(*more) if more else frame


def _numbered(kind: str, items: Iterable[Any]) -> dict[Any, str]:
    return {item: f"{SCRATCH}{kind}_{i}" for i, item in enumerate(dict.fromkeys(items))}
