"""The statistics of a measure: each is a ratio of two totals (or a smooth function of a few), so it brings its error.

============================  =========================================  ============================
statistic                     total above                                total below
============================  =========================================  ============================
H                             poor                                       population
M0                            score of the poor                          population
A                             score of the poor                          poor
uncensored_headcount j        deprived in j                              population
censored_headcount j          poor and deprived in j                     population
contribution j                w_j x poor and deprived in j               population
contribution_share j          w_j x poor and deprived in j               score of the poor
vulnerable, severe            score in the band                          population
inequality                    (score - A)^2 of the poor                  poor
population_share              population of the group                    population of all
poor_share                    poor of the group                          poor of all
group_contribution            score of the poor of the group             score of all poor
number_of_poor                poor, times everybody                      population
population                    everybody                                  (a total)
============================  =========================================  ============================

The population is that of those whose answers suffice; everybody is all weights, also of those who miss answers.

Sources: Alkire and Foster 2011 (J. Public Economics 95:476-487); inequality: Seth and Alkire 2017 (beta = 1).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mpi.core.cache import Cache
from mpi.core.readonly import read_only
from mpi.results.names import STATISTICS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from fractions import Fraction

    from numpy.typing import NDArray

    from mpi.estimation.identify import Scores
    from mpi.measures.measure import Measure

    Floats = NDArray[np.float64]

__all__ = ["Family", "Variables", "families", "variables"]

Among = Literal["all", "poor", "observed", "everybody"]
_NEEDS: dict[str, tuple[str, ...]] = {
    "M0": ("score",), "H": ("poor",), "A": ("score", "poor"), "uncensored_headcount": ("deprived",),
    "censored_headcount": ("censored",), "contribution": ("part",), "contribution_share": ("part", "score", "poor"),
    "population_share": (), "poor_share": ("poor",), "group_contribution": ("score", "poor"),
    "vulnerable": ("vulnerable",), "severe": ("severe",), "inequality": ("square", "score", "poor"),
    "number_of_poor": ("poor", "everybody"), "population": ("everybody",),
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Variables:
    """Variables of patterns, as columns, and where each kind stands.

    Attributes
    ----------
    table : ndarray of float, shape (patterns, columns)
        The values.
    place : dict of str to ndarray of int
        The columns of each kind, of shape (cutoffs,), (indicators,) or (cutoffs, indicators).
    cache : Cache
        What `there` was asked for.
    """

    table: Floats
    place: dict[str, NDArray[np.int64]]
    cache: Cache = field(default_factory=Cache, init=False)

    def select(self, kind: str, totals: Floats) -> Floats:
        """Return the rows of totals (columns x cells) that belong to a kind, in its shape with cells last."""
        place = self.place[kind]
        start = int(place.flat[0])
        return totals[start : start + place.size].reshape(*place.shape, totals.shape[-1])

    def there(self, columns: NDArray[np.int64]) -> Floats:
        """Return 1 where patterns have something of some columns, 0 elsewhere."""
        size = len(self.table) * len(columns)
        return self.cache.get(columns.tobytes(), lambda: (self.table[:, columns] != 0).astype(np.float64), size)


def needs(statistics: Sequence[str], *, moving: bool) -> set[str]:
    """Name the kinds of variables that some statistics need; scores follow from parts, parts from censored."""
    kinds = {kind for s in statistics for kind in _NEEDS[s]}
    if "part" in kinds and not moving:
        kinds = kinds - {"part"} | {"censored"}
    if moving and kinds & {"deprived", "censored"}:
        kinds.add("observed")
    if kinds & {"censored", "part"} and not moving:
        kinds.discard("score")
    return kinds | {"size"}


def variables(scores: Scores, measure: Measure, cutoffs: Sequence[Fraction], kinds: set[str]) -> Variables:
    """Write out the variables of one weighting at several cutoffs."""
    kept = scores.kept.astype(np.float64)
    score = scores.score() * kept
    poor = np.array([scores.reach(k) for k in cutoffs]).reshape(len(cutoffs), -1)
    makers: dict[str, Callable[[], NDArray[Any]]] = {
        "size": lambda: kept[None],
        "everybody": lambda: np.ones((1, len(kept))),
        "deprived": lambda: scores.deprived.T * kept,
        "observed": lambda: scores.observed.T * kept,
        "poor": lambda: poor * 1.0,
        "score": lambda: poor * score,
        "square": lambda: poor * score**2,
        "censored": lambda: poor[:, None] * scores.deprived.T,
        "part": lambda: poor[:, None] * (scores.deprived * scores.weights).T,
        "vulnerable": lambda: _between(scores, measure.vulnerable, poor),
        "severe": lambda: _severe(scores, measure.severe, cutoffs, poor),
    }
    place: dict[str, NDArray[np.int64]] = {}
    parts: list[NDArray[Any]] = []
    start = 0
    for kind in sorted(kinds):
        made = makers[kind]()
        count = int(np.prod(made.shape[:-1]))
        place[kind] = start + np.arange(count).reshape(made.shape[:-1])
        parts.append(made.reshape(count, -1))
        start += count
    return Variables(np.concatenate(parts, dtype=np.float64).T, place)


def _between(scores: Scores, low: Fraction | None, poor: NDArray[np.bool_]) -> Floats:
    inside = scores.reach(low) & ~poor if low is not None else np.zeros(poor.shape, dtype=bool)
    return inside.astype(np.float64)


def _severe(scores: Scores, high: Fraction | None, cutoffs: Sequence[Fraction], poor: NDArray[np.bool_]) -> Floats:
    if high is None:
        return np.zeros(poor.shape)
    return np.array([scores.reach(max(high, k)) for k in cutoffs], dtype=np.float64).reshape(poor.shape)


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """One statistic at several cutoffs and for several indicators: totals above and below, cell by cell.

    Attributes
    ----------
    statistic : str
        Its name.
    above, below : ndarray of float, shape (columns, cells)
        The totals whose ratio it is; `below` may have one row for all columns.
    cutoff, indicator : ndarray of int, shape (columns,)
        The position of each column's cutoff and indicator; -1 for none.
    among : {"all", "poor", "observed", "everybody"}
        The cases it rests on: those retained, the poor, those retained in whom the indicator was observed, or all.
    of_all : bool
        Whether the total below is that of all groups together.
    dimension : bool
        Whether `indicator` counts dimensions.
    total : bool
        Whether it is the total above itself, not a ratio.
    people : ndarray or None
        For a number of people: the total of all weights, which the ratio is multiplied by.
    square : ndarray or None
        For the variance among the poor: the total of squared scores, `above` and `below` being those of its mean.
    like, factor : str and ndarray, or None
        For a multiple of another statistic: which, and how many times in each column.
    """

    statistic: str
    above: Floats
    below: Floats
    cutoff: NDArray[np.int64]
    indicator: NDArray[np.int64]
    among: Among = "all"
    of_all: bool = False
    dimension: bool = False
    total: bool = False
    people: Floats | None = None
    square: Floats | None = None
    like: str | None = None
    factor: Floats | None = None

    def rests_on(self, cutoffs: int) -> NDArray[np.int64]:
        """Return where each column's cases stand among: retained, poor by cutoff, observed by indicator, everybody."""
        if self.among == "poor":
            return self.cutoff + 1
        if self.among == "observed":
            return self.indicator + 1 + cutoffs
        if self.among == "everybody":
            return np.full(len(self.cutoff), -1)
        return np.zeros(len(self.cutoff), dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class _Totals:
    """The totals that the families draw on, kinds by name, each made once; scores and parts come from censored ones."""

    v: Variables
    totals: Floats
    measure: Measure
    known: dict[str, Floats] = field(default_factory=dict)

    def __getitem__(self, kind: str) -> Floats:
        if kind not in self.known:
            self.known[kind] = self._made(kind)
        return self.known[kind]

    def _made(self, kind: str) -> Floats:
        if kind in self.v.place:
            return self.v.select(kind, self.totals)
        if kind == "weights":
            return np.array([float(i.weight) for i in self.measure.indicators])
        if kind == "part":
            return self["censored"] * self["weights"][:, None]
        if kind == "score":
            if "part" in self.v.place:
                return np.asarray(self["part"].sum(axis=1))
            return np.asarray(np.einsum("j,kjc->kc", self["weights"], self["censored"], optimize=False))
        raise KeyError(kind)


def families(
    statistics: Sequence[str], v: Variables, totals: Floats, measure: Measure, cutoffs: Sequence[Fraction]
) -> list[Family]:
    """List the families of the statistics asked for, from the totals (columns x cells) of their variables.

    Shares of the whole are among them, which mean nothing of the whole itself.
    """
    t = _Totals(v, totals, measure)
    K, d = len(cutoffs), len(measure.indicators)
    low, high = measure.vulnerable, measure.severe
    makers: dict[str, Callable[[], list[Family]]] = {
        "M0": lambda: [_by_cutoff("M0", t["score"], t["size"])],
        "H": lambda: [_by_cutoff("H", t["poor"], t["size"])],
        "A": lambda: [_by_cutoff("A", t["score"], t["poor"], among="poor")],
        "uncensored_headcount": lambda: [_by_indicator(t["deprived"], _observed(t, d), _among(t))],
        "censored_headcount": lambda: [_censored(t, d, K)],
        "contribution": lambda: [_contributions(t, K, like="censored_headcount" in statistics)],
        "contribution_share": lambda: _shares(t, measure),
        "population_share": lambda: [_whole("population_share", t["size"], cutoff=False)],
        "poor_share": lambda: [_whole("poor_share", t["poor"])],
        "group_contribution": lambda: [_whole("group_contribution", t["score"])],
        "vulnerable": lambda: _bands("vulnerable", t, [low is not None and low < k for k in cutoffs]),
        "severe": lambda: _bands("severe", t, [high is not None and high >= k for k in cutoffs]),
        "inequality": lambda: [_inequality(t)],
        "number_of_poor": lambda: [replace(_by_cutoff("number_of_poor", t["poor"], t["size"]), people=t["everybody"])],
        "population": lambda: [_everybody(t["everybody"])],
    }  # fmt: skip
    return [family for s in STATISTICS if s in statistics for family in makers[s]()]


def _has_observed(t: _Totals) -> bool:
    """Return whether weights move to the indicators that are observed, as under ``reweight``."""
    return "observed" in t.v.place


def _among(t: _Totals) -> Among:
    return "observed" if _has_observed(t) else "all"


def _observed(t: _Totals, d: int) -> Floats:
    """Return the population in which each indicator was observed."""
    return t["observed"] if _has_observed(t) else np.broadcast_to(t["size"], (d, t["size"].shape[-1]))


def _observed_by_cutoff(t: _Totals, d: int, K: int) -> Floats:
    """Return the total of those observed in each indicator, repeated for each cutoff."""
    return np.tile(_observed(t, d), (K, 1)) if _has_observed(t) else t["size"]


@cache
def _none(count: int) -> NDArray[np.int64]:
    return read_only(np.full(count, -1))


@cache
def _each(K: int, d: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the cutoff, and the indicator, of each pair of them."""
    return read_only(np.repeat(np.arange(K), d)), read_only(np.tile(np.arange(d), K))


def _by_cutoff(name: str, above: Floats, below: Floats, *, among: Among = "all") -> Family:
    return Family(name, above, below, np.arange(len(above)), _none(len(above)), among)


def _by_indicator(above: Floats, below: Floats, among: Among) -> Family:
    return Family("uncensored_headcount", above, below, _none(len(above)), np.arange(len(above)), among)


def _by_both(name: str, above: Floats, below: Floats, *, among: Among = "all", dimension: bool = False) -> Family:
    K, d, cells = above.shape
    k, j = _each(K, d)
    return Family(name, above.reshape(K * d, cells), below, k, j, among, dimension=dimension)


def _censored(t: _Totals, d: int, K: int) -> Family:
    return _by_both("censored_headcount", t["censored"], _observed_by_cutoff(t, d, K), among=_among(t))


def _contributions(t: _Totals, K: int, *, like: bool) -> Family:
    """Weights times censored headcounts, when those are there and the weights are the same in every row."""
    if _has_observed(t) or not like:
        return _by_both("contribution", t["part"], t["size"])
    same = _by_both("contribution", t["censored"], t["size"])
    return replace(same, like="censored_headcount", factor=np.tile(t["weights"], K))


def _shares(t: _Totals, measure: Measure) -> list[Family]:
    part, score = t["part"], t["score"]
    fold = np.array(
        [[i.dimension == name for i in measure.indicators] for name in measure.dimensions], dtype=np.float64
    )
    dims = np.einsum("ej,kjc->kec", fold, part)
    below = [np.repeat(score, x.shape[1], axis=0) for x in (part, dims)]
    return [
        _by_both("contribution_share", part, below[0], among="poor"),
        _by_both("contribution_share", dims, below[1], among="poor", dimension=True),
    ]


def _whole(name: str, above: Floats, *, cutoff: bool = True) -> Family:
    k = np.arange(len(above)) if cutoff else _none(1)
    return Family(name, above, above, k, _none(len(above)), "poor" if cutoff else "all", of_all=True)


def _everybody(people: Floats) -> Family:
    return Family("population", people, people, _none(1), _none(1), "everybody", total=True)


def _bands(name: str, t: _Totals, meant: list[bool]) -> list[Family]:
    """Leave out the cutoffs that a band makes no sense with: vulnerable to what is below it, severe above it."""
    at = np.flatnonzero(meant)
    return [Family(name, t[name][at], t["size"], at, _none(len(at)))] if len(at) else []


def _inequality(t: _Totals) -> Family:
    square = t["square"]
    return Family(
        "inequality", t["score"], t["poor"], np.arange(len(square)), _none(len(square)), "poor", square=square
    )
