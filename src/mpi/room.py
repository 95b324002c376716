"""What would not fit in memory is refused before it is begun, with what it would take."""

from __future__ import annotations

from mpi.errors import MpiError

__all__ = ["LARGEST", "check_room"]

LARGEST = 8_000_000_000
"""The most bytes that one result may take: more fills most machines, and takes many minutes to make."""


def check_room(size: float, what: str, mend: str) -> None:
    """Refuse what would take more than `LARGEST` bytes.

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
    mpi.errors.MpiError: a matrix of 223,607 estimates would take 400 GB of memory; select those of interest first
    """
    if size > LARGEST:
        raise MpiError(f"{what} would take {_amount(size)} of memory; {mend}")


def _amount(size: float) -> str:
    return f"{size / 1e12:,.1f} TB" if size >= 1e12 else f"{size / 1e9:,.0f} GB"
