"""Replicates and calibration: how long they take, and how often their intervals hold the truth.

    python benchmarks/replicates.py speed              # 1,000 bootstrap replicates of 100,000 rows by 63 provinces
    python benchmarks/replicates.py coverage 400       # draws from a population that is known, about a minute

The speed is that of the full table (all statistics, in total and by province), and again with weights raked to
province, area and age in each replicate. The draws are of 60 PSUs in 6 strata out of 1,200, in which young men are
found less often; margins are those of the population.
"""

from __future__ import annotations

import argparse
import time
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

import mpi

if TYPE_CHECKING:
    from collections.abc import Callable

ITEMS = [f"i{j}" for j in range(10)]
MEASURE = mpi.Measure.nested("m", {"a": ITEMS[:2], "b": ITEMS[2:4], "c": ITEMS[4:]}, cutoff="1/3")


def timed(name: str, work: Callable[[], Any]) -> Any:
    """Do some work, and print how long it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    made = work()
    print(f"{name:28}{time.perf_counter() - wall:8.2f} s, processor {time.process_time() - cpu:8.2f} s")
    return made


def speed(rows: int = 100_000, replicates: int = 1_000) -> None:
    """Time the table by linearisation, by replicates, and by replicates raked anew."""
    rng = np.random.default_rng(1)
    psu = np.arange(rows) // 30
    frame = pd.DataFrame({"psu": psu, "province": psu // 53 % 63, "w": rng.uniform(1, 3, rows)})
    frame["stratum"] = frame["province"] * 2 + psu % 2
    frame["area"], frame["age"] = rng.integers(0, 2, rows), rng.integers(0, 6, rows)
    frame[ITEMS] = rng.integers(0, 2, (rows, 10))
    survey = mpi.Survey(frame, weight="w", strata="stratum", psu="psu")
    margins = {
        c: (frame.groupby(c)["w"].sum() * rows / frame["w"].sum()).to_dict() for c in ("province", "area", "age")
    }
    timed("linearised", lambda: mpi.estimate(survey, MEASURE, by=["province"]))
    known = timed("raked", lambda: survey.calibrate(margins, "rake"))
    timed("linearised, raked", lambda: mpi.estimate(known, MEASURE, by=["province"]))
    for name, base in (("replicates", survey), ("replicates, raked in each", known)):
        made = timed(name, lambda base=base: mpi.replicate(base, "bootstrap", replicates, seed=1))
        est = timed("    and the table", lambda made=made: mpi.estimate(made, MEASURE, by=["province"]))
        print(f"    {len(est):,} figures, {replicates:,} replicates")


def population(rng: np.random.Generator) -> pd.DataFrame:
    """Return everybody: 1,200 areas of about 40 people; young men are poorer, and found less often."""
    sizes = rng.integers(25, 56, 1_200)
    area = np.repeat(np.arange(1_200), sizes)
    n = len(area)
    frame = pd.DataFrame(
        {"psu": area, "stratum": area % 6, "sex": rng.choice(["f", "m"], n), "age": rng.integers(0, 4, n)}
    )
    young = (frame["sex"] == "m") & (frame["age"] == 1)
    level = rng.normal(-0.8, 0.6, 1_200)[area] + 1.2 * young - 0.3 * (frame["age"] == 3)
    frame[ITEMS] = (rng.random((n, 10)) < 1 / (1 + np.exp(-level.to_numpy()[:, None]))).astype(int)
    return frame.assign(found=np.where(young, 0.5, 0.9))


def coverage(draws: int) -> None:
    """Print how often 95% intervals of poor people, their share and groups' shares hold the truth."""
    rng = np.random.default_rng(7)
    everybody = population(rng)
    census = mpi.estimate(mpi.Survey(everybody, census=True), MEASURE, by=["sex"], statistics=["H", "number_of_poor"])
    truth = census.value
    margins = {c: everybody.groupby(c).size().to_dict() for c in ("sex", "age")}
    margins = {("sex", "age"): everybody.groupby(["sex", "age"]).size().to_dict()} | margins
    held: dict[str, list[Any]] = {}
    for draw in range(draws):
        areas = np.concatenate([rng.choice(np.arange(h, 1_200, 6), 10, replace=False) for h in range(6)])
        part = everybody[everybody["psu"].isin(areas)]
        part = part[rng.random(len(part)) < part["found"]].reset_index(drop=True)
        raw = mpi.Survey(part.assign(w=20 / 0.8), weight="w", strata="stratum", psu="psu")
        known = raw.calibrate(margins, "rake")
        surveys = {
            "as found": raw, "raked": known, "raked, weights fixed": fixed(part, known.weight),
            "raked, bootstrap": mpi.replicate(known, "bootstrap", 200, seed=draw),
            "raked, jkn": mpi.replicate(known, "jkn"),
        }  # fmt: skip
        for name, survey in surveys.items():
            est = mpi.estimate(survey, MEASURE, by=["sex"], statistics=["H", "number_of_poor"])
            low, high = est.conf_int()
            held.setdefault(name, []).append(((low <= truth) & (truth <= high), est.se))
    names = [
        f"{s} {g}" for s, g in zip(census.keys["statistic"].to_list(), census.keys["group"].to_list(), strict=True)
    ]
    print(
        pd.DataFrame({k: np.mean([h for h, _ in v], axis=0) for k, v in held.items()}, index=names).round(3).to_string()
    )
    print("\nmean standard error, by that of fixed weights")
    means = {k: np.mean([s for _, s in v], axis=0) for k, v in held.items()}
    table = pd.DataFrame({k: m / means["raked, weights fixed"] for k, m in means.items()}, index=names)
    print(table.round(3).to_string())


def fixed(part: pd.DataFrame, weight: Any) -> mpi.Survey:
    """Return the survey as a program sees it that is given calibrated weights and nothing else."""
    return mpi.Survey(part.assign(w=weight), weight="w", strata="stratum", psu="psu")


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["speed", "coverage"])
    parser.add_argument("draws", nargs="?", type=int, default=400)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    if asked.what == "speed":
        speed()
    else:
        coverage(asked.draws)


if __name__ == "__main__":
    main()
