"""What stands where in a table to publish: groups in rows, statistics in columns, one number in a cell."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypedDict, get_args

import numpy as np

from mpi.errors import MpiError, unknown
from mpi.keys import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from mpi.estimates import Estimates
    from mpi.keys import Coded, Keys

__all__ = ["KEY_FIGURES", "Column", "Grid", "Layout", "Place", "grid", "heading", "occurring", "part_of", "row_names"]

_SHARES = frozenset(
    {
        "H", "A", "uncensored_headcount", "censored_headcount", "contribution_share", "population_share",
        "poor_share", "group_contribution", "vulnerable", "severe", "proportion", "poor", "near_poor", "average",
        "other", "undecided", "share", "M0^0", "union_H", "union_A", "ongoing_poor", "left_poverty", "entered_poverty",
        "never_poor", "ever_poor", "entry_rate", "exit_rate", "unmatched", "H_C", "A_C", "D_C", "censored_headcount_C",
        "H_transient", "deprived", "deprived_in_poor_household", "beside_nondeprived", "beside_nondeprived_other_sex",
        "who_is_deprived",
    }
)  # fmt: skip
_INDICES = ("variance", "theil", "mean_log_deviation", "coefficient_of_variation", "dissimilarity")
_OF_REGRESSION = frozenset({"explained", "unexplained", "endowments", "coefficients", "interaction", "residual"})
_RATIO = re.compile(r"(?<![a-z])(ratio|log)s?(?![a-z])| / ")
_DIFFERENCE = re.compile(  # "1 - x" is a level
    r"(?<![a-z])(change|difference|gap|minus|effect|trend|departure|shortfall)s?(?![a-z])|(?<!^1) [-−–] "
)
_DERIVED = re.compile(r"(annual )?(relative )?(change|trend)|difference|(log )?ratio|departure")
_PERCENT = re.compile(r"(?<![a-z])(relative|growth|share)(?![a-z])")

_WORDS = {
    "M0": "Adjusted headcount ratio (M0)",
    "H": "Headcount ratio (H)",
    "A": "Intensity (A)",
    "uncensored_headcount": "Uncensored headcount",
    "censored_headcount": "Censored headcount",
    "contribution": "Contribution to M0",
    "contribution_share": "Share of contribution",
    "population_share": "Population share",
    "poor_share": "Share of the poor",
    "group_contribution": "Group's contribution to M0",
    "vulnerable": "Vulnerable",
    "severe": "Severe",
    "inequality": "Inequality among the poor",
    "number_of_poor": "Number of poor",
    "population": "Population",
    "M0^0": "Headcount ratio (M0^0)",
    "M0^1": "Adjusted headcount ratio (M0^1)",
    "M0^2": "Mean squared score of the poor, censored (M0^2)",
    "CSPI": "Correlation-sensitive poverty index (CSPI)",
    "union_H": "Deprived in anything",
    "union_A": "Mean score of the deprived",
    "union_GE2": "Inequality of the deprived's scores (GE2)",
    "D(t)": "Mean number of deprivations",
    "D(t^2)": "Dual measure of counts, D(t^2)",
    "D(2t - t^2)": "Dual measure of counts, D(2t - t^2)",
    "ongoing_poor": "Poor in both rounds",
    "left_poverty": "Left poverty",
    "entered_poverty": "Entered poverty",
    "never_poor": "Poor in neither round",
    "ever_poor": "Ever poor",
    "entry_rate": "Rate of entry among the non-poor",
    "exit_rate": "Rate of exit among the poor",
    "unmatched": "Not followed through all rounds",
    "H_C": "Chronic headcount ratio (H_C)",
    "A_C": "Intensity of the chronic poor (A_C)",
    "D_C": "Duration of the chronic poor (D_C)",
    "M0_C": "Adjusted chronic headcount ratio (M0_C)",
    "censored_headcount_C": "Chronic censored headcount",
    "contribution_C": "Contribution to M0_C",
    "H_transient": "Transient headcount ratio",
    "M0_transient": "Transient M0",
    "deprived": "Deprived themselves",
    "deprived_in_poor_household": "Of the deprived, in poor households",
    "beside_nondeprived": "Of the deprived, beside a member who is not",
    "beside_nondeprived_other_sex": "Of the deprived, beside a member of the other sex who is not",
    "who_is_deprived": "Households with a deprived member, by who it is",
    "mean": "Mean",
    "proportion": "Proportion",
    "total": "Total",
    "ratio": "Ratio",
    "share": "Share",
    "poor": "Poor",
    "near_poor": "Near-poor",
    "average": "Average living standard",
    "other": "Other",
    "undecided": "Undecided",
    "poor_number": "Number of poor",
    "near_poor_number": "Number of near-poor",
    "average_number": "Number with an average living standard",
    "other_number": "Number of others",
    "undecided_number": "Number of undecided",
}
"""What statistics are called in words."""

_CONTRASTS = {
    "annual_change": "change per year",
    "annual_relative_change": "relative change per year",
    "trend": "trend per year",
    "relative_trend": "relative trend per year",
    "group_part": "part of the whole",
    "group_share": "group's share of the whole",
    "representation_ratio": "over-representation (ratio to the whole)",
    "part": "part of M0",
    "part_share": "share of M0",
    "weight_ratio": "ratio of the share to the weight",
    "share_difference": "difference of shares of M0",
    "contribution_change_share": "share of the change of M0",
    "composition_effect": "effect of composition",
    "rate_effect": "effect of rates",
    "explained": "explained by covariates",
    "unexplained": "not explained by covariates",
    "endowments": "explained by endowments",
    "coefficients": "by coefficients",
    "interaction": "by interaction",
    "opportunity_index": "human opportunity index",
    "dissimilarity_bias": "dissimilarity index, bias from sampling",
    "dissimilarity_corrected": "dissimilarity index, corrected",
    "dissimilarity_contribution": "contribution to dissimilarity",
    "dissimilarity_contribution_share": "share of dissimilarity",
    "lower_bound": "lower bound",
    "upper_bound": "upper bound",
    "ongoing_change": "change of those poor in both rounds",
    "exit_change": "change by exit",
    "entry_change": "change by entry",
    "within": "within groups",
    "between": "between groups",
    "within_share": "share within groups",
    "between_share": "share between groups",
    "variance": "variance between groups",
    "theil": "Theil index",
    "dissimilarity": "dissimilarity index",
    "mean_log_deviation": "mean log deviation",
    "coefficient_of_variation": "coefficient of variation",
}
"""What contrasts are called in words, where their names do not say it."""


KEY_FIGURES = "key figures"
"""What stands in the column `by` of figures whose `group` says of whom they are, and what they count."""

_TITLES = frozenset({"total", KEY_FIGURES})
"""What stands in the column `by` where it is no column of the data."""


Place = Literal["columns", "rows"]
"""Where indicators stand in a table."""


class Layout(TypedDict, total=False):
    """The options that shape a table to publish; `mpi.tables.wide` explains them."""

    statistics: str | Sequence[str] | None
    by: Any
    wave: Any
    cutoff: Any
    weighting: str | Sequence[str] | None
    percent: bool
    decimals: int | None
    se: bool
    interval: bool
    labels: bool
    indicators: Place


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
        What a row is known by: by, group and, where there are rounds, wave; and indicator, where they stand in rows.
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
    labels: bool = False,
    indicators: Place = "columns",
) -> Grid:
    """Lay estimates out as `mpi.tables.wide` prints them; the parameters are explained there."""
    if indicators not in get_args(Place):
        raise MpiError("indicators: " + unknown("place", indicators, get_args(Place)))
    order = None if statistics is None else _listed(statistics)
    chosen = _chosen(est, order, by, wave, cutoff, weighting)
    words = _Words(_WORDS, _CONTRASTS, _titles(chosen)) if labels else _Words({}, {}, {})
    words = replace(words, places=indicators)
    names, row, rows = _rows(chosen.keys, words)
    column, columns = _columns(chosen, words, percent=percent)
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


def _rows(keys: Keys, words: _Words) -> tuple[tuple[str, ...], NDArray[np.int64], list[tuple[Any, ...]]]:
    """Return what rows are known by, each estimate's row, and the rows."""
    names: tuple[str, ...] = ("by", "group", "wave") if (keys["wave"].index >= 0).any() else ("by", "group")
    apart = ("indicator", "dimension") if words.places == "rows" else ()
    row, first = _distinct(keys, (*names, *apart))
    rows = [tuple(keys[n].at(i) for n in names) for i in first.tolist()]
    if not apart:
        return names, row, rows
    statistic, indicator, dimension = (keys[n] for n in ("statistic", *apart))
    items = [_item(statistic.at(i), indicator.at(i), dimension.at(i), words) for i in first.tolist()]
    return (*names, "indicator"), row, [(*r, item) for r, item in zip(rows, items, strict=True)]


def _columns(est: Estimates, words: _Words, *, percent: bool) -> tuple[NDArray[np.int64], list[Column]]:
    """Return each estimate's column, and the columns; cutoffs and weightings are told where several."""
    keys = est.keys
    number, first = _distinct(keys, ("statistic", "contrast", "indicator", "dimension", "cutoff", "weighting"))
    told = [n for n in ("cutoff", "weighting") if len(np.unique(keys[n].index[keys[n].index >= 0])) > 1]
    found: dict[Column, int] = {}
    made = (_column(keys, i, told, words, percent=percent) for i in first.tolist())
    place = [found.setdefault(column, len(found)) for column in made]
    return np.array(place, dtype=np.int64)[number], list(found)


@dataclass(frozen=True, slots=True)
class _Words:
    """What is printed for statistics and contrasts, and for indicators; by default their names, in the columns."""

    names: Mapping[str, str]
    contrasts: Mapping[str, str]
    titles: Mapping[Any, str]
    places: Place = "columns"


def _titles(est: Estimates) -> dict[tuple[str, Any], str]:
    """Return what to print for each indicator; two of one title are told apart by their names."""
    names = occurring(est.keys["indicator"])
    shown = [est.titles.get(n, str(n)) for n in names]
    return {n: s if shown.count(s) == 1 else f"{s} [{n}]" for n, s in zip(names, shown, strict=True)}


def _column(keys: Keys, row: int, told: Sequence[str], words: _Words, *, percent: bool) -> Column:
    key = {n: keys[n].at(row) for n in NAMES}
    unit = _unit(key["statistic"], key["contrast"]) if percent else "fraction"
    parts = [_what(key, words)]
    if key["contrast"] not in (None, "level") and key["statistic"] is not None:
        said = words.contrasts.get(key["contrast"], key["contrast"])
        parts.append(str(said).replace("_", " ") if words.names else str(said))
    if "cutoff" in told and key["cutoff"] is not None:
        parts.append(f"k = {key['cutoff']}")
    if "weighting" in told and key["weighting"] is not None:
        parts.append(f"{key['weighting']} {'coefficients' if key['contrast'] in _OF_REGRESSION else 'weights'}")
    parts += {"fraction": [], "percent": ["%"], "points": ["pp"]}[unit]
    return Column(", ".join(parts), key["statistic"], unit)


def _what(key: Mapping[str, Any], words: _Words) -> str:
    """Name the statistic with its indicator or dimension."""
    statistic, indicator, dimension = key["statistic"], key["indicator"], key["dimension"]
    name = str(key["contrast"]) if statistic is None else _named(str(statistic), words.names)
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


def _named(statistic: str, names: Mapping[str, str]) -> str:
    """Return the words for a statistic; those of a power's contributions are put together."""
    for start, said in (("contribution_share_M0^", "Share of "), ("contribution_M0^", "Contribution to ")):
        if names and statistic.startswith(start):
            return said + statistic[statistic.index("M0^") :]
    return str(names.get(statistic, statistic))


def _unit(statistic: str | None, contrast: str | None) -> Literal["fraction", "percent", "points"]:
    """Say how a number is printed among percents; what a contrast's name calls a difference is in points."""
    name = (contrast or "level").casefold().replace("_", " ")
    kind, _, of = (contrast or "level").partition(" of ")  # before the underscores go: "coefficient_of_variation"
    kind = kind.casefold().replace("_", " ")
    if of and _DERIVED.fullmatch(kind):
        return _derived(kind, _unit(statistic, of))
    if _PERCENT.search(name) and "log" not in name:
        return "points" if "difference" in name else "percent"
    if not _is_share(statistic) or str(contrast).startswith(_INDICES) or _RATIO.search(name):
        return "fraction"
    return "points" if contrast in _OF_REGRESSION or _DIFFERENCE.search(name) else "percent"


def _derived(kind: str, unit: Literal["fraction", "percent", "points"]) -> Literal["fraction", "percent", "points"]:
    """Say how a change, gap or trend of numbers in some unit is printed: that of percents is in points."""
    if "ratio" in kind:
        return "fraction"
    if "relative" in kind:
        return "percent"
    return "fraction" if unit == "fraction" else "points"


def _is_share(statistic: str | None) -> bool:
    return statistic in _SHARES or str(statistic).startswith("contribution_share_")


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


def row_names(layout: Grid) -> list[str]:
    """Return what each row is called: its group and round, and the disaggregation too where two rows share both.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["sex", "head_sex"], statistics=["H"])
    >>> row_names(grid(est, by=["sex", "head_sex"], wave=2018))
    ['Male 2018 (sex)', 'Female 2018 (sex)', 'Male 2018 (head_sex)', 'Female 2018 (head_sex)']
    """
    names = [" ".join(str(v) for v in row[1:] if v is not None) for row in layout.rows]
    times = Counter(names)
    return [f"{n} ({row[0]})" if times[n] > 1 else n for n, row in zip(names, layout.rows, strict=True)]


def heading(by: str | None) -> str:
    """Return what stands above the rows of one disaggregation.

    Examples
    --------
    >>> heading("ethnicity"), heading("total"), heading("key figures")
    ('By ethnicity', 'Total', 'Key figures')
    """
    if by in _TITLES:
        return by.capitalize()
    return f"By {by}" if by else "Estimates"


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
