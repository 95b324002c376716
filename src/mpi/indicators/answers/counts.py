"""A household's answer from its members': true or false where all ways of filling missing answers agree.

A member's answer is one of six: surely or perhaps eligible, crossed with deprived, not deprived or unknown. How many
members gave each decides the household, whatever the rule and whatever the engine that counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.indicators.answers.arrays import Answers, truth
from mpi.indicators.answers.logic import Truth
from mpi.indicators.rules.words import HEAD, Share

if TYPE_CHECKING:
    from collections.abc import Callable
    from fractions import Fraction

    from numpy.typing import NDArray

    from mpi.indicators.rules.conditions import Condition
    from mpi.indicators.rules.rule import Rule

__all__ = [
    "COUNTED",
    "PARTS",
    "Counts",
    "answers_of_members",
    "answers_to",
    "count",
    "decide",
    "member_truth",
    "possible",
    "settle",
]

PARTS = ("deprived", "free", "open", "maybe_deprived", "maybe_free", "maybe_open")
COUNTED = (*PARTS, "heads")


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """The number of members of each household who gave each answer.

    Attributes
    ----------
    deprived, free, open : array of int, or narwhals expression
        Eligible members who are deprived, are not, or gave no answer.
    maybe_deprived, maybe_free, maybe_open : array of int, or narwhals expression
        The same for members of whom it is unknown whether they are eligible.
    heads : array of int, or narwhals expression
        Members who are or may be the head, where the head decides.
    """

    deprived: Any
    free: Any
    open: Any
    maybe_deprived: Any
    maybe_free: Any
    maybe_open: Any
    heads: Any

    @property
    def sure(self) -> Any:
        """The members who are eligible."""
        return self.deprived + self.free + self.open

    @property
    def most(self) -> Any:
        """The members who are eligible or may be."""
        return self.sure + self.maybe_deprived + self.maybe_free + self.maybe_open


def answers_of_members(eligible: Truth | None, deprived: Truth) -> dict[str, Any]:
    """Sort members by their answers: a yes-or-no column for each of `PARTS` (three where everyone is eligible)."""
    kinds = {"deprived": deprived.true, "free": deprived.false, "open": deprived.unknown}
    if eligible is None:
        return kinds
    sure = {name: eligible.true & kind for name, kind in kinds.items()}
    return sure | {f"maybe_{name}": eligible.unknown & kind for name, kind in kinds.items()}


def answers_to(rule: Rule, hold: Callable[[Condition], Truth]) -> dict[str, Any]:
    """Sort members by those answers that a rule is decided by, with a function that says where conditions hold."""
    if rule.of == "household":
        said = member_truth(rule, hold)
        return {"deprived": said.true, "free": said.false}
    eligible = None if rule.judged is None else hold(rule.judged)
    found = answers_of_members(eligible, member_truth(rule, hold))
    return found | {"heads": ~hold(HEAD).false} if rule.household == "head" else found


def member_truth(rule: Rule, hold: Callable[[Condition], Truth]) -> Truth:
    """Return who is deprived and who is not; with both sides stated, whoever meets neither is unknown."""
    deprived = hold(rule.deprived)
    if rule.not_deprived is None:
        return deprived
    free = hold(rule.not_deprived)
    return Truth(deprived.true & ~free.true, free.true & ~deprived.true)


def count(rule: Rule, answers: Answers, household: NDArray[Any], households: int) -> Counts:
    """Count the answers in each household.

    Parameters
    ----------
    rule : Rule
        Who is asked what.
    answers : Answers
        The members' answers.
    household : ndarray of int, shape (rows,)
        The position of each member's household.
    households : int
        How many households there are.
    """
    masks = answers_to(rule, lambda condition: truth(condition, answers))
    zero = np.zeros(households, dtype=np.int64)
    found = {name: np.bincount(household[mask], minlength=households) for name, mask in masks.items()}
    return Counts(**{name: found.get(name, zero) for name in COUNTED})


def decide(rule: Rule, counts: Counts) -> Truth:
    """Say which households are deprived, which are not, and of which that is unknown.

    A household is deprived, or not, where every way of filling in the missing answers says so; else, where enough
    members answered (`Rule.enough`), as those who answered say.
    """
    return settle(rule, counts, *possible(rule, counts))


def possible(rule: Rule, counts: Counts) -> tuple[Any, Any]:
    """Return whether the household may be deprived, and whether it may be not deprived."""
    if rule.of == "household":
        return counts.free == 0, counts.deprived == 0
    return _possible_of_head(rule, counts) if rule.household == "head" else _possible(rule, counts)


def settle(rule: Rule, counts: Counts, yes: Any, no: Any) -> Truth:
    """Say what follows from what is possible, and from those who answered."""
    found = Truth(yes & ~no, no & ~yes)
    return found if rule.enough is None else _by_those_who_answered(rule, counts, found)


def _possible(rule: Rule, counts: Counts) -> tuple[Any, Any]:
    """Say what is possible for a rule that counts members."""
    least = counts.deprived + counts.free + counts.open + counts.maybe_free + counts.maybe_open
    mostly = counts.deprived + counts.open + counts.maybe_deprived + counts.maybe_open
    yes = _reaches(rule, mostly, mostly + counts.free)
    no = (least > 0) & ~_reaches(rule, counts.deprived, least)
    if rule.household == "none":
        yes, no = no, yes
    return _with_nobody(rule, yes, no, counts.sure == 0)


def _possible_of_head(rule: Rule, counts: Counts) -> tuple[Any, Any]:
    """Return whether the head may be deprived, or not: the one who surely is the head, else all who may be."""
    doubtful = counts.sure == 0
    yes = (counts.deprived + counts.open > 0) | (doubtful & (counts.maybe_deprived + counts.maybe_open > 0))
    no = (counts.free + counts.open > 0) | (doubtful & (counts.maybe_free + counts.maybe_open > 0))
    yes, no = _with_nobody(rule, yes, no, doubtful)
    headless = counts.heads == 0
    return yes | headless, no | headless


def _with_nobody(rule: Rule, yes: Any, no: Any, empty: Any) -> tuple[Any, Any]:
    """Add what the rule says of households that may have nobody eligible."""
    if rule.nobody != "not deprived":
        yes = yes | empty
    if rule.nobody != "deprived":
        no = no | empty
    return yes, no


def _reaches(rule: Rule, deprived: Any, eligible: Any) -> Any:
    """Return whether so many of so many members are enough for the rule, were its word "any" in place of "none"."""
    limit = _limit(rule)
    left, right = deprived * limit.share.denominator, eligible * limit.share.numerator
    return (eligible > 0) & (left > right if limit.strict else left >= right)


def _limit(rule: Rule) -> Share:
    """Write each word as a share: any member is more than none of them, all are a share of 1."""
    if isinstance(rule.household, Share):
        return rule.household
    return _ALL if rule.household == "all" else _ANY


def _by_those_who_answered(rule: Rule, counts: Counts, truth: Truth) -> Truth:
    """Return the truth of households, decided by those who answered where they are enough."""
    needed: Fraction = rule.enough  # type: ignore[assignment]  # the caller looked
    answered = counts.deprived + counts.free
    suffices = truth.unknown & (answered > 0) & (answered * needed.denominator >= counts.most * needed.numerator)
    yes = _reaches(rule, counts.deprived, answered)
    if rule.household == "none":
        yes = ~yes
    return Truth(truth.true | (suffices & yes), truth.false | (suffices & ~yes))


_ANY = Share(0, strict=True)  # type: ignore[arg-type]  # made exact there
_ALL = Share(1, strict=False)  # type: ignore[arg-type]  # as above
