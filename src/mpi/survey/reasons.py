"""By which codes answers are missing: how many rows hold each, counted in memory or where the data lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mpi.measures.measure import Measure
    from mpi.survey.survey import Survey

__all__ = ["COLUMNS", "missing_by_code"]

COLUMNS = ("indicator", "column", "code", "label", "n", "n_missing")
"""The columns of a table of codes."""


def missing_by_code(survey: Survey, measure: Measure) -> list[dict[str, Any]]:
    """Count the answers that are missing by a code, for each indicator of a measure.

    Parameters
    ----------
    survey : Survey
        Who was asked, with its domain.
    measure : Measure
        The indicators: their columns, and the columns that rules made them of.

    Returns
    -------
    list of dict
        For each indicator, column and code that occurs: the code, its label, the rows that hold it (`n`), and those of
        them where the indicator is missing (`n_missing`).
    """
    rows = []
    for indicator in measure.indicators:
        for column in dict.fromkeys([indicator.column, *survey.missing.inputs.get(indicator.column, ())]):
            labels = survey.labels.get(column, {})
            counts = survey.rows.reason_counts(column, indicator.column)
            for code, (n, absent) in sorted(counts.items(), key=lambda x: str(x[0])):
                said = (indicator.name, column, code, labels.get(code, ""), n, absent)
                rows.append(dict(zip(COLUMNS, said, strict=True)))
    return rows
