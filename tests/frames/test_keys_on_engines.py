"""Keys on every engine: none is lost or split, points in time are what the clock showed, other kinds are refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mpi
from frame_kinds import on
from mpi.frames.transport import in_known_order

pl = pytest.importorskip("polars", reason="Polars is an extra")
pa = pytest.importorskip("pyarrow", reason="PyArrow is an extra")
parquet = pytest.importorskip("pyarrow.parquet", reason="PyArrow is an extra")
dataset = pytest.importorskip("pyarrow.dataset", reason="PyArrow is an extra")
duckdb = pytest.importorskip("duckdb", reason="DuckDB is an extra")

pytestmark = [
    pytest.mark.filterwarnings("ignore:Dask support is moving:FutureWarning"),
    pytest.mark.filterwarnings("ignore:The 'future.infer_string' option is deprecated"),
    pytest.mark.filterwarnings("ignore:The inplace keyword in DataFrame"),  # which Dask uses
]

MEASURE = mpi.Measure.nested("m", {"x": ["d"]}, cutoff=1)
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
ROWS = 60
MISSING = "(missing)"
TIMES = [dt.datetime.fromisoformat(t) for t in ("1960-01-01", "1969-12-31T23:30", "2016-01-01", "2016-06-01")]
"""Two of the first hours of a year, which are hours of the year before in Greenwich; two before 1970."""


def values(seed: int) -> dict[str, list[Any]]:
    """Return keys of each kind, as plain values; every seventh or so is missing."""
    rng = np.random.default_rng(seed)

    def some(levels: list[Any]) -> list[Any]:
        return [None if rng.random() < 0.15 else levels[k] for k in rng.integers(0, len(levels), ROWS)]

    texts = ["b", "a", "Tày", " ", "10", "9"]
    keys = {"text": some(texts), "shuffled": some(texts), "ordered": some(texts)}
    keys |= {"whole": some([3, 10, 2, 1]), "share": some([1.5, 1.0, 2.0]), "yes": some([True, False])}
    keys |= {"moment": some(TIMES), "day": some([t.date() for t in TIMES])}
    return keys | {"zoned": some(TIMES), "second": some(TIMES), "fine": some(TIMES)}


def table(keys: dict[str, list[Any]], rows: slice = slice(None)) -> Any:
    """Return some rows as an Arrow table, its dictionaries made of these rows alone, without notes of pandas."""
    units = {"second": "s", "fine": "ns", "moment": "us"}
    columns: dict[str, Any] = {}
    for name, held in keys.items():
        part = held[rows]
        if name in {"text", "whole", "share"}:
            columns[name] = pa.array(part).dictionary_encode()
        elif name in {"shuffled", "ordered"}:
            levels = [*sorted({v for v in part if v is not None}, reverse=True), "nobody"]
            index = pa.array([None if v is None else levels.index(v) for v in part], pa.int8())
            columns[name] = pa.DictionaryArray.from_arrays(index, pa.array(levels), ordered=name == "ordered")
        elif name == "zoned":
            aware = [None if v is None else v.replace(tzinfo=HANOI) for v in part]
            columns[name] = pa.array(aware, pa.timestamp("us", "Asia/Ho_Chi_Minh"))
        else:
            columns[name] = pa.array(part, pa.timestamp(units[name])) if name in units else pa.array(part)
    number = list(range(ROWS))[rows]
    return pa.table({**columns, "d": [(7 * k) % 3 % 2 for k in number], "psu": [k % 20 for k in number]})


def as_pandas(keys: dict[str, list[Any]]) -> pd.DataFrame:
    """Return the same as pandas holds it, with categories of several kinds."""
    frame = table(keys).to_pandas()
    frame["whole"] = pd.Categorical(keys["whole"], categories=[10, 1, 2, 3, 99])
    frame["share"] = pd.Categorical(keys["share"])
    frame["yes"] = pd.Categorical(keys["yes"])
    frame["moment"] = pd.Categorical(pd.Series(keys["moment"]))
    return frame


def in_parts(keys: dict[str, list[Any]], folder: Path) -> Path:
    """Write two files whose dictionaries differ."""
    folder.mkdir()
    for name, rows in (("a", slice(0, ROWS // 3)), ("b", slice(ROWS // 3, ROWS))):
        parquet.write_table(table(keys, rows), folder / f"{name}.parquet")
    return folder


def _dask() -> Any:
    return pytest.importorskip("dask.dataframe", reason="Dask is an extra")


def _ibis() -> Any:
    return pytest.importorskip("ibis", reason="Ibis is an extra")


Made = Callable[[dict[str, list[Any]], Path], Any]
ENGINES: dict[str, Made] = {
    "pandas": lambda keys, _: as_pandas(keys),
    "pandas on Arrow": lambda keys, _: table(keys).to_pandas(types_mapper=pd.ArrowDtype),
    "polars": lambda keys, _: pl.from_arrow(table(keys)),
    "lazy polars": lambda keys, _: pl.from_arrow(table(keys)).lazy(),
    "arrow": lambda keys, _: table(keys),
    "dataset": lambda keys, _: dataset.dataset(table(keys)),
    "dataset of files": lambda keys, folder: dataset.dataset(str(in_parts(keys, folder / "set"))),
    "scan": lambda keys, folder: mpi.scan(in_parts(keys, folder / "scan")),
    "duckdb": lambda keys, _: duckdb.connect().from_arrow(table(keys)),
    "ibis": lambda keys, _: _ibis().memtable(table(keys)),
    "dask": lambda keys, _: _dask().from_pandas(as_pandas(keys), npartitions=3),
    "dask of files": lambda keys, folder: _dask().read_parquet(str(in_parts(keys, folder / "dask"))),
}
NO_ZONE = {"duckdb", "ibis"}
"""Engines that do not tell in which zone points in time were written."""


def expected(keys: dict[str, list[Any]], name: str) -> dict[str, tuple[float, int]]:
    """Return the headcount and the cases of each group, by counting."""
    deprived = [(7 * k) % 3 % 2 for k in range(ROWS)]
    groups: dict[str, list[int]] = {}
    for value, d in zip(keys[name], deprived, strict=True):
        groups.setdefault(MISSING if value is None else str(value), []).append(d)
    return {g: (sum(ds) / len(ds), len(ds)) for g, ds in groups.items()}


def found(survey: mpi.Survey, names: list[str]) -> dict[str, dict[str, tuple[float, int]]]:
    rows = mpi.estimate(survey, MEASURE, by=names, statistics=["H"]).table
    groups = {n: rows[rows["by"] == n] for n in names}
    return {n: {g: (h, int(k)) for g, h, k in zip(t.group, t.estimate, t.n, strict=True)} for n, t in groups.items()}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("seed", [1, 2])
def test_no_key_is_lost(engine: str, seed: int, tmp_path: Path) -> None:
    """Dictionaries that are unknown, empty, shuffled or other in each part; dates and times of every unit."""
    keys = values(seed)
    names = [n for n in keys if n != "zoned" or engine not in NO_ZONE]
    groups = found(mpi.Survey(ENGINES[engine](keys, tmp_path), psu="psu"), names)
    assert {n: {g: (pytest.approx(h), k) for g, (h, k) in expected(keys, n).items()} for n in names} == groups


@pytest.mark.filterwarnings("ignore")  # PySpark's own, of pandas 3
def test_no_key_is_lost_on_spark(spark: Any, tmp_path: Path) -> None:
    keys = {n: held for n, held in values(3).items() if n != "fine"}
    frame = spark.read.parquet(str(in_parts(keys, tmp_path / "spark")))
    names = [n for n in keys if n != "zoned"]
    groups = found(mpi.Survey(frame, psu="psu"), names)
    assert {n: {g: (pytest.approx(h), k) for g, (h, k) in expected(keys, n).items()} for n in names} == groups
    with pytest.raises(mpi.MpiError, match="'zoned' holds points in time, and Spark does not tell"):
        mpi.Survey(frame, psu="psu", wave="zoned")


@pytest.mark.parametrize("engine", ["dask", "dask of files", "lazy polars", "scan"])
def test_values_put_into_groups(engine: str, tmp_path: Path) -> None:
    """Values of categories and points in time are found again when they are put into groups."""
    keys = values(4)
    survey = mpi.Survey(ENGINES[engine](keys, tmp_path), psu="psu")
    for name, old in (("whole", [1, 2]), ("zoned", TIMES[:2]), ("text", ["a", "b"])):
        one = survey.with_groups("one", name, dict.fromkeys(old, "in"), rest="out")
        cases = found(one, ["one"])["one"]
        held = keys[name]
        assert {g: n for g, (_, n) in cases.items()} == {
            "in": sum(v in old for v in held),
            "out": sum(v is not None and v not in old for v in held),
            MISSING: sum(v is None for v in held),
        }


@pytest.mark.parametrize("engine", ["pandas", "polars", "arrow", "lazy polars", "duckdb", "dataset", "ibis", "dask"])
def test_decimals_put_into_groups(engine: str, tmp_path: Path) -> None:
    """Decimals are found again on every engine; Dask finds none equal to a decimal."""
    held = [Decimal("0.25"), Decimal("0.50"), None, Decimal("0.25")]
    decimals = pd.array(held, dtype=pd.ArrowDtype(pa.decimal128(10, 2)))
    frame = pd.DataFrame({"d": [1.0, 0, 1, 0], "psu": [1, 2, 3, 4], "g": decimals})
    survey = mpi.Survey(on(engine, frame, lambda: None, tmp_path), psu="psu")
    one = survey.with_groups("one", "g", {Decimal("0.25"): "in"}, rest="out")
    assert found(one, ["one"])["one"] == {"in": (0.5, 2), "out": (0.0, 1), MISSING: (1.0, 1)}


@pytest.mark.parametrize("engine", [e for e in ENGINES if e not in NO_ZONE])
def test_rounds_are_what_the_clock_showed(engine: str, tmp_path: Path) -> None:
    keys = values(5)
    keys["zoned"] = [TIMES[k % 4] for k in range(ROWS)]
    frame = ENGINES[engine](keys, tmp_path)
    est = mpi.estimate(mpi.Survey(frame, psu="psu", wave="zoned"), MEASURE, statistics=["H"])
    assert [str(w) for w in est.table["wave"]] == [str(t) for t in TIMES]


@pytest.mark.parametrize("engine", sorted(NO_ZONE))
def test_points_in_time_of_an_unknown_zone(engine: str, tmp_path: Path) -> None:
    keys = values(6)
    survey = mpi.Survey(ENGINES[engine](keys, tmp_path), psu="psu")
    with pytest.raises(mpi.MpiError, match=r"'zoned' holds points in time, .* does not tell in which time zone"):
        mpi.estimate(survey, MEASURE, by=["zoned"])
    with pytest.raises(mpi.MpiError, match="'zoned' holds points in time"):
        mpi.Survey(ENGINES[engine](keys, tmp_path / "b"), psu="psu", wave="zoned")
    with pytest.raises(mpi.MpiError, match="'zoned' holds points in time"):  # each row a PSU: the rows are collected
        mpi.estimate(mpi.Survey(ENGINES[engine](keys, tmp_path / "c")), MEASURE, by=["zoned"])


def test_the_session_decides_nothing(tmp_path: Path) -> None:
    """Where DuckDB is asked for the clock of the data, the zone of the session is no matter."""
    keys = values(7)
    for zone in ("UTC", "America/New_York"):
        connection = duckdb.connect()
        connection.execute(f"SET TimeZone = '{zone}'")
        data = connection.from_arrow(table(keys)).project("* REPLACE (timezone('Asia/Ho_Chi_Minh', zoned) AS zoned)")
        assert found(mpi.Survey(data, psu="psu"), ["zoned"])["zoned"] == expected(keys, "zoned")


@pytest.mark.parametrize("zone", ["+07:00", "UTC", "Europe/Paris"])
def test_zones_of_files(zone: str, tmp_path: Path) -> None:
    """The zone of the files holds, as in memory; files of several zones are refused."""
    clock = [t.replace(tzinfo=None) for t in TIMES]
    names = {"+07:00": dt.timezone(dt.timedelta(hours=7))}
    aware = [t.replace(tzinfo=names.get(zone) or ZoneInfo(zone)) for t in clock]
    for unit in ("ms", "us", "ns"):
        data = pa.table({"t": pa.array(aware, pa.timestamp(unit, zone)), "d": [0, 1, 0, 1], "psu": [1, 2, 3, 4]})
        path = tmp_path / f"{unit}.parquet"
        parquet.write_table(data, path)
        surveys = [mpi.read_survey(path, psu="psu"), mpi.Survey(mpi.scan(path), psu="psu")]
        surveys.append(mpi.Survey(dataset.dataset(str(path)), psu="psu"))
        for survey in surveys:
            assert [*found(survey, ["t"])["t"]] == [str(t) for t in clock]
    other = tmp_path / "other.parquet"
    parquet.write_table(
        pa.table({"t": pa.array(aware, pa.timestamp("us", "Asia/Tokyo")), "d": [0] * 4, "psu": [5] * 4}), other
    )
    both = mpi.Survey(mpi.scan([tmp_path / "us.parquet", other]), psu="psu")
    with pytest.raises(mpi.MpiError, match="does not tell in which time zone"):
        mpi.estimate(both, MEASURE, by=["t"])


@pytest.mark.parametrize("kind", ["fine", "whole"])
@pytest.mark.parametrize(
    "made",
    ["pandas", "pandas on Arrow", "polars", "lazy polars", "arrow", "dataset", "dask", "scan"],
)
def test_digits_below_the_microsecond_are_kept_or_refused(made: str, kind: str, tmp_path: Path) -> None:
    """Points in time of a zone that differ by nanoseconds are two keys, or the column is refused; never one key."""
    step = 1 if kind == "fine" else 1_000
    start = 1_577_836_800_000_000_000
    moments = pa.array([start, start + step, None, start + step], pa.timestamp("ns", "Asia/Ho_Chi_Minh"))
    data = pa.table({"t": moments, "d": [0, 1, 1, 0], "psu": [1, 2, 3, 4]})
    survey = mpi.Survey(MADE_OF_TABLE[made](data, tmp_path), psu="psu")
    if kind == "fine" and made in ("dataset", "scan"):
        with pytest.raises(
            mpi.MpiError, match="'t' holds points in time with a zone that are finer than a microsecond"
        ):
            mpi.estimate(survey, MEASURE, by=["t"])
        assert len(mpi.estimate(survey, MEASURE, statistics=["H"])) == 1  # what is not used is not read
        return
    est = mpi.estimate(survey, MEASURE, by=["t"], statistics=["H"]).select(by="t")
    assert len(est) == 3
    assert sorted(est.n.tolist()) == [1, 1, 2]


ODD: dict[str, tuple[Any, str]] = {
    "binary": (pa.array([b"a", b"b", None, b"a"]), "bytes"),
    "fixed": (pa.array([b"a", b"b", None, b"a"], pa.binary(1)), "bytes"),
    "dictionary": (pa.array([b"a", b"b", None, b"a"]).dictionary_encode(), "bytes"),
    "list": (pa.array([[1], [2], None, [1]]), "lists or other composite"),
    "struct": (pa.array([{"a": 1}, {"a": 2}, None, {"a": 1}]), "lists or other composite"),
    "map": (pa.array([[("a", 1)], None, [("b", 1)], [("a", 1)]], pa.map_(pa.string(), pa.int64())), "lists or other"),
    "length": (pa.array([1, 2, None, 1], pa.duration("us")), "lengths of time"),
}
MADE_OF_TABLE: dict[str, Callable[[Any, Path], Any]] = {
    "pandas": lambda t, _: t.to_pandas(),
    "pandas on Arrow": lambda t, _: t.to_pandas(types_mapper=pd.ArrowDtype),
    "polars": lambda t, _: pl.from_arrow(t),
    "lazy polars": lambda t, _: pl.from_arrow(t).lazy(),
    "arrow": lambda t, _: t,
    "dataset": lambda t, _: dataset.dataset(t),
    "duckdb": lambda t, _: duckdb.connect().from_arrow(t),
    "dask": lambda t, path: _dask().read_parquet(_written(t, path)),
    "scan": lambda t, path: mpi.scan(_written(t, path)),
}


def _written(data: Any, path: Path) -> str:
    parquet.write_table(data, path / "odd.parquet")
    return str(path / "odd.parquet")


@pytest.mark.parametrize("engine", MADE_OF_TABLE)
@pytest.mark.parametrize("kind", ODD)
def test_keys_that_are_none(kind: str, engine: str, tmp_path: Path) -> None:
    if kind == "length" and engine == "scan":
        pytest.skip("Parquet holds no lengths of time, but whole numbers")
    if kind == "dictionary" and engine == "dask":
        pytest.skip("Dask reads the bytes of dictionaries as text")
    column, said = ODD[kind]
    frame = MADE_OF_TABLE[engine](pa.table({"g": column, "d": [0, 1, 0, 1], "psu": [1, 2, 3, 4]}), tmp_path)
    with pytest.raises(mpi.MpiError, match=rf"column 'g' holds {said}"):
        mpi.estimate(mpi.Survey(frame, psu="psu"), MEASURE, by=["g"])


ORDERED: dict[str, Callable[[Path], Any]] = {
    "pandas": lambda _: pd.DataFrame(
        {"g": pd.Categorical(list("abca"), ["c", "x", "b", "a"]), "d": 1, "psu": range(4)}
    ),
    "polars": lambda _: pl.DataFrame(
        {"g": pl.Series(list("abca"), dtype=pl.Enum(["c", "x", "b", "a"])), "d": [1] * 4, "psu": range(4)}
    ),
    "arrow": lambda path: pa.Table.from_pandas(ORDERED["pandas"](path).assign(g=lambda f: f["g"].cat.as_ordered())),
    "dask": lambda path: _dask().from_pandas(ORDERED["pandas"](path), npartitions=2),
    "duckdb": lambda _: duckdb.sql(
        "SELECT unnest(['a', 'b', 'c', 'a'])::ENUM('c', 'x', 'b', 'a') AS g, 1 AS d, unnest(range(4)) AS psu"
    ),
}


@pytest.mark.parametrize("engine", ORDERED)
@pytest.mark.parametrize("lazily", [False, True])
def test_groups_stand_in_the_order_of_their_categories(engine: str, lazily: bool, tmp_path: Path) -> None:
    frame = ORDERED[engine](tmp_path)
    survey = mpi.profile(frame, MEASURE, by=["g"], psu="psu") if lazily else mpi.Survey(frame, psu="psu")
    assert [*found(survey, ["g"])["g"]] == ["c", "b", "a"]
    assert survey.declared("g") == ("c", "x", "b", "a")


@pytest.mark.filterwarnings("ignore:profiles share PSUs")
def test_profiles_of_categories_and_of_their_values_add_up() -> None:
    """A part may hold categories of whole numbers where another holds the numbers."""
    frame = as_pandas(values(8))
    parts = [frame.iloc[:20], frame.iloc[20:].astype({"whole": "Int64"})]
    small = [mpi.profile(f, MEASURE, by=["whole"], psu="psu") for f in parts]
    assert found(mpi.merge_profiles(small), ["whole"])["whole"] == expected(values(8), "whole")


@settings(max_examples=60, deadline=None)
@given(
    keys=st.lists(st.one_of(st.none(), st.sampled_from("abcde")), min_size=1),
    levels=st.lists(st.sampled_from("abcdefg"), unique=True),
)
def test_what_is_not_among_the_levels_is_kept(keys: list[str | None], levels: list[str]) -> None:
    out = in_known_order(pd.DataFrame({"k": pd.Series(keys, dtype=object)}), {"g": levels}, {"g": "k"})["k"]
    assert [None if pd.isna(v) else v for v in out] == keys
    assert [*out.cat.categories[: len(levels)]] == levels


def test_numbers_wider_than_64_bits_stay_apart() -> None:
    big = 2**70
    data = duckdb.sql(f"SELECT unnest([{big}, {big + 1}, NULL]::HUGEINT[]) AS g, 1 AS d, unnest([1, 2, 3]) AS psu")
    groups = found(mpi.Survey(data, psu="psu"), ["g"])["g"]
    assert {g: n for g, (_, n) in groups.items()} == {str(big): 1, str(big + 1): 1, MISSING: 1}
