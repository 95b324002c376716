"""From the tables of a layout file to a layout: each key read, and every problem noted with its path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mpi.core.errors import nearest, unknown
from mpi.core.toml_words import join, value_kind
from mpi.frames.missing_codes import EVERY, NOTHING, MissingCodes, read_codes
from mpi.programmes.vhlss.layout import COMBINES, LEVELS, STATUSES, File, Layout, Name
from mpi.programmes.vhlss.names import STANDARDS, TITLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mpi.core.errors import Problems

__all__ = ["KEYS", "LayoutReader"]

KEYS = ("province", "district", "commune", "ea", "household")
_TOP = ("year", "title", "standard", "sources", "keys", "files", "missing", "names", "not_found")
_FILE = ("pattern", "level", "number", "needed")
_NAME = (
    "file", "variable", "combine", "recode", "replace", "yes_no", "blank", "times", "per_person", "item", "status",
    "source", "note", "title",
)  # fmt: skip
_YES_NO: Mapping[float, float | None] = {1.0: 1.0, 2.0: 0.0}


@dataclass(frozen=True, slots=True)
class LayoutReader:
    """Reads tables, noting problems as it goes."""

    problems: Problems

    def layout(self, table: Mapping[str, Any]) -> Layout:
        """Read a whole layout."""
        self.known(table, _TOP, "", needed=("year", "keys", "files", "names"))
        sources = self.table(table, "sources")
        files = {key: self.file(key, value) for key, value in self.table(table, "files").items()}
        names = self.names(self.table(table, "names"), files, sources)
        return Layout(
            year=self.year(table.get("year")),
            title=self.text(table, "title"),
            standard=self.word(table, "standard", STANDARDS, next(iter(STANDARDS))),
            keys={key: self.spellings(self.table(table, "keys"), key, "keys") for key in KEYS},
            files=files,
            names=names,
            not_found=self.not_found(table, names),
            missing=self.missing(self.table(table, "missing"), names),
        )

    def missing(self, table: Mapping[str, Any], names: Iterable[str]) -> MissingCodes:
        """Read which codes of the files are no answer, by harmonised name; "*" stands for all others."""
        found = {name: read_codes(value, f"missing.{name}", self.problems) for name, value in table.items()}
        everywhere = found.pop(EVERY, NOTHING)
        self.problems.found += [f"missing: {unknown('mapped name', n, names)}" for n in found if n not in names]
        return MissingCodes(found, everywhere)

    def names(self, table: Mapping[str, Any], files: Mapping[str, File], sources: Mapping[str, Any]) -> dict[str, Name]:
        """Read the mappings of names; each must look in files that the layout has."""
        found = {name: self.name(name, value, f"names.{name}", sources) for name, value in table.items()}
        for name, mapping in found.items():
            for file in mapping.files:
                if file not in files:
                    self.problems.add(f"names.{name}.file: {unknown('file', file, files)}")
        return found

    def name(self, name: str, table: Any, path: str, sources: Mapping[str, Any] | None = None) -> Name:
        """Read the mapping of one name; `sources`, where given, holds the citations by their short names."""
        if not isinstance(table, dict):
            self.say(path, table, "a table such as { file = 'members', variable = 'M1A_C2' }")
            return Name(name, (), ())
        self.known(table, _NAME, path, needed=("file", "variable"))
        if name not in TITLES and not table.get("title"):
            hint = unknown("harmonised name", name, TITLES, show=0)
            self.problems.add(f"{path}: {hint} A column of your own needs a `title` that says what it is")
        return Name(
            name,
            files=self.spellings(table, "file", path),
            variables=self.spellings(table, "variable", path),
            combine=self.word(table, "combine", COMBINES, "first", path),
            recode=_YES_NO if self.flag(table, "yes_no", path) else self.codes(table, "recode", path),
            replace=self.codes(table, "replace", path),
            blank=self.number(table, "blank", path) if "blank" in table else None,
            times=self.number(table, "times", path) if "times" in table else 1.0,
            per_person=self.flag(table, "per_person", path),
            items=self.items(table, path),
            status=self.word(table, "status", STATUSES, "not found", path),
            source=self.source(table, sources, path),
            note=self.text(table, "note", path),
            title=self.text(table, "title", path) or TITLES.get(name, ""),
        )

    def file(self, key: str, table: Any) -> File:
        """Read one file's table."""
        path = join("files", key)
        if not isinstance(table, dict):
            self.say(path, table, "a table such as { pattern = 'Muc1A', level = 'member', number = 'matv' }")
            return File(key, (), "household")
        self.known(table, _FILE, path, needed=("pattern", "level"))
        level = self.word(table, "level", LEVELS, "household", path)
        if level in {"member", "item"} and "number" not in table:
            self.problems.add(f"{path}.number: a file of {level}s needs the column that numbers them")
        number = self.spellings(table, "number", path) if "number" in table else ()
        return File(key, self.spellings(table, "pattern", path), level, number, self.flag(table, "needed", path))

    def not_found(self, table: Mapping[str, Any], names: Mapping[str, Name]) -> tuple[str, ...]:
        """Read the list of names without a variable."""
        found = self.spellings(table, "not_found", "") if table.get("not_found") else ()
        for name in found:
            if name not in TITLES:
                self.problems.add(f"not_found: {unknown('harmonised name', name, TITLES)}")
            elif name in names:
                self.problems.add(f"not_found: {name!r} has a mapping in `names`; it cannot stand in both")
        return found

    def year(self, value: Any) -> int:
        """Read the round."""
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if value is not None:
            self.say("year", value, "the year of the round, such as 2022")
        return 0

    def source(self, table: Mapping[str, Any], sources: Mapping[str, Any] | None, path: str) -> str:
        """Read a source: the short name of one of `sources`, or any words where there are none."""
        found = self.text(table, "source", path)
        if not found or sources is None:
            return found
        if found not in sources:
            self.problems.add(f"{path}.source: {unknown('source', found, sources)}")
        return str(sources.get(found, found))

    def items(self, table: Mapping[str, Any], path: str) -> tuple[int, ...]:
        """Read the codes of things owned."""
        value = table.get("item", [])
        listed = value if isinstance(value, list) else [value]
        if not all(isinstance(code, int) and not isinstance(code, bool) for code in listed):
            self.say(f"{path}.item", value, "a whole number or a list of them")
            return ()
        return tuple(listed)

    def codes(self, table: Mapping[str, Any], key: str, path: str) -> dict[float, float | None] | None:
        """Read a table of codes, old to new; the text "missing" stands for a missing answer."""
        value = table.get(key)
        if value is None:
            return None
        if not isinstance(value, dict) or not value:
            self.say(f"{path}.{key}", value, 'a table such as { "1" = 1, "2" = 0, "9" = "missing" }')
            return None
        return {old: new for entry in value.items() for old, new in self.code(entry, f"{path}.{key}")}

    def code(self, entry: tuple[Any, Any], path: str) -> Iterable[tuple[float, float | None]]:
        """Read one pair of codes."""
        old, new = entry
        try:
            before = float(old)
        except (TypeError, ValueError):
            self.say(path, old, "numbers on the left, in quotes")
            return
        if new == "missing":
            yield before, None
        elif isinstance(new, (int, float)) and not isinstance(new, bool):
            yield before, float(new)
        else:
            self.say(f"{path}.{old}", new, 'a number or "missing"')

    def spellings(self, table: Mapping[str, Any], key: str, path: str) -> tuple[str, ...]:
        """Read a text or a list of texts."""
        value = table.get(key)
        listed: list[Any] = value if isinstance(value, list) else [value]
        if value is None:
            if path == "keys":
                self.problems.add(f"keys.{key}: it is missing; name the column, such as 'tinh'")
            return ()
        if not listed or not all(isinstance(v, str) and v for v in listed):
            self.say(join(path, key), value, "a name or a list of names")
            return ()
        return tuple(listed)

    def table(self, table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        """Read a table."""
        value = table.get(key, {})
        if isinstance(value, dict):
            return value
        self.say(key, value, "a table")
        return {}

    def text(self, table: Mapping[str, Any], key: str, path: str = "") -> str:
        """Read a text."""
        value = table.get(key, "")
        if isinstance(value, str):
            return value
        self.say(join(path, key), value, "a text")
        return ""

    def number(self, table: Mapping[str, Any], key: str, path: str) -> float:
        """Read a number."""
        value = table[key]
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
        self.say(f"{path}.{key}", value, "a number")
        return 1.0

    def flag(self, table: Mapping[str, Any], key: str, path: str) -> bool:
        """Read true or false."""
        value = table.get(key, False)
        if isinstance(value, bool):
            return value
        self.say(f"{path}.{key}", value, "true or false")
        return False

    def word(self, table: Mapping[str, Any], key: str, options: Iterable[Any], default: Any, path: str = "") -> Any:
        """Read one of several words."""
        value, words = table.get(key, default), list(options)
        if value in words:
            return value
        close = nearest(str(value), words)
        self.say(
            join(path, key), value, " or ".join(map(repr, words)) + (f"; did you mean {close!r}?" if close else "")
        )
        return default

    def known(self, table: Mapping[str, Any], known: Sequence[str], path: str, needed: Sequence[str] = ()) -> None:
        """Tell of unknown keys, and of needed ones that are absent (unless one is only misspelt)."""
        strange = [key for key in table if key not in known]
        for key in strange:
            self.problems.add(f"{join(path, str(key))}: {unknown('key', key, known)}")
        for key in needed:
            if key not in table and nearest(key, map(str, strange)) is None:
                self.problems.add(f"{join(path, key)}: it is missing")

    def say(self, path: str, found: Any, expected: str) -> None:
        """Note what was found where something else was expected."""
        self.problems.add(f"{path}: found {value_kind(found)}, expected {expected}")
