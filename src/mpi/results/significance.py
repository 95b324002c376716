"""Tests of many numbers at once: p values, adjusted for how many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from mpi.core.arguments import check_seed, kinds_explained
from mpi.core.errors import Problems, RequestError, unknown
from mpi.inference.intervals import p_value
from mpi.inference.multiplicity import JOINT, Adjust, adjusted
from mpi.results.hypotheses import nulls, t_statistics
from mpi.results.max_t import max_t
from mpi.results.rounds import number
from mpi.tables.keys import NAMES
from mpi.tables.select import estimates_only

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mpi.results.estimates import Estimates

    Floats = NDArray[np.float64]

__all__ = ["families", "shared_keys", "significance"]

Alternative = Literal["two-sided", "less", "greater"]
"""What is held against the null hypothesis."""


@kinds_explained
def significance(
    est: Estimates,
    *,
    value: float | None = None,
    adjust: Adjust = "holm",
    alternative: Alternative = "two-sided",
    family: Sequence[str] | None = None,
    seed: int = 1,
) -> pd.DataFrame:
    """Test each number against a value, with p values adjusted for the number of tests.

    Parameters
    ----------
    est : Estimates
        Gaps, changes, or any other estimates.
    value : float, optional
        The value under the null hypothesis; by default 1 for ratios and 0 for all else. Numbers whose intervals are
        made on the scale of logarithms (ratios) are tested on it, so that test and interval agree.
    adjust : str
        ``holm`` (default), ``hochberg``, ``bonferroni``, ``sidak``, ``max_t`` and ``max_t_single_step`` keep the chance
        of any false rejection in a family below the level; ``benjamini_hochberg`` and ``benjamini_yekutieli`` the
        expected share of false ones among the rejections; ``none`` adjusts nothing. ``max_t`` takes the covariance of
        the numbers into account (Hothorn, Bretz and Westfall 2008): each is held against the largest absolute t
        statistic of those not larger than itself (step down), with ``max_t_single_step`` against the largest of all.
        Their p values are computed with quasi-random points; their error is 5e-4 at most.
    alternative : {"two-sided", "less", "greater"}
        Whether the number differs from the value, is below it, or is above it.
    family : sequence of str, optional
        The keys that numbers of one family share; by default all but ``group``: the comparisons of one statistic, at
        one cutoff, in one round. An empty list makes one family of all.
    seed : int, default 1
        Of the scrambling of the points that ``max_t`` is computed with.

    Returns
    -------
    DataFrame
        ``est.table`` with the columns ``t``, ``p`` and ``p_adjusted``; missing where there is no error.

    Raises
    ------
    MpiError
        When an option is unknown.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["ethnicity"], statistics=["H"])
    >>> pairs = mpi.decompose.gap(est.select(wave=2018), by="ethnicity", kinds="difference")
    >>> found = mpi.decompose.significance(pairs)
    >>> len(found), int((found["p_adjusted"] < 0.05).sum()) <= int((found["p"] < 0.05).sum())
    (28, True)
    """
    estimates_only(est, "significance")
    problems = Problems("the tests cannot be made", RequestError)
    if value is not None and not np.isfinite(number(value)):
        problems.add(f"value is {value!r}; a number was expected")
    if adjust not in get_args(Adjust):
        problems.add(f"adjust: {unknown('method', adjust, get_args(Adjust))}")
    shared = shared_keys(family, problems)
    if alternative not in get_args(Alternative):
        problems.add(f"alternative: {unknown('choice', alternative, get_args(Alternative))}")
    elif alternative != "two-sided" and adjust in JOINT:
        problems.add(f"adjust={adjust!r} is two-sided; take another adjustment for a one-sided test")
    check_seed(problems, seed)
    problems.raise_if_any()
    null = nulls(est) if value is None else np.full(len(est), float(value))
    t = t_statistics(est, null)
    p = _p_values(t, est.df, alternative)
    out = np.full(len(est), np.nan)
    for rows in families(est, shared, ~np.isnan(p)):
        if adjust in JOINT:
            joint = max_t(est.take(rows), t[rows], single_step=adjust == "max_t_single_step", seed=seed)
            out[rows] = np.maximum(joint, p[rows])  # the joint one has an error
        else:
            out[rows] = adjusted(p[rows], adjust)
    return est.table.assign(t=t, p=p, p_adjusted=out)


def _p_values(t: Floats, df: Floats, alternative: Alternative) -> Floats:
    with np.errstate(invalid="ignore"):
        both = np.where(np.isnan(t), np.nan, p_value(t, df))
    if alternative == "two-sided":
        return both
    toward = t < 0 if alternative == "less" else t > 0
    return np.where(toward, both / 2, 1 - both / 2)


def shared_keys(family: Sequence[str] | None, problems: Problems) -> list[str]:
    """Return the keys that numbers of one family share, by default all but the group; note those that are unknown."""
    if family is None:
        return [n for n in NAMES if n != "group"]
    keys = [family] if isinstance(family, str) else list(family)
    problems.found += [f"family: {unknown('key', n, NAMES)}" for n in keys if n not in NAMES]
    return keys


def families(est: Estimates, shared: Sequence[str], there: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """Return the positions of each family's numbers, leaving out those that are not `there`."""
    rows = np.flatnonzero(there)
    if not len(rows):
        return []
    codes = np.stack([est.keys[n].index[rows] for n in shared], axis=1) if shared else np.zeros((len(rows), 1))
    _, place = np.unique(codes, axis=0, return_inverse=True)
    order = np.argsort(place.ravel(), kind="stable")
    cuts = np.flatnonzero(np.diff(place.ravel()[order])) + 1
    return [rows[part] for part in np.split(order, cuts)]
