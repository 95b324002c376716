"""Dates and times of SPSS and SAS, counted from an origin of their own; those that cannot be are missing, and told."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.errors import warn

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

__all__ = ["dated", "tell_impossible"]

_DAY = 86_400
_FIRST, _LAST = np.datetime64("0001-01-01"), np.datetime64("9999-12-31")


def dated(
    frame: pd.DataFrame, kinds: Mapping[str, str], origin: str, seen: dict[str, int], *, day: int = _DAY
) -> pd.DataFrame:
    """Return the frame with its numbers as the dates and times that they stand for.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns of dates and times as numbers.
    kinds : mapping of column to {"date", "datetime", "time"}
        What a column counts: days, or moments and times of day in seconds.
    origin : str
        The day from which dates and moments are counted.
    seen : dict of column to int
        Takes up how many values could be no date or time: one beyond the years 1 to 9999, or a time beyond a day.
    day : int
        The number by which dates are counted: 86,400 where they too are in seconds, 1 where they are in days.
    """
    made: dict[str, Any] = {}
    for name in frame.columns:
        kind = kinds.get(name)
        if kind is None:
            continue
        values = frame[name].to_numpy(np.float64)
        made[name] = _times(values) if kind == "time" else _moments(values, kind, np.datetime64(origin), day)
        _count(seen, name, int(np.isnan(values).sum()), made[name])
    return frame.assign(**made) if made else frame


def _count(counts: dict[str, int], name: str, absent: int, dates: Any) -> None:
    """Add the values of a column that could be no date or time to their counts."""
    import pandas as pd

    lost = int(pd.isna(dates).sum()) - absent
    if lost:
        counts[name] = counts.get(name, 0) + lost


def _moments(values: Any, kind: str, origin: np.datetime64, day: int) -> Any:
    """Return dates, or moments to a millionth of a second, NaT where they cannot be."""
    days = np.floor(values / day) if kind == "date" else values / _DAY
    start = (origin - np.datetime64("1970-01-01")).astype(np.int64)
    low, high = (_FIRST - origin).astype(np.int64), (_LAST - origin).astype(np.int64) + 1
    good = (days >= low) & (days < high)
    seconds = np.where(good, days * _DAY if kind == "date" else values, 0)
    whole = np.floor(seconds)  # apart from the fraction, which floats would not hold beside it
    micro = whole.astype(np.int64) * 10**6 + np.round((seconds - whole) * 1e6).astype(np.int64)
    micro += start * (_DAY * 10**6)
    return np.where(good, micro, np.iinfo(np.int64).min).view("datetime64[us]")


def _times(values: Any) -> Any:
    """Return times of day, None where there are none."""
    good = (values >= 0) & (values < _DAY)
    found = np.full(len(values), None, dtype=object)
    midnight = dt.datetime(1970, 1, 1)  # noqa: DTZ001  # a time of day has no zone
    found[good] = [(midnight + dt.timedelta(seconds=float(v))).time() for v in values[good]]
    return found


def tell_impossible(path: Path, seen: Mapping[str, int]) -> None:
    """Warn of the dates and times that could not be, column by column."""
    if seen:
        said = ", ".join(f"{name!r} ({count:,} rows)" for name, count in seen.items())
        message = f"{path} holds dates or times that cannot be, in {said}; they are missing"
        warn(message)
