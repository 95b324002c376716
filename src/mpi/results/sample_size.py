"""Sample size for a required precision, and the smallest difference that a sample of this size would show."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mpi.core.arguments import kinds_checked
from mpi.core.errors import Problems, RequestError
from mpi.results.lookup import Finder, comparable
from mpi.results.options import check_options

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from mpi.results.estimates import Estimates

    Floats = NDArray[np.float64]

__all__ = ["detectable", "sample_size"]


@kinds_checked
def sample_size(
    est: Estimates,
    *,
    moe: float | None = None,
    cv: float | None = None,
    change: float | None = None,
    correlation: float | None = None,
    power: float = 0.8,
    level: float | None = None,
) -> pd.DataFrame:
    """Return how many cases each figure would need for a wanted precision, with the design of this survey.

    Parameters
    ----------
    est : Estimates
        Levels, or gaps and changes; the design effect of each is in its error.
    moe, cv : float, optional
        The margin of error, or the coefficient of variation, that is wanted. Name one of `moe`, `cv` and `change`.
    change : float, optional
        The change between this round and the next, drawn in the same way with as many cases, that a test is to find. Of
        figures that are changes already, the difference of two such changes (a double difference).
    correlation : float, optional
        The correlation of a figure's two estimates in rounds that share PSUs or households: the share of the sample
        that stays times the correlation in it. By default what the estimates say where they hold two rounds, and
        else 0.
    power : float, default 0.8
        With which probability the change is to be found.
    level : float, optional
        The confidence level, also of the test; by default that of the estimates.

    Returns
    -------
    DataFrame
        ``est.table`` with the number of cases ``n_needed`` and of PSUs ``n_psu_needed``, rounded up, and the
        ``correlation``. Missing without a known error.

    Raises
    ------
    MpiError
        When not one aim is named, or one is not positive.

    Notes
    -----
    The variance of a figure is taken to fall as 1/n, with cases and PSUs in the proportion they have here, so that
    design effects stay: n_needed = n V / V_wanted. V_wanted is (moe / z)^2, (cv x estimate)^2, or for a change
    delta^2 / (2 (1 - R) (z + z_power)^2), R the correlation, z normal quantiles (as in Gutiérrez 2020,
    samplesize4surveys). Degrees of freedom and finite populations are left aside.

    Examples
    --------
    How many of the Hmong must be asked so that a change by 3 points is found with a probability of 80 per cent?

    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["ethnicity"], statistics=["H"])
    >>> needed = mpi.sample_size(est.select(group="Hmong", wave=2018), change=0.03)
    >>> int(needed["n"][0]) < int(needed["n_needed"][0])
    True
    """
    est = comparable(est, "sample_size")
    problems = Problems("the sample size cannot be told", RequestError)
    aims = {k: v for k, v in {"moe": moe, "cv": cv, "change": change}.items() if v is not None}
    if len(aims) != 1:
        problems.add(f"one of moe, cv and change is needed; {' and '.join(aims) or 'none'} was given")
    problems.found += [f"{k} is {v!r}; a positive number was expected" for k, v in aims.items() if not v > 0]
    _check(problems, power, est.level if level is None else level, correlation)
    problems.raise_if_any()
    z, both = _quantiles(est.level if level is None else level, power)
    R = _correlations(est, correlation)
    with np.errstate(divide="ignore", invalid="ignore"):
        if change is not None:
            wanted = np.full(len(est), change**2) / (2 * (1 - R) * both**2)
        else:
            wanted = np.full(len(est), (moe / z) ** 2) if moe is not None else (float(cv or 0) * est.value) ** 2
        times = np.where(est.estimable & (wanted > 0), est.se**2 / wanted, np.nan)
    needed = {"n_needed": np.ceil(est.n * times), "n_psu_needed": np.ceil(est.n_psu * times)}
    return est.table.assign(**needed, correlation=R)


@kinds_checked
def detectable(
    est: Estimates, *, correlation: float | None = None, power: float = 0.8, level: float | None = None
) -> pd.DataFrame:
    """Return the smallest change that a next round of the same size and design would show.

    Parameters
    ----------
    est : Estimates
        Levels, or changes; of changes, the smallest difference of two such changes.
    correlation, power, level
        As for `sample_size`.

    Returns
    -------
    DataFrame
        ``est.table`` with the ``detectable`` change in the units of the estimate, and the ``correlation``.

    Notes
    -----
    (z + z_power) sqrt(2 (1 - R)) se.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["ethnicity"], statistics=["H"])
    >>> found = mpi.detectable(est.select(by="ethnicity", wave=2018))
    >>> bool((found["detectable"] > 2 * found["se"])[found["se"] > 0].all())
    True
    """
    est = comparable(est, "detectable")
    problems = Problems("the detectable change cannot be told", RequestError)
    level = est.level if level is None else level
    _check(problems, power, level, correlation)
    problems.raise_if_any()
    R = _correlations(est, correlation)
    least = _quantiles(level, power)[1] * np.sqrt(2 * (1 - R)) * est.se
    return est.table.assign(detectable=np.where(est.estimable, least, np.nan), correlation=R)


def _check(problems: Problems, power: float, level: float, correlation: float | None) -> None:
    check_options(problems, level=level)
    if not 0.5 <= power < 1:
        problems.add(f"power is {power!r}; a number from 0.5 to below 1 was expected")
    if correlation is not None and not -1 <= correlation < 1:
        problems.add(f"correlation is {correlation!r}; a number from -1 to below 1 was expected")


def _quantiles(level: float, power: float) -> tuple[float, float]:
    """Return the two-sided normal quantile of the level, and its sum with the one of the power."""
    from scipy.special import ndtri

    z = float(ndtri((1 + level) / 2))
    return z, z + float(ndtri(power))


def _correlations(est: Estimates, correlation: float | None) -> Floats:
    """Return the correlation of each figure with itself in the other round; 0 where there are not two."""
    if correlation is not None:
        return np.full(len(est), float(correlation))
    out = np.zeros(len(est))
    column = est.keys["wave"]
    rounds = np.unique(column.index[column.index >= 0])
    if len(rounds) != 2 or not est.influence.design.shared:
        return out
    finder, rows = Finder(est.keys), np.arange(len(est))
    first = rows[column.index == rounds[0]]
    second = finder.beside(first, wave=column.values[int(rounds[1])])
    first, second = first[second >= 0], second[second >= 0]
    J = est.influence.jacobian
    apart = replace(est.influence, jacobian=J[first] - J[second]).variances()
    one, other = est.se[first], est.se[second]
    with np.errstate(divide="ignore", invalid="ignore"):
        R = np.nan_to_num((one**2 + other**2 - apart) / (2 * one * other))
    out[first] = out[second] = np.clip(R, -1.0, 1 - 1e-9)
    return out
