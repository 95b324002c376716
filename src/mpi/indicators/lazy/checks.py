"""Rules checked against a lazy frame: by its schema, by the names of its columns, and by one look at its values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from mpi.core.errors import DataError, Problems
from mpi.frames.without_codes import without_codes_lazily
from mpi.indicators.answers.arrays import asks_text
from mpi.indicators.answers.gather import (
    check_columns,
    columns_needed,
    computed_for,
    doubted,
    doubted_texts,
    tell_absent,
    tell_labels,
)
from mpi.indicators.lazy.look import look
from mpi.indicators.rules.computed import Recoded
from mpi.indicators.rules.conditions import Compare, IsMissing, Times, leaves
from mpi.indicators.rules.labelled import with_codes
from mpi.indicators.rules.yes_no import neither, torn_rule
from mpi.survey.code_counts import level_counts_there
from mpi.survey.undeclared import tell

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from mpi.indicators.rules.computed import Computed
    from mpi.indicators.rules.conditions import Leaf
    from mpi.indicators.rules.rule import Rule
    from mpi.indicators.rules.rules import Rules

    Labels = Mapping[str, Mapping[Any, str]]

__all__ = ["FittedRules", "check_names", "fitted_rules"]


@dataclass(frozen=True, slots=True, eq=False)
class FittedRules:
    """A lazy frame that rules fit.

    Attributes
    ----------
    frame : LazyFrame
        The answers; codes that the rules declare missing are.
    rules : Rules
        What is asked, in codes where it was asked by labels.
    schema : dict of name to narwhals dtype
        Optional columns that the frame lacks have None.
    taken : function
        Takes the codes that the rules declare missing out of another frame of these columns.
    """

    frame: nw.LazyFrame[Any]
    rules: Rules
    schema: dict[str, Any]
    taken: Callable[[nw.LazyFrame[Any]], nw.LazyFrame[Any]]


def fitted_rules(
    frame: nw.LazyFrame[Any], rules: Rules, labels: Labels | None = None, spared: Collection[str] = ()
) -> FittedRules:
    """Hold rules to a lazy frame: to its schema, and by one look to its values where no schema tells.

    Parameters
    ----------
    frame : LazyFrame
        The members, or households.
    rules : Rules
        What is asked.
    labels : mapping of column to mapping of value to label, optional
        Value labels.
    spared : collection of str
        Columns of which all values were said to be answers.

    Raises
    ------
    MpiError
        With every problem at once: absent columns, those that only memory can compute, texts against numbers, texts
        that are no label, values other than 0 and 1 where the rules ask for these alone, rows on both sides of a rule.

    Warns
    -----
    MpiWarning
        Of labelled codes that read like missing ones and count as answers, and labels that contradict the coding.
    """
    labels = labels or {}
    schema: dict[str, Any] = dict(frame.collect_schema())
    check_columns(rules, list(schema))
    tell_absent(rules, list(schema))
    problems = Problems(f"the rules {rules.name!r} do not fit the data", DataError)
    computed = computed_for(rules, list(schema))
    recoded = [c for c in computed if isinstance(c, Recoded)]
    problems.found += [_not_computed(c) for c in computed if not isinstance(c, Recoded)]
    problems.found += dict.fromkeys(f"{c.name}: {p}" for c in recoded for p in _unlike(c, schema))
    problems.raise_if_any()
    asked, declared = columns_needed(rules, list(schema)), rules.missing

    def taken(other: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """Take codes out of the columns that the rules ask for, and make yes and no of others."""
        if declared:
            spared = [c for c in other.collect_schema().names() if c not in asked]
            other = without_codes_lazily(other, declared.only(asked), labels, spared, why=False)
        if not recoded:
            return other
        types = dict(other.collect_schema())
        return other.with_columns(*(c.expression(types).alias(c.name) for c in recoded))

    frame = taken(frame)
    schema = dict(frame.collect_schema())
    rules = with_codes(rules, labels, [n for n, d in schema.items() if _kind(d) == "number"], problems)
    empty = _columns_of_nulls(frame, schema)
    typed = {name: dtype for name, dtype in schema.items() if name not in empty}
    found = [f"{r.name}: {p}" for r in rules for leaf in _leaves(r) for p in _mismatches(leaf, typed)]
    problems.found += dict.fromkeys(found)
    absent = [c for r in rules for c in r.optional if c not in schema]
    schema |= dict.fromkeys(absent)
    if not problems.found:
        codes = doubted(rules, labels, typed, spared)
        seen = look(frame, rules, schema, codes)
        problems.found += neither(rules, seen.strange, labels)
        problems.found += [torn_rule(name, rows) for name, rows in seen.torn.items()]
        problems.raise_if_any()
        tell_labels(rules, labels)
        names = [n for n in columns_needed(rules, list(typed)) if n not in spared and _kind(typed[n]) == "text"]
        levels = {n: level_counts_there(frame, n) for n in names}
        texts = doubted_texts(rules, labels, levels)
        counts = {(name, text): levels[name][text] for name, said in texts.items() for text in said}
        tell({**codes, **texts}, {**seen.counts, **counts})
    problems.raise_if_any()
    return FittedRules(frame, rules, schema, taken)


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


def _not_computed(computed: Computed) -> str:
    """Return the message for a column that is computed in memory only."""
    return (
        f"{computed.name!r} is computed in memory only: give the frame a column of that name, made part by part with "
        f"mpi.indicators.z_score where the engine has parts (Dask: map_partitions, Spark: mapInPandas), or collect "
        f"{', '.join(computed.needed)} with what identifies a member, and compute it there"
    )


def _unlike(recoded: Recoded, schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield the conditions of a recoded column that do not fit the schema."""
    for condition in (recoded.yes, recoded.no):
        for leaf in leaves(condition):
            yield from _mismatches(leaf, schema)


def _leaves(rule: Rule) -> Iterator[Leaf]:
    for condition in rule.conditions:
        yield from leaves(condition)


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


def check_names(frame: nw.LazyFrame[Any], names: Sequence[str]) -> None:
    """Raise where Spark would take a column's name for a path into a structure."""
    if not frame.implementation.is_spark_like():
        return
    problems = Problems("Spark does not read these columns by their names", DataError)
    problems.found = [
        f"{n!r}: call it {n.replace('.', '_').replace('`', '')!r}, with withColumnRenamed"
        for n in names
        if "." in n or "`" in n
    ]
    problems.raise_if_any()
