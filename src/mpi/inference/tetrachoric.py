"""The tetrachoric correlation of two answers of yes or no, and its derivatives: arrays in, arrays out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["bivariate_normal", "tetrachoric"]

_STEPS = 80
_CLOSE = 4 * np.finfo(np.float64).eps


def bivariate_normal(h: Floats, k: Floats, r: Floats) -> Floats:
    """Return the probability that two standard normal variables of correlation r lie below h and below k.

    Notes
    -----
    By Owen's T function (Owen 1956, Annals of Mathematical Statistics 27:1075-1090).

    Examples
    --------
    >>> import numpy as np
    >>> found = bivariate_normal(np.zeros(2), np.zeros(2), np.array([0.0, 0.5]))
    >>> bool(np.allclose(found, [1 / 4, 1 / 3], rtol=0, atol=1e-15))
    True
    """
    from scipy.special import ndtr, owens_t

    h, k = np.asarray(h) + 0.0, np.asarray(k) + 0.0  # no -0: its quotients have the other sign
    root = np.sqrt((1 - r) * (1 + r))
    with np.errstate(divide="ignore", invalid="ignore"):
        first, second = (k - r * h) / (h * root), (h - r * k) / (k * root)
    below = (h * k < 0) | ((h * k == 0) & (h + k < 0))
    out = (ndtr(h) + ndtr(k) - below) / 2 - owens_t(h, first) - owens_t(k, second)
    return np.asarray(np.where((h == 0) & (k == 0), 0.25 + np.arcsin(r) / (2 * np.pi), out))


def tetrachoric(both: Floats, one: Floats, other: Floats) -> tuple[Floats, Floats]:
    """Return the tetrachoric correlations of pairs of answers, and their derivatives.

    Two normal variables, each cut at its share of yes, are both above with the share of both: the correlation that
    makes it so is the maximum-likelihood estimate, for a table of two by two has as many shares as the model has
    parameters (Pearson 1900; Olsson 1979, Psychometrika 44:443-460).

    Parameters
    ----------
    both, one, other : ndarray of float
        The shares of yes to both questions, to the first, and to the second; of one shape.

    Returns
    -------
    ndarray of float
        The correlations; missing where a cell of the table is empty.
    ndarray of float
        Their derivatives by the three shares, which stand along the first axis.

    Examples
    --------
    >>> import numpy as np
    >>> r, _ = tetrachoric(np.array([1 / 3]), np.array([0.5]), np.array([0.5]))
    >>> round(float(r[0]), 12)
    0.5
    """
    from scipy.special import ndtr, ndtri

    cells = np.array([both, one - both, other - both, 1 - one - other + both])
    there = (cells > _CLOSE).all(axis=0)
    p, a, b = (np.where(there, x, fill) for x, fill in ((both, 0.25), (one, 0.5), (other, 0.5)))
    h, k = ndtri(a), ndtri(b)
    r = _solved(p, h, k)
    root = np.sqrt((1 - r) * (1 + r))
    density = _density(h, k, r)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.array([np.ones_like(r), -ndtr((k - r * h) / root), -ndtr((h - r * k) / root)]) / density
    return np.where(there, r, np.nan), np.where(there, slope, 0.0)


def _density(h: Floats, k: Floats, r: Floats) -> Floats:
    square = (1 - r) * (1 + r)
    return np.asarray(np.exp(-(h * h - 2 * r * h * k + k * k) / (2 * square)) / (2 * np.pi * np.sqrt(square)))


def _solved(p: Floats, h: Floats, k: Floats) -> Floats:
    """Solve for the correlation by Newton's method in arcsin r, halved where a step would leave what is known."""
    low, high = np.full(p.shape, -np.pi / 2), np.full(p.shape, np.pi / 2)
    angle = np.zeros(p.shape)
    for _ in range(_STEPS):
        r = np.sin(angle)
        gap = bivariate_normal(h, k, r) - p
        low, high = np.where(gap < 0, angle, low), np.where(gap > 0, angle, high)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            step = angle - gap / (_density(h, k, r) * np.cos(angle))
        inside = (step > low) & (step < high)
        new = np.where(gap == 0, angle, np.where(inside, step, (low + high) / 2))
        if (np.abs(new - angle) <= _CLOSE).all():
            return np.asarray(np.sin(new))
        angle = new
    return np.asarray(np.sin(angle))
