"""The conditions of a scheme: an ingredient, a comparison, a number; what each says in words where it is not met."""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mpi.core.errors import unknown
from mpi.core.exact import fraction

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["INGREDIENTS", "ReliabilityCondition", "condition"]

INGREDIENTS = {
    "n": "unweighted cases",
    "n_with": "unweighted cases with the trait",
    "psu": "primary sampling units",
    "df": "degrees of freedom",
    "deff": "design effect",
    "ess": "effective sample size",
    "estimate": "estimate",
    "se": "standard error",
    "cv": "coefficient of variation",
    "log_cv": "coefficient of variation on the scale of logarithms",
    "ine_limit": "the largest standard error that INE allows",
}
"""What conditions may be about, by name, and what each is."""

_COUNTED = ("n", "n_with", "psu", "df")
_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt,
}  # fmt: skip
_WRITTEN = re.compile(r"\s*([A-Za-z_]+)\s*(<=|>=|<|>)\s*(\S+)\s*")
_UNMET = {"<=": "above", "<": "not below", ">=": "below", ">": "not above"}


@dataclass(frozen=True, slots=True)
class ReliabilityCondition:
    """A comparison that a figure has to meet.

    Attributes
    ----------
    name : str
        The ingredient.
    comparison : {"<=", ">=", "<", ">"}
        How it is compared.
    limit : float or str
        With what: a number, or another ingredient.
    """

    name: str
    comparison: str
    limit: float | str

    def __str__(self) -> str:
        """Return the condition as it is written in a file."""
        limit = self.limit if isinstance(self.limit, str) else f"{self.limit:.12g}"
        return f"{self.name} {self.comparison} {limit}"

    @property
    def ingredients(self) -> tuple[str, ...]:
        """The ingredients that it needs."""
        return (self.name, self.limit) if isinstance(self.limit, str) else (self.name,)

    def met(self, ingredients: Mapping[str, NDArray[np.float64]]) -> NDArray[np.bool_]:
        """Return which figures meet it; one whose ingredient is not known does not."""
        limit = ingredients[self.limit] if isinstance(self.limit, str) else self.limit
        met: NDArray[np.bool_] = _COMPARISONS[self.comparison](ingredients[self.name], limit)  # False where NaN
        return met

    def unmet(self, cases: str = "cases") -> str:
        """Say of figures that do not meet it why they do not.

        Examples
        --------
        >>> condition("n >= 25").unmet("households"), condition("cv <= 0.333").unmet()
        ('fewer than 25 households', 'coefficient of variation above 33.3%')
        """
        what = INGREDIENTS[self.name]
        if isinstance(self.limit, str):
            return f"{what} {_UNMET[self.comparison]} {INGREDIENTS[self.limit]}"
        if self.name in _COUNTED and self.comparison == ">=":
            noun = {"n": cases, "n_with": f"{cases} with the trait"}.get(self.name, what)
            return f"fewer than {self.limit:g} {noun}"
        said = f"{self.limit * 100:g}%" if self.name == "cv" else f"{self.limit:g}"
        return f"{what} {_UNMET[self.comparison]} {said}"


def condition(text: str) -> ReliabilityCondition:
    """Return the condition that a text says.

    Raises
    ------
    ValueError
        When it says none; the message says what was expected.

    Examples
    --------
    >>> condition("log_cv <= 0.175")
    ReliabilityCondition(name='log_cv', comparison='<=', limit=0.175)
    """
    found = _WRITTEN.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no condition such as 'n >= 25'")
    name, comparison, limit = found.groups()
    if name not in INGREDIENTS:
        raise ValueError(unknown("ingredient", name, INGREDIENTS))
    if limit in INGREDIENTS:
        return ReliabilityCondition(name, comparison, limit)
    try:
        return ReliabilityCondition(name, comparison, float(fraction(limit)))
    except ValueError:
        raise ValueError(f"{text!r}: {limit!r} is neither a number nor one of {', '.join(INGREDIENTS)}") from None
