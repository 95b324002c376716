"""Deprivations of households added to every row of a lazy frame; nothing is computed yet."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from mpi.core.errors import DataError, Problems, unknown
from mpi.frames.engine_errors import translated_errors
from mpi.indicators.answers.counts import member_truth
from mpi.indicators.lazy.checks import check_names, fitted_rules
from mpi.indicators.lazy.evaluate import conditions_of, households_of
from mpi.indicators.lazy.expressions import as_expression
from mpi.indicators.lazy.truth import SCRATCH, with_truths
from mpi.indicators.rules.rules import require_rules

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from mpi.indicators.lazy.checks import FittedRules
    from mpi.indicators.rules.rules import Rules

    Labels = Mapping[str, Mapping[Any, str]]

__all__ = ["with_deprivations"]


def with_deprivations(
    frame: nw.LazyFrame[Any],
    rules: Rules,
    keys: Sequence[str],
    members: str | None = None,
    *,
    labels: Labels | None = None,
    spared: Collection[str] = (),
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
    labels, spared
        As for `lazy_checks.fitting`.

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
    with translated_errors(frame, "apply the rules"):
        fit = fitted_rules(frame, rules, labels, spared)
        return _joined(frame, fit, keys, members) if keys else _in_place(frame, fit)


def _check(frame: nw.LazyFrame[Any], columns: Sequence[str], rules: Rules, keys: Sequence[str]) -> None:
    problems = Problems("the deprivations cannot be computed", DataError)
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


def _joined(frame: nw.LazyFrame[Any], fit: FittedRules, keys: Sequence[str], members: str | None) -> nw.LazyFrame[Any]:
    """Evaluate by household and join it to the members, on identifiers written so that every engine joins them."""
    own = {f"{SCRATCH}key_{i}": _joinable(k, fit.schema) for i, k in enumerate(keys)}
    plus = [expr.alias(name) for name, expr in own.items()]
    listed = frame.with_columns(*plus)
    answers = listed if fit.frame is frame else fit.frame.with_columns(*plus)
    asked = answers if members is None else answers.filter(nw.col(members) == 1)
    households = households_of(replace(fit, frame=asked), {name: nw.col(name) for name in own})
    return listed.join(households, on=list(own), how="left").drop(*own)


def _joinable(key: str, schema: Mapping[str, Any]) -> nw.Expr:
    dtype = schema[key]
    is_category = dtype == nw.Categorical or isinstance(dtype, nw.Enum)
    return nw.col(key).cast(nw.String) if is_category else nw.col(key)


def _in_place(frame: nw.LazyFrame[Any], fit: FittedRules) -> nw.LazyFrame[Any]:
    """Evaluate row by row; columns from which the rules took codes come back as they were."""
    columns = frame.collect_schema().names()
    asked, kept = fit.frame, {c: c for c in columns}
    if fit.frame is not frame:
        kept = {c: f"{SCRATCH}kept_{i}" for i, c in enumerate(columns)}
        held = frame.with_columns(*(nw.col(c).alias(n) for c, n in kept.items()))
        asked = fit.taken(held)
    longer, hold = with_truths(asked, conditions_of(fit.rules), fit.schema)
    found = (as_expression(member_truth(rule, hold)).alias(rule.column) for rule in fit.rules)
    back = (nw.col(n).alias(c) for c, n in kept.items())
    return longer.with_columns(*found).select(*back, *(rule.column for rule in fit.rules))
