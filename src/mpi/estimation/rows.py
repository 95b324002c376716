"""The rows that count, and for how many persons or households each does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.cache import Cache
from mpi.core.errors import DataError
from mpi.core.readonly import seal
from mpi.frames.compress import compress, constant_within, first_of
from mpi.survey.household_numbers import has_single_rows, households_of
from mpi.survey.household_words import ONE_ROW_EACH, UNKNOWN, refuse_differing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mpi.measures.words import Unit
    from mpi.survey.survey import Survey

__all__ = ["Rows", "counted", "persons_of", "rows_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rows that count, and how much: the survey's domain, in the unit of count asked for.

    Attributes
    ----------
    take : ndarray of int64 or None
        The positions of the rows that count; None for all.
    unit : ndarray of int32
        The design unit of each.
    weight : ndarray of float
        What each counts for: persons (weight x size where rows are households) or households.
    present : ndarray of int64
        The units that have rows.
    cases : ndarray of int64 or None
        How many rows of the microdata each stands for, none for a row of weight 0; None for one each.
    cache : Cache
        What follows from them and from their survey, such as their groups; see `mpi.estimation.totals`.
    """

    take: NDArray[np.int64] | None
    unit: NDArray[np.int32]
    weight: NDArray[np.float64]
    present: NDArray[np.int64]
    cases: NDArray[np.int64] | None = None
    cache: Cache = field(default_factory=Cache, init=False)

    def __post_init__(self) -> None:
        """Let nobody write into them."""
        seal(self)

    def of(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the entries of a survey column for the rows that count."""
        return values if self.take is None else values[self.take]


def rows_of(survey: Survey, unit: Unit, names: Sequence[str] = ()) -> Rows:
    """Choose the rows that count, for persons or for households.

    Parameters
    ----------
    survey : Survey
        Who was asked.
    unit : {"person", "household"}
        What is counted.
    names : sequence of str
        The columns that are going to be used; each must be constant within a household where those are counted.

    Raises
    ------
    MpiError
        When households cannot be told apart, or a column differs between members of a household.
    """
    rows = survey.rows.collect()
    key = ("rows", unit, tuple(names) if unit == "household" else ())  # persons may differ in any column
    return rows.cache.get(key, lambda: _rows_of(survey, unit, names), len(rows))


def _rows_of(survey: Survey, unit: Unit, names: Sequence[str]) -> Rows:
    weight = survey.weight
    inside = survey.counting
    take = None if inside is None else np.flatnonzero(inside)
    if "size" in survey.roles:
        weight = persons_of(survey) if unit == "person" else weight
    elif unit == "household" and "households" not in survey.roles:
        take = _household_rows(survey, names)
    elif (unit == "person" and "households" in survey.roles) or (
        "household" in survey.roles and has_single_rows(survey)
    ):
        raise DataError(ONE_ROW_EACH)
    if take is not None and len(take) == 0:
        codes = "; of columns with value labels it must compare the codes of the file" if survey.labels else ""
        raise DataError(f"the domain is empty: no row meets the condition{codes}")
    cases = survey.numbers(survey.roles["cases"]).astype(np.int64, copy=False) if "cases" in survey.roles else None
    there = survey.weight > 0
    if not there.all():
        cases = there.astype(np.int64) if cases is None else cases * there
    if take is None:
        return Rows(None, survey.unit, weight, np.arange(survey.design.units), cases)
    chosen = survey.unit[take]
    present = np.flatnonzero(np.bincount(chosen, minlength=survey.design.units))
    return Rows(take, chosen, weight[take], present, None if cases is None else cases[take])


def persons_of(survey: Survey) -> NDArray[np.float64]:
    """Return how many persons each row stands for; a household of weight 0 stands for none, whatever its size."""
    if "size" not in survey.roles:
        return survey.weight
    size = survey.numbers(survey.roles["size"])
    return np.where(survey.weight == 0, 0.0, survey.weight * size)


def counted(survey: Survey, unit: Unit) -> str:
    """Say in words what is counted, for the notes of a table."""
    if unit == "household":
        return "households"
    if "size" in survey.roles:
        return "persons (each household's row counts its members)"
    if "household" in survey.roles:
        return "persons (one row each)"
    return "persons, every row taken for one"


def _household_rows(survey: Survey, names: Sequence[str]) -> NDArray[np.int64]:
    """Return one row of each household, whose members must agree on everything that is used."""
    if "household" not in survey.roles:
        raise DataError(UNKNOWN)
    household = households_of(survey)
    who = np.arange(len(survey)) if survey.members is None else np.flatnonzero(survey.members)
    household = compress(household[who])[1]
    size = int(household.max(initial=-1)) + 1

    def differs(values: NDArray[Any]) -> bool:
        return constant_within(household, size, values[who]) is None

    refuse_differing(
        [c for c in dict.fromkeys(names) if differs(survey.categories(c).index)],
        weights=differs(survey.weight),
        condition=survey.domain is not None and differs(survey.domain),
    )
    row = np.sort(who[first_of(household, size)])
    return row if survey.domain is None else row[survey.domain[row]]
