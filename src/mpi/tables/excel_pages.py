"""Pages of a workbook: figures of one disaggregation, laid out so that they take the least paper."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mpi.tables.layout import CODE, Grid, grid, heading, part_of
from mpi.tables.text import decimals_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from mpi.tables.estimates_like import EstimatesLike
    from mpi.tables.layout import Place

__all__ = ["NumberFormat", "Page", "PageTable", "pages", "tables"]

_BY_INDICATOR = frozenset({"uncensored_headcount", "censored_headcount", "contribution", "contribution_share"})
_BOUNDS = ("lower_bound", "upper_bound")
_TOTAL = "total"


class NumberFormat(NamedTuple):
    """The unit and the decimals of a printed number."""

    unit: str
    decimals: int


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """Some figures of one disaggregation.

    Attributes
    ----------
    by : str or None
        The disaggregation.
    end : str
        What tells them from others of the disaggregation.
    layout : Grid
        What stands where: groups in rows.
    spread : Grid or None
        The same with indicators in rows, where they are figures of indicators.
    """

    by: str | None
    end: str
    layout: Grid
    spread: Grid | None

    @property
    def title(self) -> str:
        """The title of the page, by the label of the column of groups where it has one."""
        return heading(self.by, self.layout.est.titles)

    @property
    def name(self) -> str:
        """The same by the name of the column, which is short."""
        return heading(self.by)

    @property
    def est(self) -> EstimatesLike:
        """The estimates to whose positions the cells point."""
        return self.layout.est if self.spread is None else self.spread.est


@dataclass(frozen=True, slots=True, eq=False)
class PageTable:
    """Figures laid out one way.

    Attributes
    ----------
    names : tuple of str
        What stands above the labels of rows.
    rows : list of tuple
        The labels of each row.
    heads : list of (str, str)
        What each column is: of what it is one, if of several, and its own name.
    cell : ndarray of int, shape (rows, columns)
        The position of each number in the estimates; -1 where there is none.
    look : list of list of NumberFormat
        How each is shown.
    bold : list of bool
        Which rows are of the whole.
    cases : list of float, or None
        The unweighted cases of each row.
    under : list of float, or None
        The unweighted cases of each column.
    """

    names: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    heads: list[tuple[str, str]]
    cell: NDArray[np.int64]
    look: list[list[NumberFormat]]
    bold: list[bool]
    cases: list[float] | None = None
    under: list[float] | None = None


def pages(layout: Grid, options: Mapping[str, Any]) -> Iterator[Page]:
    """Part a layout by disaggregation, and each of them into main figures, those of indicators, and bounds of both.

    Figures that are bounds alone are main figures. The whole stands in the first row of each.
    """
    names = [row[0] for row in layout.rows]
    bounds = _bounds(layout)
    apart = layout.names[-1] != "indicator"  # where indicators stand in rows, one page holds them all
    indicators = np.array([c.statistic in _BY_INDICATOR for c in layout.columns]) & ~bounds & apart
    kinds = (("", ~indicators & ~bounds), (", indicators", indicators), (", bounds", bounds))
    for by in dict.fromkeys(names):
        own = [n == by for n in names]
        parts = [(end, kind, part_of(layout, own, kind.tolist())) for end, kind in kinds]
        there = [(end, kind, part) for end, kind, part in parts if part.columns]
        for i, (end, kind, part) in enumerate(there):
            shown = _below_the_whole(layout, part, own, kind)
            spread = _spread(shown, options) if end == ", indicators" else None
            yield Page(by, end if i else "", shown, spread)


def _below_the_whole(layout: Grid, part: Grid, own: Sequence[bool], kind: NDArray[np.bool_]) -> Grid:
    """Put the whole above its groups, where it was estimated, in the columns that these have."""
    whole = [row[0] == _TOTAL for row in layout.rows]
    if not any(whole) or any(w and o for w, o in zip(whole, own, strict=True)):
        return part
    if part.rows[0][0] not in layout.est.codes:
        return part  # no groups of the data: key figures, contrasts
    labels = {c.label for c in part.columns}
    columns = kind & np.array([c.label in labels for c in layout.columns])
    return part_of(layout, [w or o for w, o in zip(whole, own, strict=True)], columns.tolist())


def _bounds(layout: Grid) -> NDArray[np.bool_]:
    """Say which columns are bounds of others."""
    contrasts = layout.est.keys["contrast"]
    found = np.array([contrasts.at(int(rows.max())) in _BOUNDS for rows in layout.cell.T], dtype=bool)
    return found & ~found.all()


def _spread(part: Grid, options: Mapping[str, Any]) -> Grid:
    """Lay the same figures out with indicators in rows."""
    kept = {k: v for k, v in options.items() if k in {"percent", "labels", "rounds", "codes"}}
    return grid(part.est, indicators="rows", **kept)


# --- ways to lay figures out --------------------------------------------------------------------------------------


def tables(page: Page, decimals: int | None, place: Place | None) -> list[PageTable]:
    """Return the ways to lay a page out: groups in rows first, then groups in columns.

    Parameters
    ----------
    page : Page
        The figures.
    decimals : int or None
        The decimals that were asked for.
    place : {"columns", "rows"} or None
        Where indicators were asked to stand.
    """
    layout = page.layout
    looks = _looks(layout, decimals)
    cases = _cases(layout)
    bold = [row[0] == _TOTAL for row in layout.rows]
    if page.spread is None:
        heads = [("", join_units(c.label)) for c in layout.columns]
        rows = [_label(r) for r in layout.rows]
        plain = PageTable(_names(layout), rows, heads, layout.cell, [looks] * len(layout.rows),
                      bold, cases=cases)  # fmt: skip
        if layout.names[-1] == "indicator":
            return [plain]
        return [plain, _turned(layout, plain, cases)]
    found = _by_indicator(page.spread, decimals)
    return [found[0]] if place == "columns" else [found[1]] if place == "rows" else found


def join_units(label: str) -> str:
    r"""Keep a unit with the word before it, and a cutoff with its name, where a head is broken into lines.

    Examples
    --------
    >>> join_units("H, k = 1/3, %")
    'H, k\xa0=\xa01/3,\xa0%'
    """
    return re.sub(r", (%|pp)$", ",\u00a0\\1", label).replace("k = ", "k\u00a0=\u00a0")


def _looks(layout: Grid, decimals: int | None) -> list[NumberFormat]:
    return [NumberFormat(c.unit, decimals_of(layout, j, decimals)) for j, c in enumerate(layout.columns)]


def _cases(layout: Grid) -> list[float]:
    """Return the most cases that a figure of each row rests on: those of the group, where it has a headcount."""
    return _most(layout.est, layout.cell, 1)


def _most(est: EstimatesLike, cell: NDArray[np.int64], axis: int | tuple[int, ...]) -> list[float]:
    """Return the most cases along some axes; NaN where nothing is shown of them."""
    n = np.append(np.nan_to_num(est.n), 0.0)[cell]  # a cell of -1 finds the 0 at the end
    most = n.max(axis=axis, initial=0.0)
    if est.status is not None:
        hidden = np.append(est.status.hidden, False)[cell].any(axis=axis)  # a value, no argument
        most = np.where(hidden & (most == 0), np.nan, most)
    found: list[float] = most.tolist()
    return found


def _names(layout: Grid) -> tuple[str, ...]:
    """Return what stands above the labels of rows: the column by which groups are made instead of "group"."""
    own = [row[0] for row in layout.rows if row[0] != _TOTAL]
    by = str(own[0]) if own and own[0] is not None and own[0] in layout.est.codes else "group"
    shown = {"group": layout.est.titles.get(by, by), CODE: "code"}
    return tuple(shown.get(name, name) for name in layout.names[1:])


def _label(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the labels of a row, without its disaggregation."""
    return ("Total" if row[0] == row[1] == _TOTAL else row[1], *row[2:])


def _turned(layout: Grid, plain: PageTable, cases: Sequence[float]) -> PageTable:
    """Put groups in columns, and figures in rows."""
    heads = _heads_of(layout)
    rows: list[tuple[Any, ...]] = [(c.label,) for c in layout.columns]
    look = [[one] * len(heads) for one in plain.look[0]]
    return PageTable(("",), rows, heads, plain.cell.T, look, [False] * len(rows), under=list(cases))


def _heads_of(layout: Grid) -> list[tuple[str, str]]:
    """Name the groups of rows for the heads of columns: those of several rounds as one."""
    found = []
    for row in layout.rows:
        group, *more = _label(row)
        told = [str(v) for v in more if v is not None]
        found.append((str(group), told[-1]) if "wave" in layout.names and told else ("", " ".join([str(group), *told])))
    return found


def _by_indicator(spread: Grid, decimals: int | None) -> list[PageTable]:
    """Lay figures of indicators out: groups in rows, and indicators in rows."""
    looks = _looks(spread, decimals)
    groups = list(dict.fromkeys(row[:-1] for row in spread.rows))
    indicators = list(dict.fromkeys(row[-1] for row in spread.rows))
    count = len(spread.columns)
    cell = np.full((len(groups), len(indicators), count), -1, dtype=np.int64)
    place = [(groups.index(r[:-1]), indicators.index(r[-1])) for r in spread.rows]
    g, i = np.array(place, dtype=np.int64).reshape(-1, 2).T
    cell[g, i] = spread.cell
    of_groups = replace(spread, rows=groups, names=spread.names[:-1])
    cases = _most(spread.est, cell, (1, 2))
    across = [(s, k) for s in range(count) for k in range(len(indicators)) if (cell[:, k, s] >= 0).any()]
    labels = [join_units(c.label) for c in spread.columns]
    in_rows = PageTable(
        _names(of_groups), [_label(r) for r in groups], [(labels[s], str(indicators[k])) for s, k in across],
        np.stack([cell[:, k, s] for s, k in across], axis=1), [[looks[s] for s, _ in across]] * len(groups),
        [r[0] == _TOTAL for r in groups], cases=cases,
    )  # fmt: skip
    down = [(s, k) for s in range(count) for k in range(len(groups)) if (cell[k, :, s] >= 0).any()]
    heads = [" ".join(filter(None, h)) for h in _heads_of(of_groups)]
    turned = PageTable(
        ("indicator",), [(i,) for i in indicators],
        [("", labels[s]) if len(groups) == 1 else (labels[s], heads[k]) for s, k in down],
        np.stack([cell[k, :, s] for s, k in down], axis=1), [[looks[s] for s, _ in down]] * len(indicators),
        [False] * len(indicators), under=[cases[k] for _, k in down],
    )  # fmt: skip
    return [in_rows, turned]
