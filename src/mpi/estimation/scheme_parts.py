"""The statistics of one weighting in the cells of a grouping: families of ratios together, where there are not many."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mpi.core.cache import Cache
from mpi.estimation.labels import labels_of
from mpi.estimation.parts import Part
from mpi.estimation.ratios import numbers, ratio, shares_of_whole, total, variance_among
from mpi.estimation.stages import with_replicates
from mpi.estimation.statistics import families
from mpi.estimation.traits import traits
from mpi.inference.cells import Psus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mpi.estimation.groups import Grouping
    from mpi.estimation.identify import Weighting
    from mpi.estimation.parts import ColumnLabels
    from mpi.estimation.statistics import Family, Variables
    from mpi.inference.cells import Cells
    from mpi.inference.design import Split

__all__ = ["Prepared", "SchemeParts"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """One disaggregation: its groups, its cells, the rows of each pattern in each group, cells' weights, those of 0."""

    group: Grouping
    cells: Cells
    tally: Any
    weight: Floats
    weightless: NDArray[np.bool_]

    def without_rows(self) -> Prepared:
        """Return it when everything is summed: which row belongs to which is forgotten."""
        return replace(self, group=self.group.without_rows(), cells=self.cells.without_rows())


@dataclass(frozen=True, slots=True, eq=False)
class SchemeParts:
    """Makes the parts of one weighting: called with a grouping and its totals.

    Attributes
    ----------
    scheme, contrast, wanted : the weighting and its cutoffs, the bound (or "level"), the statistics asked for.
    variables : Variables
        Where each kind of variable stands among the totals.
    reach : ndarray of int, shape (patterns, 1 + cutoffs [+ indicators] [+ 1])
        Whether each pattern is retained, poor at each cutoff, and (where rows differ in it) observed in each indicator;
        and 1 where everybody counts.
    whole, of_whole, whole_weightless : Cells and ndarray
        The cells of the total and their totals, which shares of the whole refer to, and which of them have weight 0.
    stacked : bool
        Whether families are computed together; they are copied for it.
    sees : bool
        Whether it matters which cells have cases: to rules for strata with one PSU.
    cache : Cache
        The totals of the whole and the columns of families, which all groupings share.
    """

    scheme: Weighting
    contrast: str
    wanted: Sequence[str]
    variables: Variables
    reach: NDArray[np.int64]
    whole: Cells
    of_whole: Floats
    whole_weightless: NDArray[np.bool_]
    stacked: bool
    sees: bool
    cache: Cache = field(default_factory=Cache, init=False)

    def __call__(self, prepared: Prepared, totals: Floats) -> list[Part]:
        """Return the parts of one grouping."""
        found = self._families(totals)
        if prepared.cells is self.whole:
            self.cache.get("whole", lambda: _of_all(found))
            found = [f for f in found if not f.of_all]
        cases, psus = self._cases(prepared, totals)
        parts: list[Part] = []
        for some in _stacks(found, stacked=self.stacked):
            if some[0].of_all:
                parts += self._shares(some, prepared, totals, cases, psus)
            else:
                parts.append(self._own(some, prepared, totals, cases, psus))
        return parts

    def with_replicates(self, prepared: Prepared, totals: Floats, split: Split | None) -> list[Part]:
        """Return the parts of one grouping, with their values in each replicate where the design has some."""

        def replicate_parts(own: Cells, whole: Cells) -> list[Part]:
            """Return the parts with the totals of each replicate in place of the sample's."""
            maker = replace(
                self, whole=whole, of_whole=_resummed(whole, self.of_whole),
                whole_weightless=np.zeros(whole.groups, dtype=bool),
            )  # fmt: skip
            none = np.zeros(own.groups, dtype=bool)
            return maker(replace(prepared, cells=own, tally=None, weightless=none), _resummed(own, totals))

        return with_replicates(split, self(prepared, totals), prepared.cells, self.whole, replicate_parts)

    def _families(self, totals: Floats) -> list[Family]:
        return families(self.wanted, self.variables, totals, self.scheme.measure, self.scheme.cutoffs)

    def _cases(self, prepared: Prepared, totals: Floats) -> tuple[Floats, Psus]:
        """Count, by group, rows and PSUs: retained, poor at each cutoff, observed in each indicator, everybody."""
        if prepared.tally is None:  # of replicates nothing is counted
            none = np.broadcast_to(np.zeros(1), (self.reach.shape[1], prepared.cells.groups))
            return none, Psus(none, none)
        kinds = [k for k in ("size", "poor", "observed", "everybody") if k in self.variables.place]
        sums = np.concatenate([self.variables.select(k, totals) for k in kinds])
        psus = prepared.cells.psus(sums > 0)
        if "poor" not in kinds:
            psus = psus.select(np.r_[np.zeros(1 + len(self.scheme.cutoffs), dtype=np.int64), 1 : len(sums)])
        return (prepared.tally @ self.reach).T.astype(np.float64), psus

    def _own(self, some: list[Family], prepared: Prepared, totals: Floats, cases: Floats, units: Psus) -> Part:
        """Return families as one part; those that are multiples of another of them rest on its columns."""
        own = [f for f in some if f.factor is None]
        made = [_figures(prepared.cells, [*alike]) for _, alike in groupby(own, _kind)]
        value, scores, below = (_rows([one[i] for one in made]) for i in range(3))
        labels, which, factor, rests_on = self._columns_once(some, own)
        n = cases[rests_on]
        trait = n if prepared.tally is None else traits(own, self.variables, prepared.tally, cases)[which]
        value, below = value[which] * factor[:, None], below[which]
        seen = _rows([self._with_cases(f, totals, prepared) for f in own]) if self.sees else None
        return Part(
            labels, value, n, units.select(rests_on), scores, which, factor, seen=seen, trait=trait, below=below
        )

    def _shares(
        self, some: list[Family], prepared: Prepared, totals: Floats, cases: Floats, units: Psus
    ) -> Iterator[Part]:
        """Yield the groups' shares of the whole, a part for each statistic."""
        cells, whole = prepared.cells, self.whole
        all_of = self.cache.get("whole", lambda: _of_all(self._families(self.of_whole)))
        all_below = _rows([all_of[f.statistic] for f in some])
        values, own, common = shares_of_whole(cells, _rows([f.above for f in some]), whole, all_below)
        below = whole.sum(all_below)[:, whole.place(cells.wave)]
        seen_whole = self._whole_with_cases() if self.sees else None
        start = 0
        for f in some:
            inside = slice(start, start := start + len(f.above))
            labels, which, factor, rests_on = self._columns_once([f], [f])
            n = cases[rests_on]
            yield Part(
                labels, values[inside], n, units.select(rests_on), own[inside], which,
                factor, common[inside],
                seen=self._with_cases(f, totals, prepared) if self.sees else None, whole_seen=seen_whole,
                trait=n if prepared.tally is None else traits([f], self.variables, prepared.tally, cases),
                below=below[inside],
            )  # fmt: skip

    def _columns_once(
        self, some: list[Family], own: list[Family]
    ) -> tuple[list[ColumnLabels], NDArray[np.int64], Floats, NDArray[np.int64]]:
        """Return what `_columns` does, which is the same in all groupings, of replicates too."""
        return self.cache.get(tuple((f.statistic, f.dimension) for f in some), lambda: self._columns(some, own))

    def _columns(
        self, some: list[Family], own: list[Family]
    ) -> tuple[list[ColumnLabels], NDArray[np.int64], Floats, NDArray[np.int64]]:
        """Return, statistic by statistic, labels, the column of each, how many times it is it, and its cases."""
        which, factor = _columns_of(some, own)
        rests_on = np.concatenate([f.rests_on(len(self.scheme.cutoffs)) for f in own])[which]
        return labels_of(some, self.scheme, self.contrast), which, factor, rests_on

    def _whole_with_cases(self) -> NDArray[np.bool_]:
        """Return which cells of the total have cases."""
        return np.asarray((self.variables.select("size", self.of_whole)[0] > 0) | self.whole_weightless)

    def _with_cases(self, f: Family, totals: Floats, prepared: Prepared) -> NDArray[np.bool_]:
        """Tell the cells with cases that each column of a family rests on: of rates of the poor, all that answered.

        Those of weight 0 were sampled all the same, so they are among them, as in R.
        """
        if f.people is not None:
            weights = f.people
        else:
            weights = f.below if f.among == "observed" or f.total else self.variables.select("size", totals)
        return np.broadcast_to((weights > 0) | prepared.weightless, f.above.shape)


def _stacks(some: list[Family], *, stacked: bool) -> list[list[Family]]:
    """Return the families that are computed together: shares of the whole behind all others; or each by itself.

    Multiples of a family are with it in any case.
    """
    if stacked:
        both = ([f for f in some if not f.of_all], [f for f in some if f.of_all])
        return [stack for stack in both if stack]
    return [[f, *(g for g in some if g.like == f.statistic)] for f in some if f.factor is None]


def _of_all(some: list[Family]) -> dict[str, Floats]:
    """Return the totals that each share of the whole has above: of the whole, what it divides by."""
    return {f.statistic: f.above for f in some if f.of_all}


def _kind(f: Family) -> int:
    """Number the ways in which families are computed; ratios, of which there are most, have one."""
    return 1 if f.total else 2 if f.square is not None else 3 if f.people is not None else 0


def _figures(cells: Cells, alike: list[Family]) -> tuple[Floats, Floats, Floats]:
    """Return the values of families of one kind, their influences and the totals below, column by column."""
    above = _rows([f.above for f in alike])
    below = _rows([np.broadcast_to(f.below, f.above.shape) for f in alike])
    first = alike[0]
    if first.total:
        value, scores = total(cells, above)
        bottom = cells.sum(above)
        return value if cells.resum else np.where(cells.sum(below) > 0, value, np.nan), scores, bottom
    if first.square is not None:
        value, scores = variance_among(cells, first.square, above, below)
    else:
        value, scores = ratio(cells, above, below)
    if first.people is not None:
        people = _rows([np.broadcast_to(f.people, f.above.shape) for f in alike if f.people is not None])
        return *numbers(cells, value, scores, people), cells.sum(people)
    return value, scores, cells.sum(below)


def _columns_of(some: list[Family], own: list[Family]) -> tuple[NDArray[np.int64], Floats]:
    """Return the column of each statistic, and how many times it is the statistic."""
    starts = np.cumsum([0, *(len(f.above) for f in own)])
    first = {f.statistic: start for f, start in zip(reversed(own), starts[-2::-1].tolist(), strict=True)}
    place = {id(f): start for f, start in zip(own, starts.tolist(), strict=False)}
    which = [np.arange(len(f.above)) + (place[id(f)] if f.factor is None else first[f.like or ""]) for f in some]
    factor = [np.ones(len(f.above)) if f.factor is None else f.factor for f in some]
    return np.concatenate(which), np.concatenate(factor)


def _rows(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Put rows below each other, without a copy of a single part."""
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _resummed(cells: Cells, totals: Floats) -> Floats:
    return totals if cells.resum is None else cells.resum(totals)
