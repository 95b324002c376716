"""Shapley effects of factors on the change of their product."""

from __future__ import annotations

from functools import reduce
from itertools import combinations
from math import factorial
from operator import add, mul
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mpi.results.dual import Figures

__all__ = ["effects"]


def effects(before: Sequence[Figures], after: Sequence[Figures]) -> list[Figures]:
    """Return each factor's Shapley effect on the change of a product.

    The effect of x is dx times the other factors, averaged over the orders in which the factors may change.

    Parameters
    ----------
    before, after : sequence of Figures
        The factors in the two rounds.

    Examples
    --------
    >>> import numpy as np, scipy.sparse as sp
    >>> from mpi.results.dual import Figures
    >>> def number(x): return Figures(np.array([x]), sp.csr_array((1, 1)))
    >>> [float(e.value[0]) for e in effects([number(2.0), number(3.0)], [number(4.0), number(5.0)])]
    [8.0, 6.0]
    """
    return [_effect(i, before, after) for i in range(len(before))]


def _effect(i: int, before: Sequence[Figures], after: Sequence[Figures]) -> Figures:
    m = len(before)
    others = [j for j in range(m) if j != i]
    step = after[i] - before[i]
    terms = []
    for size in range(m):
        weight = factorial(size) * factorial(m - 1 - size) / factorial(m)
        for changed in combinations(others, size):
            factors = [after[j] if j in changed else before[j] for j in others]
            terms.append(reduce(mul, factors, step * weight))
    return reduce(add, terms)
