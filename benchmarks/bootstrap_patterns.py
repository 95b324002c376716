"""Errors of functions of the deprivation pattern, against replication: a jackknife and a bootstrap of PSUs.

The statistics are written here a second time, row by row and without the library, as functions of PSU totals;
replicates are then a product of matrices. ``python benchmarks/bootstrap_patterns.py`` takes 5,000 replicates and prints
the ratios of linearised to replicated errors.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd

import mpi

NAMES = [f"g{j}" for j in range(6)]
WEIGHTS = np.array([2, 2, 1, 1, 1, 1]) / 8
CUTOFF = 3 / 8
ROUNDS = (1, 2, 3)


def measure() -> mpi.Measure:
    """Return the measure: dyadic weights, so that floats are exact here too."""
    dimensions = ["health", "health", "school", "school", "living", "living"]
    indicators = [
        mpi.Indicator(n, dimension=d, weight=w) for n, d, w in zip(NAMES, dimensions, WEIGHTS.tolist(), strict=True)
    ]
    return mpi.Measure("simulated", indicators, CUTOFF)


def simulate(psus: int = 1000, strata: int = 40, people: int = 12, seed: int = 5) -> pd.DataFrame:
    """Draw people who are followed through three rounds, in PSUs within strata, with groups across them."""
    rng = np.random.default_rng(seed)
    psu = np.repeat(np.arange(psus), people)
    n = len(psu)
    place = rng.normal(size=psus)[psu] * 0.5
    person = rng.normal(size=n) * 0.7
    frame = pd.DataFrame({"stratum": psu * strata // psus, "psu": psu, "weight": rng.uniform(0.5, 2, n)})
    frame["group"] = np.array(["A", "B", "C"])[rng.choice(3, size=n, p=[0.6, 0.25, 0.15])]
    lift = frame["group"].map({"A": 0.0, "B": 0.4, "C": 0.8}).to_numpy()
    for t in ROUNDS:
        for j, name in enumerate(NAMES):
            latent = place + person + lift + rng.normal(size=n) - 0.6 - 0.1 * j - 0.15 * t
            frame[f"{name}_{t}"] = (latent > 0).astype(np.int8)
    return frame


def survey_of(frame: pd.DataFrame) -> mpi.Survey:
    """Return the survey with its design."""
    return mpi.Survey(frame, weight="weight", strata="stratum", psu="psu")


def by_library(frame: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Estimate every statistic with the library: value and error by name."""
    survey, m = survey_of(frame), measure()
    first = m.with_columns({n: f"{n}_1" for n in NAMES})
    est = mpi.estimate(survey, first, by=["group"])
    made = {
        "distribution": mpi.decompose.distribution(survey, first, gammas=[0, 0.5, 2], betas=[3]),
        "inequality": mpi.decompose.inequality(est),
        "disparity": mpi.decompose.disparity(est),
        "panel": mpi.decompose.panel(survey, m, {1: "{}_1", 2: "{}_2"}),
        "chronic": mpi.decompose.chronic(survey, m, {t: f"{{}}_{t}" for t in ROUNDS}),
    }
    out = {}
    for function, found in made.items():
        keys = [found.keys[k].to_list() for k in ("statistic", "contrast", "indicator", "dimension", "group", "wave")]
        for *told, value, se in zip(*keys, found.value.tolist(), found.se.tolist(), strict=True):
            statistic, contrast, indicator, dimension, group, wave = told
            if dimension is not None and indicator is None:
                continue
            out["/".join(str(x) for x in (function, statistic, contrast, indicator, group, wave) if x is not None)] = (
                value,
                se,
            )
    return out


class Naive:
    """The same statistics, written from their definitions as functions of PSU totals."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame
        self.g = {t: frame[[f"{n}_{t}" for n in NAMES]].to_numpy(dtype=float) for t in ROUNDS}
        self.c = {t: g @ WEIGHTS for t, g in self.g.items()}
        self.p = {t: c >= CUTOFF for t, c in self.c.items()}
        self.psu, self.psus = frame["psu"].to_numpy(), int(frame["psu"].max()) + 1
        self.stratum = frame.groupby("psu")["stratum"].first().to_numpy()

    def totals(self, y: np.ndarray, factor: np.ndarray) -> np.ndarray:
        """Return the weighted totals of a variable under each replicate (replicates x PSUs)."""
        return factor @ np.bincount(self.psu, weights=self.frame["weight"].to_numpy() * y, minlength=self.psus)

    def __call__(self, factor: np.ndarray) -> dict[str, np.ndarray]:
        """Return every statistic under each replicate."""

        def mean(y: np.ndarray, x: np.ndarray | None = None) -> np.ndarray:
            return self.totals(y * 1.0, factor) / self.totals(np.ones(len(y)) if x is None else x * 1.0, factor)

        return {**self._distribution(mean), **self._groups(mean), **self._panel(mean), **self._chronic(mean)}

    def _distribution(self, mean) -> dict[str, np.ndarray]:
        g, c, p = self.g[1], self.c[1], self.p[1]
        count, some = g.sum(axis=1), c > 0
        d = "distribution"
        out = {f"{d}/M0^{x:g}/level/total": mean(np.where(p, c**x, 0)) for x in (0, 0.5, 2)}
        for j, n in enumerate(NAMES):
            part = WEIGHTS[j] * g[:, j] * c * p
            out[f"{d}/contribution_M0^2/level/{n}/total"] = mean(part)
            out[f"{d}/contribution_share_M0^2/level/{n}/total"] = mean(part, c**2 * p)
            equal = g[:, j] * p / np.maximum(count, 1)
            out[f"{d}/contribution_share_M0^0/level/{n}/total"] = mean(equal, p)
        square, H, A = mean(c**2), mean(some), mean(c, some)
        out |= {f"{d}/CSPI/level/total": square, f"{d}/Datt(0, 3)/level/total": mean(c**3)}
        out[f"{d}/union_GE2/level/total"] = (square / (H * A**2) - 1) / 2
        F = [mean(count <= m) for m in range(len(NAMES))]
        out[f"{d}/D(t)/level/total"] = mean(count)
        out[f"{d}/D(t^2)/level/total"] = mean(count) + sum(f * (1 - f) for f in F)
        out[f"{d}/D(2t - t^2)/level/total"] = mean(count) - sum(f * (1 - f) for f in F)
        return out

    def _groups(self, mean) -> dict[str, np.ndarray]:
        c, p, group = self.c[1], self.p[1], self.frame["group"].to_numpy()
        A, V, M = mean(c * p, p), 0.0, mean(c * p)
        V = mean(c**2 * p, p) - A**2
        within = between = variance = theil = mld = cv = D = 0.0
        for name in "ABC":
            here = group == name
            s, a = mean(here & p, p), mean(c * p * here, p & here)
            v, m = mean(here), mean(c * p * here, here)
            within = within + s * (mean(c**2 * p * here, p & here) - a**2)
            between = between + s * (a - A) ** 2
            variance, cv = variance + v * (m - M) ** 2, cv + v * (m / M - 1) ** 2
            theil, mld = theil + v * m / M * np.log(m / M), mld - v * np.log(m / M)
            D = D + v * np.abs(m - M) / (2 * M)
        out = {"within": within, "between": between, "total": V, "within_share": within / V}
        found = {f"inequality/inequality/{k}/total": v for k, v in out.items()}
        kinds = {
            "variance": variance, "theil": theil, "mean_log_deviation": mld, "coefficient_of_variation": cv**0.5,
            "dissimilarity": D,
        }  # fmt: skip
        return found | {f"disparity/M0/{k}/total": v for k, v in kinds.items()}

    def _panel(self, mean) -> dict[str, np.ndarray]:
        c0, c1, p0, p1 = self.c[1], self.c[2], self.p[1], self.p[2]
        terms = {
            "M0/ongoing_change": mean((c1 - c0) * (p0 & p1)),
            "M0/exit_change": -mean(c0 * (p0 & ~p1)),
            "M0/entry_change": mean(c1 * (p1 & ~p0)),
            "M0/change": mean(c1 * p1) - mean(c0 * p0),
            "H/entry_change": mean(p1 & ~p0),
            "H/exit_change": -mean(p0 & ~p1),
            "H/change": mean(p1) - mean(p0),
            "entry_rate/level": mean(p1 & ~p0, ~p0),
            "exit_rate/level": mean(p0 & ~p1, p0),
        }
        return {f"panel/{k}/total/1 to 2": v for k, v in terms.items()}

    def _chronic(self, mean) -> dict[str, np.ndarray]:
        times = sum(p.astype(int) for p in self.p.values())
        score = sum(self.c[t] * self.p[t] for t in ROUNDS)
        chronic, some = times >= 2, times == 1
        terms = {
            "H_C": mean(chronic), "A_C": mean(score * chronic, times * chronic),
            "D_C": mean(times / 3 * chronic, chronic), "M0_C": mean(score / 3 * chronic),
            "H_transient": mean(some), "M0_transient": mean(score / 3 * some),
        }  # fmt: skip
        return {f"chronic/{k}/level/total/1 to 3": v for k, v in terms.items()}

    def plain(self) -> dict[str, float]:
        """Return the statistics of the sample itself."""
        return {k: float(v[0]) for k, v in self(np.ones((1, self.psus))).items()}

    def jackknife(self) -> dict[str, float]:
        """Return errors by leaving out one PSU at a time (JKn)."""
        n = np.bincount(self.stratum)[self.stratum]
        factor = np.ones((self.psus, self.psus))
        same = self.stratum[:, None] == self.stratum[None, :]
        factor[same] = np.broadcast_to((n / (n - 1))[:, None], same.shape)[same]
        np.fill_diagonal(factor, 0)
        whole = self.plain()
        return {k: float(np.sqrt((((n - 1) / n) * (v - whole[k]) ** 2).sum())) for k, v in self(factor).items()}

    def bootstrap(self, replicates: int, seed: int = 11) -> dict[str, float]:
        """Return errors by drawing n - 1 PSUs of each stratum with replacement (Rao, Wu and Yue)."""
        rng = np.random.default_rng(seed)
        factor = np.zeros((replicates, self.psus))
        for h in np.unique(self.stratum):
            place = np.flatnonzero(self.stratum == h)
            n = len(place)
            factor[:, place] = rng.multinomial(n - 1, np.full(n, 1 / n), size=replicates) * n / (n - 1)
        return {k: float(v.std(ddof=1)) for k, v in self(factor).items()}


def main(replicates: int = 5000) -> None:
    """Print, for each statistic, its error and what replication gives in relation to it."""
    frame = simulate()
    naive, found = Naive(frame), by_library(frame)
    plain, jackknife, bootstrap = naive.plain(), naive.jackknife(), naive.bootstrap(replicates)
    print(f"{len(frame):,} people, {naive.psus:,} PSUs; {replicates:,} bootstrap replicates")
    print(f"{'statistic':56} {'estimate':>10} {'error':>10} {'/ jackknife':>12} {'/ bootstrap':>12}")
    ratios = []
    for name, value in plain.items():
        estimate, se = found[name]
        ratios.append((se / jackknife[name], se / bootstrap[name]))
        print(f"{name:56} {estimate:10.6f} {se:10.6f} {ratios[-1][0]:12.4f} {ratios[-1][1]:12.4f}")
        if abs(estimate - value) > 1e-12:
            sys.exit(f"{name}: {estimate} is not {value}")
    low, high = np.min(ratios, axis=0), np.max(ratios, axis=0)
    print(f"jackknife: {low[0]:.4f} to {high[0]:.4f}; bootstrap: {low[1]:.4f} to {high[1]:.4f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
