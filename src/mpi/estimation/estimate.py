"""A survey and a measure give estimates."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from numbers import Real
from typing import TYPE_CHECKING, Any, Unpack

from mpi.core.arguments import kinds_checked
from mpi.core.errors import MpiError, Problems, RequestError, unknown
from mpi.estimation.algebra import MeasureRequest, estimates_of
from mpi.estimation.identify import schemes
from mpi.estimation.options import Precise, shared
from mpi.estimation.patterns import profile
from mpi.estimation.request import Estimable, check_measure, check_survey, opened
from mpi.estimation.rows import counted
from mpi.estimation.simple_random import with_simple_random
from mpi.estimation.titles import indicator_titles
from mpi.estimation.unobserved import with_categories
from mpi.frames.progress import staged
from mpi.measures.measure import Measure
from mpi.results.names import MONOTONE, NUMBERS, STATISTICS, Statistic
from mpi.survey.survey import data_notes, in_words
from mpi.survey.undeclared import tell_contradictions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from fractions import Fraction

    from mpi.core.exact import Number
    from mpi.estimation.rows import Rows
    from mpi.frames.aggregation import By, Cross
    from mpi.measures.words import Unit
    from mpi.results.estimates import Estimates
    from mpi.survey.survey import Survey

__all__ = ["NUMBERS_ARE", "cutoffs_of", "described", "estimate"]


@kinds_checked
@staged("estimating")
def estimate(
    survey: Survey,
    measure: Measure | Estimable,
    by: Sequence[By] = (),
    *,
    cutoffs: Sequence[Number] | Number | None = None,
    weightings: Mapping[str, Mapping[str, Number] | Measure] | None = None,
    statistics: Sequence[Statistic] | None = None,
    **options: Unpack[Precise],
) -> Estimates:
    """Estimate a multidimensional poverty measure, in total and by groups, with the design in every error.

    Parameters
    ----------
    survey : Survey
        Who was asked.
    measure : Measure or Line
        What is measured; a national poverty line gives the share and the number in each of its classes as well.
        The policy for missing indicators decides which rows are retained: `drop`, the complete
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
        population_share, poor_share, group_contribution, vulnerable, severe, inequality``; all of these by default.
        ``number_of_poor`` and ``population`` are given when asked for: they mean something only where weights add up
        to a population. Population is the sum of all weights, and the number of poor is H times it, also where some
        miss answers and H is that of the others; so numbers of groups add up to that of all only where as many miss
        answers in each.
    level : float, default 0.95
        The confidence level.
    df : {"group", "design"}
        Degrees of freedom: PSUs minus strata, of those with cases that the figure rests on (of A, shares and
        inequality, the poor of the group); or of the whole design, as OPHI publishes.

    observed : bool, default True
        Whether only groups with cases have rows, as in ``groupby`` of pandas. With False each declared category, and
        each value label, of a disaggregation by one column has them: its figures are missing, and `n` is 0.
    deff : bool, default False
        Whether to compute what a simple random sample would give too, for the design effects of `mpi.precision`.

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
    have logit-t intervals: those of A lie between the cutoff and 1, for it is a mean of scores of the poor; that of
    inequality assumes an estimate that is independent of its error, and covers too little where the poor are few. A
    share of 0 or 1 has a one-sided limit. See docs/methods.md.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["area"])
    >>> est.select(statistic="H", by="total").table[["wave", "n", "flag"]].shape
    (2, 3)
    """
    check_survey(survey)
    asked = shared(options)
    if isinstance(measure, Estimable):
        classes = measure.estimate_with(
            survey, by, cutoffs=cutoffs, weightings=weightings, where=asked.where, unit=asked.unit,
            statistics=statistics, level=asked.level, df=asked.df,
        )  # fmt: skip
        whole = not asked.observed or asked.where is None
        return with_categories(classes, survey, observed=asked.observed) if whole else classes
    check_measure(measure)
    problems = Problems("the estimate cannot be made", RequestError)
    ks = cutoffs_of(measure, cutoffs, problems)
    others = _weightings(measure, weightings or {}, problems)
    wanted = _statistics(measure, statistics, problems)
    request = opened(
        survey, by, columns=measure.columns, where=asked.where, unit=asked.unit or measure.unit, level=asked.level,
        df=asked.df, problems=problems,
    )  # fmt: skip
    found_schemes = schemes(measure, ks, others)
    tell_contradictions(survey.labels, measure.columns)

    def make(part: Survey, rows: Rows, own: list[Cross]) -> Estimates:
        """Return the estimates of one part of the survey."""
        of = MeasureRequest(measure, own, found_schemes, wanted, request.unit)
        patterns = profile(part, measure, rows)
        made = estimates_of(part, patterns, of, level=request.level, degrees=request.degrees)
        return with_simple_random(made, part, patterns, of) if asked.deff else made

    found, first = request.estimates(make, flags=measure.columns)
    titles = {**found.titles, **indicator_titles(measure)}
    about = described(first, measure, request.unit, found.about)
    if set(NUMBERS) & set(wanted):
        about["numbers"] = NUMBERS_ARE
    found = replace(found, titles=titles, about=about, measures=(measure,))
    return with_categories(found, request.domain, observed=asked.observed)


NUMBERS_ARE = "rates times all weights of the domain; who misses answers counts as the others do"
"""How people are counted where some miss answers."""

_POLICIES = {
    "drop": "rows with a missing indicator are dropped (complete cases)",
    "reweight": "the weight of a missing indicator moves to the others of its dimension, row by row",
    "bounds": "every figure twice, missing indicators taken as not deprived and as deprived",
}


def described(survey: Survey, measure: Measure, unit: Unit, notes: Mapping[str, str] | None = None) -> dict[str, str]:
    """Say what a reader of the table must know; `known` is what the estimates say already."""
    said = {
        "measure": measure.title, "source": measure.source, "counted": counted(survey, unit),
        "missing answers": _POLICIES[measure.missing], **(notes or {}), **data_notes(survey),
        "survey": in_words(survey),
    }  # fmt: skip
    return {k: v for k, v in said.items() if v}


def _statistics(measure: Measure, statistics: Sequence[str] | None, problems: Problems) -> tuple[str, ...]:
    if statistics is None:
        usual = tuple(s for s in STATISTICS if s not in NUMBERS)
        return tuple(s for s in usual if measure.missing != "bounds" or s in MONOTONE)
    if isinstance(statistics, str):
        problems.add(f"statistics: a list is needed, [{statistics!r}]")
        return ()
    wanted = tuple(dict.fromkeys(statistics))
    if not wanted:
        problems.add("statistics is empty")
    problems.found += [
        f"statistics: {unknown('statistic', s, STATISTICS, show=15)}" for s in wanted if s not in STATISTICS
    ]
    if measure.missing == "bounds":
        problems.found += [
            f"statistics: {s} has no bounds, for it need not grow with more deprivations; leave it out, or use "
            "measure.with_missing('drop')"
            for s in wanted
            if s in STATISTICS and s not in MONOTONE
        ]
    return wanted


def cutoffs_of(measure: Measure, cutoffs: Sequence[Number] | Number | None, problems: Problems) -> list[Fraction]:
    """Read poverty cutoffs, by default the measure's own; what is wrong with one is noted."""
    if cutoffs is None:
        return [measure.cutoff]
    found = []
    given: Any = [cutoffs] if isinstance(cutoffs, (str, Decimal, Real)) else cutoffs
    for value in given:
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
