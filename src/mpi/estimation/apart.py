"""Estimates of disaggregations whose columns are condensed together where all crossed fit, or each by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mpi.core.errors import said_once
from mpi.results.concat import pieced

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mpi.frames.wanted import Cross, Pair
    from mpi.measures.words import Unit
    from mpi.results.estimates import Estimates
    from mpi.survey.survey import Survey

    Condensed = list[tuple[Survey, list[Cross]]]

__all__ = ["condensed_for", "put_together"]


def condensed_for(
    survey: Survey,
    by: Sequence[Cross],
    *,
    flags: Sequence[str] = (),
    pairs: Sequence[Pair] = (),
    beside: Sequence[str] = (),
    unit: Unit = "person",
) -> Condensed:
    """Return surveys in memory that together give the figures of some disaggregations, each with its own.

    Parameters
    ----------
    survey : Survey
        Of rows in memory, which is returned as it is, or with an engine, which condenses them.
    by : sequence of tuple of str
        The disaggregations.
    flags, pairs : sequence
        Indicators, and columns to be summed; see `Survey.condensed`.
    beside : sequence of str
        Columns of categories that each of the surveys must have.
    unit : {"person", "household"}
        What is counted.
    """
    wide = [tuple(dict.fromkeys([*cross, *beside])) for cross in by]
    found = survey.condensed_apart(flags, wide if by or not beside else [tuple(beside)], pairs, unit=unit)
    if len(found) == 1:
        return [(found[0][0], list(by))]
    return [(one, [c for c, w in zip(by, wide, strict=True) if w in own]) for one, own in found]


def put_together(parts: Condensed, by: Sequence[Cross], make: Callable[[Survey, list[Cross]], Estimates]) -> Estimates:
    """Make the estimates of each part, the total first, and put them together in the order asked for.

    What several parts warn of alike is told once.
    """
    with said_once(several=len(parts) > 1):
        return pieced((make(survey, own) for survey, own in parts), [" × ".join(cross) for cross in by])
