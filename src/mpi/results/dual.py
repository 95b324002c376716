"""Numbers that know their derivatives with respect to the estimates they were made from.

A decomposition is written as its formula, for example ``dH * (A0 + A1) / 2``; its error follows by the chain rule. Each
operation carries the derivatives along (forward differentiation on sparse rows), so no gradient is written by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.inference.influence import canonical

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from mpi.results.estimates import Estimates

    Floats = NDArray[np.float64]

__all__ = ["Figures", "figures_of", "stacked"]


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """A vector of numbers with their derivatives.

    Attributes
    ----------
    value : ndarray of float, shape (figures,)
        The numbers; missing where undefined.
    slope : scipy.sparse.csr_array, shape (figures, estimates)
        The derivative of each with respect to each estimate.

    Examples
    --------
    >>> import scipy.sparse as sp
    >>> x = Figures(np.array([3.0, 4.0]), sp.csr_array(np.eye(2)))
    >>> y = x * x + 1
    >>> y.value.tolist(), y.slope.toarray().tolist()
    ([10.0, 17.0], [[6.0, 0.0], [0.0, 8.0]])
    """

    value: Floats
    slope: Any

    def __post_init__(self) -> None:
        """Hold the derivatives with sorted columns, for figures share their arrays."""
        object.__setattr__(self, "slope", canonical(self.slope))

    __array_ufunc__ = None  # an array on the left leaves the operation to us

    def __len__(self) -> int:
        """The number of figures."""
        return len(self.value)

    def __add__(self, other: Figures | ArrayLike) -> Figures:
        """Add figures, or constants."""
        if isinstance(other, Figures):
            return Figures(self.value + other.value, _plus(self.slope, other.slope))
        return Figures(self.value + np.asarray(other, dtype=np.float64), self.slope)

    def __neg__(self) -> Figures:
        """Change the sign."""
        return Figures(-self.value, -self.slope)

    def __sub__(self, other: Figures | ArrayLike) -> Figures:
        """Subtract figures, or constants."""
        if isinstance(other, Figures):
            return Figures(self.value - other.value, _plus(self.slope, -other.slope))
        return Figures(self.value - np.asarray(other, dtype=np.float64), self.slope)

    def __mul__(self, other: Figures | ArrayLike) -> Figures:
        """Multiply by figures, or by constants."""
        if isinstance(other, Figures):
            slope = _plus(_times(self.slope, other.value), _times(other.slope, self.value))
            return Figures(self.value * other.value, slope)
        factor = np.broadcast_to(np.asarray(other, dtype=np.float64), self.value.shape)
        return Figures(self.value * factor, _times(self.slope, factor))

    def __truediv__(self, other: Figures | ArrayLike) -> Figures:
        """Divide by figures, or by constants; what would be divided by 0 is missing."""
        if isinstance(other, Figures):
            return self * other.inverse()
        return self * _inverse(np.asarray(other, dtype=np.float64))

    def __radd__(self, other: ArrayLike) -> Figures:
        """Add to constants."""
        return self + other

    def __rsub__(self, other: ArrayLike) -> Figures:
        """Subtract from constants."""
        return -self + other

    def __rmul__(self, other: ArrayLike) -> Figures:
        """Multiply constants."""
        return self * other

    def __pow__(self, power: float) -> Figures:
        """Raise to a constant power."""
        with np.errstate(all="ignore"):
            return self.mapped(self.value**power, power * self.value ** (power - 1) if power else 0 * self.value)

    def inverse(self) -> Figures:
        """Return 1 / figures; missing where they are 0."""
        one = _inverse(self.value)
        return self.mapped(one, -(one**2))

    def log(self) -> Figures:
        """Return natural logarithms; missing where figures are not positive."""
        positive = np.where(self.value > 0, self.value, np.nan)
        return self.mapped(np.log(positive), _inverse(positive))

    def exp(self) -> Figures:
        """Return exponentials."""
        up = np.exp(self.value)
        return self.mapped(up, up)

    def absolute(self) -> Figures:
        """Return absolute values; there is no derivative at 0, where the side taken is that of growth."""
        return self * np.where(self.value < 0, -1.0, 1.0)

    def mapped(self, value: Floats, derivative: Floats) -> Figures:
        """Return a function of the figures, one by one, from its values and its derivatives."""
        return Figures(value, _times(self.slope, derivative))

    def take(self, rows: NDArray[Any]) -> Figures:
        """Return some figures by position; a position of -1 gives a missing one."""
        rows = np.asarray(rows)
        there = rows >= 0
        safe = np.where(there, rows, 0)
        value = np.where(there, self.value[safe], np.nan) if len(self.value) else np.full(len(rows), np.nan)
        return Figures(value, _masked(self.slope[safe], there) if len(self.value) else self.slope)

    def filled(self, other: Figures | ArrayLike) -> Figures:
        """Put others, or constants without error, in the place of missing figures."""
        gone = np.isnan(self.value)
        if not gone.any():
            return self
        if isinstance(other, Figures):
            value = np.where(gone, other.value, self.value)
            return Figures(value, _plus(_masked(self.slope, ~gone), _masked(other.slope, gone)))
        return Figures(np.where(gone, other, self.value), _masked(self.slope, ~gone))

    def folded(self, group: NDArray[Any], groups: int) -> Figures:
        """Add the figures of each group up; a group without figures is 0."""
        import scipy.sparse as sp

        place = np.asarray(group)
        order = np.argsort(place, kind="stable")
        slope = self.slope[order]
        pointer = slope.indptr[np.searchsorted(place[order], np.arange(groups + 1))]
        value = np.bincount(place, weights=self.value, minlength=groups).astype(np.float64)
        return Figures(value, sp.csr_array((slope.data, slope.indices, pointer), shape=(groups, slope.shape[1])))

    def combined(self, weights: Any) -> Figures:
        """Return linear combinations with constant coefficients (new x figures)."""
        import scipy.sparse as sp

        table = sp.csr_array(weights)
        return Figures(np.asarray(table @ self.value), sp.csr_array(table @ self.slope))


def figures_of(est: Estimates) -> Figures:
    """Return the estimates as figures: each has derivative 1 with respect to itself.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), statistics=["H", "A", "M0"])
    >>> figures_of(est).slope.shape == (len(est), len(est))
    True
    """
    import scipy.sparse as sp

    return Figures(est.value, sp.csr_array(sp.eye_array(len(est), format="csr")))


def stacked(parts: Sequence[Figures]) -> Figures:
    """Put figures of the same estimates one below the other."""
    import scipy.sparse as sp

    slope = sp.csr_array(sp.vstack([p.slope for p in parts], format="csr"))
    return Figures(np.concatenate([p.value for p in parts]), slope)


def _inverse(values: Floats) -> Floats:
    out = np.full(np.shape(values), np.nan)
    np.divide(1.0, values, out=out, where=values != 0)
    return out


def _plus(a: Any, b: Any) -> Any:
    """Add sparse matrices. Derivatives that cancel stay as zeros: the figure rests on those estimates all the same."""
    import scipy.sparse as sp

    lengths, others = np.diff(a.indptr), np.diff(b.indptr)
    pointer = a.indptr + b.indptr
    first = np.arange(a.nnz) + np.repeat(b.indptr[:-1], lengths)
    second = np.arange(b.nnz) + np.repeat(a.indptr[1:], others)
    data, indices = np.empty(int(pointer[-1])), np.empty(int(pointer[-1]), dtype=a.indices.dtype)
    data[first], data[second] = a.data, b.data
    indices[first], indices[second] = a.indices, b.indices
    return sp.csr_array((data, indices, pointer), shape=a.shape)


def _times(slope: Any, factor: Floats) -> Any:
    """Multiply the rows of a sparse matrix."""
    import scipy.sparse as sp

    data = slope.data * np.repeat(factor, np.diff(slope.indptr))
    return sp.csr_array((data, slope.indices, slope.indptr), shape=slope.shape)


def _masked(slope: Any, rows: NDArray[np.bool_]) -> Any:
    """Leave the other rows of a sparse matrix empty (a missing figure's slope times 0 would be missing)."""
    import scipy.sparse as sp

    entry = np.repeat(rows, np.diff(slope.indptr))
    pointer = np.r_[0, np.cumsum(np.where(rows, np.diff(slope.indptr), 0))]
    return sp.csr_array((slope.data[entry], slope.indices[entry], pointer), shape=slope.shape)
