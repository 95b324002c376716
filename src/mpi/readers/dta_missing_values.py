"""Missing values among the numbers of a .dta file: which they are, and which of .a to .z each is.

Source: Stata's own description of its formats (`help dta`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["without_missing"]

_LETTERS_SINCE, _NARROW_SINCE, _OLD_DOUBLE_UNTIL = 113, 112, 105
"""The version from which on there are several missing values, smaller ranges of numbers, and until which a missing
double is 2 to the power of 333."""

_OLD_DOUBLE = 2.0**333
_NARROW = {"i1": (-127, 100), "i2": (-32_767, 32_740), "i4": (-2_147_483_647, 2_147_483_620)}
_WIDE = {"i1": (-128, 126), "i2": (-32_768, 32_766), "i4": (-2_147_483_648, 2_147_483_646)}
_FLOATS = {
    "f4": tuple(np.array([0xFEFF_FFFF, 0x7EFF_FFFF], "u4").view("f4")),
    "f8": tuple(np.array([0xFFEF_FFFF_FFFF_FFFF, 0x7FDF_FFFF_FFFF_FFFF], "u8").view("f8")),
}
_SYSTEM = {"f4": ("u4", 0x7F00_0000, 0x800), "f8": ("u8", 0x7FE0_0000_0000_0000, 0x100_0000_0000)}
"""Of floats: how their bits are read, which of them is `.`, and how far the next missing value lies."""

_LETTERS = np.array([None, *(f".{chr(96 + k)}" for k in range(1, 27))], dtype=object)


def without_missing(values: NDArray[Any], version: int) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Return numbers with NaN where they are missing, and which of .a to .z stands there.

    Parameters
    ----------
    values : array of int8, int16, int32, float32 or float64
        As they stand in the file; floats are changed in place.
    version : int
        Of the file's format.

    Returns
    -------
    values : array
        Whole numbers stay such where none is missing; they are float64 otherwise.
    letters : array of str or None, optional
        ".a" to ".z" by row, None elsewhere; None altogether where there are none. Stata's plain `.` says nothing.
    """
    kind = values.dtype.str[1:]
    gone = _gone(values, kind, version)
    if gone is None:
        return values, None
    letters = _letters(values, kind, gone) if version >= _LETTERS_SINCE else None
    found = values if values.dtype.kind == "f" else values.astype(np.float64)
    found[gone] = np.nan
    return found, letters


def _gone(values: NDArray[Any], kind: str, version: int) -> NDArray[np.bool_] | None:
    """Return where values are missing; None where none is."""
    if kind in _FLOATS:
        low, high = _FLOATS[kind]
        gone = (values < low) | (values > high)
        if kind == "f8" and version <= _OLD_DOUBLE_UNTIL:
            gone |= values == _OLD_DOUBLE
        return gone if gone.any() else None
    low, high = (_NARROW if version >= _NARROW_SINCE else _WIDE)[kind]
    if not len(values) or (values.max() <= high and values.min() >= low):
        return None
    found: NDArray[np.bool_] = (values < low) | (values > high)
    return found


def _letters(values: NDArray[Any], kind: str, gone: NDArray[np.bool_]) -> NDArray[Any] | None:
    held = values[gone]
    if kind in _SYSTEM:
        bits, first, step = _SYSTEM[kind]
        whole = held.view(bits)
        near = (whole > first) & (whole <= first + 26 * step + step - 1)
        away = np.where(near, (whole - held.dtype.type(0).view(bits).dtype.type(first)) // step, 0).astype(np.int64)
    else:
        whole = held.astype(np.int64) - (_NARROW[kind][1] + 1)
        away = np.where((whole > 0) & (whole <= 26), whole, 0)
    if not away.any():
        return None
    out = np.zeros(len(values), np.int8)
    out[gone] = away
    found: NDArray[Any] = _LETTERS[out]
    return found
