"""The one pass's sums turned into estimates: weighting by weighting, grouping by grouping, never a row again."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.errors import warned_once
from mpi.core.threads import map_threads
from mpi.estimation.assemble import assemble
from mpi.estimation.attainable import people_of, warn_of_misses
from mpi.estimation.identify import Scores, Weighting, bounded, complete, reweighted
from mpi.estimation.left_out import lost_to_policy, partly, rounds_of
from mpi.estimation.parts import Part, merge
from mpi.estimation.scheme_parts import Prepared, SchemeParts
from mpi.estimation.statistics import needs, variables
from mpi.estimation.totals import Summer, counts, groups_and_cells
from mpi.results.concat import pieced
from mpi.tables.footnotes import KEY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from mpi.estimation.groups import Grouping
    from mpi.estimation.patterns import Profiles
    from mpi.frames.aggregation import Cross
    from mpi.inference.cells import Cells
    from mpi.measures.measure import Measure
    from mpi.measures.words import Unit
    from mpi.results.estimates import Estimates
    from mpi.results.options import Degrees
    from mpi.survey.survey import Survey

__all__ = ["MeasureRequest", "estimates_of"]


class MeasureRequest:
    """The validated request of an estimate: measure, disaggregations, weightings and cutoffs, statistics, unit."""

    __slots__ = ("by", "measure", "schemes", "unit", "wanted")

    def __init__(
        self, measure: Measure, by: list[Cross], schemes: list[Weighting], statistics: tuple[str, ...], unit: Unit
    ) -> None:
        self.measure, self.by, self.schemes, self.wanted = measure, by, schemes, statistics
        self.unit: Unit = unit

    def scores(self, prof: Profiles, measure: Measure) -> dict[str, Scores]:
        """Score the patterns by the measure's policy for missing indicators."""
        bits = (prof.deprived, prof.missing, measure)
        if self.measure.missing == "drop":
            return {"level": complete(*bits)}
        if self.measure.missing == "reweight":
            return {"level": reweighted(*bits)}
        return {"lower_bound": bounded(*bits, upper=False), "upper_bound": bounded(*bits, upper=True)}


def _prepare(survey: Survey, prof: Profiles, by: Sequence[Cross]) -> list[Prepared]:
    """Prepare the total and each disaggregation; the total's counts are the sum of any other's."""

    def prepare_cross(columns: Cross) -> Prepared:
        """Return the groups of one disaggregation with their cells, tallies of patterns and weights."""
        group, cells = groups_and_cells(survey, prof.rows, columns)
        tally = None if by and not columns else _tally(prof, group)
        (weight,) = cells.totals([prof.rows.weight])
        return Prepared(group, cells, tally, weight, weight == 0)

    first, *others = map_threads(prepare_cross, ((), *by), len(prof.rows.unit))
    if others:
        first = replace(first, tally=_added_up(first.cells.place(others[0].group.wave), others[0].tally))
    return [first, *others]


def _tally(prof: Profiles, group: Grouping) -> Any:
    """Count the rows of each pattern in each group; of few rows once."""
    rows, patterns = prof.rows, len(prof.deprived)
    size = len(rows.unit) + len(group.wave) * patterns
    return prof.cache.get(("tally", group.columns), lambda: counts(group, rows, prof.pattern, patterns), size)


def _added_up(total: NDArray[np.int64], tally: Any) -> Any:
    """Add the counts of groups up to those of the total (by round) that each belongs to."""
    fold = np.zeros((int(total.max()) + 1, len(total)), dtype=np.int64)
    fold[total, np.arange(len(total))] = 1
    return fold @ tally


def estimates_of(
    survey: Survey, prof: Profiles, request: MeasureRequest, *, level: float, degrees: Degrees
) -> Estimates:
    """Turn patterns into estimates; of a large profile one disaggregation after the other, which takes less memory."""
    if "cases" not in survey.roles or len(prof.rows.unit) < _LARGE or len(request.by) < 2:
        return _together(survey, prof, request, level, degrees)
    alone = [MeasureRequest(request.measure, [c], request.schemes, request.wanted, request.unit) for c in request.by]
    with warned_once():
        made = (_together(survey, prof, one, level, degrees) for one in alone)
        return pieced(made, [" × ".join(cross) for cross in request.by])


_LARGE = 4_000_000
"""From how many rows on disaggregations of a profile are made one after the other."""


def _together(survey: Survey, prof: Profiles, request: MeasureRequest, level: float, degrees: Degrees) -> Estimates:
    """Sum each weighting's variables over the cells of each grouping, and turn the totals into estimates."""
    groups = _prepare(survey, prof, request.by)
    _tell_misses(survey, prof, request, np.asarray(groups[0].tally.sum(axis=0)).ravel())
    parts, said = _parts(survey, prof, request, groups)
    known = groups[0].cells.without_rows()
    found = assemble(survey.design, survey.waves, _merged(groups, parts, known), known, level=level, degrees=degrees)
    return replace(found, about={KEY: said}) if said else found


def _parts(
    survey: Survey, prof: Profiles, request: MeasureRequest, groups: list[Prepared]
) -> tuple[list[list[Part]], str]:
    """Return the parts of each grouping, and what is said of the rows that are left out.

    What is summed once, of many rows, is summed first: `groups` then forget which row belongs to which.
    """
    summed = _Sums(prof, groups, survey.design.units)
    cells = max(len(g.cells.unit) for g in groups)
    sees = survey.design.counts_cases or survey.design.errors.counts_cases
    parts: list[list[Part]] = [[] for _ in groups]
    said: str | None = None
    for number, scheme in enumerate(request.schemes):
        wanted = request.wanted if number == 0 else [s for s in request.wanted if s not in _UNWEIGHTED]
        scored = request.scores(prof, scheme.measure)
        once = len(prof.rows.unit) >= _LARGE and len(request.schemes) * len(scored) == 1
        for contrast, scores in scored.items():
            kinds = needs(wanted, moving=request.measure.missing == "reweight")
            v = variables(scores, scheme.measure, scheme.cutoffs, kinds)
            totals = summed(v.table)
            if once:
                totals = iter([*totals])
                summed.forget()
                groups[:] = [one.without_rows() for one in groups]
            whole = next(totals)
            if said is None:
                said = _left_out(survey, prof, request, scores, groups[0], v.select("size", whole))
            seen = [*scores.observed.T] if "observed" in kinds else []
            seen += [np.ones_like(scores.kept)] if "everybody" in kinds else []
            reach = np.array([scores.kept, *(scores.reach(k) for k in scheme.cutoffs), *seen]).T.astype(np.int64)
            maker = SchemeParts(
                scheme, contrast, wanted, v, reach, groups[0].cells, whole, groups[0].weightless,
                stacked=(cells + len(v.table)) * v.table.shape[1] <= _STACKED, sees=sees,
            )  # fmt: skip
            for i, of_one in enumerate(chain([whole], totals)):
                parts[i] += maker.with_replicates(groups[i], of_one, survey.design.split)
    return parts, said or ""


def _merged(
    groups: list[Prepared], parts: list[list[Part]], whole: Cells
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
    survey: Survey,
    prof: Profiles,
    request: MeasureRequest,
    scores: Scores,
    whole: Prepared,
    kept_weight: NDArray[np.float64],
) -> str:
    """Say how many rows are left out for a missing answer; empty where none. `kept_weight` is their weight by cell."""
    with np.errstate(invalid="ignore"):
        share = 1 - whole.cells.sum(kept_weight)[0] / whole.cells.sum(whole.weight)
    measure, rounds = request.measure, rounds_of(survey.waves, whole.group)
    lost = lost_to_policy(whole.tally, scores, prof.missing, measure, share).sentence(request.unit, rounds)
    return "; ".join(filter(None, (lost, partly(whole.tally, scores, prof.missing, measure, request.unit))))


def _tell_misses(survey: Survey, prof: Profiles, request: MeasureRequest, cases: NDArray[np.int64]) -> None:
    """Warn of scores that the cutoffs just miss, weighting by weighting."""
    for scheme in request.schemes:
        own, wanted = scheme.measure, request.wanted
        bands = {"severe": [own.severe], "vulnerable": [own.vulnerable]}
        cutoffs = {"cutoff": scheme.cutoffs, **{k: v for k, v in bands.items() if k in wanted}}
        of = "" if scheme.name == "own" else f", weighting {scheme.name!r}"
        warn_of_misses(
            own, cutoffs, prof.deprived, prof.missing, cases,
            subject=of, people=people_of(survey, request.unit),
        )  # fmt: skip


_STACKED = 1 << 20
"""Up to how many numbers families are put together: copies of more cost more than they save."""

_UNWEIGHTED = ("uncensored_headcount", "population_share", "population")


class _Sums:
    """Totals of pattern variables in the cells of every grouping; nested groupings share one product."""

    __slots__ = ("_cells", "_rows", "_summers", "_which")

    def __init__(self, prof: Profiles, groups: Sequence[Prepared], units: int) -> None:
        rows = prof.rows
        self._cells, self._rows = [g.cells for g in groups], len(rows.unit)
        own = [g.cells for g in groups if not g.group.nested]
        self._which = [0 if g.group.nested else 1 + own.index(g.cells) for g in groups]
        names = [(), *(g.group.columns for g in groups if not g.group.nested)]
        places = [(rows.unit, units), *((c.of_row, c.unordered) for c in own)]
        self._summers = [_summer(prof, *one) for one in zip(names, places, strict=True)]

    def forget(self) -> None:
        """Let the rows go, when nothing more is summed."""
        self._summers, self._cells = [], []

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


def _summer(prof: Profiles, columns: Cross, place: tuple[NDArray[np.int32], int]) -> Summer:
    """Return what sums variables of patterns over the cells of a disaggregation; of few rows it is made once."""
    of_row, count = place

    def make() -> Summer:
        return Summer(of_row, prof.pattern, prof.rows.weight, (count, len(prof.deprived)))

    return prof.cache.get(("sums", columns), make, len(prof.rows.unit))


def _in_turn(summer: Summer, cells: Cells, table: NDArray[np.float64]) -> NDArray[np.float64]:
    out = np.empty((table.shape[1], len(cells.order)))
    for a in range(0, len(out), _FEW):
        out[a : a + _FEW] = cells.arrange(summer(table[:, a : a + _FEW]))
    return out
