"""Strata within the groups of a block: how each is centred and scaled by the rules for single PSUs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.readonly import seal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mpi.inference.cells import Cells
    from mpi.inference.design import PsuDesign

__all__ = ["Segments", "Strata", "Support", "common_support", "segments_of", "strata_of", "support_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Segments:
    """Strata within columns (or groups): how each is centred and scaled by the rules for single PSUs.

    Attributes
    ----------
    n : ndarray of float
        PSUs in the stratum.
    around_all : ndarray of bool
        Whether the stratum varies around the mean of all PSUs of the column's strata, not around its own.
    scale : ndarray of float
        The factor of its sum of squares.
    unknown : ndarray of bool, shape (columns,)
        The columns all of whose strata are single, where the others would have to stand in for these.
    """

    n: NDArray[np.float64]
    around_all: NDArray[np.bool_]
    scale: NDArray[np.float64]
    unknown: NDArray[np.bool_]

    def __post_init__(self) -> None:
        """Let nobody write into it."""
        seal(self)


def segments_of(
    design: PsuDesign, stratum: NDArray[Any], column: NDArray[np.int64], touched: NDArray[np.int64], columns: int,
    support: Support | None = None,
) -> Segments:  # fmt: skip
    """Return how strata within columns (or groups) are centred and scaled.

    Parameters
    ----------
    design : PsuDesign
        The design.
    stratum, column, touched : ndarray of int, shape (segments,)
        The stratum and the column of each, and how many of its PSUs have cases.
    columns : int
        How many columns there are.
    support : Support or None
        How columns are centred that are sides of shares.
    """
    n = design.sizes()[stratum].astype(np.float64)
    single = _single(design, n, touched, stratum)
    scale = design.scale()[stratum]
    raised = np.ones(columns)
    if design.single_psu == "scaled":
        raised = _raise(column, single, columns)
    if support is not None:
        of = support.whole[column]
        single = np.where(of >= 0, support.single[of, stratum], single)
        raised = np.where(support.whole >= 0, support.raised[support.whole, support.wave], raised)
    if design.single_psu == "scaled":
        scale = np.where(single, 0.0, scale * raised[column])
    around_all = single if design.single_psu == "centered" else np.zeros(len(n), dtype=bool)
    unknown = np.isnan(raised) & (design.single_psu == "scaled")
    return Segments(n, around_all, scale, unknown)


def _single(
    design: PsuDesign, n: NDArray[np.float64], touched: NDArray[Any], stratum: NDArray[Any]
) -> NDArray[np.bool_]:
    """Tell the strata that a rule for single PSUs applies to; one that was sampled whole needs none."""
    single = touched == 1 if design.single_in_group == "adjust" else n == 1
    return np.asarray(np.logical_and(single, design.sampled[stratum] < 1))


def _raise(column: NDArray[np.int64], single: NDArray[np.bool_], columns: int) -> NDArray[np.float64]:
    """Return L / (L - L1) of each column: L strata, L1 of them single."""
    total = np.bincount(column, minlength=columns)
    usable = total - np.bincount(column[single], minlength=columns)
    out: NDArray[np.float64] = np.full(columns, np.nan)
    np.divide(total, usable, out=out, where=usable > 0)
    return out


@dataclass(frozen=True, slots=True, eq=False)
class Support:
    """The whole that each column is a share of: a side of a share is centred as its whole is.

    Attributes
    ----------
    whole : ndarray of int
        The whole that each column is a side of a share of; -1 for other columns.
    wave : ndarray of int
        The round of each column.
    single : ndarray of bool, shape (wholes, strata)
        Whether a rule for single PSUs applies to the stratum in the whole.
    raised : ndarray of float, shape (wholes, waves)
        The factor of ``scaled`` in each round.
    """

    whole: NDArray[np.int64]
    wave: NDArray[np.int32]
    single: NDArray[np.bool_]
    raised: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Let nobody write into it."""
        seal(self)


def common_support(
    design: PsuDesign, wholes: Sequence[Cells], whole: NDArray[np.int64], wave: NDArray[np.int32]
) -> Support | None:
    """Return how columns are centred that are sides of shares of several wholes; None where there is no whole.

    Parameters
    ----------
    design : PsuDesign
        The design.
    wholes : sequence of Cells
        The cells of each whole.
    whole, wave : ndarray of int, shape (columns,)
        The whole that each column is a side of a share of, -1 for none, and its round.
    """
    if not len(wholes):
        return None
    n, every = design.sizes().astype(np.float64), np.arange(design.strata)
    singles, raises = [], []
    for cells in wholes:
        touched = np.bincount(design.stratum[cells.unit], minlength=design.strata)
        present = touched > 0
        single = _single(design, n, touched, every) & present
        singles.append(single)
        raises.append(_raise(design.wave[present].astype(np.int64), single[present], design.waves))
    return Support(whole, wave, np.array(singles), np.array(raises))


def support_of(design: PsuDesign, cells: Cells, whole: Cells | None) -> Support | None:
    """Return how the groups of some cells are centred where they are sides of shares of a whole."""
    if whole is None:
        return None

    def make() -> tuple[PsuDesign, Cells, Support | None]:
        found = common_support(design, [whole], np.zeros(cells.groups, dtype=np.int64), cells.wave)
        return design, whole, found  # which are alive as long as what is known by their identity

    return cells.cache.get(("support", id(design), id(whole)), make, len(cells.unit))[2]


@dataclass(frozen=True, slots=True, eq=False)
class Strata:
    """The strata within the groups of some cells.

    Attributes
    ----------
    segments : Segments
        How each is centred and scaled.
    first, group : ndarray of int
        Its first cell, and its group.
    by_group : ndarray of int
        The first stratum of each group.
    of_cell, scale : ndarray
        The stratum of each cell, and the factor of its square.
    untouched : ndarray of float
        How often the square of the stratum's mean counts: for its PSUs without cases.
    some_around_all : bool
        Whether some vary around the mean of all PSUs of their group.
    """

    segments: Segments
    first: NDArray[np.int64]
    group: NDArray[np.int64]
    by_group: NDArray[np.int64]
    of_cell: NDArray[np.int64]
    scale: NDArray[np.float64]
    untouched: NDArray[np.float64]
    some_around_all: bool

    def __post_init__(self) -> None:
        """Let nobody write into it."""
        seal(self)


def strata_of(design: PsuDesign, cells: Cells, whole: Cells | None) -> Strata:
    """Return the strata in the cells of a block, which may be a side of shares; those of few cells are found once."""

    def make() -> tuple[PsuDesign, Cells | None, Strata]:
        """Return the design, the whole and the strata."""
        stratum, group = design.stratum[cells.unit], cells.group()
        first = np.flatnonzero(np.r_[True, (stratum[1:] != stratum[:-1]) | (group[1:] != group[:-1])])
        length = np.diff(np.r_[first, len(stratum)])
        g = group[first]
        segments = segments_of(design, stratum[first], g, length, cells.groups, support_of(design, cells, whole))
        of_cell = np.repeat(np.arange(len(first)), length)
        found = Strata(
            segments, first, g, np.searchsorted(g, np.arange(cells.groups)), of_cell, segments.scale[of_cell],
            segments.scale * (segments.n - length), bool(segments.around_all.any()),
        )  # fmt: skip
        return design, whole, found  # which are alive as long as what is known by their identity

    return cells.cache.get(("strata", id(design), id(whole)), make, len(cells.unit))[2]
