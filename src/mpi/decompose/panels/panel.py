"""People who are followed through two rounds: who enters poverty, who leaves it, and what changes for the others."""

from __future__ import annotations

from dataclasses import replace
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.arguments import kinds_explained
from mpi.core.errors import RequestError, warn
from mpi.core.exact import text
from mpi.decompose.panels.followed import followed, followed_notes, refuse_rounds
from mpi.estimation.parts import ColumnLabels
from mpi.estimation.pattern_ratios import Quantity, pattern_estimates
from mpi.estimation.titles import indicator_titles
from mpi.results.dual import figures_of, stacked
from mpi.results.lookup import Finder, levels, need
from mpi.results.rounds import require_same_measure, spans
from mpi.results.terms import Term, adds_up, from_terms, relabelled
from mpi.tables.keys import Coded, coded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mpi.decompose.panels.followed import Followed, Round
    from mpi.estimation.patterns import Profiles
    from mpi.frames.aggregation import By
    from mpi.measures.measure import Measure
    from mpi.measures.words import Unit
    from mpi.results.dual import Figures
    from mpi.results.estimates import Estimates
    from mpi.results.options import Degrees
    from mpi.survey.survey import Survey
    from mpi.survey.words import Where

    Floats = NDArray[np.float64]

__all__ = ["panel", "persistence_bounds"]

_TERMS = ("ongoing_change", "exit_change", "entry_change")


@kinds_explained
def panel(
    survey: Survey,
    measure: Measure,
    rounds: Mapping[Any, str | Mapping[str, str] | Measure],
    by: Sequence[By] = (),
    *,
    where: Where | None = None,
    unit: Unit | None = None,
    level: float = 0.95,
    df: Degrees = "group",
) -> Estimates:
    """Split the change of poverty among people who are followed into entry, exit and what changed for those still poor.

    Parameters
    ----------
    survey : Survey
        A row per person, with a column per indicator and round; weights are those of the people followed
        (longitudinal), and groups in `by` are those of the row (of the first round, say).
    measure : Measure
        What is measured in both rounds; its policy for missing answers is ``drop`` or ``reweight``.
    rounds : mapping of round to str, mapping or Measure
        The two rounds, the first one first, and the columns of each: ``"{}_2016"`` (``{}`` stands for the column that
        the measure names), or the column of each indicator, or the measure with its columns.
    by, where, unit, level, df
        As for `mpi.estimate`.

    Returns
    -------
    Estimates
        ``wave`` is the round, or ``"2016 to 2018"``. For M0 and H, and for each indicator's ``contribution`` to M0:
        the levels and, as ``contrast``, ``ongoing_change`` (none for H), ``exit_change`` and ``entry_change``, which
        add up to ``change``. Then shares of the population, ``ongoing_poor, left_poverty, entered_poverty,
        never_poor``, which add up to 1; ``entry_rate`` (the share of the non-poor who become poor) and ``exit_rate``
        (the share of the poor who cease to be); and ``unmatched``, the share of the rows' weight that lacks answers in
        a round and is left out of all else (`about` tells it too).

    Raises
    ------
    MpiError
        With every problem at once; when there are not two rounds, when they measure different things, when the survey
        has rounds of its own, or when the policy for missing answers is ``bounds``.

    Warns
    -----
    MpiWarning
        When rounds are numbers and the second comes before the first.

    Notes
    -----
    With scores c and poverty rho in the rounds 0 and 1 (Alkire et al. 2015, section 9.3.1)::

        dM0 = mean of rho0 rho1 (c1 - c0)  -  mean of rho0 (1 - rho1) c0  +  mean of (1 - rho0) rho1 c1
        dH  = (1 - H0) e - H0 q,   e = P(rho1 | not rho0),   q = P(not rho1 | rho0)

    All terms are means over the joint pattern of both rounds, so that errors carry the covariance of the rounds.
    Errors of measurement make people look as if they moved: entry and exit are the first to suffer.

    Examples
    --------
    >>> import mpi, pandas as pd
    >>> people = pd.DataFrame({"a_16": [1, 1, 0, 0], "b_16": [1, 0, 0, 0], "a_18": [1, 0, 1, 0], "b_18": [0, 0, 0, 0]})
    >>> m = mpi.Measure.nested("m", {"x": ["a"], "y": ["b"]}, cutoff="1/2")
    >>> est = mpi.decompose.panel(mpi.Survey(people), m, {2016: "{}_16", 2018: "{}_18"})
    >>> est.select(statistic="M0", wave="2016 to 2018").table[["contrast", "estimate"]].values.tolist()
    [['ongoing_change', -0.125], ['exit_change', -0.125], ['entry_change', 0.125], ['change', -0.125]]
    """
    refuse_rounds(survey, "panel")
    plan = followed(measure, rounds, "panel")
    if len(plan.labels) != 2:
        raise RequestError(
            f"panel: two rounds are compared, not {len(plan.labels)}; for more see mpi.decompose.chronic"
        )
    _warn_if_backwards(plan.labels)
    asked = _Transitions(plan)
    found = pattern_estimates(
        survey, plan.joint, asked.quantities, by, where=where, unit=unit, level=level, df=df
    )  # fmt: skip
    found = replace(found, keys=found.keys.with_column("wave", asked.waves(len(found))))
    _check(found)
    titles = {**found.titles, **indicator_titles(measure)}
    return replace(
        found, measures=(measure,), titles=titles, about={**found.about, **followed_notes(found, "followed", "H")}
    )


def _warn_if_backwards(labels: Sequence[Any]) -> None:
    start, end = labels
    if all(isinstance(label, Real) for label in labels) and start > end:
        warn(
            f"panel: the first round is {start} and the second {end}, so that changes run backwards in time; name the "
            "rounds in their order"
        )


class _Transitions:
    """The statistics of two rounds of the same people."""

    __slots__ = ("_waves", "plan")

    def __init__(self, plan: Followed) -> None:
        self.plan = plan
        self._waves: list[Any] = []

    def quantities(self, patterns: Profiles) -> list[Quantity]:
        """List the statistics as functions of the joint pattern."""
        kept, (first, last) = self.plan.rounds(patterns)
        everybody = kept.astype(np.float64)
        k = text(self.plan.measure.cutoff)
        found: list[tuple[ColumnLabels, NDArray[Any], NDArray[Any]]] = [
            (ColumnLabels("M0", cutoff=k), first.score, last.score)
        ]
        found.append((ColumnLabels("H", cutoff=k), first.poor, last.poor))
        for j, i in enumerate(self.plan.measure.indicators):
            label = ColumnLabels("contribution", indicator=i.name, dimension=i.dimension, cutoff=k)
            found.append((label, first.parts[:, j], last.parts[:, j]))
        start, end = self.plan.labels
        span = f"{start} to {end}"
        out: list[tuple[Any, Quantity]] = []
        for label, before, after in found:
            out += [(start, Quantity(label, before, everybody)), (end, Quantity(label, after, everybody))]
            for name, value in _split(first, last, before, after).items():
                if label.statistic == "H" and name == "ongoing_change":
                    continue  # who stays poor does not change the headcount
                out.append((span, Quantity(replace(label, contrast=name, method="t"), value, everybody)))
        out += [(span, q) for q in _states(kept, first, last, k)]
        self._waves = [wave for wave, _ in out]
        return [q for _, q in out]

    def waves(self, length: int) -> Coded:
        """Return the round of each number: the statistics stand in the same order in each group."""
        one = coded(self._waves)
        return Coded(one.values, np.tile(one.index, length // len(one.index)))


def _split(first: Round, last: Round, before: NDArray[Any], after: NDArray[Any]) -> dict[str, Floats]:
    """Split a change by who was poor in which round; what is 0 for the non-poor belongs to the poor alone."""
    both, before, after = first.poor & last.poor, before * 1.0, after * 1.0
    return {
        "ongoing_change": np.where(both, after - before, 0.0),
        "exit_change": np.where(first.poor & ~last.poor, -before, 0.0),
        "entry_change": np.where(last.poor & ~first.poor, after, 0.0),
        "change": after - before,
    }


def _states(followed: NDArray[np.bool_], first: Round, last: Round, cutoff: str) -> list[Quantity]:
    """Give the shares of those who stay, leave, enter and are never poor; the rates; who could not be followed."""
    was, now = first.poor, last.poor
    everybody = followed.astype(np.float64)
    states = {
        "ongoing_poor": was & now,
        "left_poverty": was & ~now,
        "entered_poverty": now & ~was,
        "never_poor": followed & ~was & ~now,
    }
    out = [Quantity(ColumnLabels(name, cutoff=cutoff), state, everybody) for name, state in states.items()]
    entry = ColumnLabels("entry_rate", cutoff=cutoff, undefined="nobody at risk in group")
    leave = ColumnLabels("exit_rate", cutoff=cutoff, undefined="nobody at risk in group")
    out.append(Quantity(entry, states["entered_poverty"], followed & ~was))
    out.append(Quantity(leave, states["left_poverty"], was))
    return [*out, Quantity(ColumnLabels("unmatched"), ~followed, np.ones(len(followed)))]


def _check(est: Estimates) -> None:
    """Refuse terms that do not add up to the change."""
    finder, figures = Finder(est.keys), figures_of(est)
    rows = est.keys.find({"contrast": "change"})
    rows = rows[~np.isnan(est.value[rows])]
    total = figures.take(finder.beside(rows, contrast=_TERMS[0])).filled(0.0)
    for name in _TERMS[1:]:
        total = total + figures.take(finder.beside(rows, contrast=name)).filled(0.0)
    adds_up(total, figures.take(rows), "panel")


@kinds_explained
def persistence_bounds(est: Estimates, start: Any = None, end: Any = None) -> Estimates:
    """Bound the shares that stayed poor, left, entered and were ever poor, from two rounds that asked different people.

    Parameters
    ----------
    est : Estimates
        Headcount ratios of two or more rounds.
    start, end : label of a round, optional
        The rounds; by default as for `mpi.decompose.change`.

    Returns
    -------
    Estimates
        Statistics ``ever_poor, ongoing_poor, left_poverty, entered_poverty``, with ``lower_bound`` and ``upper_bound``
        as ``contrast``.

    Raises
    ------
    MpiError
        When there are no headcount ratios, not two rounds, or several measures.

    Notes
    -----
    What the two headcount ratios alone allow, for a population that stayed the same (Fréchet's bounds)::

        ever poor     max(H0, H1)          to  min(1, H0 + H1)
        stayed poor   max(0, H0 + H1 - 1)  to  min(H0, H1)
        left          max(0, H0 - H1)      to  min(H0, 1 - H1)
        entered       max(0, H1 - H0)      to  min(H1, 1 - H0)

    Errors are those of the side that is taken, which is right away from ties; a bound that is 0 or 1 whatever the
    estimates are near it has none.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), statistics=["H"])
    >>> mpi.decompose.persistence_bounds(est).table["statistic"].unique().tolist()
    ['ever_poor', 'ongoing_poor', 'left_poverty', 'entered_poverty']
    """
    plain = levels(est, "persistence_bounds")
    need(plain, "persistence_bounds", "statistic", ["H"])
    require_same_measure(plain, "persistence_bounds")
    finder, figures = Finder(plain.keys), figures_of(plain)
    heads = plain.keys.find({"statistic": "H"})
    terms = []
    for span in spans(plain, start, end, None, "persistence_bounds"):
        rows = heads[plain.keys["wave"].index[heads] == plain.keys["wave"].values.index(span.end)]
        before = finder.beside(rows, wave=span.start)
        rows, before = rows[before >= 0], before[before >= 0]
        for (statistic, contrast), bound in _bounds(figures.take(before), figures.take(rows)).items():
            keys = relabelled(plain.keys, rows, statistic=statistic, contrast=contrast, wave=str(span))
            fixed = ((bound.value == 0) | (bound.value == 1)).tolist()
            said = ["what the estimates allow at most or least: no error" if x else None for x in fixed]
            terms.append(Term(bound, keys, "t", said, np.column_stack([before, rows])))
    return from_terms(plain, terms)


def _bounds(H0: Figures, H1: Figures) -> dict[tuple[str, str], Figures]:
    none = H0 * 0.0
    low, high = "lower_bound", "upper_bound"
    return {
        ("ever_poor", low): _most(H0, H1),
        ("ever_poor", high): _least(none + 1.0, H0 + H1),
        ("ongoing_poor", low): _most(none, H0 + H1 - 1.0),
        ("ongoing_poor", high): _least(H0, H1),
        ("left_poverty", low): _most(none, H0 - H1),
        ("left_poverty", high): _least(H0, 1.0 - H1),
        ("entered_poverty", low): _most(none, H1 - H0),
        ("entered_poverty", high): _least(H1, 1.0 - H0),
    }


def _most(a: Figures, b: Figures) -> Figures:
    n = len(a)
    return stacked([a, b]).take(np.where(a.value >= b.value, np.arange(n), n + np.arange(n)))


def _least(a: Figures, b: Figures) -> Figures:
    return -_most(-a, -b)
