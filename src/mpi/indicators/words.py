"""Conditions in words."""

from __future__ import annotations

from typing import Any

from mpi.core.exact import text
from mpi.indicators.rules.conditions import (
    AllOf,
    AnyOf,
    AtLeast,
    Between,
    Compare,
    Condition,
    IsMissing,
    Not,
    OneOf,
    Times,
)

__all__ = ["in_words"]

_RELATIONS = {"is": "is", "at_least": "is at least", "above": "is above", "at_most": "is at most", "below": "is below"}


_SKIPPED = ", of those answered"


def in_words(condition: Condition | None) -> str:
    """Say a condition in words.

    Examples
    --------
    >>> from mpi.indicators.rules.conditions import any_of, column
    >>> in_words(column("age").between(5, 15) & (column("attending") == 0))
    'age is 5 to under 15 and attending is 0'
    >>> in_words(~column("water").is_in([1, 2]) | (column("living_area") < 8 * column("size")))
    'water is none of 1, 2 or living_area is below 8 × size'
    >>> in_words(any_of(column("floor") == 1, column("roof") == 1, skip_missing=True))
    'floor is 1 or roof is 1, of those answered'
    """
    match condition:
        case None:
            said = "everyone"
        case AllOf(parts, skip):
            said = " and ".join(map(_part, parts)) + _SKIPPED * skip
        case AnyOf(parts, skip):
            said = " or ".join(map(_part, parts)) + _SKIPPED * skip
        case AtLeast(count, parts, skip):
            said = f"at least {count} of ({'; '.join(map(in_words, parts))})" + _SKIPPED * skip
        case Not(Compare(relation="is") | OneOf() | IsMissing() as part):
            said = _test(part, opposite=True)
        case Not(part):
            said = f"not ({in_words(part)})"
        case _:
            said = _test(condition, opposite=False)
    return said


def _test(leaf: Condition, *, opposite: bool) -> str:
    match leaf:
        case Compare(name, relation, value):
            return f"{name} {'is not' if opposite else _RELATIONS[relation]} {_value(value)}"
        case OneOf(name, values):
            return f"{name} is {'none' if opposite else 'one'} of {', '.join(map(_value, values))}"
        case Between(name, low, high):
            return f"{name} is {low} to under {high}"
        case IsMissing(name):
            return f"{name} is {'answered' if opposite else 'missing'}"
    return repr(leaf)


def _part(condition: Condition) -> str:
    """Put alternatives inside a list in parentheses."""
    said = in_words(condition)
    return f"({said})" if isinstance(condition, (AllOf, AnyOf)) else said


def _value(value: Any) -> str:
    if isinstance(value, Times):
        return value.column if value.times == 1 else f"{text(value.times)} × {value.column}"
    return repr(value) if isinstance(value, str) else str(value)
