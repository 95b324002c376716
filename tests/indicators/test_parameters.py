"""Parameters of rule files: what a country sets stands where the rules refer to it, and mistakes are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpi.core.errors import MpiError
from mpi.indicators import Rules, column, evaluate, load_rules

FILE = """
[parameters.entry]
value = 6
label = "age of entry"
source = "a decree"
[parameters.until]
value = { parameter = "entry", plus = 9 }
[parameters.codes]
value = [1, 2]
[parameters.share]
value = 0.1

[rules.school]
eligible = { column = "age", from = { parameter = "entry" }, below = { parameter = "until" } }
deprived = { column = "attending", is = 0 }
[rules.water]
of = "household"
deprived = { any = [
    { column = "water", not_in = { parameter = "codes" } },
    { column = "z", below = { parameter = "share" } },
] }
[rules.water.strict]
deprived = { column = "water", not_in = { parameter = "codes" } }
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "mine.toml"
    file.write_text(FILE)
    return file


def test_the_files_own_values(path: Path) -> None:
    rules = Rules.from_toml(path)
    assert rules["school"].eligible == column("age").between(6, 15)
    assert rules["water"].deprived == ~column("water").is_in([1, 2]) | (column("z") < 0.1)
    assert [(p.name, p.value) for p in rules.parameters] == [
        ("entry", 6), ("until", 15), ("codes", (1, 2)), ("share", 0.1),
    ]  # fmt: skip
    assert (rules.parameters[0].label, rules.parameters[0].source) == ("age of entry", "a decree")


@given(st.integers(0, 20), st.lists(st.integers(-99, 999), min_size=1, max_size=4), st.integers(-5, 99))
def test_what_the_user_sets_stands_in_every_rule(
    tmp_path_factory: Any, entry: int, codes: list[int], share: int
) -> None:
    file = tmp_path_factory.getbasetemp() / "set.toml"
    file.write_text(FILE)
    asked = {"entry": np.int64(entry), "codes": codes, "share": share / 8}
    rules = Rules.from_toml(file, parameters=asked)
    assert rules["school"].eligible == column("age").between(entry, entry + 9)
    assert rules["water"].deprived == ~column("water").is_in(codes) | (column("z") < share / 8)
    strict = Rules.from_toml(file, missing="strict", parameters=asked)
    assert strict["water"].deprived == ~column("water").is_in(codes)
    assert [p.source for p in rules.parameters] == ["given", "", "given", "given"]


def test_written_rules_hold_the_values(path: Path, tmp_path: Path) -> None:
    rules = Rules.from_toml(path, parameters={"entry": 5})
    again = tmp_path / "again.toml"
    again.write_text(rules.to_toml())
    assert Rules.from_toml(again) == rules
    assert Rules.from_toml(again)["school"].eligible == column("age").between(5, 14)


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ({"entri": 5}, r"there is no parameter 'entri'; did you mean 'entry'\?"),
        ({"entry": [5]}, r"'entry' is 6 in the file; give a number or a text, not \[5\]"),
        ({"codes": 5}, r"'codes' is \(1, 2\) in the file; give a list"),
        ({"codes": []}, "give a list of numbers or of texts"),
        ({"entry": None}, "give a number or a text, not None"),
        ({"entry": True}, "give a number or a text, not True"),
        ({"entry": float("nan")}, "give a number or a text, not nan"),
    ],
)
def test_what_cannot_be_set(path: Path, given_: Any, said: str) -> None:
    with pytest.raises(MpiError, match=said):
        Rules.from_toml(path, parameters=given_)


def test_rules_without_parameters_say_so() -> None:
    with pytest.raises(MpiError, match="the rules have none, and 'entry_age' was given"):
        load_rules("vn-2016", parameters={"entry_age": 5})


def test_mistakes_of_a_file_are_told_at_once(path: Path) -> None:
    path.write_text(
        """
[parameters]
text = 3
[parameters.a]
value = { parameter = "b" }
[parameters.b]
value = []
[parameters.c]
labl = "x"
value = [1]
[rules.x]
deprived = { column = "x", at_least = { parameter = "A" } }
[rules.y]
deprived = { column = "x", at_least = { parameter = "c", plus = 1 } }
"""
    )
    with pytest.raises(MpiError) as error:
        Rules.from_toml(path)
    for said in (
        "parameters.text: found the number 3",
        "parameters.a.value: there is no parameter 'b'",
        "parameters.b.value: found an empty list, expected a number, a text, or a list",
        "parameters.c.labl: there is no key 'labl'; did you mean 'label'?",
        "rules.x.deprived.at_least: there is no parameter 'A'",
        "rules.y.deprived.at_least: plus adds a number to a parameter that is one; 'c' is (1,)",
    ):
        assert said in str(error.value)


def test_school_age_of_a_country_that_enters_at_five() -> None:
    """Punjab: children of 5 to 13 are to attend; from 11 on everybody is asked for six years of schooling."""
    people = pd.DataFrame({"household": [1, 2, 3], "age": [5, 13, 14], "attending": 0, "grade": [0, 6, 0]})
    names = ["school_attendance", "years_of_schooling"]
    at_six = evaluate(people, load_rules("global-mpi").select(names))
    at_five = evaluate(people, load_rules("global-mpi", parameters={"entry_age": 5}).select(names))
    assert at_six["d_satt"].tolist() == [0, 1, 1]
    assert at_five["d_satt"].tolist() == [1, 1, 0]
    eleven = people.assign(age=11, grade=[5, 6, 0])
    asked = load_rules("global-mpi", parameters={"entry_age": 5})["years_of_schooling"].eligible
    assert "at_least', value=11" in repr(asked)
    assert evaluate(eleven, load_rules("global-mpi", parameters={"entry_age": 5}).select(names))["d_educ"].tolist() == [
        1, 0, 1,
    ]  # fmt: skip


def test_every_parameter_of_a_shipped_file_has_a_source_and_is_used() -> None:
    for missing in ("practice", "strict"):
        rules = load_rules("global-mpi", missing=missing)
        assert {"entry_age", "schooling_from", "attendance_until"} <= {p.name for p in rules.parameters}
        for p in rules.parameters:
            assert p.source
            assert p.label
            other = p.value + 1 if isinstance(p.value, int) else (*p.value, 4711)
            assert load_rules("global-mpi", missing=missing, parameters={p.name: other}) != rules, p.name
