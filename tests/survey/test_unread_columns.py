"""Columns of surveys whose rows an engine holds: types, names and mistakes give what they give in memory."""

from __future__ import annotations

import warnings
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest

import mpi


def small(engine: str, frame: Any) -> Any:
    """Hold a few rows of Polars in an engine that is always there, or leave them in memory."""
    if engine == "memory":
        return frame
    return (
        frame.lazy()
        if engine == "polars"
        else pytest.importorskip("duckdb", reason="DuckDB is an extra").from_arrow(frame.to_arrow())
    )


def few() -> Any:
    """Twelve people in three PSUs, with one group for each type of column."""
    pl = pytest.importorskip("polars", reason="Polars is an extra")
    first = np.arange(12) % 2 == 0
    day, code, price = [date(2020, 1, 2), date(1960, 5, 5)], [2**53 + 1, 2**53 + 2], [Decimal("1.50"), Decimal("0.25")]
    kinds = [("day", pl.Date, day), ("code", pl.Int64, code), ("price", pl.Decimal(6, 2), price)]
    return pl.DataFrame(
        {
            "psu": [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3],
            "w": [1.0, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6],
            "d": [1, 0, 0, 1, 1, 1, 0, 0, 1, 0, None, 1],
            "age": [5, 50, None, 7, 8, 90, 11, 12, 80, 5, 3, 41],
            "list": [[1]] * 12,
            "text": ["x"] * 12,
            **{name: pl.Series([v[0] if f else v[1] for f in first], dtype=dtype) for name, dtype, v in kinds},
        }
    ).with_columns(gap=pl.when(pl.col("age") != 90).then("code"))


ONE = mpi.Measure.nested("one", {"x": ["d"]}, cutoff=1)


@pytest.mark.parametrize("engine", ["memory", "polars", "duckdb"])
@pytest.mark.parametrize("column", ["day", "code", "price", "gap"])
@pytest.mark.parametrize("where", [None, nw.col("age") < 60])
@pytest.mark.filterwarnings("ignore::mpi.MpiWarning")
def test_groups_of_every_type_keep_their_values(engine: str, column: str, where: Any) -> None:
    survey = mpi.Survey(small(engine, few()), weight="w", psu="psu")
    labels = {
        "day": ["1960-05-05", "2020-01-02"], "code": [str(2**53 + 1), str(2**53 + 2)],
        "gap": [str(2**53 + 1), str(2**53 + 2)], "price": ["0.25", "1.50"],
    }[column]  # fmt: skip
    found = mpi.estimate(survey, ONE, by=[column], where=where, statistics=["H"]).select(by=column)
    more = ["(missing)"] if column == "gap" and where is None else []
    assert found.table["group"].tolist() == labels + more


@pytest.mark.parametrize("engine", ["memory", "polars", "duckdb"])
def test_columns_may_have_the_names_of_ours(engine: str) -> None:
    plain = few()
    names = {"day": "_pattern", "code": "_above_0", "price": "Weight", "age": "_condition_0", "text": "CASES"}
    there = mpi.Survey(small(engine, plain.rename(names)), weight="w", psu="psu")
    here = mpi.Survey(plain, weight="w", psu="psu")
    for column in ("day", "code", "price", "text"):
        by, where = names[column], nw.col("_condition_0") < 60
        with pytest.warns(mpi.MpiWarning, match="missing in 1 rows"):
            found = (
                mpi.estimate(there, ONE, by=[by], where=where),
                mpi.estimate(here, ONE, by=[column], where=nw.col("age") < 60),
            )
        assert found[0].table["group"].tolist() == found[1].table["group"].tolist()
        assert found[0].value == pytest.approx(found[1].value, nan_ok=True)
    assert mpi.mean(there, "_condition_0").value == pytest.approx(mpi.mean(here, "age").value)


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_what_is_wrong_is_told_as_in_memory(engine: str) -> None:
    pl = pytest.importorskip("polars", reason="Polars is an extra")
    frame = few().with_columns(nothing=pl.lit(0.0))
    held = small(engine, frame)
    with pytest.raises(mpi.MpiError, match="column 'list' holds lists or other composite values"):
        mpi.estimate(mpi.Survey(held, psu="psu"), ONE, by=["list"])
    with pytest.raises(mpi.MpiError, match="column 'text' holds text where numbers are needed"):
        mpi.estimate(mpi.Survey(held, psu="psu", size="text"), ONE)
    with pytest.raises(mpi.MpiError, match="weight column 'nothing': every weight is 0"):
        mpi.estimate(mpi.Survey(held, psu="psu", weight="nothing"), ONE)
    bad = mpi.Measure.nested("bad", {"x": ["age"]}, cutoff=1)
    with pytest.raises(mpi.MpiError, match=r"'age' holds values other than 0, 1 and missing: 80 \(1 times\), 90 \(1 t"):
        mpi.estimate(mpi.Survey(held, psu="psu"), bad, where=nw.col("age") > 60)


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
@pytest.mark.parametrize("name", ["weight", "cases"])
def test_columns_may_be_called_as_those_of_profiles(engine: str, name: str) -> None:
    """As a group, an indicator, a PSU, a weight and a number; a profile, whose columns they are, says so."""
    frame = few().rename({"d": name})
    measure = mpi.Measure.nested("one", {"x": [name]}, cutoff=1)
    here, there = (mpi.Survey(small(e, frame), weight="w", psu="psu") for e in ("memory", engine))
    asked = [
        lambda s: mpi.estimate(s, measure, by=[name], where=nw.col("age") < 60),
        lambda s: mpi.mean(s, [name, "age"], by=[name, "text"]),
        lambda s: mpi.retention(s, measure).estimates,
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mpi.MpiWarning)
        for ask in asked:
            found, known = ask(there), ask(here)
            assert found.table["group"].tolist() == known.table["group"].tolist()
            np.testing.assert_allclose([found.value, found.se, found.n], [known.value, known.se, known.n], rtol=1e-12)
    other = few().rename({"psu": name, "w": "cases" if name == "weight" else "weight"})
    design = {"psu": name, "weight": "cases" if name == "weight" else "weight"}
    found, known = (mpi.estimate(mpi.Survey(small(e, other), **design), ONE) for e in (engine, "memory"))
    np.testing.assert_allclose([found.value, found.se], [known.value, known.se], rtol=1e-12)
    for one, options in ((frame, {}), (other, {"psu": name})):
        with pytest.raises(mpi.MpiError, match=f"{name!r} is the name of a column of profiles; rename yours"):
            mpi.profile(small(engine, one), ONE if options else measure, **options)


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_columns_of_domains_are_not_taken_twice(engine: str) -> None:
    frame = few().rename({"age": "_inside"})
    for some in (mpi.Survey(small(engine, frame), weight="w", psu="psu"), mpi.Survey(small(engine, frame))):
        with pytest.raises(mpi.MpiError, match="'_inside' is the name of a column of profiles; rename yours"):
            mpi.mean(some, "code", by=["_inside"], where=nw.col("code") > 0)


_FAILS = r"the frame|cannot (be )?comput|not of the kind it is compared with"


@pytest.mark.filterwarnings("ignore:the condition is missing")
@pytest.mark.parametrize("engine", ["memory", "polars", "duckdb"])
def test_native_expressions_are_understood(engine: str) -> None:
    pl, duckdb = (
        pytest.importorskip("polars", reason="Polars is an extra"),
        pytest.importorskip("duckdb", reason="DuckDB is an extra"),
    )
    frame = few()
    held = small(engine, frame)
    young = duckdb.ColumnExpression("age") < 6 if engine == "duckdb" else pl.col("age") < 6
    survey, known = mpi.Survey(held, psu="psu"), mpi.Survey(held, psu="psu").where(nw.col("age") < 6)
    for where in (young, lambda _: young):
        one = mpi.mean(survey.where(where), "w", by=["text"])
        assert one.value == pytest.approx(mpi.mean(known, "w", by=["text"]).value, nan_ok=True)
    more = survey.with_column("young", young)
    same = survey.with_column("same", nw.col("age") < 6)
    assert mpi.mean(more, "young").value == pytest.approx(mpi.mean(same, "same").value)
    assert not [c for c in survey.where(young).columns if c.startswith("_")]
    if engine == "duckdb":
        with pytest.raises(mpi.MpiError, match="is a Expr, which DuckDB does not compute; give an expression"):
            survey.where(pl.col("age") < 6)


@pytest.mark.parametrize("engine", ["memory", "polars", "duckdb"])
def test_expressions_that_fail_end_in_one_error(engine: str) -> None:
    survey = mpi.Survey(small(engine, few()), weight="w", psu="psu")
    for condition in (nw.col("nope") < 5, nw.col("age", "d") == 1, nw.col("text") + 1 == 2):
        with pytest.raises(mpi.MpiError, match=_FAILS):
            mpi.estimate(survey, ONE, where=condition)
    with pytest.raises(mpi.MpiError, match=_FAILS):
        mpi.estimate(survey, ONE, where=nw.col("text") < 5)
    with pytest.raises(mpi.MpiError, match=_FAILS):
        survey.with_column("new", nw.col("text") + 1)
    with pytest.raises(mpi.MpiError, match="numbers are needed"):
        survey.with_column("new", nw.col("text"))
    with pytest.raises(mpi.MpiError, match=_FAILS):
        mpi.mean(survey.with_column("new", nw.col("text").cast(nw.Float64)), "new")


@pytest.mark.parametrize("engine", ["memory", "polars", "duckdb"])
def test_a_condition_that_is_no_condition(engine: str) -> None:
    for survey in (mpi.Survey(small(engine, few())), mpi.Survey(small(engine, few()), psu="psu")):
        with pytest.raises(mpi.MpiError, match="the condition must be true or false"):
            mpi.mean(survey, "d", where="age")


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_groups_are_those_of_all_rows(engine: str) -> None:
    survey = mpi.Survey(small(engine, few()), weight="w", strata="psu", psu="psu").where(nw.col("age") < 6)
    with pytest.raises(mpi.MpiError, match="age: no group for"):
        survey.with_groups("old", "age", {5: "five"})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "old" in survey.with_groups("old", "age", {5: "five"}, rest="more").columns


def test_names_that_differ_in_case_only() -> None:
    survey = mpi.Survey(small("duckdb", few()), psu="psu")
    with pytest.raises(mpi.MpiError, match="there is a column 'age' already"):
        survey.with_column("Age", nw.col("age") * 10)
    with pytest.raises(mpi.MpiError, match="there is a column 'age' already"):
        survey.with_groups("AGE", "text", {"x": "y"})
    other = mpi.Survey(small("polars", few()), psu="psu").with_column("Age", nw.col("age") * 10)
    assert mpi.mean(other, "Age").value == pytest.approx(mpi.mean(other, "age").value * 10)


@pytest.mark.parametrize("engine", ["memory", "polars", "duckdb"])
def test_a_profile_is_condensed_again(engine: str) -> None:
    survey = mpi.Survey(small(engine, few()), weight="w", psu="psu")
    large = mpi.profile(survey, ONE, by=["day", "code"])
    again = mpi.profile(large, ONE, by=["code"])
    assert "of 12 rows" in repr(again)
    found = [mpi.estimate(s, ONE, by=["code"]) for s in (again, survey)]
    assert np.array_equal(found[0].n, found[1].n)
    assert found[0].se == pytest.approx(found[1].se, nan_ok=True)
    with pytest.raises(mpi.MpiError, match="some are profiles and some are microdata"):
        mpi.pool({1: large, 2: survey})


def test_labels_that_disagree_between_rounds() -> None:
    rounds = {
        year: mpi.Survey(small("polars", few()), psu="psu", labels={"age": {5: label}})
        for year, label in ((1, "five"), (2, "5 years"))
    }
    with pytest.raises(mpi.MpiError, match=r"'age': 5 is 'five' in 1 and '5 years' in 2, and .* have no label"):
        mpi.pool(rounds)
    assert mpi.pool(rounds, labels={"age": {"5 years": "five"}}).labels == {"age": {5: "five"}}


def test_households_are_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from mpi.survey import collect as sources

    looks: list[int] = []
    look = sources.one_row_each
    monkeypatch.setattr(sources, "one_row_each", lambda *given: looks.append(1) or look(*given))
    survey = mpi.Survey(small("duckdb", few()), psu="psu", household="day")
    mpi.estimate(survey, ONE)
    mpi.mean(survey, "d", where=nw.col("w") > 2)
    mpi.mean(survey.with_column("new", nw.col("d") * 2), "new")
    assert len(looks) == 1


def test_text_among_objects() -> None:
    frame = pd.DataFrame({"psu": [1, 2], "d": pd.Series([1, "x"], dtype=object)})
    with pytest.raises(mpi.MpiError, match="the data cannot be used: could not convert string to float: 'x'"):
        mpi.profile(frame, ONE, psu="psu")


@pytest.mark.parametrize("engine", ["memory", "polars", "duckdb"])
def test_parts_of_which_one_has_missing_groups(engine: str, tmp_path: Path) -> None:
    pl = pytest.importorskip("polars", reason="Polars is an extra")
    frame = few().with_columns(city=pl.when(pl.col("psu") > 1).then(pl.col("age") > 40))
    for i, part in enumerate((frame.filter(pl.col("psu") < 3), frame.filter(pl.col("psu") == 3))):
        survey = mpi.Survey(small(engine, part.drop_nulls("age")), weight="w", psu="psu", single_psu="certainty")
        mpi.save_profile(mpi.profile(survey, ONE, by=["city"]), tmp_path / f"{i}.parquet")
    whole = mpi.load_profile(tmp_path / "0.parquet", tmp_path / "1.parquet")
    est = mpi.estimate(whole, ONE, by=["city"], statistics=["H"])
    here = mpi.estimate(mpi.Survey(frame.drop_nulls("age"), weight="w", psu="psu"), ONE, by=["city"], statistics=["H"])
    assert est.table["group"].tolist() == here.table["group"].tolist() == ["total", "False", "True", "(missing)"]
    assert est.value == pytest.approx(here.value, nan_ok=True)


@pytest.mark.filterwarnings("ignore:Dask support is moving:FutureWarning")
@pytest.mark.filterwarnings("ignore:The 'future.infer_string' option is deprecated")
@pytest.mark.filterwarnings("ignore::mpi.MpiWarning")
def test_long_codes_in_a_domain_on_dask() -> None:
    dd = pytest.importorskip("dask.dataframe", reason="Dask is an extra")
    frame = pd.DataFrame({"psu": [1, 1, 2, 2], "d": [1, 0, 1, 0], "code": [2**53, 2**53 + 1] * 2, "age": [1, 2, 3, 9]})
    survey = mpi.Survey(dd.from_pandas(frame, npartitions=2), psu="psu")
    found = mpi.estimate(survey, ONE, by=["code"], where=nw.col("age") < 5, statistics=["H"])
    assert found.table["group"].tolist() == ["total", str(2**53), str(2**53 + 1)]
    assert found.value[1:].tolist() == [1.0, 0.0]


def test_files_that_are_gone(tmp_path: Path) -> None:
    pl = pytest.importorskip("polars", reason="Polars is an extra")
    path = tmp_path / "people.parquet"
    few().write_parquet(path)
    survey = mpi.Survey(pl.scan_parquet(path), psu="psu")
    path.unlink()
    with pytest.raises(mpi.MpiError, match=r"the files cannot be read: .*people\.parquet"):
        len(survey)
    with pytest.raises(mpi.MpiError, match=r"the files cannot be read: .*people\.parquet"):
        mpi.Survey(pl.scan_parquet(path), psu="psu")


@pytest.mark.filterwarnings("ignore:Dask support is moving:FutureWarning")
@pytest.mark.filterwarnings("ignore:The 'future.infer_string' option is deprecated")
def test_what_dask_cannot_compute() -> None:
    dd = pytest.importorskip("dask.dataframe", reason="Dask is an extra")
    frame = pd.DataFrame({"psu": [1, 1, 2, 2], "d": [1, 0, 1, 0], "text": ["x"] * 4})
    for roles in ({"psu": "psu"}, {}):
        survey = mpi.Survey(dd.from_pandas(frame, npartitions=2), **roles)
        with pytest.raises(mpi.MpiError, match="Dask cannot compute this: could not convert string to float: 'x'"):
            mpi.mean(survey.with_column("new", nw.col("text").cast(nw.Float64)), "new")
