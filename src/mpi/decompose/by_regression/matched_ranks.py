"""Two groups matched by the rank of their predictions, and what switching covariates between the matched changes.

Everyone's place is an interval of ranks as long as the share of the weight: the limit of drawing pairs with probability
proportional to weight, so nothing is left to chance. What it is worth to switch a covariate depends on which were
switched before; the mean over all orders is a Shapley value, a sum over sets of covariates.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial
from typing import TYPE_CHECKING

import numpy as np

from mpi.inference.likelihood import mean_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from mpi.inference.likelihood import Link

    Floats = NDArray[np.float64]
    Places = NDArray[np.int64]

__all__ = [
    "Alike",
    "Ladder",
    "Orders",
    "Switch",
    "alike",
    "few_orders",
    "ladder",
    "matched",
    "orders_of",
    "row_scores",
]

_CHUNK = 1 << 21
_EVERY, _EVERY_SLOPE = 10, 6  # covariates whose orders are all taken: for the figures, for their errors
_RANKS, _NEAR, _BAND = 4000, 11, 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Ladder:
    """A group in the order of its predictions.

    Attributes
    ----------
    parts : ndarray of float, shape (profiles, covariates)
        What each covariate adds to the linear index.
    edge : ndarray of float, shape (profiles + 1,)
        Where each profile's interval of ranks begins and ends, from 0 to 1.
    profile : ndarray of int, shape (rows,)
        The profile of each row.
    """

    parts: Floats
    edge: Floats
    profile: Places

    def parts_at(self, rank: Floats) -> Places:
        """Return who stands at some ranks; beyond the ends, ranks are mirrored."""
        inside = mirrored(rank)
        return np.clip(np.searchsorted(self.edge, inside, side="right") - 1, 0, len(self.parts) - 1)


def mirrored(rank: Floats) -> Floats:
    """Return ranks beyond 0 and 1 mirrored at them."""
    back = np.abs(rank)
    return np.where(back > 1, 2 - back, back)


@dataclass(frozen=True, slots=True, eq=False)
class Alike:
    """The profiles of a group: rows that are alike in all covariates are one.

    Attributes
    ----------
    row : ndarray of int, shape (profiles,)
        A row of each.
    profile : ndarray of int, shape (rows,)
        The profile of each row.
    share : ndarray of float, shape (profiles,)
        Its share of the group's weight.
    """

    row: Places
    profile: Places
    share: Floats


def alike(X: Floats, weight: Floats) -> Alike:
    """Find the profiles of a group."""
    _, row, profile = np.unique(X, axis=0, return_index=True, return_inverse=True)
    profile = profile.ravel()
    return Alike(row, profile, np.bincount(profile, weights=weight, minlength=len(row)) / weight.sum())


def ladder(parts: Floats, group: Alike) -> Ladder:
    """Order a group by its predictions, from what covariates add to the index of each profile."""
    order = np.argsort(parts.sum(axis=1), kind="stable")
    edge = np.r_[0.0, np.cumsum(group.share[order])]
    edge[-1] = 1.0
    return Ladder(parts[order], edge, np.argsort(order)[group.profile])


@dataclass(frozen=True, slots=True, eq=False)
class Orders:
    """Orders of switching covariates.

    Attributes
    ----------
    sets : ndarray of float, shape (sets, covariates)
        The sets of covariates that are switched at some time: 1 for those in it.
    weight : ndarray of float, shape (covariates, sets)
        What a covariate's switch is worth, as a combination of the predictions with these sets switched.
    """

    sets: Floats
    weight: Floats


def orders_of(covariates: int, orders: int, seed: int) -> Orders:
    """Return all orders of up to ten covariates; of more, random ones, each with its reverse."""
    return _every(covariates) if covariates <= _EVERY else _some(covariates, orders, seed)


def few_orders(covariates: int) -> Orders:
    """Return orders enough for slopes: all of up to six covariates, of more 16 random ones, always the same."""
    return _every(covariates) if covariates <= _EVERY_SLOPE else _some(covariates, 16, 0)


def _every(k: int) -> Orders:
    sets = (np.arange(1 << k)[:, None] >> np.arange(k)) & 1
    size = sets.sum(axis=1)
    odds = np.array([factorial(s) * factorial(k - s - 1) / factorial(k) if s < k else 0.0 for s in range(k + 1)])
    before = (1 - sets) * odds[size][:, None]
    after = sets * odds[np.maximum(size - 1, 0)][:, None]
    return Orders(sets.astype(np.float64), np.asarray((before - after).T, dtype=np.float64))


def _some(k: int, orders: int, seed: int) -> Orders:
    rng = np.random.default_rng(seed)
    drawn = [p for _ in range((orders + 1) // 2) for o in [rng.permutation(k)] for p in (o, o[::-1])]
    place: dict[bytes, int] = {}
    sets: list[NDArray[np.bool_]] = []
    steps: list[tuple[int, int, int]] = []
    for order in drawn:
        switched = np.zeros(k, dtype=bool)
        last = place.setdefault(switched.tobytes(), len(place))
        sets += [switched.copy()] if len(place) > len(sets) else []
        for j in order.tolist():
            switched[j] = True
            after = place.setdefault(switched.tobytes(), len(place))
            sets += [switched.copy()] if len(place) > len(sets) else []
            steps.append((j, last, after))
            last = after
    weight = np.zeros((k, len(sets)))
    for j, before, after in steps:
        weight[j, before] += 1 / len(drawn)
        weight[j, after] -= 1 / len(drawn)
    return Orders(np.array(sets, dtype=np.float64), weight)


class Switch:
    """The mean change in prediction, over orders, as covariates switch from one matched person's to the other's.

    Parameters
    ----------
    one, other : Ladder
        The groups: the first one's covariates are switched to the second one's.
    constant : float
        The constant of the linear index.
    orders : Orders
        The orders.
    link : {"logit", "probit"}
        The curve.
    """

    __slots__ = ("_constant", "_kept", "_link", "_orders", "_switched")
    _link: Link

    def __init__(self, first: Ladder, second: Ladder, constant: float, orders: Orders, link: Link) -> None:
        self._kept = first.parts @ (1 - orders.sets).T
        self._switched = second.parts @ orders.sets.T
        self._constant, self._orders, self._link = constant, orders, link

    def __call__(self, first: Places, second: Places) -> Floats:
        """Return it for pairs of profiles (pairs x covariates)."""
        out = np.empty((len(first), len(self._orders.weight)))
        step = max(1, _CHUNK // len(self._orders.sets))
        for a in range(0, len(first), step):
            part = slice(a, a + step)
            index = self._kept[first[part]] + self._switched[second[part]] + self._constant
            out[part] = mean_of(index, self._link) @ self._orders.weight.T
        return out


def matched(first: Ladder, second: Ladder, switch: Callable[[Places, Places], Floats]) -> Floats:
    """Return the mean of a switch over all matched pairs, each as often as their intervals of ranks overlap."""
    edges = np.unique(np.r_[first.edge, second.edge])
    middle = (edges[1:] + edges[:-1]) / 2
    return np.asarray(np.diff(edges) @ switch(first.parts_at(middle), second.parts_at(middle)))


def _ranks() -> tuple[Floats, Floats]:
    rank = (np.arange(_RANKS) + 0.5) / _RANKS
    return rank, np.linspace(-_BAND, _BAND, _NEAR)


def _near(one: Ladder, other: Ladder, switch: Callable[[Places, Places], Floats], *, move: str = "other") -> Floats:
    """Return a switch at a grid of ranks, one side moved by some shifts (ranks x shifts x covariates)."""
    rank, shift = _ranks()
    still, moved = np.repeat(rank, _NEAR), (rank[:, None] + shift).ravel()
    first, second = (still, moved) if move == "other" else (moved, still)
    return switch(one.parts_at(first), other.parts_at(second)).reshape(_RANKS, _NEAR, -1)


def row_scores(one: Ladder, other: Ladder, switch: Callable[[Places, Places], Floats]) -> tuple[Floats, Floats]:
    """Return what a row of either group contributes to the matched mean, coefficients held (profiles x covariates).

    With r(u, v) the mean switch of a person at rank u of the first group and one at rank v of the second, the matched
    mean is T = integral of r(u, u). One more person of the first group at rank t adds the switch with the persons at
    that rank of the second, and moves those above to higher ranks, where other persons are matched to them:

        psi(x, t) = E[switch(x, X2) | V = t] - T + R(t) - mean R,    R(t) = integral from t to 1 of dr/dv (u, u) du,

    and the other way round for the second group. Expectations and slopes are taken over a band of ranks.
    """
    found = []
    for mine, theirs, move in ((one, other, "other"), (other, one, "one")):
        direct = _direct(mine, theirs, switch, swap=move == "one")
        table = _near(one, other, switch, move=move)
        shares = np.diff(mine.edge)
        moved = _over_ranks(mine, _from_above(table))
        psi = direct + moved
        found.append(psi - shares @ psi)
    return found[0], found[1]


def _direct(mine: Ladder, theirs: Ladder, switch: Callable[[Places, Places], Floats], *, swap: bool) -> Floats:
    """Return the mean switch of each profile with those of the other group at its ranks."""
    start, width = mine.edge[:-1] - _BAND, np.diff(mine.edge) + 2 * _BAND
    rank = start[:, None] + width[:, None] * (np.arange(_NEAR) + 0.5) / _NEAR
    own, partner = np.repeat(np.arange(len(start)), _NEAR), theirs.parts_at(rank.ravel())
    values = switch(partner, own) if swap else switch(own, partner)
    return np.asarray(values.reshape(len(start), _NEAR, -1).mean(axis=1))


def _from_above(table: Floats) -> Floats:
    """Return R at the edges of the grid of ranks: the slope in the shift, summed from each rank to 1."""
    rank, shift = _ranks()
    moved = mirrored(rank[:, None] + shift) - rank[:, None]
    moved -= moved.mean(axis=1, keepdims=True)
    slope = np.einsum("gd,gdk->gk", moved, table) / (moved**2).sum(axis=1)[:, None]
    above = np.cumsum(slope[::-1], axis=0)[::-1] / _RANKS
    return np.vstack([above, np.zeros((1, table.shape[2]))])


def _over_ranks(mine: Ladder, values: Floats) -> Floats:
    """Return the mean of values over the ranks of each profile, from values at the edges of the grid."""
    grid = np.linspace(0, 1, _RANKS + 1)
    area = np.vstack([np.zeros((1, values.shape[1])), np.cumsum((values[1:] + values[:-1]) / 2, axis=0) / _RANKS])
    out = np.empty((len(mine.parts), values.shape[1]))
    width = np.diff(mine.edge)
    middle = (mine.edge[1:] + mine.edge[:-1]) / 2
    for k in range(values.shape[1]):
        total = np.diff(np.interp(mine.edge, grid, area[:, k]))
        out[:, k] = np.where(width > 1e-6, total / np.maximum(width, 1e-300), np.interp(middle, grid, values[:, k]))
    return out
