"""The global MPI, ten indicators: each household decided by hand from the definitions of the 2018 revision.

Deprived: a member under 70 who was measured is undernourished; a child under 18 died in the five years before the
survey; no member of school entry age plus six completed six years of schooling; a child is out of school up to the age
of class 8; solid fuel; no improved toilet of its own; no improved water within 30 minutes' walk there and back; no
electricity; floor, roof or walls of rudimentary material; at most one small asset and no car. Where nobody is eligible
a household is not deprived, but missing in years of schooling; answers of two thirds of the eligible suffice.
"""

from __future__ import annotations

from typing import Any

import pytest

from worked import DEPRIVED, MISSING, NOT, UNKNOWN, Answers, says

SIX, FIVE = 6, 5


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


def youth(age: int, months: float, **z: float) -> Answers:
    return person(age, age_months=months, measured=1, **z)


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
    "the mother refused": ([person(30, measured=1), small()], UNKNOWN),
    "the mother refused, the child is stunted": ([person(30, measured=1), small(height_for_age=-2.5)], DEPRIVED),
    "the child's height alone, not stunted": ([small(weight_for_age=MISSING)], UNKNOWN),
}

YEARS_OF_SCHOOLING = {
    "one with six years": ([person(40, grade=SIX), person(38, grade=0)], NOT),
    "nobody has six": ([person(40, grade=FIVE), person(38, grade=0)], DEPRIVED),
    "a girl of 12 in class 6": ([person(40, grade=2), child(12, grade=SIX)], NOT),
    "a child of 9 is not asked": ([person(40, grade=2), child(9, grade=SIX)], DEPRIVED),
    "children of 8 and 9 alone": ([child(8), child(9)], UNKNOWN),  # nobody is eligible: missing
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
    "a child of unknown age may be one of the eligible": ([child(8), person(MISSING, attending=MISSING)], UNKNOWN),
}


def cases(table: dict[str, tuple[Any, Any]]) -> Any:
    return pytest.mark.parametrize(("given", "expected"), table.values(), ids=table)


@cases(NUTRITION)
def test_nutrition(given: list[Answers], expected: Any) -> None:
    assert says("global-mpi", "nutrition", *given) == expected


@cases(YEARS_OF_SCHOOLING)
def test_years_of_schooling(given: list[Answers], expected: Any) -> None:
    assert says("global-mpi", "years_of_schooling", *given) == expected


@cases(SCHOOL_ATTENDANCE)
def test_school_attendance(given: list[Answers], expected: Any) -> None:
    assert says("global-mpi", "school_attendance", *given) == expected


HOMES = {
    "child_mortality": [({"child_died": 1}, DEPRIVED), ({"child_died": 0}, NOT), ({"child_died": MISSING}, UNKNOWN)],
    "cooking_fuel": [({"solid_fuel": 1}, DEPRIVED), ({"solid_fuel": 0}, NOT), ({"solid_fuel": MISSING}, UNKNOWN)],
    "electricity": [({"electricity": 0}, DEPRIVED), ({"electricity": 1}, NOT), ({"electricity": MISSING}, UNKNOWN)],
    "sanitation": [
        ({"improved_toilet": 1, "shared_toilet": 0}, NOT),
        ({"improved_toilet": 1, "shared_toilet": 1}, DEPRIVED),
        ({"improved_toilet": 0, "shared_toilet": MISSING}, DEPRIVED),
        ({"improved_toilet": 1, "shared_toilet": MISSING}, UNKNOWN),
    ],
    "drinking_water": [
        ({"improved_water": 1, "water_minutes": 0}, NOT),
        ({"improved_water": 1, "water_minutes": 29}, NOT),
        ({"improved_water": 1, "water_minutes": 30}, DEPRIVED),  # a walk of 30 minutes or more
        ({"improved_water": 0, "water_minutes": MISSING}, DEPRIVED),
        ({"improved_water": 1, "water_minutes": MISSING}, UNKNOWN),
    ],
    "housing": [
        ({"floor_natural": 0, "roof_rudimentary": 0, "wall_rudimentary": 0}, NOT),
        ({"floor_natural": 1, "roof_rudimentary": 0, "wall_rudimentary": 0}, DEPRIVED),
        ({"floor_natural": 0, "roof_rudimentary": 0, "wall_rudimentary": 1}, DEPRIVED),
        ({"floor_natural": MISSING, "roof_rudimentary": 1, "wall_rudimentary": 0}, DEPRIVED),
        ({"floor_natural": MISSING, "roof_rudimentary": 0, "wall_rudimentary": 0}, UNKNOWN),
    ],
}


@pytest.mark.parametrize(
    ("indicator", "home", "expected"), [(name, home, e) for name, table in HOMES.items() for home, e in table]
)
def test_of_the_household(indicator: str, home: Answers, expected: Any) -> None:
    assert says("global-mpi", indicator, person(40), child(8), **home) == expected


SMALL = ("radio", "tv", "telephone", "computer", "animal_cart", "bicycle", "motorbike", "refrigerator")
NONE = dict.fromkeys((*SMALL, "car"), 0)
ASSETS = {
    "none": (NONE, DEPRIVED),
    "a bicycle": ({**NONE, "bicycle": 1}, DEPRIVED),
    "a bicycle and a radio": ({**NONE, "bicycle": 1, "radio": 1}, NOT),
    "a car alone": ({**NONE, "car": 1}, NOT),
    "a radio, the bicycle not asked": ({**NONE, "radio": 1, "bicycle": MISSING}, UNKNOWN),
    "nothing, the bicycle not asked": ({**NONE, "bicycle": MISSING}, DEPRIVED),
    "half not asked, two of the others": (
        {**NONE, "radio": 1, "tv": 1, "telephone": MISSING, "computer": MISSING, "car": MISSING},
        NOT,
    ),
    "nothing, the car not asked": ({**NONE, "car": MISSING}, UNKNOWN),
}


@cases(ASSETS)
def test_assets(given: Answers, expected: Any) -> None:
    assert says("global-mpi", "assets", person(40), **given) == expected
