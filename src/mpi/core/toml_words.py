"""The words of a TOML file: its values named for a message, its keys and texts as they are written."""

from __future__ import annotations

import json
import re

__all__ = ["WrittenFloat", "is_text", "join", "key_text", "quoted", "value_kind"]


class WrittenFloat(str):
    """A TOML float as it was written, so that 0.05 is 1/20."""

    __slots__ = ()


def is_text(value: object) -> bool:
    """Return whether a value is text; a float is not, though it is held as it was written."""
    return isinstance(value, str) and not isinstance(value, WrittenFloat)


def value_kind(value: object) -> str:
    """Say what a TOML value is."""
    if isinstance(value, dict):
        return "a table" if value else "an empty table"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (WrittenFloat, int)):
        return f"the number {str(value)[:40]}"
    if isinstance(value, str):
        return f"the text {value!r}" if value else "an empty text"
    return f"the date or time {value}"


def join(path: str, key: str) -> str:
    """Return the path of a key in a table."""
    return f"{path}.{key_text(key)}" if path else key_text(key)


def key_text(name: str) -> str:
    """Write a key, in quotes unless it is of plain letters."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else quoted(name)


def quoted(value: str) -> str:
    """Write text as a TOML basic string: as JSON, but the delete character is escaped too."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
