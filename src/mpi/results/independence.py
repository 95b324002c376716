"""Tests of whether poverty and group are independent, by the covariance of the design (Rao and Scott)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from mpi.core.arguments import kinds_explained
from mpi.core.errors import Problems, RequestError, unknown
from mpi.inference.rao_scott import Correction, Independence
from mpi.inference.rao_scott import rao_scott as independence
from mpi.results.lookup import Finder, levels, need, weighed
from mpi.tables.keys import NAMES
from mpi.tables.select import select_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mpi.frames.aggregation import By
    from mpi.results.estimates import Estimates

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]

__all__ = ["rao_scott"]

_SHARES = ("H", "uncensored_headcount", "censored_headcount", "vulnerable", "severe")
"""Statistics that say of each case whether it is so, so that a table of cases can be made of them."""


@kinds_explained
def rao_scott(
    est: Estimates, by: By, *, statistic: str = "H", test: Correction | Sequence[Correction] = "f"
) -> pd.DataFrame:
    """Test whether a share of people is the same in all groups, as a two-way table of the survey (Rao and Scott).

    Parameters
    ----------
    est : Estimates
        From `mpi.estimate`, with `statistic` and ``population_share`` by these groups; by default they are there.
    by : str or tuple of str
        The disaggregation.
    statistic : {"H", "uncensored_headcount", "censored_headcount", "vulnerable", "severe"}
        Who is counted: the poor, or those deprived in each indicator.
    test : str or sequence of str, default f
        ``f``: Pearson's statistic corrected to the second order, as an F; what to report, and what R's ``svychisq``,
        Stata's ``svy: tabulate`` give. ``chi2``: corrected to the first order. ``lincom`` and ``saddlepoint``: as a
        mixture of chi-squared variables, integrated or approximated. ``wald`` and ``adjusted_wald``: Wald's, of
        observed less expected numbers.

    Returns
    -------
    DataFrame
        One row for each round, cutoff, weighting and indicator: these keys, the number of ``groups`` and of cases
        ``n``, the ``test``, its ``value``, degrees of freedom ``df1`` and ``df2``, the p value ``p``, and the mean
        design effect of the table, ``effect`` (none for Wald's). Missing where nobody or everybody is counted.

    Raises
    ------
    MpiError
        When a statistic, test or disaggregation does not occur, or one round has one group.

    Notes
    -----
    See `mpi.inference.rao_scott` for the formulas. Groups without cases are left out. Wald's statistics are of numbers
    of people where ``number_of_poor`` and ``population`` were estimated too (as in R), and else of shares, which are a
    little different. R rounds the degrees of freedom of ``saddlepoint`` down; here they are as they are.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["ethnicity"])
    >>> found = mpi.rao_scott(est, "ethnicity")
    >>> found[["wave", "groups", "test"]].to_numpy().tolist()
    [[2016, 8, 'f'], [2018, 8, 'f']]
    >>> bool((found["p"] < 0.001).all())
    True
    """
    plain = levels(est, "rao_scott")
    tests: tuple[Any, ...] = (test,) if isinstance(test, str) else tuple(test)
    problems = Problems("independence cannot be tested", RequestError)
    problems.found += [f"test: {unknown('test', t, get_args(Correction))}" for t in tests if t not in _TESTS]
    if statistic not in _SHARES:
        problems.add(f"statistic: {unknown('share', statistic, _SHARES)}")
    elif statistic not in (counted := weighed(plain)):
        problems.add(f"{statistic} is of those observed in each indicator; one of {', '.join(counted)} is needed")
    problems.raise_if_any()
    need(plain, "rao_scott", "statistic", [statistic, "population_share"])
    name = plain.keys["by"].values[select_by(plain, by, "rao_scott")]
    finder = Finder(plain.keys)
    rows = [
        row for places in _tables(plain, statistic, name)
        for row in _tested(plain, finder, places, tests)
    ]  # fmt: skip
    return _frame(rows)


_TESTS = get_args(Correction)
_KEYS = ("statistic", "indicator", "dimension", "by", "wave", "cutoff", "weighting")


def _tables(est: Estimates, statistic: str, by: str) -> list[Rows]:
    """Return the positions of the figures of each table: the same in everything but the group."""
    chosen = est.keys.find({"statistic": statistic, "by": by})
    codes = np.stack([est.keys[n].index[chosen] for n in NAMES if n != "group"], axis=1)
    _, first, table = np.unique(codes, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    return [chosen[table.ravel() == i] for i in order.tolist()]


def _tested(est: Estimates, finder: Finder, rows: Rows, tests: Sequence[Correction]) -> list[dict[str, Any]]:
    """Test one table in each way asked for."""
    sizes = finder.share(rows)
    there = (est.n[rows] > 0) & (sizes >= 0) & (est.value[sizes] > 0)
    rows, sizes = rows[there], sizes[there]
    if len(rows) < 2:
        raise RequestError(f"rao_scott: {len(rows)} of the groups has cases; two are needed")
    table, covariance = _numbers(est, finder, rows) or _shares(est, rows, sizes)
    n, df = float(est.n[rows].sum()), _degrees(est, finder, rows)
    known = bool((table.sum(axis=1) > 0).all()) and df > 0
    said = {k: est.keys[k].at(int(rows[0])) for k in _KEYS} | {"groups": len(rows), "n": n}
    out = []
    for test in tests:
        found = independence(table, covariance, cases=n, df=df, correction=test) if known else _UNKNOWN
        df1, df2 = (*found.df, np.nan, np.nan)[:2]
        effect = float(found.effects.mean()) if len(found.effects) else np.nan
        out.append(
            {**said, "test": test, "value": found.value, "df1": df1, "df2": df2, "p": found.pvalue, "effect": effect}
        )
    return out


_UNKNOWN = Independence(np.nan, (), np.nan, np.zeros(0))


def _shares(est: Estimates, rows: Rows, sizes: Rows) -> tuple[Floats, Floats]:
    """Return who is counted and who is not by group as shares of the whole, and their covariance."""
    rate, size = est.value[rows], est.value[sizes]
    top = np.hstack([np.diag(size), np.diag(rate)])
    slope = np.vstack([top, np.hstack([-np.diag(size), np.diag(1 - rate)])])
    return np.stack([rate * size, (1 - rate) * size]), _covariance(est, np.r_[rows, sizes], slope)


def _numbers(est: Estimates, finder: Finder, rows: Rows) -> tuple[Floats, Floats] | None:
    """Return the same as numbers of people; None where these were not estimated."""
    if est.keys["statistic"].at(int(rows[0])) != "H":
        return None
    poor = finder.beside(rows, statistic="number_of_poor")
    people = finder.unweighted(rows, statistic="population", cutoff=None)
    if (poor < 0).any() or (people < 0).any():
        return None
    one = np.eye(len(rows))
    slope = np.vstack([np.hstack([one, 0 * one]), np.hstack([-one, one])])
    table = np.stack([est.value[poor], est.value[people] - est.value[poor]])
    return table, _covariance(est, np.r_[poor, people], slope)


def _covariance(est: Estimates, rows: Rows, slope: Floats) -> Floats:
    return np.asarray(slope @ est.take(rows).influence.covariance() @ slope.T)


def _degrees(est: Estimates, finder: Finder, rows: Rows) -> float:
    """Return the degrees of freedom of all groups together: those of the total, or of the PSUs of the groups."""
    total = finder.beside(rows[:1], by="total", group=None)
    total = finder.beside(rows[:1], by="total", group="total") if (total < 0).any() else total
    if (total >= 0).all():
        return float(est.df[total[0]])
    design = est.influence.design
    units = np.unique(est.take(rows).influence.matrix().tocoo().row)
    return (
        design.df_of(units) if est.degrees == "group" else design.df(set(design.wave[design.stratum[units]].tolist()))
    )


def _frame(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(rows, columns=[*_KEYS, "groups", "n", "test", "value", "df1", "df2", "p", "effect"])
