"""Surveys: designs read right, and bad input told whole, once, with the remedy."""

from __future__ import annotations

import re
from pathlib import Path

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest

import mpi
from mpi.core.errors import MpiWarning


def frame(**columns: object) -> pd.DataFrame:
    base = {
        "weight": [1.0, 2, 1, 2, 1, 2, 1, 2],
        "stratum": [1, 1, 1, 1, 2, 2, 2, 2],
        "psu": [1, 1, 2, 2, 3, 3, 4, 4],
        "region": ["N", "N", "N", "N", "S", "S", "S", "S"],
        "a": [1, 0, 1, 0, 0, 0, 1, 1],
        "b": [0, 0, 1, 1, 0, 1, 1, 0],
    }
    return pd.DataFrame({**base, **columns})


DESIGN = {"weight": "weight", "strata": "stratum", "psu": "psu"}
MEASURE = mpi.Measure.nested("m", {"x": ["a"], "y": ["b"]}, cutoff="1/2")


def survey(**columns: object) -> mpi.Survey:
    return mpi.Survey(frame(**columns), **DESIGN)


# --- the design -----------------------------------------------------------------------------------------------------


def test_psu_codes_used_again_in_another_stratum_are_other_psus() -> None:
    again = survey(psu=[1, 1, 2, 2, 1, 1, 2, 2])
    assert again.design.units == 4
    fresh = mpi.estimate(survey(), MEASURE, by=["region"])
    assert mpi.estimate(again, MEASURE, by=["region"]).se == pytest.approx(fresh.se, abs=1e-15, nan_ok=True)


def test_degrees_of_freedom_are_psus_minus_strata_of_the_cases_or_of_the_whole_design() -> None:
    est = mpi.estimate(survey(), MEASURE, by=["region"], df="design")
    assert set(est.df) == {2.0}
    own = mpi.estimate(survey(), MEASURE, by=["region"], statistics=["H", "M0"])
    assert own.select(by="region").df.tolist() == [1.0] * len(own.select(by="region"))


def test_without_psus_each_row_is_one() -> None:
    s = mpi.Survey(frame(), weight="weight", strata="stratum")
    assert (s.design.units, s.design.strata) == (8, 2)


def test_the_users_frame_is_never_changed() -> None:
    data = frame(region=pd.Categorical(["N", "N", "N", "N", "S", "S", "S", "S"]))
    before = data.copy(deep=True)
    s = mpi.Survey(data, **DESIGN)
    mpi.estimate(s, MEASURE, by=["region"]).table  # noqa: B018  # to be looked up is all
    pd.testing.assert_frame_equal(data, before)


def test_a_survey_says_what_it_is() -> None:
    assert repr(survey()) == "<Survey: 8 rows, 4 PSUs in 2 strata, df 2>"


# --- domains --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "condition",
    [
        np.array([True] * 4 + [False] * 4),
        nw.col("region") == "N",
        lambda f: f["region"] == "N",
        "north",
    ],
)
def test_a_domain_is_the_group_with_the_design_kept(condition: object) -> None:
    s = survey(north=[1, 1, 1, 1, 0, 0, 0, 0])
    domain = mpi.estimate(s, MEASURE, where=condition, df="design")
    group = mpi.estimate(s, MEASURE, by=["region"], df="design").select(by="region", group="N")
    for statistic in ("H", "M0", "A"):
        a, b = domain.select(statistic=statistic), group.select(statistic=statistic)
        assert a.value == pytest.approx(b.value, abs=1e-15)
        assert a.se == pytest.approx(b.se, abs=1e-15)
        assert a.df == b.df == 2


def test_domains_add_up_to_their_intersection() -> None:
    s = survey().where(nw.col("region") == "N").where(nw.col("a") == 1)
    assert s.domain is not None
    assert s.domain.tolist() == [True, False, True, False] + [False] * 4
    assert "2 in the domain" in repr(s)


def test_a_condition_that_is_missing_keeps_out_and_says_so() -> None:
    s = survey(adult=[1, 1, 1, np.nan, 0, 1, 1, 1])
    with pytest.warns(MpiWarning, match="missing in 1 rows"):
        assert s.where("adult").domain.sum() == 6


def test_an_empty_domain_and_a_wrong_one() -> None:
    with pytest.raises(mpi.MpiError, match="domain is empty"):
        mpi.estimate(survey(), MEASURE, where=np.zeros(8, bool))
    with pytest.raises(mpi.MpiError, match="3 entries; the survey has 8 rows"):
        survey().where([True, False, True])
    with pytest.raises(mpi.MpiError, match="true or false"):
        survey().where("psu")


@pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow"])
def test_a_misspelt_column_of_an_expression_is_named(kind: str) -> None:
    table = frame()
    held: object = (
        table if kind == "pandas" else pytest.importorskip("polars", reason="Polars is an extra").from_pandas(table)
    )
    s = mpi.Survey(held.to_arrow() if kind == "pyarrow" else held, **DESIGN)
    with pytest.raises(mpi.MpiError, match="there is no column 'regoin'; did you mean 'region'"):
        s.where((nw.col("a") == 1) & (nw.col("regoin") == "N"))
    with pytest.raises(mpi.MpiError, match="there is no column 'regoin'"):
        s.with_column("x", nw.col("regoin"))


def test_an_empty_domain_of_labelled_columns_says_what_is_compared() -> None:
    s = mpi.Survey(frame(sex=[1, 2] * 4), **DESIGN, labels={"sex": {1: "men", 2: "women"}})
    with pytest.raises(mpi.MpiError, match="compare the codes of the file"):
        mpi.estimate(s, MEASURE, where=nw.col("sex") == "women")


# --- bad input ------------------------------------------------------------------------------------------------------


def test_all_problems_of_a_survey_at_once() -> None:
    bad = frame(weight=[1.0, np.nan, -1, np.inf, 1, 1, 1, 1], stratum=[1, 1, 1, 1, 2, 2, 2, np.nan])
    with pytest.raises(mpi.MpiError) as caught:
        mpi.Survey(bad, **DESIGN)
    assert caught.value.problems == (
        "weight column 'weight': missing in 1 of 8 rows (rows 1, counted from 0)",
        "weight column 'weight': not finite in 1 of 8 rows (rows 3, counted from 0)",
        "weight column 'weight': negative in 1 of 8 rows (rows 2, counted from 0)",
        "strata column 'stratum': missing in 1 of 8 rows (rows 7, counted from 0)",
    )


def test_absent_columns_with_the_nearest_name() -> None:
    with pytest.raises(mpi.MpiError) as caught:
        mpi.Survey(frame(), weight="wieght", strata="Stratum", psu="cluster")
    assert "did you mean 'weight'" in caught.value.problems[0]
    assert "did you mean 'stratum'" in caught.value.problems[1]
    assert "no column 'cluster'" in caught.value.problems[2]


@pytest.mark.parametrize(
    ("columns", "options", "message"),
    [
        ({"weight": [0.0] * 8}, {}, "every weight is 0"),
        ({"weight": ["heavy"] * 8}, {}, r"holds text where numbers are needed: 'heavy' \(8 times\)"),
        (
            {"stratum": [1, 1, 1, 1, 2, 2, 3, 3]},
            {},
            r"2 of 3 strata have one PSU: 2 \(PSU 3\), 3 \(PSU 4\)\. .*'centered'",
        ),
        ({"N": [4, 4, 4, 4, 9, 9, 9, 8]}, {"fpc": "N"}, "varies within the stratum in"),
        ({"N": [1, 1, 1, 1, 9, 9, 9, 9]}, {"fpc": "N"}, "2 PSUs in the sample and 1 in the population"),
        ({"N": [0, 4, 4, 4, 9, 9, 9, 9]}, {"fpc": "N"}, "not above 0"),
        ({"n": [1, 2, 0, 1, 1, 1, 1, 1]}, {"size": "n"}, "not above 0"),
        (
            {"n": [1] * 8, "id": [1, 1, 2, 3, 1, 2, 3, 4]},
            {"size": "n", "household": "id"},
            r"duplicated .* in 2 of 8 rows \(rows 0, 1",
        ),
        ({}, {"single_psu": "centred"}, "did you mean 'centered'"),
    ],
)
def test_what_a_survey_refuses(columns: dict, options: dict, message: str) -> None:
    with pytest.raises(mpi.MpiError, match=message):
        mpi.Survey(frame(**columns), **{**DESIGN, **options})


def test_no_rows_and_no_frame() -> None:
    with pytest.raises(mpi.MpiError, match="no rows"):
        mpi.Survey(frame().iloc[:0], **DESIGN)
    with pytest.raises(mpi.MpiError, match="needs a data frame"):
        mpi.Survey("people.dta", **DESIGN)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            [0, 1, 2, 0, 9, 9, 1, 0],
            r"values other than 0, 1 and missing: 2 \(1 times\), 9 \(2 times\); first rows 2, 4, 5",
        ),
        ([0.5, 1, 0, 0, 0, 0, 1, 0], r"0\.5 \(1 times\)"),
        (["Yes", "No"] * 4, r"text where numbers are needed: 'Yes' \(4 times\).*an indicator is 0"),
        ([np.nan] * 8, r"missing in every row; .*measure\.drop"),
        ([-1, 0, 1, 0, 0, 0, 1, 0], r"-1 \(1 times\)"),
        ([np.inf, 0, 1, 0, 0, 0, 1, 0], r"inf \(1 times\)"),
    ],
)
def test_what_an_indicator_must_be(values: list, message: str) -> None:
    with pytest.raises(mpi.MpiError, match=message):
        mpi.estimate(survey(a=values), MEASURE)


def test_unknown_columns_in_a_request() -> None:
    with pytest.raises(mpi.MpiError, match="did you mean 'region'"):
        mpi.estimate(survey(), MEASURE, by=["regoin"])
    with pytest.raises(mpi.MpiError, match="no column 'c'"):
        mpi.estimate(survey(), mpi.Measure.nested("m", {"x": ["a", "c"]}, cutoff="1/2"))
    with pytest.raises(mpi.MpiError, match="did you mean 'region'"):
        mpi.estimate(survey(), MEASURE, by="regoin")


def test_all_problems_of_a_request_at_once() -> None:
    with pytest.raises(mpi.MpiError) as caught:
        mpi.estimate(
            survey(),
            MEASURE,
            cutoffs=[33, 0, "1/2"],
            statistics=["H0"],
            level=95,
            weightings={"own": {}, "w": {"x": 1}},
        )
    told = "\n".join(caught.value.problems)
    for part in (
        "33 per cent is '33/100'",
        "cutoff: 0 is not",
        "'H0'",
        "95 per cent is 0.95",
        "'own' is the name",
        "'y'",
    ):
        assert part in told


# --- groups ---------------------------------------------------------------------------------------------------------


def test_a_group_in_which_nobody_is_poor() -> None:
    est = mpi.estimate(survey(a=[0] * 4 + [0, 0, 1, 1], b=[0] * 4 + [0, 1, 1, 0]), MEASURE, by=["region"])
    north = est.select(by="region", group="N").table.set_index("statistic")
    assert north.loc["H", "estimate"] == north.loc["M0", "estimate"] == 0
    assert north.loc["H", "flag"] == "estimate is 0: upper limit only"
    assert north.loc["H", "ci_low"] == 0 < north.loc["H", "ci_high"]
    for statistic in ("A", "inequality"):
        assert np.isnan(north.loc[statistic, ["estimate", "se", "ci_low", "ci_high"]].to_numpy(float)).all()
        assert north.loc[statistic, "flag"] == "no poor in group"
    assert (north.loc["contribution_share", "flag"] == "no poor in group").all()
    assert north.loc["A", "n"] == 0
    assert north.loc["H", "n"] == 4


def test_everybody_poor() -> None:
    est = mpi.estimate(survey(a=[1] * 8, b=[1] * 8), MEASURE)
    table = est.table.set_index("statistic")
    for statistic in ("H", "A", "M0"):
        assert table.loc[statistic, "estimate"] == 1
        assert table.loc[statistic, "se"] == 0
        assert (
            table.loc[statistic, "flag"]
            == f"estimate is 1: {'no interval' if statistic == 'A' else 'lower limit only'}"
        )
    assert table.loc["inequality", "estimate"] == 0


def test_an_empty_group_and_one_without_answers() -> None:
    regions = pd.Categorical(["N", "N", "N", "N", "S", "S", "S", "S"], categories=["N", "S", "W"])
    est = mpi.estimate(survey(region=regions, a=[1, 0, 1, 0] + [np.nan] * 4), MEASURE, by=["region"])
    assert est.select(by="region").keys["group"].values == ("total", "N", "S")
    south = est.select(by="region", group="S")
    assert np.isnan(south.select(statistic=["H", "M0", "A", "uncensored_headcount"]).value).all()
    assert set(south.select(statistic=["H", "M0"]).table["flag"]) == {"no complete cases in group"}
    assert south.select(statistic="population_share").value == 0
    assert (south.n == 0).all()


def test_rows_without_a_group_make_a_group_so_that_groups_recombine() -> None:
    s = survey(region=["N", "N", None, "N", "S", "S", "S", None])
    est = mpi.estimate(s, MEASURE, by=["region"], statistics=["H", "population_share"])
    assert est.select(by="region", statistic="H").keys["group"].to_list() == ["N", "S", "(missing)"]
    share, H = (est.select(by="region", statistic=x).value for x in ("population_share", "H"))
    assert share @ H == pytest.approx(est.select(by="total", statistic="H").value[0], abs=1e-15)


def test_labels_of_a_file_name_the_groups_and_codes_stay() -> None:
    s = mpi.Survey(frame(), **DESIGN, labels={"stratum": {1: "Hà Nội", 2: "Hà Giang"}, "a": {0: "no"}})
    est = mpi.estimate(s, MEASURE, by=["stratum", ("stratum", "region")])
    assert est.select(by="stratum", statistic="H").keys["group"].to_list() == ["Hà Nội", "Hà Giang"]
    assert est.codes["stratum"] == {"Hà Nội": (1,), "Hà Giang": (2,)}
    assert est.codes["stratum × region"]["Hà Nội × N"] == (1, "N")


def test_groups_of_one_label_stay_apart() -> None:
    s = mpi.Survey(frame(), **DESIGN, labels={"stratum": {1: "Delta", 2: "Delta"}})
    est = mpi.estimate(s, MEASURE, by=["stratum"])
    assert est.select(by="stratum", statistic="H").keys["group"].to_list() == ["Delta [1]", "Delta [2]"]


# --- persons and households -----------------------------------------------------------------------------------------


def people() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    size = rng.integers(1, 6, 60)
    hh = pd.DataFrame({"id": np.arange(60), "size": size, "stratum": np.arange(60) // 30, "psu": np.arange(60) // 5})
    hh["weight"] = rng.uniform(1, 3, 60)
    hh["a"], hh["b"] = rng.integers(0, 2, 60), rng.integers(0, 2, 60)
    members = hh.loc[hh.index.repeat(size)].reset_index(drop=True)
    return members.assign(sex=rng.integers(1, 3, len(members)))


def test_households_in_a_file_of_persons_and_in_a_file_of_households_agree() -> None:
    members = people()
    households = members.drop_duplicates("id")
    of_persons = mpi.Survey(members, **DESIGN, household="id")
    of_households = mpi.Survey(households, **DESIGN, household="id", size="size")
    for unit in ("person", "household"):
        a, b = (mpi.estimate(s, MEASURE, unit=unit) for s in (of_persons, of_households))
        assert a.value == pytest.approx(b.value, abs=1e-14)
        assert a.se == pytest.approx(b.se, abs=1e-14)
    person, household = (mpi.estimate(of_persons, MEASURE, unit=u, statistics=["H"]) for u in ("person", "household"))
    assert person.value[0] != pytest.approx(household.value[0], abs=1e-3)
    assert (person.n[0], household.n[0]) == (len(members), 60)


def test_a_household_figure_by_an_attribute_of_persons_is_refused() -> None:
    s = mpi.Survey(people(), **DESIGN, household="id")
    with pytest.raises(mpi.MpiError, match=r"'sex' differs between members of a household.*sex of its head"):
        mpi.estimate(s, MEASURE, by=["sex"], unit="household")


def test_units_are_never_mixed_silently() -> None:
    households = people().drop_duplicates("id")
    with pytest.raises(mpi.MpiError, match="counted as persons: give size="):
        mpi.estimate(mpi.Survey(households, **DESIGN, household="id"), MEASURE)
    with pytest.raises(mpi.MpiError, match="which column identifies them"):
        mpi.estimate(mpi.Survey(households, **DESIGN), MEASURE, unit="household")


# --- rounds ---------------------------------------------------------------------------------------------------------


def rounds(*, shared_psus: bool = False) -> tuple[mpi.Survey, mpi.Survey]:
    """Two rounds, pooled from two files and read from one."""
    first, second = frame(), frame(a=[0, 0, 1, 0, 0, 0, 0, 1])
    pooled = mpi.pool({2016: mpi.Survey(first, **DESIGN), 2018: mpi.Survey(second, **DESIGN)}, shared_psus=shared_psus)
    stacked = pd.concat([first.assign(year=2016), second.assign(year=2018)])
    return pooled, mpi.Survey(stacked, **DESIGN, wave="year", shared_psus=shared_psus)


@pytest.mark.parametrize("shared", [False, True])
def test_pooling_is_reading_one_file_of_rounds(shared: bool) -> None:
    pooled, stacked = (mpi.estimate(s, MEASURE, by=["region"]) for s in rounds(shared_psus=shared))
    assert pooled.keys["wave"].to_list() == stacked.keys["wave"].to_list()
    assert pooled.value == pytest.approx(stacked.value, abs=1e-15, nan_ok=True)
    assert pooled.se == pytest.approx(stacked.se, abs=1e-15, nan_ok=True)
    assert pooled.df.tolist() == stacked.df.tolist()
    both = pooled.select(statistic="H", by="total")
    assert both.vcov() == pytest.approx(stacked.select(statistic="H", by="total").vcov(), abs=1e-15)


def test_a_round_is_what_it_is_alone() -> None:
    pooled, _ = rounds()
    alone = mpi.estimate(survey(), MEASURE, by=["region"])
    first = mpi.estimate(pooled, MEASURE, by=["region"]).select(wave=2016)
    assert first.value == pytest.approx(alone.value, abs=1e-15, nan_ok=True)
    assert first.se == pytest.approx(alone.se, abs=1e-15, nan_ok=True)
    assert first.df.tolist() == alone.df.tolist()


def test_independent_rounds_have_no_covariance_and_shared_ones_do() -> None:
    """With every PSU shared the change is the mean of differences of one stacked sample, PSU by PSU."""
    independent, _ = rounds()
    shared, _ = rounds(shared_psus=True)
    for s, expected_df in ((independent, 4), (shared, 2)):
        H = mpi.estimate(s, MEASURE, statistics=["H"], df="design")
        V = H.vcov()
        change = H.contrast([-1, 1], name="change")
        assert change.se[0] ** 2 == pytest.approx(V[0, 0] + V[1, 1] - 2 * V[0, 1], abs=1e-15)
        assert change.df[0] == expected_df
        assert (V[0, 1] == 0) == (s is independent)
    one, two = frame(), frame(a=[0, 0, 1, 0, 0, 0, 0, 1])
    u = np.zeros((2, 4))
    for t, f in enumerate((one, two)):
        poor = (f.a + f.b >= 1).to_numpy(float)
        w = f.weight.to_numpy()
        score = w * (poor - (w @ poor) / w.sum()) / w.sum()
        u[t] = np.bincount(f.psu - 1, weights=score)
    d = (u[1] - u[0]).reshape(2, 2)
    variance = sum(2 * ((x - x.mean()) ** 2).sum() for x in d)
    change = mpi.estimate(shared, MEASURE, statistics=["H"]).contrast([-1, 1])
    assert change.se[0] == pytest.approx(np.sqrt(variance), abs=1e-15)


def test_what_cannot_be_pooled() -> None:
    a = survey()
    with pytest.raises(mpi.MpiError, match="already holds several rounds"):
        mpi.pool({1: mpi.Survey(frame(t=[1, 1, 1, 1, 2, 2, 2, 2]), **DESIGN, wave="t", single_psu="certainty"), 2: a})
    with pytest.raises(mpi.MpiError, match="has a domain"):
        mpi.pool({1: a.where("a"), 2: a})
    with pytest.raises(mpi.MpiError, match="there are none"):
        mpi.pool({})


# --- files ----------------------------------------------------------------------------------------------------------


def test_from_file_to_estimates(tmp_path: Path) -> None:
    path = tmp_path / "people.dta"
    frame().to_stata(path, write_index=False, value_labels={"stratum": {1: "Hà Nội", 2: "Hà Giang"}}, version=118)
    s = mpi.read_survey(path, columns=["a", "b"], **DESIGN)
    assert set(s.columns) == {"a", "b", "weight", "stratum", "psu"}
    est = mpi.estimate(s, MEASURE, by=["stratum"])
    assert "Hà Giang" in est.keys["group"].values
    assert est.value == pytest.approx(mpi.estimate(survey(), MEASURE, by=["stratum"]).value, nan_ok=True)
    with pytest.raises(mpi.MpiError, match="did you mean 'weight'"):
        mpi.read_survey(path, weight="weigth")
    (tmp_path / "half.dta").write_bytes(path.read_bytes()[:700])
    with pytest.raises(mpi.MpiError, match=r"half\.dta"):
        mpi.read_survey(tmp_path / "half.dta", weight="weight")


def test_a_full_disk_or_a_folder_that_is_none(tmp_path: Path) -> None:
    est = mpi.estimate(survey(), MEASURE)
    with pytest.raises(mpi.MpiError, match="cannot write"):
        est.to_csv(tmp_path / "nowhere" / "out.csv")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow"])
def test_groups_of_values_by_code_label_or_classification(kind: str) -> None:
    from mpi import codes

    table = pd.DataFrame({"ethnicity": [1, 4, 19, None, 1]})
    frame = table if kind == "pandas" else pytest.importorskip("polars", reason="Polars is an extra").from_pandas(table)
    survey = mpi.Survey(frame.to_arrow() if kind == "pyarrow" else frame, labels={"ethnicity": {1: "Kinh", 4: "Hoa"}})
    one = survey.with_groups("people", "ethnicity", {"Kinh": "majority", 4: "majority"}, rest="minorities")
    assert one.categories("people").labels == ("majority", "minorities", "(missing)")
    assert one.categories("people").index.tolist() == [0, 0, 1, 2, 0]
    two = survey.with_groups("people", "ethnicity", codes.classification("kinh-minority"))
    assert two.categories("people").labels[:2] == ("Kinh and Hoa", "Other 52 groups")
    assert "people" not in survey.columns
    with pytest.raises(mpi.MpiError, match="no group for 'Hoa'"):
        survey.with_groups("people", "ethnicity", {1: "majority", 19: "minorities"})
    with pytest.raises(mpi.MpiError, match="already"):
        survey.with_groups("ethnicity", "ethnicity", {}, rest="all")


def test_a_group_that_nobody_is_in_is_told() -> None:
    survey = mpi.Survey(pd.DataFrame({"ethnicity": [1, 1]}), labels={"ethnicity": {1: "Kinh", 4: "Hoa"}})
    with pytest.warns(MpiWarning, match="nobody is in the group 'Chinese', as no row holds 'Hoa'") as told:
        survey.with_groups("people", "ethnicity", {"Hoa": "Chinese"}, rest="others")
    assert told[0].filename == __file__


@pytest.mark.parametrize("kind", ["pandas", "polars", "lazy", "duckdb"])
def test_a_key_that_is_neither_a_value_nor_a_label_is_refused(kind: str) -> None:
    """By a misspelt name everybody would be in the rest: a minority."""
    frame = pd.DataFrame({"ethnicity": [1, 4, 1], "psu": [1, 2, 3], "text": ["a", "b", "a"]})
    if kind != "pandas":
        table = pytest.importorskip("polars", reason="Polars is an extra").from_pandas(frame)
        there = {
            "polars": lambda: table,
            "lazy": table.lazy,
            "duckdb": lambda: pytest.importorskip("duckdb", reason="DuckDB is an extra").from_arrow(table.to_arrow()),
        }
        frame = there[kind]()
    labels = {1: "Kinh (Viet)", 4: "Hoa (Chinese)", 7: "Nu\u0300ng"}
    survey = mpi.Survey(frame, psu="psu", labels={"ethnicity": labels})
    for key, close in (
        ("Kinh", "'Kinh (Viet)'"),
        ("Kinh (Vietnam)", "'Kinh (Viet)'"),
        ("1", "1"),
        ("Hoa (Chinese", "'Hoa (Chinese)'"),
    ):
        said = re.escape(f"{key!r} is neither a value nor a label; did you mean {close}? There are 'Kinh (Viet)'")
        with pytest.raises(mpi.MpiError, match=said):
            survey.with_groups("people", "ethnicity", {key: "one"}, rest="others")
    with pytest.raises(mpi.MpiError, match=r"2 problems:\n.*9 is neither a value nor a label.*\n.*no group for 'Hoa"):
        survey.with_groups("people", "ethnicity", {1: "one", 9: "others"})
    for key in ("Kinh (Viet)", " Kinh (Viet) ", 1):
        two = survey.with_groups("people", "ethnicity", {key: "one"}, rest="others")
        assert mpi.mean(two, "psu", by=["people"]).keys["group"].to_list() == ["total", "one", "others"]
    with pytest.warns(MpiWarning, match="nobody is in the group 'Tai'"):
        survey.with_groups("people", "ethnicity", {"N\u00f9ng": "Tai"}, rest="others")


def test_a_label_of_two_codes_is_a_key_of_both() -> None:
    survey = mpi.Survey(pd.DataFrame({"g": [1, 2, 3]}), labels={"g": {1: "A", 2: "Other", 3: "Other"}})
    assert survey.with_groups("h", "g", {"Other": "o"}, rest="a").categories("h").index.tolist() == [0, 1, 1]
    assert survey.with_groups("h", "g", {"Other [2]": "o"}, rest="a").categories("h").index.tolist() == [0, 1, 0]


def test_a_survey_without_weights_says_so():
    assert repr(mpi.Survey(pd.DataFrame({"a": [1, 0]}))) == "<Survey: 2 rows, 2 PSUs in 1 stratum, df 1, unweighted>"


def test_a_column_of_ones_own_is_added_round_by_round():
    rounds = {y: mpi.Survey(pd.DataFrame({"a": [1, 0, None][:n]}), single_psu="certainty") for y, n in ((1, 3), (2, 2))}
    both = mpi.pool(rounds).with_column("b", lambda frame: 1 - frame["a"])
    np.testing.assert_array_equal(both.numbers("b"), [0, 1, np.nan, 0, 1])
    assert both.with_column("c", np.arange(5)).numbers("c").tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(mpi.MpiError, match="already"):
        both.with_column("b", np.arange(5))
    with pytest.raises(mpi.MpiError, match="4 entries; the survey has 5 rows"):
        both.with_column("d", np.arange(4))
