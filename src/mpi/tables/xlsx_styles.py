"""Styles of cells in an .xlsx file, numbered as they are first used."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["HEAD", "INK", "INK2", "INK3", "MAIN", "RULE", "CellStyle", "Edge", "Styles", "escape"]

HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
"""How each part of the file begins, and the vocabulary of sheets."""

INK, INK2, INK3, RULE = "171D22", "4A545C", "5F6971", "D5DADE"
"""Text, second text, small text; lines between rows."""

Edge = tuple[str, str]
"""A line at a cell: how thick (``hair``, ``thin``, ``medium``), and its colour."""


@dataclass(frozen=True, slots=True)
class CellStyle:
    """The style of a cell.

    Attributes
    ----------
    form : str
        The number format.
    bold, italic : bool
        The weight and slant of the font, Arial.
    size : int
        Its size in points.
    colour : str
        Its colour, as six hexadecimal digits.
    horizontal, vertical : str
        Where the text stands in the cell.
    wrap : bool
        Whether long text takes several lines.
    top, bottom : Edge or None
        The lines above and below the cell.
    quote : bool
        Whether the text stays text when somebody edits it.
    """

    form: str = "General"
    bold: bool = False
    italic: bool = False
    size: int = 10
    colour: str = INK
    horizontal: str = "general"
    vertical: str = "bottom"
    wrap: bool = False
    top: Edge | None = None
    bottom: Edge | None = None
    quote: bool = False


class Styles:
    """The styles that occur, numbered as they are met."""

    def __init__(self) -> None:
        self._found: dict[tuple[CellStyle, bool], int] = {}
        self._seen: dict[
            tuple[int, bool], tuple[int, CellStyle]
        ] = {}  # to hash a style takes longer than to write a cell
        self._fonts: dict[str, int] = {}
        self._edges: dict[str, int] = {}
        self._forms: dict[str, int] = {}
        self._made: list[str] = []
        self.number(CellStyle())

    def number(self, style: CellStyle, *, quote: bool = False) -> int:
        """Return the number of a style."""
        known = self._seen.get((id(style), quote))
        if known is not None:
            return known[0]
        key = (style, quote or style.quote)
        if key not in self._found:
            self._found[key] = len(self._made)
            self._made.append(self._format(*key))
        self._seen[id(style), quote] = self._found[key], style  # which lives on, so that no other has its id
        return self._found[key]

    def _format(self, style: CellStyle, quote: bool) -> str:  # noqa: FBT001  # of one caller
        weight = f"{'<b/>' * style.bold}{'<i/>' * style.italic}"
        looks = f'<sz val="{style.size}"/><color rgb="FF{style.colour}"/><name val="Arial"/><family val="2"/>'
        font = f"<font>{weight}{looks}</font>"
        lines = "".join(map(_edge, ("top", "bottom"), (style.top, style.bottom)))
        edge = f"<border><left/><right/>{lines}<diagonal/></border>"
        form = 0 if style.form == "General" else 164 + _numbered(self._forms, style.form)
        wrap = ' wrapText="1"' if style.wrap else ""
        place = f'horizontal="{style.horizontal}" vertical="{style.vertical}"{wrap}'
        ids = f'fontId="{_numbered(self._fonts, font)}" borderId="{_numbered(self._edges, edge)}"'
        more = ' quotePrefix="1"' if quote else ""
        applied = 'applyNumberFormat="1" applyFont="1" applyBorder="1" applyAlignment="1"'
        return f'<xf numFmtId="{form}" {ids} fillId="0" xfId="0"{more} {applied}><alignment {place}/></xf>'

    def xml(self) -> str:
        """Return the part of the file that holds them."""
        forms = "".join(f'<numFmt numFmtId="{164 + i}" formatCode="{escape(f)}"/>' for f, i in self._forms.items())
        return "".join([
            f'{HEAD}<styleSheet xmlns="{MAIN}">',
            f'<numFmts count="{len(self._forms)}">{forms}</numFmts>' if forms else "",
            f'<fonts count="{len(self._fonts)}">{"".join(self._fonts)}</fonts>',
            '<fills count="2"><fill><patternFill patternType="none"/></fill>',
            '<fill><patternFill patternType="gray125"/></fill></fills>',
            f'<borders count="{len(self._edges)}">{"".join(self._edges)}</borders>',
            '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>',
            f'<cellXfs count="{len(self._made)}">{"".join(self._made)}</cellXfs>',
            '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
        ])  # fmt: skip


def _numbered(numbers: dict[str, int], text: str) -> int:
    """Return the number of a text, a new one where it is met first."""
    return numbers.setdefault(text, len(numbers))


def _edge(side: str, edge: Edge | None) -> str:
    return f"<{side}/>" if edge is None else f'<{side} style="{edge[0]}"><color rgb="FF{edge[1]}"/></{side}>'


def escape(text: str) -> str:
    """Return a text as XML has it."""
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return plain.replace('"', "&quot;") if '"' in plain else plain
