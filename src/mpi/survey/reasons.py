"""By which codes answers are missing: how many rows hold each, counted in memory or where the data lie."""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from mpi.frames.aggregate import with_conditions
from mpi.frames.arrays import column_levels, numbers
from mpi.frames.missing_codes import WHY
from mpi.frames.progress import collected
from mpi.survey.source import counted_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mpi.measures.measure import Measure
    from mpi.survey.source import Source
    from mpi.survey.survey import Survey

    Counts = dict[Any, tuple[int, int]]

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
            for code, (n, absent) in sorted(_counts(survey, column, indicator.column).items(), key=lambda x: str(x[0])):
                said = (indicator.name, column, code, labels.get(code, ""), n, absent)
                rows.append(dict(zip(COLUMNS, said, strict=True)))
    return rows


def _counts(survey: Survey, column: str, indicator: str) -> Counts:
    """Return the rows of each code, and those of them where the indicator is missing."""
    if survey.in_memory:
        parts: Iterable[Counts] = _here(survey, column, indicator)
    else:
        parts = (_there(s, column, indicator) for s in survey.sources)  # type: ignore[attr-defined]  # of an Unread
    found: Counts = {}
    for part in parts:
        for code, (n, absent) in part.items():
            before = found.get(code, (0, 0))
            found[code] = (before[0] + n, before[1] + absent)
    return {code: both for code, both in found.items() if both[0]}


def _here(survey: Survey, column: str, indicator: str) -> Iterable[Counts]:
    cases = survey.numbers(survey.roles["cases"]) if "cases" in survey.roles else np.ones(len(survey))
    cases = cases if survey.counting is None else cases * survey.counting
    start = 0
    for frame in survey.frames:
        weight = cases[start : start + len(frame)]
        start += len(frame)
        if f"{WHY}{column}" not in frame.columns:
            continue
        levels, index = column_levels(frame[f"{WHY}{column}"])
        there = index >= 0
        absent = np.isnan(numbers(frame[indicator]).astype(np.float64)) * weight
        sums = [np.bincount(index[there], weights=w[there], minlength=len(levels)) for w in (weight, absent)]
        yield {_code(v): (int(n), int(m)) for v, n, m in zip(levels, *sums, strict=True) if v is not None}


def _there(source: Source, column: str, indicator: str) -> Counts:
    frame, conditions = with_conditions(source.frame, counted_rows(source))
    schema = frame.collect_schema()
    why = f"{WHY}{column}"
    if why not in schema:
        return {}
    inside = [(nw.col(c) == 1).fill_null(value=False) for c in conditions]
    known = [~nw.col(why).is_null()]
    gone = nw.when(nw.col(indicator).is_null()).then(nw.lit(1)).otherwise(nw.lit(0))
    rows = frame.filter(functools.reduce(operator.and_, [*known, *inside]))
    rows = rows.select(nw.col(why).alias("v"), nw.lit(1).alias("n"), gone.alias("m"))
    found = collected(rows.group_by("v").agg(nw.col("n").sum(), nw.col("m").sum()))
    return {_code(v): (int(n), int(m)) for v, n, m in found.itertuples(index=False)}


def _code(value: Any) -> Any:
    """Return a code as it is written: whole numbers as such, texts that are numbers as numbers."""
    try:
        number = float(value)
    except ValueError:
        return value
    return int(number) if number.is_integer() else round(number, 6)
