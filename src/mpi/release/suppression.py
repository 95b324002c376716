"""Secondary suppression: further figures to hide, so that those hidden first cannot be inferred."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mpi.release.ingredients import derived
from mpi.release.system import complemented, doubtful, parts_of
from mpi.release.tabulate import tabulated
from mpi.release.targets import targets

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mpi.release.cells import Tabulated
    from mpi.release.system import System, Target
    from mpi.tables.estimates_like import EstimatesLike

    Mask = NDArray[np.bool_]

__all__ = ["complementary", "secrets"]

_AGAIN = 10
"""After so many cells were hidden, all targets that are left are looked at again."""


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
        To within which share of it no hidden figure may be known; at 0 the rule alone hides.

    Returns
    -------
    ndarray of bool
    """
    if protection <= 0 or not hidden.any() or hidden.all():
        return np.zeros(len(est), dtype=bool)
    cells = tabulated(est)
    secret = secrets(cells, hidden)
    out = cells.closed(_with_ingredients(cells, secret) | cells.closed(secret))
    wanted = targets(est, cells, np.flatnonzero(secret).tolist(), protection, cases=_case_figures(cells, few))
    out = _hidden_with(cells, out, wanted)
    return (out | _derived(est, out | hidden)) & ~hidden


def secrets(cells: Tabulated, hidden: Mask) -> Mask:
    """Return the figures that a rule hides and shows nowhere else: another figure of the same cell may rest on more.

    The share of the poor who are of a group rests on its poor, its headcount on the group: where that is shown, the
    share follows from it, and is hidden for its own sake alone.
    """
    out = hidden.copy()
    for i in np.flatnonzero(hidden).tolist():
        if i in cells.of_figure:
            out[i] = hidden[cells.publishers[cells.of_figure[i]]].all()
    return out


def _with_ingredients(cells: Tabulated, secret: Mask) -> Mask:
    """Return the figures that must be hidden where ratios are secret: those that tell what they are made of."""
    out = secret.copy()
    for i, (above, _) in cells.ratios.items():
        if secret[i]:
            for cell in (*above, *cells.parts.get(above[0], ())):
                out[cells.publishers[cell]] = True
    return out


def _case_figures(cells: Tabulated, few: Mask) -> list[int]:
    """Return the figures on few cases that tell the cases of their rows."""
    return [
        i for i in np.flatnonzero(few).tolist() if i in cells.row and i in cells.publishers[cells.of_row[cells.row[i]]]
    ]


def _hidden_with(cells: Tabulated, hidden: Mask, targets: list[Target]) -> Mask:
    """Hide what protects all targets, one after another; what is hidden for one may do for others."""
    system, out = cells.system(), hidden.copy()
    parts = parts_of(system)
    left, since = _doubtful(system, cells.known(out), targets), 0
    while left:
        target = left.pop(0)
        found = complemented(system, cells.known(out), target, parts).tolist()
        for cell in found:
            out[cells.publishers[cell]] = True
        out = cells.closed(out) if found else out
        since += bool(found)
        if since >= _AGAIN:
            left, since = _doubtful(system, cells.known(out), left), 0
    return out


def _doubtful(system: System, known: Mask, targets: list[Target]) -> list[Target]:
    """Return the targets that movements at random do not take far enough."""
    return [t for _, own in doubtful(system, known, targets) for t in own]


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
