"""Ingredients of schemes: cases, PSUs, degrees of freedom, and several measures of error, for each figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from mpi.tables.estimates_like import EstimatesLike

    Floats = NDArray[np.float64]

__all__ = ["derived", "ingredients", "shares"]

_LEVELS = ("level", "lower_bound", "upper_bound")
_MEANS = ("M0", "D(", "CSPI")
"""Statistics between 0 and 1 that are means of scores, not shares of cases, by how they begin."""


def derived(est: EstimatesLike) -> NDArray[np.bool_]:
    """Return which figures are derived from others: changes, gaps, contrasts."""
    contrast = est.keys["contrast"]
    levels = [i for i, value in enumerate(contrast.values) if value in _LEVELS]
    return ~np.isin(contrast.index, levels)


def shares(est: EstimatesLike) -> NDArray[np.bool_]:
    """Return which figures are shares of cases, such as headcounts; not means of scores, such as M0."""
    method, statistic = est.method, est.keys["statistic"]
    share = np.isin(method.index, [i for i, value in enumerate(method.values) if value == "share"])
    mean = [i for i, value in enumerate(statistic.values) if str(value).startswith(_MEANS)]
    return share & ~np.isin(statistic.index, mean) & ~derived(est)


def ingredients(est: EstimatesLike) -> Mapping[str, Floats]:
    """Return what conditions are about, by name; NaN where it is not known or makes no sense.

    The design effect is the one without replacement, as R's ``svymean(deff = TRUE)`` gives it for a domain: the
    variance over ``s^2 / n (1 - n / N)``, with ``s^2 = p (1 - p) n / (n - 1)``. ``ess = n / deff``,
    ``cv = se / p``, ``log_cv = cv / -log(p)`` (of ``1 - p`` where that is smaller), ``ine_limit = p^(2/3) / 9``.
    """
    p, se, n = est.value, est.se, est.n
    counts, share = est.counts, shares(est)
    n_with, weight = (counts.n_with, counts.weight) if counts is not None else (np.full(len(est), np.nan),) * 2
    with np.errstate(divide="ignore", invalid="ignore"):
        cv = se / np.abs(p)
        q = np.where(share, p, np.nan)
        least = np.where(q < 0.5, q, 1 - q)
        simple = q * (1 - q) / (n - 1) * np.where(n < weight, 1 - n / weight, 1.0)
        deff = np.where(simple > 0, se**2 / simple, np.nan)
        return {
            "n": n, "n_with": n_with, "psu": est.n_psu, "df": est.df, "deff": deff, "ess": n / deff,
            "estimate": p, "se": se, "cv": cv, "log_cv": cv / -np.log(least), "ine_limit": least ** (2 / 3) / 9,
        }  # fmt: skip
