"""Worked households: what each indicator of the Vietnamese standards says of them, in the field's words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from mpi.indicators import evaluate, load_rules

MISSING = np.nan

ADULT = {
    "age": 40, "birth_year": 1976, "attending": 0, "level": 3, "attending_level": MISSING, "insured": 1, "ill": 0,
    "sought_care": MISSING, "working": 1, "seeking": 0, "wage": 0, "contract": MISSING, "allowance": 3, "internet": 1,
    "sex": 1, "age_months": MISSING, "height": MISSING, "weight_kg": MISSING,
}  # fmt: skip
CHILD = {**ADULT, "age": 10, "birth_year": 2006, "attending": 1, "level": 1, "attending_level": 1, "working": 0,
         "wage": 0, "height_for_age": 0.0, "weight_for_age": 0.0, "age_months": 120}  # fmt: skip
HOUSE = {
    "size": 4, "living_area": 60.0, "housing_type": 3, "housing_column": 1, "housing_roof": 1, "housing_wall": 1,
    "water": 1, "toilet": 2, "tv": 1, "radio": 0, "desktop": 0, "laptop": 0, "tablet": 0, "landline": 0, "mobile": 1,
    "smartphone": 1, "loudspeaker": 1,
}  # fmt: skip


def household(*members: dict[str, Any], **house: Any) -> pd.DataFrame:
    rows = [
        {
            "household": "h",
            "height_for_age": MISSING,
            "weight_for_age": MISSING,
            **HOUSE,
            "size": len(members),
            **house,
            **m,
        }
        for m in members
    ]
    return pd.DataFrame(rows)


def says(standard: str, indicator: str, *members: dict[str, Any], **house: Any) -> float:
    """What the standard says of one household: 1 deprived, 0 not, NaN unknown."""
    rules = load_rules(standard).select([indicator])
    return float(evaluate(household(*members, **house), rules)[f"dep_{indicator}"].iloc[0])


def adult(**answers: Any) -> dict[str, Any]:
    return {**ADULT, **answers}


def child(**answers: Any) -> dict[str, Any]:
    return {**CHILD, **answers}


BOTH = pytest.mark.parametrize("standard", ["vn-2016", "vn-2022"])
UNKNOWN = "unknown"


def check(found: float, expected: float | str) -> None:
    assert np.isnan(found) if expected == UNKNOWN else found == expected


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ([adult(ill=1, sought_care=0)], 1),
        ([adult(ill=1, sought_care=1), adult()], 0),
        ([adult(), adult()], 0),  # nobody was ill
        ([adult(ill=1, sought_care=MISSING)], UNKNOWN),  # ill, and not asked
        ([adult(ill=MISSING)], UNKNOWN),
        ([adult(ill=MISSING), adult(ill=1, sought_care=0)], 1),
    ],
)
def test_health_access_2016(members: list, expected: float | str) -> None:
    check(says("vn-2016", "health_access", *members), expected)


@BOTH
def test_health_insurance(standard: str) -> None:
    check(says(standard, "health_insurance", adult(), child(insured=0)), 1)
    check(says(standard, "health_insurance", adult(), child(age=5, insured=0)), 0)  # children below 6 are not counted
    check(says(standard, "health_insurance", adult(), child(age=6, insured=0)), 1)
    check(says(standard, "health_insurance", adult(insured=MISSING), child()), UNKNOWN)
    check(says(standard, "health_insurance", adult(insured=MISSING), child(insured=0)), 1)


def test_adult_education_2016_is_a_birth_cohort() -> None:
    def young(**a: Any) -> dict[str, Any]:
        return adult(age=28, birth_year=1988, **a)

    check(says("vn-2016", "adult_education", young(level=1)), 1)
    check(says("vn-2016", "adult_education", young(level=2)), 0)
    check(says("vn-2016", "adult_education", young(level=1, attending=1)), 0)
    check(says("vn-2016", "adult_education", adult(birth_year=1985, level=0)), 0)  # born before 1986
    check(says("vn-2016", "adult_education", adult(birth_year=1986, age=30, level=1)), 1)
    check(says("vn-2016", "adult_education", adult(age=70, birth_year=1946, level=0)), 0)  # pensioners
    check(says("vn-2016", "adult_education", young(level=MISSING)), UNKNOWN)


def test_a_boy_of_15_who_left_school() -> None:
    """In 2016 a child to under 15 by schooling, and from 15 on an adult by the level; in 2022 a child to under 16."""
    boy = child(age=15, birth_year=2001, attending=0, level=1, attending_level=MISSING)
    check(says("vn-2016", "child_schooling", adult(), boy), 0)
    check(says("vn-2016", "adult_education", adult(), boy), 1)
    check(says("vn-2022", "child_schooling", adult(), boy), 1)
    check(says("vn-2022", "adult_education", adult(), boy), 0)


@BOTH
def test_child_schooling(standard: str) -> None:
    check(says(standard, "child_schooling", adult(), child(attending=0, attending_level=MISSING)), 1)
    check(says(standard, "child_schooling", adult(), child()), 0)
    check(says(standard, "child_schooling", adult(), adult()), 0)  # nobody of school age
    check(says(standard, "child_schooling", adult(), child(attending=MISSING, attending_level=MISSING)), UNKNOWN)
    a, b = child(attending=MISSING, attending_level=MISSING), child(attending=0, attending_level=MISSING)
    check(says(standard, "child_schooling", adult(), a, b), 1)  # one is enough, whatever the other does
    four = child(age=4, attending=0, attending_level=MISSING)
    check(says(standard, "child_schooling", adult(), four), 1 if standard == "vn-2022" else 0)
    five = child(age=5, attending=0, attending_level=MISSING)
    check(says(standard, "child_schooling", adult(), five), 1)


def test_the_level_for_the_age_2022() -> None:
    check(says("vn-2022", "child_schooling", child(age=13, attending_level=1)), 1)  # still in primary school
    check(says("vn-2022", "child_schooling", child(age=13, attending_level=2)), 0)
    check(says("vn-2022", "child_schooling", child(age=11, attending_level=2)), 0)  # ahead of the age
    check(says("vn-2022", "child_schooling", child(age=7, attending_level=-1)), 1)  # still in pre-school


def test_adult_education_2022_by_age() -> None:
    check(says("vn-2022", "adult_education", adult(age=16, level=2)), 0)
    check(says("vn-2022", "adult_education", adult(age=17, level=1)), 1)
    check(says("vn-2022", "adult_education", adult(age=18, level=2)), 1)
    check(says("vn-2022", "adult_education", adult(age=18, level=2, attending=1)), 0)
    check(says("vn-2022", "adult_education", adult(age=25, level=4)), 0)  # elementary vocational
    check(says("vn-2022", "adult_education", adult(age=30, level=2)), 1)
    check(says("vn-2022", "adult_education", adult(age=31, level=0)), 0)


def test_employment_2022() -> None:
    check(says("vn-2022", "employment", adult(working=0, seeking=1)), 1)
    check(says("vn-2022", "employment", adult(working=0, seeking=0)), 0)  # not looking for work
    check(says("vn-2022", "employment", adult(wage=1, contract=0)), 1)
    check(says("vn-2022", "employment", adult(wage=1, contract=1)), 0)
    check(says("vn-2022", "employment", adult(wage=1, contract=MISSING)), UNKNOWN)
    check(says("vn-2022", "employment", child(wage=1, working=1, contract=0)), 0)  # below 15


def test_dependents_2022_are_more_than_half() -> None:
    check(says("vn-2022", "dependents", adult(), child()), 0)  # exactly half
    check(says("vn-2022", "dependents", adult(), child(), child()), 1)
    check(says("vn-2022", "dependents", adult(age=70), adult(age=72)), 0)  # pensioners without a monthly allowance
    check(says("vn-2022", "dependents", adult(age=80, allowance=1), adult(age=82, allowance=1)), 1)
    check(says("vn-2022", "dependents", adult(allowance=2), adult(), child(age=16)), 0)


def test_nutrition_2022() -> None:
    def z(**a: float) -> dict[str, Any]:
        return child(age=8, age_months=96, **a)

    check(says("vn-2022", "nutrition", adult(), z(height_for_age=-2.1)), 1)
    check(says("vn-2022", "nutrition", adult(), z(height_for_age=-2.0)), 0)  # at -2, not below
    check(says("vn-2022", "nutrition", adult(), z(weight_for_age=-2.5)), 1)
    check(says("vn-2022", "nutrition", adult(), child(age=12, age_months=150, weight_for_age=-3.0)), 0)  # no reference
    check(says("vn-2022", "nutrition", adult(), adult()), 0)  # no children
    check(says("vn-2022", "nutrition", adult(), z(height_for_age=MISSING, weight_for_age=MISSING)), UNKNOWN)


def test_housing() -> None:
    check(says("vn-2016", "housing_quality", adult(), housing_type=5), 1)
    check(says("vn-2016", "housing_quality", adult(), housing_type=4), 0)
    poor_roof = {"housing_roof": 3}
    check(says("vn-2022", "housing_quality", adult(), **poor_roof), 0)  # one of three
    check(says("vn-2022", "housing_quality", adult(), **poor_roof, housing_wall=4), 1)  # two of three
    check(says("vn-2022", "housing_quality", adult(), housing_roof=MISSING, housing_wall=4), UNKNOWN)
    check(says("vn-2022", "housing_quality", adult(), housing_roof=MISSING), 0)  # the others are durable


@BOTH
def test_area_per_person(standard: str) -> None:
    check(says(standard, "housing_area", adult(), adult(), living_area=15.99), 1)
    check(says(standard, "housing_area", adult(), adult(), living_area=16.0), 0)  # 8 m2 each is enough
    check(says(standard, "housing_area", adult(), living_area=MISSING), UNKNOWN)


@BOTH
@pytest.mark.parametrize("code", range(1, 16))
def test_water(standard: str, code: int) -> None:
    check(says(standard, "water", adult(), water=code), float(code not in {1, 2, 3, 4, 5, 6, 8, 10, 14}))


@BOTH
@pytest.mark.parametrize("code", range(1, 14))
def test_toilet(standard: str, code: int) -> None:
    check(says(standard, "toilet", adult(), toilet=code), float(code not in {1, 2, 3, 5, 6, 7, 9}))


def test_information_2016() -> None:
    none = {"landline": 0, "mobile": 0, "smartphone": 0}
    check(says("vn-2016", "telecom", adult(internet=0), **none), 1)
    check(says("vn-2016", "telecom", adult(internet=0), **{**none, "mobile": 1}), 0)
    check(says("vn-2016", "telecom", adult(internet=0), child(), **none), 0)  # a child uses the internet
    check(says("vn-2016", "telecom", adult(internet=0), **{**none, "smartphone": MISSING}), 1)  # counted as a mobile
    nothing = {"tv": 0, "radio": 0, "desktop": 0, "laptop": 0}
    check(says("vn-2016", "information_assets", adult(), **nothing, loudspeaker=0), 1)
    check(says("vn-2016", "information_assets", adult(), **nothing, loudspeaker=1), 0)
    check(says("vn-2016", "information_assets", adult(), **{**nothing, "radio": 1}, loudspeaker=0), 0)


def test_information_2022() -> None:
    check(says("vn-2022", "telecom", adult(internet=0), adult(internet=0)), 1)
    check(says("vn-2022", "telecom", adult(internet=0), adult()), 0)
    check(says("vn-2022", "telecom", adult(internet=0), adult(internet=MISSING)), UNKNOWN)
    nothing = dict.fromkeys(["tv", "radio", "desktop", "laptop", "tablet", "landline", "mobile", "smartphone"], 0)
    check(says("vn-2022", "information_means", adult(), **nothing), 1)
    check(says("vn-2022", "information_means", adult(), **{**nothing, "tablet": 1}), 0)
    check(says("vn-2022", "information_means", adult(), **{**nothing, "tv": MISSING}), UNKNOWN)


def many(n: int = 120_000) -> pd.DataFrame:
    """Random answers of many households, with gaps, in no order."""
    rng = np.random.default_rng(8)
    frame = pd.DataFrame({"household": rng.integers(0, n // 4, n)})
    codes = {"age": 80, "birth_year": 60, "level": 6, "attending_level": 5, "allowance": 4}
    for name in (*CHILD, *HOUSE):
        frame[name] = rng.integers(0, codes.get(name, 2), n).astype(float)
        frame.loc[rng.random(n) < 0.05, name] = np.nan
    frame["birth_year"] += 1950
    frame["attending_level"] -= 1
    frame["water"], frame["toilet"] = rng.integers(1, 16, (2, n)).astype(float)
    frame["living_area"] = rng.uniform(5, 90, n)
    homes = list(HOUSE)
    frame[homes] = frame.groupby("household")[homes].transform("first")
    for name in homes:
        frame.loc[(rng.random(n // 4) < 0.05)[frame["household"]], name] = np.nan
    return frame


@pytest.mark.parametrize("standard", ["vn-2016", "vn-2022"])
def test_one_column_on_every_frame(standard: str) -> None:
    """Pandas, Polars, Arrow and DuckDB give each household the same, whatever the order of its members."""
    duckdb = pytest.importorskip(
        "duckdb", reason="the engine is an extra; without it the frames in memory are compared"
    )
    frame = many()
    rules = load_rules(standard)
    base = evaluate(frame, rules).set_index("household").sort_index()
    columns = [c for c in base if c.startswith("dep_")]
    assert len(columns) == len(rules)
    assert base[columns].isna().any().all()
    shuffled = frame.sample(frac=1, random_state=3)
    relation = duckdb.sql("select * from shuffled")
    found = {
        "shuffled": evaluate(shuffled, rules),
        "polars": evaluate(pl.from_pandas(frame), rules).to_pandas(),
        "arrow": evaluate(pa.Table.from_pandas(frame, preserve_index=False), rules).to_pandas(),
        "duckdb": evaluate(relation, rules).df(),
    }
    for kind, other in found.items():
        same = other.set_index("household").sort_index()[columns].astype(float)
        pd.testing.assert_frame_equal(same, base[columns].astype(float), check_index_type=False, obj=kind)
