"""Figures with a known error: those whose error of 0 says something, and what may be derived from the others.

An error is estimated from what varies in the sample. Where nothing varies (nobody is poor, or everybody; all cases are
of one PSU; all strata have one) it comes out as 0, which is no knowledge, unless the number is what it is by
definition or by design. What is derived from a number without a known error has none either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mpi.inference.cells import Cells
    from mpi.inference.design import PsuDesign
    from mpi.tables.estimates_like import EstimatesLike

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]

__all__ = ["cancelled", "certain", "some_single", "without_error"]


_SMALL = 0.25
"""What is below this share of an error, at the worst, does not matter to it: it would raise it by 3 per cent."""

_SHARES = ("share", "intensity", "fraction", "logit", "asin", "beta", "wilson")
_ADDITIVE = ("population_share", "poor_share", "group_contribution", "number_of_poor", "population", "total")
_ROUNDING = 64 * np.finfo(np.float64).eps


def certain(design: PsuDesign, fixed: Bools, value: Floats, cells: Cells, whole: Cells | None) -> Bools:
    """Tell the numbers without sampling error (statistics x groups), whatever the sample shows.

    They follow from their definition (`fixed`, by statistic), or are the share of a group that is the whole, or all
    strata that they rest on were sampled whole. `whole` are the cells that shares of the whole refer to.
    """
    if whole is None:
        known = fixed[:, None] | _sampled_whole(design, cells)
    else:
        alone = np.bincount(cells.wave)[cells.wave] == 1
        everybody = _sampled_whole(design, whole)[whole.place(cells.wave)]
        known = fixed[:, None] | everybody | (alone & (value == 1))
    return np.asarray(known & ~np.isnan(value))


def _sampled_whole(design: PsuDesign, cells: Cells) -> Bools:
    """Tell the groups that lie in strata whose PSUs are all in the sample."""
    return np.asarray(np.minimum.reduceat(design.sampled[design.stratum[cells.unit]], cells.start[:-1]) >= 1)


def some_single(design: PsuDesign, cells: Cells) -> Bools:
    """Tell the groups that have cases in a stratum with one PSU, which shows no variation."""
    single = (design.sizes() == 1) & (design.sampled < 1)
    return np.asarray(np.logical_or.reduceat(single[design.stratum[cells.unit]], cells.start[:-1]))


def without_error(est: EstimatesLike, local: Any, se: Floats, reasons: Sequence[str | None] = ()) -> Bools:
    """Tell the derived numbers that rest on one whose error is not known, and is not 0.

    Parameters
    ----------
    est : Estimates
        What they are derived from.
    local : scipy.sparse.csr_array, shape (derived, estimates)
        The derivatives. Those held as zeros say what a number rests on all the same.
    se : ndarray of float, shape (derived,)
        The errors that the chain rule gives.
    reasons : sequence of str or None, optional
        Why a number is what it is, where it is known to be so.

    Notes
    -----
    A term without a known error is left out of account only where it cannot matter:

    - its derivative times its error is small beside the error of all. Where its error is 0 for want of variation, that
      of a share is at most 1/2, for it lies between 0 and 1; that of another number may be anything;
    - in a sum of totals, or of shares of one whole, it is one of the groups of their union, whose error is that of any
      group;
    - it is the rate of a group in a mean over groups, weighs no more there than its share of the population, and all
      such groups together weigh less than the others.

    A number that is 0 with all its derivatives, such as an effect among nobody, has no known error either, unless a
    reason is given why it is.
    """
    if est.estimable.all():
        return np.zeros(len(se), dtype=bool)
    row = np.repeat(np.arange(len(se)), np.diff(local.indptr))
    size, largest = np.abs(local.data), np.zeros(len(se))
    np.maximum.at(largest, row, size)
    lost = ~est.estimable[local.indices]
    matters = lost & (size > _ROUNDING * largest[row])
    varied = np.bincount(row, (est.se[local.indices] > 0) & (local.data != 0), len(se)) > 0
    matters &= ~(varied[row] & _in_a_union(est, local, row)) & ~((se > 0)[row] & _in_a_mean(est, local, row))
    share = np.isin(est.method.index, [i for i, m in enumerate(est.method.values) if m in _SHARES])
    bound = np.where(est.se > 0, est.se, np.where(share, 0.5, np.inf))[local.indices]
    most = np.multiply(size, bound, out=np.zeros(len(size)), where=matters)
    rests = np.bincount(row, weights=lost, minlength=len(se)) > 0
    silent = np.array([not r for r in reasons], dtype=bool) if len(reasons) else np.ones(len(se), dtype=bool)
    large = np.bincount(row, weights=most, minlength=len(se)) > _SMALL * se
    return np.asarray(large | (rests & silent & (largest == 0)))


def cancelled(est: EstimatesLike, local: Any, se: Floats) -> Bools:
    """Tell the derived numbers whose terms vary and cancel in this sample, as H and M0 where all poor lack everything.

    A sum over all groups of shares of the whole is 1 by definition.
    """
    row = np.repeat(np.arange(len(se)), np.diff(local.indptr))
    varied = np.bincount(row, (est.se[local.indices] > 0) & (local.data != 0), len(se)) > 0
    apart = np.bincount(row, ~_in_a_union(est, local, row), len(se)) > 0
    return np.asarray((se == 0) & varied & apart)


def _in_a_union(est: EstimatesLike, local: Any, row: NDArray[np.int64]) -> Bools:
    """Tell the terms of sums of additive figures, all with the same sign: no difference is among them."""
    names = est.keys["statistic"]
    plain = [i for i, v in enumerate(est.keys["contrast"].values) if v == "level"]
    additive = np.isin(names.index, [i for i, v in enumerate(names.values) if v in _ADDITIVE])
    other = ~(additive & np.isin(est.keys["contrast"].index, plain))[local.indices]
    rows = len(local.indptr) - 1
    apart = np.bincount(row, other & (local.data != 0), rows) > 0
    apart |= (np.bincount(row, local.data > 0, rows) > 0) & (np.bincount(row, local.data < 0, rows) > 0)
    return np.asarray(~apart[row])


def _in_a_mean(est: EstimatesLike, local: Any, row: NDArray[np.int64]) -> Bools:
    """Tell the terms without a known error that are rates of groups in a mean over groups that is mostly of others."""
    names, size = est.keys["statistic"], np.abs(local.data)
    shares = [i for i, v in enumerate(names.values) if v == "population_share"]
    rate = ~np.isin(names.index, shares)[local.indices]
    light = rate & ~est.estimable[local.indices] & (size <= _weights(est)[local.indices])
    rows = len(local.indptr) - 1
    few = 2 * np.bincount(row, size * light, rows) < np.bincount(row, size * rate, rows)
    return np.asarray(light & few[row])


def _weights(est: EstimatesLike) -> Floats:
    """Return the largest population share of each estimate's group, in any round; 0 where it is not among them."""
    names, by, group = (est.keys[n] for n in ("statistic", "by", "group"))
    place = (by.index.astype(np.int64) + 1) * (len(group.values) + 1) + group.index + 1
    shares = np.isin(names.index, [i for i, v in enumerate(names.values) if v == "population_share"])
    out = np.zeros(int(place.max(initial=0)) + 1)
    np.maximum.at(out, place[shares], np.nan_to_num(est.value[shares]))
    return np.asarray(out[place] * (1 + 1e-6))
