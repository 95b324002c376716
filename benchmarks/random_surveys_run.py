"""Random surveys against plain NumPy: every estimate, error, limit, covariance, count; a line for each that differs.

usage: python benchmarks/random_surveys_run.py [surveys=20000] [seed=1] [processes=2]

The oracle is `tests/random_surveys.py`, which the tests hold 60 surveys to. ``draw(np.random.default_rng([seed, n]))``
makes survey n again. Exit 1 where anything differs. About a twentieth of a second for each survey.
"""

from __future__ import annotations

import os
import sys
import time
from multiprocessing import Pool
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from random_surveys import disagreements, draw

CHUNK = 50


def run(task: tuple[int, int]) -> tuple[int, int, dict[str, float], list[str]]:
    """Compare the surveys of one chunk; return figures, surveys, the largest differences, and what differs."""
    seed, start = task
    figures, worst, out = 0, {}, []
    for number in range(start, start + CHUNK):
        try:
            count, found = disagreements(draw(np.random.default_rng([seed, number])), worst)
        except Exception as error:  # noqa: BLE001  # a refusal is a finding too
            count, found = 0, [f"{type(error).__name__}: {error}"]
        figures += count
        out += [f"survey {number}: {len(found)} differ, first {found[0]}"] if found else []
    return figures, CHUNK, worst, out


def main(surveys: int, seed: int, processes: int) -> int:
    """Run, print, and return the exit status."""
    begun, figures, done, bad = time.perf_counter(), 0, 0, 0
    worst: dict[str, float] = {}
    with Pool(processes) as pool:
        for count, ran, largest, found in pool.imap_unordered(run, [(seed, a) for a in range(0, surveys, CHUNK)]):
            figures, done, bad = figures + count, done + ran, bad + len(found)
            worst |= {k: max(v, worst.get(k, 0.0)) for k, v in largest.items()}
            for line in found:
                print(line, flush=True)
            if done % 1000 == 0:
                print(
                    f"{done:,} surveys, {figures:,} figures, {bad} disagree, {time.perf_counter() - begun:.0f} s",
                    flush=True,
                )
    print(f"seed {seed}: {done:,} surveys, {figures:,} figures, {bad} surveys disagree")
    for what in ("estimate", "se"):
        name, value = max(((k, v) for k, v in worst.items() if k.endswith(f" {what}")), key=lambda pair: pair[1])
        print(f"largest relative difference, {name}: {value:.1e}")
    return int(bad > 0)


if __name__ == "__main__":
    given = [int(a) for a in sys.argv[1:]]
    sys.exit(main(*(given + [20_000, 1, 2][len(given) :])))
