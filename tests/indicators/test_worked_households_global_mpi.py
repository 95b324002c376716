"""The global MPI, ten indicators: each household decided by hand from the definitions of the 2018 revision.

Deprived: a member under 70 who was measured is undernourished; a child under 18 died in the five years before the
survey; no member of school entry age plus six completed six years of schooling; a child is out of school up to the age
of class 8; solid fuel; no improved toilet of its own; no improved water within 30 minutes' walk there and back; no
electricity; floor, roof or walls of rudimentary material; at most one small asset and no car.

Where an answer is missing each household is decided twice: as the official programs do (Viet Nam MICS 2020-21, Thailand
MICS 2019, Cambodia DHS 2021-22, Ethiopia DHS 2016), and strictly, where nothing follows from a missing answer. The
households are of the kind these programs meet in Myanmar's DHS of 2015-16 and in Punjab's MICS of 2014 and 2018.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest

from frame_kinds import collected
from mpi.core.errors import MpiError, MpiWarning
from mpi.frames.lazy import engine_frame
from mpi.indicators import evaluate, load_rules
from mpi.indicators.lazy.add import with_deprivations
from worked import DEPRIVED, MISSING, NOT, UNKNOWN, Answers, says

SIX, FIVE = 6, 5
BOTH = ("practice", "strict")


def person(age: float, **answers: Any) -> Answers:
    """Somebody who completed class 9 and was not to be measured."""
    body = {"measured": 0, "age_months": MISSING}
    z = {"height_for_age": MISSING, "weight_for_age": MISSING, "bmi_for_age": MISSING, "bmi": MISSING}
    return {"age": age, "grade": 9, "attending": 0, **body, **z, **answers}


def child(age: float, **answers: Any) -> Answers:
    return person(age, **{"attending": 1, "grade": max(age - 6, 0), "age_months": 12 * age + 6, **answers})


def small(**z: float) -> Answers:
    """A child of 3 who was measured: neither stunted nor underweight but for what is given."""
    return child(3, measured=1, **{"height_for_age": 0.0, "weight_for_age": 0.0, **z})


def unmeasured() -> Answers:
    """A child of 3 who was to be measured, and was absent."""
    return small(height_for_age=MISSING, weight_for_age=MISSING)


def youth(age: float, months: float, **z: float) -> Answers:
    return person(age, age_months=months, measured=1, **z)


MOTHER = person(30, measured=1, bmi=21.0)
REFUSED = person(30, measured=1)
RECORDED_AS_FIVE = child(5, age_months=54, measured=1, bmi_for_age=0.0)

# What is decided in both readings, or in practice and strictly.
NUTRITION = {
    "a child of 3 who grows well": ([person(30), small()], NOT),
    "a stunted child": ([person(30), small(height_for_age=-2.1)], DEPRIVED),
    "an underweight child": ([person(30), small(weight_for_age=-2.1)], DEPRIVED),
    "at two standard deviations below": ([person(30), small(height_for_age=-2.0, weight_for_age=-2.0)], NOT),
    "a child of 3 is not judged by body mass": ([small(bmi_for_age=-3.0)], NOT),
    "a thin girl of 12": ([child(12, measured=1, bmi_for_age=-2.4)], DEPRIVED),
    "a thin girl of 12 whose months were not recorded": (
        [child(12, measured=1, bmi_for_age=-2.4, age_months=MISSING)],
        DEPRIVED,
    ),
    "a short girl of 12 is not judged by height": ([child(12, measured=1, height_for_age=-3.0, bmi_for_age=0.0)], NOT),
    "thin at 19 years and 0 months": ([youth(19, 228, bmi_for_age=-2.4, bmi=19.0)], DEPRIVED),
    "at 19 years and 1 month by the adults' limit": ([youth(19, 229, bmi=18.4)], DEPRIVED),
    "at 19 years and 1 month, not below it": ([youth(19, 229, bmi=18.5)], NOT),
    "a thin mother": ([person(30, measured=1, bmi=18.4), small()], DEPRIVED),
    "a mother at the limit": ([person(30, measured=1, bmi=18.5), small()], NOT),
    "a thin man of 69": ([person(69, measured=1, bmi=17.0)], DEPRIVED),
    "a thin man of 70": ([person(70, measured=1, bmi=17.0)], NOT),
    "nobody was to be measured": ([person(70), person(72)], NOT),
    "the mother refused, the child is stunted": ([REFUSED, small(height_for_age=-2.5)], DEPRIVED),
    "the mother refused, the child grows well": ([REFUSED, small()], NOT, UNKNOWN),
    "one unmeasured child beside a healthy one": ([unmeasured(), small()], NOT, UNKNOWN),
    "one unmeasured child beside a stunted one": ([unmeasured(), small(height_for_age=-2.1)], DEPRIVED),
    "one unmeasured child beside a well nourished mother": ([unmeasured(), MOTHER], NOT, UNKNOWN),
    "one unmeasured child beside a thin mother": ([unmeasured(), person(30, measured=1, bmi=18.0)], DEPRIVED),
    "one unmeasured child alone": ([person(30), unmeasured()], UNKNOWN),
    "nobody could be measured": ([REFUSED, unmeasured()], UNKNOWN),
    "the child's height alone, not stunted": ([small(weight_for_age=MISSING)], UNKNOWN),
    "the child's height alone, beside a well nourished mother": ([small(weight_for_age=MISSING), MOTHER], NOT, UNKNOWN),
    "a child of 54 months recorded as 5 grows well": (
        [{**RECORDED_AS_FIVE, "height_for_age": -1.0, "weight_for_age": -1.0}],
        NOT,
    ),
    "a child of 54 months recorded as 5 is stunted": (
        [{**RECORDED_AS_FIVE, "height_for_age": -2.3, "weight_for_age": -1.0}],
        DEPRIVED,
    ),
    "a child of 54 months recorded as 5 was not measured": ([RECORDED_AS_FIVE], UNKNOWN),
    "a child of 62 months recorded as 4 is judged by body mass for age": (
        [child(4, age_months=62, measured=1, height_for_age=-3.0, bmi_for_age=-0.5)],
        NOT,
    ),
    "a child of 3 whose age was recorded in years alone": ([small(height_for_age=-2.2, age_months=MISSING)], DEPRIVED),
    "a measured child of 30 months of unknown age in years": (
        [{**small(height_for_age=-2.2), "age": MISSING, "age_months": 30}],
        DEPRIVED,
        UNKNOWN,
    ),
    "a young adult of 230 months, well nourished": ([youth(19, 230, bmi=19.0)], NOT),
    "a young adult of 230 months, thin": ([youth(19, 230, bmi=18.0)], DEPRIVED),
    "a young adult of 230 months recorded as 18, well nourished": ([youth(18, 230, bmi=19.0)], NOT),
    "a young adult of 230 months recorded as 18, thin": ([youth(18, 230, bmi=18.0)], DEPRIVED),
    "a girl of 17 by her z-score, not by body mass": ([youth(17, 210, bmi_for_age=-1.2, bmi=17.9)], NOT),
    "a girl of 17 of unknown months, by body mass": ([youth(17, MISSING, bmi=19.0)], NOT, UNKNOWN),
    "a girl of 17 of unknown months, thin": ([youth(17, MISSING, bmi=18.0)], DEPRIVED, UNKNOWN),
    "a boy of 12 without a z-score is not judged as an adult": ([youth(12, 150, bmi=16.0)], UNKNOWN),
    "whether she was to be measured is not known": (
        [person(30, measured=MISSING, bmi=MISSING), person(70)],
        NOT,
        UNKNOWN,
    ),
}

YEARS_OF_SCHOOLING = {
    "one with six years": ([person(40, grade=SIX), person(38, grade=0)], NOT),
    "nobody has six": ([person(40, grade=FIVE), person(38, grade=0)], DEPRIVED),
    "a girl of 12 in class 6": ([person(40, grade=2), child(12, grade=SIX)], NOT),
    "a child of 9 is not asked": ([person(40, grade=2), child(9, grade=SIX)], DEPRIVED),
    "children of 8 and 9 alone": ([child(8), child(9)], DEPRIVED, UNKNOWN),  # nobody is eligible
    "a boy of 11 who has six years": ([person(40, grade=2), child(11, grade=SIX)], NOT),
    "a boy of 11 who has five is not asked": ([person(40, grade=2), child(11, grade=FIVE)], DEPRIVED),
    "a boy of 11 of whom nothing is known may have six": ([person(40, grade=2), child(11, grade=MISSING)], UNKNOWN),
    "a member of unknown age with six years": ([person(40, grade=2), person(MISSING, grade=SIX)], NOT, UNKNOWN),
    "a member of unknown age with two": ([person(40, grade=2), person(MISSING, grade=2)], DEPRIVED),
    "a member of unknown age alone, with two": ([person(MISSING, grade=2)], DEPRIVED, UNKNOWN),
    "a member of whom nothing is known": ([person(MISSING, grade=MISSING)], UNKNOWN),
    "one of two known, below six": ([person(40, grade=2), person(38, grade=MISSING)], UNKNOWN),
    "two of three known, both below six": (
        [person(40, grade=2), person(38, grade=0), person(60, grade=MISSING)],
        DEPRIVED,
    ),
    "one of three known, six years": (
        [person(40, grade=SIX), person(38, grade=MISSING), person(60, grade=MISSING)],
        NOT,
    ),
    "one of three known, below six": (
        [person(40, grade=2), person(38, grade=MISSING), person(60, grade=MISSING)],
        UNKNOWN,
    ),
    "no answers": ([person(40, grade=MISSING)], UNKNOWN),
}

SCHOOL_ATTENDANCE = {
    "all in school": ([person(40), child(8), child(12)], NOT),
    "one out of school": ([person(40), child(8), child(12, attending=0)], DEPRIVED),
    "a child of 5 at home": ([person(40), child(5, attending=0)], NOT),
    "a child of 6 at home": ([person(40), child(6, attending=0)], DEPRIVED),
    "a boy of 14 who left school": ([person(40), child(14, attending=0)], DEPRIVED),
    "a boy of 15 who left school": ([person(40), child(15, attending=0)], NOT),
    "nobody of school age": ([person(70), person(72)], NOT),
    "two of three known, in school": ([child(8), child(9), child(10, attending=MISSING)], NOT),
    "one of two known, in school": ([child(8), child(9, attending=MISSING)], UNKNOWN),
    "one of three known, out of school": (
        [child(8, attending=0), child(9, attending=MISSING), child(10, attending=MISSING)],
        DEPRIVED,
    ),
    "a member of unknown age is not of school age": ([child(8), person(MISSING, attending=0)], NOT, UNKNOWN),
    "a member of unknown age alone": ([person(MISSING, attending=0)], NOT, UNKNOWN),
    "a member of unknown age beside a child out of school": ([child(8, attending=0), person(MISSING)], DEPRIVED),
    "a girl of 6 who was 5 when the school year began": ([child(6, attending=0, school_age=5)], NOT),
    "a boy of 15 who was 14 when the school year began": ([child(15, attending=0, school_age=14)], DEPRIVED),
    "born after the school year began": ([child(6, attending=0, school_age=995)], NOT),
    "a boy of 9 whose age at that time is missing": ([child(9, attending=0, school_age=MISSING)], DEPRIVED),
}


def cases(*tables: dict[str, tuple[Any, ...]]) -> Any:
    rows = [(name, given, missing, answers[min(i, len(answers) - 1)])
            for table in tables
            for name, (given, *answers) in table.items()
            for i, missing in enumerate(BOTH)]  # fmt: skip
    return pytest.mark.parametrize(
        ("given", "missing", "expected"), [r[1:] for r in rows], ids=[f"{r[0]}, {r[2]}" for r in rows]
    )


@cases(NUTRITION)
def test_nutrition(given: list[Answers], missing: str, expected: Any) -> None:
    assert says("global-mpi", "nutrition", *given, missing=missing) == expected


@cases(YEARS_OF_SCHOOLING)
def test_years_of_schooling(given: list[Answers], missing: str, expected: Any) -> None:
    assert says("global-mpi", "years_of_schooling", *given, missing=missing) == expected


@cases(SCHOOL_ATTENDANCE)
def test_school_attendance(given: list[Answers], missing: str, expected: Any) -> None:
    assert says("global-mpi", "school_attendance", *given, missing=missing) == expected


def toilet(improved: float, shared: float) -> Answers:
    return {"improved_toilet": improved, "shared_toilet": shared}


def water(improved: float, minutes: float) -> Answers:
    return {"improved_water": improved, "water_minutes": minutes}


def house(floor: float, roof: float, wall: float) -> Answers:
    return {"floor_natural": floor, "roof_rudimentary": roof, "wall_rudimentary": wall}


HOMES: dict[str, list[tuple[Any, ...]]] = {
    "child_mortality": [({"child_died": 1}, DEPRIVED), ({"child_died": 0}, NOT), ({"child_died": MISSING}, UNKNOWN)],
    "cooking_fuel": [({"solid_fuel": 1}, DEPRIVED), ({"solid_fuel": 0}, NOT), ({"solid_fuel": MISSING}, UNKNOWN)],
    "electricity": [({"electricity": 0}, DEPRIVED), ({"electricity": 1}, NOT), ({"electricity": MISSING}, UNKNOWN)],
    "sanitation": [
        (toilet(1, 0), NOT),
        (toilet(1, 1), DEPRIVED),
        (toilet(0, MISSING), DEPRIVED),
        (toilet(1, MISSING), NOT, UNKNOWN),  # its kind decides
        (toilet(MISSING, 1), DEPRIVED),  # shared, of whatever kind
        (toilet(MISSING, 0), UNKNOWN),
        (toilet(MISSING, MISSING), UNKNOWN),
    ],
    "drinking_water": [
        (water(1, 0), NOT),
        (water(1, 29), NOT),
        (water(1, 30), DEPRIVED),  # a walk of 30 minutes or more
        (water(0, MISSING), DEPRIVED),
        (water(1, MISSING), NOT, UNKNOWN),  # the source decides
        (water(1, 996), NOT),  # on the premises
        (water(1, 998), NOT, UNKNOWN),  # "does not know" is no walk of 998 minutes
        (water(1, 999), NOT, UNKNOWN),
        (water(0, 998), DEPRIVED),
        (water(MISSING, 45), DEPRIVED),  # far, whatever the source
        (water(MISSING, 998), UNKNOWN),
        (water(MISSING, 10), UNKNOWN),
    ],
    "housing": [
        (house(0, 0, 0), NOT),
        (house(1, 0, 0), DEPRIVED),
        (house(0, 0, 1), DEPRIVED),
        (house(MISSING, 1, 0), DEPRIVED),
        (house(MISSING, 0, 0), NOT, UNKNOWN),  # what is known decides
        (house(MISSING, MISSING, 0), NOT, UNKNOWN),
        (house(MISSING, MISSING, MISSING), UNKNOWN),
    ],
}


@cases({f"{name} {i}": ((name, home), *e) for name, table in HOMES.items() for i, (home, *e) in enumerate(table)})
def test_of_the_household(given: tuple[str, Answers], missing: str, expected: Any) -> None:
    indicator, home = given
    assert says("global-mpi", indicator, person(40), child(8), missing=missing, **home) == expected


SMALL = ("radio", "tv", "telephone", "computer", "animal_cart", "bicycle", "motorbike", "refrigerator")
NONE = dict.fromkeys((*SMALL, "car"), 0)
UNKNOWN_ITEMS = dict.fromkeys(SMALL, MISSING)
ASSETS: dict[str, tuple[Any, ...]] = {
    "none": (NONE, DEPRIVED),
    "a bicycle": ({**NONE, "bicycle": 1}, DEPRIVED),
    "a bicycle and a radio": ({**NONE, "bicycle": 1, "radio": 1}, NOT),
    "a car alone": ({**NONE, "car": 1}, NOT),
    "a radio, the bicycle missing": ({**NONE, "radio": 1, "bicycle": MISSING}, DEPRIVED, UNKNOWN),
    "nothing, the bicycle missing": ({**NONE, "bicycle": MISSING}, DEPRIVED),
    "half missing, two of the others": (
        {**NONE, "radio": 1, "tv": 1, "telephone": MISSING, "computer": MISSING, "car": MISSING},
        NOT,
    ),
    "nothing, the car missing": ({**NONE, "car": MISSING}, DEPRIVED, UNKNOWN),
    "a car, nothing known of the rest": ({**UNKNOWN_ITEMS, "car": 1}, NOT),
    "no car, nothing known of the rest": ({**UNKNOWN_ITEMS, "car": 0}, DEPRIVED, UNKNOWN),
    "one item known and owned": ({**UNKNOWN_ITEMS, "car": MISSING, "tv": 1}, DEPRIVED, UNKNOWN),
    "nothing known at all": ({**UNKNOWN_ITEMS, "car": MISSING}, UNKNOWN),
}


@cases(ASSETS)
def test_assets(given: Answers, missing: str, expected: Any) -> None:
    assert says("global-mpi", "assets", person(40), missing=missing, **given) == expected


@pytest.mark.parametrize("missing", BOTH)
def test_an_item_that_was_never_asked(missing: str) -> None:
    """An animal cart that the survey did not ask for is no column: not owned in practice, not known strictly."""
    asked = {k: v for k, v in NONE.items() if k not in {"animal_cart", "computer"}}
    wanted = [DEPRIVED, NOT, NOT] if missing == "practice" else [UNKNOWN, NOT, NOT]
    homes = [asked | {"radio": 1}, asked | {"radio": 1, "tv": 1}, asked | {"car": 1}]
    for home, expected in zip(homes, wanted, strict=True):
        with pytest.warns(
            MpiWarning, match="assets: the data have no column 'computer', 'animal_cart', which is taken"
        ):
            assert says("global-mpi", "assets", person(40), missing=missing, **home) == expected


@pytest.mark.parametrize("engine", ["polars", "arrow", "lazy polars", "duckdb"])
def test_an_item_under_another_name_is_told_on_every_engine(engine: str, on_engine: Callable[..., Any]) -> None:
    homes = pd.DataFrame([{"household": 1, **NONE, "tv": 1, "fridge": 1}]).drop(columns="refrigerator")
    with pytest.warns(MpiWarning, match="assets: the data have no column 'refrigerator'"):
        found = collected(evaluate(on_engine(engine, homes), load_rules("global-mpi").select(["assets"])))
    assert found["d_asst"].tolist() == [1]


def test_assets_of_which_no_column_is_there_cannot_be_computed() -> None:
    rules = load_rules("global-mpi")
    assert "assets" not in [r.name for r in rules if not rules.lacking(r, ["age", "household"])]
    assert rules.lacking(rules["assets"], ["tv"]) == ()


def test_the_readings_differ_in_missing_answers_alone() -> None:
    practice, strict = (load_rules("global-mpi", missing=m) for m in BOTH)
    assert practice.names == strict.names
    assert [r.column for r in practice] == [r.column for r in strict]
    assert {n for n in practice.names if practice[n] != strict[n]} == {
        "nutrition", "years_of_schooling", "school_attendance", "sanitation", "drinking_water", "housing", "assets",
    }  # fmt: skip


# --- codes of MICS and DHS -------------------------------------------------------------------------------------------

DHS = {"toilet_improved": [11, 12, 13, 15, 21, 22, 41], "toilet_unimproved": [14, 23, 31, 42, 43, 96]}
CODES: dict[str, list[tuple[Answers, Any]]] = {
    "sanitation": [
        *(({"toilet_type": code, "shared_toilet": 0}, NOT) for code in (11, 12, 13, 18, 21, 22, 31)),
        *(({"toilet_type": code, "shared_toilet": 0}, DEPRIVED) for code in (14, 23, 41, 51, 95, 96)),
        ({"toilet_type": 11, "shared_toilet": 1}, DEPRIVED),
        ({"toilet_type": 99, "shared_toilet": 0}, UNKNOWN),
    ],
    "drinking_water": [
        *(({"water_source": code, "water_minutes": 5}, NOT) for code in (11, 14, 21, 31, 41, 51, 61, 71, 91)),
        *(({"water_source": code, "water_minutes": 5}, DEPRIVED) for code in (32, 42, 81, 96)),
        ({"water_source": 11, "water_minutes": 998}, NOT),
        ({"water_source": 99, "water_minutes": 998}, UNKNOWN),
    ],
    "housing": [
        ({"floor_material": 34, "roof_material": 31, "wall_material": 35}, NOT),
        ({"floor_material": 11, "roof_material": 31, "wall_material": 35}, DEPRIVED),
        ({"floor_material": 21, "roof_material": 25, "wall_material": 35}, DEPRIVED),
        ({"floor_material": 21, "roof_material": 31, "wall_material": 28}, DEPRIVED),
        ({"floor_material": 99, "roof_material": 31, "wall_material": 99}, NOT),
        ({"floor_material": 99, "roof_material": 96, "wall_material": 99}, DEPRIVED),
    ],
    "cooking_fuel": [
        ({"cooking_fuel": code}, NOT if code < 6 or code > 11 else DEPRIVED) for code in (1, 5, 6, 11, 95)
    ],
}


@pytest.mark.parametrize(("indicator", "home", "expected"), [(k, h, e) for k, v in CODES.items() for h, e in v])
def test_codes_of_mics(indicator: str, home: Answers, expected: Any) -> None:
    assert says("global-mpi", indicator, person(40), **home) == expected


def test_codes_of_dhs_by_parameters() -> None:
    """In DHS 31 is no toilet and 41 a composting one."""
    rules = load_rules("global-mpi", parameters=DHS).select(["sanitation"])
    homes = pd.DataFrame({"household": [1, 2, 3, 4], "toilet_type": [31, 41, 42, 99], "shared_toilet": 0})
    np.testing.assert_array_equal(evaluate(homes, rules)["d_sani"], [1, 0, 1, np.nan])


def test_a_column_of_yes_and_no_goes_before_the_codes() -> None:
    homes = pd.DataFrame({"household": [1], "toilet_type": [95], "improved_toilet": [1], "shared_toilet": [0]})
    assert evaluate(homes, load_rules("global-mpi").select(["sanitation"]))["d_sani"].tolist() == [0]


def test_codes_in_neither_list_are_told() -> None:
    homes = pd.DataFrame({"household": [1, 2, 3], "toilet_type": [11, 77, 99], "shared_toilet": 0})
    with pytest.warns(
        MpiWarning, match=r"improved_toilet: column 'toilet_type' is 77 in 1 rows, of which .* parameters"
    ):
        found = evaluate(homes, load_rules("global-mpi").select(["sanitation"]))
    np.testing.assert_array_equal(found["d_sani"], [0, np.nan, np.nan])


def test_codes_that_stand_in_both_lists_are_refused() -> None:
    homes = pd.DataFrame({"household": [1], "toilet_type": [31], "shared_toilet": 0})
    both = load_rules("global-mpi", parameters={"toilet_unimproved": DHS["toilet_unimproved"]})
    with pytest.raises(MpiError, match=r"improved_toilet cannot be computed: 1 rows are on both its sides"):
        evaluate(homes, both.select(["sanitation"]))


def test_codes_that_are_text_are_refused() -> None:
    homes = pd.DataFrame({"household": [1], "toilet_type": ["none"], "shared_toilet": 0})
    with pytest.raises(MpiError, match=r"improved_toilet cannot be computed: column 'toilet_type' holds text"):
        evaluate(homes, load_rules("global-mpi").select(["sanitation"]))


def test_what_is_lacking_is_named_as_the_rules_name_it() -> None:
    with pytest.raises(MpiError, match="'improved_toilet', needed by sanitation"):
        evaluate(
            pd.DataFrame({"household": [1], "shared_toilet": [0]}), load_rules("global-mpi").select(["sanitation"])
        )


@pytest.mark.parametrize("missing", BOTH)
@pytest.mark.parametrize("engine", ["polars", "arrow", "lazy polars", "duckdb"])
def test_codes_on_every_engine(engine: str, missing: Any, on_engine: Callable[..., Any]) -> None:
    """The same answers from codes, in memory and where an engine does the work; by households and row by row."""
    rng = np.random.default_rng(5)
    codes = {"toilet_type": [11, 14, 31, 95, 99], "water_source": [11, 32, 51, 81, 99], "cooking_fuel": [1, 8, 95, 99],
             "floor_material": [11, 21, 34, 96, 99], "roof_material": [12, 25, 31, 96, 99],
             "wall_material": [12, 28, 31, 99], "water_minutes": [0, 29, 30, 996, 998, 999],
             "shared_toilet": [0, 1, np.nan]}  # fmt: skip
    homes = pd.DataFrame(
        {"household": np.arange(400)} | {k: rng.choice(v, 400).astype(float) for k, v in codes.items()}
    )
    rules = load_rules("global-mpi", missing=missing).select(
        ["sanitation", "drinking_water", "housing", "cooking_fuel"]
    )
    expected = evaluate(homes, rules).set_index("household")
    assert (expected.nunique() == 2).all()
    found = collected(evaluate(on_engine(engine, homes), rules)).set_index("household").sort_index()
    pd.testing.assert_frame_equal(found.astype("float64"), expected, check_index_type=False, check_names=False)
    lazy = engine_frame(on_engine(engine, homes))
    if lazy is not None:
        for keys in ([], ["household"]):
            longer = collected(nw.to_native(with_deprivations(lazy, rules, keys))).set_index("household").sort_index()
            assert list(longer.columns) == [*homes.columns[1:], *expected.columns]
            pd.testing.assert_frame_equal(
                longer[expected.columns].astype("float64"), expected, check_index_type=False, check_names=False
            )
