"""The one pass's sums turned into estimates: weighting by weighting, grouping by grouping, never a row again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import chain, groupby
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mpi.core.errors import warned_once
from mpi.core.threads import map_threads
from mpi.estimation.assemble import assemble
from mpi.estimation.attainable import people_of, warn_of_misses
from mpi.estimation.groups import grouping
from mpi.estimation.identify import Scheme, Scores, bounded, complete, reweighted
from mpi.estimation.labels import labels_of
from mpi.estimation.left_out import of_measure, partly, rounds_of
from mpi.estimation.parts import Labels, Part, merge, part, times
from mpi.estimation.ratios import numbers, of_whole, ratio, total, variance_among
from mpi.estimation.stages import with_replicates
from mpi.estimation.statistics import Family, Variables, families, needs, variables
from mpi.estimation.totals import Summer, cells_of, counts
from mpi.estimation.traits import counted, traits
from mpi.inference.cells import Psus
from mpi.results.concat import pieced
from mpi.tables.footnotes import KEY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mpi.estimation.groups import Grouping
    from mpi.estimation.patterns import Profiles
    from mpi.frames.wanted import Cross
    from mpi.inference.cells import Cells
    from mpi.inference.design import Split
    from mpi.measures.measure import Measure
    from mpi.measures.words import Unit
    from mpi.results.estimates import Estimates
    from mpi.results.options import Degrees
    from mpi.survey.survey import Survey

__all__ = ["Request", "estimates_of"]


class Request:
    """What is asked for, checked: measure, disaggregations, weightings and cutoffs, statistics, what is counted."""

    __slots__ = ("by", "measure", "schemes", "unit", "wanted")

    def __init__(
        self, measure: Measure, by: list[Cross], found: list[Scheme], wanted: tuple[str, ...], unit: Unit
    ) -> None:
        self.measure, self.by, self.schemes, self.wanted = measure, by, found, wanted
        self.unit: Unit = unit

    def scores(self, prof: Profiles, measure: Measure) -> dict[str, Scores]:
        """Score the patterns by the measure's policy for missing indicators."""
        bits = (prof.deprived, prof.missing, measure)
        if self.measure.missing == "drop":
            return {"level": complete(*bits)}
        if self.measure.missing == "reweight":
            return {"level": reweighted(*bits)}
        return {"lower_bound": bounded(*bits, upper=False), "upper_bound": bounded(*bits, upper=True)}


@dataclass(frozen=True, slots=True, eq=False)
class _Prepared:
    """One disaggregation: its groups, its cells, the rows of each pattern in each group, cells' weights, those of 0."""

    group: Grouping
    cells: Cells
    tally: Any
    weight: NDArray[np.float64]
    weightless: NDArray[np.bool_]


def _prepare(survey: Survey, prof: Profiles, by: Sequence[Cross]) -> list[_Prepared]:
    """Prepare the total and each disaggregation; the total's counts are the sum of any other's."""

    def one(columns: Cross) -> _Prepared:
        group = grouping(survey, prof.rows, columns)
        cells = cells_of(group, prof.rows, survey.design)
        tally = None if by and not columns else counts(group, prof.rows, prof.pattern, len(prof.deprived))
        (weight,) = cells.totals([prof.rows.weight])
        return _Prepared(group, cells, tally, weight, weight == 0)

    first, *others = map_threads(one, ((), *by), len(prof.rows.unit))
    if others:
        first = replace(first, tally=_added_up(first.cells.place(others[0].group.wave), others[0].tally))
    return [first, *others]


def _added_up(total: NDArray[np.int64], tally: Any) -> Any:
    """Add the counts of groups up to those of the total (by round) that each belongs to."""
    fold = np.zeros((int(total.max()) + 1, len(total)), dtype=np.int64)
    fold[total, np.arange(len(total))] = 1
    return fold @ tally


def estimates_of(survey: Survey, prof: Profiles, request: Request, *, level: float, degrees: Degrees) -> Estimates:
    """Turn patterns into estimates; of a large profile one disaggregation after the other, which takes less memory."""
    if "cases" not in survey.roles or len(prof.rows.unit) < _LARGE or len(request.by) < 2:
        return _together(survey, prof, request, level, degrees)
    alone = [Request(request.measure, [c], request.schemes, request.wanted, request.unit) for c in request.by]
    with warned_once():
        made = (_together(survey, prof, one, level, degrees) for one in alone)
        return pieced(made, [" × ".join(cross) for cross in request.by])


_LARGE = 4_000_000
"""From how many rows on disaggregations of a profile are made one after the other."""


def _together(survey: Survey, prof: Profiles, request: Request, level: float, degrees: Degrees) -> Estimates:
    """Sum each weighting's variables over the cells of each grouping, and turn the totals into estimates."""
    groups = _prepare(survey, prof, request.by)
    _tell_misses(survey, prof, request, np.asarray(groups[0].tally.sum(axis=0)).ravel())
    parts, said = _parts(survey, prof, request, groups)
    known = groups[0].cells.without_rows()
    found = assemble(survey.design, survey.waves, _merged(groups, parts, known), known, level=level, degrees=degrees)
    return replace(found, about={KEY: said}) if said else found


def _parts(
    survey: Survey, prof: Profiles, request: Request, groups: Sequence[_Prepared]
) -> tuple[list[list[Part]], str]:
    """Return the parts of each grouping, and what is said of the rows that are left out."""
    summed = _Sums(prof, groups, survey.design.units)
    parts: list[list[Part]] = [[] for _ in groups]
    said: str | None = None
    for number, scheme in enumerate(request.schemes):
        wanted = request.wanted if number == 0 else [s for s in request.wanted if s not in _UNWEIGHTED]
        for contrast, scores in request.scores(prof, scheme.measure).items():
            kinds = needs(wanted, moving=request.measure.missing == "reweight")
            v = variables(scores, scheme.measure, scheme.cutoffs, kinds)
            totals = summed(v.table)
            whole = next(totals)
            if said is None:
                said = _left_out(survey, prof, request, scores, groups[0], v.of("size", whole))
            seen = [*scores.observed.T] if "observed" in kinds else []
            seen += [np.ones_like(scores.kept)] if "everybody" in kinds else []
            reach = np.array([scores.kept, *(scores.reach(k) for k in scheme.cutoffs), *seen]).T.astype(np.int64)
            maker = _Maker(scheme, contrast, wanted, v, reach, groups[0].cells, whole, groups[0].weightless)
            for i, of_one in enumerate(chain([whole], totals)):
                parts[i] += maker.with_replicates(groups[i], of_one, survey.design.split)
    return parts, said or ""


def _merged(
    groups: list[_Prepared], parts: list[list[Part]], whole: Cells
) -> Iterator[tuple[Grouping, Cells, list[Part]]]:
    """Yield the parts of each grouping put together, the total first; what is done with is let go.

    Large ones stay as they are, unless they share their influences: variances of all at once are no faster then.
    """
    cells = whole
    while groups:
        group = groups.pop(0).group.without_rows()
        pieces = parts.pop(0)
        if len(cells.unit) * len(pieces) > _MANY:
            yield group, cells, [one for _, same in groupby(pieces, lambda p: id(p.scores)) for one in merge([*same])]
        else:
            yield group, cells, merge(pieces)
        del pieces
        cells = groups[0].cells.without_rows() if groups else whole


def _left_out(
    survey: Survey, prof: Profiles, request: Request, scores: Scores, whole: _Prepared, kept: NDArray[np.float64]
) -> str:
    """Say how many rows are left out for a missing answer; none where all count. `kept` is their weight by cell."""
    with np.errstate(invalid="ignore"):
        share = 1 - whole.cells.sum(kept)[0] / whole.cells.sum(whole.weight)
    measure, rounds = request.measure, rounds_of(survey.waves, whole.group)
    lost = of_measure(whole.tally, scores, prof.missing, measure, share).sentence(request.unit, rounds)
    return "; ".join(filter(None, (lost, partly(whole.tally, scores, prof.missing, measure, request.unit))))


def _tell_misses(survey: Survey, prof: Profiles, request: Request, cases: NDArray[np.int64]) -> None:
    """Warn of scores that the cutoffs just miss, weighting by weighting."""
    for scheme in request.schemes:
        own, wanted = scheme.measure, request.wanted
        bands = {"severe": [own.severe], "vulnerable": [own.vulnerable]}
        cutoffs = {"cutoff": scheme.cutoffs, **{k: v for k, v in bands.items() if k in wanted}}
        of = "" if scheme.name == "own" else f", weighting {scheme.name!r}"
        warn_of_misses(
            own, cutoffs, prof.deprived, prof.missing, cases,
            of=of, people=people_of(survey, request.unit),
        )  # fmt: skip


_UNWEIGHTED = ("uncensored_headcount", "population_share", "population")


class _Sums:
    """Totals of pattern variables in the cells of every grouping; nested groupings share one product."""

    __slots__ = ("_cells", "_rows", "_summers", "_which")

    def __init__(self, prof: Profiles, groups: Sequence[_Prepared], units: int) -> None:
        rows, patterns = prof.rows, len(prof.deprived)
        self._cells, self._rows = [g.cells for g in groups], len(rows.unit)
        own = [g.cells for g in groups if not g.group.nested]
        self._which = [0 if g.group.nested else 1 + own.index(g.cells) for g in groups]
        places = [(rows.unit, units), *((c.of_row, c.unordered) for c in own)]
        self._summers = [Summer(of_row, prof.pattern, rows.weight, (count, patterns)) for of_row, count in places]

    def __call__(self, table: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
        """Yield the totals (variables x cells) of each grouping; where they are many, a few variables at a time."""
        if max(len(c.order) for c in self._cells) * table.shape[1] > _MANY:
            for which, cells in zip(self._which, self._cells, strict=True):
                yield _in_turn(self._summers[which], cells, table)
            return
        sums = map_threads(lambda summer: summer(table), self._summers, self._rows)
        for which, cells in zip(self._which, self._cells, strict=True):
            yield cells.arrange(sums[which])


_MANY, _FEW = 1 << 23, 4
"""How many totals of one grouping are many, and how many variables are then summed at a time."""


def _in_turn(summer: Summer, cells: Cells, table: NDArray[np.float64]) -> NDArray[np.float64]:
    out = np.empty((table.shape[1], len(cells.order)))
    for a in range(0, len(out), _FEW):
        out[a : a + _FEW] = cells.arrange(summer(table[:, a : a + _FEW]))
    return out


@dataclass(frozen=True, slots=True, eq=False)
class _Maker:
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
    labels : dict
        The labels of each family, which all groupings share.
    """

    scheme: Scheme
    contrast: str
    wanted: Sequence[str]
    variables: Variables
    reach: NDArray[np.int64]
    whole: Cells
    of_whole: NDArray[np.float64]
    whole_weightless: NDArray[np.bool_]
    labels: dict[tuple[object, ...], list[Labels]] = field(default_factory=dict)

    def __call__(self, prepared: _Prepared, totals: NDArray[np.float64]) -> list[Part]:
        """Return the parts of one grouping."""
        measure = self.scheme.measure
        cases, psus = self._cases(prepared, totals)
        made: dict[str, Part] = {}
        out = []
        groups = prepared.cells is not self.whole
        for f in families(self.wanted, self.variables, totals, measure, self.scheme.cutoffs, groups=groups):
            found = self._part(f, made.get(f.like or ""), prepared, totals, cases, psus)
            made.setdefault(f.statistic, found)
            out.append(found)
        return out

    def with_replicates(self, prepared: _Prepared, totals: _Floats, split: Split | None) -> list[Part]:
        """Return the parts of one grouping, with their values in each replicate where the design has some."""

        def again(own: Cells, whole: Cells) -> list[Part]:
            maker = replace(
                self, whole=whole, of_whole=_resummed(whole, self.of_whole),
                whole_weightless=np.zeros(whole.groups, dtype=bool),
            )  # fmt: skip
            none = np.zeros(own.groups, dtype=bool)
            return maker(replace(prepared, cells=own, tally=None, weightless=none), _resummed(own, totals))

        return with_replicates(split, self(prepared, totals), prepared.cells, self.whole, again)

    def _cases(self, prepared: _Prepared, totals: NDArray[np.float64]) -> tuple[_Floats, Psus]:
        """Count, by group, rows and PSUs: retained, poor at each cutoff, observed in each indicator, everybody."""
        if prepared.tally is None:  # of replicates nothing is counted
            none = np.broadcast_to(np.zeros(1), (self.reach.shape[1], prepared.cells.groups))
            return none, Psus(none, none)
        kinds = [k for k in ("size", "poor", "observed", "everybody") if k in self.variables.place]
        sums = np.concatenate([self.variables.of(k, totals) for k in kinds])
        psus = prepared.cells.psus(sums > 0)
        if "poor" not in kinds:
            psus = psus.of(np.r_[np.zeros(1 + len(self.scheme.cutoffs), dtype=np.int64), 1 : len(sums)])
        return (prepared.tally @ self.reach).T.astype(np.float64), psus

    def _part(
        self, f: Family, source: Part | None, prepared: _Prepared, totals: _Floats, cases: _Floats, units: Psus
    ) -> Part:
        cells, labels = prepared.cells, self._labels(f)
        rests_on = f.rests_on(len(self.scheme.cutoffs))
        n, psus = cases[rests_on], units.of(rests_on)
        if source is not None and f.factor is not None:
            return times(source, f.factor, labels)
        trait = n if prepared.tally is None else traits(f, self.variables, prepared.tally, cases)
        if f.of_all:
            value, own, common = of_whole(cells, f.above, self.whole, self._below(f))
            made = part(labels, value, n, psus, own, common)
            made = counted(made, trait, self.whole.sum(self._below(f))[:, self.whole.place(cells.wave)])
            return replace(made, seen=self._with_cases(f, totals, prepared), whole_seen=self._kept_whole())
        if f.total:
            value, scores = total(cells, f.above)
            value = value if cells.resum else np.where(cells.sum(f.below) > 0, value, np.nan)
        elif f.square is not None:
            value, scores = variance_among(cells, f.square, f.above, f.below)
        else:
            value, scores = ratio(cells, f.above, f.below)
            if f.people is not None:
                value, scores = numbers(cells, value, scores, f.people)
        below = cells.sum(f.people if f.people is not None else f.above if f.total else f.below)
        made = counted(part(labels, value, n, psus, scores), trait, below)
        return replace(made, seen=self._with_cases(f, totals, prepared))

    def _labels(self, f: Family) -> list[Labels]:
        """Return the labels of a family."""
        key = (
            f.statistic, f.among, bool(f.dimension), bool(f.total), f.people is None, f.cutoff.tobytes(),
            f.indicator.tobytes(),
        )  # fmt: skip
        if key not in self.labels:
            self.labels[key] = labels_of(f, self.scheme, self.contrast)
        return self.labels[key]

    def _kept_whole(self) -> NDArray[np.bool_]:
        """Tell the cells of the total with cases."""
        return np.asarray((self.variables.of("size", self.of_whole)[0] > 0) | self.whole_weightless)

    def _with_cases(self, f: Family, totals: NDArray[np.float64], prepared: _Prepared) -> NDArray[np.bool_]:
        """Tell the cells with cases that each column of a family rests on: of rates of the poor, all that answered.

        Those of weight 0 were sampled all the same, so they are among them, as in R.
        """
        if f.people is not None:
            weights = f.people
        else:
            weights = f.below if f.among == "observed" or f.total else self.variables.of("size", totals)
        return np.broadcast_to((weights > 0) | prepared.weightless, f.above.shape)

    def _below(self, f: Family) -> NDArray[np.float64]:
        """Return the totals of the whole that a share of it divides by."""
        scheme = self.scheme
        same = families([f.statistic], self.variables, self.of_whole, scheme.measure, scheme.cutoffs, groups=True)
        return same[0].above


def _resummed(cells: Cells, totals: NDArray[np.float64]) -> NDArray[np.float64]:
    return totals if cells.resum is None else cells.resum(totals)


_Floats = NDArray[np.float64]
