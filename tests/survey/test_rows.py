"""A survey holds rows, in memory or with an engine: both answer alike, are frozen, and are read once."""

from __future__ import annotations

import pickle
import warnings
from dataclasses import FrozenInstanceError, fields, is_dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

import mpi
from mpi.survey.memory import MemoryRows
from mpi.survey.out_of_core import EngineRows
from mpi.survey.rows import SurveyRows

pl = pytest.importorskip("polars", reason="Polars is an extra")

DESIGN = mpi.Design(weight="w", strata="h", psu="c", household="home", members="who")
LABELS = {"yrs": {1: "one", 98: "don't know", 99: "refused"}, "g": {0: "north", 1: "south"}}
MISSING = {"yrs": [98], "g": []}


def people(rows: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    row = np.arange(rows)
    return pd.DataFrame(
        {
            "w": rng.uniform(1, 2, rows), "h": row // 20, "c": row // 5, "home": row // 2,
            "who": (row % 7 > 0).astype(int), "yrs": rng.choice([1, 2, 3, 98, 99], rows), "g": row % 2,
            "income": 1e5 + 1e4 * (row // 2), "name": np.where(row % 3, "Kinh", "Tày"),
        }
    )  # fmt: skip


def both() -> dict[str, mpi.Survey]:
    frames = {"memory": people(), "engine": pl.from_pandas(people()).lazy()}
    return {k: mpi.Survey(f, design=DESIGN, labels=LABELS, missing=MISSING) for k, f in frames.items()}


def members_of(protocol: type) -> list[str]:
    return [n for n in vars(protocol) if not n.startswith("_") or n == "__len__"]


def test_the_rows_are_what_the_frame_asks_for() -> None:
    surveys = both()
    assert isinstance(surveys["memory"].rows, MemoryRows)
    assert isinstance(surveys["engine"].rows, EngineRows)
    assert [s.in_memory for s in surveys.values()] == [True, False]
    assert all(type(s) is mpi.Survey for s in surveys.values())


@pytest.mark.parametrize("kind", [MemoryRows, EngineRows])
def test_rows_answer_what_a_survey_asks(kind: type) -> None:
    known = {*dir(kind), *(f.name for f in fields(kind))}
    assert {n for n in members_of(SurveyRows) if n not in known} == set()


def test_rows_answer_alike_wherever_they_are() -> None:
    here, there = (s.rows for s in both().values())
    for name in ("columns", "labels", "roles", "has_rounds", "has_domain", "single_rules", "waves"):
        assert getattr(here, name) == getattr(there, name), name
    assert here.missing == there.missing
    assert len(here) == len(there)
    questions: list[Any] = [
        lambda r: r.numbers("yrs").tolist(),
        lambda r: r.categories("g").labels,
        lambda r: r.declared("yrs", labels=True),
        lambda r: sorted(r.unique("yrs")),
        lambda r: r.text_counts(["name"]),
        lambda r: r.code_counts({"yrs": {99: "refused"}, "g": {0: "north"}}),
        lambda r: r.reason_counts("yrs", "g"),
        lambda r: r.where("g").text_counts(["name"]),
        lambda r: r.with_groups("two", "yrs", {1: "few"}, rest="many").unique("two"),
        lambda r: r.with_column("more", 2 * mpi_col("income")).numbers("more").tolist(),
        lambda r: r.collect(["yrs"]).numbers("yrs").tolist(),
    ]
    for question in questions:
        np.testing.assert_equal(question(here), question(there))
    for name, argument in (("numbers", "yr"), ("categories", "yr"), ("declared", "yr"), ("check_columns", ["yr"])):
        said = []
        for rows in (here, there):
            with pytest.raises(mpi.MpiError) as caught:
                getattr(rows, name)(argument)
            said.append(str(caught.value))
        assert said[0].partition(" Known:")[0] == said[1].partition(" Known:")[0]


def mpi_col(name: str) -> Any:
    import narwhals.stable.v2 as nw

    return nw.col(name)


def test_members_and_the_domain_of_rows_with_an_engine() -> None:
    here, there = both().values()
    np.testing.assert_array_equal(here.members, there.members)
    np.testing.assert_array_equal(here.where("g").counting, there.where("g").counting)
    assert there.domain is None
    np.testing.assert_array_equal(here.where("g").domain, there.where("g").domain)


def test_rows_are_read_once_and_only_where_they_must_be(monkeypatch: pytest.MonkeyPatch) -> None:
    from mpi.survey import out_of_core

    looks: list[Any] = []
    read = out_of_core.collected_rows
    monkeypatch.setattr(out_of_core, "collected_rows", lambda *given: looks.append(given[1]) or read(*given))
    there = both()["engine"]
    mpi.proportion(there, "g", by=["name"])
    assert looks == [], "the members of households are told by a column, and nothing else is asked of single rows"
    assert there.weight is there.weight
    assert there.rows.collect() is there.rows.collect()
    there.numbers("yrs"), there.design, there.frames, there.wave_of_rows()
    assert looks == [None]
    there.where("g").numbers("yrs")  # others, which are read by themselves
    assert looks == [None, None]


def test_rows_in_memory_are_collected_already() -> None:
    here = both()["memory"]
    assert here.collect() is here
    assert here.rows.condensed(["g"]) is here.rows
    assert here.rows.condensed_apart(["g"], [("name",)]) == [(here.rows, [("name",)])]


def test_groups_are_looked_for_once_for_all_domains_of_the_same_columns() -> None:
    here = both()["memory"]
    assert here.categories("name") is here.where("g").categories("name")
    new = here.with_column("x", lambda frame: frame["income"])
    assert new.categories("name") is not here.categories("name")
    renamed = here.rows.collect().over([f.with_columns(name=mpi_col("income")) for f in here.frames])
    assert renamed.categories("name").levels != here.categories("name").levels


@pytest.mark.parametrize("kind", ["memory", "engine"])
def test_rows_are_frozen(kind: str) -> None:
    survey = both()[kind]
    for thing in (survey, survey.rows, getattr(survey.rows, "data", survey.rows)):
        assert is_dataclass(thing)
        with pytest.raises(FrozenInstanceError):
            setattr(thing, fields(thing)[0].name, None)
    for mapping in (survey.labels, survey.labels["g"], survey.roles):
        with pytest.raises(mpi.MpiError, match="read-only"):
            mapping.clear()


@pytest.mark.parametrize("kind", ["memory", "engine"])
def test_surveys_are_pickled_with_all_that_was_said_of_them(kind: str) -> None:
    survey = both()[kind]
    again = pickle.loads(pickle.dumps(survey))  # noqa: S301  # our own
    assert repr(again) == repr(survey)
    assert (again.labels, again.roles, again.missing) == (survey.labels, survey.roles, survey.missing)
    np.testing.assert_array_equal(again.numbers("yrs"), survey.numbers("yrs"))


def test_what_was_said_to_be_an_answer_stays_one() -> None:
    frame = people().assign(yrs=lambda f: f["yrs"].replace({98: 99}))
    for data in (frame, pl.from_pandas(frame).lazy()):
        with pytest.warns(mpi.MpiWarning, match="99 .'refused'. in "):
            mpi.mean(mpi.Survey(data, design=DESIGN, labels=LABELS), "yrs")
        survey = mpi.Survey(data, design=DESIGN, labels=LABELS, missing={"yrs": []})
        line = mpi.load_line("vn-2006")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for same in (survey, survey.collect(), survey.where("g").collect(["yrs"])):
                assert same.missing.answers == {"yrs"}
                mpi.mean(same, "yrs")
        here = survey.collect()
        classed = line.classify(here.with_column("poverty_area", lambda f: f["h"] + 1), area="poverty_area").survey
        assert classed.missing.answers == {"yrs"}
