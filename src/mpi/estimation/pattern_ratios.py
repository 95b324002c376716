"""Statistics of any function of the deprivation pattern: ratios of two totals with their errors, from the one pass."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.errors import Problems, RequestError
from mpi.core.threads import each
from mpi.estimation.apart import condensed_for, put_together
from mpi.estimation.assemble import assemble
from mpi.estimation.estimate import described
from mpi.estimation.groups import grouping
from mpi.estimation.identify import Scores, complete, reweighted
from mpi.estimation.left_out import LeftOut, by_round, of_patterns, rounds_of
from mpi.estimation.parts import part
from mpi.estimation.patterns import profile
from mpi.estimation.ratios import ratio
from mpi.estimation.ratios import total as total_by_group
from mpi.estimation.request import columns_of, crosses
from mpi.estimation.rows import rows_of
from mpi.estimation.totals import Summer, cells_of, counts
from mpi.measures.measure import Measure
from mpi.results.options import Degrees, check_options
from mpi.survey.survey import Survey
from mpi.tables.footnotes import KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from mpi.estimation.groups import Grouping
    from mpi.estimation.parts import Labels, Part
    from mpi.estimation.patterns import Profiles
    from mpi.estimation.rows import Rows
    from mpi.frames.wanted import By, Cross
    from mpi.inference.cells import Cells
    from mpi.measures.words import Unit
    from mpi.results.estimates import Estimates
    from mpi.survey.survey import Where

__all__ = ["Quantity", "check_measure", "pattern_estimates", "scores_of"]


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

    label: Labels
    above: NDArray[Any]
    below: NDArray[Any]
    ratio: bool = True


def pattern_estimates(
    survey: Survey,
    measure: Measure,
    quantities: Callable[[Profiles], Sequence[Quantity]],
    by: Sequence[By] = (),
    *,
    where: Where | None = None,
    unit: Unit | None = None,
    level: float = 0.95,
    df: Degrees = "group",
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
    >>> from mpi.estimation.parts import Labels
    >>> def alike(patterns):
    ...     same = patterns.deprived.all(axis=1) | ~patterns.deprived.any(axis=1)
    ...     return [Quantity(Labels("alike"), same, np.ones(len(same)))]
    >>> pattern_estimates(mpi.load_sample(), mpi.load_measure("gso-mdp"), alike).keys["statistic"].values
    ('alike',)
    """
    groups = _request(survey, measure, by, unit, level, df)
    domain = survey if where is None else survey.where(where)
    columns = [*columns_of(groups), *measure.columns]
    domain.check_columns(columns)
    counted = unit or measure.unit

    def made(part: Survey, own: list[Cross]) -> Estimates:
        return _estimated(part, rows_of(part, counted, columns), own, measure, quantities, counted, level, df)

    parts = condensed_for(domain, groups, flags=measure.columns, unit=counted)
    found = put_together(parts, groups, made)
    titles = {i.name: i.label for i in measure.indicators if i.label != i.name}
    about = described(parts[0][0], measure, counted, found.about)
    return replace(found, titles=titles, about=about, measures=(measure,))


def _estimated(  # what is asked, of what
    survey: Survey,
    rows: Rows,
    by: list[Cross],
    measure: Measure,
    quantities: Callable[[Profiles], Sequence[Quantity]],
    unit: Unit,
    level: float,
    df: Degrees,
) -> Estimates:
    """Estimate some disaggregations from a survey in memory."""
    prof = profile(survey, measure, rows)
    table = _Table(quantities(prof))

    def one(cross: Cross) -> tuple[Grouping, Cells, list[Part]]:
        group = grouping(survey, rows, cross)
        cells = cells_of(group, rows, survey.design)
        return group, cells, _parts(prof, group, cells, table)

    parts = each(one, ((), *by), len(rows.unit))
    found = assemble(survey.design, survey.waves, parts, parts[0][1], level=level, degrees=df)
    said = _left_out(prof, parts[0][0], table, measure).sentence(unit, rounds_of(survey.waves, parts[0][0]))
    return replace(found, about={KEY: said} if said else {})


def _left_out(prof: Profiles, total: Grouping, table: _Table, measure: Measure) -> LeftOut:
    """Count the rows that miss an answer and add to no quantity."""
    lost = prof.missing.any(axis=1) & ~(table.variables[:, table.below] != 0).any(axis=1)
    rows = prof.rows
    with np.errstate(invalid="ignore"):
        share = by_round(total, rows, rows.weight * lost[prof.pattern]) / by_round(total, rows, rows.weight)
    tally = counts(total, rows, prof.pattern, len(lost))
    return of_patterns(tally, lost, prof.missing, measure.names, share)


def check_measure(measure: Measure) -> None:
    """Refuse what is no measure.

    Raises
    ------
    MpiError
        Saying what was given, and how to get a measure.
    """
    if not isinstance(measure, Measure):
        raise RequestError(f"a Measure is needed, not {type(measure).__name__}; load one with mpi.load_measure(name)")


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


def _request(
    survey: Survey, measure: Measure, by: Sequence[By], unit: str | None, level: float, df: str
) -> list[Cross]:
    if not isinstance(survey, Survey):
        raise RequestError(
            f"a Survey is needed, not {type(survey).__name__}; make one with mpi.Survey(frame, weight=...)"
        )
    check_measure(measure)
    problems = Problems("the estimate cannot be made", RequestError)
    check_options(problems, level=level, df=df, unit=unit or measure.unit)
    groups = crosses(by, problems)
    problems.raise_if_any()
    return groups


class _Table:
    """The variables of some quantities, each held once, and where those of each quantity stand."""

    __slots__ = ("above", "below", "quantities", "variables")

    def __init__(self, quantities: Sequence[Quantity]) -> None:
        self.quantities = list(quantities)
        place: dict[int, int] = {}
        held: list[NDArray[Any]] = []

        def put(variable: NDArray[Any]) -> int:
            if id(variable) not in place:
                place[id(variable)] = len(held)
                held.append(variable)
            return place[id(variable)]

        self.above = np.array([put(q.above) for q in self.quantities], dtype=np.int64)
        self.below = np.array([put(q.below) for q in self.quantities], dtype=np.int64)
        self.variables = np.column_stack(held).astype(np.float64)


def _parts(prof: Profiles, group: Grouping, cells: Cells, table: _Table) -> list[Part]:
    """Sum the variables over the cells of a grouping, and turn the totals into values and influences."""
    patterns = len(prof.deprived)
    summer = Summer(cells.of_row, prof.pattern, prof.rows.weight, (cells.unordered, patterns))
    totals = cells.arrange(summer(table.variables))
    tally = counts(group, prof.rows, prof.pattern, patterns)
    cases = np.asarray(tally @ (table.variables != 0).astype(np.int64)).T.astype(np.float64)
    psus = cells.psus(totals > 0)
    out = []
    for is_ratio in (True, False):
        chosen = [i for i, q in enumerate(table.quantities) if q.ratio is is_ratio]
        if not chosen:
            continue
        above, below = table.above[chosen], table.below[chosen]
        made = ratio(cells, totals[above], totals[below]) if is_ratio else total_by_group(cells, totals[above])
        labels = [table.quantities[i].label for i in chosen]
        one = part(labels, made[0], cases[below], psus.of(below), made[1])
        out.append(replace(one, seen=totals[below] > 0))
    return out
