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

from mpi.core.readonly import seal
from mpi.inference.strata import common_support, segments_of, strata_of, support_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mpi.inference.cells import Cells
    from mpi.inference.design import PsuDesign
    from mpi.inference.strata import Support

__all__ = [
    "DENSE",
    "FEW",
    "NEAR",
    "ROUNDING",
    "Block",
    "SparseColumns",
    "Spread",
    "block_variances",
    "covariance",
    "share_variances",
    "spread_of",
    "stack",
]

ROUNDING = 64 * np.finfo(np.float64).eps
"""What is below this share of its terms is rounding, and no variance."""
_CACHED = 1 << 17
NEAR = 1e-4
"""Where sums of squares leave less than this share of themselves, too many digits are lost."""
FEW, DENSE = 64, 1 << 23
"""How many columns, and how many numbers, are written out in full."""


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
    whole : Cells or None
        For the two sides of a share of the whole: the cells of the whole. Each side is centred as the share itself
        is, whose influence covers the whole and adds up to nothing.
    """

    cells: Cells
    scores: NDArray[np.float64]
    whole: Cells | None = None

    def __post_init__(self) -> None:
        """Let nobody write into it."""
        seal(self)

    @property
    def columns(self) -> int:
        """The number of columns."""
        return len(self.scores) * self.cells.groups

    def waves(self) -> NDArray[np.int32]:
        """Return the round of each column."""
        return np.tile(self.cells.wave, len(self.scores))

    def support(self, design: PsuDesign) -> Support | None:
        """Return how each group's column is centred where it is a side of a share."""
        return support_of(design, self.cells, self.whole)


def block_variances(design: PsuDesign, block: Block) -> NDArray[np.float64]:
    """Return the variance of each statistic in each group (statistics x groups), in two passes: nothing cancels."""
    cells, scores = block.cells, block.scores
    strata = strata_of(design, cells, block.whole)
    segments, first, by_group = strata.segments, strata.first, strata.by_group
    out = np.empty((len(scores), cells.groups))
    step = max(1, _CACHED // max(1, len(cells.unit)))
    for a in range(0, len(scores), step):  # a few statistics at a time stay in the cache
        part = scores[a : a + step]
        sums = np.add.reduceat(part, first, axis=1)
        mean = sums / segments.n
        if strata.some_around_all:
            grand = _grand(np.add.reduceat(sums, by_group, axis=1), np.add.reduceat(segments.n, by_group))
            if block.whole is not None:
                grand[:] = 0.0  # the share that it is a side of adds up to nothing
            mean[:, segments.around_all] = grand[:, strata.group[segments.around_all]]
        spread = part - np.take(mean, strata.of_cell, axis=1)
        np.multiply(spread, spread, out=spread)
        spread *= strata.scale
        out[a : a + step] = np.add.reduceat(spread, cells.start[:-1], axis=1)
        out[a : a + step] += np.add.reduceat(mean**2 * strata.untouched, by_group, axis=1)
    out[:, segments.unknown] = np.nan
    return out


def _grand(sums: NDArray[np.float64], psus: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of all PSUs of each group's strata; 0 where there is one in all, which would be its own mean."""
    return np.divide(sums, psus, out=np.zeros(np.shape(sums)), where=psus > 1)


def share_variances(design: PsuDesign, own: Block, whole: Block, share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the variances of own - share x whole, for shares of the whole (statistics x groups).

    The covariance of the two sides needs the whole's centred influence only where the group has units: over a
    stratum it adds up to nothing. Where the terms nearly cancel, as of a share near 1, the influences are taken from
    each other first, and squared then.
    """
    support = own.support(design)
    if support is None:
        raise TypeError("the block is no side of a share")
    apart, together = block_variances(design, own), block_variances(design, whole)
    place = whole.cells.place(own.cells.wave)
    n = design.sizes()
    (single,), (raised,) = support.single, support.raised
    scale = np.where(single & (design.single_psu == "scaled"), 0.0, design.scale())
    if design.single_psu == "scaled":
        scale *= raised[design.wave]
    zero = single & (design.single_psu == "centered")
    of_unit, of_cell = design.stratum[whole.cells.unit], design.stratum[own.cells.unit]
    between = np.empty_like(share)
    centred = np.zeros(design.units)
    for s, row in enumerate(whole.scores):
        mean = np.where(zero, 0.0, np.bincount(of_unit, weights=row, minlength=design.strata) / n)
        centred[whole.cells.unit] = row - mean[of_unit]
        product = own.scores[s] * centred[own.cells.unit] * scale[of_cell]
        between[s] = np.add.reduceat(product, own.cells.start[:-1])
    theta = np.nan_to_num(share)
    common = theta**2 * together[:, place]
    variance: NDArray[np.float64] = apart - 2 * theta * between + common
    doubtful = (variance < NEAR * (apart + common)) & ((apart > 0) | (variance < 0))
    for s, g in np.argwhere(doubtful).tolist():
        exact = _share_variance(design, own, whole, (s, g), float(theta[s, g]), np.where(zero, np.inf, n), scale)
        variance[s, g] = exact if exact > ROUNDING**2 * (apart[s, g] + common[s, g]) else 0.0
    return variance


def _share_variance(
    design: PsuDesign, own: Block, whole: Block, column: tuple[int, int], share: float, psus: NDArray[np.float64],
    scale: NDArray[np.float64],
) -> float:  # fmt: skip
    """Return the variance of one share, from its own influence: the PSUs and the scale are those of each stratum."""
    s, g = column
    mine = slice(own.cells.start[g], own.cells.start[g + 1])
    (at,) = whole.cells.place(own.cells.wave[g : g + 1])
    all_of = slice(whole.cells.start[at], whole.cells.start[at + 1])
    influence = np.zeros(design.units)
    influence[whole.cells.unit[all_of]] = -share * whole.scores[s, all_of]
    influence[own.cells.unit[mine]] += own.scores[s, mine]
    touched = np.bincount(design.stratum[whole.cells.unit[all_of]], minlength=design.strata) > 0
    inside = touched[design.stratum]
    stratum = design.stratum[inside]
    sums = np.bincount(design.stratum, weights=influence, minlength=design.strata)
    centred = influence[inside] - (sums / psus)[stratum]
    return float(scale[stratum] @ centred**2)


@dataclass(frozen=True, slots=True, eq=False)
class SparseColumns:
    """Influence columns as a sparse matrix (units x columns), and how those that are sides of shares are centred."""

    matrix: Any
    support: Support | None


def stack(design: PsuDesign, blocks: Sequence[Block], columns: NDArray[np.int64]) -> SparseColumns:
    """Return chosen columns of the blocks, numbered through and in rising order."""
    import scipy.sparse as sp

    wholes: dict[int, Cells] = {}
    side = np.full(len(columns), -1, dtype=np.int64)
    wave = np.zeros(len(columns), dtype=np.int32)
    pieces: list[tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.int64]]] = []
    start = 0
    for block in blocks:
        inside = slice(*np.searchsorted(columns, [start, start + block.columns]))
        wave[inside] = block.waves()[columns[inside] - start]
        if block.whole is not None:
            wholes.setdefault(id(block.whole), block.whole)
            side[inside] = list(wholes).index(id(block.whole))
        pieces.append(_entries(block, columns[inside] - start))
        start += block.columns
    found = common_support(design, list(wholes.values()), side, wave)
    data, rows, lengths = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
    pointer = np.r_[0, np.cumsum(lengths)]
    return SparseColumns(sp.csc_array((data, rows, pointer), shape=(design.units, len(columns))), found)


def _entries(
    block: Block, columns: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.int64]]:
    """Return the entries of some columns of a block, one after the other: values, units, and how many each has."""
    statistic, group = np.divmod(columns, block.cells.groups)
    first = block.cells.start[group]
    lengths = block.cells.start[group + 1] - first
    ends = np.cumsum(lengths)
    cell = np.arange(int(lengths.sum())) + np.repeat(first - (ends - lengths), lengths)
    return block.scores[np.repeat(statistic, lengths), cell], block.cells.unit[cell], lengths


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """Scaled influences by PSU, and what is to be taken off them: E = scaled - members @ mean."""

    scaled: Any
    members: Any
    mean: Any


def spread_of(design: PsuDesign, influences: SparseColumns) -> Spread:
    """Centre and scale sparse influence columns, without writing the centred zeros out."""
    import scipy.sparse as sp

    columns = influences.matrix
    units, strata, m = design.units, design.strata, columns.shape[1]
    column = np.repeat(np.arange(m), np.diff(columns.indptr))
    key, entry = np.unique(column * np.int64(strata) + design.stratum[columns.indices], return_inverse=True)
    c, h = np.divmod(key, strata)
    segments = segments_of(design, h, c, np.bincount(entry), m, influences.support)
    sums = np.bincount(entry, weights=columns.data, minlength=len(key))
    mean = sums / segments.n
    if segments.around_all.any():
        total, psus = (np.bincount(c, weights=x, minlength=m).astype(np.float64) for x in (sums, segments.n))
        grand = _grand(total, psus)
        if influences.support is not None:
            grand[influences.support.whole >= 0] = 0.0  # the share they are sides of adds up to nothing
        mean = np.where(segments.around_all, grand[c], mean)
    root = np.sqrt(segments.scale)
    every = np.arange(units)
    scaled = sp.csc_array((columns.data * root[entry], columns.indices, columns.indptr), shape=columns.shape)
    link = sp.csr_array((np.ones(units), (design.psu, every)), shape=(int(design.psu.max()) + 1, units))
    member = sp.csr_array((np.ones(units), (design.psu, design.stratum)), shape=(link.shape[0], strata))
    off = sp.csc_array((mean * root, (h, c)), shape=(strata, m))
    return Spread(sp.csc_array(link @ scaled), member, off)


def covariance(design: PsuDesign, columns: SparseColumns) -> Any:
    """Return the covariance of influence columns as a sparse matrix, m x m."""
    spread = spread_of(design, columns)
    if columns.matrix.shape[1] <= FEW and spread.scaled.shape[0] * columns.matrix.shape[1] <= DENSE:
        return _dense_covariance(spread)
    cross = (spread.scaled.T @ spread.members) @ spread.mean
    gram = spread.members.T @ spread.members
    return spread.scaled.T @ spread.scaled - cross - cross.T + spread.mean.T @ (gram @ spread.mean)


def _dense_covariance(spread: Spread) -> Any:
    """Write the centred influences out: nothing cancels, and few columns cost little."""
    import scipy.sparse as sp

    centred = spread.scaled.toarray() - spread.members @ spread.mean.toarray()
    return sp.csc_array(centred.T @ centred)
