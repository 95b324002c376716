"""Sums of incomes by cell, of which every monetary statistic is a function; of rows in memory, or by an engine.

A moment is a word and its parameters: ``("n",)`` the weights of the known, ``("v",)`` the weighted incomes,
``("power", a)``, ``("log",)``, ``("vlog",)`` those of incomes above 0, ``("gap", line, a)`` the powers of relative gaps
of the poor, and those that need incomes in order: ``("below", p)``, ``("rank",)`` and others.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from mpi.monetary.ordered import Ordered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mpi.estimation.groups import Grouping
    from mpi.estimation.rows import Rows
    from mpi.inference.cells import Cells
    from mpi.monetary.here import Here, Moment

    Floats = NDArray[np.float64]

__all__ = ["Incomes", "Moments", "RowMoments"]

_ORDERED = ("below", "sum_below", "rank", "sen_rank", "sst_rank", "up_to")


@dataclass(frozen=True, eq=False)
class Incomes:
    """The incomes of rows, with their weights and order.

    Attributes
    ----------
    value : ndarray of float, shape (rows,)
        Incomes; the highest where they are not known, so that order is not disturbed (their weight is 0).
    known : ndarray of bool, shape (rows,)
        Where they are.
    order : ndarray of int64, shape (rows,), or None
        The rows by income; None where no statistic needs it.
    by_psu : dict
        The moments by PSU that were summed already.
    lock : Lock
        Held while one is summed.
    """

    value: Floats
    known: NDArray[np.bool_]
    order: NDArray[np.int64] | None
    by_psu: dict[Moment, Floats] = field(default_factory=dict)
    lock: Any = field(default_factory=Lock)

    @cached_property
    def log(self) -> Floats:
        """The logarithms of incomes above 0, and 0 of others."""
        there = self.value > 0
        return np.log(self.value if there.all() else np.where(there, self.value, 1.0))


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
    """The sums of rows in memory.

    Parameters
    ----------
    incomes : Incomes
        What is summed.
    rows : Rows
        The rows that count.
    group : Grouping
        The grouping.
    cells : Cells
        Its cells.
    shares : sequence of float
        The shares of the population at which incomes will be parted; see `Ordered`.
    """

    __slots__ = ("_group", "_incomes", "_made", "_nested", "_ordered", "_poor", "_shares", "_weight", "_whole", "cells")

    def __init__(
        self, incomes: Incomes, rows: Rows, group: Grouping, cells: Cells, shares: Sequence[float] = ()
    ) -> None:
        self.cells = cells
        self._incomes, self._whole, self._shares = incomes, rows.weight, shares
        self._weight = rows.weight if incomes.known.all() else rows.weight * incomes.known
        self._group = group.row_groups(rows.unit) if len(group.wave) > 1 else None
        self._nested = group.nested and cells.resum is None
        self._ordered: Ordered | None = None
        self._made: dict[Moment, Floats] = {}
        self._poor: dict[str, NDArray[np.int64]] = {}

    @property
    def ordered(self) -> Ordered:
        """The incomes of each group in order."""
        if self._ordered is None:
            assert self._incomes.order is not None  # noqa: S101  # asked for where a statistic needs it
            value, order = self._incomes.value, self._incomes.order
            self._ordered = Ordered(value, self._weight, order, self._group, self.cells, self._shares)
        return self._ordered

    def total(self, moment: Moment, here: Here | None = None) -> Floats:
        """Return a moment by cell."""
        if moment not in self._made:
            if moment[0] in _ORDERED:
                self._made[moment] = self.ordered.total(moment, here)
            else:
                self._made[moment] = self._by_cell(moment, here)
        return self._made[moment]

    def sum(self, moment: Moment, here: Here | None = None) -> Floats:
        """Return a moment by group."""
        return self.cells.sum(self.total(moment, here))

    def _by_cell(self, moment: Moment, here: Here | None) -> Floats:
        """Sum a moment by cell; of groupings by whole PSUs, whose cells are PSUs, once for all of them."""
        alike = here is None or (here.z == here.z[0]).all()
        if not self._nested or not alike:
            return self._summed(self.cells, *self._rows(moment, here))
        key = moment if here is None else (*moment, float(here.z[0]))
        with self._incomes.lock:  # or two groupings would sum the same at a time
            if key not in self._incomes.by_psu:
                plain = replace(self.cells, order=np.arange(self.cells.unordered))
                self._incomes.by_psu[key] = self._summed(plain, *self._rows(moment, here))
        return self._incomes.by_psu[key][self.cells.order]

    def _summed(self, cells: Cells, chosen: NDArray[np.int64] | None, values: Floats) -> Floats:
        some = cells if chosen is None else replace(cells, of_row=cells.of_row[chosen])
        found: Floats = some.totals([values])[0]
        return found

    def _rows(self, moment: Moment, here: Here | None) -> tuple[NDArray[np.int64] | None, Floats]:
        """Return what each row adds to a moment; of a line, the rows of the poor alone, which come first."""
        kind, value, weight = moment[0], self._incomes.value, self._weight
        if here is not None and kind != "times":
            poor = self._below(here)
            z = self._line(here)
            of_poor = z[poor] if np.ndim(z) else z
            return poor, weight[poor] * _poor_term(kind, value[poor], of_poor, moment[2:])
        if kind == "all":
            return None, self._whole
        if kind == "n":
            return None, weight
        if kind in ("v", "v2"):
            return None, weight * value if kind == "v" else weight * value * value
        return None, weight * _positive_term(
            kind, self._incomes, None if here is None else self._line(here), moment[1:]
        )

    def _below(self, here: Here) -> NDArray[np.int64]:
        """Return the rows of the poor."""
        if here.name not in self._poor:
            value, z = self._incomes.value, self._line(here)
            self._poor[here.name] = np.flatnonzero(value <= z if here.inclusive else value < z)
        return self._poor[here.name]

    def _line(self, here: Here) -> Any:
        """Return the line of each row, or one number for all."""
        return here.z[0] if self._group is None or (here.z == here.z[0]).all() else here.z[self._group]


def _positive_term(kind: str, incomes: Incomes, z: Any, parameters: Moment) -> Floats:
    """Return powers and logarithms of incomes above 0, and 0 of others."""
    value, there = incomes.value, incomes.value > 0
    if kind == "n+":
        return there.astype(np.float64)
    if kind == "v+":
        return np.where(there, value, 0.0)
    if kind == "log":
        return incomes.log
    if kind == "vlog":
        return value * incomes.log
    safe = value if there.all() else np.where(there, value, 1.0)
    found = z / safe if kind == "times" else _power(safe, parameters[0])
    return np.asarray(found if safe is value else np.where(there, found, 0.0))


def _power(value: Floats, a: float) -> Floats:
    """Return a power; roots and inverses are several times quicker than powers."""
    if a == -1:
        return 1.0 / value
    if a == 0.5:
        return np.sqrt(value)
    return value**a


def _poor_term(kind: str, value: Floats, z: Any, parameters: Moment) -> Floats:
    """Return what the incomes of the poor add to the sums of a line."""
    if kind == "gap":
        if parameters[0] == 0:
            return np.ones(len(value))
        gap = 1.0 - value / z
        return gap if parameters[0] == 1 else _power(gap, parameters[0])
    if kind == "x":
        return np.asarray(value / z)
    there = value > 0
    logs = np.log(z / (value if there.all() else np.where(there, value, z))) if kind == "watts" else there
    return np.asarray(np.where(there, logs, 0.0))
