"""Where conditions hold, as Narwhals expressions: the same answers on engines that do the work themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from mpi.errors import MpiError
from mpi.indicators.arrays import RELATIONS, asks_text, some_equal
from mpi.indicators.conditions import (
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
)
from mpi.indicators.logic import Truth, at_least, every, some

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["as_expression", "expression", "truth_expression"]


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
    >>> from mpi.indicators.conditions import column
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
    match condition:
        case AllOf(parts):
            return every(truth_expression(p, schema) for p in parts)
        case AnyOf(parts):
            return some(truth_expression(p, schema) for p in parts)
        case AtLeast(count, parts):
            return at_least(count, (truth_expression(p, schema) for p in parts))
        case Not(part):
            return ~truth_expression(part, schema)
        case Compare() | OneOf() | Between() | IsMissing():
            return _leaf(condition, schema)
    raise MpiError(f"{condition!r} is no condition that can be evaluated")


def _leaf(leaf: Leaf, schema: Mapping[str, Any]) -> Truth:
    values = _column(leaf.column, schema, text=asks_text(leaf))
    known = ~values.is_null()
    leaf = _as_held(leaf, schema[leaf.column])
    match leaf:
        case IsMissing():
            return Truth(~known, known)
        case Compare(value=Times(other, times)):
            others = _column(other, schema)
            known = known & ~others.is_null()
            met = RELATIONS[leaf.relation](
                values.cast(nw.Float64) * times.denominator, others.cast(nw.Float64) * times.numerator
            )
        case Compare(relation=relation, value=value):
            met = RELATIONS[relation](values, value)
        case OneOf(values=options):
            met = some_equal(values, options)
        case Between(low=low, high=high):
            met = (values >= low) & (values < high)
    met = met.fill_null(value=False)
    return Truth(known & met, known & ~met)


def _as_held(leaf: Leaf, dtype: Any) -> Leaf:
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


def _column(name: str, schema: Mapping[str, Any], *, text: bool = False) -> nw.Expr:
    """Read a column with NaN made missing, so that no engine compares with it; `Unknown` is one of nulls alone."""
    dtype = schema[name]
    if dtype == nw.Unknown:
        return nw.col(name).cast(nw.String if text else nw.Float64)
    if dtype.is_float():
        return nw.col(name).fill_nan(None)
    if dtype == nw.Boolean:
        return nw.col(name).cast(nw.Int64)
    if dtype == nw.Categorical or isinstance(dtype, nw.Enum):
        return nw.col(name).cast(nw.String)
    return nw.col(name).cast(nw.Float64) if dtype.is_decimal() else nw.col(name)
