"""Statistics of one grouping with their influences, before errors and labels make estimates of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from mpi.inference.cells import Psus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mpi.inference.intervals import Interval, Own

    Floats = NDArray[np.float64]

__all__ = ["ColumnLabels", "Part", "Undefined", "Zero", "counts_or_missing", "merge", "part"]

Undefined = Literal[
    "no complete cases in group", "no poor in group", "not observed in group", "nobody at risk in group",
    "no chronic poor in group", "no weight in group", "nobody deprived in one of the two",
    "nobody or everybody deprived in one of the two", "a cell of the table is empty", "scores do not vary in group",
    "nobody deprived in it",
]  # fmt: skip
"""Why a number may be undefined."""

Zero = Literal["unknown", "certain", "design"]
"""What an error of 0 says of a number: nothing (the sample does not vary); that the number follows from its definition,
whatever the sample; or that the design gives it (the weights of all PSUs alike add up to the population)."""


@dataclass(frozen=True, slots=True)
class ColumnLabels:
    """The labels of one column of a part: its statistic, indicator, cutoff and the like."""

    statistic: str
    contrast: str = "level"
    indicator: str | None = None
    dimension: str | None = None
    cutoff: str | None = None
    weighting: str | None = None
    method: Interval | Own = "share"
    undefined: Undefined = "no complete cases in group"
    zero: Zero = "unknown"


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Statistics of one grouping: values, influences, cases (statistics x groups), a label per statistic.

    Attributes
    ----------
    labels : list of Labels
        One per statistic.
    value, n : ndarray of float, shape (statistics, groups)
        The estimates, and the cases that they rest on.
    psus : Psus
        The PSUs with such cases, and their degrees of freedom.
    scores : ndarray of float, shape (columns, cells)
        Influences within the group's own units.
    column, factor : ndarray, shape (statistics,)
        Which column each statistic's influence is, and how many times: contributions are censored headcounts times
        their weights, and share their columns.
    whole : ndarray of float or None, shape (statistics, cells of the whole)
        For shares of the whole: the influence of the whole, of which `value` times is taken off.
    seen : ndarray of bool or None, shape (columns, cells)
        The cells with cases that each column rests on: the strata and PSUs that rules for single PSUs count.
    whole_seen : ndarray of bool or None, shape (cells of the whole,)
        The same of the whole.
    trait, below : ndarray of float or None, shape (statistics, groups)
        The unweighted cases that add to the total above, and the total below, where they are known.
    replicates : ndarray of float or None, shape (statistics, replicates, groups)
        The values in each replicate, where they were made again.
    """

    labels: list[ColumnLabels]
    value: Floats
    n: Floats
    psus: Psus
    scores: Floats
    column: NDArray[np.int64]
    factor: Floats
    whole: Floats | None = None
    seen: NDArray[np.bool_] | None = None
    whole_seen: NDArray[np.bool_] | None = None
    trait: Floats | None = None
    below: Floats | None = None
    replicates: Floats | None = None


def part(
    labels: list[ColumnLabels], value: Floats, n: Floats, psus: Psus, scores: Floats, whole: Floats | None = None
) -> Part:
    """Make a part in which each statistic has an influence column of its own."""
    return Part(labels, value, n, psus, scores, np.arange(len(labels)), np.ones(len(labels)), whole)


def counts_or_missing(counts: Floats | None, value: Floats) -> Floats:
    """Return counts of some statistics; NaN where there are none."""
    return np.full(value.shape, np.nan) if counts is None else counts


def _all_of(replicates: Sequence[Floats | None]) -> Floats | None:
    """Return the values of all parts in each replicate; None where some were not made again."""
    made = [r for r in replicates if r is not None]
    return np.concatenate(made) if len(made) == len(replicates) else None


def merge(parts: Sequence[Part]) -> list[Part]:
    """Put the parts of one grouping into one, so that variances are taken once; shares of the whole stay apart."""
    plain = [p for p in parts if p.whole is None]
    if len(plain) < 2:
        return [*plain, *(p for p in parts if p.whole is not None)]
    blocks = {id(p.scores): p.scores for p in plain}
    seen = {id(p.scores): np.ones(p.scores.shape, bool) if p.seen is None else p.seen for p in plain}
    starts = dict(zip(blocks, np.cumsum([0, *(len(b) for b in blocks.values())]), strict=False))
    one = Part(
        [label for p in plain for label in p.labels],
        value=np.concatenate([p.value for p in plain]),
        n=np.concatenate([p.n for p in plain]),
        psus=Psus(*(np.concatenate(both) for both in zip(*(p.psus for p in plain), strict=True))),
        scores=np.concatenate(list(blocks.values())) if len(blocks) > 1 else plain[0].scores,
        column=np.concatenate([p.column + starts[id(p.scores)] for p in plain]),
        factor=np.concatenate([p.factor for p in plain]),
        seen=None if all(p.seen is None for p in plain) else np.concatenate(list(seen.values())),
        trait=np.concatenate([counts_or_missing(p.trait, p.value) for p in plain]),
        below=np.concatenate([counts_or_missing(p.below, p.value) for p in plain]),
        replicates=_all_of([p.replicates for p in plain]),
    )
    return [one, *(p for p in parts if p.whole is not None)]
