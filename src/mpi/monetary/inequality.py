"""Inequality of money taken apart: within and between groups, and by source of income."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any, Unpack

import narwhals.stable.v2 as nw
import numpy as np

from mpi.core.arguments import kinds_checked
from mpi.core.errors import RequestError
from mpi.estimation.means import mean
from mpi.estimation.request import check_survey
from mpi.monetary.estimates import MonetaryOptions, estimate
from mpi.monetary.names import orders
from mpi.results.dual import figures_of
from mpi.results.lookup import Finder
from mpi.results.terms import adds_up, constant, from_terms, relabelled, term
from mpi.tables.select import select_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mpi.frames.aggregation import By
    from mpi.results.dual import Figures
    from mpi.results.estimates import Estimates
    from mpi.survey.survey import Survey

    Places = NDArray[np.int64]

__all__ = ["income_sources", "within_between"]


@kinds_checked
def within_between(
    survey: Survey, welfare: str, by: By, *, alphas: Sequence[float] = (0, 1, 2), **options: Unpack[MonetaryOptions]
) -> Estimates:
    """Take generalised entropy apart into inequality within groups and between them (Shorrocks 1984).

    Parameters
    ----------
    survey : Survey
        Who was asked.
    welfare : str
        The column of income or expenditure per person; rows with amounts of 0 and below stay out.
    by : str or tuple of str
        The groups, which must cover the population.
    alphas : sequence of float
        The orders of the entropy: 0 the mean log deviation, 1 Theil's index.
    **options
        ``unit, level, df``, as for `mpi.estimate`.

    Returns
    -------
    Estimates
        Of each ``ge(a)``, with population shares v and means m of groups, ``contrast`` being ``within``, the sum of
        v (m_g / m)^a GE_g, ``between``, the entropy of the groups' means, ``within_share`` and ``between_share``;
        and of each group its part ``within``.

    Examples
    --------
    >>> import mpi
    >>> parts = mpi.monetary.within_between(mpi.load_sample(), "income", "area", alphas=[0])
    >>> parts.select(group="total", wave=2016).table["contrast"].tolist()
    ['total', 'within', 'between', 'within_share', 'between_share']
    """
    names = orders("ge", alphas)
    where = nw.col(welfare) > 0
    check_survey(survey)
    survey.check_columns([welfare])
    est = estimate(survey, welfare, [by], statistics=[*names, "mean", "population"], where=where, **options)
    place, finder, figures = select_by(est, by, "within_between"), Finder(est.keys), figures_of(est)
    terms = []
    for alpha, name in zip(alphas, names, strict=True):
        rows = est.keys.find({"statistic": name})
        rows = rows[est.keys["by"].index[rows] == place]
        whole, fold = np.unique(finder.beside(rows, by="total", group="total"), return_inverse=True)
        fold = fold.ravel()
        share = _beside(finder, figures, rows, whole[fold], "population")
        relative = _beside(finder, figures, rows, whole[fold], "mean")
        inside = share * relative**alpha * figures.take(rows)
        within = inside.folded(fold, len(whole))
        between = _between(share, relative, alpha).folded(fold, len(whole))
        total = figures.take(whole)
        adds_up(within + between, total, f"within_between: {name}")
        keys = relabelled(est.keys, whole, by=est.keys["by"].values[place])
        said, cases = [""] * len(whole), whole[:, None]
        of_whole = {
            "total": total, "within": within, "between": between, "within_share": within / total,
            "between_share": between / total,
        }  # fmt: skip
        terms += [term(f, keys, n, said, cases) for n, f in of_whole.items()]
        terms.append(term(inside, est.keys.take(rows), "within", [""] * len(rows), rows[:, None]))
    return from_terms(est, terms)


def _beside(finder: Finder, figures: Figures, rows: Places, whole: Places, statistic: str) -> Figures:
    """Return a statistic of groups over that of the whole."""
    own, every = (finder.beside(r, statistic=statistic) for r in (rows, whole))
    return figures.take(own) / figures.take(every)


def _between(share: Figures, relative: Figures, alpha: float) -> Figures:
    """Return what each group adds to the entropy of groups' means."""
    if alpha == 0:
        return -share * relative.log()
    if alpha == 1:
        return share * relative * relative.log()
    return share * (relative**alpha - 1.0) * (1 / (alpha * (alpha - 1)))


@kinds_checked
def income_sources(
    survey: Survey, welfare: str, sources: Sequence[str], by: Sequence[By] = (), **options: Unpack[MonetaryOptions]
) -> Estimates:
    """Say how much of the inequality of income comes from each of its sources (Shorrocks 1982).

    Parameters
    ----------
    survey : Survey
        Who was asked.
    welfare : str
        The column of income per person.
    sources : sequence of str
        Columns of its parts; a row where one is missing stays out.
    by
        As for `mpi.estimate`: of each group by itself.
    **options
        ``unit, level, df, observed``, as for `mpi.estimate`.

    Returns
    -------
    Estimates
        ``indicator`` is the source and ``statistic`` is ``inequality_share``: cov(source, income) / var(income), the
        share of all inequality that comes from it, whichever index is chosen of a wide class. A source that makes
        incomes more equal has a negative share. They add up to 1 where the sources make up income.

    Examples
    --------
    >>> import mpi, narwhals.stable.v2 as nw
    >>> survey = mpi.load_sample().with_column("half", nw.col("income") / 2)
    >>> est = mpi.monetary.income_sources(survey, "income", ["half"])
    >>> [round(float(v), 9) for v in est.value]
    [0.5, 0.5]
    """
    check_survey(survey)
    survey.check_columns([welfare, *sources])
    if not sources:
        raise RequestError("sources: name at least one column")
    there = reduce(lambda a, b: a & b, (~nw.col(c).is_null() for c in dict.fromkeys([welfare, *sources])))
    columns, made_of = [welfare], {welfare: _product(welfare, welfare)}
    made_of |= {c: _product(c, welfare) for c in sources}
    columns += [c for c in sources if c != welfare]
    wide = survey
    for i, (_, product) in enumerate(made_of.items()):
        wide = wide.with_column(f"_product_{i}", product)
    products = [f"_product_{i}" for i in range(len(made_of))]
    est = mean(wide, [*columns, *products], by, where=there, **options)
    return _shares(est, welfare, dict(zip(made_of, products, strict=True)), sources)


def _product(first: str, second: str) -> nw.Expr:
    """Return the product of two columns, in double precision: whole numbers of 16 bits would overflow."""
    return nw.col(first).cast(nw.Float64) * nw.col(second).cast(nw.Float64)


def _shares(est: Estimates, welfare: str, products: dict[str, str], sources: Sequence[str]) -> Estimates:
    finder, figures = Finder(est.keys), figures_of(est)
    rows = est.keys.find({"indicator": welfare})
    whole = figures.take(rows)
    variance = _income_figures(finder, figures, rows, products[welfare]) - whole * whole
    terms = []
    for name in sources:
        part = (
            _income_figures(finder, figures, rows, products[name])
            - _income_figures(finder, figures, rows, name) * whole
        )
        keys = est.keys.take(rows).with_column("statistic", constant("inequality_share", len(rows)))
        keys = keys.with_column("indicator", constant(name, len(rows)))
        said = ["no inequality" if v <= 0 else "" for v in variance.value.tolist()]
        positive = np.where(variance.value > 0, np.arange(len(rows)), -1)
        terms.append(term(part / variance.take(positive), keys, "level", said, rows[:, None]))
    return from_terms(est, terms)


def _income_figures(finder: Finder, figures: Figures, rows: Places, column: str) -> Any:
    """Return the figures of one column of income beside some rows."""
    return figures.take(finder.beside(rows, indicator=column))
