"""Curves of incomes: points of the Lorenz and TIP curves, growth incidence, quantiles with Woodruff's intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Unpack, get_args

import numpy as np

from mpi.core.arguments import kinds_checked
from mpi.core.errors import RequestError, unknown
from mpi.decompose.over_time.changes import change
from mpi.estimation.request import check_survey
from mpi.inference.intervals import interval as limits_of
from mpi.inference.intervals import t_quantile
from mpi.monetary.estimates import MonetaryOptions, ends_of, estimate, estimated, request_of
from mpi.monetary.lines import Fixed
from mpi.monetary.names import Statistic, statistics_of
from mpi.results.rounds import spans

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mpi.estimation.request import Opened
    from mpi.frames.aggregation import By
    from mpi.results.estimates import Estimates
    from mpi.survey.survey import Survey

    Floats = NDArray[np.float64]
    OfGroups = Mapping[tuple[str, str, int], float]

__all__ = ["Curve", "curve", "growth_incidence", "quantile_intervals"]

Curve = Literal["lorenz", "tip", "quantile"]
"""A curve over shares of the population."""

Woodruff = Literal["t", "logit", "beta", "asin"]
"""How the interval of the cumulated share is made."""


@kinds_checked
def curve(kind: Curve, points: int = 20) -> list[str]:
    """Return the names of statistics at equal steps of the population, for `estimate`.

    Parameters
    ----------
    kind : {"lorenz", "tip", "quantile"}
        The curve.
    points : int
        How many: 20 gives 0.05, 0.10 and so on, to 1 for curves that end there.

    Examples
    --------
    >>> curve("lorenz", 4)
    ['lorenz(0.25)', 'lorenz(0.5)', 'lorenz(0.75)', 'lorenz(1)']
    >>> curve("quantile", 4)
    ['quantile(0.25)', 'quantile(0.5)', 'quantile(0.75)']
    """
    if kind not in get_args(Curve):
        raise RequestError(unknown("curve", kind, get_args(Curve)))
    if points < 1:
        raise RequestError(f"points: at least one is needed, not {points}")
    last = points if kind == "quantile" else points + 1
    return [Statistic(kind, (i / points,)).name for i in range(1, last)]


@kinds_checked
def growth_incidence(
    survey: Survey,
    welfare: str,
    by: Sequence[By] = (),
    *,
    points: int | Sequence[float] = 20,
    rounds: Sequence[Any] | None = None,
    **options: Unpack[MonetaryOptions],
) -> Estimates:
    """Return the growth of incomes at points of the distribution (Ravallion and Chen 2003), and of the mean.

    Parameters
    ----------
    survey : Survey
        Two rounds or more (`mpi.pool`), in the same prices.
    welfare : str
        The column of income or expenditure per person.
    by
        As for `mpi.estimate`.
    points : int or sequence of float
        How many equal steps; or the probabilities themselves.
    rounds : pair of rounds, optional
        From which to which; by default the first to the last.
    **options
        ``unit, level, df, observed``, as for `mpi.estimate`.

    Returns
    -------
    Estimates
        ``contrast`` is ``relative_change``: of ``quantile(p)`` at each point, and of the ``mean``.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.monetary.growth_incidence(mpi.load_sample(), "income", points=4)
    >>> est.table["statistic"].tolist()
    ['quantile(0.25)', 'quantile(0.5)', 'quantile(0.75)', 'mean']
    """
    ends = ends_of(rounds)
    names = curve("quantile", points) if isinstance(points, int) else [f"quantile({float(p)!r})" for p in points]
    est = estimate(survey, welfare, by, statistics=[*names, "mean"], **options)
    span = spans(est, *ends, None, "growth_incidence")[-1]
    return change(est, span.start, span.end, kinds=["relative_change"])


@kinds_checked
def quantile_intervals(
    survey: Survey,
    welfare: str,
    probabilities: Sequence[float] = (0.25, 0.5, 0.75),
    by: Sequence[By] = (),
    *,
    interval: Woodruff = "t",
    **options: Unpack[MonetaryOptions],
) -> pd.DataFrame:
    """Return quantiles with Woodruff's (1952) intervals, which need no density.

    The interval of the cumulated share at the quantile is turned into incomes by the distribution itself; the error is
    its width over twice the t quantile. `estimate` gives ``quantile(p)`` with an influence, for gaps and changes.

    Parameters
    ----------
    survey : Survey
        Who was asked; in memory.
    welfare : str
        The column of income or expenditure per person.
    probabilities : sequence of float
        Between 0 and 1.
    by
        As for `mpi.estimate`.
    interval : {"t", "logit", "beta", "asin"}
        How the interval of the share is made: R's ``mean``, ``xlogit``, ``beta`` and ``asin``.
    **options
        ``unit, level, df``, as for `mpi.estimate`.

    Returns
    -------
    pandas.DataFrame
        A row for each quantile and group: ``by, group, wave, probability, estimate, se, ci_low, ci_high, df, n``.

    Examples
    --------
    >>> import mpi
    >>> table = mpi.monetary.quantile_intervals(mpi.load_sample(), "income", [0.5])
    >>> table.columns[3:7].tolist()
    ['probability', 'estimate', 'se', 'ci_low']
    """
    check_survey(survey)
    if interval not in get_args(Woodruff):
        raise RequestError(unknown("interval", interval, get_args(Woodruff)))
    asked = statistics_of([f"quantile({float(p)!r})" for p in probabilities], line=False)
    request, _ = request_of(survey, welfare, by, None, None, options)
    est = estimated(request, welfare, asked, {}, observed=True)
    waves = list(request.domain.waves)
    at = {one.name: _by_group(est, one.name, est.value, waves) for one in asked}
    specs = {n: Fixed(n, None, groups=groups, inclusive=True) for n, groups in at.items()}
    share = estimated(request, welfare, [Statistic("fgt", (0.0,))], specs, observed=True)
    place = [share.keys.find({"dimension": one.name}) for one in asked]
    own = [est.keys.find({"statistic": one.name}) for one in asked]
    rows, shares = np.concatenate(own), np.concatenate(place)
    method = {"t": "t", "logit": "logit", "beta": "beta", "asin": "asin"}[interval]
    values = (share.value[shares], share.se[shares], share.df[shares])
    low, high = limits_of(method, *values, request.level, share.n[shares])  # type: ignore[arg-type]  # a word of ours
    ends = [_turned(request, welfare, est.take(rows), np.clip(x, 0.0, 1.0), waves) for x in (low, high)]
    return _table(est.take(rows), asked, own, ends, share.df[shares], request.level)


def _by_group(est: Estimates, name: str, values: Floats, waves: Sequence[Any]) -> dict[tuple[str, str, int], float]:
    rows = est.keys.find({"statistic": name})
    columns = (est.keys[n].take(rows).to_list() for n in ("by", "group", "wave"))
    return {
        (by, group, waves.index(wave) if waves else 0): float(v)
        for by, group, wave, v in zip(*columns, values[rows].tolist(), strict=True)
    }


def _turned(request: Opened, welfare: str, est: Estimates, share: Floats, waves: Sequence[Any]) -> Floats:
    """Return the incomes at which cumulated shares reach given ones, one for each estimate."""
    names = dict.fromkeys(est.keys["statistic"].to_list())
    specs = {n: Fixed(n, None, groups=_by_group(est, n, share, waves)) for n in names}
    found = estimated(request, welfare, [Statistic("income_at")], specs, observed=True)
    return np.concatenate([found.value[found.keys.find({"dimension": n})] for n in names])


def _table(
    est: Estimates, asked: Sequence[Statistic], own: Sequence[Any], ends: Sequence[Floats], df: Floats, level: float
) -> pd.DataFrame:
    import pandas as pd

    low, high = ends
    probability = np.repeat([sum(one.at) for one in asked], [len(rows) for rows in own])
    columns: dict[str, Any] = {n: est.keys[n].to_list() for n in ("by", "group", "wave")}
    columns |= {"probability": probability, "estimate": est.value}
    columns |= {"se": (high - low) / (2 * t_quantile(level, df)), "ci_low": low, "ci_high": high, "df": df, "n": est.n}
    return pd.DataFrame(columns)
