"""Are the errors of opportunity right? Linearisation against a delete-one-PSU jackknife and a bootstrap of PSUs.

    python benchmarks/bootstrap_opportunity.py                 # 5,000 replicates
    python benchmarks/bootstrap_opportunity.py --replicates 500
    python benchmarks/bootstrap_opportunity.py --small         # and what small groups do to D: 2,000 surveys

The replicates are computed by other code than the library's: sums by PSU and group, rates, Newton's steps on dummies,
indices in plain loops.
"""

from __future__ import annotations

import argparse
import time
from itertools import combinations, permutations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

import mpi

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = ("ethnicity", "area", "head")
SIZES = (3, 2, 2)
CELLS = [(i, j, k) for i in range(3) for j in range(2) for k in range(2)]
MEASURE = mpi.Measure("one", [mpi.Indicator("poor", dimension="x", weight=1)], cutoff=1)


def world(psus: int = 1000, strata: int = 50, rows: int = 30, *, seed: int = 3) -> pd.DataFrame:
    """Return persons in PSUs within strata; poverty depends on circumstances, on an interaction, and on the PSU."""
    rng = np.random.default_rng(seed)
    n = psus * rows
    psu = np.repeat(np.arange(psus), rows)
    stratum = psu % strata
    place = rng.normal(0, 0.5, psus)[psu] + rng.normal(0, 0.3, strata)[stratum]
    ethnicity = np.digitize(rng.normal(0, 1, n) + 0.8 * rng.normal(0, 1, psus)[psu], [0.6, 1.3])
    area = np.where(rng.random(psus) < 0.65, 1, 0)[psu]
    head = (rng.random(n) < 0.25).astype(int)
    eta = -2.2 + 1.1 * (ethnicity == 1) + 2.0 * (ethnicity == 2) + 0.7 * area + 0.25 * head
    eta = eta + 0.5 * (ethnicity == 2) * area + place
    poor = (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(int)
    weight = rng.uniform(0.5, 3, psus)[psu]
    columns = (stratum, psu, weight, ethnicity, area, head, poor)
    return pd.DataFrame(dict(zip(("stratum", "psu", "weight", *NAMES, "poor"), columns, strict=True)))


def estimates(frame: pd.DataFrame) -> mpi.Estimates:
    """Return the library's estimates by the cross of the circumstances."""
    survey = mpi.Survey(frame, weight="weight", strata="stratum", psu="psu")
    return mpi.estimate(survey, MEASURE, by=[NAMES], statistics=["H", "population_share"])


def sums(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights, and those of the not poor, by PSU and group: PSUs x groups x 2; and each PSU's stratum."""
    cell = np.ravel_multi_index(tuple(frame[n] for n in NAMES), SIZES)
    psus = frame["psu"].max() + 1
    place = frame["psu"] * len(CELLS) + cell
    totals = [
        np.bincount(place, weights=w, minlength=psus * len(CELLS)).reshape(psus, -1)
        for w in (frame["weight"], frame["weight"] * (1 - frame["poor"]))
    ]
    return np.stack(totals, axis=-1), frame.groupby("psu")["stratum"].first().to_numpy()


def indices(totals: np.ndarray, fit: str) -> np.ndarray:
    """Return C, HOI, D and the Shapley values from sums by group (groups x 2), in plain loops."""
    C = totals[:, 1].sum() / totals[:, 0].sum()
    D = {(): 0.0}
    for size in range(1, len(NAMES) + 1):
        for some in combinations(range(len(NAMES)), size):
            D[some] = _dissimilarity(totals, some, C, fit)
    parts = np.zeros(len(NAMES))
    orders = list(permutations(range(len(NAMES))))
    for order in orders:
        for place, k in enumerate(order):
            before = tuple(sorted(order[:place]))
            parts[k] += (D[tuple(sorted((*before, k)))] - D[before]) / len(orders)
    whole = D[tuple(range(len(NAMES)))]
    return np.array([C, C * (1 - whole), whole, *parts])


def _dissimilarity(totals: np.ndarray, some: tuple[int, ...], C: float, fit: str) -> float:
    kinds = list(dict.fromkeys(tuple(cell[k] for k in some) for cell in CELLS))
    of_cell = [kinds.index(tuple(cell[k] for k in some)) for cell in CELLS]
    both = np.zeros((len(kinds), 2))
    np.add.at(both, of_cell, totals)
    a, p = both[:, 0] / both[:, 0].sum(), both[:, 1] / both[:, 0]
    if fit == "logit" and len(some) > 1:
        dummies = [
            [1.0] + [float(kind[i] == v) for i, k in enumerate(some) for v in range(1, SIZES[k])] for kind in kinds
        ]
        p = _fitted(np.array(dummies), a, p)
    return float(sum(a * abs(p - C)) / (2 * C))


def _fitted(X: np.ndarray, a: np.ndarray, p: np.ndarray) -> np.ndarray:
    b = np.zeros(X.shape[1])
    for _ in range(25):
        mu = 1 / (1 + np.exp(-X @ b))
        b = b + np.linalg.solve((X * (a * mu * (1 - mu))[:, None]).T @ X, X.T @ (a * (p - mu)))
    return 1 / (1 + np.exp(-X @ b))


def jackknife(frame: pd.DataFrame, fit: str) -> np.ndarray:
    """Return errors by leaving out one PSU at a time (JKn)."""
    totals, stratum = sums(frame)
    whole, size = totals.sum(axis=0), np.bincount(stratum)
    of_stratum = np.zeros((len(size), *whole.shape))
    np.add.at(of_stratum, stratum, totals)
    n = size[stratum].astype(float)
    without = [
        indices(whole + (of_stratum[h] - t) * m / (m - 1) - of_stratum[h], fit)
        for t, h, m in zip(totals, stratum, n, strict=True)
    ]
    gap = np.array(without) - indices(whole, fit)
    return np.sqrt(((n - 1) / n) @ gap**2)


def bootstrap(frame: pd.DataFrame, fit: str, replicates: int, *, seed: int = 1) -> np.ndarray:
    """Return errors by drawing n - 1 of the n PSUs of each stratum with replacement (Rao and Wu)."""
    found = np.array(list(_draws(frame, fit, replicates, seed)))
    return found.std(axis=0, ddof=1)


def _draws(frame: pd.DataFrame, fit: str, replicates: int, seed: int) -> Iterator[np.ndarray]:
    rng = np.random.default_rng(seed)
    totals, stratum = sums(frame)
    members = [np.flatnonzero(stratum == h) for h in np.unique(stratum)]
    for _ in range(replicates):
        times = np.zeros(len(totals))
        for own in members:
            n = len(own)
            times[own] = rng.multinomial(n - 1, np.full(n, 1 / n)) * n / (n - 1)
        yield indices(np.tensordot(times, totals, axes=1), fit)


def ours(est: mpi.Estimates, fit: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the library's C, HOI, D and Shapley values, and their errors."""
    found = mpi.decompose.opportunity(est, fit=fit)
    by = " × ".join(NAMES)
    plain = found.select(contrast=["coverage", "opportunity_index", "dissimilarity"], by=by)
    parts = found.select(contrast="dissimilarity_contribution")
    return np.r_[plain.value, parts.value], np.r_[plain.se, parts.se]


def errors(replicates: int) -> None:
    """Print errors by the three ways, as ratios."""
    frame = world()
    est = estimates(frame)
    names = ["C", "HOI", "D", *NAMES]
    for fit in ("cells", "logit"):
        value, se = ours(est, fit)
        start = time.perf_counter()
        knife, boot = jackknife(frame, fit), bootstrap(frame, fit, replicates)
        print(f"{fit}: 1,000 PSUs, {replicates:,} replicates, {time.perf_counter() - start:.0f} s")
        for row in zip(names, value, se, se / knife, se / boot, strict=True):
            print("  {:10} {:.5f}  se {:.5f}  linearised/jackknife {:.4f}  linearised/bootstrap {:.4f}".format(*row))


def small_groups(surveys: int) -> None:
    """Print the mean of D over surveys in which groups are small, with and without the correction."""
    print(f"{surveys:,} surveys of 80 PSUs with 12 groups; the mean of D less its true value")
    for cases in (2, 5, 20):
        for spread in (0.0, 0.15, 0.5):
            _biases(surveys, cases, spread)


def _biases(surveys: int, cases: int, spread: float) -> None:
    rng = np.random.default_rng(11)
    chance = 1 / (1 + np.exp(-(0.5 + spread * np.linspace(-2, 2, 12))))
    truth = np.abs(chance - chance.mean()).mean() / (2 * chance.mean())
    raw, corrected = [], []
    for _ in range(surveys):
        n = 80 * cases
        cell = rng.integers(12, size=n)
        first = np.array([np.unravel_index(c, SIZES) for c in cell])
        frame = pd.DataFrame(first, columns=list(NAMES))
        frame["poor"] = (rng.random(n) > chance[cell]).astype(int)
        frame["psu"] = np.arange(n) // cases
        survey = mpi.Survey(frame, psu="psu")
        est = mpi.estimate(survey, MEASURE, by=[NAMES], statistics=["H", "population_share"])
        found = mpi.decompose.opportunity(est)
        raw.append(found.select(contrast="dissimilarity", by=NAMES).value[0])
        corrected.append(found.select(contrast="dissimilarity_corrected").value[0])
    print(
        f"  {80 * cases / 12:5.0f} cases a group, true D {truth:.4f}: bias {np.mean(raw) - truth:+.4f}, corrected "
        f"{np.mean(corrected) - truth:+.4f}; spread {np.std(raw):.4f}, corrected {np.std(corrected):.4f}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicates", type=int, default=5000)
    parser.add_argument("--small", action="store_true", help="small groups instead")
    parser.add_argument("--surveys", type=int, default=2000)
    given = parser.parse_args()
    small_groups(given.surveys) if given.small else errors(given.replicates)
