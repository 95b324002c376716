"""What does not fit is counted before it is collected, kept in smaller parts, or refused in a sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mpi
import mpi.estimation.algebra
import mpi.frames.aggregate
import mpi.frames.capacity
import mpi.frames.stored_table
from frame_kinds import LAZY, arrow, on
from mpi.core.memory import amount, free_memory, translated_memory_errors
from mpi.frames.aggregation import Aggregation

MEASURE = mpi.Measure.nested("m", {"x": ["a", "b"], "y": ["c"]}, cutoff="1/3", severe="1/2", vulnerable="1/5")
DESIGN = {"weight": "w", "strata": "stratum", "psu": "psu"}
BY = ["sex", "region", ("people", "sex"), ("region", "sex")]


def drawn(seed: int, rows: int = 400) -> pd.DataFrame:
    """People with gaps in everything that may have some, and weights of 0."""
    rng = np.random.default_rng(seed)
    stratum = rng.integers(0, 3, rows)
    frame = pd.DataFrame({"stratum": stratum, "psu": rng.integers(0, 5, rows)})
    frame["w"] = rng.integers(0, 4, rows) / 2.0
    frame["region"] = np.array(["north", "south", "east"])[stratum]
    frame["people"] = rng.choice([1, 2, 7], rows, p=[0.8, 0.15, 0.05])
    frame["sex"] = rng.choice(["f", "m", None], rows, p=[0.5, 0.45, 0.05])
    for name in "abc":
        frame[name] = (rng.random(rows) < 0.3 + 0.1 * stratum).astype(float)
        frame.loc[rng.random(rows) < 0.03, name] = np.nan
    return frame


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[int]]:
    """Let no cross of all columns fit; return how many rows were refused so far, and how many parts were taken."""
    seen: list[int] = []

    def too_large(rows: int, wanted: Aggregation) -> str | None:
        seen.append(len(wanted.apart))
        return "too many" if len(wanted.apart) > 1 else None

    monkeypatch.setattr(mpi.frames.capacity, "_too_large", too_large)
    return lambda: seen


def same(one: mpi.Estimates, other: mpi.Estimates) -> None:
    keys = ["statistic", "contrast", "indicator", "dimension", "by", "group", "wave", "cutoff", "weighting", "flag"]
    assert one.table[keys].astype(object).equals(other.table[keys].astype(object))
    for name in ("value", "se", "df"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-12, atol=1e-12, err_msg=name)
    for name in ("n", "n_psu"):
        assert np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True)
    np.testing.assert_allclose(one.vcov(), other.vcov(), rtol=1e-12, atol=1e-12)
    assert one.codes == other.codes


# --- parts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", [e for e in LAZY if e != "dataset"])
def test_each_entry_of_by_apart_gives_the_figures_of_all_at_once(
    engine: str, apart: Callable[[], list[int]], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    frame = drawn(5)
    known = mpi.estimate(mpi.Survey(frame, **DESIGN), MEASURE, by=BY)
    survey = mpi.Survey(on(engine, frame, lambda: request.getfixturevalue("spark"), tmp_path), **DESIGN)
    same(mpi.estimate(survey, MEASURE, by=BY), known)
    assert apart() == [2, 0, 0]  # people × sex and region × sex hold the others


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), kind=st.sampled_from(["duckdb", "lazy polars"]), policy=st.sampled_from(
    ["drop", "reweight", "bounds"]), inside=st.booleans())  # fmt: skip
def test_apart_on_any_survey(apart: Callable[[], list[int]], seed: int, kind: str, policy: str, inside: bool) -> None:
    frame = drawn(seed, 150)
    measure = MEASURE.with_missing(policy)
    options: dict[str, Any] = {"by": ["people", ("region", "sex")], "cutoffs": ["1/4", "1/2"]}
    options |= {"where": nw.col("people") < 3} if inside else {}
    lazy = on(kind, frame, lambda: None, Path())
    same(*(mpi.estimate(mpi.Survey(f, **DESIGN), measure, **options) for f in (lazy, frame)))
    assert 0 in apart()


ASKED: dict[str, Callable[[mpi.Survey, Any], Any]] = {
    "mean": lambda s, o: mpi.mean(s, ["a", "income"], **o),
    "total": lambda s, o: mpi.total(s, ["income", "b"], **o),
    "ratio": lambda s, o: mpi.ratio(s, "income", "age", **o),
    "proportion": lambda s, o: mpi.proportion(s, ["sex", "people"], **o),
    "distribution": lambda s, o: mpi.decompose.distribution(s, MEASURE, **o),
    "retention": lambda s, o: mpi.retention(s, MEASURE, **o).estimates,
}
"""What sums columns or patterns by group, beside `mpi.estimate`."""


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("what", list(ASKED))
@given(seed=st.integers(0, 10**6), kind=st.sampled_from(["duckdb", "lazy polars"]), inside=st.booleans(),
       by=st.lists(st.sampled_from([*BY, "people"]), min_size=2, max_size=4, unique=True))  # fmt: skip
def test_whatever_is_summed_is_condensed_apart(
    apart: Callable[[], list[int]], what: str, seed: int, kind: str, inside: bool, by: list[Any]
) -> None:
    frame = drawn(seed, 150)
    rng = np.random.default_rng(seed)
    frame["income"], frame["age"] = rng.lognormal(1, 1, len(frame)), rng.integers(1, 90, len(frame)) * 1.0
    frame.loc[rng.random(len(frame)) < 0.1, "income"] = np.nan
    options: dict[str, Any] = {"by": by, **({"where": nw.col("age") > 20} if inside else {})}
    known, found = (
        ASKED[what](mpi.Survey(f, **DESIGN), options) for f in (frame, on(kind, frame, lambda: None, Path()))
    )
    assert apart()
    same(found, known)
    assert {k: v for k, v in found.about.items() if k != "survey"} == {
        k: v for k, v in known.about.items() if k != "survey"
    }


def test_what_each_group_retains_is_told_apart(apart: Callable[[], list[int]]) -> None:
    frame = drawn(11)
    known, found = (
        mpi.retention(mpi.Survey(f, **DESIGN), MEASURE, by=BY)
        for f in (frame, on("duckdb", frame, lambda: None, Path()))
    )
    assert apart() == [2, 0, 0]
    pd.testing.assert_frame_equal(found.groups, known.groups)
    pd.testing.assert_frame_equal(found.indicators, known.indicators)


def test_rounds_apart(apart: Callable[[], list[int]]) -> None:
    pl = pytest.importorskip("polars", reason="Polars is an extra")
    rounds = {year: drawn(year) for year in (2016, 2018)}
    lazy, here = (
        mpi.pool({y: mpi.Survey(made(f), **DESIGN) for y, f in rounds.items()}, shared_psus=True)
        for made in (lambda f: pl.from_arrow(arrow(f)).lazy(), lambda f: f)
    )
    found, known = (mpi.estimate(s, MEASURE, by=["people", "sex"]) for s in (lazy, here))
    same(found, known)
    same(*(mpi.decompose.change(e, kinds="change") for e in (found, known)))
    assert apart() == [2, 0, 0, 2, 0, 0]


def test_warnings_of_parts_are_told_once(apart: Callable[[], list[int]]) -> None:
    """A score that a cutoff just misses is a matter of the measure, not of a disaggregation."""
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is an extra")
    measure = mpi.Measure(
        "near",
        [mpi.Indicator(n, dimension=n, weight=w) for n, w in zip("abc", ("0.33", "0.33", "0.34"), strict=True)],
        cutoff="1/3",
    )
    with pytest.warns(mpi.MpiWarning) as told:
        mpi.estimate(mpi.Survey(duckdb.from_df(drawn(1)), **DESIGN), measure, by=["people", "region"])
    said = [str(w.message) for w in told]
    assert len(said) == len(set(said)) >= 1
    assert apart()


# --- piece by piece -------------------------------------------------------------------------------------------------


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take everything for large: what is collected, summed and estimated goes piece by piece."""
    monkeypatch.setattr(mpi.frames.stored_table, "_PIECE", 7)
    monkeypatch.setattr(mpi.estimation.algebra, "_LARGE", 1)
    monkeypatch.setattr(mpi.estimation.algebra, "_MANY", 1)
    monkeypatch.setattr(mpi.survey.columns, "_MANY", 1)


@pytest.mark.parametrize(("levels", "size"), [(2, 1), (256, 1), (257, 2), (70_000, 4)])
def test_groups_of_many_rows_are_kept_in_few_bytes(small_pieces: None, levels: int, size: int) -> None:
    codes = np.random.default_rng(3).permutation(levels)
    columns = mpi.Survey(pd.DataFrame({"g": codes, "psu": codes}), psu="psu").rows.collect().data
    for _ in range(2):
        found = columns.categories("g")
        assert found.index.dtype == np.int32
        assert np.array_equal(np.array(found.levels)[found.index], codes)
    assert columns._known["g"].index.itemsize == size  # what is kept, which nothing else tells


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10**6),
    kind=st.sampled_from(["duckdb", "lazy polars", "pandas"]),
    inside=st.booleans(),
    policy=st.sampled_from(["drop", "reweight", "bounds"]),
    asked=st.sampled_from([None, ["A", "H", "poor_share"]]),
)
def test_pieces_give_what_the_whole_gives(
    small_pieces: None, seed: int, kind: str, inside: bool, policy: str, asked: Any
) -> None:
    """Means and figures by a measure, from a profile and from the engine, are those of the rows in memory."""
    frame = drawn(seed, 120)
    measure, known = MEASURE.with_missing(policy), mpi.Survey(frame, **DESIGN)
    options: dict[str, Any] = {"by": BY, "where": nw.col("people") < 3} if inside else {"by": BY}
    lazy = on(kind, frame, lambda: None, Path())
    with_one = {**options, "cutoffs": ["1/4", "1/2"], "statistics": None if policy == "bounds" else asked}
    whole = mpi.estimate(known, measure, **with_one)
    same(mpi.estimate(mpi.profile(lazy, measure, by=["sex", "region", "people"], **DESIGN), measure, **with_one), whole)
    same(mpi.estimate(mpi.Survey(lazy, **DESIGN), measure, **with_one), whole)
    same(mpi.mean(mpi.Survey(lazy, **DESIGN), ["a", "w"], **options), mpi.mean(known, ["a", "w"], **options))


def test_keys_of_every_kind_are_put_together_of_pieces(small_pieces: None) -> None:
    """Of pieces in which none, some or all are missing, types differ; the table is that of all at once."""
    duckdb, pa = (
        pytest.importorskip("duckdb", reason="DuckDB is an extra"),
        pytest.importorskip("pyarrow", reason="PyArrow is an extra"),
    )
    n, rng = 90, np.random.default_rng(3)
    gone = (np.arange(n) // 30 == 1) | ((np.arange(n) // 30 == 2) & (rng.random(n) < 0.3))
    keys = {
        "int": pa.array(rng.integers(0, 3, n), pa.int8(), mask=gone),
        "long": pa.array(2**60 + rng.integers(0, 3, n), pa.int64(), mask=gone),
        "yes": pa.array(rng.random(n) < 0.5, pa.bool_(), mask=gone),
        "text": pa.array(rng.choice(["a", "b"], n), pa.string(), mask=gone),
        "day": pa.array(rng.integers(0, 3, n).astype(np.int32), pa.int32(), mask=gone).cast(pa.date32()),
        "share": pa.array(rng.integers(0, 3, n) / 4, pa.float64(), mask=gone),
    }
    table = pa.table({"a": rng.integers(0, 2, n), "psu": np.arange(n) % 5, **keys})
    measure = mpi.Measure.nested("m", {"x": ["a"]}, cutoff=1)
    known = mpi.estimate(mpi.Survey(table, psu="psu"), measure, by=[*keys, ("int", "text")])
    same(mpi.estimate(mpi.Survey(duckdb.from_arrow(table), psu="psu"), measure, by=[*keys, ("int", "text")]), known)


def test_everything_wrong_is_told_of_one_integer() -> None:
    """A row may be wrong in its weight, in an indicator, in both; outside the domain only in its weight."""
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is an extra")
    frame = drawn(2).assign(w=1.0)
    frame.loc[:3, "w"], frame.loc[2:5, "a"] = -1.0, 7.0
    for one, where in ((frame, None), (frame, nw.col("people") < 3)):
        with pytest.raises(mpi.MpiError) as told:
            mpi.estimate(mpi.Survey(duckdb.from_df(one), **DESIGN), MEASURE, where=where)
        counted = 4 if where is None else int((frame["people"][2:6] < 3).sum())
        assert f"values other than 0, 1 and missing: 7 ({counted:,} times)" in str(told.value)
        assert "missing, negative or no number in 4 of 400 rows" in str(told.value)


# --- what is refused ------------------------------------------------------------------------------------------------


def lazy_frames() -> dict[str, Any]:
    frame = drawn(2, 2000)
    return {
        "pandas": frame, "duckdb": pytest.importorskip("duckdb", reason="DuckDB is an extra").from_df(frame),
        "lazy polars": pytest.importorskip("polars", reason="Polars is an extra").from_arrow(arrow(frame)).lazy(),
    }  # fmt: skip


def _collects_nothing(*_: Any) -> Any:
    raise AssertionError("groups were collected")


@pytest.mark.parametrize("kind", ["pandas", "duckdb", "lazy polars"])
def test_groups_are_counted_and_none_is_collected(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = lazy_frames()[kind]
    options = {"by": ["people", "sex"], **DESIGN}
    rows = len(mpi.profile(data, MEASURE, **options))
    monkeypatch.setattr(mpi.frames.aggregate, "_collected", _collects_nothing)
    with pytest.raises(mpi.MpiError) as error:
        mpi.profile(data, MEASURE, most=rows - 1, **options)
    said = str(error.value)
    assert f"would have {rows:,} rows, more than the {rows - 1:,} that most= allows" in said
    assert "the engine counted them, and nothing was made of them" in said
    assert "psu 5, " in said
    assert "mpi.estimate(survey, measure, by=[...]) collects each entry of by= by itself" in said


@pytest.mark.parametrize("kind", ["pandas", "duckdb", "lazy polars"])
def test_bytes_are_guarded_too(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data, lazy = lazy_frames()[kind], lazy_frames()["duckdb"]
    rows = len(mpi.profile(data, MEASURE, by=["people", "sex"], **DESIGN))
    monkeypatch.setattr(mpi.frames.capacity, "free_memory", lambda: 50_000)
    for made in (
        lambda: mpi.profile(data, MEASURE, by=["people", "sex"], **DESIGN),
        lambda: mpi.estimate(mpi.Survey(lazy, **DESIGN), MEASURE, by=[("people", "sex")]),
    ):
        with pytest.raises(mpi.MpiError, match=r"rows, which need 1 MB of memory, and 1 MB are free; the engine"):
            made()
    assert mpi.frames.capacity.size_of(rows, Aggregation({}, flags=("a",))) > 50_000


def test_a_user_s_connection_is_left_as_it_was() -> None:
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is an extra")
    connection = duckdb.connect()
    people = drawn(4)
    survey = mpi.Survey(connection.from_df(people), **DESIGN)
    mpi.estimate(survey, MEASURE, by=["sex"])
    with pytest.raises(mpi.MpiError):
        mpi.profile(survey, MEASURE, most=1)
    assert connection.sql("SHOW ALL TABLES").fetchall() == []


# --- memory ---------------------------------------------------------------------------------------------------------


def out_of_memory(*_: Any, **__: Any) -> Any:
    raise MemoryError("Unable to allocate 49.6 MiB for an array")


@pytest.mark.parametrize("step", ["in_order", "written_out", "received"])
@pytest.mark.parametrize("kind", ["pandas", "duckdb", "lazy polars"])
def test_memory_that_does_not_suffice_is_told_with_rows_and_bytes(
    step: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mpi.frames.aggregate, step, out_of_memory)
    with pytest.raises(mpi.MpiError, match=r"does not suffice for a profile of [\d,]+ rows, about 1 MB: Unable to al"):
        mpi.profile(lazy_frames()[kind], MEASURE, by=["people"], **DESIGN)


def test_estimates_from_a_profile_and_from_rows_tell_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = drawn(3)
    small = mpi.profile(frame, MEASURE, by=["sex"], **DESIGN)
    monkeypatch.setattr(sys.modules["mpi.estimation.estimate"], "estimates_of", out_of_memory)
    monkeypatch.setattr(sys.modules["mpi.estimation.disaggregated"], "assemble", out_of_memory)
    for survey in (small, mpi.Survey(frame, **DESIGN)):
        words = rf"does not suffice for estimate of {len(survey):,} rows: Unable to allocate 49.6 MiB"
        with pytest.raises(mpi.MpiError, match=words):
            mpi.estimate(survey, MEASURE, by=["sex"])
        with pytest.raises(mpi.MpiError, match=r"does not suffice for mean of .* fewer columns in by="):
            mpi.mean(survey, "a", by=["sex"])


def test_other_errors_are_left_alone() -> None:
    with pytest.raises(RuntimeError, match="something else"), translated_memory_errors("it", "mend"):
        raise RuntimeError("something else")
    with (
        pytest.raises(mpi.MpiError, match=r"for it: can't start new thread .*; mend"),
        translated_memory_errors("it", "mend"),
    ):
        raise RuntimeError("can't start new thread")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="limits of memory are told by /proc")
def test_a_real_limit_gives_a_sentence() -> None:
    """An allocation that fails under ulimit -v is no traceback of NumPy's."""
    program = """
import resource, numpy as np, pandas as pd, scipy.sparse, mpi, mpi.decompose
rng = np.random.default_rng(1)
rows = 1_500_000
frame = pd.DataFrame({"a": (rng.random(rows) < 0.3).astype("int8"), "g": rng.integers(0, 300, rows)})
frame["psu"] = np.arange(rows) // 30
survey = mpi.Survey(frame, psu="psu")
measure = mpi.Measure.nested("m", {"x": ["a"]}, cutoff=1)
used = next(int(x.split()[1]) for x in open("/proc/self/status") if x.startswith("VmSize")) * 1024
resource.setrlimit(resource.RLIMIT_AS, (used + 60_000_000,) * 2)
try:
    mpi.estimate(survey, measure, by=["g"])
except mpi.MpiError as error:
    print("told:", error)
"""
    env = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, env=env)
    assert "told: the memory does not suffice for estimate of 1,500,000 rows: " in done.stdout, done.stderr


# --- what is free ---------------------------------------------------------------------------------------------------


def written(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


MACHINE = {"proc/meminfo": "MemTotal:   9000 kB\nMemAvailable:    8000 kB\n"}


@pytest.mark.parametrize(
    ("files", "left"),
    [
        ({}, 8_192_000),
        ({"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/memory.max": "5000000\n",
          "sys/fs/cgroup/a/memory.current": "3000000\n",
          "sys/fs/cgroup/a/memory.stat": "file 9\ninactive_file 500000\n",
          "sys/fs/cgroup/a/b/memory.max": "max\n", "sys/fs/cgroup/a/b/memory.current": "1000\n"}, 2_500_000),
        ({"proc/self/cgroup": "9:cpu:/\n4:hugetlb,memory:/job\n0::/\n",
          "sys/fs/cgroup/memory/job/memory.limit_in_bytes": "4000000\n",
          "sys/fs/cgroup/memory/job/memory.usage_in_bytes": "1000000\n"}, 3_000_000),
        ({"proc/self/cgroup": "4:memory:/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
          "sys/fs/cgroup/memory/memory.usage_in_bytes": "1000000\n"}, 8_192_000),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "7000000",
          "sys/fs/cgroup/memory.current": "8000000"}, 0),
        ({"proc/self/status": "VmSize:\t  100 kB\n"}, 8_192_000),
    ],
)  # fmt: skip
def test_the_least_of_machine_and_groups_is_free(files: dict[str, str], left: int, tmp_path: Path) -> None:
    assert free_memory(written(tmp_path, {**MACHINE, **files})) == left


def test_where_the_system_tells_nothing_nothing_is_guarded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert free_memory(tmp_path) is None
    monkeypatch.setattr(mpi.frames.capacity, "free_memory", lambda: None)
    assert len(mpi.profile(drawn(1), MEASURE, **DESIGN))
    assert amount(1_500_000_000) == "1.5 GB"
