"""Rules meet codes they did not ask for: refused, taken by their labels, declared missing, or told in a warning."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mpi
from frame_kinds import ENGINES, collected, polars
from mpi.core.errors import MpiError, MpiWarning
from mpi.frames.missing_codes import read_missing
from mpi.indicators import Rule, Rules, add_deprivations, all_of, column, evaluate, explain

LIGHT = Rules("light", [Rule(name="electricity", of="household", deprived=column("electricity") == 0)])
RAW = pd.DataFrame({"household": range(8), "electricity": [1, 1, 2, 9, 2, 1, 1, 2]})
LABELS = {"electricity": {1: "Yes", 2: "No", 9: "Missing"}}


def _found(frame: Any, rules: Rules, **options: Any) -> pd.DataFrame:
    return collected(evaluate(frame, rules, **options)).set_index("household").sort_index()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_column_of_yes_and_no_must_hold_nothing_else(engine, on_engine):
    """Raw codes 1, 2, 9 gave nobody deprived of a true 3, without a word."""
    rules = Rules("two", [*LIGHT, Rule(name="tv", of="household", deprived=column("tv") == 1)])
    frame = on_engine(engine, RAW.assign(tv=[0.0, 1, np.nan, 8, 0, 8, 1, 0]))
    with pytest.raises(MpiError) as error:
        evaluate(frame, rules)
    light, tv = error.value.problems
    assert "electricity: column 'electricity' is asked for 0 alone, and holds 2 in 3 rows, 9 in 1 rows" in light
    assert "declare what is no answer, missing={'electricity': [9]}" in light
    assert "tv: column 'tv' is asked for 1 alone, and holds 8 in 2 rows" in tv


@pytest.mark.parametrize("engine", ENGINES)
def test_texts_of_a_rule_are_labels_of_codes(engine, on_engine):
    by_label = Rules("l", [Rule(name="electricity", of="household", deprived=column("electricity") == "no")])
    frame = on_engine(engine, RAW)
    with pytest.warns(MpiWarning, match=r"'electricity' holds 9 \('Missing'\) in 1 rows"):
        found = _found(frame, by_label, labels=LABELS)["dep_electricity"]
    assert found.tolist() == [0, 0, 1, 0, 1, 0, 0, 1]
    declared = Rules("l", by_label.rules, missing={"electricity": "Missing"})
    found = _found(frame, declared, labels=LABELS)["dep_electricity"]
    np.testing.assert_array_equal(found, [0, 0, 1, np.nan, 1, 0, 0, 1])
    wrong = Rules("l", [Rule(name="electricity", deprived=column("electricity").is_in(["Noo", "Yes"]))])
    with pytest.raises(MpiError, match=r"no value of column 'electricity' is labelled 'Noo'; did you mean 'No'\?"):
        evaluate(frame, wrong, labels=LABELS)


@pytest.mark.parametrize("engine", ENGINES)
def test_both_sides_may_be_stated_and_all_else_is_missing(engine, on_engine):
    """As in a script: replace x = 1 if code == 2; replace x = 0 if code == 1; anything else stays missing."""
    stated = Rule(
        name="electricity", of="household", deprived=column("electricity").is_in([2]),
        not_deprived=column("electricity").is_in([1]),
    )  # fmt: skip
    frame = on_engine(engine, RAW)
    found = _found(frame, Rules("s", [stated]))["dep_electricity"]
    np.testing.assert_array_equal(found, [0, 0, 1, np.nan, 1, 0, 0, 1])
    torn = Rule(name="t", deprived=column("electricity") >= 2, not_deprived=column("electricity") < 9)
    with pytest.raises(MpiError, match="t: 3 rows meet both deprived and not_deprived"):
        evaluate(frame, Rules("s", [torn]))


CODES = st.sampled_from([0, 1, 2, 9])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(CODES, st.one_of(st.none(), CODES)), min_size=1, max_size=12), st.booleans())
def test_stated_sides_are_read_as_written(rows, lazily):
    a, b = (np.array([np.nan if v is None else float(v) for v in side]) for side in zip(*rows, strict=True))
    frame = pd.DataFrame({"household": np.arange(len(a)), "a": a, "b": b})
    rule = Rule(
        name="r", of="household", deprived=column("a").is_in([0]) & (column("b") > 1),
        not_deprived=column("a").is_in([1]) | all_of(column("a").is_in([0]), column("b").is_in([0, 1])),
    )  # fmt: skip
    wanted = np.where((a == 0) & (b > 1), 1.0, np.where((a == 1) | ((a == 0) & (b <= 1)), 0.0, np.nan))
    found = _found(polars(frame).lazy() if lazily else frame, Rules("r", [rule]))["dep_r"]
    np.testing.assert_array_equal(found, wanted)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from([0.0, 1.0, 2.0, 8.0, 9.0, np.nan]), min_size=2, max_size=10),
    st.sampled_from([[], [9], [8, 9], [2, 8, 9], ["2-9"]]),
    st.booleans(),
)
def test_what_is_declared_is_missing_and_what_is_left_is_refused(values, codes, lazily):
    frame = pd.DataFrame({"household": np.arange(len(values)), "electricity": values})
    gone = {2.0, 8.0, 9.0} if codes == ["2-9"] else set(codes)
    left = [v for v in values if v in {2.0, 8.0, 9.0} - gone]
    made = polars(frame).lazy() if lazily else frame
    rules = Rules("light", LIGHT.rules, missing={"electricity": codes})
    survey = mpi.Survey(made, household="household", psu="household", missing={"electricity": codes})
    if left:
        for call in (lambda: evaluate(made, rules), lambda: add_deprivations(survey, LIGHT)):
            with pytest.raises(MpiError, match=rf"holds {min(left):g} in {left.count(min(left))} rows"):
                call()
        return
    wanted = [np.nan if v in gone or v != v else float(v == 0) for v in values]  # noqa: PLR0124  # NaN
    np.testing.assert_array_equal(_found(made, rules)["dep_electricity"], wanted)
    rows = add_deprivations(survey, LIGHT).collect()
    order = np.argsort(rows.numbers("household"))
    np.testing.assert_array_equal(rows.numbers("dep_electricity")[order], wanted)
    kept = add_deprivations(mpi.Survey(made, household="household", psu="household"), rules).collect()
    assert sorted(map(str, kept.numbers("electricity"))) == sorted(map(str, values))  # only the rules take it so


@pytest.mark.parametrize("engine", ["pandas", "polars", "arrow", "lazy polars", "duckdb"])
def test_codes_that_read_like_missing_ones_are_told(engine, on_engine):
    """Minutes 998 were far, 98 years of school were many."""
    frame = on_engine(engine, pd.DataFrame({
        "household": [1, 2, 3, 4], "c": [1, 1, 2, 2], "minutes": [5, 40, 998, 998], "yrs": [3, 98, 97, 9],
        "toilet": [11, 23, 99, 99],
    }))  # fmt: skip
    labels = {"minutes": {998: "DK", 999: "Missing"}, "yrs": {97: "Inconsistent", 98: "Không biết"}}
    labels["toilet"] = {99: "Missing"}
    rules = Rules("r", [
        Rule(name="water", deprived=column("minutes") >= 30), Rule(name="school", deprived=column("yrs") < 6),
        Rule(name="toilet", deprived=column("toilet").is_in([23, 99])),
    ])  # fmt: skip
    survey = mpi.Survey(frame, household="household", psu="c", labels=labels)
    with pytest.warns(MpiWarning) as seen:
        add_deprivations(survey, rules)
    (message,) = {str(w.message) for w in seen}
    assert "column 'minutes' holds 998 ('DK') in 2 rows" in message
    assert "column 'yrs' holds 97 ('Inconsistent') in 1 rows and 98 ('Không biết') in 1 rows" in message
    assert "missing={'minutes': [998], 'yrs': [97, 98]}" in message
    assert "toilet" not in message  # the rule names 99
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        declared = {"minutes": [998], "yrs": []}
        made = mpi.Survey(frame, household="household", psu="c", labels=labels, missing=declared)
        rows = add_deprivations(made, rules).collect()
    assert np.nansum(rows.numbers("dep_water")) == 1
    assert np.isnan(rows.numbers("dep_water")).sum() == 2


@pytest.mark.parametrize("engine", ["pandas", "lazy polars"])
def test_labels_that_contradict_the_coding_are_told(engine, on_engine):
    frame = on_engine(engine, pd.DataFrame({"household": [1, 2], "electricity": [0, 1]}))
    with pytest.warns(MpiWarning, match="column 'electricity': 0 is 'Yes' and 1 is 'No'"):
        evaluate(frame, LIGHT, labels={"electricity": {0: "Yes", 1: "No"}})


def test_who_is_head_is_a_code_and_codes_are_asked_with_in():
    people = pd.DataFrame({"household": [1, 1, 2], "relation": [1, 3, 1], "age": [40, 9, 70], "sex": [1, 2, 2]})
    rules = Rules("r", [
        Rule(name="old", household="head", deprived=column("age") > 60),
        Rule(name="men", eligible=column("sex").is_in([1]), deprived=column("age") > 60),
    ])  # fmt: skip
    assert evaluate(people, rules)[["dep_old", "dep_men"]].to_numpy().tolist() == [[0, 0], [1, 0]]


def test_rule_files_hold_codes_and_both_sides(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(
        '[missing]\nyrs = [97, 98, "DK"]\nminutes = "995-999"\nhaz = [99.97]\n"*" = 9998\n'
        "[rules.school]\ndeprived = { column = 'yrs', below = 6 }\nnot_deprived = { column = 'yrs', at_least = 6 }\n"
        "[rules.water]\ndeprived = { any = [{ column = 'minutes', above = 30 }, { column = 'haz', below = -2 }] }\n"
    )
    rules = Rules.from_toml(file)
    assert rules.missing == read_missing({"yrs": [97, 98, "DK"], "minutes": "995-999", "haz": 99.97, "*": 9998})
    assert rules["school"].not_deprived == (column("yrs") >= 6)
    file.write_text(rules.to_toml())
    assert Rules.from_toml(file) == rules
    assert rules.select(["water"]).missing == read_missing({"minutes": "995-999", "haz": 99.97, "*": 9998})
    file.write_text(
        "[missing]\nyr = [97]\nhaz = [true]\nold = '9-3'\n[rules.s]\ndeprived = { column = 'yrs', below = 6 }\n"
        "not_deprived = { column = 'yrs', atleast = 6 }\n[rules.t]\ndeprived = { column = 'yrs', below = 6 }\n"
    )
    with pytest.raises(MpiError) as error:
        Rules.from_toml(file)
    told = "\n".join(error.value.problems)
    assert "missing.haz: found True, expected a code" in told
    assert "missing.old: the range '9-3' ends before it begins" in told
    assert "rules.s.not_deprived" in told
    with pytest.raises(MpiError, match="missing: there is no column the rules ask for called 'yr'; did you mean 'yrs'"):
        Rules("r", [Rule(name="s", deprived=column("yrs") < 6)], missing={"yr": 97})


def test_an_account_says_what_is_neither():
    stated = Rule(
        name="light", of="household", deprived=column("electricity").is_in([2]),
        not_deprived=column("electricity").is_in([1]),
    )  # fmt: skip
    assert "Not known: it meets neither side (electricity 9)." in str(explain(RAW, Rules("s", [stated]), 3))


@pytest.mark.parametrize("engine", ["pandas", "polars", "arrow", "lazy polars", "duckdb"])
def test_texts_that_read_like_missing_answers_are_told(engine, on_engine):
    """Of a text nobody has to know a label: "Don't know" was no leaf and no straw, so nobody was deprived."""
    frame = on_engine(engine, pd.DataFrame({
        "household": [1, 2, 3, 4], "c": [1, 1, 2, 2], "roof": ["leaves", "Don't know", "Missing", None],
        "fuel": ["wood", "gas", "DK", "DK"],
    }))  # fmt: skip
    rules = Rules("r", [
        Rule(name="roof", of="household", deprived=column("roof").is_in(["leaves", "straw", "Missing"])),
        Rule(name="fuel", of="household", deprived=column("fuel") == "wood"),
    ])  # fmt: skip
    survey = mpi.Survey(frame, household="household", psu="c")
    for call in (lambda: evaluate(frame, rules), lambda: add_deprivations(survey, rules)):
        with pytest.warns(MpiWarning) as seen:
            call()
        (message,) = {str(w.message) for w in seen}
        assert """column 'roof' holds "Don't know" in 1 rows; column 'fuel' holds 'DK' in 2 rows""" in message
        assert """missing={'roof': ["Don't know"], 'fuel': ['DK']}""" in message
    declared = {"roof": ["Don't know"], "fuel": "DK"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rows = add_deprivations(
            mpi.Survey(frame, household="household", psu="c", missing=declared), rules
        ).collect()  # fmt: skip
        evaluate(frame, Rules("r", rules.rules, missing=declared))
    order = np.argsort(rows.numbers("household"))
    np.testing.assert_array_equal(rows.numbers("dep_roof")[order], [1, np.nan, 1, np.nan])
    np.testing.assert_array_equal(rows.numbers("dep_fuel")[order], [1, 0, np.nan, np.nan])
    with pytest.warns(MpiWarning, match="'fuel' holds 'DK' in 2 rows"):
        mpi.proportion(survey, "fuel", unit="household")
