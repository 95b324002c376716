"""Labels and names as pyreadstat gives them, as plain dictionaries."""

from __future__ import annotations

from typing import Any

from mpi.readers.encodings import repair_latin1, repair_of
from mpi.readers.text import tidied_names

__all__ = ["FOUND_OUT", "labels_of", "raw_names", "titles_of"]

FOUND_OUT = {"", "UTF-8", "ASCII", "US-ASCII", "WINDOWS-1252", "ISO-8859-1"}
"""Encodings that files claim and do not always use; in these ReadStat drops a letter at the end of a text silently
where it is not in the encoding ("N÷" becomes "N"), so the bytes are read one by one and repaired afterwards."""


def labels_of(metadata: Any) -> dict[str, dict[object, str]]:
    """Return column to value to label; a whole number stands as an int."""
    found = metadata.variable_value_labels
    return {name: {_whole(value): label for value, label in values.items()} for name, values in found.items()}


def titles_of(metadata: Any) -> dict[str, str]:
    """Return column to variable label, for the columns that have one."""
    return {name: title for name, title in metadata.column_names_to_labels.items() if title}


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def raw_names(metadata: Any, read_in: str | None, encoding: str | None) -> dict[str, str]:
    """Return the names of the columns as they are said, and as they were read."""
    change = repair_of(encoding) if encoding else repair_latin1 if read_in else str
    texts = [change(name) for name in metadata.column_names]
    raw = dict(zip(texts, metadata.column_names, strict=True))
    return {clean: raw[text] for clean, text in tidied_names(texts).items()}
