"""Former names of functions, which warn and say what to write."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from mpi.core.errors import warn

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["former"]

P = ParamSpec("P")
R = TypeVar("R")


def former(name: str, function: Callable[P, R], **renamed: str) -> Callable[P, R]:
    """Return a function under a former name: it warns, and does what the function does.

    Parameters
    ----------
    name : str
        The former name as users wrote it, ``Class.method``.
    function : callable
        What it is called now.
    **renamed
        What a keyword of the former name is called now.

    Examples
    --------
    >>> import warnings
    >>> def doubled(number): return 2 * number
    >>> twice = former("twice", doubled, of="number")
    >>> with warnings.catch_warnings(record=True) as said:
    ...     warnings.simplefilter("always")
    ...     twice(of=2), str(said[0].message)
    (4, 'twice is called doubled')
    """

    @wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        warn(f"{name} is called {function.__name__}")
        return function(*args, **{renamed.get(k, k): v for k, v in kwargs.items()})  # type: ignore[arg-type]  # keywords by their former names

    called.__name__ = name.rpartition(".")[2]
    called.__doc__ = f"Former name of `{function.__name__}`."
    return called
