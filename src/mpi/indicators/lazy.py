"""Rules on lazy frames: one group-by that the engine does where the data lie; the same answers as in memory."""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from mpi.errors import MpiError, Problems
from mpi.indicators.arrays import asks_text
from mpi.indicators.conditions import Compare, IsMissing, Times, leaves
from mpi.indicators.expressions import as_expression, truth_expression
from mpi.indicators.gathering import check_columns, computed_for, wanted
from mpi.indicators.households import COUNTED, Counts, answers_to, decide
from mpi.indicators.lazy_join import as_lazy, check_keys, joined
from mpi.indicators.logic import whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mpi.indicators.conditions import Leaf
    from mpi.indicators.rules import Rule, Rules

__all__ = ["evaluate_lazily"]


def evaluate_lazily(members: nw.LazyFrame[Any], rules: Rules, keys: Sequence[str], households: Any) -> Any:
    """Apply rules to a lazy frame; see `mpi.indicators.evaluate`.

    Returns
    -------
    lazy frame
        Of the same kind; nothing is computed before it is collected.
    """
    check_keys(members, keys, "the members' frame")
    frame = members if households is None else _with_households(members, households, rules, keys)
    schema = dict(frame.collect_schema())
    empty = _columns_of_nulls(frame, schema)
    _check(rules, schema, empty)
    frame = frame.select(*keys, *wanted(rules, list(schema)))
    absent = dict.fromkeys(c for r in rules for c in r.optional if c not in schema)
    if absent:
        frame = frame.with_columns(*(nw.lit(None, dtype=nw.Float64).alias(c) for c in absent))
        schema |= dict.fromkeys(absent, nw.Unknown())
    masks = {f"{i}_{part}": m for i, r in enumerate(rules) for part, m in _masks(r, schema).items()}
    counted = frame.select(*(_key(k, schema) for k in keys), *(whole(m).alias(n) for n, m in masks.items()))
    sums = counted.group_by(*keys).agg(*(nw.col(n).sum() for n in masks))
    known = functools.reduce(operator.and_, (~nw.col(k).is_null() for k in keys))
    return nw.to_native(sums.select(*keys, *(_decided(i, r, masks, known) for i, r in enumerate(rules))))


def _key(name: str, schema: Mapping[str, Any]) -> nw.Expr:
    """Read an identifier, NaN as missing."""
    return nw.col(name).fill_nan(None) if schema[name].is_float() else nw.col(name)


def _masks(rule: Rule, schema: Mapping[str, Any]) -> dict[str, Any]:
    return answers_to(rule, lambda condition: truth_expression(condition, schema))


def _decided(number: int, rule: Rule, masks: Mapping[str, Any], known: nw.Expr) -> nw.Expr:
    """Decide a household by its counts; members without an identifier are no household, and nothing is known of it."""
    zero = nw.lit(0)
    columns = {p: nw.col(f"{number}_{p}") if f"{number}_{p}" in masks else zero for p in COUNTED}
    return nw.when(known).then(as_expression(decide(rule, Counts(**columns)))).alias(rule.column)


def _with_households(
    members: nw.LazyFrame[Any], households: Any, rules: Rules, keys: Sequence[str]
) -> nw.LazyFrame[Any]:
    homes = as_lazy(households)
    if homes is None:
        raise MpiError("the members' frame is lazy and the households' frame is not; give both of one kind")
    check_keys(homes, keys, "the households' frame")
    own, theirs = members.collect_schema().names(), homes.collect_schema().names()
    asked = wanted(rules, [*own, *theirs])
    both = [c for c in asked if c in own and c in theirs and c not in keys]
    if both:
        raise MpiError(f"{', '.join(map(repr, both))} stands in both frames; leave it out of one of them")
    return joined(members, homes, keys, [c for c in asked if c in theirs and c not in keys])


# --- checks ---------------------------------------------------------------------------------------------------------


def _columns_of_nulls(frame: nw.LazyFrame[Any], schema: Mapping[str, Any]) -> set[str]:
    """Return the columns that were made of missing values alone and so have no type yet (Polars, DuckDB: null)."""
    untyped = [name for name, dtype in schema.items() if dtype == nw.Unknown]
    if not untyped:
        return set()
    native: Any = frame.to_native()
    if frame.implementation.is_polars():
        types = dict(native.collect_schema())
    elif frame.implementation.is_duckdb():
        types = dict(zip(native.columns, native.types, strict=True))
    else:
        return set()
    return {name for name in untyped if str(types[name]).strip('"').upper() == "NULL"}


def _check(rules: Rules, schema: Mapping[str, Any], empty: set[str]) -> None:
    """Raise for absent columns, for those that only memory can compute, and for texts against numbers."""
    check_columns(rules, list(schema))
    made = computed_for(rules, list(schema))
    problems = Problems(f"the rules {rules.name!r} do not fit the data")
    problems.found += [
        f"{c.name} is computed in memory only: collect the frame first, or give it a column of that name" for c in made
    ]
    typed = {name: dtype for name, dtype in schema.items() if name not in empty}
    for rule in rules:
        for condition in (rule.judged, rule.deprived):
            for leaf in leaves(condition) if condition is not None else ():
                problems.found += [f"{rule.name}: {p}" for p in _mismatches(leaf, typed)]
    problems.found = list(dict.fromkeys(problems.found))
    problems.raise_if_any()


def _mismatches(leaf: Leaf, schema: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(leaf, IsMissing):
        return
    other = [leaf.value.column] if isinstance(leaf, Compare) and isinstance(leaf.value, Times) else []
    asked = "text" if asks_text(leaf) else "number"
    for name in (leaf.column, *other):
        if name in schema and _kind(schema[name]) != asked:
            yield f"column {name!r} is {schema[name]}, and the rule compares it with a {asked}"


def _kind(dtype: Any) -> str:
    if dtype.is_numeric() or dtype == nw.Boolean:
        return "number"
    return "text" if dtype in {nw.String, nw.Categorical} or isinstance(dtype, nw.Enum) else "other"
