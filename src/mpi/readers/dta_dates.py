"""Dates of Stata: days, weeks, months and the like counted from 1960.

Source: Stata's own description of dates and times (`help datetime`).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["LEAP_SECONDS", "YEARS", "date_kind", "moments", "years"]

YEARS, LEAP_SECONDS = "ty", "tC"
"""Kinds that are no dates: years, and milliseconds that count leap seconds, of which Python knows none."""

_KINDS = ("tc", "tC", "td", "tw", "tm", "tq", "th", "ty")
_ORIGIN, _FIRST, _AFTER = 1960, 1, 10_000
_MONTHS = {"tm": 1, "tq": 3, "th": 6}


@lru_cache
def date_kind(shown: bytes) -> str:
    """Return what the numbers of a column count by how it is shown; "" where they are no dates.

    Examples
    --------
    >>> date_kind(b"%tdD_m_Y"), date_kind(b"%d"), date_kind(b"%9.0g")
    ('td', 'td', '')
    """
    if shown.startswith(b"%d"):
        return "td"
    return next((kind for kind in _KINDS if shown.startswith(b"%" + kind.encode())), "")


def moments(values: NDArray[Any], kind: str) -> tuple[NDArray[np.datetime64], int]:
    """Return the dates that numbers count, and how many could be none, being beyond the years 1 to 9999.

    Parameters
    ----------
    values : array
        Numbers, NaN where they are missing.
    kind : {"tc", "td", "tw", "tm", "tq", "th"}
        What they count: milliseconds, days, weeks of which a year has 52, months, quarters, half-years.

    Examples
    --------
    >>> [str(moments(np.array([1.0]), kind)[0][0]) for kind in ("td", "tw", "tq")]
    ['1960-01-02T00:00:00', '1960-01-08T00:00:00', '1960-04-01T00:00:00']
    """
    low, high = (_bound(kind, year) for year in (_FIRST, _AFTER))
    good = (values >= low) & (values < high)
    whole = np.trunc(np.where(good, values, 0)).astype(np.int64)
    if kind == "tc":
        found = np.datetime64(f"{_ORIGIN}-01-01", "ms") + whole.astype("m8[ms]")
    elif kind == "td":
        found = (np.datetime64(f"{_ORIGIN}-01-01", "D") + whole.astype("m8[D]")).astype("M8[s]")
    elif kind == "tw":
        start = (whole // 52 + (_ORIGIN - 1970)).astype("M8[Y]").astype("M8[D]")
        found = (start + (whole % 52 * 7).astype("m8[D]")).astype("M8[s]")
    else:
        found = (whole * _MONTHS[kind] + (_ORIGIN - 1970) * 12).astype("M8[M]").astype("M8[s]")
    found[~good] = np.datetime64("NaT")
    absent = int(np.isnan(values).sum()) if values.dtype.kind == "f" else 0
    return found, len(values) - int(good.sum()) - absent


def _bound(kind: str, year: int) -> int:
    """Return where a year begins in what is counted."""
    if kind in {"tc", "td"}:
        days = int((np.datetime64(f"{year:04}-01-01", "D") - np.datetime64(f"{_ORIGIN}-01-01", "D")).astype(np.int64))
        return days * (86_400_000 if kind == "tc" else 1)
    return (year - _ORIGIN) * (52 if kind == "tw" else 12 // _MONTHS[kind])


def years(values: NDArray[Any]) -> NDArray[Any]:
    """Return whole years, as floats where some are missing."""
    if values.dtype.kind != "f":
        return values.astype(np.int32)
    return np.trunc(values.astype(np.float64)) if np.isnan(values).any() else values.astype(np.int32)
