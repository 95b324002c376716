"""From frames of every engine to complete tables, against the bare group-by on the same engine over the same columns.

    python benchmarks/scale.py                                  # 1,000,000 and 10,000,000 rows
    python benchmarks/scale.py --rows 100000000                 # 0.8 GB of disk, and minutes for each engine
    python benchmarks/scale.py --engines scan duckdb --data sample --memory 1GB

Two kinds of data, of which the same is asked. A *sample*: 20,000 PSUs in 126 strata, weights, 10 indicators of which
0.4 % are missing, 63 provinces, 54 ethnic groups of unequal size, sex; every figure has its error. A *census*: the same
people without weights and design. Asked for are M0, H, A and the censored headcounts, in total, by province, by ethnic
group, and by ethnic group and sex.

Each cell of the table has two roads, each in a process of its own, one after the other: the bare group-by of the engine
(keys, pattern, number and weights, written by hand, its result in memory), then ours. Memory is what is resident, of
Python with all its children (Spark's Java); to see it takes psutil, which comes with Dask's distributed.
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

INDICATORS = [f"d{j}" for j in range(10)]
KEYS = ["province", "ethnicity", "sex"]
DESIGN = {"weight": "w", "strata": "stratum", "psu": "psu"}
PART, PSUS = 10_000_000, 20_000
IN_MEMORY = ("pandas", "polars")
ENGINES = (*IN_MEMORY, "lazy", "duckdb", "scan", "dataset", "ibis", "dask", "spark")
USUAL = tuple(e for e in ENGINES if e not in ("dask", "spark"))
LARGE = 100_000_000


def make(folder: Path, rows: int) -> None:
    """Write people as Parquet files; both kinds of data are read from the same files."""
    import duckdb

    deprived = "latent * latent + random()"
    columns = ", ".join(
        f"CASE WHEN random() < 0.004 THEN NULL ELSE ({deprived} > {1.35 + 0.04 * j})::TINYINT END AS d{j}"
        for j in range(10)
    )
    where = f"(psu * 126 // {PSUS})::SMALLINT AS stratum, (psu * 63 // {PSUS})::TINYINT AS province"
    drawn = f"(random() * {PSUS})::INT % {PSUS} AS psu, ((54 * pow(random(), 12))::INT % 54)::TINYINT AS ethnicity"
    drawn += ", (random() < 0.5)::TINYINT AS sex, random() AS latent"
    for number, start in enumerate(range(0, rows, PART)):
        people = f"SELECT {drawn} FROM range({min(PART, rows - start)})"  # noqa: S608  # columns of our own
        query = f"SELECT psu, {where}, ethnicity, sex, 1 + (psu % 97) / 10 AS w, {columns} FROM ({people})"  # noqa: S608  # columns of our own
        connection = duckdb.connect()
        connection.execute(f"SELECT setseed({0.1 + number / 1000})").fetchall()
        connection.sql(query).write_parquet(str(folder / f"{number:03}.parquet"))


# --- engines --------------------------------------------------------------------------------------------------------


def opened(engine: str, folder: Path, memory: str | None) -> Any:
    """Return the files as a frame of an engine."""
    files = f"{folder}/*.parquet"
    by_name: dict[str, Callable[[], Any]] = {
        "pandas": lambda: _of("pandas").read_parquet(folder),
        "polars": lambda: _of("polars").scan_parquet(files).collect(),
        "lazy": lambda: _of("polars").scan_parquet(files),
        "duckdb": lambda: _of("duckdb").connect().read_parquet(files),
        "scan": lambda: _of("mpi").scan(files, memory=memory, progress=False),
        "dataset": lambda: _of("pyarrow.dataset").dataset(folder),
        "ibis": lambda: _of("ibis").duckdb.connect().read_parquet(files),
        "dask": lambda: _of("dask.dataframe").read_parquet(files),
        "spark": lambda: session().read.parquet(str(folder)),
    }
    return by_name[engine]()


_of = importlib.import_module


def session() -> Any:
    """Start Spark on this machine."""
    from pyspark.sql import SparkSession

    told = SparkSession.builder.master("local[2]").config("spark.sql.shuffle.partitions", "8")
    told = told.config("spark.driver.memory", "4g").config("spark.sql.execution.arrow.pyspark.enabled", "true")
    return told.config("spark.ui.showConsoleProgress", "false").getOrCreate()


def grouped(engine: str, data: Any, folder: Path, keys: list[str]) -> int:
    """Group by keys and pattern by hand, and return how many groups are in memory."""
    weights = "w" if "psu" in keys else None
    if engine == "pandas":
        return _pandas(data, keys, weights)
    if engine in ("polars", "lazy"):
        import polars as pl

        code = sum((pl.col(d).fill_null(2).cast(pl.Int64) * 3**j for j, d in enumerate(INDICATORS)), pl.lit(0))
        sums = [pl.len().alias("n"), *([pl.col("w").sum()] if weights else [])]
        return len(data.lazy().group_by(*keys, code.alias("code")).agg(*sums).collect())
    code_sql = " + ".join(f"coalesce(d{j}, 2)::INT * {3**j}" for j in range(10))
    what = f"{', '.join(keys)}, {code_sql} AS code, count(*) AS n" + (", sum(w) AS w" if weights else "")
    if engine == "dask":
        code = sum(data[d].fillna(2).astype("int64") * 3**j for j, d in enumerate(INDICATORS))
        narrow = data[[*keys, *([weights] if weights else [])]].assign(code=code, n=1)
        return len(narrow.groupby([*keys, "code"]).sum().compute())
    if engine == "spark":
        data.createOrReplaceTempView("people")
        names = f"{', '.join(keys)}, {code_sql}"
        return len(session().sql(f"SELECT {what} FROM people GROUP BY {names}").toPandas())  # noqa: S608  # columns of our own
    import duckdb

    query = f"SELECT {what} FROM read_parquet('{folder}/*.parquet') GROUP BY ALL"  # noqa: S608  # columns of our own
    return len(duckdb.connect().sql(query).df())


def _pandas(data: Any, keys: list[str], weights: str | None) -> int:
    code = sum(data[d].fillna(2).astype("int64") * 3**j for j, d in enumerate(INDICATORS))
    narrow = data[[*keys, *([weights] if weights else [])]].assign(code=code, n=1)
    return len(narrow.groupby([*keys, "code"], sort=False).sum())


# --- roads ----------------------------------------------------------------------------------------------------------


def bare(engine: str, kind: str, folder: Path, memory: str | None) -> dict[str, float]:
    """Group by hand."""
    loaded(engine)
    data = opened(engine, folder, memory)
    keys = [*(["stratum", "psu"] if kind == "sample" else []), *KEYS]
    start = time.perf_counter()
    rows = grouped(engine, data, folder, keys)
    return {"bare": time.perf_counter() - start, "groups": rows}


def ours(engine: str, kind: str, folder: Path, memory: str | None) -> dict[str, float]:
    """Condense, and make the tables from the profile."""
    import mpi

    loaded(engine)
    measure = mpi.Measure.nested("scale", {"x": INDICATORS[:5], "y": INDICATORS[5:]}, cutoff="1/3")
    data = opened(engine, folder, memory)
    start = time.perf_counter()
    small = mpi.profile(data, measure, by=KEYS, **(DESIGN if kind == "sample" else {}))
    condensed = time.perf_counter() - start
    by = ["province", "ethnicity", ("ethnicity", "sex")]
    table = mpi.estimate(small, measure, by=by, statistics=["M0", "H", "A", "censored_headcount"]).table
    return {"profile": condensed, "tables": time.perf_counter() - start, "figures": len(table), "rows": len(small)}


ROADS: dict[str, Any] = {"bare": bare, "ours": ours}


def loaded(engine: str) -> None:
    """Import, and start, what is no part of the work."""
    for name in ("pandas", "scipy.sparse", "duckdb"):
        importlib.import_module(name)
    if engine == "spark":
        session().range(10).count()


class Peak:
    """The most memory that this process and its children had at once."""

    def __init__(self) -> None:
        import psutil

        self.process, self.most, self.done = psutil.Process(), 0, False
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self) -> None:
        """Look twenty times a second."""
        import psutil

        while not self.done:
            total = 0
            for process in (self.process, *self.process.children(recursive=True)):
                try:
                    total += process.memory_info().rss
                except psutil.Error:  # it has ended
                    continue
            self.most = max(self.most, total)
            time.sleep(0.05)

    def gigabytes(self) -> float:
        """Return the most that was seen."""
        self.done = True
        self.thread.join()
        return self.most / 2**30


def run(road: str, engine: str, kind: str, folder: str, memory: str | None) -> dict[str, Any]:
    """Take one road in a process of its own."""
    call = [sys.executable, __file__, "--road", road, engine, kind, folder, *(["--memory", memory] if memory else [])]
    done = subprocess.run(call, check=False, capture_output=True, text=True)
    if done.returncode:
        return {"failed": (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]}
    return json.loads(done.stdout.splitlines()[-1])


def line(rows: int, kind: str, engine: str, one: dict[str, Any], two: dict[str, Any]) -> str:
    """Return a row of the table of docs/performance.md."""
    failed = one.get("failed") or two.get("failed")
    if failed:
        return f"| {rows:,} | {kind} | {engine} | {failed} |"
    times = [f"{two[k]:.2f} s, {two[k] / one['bare']:.1f} times" for k in ("profile", "tables")]
    cells = [f"{rows:,}", kind, engine, f"{two['rows']:,.0f}", f"{one['bare']:.2f} s, {one['peak']:.1f} GB"]
    return f"| {' | '.join([*cells, *times])} | {two['peak']:.1f} GB |"


def main() -> None:
    """Make the data of each size, and take both roads of each cell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", nargs="*", type=int, default=[1_000_000, 10_000_000])
    parser.add_argument(
        "--engines", nargs="*", choices=ENGINES, default=USUAL, help="all but Dask and Spark by default"
    )
    parser.add_argument("--data", nargs="*", choices=("census", "sample"), default=("census", "sample"))
    parser.add_argument("--memory", help="what DuckDB may take where files are scanned")
    parser.add_argument("--folder", help="where data are kept from run to run; a temporary folder by default")
    parser.add_argument("--road", nargs=4, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.road:
        road, engine, kind, folder = asked.road
        warnings.simplefilter("ignore")
        peak = Peak()
        print(json.dumps({**ROADS[road](engine, kind, Path(folder), asked.memory), "peak": peak.gigabytes()}))
        return
    print("| rows | data | engine | rows of the profile | bare group-by | profile | and tables | peak memory |")
    print("|---|---|---|---|---|---|---|---|")
    for rows in asked.rows:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(asked.folder or temporary) / str(rows)
            if not folder.exists():
                folder.mkdir(parents=True)
                make(folder, rows)
            for kind in asked.data:
                for engine in (e for e in asked.engines if rows < LARGE or e not in IN_MEMORY):
                    both = [run(road, engine, kind, str(folder), asked.memory) for road in ROADS]
                    print(line(rows, kind, engine, *both), flush=True)


if __name__ == "__main__":
    main()
