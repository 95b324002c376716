"""Parquet, by way of PyArrow."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from mpi.errors import MpiError
from mpi.readers.table import Table
from mpi.readers.text import as_unicode

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["names", "read"]


def names(path: Path) -> tuple[str, ...]:
    """Return the names of the columns."""
    return tuple(_pyarrow(path).read_schema(path).names)


def read(path: Path, columns: list[str] | None) -> Table:
    """Return the columns as a PyArrow table."""
    return as_unicode(Table(_pyarrow(path).ParquetFile(path).read(columns=columns)))


def _pyarrow(path: Path) -> Any:
    try:
        return importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise MpiError(
            f"cannot read {path}: Parquet needs PyArrow; pip install pyarrow (or 'mpi-poverty[engines]')"
        ) from error
