"""A survey and a measure give estimates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mpi.asking import By, Cross, Degrees, check_options, columns_of, crosses
from mpi.assemble import (
    Labels,
    Part,
    Undefined,
    assemble,
    merge,
    of_whole,
    part,
    ratio,
    times,
    variance_among,
)
from mpi.errors import MpiError, Problems, unknown
from mpi.identify import Scheme, Scores, bounded, complete, reweighted, schemes
from mpi.measure import Measure, Unit
from mpi.parallel import each
from mpi.profiles import Profiles, counted, grouping, profile, rows_of
from mpi.statistics import MONOTONE, STATISTICS, Family, Statistic, Variables, families, needs, variables
from mpi.survey import Survey
from mpi.totals import Summer, cells_of, counts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from fractions import Fraction

    from mpi.design import Design
    from mpi.estimates import Estimates
    from mpi.profiles import Grouping
    from mpi.rational import Number
    from mpi.survey import Where
    from mpi.totals import Cells

__all__ = ["estimate"]


def estimate(
    survey: Survey,
    measure: Measure,
    by: Sequence[By] = (),
    *,
    cutoffs: Sequence[Number] | None = None,
    weightings: Mapping[str, Mapping[str, Number] | Measure] | None = None,
    where: Where | None = None,
    unit: Unit | None = None,
    statistics: Sequence[Statistic] | None = None,
    level: float = 0.95,
    df: Degrees = "design",
) -> Estimates:
    """Estimate a multidimensional poverty measure, in total and by groups, with the design in every error.

    Parameters
    ----------
    survey : Survey
        Who was asked.
    measure : Measure
        What is measured. Its policy for missing indicators decides which rows are retained: `drop`, the complete
        cases; `reweight`, rows that have some indicator of each dimension; `bounds`, all rows, and each figure
        twice (``contrast`` is then ``lower_bound`` and ``upper_bound``).
    by : sequence of str or tuple of str
        Columns, and crosses of columns, to disaggregate by; the total always comes first.
    cutoffs : sequence of number, optional
        Poverty cutoffs; by default the measure's own.
    weightings : mapping of name to weights or Measure, optional
        Other weights for the same indicators (of every dimension or of every indicator), each estimated beside
        the measure's ``own``.
    where : str, narwhals expression, array of bool, or function, optional
        The domain of interest; the design stays whole. See `Survey.where`.
    unit : {"person", "household"}, optional
        What is counted; by default what the measure says.
    statistics : sequence of str, optional
        Some of ``M0, H, A, uncensored_headcount, censored_headcount, contribution, contribution_share,
        population_share, poor_share, group_contribution, vulnerable, severe, inequality``; all by default.
    level : float, default 0.95
        The confidence level.
    df : {"design", "group"}
        Degrees of freedom: PSUs minus strata of the whole design, or of those with cases in the group.

    Returns
    -------
    Estimates
        One number per statistic, group, round, cutoff and weighting; shares are fractions.

    Raises
    ------
    MpiError
        With every problem of the request or of the indicators at once.

    Notes
    -----
    Errors are linearised (Binder 1983) over PSUs within strata, covariances between all figures included. Shares
    have logit-t intervals. See docs/methods.md.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["area"])
    >>> est.select(statistic="H", by="total").table[["wave", "n", "flag"]].shape
    (2, 3)
    """
    if not isinstance(survey, Survey):
        raise MpiError(f"a Survey is needed, not {type(survey).__name__}; make one with mpi.Survey(frame, weight=...)")
    request = _request(measure, by, cutoffs, weightings, statistics, level, df, unit)
    domain = survey if where is None else survey.where(where)
    columns = [*columns_of(request.by), *measure.columns]
    domain.check_columns(columns)
    rows = rows_of(domain, unit or measure.unit, columns)
    prof = profile(domain, measure, rows)
    prepared = _prepare(domain, prof, request.by)
    found = _estimate(domain.design, domain.waves, prof, prepared, request, level=level, degrees=df)
    titles = {i.name: i.label for i in measure.indicators if i.label != i.name}
    return replace(found, titles=titles, about=_about(domain, measure, unit or measure.unit))


_POLICIES = {
    "drop": "rows with a missing indicator are dropped (complete cases)",
    "reweight": "the weight of a missing indicator moves to the others of its dimension, row by row",
    "bounds": "every figure twice, missing indicators taken as not deprived and as deprived",
}


def _about(survey: Survey, measure: Measure, unit: Unit) -> dict[str, str]:
    """Say what a reader of the table must know."""
    said = {
        "measure": measure.title, "source": measure.source, "counted": counted(survey, unit),
        "missing answers": _POLICIES[measure.missing], "survey": repr(survey).strip("<>"),
    }  # fmt: skip
    return {k: v for k, v in said.items() if v}


class _Request:
    """What is asked for, checked."""

    __slots__ = ("by", "measure", "schemes", "wanted")

    def __init__(self, measure: Measure, by: list[Cross], found: list[Scheme], wanted: tuple[str, ...]) -> None:
        self.measure, self.by, self.schemes, self.wanted = measure, by, found, wanted

    def scores(self, prof: Profiles, measure: Measure) -> dict[str, Scores]:
        """Score the patterns by the measure's policy for missing indicators."""
        bits = (prof.deprived, prof.missing, measure)
        if self.measure.missing == "drop":
            return {"level": complete(*bits)}
        if self.measure.missing == "reweight":
            return {"level": reweighted(*bits)}
        return {"lower_bound": bounded(*bits, upper=False), "upper_bound": bounded(*bits, upper=True)}


def _request(
    measure: Measure,
    by: Sequence[By],
    cutoffs: Sequence[Number] | None,
    weightings: Mapping[str, Mapping[str, Number] | Measure] | None,
    statistics: Sequence[str] | None,
    level: float,
    df: str,
    unit: str | None,
) -> _Request:
    problems = Problems("the estimate cannot be made")
    if not isinstance(measure, Measure):
        raise MpiError(f"a Measure is needed, not {type(measure).__name__}; load one with mpi.load_measure(name)")
    check_options(problems, level=level, df=df, unit=unit or measure.unit)
    groups = crosses(by, problems)
    ks = _cutoffs(measure, cutoffs, problems)
    others = _weightings(measure, weightings or {}, problems)
    wanted = _statistics(measure, statistics, problems)
    problems.raise_if_any()
    return _Request(measure, groups, schemes(measure, ks, others), wanted)


def _statistics(measure: Measure, statistics: Sequence[str] | None, problems: Problems) -> tuple[str, ...]:
    if statistics is None:
        return tuple(s for s in STATISTICS if measure.missing != "bounds" or s in MONOTONE)
    if isinstance(statistics, str):
        problems.add(f"statistics: a list is needed, [{statistics!r}]")
        return ()
    wanted = tuple(dict.fromkeys(statistics))
    if not wanted:
        problems.add("statistics is empty")
    problems.found += [
        f"statistics: {unknown('statistic', s, STATISTICS, show=13)}" for s in wanted if s not in STATISTICS
    ]
    if measure.missing == "bounds":
        problems.found += [
            f"statistics: {s} has no bounds, for it need not grow with more deprivations; leave it out, or use "
            "measure.with_missing('drop')"
            for s in wanted
            if s in STATISTICS and s not in MONOTONE
        ]
    return wanted


def _cutoffs(measure: Measure, cutoffs: Sequence[Number] | None, problems: Problems) -> list[Fraction]:
    if cutoffs is None:
        return [measure.cutoff]
    found = []
    for value in [cutoffs] if isinstance(cutoffs, (str, Decimal, Real)) else cutoffs:
        try:
            found.append(measure.with_cutoff(value).cutoff)
        except MpiError as error:
            problems.add(error.problems[0])
    if not found and not problems.found:
        problems.add("cutoffs is empty")
    return list(dict.fromkeys(found))


def _weightings(
    measure: Measure, weightings: Mapping[str, Mapping[str, Number] | Measure], problems: Problems
) -> dict[str, Measure]:
    found = {}
    for name, weights in weightings.items():
        if name == "own":
            problems.add("weightings: 'own' is the name of the measure's own weights; choose another")
            continue
        try:
            other = weights if isinstance(weights, Measure) else measure.with_weights(weights)
        except MpiError as error:
            problems.add(f"weighting {name!r}: {error}")
            continue
        if [(i.column, i.dimension) for i in other.indicators] != [(i.column, i.dimension) for i in measure.indicators]:
            problems.add(f"weighting {name!r}: its indicators or their dimensions are not those of {measure.name!r}")
        found[name] = other
    return found


# --- the algebra ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Prepared:
    """One disaggregation: its groups, its cells, and the rows of each pattern in each group."""

    group: Grouping
    cells: Cells
    tally: Any


def _prepare(survey: Survey, prof: Profiles, by: Sequence[Cross]) -> list[_Prepared]:
    """Prepare the total and each disaggregation; the total's counts are the sum of any other's."""

    def one(columns: Cross) -> _Prepared:
        group = grouping(survey, prof.rows, columns)
        cells = cells_of(group, prof.rows, survey.design)
        tally = None if by and not columns else counts(group, prof.rows, prof.pattern, len(prof.deprived))
        return _Prepared(group, cells, tally)

    first, *others = each(one, ((), *by), len(prof.rows.unit))
    if others:
        first = replace(first, tally=_added_up(first.cells.place(others[0].group.wave), others[0].tally))
    return [first, *others]


def _added_up(total: NDArray[np.int64], tally: Any) -> Any:
    """Add the counts of groups up to those of the total (by round) that each belongs to."""
    fold = np.zeros((int(total.max()) + 1, len(total)), dtype=np.int64)
    fold[total, np.arange(len(total))] = 1
    return fold @ tally


def _estimate(
    design: Design, waves: tuple[Any, ...], prof: Profiles, groups: Sequence[_Prepared], request: _Request,
    *, level: float, degrees: Degrees,
) -> Estimates:  # fmt: skip
    """Sum each weighting's variables over the cells of each grouping, and turn the totals into estimates."""
    summed = _Sums(prof, groups, design.units)
    parts: list[list[Part]] = [[] for _ in groups]
    for number, scheme in enumerate(request.schemes):
        wanted = request.wanted if number == 0 else [s for s in request.wanted if s not in _UNWEIGHTED]
        for contrast, scores in request.scores(prof, scheme.measure).items():
            kinds = needs(wanted, moving=request.measure.missing == "reweight")
            v = variables(scores, scheme.measure, scheme.cutoffs, kinds)
            totals = summed(v.table)
            seen = scores.observed.T if "observed" in kinds else ()
            reach = np.array([scores.kept, *(scores.reach(k) for k in scheme.cutoffs), *seen]).T.astype(np.int64)
            maker = _Maker(scheme, contrast, wanted, v, reach, groups[0].cells, totals[0])
            for i, made in enumerate(map(maker, groups, totals)):
                parts[i] += made
    together = [(g.group, g.cells, merge(p)) for g, p in zip(groups, parts, strict=True)]
    return assemble(design, waves, together, groups[0].cells, level=level, degrees=degrees)


_UNWEIGHTED = ("uncensored_headcount", "population_share")


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

    def __call__(self, table: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """Return the totals (variables x cells) of each grouping."""
        sums = each(lambda summer: summer(table), self._summers, self._rows)
        return [cells.arrange(sums[which]) for which, cells in zip(self._which, self._cells, strict=True)]


@dataclass(frozen=True, slots=True, eq=False)
class _Maker:
    """Makes the parts of one weighting: called with a grouping and its totals.

    Attributes
    ----------
    scheme, contrast, wanted : the weighting and its cutoffs, the bound (or "level"), the statistics asked for.
    variables : Variables
        Where each kind of variable stands among the totals.
    reach : ndarray of int, shape (patterns, 1 + cutoffs [+ indicators])
        Whether each pattern is retained, poor at each cutoff, and (where rows differ in it) observed in each indicator.
    whole, of_whole : Cells and ndarray
        The cells of the total and their totals, which shares of the whole refer to.
    """

    scheme: Scheme
    contrast: str
    wanted: Sequence[str]
    variables: Variables
    reach: NDArray[np.int64]
    whole: Cells
    of_whole: NDArray[np.float64]

    def __call__(self, prepared: _Prepared, totals: NDArray[np.float64]) -> list[Part]:
        """Return the parts of one grouping."""
        cells, measure = prepared.cells, self.scheme.measure
        cases, units = self._cases(prepared, totals)
        made: dict[str, Part] = {}
        out = []
        groups = prepared.cells is not self.whole
        for f in families(self.wanted, self.variables, totals, measure, self.scheme.cutoffs, groups=groups):
            found = self._part(f, made.get(f.like or ""), cells, cases, units)
            made.setdefault(f.statistic, found)
            out.append(found)
        return out

    def _cases(self, prepared: _Prepared, totals: NDArray[np.float64]) -> tuple[_Floats, _Floats]:
        """Count, by group, the rows and the units: retained, poor at each cutoff, observed in each indicator."""
        kinds = [k for k in ("size", "poor", "observed") if k in self.variables.place]
        sums = np.concatenate([self.variables.of(k, totals) for k in kinds])
        units = prepared.cells.sum((sums > 0).astype(np.float64))
        if "poor" not in kinds:
            blank = np.repeat(units[:1], len(self.scheme.cutoffs), axis=0)
            units = np.concatenate([units[:1], blank, units[1:]])
        return (prepared.tally @ self.reach).T.astype(np.float64), units

    def _part(self, f: Family, source: Part | None, cells: Cells, cases: _Floats, units: _Floats) -> Part:
        labels = _labels(f, self.scheme, self.contrast)
        rests_on = f.rests_on(len(self.scheme.cutoffs))
        n, psus = cases[rests_on], units[rests_on]
        if source is not None and f.factor is not None:
            return times(source, f.factor, labels)
        if f.of_all:
            value, own, common = of_whole(cells, f.above, self.whole, self._below(f))
            return part(labels, value, n, psus, own, common)
        if f.square is not None:
            value, scores = variance_among(cells, f.square, f.above, f.below)
        else:
            value, scores = ratio(cells, f.above, f.below)
        return part(labels, value, n, psus, scores)

    def _below(self, f: Family) -> NDArray[np.float64]:
        """Return the totals of the whole that a share of it divides by."""
        scheme = self.scheme
        same = families([f.statistic], self.variables, self.of_whole, scheme.measure, scheme.cutoffs, groups=True)
        return same[0].above


_Floats = NDArray[np.float64]
_UNDEFINED: dict[str, Undefined] = {
    "all": "no complete cases in group",
    "poor": "no poor in group",
    "observed": "not observed in group",
}


def _labels(f: Family, scheme: Scheme, contrast: str) -> list[Labels]:
    ks = scheme.labels()
    indicators, dimensions = scheme.measure.indicators, scheme.measure.dimensions
    undefined = _UNDEFINED[f.among]
    out = []
    for k, j in zip(f.cutoff.tolist(), f.indicator.tolist(), strict=True):
        indicator, dimension = None, dimensions[j] if f.dimension else None
        if j >= 0 and not f.dimension:
            indicator, dimension = indicators[j].name, indicators[j].dimension
        cutoff = ks[k] if k >= 0 else None
        out.append(Labels(f.statistic, contrast, indicator, dimension, cutoff, scheme.name, undefined=undefined))
    return out
