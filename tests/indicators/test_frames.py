"""Every rule gives the same column on every frame: above 100,000 rows, in no order, with gaps, of many types."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import cache
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest

from frame_kinds import ENGINES, LAZY, collected, spread
from mpi.frames.lazy import engine_frame
from mpi.indicators import Rule, Rules, column, evaluate, list_rules, load_rules, share_above
from mpi.indicators.lazy.add import with_deprivations

ROWS, HOMES = 60_000, 15_500
WORDS = Rules(
    "words",
    [
        Rule(name="any", eligible=column("age") >= 6, deprived=column("insured") == 0, nobody="missing"),
        Rule(name="all", eligible=column("sex") == "female", deprived=column("insured") == 0, household="all"),
        Rule(name="none", eligible=column("age").between(6, 15), deprived=column("attending") == 1, household="none"),
        Rule(name="head", deprived=~column("sex").is_in(["male", "other"]), household="head"),
        Rule(name="share", deprived=column("age") < 16, household=share_above("1/2"), enough="2/3"),
        Rule(name="float32", deprived=column("z") <= 0.1, enough="1/2"),
        Rule(name="small", of="household", deprived=column("living_area") < 8 * column("size")),
        Rule(name="roof", of="household", deprived=~column("roof").is_in(["tile", "concrete"])),
        Rule(name="gone", of="household", deprived=(column("tv") == 0) & column("nothing").is_missing()),
    ],
)


@cache
def people() -> pd.DataFrame:
    """Members in no order: their own answers, of all types, with gaps; some households come up once."""
    rng = np.random.default_rng(41)
    n = ROWS

    def gaps(values: Any, dtype: str) -> Any:
        return pd.Series(values).astype(dtype).mask(rng.random(n) < 0.06)

    sex = pd.Categorical.from_codes(rng.integers(-1, 3, n), ["other", "male", "female"])
    z = rng.choice(np.array([0.1, 0.2, np.nan], dtype="float32"), n)
    return pd.DataFrame(
        {
            "household": rng.integers(0, HOMES, n) * 7 + 100_000,
            "age": gaps(rng.integers(0, 90, n), "Int16"),
            "insured": gaps(rng.integers(0, 2, n).astype(bool), "boolean"),
            "attending": gaps(rng.integers(0, 2, n), "float64"),
            "relation": gaps(rng.choice([1, 2, 3], n, p=[0.3, 0.3, 0.4]), "Int8"),
            "sex": sex,
            "z": z,
        }
    )


@cache
def homes() -> pd.DataFrame:
    """Households in another order; a tenth has no row, and some rows have no members."""
    rng = np.random.default_rng(42)
    keys = rng.permutation(np.arange(HOMES + 50) * 7 + 100_000)[: int(0.9 * HOMES)]
    n = len(keys)
    return pd.DataFrame(
        {
            "household": keys,
            "size": rng.integers(1, 9, n),
            "living_area": np.where(rng.random(n) < 0.1, np.nan, rng.integers(4, 70, n).astype(float)),
            "roof": pd.Series(rng.choice(["tile", "concrete", "leaves"], n)).mask(rng.random(n) < 0.1),
            "tv": rng.integers(0, 2, n).astype(bool),
            "nothing": pd.Series([None] * n, dtype="float64"),
        }
    )


def in_order(found: Any) -> pd.DataFrame:
    """A result as a pandas frame of floats by household."""
    return collected(found).astype("float64").set_index("household").sort_index()


@cache
def base() -> pd.DataFrame:
    return in_order(evaluate(people(), WORDS, households_frame=homes()))


@pytest.mark.parametrize("engine", ENGINES)
def test_two_tables_joined_inside(engine: str, on_engine: Callable[..., Any]) -> None:
    own, other = (on_engine(engine, table) for table in (people(), homes()))
    found = in_order(evaluate(own, WORDS, households_frame=other))
    pd.testing.assert_frame_equal(found, base(), check_exact=True)


def test_nothing_is_the_same_throughout() -> None:
    """The comparison would say little of columns without ones, zeros and gaps."""
    assert len(base()) == people()["household"].nunique()
    for name in base():
        values = set(base()[name].dropna())
        assert values == {0.0, 1.0}, name
        assert base()[name].isna().any(), name


def test_some_columns_by_hand() -> None:
    """The same by group-bys of pandas, so that all frames are not wrong alike."""
    own, home = people(), homes().set_index("household")
    keys = own["household"]
    eligible = own["age"].ge(6)  # NA where the age is missing
    bare = own["insured"].eq(False)
    sure = (eligible & bare).fillna(False).astype(bool).groupby(keys).any()
    free = (~eligible | ~bare).fillna(False).astype(bool).groupby(keys).all()
    asked = eligible.fillna(False).astype(bool).groupby(keys).any()
    expected = pd.Series(np.where(sure, 1.0, np.where(free & asked, 0.0, np.nan)), index=sure.index)
    pd.testing.assert_series_equal(base()["dep_any"], expected.sort_index(), check_names=False, check_index_type=False)

    row = home.reindex(base().index)
    known = row["living_area"].notna()
    small = np.where(known, (row["living_area"] < 8 * row["size"]).astype(float), np.nan)
    np.testing.assert_array_equal(base()["dep_small"], small)
    roof = np.where(row["roof"].notna(), (row["roof"] == "leaves").astype(float), np.nan)
    np.testing.assert_array_equal(base()["dep_roof"], roof)


@pytest.mark.parametrize("engine", ["polars", "arrow", *LAZY[:-1]])
def test_identifiers_of_two_columns_and_of_text(engine: str, on_engine: Callable[..., Any]) -> None:
    rules = WORDS.select(["any", "share", "small"])

    def split(frame: pd.DataFrame) -> pd.DataFrame:
        code = frame["household"].to_numpy()
        place = pd.Series(np.char.add("xã ", (code % 10).astype(str)), index=frame.index)
        return frame.assign(place=place, number=code // 10).drop(columns="household")

    own, other = (on_engine(engine, split(table)) for table in (people(), homes()))
    table = collected(evaluate(own, rules, ["place", "number"], other))
    table["household"] = table["number"] * 10 + table["place"].str[-1].astype(int)
    found = in_order(table.drop(columns=["place", "number"]))
    pd.testing.assert_frame_equal(found, base()[[r.column for r in rules]], check_index_type=False)


@cache
def answers(standard: str, missing: Any = "practice") -> pd.DataFrame:
    """Random answers to all that a standard asks, those of the household alike on each of its members."""
    rng = np.random.default_rng(8)
    rules = load_rules(standard, missing=missing)
    frame = pd.DataFrame({"household": rng.integers(0, HOMES, ROWS)})
    codes = {"age": 90, "birth_year": 70, "level": 6, "attending_level": 5, "allowance": 4, "age_months": 240,
             "water": 16, "toilet": 14, "housing_type": 6, "grade": 13, "living_area": 80, "size": 8,
             "housing_column": 5, "housing_roof": 5, "housing_wall": 6, "water_minutes": 60,
             "school_age": 90}  # fmt: skip
    of_home = {c for r in rules if r.of == "household" for c in r.columns}
    for name in dict.fromkeys(c for r in rules for c in r.columns):
        n = HOMES if name in of_home else ROWS
        values = rng.integers(0, codes.get(name, 2), n).astype(float)
        if name.endswith("_for_age"):
            values = rng.normal(-1, 1.5, n).round(1)
        if name == "bmi":
            values = rng.normal(20, 3, n).round(1)
        values[rng.random(n) < 0.05] = np.nan
        values[: n // 50] = np.nan  # some of whom nothing is known
        frame[name] = values[frame["household"]] if n == HOMES else values
    if "birth_year" in frame:
        frame["birth_year"] += 1946
    return frame


@pytest.mark.parametrize(("standard", "missing"), [*((s, "practice") for s in list_rules()), ("global-mpi", "strict")])
@pytest.mark.parametrize("engine", LAZY)
def test_the_shipped_rules(standard: str, missing: Any, engine: str, on_engine: Callable[..., Any]) -> None:
    """Households of three columns: their numbers come again in other PSUs, and those of PSUs in other strata."""
    rules, keys = load_rules(standard, missing=missing), ["stratum", "psu", "household"]
    table = typed(answers(standard, missing)).sample(frac=1, random_state=5, ignore_index=True)
    code = table["household"].to_numpy()
    table["stratum"] = pd.Categorical(np.array(["north", "centre", "south"])[code % 3])
    table["psu"] = (code // 3 % 40).astype("float64")
    table["household"] = pd.array(code // 120, dtype="Int32").to_numpy(dtype="int32")
    table["row"] = np.arange(len(table))
    expected = spread(rules, table, keys)
    assert expected.notna().any().all()
    assert expected.isna().any().all()
    lazy = engine_frame(on_engine(engine, table))
    found = collected(nw.to_native(with_deprivations(lazy, rules, keys))).set_index("row").sort_index()
    found.index = found.index.astype("int64")  # which Dask has made one that can be missing
    names = [r.column for r in rules]
    assert list(found.columns) == [c for c in table if c != "row"] + names
    pd.testing.assert_frame_equal(found[names].astype("float64"), expected, check_exact=True, check_names=False)


def typed(frame: pd.DataFrame) -> pd.DataFrame:
    """The same answers in columns of other types: yes or no, small and nullable numbers, single precision."""
    kinds = itertools.cycle(["boolean", "Int8", "float32", "float64"])
    two = [c for c in frame if set(frame[c].dropna().unique()) <= {0.0, 1.0}]
    out = frame.astype(dict(zip(two, kinds, strict=False)))
    whole = [c for c in ("age", "level", "water", "grade") if c in frame]
    return out.astype(dict.fromkeys(whole, "Int16"))
