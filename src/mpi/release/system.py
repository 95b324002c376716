"""Cells that add up: what follows for those that are hidden from those that are shown, by linear programmes.

Cells are moved from their true values: a movement ``y`` with ``A y = 0`` that leaves all known cells where they are,
and the others within what is possible, gives a table that a reader cannot tell from the true one. A cell is protected
where such movements take it far enough up and down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]

__all__ = ["System", "Target", "complemented", "furthest", "parts_of", "unprotected"]

_REACHED = 1 - 1e-7
_MOVED = 1e-6
_FAR = 1e4  # times what a target needs, no cell has to move
_PUSHES, _FEW, _AT_ONCE = 12, 8, 100


@dataclass(frozen=True, slots=True, eq=False)
class System:
    """Cells and the relations between them.

    Attributes
    ----------
    columns : sparse array in columns, shape (relations, cells)
        The relations, sums that movements leave at 0: what is added to one cell of a row is taken from another.
    bounds : function
        Gets which cells are known, and returns how far each may move down and up, given what they are.
    cost : ndarray of float, shape (cells,)
        How dear it is to hide each.
    """

    columns: Any
    bounds: Callable[[Mask], tuple[Floats, Floats]]
    cost: Floats


@dataclass(frozen=True, slots=True)
class Target:
    """How far a hidden figure must be able to move: the sum of some movements, each times a number.

    Attributes
    ----------
    figure : int
        Which figure it is.
    cells : tuple of int
        The cells that the sum is of.
    factors : tuple of float
        What each is multiplied by.
    need : float
        What the sum must reach.
    """

    figure: int
    cells: tuple[int, ...]
    factors: tuple[float, ...]
    need: float

    @property
    def terms(self) -> list[tuple[int, float]]:
        """The cells with their factors."""
        return list(zip(self.cells, self.factors, strict=True))


def furthest(system: System, known: Mask, target: Target) -> float:
    """Return how far a target can move while nothing that is known changes; infinite where nothing holds it."""
    part = _around(_components(system, ~known), target)
    objective = np.zeros(len(part))
    objective[np.searchsorted(part, [c for c in target.cells if not known[c]])] = [
        f for c, f in zip(target.cells, target.factors, strict=True) if not known[c]
    ]
    low, high = (x[part] / target.need for x in system.bounds(known))
    A = _relations(system, part)
    found = _highs(-objective, A_eq=A, b_eq=np.zeros(A.shape[0]), bounds=np.column_stack([low, high]))
    return float("inf") if found.status == _UNBOUNDED else float(-found.fun * target.need)


def unprotected(system: System, known: Mask, targets: list[Target]) -> list[Target]:
    """Return the targets that cannot move as far as they must.

    Several are tried in one programme: each counts until it has moved far enough.
    """
    parts = _components(system, ~known)
    lost: list[Target] = []
    together: dict[int, list[Target]] = {}
    for target in targets:
        free = [c for c in target.cells if not known[c]]
        if free:
            together.setdefault(int(parts[free[0]]), []).append(target)
        else:
            lost.append(target)
    for own in together.values():
        part = np.unique(np.concatenate([_around(parts, t) for t in own]))
        lost += _unreached(system, known, part, own)
    return lost


def _unreached(system: System, known: Mask, part: NDArray[np.int64], left: list[Target]) -> list[Target]:
    lost: list[Target] = []
    A, bounds = _relations(system, part), system.bounds(known)
    left = _left_at_random(A, bounds, part, left)
    while left:
        some = left[:_AT_ONCE]
        moved = _moved(A, bounds, part, some)
        still = [t for t, reached in zip(some, moved, strict=True) if not reached]
        if len(still) == len(some):  # none got there together: the first is tried alone
            one, *still = some
            if not _moved(A, bounds, part, [one])[0]:
                lost.append(one)
        left = still + left[_AT_ONCE:]
    return lost


def _left_at_random(A: Any, bounds: tuple[Floats, Floats], part: NDArray[np.int64], left: list[Target]) -> list[Target]:
    """Return the targets that no movement reaches of some that push them up and down at random."""
    import scipy.sparse as sp

    random = np.random.default_rng(1)
    place = {int(c): i for i, c in enumerate(part)}
    for _ in range(_PUSHES):
        if len(left) < _FEW:
            return left
        needs = np.array([t.need for t in left])
        scale = float(np.median(needs))
        low, high = (np.clip(x[part] / scale, -_FAR, _FAR) for x in bounds)
        entries = [(r, place[c], f) for r, t in enumerate(left) for c, f in t.terms if c in place]
        rows, columns, factors = zip(*entries, strict=True)
        sums = sp.csr_array((np.array(factors), (np.array(rows), np.array(columns))), shape=(len(left), len(part)))
        push = (random.random(len(left)) < 0.5) * scale / needs
        found = _highs(-(sums.T @ push), A_eq=A, b_eq=np.zeros(A.shape[0]), bounds=np.column_stack([low, high]))
        if found.status != 0:
            return left
        reached = sums @ found.x >= needs / scale * _REACHED
        left = [t for t, there in zip(left, reached, strict=True) if not there]
    return left


def _moved(A: Any, bounds: tuple[Floats, Floats], part: NDArray[np.int64], targets: list[Target]) -> list[bool]:
    """Move some targets as far as they must, together, as far as that goes; return which got there."""
    import scipy.sparse as sp

    needs = np.array([t.need for t in targets])
    scale, count, extra = needs.min(), len(part), len(targets)
    low, high = (np.clip(x[part] / scale, -_FAR * needs.max() / scale, _FAR * needs.max() / scale) for x in bounds)
    place = {int(c): i for i, c in enumerate(part)}
    entries = [(r, place[c], f) for r, t in enumerate(targets) for c, f in t.terms if c in place]
    rows, columns, factors = zip(*entries, strict=True)
    sums = sp.csr_array((np.array(factors), (np.array(rows), np.array(columns))), shape=(extra, count))
    found = _highs(
        np.concatenate([np.zeros(count), -scale / needs]),
        A_eq=sp.hstack([A, sp.csr_array((A.shape[0], extra))], format="csr"), b_eq=np.zeros(A.shape[0]),
        A_ub=sp.hstack([-sums, sp.eye_array(extra)], format="csr"), b_ub=np.zeros(extra),
        bounds=np.column_stack([np.r_[low, np.full(extra, -np.inf)], np.r_[high, needs / scale]]),
    )  # fmt: skip
    if found.status != 0:
        return [False] * extra
    reached: list[bool] = (sums @ found.x[:count] >= needs / scale * _REACHED).tolist()
    return reached


def complemented(system: System, known: Mask, target: Target, parts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the cells to hide as well, that a target can move as far as it must, at the least cost.

    Of all movements that take it there, the one is chosen that moves known cells least, each weighed by its cost: what
    it moves is hidden. After Kelly, Golden and Assad (1992, Networks 22:397-417) and Fischetti and Salazar (2001,
    Journal of the American Statistical Association 96:1008-1018).

    Parameters
    ----------
    system, known, target
        The cells, which are known, and what is to be protected.
    parts : ndarray of int
        The part of the system that each cell is in, as `parts_of` gives it.

    Returns
    -------
    ndarray of int
        The cells; none where it is protected already, and where it cannot be.
    """
    import scipy.sparse as sp

    part = _around(parts, target)
    A = _relations(system, part)
    low, high = (np.clip(x[part] / target.need, -_FAR, _FAR) for x in system.bounds(known))
    cost = np.where(known[part], system.cost[part], system.cost.min() * 1e-4)
    wanted = np.zeros(len(part))
    for cell, factor in target.terms:
        wanted[np.searchsorted(part, cell)] += factor
    found = _highs(
        np.concatenate([cost, cost]),
        A_ub=sp.csr_array(np.concatenate([-wanted, wanted])[None]), b_ub=[-1.0],
        A_eq=sp.hstack([A, -A], format="csr"), b_eq=np.zeros(A.shape[0]),
        bounds=np.column_stack([np.zeros(2 * len(part)), np.concatenate([high, -low])]),
    )  # fmt: skip
    if found.status != 0:
        return np.zeros(0, dtype=np.int64)
    moved = np.abs(found.x[: len(part)] - found.x[len(part) :]) > _MOVED
    cells: NDArray[np.int64] = part[moved & known[part]]
    return cells


def parts_of(system: System) -> NDArray[np.int64]:
    """Return which cells hang together, whether known or not: their parts by number."""
    return _components(system, np.ones(system.columns.shape[1], dtype=bool))


# --- one programme ------------------------------------------------------------------------------------------------


_UNBOUNDED = 3


def _highs(cost: Floats, **given: Any) -> Any:
    """Solve a linear programme by HiGHS."""
    from scipy import optimize

    solve: Any = optimize.linprog
    return solve(cost, method="highs", **given)


def _relations(system: System, part: NDArray[np.int64]) -> Any:
    """Return the relations that some cells are in, of these cells alone."""
    A = system.columns[:, part].tocsr()
    return A[np.flatnonzero(np.diff(A.indptr))]


def _components(system: System, free: Mask) -> NDArray[np.int64]:
    """Number the parts of the free cells that no relation connects; -1 for others."""
    import scipy.sparse as sp
    from scipy.sparse.csgraph import connected_components

    own = np.flatnonzero(free)
    A = system.columns[:, own].tocoo()
    count = A.shape[0]
    graph = sp.coo_array((np.ones(A.nnz), (A.row, count + A.col)), shape=(count + len(own),) * 2)
    _, label = connected_components(graph, directed=False)
    out = np.full(len(free), -1, dtype=np.int64)
    out[own] = label[count:]
    return out


def _around(parts: NDArray[np.int64], target: Target) -> NDArray[np.int64]:
    """Return the cells that those of a target hang together with."""
    wanted = [int(parts[c]) for c in target.cells if parts[c] >= 0]
    return np.flatnonzero(np.isin(parts, wanted))
