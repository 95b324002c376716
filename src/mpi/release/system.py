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

__all__ = ["System", "Target", "complemented", "doubtful", "furthest", "parts_of", "reaches", "unprotected"]

_REACHED = 1 - 1e-7
_MOVED = 1e-6
_LEAST_ROOM = 1e-4
_FAR = 1e4  # times what a target needs, no cell has to move
_IDLE, _LITTLE, _FEW = 3, 0.02, 8


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
    links : ndarray of int, shape (links, 2)
        Pairs of cells of which one, where it is known, bounds the other.
    """

    columns: Any
    bounds: Callable[[Mask], tuple[Floats, Floats]]
    cost: Floats
    links: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Target:
    """The least movement of a hidden figure: a sum of movements of cells, each times a number.

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


def furthest(system: System, known: Mask, target: Target, parts: NDArray[np.int64]) -> float:
    """Return how far a target can move while nothing that is known changes; infinite where nothing holds it.

    `parts` are those of the unknown cells, as `parts_of` gives them.
    """
    part = _around(parts, target)
    low, high = (x[part] / target.need for x in system.bounds(known))
    A = _relations(system, part)
    bounds = np.column_stack([low, high])
    found = _highs(-_push(part, target), A_eq=A, b_eq=np.zeros(A.shape[0]), bounds=bounds)
    return float("inf") if found.status == _UNBOUNDED else float(-found.fun * target.need)


def reaches(system: System, known: Mask, target: Target, parts: NDArray[np.int64]) -> bool:
    """Tell whether a target can move as far as it must; `parts` are as for `furthest`."""
    part = _around(parts, target)
    return bool(len(part)) and _moved(_relations(system, part), system.bounds(known), part, target)


def unprotected(system: System, known: Mask, targets: list[Target]) -> list[Target]:
    """Return the targets that cannot move as far as they must: each of `doubtful` is tried by itself."""
    return [
        t
        for part, own in doubtful(system, known, targets)
        for t in own
        if not len(part) or not _moved(_relations(system, part), system.bounds(known), part, t)
    ]


def doubtful(system: System, known: Mask, targets: list[Target]) -> list[tuple[NDArray[np.int64], list[Target]]]:
    """Return the targets that some movements at random do not take far enough, with the cells they hang together with.

    No cells are those of targets of which everything is known.
    """
    parts = _components(system, ~known)
    together: dict[int, list[Target]] = {}
    for target in targets:
        free = [int(parts[c]) for c in target.cells if parts[c] >= 0]
        together.setdefault(min(free, default=-1), []).append(target)
    out = [(np.zeros(0, dtype=np.int64), together.pop(-1, []))]
    for own in together.values():
        part = np.flatnonzero(np.isin(parts, [parts[c] for t in own for c in t.cells if parts[c] >= 0]))
        out.append((part, _left_at_random(_relations(system, part), system.bounds(known), part, own)))
    return [(part, own) for part, own in out if own]


def _left_at_random(A: Any, bounds: tuple[Floats, Floats], part: NDArray[np.int64], left: list[Target]) -> list[Target]:
    """Return the targets that no movement reaches of some that push each cell up or down at random."""
    import scipy.sparse as sp

    random, place = np.random.default_rng(1), {int(c): i for i, c in enumerate(part)}
    idle = 0
    while len(left) >= _FEW and idle < _IDLE:
        needs = np.array([t.need for t in left])
        scale = float(np.median(needs))
        low, high = (np.clip(x[part] / scale, -_FAR, _FAR) for x in bounds)
        entries = [(r, place[c], f) for r, t in enumerate(left) for c, f in t.terms if c in place]
        rows, columns, factors = zip(*entries, strict=True)
        sums = sp.csr_array((np.array(factors), (np.array(rows), np.array(columns))), shape=(len(left), len(part)))
        _, pair = np.unique([t.cells[0] for t in left], return_inverse=True)  # a cell is not pushed both ways
        side = np.sign([t.factors[0] for t in left]) == random.choice([-1, 1], pair.max() + 1)[pair]
        push = side * random.random(len(left)) * scale / needs
        found = _highs(-(sums.T @ push), A_eq=A, b_eq=np.zeros(A.shape[0]), bounds=np.column_stack([low, high]))
        if found.status != 0:
            return left
        reached = sums @ found.x >= needs / scale * _REACHED
        idle = 0 if reached.sum() > _LITTLE * len(left) else idle + 1
        left = [t for t, there in zip(left, reached, strict=True) if not there]
    return left


def _moved(A: Any, bounds: tuple[Floats, Floats], part: NDArray[np.int64], target: Target) -> bool:
    """Tell whether a target can move as far as it must."""
    low, high = (np.clip(x[part] / target.need, -_FAR, _FAR) for x in bounds)
    found = _highs(-_push(part, target), A_eq=A, b_eq=np.zeros(A.shape[0]), bounds=np.column_stack([low, high]))
    return bool(found.status == 0 and -found.fun >= _REACHED)


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
    part = _around(parts, target)
    for thought in (known, np.zeros(len(known), dtype=bool)):  # as far as what is known lets it; else as far as it can
        moved = _least_moved(system, known, target, part, system.bounds(thought))
        if moved is not None:
            cells: NDArray[np.int64] = part[(np.abs(moved) > _MOVED) & known[part]]
            return np.union1d(cells, _in_the_way(system, known, part, moved * target.need))
    return np.zeros(0, dtype=np.int64)


def _least_moved(
    system: System, known: Mask, target: Target, part: NDArray[np.int64], bounds: tuple[Floats, Floats]
) -> Floats | None:
    """Return the cheapest movement that takes a target as far as it must, in units of that; None where none does."""
    import scipy.sparse as sp

    A = _relations(system, part)
    low, high = (np.clip(x[part] / target.need, -_FAR, _FAR) for x in bounds)
    cost = np.where(known[part], system.cost[part], system.cost.min() * 1e-4)
    wanted = _push(part, target)  # a cell that cannot take the whole movement costs more for what it takes
    found = _highs(
        np.concatenate([cost / np.clip(room, _LEAST_ROOM, 1.0) for room in (high, -low)]),
        A_ub=sp.csr_array(np.concatenate([-wanted, wanted])[None]), b_ub=[-1.0],
        A_eq=sp.hstack([A, -A], format="csr"), b_eq=np.zeros(A.shape[0]),
        bounds=np.column_stack([np.zeros(2 * len(part)), np.concatenate([high, -low])]),
    )  # fmt: skip
    return None if found.status != 0 else np.asarray(found.x[: len(part)] - found.x[len(part) :])


def _in_the_way(system: System, known: Mask, part: NDArray[np.int64], moved: Floats) -> NDArray[np.int64]:
    """Return the known cells that, as long as they are known, forbid a movement: they bound what it moves."""
    low, high = (x[part] for x in system.bounds(known))
    slack = _MOVED * max(float(np.abs(moved).max(initial=0.0)), 1e-300)
    out = part[(moved > high + slack) | (moved < low - slack)]
    pairs = system.links[np.isin(system.links, out).any(axis=1)].ravel()
    return np.setdiff1d(pairs[known[pairs]], out)


def parts_of(system: System, free: Mask | None = None) -> NDArray[np.int64]:
    """Return which cells hang together, of all or of those that are free: their parts by number, -1 for others."""
    return _components(system, np.ones(system.columns.shape[1], dtype=bool) if free is None else free)


# --- one programme ------------------------------------------------------------------------------------------------


_UNBOUNDED = 3


def _highs(cost: Floats, **given: Any) -> Any:
    """Solve a linear programme by HiGHS."""
    from scipy import optimize

    solve: Any = optimize.linprog
    return solve(cost, method="highs", **given)


def _push(part: NDArray[np.int64], target: Target) -> Floats:
    """Return the factors of a target among some cells, in order."""
    push = np.zeros(len(part))
    for cell, factor in target.terms:
        at = int(np.searchsorted(part, cell))
        if at < len(part) and part[at] == cell:
            push[at] += factor
    return push


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
