"""The map in docs/architecture.md is true: every module is on it, and imports run downward as it says."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

import mpi

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "mpi"
PAGE = ROOT / "docs" / "architecture.md"
ROW = re.compile(r"^\| `([\w.]+)` \|(?: `([\w.]+)` \|)?", re.MULTILINE)


@cache
def sections() -> dict[str, str]:
    """Return the page's text under each heading of the second level."""
    parts = re.split(r"^## (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@cache
def listed() -> list[str]:
    return [row[1] for row in ROW.finditer(sections()["The map"])]


@cache
def modules() -> dict[str, Path]:
    """Return each module's file by its name as the map writes it: without `mpi.`, and `mpi` for the face."""
    found = {}
    for path in SOURCE.rglob("*.py"):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        found[".".join(p for p in parts if p != "__init__") or "mpi"] = path
    return found


def imported(name: str) -> Iterator[tuple[str, bool]]:
    """Yield the modules that one imports, and whether it does so inside a function; type checkers' imports left out."""
    yield from _imports(ast.parse(modules()[name].read_text(encoding="utf-8")), late=False)


def _imports(node: ast.AST, *, late: bool) -> Iterator[tuple[str, bool]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        if isinstance(child, ast.ImportFrom):
            assert child.level == 0, "imports are absolute"
            yield from ((m, late) for m in _targets(child))
        elif isinstance(child, ast.Import):
            yield from ((a.name.removeprefix("mpi."), late) for a in child.names if a.name.split(".")[0] == "mpi")
        else:
            inside = late or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from _imports(child, late=inside)


def _targets(node: ast.ImportFrom) -> set[str]:
    package = node.module or ""
    if package.split(".")[0] != "mpi":
        return set()
    base = package.removeprefix("mpi").removeprefix(".")
    inner = {f"{base}.{a.name}".removeprefix(".") for a in node.names}
    below = inner & set(modules())
    return below | ({base or "mpi"} if inner - below else set())


def test_every_module_is_on_the_map_once() -> None:
    assert sorted(listed()) == sorted(modules())


@pytest.mark.parametrize("name", sorted(modules()))
def test_imports_run_downward(name: str) -> None:
    below = set(listed()[listed().index(name) + 1 :])
    assert {m for m, late in imported(name) if not late} - below == set()


def test_doors_upward_are_those_the_page_lists() -> None:
    order = {name: place for place, name in enumerate(listed())}
    doors = {(a, b) for a in modules() for b, late in imported(a) if late and order[b] <= order[a]}
    assert doors == {(row[1], row[2]) for row in ROW.finditer(sections()["Doors upward"])}


def test_the_reference_names_everything_public() -> None:
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\.\. auto(?:class|function|exception):: mpi\.([\w.]+)$", text, flags=re.MULTILINE)
    rooms = {name for name in mpi.__all__ if isinstance(getattr(mpi, name), ModuleType)}
    public = {*mpi.__all__} - rooms | {f"{room}.{name}" for room in rooms for name in getattr(mpi, room).__all__}
    assert public - set(documented) == set()
