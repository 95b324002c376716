"""Styles of numbers, counts and labels on a sheet to publish; each is made once."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from mpi.tables.excel_blocks import ERROR
from mpi.tables.status import PLAIN
from mpi.tables.xlsx_styles import INK, INK2, CellStyle, Edge

if TYPE_CHECKING:
    from mpi.tables.excel_pages import NumberFormat

__all__ = ["CellPosition", "Sign", "count_style", "label_style", "number_style"]

Sign = Literal["shown", "none"]
"""Whether a number has a sign: one that is rounded to 0 has none."""


class CellPosition(NamedTuple):
    """The position of a number that its style depends on: a column with marks, a row of the whole, the line below."""

    marked: bool
    bold: bool
    edge: Edge


@cache
def number_style(
    kind: str, look: NumberFormat, marks: tuple[str | None, str], place: CellPosition, sign: Sign
) -> CellStyle:
    """Return how a number looks: its decimals, its sign, the letter of its flag, and room for one beside others.

    `marks` are that letter, and what a scheme puts around an estimate: ``({})``.
    """
    mark, form = marks
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
    return CellStyle(form, bold=place.bold and estimate, colour=colour, horizontal="right", bottom=place.edge)


@cache
def count_style(edge: Edge) -> CellStyle:
    """Return how a number of cases looks."""
    return CellStyle("#,##0", colour=INK2, horizontal="right", bottom=edge)


@cache
def label_style(colour: str, edge: Edge, weight: str) -> CellStyle:
    """Return how the label of a row looks."""
    return CellStyle(colour=colour, bold=bool(weight), horizontal="left", wrap=True, bottom=edge)
