"""A census from its files to complete tables, against the bare group-by of DuckDB over the same columns.

    python benchmarks/census.py 1000000 10000000              # rows; 100000000 needs 0.3 GB of disk and some minutes
    python benchmarks/census.py 1000000 10000000 --plot docs/census.svg

Each road runs in a process of its own, so that its peak memory is its own, and several times in turn; the best counts.
Times are those of the process's work, without the start of Python and its imports.
"""

from __future__ import annotations

import argparse
import importlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

INDICATORS = [f"d{j}" for j in range(10)]
GROUPS = ["province", "ethnicity", "sex"]
PART = 10_000_000
ROADS = ("bare", "ours")


def make(folder: Path, rows: int) -> None:
    """Write people as Parquet files: 63 provinces, 54 ethnic groups of unequal size, deprivations that go together."""
    import duckdb

    columns = ", ".join(f"(latent + random() > 1.25 + {0.03 * j})::TINYINT AS d{j}" for j in range(10))
    for number, start in enumerate(range(0, rows, PART)):
        count = min(PART, rows - start)
        latent = "SELECT (random() * 63)::INT % 63 AS province, (54 * pow(random(), 6))::INT % 54 AS ethnicity, "
        latent += f"(random() < 0.5)::TINYINT AS sex, random() AS latent FROM range({count})"
        target = folder / f"{number:03}.parquet"
        duckdb.sql(f"SELECT province, ethnicity, sex, {columns} FROM ({latent})").write_parquet(str(target))  # noqa: S608  # columns of our own


def bare(folder: Path) -> dict[str, float]:
    """Group by the columns and the pattern, and nothing else."""
    import duckdb

    loaded("pandas")
    code = " + ".join(f"(d{j}::BIGINT << {j})" for j in range(10))
    what = f"{', '.join(GROUPS)}, {code} AS code, count(*) AS n"
    start = time.perf_counter()
    found = duckdb.sql(f"SELECT {what} FROM read_parquet('{folder}/*.parquet') GROUP BY ALL").df()  # noqa: S608  # columns of our own

    return {"bare": time.perf_counter() - start, "rows": len(found)}


def ours(folder: Path) -> dict[str, float]:
    """Condense, and make the complete tables at 10 cutoffs."""
    import mpi

    loaded("pandas", "duckdb", "scipy.sparse")
    measure = mpi.Measure.nested("census", {"x": INDICATORS[:5], "y": INDICATORS[5:]}, cutoff="1/3")
    cutoffs = [f"{k}/10" for k in range(1, 11)]
    start = time.perf_counter()
    people = mpi.read_survey(f"{folder}/*.parquet", census=True)
    small = mpi.profile(people, measure, by=GROUPS)
    condensed = time.perf_counter() - start
    table = mpi.estimate(small, measure, by=GROUPS, cutoffs=cutoffs).table
    return {"profile": condensed, "tables": time.perf_counter() - start, "figures": len(table), "rows": len(small)}


def loaded(*modules: str) -> None:
    """Import what the work would import by itself, before its time counts."""
    for name in modules:
        importlib.import_module(name)


def run(road: str, folder: str) -> dict[str, float]:
    """Take one road in a process of its own."""
    out = subprocess.run([sys.executable, __file__, "--road", road, folder], check=True, capture_output=True, text=True)
    return json.loads(out.stdout.splitlines()[-1])


def measured(rows: int, repeats: int) -> dict[str, float]:
    """Make the data of one size, take both roads in turn, and keep the best of each."""
    best: dict[str, float] = {"people": rows}
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), rows)
        for _ in range(repeats):
            for road in ROADS:
                found = run(road, folder)
                found[f"peak {road}"] = found.pop("peak")
                times = {k for k in found if k in ("bare", "profile", "tables")}
                best |= {k: min(v, best.get(k, v)) if k in times else v for k, v in found.items()}
    return best


def line(r: dict[str, Any]) -> str:
    """Return a row of the table of docs/performance.md."""
    times = [f"{r[k]:.2f} s, {r[k] / r['bare']:.2f} times" for k in ("profile", "tables")]
    cells = [f"{r['people']:,}", f"{r['rows']:,.0f}", f"{r['bare']:.2f} s", *times, f"{r['peak ours']:.2f} GB"]
    return f"| {' | '.join(cells)} |"


def plot(results: list[dict[str, float]], path: str) -> None:
    """Draw time against people, both by powers of ten: growth in proportion is a line of slope 1."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams["svg.hashsalt"] = "census"  # the same drawing for the same figures
    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axes = figure.subplots()
    x = [r["people"] for r in results]
    for key, label, style in (
        ("bare", "bare group-by of DuckDB", "o--"), ("profile", "profile", "s-"),
        ("tables", "profile and complete tables at 10 cutoffs", "^-"),
    ):  # fmt: skip
        axes.plot(x, [r[key] for r in results], style, label=label)
    top = results[-1]
    axes.plot(x, [top["tables"] * n / top["people"] for n in x], ":", color="0.6", label="in proportion to people")
    axes.set(xscale="log", yscale="log", xlabel="people", ylabel="seconds")
    axes.grid(visible=True, which="major", color="0.9")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=9)
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Make the data of each size, time both roads on them, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", type=int)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--plot", metavar="FILE", help="draw the times into a file")
    parser.add_argument("--road", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.road:
        found = {"bare": bare, "ours": ours}[asked.road[0]](Path(asked.road[1]))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(json.dumps({**found, "peak": peak}))
        return
    print(
        "| people | rows of the profile | bare group-by | profile | and complete tables at 10 cutoffs | peak memory |"
    )
    print("|---|---|---|---|---|---|")
    results = []
    for rows in asked.rows or (1_000_000, 10_000_000):
        results.append(measured(rows, asked.repeats))
        print(line(results[-1]), flush=True)
    if asked.plot:
        plot(results, asked.plot)


if __name__ == "__main__":
    main()
