"""Trends over several rounds, and whether a decline is on course for a target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from mpi.core.arguments import kinds_explained
from mpi.core.errors import Problems, RequestError, unknown
from mpi.decompose.over_time.changes import both_ends, gone_in
from mpi.results.dual import figures_of
from mpi.results.lookup import Finder, comparable, levels
from mpi.results.rounds import number, require_same_measure, spans, years_of
from mpi.results.terms import constant, from_terms, relabelled, term
from mpi.tables.select import values_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from mpi.results.dual import Figures
    from mpi.results.estimates import Estimates
    from mpi.results.terms import Term
    from mpi.tables.keys import Keys

    Floats = NDArray[np.float64]

__all__ = ["target", "trend"]

Path = Literal["linear", "constant_rate"]
"""How a decline goes on: by the same amount each year, or by the same share of what is left."""


@kinds_explained
def trend(est: Estimates, *, years: Mapping[Any, float] | None = None, path: Path = "linear") -> Estimates:
    """Fit a straight line through three or more rounds, of each figure and group, by least squares.

    Parameters
    ----------
    est : Estimates
        Estimates of three or more rounds.
    years : mapping of round to number, optional
        The date of each round in years; by default the round's label.
    path : {"linear", "constant_rate"}
        A line through the figures (``trend`` is the change per year), or through their logarithms (``trend`` is the
        relative change per year, exp(slope) - 1; undefined where a figure is 0).

    Returns
    -------
    Estimates
        ``contrast`` is ``trend`` (``relative_trend`` for a constant rate), and ``departure``: the figure of each round
        minus the line, whose ``wave`` is the round. ``wave`` of a trend is ``"2010 to 2016"``. A figure that is absent
        or undefined in one of the rounds has none; ``flag`` says where.

    Raises
    ------
    MpiError
        When there are fewer than three rounds, dates are unknown, or the estimates come from different measures.

    Notes
    -----
    The slope is a fixed linear combination of the rounds, sum of (t - mean t) y / sum of (t - mean t)^2, so its error
    is the design's, with the covariance of rounds that share PSUs. It is the error of the slope as a summary of these
    rounds; it says nothing of those to come. `Estimates.test` of the departures tests whether the path is straight.

    Examples
    --------
    >>> import pandas as pd, mpi
    >>> rows = [(t, d) for t, n in [(2010, 6), (2012, 5), (2016, 3)] for d in [1] * n + [0] * (10 - n)]
    >>> survey = mpi.Survey(pd.DataFrame(rows, columns=["round", "d"]), wave="round")
    >>> est = mpi.estimate(survey, mpi.Measure.nested("d", {"x": ["d"]}, cutoff=1), statistics=["H"])
    >>> slope = mpi.decompose.trend(est).select(contrast="trend")
    >>> slope.table["wave"].tolist(), round(float(slope.value[0]), 12)
    (['2010 to 2016'], -0.05)
    """
    plain = comparable(est, "trend")
    require_same_measure(plain, "trend")
    order, times = _dated(plain, years, path)
    finder, figures = Finder(plain.keys), figures_of(plain)
    rows, keys = _in_any(plain, finder, order)
    said = gone_in(plain, list(zip(order, rows, strict=True)))
    scale = [f.log() if path == "constant_rate" else f for f in (figures.take(r) for r in rows)]
    centred = times - times.mean()
    slope = _sum(scale, centred / (centred**2).sum())
    middle = _sum(scale, np.full(len(times), 1 / len(times)))
    span = relabelled(keys, np.arange(len(keys)), wave=f"{order[0]} to {order[-1]}")
    if path == "constant_rate":
        unfit = np.isnan(slope.value).tolist()
        said = [s or ("0 in a round: no logarithm" if z else "") for s, z in zip(said, unfit, strict=True)]
        out = [term(slope.exp() - 1.0, span, "relative_trend", said, method="log1p")]
    else:
        out = [term(slope, span, "trend", said)]
    for y, r, t, w in zip(scale, rows, centred.tolist(), order, strict=True):
        line = middle + slope * t
        gap = y - line if path == "linear" else figures.take(r) - line.exp()
        out.append(term(gap, keys.with_column("wave", constant(w, len(r))), "departure", said))
    return from_terms(plain, out)


def _sum(figures: list[Figures], weights: Floats) -> Figures:
    out = figures[0] * float(weights[0])
    for f, w in zip(figures[1:], weights[1:].tolist(), strict=True):
        out = out + f * w
    return out


def _dated(plain: Estimates, years: Mapping[Any, float] | None, path: str) -> tuple[list[Any], Floats]:
    """Return the rounds in the order of their dates, and these."""
    problems = Problems("trend cannot be fitted", RequestError)
    if path not in get_args(Path):
        problems.add(f"path: {unknown('choice', path, get_args(Path))}")
    known = values_of(plain, "wave")
    if len(known) < 3:
        problems.add(f"it takes three rounds, and the estimates have {len(known)}; `change` compares two")
    times = years_of(known, years, problems)
    undated = [w for w in known if np.isnan(times[w])]
    problems.found += [f"the date of round {w!r} is not known; give years={{{w!r}: ...}}" for w in undated]
    problems.raise_if_any()
    order = sorted(known, key=lambda w: times[w])
    if len({times[w] for w in order}) < len(order):
        raise RequestError("trend cannot be fitted: two rounds have one date")
    return order, np.array([times[w] for w in order])


def _in_any(plain: Estimates, finder: Finder, order: list[Any]) -> tuple[list[NDArray[np.int64]], Keys]:
    """Return where the figures stand, round by round (-1 where one is absent), and their keys."""
    wave = plain.keys["wave"]
    anchors: list[NDArray[np.int64]] = []
    for i, w in enumerate(order):
        here = np.flatnonzero(wave.index == wave.values.index(w))
        earlier = [finder.beside(here, wave=before) >= 0 for before in order[:i]]
        anchors.append(here[~np.any(earlier, axis=0)] if earlier else here)
    anchor = np.concatenate(anchors)
    rows = [finder.beside(anchor, wave=w) for w in order]
    if not np.all([r >= 0 for r in rows], axis=0).any():
        raise RequestError("trend cannot be fitted: no figure occurs in all rounds")
    return rows, plain.keys.take(anchor)


@kinds_explained
def target(
    est: Estimates,
    share: float,
    year: float,
    *,
    base: Any = None,
    start: Any = None,
    end: Any = None,
    years: Mapping[Any, float] | None = None,
    path: Path = "constant_rate",
) -> Estimates:
    """Tell whether a decline is on course for a target, such as half of the base round's level by 2030.

    Parameters
    ----------
    est : Estimates
        Estimates of two or more rounds.
    share : number
        The target as a share of the base round's figure: 0.5 to halve it.
    year : number
        When the target is to be met.
    base : label of a round, optional
        The round whose figure the target is a share of; by default `start`.
    start, end : label of a round, optional
        The rounds whose change is carried on; by default the first and the last.
    years, path
        As for `trend`: by the same amount each year, or (default) at the same rate.

    Returns
    -------
    Estimates
        ``contrast`` being ``target`` (the level aimed at), ``projected`` (where the observed path leads in `year`),
        ``shortfall`` (projected minus target: positive when off course), ``annual_change`` or
        ``annual_relative_change`` as observed and ``required_...`` as needed from `end` on.
        ``significance(course, alternative="less")`` tests whether the shortfall is below 0: a small p says that the
        decline is on course, beyond sampling error; ``alternative="greater"`` whether it is off course.

    Raises
    ------
    MpiError
        When rounds or dates are unknown, or the year is not after the last round.

    Notes
    -----
    Both the base and the path are estimated, and so is the covariance of the two: all are in the error. It is an error
    of sampling; that the path goes on as before is an assumption. Alkire, Nogales, Quinn and Suppa (2023).

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), statistics=["M0"])
    >>> course = mpi.decompose.target(est, share=0.5, year=2030, base=2016)
    >>> bool(course.select(contrast="shortfall").value[0] < 0)
    True
    """
    plain = levels(est, "target")
    require_same_measure(plain, "target")
    problems = Problems("target cannot be tracked", RequestError)
    if path not in get_args(Path):
        problems.add(f"path: {unknown('choice', path, get_args(Path))}")
    if not 0 <= number(share) < 1:
        problems.add(f"share is {share!r}; a share of the base below 1 was expected, 0.5 to halve it")
    if not np.isfinite(number(year)):
        problems.add(f"year is {year!r}; a number was expected, as 2030")
    problems.raise_if_any()
    share, year = number(share), number(year)
    known = values_of(plain, "wave")
    ends = (start, end) if start is not None or end is not None else _outer(known, years, problems)
    (span,) = spans(plain, *ends, years, "target")
    times = years_of(known, years, problems)
    if np.isnan(span.years):
        problems.add("the dates of the rounds are not known; give years={round: date}")
    elif not year > times[span.end]:
        problems.add(f"year {year:g} is not after round {span.end!r}")
    base = span.start if base is None else base
    if base not in known:
        problems.add(f"base: {unknown('round', base, known)}")
    problems.raise_if_any()
    return from_terms(plain, _course(plain, span, base, share, (year - times[span.end], path, year)))


def _outer(rounds: list[Any], years: Mapping[Any, float] | None, problems: Problems) -> tuple[Any, Any]:
    """Return the first and the last round, by date where dates are known."""
    times = years_of(rounds, years, problems)
    order = rounds if any(np.isnan(t) for t in times.values()) else sorted(rounds, key=lambda w: times[w])
    return (order[0], order[-1]) if order else (None, None)


def _course(plain: Estimates, span: Any, base: Any, share: float, ahead: tuple[float, str, float]) -> list[Term]:
    left, path, year = ahead
    finder, figures = Finder(plain.keys), figures_of(plain)
    first, last, keys = both_ends(plain, finder, span)
    at = finder.beside(np.where(last >= 0, last, first), wave=base)
    y0, y1, aim = figures.take(first), figures.take(last), figures.take(at) * share
    if path == "linear":
        pace, needed = (y1 - y0) / span.years, (aim - y1) / left
        names, projected = ("annual_change", "required_annual_change"), y1 + pace * left
    else:
        pace, needed = (y1 / y0) ** (1 / span.years) - 1.0, (aim / y1) ** (1 / left) - 1.0
        names = ("annual_relative_change", "required_annual_relative_change")
        projected = y1 * (y1 / y0) ** (left / span.years)
    keys = keys.with_column("wave", constant(f"{span} for {year:g}", len(keys)))
    said = gone_in(plain, [(span.start, first), (span.end, last), (base, at)])
    if path == "constant_rate":
        zero = (y0.value * y1.value == 0).tolist()
        said = [s or ("0 in a round: no rate" if z else "") for s, z in zip(said, zero, strict=True)]
    parts = {"target": aim, "projected": projected, "shortfall": projected - aim, names[0]: pace, names[1]: needed}
    return [term(f, keys, name, said) for name, f in parts.items()]
