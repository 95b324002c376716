"""What stands where in a table to publish: groups in rows, statistics in columns, one number in a cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mpi.errors import MpiError
from mpi.keys import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from mpi.estimates import Estimates
    from mpi.keys import Coded, Keys

__all__ = ["Column", "Grid", "grid", "occurring", "row_name"]

_SHARES = frozenset(
    {
        "H", "A", "uncensored_headcount", "censored_headcount", "contribution_share", "population_share",
        "poor_share", "group_contribution", "vulnerable", "severe", "proportion",
    }
)  # fmt: skip
_LEVELS = frozenset({"level", "lower_bound", "upper_bound"})


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a wide table: its label, its statistic, and the unit it is printed in."""

    label: str
    statistic: str | None
    unit: Literal["fraction", "percent", "points"]


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Estimates laid out for publication: groups in rows, statistics in columns.

    Attributes
    ----------
    est : Estimates
        The estimates that are laid out.
    names : tuple of str
        What a row is known by: by, group and, where there are rounds, wave.
    rows : list of tuple
        The rows, in the order of the estimates.
    columns : list of Column
        The columns.
    cell : ndarray of int, shape (rows, columns)
        The position in `est` of each cell's number; -1 where there is none.
    percent : bool
        Whether shares are printed in per cent.
    """

    est: Estimates
    names: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    columns: list[Column]
    cell: NDArray[np.int64]
    percent: bool


def grid(
    est: Estimates,
    statistics: str | Sequence[str] | None = None,
    *,
    by: Any = None,
    wave: Any = None,
    cutoff: Any = None,
    weighting: str | Sequence[str] | None = None,
    percent: bool = False,
) -> Grid:
    """Lay estimates out as `mpi.tables.wide` prints them; the parameters are explained there."""
    order = None if statistics is None else _listed(statistics)
    chosen = _chosen(est, order, by, wave, cutoff, weighting)
    names = ("by", "group", "wave") if (chosen.keys["wave"].index >= 0).any() else ("by", "group")
    row, first = _distinct(chosen.keys, names)
    rows = [tuple(chosen.keys[n].at(i) for n in names) for i in first.tolist()]
    column, columns = _columns(chosen.keys, percent=percent)
    _refuse_clashes(chosen, row, column, columns)
    cell = np.full((len(rows), len(columns)), -1, dtype=np.int64)
    cell[row, column] = np.arange(len(chosen))
    place = _in_order(columns, order)
    return Grid(chosen, names, rows, [columns[c] for c in place], cell[:, place], percent)


def _chosen(est: Estimates, statistics: Any, by: Any, wave: Any, cutoff: Any, weighting: Any) -> Estimates:
    """Select what is asked for; figures that have no cutoff (raw headcounts, population shares) stay."""
    asked: dict[str, Any] = {}
    if statistics is not None:
        asked["statistic"] = statistics
    if by is not None:
        options = [by] if isinstance(by, (str, tuple)) else list(by)
        asked["by"] = [" × ".join(map(str, b)) if isinstance(b, tuple) else b for b in options]
    if wave is not None:
        asked["wave"] = _listed(wave)
    asked |= {k: [*_listed(v), None] for k, v in (("cutoff", cutoff), ("weighting", weighting)) if v is not None}
    chosen = est.select(**asked) if asked else est
    for one in statistics or ():
        if one not in occurring(chosen.keys["statistic"]):
            others = ", ".join(f"{k}={v!r}" for k, v in asked.items() if k != "statistic")
            raise MpiError(f"no {one} was estimated with {others}; leave it out, or ask for it in its own table")
    return chosen


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple, set, frozenset, np.ndarray)) else [value]


def _distinct(keys: Keys, names: Iterable[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return each row's combination, numbered as they appear, and the row where each is first."""
    codes = np.stack([keys[n].index for n in names], axis=1)
    _, first, inverse = np.unique(codes, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank[inverse.ravel()], first[order]


def _columns(keys: Keys, *, percent: bool) -> tuple[NDArray[np.int64], list[Column]]:
    """Return each estimate's column, and the columns; cutoffs and weightings are told where several."""
    number, first = _distinct(keys, ("statistic", "contrast", "indicator", "dimension", "cutoff", "weighting"))
    told = [n for n in ("cutoff", "weighting") if len(np.unique(keys[n].index[keys[n].index >= 0])) > 1]
    found: dict[Column, int] = {}
    place = [found.setdefault(_column(keys, i, told, percent=percent), len(found)) for i in first.tolist()]
    return np.array(place, dtype=np.int64)[number], list(found)


def _column(keys: Keys, row: int, told: Sequence[str], *, percent: bool) -> Column:
    key = {n: keys[n].at(row) for n in NAMES}
    unit = _unit(key["statistic"], key["contrast"]) if percent else "fraction"
    words = [_what(key)]
    if key["contrast"] not in (None, "level") and key["statistic"] is not None:
        words.append(str(key["contrast"]))
    if "cutoff" in told and key["cutoff"] is not None:
        words.append(f"k = {key['cutoff']}")
    if "weighting" in told and key["weighting"] is not None:
        words.append(f"{key['weighting']} weights")
    words += {"fraction": [], "percent": ["%"], "points": ["pp"]}[unit]
    return Column(", ".join(words), key["statistic"], unit)


def _what(key: dict[str, Any]) -> str:
    """Name the statistic with its indicator or dimension."""
    name = str(key["statistic"] if key["statistic"] is not None else key["contrast"])
    if name == "proportion" and key["dimension"] is not None:
        return f"{name}: {key['dimension']} = {key['indicator']}"
    if key["indicator"] is not None:
        return f"{name}: {key['indicator']}"
    return f"{name}: {key['dimension']} (dimension)" if key["dimension"] is not None else name


def _unit(statistic: str | None, contrast: str | None) -> Literal["fraction", "percent", "points"]:
    """Say how a number is printed among percents; a difference of percents is in percentage points."""
    name = contrast or "level"
    if "relative" in name:
        return "percent"
    if statistic not in _SHARES or "ratio" in name:
        return "fraction"
    return "percent" if name in _LEVELS else "points"


def _in_order(columns: Sequence[Column], statistics: Sequence[Any] | None) -> list[int]:
    """Put the columns in the order asked for; those of one statistic keep theirs."""
    if statistics is None:
        return list(range(len(columns)))
    return sorted(range(len(columns)), key=lambda c: statistics.index(columns[c].statistic))


def _refuse_clashes(
    est: Estimates, row: NDArray[np.int64], column: NDArray[np.int64], columns: Sequence[Column]
) -> None:
    """Two numbers for one cell are an error: one of them would vanish without a word."""
    cell = row * len(columns) + column
    order = np.argsort(cell, kind="stable")
    again = np.flatnonzero(np.diff(cell[order]) == 0)
    if not len(again):
        return
    a, b = (int(order[again[0] + i]) for i in (0, 1))
    where = f"{columns[int(column[a])].label!r} of {est.keys['by'].at(a)} {est.keys['group'].at(a)!r}"
    raise MpiError(f"a table cannot hold two numbers in one cell: {where} has two; {_difference(est.keys, a, b)}")


def _difference(keys: Keys, a: int, b: int) -> str:
    differs = {n: (keys[n].at(a), keys[n].at(b)) for n in NAMES if keys[n].at(a) != keys[n].at(b)}
    if not differs:
        return "their keys are the same: take one of them, or give contrasts different names (name=...)"
    told = "; ".join(f"{n} is {x!r} and {y!r}" for n, (x, y) in differs.items())
    name, (x, y) = next(iter(differs.items()))
    return f"their {told}: choose with est.select({name}={x!r}) or est.select({name}={y!r})"


def occurring(column: Coded) -> list[Any]:
    """Return the values that occur in a column of keys, each once."""
    _, first = np.unique(column.index, return_index=True)
    return [v for v in column.take(first).to_list() if v is not None]


def row_name(layout: Grid, i: int) -> str:
    """Return what a row is called: its group, and its round where it has one."""
    _, group, *wave = layout.rows[i]
    return " ".join(str(v) for v in (group, *wave) if v is not None)
