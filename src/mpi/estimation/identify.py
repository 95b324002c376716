"""Identification of the poor: scores of deprivation patterns compared with cutoffs exactly, in whole numbers."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.exact import text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mpi.measures.measure import Measure

__all__ = ["Scores", "bounded", "complete", "reweighted"]

_INT64_SAFE = 1 << 60
_OF_CUTOFF = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Deprivation scores of patterns under one weighting, as whole numbers over a common denominator.

    Attributes
    ----------
    kept : ndarray of bool, shape (patterns,)
        Whether rows with the pattern are retained.
    deprived : ndarray of bool, shape (patterns, indicators)
        Deprivations as they count (missing ones are False, unless an upper bound is asked for).
    observed : ndarray of bool, shape (patterns, indicators)
        Whether the indicator was observed, or treated as if it was.
    weights : ndarray of float, shape (patterns, indicators)
        The weight each indicator has in each pattern.
    units : ndarray of int or object, shape (patterns,)
        The score in units of 1 / `denominator`.
    denominator : int
        What the units are counted in.
    tolerance : Fraction
        How far below a cutoff a score still counts as at it (0 for exact weights).
    """

    kept: NDArray[np.bool_]
    deprived: NDArray[np.bool_]
    observed: NDArray[np.bool_]
    weights: NDArray[np.float64]
    units: NDArray[Any]
    denominator: int
    tolerance: Fraction

    def score(self) -> NDArray[np.float64]:
        """Return the score of each pattern, a fraction."""
        return np.asarray(self.units / self.denominator, dtype=np.float64)

    def slack(self, cutoff: Fraction) -> Fraction:
        """Return how far below a cutoff a score counts as at it: so little that the undeprived reach none near 0."""
        return min(self.tolerance, cutoff / _OF_CUTOFF)

    def reach(self, cutoff: Fraction) -> NDArray[np.bool_]:
        """Return whether each pattern is retained and its score is at least the cutoff, exactly.

        Examples
        --------
        Weights of 0.1, 0.7 and 0.2 and a cutoff of 0.8: the first two reach it, though 0.1 + 0.7 < 0.8 in floats.

        >>> import mpi
        >>> weights = {"a": 0.1, "b": 0.7, "c": 0.2}
        >>> m = mpi.Measure("tie", [mpi.Indicator(n, dimension="x", weight=w) for n, w in weights.items()], 0.8)
        >>> pattern = np.array([[True, True, False]])
        >>> bool(complete(pattern, ~(pattern | True), m).reach(m.cutoff)[0])
        True
        """
        threshold = (cutoff - self.slack(cutoff)) * self.denominator
        needed = -((-threshold.numerator) // threshold.denominator)
        return np.asarray(self.units >= needed, dtype=bool) & self.kept


def complete(deprived: NDArray[np.bool_], missing: NDArray[np.bool_], measure: Measure) -> Scores:
    """Score complete patterns only: a row with any indicator missing is dropped."""
    kept: NDArray[np.bool_] = np.logical_not(np.any(missing, axis=1))
    return _fixed(deprived & kept[:, None], kept, measure)


def bounded(deprived: NDArray[np.bool_], missing: NDArray[np.bool_], measure: Measure, *, upper: bool) -> Scores:
    """Score every pattern, each missing indicator as not deprived (lower bound) or deprived (upper bound)."""
    kept = np.ones(len(deprived), dtype=bool)
    return _fixed(deprived | missing if upper else deprived, kept, measure)


def reweighted(deprived: NDArray[np.bool_], missing: NDArray[np.bool_], measure: Measure) -> Scores:
    """Move the weight of missing indicators to the observed ones of the dimension, row by row.

    A row that misses a whole dimension is dropped (World Bank MPM practice). Within a dimension the observed
    indicators share its weight in proportion to their own.
    """
    masks, place = np.unique(missing, axis=0, return_inverse=True)
    place = place.ravel()
    tables = [_moved(mask, measure) for mask in masks]
    known = np.array([t is not None for t in tables])
    weights = [t or [Fraction(0)] * len(measure.indicators) for t in tables]
    denominator = lcm(*(w.denominator for row in weights for w in row))
    whole = _integers(weights, denominator)
    kept = known[place]
    observed = ~missing & kept[:, None]
    counted = deprived & observed
    return Scores(
        kept, counted, observed, np.array([[float(w) for w in row] for row in weights])[place],
        (counted * whole[place]).sum(axis=1), denominator, measure.tolerance,
    )  # fmt: skip


def _moved(mask: NDArray[np.bool_], measure: Measure) -> list[Fraction] | None:
    """Return the weights of a row that misses the indicators of `mask`; None where a dimension is wholly missing."""
    total: dict[str, Fraction] = {}
    seen: dict[str, list[Fraction]] = {}
    for indicator, absent in zip(measure.indicators, mask, strict=True):
        total[indicator.dimension] = total.get(indicator.dimension, Fraction(0)) + indicator.weight
        if not absent:
            seen.setdefault(indicator.dimension, []).append(indicator.weight)
    if set(seen) != set(total):
        return None
    out = []
    for indicator, absent in zip(measure.indicators, mask, strict=True):
        left = seen[indicator.dimension]
        share = indicator.weight / sum(left) if sum(left) else Fraction(1, len(left))
        out.append(Fraction(0) if absent else share * total[indicator.dimension])
    return out


def _fixed(deprived: NDArray[np.bool_], retained: NDArray[np.bool_], measure: Measure) -> Scores:
    """Return the scores of patterns whose weights stay as they are, in units of a common denominator."""
    weights = [i.weight for i in measure.indicators]
    denominator = lcm(*(w.denominator for w in weights))
    whole = _integers([weights], denominator)[0]
    table = np.broadcast_to(np.array([float(w) for w in weights]), deprived.shape)
    observed = np.broadcast_to(retained[:, None], deprived.shape)
    units = deprived.astype(whole.dtype) @ whole
    return Scores(retained, deprived, observed, table, units, denominator, measure.tolerance)


def _integers(weights: Sequence[Sequence[Fraction]], denominator: int) -> NDArray[Any]:
    rows = [[int(w * denominator) for w in row] for row in weights]
    return np.array(rows, dtype=np.int64 if denominator < _INT64_SAFE else object)


@dataclass(frozen=True, slots=True)
class Weighting:
    """One weighting with its cutoffs."""

    name: str
    measure: Measure
    cutoffs: tuple[Fraction, ...]

    def labels(self) -> tuple[str, ...]:
        """Return the cutoffs as they are printed."""
        return tuple(text(k) for k in self.cutoffs)


def schemes(measure: Measure, cutoffs: Sequence[Fraction], weightings: Mapping[str, Measure]) -> list[Weighting]:
    """List the weightings, the measure's own first, each with every cutoff."""
    return [Weighting(n, m, tuple(cutoffs)) for n, m in {"own": measure, **weightings}.items()]
