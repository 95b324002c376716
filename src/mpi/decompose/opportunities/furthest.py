"""Groups left furthest behind: the crossed circumstances with the highest and the lowest deprivation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.arguments import kinds_explained
from mpi.core.errors import Problems, RequestError
from mpi.decompose.opportunities.circumstances import check_meaning, series_of
from mpi.results.dual import figures_of, stacked
from mpi.results.lookup import levels
from mpi.results.terms import Term, from_terms, relabelled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mpi.decompose.opportunities.circumstances import Meaning, Series
    from mpi.results.dual import Figures
    from mpi.results.estimates import Estimates

__all__ = ["furthest_behind"]


@kinds_explained
def furthest_behind(
    est: Estimates,
    by: str | Sequence[str] | None = None,
    *,
    statistics: str | Sequence[str] | None = None,
    rates: Meaning = "deprivation",
    smallest: int = 50,
) -> Estimates:
    """Return the group left furthest behind and the one furthest ahead: their rates, their sizes, and the distance.

    Parameters
    ----------
    est, by, statistics, rates
        As for `opportunity`.
    smallest : int
        Groups with fewer cases are passed over: the extremes of small groups are mostly chance.

    Returns
    -------
    Estimates
        For each rate, indicator, round, cutoff and weighting: the rate of the group furthest behind
        (``contrast`` is ``furthest_behind``) and of the one furthest ahead (``furthest_ahead``), the population
        shares of both (``statistic`` is ``population_share``), and the rate of the first less that of the second
        (``furthest_gap``). ``group`` names the groups.

    Raises
    ------
    MpiError
        When the cross, the rates or the population shares are not there.

    Notes
    -----
    The "furthest behind" of ESCAP's Leave No One Behind studies are leaves of a tree on circumstances. Here the leaves
    are all groups of the cross that have enough cases; no tree is grown. **The extremes were chosen by looking**, so
    that they overstate the distance, and intervals are those of groups named beforehand. Rates of 0 tie: the largest
    of the groups that tie is taken.

    Examples
    --------
    >>> import mpi
    >>> measure = mpi.load_measure("gso-mdp")
    >>> est = mpi.estimate(mpi.load_sample(), measure, by=[("ethnicity", "area")], statistics=["H", "population_share"])
    >>> found = mpi.decompose.furthest_behind(est).select(wave=2016, statistic="H")
    >>> found.table[["contrast", "group"]].to_numpy().tolist()[0]
    ['furthest_behind', 'Hmong × Urban']
    """
    plain = levels(est, "furthest_behind")
    problems = Problems("furthest_behind cannot be made", RequestError)
    check_meaning(rates, problems)
    if not isinstance(smallest, (int, np.integer)) or smallest < 0:
        problems.add(f"smallest: a number of cases was expected, not {smallest!r}")
    problems.raise_if_any()
    figures = figures_of(plain)
    found = [
        term
        for series in series_of(plain, "furthest_behind", by, statistics)
        for term in _terms(plain, figures, series, rates, smallest)
    ]
    return from_terms(plain, found, smallest_group=f"{smallest} cases")


def _terms(plain: Estimates, figures: Figures, series: Series, rates: Meaning, smallest: int) -> list[Term]:
    i, j = _ends(plain, series, rates, smallest)
    if i < 0:
        return [_none(plain, figures, series, smallest)]
    rows, shares = series.rate[[i, j]], series.share[[i, j]]
    rate = figures.take(rows)
    gap = rate.take(np.array([0])) - rate.take(np.array([1]))
    words = ["furthest_behind", "furthest_ahead"]
    label = f"{series.labels[i]} - {series.labels[j]}"
    whose = relabelled(plain.keys, rows, contrast=words, statistic="population_share")
    same = "all groups with enough cases have the same rate: nobody is behind" if i == j else None
    said = [same or plain.flag.at(int(r)) for r in rows]
    return [
        Term(rate, relabelled(plain.keys, rows, contrast=words), "share", said),
        Term(figures.take(shares), whose, "share"),
        Term(
            gap,
            relabelled(plain.keys, rows[:1], contrast="furthest_gap", group=label),
            "t",
            [same],
            rows[None, :],
        ),
    ]


def _ends(plain: Estimates, series: Series, rates: Meaning, smallest: int) -> tuple[int, int]:
    """Return which groups are furthest behind and ahead; -1 where fewer than two have enough cases."""
    rate, n = plain.value[series.rate], plain.n[series.rate]
    use = np.flatnonzero((n >= smallest) & np.isfinite(rate) & (series.share >= 0))
    if len(use) < 2:
        return -1, -1
    size = plain.value[series.share[use]]
    badness = rate[use] if rates == "deprivation" else -rate[use]
    order: NDArray[Any] = use[np.lexsort((size, badness))]
    best = use[np.lexsort((-size, badness))]
    return int(order[-1]), int(best[0])


def _none(plain: Estimates, figures: Figures, series: Series, smallest: int) -> Term:
    words = ["furthest_behind", "furthest_ahead", "furthest_gap"]
    keys = relabelled(plain.keys, np.full(3, series.rate[0]), contrast=words, group="none")
    blank = stacked([figures.take(np.array([-1]))] * 3)
    return Term(blank, keys, "t", [f"fewer than two groups of {smallest} cases"] * 3)
