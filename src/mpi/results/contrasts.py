"""Combinations and smooth functions of estimates, by the chain rule."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from mpi.core.errors import RequestError, unknown
from mpi.core.room import check_room
from mpi.frames.row_order import by_rows
from mpi.inference.design import CERTAIN, COMPLETE, FEW, WITHOUT
from mpi.inference.intervals import METHODS
from mpi.results.degrees import derived_degrees, few, reduced
from mpi.results.estimable import cancelled, without_error
from mpi.tables.keys import NAMES, Coded, Keys, coded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

    from mpi.inference.influence import Influence
    from mpi.inference.intervals import Interval
    from mpi.tables.estimates_like import EstimatesLike

E = TypeVar("E", bound="EstimatesLike")

__all__ = ["coefficient_matrix", "contrast", "derive", "smallest"]

_NOISE = 4 * np.finfo(np.float64).eps
_CANCELLED, _ROUNDING = 1e-12, 64 * np.finfo(np.float64).eps


def contrast(
    est: E,
    of: ArrayLike | Callable[[NDArray[np.float64]], ArrayLike],
    *,
    name: str = "difference",
    gradient: Callable[[NDArray[np.float64]], ArrayLike] | None = None,
    interval: Interval = "t",
) -> E:
    """Return linear combinations, or smooth functions, of the estimates, with their errors and covariances.

    Parameters
    ----------
    of : array of shape (estimates,) or (contrasts, estimates), or function
        Coefficients; or a function of the vector of estimates that gives one number or several.
    name : str
        What the result is: it stands in the column ``contrast``.
    gradient : function, optional
        The derivatives of `of`, of shape (contrasts, estimates); found numerically by default.
    interval : {"t", "logit", "log", "log1p", "asin", "beta", "wilson", "atanh"}
        The method of the intervals.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["area"])
    >>> gap = est.select(statistic="H", wave=2016, by="area").contrast([-1, 1])
    >>> float(gap.value[0]) > 0
    True
    """
    if interval not in METHODS:
        raise RequestError("the contrast cannot be made: " + unknown("interval", interval, METHODS))
    if callable(of):
        value = _evaluate(of, est.value)
        check_room(
            3 * 8 * len(value) * len(est),
            f"the derivatives of {len(value):,} numbers by {len(est):,} estimates",
            "select those that they are made of first",
        )
        jacobian = coefficient_matrix(gradient(est.value.copy())) if gradient else _slope(of, est.value, value)
    else:
        jacobian = coefficient_matrix(by_rows(of, len(est), "the vector of coefficients"))
        if not np.isfinite(jacobian).all():
            raise RequestError("some coefficients are missing or infinite")
        value = _combined(jacobian, est.value)
    if jacobian.shape != (len(value), len(est)):
        raise RequestError(
            f"the coefficients have shape {jacobian.shape}; {len(value)} x {len(est)} were expected, one for "
            "each estimate: select the estimates first"
        )
    return derive(est, value, jacobian, name=name, method=interval)


def derive(
    est: E,
    value: NDArray[np.float64],
    jacobian: Any,
    *,
    name: str,
    method: Interval,
    keys: Keys | None = None,
    reasons: Sequence[str | None] = (),
    cases: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
) -> E:
    """Make new estimates from these by the chain rule: their values, and the derivatives (new x old).

    A reason says what to know about a number, and why one that is undefined is. `cases` are the numbers of cases and
    of PSUs, where they are known better than from the signs of the derivatives.
    """
    import scipy.sparse as sp

    local = sp.csr_array(jacobian)
    smooth = np.isfinite(local.data)
    unknown_slope = np.zeros(len(value), dtype=bool)
    unknown_slope[np.repeat(np.arange(len(value)), np.diff(local.indptr))[~smooth]] = True
    local.data[~smooth] = 0.0
    chain = replace(est.influence, jacobian=sp.csr_array(local @ est.influence.jacobian))
    undefined = ~np.isfinite(value)
    se = np.sqrt(chain.variances())
    size = abs(local) @ np.column_stack([est.se, np.abs(np.nan_to_num(est.value))])
    se[se <= size @ np.array([_CANCELLED, _ROUNDING])] = 0.0  # influences that cancel, but for rounding
    without, alike = without_error(est, local, se, reasons), cancelled(est, local, se)
    se[undefined | unknown_slope | without] = np.nan
    df = _degrees(est, chain, local)
    n, n_psu = cases or (_cases(est.n, local, np.add), _cases(est.n_psu, local, np.maximum))
    told = _flags(chain.design.complete, undefined, unknown_slope, without, alike, se, df, n_psu)
    lost = [x if w else "" for x, w in zip(told, without & ~undefined & ~unknown_slope, strict=True)]
    flags = [_both(given, x) or found or None for given, x, found in zip(reasons or told, lost, told, strict=True)]
    return replace(
        est,
        keys=keys or _common(est.keys, local, name),
        value=np.where(undefined, np.nan, value),
        se=se,
        df=df,
        n=n,
        n_psu=n_psu,
        estimable=~(np.isnan(se) | alike | ((se > 0) & (df <= 0))),
        method=coded([method] * len(value)),
        flag=coded(flags),
        influence=chain,
        simple=None,
        counts=None,
        status=None,
    )


_ALIKE = "no variation between PSUs: no interval"
_WEAK = ("one PSU in group", "no degrees of freedom")
"""What is told of numbers whose error or interval is none, or little worth."""


def _flags(
    complete: bool,  # noqa: FBT001  # of the design, beside arrays of the numbers
    undefined: NDArray[np.bool_],
    unknown_slope: NDArray[np.bool_],
    without: NDArray[np.bool_],
    alike: NDArray[np.bool_],
    se: NDArray[np.float64],
    df: NDArray[np.float64],
    n_psu: NDArray[np.float64],
) -> list[str]:
    """Return what is to be known of each derived number, the gravest first; an empty text where all is well."""
    found: list[str] = np.select(
        [
            undefined,
            unknown_slope,
            np.full(len(se), complete),
            without & (n_psu == 1),
            without & (df <= 0),
            without,
            alike,
            se == 0,
            df <= 0,
            few(df),
        ],
        [
            "undefined",
            "no derivative: no error",
            COMPLETE,
            *_WEAK,
            WITHOUT,
            _ALIKE,
            CERTAIN,
            _WEAK[1],
            FEW,
        ],
        "",
    ).tolist()
    return found


def _both(reason: str | None, flag: str) -> str:
    """Put together what a decomposition says of a number and that it has no error, unless it says so itself."""
    if reason and reason.endswith((": no error", ": no interval")):
        return reason
    return "; ".join(dict.fromkeys(filter(None, (reason, flag))))


def _cases(values: NDArray[np.float64], local: Any, together: Any) -> NDArray[np.float64]:
    """Return what derived estimates rest on: a sum of parts on all of them, a difference on the smaller side."""
    least, most = smallest(values, local), _reduce(together, values, local)
    row = np.repeat(np.arange(len(least)), np.diff(local.indptr))
    negative = np.bincount(row, weights=local.data < 0, minlength=len(least))
    one_sign = (negative == 0) | (negative == np.diff(local.indptr))
    return np.where(one_sign, most, least)


def _degrees(est: EstimatesLike, chain: Influence, local: Any) -> NDArray[np.float64]:
    """Return the degrees of freedom: of the figures involved, or of the design in the rounds involved."""
    if est.degrees == "group":
        return derived_degrees(est.se, est.df, local, chain)
    fewest = smallest(est.df, local)
    waves = chain.waves()
    known = {w: chain.design.df(w) for w in set(waves) if w}
    return np.array([known.get(w, least) for w, least in zip(waves, fewest.tolist(), strict=True)])


def coefficient_matrix(values: Any) -> NDArray[np.float64]:
    """Read coefficients given in any way as a matrix."""
    try:
        dense = values.toarray() if hasattr(values, "toarray") else values
        return np.atleast_2d(np.asarray(dense, dtype=np.float64))
    except (ValueError, TypeError) as error:
        raise RequestError(f"the coefficients are no numbers: {error}") from error


def _evaluate(func: Callable[[NDArray[np.float64]], ArrayLike], point: NDArray[np.float64]) -> NDArray[np.float64]:
    """Evaluate on a copy, so that the function may sort or change what it is given."""
    try:
        with np.errstate(all="ignore"):
            value = np.asarray(func(point.copy()), dtype=np.float64)
    except (ValueError, TypeError, IndexError, KeyError, AttributeError) as error:
        raise RequestError(
            f"the function fails on the vector of {len(point)} estimates, or gives no number: {error}; it gets an "
            "array, in the order of the table"
        ) from error
    if value.ndim > 1:
        raise RequestError(f"the function gives an array of shape {value.shape}; one number or a list was expected")
    return np.atleast_1d(value)


def _combined(jacobian: NDArray[np.float64], value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Multiply, leaving missing estimates with a coefficient of zero out of it."""
    if jacobian.shape[1] != len(value):
        return np.full(len(jacobian), np.nan)
    terms = np.where(jacobian == 0, 0.0, jacobian * value)
    out: NDArray[np.float64] = terms.sum(axis=1)
    return out


def _slope(
    func: Callable[[NDArray[np.float64]], ArrayLike], point: NDArray[np.float64], base: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Differentiate numerically: central differences of fourth order with a step of a thousandth of the estimate.

    A missing estimate that the function does not use has slope 0, and so has what changes by rounding alone; where a
    step leaves the function's domain (a root at 0), the slope is missing, and so is the error.
    """
    out = np.zeros((len(base), len(point)))
    for i, x in enumerate(point):
        if np.isnan(x):
            continue
        h = 1e-3 * abs(x) or 1e-6

        def at_step(steps: float, i: int = i, x: float = x, h: float = h) -> NDArray[np.float64]:
            """Return the function some steps away from the estimate."""
            there = point.copy()
            there[i] = x + steps * h
            return _evaluate(func, there)

        with np.errstate(all="ignore"):
            slope = (at_step(-2) - 8 * at_step(-1) + 8 * at_step(1) - at_step(2)) / (12 * h)
            slope[np.abs(slope) * h <= _NOISE * np.abs(base)] = 0.0
        out[:, i] = np.where(np.isfinite(base), np.where(np.isfinite(slope), slope, np.nan), 0.0)
    return out


def _common(keys: Keys, jacobian: Any, name: str) -> Keys:
    """Label derived estimates with what all their terms have in common; groups that differ are listed."""
    pointer, indices = jacobian.indptr, jacobian.indices
    columns: dict[str, Coded] = {}
    for key in NAMES:
        column = keys[key]
        values = []
        for a, b in pairwise(pointer):
            found = list(dict.fromkeys(column.at(i) for i in indices[a:b]))
            if len(found) == 1:
                values.append(found[0])
            elif key == "group" and len(found) <= 4:
                values.append(_combination(found, jacobian.data[a:b]))
            else:
                values.append(None)
        columns[key] = coded(values)
    columns["contrast"] = coded([name] * (len(pointer) - 1))
    return Keys(columns)


def _combination(groups: list[Any], coefficients: NDArray[np.float64]) -> str:
    """Write what is combined: ``Hmong - Kinh`` for a difference, with the sign it was taken with."""
    if len(groups) == 2 and sorted(coefficients.tolist()) == [-1.0, 1.0]:
        first, second = groups if coefficients[0] > 0 else reversed(groups)
        return f"{first} - {second}"
    return " | ".join(map(str, groups))


def smallest(values: NDArray[np.float64], jacobian: Any) -> NDArray[np.float64]:
    """Return the smallest value among the estimates that each derived one is made of; missing where there are none."""
    return _reduce(np.minimum, values, jacobian)


def _reduce(function: Any, values: NDArray[np.float64], jacobian: Any) -> NDArray[np.float64]:
    return reduced(function, values[jacobian.indices], jacobian.indptr)
