"""Groups in order of a figure, each with its interval; an earlier round below it in grey."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from mpi.core.arguments import kinds_explained
from mpi.plot.chosen import chosen, disaggregation, rounds
from mpi.plot.comparisons import order_finding
from mpi.plot.digits import in_hundred, span
from mpi.plot.marks import Mark, mark_text, marks_of
from mpi.plot.picture import Drawing, Picture, composed, halo, interval, per_cent, sheet
from mpi.plot.style import INK, NOW, SECOND, THEN, styled
from mpi.plot.words import description, everyone, phrase, source_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mpi.frames.aggregation import By
    from mpi.plot.digits import Language
    from mpi.tables.estimates_like import EstimatesLike

__all__ = ["ranked", "title_of_order", "unit_of_marks"]

_DENSE = 20
"""From how many groups on rows are narrow."""


@kinds_explained
def ranked(est: EstimatesLike, by: By | None = None, *, statistic: str = "H", **options: Unpack[Drawing]) -> Picture:
    """Draw groups in order of a figure, with intervals; the last two rounds, where there are several.

    Parameters
    ----------
    est : Estimates
        From `mpi.estimate` or `mpi.mean`, at one cutoff.
    by : str or tuple of str, optional
        The disaggregation, where there are several.
    statistic : str, default H
        Which figure.
    **options
        ``ax`` (matplotlib axes to draw on), ``title, subtitle, source`` (words in place of those made from the
        numbers), ``language`` (``en`` or ``vi``), ``scheme`` (of `mpi.release`: which figures are shown).

    Returns
    -------
    Picture
        With the figure, its words and the numbers behind it; `Picture.save` writes it.

    Raises
    ------
    MpiError
        When there are no groups, several cutoffs, or matplotlib is not installed.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["ethnicity"])
    >>> mpi.plot.ranked(est).title
    'Hmong: 77 in 100 are poor, more than in any other group; Tày: nobody in the sample'
    """
    name = disaggregation(est, by, "ranked")
    found = chosen(est, "ranked", statistic, name)
    marks = marks_of(found, options.get("scheme"))
    waves = rounds(found)[-2:]
    language = options.get("language", "en")
    latest = {
        m.group: m for m, b in zip(marks, found.keys["by"].to_list(), strict=True) if b == name and m.wave == waves[-1]
    }
    earlier = {
        m.group: m
        for m, b in zip(marks, found.keys["by"].to_list(), strict=True)
        if b == name and len(waves) > 1 and m.wave == waves[0]
    }
    order = _order(latest)
    with styled():
        picture = _Ranked(found, order, earlier, waves, language, options)
        return picture.drawn(_whole(marks, found, waves[-1]), statistic)


def _order(latest: dict[str, Mark]) -> list[Mark | str]:
    """Return the rows from below: those not shown as one row where they are many, then by value."""
    hidden = sorted((m for m in latest.values() if not m.drawn), key=lambda m: m.group, reverse=True)
    seen = sorted((m for m in latest.values() if m.drawn), key=lambda m: (m.value, m.group))
    if len(hidden) > _MOST:
        return [", ".join(sorted(m.group for m in hidden)), *seen]
    return [*hidden, *seen]


_MOST = 3
"""How many groups that are not shown have a row each."""


def _whole(marks: list[Mark], est: EstimatesLike, wave: str) -> Mark | None:
    """Return the figure of the total in the latest round."""
    for m, b in zip(marks, est.keys["by"].to_list(), strict=True):
        if b == "total" and m.wave == wave and m.drawn:
            return m
    return None


class _Ranked:
    """One ranked picture while it is drawn."""

    __slots__ = ("dense", "earlier", "est", "language", "options", "order", "waves")

    def __init__(
        self, est: EstimatesLike, order: list[Mark | str], earlier: dict[str, Mark], waves: list[str],
        language: Language, options: Drawing,
    ) -> None:  # fmt: skip
        self.est, self.order, self.earlier, self.waves = est, order, earlier, waves
        self.language: Language = language
        self.options, self.dense = options, len(order) > _DENSE

    def drawn(self, whole: Mark | None, statistic: str) -> Picture:
        """Return the picture, with a line at the figure of the total where it is known."""
        n = len(self.order)
        share = any(m.per_cent for m in self.order if isinstance(m, Mark))
        step = 0.365 if self.dense else 0.62
        fig, (ax,) = sheet(
            3.6 + step * n,
            self.options,
            top=2.25,
            left=0.25,
            right=(0.31 if self.earlier else 0.17) + (0 if share else 0.06),
        )
        ax.grid(visible=True, axis="x")
        for y, row in enumerate(self.order):
            self._row(ax, y, row)
        self._heads(ax, n)
        if whole is not None:
            ax.axvline(whole.value, color=INK, lw=0.7, ls=(0, (1, 2)), zorder=2)
            words = (
                phrase("country", self.language, w=self.waves[-1])
                if self.waves[-1]
                else phrase("country_alone", self.language)
            )
            ax.text(whole.value, n - 0.3, f" {words}", fontsize=8, ha="left", va="bottom", color=SECOND)
        names = [row.group if isinstance(row, Mark) else "" for row in self.order]
        ax.set_yticks(range(n), names, fontsize=8 if self.dense else 8.5)
        ax.set_ylim(-0.7, n - 0.3)
        below = any(m.drawn and min(m.value, m.low) < 0 for m in self.order if isinstance(m, Mark))
        low, high = ax.get_xlim()
        ax.set_xlim(low if below else 0.0, max(5.0 if share else 0.05, high))
        if share:
            per_cent(ax)
        return self._finished(fig, ax, statistic)

    def _row(self, ax: Any, y: int, row: Mark | str) -> None:
        if not isinstance(row, Mark) or not row.drawn:
            words = phrase("not_shown", self.language)
            if not isinstance(row, Mark):
                names = row.split(", ")
                listed = ", ".join(names[:4]) + (" …" if len(names) > 4 else "")
                words = phrase("not_shown_many", self.language, n=len(names), names=listed)
            elif row.standing == "undefined":
                words = phrase("nobody_poor", self.language)
            ax.text(0, y, f" {words}", fontsize=8, style="italic", color=SECOND, va="center", path_effects=halo())
            return
        old = self.earlier.get(row.group)
        if old is not None:
            interval(ax, y - 0.2, old, THEN, size=3 if self.dense else 3.8, width=1.0 if self.dense else 1.2)
        interval(
            ax,
            y + (0.16 if self.earlier else 0),
            row,
            NOW,
            size=4.2 if self.dense else 5.5,
            width=1.3 if self.dense else 1.8,
        )
        for x, mark, ink in ((1.09, row, INK), (1.39, old, SECOND)):
            if mark is not None:
                value, limits = mark_text(mark, self.language)
                place = {"transform": ax.get_yaxis_transform(), "fontsize": 8, "va": "center"}
                ax.text(x, y, value, ha="right", color=ink, **place)
                ax.text(x + 0.015, y, limits, color=SECOND, **place)

    def _heads(self, ax: Any, n: int) -> None:
        for x, wave in zip((1.09, 1.39), self.waves[::-1], strict=False):
            ax.text(
                x, n - 0.35, wave, transform=ax.get_yaxis_transform(), fontsize=8, fontweight="bold", va="bottom",
                ha="right",
            )  # fmt: skip

    def _finished(self, fig: Any, ax: Any, statistic: str) -> Picture:
        rows = [m for m in self.order if isinstance(m, Mark)]
        level = f"{100 * self.est.level:g}"
        title = title_of_order(self.est, rows, statistic, self.language)
        unit = phrase(
            "by_group",
            self.language,
            what=description(statistic, self.est, self.language),
            unit=unit_of_marks(rows, self.language),
        )
        latest = phrase("interval", self.language, w=self.waves[-1], level=level)
        key = [(NOW, latest if self.waves[-1] else phrase("interval_alone", self.language, level=level), True)]
        key += [(THEN, self.waves[0], True)] if self.earlier else []
        doubt = any(m.standing == "caution" for m in [*rows, *self.earlier.values()])
        key += [(NOW, phrase("caution", self.language), False)] if doubt else []
        shown = [m.row for m in [*rows[::-1], *self.earlier.values()] if m.drawn]
        table = self.est.take(np.array(shown, dtype=np.int64)).table
        words = (title, unit, source_of(self.est, self.language))
        return composed(fig, [ax], words, table, "ranked", self.options, key)


def unit_of_marks(marks: Sequence[Mark], language: Language) -> str:
    """Return the unit in words."""
    if any(m.per_cent for m in marks):
        return "phần trăm" if language == "vi" else "per cent"
    return "từ 0 đến 1" if language == "vi" else "from 0 to 1"


def _amount(mark: Mark, language: Language, *, people: bool) -> str:
    """Return how many of a group, in words."""
    if not people:
        return mark_text(mark, language)[0]
    if mark.standing == "zero" and mark.value == 0:
        return phrase("nobody_here", language)
    return in_hundred(mark.value / 100, language)


def title_of_order(est: EstimatesLike, marks: list[Mark], statistic: str, language: Language) -> str:
    """Return the finding about the order of groups that the errors carry."""
    kind, seen = order_finding(est, marks)
    if kind == "all_withheld" or (kind == "nobody" and statistic == "H"):
        return phrase(kind, language)
    first, last = seen[0], seen[-1]
    people = statistic == "H"
    x, y = (_amount(m, language, people=people) for m in (first, last))
    what = description(statistic, est, language)
    names = {m: everyone(m.group, language) for m in seen}
    values: dict[str, object] = {"a": names[first], "z": names[last], "x": x, "y": y, "what": what}
    if kind == "one":
        limits = span(first.low, first.high, 0 if first.per_cent else 3, language)
        return phrase("one", language, **values, span=limits) if people else f"{what}: {x}"
    if kind == "unordered":
        return phrase("unordered" if people else "unordered_of", language, **values)
    if not people:
        return phrase("first_of", language, **values)
    if kind == "shared":
        return phrase("shared", language, **values, b=names[seen[1]])
    return phrase("shared_many" if kind == "shared_many" else "first", language, **values, n=len(seen) - 2)
