"""Unweighted cases with the trait that a statistic counts: the poor, or those deprived."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from mpi.estimation.parts import Part
    from mpi.estimation.statistics import Family, Variables

    Floats = NDArray[np.float64]

__all__ = ["counted", "traits"]

_OF_THE_POOR = frozenset({"M0", "H", "A", "poor_share", "group_contribution", "inequality", "number_of_poor"})
_RETAINED, _EVERYBODY = 0, -1


def traits(families: Sequence[Family], v: Variables, tally: Any, cases: Floats) -> Floats:
    """Return the unweighted cases that add to the total above, family by family and column by column.

    Parameters
    ----------
    families : sequence of Family
        The statistics.
    v : Variables
        The variables of the patterns.
    tally : ndarray or sparse array of int, shape (groups, patterns)
        How many rows of each group have each pattern.
    cases : ndarray of float, shape (kinds, groups)
        Rows retained, poor at each cutoff, observed in each indicator, all.

    Returns
    -------
    ndarray of float, shape (columns, groups)
        NaN for what is counted of a dimension, whose indicators have cases in common.
    """
    which = {i: c for i, f in enumerate(families) if (c := _columns(f, v)) is not None}
    found: Iterator[Floats] = iter(())
    if which:
        counts = np.asarray(tally.astype(np.float64) @ v.there(np.concatenate([*which.values()])))  # whole numbers
        found = iter(np.split(counts.T, np.cumsum([len(c) for c in which.values()])[:-1]))
    made = [next(found) if i in which else _of_cases(f, cases) for i, f in enumerate(families)]
    return made[0] if len(made) == 1 else np.concatenate(made)


def _columns(f: Family, v: Variables) -> NDArray[np.int64] | None:
    """Return the columns of the variables that a family counts; None where it counts cases that are known."""
    if f.statistic in _OF_THE_POOR or f.statistic in {"population_share", "population"} or f.dimension:
        return None
    if f.statistic in {"vulnerable", "severe"}:
        return v.place[f.statistic][f.cutoff]
    if f.statistic == "uncensored_headcount":
        return v.place["deprived"][f.indicator]
    return v.place["censored" if "censored" in v.place else "part"][f.cutoff, f.indicator]


def _of_cases(f: Family, cases: Floats) -> Floats:
    if f.statistic in _OF_THE_POOR:
        return cases[f.cutoff + 1]
    if f.statistic in {"population_share", "population"}:
        return cases[[_RETAINED if f.of_all else _EVERYBODY]]
    return np.full((len(f.cutoff), cases.shape[1]), np.nan)


def counted(piece: Part, trait: Floats, below: Floats) -> Part:
    """Return a part with the cases that have the trait, and with the totals below; these may be one row for all."""
    return replace(piece, trait=trait, below=np.broadcast_to(below, piece.value.shape))
