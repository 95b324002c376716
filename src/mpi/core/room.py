"""Refusal of work that would not fit in memory, before it is begun, with an estimate of what it would take."""

from __future__ import annotations

from mpi.core.errors import RequestError
from mpi.core.memory import free_memory

__all__ = ["LARGEST", "check_room"]

LARGEST = 8_000_000_000
"""The most bytes that one result may take, however many are free: more takes many minutes to make."""


_SMALL = 10_000_000
"""What is smaller is not looked after."""


def check_room(size: float, what: str, mend: str) -> None:
    """Refuse what would take more bytes than are free, or than `LARGEST`.

    Parameters
    ----------
    size : float
        The bytes that it takes at its height.
    what : str
        What is asked for, with its size.
    mend : str
        What to ask for instead.

    Examples
    --------
    >>> check_room(4e11, "a matrix of 223,607 estimates", "select those of interest first")
    Traceback (most recent call last):
    mpi.errors.RequestError: a matrix of 223,607 estimates would take 400 GB of memory; select those of interest first
    """
    free = free_memory() if size > _SMALL else None
    if size > LARGEST or (free is not None and size > free):
        raise RequestError(f"{what} would take {_amount(size)} of memory; {mend}")


def _amount(size: float) -> str:
    return f"{size / 1e12:,.1f} TB" if size >= 1e12 else f"{size / 1e9:,.0f} GB"
