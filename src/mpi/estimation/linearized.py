"""Estimates from what each row contributes: for statistics that are no function of a few totals, as coefficients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mpi.core.errors import RequestError
from mpi.estimation.assemble import assemble
from mpi.estimation.groups import grouping
from mpi.estimation.parts import ColumnLabels, part
from mpi.estimation.rows import Rows
from mpi.estimation.totals import cells_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mpi.results.estimates import Estimates
    from mpi.results.options import Degrees
    from mpi.survey.survey import Survey

__all__ = ["Scored", "scored", "take_rows"]


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """One statistic or several, with what each row contributes to them.

    Attributes
    ----------
    labels : sequence of Labels
        What each statistic is.
    value : ndarray of float, shape (statistics,)
        The estimates.
    scores : ndarray of float, shape (rows, statistics)
        The derivative of each with respect to the weight of each row.
    cases : ndarray of bool, shape (rows,)
        The rows that they rest on.
    """

    labels: Sequence[ColumnLabels]
    value: NDArray[np.float64]
    scores: NDArray[np.float64]
    cases: NDArray[np.bool_]


def take_rows(rows: Rows, keep: NDArray[np.bool_]) -> Rows:
    """Return some of the rows that count; the design is not touched."""
    place = np.flatnonzero(keep)
    take = place if rows.take is None else rows.take[place]
    unit = rows.unit[place]
    return Rows(take, unit, rows.weight[place], np.unique(unit).astype(np.int64))


def scored(survey: Survey, rows: Rows, parts: Sequence[Scored], *, level: float, degrees: Degrees) -> Estimates:
    """Sum weights times scores by PSU and make estimates of them, all covariances kept.

    The linearised influence of a statistic on the units of the sample is the sum of weight times score over the unit's
    rows (Binder 1983; Deville 1999), whatever the statistic.

    Parameters
    ----------
    survey : Survey
        Who was asked.
    rows : Rows
        The rows that the scores belong to, all of one round.
    parts : sequence of Scored
        The statistics.
    level, degrees
        As for `mpi.estimate`.

    Raises
    ------
    MpiError
        When the rows belong to several rounds.
    """
    group = grouping(survey, rows)
    if len(group.wave) > 1:
        found = ", ".join(str(survey.waves[w]) for w in group.wave)
        raise RequestError(
            f"the rows are of {len(group.wave)} rounds ({found}); choose one of them with where=, for example "
            f"where=lambda frame: frame[{survey.roles['wave']!r}] == {survey.waves[int(group.wave[-1])]!r}"
        )
    cells = cells_of(group, rows, survey.design)

    table = cells.totals(rows.weight * u for p in parts for u in p.scores.T)
    cases = cells.totals(p.cases & (rows.weight > 0) for p in parts for _ in p.value)
    value = np.concatenate([p.value for p in parts])[:, None]
    labels = [label for p in parts for label in p.labels]
    one = part(labels, value, cells.sum(cases), cells.psus(cases > 0), table)
    return assemble(survey.design, survey.waves, [(group, cells, [one])], cells, level=level, degrees=degrees)
