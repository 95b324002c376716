"""The tables of the World Bank's poverty and equity reports, each from one call, with an error in every cell."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, Unpack, get_args

import numpy as np

from mpi.core.arguments import kinds_checked
from mpi.core.errors import Problems, RequestError, unknown
from mpi.monetary.curves import growth_incidence
from mpi.monetary.estimates import MonetaryOptions, estimate, estimated, request_of
from mpi.monetary.growth import growth_redistribution
from mpi.monetary.lines import Fixed
from mpi.monetary.names import statistics_of
from mpi.monetary.sectors import sectors
from mpi.results.concat import concat
from mpi.results.dual import figures_of
from mpi.results.lookup import Finder
from mpi.results.terms import constant, from_terms, term

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mpi.frames.aggregation import By
    from mpi.monetary.lines import LineLike, Relative
    from mpi.results.dual import Figures
    from mpi.results.estimates import Estimates
    from mpi.survey.survey import Survey

__all__ = ["Report", "report"]

Report = Literal[
    "core", "groups", "vulnerability", "inequality", "deciles", "growth", "sectors", "incidence",
]  # fmt: skip
"""A table of the report."""

_FIFTHS = [f"mean({i / 5:g},{(i + 1) / 5:g})" for i in range(5)]
_TENTHS = [f"{kind}({i / 10:g},{(i + 1) / 10:g})" for kind in ("share", "mean") for i in range(10)]
_INEQUALITY = [
    "gini", "ge(-1)", "ge(0)", "ge(1)", "ge(2)", "atkinson(1)", "palma", "qsr", "lorenz(0.2)", "lorenz(0.4)",
    "share(0.9,1)", "quantile(0.1)", "quantile(0.5)", "quantile(0.9)",
]  # fmt: skip
_CORE = [
    "fgt(0)",
    "fgt(1)",
    "fgt(2)",
    "number_of_poor",
    "mean",
    "quantile(0.5)",
    "gini",
    *_FIFTHS,
    "mean(0,0.4)",
    "mean(0.4,1)",
]
_ABOVE = 1.5


@kinds_checked
def report(
    kind: Report,
    survey: Survey,
    welfare: str,
    by: Sequence[By] = (),
    *,
    line: LineLike = None,
    **options: Unpack[MonetaryOptions],
) -> Estimates:
    """Return a table of the World Bank's poverty and equity reports as estimates.

    Parameters
    ----------
    kind : str
        Which (in brackets, its number in the Bank's program ``pea``):

        ``core``
            (1, 2) Headcount, gap, severity and number of poor at each line; those above it and below 1.5 times it;
            mean, median, means of fifths, of the poorest 40 and the other 60 per cent, Gini.
        ``groups``
            (3, 4, figure 7) Of groups: the headcount, the share of the population and the share of the poor.
        ``vulnerability``
            (7) The share above the line and below 1.5 times it.
        ``inequality``
            (8, figure 9) Gini, entropy, Atkinson, Palma, S80/S20, shares and quantiles.
        ``deciles``
            (15, figure 13) The share and the mean of each tenth.
        ``growth``
            (12) The change by growth, redistribution and, where it differs by round, the line.
        ``sectors``
            (13) The change by sectors, of each disaggregation.
        ``incidence``
            (figure 3) Growth of incomes at each twentieth.
    survey, welfare, by, line, options
        As for `estimate`. The last three kinds need two rounds.

    Returns
    -------
    Estimates
        ``vulnerable_to_poverty`` is the statistic of those between the line and 1.5 times it; ``population_share`` and
        ``poor_share`` those of groups.

    Raises
    ------
    MpiError
        When the kind is unknown, or needs a line, groups or rounds that were not given.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.monetary.report("groups", mpi.load_sample(), "income", ["area"], line=2000)
    >>> est.select(by="area", wave=2018).table["statistic"].tolist()[:4]
    ['fgt(0)', 'population', 'fgt(0)', 'population']
    """
    problems = Problems("the report cannot be made", RequestError)
    if kind not in get_args(Report):
        problems.add(f"kind: {unknown('report', kind, get_args(Report))}")
    if line is None and kind in ("core", "groups", "vulnerability", "growth", "sectors"):
        problems.add(f"{kind!r} needs a poverty line, line=...")
    if not by and kind in ("groups", "sectors"):
        problems.add(f"{kind!r} needs groups, by=[...]")
    problems.raise_if_any()
    if kind == "growth":
        return growth_redistribution(survey, welfare, by, line=line, **options)
    if kind == "incidence":
        return growth_incidence(survey, welfare, by, **options)
    if kind == "sectors":
        return concat([sectors(survey, welfare, one, line=line, **options) for one in by])
    if kind in ("inequality", "deciles"):
        return estimate(survey, welfare, by, statistics=_INEQUALITY if kind == "inequality" else _TENTHS, **options)
    if kind == "groups":
        return _groups(estimate(survey, welfare, by, line=line, statistics=["fgt(0)", "population"], **options))
    return _core(survey, welfare, by, line, options, whole=kind == "core")


def _core(
    survey: Survey, welfare: str, by: Sequence[By], line: LineLike, options: MonetaryOptions, *, whole: bool
) -> Estimates:
    """Return the statistics of a line with those between it and 1.5 times it."""
    request, specs = request_of(survey, welfare, by, line, None, options)
    plain = estimated(request, welfare, statistics_of(_CORE if whole else ["fgt(0)"], line=True), specs, observed=True)
    higher = {n: _higher(s) for n, s in specs.items()}
    above = estimated(request, welfare, statistics_of(["fgt(0)"], line=True), higher, observed=True)
    both = concat([plain, above.select(statistic="fgt(0)")])
    figures = figures_of(both)
    poor = plain.keys.find({"statistic": "fgt(0)"})
    upper = len(plain) + np.arange(len(both) - len(plain))
    order = {key: i for i, key in zip(upper.tolist(), _identity(both, upper), strict=True)}
    place = np.array([order[key] for key in _identity(both, poor)])
    keys = plain.keys.take(poor).with_column("statistic", constant("vulnerable_to_poverty", len(poor)))
    between = figures.take(place) - figures.take(poor)
    every = np.arange(len(plain))
    known = [plain.method.at(i) for i in every.tolist()]
    said = [plain.flag.at(i) for i in every.tolist()]
    terms = [term(figures.take(every), plain.keys, "level", said, every[:, None], known)]
    return from_terms(both, [*terms, term(between, keys, "level", [""] * len(poor), poor[:, None], "share")])


def _identity(est: Estimates, rows: Any) -> list[tuple[Any, ...]]:
    return list(zip(*(est.keys[n].take(rows).to_list() for n in ("dimension", "by", "group", "wave")), strict=True))


def _higher(spec: Fixed | Relative) -> Fixed | Relative:
    """Return a line 1.5 times as high."""
    if not isinstance(spec, Fixed):
        return replace(spec, share=_ABOVE * spec.share)
    if isinstance(spec.value, dict):
        return replace(spec, value={w: _ABOVE * v for w, v in spec.value.items()})
    return replace(
        spec,
        value=None if spec.value is None else _ABOVE * float(spec.value),  # type: ignore[arg-type]  # a number
        rows=None if spec.rows is None else _ABOVE * spec.rows,
    )


def _groups(est: Estimates) -> Estimates:
    """Add the groups' shares of the population and of the poor."""
    finder, figures = Finder(est.keys), figures_of(est)
    rows = est.keys.find({"statistic": "fgt(0)"})
    rows = rows[est.keys["by"].index[rows] != est.keys["by"].values.index("total")]
    share = _share_of_whole(finder, figures, rows, dimension=None, statistic="population")
    rate = figures.take(rows) / figures.take(finder.beside(rows, by="total", group="total"))
    every = np.arange(len(est))
    methods, said = ([c.at(i) for i in every.tolist()] for c in (est.method, est.flag))
    terms = [term(figures.take(every), est.keys, "level", said, every[:, None], methods)]
    for name, figure in (("population_share", share), ("poor_share", share * rate)):
        keys = est.keys.take(rows).with_column("statistic", constant(name, len(rows)))
        terms.append(term(figure, keys, "level", [""] * len(rows), rows[:, None], "share"))
    return from_terms(est, terms)


def _share_of_whole(finder: Finder, figures: Figures, rows: Any, **of: Any) -> Figures:
    """Return the figures of some rows as shares of those of the whole."""
    return figures.take(finder.beside(rows, **of)) / figures.take(finder.beside(rows, by="total", group="total", **of))
