"""Statistics of any function of the deprivation pattern: ratios of two totals with their errors, from the one pass."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, Unpack

import numpy as np

from mpi.core.errors import RequestError
from mpi.estimation.disaggregated import disaggregated
from mpi.estimation.estimate import described
from mpi.estimation.identify import Scores, complete, reweighted
from mpi.estimation.left_out import LeftOut, by_round, lost_patterns, rounds_of
from mpi.estimation.options import Shared, shared
from mpi.estimation.parts import part
from mpi.estimation.patterns import profile
from mpi.estimation.ratios import ratio
from mpi.estimation.ratios import total as total_by_group
from mpi.estimation.request import check_measure, check_survey, opened
from mpi.estimation.titles import indicator_titles
from mpi.estimation.totals import Summer, counts
from mpi.estimation.traits import counted
from mpi.tables.footnotes import KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from mpi.estimation.groups import Grouping
    from mpi.estimation.parts import ColumnLabels, Part
    from mpi.estimation.patterns import Profiles
    from mpi.estimation.request import Opened
    from mpi.estimation.rows import Rows
    from mpi.frames.aggregation import By, Cross
    from mpi.inference.cells import Cells, Psus
    from mpi.measures.measure import Measure
    from mpi.results.estimates import Estimates
    from mpi.survey.survey import Survey

__all__ = ["PatternTable", "Quantity", "left_out", "pattern_estimates", "scores_of", "table_estimates"]


class PatternTable(Protocol):
    """Variables of deprivation patterns, and what is made of their totals.

    Attributes
    ----------
    variables : ndarray of float, shape (patterns, variables)
        What a person with each pattern adds to each total.
    below : ndarray of int
        The variables whose totals others are divided by; a row that adds to none of them is left out.
    """

    variables: NDArray[np.float64]
    below: NDArray[np.int64]

    def parts(self, cells: Cells, totals: NDArray[np.float64], cases: NDArray[np.float64], psus: Psus) -> list[Part]:
        """Return the statistics of one grouping.

        Totals are variables x cells; cases, and PSUs with cases, are those of each variable by group.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Quantity:
    """A statistic as a function of the pattern: the ratio of two totals, or a total.

    Attributes
    ----------
    label : Labels
        What it is, and how its interval is made.
    above : ndarray of float or bool, shape (patterns,)
        What a person with each pattern adds to the total above.
    below : ndarray of float or bool, shape (patterns,)
        What a person with each pattern adds to the total below; the cases it rests on are those that add something.
    ratio : bool
        Whether it is the ratio of the two, or the total above.
    """

    label: ColumnLabels
    above: NDArray[Any]
    below: NDArray[Any]
    ratio: bool = True


def pattern_estimates(
    survey: Survey,
    measure: Measure,
    quantities: Callable[[Profiles], Sequence[Quantity]],
    by: Sequence[By] = (),
    **options: Unpack[Shared],
) -> Estimates:
    """Estimate means of functions of the deprivation pattern, in total and by groups, with the design in every error.

    Parameters
    ----------
    survey : Survey
        Who was asked.
    measure : Measure
        The indicators that make the pattern. What is done with their missing answers is up to `quantities`.
    quantities : function
        Gets the distinct patterns (`deprived` and `missing`, of shape patterns x indicators) and returns what each
        adds to the totals of each statistic. Patterns that nobody has may be among them.
    by, where, unit, level, df
        As for `mpi.estimate`.

    Returns
    -------
    Estimates
        In the order of `quantities` within each group, ratios before totals.

    Raises
    ------
    MpiError
        With every problem of the request or of the indicators at once.

    Notes
    -----
    With the ratio theta = Y / X of two totals, a person's influence is (y - theta x) / X (Binder 1983, International
    Statistical Review 51:279-292); rows are summed by PSU and group before anything else.

    Examples
    --------
    The share deprived in everything or in nothing:

    >>> import mpi
    >>> from mpi.estimation.parts import ColumnLabels
    >>> def alike(patterns):
    ...     same = patterns.deprived.all(axis=1) | ~patterns.deprived.any(axis=1)
    ...     return [Quantity(ColumnLabels("alike"), same, np.ones(len(same)))]
    >>> pattern_estimates(mpi.load_sample(), mpi.load_measure("gso-mdp"), alike).keys["statistic"].values
    ('alike',)
    """
    return table_estimates(survey, measure, lambda prof: _Table(quantities(prof)), by, **options)


def table_estimates(
    survey: Survey,
    measure: Measure,
    table: Callable[[Profiles], PatternTable],
    by: Sequence[By] = (),
    **options: Unpack[Shared],
) -> Estimates:
    """Estimate whatever a table makes of the totals of patterns; see `pattern_estimates` for the arguments."""
    check_survey(survey)
    check_measure(measure)
    asked = shared(options)
    unit = asked.unit or measure.unit
    request = opened(survey, by, columns=measure.columns, where=asked.where, unit=unit, level=asked.level, df=asked.df)

    def make(part: Survey, rows: Rows, own: list[Cross]) -> Estimates:
        prof = profile(part, measure, rows)
        return _estimated(part, prof, own, measure, table(prof), request)

    found, first = request.estimates(make, flags=measure.columns)
    titles = {**found.titles, **indicator_titles(measure)}
    return replace(found, titles=titles, about=described(first, measure, unit, found.about), measures=(measure,))


def _estimated(
    survey: Survey, prof: Profiles, by: list[Cross], measure: Measure, table: PatternTable, request: Opened
) -> Estimates:
    """Estimate some disaggregations from a survey in memory."""

    def parts(group: Grouping, cells: Cells) -> list[Part]:
        return _parts(prof, group, cells, table)

    found, total = disaggregated(survey, prof.rows, by, parts, level=request.level, degrees=request.degrees)
    lost = prof.missing.any(axis=1) & ~(table.variables[:, table.below] != 0).any(axis=1)
    said = left_out(prof, total, lost, measure).sentence(request.unit, rounds_of(survey.waves, total))
    return replace(found, about={KEY: said} if said else {})


def left_out(prof: Profiles, total: Grouping, lost: NDArray[np.bool_], measure: Measure) -> LeftOut:
    """Count the rows whose patterns are lost: that miss an answer and add to no figure."""
    rows = prof.rows
    with np.errstate(invalid="ignore"):
        share = by_round(total, rows, rows.weight * lost[prof.pattern]) / by_round(total, rows, rows.weight)
    tally = counts(total, rows, prof.pattern, len(lost))
    return lost_patterns(tally, lost, prof.missing, measure.names, share)


def scores_of(deprived: NDArray[np.bool_], missing: NDArray[np.bool_], measure: Measure, purpose: str) -> Scores:
    """Score patterns by the measure's policy for missing answers.

    Raises
    ------
    MpiError
        When the policy gives two figures for each (`bounds`), which `purpose` has no bounds for.
    """
    if measure.missing == "bounds":
        raise RequestError(
            f"{purpose}: has no bounds for missing answers; use measure.with_missing('drop') for complete cases, or "
            "'reweight' to move the weight within the dimension"
        )
    return (complete if measure.missing == "drop" else reweighted)(deprived, missing, measure)


class _Table:
    """The variables of some quantities, each held once, and where those of each quantity stand."""

    __slots__ = ("above", "below", "quantities", "variables")

    def __init__(self, quantities: Sequence[Quantity]) -> None:
        self.quantities = list(quantities)
        place: dict[int, int] = {}
        held: list[NDArray[Any]] = []

        def put(variable: NDArray[Any]) -> int:
            """Return the position of a variable, which is stored once."""
            if id(variable) not in place:
                place[id(variable)] = len(held)
                held.append(variable)
            return place[id(variable)]

        self.above = np.array([put(q.above) for q in self.quantities], dtype=np.int64)
        self.below = np.array([put(q.below) for q in self.quantities], dtype=np.int64)
        self.variables = np.column_stack(held).astype(np.float64)

    def parts(self, cells: Cells, totals: NDArray[np.float64], cases: NDArray[np.float64], psus: Psus) -> list[Part]:
        """Return the ratios, and then the totals, of one grouping."""
        out = []
        for is_ratio in (True, False):
            chosen = [i for i, q in enumerate(self.quantities) if q.ratio is is_ratio]
            if not chosen:
                continue
            above, below = self.above[chosen], self.below[chosen]
            made = ratio(cells, totals[above], totals[below]) if is_ratio else total_by_group(cells, totals[above])
            labels = [self.quantities[i].label for i in chosen]
            one = part(labels, made[0], cases[below], psus.select(below), made[1])
            out.append(replace(counted(one, cases[above], cells.sum(totals[below])), seen=totals[below] > 0))
        return out


def _parts(prof: Profiles, group: Grouping, cells: Cells, table: PatternTable) -> list[Part]:
    """Sum the variables over the cells of a grouping, and turn the totals into values and influences."""
    patterns = len(prof.deprived)
    summer = Summer(cells.of_row, prof.pattern, prof.rows.weight, (cells.unordered, patterns))
    totals = cells.arrange(summer(table.variables))
    tally = counts(group, prof.rows, prof.pattern, patterns)
    cases = np.asarray(tally @ (table.variables != 0).astype(np.int64)).T.astype(np.float64)
    return table.parts(cells, totals, cases, cells.psus(totals > 0))
