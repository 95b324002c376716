"""Growth of children against the references of the World Health Organization, and body mass.

The tables are not shipped. They come from `rcpchgrowth` of the Royal College of Paediatrics and Child Health, which
has the WHO child growth standards (2006, to 5 years) and the WHO growth reference (2007, 5 to 19 years). It is under
another licence than this library (AGPL-3.0-or-later), is loaded here only, and only when a z-score has to be computed:
data with z-score columns of their own do without.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mpi.errors import MpiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Measure = Literal["height", "weight", "bmi"]

__all__ = ["bmi", "bmi_for_age_z", "height_for_age_z", "weight_for_age_z", "z_score"]

_OLDEST = {"height": 228.0, "weight": 120.0, "bmi": 228.0}
_PLAUSIBLE = {"height": (-6.0, 6.0), "weight": (-6.0, 5.0), "bmi": (-5.0, 5.0)}
_SEX = {1: "male", 2: "female"}


def height_for_age_z(sex: NDArray[Any], age_months: NDArray[Any], height: NDArray[Any]) -> NDArray[np.float64]:
    """Return height-for-age (length-for-age under 2 years) as a z-score; see `z_score`."""
    return z_score("height", sex, age_months, height)


def weight_for_age_z(sex: NDArray[Any], age_months: NDArray[Any], weight_kg: NDArray[Any]) -> NDArray[np.float64]:
    """Return weight-for-age as a z-score, to 10 years; see `z_score`."""
    return z_score("weight", sex, age_months, weight_kg)


def bmi_for_age_z(
    sex: NDArray[Any], age_months: NDArray[Any], height: NDArray[Any], weight_kg: NDArray[Any]
) -> NDArray[np.float64]:
    """Return the body mass index for age as a z-score; see `z_score`."""
    return z_score("bmi", sex, age_months, bmi(height, weight_kg))


def bmi(height: NDArray[Any], weight_kg: NDArray[Any]) -> NDArray[np.float64]:
    """Return the body mass index, kilograms per square metre, from centimetres and kilograms.

    Examples
    --------
    >>> bmi(np.array([160.0]), np.array([64.0])).round(6)
    array([25.])
    """
    metres = _floats(height) / 100
    out = np.full(len(metres), np.nan)
    np.divide(_floats(weight_kg), metres**2, out=out, where=metres > 0)
    return out


def z_score(measure: Measure, sex: NDArray[Any], age_months: NDArray[Any], value: NDArray[Any]) -> NDArray[np.float64]:
    """Return the z-scores of children by the WHO references.

    Parameters
    ----------
    measure : {"height", "weight", "bmi"}
        What was measured: cm, kg, or kg per square metre.
    sex : array
        1 male, 2 female.
    age_months : array
        Age in months, as exact as it is known (fractions count).
    value : array
        The measurement.

    Returns
    -------
    ndarray of float
        NaN where sex, age or measurement is missing; where the reference ends (weight at 10 years, others at 19);
        and where the z-score is one that WHO flags as implausible (height beyond -6 and 6, weight beyond -6 and 5,
        body mass beyond -5 and 5).

    Raises
    ------
    MpiError
        When `rcpchgrowth` is not installed.
    """
    columns = np.column_stack([_floats(sex), _floats(age_months), _floats(value)])
    usable = (
        np.isin(columns[:, 0], (1, 2))
        & (columns[:, 1] >= 0)
        & (columns[:, 1] <= _OLDEST[measure])
        & (columns[:, 2] > 0)
    )
    out = np.full(len(columns), np.nan)
    if not usable.any():
        return out
    lookup = _reference()
    distinct, place = np.unique(columns[usable], axis=0, return_inverse=True)
    scores = np.array([_one(lookup, measure, *row) for row in distinct])
    low, high = _PLAUSIBLE[measure]
    scores[(scores < low) | (scores > high)] = np.nan
    out[usable] = scores[place.ravel()]
    return out


def _one(lookup: Callable[..., float], measure: Measure, sex: float, months: float, value: float) -> float:
    """Look up one child; body mass has no reference in the first two weeks."""
    try:
        return lookup("who", months / 12, measure, value, _SEX[int(sex)])
    except LookupError:
        return np.nan


def _reference() -> Callable[..., float]:
    try:
        package = import_module("rcpchgrowth")
    except ImportError:
        raise MpiError(
            "z-scores of growth need the WHO reference tables of another package: pip install rcpchgrowth (its licence "
            "is AGPL-3.0-or-later). Or give the data the z-scores as columns of the names the rules use"
        ) from None
    found: Callable[..., float] = package.sds_for_measurement
    return found


def _floats(values: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(values, dtype=np.float64)
