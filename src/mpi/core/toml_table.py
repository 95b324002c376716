"""A table of a TOML file that is being read: its keys checked, its values typed, each problem noted with its path."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from mpi.core.errors import nearest, unknown
from mpi.core.exact import fraction, text
from mpi.core.toml_words import WrittenFloat, is_text, join, value_kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from fractions import Fraction

    from mpi.core.errors import Problems

__all__ = ["TomlTable", "number"]

T = TypeVar("T")
Word = TypeVar("Word", bound=str)

_SHOWN = 20
"""So many keys are listed beside one that is unknown."""


@dataclass(frozen=True, slots=True)
class TomlTable:
    """A table, its path in the file, and where problems are noted.

    Each method that reads a key notes a value of another kind, with its path, and returns what stands for it.

    Examples
    --------
    >>> from mpi.core.errors import FileError, Problems
    >>> table = TomlTable({"name": 3, "titel": "Mine"}, "", Problems("measure file mine.toml", FileError))
    >>> table.check(("name", "title"))
    >>> table.text("name")
    ''
    >>> table.problems.found[1]
    'name: found the number 3, expected text in quotes'
    """

    values: Mapping[str, Any]
    path: str
    problems: Problems

    def __contains__(self, key: str) -> bool:
        """Return whether the table has a key."""
        return key in self.values

    def check(self, known: Sequence[str], needed: Sequence[str] = (), hints: Mapping[str, str] | None = None) -> None:
        """Note unknown keys, with the hint for each, and needed ones that are absent (unless one is only misspelt)."""
        strange = [k for k in self.values if k not in known]
        for key in strange:
            hint = f". {hints[key]}" if hints and key in hints else ""
            self.note(key, unknown("key", key, known, show=_SHOWN) + hint)
        meant = {nearest(k, known) for k in strange}
        for key in needed:
            if key not in self.values and key not in meant:
                self.note(key, "not found, but needed")

    def where(self, key: str) -> str:
        """Return the path of a key."""
        return join(self.path, key)

    def note(self, key: str, problem: str) -> None:
        """Note a problem of one key."""
        self.problems.add(f"{self.where(key)}: {problem}")

    def note_table(self, problem: str) -> None:
        """Note a problem of the table as a whole."""
        self.problems.add(f"{self.path}: {problem}")

    def expected(self, key: str, what: str) -> None:
        """Note what was found where something else was expected; what is not there is noted as absent already."""
        if key in self.values:
            self.note(key, f"found {value_kind(self.values[key])}, expected {what}")

    def text(self, key: str, default: str = "") -> str:
        """Return a text; `default` where it is absent or is none."""
        if key not in self.values:
            return default
        if not is_text(self.values[key]):
            self.expected(key, "text in quotes")
            return default
        return str(self.values[key])

    def texts(self, keys: Iterable[str], default: str | None = None) -> dict[str, str]:
        """Return those texts of some that are there; one that is none is `default`, or left out."""
        found = {key: self.text(key, default or "") for key in keys if key in self.values}
        return {k: v for k, v in found.items() if default is not None or is_text(self.values[k])}

    def word(self, key: str, options: Sequence[Word], default: T, otherwise: str = "") -> Word | T:
        """Return one of some words; `default` where it is absent or is none. `otherwise` says what else may stand."""
        if key not in self.values:
            return default
        value = self.values[key]
        if is_text(value) and value in options:
            return options[options.index(value)]
        close = nearest(value, options) if is_text(value) else None
        hint = f"; did you mean {close!r}?" if close else ""
        self.expected(key, " or ".join(map(repr, options)) + otherwise + hint)
        return default

    def truth(self, key: str) -> bool:
        """Return true or false; what is absent is false."""
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            self.expected(key, "true or false")
        return value is True

    def number(self, key: str, default: float = 0) -> int | float:
        """Return a finite number; what is none is noted, and `default`."""
        value = number(self.values[key])
        if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < float("inf"):
            return value
        self.expected(key, "a number")
        return default

    def count(self, key: str) -> int | None:
        """Return a whole number that is not negative, where there is one."""
        value = self.values.get(key)
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
            return value
        self.expected(key, "a whole number")
        return None

    def exact(self, key: str, expected: str = "a share such as '1/2' or 0.5") -> Fraction | None:
        """Return a number as it is written, exactly; None where it is none."""
        found = _exact(self.values[key])
        if found is None:
            self.expected(key, expected)
        return found

    def share(
        self, key: str, expected: str = "a share above 0 and at most 1, such as '1/10'", *, zero: bool = False
    ) -> Fraction | None:
        """Return an exact share above 0 (or 0 itself where `zero`) and at most 1, where there is one."""
        if key not in self.values:
            return None
        found = _exact(self.values[key])
        if found is not None and (0 < found <= 1 or (zero and found == 0)):
            return found
        if found is not None and 1 < found <= 100:
            expected += f"; {text(found)} per cent is '{text(found / 100)}'"
        self.expected(key, expected)
        return None

    def day(self, key: str) -> date:
        """Return a date; what is none is noted."""
        value = self.values.get(key)
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        if value is not None:
            self.expected(key, "a date such as 2022-01-01, without quotes")
        return date(1, 1, 1)

    def entries(self, key: str, expected: str = "a list", *, filled: bool = False) -> list[Any]:
        """Return a list; what is absent is empty. Where `filled`, an empty list is noted."""
        value = self.values.get(key, [])
        if isinstance(value, list) and (value or not filled):
            return value
        self.expected(key, expected)
        return []

    def names(self, key: str, expected: str) -> tuple[str, ...]:
        """Return a list of texts, none of them empty."""
        value = self.values.get(key, [])
        if isinstance(value, list) and all(is_text(v) and v for v in value):
            return tuple(value)
        self.expected(key, expected)
        return ()

    def table(self, key: str, expected: str = "a table", *, filled: bool = False) -> TomlTable | None:
        """Return the table of a key, where there is one. Where `filled`, an empty table is noted."""
        value = self.values.get(key)
        if isinstance(value, dict) and (value or not filled):
            return TomlTable(value, self.where(key), self.problems)
        if value is not None:
            self.expected(key, expected)
        return None

    def tables(
        self, key: str, expected: str = "a table", entry: str = "a table", *, filled: bool = False
    ) -> list[tuple[str, TomlTable]]:
        """Return each table of a table of tables. Where `filled`, an empty one among them is noted."""
        outer = self.table(key, expected)
        if outer is None:
            return []
        found = ((name, outer.table(name, entry, filled=filled)) for name in outer.values)
        return [(name, inner) for name, inner in found if inner is not None]

    def listed(
        self, key: str, expected: str = "a list", entry: str = "a table", *, filled: bool = False
    ) -> list[TomlTable]:
        """Return each table of a list of tables. Where `filled`, an empty list, or an empty table in it, is noted."""
        found = []
        for i, value in enumerate(self.entries(key, expected, filled=filled)):
            if isinstance(value, dict) and (value or not filled):
                found.append(TomlTable(value, f"{self.where(key)}[{i}]", self.problems))
            else:
                self.problems.add(f"{self.where(key)}[{i}]: found {value_kind(value)}, expected {entry}")
        return found


def number(value: Any) -> Any:
    """Return a TOML value with a float made a number; other values as they are."""
    return float(value) if isinstance(value, WrittenFloat) else value


def _exact(value: Any) -> Fraction | None:
    try:
        return fraction(value)
    except ValueError:
        return None
