"""Tables cut into blocks that are no wider than a page of A4 at a readable size."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mpi.tables.footnotes import without_error
from mpi.tables.typeset import lines_of, text_width, word_width

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mpi.tables.estimates_like import EstimatesLike
    from mpi.tables.excel_pages import NumberFormat, PageTable
    from mpi.tables.footnotes import Style

__all__ = ["BESIDE", "ERROR", "PORTRAIT", "Fitted", "SheetBlock", "fitted", "numbers_of", "words_above"]

ERROR = "(SE)"
"""What stands above standard errors, which have brackets."""

BESIDE: dict[Style, tuple[str, ...]] = {
    "se": (ERROR,), "interval": ("from", "to"), "both": (ERROR, "from", "to"), "estimate": (),
}  # fmt: skip
"""What stands beside an estimate."""

_SMALLEST = 0.8  # of 10 points: no text is printed below 8
_MILLIMETRE = 96 / 25.4
PORTRAIT, _LANDSCAPE = (182 * _MILLIMETRE / _SMALLEST * 0.998, 269 * _MILLIMETRE / _SMALLEST * 0.998)
"""The pixels of a page, upright and across, at the smallest size of print."""
_TALL, _LOW = 42, 28  # rows of a page
_LABELS = 0.45  # the share of a page that labels of rows may take
_LEAST, _GAP = 26.0, 6.0  # pixels of a column, and beside its text
_MARK, _BRACKETS, _DIGIT = 11.0, 9.0, 7.42  # pixels of the letter after a number, of brackets, and of a digit
_SLACK = 1.04  # fonts differ where Arial is absent
_HEAD, _LINES, _FEW_LINES = 5, 4, 2  # rows of a head, and lines of a label there and above labels of rows


@dataclass(frozen=True, slots=True)
class SheetBlock:
    """Some columns of a table that stand side by side.

    Attributes
    ----------
    columns : list of int
        Which of the table.
    widths : list of list of float
        The pixels of each: of its estimate, and of what stands beside it.
    """

    columns: list[int]
    widths: list[list[float]]


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A table as it is printed.

    Attributes
    ----------
    table : PageTable
        The figures.
    labels : list of float
        The pixels of the labels of rows, and of the cases of each.
    blocks : list of SheetBlock
        The blocks, one below another.
    stacked : int
        How many blocks are short enough to stand on one sheet, one below another.
    """

    table: PageTable
    labels: list[float]
    blocks: list[SheetBlock]
    stacked: int


def numbers_of(est: EstimatesLike, style: Style) -> list[NDArray[np.float64]]:
    """Return the estimates, and what stands beside them: NaN where there is nothing to show."""
    se = np.where(without_error(est), np.nan, est.se)
    low, high = est.conf_int() if style in {"interval", "both"} else (se, se)
    shown = {"se": (se,), "interval": (low, high), "both": (se, low, high), "estimate": ()}[style]
    return [est.value, *shown]


def words_above(table: PageTable, style: Style) -> tuple[str, ...]:
    """Return the words above the columns of a figure; where there is little room, none stands above the estimate."""
    return ("" if any(span for span, _ in table.heads) else "estimate", *BESIDE[style]) if BESIDE[style] else ("",)


def fitted(ways: Sequence[PageTable], numbers: Sequence[NDArray[np.float64]], style: Style) -> Fitted:
    """Lay figures out the way that takes the fewest blocks, and among these the fewest rows.

    Parameters
    ----------
    ways : sequence of PageTable
        The same figures, laid out in several ways.
    numbers : sequence of ndarray of float
        What `numbers_of` gives.
    style : {"se", "interval", "both", "estimate"}
        What stands beside an estimate.
    """
    first, *others = ways
    found = _fitted(first, numbers, style)
    for table in others:
        if len(found.blocks) > 1:
            other = _fitted(table, numbers, style)
            found = min(found, other, key=lambda f: (len(f.blocks), len(f.blocks) * (len(f.table.rows) + _HEAD)))
    return found


def _fitted(table: PageTable, numbers: Sequence[NDArray[np.float64]], style: Style) -> Fitted:
    words, beside = words_above(table, style), Counter(span for span, _ in table.heads)
    widths = [_widths(table, j, numbers, words, beside) for j in range(len(table.heads))]
    upright, across = (_blocks(table, widths, page) for page in (PORTRAIT, _LANDSCAPE))
    landscape = len(across) < len(upright)
    page = _LANDSCAPE if landscape else PORTRAIT
    blocks = across if landscape else upright
    stacked = min((_LOW if landscape else _TALL) // (len(table.rows) + _HEAD), len(blocks))
    if stacked > 1:  # one below another they have the same columns
        widest = [max(w) for w in zip(*widths, strict=True)]
        blocks = _blocks(table, [widest] * len(widths), page)
        stacked = min(stacked, len(blocks))
    return Fitted(table, _labels(table, page * _LABELS), blocks, max(stacked, 1))


def _blocks(table: PageTable, widths: Sequence[list[float]], page: float) -> list[SheetBlock]:
    room = page - sum(_labels(table, page * _LABELS))
    return [SheetBlock(columns, [widths[j] for j in columns]) for columns in _packed(table, [*map(sum, widths)], room)]


def _labels(table: PageTable, most: float) -> list[float]:
    """Return the widths of the labels of rows: what is longer than there is room takes several lines."""
    found: list[float] = []
    for k, name in enumerate(table.names):
        texts = ["" if row[k] is None else str(row[k]) for row in table.rows]
        wide = [text_width(t, bold=b) for t, b in zip(texts, table.bold, strict=True)]
        word = word_width(name, bold=True) + 2 * _GAP
        room = max(most - sum(found), word)
        head = _needed(name, word, _FEW_LINES, bold=True) + _GAP if " " in name else word
        found.append(min(max(max([*wide, _LEAST]) * _SLACK + _GAP, head), room))
    if table.cases is not None:
        found.append(max(text_width(f"{max(table.cases, default=0):,.0f}"), _LEAST) + _GAP)
    return found


def _widths(
    table: PageTable, j: int, numbers: Sequence[NDArray[np.float64]], words: Sequence[str], beside: Mapping[str, int]
) -> list[float]:
    """Return the widths of the columns of a figure: of their longest numbers, and of the words above them."""
    there = np.flatnonzero(table.cell[:, j] >= 0)
    rows, looks = table.cell[there, j], [table.look[i][j] for i in there.tolist()]
    kinds = [(look, rows[[k for k, other in enumerate(looks) if other == look]]) for look in dict.fromkeys(looks)]
    found: list[float] = []
    for values, word in zip(numbers, words, strict=True):
        longest = max((_longest(values[of], look) for look, of in kinds), default=0.0) + (0.0 if found else _MARK)
        longest += _BRACKETS if word == ERROR else 0.0
        found.append(max(longest, text_width(word), _LEAST) + _GAP)
    if table.under is not None:
        found[0] = max(found[0], text_width(f"{table.under[j]:,.0f}") + _MARK + _GAP)
    span, label = table.heads[j]
    below = min(beside[span], 2)  # no word of what stands above them is cut
    missing = max(_needed(label, sum(found), _LINES), word_width(span, bold=True) / below) + _GAP - sum(found)
    return [w + max(missing, 0.0) / len(found) for w in found]


def _longest(values: NDArray[np.float64], look: NumberFormat) -> float:
    """Return the width of the longest of some numbers that are shown alike."""
    there = values[~np.isnan(values)] * (1.0 if look.unit == "fraction" else 100.0)
    if not len(there):
        return _DIGIT
    signs = int((there < 0).any() or look.unit == "points")
    return (len(f"{np.abs(there).max():,.{look.decimals}f}") + signs) * _DIGIT


def _needed(label: str, width: float, lines: int, *, bold: bool = False) -> float:
    """Return the width at which a label has no broken word, and takes at most so many lines."""
    needed = max(width, word_width(label, bold=bold))
    while lines_of(label, needed, bold=bold) > lines:
        needed += _DIGIT
    return needed


def _packed(table: PageTable, widths: Sequence[float], room: float) -> list[list[int]]:
    """Part columns among as few blocks as there must be, where possible between figures of different kinds.

    A block with a part of one kind beside another kind counts as three. Of the ways with the fewest blocks it is the
    most even.
    """
    kinds = [_kind(table, j) for j in range(len(widths))]
    best: list[tuple[int, float, int]] = [(0, 0.0, 0)]
    for end in range(1, len(widths) + 1):
        ways, used, start = [], 0.0, end
        while start and (start == end or used + widths[start - 1] <= room):
            start -= 1
            used += widths[start]
            blocks, uneven, _ = best[start]
            parted = (start > 0 and kinds[start - 1] == kinds[start]) or (
                end < len(kinds) and kinds[end - 1] == kinds[end]
            )
            mixed = int(parted and kinds[start] != kinds[end - 1])
            ways.append((blocks + 1 + 2 * mixed, uneven + (room - used) ** 2, start))
        best.append(min(ways))
    out: list[list[int]] = []
    end = len(widths)
    while end:
        start = best[end][2]
        out.insert(0, list(range(start, end)))
        end = start
    return out


def _kind(table: PageTable, j: int) -> object:
    """Return what makes columns of one kind: the figure above them, or the unit of what stands in them."""
    look = next((table.look[i][j] for i, p in enumerate(table.cell[:, j].tolist()) if p >= 0), None)
    return table.heads[j][0] or (look and (look.unit, look.decimals))
