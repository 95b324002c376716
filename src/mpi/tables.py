"""Estimates as tables: tidy, wide for publication, HTML for notebooks."""

from __future__ import annotations

import html as markup
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mpi.errors import MpiError
from mpi.keys import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mpi.estimates import Estimates
    from mpi.keys import Coded, Keys

__all__ = [
    "MISSING",
    "ROUNDING",
    "Column",
    "Grid",
    "decimals_of",
    "grid",
    "html",
    "notes",
    "row_name",
    "tidy",
    "wide",
]

MISSING = "–"
"""What stands for an estimate that is undefined."""

ROUNDING = (
    "Every figure is rounded by itself from its full precision: as printed, H times A need not give M0, and "
    "shares need not add up. Never recompute from rounded figures."
)
"""What to say under rounded figures: in 13 of 112 countries of the global MPI, H x A as printed is not M0."""

_HTML_ROWS = 60


def tidy(est: Estimates) -> pd.DataFrame:
    """Return one row per number: what it is, the estimate, its error and limits, and what it rests on."""
    import pandas as pd

    low, high = est.limits()
    columns: dict[str, Any] = {name: _categorical(est.keys[name]) for name in NAMES}
    columns |= {"estimate": est.value, "se": est.se, "ci_low": low, "ci_high": high, "df": est.df}
    columns |= {"n": _whole(est.n), "n_psu": _whole(est.n_psu), "flag": _categorical(est.flag)}
    return pd.DataFrame(columns, copy=False)


def _categorical(column: Coded) -> Any:
    import pandas as pd

    return pd.Categorical.from_codes(column.index, categories=pd.Index(column.values))


def _whole(values: Any) -> Any:
    return values.astype(np.int64) if np.isfinite(values).all() else values


# --- wide: what stands where -----------------------------------------------------------------------------

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
    """Lay estimates out as `wide` prints them; the parameters are explained there."""
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
        if one not in _present(chosen.keys["statistic"]):
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


# --- wide: how it is printed -----------------------------------------------------------------------------


def wide(
    est: Estimates,
    statistics: str | Sequence[str] | None = None,
    *,
    by: Any = None,
    wave: Any = None,
    cutoff: Any = None,
    weighting: str | Sequence[str] | None = None,
    percent: bool = False,
    decimals: int | None = None,
    se: bool = True,
    interval: bool = False,
) -> pd.DataFrame:
    """Return a table to publish, as text: groups in rows, statistics in columns, errors in brackets.

    Parameters
    ----------
    est : Estimates
        The estimates.
    statistics : str or sequence of str, optional
        The statistics to show, in this order; by default all.
    by : str, tuple or sequence of these, optional
        The disaggregations to show, a tuple for a cross; by default all.
    wave, cutoff, weighting : optional
        A value, or a list of values, to show; by default all. Figures without a cutoff are always kept.
        Several cutoffs or weightings stand in the column labels (``H, k = 1/3``), and so does any contrast
        but the level.
    percent : bool, default False
        Print headcounts, intensity and shares in per cent (``H, %``), their changes and gaps in percentage
        points (``H, change, pp``) and relative changes in per cent. M0, contributions to M0, inequality,
        ratios and means stay as they are.
    decimals : int, optional
        By default 3, or 1 for percents (fractions among them have two decimals more), and none for a column
        of thousands.
    se : bool, default True
        Put the standard error after the estimate: ``0.335 (0.006)``.
    interval : bool, default False
        Put the confidence interval there instead: ``0.335 [0.324, 0.346]``.

    Returns
    -------
    pandas.DataFrame
        Text, indexed by ``by``, ``group`` and, where there are rounds, ``wave``. A figure that is undefined
        is "–"; a cell for which nothing was estimated is empty. ``frame.attrs["notes"]`` lists what belongs
        under the table: the errors, the cutoff, why figures are missing, how they are rounded.

    Raises
    ------
    MpiError
        When a value does not occur (the nearest is offered), or two numbers would share a cell.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["area"])
    >>> wide(est, ["H", "M0"], percent=True).columns.tolist()
    ['H, %', 'M0']
    """
    import pandas as pd

    layout = grid(est, statistics, by=by, wave=wave, cutoff=cutoff, weighting=weighting, percent=percent)
    style: _Style = "interval" if interval else "se" if se else "estimate"
    text = [_texts(layout, j, decimals_of(layout, j, decimals), style) for j in range(len(layout.columns))]
    labels = [c.label for c in layout.columns]
    index = pd.MultiIndex.from_tuples([_shown(r) for r in layout.rows], names=list(layout.names))
    frame = pd.DataFrame(dict(enumerate(text)), index=index)
    frame.columns = pd.Index(labels)
    frame.attrs["notes"] = notes(layout, style)
    return frame


_Style = Literal["se", "interval", "estimate"]


def _shown(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple("" if v is None else v for v in row)


def decimals_of(layout: Grid, j: int, decimals: int | None = None) -> int:
    """Return how many decimals a column is printed with; sums in the thousands have none."""
    if decimals is not None and not (isinstance(decimals, (int, np.integer)) and 0 <= decimals <= 12):
        raise MpiError(f"decimals {decimals!r} is not a whole number from 0 to 12")
    if layout.columns[j].unit != "fraction":
        return 1 if decimals is None else int(decimals)
    if decimals is not None:
        return int(decimals) + 2 * layout.percent
    rows = layout.cell[:, j]
    largest = np.nanmax(np.abs(layout.est.value[rows[rows >= 0]]), initial=0.0)
    return 0 if largest >= 1000 else 3


def _texts(layout: Grid, j: int, decimals: int, style: _Style) -> list[str]:
    """Print one column."""
    column, rows = layout.columns[j], layout.cell[:, j]
    there = np.flatnonzero(rows >= 0)
    est = layout.est.take(rows[there])
    scale = 1.0 if column.unit == "fraction" else 100.0
    low, high = est.limits() if style == "interval" else (est.value, est.value)
    spec = f"z,.{decimals}f"  # z: never "-0.000"
    out = [""] * len(rows)
    for i, numbers in zip(there, zip(est.value, est.se, low, high, strict=True), strict=True):
        out[i] = _text([float(x) * scale for x in numbers], spec, style)
    return out


def _text(numbers: Sequence[float], spec: str, style: _Style) -> str:
    value, se, low, high = (MISSING if np.isnan(x) else format(x, spec) for x in numbers)
    if value == MISSING or style == "estimate":
        return value
    return f"{value} ({se})" if style == "se" else f"{value} [{low}, {high}]"


# --- notes -----------------------------------------------------------------------------------------------


def notes(layout: Grid, style: _Style = "se") -> list[str]:
    """Return what belongs under a table: errors, cutoff and weights, flags, rounding."""
    est = layout.est
    errors = {"se": "Standard errors", "interval": f"{est.level * 100:g}% confidence intervals"}
    out = [f"{errors[style]} in brackets; {_degrees(est)}."] if style in errors else []
    cutoffs, weightings = (_present(est.keys[n]) for n in ("cutoff", "weighting"))
    if len(cutoffs) == 1:
        out.append(f"Poverty cutoff k = {cutoffs[0]}.")
    if len(weightings) == 1 and weightings[0] != "own":
        out.append(f"Weights: {weightings[0]}.")
    if any(c.unit == "points" for c in layout.columns):
        out.append("pp: percentage points.")
    return [*out, *_flag_notes(layout), ROUNDING]


def _degrees(est: Estimates) -> str:
    df = est.df[np.isfinite(est.df)]
    if not len(df):
        return "no degrees of freedom"
    low, high = float(df.min()), float(df.max())
    return f"{low:,.0f} degrees of freedom" if low == high else f"{low:,.0f} to {high:,.0f} degrees of freedom"


def _present(column: Coded) -> list[Any]:
    _, first = np.unique(column.index, return_index=True)
    return [v for v in column.take(first).to_list() if v is not None]


def _flag_notes(layout: Grid) -> list[str]:
    """Say, for each flag, which cells bear it; and where figures are missing without one."""
    est = layout.est
    missing = np.isnan(est.value)
    out = []
    for i in np.unique(est.flag.index[(est.flag.index >= 0) | missing]).tolist():
        here = est.flag.index == i
        reason = est.flag.at(int(np.argmax(here))) or "not defined"
        for mark, rows in ((f"{MISSING} ", here & missing), ("", here & ~missing)):
            if rows.any() and (mark or i >= 0):
                out.append(f"{mark}{reason}: {_cells(layout, rows)}.")
    return out


def _cells(layout: Grid, rows: NDArray[np.bool_], show: int = 3) -> str:
    wanted = np.append(rows, False)[layout.cell]  # a cell of -1 finds the False at the end
    where = np.argwhere(wanted)
    named = [f"{layout.columns[j].label} of {row_name(layout, i)}" for i, j in where[:show].tolist()]
    more = f" and {len(where) - show:,} more" if len(where) > show else ""
    return "; ".join(named) + more


def row_name(layout: Grid, i: int) -> str:
    """Return what a row is called: its group, and its round where it has one."""
    _, group, *wave = layout.rows[i]
    return " ".join(str(v) for v in (group, *wave) if v is not None)


# --- HTML ------------------------------------------------------------------------------------------------


def html(est: Estimates) -> str:
    """Return the estimates as HTML for a notebook: at most 60 rows, what is constant in the caption.

    Colours are left to the page, so that it reads on light and on dark.
    """
    shown = est.take(np.arange(min(len(est), _HTML_ROWS)))
    varying = [n for n in NAMES if _varies(est.keys[n])]
    head = [*varying, "estimate", "se", f"{est.level * 100:g}% interval", "n", "n_psu"]
    body = [*(_texts_of(shown.keys[n]) for n in varying), *_figures(shown)]
    if (est.flag.index >= 0).any():
        head, body = [*head, "flag"], [*body, _texts_of(shown.flag)]
    text = {*varying, "flag"}
    rows = [_row("td", cells, head, text) for cells in zip(*body, strict=True)]
    return (
        f"<div style='overflow-x:auto'>\n"
        f"<table cellpadding='4' style='border-collapse:collapse;white-space:nowrap'>\n"
        f"<caption style='caption-side:top;text-align:left;white-space:normal'>"
        f"{markup.escape(_caption(est))}</caption>\n"
        f"<thead style='border-bottom:1px solid'>{_row('th', head, head, text)}</thead>\n"
        f"<tbody>\n{chr(10).join(rows)}\n</tbody>\n</table>{_more(est, len(shown))}</div>"
    )


def _varies(column: Coded) -> bool:
    return len(column.index) > 0 and bool((column.index != column.index[0]).any())


def _texts_of(column: Coded) -> list[str]:
    return ["" if v is None else str(v) for v in column.to_list()]


def _figures(est: Estimates) -> list[list[str]]:
    low, high = ([_brief(x) for x in limit] for limit in est.limits())
    between = [f"[{a}, {b}]" for a, b in zip(low, high, strict=True)]
    counts = [[MISSING if np.isnan(x) else f"{x:,.0f}" for x in v] for v in (est.n, est.n_psu)]
    return [[_brief(x) for x in est.value], [_brief(x) for x in est.se], between, *counts]


def _brief(x: float) -> str:
    return MISSING if np.isnan(x) else f"{x:z,.4f}" if abs(x) < 1000 else f"{x:,.1f}"


def _row(tag: str, cells: Iterable[str], head: Sequence[str], text: set[str]) -> str:
    align = ["left" if h in text else "right" for h in head]
    made = (f"<{tag} style='text-align:{a}'>{markup.escape(c)}</{tag}>" for a, c in zip(align, cells, strict=True))
    return f"<tr>{''.join(made)}</tr>"


def _caption(est: Estimates) -> str:
    """Say how many numbers, their level and df, and what all of them have in common."""
    same = [f"{n} {est.keys[n].at(0)}" for n in NAMES if not _varies(est.keys[n]) and _first(est.keys[n])]
    parts = [f"{len(est):,} estimate{'s' * (len(est) != 1)}", *(s for s in same if s != "contrast level")]
    return "; ".join([*parts, f"{est.level * 100:g}% confidence intervals", _degrees(est)])


def _first(column: Coded) -> bool:
    return len(column.index) > 0 and column.at(0) is not None


def _more(est: Estimates, shown: int) -> str:
    if len(est) <= shown:
        return ""
    statistic, by = (est.keys[n].at(len(est) - 1) for n in ("statistic", "by"))
    choose = f"est.select(statistic={statistic!r}, by={by!r})"
    said = f"… and {len(est) - shown:,} more. Choose with {choose}; all are in est.table."
    return f"<p style='margin:4px 8px'>{markup.escape(said)}</p>"
