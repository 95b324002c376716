"""Values of a grouping that rounds write differently, where no labels say what they mean: told in a warning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mpi.core.errors import warn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["tell_of_codes"]

_MOST = 12
"""How many values are shown."""


def tell_of_codes(
    name: str, levels: Sequence[Any], labels: Mapping[Any, str], there: NDArray[np.bool_], rounds: Sequence[Any]
) -> None:
    """Warn where rounds write the values of a grouping differently, and no labels say what they mean.

    Parameters
    ----------
    name : str
        The column.
    levels : sequence
        Its values; None for the missing.
    labels : mapping of value to label
        The value labels that are known.
    there : ndarray of bool, shape (rounds, levels)
        Which values occur in which round.
    rounds : sequence
        What the rounds are called.

    Examples
    --------
    >>> import warnings, numpy as np
    >>> with warnings.catch_warnings(record=True) as told:
    ...     warnings.simplefilter("always")
    ...     tell_of_codes("sex", (0, 1, 2), {}, np.array([[False, True, True], [True, True, False]]), (2016, 2018))
    >>> print(str(told[0].message).partition(";")[0])
    'sex' is 1, 2 in 2016 and 0, 1 in 2018
    """
    if all(v is None or v in labels for v in levels):
        return
    sets = [[v for v, here in zip(levels, row, strict=True) if here and v is not None] for row in there]
    for other in range(1, len(sets)):
        why = _difference(sets[0], sets[other])
        if why:
            one, two = (
                ", ".join(map(repr, s[:_MOST])) + (", ..." if len(s) > _MOST else "") for s in (sets[0], sets[other])
            )
            warn(
                f"{name!r} is {one} in {rounds[0]} and {two} in {rounds[other]}; {why}. Groups of different rounds are "
                f"one where values are equal: give each round labels, pool(..., labels={{{name!r}: "
                f"{{{rounds[0]!r}: {{code: label}}, ...}}}}), or write the values alike"
            )
            return


def _listed(values: Sequence[Any]) -> str:
    return ", ".join(map(repr, values[:_MOST])) + (", ..." if len(values) > _MOST else "")


def _difference(first: Sequence[Any], second: Sequence[Any]) -> str | None:
    """Say in what two rounds' values differ that seem to be written differently; None where they may be as they are."""
    only = [v for v in first if v not in set(second)], [v for v in second if v not in set(first)]
    if not (only[0] and only[1]):
        return None
    written = [{_number(v) for v in values} - {None} for values in only]
    if written[0] & written[1]:
        return "they are the same numbers, as text and as numbers or with other zeros"
    if len(only[0]) == len(first):
        return None  # no groups are joined
    numbers = [sorted(v for v in values if isinstance(v, (int, float))) for values in (first, second)]
    if len(numbers[0]) != len(first) or len(numbers[1]) != len(second):
        return None
    shifted = len(first) == len(second) and len({b - a for a, b in zip(*numbers, strict=True)}) == 1
    counted = {numbers[0][0], numbers[1][0]} == {0, 1}
    return "one seems to be numbered from another start" if shifted or counted else None


def _number(value: Any) -> float | None:
    """Return the number that a value is or spells; None where it is neither."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
