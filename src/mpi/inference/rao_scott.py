"""Tests of independence in a two-way table of a survey: Pearson's statistic corrected for the design, and Wald's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Correction", "Independence", "mixture_tail", "rao_scott", "saddlepoint_tail"]

Correction = Literal["f", "chi2", "lincom", "saddlepoint", "wald", "adjusted_wald"]
"""How the test of independence takes account of the design."""


@dataclass(frozen=True, slots=True)
class Independence:
    """A test that rows and columns of a table are independent.

    Attributes
    ----------
    value : float
        The test statistic: Pearson's, or one with an F distribution.
    df : tuple of float
        Its degrees of freedom: none for a mixture of chi-squared variables, whose weights are `effects`.
    pvalue : float
        The p value.
    effects : ndarray of float, shape ((rows - 1) (columns - 1),)
        The generalised design effects, largest first; 1 for a simple random sample.
    """

    value: float
    df: tuple[float, ...]
    pvalue: float
    effects: Floats


def rao_scott(table: Floats, covariance: Floats, *, cases: float, df: float, correction: Correction) -> Independence:
    """Test whether rows and columns of a table of estimated shares, or totals, are independent.

    Parameters
    ----------
    table : ndarray of float, shape (rows, columns)
        Shares of the whole, or totals; all margins are positive.
    covariance : ndarray of float, shape (rows x columns, rows x columns)
        Their covariance by the design, row after row.
    cases : float
        The number of cases in the sample.
    df : float
        The degrees of freedom of the design: PSUs minus strata.
    correction : {"f", "chi2", "lincom", "saddlepoint", "wald", "adjusted_wald"}
        ``f``: Pearson's statistic over the sum of the design effects d, with an F distribution of s and s x df degrees
        of freedom, s = (sum d)^2 / sum d^2 (Satterthwaite; second order). ``chi2``: Pearson's statistic over the mean
        design effect (first order). ``lincom``: Pearson's statistic as a mixture of chi-squared variables over one with
        s x df degrees of freedom, integrated numerically; ``saddlepoint``: the same, approximated. ``wald``: Wald's
        statistic of the residuals, as an F; ``adjusted_wald``: with the degrees of freedom that its covariance uses up
        taken off.

    Notes
    -----
    Rao and Scott 1984 (Annals of Statistics 12:46-60); Thomas and Rao 1987 (JASA 82:630-636) compare them, and prefer
    the second order. Davies's integral is computed as by Imhof 1961 (Biometrika 48:419-426), the saddlepoint as by
    Kuonen 1999 (Biometrika 86:929-935).
    """
    from scipy.special import chdtrc, fdtrc

    if correction in ("wald", "adjusted_wald"):
        return _wald(table, covariance, df, adjusted=correction == "adjusted_wald")
    share, V = table / table.sum(), _share_covariance(table, covariance)
    pearson, effects = _pearson(share, cases), _effects(share, V, cases)
    mean, k = float(effects.mean()), len(effects)
    s = k**2 * mean**2 / float((effects**2).sum())
    if correction == "f":
        value = pearson / (k * mean)
        return Independence(value, (s, s * df), float(fdtrc(s, s * df, value)), effects)
    if correction == "chi2":
        return Independence(pearson, (float(k),), float(chdtrc(k, pearson / mean)), effects)
    tail = mixture_tail if correction == "lincom" else saddlepoint_tail
    return Independence(pearson, (), tail(pearson, effects, s * df), effects)


def _share_covariance(table: Floats, covariance: Floats) -> Floats:
    """Return the covariance of the cells as shares of their sum, which varies where they are totals."""
    whole = table.sum()
    slope = (np.eye(table.size) - np.repeat(table.reshape(-1, 1) / whole, table.size, axis=1)) / whole
    return np.asarray(slope @ covariance @ slope.T)


def _pearson(share: Floats, cases: float) -> float:
    """Return Pearson's statistic of shares, as if they were of a simple random sample."""
    expected = np.outer(share.sum(axis=1), share.sum(axis=0))
    return float(cases * ((share - expected) ** 2 / expected).sum())


def _effects(share: Floats, covariance: Floats, cases: float) -> Floats:
    """Return the generalised design effects: eigenvalues of one covariance of the interactions over another.

    The first is the design's, the second a simple random sample's. Both are taken of the interaction contrasts,
    orthogonal to the margins, of shares divided by themselves.
    """
    rows, columns = share.shape
    row, column = np.divmod(np.arange(share.size), columns)
    of_row, of_column = (row[:, None] == np.arange(1, rows)) * 1.0, (column[:, None] == np.arange(1, columns)) * 1.0
    margins = np.column_stack([np.ones(share.size), of_row, of_column])
    both = (of_row[:, :, None] * of_column[:, None, :]).reshape(share.size, -1)
    C = both - margins @ np.linalg.lstsq(margins, both, rcond=None)[0]
    scaled = C * np.divide(1.0, share.ravel(), out=np.zeros(share.size), where=share.ravel() > 0)[:, None]
    simple, design = C.T @ scaled / cases, scaled.T @ covariance @ scaled
    root = np.linalg.inv(np.linalg.cholesky(simple))
    return np.asarray(np.linalg.eigvalsh(root @ design @ root.T)[::-1], dtype=np.float64)


def _wald(table: Floats, covariance: Floats, df: float, *, adjusted: bool) -> Independence:
    """Test that all but the last row and column of the residuals, observed less expected, are 0."""
    from scipy.special import fdtrc

    whole, by_row, by_column = table.sum(), table.sum(axis=1), table.sum(axis=0)
    rows, columns = table.shape
    gap = (table - np.outer(by_row, by_column) / whole)[:-1, :-1].ravel()
    own = np.eye(table.size).reshape(rows, columns, rows, columns)
    slope = own - np.eye(rows)[:, None, :, None] * (by_column / whole)[None, :, None, None]
    slope = slope - np.eye(columns)[None, :, None, :] * (by_row / whole)[:, None, None, None]
    slope = slope + (np.outer(by_row, by_column) / whole**2)[:, :, None, None]
    J = slope[:-1, :-1].reshape(len(gap), table.size)
    k = float(len(gap))
    value = float(gap @ np.linalg.solve(J @ covariance @ J.T, gap)) / k
    left = df - k + 1 if adjusted else df
    value *= left / df
    p = float(fdtrc(k, left, value)) if left > 0 else np.nan
    return Independence(value, (k, left), p, np.full(int(k), np.nan))


def mixture_tail(value: float, weights: Floats, df: float) -> float:
    """Return the probability that a weighted sum of chi-squared variables over another exceeds a value.

    Parameters
    ----------
    value : float
        The positive value that sum(weights x chi2(1)) / (chi2(df) / df) is held against.
    weights : ndarray of float
        The positive weights.
    df : float
        The degrees of freedom below.

    Notes
    -----
    The inverse of the moment generating function, along a vertical line through the saddlepoint, where it does not
    oscillate; the trapezoidal rule in asinh of the distance is exact to rounding.

    Examples
    --------
    >>> from scipy.special import fdtrc
    >>> bool(abs(mixture_tail(3.0, np.array([1.0]), 20.0) - fdtrc(1, 20, 3.0)) < 1e-12)
    True
    """
    lam, h = _form(value, weights, df)
    at, curve = _saddlepoint(lam, h)
    far = _FAR / np.sqrt(curve)
    at = np.sign(at) * max(abs(at), far) if at else far  # the pole at 0 is passed by
    s, step = np.linspace(0.0, _REACH, _POINTS, retstep=True)
    t = np.sinh(s) / np.sqrt(curve)
    z = at + 1j * t
    cumulant = -0.5 * np.log(1 - 2 * z[:, None] * lam) @ h
    along = (np.exp(cumulant) / z).real * np.cosh(s) / np.sqrt(curve)
    found = float((along.sum() - along[0] / 2) * step / np.pi) + (at < 0)
    return float(np.clip(found, 0.0, 1.0))


_FAR, _REACH, _POINTS = 0.2, 42.0, 8_000
"""How far from the pole, in units of the spread; how far and how finely the line is followed."""


def saddlepoint_tail(value: float, weights: Floats, df: float) -> float:
    """Return what `mixture_tail` does by the saddlepoint approximation, whose error is some thousandths at most.

    Examples
    --------
    >>> saddle, exact = (tail(3.0, np.array([1.0, 2.0]), 20.0) for tail in (saddlepoint_tail, mixture_tail))
    >>> bool(abs(saddle - exact) < 0.02)
    True
    """
    from scipy.special import ndtr

    lam, h = _form(value, weights, df)
    at, curve = _saddlepoint(lam, h)
    if abs(at) < _FLAT / lam.max():  # at the mean, where the formula is 0 / 0
        return mixture_tail(value, weights, df)
    cumulant = -0.5 * float(h @ np.log1p(-2 * at * lam))
    w, v = float(np.sign(at) * np.sqrt(-2 * cumulant)), at * float(np.sqrt(curve))
    return float(1 - ndtr(w + np.log(v / w) / w))


_FLAT = 1e-4


def _form(value: float, weights: Floats, df: float) -> tuple[Floats, Floats]:
    """Return weights and degrees of freedom: sum(w chi2(1)) - value / df chi2(df) exceeds 0 as the ratio the value."""
    return np.r_[weights, -value / df], np.r_[np.ones(len(weights)), df]


def _saddlepoint(lam: Floats, h: Floats) -> tuple[float, float]:
    """Return where the derivative of the cumulant generating function is 0, and the second derivative there."""
    from scipy.optimize import brentq

    least, most = (1 / (2 * edge) * (1 - 1e-12) for edge in (lam.min(), lam.max()))
    at = float(brentq(lambda z: float(h @ (lam / (1 - 2 * z * lam))), least, most, xtol=1e-300, rtol=1e-14))
    return at, 2 * float(h @ ((lam / (1 - 2 * at * lam)) ** 2))
