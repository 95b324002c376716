"""Combinations, smooth functions and tests of estimates, by the chain rule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.errors import MpiError, Problems
from mpi.keys import NAMES, Coded, Keys, coded

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from mpi.estimates import Estimates
    from mpi.intervals import Interval

__all__ = ["WaldTest", "contrast", "derive", "wald"]


@dataclass(frozen=True, slots=True)
class WaldTest:
    """A test of linear hypotheses about estimates.

    Attributes
    ----------
    null : str
        What is tested.
    statistic : float
        The adjusted F statistic, (df - q + 1) / (df q) times Wald's.
    df : tuple of float
        Numerator and denominator degrees of freedom.
    p : float
        The p value.
    """

    null: str
    statistic: float
    df: tuple[float, float]
    p: float

    def __str__(self) -> str:
        """One line, as it would be reported."""
        return f"{self.null}: F({self.df[0]:g}, {self.df[1]:g}) = {self.statistic:.4g}, p = {self.p:.4g}"


def contrast(
    est: Estimates,
    of: ArrayLike | Callable[[NDArray[np.float64]], ArrayLike],
    *,
    name: str,
    gradient: Callable[[NDArray[np.float64]], ArrayLike] | None,
    method: Interval,
) -> Estimates:
    """Return linear combinations, or smooth functions, of estimates; see `Estimates.contrast`."""
    if callable(of):
        value = np.atleast_1d(np.asarray(of(est.value), dtype=np.float64))
        slope = np.asarray(gradient(est.value) if gradient else _slope(of, est.value), dtype=np.float64)
        jacobian = np.atleast_2d(slope)
    else:
        jacobian = np.atleast_2d(np.asarray(of, dtype=np.float64))
        value = _combined(jacobian, est.value)
    if jacobian.shape != (len(value), len(est)):
        raise MpiError(
            f"the coefficients have shape {jacobian.shape}; {len(value)} x {len(est)} were expected, one for "
            "each estimate: select the estimates first"
        )
    return derive(est, value, jacobian, name=name, method=method)


def derive(
    est: Estimates, value: NDArray[np.float64], jacobian: Any, *, name: str, method: Interval, keys: Keys | None = None
) -> Estimates:
    """Make new estimates from these by the chain rule: their values, and the derivatives (new x old)."""
    import scipy.sparse as sp

    local = sp.csr_array(jacobian)
    chain = replace(est.influence, jacobian=sp.csr_array(local @ est.influence.jacobian))
    undefined = ~np.isfinite(value)
    se = np.sqrt(chain.variances())
    se[undefined] = np.nan
    design = est.influence.design
    df = np.array([design.df(w) if w else np.nan for w in chain.waves()])
    labelled = keys or _common(est.keys, local, name)
    return replace(
        est,
        keys=labelled,
        value=np.where(undefined, np.nan, value),
        se=se,
        df=df,
        n=_reduce(np.minimum, est.n, local),
        n_psu=_reduce(np.minimum, est.n_psu, local),
        method=coded([method] * len(value)),
        flag=coded(["undefined" if u else None for u in undefined]),
        influence=chain,
    )


def wald(est: Estimates, of: ArrayLike | None, value: ArrayLike) -> WaldTest:
    """Test linear hypotheses about estimates jointly; see `Estimates.test`."""
    L = np.eye(len(est)) if of is None else np.atleast_2d(np.asarray(of, dtype=np.float64))
    gap = L @ est.value - np.asarray(value, dtype=np.float64)
    V = L @ est.vcov() @ L.T
    q, df = len(gap), float(np.nanmin(est.df))
    problems = Problems("the test cannot be made")
    if not np.isfinite(gap).all():
        problems.add("some estimates are missing; select those that are defined")
    elif np.linalg.matrix_rank(V, hermitian=True) < q:
        problems.add("the hypotheses repeat each other, or one has no variance; test fewer")
    if q > df:
        problems.add(f"{q} hypotheses, {df:g} degrees of freedom")
    problems.raise_if_any()
    from scipy.special import fdtrc

    wald = float(gap @ np.linalg.solve(V, gap))
    f = wald / q * (df - q + 1) / df
    return WaldTest(
        f"{q} linear restriction{'s' if q > 1 else ''}", f, (float(q), df - q + 1), float(fdtrc(q, df - q + 1, f))
    )


def _combined(jacobian: NDArray[np.float64], value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Multiply, leaving missing estimates with a coefficient of zero out of it."""
    if jacobian.shape[1] != len(value):
        return np.full(len(jacobian), np.nan)
    terms = np.where(jacobian == 0, 0.0, jacobian * value)
    out: NDArray[np.float64] = terms.sum(axis=1)
    return out


def _slope(of: Callable[[NDArray[np.float64]], ArrayLike], at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Differentiate numerically: central differences of fourth order, a relative step that balances both errors."""
    base = np.atleast_1d(np.asarray(of(at), dtype=np.float64))
    out = np.zeros((len(base), len(at)))
    for i, x in enumerate(at):
        h = 1e-3 * max(abs(x), 1e-3)
        values = []
        for k in (-2, -1, 1, 2):
            moved = at.copy()
            moved[i] = x + k * h
            values.append(np.atleast_1d(np.asarray(of(moved), dtype=np.float64)))
        out[:, i] = (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * h)
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
            else:
                values.append(" | ".join(map(str, found)) if key == "group" and len(found) <= 4 else None)
        columns[key] = coded(values)
    columns["contrast"] = coded([name] * (len(pointer) - 1))
    return Keys(columns)


def _reduce(function: Any, values: NDArray[np.float64], jacobian: Any) -> NDArray[np.float64]:
    pointer = jacobian.indptr
    out = np.full(len(pointer) - 1, np.nan)
    some = np.flatnonzero(np.diff(pointer))
    if len(some):
        out[some] = function.reduceat(values[jacobian.indices], pointer[some])
    return out
