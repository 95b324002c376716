"""The smallest change of weights that makes two groups change places, for figures linear in the weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mpi.core.arguments import kinds_explained
from mpi.core.errors import RequestError
from mpi.decompose.between_groups.gaps import gap
from mpi.results.contrasts import derive
from mpi.results.lookup import levels, need
from mpi.tables.select import values_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mpi.frames.aggregation import By
    from mpi.results.estimates import Estimates

    Floats = NDArray[np.float64]

__all__ = ["epsilon_robustness"]

_ALWAYS = "ordered alike under all weights: no error"
_TIED = "tied in every indicator: undefined"


@kinds_explained
def epsilon_robustness(est: Estimates, by: By, reference: str | None = None) -> Estimates:
    """Return the share of the weight that may be moved anywhere before two groups change places, for pairs of groups.

    Parameters
    ----------
    est : Estimates
        Uncensored headcounts of one measure, by `by`.
    by : str or tuple of str
        The disaggregation whose groups are compared.
    reference : str, optional
        The group that each other is compared with; by default all pairs.

    Returns
    -------
    Estimates
        One number for each pair and round: ``contrast`` is ``epsilon_robustness``, ``group`` is ``"A - B"``; 1 where no
        weights reverse the order, 0 where the two tie under the measure's own.

    Raises
    ------
    MpiError
        When uncensored headcounts, the disaggregation or the reference are not there, or the estimates are of several
        measures.

    Notes
    -----
    With d the differences of the headcounts and w the weights of the measure, group A is above B for all weights
    (1 - e) w + e v, whatever v, as long as e is at most r = w'd / (w'd - min d) (Foster, McGillivray and Seth 2013,
    Econometric Reviews 32:35-56). This holds for the mean score of all (the union approach), which is linear in the
    weights; for a measure with a cutoff see `rankings` over a grid of weights. Its error takes the indicator with the
    smallest difference as given.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["area"])
    >>> found = mpi.robustness.epsilon_robustness(est.select(wave=2018), "area")
    >>> print(f"{found.value[0]:.2f}")
    0.81
    """
    plain = levels(est, "epsilon_robustness")
    need(plain, "epsilon_robustness", "statistic", ["uncensored_headcount"])
    if len(est.measures) != 1:
        raise RequestError(f"epsilon_robustness: estimates of one measure are needed; these are of {len(est.measures)}")
    (measure,) = est.measures
    found = plain.select(statistic="uncensored_headcount")
    gaps = gap(found.take(_with_own_weights(found)), by, reference, kinds="difference")
    names = values_of(gaps, "indicator")
    weight = np.array([float(measure.weights[name]) for name in names])
    rows = _by_pair(gaps, names)
    value, slope, reasons = _mixtures(gaps.value[rows], weight)
    jacobian = np.zeros((len(rows), len(gaps)))
    np.put_along_axis(jacobian, rows, slope, axis=1)
    return derive(gaps, value, jacobian, name="epsilon_robustness", method="t", reasons=reasons)


def _with_own_weights(est: Estimates) -> NDArray[np.int64]:
    """Return where the figures of the first cutoff and weighting stand: headcounts of all depend on neither."""
    first: dict[tuple[object, ...], int] = {}
    for row in range(len(est)):
        first.setdefault(tuple(est.keys[n].at(row) for n in ("indicator", "by", "group", "wave")), row)
    return np.array(list(first.values()), dtype=np.int64)


def _by_pair(gaps: Estimates, names: list[str]) -> NDArray[np.int64]:
    """Return where the differences of each pair stand (pairs x indicators)."""
    group, wave, indicator = (gaps.keys[n] for n in ("group", "wave", "indicator"))
    rows: dict[tuple[object, object], dict[str, int]] = {}
    for row in range(len(gaps)):
        rows.setdefault((group.at(row), wave.at(row)), {})[indicator.at(row)] = row
    return np.array([[found[name] for name in names] for found in rows.values()], dtype=np.int64)


def _mixtures(d: Floats, weight: Floats) -> tuple[Floats, Floats, list[str | None]]:
    """Return the numbers of pairs, their derivatives by the differences, and what to know about them."""
    turn = np.where(d @ weight < 0, -1.0, 1.0)[:, None]  # so that the first group is above under the own weights
    d = d * turn
    above, at = d @ weight, d.argmin(axis=1)
    least = np.minimum(d.min(axis=1), 0.0)
    width = above - least
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(width > 0, above / width, np.nan)
        slope = -(least / width**2)[:, None] * weight
        slope[np.arange(len(d)), at] += np.where(least < 0, above / width**2, 0.0)
    always = (least == 0) & (width > 0)
    slope[always] = np.nan  # a corner: the number cannot rise, and may fall
    reasons = [_ALWAYS if a else _TIED if np.isnan(v) else None for a, v in zip(always, value, strict=True)]
    return value, slope * turn, reasons
