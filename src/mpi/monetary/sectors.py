"""Changes of monetary poverty by sector or group: within sectors, by people who moved, and both together."""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from mpi.core.arguments import kinds_checked
from mpi.monetary.estimates import MonetaryOptions, ends_of, estimate
from mpi.monetary.names import orders
from mpi.results.dual import figures_of
from mpi.results.lookup import Finder
from mpi.results.rounds import spans
from mpi.results.terms import adds_up, from_terms, relabelled, term
from mpi.tables.select import select_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mpi.frames.aggregation import By
    from mpi.monetary.lines import LineLike
    from mpi.results.estimates import Estimates
    from mpi.results.rounds import Span
    from mpi.results.terms import Term
    from mpi.survey.survey import Survey

    Places = NDArray[np.int64]

__all__ = ["sectors"]

_ALL = "all groups"


@kinds_checked
def sectors(
    survey: Survey,
    welfare: str,
    by: By,
    *,
    line: LineLike,
    rounds: Sequence[Any] | None = None,
    alphas: Sequence[float] = (0, 1, 2),
    **options: Unpack[MonetaryOptions],
) -> Estimates:
    """Take the change of monetary poverty apart by sectors (Ravallion and Huppi 1991).

    Parameters
    ----------
    survey : Survey
        Two rounds or more (`mpi.pool`).
    welfare : str
        The column of income or expenditure per person.
    by : str or tuple of str
        The sectors: they must cover the population.
    line : optional
        The poverty line; see `estimate`. A line that varies with the sample does so in every term.
    rounds : pair of rounds, optional
        From which to which; by default the first to the last.
    alphas : sequence of float
        The orders of FGT.
    **options
        ``unit, level, df``, as for `mpi.estimate`.

    Returns
    -------
    Estimates
        Of each sector, with its share s of the population and its poverty p, ``contrast`` being ``intrasectoral``
        s0 (p1 - p0), ``population_shift`` (s1 - s0) p0 and ``interaction`` (s1 - s0) (p1 - p0); their sums over sectors
        (group ``all groups``) add up to ``change``.

    Raises
    ------
    MpiError
        When there are not two rounds, or the sectors do not cover the population.

    Examples
    --------
    >>> import mpi
    >>> parts = mpi.monetary.sectors(mpi.load_sample(), "income", "area", line=900, alphas=[0])
    >>> parts.table["contrast"].tolist()[:4]
    ['change', 'intrasectoral', 'population_shift', 'interaction']
    """
    names, ends = orders("fgt", alphas), ends_of(rounds)
    est = estimate(survey, welfare, [by], line=line, statistics=[*names, "population"], **options)
    span = spans(est, *ends, None, "sectors")[-1]
    return from_terms(est, _terms(est, names, select_by(est, by, "sectors"), span))


def _terms(est: Estimates, names: Sequence[str], by: int, span: Span) -> list[Term]:
    """Return the terms of the sectors and of their sums; all of a sector that is in one round alone is shift."""
    finder, figures = Finder(est.keys), figures_of(est)
    anchor, first, last = _both(est, finder, names, by, span)
    p0, p1 = figures.take(first), figures.take(last)
    p0, p1 = p0.filled(p1), p1.filled(p0)
    s0, s1 = (_shares(finder, figures, anchor, wave) for wave in (span.start, span.end))
    parts = {
        "intrasectoral": s0 * (p1 - p0), "population_shift": (s1 - s0) * p0, "interaction": (s1 - s0) * (p1 - p0),
    }  # fmt: skip
    whole = [finder.beside(anchor, by="total", group="total", wave=w) for w in (span.start, span.end)]
    _, at, fold = np.unique(whole[1], return_index=True, return_inverse=True)
    cases = np.stack([w[at] for w in whole], axis=1)
    change = figures.take(cases[:, 1]) - figures.take(cases[:, 0])
    folded = {n: f.folded(fold.ravel(), len(at)) for n, f in parts.items()}
    adds_up(reduce(add, folded.values()), change, "sectors: the terms of the sectors")
    keys = relabelled(est.keys, anchor, wave=str(span))
    total, blank = relabelled(keys, at, group=_ALL), [""] * len(at)
    terms = [term(change, total, "change", blank, cases)]
    terms += [term(f, total, n, blank, cases) for n, f in folded.items()]
    return [*terms, *(term(f, keys, n, [""] * len(anchor)) for n, f in parts.items())]


def _both(est: Estimates, finder: Finder, names: Sequence[str], by: int, span: Span) -> tuple[Places, Places, Places]:
    """Return where each sector's poverty stands: in whichever round, in the first and in the last (-1 where absent)."""
    every = est.keys.find({"statistic": names})
    rows = every[est.keys["by"].index[every] == by]
    anchor = rows[np.isin(est.keys["wave"].index[rows], _rounds(est, span.start, span.end))]
    last = np.where(_is(est, anchor, span.end), anchor, finder.beside(anchor, wave=span.end))
    first = np.where(_is(est, anchor, span.start), anchor, finder.beside(anchor, wave=span.start))
    keep = _is(est, anchor, span.end) | (last < 0)  # a sector of both rounds stands once
    return anchor[keep], first[keep], last[keep]


def _rounds(est: Estimates, *waves: Any) -> list[int]:
    return [est.keys["wave"].values.index(w) for w in waves]


def _is(est: Estimates, rows: Places, wave: Any) -> NDArray[np.bool_]:
    return np.asarray(est.keys["wave"].index[rows] == est.keys["wave"].values.index(wave))


def _shares(finder: Finder, figures: Any, anchor: Places, wave: Any) -> Any:
    """Return the groups' shares of the population in a round; 0 where a group is absent."""
    own = finder.beside(anchor, statistic="population", dimension=None, wave=wave)
    whole = finder.beside(anchor, statistic="population", dimension=None, wave=wave, by="total", group="total")
    return (figures.take(own) / figures.take(whole)).filled(0.0)
