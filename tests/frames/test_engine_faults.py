"""An engine that gives up is told with the reason: the file, the column it lacks, the worker that died."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import mpi
from mpi.frames import engine_errors
from mpi.frames.damage import faults_in
from mpi.frames.engine_errors import translated_duckdb_errors, translated_errors
from mpi.frames.files import parquet_files

pa = pytest.importorskip("pyarrow", reason="PyArrow is an extra")
pq = pytest.importorskip("pyarrow.parquet", reason="PyArrow is an extra")

MEASURE = mpi.Measure.nested("m", {"x": ["a"], "y": ["b"]}, cutoff="1/2")
OF_OTHERS = pytest.mark.filterwarnings("ignore")  # Ibis, Dask and Spark warn of what they use themselves


def polars(folder: Path) -> Any:
    return pytest.importorskip("polars", reason="Polars is an extra").scan_parquet(folder / "*.parquet")


def duckdb(folder: Path) -> Any:
    return pytest.importorskip("duckdb", reason="DuckDB is an extra").read_parquet(str(folder / "*.parquet"))


def dataset(folder: Path) -> Any:
    pytest.importorskip("duckdb", reason="DuckDB is an extra")
    return pytest.importorskip("pyarrow.dataset", reason="PyArrow is an extra").dataset(folder)


def filtered(folder: Path) -> Any:
    return dataset(folder).filter(pytest.importorskip("pyarrow.dataset", reason="PyArrow is an extra").field("k") >= 0)


def ibis(folder: Path) -> Any:
    return pytest.importorskip("ibis", reason="Ibis is an extra").duckdb.connect().read_parquet(folder / "*.parquet")


def dask(folder: Path) -> Any:
    return pytest.importorskip("dask.dataframe", reason="Dask is an extra").read_parquet(folder)


def scan(folder: Path) -> Any:
    pytest.importorskip("duckdb", reason="DuckDB is an extra")
    return mpi.scan(folder)


ENGINES = [
    polars, duckdb, dataset, filtered, scan,
    pytest.param(ibis, marks=OF_OTHERS), pytest.param(dask, marks=OF_OTHERS),
]  # fmt: skip


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parts")
    for i in range(3):
        n = 4000
        k = pd.Series(range(i * n, i * n + n))
        frame = pd.DataFrame({"a": k % 2, "b": k % 3 % 2, "k": k * 7919 % 10007, "g": k % 5})
        frame.to_parquet(folder / f"part-{i}.parquet", index=False)
    return folder


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def cut_within(path: Path) -> None:
    """A piece in the middle is missing, and the footer is whole."""
    whole = path.read_bytes()
    path.write_bytes(whole[:2000] + whole[-len(whole) // 2 :])


def other(path: Path) -> None:
    path.write_bytes(b"no Parquet file at all " * 100)


def without_a_column(path: Path) -> None:
    pq.write_table(pq.read_table(path).drop_columns(["b"]), path)


@pytest.mark.parametrize("damage", [truncated, cut_within, other])
@pytest.mark.parametrize("engine", ENGINES)
def test_a_damaged_part_is_named(
    engine: Callable[[Path], Any], damage: Callable[[Path], None], parts: Path, tmp_path: Path
) -> None:
    shutil.copytree(parts, tmp_path / "files")
    damage(tmp_path / "files" / "part-1.parquet")
    with pytest.raises(mpi.MpiError, match=r"(?s)the files cannot be read.*part-1\.parquet") as error:
        mpi.profile(engine(tmp_path / "files"), MEASURE, by=["g", "k"])
    assert "part-0" not in str(error.value)
    assert "by itself" not in str(error.value)


@pytest.mark.filterwarnings("ignore::mpi.MpiWarning")
@pytest.mark.parametrize("engine", [polars, duckdb, scan, ENGINES[-2], ENGINES[-1]])
def test_a_part_that_lacks_a_column_is_named(engine: Callable[[Path], Any], parts: Path, tmp_path: Path) -> None:
    shutil.copytree(parts, tmp_path / "files")
    without_a_column(tmp_path / "files" / "part-1.parquet")
    with pytest.raises(mpi.MpiError, match=r"(?s)part-1\.parquet.*b") as error:
        mpi.profile(engine(tmp_path / "files"), MEASURE, by=["g"])
    assert "by itself" not in str(error.value)


@OF_OTHERS
def test_spark_names_a_damaged_part(parts: Path, tmp_path: Path, spark: Any) -> None:
    shutil.copytree(parts, tmp_path / "files")
    cut_within(tmp_path / "files" / "part-1.parquet")
    with pytest.raises(mpi.MpiError, match=r"part-1\.parquet"):
        mpi.profile(spark.read.parquet(str(tmp_path / "files")), MEASURE, by=["g"])


def test_sound_files_have_no_faults_whatever_the_engine_says(parts: Path) -> None:
    files = sorted(map(str, parts.iterdir()))
    assert faults_in(files, "something about a") == []
    polars_frame = mpi.Survey(polars(parts), psu="k").rows.sources[0].frame
    assert parquet_files(polars_frame) == files


class KilledWorker(Exception):  # noqa: N818  # its name
    """As of distributed, which is not installed everywhere."""


class Py4JError(Exception):
    """As of Py4J."""


Py4JError.__module__ = "py4j.protocol"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (KilledWorker("Attempted to run task 'x' on 4 different workers"), "workers of the cluster died"),
        (Py4JError("An error occurred while calling o7.getResult"), None),
        (ValueError("could not convert string to float: 'x'"), None),
        (KeyError("b"), None),
    ],
)
def test_what_is_gone_is_said(error: Exception, told: str | None) -> None:
    said = engine_errors.lost(error)
    assert told is None if said is None else str(told) in said


def test_a_jvm_that_is_gone_is_said() -> None:
    refused = ConnectionRefusedError(111, "Connection refused")
    error = Py4JError("An error occurred while calling o7.getResult")
    error.__cause__ = refused
    said = engine_errors.lost(error)
    assert said is not None
    assert "JVM of Spark is gone" in said
    assert engine_errors.lost(refused) is None  # of something else


def test_a_jvm_that_is_gone_while_a_plan_is_built_is_said() -> None:
    with pytest.raises(mpi.MpiError, match="the JVM of Spark is gone"), engine_errors.translated_if_gone():
        raise Py4JError("org.apache.spark.sql.functions.col does not exist in the JVM")
    with pytest.raises(KeyError), engine_errors.translated_if_gone():
        raise KeyError("b")


def test_a_full_disk_is_said_to_be_that() -> None:
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is an extra")
    said = 'IO Error: Could not write file "spill/duckdb_temp_storage-0.tmp": No space left on device'
    full = r"no room on the disk for what does not fit .* set TMPDIR"
    with pytest.raises(mpi.MpiError, match=full), translated_duckdb_errors():
        raise duckdb.IOException(said)


@OF_OTHERS
def test_dask_gives_advice_where_it_helps_only() -> None:
    dd = pytest.importorskip("dask.dataframe", reason="Dask is an extra")
    import narwhals.stable.v2 as nw

    lazy = nw.from_native(dd.from_pandas(pd.DataFrame({"a": [1]}), npartitions=1))
    with pytest.raises(mpi.MpiError, match="by itself"), translated_errors(lazy):
        raise ValueError("could not convert string to float")
    with pytest.raises(mpi.MpiError, match="not in index") as error, translated_errors(lazy):
        raise KeyError("['b'] not in index")
    assert "by itself" not in str(error.value)
    with pytest.raises(KeyboardInterrupt), translated_errors(lazy):
        raise KeyboardInterrupt
