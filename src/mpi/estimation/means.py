"""Plain survey estimates over the same totals: means, proportions, totals and ratios of any columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Unpack

import numpy as np

from mpi.core.arguments import kinds_checked
from mpi.core.errors import Problems, RequestError
from mpi.estimation.disaggregated import disaggregated
from mpi.estimation.left_out import by_round, lost_to_missing, rounds_of
from mpi.estimation.options import Precise, shared
from mpi.estimation.parts import ColumnLabels, Part, part
from mpi.estimation.ratios import ratio as ratio_of_totals
from mpi.estimation.ratios import total as total_by_group
from mpi.estimation.request import opened
from mpi.estimation.rows import counted
from mpi.estimation.simple_random import with_simple_sums
from mpi.estimation.sums import Sums, sums_of, weighted
from mpi.estimation.traits import counted as with_counts
from mpi.estimation.unobserved import with_categories
from mpi.frames.progress import staged
from mpi.survey.survey import data_notes, in_words
from mpi.survey.undeclared import tell_undeclared
from mpi.tables.footnotes import KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from mpi.estimation.groups import Grouping
    from mpi.estimation.rows import Rows
    from mpi.frames.aggregation import By, Cross, Pair
    from mpi.inference.cells import Cells
    from mpi.measures.words import Unit
    from mpi.results.estimates import Estimates
    from mpi.results.options import Degrees
    from mpi.survey.survey import Survey

    Floats = NDArray[np.float64]
    Variables = list[tuple[ColumnLabels, Sums]]
    Make = Callable[[Cells, Floats, Floats], tuple[Floats, Floats]]

_TOTALS = ("above", "below", "cases")

__all__ = ["mean", "proportion", "ratio", "total"]


@kinds_checked
@staged("estimating")
def mean(
    survey: Survey,
    columns: str | Sequence[str],
    by: Sequence[By] = (),
    **options: Unpack[Precise],
) -> Estimates:
    """Estimate the means of columns; a column of 0 and 1 gives a share, with a logit-t interval.

    Parameters
    ----------
    survey : Survey
        Who was asked.
    columns : str or sequence of str
        Columns of numbers; rows where one is missing are left out of its mean, and stay in the design.
    by, where, unit, level, df, observed, deff
        As for `mpi.estimate`.

    Returns
    -------
    Estimates
        Statistic ``mean``; ``indicator`` is the column.

    Raises
    ------
    MpiError
        When a column is absent or holds text.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.mean(mpi.load_sample(), ["income"], by=["area"])
    >>> est.select(by="area").table["group"].unique().tolist()
    ['Urban', 'Rural']
    """
    pairs = [(name, None) for name in _listed(columns)]
    found = _Columns(survey, by, options, pairs=pairs)

    def means(piece: _Piece) -> Variables:
        return [(ColumnLabels("mean", indicator=p[0], method="share" if x.share else "t"), x) for p, x in piece.sums()]

    return found.estimates(means, ratio_of_totals)


@kinds_checked
@staged("estimating")
def proportion(
    survey: Survey,
    columns: str | Sequence[str],
    by: Sequence[By] = (),
    **options: Unpack[Precise],
) -> Estimates:
    """Estimate the share of each category of columns, with logit-t intervals.

    Parameters
    ----------
    survey : Survey
        Who was asked.
    columns : str or sequence of str
        Columns of categories; rows where one is missing are left out of its shares.
    by, where, unit, level, df, observed, deff
        As for `mpi.estimate`.

    Returns
    -------
    Estimates
        Statistic ``proportion``; ``dimension`` is the column and ``indicator`` the category.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.proportion(mpi.load_sample(), "area")
    >>> est.select(wave=2016).table["indicator"].tolist()
    ['Urban', 'Rural']
    """
    names = _listed(columns)
    found = _Columns(survey, by, options, categories=names)
    return found.estimates(lambda piece: _shares(piece, names, observed=found.asked.observed), ratio_of_totals)


def _shares(piece: _Piece, names: Sequence[str], *, observed: bool) -> Variables:
    """Return a variable for each category of some columns: 1 in it, 0 in others."""
    variables: Variables = []
    problems = Problems("the proportions cannot be estimated", RequestError)
    for name in names:
        groups = piece.survey.categories(name)
        index = piece.rows.of(groups.index)
        known = np.array([v is not None for v in groups.levels])
        seen = known[index].astype(np.float64)
        if not seen.any():
            problems.add(f"column {name!r} is missing in every row that counts, so it has no categories")
        for i, label in enumerate(groups.labels):
            if known[i] and (not observed or (index == i).any()):
                label_of = ColumnLabels("proportion", indicator=label, dimension=name)
                variables.append((label_of, weighted(piece.rows, (index == i) * 1.0, seen, seen > 0)))
    problems.raise_if_any()
    return variables


@kinds_checked
@staged("estimating")
def total(
    survey: Survey,
    columns: str | Sequence[str],
    by: Sequence[By] = (),
    **options: Unpack[Precise],
) -> Estimates:
    """Estimate the population totals of columns, for example the number of poor from a column of 0 and 1.

    Rows where a column is missing add nothing; `n` counts those that are observed.

    Parameters
    ----------
    survey : Survey
        Who was asked.
    columns : str or sequence of str
        Columns of numbers.
    by, where, unit, level, df, observed, deff
        As for `mpi.estimate`.

    Returns
    -------
    Estimates
        Statistic ``total``; ``indicator`` is the column.

    Examples
    --------
    >>> import mpi
    >>> len(mpi.total(mpi.load_sample(), "income"))
    2
    """
    pairs = [(name, None) for name in _listed(columns)]
    found = _Columns(survey, by, options, pairs=pairs)
    return found.estimates(
        lambda piece: [(ColumnLabels("total", indicator=p[0], method="t"), x) for p, x in piece.sums()], _totals
    )


@kinds_checked
@staged("estimating")
def ratio(
    survey: Survey,
    numerator: str,
    denominator: str,
    by: Sequence[By] = (),
    **options: Unpack[Precise],
) -> Estimates:
    """Estimate the ratio of two totals, for example the share of food in all spending.

    Rows where either column is missing are left out of both.

    Parameters
    ----------
    survey : Survey
        Who was asked.
    numerator, denominator : str
        Columns of numbers.
    by, where, unit, level, df, observed, deff
        As for `mpi.estimate`.

    Returns
    -------
    Estimates
        Statistic ``ratio``; ``indicator`` is ``numerator / denominator``.

    Examples
    --------
    >>> import mpi
    >>> float(mpi.ratio(mpi.load_sample(), "income", "income").value[0])
    1.0
    """
    found = _Columns(survey, by, options, pairs=[(numerator, denominator)])
    label = ColumnLabels("ratio", indicator=f"{numerator} / {denominator}", method="t")
    return found.estimates(lambda piece: [(label, x) for _, x in piece.sums()], ratio_of_totals)


def _totals(cells: Cells, above: Floats, below: Floats) -> tuple[Floats, Floats]:
    """Return totals; one of nothing observed is unknown, not 0."""
    value, scores = total_by_group(cells, above)
    return (value if cells.resum else np.where(cells.sum(below) > 0, value, np.nan)), scores


def _listed(columns: str | Sequence[str]) -> tuple[str, ...]:
    found = (columns,) if isinstance(columns, str) else tuple(dict.fromkeys(columns))
    if not found:
        raise RequestError("columns: name at least one column to estimate")
    return found


class _Columns:
    """The columns asked for, and the request that sums them."""

    __slots__ = ("asked", "beside", "pairs", "request")

    def __init__(
        self,
        survey: Survey,
        by: Sequence[By],
        options: Precise,
        *,
        pairs: Sequence[Pair] = (),
        categories: Sequence[str] = (),
    ) -> None:
        entering = [*categories, *(c for pair in pairs for c in pair if c is not None)]
        self.asked = asked = shared(options)
        self.request = opened(
            survey, by, columns=entering, where=asked.where, unit=asked.unit, level=asked.level, df=asked.df
        )
        tell_undeclared(self.request.domain, entering)
        self.pairs, self.beside = list(pairs), categories

    def estimates(self, variables: Callable[[_Piece], Variables], make: Make) -> Estimates:
        """Sum what `variables` gives of each piece above and below by cell, and turn the sums into estimates."""
        request = self.request

        def estimate_part(survey: Survey, rows: Rows, by: list[Cross]) -> Estimates:
            """Return the estimates of one part of the survey."""
            piece = _Piece(survey, rows, by, self.pairs, request.unit, self.asked.deff)
            return piece.estimates(variables(piece), make, level=request.level, df=request.degrees)

        found, first = request.estimates(estimate_part, pairs=self.pairs, beside=self.beside)
        said = {"counted": counted(first, request.unit), **data_notes(first), "survey": in_words(first)}
        lost = {KEY: found.about[KEY]} if KEY in found.about else {}
        return with_categories(replace(found, about={**said, **lost}), request.domain, observed=self.asked.observed)


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """A survey in memory, its rows that count, and the disaggregations and pairs of columns to sum."""

    survey: Survey
    rows: Rows
    by: list[Cross]
    pairs: list[Pair]
    unit: Unit
    deff: bool

    def sums(self) -> list[tuple[Pair, Sums]]:
        """Return what each row adds to the totals of each pair of columns."""
        return [(pair, sums_of(self.survey, self.rows, i, pair)) for i, pair in enumerate(self.pairs)]

    def estimates(self, variables: Variables, make: Make, *, level: float, df: Degrees) -> Estimates:
        """Sum above and below by cell and turn them into estimates."""
        labels = [label for label, _ in variables]
        lost: list[str] = []

        def parts(group: Grouping, cells: Cells) -> list[Part]:
            """Return the statistics of one grouping with their influences, as one part."""
            above, below, cases = (cells.totals(getattr(x, k) for _, x in variables) for k in _TOTALS)
            value, scores = make(cells, above, below)
            if not group.columns and not cells.resum:
                lost.append(self._left_out(group, labels, cells.sum(cases), cells.sum(below)))
            one = part(labels, value, cells.sum(cases), cells.psus(cases > 0), scores)
            return [replace(with_counts(one, _traits(cells, variables), cells.sum(below)), seen=cases > 0)]

        made, _ = disaggregated(self.survey, self.rows, self.by, parts, level=level, degrees=df)
        if self.deff:
            made = with_simple_sums(made, self.survey, self.rows, self.by, variables)
        return replace(made, about={KEY: lost[0]}) if lost[0] else made

    def _left_out(self, group: Grouping, labels: Sequence[ColumnLabels], cases: Floats, below: Floats) -> str:
        """Say of each column how many rows it is missing in; `cases` and `below` are variables x rounds."""
        rows, rounds = self.rows, rounds_of(self.survey.waves, group)
        many = len(rows.unit) if rows.cases is None else int(rows.cases.sum())
        names: dict[str, int] = {}
        for i, label in enumerate(labels):
            names.setdefault(label.dimension or label.indicator or "", i)
        lacking = {name: i for name, i in names.items() if cases[i].sum() < many}
        if not lacking:
            return ""
        there, weight = (by_round(group, rows, x) for x in (rows.cases, rows.weight))
        said = []
        for name, i in lacking.items():
            of_two = labels[i].statistic == "ratio"  # whose total below is no weight
            absent = " or ".join(dict.fromkeys(filter(None, self.pairs[0]))) if of_two else name
            lost = lost_to_missing(there, cases[i], absent, None if of_two else 1 - below[i] / weight)
            said.append(lost.sentence(self.unit, rounds, column=name if len(names) > 1 else ""))
        return "; ".join(said)


def _traits(cells: Cells, variables: Variables) -> Floats:
    """Count the cases that have what a share is of, by group; NaN of what is no share, or was summed by an engine."""
    found = [x.trait if x.share or label.statistic == "proportion" else None for label, x in variables]
    out = np.full((len(found), cells.groups), np.nan)
    held = [i for i, x in enumerate(found) if x is not None]
    if held:
        out[held] = cells.sum(cells.totals(x for x in found if x is not None))
    return out
