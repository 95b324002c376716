"""Confidence intervals for shares, means and differences.

p the estimate, s its standard error, q the t quantile of its degrees of freedom:

=========  ===================================================================================================
logit      expit(logit p -/+ q s / (p (1 - p))): the default for shares, as Stata's and OPHI's published tables
t          p -/+ q s: the default for means, changes and gaps
log        p exp(-/+ q s / p): for positive unbounded values, as ratios
log1p      (1 + p) exp(-/+ q s / (1 + p)) - 1: for relative changes, which are a ratio less 1
asin       sin^2(asin sqrt p -/+ q s / (2 sqrt(p (1 - p))))
beta       Korn and Graubard (1998, Survey Methodology 24): Clopper-Pearson with the effective sample size
wilson     Wilson's score interval with the effective sample size p (1 - p) / s^2
atanh      tanh(artanh p -/+ q s / (1 - p^2)): for correlations (Fisher's scale)
=========  ===================================================================================================

A share estimated as 0 or 1 has no error; what the cases allow is its one-sided limit, see `extreme_limits`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["METHODS", "Interval", "Own", "extreme_limits", "interval", "logarithms_of", "p_value", "t_quantile"]

Interval = Literal["logit", "t", "log", "log1p", "asin", "beta", "wilson", "atanh"]
"""A method of making a confidence interval."""

Own = Literal["share", "intensity", "fraction"]
"""What has the method chosen for shares: shares of cases; intensities, which are at least the cutoff; fractions."""

METHODS: tuple[Interval, ...] = get_args(Interval)


def t_quantile(level: float, df: Floats) -> Floats:
    """Return the two-sided t quantile for each number of degrees of freedom; NaN where there are none."""
    from scipy.special import stdtrit

    known, place = np.unique(df, return_inverse=True)
    with np.errstate(invalid="ignore"):
        q = np.where(known > 0, stdtrit(np.where(known > 0, known, 1.0), (1 + level) / 2), np.nan)
    out: Floats = q[place]
    return out


def p_value(t: Floats, df: Floats) -> Floats:
    """Return the two-sided p value of t statistics."""
    from scipy.special import stdtr

    out: Floats = 2 * stdtr(df, -np.abs(t))
    return out


def interval(method: Interval, p: Floats, s: Floats, df: Floats, level: float, n: Floats) -> tuple[Floats, Floats]:
    """Return the lower and upper limits of each estimate; NaN where the method has none, or the error is 0.

    Parameters
    ----------
    method : {"logit", "t", "log", "log1p", "asin", "beta", "wilson", "atanh"}
        The method.
    p, s, df, n : ndarray of float
        Estimates, standard errors, degrees of freedom, unweighted numbers of cases.
    level : float
        The confidence level, for example 0.95.

    Examples
    --------
    >>> import numpy as np
    >>> low, high = interval("logit", np.array([0.15]), np.array([0.01]), np.array([120.0]), 0.95, np.array([0.0]))
    >>> f"{low[0]:.6f} {high[0]:.6f}"
    '0.131257 0.170893'
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        q = t_quantile(level, df)
        if method == "t":
            return _where(s > 0, p - q * s, p + q * s)
        if method in ("log", "log1p"):
            r, one = logarithms_of(method, p)
            return _where((s > 0) & (r > 0), r * np.exp(-q * s / r) - one, r * np.exp(q * s / r) - one)
        if method == "atanh":
            centre, half = np.arctanh(p), q * s / (1 - p**2)
            return _where((np.abs(p) < 1) & (s > 0), np.tanh(centre - half), np.tanh(centre + half))
        inside = (p > 0) & (p < 1) & (s > 0)
        if method == "beta":
            return _where(inside, *_beta(p, s, q, level, n))
        made = {"logit": _logit, "asin": _asin, "wilson": _wilson}[method]
        return _where(inside, *made(p, s, q))


def logarithms_of(method: Interval, p: Floats) -> tuple[Floats, float]:
    """Return what a method takes logarithms of, and what has been added to the estimate for it."""
    return (1 + p, 1.0) if method == "log1p" else (p, 0.0)


def extreme_limits(p: Floats, df: Floats, level: float, n: Floats) -> tuple[Floats, Floats]:
    """Return the limits of shares of 0 (0 and an upper one) and of 1 (a lower one and 1); NaN for others.

    Clopper and Pearson's of n* cases, n* = n x (t of n - 1 / t of df)^2 (Korn and Graubard 1998): the number of cases
    less what few degrees of freedom take off. How alike the cases of a PSU are cannot be estimated where all are alike.

    Examples
    --------
    Nobody of 40 cases in 20 PSUs of one stratum:

    >>> import numpy as np
    >>> low, high = extreme_limits(np.array([0.0]), np.array([19.0]), 0.95, np.array([40.0]))
    >>> float(low[0]), f"{high[0]:.4f}"
    (0.0, '0.0940')
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        effective = n * np.minimum(t_quantile(level, n - 1) / t_quantile(level, df), 1.0) ** 2
        limit = ((1 - level) / 2) ** (1 / effective)
    low = np.where(p == 0, 0.0, np.where(p == 1, limit, np.nan))
    high = np.where(p == 0, 1 - limit, np.where(p == 1, 1.0, np.nan))
    known = np.isfinite(limit)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def _where(keep: NDArray[np.bool_], low: Floats, high: Floats) -> tuple[Floats, Floats]:
    return np.where(keep, low, np.nan), np.where(keep, high, np.nan)


def _logit(p: Floats, s: Floats, q: Floats) -> tuple[Floats, Floats]:
    from scipy.special import expit, logit

    centre, half = logit(p), q * s / (p * (1 - p))
    return expit(centre - half), expit(centre + half)


def _asin(p: Floats, s: Floats, q: Floats) -> tuple[Floats, Floats]:
    centre, half = np.arcsin(np.sqrt(p)), q * s / (2 * np.sqrt(p * (1 - p)))
    low, high = np.maximum(centre - half, 0), np.minimum(centre + half, np.pi / 2)
    return np.sin(low) ** 2, np.sin(high) ** 2


def _wilson(p: Floats, s: Floats, q: Floats) -> tuple[Floats, Floats]:
    n = p * (1 - p) / s**2
    centre = (p + q**2 / (2 * n)) / (1 + q**2 / n)
    half = q / (1 + q**2 / n) * np.sqrt(p * (1 - p) / n + q**2 / (4 * n**2))
    return centre - half, centre + half


def _beta(p: Floats, s: Floats, q: Floats, level: float, n: Floats) -> tuple[Floats, Floats]:
    from scipy.special import betaincinv

    effective = p * (1 - p) / s**2 * (t_quantile(level, n - 1) / q) ** 2
    tail = (1 - level) / 2
    low = betaincinv(effective * p, effective * (1 - p) + 1, tail)
    high = betaincinv(effective * p + 1, effective * (1 - p), 1 - tail)
    return np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
