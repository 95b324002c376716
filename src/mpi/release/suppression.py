"""What else must be hidden, that what is hidden cannot be found out; and the attack that shows whether it can."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mpi.release.cells import tabulated, targets
from mpi.release.ingredients import derived
from mpi.release.system import complemented, parts_of, unprotected

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mpi.release.cells import Tabulated
    from mpi.release.system import Target
    from mpi.tables.estimates_like import EstimatesLike

    Mask = NDArray[np.bool_]

__all__ = ["attacked", "complementary"]

_PASSES = 6


def complementary(est: EstimatesLike, hidden: Mask, few: Mask, protection: float) -> Mask:
    """Return the figures to hide beside those that are: without them, these could be found out.

    Parameters
    ----------
    est : Estimates
        All figures that are published together.
    hidden : ndarray of bool
        Those that a rule hides.
    few : ndarray of bool
        Those of them that rest on too few cases: how many is hidden too.
    protection : float
        To within which share of it no hidden figure may be known.

    Returns
    -------
    ndarray of bool
    """
    if not hidden.any() or hidden.all():
        return np.zeros(len(est), dtype=bool)
    cells = tabulated(est)
    out = cells.closed(hidden)
    if protection > 0:
        out = cells.closed(cells.opened(hidden) | out)
        wanted = targets(est, cells, np.flatnonzero(hidden).tolist(), protection, cases=_of_rows(cells, few))
        out = _hidden_with(cells, out, wanted)
    return (out | _derived(est, out)) & ~hidden


def _of_rows(cells: Tabulated, few: Mask) -> list[int]:
    """Return the figures on few cases that tell the cases of their rows."""
    return [
        i for i in np.flatnonzero(few).tolist() if i in cells.row and i in cells.publishers[cells.of_row[cells.row[i]]]
    ]


def _hidden_with(cells: Tabulated, hidden: Mask, wanted: list[Target]) -> Mask:
    """Hide what protects all targets, pass by pass, as what is hidden for one changes what others need."""
    system, out, left = cells.system(), hidden.copy(), wanted
    parts = parts_of(system)
    for _ in range(_PASSES):
        left = unprotected(system, cells.known(out), left)
        before = out.sum()
        for target in left:
            for cell in complemented(system, cells.known(out), target, parts).tolist():
                out[cells.publishers[cell]] = True
            out = cells.closed(out)
        if out.sum() == before:
            break
        left = wanted
    return out


def _derived(est: EstimatesLike, hidden: Mask) -> Mask:
    """Return the figures that are derived from hidden ones: changes and gaps of groups of which one is hidden.

    A figure of a group that is no group of the data (``Hmong - Kinh``) goes with any hidden figure of the same kind.
    """
    out = np.zeros(len(est), dtype=bool)
    own = derived(est)
    if not own.any() or not hidden.any():
        return out
    names = ("statistic", "indicator", "dimension", "cutoff", "weighting", "by")
    keys = [tuple(est.keys[n].at(i) for n in names) for i in range(len(est))]
    group = est.keys["group"].to_list()
    gone = {(k, g) for k, g, h in zip(keys, group, hidden, strict=True) if h}
    kinds = {k for k, _ in gone}
    groups = {(k[-1], g) for k, g, o in zip(keys, group, own, strict=True) if not o}
    for i in np.flatnonzero(own).tolist():
        of_data = (keys[i][-1], group[i]) in groups
        out[i] = (keys[i], group[i]) in gone if of_data else keys[i] in kinds
    return out


def attacked(est: EstimatesLike, hidden: Mask, secret: Mask, protection: float) -> list[Target]:
    """Return the targets of secret figures that what is shown gives away."""
    cells = tabulated(est)
    wanted = targets(est, cells, np.flatnonzero(secret).tolist(), protection)
    return unprotected(cells.system(), cells.known(hidden), wanted)
