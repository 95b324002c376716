"""Counts behind shares: cases with the trait, and the total weight below the share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mpi.core.readonly import seal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["ShareCounts"]


@dataclass(frozen=True, slots=True, eq=False)
class ShareCounts:
    """Unweighted cases and weights behind some estimates; NaN where unknown, or where nothing is counted.

    Attributes
    ----------
    n_with : ndarray of float
        The unweighted cases that add to the total above: the poor of a headcount, those deprived of a headcount of one
        indicator.
    weight : ndarray of float
        The total below, weights and all: the population that a headcount is a share of.
    """

    n_with: NDArray[np.float64]
    weight: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Let nobody write into it."""
        seal(self)

    def take(self, rows: NDArray[np.int64]) -> ShareCounts:
        """Return the counts of some of the estimates."""
        return ShareCounts(self.n_with[rows], self.weight[rows])

    @classmethod
    def unknown(cls, count: int) -> ShareCounts:
        """Return counts of which none is known."""
        return cls(np.full(count, np.nan), np.full(count, np.nan))

    @classmethod
    def stacked(cls, parts: Sequence[tuple[ShareCounts | None, int]]) -> ShareCounts | None:
        """Return counts one behind another, each with how many there are; None where none has any."""
        if all(counts is None for counts, _ in parts):
            return None
        found = [cls.unknown(many) if counts is None else counts for counts, many in parts]
        return cls(np.concatenate([c.n_with for c in found]), np.concatenate([c.weight for c in found]))
