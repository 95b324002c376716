"""The parts of an .xlsx file: sheets of styled cells, and how they are printed, as Office Open XML.

Written by hand, since the libraries lose what matters here: openpyxl and XlsxWriter write 16 digits of a float, whose
last bit is then lost, and take many times as long.
"""

from __future__ import annotations

import io
import math
import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from mpi.tables.keys import Coded
from mpi.tables.typeset import text_width
from mpi.tables.xlsx_styles import HEAD, MAIN, CellStyle, Styles, escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["Sheet", "clean", "formula_like", "letter", "xlsx"]

_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_LONGEST, _FOOT = 32_767, 110  # characters of a cell, and of a line in the foot, whose parts may have 255
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_BORN = (1980, 1, 1, 0, 0, 0)  # no time in the file: the same estimates give the same bytes


@dataclass(slots=True, eq=False)
class Sheet:
    """A sheet that is being filled.

    Attributes
    ----------
    title : str
        Its name: one that Excel allows, and no other sheet has.
    cells : dict of row to dict of column to (value, Style)
        What stands where; rows and columns count from 1.
    widths : dict of column to float
        The widths of columns in characters.
    heights : dict of row to float
        The heights of rows in points, where they are not 15.
    merged : list of str
        Ranges that are one cell, such as ``A9:F9``.
    links : dict of str to str
        Cells that lead to a place in the workbook.
    below : sequence of columns
        The columns of rows of plain values that follow, each a list of numbers, or texts held as codes.
    frozen : (int, int) or None
        The first row and column that move.
    landscape : bool
        Whether it is printed across.
    repeated : (int, int) or None
        The first and last row that are printed on each page.
    area : str or None
        What is printed; all by default.
    filtered : str or None
        The range that has filters.
    foot : (str, str)
        What stands at the left of the foot of each page, in two lines.
    """

    title: str
    cells: dict[int, dict[int, tuple[Any, CellStyle]]] = field(default_factory=dict)
    widths: dict[int, float] = field(default_factory=dict)
    heights: dict[int, float] = field(default_factory=dict)
    merged: list[str] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    below: Sequence[Coded | Sequence[float]] = ()
    frozen: tuple[int, int] | None = None
    landscape: bool = False
    repeated: tuple[int, int] | None = None
    area: str | None = None
    filtered: str | None = None
    foot: tuple[str, str] = ("", "")

    def put(self, row: int, column: int, value: Any, style: CellStyle) -> None:
        """Fill a cell: numbers as numbers, missing ones as nothing, text as text and never as a formula."""
        self.cells.setdefault(row, {})[column] = (value, style)


@cache
def letter(column: int) -> str:
    """Return the letters of a column.

    Examples
    --------
    >>> letter(1), letter(27), letter(703)
    ('A', 'AA', 'AAA')
    """
    before, last = divmod(column - 1, 26)
    return (letter(before) if before else "") + chr(ord("A") + last)


def clean(value: Any) -> str:
    r"""Return a value as text without the characters that Excel forbids.

    Examples
    --------
    >>> clean("a\x00b")
    'a\ufffdb'
    """
    return _FORBIDDEN.sub("\ufffd", str(value))[:_LONGEST]


def formula_like(text: str) -> bool:
    """Say whether Excel would make a formula of a text that somebody edits."""
    return text.startswith(("=", "+", "-", "@"))


def xlsx(sheets: Sequence[Sheet], creator: str) -> bytes:
    """Return the contents of an .xlsx file; the same sheets give the same bytes.

    Parameters
    ----------
    sheets : sequence of Sheet
        The sheets, at least one.
    creator : str
        What the properties of the file name as its author.
    """
    styles = Styles()
    made = [_sheet(sheet, styles, first=i == 0) for i, sheet in enumerate(sheets)]
    parts = {
        "[Content_Types].xml": _content_types(len(sheets)),
        "_rels/.rels": _relations({
            f"{_OFFICE}/officeDocument": "xl/workbook.xml",
            f"{_PACKAGE}/relationships/metadata/core-properties": "docProps/core.xml",
        }),
        "docProps/core.xml": _core(creator),
        "xl/workbook.xml": _book(sheets),
        "xl/_rels/workbook.xml.rels": _relations(
            {f"{_OFFICE}/worksheet#{i}": f"worksheets/sheet{i}.xml" for i in range(1, len(sheets) + 1)}
            | {f"{_OFFICE}/styles": "styles.xml"}
        ),
        "xl/styles.xml": styles.xml(),
        **{f"xl/worksheets/sheet{i}.xml": text for i, text in enumerate(made, 1)},
    }  # fmt: skip
    contents = io.BytesIO()
    with ZipFile(contents, "w") as archive:
        for path, text in parts.items():
            info = ZipInfo(path, _BORN)
            info.compress_type = ZIP_DEFLATED
            archive.writestr(info, text.encode(), compresslevel=_COMPRESSION)
    return contents.getvalue()


_COMPRESSION = 2


# --- a sheet ------------------------------------------------------------------------------------------------------


def _sheet(sheet: Sheet, styles: Styles, *, first: bool) -> str:
    """Return a sheet; the elements stand in the order that the format prescribes."""
    rows = [*_rows(sheet, styles), *_plain(sheet, styles)]
    margins = 'left="0.55" right="0.55" top="0.6" bottom="0.75" header="0.3" footer="0.35"'
    way = "landscape" if sheet.landscape else "portrait"
    merged = "".join(f'<mergeCell ref="{r}"/>' for r in sheet.merged)
    links = "".join(f'<hyperlink ref="{c}" location="{escape(p)}"/>' for c, p in sheet.links.items())
    cols = "".join(f'<col min="{c}" max="{c}" width="{w:g}" customWidth="1"/>' for c, w in sorted(sheet.widths.items()))
    return "".join([
        f'{HEAD}<worksheet xmlns="{MAIN}" xmlns:r="{_OFFICE}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>',
        f'<dimension ref="A1:{_corner(sheet)}"/>{_view(sheet, first=first)}',
        '<sheetFormatPr defaultRowHeight="15" customHeight="1"/>',
        f"<cols>{cols}</cols>" if cols else "",
        "<sheetData>", *rows, "</sheetData>",
        f'<autoFilter ref="{sheet.filtered}"/>' if sheet.filtered else "",
        f'<mergeCells count="{len(sheet.merged)}">{merged}</mergeCells>' if merged else "",
        f"<hyperlinks>{links}</hyperlinks>" if links else "",
        f'<pageMargins {margins}/><pageSetup paperSize="9" fitToHeight="0" orientation="{way}"/>',
        f'<headerFooter scaleWithDoc="0">{_foot(sheet)}</headerFooter></worksheet>',
    ])  # fmt: skip


def _corner(sheet: Sheet) -> str:
    wide = max((c for row in sheet.cells.values() for c in row), default=1)
    return f"{letter(wide)}{max(sheet.cells, default=1) + _length(sheet)}"


def _length(sheet: Sheet) -> int:
    """Return how many rows of plain values follow."""
    first = next(iter(sheet.below), ())
    return len(first.index if isinstance(first, Coded) else first)


def _view(sheet: Sheet, *, first: bool) -> str:
    """Return how the sheet is shown: without a grid, and what stays in place when somebody scrolls."""
    chosen = ' tabSelected="1"' if first else ""
    start = f'<sheetViews><sheetView showGridLines="0"{chosen} workbookViewId="0"'
    if sheet.frozen is None:
        return f"{start}/></sheetViews>"
    row, column = sheet.frozen
    splits = (f' xSplit="{column - 1}"' if column > 1 else "") + (f' ySplit="{row - 1}"' if row > 1 else "")
    pane = "bottomRight" if column > 1 and row > 1 else "bottomLeft" if row > 1 else "topRight"
    place = f'<pane{splits} topLeftCell="{letter(column)}{row}" activePane="{pane}" state="frozen"/>'
    return f'{start}>{place}<selection pane="{pane}"/></sheetView></sheetViews>'


def _rows(sheet: Sheet, styles: Styles) -> Iterator[str]:
    """Yield the rows of styled cells."""
    for number in sorted(sheet.cells.keys() | sheet.heights.keys()):
        height = sheet.heights.get(number)
        ht = "" if height is None else f' ht="{height:g}" customHeight="1"'
        cells = sorted(sheet.cells.get(number, {}).items())
        made = [f'<c r="{letter(c)}{number}"{_content(v, s, styles)}' for c, (v, s) in cells]
        yield f'<row r="{number}"{ht}>{"".join(made)}</row>'


def _content(value: Any, style: CellStyle, styles: Styles) -> str:
    """Return the rest of a cell."""
    if isinstance(value, (int, float)):
        if math.isfinite(value):
            return f' s="{styles.number(style)}"><v>{value!r}</v></c>'  # all digits
        value = None if math.isnan(value) else value
    if value is None:
        return f' s="{styles.number(style)}"/>'
    text = clean(value)
    return f' s="{styles.number(style, quote=formula_like(text))}"{_inline(text)}'


def _plain(sheet: Sheet, styles: Styles) -> Iterator[str]:
    """Yield rows of plain values, nothing where one is missing; each text is made once."""
    first, style = max(sheet.cells, default=0) + 1, CellStyle()
    number, quoted = styles.number(style), styles.number(style, quote=True)

    def cell(value: Any) -> str:
        """Return the XML of one cell after its address."""
        if isinstance(value, (int, float)) and math.isfinite(value):
            return f'" s="{number}"><v>{value!r}</v></c>'
        text = clean(value)
        return f'" s="{quoted if formula_like(text) else number}"{_inline(text)}'

    made: list[list[str]] = []
    numbers = [str(i) for i in range(first, first + _length(sheet))]
    for c, column in enumerate(sheet.below, 1):
        start = f'<c r="{letter(c)}'
        if isinstance(column, Coded):
            texts = ["" if v is None or v != v else cell(v) for v in (*column.values, None)]  # noqa: PLR0124  # NaN
            cells = [texts[code] for code in column.index.tolist()]
        else:
            rest = f'" s="{number}"><v>'
            cells = [f"{rest}{v!r}</v></c>" if math.isfinite(v) else "" if v != v else cell(v) for v in column]  # noqa: PLR0124  # NaN
        made.append([f"{start}{i}{cell}" if cell else "" for i, cell in zip(numbers, cells, strict=True)])
    for i, row in zip(numbers, zip(*made, strict=True), strict=True):
        yield f'<row r="{i}">{"".join(row)}</row>'


def _inline(text: str) -> str:
    """Return the rest of a cell with a text in it."""
    space = ' xml:space="preserve"' if text != text.strip() or "\n" in text else ""
    return f' t="inlineStr"><is><t{space}>{escape(text)}</t></is></c>'


def _foot(sheet: Sheet) -> str:
    """Return the foot: two lines at the left, the sheet and the number of the page at the right."""
    page = 1016 if sheet.landscape else 687  # pixels
    rooms = page - text_width(f"{sheet.title}   99 / 99", size=9) - 30, page - 30
    lines = [_cut(clean(" ".join(text.split())), room) for text, room in zip(sheet.foot, rooms, strict=True)]
    left = "\n".join(line.replace("&", "&&") for line in lines)
    digits = " " if left[:1].isdigit() else ""  # else the size would swallow them
    return f"<oddFooter>{escape(f'&L&9{digits}{left}&R&9&A   &P / &N')}</oddFooter>"


def _cut(text: str, room: float) -> str:
    """Cut a text to a width in the foot, and to what Excel takes."""
    if text_width(text, size=9) <= room and len(text) <= _FOOT:
        return text
    text = text[:_FOOT]
    while text and text_width(text + "…", size=9) > room:
        text = text[:-1]
    return text + "…"


# --- the parts beside the sheets ----------------------------------------------------------------------------------


def _content_types(count: int) -> str:
    made = {"xl/workbook": "sheet.main", "xl/styles": "styles"}
    made |= {f"xl/worksheets/sheet{i}": "worksheet" for i in range(1, count + 1)}
    own = "".join(f'<Override PartName="/{p}.xml" ContentType="{_TYPES}.{kind}+xml"/>' for p, kind in made.items())
    kinds = "application/vnd.openxmlformats-package"
    return (
        f'{HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="{kinds}.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{own}'
        f'<Override PartName="/docProps/core.xml" ContentType="{kinds}.core-properties+xml"/></Types>'
    )


def _relations(targets: dict[str, str]) -> str:
    """Return relations by their kind; what follows a # only parts equal kinds."""
    made = "".join(
        f'<Relationship Id="rId{i}" Type="{kind.partition("#")[0]}" Target="{target}"/>'
        for i, (kind, target) in enumerate(targets.items(), 1)
    )
    return f'{HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{made}</Relationships>'


def _core(creator: str) -> str:
    return (
        f'{HEAD}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>{escape(creator)}</dc:creator></cp:coreProperties>'
    )


def _book(sheets: Sequence[Sheet]) -> str:
    """Return the list of sheets, and what of each is printed and repeated."""
    listed = "".join(f'<sheet name="{escape(s.title)}" sheetId="{i}" r:id="rId{i}"/>' for i, s in enumerate(sheets, 1))
    names = "".join(_names(sheets))
    return (
        f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{_OFFICE}"><bookViews><workbookView/></bookViews>'
        f"<sheets>{listed}</sheets>{f'<definedNames>{names}</definedNames>' if names else ''}</workbook>"
    )


def _names(sheets: Iterable[Sheet]) -> Iterator[str]:
    for i, sheet in enumerate(sheets):
        title = "'" + sheet.title.replace("'", "''") + "'"
        found: dict[str, str] = {}
        if sheet.filtered:
            found["_xlnm._FilterDatabase"] = f"{title}!{_fixed(sheet.filtered)}"
        if sheet.area:
            found["_xlnm.Print_Area"] = f"{title}!{_fixed(sheet.area)}"
        if sheet.repeated:
            found["_xlnm.Print_Titles"] = f"{title}!${sheet.repeated[0]}:${sheet.repeated[1]}"
        for name, place in found.items():
            hidden = ' hidden="1"' if name.endswith("FilterDatabase") else ""
            yield f'<definedName name="{name}" localSheetId="{i}"{hidden}>{escape(place)}</definedName>'


def _fixed(cells: str) -> str:
    """Return a range that does not move: ``$A$1:$F$9``."""
    return re.sub(r"([A-Z]+)([0-9]+)", r"$\1$\2", cells)
