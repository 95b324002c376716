"""Types for annotations: the forms in which users give conditions, columns and labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

__all__ = ["Column", "Labels", "Where"]

Labels = Mapping[str, Mapping[Any, str]]
"""The labels of values, by column."""

Column = nw.Expr | NDArray[Any] | Sequence[float | None] | Callable[[Any], Any]
"""A column to be added: an expression, an array, or a function of the frame."""

Where = str | nw.Expr | NDArray[np.bool_] | Sequence[bool] | Callable[[Any], Any]
"""A condition: a column's name, an expression, an array, or a function of the frame."""
