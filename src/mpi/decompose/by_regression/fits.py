"""Weighted fits of a mean to covariates (linear, logit, probit), and what each row adds to the coefficients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.errors import DataError, warn
from mpi.inference.likelihood import derivatives_of, independent_columns, maximum_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mpi.inference.likelihood import Link

    Floats = NDArray[np.float64]

__all__ = ["Fit", "fit"]

_FAR = 12.0  # an index as far out as this is a reason to look for separation


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A fitted regression.

    Attributes
    ----------
    coefficient : ndarray of float, shape (p,)
        The coefficients.
    scores : ndarray of float, shape (rows, p)
        What each row contributes to them, per unit of its weight; 0 outside the rows that were fitted.
    """

    coefficient: Floats
    scores: Floats


def fit(
    y: Floats, X: Floats, weight: Floats, inside: NDArray[np.bool_], link: Link, names: Sequence[str], who: str
) -> Fit:
    """Fit the mean of an outcome to covariates in some rows, by weighted (pseudo) maximum likelihood.

    The coefficients solve ``sum w x q(y, x'b) = 0``; what row i contributes to them is ``J^-1 x_i q_i`` with
    ``J = - sum w x x' dq/d(x'b)`` (Binder 1983). For the linear and the logit link, q is the residual ``y - F(x'b)``.

    Parameters
    ----------
    y, X, weight : ndarray
        Outcome, covariates and weights of all rows.
    inside : ndarray of bool
        The rows to fit.
    link : {"linear", "logit", "probit"}
        The link.
    names : sequence of str
        What the columns of `X` are.
    who : str
        Whose regression it is, for messages.

    Raises
    ------
    MpiError
        When there are too few cases, covariates are collinear (all are named), covariates separate the outcome, or
        the fit does not converge.

    Warns
    -----
    MpiWarning
        When there are fewer than ten cases for each coefficient.
    """
    a, b, w = X[inside], y[inside], weight[inside]
    some = w > 0
    _check_cases(b[some], a.shape[1], link, who)
    scale = np.sqrt(np.mean(a**2, axis=0))
    _check_rank(a[some], scale, names, who)
    unit = a / np.where(scale > 0, scale, 1.0)
    share = w / w.mean()
    found = _linear(b, unit, share) if link == "linear" else _maximum(b, unit, share, link, names, who)
    q, curve = derivatives_of(b, unit @ found, link)
    J = (unit * (share * curve)[:, None]).T @ unit
    scores = np.zeros(X.shape)
    scores[inside] = np.linalg.solve(J, (unit * q[:, None]).T).T / w.mean() / scale
    return Fit(found / scale, scores)


def _linear(y: Floats, X: Floats, weight: Floats) -> Floats:
    root = np.sqrt(weight)
    return np.asarray(np.linalg.lstsq(X * root[:, None], y * root, rcond=None)[0], dtype=np.float64)


def _maximum(y: Floats, X: Floats, weight: Floats, link: Link, names: Sequence[str], who: str) -> Floats:
    """Maximise the weighted likelihood, or say why it has no maximum."""
    b = maximum_of(y, X, weight, link)
    if b is None or np.abs(X @ b).max() > _FAR:
        _check_separation(y[weight > 0], X[weight > 0], names, who)
    if b is None:
        raise DataError(f"the {link} regression of {who} does not converge; take fewer covariates, or join categories")
    return b


def _check_cases(y: Floats, coefficients: int, link: Link, who: str) -> None:
    if len(y) <= coefficients:
        raise DataError(
            f"{who} has {len(y):,} cases for {coefficients} coefficients; take fewer covariates, or a larger group"
        )
    if link != "linear" and (y == y[0]).all() and y[0] in (0, 1):
        raise DataError(f"the outcome is {y[0]:g} for everyone in {who}: there is nothing to fit")
    if len(y) < 10 * coefficients:
        warn(
            f"{who} has {len(y):,} cases for {coefficients} coefficients, fewer than ten for each: linearised errors "
            "are too small in so small a sample"
        )


def _check_rank(X: Floats, scale: Floats, names: Sequence[str], who: str) -> None:
    """Name each covariate that is a combination of others, with those others."""
    unit = X / np.where(scale > 0, scale, 1.0)
    others, implied = independent_columns(unit)
    told = []
    for j in implied:
        c = np.linalg.lstsq(unit[:, others], unit[:, j], rcond=None)[0]
        tied = [names[i] for i, v in zip(others, c, strict=True) if abs(v) > 1e-6 and i != 0]
        told.append(
            f"{names[j]!r} follows from {', '.join(map(repr, tied))}" if tied else f"{names[j]!r} does not vary"
        )
    if told:
        raise DataError(
            f"covariates are collinear in {who}: {'; '.join(told)}. Leave one of them out, or join categories"
        )


def _check_separation(y: Floats, X: Floats, names: Sequence[str], who: str) -> None:
    """Refuse where a combination of covariates never contradicts the outcome: the likelihood has no maximum.

    Albert and Anderson (1984): b with x'b >= 0 where y = 1, <= 0 where y = 0 and = 0 between, not all of them 0.
    """
    import scipy.optimize as so

    rows = np.unique(np.column_stack([X, y]), axis=0)
    X, y = rows[:, :-1], rows[:, -1]
    side = np.where(y == 1, 1.0, np.where(y == 0, -1.0, 0.0))
    signed, between = X * side[:, None], X[side == 0]
    options: dict[str, Any] = {"A_eq": between, "b_eq": np.zeros(len(between))} if len(between) else {}
    found = so.linprog(
        -signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(signed)), bounds=[(-1, 1)] * X.shape[1], **options
    )
    if found.status != 0 or -found.fun <= 1e-7 * len(X):
        return
    guilty = [names[i] for i in np.flatnonzero(np.abs(found.x) > 1e-7).tolist() if i] or ["the covariates"]
    raise DataError(
        f"in {who}, {', '.join(map(repr, guilty))} separate{'s' if len(guilty) == 1 else ''} those with the outcome "
        "from those without, so the coefficients have no finite value; join categories, leave a covariate out, or "
        "decompose with mpi.decompose.oaxaca"
    )
