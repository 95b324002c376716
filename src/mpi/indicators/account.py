"""The sentences of an account: who made the household what it is, and whose answer is not known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mpi.core.exact import text
from mpi.indicators.answers.arrays import truth
from mpi.indicators.rules.conditions import columns_of
from mpi.indicators.rules.words import HEAD, ONE_ANSWER, Share
from mpi.indicators.words import in_words

if TYPE_CHECKING:
    from mpi.indicators.answers.arrays import Answers
    from mpi.indicators.rules.rule import Rule

__all__ = ["HouseholdAnswers", "reason"]


@dataclass(frozen=True, slots=True, eq=False)
class HouseholdAnswers:
    """One household's answers to one rule.

    Attributes
    ----------
    rule : Rule
        The rule.
    answers : Answers
        The household's rows.
    members : tuple of str
        What each member is called.
    kinds : tuple of str
        Which answer each gave, one of `households.PARTS`; empty where a member is not eligible.
    """

    rule: Rule
    answers: Answers
    members: tuple[str, ...]
    kinds: tuple[str, ...]

    def members_with(self, *kinds: str) -> list[int]:
        """Return the members who gave one of some answers."""
        return [i for i, kind in enumerate(self.kinds) if kind in kinds]

    def values(self, row: int, *, missing: bool = False) -> str:
        """List a member's answers, or only what is missing of them."""
        sides = (self.rule.deprived, self.rule.not_deprived)
        asked = tuple(dict.fromkeys(n for side in sides for n in columns_of(side)))
        names = asked if self.rule.of == "members" else self.rule.columns
        if missing:
            names = self.rule.columns
        said = {n: self.answers.value(n, row) for n in names if missing or n != "age" or self.rule.of == "household"}
        if missing:
            return ", ".join(n for n, v in said.items() if v is None)
        return ", ".join(f"{n} {'missing' if v is None else v}" for n, v in said.items())

    def lines(self) -> tuple[str, ...]:
        """Say what each of those who were asked answered."""
        lines = []
        for i, kind in enumerate(self.kinds):
            if kind:
                doubt = " (perhaps not eligible)" if kind.startswith("maybe") else ""
                lines.append(f"{self.members[i]}: {self.values(i)}".rstrip(": ") + doubt)
        return tuple(lines)

    @property
    def because(self) -> str:
        """The trait of a deprived member, or household, in words."""
        return self.rule.because or f"is deprived ({in_words(self.rule.deprived)})"


def reason(answers: HouseholdAnswers, outcome: str) -> str:
    """Say why a household was judged so."""
    if answers.rule.of == "household":
        return _household_reason(answers, outcome)
    if outcome == "unknown":
        return _unknown(answers)
    if not any(answers.kinds):
        return f"Nobody is eligible; such a household counts as {answers.rule.nobody}."
    said = _decided(answers, outcome)
    absent = answers.members_with("open", "maybe_deprived", "maybe_free", "maybe_open")
    return f"{said} {_absent(answers, absent)}" if absent else said


def _household_reason(answers: HouseholdAnswers, outcome: str) -> str:
    """Return the reason for a rule about the household itself."""
    values = answers.values(0)
    if outcome == "unknown":
        torn = "its members contradict each other" if answers.rule.not_deprived is None else "it meets neither side"
        return f"Not known: {answers.values(0, missing=True) or torn} ({values})."
    if outcome == "deprived":
        return f"The household {answers.because} ({values})."
    return f"({values[:1]}{values[1:]})"


def _decided(answers: HouseholdAnswers, outcome: str) -> str:
    """Return the reason for a household that is decided, from the members who decide it."""
    deprived, free = answers.members_with("deprived"), answers.members_with("free")
    if isinstance(answers.rule.household, Share):
        total = len(deprived) + len(free)
        rule = answers.rule
        return f"{len(deprived)} of {total} eligible members count ({answers.because}); the limit is {rule.household}."
    if outcome == "deprived":
        return _deprived(answers, deprived)
    if answers.rule.household == "all" and free:
        return f"{_listed(answers, free)}: not so ({answers.values(free[0])})."
    if answers.rule.household == "none" and deprived:
        return f"{_listed(answers, deprived)}: {answers.because}."
    number = len(answers.members_with("deprived", "free", "open"))
    return (
        f"{number} eligible member{'s' * (number != 1)}, none of them known to be deprived."
        if answers.members_with("open")
        else f"{number} eligible member{'s' * (number != 1)}, none of them deprived."
    )


def _deprived(answers: HouseholdAnswers, deprived: list[int]) -> str:
    """Return the sentences about a deprived household."""
    if answers.rule.household == "all":
        return f"Every eligible member who answered: {answers.because}."
    if answers.rule.household == "none":
        return f"No eligible member {answers.because}."
    said = [f"{_capital(answers.members[i])}, {answers.because}." for i in deprived]
    return " ".join(said) or "So it is, whoever of them is eligible and whatever they would answer."


def _unknown(answers: HouseholdAnswers) -> str:
    """Return the reason why a household is not decided."""
    if answers.rule.household == "head" and truth(HEAD, answers.answers).false.all():
        return "Nobody is marked as head of the household."
    if not any(answers.kinds):
        return "Nobody is eligible; such a household is left missing."
    absent = answers.members_with("open", "maybe_deprived", "maybe_free", "maybe_open")
    if not absent:
        return "Not known: the members who are marked as head differ."
    return _absent(answers, absent)


def _absent(answers: HouseholdAnswers, rows: list[int]) -> str:
    """Return the sentence about the members whose answers are missing."""
    said = "; ".join(f"{answers.members[i]} ({answers.values(i, missing=True)})" for i in rows)
    enough = answers.rule.enough
    if enough is None:
        return f"Not known: {said}."
    limit = "One answer" if enough == ONE_ANSWER else f"Answers of {text(enough)} of the eligible"
    return f"Not known: {said}. {limit} would do."


def _listed(answers: HouseholdAnswers, rows: list[int]) -> str:
    """Return the names of some members, as the beginning of a sentence."""
    return _capital("; ".join(answers.members[i] for i in rows))


def _capital(value: str) -> str:
    return value[:1].upper() + value[1:]
