"""Influences of PSUs summed stage by stage, less what calibration margins explain."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.inference.calibration import Regressions
from mpi.inference.cells import Cells
from mpi.inference.replication import deviations, pairs_of, resummed
from mpi.inference.variance import Block

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from mpi.estimation.parts import Part
    from mpi.inference.calibration import Calibration
    from mpi.inference.design import PsuDesign, Split
    from mpi.inference.replication import Replication

    Floats = NDArray[np.float64]

__all__ = ["Staged", "Stages", "less_margins", "margins_of", "replicate_deviations", "with_replicates"]

_TOTALS = 1 << 22
"""How many totals of replicates are held at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class Staged:
    """A grouping whose influences are summed by unit of the design of errors, and what margins explain of them.

    Attributes
    ----------
    cells, whole : Cells
        The cells of the units, of the grouping and of the total.
    pieces : list of Part
        The statistics, with influences in these cells.
    explained : ndarray or None, shape (groups x statistics, margins)
        The regression of each figure on the margins, group by group.
    """

    cells: Cells
    whole: Cells
    pieces: list[Part]
    explained: Floats | None


class Stages:
    """Sums influences of parts by PSU and by unit of the second stage, and regresses them on the margins.

    Parameters
    ----------
    split : Split
        How PSUs are split.
    whole : Cells
        The cells of the total, whose units are parts.
    """

    __slots__ = ("_folded", "_of_whole", "_regressions", "_split", "_whole")

    def __init__(self, split: Split, whole: Cells) -> None:
        self._split, self._whole, self._folded = split, whole, _folded(split, whole)
        self._regressions = None if split.calibration is None else Regressions(split.calibration)
        self._of_whole = None if self._regressions is None else self._regressions.of(whole)

    def __call__(self, cells: Cells, pieces: list[Part]) -> Staged:
        """Return a grouping staged."""
        split, whole = self._split, self._whole
        total, fold_total = self._folded
        own, fold = self._folded if cells is whole else _folded(split, cells)
        regressions, of_whole = self._regressions, self._of_whole
        made = [_piece(p, fold, fold_total, with_cases=regressions is None) for p in pieces]
        if regressions is None or of_whole is None:
            return Staged(own, total, made, None)
        slopes = of_whole if cells is whole else regressions.of(cells)
        at = whole.place(cells.wave)
        explained = np.concatenate([_explained(p, slopes, of_whole, at) for p in pieces])
        return Staged(own, total, made, np.swapaxes(explained, 0, 1).reshape(-1, explained.shape[-1]))


def _folded(split: Split, cells: Cells) -> tuple[Cells, Any]:
    """Return the cells of units, and the matrix that sums the cells of parts up to them."""
    import scipy.sparse as sp

    group = np.tile(cells.group(), len(split.stages))
    unit = np.concatenate([stage[cells.unit] for stage in split.stages])
    stratum = split.errors.stratum[unit]
    order = np.lexsort((unit, stratum, group))
    group, unit = group[order], unit[order]
    new = np.r_[True, (group[1:] != group[:-1]) | (unit[1:] != unit[:-1])]
    place = np.cumsum(new) - 1
    heads = np.flatnonzero(new)
    start = np.searchsorted(group[heads], np.arange(cells.groups + 1))
    source = np.tile(np.arange(len(cells.unit)), len(split.stages))[order]
    fold = sp.csr_array((np.ones(len(place)), (place, source)), shape=(len(heads), len(cells.unit)))
    none = np.zeros(0, dtype=np.int32)
    units = unit[heads].astype(np.int32)
    made = Cells(units, split.errors.stratum[units], start, cells.wave, none, none.astype(np.int64), 0)
    return made, fold


def _piece(piece: Part, fold: Any, of_whole: Any, *, with_cases: bool) -> Part:
    """Return a part with its influences by unit; which units have cases matters where margins explain nothing."""
    return replace(
        piece,
        scores=_summed(fold, piece.scores),
        whole=None if piece.whole is None else _summed(of_whole, piece.whole),
        seen=_summed(fold, piece.seen) > 0 if with_cases and piece.seen is not None else None,
        whole_seen=_summed(of_whole, piece.whole_seen) > 0 if with_cases and piece.whole_seen is not None else None,
    )


def _summed(fold: Any, values: NDArray[Any]) -> Floats:
    return np.ascontiguousarray((fold @ values.astype(np.float64).T).T)


def _explained(
    piece: Part, slopes: Callable[[Floats], Floats], slopes_of_whole: Callable[[Floats], Floats], at: NDArray[np.int64]
) -> Floats:
    """Return the regression of a part on the margins; `at` is each group's round among the groups of the whole."""
    found = slopes(piece.scores)[piece.column] * piece.factor[:, None, None]
    if piece.whole is not None:
        found -= np.nan_to_num(piece.value)[:, :, None] * slopes_of_whole(piece.whole)[:, at]
    return np.asarray(found)


def margins_of(design: PsuDesign, calibration: Calibration) -> Block:
    """Return what each unit adds to each margin, in each round, as a block of influences."""
    wave = design.wave[design.stratum]
    order = np.lexsort((np.arange(design.units), design.stratum, wave))
    start = np.searchsorted(wave[order], np.arange(design.waves + 1))
    none = np.zeros(0, dtype=np.int32)
    units = order.astype(np.int32)
    rounds = np.arange(design.waves, dtype=np.int32)
    cells = Cells(units, design.stratum[units], start, rounds, none, none.astype(np.int64), 0)
    return Block(cells, np.ascontiguousarray(calibration.columns[order].T), cells)


def less_margins(jacobian: Any, blocks: list[Block], explained: Floats, wave: NDArray[np.int32]) -> Any:
    """Return the jacobian with what margins explain taken off; the margins are the last block.

    Parameters
    ----------
    jacobian : scipy.sparse.csr_array, shape (estimates, columns before the margins)
        Each estimate as a combination of the columns.
    blocks : list of Block
        All blocks; they are put on the support of the margins, for an influence less its regression covers all units.
    explained : ndarray of float, shape (estimates, margins)
        The regression of each on the margins of its round.
    wave : ndarray of int32, shape (estimates,)
        The round of each.
    """
    import scipy.sparse as sp

    last = blocks[-1]
    rounds = last.cells.groups
    row, margin = np.nonzero(explained)
    off = sp.csr_array(
        (-explained[row, margin], (row, margin * rounds + wave[row])), shape=(len(explained), last.columns)
    )
    blocks[:] = [replace(b, whole=last.whole) for b in blocks]
    return sp.csr_array(sp.hstack([jacobian, off], format="csr"))


def with_replicates(
    split: Split | None,
    pieces: list[Part],
    cells: Cells,
    whole: Cells,
    again: Callable[[Cells, Cells], list[Part]],
) -> list[Part]:
    """Return parts with their values in each replicate, which the same function gives of the replicates' totals.

    Parameters
    ----------
    split : Split or None
        How PSUs are split; without replicates the parts are returned as they are.
    pieces : list of Part
        The statistics of a grouping.
    cells, whole : Cells
        Its cells, and those of the total.
    again : function
        Gets the cells of some replicates, and those of their totals, and returns the same statistics of them.
    """
    replication = None if split is None else split.replication
    if replication is None or not pieces:
        return pieces
    rounds = len(replication.scales)
    found: list[list[Floats]] = [[] for _ in pieces]
    for chosen in _chunks(replication, cells, sum(len(p.labels) for p in pieces)):
        own = resummed(replication, cells, chosen, rounds)
        total = own if cells is whole else resummed(replication, whole, chosen, rounds)
        for values, one in zip(found, again(own, total), strict=True):
            values.append(one.value.reshape(len(one.value), -1, cells.groups))
    return [replace(p, replicates=np.concatenate(v, axis=1)) for p, v in zip(pieces, found, strict=True)]


def _chunks(replication: Replication, cells: Cells, statistics: int) -> Iterator[slice]:
    step = max(1, _TOTALS // max(1, cells.groups * statistics))
    yield from (slice(a, a + step) for a in range(0, replication.number, step))


def replicate_deviations(
    split: Split, cells: Cells, whole: Cells, piece: Part
) -> tuple[Block, Floats, NDArray[np.int64]]:
    """Return the deviations of replicates as a block, their variances, and how many replicates lack the figure.

    A statistic that was not made again in each replicate deviates to first order: by its influence times the change of
    weights.
    """
    replication = split.replication
    if replication is None:
        raise TypeError("the design has no replicates")
    values = piece.replicates
    if values is None:
        values = _to_first_order(replication, cells, whole, piece)
    off, variance, lost = deviations(replication, cells.wave, piece.value, values)
    paired = np.stack([off, -off], axis=-1).reshape(len(off), -1) / 2
    return Block(pairs_of(cells.wave, replication.number), paired), variance, lost


def _to_first_order(replication: Replication, cells: Cells, whole: Cells, piece: Part) -> Floats:
    own = _changes(replication, cells, piece.scores)[piece.column] * piece.factor[:, None, None]
    if piece.whole is not None:
        of_whole = _changes(replication, whole, piece.whole)[:, :, whole.place(cells.wave)]
        own = own - np.nan_to_num(piece.value)[:, None, :] * of_whole
    return np.asarray(piece.value[:, None, :] + own)


def _changes(replication: Replication, cells: Cells, scores: Floats) -> Floats:
    out = np.empty((len(scores), replication.number, cells.groups))
    for g in range(cells.groups):
        inside = slice(cells.start[g], cells.start[g + 1])
        out[:, :, g] = scores[:, inside] @ (replication.factors[:, cells.unit[inside]] - 1).T
    return out
