"""Arrow files (Feather), by way of PyArrow."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from mpi.core.errors import FileError, MissingLibraryError
from mpi.readers.faults import DamagedError
from mpi.readers.table import Table
from mpi.readers.text import as_unicode, tidied_names

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["names", "read"]


def names(path: Path, encoding: str | None = None) -> tuple[str, ...]:  # noqa: ARG001  # Arrow's are Unicode
    """Return the names of the columns."""
    return tuple(_opened(path)[1])


def read(path: Path, columns: list[str] | None, encoding: str | None = None) -> Table:
    """Return the columns as a PyArrow table."""
    feather, raw = _opened(path)
    kept = list(raw) if columns is None else columns
    asked = list(dict.fromkeys(raw[name] for name in kept))
    try:
        frame = feather.read_table(path, columns=asked, memory_map=False).select([raw[name] for name in kept])
    except MemoryError as error:  # packed columns say how long they are, and damaged ones anything
        raise DamagedError(f"it needs more memory than there is, or it is damaged ({error})") from error
    frame.validate(full=True)  # of a damaged file PyArrow would follow places that are not there
    return as_unicode(Table(frame.rename_columns(kept)), path, encoding=encoding)


def _opened(path: Path) -> tuple[Any, dict[str, str]]:
    """Return PyArrow's reader, and the names of the columns as they are said and as they stand in the file."""
    try:
        arrow, feather = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.feather")
    except ImportError as error:
        raise MissingLibraryError(
            f"cannot read {path}: Arrow files need PyArrow; pip install pyarrow (or 'mpi-poverty[engines]')"
        ) from error
    with arrow.OSFile(str(path)) as file:
        head = file.read(6)
    if head != b"ARROW1":
        raise FileError(f"cannot read {path}: it is no Arrow file of version 2 (or a stream); write it as Parquet")
    with arrow.ipc.open_file(str(path)) as opened:
        return feather, tidied_names(opened.schema.names)
