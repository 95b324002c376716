"""Columns that are computed from others before rules are applied: body mass, and z-scores of growth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mpi.errors import MpiError, unknown
from mpi.indicators import growth

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from numpy.typing import NDArray

__all__ = ["FUNCTIONS", "Computed"]

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
        if self.function not in FUNCTIONS:
            raise MpiError(f"computed column {self.name!r}: {unknown('function', self.function, FUNCTIONS)}")
        needed, usual = _NEEDED[self.function], self._usual
        if self.inputs and not len(needed) <= len(self.inputs) <= len(usual):
            more = f" and perhaps {', '.join(usual[len(needed) :])}" if len(usual) > len(needed) else ""
            raise MpiError(
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

    def of(self, *columns: NDArray[Any]) -> NDArray[Any]:
        """Compute it."""
        return FUNCTIONS[self.function](*columns)
