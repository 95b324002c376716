"""How fast the library is, as ratios within one run: to one read of the inputs, and to peers on the same data.

    python benchmarks/run.py                 # 1e5 and 1e6 rows
    python benchmarks/run.py --large         # 1e7 rows too (needs about 4 GB)

One read of the inputs is the fastest thing that looks at every value once: the maximum of each column.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import mpi
from data import INDICATORS, Sample, make

if TYPE_CHECKING:
    from collections.abc import Callable

MEASURE = mpi.Measure.nested(
    "bench", {"health": INDICATORS[:2], "education": INDICATORS[2:4], "living": INDICATORS[4:]}, cutoff="1/3"
)
FIGURES = ("M0", "H", "A", "contribution", "censored_headcount")
DESIGN = {"weight": "weight", "strata": "stratum", "psu": "psu"}


def best(function: Callable[[], Any], repeats: int) -> tuple[float, Any]:
    """Return the shortest of several times in milliseconds, and the last result."""
    shortest, result = np.inf, None
    for _ in range(repeats):
        start = time.perf_counter()
        result = function()
        shortest = min(shortest, time.perf_counter() - start)
    return shortest * 1e3, result


def table(frame: Any, by: list[str]) -> Any:
    """From a frame to the table: 23 figures by group with errors."""
    return mpi.estimate(mpi.Survey(frame, **DESIGN), MEASURE, by=by, statistics=FIGURES).table


def read(sample: Sample) -> list[Any]:
    """Look at every value once."""
    return [column.max() for column in sample.columns.values()]


def speed(rows: int) -> None:
    """Time the road from a frame to the table."""
    repeats = 9 if rows <= 1_000_000 else 3
    made = make(rows)
    for name, sample in (("sorted by PSU", made), ("shuffled", made.shuffled())):
        once, _ = best(lambda s=sample: read(s), repeats)
        for kind in ("pandas", "polars"):
            frame = getattr(sample, kind)()
            one, _ = best(lambda f=frame: table(f, ["region"]), repeats)
            two, _ = best(lambda f=frame: table(f, ["region", "group"]), repeats)
            print(
                f"{sample.rows:>11,} rows {name:<13} {kind:<7} read {once:7.2f} ms | by region {one:8.1f} ms ="
                f" {one / once:5.1f} reads | and by a group across PSUs {two:8.1f} ms = +{100 * (two / one - 1):.0f} %"
            )


def grid() -> None:
    """Time 10 cutoffs by 231 weightings by 63 regions."""
    frame = make(100_000).pandas()
    weightings = {
        f"{a}-{b}-{20 - a - b}": {"health": f"{a}/20", "education": f"{b}/20", "living": f"{20 - a - b}/20"}
        for a in range(21)
        for b in range(21 - a)
    }
    cutoffs = [f"{k}/20" for k in range(2, 12)]

    def go() -> Any:
        survey = mpi.Survey(frame, **DESIGN)
        return mpi.estimate(
            survey, MEASURE, by=["region"], cutoffs=cutoffs, weightings=weightings, statistics=["M0", "H", "A"]
        ).table

    took, found = best(go, 2)
    print(f"10 cutoffs x {len(weightings)} weightings x 63 regions at 1e5 rows: {took:.0f} ms, {len(found):,} figures")


def decompositions() -> None:
    """Time what is done with finished estimates, against the estimate itself."""
    frame = make(100_000).pandas()
    survey = mpi.Survey(frame, **DESIGN)
    wanted = ["M0", "H", "A", "censored_headcount"]
    once, est = best(lambda: mpi.estimate(survey, MEASURE, by=["region"], statistics=wanted), 3)

    def tested() -> Any:
        return mpi.decompose.significance(mpi.decompose.gap(est, "region", kinds="difference"))

    pairs, found = best(tested, 3)
    print(
        f"all pairs of 63 regions, {len(found):,} gaps with adjusted p values: {pairs:.0f} ms ="
        f" {pairs / once:.1f} times the estimate from 1e5 rows"
    )
    rounds = districts(700)
    wanted = ["M0", "H", "A", "population_share"]
    once, est = best(lambda: mpi.estimate(rounds, MEASURE, by=["district"], statistics=wanted), 3)
    change, one = best(lambda: mpi.decompose.change(est), 3)
    shapley, two = best(lambda: mpi.decompose.shapley(est, by="district"), 3)
    print(
        f"700 districts, two rounds: {len(one):,} changes {change:.0f} ms, {len(two):,} Shapley terms"
        f" {shapley:.0f} ms = {(change + shapley) / once:.1f} times the estimate"
    )


def districts(count: int) -> mpi.Survey:
    """Return two rounds of one sample, eight PSUs in each of many districts."""
    import pandas as pd

    rng = np.random.default_rng(3)
    psu = np.repeat(np.arange(8 * count), 12)
    parts = []
    for year in (2016, 2018):
        frame = pd.DataFrame({"psu": psu, "district": psu % count, "stratum": psu % count % 63, "year": year})
        deprived = rng.random((len(psu), len(INDICATORS))) < (0.1 + 0.4 * rng.random(count))[psu % count, None]
        frame[INDICATORS] = deprived.astype(np.int8)
        parts.append(frame.assign(weight=rng.uniform(0.5, 2.0, len(psu))))
    return mpi.Survey(pd.concat(parts, ignore_index=True), **DESIGN, wave="year", shared_psus=True)


def peers(rows: int = 1_000_000) -> None:
    """Time the same figures (M0, H, A by region and group, with errors) done by others."""
    import duckdb
    import svy

    made = make(rows)
    frame = made.pandas()
    by = ["region", "group"]

    def ours() -> Any:
        survey = mpi.Survey(frame, **DESIGN)
        return mpi.estimate(survey, MEASURE, by=by, statistics=["M0", "H", "A"]).table

    def full() -> Any:
        survey = mpi.Survey(frame, **DESIGN)
        return mpi.estimate(survey, MEASURE, by=by, cutoffs=["1/5", "1/3", "1/2"]).table

    took, _ = best(ours, 7)
    whole, found = best(full, 3)
    print(f"M0, H, A with errors by 63 regions and 6 groups, 1e6 rows: {took:.1f} ms")
    print(f"  everything at 3 cutoffs ({len(found):,} figures): {whole:.0f} ms")
    naive, _ = best(lambda: by_hand(frame, by), 2)
    print(f"  pandas by hand (group-by PSU, then strata): {naive:.0f} ms = {naive / took:.1f} times ours")
    connection = duckdb.connect()
    connection.register("given", frame)
    connection.execute("CREATE TABLE people AS SELECT * FROM given")
    sums, same = best(lambda: by_sql(connection, by), 3)
    hand = by_hand(frame, by)
    np.testing.assert_allclose(same, [hand["region", x]["estimate"].iloc[0] for x in ("M0", "H", "A")])
    print(f"  the sums alone in DuckDB's SQL, over a table of its own: {sums:.0f} ms = {sums / took:.1f} times ours")
    print(f"  svy {svy.__version__}: ", end="", flush=True)
    other = by_svy(frame)
    print(f"H by region alone {other:.0f} ms = {other / took:.0f} times ours")
    for name, seconds in {
        "R mpitbR": 44,
        "R survey::svyby": 19,
        "data.table by hand": 0.62,
        "collapse by hand": 0.37,
    }.items():
        print(f"  {name}: {seconds} s on another machine = {seconds * 1e3 / took:.0f} times ours")
    for name, seconds in {"R mpitbR, everything": 605, "data.table by hand, everything": 4.5}.items():
        print(f"  {name}: {seconds} s on another machine = {seconds * 1e3 / whole:.0f} times ours")


def by_hand(frame: Any, by: list[str]) -> dict[str, Any]:
    """Estimate M0, H and A with stratified errors as an analyst would write it in pandas."""
    import pandas as pd

    weights = np.array([float(w) for w in MEASURE.weights.values()])
    score = frame[INDICATORS].to_numpy() @ weights
    poor = score >= float(MEASURE.cutoff) - 1e-9
    w = frame["weight"]
    base = frame[["stratum", "psu", *by]].assign(size=w, H=w * poor, M0=w * score * poor)
    n = base.groupby("stratum")["psu"].nunique()
    out = {}
    for group in by:
        totals = base.groupby(group)[["size", "H", "M0"]].sum()
        cells = base.groupby([group, "stratum", "psu"], sort=False)[["size", "H", "M0"]].sum()
        for name, (y, x) in {"H": ("H", "size"), "M0": ("M0", "size"), "A": ("M0", "H")}.items():
            theta = totals[y] / totals[x]
            u = (cells[y] - cells[x] * theta.reindex(cells.index, level=group)) / totals[x].reindex(
                cells.index, level=group
            )
            squares = (u**2).groupby(level=[group, "stratum"]).sum()
            sums = u.groupby(level=[group, "stratum"]).sum()
            count = n.reindex(squares.index, level="stratum")
            variance = (count / (count - 1) * (squares - sums**2 / count)).groupby(level=group).sum()
            out[group, name] = pd.DataFrame({"estimate": theta, "se": np.sqrt(variance)})
    return out


def by_sql(connection: Any, by: list[str]) -> list[float]:
    """Sum what M0, H and A need by group and PSU in DuckDB; return those of the first group, without errors."""
    score = " + ".join(f"{int(18 * w)} * {d}::INT" for d, w in MEASURE.weights.items())  # in eighteenths
    parts = [
        connection.sql(
            f'SELECT "{group}", stratum, psu, sum(weight) AS w, sum(CASE WHEN s >= 6 THEN weight ELSE 0 END) AS h, '  # noqa: S608  # columns of our own
            f"sum(CASE WHEN s >= 6 THEN weight * s ELSE 0 END) / 18 AS m FROM (SELECT *, {score} AS s FROM people) "
            "GROUP BY ALL"
        ).df()
        for group in by
    ]
    first = parts[0][parts[0][by[0]] == parts[0][by[0]].min()]
    w, h, m = (first[c].sum() for c in ("w", "h", "m"))
    return [m / w, h / w, m / h]


def by_svy(frame: Any) -> float:
    """Time one design-based mean by region in the Python package `svy`."""
    import polars as pl
    import svy

    weights = np.array([float(w) for w in MEASURE.weights.values()])
    poor = (frame[INDICATORS].to_numpy() @ weights >= float(MEASURE.cutoff) - 1e-9).astype(float)
    data = pl.from_pandas(frame[["stratum", "psu", "region", "weight"]]).with_columns(poor=poor)
    sample = svy.Sample(data=data, design=svy.Design(stratum="stratum", psu="psu", wgt="weight"))
    return best(lambda: sample.estimation.mean("poor", by="region"), 1)[0]


def memory(rows: int) -> None:
    """Measure the most memory above the inputs', in a process of its own."""
    program = (
        "import sys, threading, time; import run; from data import make\n"
        "def resident(): return int(open('/proc/self/statm').read().split()[1]) * 4096 / 2**20\n"
        f"frame = make({rows}).pandas(); run.table(make(100000).pandas(), ['region'])\n"
        "before, most, done = resident(), [0], [False]\n"
        "def watch():\n"
        "    while not done[0]: most[0] = max(most[0], resident()); time.sleep(0.0005)\n"
        "eye = threading.Thread(target=watch); eye.start(); run.table(frame, ['region']); done[0] = True; eye.join()\n"
        "print(most[0] - before)"
    )
    folder = Path(__file__).parent
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=folder)
    print(f"{rows:>11,} rows: {float(out.stdout):.0f} MB above the frame at the most")


def start_up() -> None:
    """Time `import mpi` in a fresh interpreter, against the interpreter alone and with NumPy."""
    times = {}
    for what in ("pass", "import numpy", "import mpi"):
        runs = []
        for _ in range(5):
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", what], check=True)
            runs.append(time.perf_counter() - start)
        times[what] = sorted(runs)[2]
    bare = times["pass"]
    ours, numpy = (times[what] - bare for what in ("import mpi", "import numpy"))
    print(f"import mpi: {ours:.3f} s above the bare interpreter, NumPy alone {numpy:.3f} s")


def main() -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--large", action="store_true", help="also 1e7 rows, and the memory they take")
    asked = parser.parse_args()
    start_up()
    for rows in (100_000, 1_000_000, *([10_000_000] if asked.large else [])):
        speed(rows)
    grid()
    decompositions()
    peers()
    if asked.large:
        memory(10_000_000)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"peak memory of this run: {peak:,} MB")


if __name__ == "__main__":
    main()
