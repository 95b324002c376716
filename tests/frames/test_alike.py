"""Groups, keys and PSUs that differ only by blanks, case or normal form count as several: that is told, and no more."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mpi
from mpi.core.errors import MpiWarning
from mpi.frames.alike import alike, bare

MEASURE = mpi.Measure.nested("m", {"x": ["d"]}, "1")
ENGINES = ["pandas", "polars", "lazy polars", "arrow", "duckdb"]
TEXTS = st.sampled_from(
    ["Kinh", " Kinh", "Kinh ", "kinh", "Hmong", "Huế", "Hue\u0302\u0301", "Ha  Noi", "Ha Noi", "HaNoi"]
)


def frame(groups: list[str]) -> pd.DataFrame:
    """Return two PSUs in each group, in one stratum."""
    rows = [g for g in groups for _ in range(4)]
    i = range(len(rows))
    return pd.DataFrame({"g": rows, "d": [k % 2 for k in i], "w": [1.0 + k for k in i], "psu": [k // 2 for k in i]})


def key(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def told(call: Callable[[], Any]) -> list[str]:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always", MpiWarning)
        call()
    return [str(w.message) for w in seen]


@pytest.mark.parametrize("engine", ENGINES)
@given(groups=st.lists(TEXTS, min_size=1, max_size=5, unique=True))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_groups_written_alike_are_told_on_every_engine(on_engine: Any, engine: str, groups: list[str]) -> None:
    table = frame(groups)
    before = table.copy(deep=True)
    survey = mpi.Survey(on_engine(engine, table), weight="w", psu="psu")
    est: list[Any] = []
    said = told(lambda: est.append(mpi.estimate(survey, MEASURE, ["g"], statistics=["H"])))
    expected = len({key(g) for g in groups}) < len(groups)
    assert bool(said) == expected
    if expected:
        assert all("column 'g' holds groups that differ only by" in s for s in said)
    assert set(est[0].select(by="g").table["group"]) == set(groups), "they are told, not merged"
    pd.testing.assert_frame_equal(table, before)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_psu_written_in_two_ways_is_told(on_engine: Any, engine: str) -> None:
    table = frame(["a", "b"]).assign(psu=["001", "001 ", "002", "002", "003", "003", "004", "004"])
    survey: list[Any] = []
    said = told(lambda: survey.append(mpi.Survey(on_engine(engine, table), weight="w", psu="psu")))
    said += told(lambda: mpi.estimate(survey[0], MEASURE))
    assert any("psu column 'psu' holds PSUs of one stratum that differ only by blanks" in s for s in said)
    assert any("'001', '001 '" in s for s in said)


def test_psus_of_two_strata_may_be_written_alike() -> None:
    table = frame(["a", "b"]).assign(psu=["001", "001", "2", "2", "001 ", "001 ", "2", "2"])
    mpi.Survey(table, weight="w", psu="psu", strata="g")
    assert told(lambda: mpi.Survey(table, weight="w", psu="psu")) != []


@pytest.mark.parametrize("role", ["strata", "wave", "household"])
def test_every_key_is_looked_at(role: str) -> None:
    table = frame(["a", "b"]).assign(key=["x", "x", "x", "x", "X", "X", "X", "X"])
    table["psu"] = [1, 1, 2, 2, 3, 3, 4, 4] if role != "household" else 1
    roles = {"psu": "psu", role: "key", **({"single_psu": "certainty"} if role == "household" else {})}
    said = told(lambda: mpi.Survey(table, **roles))
    assert len(said) == 1
    assert f"{role} column 'key' holds" in said[0]
    assert "differ only by case" in said[0]


def test_labels_written_alike_are_told() -> None:
    table = frame(["a", "b"]).assign(code=[1, 1, 1, 1, 2, 2, 2, 2])
    survey = mpi.Survey(table, labels={"code": {1: "Kinh", 2: "kinh"}})
    with pytest.warns(MpiWarning, match="differ only by case"):
        mpi.estimate(survey, MEASURE, ["code"])
    same = mpi.Survey(table, labels={"code": {1: "Other", 2: "Other"}})
    mpi.estimate(same, MEASURE, ["code"])  # which are told apart by their codes


def test_categories_that_do_not_occur_are_not_told() -> None:
    table = frame(["a", "b"])
    table["g"] = pd.Categorical(table["g"], categories=["a", "A", "b"])
    mpi.estimate(mpi.Survey(table), MEASURE, ["g"])


def test_values_put_into_different_groups_are_told() -> None:
    survey = mpi.Survey(frame(["Kinh", "kinh", " Kinh", "Hmong"]))
    with pytest.warns(MpiWarning, match="put into different groups"):
        survey.with_groups("p", "g", {"Kinh": "majority"}, rest="minorities")
    survey.with_groups("q", "g", {"Kinh": "majority", "kinh": "majority"}, rest="minorities")


def test_means_and_proportions_tell_too() -> None:
    survey = mpi.Survey(frame(["Kinh", " Kinh"]))
    for call in (lambda: mpi.mean(survey, ["w"], by=["g"]), lambda: mpi.proportion(survey, "g")):
        assert any("differ only by blanks" in s for s in told(call))


@given(st.lists(st.text("aAé\u0301 \t\u00a0\u200b\n1", max_size=4), max_size=12))
@settings(max_examples=300, deadline=None)
def test_many_texts_at_once_as_one_by_one(texts: list[str]) -> None:
    distinct = list(dict.fromkeys(texts))
    assert bool(alike(texts)) == (len({bare(t).casefold() for t in distinct}) < len(distinct))


def test_numbers_and_single_texts_are_not_alike() -> None:
    assert alike([1, 2.0, None, "a", "b", "A b", "Ab"]) == []


def test_the_command_line_tells_it_once(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    frame(["Kinh", "kinh"]).to_csv(path, index=False)
    (tmp_path / "m.toml").write_text('name = "m"\ncutoff = 1\n[dimensions]\nx = ["d"]\n')
    asked = [
        sys.executable,
        "-m",
        "mpi.cli.app",
        "estimate",
        str(path),
        "--measure",
        str(tmp_path / "m.toml"),
        "--by",
        "g",
    ]
    asked[1:3] = ["-c", "from mpi.cli.app import main; main()"]
    done = subprocess.run([*asked, "--psu", "psu"], capture_output=True, text=True, check=True)
    assert done.stderr.count("differ only by case") == 1
