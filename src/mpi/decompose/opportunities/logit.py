"""A logit of rates on the circumstances of groups: an implicit function of shares and rates, and so are its slopes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mpi.inference.likelihood import derivatives_of, independent_columns, maximum_of, mean_of, slope_of
from mpi.results.dual import Figures

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Separated", "coefficients", "design_of", "predicted"]

_FAR = 22.0  # an index as far out as this is one without end


class Separated(Exception):  # noqa: N818  # it is caught at once, and told as an MpiError by who knows the groups' names
    """A logit has no fit: circumstances tell those with a rate of 0 or 1 from the others without fail."""


def design_of(levels: NDArray[np.int64]) -> Floats:
    """Return the constant and one column of 0 and 1 for each category but the first of each circumstance.

    Parameters
    ----------
    levels : ndarray of int, shape (groups, circumstances)
        The category of each group in each circumstance, counted from 0.

    Examples
    --------
    >>> design_of(np.array([[0, 0], [1, 0], [1, 1]])).tolist()
    [[1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [1.0, 1.0, 1.0]]
    """
    columns = [np.ones(len(levels))]
    for of_group in levels.T:
        columns += [(of_group == k).astype(np.float64) for k in np.unique(of_group)[1:]]
    return np.column_stack(columns)


def predicted(design: Floats, share: Figures, rate: Figures) -> Figures:
    """Return the predicted rates of a logit fitted to groups by maximum likelihood, with their derivatives.

    Parameters
    ----------
    design : ndarray of float, shape (groups, columns)
        The regressors; columns that others imply are left out, which changes no prediction.
    share, rate : Figures of shape (groups,)
        The weight and the rate of each group.

    Raises
    ------
    Separated
        When there is no fit.
    """
    X = design[:, independent_columns(design)[0]]  # a category that occurs in one place only implies others, say
    eta = coefficients(X, share, rate).combined(X)
    return eta.mapped(mean_of(eta.value, "logit"), slope_of(eta.value, "logit"))


def coefficients(design: Floats, share: Figures, rate: Figures) -> Figures:
    """Return the coefficients of a logit fitted to groups by maximum likelihood, with their derivatives.

    The fit solves ``X' a (r - mu(b)) = 0``. By the implicit function theorem, with ``J = X' diag(a mu (1 - mu)) X``::

        db = J^-1 X' [(r - mu) da + a dr]

    which is the influence of a weighted logit (Binder 1983) in terms of shares and rates.

    Parameters
    ----------
    design : ndarray of float, shape (groups, columns)
        The regressors, of full column rank.
    share, rate : Figures of shape (groups,)
        The weight and the rate of each group.

    Raises
    ------
    Separated
        When there is no fit.

    Examples
    --------
    A rate of 1/4 at x = 0 and of 1/2 at x = 1: logit 1/4 = -ln 3.

    >>> import scipy.sparse as sp
    >>> both = Figures(np.array([0.5, 0.5, 0.25, 0.5]), sp.csr_array(np.eye(4)))
    >>> b = coefficients(design_of(np.array([[0], [1]])), both.take([0, 1]), both.take([2, 3]))
    >>> b.value.round(6).tolist()
    [-1.098612, 1.098612]
    """
    X, a, r = design, share.value, rate.value
    b = maximum_of(r, X, a, "logit")
    if b is None or np.abs(X @ b).max() > _FAR:
        raise Separated
    q, curve = derivatives_of(r, X @ b, "logit")
    J = X.T @ (X * (a * curve)[:, None])
    moved = share.mapped(a, q) + rate.mapped(r, a)
    return Figures(b, moved.combined(np.linalg.solve(J, X.T)).slope)
