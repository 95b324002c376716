"""Sums among the rows of tables: groups that add up to the whole, cells of a cross that add up to its groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from mpi.tables.estimates_like import EstimatesLike

__all__ = ["TableRow", "rows_of", "sums"]

_CROSS = " × "


@dataclass(frozen=True, slots=True)
class TableRow:
    """A group in a round, of which there are figures.

    Attributes
    ----------
    by, group : str
        As in the keys.
    wave, contrast : object
        The round; and whether the figures are levels or bounds.
    codes : tuple of (str, object), or None
        The column and the code that the group is of, for each column that it is a cross of; none for the whole; None
        where the group is none of the data.
    """

    by: str
    group: str
    wave: Any
    contrast: Any
    codes: tuple[tuple[str, Any], ...] | None


def rows_of(est: EstimatesLike, figures: NDArray[np.int64]) -> tuple[list[TableRow], list[int]]:
    """Return the rows of some figures, and which row each is in."""
    found: dict[TableRow, int] = {}
    place = []
    keys = est.keys
    for i in figures.tolist():
        by, group = keys["by"].at(i), keys["group"].at(i)
        codes = _codes(est.codes, by, group)
        place.append(
            found.setdefault(TableRow(by, group, keys["wave"].at(i), keys["contrast"].at(i), codes), len(found))
        )
    return list(found), place


def _codes(
    codes: Mapping[str, Mapping[str, tuple[Any, ...]]], by: Any, group: Any
) -> tuple[tuple[str, Any], ...] | None:
    if by == "total":
        return ()
    known = codes.get(by, {}).get(group)
    columns = str(by).split(_CROSS)
    if known is None or len(known) != len(columns):
        return None
    return tuple(sorted(zip(columns, map(str, known), strict=True)))


def sums(
    est: EstimatesLike, rows: Sequence[TableRow], first: Sequence[int]
) -> Iterator[tuple[TableRow, int, list[int]]]:
    """Yield each row that others add up to: the row, its place (-1 where it is in no table), and their places.

    Parameters
    ----------
    est : Estimates
        What the rows are of.
    rows : sequence of Row
        The rows.
    first : sequence of int
        A figure of each, from whose influence it is seen which PSUs the row has: of columns that PSUs have in common,
        as province and region, one may be nested in the other.
    """
    nested = _nested(est, rows, first)
    places = {(r.codes, r.wave, r.contrast): i for i, r in enumerate(rows) if r.codes is not None}
    kinds: dict[tuple[str, ...], list[int]] = {}
    for i, row in enumerate(rows):
        if row.codes is not None:
            kinds.setdefault(tuple(c for c, _ in row.codes), []).append(i)
    for columns, members in kinds.items():
        known = {i: _extended(dict(rows[i].codes or ()), nested) for i in members}
        for above in [(), *(k for k in kinds if k)]:
            if above == columns or (above and not all(set(above) <= known[i].keys() for i in members)):
                continue
            parts: dict[Any, list[int]] = {}
            for i in members:
                codes = tuple(sorted((c, known[i][c]) for c in above))
                parts.setdefault((codes, rows[i].wave, rows[i].contrast), []).append(i)
            for (codes, wave, contrast), own in parts.items():
                place = places.get((codes, wave, contrast), -1)
                if place >= 0 or not above:
                    yield TableRow("total", "total", wave, contrast, codes), place, own


def _extended(codes: dict[str, Any], nested: Mapping[tuple[str, str], Mapping[Any, Any]]) -> dict[str, Any]:
    """Return the codes of a row, and those of the columns that its own are nested in."""
    for (inner, outer), of in nested.items():
        if inner in codes and outer not in codes and codes[inner] in of:
            codes[outer] = of[codes[inner]]
    return codes


def _nested(
    est: EstimatesLike, rows: Sequence[TableRow], first: Sequence[int]
) -> dict[tuple[str, str], dict[Any, Any]]:
    """Return the columns whose groups lie each within one group of another, by the PSUs of both."""
    units: dict[str, dict[Any, set[int]]] = {}
    for row, i in zip(rows, first, strict=True):
        if row.codes is not None and len(row.codes) == 1:
            column, code = row.codes[0]
            units.setdefault(column, {}).setdefault(code, set()).update(_units(est, i))
    found = {}
    for inner, groups in units.items():
        for outer, others in units.items():
            of_unit = {u: code for code, own in others.items() for u in own}
            once = sum(map(len, others.values())) == len(of_unit)  # no PSU is in two of them
            if inner == outer or not once or len(others) >= len(groups) or not all(groups.values()):
                continue
            within = {code: {of_unit.get(u) for u in own} for code, own in groups.items()}
            if all(len(w) == 1 and None not in w for w in within.values()):
                found[inner, outer] = {code: next(iter(w)) for code, w in within.items()}
    return found


def _units(est: EstimatesLike, i: int) -> list[int]:
    """Return the PSUs of the group that a figure is of."""
    jacobian, blocks = est.influence.jacobian, est.influence.blocks
    columns = jacobian.indices[jacobian.indptr[i] : jacobian.indptr[i + 1]]
    if not len(columns):
        return []
    ends = np.cumsum([b.columns for b in blocks])
    which = int(np.searchsorted(ends, columns[0], side="right"))
    cells = blocks[which].cells
    group = int(columns[0] - (ends[which] - blocks[which].columns)) % cells.groups
    found: list[int] = cells.unit[cells.start[group] : cells.start[group + 1]].tolist()
    return found
