"""Cells: the sampled units of each group, in which everything is summed before it becomes an estimate."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mpi.core.cache import Cache
from mpi.core.readonly import read_only, seal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

__all__ = ["Cells", "Psus"]

_CHUNK = 1 << 12


class Psus(NamedTuple):
    """The PSUs that have cases of some statistics (statistics x groups), and what is left of them less their strata."""

    number: NDArray[np.float64]
    df: NDArray[np.float64]

    def select(self, statistics: Any) -> Psus:
        """Return those of some statistics, by position; one may stand several times."""
        return Psus(self.number[statistics], self.df[statistics])


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Sampled units within groups, in order of group, stratum and unit.

    Attributes
    ----------
    unit : ndarray of int32, shape (cells,)
        The sampled unit of each cell.
    stratum : ndarray of int32, shape (cells,)
        Its stratum.
    start : ndarray of int64, shape (groups + 1,)
        Where each group's cells begin.
    wave : ndarray of int32, shape (groups,)
        The round of each group.
    of_row : ndarray of int32, shape (rows,)
        The unordered cell of each row.
    order : ndarray of int64, shape (cells,)
        The unordered cell that stands at each place.
    unordered : int
        How many unordered cells there are (some may be empty).
    psu : ndarray of int32 or None, shape (cells,)
        The PSU of each cell, where units are parts of PSUs; those of one PSU stand together.
    resum : function or None
        Turns totals by cell (variables x cells) into those of each group in each replicate, where groups are these.
    cache : Cache
        What follows from the cells alone, or from them and a design; of many cells nothing is kept.
    """

    unit: NDArray[np.int32]
    stratum: NDArray[np.int32]
    start: NDArray[np.int64]
    wave: NDArray[np.int32]
    of_row: NDArray[np.int32]
    order: NDArray[np.int64]
    unordered: int
    psu: NDArray[np.int32] | None = None
    resum: Callable[[NDArray[np.float64]], NDArray[np.float64]] | None = None
    cache: Cache = field(default_factory=Cache, init=False)

    def __post_init__(self) -> None:
        """Let nobody write into it."""
        seal(self)

    @property
    def groups(self) -> int:
        """The number of groups."""
        return len(self.wave)

    def place(self, wave: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return which group of these, one a round, is that of some rounds."""
        return np.searchsorted(self.wave, wave)

    def group(self) -> NDArray[np.int64]:
        """Return the group of each cell."""
        return self.cache.get("group", self._group, len(self.unit))

    def _group(self) -> NDArray[np.int64]:
        return read_only(np.repeat(np.arange(self.groups), np.diff(self.start)))

    def totals(self, variables: Iterable[NDArray[Any]]) -> NDArray[np.float64]:
        """Add variables of rows up by cell (variables x cells in order)."""
        sums = [np.bincount(self.of_row, weights=y, minlength=self.unordered)[self.order] for y in variables]
        return self._resummed(np.array(sums, dtype=np.float64))

    def _resummed(self, totals: NDArray[np.float64]) -> NDArray[np.float64]:
        return totals if self.resum is None else self.resum(totals)

    def without_rows(self) -> Cells:
        """Return the cells when everything is summed: which row belongs to which is forgotten."""
        return self.cache.get("bare", self._without_rows, len(self.of_row))

    def _without_rows(self) -> Cells:
        none = np.zeros(0, dtype=np.int32)
        return replace(self, of_row=none, order=none.astype(np.int64))

    def arrange(self, sums: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn sums by unordered cell (cells x variables) into totals (variables x cells in order)."""
        out = np.empty((sums.shape[1], len(self.order)))
        for a in range(0, len(self.order), _CHUNK):  # a transpose is quick within the cache
            out[:, a : a + _CHUNK] = sums[self.order[a : a + _CHUNK]].T
        return self._resummed(out)

    def sum(self, totals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Add cell totals (variables x cells) up to group totals (variables x groups)."""
        return np.add.reduceat(totals, self.start[:-1], axis=-1)

    def psus(self, with_cases: NDArray[np.bool_]) -> Psus:
        """Count the PSUs with cases (variables x cells) by group, and those less the strata that they lie in.

        These are the degrees of freedom of a domain (Korn and Graubard 1999, Analysis of Health Surveys, 5.2; what
        R's ``degf`` gives for a subset of a design).
        """
        group, stratum = self.group(), self.stratum
        if self.psu is not None:
            heads = np.flatnonzero(np.r_[True, (self.psu[1:] != self.psu[:-1]) | (group[1:] != group[:-1])])
            with_cases = np.logical_or.reduceat(with_cases, heads, axis=1)
            group, stratum = group[heads], stratum[heads]
        first = np.flatnonzero(np.r_[True, (stratum[1:] != stratum[:-1]) | (group[1:] != group[:-1])])
        strata = np.logical_or.reduceat(with_cases, first, axis=1)
        by_group = np.searchsorted(group[first], np.arange(self.groups))
        number = np.add.reduceat(with_cases.astype(np.float64), np.searchsorted(group, np.arange(self.groups)), axis=1)
        return Psus(number, number - np.add.reduceat(strata.astype(np.float64), by_group, axis=1))
