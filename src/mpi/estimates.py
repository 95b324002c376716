"""Estimates: numbers with their influence, from which every error, covariance, contrast and test follows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.errors import MpiError, Problems, unknown
from mpi.intervals import Interval, interval, p_value
from mpi.keys import NAMES, Coded, Keys, coded
from mpi.variance import Block, covariance, quadratic, stack

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from mpi.design import Design

__all__ = ["Estimates", "Influence", "WaldTest"]

_TOO_MANY = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Influence:
    """What each sampled unit contributes to each estimate, to first order.

    Attributes
    ----------
    design : Design
        The design of the units.
    blocks : tuple of Block
        Base columns, held where they are not zero.
    jacobian : scipy.sparse.csr_array, shape (estimates, base columns)
        Each estimate as a combination of base columns.
    """

    design: Design
    blocks: tuple[Block, ...]
    jacobian: Any

    def take(self, rows: NDArray[Any]) -> Influence:
        """Return the influence of some estimates."""
        return replace(self, jacobian=self.jacobian[rows])

    def used(self) -> tuple[Any, Any]:
        """Return the base columns in use as a sparse matrix (units x m), and the jacobian on them."""
        columns, place = np.unique(self.jacobian.indices, return_inverse=True)
        import scipy.sparse as sp

        local = sp.csr_array(
            (self.jacobian.data, place.astype(np.int32), self.jacobian.indptr),
            shape=(self.jacobian.shape[0], len(columns)),
        )
        return stack(self.blocks, columns, self.design.units), local

    def matrix(self) -> Any:
        """Return the influences as a sparse matrix, units x estimates."""
        base, local = self.used()
        return base @ local.T

    def covariance(self) -> NDArray[np.float64]:
        """Return the covariance matrix of the estimates."""
        base, local = self.used()
        full: NDArray[np.float64] = (local @ covariance(self.design, base) @ local.T).toarray()
        return (full + full.T) / 2

    def variances(self) -> NDArray[np.float64]:
        """Return the variance of each estimate."""
        base, local = self.used()
        return quadratic(self.design, base, local)

    def waves(self) -> list[frozenset[int]]:
        """Return the rounds each estimate rests on."""
        of_column = np.concatenate([b.waves() for b in self.blocks])
        pointer = self.jacobian.indptr
        used = of_column[self.jacobian.indices]
        return [frozenset(used[a:b].tolist()) for a, b in zip(pointer[:-1], pointer[1:], strict=True)]


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


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Estimates:
    """Estimates with their design-based errors and all their covariances.

    Made by `mpi.estimate`, `mpi.mean` and the decompositions; `table` shows them.

    Attributes
    ----------
    keys : Keys
        What each number is.
    value, se : ndarray of float
        The estimates and their standard errors; missing where undefined, and the flag says why.
    df : ndarray of float
        Design degrees of freedom of each.
    n, n_psu : ndarray of float
        The unweighted numbers of cases and of PSUs that each rests on.
    method : Coded
        The method of each interval.
    flag : Coded
        What to know about a number; none where all is well.
    influence : Influence
        What each sampled unit contributes.
    level : float
        The confidence level of the intervals.
    codes : mapping of by to mapping of label to code
        The values in the data that a group's label stands for.
    """

    keys: Keys
    value: NDArray[np.float64]
    se: NDArray[np.float64]
    df: NDArray[np.float64]
    n: NDArray[np.float64]
    n_psu: NDArray[np.float64]
    method: Coded
    flag: Coded
    influence: Influence
    level: float
    codes: Mapping[str, Mapping[str, tuple[Any, ...]]]

    def __len__(self) -> int:
        """The number of estimates."""
        return len(self.value)

    def __repr__(self) -> str:
        """Say how many numbers of what there are."""
        by = ", ".join(map(str, self.keys["by"].values))
        return f"<Estimates: {len(self):,} numbers, by {by}>\n{self.table!r}"

    def _repr_html_(self) -> str:
        """Return the table for a notebook."""
        from mpi.tables import html

        return html(self)

    @property
    def table(self) -> pd.DataFrame:
        """The estimates as a tidy pandas DataFrame, one row per number; shares are fractions."""
        from mpi.tables import tidy

        return tidy(self)

    def limits(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the lower and upper confidence limits."""
        low, high = np.full(len(self), np.nan), np.full(len(self), np.nan)
        for i, method in enumerate(self.method.values):
            rows = np.flatnonzero(self.method.index == i)
            part = (x[rows] for x in (self.value, self.se, self.df))
            low[rows], high[rows] = interval(method, *part, self.level, self.n[rows])
        return low, high

    def with_interval(self, method: Interval | None = None, level: float | None = None) -> Estimates:
        """Change the confidence level, and the method for shares (those that have logit-t intervals).

        Examples
        --------
        >>> import mpi
        >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp")).select(statistic="H", wave=2016)
        >>> wider = est.with_interval("beta", level=0.99)
        """
        problems = Problems("the intervals cannot be changed")
        words = ("logit", "t", "log", "asin", "beta", "wilson")
        if method is not None and method not in words:
            problems.add(unknown("method", method, words))
        if level is not None and not 0 < level < 1:
            problems.add(f"level {level!r} is not between 0 and 1; 95 per cent is 0.95")
        problems.raise_if_any()
        values = tuple(method if method and v in {"logit", "asin", "beta", "wilson"} else v for v in self.method.values)
        return replace(self, method=Coded(values, self.method.index), level=level or self.level)

    def take(self, rows: ArrayLike) -> Estimates:
        """Return some of the estimates, by position; covariances are kept."""
        r = np.asarray(rows)
        return replace(
            self,
            keys=self.keys.take(r),
            value=self.value[r],
            se=self.se[r],
            df=self.df[r],
            n=self.n[r],
            n_psu=self.n_psu[r],
            method=self.method.take(r),
            flag=self.flag.take(r),
            influence=self.influence.take(r),
        )

    def select(self, **conditions: Any) -> Estimates:
        """Return the estimates whose keys match, with their covariances.

        Parameters
        ----------
        **conditions
            Any of ``statistic, contrast, indicator, dimension, by, group, wave, cutoff, weighting``, each a value
            or a list of values; ``by`` may be a tuple for a cross, ``cutoff`` any way of writing the number.

        Raises
        ------
        MpiError
            When a name or a value does not occur; the nearest is offered.
        """
        return self.take(self.keys.find(conditions))

    def vcov(self) -> NDArray[np.float64]:
        """Return the covariance matrix of all estimates, in the order of the table.

        Raises
        ------
        MpiError
            When there are more than 20,000; `select` those of interest first.
        """
        if len(self) > _TOO_MANY:
            raise MpiError(
                f"a covariance matrix of {len(self):,} estimates is too large; select those of interest first"
            )
        return self.influence.covariance()

    def contrast(
        self,
        of: ArrayLike | Callable[[NDArray[np.float64]], ArrayLike],
        *,
        name: str = "difference",
        gradient: Callable[[NDArray[np.float64]], ArrayLike] | None = None,
        interval: Interval = "t",
    ) -> Estimates:
        """Return linear combinations, or smooth functions, of the estimates, with their errors and covariances.

        Parameters
        ----------
        of : array of shape (estimates,) or (contrasts, estimates), or function
            Coefficients; or a function of the vector of estimates that gives one number or several.
        name : str
            What the result is: it stands in the column ``contrast``.
        gradient : function, optional
            The derivatives of `of`, of shape (contrasts, estimates); found numerically by default.
        interval : {"t", "logit", "log", "asin", "beta", "wilson"}
            The method of the intervals.

        Examples
        --------
        >>> import mpi
        >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["area"])
        >>> gap = est.select(statistic="H", wave=2016, by="area").contrast([-1, 1])
        >>> float(gap.value[0]) > 0
        True
        """
        if callable(of):
            value = np.atleast_1d(np.asarray(of(self.value), dtype=np.float64))
            slope = np.asarray(gradient(self.value) if gradient else _slope(of, self.value), dtype=np.float64)
            jacobian = np.atleast_2d(slope)
        else:
            jacobian = np.atleast_2d(np.asarray(of, dtype=np.float64))
            value = _combined(jacobian, self.value)
        if jacobian.shape != (len(value), len(self)):
            raise MpiError(
                f"the contrast has coefficients of shape {jacobian.shape}; {len(value)} x {len(self)} were expected, "
                "one for each estimate: select the estimates first"
            )
        return self.derive(value, jacobian, name=name, method=interval)

    def derive(
        self, value: NDArray[np.float64], jacobian: Any, *, name: str, method: Interval, keys: Keys | None = None
    ) -> Estimates:
        """Make new estimates from these by the chain rule: their values, and the derivatives (new x old)."""
        import scipy.sparse as sp

        local = sp.csr_array(jacobian)
        chain = replace(self.influence, jacobian=sp.csr_array(local @ self.influence.jacobian))
        undefined = ~np.isfinite(value)
        se = np.sqrt(chain.variances())
        se[undefined] = np.nan
        design = self.influence.design
        df = np.array([design.df(w) if w else np.nan for w in chain.waves()])
        labelled = keys or _common(self.keys, local, name)
        return replace(
            self,
            keys=labelled,
            value=np.where(undefined, np.nan, value),
            se=se,
            df=df,
            n=_reduce(np.minimum, self.n, local),
            n_psu=_reduce(np.minimum, self.n_psu, local),
            method=coded([method] * len(value)),
            flag=coded(["undefined" if u else None for u in undefined]),
            influence=chain,
        )

    def test(self, of: ArrayLike | None = None, *, value: ArrayLike = 0.0) -> WaldTest:
        """Test jointly that combinations of the estimates have stated values (Wald, adjusted F).

        Parameters
        ----------
        of : array of shape (hypotheses, estimates), optional
            Coefficients; by default each estimate by itself.
        value : array of shape (hypotheses,)
            The values under the null hypothesis.

        Raises
        ------
        MpiError
            When the hypotheses are redundant, or more than the degrees of freedom allow.
        """
        L = np.eye(len(self)) if of is None else np.atleast_2d(np.asarray(of, dtype=np.float64))
        gap = L @ self.value - np.asarray(value, dtype=np.float64)
        V = L @ self.vcov() @ L.T
        q, df = len(gap), float(np.nanmin(self.df))
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

    def p_values(self, value: float = 0.0) -> NDArray[np.float64]:
        """Return the two-sided p value of each estimate against a stated value, by t."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return p_value((self.value - value) / self.se, self.df)

    def wide(self, **options: Any) -> pd.DataFrame:
        """Return a table to publish: groups in rows, statistics in columns, errors in brackets; see `mpi.tables.wide`."""
        from mpi.tables import wide

        return wide(self, **options)

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write the tidy table as CSV; the file is whole or is not there."""
        from mpi.export import write

        write(self, path, "csv")

    def to_parquet(self, path: str | os.PathLike[str]) -> None:
        """Write the tidy table as parquet; the file is whole or is not there."""
        from mpi.export import write

        write(self, path, "parquet")

    def to_excel(self, path: str | os.PathLike[str]) -> None:
        """Write an Excel workbook: a publication sheet per disaggregation, and the tidy table."""
        from mpi.export import write

        write(self, path, "excel")

    def to_latex(self, path: str | os.PathLike[str]) -> None:
        """Write the publication table as LaTeX; the file is whole or is not there."""
        from mpi.export import write

        write(self, path, "latex")


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
        for a, b in zip(pointer[:-1], pointer[1:], strict=True):
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
