"""Why answers are missing, as files say it: Stata's .a to .z, and the codes that SPSS files declare user-missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from mpi.readers.dta_layout import Layout

__all__ = ["extended_missing", "user_missing"]

_SINCE = 113
"""The version of .dta from which on there are several missing values."""

_SMALLEST: Mapping[str, tuple[str, int, int]] = {
    "b": ("i1", 101, 1),
    "h": ("i2", 32_741, 1),
    "i": ("i4", 2_147_483_621, 1),
    "f": ("u4", 0x7F00_0000, 0x800),
    "d": ("u8", 0x7FE0_0000_0000_0000, 0x100_0000_0000),
}
"""Of each kind of number: how its bytes are read, which of them is `.`, and how far the next missing value lies."""


def extended_missing(path: Path, layout: Layout, places: Mapping[str, int]) -> dict[str, list[str | None]]:
    """Read which of .a to .z stands where a number is missing; Stata's plain `.` says nothing.

    Parameters
    ----------
    path : Path
        A whole .dta file.
    layout : Layout
        What `dta_layout.walk` found.
    places : mapping of column to int
        The columns to look at, with their position in the file.

    Returns
    -------
    dict of column to list of str or None
        For columns that have any: ".a" to ".z", None elsewhere.

    Notes
    -----
    Source: Stata's own description of its formats (``help dta``).
    """
    if layout.version < _SINCE or not layout.rows:
        return {}
    width = sum(w for _, w in layout.columns)
    rows = np.memmap(path, dtype=np.uint8, mode="r", offset=layout.start, shape=(layout.rows, width))
    starts = np.cumsum([0, *(w for _, w in layout.columns)])
    found = {}
    for name, place in places.items():
        kind, size = layout.columns[place]
        if kind in _SMALLEST:
            held, first, step = _SMALLEST[kind]
            column = np.ascontiguousarray(rows[:, starts[place] : starts[place] + size])
            letter = _letters(column.view(f"{layout.order}{held}")[:, 0], first, step)
            if letter.any():
                found[name] = [f".{chr(96 + k)}" if k else None for k in letter.tolist()]
    return found


def _letters(values: NDArray[Any], first: int, step: int) -> NDArray[np.int64]:
    """Return 1 for .a to 26 for .z, and 0 for all else."""
    above = values.astype(np.uint64 if values.dtype.kind == "u" else np.int64)
    near = above > first
    out = np.zeros(len(values), dtype=np.int64)
    away = (above[near] - above.dtype.type(first)).astype(np.int64)
    out[near] = np.where(away // step <= 26, away // step, 0)
    return out


def user_missing(frame: pd.DataFrame, told: pd.DataFrame) -> dict[str, list[Any]]:
    """Return which codes stand where a value is missing by declaration.

    Parameters
    ----------
    frame, told : pandas.DataFrame
        The same rows, with user-missing values missing and as they stand; `told` may have fewer columns.

    Returns
    -------
    dict of column to list of float, str or None
        For columns that have any.
    """
    found = {}
    for name in told.columns:
        said, left = told[name], frame[name]
        gone = said.notna() & (said != "") & (left.isna() | (left == ""))
        if gone.any():
            found[str(name)] = said.where(gone).astype(object).where(gone, None).tolist()
    return found
