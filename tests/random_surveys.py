"""Random surveys, and every figure of them in plain NumPy: what `mpi.estimate` must agree with.

Nothing of the library is used here but to ask it. `draw` makes a survey and a request; `figures` computes them row by
row; `disagreements` compares.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

import mpi
from mpi.results.names import STATISTICS

SINGLE = np.float32
SLACK = {"exact": Fraction(0), "float": Fraction(1, 10**9), "single": Fraction(1, 10**6)}
Key = tuple[Any, ...]

# --- a survey and a request -----------------------------------------------------------------------------------------


@dataclass
class Draw:
    """A survey as columns, and what is asked of it: exactly, and as it is given to the library."""

    columns: dict[str, np.ndarray]
    roles: dict[str, Any]
    dimensions: list[str]
    weights: list[Fraction]
    kind: str  # exact, float or single: how the weights were given
    cutoffs: list[Fraction]
    bands: dict[str, Fraction]
    policy: str
    by: list[str | tuple[str, ...]]
    unit: str
    df: str
    engine: str
    given: dict[str, Any] = field(default_factory=dict)  # weights, cutoffs and bands as the library gets them


def as_number(rng: np.random.Generator, value: Fraction, *, single: bool = True) -> Any:
    """Return a fraction as people and programs give it: text, a float, the outcome of arithmetic, 32 bits."""
    p, q = value.numerator, value.denominator
    forms: list[Callable[[], Any]] = [
        lambda: str(value),
        lambda: p / q,
        lambda: p * (1 / q),
        lambda: 1 - (q - p) / q,
        lambda: sum([1 / q] * p),
        lambda: float(np.cumsum(np.full(p, 1 / q))[-1]),
        lambda: np.arange(1 / q, 1 + 1 / q, 1 / q)[p - 1],
        lambda: repr(p * (1 / q)),
    ]
    if single and q <= 200:
        forms += [
            lambda: SINGLE(p) / SINGLE(q),
            lambda: SINGLE(p) * (SINGLE(1) / SINGLE(q)),
            lambda: float(SINGLE(1) - SINGLE(q - p) / SINGLE(q)),
            lambda: np.arange(1 / q, 1 + 1 / q, 1 / q, dtype=SINGLE)[p - 1],
        ]
    return forms[rng.integers(len(forms))]()


def draw(rng: np.random.Generator) -> Draw:
    """Draw a survey and a request."""
    columns, roles = _rows(rng)
    n, d = len(columns["w"]), int(rng.integers(1, 7))
    base, lift = rng.beta(1, 2, d), rng.normal(0, 0.3, 16)[columns["c"]]
    holes = rng.choice([0.0, 0.04, 0.25])
    for j in range(d):
        answer = (rng.random(n) < np.clip(base[j] + lift, 0, 1)).astype(float)
        gone = rng.random(n) < holes
        asked = columns["dom"] == 1 if roles.get("where") else np.ones(n, dtype=bool)
        columns[f"d{j}"] = np.where(gone & ~gone[asked].all(), np.nan, answer)
    dimensions = [f"x{i}" for i in np.sort(rng.integers(0, 1 + rng.integers(3), d))]
    weights, kind, given = _weights(rng, dimensions)
    cutoffs, as_given = _cutoffs(rng, weights, kind, given)
    bands = {"vulnerable": Fraction(1, 5), "severe": Fraction(1, 2)}
    every: list[str | tuple[str, ...]] = ["g", "t", "k", ("g", "t")]
    return Draw(
        columns, roles, dimensions, weights, kind, cutoffs, bands, str(rng.choice(["drop", "reweight", "bounds"])),
        [every[i] for i in rng.permutation(4)[: rng.integers(1, 3)]],
        str(rng.choice(["person", "household"])) if "size" in roles else "person", str(rng.choice(["group", "design"])),
        str(rng.choice(["pandas", "polars", "arrow", "duckdb"], p=[0.7, 0.13, 0.13, 0.04])),
        {"weights": given, "cutoffs": as_given, **{k: as_number(rng, v) for k, v in bands.items()}},
    )  # fmt: skip


def _rows(rng: np.random.Generator) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    rounds, strata = int(rng.choice([1, 1, 2, 3])), int(rng.integers(1, 6))
    where: list[tuple[int, int, int]] = []
    for t in range(rounds):
        for h in range(strata):
            for c in rng.permutation(8)[: rng.integers(2, 6)]:
                where += [(t, h, int(c))] * int(rng.integers(1, 9))
    t, h, c = np.array(where).T
    n = len(t)
    styles: dict[str, Callable[[], np.ndarray]] = {
        "one": lambda: np.ones(n),
        "uniform": lambda: rng.uniform(0.5, 2, n),
        "lognormal": lambda: rng.lognormal(0, 1, n),
        "some 0": lambda: rng.uniform(0.5, 2, n) * (rng.random(n) > 0.2),
        "huge": lambda: rng.uniform(1e8, 1e9, n),
        "tiny": lambda: rng.uniform(1e-9, 1e-8, n),
        "whole": lambda: rng.integers(1, 9, n).astype(float),
    }
    w = styles[str(rng.choice(list(styles)))]()
    w[0] = w.max() or 1.0
    columns = {"wave": t, "h": h, "c": c, "w": w, "g": rng.integers(0, 3, n), "k": (h * 5 + c) % 4}
    columns["t"] = np.array(["Kinh", "Tày", "Hmông"])[rng.integers(0, 3, n)]
    columns["dom"] = ((c % 4 != 0) & (rng.random(n) < 0.8)).astype(int)
    roles: dict[str, Any] = {"weight": "w"}
    roles |= {"strata": "h"} if rng.random() < 0.8 else {}
    roles |= {"psu": "c"} if rng.random() < 0.85 else {}
    roles |= {"wave": "wave", "shared_psus": False} if rounds > 1 else {}
    if rng.random() < 0.25:
        columns["size"], roles["size"] = rng.integers(1, 9, n), "size"
    if "strata" in roles and rng.random() < 0.25:
        columns["f"], roles["fpc"] = rng.choice([0.1, 0.5, 0.9], strata)[h], "fpc"
        columns["fpc"] = columns.pop("f")
    if rng.random() < 0.4 and columns["dom"].any():
        roles["where"] = True
    return columns, roles


def _weights(rng: np.random.Generator, dimensions: list[str]) -> tuple[list[Fraction], str, list[Any]]:
    d, names = len(dimensions), sorted(set(dimensions))
    how = str(rng.choice(["nested", "rational", "percent", "float", "single"]))
    if how in ("float", "single") and d > 1:
        given: list[Any] = list(rng.dirichlet(np.ones(d)).astype(float if how == "float" else SINGLE))
        exact = [Fraction(str(x)) for x in given]
        return [x / sum(exact) for x in exact], how, given
    if how == "nested" or d == 1:
        exact = [Fraction(1, len(names) * dimensions.count(x)) for x in dimensions]
    elif how == "percent":
        exact = [Fraction(int(x), 20) for x in rng.multinomial(20 - d, np.ones(d) / d) + 1]
    else:
        parts = rng.integers(0 if d > 2 else 1, 7, d)
        parts[0] += 1
        exact = [Fraction(int(x), int(parts.sum())) for x in parts]
    single = bool(rng.random() < 0.3)
    return exact, "exact", [as_number(rng, x, single=single) if x else 0 for x in exact]


def _cutoffs(
    rng: np.random.Generator, weights: list[Fraction], kind: str, given: list[Any]
) -> tuple[list[Fraction], list[Any]]:
    """Draw cutoffs, mostly scores that people may have."""
    found: dict[Fraction, Any] = {}
    for _ in range(3):
        on = np.flatnonzero(rng.random(len(weights)) < 0.5)
        k = sum((weights[j] for j in on), Fraction(0))
        if not 0 < k < 1:
            continue
        if kind == "exact":
            found[k] = as_number(rng, k)
        else:
            total = sum(given[1:], given[0])
            found[k] = min(sum(given[j] for j in on[1:]) + given[on[0]], total) / total
    tenth = Fraction(int(rng.integers(1, 11)), 10)
    found.setdefault(tenth, as_number(rng, tenth))
    ks = sorted(found)[-2:]
    return ks, [found[k] for k in ks]


# --- plain arithmetic -----------------------------------------------------------------------------------------------


@dataclass
class Figure:
    """An estimate, its error, and what it rests on; `unit` is its influence by PSU, centred and scaled."""

    estimate: float
    se: float
    df: float
    n: int
    n_psu: int
    share: bool
    unit: np.ndarray


class _Design:
    """PSUs within strata within rounds."""

    def __init__(self, x: Draw) -> None:
        c, n = x.columns, len(x.columns["w"])
        wave = c["wave"] if "wave" in x.roles else np.zeros(n, dtype=int)
        stratum = c["h"] if "strata" in x.roles else np.zeros(n, dtype=int)
        psu = c["c"] if "psu" in x.roles else np.arange(n)
        units, self.of_row = np.unique(np.column_stack([wave, stratum, psu]), axis=0, return_inverse=True)
        self.of_row = self.of_row.ravel()
        strata, self.stratum, self.size = np.unique(units[:, :2], axis=0, return_inverse=True, return_counts=True)
        self.stratum = self.stratum.ravel()
        self.wave, self.units = units[:, 0], len(units)
        share = np.zeros(len(strata))
        if "fpc" in x.roles:
            share[self.stratum[self.of_row]] = c["fpc"]
        self.scale = np.sqrt((1 - share) * self.size / np.maximum(self.size - 1, 1))

    def by_unit(self, influence: np.ndarray) -> np.ndarray:
        """Sum influences (rows x figures) by PSU, centre them within strata, and scale them."""
        inside = np.zeros((self.units, len(influence)))
        inside[self.of_row, np.arange(len(influence))] = 1
        sums = inside @ influence
        means = np.zeros((len(self.size), influence.shape[1]))
        np.add.at(means, self.stratum, sums)
        means /= self.size[:, None]
        return (sums - means[self.stratum]) * self.scale[self.stratum][:, None]

    def df(self, cases: np.ndarray) -> tuple[int, float]:
        """Count the PSUs with cases, and those less the strata that they lie in."""
        units = np.flatnonzero(np.bincount(self.of_row[cases], minlength=self.units))
        return len(units), float(len(units) - len(np.unique(self.stratum[units])))


def figures(x: Draw) -> dict[Key, Figure]:
    """Compute every figure of a request, row by row."""
    design, out = _Design(x), {}
    for contrast in ("lower_bound", "upper_bound") if x.policy == "bounds" else ("level",):
        kept, g, seen, weight, score = _scored(x, contrast)
        c = np.array(score, dtype=float)
        reach = {k: _reach(score, k, SLACK[x.kind]) for k in (*x.cutoffs, *x.bands.values())}
        for wave in np.unique(design.wave).tolist():
            whole = design.wave[design.of_row] == wave
            if x.roles.get("where"):
                whole = whole & (x.columns["dom"] == 1)
            if not whole.any():
                continue
            for by, labels in _groups(x):
                for group in np.unique(labels[whole]).tolist():
                    rows = whole & (labels == group)
                    named = (contrast, by, group, wave if "wave" in x.roles else None)
                    one = _Group(x, design, rows, whole, kept, named, out)
                    one.add(g, seen, weight, c, reach)
    return out


def _reach(score: list[Fraction], k: Fraction, slack: Fraction) -> np.ndarray:
    """Whether each score is at least k, but for the rounding of data-driven weights."""
    enough = {s: s >= k - min(slack, k / 1000) for s in set(score)}
    return np.array([enough[s] for s in score])


def _groups(x: Draw) -> Iterator[tuple[str, np.ndarray]]:
    c = {k: x.columns[k].astype(str).astype(object) for k in ("g", "t", "k")}
    yield "total", np.full(len(x.columns["w"]), "total", dtype=object)
    for by in x.by:
        names = (by,) if isinstance(by, str) else by
        label = c[names[0]]
        for name in names[1:]:
            label = label + " × " + c[name]
        yield " × ".join(names), label


def _scored(x: Draw, contrast: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, list[Fraction]]:
    """Return who is retained, deprivations, what was observed, the weights of each row, and exact scores."""
    raw = np.column_stack([x.columns[f"d{j}"] for j in range(len(x.weights))])
    gone = np.isnan(raw)
    g = np.where(gone, float(contrast == "upper_bound"), raw)
    kept, seen = np.ones(len(raw), dtype=bool), np.ones(raw.shape, dtype=bool)
    of_row = [tuple(x.weights)] * len(raw)
    if x.policy == "drop":
        kept = ~gone.any(axis=1)
    elif x.policy == "reweight":
        seen = ~gone
        found = [_moved(tuple(x.weights), tuple(x.dimensions), tuple(row)) for row in gone.tolist()]
        kept = np.array([f is not None for f in found])
        of_row = [f or (Fraction(0),) * len(x.weights) for f in found]
    memo: dict[Any, Fraction] = {}
    scores = []
    for row, weights in zip(g.tolist(), of_row, strict=True):
        key = (tuple(row), weights)
        if key not in memo:
            memo[key] = sum((w for w, one in zip(weights, row, strict=True) if one), Fraction(0))
        scores.append(memo[key])
    return kept, g * kept[:, None], seen & kept[:, None], np.array(of_row, dtype=float), scores


@lru_cache(maxsize=4096)
def _moved(
    weights: tuple[Fraction, ...], dimensions: tuple[str, ...], gone: tuple[bool, ...]
) -> tuple[Fraction, ...] | None:
    """Return the weights of a row whose answers are gone in part; None where those of a dimension all are."""
    out = [Fraction(0)] * len(weights)
    for dimension in set(dimensions):
        inside = [j for j, name in enumerate(dimensions) if name == dimension]
        left = [j for j in inside if not gone[j]]
        if not left:
            return None
        total, have = sum(weights[j] for j in inside), sum(weights[j] for j in left)
        for j in left:
            out[j] = total * (weights[j] / have if have else Fraction(1, len(left)))
    return tuple(out)


class _Group:
    """One group of one round: its figures, put where all are."""

    def __init__(
        self, x: Draw, design: _Design, rows: np.ndarray, whole: np.ndarray, kept: np.ndarray, named: Key, out: Any
    ) -> None:
        self.x, self.design, self.named, self.out = x, design, named, out
        self.w = x.columns["w"] * (x.columns["size"] if "size" in x.roles and x.unit == "person" else 1)
        self.rows, self.kept, self.whole = rows, rows & kept, whole & kept
        self.found: list[tuple[Key, float, np.ndarray, np.ndarray, bool]] = []

    def ratio(self, key: Key, y: np.ndarray, x: np.ndarray, cases: np.ndarray) -> None:
        """Note the ratio of two totals."""
        w = self.w * self.kept
        below = float(w @ x)
        value = float(w @ y) / below if below > 0 else math.nan
        u = w * (y - value * x) / below if below > 0 else 0 * w
        self.found.append((key, value, u, cases, True))

    def share(self, key: Key, y: np.ndarray, cases: np.ndarray) -> None:
        """Note the share of the group in a total of the whole."""
        below = float((self.w * self.whole) @ y)
        value = float((self.w * self.kept) @ y) / below if below > 0 else math.nan
        u = self.w * y * (self.kept - value * self.whole) / below if below > 0 else 0 * y
        self.found.append((key, value, u, cases, True))

    def add(
        self, g: np.ndarray, seen: np.ndarray, weight: np.ndarray, c: np.ndarray, reach: dict[Fraction, np.ndarray]
    ) -> None:
        """Note all figures."""
        x, one = self.x, np.ones(len(g))
        groups, d = self.named[1] != "total", range(g.shape[1])
        everybody = self.w * self.rows
        population = float(everybody.sum())
        self.found.append((("population", None, None, None), population or math.nan, everybody, self.rows, False))
        if groups:
            self.share(("population_share", None, None, None), one, self.kept)
        for j in d:
            self.ratio(("uncensored_headcount", f"d{j}", x.dimensions[j], None), g[:, j] * seen[:, j],
                       seen[:, j] * 1.0, self.kept & seen[:, j])  # fmt: skip
        for at, k in enumerate(x.cutoffs):
            poor = reach[k] & self.kept
            p, named = poor * 1.0, (None, None, at)
            self.ratio(("H", *named), p, one, self.kept)
            _, rate, u, _, _ = self.found[-1]
            product = population * u + (0 if math.isnan(rate) else rate) * everybody
            self.found.append((("number_of_poor", *named), rate * population, product, self.kept, False))
            self.ratio(("M0", *named), p * c, one, self.kept)
            self.ratio(("A", *named), p * c, p, poor)
            mean = self.found[-1][1]
            self.ratio(("inequality", *named), p * (c - (0 if math.isnan(mean) else mean)) ** 2, p, poor)
            if groups:
                self.share(("poor_share", *named), reach[k] * 1.0, poor)
                self.share(("group_contribution", *named), reach[k] * c, poor)
            low, high = x.bands["vulnerable"], x.bands["severe"]
            if low < k:
                self.ratio(("vulnerable", *named), (reach[low] & ~poor) * 1.0, one, self.kept)
            if high >= k:
                self.ratio(("severe", *named), reach[high] * 1.0, one, self.kept)
            for j in d:
                of = (f"d{j}", x.dimensions[j], at)
                self.ratio(("censored_headcount", *of), p * g[:, j] * seen[:, j], seen[:, j] * 1.0,
                           self.kept & seen[:, j])  # fmt: skip
                part = p * g[:, j] * weight[:, j]
                self.ratio(("contribution", *of), part, one, self.kept)
                self.ratio(("contribution_share", *of), part, p * c, poor)
            for name in dict.fromkeys(x.dimensions):
                inside = [j for j in d if x.dimensions[j] == name]
                part = p * (g[:, inside] * weight[:, inside]).sum(axis=1)
                self.ratio(("contribution_share", None, name, at), part, p * c, poor)
        self._put()

    def _put(self) -> None:
        units = self.design.by_unit(np.column_stack([u for _, _, u, _, _ in self.found]))
        wave = self.design.wave[self.design.of_row[self.rows][0]]
        of_round = (self.design.wave[self.design.of_row] == wave) & (self.x.columns["w"] > 0)
        whole_df = self.design.df(of_round)[1]
        counted: dict[bytes, tuple[int, int, float]] = {}
        for (key, value, _, among, share), unit in zip(self.found, units.T, strict=True):
            cases = among & (self.w > 0)
            packed = cases.tobytes()
            if packed not in counted:
                counted[packed] = (int(cases.sum()), *self.design.df(cases))
            n, n_psu, df = counted[packed]
            se = math.nan if math.isnan(value) else math.sqrt(float(unit @ unit))
            df = whole_df if self.x.df == "design" else df
            self.out[(*key, *self.named)] = Figure(value, se, df, n, n_psu, share, unit)


# --- the library ----------------------------------------------------------------------------------------------------

MONOTONE = ("M0", "H", "uncensored_headcount", "censored_headcount", "contribution", "severe", "population_share",
            "number_of_poor", "population")  # fmt: skip


def by_library(x: Draw) -> mpi.Estimates:
    """Ask the library."""
    frame = pd.DataFrame(x.columns)
    made: Any = frame
    if x.engine == "polars":
        import polars as pl

        made = pl.from_pandas(frame)
    elif x.engine == "arrow":
        import pyarrow as pa

        made = pa.Table.from_pandas(frame, preserve_index=False)
    elif x.engine == "duckdb":
        import duckdb

        made = duckdb.from_df(frame)
    survey = mpi.Survey(made, **{k: v for k, v in x.roles.items() if k != "where"})
    indicators = [
        mpi.Indicator(f"d{j}", dimension=dimension, weight=weight)
        for j, (dimension, weight) in enumerate(zip(x.dimensions, x.given["weights"], strict=True))
    ]
    bands = {k: x.given[k] for k in ("severe", "vulnerable")}
    missing: Any = x.policy
    measure = mpi.Measure("m", indicators, x.given["cutoffs"][0], **bands, missing=missing)
    statistics: Any = MONOTONE if x.policy == "bounds" else STATISTICS
    options: Any = {"unit": x.unit, "df": x.df, "where": "dom" if x.roles.get("where") else None}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mpi.MpiWarning)  # scores that are near, groups that a round does not have
        return mpi.estimate(
            survey, measure, by=x.by, cutoffs=x.given["cutoffs"], statistics=statistics, **options
        )  # fmt: skip


def keys_of(x: Draw, est: mpi.Estimates) -> list[Key]:
    """Return the key of each estimate of the library, with the place of its cutoff among those asked for."""
    names = ("statistic", "indicator", "dimension", "cutoff", "contrast", "by", "group", "wave")
    columns = [est.keys[n].to_list() for n in names]
    meant = {k: i for i, k in enumerate(dict.fromkeys(k for k in columns[3] if k is not None))}
    columns[3] = [None if k is None else meant[k] for k in columns[3]]
    return list(zip(*columns, strict=True))


def disagreements(x: Draw, worst: dict[str, float] | None = None) -> tuple[int, list[str]]:
    """Compare all figures; return how many there are, and what differs. Notes the largest differences in `worst`."""
    est, mine = by_library(x), figures(x)
    if x.policy == "bounds":
        mine = {k: f for k, f in mine.items() if k[0] in MONOTONE}
    keys = keys_of(x, est)
    there = set(keys)
    out = [f"lacking: {k}" for k in mine if k not in there] + [f"too much: {k}" for k in keys if k not in mine]
    if out or len(there) < len(keys):
        return len(keys), out
    close = 1e-5 if x.kind == "single" else 1e-10
    worst = {} if worst is None else worst

    def compare(what: str, key: Key, got: float, want: float, room: float, scale: float) -> None:
        if math.isnan(got) or math.isnan(want):
            if math.isnan(got) != math.isnan(want):
                out.append(f"{what} {key}: {got}, expected {want}")
            return
        difference = abs(got - want)
        if x.kind != "single" and scale > 0:
            worst[f"{key[0]} {what}"] = max(worst.get(f"{key[0]} {what}", 0.0), difference / scale)
        if difference > room * scale:
            out.append(f"{what} {key}: {got!r}, expected {want!r}")

    for i, key in enumerate(keys):
        f = mine[key]
        size = max(abs(f.estimate), 0.05 if x.kind == "single" else 1e-5) if f.share else abs(f.estimate)
        compare("estimate", key, est.value[i], f.estimate, close, size)
        least = 1e-7 if f.share else 1e-7 * size  # below it an error is rounding: scores are of order 1
        compare("se", key, est.se[i], f.se, 100 * close, max(f.se, least) if f.se == f.se else 1.0)
        if 0 < est.se[i] < (1e-15 if f.share else 1e-13 * f.estimate):
            out.append(f"se {key}: {est.se[i]!r} is rounding")
        for what, got, want in (("df", est.df[i], f.df), ("n", est.n[i], f.n), ("n_psu", est.n_psu[i], f.n_psu)):
            if got != want:
                out.append(f"{what} {key}: {got}, expected {want}")
    return len(keys), out + _limits(x, est, keys, mine) + _covariances(x, est, keys, mine)


def _limits(x: Draw, est: mpi.Estimates, keys: list[Key], mine: dict[Key, Figure]) -> list[str]:
    """Compare the 95% limits of shares (logit; of A between the cutoff and 1) and numbers (t) that have some."""
    f = [mine[k] for k in keys]
    p, se, df = (np.array([getattr(one, name) for one in f], dtype=float) for name in ("estimate", "se", "df"))
    share = np.array([one.share for one in f])
    least = np.array([float(x.cutoffs[k[3]]) if k[0] == "A" else 0.0 for k in keys])
    usual = (df > 0) & (se > np.maximum(1e-9 * np.abs(p), np.where(share, 1e-9, 0)))
    usual &= ~share | ((p > least + 1e-9) & (p < 1 - 1e-9))
    q = np.where(df > 0, stdtrit(np.maximum(df, 1), 0.975), np.nan)
    with np.errstate(all="ignore"):
        part, wide = (p - least) / (1 - least), 1 - least
        middle, half = np.log(part / (1 - part)), q * se / (wide * part * (1 - part))
        ends = [np.where(share, least + wide / (1 + np.exp(-(middle + s * half))), p + s * q * se) for s in (-1, 1)]
    out = []
    for want, got in zip(ends, est.conf_int(), strict=True):
        wrong = usual & ~(np.abs(got - want) <= (1e-4 if x.kind == "single" else 1e-7) * np.maximum(np.abs(want), 1e-5))
        out += [f"limit {keys[i]}: {got[i]}, expected {want[i]}" for i in np.flatnonzero(wrong)]
    return out


def _covariances(x: Draw, est: mpi.Estimates, keys: list[Key], mine: dict[Key, Figure]) -> list[str]:
    """Compare the covariances of some figures of one round."""
    sure = [i for i, k in enumerate(keys) if mine[k].se > (1e-7 if mine[k].share else 1e-7 * mine[k].estimate)]
    some = sure[:: max(len(sure) // 8, 1)][:10]
    if len(some) < 2:
        return []
    units = np.array([mine[keys[i]].unit for i in some])
    want = units @ units.T
    got = est.take(np.array(some)).vcov()
    scale = np.sqrt(np.outer(np.diag(want), np.diag(want)))
    wrong = np.abs(got - want) > (1e-4 if x.kind == "single" else 1e-8) * scale
    return [f"covariance {keys[some[a]]} {keys[some[b]]}: {got[a, b]}" for a, b in np.argwhere(wrong).tolist()][:3]
