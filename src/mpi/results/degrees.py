"""The degrees of freedom of what is derived from estimates: of a gap, a change, a term of a decomposition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.inference.variance import DENSE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mpi.inference.influence import Influence

    Floats = NDArray[np.float64]

__all__ = ["derived_degrees", "few", "reduced"]


_ENOUGH = 8
"""An error with fewer degrees of freedom than these is off by a quarter and more."""

_TWO = 2
"""A contrast has two sides; what has more sizeable parts is a sum."""

_SIZEABLE = 1 / 20
"""What an estimate adds to a variance counts where it is this share of the largest addition."""

_LEAST = 0.25
"""What is taken for none in a sum, so that a part that hardly counts does not take all degrees of freedom away."""


def derived_degrees(se: Floats, df: Floats, slope: Any, chain: Influence) -> Floats:
    """Return the degrees of freedom of derived figures, from those of the estimates they are made of.

    Parameters
    ----------
    se, df : ndarray of float, shape (estimates,)
        Standard errors and degrees of freedom of the estimates.
    slope : scipy.sparse.csr_array, shape (figures, estimates)
        The derivatives of the figures.
    chain : Influence
        The influence of the figures.

    Returns
    -------
    ndarray of float, shape (figures,)
        0 where there are none; missing for a figure of no estimates.

    Notes
    -----
    An estimate adds v = (slope x se)^2 to the variance, apart from covariances. A figure with one or two parts whose v
    is sizeable has the fewest degrees of freedom of them. In domains of few PSUs this covers, and Satterthwaite's sum
    of two sides does not (see docs/methods.md). A sum of more, over groups or indicators, has (sum v)^2 / sum(v^2 / df)
    (Satterthwaite 1946, Biometrics Bulletin 2:110-114), at most the PSUs minus the strata that it rests on at all:
    estimates of the same PSUs do not have the degrees of freedom of each.
    """
    v = (slope.data * np.nan_to_num(se)[slope.indices]) ** 2
    of, row = df[slope.indices], np.repeat(np.arange(slope.shape[0]), np.diff(slope.indptr))
    largest = reduced(np.maximum, v, slope.indptr)
    counts = v >= _SIZEABLE * largest[row]
    out = reduced(np.minimum, np.where(counts, of, np.inf), slope.indptr)
    many = np.flatnonzero((np.bincount(row[counts], minlength=slope.shape[0]) > _TWO) & (largest > 0))
    if len(many):
        above = np.bincount(row, weights=v, minlength=slope.shape[0])
        below = np.bincount(row, weights=v**2 / np.maximum(of, _LEAST), minlength=slope.shape[0])
        out[many] = np.minimum(above[many] ** 2 / below[many], _reach(chain.take(many)))
        out[many[out[many] < 1]] = 0.0
    return out


def few(df: Floats) -> NDArray[np.bool_]:
    """Tell which numbers of degrees of freedom are few: there are some, but fewer than 8."""
    return np.asarray((df > 0) & (df < _ENOUGH))


def reduced(function: Any, values: Floats, pointer: Any) -> Floats:
    """Return what a function such as `np.minimum` makes of the entries of each row; missing for a row without any."""
    out = np.full(len(pointer) - 1, np.nan)
    some = np.flatnonzero(np.diff(pointer))
    if len(some):
        out[some] = function.reduceat(values, pointer[some])
    return out


def _reach(chain: Influence) -> Floats:
    """Return the PSUs minus the strata that figures rest on, however little of it a PSU bears."""
    import scipy.sparse as sp

    base, local = chain.used()
    psu, stratum = chain.design.links()
    borne = sp.csr_array(base.matrix != 0, dtype=np.float64).T.tocsr()
    used = sp.csr_array((np.ones(local.nnz), local.indices, local.indptr), shape=local.shape)
    out = np.empty(local.shape[0])
    step = max(1, DENSE // max(1, chain.design.units))
    for a in range(0, len(out), step):
        units = used[a : a + step] @ borne
        out[a : a + step] = np.diff((units @ psu).indptr) - np.diff((units @ stratum).indptr)
    return out
