"""Inequality: of scores among the poor, within and between groups; and of groups' poverty among the groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from mpi.core.arguments import kinds_explained
from mpi.core.errors import Problems, RequestError, unknown
from mpi.results.dual import figures_of
from mpi.results.lookup import Finder, levels, need, weighed
from mpi.results.terms import adds_up, from_terms, relabelled, term
from mpi.tables.select import select_by, values_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mpi.results.dual import Figures
    from mpi.results.estimates import Estimates
    from mpi.results.terms import Term
    from mpi.tables.keys import Keys

    Places = NDArray[np.int64]

__all__ = ["Disparity", "disparity", "inequality"]

Disparity = Literal["variance", "theil", "mean_log_deviation", "coefficient_of_variation", "dissimilarity"]
"""An index of how far groups are apart."""


@kinds_explained
def inequality(est: Estimates, by: Any = None, *, beta: float = 1.0) -> Estimates:
    """Split the inequality of scores among the poor into what lies within groups and what lies between them.

    Parameters
    ----------
    est : Estimates
        With the statistics ``inequality``, ``A`` and ``poor_share`` of groups, and of the whole (`mpi.estimate` with
        ``by=``).
    by : str, tuple of str, or list of these, optional
        The disaggregations; by default all.
    beta : float, default 1
        What the variance is multiplied by: 1 gives the variance itself, the scale on which OPHI publishes it; 4 makes
        the largest possible value 1.

    Returns
    -------
    Estimates
        Statistic ``inequality``. For each group, as ``contrast``: ``within`` (its share of the poor times its own
        inequality) and ``between`` (its share of the poor times the squared distance of its intensity from the
        whole's). For the group ``total`` of each disaggregation: their sums, ``total``, and ``within_share`` and
        ``between_share`` of it.

    Raises
    ------
    MpiError
        When a statistic or all groups are missing, `beta` is not positive, or the terms do not add up.

    Notes
    -----
    Seth and Alkire (2017, Research on Economic Inequality 25:63-102), with s_l = v_l H_l / H the group's share of the
    poor::

        V = beta sum of s_l V_l  +  beta sum of s_l (A_l - A)^2

    A group without poor adds nothing. Between groups, estimates from samples lie farther apart than the truth: with
    many small groups the term is too large, by about the mean variance of their intensities.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["area"])
    >>> parts = mpi.decompose.inequality(est).select(group="total", wave=2016)
    >>> parts.keys["contrast"].to_list()
    ['within', 'between', 'total', 'within_share', 'between_share']
    """
    plain = levels(est, "inequality")
    names = _groupings(plain, by, "inequality")
    need(plain, "inequality", "statistic", ["inequality", "A", "poor_share"])
    if isinstance(beta, bool) or not isinstance(beta, (int, float, np.number)) or not 0 < beta < np.inf:
        raise RequestError(
            f"inequality: beta is {beta!r}; a positive number is needed (1 for the variance, 4 for a maximum of 1)"
        )
    finder, figures = Finder(plain.keys), figures_of(plain)
    terms = []
    for name in names:
        rows = plain.keys.find({"statistic": "inequality", "by": name})
        terms += _inequality(plain, finder, figures, rows, float(beta))
    return from_terms(plain, terms, inequality=f"variance of scores among the poor times beta = {beta:g}")


def _inequality(plain: Estimates, finder: Finder, figures: Figures, rows: Places, beta: float) -> list[Term]:
    """Make the terms of one disaggregation: of each group, and of the whole."""
    whole, which = _wholes(finder, rows, "inequality")
    share = figures.take(finder.beside(rows, statistic="poor_share"))
    intensity, mean = (figures.take(finder.beside(r, statistic="A")) for r in (rows, whole))
    distance = (intensity - mean.take(which)).filled(0.0)
    within, between = beta * share * figures.take(rows).filled(0.0), beta * share * distance * distance
    of_group, cases = plain.keys.take(rows), rows[:, None]
    keys = relabelled(plain.keys, whole, by=plain.keys["by"].at(int(rows[0])), group="total")
    inside, across = (x.filled(0.0).folded(which, len(whole)) for x in (within, between))
    return [
        term(within, of_group, "within", None, cases),
        term(between, of_group, "between", None, cases),
        *_whole_terms(plain, whole, keys, inside, across, beta * figures.take(whole)),
    ]


def _whole_terms(
    plain: Estimates, whole: Places, keys: Keys, inside: Figures, across: Figures, total: Figures
) -> list[Term]:
    """Make the terms of the whole, which must add up; without poor they are undefined."""
    there = np.flatnonzero(~np.isnan(total.value))
    adds_up((inside + across).take(there), total.take(there), "inequality")
    said = [plain.flag.at(i) if np.isnan(plain.value[i]) else "" for i in whole.tolist()]
    alike = np.where(total.value == 0, "no inequality among the poor", "").tolist()
    undefined = [a or b for a, b in zip(said, alike, strict=True)]
    sums = {
        "within": inside, "between": across, "total": total, "within_share": inside / total,
        "between_share": across / total,
    }  # fmt: skip
    return [
        term(_where(figure, ~np.isnan(total.value)), keys, name, undefined if "share" in name else said,
             whole[:, None])
        for name, figure in sums.items()
    ]  # fmt: skip


def _where(figure: Figures, defined: NDArray[np.bool_]) -> Figures:
    """Leave figures undefined elsewhere."""
    return figure.take(np.where(defined, np.arange(len(figure)), -1))


@kinds_explained
def disparity(
    est: Estimates,
    by: Any = None,
    *,
    statistics: str | Sequence[str] = "M0",
    kinds: str | Sequence[Disparity] | None = None,
    beta: float = 1.0,
) -> Estimates:
    """Measure how far groups are apart in poverty.

    Parameters
    ----------
    est : Estimates
        With the statistics and ``population_share`` of groups, and of the whole (`mpi.estimate` with ``by=``).
    by : str, tuple of str, or list of these, optional
        The disaggregations; by default all.
    statistics : str or sequence of str
        Statistics that are means over the population: ``M0``, ``H``, headcounts of indicators, contributions.
    kinds : str or sequence of str, optional
        Some of ``variance, theil, mean_log_deviation, coefficient_of_variation, dissimilarity``; all by default.
    beta : float, default 1
        What the variance is multiplied by; 4 for the scale on which the largest value is 1.

    Returns
    -------
    Estimates
        ``contrast`` is the kind, ``group`` is ``total``.

    Raises
    ------
    MpiError
        When a statistic, the groups' population shares or the whole are missing, groups do not cover the whole, or a
        kind is unknown.

    Notes
    -----
    With population shares v_l and M_l / M = r_l (the variance: Seth and Alkire 2017)::

        variance                    beta sum of v_l (M_l - M)^2
        theil                       sum of v_l r_l ln r_l            (a group at 0 adds nothing)
        mean_log_deviation          - sum of v_l ln r_l              (undefined where a group is at 0)
        coefficient_of_variation    sqrt(sum of v_l (r_l - 1)^2)
        dissimilarity               sum of v_l |r_l - 1| / 2

    All are 0 where groups are alike, and none can be less. Estimates from samples lie farther apart than the truth, so
    near 0 they are too large and their limits mean little: test that groups are alike with `Estimates.test`. The
    dissimilarity has no derivative where a group is exactly at the mean.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["area"])
    >>> mpi.decompose.disparity(est, kinds=["theil"]).table[["statistic", "contrast", "by", "wave"]].values.tolist()
    [['M0', 'theil', 'area', 2016], ['M0', 'theil', 'area', 2018]]
    """
    plain = levels(est, "disparity")
    names = _groupings(plain, by, "disparity")
    wanted = [statistics] if isinstance(statistics, str) else list(statistics)
    if not wanted:
        raise RequestError("disparity: statistics: name at least one")
    need(plain, "disparity", "statistic", [*wanted, "population_share"])
    asked = _kinds(kinds, beta, wanted, weighed(plain))
    finder, figures = Finder(plain.keys), figures_of(plain)
    terms = []
    for name in names:
        rows = plain.keys.find({"statistic": wanted, "by": name})
        terms += _disparity(plain, finder, figures, rows, asked, float(beta))
    return from_terms(plain, terms)


def _kinds(kinds: str | Sequence[str] | None, beta: Any, statistics: Sequence[str], means: Sequence[str]) -> list[str]:
    """Return the kinds of disparity that are asked for; problems with them, with beta or the statistics are raised."""
    problems = Problems("disparity cannot be made", RequestError)
    given: list[str] = [*get_args(Disparity)] if kinds is None else [kinds] if isinstance(kinds, str) else list(kinds)
    problems.found += [
        f"kinds: {unknown('kind', k, get_args(Disparity))}" for k in given if k not in get_args(Disparity)
    ]
    if isinstance(beta, bool) or not isinstance(beta, (int, float, np.number)) or not 0 < beta < np.inf:
        problems.add(f"beta is {beta!r}; a positive number is needed")
    problems.found += [
        f"statistics: {s} is not a mean over the population, so population shares do not weigh it" for s in statistics
        if s not in (*means, "CSPI", "union_H", "D(t)") and not s.startswith(("M0^", "Datt("))
    ]  # fmt: skip
    if not given:
        problems.add("kinds: name at least one")
    problems.raise_if_any()
    return list(dict.fromkeys(given))


def _disparity(
    plain: Estimates, finder: Finder, figures: Figures, rows: Places, kinds: Sequence[str], beta: float
) -> list[Term]:
    """Make the indices of one disaggregation."""
    places = finder.share(rows)
    if (places < 0).any():
        raise RequestError(f"disparity: no population share of {plain.keys['group'].at(int(rows[places < 0][0]))!r}")
    there = plain.value[places] > 0  # a group without complete cases has no figures, and no part in it
    rows, places = rows[there], places[there]
    whole, which = _wholes(finder, rows, "disparity")
    share, level, mean = figures.take(places), figures.take(rows), figures.take(whole)
    adds_up((share * level).folded(which, len(whole)), mean, "disparity")
    keys = relabelled(plain.keys, whole, by=plain.keys["by"].at(int(rows[0])), group="total")
    low = np.isin(np.arange(len(whole)), which[level.value == 0])
    nothing = np.where(mean.value == 0, "0 in the whole", "").tolist()
    no_log = np.where(low, "0 in a group: no logarithm", "").tolist()
    out = []
    for kind in kinds:
        figure = _apart(kind, share, level, mean, which)
        if kind == "variance":
            figure, said = beta * figure, [""] * len(whole)
        else:
            figure = _where(figure, mean.value > 0)
            said = [a or (b if kind == "mean_log_deviation" else "") for a, b in zip(nothing, no_log, strict=True)]
        out.append(term(figure, keys, kind, said, whole[:, None]))
    return out


def _apart(kind: str, share: Figures, level: Figures, mean: Figures, which: Places) -> Figures:
    """Return one index of how far the groups of each whole are apart."""
    common = mean.take(which)
    relative, gap = level / common, level / common - 1.0
    makers = {
        "variance": lambda: share * (level - common) ** 2,
        "theil": lambda: (share * relative * relative.log()).filled(0.0),
        "mean_log_deviation": lambda: -share * relative.log(),
        "coefficient_of_variation": lambda: share * gap**2,
        "dissimilarity": lambda: share * gap.absolute() / 2.0,
    }
    found = makers[kind]().folded(which, len(mean))
    return found**0.5 if kind == "coefficient_of_variation" else found


def _groupings(plain: Estimates, by: Any, purpose: str) -> list[str]:
    """Return the disaggregations asked for, as they are named; the total is none.

    Raises
    ------
    MpiError
        When one is unknown, or there is none.
    """
    if by is None:
        known = [str(b) for b in values_of(plain, "by") if b != "total"]
        if not known:
            raise RequestError(f"{purpose}: needs groups; give mpi.estimate a disaggregation (by=)")
        return known
    if isinstance(by, list) and not by:
        raise RequestError(f"{purpose}: by: name at least one disaggregation")
    names = plain.keys["by"].values
    return [names[select_by(plain, one, purpose)] for one in (by if isinstance(by, list) else [by])]


def _wholes(finder: Finder, rows: Places, purpose: str) -> tuple[Places, Places]:
    """Return where the figures of the whole stand that groups belong to, each once, and which is whose."""
    place = finder.beside(rows, by="total", group="total")
    if (place < 0).any():
        raise RequestError(
            f"{purpose}: the figures of the whole are missing; keep by='total' among the estimates that are given"
        )
    whole, which = np.unique(place, return_inverse=True)
    return whole, which.ravel()
