"""Sums of incomes by cell, of which every monetary statistic is a function; of rows in memory, or by an engine.

A moment is a word and its parameters: ``("n",)`` the weights of the known, ``("v",)`` the weighted incomes,
``("power", a)``, ``("log",)``, ``("vlog",)`` those of incomes above 0, ``("gap", line, a)`` the powers of relative gaps
of the poor, and those that need incomes in order: ``("below", p)``, ``("rank",)`` and others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from mpi.monetary.ordered import Ordered

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mpi.estimation.groups import Grouping
    from mpi.estimation.rows import Rows
    from mpi.inference.cells import Cells
    from mpi.monetary.here import Here, Moment

    Floats = NDArray[np.float64]

__all__ = ["Incomes", "Moments", "RowMoments"]

_ORDERED = ("below", "sum_below", "rank", "sen_rank", "sst_rank", "up_to")


@dataclass(frozen=True, slots=True, eq=False)
class Incomes:
    """What is measured, row by row.

    Attributes
    ----------
    value : ndarray of float, shape (rows,)
        Incomes; the highest where they are not known, so that order is not disturbed (their weight is 0).
    known : ndarray of bool, shape (rows,)
        Where they are.
    order : ndarray of int64, shape (rows,), or None
        The rows by income; None where no statistic needs it.
    """

    value: Floats
    known: NDArray[np.bool_]
    order: NDArray[np.int64] | None


class Moments(Protocol):
    """The sums of one grouping."""

    @property
    def cells(self) -> Cells:
        """The cells of the grouping."""
        ...

    def total(self, moment: Moment, here: Here | None = None) -> Floats:
        """Return a moment by cell."""
        ...

    def sum(self, moment: Moment, here: Here | None = None) -> Floats:
        """Return a moment by group."""
        ...

    @property
    def ordered(self) -> Ordered:
        """The incomes in order."""
        ...


class RowMoments:
    """The sums of rows in memory."""

    __slots__ = ("_group", "_incomes", "_made", "_ordered", "_weight", "_whole", "cells")

    def __init__(self, incomes: Incomes, rows: Rows, group: Grouping, cells: Cells) -> None:
        self.cells = cells
        self._incomes, self._whole = incomes, rows.weight
        self._weight = rows.weight if incomes.known.all() else rows.weight * incomes.known
        self._group = group.of_rows(rows.unit) if len(group.wave) > 1 else None
        self._ordered: Ordered | None = None
        self._made: dict[Moment, Floats] = {}

    @property
    def ordered(self) -> Ordered:
        """The incomes of each group in order."""
        if self._ordered is None:
            assert self._incomes.order is not None  # noqa: S101  # asked for where a statistic needs it
            self._ordered = Ordered(self._incomes.value, self._weight, self._incomes.order, self._group, self.cells)
        return self._ordered

    def total(self, moment: Moment, here: Here | None = None) -> Floats:
        """Return a moment by cell."""
        if moment not in self._made:
            if moment[0] in _ORDERED:
                self._made[moment] = self.ordered.total(moment, here)
            else:
                self._made[moment] = self.cells.totals([self._rows(moment, here)])[0]
        return self._made[moment]

    def sum(self, moment: Moment, here: Here | None = None) -> Floats:
        """Return a moment by group."""
        return self.cells.sum(self.total(moment, here))

    def _rows(self, moment: Moment, here: Here | None) -> Floats:
        """Return what each row adds to a moment."""
        kind, value, weight = moment[0], self._incomes.value, self._weight
        if kind == "all":
            return self._whole
        if kind == "n":
            return weight
        if kind == "v":
            return weight * value
        if kind == "v2":
            return weight * value * value
        if here is not None:
            return weight * _of_line(kind, value, self._line(here), here.inclusive, moment[2:])
        there = value > 0
        return weight * _of_positive(kind, value, there, moment[1:])

    def _line(self, here: Here) -> Any:
        """Return the line of each row, or one number for all."""
        return here.z[0] if self._group is None or (here.z == here.z[0]).all() else here.z[self._group]


def _of_positive(kind: str, value: Floats, there: NDArray[np.bool_], at: Moment) -> Floats:
    """Return powers and logarithms of incomes above 0, and 0 of others."""
    if kind == "n+":
        return there.astype(np.float64)
    if kind == "v+":
        return np.where(there, value, 0.0)
    safe = value if there.all() else np.where(there, value, 1.0)
    if kind == "power":
        return np.where(there, safe ** at[0], 0.0)
    if kind == "log":
        return np.log(safe)
    return np.asarray(np.where(there, safe * np.log(safe), 0.0))  # vlog


def _of_line(kind: str, value: Floats, z: Any, inclusive: bool, at: Moment) -> Floats:  # noqa: FBT001  # ours
    """Return what incomes add to the sums of a line."""
    if kind == "times":
        there = value > 0
        times: Floats = np.where(there, z / np.where(there, value, 1.0), 0.0)
        return times
    poor = value <= z if inclusive else value < z
    if kind == "gap":
        if at[0] == 0:
            return np.asarray(poor, dtype=np.float64)
        gap = 1.0 - value / z
        return np.where(poor, gap if at[0] == 1 else np.where(poor, gap, 1.0) ** at[0], 0.0)
    if kind == "x":
        return np.where(poor, value / z, 0.0)
    there = poor & (value > 0)
    safe = np.where(there, value, 1.0)
    found: Floats = np.where(there, np.log(np.where(there, z, 1.0) / safe) if kind == "watts" else 1.0, 0.0)
    return found
