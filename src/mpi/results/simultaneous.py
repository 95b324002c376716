"""Confidence intervals that hold for all numbers of a family at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from mpi.core.arguments import check_seed, kinds_checked
from mpi.core.errors import Problems, RequestError, unknown
from mpi.inference.intervals import p_value, t_quantile
from mpi.results.max_t import critical_value
from mpi.results.options import check_options
from mpi.results.significance import families, shared_keys
from mpi.results.uncertainty import limits
from mpi.tables.select import estimates_only

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from mpi.results.estimates import Estimates

__all__ = ["simultaneous"]

Joint = Literal["max_t", "bonferroni", "sidak"]
"""How intervals are made to hold together."""


@kinds_checked
def simultaneous(
    est: Estimates,
    *,
    adjust: Joint = "max_t",
    level: float | None = None,
    family: Sequence[str] | None = None,
    seed: int = 1,
) -> pd.DataFrame:
    """Return confidence intervals that hold all true values of a family at once, with a stated probability.

    Parameters
    ----------
    est : Estimates
        Levels, gaps, changes, or any other estimates.
    adjust : {"max_t", "bonferroni", "sidak"}
        ``max_t`` takes the covariance of the numbers into account, and gives the shortest intervals (Hothorn, Bretz and
        Westfall 2008, Biometrical J. 50:346-363); the others need none.
    level : float, optional
        The probability; by default the confidence level of the estimates.
    family : sequence of str, optional
        The keys that numbers of one family share; by default all but ``group``, as for `significance`.
    seed : int, default 1
        Of the scrambling of the points that ``max_t`` is computed with.

    Returns
    -------
    DataFrame
        ``est.table`` with the limits of these intervals, and in ``critical`` how many standard errors they are made of.
        Numbers without a known error have the limits they have by themselves, and count for no family.

    Raises
    ------
    MpiError
        When an option is unknown.

    Notes
    -----
    Each interval is made by the method of its estimate (logit for shares), at the level at which its t quantile is the
    critical value.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["region"], statistics=["H"])
    >>> wide = mpi.simultaneous(est.select(by="region", wave=2018))
    >>> low, high = est.select(by="region", wave=2018).conf_int()
    >>> bool((wide["ci_low"] < low).all() and (wide["ci_high"] > high).all())
    True
    """
    estimates_only(est, "simultaneous")
    problems = Problems("the intervals cannot be made", RequestError)
    if adjust not in get_args(Joint):
        problems.add(f"adjust: {unknown('method', adjust, get_args(Joint))}")
    joint = est.level if level is None else level
    check_options(problems, level=joint)
    check_seed(problems, seed)
    shared = shared_keys(family, problems)
    problems.raise_if_any()
    low, high = limits(replace(est, level=joint))
    critical = np.full(len(est), np.nan)
    for rows in families(est, shared, est.estimable & (est.se > 0) & (est.df > 0)):
        some = est.take(rows)
        alone = 1 - _tail(some, adjust, joint, seed)
        df = some.df if adjust != "max_t" else np.full(len(rows), some.df.min())
        low[rows], high[rows] = limits(replace(some, level=alone, df=df))
        critical[rows] = t_quantile(alone, df)
    return est.table.assign(ci_low=low, ci_high=high, critical=critical)


def _tail(est: Estimates, adjust: Joint, level: float, seed: int) -> float:
    """Return the probability of each number's interval to miss, so that all of them hold with the level."""
    if adjust == "bonferroni":
        return (1 - level) / len(est)
    if adjust == "sidak":
        return float(-np.expm1(np.log(level) / len(est)))
    found = critical_value(est, level, seed=seed)
    return float(p_value(np.full(1, found), np.full(1, est.df.min()))[0])
