"""Deprivations on lazy frames: what is said without a look at the data, and rows that are left unknown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest

from frame_kinds import ENGINES, LAZY, collected
from mpi import MpiError
from mpi.frames.lazy import engine_frame
from mpi.frames.nulls import with_nulls
from mpi.indicators import Computed, Rule, Rules, column, evaluate, load_rules
from mpi.indicators.lazy.add import with_deprivations

QUICK = [e for e in LAZY if e != "dataset"][:-1]  # Spark is asked less often: each plan takes it seconds
NO_PHONE = column("phone").is_missing() | (column("phone") == 0)
RULES = Rules(
    "r",
    [
        Rule(name="insurance", deprived=column("insured") == 0),
        Rule(name="roof", of="household", deprived=column("roof").is_in(["leaves", "straw"])),
        Rule(name="phone", of="household", deprived=NO_PHONE, optional=["phone"]),
    ],
)
OF_HOMES = RULES.select(["roof", "phone"])


def people() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "psu": [1.0, 1.0, np.nan, 2.0, 1.0, np.nan],  # null and NaN, where the engine has both
            "household": [1, 1, 1, 1, 2, 3],
            "insured": pd.array([True, None, False, False, True, False], dtype="boolean"),
            "roof": ["leaves", "tile", "tile", None, "straw", "tile"],
            "row": range(6),
        }
    )


def lazy(made: Any) -> nw.LazyFrame[Any]:
    return engine_frame(made) or with_nulls(nw.from_native(made)).lazy()


def listed(frame: nw.LazyFrame[Any], name: str) -> list[float | None]:
    found = collected(nw.to_native(frame)).sort_values("row")[name].astype("float64")
    return [None if np.isnan(v) else v for v in found]


@pytest.mark.parametrize("engine", ENGINES)
def test_rows_keep_what_they_have(engine: str, on_engine: Callable[..., Any]) -> None:
    frame = lazy(on_engine(engine, people()))
    found = with_deprivations(frame, RULES, ["psu", "household"])
    assert found.collect_schema().names() == [*people(), "dep_insurance", "dep_roof", "dep_phone"]
    assert listed(found, "row") == [0, 1, 2, 3, 4, 5]
    assert listed(found, "dep_insurance") == [None, None, None, 1, 0, None]  # two PSUs are missing
    assert listed(found, "dep_roof") == [None, None, None, None, 1, None]  # the members of the first household differ
    assert listed(found, "dep_phone") == [1, 1, None, 1, 1, None]
    assert listed(found, "psu") == [1, 1, None, 2, 1, None]


@pytest.mark.parametrize("engine", [*ENGINES[:-1]])
def test_rows_that_are_households(engine: str, on_engine: Callable[..., Any]) -> None:
    found = with_deprivations(lazy(on_engine(engine, people())), OF_HOMES, [])
    assert found.collect_schema().names() == [*people(), "dep_roof", "dep_phone"]
    assert listed(found, "dep_roof") == [1, 0, 0, None, 1, 0]
    assert listed(found, "dep_phone") == [1] * 6


@pytest.mark.parametrize("engine", QUICK)
def test_all_that_is_wrong_is_told_at_once(engine: str, on_engine: Callable[..., Any]) -> None:
    frame = lazy(on_engine(engine, people().assign(dep_roof=1)))
    with pytest.raises(MpiError) as error:
        with_deprivations(frame, RULES, ["stratum", "hosehold"])
    said = str(error.value)
    assert "no column 'stratum'" in said
    assert "did you mean 'household'" in said
    assert "has 'dep_roof' already" in said
    with pytest.raises(MpiError, match="each row is a household, and insurance ask its members"):
        with_deprivations(frame, RULES.select(["insurance"]), [])
    with pytest.raises(MpiError, match=r"'income', needed by x.*\n"):
        with_deprivations(frame, Rules("x", [Rule(name="x", deprived=column("income") < 5)]), ["household"])
    with pytest.raises(MpiError, match=r"column 'roof' is .*, and the rule compares it with a number; make it one"):
        with_deprivations(frame, Rules("x", [Rule(name="x", deprived=column("roof") < 5)]), ["household"])


def test_names_that_differ_in_capitals_are_one_to_sql(on_engine: Callable[..., Any]) -> None:
    with pytest.raises(MpiError, match="has 'dep_roof' already"):
        with_deprivations(lazy(on_engine("duckdb", people().assign(DEP_Roof=1))), OF_HOMES, [])


@pytest.mark.parametrize("standard", ["global-mpi", "vn-2022"])
def test_growth_is_not_computed_lazily(standard: str, on_engine: Callable[..., Any]) -> None:
    rules = load_rules(standard).select(["nutrition"])
    names = {i for c in rules["nutrition"].columns for i in rules.inputs(c, [])}
    table = pd.DataFrame({name: [1.0, 2.0] for name in names} | {"household": [1, 2]})
    with pytest.raises(
        MpiError, match=r"'height_for_age' is computed in memory only: give the frame a column"
    ) as error:
        evaluate(on_engine("duckdb", table), rules)
    assert "mapInPandas" in str(error.value)


def test_a_computed_column_that_is_there_is_taken(on_engine: Callable[..., Any]) -> None:
    rules = Rules(
        "x", [Rule(name="thin", deprived=column("bmi") < 18.5)], [Computed("bmi", "bmi", ("height", "weight_kg"))]
    )
    table = pd.DataFrame({"household": [1, 2], "bmi": [18.0, 20.0]})
    found = collected(evaluate(on_engine("duckdb", table), rules)).set_index("household")["dep_thin"]
    assert found.sort_index().tolist() == [1, 0]


def test_frames_of_two_engines(on_engine: Callable[..., Any]) -> None:
    own, homes = people().drop(columns="roof"), people()[["household", "roof"]].drop_duplicates("household")
    with pytest.raises(MpiError, match="one of DuckDB and the households' of Polars; give both of one kind"):
        evaluate(on_engine("duckdb", own), RULES, "household", on_engine("lazy polars", homes))
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is an extra")
    apart = duckdb.connect().from_df(homes)
    with pytest.raises(MpiError, match=r"DuckDB cannot apply the rules: .*different connections"):
        evaluate(on_engine("duckdb", own), RULES, "household", apart)


@pytest.mark.parametrize("dtype", ["int64", "float64", "uint16", "Int32"])
@pytest.mark.parametrize("engine", ["polars", *QUICK])
def test_identifiers_that_a_type_cannot_hold(engine: str, dtype: str, on_engine: Callable[..., Any]) -> None:
    own = pd.DataFrame({"household": np.array([1, 2, 44], dtype="int8")})
    codes = [1, 2, 300, 65_000 if dtype == "uint16" else -500]
    homes = pd.DataFrame({"household": codes, "roof": ["leaves", "tile", "straw", "straw"]}).astype(
        {"household": dtype}
    )
    found = evaluate(on_engine(engine, own), RULES.select(["roof"]), "household", on_engine(engine, homes))
    table = collected(found).set_index("household").sort_index()
    assert table["dep_roof"].astype("float64").fillna(9).tolist() == [1, 0, 9]  # 300 is not 44


@pytest.mark.filterwarnings("ignore")  # PySpark's own
def test_spark_and_names_with_dots(spark: Any) -> None:
    frame = spark.createDataFrame([(1, True, 2)], ["h.id", "insured", "other.thing"])
    rules = RULES.select(["insurance"])
    with pytest.raises(MpiError, match=r"'h\.id': call it 'h_id', with withColumnRenamed"):
        evaluate(frame, rules, "h.id")
    frame = frame.withColumnRenamed("h.id", "household")
    assert collected(evaluate(frame, rules))["dep_insurance"].tolist() == [0]  # the other column is not asked for
    with pytest.raises(MpiError, match="'other_thing'"):
        with_deprivations(lazy(frame), rules, ["household"])
