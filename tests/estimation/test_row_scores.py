"""Scores row by row give the figures of the survey back, and stand in the order and index of the user's rows."""

from __future__ import annotations

from fractions import Fraction

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mpi
from frame_kinds import IN_MEMORY, collected, on
from mpi.core.errors import MpiError

MEASURE = mpi.Measure.nested("m", {"x": ["a", "b"], "y": ["c"]}, cutoff="1/2")
ANSWERS = st.lists(
    st.tuples(*[st.sampled_from([0.0, 1.0, None])] * 3, st.sampled_from([0.5, 1.0, 3.0])), min_size=4, max_size=12
)


def people(rows: list[tuple[object, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["a", "b", "c", "w"], index=[f"p{i}" for i in range(len(rows))][::-1])


@settings(max_examples=60, deadline=None)
@given(ANSWERS, st.sampled_from(["drop", "reweight"]), st.sampled_from(["1/4", "1/2", "3/4", "1"]))
def test_weighted_means_of_the_scores_are_the_figures(rows, missing, cutoff):
    frame = people([*rows, (1.0, 0.0, 1.0, 1.0)]).astype(float)
    measure = MEASURE.with_missing(missing).with_cutoff(cutoff)
    survey = mpi.Survey(frame, weight="w")
    found = mpi.scores(survey, measure)
    assert found.index.tolist() == frame.index.tolist()
    est = mpi.estimate(survey, measure, statistics=["H", "M0"])
    kept = found["score"].notna()
    for statistic, column in (("H", "poor"), ("M0", "censored_score")):
        mean = np.average(found[column][kept], weights=frame["w"][kept])
        assert est.select(statistic=statistic).value[0] == pytest.approx(mean, abs=1e-12)
    for name in measure.names:
        assert found[f"deprived_{name}"].equals(frame[name].rename(f"deprived_{name}"))


@pytest.mark.parametrize("engine", IN_MEMORY)
def test_every_library_gives_the_same_rows(engine, tmp_path):
    frame = people([(1, 0, 1, 1.0), (None, 1, 0, 2.0), (0, 0, 0, 1.0), (1, 1, 1, 1.0)]).reset_index(drop=True)
    native = on(engine, frame, lambda: None, tmp_path)
    found = mpi.scores(mpi.Survey(native, weight="w"), MEASURE)
    assert type(found) is type(native)
    table = collected(found)[["score", "poor"]].astype(float)
    pd.testing.assert_frame_equal(table, pd.DataFrame({"score": [0.75, None, 0, 1], "poor": [1.0, None, 0, 1]}))


def test_bounds_come_twice():
    found = mpi.scores(mpi.Survey(people([(None, 0, 1, 1.0), (0, 0, 0, 1.0)])), MEASURE.with_missing("bounds"))
    assert found.filter(like="score").iloc[0].tolist() == [0.5, 0.5, 0.75, 0.75]
    assert found[["poor_lower", "poor_upper"]].to_numpy().tolist() == [[1, 1], [0, 0]]


def test_outside_of_the_domain_nothing_is_said():
    survey = mpi.Survey(people([(1, 1, 1, 1.0), (0, 0, 0, 1.0)])).where([False, True])
    assert mpi.scores(survey, MEASURE)["poor"].isna().tolist() == [True, False]


def test_pooled_rounds_say_which():
    one, two = (mpi.Survey(people([(x, x, x, 1.0), (0, 0, 0, 1.0)])) for x in (1, 0))
    found = mpi.scores(mpi.pool({2016: one, 2018: two}, shared_psus=False), MEASURE, prefix="m_")
    assert found.columns[0] == "m_wave"
    assert found.groupby("m_wave")["m_poor"].mean().tolist() == [0.5, 0.0]
    assert found.index.tolist() == ["p1", "p0"] * 2


def test_rows_with_an_engine_are_read():
    polars = pytest.importorskip("polars", reason="Polars is an extra")
    lazy = polars.DataFrame({"a": [1, 0], "b": [1, 0], "c": [1, 0], "other": ["x", "y"]}).lazy()
    assert mpi.scores(mpi.Survey(lazy), MEASURE)["poor"].to_list() == [1.0, 0.0]


def test_ties_are_exact():
    names = {"a": 0.1, "b": 0.7, "c": 0.2}
    measure = mpi.Measure("tie", [mpi.Indicator(n, dimension="x", weight=w) for n, w in names.items()], 0.8)
    found = mpi.scores(mpi.Survey(people([(1, 1, 0, 1.0), (0, 0, 0, 1.0)])), measure)
    assert found["poor"].tolist() == [1.0, 0.0]
    assert Fraction(found["score"].iloc[0]).limit_denominator(100) == Fraction(4, 5)


def test_what_is_wrong_is_told():
    survey = mpi.Survey(people([(2, 0, 1, 1.0), (0, 0, 0, 1.0)]))
    with pytest.raises(MpiError, match="holds values other than 0, 1 and missing"):
        mpi.scores(survey, MEASURE)
    with pytest.raises(MpiError, match="there is no column 'aa'"):
        mpi.scores(survey, mpi.Measure.nested("m", {"x": ["aa"]}, cutoff=1))


def test_answers_of_yes_and_no_are_not_called_codes_without_an_answer() -> None:
    """Declaring 2 missing would make everybody poor who is left."""
    survey = mpi.Survey(pd.DataFrame({"a": [1, 2, 2, 2], "b": [0, 1, 9, 1], "w": 1.0}), weight="w")
    measure = mpi.Measure.nested("m", {"x": ["a"]}, cutoff=1)
    with pytest.raises(mpi.MpiError, match=r"yes \(1\) and no \(2\).*with_column\('no_a', nw.col\('a'\) - 1\)") as told:
        mpi.estimate(survey, measure)
    assert "missing={" not in str(told.value)
    with pytest.raises(mpi.MpiError, match=r"missing=\{'b': \[9\]\}"):
        mpi.estimate(survey, mpi.Measure.nested("m", {"x": ["b"]}, cutoff=1))
    mended = survey.with_column("no_a", nw.col("a") - 1)
    assert mpi.estimate(mended, measure.with_columns({"a": "no_a"}), statistics=["H"]).value[0] == 0.75
