"""Measures and indicators: exact weights, operations, and problems told all at once."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mpi
from mpi import Indicator, Measure, MpiError
from mpi.core.exact import fraction, rounding, text

F = Fraction


def example() -> Measure:
    return Measure.nested("m", {"x": ["a", "b"], "y": ["c"]}, cutoff="1/3")


def weights(measure: Measure) -> dict[str, str]:
    return {k: str(v) for k, v in measure.weights.items()}


# --- numbers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1/18", F(1, 18)),
        (" 1 / 3 ", F(1, 3)),
        ("0.05", F(1, 20)),
        ("5e-2", F(1, 20)),
        (0.05, F(1, 20)),
        (1 / 3, F(1, 3)),
        (1 / 18, F(1, 18)),
        (np.float64(0.1), F(1, 10)),
        (np.int64(1), F(1)),
        (1, F(1)),
        (F(2, 7), F(2, 7)),
        (Decimal("0.3"), F(3, 10)),
    ],
)
def test_a_number_is_read_as_the_rational_it_was_meant_to_be(value, expected):
    assert fraction(value) == expected
    assert rounding(value) == 0


@pytest.mark.parametrize(
    "value",
    [
        "a third",
        "",
        "1/0",
        "nan",
        "inf",
        float("nan"),
        float("inf"),
        True,
        None,
        [1],
        "1/-3",
        Decimal("NaN"),
        Decimal("Infinity"),
    ],
)
def test_what_is_no_number_is_refused(value):
    with pytest.raises(ValueError, match="is not a"):
        fraction(value)


@pytest.mark.parametrize("value", ["1e999999999", "1E-99999999", "9" * 5000, Decimal("1e99999999")])
def test_a_number_too_long_to_mean_anything_is_refused_at_once(value):
    with pytest.raises(ValueError, match="is not a usable number"):
        fraction(value)


@given(st.fractions(min_value=0, max_value=1, max_denominator=10_000))
def test_simple_fractions_survive_floats_and_text(value):
    assert fraction(float(value)) == value
    assert fraction(text(value)) == value


# --- making ---------------------------------------------------------------------------------------------------


def test_an_indicator_is_exact_and_has_defaults():
    i = Indicator("d_nutr", dimension="health", weight="1/6")
    assert (i.weight, i.column, i.label, i.description, i.rounding) == (F(1, 6), "d_nutr", "d_nutr", "", 0)


def test_the_problems_of_an_indicator_are_told_together():
    with pytest.raises(MpiError) as error:
        Indicator("", dimension=3, weight="many")
    assert error.value.problems == (
        "it has no name",
        "dimension: text is needed, not 3",
        "weight: 'many' is not a number; write it like '1/3' or '0.25'",
    )


def test_the_problems_of_a_measure_are_told_together():
    indicators = [
        Indicator("a", dimension="x", weight="1/2"),
        Indicator("a", dimension="y", weight="1/2"),
        Indicator("b", dimension="y", weight="-1/10", column="z"),
        Indicator("c", dimension="y", weight="1/10", column="z"),
        Indicator("d", dimension="y", weight="1/10"),
    ]
    with pytest.raises(MpiError) as error:
        Measure("m", indicators, 33, severe=0, vulnerable="low", missing="ignore", unit="persn")
    told = str(error.value)
    for part in (
        "indicator 'a' stands 2 times",
        "column 'z' serves 2 indicators",
        "indicator 'b': weight -1/10 is negative",
        "add to 11/10 (1.1), not to 1",
        "cutoff: 33 is not a share above 0 and at most 1; 33 per cent is '33/100'",
        "severe: 0 is not a share",
        "vulnerable: 'low' is not a number",
        "missing: there is no choice 'ignore'",
        "did you mean 'person'?",
    ):
        assert part in told
    assert len(error.value.problems) == 9


@pytest.mark.parametrize(
    ("indicators", "told"),
    [([], "it has no indicators"), (["a", "b"], "not an Indicator: 'a', 'b'; to give names alone, use Measure.nested")],
)
def test_a_measure_is_made_of_indicators(indicators, told):
    with pytest.raises(MpiError, match="measure 'm'") as error:
        Measure("m", indicators, "1/3")
    assert told in str(error.value)


def test_a_measure_needs_a_name_in_text():
    one = [Indicator("a", dimension="x", weight=1)]
    with pytest.raises(MpiError, match="it has no name"):
        Measure("", one, 1)
    with pytest.raises(MpiError, match="title: text is needed, not 5"):
        Measure("m", one, 1, title=5)


def test_nested_weights_are_equal_at_both_levels():
    m = Measure.nested("m", {"x": ["a", "b", "c"], "y": ["d"], "z": ["e", "f"]}, cutoff="1/3")
    assert weights(m) == {"a": "1/9", "b": "1/9", "c": "1/9", "d": "1/3", "e": "1/6", "f": "1/6"}
    assert m.dimensions == ("x", "y", "z")


@pytest.mark.parametrize("names", ["ab", [], None])
def test_nested_dimensions_need_lists(names):
    with pytest.raises(MpiError, match="dimension 'x' needs a list of indicators"):
        Measure.nested("m", {"x": names}, cutoff=1)


# --- float weights --------------------------------------------------------------------------------------------


def test_floats_of_simple_fractions_are_exact():
    m = Measure("m", [Indicator(f"d{j}", dimension="x", weight=1 / 18) for j in range(18)], 1 / 3)
    assert m.tolerance == 0
    assert sum(m.weights.values()) == 1


def test_data_driven_weights_may_miss_one_by_rounding_and_then_carry_a_tolerance():
    given = np.array([0.2137, 0.17171717, 0.3141592653])
    given = given / given.sum()
    m = Measure("m", [Indicator(f"d{j}", dimension="x", weight=w) for j, w in enumerate(given)], 0.3)
    assert sum(m.weights.values()) == 1
    assert m.tolerance == F(1, 10**9)


def test_exact_weights_get_no_slack():
    with pytest.raises(MpiError, match="write thirds as '1/3'"):
        Measure("m", [Indicator(j, dimension="x", weight="0.3333333333") for j in "abc"], 1)


# --- operations -----------------------------------------------------------------------------------------------


def test_drop_spreads_the_weight_over_the_rest_of_the_dimension():
    m = mpi.load_measure("global-mpi").drop("d_nutr", "d_ckfl")
    assert m.weights["d_cm"] == F(1, 3)
    assert m.weights["d_educ"] == F(1, 6)
    assert m.weights["d_sani"] == F(1, 15)
    assert sum(m.weights.values()) == 1


def test_drop_is_in_proportion():
    parts = {"a": "1/10", "b": "2/10", "c": "3/10"}
    m = Measure(
        "m",
        [
            *(Indicator(k, dimension="x", weight=w) for k, w in parts.items()),
            Indicator("d", dimension="y", weight="4/10"),
        ],
        1,
    )
    assert weights(m.drop("c")) == {"a": "1/5", "b": "2/5", "d": "2/5"}


def test_a_dimension_that_is_dropped_leaves_its_weight_to_the_others():
    m = Measure.nested("m", {"x": ["a"], "y": ["b"], "z": ["c", "d"]}, cutoff=1).with_weights(
        {"x": "1/2", "y": "1/8", "z": "3/8"}
    )
    assert weights(m.drop("a")) == {"b": "1/4", "c": "3/8", "d": "3/8"}


def test_drop_gives_the_weight_to_indicators_that_had_none():
    m = example().with_weights({"a": "1/2", "b": 0, "c": "1/2"})
    assert weights(m.drop("a")) == {"b": "1/2", "c": "1/2"}


@pytest.mark.parametrize(
    ("names", "told"), [("abc", "no indicator would be left"), ("ab", "no indicator with a weight")]
)
def test_drop_must_leave_something(names, told):
    m = example().with_weights({"a": "1/2", "b": "1/2", "c": 0})
    with pytest.raises(MpiError, match=told):
        m.drop(*names)


def test_drop_tells_all_unknown_names():
    with pytest.raises(MpiError, match="2 problems") as error:
        mpi.load_measure("gso-mdp").drop("toilett", "nonsense")
    assert "did you mean 'toilet'?" in str(error.value)


@given(st.sets(st.sampled_from(mpi.load_measure("global-mpi").names), max_size=9))
def test_whatever_is_dropped_the_weights_add_to_one(names):
    assert sum(mpi.load_measure("global-mpi").drop(*names).weights.values()) == 1


def test_new_weights_by_dimension_keep_the_shares_within():
    m = example().with_weights({"a": "1/6", "b": "1/3", "c": "1/2"}).with_weights({"x": "3/4", "y": "1/4"})
    assert weights(m) == {"a": "1/4", "b": "1/2", "c": "1/4"}


def test_new_weights_by_dimension_share_equally_where_there_were_none():
    m = example().with_weights({"a": 0, "b": 0, "c": 1}).with_weights({"x": "1/2", "y": "1/2"})
    assert weights(m) == {"a": "1/4", "b": "1/4", "c": "1/2"}


def test_data_driven_weights_keep_their_tolerance_when_dimensions_are_weighted_exactly():
    w = [0.123456789012, 0.376543210988, 0.5]
    m = example().with_weights(dict(zip("abc", w, strict=True)))
    assert m.with_weights({"x": "1/2", "y": "1/2"}).tolerance == m.tolerance > 0


@pytest.mark.parametrize(
    ("given_weights", "told"),
    [
        ({"a": "1/2", "b": "1/2"}, "no weight for 'c'"),
        ({"x": 1}, "no weight for 'y'"),
        ({"x": "1/2", "c": "1/2"}, "dimensions and indicators are mixed"),
        ({"x": "1/2", "yy": "1/2"}, "there is no dimension or indicator 'yy'"),
        ({"a": "half", "b": "1/4", "c": "z"}, "weight of 'c': 'z' is not a number"),
        ({"x": "1/2", "y": "1/3"}, "the weights add to 5/6"),
    ],
)
def test_wrong_new_weights_are_explained(given_weights, told):
    with pytest.raises(MpiError) as error:
        example().with_weights(given_weights)
    assert told in str(error.value)


def test_union_and_intersection():
    m = example().with_weights({"a": 0, "b": "1/4", "c": "3/4"})
    assert m.union().cutoff == F(1, 4)
    assert m.intersection().cutoff == 1


def test_an_operation_changes_one_thing_and_not_the_measure_itself():
    m = mpi.load_measure("global-mpi")
    other = m.with_cutoff("1/2").with_missing("reweight").with_columns({"d_cm": "mortality"})
    assert (other.cutoff, other.missing, other.columns[1]) == (F(1, 2), "reweight", "mortality")
    assert (m.cutoff, m.missing, m.columns[1]) == (F(1, 3), "drop", "d_cm")
    assert (other.severe, other.title, other.source, other.names) == (m.severe, m.title, m.source, m.names)
    assert [i.description for i in other.indicators] == [i.description for i in m.indicators]


def test_columns_must_belong_to_indicators():
    with pytest.raises(MpiError, match="did you mean 'd_cm'"):
        mpi.load_measure("global-mpi").with_columns({"d_cmm": "x"})
    with pytest.raises(MpiError, match="column 'c' serves 2 indicators"):
        example().with_columns({"a": "c"})


# --- what is shipped ------------------------------------------------------------------------------------------


def test_the_shipped_measures():
    assert mpi.list_measures() == ["global-mpi", "gso-mdp"]
    m, vn = mpi.load_measure("global-mpi"), mpi.load_measure("gso-mdp")
    assert (m.cutoff, m.severe, m.vulnerable) == (F(1, 3), F(1, 2), F(1, 5))
    assert [str(w) for w in m.weights.values()] == ["1/6"] * 4 + ["1/18"] * 6
    assert (vn.cutoff, set(vn.weights.values()), len(vn.dimensions)) == (F(3, 10), {F(1, 10)}, 5)
    assert all(i.label and i.description for i in (*m.indicators, *vn.indicators))


def test_nothing_from_memory_is_presented_as_law():
    vn = mpi.load_measure("gso-mdp")
    assert all("from memory" in i.description for i in vn.indicators)
    assert "from memory" in vn.source
