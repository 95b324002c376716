"""Columns that a survey puts beside the user's: a census, households of several columns, who is a member."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

import narwhals.stable.v2 as nw
import numpy as np

from mpi.core.errors import DataError, Problems, RequestError, unknown, warn
from mpi.frames.arrays import categories
from mpi.frames.compress import compress, first_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Household = str | Sequence[str]

__all__ = [
    "EVERYBODY",
    "HOME",
    "MEMBER",
    "OWN",
    "UNCLEAR",
    "WHOLE",
    "EachRow",
    "beside",
    "check_rows",
    "columns_used",
    "household_columns",
    "household_name",
    "membership",
    "tell_unknown",
    "with_census",
    "with_homes",
    "with_household",
]

EachRow = Literal["persons", "households"]
"""What the rows of a frame are."""

EVERYBODY, WHOLE = "_everybody", "_whole"
"""The columns of a census: one unit, drawn for certain."""

MEMBER = "_member"
"""The column that tells the members of a household from others who were listed with it."""

HOME = "_home"
"""The column that says that each row is a household."""

OWN = (EVERYBODY, WHOLE, MEMBER, HOME)
"""Columns that are none of the user's."""

_BESIDE = " × "

Frame = TypeVar("Frame", "nw.DataFrame[Any]", "nw.LazyFrame[Any]")


def with_census(frame: Frame) -> Frame:
    """Add the columns of a census."""
    return frame.with_columns(nw.lit(0).alias(EVERYBODY), nw.lit(1.0).alias(WHOLE))


def with_homes(frame: Frame) -> Frame:
    """Add the column that says that each row is a household."""
    return frame.with_columns(nw.lit(1).alias(HOME))


def household_columns(household: Household | None) -> tuple[str, ...]:
    """Return the columns that identify a household together.

    Raises
    ------
    MpiError
        When something else than names of columns is given, or none.

    Examples
    --------
    >>> household_columns(["HH1", "HH2"])
    ('HH1', 'HH2')
    """
    if household is None:
        return ()
    listed = (household,) if isinstance(household, str) else household
    if not isinstance(listed, (list, tuple)) or not listed or not all(isinstance(c, str) for c in listed):
        raise RequestError(
            "the survey cannot be used: household: a column's name, or a list of them, was expected, not "
            f"{household!r:.80}"
        )
    return tuple(dict.fromkeys(listed))


def household_name(household: Household | None) -> str | None:
    """Return the column that identifies households; of several columns the one that is made of them.

    Examples
    --------
    >>> household_name(["HH1", "HH2"])
    'HH1 × HH2'
    """
    return beside(household_columns(household)) or None


def columns_used(roles: Mapping[str, str], household: Household | None, members: object) -> set[str]:
    """Return the user's columns that play a role: of the household each of several."""
    parts = {c for r, c in roles.items() if r != "household" and c not in OWN}
    return parts | set(household_columns(household)) | ({members} if isinstance(members, str) else set())


def beside(values: Sequence[Any]) -> str:
    """Write values side by side, as a household of several columns is called.

    Examples
    --------
    >>> beside((1, 12))
    '1 × 12'
    """
    return _BESIDE.join(map(str, values))


def with_household(frame: Frame, household: Household | None) -> Frame:
    """Add one column made of the several that identify a household together: the values side by side, as text.

    Raises
    ------
    MpiError
        When a column is absent (the nearest is offered), or there is one of the new name.
    """
    parts = household_columns(household)
    if len(parts) < 2:
        return frame
    known = frame.collect_schema().names()
    problems = Problems("the survey cannot be used", DataError)
    problems.found += [unknown("column", c, known) for c in parts if c not in known]
    name = beside(parts)
    if name in known:
        problems.add(f"there is a column {name!r}, the name that households of these columns get; rename it")
    problems.raise_if_any()
    if isinstance(frame, nw.DataFrame):
        return frame.with_columns(nw.new_series(name, _texts(frame, parts), nw.String, backend=frame.implementation))
    texts = [nw.col(c).cast(nw.String) for c in parts]
    return frame.with_columns(nw.concat_str(texts, separator=_BESIDE).alias(name))


def _texts(frame: nw.DataFrame[Any], parts: Sequence[str]) -> list[str | None]:
    """Return the values of several columns side by side; missing where one of them is."""
    found = [categories([frame], c) for c in parts]
    code: NDArray[Any] = np.zeros(len(frame), dtype=np.int64)
    for part in found:
        code = compress(code * len(part.levels) + part.index)[1].astype(np.int64)
    index = code.astype(np.int32)
    first = first_of(index, int(index.max(initial=-1)) + 1)
    distinct: list[str | None] = []
    for row in first.tolist():
        values = [part.levels[part.index[row]] for part in found]
        distinct.append(None if None in values else beside(values))
    table = np.array([*distinct, None], dtype=object)
    texts: list[str | None] = table[index].tolist()
    return texts


def membership(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which rows are members of their household; those of which it is not known are told, and are none.

    Raises
    ------
    MpiError
        When there is something else than 0, 1, true, false and missing.
    """
    if values.dtype.kind == "b":
        return values.copy()  # the caller's array may change
    if values.dtype.kind not in "iuf" or not np.isin(values[~np.isnan(values)], (0, 1)).all():
        raise DataError(UNCLEAR)
    tell_unknown(int(np.isnan(values).sum()))
    return np.asarray(values == 1)


UNCLEAR = (
    "members: each row is to be 1 or true (a member of the household), or 0 or false; compare the column with "
    "something, such as members=nw.col('relation') != 9"
)
"""What is said where it cannot be told who is a member."""


def tell_unknown(rows: int) -> None:
    """Warn of rows of which it is not known whether they are members."""
    if rows:
        warn(
            f"members: it is not known of {rows:,} rows whether they are members of their household; they count as none"
        )


def check_rows(rows: str | None) -> list[str]:
    """Say what is wrong with the word for what rows are."""
    words = get_args(EachRow)
    known = rows is None or (isinstance(rows, str) and rows in words)
    return [] if known else [f"rows: {unknown('word', rows, words)}"]
