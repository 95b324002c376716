"""A scheme read from TOML: its labels and conditions, with every problem noted at its path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mpi.core.errors import FileError, Problems
from mpi.core.toml_file import parsed, source_name
from mpi.core.toml_table import TomlTable
from mpi.core.toml_words import is_text, value_kind
from mpi.release.conditions import ReliabilityCondition, condition

if TYPE_CHECKING:
    from mpi.core.toml_file import TomlSource

__all__ = ["read"]

_TOP = ("name", "title", "source", "standing", "rule", "few", "protection", "labels")
_LABEL = ("name", "show", "mark", "when", "means")
_SHOWN = ("plain", "brackets", "mark", "hidden")
_SMALLEST = """
    name = "ours"
    rule = "Figures of fewer than 25 cases are not shown."
    few = 25
    [[labels]]
    name = "shown"
    show = "plain"
    when = ["n >= 25"]
    [[labels]]
    name = "not shown"
    show = "hidden"
"""

Ways = tuple[tuple[ReliabilityCondition, ...], ...]


def read(source: TomlSource) -> dict[str, Any]:
    """Return the arguments of `Scheme`, its labels as arguments of `Label`.

    Raises
    ------
    MpiError
        With every problem of the file at once.
    """
    table = parsed(source, "scheme", smallest=_SMALLEST)
    problems = Problems(source_name(source, "scheme"), FileError)
    top = TomlTable(table, "", problems)
    top.check(_TOP, needed=("name", "rule", "labels"))
    found: dict[str, Any] = top.texts(("name", "title", "source", "standing", "rule"), "?")
    found.setdefault("title", found.get("name", ""))
    if "few" in top:
        found["few"] = top.count("few") or 0
    if "protection" in top:
        found["protection"] = float(top.number("protection", 0.2))
    found["labels"] = [_label(one) for one in top.listed("labels", "a list of labels, [[labels]]", filled=True)]
    problems.raise_if_any()
    return found


def _label(table: TomlTable) -> dict[str, Any]:
    table.check(_LABEL, needed=("name", "show"))
    show = table.word("show", _SHOWN, "plain")
    mark = table.text("mark")
    if (show == "mark") != bool(mark):
        table.note_table("a label that is shown with a mark has one, mark = 'E', and no other has")
    shares = _ways(table, "when")
    return {
        "name": table.text("name"), "show": show, "mark": mark, "shares": shares,
        "means": _ways(table, "means") if "means" in table else shares,
    }  # fmt: skip


def _ways(table: TomlTable, key: str) -> Ways:
    """Return the conditions of a key: a list of them, or a list of such lists, of which one is enough."""
    given = table.entries(key, "a list of conditions, such as ['n >= 25']")
    several = [w for w in given if isinstance(w, list)]
    if several and len(several) < len(given):
        table.note(key, "conditions and lists of conditions stand side by side; write lists alone")
        return ()
    ways = several or ([given] if given else [])
    return tuple(tuple(c for text in way if (c := _condition(table, key, text)) is not None) for way in ways)


def _condition(table: TomlTable, key: str, text: object) -> ReliabilityCondition | None:
    if not is_text(text):
        table.note(key, f"found {value_kind(text)}, expected a condition such as 'n >= 25'")
        return None
    try:
        return condition(str(text))
    except ValueError as error:
        table.note(key, str(error))
        return None
