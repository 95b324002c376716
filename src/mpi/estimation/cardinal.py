"""Cardinal Alkire-Foster measures: how far below their cutoffs the poor are, from sums of gaps by pattern."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from mpi.core.arguments import kinds_checked
from mpi.core.errors import Problems, RequestError
from mpi.core.exact import text
from mpi.estimation.disaggregated import disaggregated
from mpi.estimation.estimate import cutoffs_of, described
from mpi.estimation.gaps import POWERS, carried_sums, checked_sums, not_carried, read_gaps, summed_gaps, with_gaps
from mpi.estimation.labels import is_intersection
from mpi.estimation.left_out import rounds_of
from mpi.estimation.options import Shared, shared
from mpi.estimation.parts import ColumnLabels, part
from mpi.estimation.pattern_ratios import left_out, scores_of
from mpi.estimation.patterns import profile
from mpi.estimation.ratios import ratio
from mpi.estimation.request import check_measure, check_survey, opened
from mpi.estimation.titles import indicator_titles
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
    from mpi.estimation.gaps import Gap
    from mpi.estimation.groups import Grouping
    from mpi.estimation.identify import Scores
    from mpi.estimation.parts import Part, Undefined
    from mpi.estimation.patterns import Profiles
    from mpi.estimation.request import Opened
    from mpi.estimation.rows import Rows
    from mpi.frames.aggregation import By, Cross, Pair
    from mpi.inference.cells import Cells
    from mpi.inference.intervals import Interval, Own
    from mpi.measures.measure import Measure
    from mpi.results.estimates import Estimates
    from mpi.survey.survey import Survey

    Floats = NDArray[np.float64]

__all__ = ["estimate_cardinal"]


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
    known = read_gaps(measure, gaps, problems)
    asked = shared(options)
    unit = asked.unit or measure.unit
    condensed = "cases" in survey.roles
    if condensed:
        problems.found += not_carried(survey, known)
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
        """Return the estimates of one part of the survey."""
        prof = profile(piece, measure, rows)
        scores = scores_of(prof.deprived, prof.missing, measure, "cardinal measures")
        sums = carried_sums(piece, rows, known) if condensed else checked_sums(piece, prof, measure, known, pairs)
        return _estimated(piece, _Gaps(prof, scores, measure, ks, sums), own, request)

    found, first = request.estimates(make, flags=measure.columns, pairs=pairs)
    titles = {**found.titles, **indicator_titles(measure)}
    full = [i.name for i in measure.indicators if i.name not in known and i.weight]
    said = {"gaps": f"deprivations in {', '.join(full)} count in full"} if full else {}
    about = {**described(first, measure, unit, found.about), **said}
    return replace(found, titles=titles, about=about, measures=(measure,))


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
        by_power = [self._by_indicator(cells, power, poor) for power in POWERS]  # cutoffs x indicators x cells
        whole = [x.sum(axis=1) for x in by_power]
        tally = np.asarray(counts(group, prof.rows, prof.pattern, len(prof.deprived)) @ table[:, : K + 1].astype(int))
        cases, psus = tally.T.astype(np.float64), cells.psus(base[: K + 1] > 0)
        out: list[Part] = []
        for f in self._figures(size, of_poor, score, by_power, whole):
            value, influence = ratio(cells, f.above, f.below)
            made = part(self._labels(f), value, cases[f.among], psus.select(f.among), influence)
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
            *(_Figure(f"M{p}", w, size, everybody, k) for p, w in zip(POWERS, whole, strict=True)),
            *(_Figure(n, w, score, k + 1, k, method="fraction") for n, w in zip("GS", whole, strict=True)),
        ]
        kd, j = np.repeat(k, d), np.tile(np.arange(d), K)
        for power, part_of, total in zip(POWERS, by_power, whole, strict=True):
            above, below = part_of.reshape(K * d, -1), np.repeat(total, d, axis=0)
            everyone = np.zeros(K * d, dtype=np.int64)
            out.append(_Figure(f"contribution_M{power}", above, size, everyone, kd, j, "fraction"))
            out.append(_Figure(f"contribution_share_M{power}", above, below, kd + 1, kd, j, "fraction"))
        return out

    def _labels(self, f: _Figure) -> list[ColumnLabels]:
        of_poor = f.name in ("A", "G", "S") or "share" in f.name
        undefined: Undefined = "no poor in group" if of_poor else "no complete cases in group"
        whole = self.measure.missing == "drop" or all(i.weight for i in self.measure.indicators)
        fixed = [f.name == "A" and whole and is_intersection(self.measure, k) for k in self.cutoffs]
        owners = [None] * len(f.cutoff) if f.indicator is None else [self.measure.indicators[j] for j in f.indicator]
        return [
            ColumnLabels(
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
