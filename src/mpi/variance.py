"""Design-based variances and covariances of linearised statistics.

A statistic's *influence* is its linearised contribution of each sampled unit (PSU). The variance of the statistic is
the stratified variance of the sum of its influences over units drawn with replacement in the first stage
(Binder 1983, Int. Statistical Review 51:279-292; with (1 - f) under a finite population correction):

    V = sum_h a_h sum_c (u_hc - m_h)(u_hc - m_h)',   a_h = (1 - f_h) n_h / (n_h - 1)

with m_h the stratum's mean over all its n_h units, zeros included. Units of two rounds that are the same PSU
are multiplied with each other; this is the covariance between rounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mpi.design import Design
    from mpi.totals import Cells

__all__ = ["Block", "block_variances", "covariance", "quadratic", "stack"]

_ROUNDING = 64 * np.finfo(np.float64).eps


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Influences of several statistics in the groups of one grouping, held where they are not zero.

    Statistic s in group g is column ``s * groups + g`` of the block.

    Attributes
    ----------
    cells : Cells
        The units of each group.
    scores : ndarray of float, shape (statistics, cells)
        The influence of each cell's unit.
    """

    cells: Cells
    scores: NDArray[np.float64]

    @property
    def columns(self) -> int:
        """The number of columns."""
        return len(self.scores) * self.cells.groups

    def waves(self) -> NDArray[np.int32]:
        """Return the round of each column."""
        return np.tile(self.cells.wave, len(self.scores))


def block_variances(design: Design, block: Block) -> NDArray[np.float64]:
    """Return the variance of each statistic in each group (statistics x groups), two passes, no cancellation."""
    cells, scores = block.cells, block.scores
    stratum = design.stratum[cells.unit]
    group = cells.group()
    first = np.flatnonzero(np.r_[True, (stratum[1:] != stratum[:-1]) | (group[1:] != group[:-1])])
    length = np.diff(np.r_[first, len(stratum)])
    h, g = stratum[first], group[first]
    n = design.sizes()[h].astype(np.float64)
    a = design.scale()
    sums = np.add.reduceat(scores, first, axis=1)
    by_group = np.searchsorted(g, np.arange(cells.groups))
    grand = np.add.reduceat(sums, by_group, axis=1) / _units_by_wave(design)[cells.wave]
    mean = sums / n
    around_all = _around_grand_mean(design, n, length)
    mean[:, around_all] = grand[:, g[around_all]]
    spread = scores - np.repeat(mean, length, axis=1)
    np.multiply(spread, spread, out=spread)
    spread *= a[stratum]
    variance = np.add.reduceat(spread, cells.start[:-1], axis=1)
    variance += np.add.reduceat(mean**2 * (a[h] * (n - length)), by_group, axis=1)
    if design.single_psu == "centered":
        variance += grand**2 * _absent_singles(design, h, g, cells)
    return variance


def _around_grand_mean(design: Design, n: NDArray[np.float64], length: NDArray[np.int64]) -> NDArray[np.bool_]:
    single = (n == 1) & (design.single_psu == "centered")
    if design.single_in_group == "centered":
        single |= (n > 1) & (length == 1) & (design.single_psu == "centered")
    return single


def _units_by_wave(design: Design) -> NDArray[np.int64]:
    return np.bincount(design.wave[design.stratum], minlength=design.waves)


def _absent_singles(
    design: Design, h: NDArray[np.int32], g: NDArray[np.int64], cells: Cells
) -> NDArray[np.float64]:
    """Sum the scale of the single-PSU strata that a group has no unit in: they vary around its grand mean too."""
    single = (design.sizes() == 1) * design.scale()
    of_wave = np.bincount(design.wave, weights=single, minlength=design.waves)
    present = np.bincount(g, weights=single[h], minlength=cells.groups)
    return of_wave[cells.wave] - present


def stack(blocks: Sequence[Block], columns: NDArray[np.int64], units: int) -> Any:
    """Return chosen columns of the blocks, numbered through, as a sparse matrix (units x columns)."""
    import scipy.sparse as sp

    data, rows, lengths = [], [], np.zeros(len(columns), dtype=np.int64)
    start = 0
    pieces: list[tuple[int, NDArray[np.float64], NDArray[np.int32]]] = []
    for block in blocks:
        inside = np.flatnonzero((columns >= start) & (columns < start + block.columns))
        for place in inside:
            s, g = divmod(int(columns[place]) - start, block.cells.groups)
            a, b = int(block.cells.start[g]), int(block.cells.start[g + 1])
            pieces.append((int(place), block.scores[s, a:b], block.cells.unit[a:b]))
            lengths[place] = b - a
        start += block.columns
    pieces.sort(key=lambda p: p[0])
    data = [p[1] for p in pieces]
    rows = [p[2] for p in pieces]
    pointer = np.r_[0, np.cumsum(lengths)]
    if not pieces:
        return sp.csc_array((units, len(columns)))
    return sp.csc_array((np.concatenate(data), np.concatenate(rows), pointer), shape=(units, len(columns)))


@dataclass(frozen=True, slots=True, eq=False)
class _Spread:
    """Scaled influences by PSU, and what is to be taken off them: E = scaled - members @ mean."""

    scaled: Any
    members: Any
    mean: Any


def _spread(design: Design, columns: Any) -> _Spread:
    import scipy.sparse as sp

    units, strata = design.units, design.strata
    every = np.arange(units)
    root = np.sqrt(design.scale())[design.stratum]
    member = sp.csr_array((np.ones(units), (every, design.stratum)), shape=(units, strata))
    link = sp.csr_array((root, (design.psu, every)), shape=(int(design.psu.max()) + 1, units))
    n = design.sizes().astype(np.float64)
    mean = sp.diags_array(1 / n) @ (member.T @ columns)
    if design.single_psu == "centered" and (n == 1).any():
        mean = _grand_means(design, columns, mean, n == 1)
    return _Spread(sp.csc_array(link @ columns), sp.csr_array(link @ member), sp.csc_array(mean))


def _grand_means(design: Design, columns: Any, mean: Any, single: NDArray[np.bool_]) -> Any:
    import scipy.sparse as sp

    wave = sp.csr_array((np.ones(design.units), (design.wave[design.stratum], np.arange(design.units))))
    grand = sp.diags_array(1 / _units_by_wave(design)) @ (wave @ columns)
    keep = sp.diags_array((~single).astype(np.float64))
    take = sp.csr_array(
        (np.ones(int(single.sum())), (np.flatnonzero(single), design.wave[single])), shape=(design.strata, design.waves)
    )
    return keep @ mean + take @ grand


def covariance(design: Design, columns: Any) -> Any:
    """Return the covariance of sparse influence columns (units x m) as a sparse m x m matrix."""
    spread = _spread(design, columns)
    cross = (spread.scaled.T @ spread.members) @ spread.mean
    gram = spread.members.T @ spread.members
    return spread.scaled.T @ spread.scaled - cross - cross.T + spread.mean.T @ (gram @ spread.mean)


def quadratic(design: Design, columns: Any, jacobian: Any) -> NDArray[np.float64]:
    """Return the variances of linear combinations (rows of the sparse `jacobian`) of influence columns."""
    spread = covariance(design, columns)
    terms = (jacobian @ spread).multiply(jacobian)
    size = (abs(jacobian) @ abs(spread)).multiply(abs(jacobian))
    variance = np.asarray(terms.sum(axis=1)).ravel()
    rounding = _ROUNDING * np.asarray(size.sum(axis=1)).ravel()
    return np.where(variance <= rounding, 0.0, variance)
