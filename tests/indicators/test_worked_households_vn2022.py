"""Viet Nam 2022-2026, the twelve indicators: each household decided by hand from the list of the standard.

Deprived, by the standard: a member who cannot find work, or has a wage job without a contract; more than half of the
members under 16 or with a monthly allowance; a child under 16 stunted or underweight; a member of 6 or over without
insurance; a member of 16 to 30 who is not studying and lacks the level for the age; a child of 3 to under 16 who does
not attend the level for the age; two of column, roof and wall not durable; less than 8 m2 a person; no clean water;
no hygienic toilet; no member on the internet; no shared and no personal means of information. Codes of answers are
those of the VHLSS 2022 questionnaire.
"""

from __future__ import annotations

from typing import Any

import pytest

from worked import DEPRIVED, MISSING, NOT, UNKNOWN, Answers, says


def person(age: float, **answers: Any) -> Answers:
    """Somebody who farms the own land, insured, with upper secondary school done, who uses the internet."""
    work = {"working": 1, "seeking": 0, "wage": 0, "contract": MISSING, "allowance": 3}
    school = {"attending": 0, "attending_level": MISSING, "level": 3}
    growth = {"age_months": MISSING, "height_for_age": MISSING, "weight_for_age": MISSING}
    return {"age": age, "insured": 1, "internet": 1, **work, **school, **growth, **answers}


def pupil(age: float, **answers: Any) -> Answers:
    """A child in the school of the age: pre-school to 6, primary to 12, then lower secondary; growing well."""
    level = -1 if age < 6 else 1 if age < 12 else 2
    growth = {"age_months": 12 * age + 6, "height_for_age": 0.1, "weight_for_age": -0.2}
    return person(age, **{"attending": 1, "attending_level": level, "level": max(level - 1, 0), "working": 0, **growth}
                  | answers)  # fmt: skip


def family(**answers: Any) -> list[Answers]:
    """Two parents of 42 and 39 and a girl of 13; what is given is the girl's."""
    return [person(42), person(39), pupil(13, **answers)]


def pensioners(**answers: Any) -> list[Answers]:
    idle = {"working": 0, "wage": MISSING, "level": 0, "internet": 0}
    return [person(71, **idle | answers), person(68, **idle | answers)]


EMPLOYMENT = {
    "farmers": (family(), NOT),
    "a son of 20 looks for work": ([*family(), person(20, working=0, seeking=1)], DEPRIVED),
    "a son of 20 studies and looks for nothing": ([*family(), person(20, working=0)], NOT),
    "a daughter works in a factory with a contract": ([*family(), person(20, wage=1, contract=1)], NOT),
    "without a contract": ([*family(), person(20, wage=1, contract=0)], DEPRIVED),
    "the contract was not asked": ([*family(), person(20, wage=1)], UNKNOWN),
    "whether it is a wage job was not asked, the contract was": (
        [person(20, wage=MISSING, contract=0)],
        UNKNOWN,
    ),
    "a boy of 14 works for a wage": ([*family(), person(14, wage=1, contract=0)], NOT),
    "a boy of 15 works for a wage": ([*family(), person(15, wage=1, contract=0)], DEPRIVED),
    "a couple of pensioners": (pensioners(), NOT),
    "no answers at all": ([person(30, working=MISSING, seeking=MISSING, wage=MISSING)], UNKNOWN),
    "one without answers, one who looks for work": (
        [person(30, working=MISSING, wage=MISSING), person(31, working=0, seeking=1)],
        DEPRIVED,
    ),
}

DEPENDENTS = {
    "one child of three members": (family(), NOT),
    "a mother and a child: half is not more than half": ([person(30), pupil(8)], NOT),
    "a mother and two children": ([person(30), pupil(8), pupil(5)], DEPRIVED),
    "a child of 15 depends": ([person(30), pupil(15), pupil(5)], DEPRIVED),
    "a child of 16 does not": ([person(30), person(16), pupil(5)], NOT),
    "a couple of pensioners with a social allowance": (pensioners(allowance=1), DEPRIVED),
    "a couple of pensioners with a pension": (pensioners(), NOT),
    "one disabled of one": ([person(50, allowance=2)], DEPRIVED),
    "one unknown of three cannot change it": ([person(30), person(32), person(50, allowance=MISSING)], NOT),
    "one unknown of two can make it no more than half": ([person(30), person(50, allowance=MISSING)], NOT),
    "one unknown of three decides": ([person(30), pupil(8), person(50, allowance=MISSING)], UNKNOWN),
    "one unknown of three, the others children": ([pupil(8), pupil(5), person(40, allowance=MISSING)], DEPRIVED),
    "a child whose allowance was not asked is a child": ([pupil(8, allowance=MISSING)], DEPRIVED),
}

NUTRITION = {
    "grows well": (family(), NOT),
    "a stunted girl of 13": (family(height_for_age=-2.3), DEPRIVED),
    "at two standard deviations below": (family(height_for_age=-2.0), NOT),
    "thin at 13: there is no weight for age beyond 10 years": (family(weight_for_age=-3.0), NOT),
    "underweight at 4": ([person(30), pupil(4, weight_for_age=-2.01)], DEPRIVED),
    "underweight at ten years to the month": ([person(30), pupil(10, age_months=120, weight_for_age=-2.5)], DEPRIVED),
    "a month later": ([person(30), pupil(10, age_months=121, weight_for_age=-2.5)], NOT),
    "nobody under 16": (pensioners(), NOT),
    "a youth of 16 is not measured": ([person(16, height_for_age=-3.0)], NOT),
    "not measured": (family(height_for_age=MISSING), UNKNOWN),
    "height not measured, underweight at 4": (
        [pupil(4, height_for_age=MISSING, weight_for_age=-2.5)],
        DEPRIVED,
    ),
    "one child not measured, one stunted": ([*family(height_for_age=-3.0), pupil(4, height_for_age=MISSING)], DEPRIVED),
}

HEALTH_INSURANCE = {
    "all insured": (family(), NOT),
    "the girl is not": (family(insured=0), DEPRIVED),
    "a child of 5 is not asked": ([person(30), pupil(5, insured=0)], NOT),
    "a child of 6 is": ([person(30), pupil(6, insured=0)], DEPRIVED),
    "half the answers missing": ([person(42), person(39, insured=MISSING)], UNKNOWN),
    "half the answers missing, one without": ([person(42, insured=MISSING), person(39, insured=0)], DEPRIVED),
}

ADULT_EDUCATION = {
    "a boy of 15 who left school is a child": ([person(15, level=1)], NOT),
    "a boy of 16 who left after primary school": ([person(16, level=1)], DEPRIVED),
    "at 17 with lower secondary": ([person(17, level=2)], NOT),
    "at 18 with lower secondary": ([person(18, level=2)], DEPRIVED),
    "at 18 with lower secondary, and studying": ([person(18, level=2, attending=1)], NOT),
    "at 25 with upper secondary": ([person(25, level=3)], NOT),
    "at 25 with an elementary vocational certificate": ([person(25, level=4)], NOT),
    "at 30 with lower secondary": ([person(30, level=2)], DEPRIVED),
    "at 31 with none": ([person(31, level=0)], NOT),
    "a couple of pensioners": (pensioners(), NOT),
    "the level not asked": ([person(20, level=MISSING)], UNKNOWN),
    "the level not asked, studying": ([person(20, level=MISSING, attending=1)], NOT),
    "studying not asked, lower secondary at 17": ([person(17, level=2, attending=MISSING)], NOT),
    "studying not asked, lower secondary at 19": ([person(19, level=2, attending=MISSING)], UNKNOWN),
    "one not asked, one deprived": ([person(20, level=MISSING), person(19, level=0)], DEPRIVED),
}

CHILD_SCHOOLING = {
    "a girl of 13 in lower secondary": (family(), NOT),
    "still in primary school": (family(attending_level=1), DEPRIVED),
    "a girl of 12 in primary school": ([pupil(12, attending_level=1)], DEPRIVED),
    "a girl of 11 in primary school": ([pupil(11)], NOT),
    "a girl of 11 ahead of her age": ([pupil(11, attending_level=2)], NOT),
    "a boy of 6 still in pre-school": ([pupil(6, attending_level=-1)], DEPRIVED),
    "a boy of 5 in pre-school": ([pupil(5)], NOT),
    "a boy of 3 at home": ([person(3)], DEPRIVED),
    "a boy of 2 at home": ([person(2)], NOT),
    "a boy of 15 who left school": ([*family(), person(15, level=1)], DEPRIVED),
    "a youth of 16 who left school": ([*family(), person(16, level=1)], NOT),
    "nobody of school age": (pensioners(), NOT),
    "in school, the level not asked": (family(attending_level=MISSING), UNKNOWN),
    "of 4, in school, the level not asked": ([pupil(4, attending_level=MISSING)], NOT),
    "out of school, the level not asked": (family(attending=0, attending_level=MISSING), DEPRIVED),
    "half the answers missing": ([pupil(8), pupil(9, attending=MISSING, attending_level=MISSING)], UNKNOWN),
}

TELECOM = {
    "the girl alone uses the internet": ([person(42, internet=0), pupil(13)], NOT),
    "nobody does": ([person(42, internet=0), pupil(13, internet=0)], DEPRIVED),
    "a couple of pensioners": (pensioners(), DEPRIVED),
    "a child of 5 who does is not asked": ([person(42, internet=0), pupil(5)], DEPRIVED),
    "one does not, one was not asked": ([person(42, internet=0), person(39, internet=MISSING)], UNKNOWN),
    "one does, one was not asked": ([person(42), person(39, internet=MISSING)], NOT),
    "no member of 6 or over: no member uses it": ([pupil(5)], DEPRIVED),
}


def cases(table: dict[str, tuple[list[Answers], Any]]) -> Any:
    return pytest.mark.parametrize(("members", "expected"), table.values(), ids=table)


@cases(EMPLOYMENT)
def test_employment(members: list[Answers], expected: Any) -> None:
    assert says("vn-2022", "employment", *members) == expected


@cases(DEPENDENTS)
def test_dependents(members: list[Answers], expected: Any) -> None:
    assert says("vn-2022", "dependents", *members) == expected


@cases(NUTRITION)
def test_nutrition(members: list[Answers], expected: Any) -> None:
    assert says("vn-2022", "nutrition", *members) == expected


@cases(HEALTH_INSURANCE)
def test_health_insurance(members: list[Answers], expected: Any) -> None:
    assert says("vn-2022", "health_insurance", *members) == expected


@cases(ADULT_EDUCATION)
def test_adult_education(members: list[Answers], expected: Any) -> None:
    assert says("vn-2022", "adult_education", *members) == expected


@cases(CHILD_SCHOOLING)
def test_child_schooling(members: list[Answers], expected: Any) -> None:
    assert says("vn-2022", "child_schooling", *members) == expected


@cases(TELECOM)
def test_telecom(members: list[Answers], expected: Any) -> None:
    assert says("vn-2022", "telecom", *members) == expected


HOUSES = {
    "of concrete throughout": ((1, 1, 1), NOT),
    "the last durable codes": ((3, 2, 3), NOT),
    "a roof of sheet metal": ((1, 3, 1), NOT),
    "a roof of sheet metal on wooden walls": ((1, 3, 4), DEPRIVED),
    "bamboo throughout": ((4, 4, 5), DEPRIVED),
    "walls not asked, column and roof durable": ((1, 1, MISSING), NOT),
    "walls not asked, the roof of leaves": ((1, 4, MISSING), UNKNOWN),
    "walls not asked, column and roof not durable": ((4, 4, MISSING), DEPRIVED),
    "nothing asked": ((MISSING, MISSING, MISSING), UNKNOWN),
}


@pytest.mark.parametrize(("parts", "expected"), HOUSES.values(), ids=HOUSES)
def test_housing_quality(parts: tuple[float, float, float], expected: Any) -> None:
    column, roof, wall = parts
    home = {"housing_column": column, "housing_roof": roof, "housing_wall": wall}
    assert says("vn-2022", "housing_quality", *family(), **home) == expected


@pytest.mark.parametrize(("area", "expected"), [(24.0, NOT), (23.9, DEPRIVED), (MISSING, UNKNOWN)])
def test_housing_area(area: float, expected: Any) -> None:
    assert says("vn-2022", "housing_area", *family(), living_area=area) == expected


WATER = {
    "tap in the house": (1, NOT), "public tap": (4, NOT), "borehole": (5, NOT), "protected well": (6, NOT),
    "unprotected well": (7, DEPRIVED), "protected spring": (8, NOT), "unprotected spring": (9, DEPRIVED),
    "rain": (10, NOT), "tanker": (11, DEPRIVED), "cart": (12, DEPRIVED), "river or pond": (13, DEPRIVED),
    "bottled": (14, NOT), "other": (15, DEPRIVED), "not asked": (MISSING, UNKNOWN),
}  # fmt: skip
TOILET = {
    "septic tank": (2, NOT), "pour-flush to a pit": (3, NOT), "open flush": (4, DEPRIVED), "ventilated pit": (6, NOT),
    "pit with slab": (7, NOT), "open pit": (8, DEPRIVED), "double vault": (9, NOT), "bucket": (10, DEPRIVED),
    "over a fish pond": (11, DEPRIVED), "none": (12, DEPRIVED), "not asked": (MISSING, UNKNOWN),
}  # fmt: skip


@pytest.mark.parametrize(("code", "expected"), WATER.values(), ids=WATER)
def test_water(code: float, expected: Any) -> None:
    assert says("vn-2022", "water", *family(), water=code) == expected


@pytest.mark.parametrize(("code", "expected"), TOILET.values(), ids=TOILET)
def test_toilet(code: float, expected: Any) -> None:
    assert says("vn-2022", "toilet", *family(), toilet=code) == expected


MEANS = ("tv", "radio", "desktop", "landline", "mobile", "laptop", "tablet", "smartphone")
NONE = dict.fromkeys(MEANS, 0)


def test_a_household_without_any_means_of_information() -> None:
    assert says("vn-2022", "information_means", *family(), **NONE) == DEPRIVED
    assert says("vn-2022", "information_means", *family(), **dict.fromkeys(MEANS, MISSING)) == UNKNOWN


@pytest.mark.parametrize("owned", MEANS)
def test_one_means_of_information_is_enough(owned: str) -> None:
    assert says("vn-2022", "information_means", *family(), **{**NONE, owned: 1}) == NOT
    assert says("vn-2022", "information_means", *family(), **{**NONE, owned: MISSING}) == UNKNOWN
    others = dict.fromkeys(MEANS, MISSING)  # whatever they are
    assert says("vn-2022", "information_means", *family(), **{**others, owned: 1}) == NOT
