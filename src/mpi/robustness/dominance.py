"""Dominance: one group is poorer than another at every cutoff, with a test of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mpi.core.arguments import kinds_explained
from mpi.core.errors import Problems, RequestError
from mpi.core.exact import fraction
from mpi.results.lookup import levels, need
from mpi.robustness.pairs import pairs_of
from mpi.robustness.rankings import arranged
from mpi.tables.select import select_by, values_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from mpi.frames.aggregation import By
    from mpi.results.estimates import Estimates
    from mpi.robustness.pairs import Pairs

__all__ = ["dominance"]


@kinds_explained
def dominance(est: Estimates, by: By, *, statistic: str = "H", weighting: str = "own") -> pd.DataFrame:
    """Compare the curves of all pairs of groups over the poverty cutoffs, and say whether one is above everywhere.

    Parameters
    ----------
    est : Estimates
        Of one round, at several cutoffs: all that a score may attain (`mpi.robustness.attained_cutoffs`), or those
        between a least and a largest (restricted dominance).
    by : str or tuple of str
        The disaggregation whose groups are compared.
    statistic : str, default H
        ``H`` or ``M0``. Dominance by H over all cutoffs implies that by M0.
    weighting : str, default own
        Whose curves.

    Returns
    -------
    DataFrame
        One row for each pair, named so that ``group`` has the higher mean over the cutoffs: ``group, other, order``
        (``above`` at every cutoff, ``not below`` where they meet, ``cross``, ``equal``); the cutoffs at which the order
        changes (``crosses_at``); the smallest and largest difference; ``p_above``, of the null hypothesis that the
        group is not above everywhere; ``p_crosses``, of the null that it is nowhere below.

    Raises
    ------
    MpiError
        When there is one cutoff or one group only, several rounds, or something does not occur.

    Notes
    -----
    ``p_above`` is the largest of the one-sided p values over the cutoffs (intersection-union test, which is
    conservative: Kaur, Prakasa Rao and Singh 1994, Econometric Theory 10:854-866); ``p_crosses`` is the smallest of
    those against it, times the number of cutoffs (Bonferroni). Each difference has the error of the survey's design.
    Cutoffs at which nobody in the sample is poor in either group are passed over; ``p_above`` is missing where the
    error of a difference is not known.

    Examples
    --------
    >>> import mpi
    >>> survey, measure = mpi.load_sample(), mpi.load_measure("gso-mdp")
    >>> est = mpi.estimate(survey, measure, ["area"], cutoffs=["1/10", "1/5", "3/10", "2/5"], statistics=["H"])
    >>> found = mpi.robustness.dominance(est.select(wave=2018), "area")
    >>> found[["group", "other", "order"]].to_numpy().tolist()
    [['Rural', 'Urban', 'above']]
    """
    plain = levels(est, "dominance")
    problems = Problems("dominance cannot be judged", RequestError)
    if statistic not in ("H", "M0"):
        problems.add(f"statistic is {statistic!r}; H or M0 was expected")
        problems.raise_if_any()
    need(plain, "dominance", "statistic", [statistic])
    need(plain, "dominance", "weighting", [weighting])
    name = plain.keys["by"].values[select_by(plain, by, "dominance")]
    chosen = plain.select(statistic=statistic, by=name, weighting=weighting)
    if len(values_of(chosen, "wave")) > 1:
        problems.add("the estimates are of several rounds; take one, such as est.select(wave=...)")
        problems.raise_if_any()
    specifications, groups, rows = arranged(chosen)
    cutoffs = [k for k, _ in specifications]
    if len(cutoffs) < 2:
        problems.add("there is one cutoff only; estimate several, such as mpi.robustness.attained_cutoffs(measure)")
    if len(groups) < 2:
        problems.add(f"there are fewer than two groups of {name!r} to compare")
    problems.raise_if_any()
    order = np.argsort(np.array([float(fraction(k)) for k in cutoffs]), kind="stable")
    pairs, value = pairs_of(chosen, rows[order]), chosen.value[rows[order]]
    nobody = (value[:, pairs.one] == 0) & (value[:, pairs.other] == 0)
    return _judged([cutoffs[i] for i in order], groups, pairs, nobody)


def _judged(cutoffs: list[str], groups: tuple[str, ...], pairs: Pairs, nobody: NDArray[np.bool_]) -> pd.DataFrame:
    """Return the table, each pair turned so that its first group has the higher mean; `nobody` is poor in either."""
    import pandas as pd

    turn = np.where(pairs.difference.mean(axis=0) < 0, -1.0, 1.0)
    d = pairs.difference * turn + 0.0
    p_over = np.where(nobody, 0.0, np.where(d > 0, pairs.p / 2, 1 - pairs.p / 2))  # against not being above
    p_under = np.where(d < 0, pairs.p / 2, 1 - pairs.p / 2)
    names = np.array(groups, dtype=object)
    first, second = np.where(turn > 0, pairs.one, pairs.other), np.where(turn > 0, pairs.other, pairs.one)
    return pd.DataFrame(
        {
            "group": names[first],
            "other": names[second],
            "order": np.select(
                [(d == 0).all(axis=0), ((d > 0) | nobody).all(axis=0), (d >= 0).all(axis=0)],
                ["equal", "above", "not below"],
                "cross",
            ),
            "crosses_at": [", ".join(cutoffs[i] for i in _changes(column)) for column in d.T],
            "least": d.min(axis=0),
            "most": d.max(axis=0),
            "p_above": p_over.max(axis=0),  # missing where one is
            "p_crosses": np.minimum(1.0, len(cutoffs) * np.fmin.reduce(p_under, axis=0)),
        }
    )


def _changes(differences: NDArray[np.float64]) -> list[int]:
    """Return the positions at which the sign is the opposite of the last that was not 0."""
    at, last = [], 0.0
    for i, sign in enumerate(np.sign(differences).tolist()):
        if sign and last and sign != last:
            at.append(i)
        last = sign or last
    return at
