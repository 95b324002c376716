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

__all__ = ["Told", "reason"]


@dataclass(frozen=True, slots=True, eq=False)
class Told:
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

    def of(self, *kinds: str) -> list[int]:
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
        """What a deprived member, or household, is."""
        return self.rule.because or f"is deprived ({in_words(self.rule.deprived)})"


def reason(told: Told, outcome: str) -> str:
    """Say why a household was judged so."""
    if told.rule.of == "household":
        return _of_household(told, outcome)
    if outcome == "unknown":
        return _unknown(told)
    if not any(told.kinds):
        return f"Nobody is eligible; such a household counts as {told.rule.nobody}."
    said = _decided(told, outcome)
    absent = told.of("open", "maybe_deprived", "maybe_free", "maybe_open")
    return f"{said} {_absent(told, absent)}" if absent else said


def _of_household(told: Told, outcome: str) -> str:
    values = told.values(0)
    if outcome == "unknown":
        torn = "its members contradict each other" if told.rule.not_deprived is None else "it meets neither side"
        return f"Not known: {told.values(0, missing=True) or torn} ({values})."
    if outcome == "deprived":
        return f"The household {told.because} ({values})."
    return f"({values[:1]}{values[1:]})"


def _decided(told: Told, outcome: str) -> str:
    deprived, free = told.of("deprived"), told.of("free")
    if isinstance(told.rule.household, Share):
        total = len(deprived) + len(free)
        return (
            f"{len(deprived)} of {total} eligible members count ({told.because}); the limit is {told.rule.household}."
        )
    if outcome == "deprived":
        return _deprived(told, deprived)
    if told.rule.household == "all" and free:
        return f"{_listed(told, free)}: not so ({told.values(free[0])})."
    if told.rule.household == "none" and deprived:
        return f"{_listed(told, deprived)}: {told.because}."
    number = len(told.of("deprived", "free", "open"))
    return (
        f"{number} eligible member{'s' * (number != 1)}, none of them known to be deprived."
        if told.of("open")
        else f"{number} eligible member{'s' * (number != 1)}, none of them deprived."
    )


def _deprived(told: Told, deprived: list[int]) -> str:
    if told.rule.household == "all":
        return f"Every eligible member who answered: {told.because}."
    if told.rule.household == "none":
        return f"No eligible member {told.because}."
    said = [f"{_capital(told.members[i])}, {told.because}." for i in deprived]
    return " ".join(said) or "So it is, whoever of them is eligible and whatever they would answer."


def _unknown(told: Told) -> str:
    if told.rule.household == "head" and truth(HEAD, told.answers).false.all():
        return "Nobody is marked as head of the household."
    if not any(told.kinds):
        return "Nobody is eligible; such a household is left missing."
    absent = told.of("open", "maybe_deprived", "maybe_free", "maybe_open")
    if not absent:
        return "Not known: the members who are marked as head differ."
    return _absent(told, absent)


def _absent(told: Told, rows: list[int]) -> str:
    said = "; ".join(f"{told.members[i]} ({told.values(i, missing=True)})" for i in rows)
    enough = told.rule.enough
    if enough is None:
        return f"Not known: {said}."
    limit = "One answer" if enough == ONE_ANSWER else f"Answers of {text(enough)} of the eligible"
    return f"Not known: {said}. {limit} would do."


def _listed(told: Told, rows: list[int]) -> str:
    return _capital("; ".join(told.members[i] for i in rows))


def _capital(value: str) -> str:
    return value[:1].upper() + value[1:]
