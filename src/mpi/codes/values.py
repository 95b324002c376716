"""A column of codes read value by value: what is missing stays missing, and everything unknown is told at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from mpi.core.errors import DataError, MpiError, Problems, RequestError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["as_list", "check_years", "distinct", "is_missing", "map_values"]

T = TypeVar("T")


def map_values(values: object, find: Callable[[Any], T], subject: str) -> list[T | None]:
    """Return `find` of each value, None where the value is missing; each distinct value is looked for once.

    Raises
    ------
    MpiError
        `subject`, and then every value for which `find` raised an `MpiError`, with the number of its rows.

    Examples
    --------
    >>> map_values(["1", None, "2"], int, "these are no numbers")
    [1, None, 2]
    """
    items = as_list(values)
    found: dict[Any, T] = {}
    problems = Problems(subject, DataError)
    for value, count in _counts(items).items():
        try:
            found[value] = find(value)
        except MpiError as error:
            problems.add(f"{error} ({count} {'row' if count == 1 else 'rows'})")
    problems.raise_if_any()
    return [None if is_missing(v) else found[v] for v in items]


def distinct(values: object) -> list[Any]:
    """Return the distinct values that are not missing, in the order in which they are met."""
    return list(_counts(as_list(values)))


def as_list(values: object) -> list[Any]:
    """Return a sequence, array or column of any data frame as a list.

    Raises
    ------
    MpiError
        When it is a single value, a mapping or a whole frame.

    Examples
    --------
    >>> as_list(np.array([1, 2]))
    [1, 2]
    """
    for way in ("to_pylist", "to_list", "tolist"):
        if hasattr(values, way):
            items = getattr(values, way)()
            break
    else:
        items = values
    if isinstance(items, (str, bytes, Mapping)) or not isinstance(items, Iterable) or hasattr(values, "columns"):
        raise RequestError(f"a list, an array or one column of codes was expected, not {type(values).__name__}")
    return list(items)


def is_missing(value: object) -> bool:
    """Return whether a value is missing: None, NaN, pandas' NA and NaT, and blank text, which is how Stata writes it.

    Examples
    --------
    >>> is_missing(float("nan")), is_missing(" "), is_missing(0)
    (True, True, False)
    """
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, (float, np.floating)):
        return bool(np.isnan(value))
    return value is None or type(value).__name__ in {"NAType", "NaTType"}


def check_years(**years: object) -> None:
    """Raise an `MpiError` that names every argument that is not a whole number.

    Examples
    --------
    >>> check_years(since=2002, until="2024")
    Traceback (most recent call last):
    mpi.errors.RequestError: a year was expected: until='2024' is not a whole number
    """
    problems = Problems("a year was expected", RequestError)
    for name, year in years.items():
        if isinstance(year, bool) or not isinstance(year, (int, np.integer)):
            problems.add(f"{name}={year!r} is not a whole number")
    problems.raise_if_any()


def _counts(items: list[Any]) -> Counter[Any]:
    try:
        return Counter(v for v in items if not is_missing(v))
    except TypeError as error:
        raise RequestError(f"one code or name was expected for each row: {error}") from error
