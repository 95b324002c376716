"""Which groups differ: the difference of each pair, marked where it is beyond sampling error."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from mpi.core.arguments import kinds_explained
from mpi.plot.chosen import chosen, disaggregation, refuse, require_one
from mpi.plot.comparisons import differences, holm
from mpi.plot.digits import change as signed
from mpi.plot.marks import marks_of
from mpi.plot.picture import Drawing, Picture, cell, composed, sheet
from mpi.plot.style import SEQUENTIAL, THIRD, styled
from mpi.plot.words import phrase, source_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mpi.frames.wanted import By
    from mpi.plot.marks import Mark
    from mpi.tables.estimates_like import EstimatesLike

__all__ = ["pairs"]

_MOST, _LEVEL, _PALE = 20, 0.05, "#f6f7f7"


@kinds_explained
def pairs(est: EstimatesLike, by: By | None = None, *, statistic: str = "H", **options: Unpack[Drawing]) -> Picture:
    """Draw the differences of all pairs of groups, bold on colour where Holm's test shows them.

    Parameters
    ----------
    est : Estimates
        Of one round and cutoff; 2 to 20 groups.
    by, statistic, **options
        As for `mpi.plot.ranked`.

    Returns
    -------
    Picture
        Groups from the highest to the lowest; each cell is its row less its column.

    Raises
    ------
    MpiError
        When there are several rounds, or more groups: `mpi.significance` lists their pairs.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["ethnicity"]).select(wave=2018)
    >>> mpi.plot.pairs(est).title.endswith("pairs of groups are shown to differ")
    True
    """
    name = disaggregation(est, by, "pairs")
    found = chosen(est, "pairs", statistic, name)
    require_one(found, "pairs", "wave")
    marks = [
        m for m, b in zip(marks_of(found, options.get("scheme")), found.keys["by"].to_list(), strict=True) if b == name
    ]
    seen = sorted((m for m in marks if m.drawn), key=lambda m: -m.value)
    if not 2 <= len(seen) <= _MOST:
        refuse("pairs", f"there are {len(seen)} groups; 2 to {_MOST} can be drawn, mpi.significance lists any number")
    with styled():
        return _drawn(found, seen, statistic, options)


def _drawn(est: EstimatesLike, seen: Sequence[Mark], statistic: str, options: Drawing) -> Picture:
    language = options.get("language", "en")
    n = len(seen)
    both = list(combinations(range(n), 2))
    apart, p = differences(est, [seen[j].row for _, j in both], [seen[i].row for i, _ in both])
    sure = holm(p) < _LEVEL
    times = 100.0 if seen[0].per_cent else 1000.0
    fig, (ax,) = sheet(3.9 + 0.6 * (n - 1), options, top=2.1, bottom=2.2, left=0.12, right=0.01)
    ax.spines["bottom"].set_visible(False)
    for (i, j), d, known in zip(both, times * apart, sure, strict=True):
        colour = (SEQUENTIAL[4] if abs(d) >= _LARGE else SEQUENTIAL[2]) if known else _PALE
        style: dict[str, Any] = {"fontweight": "bold"} if known else {"color": THIRD}
        cell(ax, i, j, signed(d, 0, language), colour, **style)
    ax.set(xlim=(0, n - 1), ylim=(n, 1))
    ax.set_yticks(np.arange(1, n) + 0.5, [m.group for m in seen[1:]])
    ax.set_xticks(np.arange(n - 1) + 0.5, [m.group for m in seen[:-1]], rotation=0 if n <= 9 else 60, fontsize=8)
    if n >= 5:
        _key(ax, n, language)
    wave = phrase("in_round", language, w=seen[0].wave) if seen[0].wave else ""
    title = phrase("pairs" if sure.any() else "pairs_none", language, n=int(sure.sum()), m=len(both))
    subtitle = phrase("pairs_sub", language, m=statistic, w=wave)
    table = est.contrast(_slopes(both, seen, len(est)), name="difference").table.assign(
        group=[f"{seen[j].group} - {seen[i].group}" for i, j in both], p_adjusted=holm(p)
    )
    return composed(fig, [ax], (title, subtitle, source_of(est, language)), table, "pairs", options)


_LARGE = 20


def _slopes(both: Sequence[tuple[int, int]], seen: Sequence[Mark], size: int) -> Any:
    slope = np.zeros((len(both), size))
    for row, (i, j) in enumerate(both):
        slope[row, seen[j].row], slope[row, seen[i].row] = 1.0, -1.0
    return slope


def _key(ax: Any, n: int, language: Any) -> None:
    """Say at the upper right, which is free, what the colours mean."""
    from matplotlib.patches import Rectangle

    words = (
        (SEQUENTIAL[4], phrase("large", language, x=_LARGE)), (SEQUENTIAL[2], phrase("small", language, x=_LARGE)),
        (_PALE, phrase("alike", language)),
    )  # fmt: skip
    x = n - 1 - 0.36 * n
    for y, (colour, text) in enumerate(words):
        ax.add_patch(Rectangle((x - 0.55, 1.25 + 0.75 * y), 0.4, 0.5, fc=colour, ec=THIRD, lw=0.4))
        ax.text(x, 1.5 + 0.75 * y, text, fontsize=8, va="center")
