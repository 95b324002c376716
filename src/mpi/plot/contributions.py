"""Contributions of dimensions to M0, as bars stacked to 100."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from mpi.core.arguments import kinds_explained
from mpi.plot.chosen import chosen, disaggregation, refuse, rounds
from mpi.plot.comparisons import differences
from mpi.plot.marks import Mark, marks_of
from mpi.plot.picture import Drawing, Picture, composed, sheet
from mpi.plot.style import DIMENSIONS, PAPER, SECOND, ink_on, styled
from mpi.plot.words import everyone, phrase, source_of
from mpi.tables.select import values_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mpi.frames.aggregation import By
    from mpi.plot.digits import Language
    from mpi.tables.estimates_like import EstimatesLike

__all__ = ["contributions"]

_MOST = 12
_LEVEL = 0.05


@kinds_explained
def contributions(est: EstimatesLike, by: By | None = None, **options: Unpack[Drawing]) -> Picture:
    """Draw the share of each dimension in M0 as stacked bars: one bar for each group and round.

    Parameters
    ----------
    est : Estimates
        With ``contribution_share``, at one cutoff; at most 12 groups by rounds: `select` them.
    by : str or tuple of str, optional
        The disaggregation whose groups are drawn beside the total; all by default.
    **options
        As for `mpi.plot.ranked`.

    Returns
    -------
    Picture
        The total first, then groups by M0 where it is there, the largest first.

    Raises
    ------
    MpiError
        When there are more bars, or no contributions.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["area"])
    >>> len(mpi.plot.contributions(est).axes)
    1
    """
    name = None if by is None else disaggregation(est, by, "contributions")
    found = chosen(est, "contributions", "contribution_share", name)
    found = found.take(np.flatnonzero(found.keys["indicator"].index < 0))
    if not len(found):
        refuse("contributions", "the shares of dimensions are not there; estimate contribution_share")
    marks = marks_of(found, options.get("scheme"))
    names = found.keys["dimension"].to_list()
    bars: dict[tuple[str, str], dict[str, Mark]] = {}
    for mark, dimension in zip(marks, names, strict=True):
        bars.setdefault((mark.group, mark.wave), {})[str(dimension)] = mark
    if len(bars) > _MOST:
        refuse(
            "contributions",
            f"there are {len(bars)} bars (groups by rounds); select up to {_MOST}, or take mpi.plot.heat",
        )
    with styled():
        return _drawn(found, _ordered(est, bars), [str(d) for d in values_of(found, "dimension")], options)


def _ordered(
    est: EstimatesLike, bars: Mapping[tuple[str, str], dict[str, Mark]]
) -> dict[tuple[str, str], dict[str, Mark]]:
    """Return the bars, the total first, then groups by M0."""
    size: dict[tuple[str, str], float] = {}
    if "M0" in values_of(est, "statistic"):
        level = est.select(statistic="M0")
        size = {(m.group, m.wave): m.value for m in marks_of(level)}
    order = sorted(bars, key=lambda x: (x[0] != "total", -max(size.get((x[0], w), 0.0) for _, w in bars), x[0], x[1]))
    return {key: bars[key] for key in order}


def _drawn(
    est: EstimatesLike, bars: Mapping[tuple[str, str], dict[str, Mark]], dimensions: Sequence[str], options: Drawing
) -> Picture:
    language = options.get("language", "en")
    several = len(rounds(est)) > 1
    n = len(bars)
    fig, (ax,) = sheet(3.3 + 0.62 * n, options, top=1.9, bottom=1.2, left=0.22, right=0.03)
    ax.spines["bottom"].set_visible(False)
    ax.set_xticks([])
    labels = []
    for y, ((group, wave), parts) in enumerate(reversed([*bars.items()])):
        labels.append(f"{everyone(group, language)}, {wave}" if several else everyone(group, language))
        if all(m.drawn for m in parts.values()):
            _bar(ax, y, [parts[d] for d in dimensions if d in parts], len(dimensions))
        else:
            words = "nobody_poor" if any(m.standing == "undefined" for m in parts.values()) else "not_shown"
            ax.text(0.5, y, phrase(words, language), fontsize=8, style="italic", color=SECOND, va="center")
    ax.set_yticks(range(n), labels)
    ax.set(xlim=(0, 100), ylim=(-0.5, n - 0.5))
    rows = np.array([m.row for parts in bars.values() for m in parts.values() if m.drawn], dtype=np.int64)
    about = (_title(est, bars, language), phrase("contributions_sub", language), source_of(est, language))
    key = [(c, _name_of(d), True) for c, d in zip(_colours(len(dimensions)), dimensions, strict=True)]
    return composed(fig, [ax], about, est.take(rows).table, "contributions", options, key)


def _bar(ax: Any, y: int, parts: Sequence[Mark], dimensions: int) -> None:
    at = 0.0
    for mark, colour in zip(parts, _colours(dimensions), strict=True):
        ax.barh(y, mark.value, left=at, height=0.72, color=colour, edgecolor=PAPER, lw=1)
        if mark.value >= 5:
            style: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 8.5, "color": ink_on(colour)}
            ax.text(at + mark.value / 2, y, f"{mark.value:.0f}", **style)
        at += mark.value


def _name_of(dimension: str) -> str:
    """Return what to print for a dimension."""
    text = dimension.replace("_", " ")
    return text[:1].upper() + text[1:]


def _colours(n: int) -> list[str]:
    return [DIMENSIONS[i % len(DIMENSIONS)] for i in range(n)]


def _title(est: EstimatesLike, bars: Mapping[tuple[str, str], dict[str, Mark]], language: Language) -> str:
    """Return which dimension weighs most in the first bar of the last round, where the errors carry it."""
    waves = rounds(est)
    (group, _), _ = next(iter(bars.items()))
    parts = bars.get((group, waves[-1]), {})
    seen = sorted(((d, m) for d, m in parts.items() if m.drawn), key=lambda x: -x[1].value)
    if not seen:
        return phrase("all_withheld", language)
    (j, top), (z, least) = seen[0], seen[-1]
    _, p = differences(est, [top.row] * (len(seen) - 1), [m.row for _, m in seen[1:]])
    values = {"j": j.replace("_", " "), "z": z.replace("_", " "), "x": f"{top.value:.0f}", "y": f"{least.value:.0f}"}
    return phrase("contributions_top" if (p < _LEVEL).all() else "contributions", language, **values)
