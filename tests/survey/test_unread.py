"""Surveys whose rows an engine holds: the same figures, errors and warnings as from the rows in memory."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest

import frame_kinds
import mpi

ROWS = 120_000
NAMES = [f"d{j}" for j in range(6)]
MEASURE = mpi.Measure.nested("m", {"x": NAMES[:3], "y": NAMES[3:]}, cutoff="1/3")
DESIGN = {"weight": "w", "strata": "stratum", "psu": "psu"}
ENGINES = ["polars", "duckdb", "dataset", "ibis", "dask", "spark"]

pytestmark = [
    pytest.mark.filterwarnings("ignore:Dask support is moving:FutureWarning"),
    pytest.mark.filterwarnings("ignore:The 'future.infer_string' option is deprecated"),
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
    pytest.mark.filterwarnings("ignore:The copy keyword is deprecated"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # PySpark's own: of sockets left open
    pytest.mark.filterwarnings("ignore:.*:DeprecationWarning:pyspark"),
]


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    """Unsorted people: PSU codes used again in other strata, nulls and NaN, columns of every kind."""
    rng = np.random.default_rng(11)
    stratum = rng.integers(0, 9, ROWS)
    frame = pd.DataFrame({"stratum": stratum, "psu": rng.integers(0, 30, ROWS), "w": rng.uniform(0, 3, ROWS)})
    frame["region"] = np.array(["north", "centre", "south"])[stratum % 3]
    frame["sex"] = rng.choice(["f", "m", None], ROWS, p=[0.5, 0.49, 0.01])
    frame["code"] = rng.integers(1, 4, ROWS)
    frame["year"] = np.where(np.arange(ROWS) % 2, 2016, 2018)
    frame["home"] = np.arange(ROWS) // 3
    frame["age"] = rng.integers(0, 90, ROWS).astype(float)
    frame["income"] = rng.lognormal(0, 1, ROWS)
    frame["food"] = frame["income"] * rng.uniform(0, 1, ROWS)
    kinds: list[Any] = [np.int8, np.float64, bool, np.float32, np.int64, np.float64]
    for name, kind in zip(NAMES, kinds, strict=True):
        frame[name] = (rng.random(ROWS) < 0.3).astype(kind)
    for name in ("d1", "d3", "d5", "age", "income", "food"):
        frame.loc[rng.random(ROWS) < 0.02, name] = np.nan
    frame["d4"] = frame["d4"].astype("Int8").mask(rng.random(ROWS) < 0.02)
    frame["area"] = pd.Categorical(rng.choice(["rural", "urban"], ROWS), ["none", "rural", "urban"])
    frame.loc[rng.random(ROWS) < 0.01, "area"] = None
    return frame.sample(frac=1, random_state=1, ignore_index=True)


@pytest.fixture(scope="module", params=ENGINES)
def held(request: pytest.FixtureRequest, people: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Hold the people in each engine."""
    engine = request.param
    if engine == "polars":
        return pytest.importorskip("polars", reason="Polars is an extra").from_pandas(people).lazy()
    if engine == "duckdb":
        return pytest.importorskip("duckdb", reason="DuckDB is an extra").connect().from_df(people)
    if engine == "ibis":
        return pytest.importorskip("ibis", reason="Ibis is an extra").memtable(people)
    if engine == "dask":
        return pytest.importorskip("dask.dataframe", reason="Dask is an extra").from_pandas(people, npartitions=3)
    folder = tmp_path_factory.mktemp("people")
    for i in range(2):
        people.iloc[i::2].to_parquet(folder / f"{i}.parquet", index=False)
    if engine == "dataset":
        return pytest.importorskip("pyarrow.dataset", reason="PyArrow is an extra").dataset(folder)
    return request.getfixturevalue("spark").read.parquet(str(folder))


@pytest.fixture(scope="module")
def there(held: Any) -> mpi.Survey:
    return mpi.Survey(held, **DESIGN)


@pytest.fixture(scope="module")
def here(people: pd.DataFrame) -> mpi.Survey:
    return mpi.Survey(people, **DESIGN)


def same(one: mpi.Estimates, other: mpi.Estimates) -> None:
    keys = ["statistic", "contrast", "indicator", "dimension", "by", "group", "wave", "cutoff", "flag"]
    pd.testing.assert_frame_equal(one.table[keys].astype(object), other.table[keys].astype(object))
    assert one.value == pytest.approx(other.value, rel=1e-12, abs=1e-12, nan_ok=True)
    assert one.se == pytest.approx(other.se, rel=1e-10, abs=1e-10, nan_ok=True)
    for name in ("n", "n_psu", "df"):
        assert np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True)


# --- figures --------------------------------------------------------------------------------------------------------


def test_figures_of_a_measure(there: mpi.Survey, here: mpi.Survey) -> None:
    options: dict[str, Any] = {
        "by": ["region", "sex", ("region", "sex"), "d2", "area", ("area", "code")], "cutoffs": ["1/6", "1/3", "1/2"],
        "weightings": {"other": {"x": "1/4", "y": "3/4"}},
    }  # fmt: skip
    same(*(mpi.estimate(s, MEASURE, **options) for s in (there, here)))
    assert not there.in_memory
    assert here.in_memory


def test_a_domain_keeps_the_design(there: mpi.Survey, here: mpi.Survey) -> None:
    condition = nw.col("age") < 18
    with pytest.warns(mpi.MpiWarning, match=r"missing in 2,\d{3} rows"):
        found = [mpi.estimate(s, MEASURE, by=["sex"], where=condition) for s in (there, here)]
    same(*found)
    south = [s.where(nw.col("region") == "south") for s in (there, here)]
    same(*(mpi.estimate(s, MEASURE, by=["sex"]) for s in south))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mpi.MpiWarning)
        same(*(mpi.mean(s, "income", by=["sex"], where=condition) for s in south))
        same(*(mpi.mean(s, "income", where="d1") for s in south))


def test_means_totals_ratios_and_shares(there: mpi.Survey, here: mpi.Survey) -> None:
    for make in (mpi.mean, mpi.total):
        same(*(make(s, ["income", "d0", "d1", "d2"], by=["region", ("region", "sex")]) for s in (there, here)))
    same(*(mpi.ratio(s, "food", "income", by=["sex"]) for s in (there, here)))
    same(*(mpi.proportion(s, ["region", "code"], by=["sex"]) for s in (there, here)))


def test_retention_and_bounds(there: mpi.Survey, here: mpi.Survey) -> None:
    one, other = (mpi.retention(s, MEASURE, by=["region"]) for s in (there, here))
    pd.testing.assert_frame_equal(one.groups, other.groups, rtol=1e-9)
    pd.testing.assert_frame_equal(one.indicators, other.indicators, rtol=1e-8)
    same(*(mpi.estimate(s, MEASURE.with_missing("bounds"), by=["sex"]) for s in (there, here)))


def test_new_columns(there: mpi.Survey, here: mpi.Survey) -> None:
    def more(s: mpi.Survey) -> mpi.Survey:
        grouped = s.with_groups("side", "region", {"north": "up"}, rest="down")
        return grouped.with_groups("kind", "code", {1: "one", 2: "more", 3: "more"}).with_column(
            "old", (nw.col("age") > 60).cast(nw.Float64)
        )

    pair = [more(s) for s in (there, here)]
    same(*(mpi.estimate(s, MEASURE, by=["side", ("side", "kind")]) for s in pair))
    same(*(mpi.mean(s, "old", by=["side"]) for s in pair))
    with pytest.raises(mpi.MpiError, match="code: no group for"):
        there.with_groups("kind", "code", {1: "one"})


def test_rounds(held: Any, people: pd.DataFrame) -> None:
    options: dict[str, Any] = {**DESIGN, "wave": "year", "shared_psus": True}
    pair = [mpi.Survey(frame, **options) for frame in (held, people)]
    same(*(mpi.decompose.change(mpi.estimate(s, MEASURE, by=["sex"])) for s in pair))
    assert pair[0].waves == (2016, 2018)


def test_what_needs_the_rows_collects_them(held: Any, people: pd.DataFrame) -> None:
    covariates = ["age", "region"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mpi.MpiWarning)
        pair = [mpi.Survey(frame, **DESIGN, household="home") for frame in (held, people.assign(home=people.home))]
        one, other = (mpi.decompose.regression(s, "income", covariates) for s in pair)
    assert one.value == pytest.approx(other.value, rel=1e-9)
    assert one.se == pytest.approx(other.se, rel=1e-8)


def test_what_is_wrong_is_counted(held: Any, people: pd.DataFrame) -> None:
    with pytest.raises(mpi.MpiError, match=r"did you mean 'stratum'"):
        mpi.Survey(held, strata="strata", psu="psu")
    with pytest.raises(mpi.MpiError, match=r"psu column 'sex': missing in 1,\d{3} of 120,000 rows"):
        mpi.estimate(mpi.Survey(held, psu="sex"), MEASURE)
    with pytest.raises(mpi.MpiError, match=r"column 'd4' holds values other than 0, 1 and missing|'code' holds values"):
        mpi.estimate(mpi.Survey(held, **DESIGN), mpi.Measure.nested("m", {"x": ["code"]}, cutoff=1))
    with pytest.raises(mpi.MpiError, match="column 'region' holds text where numbers are needed"):
        mpi.mean(mpi.Survey(held, **DESIGN), "region")
    with pytest.raises(mpi.MpiError, match="did you mean 'region'"):
        mpi.estimate(mpi.Survey(held, **DESIGN), MEASURE, by=["regoin"])
    with pytest.raises(mpi.MpiError, match="rows that are not in memory have no order"):
        mpi.estimate(mpi.Survey(held, **DESIGN), MEASURE, where=np.ones(ROWS, dtype=bool))
    assert len(people) == ROWS


# --- designs, on the engine that is always there --------------------------------------------------------------------


def test_comparisons_with_missing_are_missing_on_every_frame(people: pd.DataFrame) -> None:
    few = people.head(5000).assign(kind=lambda f: f.sex.astype("category"))
    frames = [few, pytest.importorskip("polars", reason="Polars is an extra").from_pandas(few)]
    for expression in (nw.col("age") < 18, nw.col("sex") == "f", nw.col("kind") == "f"):
        found = [mpi.Survey(f).with_column("new", expression.cast(nw.Float64)).numbers("new") for f in frames]
        assert np.array_equal(*found, equal_nan=True)
        assert np.isnan(found[0]).any()
        with pytest.warns(mpi.MpiWarning, match="the condition is missing in"):
            mpi.Survey(few).where(expression)


@pytest.fixture(scope="module")
def lazy(people: pd.DataFrame) -> Any:
    return pytest.importorskip("polars", reason="Polars is an extra").from_pandas(people).lazy()


def test_rounds_of_different_frames(people: pd.DataFrame) -> None:
    pl = pytest.importorskip("polars", reason="Polars is an extra")
    parts = {year: people[people.year == year] for year in (2016, 2018)}
    kinds = [lambda f: f, lambda f: pl.from_pandas(f).lazy()]
    for shared in (True, False):
        known = mpi.pool({k: mpi.Survey(f, **DESIGN) for k, f in parts.items()}, shared_psus=shared)
        for first in kinds:
            frames = {2016: first(parts[2016]), 2018: pl.from_pandas(parts[2018]).lazy()}
            there = mpi.pool({k: mpi.Survey(f, **DESIGN) for k, f in frames.items()}, shared_psus=shared)
            assert "in 2 rounds" in repr(there)
            same(*(mpi.decompose.change(mpi.estimate(s, MEASURE, by=["sex"])) for s in (there, known)))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", mpi.MpiWarning)
                same(*(mpi.mean(s, "income", by=["sex"], where=nw.col("age") < 9) for s in (there, known)))


def test_households(lazy: Any, people: pd.DataFrame) -> None:
    homes = people.assign(members=np.random.default_rng(1).integers(1, 8, ROWS))
    there = mpi.Survey(
        pytest.importorskip("polars", reason="Polars is an extra").from_pandas(homes).lazy(), **DESIGN, size="members"
    )
    here = mpi.Survey(homes, **DESIGN, size="members")
    for unit in ("person", "household"):
        same(*(mpi.estimate(s, MEASURE, by=["region"], unit=unit) for s in (there, here)))
        same(*(mpi.mean(s, "income", by=["region"], unit=unit) for s in (there, here)))
    alone = mpi.Survey(lazy, household="home", psu="psu")
    assert mpi.estimate(alone, MEASURE, statistics=["H"]).n[0] > 0
    single = lazy.with_row_index("row")
    with pytest.raises(mpi.MpiError, match="every household stands in one row"):
        mpi.estimate(mpi.Survey(single, household="row", psu="psu"), MEASURE)


@pytest.mark.parametrize("engine", frame_kinds.LAZY)
def test_members_counted_as_households(people: pd.DataFrame, engine: str, on_engine: Callable[..., Any]) -> None:
    one = people.drop_duplicates("home").head(2000).drop(columns=["d2", "year"])
    one["d0"], one["farm"] = one.d0.astype("int8"), np.where(one.index % 9 == 0, np.nan, one.index % 2)
    members = pd.concat([one, one, one], ignore_index=True).sample(frac=1, random_state=2, ignore_index=True)
    members["eldest"] = np.arange(len(members)) % 3 == 0
    measure = mpi.Measure.nested("m", {"x": ["d0", "d1"], "y": ["d3", "d4"]}, cutoff="1/2")
    there, here = (mpi.Survey(f, **DESIGN, household="home") for f in (on_engine(engine, members), members))
    same(*(mpi.estimate(s, measure, unit="household", by=["region"]) for s in (there, here)))
    with pytest.warns(mpi.MpiWarning, match="the condition is missing in") as told:
        same(*(mpi.mean(s, "income", unit="household", where="farm") for s in (there, here)))
    assert len({str(w.message) for w in told if issubclass(w.category, mpi.MpiWarning)}) == 1
    with pytest.raises(mpi.MpiError) as error:
        mpi.estimate(there, measure, unit="household", by=["eldest"], where=nw.col("eldest"))
    assert "'eldest' differs between members" in str(error.value)
    assert "the condition differs between members" in str(error.value)
    gone = members.assign(home=members.home.where(members.index > 2))
    with pytest.raises(mpi.MpiError, match="household column 'home' is missing in 3 rows"):
        mpi.estimate(mpi.Survey(on_engine(engine, gone), psu="psu", household="home"), measure, unit="household")


def test_without_psus_each_row_is_one(lazy: Any, people: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    same(*(mpi.estimate(mpi.Survey(f, weight="w"), MEASURE, by=["sex"]) for f in (lazy, people)))
    from mpi.survey import collect as sources

    monkeypatch.setattr(sources, "_CELLS", 1000)
    with pytest.raises(mpi.MpiError, match=r"120,000 rows of 7 columns.*or say census=True"):
        mpi.estimate(mpi.Survey(lazy), MEASURE, by=["sex"])
    with pytest.raises(mpi.MpiError, match=r"survey\.collect\(\[\.\.\.\]\)"):
        mpi.Survey(lazy, psu="psu").numbers("income")


@pytest.mark.parametrize("weight", [None, "w"])
def test_a_census_has_no_sampling_error(lazy: Any, people: pd.DataFrame, weight: str | None) -> None:
    there, here = (mpi.Survey(f, census=True, weight=weight) for f in (lazy, people))
    same(*(mpi.estimate(s, MEASURE, by=["region"]) for s in (there, here)))
    est = mpi.estimate(here, MEASURE, by=["region"])
    assert np.nanmax(est.se) == 0
    assert set(est.flag.to_list()) == {"whole population: no sampling error"}
    assert "a census" in repr(here)
    assert "Whole population: no sampling error." in est.publish(["H"]).attrs["notes"]
    gap = mpi.decompose.gap(est, "region", reference="north", kinds="difference")
    assert set(gap.flag.to_list()) == {"whole population: no sampling error"}
    plain = mpi.estimate(mpi.Survey(people, weight=weight), MEASURE, by=["region"])
    assert est.value == pytest.approx(plain.value, abs=1e-12, nan_ok=True)
    with pytest.raises(mpi.MpiError, match="census=True says that everybody is in the data; leave out psu"):
        mpi.Survey(people, census=True, psu="psu")


def test_population_corrections(people: pd.DataFrame) -> None:
    frame = people.assign(drawn=people.stratum.map(lambda h: 40 + h))
    lazy = pytest.importorskip("polars", reason="Polars is an extra").from_pandas(frame).lazy()
    same(*(mpi.estimate(mpi.Survey(f, **DESIGN, fpc="drawn"), MEASURE, by=["sex"]) for f in (lazy, frame)))


def test_categories_keep_their_order(people: pd.DataFrame) -> None:
    pl = pytest.importorskip("polars", reason="Polars is an extra")
    order = ["south", "north", "centre"]
    lazy = pl.from_pandas(people).with_columns(pl.col("region").cast(pl.Enum(order))).lazy()
    est = mpi.estimate(mpi.Survey(lazy, **DESIGN), MEASURE, by=["region"], statistics=["H"])
    assert est.select(by="region").table["group"].tolist() == order
    codes = mpi.Survey(lazy, **DESIGN, labels={"code": {1: "one", 2: "two", 3: "three"}})
    assert mpi.estimate(codes, MEASURE, by=["code"], statistics=["H"]).table["group"].tolist()[1:] == [
        "one", "two", "three",
    ]  # fmt: skip


def test_a_survey_is_condensed_with_its_design(lazy: Any, here: mpi.Survey) -> None:
    small = mpi.profile(mpi.Survey(lazy, **DESIGN), MEASURE, by=["sex"])
    same(*(mpi.estimate(s, MEASURE, by=["sex"]) for s in (small, here)))
    same(*(mpi.estimate(s, MEASURE, by=["sex"]) for s in (mpi.profile(here, MEASURE, by=["sex"]), here)))
    with pytest.raises(mpi.MpiError, match="weight: the survey brings its own design along"):
        mpi.profile(here, MEASURE, weight="w")
    with pytest.raises(mpi.MpiError, match="each row of the survey is a PSU"):
        mpi.profile(mpi.Survey(lazy), MEASURE)


def test_lines_and_repr(people: pd.DataFrame) -> None:
    frame = people.assign(income=people.income * 1e6, area=people.code % 2 + 1)
    lazy = pytest.importorskip("polars", reason="Polars is an extra").from_pandas(frame).lazy()
    there = mpi.Survey(lazy, **DESIGN)
    assert repr(there) == ("<Survey: rows not in memory (Polars), 18 columns; weight 'w', strata 'stratum', psu 'psu'>")
    assert len(there) == ROWS
    assert "120,000 rows" in repr(there.collect(["income"]))
    line = mpi.load_line("vn-2006")
    same(*(mpi.estimate(s, line, by=["region"]) for s in (there, mpi.Survey(frame, **DESIGN))))


@pytest.mark.parametrize("engine", frame_kinds.LAZY)
def test_deprivations_are_left_to_the_engine(people: pd.DataFrame, engine: str, on_engine: Callable[..., Any]) -> None:
    from mpi.indicators import add_deprivations, load_rules

    rng = np.random.default_rng(3)
    frame = people.head(30_000)[["stratum", "psu", "w", "sex"]].assign(
        home=lambda f: rng.integers(0, 12, len(f)), age=lambda f: rng.integers(0, 90, len(f)).astype(float)
    )
    for name in ("insured", "attending"):
        frame[name] = np.where(rng.random(len(frame)) < 0.02, np.nan, rng.integers(0, 2, len(frame)))
    rules = load_rules("vn-2016").select(["health_insurance", "child_schooling"])
    measure = mpi.Measure.nested("two", {r.name: [r.column] for r in rules}, cutoff="1/2")
    held = on_engine(engine, frame)
    both = [add_deprivations(mpi.Survey(f, **DESIGN, household="home"), rules) for f in (held, frame)]
    assert not both[0].in_memory
    same(*(mpi.estimate(s, measure, by=["sex"]) for s in both))
    with pytest.raises(mpi.MpiError, match=r"which column identifies the households \(household=\)"):
        add_deprivations(mpi.Survey(held, psu="psu"), rules)
