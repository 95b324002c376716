"""Headcounts of indicators, group by indicator: a class of colour and the number in each cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from mpi.core.arguments import kinds_explained
from mpi.plot.chosen import chosen, disaggregation, refuse, require_single_values
from mpi.plot.digits import in_hundred
from mpi.plot.marks import Mark, marks_of
from mpi.plot.picture import Drawing, Picture, cell, composed, hatched, sheet
from mpi.plot.ranked import unit_of_marks
from mpi.plot.style import DIMENSIONS, PAPER, SECOND, class_of, styled
from mpi.plot.words import description, everyone, phrase, source_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mpi.frames.aggregation import By
    from mpi.plot.digits import Language
    from mpi.tables.estimates_like import EstimatesLike

__all__ = ["heat"]


@kinds_explained
def heat(
    est: EstimatesLike, by: By | None = None, *, statistic: str = "censored_headcount", **options: Unpack[Drawing]
) -> Picture:
    """Draw the headcounts of all indicators by group, the number in each cell; groups by how many are poor.

    Parameters
    ----------
    est : Estimates
        Of one round and cutoff.
    by : str or tuple of str, optional
        The disaggregation, where there are several; the total is the first row.
    statistic : {"censored_headcount", "uncensored_headcount", "contribution_share"}
        Which figure of the indicators.
    **options
        As for `mpi.plot.ranked`.

    Returns
    -------
    Picture
        The classes are the same in every picture: 2, 5, 10, 20, 40 per cent. The bar over a column has the colour of
        its dimension.

    Raises
    ------
    MpiError
        When there are several rounds or cutoffs.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["ethnicity"]).select(wave=2018)
    >>> mpi.plot.heat(est).title
    'Hmong: 50 in 100 are poor and deprived in Toilet'
    """
    name = disaggregation(est, by, "heat")
    found = chosen(est, "heat", statistic, name)
    require_single_values(found, "heat", "wave")
    names = [i for i in found.keys["indicator"].without_unused().values if i is not None]
    if not names:
        refuse("heat", f"{statistic} has no indicators")
    marks = marks_of(found, options.get("scheme"))
    cells = {(m.group, j): m for m, j in zip(marks, found.keys["indicator"].to_list(), strict=True)}
    groups = list(dict.fromkeys(m.group for m in marks))
    with styled():
        return _drawn(found, cells, _ordered(groups, cells), names, statistic, options)


def _ordered(groups: Sequence[str], cells: Mapping[Any, Mark]) -> list[str]:
    """Return the total first, then the groups by their sum over the indicators."""
    size = {g: sum(m.value for (h, _), m in cells.items() if h == g and m.drawn) for g in groups}
    return sorted(groups, key=lambda g: (g != "total", -size[g]))


def _drawn(
    est: EstimatesLike, cells: Mapping[tuple[str, Any], Mark], groups: Sequence[str], names: Sequence[Any],
    statistic: str, options: Drawing,
) -> Picture:  # fmt: skip
    language = options.get("language", "en")
    row = 0.6 if len(groups) <= 24 else 0.37
    size = 8.5 if len(groups) <= 24 else 8.0
    heads = [est.titles.get(j, str(j).replace("_", " "))[:22] for j in names]
    beyond = 0.0088 * len(heads[-1]) - 0.34 / len(names) + 0.01  # what the last, which is slanted, takes at the right
    fig, (ax,) = sheet(4.5 + row * len(groups), options, top=3.4, bottom=1.1, left=0.22, right=max(beyond, 0.02))
    ax.spines["bottom"].set_visible(False)
    ax.set_xticks([])
    for y, g in enumerate(groups):
        for x, j in enumerate(names):
            _cell(ax, x, y, cells.get((g, j)), size)
    for x, (head, colour) in enumerate(zip(heads, _colours(est, names), strict=True)):
        ax.text(x + 0.5, -0.35, head, fontsize=8, rotation=35, ha="left", rotation_mode="anchor")
        ax.plot([x + 0.03, x + 0.97], [-0.14, -0.14], color=colour, lw=3, solid_capstyle="butt", clip_on=False)
    ax.set(xlim=(0, len(names)), ylim=(len(groups), 0))
    ax.set_yticks(np.arange(len(groups)) + 0.5, [everyone(g, language) for g in groups], fontsize=size)
    seen = [m for m in cells.values() if m.drawn]
    wave = seen[0].wave if seen else ""
    what, unit = description(statistic, est, language), unit_of_marks([*cells.values()], language)
    subtitle = phrase(
        "heat_sub", language, what=what, unit=unit, w=phrase("in_round", language, w=wave) if wave else ""
    )
    table = est.take(np.array([m.row for m in seen], dtype=np.int64)).table
    words = (_title(est, cells, statistic, language), subtitle, source_of(est, language))
    return composed(fig, [ax], words, table, "heat", options)


def _cell(ax: Any, x: int, y: int, mark: Mark | None, size: float) -> None:
    if mark is None or not mark.drawn:
        hatched(ax, x, y)
        return
    zero = mark.value == 0
    text = "0" if zero else "<1" if mark.value < 0.5 else f"{mark.value:.0f}"
    text = f"({text})" if mark.standing == "caution" else text
    cell(ax, x, y, text, PAPER if zero else class_of(mark.value), color=SECOND if zero else None, fontsize=size)


def _colours(est: EstimatesLike, names: Sequence[Any]) -> list[str]:
    """Return the colour of each indicator's dimension."""
    dimension = dict(zip(est.keys["indicator"].to_list(), est.keys["dimension"].to_list(), strict=True))
    order = list(dict.fromkeys(dimension[j] for j in names))
    return [DIMENSIONS[order.index(dimension[j]) % len(DIMENSIONS)] for j in names]


def _title(est: EstimatesLike, cells: Mapping[tuple[str, Any], Mark], statistic: str, language: Language) -> str:
    drawn = {k: m for k, m in cells.items() if m.drawn and k[0] != "total"}
    if not any(m.value > 0 for m in drawn.values()):
        return phrase("nobody" if drawn else "all_withheld", language)
    seen = {k: m for k, m in drawn.items() if m.standing == "shown" and m.value > 0} or drawn
    (group, j), top = max(seen.items(), key=lambda x: x[1].value)
    label = est.titles.get(j, str(j).replace("_", " "))
    sentence = "heat" if statistic == "censored_headcount" else "heat_plain"
    return phrase(sentence, language, a=group, x=in_hundred(top.value / 100, language), j=label)
