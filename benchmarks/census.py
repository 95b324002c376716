"""A census condensed to its profile, against the bare group-by of DuckDB over the same columns.

    python benchmarks/census.py 1000000 10000000        # rows; 100000000 needs 1.5 GB of disk

Each road runs in a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

INDICATORS = [f"d{j}" for j in range(10)]
GROUPS = ["province", "ethnicity", "sex"]
PART = 10_000_000


def make(folder: Path, rows: int) -> None:
    """Write people as Parquet files: 63 provinces, 54 ethnic groups of unequal size, deprivations that go together."""
    import duckdb

    columns = ", ".join(f"(latent + random() > 1.25 + {0.03 * j})::TINYINT AS d{j}" for j in range(10))
    for number, start in enumerate(range(0, rows, PART)):
        count = min(PART, rows - start)
        latent = "SELECT (random() * 63)::INT % 63 AS province, (54 * pow(random(), 6))::INT % 54 AS ethnicity, "
        latent += f"(random() < 0.5)::TINYINT AS sex, random() AS latent FROM range({count})"
        target = folder / f"{number:03}.parquet"
        duckdb.sql(f"SELECT province, ethnicity, sex, {columns} FROM ({latent})").write_parquet(str(target))  # noqa: S608


def bare(folder: Path) -> None:
    """Group by the columns and the pattern, and nothing else."""
    import duckdb

    code = " + ".join(f"(d{j}::BIGINT << {j})" for j in range(10))
    start = time.perf_counter()
    what = f"{', '.join(GROUPS)}, {code} AS code, count(*) AS n"
    found = duckdb.sql(f"SELECT {what} FROM read_parquet('{folder}/*.parquet') GROUP BY ALL").df()  # noqa: S608
    report("bare group-by", start, len(found))


def ours(folder: Path) -> None:
    """Condense, and make the complete tables at 10 cutoffs."""
    import mpi

    measure = mpi.Measure.nested("census", {"x": INDICATORS[:5], "y": INDICATORS[5:]}, cutoff="1/3")
    start = time.perf_counter()
    small = mpi.profile(mpi.scan(f"{folder}/*.parquet"), measure, by=GROUPS)
    report("mpi.profile", start, len(small))
    est = mpi.estimate(small, measure, by=GROUPS, cutoffs=[f"{k}/10" for k in range(1, 11)])
    report("and tables", start, len(est))


def report(what: str, start: float, size: int) -> None:
    """Print one line: seconds, rows of the result, peak memory."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{what:<14} {time.perf_counter() - start:8.2f} s {size:>12,} rows, peak {peak:5.2f} GB", flush=True)


def main() -> None:
    """Make the data of each size, and time both roads on them."""
    if sys.argv[1] in {"bare", "ours"}:
        {"bare": bare, "ours": ours}[sys.argv[1]](Path(sys.argv[2]))
        return
    for rows in map(int, sys.argv[1:]):
        with tempfile.TemporaryDirectory() as name:
            make(Path(name), rows)
            print(f"{rows:,} people", flush=True)
            for road in ("bare", "ours", "bare", "ours"):
                subprocess.run([sys.executable, __file__, road, name], check=True)


if __name__ == "__main__":
    main()
