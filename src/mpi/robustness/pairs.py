"""Differences of all pairs of groups within each specification, with their errors: arrays, in one go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mpi.core.readonly import seal
from mpi.inference.intervals import p_value
from mpi.results.estimable import without_error

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mpi.results.estimates import Estimates

    Floats = NDArray[np.float64]

__all__ = ["Pairs", "pairs_of"]

_SIZEABLE = 1 / 20
_CANCELLED, _ROUNDING = 1e-12, 64 * np.finfo(np.float64).eps


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Differences between groups, specification by specification.

    Attributes
    ----------
    one, other : ndarray of int, shape (pairs,)
        The groups of each pair.
    difference, se, df, p : ndarray of float, shape (specifications, pairs)
        First minus second, its standard error, degrees of freedom, and the two-sided p value; an error that is not
        known is missing, and so is the p value.
    """

    one: NDArray[np.int64]
    other: NDArray[np.int64]
    difference: Floats
    se: Floats
    df: Floats
    p: Floats

    def __post_init__(self) -> None:
        """Let nobody write into it."""
        seal(self)

    def significant(self, alpha: float) -> NDArray[np.bool_]:
        """Tell the pairs that differ at a level of significance (specifications x pairs)."""
        return np.asarray(np.nan_to_num(self.p, nan=1.0) < alpha)


def pairs_of(est: Estimates, rows: NDArray[np.int64]) -> Pairs:
    """Return the differences of all pairs of groups.

    Parameters
    ----------
    est : Estimates
        The figures.
    rows : ndarray of int, shape (specifications, groups)
        Where the figure of each group stands in each specification.
    """
    one, other = np.triu_indices(rows.shape[1], k=1)
    found = [_within(est.take(at), one, other) for at in rows]
    difference, se, df = (np.array([f[i] for f in found]) for i in range(3))
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(se > 0, difference / se, np.nan)
        p = np.where(np.isnan(t) | ~(df > 0), np.nan, p_value(t, df))
    return Pairs(one, other, difference, se, df, p)


def _within(est: Estimates, first: NDArray[np.int64], second: NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
    """Return the differences in one specification, their errors and degrees of freedom, as `mpi.gap` has them."""
    import scipy.sparse as sp

    V, value = est.vcov(), est.value
    own = np.diag(V)
    se = np.sqrt(np.maximum(own[first] + own[second] - 2 * V[first, second], 0.0))
    size = _CANCELLED * (est.se[first] + est.se[second]) + _ROUNDING * (np.abs(value[first]) + np.abs(value[second]))
    se[se <= size] = 0.0  # influences that cancel, but for rounding
    pair = np.arange(len(first))
    signs = np.r_[np.ones(len(first)), -np.ones(len(first))]
    local = sp.csr_array((signs, (np.r_[pair, pair], np.r_[first, second])), shape=(len(first), len(est)))
    se[without_error(est, local, se)] = np.nan
    difference = value[first] - value[second]
    difference[np.abs(difference) <= _ROUNDING * (np.abs(value[first]) + np.abs(value[second]))] = 0.0  # a tie
    return difference, se, _degrees(est, own, first, second)


def _degrees(est: Estimates, own: Floats, one: NDArray[np.int64], other: NDArray[np.int64]) -> Floats:
    """Return the degrees of freedom: the fewest of the sides that count, or those of the design."""
    if est.degrees == "design":
        return np.minimum(est.df[one], est.df[other])
    largest = np.maximum(own[one], own[other])
    first, second = (np.where(own[side] >= _SIZEABLE * largest, est.df[side], np.inf) for side in (one, other))
    return np.minimum(first, second)
