"""Answers that are not as they should be: one clear error that says how to mend it, or a stated unknown."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import frame_kinds
import mpi
from mpi.core.errors import MpiError
from mpi.indicators import Rule, Rules, add_deprivations, column, evaluate, explain, holds, load_rules, share_above

PEOPLE: dict[str, Any] = {"household": [1, 1, 2], "age": [40, 10, 30], "insured": [0, 1, 1], "roof": [1, 1, 0]}
RULES = Rules(
    "mine",
    [
        Rule(name="insurance", eligible=column("age") >= 6, deprived=column("insured") == 0),
        Rule(name="roof", of="household", deprived=column("roof") == 1),
    ],
)
TEXTS = Rules("texts", [Rule(name="sex", deprived=column("sex") == "female")])
LAZY_KINDS = [kind for kind in frame_kinds.LAZY if kind != "dataset"][:-1]  # Spark needs seconds for each
EVERY = pytest.mark.parametrize("kind", [*frame_kinds.IN_MEMORY, *LAZY_KINDS])
EAGER = pytest.mark.parametrize("kind", frame_kinds.IN_MEMORY)
LAZY = pytest.mark.parametrize("kind", LAZY_KINDS)


def made(kind: str, columns: dict[str, Any]) -> Any:
    if kind == "pandas":
        return pd.DataFrame(columns)
    if kind in {"polars", "lazy polars"}:
        frame = pl.DataFrame(columns, strict=False)
        return frame if kind == "polars" else frame.lazy()
    table = pa.table(columns)
    if kind == "dask":
        return pytest.importorskip("dask.dataframe", reason="Dask is an extra").from_pandas(
            table.to_pandas(date_as_object=False), 2
        )
    if kind == "ibis":
        return pytest.importorskip("ibis", reason="Ibis is an extra").memtable(table)
    return table if kind == "arrow" else pytest.importorskip("duckdb", reason="DuckDB is an extra").from_arrow(table)


def listed(found: Any, name: str) -> list[float | None]:
    """A column of a result in the order of households, None where missing."""
    table = frame_kinds.collected(found)
    values = table.sort_values("household", na_position="last")[name]
    return [None if pd.isna(v) else float(v) for v in values]


def error(*args: Any, **kwargs: Any) -> str:
    with pytest.raises(MpiError) as caught:
        evaluate(*args, **kwargs)
    return str(caught.value)


# --- what is given ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rules", ["vn-2016", None, list(RULES)])
def test_rules_of_another_kind(rules: Any) -> None:
    said = error(pd.DataFrame(PEOPLE), rules)
    assert "rules are needed, not" in said
    assert "load_rules('vn-2022')" in said
    with pytest.raises(MpiError, match="rules are needed"):
        explain(pd.DataFrame(PEOPLE), rules, 1)
    with pytest.raises(MpiError, match="rules are needed"):
        add_deprivations(mpi.Survey(pd.DataFrame(PEOPLE), household="household"), rules)


@pytest.mark.parametrize("data", [None, PEOPLE, [1, 2], "people.csv"])
def test_no_data_frame(data: Any) -> None:
    assert "data frame" in error(data, RULES)


@EVERY
def test_an_absent_household_column(kind: str) -> None:
    said = error(made(kind, PEOPLE), RULES, household="househld")
    assert "there is no column 'househld'; did you mean 'household'?" in said
    assert "name at least one column" in error(made(kind, PEOPLE), RULES, household=[])


@EVERY
def test_a_column_named_twice_to_identify(kind: str) -> None:
    assert listed(evaluate(made(kind, PEOPLE), RULES, ["household", "household"]), "dep_insurance") == [1, 0]


@EVERY
def test_absent_answers(kind: str) -> None:
    said = error(made(kind, {k: v for k, v in PEOPLE.items() if k != "insured"} | {"insred": [0, 1, 1]}), RULES)
    assert "'insured', needed by insurance; did you mean 'insred'?" in said
    assert "1 of 2 rules can be computed all the same, with computable(rules, columns): roof" in said


def test_columns_of_one_name() -> None:
    frame = pd.DataFrame([[1, 40, 41, 0, 1]], columns=["household", "age", "age", "insured", "roof"])
    assert "several columns of one name" in error(frame, RULES)


@EVERY
def test_no_rows(kind: str) -> None:
    none = {k: np.array(v[:0], dtype="int64") for k, v in PEOPLE.items()}
    if kind not in frame_kinds.IN_MEMORY:
        assert listed(evaluate(made(kind, none), RULES), "dep_insurance") == []
    else:
        assert "it has no rows" in error(made(kind, none), RULES)


@EVERY
def test_a_result_never_overwrites_the_identifier(kind: str) -> None:
    rule = Rule(name="insurance", column="household", deprived=column("insured") == 0)
    assert "which identifies the households" in error(made(kind, PEOPLE), Rules("mine", [rule]))


# --- identifiers -----------------------------------------------------------------------------------------------------


@EAGER
def test_a_missing_identifier_is_refused(kind: str) -> None:
    said = error(made(kind, PEOPLE | {"household": [1, None, 2]}), RULES)
    assert "the household column 'household' is missing in 1 of 3 rows" in said


@LAZY
@pytest.mark.parametrize("absent", [None, math.nan])
def test_members_without_an_identifier_are_no_household(kind: str, absent: float | None) -> None:
    frame = made(kind, PEOPLE | {"household": pa.array([1.0, absent, 2.0]) if kind == "duckdb" else [1.0, absent, 2.0]})
    assert listed(evaluate(frame, RULES), "dep_insurance") == [1, 0, None]


@EVERY
def test_identifiers_of_two_types(kind: str) -> None:
    people = {k: v for k, v in PEOPLE.items() if k != "roof"}
    homes = made(kind, {"household": ["1", "2"], "roof": [1, 0]})
    said = error(made(kind, people), RULES, households_frame=homes)
    assert "household" in said
    assert "of one type" in said


@EVERY
@pytest.mark.parametrize("dtype", ["int32", "float64", "uint8"])
def test_numbers_of_two_types_are_one_identifier(kind: str, dtype: str) -> None:
    people = {k: v for k, v in PEOPLE.items() if k != "roof"}
    homes = made(kind, {"household": np.array([2, 1], dtype=dtype), "roof": [0, 1]})
    assert listed(evaluate(made(kind, people), RULES, households_frame=homes), "dep_roof") == [1, 0]


@LAZY
def test_an_identifier_that_is_not_whole_has_no_match_among_whole_ones(kind: str) -> None:
    people = {k: v for k, v in PEOPLE.items() if k != "roof"}
    homes = made(kind, {"household": [1.5, 2.0], "roof": [1, 1]})
    assert listed(evaluate(made(kind, people), RULES, households_frame=homes), "dep_roof") == [None, 1]


def test_texts_and_categories_are_one_identifier() -> None:
    people = pl.DataFrame({"household": ["a", "a", "b"], "age": [40, 10, 30], "insured": [0, 1, 1]})
    homes = pl.DataFrame({"household": ["b", "a"], "roof": [0, 1]}).with_columns(
        pl.col("household").cast(pl.Categorical)
    )
    assert listed(evaluate(people, RULES, households_frame=homes), "dep_roof") == [1, 0]
    assert listed(evaluate(people.lazy(), RULES, households_frame=homes.lazy()), "dep_roof") == [1, 0]


# --- the table of households -----------------------------------------------------------------------------------------


def apart(kind: str, homes: dict[str, Any]) -> tuple[Any, Any]:
    return made(kind, {k: v for k, v in PEOPLE.items() if k != "roof"}), made(kind, homes)


@EVERY
def test_a_household_without_a_row_is_unknown(kind: str) -> None:
    people, homes = apart(kind, {"household": [2, 9], "roof": [0, 1]})
    found = evaluate(people, RULES, households_frame=homes)
    assert listed(found, "dep_roof") == [None, 0]
    assert listed(found, "dep_insurance") == [1, 0]


@EVERY
def test_a_household_with_two_rows(kind: str) -> None:
    """Refused where the table can be looked at, else unknown: whatever a rule of members makes of the two."""
    people, homes = apart(kind, {"household": [1, 1, 2], "roof": [0, 1, 0]})
    either = Rule(name="either", deprived=(column("insured") == 0) & (column("roof") == 1))
    rules = Rules("two", [*RULES, either])
    if kind not in frame_kinds.IN_MEMORY:
        found = evaluate(people, rules, households_frame=homes)
        assert listed(found, "dep_roof") == [None, 0]
        assert listed(found, "dep_either") == [None, 0]
    else:
        assert "several rows for 1 households" in error(people, rules, households_frame=homes)


@EVERY
def test_a_column_in_both_tables(kind: str) -> None:
    people, homes = apart(kind, {"household": [1, 2], "roof": [1, 0], "age": [1, 2]})
    assert "'age' stands in both frames" in error(people, RULES, households_frame=homes)


@EVERY
def test_the_identifier_absent_from_the_households(kind: str) -> None:
    people, homes = apart(kind, {"houshold": [1, 2], "roof": [1, 0]})
    said = error(people, RULES, households_frame=homes)
    assert "the households' frame does not identify households" in said
    assert "did you mean 'houshold'?" in said


def test_one_lazy_table_and_one_in_memory() -> None:
    people, _ = apart("lazy polars", {"household": [1], "roof": [1]})
    assert "give both of one kind" in error(
        people, RULES, households_frame=pd.DataFrame({"household": [1], "roof": [1]})
    )


@EVERY
def test_a_column_of_the_household_that_differs_between_its_members(kind: str) -> None:
    frame = made(kind, PEOPLE | {"roof": [1, 0, 0]})
    if kind not in frame_kinds.IN_MEMORY:
        assert listed(evaluate(frame, RULES), "dep_roof") == [None, 0]
    else:
        said = error(frame, RULES)
        assert "roof: roof make some members deprived and others not in 1 households (1)" in said


@EVERY
def test_a_column_of_the_household_told_by_one_member_alone(kind: str) -> None:
    assert listed(evaluate(made(kind, PEOPLE | {"roof": [None, 1, None]}), RULES), "dep_roof") == [1, None]


# --- members ---------------------------------------------------------------------------------------------------------


def test_members_that_stand_twice() -> None:
    """Repeated rows would count again in a share, and one identifier for two households makes one of them."""
    twice = pd.DataFrame({"household": [1, 1, 1, 2], "member": [1, 2, 2, 1], "age": [40, 8, 8, 30]})
    rules = Rules("mine", [Rule(name="young", deprived=column("age") < 16, household=share_above("1/2"))])
    said = error(twice, rules)
    assert "members stand several times in their household: 1, such as member 2 of row 1, 2 times" in said
    assert "name all columns that identify a household" in said
    with pytest.raises(MpiError, match="stand several times"):
        add_deprivations(mpi.Survey(twice, household="household"), rules)
    assert evaluate(twice.drop_duplicates(), rules)["dep_young"].tolist() == [0, 0]  # half is not more than half


def test_members_without_a_number_and_rules_of_the_household_are_not_counted() -> None:
    open_numbers = pd.DataFrame(PEOPLE | {"member": [np.nan, np.nan, 1]})
    assert evaluate(open_numbers, RULES)["dep_insurance"].tolist() == [1, 0]
    same = pd.DataFrame(PEOPLE | {"member": [1, 1, 1]})
    assert evaluate(same, RULES.select(["roof"]))["dep_roof"].tolist() == [1, 0]


def test_the_same_number_in_another_psu_is_another_member() -> None:
    people = pd.DataFrame(PEOPLE | {"household": [1, 1, 1], "member": [1, 2, 1], "psu": [1, 1, 2]})
    survey = mpi.Survey(people, household="household", psu="psu")
    assert add_deprivations(survey, RULES).numbers("dep_insurance").tolist() == [1, 1, 0]


@EVERY
@pytest.mark.parametrize(
    ("relation", "expected"),
    [
        ([1, 2, 1], 1.0),
        ([2, 1, 1], 0.0),
        ([2, 3, 1], None),  # nobody is marked as head
        ([1, 1, 1], None),  # two are, and differ
        ([1, None, 1], 1.0),  # one surely is: the other is not
        ([None, 2, 1], None),
        ([None, None, 1], None),
    ],
)
def test_the_head(kind: str, relation: list[int | None], expected: float | None) -> None:
    rule = Rule(name="head", deprived=column("insured") == 0, household="head")
    found = evaluate(made(kind, PEOPLE | {"relation": relation}), Rules("mine", [rule]))
    assert listed(found, "dep_head") == [expected, 0]


@EVERY
def test_two_heads_who_agree_and_a_head_who_is_not_eligible(kind: str) -> None:
    people = {"household": [1, 1, 2, 2], "age": [40, 38, 12, 30], "insured": [0, 0, 0, 0], "relation": [1, 1, 1, 2]}
    adult = {"eligible": column("age") >= 15, "deprived": column("insured") == 0, "household": "head"}
    rules = Rules("mine", [Rule(name="no", **adult), Rule(name="gap", nobody="missing", **adult)])
    found = evaluate(made(kind, people), rules)
    assert listed(found, "dep_no") == [1, 0]
    assert listed(found, "dep_gap") == [1, None]


def test_no_share_of_a_head() -> None:
    with pytest.raises(MpiError, match="the head is one person"):
        Rule(name="head", deprived=column("insured") == 0, household="head", enough="2/3")


@EVERY
def test_members_of_unknown_age_are_perhaps_eligible(kind: str) -> None:
    found = evaluate(made(kind, PEOPLE | {"age": [None, 10, None]}), RULES)
    assert listed(found, "dep_insurance") == [None, 0]  # insured: not deprived, eligible or not


# --- columns ---------------------------------------------------------------------------------------------------------


@EVERY
def test_numbers_written_as_text(kind: str) -> None:
    said = error(made(kind, PEOPLE | {"insured": ["0", "1", "1"]}), RULES)
    assert "insurance: column 'insured'" in said
    assert "the rule compares it with a number" in said


@EVERY
def test_numbers_where_a_text_is_asked_for(kind: str) -> None:
    assert "the rule compares it with a text" in error(made(kind, PEOPLE | {"sex": [1, 2, 1]}), TEXTS)


@EVERY
@pytest.mark.parametrize("rules", [RULES, TEXTS])
def test_dates(kind: str, rules: Rules) -> None:
    day = [dt.date(2016, 1, 1)] * 3
    said = error(made(kind, PEOPLE | {"insured": day, "sex": day}), rules)
    assert "the rule compares it with a" in said


@pytest.mark.parametrize("kind", [*frame_kinds.IN_MEMORY, *LAZY_KINDS[:-1]])  # to Dask, such a column is a text
def test_columns_without_any_answer(kind: str) -> None:
    """Whatever the engine makes of such a column: without a type, of floats, of objects."""
    nothing = PEOPLE | {"insured": [None] * 3, "sex": [None] * 3, "roof": [None] * 3}
    assert listed(evaluate(made(kind, nothing), RULES), "dep_insurance") == [None, None]
    assert listed(evaluate(made(kind, nothing), RULES), "dep_roof") == [None, None]
    assert listed(evaluate(made(kind, nothing), TEXTS), "dep_sex") == [None, None]
    answered = Rule(name="x", deprived=column("sex").is_missing())
    assert listed(evaluate(made(kind, nothing), Rules("mine", [answered])), "dep_x") == [1, 1]


@EVERY
@pytest.mark.parametrize("asked", [1, "yes"])
def test_an_optional_column_that_is_absent(kind: str, asked: Any) -> None:
    rule = Rule(name="x", deprived=(column("insured") == 0) & ~(column("sold") == asked), optional=["sold"])
    assert listed(evaluate(made(kind, PEOPLE), Rules("mine", [rule])), "dep_x") == [None, 0]


@pytest.mark.parametrize(
    "values",
    [
        [False, True, None],
        pd.array([False, True, None], dtype="boolean"),
        pd.array([0, 1, None], dtype="Int8"),
        pd.array([0, 1, None], dtype="int64[pyarrow]"),
        pd.array([False, True, None], dtype="bool[pyarrow]"),
        pd.Categorical([0, 1, None]),
        pd.Categorical([0.0, 1.0, None], ordered=True),
        np.array([0, 1, np.nan], dtype="float32"),
        np.array([0, 1, None], dtype=object),
    ],
    ids=lambda v: f"{type(v).__name__} {getattr(v, 'dtype', '')}",
)
def test_numbers_of_every_type_of_pandas(values: Any) -> None:
    assert listed(evaluate(pd.DataFrame(PEOPLE | {"insured": values}), RULES), "dep_insurance") == [1, None]


@EVERY
def test_single_precision_on_the_limit(kind: str) -> None:
    """0.1 in single precision is not the double 0.1; who stands at the limit stands there on every engine."""
    values = {"household": [1, 2], "z": np.array([0.1, -2.1], dtype="float32")}
    rules = Rules(
        "mine",
        [
            Rule(name="most", deprived=column("z") <= 0.1),
            Rule(name="is", deprived=column("z").is_in([0.1, 7])),
            Rule(name="below", deprived=column("z") < -2.1),
            Rule(name="range", deprived=column("z").between(-2.1, 0.1)),
        ],
    )
    found = evaluate(made(kind, values), rules)
    assert [listed(found, c) for c in ("dep_most", "dep_is", "dep_below", "dep_range")] == [
        [1, 1],
        [1, 0],
        [0, 0],
        [0, 1],
    ]


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_lists_are_no_answers(frame: Any) -> None:
    said = error(frame(PEOPLE | {"insured": [[0], [1], [1]]}), RULES)
    assert "column 'insured' holds lists or other composite values" in said


def test_infinity_is_a_number() -> None:
    frame = pd.DataFrame(PEOPLE | {"age": [np.inf, -np.inf, 30]})
    assert evaluate(frame, RULES)["dep_insurance"].tolist() == [1, 0]
    assert "aged inf" in str(explain(frame, RULES, 1))


def test_the_index_of_a_frame_means_nothing() -> None:
    frame = pd.DataFrame(PEOPLE, index=[5, 5, 1])
    assert evaluate(frame, RULES)["dep_insurance"].tolist() == [1, 0]
    survey = add_deprivations(mpi.Survey(frame, household="household"), RULES)
    assert survey.numbers("dep_insurance").tolist() == [1, 1, 0]


def test_the_data_are_never_changed() -> None:
    frame = pd.DataFrame(PEOPLE)
    evaluate(frame, RULES)
    add_deprivations(mpi.Survey(frame, household="household"), RULES)
    pd.testing.assert_frame_equal(frame, pd.DataFrame(PEOPLE))


def test_plain_arrays() -> None:
    with pytest.raises(MpiError, match=r"of different lengths: 'a' has 2, 'b' has 3 rows"):
        holds((column("a") == 1) & (column("b") == 1), {"a": [1, 2], "b": [1, 2, 3]})
    with pytest.raises(MpiError, match="array of 2 dimensions"):
        holds(column("a") == 1, {"a": np.ones((2, 2))})
    with pytest.raises(MpiError, match="there is no column 'b'"):
        holds(column("b") == 1, {"a": [1]})


@pytest.mark.parametrize("name", [5, None, "", ("age",)])
def test_columns_are_named_by_texts(name: Any) -> None:
    for make in (lambda c: c == 1, lambda c: c.is_in([1]), lambda c: c.between(1, 2), lambda c: c.is_missing()):
        with pytest.raises(MpiError, match="a column is named by a text"):
            make(column(name))


def test_the_shipped_rules_on_half_the_answers() -> None:
    """A survey that lacks everything says so once, with all that is lacking."""
    said = error(pd.DataFrame({"household": [1], "age": [40], "insurd": [1]}), load_rules("vn-2022"))
    assert "'insured', needed by health_insurance; did you mean 'insurd'?" in said
    assert "None of the rules can be computed" in said
