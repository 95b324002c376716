"""Labels as pyreadstat gives them, as plain dictionaries."""

from __future__ import annotations

from typing import Any

__all__ = ["labels_of", "titles_of"]


def labels_of(metadata: Any) -> dict[str, dict[object, str]]:
    """Return column to value to label; a whole number stands as an int."""
    found = metadata.variable_value_labels
    return {name: {_whole(value): label for value, label in values.items()} for name, values in found.items()}


def titles_of(metadata: Any) -> dict[str, str]:
    """Return column to variable label, for the columns that have one."""
    return {name: title for name, title in metadata.column_names_to_labels.items() if title}


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value
