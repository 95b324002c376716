"""Counts of other members of the household who are deprived, for each person: by counting within households."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Members"]

_MEN, _WOMEN, _NEITHER = 0, 1, 2


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """Persons with their household, their sex and their deprivation.

    Attributes
    ----------
    household : ndarray of int, shape (rows,)
        The number of each person's household.
    sex : ndarray of int, shape (rows,)
        0 men, 1 women, 2 not known.
    eligible : ndarray of bool, shape (rows,)
        Who can be deprived at all.
    deprived : ndarray of float, shape (rows,)
        1, 0, or missing where not known; of those who are not eligible nothing is read.

    Examples
    --------
    A girl out of school, her brother who goes to school, and their grandmother.

    >>> home = np.zeros(3, dtype=int)
    >>> family = Members(home, np.array([1, 0, 1]), np.array([True, True, False]), np.array([1.0, 0.0, np.nan]))
    >>> family.beside_other_sex()
    array([ 1., nan, nan])
    >>> family.who(only=1)
    array([1., 1., 1.])
    """

    household: NDArray[np.int32]
    sex: NDArray[np.int64]
    eligible: NDArray[np.bool_]
    deprived: Floats

    def status(self) -> Floats:
        """Return 1 for the deprived, 0 for the eligible who are not, missing for others."""
        return np.where(self.eligible, self.deprived, np.nan)

    def beside_any(self) -> Floats:
        """Return, for each deprived person, whether an eligible member of the household is not deprived."""
        status = self.status()
        seen, hidden = (self._count(x).sum(axis=1)[self.household] for x in (status == 0, self._unknown(status)))
        return _for_deprived(status, _three(seen > 0, hidden > 0))

    def beside_other_sex(self) -> Floats:
        """Return, for each deprived person, whether an eligible member of the other sex is not deprived.

        Missing where it depends on somebody whose deprivation, or whose sex, is not known.
        """
        status = self.status()
        seen, hidden = self._count(status == 0), self._count(self._unknown(status))
        other = np.array([_WOMEN, _MEN, _NEITHER])[self.sex]
        both = np.minimum(seen[:, _MEN], seen[:, _WOMEN])[self.household] > 0
        sure = np.where(self.sex == _NEITHER, both, seen[self.household, other] > 0)
        perhaps = (hidden[self.household, other] > 0) | ((seen + hidden)[self.household, _NEITHER] > 0)
        anyone = (seen + hidden)[self.household].sum(axis=1) > 0
        return _for_deprived(status, _three(sure, np.where(self.sex == _NEITHER, anyone, perhaps)))

    def who(self, only: int | None) -> Floats:
        """Return, for each member of a household with a deprived person, whether only one sex (or both) is deprived.

        Parameters
        ----------
        only : {0, 1} or None
            Only men, only women, or (None) both.
        """
        status = self.status()
        deprived, hidden = self._count(status == 1), self._count(self._unknown(status))
        men, women = deprived[:, _MEN] > 0, deprived[:, _WOMEN] > 0
        perhaps = (hidden[:, _NEITHER] + deprived[:, _NEITHER]) > 0
        unclear = (~men & ((hidden[:, _MEN] > 0) | perhaps)) | (~women & ((hidden[:, _WOMEN] > 0) | perhaps))
        is_so = men & women if only is None else (women & ~men if only == _WOMEN else men & ~women)
        found = np.where(unclear | ~(deprived.sum(axis=1) > 0), np.nan, is_so)
        return np.asarray(found[self.household], dtype=np.float64)

    def _unknown(self, status: Floats) -> NDArray[np.bool_]:
        return self.eligible & np.isnan(status)

    def _count(self, those: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Count some members by household and sex: households x 3."""
        households = int(self.household.max(initial=-1)) + 1
        place = self.household[those].astype(np.int64) * 3 + self.sex[those]
        return np.bincount(place, minlength=households * 3).reshape(households, 3)


def _three(sure: NDArray[np.bool_], perhaps: NDArray[np.bool_]) -> Floats:
    return np.where(sure, 1.0, np.where(perhaps, np.nan, 0.0))


def _for_deprived(status: Floats, value: Floats) -> Floats:
    return np.where(status == 1, value, np.nan)
