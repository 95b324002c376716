"""The memory available to this process: the least that the machine, its cgroups and its own limits leave."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mpi.core.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["amount", "free_memory", "translated_memory_errors"]

_ROOT = Path("/")


def free_memory(root: Path = _ROOT) -> int | None:
    """Return the bytes that this process can still take, or None where the system does not tell.

    The least of what the machine has available, what each group of processes that this one is in leaves of its limit
    (cgroups of both versions, such as those of containers and batch systems), and what ``ulimit -v`` and ``-d`` leave.

    Parameters
    ----------
    root : Path
        Where ``proc`` and ``sys`` lie.

    Examples
    --------
    >>> left = free_memory()
    >>> left is None or left > 0
    True
    """
    left = [*_machine_memory(root), *_cgroup_memory(root), *_limit_memory(root)]
    return max(min(left), 0) if left else None


def amount(size: float) -> str:
    """Write bytes for people.

    Examples
    --------
    >>> amount(2_340_000_000), amount(56_000_000), amount(300)
    ('2.3 GB', '56 MB', '1 MB')
    """
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{max(round(size / 1e6), 1):,} MB"


@contextmanager
def translated_memory_errors(what: str, mend: str) -> Iterator[None]:
    """Turn an allocation that fails, or a thread that cannot be started, into one error of ours.

    Examples
    --------
    >>> with translated_memory_errors("a profile of 5,000,000 rows", "name fewer columns in by="):
    ...     raise MemoryError("Unable to allocate 38.1 MiB")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    mpi.errors.RequestError: the memory does not suffice for a profile of 5,000,000 rows: Unable to allocate ...
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError) and _THREAD not in str(error):
            raise
        said, left = (str(error).strip().splitlines() or ["no memory is left"])[0], free_memory()
        free = "" if left is None else f" ({amount(left)} are free)"
        raise RequestError(f"the memory does not suffice for {what}: {said}{free}; {mend}") from error


_THREAD = "can't start new thread"


def _machine_memory(root: Path) -> Iterator[int]:
    """Yield the bytes that the machine has available."""
    found = _fields(root / "proc/meminfo").get("MemAvailable")
    if found is not None:
        yield found


def _cgroup_memory(root: Path) -> Iterator[int]:
    """Yield what each group leaves, from that of this process up to the outermost."""
    for line in _lines(root / "proc/self/cgroup"):
        _, kinds, path = [*line.split(":", 2), "", ""][:3]
        if kinds and "memory" not in kinds.split(","):
            continue
        files = _FIRST if kinds else _SECOND
        for base in files.bases:
            at = root / base
            for part in [*reversed(Path(path.lstrip("/")).parents), Path(path.lstrip("/"))]:
                yield from files.left(at / part)


class _Files:
    """The files of one version of cgroups."""

    def __init__(self, bases: tuple[str, ...], limit: str, used: str, cache: str) -> None:
        self.bases, self.limit, self.used, self.cache = bases, limit, used, cache

    def left(self, folder: Path) -> Iterator[int]:
        """Yield what a group leaves of its limit; what it only caches of files can be had."""
        limit, used = (_number(folder / name) for name in (self.limit, self.used))
        if limit is None or used is None or limit >= _NONE:
            return
        cached = _fields(folder / "memory.stat", unit=1).get(self.cache, 0)
        yield limit - max(used - cached, 0)


_FIRST = _Files(
    ("sys/fs/cgroup/memory",), "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
)  # fmt: skip
_SECOND = _Files(
    ("sys/fs/cgroup", "sys/fs/cgroup/unified"), "memory.max", "memory.current", "inactive_file"
)  # fmt: skip
_NONE = 1 << 60
"""Limits from which on there is none."""


def _limit_memory(root: Path) -> Iterator[int]:
    """Yield the bytes that the process's own limits leave."""
    if sys.platform == "win32":
        return
    import resource

    used = _fields(root / "proc/self/status")
    for limit, word in ((resource.RLIMIT_AS, "VmSize"), (resource.RLIMIT_DATA, "VmData")):
        most = resource.getrlimit(limit)[0]
        if most != resource.RLIM_INFINITY and word in used:
            yield most - used[word]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


def _fields(path: Path, unit: int = 1024) -> dict[str, int]:
    """Return the numbers of a file of names and numbers, as bytes."""
    pairs = (line.replace(":", " ").split() for line in _lines(path))
    return {p[0]: int(p[1]) * unit for p in pairs if len(p) > 1 and p[1].isdecimal()}


def _number(path: Path) -> int | None:
    found = _lines(path)[:1]
    return int(found[0]) if found and found[0].strip().isdecimal() else None
