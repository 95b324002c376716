"""Labels as pyreadstat gives them, in one form for Stata and SPSS."""

from __future__ import annotations

from typing import Any

__all__ = ["labels_of", "titles_of"]


def labels_of(metadata: Any) -> dict[str, dict[object, str]]:
    """Return column to value to label; a whole number stands as an int, extended missing as ".a" to ".z"."""
    found = metadata.variable_value_labels
    extended = not hasattr(metadata, "file_format") or str(metadata.file_format).startswith("dta")
    return {
        name: {_value(value, extended=extended): label for value, label in values.items()}
        for name, values in found.items()
    }


def titles_of(metadata: Any) -> dict[str, str]:
    """Return column to variable label, for the columns that have one."""
    return {name: title for name, title in metadata.column_names_to_labels.items() if title}


def _value(value: object, *, extended: bool) -> object:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return f".{value}" if extended and isinstance(value, str) else value
