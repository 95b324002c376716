"""SPSS files, .sav, .zsav and .por, by way of pyreadstat; user-missing values become missing."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from mpi.errors import MpiWarning
from mpi.readers.metadata import labels_of, titles_of
from mpi.readers.table import Table
from mpi.readers.text import as_unicode, repair_latin1

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["names", "read"]


def names(path: Path) -> tuple[str, ...]:
    """Return the names of the columns."""
    _, metadata, _ = _pyreadstat(path, metadataonly=True)
    return tuple(metadata.column_names)


def read(path: Path, columns: list[str] | None) -> Table:
    """Return the columns with their labels."""
    _, metadata, legacy_labels = _pyreadstat(path, metadataonly=True)
    frame, _, legacy = _pyreadstat(path, usecols=columns, dates_as_pandas_datetime=True)
    if not _portable(path):
        _check_count(path)
    kept = columns or list(frame.columns)
    labels, titles = labels_of(metadata), titles_of(metadata)
    table = Table(
        frame[kept],
        {name: labels[name] for name in kept if name in labels},
        {name: titles[name] for name in kept if name in titles},
    )
    context = [*titles.values(), *(label for values in labels.values() for label in values.values())]
    return as_unicode(table, context=context, repair=repair_latin1 if legacy or legacy_labels else None)


def _portable(path: Path) -> bool:
    return path.suffix.casefold() == ".por"


def _pyreadstat(path: Path, **options: Any) -> tuple[Any, Any, bool]:
    """Read; where the text is not in the encoding the file claims, read its bytes one by one as Latin-1."""
    import pyreadstat

    if _portable(path):
        return (*pyreadstat.read_por(str(path), **options), False)
    try:
        return (*pyreadstat.read_sav(str(path), **options), False)
    except (pyreadstat.ReadstatError, UnicodeDecodeError) as error:
        if "convert string" not in str(error) and not isinstance(error, UnicodeDecodeError):
            raise
        return (*pyreadstat.read_sav(str(path), encoding="ISO-8859-1", **options), True)


def _check_count(path: Path) -> None:
    """Warn where the header does not say how many cases there are: a cut would then not be noticed."""
    with path.open("rb") as file:
        head = file.read(84)
    if head[80:84] == b"\xff\xff\xff\xff":
        message = (
            f"{path} does not say how many cases it holds; check the number read against its documentation"
        )
        warnings.warn(message, MpiWarning, stacklevel=4)
