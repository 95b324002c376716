"""Viet Nam 2016-2021, the ten indicators: each household decided by hand from the list of the standard.

Deprived, by the standard: a member was ill and did not seek care; a member of 6 or over without insurance; a member
of 15 or over, born in 1986 or later, who has not finished lower secondary school and is not studying; a child of 5 to
under 15 out of school; a house that is not solid; less than 8 m2 a person; no hygienic water; no hygienic toilet; no
member with telephone or internet; no television, radio or computer, and no loudspeakers to hear. Codes of answers are
those of the VHLSS 2022 questionnaire.
"""

from __future__ import annotations

from typing import Any

import pytest

from worked import DEPRIVED, MISSING, NOT, UNKNOWN, Answers, says


def person(age: float, **answers: Any) -> Answers:
    """Somebody in the round of 2016: healthy, insured, with upper secondary school done, who uses the internet."""
    usual = {"ill": 0, "sought_care": MISSING, "insured": 1, "attending": 0, "level": 3, "internet": 1}
    return {"age": age, "birth_year": 2016 - age, **usual, **answers}


def pupil(age: float, **answers: Any) -> Answers:
    return person(age, **{"attending": 1, "level": 0 if age < 11 else 1, **answers})


def family(**answers: Any) -> list[Answers]:
    """Two parents of 42 and 39 and a girl of 12; what is given is the girl's."""
    return [person(42), person(39), pupil(12, **answers)]


def pensioners(**answers: Any) -> list[Answers]:
    return [person(71, level=0, internet=0, **answers), person(68, level=0, internet=0, **answers)]


HEALTH_ACCESS = {
    "a mother who was off work and saw nobody": ([person(42), person(39, ill=1, sought_care=0)], DEPRIVED),
    "a girl who was off school and saw a nurse": (family(ill=1, sought_care=1), NOT),
    "nobody was ill": (family(), NOT),
    "both were ill, one saw a doctor": ([person(70, ill=1, sought_care=1), person(71, ill=1, sought_care=0)], DEPRIVED),
    "a baby counts too": ([person(30), person(0, ill=1, sought_care=0)], DEPRIVED),
    "ill, and care was not asked": (family(ill=1), UNKNOWN),
    "nobody was asked about illness": ([person(42, ill=MISSING), person(39, ill=MISSING)], UNKNOWN),
    "one was not asked, the other did without care": (
        [person(42, ill=MISSING), person(39, ill=1, sought_care=0)],
        DEPRIVED,
    ),
    "not asked about illness, but sought care": (family(ill=MISSING, sought_care=1), NOT),
}

HEALTH_INSURANCE = {
    "all insured": (family(), NOT),
    "the girl is not": (family(insured=0), DEPRIVED),
    "a child of 5 is not asked": ([person(30), pupil(5, insured=0)], NOT),
    "a child of 6 is": ([person(30), pupil(6, insured=0)], DEPRIVED),
    "pensioners without insurance": (pensioners(insured=0), DEPRIVED),
    "a baby alone with no answers": ([person(0, insured=MISSING)], NOT),
    "half the answers missing, none without": ([person(42), person(39, insured=MISSING)], UNKNOWN),
    "half the answers missing, one without": ([person(42, insured=MISSING), person(39, insured=0)], DEPRIVED),
    "uninsured and of unknown age": ([person(42), person(MISSING, birth_year=MISSING, insured=0)], UNKNOWN),
    "insured and of unknown age": ([person(42), person(MISSING, birth_year=MISSING)], NOT),
}

ADULT_EDUCATION = {
    "a man of 25 who left after primary school": ([person(25, level=1)], DEPRIVED),
    "he never went": ([person(25, level=0)], DEPRIVED),
    "he finished lower secondary": ([person(25, level=2)], NOT),
    "he left, and studies again": ([person(25, level=1, attending=1)], NOT),
    "born in 1985": ([person(31, level=0)], NOT),
    "born in 1986": ([person(30, level=0)], DEPRIVED),
    "born in 1986, asked before the birthday": ([person(29, birth_year=1986, level=0)], DEPRIVED),
    "a couple of pensioners who never went to school": (pensioners(), NOT),
    "a boy of 15 who left school": ([*family(), person(15, level=1)], DEPRIVED),
    "a boy of 14 who left school is no adult": ([person(14, level=1)], NOT),
    "the level was not asked, and he studies": ([person(20, level=MISSING, attending=1)], NOT),
    "the level was not asked, and he does not": ([person(20, level=MISSING)], UNKNOWN),
    "a low level, and studying was not asked": ([person(20, level=1, attending=MISSING)], UNKNOWN),
    "upper secondary, and studying was not asked": ([person(20, attending=MISSING)], NOT),
    "of adult age, the year of birth unknown": ([person(28, birth_year=MISSING, level=0)], UNKNOWN),
    "too old by the year of birth, the age unknown": ([person(MISSING, birth_year=1950, level=0)], NOT),
}

CHILD_SCHOOLING = {
    "the girl of 12 is in school": (family(), NOT),
    "the girl of 12 is not": (family(attending=0), DEPRIVED),
    "nobody of school age": (pensioners(), NOT),
    "a child of 4 stays at home": ([person(30), person(4)], NOT),
    "a child of 5 stays at home": ([person(30), person(5)], DEPRIVED),
    "a boy of 14 who left school": ([person(40), person(14, level=1)], DEPRIVED),
    "a boy of 15 who left school is an adult": ([person(40), person(15, level=1)], NOT),
    "two children, one out of school": ([*family(), person(9)], DEPRIVED),
    "two children, one not asked": ([*family(), pupil(9, attending=MISSING)], UNKNOWN),
    "two children, one not asked, one out": ([*family(attending=0), pupil(9, attending=MISSING)], DEPRIVED),
    "of unknown age, out of school": ([person(40), person(MISSING, birth_year=MISSING)], UNKNOWN),
    "of unknown age, in school": ([person(40), person(MISSING, birth_year=MISSING, attending=1)], NOT),
}


def cases(table: dict[str, tuple[list[Answers], Any]]) -> Any:
    return pytest.mark.parametrize(("members", "expected"), table.values(), ids=table)


@cases(HEALTH_ACCESS)
def test_health_access(members: list[Answers], expected: Any) -> None:
    assert says("vn-2016", "health_access", *members) == expected


@cases(HEALTH_INSURANCE)
def test_health_insurance(members: list[Answers], expected: Any) -> None:
    assert says("vn-2016", "health_insurance", *members) == expected


@cases(ADULT_EDUCATION)
def test_adult_education(members: list[Answers], expected: Any) -> None:
    assert says("vn-2016", "adult_education", *members) == expected


@cases(CHILD_SCHOOLING)
def test_child_schooling(members: list[Answers], expected: Any) -> None:
    assert says("vn-2016", "child_schooling", *members) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(1, NOT), (2, NOT), (3, NOT), (4, NOT), (5, DEPRIVED), (MISSING, UNKNOWN)],
    ids=["villa", "flat", "solid", "semi-solid", "temporary", "not asked"],
)
def test_housing_quality(kind: float, expected: Any) -> None:
    assert says("vn-2016", "housing_quality", *family(), housing_type=kind) == expected


@pytest.mark.parametrize(
    ("area", "people", "expected"),
    [
        (24.0, 3, NOT),  # 8 m2 each is not less than 8
        (23.9, 3, DEPRIVED),
        (8.0, 1, NOT),
        (7.0, 1, DEPRIVED),
        (0.0, 1, DEPRIVED),
        (MISSING, 3, UNKNOWN),
        (24.0, MISSING, UNKNOWN),
    ],
)
def test_housing_area(area: float, people: float, expected: Any) -> None:
    assert says("vn-2016", "housing_area", *family(), living_area=area, size=people) == expected


WATER = {
    "tap in the house": (1, NOT), "borehole": (5, NOT), "protected well": (6, NOT), "unprotected well": (7, DEPRIVED),
    "protected spring": (8, NOT), "unprotected spring": (9, DEPRIVED), "rain": (10, NOT), "cart": (12, DEPRIVED),
    "river or pond": (13, DEPRIVED), "bottled": (14, NOT), "other": (15, DEPRIVED), "not asked": (MISSING, UNKNOWN),
}  # fmt: skip
TOILET = {
    "septic tank": (2, NOT), "open flush": (4, DEPRIVED), "ventilated pit": (6, NOT), "pit with slab": (7, NOT),
    "open pit": (8, DEPRIVED), "composting": (9, NOT), "bucket": (10, DEPRIVED), "over a fish pond": (11, DEPRIVED),
    "none": (12, DEPRIVED), "other": (13, DEPRIVED), "not asked": (MISSING, UNKNOWN),
}  # fmt: skip


@pytest.mark.parametrize(("code", "expected"), WATER.values(), ids=WATER)
def test_water(code: float, expected: Any) -> None:
    assert says("vn-2016", "water", *family(), water=code) == expected


@pytest.mark.parametrize(("code", "expected"), TOILET.values(), ids=TOILET)
def test_toilet(code: float, expected: Any) -> None:
    assert says("vn-2016", "toilet", *family(), toilet=code) == expected


SILENT = {"landline": 0, "mobile": 0, "smartphone": 0}


@pytest.mark.parametrize(
    ("members", "telephones", "expected"),
    [
        (pensioners(), SILENT, DEPRIVED),
        (pensioners(), {**SILENT, "landline": 1}, NOT),
        (pensioners(), {**SILENT, "mobile": 1}, NOT),
        (pensioners(), {**SILENT, "smartphone": 1}, NOT),
        ([*pensioners(), person(16)], SILENT, NOT),  # a grandchild uses the internet
        ([*pensioners(), person(3, internet=MISSING)], SILENT, DEPRIVED),  # below 6 nobody is asked
        ([*pensioners(), person(16, internet=MISSING)], SILENT, UNKNOWN),
        ([*pensioners(), person(16, internet=MISSING)], {**SILENT, "mobile": 1}, NOT),
        (pensioners(), {**SILENT, "mobile": MISSING}, UNKNOWN),
        (pensioners(), {**SILENT, "smartphone": MISSING}, DEPRIVED),  # rounds that count them among the mobiles
    ],
)
def test_telecom(members: list[Answers], telephones: Answers, expected: Any) -> None:
    assert says("vn-2016", "telecom", *members, **telephones) == expected


def test_telecom_in_a_round_that_did_not_ask_for_smartphones() -> None:
    assert says("vn-2016", "telecom", *pensioners(), landline=0, mobile=0) == DEPRIVED
    assert says("vn-2016", "telecom", *pensioners(), landline=0, mobile=1) == NOT


DEAF = {"tv": 0, "radio": 0, "desktop": 0, "laptop": 0, "loudspeaker": 0}


@pytest.mark.parametrize(
    ("means", "expected"),
    [
        (DEAF, DEPRIVED),
        ({**DEAF, "tv": 1}, NOT),
        ({**DEAF, "radio": 1}, NOT),
        ({**DEAF, "desktop": 1}, NOT),
        ({**DEAF, "laptop": 1}, NOT),
        ({**DEAF, "loudspeaker": 1}, NOT),
        ({**DEAF, "loudspeaker": MISSING}, DEPRIVED),  # not asked in VHLSS: an upper bound, as the rule says
        ({**DEAF, "radio": MISSING}, UNKNOWN),
        ({**DEAF, "radio": MISSING, "tv": 1}, NOT),
        ({"tv": 0, "radio": 0, "desktop": 0}, DEPRIVED),  # neither question in the round
    ],
)
def test_information_assets(means: Answers, expected: Any) -> None:
    assert says("vn-2016", "information_assets", *family(), **means) == expected
