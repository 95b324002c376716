"""Counts of rows that hold codes, texts, or reasons of missing answers: in memory, and by an engine."""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from mpi.core.errors import MpiError
from mpi.frames.aggregate import with_conditions
from mpi.frames.arrays import column_levels, numbers
from mpi.frames.missing_codes import WHY
from mpi.frames.progress import collected
from mpi.frames.without_codes import is_text
from mpi.survey.source import counted_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from mpi.frames.arrays import Categories
    from mpi.survey.columns import Columns
    from mpi.survey.source import Source

    Suspects = Mapping[str, Mapping[Any, str]]
    CodeCounts = dict[tuple[str, Any], int]
    TextCounts = dict[str, dict[Any, int]]
    ReasonCounts = dict[Any, tuple[int, int]]

__all__ = [
    "code_counts",
    "code_counts_there",
    "level_counts",
    "level_counts_there",
    "reason_counts",
    "reason_counts_there",
    "text_counts_there",
]


def level_counts(column: Categories, cases: NDArray[Any] | None = None) -> dict[Any, int]:
    """Return the distinct values of a column, each with its number of rows."""
    counts = np.bincount(column.index, weights=cases, minlength=len(column.levels))
    return {v: int(n) for v, n in zip(column.levels, counts, strict=True) if n}


def level_counts_there(frame: nw.LazyFrame[Any], name: str, conditions: Sequence[str] = ()) -> dict[Any, int]:
    """Return the distinct values of a column of an engine's frame, each with its number of rows."""
    inside = _inside(conditions)
    rows = frame.filter(functools.reduce(operator.and_, inside)) if inside else frame
    rows = rows.select(nw.col(name).cast(nw.String).alias("v"), nw.lit(1).alias("n"))
    found = collected(rows.group_by("v").agg(nw.col("n").sum()))
    return {v: int(n) for v, n in found.itertuples(index=False) if isinstance(v, str)}


def text_counts_there(sources: Iterable[Source], names: Sequence[str]) -> TextCounts:
    """Return the values of those columns that hold text, each with its rows; see `SurveyRows.text_counts`."""
    found: TextCounts = {}
    for source in sources:
        frame, conditions = with_conditions(source.frame, counted_rows(source))
        schema = frame.collect_schema()
        for name in (n for n in names if n in schema and is_text(schema[n])):
            held = found.setdefault(name, {})
            for level, n in level_counts_there(frame, name, conditions).items():
                held[level] = held.get(level, 0) + n
    return found


def code_counts(columns: Columns, cases: NDArray[Any], found: Suspects) -> CodeCounts:
    """Return the rows that hold each of some codes; see `SurveyRows.code_counts`."""
    counts: CodeCounts = {}
    for column, labels in found.items():
        try:
            values = columns.numbers(column)
        except MpiError:
            continue  # text, of which the figure itself says what is wrong
        counts |= {(column, code): int(cases[values == code].sum()) for code in labels}
    return counts


def code_counts_there(sources: Iterable[Source], found: Suspects) -> CodeCounts:
    """Return the rows that hold each of some codes, as their engine counts them."""
    counts: CodeCounts = {}
    for source in sources:
        for key, n in _codes_of(source, found).items():
            counts[key] = counts.get(key, 0) + n
    return counts


def _codes_of(source: Source, suspects: Suspects) -> CodeCounts:
    """Return the rows of one source that hold each of some codes."""
    frame, conditions = with_conditions(source.frame, counted_rows(source))
    schema = frame.collect_schema()
    keys = [(c, v) for c, labels in suspects.items() if c in schema and schema[c].is_numeric() for v in labels]
    inside = _inside(conditions)
    flags = []
    for i, (column, code) in enumerate(keys):
        met = functools.reduce(operator.and_, [*inside, (nw.col(column) == code).fill_null(value=False)])
        flags.append(nw.when(met).then(nw.lit(1)).otherwise(nw.lit(0)).alias(f"_mpi_{i}"))
    if not flags:
        return {}
    sums = collected(frame.select(*flags).select(*(nw.col(f"_mpi_{i}").sum() for i in range(len(flags)))))
    return {key: int(sums[f"_mpi_{i}"].iloc[0] or 0) for i, key in enumerate(keys)}


def reason_counts(columns: Columns, cases: NDArray[Any], column: str, indicator: str) -> ReasonCounts:
    """Return the rows of each code by which answers are missing; see `SurveyRows.reason_counts`."""
    parts, start = [], 0
    for frame in columns.frames:
        weight = cases[start : start + len(frame)]
        start += len(frame)
        if f"{WHY}{column}" not in frame.columns:
            continue
        levels, index = column_levels(frame[f"{WHY}{column}"])
        there = index >= 0
        absent = np.isnan(numbers(frame[indicator]).astype(np.float64)) * weight
        sums = [np.bincount(index[there], weights=w[there], minlength=len(levels)) for w in (weight, absent)]
        parts.append({_code(v): (int(n), int(m)) for v, n, m in zip(levels, *sums, strict=True) if v is not None})
    return _added(parts)


def reason_counts_there(sources: Iterable[Source], column: str, indicator: str) -> ReasonCounts:
    """Return the rows of each code by which answers are missing, as their engine counts them."""
    return _added([_reasons_of(s, column, indicator) for s in sources])


def _reasons_of(source: Source, column: str, indicator: str) -> ReasonCounts:
    frame, conditions = with_conditions(source.frame, counted_rows(source))
    schema = frame.collect_schema()
    why = f"{WHY}{column}"
    if why not in schema:
        return {}
    gone = nw.when(nw.col(indicator).is_null()).then(nw.lit(1)).otherwise(nw.lit(0))
    rows = frame.filter(functools.reduce(operator.and_, [~nw.col(why).is_null(), *_inside(conditions)]))
    rows = rows.select(nw.col(why).alias("v"), nw.lit(1).alias("n"), gone.alias("m"))
    found = collected(rows.group_by("v").agg(nw.col("n").sum(), nw.col("m").sum()))
    return {_code(v): (int(n), int(m)) for v, n, m in found.itertuples(index=False)}


def _added(parts: Sequence[ReasonCounts]) -> ReasonCounts:
    """Add up what the frames of several rounds hold; codes that no row holds are left out."""
    found: ReasonCounts = {}
    for part in parts:
        for code, (n, absent) in part.items():
            before = found.get(code, (0, 0))
            found[code] = (before[0] + n, before[1] + absent)
    return {code: both for code, both in found.items() if both[0]}


def _inside(conditions: Sequence[str]) -> list[nw.Expr]:
    return [(nw.col(c) == 1).fill_null(value=False) for c in conditions]


def _code(value: Any) -> Any:
    """Return a code as it is written: whole numbers as such, texts that are numbers as numbers."""
    try:
        number = float(value)
    except ValueError:
        return value
    return int(number) if number.is_integer() else round(number, 6)
