"""Variances of estimates in a simple random sample of as many cases: the divisors of design effects."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from mpi.core.errors import RequestError
from mpi.estimation.groups import grouping
from mpi.estimation.labels import labels_of
from mpi.estimation.statistics import Family, families, needs, variables
from mpi.frames.compress import compress
from mpi.results.simple_random import SimpleRandom
from mpi.tables.keys import NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from mpi.estimation.algebra import MeasureRequest
    from mpi.estimation.groups import Grouping
    from mpi.estimation.identify import Scores, Weighting
    from mpi.estimation.parts import ColumnLabels
    from mpi.estimation.patterns import Profiles
    from mpi.estimation.rows import Rows
    from mpi.estimation.sums import Sums
    from mpi.frames.aggregation import Cross
    from mpi.results.estimates import Estimates
    from mpi.survey.survey import Survey

    Floats = NDArray[np.float64]

__all__ = ["Counted", "ratio_variance", "total_variance", "with_simple_random", "with_simple_sums"]


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """The weights of cases that are alike, within groups.

    Attributes
    ----------
    group : ndarray of int, shape (kinds,)
        The group of each kind of case.
    groups : int
        The number of groups.
    weight, cases, square : ndarray of float, shape (kinds,)
        The weights of all cases of a kind, their number, and the sum of their squared weights.
    """

    group: NDArray[Any]
    groups: int
    weight: Floats
    cases: Floats
    square: Floats

    def sum(self, values: Floats) -> Floats:
        """Return weights times values, added up by group."""
        return _added(self.group, self.weight * values, self.groups)

    def among(self, counts: NDArray[Any]) -> tuple[Floats, Floats]:
        """Return the number and the weight, by group, of the cases that count."""
        return self.number(counts), self.sum(counts * 1.0)

    def number(self, counts: NDArray[Any]) -> Floats:
        """Return the number, by group, of the cases that count."""
        return _added(self.group, self.cases * counts, self.groups)

    def squares(self, counts: NDArray[Any]) -> Floats:
        """Return the sum, by group, of squared weights of the cases that count."""
        return _added(self.group, self.square * counts, self.groups)


def ratio_variance(counted: Counted, above: Floats, below: Floats, counts: NDArray[Any]) -> tuple[Floats, Floats]:
    """Return the variance of a ratio in a simple random sample with replacement, and the weight of its cases.

    Parameters
    ----------
    counted : Counted
        The cases.
    above, below : ndarray of float, shape (kinds,)
        The variables above and below.
    counts : ndarray, shape (kinds,)
        Whether the ratio rests on a case.

    Notes
    -----
    With d = (y - theta x) / X, the derivative of the ratio with respect to a weight, n cases of weight N:
    N / (n - 1) x sum(w d^2), which for a mean is the weighted variance over n.
    """
    bottom = counted.sum(below)
    theta = _over(counted.sum(above), bottom)
    return _variance(counted, (above - theta[counted.group] * below) * _over(1.0, bottom)[counted.group], counts)


def total_variance(counted: Counted, slope: Floats, counts: NDArray[Any]) -> tuple[Floats, Floats]:
    """Return the variance of a total, whose derivative with respect to a weight is `slope`, and its cases' weight."""
    return _variance(counted, slope, counts)


def _variance(counted: Counted, slope: Floats, counts: NDArray[Any]) -> tuple[Floats, Floats]:
    """Return N / (n - 1) x sum(w (d - mean)^2) over the cases that count, and N."""
    n, weight = counted.among(counts)
    mean = _over(counted.sum(slope * counts), weight)[counted.group]
    spread = counted.sum((slope - mean) ** 2 * counts)
    return np.where(n > 1, weight * _over(spread, n - 1), np.nan), weight


def _added(place: NDArray[Any], values: NDArray[Any], size: int) -> Floats:
    return np.asarray(np.bincount(place, values, minlength=size), dtype=np.float64)


def _over(above: Any, below: Floats) -> Floats:
    out: Floats = np.divide(above, below, out=np.full(below.shape, np.nan), where=below > 0)
    return out


def with_simple_random(est: Estimates, survey: Survey, prof: Profiles, request: MeasureRequest) -> Estimates:
    """Return the estimates of a measure with the variances that a simple random sample would give them.

    Shares of the whole (``population_share`` and its kin) have none.
    """

    def figures(group: Grouping) -> Iterator[_Figure]:
        counted, pattern = _counted(prof, group)
        return _figures(request, prof, counted, pattern)

    return _beside(est, survey, prof.rows, request.by, figures)


def with_simple_sums(
    est: Estimates, survey: Survey, rows: Rows, by: Sequence[Cross], variables: Sequence[tuple[ColumnLabels, Sums]]
) -> Estimates:
    """Return means, ratios or totals of columns with the variances that a simple random sample would give them.

    Raises
    ------
    MpiError
        When an engine, or a profile, holds the sums of rows alone.
    """
    if "cases" in survey.roles:
        raise RequestError(
            "deff: the spread of a column is not known where an engine sums it, or rows were condensed; read the rows "
            "into memory, such as with mpi.read_survey"
        )
    inverse = _over(1.0, rows.weight)

    def figures(group: Grouping) -> Iterator[_Figure]:
        """Yield the variance of each variable's statistic in a simple random sample, for one grouping."""
        alike = np.ones(len(rows.unit)) if rows.cases is None else rows.cases.astype(np.float64)
        counted = Counted(group.row_groups(rows.unit), len(group.wave), rows.weight, alike, rows.weight**2)
        for labels, sums in variables:
            above, below = (np.where(rows.weight > 0, x * inverse, 0.0) for x in (sums.above, sums.below))
            total = labels.statistic == "total"
            counts = sums.cases > 0
            found = total_variance(counted, above, counts) if total else ratio_variance(counted, above, below, counts)
            yield (labels, *found, counted.squares(counts))

    return _beside(est, survey, rows, by, figures)


_Figure: TypeAlias = "tuple[ColumnLabels, Floats, Floats, Floats]"
"""A statistic: its labels; by group its variance, weight and squared weights."""


def _beside(
    est: Estimates, survey: Survey, rows: Rows, by: Sequence[Cross], figures: Callable[[Grouping], Iterator[_Figure]]
) -> Estimates:
    """Return the estimates with what `figures` gives of each grouping, put to the numbers that have the same keys."""
    found: dict[tuple[Any, ...], list[float]] = {}
    for columns in ((), *by):
        group = grouping(survey, rows, columns)
        waves = [survey.waves[w] if survey.waves else None for w in group.wave.tolist()]
        for labels, *values in figures(group):
            table = np.column_stack(values).tolist()
            for row, label, wave in zip(table, group.labels, waves, strict=True):
                found[(*_key(labels), group.name, label, wave)] = row
    columns_of = [est.keys[n].to_list() for n in _ORDER]
    none = [np.nan] * 3
    table = np.array([found.get(key, none) for key in zip(*columns_of, strict=True)], dtype=np.float64).reshape(-1, 3)
    return replace(est, simple=SimpleRandom(*np.ascontiguousarray(table.T)))


_ORDER = (*(n for n in NAMES if n not in ("by", "group", "wave")), "by", "group", "wave")


def _key(labels: ColumnLabels) -> tuple[Any, ...]:
    return tuple(getattr(labels, n) for n in _ORDER[:-3])


def _counted(prof: Profiles, group: Grouping) -> tuple[Counted, NDArray[Any]]:
    """Return the weights of each pattern that occurs in each group, and which pattern it is."""
    rows, patterns = prof.rows, len(prof.deprived)
    kinds, place = compress(group.row_groups(rows.unit).astype(np.int64) * patterns + prof.pattern)
    of_group, pattern = np.divmod(kinds, patterns)
    cases = np.ones(len(place)) if rows.cases is None else rows.cases.astype(np.float64)
    squares = rows.weight**2 if rows.cases is None or cases.max(initial=0) <= 1 else np.full(len(place), np.nan)
    weight, number, square = (_added(place, x, len(kinds)) for x in (rows.weight, cases, squares))
    return Counted(of_group, len(group.wave), weight, number, square), pattern


def _figures(request: MeasureRequest, prof: Profiles, counted: Counted, pattern: NDArray[Any]) -> Iterator[_Figure]:
    """Yield each figure of one grouping: its labels, variance and weight of cases by group."""
    for scheme in request.schemes:
        for contrast, scores in request.scores(prof, scheme.measure).items():
            kinds = needs(request.wanted, moving=request.measure.missing == "reweight")
            v = variables(scores, scheme.measure, scheme.cutoffs, kinds)
            made = families(request.wanted, v, v.table.T[:, pattern], scheme.measure, scheme.cutoffs)
            for f in made:
                if not f.of_all:
                    yield from _family_variances(f, scheme, contrast, scores, counted, pattern)


def _family_variances(
    f: Family, scheme: Weighting, contrast: str, scores: Scores, counted: Counted, pattern: NDArray[Any]
) -> Iterator[_Figure]:
    """Yield the variance of each statistic of a family in a simple random sample."""
    below = np.broadcast_to(f.below, f.above.shape)
    for i, labels in enumerate(labels_of([f], scheme, contrast)):
        counts = _cases(f, i, scheme, scores)[pattern]
        if f.total:
            found = total_variance(counted, f.above[i], counts)
        elif f.square is not None:
            found = total_variance(counted, _dispersion(counted, f.square[i], f.above[i], below[i]), counts)
        elif f.people is not None:
            found = total_variance(counted, _people(counted, f.above[i], below[i], f.people[0]), counts)
        else:
            found = ratio_variance(counted, f.above[i], below[i], counts)
        times = 1.0 if f.factor is None else float(f.factor[i]) ** 2
        yield (labels, found[0] * times, found[1], counted.squares(counts))


def _cases(f: Family, i: int, scheme: Weighting, scores: Scores) -> NDArray[np.bool_]:
    """Return the patterns that a figure rests on."""
    everybody = np.ones(len(scores.kept), dtype=bool)
    of: Mapping[str, Any] = {
        "all": lambda: scores.kept,
        "poor": lambda: scores.reach(scheme.cutoffs[int(f.cutoff[i])]),
        "observed": lambda: scores.observed[:, int(f.indicator[i])],
        "everybody": lambda: everybody,
    }
    return np.asarray(of[f.among]() & (everybody if f.among == "everybody" else scores.kept), dtype=bool)


def _dispersion(counted: Counted, square: Floats, above: Floats, below: Floats) -> Floats:
    """Return the derivative of the variance of scores among the poor with respect to a weight."""
    bottom = counted.sum(below)
    mean = _over(counted.sum(above), bottom)[counted.group]
    apart = square - 2 * mean * above + mean**2 * below
    value = _over(counted.sum(apart), bottom)[counted.group]
    return np.asarray((apart - value * below) * _over(1.0, bottom)[counted.group])


def _people(counted: Counted, above: Floats, below: Floats, people: Floats) -> Floats:
    """Return the derivative of a rate times all weights with respect to a weight."""
    bottom, everybody = counted.sum(below), counted.sum(people)
    rate = _over(counted.sum(above), bottom)[counted.group]
    own = (above - rate * below) * _over(everybody, bottom)[counted.group]
    return np.asarray(own + rate * people)
