"""A figure over the poverty cutoff, with bands: who is poor at a stricter or a more generous cutoff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from mpi.core.arguments import kinds_explained
from mpi.core.exact import fraction
from mpi.plot.chosen import disaggregation, refuse, require_single_values, rounds
from mpi.plot.comparisons import differences
from mpi.plot.digits import in_hundred
from mpi.plot.marks import Mark, marks_of
from mpi.plot.picture import Drawing, Picture, composed, per_cent, sheet
from mpi.plot.ranked import unit_of_marks
from mpi.plot.style import DIMENSIONS, INK, MARK, NOW, SECOND, THEN, styled
from mpi.plot.words import description, everyone, phrase, source_of
from mpi.tables.select import estimates_only

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mpi.frames.aggregation import By
    from mpi.plot.digits import Language
    from mpi.tables.estimates_like import EstimatesLike

__all__ = ["cutoffs"]

_COLOURS = (NOW, MARK, DIMENSIONS[0], DIMENSIONS[4])
_LINES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1, 1)), (0, (3, 1, 1, 1)))
_MARKERS = ("o", "s", "^", "D")
_LEVEL = 0.05


@kinds_explained
def cutoffs(
    est: EstimatesLike, by: By | None = None, *, statistic: str = "H", official: Any = None, **options: Unpack[Drawing]
) -> Picture:
    """Draw a figure over the poverty cutoffs, with its interval as a band: of two rounds, or of up to four groups.

    Parameters
    ----------
    est : Estimates
        At two cutoffs or more; `select` the groups to draw, or the total alone.
    by : str or tuple of str, optional
        The disaggregation whose groups are drawn, without the total.
    statistic : str, default H
        Which figure.
    official : number or str, optional
        The cutoff to mark; by default the measure's own.
    **options
        As for `mpi.plot.ranked`.

    Returns
    -------
    Picture
        The picture.

    Raises
    ------
    MpiError
        When there is one cutoff only, or more than four curves.

    Examples
    --------
    >>> import mpi
    >>> ks = ["1/10", "2/10", "3/10", "4/10", "5/10"]
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), cutoffs=ks, statistics=["H"])
    >>> mpi.plot.cutoffs(est).kind
    'cutoffs'
    """
    estimates_only(est, "plot.cutoffs")
    found = est.select(statistic=statistic)
    found = found if by is None else found.select(by=disaggregation(found, by, "cutoffs"))
    require_single_values(found, "cutoffs", "contrast", "weighting", "by" if len(rounds(found)) > 1 else "wave")
    marks = marks_of(found, options.get("scheme"))
    series = _series(found, marks)
    if len(series) > len(_COLOURS):
        refuse("cutoffs", f"there are {len(series)} curves; select up to four groups, or the total of the rounds")
    if max(len(curve) for _, _, curve in series) < 2:
        refuse("cutoffs", "there is one cutoff only; estimate several, such as cutoffs=['1/5', '1/3', '1/2']")
    own = official if official is not None else found.measures[0].cutoff if found.measures else None
    with styled():
        return _drawn(found, series, statistic, None if own is None else float(fraction(own)), options)


def _series(est: EstimatesLike, marks: list[Mark]) -> list[tuple[str, str, list[tuple[float, Mark]]]]:
    """Return the curves: group, round, and the figures by cutoff."""
    ks = [None if k is None else float(fraction(k)) for k in est.keys["cutoff"].to_list()]
    curves: dict[tuple[str, str], list[tuple[float, Mark]]] = {}
    for k, mark in zip(ks, marks, strict=True):
        if k is not None:
            curves.setdefault((mark.group, mark.wave), []).append((k, mark))
    return [(g, w, sorted(c, key=lambda x: x[0])) for (g, w), c in curves.items()]


def _drawn(est: EstimatesLike, series: Sequence[Any], statistic: str, own: float | None, options: Drawing) -> Picture:
    language = options.get("language", "en")
    two = len({w for _, w, _ in series}) == 2 and len({g for g, _, _ in series}) == 1
    fig, (ax,) = sheet(7.8, options, top=1.5, left=0.06, right=0.2, bottom=1.9)
    ax.grid(visible=True, axis="y")
    colours = (THEN, NOW) if two else _COLOURS
    for i, (group, wave, curve) in enumerate(series):
        _curve(ax, curve, colours[i], i)
        last = next((m for _, m in curve if m.drawn), None)
        if last is not None:
            name = wave if two else everyone(group, language)
            ax.text(
                1.02, 0.94 - 0.09 * i, name, color=colours[i], transform=ax.transAxes, fontweight="bold", va="center"
            )
    if own is not None:
        ax.axvline(own, color=INK, lw=0.7, ls=(0, (1, 2)))
        words = phrase("official", language, k=f"{own:.3g}".replace(".", "," if language == "vi" else "."))
        ax.text(own, ax.get_ylim()[1], f" {words}", fontsize=8, color=SECOND, va="top")
    ax.set_ylim(bottom=0)
    ax.set_xlabel(phrase("poor_from", language))
    if all(m.per_cent for _, _, c in series for _, m in c):
        per_cent(ax, "y")
    level, unit = f"{100 * est.level:g}", unit_of_marks([m for _, m in series[0][2]], language)
    subtitle = phrase("bands", language, what=description(statistic, est, language), unit=unit, level=level)
    shown = np.array([m.row for _, _, c in series for _, m in c if m.drawn], dtype=np.int64)
    about = (_title(est, series, language), subtitle, source_of(est, language))
    return composed(fig, [ax], about, est.take(shown).table, "cutoffs", options)


def _curve(ax: Any, curve: Sequence[tuple[float, Mark]], colour: str, i: int) -> None:
    """Draw one curve; its band ends where there is no interval."""
    live = [(k, m) for k, m in curve if m.drawn and np.isfinite(m.low)]
    x = [k for k, _ in live]
    ax.fill_between(x, [m.low for _, m in live], [m.high for _, m in live], color=colour, alpha=0.22, lw=0)
    ax.plot(x, [m.value for _, m in live], color=colour, marker=_MARKERS[i], ms=3.5, ls=_LINES[i])


def _title(est: EstimatesLike, series: Sequence[Any], language: Language) -> str:
    """Return the finding: of two curves at which cutoffs one is lower; of one from where to where it goes."""
    if len(series) > 2:
        return phrase("cutoffs_many", language)
    if len(series) == 1:
        (k, first), (other, last) = series[0][2][0], series[0][2][-1]
        x, y = (in_hundred(m.value / 100, language) if m.per_cent else f"{m.value:.3f}" for m in (first, last))
        return phrase("cutoffs_one", language, a=f"{k:.3g}", b=f"{other:.3g}", x=x, y=y)
    (g, v, old), (h, w, new) = series
    one, two = (v, w) if g == h else (everyone(g, language), everyone(h, language))
    pairs = [(k, one, other) for (k, one), (_, other) in zip(old, new, strict=False) if one.drawn and other.drawn]
    apart, p = differences(est, [o.row for _, _, o in pairs], [o.row for _, o, _ in pairs])
    for sign, sentence in ((-1, "cutoffs_lower"), (1, "cutoffs_higher")):
        there = (p < _LEVEL) & (np.sign(apart) == sign)
        if there.any():
            first_at = int(np.argmax(there))
            stop = first_at + int(np.argmin(np.r_[there[first_at:], False]))
            a, b = (f"{pairs[i][0]:.3g}" for i in (first_at, stop - 1))
            return phrase(sentence, language, a=a, b=b, v=one, w=two)
    return phrase("cutoffs_none", language, v=one, w=two)
