"""Random frames on every engine: equal figures, counts, flags, notes and warnings; a line for each that differs.

usage: python benchmarks/engines_agree.py [frames=300] [seed=1] [engine,engine ...]

What is drawn, asked and compared stands in `tests/everywhere.py`; the tests hold a handful of frames to the same.
``draw(np.random.default_rng([seed, n]))`` makes frame n again. Exit 1 where anything differs. Some 3 seconds for each
frame on all engines; Spark needs Java, and is left out where there is none.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from everywhere import ENGINES, answers, differences, draw, survey_of


@cache
def spark() -> Any:
    """Return a session of Spark on this machine."""
    from pyspark.sql import SparkSession

    made = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    made = made.config("spark.sql.shuffle.partitions", "2").config("spark.ui.showConsoleProgress", "false")
    session = made.config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1").getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    return session


def run(seed: int, number: int, engines: list[str]) -> tuple[int, int, list[str]]:
    """Compare one frame; return the figures of one engine, how many engines were asked, and what differs."""
    drawn = draw(np.random.default_rng([seed, number]))
    found: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        base = answers(lambda: survey_of("clean", drawn, Path(folder)), drawn)
        for engine in engines:
            try:
                given = answers(lambda e=engine: survey_of(e, drawn, Path(folder), spark), drawn)
                found += [f"frame {number}, {engine}: {said}" for said in differences(base, given)]
            except Exception as error:  # noqa: BLE001  # what is no error of ours is a finding, too
                found.append(f"frame {number}, {engine}: {type(error).__name__}: {error}")
    return sum(len(a.get("n", ())) for a in base.values()), len(engines), found


def main(frames: int, seed: int, engines: list[str]) -> int:
    """Run, print, and return the exit status."""
    warnings.simplefilter("ignore")
    begun, figures, roads, bad = time.perf_counter(), 0, 0, 0
    for number in range(frames):
        count, asked, found = run(seed, number, engines)
        figures, roads, bad = figures + count, roads + asked, bad + len(found)
        for line in found:
            print(line[:600], flush=True)
        if number % 25 == 24:
            print(f"{number + 1} frames, {bad} differences, {time.perf_counter() - begun:.0f} s", flush=True)
    asked = f"{frames} frames, {roads:,} surveys on {len(engines)} engines, {figures:,} figures"
    print(f"seed {seed}: {asked}: {bad} differences")
    return int(bad > 0)


if __name__ == "__main__":
    frames, seed = (int(sys.argv[i]) if len(sys.argv) > i else value for i, value in ((1, 300), (2, 1)))
    named = (
        sys.argv[3].split(",") if len(sys.argv) > 3 else [e for e in ENGINES if e != "spark" or shutil.which("java")]
    )
    sys.exit(main(frames, seed, named))
