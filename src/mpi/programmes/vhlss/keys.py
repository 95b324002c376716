"""Keys of households as whole numbers: text or number, with or without leading zeros, in any round.

Province, district, commune, enumeration area and household have 2, 3, 5, 3 and 3 digits; put side by side they are
one number of 16 digits. Without the last three it is the enumeration area.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from mpi.core.errors import Problems

    Codes = NDArray[np.int64]

__all__ = ["WIDTHS", "codes", "ea_of", "numbers", "part", "text"]

WIDTHS: Mapping[str, int] = {"province": 2, "district": 3, "commune": 5, "ea": 3, "household": 3}
_HOUSEHOLD = 10 ** WIDTHS["household"]
_SHOWN = 5


def numbers(column: Any) -> tuple[NDArray[np.float64], int]:
    """Return a pandas column as floats, and how many of its texts are not numbers (they are missing).

    Examples
    --------
    >>> import pandas as pd
    >>> numbers(pd.Series(["7", " 09", "", "x"]))
    (array([ 7.,  9., nan, nan]), 1)
    """
    import pandas as pd

    if column.dtype.kind in "iufb":
        return column.to_numpy(dtype=np.float64, na_value=np.nan), 0
    texts = column.astype("string").str.strip().replace("", pd.NA)
    values = pd.to_numeric(texts, errors="coerce")
    return values.to_numpy(dtype=np.float64, na_value=np.nan), int((values.isna() & texts.notna()).sum())


def codes(frame: Any, keys: Mapping[str, str], names: tuple[str, ...], file: str, problems: Problems) -> Codes:
    """Return the code of each row, made of the keys in `names`; a key that cannot be read is a problem."""
    total = np.zeros(len(frame), dtype=np.int64)
    for name in names:
        values, _ = numbers(frame[keys[name]])
        limit = 10 ** WIDTHS[name]
        good = (values >= 0) & (values < limit) & (values == np.floor(values))
        if not good.all():
            rows = np.flatnonzero(~good)
            shown = ", ".join(repr(v) for v in dict.fromkeys(frame[keys[name]].iloc[rows[:_SHOWN]].tolist()))
            problems.add(
                f"{file}: key {keys[name]!r} is missing or not a number of up to {WIDTHS[name]} digits in "
                f"{len(rows):,} of {len(frame):,} rows (such as {shown})"
            )
        total = total * limit + np.where(good, values, 0).astype(np.int64)
    return total


def ea_of(households: Codes) -> Codes:
    """Return the enumeration area of each household."""
    areas: Codes = households // _HOUSEHOLD
    return areas


def part(households: Codes, name: str) -> Codes:
    """Return one key of each household.

    Examples
    --------
    >>> part(np.array([2_024_00712_005_013]), "commune")
    array([712])
    """
    below = list(WIDTHS)[list(WIDTHS).index(name) + 1 :]
    found: Codes = households // 10 ** sum(WIDTHS[n] for n in below) % 10 ** WIDTHS[name]
    return found


def text(households: Codes, names: tuple[str, ...] = tuple(WIDTHS)) -> NDArray[np.object_]:
    """Return the keys as text, with all their zeros.

    Examples
    --------
    >>> text(np.array([2_024_00712_005_013])).tolist()
    ['02-024-00712-005-013']
    """
    distinct, where = np.unique(households, return_inverse=True)
    columns = [part(distinct, n).tolist() for n in names]
    widths = [WIDTHS[n] for n in names]
    words = ["-".join(str(v).zfill(w) for v, w in zip(row, widths, strict=True)) for row in zip(*columns, strict=True)]
    return np.array(words, dtype=object)[where]
