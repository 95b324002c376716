"""Evaluation of conditions as Narwhals expressions: the same answers on engines that compute by themselves."""

from __future__ import annotations

import functools
import operator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from mpi.core.arguments import kinds_checked
from mpi.core.errors import RequestError
from mpi.indicators.answers.arrays import RELATIONS, some_equal
from mpi.indicators.answers.logic import Truth, at_least, every, some
from mpi.indicators.rules.conditions import (
    AllOf,
    AnyOf,
    AtLeast,
    Between,
    Compare,
    Condition,
    IsMissing,
    Leaf,
    Not,
    OneOf,
    Times,
    columns_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "as_expression",
    "combined",
    "expression",
    "has_values",
    "is_answered",
    "is_met",
    "truth_expression",
    "values_of",
]


@kinds_checked
def expression(condition: Condition, schema: Mapping[str, Any]) -> nw.Expr:
    """Translate a condition to a Narwhals expression.

    Parameters
    ----------
    condition : Condition
        What is asked.
    schema : mapping of name to narwhals dtype
        The columns of the frame it will be used on, `frame.collect_schema()`.

    Returns
    -------
    narwhals.Expr
        1.0 where it holds, 0.0 where it does not, null where that is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> from mpi.indicators.rules.conditions import column
    >>> frame = nw.from_native(pd.DataFrame({"age": [4.0, 7.0, None]}))
    >>> frame.select(young=expression(column("age") < 6, frame.schema))["young"].to_list()
    [1.0, 0.0, nan]
    """
    return as_expression(truth_expression(condition, schema))


def as_expression(truth: Truth) -> nw.Expr:
    """Write a truth as 1.0, 0.0 and null."""
    return nw.when(truth.true | truth.false).then(truth.true.cast(nw.Int64).cast(nw.Float64))


def truth_expression(condition: Condition, schema: Mapping[str, Any]) -> Truth:
    """Say where a condition holds and where it does not, as two expressions that are never null."""

    def leaf_truth(leaf: Leaf) -> Truth:
        """Return the truth of one comparison."""
        known = functools.reduce(operator.and_, (is_answered(c, schema) for c in columns_of(leaf)))
        if isinstance(leaf, IsMissing):
            return Truth(~known, known)
        met = is_met(leaf, schema, lambda name: values_of(name, schema))
        return Truth(known & met, known & ~met)

    return combined(condition, leaf_truth)


def combined(condition: Condition, leaf_truth: Callable[[Leaf], Truth]) -> Truth:
    """Put the truths of single comparisons together to that of a condition."""
    match condition:
        case AllOf(parts, skip):
            return every((combined(p, leaf_truth) for p in parts), skip_missing=skip)
        case AnyOf(parts, skip):
            return some((combined(p, leaf_truth) for p in parts), skip_missing=skip)
        case AtLeast(count, parts, skip):
            return at_least(count, (combined(p, leaf_truth) for p in parts), skip_missing=skip)
        case Not(part):
            return ~combined(part, leaf_truth)
        case Compare() | OneOf() | Between() | IsMissing():
            return leaf_truth(condition)
    raise RequestError(f"{condition!r} is no condition that can be evaluated")


def is_answered(name: str, schema: Mapping[str, Any]) -> nw.Expr:
    """Say where a column has an answer, neither null nor NaN; one of type None is not there, and has none."""
    if schema[name] is None:
        return nw.lit(value=False)
    return ~(nw.col(name).fill_nan(None) if schema[name].is_float() else nw.col(name)).is_null()


def values_of(name: str, schema: Mapping[str, Any]) -> nw.Expr:
    """Read a column so that every engine can compare it: NaN as missing, categories as texts, yes and no as 1 and 0.

    A yes-or-no without an answer is 0 here, since some engines have integers without missing ones: ask `is_answered`.
    """
    dtype = schema[name]
    if dtype.is_float():
        return nw.col(name).fill_nan(None)
    if dtype == nw.Boolean:
        return nw.col(name).fill_null(value=False).cast(nw.Int64)
    if dtype == nw.Categorical or isinstance(dtype, nw.Enum):
        return nw.col(name).cast(nw.String)
    return nw.col(name).cast(nw.Float64) if dtype.is_decimal() else nw.col(name)


def has_values(name: str, schema: Mapping[str, Any]) -> bool:
    """Return whether a column can be compared: not where it has no type, being absent or of missing values alone."""
    return schema[name] is not None and schema[name] != nw.Unknown


def is_met(leaf: Leaf, schema: Mapping[str, Any], read: Callable[[str], nw.Expr]) -> nw.Expr:
    """Say where a comparison is met, by the values of its columns; never null, and of no meaning where one is missing.

    Parameters
    ----------
    leaf : Leaf
        What is compared.
    schema : mapping of name to narwhals dtype
        The types of the columns.
    read : function
        Gives the values of a column, as `values_of` does.
    """
    if not all(has_values(c, schema) for c in columns_of(leaf)):
        return nw.lit(value=False)
    met: nw.Expr = nw.lit(value=False)
    x: Any = read(leaf.column)
    match _in_precision(leaf, schema[leaf.column]):
        case Compare(relation=relation, value=Times(other, times)):
            met = RELATIONS[relation](
                x.cast(nw.Float64) * times.denominator, read(other).cast(nw.Float64) * times.numerator
            )
        case Compare(relation=relation, value=value):
            met = RELATIONS[relation](x, value)
        case OneOf(values=options):
            met = some_equal(x, options)
        case Between(low=low, high=high):
            met = (x >= low) & (x < high)
    return met.fill_null(value=False)


def _in_precision(leaf: Leaf, dtype: Any) -> Leaf:
    """Round the numbers of a condition to single precision where the column is: 0.1 is then 0.1 on every engine."""
    if dtype != nw.Float32:
        return leaf
    match leaf:
        case Compare(value=int() | float() as value):
            return replace(leaf, value=float(np.float32(value)))
        case OneOf(values=values):
            return replace(leaf, values=tuple(v if isinstance(v, str) else float(np.float32(v)) for v in values))
        case Between(low=low, high=high):
            return replace(leaf, low=float(np.float32(low)), high=float(np.float32(high)))
    return leaf
