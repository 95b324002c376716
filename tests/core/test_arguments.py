"""What public functions say of arguments of the wrong kind: one of our errors, never one from inside."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import mpi
from mpi.cli.app import app
from mpi.core.plain_text import visible

ROOMS = (mpi, mpi.association, mpi.impute, mpi.codes, mpi.decompose, mpi.indicators, mpi.lines, mpi.tables)
TEXT = pd.Series(list("xyxy"))
FRAME = pd.DataFrame({"a": [1, 0, 1, 0], "psu": [1, 2, 3, 4]})


@pytest.fixture(scope="module")
def right() -> dict[str, Any]:
    survey, measure = mpi.load_sample(), mpi.load_measure("gso-mdp")
    est = mpi.estimate(survey, measure, by=["region", "sex"])  # few, for functions that take long of many
    people = pd.DataFrame({"household": [1, 1, 2], "age": [40, 8, 12], "attending": [0, 1, 0]})
    return {
        "survey": survey, "measure": measure, "data": people, "est": est, "by": ["region"],
        "line": mpi.load_line("vn-2016"), "frame": FRAME, "columns": ["income"],
        "numerator": "income", "denominator": "size", "members_frame": people,
        "rules": mpi.indicators.load_rules("vn-2016"), "household_id": 1, "start": 2016, "end": 2018, "year": 2016,
    }  # fmt: skip


def wrong(right: dict[str, Any]) -> dict[str, Any]:
    return {
        "frame": FRAME, "no rows": FRAME.iloc[:0], "None": None, "text": "vn-2006", "empty list": [],
        "empty mapping": {}, "0": 0, "-1": -1, "nan": float("nan"), "measure": mpi.Measure.nested("m", {"x": ["a"]}, 1),
        "survey": mpi.Survey(FRAME), "estimates": right["est"], "line": right["line"],
        "array": np.array([1.0, 2.0]), "set": {1}, "object": object(),
        "function": lambda x: x, "bytes": b"x", "[None]": [None], "{a: None}": {"a": None}, "(1,)": (1,),
        "class": mpi.Survey,
    }  # fmt: skip


def functions() -> Iterator[tuple[str, Any]]:
    seen = set()
    for room in ROOMS:
        for name in () if room is mpi.codes else room.__all__:  # codes are read from any kind of value
            found = getattr(room, name)
            exception = isinstance(found, type) and issubclass(found, BaseException)
            if callable(found) and not isinstance(found, ModuleType) and not exception and id(found) not in seen:
                seen.add(id(found))
                yield f"{room.__name__}.{name}", found


QUICK = {
    "evaluate",
    "profile",
    "wide",
    "publish",
    "grid",
    "estimate",
    "distribution",
    "proportion",
    "dimensions",
    "change",
    "shapley",
    "simultaneous",
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "function"), list(functions()), ids=[n for n, _ in functions()])
def test_the_wrong_kind_of_argument_is_told(name: str, function: Any, right: dict[str, Any]) -> None:
    one = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    parameters = [p for p in inspect.signature(function).parameters.values() if p.kind in one]
    given = {p.name: right.get(p.name) for p in parameters if p.default is p.empty}
    if name == "mpi.simultaneous":
        given["est"] = right["est"].select(statistic="H")  # of all numbers in one family it takes long
    for parameter in parameters:
        if name == "mpi.save_profile" and parameter.name == "path":
            continue
        for kind, value in wrong(right).items():
            if name.rpartition(".")[2] in QUICK and parameter.default is not parameter.empty and kind not in {
                "frame", "[None]", "0", "empty list", "{a: None}", "class"
            }:  # fmt: skip
                continue  # what is fine takes long
            try:
                function(**{**given, parameter.name: value})
            except mpi.MpiError:
                continue
            except TypeError as error:
                if error.__traceback__ is not None and error.__traceback__.tb_next is not None:
                    raise  # from inside, not of the call itself


def test_what_is_needed_is_named_with_how_it_is_made(right: dict[str, Any]) -> None:
    survey, measure, line = right["survey"], right["measure"], right["line"]
    lost = r"a Line is needed, not str; load it with mpi.load_line\('vn-2006'\)"
    cases: list[tuple[Any, str]] = [
        (lambda: mpi.retention(FRAME, measure), r"a Survey is needed, not DataFrame; make one with mpi.Survey"),
        (lambda: mpi.estimate_line(FRAME, line), r"a Survey is needed, not DataFrame"),
        (lambda: line.classify(FRAME), r"a Survey is needed, not DataFrame"),
        (lambda: mpi.with_deprivations(survey, "vn-2006"), lost),
        (lambda: mpi.mean(survey, []), "name at least one column"),
        (lambda: mpi.estimate(survey, "gso-mdp"), "a Measure is needed, not str"),
        (lambda: mpi.decompose.gap(FRAME, by="a", reference=1), "Estimates are needed, not DataFrame"),
    ]  # fmt: skip
    for call, said in cases:
        with pytest.raises(mpi.MpiError, match=said):
            call()
    both = r"2 problems:\n  1. survey: a Survey is needed, not int; .*\n  2. measure: a Measure is needed, not None"
    with pytest.raises(mpi.MpiError, match=both):
        mpi.retention(3, None)
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'measure'"):
        mpi.retention(survey)


@pytest.mark.parametrize("values", [[np.nan] * 4, [None] * 4])
def test_proportions_of_a_question_nobody_answered(values: list[Any]) -> None:
    survey = mpi.Survey(FRAME.assign(b=values))
    with pytest.raises(mpi.MpiError, match="column 'b' is missing in every row that counts"):
        mpi.proportion(survey, ["a", "b"])


def test_a_line_without_deprivations_names_what_computes_them_once() -> None:
    survey = mpi.Survey(pd.DataFrame({"income": [1e6, 2e6], "area": [1, 2]}))
    with pytest.raises(mpi.MpiError) as told:
        mpi.load_line("vn-2016").classify(survey)
    assert str(told.value).count("with_deprivations") == 1
    assert len(told.value.problems) == 1


def test_a_formula_is_no_column() -> None:
    polars = pytest.importorskip("polars", reason="Polars is an extra")
    for frame in (FRAME, polars.DataFrame(FRAME).lazy()):
        with pytest.raises(mpi.MpiError, match=r"'a < 18' is no column\..*where=nw.col\('age'\) < 18 .*where=lambda"):
            mpi.mean(mpi.Survey(frame, psu="psu"), "a", where="a < 18")
        with pytest.raises(mpi.MpiError, match="no column 'b'"):
            mpi.mean(mpi.Survey(frame, psu="psu"), "a", where="b")


# --- names ------------------------------------------------------------------------------------------------------------


def test_rooms_are_there_after_import() -> None:
    program = (
        "import mpi; print(mpi.indicators.list_rules()[0], mpi.codes.lookup(1, 'vn-63').name_en, mpi.tables.MISSING)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True, encoding="utf-8")
    assert done.stdout.startswith("global-mpi Ha Noi")
    assert {"codes", "decompose", "indicators", "lines", "tables"} <= set(dir(mpi))


def test_every_public_name_stands_in_the_reference() -> None:
    said = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\.\. auto\w+:: (\S+)$", said, re.MULTILINE))
    for room in ROOMS:
        absent = [n for n in room.__all__ if not {f"{room.__name__}.{n}", f"mpi.{n}"} & documented and n != "decompose"]
        assert absent == [], room.__name__


# --- the command line -------------------------------------------------------------------------------------------------


def shell(line: str) -> subprocess.CompletedProcess[str]:
    command = f"set -o pipefail; {line.replace('mpi ', f'{sys.executable} -m mpi ', 1)}"
    return subprocess.run(["/bin/bash", "-c", command], capture_output=True, text=True, check=False, encoding="utf-8")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("asked", ["mpi measures", "mpi measures gso-mdp --toml"])
def test_a_full_disk_is_a_sentence(asked: str) -> None:
    done = shell(f"{asked} > /dev/full")
    assert done.returncode == 1
    assert done.stderr == "error: the output cannot be written: no space left on device\n"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell with pipes")
@pytest.mark.parametrize("asked", ["mpi measures global-mpi", "mpi --help"])
def test_a_reader_that_stops_is_no_error(asked: str) -> None:
    done = shell(f"{asked} | head -1")
    assert done.returncode in {0, 141}
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) <= 1


def test_a_condition_is_no_column_of_the_command_line() -> None:
    found = CliRunner().invoke(app, ["estimate", "sample", "--measure", "gso-mdp", "--where", "age < 18"])
    assert found.exit_code == 1
    assert "the name of a column is needed that is 1 in the rows to count" in " ".join(found.output.split())


# --- labels that are no line of text, and those that a spreadsheet would run ------------------------------------------

LABELS = ["\x1b[31mred", "two\nlines", "a\ttab", "\u202eturned", "x" * 5000, "bell\x07", "\u2028apart", "Quảng Bình"]


def odd() -> tuple[mpi.Survey, mpi.Measure]:
    frame = pd.DataFrame({"g": range(len(LABELS)), "d": [0, 1] * 4}).loc[lambda f: f.index.repeat(3)]
    survey = mpi.Survey(frame, labels={"g": dict(enumerate(LABELS))})
    title = "A \x1b[1mtitle\nof two lines"
    return survey, mpi.Measure("m", [mpi.Indicator("d", dimension="x", weight=1)], 1, title=title)


def test_labels_are_lines_of_text_where_people_read_them() -> None:
    survey, measure = odd()
    est = mpi.estimate(survey, measure, by=["g"], statistics=["H"])
    text = repr(est)
    assert len(text.splitlines()) == len(LABELS) + 4  # two lines of heading, the columns, the total
    assert max(map(len, text.splitlines())) < 200
    for hidden in ("\x1b", "\x07", "\u202e", "\u2028", "\t"):
        assert hidden not in text
    assert "\\x1b[31mred" in text
    assert "\\u202eturned" in text
    assert "two lines" in text
    assert "Quảng Bình" in text
    assert set(est.table["group"]) >= set(LABELS)  # the data are as they are


def test_labels_are_lines_of_text_on_the_command_line(tmp_path: Path) -> None:
    survey, measure = odd()
    frame = survey.frames[0].to_native()
    frame.assign(g=frame["g"].map(lambda i: LABELS[i])).to_parquet(tmp_path / "odd.parquet")
    (tmp_path / "m.toml").write_text(measure.to_toml(), encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = CliRunner().invoke(
            app, ["estimate", str(tmp_path / "odd.parquet"), "--measure", str(tmp_path / "m.toml"), "--by", "g"]
        )
    assert found.exit_code == 0, found.output
    for hidden in ("\x1b", "\x07", "\u202e", "\u2028"):
        assert hidden not in found.output
    assert max(map(len, found.output.splitlines())) < 600
    assert "\\x1b[1mtitle of two lines" in found.output


def test_visible_text_is_one_line_of_the_width_asked_for() -> None:
    assert visible("a" * 10, 5) == "aaaa…"
    assert visible("a\r\nb") == "a  b"
    assert visible("Tiếng Việt, नेपाल, 中文 👍") == "Tiếng Việt, नेपाल, 中文 👍"


def test_formulas_in_csv_are_guarded_by_a_word(tmp_path: Path) -> None:
    labels = ["=cmd|' /C calc'!A0", "+1", "-1", "@x", "\tx", "fine"]
    frame = pd.DataFrame({"g": range(6), "d": [0, 1] * 3}).loc[lambda f: f.index.repeat(3)]
    est = mpi.estimate(mpi.Survey(frame, labels={"g": dict(enumerate(labels))}), odd()[1], by=["g"], statistics=["H"])
    est.to_csv(tmp_path / "plain.csv")
    est.to_csv(tmp_path / "guarded.csv", formulas="guard")
    plain, guarded = (pd.read_csv(tmp_path / f"{n}.csv", encoding="utf-8-sig") for n in ("plain", "guarded"))
    assert set(plain["group"]) == {"total", *labels}
    assert set(guarded["group"]) == {"total", *(f"'{x}" for x in labels[:5]), "fine"}
    pd.testing.assert_frame_equal(plain.drop(columns="group"), guarded.drop(columns="group"))
    with pytest.raises(mpi.MpiError, match="did you mean 'guard'"):
        est.to_csv(tmp_path / "x.csv", formulas="gard")


@pytest.mark.parametrize(
    "values",
    [TEXT.astype("category"), TEXT, np.array(TEXT), pd.Categorical(TEXT)],
    ids=["category", "string", "array", "Categorical"],
)  # fmt: skip
def test_a_column_of_text_is_told_when_it_is_added(values: Any) -> None:
    for given in (values, lambda _: values):
        with pytest.raises(mpi.MpiError, match="the column holds text where numbers are needed"):
            mpi.Survey(FRAME).with_column("c", given)


def test_a_single_value_is_no_column() -> None:
    with pytest.raises(mpi.MpiError, match="the column has 1 entry; the survey has 4 rows"):
        mpi.Survey(FRAME).with_column("c", 1)


def test_numbers_of_numpy_and_series_of_keys_are_taken(right: dict[str, Any]) -> None:
    assert mpi.mean(mpi.Survey(FRAME), "a", level=np.float32(0.9)).level == pytest.approx(0.9)
    parts = mpi.decompose.disparity(right["est"], "region", beta=np.int64(1))
    assert len(parts) == len(mpi.decompose.disparity(right["est"], "region", beta=1))
    named = mpi.Survey(FRAME).with_groups("c", "a", pd.Series({1: "one"}), rest="others")
    assert set(named.categories("c").labels) == {"one", "others"}


def test_lists_with_gaps_are_conditions() -> None:
    with pytest.warns(mpi.MpiWarning, match="missing in 1 rows"):
        inside = mpi.Survey(FRAME).where([True, None, True, False])
    assert mpi.mean(inside, "a").value[0] == 1


def test_warnings_point_at_the_line_that_called() -> None:
    survey = mpi.Survey(FRAME, labels={"a": {1: "Don't know"}})
    measure = mpi.Measure.nested("m", {"x": ["a"]}, 1)
    for call in (lambda: mpi.mean(survey, "a"), lambda: mpi.estimate(survey, measure, where=[True, None, True, True])):
        with pytest.warns(mpi.MpiWarning) as told:
            call()
        assert {Path(w.filename) for w in told} == {Path(__file__)}
