"""Incomes in order within groups: quantiles, sums of the poorest, ranks, and the density at a point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mpi.inference.cells import Cells
    from mpi.monetary.here import Here, Moment

    Floats = NDArray[np.float64]
    Places = NDArray[np.int64]

__all__ = ["Ordered"]

_TIE = 1e-12
"""By how much of the group's weight a cumulated share may miss a quantile's probability for rounding."""

_FAR = 9.0
"""Beyond how many bandwidths a Gaussian kernel is nothing in double precision."""

_NARROW = np.iinfo(np.int16).max


class Ordered:
    """The rows of each group by income.

    Parameters
    ----------
    value, weight : ndarray of float, shape (rows,)
        Incomes (any of the known ones where it is not known), and weights (0 there).
    order : ndarray of int64, shape (rows,)
        The rows by income.
    group : ndarray of int or None
        The group of each row; None where there is one.
    cells : Cells
        The cells of the groups.
    shares : sequence of float
        The shares of the population at which incomes are parted: sums of the poorest are made of all of them at once.
    """

    __slots__ = (
        "_all",
        "_before",
        "_bounds",
        "_cell",
        "_cells",
        "_parted",
        "_shares",
        "counts",
        "cum",
        "n",
        "start",
        "v",
        "w",
    )

    def __init__(
        self,
        value: Floats,
        weight: Floats,
        order: Places,
        group: NDArray[Any] | None,
        cells: Cells,
        shares: Sequence[float] = (),
    ) -> None:
        self._shares = sorted(set(shares))
        self._parted: dict[Moment, Floats] = {}
        if group is not None:
            few = group.astype(np.int16) if cells.groups < _NARROW else group
            order = order[np.argsort(few[order], kind="stable")]
            self.counts = np.bincount(group, minlength=cells.groups)
        else:
            self.counts = np.array([len(order)])
        self.start = np.r_[0, np.cumsum(self.counts)]
        self.v, self.w = value[order], weight[order]
        self._cell, self._cells = cells.of_row[order], cells
        self._all = np.cumsum(self.w)
        self._before = np.r_[0.0, self._all[self.start[1:-1] - 1]]
        self.cum = self._cumulate(self.w)
        self.n = self._last(self.cum)
        self._bounds: dict[float, Places] = {}

    # --- quantiles ------------------------------------------------------------------------------------------------

    def place(self, p: float | Floats) -> Places:
        """Return where the quantile of each group stands: the first whose cumulated share reaches `p`."""
        if isinstance(p, float) and p in self._bounds:
            return self._bounds[p]
        target = (np.asarray(p) - _TIE) * self.n
        found = np.searchsorted(self._all, self._before + target)
        out: Places = np.clip(found, self.start[:-1], self.start[1:] - 1)
        if isinstance(p, float):
            self._bounds[p] = out
        return out

    def quantile(self, p: float | Floats) -> Floats:
        """Return the quantile of each group; missing where nobody's income is known."""
        return np.where(self.n > 0, self.v[self.place(p)], np.nan)

    def density(self, point: Floats, spread: Floats) -> tuple[Floats, Floats]:
        """Return the density of incomes at a point of each group, and the mean income there, by a Gaussian kernel.

        The bandwidth is the standard deviation over the fifth root of the sum of weights (Osier 2009; Deville 1999).
        Where all incomes are alike the density is infinite.
        """
        with np.errstate(all="ignore"):
            h = spread / self.n**0.2
        low = self._first(point - _FAR * h)
        size = self._first(point + _FAR * h) - low
        group = np.repeat(np.arange(len(size)), size)
        row = np.arange(len(group)) - np.repeat(np.cumsum(size) - size, size) + np.repeat(low, size)
        with np.errstate(all="ignore"):
            kernel = self.w[row] * np.exp(-(((point[group] - self.v[row]) / h[group]) ** 2) / 2)
            mass = np.bincount(group, kernel, len(size))
            money = np.bincount(group, kernel * self.v[row], len(size))
            found = mass / (np.sqrt(2 * np.pi) * self.n * h)
            mean = money / mass
        alike = ~(h > 0)
        return np.where(alike, np.inf, found), np.where(alike | ~(mass > 0), point, mean)

    def _first(self, amount: Floats) -> Places:
        """Return where the first income of each group stands that is at least `amount`."""
        below = np.add.reduceat((self.v < np.repeat(amount, self.counts)).astype(np.int64), self.start[:-1])
        return np.asarray(self.start[:-1] + below, dtype=np.int64)

    # --- sums -----------------------------------------------------------------------------------------------------

    def total(self, moment: Moment, here: Here | None) -> Floats:
        """Return a moment by cell."""
        kind = moment[0]
        if kind in ("below", "sum_below"):
            if moment[1] in self._shares and not self._parted:
                self._part()
            if moment in self._parted:
                return self._parted[moment]
            w = self.w * self._upto(self.place(moment[1]))
            return self._by_cell(w if kind == "below" else w * self.v)
        if kind == "rank":
            money = self._cumulate(self.w * self.v)
            rest = np.repeat(self._last(money), self.counts) - money
            return self._by_cell(self.w * (self.v * self.cum + rest))
        assert here is not None  # noqa: S101  # ours: those left are of a line
        z = np.repeat(here.z, self.counts)
        poor = self.v <= z if here.inclusive else self.v < z
        if kind == "up_to":  # the median of the poor
            half = 0.5 * self._last(self._cumulate(self.w * poor)) / np.where(self.n > 0, self.n, 1.0)
            return self._by_cell(self.w * self._upto(self.place(half)))
        return self._by_cell(self._ranked(kind, np.where(z != 0, self.v / np.where(z != 0, z, 1.0), 0.0), poor))

    def _ranked(self, kind: str, x: Floats, poor: NDArray[np.bool_]) -> Floats:
        """Return what each adds to the double sums of Sen's index (of incomes) or of Sen-Shorrocks-Thon (of gaps)."""
        if kind == "sen_rank":
            w = self.w * poor
            money = self._cumulate(w * x)
            rest = np.repeat(self._last(money), self.counts) - money
            return w * (x * self._cumulate(w) + rest)
        gap = np.where(poor, 1.0 - x, 0.0)
        gaps = self._cumulate(self.w * gap)
        richer = np.repeat(self.n, self.counts) - self.cum + self.w
        return self.w * (gap * richer + gaps - self.w * gap)

    def median_of_poor(self, here: Here) -> Floats:
        """Return the median income of the poor of each group; missing where there are none."""
        z = np.repeat(here.z, self.counts)
        poor = self._last(self._cumulate(self.w * (self.v <= z if here.inclusive else self.v < z)))
        with np.errstate(all="ignore"):
            return np.where(poor > 0, self.quantile(0.5 * poor / self.n), np.nan)

    def _part(self) -> None:
        """Sum weights and incomes by cell up to each of the shares: of the parts between them, and cumulated."""
        last = np.flatnonzero(np.r_[self.v[1:] != self.v[:-1], True])  # of those with the same income
        marks = np.zeros(len(self.v) + 1, dtype=np.int32)
        for p in self._shares:
            ends = np.minimum(last[np.searchsorted(last, self.place(p))] + 1, self.start[1:])
            marks += np.bincount(ends, minlength=len(marks)).astype(np.int32)
        part = np.cumsum(marks[:-1])  # ends of a group are marks of the next: each has as many as there are shares
        part -= np.repeat(np.arange(len(self.counts)) * len(self._shares), self.counts)
        many, cells = len(self._shares) + 1, self._cells.unordered
        key = part * cells + self._cell
        for kind, values in (("below", self.w), ("sum_below", self.w * self.v)):
            table = np.bincount(key, weights=values, minlength=many * cells).reshape(many, cells)
            upto = np.cumsum(table[:-1], axis=0)[:, self._cells.order]
            self._parted |= {(kind, p): upto[i] for i, p in enumerate(self._shares)}

    def _upto(self, place: Places) -> NDArray[np.bool_]:
        """Tell the rows with incomes up to that at a place of their group, ties too."""
        return np.asarray(self.v <= np.repeat(self.v[place], self.counts))

    def _by_cell(self, values: Floats) -> Floats:
        found = np.bincount(self._cell, weights=values, minlength=self._cells.unordered)
        return np.asarray(found[self._cells.order], dtype=np.float64)

    def _cumulate(self, values: Floats) -> Floats:
        """Return cumulated sums within groups."""
        out = np.cumsum(values)
        before = np.r_[0.0, out[self.start[1:-1] - 1]]
        return out - np.repeat(before, self.counts) if len(before) > 1 else out

    def _last(self, running: Floats) -> Floats:
        """Return the sums of groups."""
        return np.asarray(running[self.start[1:] - 1])
