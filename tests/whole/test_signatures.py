"""Signatures: short, and written out where options are shared."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import Any

import pytest

import mpi
from mpi.core.arguments import defaults, kinds_checked, kinds_explained

SOURCE = Path(mpi.__file__).parent
MOST = 8
LONGER = {"measures/measure.py:__init__"}
"""The constructor of a measure has one for each of its fields."""

OPENED = [
    (mpi.estimate, {"where", "unit", "level", "df", "observed", "deff", "cutoffs", "weightings", "statistics"}),
    (mpi.mean, {"where", "unit", "level", "df", "observed", "deff"}),
    (mpi.ratio, {"where", "unit", "level", "df", "observed", "deff"}),
    (mpi.decompose.distribution, {"where", "unit", "level", "df", "gammas"}),
    (mpi.decompose.chronic, {"where", "unit", "level", "df", "duration"}),
    (mpi.decompose.oaxaca, {"measure", "where", "unit", "level", "df", "normalise", "detail"}),
    (mpi.decompose.yun, {"measure", "where", "normalise", "detail", "link"}),
    (mpi.decompose.fairlie, {"measure", "where", "orders", "seed"}),
    (mpi.decompose.within_households, {"unit", "level", "female"}),
    (mpi.decompose.shapley, {"years", "population", "shares", "into"}),
    (mpi.tables.grid, {"by", "wave", "percent", "labels", "indicators", "rounds", "codes"}),
    (mpi.profile, {"memory", "encoding", "weight", "strata", "psu", "most"}),
    (mpi.association.estimate, {"where", "unit", "level", "df", "deprivations"}),
    (mpi.association.overlap, {"where", "unit", "level", "df", "of", "least"}),
    (mpi.association.weights, {"where", "unit", "how", "within"}),
    (mpi.estimate_cardinal, {"where", "unit", "level", "df", "cutoffs"}),
    (mpi.monetary.estimate, {"unit", "level", "df", "observed", "line"}),
]


def signatures() -> dict[str, int]:
    """The number of parameters that each function names, outside of the command line."""
    found = {}
    for path in SOURCE.rglob("*.py"):
        if path.parent.name == "cli":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                a = node.args
                own = [p.arg for p in (*a.posonlyargs, *a.args, *a.kwonlyargs) if p.arg not in ("self", "cls")]
                found[f"{path.relative_to(SOURCE)}:{node.name}"] = len(own)
    return found


def classes_longer_than(most: int, source: str) -> dict[str, int]:
    """The classes of a text with more lines than that, their docstrings and decorators counted."""
    found = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef):
            first = min(n.lineno for n in (node, *node.decorator_list))
            found[node.name] = (node.end_lineno or 0) - first + 1
    return {name: lines for name, lines in found.items() if lines > most}


def test_no_class_is_longer_than_250_lines() -> None:
    found = {
        f"{path.relative_to(SOURCE)}:{name}": lines
        for path in SOURCE.rglob("*.py")
        for name, lines in classes_longer_than(250, path.read_text(encoding="utf-8")).items()
    }
    assert found == {}


def test_a_long_class_is_found_with_its_docstring_and_decorators() -> None:
    short = "@decorated\nclass Short:\n" + "    x = 1\n" * 248
    assert classes_longer_than(250, short) == {}
    assert classes_longer_than(250, short + "    y = 1\n") == {"Short": 251}
    documented = 'def f():\n    class Inner:\n        """Said.\n' + "        more\n" * 250 + '        """\n'
    assert classes_longer_than(250, documented) == {"Inner": 253}


def test_no_module_is_longer_than_400_lines_and_no_function_than_50() -> None:
    """Docstrings are no part of a function's length."""
    modules, functions = {}, {}
    for path in SOURCE.rglob("*.py"):
        name, text = str(path.relative_to(SOURCE)), path.read_text(encoding="utf-8")
        modules[name] = text.count("\n")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                first = node.body[0]
                documented = ast.get_docstring(node) is not None
                prose = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
                functions[f"{name}:{node.name}"] = (node.end_lineno or 0) - node.lineno + 1 - prose
    assert {n: k for n, k in modules.items() if k > 400} == {}
    assert {n: k for n, k in functions.items() if k > 50} == {}


def test_no_signature_is_longer_than_eight() -> None:
    assert {name: n for name, n in signatures().items() if n > MOST and name not in LONGER} == {}


@pytest.mark.parametrize(("function", "names"), OPENED, ids=lambda x: getattr(x, "__name__", ""))
def test_help_shows_each_option_with_its_default(function: Any, names: set[str]) -> None:
    shown = inspect.signature(function).parameters
    assert names <= set(shown)
    assert all(p.kind is not p.VAR_KEYWORD for p in shown.values())
    options = [p for n, p in shown.items() if n in names]
    assert all(p.default is not p.empty for p in options)


def test_the_defaults_that_are_shown_are_those_that_hold() -> None:
    survey, measure = mpi.load_sample(), mpi.load_measure("gso-mdp")
    shown = {n: p.default for n, p in inspect.signature(mpi.estimate).parameters.items() if p.default is not p.empty}
    plain = mpi.estimate(survey, measure, statistics=["H"])
    said = mpi.estimate(survey, measure, **{**shown, "statistics": ["H"]})
    assert said.table.equals(plain.table)
    assert shown["level"] == plain.level == 0.95
    assert shown["df"] == plain.degrees == "group"


def test_options_are_written_out_and_unknown_ones_offer_the_nearest() -> None:
    from typing import TypedDict, Unpack

    class Mine(TypedDict, total=False):
        level: float

    globals()["Mine"] = Mine
    defaults(Mine, level=0.5)
    for decorator in (kinds_checked, kinds_explained):

        def asked(name: str, **options: Unpack[Mine]) -> object:
            return (name, options)

        asked.__annotations__["options"] = "Unpack[Mine]"
        assert str(inspect.signature(decorator(asked))).endswith("level: 'float' = 0.5)") or "level" in str(
            inspect.signature(decorator(asked))
        )
    survey, measure = mpi.load_sample(), mpi.load_measure("gso-mdp")
    for call in (
        lambda: mpi.estimate(survey, measure, levle=0.9),  # type: ignore[call-arg]  # a slip
        lambda: mpi.mean(survey, "income", whre=None),  # type: ignore[call-arg]  # a slip
        lambda: mpi.decompose.distribution(survey, measure, untit="person"),  # type: ignore[call-arg]  # a slip
    ):
        with pytest.raises(mpi.MpiError, match="did you mean"):
            call()


def spread_functions() -> dict[str, Any]:
    """Return the public functions that take options they do not name one by one, by name."""
    rooms = [mpi, *(getattr(mpi, n) for n in dir(mpi) if inspect.ismodule(getattr(mpi, n)))]
    found = {}
    for room in rooms:
        for name, function in inspect.getmembers(room, inspect.isfunction):
            kinds = {p.kind for p in inspect.signature(inspect.unwrap(function)).parameters.values()}
            if inspect.Parameter.VAR_KEYWORD in kinds and function.__module__.startswith("mpi.") and name[0] != "_":
                found[f"{function.__module__}:{name}"] = function
    return found


NAMED_BY_USERS = {"mpi.estimation.retention:retention"}
"""What takes any name."""


@pytest.mark.parametrize("name", sorted(spread_functions()))
def test_an_option_that_there_is_not_is_refused_whatever_else_is_given(name: str) -> None:
    """It would be passed over in silence where the function does not look."""
    with pytest.raises(mpi.MpiError, match="option 'languge'"):
        spread_functions()[name](languge="vi")
