"""Read-only arrays and mappings, for what is handed out to users."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast

import numpy as np

from mpi.core.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from numpy.typing import NDArray

__all__ = ["ReadOnly", "read_only", "read_only_matrix", "seal"]

K = TypeVar("K")
V = TypeVar("V")


class ReadOnly(dict[K, V]):
    """A mapping that nobody can change; `dict(...)` of it is a copy that can be.

    Examples
    --------
    >>> labels = ReadOnly({1: "men"})
    >>> labels[1] = "women"
    Traceback (most recent call last):
    mpi.errors.RequestError: this mapping is read-only; change a copy of it, dict(...)
    """

    __slots__ = ()

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise RequestError("this mapping is read-only; change a copy of it, dict(...)")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = _refuse
    setdefault = _refuse  # pyright: ignore[reportAssignmentType]  # its overloads are of no matter
    update = _refuse  # pyright: ignore[reportAssignmentType]  # likewise

    def __reduce__(self) -> tuple[Any, ...]:
        """Be copied and pickled whole, not entry by entry."""
        return type(self), (dict(self),)

    @classmethod
    def from_mapping(cls, mapping: Mapping[K, Any]) -> ReadOnly[K, Any]:
        """Return a mapping, and the mappings in it, that nobody can change and no later change of the given reaches."""
        if type(mapping) is ReadOnly:
            return mapping
        return ReadOnly({k: ReadOnly.from_mapping(v) if isinstance(v, dict) else v for k, v in mapping.items()})


def read_only(values: NDArray[Any]) -> NDArray[Any]:
    """Return a view of an array that cannot be written into.

    Examples
    --------
    >>> import numpy as np
    >>> read_only(np.array([1.0]))[0] = 2
    Traceback (most recent call last):
    ValueError: assignment destination is read-only
    """
    if not values.flags.writeable:
        return values
    view = values.view()
    view.flags.writeable = False
    return view


def read_only_matrix(matrix: Any) -> Any:
    """Make the arrays of a sparse matrix of ours read-only, in place."""
    for name in ("data", "indices", "indptr"):
        setattr(matrix, name, read_only(getattr(matrix, name)))
    return matrix


def seal(instance: Any) -> None:
    """Make the arrays and mappings in the fields of a frozen dataclass read-only; call it in ``__post_init__``."""
    for name in _names(cast("Hashable", type(instance))):
        value = getattr(instance, name)
        if isinstance(value, np.ndarray):
            if value.flags.writeable:
                object.__setattr__(instance, name, read_only(value))
        elif isinstance(value, dict) and type(value) is not ReadOnly:
            object.__setattr__(instance, name, ReadOnly.from_mapping(value))


@cache
def _names(kind: Hashable) -> tuple[str, ...]:
    return tuple(field.name for field in fields(cast("type[Any]", kind)))
