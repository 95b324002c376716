"""The synthetic survey of data/samples: is it a well-formed two-round design, and near what it was set to?

The figures are computed here with numpy alone, not with the library. The published values stand in
data/samples/README.md.
"""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

SAMPLES = Path(__file__).parents[2] / "data" / "samples"
DATA = SAMPLES / "two_rounds.dta"
INDICATORS = [
    "health_access",
    "health_insurance",
    "adult_education",
    "child_schooling",
    "housing_quality",
    "housing_area",
    "water",
    "toilet",
    "telecom",
    "information_assets",
]
IDENTIFIERS = [
    "year",
    "stratum",
    "psu",
    "household",
    "member",
    "size",
    "weight",
    "province",
    "region",
    "area",
]
TRAITS = ["ethnicity", "sex", "age", "head_sex", "income"]
KINH, HMONG, THAI = 1, 6, 3
PUBLISHED_2020 = [2.3, 19.5, 11.7, 2.3, 4.6, 5.4, 2.7, 6.4, 3.0, 4.3]


@pytest.fixture(scope="module")
def people():
    return pd.read_stata(DATA, convert_categoricals=False)


@pytest.fixture(scope="module")
def homes(people):
    return people.drop_duplicates(["year", "household"])


@pytest.fixture(scope="module")
def generator():
    spec = importlib.util.spec_from_file_location("make_two_rounds", SAMPLES / "make_two_rounds.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def complete(people, year):
    return people[people["year"] == year].dropna(subset=INDICATORS)


def poor(cases):
    return (cases[INDICATORS].to_numpy().sum(axis=1) >= 3).astype(float)


def headcount(cases):
    return np.average(poor(cases), weights=cases["weight"])


# The file


def test_columns_and_size(people):
    assert list(people.columns) == [*IDENTIFIERS, *TRAITS, *INDICATORS]
    assert DATA.stat().st_size < 700_000
    assert people.groupby("year").size().between(4_000, 4_700).all()
    assert people.groupby("year")["household"].nunique().between(1_000, 1_300).all()


def test_regenerates_to_the_same_bytes(generator, tmp_path):
    for name in ("once.dta", "again.dta"):
        generator.main(tmp_path / name)
    assert (tmp_path / "once.dta").read_bytes() == (tmp_path / "again.dta").read_bytes()
    assert (tmp_path / "once.dta").read_bytes() == DATA.read_bytes()


def test_says_that_it_is_synthetic():
    with pd.read_stata(DATA, iterator=True) as reader:
        assert reader.data_label.startswith("SYNTHETIC")
        assert all(reader.variable_labels().values())


def test_labels_carry_vietnamese_names():
    with pd.read_stata(DATA, iterator=True) as reader:
        reader.read(1)
        labels = reader.value_labels()
    assert labels["province"][2] == "Hà Giang"
    assert labels["ethnicity"][THAI] == "Thái"
    assert labels["toilet"] == {0: "Not deprived", 1: "Deprived"}


def test_codes_are_labelled(people):
    with pd.read_stata(DATA, iterator=True) as reader:
        reader.read(1)
        labels = reader.value_labels()
    for column, names in labels.items():
        assert set(people[column].dropna()) <= set(names), column


# The design


def test_identifiers_are_nested(people):
    for inner, outer in [
        ("household", "psu"),
        ("psu", "stratum"),
        ("stratum", "province"),
        ("province", "region"),
    ]:
        assert people.groupby(inner)[outer].nunique().eq(1).all(), (inner, outer)
    assert (people["stratum"] == 10 * people["province"].astype(int) + people["area"]).all()


def test_forty_strata_of_five_or_six_psus(people):
    psus = people.groupby(["year", "stratum"])["psu"].nunique()
    assert len(psus) == 80
    assert psus.isin([5, 6]).all()
    assert people["province"].nunique() == 20
    assert people["region"].nunique() == 6


def test_half_of_the_psus_are_in_both_rounds(homes):
    first, second = (set(homes.loc[homes["year"] == year, "psu"]) for year in (2016, 2018))
    for both in (len(first & second) / len(first), len(first & second) / len(second)):
        assert 0.4 < both < 0.6


def test_revisited_psus_hold_the_same_households(homes):
    first, second = (homes[homes["year"] == year] for year in (2016, 2018))
    both = set(first["psu"]) & set(second["psu"])
    assert set(first.loc[first["psu"].isin(both), "household"]) == set(
        second.loc[second["psu"].isin(both), "household"]
    )


def test_members_number_from_one_to_size(people):
    lines = people.groupby(["year", "household"])["member"]
    size = people.groupby(["year", "household"])["size"].first()
    assert (lines.size() == size).all()
    assert (lines.min() == 1).all()
    assert (lines.max() == size).all()
    assert (lines.nunique() == size).all()


def test_household_facts_are_the_same_for_all_members(people):
    facts = [column for column in people if column not in ("year", "household", "member", "sex", "age")]
    assert people.groupby(["year", "household"])[facts].nunique(dropna=False).eq(1).all(axis=None)


def test_the_head_is_the_first_member(people):
    heads = people[people["member"] == 1]
    assert (heads["sex"] == heads["head_sex"]).all()
    assert heads["age"].min() >= 20


def test_weights_add_up_to_the_population(people):
    assert people["weight"].min() > 0
    total = people.groupby("year")["weight"].sum()
    assert total[2016] == pytest.approx(92_700_000, abs=1_000)
    assert total[2018] == pytest.approx(94_700_000, abs=1_000)


def test_groups_cut_across_psus(homes):
    groups = homes.groupby(["year", "psu"])["ethnicity"].nunique()
    assert (groups > 1).mean() > 0.25


def test_enough_hmong_households_to_be_seen(homes):
    assert homes[homes["ethnicity"] == HMONG].groupby("year").size().ge(40).all()


# The answers


def test_deprivations_are_zero_one_or_missing(people):
    answers = people[INDICATORS].to_numpy()
    assert set(np.unique(answers[~np.isnan(answers)])) == {0.0, 1.0}


def test_few_answers_are_missing(homes):
    missing = homes[INDICATORS].isna().mean()
    assert 0.001 < missing["toilet"] < 0.012
    assert 0.003 < missing["child_schooling"] < 0.016
    assert missing.drop(["toilet", "child_schooling", "health_access"]).eq(0).all()


def test_education_needs_somebody_of_the_age(people):
    in_school_age = people["age"].between(5, 14)
    born_1986 = people["age"].between(15, people["year"] - 1986)
    keys = [people["year"], people["household"]]
    assert in_school_age.groupby(keys).transform("any")[people["child_schooling"] == 1].all()
    assert born_1986.groupby(keys).transform("any")[people["adult_education"] == 1].all()


def test_deprivation_persists_in_revisited_households(homes):
    counts = homes.set_index(["household", "year"])[INDICATORS].sum(axis=1)
    both = pd.concat([counts.xs(year, level="year") for year in (2016, 2018)], axis=1, join="inner", keys=(2016, 2018))
    assert len(both) > 400
    assert 0.4 < np.corrcoef(both[2016], both[2018])[0, 1] < 0.9


# The calibration


@pytest.mark.parametrize(("year", "published", "band"), [(2016, 0.099, 0.005), (2018, 0.070, 0.010)])
def test_headcount(people, year, published, band):
    assert headcount(complete(people, year)) == pytest.approx(published, abs=band)


def test_intensity_of_2016(people):
    cases = complete(people, 2016)
    score = cases[INDICATORS].to_numpy().sum(axis=1) / 10
    assert np.average(score, weights=cases["weight"] * poor(cases)) == pytest.approx(0.353, abs=0.04)


def test_hmong_headcount_of_2016(people):
    cases = complete(people, 2016)
    assert headcount(cases[cases["ethnicity"] == HMONG]) == pytest.approx(0.78, abs=0.06)


def test_minorities_are_half_of_the_poor_of_2016(people):
    cases = complete(people, 2016)
    weight_of_poor = cases["weight"] * poor(cases)
    minority_share = weight_of_poor[cases["ethnicity"] != KINH].sum() / weight_of_poor.sum()
    assert minority_share == pytest.approx(0.512, abs=0.04)


@pytest.mark.parametrize(
    ("region", "published"), [(1, 0.015), (2, 0.174), (3, 0.075), (4, 0.206), (5, 0.049), (6, 0.195)]
)
def test_headcount_of_the_regions_in_2016(people, region, published):
    cases = complete(people, 2016)
    assert headcount(cases[cases["region"] == region]) == pytest.approx(published, abs=0.03)


@pytest.mark.parametrize(("area", "published"), [(1, 0.039), (2, 0.127)])
def test_headcount_of_town_and_country_in_2016(people, area, published):
    cases = complete(people, 2016)
    assert headcount(cases[cases["area"] == area]) == pytest.approx(published, abs=0.02)


@pytest.mark.parametrize(("name", "rate_2020"), list(zip(INDICATORS, PUBLISHED_2020, strict=True)))
def test_rates_fall_towards_those_published_for_2020(people, name, rate_2020):
    first, second = (
        100 * np.average(cases[name], weights=cases["weight"])
        for cases in (people[people["year"] == year].dropna(subset=name) for year in (2016, 2018))
    )
    fall = 40.6 / 19.5 if name == "health_insurance" else 1.51
    assert first == pytest.approx(rate_2020 * fall, abs=0.7)
    assert second == pytest.approx(rate_2020 * fall**0.5, abs=0.7)
    assert first > second > rate_2020


def test_ethnic_shares_of_the_population(people):
    for _, cases in people.groupby("year"):
        share = cases.groupby("ethnicity")["weight"].sum() / cases["weight"].sum()
        assert share[KINH] == pytest.approx(0.853, abs=0.005)
        assert share[HMONG] == pytest.approx(0.014, abs=0.003)


def test_poverty_is_deeper_where_income_is_lower(people):
    for _, cases in people.dropna(subset=INDICATORS).groupby("year"):
        is_poor = poor(cases) == 1
        assert cases.loc[is_poor, "income"].median() < cases.loc[~is_poor, "income"].median()
