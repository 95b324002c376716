"""The whole by its groups: what each adds to it, its share, and how far it is over-represented."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from mpi.core.arguments import kinds_explained
from mpi.core.errors import RequestError, unknown
from mpi.results.dual import figures_of
from mpi.results.lookup import Finder, additive, explained, levels, need
from mpi.results.rounds import people_in
from mpi.results.terms import adds_up, constant, from_terms, share_of, term
from mpi.tables.select import select_by, split_groups

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from mpi.frames.aggregation import By
    from mpi.results.dual import Figures
    from mpi.results.estimates import Estimates
    from mpi.results.terms import Term

    Places = NDArray[np.int64]

__all__ = ["groups"]


@kinds_explained
def groups(
    est: Estimates, by: By, *, within: By | None = None, population: float | Mapping[Any, float] | None = None
) -> Estimates:
    """Take the whole apart by groups: what each adds to it, its share of it, and its over-representation in it.

    Parameters
    ----------
    est : Estimates
        Estimates by groups, with ``population_share``.
    by : str or tuple of str
        The groups, which make up the whole. A cross recombines like any other grouping.
    within : str or tuple of str, optional
        The larger groups that a cross is taken within: ``by=("region", "province"), within="region"`` gives each
        province's part in its region. Must have been estimated too.
    population : number, or mapping of round to number, optional
        The number of people in the whole, known from elsewhere: gives the number of poor in each group, with the
        error of its share. (For numbers by the survey's own weights, ask `mpi.estimate` for ``number_of_poor``.)

    Returns
    -------
    Estimates
        Of M0, H, headcounts, contributions, vulnerable and severe (without headcounts of indicators where missing
        answers are reweighted: these are of those observed, and do not add up), ``contrast`` being

        ``group_part``
            v y: population share times the group's figure. They add up to the figure of the whole.
        ``group_share``
            v y / Y: they add up to 1.
        ``representation_ratio``
            y / Y, the share in the figure over the share in the population: above 1, the group is over-represented.

        With `population`, also ``number_of_poor``.

    Raises
    ------
    MpiError
        When groups, their population shares or the larger groups are not among the estimates, or when the parts do
        not add up to the whole (groups that do not cover it).

    Notes
    -----
    Alkire and Foster (2011): M0 = sum of v M0 over groups. Shares and figures both vary, and their covariance is in
    every error; the shares are those of the retained sample, for which the identity is exact. A share of 0 is
    undefined.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["ethnicity"])
    >>> parts = mpi.decompose.groups(est, by="ethnicity")
    >>> shares = parts.select(statistic="H", contrast="group_share", wave=2018)
    >>> round(float(shares.value.sum()), 12)
    1.0
    """
    plain = levels(est, "groups")
    need(plain, "groups", "statistic", ("population_share",))
    place = select_by(plain, by, "groups")
    finder, figures = Finder(plain.keys), figures_of(plain)
    statistic = plain.keys["statistic"]
    wanted = [statistic.values.index(s) for s in additive(plain, "groups")]
    rows = np.flatnonzero((plain.keys["by"].index == place) & np.isin(statistic.index, wanted))
    if not len(rows):
        raise RequestError(f"groups: nothing that adds up was estimated by {by!r}")
    whole = _whole(plain, finder, rows, place, within)
    share = figures.take(finder.share(rows)).filled(0.0)
    if within is not None:
        share = share / figures.take(finder.share(whole))
    terms = _terms(plain, figures, rows, whole, share)
    if population is not None:
        terms.append(_numbers(plain, figures, finder, rows, population))
    return from_terms(plain, terms, **explained(plain))


def _whole(plain: Estimates, finder: Finder, rows: Places, place: int, within: By | None) -> Places:
    """Return where the figures of the whole, or of the larger group, stand."""
    if within is None:
        found = finder.beside(rows, by="total", group="total")
    else:
        found = _larger(plain, finder, rows, place, within)
    if (found < 0).any():
        raise RequestError("groups: the figures of the whole are needed too; keep by='total' among the estimates")
    return found


def _larger(plain: Estimates, finder: Finder, rows: Places, place: int, within: By) -> Places:
    by, group = plain.keys["by"], plain.keys["group"]
    outer = select_by(plain, within, "groups: within")
    columns, kept = by.values[place].split(" × "), by.values[outer].split(" × ")
    absent = [c for c in kept if c not in columns]
    if absent:
        raise RequestError(f"groups: within: {unknown('column', absent[0], columns)}; the smaller groups must cross it")
    at = [columns.index(c) for c in kept]
    parts = split_groups(plain, by.values[place])
    known = {label: i for i, label in enumerate(group.values)}
    table = np.full(len(group.values), -1, dtype=np.int64)
    for label, pieces in parts.items():
        table[known[label]] = known.get(" × ".join(pieces[i] for i in at), -1)
    return finder.beside(rows, by=by.values[outer], group=table[group.index[rows]])


def _terms(plain: Estimates, figures: Figures, rows: Places, whole: Places, share: Figures) -> list[Term]:
    y, total = figures.take(rows), figures.take(whole)
    part = share * y.filled(0.0)
    keys, blank, cases = plain.keys.take(rows), [""] * len(rows), np.stack([rows], axis=1)
    _, at, fold = np.unique(whole, return_index=True, return_inverse=True)
    sums, defined = part.folded(fold, len(at)), np.flatnonzero(~np.isnan(total.value[at]))
    adds_up(sums.take(defined), total.take(at[defined]), "groups: the parts of the groups")
    zero = ["ratio to 0: undefined" if v == 0 else "" for v in total.value.tolist()]
    return [
        term(part, keys, "group_part", blank, cases),
        share_of(part, total, keys, "group_share", blank, cases),
        term(y / total, keys, "representation_ratio", zero, cases, "log"),
    ]


def _numbers(
    plain: Estimates, figures: Figures, finder: Finder, rows: Places, population: float | Mapping[Any, float]
) -> Term:
    """Return the number of poor in each group, of a population known from elsewhere."""
    statistic, wave = plain.keys["statistic"], plain.keys["wave"]
    need(plain, "groups: the number of poor", "statistic", ("H",))
    poor = rows[statistic.index[rows] == statistic.values.index("H")]
    waves = [wave.at(i) for i in poor.tolist()]
    rounds = list(dict.fromkeys(waves))
    given = population if isinstance(population, Mapping) else dict.fromkeys(rounds, population)
    size = dict(zip(rounds, people_in(given, rounds, "groups"), strict=True))
    people = np.array([size[w] for w in waves])
    number = figures.take(finder.share(poor)).filled(0.0) * figures.take(poor) * people
    keys = plain.keys.take(poor)
    return term(number, keys.with_column("statistic", constant("number_of_poor", len(poor))), "level")
