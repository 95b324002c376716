"""Contributions of rows to the totals of variables, from rows in memory or from an engine's sums."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.errors import DataError
from mpi.frames.aggregation import summed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mpi.estimation.rows import Rows
    from mpi.frames.aggregation import Pair
    from mpi.survey.survey import Survey

    Floats = NDArray[np.float64]

__all__ = ["Sums", "sums_of", "weighted"]


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """The contribution of each row that counts to the totals of a variable.

    Attributes
    ----------
    above, below : ndarray of float
        To the total above, and to the one that it is divided by; weights are in them.
    cases : ndarray of float
        How many rows of the microdata answered.
    share : bool
        Whether every answer is 0 or 1, so that the mean is a share.
    trait : ndarray of float or None
        How many of these rows have something else than 0, where that is known.
    """

    above: Floats
    below: Floats
    cases: Floats
    share: bool = False
    trait: Floats | None = None


def weighted(rows: Rows, y: Floats, x: Floats, answered: NDArray[np.bool_], *, share: bool = False) -> Sums:
    """Return the sums of a variable given row by row; rows that did not answer add nothing."""
    many = np.ones(len(y)) if rows.cases is None else rows.cases.astype(np.float64)
    return Sums(
        rows.weight * np.where(answered, y, 0.0), rows.weight * np.where(answered, x, 0.0), answered * many, share,
        answered * (y != 0) * many,
    )  # fmt: skip


def sums_of(survey: Survey, rows: Rows, number: int, pair: Pair) -> Sums:
    """Return the sums of a pair of columns; rows where either is missing add nothing.

    Raises
    ------
    MpiError
        When a column holds text, or infinite numbers.
    """
    names = summed(number)
    if "cases" in survey.roles and names[0] in survey.columns:
        return _as_summed(survey, rows, names)
    columns = [_finite(survey, rows, c) for c in pair if c is not None]
    y, x = columns[0], columns[1] if len(columns) > 1 else np.ones(len(rows.unit))
    answered = ~np.isnan(y) & ~np.isnan(x)
    seen = y[answered]
    share = bool(len(seen)) and bool(((seen == 0) | (seen == 1)).all())
    return weighted(rows, y, x, answered, share=share)


def _as_summed(survey: Survey, rows: Rows, names: tuple[str, str, str, str]) -> Sums:
    """Read what an engine summed by weight; where rows are households, persons are their members."""
    above, below, seen, odd = (rows.of(survey.numbers(n)).astype(np.float64) for n in names)
    weight = rows.of(_before(survey))
    times = np.divide(rows.weight, weight, out=np.ones(len(weight)), where=weight > 0)
    return Sums(above * times, below * times, seen, bool(seen.any()) and not odd.any())


def _before(survey: Survey) -> Floats:
    """Return the weights that an engine summed by: those before calibration."""
    split = survey.design.split
    if split is None or split.calibration is None:
        return survey.weight
    return survey.weight / split.calibration.ratio[survey.unit]


def _finite(survey: Survey, rows: Rows, name: str) -> Floats:
    values: Any = rows.of(survey.numbers(name)).astype(np.float64)
    count = int(np.isinf(values).sum())
    if count:
        raise DataError(f"column {name!r} is infinite in {count:,} rows")
    return values  # type: ignore[no-any-return]  # arrays of a survey are Any
