"""Deprivations of households added to every row of a survey."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.arguments import kinds_checked
from mpi.core.errors import DataError, Problems, RequestError
from mpi.frames.arrays import with_numbers
from mpi.frames.missing_codes import MissingCodes
from mpi.frames.without_codes import with_reasons, with_reasons_lazily
from mpi.indicators.answers.arrays import read_answers
from mpi.indicators.answers.gather import columns_needed, gather, tell_doubts
from mpi.indicators.evaluate import check_members, deprivations
from mpi.indicators.lazy.add import with_deprivations
from mpi.indicators.rules.rules import require_rules
from mpi.survey.household_numbers import households_of
from mpi.survey.out_of_core import EngineRows
from mpi.survey.survey import of_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    import narwhals.stable.v2 as nw

    from mpi.indicators.rules.rules import Rules
    from mpi.survey.source import Source
    from mpi.survey.survey import Survey

__all__ = ["add_deprivations"]

_PROSE: dict[str, Any] = {
    **dict.fromkeys(("label", "who", "because", "source", "proxy", "note"), ""),
    "status": "from memory",
}
"""What a rule says besides what it asks."""


@kinds_checked
def add_deprivations(survey: Survey, rules: Rules) -> Survey:
    """Return a survey with a column for each rule on every row.

    Parameters
    ----------
    survey : Survey
        Members with their household (``household=``), or households with their size (``size=``), of which rules of
        the household can be computed. Identifiers of households are read within round, stratum and PSU. A domain
        stays; deprivations follow from all members of a household, in the domain or not.
    rules : Rules
        What is asked.

    Raises
    ------
    MpiError
        When the survey does not say which household a member belongs to, a member stands twice in its household
        (by the column `member`, where there is one), columns are absent (the message says which rules can be
        computed all the same), or the survey has columns of these names already.

    Examples
    --------
    >>> import pandas as pd
    >>> from mpi import Survey
    >>> from mpi.indicators import add_deprivations, load_rules
    >>> people = pd.DataFrame({"household": [1, 1, 2], "age": [40, 12, 70], "insured": [1, 0, 1]})
    >>> rules = load_rules("vn-2016").select(["health_insurance"])
    >>> survey = add_deprivations(Survey(people, household="household"), rules)
    >>> survey.numbers("dep_health_insurance")
    array([1., 1., 0.])
    """
    require_rules(rules)
    if isinstance(survey.rows, EngineRows):
        _check_kind(survey)
        return of_rows(_added_lazily(survey.rows, rules))
    _check(survey, rules)
    household = households_of(survey)
    check_members(rules, survey.frames, household)
    asked = {r.column: tuple(columns_needed(rules.select([r.name]), survey.columns)) for r in rules}
    declared, origin = rules.missing, survey.rows.origin.with_rules(_written(rules))
    rules, answers = gather(rules, survey.columns, lambda names: read_answers(survey.frames, names), survey.labels)
    tell_doubts(rules, answers, survey.labels, survey.missing.answers)
    names = survey.categories(survey.roles["household"]) if "household" in survey.roles else None
    row = np.zeros(int(household.max()) + 1, dtype=np.int64)
    row[household] = np.arange(len(household))
    who = np.arange(len(household)) if survey.members is None else np.flatnonzero(survey.members)
    found = deprivations(
        rules,
        answers if len(who) == len(household) else answers.take(who),
        household[who],
        len(row),
        lambda i: names.label(int(row[i])) if names else f"row {row[i]}",
    )
    starts = np.cumsum([0, *(len(f) for f in survey.frames)])
    frames = tuple(
        with_numbers(f, {c: v[household[a : a + len(f)]] for c, v in found.items()})
        for f, a in zip(survey.frames, starts, strict=False)
    )
    columns = list(dict.fromkeys(c for names in asked.values() for c in names))
    frames = tuple(with_reasons(f, declared, survey.labels, columns) for f in frames)
    missing = survey.missing | MissingCodes(inputs=asked)
    return of_rows(replace(survey.rows.collect().over(frames, missing=missing), origin=origin))


def _added_lazily(rows: EngineRows, rules: Rules) -> EngineRows:
    """Add the deprivations to frames that an engine holds, and the codes that the rules declare missing."""
    asked = {r.column: tuple(columns_needed(rules.select([r.name]), rows.columns)) for r in rules}
    columns = list(dict.fromkeys(c for names in asked.values() for c in names))

    def longer(source: Source) -> nw.LazyFrame[Any]:
        """Return the frame of a source with its deprivations, and with the reasons of missing answers."""
        frame = with_deprivations(
            source.frame, rules, _keys(source.roles), source.roles.get("members"), labels=rows.labels,
            spared=rows.missing.answers,
        )  # fmt: skip
        return with_reasons_lazily(frame, rules.missing, rows.labels, columns)

    missing = rows.missing | MissingCodes(inputs=asked)
    return rows.with_frames(longer, missing, rows.origin.with_rules(_written(rules)))


def _written(rules: Rules) -> dict[str, dict[str, str]]:
    """Return what made each column: the names of its rule and of the rules, and what the rule asks, as TOML."""
    found = {}
    for rule in rules:
        needed = tuple(c for c in rules.computed if c.name in rule.columns)
        asked = replace(rules.select([rule.name]), name="rule", title="", source="", computed=needed)
        text = replace(asked, rules=(replace(rule, **_PROSE),)).to_toml()
        found[rule.column] = {"rules": rules.name, "rule": rule.name, "text": text}
    return found


def _keys(roles: Mapping[str, str]) -> list[str]:
    """Return the columns that tell households apart; none where each row is one."""
    if "size" in roles or "households" in roles:
        return []
    return list(dict.fromkeys(roles[r] for r in ("wave", "strata", "psu", "household") if r in roles))


def _check_kind(survey: Survey) -> None:
    if not survey.roles.keys() & {"household", "size", "households"}:
        raise RequestError(
            "the deprivations cannot be computed: tell the survey which column identifies the households (household=)"
        )


def _check(survey: Survey, rules: Rules) -> None:
    problems = Problems("the deprivations cannot be computed", DataError)
    _check_kind(survey)
    if survey.roles.keys() & {"size", "households"}:
        asked = [r.name for r in rules if r.of == "members"]
        if asked:
            problems.add(f"each row is a household, and {', '.join(asked)} ask its members; give a survey of members")
    taken = [r.column for r in rules if r.column in survey.columns]
    if taken:
        problems.add(
            f"the survey has {', '.join(map(repr, taken))} already; start from the survey without them, or give the "
            "rules another column="
        )
    if "household" in survey.roles and "size" not in survey.roles:
        found = survey.categories(survey.roles["household"])
        if found.levels and found.levels[-1] is None:
            absent = int((found.index == len(found.levels) - 1).sum())
            problems.add(f"the household column {survey.roles['household']!r} is missing in {absent:,} rows")
    problems.raise_if_any()
