"""Layout of a table to publish: groups in rows, statistics in columns, one number in a cell."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack, get_args

import numpy as np

from mpi.core.arguments import defaults, kinds_checked
from mpi.core.errors import RequestError, unknown
from mpi.tables.keys import NAMES, Keys, coded, group_codes
from mpi.tables.words import CONTRAST_WORDS, OF_REGRESSION, STATISTIC_WORDS, statistic_words, unit_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from mpi.tables.estimates_like import EstimatesLike
    from mpi.tables.keys import Coded

__all__ = [
    "CODE",
    "KEY_FIGURES",
    "Column",
    "Grid",
    "Layout",
    "Place",
    "grid",
    "heading",
    "part_of",
    "row_names",
    "used_values",
]

KEY_FIGURES = "key figures"
"""What stands in the column `by` of figures whose `group` says of whom they are, and what they count."""

CODE = "group_code"
"""What the codes of groups are called beside their labels."""

_TITLES = frozenset({"total", KEY_FIGURES})
"""What stands in the column `by` where it is no column of the data."""


Place = Literal["columns", "rows"]
"""Where indicators stand in a table."""


class Placement(TypedDict, total=False):
    """The keyword arguments for the contents and layout of a table; `mpi.tables.publish` explains each."""

    by: Any
    wave: Any
    cutoff: Any
    weighting: str | Sequence[str] | None
    percent: bool
    labels: bool
    indicators: Place
    rounds: Place
    codes: bool


_PLACED: dict[str, Any] = {
    "by": None, "wave": None, "cutoff": None, "weighting": None, "percent": False, "labels": False,
    "indicators": "columns", "rounds": "rows", "codes": False,
}  # fmt: skip
defaults(Placement, **_PLACED)


class Layout(Placement, total=False):
    """The options that shape a table to publish; `mpi.tables.publish` explains them."""

    statistics: str | Sequence[str] | None
    decimals: int | None
    se: bool | None
    interval: bool
    scheme: Any


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
        What a row is known by: by, group, where they are wanted group_code, where there are rounds wave; and
        indicator, where they stand in rows.
    rows : list of tuple
        The rows, in the order of the estimates.
    columns : list of Column
        The columns.
    cell : ndarray of int, shape (rows, columns)
        The position in `est` of each cell's number; -1 where there is none.
    percent : bool
        Whether shares are printed in per cent.
    """

    est: EstimatesLike
    names: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    columns: list[Column]
    cell: NDArray[np.int64]
    percent: bool


@kinds_checked
def grid(
    est: EstimatesLike,
    statistics: str | Sequence[str] | None = None,
    **options: Unpack[Placement],
) -> Grid:
    """Lay estimates out as `mpi.tables.publish` prints them; the parameters are explained there."""
    percent, labels, codes = options.get("percent", False), options.get("labels", False), options.get("codes", False)
    indicators, rounds = options.get("indicators", "columns"), options.get("rounds", "rows")
    for name, place in {"indicators": indicators, "rounds": rounds}.items():
        if not isinstance(place, str) or place not in get_args(Place):
            raise RequestError(f"{name}: " + unknown("place", place, get_args(Place)))
    order = None if statistics is None else _listed(statistics)
    chosen = _chosen(est, order, *(options.get(n) for n in ("by", "wave", "cutoff", "weighting")))
    words = _Words(STATISTIC_WORDS, CONTRAST_WORDS, _titles(chosen)) if labels else _Words({}, {}, {})
    words = replace(words, places=indicators, rounds=rounds)
    names, row, rows = _rows(chosen.keys, words)
    if codes:
        names, rows = _with_codes(chosen, names, rows)
    column, columns = _columns(chosen, words, percent=percent)
    _refuse_clashes(chosen, row, column, columns)
    cell = np.full((len(rows), len(columns)), -1, dtype=np.int64)
    cell[row, column] = np.arange(len(chosen))
    place_of = _in_order(columns, order)
    return Grid(chosen, names, rows, [columns[c] for c in place_of], cell[:, place_of], percent)


def _chosen(est: EstimatesLike, statistics: Any, by: Any, wave: Any, cutoff: Any, weighting: Any) -> EstimatesLike:
    """Select what is asked for; figures that have no cutoff (raw headcounts, population shares) stay."""
    asked: dict[str, Any] = {}
    if statistics is not None:
        asked["statistic"] = statistics
    if by is not None:
        if not isinstance(by, (str, tuple, list)) or not by:
            raise RequestError(f"by: a column, a cross or a list of these is needed, not {by!r:.60}")
        options = [by] if isinstance(by, (str, tuple)) else list(by)
        asked["by"] = [" × ".join(map(str, b)) if isinstance(b, tuple) else b for b in options]
    if wave is not None:
        asked["wave"] = _listed(wave)
    asked |= {k: [*_listed(v), None] for k, v in (("cutoff", cutoff), ("weighting", weighting)) if v is not None}
    chosen = est.select(**asked) if asked else est
    for one in statistics or ():
        if one not in used_values(chosen.keys["statistic"]):
            others = ", ".join(f"{k}={v!r}" for k, v in asked.items() if k != "statistic")
            raise RequestError(f"no {one} was estimated with {others}; leave it out, or ask for it in its own table")
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


def _rows(keys: Keys, words: _Words) -> tuple[tuple[str, ...], NDArray[np.int64], list[tuple[Any, ...]]]:
    """Return what rows are known by, each estimate's row, and the rows."""
    beside = words.rounds == "rows" and (keys["wave"].index >= 0).any()
    names: tuple[str, ...] = ("by", "group", "wave") if beside else ("by", "group")
    apart = ("indicator", "dimension") if words.places == "rows" else ()
    row, first = _distinct(keys, (*names, *apart))
    rows = [tuple(keys[n].at(i) for n in names) for i in first.tolist()]
    if not apart:
        return names, row, rows
    statistic, indicator, dimension = (keys[n] for n in ("statistic", *apart))
    items = [_item(statistic.at(i), indicator.at(i), dimension.at(i), words) for i in first.tolist()]
    return (*names, "indicator"), row, [(*r, item) for r, item in zip(rows, items, strict=True)]


def _with_codes(
    est: EstimatesLike, names: tuple[str, ...], rows: Sequence[tuple[Any, ...]]
) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Put the code of each group behind its label."""
    keys = {"by": coded([row[0] for row in rows]), "group": coded([row[1] for row in rows])}
    found = group_codes(Keys(keys), est.codes).to_list()
    return (*names[:2], CODE, *names[2:]), [(*r[:2], code, *r[2:]) for r, code in zip(rows, found, strict=True)]


def _columns(est: EstimatesLike, words: _Words, *, percent: bool) -> tuple[NDArray[np.int64], list[Column]]:
    """Return each estimate's column, and the columns; cutoffs and weightings are told where several."""
    keys = est.keys
    waves = ("wave",) if words.rounds == "columns" else ()
    number, first = _distinct(keys, ("statistic", "contrast", "indicator", "dimension", "cutoff", "weighting", *waves))
    several = [n for n in ("cutoff", "weighting") if len(np.unique(keys[n].index[keys[n].index >= 0])) > 1]
    told = [*several, *waves]
    found: dict[Column, int] = {}
    made = (_column(keys, i, told, words, percent=percent) for i in first.tolist())
    place = [found.setdefault(column, len(found)) for column in made]
    return np.array(place, dtype=np.int64)[number], list(found)


@dataclass(frozen=True, slots=True)
class _Words:
    """The printed words for statistics, contrasts and indicators, by default their names; and their places."""

    names: Mapping[str, str]
    contrasts: Mapping[str, str]
    titles: Mapping[Any, str]
    places: Place = "columns"
    rounds: Place = "rows"


def _titles(est: EstimatesLike) -> dict[tuple[str, Any], str]:
    """Return what to print for each indicator; two of one title are told apart by their names."""
    names = used_values(est.keys["indicator"])
    shown = [est.titles.get(n, str(n)) for n in names]
    return {n: s if shown.count(s) == 1 else f"{s} [{n}]" for n, s in zip(names, shown, strict=True)}


def _column(keys: Keys, row: int, keys_shown: Sequence[str], words: _Words, *, percent: bool) -> Column:
    """Return a column of a table: its label, its statistic and its unit."""
    key = {n: keys[n].at(row) for n in NAMES}
    unit = unit_of(key["statistic"], key["contrast"]) if percent else "fraction"
    parts = [_what(key, words)]
    if key["contrast"] not in (None, "level") and key["statistic"] is not None:
        said = words.contrasts.get(key["contrast"], key["contrast"])
        parts.append(str(said).replace("_", " ") if words.names else str(said))
    if "cutoff" in keys_shown and key["cutoff"] is not None:
        parts.append(f"k = {key['cutoff']}")
    if "weighting" in keys_shown and key["weighting"] is not None:
        parts.append(f"{key['weighting']} {'coefficients' if key['contrast'] in OF_REGRESSION else 'weights'}")
    if "wave" in keys_shown and key["wave"] is not None:
        parts.append(str(key["wave"]))
    parts += {"fraction": [], "percent": ["%"], "points": ["pp"]}[unit]
    return Column(", ".join(parts), key["statistic"], unit)


def _what(key: Mapping[str, Any], words: _Words) -> str:
    """Name the statistic with its indicator or dimension."""
    statistic, indicator, dimension = key["statistic"], key["indicator"], key["dimension"]
    name = str(key["contrast"]) if statistic is None else statistic_words(str(statistic), words.names)
    item = _item(statistic, indicator, dimension, words)
    return name if item is None or words.places == "rows" else f"{name}: {item}"


def _item(statistic: Any, indicator: Any, dimension: Any, words: _Words) -> str | None:
    """Name the indicator or dimension of which a figure is; None for neither."""
    if statistic == "proportion" and dimension is not None:
        return f"{dimension} = {indicator}"
    if statistic == "who_is_deprived" and dimension is not None:
        return f"{words.titles.get(indicator, indicator)}, {dimension}"
    if indicator is not None:
        return str(words.titles.get(indicator, indicator))
    return f"{dimension} (dimension)" if dimension is not None else None


def _in_order(columns: Sequence[Column], statistics: Sequence[Any] | None) -> list[int]:
    """Put the columns in the order asked for; those of one statistic keep theirs."""
    if statistics is None:
        return list(range(len(columns)))
    return sorted(range(len(columns)), key=lambda c: statistics.index(columns[c].statistic))


def _refuse_clashes(
    est: EstimatesLike, row: NDArray[np.int64], column: NDArray[np.int64], columns: Sequence[Column]
) -> None:
    """Two numbers for one cell are an error: one of them would vanish without a word."""
    cell = row * len(columns) + column
    order = np.argsort(cell, kind="stable")
    again = np.flatnonzero(np.diff(cell[order]) == 0)
    if not len(again):
        return
    a, b = (int(order[again[0] + i]) for i in (0, 1))
    where = f"{columns[int(column[a])].label!r} of {est.keys['by'].at(a)} {est.keys['group'].at(a)!r}"
    raise RequestError(f"a table cannot hold two numbers in one cell: {where} has two; {_difference(est.keys, a, b)}")


def _difference(keys: Keys, a: int, b: int) -> str:
    differs = {n: (keys[n].at(a), keys[n].at(b)) for n in NAMES if keys[n].at(a) != keys[n].at(b)}
    if not differs:
        return "their keys are the same: take one of them, or give contrasts different names (name=...)"
    told = "; ".join(f"{n} is {x!r} and {y!r}" for n, (x, y) in differs.items())
    name, (x, y) = next(iter(differs.items()))
    return f"their {told}: choose with est.select({name}={x!r}) or est.select({name}={y!r})"


def used_values(column: Coded) -> list[Any]:
    """Return the values that occur in a column of keys, each once."""
    return list(column.without_unused().values)


def row_names(layout: Grid) -> list[str]:
    """Return what each row is called: its group and round, and the disaggregation too where two rows share both.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["sex", "head_sex"], statistics=["H"])
    >>> row_names(grid(est, by=["sex", "head_sex"], wave=2018))
    ['Male 2018 (sex)', 'Female 2018 (sex)', 'Male 2018 (head_sex)', 'Female 2018 (head_sex)']
    """
    named = [i for i, name in enumerate(layout.names) if i and name != CODE]
    names = [" ".join(str(row[i]) for i in named if row[i] is not None) for row in layout.rows]
    times = Counter(names)
    return [f"{n} ({row[0]})" if times[n] > 1 else n for n, row in zip(names, layout.rows, strict=True)]


def heading(by: str | None, titles: Mapping[str, str] | None = None) -> str:
    """Return what stands above the rows of one disaggregation, by the label of its column where there is one.

    Examples
    --------
    >>> heading("ethnicity"), heading("total"), heading("key figures")
    ('By ethnicity', 'Total', 'Key figures')
    >>> heading("head_sex", {"head_sex": "Sex of the head"})
    'By sex of the head'
    """
    if by in _TITLES:
        return by.capitalize()
    title = (titles or {}).get(by or "", "")
    lower = title[:1].lower() + title[1:] if title[1:2].islower() else title
    return f"By {lower or by}" if by else "Estimates"


def part_of(layout: Grid, rows: Sequence[bool], columns: Sequence[bool]) -> Grid:
    """Return some rows of a layout, with those columns, among the ones wanted, that hold a number there."""
    chosen = np.flatnonzero(rows)
    there = np.flatnonzero((layout.cell[chosen] >= 0).any(axis=0) & np.asarray(columns, dtype=bool))
    cell = layout.cell[np.ix_(chosen, there)]
    held = cell >= 0
    est = layout.est.take(cell[held])
    cell[held] = np.arange(len(est))
    kept = [layout.columns[j] for j in there]
    return replace(layout, est=est, rows=[layout.rows[i] for i in chosen], columns=kept, cell=cell)
