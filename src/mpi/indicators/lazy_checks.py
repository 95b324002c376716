"""Whether rules fit a lazy frame: all that its schema tells, without a look at its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from mpi.errors import Problems
from mpi.indicators.arrays import asks_text
from mpi.indicators.conditions import Compare, IsMissing, Times, leaves
from mpi.indicators.gathering import check_columns, computed_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mpi.indicators.computed import Computed
    from mpi.indicators.conditions import Leaf
    from mpi.indicators.rules import Rule, Rules

__all__ = ["fitting"]


def fitting(frame: nw.LazyFrame[Any], rules: Rules) -> dict[str, Any]:
    """Return the schema of a frame that rules can be applied to.

    Parameters
    ----------
    frame : LazyFrame
        The members, or households.
    rules : Rules
        What is asked.

    Returns
    -------
    dict of name to narwhals dtype
        Optional columns that the frame lacks have None.

    Raises
    ------
    MpiError
        With every problem at once: absent columns, those that only memory can compute, texts against numbers.
    """
    schema = dict(frame.collect_schema())
    check_columns(rules, list(schema))
    problems = Problems(f"the rules {rules.name!r} do not fit the data")
    problems.found += [_not_computed(c) for c in computed_for(rules, list(schema))]
    empty = _columns_of_nulls(frame, schema)
    typed = {name: dtype for name, dtype in schema.items() if name not in empty}
    found = [f"{r.name}: {p}" for r in rules for leaf in _leaves(r) for p in _mismatches(leaf, typed)]
    problems.found += dict.fromkeys(found)
    problems.raise_if_any()
    absent = [c for r in rules for c in r.optional if c not in schema]
    return schema | dict.fromkeys(absent)


def _columns_of_nulls(frame: nw.LazyFrame[Any], schema: Mapping[str, Any]) -> set[str]:
    """Return the columns that were made of missing values alone and so have no type yet."""
    untyped = [name for name, dtype in schema.items() if dtype == nw.Unknown]
    if not untyped:
        return set()
    types = _native_types(frame)
    return {name for name in untyped if str(types.get(name)).strip('"').upper() in _NULLS}


_NULLS = {"NULL", "VOID", "VOIDTYPE()"}


def _native_types(frame: nw.LazyFrame[Any]) -> dict[str, Any]:
    """Return the types of columns as the engine names them, of the engines that have one of nulls."""
    native: Any = frame.to_native()
    if frame.implementation.is_polars():
        return dict(native.collect_schema())
    if frame.implementation.is_duckdb():
        return dict(zip(native.columns, native.types, strict=True))
    if frame.implementation.is_ibis():
        return dict(native.schema().items())
    if frame.implementation.is_spark_like():
        return dict(native.dtypes)
    return {}


def _not_computed(made: Computed) -> str:
    return (
        f"{made.name!r} is computed in memory only: give the frame a column of that name, made part by part with "
        f"mpi.indicators.z_score where the engine has parts (Dask: map_partitions, Spark: mapInPandas), or collect "
        f"{', '.join(made.needed)} with what identifies a member, and compute it there"
    )


def _leaves(rule: Rule) -> Iterator[Leaf]:
    for condition in (rule.judged, rule.deprived):
        yield from leaves(condition) if condition is not None else ()


def _mismatches(leaf: Leaf, schema: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(leaf, IsMissing):
        return
    other = [leaf.value.column] if isinstance(leaf, Compare) and isinstance(leaf.value, Times) else []
    asked = "text" if asks_text(leaf) else "number"
    for name in (leaf.column, *other):
        if name in schema and _kind(schema[name]) != asked:
            yield f"column {name!r} is {schema[name]}, and the rule compares it with a {asked}; make it one"


def _kind(dtype: Any) -> str:
    if dtype.is_numeric() or dtype == nw.Boolean:
        return "number"
    return "text" if dtype in {nw.String, nw.Categorical} or isinstance(dtype, nw.Enum) else "other"
