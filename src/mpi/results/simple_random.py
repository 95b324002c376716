"""Variances of estimates in a simple random sample: the divisors of design effects."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from mpi.core.readonly import seal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["SimpleRandom", "joined"]


@dataclass(frozen=True, slots=True, eq=False)
class SimpleRandom:
    """The variance and weight of each estimate in a simple random sample of as many cases.

    Attributes
    ----------
    variance : ndarray of float, shape (estimates,)
        The variance of each in a simple random sample of as many cases, drawn with replacement.
    weight : ndarray of float, shape (estimates,)
        The weights of the cases it rests on: how many people they stand for, where weights add up to a population.
    square : ndarray of float, shape (estimates,)
        The sum of the squared weights of the cases; missing where rows were condensed.
    """

    variance: Floats
    weight: Floats
    square: Floats

    def __post_init__(self) -> None:
        """Let nobody write into it."""
        seal(self)

    def take(self, rows: NDArray[Any]) -> Self:
        """Return those of some estimates."""
        return type(self)(*(getattr(self, f.name)[rows] for f in fields(self)))


def joined(parts: Sequence[SimpleRandom | None]) -> SimpleRandom | None:
    """Return those of several results one below the other; None where one has none."""
    known = [p for p in parts if p is not None]
    if not known or len(known) < len(parts):
        return None
    return SimpleRandom(*(np.concatenate([getattr(p, f.name) for p in known]) for f in fields(SimpleRandom)))
