"""Totals by primary sampling unit and group: what every estimate is a function of.

With `W` the sparse matrix of weights [cell x pattern] and `Y` the variables of each pattern, the totals of all
variables in all cells are `W @ Y`; a *cell* is one sampled unit within one group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.estimation.groups import grouping_of
from mpi.frames.compress import compress, run_heads
from mpi.inference.cells import Cells

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mpi.estimation.groups import Grouping
    from mpi.estimation.rows import Rows
    from mpi.frames.aggregation import Cross
    from mpi.inference.design import PsuDesign
    from mpi.survey.survey import Survey

__all__ = ["Summer", "cells_of", "counts", "groups_and_cells"]

_DENSE_COUNTS = 1 << 24
_BLOCK = 1 << 16


def groups_and_cells(survey: Survey, rows: Rows, columns: Cross = ()) -> tuple[Grouping, Cells]:
    """Return the groups of one disaggregation and their cells; of few rows they are computed once."""
    parts = [survey.categories(c) for c in columns]  # which warns, every time, of what is odd

    def make() -> tuple[Grouping, Cells]:
        found = grouping_of(survey, rows, columns, parts)
        return found, cells_of(found, rows, survey.design)

    return rows.cache.get(("cells", columns), make, len(rows.unit))


def cells_of(grouping: Grouping, rows: Rows, design: PsuDesign) -> Cells:
    """Number the cells of a grouping."""
    if grouping.nested:
        unit = rows.present
        group = grouping.index[unit]
        of_row, label = rows.unit, unit
        count = design.units
    else:
        groups = len(grouping.wave)
        of_row = _key(rows.unit, grouping.index, groups, design.units)
        label, of_row, count = _number_keys(of_row, design.units * groups)
        unit, group = np.divmod(label, groups)
        label = label if count == design.units * groups else np.arange(count)
    order = _in_order(group, design.stratum[unit], unit)
    start = np.searchsorted(group[order], np.arange(len(grouping.wave) + 1))
    units = unit[order].astype(np.int32)
    psu = None if design.split is None else design.psus(units)
    return Cells(units, design.stratum[units], start, grouping.wave, of_row, label[order], count, psu)


def _in_order(group: NDArray[Any], stratum: NDArray[np.int32], unit: NDArray[Any]) -> NDArray[np.int64]:
    """Sort by group, stratum and unit; cells mostly come in order of unit, and units in order of stratum."""
    if (unit[1:] >= unit[:-1]).all() and (stratum[1:] >= stratum[:-1]).all():
        few = group.astype(np.int16) if group.max(initial=0) < np.iinfo(np.int16).max else group
        return np.argsort(few, kind="stable")
    return np.lexsort((unit, stratum, group))


def _number_keys(key: NDArray[Any], size: int) -> tuple[NDArray[np.int64], NDArray[np.int32], int]:
    """Return the keys that occur, the place of each row's key among them, and how many there are."""
    if size > len(key):
        found, of_row = compress(key)
        return found.astype(np.int64), of_row, len(found)
    seen = np.zeros(size, dtype=bool)
    seen[key] = True
    return np.flatnonzero(seen), key.astype(np.int32, copy=False), size


def _key(unit: NDArray[np.int32], group: NDArray[np.int32], groups: int, units: int) -> NDArray[Any]:
    if units * groups < np.iinfo(np.int32).max:
        return unit * np.int32(groups) + group
    return unit.astype(np.int64) * groups + group


class Summer:
    """Sums of pattern variables by cell: the matrix product, ready to be repeated.

    Parameters
    ----------
    of_row : ndarray of int32
        The (unordered) cell of each row.
    pattern : ndarray of int32
        The pattern of each row.
    weight : ndarray of float
        The weight of each row.
    shape : tuple of int
        The numbers of unordered cells and of patterns.
    """

    __slots__ = ("_matrix",)

    def __init__(
        self,
        of_row: NDArray[np.int32],
        pattern: NDArray[np.int32],
        weight: NDArray[np.float64],
        shape: tuple[int, int],
    ) -> None:
        import scipy.sparse as sp

        start = _starts(of_row, shape[0])
        if start is not None:
            self._matrix: Any = sp.csr_array((weight, pattern, start), shape=shape)
        else:
            self._matrix = sp.coo_array((weight, (of_row, pattern)), shape=shape)

    def __call__(self, variables: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the totals (unordered cells x variables) of variables given by pattern (patterns x variables)."""
        out: NDArray[np.float64] = self._matrix @ np.ascontiguousarray(variables)
        return out


def _starts(of_row: NDArray[np.int32], cells: int) -> NDArray[np.int32] | None:
    """Return where each cell's rows begin, or None where rows are not in the order of their cells."""
    heads = run_heads(of_row)
    if heads is None or not (of_row[heads[1:]] > of_row[heads[:-1]]).all():
        return None
    place = np.searchsorted(of_row[heads], np.arange(cells + 1))
    return np.append(heads, len(of_row))[place].astype(np.int32)


def counts(grouping: Grouping, rows: Rows, pattern: NDArray[np.int32], patterns: int) -> NDArray[np.int64]:
    """Count the rows (unweighted) of each pattern in each group: groups x patterns."""
    groups = len(grouping.wave)
    if groups == 1:
        return np.bincount(pattern, rows.cases, minlength=patterns).astype(np.int64)[None, :]
    if groups * patterns <= _DENSE_COUNTS:
        return _dense_counts(grouping, rows, pattern, patterns)
    group = grouping.row_groups(rows.unit)
    import scipy.sparse as sp

    ones = np.ones(len(pattern), dtype=np.int64) if rows.cases is None else rows.cases
    return sp.coo_array((ones, (group, pattern)), shape=(groups, patterns)).tocsr()  # type: ignore[return-value]  # the stubs say spmatrix


def _dense_counts(grouping: Grouping, rows: Rows, pattern: NDArray[np.int32], patterns: int) -> NDArray[np.int64]:
    """Count in blocks that stay in the cache."""
    groups, n = len(grouping.wave), len(pattern)
    out = np.zeros(groups * patterns, dtype=np.int64)
    step = max(_BLOCK, 4 * len(out))
    key = np.empty(min(step, n), dtype=np.int64)
    offset = grouping.index.astype(np.int64) * patterns if grouping.nested else key
    for a in range(0, n, step):
        block = key[: min(step, n - a)]
        if grouping.nested:
            np.take(offset, rows.unit[a : a + step], out=block, mode="clip")
        else:
            np.multiply(grouping.index[a : a + step], patterns, out=block)
        np.add(block, pattern[a : a + step], out=block)
        cases = None if rows.cases is None else rows.cases[a : a + step]
        out += np.bincount(block, cases, minlength=len(out)).astype(np.int64)
    return out.reshape(groups, patterns)
