"""Explanations of a household's deprivations: an account of each indicator that a person can read."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mpi.core.arguments import kinds_checked
from mpi.core.errors import Problems, RequestError
from mpi.frames.arrays import as_frame, categories, require
from mpi.frames.own_columns import beside
from mpi.indicators.account import HouseholdAnswers, reason
from mpi.indicators.answers.arrays import Answers, read_answers, truth
from mpi.indicators.answers.counts import answers_of_members, count, decide, member_truth
from mpi.indicators.answers.gather import gather
from mpi.indicators.answers.logic import as_numbers
from mpi.indicators.rules.rules import computable, require_rules
from mpi.indicators.words import in_words
from mpi.survey.household_numbers import households_of
from mpi.survey.survey import Survey

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import narwhals.stable.v2 as nw
    from numpy.typing import NDArray

    from mpi.indicators.rules.rule import Rule
    from mpi.indicators.rules.rules import Rules

__all__ = ["Account", "Explanation", "explain"]

Outcome = Literal["deprived", "not deprived", "unknown", "not computed"]


@dataclass(frozen=True, slots=True)
class Account:
    """The outcome of one indicator for one household, and its reason.

    Attributes
    ----------
    rule : str
        The name of the rule.
    label : str
        What to print.
    outcome : {"deprived", "not deprived", "unknown", "not computed"}
        What was decided.
    reason : str
        Why, in sentences.
    asked : str
        Who was asked.
    answers : tuple of str
        What each of those who were asked answered.
    """

    rule: str
    label: str
    outcome: Outcome
    reason: str
    asked: str = ""
    answers: tuple[str, ...] = ()

    def __str__(self) -> str:
        """One line for the decision, one for who was asked, and one for each of their answers."""
        details = [f"asked: {self.asked}"] if self.asked else []
        return "\n    ".join([f"{self.rule}: {self.outcome}. {self.reason}".rstrip(), *details, *self.answers])


@dataclass(frozen=True, slots=True)
class Explanation:
    """The outcomes of all indicators for one household, with their reasons.

    Attributes
    ----------
    household : str
        Its identifier.
    rules : str
        What the rules are called.
    accounts : tuple of Account
        One for each rule.
    """

    household: str
    rules: str
    accounts: tuple[Account, ...]

    def __getitem__(self, rule: str) -> Account:
        """Return the account of one rule."""
        for account in self.accounts:
            if account.rule == rule:
                return account
        known = ", ".join(repr(a.rule) for a in self.accounts)
        raise RequestError(f"there is no account of {rule!r}; there are {known}")

    def __str__(self) -> str:
        """The whole account as text."""
        return "\n".join([f"Household {self.household} by {self.rules}", *map(str, self.accounts)])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{escape(a.label)}</th><td>{a.outcome}</td><td>{escape(a.reason)}</td>"
            f"<td>{escape(a.asked)}</td><td>{'<br>'.join(map(escape, a.answers))}</td></tr>"
            for a in self.accounts
        )
        head = "".join(f"<th>{h}</th>" for h in ("indicator", "decided", "why", "asked", "answers"))
        caption = f"<caption>Household {escape(self.household)} by {escape(self.rules)}</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


@kinds_checked
def explain(
    data: Any,
    rules: Rules,
    household_id: Any,
    *,
    household: str | Sequence[str] = "household",
    within: Mapping[str, Any] | None = None,
) -> Explanation:
    """Account for what the rules decide of one household.

    Parameters
    ----------
    data : Survey or data frame of members
        Where the household is.
    rules : Rules
        What is asked. Rules whose columns are absent are listed as not computed.
    household_id : value, or tuple of values
        Which household; a tuple where several columns identify it.
    household : str or sequence of str
        The identifying columns of a frame; a survey knows its own.
    within : mapping of column to value, optional
        Where to look, when an identifier is used in several PSUs or rounds: ``{"year": 2022, "psu": 17}``.

    Raises
    ------
    MpiError
        When there is no such household, or several.

    Examples
    --------
    >>> import pandas as pd
    >>> from mpi.indicators import explain, load_rules
    >>> people = pd.DataFrame({"household": 1, "member": [1, 2, 3], "age": [40, 8, 12], "attending": [0, 1, 0]})
    >>> print(explain(people, load_rules("vn-2016").select(["child_schooling"]), 1))
    Household 1 by vn-2016
    child_schooling: deprived. Member 3, aged 12, does not attend school.
        asked: children aged 5 to under 15
        member 2, aged 8: attending 1
        member 3, aged 12: attending 0
    """
    require_rules(rules)
    if isinstance(data, Survey):
        frames: Sequence[nw.DataFrame[Any]] = data.frames
        keys = [data.roles["household"]] if "household" in data.roles else []
    else:
        frames = (as_frame(data),)
        keys = [household] if isinstance(household, str) else list(household)
    if isinstance(data, Survey) and isinstance(household_id, tuple) and len(keys) == 1:
        household_id = beside(household_id)  # values side by side, as in the survey
    rows = _rows(frames, keys, household_id, within or {})
    _check_single(data, household_id, rows)
    if isinstance(data, Survey) and data.members is not None:
        rows = rows[data.members[rows]]
    known = list(frames[0].columns)
    able = computable(rules, known)
    labels = data.labels if isinstance(data, Survey) else {}
    able, answers = gather(able, known, lambda names: read_answers(frames, names).take(rows), labels)
    members = _members(frames, known, rows)
    accounts = [
        _account(able[r.name], answers, members) if r.name in able else _not_computed(r, rules.lacking(r, known))
        for r in rules
    ]
    shown = "-".join(map(str, household_id)) if isinstance(household_id, tuple) else str(household_id)
    return Explanation(shown, rules.name, tuple(accounts))


# --- which rows -----------------------------------------------------------------------------------------------------


def _rows(
    frames: Sequence[nw.DataFrame[Any]], keys: Sequence[str], household_id: Any, within: Mapping[str, Any]
) -> NDArray[Any]:
    if not keys:
        raise RequestError("the survey does not know its households; give it household=")
    values = household_id if isinstance(household_id, tuple) else (household_id,)
    if len(values) != len(keys):
        raise RequestError(
            f"a household is identified by {', '.join(map(repr, keys))}; give a value of each, not {household_id!r}"
        )
    asked = {**dict(zip(keys, values, strict=True)), **within}
    problems = Problems("the household cannot be found", RequestError)
    problems.found += require(frames, list(asked))
    problems.raise_if_any()
    mask = np.ones(sum(len(f) for f in frames), dtype=bool)
    for name, value in asked.items():
        found = categories(frames, name)
        if value not in found.levels:
            raise RequestError(f"there is no {name} {value!r}; there are {_sample(found.levels)}")
        mask &= found.index == found.levels.index(value)
    if not mask.any():
        raise RequestError(f"there is no household with {', '.join(f'{k} {v!r}' for k, v in asked.items())}")
    return np.flatnonzero(mask)


def _sample(levels: Sequence[Any]) -> str:
    shown = ", ".join(repr(v) for v in levels[:5])
    return f"{shown} ..." if len(levels) > 5 else shown


def _check_single(data: Any, household_id: Any, rows: NDArray[Any]) -> None:
    """Raise where one identifier stands for households in several PSUs or rounds."""
    if isinstance(data, Survey):
        several = len(np.unique(households_of(data)[rows]))
        if several > 1:
            design = [data.roles[r] for r in ("wave", "strata", "psu") if r in data.roles]
            raise RequestError(
                f"{several} households have the identifier {household_id!r} (identifiers are read within round, "
                f"stratum and PSU); say which with within={{...}}, by {', '.join(map(repr, design)) or 'other columns'}"
            )


def _members(frames: Sequence[nw.DataFrame[Any]], columns: Sequence[str], rows: NDArray[Any]) -> list[str]:
    """Name the members: by their number, or by their place where there is none, and by their age."""
    own = read_answers(frames, [c for c in ("member", "age") if c in columns]).take(rows)
    names = []
    for i in range(len(rows)):
        number = own.value("member", i) if "member" in own.columns else i + 1
        age = own.value("age", i) if "age" in own.columns else None
        names.append(f"member {number}" + (f", aged {age}" if age is not None else ""))
    return names


# --- what is told ---------------------------------------------------------------------------------------------------


def _account(rule: Rule, answers: Answers, members: Sequence[str]) -> Account:
    counts = count(rule, answers, np.zeros(answers.rows, dtype=np.int64), 1)
    value = as_numbers(decide(rule, counts))[0]
    outcome: Outcome = "unknown" if np.isnan(value) else "deprived" if value else "not deprived"
    told = HouseholdAnswers(rule, answers, tuple(members), _kinds(rule, answers))
    if rule.of == "household":
        return Account(rule.name, rule.label, outcome, reason(told, outcome))
    asked = rule.who or in_words(rule.judged)
    return Account(rule.name, rule.label, outcome, reason(told, outcome), asked, told.lines())


def _kinds(rule: Rule, answers: Answers) -> tuple[str, ...]:
    """Say of each member which of the six answers was given; empty for those who are not eligible."""
    eligible = None if rule.judged is None else truth(rule.judged, answers)
    kinds = [""] * answers.rows
    for kind, mask in answers_of_members(eligible, member_truth(rule, lambda c: truth(c, answers))).items():
        for row in np.flatnonzero(mask):
            kinds[row] = kind
    return tuple(kinds)


def _not_computed(rule: Rule, lacking: Sequence[str]) -> Account:
    return Account(rule.name, rule.label, "not computed", f"The data lack {', '.join(lacking)}.")
