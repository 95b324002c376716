"""The same rows give the same figures, counts, flags, notes and warnings on every engine, NaN or null.

A handful of frames; more of them: benchmarks/engines_agree.py.
"""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import mpi
from everywhere import FAST, SLOW, Drawn, answers, differences, draw, frame_of, survey_of
from mpi.frames.duckdb import null_for_nan

MEASURE = mpi.Measure.nested("m", {"x": ["d"]}, cutoff=1)
ROADS = [*FAST, *SLOW, "spark"]
OTHERS = pytest.mark.filterwarnings("ignore")  # of pandas 3, by PySpark, Dask and Ibis; of sockets left open


def roads(*left_out: str) -> list[Any]:
    own = ("spark", "ibis", "dask", "dask on parquet")
    return [pytest.param(e, marks=[OTHERS] if e in own else []) for e in ROADS if e not in left_out]


@pytest.fixture
def session(request: pytest.FixtureRequest) -> Callable[[], Any]:
    return lambda: request.getfixturevalue("spark")


@OTHERS
@pytest.mark.parametrize("number", range(5))
def test_every_engine_says_the_same_of_random_rows(number: int, tmp_path: Path) -> None:
    drawn = draw(np.random.default_rng([2026, number]))
    base = answers(lambda: survey_of("clean", drawn, tmp_path), drawn)
    engines = [*FAST, *(SLOW if number == 1 else ())]
    found = {
        e: said
        for e in engines
        if (said := differences(base, answers(lambda e=e: survey_of(e, drawn, tmp_path), drawn)))
    }
    assert not found


@OTHERS
def test_spark_says_the_same_of_random_rows(spark: Any, tmp_path: Path) -> None:
    drawn = draw(np.random.default_rng([2026, 0]))
    base = answers(lambda: survey_of("clean", drawn, tmp_path), drawn)
    assert not differences(base, answers(lambda: survey_of("spark", drawn, tmp_path, lambda: spark), drawn))


def rows() -> pa.Table:
    """NaN without null, as NumPy leaves it; text, dates and whole numbers with nulls."""
    income = pa.array([1.0, 2.0, float("nan"), 9.0, 3.0, float("nan")], from_pandas=False)
    return pa.table(
        {
            "d": pa.array([1.0, 0.0, 0.0, 1.0, float("nan"), 1.0], from_pandas=False),
            "income": income,
            "single": income.cast(pa.float32()),
            "sex": pa.array(["f", None, "m", "f", "m", "f"]),
            "born": pa.array([dt.date(2000, 1, 1), None, *[dt.date(1990, 1, 1)] * 4]),
            "rooms": pa.array([1, 2, None, 4, 5, 6], pa.int32()),
            "owner": pa.array([True, None, False, True, False, True]),
            "psu": [1, 1, 2, 2, 3, 3],
        }
    )


CONDITIONS: dict[str, tuple[nw.Expr, list[int | None]]] = {
    "at least": (nw.col("income") >= 2, [0, 1, None, 1, 1, None]),
    "less": (nw.col("income") < 500, [1, 1, None, 1, 1, None]),
    "more": (nw.col("income") > 500, [0, 0, None, 0, 0, None]),
    "other": (nw.col("income") != 2, [1, 0, None, 1, 1, None]),
    "not": (~(nw.col("income") < 2), [0, 1, None, 1, 1, None]),
    "precision": (nw.col("single") <= 2, [1, 1, None, 0, 0, None]),
    "text": (nw.col("sex") != "f", [0, None, 1, 0, 1, 0]),
    "date": (nw.col("born") < dt.date(1995, 1, 1), [0, None, 1, 1, 1, 1]),
    "whole": (nw.col("rooms") > 1, [0, 1, None, 1, 1, 1]),
    "flag": (nw.col("owner"), [1, None, 0, 1, 0, 1]),
    "both": ((nw.col("income") >= 2) & (nw.col("sex") == "f"), [0, None, 0, 1, 0, None]),
    "either": ((nw.col("income") >= 2) | (nw.col("born") < dt.date(1995, 1, 1)), [0, 1, 1, 1, 1, 1]),
}


@pytest.mark.parametrize("engine", roads("read_survey"))
def test_a_comparison_with_missing_is_missing(engine: str, session: Callable[[], Any], tmp_path: Path) -> None:
    table, path = rows(), tmp_path / "rows.parquet"
    pq.write_table(table, path)
    survey = mpi.Survey(frame_of(engine, table, path, session), psu="psu")
    derived = survey
    for name, (condition, _) in CONDITIONS.items():
        derived = derived.with_column(name, condition)
    means = mpi.mean(derived, list(CONDITIONS))
    for name, value, n in zip(CONDITIONS, means.value, means.n, strict=True):
        known = [t for t in CONDITIONS[name][1] if t is not None]
        assert (value, n) == (pytest.approx(np.mean(known)), len(known)), name
    for name in list(CONDITIONS) if engine in FAST else ["at least", "both"]:
        condition, truth = CONDITIONS[name]
        counted = [d for d, t in zip([1, 0, 0, 1, None, 1], truth, strict=True) if t and d is not None]
        if not counted:
            continue
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            est = mpi.estimate(survey, MEASURE, statistics=["H"], where=condition)
        assert (est.value[0], est.n[0]) == (pytest.approx(np.mean(counted)), len(counted)), name
        said = [str(w.message) for w in told if issubclass(w.category, mpi.MpiWarning)]
        assert any(f"missing in {truth.count(None)} rows" in x for x in said) == (None in truth), name


def test_functions_of_a_frame_compare_alike(tmp_path: Path) -> None:
    table, path = rows(), tmp_path / "rows.parquet"
    pq.write_table(table, path)
    for engine in ("numpy", "nullable", "pandas on arrow"):
        survey = mpi.Survey(frame_of(engine, table, path), psu="psu")
        assert mpi.mean(survey.with_column("new", lambda f: f["income"] >= 2), "new").n[0] == 4
        filled = mpi.mean(survey.with_column("new", lambda f: f["income"].fillna(0) >= 2), "new")
        assert (filled.value[0], filled.n[0]) == (0.5, 6)
        numpy_alone = survey.with_column("new", lambda f: np.where(f["psu"] > 1, 1, 0))
        assert mpi.mean(numpy_alone, "new").value[0] == pytest.approx(2 / 3)


def test_categories_with_an_order_compare_by_it() -> None:
    level = pd.Categorical(["none", "some", None, "all"], categories=["none", "some", "all"], ordered=True)
    survey = mpi.Survey(pd.DataFrame({"level": level}))
    for condition, truth in ((nw.col("level") > "none", [0, 1, None, 1]), (nw.col("level") != "none", [0, 1, None, 1])):
        found = survey.with_column("new", condition).numbers("new").tolist()
        assert [None if np.isnan(x) else x for x in found] == truth


def test_decimals_compare_with_whole_numbers_in_memory() -> None:
    """Objects of pandas do so in none of its comparisons, whether some are missing or not."""
    for held in ([Decimal("1.35"), Decimal(2), Decimal("0.5")], [Decimal("1.35"), None, Decimal("0.5")]):
        survey = mpi.Survey(pd.DataFrame({"p": held, "c": [1, 2, 3]}), psu="c")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            inside = survey.where(~(nw.col("p") < 1)).domain
        assert inside is not None
        assert inside.tolist() == [True, held[1] is not None, False]


def test_the_footers_of_parquet_do_not_hide_nan(tmp_path: Path) -> None:
    """DuckDB takes ``isnan`` for false where a footer has a minimum and a maximum; ours it must not know of."""
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is an extra")
    path = tmp_path / "nan.parquet"
    pq.write_table(pa.table({"x": pa.array([1.0, 2.0, float("nan"), float("inf")], from_pandas=False)}), path)
    connection = duckdb.connect()
    relation = connection.read_parquet(str(path))
    found = relation.project(f"{null_for_nan('x')} AS x").project("x, x IS NULL AS gone, x < 500 AS less")
    assert [row[1:] for row in found.fetchall()] == [(False, True), (False, True), (True, None), (False, False)]
    assert mpi.scan(path).project("x IS NULL").fetchall() == [(False,), (False,), (True,), (False,)]


def test_long_codes_with_gaps_stay_apart() -> None:
    codes = pa.array([2**60, 2**60 + 1, None, 2**60], pa.int64())
    table = pa.table({"d": [1, 0, 1, 0], "g": codes, "psu": [1, 2, 1, 2]})
    small = mpi.profile(table, MEASURE, by=["g"], psu="psu")
    found = mpi.estimate(small, MEASURE, by=["g"], statistics=["H"]).select(by="g")
    assert found.keys["group"].to_list() == [str(2**60), str(2**60 + 1), "(missing)"]
    assert found.value.tolist() == [0.5, 0, 1]


def test_the_longest_codes() -> None:
    codes = pl.Series([2**63, 2**63 + 1, 2**64 - 1], dtype=pl.UInt64)
    frame = pl.DataFrame({"d": [1, 0, 1], "g": codes, "psu": [1, 2, 1]})
    found = mpi.estimate(mpi.Survey(frame.lazy(), psu="psu"), MEASURE, by=["g"], statistics=["H"]).select(by="g")
    assert found.keys["group"].to_list() == [str(2**63), str(2**63 + 1), str(2**64 - 1)]
    near = mpi.Survey(frame.head(2).lazy(), psu="psu")
    assert mpi.estimate(near, MEASURE, by=["g"], statistics=["H"]).select(by="g").value.tolist() == [1, 0]


def test_a_condition_makes_no_codes_that_nobody_has() -> None:
    """Groups outside the domain are nobody's: no round is told to have a code that it has not."""
    columns = {"d": [1, 0] * 4, "g": [7, 8] * 4, "wave": [1] * 4 + [2] * 4, "psu": [1, 1, 2, 2] * 2}
    frame = pl.DataFrame(columns)
    for data in (frame, frame.lazy(), frame.to_pandas()):
        survey = mpi.Survey(data, psu="psu", wave="wave", shared_psus=False)
        est = mpi.estimate(survey, MEASURE, by=["g"], statistics=["H"], where=nw.col("g") == 7)
        assert set(est.keys["group"].to_list()) == {"total", "7"}


def test_households_without_weights_are_condensed() -> None:
    frame = pl.DataFrame({"d": [1, 0, 1], "size": [2, 3, 4], "psu": [1, 2, 3]})
    small = mpi.profile(frame, MEASURE, psu="psu", size="size")
    assert mpi.estimate(small, MEASURE, statistics=["H"]).value[0] == pytest.approx(6 / 9)


def test_the_draws_hold_what_is_hard() -> None:
    drawn: list[Drawn] = [draw(np.random.default_rng([2026, n])) for n in range(60)]
    assert {k for x in drawn for k in x.kinds.values()} >= {
        "bool", "int8", "long", "uint64", "float32", "float64", "decimal", "dictionary", "date", "timestamp", "text",
    }  # fmt: skip
    assert {q for x in drawn for q in x.asked} >= {"estimate", "with_column", "with_groups", "profile", "ratio"}
    assert {r for x in drawn for r in x.design} == {"psu", "strata", "weight", "size", "wave"}
