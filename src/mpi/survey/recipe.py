"""Recipes of calibrated weights: margins and the method to meet them, for rows in memory or with an engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from mpi.core.errors import Problems, RequestError, unknown
from mpi.inference.calibration import Distance
from mpi.survey.calibrate import SUBJECT, WeightUnit, calibrated
from mpi.survey.margins import Margins, read_margins

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mpi.frames.aggregation import By
    from mpi.inference.calibration import Bounds
    from mpi.survey.memory import MemoryRows
    from mpi.survey.rows import SurveyRows

__all__ = ["Recipe", "read_recipe"]


@dataclass(frozen=True, slots=True, eq=False)
class Recipe:
    """Margins, and how weights are to meet them.

    Attributes
    ----------
    margins : Margins
        What the weights are to add up to.
    how, unit, bounds
        As for `Survey.calibrate`.
    """

    margins: Margins
    how: Distance
    unit: WeightUnit
    bounds: Bounds | None

    @property
    def columns(self) -> list[str]:
        """The columns of the margins, each once."""
        return list(dict.fromkeys(c for m in self.margins.each for c in m.columns))

    def apply(self, rows: MemoryRows) -> MemoryRows:
        """Return rows with weights that meet the margins."""
        return calibrated(rows, self.margins, self.how, self.unit, self.bounds)


def read_recipe(
    rows: SurveyRows,
    given: Any,
    how: Distance,
    unit: WeightUnit,
    bounds: Bounds | None,
    on: str | Sequence[By] | None,
) -> Recipe:
    """Return what weights are asked to be, checked as far as no row is needed; see `Survey.calibrate`."""
    problems = Problems(SUBJECT, RequestError)
    _check(rows, how, unit, bounds, problems)
    margins = read_margins(given, [on] if isinstance(on, str) else on, rows.columns, problems)
    if not rows.in_memory and any(m.cells is None for m in margins.each):
        problems.add("sums of columns need the rows in memory; survey.collect([...]) reads the columns that are needed")
    problems.raise_if_any()
    made = Recipe(margins, how, unit, bounds)
    rows.check_columns(made.columns)
    return made


def _check(rows: SurveyRows, how: str, unit: str, bounds: Any, problems: Problems) -> None:
    if how not in get_args(Distance):
        problems.add(f"how: {unknown('way', how, get_args(Distance))}")
    if unit not in get_args(WeightUnit):
        problems.add(f"unit: {unknown('choice', unit, get_args(WeightUnit))}")
    if how == "logit":
        good = isinstance(bounds, (tuple, list)) and len(bounds) == 2 and 0 <= bounds[0] < 1 < bounds[1]  # two ends
        if not good:
            problems.add("bounds: logit keeps ratios of weights between two numbers around 1, bounds=(0.5, 2)")
    elif bounds is not None:
        problems.add(f"bounds: {how!r} has none; how='logit' keeps ratios between them")
    if rows.has_rounds:
        problems.add("the survey has several rounds; calibrate each by itself, and put them together with mpi.pool")
