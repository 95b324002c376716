"""Messages for households that cannot be counted: of rows in memory, and of those with an engine."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.errors import DataError, Problems, warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = [
    "ONE_ROW_EACH",
    "UNKNOWN",
    "no_rosters",
    "not_interviewed",
    "refuse_differing",
    "refuse_unidentified",
]

_CHANCE, _MOST = 1e-6, 0.9

ONE_ROW_EACH = (
    "every household stands in one row, but the rows would be counted as persons: give size= (the column of household "
    "sizes) to count persons, or unit='household' to count households"
)
"""Where a file of households would be counted as one of persons."""

UNKNOWN = (
    "households cannot be counted: tell the survey which column identifies them (household=), or, for a file of "
    "households, their size (size=), or that rows='households'"
)
"""Where nothing tells one household from another."""


def refuse_differing(columns: Sequence[str], *, weights: bool, condition: bool) -> None:
    """Raise where members of a household differ in what is used of it: columns, weights, the condition."""
    problems = Problems("households cannot be counted", DataError)
    if columns:
        verb = "differs" if len(columns) == 1 else "differ"
        problems.add(
            f"{', '.join(map(repr, columns))} {verb} between members of a household; a household figure needs an "
            "attribute of the household, such as the sex of its head"
        )
    if weights:
        problems.add("the weights differ between members of a household; give the survey the household's weight")
    if condition:
        problems.add("the condition differs between members of a household; choose whole households")
    problems.raise_if_any()


def refuse_unidentified(column: str, rows: int) -> None:
    """Raise where rows have no household: each would be taken for a household of its own."""
    if rows:
        raise DataError(
            f"household column {column!r} is missing in {rows:,} rows, and who lives with whom is not known; give them "
            "identifiers, or take them out before the survey is made"
        )


def not_interviewed(rows: int, size: str) -> None:
    """Warn of households of weight 0 that have no size."""
    if rows:
        warn(
            f"size column {size!r}: {rows:,} rows of weight 0 have none: households that were not interviewed stay in "
            "the design and count for nobody"
        )


def no_rosters(
    column: str,
    within: NDArray[Any],
    size: NDArray[np.float64],
    rows: NDArray[np.int64] | None = None,
    *,
    in_order: bool = False,
) -> None:
    """Warn where rows with a size of the household look like its members: each would count for all of them.

    In a roster the rows of one size in a PSU are a multiple of it, and so is each run of equal sizes in the file. In a
    file of households the first holds for one in `size` by chance.

    Parameters
    ----------
    column : str
        The column of sizes.
    within : ndarray, shape (rows,)
        The PSU of each row.
    size : ndarray of float, shape (rows,)
        The size of its household, above 0.
    rows : ndarray of int, optional
        How many rows each stands for; one by default.
    in_order : bool, default False
        Whether rows stand as in the file.
    """
    if len(size) and (_by_places(within, size, rows) or (in_order and _by_runs(within, size))):
        warn(
            f"rows look like members of households, each with the size of its household ({column!r}), and each would "
            "count for all members. If they are, leave out size= and name the households with household=; if each row "
            "is a household, say rows='households'"
        )


def _by_places(within: NDArray[Any], size: NDArray[np.float64], rows: NDArray[np.int64] | None) -> bool:
    """Tell whether rows of one size in one place are multiples of it, more often than by chance."""
    place, code = (np.unique(x, return_inverse=True)[1] for x in (within, size))
    pair = place.astype(np.int64) * (int(code.max()) + 1) + code
    found, first, index = np.unique(pair, return_index=True, return_inverse=True)
    counts = np.bincount(index, weights=rows, minlength=len(found))
    large = size[first] > 1
    whole = counts[large] % size[first][large] == 0
    if not large.any() or whole.mean() < _MOST:
        return False
    return -float(np.log(size[first][large][whole]).sum()) < math.log(_CHANCE)


def _by_runs(within: NDArray[Any], size: NDArray[np.float64]) -> bool:
    """Tell whether each run of equal sizes is a multiple of the size, in runs of several sizes above 1."""
    change = (within[1:] != within[:-1]) | (size[1:] != size[:-1])
    heads = np.concatenate([[0], np.flatnonzero(change) + 1])
    length, of = np.diff(heads, append=len(size)), size[heads]
    return bool((length % of == 0).all()) and len(np.unique(of[of > 1])) > 1
