"""Comparisons that the covariance of figures supports: which is first, and which pairs differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mpi.inference.multiplicity import adjusted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mpi.plot.marks import Mark
    from mpi.tables.estimates_like import EstimatesLike

    Floats = NDArray[np.float64]

__all__ = ["differences", "holm", "order_finding"]


def differences(est: EstimatesLike, first: Sequence[int], second: Sequence[int]) -> tuple[Floats, Floats]:
    """Return the differences of pairs of estimates, by position, and their two-sided p values; 1 where not known."""
    import scipy.sparse as sp

    m = len(first)
    rows = np.repeat(np.arange(m), 2)
    columns = np.column_stack([first, second]).ravel()
    slope = sp.csr_array((np.tile([1.0, -1.0], m), (rows, columns)), shape=(m, len(est)))
    made = est.contrast(slope.toarray(), name="difference")
    p = np.where(made.estimable & (made.se > 0), made.pvalues(), 1.0)
    return made.value, np.nan_to_num(p, nan=1.0)


def holm(p: Floats) -> Floats:
    """Return p values adjusted by Holm."""
    return adjusted(p, "holm") if len(p) else p


def order_finding(est: EstimatesLike, marks: Sequence[Mark]) -> tuple[str, list[Mark]]:
    """Return which sentence about the order of groups the errors carry, and the groups it names.

    Parameters
    ----------
    est : Estimates
        The estimates of the groups.
    marks : sequence of Mark
        Those of one round.

    Returns
    -------
    tuple of str and list of Mark
        ``all_withheld``, ``nobody``, ``one``, ``first`` (above every other), ``shared`` (two that are not told apart),
        ``shared_many``, ``unordered``; with the groups from the highest, the lowest last.
    """
    seen = sorted((m for m in marks if m.drawn), key=lambda m: -m.value)
    if not seen:
        return "all_withheld", []
    if all(m.value == 0 for m in seen):
        return "nobody", seen
    if len(seen) == 1:
        return "one", seen
    _, p = differences(est, [seen[0].row] * (len(seen) - 1), [m.row for m in seen[1:]])
    apart = np.array([m.high < seen[0].low for m in seen[1:]])  # of those without an error: limits that do not meet
    clear = (p < _LEVEL) | apart
    if clear.all():
        return "first", seen
    if not clear.any():
        return "unordered", seen
    alike = [m for m, sure in zip(seen[1:], clear, strict=True) if not sure]
    return ("shared" if len(alike) == 1 else "shared_many"), [seen[0], *alike, seen[-1]]


_LEVEL = 0.05
