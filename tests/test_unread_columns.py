"""Columns of surveys whose rows an engine holds: types, names and mistakes give what they give in memory."""

from __future__ import annotations

import warnings
from datetime import date
from decimal import Decimal
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
    return frame.lazy() if engine == "polars" else pytest.importorskip("duckdb").from_arrow(frame.to_arrow())


def few() -> Any:
    """Twelve people in three PSUs, with one group for each type of column."""
    pl = pytest.importorskip("polars")
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
    pl = pytest.importorskip("polars")
    frame = few().with_columns(nothing=pl.lit(0.0))
    held = small(engine, frame)
    with pytest.raises(mpi.MpiError, match="column 'list' holds lists or other composite values"):
        mpi.estimate(mpi.Survey(held, psu="psu"), ONE, by=["list"])
    with pytest.raises(mpi.MpiError, match="column 'text' holds string where numbers are needed"):
        mpi.estimate(mpi.Survey(held, psu="psu", size="text"), ONE)
    with pytest.raises(mpi.MpiError, match="weight column 'nothing': every weight is 0"):
        mpi.estimate(mpi.Survey(held, psu="psu", weight="nothing"), ONE)
    bad = mpi.Measure.nested("bad", {"x": ["age"]}, cutoff=1)
    with pytest.raises(mpi.MpiError, match=r"'age' holds values other than 0, 1 and missing: 80 \(1 times\), 90 \(1 t"):
        mpi.estimate(mpi.Survey(held, psu="psu"), bad, where=nw.col("age") > 60)
