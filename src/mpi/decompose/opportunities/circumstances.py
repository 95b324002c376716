"""The groups of a cross as circumstances: their shares and rates, one series for each statistic and round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from mpi.core.errors import Problems, RequestError, unknown
from mpi.results.lookup import Finder, need
from mpi.tables.select import split_groups, values_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from mpi.results.dual import Figures
    from mpi.results.estimates import Estimates

__all__ = ["RATES", "Meaning", "Series", "check_meaning", "opportunities", "series_of"]

Meaning = Literal["deprivation", "opportunity"]
"""What a rate is the share of: those deprived, or those who have the opportunity."""

RATES = ("H", "uncensored_headcount", "mean", "proportion")
"""The rates that are taken where none is named."""

_SHARES = (*RATES, "censored_headcount", "severe", "vulnerable")
_SERIES = ("statistic", "indicator", "dimension", "wave", "cutoff", "weighting")
_CROSS = " × "
_WHOLE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One rate in all groups of a cross.

    Attributes
    ----------
    names : tuple of str
        The circumstances.
    labels : list of str
        The groups.
    levels : ndarray of int, shape (groups, circumstances)
        The category of each group in each circumstance.
    rate, share : ndarray of int, shape (groups,)
        Where the rates and the population shares stand among the estimates.
    total : int
        Where the rate of the whole stands; -1 where it is not there.
    reason : str or None
        Why nothing can be computed, where that is so.
    """

    names: tuple[str, ...]
    labels: list[str]
    levels: NDArray[np.int64]
    rate: NDArray[np.int64]
    share: NDArray[np.int64]
    total: int
    reason: str | None


def series_of(
    est: Estimates, purpose: str, by: str | Sequence[str] | None, statistics: Sequence[str] | None
) -> Iterator[Series]:
    """Yield each series of rates by a cross of circumstances.

    Raises
    ------
    MpiError
        When the cross, a statistic or the population shares are not there.
    """
    cross = _cross(est, purpose, by)
    wanted = _statistics(est, purpose, statistics)
    need(est, purpose, "statistic", ["population_share"])
    finder, keys = Finder(est.keys), est.keys
    inside = keys["by"].index == keys["by"].values.index(cross)
    rows = np.flatnonzero(
        inside & np.isin(keys["statistic"].index, [keys["statistic"].values.index(w) for w in wanted])
    )
    if not len(rows):
        raise RequestError(
            f"{purpose}: {', '.join(wanted)} is not estimated by {cross}; name it in by= of mpi.estimate"
        )
    parts = split_groups(est, cross)
    kinds = np.column_stack([keys[n].index[rows] for n in _SERIES])
    _, first, of_row = np.unique(kinds, axis=0, return_index=True, return_inverse=True)
    for kind in np.argsort(first):
        yield _circumstance(est, finder, rows[of_row.ravel() == kind], tuple(cross.split(_CROSS)), parts)


def opportunities(figures: Figures, series: Series, meaning: Meaning) -> tuple[Figures, Figures]:
    """Return the shares of the groups, and the shares in each of those who have the opportunity."""
    rate = figures.take(series.rate)
    return figures.take(series.share), rate if meaning == "opportunity" else 1.0 - rate


def _circumstance(
    est: Estimates, finder: Finder, rows: NDArray[np.int64], names: tuple[str, ...], parts: dict[str, tuple[str, ...]]
) -> Series:
    total, share = int(finder.beside(rows[:1], by="total", group="total")[0]), finder.share(rows)
    empty = (share >= 0) & (est.value[share] == 0)  # rows without weight are nobody
    rows, share = rows[~empty], share[~empty]
    labels = [str(est.keys["group"].at(i)) for i in rows]
    table = [parts[label] for label in labels]
    levels = np.column_stack([_numbered(column) for column in zip(*table, strict=True)])
    return Series(names, labels, levels, rows, share, total, _reason(est, rows, share, total, labels))


def _numbered(column: Sequence[str]) -> NDArray[np.int64]:
    place = {v: i for i, v in enumerate(dict.fromkeys(column))}
    return np.array([place[v] for v in column], dtype=np.int64)


def _reason(
    est: Estimates, rows: NDArray[np.int64], share: NDArray[np.int64], total: int, labels: Sequence[str]
) -> str | None:
    """Say why the groups' shares and rates give no index of the whole; None where they do."""
    if (share < 0).any():
        return f"no population share of {labels[int(np.argmin(share))]}"
    a, r = est.value[share], est.value[rows]
    gone = np.flatnonzero(~np.isfinite(r))
    if len(gone):
        return f"undefined in {labels[int(gone[0])]}"
    if abs(a.sum() - 1) > _WHOLE:
        return f"the groups cover {a.sum():.4g} of the population, not all of it"
    if r.min() < 0 or r.max() > 1:
        return "not a share of people"
    if total >= 0 and abs(a @ r - est.value[total]) > _WHOLE:
        return "rates and population shares are not of the same people (missing answers): estimate both with one where="
    return None


def _cross(est: Estimates, purpose: str, by: str | Sequence[str] | None) -> str:
    known = [v for v in values_of(est, "by") if v != "total"]
    if by is None:
        crosses = [v for v in known if _CROSS in str(v)] or known
        if len(crosses) == 1:
            return str(crosses[0])
        raise RequestError(
            f"{purpose}: say which circumstances with by=; the estimates are by {', '.join(map(repr, known)) or 'none'}"
        )
    cross = _CROSS.join(map(str, by)) if isinstance(by, (tuple, list)) else str(by)
    if cross not in known:
        raise RequestError(f"{purpose}: by: " + unknown("cross", cross, known) + "; estimate it with by=[(...)]")
    return cross


def _statistics(est: Estimates, purpose: str, statistics: Any) -> list[str]:
    known = values_of(est, "statistic")
    if statistics is None:
        found = [s for s in RATES if s in known]
        if not found:
            raise RequestError(
                f"{purpose}: needs a rate, one of {', '.join(_SHARES)}; there is {', '.join(map(str, known))}"
            )
        return found
    asked = [statistics] if isinstance(statistics, str) else list(statistics)
    problems = Problems(f"{purpose} cannot be made", RequestError)
    problems.found += [f"statistics: {unknown('rate', s, _SHARES)}" for s in asked if s not in _SHARES]
    problems.raise_if_any()
    need(est, purpose, "statistic", asked)
    return asked


def check_meaning(meaning: Any, problems: Problems) -> None:
    """Note what is wrong with the word that says what the rates mean."""
    if meaning not in get_args(Meaning):
        problems.add(f"rates: {unknown('meaning', meaning, get_args(Meaning))}")
