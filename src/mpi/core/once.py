"""A value that is computed when it is first asked for, and then kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Once"]

T = TypeVar("T")


class Once(Generic[T]):
    """Holds what was computed once, for a frozen dataclass whose copies may share it.

    Examples
    --------
    >>> kept = Once()
    >>> kept.get(lambda: 3), kept.get(lambda: 4)
    (3, 3)
    """

    __slots__ = ("_value",)

    _value: T

    def get(self, compute: Callable[[], T]) -> T:
        """Return the value; compute it where that was not done yet."""
        try:
            return self._value
        except AttributeError:
            pass  # outside of which `compute` may raise what it will
        self._value = compute()
        return self._value
