"""Scores that a cutoff just misses: the people who stand on them are told, for a third typed as 0.33 is no third."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from mpi.core.errors import warn
from mpi.core.exact import text
from mpi.estimation.identify import complete

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from mpi.estimation.identify import Scores
    from mpi.estimation.patterns import Profiles
    from mpi.measures.measure import Measure
    from mpi.survey.survey import Survey

__all__ = ["Miss", "cases_of", "misses", "people_of", "warn_of_misses", "warn_of_scores"]

_NEAR, _NEAR_ROUNDED = Fraction(1, 100), Fraction(1, 10_000)
"""A score this near to a cutoff is missed by it: of weights that are exact, and of data-driven ones."""
_AROUND, _MANY = Fraction(1, 20), 8
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Miss:
    """A score on which people stand and which a cutoff just misses.

    Attributes
    ----------
    cutoff, score : Fraction
        What is missed by how little.
    people : int
        The cases on the score, unweighted.
    """

    cutoff: Fraction
    score: Fraction
    people: int

    def sentence(self, name: str, people: str = "people") -> str:
        """Say what is missed, whether the people on it reach the cutoff, and how to mend it.

        Examples
        --------
        >>> Miss(Fraction(67, 100), Fraction(2, 3), 840).sentence("cutoff")
        "cutoff 0.67 misses the score 2/3 by 0.5% (people on it: 840, below the cutoff); if it is meant, write '2/3'"
        """
        gap = float(abs(self.cutoff - self.score) / self.score) * 100
        side = "below" if self.score < self.cutoff else "above"
        mend = f"{_shown(self.score)!r}"
        if self.score.denominator > self.cutoff.denominator:
            mend = f"weights as fractions such as {text(self.cutoff)!r}"
        return (
            f"{name} {_shown(self.cutoff)} misses the score {_shown(self.score)} by {gap:.2g}% ({people} on it: "
            f"{self.people:,}, {side} the cutoff); if it is meant, write {mend}"
        )


def misses(people: Mapping[Fraction, int], cutoff: Fraction, *, slack: Fraction = Fraction(0)) -> list[Miss]:
    """Return the scores with people on them that a cutoff misses by at most 1% of it.

    Where people stand just below the cutoff these are told; those above it only where nobody stands on the cutoff
    itself. Nothing is told where scores lie so close together that some must be near.

    Parameters
    ----------
    people : mapping of Fraction to int
        The cases on each score that occurs; those within 5% of the cutoff suffice.
    cutoff : Fraction
        The cutoff.
    slack : Fraction
        How far below it a score counts as at it: 0 where weights are exact. Data-driven weights make scores that are
        near by chance, so only those within a ten-thousandth are told, where few others are near.

    Examples
    --------
    >>> [str(m.score) for m in misses({Fraction(1, 3): 12, Fraction(2, 3): 7}, Fraction(67, 100))]
    ['2/3']
    """
    limit = _NEAR_ROUNDED if slack else _NEAR
    around = [s for s in people if abs(s - cutoff) <= _AROUND * cutoff]
    close = [s for s in around if abs(s - cutoff) <= limit * max(s, cutoff)]
    if len(around) > (0 if slack else _MANY) and 3 * len(close) < len(around):
        return []
    apart = sorted(s for s in close if abs(s - cutoff) > slack)
    below = [s for s in apart if s < cutoff]
    return [Miss(cutoff, s, people[s]) for s in below or (apart if apart == sorted(close) else [])]


def warn_of_scores(misses: Iterable[tuple[str, Miss]], head: str, *, people: str = "people") -> None:
    """Warn of scores that are missed, all in one sentence, the first few by name.

    Parameters
    ----------
    found : iterable of (str, Miss)
        What misses each, such as ``cutoff``.
    head : str
        Whose they are.
    people : str
        What the cases are, in the plural.
    """
    told = [miss.sentence(name, people) for name, miss in misses]
    if told:
        more = [f"and {len(told) - _SHOWN} more"] if len(told) > _SHOWN else []
        warn(f"{head}: " + "; ".join([*told[:_SHOWN], *more]))


def warn_of_misses(
    measure: Measure, cutoffs: Mapping[str, Sequence[Fraction | None]],
    deprived: NDArray[np.bool_], missing: NDArray[np.bool_], cases: NDArray[np.int64],
    *, subject: str = "", people: str = "people",
) -> None:  # fmt: skip
    """Warn of the scores that a measure's cutoffs just miss, with the number of people on each.

    Complete patterns count, whatever becomes of the others: weights that move make scores that nobody meant.

    Parameters
    ----------
    measure : Measure
        Whose scores.
    cutoffs : mapping of str to sequence of Fraction or None
        The cutoffs by what they are called, such as ``cutoff`` or ``severe``.
    deprived, missing : ndarray of bool, shape (patterns, indicators)
        The patterns that occur.
    cases : ndarray of int, shape (patterns,)
        How many people have each.
    of : str
        Which weighting or round is meant, where there are several.
    people : str
        What the cases are, in the plural.
    """
    scores = complete(deprived, missing, measure)
    found = [
        (name, miss)
        for name, values in cutoffs.items()
        for k in values
        if k is not None
        for miss in misses(_around(scores, cases, k), k, slack=scores.slack(k))
    ]
    warn_of_scores(found, f"measure {measure.name!r}{subject}", people=people)


def _around(scores: Scores, cases: NDArray[np.int64], cutoff: Fraction) -> dict[Fraction, int]:
    """Return the cases on each score that occurs about a cutoff."""
    near = np.abs(scores.score() - float(cutoff)) <= 1.01 * float(_AROUND * cutoff)
    here = np.flatnonzero(near & scores.kept & (cases > 0))
    units, place = np.unique(scores.units[here], return_inverse=True)
    counts = np.bincount(place, cases[here], minlength=len(units))
    pairs = zip(units.tolist(), counts.tolist(), strict=True)
    return {Fraction(int(unit), scores.denominator): int(count) for unit, count in pairs}


def cases_of(patterns: Profiles) -> NDArray[np.int64]:
    """Count the cases of each pattern, unweighted."""
    counted = np.bincount(patterns.pattern, patterns.rows.cases, minlength=len(patterns.deprived))
    return counted.astype(np.int64)


def people_of(survey: Survey, unit: str) -> str:
    """Say what the rows of a survey are, in the plural."""
    return "households" if unit == "household" or "size" in survey.roles else "people"


def _shown(value: Fraction) -> str:
    """Write a cutoff or a score as people read it: 0.33, 1/3."""
    decimal = f"{float(value):.10g}"
    return decimal if Fraction(decimal) == value or value.denominator > 10_000 else text(value)
