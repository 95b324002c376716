"""What schemes of reliability show of small groups, and how often its intervals hold the truth.

    python benchmarks/reliability.py [draws=100] [seed=1]

The population and the draws are those of `coverage.py`. Estimated are H and M0 by province, by a small group, and for
the minority of each province; each figure has a label by each scheme. A line is a scheme and what it does with some
figures: how many they are, how often their 95% intervals hold the truth, and the median coefficient of variation. By
the rule alone: nothing is hidden beside.
"""

from __future__ import annotations

import sys
import warnings
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
import pandas as pd

import mpi
from coverage import MEASURE, Sampler, population

BY = ["province", "group", ("province", "minority")]
STATE: dict[str, Any] = {}


def estimated(frame: pd.DataFrame, **design: Any) -> mpi.Estimates:
    """Return H and M0 of all groups."""
    return mpi.estimate(mpi.Survey(frame, size="people", **design), MEASURE, by=BY, statistics=["H", "M0"])


def prepare(seed: int) -> None:
    """Make the population, and the figures of everybody in it."""
    warnings.simplefilter("ignore")
    frame = population(np.random.default_rng(seed), 0.0)
    truth = estimated(frame, census=True).table.set_index(["by", "group", "statistic"])["estimate"]
    STATE.update(sampler=Sampler(frame), truth=truth)


def judged(seed: int) -> pd.DataFrame:
    """Return, of one draw, what each scheme shows of each figure, and whether its interval holds the truth."""
    frame = STATE["sampler"].draw(np.random.default_rng(seed))
    est = estimated(frame, weight="weight", strata="stratum", psu="psu")
    table = est.table[est.table["by"] != "total"]
    truth = STATE["truth"].reindex(pd.MultiIndex.from_frame(table[["by", "group", "statistic"]])).to_numpy()
    known = np.isfinite(table["ci_low"]) & np.isfinite(truth)
    holds = (table["ci_low"] <= truth) & (truth <= table["ci_high"])
    variation = table["se"] / table["estimate"]
    parts = []
    for name in mpi.release.list_schemes():
        found = mpi.release.reliability(est, name).loc[table.index]
        parts.append(pd.DataFrame(
            {"scheme": name, "shown": found["show"], "label": found["label"], "known": known, "holds": holds & known,
             "variation": variation}
        ))  # fmt: skip
    return pd.concat(parts)


def main(draws: int = 100, seed: int = 1) -> None:
    """Draw, and print the table."""
    with ProcessPoolExecutor(initializer=prepare, initargs=(seed,)) as pool:
        found = pd.concat(pool.map(judged, range(draws)))
    every = found.groupby("scheme").size()
    print(f"| scheme | a figure is | of figures | its interval holds the truth | median cv |\n{'|---' * 5}|")
    for (scheme, shown, label), own in found.groupby(["scheme", "shown", "label"]):
        share, given = len(own) / every[scheme], own["known"].sum()
        holds = f"{own['holds'].sum() / given:.3f}" if given else ""
        print(f"| {scheme} | {label} ({shown}) | {share:.1%} | {holds} | {own['variation'].median():.2f} |")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
