"""The one pass: from rows of 0 / 1 / missing indicators to weights by (unit, groups) and deprivation pattern.

Every Alkire-Foster count measure, at any cutoff, any weights, any missing-value policy and any subgroup, is a
function of these profiles; the microdata are not touched again.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.columns import compress, constant_within, first_of
from mpi.errors import MpiError, Problems
from mpi.households import ONE_ROW_EACH, UNKNOWN, refuse_differing, refuse_unidentified
from mpi.missing_codes import declaration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mpi.asking import Cross
    from mpi.measure import Measure
    from mpi.measure_words import Unit
    from mpi.survey import Survey

__all__ = ["Grouping", "Profiles", "Rows", "counted", "grouping", "households_of", "persons_of", "profile", "rows_of"]

_BLOCK = 1 << 16
_FULL_TABLE = 12
_CHUNK = 24


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
    """

    take: NDArray[np.int64] | None
    unit: NDArray[np.int32]
    weight: NDArray[np.float64]
    present: NDArray[np.int64]
    cases: NDArray[np.int64] | None = None

    def of(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the entries of a survey column for the rows that count."""
        return values if self.take is None else values[self.take]


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """Groups of one disaggregation, by round.

    Attributes
    ----------
    name : str
        ``total``, a column, or a cross such as ``region × sex``.
    columns : tuple of str
        The columns it crosses.
    codes : tuple of tuple
        The values of the columns in each group.
    labels : tuple of str
        What to print for each group.
    wave : ndarray of int32, shape (groups,)
        The round of each group.
    index : ndarray of int32
        The group of each row, or of each unit where `nested`.
    nested : bool
        Whether all rows of a unit are in one group.
    """

    name: str
    columns: tuple[str, ...]
    codes: tuple[tuple[Any, ...], ...]
    labels: tuple[str, ...]
    wave: NDArray[np.int32]
    index: NDArray[np.int32]
    nested: bool

    def of_rows(self, unit: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the group of each row."""
        return self.index[unit] if self.nested else self.index


@dataclass(frozen=True, slots=True, eq=False)
class Profiles:
    """Deprivation patterns, and which one each row has.

    Attributes
    ----------
    deprived, missing : ndarray of bool, shape (patterns, indicators)
        The bits of each pattern.
    pattern : ndarray of int32, shape (rows,)
        The pattern of each row.
    rows : Rows
        The unit and weight of each row.
    """

    deprived: NDArray[np.bool_]
    missing: NDArray[np.bool_]
    pattern: NDArray[np.int32]
    rows: Rows


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
    weight = survey.weight
    inside = survey.counting
    take = None if inside is None else np.flatnonzero(inside)
    if "size" in survey.roles:
        weight = persons_of(survey) if unit == "person" else weight
    elif unit == "household" and "households" not in survey.roles:
        take = _one_per_household(survey, names)
    elif (unit == "person" and "households" in survey.roles) or ("household" in survey.roles and _one_row_each(survey)):
        raise MpiError(ONE_ROW_EACH)
    if take is not None and len(take) == 0:
        codes = "; of columns with value labels it must compare the codes of the file" if survey.labels else ""
        raise MpiError(f"the domain is empty: no row meets the condition{codes}")
    cases = survey.numbers(survey.roles["cases"]).astype(np.int64) if "cases" in survey.roles else None
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


def grouping(survey: Survey, rows: Rows, columns: Cross = ()) -> Grouping:
    """Number the groups of one disaggregation (by round, where there are several); no columns give the total."""
    parts = [survey.categories(c) for c in columns]
    of_unit = survey.design.wave[survey.design.stratum]
    index, found = _numbered(of_unit, rows, nested=True)
    table, nested = found[:, None], True
    for part in parts:
        count = len(part.levels)
        index, nested = _cross(index, rows.of(part.index), count, rows, nested=nested)
        index, found = _numbered(index, rows, nested=nested)
        earlier, level = np.divmod(found, count)
        table = np.column_stack([table[earlier], level])
    order = np.lexsort((table[:, 0], *table[:, :0:-1].T))
    if not np.array_equal(order, np.arange(len(order))):
        index = np.argsort(order)[index].astype(np.int32)
        table = table[order]
    codes = [tuple(p.levels[k] for p, k in zip(parts, row[1:], strict=True)) for row in table.tolist()]
    names = [p.labels for p in parts]
    labels = [" × ".join(n[k] for n, k in zip(names, row[1:], strict=True)) for row in table.tolist()]
    name = " × ".join(columns) if columns else "total"
    labels = _told_apart(labels, codes) if columns else ["total"] * len(labels)
    return Grouping(name, columns, tuple(codes), tuple(labels), table[:, 0].astype(np.int32), index, nested)


def profile(survey: Survey, measure: Measure, rows: Rows) -> Profiles:
    """Read the measure's indicators and give each row its pattern.

    Raises
    ------
    MpiError
        With every problem of every indicator at once: missing columns with the nearest name, text, values other
        than 0, 1 and missing, with counts and the first rows.
    """
    columns = _indicator_columns(survey, measure, rows)
    floats = [c.dtype.kind == "f" for c in columns]
    bits = [(j, False) for j in range(len(columns))] + [(j, True) for j, f in enumerate(floats) if f]
    table, pattern = _patterns(columns, bits)
    d = len(columns)
    missing = np.zeros((len(table), d), dtype=bool)
    missing[:, np.flatnonzero(floats)] = table[:, d:]
    return Profiles(table[:, :d], missing, pattern, rows)


# --- rows -----------------------------------------------------------------------------------------------------------


def households_of(survey: Survey) -> NDArray[np.int32]:
    """Number the households; identifiers are read within round, stratum and PSU, and a household file has one a row.

    Raises
    ------
    MpiError
        When identifiers are missing: those without one would be taken for a household of their own.
    """
    if "household" in survey.roles:
        name = survey.roles["household"]
        found = survey.categories(name)
        gone = np.isin(found.index, [i for i, v in enumerate(found.levels) if v is None])
        refuse_unidentified(name, int(gone.sum()))
    return _households(survey)


def _households(survey: Survey) -> NDArray[np.int32]:
    if "household" not in survey.roles:
        return np.arange(len(survey), dtype=np.int32)
    found = survey.categories(survey.roles["household"])
    within = survey.unit if "psu" in survey.roles else survey.design.stratum[survey.unit]
    return compress(within.astype(np.int64) * len(found.levels) + found.index)[1]


def _one_row_each(survey: Survey) -> bool:
    found = _households(survey)
    return int(found.max()) + 1 == len(found)


def _one_per_household(survey: Survey, names: Sequence[str]) -> NDArray[np.int64]:
    """Return one row of each household, whose members must agree on everything that is used."""
    if "household" not in survey.roles:
        raise MpiError(UNKNOWN)
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


# --- groups ---------------------------------------------------------------------------------------------------------


def _numbered(index: NDArray[Any], rows: Rows, *, nested: bool) -> tuple[NDArray[np.int32], NDArray[Any]]:
    """Number the groups that occur; return each row's (or unit's) number, and what the numbers stand for."""
    if not nested:
        found, place = compress(index)
        return place, found
    found, place = compress(index[rows.present])
    of_unit = np.zeros(len(index), dtype=np.int32)
    of_unit[rows.present] = place
    return of_unit, found


def _cross(
    index: NDArray[np.int32], part: NDArray[np.int32], count: int, rows: Rows, *, nested: bool
) -> tuple[NDArray[Any], bool]:
    """Cross the groups so far with one more column; stay on units while the column is constant within each."""
    if nested:
        of_unit = constant_within(rows.unit, len(index), part)
        if of_unit is not None:
            return index.astype(np.int64) * count + of_unit, True
        if not index.any():
            return part, False
        index = index[rows.unit]
    return index * np.int64(count) + part, False


def _told_apart(labels: list[str], codes: list[tuple[Any, ...]]) -> list[str]:
    """Add the codes to labels that several groups share."""
    meant: dict[str, set[str]] = {}
    for label, code in zip(labels, codes, strict=True):
        meant.setdefault(label, set()).add(repr(code))
    return [
        label if len(meant[label]) == 1 else f"{label} [{', '.join(map(repr, code))}]"
        for label, code in zip(labels, codes, strict=True)
    ]


# --- patterns -------------------------------------------------------------------------------------------------------


def _indicator_columns(survey: Survey, measure: Measure, rows: Rows) -> list[NDArray[Any]]:
    problems = Problems(f"measure {measure.name!r} cannot be read from the survey")
    survey.check_columns(measure.columns)
    columns = []
    for indicator in measure.indicators:
        try:
            values = rows.of(survey.numbers(indicator.column))
        except MpiError as error:
            problems.add(str(error) + "; an indicator is 0 (not deprived), 1 (deprived) or missing")
            continue
        _check_indicator(indicator.column, values, rows, problems)
        columns.append(values.view(np.uint8) if values.dtype.kind == "b" else values)
    problems.raise_if_any()
    return columns


def _check_indicator(name: str, values: NDArray[Any], rows: Rows, problems: Problems) -> None:
    """Hold a column to 0, 1 and missing; the common case costs two reads."""
    if values.dtype.kind in "bu":
        if values.dtype.kind == "b" or values.max() <= 1:
            return
    elif values.dtype.kind == "i":
        if values.min() >= 0 and values.max() <= 1:
            return
    else:
        if np.isnan(values).all():
            problems.add(
                f"column {name!r} is missing in every row; leave it out with measure.drop(...) to move its weight"
            )
            return
        if ((values == 0) | (values == 1) | np.isnan(values)).all():
            return
    bad = ~((values == 0) | (values == 1))
    bad &= ~np.isnan(values) if values.dtype.kind == "f" else True
    found, counts = np.unique(values[bad], return_counts=True)
    shown = ", ".join(f"{v:g} ({c:,} times)" for v, c in list(zip(found, counts, strict=True))[:4])
    where = np.flatnonzero(bad)[:5]
    first = ", ".join(str(r) for r in (where if rows.take is None else rows.take[where]))
    more = f" and {len(found) - 4} other values" if len(found) > 4 else ""
    problems.add(
        f"column {name!r} holds values other than 0, 1 and missing: {shown}{more}; first rows {first}, counted from 0; "
        f"codes that are no answer are declared, such as {declaration(name, found[-1:])}"
    )


def _patterns(
    columns: Sequence[NDArray[Any]], bits: Sequence[tuple[int, bool]]
) -> tuple[NDArray[np.bool_], NDArray[np.int32]]:
    """Return the bits of each pattern, and each row's pattern.

    A row's bits are written as one integer: the deprivations, and above them which of the float columns are missing.
    Few bits need no look-up (every integer is a pattern); many are compressed a chunk at a time.
    """
    table: NDArray[np.bool_] = np.zeros((1, 0), dtype=bool)
    index: NDArray[np.int32] = np.zeros(0, dtype=np.int32)
    for start in range(0, len(bits), _CHUNK):
        chunk = bits[start : start + _CHUNK]
        code = _horner(columns, chunk)
        if len(bits) <= _FULL_TABLE:
            return _bits(np.arange(1 << len(bits)), len(bits)), code.astype(np.int32, copy=False)
        levels, part = compress(code)
        if start:
            levels_wide, index = compress(index.astype(np.int64) * len(levels) + part)
            earlier, later = np.divmod(levels_wide, len(levels))
            table = np.hstack([table[earlier], _bits(levels[later], len(chunk))])
        else:
            table, index = _bits(levels, len(chunk)), part
    return table, index


def _bits(codes: NDArray[Any], count: int) -> NDArray[np.bool_]:
    return (codes.astype(np.int64)[:, None] >> np.arange(count)) & 1 > 0


def _horner(columns: Sequence[NDArray[Any]], bits: Sequence[tuple[int, bool]]) -> NDArray[Any]:
    n = len(columns[0])
    if len(bits) <= 16 and not any(absent for _, absent in bits) and all(columns[j].itemsize == 1 for j, _ in bits):
        return _horner_bytes([columns[j].view(np.uint8) for j, _ in bits], n)
    out = np.zeros(n, dtype=np.int32)
    for a, b in pairwise([*range(0, n, _BLOCK), n]):
        block = out[a:b]
        for j, absent in reversed(bits):
            values = columns[j][a:b]
            np.left_shift(block, 1, out=block)
            np.bitwise_or(block, np.isnan(values) if absent else values == 1, out=block)
    return out


def _horner_bytes(columns: Sequence[NDArray[np.uint8]], n: int) -> NDArray[np.uint16]:
    out = np.zeros((n, 2), dtype=np.uint8)
    accumulator = np.empty(_BLOCK, dtype=np.uint8)
    for a, b in pairwise([*range(0, n, _BLOCK), n]):
        byte = accumulator[: b - a]
        for half in range(0, len(columns), 8):
            part = columns[half : half + 8]
            np.copyto(byte, part[-1][a:b])
            for column in reversed(part[:-1]):
                np.add(byte, byte, out=byte)
                np.add(byte, column[a:b], out=byte)
            out[a:b, half // 8] = byte
    return out.view("<u2")[:, 0]
