"""The groups of a disaggregation, numbered by round: of each row, or of each PSU that lies within one group."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.readonly import seal
from mpi.frames.compress import compress, constant_within

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mpi.estimation.rows import Rows
    from mpi.frames.aggregation import Cross
    from mpi.frames.arrays import Categories
    from mpi.survey.survey import Survey

__all__ = ["Grouping", "grouping", "grouping_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """Groups of one disaggregation, by round.

    Attributes
    ----------
    name : str
        ``total``, a column, or a cross such as ``region × sex``.
    columns : tuple of str
        The columns it crosses.
    codes : tuple of tuple
        The values of the columns in each group.
    labels : tuple of str
        What to print for each group.
    wave : ndarray of int32, shape (groups,)
        The round of each group.
    index : ndarray of int32
        The group of each row, or of each unit where `nested`.
    nested : bool
        Whether all rows of a unit are in one group.
    """

    name: str
    columns: tuple[str, ...]
    codes: tuple[tuple[Any, ...], ...]
    labels: tuple[str, ...]
    wave: NDArray[np.int32]
    index: NDArray[np.int32]
    nested: bool

    def __post_init__(self) -> None:
        """Let nobody write into it."""
        seal(self)

    def without_rows(self) -> Grouping:
        """Return the groups when everything is summed: which row belongs to which is forgotten."""
        return replace(self, index=np.zeros(0, dtype=np.int32))

    def row_groups(self, unit: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the group of each row."""
        return self.index[unit] if self.nested else self.index


def grouping(survey: Survey, rows: Rows, columns: Cross = ()) -> Grouping:
    """Number the groups of one disaggregation (by round, where there are several); no columns give the total."""
    return grouping_of(survey, rows, columns, [survey.categories(c) for c in columns])


def grouping_of(survey: Survey, rows: Rows, columns: Cross, parts: Sequence[Categories]) -> Grouping:
    """Number the groups of one disaggregation, whose columns were read already."""
    of_unit = survey.design.wave[survey.design.stratum]
    index, found = _numbered(of_unit, rows, nested=True)
    table, nested = found[:, None], True
    for part in parts:
        count = len(part.levels)
        index, nested = _cross(index, rows.of(part.index), count, rows, nested=nested)
        index, found = _numbered(index, rows, nested=nested)
        earlier, level = np.divmod(found, count)
        table = np.column_stack([table[earlier], level])
    order = np.lexsort((table[:, 0], *table[:, :0:-1].T))
    if not np.array_equal(order, np.arange(len(order))):
        index = np.argsort(order)[index].astype(np.int32)
        table = table[order]
    codes = [tuple(p.levels[k] for p, k in zip(parts, row[1:], strict=True)) for row in table.tolist()]
    names = [p.labels for p in parts]
    labels = [" × ".join(n[k] for n, k in zip(names, row[1:], strict=True)) for row in table.tolist()]
    name = " × ".join(columns) if columns else "total"
    labels = _distinct_labels(labels, codes) if columns else ["total"] * len(labels)
    return Grouping(name, columns, tuple(codes), tuple(labels), table[:, 0].astype(np.int32), index, nested)


def _numbered(index: NDArray[Any], rows: Rows, *, nested: bool) -> tuple[NDArray[np.int32], NDArray[Any]]:
    """Number the groups that occur; return each row's (or unit's) number, and what the numbers stand for."""
    if not nested:
        found, place = compress(index)
        return place, found
    found, place = compress(index[rows.present])
    of_unit = np.zeros(len(index), dtype=np.int32)
    of_unit[rows.present] = place
    return of_unit, found


def _cross(
    index: NDArray[np.int32], part: NDArray[np.int32], count: int, rows: Rows, *, nested: bool
) -> tuple[NDArray[Any], bool]:
    """Cross the groups so far with one more column; stay on units while the column is constant within each."""
    if nested:
        of_unit = constant_within(rows.unit, len(index), part)
        if of_unit is not None:
            return index.astype(np.int64) * count + of_unit, True
        if not index.any():
            return part, False
        index = index[rows.unit]
    return index * np.int64(count) + part, False


def _distinct_labels(labels: list[str], codes: list[tuple[Any, ...]]) -> list[str]:
    """Add the codes to labels that several groups share."""
    meant: dict[str, set[str]] = {}
    for label, code in zip(labels, codes, strict=True):
        meant.setdefault(label, set()).add(repr(code))
    return [
        label if len(meant[label]) == 1 else f"{label} [{', '.join(map(repr, code))}]"
        for label, code in zip(labels, codes, strict=True)
    ]
