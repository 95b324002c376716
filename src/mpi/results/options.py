"""The options that all estimates share, each held to what it may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from mpi.core.errors import unknown
from mpi.measures.words import Unit

if TYPE_CHECKING:
    from mpi.core.errors import Problems

__all__ = ["Degrees", "check_options"]

Degrees = Literal["group", "design"]
"""Whose degrees of freedom: PSUs minus strata of those with cases that a figure rests on, or of the whole design."""


def check_options(problems: Problems, *, level: Any = 0.95, df: Any = "group", unit: Any = "person") -> None:
    """Note what is wrong with the options that all estimates share."""
    if not isinstance(level, (int, float, np.number)) or not 0 < level < 1:
        problems.add(f"level {level!r} is not a number between 0 and 1; 95 per cent is 0.95")
    if df not in get_args(Degrees):
        problems.add(f"df: {unknown('choice', df, get_args(Degrees))}")
    if unit not in get_args(Unit):
        problems.add(f"unit: {unknown('unit', unit, get_args(Unit))}")
