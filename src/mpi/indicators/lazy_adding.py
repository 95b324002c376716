"""From a lazy frame to the same frame with its households' deprivations on every row; nothing is computed yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from mpi.errors import Problems, unknown
from mpi.indicators.engines import check_names, told_by_engine
from mpi.indicators.expressions import as_expression
from mpi.indicators.lazy import conditions_of, households_of, key_of
from mpi.indicators.lazy_checks import fitting
from mpi.indicators.lazy_truth import SCRATCH, with_truths
from mpi.indicators.rules import require_rules

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mpi.indicators.rules import Rules

__all__ = ["with_deprivations"]


def with_deprivations(
    frame: nw.LazyFrame[Any], rules: Rules, keys: Sequence[str], members: str | None = None
) -> nw.LazyFrame[Any]:
    """Return a lazy frame with a column for each rule on every row.

    Parameters
    ----------
    frame : LazyFrame
        Members, or households where `keys` is empty.
    rules : Rules
        What is asked.
    keys : sequence of str
        The columns that identify a household together, such as round, stratum, PSU and household. Empty where each
        row is a household.
    members : str, optional
        The column that is 1 for members of a household; others are not asked.

    Returns
    -------
    LazyFrame
        The same rows and columns, in an order of the engine's own, and for each rule a column of 1 (deprived), 0 and
        missing. Missing are also the rows in which an identifier is, and households whose members differ in a column
        of the household: this is not known before the data are read.

    Raises
    ------
    MpiError
        When identifiers or answers are absent, columns of these names are there already, rules ask members and
        there are none, or columns hold texts where rules have numbers.

    Examples
    --------
    >>> import pandas as pd
    >>> from mpi.indicators import load_rules
    >>> people = pd.DataFrame({"household": [1, 1, 2], "age": [40, 12, 70], "insured": [1, 0, 1]})
    >>> frame = nw.from_native(people).lazy()
    >>> rules = load_rules("vn-2016").select(["health_insurance"])
    >>> with_deprivations(frame, rules, ["household"]).collect()["dep_health_insurance"].to_list()
    [1.0, 1.0, 0.0]
    """
    require_rules(rules)
    columns = frame.collect_schema().names()
    _check(frame, columns, rules, keys)
    check_names(frame, columns)
    schema = fitting(frame, rules)
    with told_by_engine(frame):
        return _joined(frame, rules, keys, schema, members) if keys else _in_place(frame, rules, schema)


def _check(frame: nw.LazyFrame[Any], columns: Sequence[str], rules: Rules, keys: Sequence[str]) -> None:
    problems = Problems("the deprivations cannot be computed")
    problems.found += [unknown("column", k, columns) for k in keys if k not in columns]
    asked = [r.name for r in rules if r.of == "members"]
    if asked and not keys:
        problems.add(f"each row is a household, and {', '.join(asked)} ask its members; give a frame of members")
    names = {_same(frame, c) for c in columns}
    taken = [r.column for r in rules if _same(frame, r.column) in names]
    if taken:
        problems.add(
            f"the frame has {', '.join(map(repr, taken))} already; start from the frame without them, or give the "
            "rules another column="
        )
    problems.raise_if_any()


def _same(frame: nw.LazyFrame[Any], name: str) -> str:
    """Write a name so that equal ones are the same column to the engine: to those of SQL, capitals are nothing."""
    engine = frame.implementation
    return name.casefold() if engine.is_duckdb() or engine.is_ibis() or engine.is_spark_like() else name


def _joined(
    frame: nw.LazyFrame[Any], rules: Rules, keys: Sequence[str], schema: Mapping[str, Any], members: str | None
) -> nw.LazyFrame[Any]:
    """Evaluate by household and join it to the members, on identifiers written so that every engine joins them."""
    own = {f"{SCRATCH}key_{i}": _joinable(k, schema) for i, k in enumerate(keys)}
    listed = frame.with_columns(*(expr.alias(name) for name, expr in own.items()))
    asked = listed if members is None else listed.filter(nw.col(members) == 1)
    households = households_of(asked, rules, {name: nw.col(name) for name in own}, schema)
    return listed.join(households, on=list(own), how="left").drop(*own)


def _joinable(key: str, schema: Mapping[str, Any]) -> nw.Expr:
    dtype = schema[key]
    is_category = dtype == nw.Categorical or isinstance(dtype, nw.Enum)
    return nw.col(key).cast(nw.String) if is_category else key_of(key, schema)


def _in_place(frame: nw.LazyFrame[Any], rules: Rules, schema: Mapping[str, Any]) -> nw.LazyFrame[Any]:
    columns = frame.collect_schema().names()
    longer, hold = with_truths(frame, conditions_of(rules), schema)
    found = (as_expression(hold(rule.deprived)).alias(rule.column) for rule in rules)
    return longer.with_columns(*found).select(*columns, *(rule.column for rule in rules))
