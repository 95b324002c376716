"""Columns computed from others before rules are applied: body mass, z-scores of growth, and codes made yes or no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.errors import DataError, RequestError, unknown, warn
from mpi.frames.arrays import Categories
from mpi.indicators.answers.arrays import mismatches, truth
from mpi.indicators.answers.logic import Truth, as_numbers
from mpi.indicators.lazy.expressions import as_expression, truth_expression
from mpi.indicators.rules import growth
from mpi.indicators.rules.conditions import Condition, columns_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    import narwhals.stable.v2 as nw
    from numpy.typing import NDArray

    from mpi.indicators.answers.arrays import Answers

__all__ = ["FUNCTIONS", "Computed", "Recoded"]

FUNCTIONS: Mapping[str, Callable[..., NDArray[Any]]] = {
    "height_for_age_z": growth.height_for_age_z,
    "weight_for_age_z": growth.weight_for_age_z,
    "bmi_for_age_z": growth.bmi_for_age_z,
    "bmi": growth.bmi,
}
"""What may stand as `function` in a rule file."""

_NEEDED = {
    "height_for_age_z": ("sex", "age_months", "height"),
    "weight_for_age_z": ("sex", "age_months", "weight_kg"),
    "bmi_for_age_z": ("sex", "age_months", "height", "weight_kg"),
    "bmi": ("height", "weight_kg"),
}
_OPTIONAL = {"height_for_age_z": ("height_position",), "bmi_for_age_z": ("height_position",)}


@dataclass(frozen=True, slots=True)
class Computed:
    """A column computed from others; where the data have a column of that name already, theirs is taken.

    Parameters
    ----------
    name : str
        What the column is called in conditions.
    function : str
        ``height_for_age_z``, ``weight_for_age_z``, ``bmi_for_age_z`` or ``bmi``.
    inputs : tuple of str, optional
        The columns it is computed from, in this order; by default the harmonised names. The last of
        ``height_for_age_z`` and ``bmi_for_age_z``, `height_position` (1 lying, 2 standing), may be left out, and may be
        absent from the data.

    Examples
    --------
    >>> Computed("haz", "height_for_age_z").inputs
    ('sex', 'age_months', 'height', 'height_position')
    >>> Computed("haz", "height_for_age_z").inputs_among(["sex", "age_months", "height", "age"])
    ('sex', 'age_months', 'height')
    """

    name: str
    function: str
    inputs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.function, str) or self.function not in FUNCTIONS:
            raise RequestError(f"computed column {self.name!r}: {unknown('function', self.function, FUNCTIONS)}")
        needed, usual = _NEEDED[self.function], self._usual
        if self.inputs and not len(needed) <= len(self.inputs) <= len(usual):
            more = f" and perhaps {', '.join(usual[len(needed) :])}" if len(usual) > len(needed) else ""
            raise RequestError(
                f"computed column {self.name!r}: {self.function} takes {', '.join(needed)}{more}, in this order"
            )
        object.__setattr__(self, "inputs", tuple(self.inputs) or usual)

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns without which it cannot be computed."""
        return self.inputs[: len(_NEEDED[self.function])]

    @property
    def _usual(self) -> tuple[str, ...]:
        return (*_NEEDED[self.function], *_OPTIONAL.get(self.function, ()))

    def inputs_among(self, columns: Collection[str]) -> tuple[str, ...]:
        """Return the columns that it needs, and of the others those that are there."""
        return (*self.needed, *(c for c in self.inputs[len(self.needed) :] if c in columns))

    def compute(self, *columns: NDArray[Any]) -> NDArray[Any]:
        """Compute it."""
        return FUNCTIONS[self.function](*columns)

    def from_answers(self, answers: Answers) -> NDArray[Any]:
        """Compute it from the columns that were read, which must be numbers."""
        given = {name: answers.columns[name] for name in self.inputs_among(answers.columns)}
        for name, values in given.items():
            if isinstance(values, Categories):
                raise DataError(f"{self.name} cannot be computed: column {name!r} should hold numbers, not text")
        return self.compute(*given.values())  # type: ignore[arg-type]  # none of them is text

    def expression(self, schema: Mapping[str, Any]) -> nw.Expr | None:
        """Return nothing: engines have no tables of growth."""
        del schema
        return None


@dataclass(frozen=True, slots=True)
class Recoded:
    """A column of yes (1) and no (0), made from codes; where the data have a column of that name, theirs is taken.

    Parameters
    ----------
    name : str
        What the column is called in conditions.
    yes, no : Condition
        Where it is 1, and where it is 0. Where neither holds it is missing, so codes that stand in neither list are
        no answer.

    Raises
    ------
    MpiError
        When `yes` and `no` both hold of a row.

    Examples
    --------
    >>> from mpi.indicators import column
    >>> improved = Recoded("improved_toilet", column("toilet_type").is_in([11, 12]), column("toilet_type").is_in([95]))
    >>> improved.inputs
    ('toilet_type',)
    """

    name: str
    yes: Condition
    no: Condition

    def __post_init__(self) -> None:
        for key in ("yes", "no"):
            if not isinstance(getattr(self, key), Condition):
                raise RequestError(
                    f"computed column {self.name!r}: {key}: give a condition such as column('code').is_in([1, 2]), not "
                    f"{getattr(self, key)!r}"
                )

    @property
    def inputs(self) -> tuple[str, ...]:
        """The columns it is computed from."""
        return tuple(dict.fromkeys((*columns_of(self.yes), *columns_of(self.no))))

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns without which it cannot be computed: all."""
        return self.inputs

    def inputs_among(self, columns: Collection[str]) -> tuple[str, ...]:
        """Return the columns that it needs; itself, where none of them is there, as that is what the data lack."""
        return self.inputs if any(c in columns for c in self.inputs) else (self.name,)

    def from_answers(self, answers: Answers) -> NDArray[np.float64]:
        """Compute it from the columns that were read; warn of codes that stand on neither side."""
        wrong = list(dict.fromkeys(p for c in (self.yes, self.no) for p in mismatches(c, answers)))
        if wrong:
            raise DataError(f"{self.name} cannot be computed: {'; '.join(wrong)}")
        yes, no = truth(self.yes, answers).true, truth(self.no, answers).true
        torn = int((yes & no).sum())
        if torn:
            raise DataError(f"{self.name} cannot be computed: {torn:,} rows are on both its sides, yes and no")
        self._tell(answers, ~(yes | no))
        return as_numbers(Truth(yes, no))

    def expression(self, schema: Mapping[str, Any]) -> nw.Expr:
        """Return it as an expression of an engine: 1.0, 0.0 and null."""
        yes, no = (truth_expression(c, schema).true for c in (self.yes, self.no))
        return as_expression(Truth(yes & ~no, no & ~yes))

    def _tell(self, answers: Answers, neither: NDArray[np.bool_]) -> None:
        told = []
        for name in self.inputs:
            values = answers.columns[name]
            if len(self.inputs) == 1 and isinstance(values, np.ndarray):
                codes, counts = np.unique(values[neither & answers.is_answered(name)], return_counts=True)
                told += [f"{c:g} in {n:,} rows" for c, n in zip(codes, counts, strict=True) if c not in _NO_ANSWER]
        if told:
            warn(
                f"{self.name}: column {self.inputs[0]!r} is {', '.join(told[:_SHOWN])}, of which the rules do not know "
                "whether that is yes or no; these rows are taken as missing. Set the parameters of the rules, or give "
                f"the data a column {self.name!r} of 1, 0 and missing"
            )


_NO_ANSWER = {8, 9, 97, 98, 99}
_SHOWN = 6
