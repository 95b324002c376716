"""Doing the same for several things at once: NumPy and SciPy free the interpreter while they work on large arrays."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["map_threads"]

S = TypeVar("S")
T = TypeVar("T")

_WORTH_IT = 200_000


def map_threads(function: Callable[[S], T], items: Iterable[S], rows: int) -> list[T]:
    """Apply a function to each item, on all processors where there are rows enough to pay for it.

    Examples
    --------
    >>> map_threads(abs, [-1, 2], rows=10)
    [1, 2]
    """
    todo = list(items)
    workers = min(len(todo), _processors())
    if rows < _WORTH_IT or workers < 2:
        return [function(item) for item in todo]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(function, todo))


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
