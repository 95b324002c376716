"""Monetary statistics as functions of moments: values, derivatives by moment, and derivatives by the poverty line.

N is the sum of weights, Y that of weighted incomes, S_a sums of powers, z the line, x = y / z:

==============  =====================================================================================================
fgt(a)          sum of w (1 - x)^a over the poor / N                      Foster, Greer and Thorbecke (1984)
watts           sum of w ln(z / y) over the poor / N                      Watts (1968)
sen             H (I + (1 - I) G of the poor)                             Sen (1976), in the form for large samples
sst             H I (1 + G of the gaps)                                   Shorrocks (1995)
gini            (2 sum of w y C - sum of w^2 y) / (N Y) - 1, C cumulated weights in the order of income
ge(a)           (S_a N^(a-1) Y^-a - 1) / (a (a - 1)); ln(Y/N) - mean of ln y; mean of (y / mean) ln(y / mean)
atkinson(e)     1 - (S_(1-e) / N)^(1 / (1-e)) N / Y; 1 - exp(mean of ln y) N / Y
quantile(p)     the smallest income whose cumulated share of weights reaches p
lorenz(p)       the share of income of the poorest p, interpolated within the person at p
share(p,q)      lorenz(q) - lorenz(p)
qsr             the income above the 80 per cent quantile over that up to the 20 per cent quantile (Eurostat)
palma           share(0.9,1) / share(0,0.4)
tip(p)          the gaps of the poorest p, over z N                       Jenkins and Lambert (1997)
rmpg            1 - median income of the poor / z                         Eurostat
population      the weights of those whose income is known
prosperity_gap  mean of z / y                                             Kraay and others (2023)
==============  =====================================================================================================

Influences of quantiles and of Gini's, Sen's and Lorenz's double sums: Deville (1999), Osier (2009), Kovacevic and
Binder (1997). GE, Atkinson, Watts and the prosperity gap are of incomes above 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from mpi.monetary.here import Here, Moment
    from mpi.monetary.moments import Moments
    from mpi.monetary.names import Statistic

    Floats = NDArray[np.float64]

__all__ = ["POSITIVE", "Derived", "evaluate", "needs_order", "shares_of"]

POSITIVE = ("ge", "atkinson", "watts", "prosperity_gap")
"""Statistics of incomes above 0."""

_SMOOTH = ("population", "fgt", "watts", "ge", "atkinson", "number_of_poor", "prosperity_gap")
_ROUNDING = 64 * np.finfo(np.float64).eps


@dataclass(frozen=True, slots=True, eq=False)
class Derived:
    """A statistic of the groups of one grouping.

    Attributes
    ----------
    value : ndarray of float, shape (groups,)
        The estimates; missing where undefined.
    terms : mapping of moment to ndarray of float, shape (groups,)
        The derivatives by the moments.
    slope : ndarray of float, shape (groups,)
        The derivative by the line; 0 where the line is given.
    """

    value: Floats
    terms: Mapping[Moment, Floats]
    slope: Floats


def needs_order(statistic: Statistic, *, relative: bool) -> bool:
    """Tell whether a statistic needs incomes in order: no sums over rows as they come suffice."""
    if statistic.kind == "mean":
        return bool(statistic.at)
    return statistic.kind not in _SMOOTH or (relative and statistic.kind in ("fgt", "number_of_poor"))


def shares_of(statistic: Statistic) -> tuple[float, ...]:
    """Return the shares of the population at which a statistic parts incomes."""
    fixed = {"qsr": (0.2, 0.8), "palma": (0.0, 0.4, 0.9, 1.0)}
    return fixed.get(
        statistic.kind, statistic.at if statistic.kind in ("quantile", "lorenz", "share", "mean", "tip") else ()
    )


def evaluate(statistic: Statistic, moments: Moments, here: Here | None) -> Derived:
    """Return a statistic of each group with its derivatives."""
    with np.errstate(all="ignore"):
        if statistic.of_line:
            assert here is not None  # noqa: S101  # the request was held to it
            return _OF_LINE[statistic.kind](moments, here, *statistic.at)
        return _OF_INCOME[statistic.kind](moments, *statistic.at)


def _result(value: Floats, terms: Mapping[Moment, Floats], slope: Floats | float = 0.0) -> Derived:
    """Return what was made; where a value is undefined, all of its derivatives are 0."""
    there = np.isfinite(value)
    kept = {m: np.where(there & np.isfinite(t), t, 0.0) for m, t in terms.items()}
    slopes = np.where(there, np.broadcast_to(slope, value.shape), 0.0)
    return Derived(np.where(there, value, np.nan), kept, slopes)


# --- of a poverty line ------------------------------------------------------------------------------------------------


def _fgt(moments: Moments, here: Here, alpha: float) -> Derived:
    n = moments.sum(("n",))
    gap: Moment = ("gap", here.name, alpha)
    value = moments.sum(gap, here) / n
    slope: Floats | float = 0.0
    if here.relative and alpha == 0:
        slope = _density(moments, here.z)[0]
    elif here.relative:
        slope = alpha / here.z * (moments.sum(("gap", here.name, alpha - 1.0), here) / n - value)
    return _result(value, {gap: 1 / n, ("n",): -value / n}, slope)


def _number_of_poor(moments: Moments, here: Here) -> Derived:
    """Return rate times everybody: those whose income is not known count as if they were like the others."""
    rate, every = _fgt(moments, here, 0.0), moments.sum(("all",))
    terms = {m: t * every for m, t in rate.terms.items()}
    return _result(rate.value * every, {**terms, ("all",): rate.value}, rate.slope * every)


def _watts(moments: Moments, here: Here) -> Derived:
    n, log = moments.sum(("n+",)), ("watts", here.name)
    value = moments.sum(log, here) / n
    slope = moments.sum(("poor+", here.name), here) / (here.z * n) if here.relative else 0.0
    return _result(value, {log: 1 / n, ("n+",): -value / n}, slope)


def _prosperity_gap(moments: Moments, here: Here) -> Derived:
    n, times = moments.sum(("n+",)), ("times", here.name)
    value = moments.sum(times, here) / n
    return _result(value, {times: 1 / n, ("n+",): -value / n}, value / here.z if here.relative else 0.0)


def _sen(moments: Moments, here: Here) -> Derived:
    n = moments.sum(("n",))
    gap, x, rank = ("gap", here.name, 0.0), ("x", here.name), ("sen_rank", here.name)
    poor, income, double = (moments.sum(m, here) for m in (gap, x, rank))
    mean = np.divide(double, poor, out=np.zeros_like(n), where=poor > 0)
    share = np.divide(mean, poor, out=np.zeros_like(n), where=poor > 0)
    value = (poor - 2 * income + mean) / n
    terms = {gap: (1 - share) / n, x: -2 / n, rank: np.where(poor > 0, 2 / (n * poor), 0.0), ("n",): -value / n}
    slope: Floats | float = 0.0
    if here.relative:
        slope = (2 * income - mean) / (n * here.z) + _density(moments, here.z)[0] * (1 - share)
    return _result(value, terms, slope)


def _sst(moments: Moments, here: Here) -> Derived:
    n, rank = moments.sum(("n",)), ("sst_rank", here.name)
    value = moments.sum(rank, here) / n**2
    slope: Floats | float = 0.0
    if here.relative:
        slope = _slope_of_sst(moments, here) / n**2
    return _result(value, {rank: 2 / n**2, ("n",): -2 * value / n}, slope)


def _slope_of_sst(moments: Moments, here: Here) -> Floats:
    """Return the derivative of the double sum of larger gaps by the line: each poor gap grows by x / z."""
    o = moments.ordered
    z = np.repeat(here.z, o.counts)
    poor = o.v <= z if here.inclusive else o.v < z
    richer = np.repeat(o.n, o.counts) - o.cum + o.w / 2
    return 2 * np.add.reduceat(o.w * np.where(poor, o.v / z**2, 0.0) * richer, o.start[:-1])


def _rmpg(moments: Moments, here: Here) -> Derived:
    o, n = moments.ordered, moments.sum(("n",))
    middle = o.median_of_poor(here)
    up, gap = ("up_to", here.name), ("gap", here.name, 0.0)
    density = _density(moments, middle)[0]
    by_line = middle / here.z**2
    terms = {up: 1 / (density * n * here.z), gap: -0.5 / (density * n * here.z)}
    return _result(1 - middle / here.z, terms, by_line - 0.5 * _density(moments, here.z)[0] / density / here.z)


def _tip(moments: Moments, here: Here, p: float) -> Derived:
    """Return p less the income of the poorest p over z, or all gaps where the poorest p are all poor and more."""
    n, all_gaps, poorest = moments.sum(("n",)), _fgt(moments, here, 1.0), _lorenz(moments, p)
    money = moments.sum(("v",))
    q = moments.ordered.quantile(p)
    among = q <= here.z if here.inclusive else q < here.z
    per_head = poorest.value * money / n  # of everybody
    scale = -money / (n * here.z)
    terms = {m: np.where(among, t * scale, 0.0) for m, t in poorest.terms.items()}
    terms[("v",)] = terms[("v",)] - np.where(among, poorest.value / (n * here.z), 0.0)
    terms[("n",)] = terms[("n",)] + np.where(among, per_head / (n * here.z), 0.0)
    for m, t in all_gaps.terms.items():
        terms[m] = terms.get(m, np.zeros_like(n)) + np.where(among, 0.0, t)
    slope = np.where(among, per_head / here.z**2, all_gaps.slope) if here.relative else 0.0
    return _result(np.where(among, p - per_head / here.z, all_gaps.value), terms, slope)


def _income_at(moments: Moments, here: Here) -> Derived:
    """Return the quantile of each group at a probability of its own, which stands in the place of the line."""
    known = np.isfinite(here.z)
    value = moments.ordered.quantile(np.where(known, here.z, 0.5))
    return _result(np.where(known, value, np.nan), {("n",): np.zeros_like(value)})


# --- of incomes alone -------------------------------------------------------------------------------------------------


def _mean(moments: Moments, low: float = 0.0, high: float = 1.0) -> Derived:
    """Return the mean income, of everybody or of those between two shares of the population in order of income."""
    n, money = moments.sum(("n",)), moments.sum(("v",))
    mean = money / n
    if (low, high) == (0.0, 1.0):
        return _result(mean, {("v",): 1 / n, ("n",): -mean / n})
    share, wide = _share(moments, low, high), high - low
    terms = {m: t * mean / wide for m, t in share.terms.items()}
    terms[("v",)] = terms[("v",)] + share.value / (n * wide)
    terms[("n",)] = terms[("n",)] - share.value * mean / (n * wide)
    return _result(share.value * mean / wide, terms)


def _population(moments: Moments) -> Derived:
    n = moments.sum(("n",))
    return _result(np.where(n > 0, n, np.nan), {("n",): np.ones_like(n)})


def _gini(moments: Moments) -> Derived:
    n, money, double = moments.sum(("n",)), moments.sum(("v",)), moments.sum(("rank",))
    money = np.where(money > 0, money, np.nan)
    value = double / (n * money) - 1
    value = np.where(np.abs(value) < _ROUNDING, 0.0, value)
    terms = {("rank",): 2 / (n * money), ("n",): -(value + 1) / n, ("v",): -(value + 1) / money}
    return _result(value, terms)


def _entropy(moments: Moments, alpha: float) -> Derived:
    n, money = moments.sum(("n+",)), moments.sum(("v+",))
    mean = money / n
    key: Moment
    if alpha == 0:
        log = moments.sum(("log",))
        value, key, by_n, by_money, by_key = np.log(mean) - log / n, ("log",), -1 / n + log / n**2, 1 / money, -1 / n
    elif alpha == 1:
        log = moments.sum(("vlog",))
        value, key = log / money - np.log(mean), ("vlog",)
        by_n, by_money, by_key = 1 / n, -log / money**2 - 1 / money, 1 / money
    else:
        key = ("power", alpha)
        power, c = moments.sum(key), alpha * (alpha - 1)
        whole = power / n / mean**alpha
        value = (whole - 1) / c
        by_n, by_money, by_key = (alpha - 1) * whole / n / c, -alpha * whole / money / c, whole / power / c
    value = np.where(np.abs(value) < _ROUNDING, 0.0, value)
    return _result(value, {key: by_key, ("n+",): by_n, ("v+",): by_money})


def _atkinson(moments: Moments, epsilon: float) -> Derived:
    n, money = moments.sum(("n+",)), moments.sum(("v+",))
    key: Moment
    if epsilon == 1:
        key = ("log",)
        log = moments.sum(key)
        equal = np.exp(log / n)
        by_key, by_n = equal / n, -equal * log / n**2
    else:
        key, r = ("power", 1 - epsilon), 1 / (1 - epsilon)
        power = moments.sum(key)
        equal = (power / n) ** r
        by_key, by_n = r * equal / power, -r * equal / n
    value = 1 - equal * n / money
    value = np.where(np.abs(value) < _ROUNDING, 0.0, value)
    terms = {
        key: -by_key * n / money, ("n+",): -(by_n * n + equal) / money, ("v+",): equal * n / money**2,
    }  # fmt: skip
    return _result(value, terms)


def _quantile(moments: Moments, p: float) -> Derived:
    n, q = moments.sum(("n",)), moments.ordered.quantile(p)
    density = _density(moments, q)[0]
    return _result(q, {("below", p): -1 / (density * n), ("n",): p / (density * n)})


def _lorenz(moments: Moments, p: float) -> Derived:
    n, money = moments.sum(("n",)), moments.sum(("v",))
    money = np.where(money > 0, money, np.nan)
    q = moments.ordered.quantile(p)
    below, poorest = ("below", p), ("sum_below", p)
    value = (moments.sum(poorest) - q * (moments.sum(below) - p * n)) / money
    if p in (0.0, 1.0):  # by definition
        return _result(np.where(np.isnan(value), np.nan, p), dict.fromkeys([("n",), ("v",)], np.zeros_like(n)))
    return _result(value, {poorest: 1 / money, below: -q / money, ("n",): p * q / money, ("v",): -value / money})


def _share(moments: Moments, low: float, high: float) -> Derived:
    return _combined(_lorenz(moments, high), 1.0, _lorenz(moments, low), -1.0)


def _palma(moments: Moments) -> Derived:
    return _ratio(_share(moments, 0.9, 1.0), _share(moments, 0.0, 0.4))


def _qsr(moments: Moments) -> Derived:
    n, money = moments.sum(("n",)), moments.sum(("v",))
    poorest, rest = _up_to(moments, 0.2, n), _up_to(moments, 0.8, n)
    one = np.ones_like(n)
    richest = Derived(money - rest.value, {**{m: -t for m, t in rest.terms.items()}, ("v",): one}, rest.slope)
    return _ratio(richest, poorest)


def _up_to(moments: Moments, p: float, n: Floats) -> Derived:
    """Return the income of all up to a quantile, whose own error is in the influence."""
    mean = _density(moments, moments.ordered.quantile(p))[1]
    below, poorest = ("below", p), ("sum_below", p)
    return _result(moments.sum(poorest), {poorest: np.ones_like(n), below: -mean, ("n",): p * mean})


def _combined(first: Derived, a: Floats | float, second: Derived, b: Floats | float) -> Derived:
    terms = {m: t * a for m, t in first.terms.items()}
    for m, t in second.terms.items():
        terms[m] = terms[m] + t * b if m in terms else t * b
    return _result(first.value * a + second.value * b, terms)


def _ratio(above: Derived, below: Derived) -> Derived:
    value = np.where(below.value > 0, above.value / below.value, np.nan)
    slopes = _combined(above, 1 / below.value, below, -value / below.value)
    return _result(value, slopes.terms)


def _density(moments: Moments, point: Floats) -> tuple[Floats, Floats]:
    """Return the density of incomes at a point of each group, and the mean income there."""
    n, money = moments.sum(("n",)), moments.sum(("v",))
    spread = np.sqrt(np.maximum(moments.sum(("v2",)) / n - (money / n) ** 2, 0.0))
    return moments.ordered.density(point, spread)


_OF_LINE: Mapping[str, Callable[..., Derived]] = {
    "fgt": _fgt, "number_of_poor": _number_of_poor, "watts": _watts, "prosperity_gap": _prosperity_gap, "sen": _sen,
    "sst": _sst, "rmpg": _rmpg, "tip": _tip, "income_at": _income_at,
}  # fmt: skip
_OF_INCOME: Mapping[str, Callable[..., Derived]] = {
    "mean": _mean, "gini": _gini, "ge": _entropy, "atkinson": _atkinson, "quantile": _quantile, "lorenz": _lorenz,
    "population": _population, "share": _share, "palma": _palma, "qsr": _qsr,
}  # fmt: skip
