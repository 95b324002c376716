"""Hold the linearised errors of decompositions by regression to a bootstrap of the whole procedure.

PSUs are drawn again within strata, n - 1 of n with replacement, and weights are rescaled (Rao and Wu 1988; Rao, Wu and
Yue 1992); every fit, matching and mean is then made anew. The table shows, for each term, the ratio of the linearised
standard error to the bootstrap's, whose own Monte Carlo error is about 1 / sqrt(2 x replicates).

The decompositions are written here a second time, by plain NumPy on the totals of cells (rows that are alike in group
and covariates) and for many replicates at once, so this is also an independent computation of their values.

    python benchmarks/bootstrap_regression.py --psus 1000 --replicates 10000
    python benchmarks/bootstrap_regression.py --seed 21 --minority 1 9 --replicates 10000
    python benchmarks/bootstrap_regression.py --survey tests/oracles/own_survey/survey.csv --replicates 5000
"""

from __future__ import annotations

import argparse
import itertools
import math
import sys
import time
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.special import expit, log_ndtr, ndtr

import mpi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Array = np.ndarray
    Key = tuple[str, str | None, str | None, str]
    Figures = dict[Key, Array]

DESIGN = {"weight": "weight", "strata": "stratum", "psu": "psu"}
SIMULATED, GROUPS = ["school", "size", "area", "work"], ("minority", "majority")
_BATCH, _STEPS = 1 << 22, 60


def simulated(
    psus: int, seed: int = 5, rows: int = 15, minority: tuple[float, float] = (1.2, 1.8), *, smooth: bool = False
) -> pd.DataFrame:
    """Draw a survey: two groups within the same PSUs, covariates and outcomes that differ between groups and PSUs.

    `minority` are the parameters of the beta distribution of its share in a PSU; `smooth` leaves years of school
    unrounded, so that nobody is like anybody else.
    """
    rng = np.random.default_rng(seed)
    n = psus * rows
    psu = np.repeat(np.arange(psus), rows)
    place, share = rng.normal(size=psus)[psu], rng.beta(*minority, psus)[psu]
    few = rng.random(n) < share
    rural = (rng.random(psus) < 0.65)[psu]
    school = np.clip(9 - 2.5 * few - 1.5 * rural + 0.8 * place + rng.normal(size=n) * 3, 0, 18)
    size = 1 + rng.poisson(3 + 1.0 * few)
    kind = np.where(rng.random(n) < 0.3 + 0.2 * few, "farm", np.where(rng.random(n) < 0.5, "wage", "own"))
    farm = kind == "farm"
    index = -1.2 - 0.18 * school + 0.25 * size + 0.5 * rural + 0.4 * farm + 0.6 * few + 0.4 * place
    index = index - 0.05 * few * school
    income = np.exp(1.5 + 0.06 * school - 0.05 * size - 0.2 * rural - 0.2 * few + 0.2 * place + rng.normal(size=n) / 2)
    return pd.DataFrame(
        {
            "psu": psu, "stratum": psu // 20, "weight": rng.uniform(0.5, 2, n) * np.where(rural, 1.5, 0.8),
            "group": np.where(few, "minority", "majority"), "area": np.where(rural, "rural", "urban"),
            "school": school if smooth else np.round(school), "size": size, "work": kind, "income": income,
            "poor": (rng.random(n) < 1 / (1 + np.exp(-index))).astype(float),
        }
    )  # fmt: skip


def own(path: str) -> pd.DataFrame:
    """Read the survey of the tests, complete cases: a person's weight is weight x hhsize."""
    frame = pd.read_csv(path).dropna()
    deprived = frame[[f"d{j}" for j in range(1, 7)]] @ np.array([0.25, 0.25, 0.125, 0.125, 0.125, 0.125])
    return frame.assign(
        weight=frame.weight * frame.hhsize, group=frame.eth, area=frame.urb.astype(str), size=frame.hhsize,
        poor=(deprived >= 0.375).astype(float), income=frame.inc,
    )  # fmt: skip


def replicates(strata: Array, count: int, seed: int = 1) -> Array:
    """Return the factors of the PSUs' weights (replicates x PSUs), from the stratum of each PSU."""
    rng = np.random.default_rng(seed)
    out = np.empty((count, len(strata)))
    for h in np.unique(strata):
        members = np.flatnonzero(strata == h)
        n = len(members)
        out[:, members] = rng.multinomial(n - 1, np.full(n, 1 / n), size=count) * n / (n - 1)
    return out


# --- the cells of a survey ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """A group's cells.

    Attributes
    ----------
    X, full : ndarray, shape (cells, columns)
        The covariates of each cell: as they are fitted, and with all categories.
    sums : dict of str to sparse array, shape (PSUs, cells)
        Sums of weights (``weight``), and of weights times an outcome.
    """

    X: Array
    full: Array
    sums: dict[str, Any]

    def totals(self, factor: Array) -> dict[str, Array]:
        """Return the sums of each replicate (replicates x cells)."""
        return {name: np.asarray(factor @ table) for name, table in self.sums.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Which covariate each full column belongs to (0: the constant), and coefficients of full columns from fitted."""

    names: list[str]
    of: Array
    plain: Array
    normal: Array


def cells(
    frame: pd.DataFrame, covariates: Sequence[str], groups: tuple[str, str]
) -> tuple[Columns, list[Group], Array]:
    """Return the columns, both groups, and the stratum of each PSU."""
    full, of, kept = [np.ones(len(frame))], [0], [0]
    for k, name in enumerate(covariates, 1):
        values = frame[name].to_numpy()
        if values.dtype.kind in "if":
            kept.append(len(full))
            full, of = [*full, values.astype(float)], [*of, k]
            continue
        for i, level in enumerate(dict.fromkeys(sorted(values))):
            kept += [len(full)] if i else []
            full, of = [*full, (values == level).astype(float)], [*of, k]
    table, index = np.column_stack(full), np.array(of)
    plain = np.eye(len(full))[:, kept]
    normal = plain.copy()
    for k in np.unique(index):
        inside = np.flatnonzero(index == k)
        if len(inside) > 1:  # from their mean over the categories, which the constant takes up
            mean = plain[inside].mean(axis=0)
            normal[inside] -= mean
            normal[0] += mean
    units = frame[["stratum", "psu"]].drop_duplicates().reset_index(drop=True)
    row = frame[["stratum", "psu"]].merge(units.reset_index(), on=["stratum", "psu"], how="left")["index"].to_numpy()
    found = []
    for g in groups:
        inside = (frame.group == g).to_numpy()
        rows, cell = np.unique(table[inside], axis=0, return_inverse=True)
        w = frame.weight.to_numpy()[inside]
        place, shape = (row[inside], cell.ravel()), (len(units), len(rows))
        values = {"weight": w, **{y: w * frame[y].to_numpy()[inside] for y in ("poor", "income")}}
        sums = {name: sp.csr_array((v, place), shape=shape) for name, v in values.items()}
        found.append(Group(rows[:, kept], rows, sums))
    return Columns(["(constant)", *covariates], index, plain, normal), found, units.stratum.to_numpy()


def _pieces(share: Array, eta: Array, link: str) -> tuple[Array, Array]:
    """Return the slope of the log likelihood of a cell in its index, and minus its second derivative."""
    if link == "linear":
        return share - eta, np.ones_like(eta)
    if link == "logit":
        mu = expit(eta)
        return share - mu, mu * (1 - mu)
    log = -(eta**2) / 2 - math.log(2 * math.pi) / 2
    up, down = np.exp(log - log_ndtr(eta)), np.exp(log - log_ndtr(-eta))
    return share * up - (1 - share) * down, share * up * (up + eta) + (1 - share) * down * (down - eta)


def fitted(X: Array, weight: Array, total: Array, link: str) -> Array:
    """Return the coefficients of each replicate by Newton's steps in all at once; missing where there are none."""
    k = X.shape[1]
    squares = (X[:, :, None] * X[:, None, :]).reshape(len(X), k * k)
    share = np.divide(total, weight, out=np.zeros_like(total), where=weight > 0)
    b = np.zeros((len(weight), k))
    with np.errstate(all="ignore"):
        for _ in range(1 if link == "linear" else _STEPS):
            q, curve = _pieces(share, b @ X.T, link)
            J, g = ((weight * curve) @ squares).reshape(-1, k, k), (weight * q) @ X
            good = np.isfinite(J).all(axis=(1, 2)) & (np.linalg.cond(np.where(np.isfinite(J), J, 0)) < 1e12)
            b[~good] = np.nan
            step = np.zeros_like(b)
            step[good] = np.linalg.solve(J[good], g[good][:, :, None])[:, :, 0]
            b = b + step
            if np.nanmax(np.abs(step), initial=0) < 1e-11:
                break
    if link != "linear":
        b[np.abs(b @ X.T).max(axis=1) > 25] = np.nan  # separated: there is no fit
    return b


# --- the decompositions ---------------------------------------------------------------------------------------------


def _terms(columns: Columns, name: str, who: str, parts: Array) -> Iterator[tuple[Key, Array]]:
    yield (name, None, who, ""), parts.sum(axis=1)
    for k, covariate in enumerate(columns.names):
        yield (name, covariate, who, ""), parts[:, columns.of == k].sum(axis=1)


def _mean(values: Array, weight: Array) -> Array:
    return (weight * values).sum(axis=1) / weight.sum(axis=1)


class Replicated:
    """What the decompositions of one batch of replicates share."""

    def __init__(self, columns: Columns, groups: list[Group], factor: Array, names: tuple[str, str]) -> None:
        self.columns, self.groups, self.names = columns, groups, names
        self.totals = [g.totals(factor) for g in groups]
        self.w = [t["weight"] for t in self.totals]
        self.x = [w @ g.full / w.sum(axis=1, keepdims=True) for w, g in zip(self.w, groups, strict=True)]

    def means(self, outcome: str) -> list[Array]:
        """Return the mean of an outcome in each group."""
        return [t[outcome].sum(axis=1) / w.sum(axis=1) for t, w in zip(self.totals, self.w, strict=True)]

    def levels(self, outcome: str) -> Iterator[tuple[Key, Array]]:
        """Yield the means and their difference."""
        a, b = self.means(outcome)
        yield ("level", None, None, self.names[0]), a
        yield ("level", None, None, self.names[1]), b
        yield ("difference", None, None, ""), a - b

    def own(self, outcome: str, link: str) -> list[Array]:
        """Return the coefficients of each group."""
        return [
            fitted(g.X, w, t[outcome], link) for g, w, t in zip(self.groups, self.w, self.totals, strict=True)
        ]  # fmt: skip

    def both(self, outcome: str, link: str, *, indicator: bool) -> Array:
        """Return the coefficients of both groups together, with an indicator of the first or without."""
        X = np.vstack([g.X for g in self.groups])
        first = np.r_[np.ones(len(self.groups[0].X)), np.zeros(len(self.groups[1].X))]
        k = X.shape[1]
        X = np.column_stack([X, first]) if indicator else X
        return fitted(X, np.hstack(self.w), np.hstack([t[outcome] for t in self.totals]), link)[:, :k]

    def oaxaca(self, outcome: str, *, threefold: bool = False) -> Figures:
        """Return the terms of Oaxaca-Blinder."""
        c = self.columns
        bare_a, bare_b = self.own(outcome, "linear")
        ba, bb = bare_a @ c.normal.T, bare_b @ c.normal.T
        xa, xb = self.x
        out = dict(self.levels(outcome))
        if threefold:
            for name, parts in {
                "endowments": (xa - xb) * bb, "coefficients": xb * (ba - bb), "interaction": (xa - xb) * (ba - bb),
            }.items():  # fmt: skip
                out |= _terms(c, name, self.names[1], parts)
            return out
        na, nb = (w.sum(axis=1, keepdims=True) for w in self.w)
        stars = {
            self.names[1]: bb, self.names[0]: ba, "average": (ba + bb) / 2, "cotton": (na * ba + nb * bb) / (na + nb),
            "pooled": self.both(outcome, "linear", indicator=True) @ c.normal.T,
            "neumark": self.both(outcome, "linear", indicator=False) @ c.normal.T,
        }  # fmt: skip
        for who, star in stars.items():
            out |= _terms(c, "explained", who, (xa - xb) * star)
            out |= _terms(c, "unexplained", who, xa * (ba - star) + xb * (star - bb))
        return out

    def yun(self, link: str) -> Figures:
        """Return the terms of Yun, from both sides."""
        F = expit if link == "logit" else ndtr
        c, out = self.columns, dict(self.levels("poor"))
        bare = self.own("poor", link)
        ba, bb = (b @ c.normal.T for b in bare)
        xa, xb = self.x
        at = [[_mean(F(b @ g.X.T), w) for b in bare] for g, w in zip(self.groups, self.w, strict=True)]
        gap = np.subtract(*self.means("poor"))
        for who, E, C, moved, valued in (
            (self.names[1], at[0][1] - at[1][1], at[0][0] - at[0][1], (xa - xb) * bb, xa * (ba - bb)),
            (self.names[0], at[0][0] - at[1][0], at[1][0] - at[1][1], (xa - xb) * ba, xb * (ba - bb)),
        ):
            out |= _terms(c, "explained", who, E[:, None] * moved / moved.sum(axis=1, keepdims=True))
            out |= _terms(c, "unexplained", who, C[:, None] * valued / valued.sum(axis=1, keepdims=True))
            if link == "probit":
                out["residual", None, who, ""] = gap - E - C
        return out

    def fairlie(self) -> Figures:
        """Return the terms of Fairlie with pooled coefficients, and with those of the second group."""
        c, out = self.columns, dict(self.levels("poor"))
        gap = np.subtract(*self.means("poor"))
        stars = {"pooled": self.both("poor", "logit", indicator=True), self.names[1]: self.own("poor", "logit")[1]}
        for who, star in stars.items():
            parts = np.array([self._switched(r, b @ c.plain.T) for r, b in enumerate(star)])
            out["explained", None, who, ""] = parts.sum(axis=1)
            out["unexplained", None, who, ""] = gap - parts.sum(axis=1)
            out |= {("explained", name, who, ""): parts[:, k] for k, name in enumerate(c.names[1:])}
        return out

    def _switched(self, replicate: int, b: Array) -> Array:
        """Match both groups by rank in one replicate, and switch covariates in all orders."""
        K = len(self.columns.names) - 1
        if not np.isfinite(b).all():
            return np.full(K, np.nan)
        sides = []
        for g, w in zip(self.groups, self.w, strict=True):
            parts = np.column_stack(
                [g.full[:, self.columns.of == k] @ b[self.columns.of == k] for k in range(1, K + 1)]
            )
            order = np.argsort(parts.sum(axis=1), kind="stable")
            order = order[w[replicate, order] > 0]
            edge = np.cumsum(w[replicate, order]) / w[replicate].sum()
            sides.append((parts[order], np.r_[0, edge[:-1], 1]))
        (one, first), (other, second) = sides
        edges = np.unique(np.r_[first, second])
        width, middle = np.diff(edges), (edges[1:] + edges[:-1]) / 2
        one = one[np.searchsorted(first, middle) - 1]
        other = other[np.searchsorted(second, middle) - 1]
        worth = {
            s: float(width @ expit(b[0] + one.sum(axis=1) + (other - one)[:, list(s)].sum(axis=1)))
            for size in range(K + 1) for s in itertools.combinations(range(K), size)
        }  # fmt: skip
        out = np.zeros(K)
        for s, k in ((s, k) for s in worth for k in range(K) if k not in s):
            odds = math.factorial(len(s)) * math.factorial(K - len(s) - 1) / math.factorial(K)
            out[k] += odds * (worth[s] - worth[tuple(sorted((*s, k)))])
        return out


def procedures(covariates: Sequence[str], groups: tuple[str, str]) -> dict[str, tuple[Callable[..., Any], ...]]:
    """Return what is compared: the library's estimates of a survey, and the same by NumPy for many replicates."""
    who: dict[str, Any] = {"group": "group", "compare": groups[0], "reference": groups[1]}
    every = ["reference", "compared", "average", "cotton", "pooled", "neumark"]

    def of(method: Callable[..., Any], outcome: str, **options: Any) -> Callable[[mpi.Survey], mpi.Estimates]:
        return lambda survey: method(survey, outcome, covariates, **who, **options)

    d = mpi.decompose
    return {
        "oaxaca, twofold": (of(d.oaxaca, "income", coefficients=every), lambda r: r.oaxaca("income")),
        "oaxaca, threefold": (of(d.oaxaca, "poor", form="threefold"), lambda r: r.oaxaca("poor", threefold=True)),
        "yun, logit": (of(d.yun, "poor"), lambda r: r.yun("logit")),
        "yun, probit": (of(d.yun, "poor", link="probit"), lambda r: r.yun("probit")),
        "fairlie": (of(d.fairlie, "poor", coefficients=["pooled", "reference"]), lambda r: r.fairlie()),
    }


def compared(name: str, est: mpi.Estimates, plain: Figures, drawn: Figures) -> pd.DataFrame:
    """Return values and errors of both kinds, term by term; all replicates but those without a fit."""
    keys = [est.keys[c].to_list() for c in ("contrast", "indicator", "weighting", "group")]
    kept = np.isfinite(np.column_stack(list(drawn.values()))).all(axis=1)
    rows = []
    for contrast, indicator, who, group, value, se, flag in zip(
        *keys, est.value, est.se, est.flag.to_list(), strict=True
    ):
        key = (contrast, indicator, who, group if contrast == "level" else "")
        spread = float(drawn[key][kept].std(ddof=1))
        ratio = se / spread if spread > 1e-12 else np.nan
        rows.append((name, contrast, indicator, who, value, float(plain[key][0]), se, spread, ratio, flag))
    out = pd.DataFrame(
        rows,
        columns=["method", "contrast", "indicator", "weighting", "value", "numpy", "se", "bootstrap", "ratio", "flag"],
    )
    out["t"] = out.value.abs() / out.se.where(out.se > 0)
    return out.assign(lost=int((~kept).sum()))


def run(
    frame: pd.DataFrame, covariates: Sequence[str], groups: tuple[str, str], count: int, only: str = "", seed: int = 1
) -> pd.DataFrame:
    """Compare all procedures, or those whose name holds `only`."""
    columns, of, strata = cells(frame, covariates, groups)
    made = {k: v for k, v in procedures(covariates, groups).items() if only in k}
    survey = mpi.Survey(frame, **DESIGN)
    step = max(1, _BATCH // sum(len(g.X) for g in of))
    factor = replicates(strata, count, seed)
    whole = Replicated(columns, of, np.ones((1, len(strata))), groups)
    out = []
    for name, (library, plain) in made.items():
        start = time.perf_counter()
        parts = [plain(Replicated(columns, of, factor[a : a + step], groups)) for a in range(0, count, step)]
        drawn = {key: np.concatenate([p[key] for p in parts]) for key in parts[0]}
        out.append(compared(name, library(survey), plain(whole), drawn))
        print(f"{name}: {count:,} replicates in {time.perf_counter() - start:.0f} s", file=sys.stderr)
    return pd.concat(out, ignore_index=True)


def summary(found: pd.DataFrame) -> pd.DataFrame:
    """Return the range of the ratios of totals and details: all, and those that are not near 0 (|t| of 1 or more)."""
    found = found.assign(part=np.where(found.indicator.isna(), "totals", "detail"))
    found = found[found.ratio.notna() & found.flag.isna()]
    clear = found[found.t >= 1].groupby(["method", "part"], sort=False).ratio.agg(["count", "min", "median", "max"])
    near = found[found.t < 1].groupby(["method", "part"], sort=False).ratio.agg(["count", "min", "max"])
    return clear.join(near.add_prefix("near 0: "))


def main() -> None:
    """Run and print."""
    options = argparse.ArgumentParser(description="Linearised errors against a bootstrap of the whole procedure")
    options.add_argument("--psus", type=int, default=1000)
    options.add_argument("--replicates", type=int, default=10000)
    options.add_argument("--seed", type=int, default=5)
    options.add_argument("--minority", type=float, nargs=2, default=(1.2, 1.8), help="beta parameters of its share")
    options.add_argument("--rows", type=int, default=15, help="persons of a PSU")
    options.add_argument("--smooth", action="store_true", help="nobody is like anybody else")
    options.add_argument("--survey", default="")
    options.add_argument("--only", default="")
    options.add_argument("--short", action="store_true", help="the summary alone")
    asked = options.parse_args()
    warnings.simplefilter("ignore", mpi.MpiWarning)
    if asked.survey:
        found = run(own(asked.survey), ["area", "size"], ("A", "B"), asked.replicates, asked.only)
    else:
        frame = simulated(asked.psus, asked.seed, asked.rows, tuple(asked.minority), smooth=asked.smooth)
        print(f"{(frame.group == 'minority').mean():.1%} of {len(frame):,} rows are of the minority")
        found = run(frame, SIMULATED, GROUPS, asked.replicates, asked.only, seed=asked.seed + 1)
    print(f"largest difference of values: {(found.value - found.numpy).abs().max():.1e}")
    print(f"replicates left out, for a group was lost or the outcome separated: {found.lost.max():,}")
    with pd.option_context("display.max_rows", None, "display.width", 180, "display.float_format", "{:.4f}".format):
        if not asked.short:
            print(found.drop(columns=["numpy", "lost"]).set_index("method").to_string())
        print(summary(found).to_string())


if __name__ == "__main__":
    main()
