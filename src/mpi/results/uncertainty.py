"""Confidence limits and the covariance matrix of estimates."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import numpy as np

from mpi.core.errors import Problems, RequestError, unknown
from mpi.core.exact import fraction
from mpi.inference.intervals import METHODS, Own, extreme_limits, interval
from mpi.results.options import check_options
from mpi.tables.keys import coded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mpi.inference.intervals import Interval
    from mpi.tables.estimates_like import EstimatesLike

    Floats = NDArray[np.float64]

E = TypeVar("E", bound="EstimatesLike")

__all__ = ["limits", "vcov", "with_interval"]

_TOO_MANY = 20_000


def limits(est: EstimatesLike) -> tuple[Floats, Floats]:
    """Return the lower and upper confidence limits, each estimate by its own method."""
    low, high = np.full(len(est), np.nan), np.full(len(est), np.nan)
    for i, method in enumerate(est.method.values):
        rows = np.flatnonzero(est.method.index == i)
        p, s, df, n = est.value[rows], est.se[rows], est.df[rows], est.n[rows]
        least = _cutoffs(est, rows) if method == "intensity" else 0.0
        room = 1.0 - least  # within which a fraction may lie; an intensity is at least the cutoff
        how: Any = est.shares if method in get_args(Own) else method
        found = interval(how, (p - least) / room, s / room, df, est.level, n)
        low[rows], high[rows] = (least + room * limit for limit in found)
        if method == "share":
            bare = rows[(s == 0) & ~est.estimable[rows]]  # nobody or everybody is, which no definition says
            low[bare], high[bare] = extreme_limits(est.value[bare], est.df[bare], est.level, est.n[bare])
    return low, high


def _cutoffs(est: EstimatesLike, rows: NDArray[Any]) -> Floats:
    """Return the cutoff of some estimates; 0 for those without one below 1."""
    cutoff = est.keys["cutoff"]
    known = np.array([float(fraction(v)) for v in cutoff.values], dtype=np.float64)
    index = cutoff.index[rows]
    return np.where((index >= 0) & (known[index] < 1), known[index], 0.0) if len(known) else np.zeros(len(rows))


def with_interval(est: E, method: Interval | None = None, level: float | None = None) -> E:
    """Change the confidence level, and the method for shares and other fractions, which is logit-t.

    Intensities are by default given limits between the cutoff and 1; a method named here makes them between 0
    and 1, as published tables do (``with_interval("logit")``). A share of 0 or 1 has a one-sided limit under every
    method. ``est.with_interval("beta", level=0.99)`` gives the same figures with wider limits.
    """
    problems = Problems("the intervals cannot be changed", RequestError)
    if method is not None and method not in METHODS:
        problems.add(unknown("method", method, METHODS))
    check_options(problems, level=est.level if level is None else level)
    problems.raise_if_any()
    methods = est.method
    if method is not None and "intensity" in methods.values:
        methods = coded(["fraction" if m == "intensity" else m for m in methods.to_list()])
    return replace(est, method=methods, shares=method or est.shares, level=level or est.level)


def vcov(est: EstimatesLike) -> Floats:
    """Return the covariance matrix of all estimates, in the order of the table; its diagonal is ``se**2``.

    A number whose error is not known (see `estimable`) has 0 here, as in R, which is no knowledge: leave it out
    by ``est.take(est.estimable)``, or ask `contrast`, which gives what rests on it no error.

    Raises
    ------
    MpiError
        When there are more than 20,000; `select` those of interest first.
    """
    if len(est) > _TOO_MANY:
        raise RequestError(
            f"a covariance matrix of {len(est):,} estimates is too large ({len(est) ** 2 * 8 / 1e9:,.0f} GB); "
            "select those of interest first"
        )
    V = est.influence.covariance()
    np.fill_diagonal(V, est.se**2)  # in products of sparse matrices the two sides of a share near 1 cancel
    for rows, known in ((est.se == 0, 0.0), (np.isnan(est.se), np.nan)):
        V[rows] = known  # rounding in the sparse products is no variance; an undefined estimate has none
        V[:, rows] = known
    return V
