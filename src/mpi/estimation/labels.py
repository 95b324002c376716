"""Labels of each column of a family, the method of its interval, and the meaning of an error of 0."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

from mpi.estimation.parts import ColumnLabels, Undefined, Zero

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mpi.estimation.identify import Weighting
    from mpi.estimation.statistics import Family
    from mpi.inference.intervals import Interval, Own
    from mpi.measures.measure import Measure

__all__ = ["is_intersection", "labels_of"]

_UNDEFINED: dict[str, Undefined] = {
    "all": "no complete cases in group",
    "poor": "no poor in group",
    "observed": "not observed in group",
    "everybody": "no weight in group",
}


def _method(f: Family) -> Interval | Own:
    """Return how the interval of a statistic is made: shares of cases have limits at 0 and 1, other fractions none."""
    if f.total or f.people is not None:
        return "t"
    if f.statistic == "A":
        return "intensity"
    shares = ("M0", "H", "uncensored_headcount", "censored_headcount", "vulnerable", "severe")
    return "share" if f.statistic in shares else "fraction"


def labels_of(families: Sequence[Family], scheme: Weighting, contrast: str) -> list[ColumnLabels]:
    """Return what each column of families is, one family after the other."""
    whole = cache(lambda k: is_intersection(scheme.measure, scheme.cutoffs[k]))
    return [label for f in families for label in _labels_of_family(f, scheme, contrast, whole)]


def _labels_of_family(
    f: Family, scheme: Weighting, contrast: str, whole: Callable[[int], bool]
) -> Iterator[ColumnLabels]:
    ks = scheme.labels()
    indicators, dimensions = scheme.measure.indicators, scheme.measure.dimensions
    undefined, method = _UNDEFINED[f.among], _method(f)
    for k, j in zip(f.cutoff.tolist(), f.indicator.tolist(), strict=True):
        indicator, dimension = None, dimensions[j] if f.dimension else None
        if j >= 0 and not f.dimension:
            indicator, dimension = indicators[j].name, indicators[j].dimension
        cutoff = ks[k] if k >= 0 else None
        zero = _zero(f, scheme, k, j, whole)
        yield ColumnLabels(f.statistic, contrast, indicator, dimension, cutoff, scheme.name, method, undefined, zero)


def _zero(f: Family, scheme: Weighting, k: int, j: int, whole: Callable[[int], bool]) -> Zero:
    """Tell what an error of 0 means: some figures are what they are by the measure's definition.

    In an intersection measure only those deprived in everything are poor: their intensity is 1, their scores are equal,
    and contributions are the weights. The share of the only dimension is 1, that of an indicator without weight 0.
    `whole` tells of each cutoff whether the measure is one of intersection there.
    """
    if f.statistic == "population":
        return "design"
    if f.statistic not in ("A", "inequality", "contribution", "contribution_share"):
        return "unknown"
    weights = [i.weight for i in scheme.measure.indicators]
    split = scheme.measure.missing == "reweight" and not all(weights)  # weight moves to indicators that have none
    fixed = f.statistic in ("A", "inequality", "contribution_share") and not split
    if fixed and whole(k):
        return "certain" if f.statistic != "contribution_share" or scheme.measure.missing == "drop" else "unknown"
    if f.statistic == "contribution_share" and f.dimension:
        return "certain" if len(scheme.measure.dimensions) == 1 else "unknown"
    if f.statistic in ("contribution", "contribution_share"):
        return "certain" if weights[j] == 0 and scheme.measure.missing == "drop" else "unknown"
    return "unknown"


def is_intersection(measure: Measure, cutoff: Fraction) -> bool:
    """Return whether only those deprived in everything that has weight are poor."""
    second = 1 - min(i.weight for i in measure.indicators if i.weight)  # the highest score of all others
    return cutoff - second > _NEAR


_NEAR = Fraction(1, 10**6)
"""Inexact weights within this of the cutoff may reach it."""
