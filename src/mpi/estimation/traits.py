"""How many cases have the trait that a statistic of a measure counts: the poor, those deprived, without weights."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mpi.estimation.parts import Part
    from mpi.estimation.statistics import Family, Variables

    Floats = NDArray[np.float64]

__all__ = ["counted", "traits"]

_OF_THE_POOR = frozenset({"M0", "H", "A", "poor_share", "group_contribution", "inequality", "number_of_poor"})
_RETAINED, _EVERYBODY = 0, -1


def traits(f: Family, v: Variables, tally: Any, cases: Floats) -> Floats:
    """Return the unweighted cases that add to the total above, family column by column.

    Parameters
    ----------
    f : Family
        The statistic.
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
    if f.statistic in _OF_THE_POOR:
        return cases[f.cutoff + 1]
    if f.statistic in {"population_share", "population"}:
        return cases[[_RETAINED if f.of_all else _EVERYBODY]]
    if f.dimension:
        return np.full((len(f.cutoff), cases.shape[1]), np.nan)
    if f.statistic in {"vulnerable", "severe"}:
        columns = v.place[f.statistic][f.cutoff]
    elif f.statistic == "uncensored_headcount":
        columns = v.place["deprived"][f.indicator]
    else:
        columns = v.place["censored" if "censored" in v.place else "part"][f.cutoff, f.indicator]
    return np.asarray(tally @ (v.table[:, columns] != 0).astype(np.int64)).T.astype(np.float64)


def counted(one: Part, trait: Floats, below: Floats) -> Part:
    """Return a part with the cases that have the trait, and with the totals below; these may be one row for all."""
    return replace(one, trait=trait, below=np.broadcast_to(below, one.value.shape))
