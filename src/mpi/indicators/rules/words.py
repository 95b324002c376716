"""The words of a rule: whom it asks, when a household is deprived, what a household without such members is."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from mpi.core.errors import RequestError
from mpi.core.exact import Number, fraction, text
from mpi.indicators.rules.conditions import Compare

__all__ = [
    "HEAD",
    "ONE_ANSWER",
    "HouseholdWord",
    "Missing",
    "Nobody",
    "Of",
    "Share",
    "Status",
    "share_above",
    "share_at_least",
]

Of = Literal["members", "household"]
HouseholdWord = Literal["any", "all", "none", "head"]
Nobody = Literal["not deprived", "deprived", "missing"]
Status = Literal["verified", "secondary", "from memory"]
Missing = Literal["practice", "strict"]
"""How missing answers are read: as those who publish the measure do, or so that nothing follows from them."""

ONE_ANSWER = Fraction(0)
"""How `Rule.enough` holds ``"one"``: any number of answers above none is this share of the eligible."""

HEAD = Compare("relation", "is", 1)
"""Who the head is: the harmonised column `relation` is 1."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share of the eligible members: a household is deprived above it, or from it on.

    Examples
    --------
    >>> str(share_above("1/2")), str(share_at_least("1/3"))
    ('more than 1/2', 'at least 1/3')
    """

    share: Fraction
    strict: bool

    def __post_init__(self) -> None:
        object.__setattr__(self, "share", _fraction(self.share))
        if not 0 <= self.share <= 1 or self.share == (1 if self.strict else 0):
            bounds = "at least 0 and below 1" if self.strict else "above 0 and at most 1"
            raise RequestError(f"a share must be {bounds}, not {text(self.share)}")

    def __str__(self) -> str:
        return f"{'more than' if self.strict else 'at least'} {text(self.share)}"


def _fraction(share: Number) -> Fraction:
    try:
        return fraction(share)
    except ValueError as error:
        raise RequestError(f"share: {error}") from error


def share_above(share: Number) -> Share:
    """More than a share of the eligible members.

    Examples
    --------
    >>> share_above("1/2").share
    Fraction(1, 2)
    """
    return Share(_fraction(share), strict=True)


def share_at_least(share: Number) -> Share:
    """At least a share of the eligible members.

    Examples
    --------
    >>> share_at_least("2/3").strict
    False
    """
    return Share(_fraction(share), strict=False)
