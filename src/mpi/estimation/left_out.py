"""Rows that figures leave out because an answer is missing: how many of how many, and for which answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mpi.estimation.groups import Grouping
    from mpi.estimation.identify import Scores
    from mpi.estimation.rows import Rows
    from mpi.measures.measure import Measure
    from mpi.measures.words import Unit

__all__ = ["LeftOut", "by_round", "lost_patterns", "lost_to_missing", "lost_to_policy", "partly", "rounds_of"]


_NAMED = 6  # answers that are named, before the others are counted
_DIGITS = 9  # of a share in per cent: sums in another order differ in later ones, and must read the same


@dataclass(frozen=True, slots=True, eq=False)
class LeftOut:
    """Rows left out for a missing answer, round by round.

    Attributes
    ----------
    rows, lost : ndarray of int, shape (rounds,)
        How many rows count, and how many of them are left out; unweighted, and rows of weight 0 are none.
    share : ndarray of float, shape (rounds,), or None
        What share of the population the lost are; None where it is not known.
    reasons : tuple of (str, int)
        What is missing, and in how many of the lost rows; one row may miss several.
    """

    rows: NDArray[np.int64]
    lost: NDArray[np.int64]
    share: NDArray[np.float64] | None
    reasons: tuple[tuple[str, int], ...]

    def __bool__(self) -> bool:
        return bool(self.lost.any())

    def sentence(self, unit: Unit, rounds: Sequence[Any] = (), *, column: str = "") -> str:
        """Say it; nothing where no row is left out.

        Parameters
        ----------
        unit : {"person", "household"}
            What is counted: of households, rows are called so.
        rounds : sequence
            The labels of the rounds, where there are several.
        of : str
            What column the rows are left out of, where there are figures of several.

        Examples
        --------
        >>> lost = LeftOut(np.array([6000]), np.array([1000]), np.array([0.25]), (("d2", 1000),))
        >>> lost.sentence("person")
        '1,000 of 6,000 rows left out: d2 missing (25.00% of the population)'
        """
        if not self:
            return ""
        lost, rows, noun = int(self.lost.sum()), int(self.rows.sum()), _noun(unit)
        why = f"left out of {column}: missing there" if column else f"left out: {_because(self.reasons, lost)}"
        return f"{lost:,} of {rows:,} {noun} {why}{self._by_round(rounds)}"

    def _by_round(self, rounds: Sequence[Any]) -> str:
        """Say what share of the population the lost are; of several rounds, of each that has some."""
        if len(self.lost) < 2:
            return f" ({_percent(self.share[0])})" if self.share is not None else ""
        said = []
        for i in np.flatnonzero(self.lost).tolist():
            share = "" if self.share is None else f", {_percent(self.share[i])}"
            said.append(f"{rounds[i]}: {self.lost[i]:,}{share}")
        return f" ({'; '.join(said)})"


def lost_to_policy(
    tally: Any, scores: Scores, missing: NDArray[np.bool_], measure: Measure, share: NDArray[np.float64] | None
) -> LeftOut:
    """Count the rows that a measure's policy for missing answers leaves out.

    Parameters
    ----------
    tally : array or sparse array of int, shape (rounds, patterns)
        The rows of each pattern, unweighted.
    scores : Scores
        Which patterns are retained.
    missing : ndarray of bool, shape (patterns, indicators)
        Which indicators each pattern misses.
    measure : Measure
        Its indicators; under ``reweight`` rows are left out for a dimension that misses all of its own.
    share : ndarray of float, shape (rounds,)
        What share of the population is left out.
    """
    if measure.missing == "reweight":
        names = [f"every indicator of {d}" for d in measure.dimensions]
        of = [[i.dimension == d for i in measure.indicators] for d in measure.dimensions]
        whole = np.column_stack([missing[:, inside].all(axis=1) for inside in np.array(of)])
        return lost_patterns(tally, ~scores.kept, whole, names, share)
    return lost_patterns(tally, ~scores.kept, missing, measure.names, share)


def lost_patterns(
    tally: Any,
    lost: NDArray[np.bool_],
    missing: NDArray[np.bool_],
    names: Sequence[str],
    share: NDArray[np.float64] | None,
) -> LeftOut:
    """Count the rows of patterns that are lost, and what these miss (patterns x names)."""
    kinds = np.column_stack([np.ones(len(lost), dtype=bool), lost, missing & lost[:, None]])
    found = np.asarray(tally @ kinds.astype(np.int64))
    return LeftOut(found[:, 0], found[:, 1], share, _most_first(names, found[:, 2:].sum(axis=0)))


def lost_to_missing(
    rows: NDArray[Any], answered: NDArray[Any], name: str, share: NDArray[np.float64] | None = None
) -> LeftOut:
    """Count the rows, by round, in which a column (or one of two) is missing."""
    lost = (rows - answered).astype(np.int64)
    return LeftOut(rows.astype(np.int64), lost, share, ((name, int(lost.sum())),))


def rounds_of(waves: Sequence[Any], total: Grouping) -> list[Any]:
    """Return the labels of the rounds that the groups of the total are; none where there is one without a label."""
    return [waves[w] for w in total.wave] if waves else []


def by_round(total: Grouping, rows: Rows, values: NDArray[Any] | None) -> NDArray[np.float64]:
    """Add values of rows up by round; without values, count the rows."""
    if len(total.wave) == 1:
        return np.array([len(rows.unit) if values is None else values.sum()], dtype=np.float64)
    found = np.bincount(total.row_groups(rows.unit), weights=values, minlength=len(total.wave))
    return np.asarray(found, dtype=np.float64)


def partly(tally: Any, scores: Scores, missing: NDArray[np.bool_], measure: Measure, unit: Unit) -> str:
    """Say how many rows count although they miss an answer: their weight moves, or they are counted both ways."""
    if measure.missing == "drop":
        return ""
    some = lost_patterns(tally, scores.kept & missing.any(axis=1), missing, measure.names, None)
    if not some:
        return ""
    lost, rows = int(some.lost.sum()), int(some.rows.sum())
    how = "count by their other answers" if measure.missing == "reweight" else "count at both bounds"
    return f"{lost:,} of {rows:,} {_noun(unit)} {how}: {_because(some.reasons, lost)}"


def _most_first(names: Sequence[str], counts: NDArray[np.int64]) -> tuple[tuple[str, int], ...]:
    order: list[int] = np.argsort(-counts, kind="stable").tolist()
    return tuple((names[i], int(counts[i])) for i in order if counts[i])


def _because(reasons: Sequence[tuple[str, int]], lost: int) -> str:
    """Name what is missing; in how many rows, unless it is all of them for the one reason."""
    if len(reasons) == 1 and reasons[0][1] == lost:
        return f"{reasons[0][0]} missing"
    shown = [f"{name} missing in {n:,}" for name, n in reasons[:_NAMED]]
    more = len(reasons) - _NAMED
    return ", ".join(shown) + (f" and {more} more in fewer" if more > 0 else "")


def _noun(unit: Unit) -> str:
    return "households" if unit == "household" else "rows"


def _percent(share: float) -> str:
    return f"{round(100 * float(share), _DIGITS):.2f}% of the population"
