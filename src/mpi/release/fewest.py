"""The cheapest cells to hide for all small cells together, by one integer programme."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.errors import RequestError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mpi.release.system import System, Target

__all__ = ["fewest"]

_MOST = 200_000
_SECONDS = 60.0
_FAR = 100.0


def fewest(system: System, known: NDArray[np.bool_], targets: list[Target]) -> NDArray[np.int64]:
    """Return the known cells to hide so that each target can move as far as it must, at the least cost of all.

    For each target there is a movement of its own, in which a known cell moves only where it is hidden: Fischetti and
    Salazar 2001 (Journal of the American Statistical Association 96:1008-1018).

    Parameters
    ----------
    system, known, targets
        The cells, which of them are known, and what is to be protected.

    Raises
    ------
    MpiError
        When there are so many cells and targets that it would take too long, or no cells protect all targets.
    """
    import scipy.sparse as sp
    from scipy import optimize

    count, shown = len(known), np.flatnonzero(known)
    if count * len(targets) > _MOST:
        raise RequestError(
            f"{count:,} cells and {len(targets):,} targets are too many for one programme; take 'greedy'"
        )
    if not targets:
        return np.zeros(0, dtype=np.int64)
    A, many = system.columns.tocsr(), len(targets)
    low, high = system.bounds(known)
    pick = sp.csr_array((np.ones(len(shown)), (np.arange(len(shown)), shown)), shape=(len(shown), count))
    rows: list[tuple[Any, Any, float, float]] = []  # of hiding, of one movement, and between what they are
    for target in targets:
        down, up = (np.clip(x / target.need, -_FAR, _FAR)[shown] for x in (low, high))
        own = (np.zeros(len(target.cells), dtype=int), np.array(target.cells))
        f = sp.csr_array((np.array(target.factors), own), shape=(1, count))
        rows += [
            (sp.csr_array((A.shape[0], len(shown))), A, 0.0, 0.0),
            (sp.csr_array((1, len(shown))), f, 1.0, np.inf),
            (-sp.diags_array(up), pick, -np.inf, 0.0),
            (sp.diags_array(down), -pick, -np.inf, 0.0),
        ]
    kinds = len(rows) // many
    held = [
        optimize.LinearConstraint(sp.csc_array(sp.hstack([z, *_only(M, k // kinds, many)])), a, b)
        for k, (z, M, a, b) in enumerate(rows)
    ]
    free = [np.clip(np.tile(x, many) / np.repeat([t.need for t in targets], count), -_FAR, _FAR) for x in (low, high)]
    solve: Any = optimize.milp
    found = solve(
        np.r_[system.cost[shown], np.zeros(count * many)],
        constraints=held,
        bounds=optimize.Bounds(np.r_[np.zeros(len(shown)), free[0]], np.r_[np.ones(len(shown)), free[1]]),
        integrality=np.r_[np.ones(len(shown)), np.zeros(count * many)],
        options={"time_limit": _SECONDS},
    )
    if found.x is None:
        raise RequestError("no cells protect all small ones: there are too few to hide beside them")
    cells: NDArray[np.int64] = shown[found.x[: len(shown)] > 0.5]
    return cells


def _only(matrix: Any, place: int, many: int) -> list[Any]:
    """Return a matrix among empty ones."""
    import scipy.sparse as sp

    return [matrix if k == place else sp.csr_array(matrix.shape) for k in range(many)]
