"""Columns that are computed from others before rules are applied: body mass, and z-scores of growth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mpi.errors import MpiError, unknown
from mpi.indicators import growth

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

__all__ = ["FUNCTIONS", "Computed"]

FUNCTIONS: Mapping[str, Callable[..., NDArray[Any]]] = {
    "height_for_age_z": growth.height_for_age_z,
    "weight_for_age_z": growth.weight_for_age_z,
    "bmi_for_age_z": growth.bmi_for_age_z,
    "bmi": growth.bmi,
}
"""What may stand as `function` in a rule file."""

_INPUTS = {
    "height_for_age_z": ("sex", "age_months", "height"),
    "weight_for_age_z": ("sex", "age_months", "weight_kg"),
    "bmi_for_age_z": ("sex", "age_months", "height", "weight_kg"),
    "bmi": ("height", "weight_kg"),
}


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
        The columns it is computed from; by default the harmonised names.

    Examples
    --------
    >>> Computed("haz", "height_for_age_z").inputs
    ('sex', 'age_months', 'height')
    """

    name: str
    function: str
    inputs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.function not in FUNCTIONS:
            raise MpiError(f"computed column {self.name!r}: {unknown('function', self.function, FUNCTIONS)}")
        usual = _INPUTS[self.function]
        if self.inputs and len(self.inputs) != len(usual):
            raise MpiError(f"computed column {self.name!r}: {self.function} takes {', '.join(usual)}, in this order")
        object.__setattr__(self, "inputs", tuple(self.inputs) or usual)

    def of(self, *columns: NDArray[Any]) -> NDArray[Any]:
        """Compute it."""
        return FUNCTIONS[self.function](*columns)
