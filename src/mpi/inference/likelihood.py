"""The weighted likelihood of shares that depend on covariates (logit, probit): its maximum, and its derivatives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Link", "derivatives_of", "independent_columns", "maximum_of", "mean_of", "slope_of"]

Link = Literal["linear", "logit", "probit"]
"""How the mean depends on the linear index: identity, logistic or normal distribution function."""

_STEPS, _HALVINGS = 100, 30
_DONE = 1e-11  # of a step, against the index; Newton's error is then its square
_RANK = 1e-9


def mean_of(index: Floats, link: Link) -> Floats:
    """Return the mean at a linear index.

    Examples
    --------
    >>> mean_of(np.array([-np.log(3), 0.0]), "logit").round(6).tolist()
    [0.25, 0.5]
    """
    from scipy.special import expit, ndtr

    if link == "linear":
        return index
    return np.asarray(expit(index) if link == "logit" else ndtr(index))


def slope_of(index: Floats, link: Link) -> Floats:
    """Return the derivative of the mean at a linear index."""
    if link == "linear":
        return np.ones_like(index)
    if link == "logit":
        mu = mean_of(index, link)
        return mu * (1 - mu)
    return np.asarray(np.exp(-(index**2) / 2) / np.sqrt(2 * np.pi))


def derivatives_of(y: Floats, index: Floats, link: Link) -> tuple[Floats, Floats]:
    """Return q, the derivative of a row's log likelihood with respect to its index, and minus the derivative of q."""
    if link == "linear":
        return y - index, np.ones_like(index)
    if link == "logit":
        mu = mean_of(index, link)
        return y - mu, mu * (1 - mu)
    from scipy.special import log_ndtr

    density = -(index**2) / 2 - np.log(2 * np.pi) / 2
    up, down = np.exp(density - log_ndtr(index)), np.exp(density - log_ndtr(-index))
    return y * up - (1 - y) * down, y * up * (up + index) + (1 - y) * down * (down - index)


def maximum_of(y: Floats, X: Floats, weight: Floats, link: Link) -> Floats | None:
    """Return the coefficients that maximise the weighted likelihood; None where Newton's steps do not arrive.

    Steps are halved while they overshoot; the likelihood is concave.

    Parameters
    ----------
    y : ndarray of float, shape (rows,)
        Outcomes, or shares, from 0 to 1.
    X : ndarray of float, shape (rows, p)
        Covariates, none of them a combination of others.
    weight : ndarray of float, shape (rows,)
        Weights.
    link : {"logit", "probit"}
        How the mean depends on ``X @ b``.

    Examples
    --------
    A share of 1/4 at x = 0 and of 1/2 at x = 1: logit 1/4 = -ln 3.

    >>> X = np.array([[1.0, 0.0], [1.0, 1.0]])
    >>> maximum_of(np.array([0.25, 0.5]), X, np.ones(2), "logit").round(6).tolist()
    [-1.098612, 1.098612]
    """
    b = np.zeros(X.shape[1])
    now = _log_likelihood(y, X @ b, weight, link)
    for _ in range(_STEPS):
        index = X @ b
        q, curve = derivatives_of(y, index, link)
        step = _solved((X * (weight * curve)[:, None]).T @ X, X.T @ (weight * q))
        if step is None:
            return None
        halvings, then = 0, _log_likelihood(y, index + X @ step, weight, link)
        while then < now - _DONE * abs(now) and halvings < _HALVINGS:
            halvings, step = halvings + 1, step / 2
            then = _log_likelihood(y, index + X @ step, weight, link)
        b, now = b + step, then
        if np.abs(X @ step).max() <= _DONE * (1 + np.abs(index).max()):
            return b
    return None


def independent_columns(X: Floats) -> tuple[list[int], list[int]]:
    """Return the columns that none of the others imply, and those that they do (by pivoted QR)."""
    from scipy.linalg import qr

    _, R, order = qr(X, mode="economic", pivoting=True)
    diagonal = np.abs(np.diag(R))
    rank = int((diagonal > _RANK * diagonal[0]).sum())
    return sorted(order[:rank].tolist()), sorted(order[rank:].tolist())


def _log_likelihood(y: Floats, index: Floats, weight: Floats, link: Link) -> float:
    if link == "logit":
        return float(weight @ (y * index - np.logaddexp(0, index)))
    from scipy.special import log_ndtr

    return float(weight @ (y * log_ndtr(index) + (1 - y) * log_ndtr(-index)))


def _solved(J: Floats, g: Floats) -> Floats | None:
    try:
        step = np.linalg.solve(J, g)
    except np.linalg.LinAlgError:
        return None
    return np.asarray(step, dtype=np.float64) if np.isfinite(step).all() else None
