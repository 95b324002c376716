"""Reading the tables of a rule file: keys, texts, words and shares, each problem noted with the path of its key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mpi.core.errors import nearest, unknown
from mpi.core.exact import fraction
from mpi.core.toml_words import WrittenFloat, is_text, join, value_kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from fractions import Fraction

    from mpi.core.errors import Problems

__all__ = ["Tables", "number"]


@dataclass(frozen=True, slots=True)
class Tables:
    """Reads parts of tables, noting problems as it goes."""

    problems: Problems

    def table(self, value: Any, path: str, expected: str) -> dict[str, Any]:
        """Read a table that is not empty."""
        if isinstance(value, dict) and value:
            return value
        self.say(path, value, expected)
        return {}

    def keys(self, table: Mapping[str, Any], known: Sequence[str], path: str, needed: Sequence[str] = ()) -> None:
        """Tell of unknown keys, and of needed ones that are absent (unless one is only misspelt)."""
        strange = [k for k in table if k not in known]
        self.problems.found += [f"{join(path, key)}: {unknown('key', key, known, show=20)}" for key in strange]
        meant = {nearest(k, known) for k in strange}
        absent = [k for k in needed if k not in table and k not in meant]
        self.problems.found += [f"{join(path, key)}: not found, but needed" for key in absent]

    def texts(self, table: Mapping[str, Any], keys: Sequence[str], path: str) -> dict[str, Any]:
        """Read those texts of some that are there."""
        found: dict[str, Any] = {}
        for key in keys:
            if key in table and self.is_text(table[key], join(path, key)):
                found[key] = str(table[key])
        return found

    def is_text(self, value: Any, path: str) -> bool:
        """Whether a value is a text; note it where it is not."""
        if not is_text(value):
            self.say(path, value, "text in quotes")
        return is_text(value)

    def is_true(self, value: Any, path: str) -> bool:
        """Read true or false."""
        if not isinstance(value, bool):
            self.say(path, value, "true or false")
        return value is True

    def names(self, value: Any, path: str) -> tuple[str, ...]:
        """Read a list of names."""
        if isinstance(value, list) and all(is_text(v) and v for v in value):
            return tuple(value)
        self.say(path, value, "a list of names of columns")
        return ()

    def word(self, value: Any, options: Sequence[str], path: str, otherwise: str = "") -> str | None:
        """Read one of some words."""
        if is_text(value) and value in options:
            return str(value)
        close = nearest(value, options) if is_text(value) else None
        hint = f"; did you mean {close!r}?" if close else ""
        self.say(path, value, " or ".join(map(repr, options)) + otherwise + hint)
        return None

    def fraction(self, value: Any, path: str, expected: str = "a share such as '1/2' or 0.5") -> Fraction | None:
        """Read an exact number."""
        if isinstance(value, (str, int)) and not isinstance(value, bool):
            try:
                return fraction(value)
            except ValueError:
                pass
        self.say(path, value, expected)
        return None

    def say(self, path: str, found: Any, expected: str) -> None:
        """Note what was found where something else was expected."""
        self.problems.add(f"{path}: found {value_kind(found)}, expected {expected}")


def number(value: Any) -> Any:
    """Return a TOML value with a float made a number; other values as they are."""
    return float(value) if isinstance(value, WrittenFloat) else value
