"""How fast monetary statistics are: all by 63 provinces at 1e6 rows, against one read of the inputs.

    python benchmarks/money.py            # 1e6 rows
    python benchmarks/money.py 10000000   # more

One read of the inputs is the maximum of each column that is used: income, weight, stratum, PSU and province.
"""

from __future__ import annotations

import sys
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd

import mpi
from mpi.monetary import relative_line

STATISTICS = [
    "fgt(0)", "fgt(1)", "fgt(2)", "watts", "sen", "sst", "gini", "ge(-1)", "ge(0)", "ge(0.5)", "ge(1)", "ge(2)",
    "atkinson(0.5)", "atkinson(1)", "atkinson(2)", "mean", "median", "rmpg", "qsr", "palma",
    "lorenz(0.2)", "lorenz(0.4)",
]  # fmt: skip


def people(rows: int) -> pd.DataFrame:
    """Return a sample of 10,000 PSUs in 126 strata of 63 provinces."""
    rng = np.random.default_rng(1)
    psu = np.sort(rng.integers(0, 10_000, rows))
    frame = pd.DataFrame({"income": rng.lognormal(7.5, 0.7, rows), "weight": rng.uniform(500, 1500, rows), "psu": psu})
    return frame.assign(stratum=psu % 126, province=psu % 63)


def shortest(function: Any, repeats: int) -> float:
    """Return the shortest of several times, in milliseconds."""
    best = np.inf
    for _ in range(repeats):
        start = perf_counter()
        function()
        best = min(best, perf_counter() - start)
    return 1e3 * best


def main(rows: int) -> None:
    """Print times and ratios."""
    frame = people(rows)
    columns = [frame[c].to_numpy() for c in frame]
    read = shortest(lambda: [c.max() for c in columns], 9)
    survey = mpi.Survey(frame, weight="weight", strata="stratum", psu="psu")
    line = float(np.median(frame.income)) * 0.6
    print(f"{rows:,} rows; one read of five columns: {read:.1f} ms")
    for name, at, asked in (
        (
            "FGT, Watts, entropy, Atkinson, mean",
            line,
            [s for s in STATISTICS if s.startswith(("fgt", "wa", "ge", "at", "me"))],
        ),
        ("all, at an amount", line, STATISTICS),
        ("all, at 60% of the median", relative_line(), STATISTICS),
    ):
        took = shortest(
            lambda z=at, a=asked: mpi.monetary.estimate(survey, "income", ["province"], line=z, statistics=a), 3
        )
        print(f"{name:<38} by 63 provinces: {took:7.0f} ms = {took / read:6.1f} reads")
    order = shortest(lambda: np.argsort(columns[0], kind="stable"), 3)
    print(f"to put the incomes in order once (numpy.argsort): {order:.0f} ms = {order / read:.1f} reads")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
