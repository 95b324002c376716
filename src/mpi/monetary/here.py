"""A poverty line in one grouping, and what a moment is called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Here", "Moment"]

Moment = tuple[Any, ...]
"""A word and its parameters."""


@dataclass(frozen=True, slots=True, eq=False)
class Here:
    """A poverty line in one grouping.

    Attributes
    ----------
    name : str
        What it is called.
    z : ndarray of float, shape (groups,)
        The line of each group.
    inclusive : bool
        Whether those exactly at the line are poor.
    relative : bool
        Whether the line varies with the sample, so that the derivative by it is needed.
    """

    name: str
    z: Floats
    inclusive: bool = False
    relative: bool = False
