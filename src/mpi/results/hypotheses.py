"""Null values of estimates, and t statistics against them."""

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
    """Return the value of no difference: 1 for ratios and odds ratios, 0 for all else."""
    contrast, statistic = est.keys["contrast"], est.keys["statistic"]
    ratio = [i for i, name in enumerate(contrast.values) if str(name).partition(" of ")[0] in _RATIOS]
    level = [i for i, name in enumerate(contrast.values) if name == "level"]
    odds = [i for i, name in enumerate(statistic.values) if name == "odds_ratio"]
    ones = np.isin(contrast.index, ratio) | (np.isin(contrast.index, level) & np.isin(statistic.index, odds))
    return ones.astype(np.float64)


def t_statistics(est: EstimatesLike, null: Floats) -> Floats:
    """Return the t statistics, on the scale on which the interval is made; missing without an error.

    So a null value is rejected where an interval of logarithms, or of Fisher's scale, does not hold it.
    """
    apart = est.value - null
    for i, method in enumerate(est.method.values):
        rows = np.flatnonzero(est.method.index == i)
        value, at = est.value[rows], null[rows]
        if method in ("log", "log1p"):
            (value, _), (at, _) = (logarithms_of(method, x) for x in (value, at))
            there = (value > 0) & (at > 0)
            apart[rows[there]] = value[there] * np.log(value[there] / at[there])
        elif method == "atanh":
            there = (np.abs(value) < 1) & (np.abs(at) < 1)
            value, at = value[there], at[there]
            apart[rows[there]] = (1 - value**2) * (np.arctanh(value) - np.arctanh(at))
    t = np.full(len(est), np.nan)
    np.divide(apart, est.se, out=t, where=est.se > 0)
    return t
