"""Errors are of four kinds, each a `ValueError` that holds all its problems."""

from __future__ import annotations

import ast
import pickle
from pathlib import Path

import pandas as pd
import pytest

import mpi
from mpi import errors
from mpi.core.errors import Problems

SOURCE = Path(mpi.__file__).parent
KINDS = (errors.RequestError, errors.DataError, errors.FileError, errors.MissingLibraryError)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_an_error_of_the_library_and_a_value_error(kind: type[mpi.MpiError]) -> None:
    with pytest.raises(ValueError, match=r"^one of two: 1") as caught:
        raise kind("one of two: 1", ("1", "2"))
    assert isinstance(caught.value, mpi.MpiError)
    assert caught.value.problems == ("1", "2")
    assert kind("alone").problems == ("alone",)
    assert kind.__module__ == "mpi.errors"
    assert getattr(errors, kind.__name__) is kind


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_comes_whole_from_another_process(kind: type[mpi.MpiError]) -> None:
    found = pickle.loads(pickle.dumps(kind("two", ("a", "b"))))  # noqa: S301  # our own
    assert (type(found), str(found), found.problems) == (kind, "two", ("a", "b"))


def test_a_missing_library_is_an_import_error_too() -> None:
    with pytest.raises(ImportError, match=r"^pip install this$"):
        raise errors.MissingLibraryError("pip install this")


def test_problems_are_of_the_kind_they_were_begun_with() -> None:
    problems = Problems("no", errors.DataError)
    problems.attempt(lambda: mpi.load_measure("none"), "here: ")
    problems.add("b")
    with pytest.raises(errors.DataError) as caught:
        problems.raise_if_any()
    assert len(caught.value.problems) == 2
    assert caught.value.problems[0].startswith("here: there is no measure 'none'")


def test_what_is_wrong_says_of_which_kind_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame({"a": [1, 0], "w": [1.0, -1.0]})
    measure = mpi.Measure.nested("m", {"x": ["a"]}, cutoff=1)
    with pytest.raises(errors.RequestError):
        mpi.load_measure("none")
    with pytest.raises(errors.RequestError):
        mpi.estimate(mpi.Survey(frame), measure, by=["b"])
    with pytest.raises(errors.DataError):
        mpi.Survey(frame, weight="w")
    with pytest.raises(errors.DataError):
        mpi.estimate(mpi.Survey(frame.assign(a=2)), measure)
    with pytest.raises(errors.FileError):
        mpi.read_survey(tmp_path / "none.dta")
    (tmp_path / "m.toml").write_text("cutoff = ")
    with pytest.raises(errors.FileError):
        mpi.Measure.from_toml(tmp_path / "m.toml")
    with pytest.raises(errors.FileError):
        mpi.estimate(mpi.Survey(frame), measure).to_csv(tmp_path / "none" / "t.csv")
    monkeypatch.setitem(__import__("sys").modules, "duckdb", None)
    frame.to_csv(tmp_path / "people.csv", index=False)
    with pytest.raises(errors.MissingLibraryError):
        mpi.read_survey(tmp_path / "people.csv", memory="1GB")


def calls(text: str, name: str) -> list[ast.Call]:
    found = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Call)]
    return [c for c in found if isinstance(c.func, ast.Name) and c.func.id == name]


def test_no_error_is_without_a_kind() -> None:
    """Instead of MpiError raise RequestError, DataError, FileError or MissingLibraryError."""
    paths = [p for p in SOURCE.rglob("*.py") if p != SOURCE / "core" / "errors.py"]
    bare = [f"{p.relative_to(SOURCE)}:{c.lineno}" for p in paths for c in calls(p.read_text("utf-8"), "MpiError")]
    assert bare == []
    assert calls("raise MpiError('x') from error", "MpiError")
