"""Variances of many linear combinations of influence columns, by way of those covariances alone that they need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.inference.variance import DENSE, FEW, NEAR, ROUNDING, spread_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mpi.inference.design import PsuDesign
    from mpi.inference.variance import SparseColumns, Spread

__all__ = ["quadratic"]


def quadratic(design: PsuDesign, columns: SparseColumns, jacobian: Any) -> NDArray[np.float64]:
    """Return the variances of linear combinations (rows of the sparse `jacobian`) of influence columns.

    Of the covariances of the columns only those are computed that some combination needs. Combinations of many columns
    are added up first, PSU by PSU, and so are those whose terms nearly cancel.
    """
    spread = spread_of(design, columns)
    wide = np.diff(jacobian.indptr) > _WIDE
    variance, rounding = np.empty(len(wide)), np.empty(len(wide))
    for rows, make in ((np.flatnonzero(~wide), _by_pairs), (np.flatnonzero(wide), _added_up)):
        if len(rows):
            variance[rows], rounding[rows] = make(spread, jacobian[rows])
    near = np.flatnonzero(~wide & (ROUNDING * variance < NEAR * rounding))
    if len(near):
        variance[near], rounding[near] = _added_up(spread, jacobian[near])
    return np.where(variance <= rounding, 0.0, variance)


_WIDE = 24
"""Combinations of more columns than this are added up before they are squared."""


def _by_pairs(spread: Spread, jacobian: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the sums over pairs of columns of coefficient x coefficient x covariance, and what may be rounding."""
    m, width = jacobian.shape[1], np.diff(jacobian.indptr)
    variance, rounding = np.zeros(len(width)), np.zeros(len(width))
    keys, weights, owners = [], [], []
    for p in np.unique(width[width > 0]).tolist():
        rows = np.flatnonzero(width == p)
        at = jacobian.indptr[rows][:, None] + np.arange(p)
        one, other = np.triu_indices(p)
        column, factor = jacobian.indices[at].astype(np.int64), jacobian.data[at]
        keys.append((column[:, one] * m + column[:, other]).ravel())
        weights.append((factor[:, one] * factor[:, other] * np.where(one == other, 1.0, 2.0)).ravel())
        owners.append(np.repeat(rows, len(one)))
    if not keys:
        return variance, rounding
    pairs, place = np.unique(np.concatenate(keys), return_inverse=True)
    found, doubt = _covariances(spread, *np.divmod(pairs, m))
    weight, owner = np.concatenate(weights), np.concatenate(owners)
    np.add.at(variance, owner, weight * found[place])
    np.add.at(rounding, owner, np.abs(weight) * (doubt + ROUNDING * np.abs(found))[place])
    return variance, rounding


_BUDGET = 1 << 22


def _covariances(
    spread: Spread, first: NDArray[np.int64], second: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the covariances of pairs of columns, and how far rounding may be off where centring cancels all.

    Columns in many pairs with many entries meet all others at once.
    """
    units, columns = spread.scaled.shape
    size = _sizes(spread)
    doubt = ROUNDING * size[first] * size[second]
    if columns <= FEW and units * columns <= DENSE:
        return _dense_covariances(spread, first, second), ROUNDING * doubt
    entries = np.diff(spread.scaled.indptr)
    pairs = np.bincount(np.r_[first, second], minlength=len(entries))
    heavy = np.flatnonzero(entries * pairs > _BUDGET)
    out = np.empty(len(first))
    swap = np.isin(second, heavy)
    first, second = np.where(swap, second, first), np.where(swap, first, second)
    together = np.isin(first, heavy)
    if together.any():
        known = _with_all(spread, heavy)
        out[together] = known[second[together], np.searchsorted(heavy, first[together])]
    apart = np.flatnonzero(~together)
    load = np.cumsum(entries[first[apart]] + entries[second[apart]])
    for part in np.split(apart, np.searchsorted(load, np.arange(_BUDGET, int(load[-1]) if len(load) else 0, _BUDGET))):
        out[part] = _pairwise(spread, first[part], second[part])
    return out, doubt


def _sizes(spread: Spread) -> NDArray[np.float64]:
    """Return the size of each column before it is centred: the norms of its entries and of their means."""
    own = np.asarray((spread.scaled**2).sum(axis=0)).ravel()
    psus = np.asarray((spread.members**2).sum(axis=0)).ravel()
    means = np.asarray((spread.mean**2).T @ psus).ravel()
    size: NDArray[np.float64] = np.sqrt(own) + np.sqrt(means)
    return size


def _dense_covariances(spread: Spread, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the covariances of pairs of few columns, whose centred influences are written out: nothing cancels."""
    centred = np.ascontiguousarray((spread.scaled.toarray() - spread.members @ spread.mean.toarray()).T)
    out = np.empty(len(first))
    step = max(1, _BUDGET // max(1, centred.shape[1]))
    for a in range(0, len(first), step):
        b = slice(a, a + step)
        out[b] = np.einsum("pu,pu->p", centred[first[b]], centred[second[b]])
    return out


def _with_all(spread: Spread, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the covariances of all columns with some."""
    scaled, mean = spread.scaled[:, chosen].toarray(), spread.mean[:, chosen].toarray()
    centred = scaled - spread.members @ mean
    out: NDArray[np.float64] = spread.scaled.T @ centred - spread.mean.T @ (spread.members.T @ centred)
    return out


def _pairwise(spread: Spread, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the covariances of pairs of columns, one by one."""
    members = spread.members
    cross, double = members.T @ spread.scaled, (members.T @ members) @ spread.mean
    a, b = spread.mean[:, first], spread.mean[:, second]
    own = _dots(spread.scaled[:, first], spread.scaled[:, second])
    return own - _dots(cross[:, first], b) - _dots(a, cross[:, second]) + _dots(a, double[:, second])


def _dots(a: Any, b: Any) -> NDArray[np.float64]:
    """Return the scalar products of the columns of two sparse matrices, pair by pair."""
    return np.asarray(a.multiply(b).sum(axis=0), dtype=np.float64).ravel()


def _added_up(spread: Spread, jacobian: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the variances of combinations, each added up over its columns PSU by PSU, and what may be rounding."""
    step = max(1, DENSE // max(1, spread.scaled.shape[0]))
    variance, rounding = np.empty(jacobian.shape[0]), np.empty(jacobian.shape[0])
    for a in range(0, len(variance), step):
        local = jacobian[a : a + step].T
        centred = (spread.scaled @ local).toarray() - spread.members @ (spread.mean @ local).toarray()
        apart = (abs(spread.scaled) @ abs(local)).toarray() + spread.members @ (abs(spread.mean) @ abs(local)).toarray()
        variance[a : a + step] = (centred**2).sum(axis=0)
        rounding[a : a + step] = ROUNDING**2 * (apart**2).sum(axis=0)
    return variance, rounding
