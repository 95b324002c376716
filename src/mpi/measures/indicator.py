"""One deprivation: a name, a dimension, an exact weight, and the column of 0, 1 and missing that holds it."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from mpi.core.errors import Problems, RequestError
from mpi.core.exact import Number, fraction, rounding

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Indicator", "altered", "check_texts", "read_weight", "reweighted"]


@dataclass(frozen=True, slots=True, init=False)
class Indicator:
    """One deprivation: a column of 0 (not deprived), 1 (deprived) and missing.

    Parameters
    ----------
    name : str
        What the indicator is called in results.
    dimension : str
        The dimension it belongs to.
    weight : str, int, float, Fraction or Decimal
        Its share of the deprivation score; ``"1/18"`` is exact. The weights of a measure add to 1.
    column : str, optional
        The column that holds it; by default `name`.
    label : str, optional
        What to print in published tables; by default `name`.
    description : str, optional
        Who is deprived, in words.

    Examples
    --------
    >>> Indicator("d_nutr", dimension="health", weight="1/6").weight
    Fraction(1, 6)
    """

    name: str
    dimension: str
    weight: Fraction
    column: str
    label: str
    description: str
    rounding: Fraction = field(compare=False, repr=False)

    def __init__(
        self,
        name: str,
        *,
        dimension: str,
        weight: Number,
        column: str | None = None,
        label: str = "",
        description: str = "",
    ) -> None:
        problems = Problems(f"indicator {name!r}", RequestError)
        texts = {
            "name": name,
            "dimension": dimension,
            "column": column,
            "label": label,
            "description": description,
        }
        check_texts(texts, problems)
        exactly = read_weight(weight, problems)
        problems.raise_if_any()
        values = {
            "name": name,
            "dimension": dimension,
            "weight": exactly,
            "column": column or name,
            "label": label or name,
            "description": description,
            "rounding": rounding(weight),
        }
        for key, value in values.items():
            object.__setattr__(self, key, value)


def reweighted(i: Indicator, weight: Fraction, rounded: Fraction | None = None) -> Indicator:
    """Copy an indicator with another weight; where `rounded` does not say by how much it is off, as much as the old."""
    return altered(i, weight=weight, rounding=i.rounding if rounded is None else rounded)


def altered(i: Indicator, **changes: object) -> Indicator:
    """Copy an indicator with other values of some fields; how exactly its weight was given is kept."""
    made = object.__new__(Indicator)
    for key in ("name", "dimension", "weight", "column", "label", "description", "rounding"):
        object.__setattr__(made, key, changes.get(key, getattr(i, key)))
    return made


def read_weight(value: Number, problems: Problems, where: str = "weight") -> Fraction:
    """Read a weight as an exact number; note what is none."""
    try:
        return fraction(value)
    except ValueError as error:
        problems.add(f"{where}: {error}")
        return Fraction(0)


def check_texts(values: Mapping[str, object], problems: Problems) -> None:
    """Hold names, labels and so on to text; a name also has to say something."""
    for key, value in values.items():
        if key == "name" and isinstance(value, str) and not value:
            problems.add("it has no name")
        elif not (isinstance(value, str) or (key == "column" and value is None)):
            problems.add(f"{key}: text is needed, not {value!r}")
