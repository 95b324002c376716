"""A cache for values that follow from an immutable object, each computed once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

__all__ = ["SMALL", "Cache"]

T = TypeVar("T")

SMALL = 1 << 16
"""Up to how many rows (or cells) results are kept: to compute them again costs little where there are more, beside all
else, and to keep them costs memory."""

_MANY = 32


class Cache:
    """Results by key, of a frozen object that holds the cache; the oldest go where there are many.

    Threads may compute one result twice, and get equal ones. A copy, and what was pickled, starts with none.

    Examples
    --------
    >>> squares = Cache()
    >>> squares.get(3, lambda: 3**2), squares.get(3, lambda: 1 / 0)
    (9, 9)
    """

    __slots__ = ("_found",)

    def __init__(self) -> None:
        self._found: dict[Hashable, Any] = {}

    def get(self, key: Hashable, make: Callable[[], T], size: int = 0) -> T:
        """Return the result of a key, made by a function at first; what rests on more than `SMALL` rows is not kept.

        Parameters
        ----------
        key : hashable
            What it is.
        make : function
            Computes it; where it fails, nothing is kept.
        size : int
            How many rows, or cells, it rests on.
        """
        if size > SMALL:
            return make()
        try:
            found: T = self._found[key]
        except KeyError:
            found = make()
            while len(self._found) >= _MANY:
                self._found.pop(next(iter([*self._found])), None)
            self._found[key] = found
        return found

    def __reduce__(self) -> tuple[type[Cache], tuple[()]]:
        """Be copied and pickled empty."""
        return Cache, ()
