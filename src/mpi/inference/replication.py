"""Replicates: the weights of the sample as they would be in other samples, and the errors that follow.

The variance of a figure is ``scale x sum over r of rscales[r] (theta_r - c)^2``, with theta_r the figure in replicate r
and c the figure itself (``mse``) or the mean of all replicates (Wolter 2007, Introduction to Variance Estimation).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from mpi.core.readonly import seal
from mpi.inference.cells import Cells

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Method", "Replication", "deviations", "pairs_of", "resummed"]

Method = Literal["jk1", "jkn", "brr", "fay", "bootstrap", "sdr", "user"]
"""The kinds of replicates."""


@dataclass(frozen=True, slots=True, eq=False)
class Replication:
    """The replicates of a sample.

    Attributes
    ----------
    method : str
        Their kind.
    factors : ndarray of float, shape (replicates, parts)
        The weight of each part's rows in each replicate by the one in the sample.
    scales : ndarray of float, shape (rounds, replicates)
        What each replicate's squared deviation counts; 0 for those that a round does not have.
    mse : bool
        Whether deviations are from the figure of the sample, not from the mean of the replicates.
    df : ndarray of float, shape (rounds,)
        The degrees of freedom that errors have at most.
    """

    method: Method
    factors: Floats
    scales: Floats
    mse: bool
    df: Floats

    def __post_init__(self) -> None:
        """Let nobody write into it."""
        seal(self)

    @property
    def number(self) -> int:
        """The number of replicates."""
        return len(self.factors)


def pairs_of(wave: NDArray[np.int32], replicates: int) -> Cells:
    """Return the cells of deviations in the design `PsuDesign.from_replicates`: of each group those of its round."""
    units = (wave[:, None] * (2 * replicates) + np.arange(2 * replicates)).ravel().astype(np.int32)
    start = np.arange(len(wave) + 1, dtype=np.int64) * 2 * replicates
    none = np.zeros(0, dtype=np.int32)
    return Cells(units, units // 2, start, wave, none, none.astype(np.int64), 0)


def resummed(replication: Replication, cells: Cells, chosen: slice, rounds: int) -> Cells:
    """Return cells whose groups are the groups of others in some replicates: one cell each, replicate by replicate."""
    factors = replication.factors[chosen]
    many, groups = len(factors), cells.groups

    def resum(totals: Floats) -> Floats:
        """Return totals summed again with the weights of each replicate (variables x replicates and groups)."""
        out = np.empty((len(totals), many, groups))
        for g in range(groups):
            inside = slice(cells.start[g], cells.start[g + 1])
            out[:, :, g] = totals[:, inside] @ factors[:, cells.unit[inside]].T
        return out.reshape(len(totals), many * groups)

    wave = (np.arange(many, dtype=np.int32)[:, None] * np.int32(rounds) + cells.wave).ravel()
    unit = np.arange(many * groups, dtype=np.int32)
    start = np.arange(many * groups + 1, dtype=np.int64)
    return Cells(unit, np.zeros_like(unit), start, wave, cells.of_row, cells.order, cells.unordered, resum=resum)


def deviations(
    replication: Replication, wave: NDArray[np.int32], value: Floats, replicates: Floats
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Return the scaled deviations of replicates, their variance, and how many replicates have no such figure.

    Parameters
    ----------
    replication : Replication
        The replicates.
    wave : ndarray of int32, shape (groups,)
        The round of each group.
    value : ndarray of float, shape (statistics, groups)
        The figures.
    replicates : ndarray of float, shape (statistics, replicates, groups)
        The figures in each replicate; missing where there are none, and the others then count for them.
    """
    scale = replication.scales[wave].T  # replicates x groups
    known = ~np.isnan(replicates) & (scale > 0)
    many = known.sum(axis=1)
    if replication.mse:
        centre = value
    else:
        centre = np.divide(
            np.where(known, replicates, 0.0).sum(axis=1), many, out=np.full(value.shape, np.nan), where=many > 0
        )
    off = np.where(known, replicates - centre[:, None, :], 0.0) * np.sqrt(scale)
    made = (scale > 0).sum(axis=0)
    lost = made - many
    if lost.any():
        all_of, left = scale.sum(axis=0), (scale * known).sum(axis=1)
        off *= np.sqrt(np.divide(all_of, left, out=np.zeros(left.shape), where=left > 0))[:, None, :]
    off = np.swapaxes(off, 1, 2)  # statistics x groups x replicates
    variance: Floats = np.where(np.isnan(value), np.nan, (off**2).sum(axis=2))
    return np.nan_to_num(off), variance, lost
