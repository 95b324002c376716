"""A change taken apart: from nothing, effect by effect, to the whole change, each with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from mpi.core.arguments import kinds_explained
from mpi.plot.chosen import refuse, require_single_values
from mpi.plot.digits import change as signed
from mpi.plot.digits import plain, span
from mpi.plot.picture import Drawing, Picture, composed, sheet
from mpi.plot.style import INK, MARK, NOW, PAPER, THEN, THIRD, styled
from mpi.plot.words import description, phrase, source_of
from mpi.tables.select import estimates_only, values_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mpi.plot.digits import Language
    from mpi.tables.estimates_like import EstimatesLike

__all__ = ["waterfall"]

_EFFECTS = ("incidence_effect", "intensity_effect", "within_effect", "population_effect")
_WHOLE = ("all groups", "total")


@kinds_explained
def waterfall(est: EstimatesLike, *, statistic: str = "M0", **options: Unpack[Drawing]) -> Picture:
    """Draw what a change is made of: the effects of a Shapley decomposition, and the change they add up to.

    Parameters
    ----------
    est : Estimates
        From `mpi.decompose.shapley`, of one change.
    statistic : str, default M0
        Whose change.
    **options
        As for `mpi.plot.ranked`.

    Returns
    -------
    Picture
        Falls are blue, rises orange; an effect whose interval holds 0 is hollow.

    Raises
    ------
    MpiError
        When these are no effects, or of several changes.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"))
    >>> picture = mpi.plot.waterfall(mpi.decompose.shapley(est))
    >>> picture.title.startswith("M0 fell by")
    True
    """
    estimates_only(est, "plot.waterfall")
    if "change" not in values_of(est, "contrast"):
        refuse("waterfall", "the effects of a change are needed, such as mpi.decompose.shapley(est)")
    found = est.select(statistic=statistic)
    require_single_values(found, "waterfall", "wave", "cutoff", "weighting")
    groups = found.keys["group"].to_list()
    of_whole = next((g for g in _WHOLE if g in groups), None)
    keep = [i for i, g in enumerate(groups) if g == of_whole]
    whole = found.take(np.array(keep, dtype=np.int64))
    names = [str(c) for c in whole.keys["contrast"].to_list()]
    parts = [e for e in _EFFECTS if e in names and not (e == "within_effect" and "incidence_effect" in names)]
    if "change" not in names or not parts:
        refuse("waterfall", f"there are no effects of the whole; there is {', '.join(sorted(set(names)))}")
    rows = np.array([names.index(e) for e in [*parts, "change"]], dtype=np.int64)
    with styled():
        return _drawn(whole.take(rows), parts, statistic, options)


def _drawn(est: EstimatesLike, parts: Sequence[str], statistic: str, options: Drawing) -> Picture:
    language = options.get("language", "en")
    times = 1000.0 if statistic == "M0" else 100.0
    low, high = (times * x for x in est.conf_int())
    value = times * est.value
    fig, (ax,) = sheet(8.4, options, top=1.7, left=0.075, right=0.02, bottom=2.2)
    ax.grid(visible=True, axis="y")
    at = 0.0
    for x, v in enumerate(value[:-1]):
        sure = high[x] < 0 or low[x] > 0
        colour = (NOW if v < 0 else MARK) if sure else PAPER
        ax.bar(x, v, 0.62, bottom=at, color=colour, edgecolor=(NOW if v < 0 else MARK) if sure else THEN, lw=1)
        _limits(ax, x + 0.38, at + v, v, low[x], high[x])
        ax.text(x, max(at, at + v, at + high[x]), signed(v, 1, language), ha="center", va="bottom")
        at += v
        ax.plot([x + 0.31, x + 0.69], [at, at], color=THEN, lw=0.7)
    n = len(parts)
    ax.bar(n, value[-1], 0.62, color=THIRD)
    _limits(ax, n, value[-1], value[-1], low[-1], high[-1])
    ax.text(n, max(0.0, high[-1]), signed(value[-1], 1, language), ha="center", va="bottom", fontweight="bold")
    ax.axhline(0, color=INK, lw=0.8)
    wave = str(est.keys["wave"].at(0) or "").replace(" to ", "–")
    ax.set_xticks(range(n + 1), [*(phrase(p, language) for p in parts), f"{statistic}, {wave}"], color=INK)
    ax.margins(y=0.14)
    unit = phrase("thousandths" if statistic == "M0" else "points_unit", language)
    subtitle = phrase(
        "waterfall_sub", language, what=description(statistic, est, language), unit=unit, level=f"{100 * est.level:g}"
    )
    title = _title(parts, value, low, high, statistic, language)
    return composed(fig, [ax], (title, subtitle, source_of(est, language)), est.table, "waterfall", options)


def _limits(ax: Any, x: float, at: float, v: float, low: float, high: float) -> None:
    if np.isfinite(low) and np.isfinite(high):
        ax.errorbar(x, at, [[v - low], [high - v]], color=INK, capsize=2, lw=0.8)


def _title(parts: Sequence[str], value: Any, low: Any, high: Any, statistic: str, language: Language) -> str:
    """Return how much there is of the change, and the effects that are beyond error."""
    if not (high[-1] < 0 or low[-1] > 0):
        return phrase("may_be_none", language, m=statistic, span=span(low[-1], high[-1], 1, language))
    unit = phrase("thousandths_short" if statistic == "M0" else "points", language)
    sure = [
        f"{phrase(p, language).lower()} {signed(v, 1, language)}"
        for p, v, a, b in zip(parts, value, low, high, strict=False)
        if b < 0 or a > 0
    ]
    made = f": {', '.join(sure)}" if sure else ""
    sentence = "fell" if value[-1] < 0 else "rose"
    return phrase(sentence, language, m=statistic, x=f"{plain(abs(value[-1]), 1, language)} {unit}", parts=made)
