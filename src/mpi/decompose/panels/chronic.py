"""Chronic poverty: people who are poor in many of the rounds in which they are followed, and those who are in few."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from mpi.core.arguments import kinds_explained
from mpi.core.errors import RequestError
from mpi.core.exact import fraction, text
from mpi.decompose.panels.followed import followed, followed_notes, refuse_rounds
from mpi.estimation.attainable import cases_of, misses, warn_of_scores
from mpi.estimation.options import Shared  # noqa: TC001  # read when the signature is written out
from mpi.estimation.parts import ColumnLabels
from mpi.estimation.pattern_ratios import Quantity, pattern_estimates
from mpi.estimation.titles import indicator_titles
from mpi.tables.keys import Coded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mpi.core.exact import Number
    from mpi.decompose.panels.followed import Followed, Round
    from mpi.estimation.patterns import Profiles
    from mpi.frames.aggregation import By
    from mpi.measures.measure import Measure
    from mpi.results.estimates import Estimates
    from mpi.survey.survey import Survey

    Floats = NDArray[np.float64]

__all__ = ["chronic"]


@kinds_explained
def chronic(
    survey: Survey,
    measure: Measure,
    rounds: Mapping[Any, str | Mapping[str, str] | Measure],
    by: Sequence[By] = (),
    *,
    duration: Number = "2/3",
    **options: Unpack[Shared],
) -> Estimates:
    """Estimate chronic and transient multidimensional poverty of people who are followed through several rounds.

    Parameters
    ----------
    survey : Survey
        A row per person, with a column per indicator and round.
    measure, rounds
        As for `mpi.decompose.panel`, with any number of rounds.
    duration : number
        The share of the rounds, in (0, 1], in which the chronic poor are poor at least; read exactly.
    by, where, unit, level, df
        As for `mpi.estimate`.

    Returns
    -------
    Estimates
        ``H_C`` (share of the chronic poor), ``A_C`` (mean score over the rounds in which they are poor), ``D_C`` (mean
        share of rounds in which they are), ``M0_C`` = H_C A_C D_C; ``censored_headcount_C`` and ``contribution_C`` of
        each indicator (weight times it; they add up to M0_C); ``H_transient`` and ``M0_transient``, of those who are
        poor in some rounds, but in fewer; and ``unmatched``, the share of the rows' weight that lacks answers in a
        round and is left out of all else.

    Raises
    ------
    MpiError
        As `mpi.decompose.panel` does, and when `duration` is no share.

    Notes
    -----
    With T rounds, scores c_it, poverty rho_it and D_i the share of rounds in which i is poor (Alkire, Apablaza,
    Chakravarty and Yalonetzky 2017, J. Policy Modeling 39)::

        chronic    D_i >= duration
        M0_C       mean over people and rounds of rho_it c_it of the chronic
        h_j,C      mean over people and rounds of rho_it g_ijt of the chronic;  sum of w_j h_j,C = M0_C

    Examples
    --------
    >>> import mpi, pandas as pd
    >>> rounds = {2014: "{}_14", 2016: "{}_16", 2018: "{}_18"}
    >>> people = pd.DataFrame({"a_14": [1, 1, 0, 0], "a_16": [1, 0, 1, 0], "a_18": [1, 0, 1, 0]})
    >>> m = mpi.Measure.nested("m", {"x": ["a"]}, cutoff=1)
    >>> est = mpi.decompose.chronic(mpi.Survey(people), m, rounds, duration="2/3")
    >>> [round(float(est.select(statistic=s).value[0]), 4) for s in ("H_C", "D_C", "M0_C", "H_transient")]
    [0.5, 0.8333, 0.4167, 0.25]
    """
    refuse_rounds(survey, "chronic")
    plan, share = followed(measure, rounds, "chronic"), _share(duration)

    def quantities(patterns: Profiles) -> list[Quantity]:
        return _quantities(plan, share, patterns)

    found = pattern_estimates(survey, plan.joint, quantities, by, **options)
    span = Coded((f"{plan.labels[0]} to {plan.labels[-1]}",), np.zeros(len(found), dtype=np.int32))
    titles = {**found.titles, **indicator_titles(measure)}
    said = {
        "chronic": f"poor in at least {text(share)} of {len(plan.labels)} rounds",
        **followed_notes(found, "followed", "H_C"),
    }
    keys = found.keys.with_column("wave", span)
    return replace(found, keys=keys, measures=(measure,), titles=titles, about={**found.about, **said})


def _share(duration: Any) -> Fraction:
    try:
        share = fraction(duration)
    except ValueError as error:
        raise RequestError(f"chronic: duration: {error}") from error
    if not 0 < share <= 1:
        raise RequestError(f"chronic: duration is {duration!r}; a share of the rounds is needed, above 0 and at most 1")
    return share


def _quantities(plan: Followed, share: Fraction, patterns: Profiles) -> list[Quantity]:
    kept, rounds = plan.rounds(patterns)
    T, k = len(rounds), text(plan.measure.cutoff)
    times = np.sum([r.poor for r in rounds], axis=0)
    _tell_misses(times[kept], cases_of(patterns)[kept], T, share)
    always = np.asarray(times * share.denominator >= share.numerator * T) & kept
    sometimes = (times > 0) & ~always
    score = np.sum([r.score for r in rounds], axis=0)
    everybody = kept.astype(np.float64)
    return [
        Quantity(ColumnLabels("H_C", cutoff=k), always, everybody),
        Quantity(ColumnLabels("A_C", cutoff=k, undefined="no chronic poor in group"), score * always, times * always),
        Quantity(ColumnLabels("D_C", cutoff=k, undefined="no chronic poor in group"), times / T * always, always),
        Quantity(ColumnLabels("M0_C", cutoff=k), score / T * always, everybody),
        *_by_indicator(plan, rounds, always / T, everybody),
        Quantity(ColumnLabels("H_transient", cutoff=k), sometimes, everybody),
        Quantity(ColumnLabels("M0_transient", cutoff=k), score / T * sometimes, everybody),
        Quantity(ColumnLabels("unmatched"), ~kept, np.ones(len(kept))),
    ]


def _tell_misses(times: NDArray[np.int64], cases: NDArray[np.int64], rounds: int, duration: Fraction) -> None:
    """Warn of numbers of rounds that the duration just misses: 0.67 is more than two rounds of three."""
    people = {Fraction(t, rounds): int(cases[times == t].sum()) for t in np.unique(times[cases > 0]).tolist()}
    found = [("duration", miss) for miss in misses(people, duration)]
    warn_of_scores(found, f"chronic, {rounds} rounds")


def _by_indicator(plan: Followed, rounds: Sequence[Round], chronic_share: Floats, everybody: Floats) -> list[Quantity]:
    """Give the censored headcounts of the chronic poor, and what each adds to M0_C."""
    k = text(plan.measure.cutoff)
    heads = np.sum([r.deprived for r in rounds], axis=0) * chronic_share[:, None]
    parts = np.sum([r.parts for r in rounds], axis=0) * chronic_share[:, None]
    return [
        Quantity(ColumnLabels(name, indicator=i.name, dimension=i.dimension, cutoff=k), table[:, j], everybody)
        for name, table in (("censored_headcount_C", heads), ("contribution_C", parts))
        for j, i in enumerate(plan.measure.indicators)
    ]
