"""Conditions on the answers of a member or a household: what is asked of which column. Data, not code.

A condition knows its columns and nothing of any data frame; `arrays` and `expressions` find out where it holds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from numbers import Rational, Real
from typing import TYPE_CHECKING, Any, Literal, get_args

from mpi.core.arguments import kinds_checked
from mpi.core.errors import RequestError, unknown
from mpi.core.exact import Number, fraction

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "AllOf", "AnyOf", "AtLeast", "Between", "Column", "Compare", "Condition", "IsMissing", "Leaf", "Not", "OneOf",
    "Relation", "Times", "all_of", "any_of", "at_least_of", "column", "columns_of", "leaves",
]  # fmt: skip

Relation = Literal["is", "at_least", "above", "at_most", "below"]
Value = int | float | str
"""What a column is compared with: a number or a text."""


class Condition:
    """A condition on answers, combined with others by ``&`` (and), ``|`` (or) and ``~`` (not)."""

    __slots__ = ()

    def __and__(self, other: Condition) -> AllOf:
        return AllOf((*_parts(self, AllOf), *_parts(other, AllOf)))

    def __or__(self, other: Condition) -> AnyOf:
        return AnyOf((*_parts(self, AnyOf), *_parts(other, AnyOf)))

    def __invert__(self) -> Condition:
        return self.condition if isinstance(self, Not) else Not(self)

    def __bool__(self) -> bool:
        raise RequestError(
            "a condition is neither true nor false before it meets data; combine conditions with & | ~ instead of "
            "and, or, not, put each comparison in parentheses, and use column(...).between(low, high) for ranges"
        )


@dataclass(frozen=True, slots=True)
class Times:
    """Another column times a factor, to compare with: ``8 * column("size")``."""

    column: str
    times: Fraction = Fraction(1)

    def __post_init__(self) -> None:
        _check_name(self.column)
        object.__setattr__(self, "times", fraction(self.times))
        if self.times <= 0:
            raise RequestError(f"a column is compared with a multiple of {self.column!r} above 0, not {self.times}")


@dataclass(frozen=True, slots=True)
class Compare(Condition):
    """A column against a number, a text (``is`` only) or a multiple of another column."""

    column: str
    relation: Relation
    value: Value | Times

    def __post_init__(self) -> None:
        _check_name(self.column)
        if self.relation not in get_args(Relation):
            raise RequestError(unknown("comparison", self.relation, get_args(Relation)))
        if not isinstance(self.value, Times):
            object.__setattr__(self, "value", _value(self.value, self.column))
        if isinstance(self.value, str) and self.relation != "is":
            raise RequestError(
                f"{self.column!r} is compared with the text {self.value!r}: texts have no order; use is or in"
            )


@dataclass(frozen=True, slots=True)
class OneOf(Condition):
    """A column that is one of some numbers or of some texts."""

    column: str
    values: tuple[Value, ...]

    def __post_init__(self) -> None:
        _check_name(self.column)
        values = tuple(_value(v, self.column) for v in self.values)
        if not values or len({isinstance(v, str) for v in values}) > 1:
            raise RequestError(
                f"{self.column!r}: give the values it may be, all numbers or all texts, not {list(values)}"
            )
        object.__setattr__(self, "values", values)


@dataclass(frozen=True, slots=True)
class Between(Condition):
    """A column from a number to under another one."""

    column: str
    low: int | float
    high: int | float

    def __post_init__(self) -> None:
        _check_name(self.column)
        low, high = (_value(v, self.column) for v in (self.low, self.high))
        if isinstance(low, str) or isinstance(high, str) or low >= high:
            raise RequestError(
                f"{self.column!r}: a range is two numbers, the lower first, not {low!r} to under {high!r}"
            )
        object.__setattr__(self, "low", low)
        object.__setattr__(self, "high", high)


@dataclass(frozen=True, slots=True)
class IsMissing(Condition):
    """A column without an answer; this is known everywhere."""

    column: str

    def __post_init__(self) -> None:
        _check_name(self.column)


@dataclass(frozen=True, slots=True)
class AllOf(Condition):
    """All of some conditions; with `skip_missing`, all of those that are known, and unknown only where none is."""

    conditions: tuple[Condition, ...]
    skip_missing: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "conditions", _conditions(self.conditions))
        _check_word("skip_missing", self.skip_missing)


@dataclass(frozen=True, slots=True)
class AnyOf(Condition):
    """At least one of some conditions; with `skip_missing`, of those that are known, and unknown only where none is."""

    conditions: tuple[Condition, ...]
    skip_missing: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "conditions", _conditions(self.conditions))
        _check_word("skip_missing", self.skip_missing)


@dataclass(frozen=True, slots=True)
class AtLeast(Condition):
    """At least so many of some conditions; with `skip_missing`, of those that are known, and unknown where none is."""

    count: int
    conditions: tuple[Condition, ...]
    skip_missing: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "conditions", _conditions(self.conditions))
        _check_word("skip_missing", self.skip_missing)
        whole = isinstance(self.count, int) and not isinstance(self.count, bool)
        if not whole or not 0 < self.count <= len(self.conditions):
            raise RequestError(
                f"at least {self.count!r} of {len(self.conditions)} conditions: give a number from 1 to that"
            )


@dataclass(frozen=True, slots=True)
class Not(Condition):
    """The opposite of a condition; unknown stays unknown."""

    condition: Condition

    def __post_init__(self) -> None:
        _conditions((self.condition,))


Leaf = Compare | OneOf | Between | IsMissing
"""A condition that is not made of others."""


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A column, to build conditions with; see `column`."""

    name: str

    __hash__ = None  # type: ignore[assignment]  # equality makes a condition

    def __eq__(self, other: object) -> Compare:  # type: ignore[override]  # equality makes a condition
        return Compare(self.name, "is", _comparable(other))

    def __ne__(self, other: object) -> Condition:  # type: ignore[override]  # as above
        return ~Compare(self.name, "is", _comparable(other))

    def __ge__(self, other: object) -> Compare:
        return Compare(self.name, "at_least", _comparable(other))

    def __gt__(self, other: object) -> Compare:
        return Compare(self.name, "above", _comparable(other))

    def __le__(self, other: object) -> Compare:
        return Compare(self.name, "at_most", _comparable(other))

    def __lt__(self, other: object) -> Compare:
        return Compare(self.name, "below", _comparable(other))

    def __mul__(self, factor: Number) -> Times:
        return Times(self.name, fraction(factor))

    __rmul__ = __mul__

    def is_in(self, values: Iterable[Value]) -> OneOf:
        """Return whether the column is one of some values."""
        return OneOf(self.name, tuple(values))

    def between(self, low: float, high: float) -> Between:
        """Return whether the column is at least `low` and below `high`: ages 5 to under 15 are ``between(5, 15)``."""
        return Between(self.name, low, high)

    def is_missing(self) -> IsMissing:
        """Return whether the column has no answer."""
        return IsMissing(self.name)


def column(name: str) -> Column:
    """Name a column to build a condition with.

    Examples
    --------
    >>> column("age").between(5, 15) & (column("attending") == 0)
    AllOf(conditions=(Between(column='age', low=5, high=15), Compare(column='attending', relation='is', value=0)), \
skip_missing=False)
    >>> column("living_area") < 8 * column("size")
    Compare(column='living_area', relation='below', value=Times(column='size', times=Fraction(8, 1)))
    """
    return Column(name)


@kinds_checked
def all_of(*conditions: Condition, skip_missing: bool = False) -> AllOf:
    """All of some conditions; false where one is false, whatever is unknown.

    Parameters
    ----------
    *conditions : Condition
        What has to hold.
    skip_missing : bool
        Leave out the conditions that are unknown because an answer is missing: all of the others hold. Unknown
        only where all are.

    Examples
    --------
    >>> len(all_of(column("tv") == 0, column("radio") == 0).conditions)
    2
    """
    return AllOf(conditions, skip_missing)


@kinds_checked
def any_of(*conditions: Condition, skip_missing: bool = False) -> AnyOf:
    """At least one of some conditions; true where one is true, whatever is unknown.

    Parameters
    ----------
    *conditions : Condition
        What may hold.
    skip_missing : bool
        Leave out the conditions that are unknown because an answer is missing: one of the others holds. Unknown
        only where all are.

    Examples
    --------
    >>> any_of(column("internet") == 0, column("age") < 6) == ((column("internet") == 0) | (column("age") < 6))
    True

    A floor that is fine, beside a roof that nobody recorded:

    >>> from mpi.indicators.answers.arrays import holds
    >>> home = {"floor": [0.0], "roof": [float("nan")]}
    >>> bad = [column("floor") == 1, column("roof") == 1]
    >>> holds(any_of(*bad), home), holds(any_of(*bad, skip_missing=True), home)
    (array([nan]), array([0.]))
    """
    return AnyOf(conditions, skip_missing)


@kinds_checked
def at_least_of(count: int, *conditions: Condition, skip_missing: bool = False) -> AtLeast:
    """At least `count` of some conditions.

    Parameters
    ----------
    count : int
        How many have to hold.
    *conditions : Condition
        Of which.
    skip_missing : bool
        Leave out the conditions that are unknown because an answer is missing: so many of the others hold. Unknown
        only where all are.

    Examples
    --------
    >>> at_least_of(2, column("wall") > 3, column("roof") > 2, column("column") > 3).count
    2
    """
    return AtLeast(count, conditions, skip_missing)


def leaves(condition: Condition) -> Iterator[Leaf]:
    """Yield the conditions on single columns that a condition is made of."""
    match condition:
        case AllOf(parts) | AnyOf(parts) | AtLeast(_, parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)
        case Compare() | OneOf() | Between() | IsMissing():
            yield condition


def columns_of(condition: Condition | None) -> tuple[str, ...]:
    """Return the names of the columns that a condition asks for, each once.

    Examples
    --------
    >>> columns_of((column("living_area") < 8 * column("size")) | column("living_area").is_missing())
    ('living_area', 'size')
    """
    names: list[str] = []
    for leaf in leaves(condition) if condition is not None else ():
        names.append(leaf.column)
        if isinstance(leaf, Compare) and isinstance(leaf.value, Times):
            names.append(leaf.value.column)
    return tuple(dict.fromkeys(names))


def _parts(condition: Any, kind: type[AllOf | AnyOf]) -> tuple[Condition, ...]:
    """Keep ``a & b & c`` flat, but for parts that leave out what is missing among themselves."""
    return condition.conditions if isinstance(condition, kind) and not condition.skip_missing else (condition,)


def _conditions(parts: Iterable[Any]) -> tuple[Condition, ...]:
    found = tuple(parts)
    if not found:
        raise RequestError("all, any and at least need at least one condition")
    strange = [p for p in found if not isinstance(p, Condition)]
    if strange:
        raise RequestError(f"{strange[0]!r} is no condition; write one such as column('age') >= 5")
    return found


def _check_name(name: Any) -> None:
    if not isinstance(name, str) or not name:
        raise RequestError(
            f"a column is named by a text, not {name!r}; rename the column of the data where it is a number"
        )


def _check_word(name: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise RequestError(f"{name} is true or false, not {value!r}")


def _comparable(value: object) -> Any:
    return Times(value.name) if isinstance(value, Column) else value


def _value(value: Any, name: str) -> Value:
    """Read a number or a text; true and false are 1 and 0."""
    if isinstance(value, str):
        return value
    if isinstance(value, Real) and not isinstance(value, Rational) and math.isfinite(number := float(value)):
        return int(number) if number.is_integer() else number  # as it is: answers may come of the same arithmetic
    try:
        exact = fraction(int(value) if isinstance(value, bool) else value)
    except ValueError:
        raise RequestError(f"{name!r} is compared with {value!r}; give a number, a text or another column") from None
    return int(exact) if exact.denominator == 1 else float(exact)
