"""Rounds that were coded differently: groups are joined by what their codes mean, or it is said that nobody knows."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mpi
from frame_kinds import on
from mpi import MpiError, MpiWarning

ONE = mpi.Measure.nested("one", {"x": ["d"]}, 1)
PEOPLE = ["Kinh", "Tày", "Thái", "Hmong", "Khmer", "Hoa"]
ENGINES = ["pandas", "polars", "arrow", "lazy polars", "duckdb"]


def people(seed: int, names: list[Any], rows: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    group = np.where(np.arange(rows) < len(names), np.arange(rows) % len(names), rng.integers(0, len(names), rows))
    return pd.DataFrame({"d": rng.integers(0, 2, rows), "psu": np.arange(rows) % 6, "name": np.array(names)[group]})


def coded(frame: pd.DataFrame, codes: dict[str, Any], engine: str = "pandas", **options: Any) -> mpi.Survey:
    table = frame.assign(people=frame["name"].map(codes)).drop(columns="name")
    made = on(engine, table, lambda: None, Path())
    return mpi.Survey(made, psu="psu", labels={"people": {c: n for n, c in codes.items()}}, **options)


def pooled(rounds: dict[Any, mpi.Survey], **options: Any) -> mpi.Survey:
    return mpi.pool(rounds, shared_psus=False, **options)


def figures(survey: mpi.Survey) -> dict[Any, tuple[float, float, float]]:
    """The figures of each group and round, by label."""
    found = mpi.estimate(survey, ONE, by=["people"], statistics=["H", "population_share"])
    keys = zip(*(found.keys[k].to_list() for k in ("statistic", "group", "wave")), strict=True)
    return dict(zip(keys, zip(found.value, found.se, found.n, strict=True), strict=True))


def agree(one: mpi.Survey, other: mpi.Survey) -> None:
    a, b = figures(one), figures(other)
    assert a.keys() == b.keys()
    np.testing.assert_allclose([a[k] for k in a], [b[k] for k in a], rtol=1e-12, atol=1e-14)


# --- codes of rounds, matched by their labels -----------------------------------------------------------------------


@st.composite
def codings(draw: st.DrawFn) -> list[tuple[list[str], dict[str, int]]]:
    """Two or three rounds: who is in them, and a numbering of their own in each."""
    out = []
    for _ in range(draw(st.integers(2, 3))):
        names = draw(st.lists(st.sampled_from(PEOPLE), min_size=2, max_size=6, unique=True))
        out.append((names, dict(zip(names, draw(st.permutations(range(1, 7))), strict=False))))
    return out


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(codings(), st.sampled_from(ENGINES))
def test_renumbered_rounds_give_the_figures_of_rounds_coded_alike(coding: list[Any], engine: str) -> None:
    frames = [people(i, names) for i, (names, _) in enumerate(coding)]
    alike = dict(zip(PEOPLE, range(1, 7), strict=True))
    own = {i: coded(f, codes, engine) for i, (f, (_, codes)) in enumerate(zip(frames, coding, strict=True))}
    disputed = list(_renamed(coding))
    if disputed:
        with pytest.raises(MpiError, match="|".join(disputed)):
            pooled(own)
        return
    same = [coded(f, {n: alike[n] for n in codes}) for f, (_, codes) in zip(frames, coding, strict=True)]
    agree(pooled(own), pooled(dict(enumerate(same))))


def _renamed(coding: list[Any]) -> Iterator[str]:
    """Name the codes of two labels that have no other code in the other of the two rounds."""
    for (_, first), (_, later) in combinations(coding, 2):
        for a, x in first.items():
            if a not in later and any(x == y and b not in first for b, y in later.items()):
                yield f"{x} is {a!r} in"


@pytest.mark.parametrize("engine", ENGINES)
def test_what_rose_because_codes_moved_falls(engine: str) -> None:
    """Codes 2 and 3 change places between the rounds; by code, one people's rise is another's."""
    old, new = {"Kinh": 1, "Hmong": 2, "Tày": 3}, {"Kinh": 1, "Hmong": 3, "Tày": 2}
    frames = {2016: people(1, list(old)), 2018: people(2, list(new))}
    frames = {y: f.assign(d=(f["name"] == "Hmong") & (f["psu"] != y % 5)) for y, f in frames.items()}
    both = pooled({2016: coded(frames[2016], old, engine), 2018: coded(frames[2018], new, engine)})
    for year, frame in frames.items():
        rates = frame.groupby("name")["d"].mean()
        found = figures(both)
        for name in old:
            assert found["H", name, year][0] == pytest.approx(rates[name], abs=1e-15)
    groups = both.with_groups("two", "people", {"Hmong": "Hmong"}, rest="others")
    share = mpi.estimate(groups, ONE, by=["two"], statistics=["H"]).select(by="two", group="Hmong")
    assert share.value == pytest.approx([frames[y].groupby("name")["d"].mean()["Hmong"] for y in frames], abs=1e-15)


def test_conditions_and_codes_are_those_of_the_first_round() -> None:
    both = pooled({1: coded(people(1, PEOPLE), dict(zip(PEOPLE, range(6), strict=True))),
                   2: coded(people(2, PEOPLE), dict(zip(PEOPLE, range(5, -1, -1), strict=True)))})  # fmt: skip
    est = mpi.estimate(both, ONE, by=["people"], where=lambda frame: frame["people"] == 3)
    assert set(est.select(by="people").keys["group"].to_list()) == {"Hmong"}
    assert est.codes["people"] == {"Hmong": (3,)}


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_a_label_with_two_codes_is_one_group(engine: str) -> None:
    yes = {"Yes": 1, "No": 2}, {"Yes": 1, "No": 0}
    both = pooled({i: coded(people(i, ["Yes", "No"]), codes, engine) for i, codes in enumerate(yes)})
    assert {k[1] for k in figures(both)} == {"total", "Yes", "No"}
    assert both.labels["people"] == {1: "Yes", 2: "No"}


@pytest.mark.parametrize("engine", ["pandas", "polars", "duckdb"])
def test_a_code_with_two_labels_is_an_error_until_it_is_said_what_is_meant(engine: str) -> None:
    rounds = {
        2016: coded(people(1, ["Kinh", "Tày"]), {"Kinh": 1, "Tày": 2}, engine),
        2018: coded(people(2, ["Kinh (Viet)", "Tày"]), {"Kinh (Viet)": 1, "Tày": 2}, engine),
    }
    with pytest.raises(
        MpiError, match=r"1 is 'Kinh' in 2016 and 'Kinh \(Viet\)' in 2018.*labels=\{'people': 'first'\}"
    ):
        pooled(rounds)
    for said in (
        "first",
        {"people": "first"},
        {"people": {"Kinh (Viet)": "Kinh"}},
        {"people": {1: "Kinh"}},
        {"people": {2018: {1: "Kinh", 2: "Tày"}}},
    ):
        assert {k[1] for k in figures(pooled(rounds, labels=said))} == {"total", "Kinh", "Tày"}


def test_what_is_said_of_labels_is_checked() -> None:
    rounds = {i: coded(people(i, PEOPLE), dict(zip(PEOPLE, range(6), strict=True))) for i in (1, 2)}
    for said, told in (
        ({"poeple": "first"}, "no column 'poeple'; did you mean 'people'"),
        ({"people": {"Hmog": "Hmong"}}, "no label 'Hmog'; did you mean 'Hmong'"),
        ({"people": {3: {1: "Kinh"}, "x": {}}}, "there is no round '3'"),
        ({"people": "last"}, "'first' or a mapping"),
        ("last", "neither 'first' nor a mapping"),
    ):
        with pytest.raises(MpiError, match=told):
            pooled(rounds, labels=said)


def test_codes_without_labels_are_joined_as_they_are_and_their_labels_asked_for() -> None:
    frame = people(1, PEOPLE[:3])
    rounds = {
        1: coded(frame, {"Kinh": 1, "Tày": 2, "Thái": 3}),
        2: mpi.Survey(frame.assign(people=frame["name"].map({"Kinh": 1, "Tày": 2, "Thái": 4})), psu="psu",
                      labels={"people": {1: "Tày", 2: "Kinh"}}),
    }  # fmt: skip
    with pytest.raises(MpiError, match=r"1 is 'Kinh' in 1 and 'Tày' in 2.*4 has no label"):
        pooled(rounds)
    assert {k[1] for k in figures(pooled(rounds, labels={"people": {2: {4: "Thái"}}}))} == {"total", *PEOPLE[:3]}


def test_two_codes_of_one_label_stay_apart_within_a_round() -> None:
    labels = {"people": {1: "Kinh", 2: "Other", 3: "Other"}}
    frame = pd.DataFrame({"people": [1, 2, 3] * 4, "d": [0, 1, 1] * 4})
    both = pooled({i: mpi.Survey(frame, labels=labels) for i in (1, 2)})
    assert {k[1] for k in figures(both)} == {"total", "Kinh", "Other [2]", "Other [3]"}
    moved = mpi.Survey(frame.assign(people=frame["people"] + 3), labels={"people": {4: "Kinh", 5: "Other", 6: "Other"}})
    with pytest.raises(MpiError, match="'Other' is 2, 3 in 1 and 5, 6 in 2"):
        pooled({1: mpi.Survey(frame, labels=labels), 2: moved})


def test_a_label_is_not_moved_to_a_code_that_is_a_number_there() -> None:
    """98 is "DK" in one round; in the other it is 99, and 98 is a number of years."""
    rounds = {
        1: mpi.Survey(pd.DataFrame({"people": [1, 98] * 3, "d": [0, 1] * 3}), labels={"people": {98: "DK"}}),
        2: mpi.Survey(pd.DataFrame({"people": [98, 99] * 3, "d": [0, 1] * 3}), labels={"people": {99: "DK"}}),
    }
    both = pooled(rounds)
    assert both.numbers("people").tolist() == [1, 98] * 3 + [98, 99] * 3
    found = {k: v[0] for k, v in figures(both).items() if k[0] == "H"}
    assert found["H", "DK [99]", 2] == 1
    assert found["H", "DK [98]", 2] == 0


def test_labels_of_codes_that_nobody_has_contradict_nothing() -> None:
    rounds = {
        1: coded(people(1, ["Kinh", "Tày"]), {"Kinh": 1, "Tày": 2, "Thái": 3}),
        2: coded(people(2, ["Kinh", "Tày"]), {"Kinh": 1, "Tày": 2, "Khmer": 3}),
    }
    assert pooled(rounds).labels["people"] == {1: "Kinh", 2: "Tày", 3: "Thái"}


# --- codes without labels -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("one", "two", "told"),
    [
        ([1, 2], [0, 1], "'people' is 1, 2 in 2016 and 0, 1 in 2018; one seems to be numbered from another start"),
        (["01", "02"], [1, 2], "'01', '02' in 2016 and 1, 2 in 2018; they are the same numbers, as text"),
        (["01", "02"], ["1", "2"], "with other zeros"),
        (["f", "m"], ["nam", "nữ"], None),
        ([201601, 201602], [201801, 201802], None),
        ([1, 2, 9], [0, 1], "numbered from another start"),
        ([1, 2, 5], [1, 2, 7], None),
        ([1, 2], [1, 2, 3], None),
    ],
)
def test_codes_that_rounds_write_differently_are_told(engine: str, one: list[Any], two: list[Any], told: str) -> None:
    rounds = {}
    for year, values in ((2016, one), (2018, two)):
        frame = people(year, list(range(len(values)))).rename(columns={"name": "place"})
        table = frame.assign(people=frame["place"].map(dict(enumerate(values))))
        rounds[year] = mpi.Survey(on(engine, table, lambda: None, Path()), psu="psu")
    both = pooled(rounds)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        mpi.estimate(both, ONE, by=["people"])
    assert [str(w.message) for w in seen if told is None or told in str(w.message)] == [
        str(w.message) for w in seen if issubclass(w.category, MpiWarning)
    ]
    assert bool(seen) == (told is not None)


def test_codes_in_one_file_of_rounds_are_told_too() -> None:
    frame = pd.DataFrame({"sex": [1, 2] * 4 + [0, 1] * 4, "year": [2016] * 8 + [2018] * 8, "d": [0, 1] * 8})
    with pytest.warns(MpiWarning, match="'sex' is 1, 2 in 2016 and 0, 1 in 2018"):
        mpi.estimate(mpi.Survey(frame, wave="year"), ONE, by=["sex"])


def test_text_and_numbers_are_joined_by_labels_of_each_round() -> None:
    frame = people(1, ["Hà Nội", "Hà Giang"])
    rounds = {1: coded(frame, {"Hà Nội": "01", "Hà Giang": "02"}), 2: coded(frame, {"Hà Nội": 1, "Hà Giang": 2})}
    found = figures(pooled(rounds))
    assert found["H", "Hà Nội", 1] == pytest.approx(found["H", "Hà Nội", 2], abs=1e-15)


# --- PSUs in several rounds -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["pandas", "polars", "duckdb"])
def test_equal_codes_of_psus_are_asked_about(engine: str) -> None:
    frame = people(1, PEOPLE).drop(columns="name")
    rounds = {y: mpi.Survey(on(engine, frame, lambda: None, Path()), psu="psu") for y in (1, 2)}
    with pytest.warns(MpiWarning, match="6 PSUs have the code.*shared_psus=True.*shared_psus=False"):
        said = mpi.estimate(mpi.pool(rounds), ONE)
    quiet = mpi.estimate(mpi.pool(rounds, shared_psus=False), ONE)
    np.testing.assert_array_equal(said.vcov(), quiet.vcov())
    both = pd.concat([frame.assign(year=1), frame.assign(year=2)])
    with pytest.warns(MpiWarning, match="6 PSUs have the code"):
        mpi.estimate(mpi.Survey(on(engine, both, lambda: None, Path()), psu="psu", wave="year"), ONE)


def test_other_codes_of_psus_are_not() -> None:
    frame = people(1, PEOPLE).drop(columns="name")
    mpi.pool({1: mpi.Survey(frame, psu="psu"), 2: mpi.Survey(frame.assign(psu=frame["psu"] + 6), psu="psu")})


# --- years of Stata -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("memory", [None, "1GB"])
@pytest.mark.parametrize("version", [114, 117, 118])
def test_years_of_stata_are_years(version: int, memory: str | None, tmp_path: Path) -> None:
    frame = pd.DataFrame({"year": pd.to_datetime(["2016", "2018"] * 3), "d": [1, 0, 1, 1, 0, 1]})
    frame["asked"] = pd.to_datetime(["2016-03-04", "2018-05-06"] * 3)
    path = tmp_path / "rounds.dta"
    frame.to_stata(path, write_index=False, convert_dates={"year": "ty", "asked": "td"}, version=version)
    survey = mpi.read_survey(path, wave="year", memory=memory)
    assert survey.waves == (2016, 2018)
    assert mpi.estimate(survey, ONE, statistics=["H"]).select(wave=2016).value.tolist() == [2 / 3]
    assert mpi.mean(survey, "d", by=["asked"]).select(by="asked").keys["group"].to_list()[0].startswith("2016-03-04")


# --- estimates of rounds put together, and the command line ---------------------------------------------------------


def test_rounds_that_were_estimated_apart_are_told_of_too() -> None:
    from mpi.results.concat import independent

    found = {}
    for year, codes in ((2016, [1, 2]), (2018, [0, 1])):
        frame = pd.DataFrame({"sex": codes * 4, "d": [0, 1] * 4})
        found[year] = mpi.estimate(mpi.Survey(frame), ONE, by=["sex"])
    with pytest.warns(MpiWarning, match="'sex' is 1, 2 in 2016 and 0, 1 in 2018"):
        independent(found)


def test_the_command_line_tells_of_codes_and_psus(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from mpi.cli.app import app

    frame = pd.DataFrame({"sex": [1, 2] * 6 + [0, 1] * 6, "year": [2016] * 12 + [2018] * 12, "d": [0, 1, 1] * 8})
    frame.assign(psu=[*range(4)] * 6).to_csv(tmp_path / "rounds.csv", index=False)
    (tmp_path / "one.toml").write_text(ONE.to_toml())
    words = [str(tmp_path / "rounds.csv"), "--measure", str(tmp_path / "one.toml"), "--by", "sex"]
    words += ["--wave", "year", "--psu", "psu"]
    for more, told in (([], True), (["--no-shared-psus"], False), (["--shared-psus"], False)):
        done = CliRunner().invoke(app, ["estimate", *words, *more])
        said = " ".join(done.stderr.split())
        assert done.exit_code == 0
        assert "'sex' is 1, 2 in 2016 and 0, 1 in 2018" in said
        assert ("4 PSUs have the code" in said) == told
        assert ("say --shared-psus" in said and "say --no-shared-psus" in said) == told
