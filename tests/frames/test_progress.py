"""Rows done are shown where somebody looks and the work takes long, and nowhere else."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd
import pytest

import mpi
from mpi.frames import duckdb as engine
from mpi.frames import engine_errors, interrupts, progress
from mpi.frames.progress import collected, rows_done

duckdb = pytest.importorskip("duckdb", reason="DuckDB is an extra")
console = pytest.importorskip("rich.console", reason="rich is not installed")

ROWS = 6_000_000
since_2 = pytest.mark.skipif(duckdb.__version__ < "2", reason="a relation tells its connection since DuckDB 2")


def screen() -> tuple[Any, io.StringIO]:
    text = io.StringIO()
    return console.Console(file=text, force_terminal=True, width=100), text


def shown_rows(text: str) -> list[int]:
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)
    return [int(n.replace(",", "")) for n in re.findall(r"([\d,]+)(?: of [\d,]+)? rows", plain)]


@pytest.fixture(scope="module")
def census(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("census") / "a.parquet"
    duckdb.sql(f"COPY (SELECT range AS a, hash(range) % 7 AS b FROM range({ROWS})) TO '{path}'")  # noqa: S608  # a path of the test

    return path


def slow(path: Path) -> nw.LazyFrame[Any]:
    """Return a query that takes about a second."""
    lazy = nw.from_native(mpi.scan(path)).with_columns(k=nw.col("a") % 2_000_000)
    return lazy.group_by("k").agg(nw.col("b").sum())


@since_2
def test_rows_done_rise_to_all_rows(census: Path) -> None:
    shown, text = screen()
    found = collected(slow(census), show=True, console=shown)
    rows = shown_rows(text.getvalue())
    assert len(found) == 2_000_000
    assert rows == sorted(rows)
    assert rows[-1] == ROWS
    assert f"of {ROWS:,} rows" in text.getvalue()


class Fake:
    """A query that tells its progress, and waits until it has been seen."""

    def __init__(self) -> None:
        self.steps = [-1.0, 10.0, 40.0, 30.0, 90.0]
        self.done = threading.Event()
        self.interrupted = False

    def query_progress(self) -> float:
        if len(self.steps) == 1:
            self.done.set()
            return self.steps[0]
        return self.steps.pop(0)

    def interrupt(self) -> None:
        self.interrupted = True
        self.done.set()


def stop(fake: Fake) -> interrupts.Stop:
    return interrupts.Stop(fake.interrupt)


class Seen(list):
    """A bar that keeps what it was told."""

    def share(self, share: float) -> None:
        self.append(round(200 * share))

    def stage(self, what: str) -> None:
        self.append(what)


def test_what_is_done_never_goes_back() -> None:
    fake, seen = Fake(), Seen()
    frame = pd.DataFrame({"a": [1]})

    def work() -> pd.DataFrame:
        fake.done.wait(10)
        return frame

    assert progress._watched(work, fake, seen, stop(fake)) is frame
    assert seen[:4] == [20, 80, 60, 180]
    assert seen[-1] == 200
    shown, text = screen()
    with rows_done("reading", 200, show=True, console=shown) as at:
        for n in seen:
            at(n)
            time.sleep(0.15)
    rows = shown_rows(text.getvalue())
    assert rows == sorted(rows)
    assert rows[-1] == 200


def test_a_query_that_is_done_is_collected() -> None:
    fake, seen = Fake(), Seen()
    fake.steps = [-1.0, 60.0, -1.0]
    progress._watched(lambda: fake.done.wait(10), fake, seen, stop(fake))
    assert seen[:2] == [120, "collecting"]


def test_an_interrupt_ends_the_query() -> None:
    fake = Fake()

    def stopped() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupts.attended(lambda: fake.done.wait(10), stop(fake), stopped)
    assert fake.interrupted


@pytest.mark.skipif(sys.platform == "win32", reason="signals are others there")
def test_ctrl_c_reaches_the_engine() -> None:
    fake = Fake()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # programs begun in the background ignore it
    try:
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            interrupts.attended(lambda: fake.done.wait(10), stop(fake), lambda: None)
    finally:
        signal.signal(signal.SIGINT, before)
    assert fake.interrupted


def test_an_engine_that_does_not_stop_is_left_and_waited_for_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interrupts, "_WAIT", 0.1)
    monkeypatch.setattr(interrupts, "_LEFT", {})
    begun, end, told = threading.Event(), threading.Event(), []

    def work() -> None:
        begun.set()
        end.wait(10)

    def stopped() -> None:
        begun.wait(10)
        raise KeyboardInterrupt

    deaf = interrupts.Stop(lambda: told.append("asked"), lambda: told.append("settled"))
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        interrupts.attended(work, deaf, stopped)
    assert time.monotonic() - start < 2
    assert set(told) == {"asked"}
    threading.Timer(0.1, end.set).start()
    interrupts._all_ended()
    assert told[-1] == "settled"
    assert not interrupts._LEFT


PROGRAM = """
import _thread, signal, threading, warnings
import pyarrow as pa, pyarrow.dataset as ds
import mpi
warnings.simplefilter("ignore")
signal.signal(signal.SIGINT, signal.default_int_handler)  # programs begun in the background ignore it
stopped = threading.Event()
def press():  # again and again, as a user would whose first was lost in code that may not be interrupted
    while not stopped.wait(0.3):
        _thread.interrupt_main()
m = mpi.Measure.nested("m", {"x": ["a"]}, cutoff="1/2")
n = 2_000_000
rows = ds.dataset(pa.table({"a": pa.repeat(1, n), "k": pa.array(range(n))})).filter(ds.field("k") >= 0)
mpi.profile(rows.filter(ds.field("k") < 9), m, by=["k"])  # whatever is imported late is there
try:
    threading.Thread(target=press, daemon=True).start()
    while True:
        mpi.profile(rows, m, by=["k"])
except KeyboardInterrupt:
    stopped.set()
    print("stopped")
"""


def test_a_dataset_that_is_interrupted_ends_no_process() -> None:
    pytest.importorskip("pyarrow", reason="PyArrow is an extra")
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, timeout=150)
    assert (done.returncode, done.stdout) == (0, "stopped\n"), done.stderr


@since_2
def test_an_interrupted_query_of_duckdb_ends_and_its_connection_lives(
    census: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lazy = slow(census)

    def stopped(*_: Any) -> None:
        raise KeyboardInterrupt

    shown, _ = screen()
    monkeypatch.setattr(progress._Bar, "share", stopped)
    with pytest.raises(KeyboardInterrupt):
        collected(lazy, show=True, console=shown)
    monkeypatch.undo()
    assert len(collected(lazy.head(3))) == 3


def test_nothing_is_printed_where_nobody_looks(census: Path, capfd: pytest.CaptureFixture[str]) -> None:
    lazy = slow(census).head(5)
    assert len(collected(lazy)) == 5
    assert len(collected(lazy, show=False)) == 5
    with rows_done("reading", 10, show=False) as at:
        at(10)
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err == ""


def test_quick_work_shows_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_terminal", lambda: True)
    shown, text = screen()
    with rows_done("reading", 10, console=shown) as at:
        at(5)
        at(10)
    assert text.getvalue() == ""
    monkeypatch.setattr(progress, "_PATIENCE", 0.0)
    with rows_done("reading", 10, console=shown) as at:
        at(5)
    assert "5 of 10 rows" in text.getvalue()


def test_other_engines_are_simply_collected() -> None:
    frame = pd.DataFrame({"a": [1, 2]})
    lazies = [nw.from_native(frame).lazy()]
    polars = pytest.importorskip("polars", reason="Polars is an extra")
    lazies.append(nw.from_native(polars.from_pandas(frame).lazy()))
    own = duckdb.connect()  # of the user, which tells no progress
    lazies.append(nw.from_native(own.from_df(frame)))
    for lazy in lazies:
        assert collected(lazy, show=True, console=screen()[0])["a"].tolist() == [1, 2]


def test_work_that_tells_no_rows_shows_the_time_and_no_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_pandas", lambda _: time.sleep(0.4) or pd.DataFrame({"a": [1]}))
    shown, text = screen()
    collected(nw.from_native(pd.DataFrame({"a": [1]})).lazy(), show=True, console=shown)
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text.getvalue())
    assert "reading" in plain
    assert "0:00:00" in plain
    assert "rows" not in plain


def test_what_comes_after_reading_is_said_with_the_time_since_the_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    shown, text = screen()
    monkeypatch.setattr(progress, "_console", lambda: shown)
    monkeypatch.setattr(progress, "_terminal", lambda: True)
    monkeypatch.setattr(progress, "_PATIENCE", 0.0)

    @progress.staged("estimating")
    def work() -> int:
        time.sleep(0.3)
        with rows_done("reading", 10) as at:
            at(4)
            time.sleep(0.3)
            at(10)
        time.sleep(0.6)
        return 7

    assert work() == 7
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text.getvalue())
    stages = [re.split(r" [━╸╺]", line)[0].strip() for line in re.split(r"[\r\n]+", plain) if line.strip()]
    assert [s for i, s in enumerate(stages) if i == 0 or s != stages[i - 1]] == ["estimating", "reading", "estimating"]
    assert shown_rows(text.getvalue())[-1] in (4, 10)
    assert "0:00:01" in plain
    assert progress._OPEN.get() is None


@since_2
@pytest.mark.filterwarnings("ignore")  # Ibis's own
@pytest.mark.parametrize("engine", ["relation", "ibis"])
def test_percents_move_where_nobody_knows_the_rows(census: Path, engine: str) -> None:
    if engine == "ibis":
        held = pytest.importorskip("ibis", reason="Ibis is an extra").duckdb.connect()
        lazy = nw.from_native(held.read_parquet(census))
        connection = held.con
    else:
        connection = duckdb.connect()
        relation = connection.read_parquet(str(census))
        lazy = nw.from_native(relation)
    lazy = lazy.with_columns(k=nw.col("a") % 2_000_000).group_by("k").agg(nw.col("b").sum())
    asked = "SELECT current_setting('enable_progress_bar'), current_setting('enable_progress_bar_print')"
    before = connection.execute(asked).fetchall()
    shown, text = screen()
    collected(lazy, show=True, console=shown)
    seen = [int(n) for n in re.findall(r"(\d+) %", text.getvalue())]
    assert seen == sorted(seen)
    assert len(set(seen)) > 1
    assert seen[-1] == 100
    assert not shown_rows(text.getvalue())
    assert connection.execute(asked).fetchall() == before  # a connection of the user's is left as it was


@pytest.mark.filterwarnings("ignore")
def test_dask_shows_tasks() -> None:
    dd = pytest.importorskip("dask.dataframe", reason="Dask is an extra")
    parts = dd.from_pandas(pd.DataFrame({"a": range(100)}), npartitions=20)
    slow = parts.map_partitions(lambda part: time.sleep(0.02) or part, meta=parts._meta)
    shown, text = screen()
    assert len(collected(nw.from_native(slow), show=True, console=shown)) == 100
    seen = [tuple(map(int, found)) for found in re.findall(r"(\d+) of (\d+) tasks", text.getvalue())]
    assert seen
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1]


def test_the_cause_of_a_long_story_is_told_with_its_file() -> None:
    story = (
        "An error occurred while calling o401.getResult.\n: org.apache.spark.SparkException: Exception in awaitResult\n"
        "\tat org.apache.spark.Some.where(Some.scala:56)\n"
        "Caused by: a.b.SparkException: [FAILED_READ_FILE.NO_HINT] Error while reading file:/data/p1.parquet."
        "  SQLSTATE: KD001\n\tat org.x(Y.scala)\n"
        "Caused by: java.lang.RuntimeException: file:/data/p1.parquet is not a Parquet file\n"
    )
    said = engine_errors.cause_of(ValueError(story))
    assert said.startswith("SparkException: [FAILED_READ_FILE.NO_HINT]")
    assert "p1.parquet" in said
    unnamed = story.replace("[FAILED_READ_FILE.NO_HINT] Error while reading file:/data/p1.parquet.", "no")
    assert (
        engine_errors.cause_of(ValueError(unnamed)) == "RuntimeException: file:/data/p1.parquet is not a Parquet file"
    )
    assert engine_errors.cause_of(ValueError("one line\nmore")) == "one line"


@pytest.mark.parametrize("said", ["Query interrupted", "Job 3 cancelled as part of cancellation of all jobs"])
def test_an_engine_that_was_interrupted_is_no_error_of_ours(said: str) -> None:
    with pytest.raises(KeyboardInterrupt), engine_errors.translated_duckdb_errors():
        raise RuntimeError(said)


def test_errors_of_the_engine_are_ours(census: Path) -> None:
    relation = mpi.scan(census)
    lazy = nw.from_native(relation).select(nw.col("a").cast(nw.Int8))
    for show in (True, False):
        with pytest.raises(mpi.MpiError, match="the files cannot be read"):
            collected(lazy, show=show, console=screen()[0])


@since_2
def test_rows_of_scanned_files_are_known_until_they_go(census: Path) -> None:
    relation = mpi.scan(census)
    assert engine.files_of(engine.connection_of(relation.filter("a = 1"))).rows == ROWS
    assert engine.files_of(None).rows is None


def test_conversion_shows_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown, text = screen()
    monkeypatch.setattr(progress, "_console", lambda: shown)
    monkeypatch.setattr("mpi.readers.large.converted._CELLS", 100)
    monkeypatch.setattr("mpi.readers.large.converted._LEAST", 100)
    for i, name in enumerate("ab"):
        pd.DataFrame({"a": range(i, 1000 + i)}).to_stata(tmp_path / f"{name}.dta", write_index=False)
    mpi.scan(tmp_path, progress=True)
    assert shown_rows(text.getvalue())[-1] == 2000
    assert "of 2,000 rows" in text.getvalue()


def test_rich_is_loaded_only_when_a_bar_is_shown(census: Path) -> None:
    code = (
        "import sys, mpi, narwhals.stable.v2 as nw; from mpi.frames.progress import collected; "
        "light = 'duckdb' in sys.modules; "
        f"collected(nw.from_native(mpi.scan({str(census)!r})).head(2)); print(light, 'rich' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"
    assert done.stderr == ""
