"""A design said once: what it is, how it is written down, and that every road takes it as it takes its keywords."""

from __future__ import annotations

import copy
import inspect
import pickle
import re
import warnings
from dataclasses import FrozenInstanceError, fields, replace
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mpi
from frame_kinds import on
from mpi import Design
from mpi.survey.design import DesignKeywords

ENGINES = ["pandas", "polars", "duckdb", "dataset"]
MEASURE = mpi.Measure.nested("m", {"x": ["d"], "y": ["e"]}, cutoff="1/2")


def people(rows: int = 24) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    row = np.arange(rows)
    return pd.DataFrame(
        {
            "w": rng.uniform(1, 3, rows).round(2), "stratum": row // 12, "psu": row // 3, "home": row // 2,
            "line": row % 2, "n": rng.integers(1, 5, rows), "of": 40, "year": 2016 + 2 * (row // 12),
            "who": (row % 5 > 0).astype(int), "d": rng.integers(0, 2, rows), "e": rng.integers(0, 2, rows),
            "sex": rng.choice(["f", "m"], rows),
        }
    )  # fmt: skip


SAID: dict[str, list[Any]] = {
    "weight": ["w", "W", "d"],
    "strata": ["stratum", "year", "strata"],
    "psu": ["psu", "home"],
    "household": ["home", ["home", "line"], ["home", "gone"]],
    "size": ["n", "nn"],
    "members": ["who", "whoo"],
    "rows": ["persons", "households", "person"],
    "fpc": ["of", "w"],
    "wave": ["year", "jahr"],
    "shared_psus": [True, False],
    "single_psu": ["centered", "certainty", "scaled", "centred"],
    "single_in_group": ["adjust", "adjusted"],
    "census": [True],
}
"""What may be said of the design of `people`; some of it is wrong."""

SOUND: list[dict[str, Any]] = [
    {
        "weight": "w", "strata": "stratum", "psu": "psu", "household": ["home", "line"], "members": "who", "fpc": "of",
        "single_psu": "centered", "single_in_group": "adjust", "rows": "persons",
    },
    {"weight": "w", "psu": "psu", "size": "n", "wave": "year", "shared_psus": False, "single_psu": "scaled"},
    {"weight": "w", "size": "n", "census": True, "wave": "year"},
    {"strata": "year", "psu": "home", "rows": "households", "single_psu": "certainty"},
]  # fmt: skip
"""What fits together, and so do most parts of it."""


def some_of(whole: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.sets(st.sampled_from(sorted(whole))).map(lambda keys: {k: whole[k] for k in sorted(keys)})


designs = st.one_of(
    *map(some_of, SOUND), st.fixed_dictionaries({}, optional={k: st.sampled_from(v) for k, v in SAID.items()})
)


def outcome(make: Any) -> tuple[str, list[str]]:
    """What a survey says of itself and of a measure, or why there is none; and what was warned of."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            survey = make()
            est = mpi.estimate(survey, MEASURE, by=["sex"])
            said = f"{survey!r} {est.table.to_csv()}"
        except mpi.MpiError as error:
            said = str(error)
    return said, [str(w.message) for w in told]


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=12, deadline=None)
@given(said=designs)
def test_a_design_is_its_keywords_on_every_road(engine: str, said: dict[str, Any]) -> None:
    frame = on(engine, people(), lambda: None, Path())

    def by_design() -> mpi.Survey:
        return mpi.Survey(frame, design=Design(**said))

    assert outcome(by_design) == outcome(lambda: mpi.Survey(frame, **said))


@settings(max_examples=20, deadline=None)
@given(said=designs, parts=st.sets(st.sampled_from(sorted(SAID))))
def test_what_a_design_does_not_say_keywords_may(said: dict[str, Any], parts: set[str]) -> None:
    first, second = ({k: v for k, v in said.items() if (k in parts) is inside} for inside in (True, False))
    whole = outcome(lambda: mpi.Survey(people(), **said))
    both = outcome(lambda: mpi.Survey(people(), design=Design(**first), **second))
    if "cannot be used" not in whole[0]:
        assert both == whole
    else:
        assert "cannot be used" in both[0]


@settings(max_examples=50, deadline=None)
@given(said=designs)
def test_a_design_reads_back_as_it_is_written(said: dict[str, Any]) -> None:
    try:
        design = Design(**said)
    except mpi.MpiError:
        return
    for other in (
        Design.from_toml(design.to_toml()), eval(repr(design), {"Design": Design}),  # noqa: S307  # our own
        copy.deepcopy(design), pickle.loads(pickle.dumps(design)), replace(design), Design(**design.said()),  # noqa: S301  # our own
    ):  # fmt: skip
        assert other == design
        assert hash(other) == hash(design)
        assert repr(other) == repr(design)


def test_designs_that_differ_are_not_equal() -> None:
    one = Design(weight="w", psu="c")
    assert one != replace(one, psu="d")
    assert one != Design(weight="w")
    assert one != "Design(weight='w', psu='c')"
    who = nw.col("who") == 1
    assert Design(members=who) == Design(members=who)
    assert Design(members=who) != Design(members=nw.col("who") == 2)  # expressions have no equality of their own
    assert Design(household=["h"]) == Design(household="h")
    with pytest.raises(FrozenInstanceError):
        one.psu = "d"
    with pytest.raises(TypeError, match="positional"):
        Design("w")


def test_the_keywords_are_those_of_the_design() -> None:
    names = [f.name for f in fields(Design)]
    assert list(DesignKeywords.__annotations__) == names
    for function in (mpi.Survey, mpi.read_survey, mpi.profile):
        shown = inspect.signature(function).parameters
        assert [n for n in shown if n in names] == names
        assert all(shown[f.name].default == f.default for f in fields(Design))
        assert all(shown[n].kind is inspect.Parameter.KEYWORD_ONLY for n in ("design", *names))


@pytest.mark.parametrize(
    ("design", "keywords", "message"),
    [
        (Design(weight="w"), {"weight": "v"}, "weight: the design says 'w', but weight='v' is given too"),
        (Design(weight="w"), {"weight": "w"}, "the design says 'w', but weight='w' is given too"),
        (Design(household=["a", "b"]), {"household": "a"}, r"says \('a', 'b'\), but household='a' is given too"),
        (Design(psu="psu"), {"census": True}, "census=True says that everybody is in the data; leave out psu"),
        ("design.toml", {}, r"a Design is needed, not str; make one with mpi.Design\(weight="),
        ({"weight": "w"}, {}, "a Design is needed, not dict"),
    ],
)
def test_what_is_refused_beside_a_design(design: Any, keywords: dict[str, Any], message: str, tmp_path: Path) -> None:
    people().to_csv(tmp_path / "people.csv")
    for make in (
        lambda: mpi.Survey(people(), design=design, **keywords),
        lambda: mpi.read_survey(tmp_path / "people.csv", design=design, **keywords),
        lambda: mpi.profile(people(), MEASURE, design=design, **keywords),
    ):
        with pytest.raises(mpi.MpiError, match=message):
            make()


def test_all_that_contradicts_is_told_at_once() -> None:
    with pytest.raises(mpi.MpiError, match="4 problems") as caught:
        mpi.Survey(
            people(), design=Design(weight="w", psu="psu", fpc="of", single_psu="scaled"), weight="a", psu="b", fpc="c",
            single_psu="centered",
        )  # fmt: skip
    assert [p.partition(":")[0] for p in caught.value.problems] == ["weight", "psu", "fpc", "single_psu"]


@pytest.mark.parametrize("function", [mpi.Survey, mpi.read_survey, mpi.profile])
def test_a_misspelt_keyword_is_offered_the_right_one(function: Any) -> None:
    with pytest.raises(TypeError, match=re.escape("an unexpected keyword argument 'wieght'; did you mean 'weight'?")):
        function("people.csv", *[MEASURE] * (function is mpi.profile), wieght="w")


def test_every_road_takes_a_design(tmp_path: Path) -> None:
    design = Design(weight="w", strata="stratum", psu="psu")
    flat = {"weight": "w", "strata": "stratum", "psu": "psu"}
    people().to_csv(tmp_path / "people.csv", index=False)
    here = mpi.estimate(mpi.Survey(people(), **flat), MEASURE).table
    for survey in (
        mpi.read_survey(tmp_path / "people.csv", design=design, columns=["d", "e"]),
        mpi.read_survey(tmp_path / "people.csv", design=design, memory="1GB"),
        mpi.Survey(mpi.scan(tmp_path / "people.csv"), design=design),
        mpi.profile(people(), MEASURE, design=design),
        mpi.profile(tmp_path.as_posix(), MEASURE, design=replace(design, weight=None), weight="w"),
    ):
        pd.testing.assert_frame_equal(mpi.estimate(survey, MEASURE).table, here)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('wieght = "w"\n', "wieght: there is no key 'wieght'; did you mean 'weight'"),
        ("weight = 3\npsu = true\n", "2 problems"),
        ('single_psu = "centred"\n', "single_psu: found the text 'centred'.* did you mean 'centered'"),
        ('household = ["a", 3]\n', "household"),
        ('census = "yes"\n', "census: found the text 'yes', expected true or false"),
        ('census = true\npsu = "c"\n', "design text: census=True says that everybody is in the data; leave out psu"),
    ],
)
def test_a_wrong_file_is_told_by_its_keys(text: str, message: str) -> None:
    with pytest.raises(mpi.MpiError, match=message):
        Design.from_toml(text)


def test_members_by_an_expression_are_in_no_file() -> None:
    with pytest.raises(mpi.MpiError, match="cannot be written: members is an expression or a function"):
        Design(members=nw.col("who") == 1).to_toml()


def test_all_columns_of_a_design_are_read_and_no_code_is_missing_in_them(tmp_path: Path) -> None:
    design = Design(weight="w", strata="stratum", psu="psu", household=["home", "line"], members="who", fpc="of")
    assert design.columns == ("w", "stratum", "psu", "of", "home", "line", "who")
    people().to_csv(tmp_path / "people.csv", index=False)
    for memory in (None, "1GB"):
        survey = mpi.read_survey(tmp_path / "people.csv", design=design, columns=["d"], memory=memory, missing=[1])
        assert {*design.columns, "d"} == {*survey.columns} - {"home × line"}
        here = survey.collect()
        assert here.numbers("line").tolist() == people()["line"].tolist()
        assert np.isnan(here.numbers("d")).tolist() == (people()["d"] == 1).tolist()
