"""Search for the damaged or deviating files behind a frame, where the engine does not name them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["faults_in"]


def faults_in(files: Sequence[str], message: str, *, rows: bool = True) -> list[str]:
    """Say which files are damaged, or lack a column that the engine misses.

    Parameters
    ----------
    files : sequence of str
        Parquet files on this machine.
    message : str
        What the engine says. Of columns that some files lack, or hold otherwise, those are told that it names.
    rows : bool
        Whether to read the rows of all files, where nothing else tells what is wrong.
    """
    columns: dict[str, Mapping[str, str]] = {}
    found = []
    names, read = _readers()

    def looked(file: str) -> None:
        columns[file] = names(file)

    for file in files:
        fault = _failure(looked, file) if Path(file).stat().st_size else "it is empty (0 bytes)"
        found += [f"{file!r}: {fault}"] if fault else []
    found = found or _missing_columns(columns, message) or _unlike(columns, message)
    if found or not rows:
        return found
    return [f"{file!r}: {fault}" for file in files if (fault := _failure(read, file))]


def _missing_columns(columns: Mapping[str, Mapping[str, str]], message: str) -> list[str]:
    """Return a sentence for each file that lacks a column which the message names."""
    lacked = [c for c in _sentences(columns, message) if any(c not in held for held in columns.values())]
    return [
        f"{file!r} lacks {', '.join(repr(c) for c in lacked if c not in held)}, unlike "
        f"{next(f for f, other in columns.items() if any(c in other and c not in held for c in lacked))!r}"
        for file, held in columns.items()
        if any(c not in held for c in lacked)
    ]


def _unlike(columns: Mapping[str, Mapping[str, str]], message: str) -> list[str]:
    """Return a sentence for each file that holds a column of the message in another type than the first file."""
    named = _sentences(columns, message)
    model, types = next(iter(columns.items()), ("", {}))
    return [
        f"{file!r} holds {kind} in {c!r}, and {model!r} holds {types[c]}"
        for file, held in columns.items()
        for c, kind in held.items()
        if c in named and types.get(c, kind) != kind
    ]


def _sentences(columns: Mapping[str, Mapping[str, str]], message: str) -> list[str]:
    """Return the columns that the message names."""
    every = dict.fromkeys(c for held in columns.values() for c in held)
    return [c for c in every if re.search(rf"(?<!\w){re.escape(c)}(?!\w)", message)]


def _failure(work: Callable[[str], object], file: str) -> str:
    """Return the first line of the error that reading a file gives; empty where it can be read."""
    try:
        work(file)
    except Exception as error:  # noqa: BLE001  # whatever a reader says of a damaged file
        return str(error).strip().partition("\n")[0] or type(error).__name__
    return ""


def _readers() -> tuple[Callable[[str], Mapping[str, str]], Callable[[str], object]]:
    """Return what reads the names and types of the columns of a file, and what reads all its rows."""
    try:
        from pyarrow import parquet
    except ImportError:
        import polars as pl

        return (
            lambda f: {c: str(t) for c, t in pl.read_parquet_schema(f).items()},
            lambda f: pl.scan_parquet(f).select(pl.all().hash().max()).collect(),
        )
    return (
        lambda f: {field.name: str(field.type) for field in parquet.read_schema(f)},
        lambda f: [None for _ in parquet.ParquetFile(f, page_checksum_verification=True).iter_batches()],
    )
