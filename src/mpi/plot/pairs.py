"""Differences of all pairs of groups, marked where they are beyond sampling error."""

from __future__ import annotations

from itertools import combinations
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from mpi.core.arguments import kinds_explained
from mpi.plot.chosen import chosen, disaggregation, refuse, require_single_values
from mpi.plot.comparisons import differences, holm
from mpi.plot.digits import change as signed
from mpi.plot.marks import marks_of
from mpi.plot.picture import Drawing, Picture, cell, composed, sheet
from mpi.plot.style import SEQUENTIAL, THIRD, styled
from mpi.plot.words import phrase, source_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mpi.frames.aggregation import By
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
    require_single_values(found, "pairs", "wave")
    marks = [
        m for m, b in zip(marks_of(found, options.get("scheme")), found.keys["by"].to_list(), strict=True) if b == name
    ]
    seen = sorted((m for m in marks if m.drawn), key=lambda m: -m.value)
    if not 2 <= len(seen) <= _MOST:
        refuse("pairs", f"there are {len(seen)} groups; 2 to {_MOST} can be drawn, mpi.significance lists any number")
    with styled():
        return _drawn(found, seen, statistic, options)


def _drawn(est: EstimatesLike, marks: Sequence[Mark], statistic: str, options: Drawing) -> Picture:
    language = options.get("language", "en")
    n = len(marks)
    both = list(combinations(range(n), 2))
    apart, p = differences(est, [marks[j].row for _, j in both], [marks[i].row for i, _ in both])
    sure = holm(p) < _LEVEL
    times = 100.0 if marks[0].per_cent else 1000.0
    left = min(0.4, 0.03 + 0.0098 * max(len(m.group) for m in marks[1:]))
    names = [m.group for m in marks[:-1]]
    heads = _heads(names, (0.98 - left) * _WIDE / (n - 1)) if n <= _UPRIGHT else names
    lines, longest = 1 + max(h.count("\n") for h in heads), max(map(len, heads))
    foot = 1.5 + (0.32 * lines if n <= _UPRIGHT else 0.17 * longest)
    fig, (ax,) = sheet(1.9 + foot + 0.6 * (n - 1), options, top=1.9, bottom=foot, left=left, right=0.01)
    ax.spines["bottom"].set_visible(False)
    for (i, j), d, known in zip(both, times * apart, sure, strict=True):
        colour = (SEQUENTIAL[4] if abs(d) >= _LARGE else SEQUENTIAL[2]) if known else _PALE
        style: dict[str, Any] = {"fontweight": "bold"} if known else {"color": THIRD}
        cell(ax, i, j, signed(d, 0, language), colour, **style)
    ax.set(xlim=(0, n - 1), ylim=(n, 1))
    ax.set_yticks(np.arange(1, n) + 0.5, [m.group for m in marks[1:]])
    ax.set_xticks(np.arange(n - 1) + 0.5, heads, fontsize=8, rotation=0 if n <= _UPRIGHT else 90)
    wave = phrase("in_round", language, w=marks[0].wave) if marks[0].wave else ""
    title = phrase("pairs" if sure.any() else "pairs_none", language, n=int(sure.sum()), m=len(both))
    subtitle = phrase("pairs_sub", language, m=statistic, w=wave)
    table = est.contrast(_slopes(both, marks, len(est)), name="difference").table.assign(
        group=[f"{marks[j].group} - {marks[i].group}" for i, j in both], p_adjusted=holm(p)
    )
    key = [
        (SEQUENTIAL[4], phrase("large", language, x=_LARGE), True),
        (SEQUENTIAL[2], phrase("small", language, x=_LARGE), True),
        (THIRD, phrase("alike", language), False),
    ]
    return composed(fig, [ax], (title, subtitle, source_of(est, language)), table, "pairs", options, key)


_LARGE = 20


def _slopes(both: Sequence[tuple[int, int]], marks: Sequence[Mark], size: int) -> Any:
    slope = np.zeros((len(both), size))
    for row, (i, j) in enumerate(both):
        slope[row, marks[j].row], slope[row, marks[i].row] = 1.0, -1.0
    return slope


_UPRIGHT, _WIDE = 9, 16.0
"""Up to how many groups names of columns stand upright; how wide a picture is, in centimetres."""


def _heads(names: Sequence[str], room: float) -> list[str]:
    """Return names in lines that fit columns of a width in centimetres."""
    letters = max(int(room / 0.17), 6)
    return ["\n".join(wrap(name, letters, break_long_words=False)) for name in names]
