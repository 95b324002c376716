"""Finding numbers of a result by what they are: the same figure in another round, group or statistic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.errors import RequestError, unknown
from mpi.results.names import NUMBERS
from mpi.tables.keys import NAMES
from mpi.tables.select import estimates_only, values_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from mpi.results.estimates import Estimates
    from mpi.tables.keys import Keys

    Places = NDArray[np.int64]

__all__ = ["Finder", "additive", "comparable", "explained", "levels", "need", "weighed"]

_ADDITIVE = (
    "M0", "H", "uncensored_headcount", "censored_headcount", "contribution", "vulnerable", "severe",
    "M1", "M2", "contribution_M1", "contribution_M2",
)  # fmt: skip
_AMONG_OBSERVED = ("uncensored_headcount", "censored_headcount")


def weighed(est: Estimates) -> list[str]:
    """Name the statistics of the whole that are means of those of groups, weighted by population shares.

    Headcounts of indicators are none where missing answers are reweighted: they count those in whom the indicator was
    observed, who are another share of each group.
    """
    return [s for s in _ADDITIVE if not (_has_moving_weights(est) and s in _AMONG_OBSERVED)]


def additive(est: Estimates, purpose: str) -> list[str]:
    """Return those of the statistics that occur which are weighted means over groups.

    Raises
    ------
    MpiError
        When none occurs.
    """
    wanted = weighed(est)
    found = [s for s in values_of(est, "statistic") if s in wanted]
    if not found:
        why = (
            " (headcounts of indicators are of those observed, and do not add up over groups)"
            if _has_moving_weights(est)
            else ""
        )
        raise RequestError(f"{purpose}: none of {', '.join(wanted)} was estimated{why}; name them in statistics=")
    return found


def explained(est: Estimates) -> dict[str, str]:
    """Return what a reader of a decomposition by groups must know: which statistics it leaves out, and why."""
    left = [s for s in values_of(est, "statistic") if s in _AMONG_OBSERVED]
    if not left or not _has_moving_weights(est):
        return {}
    return {"left_out": f"{' and '.join(left)}: of those observed, so they do not add up over groups"}


def _has_moving_weights(est: Estimates) -> bool:
    """Return whether weights of indicators differ between people, as under ``reweight``."""
    return any(m.missing == "reweight" for m in est.measures)


class Finder:
    """An index of the numbers of a result by their keys.

    Parameters
    ----------
    keys : Keys
        What each number is.

    Raises
    ------
    MpiError
        When two numbers have the same keys, so that neither can be meant.
    """

    __slots__ = ("_codes", "_keys", "_order", "_sizes", "_sorted")

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._sizes = {n: len(keys[n].values) + 1 for n in NAMES}
        if float(np.prod(np.array(list(self._sizes.values()), dtype=np.float64))) >= 2**62:
            raise RequestError("there are too many different keys to search; select some of the estimates first")
        self._codes = {n: keys[n].index.astype(np.int64) + 1 for n in NAMES}
        ids = self._ids(self._codes)
        self._order = np.argsort(ids, kind="stable")
        self._sorted = ids[self._order]
        again = np.flatnonzero(np.diff(self._sorted) == 0)
        if len(again):
            i = int(self._order[again[0]])
            told = ", ".join(f"{n}={keys[n].at(i)!r}" for n in NAMES if keys[n].at(i) is not None)
            raise RequestError(f"two numbers are the same figure ({told}); take one of them first")

    def _ids(self, codes: dict[str, Places]) -> Places:
        out = np.zeros(len(codes["statistic"]), dtype=np.int64)
        for n in NAMES:
            out = out * self._sizes[n] + codes[n]
        return out

    def beside(self, rows: Places, **changes: Any) -> Places:
        """Return where the figures stand that are like those in `rows` but for some keys; -1 where there is none.

        Parameters
        ----------
        rows : ndarray of int
            Positions of figures.
        **changes
            For a key, its other value (None for none), or an array of positions among the key's values, one for
            each row.
        """
        codes = {n: c[rows] for n, c in self._codes.items()}
        for name, value in changes.items():
            if isinstance(value, np.ndarray):
                codes[name] = value.astype(np.int64) + 1
            elif value is None:
                codes[name] = np.zeros(len(rows), dtype=np.int64)
            elif value in self._keys[name].values:
                codes[name] = np.full(len(rows), self._keys[name].values.index(value) + 1, dtype=np.int64)
            else:
                return np.full(len(rows), -1, dtype=np.int64)
        ids = self._ids(codes)
        place = np.searchsorted(self._sorted, ids)
        safe = np.minimum(place, max(len(self._sorted) - 1, 0))
        found = (place < len(self._sorted)) & (self._sorted[safe] == ids)
        return np.where(found, self._order[safe], -1)

    def unweighted(self, rows: Places, **changes: Any) -> Places:
        """Return what `beside` does, under whichever weighting there is: some figures stand under the first only."""
        best = self.beside(rows, **changes)
        for weighting in (None, *self._keys["weighting"].values):
            if (best >= 0).all():
                break
            best = np.where(best >= 0, best, self.beside(rows, weighting=weighting, **changes))
        return best

    def share(self, rows: Places, **changes: Any) -> Places:
        """Return where the population shares of the groups in `rows` stand; -1 for the whole, which has none."""
        plain: dict[str, Any] = {"indicator": None, "dimension": None, "cutoff": None}
        return self.unweighted(rows, statistic="population_share", **plain, **changes)


def levels(est: Estimates, purpose: str) -> Estimates:
    """Return the plain estimates among the numbers: what can be decomposed.

    Raises
    ------
    MpiError
        When there is none: contrasts of contrasts are made by `Estimates.contrast`.
    """
    estimates_only(est, purpose)
    column = est.keys["contrast"]
    plain = [i for i, v in enumerate(column.values) if v in ("level", None)]
    rows = np.flatnonzero(np.isin(column.index, [*plain, -1]))
    if len(rows) == len(est) and len(rows):
        return est
    if not len(rows):
        _no_bounds(est, purpose)
        found = ", ".join(map(repr, column.values)) or "nothing"
        raise RequestError(f"{purpose}: plain estimates (contrast 'level') are needed; there is {found}")
    return est.take(rows)


def comparable(est: Estimates, purpose: str) -> Estimates:
    """Return estimates that can be compared with each other: plain ones, or what was derived from them.

    Raises
    ------
    MpiError
        When these are no Estimates, or bounds: the difference of two lower bounds bounds nothing.
    """
    estimates_only(est, purpose)
    _no_bounds(est, purpose)
    return est


def _no_bounds(est: Estimates, purpose: str) -> None:
    bounds = [v for v in values_of(est, "contrast") if v in ("lower_bound", "upper_bound")]
    if bounds:
        raise RequestError(
            f"{purpose}: bounds cannot be compared: a difference of {bounds[0]}s bounds nothing. Take "
            "measure.with_missing('drop') or 'reweight'; the bounds of a difference are those of one side minus the "
            "opposite ones of the other"
        )


def need(est: Estimates, purpose: str, key: str, wanted: Iterable[Any]) -> None:
    """Refuse when values of a key do not occur; say which, the nearest, and how to get them.

    Raises
    ------
    MpiError
        Naming all that is absent.
    """
    known = values_of(est, key)
    absent = [w for w in wanted if w not in known]
    if not absent:
        return
    if key == "statistic":
        said = ", ".join(map(str, absent))
        raise RequestError(
            f"{purpose}: needs the statistic{'s' if len(absent) > 1 else ''} {said}, which the estimates do not hold "
            f"(they hold {', '.join(map(str, known))}); {_mend(absent)}"
        )
    raise RequestError(f"{purpose}: " + unknown(key, absent[0], known))


def _mend(absent: list[Any]) -> str:
    if set(absent) & set(NUMBERS):
        return f"totals are given when asked for: name them all in statistics=[..., {', '.join(map(repr, absent))}]"
    return "leave statistics= out of mpi.estimate, or name them there"
