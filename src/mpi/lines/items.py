"""Parts of a poverty line: areas, thresholds, classes, conditions, indicators; each with its standing in law."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from fractions import Fraction

__all__ = [
    "Area",
    "ClassCondition",
    "Deprivation",
    "LineClass",
    "LineFact",
    "Standing",
    "Status",
    "Threshold",
    "amount",
]

Status = Literal["verified", "secondary", "from memory", "not found"]
"""How sure an item is: read in the text or a page that quotes it, in a paraphrase, recalled, or not found."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The certainty of an item, its source, and the article of the law (empty where it is not known)."""

    status: Status
    source: str
    article: str = ""

    @property
    def verified(self) -> bool:
        """Return whether the item was read in the text itself, or in a page that quotes it."""
        return self.status == "verified"


@dataclass(frozen=True, slots=True)
class LineFact:
    """Something said of a line in words: its instrument, its validity, a note."""

    name: str
    text: str
    standing: Standing


@dataclass(frozen=True, slots=True)
class Area:
    """An area with thresholds of its own: the codes and the words by which data tell it."""

    name: str
    label: str
    codes: tuple[Any, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Threshold:
    """A threshold of income.

    Attributes
    ----------
    name, label : str
        What it is called.
    values : tuple of number
        Its value in each of the line's areas, in their order; one value where the line has no areas.
    inclusive : bool
        Whether an income exactly at the threshold is at or below it (True), or above it (False).
    standing : Standing
        How sure it is.
    """

    name: str
    label: str
    values: tuple[int | float, ...]
    inclusive: bool
    standing: Standing


@dataclass(frozen=True, slots=True)
class ClassCondition:
    """A band of income between named thresholds, a range of deprivations, or both; or all that is left.

    Attributes
    ----------
    above, up_to : str or None
        The thresholds that income is above, and that it does not exceed.
    at_least, fewer_than : int or None
        The numbers of deprivations.
    otherwise : bool
        Whether this holds where no other condition of the line does.
    standing : Standing
        How sure it is, with the article.
    """

    above: str | None
    up_to: str | None
    at_least: int | None
    fewer_than: int | None
    otherwise: bool
    standing: Standing


@dataclass(frozen=True, slots=True)
class LineClass:
    """A class of households: poor, near-poor and so on; any of its conditions suffices."""

    name: str
    label: str
    local: str
    conditions: tuple[ClassCondition, ...]


@dataclass(frozen=True, slots=True)
class Deprivation:
    """An indicator of a line: its dimension, its exact weight, and who is deprived, in words."""

    name: str
    dimension: str
    weight: Fraction
    label: str
    local: str
    deprived: str
    column: str
    standing: Standing


def amount(value: float) -> str:
    """Write an amount of money with separators.

    Examples
    --------
    >>> amount(1_500_000), amount(58.5)
    ('1,500,000', '58.5')
    """
    if float(value).is_integer():
        return f"{value:,.0f}"
    short = round(value, 2)
    if abs(value) < 1000 or short.is_integer():  # a hair above a line must not print as if it were on it
        return f"{value:,}"
    return f"{short:,.2f}"
