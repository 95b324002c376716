"""The aggregation of microdata into a profile: keys, sums and flags, and their names in the table it makes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "CASES",
    "CODE",
    "INSIDE",
    "LOST",
    "MOST",
    "UNTRUE",
    "WEIGHT",
    "WRONG",
    "Aggregation",
    "By",
    "Cross",
    "Pair",
    "home",
    "summed",
    "widest",
]

WEIGHT, CASES = "weight", "cases"
"""The columns of a profile beside its keys and indicators: summed weights, and how many rows they were."""

UNTRUE = "the condition must be true or false (or 1, 0) in every row; compare the column with something"
"""What is said of a condition that is neither."""

INSIDE = "_inside"
"""The column that tells the rows of the domain."""

MOST = 50_000_000
"""The most rows that are collected, unless another number is asked for; memory may leave room for fewer."""

By = str | tuple[str, ...]
"""What a figure is disaggregated by: a column, or a cross of columns."""

Cross = tuple[str, ...]
"""A disaggregation as columns; one column is a cross of one."""

Pair = tuple[str, str | None]
"""A column to be summed, and the one it is divided by; None where it is divided by the number of those who answered."""

CODE = "_pattern"
"""The column of the indicators of a row as one integer, with what else tells rows apart; see `unpacked`."""

WRONG, LOST = -1, -2
"""What the pattern is where an indicator is not 0, 1 or missing, and where the weight is missing or negative; added up
where both are so."""


@dataclass(frozen=True, slots=True)
class Aggregation:
    """The columns of microdata that an aggregation keeps: keys, weight, flags and sums.

    Attributes
    ----------
    design : mapping of role to column
        The columns that tell the rounds, strata, PSUs, household sizes and population corrections apart.
    weight : str or None
        The column of weights; None where each row weighs 1.
    flags : tuple of str
        Indicators, 0, 1 or missing.
    groups : tuple of str
        Columns to disaggregate by.
    pairs : tuple of pairs
        Columns to be summed.
    conditions : tuple of str
        Columns of 0 and 1 that rows of the domain have 1 in; see `with_conditions`.
    most : int
        The most rows to collect.
    cases : str or None
        The column that says how many rows of the microdata each row stands for; None where it is one.
    levels : mapping of column to tuple
        The categories of keys, in their order, where they are known.
    apart : tuple of tuple of str
        Groups that may be kept without the others, where all of them crossed do not fit; none where they may not.
    everywhere : tuple of str
        Groups that are kept outside the domain too.
    """

    design: Mapping[str, str]
    weight: str | None = None
    flags: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    pairs: tuple[Pair, ...] = ()
    conditions: tuple[str, ...] = ()
    most: int = MOST
    cases: str | None = None
    levels: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    apart: tuple[tuple[str, ...], ...] = ()
    everywhere: tuple[str, ...] = ()

    @property
    def keys(self) -> list[str]:
        """The columns whose values are kept apart."""
        return list(dict.fromkeys([*self.design.values(), *self.groups]))

    @property
    def called(self) -> dict[str, str]:
        """Return the names of the columns of cases and weights in the table, where the user's may have these names."""
        taken = {*self.keys, *self.flags}
        found = {}
        for name in (CASES, WEIGHT):
            free = name
            while free in taken:
                free = f"_{free}"
            found[name] = free
        return found

    @property
    def places(self) -> dict[str, str]:
        """Return the name of each key in the engine, where no name of the user's can clash with ours."""
        return {key: f"_key_{i}" for i, key in enumerate(self.keys)}


def summed(number: int) -> tuple[str, str, str, str]:
    """Return the names of what is summed for a pair: above, below, how many rows, and how many are not 0 or 1."""
    return f"_above_{number}", f"_below_{number}", f"_seen_{number}", f"_odd_{number}"


def widest(by: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """Return the disaggregations of which no other has all columns: from them all others follow.

    Examples
    --------
    >>> widest([("people",), ("region",), ("people", "sex"), ("sex", "people")])
    (('region',), ('people', 'sex'))
    """
    sets = [frozenset(c) for c in by]
    kept = [c for c, own in zip(by, sets, strict=True) if not any(own < other for other in sets)]
    return tuple({frozenset(c): c for c in reversed(kept)}.values())[::-1]


def home(cross: tuple[str, ...], among: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the first of some disaggregations that has all columns of another.

    Examples
    --------
    >>> home(("sex",), [("region",), ("people", "sex")])
    ('people', 'sex')
    """
    return next(c for c in among if set(cross) <= set(c))
