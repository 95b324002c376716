"""The layout of a round, read from the tables of its file; every problem is noted with its path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mpi.core.errors import unknown
from mpi.core.toml_table import TomlTable
from mpi.frames.missing_codes import EVERY, NOTHING, MissingCodes, read_codes
from mpi.programmes.vhlss.layout import COMBINES, LEVELS, STATUSES, File, Name, RoundLayout
from mpi.programmes.vhlss.names import STANDARDS, TITLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mpi.programmes.vhlss.layout import Level

__all__ = ["KEYS", "read_layout", "read_missing_of", "read_name"]

KEYS = ("province", "district", "commune", "ea", "household")
_TOP = ("year", "title", "standard", "sources", "keys", "files", "missing", "names", "not_found")
_FILE = ("pattern", "level", "number", "needed")
_NAME = (
    "file", "variable", "combine", "recode", "replace", "yes_no", "blank", "times", "per_person", "item", "status",
    "source", "note", "title",
)  # fmt: skip
_YES_NO: Mapping[float, float | None] = {1.0: 1.0, 2.0: 0.0}


def read_layout(top: TomlTable) -> RoundLayout:
    """Return the layout that a file says; it is sound where no problem was noted."""
    top.check(_TOP, needed=("year", "keys", "files", "names"))
    sources, keys, files, names = (_inner(top, key) for key in ("sources", "keys", "files", "names"))
    found = {key: _file(files, key) for key in files.values}
    mapped = _names(names, found, sources.values)
    return RoundLayout(
        year=_year(top),
        title=top.text("title"),
        standard=top.word("standard", list(STANDARDS), next(iter(STANDARDS))),
        keys={key: _key(keys, key) for key in KEYS},
        files=found,
        names=mapped,
        not_found=_absent_names(top, mapped),
        missing=read_missing_of(top, mapped),
    )


def read_missing_of(top: TomlTable, names: Iterable[str]) -> MissingCodes:
    """Return which codes of the files are no answer, by harmonised name; "*" stands for all others."""
    table = _inner(top, "missing")
    found = {name: read_codes(value, f"missing.{name}", top.problems) for name, value in table.values.items()}
    everywhere = found.pop(EVERY, NOTHING)
    for name in found:
        if name not in names:
            top.note("missing", unknown("mapped name", name, names))
    return MissingCodes(found, everywhere)


def read_name(names: TomlTable, name: str, sources: Mapping[str, Any] | None = None) -> Name:
    """Return the mapping of one name; `sources`, where given, holds the citations by their short names."""
    table = names.table(name, "a table such as { file = 'members', variable = 'M1A_C2' }")
    if table is None:
        return Name(name, (), ())
    table.check(_NAME, needed=("file", "variable"))
    if name not in TITLES and not table.values.get("title"):
        hint = unknown("harmonised name", name, TITLES, show=0)
        table.note_table(f"{hint} A column of your own needs a `title` that says what it is")
    return Name(
        name,
        files=_spellings(table, "file"),
        variables=_spellings(table, "variable"),
        combine=table.word("combine", COMBINES, "first"),
        recode=_YES_NO if table.truth("yes_no") else _codes(table, "recode"),
        replace=_codes(table, "replace"),
        blank=float(table.number("blank")) if "blank" in table else None,
        times=float(table.number("times", 1)) if "times" in table else 1.0,
        per_person=table.truth("per_person"),
        items=_items(table),
        status=table.word("status", STATUSES, "not found"),
        source=_source(table, sources),
        note=table.text("note"),
        title=table.text("title") or TITLES.get(name, ""),
    )


def _inner(top: TomlTable, key: str) -> TomlTable:
    """Return the table of a key; an empty one where it is absent or is none."""
    return top.table(key) or TomlTable({}, key, top.problems)


def _names(names: TomlTable, files: Mapping[str, File], sources: Mapping[str, Any]) -> dict[str, Name]:
    """Return the mappings of names; each must look in files that the layout has."""
    found = {name: read_name(names, name, sources) for name in names.values}
    for name, mapping in found.items():
        for file in mapping.files:
            if file not in files:
                names.problems.add(f"names.{name}.file: {unknown('file', file, files)}")
    return found


def _file(files: TomlTable, key: str) -> File:
    table = files.table(key, "a table such as { pattern = 'Muc1A', level = 'member', number = 'matv' }")
    if table is None:
        return File(key, (), "household")
    table.check(_FILE, needed=("pattern", "level"))
    level: Level = table.word("level", LEVELS, "household")
    if level in {"member", "item"} and "number" not in table:
        table.note("number", f"a file of {level}s needs the column that numbers them")
    number = _spellings(table, "number")
    return File(key, _spellings(table, "pattern"), level, number, table.truth("needed"))


def _absent_names(top: TomlTable, names: Mapping[str, Name]) -> tuple[str, ...]:
    """Return the names without a variable."""
    found = _spellings(top, "not_found") if top.values.get("not_found") else ()
    for name in found:
        if name not in TITLES:
            top.note("not_found", unknown("harmonised name", name, TITLES))
        elif name in names:
            top.note("not_found", f"{name!r} has a mapping in `names`; it cannot stand in both")
    return found


def _year(top: TomlTable) -> int:
    value = top.values.get("year")
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if value is not None:
        top.expected("year", "the year of the round, such as 2022")
    return 0


def _source(table: TomlTable, sources: Mapping[str, Any] | None) -> str:
    """Return a source: the short name of one of `sources`, or any words where there are none."""
    found = table.text("source")
    if not found or sources is None:
        return found
    if found not in sources:
        table.note("source", unknown("source", found, sources))
    return str(sources.get(found, found))


def _items(table: TomlTable) -> tuple[int, ...]:
    """Return the codes of things owned."""
    value = table.values.get("item", [])
    listed = value if isinstance(value, list) else [value]
    if not all(isinstance(code, int) and not isinstance(code, bool) for code in listed):
        table.expected("item", "a whole number or a list of them")
        return ()
    return tuple(listed)


def _codes(table: TomlTable, key: str) -> dict[float, float | None] | None:
    """Return a table of codes, old to new; the text "missing" stands for a missing answer."""
    inner = table.table(key, 'a table such as { "1" = 1, "2" = 0, "9" = "missing" }', filled=True)
    return None if inner is None else {old: new for code in inner.values for old, new in _code(inner, code)}


def _code(codes: TomlTable, code: str) -> Iterable[tuple[float, float | None]]:
    """Yield one pair of codes, if it is one."""
    try:
        before = float(code)
    except ValueError:
        codes.note_table(f"found the text {code!r}, expected numbers on the left, in quotes")
        return
    after = codes.values[code]
    if after == "missing":
        yield before, None
    elif isinstance(after, (int, float)) and not isinstance(after, bool):
        yield before, float(after)
    else:
        codes.expected(code, 'a number or "missing"')


def _key(keys: TomlTable, key: str) -> tuple[str, ...]:
    if key not in keys:
        keys.note(key, "not found, but needed: name the column, such as 'tinh'")
    return _spellings(keys, key)


def _spellings(table: TomlTable, key: str) -> tuple[str, ...]:
    """Return the names that one text, or a list of texts, says."""
    value = table.values.get(key, [])
    listed = value if isinstance(value, list) else [value]
    if key in table and (not listed or not all(isinstance(v, str) and v for v in listed)):
        table.expected(key, "a name or a list of names")
        return ()
    return tuple(listed)
