"""Names and first lines of docstrings are those of the field, for readers who have not read the module."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(__file__).parents[2] / "src" / "mpi"

NOUNS = {
    "encoding", "grouping", "heading", "mapping", "missing", "padding", "ranking", "rounding", "setting", "spelling",
    "string", "weighting",
}  # fmt: skip
"""Nouns that end in -ing."""

ADJECTIVES = {"counting", "fitting_sets", "lacking"}
"""Rows that count, sets that fit, columns that are lacking: public names."""

SHARED_CLASSES = {
    "Classification": "public in both mpi.codes and mpi.lines",
    "Column": "public in mpi.tables and mpi.indicators",
}
"""Classes of one name that stay, and why."""

OPENING = re.compile(r"(What|Which|Where|How|Who|Whose|From|Of|Whether)\b")
LONGEST = 3
"""The lines of a nested function that needs no docstring."""

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def is_gerund(name: str) -> bool:
    first = name.strip("_").split("_")[0]
    return first.endswith("ing") and len(first) > len("ring") and first not in NOUNS and name not in ADJECTIVES


def is_command(node: ast.AST) -> bool:
    """Return whether a function is a command, whose docstring is the help that it prints."""
    return any("command" in ast.unparse(d) for d in getattr(node, "decorator_list", []))


def faults_of(tree: ast.AST, inside_function: bool = False) -> Iterator[str]:
    for node in ast.iter_child_nodes(tree):
        is_function = isinstance(node, FUNCTIONS)
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            doc = ast.get_docstring(node) or ""
            if is_function and is_gerund(node.name):
                yield f"{node.lineno}: function {node.name} is a gerund"
            if OPENING.match(doc) and not is_command(node):
                yield f"{node.lineno}: {node.name}: a docstring begins with {doc.split()[0]!r}"
            if is_function and inside_function and not doc and (node.end_lineno or 0) - node.lineno > LONGEST:
                yield f"{node.lineno}: nested function {node.name} has no docstring"
        yield from faults_of(node, inside_function or is_function)


def faults_of_module(text: str, name: str) -> list[str]:
    tree = ast.parse(text)
    doc = ast.get_docstring(tree) or ""
    found = [f"module {name} is a gerund"] if is_gerund(name) else []
    if not doc or OPENING.match(doc):
        found.append(f"its docstring begins with {(doc or 'nothing').split()[0]!r}")
    return [*found, *faults_of(tree)]


def modules() -> dict[str, str]:
    return {str(p.relative_to(SOURCE)): p.read_text(encoding="utf-8") for p in sorted(SOURCE.rglob("*.py"))}


def shared_classes(texts: dict[str, str]) -> dict[str, list[str]]:
    places = defaultdict(list)
    for path, text in texts.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(path)
    return {name: paths for name, paths in places.items() if len(paths) > 1}


def test_every_module_names_and_says_what_it_holds() -> None:
    found = {path: faults_of_module(text, Path(path).stem) for path, text in modules().items()}
    assert {path: faults for path, faults in found.items() if faults} == {}


def test_no_two_modules_share_the_name_of_a_class() -> None:
    assert {name: p for name, p in shared_classes(modules()).items() if name not in SHARED_CLASSES} == {}


@pytest.mark.parametrize(
    ("text", "name", "fault"),
    [
        ('"""A module."""', "planning", "module planning is a gerund"),
        ('"""What is planned."""', "plan", "its docstring begins with 'What'"),
        ("x = 1", "plan", "its docstring begins with 'nothing'"),
        ('"""A module."""\ndef _moving(): ...', "plan", "2: function _moving is a gerund"),
        ('"""A module."""\nclass A:\n    """How it is."""', "plan", "2: A: a docstring begins with 'How'"),
        (
            '"""A module."""\ndef f():\n    def g():\n        a = 1\n        b = 2\n        c = 3\n        return a',
            "plan", "3: nested function g has no docstring",
        ),
    ],
)  # fmt: skip
def test_a_fault_is_found(text: str, name: str, fault: str) -> None:
    assert faults_of_module(text, name) == [fault]


@pytest.mark.parametrize(
    "text",
    [
        '"""A module."""\ndef weighting(): ...\ndef string(): ...',
        '"""A module."""\ndef f():\n    def g():\n        return 1\n    return g',
        '"""A module."""\n@app.command()\ndef f():\n    """From a folder to tables."""',
    ],
)
def test_a_noun_a_short_function_and_a_command_are_none(text: str) -> None:
    assert faults_of_module(text, "plan") == []


def test_a_shared_class_is_found() -> None:
    both = {"a.py": "class Part: ...", "b.py": "class Part: ...", "c.py": "class Other: ..."}
    assert shared_classes(both) == {"Part": ["a.py", "b.py"]}
