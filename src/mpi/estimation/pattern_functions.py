"""Smooth functions of several ratios of totals of deprivation patterns, each with its influence by the chain rule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.estimation.parts import part
from mpi.estimation.ratios import ratio
from mpi.estimation.traits import counted
from mpi.inference.cells import Psus

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from mpi.estimation.parts import ColumnLabels, Part
    from mpi.inference.cells import Cells

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["Functions", "PatternVariables", "Smooth"]


class PatternVariables:
    """Variables of deprivation patterns, each held once, and ratios of their totals, by position."""

    __slots__ = ("_held", "_place", "_ratios")

    def __init__(self) -> None:
        self._held: list[NDArray[Any]] = []
        self._place: dict[Any, int] = {}
        self._ratios: dict[tuple[int, int], int] = {}

    def put(self, name: object, values: NDArray[Any]) -> int:
        """Hold a variable (of shape patterns) under a name, unless it is held already, and return its position."""
        if name not in self._place:
            self._place[name] = len(self._held)
            self._held.append(values)
        return self._place[name]

    def ratio(self, above: int, below: int) -> int:
        """Return the position of the ratio of two variables."""
        return self._ratios.setdefault((above, below), len(self._ratios))

    def arrays(self) -> tuple[Floats, Ints]:
        """Return the variables (patterns x variables), and which stand above and below in each ratio (2 x ratios)."""
        return np.column_stack(self._held).astype(np.float64), np.array([*self._ratios], dtype=np.int64).T


@dataclass(frozen=True, slots=True, eq=False)
class Smooth:
    """Statistics that are the same smooth function, each of other ratios.

    Attributes
    ----------
    labels : sequence of Labels
        What each statistic is.
    of : ndarray of int, shape (arguments, statistics)
        The ratios that each is made of.
    function : function
        Gets the ratios (arguments x statistics x groups), and returns the statistics (statistics x groups), missing
        where undefined, and their derivatives (arguments x statistics x groups).
    among : ndarray of int, shape (alternatives, statistics)
        The variables whose cases each rests on; of several, on those of the smallest.
    trait : tuple of ndarray, or None
        How the cases with the trait are counted, where it is one of cases: as sums of the cases of some variables, with
        coefficients of shape (variables,) and the variables of each statistic (variables x statistics).
    """

    labels: Sequence[ColumnLabels]
    of: Ints
    function: Callable[[Floats], tuple[Floats, Floats]]
    among: Ints
    trait: tuple[Floats, Ints] | None = None


class Functions:
    """Variables of patterns, ratios and functions of these: a table for `pattern_ratios.table_estimates`."""

    __slots__ = ("below", "ratios", "smooth", "variables")

    def __init__(self, variables: PatternVariables, smooth: Sequence[Smooth]) -> None:
        self.variables, self.ratios = variables.arrays()
        self.below: Ints = np.unique(self.ratios[1])
        self.smooth = list(smooth)

    def parts(self, cells: Cells, totals: Floats, cases: Floats, psus: Psus) -> list[Part]:
        """Return the statistics of one grouping; with gradient g, the influence is the sum of g times the ratios'."""
        theta, scores = ratio(cells, totals[self.ratios[0]], totals[self.ratios[1]])
        group, out = cells.group(), []
        for one in self.smooth:
            value, gradient = one.function(theta[one.of])
            slope = np.where(np.isfinite(gradient) & np.isfinite(value), gradient, 0.0)
            own = np.zeros((len(one.labels), len(group)))
            for of, g in zip(one.of, slope, strict=True):
                own += np.take(g, group, axis=1) * scores[of]
            made = part([*one.labels], value, *_fewest(cases, psus, one.among), own)
            below = self.ratios[1][one.of[0]]
            if one.trait is not None:
                made = counted(
                    made, np.einsum("v,vsg->sg", one.trait[0], cases[one.trait[1]]), cells.sum(totals[below])
                )
            out.append(replace(made, seen=totals[below] > 0))
        return out


def _fewest(cases: Floats, psus: Psus, among: Ints) -> tuple[Floats, Psus]:
    """Return the smallest of the alternatives' cases, PSUs and degrees of freedom."""
    least = (np.min(x[among], axis=0) for x in (cases, psus.number, psus.df))
    n, number, df = least
    return n, Psus(number, df)
