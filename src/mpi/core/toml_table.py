"""A table of a TOML file that is being read: its keys checked, its values typed, each problem noted with its path."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from mpi.core.errors import nearest, unknown
from mpi.core.exact import fraction
from mpi.core.toml_words import WrittenFloat, is_text, join, value_kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mpi.core.errors import Problems

__all__ = ["TomlTable"]


@dataclass(frozen=True, slots=True)
class TomlTable:
    """A table, its path in the file, and where problems are noted."""

    values: Mapping[str, Any]
    path: str
    problems: Problems

    def __contains__(self, key: str) -> bool:
        """Whether the table has a key."""
        return key in self.values

    def check(self, known: Sequence[str], needed: Sequence[str] = ()) -> None:
        """Tell of unknown keys, and of needed ones that are absent (unless one is only misspelt)."""
        strange = [k for k in self.values if k not in known]
        self.problems.found += [f"{join(self.path, k)}: {unknown('key', k, known)}" for k in strange]
        meant = {nearest(k, known) for k in strange}
        for key in needed:
            if key not in self.values and key not in meant:
                self.note(key, "not found, but needed")

    def note(self, key: str, problem: str) -> None:
        """Note a problem of one key."""
        self.problems.add(f"{join(self.path, key)}: {problem}")

    def expected(self, key: str, what: str) -> None:
        """Note what was found where something else was expected."""
        self.note(key, f"found {value_kind(self.values[key])}, expected {what}")

    def text(self, key: str, default: str = "") -> str:
        """Read a text."""
        if key not in self.values:
            return default
        if not is_text(self.values[key]):
            self.expected(key, "text in quotes")
            return default
        return str(self.values[key])

    def word(self, key: str, options: Sequence[str], default: str) -> str:
        """Read one of some words."""
        value = self.values.get(key, default)
        if is_text(value) and value in options:
            return str(value)
        close = nearest(value, options) if is_text(value) else None
        hint = f"; did you mean {close!r}?" if close else ""
        self.expected(key, " or ".join(map(repr, options)) + hint)
        return default

    def truth(self, key: str) -> bool:
        """Read true or false; what is absent is false."""
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            self.expected(key, "true or false")
        return value is True

    def number(self, key: str) -> int | float:
        """Read a number; what is none is noted, and 0."""
        value = self.values[key]
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, WrittenFloat) and abs(float(value)) < float("inf"):
            return float(value)
        self.expected(key, "a number")
        return 0

    def count(self, key: str) -> int | None:
        """Read a whole number that is not negative, where there is one."""
        value = self.values.get(key)
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
            return value
        self.expected(key, "a whole number")
        return None

    def share(self, key: str) -> Fraction | None:
        """Read an exact share above 0 and at most 1, where there is one."""
        value = self.values.get(key)
        if value is None:
            return None
        try:
            found = fraction(value)
        except ValueError:
            found = Fraction(0)
        if not 0 < found <= 1:
            self.expected(key, "a share above 0 and at most 1, such as '1/10'")
            return None
        return found

    def day(self, key: str) -> date:
        """Read a date; what is none is noted."""
        value = self.values.get(key)
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        if value is not None:
            self.expected(key, "a date such as 2022-01-01, without quotes")
        return date(1, 1, 1)

    def entries(self, key: str) -> list[Any]:
        """Read a list; what is absent is empty."""
        value = self.values.get(key, [])
        if isinstance(value, list):
            return value
        self.expected(key, "a list")
        return []

    def table(self, key: str) -> TomlTable | None:
        """Go into a table, where there is one."""
        value = self.values.get(key)
        if isinstance(value, dict):
            return TomlTable(value, join(self.path, key), self.problems)
        if value is not None:
            self.expected(key, "a table")
        return None

    def tables(self, key: str) -> list[tuple[str, TomlTable]]:
        """Go into each table of a table of tables."""
        outer = self.table(key)
        if outer is None:
            return []
        found = ((name, outer.table(name)) for name in outer.values)
        return [(name, inner) for name, inner in found if inner is not None]

    def listed(self, key: str) -> list[TomlTable]:
        """Go into each table of a list of tables."""
        found = []
        for i, value in enumerate(self.entries(key)):
            if isinstance(value, dict):
                found.append(TomlTable(value, f"{join(self.path, key)}[{i}]", self.problems))
            else:
                self.note(f"{key}[{i}]", f"found {value_kind(value)}, expected a table")
        return found
