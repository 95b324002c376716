"""What estimates are tested against, and the t statistics of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mpi.inference.intervals import logarithms_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mpi.tables.estimates_like import EstimatesLike

    Floats = NDArray[np.float64]

__all__ = ["nulls", "t_statistics"]

_RATIOS = ("ratio", "representation_ratio", "weight_ratio")


def nulls(est: EstimatesLike) -> Floats:
    """Return what no difference is: a ratio of 1, and 0 of all else."""
    column = est.keys["contrast"]
    ratio = [i for i, name in enumerate(column.values) if str(name).partition(" of ")[0] in _RATIOS]
    return np.isin(column.index, ratio).astype(np.float64)


def t_statistics(est: EstimatesLike, null: Floats) -> Floats:
    """Return the t statistics, of logarithms where the interval is one of logarithms; missing without an error.

    So a null value is rejected where the interval does not hold it.
    """
    apart = est.value - null
    for i, method in enumerate(est.method.values):
        if method in ("log", "log1p"):
            rows = np.flatnonzero(est.method.index == i)
            (value, _), (at, _) = (logarithms_of(method, x[rows]) for x in (est.value, null))
            there = (value > 0) & (at > 0)
            apart[rows[there]] = value[there] * np.log(value[there] / at[there])
    t = np.full(len(est), np.nan)
    np.divide(apart, est.se, out=t, where=est.se > 0)
    return t
