"""Cost of missing answers: the cases kept, the losses of each indicator and group, whether the dropped differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mpi.core.arguments import kinds_checked
from mpi.estimation.disaggregated import disaggregated
from mpi.estimation.identify import complete, reweighted
from mpi.estimation.parts import ColumnLabels, Part, part
from mpi.estimation.patterns import profile
from mpi.estimation.ratios import ratio
from mpi.estimation.request import check_measure, opened
from mpi.estimation.totals import Summer, counts
from mpi.frames.progress import staged
from mpi.inference.cells import Psus
from mpi.survey.reasons import COLUMNS, missing_by_code

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mpi.estimation.groups import Grouping
    from mpi.estimation.identify import Scores
    from mpi.estimation.patterns import Profiles
    from mpi.estimation.rows import Rows
    from mpi.frames.aggregation import By, Cross
    from mpi.inference.cells import Cells
    from mpi.measures.measure import Measure
    from mpi.measures.words import Unit
    from mpi.results.estimates import Estimates
    from mpi.survey.survey import Survey
    from mpi.survey.words import Where

    Floats = NDArray[np.float64]

__all__ = ["Retention", "codes_table", "retention"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Retention:
    """A retention report.

    Attributes
    ----------
    groups : pandas.DataFrame
        One row per group: ``n`` rows, ``n_retained``, ``retained_unweighted`` (share of rows), ``retained``
        (share of the population) and its ``se``.
    indicators : pandas.DataFrame
        One row per group and indicator: ``n_missing``, ``missing_unweighted``, ``missing`` (share of the
        population) and its ``se``; ``lost_alone``, rows that only this indicator loses; ``rate_retained`` and
        ``rate_dropped``, the deprivation rate of those retained and of those dropped who answered
        (``n_dropped_answered``); their ``difference``, its ``difference_se`` and the ``p`` value of no difference,
        missing where a rate is 0 or 1 (no variation is no evidence).
    estimates : Estimates
        The weighted figures with all their covariances.
    codes : pandas.DataFrame
        By which codes answers are missing, those declared with ``missing=`` and those the file has as missing (Stata's
        .a to .z, user-missing values of SPSS): one row per indicator, column and code, with its ``label``, the ``n``
        rows that hold it, and ``n_missing`` of them where the indicator is missing. The column is the indicator's, or
        one that rules made it of. Of profiles nothing is known of codes.
    """

    _groups: pd.DataFrame
    _indicators: pd.DataFrame
    estimates: Estimates
    codes: pd.DataFrame

    @property
    def groups(self) -> pd.DataFrame:
        """The cases that each group keeps; a copy."""
        return self._groups.copy()

    @property
    def indicators(self) -> pd.DataFrame:
        """The cases that each indicator loses, by group; a copy."""
        return self._indicators.copy()

    def __repr__(self) -> str:
        """Show the tables."""
        return "\n\n".join(t.to_string(index=False) for t in self._tables())

    def _tables(self) -> list[pd.DataFrame]:
        return [self.groups, self.indicators, *([self.codes] if len(self.codes) else [])]

    def _repr_html_(self) -> str:
        """Show both tables in a notebook."""
        return "".join(t.to_html(index=False, float_format="{:.4f}".format, na_rep="–") for t in self._tables())


@kinds_checked
@staged("estimating")
def retention(
    survey: Survey,
    measure: Measure,
    by: Sequence[By] = (),
    *,
    where: Where | None = None,
    unit: Unit | None = None,
    level: float = 0.95,
) -> Retention:
    """Report what the measure's missing-value policy keeps and drops.

    Under `drop` (and `bounds`) a row is retained when no indicator is missing; under `reweight` when every dimension
    has an answer.

    Parameters
    ----------
    survey, measure, by, where, unit, level
        As for `mpi.estimate`.

    Returns
    -------
    Retention
        Shares kept, weighted and unweighted; losses by indicator and group; a test whether the dropped differ.

    Examples
    --------
    >>> import mpi
    >>> report = mpi.retention(mpi.load_sample(), mpi.load_measure("gso-mdp"))
    >>> bool((report.groups["retained"] > 0.9).all())
    True
    """
    check_measure(measure)
    request = opened(survey, by, columns=measure.columns, where=where, unit=unit or measure.unit, level=level)
    codes = codes_table(request.domain, measure)
    tallies: dict[Cross, tuple[Grouping, Any]] = {}

    def make(part: Survey, rows: Rows, own: list[Cross]) -> Estimates:
        return _estimated(part, rows, own, measure, tallies, request.level)

    est, first = request.estimates(make, flags=measure.columns)
    by_group, by_indicator = _tables(est, [tallies[c] for c in ((), *request.by)], measure, first.waves)
    return Retention(by_group, by_indicator, est, codes)


def _estimated(
    survey: Survey, rows: Rows, by: Sequence[Cross], measure: Measure, tallies: dict[Cross, Any], level: float
) -> Estimates:
    """Return the shares of the total and some disaggregations; note the groups of each, with the cases behind them."""
    prof = profile(survey, measure, rows)
    scores = (reweighted if measure.missing == "reweight" else complete)(prof.deprived, prof.missing, measure)
    table = _variables(prof, scores)

    def parts(group: Grouping, cells: Cells) -> list[Part]:
        """Return the shares of one grouping with their influences; the tally of its cases is stored beside."""
        summer = Summer(cells.of_row, prof.pattern, rows.weight, (cells.unordered, len(prof.deprived)))
        tally = counts(group, rows, prof.pattern, len(prof.deprived)) @ table.astype(np.int64)
        tallies[group.columns] = (group, tally)
        return [_part(cells, cells.arrange(summer(table)), tally.T.astype(np.float64), measure)]

    return disaggregated(survey, rows, by, parts, level=level, degrees="group")[0]


def codes_table(survey: Survey, measure: Measure) -> pd.DataFrame:
    """Return by which codes the answers of a measure's indicators are missing; see `Retention.codes`."""
    import pandas as pd

    return pd.DataFrame(missing_by_code(survey, measure), columns=list(COLUMNS))


def _variables(prof: Profiles, scores: Scores) -> Floats:
    """Write out by pattern: all, kept; d columns each of missing, lost alone, answers and deprivations of both."""
    kept, missing = scores.kept, prof.missing
    alone = missing & (missing.sum(axis=1) == 1)[:, None] & ~kept[:, None]
    seen, deprived = ~missing, prof.deprived & ~missing
    columns = [np.ones((len(kept), 1)), kept[:, None], missing, alone]
    for side in (kept, ~kept):
        columns += [seen & side[:, None], deprived & side[:, None]]
    out: Floats = np.hstack(columns).astype(np.float64)
    return out


def _slices(d: int) -> dict[str, slice]:
    names = ("missing", "alone", "seen_kept", "deprived_kept", "seen_dropped", "deprived_dropped")
    return {name: slice(2 + i * d, 2 + (i + 1) * d) for i, name in enumerate(names)}


def _part(cells: Cells, totals: Floats, cases: Floats, measure: Measure) -> Part:
    d = len(measure.indicators)
    at = _slices(d)
    retained = ratio(cells, totals[1:2], totals[:1])
    missing = ratio(cells, totals[at["missing"]], totals[:1])
    kept = ratio(cells, totals[at["deprived_kept"]], totals[at["seen_kept"]])
    dropped = ratio(cells, totals[at["deprived_dropped"]], totals[at["seen_dropped"]])
    difference = (kept[0] - dropped[0], kept[1] - dropped[1])
    labels = [ColumnLabels("retained")]
    kinds: tuple[tuple[str, str, Literal["share", "t"]], ...] = (
        ("missing", "level", "share"), ("uncensored_headcount", "retained", "share"),
        ("uncensored_headcount", "dropped", "share"), ("uncensored_headcount", "retained - dropped", "t"),
    )  # fmt: skip
    for statistic, contrast, method in kinds:
        labels += [
            ColumnLabels(statistic, contrast, i.name, i.dimension, method=method, undefined="not observed in group")
            for i in measure.indicators
        ]
    pieces = (retained, missing, kept, dropped, difference)
    value, scores = (np.concatenate([p[k] for p in pieces]) for k in (0, 1))
    every = np.zeros(1 + d, dtype=np.int64)
    sides = [np.r_[at[k]] for k in ("seen_kept", "seen_dropped")]
    both = np.minimum(*(cases[side] for side in sides))
    n = np.concatenate([cases[:1], np.tile(cases[0], (d, 1)), cases[at["seen_kept"]], cases[at["seen_dropped"]], both])
    there = cells.psus(totals > 0)
    fewer = Psus(*(np.minimum(*(x[side] for side in sides)) for x in there))
    psus = Psus(*(np.concatenate([a, b]) for a, b in zip(there.select(np.r_[every, *sides]), fewer, strict=True)))
    return part(labels, value, n, psus, scores)


def _tables(
    est: Estimates, tallied: Sequence[tuple[Grouping, Any]], measure: Measure, waves: tuple[Any, ...]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    import pandas as pd

    d = len(measure.indicators)
    at = _slices(d)
    p = est.pvalues()
    first: list[dict[str, Any]] = []
    second: list[dict[str, Any]] = []
    row = 0
    for g, tally in tallied:
        for i, label in enumerate(g.labels):
            key = {"by": g.name, "group": label, "wave": waves[g.wave[i]] if waves else None}
            n, kept = int(tally[i, 0]), int(tally[i, 1])
            first.append({
                **key, "n": n, "n_retained": kept, "retained_unweighted": kept / n if n else np.nan,
                "retained": est.value[row], "se": est.se[row],
            })  # fmt: skip
            at_row = row + 1 + np.arange(4 * d).reshape(4, d)
            for j, indicator in enumerate(measure.indicators):
                lost, yes, no, gap = at_row[:, j]
                absent, answered = int(tally[i, at["missing"]][j]), int(tally[i, at["seen_dropped"]][j])
                varies = 0 < est.value[yes] < 1 and 0 < est.value[no] < 1
                second.append({
                    **key, "indicator": indicator.name, "n_missing": absent,
                    "missing_unweighted": absent / n if n else np.nan,
                    "missing": est.value[lost], "se": est.se[lost], "lost_alone": int(tally[i, at["alone"]][j]),
                    "rate_retained": est.value[yes], "rate_dropped": est.value[no], "n_dropped_answered": answered,
                    "difference": est.value[gap], "difference_se": est.se[gap] if varies else np.nan,
                    "p": p[gap] if varies else np.nan,
                })  # fmt: skip
            row += 1 + 4 * d
    return pd.DataFrame(first), pd.DataFrame(second)
