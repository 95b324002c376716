"""Which files are parts of a table, which of their columns are read, and what becomes of parts that change."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mpi
from mpi.core.errors import MpiWarning
from mpi.frames.scratch import scratch, sweep
from mpi.readers.large.parts import find

duckdb = pytest.importorskip("duckdb", reason="DuckDB is an extra")
pytest.importorskip("pyarrow", reason="PyArrow is an extra")

MEASURE = mpi.Measure.nested("m", {"x": ["d"]}, cutoff=1)


def people(first: int = 0, rows: int = 6) -> pd.DataFrame:
    number = range(first, first + rows)
    return pd.DataFrame({"d": [k % 2 for k in number], "g": [f"g{k % 3}" for k in number], "psu": list(number)})


def write(frame: pd.DataFrame, path: Path) -> Path:
    path.parent.mkdir(exist_ok=True, parents=True)
    if path.suffix == ".parquet":
        frame.to_parquet(path, index=False)
    elif path.suffix == ".dta":
        frame.to_stata(path, write_index=False)
    else:
        frame.to_csv(path, index=False)
    return path


def headcount(data: Any) -> tuple[float, float]:
    est = mpi.estimate(mpi.Survey(data, psu="psu"), MEASURE, statistics=["H"])
    return float(est.value[0]), float(est.n[0])


# --- which files ----------------------------------------------------------------------------------------------------

NAMES = st.text("_.ab", min_size=1, max_size=3).filter(lambda s: s not in {".", ".."})


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.sets(NAMES, min_size=1, max_size=5))
@pytest.mark.filterwarnings("ignore:left out")
def test_a_folder_and_its_pattern_are_the_same_files(tmp_path_factory: pytest.TempPathFactory, names: set[str]) -> None:
    folder = tmp_path_factory.mktemp("files")
    for number, name in enumerate(sorted(names)):
        write(people(number), folder / f"{name}.csv")
    plain = sorted(str(folder / f"{n}.csv") for n in names if n[0] not in "._")
    for where in (folder, folder / "*.csv", folder / "*", folder / "**" / "*.csv"):
        if plain:
            assert find(where).paths == tuple(plain)
        else:
            with pytest.raises(mpi.MpiError, match="left out as names begin with"):
                find(where)
    aside = sorted(str(folder / f"{n}.csv") for n in names if n[0] == "_")
    if aside:
        assert find(folder / "_*.csv").paths == tuple(aside)


@pytest.mark.parametrize("where", ["", "*.parquet", "**/*.parquet"])
def test_what_is_left_out_is_told(tmp_path: Path, where: str) -> None:
    write(people(0), tmp_path / "a.parquet")
    aside = write(people(6), tmp_path / "_temporary.parquet")
    (tmp_path / "_SUCCESS").touch()
    for read in (
        mpi.scan,
        lambda files: mpi.read_survey(files, psu="psu"),
        lambda f: mpi.profile(f, MEASURE, psu="psu"),
    ):
        with pytest.warns(MpiWarning, match=r"left out: '.*_temporary\.parquet'; files whose names begin") as told:
            read(tmp_path / where)
        assert len(told) == 1
    assert headcount(mpi.scan(aside)) == (0.5, 6)
    assert headcount(mpi.scan([tmp_path / "a.parquet", aside])) == (0.5, 12)


def test_folders_that_are_put_aside(tmp_path: Path) -> None:
    """What Spark has not finished lies in folders below; a folder that is named is not put aside."""
    home = tmp_path / "_work"
    write(people(0), home / "a.parquet")
    write(people(6), home / "_temporary" / "0" / "b.parquet")
    with pytest.warns(MpiWarning, match="left out"):
        assert len(find(home / "**" / "*.parquet").paths) == 1
    assert find(home / "*.parquet").paths == (str(home / "a.parquet"),)


# --- which columns --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["parquet", "csv", "dta"])
def test_a_profile_reads_what_it_needs(tmp_path: Path, end: str) -> None:
    """A column that one part has, or holds otherwise, is no matter where it is not asked for."""
    write(people(0).assign(extra=1.5, note="x"), tmp_path / f"a.{end}")
    write(people(6).assign(note=2.0), tmp_path / f"b.{end}")
    with pytest.raises(mpi.MpiError, match="not alike"):
        mpi.scan(tmp_path)
    small = mpi.profile(tmp_path, MEASURE, by=["g"], psu="psu", memory="1GB", missing={"note": [9], "d": [7]})
    assert mpi.estimate(small, MEASURE, statistics=["H"]).n[0] == 12
    with pytest.raises(mpi.MpiError, match="there is no column 'gg'; did you mean 'g'"):
        mpi.profile(tmp_path, MEASURE, by=["gg"], psu="psu")


def test_options_of_files(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("d,g,psu\n1,é,1\n0,é,2\n".encode("latin-1"))
    small = mpi.profile(path, MEASURE, by=["g"], psu="psu", encoding="iso8859_5")
    assert "щ" in mpi.estimate(small, MEASURE, by=["g"]).table["group"].tolist()
    for options in ({"memory": "1GB"}, {"encoding": "latin-1"}):
        with pytest.raises(mpi.MpiError, match=rf"{next(iter(options))}: it is said of files"):
            mpi.profile(people(), MEASURE, psu="psu", **options)


def test_names_that_differ_by_case(tmp_path: Path) -> None:
    """DuckDB takes g and G for one column; each is read by its name, and nothing is read for the other."""
    frame = people(0).assign(G=[1, 1, 1, 2, 2, 2])
    for path in (write(frame, tmp_path / "a.parquet"), write(frame, tmp_path / "a.dta")):
        for name, groups in (("g", ["g0", "g1", "g2"]), ("G", ["1", "2"])):
            small = mpi.profile(path, MEASURE, by=[name], psu="psu")
            found = mpi.estimate(small, MEASURE, by=[name], statistics=["H"]).table
            assert found[found["by"] == name]["group"].tolist() == groups
        with pytest.warns(MpiWarning, match="'G' is called 'G_1'"):
            relation = mpi.scan(path)
        assert {*relation.columns} == {"d", "g", "psu", "G_1"}
        with pytest.raises(mpi.MpiError, match="columns 'G' and 'g' differ by case alone"):
            mpi.scan(path, columns=["g", "G"])
    with pytest.raises(mpi.MpiError, match=r"'.*a\.csv': names of columns differ by case alone \('g', 'G'\)"):
        mpi.scan(write(frame, tmp_path / "a.csv"))
    other = write(frame[["G", "psu", "g", "d"]].assign(psu=frame["psu"] + 6), tmp_path / "b.parquet")
    small = mpi.profile([tmp_path / "a.parquet", other], MEASURE, by=["G"], psu="psu")
    assert mpi.estimate(small, MEASURE, by=["G"], statistics=["H"]).n.tolist() == [12, 6, 6]


@pytest.mark.parametrize("end", ["parquet", "csv"])
def test_true_and_false_beside_0_and_1(tmp_path: Path, end: str) -> None:
    kinds: dict[str, Callable[[pd.Series], Any]] = {
        "bool": lambda d: d == 1,
        "whole": lambda d: d,
        "float": lambda d: d.astype(float).where(d.index > 0),
    }
    frames = [people(6 * k) for k in range(3)]
    frames = [f.assign(d=made(f["d"])) for f, made in zip(frames, kinds.values(), strict=True)]
    files = [write(f, tmp_path / f"{k}.{end}") for f, k in zip(frames, kinds, strict=True)]
    for chosen in ([0, 1], [1, 0], [0, 2], [2, 1, 0]):
        known = pd.concat([frames[k]["d"].astype(float) for k in chosen]).dropna()
        assert headcount(mpi.scan([files[k] for k in chosen])) == (pytest.approx(known.mean()), len(known))
    write(people(18).assign(d=[0, 1, 2, 0, 1, 0]), files[1])
    with pytest.raises(mpi.MpiError, match=r"holds .*booleans.* in .d."):
        mpi.scan(files[:2])


# --- parts that change ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["parquet", "csv"])
@pytest.mark.parametrize("read", ["scan", "dataset"])
def test_a_part_that_changed_is_noticed(tmp_path: Path, end: str, read: str) -> None:
    if read == "dataset" and end == "csv":
        pytest.skip("datasets of other files are read by PyArrow")
    paths = [write(people(6 * k), tmp_path / f"{k}.{end}") for k in range(2)]
    dataset = pytest.importorskip("pyarrow.dataset", reason="PyArrow is an extra")
    made = mpi.scan(tmp_path) if read == "scan" else dataset.dataset(str(tmp_path))
    survey = mpi.Survey(made, psu="psu")
    assert len(survey) == 12
    write(people(6, rows=5), paths[1])
    ways: list[Callable[[], Any]] = [lambda: len(survey), lambda: mpi.estimate(survey, MEASURE), survey.collect]
    for way in ways:
        with pytest.raises(
            mpi.MpiError, match=rf"1\.{end}' was changed after it was scanned \(.* bytes then, .* now\)"
        ):
            way()
    os.utime(paths[0], (1, 1))
    with pytest.raises(mpi.MpiError, match=rf"0\.{end}' was changed after it was scanned; scan the files again"):
        len(survey)
    assert headcount(mpi.scan(tmp_path))[1] == 11


# --- what killed processes leave ------------------------------------------------------------------------------------

KILLED = """
import mpi, time
kept = mpi.scan({path!r})
print("ready", flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="nothing is swept on Windows")
def test_folders_of_killed_processes_are_swept(tmp_path: Path) -> None:
    path = write(people(), tmp_path / "a.dta")
    home = tmp_path / "tmp"
    home.mkdir()
    environment = {**os.environ, "TMPDIR": str(home)}
    program = [sys.executable, "-c", KILLED.format(path=str(path))]
    children = [subprocess.Popen(program, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    try:
        for child in children:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
        folders = {*home.glob("mpi-*")}
        assert len(folders) == 2
        others = [home / "mpi-others", home / "mpi-file"]  # without our lock, and no folder
        others[0].mkdir()
        others[1].touch()
        assert sweep(home) == []
        children[0].send_signal(signal.SIGKILL)
        children[0].wait()
        gone = sweep(home)
        assert len(gone) == 1
        assert {*home.glob("mpi-*")} == {*folders, *others} - {*gone}
        children[1].send_signal(signal.SIGKILL)
        children[1].wait()
        again = subprocess.run(
            [sys.executable, "-c", KILLED.format(path=str(path)).replace("60", "0")], env=environment, check=True
        )
        assert again.returncode == 0
        assert {*home.glob("mpi-*")} == {*others}
    finally:
        for child in children:
            child.kill()
            child.wait()
            assert child.stdout is not None
            child.stdout.close()


class Owner:
    """Something that a folder can belong to."""


@pytest.mark.skipif(sys.platform == "win32", reason="nothing is swept on Windows")
def test_no_living_folder_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders are made and swept at the same time; those whose owners live stay."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    swept: list[Path] = []
    stop = threading.Event()

    def sweeping() -> None:
        while not stop.is_set():
            swept.extend(sweep(tmp_path))

    thread = threading.Thread(target=sweeping)
    thread.start()
    try:
        owners = [Owner() for _ in range(200)]
        folders = [scratch(owner) for owner in owners]
        time.sleep(0.05)
    finally:
        stop.set()
        thread.join()
    assert swept == []
    assert all(f.is_dir() for f in folders)
    owners.clear()
    assert not any(f.exists() for f in folders)
