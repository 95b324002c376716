"""Three-valued logic: what is surely true, what is surely false, and what is neither because an answer is missing.

A truth is held as two plain yes-or-no columns that are never missing. So the same lines work on NumPy arrays and on
Narwhals expressions, and no engine's own idea of a missing comparison can slip in.
"""

from __future__ import annotations

import functools
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

__all__ = ["Truth", "as_numbers", "at_least", "every", "some", "whole"]


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """A truth value in Kleene's strong logic: where something is known to hold, and where it is known not to.

    Parameters
    ----------
    true, false : array of bool, or narwhals expression
        Never both true and never missing; where neither is true the answer is unknown.

    Examples
    --------
    >>> known = Truth(np.array([True, False]), np.array([False, True]))
    >>> unknown = Truth(np.array([False, False]), np.array([False, False]))
    >>> as_numbers(known | unknown), as_numbers(known & unknown)
    (array([ 1., nan]), array([nan,  0.]))
    """

    true: Any
    false: Any

    @property
    def unknown(self) -> Any:
        """The places where it is neither known to hold nor known not to."""
        return ~(self.true | self.false)

    def __and__(self, other: Truth) -> Truth:
        return Truth(self.true & other.true, self.false | other.false)

    def __or__(self, other: Truth) -> Truth:
        return Truth(self.true | other.true, self.false & other.false)

    def __invert__(self) -> Truth:
        return Truth(self.false, self.true)


def every(truths: Iterable[Truth], *, skip_missing: bool = False) -> Truth:
    """Return whether all hold: false where one is false, whatever is unknown; or whether all that are known hold."""
    if not skip_missing:
        return functools.reduce(operator.and_, truths)
    return ~some((~t for t in truths), skip_missing=True)


def some(truths: Iterable[Truth], *, skip_missing: bool = False) -> Truth:
    """Return whether one holds: true where one is true, whatever is unknown; or whether one that is known holds."""
    if not skip_missing:
        return functools.reduce(operator.or_, truths)
    parts = list(truths)
    yes, no = (functools.reduce(operator.or_, side) for side in ((p.true for p in parts), (p.false for p in parts)))
    return Truth(yes, no & ~yes)


def at_least(count: int, truths: Iterable[Truth], *, skip_missing: bool = False) -> Truth:
    """Return whether at least `count` hold, whatever the unknown ones turn out to be; or of those that are known."""
    parts = list(truths)
    yes = functools.reduce(operator.add, (whole(p.true) for p in parts))
    no = functools.reduce(operator.add, (whole(p.false) for p in parts))
    if skip_missing:
        return Truth(yes >= count, (yes < count) & (yes + no > 0))
    return Truth(yes >= count, no > len(parts) - count)


def whole(mask: Any) -> Any:
    """Return a yes-or-no column as whole numbers, 1 and 0."""
    return mask.cast(nw.Int64) if isinstance(mask, nw.Expr) else mask.astype(np.int64)


def as_numbers(truth: Truth) -> NDArray[np.float64]:
    """Return a truth of arrays as 1, 0 and NaN."""
    out: NDArray[np.float64] = np.where(truth.true, 1.0, np.where(truth.false, 0.0, np.nan))
    return out
