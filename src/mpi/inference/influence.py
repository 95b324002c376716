"""Influences of sampled units on estimates: the source of every error, covariance and contrast."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.readonly import read_only_matrix
from mpi.inference.quadratic import quadratic
from mpi.inference.variance import Block, SparseColumns, covariance, stack

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mpi.inference.design import PsuDesign

__all__ = ["Influence", "canonical"]


@dataclass(frozen=True, slots=True, eq=False)
class Influence:
    """The influence of each sampled unit on each estimate, to first order.

    Attributes
    ----------
    design : PsuDesign
        The design of the units.
    blocks : tuple of Block
        Base columns, held where they are not zero.
    jacobian : scipy.sparse.csr_array, shape (estimates, base columns)
        Each estimate as a combination of base columns.
    """

    design: PsuDesign
    blocks: tuple[Block, ...]
    jacobian: Any

    def __post_init__(self) -> None:
        """Hold the jacobian with sorted columns: see `canonical`."""
        object.__setattr__(self, "jacobian", read_only_matrix(canonical(self.jacobian)))

    def take(self, rows: NDArray[Any]) -> Influence:
        """Return the influence of some estimates."""
        return replace(self, jacobian=self.jacobian[rows])

    def used(self) -> tuple[SparseColumns, Any]:
        """Return the base columns in use, and the jacobian on them."""
        columns, place = np.unique(self.jacobian.indices, return_inverse=True)
        import scipy.sparse as sp

        local = sp.csr_array(
            (self.jacobian.data, place.astype(np.int32), self.jacobian.indptr),
            shape=(self.jacobian.shape[0], len(columns)),
        )
        return stack(self.design, self.blocks, columns), local

    def matrix(self) -> Any:
        """Return the influences as a sparse matrix, units x estimates."""
        base, local = self.used()
        return base.matrix @ local.T

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
        bits = np.array(
            [1 << w for w in range(self.design.waves)], dtype=object if self.design.waves > 62 else np.int64
        )
        some = np.flatnonzero(np.diff(pointer))
        mask = np.zeros(len(pointer) - 1, dtype=bits.dtype)
        if len(some):
            mask[some] = np.bitwise_or.reduceat(bits[of_column[self.jacobian.indices]], pointer[some])
        known = {m: frozenset(w for w in range(self.design.waves) if m >> w & 1) for m in set(mask.tolist())}
        return [known[m] for m in mask.tolist()]


def canonical(matrix: Any) -> Any:
    """Return a sparse matrix whose columns are sorted in each row, each once.

    Products of sparse matrices come unsorted, and SciPy sorts in place when it meets them later. Matrices here share
    their arrays (a jacobian and what is made of it), so one sorted late would scramble the others. Sorted ones are
    left as they are.

    Examples
    --------
    >>> import scipy.sparse as sp
    >>> unsorted = sp.csr_array((np.array([1.0, 2.0]), np.array([1, 0]), np.array([0, 2])), shape=(1, 2))
    >>> canonical(unsorted).indices.tolist(), unsorted.indices.tolist()
    ([0, 1], [1, 0])
    """
    if matrix.has_canonical_format:
        return matrix
    import scipy.sparse as sp

    out = sp.csr_array(matrix, copy=True)
    out.sum_duplicates()
    return out
