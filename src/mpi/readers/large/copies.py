"""Files that are named twice: one file under two spellings of its path, or a file beside a copy of it."""

from __future__ import annotations

import filecmp
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

__all__ = ["Copies", "copies_among", "distinct"]

Copies = Literal["refuse", "keep"]
"""What becomes of files that hold the same bytes: an error, or rows that count twice."""


def distinct(paths: Iterable[str]) -> list[str]:
    """Return each file once, under the first of its names.

    Relative and absolute paths, ``./`` and ``..``, symbolic and hard links of one file are one file. Addresses such as
    ``s3://`` are compared as text.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = pathlib.Path(folder, "a.csv").write_text("d")
    ...     len(distinct([f"{folder}/a.csv", f"{folder}/./a.csv"]))
    1
    """
    known: dict[Hashable, str] = {}
    for path in paths:
        known.setdefault(_identity(path), path)
    return list(known.values())


def copies_among(paths: Iterable[str]) -> list[tuple[str, str]]:
    """Return each file that holds the same bytes as an earlier one, beside that one.

    Files are read only where they are of one size, and no further than to the first difference.
    """
    of_size: dict[int, list[str]] = {}
    found = []
    for path in paths:
        if not Path(path).is_file():
            continue
        alike = of_size.setdefault(Path(path).stat().st_size, [])
        twin = next((other for other in alike if filecmp.cmp(other, path, shallow=False)), None)
        if twin is None:
            alike.append(path)
        else:
            found.append((path, twin))
    return found


def _identity(path: str) -> Hashable:
    """Return what is the same for all names of a file: its number on its device."""
    try:
        stat = Path(path).stat()
    except OSError:
        return path
    return (stat.st_dev, stat.st_ino) if stat.st_ino else Path(path).resolve()
