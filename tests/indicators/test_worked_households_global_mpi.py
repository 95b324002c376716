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

from typing import Any

import pytest

from mpi.indicators import load_rules
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
    "a boy of 11 of whom nothing is known is not asked": (
        [person(40, grade=2), child(11, grade=MISSING)],
        DEPRIVED,
        UNKNOWN,
    ),
    "a member of unknown age with six years": ([person(40, grade=2), person(MISSING, grade=SIX)], NOT, UNKNOWN),
    "a member of unknown age with two": ([person(40, grade=2), person(MISSING, grade=2)], DEPRIVED),
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
        (water(1, 998), NOT),  # "does not know" is no walk of 998 minutes
        (water(1, 999), NOT),
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
    assert [says("global-mpi", "assets", person(40), missing=missing, **h) for h in homes] == wanted


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
