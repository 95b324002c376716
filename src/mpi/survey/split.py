"""PSUs split into parts: by units of the second stage, by margins that rows are calibrated to, by replicate weights."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.errors import Problems, RequestError
from mpi.frames.compress import compress, first_of
from mpi.inference.design import PsuDesign, Split

if TYPE_CHECKING:
    from numpy.typing import NDArray


__all__ = ["finer", "keys_of", "refuse_split", "rows_alike", "second_stage"]


def keys_of(*columns: NDArray[Any]) -> NDArray[np.int32]:
    """Return one number for each distinct combination of values, in their order.

    Examples
    --------
    >>> import numpy as np
    >>> keys_of(np.array([0.5, 0.5, 2.0]), np.array([1, 0, 1])).tolist()
    [1, 0, 2]
    """
    key = np.zeros(len(columns[0]), dtype=np.int32)
    for column in columns:
        levels, index = compress(column)
        key = compress(key.astype(np.int64) * len(levels) + index)[1]
    return key


def rows_alike(x: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return one number for each distinct row of a matrix.

    Examples
    --------
    >>> rows_alike(np.array([[1.0, 0], [0, 1], [1, 0]])).tolist()
    [1, 0, 1]
    """
    held = np.ascontiguousarray(x + 0.0)
    if not held.shape[1]:
        return np.zeros(len(held), dtype=np.int32)
    whole = held.view(np.dtype((np.void, held.dtype.itemsize * held.shape[1]))).ravel()
    return np.unique(whole, return_inverse=True)[1].astype(np.int32)


def finer(unit: NDArray[np.int32], design: PsuDesign, key: NDArray[Any]) -> tuple[NDArray[np.int32], PsuDesign]:
    """Split units so that rows with different keys lie in different parts.

    Parameters
    ----------
    unit : ndarray of int32, shape (rows,)
        The unit of each row.
    design : PsuDesign
        The design of the units, which may be split already.
    key : ndarray of int, shape (rows,)
        What tells rows apart, from 0 on.

    Returns
    -------
    unit : ndarray of int32, shape (rows,)
        The part of each row; those of a unit stand together.
    design : PsuDesign
        The design, split.
    """
    keys = int(key.max(initial=0)) + 1
    found, part = compress(unit.astype(np.int64) * keys + key)
    parent = found // keys
    old = design.split
    if old is None:
        split = Split(design, design, (parent.astype(np.int32),))
    else:
        calibration, replication = old.calibration, old.replication
        if calibration is not None:
            calibration = replace(calibration, x=calibration.x[parent], ratio=calibration.ratio[parent])
        if replication is not None:
            replication = replace(replication, factors=replication.factors[:, parent])
        split = Split(old.psus, old.errors, tuple(s[parent] for s in old.stages), calibration, replication)
    bare = None if design.weightless is None else design.weightless[parent]
    made = replace(
        design, stratum=design.stratum[parent], psu=design.psu[parent], weightless=bare, split=split
    )  # fmt: skip
    return part, made


def second_stage(
    unit: NDArray[np.int32], design: PsuDesign, drawn: NDArray[Any], population: NDArray[np.float64],
    problems: Problems,
) -> tuple[NDArray[np.int32], PsuDesign]:  # fmt: skip
    """Add the second stage to a design, with its finite population correction.

    The variance is that of PSUs, by (1 - f1), and f1 times that of units within PSUs, by (1 - f2) (Sarndal, Swensson
    and Wretman 1992, Model Assisted Survey Sampling, result 4.3.1). A unit that is alone in its PSU adds nothing.

    Parameters
    ----------
    unit : ndarray of int32, shape (rows,)
        The PSU of each row.
    design : PsuDesign
        The PSUs.
    drawn : ndarray of int, shape (rows,)
        The unit of the second stage of each row, from 0 on within its PSU or over all.
    population : ndarray of float, shape (rows,)
        The number of such units in the PSU's population; or, where all are at most 1, the share that was drawn.
    problems : Problems
        To which is added what is wrong.
    """
    part, split = finer(unit, design, drawn)
    within = split.psus(np.arange(split.units))
    given = population[first_of(unit, design.units)]
    if not np.array_equal(given[unit], population):
        problems.add("fpc2: the number of second-stage units varies within a PSU")
        return unit, design
    if (design.sampled == 0).any():
        problems.add("fpc2: the correction of the second stage needs that of the first, fpc=")
        return unit, design
    many = np.bincount(within, minlength=design.units)
    share = given if population.max(initial=0.0) <= 1 else many / given
    if (share > 1).any():
        c = int(np.argmax(share > 1))
        both = f"{many[c]} units of the second stage in the data and {given[c]:g} in its population"
        problems.add(f"fpc2: a PSU has {both}")
        return unit, design
    first = design.sampled[design.stratum]
    left = np.where(many > 1, 1 - first * (1 - share), 1.0)
    units = np.arange(split.units, dtype=np.int32)
    bare = np.zeros(design.units, dtype=bool) if design.weightless is None else design.weightless
    errors = replace(
        design,
        stratum=np.r_[design.stratum, design.strata + within].astype(np.int32),
        psu=np.r_[design.psu, int(design.psu.max(initial=-1)) + 1 + units].astype(np.int32),
        wave=np.r_[design.wave, design.wave[design.stratum]],
        place=np.r_[design.place, int(design.place.max(initial=-1)) + 1 + np.arange(design.units, dtype=np.int32)],
        sampled=np.r_[design.sampled, left],
        weightless=np.r_[bare, np.ones(split.units, dtype=bool)],
    )
    stages = (within.astype(np.int32), design.units + units)
    return part, replace(split, split=Split(design, errors, stages))


def refuse_split(design: PsuDesign, what: str) -> None:
    """Refuse a survey whose PSUs are split, for what would forget it."""
    split = design.split
    if split is not None:
        kind = "is calibrated" if split.calibration else "has replicates" if split.replication else "has a second stage"
        raise RequestError(f"the survey {kind}, which {what} would forget; take the survey as it was before")
