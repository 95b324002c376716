"""Minorities among the extreme poor: those below an international line, by expenditure where it was asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from mpi.core.errors import MpiError
from mpi.estimation.means import mean
from mpi.lines.international import international_line
from mpi.lines.items import amount
from mpi.survey.survey import of_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mpi.lines.classification import Classification
    from mpi.lines.international import InternationalLine
    from mpi.results.estimates import Estimates
    from mpi.survey.survey import Survey

__all__ = ["DOLLARS", "ExtremePoor", "extreme_poor"]

DOLLARS = "1.90"
"""The line of the World Bank's figure for 2016: 95 per cent of those below it were of ethnic minorities."""

_EXPENDITURE, _ITS_WEIGHT = "expenditure", "weight_expenditure"
_TINY = 20


@dataclass(frozen=True, slots=True, eq=False)
class ExtremePoor:
    """Those below an international line, with the amounts that they were compared by.

    Attributes
    ----------
    survey : Survey
        The survey, with the weights of those asked for expenditure where that counts.
    poor : ndarray of bool, shape (rows,)
        Who is below the line.
    line : InternationalLine
        The line in VND.
    by : {"expenditure", "income"}
        What is compared with it.
    """

    survey: Survey
    poor: NDArray[np.bool_]
    line: InternationalLine
    by: str

    @property
    def name(self) -> str:
        """The name of the group, for the label of a figure."""
        return f"those below ${self.line.dollars} ({self.line.base} PPP) a day by {self.by}, persons"

    @property
    def note(self) -> str:
        """The note on the line that a reader of the figure needs."""
        factors = f"PPP {self.line.ppp:,.2f}, consumer prices {self.line.cpi:g}, {self.line.status}: {self.line.source}"
        return (
            f"${self.line.dollars} ({self.line.base} PPP) a day: {amount(round(self.line.per_month))} VND a month "
            f"in prices of {self.line.year}, compared with {self.by} ({factors})."
        )

    def share(self, column: str, level: float) -> Estimates:
        """Return the share of them in whom a column is 1, in persons."""
        return mean(self.survey, column, where=self.poor, unit="person", level=level)


def extreme_poor(status: Classification, survey: Survey) -> ExtremePoor | None:
    """Return who is below the line of $1.90, where the survey says its year; None where that cannot be told.

    Expenditure counts where the survey has it (``expenditure``, VND per person per month), with the weights of those
    who were asked (``weight_expenditure``); income where it has not.

    Parameters
    ----------
    status : Classification
        Who was put into classes, with incomes in VND per person per month.
    survey : Survey
        Its survey, perhaps with more columns.
    """
    line = _line_of(survey)
    if line is None or status.line.unit != "VND per person per month":
        return None
    spent = survey.numbers(_EXPENDITURE) if _EXPENDITURE in survey.columns else np.full(len(survey), np.nan)
    known = ~np.isnan(spent)
    if known.any() and float(np.quantile(spent[known], 0.9)) > line.per_month / _TINY:
        return ExtremePoor(_expenditure_sample(survey), np.asarray(spent < line.per_month), line, _EXPENDITURE)
    return ExtremePoor(survey, np.asarray(status.evidence.income < line.per_month), line, "income")


def _line_of(survey: Survey) -> InternationalLine | None:
    """Return the line in the prices of the survey's year; None where there is no such year, or no factor for it."""
    if "year" not in survey.columns:
        return None
    years = np.unique(survey.numbers("year"))
    if len(years) != 1 or not float(years[0]).is_integer():
        return None
    try:
        return international_line(DOLLARS, int(years[0]))
    except MpiError:
        return None


def _expenditure_sample(survey: Survey) -> Survey:
    """Return the survey with the weights of those who were asked for expenditure, where it has them."""
    if _ITS_WEIGHT not in survey.columns:
        return survey
    weight = np.nan_to_num(np.asarray(survey.numbers(_ITS_WEIGHT), dtype=np.float64))
    return of_rows(replace(survey.rows.collect(), weight=weight))
