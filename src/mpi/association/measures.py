"""Measures of association between two indicators: smooth functions of their shares deprived, with gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mpi.inference.tetrachoric import tetrachoric

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Function = Callable[[Floats], tuple[Floats, Floats]]

__all__ = ["FUNCTIONS", "interaction", "kr20"]

_EMPTY = 16 * np.finfo(np.float64).eps
"""A cell below this share is one that nobody is in: it comes of shares that are taken from each other."""


def _cells(shares: Floats) -> Floats:
    """Return the shares deprived in both, in the first only, in the second only, and in neither."""
    both, one, other = shares
    cells = np.array([both, one - both, other - both, 1 - one - other + both])
    cells[np.abs(cells) < _EMPTY] = 0.0
    return cells


_SLOPES = np.array([[1.0, 0.0, 0.0], [-1.0, 1.0, 0.0], [-1.0, 0.0, 1.0], [1.0, -1.0, -1.0]])
"""The derivatives of the four cells by the three shares."""


def _cell(place: int) -> Function:
    """Make the function that gives one of the four cells."""

    def shares_and_slopes(shares: Floats) -> tuple[Floats, Floats]:
        """Return the share of one cell of the two-way table, and its gradient."""
        slope = np.broadcast_to(_SLOPES[place][:, None, None], shares.shape)
        return _cells(shares)[place], slope

    return shares_and_slopes


def _redundancy(shares: Floats) -> tuple[Floats, Floats]:
    """R0: the share of those deprived in the rarer indicator who are deprived in the other too."""
    both, one, other = shares
    first = one <= other
    least = np.where(first, one, other)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(least > 0, both / least, np.nan)
        down = -value / least
        return value, np.array([1 / least, np.where(first, down, 0.0), np.where(first, 0.0, down)])


def _phi(shares: Floats) -> tuple[Floats, Floats]:
    """Pearson's correlation of the two."""
    both, one, other = shares
    a, b = one * (1 - one), other * (1 - other)
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.where((a > 0) & (b > 0), np.sqrt(a * b), np.nan)
        value = np.clip((both - one * other) / size, -1, 1)
        of_one = -other / size - value * (1 - 2 * one) / (2 * a)
        of_other = -one / size - value * (1 - 2 * other) / (2 * b)
        return value, np.array([1 / size, of_one, of_other])


def _cramers_v(shares: Floats) -> tuple[Floats, Floats]:
    """Cramer's V of the two by two, which is phi without its sign."""
    value, slope = _phi(shares)
    return np.abs(value), slope * np.where(value < 0, -1.0, 1.0)


def _odds_ratio(shares: Floats) -> tuple[Floats, Floats]:
    cells = _cells(shares)
    full = (cells > 0).all(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(full, cells[0] * cells[3] / (cells[1] * cells[2]), np.nan)
        slope = np.einsum("c,cx,csg->xsg", _SIGNS, _SLOPES, 1 / cells) * value
        return value, slope


_SIGNS = np.array([1.0, -1.0, -1.0, 1.0])


def _jaccard(shares: Floats) -> tuple[Floats, Floats]:
    """Those deprived in both among those deprived in either."""
    both, one, other = shares
    either = one + other - both
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(either > 0, both / either, np.nan)
        down = -value / either
        return value, np.array([(1 + value) / either, down, down])


def _tetrachoric(shares: Floats) -> tuple[Floats, Floats]:
    return tetrachoric(*shares)


def interaction(shares: Floats) -> tuple[Floats, Floats]:
    """Return the interaction of the logarithms of the cells, log p11 - log p10 - log p01 + log p00.

    Its variance is what the design effect of Rao and Scott is proportional to in a table of two by two; see
    `mpi.association.pairs`. Empty cells are left out, as in R.
    """
    cells = _cells(shares)
    there = cells > 0
    inverse = np.divide(1.0, cells, out=np.zeros_like(cells), where=there)
    logarithm = np.log(cells, out=np.zeros_like(cells), where=there)
    return np.einsum("c,csg->sg", _SIGNS, logarithm), np.einsum("c,cx,csg->xsg", _SIGNS, _SLOPES, inverse)


def kr20(shares: Floats) -> tuple[Floats, Floats]:
    """Return Kuder and Richardson's formula 20 of K indicators.

    K / (K - 1) (1 - sum p (1 - p) / variance of the number of deprivations); Kuder and Richardson 1937, Psychometrika
    2:151-160. The arguments are the mean number of deprivations, the mean of its square, and the K shares deprived.
    """
    mean, square, p = shares[0], shares[1], shares[2:]
    K = len(p)
    variance, within = square - mean**2, (p * (1 - p)).sum(axis=0)
    varies = variance > _EMPTY * K
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(varies, within / variance, np.nan)
        by_variance = part / variance
        slope = np.concatenate([[-2 * mean * by_variance], [by_variance], -(1 - 2 * p) / variance])
    return K / (K - 1) * (1 - part), K / (K - 1) * slope


FUNCTIONS: dict[str, Function] = {
    "both": _cell(0),
    "first_only": _cell(1),
    "second_only": _cell(2),
    "neither": _cell(3),
    "R0": _redundancy,
    "phi": _phi,
    "cramers_v": _cramers_v,
    "tetrachoric": _tetrachoric,
    "odds_ratio": _odds_ratio,
    "jaccard": _jaccard,
}
"""Each statistic of a pair, by name: a function of the shares deprived in both, in the first and in the second."""
