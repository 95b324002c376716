"""Incidence against intensity: H and A of groups in one plane, with curves of equal M0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from mpi.core.arguments import kinds_explained
from mpi.plot.chosen import chosen, disaggregation, refuse, require_single_values
from mpi.plot.marks import Mark, marks_of
from mpi.plot.picture import Drawing, Picture, composed, halo, sheet
from mpi.plot.style import NOW, PAPER, RULE, THIRD, styled
from mpi.plot.words import phrase, source_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mpi.frames.aggregation import By
    from mpi.tables.estimates_like import EstimatesLike

__all__ = ["incidence_intensity"]


@kinds_explained
def incidence_intensity(est: EstimatesLike, by: By | None = None, **options: Unpack[Drawing]) -> Picture:
    """Draw how many are poor (H) against what the poor lack (A), by group; groups of equal M0 lie on one curve.

    Parameters
    ----------
    est : Estimates
        With H and A, of one round and cutoff.
    by, **options
        As for `mpi.plot.ranked`.

    Returns
    -------
    Picture
        Groups in which nobody is poor have no intensity, and are left out. A name that would lie on another, of a group
        with more poor, is left out too.

    Raises
    ------
    MpiError
        When there are several rounds, or no group has both.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["region"]).select(wave=2018)
    >>> mpi.plot.incidence_intensity(est).kind
    'incidence_intensity'
    """
    name = disaggregation(est, by, "incidence_intensity")
    sides = []
    for statistic in ("H", "A"):
        found = chosen(est, "incidence_intensity", statistic, name)
        require_single_values(found, "incidence_intensity", "wave")
        marks = marks_of(found, options.get("scheme"))
        of_groups = {
            m.group: m for m, b in zip(marks, found.keys["by"].to_list(), strict=True) if b == name and m.drawn
        }
        sides.append((found, of_groups))
    (h, hs), (a, as_) = sides
    groups = sorted((g for g in hs if g in as_), key=lambda g: -hs[g].value)
    if not groups:
        refuse("incidence_intensity", "no group has both H and A")
    with styled():
        return _drawn(h, a, [(hs[g], as_[g]) for g in groups], options)


def _drawn(h: EstimatesLike, a: EstimatesLike, points: Sequence[tuple[Mark, Mark]], options: Drawing) -> Picture:
    import pandas as pd

    language = options.get("language", "en")
    fig, (ax,) = sheet(9.2, options, top=1.9, left=0.07, right=0.06, bottom=2.2)
    low = 5 * np.floor((min(y.value for _, y in points) - 3) / 5)
    high = 5 * np.ceil((max(y.value for _, y in points) + 3) / 5)
    right = max(5.0, max(x.value for x, _ in points) * 1.18)
    _curves(ax, low, high, right)
    for x, y in points:
        doubt = "caution" in (x.standing, y.standing)
        ax.plot([x.low, x.high], [y.value, y.value], color=NOW, lw=0.7, alpha=0.5)
        ax.plot([x.value, x.value], np.clip([y.low, y.high], low, high), color=NOW, lw=0.7, alpha=0.5)
        ax.plot(x.value, y.value, "o", ms=6, mfc=PAPER if doubt else NOW, mec=NOW, mew=1.2, zorder=4)
    ax.set(xlim=(-right / 40, right), ylim=(low, high))
    ax.set_xlabel(phrase("plane_x", language))
    _write_names(fig, ax, points, right, high - low)
    ends = [
        side[i].value
        for i in (0, 1)
        for side in (min(points, key=lambda p: p[i].value), max(points, key=lambda p: p[i].value))
    ]
    title = phrase("plane", language, **dict(zip("xyzw", (f"{v:.0f}" for v in ends), strict=True)))
    wave = points[0][0].wave
    words = phrase(
        "plane_sub", language, level=f"{100 * h.level:g}", w=phrase("in_round", language, w=wave) if wave else ""
    )
    rows = [np.array([p[i].row for p in points], dtype=np.int64) for i in (0, 1)]
    table = pd.concat([h.take(rows[0]).table, a.take(rows[1]).table], ignore_index=True)
    return composed(fig, [ax], (title, words, source_of(h, language)), table, "incidence_intensity", options)


def _write_names(fig: Any, ax: Any, points: Sequence[tuple[Mark, Mark]], right: float, tall: float) -> None:
    """Name the points, those with the largest H first; a name that would lie on another is left out."""
    renderer = fig.canvas.get_renderer()
    boxes: list[Any] = []
    for x, y in points:
        for side, shift in (("left", 1), ("right", -1)):
            text = ax.text(
                x.value + shift * right / 70, y.value + tall / 60, x.group, va="bottom", ha=side, zorder=5, fontsize=8,
                path_effects=halo(),
            )  # fmt: skip
            box = text.get_window_extent(renderer)
            inside = ax.bbox.x0 <= box.x0 and box.x1 <= fig.bbox.x1
            if inside and not any(box.overlaps(other) for other in boxes):
                boxes.append(box)
                break
            text.remove()


def _curves(ax: Any, low: float, high: float, right: float) -> None:
    """Draw the curves of equal M0 that cross the picture, named at the top."""
    most = right * high / 1e4
    steps = [m for m in (0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5) if most / 12 < m < most]
    y = np.linspace(low, high, 60)
    apart: list[float] = []
    for m in steps:
        if not apart or 1e4 * (m - apart[-1]) / high > right / 12:
            apart.append(m)
    for i, m in enumerate(apart):
        ax.plot(1e4 * m / y, y, color=RULE, lw=1, zorder=1)
        ax.text(
            1e4 * m / high,
            high + (high - low) / 80,
            f"M0 = {m:g}" if i == 0 else f"{m:g}",
            fontsize=8,
            color=THIRD,
            ha="center",
            va="bottom",
        )
