"""Parquet, by way of PyArrow."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from mpi.core.errors import MissingLibraryError
from mpi.readers.table import Table
from mpi.readers.text import as_unicode, tidied_names

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["names", "read"]


def names(path: Path, encoding: str | None = None) -> tuple[str, ...]:  # noqa: ARG001  # Parquet's are Unicode
    """Return the names of the columns."""
    return tuple(tidied_names(_pyarrow(path).read_schema(path).names))


def read(path: Path, columns: list[str] | None, encoding: str | None = None) -> Table:
    """Return the columns as a PyArrow table."""
    file = _pyarrow(path).ParquetFile(path)
    raw = tidied_names(file.schema_arrow.names)
    kept = list(raw) if columns is None else columns
    frame = file.read(columns=[raw[name] for name in kept]).select([raw[name] for name in kept])
    return as_unicode(Table(frame.rename_columns(kept)), path, encoding=encoding)


def _pyarrow(path: Path) -> Any:
    try:
        return importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise MissingLibraryError(
            f"cannot read {path}: Parquet needs PyArrow; pip install pyarrow (or 'mpi-poverty[engines]')"
        ) from error
