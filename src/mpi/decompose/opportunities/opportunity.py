"""Inequality of opportunity: the dissimilarity index, the human opportunity index, and circumstances' parts in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from math import factorial
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from mpi.core.arguments import kinds_explained
from mpi.core.errors import DataError, Problems, RequestError, unknown
from mpi.decompose.opportunities.circumstances import check_meaning, opportunities, series_of
from mpi.decompose.opportunities.logit import Separated, design_of, predicted
from mpi.results.dual import Figures, figures_of, stacked
from mpi.results.lookup import levels
from mpi.results.terms import Term, adds_up, from_terms, relabelled
from mpi.tables.select import values_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mpi.decompose.opportunities.circumstances import Meaning, Series
    from mpi.results.estimates import Estimates
    from mpi.tables.keys import Keys

__all__ = ["Fit", "opportunity"]

Fit = Literal["cells", "logit"]
"""How the chance of a group is found: its own rate, or the prediction of a logit on its circumstances."""

_TIE, _MOST = 1e-12, 8


@kinds_explained
def opportunity(
    est: Estimates,
    by: str | Sequence[str] | None = None,
    *,
    statistics: str | Sequence[str] | None = None,
    rates: Meaning = "deprivation",
    fit: Fit = "cells",
    few: int = 30,
) -> Estimates:
    """Return coverage, dissimilarity and human opportunity index, and what each circumstance adds to dissimilarity.

    The question is how unequally an opportunity (not to be poor; to be in school) is spread over groups of people
    whose circumstances nobody chooses: ethnicity, place, sex.

    Parameters
    ----------
    est : Estimates
        Estimates by a cross of circumstances, ``by=[("ethnicity", "area")]``, with ``population_share`` and a rate: H
        or an uncensored headcount of `mpi.estimate`, or a mean or proportion put together with population shares
        by `mpi.results.concat.concat`.
    by : tuple of str, optional
        The cross; by default the only one there is.
    statistics : str or sequence of str, optional
        Which rates: some of ``H``, ``uncensored_headcount``, ``mean``, ``proportion``, ``censored_headcount``,
        ``severe``, ``vulnerable``. By default those of the first four that there are.
    rates : {"deprivation", "opportunity"}
        What the rates are the shares of. The opportunity is the complement of a deprivation.
    fit : {"cells", "logit"}
        The chance p of a group: its own rate, or the prediction of a logit on its circumstances without
        interactions. The logit borrows strength where groups are small, and leaves interactions out.
    few : int
        Groups with fewer cases than this are counted in the ``flag``.

    Returns
    -------
    Estimates
        For each rate, indicator, round, cutoff and weighting, ``contrast`` is

        - ``coverage`` C = sum a p, with `a` the groups' population shares;
        - ``dissimilarity`` D = sum a abs(p - C) / (2 C), the share of opportunities that would have to change hands
          for all groups to have the same chance; ``by`` says over which circumstances: all, and each subset of them;
        - ``opportunity_index`` HOI = C (1 - D);
        - ``dissimilarity_bias`` and ``dissimilarity_corrected``: what sampling alone adds to D, and D without it;
        - ``dissimilarity_contribution`` of each circumstance (in ``group``), which add up to D, and
          ``dissimilarity_contribution_share``, which add up to 1.

        All are fractions.

    Raises
    ------
    MpiError
        When the cross, the rates or the population shares are not there; when there are more than 8 circumstances;
        when a logit has no fit because circumstances predict without fail who has the opportunity (separation).

    Notes
    -----
    Paes de Barros, Ferreira, Molinas Vega and Saavedra (2009, World Bank). The contribution of circumstance k is its
    Shapley value: the mean over all orders of what k adds to D(S), with chances found again for each subset S and D of
    none 0 (Hoyos and Narayan 2011, World Bank; Shorrocks 2013). In "cells" D never falls when a circumstance is added;
    in "logit" it can.

    Errors follow from those of shares and rates by the chain rule. The logit is an implicit function of both, with
    db = J^-1 X'[(r - p) da + a dr].

    **D is never negative, so sampling pushes it up**, the more so the smaller the groups; and it has a kink where a
    group's chance equals C, where errors by linearisation are approximate and D of equal chances has none
    (``flag`` says so). ``dissimilarity_bias`` is the mean of what normal sampling errors with the survey's own
    variances s^2 add to abs(p - C): sum a 2 s [phi(z) - z Phi(-z)] / (2 C) with z = abs(p - C) / s. It is computed
    from the observed differences, which are too large themselves; so it takes off two fifths of the bias where groups
    are in truth alike, more where they differ somewhat, and there is nothing to take off where they differ clearly.
    Its error takes the variances s^2 as known. Where it is large beside D, use fewer or larger groups, or the logit.

    Examples
    --------
    >>> import mpi
    >>> measure = mpi.load_measure("gso-mdp")
    >>> est = mpi.estimate(mpi.load_sample(), measure, by=[("ethnicity", "area")], statistics=["H", "population_share"])
    >>> found = mpi.decompose.opportunity(est).select(wave=2018)
    >>> index = found.select(contrast="opportunity_index").value[0]
    >>> coverage = found.select(contrast="coverage").value[0]
    >>> bool(index < coverage)
    True
    >>> found.select(contrast="dissimilarity_contribution").table["group"].tolist()
    ['ethnicity', 'area']
    """
    plain = levels(est, "opportunity")
    if "population_share" not in values_of(plain, "statistic"):
        raise RequestError(
            "opportunity: rates and their population_share are needed. Make a measure of the deprivation, such as "
            "Measure.nested('school', {'education': ['out_of_school']}, cutoff=1), and let mpi.estimate(survey, "
            "measure, by=[('ethnicity', 'area')]) give both"
        )
    _check(rates, fit, few)
    figures = figures_of(plain)
    terms: list[Term] = []
    rests: list[tuple[float, float, float]] = []
    lost: dict[str, str] = {}
    for series in series_of(plain, "opportunity", by, statistics):
        if len(series.names) > _MOST:
            raise RequestError(
                f"opportunity: {len(series.names)} circumstances need too many fits; take at most {_MOST}"
            )
        try:
            own = _terms(plain, figures, series, rates, fit, few)
        except Separated:
            lost[_series_name(plain, series)] = _certain(plain, series)
            continue
        terms += own
        rests += [_rests_on(plain, series)] * sum(len(t.figures) for t in own)
    _refuse(lost)
    found = from_terms(plain, terms, chances=_about(fit), opportunity=_meant(rates))
    n, n_psu, df = np.array(rests, dtype=np.float64).reshape(-1, 3).T
    return replace(found, n=n, n_psu=n_psu, df=np.where(np.isnan(df), found.df, df))


def _rests_on(plain: Estimates, series: Series) -> tuple[float, float, float]:
    """Return the cases, PSUs and degrees of freedom of the whole: an index is of all groups, not of the smallest."""
    n, i = float(plain.n[series.rate].sum()), series.total
    if i < 0:
        return n, float(plain.n_psu[series.rate].max()), np.nan
    return n, float(plain.n_psu[i]), float(plain.df[i])


def _check(rates: Any, fit: Any, few: Any) -> None:
    problems = Problems("opportunity cannot be made", RequestError)
    check_meaning(rates, problems)
    if fit not in get_args(Fit):
        problems.add(f"fit: {unknown('way', fit, get_args(Fit))}")
    if not isinstance(few, (int, np.integer)) or few < 0:
        problems.add(f"few: a number of cases was expected, not {few!r}")
    problems.raise_if_any()


def _about(fit: Fit) -> str:
    return "the groups' own rates" if fit == "cells" else "predictions of a logit on the circumstances, no interactions"


def _meant(rates: Meaning) -> str:
    return "not to be deprived" if rates == "deprivation" else "what the rates are shares of"


# --- the indices of one series --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Index:
    """Dissimilarity over some circumstances.

    Attributes
    ----------
    D : Figures of length 1
        The index.
    share, gap : Figures of shape (groups,)
        The population share of each group, and its chance less coverage.
    """

    D: Figures
    share: Figures
    gap: Figures


def _terms(plain: Estimates, figures: Figures, series: Series, rates: Meaning, fit: Fit, few: int) -> list[Term]:
    """Return the indices, and the contributions to dissimilarity, of one series."""
    K = len(series.names)
    subsets = [s for size in range(K, 0, -1) for s in combinations(range(K), size)]
    keys = _keys(plain, series, subsets)
    a, y = opportunities(figures, series, rates)
    C = _sum(a * y)
    why = series.reason or ("nobody has the opportunity: no index" if C.value[0] <= 0 else None)
    if why:
        none = figures.take(np.array([-1]))
        return [Term(stacked([none] * len(k)), k, "t", [why] * len(k)) for k in keys]
    indices = {s: _index(a, y, C, series.levels[:, list(s)], fit) for s in subsets}
    whole = indices[subsets[0]]
    parts = _shapley({s: i.D for s, i in indices.items()}, K)
    adds_up(_sum(parts), whole.D, "opportunity: contributions to dissimilarity")
    noise, each = _noise(plain, whole, C), whole.D.take(np.zeros(K, dtype=np.int64))
    said = _caution(plain, series, whole, few)
    shares = stacked([C, C * (1.0 - whole.D), *(i.D for i in indices.values())])
    others = stacked([noise, whole.D - noise, parts, parts / each])
    told = [None, said, said, *(_kink(indices[s]) for s in subsets[1:])]
    return [Term(shares, keys[0], "logit", told), Term(others, keys[1], "t", [said] * len(others))]


def _keys(plain: Estimates, series: Series, subsets: Sequence[tuple[int, ...]]) -> tuple[Keys, Keys]:
    """Return what the figures are: the shares among them, and those that may be negative."""
    names = list(series.names)
    K, cross = len(names), " × ".join(names)
    over = [" × ".join(names[k] for k in s) for s in subsets]

    def keys(contrast: list[str], by: list[str], group: list[str]) -> Keys:
        return relabelled(plain.keys, np.full(len(by), series.rate[0]), contrast=contrast, by=by, group=group)

    shares = ["coverage", "opportunity_index", *["dissimilarity"] * len(subsets)]
    parts = ["dissimilarity_contribution"] * K + ["dissimilarity_contribution_share"] * K
    return (
        keys(shares, [cross, cross, *over], ["total"] * len(shares)),
        keys(
            ["dissimilarity_bias", "dissimilarity_corrected", *parts],
            [cross] * (2 + 2 * K),
            ["total", "total", *names, *names],
        ),
    )


def _sum(figures: Figures) -> Figures:
    return figures.folded(np.zeros(len(figures), dtype=np.int64), 1)


def _index(a: Figures, y: Figures, C: Figures, of_group: NDArray[np.int64], fit: Fit) -> _Index:
    """Return D over the groups that some circumstances make: the others are summed over."""
    found, place = np.unique(of_group, axis=0, return_inverse=True)
    place = place.ravel()
    share = a.folded(place, len(found))
    chance = (a * y).folded(place, len(found)) / share
    if fit == "logit" and of_group.shape[1] > 1 and np.ptp(chance.value) > _TIE:
        chance = predicted(design_of(found), share, chance)
    every = C.take(np.zeros(len(found), dtype=np.int64))
    gap = chance - every
    return _Index(_sum(share * _size(gap)) / (C * 2.0), share, gap)


def _size(gap: Figures) -> Figures:
    """Return absolute gaps. Where all are 0 there is no derivative; at a single 0 it is the mean of both sides."""
    tie = np.abs(gap.value) <= _TIE
    if len(gap) == 1:
        return gap * 0.0
    slope = np.full(len(gap), np.nan) if tie.all() else np.where(tie, 0.0, np.sign(gap.value))
    return gap.mapped(np.where(tie, 0.0, np.abs(gap.value)), slope)


def _shapley(D: dict[tuple[int, ...], Figures], K: int) -> Figures:
    """Return what each circumstance adds to D, on average over all orders in which they may come."""
    subsets = list(D)
    place = {s: i for i, s in enumerate(subsets)}
    weights = np.zeros((K, len(subsets)))
    for s, i in place.items():
        for k in range(K):
            inside = len(s) - (k in s)
            share = factorial(inside) * factorial(K - inside - 1) / factorial(K)
            weights[k, i] += share if k in s else -share
    return stacked([D[s] for s in subsets]).combined(weights)


def _noise(plain: Estimates, whole: _Index, C: Figures) -> Figures:
    """Return what sampling alone adds to D: the mean excess of abs(gap) for normal gaps of the design's variances."""
    from scipy.special import ndtr

    chain = replace(plain.influence, jacobian=whole.gap.slope @ plain.influence.jacobian)
    s = np.sqrt(chain.variances())
    size = np.abs(whole.gap.value)
    z = np.divide(size, s, out=np.full(len(s), np.inf), where=s > 0)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    tail = ndtr(-z)
    excess = 2 * np.where(s > 0, s * density - size * tail, 0.0)
    added = whole.gap.mapped(excess, -2 * tail * np.sign(whole.gap.value))
    return _sum(whole.share * added) / (C * 2.0)


# --- what to know ---------------------------------------------------------------------------------------------------


def _kink(index: _Index) -> str | None:
    tie = np.abs(index.gap.value) <= _TIE
    if len(tie) == 1 or not tie.any():
        return None
    if tie.all():
        return "all groups have the same chance: no error at this kink"
    return "a group has the average chance exactly: the error is approximate at this kink"


def _caution(plain: Estimates, series: Series, whole: _Index, few: int) -> str | None:
    """Say which indices to read with care."""
    small = int((plain.n[series.rate] < few).sum())
    told = (
        f"{small} of {len(series.rate)} groups have fewer than {few} cases: dissimilarity biased upward"
        if small
        else None
    )
    return _kink(whole) or told


def _series_name(plain: Estimates, series: Series) -> str:
    names = ("statistic", "indicator", "wave", "cutoff", "weighting")
    parts = [plain.keys[n].at(int(series.rate[0])) for n in names]
    return " ".join(str(p) for p in parts if p is not None)


def _certain(plain: Estimates, series: Series) -> str:
    """Name the categories in which all, or none, are deprived; where there is no such category, the groups."""
    rate, share = plain.value[series.rate], plain.value[series.share]
    parts = [label.split(" × ") for label in series.labels]
    some = []
    for k, of_group in enumerate(series.levels.T):
        of_category = np.bincount(of_group, weights=share * rate) / np.bincount(of_group, weights=share)
        certain = np.flatnonzero(np.isin(of_category, (0.0, 1.0))).tolist()
        some += [f"{series.names[k]} {parts[int(np.argmax(of_group == level))][k]}" for level in certain]
    some = some or [label for label, r in zip(series.labels, rate.tolist(), strict=True) if r in (0.0, 1.0)]
    return ", ".join(some[:4]) + (f" and {len(some) - 4} more" if len(some) > 4 else "")


def _refuse(lost: dict[str, str]) -> None:
    if lost:
        problems = Problems(
            "opportunity: a logit has no fit (separation: circumstances tell without fail who has the opportunity); "
            "merge small categories, leave a circumstance or these rates out, or take fit='cells'",
            DataError,
            [f"{what}: the rate is 0 or 1 in {groups}" for what, groups in lost.items()],
        )
        raise problems.error()
