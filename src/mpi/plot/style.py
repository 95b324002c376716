"""Colours, faces and sizes of pictures: one blue for what is measured, grey for the past, orange for one thing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

__all__ = [
    "BOUNDS", "CM", "DIMENSIONS", "DIVERGING", "INK", "MARK", "MONEY", "NOW", "PAPER", "RANKS", "RULE", "SECOND",
    "SEQUENTIAL", "THEN", "THIRD", "WIDTH", "class_of", "ink_on", "styled",
]  # fmt: skip

CM = 1 / 2.54
WIDTH = 16 * CM
"""The width of a column of text on A4, in inches."""

INK, SECOND, THIRD, RULE, PAPER = "#171d22", "#4a545c", "#5f6971", "#d5dade", "#ffffff"
NOW, THEN, MARK, MONEY = "#0d5c75", "#7d8891", "#b0440c", "#c08a1e"
"""The latest round or a fall; the earlier round or what may be none; one thing to look at or a rise; income."""

DIMENSIONS = ("#7f344c", "#f5c039", "#944c06", "#76b3c4", "#2050a8", "#c8d7bc")
"""Dark and light in turn, so that neighbours part in grey and for the colour-blind (least Delta E 20.7)."""

SEQUENTIAL = ("#e8f3f6", "#b9d7e0", "#86b7c6", "#4e95aa", "#277087", "#0f4a5e")
DIVERGING = ("#0f4a5e", "#4e95aa", "#b9d7e0", "#f1f1ee", "#efc3a5", "#d38250", "#a4471b")
"""From fall to rise; the middle holds what is not beyond error."""

BOUNDS, RANKS = (2.0, 5.0, 10.0, 20.0, 40.0), (5.0, 20.0, 40.0, 60.0, 80.0)
"""Where the classes of rates, and of chances of a rank, part; in per cent, the same in every picture."""

_STYLE: dict[str, Any] = {
    "font.family": ["Segoe UI", "Roboto", "Noto Sans", "Arial", "DejaVu Sans"],  # all with Vietnamese; the last ships
    "font.size": 8.5, "text.color": INK, "legend.frameon": False, "legend.fontsize": 8,
    "axes.labelcolor": SECOND, "axes.labelsize": 8.5, "axes.edgecolor": THIRD, "axes.linewidth": 0.6,
    "axes.spines.top": False, "axes.spines.right": False, "axes.spines.left": False,
    "axes.grid": False, "axes.axisbelow": True, "axes.unicode_minus": True,
    "grid.color": RULE, "grid.linewidth": 0.6, "hatch.linewidth": 0.5,
    "lines.linewidth": 1.5, "lines.solid_capstyle": "butt",
    "xtick.color": SECOND, "xtick.labelsize": 8, "xtick.major.size": 0,
    "ytick.color": INK, "ytick.labelsize": 8.5, "ytick.major.size": 0,
    "figure.facecolor": PAPER, "savefig.facecolor": PAPER, "savefig.dpi": 200,
    "pdf.fonttype": 42, "svg.fonttype": "none",
}  # fmt: skip


def styled() -> AbstractContextManager[None]:
    """Return a context in which matplotlib draws in this style; it changes nothing outside.

    Raises
    ------
    MpiError
        When matplotlib is not installed.
    """
    from mpi.core.errors import MissingLibraryError

    try:
        import matplotlib as mpl
    except ImportError:
        raise MissingLibraryError(
            "pictures need matplotlib, which is not installed; pip install 'mpi-poverty[plot]' installs it"
        ) from None
    from matplotlib.font_manager import get_font_names

    there = {*get_font_names()}
    faces = [face for face in _STYLE["font.family"] if face in there]
    settings: Any = {**_STYLE, "font.family": faces or ["sans-serif"]}
    return mpl.rc_context(settings)


def class_of(per_cent: float, bounds: tuple[float, ...] = BOUNDS) -> str:
    """Return the colour of a rate, in six classes.

    Examples
    --------
    >>> class_of(1.0) == SEQUENTIAL[0], class_of(40.0) == SEQUENTIAL[5]
    (True, True)
    """
    return SEQUENTIAL[int(np.searchsorted(bounds, per_cent, side="right"))]


def ink_on(colour: str) -> str:
    """Return black or white, whichever is read better on a colour.

    Examples
    --------
    >>> ink_on("#ffffff") == INK, ink_on("#0f4a5e") == PAPER
    (True, True)
    """
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ np.array([0.2126, 0.7152, 0.0722])
    return INK if (linear + 0.05) / 0.058 > 1.05 / (linear + 0.05) else PAPER
