"""Evidence that a line needs of a survey: income, area, deprivations; read and checked."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypedDict, get_args

import numpy as np

from mpi.core.arguments import defaults
from mpi.core.errors import DataError, MpiError, Problems, unknown
from mpi.core.readonly import seal
from mpi.survey.undeclared import tell_undeclared

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mpi.lines.items import Area, Deprivation
    from mpi.lines.standard import Standard
    from mpi.survey.survey import Survey

__all__ = ["Absent", "Evidence", "Multiple", "Reading", "read_areas", "read_evidence"]

Absent = Literal["error", "missing"]
"""What an indicator is that has no column."""

Multiple = Literal["units", "thousands", "millions"]
"""What a column of income counts: the money that the line is in, or thousands or millions of it."""

_TIMES = {"units": 1, "thousands": 1_000, "millions": 1_000_000}


class Reading(TypedDict, total=False):
    """The keyword arguments of `Line.classify`: where a survey holds income, area and deprivations."""

    income: str
    income_in: Multiple
    area: str | None
    areas: Mapping[Any, str] | None
    columns: Mapping[str, str] | None
    absent: Absent


defaults(Reading, income="income", income_in="units", area="area", areas=None, columns=None, absent="error")


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """The known income, area and deprivations of each row.

    Attributes
    ----------
    income : ndarray of float
        NaN where missing.
    area : ndarray of int8
        The position among the line's areas, -1 where missing; 0 where the line has none.
    deprived : ndarray of int8, shape (rows, indicators)
        1 deprived, 0 not, -1 missing.
    """

    income: NDArray[np.float64]
    area: NDArray[np.int8]
    deprived: NDArray[np.int8]

    def __post_init__(self) -> None:
        """Let nobody write into it."""
        seal(self)

    @property
    def low(self) -> NDArray[np.int64]:
        """The least number of deprivations that each row can have."""
        return np.asarray((self.deprived == 1).sum(axis=1), dtype=np.int64)

    @property
    def high(self) -> NDArray[np.int64]:
        """The largest number of deprivations that each row can have."""
        return np.asarray((self.deprived != 0).sum(axis=1), dtype=np.int64)


def read_evidence(
    line: Standard,
    survey: Survey,
    *,
    income: str = "income",
    income_in: Multiple = "units",
    area: str | None = "area",
    areas: Mapping[Any, str] | None = None,
    columns: Mapping[str, str] | None = None,
    absent: Absent = "error",
) -> Evidence:
    """Read what a line asks about.

    Raises
    ------
    MpiError
        With every problem of the columns at once.
    """
    problems = Problems(f"the survey cannot be put into the classes of {line.name!r}", DataError)
    if absent not in get_args(Absent):
        problems.add(f"absent: {unknown('choice', absent, get_args(Absent))}")
    times = next((n for word, n in _TIMES.items() if word == income_in), None)
    if times is None:
        problems.add(f"income_in: {unknown('choice', income_in, _TIMES)}")
    tell_undeclared(survey, [c for c in (income,) if c in survey.columns])
    incomes = _income(survey, income, problems) * (times or 1)
    places = read_areas(line, survey, area, areas, problems)
    deprived = _deprived(line.indicators, survey, columns or {}, absent, problems)
    problems.raise_if_any()
    return Evidence(incomes, places, deprived)


def _numbers(survey: Survey, name: str, problems: Problems) -> NDArray[np.float64] | None:
    try:
        return np.asarray(survey.numbers(name), dtype=np.float64)
    except MpiError as error:
        problems.found += error.problems
        return None


def _income(survey: Survey, name: str, problems: Problems) -> NDArray[np.float64]:
    values = _numbers(survey, name, problems)
    if values is None:
        return np.empty(0)
    infinite = int(np.isinf(values).sum())
    if infinite:
        problems.add(f"column {name!r} is infinite in {infinite:,} rows")
    return values


# --- areas ------------------------------------------------------------------------------------------------


def read_areas(
    line: Standard, survey: Survey, name: str | None, areas: Mapping[Any, str] | None, problems: Problems
) -> NDArray[np.int8]:
    """Find the area of each row."""
    if not line.areas:
        return np.zeros(len(survey), dtype=np.int8)
    known = [a.name for a in line.areas]
    if name is None:
        problems.add(f"the thresholds differ by area ({', '.join(known)}): say area=, the column that tells it")
        return np.empty(0, dtype=np.int8)
    given = areas or {}
    problems.found += [f"areas: {unknown('area', v, known)}" for v in given.values() if v not in known]
    if name not in survey.columns:
        problems.add(unknown("column", name, survey.columns))
        return np.empty(0, dtype=np.int8)
    found = survey.categories(name)
    place = [_place(line.areas, value, found.names.get(value), given) for value in found.levels]
    strange = [v for v, p in zip(found.levels, place, strict=True) if p is None]
    if strange:
        shown = ", ".join(f"{v!r} ({found.names[v]!r})" if v in found.names else repr(v) for v in strange[:5])
        example = f"areas={{{strange[0]!r}: {known[0]!r}, ...}}"
        problems.add(
            f"column {name!r}: {shown} {'is' if len(strange) == 1 else 'are'} none of {', '.join(known)}; say {example}"
        )
    return np.array([-1 if p is None else p for p in place], dtype=np.int8)[found.index]


def _place(areas: Sequence[Area], value: Any, label: str | None, areas_of_values: Mapping[Any, str]) -> int | None:
    """Return the position of the area that a value stands for, -1 for a missing one, None where it is not known."""
    if value is None:
        return -1
    for key in (value, label):
        if key is not None and key in areas_of_values:
            return next((i for i, a in enumerate(areas) if a.name == areas_of_values[key]), None)
    if label is not None:  # a label is what the file itself says of the code
        return _worded(areas, label)
    coded = (i for i, a in enumerate(areas) if str(value) in map(str, a.codes))
    return next(coded, _worded(areas, str(value)))


def _worded(areas: Sequence[Area], text: str) -> int | None:
    """Return the position of the area that a text names; None where it names none."""
    words = [{_plain(w) for w in (a.name, a.label, *a.words)} for a in areas]
    return next((i for i, w in enumerate(words) if _plain(text) in w), None)


def _plain(text: str) -> str:
    """Return a text without case, accents and outer spaces: ``Thành thị`` and ``thanh thi`` are one word."""
    bare = unicodedata.normalize("NFD", text.strip().casefold().replace("đ", "d"))
    return "".join(c for c in bare if not unicodedata.combining(c))


# --- deprivations -----------------------------------------------------------------------------------------


def _deprived(
    indicators: Sequence[Deprivation], survey: Survey, columns: Mapping[str, str], absent: Absent, problems: Problems
) -> NDArray[np.int8]:
    names = [d.name for d in indicators]
    problems.found += [f"columns: {unknown('indicator', n, names)}" for n in columns if n not in names]
    found = np.full((len(survey), len(indicators)), -1, dtype=np.int8)
    there = [columns.get(d.name, d.column) in survey.columns for d in indicators]
    if indicators and not any(there) and not columns:
        problems.add(
            f"it has none of the {len(names)} deprivations ({indicators[0].column}, ...): compute them first, with "
            "mpi.with_deprivations(survey, line), or name their columns with columns="
        )
        return found
    for j, d in enumerate(indicators):
        column = columns.get(d.name, d.column)
        if column not in survey.columns:
            if absent == "error" or d.name in columns:
                problems.add(f"indicator {d.name!r}: {unknown('column', column, survey.columns)}")
            continue
        values = _numbers(survey, column, problems)
        if values is not None:
            strange = ~(np.isnan(values) | (values == 0) | (values == 1))
            if strange.any():
                shown = ", ".join(f"{v:g}" for v in np.unique(values[strange])[:3])
                problems.add(
                    f"indicator {d.name!r}: column {column!r} has values other than 0, 1 and missing in "
                    f"{int(strange.sum()):,} rows, such as {shown}"
                )
            found[:, j] = np.where(strange | np.isnan(values), -1, np.nan_to_num(values, nan=0.0, posinf=0, neginf=0))
    if (
        indicators
        and absent == "missing"
        and not any(columns.get(d.name, d.column) in survey.columns for d in indicators)
    ):
        problems.add("no indicator has a column at all")
    return found
