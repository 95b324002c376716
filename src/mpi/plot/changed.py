"""Changes between two rounds by group: arrows, or lines where groups are few; dark where beyond sampling error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from mpi.core.arguments import kinds_explained
from mpi.plot.chosen import chosen, disaggregation, refuse, rounds
from mpi.plot.comparisons import differences, holm
from mpi.plot.digits import change as signed
from mpi.plot.digits import plain
from mpi.plot.marks import Mark, marks_of
from mpi.plot.picture import Drawing, Picture, composed, per_cent, sheet, spread
from mpi.plot.ranked import unit_of_marks
from mpi.plot.style import INK, MARK, NOW, PAPER, SECOND, THEN, THIRD, styled
from mpi.plot.words import description, phrase, source_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mpi.frames.aggregation import By
    from mpi.plot.digits import Language
    from mpi.tables.estimates_like import EstimatesLike

__all__ = ["change", "slope"]

_LEVEL = 0.05
_MOST = 30
"""How many groups have a row each; of more, only those whose change is beyond error."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """A group in two rounds, with the p value of the change, adjusted for all groups."""

    old: Mark
    new: Mark
    p: float

    @property
    def change(self) -> float:
        """The later figure less the earlier one."""
        return self.new.value - self.old.value

    @property
    def sure(self) -> bool:
        """Return whether the change is beyond sampling error."""
        return self.p < _LEVEL

    @property
    def colour(self) -> str:
        """The colour of a fall, of a rise, or of what may be no change."""
        return THEN if not self.sure else NOW if self.change < 0 else MARK


@kinds_explained
def change(est: EstimatesLike, by: By | None = None, *, statistic: str = "H", **options: Unpack[Drawing]) -> Picture:
    """Draw how a figure changed in each group, from the first round (a ring) to the last (an arrow).

    Parameters
    ----------
    est : Estimates
        Of two rounds; of more, the first and the last are drawn.
    by, statistic, **options
        As for `mpi.plot.ranked`.

    Returns
    -------
    Picture
        Groups in order of their change. Changes beyond sampling error, by Holm's adjustment for all groups, are dark;
        the others are grey and said to be perhaps none. Of more than 30 groups only the former are drawn.

    Raises
    ------
    MpiError
        When there is one round only, or the figures are ambiguous.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["region"])
    >>> mpi.plot.change(est).title
    'In none of 6 groups is a change shown beyond sampling error'
    """
    name = disaggregation(est, by, "change")
    found = chosen(est, "change", statistic, name)
    pairs, waves = _pairs(found, name, "change", options)
    title = _title(pairs, options.get("language", "en"))
    if len(pairs) > _MOST:
        pairs = [p for p in pairs if p.sure]
    with styled():
        return _arrows(found, pairs, waves, title, statistic, options)


@kinds_explained
def slope(est: EstimatesLike, by: By | None = None, *, statistic: str = "H", **options: Unpack[Drawing]) -> Picture:
    """Draw two rounds of a few groups as lines, with the figures at their ends.

    Parameters
    ----------
    est : Estimates
        Of two rounds and at most 12 groups.
    by, statistic, **options
        As for `mpi.plot.ranked`.

    Returns
    -------
    Picture
        The picture.

    Raises
    ------
    MpiError
        When there is one round only, or more groups: `mpi.plot.change` draws these.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["area"])
    >>> mpi.plot.slope(est).table["group"].unique().tolist()
    ['Urban', 'Rural']
    """
    name = disaggregation(est, by, "slope")
    found = chosen(est, "slope", statistic, name)
    pairs, waves = _pairs(found, name, "slope", options)
    if len(pairs) > _FEW:
        refuse("slope", f"there are {len(pairs)} groups, whose lines could not be told apart; take mpi.plot.change")
    with styled():
        return _lines(found, pairs, waves, statistic, options)


_FEW = 12


def _pairs(est: EstimatesLike, by: str, picture: str, options: Drawing) -> tuple[list[_Pair], tuple[str, str]]:
    """Return each group in both rounds, by change, the largest fall last."""
    waves = rounds(est)
    if len(waves) < 2:
        refuse(picture, "there is one round only; mpi.plot.ranked draws it")
    marks = [m for m, b in zip(marks_of(est, options.get("scheme")), est.keys["by"].to_list(), strict=True) if b == by]
    old, new = ({m.group: m for m in marks if m.wave == w and m.drawn} for w in (waves[0], waves[-1]))
    both = [g for g in new if g in old]
    if not both:
        refuse(picture, "no group is shown in both rounds")
    _, p = differences(est, [new[g].row for g in both], [old[g].row for g in both])
    pairs = [_Pair(old[g], new[g], float(q)) for g, q in zip(both, holm(p), strict=True)]
    return sorted(pairs, key=lambda x: -x.change), (waves[0], waves[-1])


def _title(pairs: Sequence[_Pair], language: Language) -> str:
    falls = [p for p in pairs if p.sure and p.change < 0]
    rises = [p for p in pairs if p.sure and p.change > 0]
    if not falls and not rises:
        return phrase("no_change", language, m=len(pairs))
    if rises:
        return phrase("changes", language, n=len(falls), m=len(pairs), r=len(rises))
    return phrase("falls", language, n=len(falls), m=len(pairs), a=min(falls, key=lambda p: p.change).new.group)


def _arrows(
    est: EstimatesLike, pairs: Sequence[_Pair], waves: tuple[str, str], title: str, statistic: str, options: Drawing
) -> Picture:
    language = options.get("language", "en")
    n = len(pairs)
    fig, (ax,) = sheet(3.3 + 0.53 * max(n, 1), options, top=2.0, left=0.25, right=0.28)
    ax.grid(visible=True, axis="x")
    for y, pair in enumerate(pairs):
        _arrow(ax, y, pair, language)
    if any(p.new.per_cent for p in pairs):
        ax.text(
            1.03, n - 0.45, phrase("points", language), transform=ax.get_yaxis_transform(), fontsize=8, color=SECOND
        )
        per_cent(ax)
    ax.set_yticks(range(n), [p.new.group for p in pairs])
    ax.set_ylim(-0.6, n - 0.2)
    ax.set_xlim(0, max([1e-9, *(max(p.old.value, p.new.value) for p in pairs)]) * 1.06)
    what = description(statistic, est, language)
    unit = unit_of_marks([p.new for p in pairs], language)
    subtitle = phrase("change_sub", language, what=what, v=waves[0], w=waves[1], unit=unit)
    table = est.take(np.array([m.row for p in pairs[::-1] for m in (p.old, p.new)], dtype=np.int64)).table
    return composed(fig, [ax], (title, subtitle, source_of(est, language)), table, "change", options)


def _arrow(ax: Any, y: int, pair: _Pair, language: Language) -> None:
    """Draw one change, with its figure at the right."""
    style = {
        "arrowstyle": "-|>,head_width=.22,head_length=.5", "color": pair.colour, "lw": 2.2 if pair.sure else 1.1,
        "shrinkA": 3, "shrinkB": 0,
    }  # fmt: skip
    ax.annotate("", (pair.new.value, y), (pair.old.value, y), arrowprops=style)
    ax.plot(pair.old.value, y, "o", ms=4.5, mfc=PAPER, mec=pair.colour, mew=1.2)
    decimals = 3 if not pair.new.per_cent else 0 if abs(pair.change) >= 5 else 1
    place = {"transform": ax.get_yaxis_transform(), "va": "center"}
    ax.text(1.03, y, signed(pair.change, decimals, language), fontweight="bold" if pair.sure else "normal", **place)
    ax.text(1.16, y, "" if pair.sure else phrase("may_be", language), fontsize=8, color=SECOND, **place)


def _lines(
    est: EstimatesLike, pairs: Sequence[_Pair], waves: tuple[str, str], statistic: str, options: Drawing
) -> Picture:
    language = options.get("language", "en")
    fig, (ax,) = sheet(8.2, options, top=1.7, bottom=1.35, left=0.12, right=0.5)
    values = [[m.value for m in side] for side in ([p.old for p in pairs], [p.new for p in pairs])]
    gap = max(1e-9, max(map(max, values)) - min(0.0, *map(min, values))) / 16
    ends = [spread(side, gap) for side in values]
    decimals = 1 if pairs[0].new.per_cent else 3
    for i, pair in enumerate(pairs):
        width = 2.0 if pair.sure else 1.2
        ax.plot(
            [0, 1], [pair.old.value, pair.new.value], color=pair.colour, marker="o", ms=4.5, lw=width, clip_on=False
        )
        ink = pair.colour if pair.sure else THIRD
        ax.text(-0.06, ends[0][i], plain(pair.old.value, decimals, language), ha="right", va="center", color=ink)
        ax.text(1.06, ends[1][i], plain(pair.new.value, decimals, language), va="center", color=ink, fontweight="bold")
        ax.text(1.28, ends[1][i], pair.new.group, va="center", color=INK if pair.sure else SECOND)
    ax.set_xlim(-0.25, 1)
    ax.set_xticks([0, 1], waves)
    ax.set_yticks([])
    unit = unit_of_marks([p.new for p in pairs], language)
    subtitle = phrase("slope_sub", language, what=description(statistic, est, language), unit=unit)
    table = est.take(np.array([m.row for p in pairs for m in (p.old, p.new)], dtype=np.int64)).table
    words = (_title(pairs, language), subtitle, source_of(est, language))
    return composed(fig, [ax], words, table, "slope", options)
