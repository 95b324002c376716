"""Critical values of the largest of several t statistics, by their covariance."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.room import check_room

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mpi.results.estimates import Estimates

    Floats = NDArray[np.float64]

__all__ = ["critical_value", "from_factor", "max_t"]

_POINTS, _BUDGET, _CHUNK = (14, 17), 25, 256
"""How many points at least and at most, and how many numbers are worth making, as powers of 2; how many at once."""
_TINY = np.finfo(np.float64).tiny


def max_t(est: Estimates, t: Floats, *, single_step: bool = False, seed: int = 1) -> Floats:
    """Return p values of t statistics adjusted for the largest of them, by their joint distribution.

    Parameters
    ----------
    est : Estimates
        The numbers that are tested, with their covariances.
    t : ndarray of float, shape (estimates,)
        Their t statistics.
    single_step : bool, default False
        Whether each is held against the largest of all; by default, step down: against the largest of those that are
        not larger than itself. Both keep the chance of any false rejection; step down rejects more.
    seed : int, default 1
        Of the scrambling of the points.

    Returns
    -------
    ndarray of float, shape (estimates,)
        The p values, with an error of 5e-4 at most.

    Notes
    -----
    Hothorn, Bretz and Westfall (2008, Biometrical J. 50:346-363). With correlations R = L L', L of rank r, the vector
    of t statistics is s L d with a random direction d and s^2 / r distributed as F(r, df). Given the direction, the
    probability that the largest exceeds q is that of F beyond q^2 / (r max (L d)^2), which is exact; directions are
    scrambled Sobol points in r dimensions, 2^14 to 2^17 of them. Step down is the free
    step-down of Westfall and Young (1993).

    Examples
    --------
    >>> import numpy as np, mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["region"], statistics=["H"])
    >>> pairs = mpi.decompose.gap(est.select(wave=2018), by="region", kinds="difference")
    >>> t = pairs.value / pairs.se
    >>> bool((max_t(pairs, t) <= max_t(pairs, t, single_step=True)).all())
    True
    """
    return from_factor(_factor(est), t, float(est.df.min()), single_step=single_step, seed=seed)


def from_factor(factor: Floats, t: Floats, df: float, *, single_step: bool, seed: int) -> Floats:
    """Do what `max_t` does, with a root of the correlation matrix (statistics x rank)."""
    r = factor.shape[1]
    order = np.argsort(-np.abs(t), kind="stable")
    q, factor = np.maximum(t[order] ** 2, _TINY), factor[order]
    chance = np.zeros(len(t))
    grid, beyond = _beyond(r, df)
    points = int(np.clip(_BUDGET - np.ceil(np.log2(len(t))), *_POINTS))
    directions = _directions(r, points, seed)
    for a in range(0, len(directions), _CHUNK):
        size = (factor @ directions[a : a + _CHUNK].T) ** 2
        if single_step:
            size[:] = size.max(axis=0)
        else:
            size = np.maximum.accumulate(size[::-1], axis=0)[::-1]
        chance += np.interp(np.log(q)[:, None] - np.log(np.maximum(size, _TINY)), grid, beyond).sum(axis=1)
    out = np.empty(len(t))
    out[order] = np.minimum(1.0, np.maximum.accumulate(chance / len(directions)))
    return out


def critical_value(est: Estimates, level: float, *, seed: int = 1) -> float:
    """Return the value that the largest absolute t statistic of estimates stays below with a probability `level`.

    Intervals of this many standard errors hold all true values at once with that probability. The points are those of
    `max_t`; the error is 1e-3 at most.
    """
    from scipy.optimize import brentq

    factor, df = _factor(est), float(est.df.min())
    r = factor.shape[1]
    directions = _directions(r, _POINTS[0] + 1, seed)
    parts = np.split(directions, range(_CHUNK, len(directions), _CHUNK))
    size = np.log(np.maximum(np.concatenate([((factor @ part.T) ** 2).max(axis=0) for part in parts]), _TINY))
    size.sort()  # in order they are found in the table ten times as fast
    grid, beyond = _beyond(r, df)

    def excess(log_q: float) -> float:
        """Return by how much the chance that the largest exceeds a value is above what is allowed."""
        return float(np.interp(2 * log_q - size, grid, beyond).mean()) - (1 - level)

    return float(np.exp(brentq(excess, -_FAR, _FAR, xtol=1e-9)))


_FAR = 14.0
"""The logarithm of more standard errors than any critical value."""


@functools.lru_cache(maxsize=8)
def _beyond(r: int, df: float) -> tuple[Floats, Floats]:
    """Return the chance that the logarithm of r F, with r and df degrees of freedom, exceeds points: a fine table."""
    from scipy.special import fdtrc

    grid = np.linspace(-30.0, 30.0, 1 << 16)
    return grid, fdtrc(r, df, np.exp(grid) / r)


@functools.cache
def _directions(r: int, power: int, seed: int) -> Floats:
    """Return points of the unit sphere in r dimensions, as evenly as Sobol points lie in the cube."""
    if r == 1:
        return np.ones((1, 1))
    from scipy.special import ndtri
    from scipy.stats import qmc

    cube = qmc.Sobol(r, scramble=True, seed=seed).random_base2(power)
    normal = ndtri(np.clip(cube, 1e-12, 1 - 1e-12))
    out: Floats = normal / np.linalg.norm(normal, axis=1, keepdims=True)
    return out


def _factor(est: Estimates) -> Floats:
    """Return a root of the correlation matrix of the estimates: as many columns as its rank."""
    local, root = _root(est)
    scaled = (local @ root) / est.se[:, None]
    left, size, _ = np.linalg.svd(scaled, full_matrices=False)
    keep = size > size.max(initial=0.0) * 1e-9
    factor: Floats = left[:, keep] * size[keep]
    return factor


def _root(est: Estimates) -> tuple[Any, Floats]:
    """Return the estimates as combinations of their base columns, and a root of the covariance of these."""
    from mpi.inference.variance import covariance

    base, local = est.influence.used()
    m, b = local.shape
    check_room(
        8 * (4 * m * b + 3 * b * b),
        f"max_t: the joint distribution of {m:,} numbers, made of {b:,} totals,",
        "take another adjustment, such as 'holm', or smaller families",
    )
    V = covariance(est.influence.design, base).toarray()
    values, vectors = np.linalg.eigh((V + V.T) / 2)
    keep = values > values.max(initial=0.0) * 1e-12
    return local.toarray(), vectors[:, keep] * np.sqrt(values[keep])
