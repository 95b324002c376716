"""Labelled codes that read like missing answers and count as answers, for nobody declared them: told in a warning."""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from mpi.core.errors import MpiError, warn
from mpi.frames.aggregate import with_conditions
from mpi.frames.label_words import contradiction, missing_like, missing_texts
from mpi.frames.missing_codes import is_text
from mpi.frames.progress import collected
from mpi.survey.source import counted_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from mpi.frames.arrays import Categories
    from mpi.survey.source import Source
    from mpi.survey.survey import Survey

    Labels = Mapping[str, Mapping[Any, str]]
    Suspects = Mapping[str, Mapping[Any, str]]
    Counts = Mapping[tuple[str, Any], int]

__all__ = ["level_counts", "level_counts_there", "suspects", "tell", "tell_contradictions", "tell_undeclared"]


def suspects(labels: Labels, columns: Iterable[str], answers: Collection[str] = ()) -> dict[str, dict[Any, str]]:
    """Return the codes of columns whose labels say that there is no answer.

    Parameters
    ----------
    labels : mapping of column to mapping of value to label
        Value labels.
    columns : iterable of str
        The columns that are used.
    answers : collection of str
        Those of which all values were said to be answers.
    """
    found = {c: missing_like(labels[c]) for c in dict.fromkeys(columns) if c in labels and c not in answers}
    return {c: codes for c, codes in found.items() if codes}


def tell(found: Suspects, counts: Counts) -> None:
    """Warn once of the codes that occur: column, code, label, rows, and how to declare them."""
    lines, declared = [], []
    for column, labels in found.items():
        there = {code: counts[column, code] for code in labels if counts.get((column, code))}
        if there:
            said = " and ".join(f"{_shown(code, labels[code])} in {n:,} rows" for code, n in there.items())
            lines.append(f"column {column!r} holds {said}")
            declared.append(f"{column!r}: [{', '.join(map(repr, there))}]")
    if lines:
        warn(
            f"{'; '.join(lines)}: such codes count as answers here. Where they are none, declare them when the survey "
            f"is made: missing={{{', '.join(declared)}}}; where they are answers, give the column an empty list"
        )


def _shown(code: Any, label: str) -> str:
    return f"{code!r}" if code == label else f"{code!r} ({label!r})"


def tell_undeclared(survey: Survey, columns: Iterable[str]) -> None:
    """Warn of codes in the domain of a survey that read like missing ones and enter a figure.

    Parameters
    ----------
    survey : Survey
        Who was asked, in memory or not.
    columns : iterable of str
        The columns that enter.
    """
    names = [c for c in dict.fromkeys(columns) if c not in survey.missing.answers]
    found: dict[str, dict[Any, str]] = suspects(survey.labels, names)
    counts = _counts(survey, found) if found else {}
    for name, levels in _levels(survey, names).items():
        texts = missing_texts(levels, survey.labels.get(name, {}))
        if texts:
            found[name] = {**texts}
            counts |= {(name, text): levels[text] for text in texts}
    tell(found, counts)


def _levels(survey: Survey, names: Sequence[str]) -> dict[str, dict[Any, int]]:
    """Return the distinct values of those columns that hold text, each with its number of rows."""
    if survey.in_memory:
        cases = _cases(survey)
        return {n: level_counts(survey.categories(n), cases) for n in names if is_text(survey.frames[0].schema[n])}
    found: dict[str, dict[Any, int]] = {}
    for source in survey.sources:  # type: ignore[attr-defined]  # of an Unread
        frame, conditions = with_conditions(source.frame, counted_rows(source))
        schema = frame.collect_schema()
        for name in (n for n in names if n in schema and is_text(schema[n])):
            for level, n in level_counts_there(frame, name, conditions).items():
                held = found.setdefault(name, {})
                held[level] = held.get(level, 0) + n
    return found


def level_counts(column: Categories, cases: NDArray[Any] | None = None) -> dict[Any, int]:
    """Return the distinct values of a column, each with its number of rows."""
    counts = np.bincount(column.index, weights=cases, minlength=len(column.levels))
    return {v: int(n) for v, n in zip(column.levels, counts, strict=True) if n}


def level_counts_there(frame: nw.LazyFrame[Any], name: str, conditions: Sequence[str] = ()) -> dict[Any, int]:
    """Return the distinct values of a column of an engine's frame, each with its number of rows."""
    inside = [(nw.col(c) == 1).fill_null(value=False) for c in conditions]
    rows = frame.filter(functools.reduce(operator.and_, inside)) if inside else frame
    rows = rows.select(nw.col(name).cast(nw.String).alias("v"), nw.lit(1).alias("n"))
    found = collected(rows.group_by("v").agg(nw.col("n").sum()))
    return {v: int(n) for v, n in found.itertuples(index=False) if isinstance(v, str)}


def tell_contradictions(labels: Labels, columns: Iterable[str]) -> None:
    """Warn of indicators whose labels contradict 1 = deprived and 0 = not deprived."""
    found = {c: contradiction(labels[c]) for c in dict.fromkeys(columns) if c in labels}
    told = "; ".join(f"column {c!r}: {said}" for c, said in found.items() if said)
    if told:
        warn(f"{told}. An indicator is 1 where deprived and 0 where not: look whether it is coded the other way")


def _counts(survey: Survey, found: Suspects) -> dict[tuple[str, Any], int]:
    if survey.in_memory:
        return _counts_here(survey, found)
    counts: dict[tuple[str, Any], int] = {}
    for source in survey.sources:  # type: ignore[attr-defined]  # of an Unread
        for key, n in _counts_there(source, found).items():
            counts[key] = counts.get(key, 0) + n
    return counts


def _cases(survey: Survey) -> NDArray[Any]:
    """Return how many rows of the microdata each row stands for; none outside the domain."""
    cases = survey.numbers(survey.roles["cases"]) if "cases" in survey.roles else np.ones(len(survey))
    return cases if survey.counting is None else cases * survey.counting


def _counts_here(survey: Survey, found: Suspects) -> dict[tuple[str, Any], int]:
    cases = _cases(survey)
    counts: dict[tuple[str, Any], int] = {}
    for column, labels in found.items():
        try:
            values = survey.numbers(column)
        except MpiError:
            continue  # text, of which the figure itself says what is wrong
        counts |= {(column, code): int(cases[values == code].sum()) for code in labels}
    return counts


def _counts_there(source: Source, found: Suspects) -> dict[tuple[str, Any], int]:
    frame, conditions = with_conditions(source.frame, counted_rows(source))
    schema = frame.collect_schema()
    keys = [(c, v) for c, labels in found.items() if c in schema and schema[c].is_numeric() for v in labels]
    inside = [(nw.col(c) == 1).fill_null(value=False) for c in conditions]
    flags = []
    for i, (column, code) in enumerate(keys):
        met = functools.reduce(operator.and_, [*inside, (nw.col(column) == code).fill_null(value=False)])
        flags.append(nw.when(met).then(nw.lit(1)).otherwise(nw.lit(0)).alias(f"_mpi_{i}"))
    if not flags:
        return {}
    sums = collected(frame.select(*flags).select(*(nw.col(f"_mpi_{i}").sum() for i in range(len(flags)))))
    return {key: int(sums[f"_mpi_{i}"].iloc[0] or 0) for i, key in enumerate(keys)}
