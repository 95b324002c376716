"""How numbers, counts and labels of a sheet to publish look; each style is made once."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from mpi.tables.excel_blocks import ERROR
from mpi.tables.status import PLAIN
from mpi.tables.xlsx_styles import INK, INK2, Edge, Style

if TYPE_CHECKING:
    from mpi.tables.excel_pages import Look

__all__ = ["Place", "Sign", "count_style", "label_style", "number_style"]

Sign = Literal["shown", "none"]
"""Whether a number has a sign: one that is rounded to 0 has none."""


class Place(NamedTuple):
    """Where a number stands: in a column with marks, in a row of the whole, above which line."""

    marked: bool
    bold: bool
    edge: Edge


@cache
def number_style(kind: str, look: Look, said: tuple[str | None, str], place: Place, sign: Sign) -> Style:
    """Return how a number looks: its decimals, its sign, the letter of its flag, and room for one beside others.

    `said` is that letter, and what a scheme puts around an estimate: ``({})``.
    """
    mark, form = said
    digits = ("#,##0" if look.unit == "fraction" else "0") + ("." + "0" * look.decimals if look.decimals else "")
    estimate = kind == "estimate"
    tail = f'" {mark}"' if estimate and mark else "_ _a" if estimate and place.marked else ""
    if kind == ERROR:
        form = f'"("{digits}")"'
    else:
        plus, minus = ("+" if look.unit == "points" else "", '"−"') if sign == "shown" else ("", "")
        before, after = (f'"{x}"' if x else "" for x in form.split(PLAIN)) if estimate and PLAIN in form else ("", "")
        tail = after + tail
        form = f"{before}{plus}{digits}{tail};{before}{minus}{digits}{tail};{before}{digits}{tail};@{tail}"
    colour = INK if estimate else INK2
    return Style(form, bold=place.bold and estimate, colour=colour, horizontal="right", bottom=place.edge)


@cache
def count_style(edge: Edge) -> Style:
    """Return how a number of cases looks."""
    return Style("#,##0", colour=INK2, horizontal="right", bottom=edge)


@cache
def label_style(colour: str, edge: Edge, weight: str) -> Style:
    """Return how the label of a row looks."""
    return Style(colour=colour, bold=bool(weight), horizontal="left", wrap=True, bottom=edge)
