"""Distinct values of an array, runs of equal ones, and one row of each group: sorts where nothing faster will do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["compress", "constant_within", "first_of", "run_heads"]

_TABLE, _INT32 = 1 << 26, 1 << 31
_SHORT, _PROBE, _RUNS = 4096, 1 << 16, 0.25


def compress(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """Return the distinct values in order and each one's position among them.

    Integers of modest range go through a presence table, several times faster than a sort; values that come in
    runs (a file in order) are compressed run by run.
    """
    if values.dtype.kind == "b":
        values = values.view(np.uint8)
    heads = run_heads(values)
    if heads is not None:
        levels, index = _compress(values[heads])
        return levels, np.repeat(index, np.diff(heads, append=len(values)))
    return _compress(values)


def run_heads(*columns: NDArray[Any]) -> NDArray[np.int64] | None:
    """Return the first row of each run of equal values, or None where rows do not come in runs."""
    n = len(columns[0])
    if n < _SHORT:
        return None
    if n > _PROBE and _changes(*(c[:_PROBE] for c in columns)).mean() > _RUNS:
        return None  # the beginning tells for most files, at no cost
    changes = _changes(*columns)
    if np.count_nonzero(changes) > _RUNS * n:
        return None
    return np.concatenate([[0], np.flatnonzero(changes) + 1])


def _changes(*columns: NDArray[Any]) -> NDArray[np.bool_]:
    first, *others = columns
    out: NDArray[np.bool_] = first[1:] != first[:-1]
    for column in others:
        np.logical_or(out, column[1:] != column[:-1], out=out)
    return out


def constant_within(index: NDArray[Any], size: int, part: NDArray[Any]) -> NDArray[Any] | None:
    """Return the value of `part` in each of `size` groups of rows where it is constant within all, else None."""
    if len(part) > _PROBE and constant_within(index[:_PROBE], size, part[:_PROBE]) is None:
        return None  # the beginning tells for most columns that vary
    heads = run_heads(index, part)
    if heads is not None:
        index, part = index[heads], part[heads]
    value = np.zeros(size, dtype=part.dtype)
    value[index] = part
    return value if np.array_equal(value[index], part) else None


def _compress(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int32]]:
    if values.dtype.kind in "iu" and values.size:
        low, high = int(values.min()), int(values.max())
        if high - low < _TABLE and high < np.iinfo(np.int64).max:
            return _compress_by_table(values, low, high)
    levels, index = np.unique(values, return_inverse=True)
    return levels, index.astype(np.int32, copy=False)


def _compress_by_table(values: NDArray[Any], low: int, high: int) -> tuple[NDArray[Any], NDArray[np.int32]]:
    shifted = (
        values
        if low == 0
        else values - values.dtype.type(low)
        if _fits(values, low, high)
        else values.astype(np.int64) - low
    )
    seen = np.zeros(high - low + 1, dtype=bool)
    seen[shifted] = True
    levels = np.flatnonzero(seen)
    if len(levels) == len(seen):
        return levels + low, shifted.astype(np.int32, copy=False)
    place = np.empty(len(seen), dtype=np.int32)
    place[levels] = np.arange(len(levels), dtype=np.int32)
    return levels + low, place[shifted]


def _fits(values: NDArray[Any], low: int, high: int) -> bool:
    return high - low <= np.iinfo(values.dtype).max and low >= 0


def first_of(index: NDArray[np.int32], size: int) -> NDArray[np.int64]:
    """Return, for each of `size` groups, one row that belongs to it (the last by position is as good as any)."""
    row = np.zeros(size, dtype=np.int64)
    heads = run_heads(index)
    if heads is None:
        row[index] = np.arange(len(index), dtype=np.int32 if len(index) < _INT32 else np.int64)
    else:
        row[index[heads]] = heads
    return row
