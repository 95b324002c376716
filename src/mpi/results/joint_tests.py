"""Joint tests of estimates: Wald, with the adjusted F statistic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mpi.core.errors import Problems, RequestError, warn
from mpi.core.room import check_room
from mpi.results.contrasts import coefficient_matrix, contrast

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from mpi.tables.estimates_like import EstimatesLike

__all__ = ["WaldTest", "adjusted_f", "wald_test"]


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
    pvalue : float
        The p value.
    """

    null: str
    statistic: float
    df: tuple[float, float]
    pvalue: float

    def __str__(self) -> str:
        """One line, as it would be reported."""
        return f"{self.null}: F({self.df[0]:g}, {self.df[1]:g}) = {self.statistic:.4g}, p = {self.pvalue:.4g}"

    @property
    def p(self) -> float:
        """The p value, by its former name."""
        warn("WaldTest.p is called pvalue")
        return self.pvalue


def wald_test(est: EstimatesLike, restriction: ArrayLike | None = None, value: ArrayLike = 0.0) -> WaldTest:
    """Test jointly that combinations of the estimates have stated values (Wald, adjusted F).

    Parameters
    ----------
    restriction : array of shape (hypotheses, estimates), optional
        Coefficients; by default each estimate by itself.
    value : array of shape (hypotheses,)
        The values under the null hypothesis.

    Raises
    ------
    MpiError
        When the hypotheses are redundant, or more than the degrees of freedom allow.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["area"], statistics=["H"])
    >>> two = est.select(wave=2016, by="area")
    >>> two.wald_test([1, -1]).pvalue < 0.001
    True
    """
    if restriction is None:
        check_room(6 * 8 * len(est) ** 2, f"a joint test of {len(est):,} estimates", "select those of interest first")
    made = contrast(est, np.eye(len(est)) if restriction is None else restriction, name="test")
    null = np.asarray(value, dtype=np.float64)
    gap = made.value - null
    problems = Problems("the test cannot be made", RequestError)
    if not np.isfinite(gap).all():
        problems.add("some estimates are missing; select those that are defined")
        problems.raise_if_any()
    unknown_error = ~made.estimable
    if unknown_error.any():
        least = _rests_on_unknown(est, made, restriction)
        problems.add(f"the errors of some numbers are not known, so nothing about them can be tested: {least}")
    elif (made.se == 0).any():
        problems.add(f"a hypothesis is about a number without variance: {_listed(made, made.se == 0)}")
    problems.raise_if_any()
    V = made.influence.covariance()
    spread = np.sqrt(np.diag(V))
    q, df = len(gap), float(np.max(made.df) if est.degrees == "design" else np.min(made.df))
    if np.linalg.matrix_rank(V / np.outer(spread, spread), hermitian=True, tol=1e-10) < q:
        problems.add("the hypotheses repeat each other; test fewer")
    if q > df:
        problems.add(f"{q} hypotheses, {df:g} degrees of freedom")
    problems.raise_if_any()
    return WaldTest(f"{q} linear restriction{'s' if q > 1 else ''}", *adjusted_f(gap, V, df))


def adjusted_f(gap: NDArray[np.float64], V: NDArray[np.float64], df: float) -> tuple[float, tuple[float, float], float]:
    """Return the adjusted F statistic of gaps that are 0 under the null, its degrees of freedom, and the p value.

    F = (df - q + 1) / (df q) gap' V^-1 gap with q and df - q + 1 degrees of freedom (Korn and Graubard 1990, American
    Statistician 44:270-276).
    """
    from scipy.special import fdtrc

    spread, q = np.sqrt(np.diag(V)), len(gap)
    unit = gap / spread
    f = float(unit @ np.linalg.solve(V / np.outer(spread, spread), unit)) / q * (df - q + 1) / df
    return f, (float(q), df - q + 1), float(fdtrc(q, df - q + 1, f))


def _rests_on_unknown(est: EstimatesLike, contrasts: EstimatesLike, of: ArrayLike | None) -> str:
    """Name the estimates without a known error that the hypotheses rest on."""
    used = (
        np.ones(len(est), dtype=bool) if of is None else (coefficient_matrix(of)[~contrasts.estimable] != 0).any(axis=0)
    )
    return _listed(est, used & ~est.estimable)


def _listed(est: EstimatesLike, which: NDArray[np.bool_]) -> str:
    """Name some estimates, the first of many, each with what its flag says."""
    rows = np.flatnonzero(which).tolist()
    names = []
    for row in rows[:_NAMED]:
        words = [str(est.keys[n].at(row)) for n in ("statistic", "indicator", "group", "wave") if est.keys[n].at(row)]
        flag = est.flag.at(row)
        names.append(" ".join(words) + (f" ({flag})" if flag else ""))
    return "; ".join(names) + (f"; and {len(rows) - _NAMED} more" if len(rows) > _NAMED else "")


_NAMED = 6
