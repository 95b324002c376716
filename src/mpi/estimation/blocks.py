"""Influences put into blocks: columns that rest on the same cases together, in the cells of these cases."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from mpi.inference.variance import Block, block_variances, share_variances

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from mpi.estimation.parts import Part
    from mpi.inference.cells import Cells
    from mpi.inference.design import PsuDesign

__all__ = ["Placed", "placed"]


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """The place of each column of a part, by block and position, and its variances (columns x groups)."""

    block: NDArray[np.int64]
    place: NDArray[np.int64]
    variance: NDArray[np.float64]


def placed(
    design: PsuDesign, blocks: list[Block], cells: Cells, pieces: Sequence[Part], whole: Cells
) -> Iterator[Placed]:
    """Add the influences of parts to the blocks; yield where those of each stand.

    Columns that rest on the same cases stand together, in the cells of these cases. Variances of several shares of the
    whole are taken at once, where they rest on all cells.
    """
    counts = design.counts_cases
    for shares, alike in groupby(pieces, lambda p: p.whole is not None):
        some = [*alike]
        if shares and not (counts and any(p.seen is not None for p in some)) and len(some) > 1 and _few(some):
            yield from _shares(design, blocks, cells, some, whole)
        else:
            yield from (_placed(design, blocks, cells, piece, whole, counts=counts) for piece in some)


_FEW = 1 << 20
"""How many influences are copied to take variances at once."""


def _few(pieces: Sequence[Part]) -> bool:
    return sum(p.scores.size for p in pieces) <= _FEW


def _shares(
    design: PsuDesign, blocks: list[Block], cells: Cells, pieces: Sequence[Part], whole: Cells
) -> Iterator[Placed]:
    """Add both sides of several shares of the whole, two blocks for each."""
    own = Block(cells, np.concatenate([p.scores for p in pieces]), whole)
    common = Block(whole, np.concatenate([p.whole for p in pieces if p.whole is not None]), whole)
    variance = share_variances(design, own, common, np.concatenate([p.value for p in pieces]))
    start = 0
    for piece in pieces:
        rows = slice(start, start := start + len(piece.scores))
        place = np.arange(len(piece.scores))
        yield Placed(np.full(len(place), len(blocks)), place, variance[rows])
        blocks += [Block(cells, own.scores[rows], whole), Block(whole, common.scores[rows], whole)]


def _placed(design: PsuDesign, blocks: list[Block], cells: Cells, piece: Part, whole: Cells, *, counts: bool) -> Placed:
    """Add the influences of a part: columns of the same cases together, in these cases' cells."""
    count = len(piece.scores)
    own = Placed(np.empty(count, np.int64), np.empty(count, np.int64), np.empty((count, cells.groups)))
    if piece.seen is None or not counts:
        which, masks = np.zeros(count, dtype=np.int64), None
    else:
        masks, found = np.unique(piece.seen, axis=0, return_inverse=True)
        which = found.ravel()
    for i in np.unique(which).tolist():
        rows = np.flatnonzero(which == i)
        mine, inside = (cells, None) if masks is None else _cells_with_cases(cells, masks[i])
        if inside is None:
            scores = piece.scores if len(rows) == count else piece.scores[rows]
        else:
            scores = piece.scores[np.ix_(rows, inside)]
        own.block[rows], own.place[rows] = len(blocks), np.arange(len(rows))
        if piece.whole is None:
            blocks.append(Block(mine, np.ascontiguousarray(scores)))
            own.variance[rows] = block_variances(design, blocks[-1])
            continue
        all_cells, there = (whole, None) if masks is None else _cells_with_cases(whole, piece.whole_seen)
        common = piece.whole[rows] if there is None else piece.whole[np.ix_(rows, there)]
        blocks.append(Block(mine, np.ascontiguousarray(scores), all_cells))
        blocks.append(Block(all_cells, np.ascontiguousarray(common), all_cells))
        own.variance[rows] = share_variances(design, blocks[-2], blocks[-1], piece.value[rows])
    return own


def _cells_with_cases(cells: Cells, with_cases: NDArray[np.bool_] | None) -> tuple[Cells, NDArray[np.int64] | None]:
    """Return the cells with cases, and their places; a group without any keeps all of its own."""
    if with_cases is None:
        return cells, None
    none = cells.sum(with_cases[None].astype(np.float64))[0] == 0
    inside = np.flatnonzero(with_cases | none[cells.group()])
    if len(inside) == len(with_cases):
        return cells, None
    start = np.searchsorted(inside, cells.start)
    return replace(cells, unit=cells.unit[inside], stratum=cells.stratum[inside], start=start), inside
