"""Cardinal Alkire-Foster measures: how far below their cutoffs the poor are, from sums of gaps by pattern."""

from __future__ import annotations

from dataclasses import dataclass, replace
from numbers import Real
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from mpi.core.arguments import kinds_checked
from mpi.core.errors import DataError, Problems, RequestError, unknown
from mpi.core.exact import text
from mpi.estimation.disaggregated import disaggregated
from mpi.estimation.estimate import cutoffs_of, described
from mpi.estimation.labels import of_intersection
from mpi.estimation.left_out import rounds_of
from mpi.estimation.options import Shared, shared
from mpi.estimation.parts import Labels, part
from mpi.estimation.pattern_ratios import left_out, scores_of
from mpi.estimation.patterns import profile
from mpi.estimation.ratios import ratio
from mpi.estimation.request import check_measure, check_survey, opened
from mpi.estimation.sums import sums_of, weighted
from mpi.estimation.totals import Summer, counts
from mpi.estimation.traits import counted
from mpi.frames.progress import staged
from mpi.tables.footnotes import KEY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from fractions import Fraction
    from typing import Unpack

    from numpy.typing import NDArray

    from mpi.core.exact import Number
    from mpi.estimation.groups import Grouping
    from mpi.estimation.identify import Scores
    from mpi.estimation.parts import Part, Undefined
    from mpi.estimation.patterns import Profiles
    from mpi.estimation.request import Opened
    from mpi.estimation.rows import Rows
    from mpi.estimation.sums import Sums
    from mpi.frames.wanted import By, Cross, Pair
    from mpi.inference.cells import Cells
    from mpi.inference.intervals import Interval, Own
    from mpi.measures.measure import Measure
    from mpi.results.estimates import Estimates
    from mpi.survey.survey import Survey

    Floats = NDArray[np.float64]

__all__ = ["Gap", "KnownGap", "checked_sums", "estimate_cardinal", "known_gaps", "summed_gaps", "with_gaps"]

Gap = str | tuple[str, float] | None
"""A column of gaps, or one of achievements with its cutoff; None where a deprivation counts in full."""

_POWERS = (1, 2)


@kinds_checked
@staged("estimating")
def estimate_cardinal(
    survey: Survey,
    measure: Measure,
    gaps: Mapping[str, Gap],
    by: Sequence[By] = (),
    *,
    cutoffs: Sequence[Number] | Number | None = None,
    **options: Unpack[Shared],
) -> Estimates:
    """Estimate the adjusted poverty gap M1 and the adjusted squared gap M2, in total and by groups.

    Parameters
    ----------
    survey : Survey
        Who was asked.
    measure : Measure
        Who is deprived and who is poor: its indicators are 0, 1 or missing, as for `mpi.estimate`.
    gaps : mapping of indicator to column, (column, cutoff) or None
        How far below its cutoff somebody is in each indicator, as a share of it: a column of gaps (z - x) / z, above 0
        and at most 1 for the deprived and 0 for others; or the column of achievements x with the cutoff z, and the
        library computes it. Only a ratio scale has gaps (years of schooling, litres of water, not "earth floor").
        None takes each deprivation of an indicator in full, which is to be said of each that has no such scale.
    by : sequence of str or tuple of str
        Disaggregations, as for `mpi.estimate`.
    cutoffs : sequence of number, optional
        Poverty cutoffs; by default the measure's own.
    where, unit, level, df
        As for `mpi.estimate`.

    Returns
    -------
    Estimates
        Of each cutoff

        - ``H``, ``A`` and ``M0``, as `mpi.estimate` gives them;
        - ``M1`` and ``M2``, the mean over all of the poor's weighted gaps, and of these squared;
        - ``G`` = M1 / M0 and ``S`` = M2 / M0, the mean gap, and squared gap, of the deprivations of the poor, so that
          M1 = H A G and M2 = H A S;
        - ``contribution_M1``, ``contribution_M2`` of each indicator, which add up to M1 and M2, and
          ``contribution_share_M1``, ``contribution_share_M2``, which add up to 1.

    Raises
    ------
    MpiError
        With every problem at once: indicators that are not named, gaps that are no shares, that the deprived lack or
        others have.

    Notes
    -----
    Alkire and Foster 2011 (J. Public Economics 95:476-487). M1 rises when a poor person falls further below a cutoff,
    M2 the more so the further below the person is already; both are means over groups, weighted by population. Gaps
    are summed by PSU, group and pattern, and each figure is a ratio of two such sums.

    Examples
    --------
    >>> import pandas as pd, mpi
    >>> people = pd.DataFrame({"years": [2, 9, 4, 0], "sick": [1, 0, 0, 1]})
    >>> people["schooling"] = (people["years"] < 6) * 1
    >>> measure = mpi.Measure.nested("m", {"education": ["schooling"], "health": ["sick"]}, cutoff=1)
    >>> est = mpi.estimate_cardinal(mpi.Survey(people), measure, {"schooling": ("years", 6), "sick": None})
    >>> dict(zip(est.keys["statistic"].to_list()[:4], est.value[:4].round(3).tolist()))
    {'H': 0.5, 'A': 1.0, 'M0': 0.5, 'M1': 0.458}
    """
    check_survey(survey)
    check_measure(measure)
    problems = Problems("the estimate cannot be made", RequestError)
    ks = cutoffs_of(measure, cutoffs, problems)
    known = known_gaps(measure, gaps, problems)
    asked = shared(options)
    unit = asked.unit or measure.unit
    condensed = "cases" in survey.roles
    if condensed:
        problems.found += _not_carried(survey, known)
        columns = [*measure.columns, *(c for name in known for c in summed_gaps(name))]
    else:
        columns = [*measure.columns, *dict.fromkeys(g.column for g in known.values())]
    request = opened(
        survey, by, columns=columns, where=asked.where, unit=unit, level=asked.level, df=asked.df, problems=problems
    )
    pairs: list[Pair] = []
    if not survey.in_memory:
        domain, pairs = with_gaps(request.domain, known)
        request = replace(request, domain=domain)

    def make(piece: Survey, rows: Rows, own: list[Cross]) -> Estimates:
        prof = profile(piece, measure, rows)
        scores = scores_of(prof.deprived, prof.missing, measure, "cardinal measures")
        sums = _carried(piece, rows, known) if condensed else checked_sums(piece, prof, measure, known, pairs)
        return _estimated(piece, _Gaps(prof, scores, measure, ks, sums), own, request)

    found, first = request.estimates(make, flags=measure.columns, pairs=pairs)
    titles = {i.name: i.label for i in measure.indicators if i.label != i.name}
    full = [i.name for i in measure.indicators if i.name not in known and i.weight]
    said = {"gaps": f"deprivations in {', '.join(full)} count in full"} if full else {}
    about = {**described(first, measure, unit, found.about), **said}
    return replace(found, titles=titles, about=about, measures=(measure,))


@dataclass(frozen=True, slots=True)
class KnownGap:
    """The gap of one indicator: its column, and the cutoff of achievements; None where the column holds gaps."""

    column: str
    cutoff: float | None

    def written(self) -> tuple[str, float | None]:
        """Return it as plain values."""
        return self.column, self.cutoff

    def expression(self) -> Any:
        """Return the gap as an expression of the column."""
        x = nw.col(self.column).cast(nw.Float64)
        if self.cutoff is None:
            return x
        return nw.when(x < self.cutoff).then((self.cutoff - x) / self.cutoff).otherwise(x * 0.0)


def known_gaps(measure: Measure, gaps: Mapping[str, Gap], problems: Problems) -> dict[str, KnownGap]:
    """Read what is said of gaps, by indicator; what is wrong with it is noted."""
    found: dict[str, KnownGap] = {}
    problems.found += [f"gaps: {unknown('indicator', n, measure.names)}" for n in gaps if n not in measure.names]
    lacking = [i.name for i in measure.indicators if i.weight and i.name not in gaps]
    if lacking:
        problems.add(
            f"gaps: nothing is said of {', '.join(map(repr, lacking))}; name a column of gaps, a column and its "
            "cutoff, or None where a deprivation counts in full"
        )
    if all(gaps.get(i.name) is None for i in measure.indicators):
        problems.add("gaps: no indicator has any, so M1 and M2 would be M0; mpi.estimate gives it")
    for name, said in gaps.items():
        if isinstance(said, str):
            found[name] = KnownGap(said, None)
        elif isinstance(said, tuple) and len(said) == len(_POWERS) and isinstance(said[0], str):
            column: str = said[0]
            cutoff: Any = said[1]
            number = isinstance(cutoff, Real) and not isinstance(cutoff, bool)
            if number and 0 < float(cutoff) < float("inf"):
                found[name] = KnownGap(column, float(cutoff))
            else:
                problems.add(f"gaps: the cutoff of {name!r} is {cutoff!r}; a number above 0 was expected")
        elif said is not None:
            problems.add(f"gaps: {said!r} for {name!r}; a column, (column, cutoff) or None was expected")
    return found


def with_gaps(survey: Survey, known: Mapping[str, KnownGap]) -> tuple[Survey, list[Pair]]:
    """Add, for each gap, its columns to be summed: the gap, its square, whether it is 0, and whether it is no share."""
    pairs: list[Pair] = []
    taken = set(survey.columns)
    for place, gap in enumerate(known.values()):
        g = gap.expression()
        made = {"gap": g, "square": g * g, "none": _flag(g == 0), "wild": _flag((g < 0) | (g > 1))}
        for kind, expression in made.items():
            name = f"_{kind}_{place}"
            while name in taken:
                name = f"_{name}"
            survey = survey.with_column(name, expression)
            pairs.append((name, None))
    return survey, pairs


def _of_rows(survey: Survey, rows: Rows, gap: KnownGap) -> tuple[Sums, Sums, Sums, Sums]:
    """Return what rows in memory add to the same sums as `with_gaps` has an engine make."""
    x: Floats = rows.of(survey.numbers(gap.column)).astype(np.float64)
    z = gap.cutoff
    g: Any = x if z is None else np.where(x < z, (z - x) / z, x * 0.0)
    there, ones = ~np.isnan(g), np.ones(len(g))
    every = np.ones(len(g), dtype=bool)
    one, two = weighted(rows, g, ones, there), weighted(rows, g * g, ones, there)
    none, wild = (weighted(rows, 1.0 * odd, ones, every) for odd in (g == 0, (g < 0) | (g > 1)))
    return one, two, none, wild


def summed_gaps(indicator: str) -> tuple[str, str]:
    """Return the columns of a profile that hold an indicator's sums of gaps, and of squared gaps."""
    return f"_gaps_{indicator}", f"_squares_{indicator}"


def _not_carried(survey: Survey, known: Mapping[str, KnownGap]) -> list[str]:
    """Say which gaps a profile does not carry."""
    made = survey.rows.origin.made
    carried = {} if made is None else made.gaps
    lacking = [n for n, gap in known.items() if carried.get(n) != gap.written()]
    if not lacking:
        return []
    there = ", ".join(f"{n} ({c}{'' if z is None else f' below {z:g}'})" for n, (c, z) in carried.items()) or "none"
    said = f"gaps: the profile does not carry those of {', '.join(map(repr, lacking))} (it carries {there})"
    return [f"{said}; make it anew of the microdata with mpi.profile(..., gaps=...)"]


def _carried(survey: Survey, rows: Rows, known: Mapping[str, KnownGap]) -> dict[str, tuple[Floats, ...]]:
    """Read the sums that a profile carries; where its rows are households, persons are their members."""
    weight = rows.of(survey.weight)
    times = np.divide(rows.weight, weight, out=np.ones(len(weight)), where=weight > 0)
    return {
        name: tuple(rows.of(survey.numbers(c)).astype(np.float64) * times for c in summed_gaps(name)) for name in known
    }


def _flag(condition: Any) -> Any:
    return nw.when(condition).then(1.0).otherwise(0.0)


_KINDS = 4


def checked_sums(
    survey: Survey, prof: Profiles, measure: Measure, known: Mapping[str, KnownGap], pairs: Sequence[Pair]
) -> dict[str, tuple[Floats, ...]]:
    """Return what each row adds to the sums of each indicator's gaps and squared gaps, held to its deprivations."""
    rows = prof.rows
    found: dict[str, tuple[Floats, ...]] = {}
    problems = Problems("the gaps cannot be used", DataError)
    many = np.ones(len(rows.unit)) if rows.cases is None else rows.cases.astype(np.float64)
    for place, (name, gap) in enumerate(known.items()):
        j = measure.names.index(name)
        deprived, asked = prof.deprived[prof.pattern, j], ~prof.missing[prof.pattern, j]
        first = _KINDS * place
        if pairs:
            one, two, none, wild = (sums_of(survey, rows, first + i, pairs[first + i]) for i in range(_KINDS))
        else:
            one, two, none, wild = _of_rows(survey, rows, gap)
        column = f"{gap.column!r}, the {'gaps' if gap.cutoff is None else 'achievements'} of {name!r}"
        for odd, said in (
            (asked & (wild.above > 0), "gives gaps below 0 or above 1"),
            (deprived & (many > one.cases), "is missing where somebody is deprived"),
            (deprived & (none.above > 0) & (many <= one.cases), "gives a gap of 0 where somebody is deprived"),
            (asked & ~deprived & (one.above > 0), "gives a gap where nobody is deprived"),
        ):
            if odd.any():
                problems.add(f"column {column}: {said}, in {int(many[odd].sum()):,} rows or some of them")
        found[name] = (one.above * deprived, two.above * deprived)
    problems.raise_if_any()
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Figure:
    """One figure at several cutoffs, and for several indicators: the totals whose ratio it is, and its cases.

    `among` says where its cases stand among those retained and the poor at each cutoff; `cutoff` and `indicator` are
    positions.
    """

    name: str
    above: Floats
    below: Floats
    among: NDArray[np.int64]
    cutoff: NDArray[np.int64]
    indicator: NDArray[np.int64] | None = None
    method: Interval | Own = "share"


@dataclass(frozen=True, slots=True, eq=False)
class _Gaps:
    """Patterns, their scores, and what rows add to sums of gaps: all that the figures are made of."""

    patterns: Profiles
    scores: Scores
    measure: Measure
    cutoffs: Sequence[Fraction]
    sums: Mapping[str, tuple[Floats, ...]]

    def parts(self, group: Grouping, cells: Cells) -> list[Part]:
        """Return the figures of one grouping."""
        prof, K = self.patterns, len(self.cutoffs)
        poor = np.array([self.scores.reach(k) for k in self.cutoffs]).reshape(K, -1)
        table = np.column_stack([self.scores.kept, poor.T, (poor * self.scores.score()).T]).astype(np.float64)
        base = self._summed(cells, prof.rows.weight, table)
        size, of_poor, score = base[:1], base[1 : K + 1], base[K + 1 :]
        by_power = [self._by_indicator(cells, power, poor) for power in _POWERS]  # cutoffs x indicators x cells
        whole = [x.sum(axis=1) for x in by_power]
        tally = np.asarray(counts(group, prof.rows, prof.pattern, len(prof.deprived)) @ table[:, : K + 1].astype(int))
        cases, psus = tally.T.astype(np.float64), cells.psus(base[: K + 1] > 0)
        out: list[Part] = []
        for f in self._figures(size, of_poor, score, by_power, whole):
            value, influence = ratio(cells, f.above, f.below)
            made = part(self._labels(f), value, cases[f.among], psus.of(f.among), influence)
            if f.indicator is None:  # of one indicator, those who are poor and deprived in it are not counted here
                made = counted(made, cases[f.cutoff + 1], cells.sum(f.below))
            out.append(replace(made, seen=np.broadcast_to(base[f.among] > 0, influence.shape)))
        return out

    def _figures(
        self, size: Floats, of_poor: Floats, score: Floats, by_power: Sequence[Floats], whole: Sequence[Floats]
    ) -> list[_Figure]:
        """List the figures, each at all cutoffs: totals above and below, and the cases it rests on."""
        K, d = len(self.cutoffs), len(self.measure.names)
        k, everybody = np.arange(K), np.zeros(K, dtype=np.int64)
        out = [
            _Figure("H", of_poor, size, everybody, k),
            _Figure("A", score, of_poor, k + 1, k, method="intensity"),
            _Figure("M0", score, size, everybody, k),
            *(_Figure(f"M{p}", w, size, everybody, k) for p, w in zip(_POWERS, whole, strict=True)),
            *(_Figure(n, w, score, k + 1, k, method="fraction") for n, w in zip("GS", whole, strict=True)),
        ]
        kd, j = np.repeat(k, d), np.tile(np.arange(d), K)
        for power, part_of, total in zip(_POWERS, by_power, whole, strict=True):
            above, below = part_of.reshape(K * d, -1), np.repeat(total, d, axis=0)
            everyone = np.zeros(K * d, dtype=np.int64)
            out.append(_Figure(f"contribution_M{power}", above, size, everyone, kd, j, "fraction"))
            out.append(_Figure(f"contribution_share_M{power}", above, below, kd + 1, kd, j, "fraction"))
        return out

    def _labels(self, f: _Figure) -> list[Labels]:
        of_poor = f.name in ("A", "G", "S") or "share" in f.name
        undefined: Undefined = "no poor in group" if of_poor else "no complete cases in group"
        whole = self.measure.missing == "drop" or all(i.weight for i in self.measure.indicators)
        fixed = [f.name == "A" and whole and of_intersection(self.measure, k) for k in self.cutoffs]
        owners = [None] * len(f.cutoff) if f.indicator is None else [self.measure.indicators[j] for j in f.indicator]
        return [
            Labels(
                f.name, indicator=i and i.name, dimension=i and i.dimension, cutoff=text(self.cutoffs[k]),
                weighting="own", method=f.method, undefined=undefined,
                zero="certain" if fixed[k] else "unknown",
            )
            for k, i in zip(f.cutoff.tolist(), owners, strict=True)
        ]  # fmt: skip

    def _by_indicator(self, cells: Cells, power: int, poor: NDArray[np.bool_]) -> Floats:
        """Return the totals of weighted gaps of the poor: cutoffs x indicators x cells."""
        prof, scores = self.patterns, self.scores
        out = []
        for j, name in enumerate(self.measure.names):
            weight = scores.weights[:, j] * scores.observed[:, j]
            if name in self.sums:
                out.append(self._summed(cells, self.sums[name][power - 1], (poor * weight).T))
            else:
                out.append(self._summed(cells, prof.rows.weight, (poor * weight * scores.deprived[:, j]).T))
        return np.stack(out, axis=1)

    def _summed(self, cells: Cells, of_rows: Floats, table: Floats) -> Floats:
        """Sum what rows add times what their patterns count, by cell (columns of the table x cells)."""
        prof = self.patterns
        summer = Summer(cells.of_row, prof.pattern, of_rows, (cells.unordered, len(prof.deprived)))
        return cells.arrange(summer(table.astype(np.float64)))


def _estimated(survey: Survey, gaps: _Gaps, by: list[Cross], request: Opened) -> Estimates:
    """Estimate some disaggregations from a survey in memory."""
    prof = gaps.patterns
    found, total = disaggregated(survey, prof.rows, by, gaps.parts, level=request.level, degrees=request.degrees)
    lost = left_out(prof, total, prof.missing.any(axis=1) & ~gaps.scores.kept, gaps.measure)
    said = lost.sentence(request.unit, rounds_of(survey.waves, total))
    return replace(found, about={KEY: said} if said else {})
