"""The gap between households by the sex of their heads, counted in households and in persons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mpi.core.arguments import kinds_checked
from mpi.core.errors import DataError, RequestError
from mpi.estimation.estimate import estimate
from mpi.lines.estimates import estimate_classes
from mpi.lines.missing_costs import unasked
from mpi.results.concat import concat

if TYPE_CHECKING:
    from mpi.lines.classification import Classification
    from mpi.measures.words import Unit
    from mpi.results.estimates import Estimates

__all__ = ["gap_notes", "head_gaps"]

_MALE, _FEMALE = 1, 2
_UNITS: tuple[Unit, ...] = ("household", "person")


@kinds_checked
def head_gaps(status: Classification, by: str = "head_sex", *, level: float = 0.95) -> Estimates:
    """Estimate by how much households headed by women differ from those headed by men, in both units of count.

    Households of women are smaller, so the two may differ in sign: they answer different questions.

    Parameters
    ----------
    status : Classification
        The survey put into classes.
    by : str
        The column of the head's sex: 1 male, 2 female.
    level : float
        The confidence level.

    Returns
    -------
    Estimates
        For the share in the first class of the line, and H where the line's measure can be estimated: female minus
        male, with the covariance of the two in its error. ``contrast`` says what is counted: ``difference
        (households)`` and ``difference (persons)``.

    Raises
    ------
    MpiError
        When the column has not both sexes.
    """
    line = status.line
    found = []
    for unit in _UNITS:
        parts = [estimate_classes(status, [by], unit=unit, level=level).select(statistic=line.classes[0].name)]
        if line.indicators and not unasked(status):
            parts.append(estimate(status.survey, line.measure, [by], unit=unit, statistics=["H"], level=level))
        for part in parts:
            pair = part.select(by=by)
            found.append(pair.contrast(_coefficients(pair, by), name=f"difference ({unit}s)"))
    return concat(found)


def _coefficients(pair: Estimates, by: str) -> list[float]:
    codes = [pair.codes[by][group][0] for group in pair.keys["group"].to_list()]
    if not {_MALE, _FEMALE} <= set(codes):
        raise DataError(f"{by!r} has not both sexes: 1 (male) and 2 (female) are needed, {codes} are there")
    return [float(code == _FEMALE) - float(code == _MALE) for code in codes]


@kinds_checked
def gap_notes(gaps: Estimates) -> list[str]:
    """Say each gap in a sentence, with its errors in brackets, and whether its sign changes with what is counted.

    Examples
    --------
    >>> import pandas as pd
    >>> import mpi
    >>> heads = {"head_sex": [1, 2, 1, 2], "size": [2, 2, 6, 2], "income": [9e5, 9e5, 1e5, 1e5], "area": [2] * 4}
    >>> survey = mpi.Survey(pd.DataFrame(heads | {"psu": [1, 2, 3, 4]}), size="size", psu="psu")
    >>> print(*gap_notes(head_gaps(mpi.load_line("vn-2006").classify(survey))))
    Gap of poor, female minus male heads: counting households +0.0 points (57.7), counting persons -25.0 points (51.0).
    """
    names = list(dict.fromkeys(gaps.keys["statistic"].to_list()))
    if any(len(gaps.select(statistic=name)) != 2 for name in names):
        raise RequestError(
            "gaps: those that head_gaps(status) returns are needed, a gap of households and one of persons"
        )
    return [_sentence(str(name), gaps.select(statistic=name)) for name in names]


def _sentence(name: str, pair: Estimates) -> str:
    households, persons = (f"{100 * v:+.1f} points ({100 * s:.1f})" for v, s in zip(pair.value, pair.se, strict=True))
    said = f"counting households {households}, counting persons {persons}"
    title = f"Gap of {name.replace('_', '-')}, female minus male heads"
    first, second = np.sign(np.round(pair.value, 12))
    if not first * second < 0:
        return f"{title}: {said}."
    unsure = "; neither differs from 0 by twice its error" if (abs(pair.value) < 2 * pair.se).all() else ""
    return f"{title}, CHANGES SIGN with what is counted: {said}{unsure}. Always say which is meant."
