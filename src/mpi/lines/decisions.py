"""Decisions of a line: the condition that holds in each band of income with each number of deprivations.

The law is a finite table, of bands by counts. What is not known of a household (its income, its area, some of its
deprivations) leaves several cells of it possible; its class is decided where all of them are of one class.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mpi.lines.items import ClassCondition, LineClass, Threshold
    from mpi.lines.standard import Standard

__all__ = ["Decisions", "band_names", "bands_of", "conditions_met", "decisions"]


@dataclass(frozen=True, slots=True, eq=False)
class Decisions:
    """The conditions of a line, numbered, and which are possible.

    Attributes
    ----------
    conditions : tuple of Condition
        The conditions of all classes, in order; the number of each is a bit.
    of_class : ndarray of int, shape (conditions,)
        The class of each.
    possible : ndarray of int64, shape (bands + 1, counts, counts)
        ``possible[b, low, high]`` holds the bits of the conditions that may hold in band b with `low` to `high`
        deprivations; the last band stands for an income that is not known.
    """

    conditions: tuple[ClassCondition, ...]
    of_class: NDArray[np.int64]
    possible: NDArray[np.int64]


def decisions(line: Standard) -> Decisions:
    """Tabulate what a line decides."""
    pairs = [(k, w) for k, c in enumerate(line.classes) for w in c.conditions]
    cell = np.array(
        [
            [held[0] for held in row]
            for row in conditions_met(line.thresholds, line.classes, len(line.indicators))
        ],
        dtype=np.int64,
    )  # fmt: skip
    bands, counts = cell.shape
    possible = np.zeros((bands + 1, counts, counts), dtype=np.int64)
    for low in range(counts):
        bits = np.int64(1) << cell[:, low:]
        possible[:bands, low, low:] = np.bitwise_or.accumulate(bits, axis=1)
    possible[bands] = np.bitwise_or.reduce(possible[:bands], axis=0)
    return Decisions(tuple(w for _, w in pairs), np.array([k for k, _ in pairs]), possible)


def conditions_met(
    thresholds: Sequence[Threshold], classes: Sequence[LineClass], indicators: int
) -> list[list[list[int]]]:  # fmt: skip
    """Return the numbers of the conditions that hold, for each band of income and each number of deprivations.

    Band b is that of an income above exactly b of the thresholds. Of a sound line exactly one holds in each cell;
    a condition that takes the rest holds where no other does.
    """
    rank = {t.name: i for i, t in enumerate(thresholds)}
    conditions = [w for c in classes for w in c.conditions]
    rest = [i for i, w in enumerate(conditions) if w.otherwise]
    return [
        [
            [i for i, w in enumerate(conditions) if not w.otherwise and _holds(w, band, count, rank)] or rest
            for count in range(indicators + 1)
        ]
        for band in range(len(thresholds) + 1)
    ]


def _holds(condition: ClassCondition, band: int, count: int, rank: dict[str, int]) -> bool:
    low = 0 if condition.above is None else rank[condition.above] + 1
    high = len(rank) if condition.up_to is None else rank[condition.up_to]
    least = condition.at_least or 0
    return low <= band <= high and least <= count and (condition.fewer_than is None or count < condition.fewer_than)


def bands_of(thresholds: Sequence[Threshold], income: NDArray[np.float64], area: int) -> NDArray[np.int64]:
    """Return the band of each income by one area's thresholds: how many it is above; the last plus one where missing.

    An income exactly at a threshold is not above it, unless the threshold is exclusive. Numbers are compared as
    they are, without any tolerance.
    """
    band = np.zeros(len(income), dtype=np.int64)
    for t in thresholds:
        band += income > t.values[area] if t.inclusive else income >= t.values[area]
    band[np.isnan(income)] = len(thresholds) + 1
    return band


def band_names(thresholds: Sequence[Threshold]) -> list[str]:
    """Name the bands of income by the thresholds around them.

    Examples
    --------
    >>> from mpi.lines import load_line
    >>> band_names(load_line("vn-2011").thresholds)
    ['up to poverty_line', 'poverty_line to near_poverty_line', 'above near_poverty_line']
    """
    names = [t.name for t in thresholds]
    between = [f"{a} to {b}" for a, b in pairwise(names)]
    return [f"up to {names[0]}", *between, f"above {names[-1]}"]
