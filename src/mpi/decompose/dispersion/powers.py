"""Exact Shapley values of indicators in a power of the score, pattern by pattern."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mpi.core.errors import RequestError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["MOST", "shapley_of_power"]

MOST = 16
"""The most deprivations of one person for which all subsets are gone through."""


def shapley_of_power(parts: Floats, gamma: float) -> Floats:
    """Return the Shapley values of the parts of a sum, for the sum to a power.

    The worth of a set of indicators is (the sum of its parts) ** gamma, and 0 for a sum of 0. Each row is a pattern.

    Parameters
    ----------
    parts : ndarray of float, shape (patterns, indicators)
        Weight times deprivation of each indicator; rows of 0 for those who are not poor.
    gamma : float
        The power, not negative. For 0, 1 and 2 there are closed forms; for others all subsets of the deprivations of a
        pattern are gone through, once for all patterns that are alike but for the order of their parts.

    Returns
    -------
    ndarray of float, shape (patterns, indicators)
        They add up to (sum of the row) ** gamma; to 1 for gamma = 0 where the sum is positive.

    Raises
    ------
    MpiError
        When a pattern has more than 16 deprivations and gamma has no closed form.

    Examples
    --------
    >>> shapley_of_power(np.array([[0.5, 0.25, 0.0]]), 2).tolist()
    [[0.375, 0.1875, 0.0]]
    >>> float(shapley_of_power(np.array([[0.5, 0.25, 0.0]]), 3).sum()) == 0.75**3
    True
    """
    if gamma == 0:
        some = parts > 0
        return np.asarray(some / np.maximum(some.sum(axis=1, keepdims=True), 1), dtype=np.float64)
    if gamma == 1:
        return parts
    if gamma == 2:
        return np.asarray(parts * parts.sum(axis=1, keepdims=True), dtype=np.float64)
    order = np.argsort(parts, axis=1)
    alike, which = np.unique(np.take_along_axis(parts, order, axis=1), axis=0, return_inverse=True)
    _refuse_many(int((alike > 0).sum(axis=1).max(initial=0)), gamma)
    values = np.zeros_like(alike)
    for row, value in zip(alike, values, strict=True):
        if row.any():
            value[row > 0] = _exact(row[row > 0], gamma)
    out = np.empty_like(parts)
    np.put_along_axis(out, order, values[which.ravel()], axis=1)
    return out


def _refuse_many(most: int, gamma: float) -> None:
    if most > MOST:
        raise RequestError(
            f"the contributions for gamma = {gamma:g} are averages over all subsets of a person's deprivations, and "
            f"somebody has {most} of them ({2**most:,} subsets; up to {MOST} can be done); ask for gammas 0, 1 and 2, "
            "which have closed forms, or leave contributions out (contributions='none')"
        )


def _exact(parts: Floats, gamma: float) -> Floats:
    """Average the marginal worth of each part over all orders: subsets by size."""
    m = len(parts)
    total, size = np.zeros(1), np.zeros(1, dtype=np.int64)
    for part in parts:
        total, size = np.r_[total, total + part], np.r_[size, size + 1]
    worth = total**gamma
    chance = np.array([1.0])  # 1 / (m C(m - 1, s)): that exactly a given set of s comes before a given part
    for s in range(1, m):
        chance = np.append(chance, chance[-1] * s / (m - s))
    chance /= m
    out = np.empty(m)
    for j in range(m):
        pairs = worth.reshape(-1, 2, 1 << j)
        before = size.reshape(-1, 2, 1 << j)[:, 0]
        out[j] = (chance[before] * (pairs[:, 1] - pairs[:, 0])).sum()
    return out
