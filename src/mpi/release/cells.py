"""Figures as cells that add up: numbers of people behind rates, and what follows from what.

A rate is a number of people over a population that readers are taken to know. So the poor of a group are a cell; they
add up over groups to the whole, and scores are what indicators contribute. An intensity and a share of contributions
are ratios of two cells: they are shown only where both are, and where they are secret, so is the cell above.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.release.system import System

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]

__all__ = ["TOLERANCE", "Key", "Tabulated"]

TOLERANCE = 1e-6

Key = tuple[Any, ...]


@dataclass(slots=True, eq=False)
class Tabulated:
    """The cells of some estimates while they are put together.

    Attributes
    ----------
    value, room : list of float
        The true value of each cell, and how far it may move up.
    publishers : list of list of int
        The figures that tell each; a cell that none tells is known to nobody.
    place : dict
        The cell of each key.
    of_figure : dict of int to int
        The cell that each figure tells.
    of_row : dict of int to int
        The cell of the cases of each row.
    row : dict of int to int
        The row of each figure.
    ratios : dict of int to (cells, cell)
        The cells whose sum stands above in each figure that is a ratio, and the cell below.
    parts : dict of int to list of int
        The cells that add up to that of a score: what indicators contribute.
    pairs : list of (cells, figures)
        The publishers, pair by pair, once they are all there.
    least : dict of int to float
        What an intensity is at least: the cutoff.
    entries : list of (relation, cell, factor)
        The relations.
    links : list of (cell, cell, low, high)
        Cells that are between two multiples of another.
    dear : list of float
        How dear it is to hide a figure of each row: the whole is dearest, the cells of a cross are cheap.
    """

    value: list[float] = field(default_factory=list)
    room: list[float] = field(default_factory=list)
    publishers: list[list[int]] = field(default_factory=list)
    place: dict[Key, int] = field(default_factory=dict)
    of_figure: dict[int, int] = field(default_factory=dict)
    of_row: dict[int, int] = field(default_factory=dict)
    row: dict[int, int] = field(default_factory=dict)
    ratios: dict[int, tuple[tuple[int, ...], int]] = field(default_factory=dict)
    parts: dict[int, list[int]] = field(default_factory=dict)
    pairs: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = field(default_factory=list)
    least: dict[int, float] = field(default_factory=dict)
    entries: list[tuple[int, int, float]] = field(default_factory=list)
    links: list[tuple[int, int, float, float]] = field(default_factory=list)
    dear: list[float] = field(default_factory=list)
    relations: int = 0

    def cell(self, value: float, room: float = np.inf, key: Key | None = None) -> int:
        """Add a cell, or return that of the key."""
        if key is not None and key in self.place:
            return self.place[key]
        self.value.append(value)
        self.room.append(room)
        self.publishers.append([])
        if key is not None:
            self.place[key] = len(self.value) - 1
        return len(self.value) - 1

    def relate(self, terms: Sequence[tuple[int, float]]) -> None:
        """Say that a sum of movements is 0."""
        self.entries += [(self.relations, cell, factor) for cell, factor in terms]
        self.relations += 1

    def known(self, hidden: Mask) -> Mask:
        """Return which cells are known where some figures are hidden: those that a figure tells."""
        cell, figure = self.published_pairs
        return np.bincount(cell[~hidden[figure]], minlength=len(self.value)) > 0

    @property
    def published_pairs(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The pairs of a cell and a figure that publishes it."""
        if not self.pairs:
            cell = np.repeat(np.arange(len(self.publishers)), [len(p) for p in self.publishers])
            self.pairs.append((cell, np.array([i for p in self.publishers for i in p], dtype=np.int64)))
        return self.pairs[0]

    def closed(self, hidden: Mask) -> Mask:
        """Return the figures that are hidden with some: those that tell the same cell, and ratios of hidden cells."""
        out = hidden.copy()
        for cell in {self.of_figure[i] for i in np.flatnonzero(hidden).tolist() if i in self.of_figure}:
            out[self.publishers[cell]] = True
        known = self.known(out)
        for i, (above, below) in self.ratios.items():
            if not known[below] or not known[list(above)].all():
                out[i] = True
        return out

    def system(self) -> System:
        """Return the cells and their relations as arrays."""
        import scipy.sparse as sp

        r, c, f = zip(*self.entries, strict=True) if self.entries else ((), (), ())
        shape = (max(self.relations, 1), len(self.value))
        relations = sp.csc_array((np.array(f, dtype=np.float64), (np.array(r, int), np.array(c, int))), shape=shape)
        value, room = np.array(self.value), np.array(self.room)
        largest = max(float(value.max(initial=0.0)), 1e-300)
        many = np.array([max(len(p), 1) for p in self.publishers])
        level = np.array([self.dear[self.row[p[0]]] if p else 1.0 for p in self.publishers])
        cost = many * level * (1 + 0.1 * value / largest)
        pairs = np.array([link[:2] for link in self.links], dtype=np.int64).reshape(-1, 2)
        return System(relations, self._bounds(value, room), cost, pairs)

    def _bounds(self, value: Floats, room: Floats) -> Any:
        links = np.array(self.links, dtype=np.float64).reshape(-1, 4)
        child, parent = links[:, 0].astype(int), links[:, 1].astype(int)
        least, most = links[:, 2], links[:, 3]

        def bounds(known: Mask) -> tuple[Floats, Floats]:
            """Return how far each cell can move down and up, from the cells that are known."""
            low, high = -value, room.copy()
            there = known[parent]
            np.minimum.at(high, child[there], (most * value[parent] - value[child])[there])
            np.maximum.at(low, child[there], (least * value[parent] - value[child])[there])
            back = known[child] & ~there
            np.maximum.at(low, parent[back], (value[child] / most - value[parent])[back])
            above = back & (least > 0)
            np.minimum.at(high, parent[above], (value[child][above] / least[above] - value[parent][above]))
            return np.minimum(low, 0.0), np.maximum(high, 0.0)

        return bounds
