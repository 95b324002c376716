"""Footnotes of a table: errors, cutoff, units counted, reasons for missing figures, rounding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from mpi.core.arguments import kinds_checked
from mpi.core.plain_text import visible
from mpi.inference.design import COMPLETE
from mpi.tables.layout import KEY_FIGURES, row_names, used_values

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mpi.tables.estimates_like import EstimatesLike
    from mpi.tables.layout import Grid

__all__ = ["KEY", "MISSING", "ROUNDING", "Style", "degrees", "effects", "notes", "style_of", "without_error"]

KEY = "rows"
"""Where `Estimates.about` says how many rows were left out."""

MISSING = "–"
"""What stands for an estimate, an error or a limit that is undefined."""

ROUNDING = (
    "Every figure is rounded by itself from its full precision: as printed, H times A need not give M0, and "
    "shares need not add up. Never recompute from rounded figures."
)
"""What to say under rounded figures: in 13 of 112 countries of the global MPI, H x A as printed is not M0."""

FEW_CASES = 25
"""On how few cases figures rest that a note names where no scheme was applied."""

Style = Literal["se", "interval", "both", "estimate"]
"""What stands beside an estimate: its standard error, its confidence interval, both, or nothing."""

_CELLS, _ROWS = 6, 8  # how many are named one by one, before they are counted
_NAME = 80  # characters of a name


def style_of(est: EstimatesLike, *, se: bool | None, interval: bool) -> Style:
    """Return what stands beside an estimate; where all of the population was asked, nothing does.

    Without a word on standard errors they stand there unless intervals do.
    """
    if est.influence.design.complete:
        return "estimate"
    if interval:
        return "both" if se else "interval"
    return "estimate" if se is False else "se"


def without_error(est: EstimatesLike) -> NDArray[np.bool_]:
    """Return which estimates have no standard error to print: none is known, or the sample shows no variation.

    A standard error of 0 is no sign of precision: nobody in the sample is poor, or all PSUs are alike.
    """
    bare: NDArray[np.bool_] = np.isnan(est.se) | (est.se == 0)
    return bare


@kinds_checked
def notes(layout: Grid, style: Style = "se", *, bracketed: bool = True, flags: bool = True) -> list[str]:
    """Return what belongs under a table: errors, cutoff and weights, what is counted, flags, rounding.

    Parameters
    ----------
    layout : Grid
        The table.
    style : {"se", "interval", "both", "estimate"}
        What stands beside the estimates.
    bracketed : bool, default True
        Whether it stands in the estimate's cell, in brackets, or in cells to the right.
    flags : bool, default True
        Whether the cells that bear a flag are named; not where they have marks.
    """
    est = layout.est
    limits = f"{est.level * 100:g}% confidence intervals"
    both = f"Standard errors in parentheses, {limits}" if bracketed else f"Standard errors and {limits}"
    errors = {"se": "Standard errors", "interval": limits, "both": both}
    place = "in brackets" if bracketed else "to the right of estimates"
    out = [f"{errors[style]} {place}.", f"{degrees(est).capitalize()}."] if style in errors else []
    if est.influence.design.complete:
        out = [f"{COMPLETE[0].upper()}{COMPLETE[1:]}."]
    cutoffs, weightings = (used_values(est.keys[n]) for n in ("cutoff", "weighting"))
    if len(cutoffs) == 1:
        out.append(f"Poverty cutoff k = {cutoffs[0]}.")
    if len(weightings) == 1 and weightings[0] != "own":
        out.append(f"{'Coefficients' if 'decomposition' in est.about else 'Weights'}: {weightings[0]}.")
    if any(c.unit == "points" for c in layout.columns):
        out.append("pp: percentage points.")
    out += [f"{word}{said}." for key, word in _ABOUT.items() if (said := _about(layout, key))]
    out += _shown(layout)
    return [*out, *(_flag_notes(layout, style, _MARKS[bracketed][style]) if flags else ()), ROUNDING]


def _about(layout: Grid, key: str) -> str:
    """Return what is said of the estimates; key figures say themselves what they count."""
    said, own = layout.est.about.get(key, ""), [row[0] == KEY_FIGURES for row in layout.rows]
    if key != "counted" or not any(own) or not said:
        return said
    return "what each figure says" if all(own) else f"{said}; of key figures, what each says"


_ABOUT = {
    "counted": "Counted: ",
    KEY: "",
    "numbers": "Numbers: ",
    "imputation": "Imputation: ",
    "decomposition": "Decomposition: ",
    "lenses": "Lenses: ",
    "empty": "Empty groups: ",
    "followed": "Followed: ",
    "data": "Data: ",
}
_MARKS: dict[bool, dict[Style, str]] = {
    True: {"se": f"({MISSING}) ", "interval": f"[{MISSING}] ", "both": f"({MISSING}) ", "estimate": ""},
    False: {"se": f"SE {MISSING} ", "interval": f"limits {MISSING} ", "both": f"SE {MISSING} ", "estimate": ""},
}


def _shown(layout: Grid) -> list[str]:
    """Say by which rule figures are shown, and its effect; without one, which figures rest on few cases."""
    est = layout.est
    if est.status is None:
        few = (est.n < FEW_CASES) & (est.n > 0) & ~np.isnan(est.value)
        if not few.any():
            return []
        named = _cells(layout, few)
        return [f"On fewer than {FEW_CASES} cases rest: {named}. No scheme of reliability was applied (scheme=)."]
    return [est.status.rule, *effects(layout)]


def effects(layout: Grid) -> list[str]:
    """Say of each disaggregation how many of its figures a rule hides, and why."""
    est = layout.est
    status, by = est.status, [row[0] for row in layout.rows]
    if status is None:
        return []
    hidden = np.append(status.hidden, False)[layout.cell]
    label = np.append(status.label.index, -1)[layout.cell]
    there = layout.cell >= 0
    out = []
    for name in dict.fromkeys(by):
        own = np.array([b == name for b in by])
        for i in np.unique(label[own[:, None] & hidden]).tolist():
            figures = (label == i) & hidden & own[:, None]
            rows = figures.any(axis=1)
            whole = not (there & ~hidden)[rows].any()
            many = "" if whole else f"{_counted(int(figures.sum()))} of "
            where = f"By {name}" if name not in (None, "total", KEY_FIGURES) else str(name or "figures").capitalize()
            out.append(f"{where}: {many}{int(rows.sum()):,} of {int(own.sum()):,} rows {status.label.values[i]}.")
    return out


def degrees(est: EstimatesLike) -> str:
    """Say how many degrees of freedom the estimates have."""
    df = est.df[np.isfinite(est.df)]
    if not len(df):
        return "no degrees of freedom"
    low, high = float(df.min()), float(df.max())
    return f"{low:,.0f} degrees of freedom" if low == high else f"{low:,.0f} to {high:,.0f} degrees of freedom"


def _flag_notes(layout: Grid, style: Style, mark: str) -> list[str]:
    """Say for each flag which cells bear it, and how they are printed; and where figures lack an error without one."""
    est = layout.est
    missing = np.isnan(est.value) & (True if est.status is None else ~est.status.hidden)
    bare = (np.isnan(est.conf_int()[0]) if style == "interval" else without_error(est)) & ~np.isnan(est.value)
    out = []
    for i in np.unique(est.flag.index).tolist():
        here = est.flag.index == i
        if est.flag.at(int(np.argmax(here))) == COMPLETE:
            continue  # it is said of all
        flag = est.flag.at(int(np.argmax(here)))
        kinds = (
            (f"{MISSING} ", flag or "not defined", here & missing),
            (mark, flag or "no variation: no interval", here & bare),
            ("", flag, here & ~np.isnan(est.value) & ~bare),
        )
        out += [f"{sign}{why}: {_cells(layout, rows)}." for sign, why, rows in kinds if why and rows.any()]
    return out


def _cells(layout: Grid, cells: NDArray[np.bool_]) -> str:
    """Name the cells; where they are many, count them and name their rows; where these are many, count both."""
    there = np.append(cells, False)[layout.cell]  # a cell of -1 finds the False at the end
    where, names = np.argwhere(there).tolist(), [visible(n, _NAME) for n in row_names(layout)]
    if len(where) <= _CELLS:
        heads = [c.label.removesuffix(", %").removesuffix(", pp") for c in layout.columns]
        return "; ".join(" of ".join(filter(None, (heads[j], names[i]))) for i, j in where)
    rows = list(filter(None, dict.fromkeys(names[i] for i, _ in where)))
    if 0 < len(rows) <= _ROWS:
        return f"{_counted(len(where))} of {'; '.join(rows)}"
    return f"{len(where):,} figures in {int(there.any(axis=1).sum()):,} rows"


def _counted(figures: int) -> str:
    return "1 figure" if figures == 1 else f"{figures:,} figures"
