"""Viet Nam's provinces as equal squares, north at the top: a class of colour, the code and the number in each."""

from __future__ import annotations

import csv
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from mpi.codes import guess_set, provinces
from mpi.core.arguments import kinds_explained
from mpi.core.errors import MpiError
from mpi.plot.chosen import chosen, disaggregation, refuse, rounds
from mpi.plot.marks import Mark, marks_of
from mpi.plot.picture import Drawing, Picture, composed, hatched, sheet
from mpi.plot.ranked import title_of_order, unit_of_marks
from mpi.plot.style import BOUNDS, PAPER, SECOND, SEQUENTIAL, THEN, class_of, ink_on, styled
from mpi.plot.words import description, phrase, source_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mpi.frames.aggregation import By
    from mpi.plot.digits import Language
    from mpi.tables.estimates_like import EstimatesLike

__all__ = ["grid_of", "tiles"]

_GRIDS = ("vn-63", "vn-34")


@kinds_explained
def tiles(
    est: EstimatesLike,
    by: By | None = None,
    *,
    statistic: str = "H",
    set_name: str | None = None,
    **options: Unpack[Drawing],
) -> Picture:
    """Draw a figure of the provinces as equal squares, one panel for each round (the first and the last).

    Parameters
    ----------
    est : Estimates
        By province, at one cutoff; shares only.
    by, statistic, **options
        As for `mpi.plot.ranked`.
    set_name : {"vn-63", "vn-34"}, optional
        Whose codes: the 63 provinces until June 2025, or the 34 since; by default what the codes and names fit.

    Returns
    -------
    Picture
        Squares without an estimate are hatched, those in which nobody of the sample is poor have a dotted border. A
        square stands for its province with all that it administers, islands included.

    Raises
    ------
    MpiError
        When the groups are no provinces of one of the sets.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["province"], statistics=["H"])
    >>> len(mpi.plot.tiles(est).axes)
    2
    """
    name = disaggregation(est, by, "tiles")
    found = chosen(est, "tiles", statistic, name)
    marks = [
        m for m, b in zip(marks_of(found, options.get("scheme")), found.keys["by"].to_list(), strict=True) if b == name
    ]
    if not all(m.per_cent for m in marks):
        refuse("tiles", f"{statistic} is no share; the classes of colour are of per cents")
    codes = _codes(found, name, set_name)
    waves = rounds(found)
    panels = list(dict.fromkeys([waves[0], waves[-1]]))
    if options.get("ax") is not None and len(panels) > 1:
        refuse("tiles", "there are two rounds and one ax; take one, such as est.select(wave=...)")
    of_wave = {w: {codes[1][m.group]: m for m in marks if m.wave == w and m.group in codes[1]} for w in panels}
    with styled():
        return _drawn(found, codes[0], of_wave, statistic, options)


def _codes(est: EstimatesLike, by: str, set_name: str | None) -> tuple[str, dict[str, str]]:
    """Return the set of codes, and the code of each group: from its value, or from its name."""
    values = {label: code[0] for label, code in est.codes.get(by, {}).items() if len(code) == 1}
    wanted = set_name or _best_set(values)
    if wanted not in _GRIDS:
        refuse("tiles", f"set_name: {' or '.join(map(repr, _GRIDS))} is needed, not {wanted!r}")
    names = {n: c.text for c in provinces(wanted) for n in (c.name_vi, c.name_en)}
    known = {c.text for c in provinces(wanted)}
    found = {}
    for label, value in values.items():
        code = f"{int(value):02d}" if str(value).isdigit() else names.get(str(value), "")
        code = names.get(label, code)
        if code in known:
            found[label] = code
    if not found:
        where = f"mpi.codes.provinces({wanted!r})"
        refuse("tiles", f"the groups of {by!r} are no provinces of {wanted}; {where} lists their codes and names")
    return wanted, found


def _best_set(values: Mapping[str, Any]) -> str:
    """Return the set that names fit best, and codes where there are no names."""
    names = {n: {x for c in provinces(n) for x in (c.name_vi, c.name_en)} for n in _GRIDS}
    fits = {n: sum(label in names[n] for label in values) for n in _GRIDS}
    best = max(fits, key=lambda n: fits[n])
    if fits[best]:
        return best
    try:
        guessed = str(guess_set([v for v in values.values() if v is not None]))
    except MpiError:
        return _GRIDS[0]
    return guessed if guessed in _GRIDS else _GRIDS[0]


def grid_of(set_name: str) -> dict[str, tuple[int, int]]:
    """Return the row and column of each province."""
    text = files("mpi.plot").joinpath(f"grids/{set_name}.csv").read_text(encoding="utf-8")
    return {r["code"]: (int(r["row"]), int(r["column"])) for r in csv.DictReader(text.splitlines())}


def _drawn(
    est: EstimatesLike, set_name: str, of_wave: Mapping[str, Mapping[str, Mark]], statistic: str, options: Drawing
) -> Picture:
    language = options.get("language", "en")
    grid = grid_of(set_name)
    last_row, last_column = (max(place[i] for place in grid.values()) for i in (0, 1))
    n = len(of_wave)
    square = 0.88 if set_name == "vn-63" else 1.12
    fig, axes = sheet(3.0 + square * last_row, options, columns=n, top=1.9, bottom=1.1, left=0.02, right=0.02, gap=0.04)
    for i, (ax, (wave, marks)) in enumerate(zip(axes, of_wave.items(), strict=True)):
        for code, (row, column) in grid.items():
            _tile(ax, column - 1, row - 1, code, marks.get(code))
        place, step = _FREE[set_name]
        ax.text(0, place, wave, fontsize=20, fontweight="bold")
        if i == 0:
            _key(ax, place + step, step, language)
        ax.set(xlim=(-0.05, last_column + 0.05), ylim=(last_row + 0.05, -0.05))
        ax.set_aspect("equal")
        ax.set(xticks=[], yticks=[])
        ax.axis("off")
    last = list(list(of_wave.values())[-1].values())
    unit = unit_of_marks(last, language)
    subtitle = phrase("tiles_sub", language, what=description(statistic, est, language), unit=unit)
    title = title_of_order(est, last, statistic, language)
    rows = np.array([m.row for marks in of_wave.values() for m in marks.values() if m.drawn], dtype=np.int64)
    return composed(fig, axes, (title, subtitle, source_of(est, language)), est.take(rows).table, "tiles", options)


def _tile(ax: Any, x: int, y: int, code: str, mark: Mark | None) -> None:
    """Draw one square: the code above, the number below."""
    from matplotlib.patches import Rectangle

    if mark is None or not mark.drawn:
        hatched(ax, x, y)
        ax.text(x + 0.5, y + 0.5, code, fontsize=8, ha="center", va="center", color=SECOND)
        return
    zero = mark.value == 0
    colour = PAPER if zero else class_of(mark.value)
    edge: dict[str, Any] = {"ec": THEN, "ls": (0, (2, 2))} if zero else {"ec": PAPER, "ls": "-"}
    ax.add_patch(Rectangle((x + 0.03, y + 0.03), 0.94, 0.94, fc=colour, lw=0.7, **edge))
    text = "0" if zero else "<1" if mark.value < 0.5 else f"{mark.value:.0f}"
    ink = SECOND if zero else ink_on(colour)
    ax.text(x + 0.5, y + 0.3, code, fontsize=8, ha="center", va="center", color=ink)
    number = f"({text})" if mark.standing == "caution" else text
    ax.text(x + 0.5, y + 0.68, number, fontsize=9, fontweight="bold", ha="center", va="center", color=ink)


_FREE = {"vn-63": (10.2, 0.56), "vn-34": (5.5, 0.43)}
"""The row of the free space west of the narrow middle, and the height of a line there."""


def _key(ax: Any, at: float, step: float, language: Language) -> None:
    """Draw the classes, in the free space west of the narrow middle."""
    from matplotlib.patches import Rectangle

    bounds = [f"{b:g}" for b in BOUNDS]
    words = [phrase("less", language, b=bounds[0]), *(f"{a}–{b}" for a, b in pairwise(bounds))]
    words.append(phrase("more", language, a=bounds[-1]))
    for i, (colour, text) in enumerate(zip(SEQUENTIAL, words, strict=True)):
        ax.add_patch(Rectangle((0, at + step * i), 0.8 * step, 0.8 * step, fc=colour, ec=THEN, lw=0.3))
        ax.text(1.1 * step, at + step * (i + 0.4), text, fontsize=8, va="center")
    notes = f"{phrase('zero_key', language)}\n{phrase('caution_key', language)}\n{phrase('hatched_key', language)}"
    ax.text(0, at + step * (len(words) + 0.3), notes, fontsize=8, va="top")
