"""Who lives with whom: several identifiers, people who are no members, rows that are households, homes not visited."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import mpi
from frame_kinds import on
from mpi.cli.app import app
from mpi.indicators import Rule, Rules, add_deprivations, column, explain

if TYPE_CHECKING:
    from pathlib import Path

HERE = ["pandas", "polars", "arrow", "lazy polars", "duckdb"]
ONE = mpi.Measure.nested("one", {"x": ["d"]}, cutoff=1)
DESIGN = {"weight": "w", "strata": "stratum", "psu": "psu"}


def held(engine: str, frame: pd.DataFrame) -> Any:
    return on(engine, frame, lambda: None, None)  # no Spark here


def people(seed: int, places: int = 6, homes: int = 8) -> pd.DataFrame:
    """Members of households numbered within their place, with a few guests among them."""
    rng = np.random.default_rng(seed)
    rows = []
    for place in range(places):
        for home in range(homes):
            size, d = int(rng.integers(1, 7)), int(rng.integers(0, 2))
            kept = (place % 2, place, place * 10, home + 1, size, d, place % 3, float(rng.integers(1, 5)))
            rows += [(*kept, member) for member in range(size)]
    names = ["stratum", "psu", "HH1", "HH2", "size", "d", "g", "w", "line"]
    frame = pd.DataFrame(rows, columns=names)
    frame["usual"] = (rng.random(len(frame)) < 0.85).astype(int)
    frame.loc[frame["line"] == 0, "usual"] = 1
    frame["age"] = rng.integers(0, 80, len(frame))
    frame["school"] = rng.integers(0, 2, len(frame))
    return frame


def figures(survey: mpi.Survey, unit: Any) -> pd.DataFrame:
    keep = ["statistic", "by", "group", "estimate", "se", "n", "n_psu"]
    est = mpi.estimate(survey, ONE, by=["g"], statistics=["H", "M0", "number_of_poor"], unit=unit)
    return est.table[keep].sort_values(keep[:3], ignore_index=True)


def same(a: pd.DataFrame, b: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(a, b, rtol=1e-12, atol=1e-12, check_dtype=False)


# --- several columns that identify a household together --------------------------------------------------------------


@pytest.mark.parametrize("engine", HERE)
@pytest.mark.parametrize("text", [False, True])
def test_households_of_two_columns_are_those_of_one_made_by_hand(engine: str, *, text: bool) -> None:
    frame = people(1)
    if text:
        frame = frame.assign(HH1=frame["HH1"].map("{:03d}".format))
    by_hand = frame.assign(id=frame["HH1"].astype(str) + "/" + frame["HH2"].astype(str))
    no_places = {"weight": "w", "strata": "stratum"}  # numbers of households are used again in each place
    for design in (DESIGN, no_places):
        two = mpi.Survey(held(engine, frame), **design, household=["HH1", "HH2"])
        one = mpi.Survey(by_hand, **design, household="id")
        same(figures(two, "household"), figures(one, "household"))
        same(figures(two, "person"), figures(one, "person"))
    assert two.roles["household"] == "HH1 × HH2"


def test_a_household_of_two_columns_is_explained_by_its_two_values() -> None:
    rules = Rules(name="r", rules=[Rule(name="school", deprived=column("school") == 0, of="members", household="any")])
    frame = people(2).rename(columns={"line": "member"})
    survey = mpi.Survey(frame, **DESIGN, household=["HH1", "HH2"])
    assert "10 × 3" in str(explain(survey, rules, (10, 3)))


def test_households_of_absent_columns_are_told_with_the_nearest() -> None:
    for engine in HERE:
        with pytest.raises(mpi.MpiError, match=r"no column 'HH3'.*did you mean 'HH"):
            mpi.Survey(held(engine, people(1)), household=["HH1", "HH3"])
        with pytest.raises(mpi.MpiError, match="a column's name, or a list of them"):
            mpi.Survey(held(engine, people(1)), household=[])
        with pytest.raises(mpi.MpiError, match="a column's name, or a list of them"):
            mpi.Survey(held(engine, people(1)), household=7)


def test_a_part_that_is_missing_leaves_the_household_unknown() -> None:
    frame = people(1).astype({"HH2": "float64"})
    frame.loc[[3, 4], "HH2"] = np.nan
    for engine in HERE:
        with pytest.raises(mpi.MpiError, match="'HH1 × HH2' is missing in 2 rows"):
            figures(mpi.Survey(held(engine, frame), **DESIGN, household=["HH1", "HH2"]), "household")


# --- members and others ----------------------------------------------------------------------------------------------

ASKED = Rules(
    name="asked",
    rules=[
        Rule(name="school", deprived=column("school") == 0, of="members", household="any"),
        Rule(name="old", deprived=column("age") >= 60, of="members", household="all"),
    ],
)


@pytest.mark.parametrize("engine", HERE)
@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_others_are_asked_nowhere_and_counted_nowhere(engine: str, seed: int) -> None:
    """As if their rows were cut, but for the design; no place has guests alone, so here the design is the same."""
    frame = people(seed)
    cut = mpi.Survey(frame[frame["usual"] == 1].reset_index(drop=True), **DESIGN, household="HH2")
    given_as = {"name": "usual", "expression": nw.col("usual") > 0}
    for members in given_as.values():
        survey = mpi.Survey(held(engine, frame), **DESIGN, household="HH2", members=members)
        for unit in ("person", "household"):
            same(figures(survey, unit), figures(cut, unit))
    deprived = mpi.Measure.nested("m", {"x": ["dep_school"], "y": ["dep_old"]}, cutoff="1/2")
    for unit in ("person", "household"):
        a, b = (mpi.estimate(add_deprivations(s, ASKED), deprived, unit=unit) for s in (survey, cut))
        np.testing.assert_allclose(a.value, b.value, rtol=1e-12)
        np.testing.assert_allclose(a.se, b.se, rtol=1e-9, atol=1e-14)
    assert mpi.mean(survey, "age").value == pytest.approx(mpi.mean(cut, "age").value, rel=1e-12)
    assert mpi.retention(survey, ONE).groups["n"].tolist() == mpi.retention(cut, ONE).groups["n"].tolist()


def test_a_place_of_guests_alone_stays_in_the_design() -> None:
    frame = people(3)
    frame.loc[frame["psu"] == 5, "usual"] = 0
    whole = mpi.Survey(frame, **DESIGN, household="HH2")
    found = {}
    for engine in HERE:
        survey = mpi.Survey(held(engine, frame), **DESIGN, household="HH2", members="usual")
        found[engine] = figures(survey, "person")
        same(found[engine], figures(whole.where("usual"), "person"))
        same(
            figures(survey, "household"),
            figures(mpi.Survey(frame, **DESIGN, household="HH2", members="usual"), "household"),
        )


def test_the_domain_and_membership_are_two_things() -> None:
    frame = people(4)
    for engine in HERE:
        survey = mpi.Survey(held(engine, frame), **DESIGN, household="HH2", members="usual")
        women = survey.where(nw.col("age") < 40)
        expected = frame[(frame["usual"] == 1) & (frame["age"] < 40)]
        value = mpi.estimate(women, ONE, statistics=["H"]).value[0]
        assert value == pytest.approx(np.average(expected["d"], weights=expected["w"]), rel=1e-12)
    here = mpi.Survey(frame, **DESIGN, household="HH2", members="usual")
    assert f"{frame['usual'].sum()} of members" in repr(here)
    assert "_member" not in here.columns


def test_membership_that_is_not_known_is_told() -> None:
    frame = people(5).astype({"usual": "float64"})
    frame.loc[[1, 5], "usual"] = np.nan
    for engine in HERE:
        with pytest.warns(mpi.MpiWarning, match="not known of 2 rows whether they are members"):
            mpi.Survey(held(engine, frame), **DESIGN, members="usual")
        with pytest.raises(mpi.MpiError, match="compare the column with something"):
            mpi.Survey(held(engine, frame), **DESIGN, members="age")
        with pytest.raises(mpi.MpiError, match="no column 'usal'"):
            mpi.Survey(held(engine, frame), **DESIGN, members="usal")
    with pytest.raises(mpi.MpiError, match="only rows of persons can be members"):
        mpi.Survey(frame, size="size", members="usual")


def test_guests_are_no_part_of_an_account() -> None:
    frame = pd.DataFrame(
        {"h": [1, 1, 1], "member": [1, 2, 3], "age": [40, 30, 20], "school": [1, 1, 0], "usual": [1, 1, 0]}
    )
    said = str(
        explain(mpi.Survey(frame, household="h", members="usual", single_psu="certainty"), ASKED.select(["school"]), 1)
    )
    assert "not deprived" in said
    assert "member 3" not in said


def test_gender_within_households_leaves_guests_out() -> None:
    frame = people(6).assign(sex=lambda f: f["line"] % 2 + 1)
    frame["d"] = frame["school"]
    cut = mpi.Survey(frame[frame["usual"] == 1].reset_index(drop=True), **DESIGN, household="HH2")
    survey = mpi.Survey(frame, **DESIGN, household="HH2", members="usual")
    a, b = (mpi.decompose.within_households(s, "d", sex="sex", female=2) for s in (survey, cut))
    np.testing.assert_allclose(a.value, b.value, rtol=1e-12)


# --- no PSU is named -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", HERE)
def test_without_psus_households_were_drawn_not_their_members(engine: str) -> None:
    """As R's svydesign(ids = ~household): members of one household are no independent draws."""
    frame = people(7).assign(id=lambda f: f["psu"] * 100 + f["HH2"])
    by_name = mpi.Survey(held(engine, frame), weight="w", strata="stratum", household="id")
    by_design = mpi.Survey(frame, weight="w", strata="stratum", psu="id")
    same(figures(by_name, "person"), figures(by_design, "person"))
    totals = frame.assign(y=frame["w"] * frame["d"]).groupby(["stratum", "id"])[["y", "w"]].sum()
    r = totals["y"].sum() / totals["w"].sum()
    e = (totals["y"] - r * totals["w"]) / totals["w"].sum()
    variance = sum(len(x) / (len(x) - 1) * ((x - x.mean()) ** 2).sum() for _, x in e.groupby("stratum"))
    row = figures(by_name, "person").query("statistic == 'H' and by == 'total'")
    assert row["se"].item() == pytest.approx(variance**0.5, rel=1e-12)


def test_rows_without_a_household_are_draws_of_their_own() -> None:
    frame = pd.DataFrame({"h": [1, 1, 2, None, None], "d": [1, 1, 0, 1, 0]})
    assert mpi.Survey(frame, household="h").design.units == 4


# --- rosters that carry the household's size -------------------------------------------------------------------------


@pytest.mark.parametrize("engine", HERE)
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10_000), shuffled=st.booleans())
def test_a_roster_with_sizes_is_told(engine: str, seed: int, *, shuffled: bool) -> None:
    frame = people(seed, places=12)
    if shuffled:
        frame = frame.sample(frac=1, random_state=seed).reset_index(drop=True)
    with pytest.warns(mpi.MpiWarning, match="rows look like members of households"):
        figures(mpi.Survey(held(engine, frame), **DESIGN, size="size"), "person")


@pytest.mark.parametrize("engine", HERE)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), homes=st.integers(2, 40))
def test_a_file_of_households_is_not_taken_for_a_roster(engine: str, seed: int, homes: int) -> None:
    frame = people(seed, homes=homes).drop_duplicates(["psu", "HH2"]).reset_index(drop=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figures(mpi.Survey(held(engine, frame), **DESIGN, size="size"), "person")


def test_a_small_roster_in_the_order_of_its_households_is_told() -> None:
    frame = pd.DataFrame({"size": [4, 4, 4, 4, 2, 2, 1], "d": [1, 1, 1, 1, 0, 0, 0]})
    with pytest.warns(mpi.MpiWarning, match=r"leave out size= and name the households with household="):
        mpi.Survey(frame, size="size")
    assert mpi.estimate(mpi.Survey(frame, size="size", rows="households"), ONE, statistics=["H"]).value[0] == 16 / 21


# --- rows that are households ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", HERE)
def test_households_without_identifier_and_size_are_counted(engine: str) -> None:
    homes = people(8).drop_duplicates(["psu", "HH2"]).reset_index(drop=True)
    said = mpi.Survey(held(engine, homes), **DESIGN, rows="households")
    same(figures(said, "household"), figures(mpi.Survey(homes, **DESIGN, household="HH2"), "household"))
    with pytest.raises(mpi.MpiError, match="the rows would be counted as persons"):
        figures(said, "person")
    sized = mpi.Survey(held(engine, homes), **DESIGN, size="size", rows="households")
    same(figures(sized, "person"), figures(mpi.Survey(homes, **DESIGN, size="size"), "person"))


def test_what_contradicts_that_rows_are_households_is_told() -> None:
    frame = people(9)
    with pytest.raises(mpi.MpiError, match=r"duplicated \(rows='households' says one row is a household"):
        mpi.Survey(frame, **DESIGN, household="HH2", rows="households")
    with pytest.raises(mpi.MpiError, match=r"duplicated \(size says one row is a household; where rows are members"):
        mpi.Survey(frame, **DESIGN, household="HH2", size="size")
    with pytest.raises(mpi.MpiError, match="contradict each other"):
        mpi.Survey(frame, size="size", rows="persons")
    with pytest.raises(mpi.MpiError, match="did you mean 'households'"):
        mpi.Survey(frame, rows="household")


# --- households that were not interviewed ----------------------------------------------------------------------------


@pytest.mark.parametrize("engine", HERE)
@pytest.mark.parametrize("nothing", [np.nan, 0.0])
def test_households_of_weight_0_need_no_size(engine: str, nothing: float) -> None:
    homes = people(10).drop_duplicates(["psu", "HH2"]).reset_index(drop=True).astype({"size": "float64"})
    empty = homes.index % 7 == 3
    bare = homes.assign(w=homes["w"].where(~empty, 0.0), size=homes["size"].where(~empty, nothing))
    answered = homes.assign(w=bare["w"])
    with pytest.warns(mpi.MpiWarning, match=rf"{empty.sum()} rows of weight 0 have none"):
        found = {u: figures(mpi.Survey(held(engine, bare), **DESIGN, size="size"), u) for u in ("person", "household")}
    for unit, table in found.items():
        same(table, figures(mpi.Survey(answered, **DESIGN, size="size"), unit))
    with pytest.raises(mpi.MpiError, match="missing, or not above 0, in"):
        figures(mpi.Survey(held(engine, homes.assign(size=bare["size"])), **DESIGN, size="size"), "person")


# --- the command line ------------------------------------------------------------------------------------------------


def run(*args: Any) -> tuple[int, str]:
    found = CliRunner().invoke(app, [str(a) for a in args], env={"COLUMNS": "200"})
    return found.exit_code, found.output


def test_the_command_line_says_the_same(tmp_path: Path) -> None:
    frame = people(11)
    frame.to_csv(tmp_path / "people.csv", index=False)
    pl.DataFrame(frame).write_parquet(tmp_path / "people.parquet")
    (tmp_path / "one.toml").write_text(ONE.to_toml(), encoding="utf-8")
    expected = mpi.Survey(frame, **DESIGN, household=["HH1", "HH2"], members="usual")
    value = mpi.estimate(expected, ONE, statistics=["H"], unit="household").value[0]
    design = ["--weight", "w", "--strata", "stratum", "--psu", "psu", "--members", "usual", "--unit", "household"]
    for file in ("people.csv", "people.parquet"):
        for named in (["--household", "HH1,HH2"], ["--household", "HH1", "--household", "HH2"]):
            for memory in ([], ["--memory", "1GB"]):
                given_ = [
                    tmp_path / file,
                    "--measure",
                    tmp_path / "one.toml",
                    *design,
                    *named,
                    *memory,
                    "--decimals",
                    "6",
                ]
                status, said = run("estimate", *given_)
                assert status == 0, said
                assert f"{value:.6f}" in said
    status, said = run("check", tmp_path / "people.csv", "--household", "HH1,HH3")
    assert status == 1
    assert "no column 'HH3'" in said
    homes = frame.drop_duplicates(["psu", "HH2"])
    homes.to_csv(tmp_path / "homes.csv", index=False)
    status, said = run(
        "estimate",
        tmp_path / "homes.csv",
        "--measure",
        tmp_path / "one.toml",
        "--rows",
        "households",
        "--unit",
        "household",
    )
    assert status == 0, said
    status, said = run("estimate", tmp_path / "homes.csv", "--measure", tmp_path / "one.toml", "--rows", "homes")
    assert status == 2
    assert "households" in said


# --- households over several PSUs -----------------------------------------------------------------------------------


def _people() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    home = np.repeat(np.arange(1000), 4)
    frame = pd.DataFrame({"home": home, "number": home % 10, "psu": home // 10, "stratum": home // 100, "weight": 1.0})
    return frame.assign(shuffled=rng.permutation(frame["stratum"]), people=rng.integers(0, 3, len(frame)))


@pytest.mark.parametrize("strata", ["shuffled", "people"])
def test_households_over_several_strata_are_told(strata: str) -> None:
    """A stratum that differs within a household is none: errors would be half of what they are."""
    with pytest.warns(mpi.MpiWarning, match=r"identifiers \(0, 1, 2\) lie in several PSUs or strata"):
        mpi.Survey(_people(), weight="weight", strata=strata, psu="psu", household="home")
    with pytest.warns(mpi.MpiWarning, match="household=\\['district', 'home'\\]"):
        mpi.Survey(_people(), weight="weight", strata=strata, household="home")


@pytest.mark.parametrize("household", ["home", "number"])
def test_households_within_psus_are_not(household: str) -> None:
    """Be their identifiers their own, or numbers that start anew in each PSU."""
    mpi.Survey(_people(), weight="weight", strata="stratum", psu="psu", household=household)


def test_households_of_two_rounds_lie_in_two_psus() -> None:
    rows = pd.concat([_people().assign(year=y, psu=lambda d, y=y: d["psu"] + 100 * (y - 2016)) for y in (2016, 2017)])
    mpi.Survey(rows, weight="weight", strata="stratum", psu="psu", household="home", wave="year")
