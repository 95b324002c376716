"""Rules on lazy frames: one group-by that the engine does where the data lie; the same answers as in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from mpi.errors import MpiError, Problems, unknown
from mpi.indicators.conditions import Compare, IsMissing, OneOf, Times, leaves
from mpi.indicators.expressions import as_expression, truth_expression
from mpi.indicators.gathering import check_columns, computed_for, wanted
from mpi.indicators.households import PARTS, Counts, answers_of_members, decide
from mpi.indicators.logic import whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mpi.indicators.rules import Rule, Rules

__all__ = ["evaluate_lazily"]


def evaluate_lazily(
    members: nw.LazyFrame[Any], rules: Rules, keys: Sequence[str], households: nw.LazyFrame[Any] | None
) -> Any:
    """Apply rules to a lazy frame; see `mpi.indicators.evaluate`.

    Returns
    -------
    lazy frame
        Of the same kind; nothing is computed before it is collected.
    """
    frame = members if households is None else _joined(members, households, rules, keys)
    schema = dict(frame.collect_schema())
    _check(rules, schema, keys)
    frame = frame.select(*keys, *wanted(rules, list(schema)))
    absent = [c for r in rules for c in r.optional if c not in schema]
    if absent:
        frame = frame.with_columns(*(nw.lit(None, dtype=nw.Float64).alias(c) for c in dict.fromkeys(absent)))
        schema |= dict.fromkeys(absent, nw.Float64())
    masks = {f"{i}_{part}": m for i, r in enumerate(rules) for part, m in _masks(r, schema).items()}
    counted = frame.select(*keys, *(whole(m).alias(n) for n, m in masks.items()))
    sums = counted.group_by(*keys).agg(*(nw.col(n).sum() for n in masks))
    return nw.to_native(sums.select(*keys, *(_decided(i, r, masks) for i, r in enumerate(rules))))


def _masks(rule: Rule, schema: Mapping[str, Any]) -> dict[str, nw.Expr]:
    eligible = None if rule.judged is None else truth_expression(rule.judged, schema)
    return answers_of_members(eligible, truth_expression(rule.deprived, schema))


def _decided(number: int, rule: Rule, masks: Mapping[str, Any]) -> nw.Expr:
    zero = nw.lit(0)
    columns = {p: nw.col(f"{number}_{p}") if f"{number}_{p}" in masks else zero for p in PARTS}
    return as_expression(decide(rule, Counts(**columns))).alias(rule.column)


def _joined(members: nw.LazyFrame[Any], households: Any, rules: Rules, keys: Sequence[str]) -> nw.LazyFrame[Any]:
    if not isinstance(households, nw.LazyFrame):
        raise MpiError("the members' frame is lazy and the households' frame is not; give both of one kind")
    own, theirs = members.collect_schema().names(), households.collect_schema().names()
    asked = wanted(rules, [*own, *theirs])
    both = [c for c in asked if c in own and c in theirs and c not in keys]
    if both:
        raise MpiError(f"{', '.join(map(repr, both))} stands in both frames; leave it out of one of them")
    taken = [c for c in asked if c in theirs and c not in keys]
    return members.join(households.select(*keys, *taken), on=list(keys), how="left")


def _check(rules: Rules, schema: Mapping[str, Any], keys: Sequence[str]) -> None:
    """Raise for absent columns, for those that only memory can compute, and for texts against numbers."""
    missing = [unknown("column", k, schema) for k in keys if k not in schema]
    if missing:
        raise Problems("the members' frame does not identify households", missing).error()
    check_columns(rules, list(schema))
    made = computed_for(rules, list(schema))
    problems = Problems(f"the rules {rules.name!r} do not fit the data")
    problems.found += [
        f"{c.name} is computed in memory only: collect the frame first, or give it a column of that name" for c in made
    ]
    for rule in rules:
        for condition in (rule.judged, rule.deprived):
            for leaf in leaves(condition) if condition is not None else ():
                problems.found += _mismatches(rule, leaf, schema)
    problems.found = list(dict.fromkeys(problems.found))
    problems.raise_if_any()


def _mismatches(rule: Rule, leaf: Any, schema: Mapping[str, Any]) -> list[str]:
    if isinstance(leaf, IsMissing):
        return []
    value = leaf.values[0] if isinstance(leaf, OneOf) else leaf.value if isinstance(leaf, Compare) else leaf.low
    names = [leaf.column, *([value.column] if isinstance(value, Times) else [])]
    asks_text = isinstance(value, str)
    found = []
    for name in names:
        dtype = schema.get(name)
        if dtype is not None and asks_text == (dtype.is_numeric() or dtype == nw.Boolean):
            kind = "text" if asks_text else "number"
            found.append(f"{rule.name}: column {name!r} is {dtype}, and the rule compares it with a {kind}")
    return found
