"""Labelled codes that read like missing answers and count as answers, for nobody declared them: told in a warning."""

from __future__ import annotations

import functools
import operator
import warnings
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from mpi.condensing import with_conditions
from mpi.errors import MpiError, MpiWarning
from mpi.label_words import contradiction, missing_like
from mpi.progress import collected

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from mpi.sources import Source
    from mpi.survey import Survey

    Labels = Mapping[str, Mapping[Any, str]]
    Suspects = Mapping[str, Mapping[Any, str]]
    Counts = Mapping[tuple[str, Any], int]

__all__ = ["suspects", "tell", "tell_contradictions", "tell_undeclared"]


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


def tell(found: Suspects, counts: Counts, *, stacklevel: int = 3) -> None:
    """Warn once of the codes that occur: column, code, label, rows, and how to declare them."""
    lines, declared = [], []
    for column, labels in found.items():
        there = {code: counts[column, code] for code in labels if counts.get((column, code))}
        if there:
            said = " and ".join(f"{code} ({labels[code]!r}) in {n:,} rows" for code, n in there.items())
            lines.append(f"column {column!r} holds {said}")
            declared.append(f"{column!r}: [{', '.join(map(str, there))}]")
    if lines:
        warnings.warn(
            f"{'; '.join(lines)}: such codes count as answers here. Where they are none, declare them when the survey "
            f"is made: missing={{{', '.join(declared)}}}; where they are answers, give the column an empty list",
            MpiWarning,
            stacklevel=stacklevel + 1,
        )


def tell_undeclared(survey: Survey, columns: Iterable[str], *, stacklevel: int = 3) -> None:
    """Warn of codes in the domain of a survey that read like missing ones and enter a figure.

    Parameters
    ----------
    survey : Survey
        Who was asked, in memory or not.
    columns : iterable of str
        The columns that enter.
    stacklevel : int
        How far up the caller is who is to be told.
    """
    found = suspects(survey.labels, columns, survey.missing.answers)
    if found:
        tell(found, _counts(survey, found), stacklevel=stacklevel + 1)


def tell_contradictions(labels: Labels, columns: Iterable[str], *, stacklevel: int = 3) -> None:
    """Warn of indicators whose labels contradict 1 = deprived and 0 = not deprived."""
    found = {c: contradiction(labels[c]) for c in dict.fromkeys(columns) if c in labels}
    told = "; ".join(f"column {c!r}: {said}" for c, said in found.items() if said)
    if told:
        warnings.warn(
            f"{told}. An indicator is 1 where deprived and 0 where not: look whether it is coded the other way",
            MpiWarning,
            stacklevel=stacklevel,
        )


def _counts(survey: Survey, found: Suspects) -> dict[tuple[str, Any], int]:
    if survey.in_memory:
        return _counts_here(survey, found)
    counts: dict[tuple[str, Any], int] = {}
    for source in survey.sources:  # type: ignore[attr-defined]  # of an Unread
        for key, n in _counts_there(source, found).items():
            counts[key] = counts.get(key, 0) + n
    return counts


def _counts_here(survey: Survey, found: Suspects) -> dict[tuple[str, Any], int]:
    cases = survey.numbers(survey.roles["cases"]) if "cases" in survey.roles else np.ones(len(survey))
    cases = cases if survey.domain is None else cases * survey.domain
    counts: dict[tuple[str, Any], int] = {}
    for column, labels in found.items():
        try:
            values = survey.numbers(column)
        except MpiError:
            continue  # text, of which the figure itself says what is wrong
        counts |= {(column, code): int(cases[values == code].sum()) for code in labels}
    return counts


def _counts_there(source: Source, found: Suspects) -> dict[tuple[str, Any], int]:
    frame, conditions = with_conditions(source.frame, source.conditions)
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
