"""Estimates of the total and of disaggregations, from what a function makes of the cells of each grouping."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mpi.core.threads import map_threads
from mpi.estimation.assemble import assemble
from mpi.estimation.stages import with_replicates
from mpi.estimation.totals import groups_and_cells

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mpi.estimation.groups import Grouping
    from mpi.estimation.parts import Part
    from mpi.estimation.rows import Rows
    from mpi.frames.aggregation import Cross
    from mpi.inference.cells import Cells
    from mpi.results.estimates import Estimates
    from mpi.results.options import Degrees
    from mpi.survey.survey import Survey

__all__ = ["disaggregated"]


def disaggregated(
    survey: Survey,
    rows: Rows,
    by: Sequence[Cross],
    parts: Callable[[Grouping, Cells], list[Part]],
    *,
    level: float,
    degrees: Degrees,
) -> tuple[Estimates, Grouping]:
    """Return the estimates of the total and of each disaggregation, and the grouping of the total.

    Parameters
    ----------
    survey : Survey
        Who was asked; in memory.
    rows : Rows
        The rows that count.
    by : sequence of tuple of str
        The disaggregations; the total comes before them.
    parts : function
        Gets a grouping and its cells, and returns the statistics of it.
    level, degrees
        As for `mpi.estimate`.
    """

    def estimate_cross(cross: Cross) -> tuple[Grouping, Cells, list[Part]]:
        """Return the groups of one disaggregation, their cells, and the parts of their estimates."""
        group, cells = groups_and_cells(survey, rows, cross)
        made = parts(group, cells)
        return group, cells, with_replicates(survey.design.split, made, cells, cells, lambda own, _: parts(group, own))

    found = map_threads(estimate_cross, ((), *by), len(rows.unit))
    made = assemble(survey.design, survey.waves, found, found[0][1], level=level, degrees=degrees)
    return made, found[0][0]
