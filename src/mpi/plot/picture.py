"""The sheet a picture stands on: finding, unit and source around axes, and what is made of it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from mpi.core.arguments import defaults
from mpi.core.atomic import atomic_path
from mpi.plot.style import CM, INK, PAPER, RULE, SECOND, THIRD, WIDTH, ink_on, styled

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    import pandas as pd

    from mpi.plot.digits import Language
    from mpi.plot.marks import Mark

__all__ = ["Drawing", "Picture", "cell", "composed", "halo", "hatched", "interval", "per_cent", "sheet", "spread"]


class Drawing(TypedDict, total=False):
    """Options that all pictures share."""

    ax: Any
    title: str | None
    subtitle: str | None
    source: str | None
    language: Language
    scheme: Any


defaults(Drawing, ax=None, title=None, subtitle=None, source=None, language="en", scheme=None)


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture, with its words and the numbers it shows.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
        The figure; its axes can be drawn on further.
    axes : tuple of matplotlib.axes.Axes
        The panels.
    title : str
        The finding.
    subtitle : str
        What is measured, of whom, in which unit.
    source : str
        Where the data come from.
    table : DataFrame
        The numbers that are shown, in full; none that is withheld.
    kind : str
        Which picture it is.
    """

    figure: Any
    axes: tuple[Any, ...]
    title: str
    subtitle: str
    source: str
    table: pd.DataFrame
    kind: str

    def __repr__(self) -> str:
        """Say which picture it is and what it says."""
        return f"<Picture: {self.kind}: {self.title}>"

    def _repr_png_(self) -> bytes:
        """Return the picture for a notebook."""
        return self._bytes("png")

    def _bytes(self, kind: str) -> bytes:
        out = io.BytesIO()
        with styled():
            self.figure.savefig(out, format=kind, metadata=_METADATA.get(kind, {}))
        return out.getvalue()

    @property
    def alt(self) -> str:
        """The alternative text, for readers who cannot see the picture."""
        return f"{self.title}. {self.subtitle}."

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture, atomically; the end of the name says the format: .png, .svg, .pdf.

        Raises
        ------
        MpiError
            When the end of the name is another, or the file cannot be written.
        """
        from mpi.core.errors import RequestError

        kind = Path(path).suffix.lower().removeprefix(".")
        if kind not in _FORMATS:
            raise RequestError(f"a picture is written as .png, .svg or .pdf, not {Path(path).name!r}")
        data = self._bytes(kind)
        with atomic_path(path) as file:
            file.write_bytes(data)


_FORMATS = ("png", "svg", "pdf")
_METADATA: dict[str, dict[str, Any]] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}


def sheet(height: float, options: Drawing, *, columns: int = 1, **room: float) -> tuple[Any, list[Any]]:
    """Return a figure of 16 cm by `height` cm with room for title and source, or the axes that are given.

    Parameters
    ----------
    height : float
        In centimetres.
    options : Drawing
        Where ``ax`` is given, it is drawn on, without room made for words.
    columns : int
        The number of panels beside each other.
    **room : float
        ``top`` and ``bottom`` in centimetres; ``left``, ``right`` and ``gap`` as fractions.
    """
    ax = options.get("ax")
    if ax is not None:
        return ax.figure, [ax]
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    fig = Figure(figsize=(WIDTH, height * CM))
    FigureCanvasAgg(fig)
    axes = fig.subplots(1, columns, squeeze=False)
    space = {"top": 1.75, "bottom": 1.35, "left": 0.3, "right": 0.12, "gap": 0.5} | room
    fig.subplots_adjust(
        left=space["left"], right=1 - space["right"], top=1 - space["top"] / height, bottom=space["bottom"] / height,
        wspace=space["gap"],
    )  # fmt: skip
    return fig, list(axes[0])


def composed(
    fig: Any,
    axes: Sequence[Any],
    words: tuple[str, str, str],
    table: pd.DataFrame,
    kind: str,
    options: Drawing,
    key: Sequence[tuple[str, str, bool]] = (),
) -> Picture:
    """Write title, unit and source around the axes, and return the picture.

    On axes of the user's own the title stands above them, and nothing else is written.
    """
    title, subtitle, source = (
        options.get("title") or words[0], options.get("subtitle") or words[1], options.get("source") or words[2],
    )  # fmt: skip
    if options.get("ax") is not None:
        axes[0].set_title(title, loc="left", fontsize=9.5, fontweight="bold", color=INK)
        return Picture(fig, tuple(axes), title, subtitle, source, table, kind)
    renderer = fig.canvas.get_renderer()

    def wide(text: Any) -> float:
        """Return the width of a text as a share of the picture's."""
        return float(text.get_window_extent(renderer).width / fig.bbox.width)

    head = _fitted(fig, wide, title, (10.5, 9.0), fontweight="bold")
    unit = _fitted(fig, wide, subtitle, (8.5, 8.0), color=SECOND)
    more = [0.175 * head.get_text().count("\n"), 0.145 * unit.get_text().count("\n")]  # inches of second lines
    _make_taller(fig, sum(more))
    height = fig.get_figheight()
    head.set_y(1 - 0.06 / height)
    unit.set_y(1 - (0.30 + more[0]) / height)
    foot = fig.text(0.012, 0.06 / height, source, fontsize=8, color=THIRD, va="bottom", linespacing=1.25)
    if wide(foot) > _FULL:
        foot.set_text(_in_two(source, int(len(source) * _FULL / wide(foot))))
    at = 0.012
    line = 1 - (0.55 + sum(more)) / height
    for colour, phrase, filled in key:
        fig.text(at, line, "●" if filled else "○", color=colour, fontsize=9.5, va="center")
        at += 0.052 + wide(fig.text(at + 0.022, line, phrase, fontsize=8, color=SECOND, va="center"))
    labels = [label for ax in fig.axes for label in ax.get_yticklabels() if label.get_text()]
    first = min((label.get_window_extent(renderer).x0 for label in labels), default=99) / fig.bbox.width
    fig.subplots_adjust(left=fig.subplotpars.left + max(0.0, 0.012 - first))  # no name is cut off
    return Picture(fig, tuple(axes), title, subtitle, source, table, kind)


def _fitted(fig: Any, wide: Callable[[Any], float], text: str, sizes: tuple[float, float], **style: Any) -> Any:
    """Write a line at the top, in the smallest of two sizes at least; in two lines where it does not fit."""
    drawn = fig.text(0.012, 1, text, fontsize=sizes[0], va="top", linespacing=1.15, **style)
    while wide(drawn) > _FULL and drawn.get_fontsize() > sizes[1]:
        drawn.set_fontsize(drawn.get_fontsize() - 0.25)
    if wide(drawn) > _FULL:
        drawn.set_fontsize(sizes[0])
        drawn.set_text(_in_two(text, int(len(text) * _FULL / wide(drawn))))
    return drawn


def _make_taller(fig: Any, more: float) -> None:
    """Add room at the top, in inches; the axes keep their size and their distance from the foot."""
    before, space = fig.get_figheight(), fig.subplotpars
    fig.set_figheight(before + more)
    fig.subplots_adjust(top=space.top * before / (before + more), bottom=space.bottom * before / (before + more))


_FULL = 0.976
"""The share of the picture's width that words may take."""


def _folded(text: str, most: int) -> str:
    """Return a text cut to a length at a word, with dots: the full one stands in the picture's `title`."""
    return text if len(text) <= most else text[: most - 1].rsplit(" ", 1)[0].rstrip(",;:") + " …"


def _in_two(text: str, most: int) -> str:
    """Return a text in two lines of a length at most, cut at words."""
    head = text[: most + 1].rsplit(" ", 1)[0]
    return f"{head}\n{_folded(text[len(head) :].strip(), most)}"


def interval(ax: Any, y: float, mark: Mark, colour: str, *, size: float = 5.5, width: float = 1.6) -> None:
    """Draw an estimate with its interval: dashed and hollow with caution, a diamond for nobody; nothing else."""
    if mark.standing == "zero":
        ax.plot(mark.value, y, marker="D", ms=size - 1, mfc=PAPER, mec=colour, mew=1, clip_on=False, zorder=4)
    elif mark.drawn:
        doubt = mark.standing == "caution"
        ax.plot([mark.low, mark.high], [y, y], color=colour, lw=width, ls=(0, (3, 2)) if doubt else "-", zorder=3)
        ax.plot(
            mark.value, y, marker="o", ms=size, mfc=PAPER if doubt else colour, mec=colour, mew=1.2, zorder=4,
            clip_on=False,
        )  # fmt: skip


def cell(ax: Any, x: float, y: float, text: str, colour: str, **style: Any) -> None:
    """Draw a cell of a grid: its colour, and its figure in the ink that is read best."""
    from matplotlib.patches import Rectangle

    ax.add_patch(Rectangle((x, y), 1, 1, fc=colour, ec=PAPER, lw=1.5))
    ink = style.pop("color", None) or ink_on(colour)
    ax.text(x + 0.5, y + 0.5, text, ha="center", va="center", color=ink, **style)


def hatched(ax: Any, x: float, y: float) -> None:
    """Draw a cell that is not shown."""
    from matplotlib.patches import Rectangle

    ax.add_patch(Rectangle((x + 0.03, y + 0.03), 0.94, 0.94, fc=PAPER, ec=RULE, hatch="////", lw=0.5))


def per_cent(ax: Any, axis: str = "x") -> None:
    """Write per cent at the first tick only."""
    chosen = ax.xaxis if axis == "x" else ax.yaxis
    chosen.set_major_formatter(lambda v, _: f"{v:g}%" if v == 0 else f"{v:g}")


def spread(places: Sequence[float], gap: float) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Move labels apart by at least `gap`, keeping their order and staying near their places.

    Examples
    --------
    >>> spread([1.0, 1.0, 5.0], 2.0).round(1).tolist()
    [0.0, 2.0, 5.0]
    """
    order = np.argsort(places, kind="stable")
    at = np.array(places, dtype=float)[order]
    for _ in range(300):
        short = np.maximum(0, gap - np.diff(at)) / 2
        at[:-1] -= short
        at[1:] += short
    out: np.ndarray[Any, np.dtype[np.float64]] = at[np.argsort(order)]
    return out


def halo() -> list[Any]:
    """Return the effect that keeps a text legible on lines."""
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=2.5, foreground=PAPER)]
