"""The rooms of docs/architecture.md are those of the code: who may import whom, no circles, nothing outside."""

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
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "mpi"
TESTS = ROOT / "tests"
CHECKED = ("src", "tests", "benchmarks", "data", "docs")
PAGE = ROOT / "docs" / "architecture.md"
ROW = re.compile(r"^\| `(\w+)` \|[^|]*\|([^|]*)\|$", re.MULTILINE)
OUTSIDE = {"__init__.py", "__main__.py", "errors.py"}
EVERYTHING = ("mpi", "cli", "__main__")

Imports = dict[str, set[str]]


@cache
def rows() -> dict[str, set[str]]:
    """Return the rooms that each room may import, as the page says."""
    page = PAGE.read_text(encoding="utf-8")
    return {row[1]: set(re.findall(r"`(\w+)`", row[2])) for row in ROW.finditer(page)}


@cache
def imports() -> Imports:
    """Return what each module imports, for type checkers and inside functions too."""
    files = {}
    for path in SOURCE.rglob("*.py"):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        files[".".join(p for p in parts if p != "__init__") or "mpi"] = path.read_text(encoding="utf-8")
    return {name: imported(text, files) for name, text in files.items()}


def imported(text: str, known: Mapping[str, object]) -> set[str]:
    return {m for node in ast.walk(ast.parse(text)) for m in _targets(node, known)}


def _targets(node: ast.AST, known: Mapping[str, object]) -> Iterator[str]:
    if isinstance(node, ast.Import):
        names = [a.name for a in node.names if a.name.split(".")[0] == "mpi"]
        yield from (n.removeprefix("mpi").removeprefix(".") or "mpi" for n in names)
    elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "mpi":
        assert node.level == 0, "imports are absolute"
        base = (node.module or "").removeprefix("mpi").removeprefix(".")
        for alias in node.names:
            inner = f"{base}.{alias.name}".removeprefix(".")
            yield inner if inner in known else base or "mpi"


def room_of(module: str) -> str:
    return module.partition(".")[0]


def trespasses(found: Imports, allowed: Mapping[str, set[str]]) -> list[str]:
    """Return the imports from a room that the importing one may not enter."""
    return [
        f"{a} -> {b}"
        for a, others in sorted(found.items())
        for b in sorted(others)
        if room_of(a) not in EVERYTHING and room_of(b) not in {room_of(a), *allowed.get(room_of(a), set())}
    ]


def circles(found: Imports) -> list[list[str]]:
    """Return the modules that import each other, directly or by way of others."""
    reach: dict[str, set[str]] = {}
    for start in found:
        seen, todo = set(), [start]
        while todo:
            for other in found.get(todo.pop(), set()) - seen:
                seen.add(other)
                todo.append(other)
        reach[start] = seen
    rings = {frozenset(b for b in reach[a] if a in reach.get(b, set())) for a in found if a in reach[a]}
    return sorted(sorted(ring) for ring in rings)


def test_every_room_is_in_the_table() -> None:
    rooms = {p.name for p in SOURCE.iterdir() if (p / "__init__.py").is_file()} | {"errors", "mpi"}
    assert set(rows()) == rooms


def test_nothing_lies_outside_of_the_rooms() -> None:
    assert {p.name for p in SOURCE.glob("*.py")} == OUTSIDE


def test_rooms_import_only_those_of_their_row() -> None:
    assert trespasses(imports(), rows()) == []


def test_no_modules_import_each_other_in_a_loop() -> None:
    assert circles(imports()) == []


@pytest.mark.parametrize(
    "text",
    [
        "from mpi.survey.survey import Survey",
        "from mpi.survey import survey",
        "import mpi.survey.survey",
        "def f():\n    from mpi.survey.survey import Survey",
        "if TYPE_CHECKING:\n    from mpi.survey.survey import Survey",
    ],
)
def test_a_forbidden_import_is_seen_however_it_is_written(text: str) -> None:
    known = {"core.errors": "", "survey.survey": ""}
    found = {"core.errors": imported(text, known), "survey.survey": set()}
    assert trespasses(found, rows()) == ["core.errors -> survey.survey"]


def test_a_loop_is_seen() -> None:
    known = dict.fromkeys(["core.a", "core.b", "core.c"], "")
    late = imported("def f():\n    from mpi.core.b import g", known)
    typed = imported("if TYPE_CHECKING:\n    from mpi.core.a import G", known)
    assert circles({"core.a": late, "core.b": {"core.c"}, "core.c": typed}) == [["core.a", "core.b", "core.c"]]
    assert circles({"core.a": late, "core.b": {"core.c"}, "core.c": set()}) == []


def test_each_folder_of_tests_is_a_room() -> None:
    """Tests stand in the folder of their room; what crosses rooms in `whole`, numbers of others in `oracles`."""
    folders = {p.name for p in TESTS.iterdir() if p.is_dir() and any(p.rglob("*.py")) and p.name != "__pycache__"}
    assert folders <= set(rows()) - {"mpi"} | {"whole", "oracles"}
    assert [p.name for p in TESTS.glob("test_*.py")] == []


EXEMPTION = re.compile(r"# (?:noqa|type: ignore|pyright: ignore|pragma)")
EXEMPTED = re.compile(rf"{EXEMPTION.pattern}[^#]*(?:  # (?!noqa|type: ignore|pyright: ignore|pragma)\S.*)$")


def unexplained(text: str) -> list[int]:
    """Return the numbers of the lines that are exempt from a check and do not say why."""
    lines = enumerate(text.splitlines(), 1)
    return [i for i, line in lines if EXEMPTION.search(line) and not EXEMPTED.search(line)]


def test_whatever_is_exempt_from_a_check_says_why() -> None:
    paths = [p for folder in CHECKED for p in (ROOT / folder).rglob("*.py") if p != Path(__file__)]
    assert [f"{p.relative_to(ROOT)}:{i}" for p in paths for i in unexplained(p.read_text(encoding="utf-8"))] == []
    assert unexplained("a = b  # noqa: E721\nc = d  # noqa: E721  # why\ne  # noqa: E721  # type: ignore[x]") == [1, 3]
    assert unexplained("e  # noqa: E721  # type: ignore[x]  # why") == []


def unreasoned(text: str) -> list[int]:
    """Return the numbers of the lines where a test is skipped without a reason."""
    nodes = list(ast.walk(ast.parse(text)))
    told = {id(c.func) for c in nodes if isinstance(c, ast.Call) and _gives_reason(c)}
    skips = [n for n in nodes if isinstance(n, ast.Attribute) and n.attr in SKIPS.get(_named(n.value), ())]
    return sorted(n.lineno for n in skips if id(n) not in told)


SKIPS = {"mark": ("skip", "skipif", "xfail"), "pytest": ("skip", "xfail", "importorskip")}


def _gives_reason(call: ast.Call) -> bool:
    return "reason" in {k.arg for k in call.keywords} or (_named(call.func) == "skip" and bool(call.args))


def _named(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def test_whatever_is_skipped_says_why() -> None:
    found = {p: unreasoned(p.read_text(encoding="utf-8")) for p in TESTS.rglob("*.py")}
    assert {str(p.relative_to(ROOT)): lines for p, lines in found.items() if lines} == {}
    assert unreasoned("@pytest.mark.skip\ndef f(): pytest.skip()\nx = pytest.importorskip('y')") == [1, 2, 3]
    assert unreasoned("@pytest.mark.skipif(True, reason='r')\ndef f(): pytest.skip('why')") == []


def test_the_reference_names_everything_public() -> None:
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\.\. auto(?:class|function|exception):: mpi\.([\w.]+)$", text, flags=re.MULTILINE)
    rooms = {name for name in mpi.__all__ if isinstance(getattr(mpi, name), ModuleType)}
    public = {*mpi.__all__} - rooms | {f"{room}.{name}" for room in rooms for name in getattr(mpi, room).__all__}
    assert public - set(documented) == set()
