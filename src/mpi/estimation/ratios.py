"""Functions of totals by group, each with its influence by cell: ratios, totals, shares of the whole, variances."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mpi.inference.cells import Cells

    Floats = NDArray[np.float64]

__all__ = ["numbers", "ratio", "shares_of_whole", "total", "variance_among"]

_ROUNDING = 64 * np.finfo(np.float64).eps
_FEW = 1 << 16


def ratio(cells: Cells, above: Floats, below: Floats) -> tuple[Floats, Floats]:
    """Return ratios of totals by group, and their influence (y - theta x) / X by cell."""
    top, bottom = cells.sum(above), cells.sum(below)
    theta = np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom != 0)
    theta[np.abs(theta - 1) < _ROUNDING] = 1.0
    group = cells.group()
    scale = np.divide(1.0, bottom, out=np.zeros(bottom.shape), where=bottom != 0)
    scores = np.take(np.nan_to_num(theta), group, axis=1)
    scores *= below
    np.subtract(above, scores, out=scores)
    if scores.size <= _FEW:
        scores *= np.take(scale, group, axis=1)
        return theta, scores
    for row, one in zip(scores, np.broadcast_to(scale, theta.shape), strict=True):
        row *= one[group]  # noqa: PLW2901  # in place, without all of them beside
    return theta, scores


def variance_among(cells: Cells, square: Floats, above: Floats, below: Floats) -> tuple[Floats, Floats]:
    """Return the variance of scores among the poor by group, and its influence ((c - A)^2 - V) / X by cell."""
    top, bottom = cells.sum(above), cells.sum(below)
    mean = np.divide(top, bottom, out=np.zeros(top.shape), where=bottom > 0)
    wide = np.take(mean, cells.group(), axis=1)
    value, scores = ratio(cells, square - 2 * wide * above + wide**2 * below, below)
    alike = np.abs(value) < _ROUNDING  # then (c - A)^2 is 0 of each of them, and so is the influence
    scores[np.take(alike, cells.group(), axis=1)] = 0.0
    terms = square + 2 * wide * above + wide**2 * below
    scores[np.abs(scores) * np.take(bottom, cells.group(), axis=1) <= _ROUNDING * terms] = 0.0  # all as far from A
    return np.where(alike, 0.0, value), scores


def total(cells: Cells, above: Floats) -> tuple[Floats, Floats]:
    """Return totals by group, and their influence: the totals of the units."""
    return cells.sum(above), above


def numbers(cells: Cells, rate: Floats, scores: Floats, people: Floats) -> tuple[Floats, Floats]:
    """Return rates times all weights of their groups, and the influence of the products.

    With the rate r, its influence u and the weights N: N u + r n by cell, so that the error carries that of both and
    their covariance. Those who miss answers count as if they were like the others.

    Parameters
    ----------
    cells : Cells
        The cells of the groups.
    rate : ndarray of float, shape (columns, groups)
        The rates.
    scores, people : ndarray of float, shape (columns, cells)
        The influence of the rates, and all weights; `people` may have one row for all columns.
    """
    everybody, group = cells.sum(people), cells.group()
    out = scores * np.take(everybody, group, axis=1)
    out += np.take(np.nan_to_num(rate), group, axis=1) * people
    if cells.resum:  # in a replicate without any cases there are none
        rate = np.where(everybody == 0, 0.0, rate)
    return rate * everybody, out


def shares_of_whole(cells: Cells, above: Floats, all_cells: Cells, all_below: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the groups' shares of the whole of their round, and the influences of the group and of the whole."""
    bottom = all_cells.sum(all_below)
    wave = all_cells.place(cells.wave)
    below = bottom[:, wave]
    share = np.divide(cells.sum(above), below, out=np.full((len(above), cells.groups), np.nan), where=below > 0)
    scale = np.divide(1.0, bottom, out=np.zeros(bottom.shape), where=bottom > 0)
    own = above * np.take(scale, wave[cells.group()], axis=1)
    whole = all_below * np.take(scale, all_cells.group(), axis=1)
    return share, own, whole
