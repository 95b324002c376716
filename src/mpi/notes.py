"""What belongs under a table: the errors, the cutoff, why figures are missing, how they are rounded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from mpi.layout import occurring, row_name

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mpi.estimates import Estimates
    from mpi.layout import Grid

__all__ = ["MISSING", "ROUNDING", "Style", "degrees", "notes"]

MISSING = "–"
"""What stands for an estimate that is undefined."""

ROUNDING = (
    "Every figure is rounded by itself from its full precision: as printed, H times A need not give M0, and "
    "shares need not add up. Never recompute from rounded figures."
)
"""What to say under rounded figures: in 13 of 112 countries of the global MPI, H x A as printed is not M0."""

Style = Literal["se", "interval", "estimate"]
"""What stands beside an estimate: its standard error, its confidence interval, or nothing."""


def notes(layout: Grid, style: Style = "se") -> list[str]:
    """Return what belongs under a table: errors, cutoff and weights, flags, rounding."""
    est = layout.est
    errors = {"se": "Standard errors", "interval": f"{est.level * 100:g}% confidence intervals"}
    out = [f"{errors[style]} in brackets; {degrees(est)}."] if style in errors else []
    cutoffs, weightings = (occurring(est.keys[n]) for n in ("cutoff", "weighting"))
    if len(cutoffs) == 1:
        out.append(f"Poverty cutoff k = {cutoffs[0]}.")
    if len(weightings) == 1 and weightings[0] != "own":
        out.append(f"Weights: {weightings[0]}.")
    if any(c.unit == "points" for c in layout.columns):
        out.append("pp: percentage points.")
    return [*out, *_flag_notes(layout), ROUNDING]


def degrees(est: Estimates) -> str:
    """Say how many degrees of freedom the estimates have."""
    df = est.df[np.isfinite(est.df)]
    if not len(df):
        return "no degrees of freedom"
    low, high = float(df.min()), float(df.max())
    return f"{low:,.0f} degrees of freedom" if low == high else f"{low:,.0f} to {high:,.0f} degrees of freedom"


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
