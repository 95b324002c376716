"""Growth of children against the references of the World Health Organization, and body mass.

The tables are not shipped. They come from `rcpchgrowth` of the Royal College of Paediatrics and Child Health, which
has the WHO child growth standards (2006, to 5 years) and the WHO growth reference (2007, 5 to 19 years). It is under
another licence than this library (AGPL-3.0-or-later), is read only when a z-score has to be computed (see
`mpi.indicators.growth_tables`): data with z-score columns of their own do without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.indicators.growth_tables import lms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mpi.indicators.growth_tables import Measure

__all__ = ["bmi", "bmi_for_age_z", "height_for_age_z", "weight_for_age_z", "z_score"]

_OLDEST = {"height": 228.0, "weight": 120.0, "bmi": 228.0}
_PLAUSIBLE = {"height": (-6.0, 6.0), "weight": (-6.0, 5.0), "bmi": (-5.0, 5.0)}
_SEX = {1: "male", 2: "female"}
_SCHOOL_AGE = 5.0


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
    sexes, months, values = (_floats(x) for x in (sex, age_months, value))
    usable = np.isin(sexes, list(_SEX)) & (months >= 0) & (months <= _OLDEST[measure]) & (values > 0)
    out = np.full(len(values), np.nan)
    for code, word in _SEX.items():
        rows = np.flatnonzero(usable & (sexes == code))
        if len(rows):
            years = months[rows] / 12
            out[rows] = _scores(lms(measure, word, years), values[rows], _straight(measure, years))
    low, high = _PLAUSIBLE[measure]
    out[(out < low) | (out > high)] = np.nan
    return out


def _straight(measure: Measure, years: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Say where z-scores beyond 3 are counted in steps of the last one: everywhere but for heights from 5 years on."""
    young: NDArray[np.bool_] = years < _SCHOOL_AGE
    return young if measure == "height" else np.ones(len(years), dtype=bool)


def _scores(lms: NDArray[np.float64], value: NDArray[np.float64], straight: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return ((y / M)^L - 1) / (L S); where `straight`, beyond 3 and -3 in steps of the distance from 2 to 3."""
    L, M, S = lms
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        z: NDArray[np.float64] = np.where(L == 0, np.log(value / M) / S, ((value / M) ** L - 1) / (L * S))
        for side in (1, -1):
            third, second = (_value(lms, side * k) for k in (3, 2))
            z = np.where(straight & (side * z > 3), side * (3 + (value - third) / (third - second)), z)
    return z


def _value(lms: NDArray[np.float64], z: float) -> NDArray[np.float64]:
    """Return the measurement with a z-score, M (1 + L S z)^(1 / L)."""
    L, M, S = lms
    found: NDArray[np.float64] = np.where(L == 0, M * np.exp(S * z), M * (1 + L * S * z) ** (1 / L))
    return found


def _floats(values: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(values, dtype=np.float64)
