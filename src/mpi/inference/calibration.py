"""Weights calibrated to margins, and what is known of an estimate once the margins are.

A calibrated total varies only by what the margins do not explain: the influence u of a figure becomes u - x'B, with B
its regression on the margins x by the weights before calibration (Deville and Sarndal 1992, Journal of the American
Statistical Association 87:376-382). B is a product with the totals of PSUs' parts, so that no row is looked at again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from mpi.core.readonly import seal

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from mpi.inference.cells import Cells

    Floats = NDArray[np.float64]

__all__ = ["Bounds", "Calibration", "Distance", "Regressions", "Solution", "gaps", "ratios"]

Distance = Literal["poststratify", "rake", "linear", "logit"]
"""How far calibrated weights are from those before: what is kept smallest."""

Bounds = tuple[float, float]
"""Between which ratios of weights after and before calibration may lie."""

_HALVINGS, _PAIRS = 12, 1 << 23
_STEPS = 200
"""Newton's method needs about ten; raking on the edge of what is possible needs more."""
_EXACT = 1e-12
_FAR = 500.0
"""Beyond this an exponential is as good as infinite."""


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """The margins that weights were calibrated to.

    Attributes
    ----------
    x : ndarray of float, shape (parts, margins)
        What a row of each part adds to each margin for one unit of weight.
    ratio : ndarray of float, shape (parts,)
        The weight of each part's rows by the one before calibration.
    inverse : ndarray of float, shape (margins, margins)
        The (generalised) inverse of the sum of w x x' by the weights before.
    columns : ndarray of float, shape (units, margins)
        What each unit of the design of errors adds to each margin.
    distance, bounds : str, and tuple of float or None
        How the weights were found.
    names : tuple of str
        What messages call the margins.
    """

    x: Floats
    ratio: Floats
    inverse: Floats
    columns: Floats
    distance: Distance
    bounds: Bounds | None
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        """Let nobody write into it."""
        seal(self)

    @property
    def margins(self) -> int:
        """The number of margins."""
        return int(self.x.shape[1])


class Regressions:
    """The regressions of influences on the margins; what each part adds to each is read once for all groupings.

    Parameters
    ----------
    calibration : Calibration
        The margins.
    """

    __slots__ = ("_calibration", "_x")

    def __init__(self, calibration: Calibration) -> None:
        import scipy.sparse as sp

        self._calibration, self._x = calibration, sp.csr_array(calibration.x)

    def of(self, cells: Cells) -> Callable[[Floats], Floats]:
        """Return what regresses influences in some cells, whose units are parts.

        It gets influences by the weights after calibration (statistics x cells), and returns their regression on the
        margins (statistics x groups x margins).
        """
        import scipy.sparse as sp

        calibration, p = self._calibration, self._calibration.margins
        x = self._x[cells.unit]
        cell = np.repeat(np.arange(len(cells.unit)), np.diff(x.indptr))
        values = x.data / calibration.ratio[cells.unit[cell]]
        place = (cells.group()[cell] * p + x.indices, cell)
        fold = sp.csr_array((values, place), shape=(cells.groups * p, len(cells.unit)))

        def slopes(scores: Floats) -> Floats:
            products = np.ascontiguousarray((fold @ scores.T).T).reshape(len(scores), cells.groups, p)
            found: Floats = products @ calibration.inverse
            return found

        return slopes


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """Ratios of weights after and before calibration, by replicate and class, and how they were found."""

    ratio: Floats
    steps: int
    gap: Floats  # of each margin, relative to the totals (replicates x margins)


def ratios(x: Floats, weight: Floats, totals: Floats, distance: Distance, bounds: Bounds | None = None) -> Solution:
    """Return the ratios that calibrate weights, by Newton's method.

    Parameters
    ----------
    x : ndarray of float, shape (classes, margins)
        What one unit of weight adds to each margin.
    weight : ndarray of float, shape (replicates, classes)
        The sum of weights of each class, in each replicate.
    totals : ndarray of float, shape (margins,)
        What the margins are to be.
    distance : {"poststratify", "rake", "linear", "logit"}
        The function: linear, or exponential, or bounded between two ratios.
    bounds : tuple of float, optional
        Those of ``logit``.

    Examples
    --------
    >>> import numpy as np
    >>> x, weight = np.array([[1.0, 0], [0, 1]]), np.array([[2.0, 4]])
    >>> ratios(x, weight, np.array([3.0, 2]), "rake").ratio
    array([[1.5, 0.5]])
    """
    step = max(1, (1 << 24) // max(1, len(x), x.shape[1] ** 2))
    parts = [_solved(x, weight[a : a + step], totals, distance, bounds) for a in range(0, len(weight), step)]
    return Solution(
        np.concatenate([p.ratio for p in parts]), max(p.steps for p in parts), np.concatenate([p.gap for p in parts])
    )


def gaps(x: Floats, weight: Floats, totals: Floats) -> Floats:
    """Return how far weights are from margins, relative to these (replicates x margins)."""
    found: Floats = (weight @ x - totals) / np.maximum(np.abs(totals), np.abs(totals).max(initial=0.0) * 1e-9)
    return found


def _solved(x: Floats, weight: Floats, totals: Floats, distance: Distance, bounds: Bounds | None) -> Solution:
    basis = _basis(x, weight.sum(axis=0))
    own, target = x @ basis, totals @ basis

    def tried(multiplier: Floats) -> _Tried:
        ratio, slope = _function(multiplier @ own.T, distance, bounds)
        gap = gaps(x, weight * ratio, totals)
        return _Tried(multiplier, ratio, slope, gap, np.abs(gap).max(axis=1, initial=0.0))

    grams = _grams(own)
    best, steps = tried(np.zeros((len(weight), own.shape[1]))), 0
    while steps < _STEPS and (best.worst > _EXACT).any():
        steps += 1
        left = target - (weight * best.ratio) @ own
        found = _better(best, _newton(grams(weight * best.slope), left), tried)
        if found is best:
            break
        best = found
    return Solution(best.ratio, steps, best.gap)


class _Tried(NamedTuple):
    """Multipliers (replicates x margins) and what they make; `worst` is the largest gap of each replicate."""

    multiplier: Floats
    ratio: Floats
    slope: Floats
    gap: Floats
    worst: Floats


def _better(best: _Tried, change: Floats, tried: Callable[[Floats], _Tried]) -> _Tried:
    """Return what a step makes, halved as long as it leads away; the same where no step helps."""
    size = np.ones((len(change), 1))
    found, better = best, np.zeros(len(change), dtype=bool)
    for _ in range(_HALVINGS):
        found = tried(best.multiplier + size * change)
        better = found.worst < best.worst
        if (better | (best.worst <= _EXACT)).all():
            break
        size = np.where(better[:, None], size, size / 2)
    if not better.any():
        return best
    pick = better[:, None]
    return _Tried(*(np.where(pick if a.ndim > 1 else better, a, b) for a, b in zip(found, best, strict=True)))


def _basis(x: Floats, weight: Floats) -> Floats:
    """Return the directions in which the margins of the cases differ (margins x rank)."""
    gram = (x * weight[:, None]).T @ x
    value, vector = np.linalg.eigh(gram)
    keep = value > value.max(initial=0.0) * len(value) * 1e-13
    found: Floats = vector[:, keep] / np.sqrt(value[keep])
    return found


def _grams(x: Floats) -> Callable[[Floats], Floats]:
    """Return the function that sums w x x' by some weights (replicates x classes)."""
    p = x.shape[1]
    if len(x) * p * p > _PAIRS:
        return lambda weight: np.array([(x * w[:, None]).T @ x for w in weight])
    pairs = (x[:, :, None] * x[:, None, :]).reshape(len(x), p * p)
    return lambda weight: (weight @ pairs).reshape(-1, p, p)


def _newton(hessian: Floats, left: Floats) -> Floats:
    try:
        return np.asarray(np.linalg.solve(hessian, left[..., None])[..., 0], dtype=np.float64)
    except np.linalg.LinAlgError:
        return np.asarray((np.linalg.pinv(hessian, hermitian=True) @ left[..., None])[..., 0])


def _function(u: Floats, distance: Distance, bounds: Bounds | None) -> tuple[Floats, Floats]:
    """Return the ratio of weights as a function of x'lambda, and its derivative (Deville and Sarndal 1992, table 1)."""
    if distance in ("linear", "poststratify"):
        return 1 + u, np.ones_like(u)
    if distance == "rake" or bounds is None:
        ratio = np.exp(np.clip(u, -_FAR, _FAR))
        return ratio, ratio
    low, high = bounds
    a = (high - low) / ((1 - low) * (high - 1))
    grown = np.exp(np.clip(a * u, -_FAR, _FAR))
    below = (high - 1) + (1 - low) * grown
    ratio = (low * (high - 1) + high * (1 - low) * grown) / below
    slope = (high - low) * a * (1 - low) * (high - 1) * grown / below**2
    return ratio, slope
