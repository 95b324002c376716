"""Accounts of households read like sentences, and agree with what was computed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

import mpi
from mpi.core.errors import MpiError
from mpi.indicators import Rule, Rules, column, evaluate, explain, list_rules, load_rules, share_above
from mpi.indicators.rules.yes_no import yes_no_columns

FAMILY = pd.DataFrame(
    {
        "household": "h", "member": [1, 2, 3, 4], "relation": [1, 2, 3, 3], "age": [42, 39, 15, np.nan],
        "attending": [0, 0, 0, np.nan], "insured": [1, 0, 1, np.nan], "roof": 3,
    }
)  # fmt: skip
NOT_INSURED = column("insured") == 0


def account(rule: Rule, people: pd.DataFrame = FAMILY) -> str:
    return str(explain(people, Rules("mine", [rule]), people["household"].iloc[0])[rule.name])


def test_the_boy_who_left_school_by_name() -> None:
    rules = Rules(
        "mine",
        [
            Rule(
                name="schooling",
                eligible=column("age").between(5, 16),
                deprived=column("attending") == 0,
                who="children aged 5 to under 16",
                because="does not attend school",
            ),
            Rule(name="roof", of="household", deprived=column("roof") == 3, because="has a roof of leaves"),
            Rule(name="water", of="household", deprived=column("water") == 7),
        ],
    )
    assert str(explain(FAMILY, rules, "h")) == (
        "Household h by mine\n"
        "schooling: deprived. Member 3, aged 15, does not attend school. Not known: member 4 (age, attending).\n"
        "    asked: children aged 5 to under 16\n"
        "    member 3, aged 15: attending 0\n"
        "    member 4: attending missing (perhaps not eligible)\n"
        "roof: deprived. The household has a roof of leaves (roof 3).\n"
        "water: not computed. The data lack water."
    )


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (Rule(name="r", deprived=NOT_INSURED, household="none"), "not deprived. Member 2, aged 39: is deprived"),
        (Rule(name="r", eligible=column("age") > 99, deprived=NOT_INSURED), "unknown. Not known: member 4"),
        (
            Rule(name="r", deprived=NOT_INSURED, household=share_above("1/2"), because="has no insurance"),
            "not deprived. 1 of 3 eligible members count (has no insurance); the limit is more than 1/2.",
        ),
        (Rule(name="r", deprived=NOT_INSURED, household="head"), "not deprived. 1 eligible member, none of them"),
        (Rule(name="r", deprived=NOT_INSURED, household="all"), "not deprived. Member 1, aged 42; member 3, aged 15"),
        (
            Rule(name="r", eligible=column("age") >= 40, deprived=NOT_INSURED, household="all", enough="1/2"),
            "not deprived. Member 1, aged 42: not so (insured 1).",
        ),
        (Rule(name="r", of="household", deprived=column("roof").is_in([1])), "not deprived. (roof 3)"),
    ],
)  # fmt: skip
def test_a_reason_of_every_kind(rule: Rule, said: str) -> None:
    assert account(rule).startswith(f"r: {said}")


def test_heads() -> None:
    rule = Rule(name="r", deprived=NOT_INSURED, household="head", because="has no insurance")
    two = FAMILY.assign(relation=[1, 1, 3, 3])
    assert "unknown. Not known: the members who are marked as head differ." in account(rule, two)
    none = FAMILY.assign(relation=[2, 2, 3, 3])
    assert "unknown. Nobody is marked as head of the household." in account(rule, none)
    assert "deprived. Member 2, aged 39, has no insurance." in account(rule, FAMILY.assign(relation=[2, 1, 3, 3]))


@pytest.mark.parametrize(
    ("nobody", "said"),
    [("deprived", "counts as deprived"), ("not deprived", "counts as not deprived"), ("missing", "is left missing")],
)
def test_nobody_is_eligible(nobody: str, said: str) -> None:
    old = FAMILY.assign(age=70)
    rule = Rule(name="r", eligible=column("age") < 6, deprived=NOT_INSURED, nobody=nobody)
    assert f"Nobody is eligible; such a household {said}." in account(rule, old)


def test_deprived_whoever_is_eligible() -> None:
    """Of the only member the age is unknown: not eligible the household counts as deprived, and eligible it is."""
    one = pd.DataFrame({"household": [1], "age": [np.nan], "insured": [0]})
    rule = Rule(name="r", eligible=column("age") >= 6, deprived=NOT_INSURED, nobody="deprived")
    assert account(rule, one).startswith("r: deprived. So it is, whoever of them is eligible")


def test_a_household_whose_members_contradict_each_other() -> None:
    rule = Rule(name="r", of="household", deprived=column("roof").is_in([1]))
    assert "its members contradict each other" in account(rule, FAMILY.assign(roof=[1, 2, 1, 1]))


@pytest.mark.parametrize("standard", list_rules())
def test_accounts_agree_with_what_is_computed(standard: str) -> None:
    """Random households: each outcome is that of `evaluate`, with a sentence for it, whatever is missing."""
    rng = np.random.default_rng(5)
    rules = load_rules(standard)
    names = list(dict.fromkeys(c for r in rules for c in r.columns))
    of_home = {c for r in rules if r.of == "household" for c in r.columns}
    homes = np.repeat(np.arange(25), 3)
    people = pd.DataFrame({"household": homes})
    for name in names:
        top = 60 if name == "age" else 2 if name in yes_no_columns(rules) else 4
        values = rng.integers(0, top, len(homes)).astype(float)
        values[rng.random(len(homes)) < 0.2] = np.nan
        people[name] = values[homes * 3] if name in of_home else values
    found = evaluate(people, rules).set_index("household")
    said = {1.0: "deprived", 0.0: "not deprived"}
    for home in range(25):
        explained = explain(people, rules, home)
        for rule in rules:
            value = found.loc[home, rule.column]
            assert explained[rule.name].outcome == said.get(value, "unknown")
            assert len(explained[rule.name].reason) > 5
            assert "  " not in explained[rule.name].reason


def test_as_a_table_of_html_with_nothing_left_open() -> None:
    rule = Rule(name="r", deprived=column("insured") == 0, label="<script>", because="x & y")
    shown = explain(FAMILY.assign(household="<h>"), Rules("<b>", [rule]), "<h>")._repr_html_()
    assert "&lt;script&gt;" in shown
    assert "x &amp; y" in shown
    assert "<h>" not in shown
    assert "<b>" not in shown


def test_households_that_cannot_be_found() -> None:
    rules = Rules("mine", [Rule(name="r", deprived=NOT_INSURED)])
    with pytest.raises(MpiError, match=r"there is no household 'g'; there are 'h'"):
        explain(FAMILY, rules, "g")
    with pytest.raises(MpiError, match="did you mean 'household'"):
        explain(FAMILY, rules, "h", household="househld")
    with pytest.raises(MpiError, match="give a value of each"):
        explain(FAMILY, rules, ("h", 1))
    with pytest.raises(MpiError, match="there is no account of 's'; there are 'r'"):
        explain(FAMILY, rules, "h")["s"]


def test_an_identifier_used_in_two_psus() -> None:
    twice = pd.DataFrame({"household": 1, "psu": [1, 1, 2], "insured": [1, 0, 1]})
    survey = mpi.Survey(twice, household="household", psu="psu")
    rules = Rules("mine", [Rule(name="r", deprived=NOT_INSURED)])
    with pytest.raises(MpiError, match=r"2 households have the identifier 1 .* within=\{...\}, by 'psu'"):
        explain(survey, rules, 1)
    assert explain(survey, rules, 1, within={"psu": 2})["r"].outcome == "not deprived"


def test_polars_and_text_answers() -> None:
    people = pl.DataFrame({"household": [1, 1], "sex": ["female", None]})
    rules = Rules("mine", [Rule(name="r", deprived=column("sex") == "female", because="is a woman")])
    assert "Member 1, is a woman. Not known: member 2 (sex)." in str(explain(people, rules, 1))
