"""The errors of decompositions against a bootstrap of the whole pipeline: PSUs redrawn, everything computed anew.

The decompositions are written here a second time, by plain NumPy on totals, for thousands of replicates at once, so
this is also an independent computation of their values. Run it with

    python benchmarks/bootstrap.py [replicates]
"""

from __future__ import annotations

import itertools
import math
import sys

import numpy as np
import pandas as pd

import mpi

ROUNDS = (2016, 2018, 2022)
GROUPS = ("Kinh", "Khmer", "Hmong")
AREAS = ("urban", "rural")
NAMES = ("school", "attainment", "water", "toilet", "roof")
MEASURE = mpi.Measure.nested("simulated", {"education": NAMES[:2], "living": NAMES[2:]}, cutoff="1/3")
WEIGHTS = np.array([float(i.weight) for i in MEASURE.indicators])


def simulated(psus: int = 1000, strata: int = 50, people: int = 12, seed: int = 7) -> pd.DataFrame:
    """Return a survey of three rounds in the same PSUs, with groups that cluster in them and poverty that falls."""
    rng = np.random.default_rng(seed)
    rows = []
    hill = rng.normal(0, 0.5, psus)
    for t, year in enumerate(ROUNDS):
        at = np.repeat(np.arange(psus), people)
        minority = rng.random(len(at)) < 1 / (1 + np.exp(1.2 - 1.5 * hill[at]))
        group = np.where(minority, np.where(rng.random(len(at)) < 0.5, 2, 1), 0)
        area = (rng.random(len(at)) < 0.65 + 0.1 * (group > 0)).astype(int)
        base = -1.6 + 0.5 * group + 0.4 * area + hill[at] - 0.25 * t - 0.1 * t * (group == 0)
        latent = base + rng.normal(0, 0.7, len(at))
        chance = 1 / (1 + np.exp(-(latent[:, None] + np.linspace(-0.4, 0.4, len(NAMES)))))
        deprived = rng.random(chance.shape) < chance
        frame = pd.DataFrame(deprived.astype(int), columns=list(NAMES))
        frame["group"], frame["area"] = np.array(GROUPS)[group], np.array(AREAS)[area]
        frame["psu"], frame["stratum"], frame["round"] = at, at % strata, year
        frame["weight"] = rng.uniform(0.5, 2.0, len(at)) * (1 + 0.02 * t)
        rows.append(frame)
    return pd.concat(rows, ignore_index=True)


def survey_of(frame: pd.DataFrame, *, shared: bool) -> mpi.Survey:
    """Return the survey, its PSUs shared between rounds or drawn anew in each."""
    return mpi.Survey(frame, weight="weight", strata="stratum", psu="psu", wave="round", shared_psus=shared)


def estimated(survey: mpi.Survey) -> mpi.Estimates:
    """Return all that the decompositions need."""
    wanted = [
        "M0", "H", "A", "uncensored_headcount", "censored_headcount", "contribution", "contribution_share",
        "population_share", "number_of_poor", "population",
    ]  # fmt: skip
    return mpi.estimate(survey, MEASURE, by=["group", ("group", "area")], statistics=wanted)


# --- the same by plain NumPy ------------------------------------------------------------------------------------------


def psu_totals(frame: pd.DataFrame) -> np.ndarray:
    """Return totals (rounds, PSUs, groups, areas, variables): people, poor, score, deprived, poor and deprived."""
    g = frame[list(NAMES)].to_numpy(float)
    poor = (np.rint(g @ WEIGHTS * 36) >= 12).astype(float)
    score = g @ WEIGHTS
    values = (
        np.column_stack([np.ones(len(g)), poor, poor * score, g, g * poor[:, None]]) * frame.weight.to_numpy()[:, None]
    )
    shape = (len(ROUNDS), int(frame.psu.max()) + 1, len(GROUPS), len(AREAS))
    codes = [
        frame["round"].map({r: i for i, r in enumerate(ROUNDS)}), frame.psu,
        frame.group.map({g: i for i, g in enumerate(GROUPS)}), frame.area.map({a: i for i, a in enumerate(AREAS)}),
    ]  # fmt: skip
    cell = np.ravel_multi_index([c.to_numpy() for c in codes], shape)
    sums = [np.bincount(cell, weights=v, minlength=math.prod(shape)).reshape(shape) for v in values.T]
    return np.stack(sums, axis=-1)


def replicate_weights(stratum: np.ndarray, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Return factors (replicates x PSUs): n - 1 of a stratum's n PSUs drawn with replacement, times n / (n - 1)."""
    out = np.empty((replicates, len(stratum)))
    for h in np.unique(stratum):
        at = np.flatnonzero(stratum == h)
        n = len(at)
        out[:, at] = rng.multinomial(n - 1, np.full(n, 1 / n), size=replicates) * n / (n - 1)
    return out


def totals(sums: np.ndarray, factors: list[np.ndarray]) -> np.ndarray:
    """Return totals of shape (replicates, rounds, groups, areas, variables)."""
    parts = [np.tensordot(f, s, axes=(1, 0)) for f, s in zip(factors, sums, strict=True)]
    return np.stack(parts, axis=1)


def effects(before: list[np.ndarray], after: list[np.ndarray]) -> list[np.ndarray]:
    """Average each factor's marginal effect over all orders, one by one."""
    m = len(before)
    out = [np.zeros_like(before[0]) for _ in range(m)]
    for order in itertools.permutations(range(m)):
        now = list(before)
        for i in order:
            old = math.prod(now[1:], start=now[0])
            now[i] = after[i]
            out[i] = out[i] + (math.prod(now[1:], start=now[0]) - old) / math.factorial(m)
    return out


Key = tuple[str, str, str | None, str, str, str]


Stats = dict[str, np.ndarray]
Terms = "Iterator[tuple[Key, np.ndarray]]"
SPAN, YEARS = "2016 to 2022", 6


def expected(T: np.ndarray) -> Terms:
    """Yield every term by (decomposition, contrast, indicator, statistic, group, wave), replicates in a vector."""
    by_group = T.sum(axis=3)
    whole = _stats(by_group.sum(axis=2))
    of = {g: _stats(by_group[:, :, i]) for i, g in enumerate(GROUPS)}
    for label, s in {**of, "total": whole}.items():
        yield from _changes(label, s)
        yield from _products(label, s)
        yield from _indicators(label, s)
    for g in GROUPS:
        v = of[g]["n"] / whole["n"]
        yield from _nested(g, v, of[g])
        yield from _three_factors(g, v, of[g])
        yield from _parts(g, v, of[g], whole)
    for a, b in itertools.combinations(sorted(GROUPS), 2):
        yield from _gaps(f"{a} - {b}", of[a], of[b])
    yield from _kitagawa(T[:, 2])


def _stats(x: np.ndarray) -> Stats:
    d = len(NAMES)
    n, q, c = x[..., 0], x[..., 1], x[..., 2]
    raw, part = x[..., 3 : 3 + d] / n[..., None], x[..., 3 + d :] / n[..., None] * WEIGHTS
    return {"n": n, "H": q / n, "M0": c / n, "A": c / q, "raw": raw, "part": part}


def _changes(label: str, s: Stats) -> Terms:
    t = np.array(ROUNDS) - np.mean(ROUNDS)
    for name in ("M0", "H", "A"):
        y0, y1 = s[name][:, 0], s[name][:, 2]
        yield ("change", "change", None, name, label, SPAN), y1 - y0
        yield ("change", "annual_change", None, name, label, SPAN), (y1 - y0) / YEARS
        yield ("change", "relative_change", None, name, label, SPAN), y1 / y0 - 1
        yield ("change", "annual_relative_change", None, name, label, SPAN), (y1 / y0) ** (1 / YEARS) - 1
        yield ("trend", "trend", None, name, label, SPAN), s[name] @ (t / (t @ t))
    aim, pace = 0.5 * s["M0"][:, 0], (s["M0"][:, 2] / s["M0"][:, 0]) ** (1 / YEARS)
    yield ("target", "shortfall", None, "M0", label, f"{SPAN} for 2030"), s["M0"][:, 2] * pace**8 - aim


def _products(label: str, s: Stats) -> Terms:
    incidence, intensity = effects([s["H"][:, 0], s["A"][:, 0]], [s["H"][:, 2], s["A"][:, 2]])
    yield ("shapley", "incidence_effect", None, "M0", label, SPAN), incidence
    yield ("shapley", "intensity_effect", None, "M0", label, SPAN), intensity
    yield ("shapley", "incidence_effect_share", None, "M0", label, SPAN), incidence / (incidence + intensity)
    grown = [s[x][:, 2] / s[x][:, 0] - 1 for x in ("M0", "H", "A")]
    yield ("growth", "growth", None, "M0", label, SPAN), grown[0]
    yield ("growth", "interaction_growth", None, "M0", label, SPAN), grown[1] * grown[2]
    yield ("growth", "log_intensity_growth", None, "M0", label, SPAN), np.log1p(grown[2])
    people, rate = effects([s["n"][:, 0], s["H"][:, 0]], [s["n"][:, 2], s["H"][:, 2]])
    yield ("number", "population_effect", None, "number_of_poor", label, SPAN), people
    yield ("number", "rate_effect", None, "number_of_poor", label, SPAN), rate


def _indicators(label: str, s: Stats) -> Terms:
    for j, name in enumerate(NAMES):
        h, p = s["raw"][:, :, j], s["part"][:, :, j] / s["raw"][:, :, j]
        prevalence, censoring = effects([h[:, 0], p[:, 0]], [h[:, 2], p[:, 2]])
        yield ("indicators", "prevalence_effect", name, "contribution", label, SPAN), prevalence
        yield ("indicators", "censoring_effect", name, "contribution", label, SPAN), censoring
        yield ("dimensions", "part_share", name, "contribution", label, "2022"), s["part"][:, 2, j] / s["M0"][:, 2]


def _nested(g: str, v: np.ndarray, s: Stats) -> Terms:
    people, within = effects([v[:, 0], s["M0"][:, 0]], [v[:, 2], s["M0"][:, 2]])
    middle = (v[:, 0] + v[:, 2]) / 2
    inside = effects([s["H"][:, 0], s["A"][:, 0]], [s["H"][:, 2], s["A"][:, 2]])
    for name, value in zip(EFFECTS, (people, within, *(e * middle for e in inside)), strict=True):
        yield ("groups nested", name, None, "M0", g, SPAN), value


def _three_factors(g: str, v: np.ndarray, s: Stats) -> Terms:
    people, incidence, intensity = effects(*([x[:, t] for x in (v, s["H"], s["A"])] for t in (0, 2)))
    for name, value in zip(EFFECTS, (people, incidence + intensity, incidence, intensity), strict=True):
        yield ("groups three_factor", name, None, "M0", g, SPAN), value


EFFECTS = ("population_effect", "within_effect", "incidence_effect", "intensity_effect")


def _parts(g: str, v: np.ndarray, s: Stats, whole: Stats) -> Terms:
    for stat in ("M0", "H"):
        part = v[:, 2] * s[stat][:, 2]
        yield ("parts", "group_part", None, stat, g, "2022"), part
        yield ("parts", "group_share", None, stat, g, "2022"), part / whole[stat][:, 2]
        yield ("parts", "representation_ratio", None, stat, g, "2022"), s[stat][:, 2] / whole[stat][:, 2]


def _gaps(name: str, one: Stats, other: Stats) -> Terms:
    for stat in ("M0", "H", "A"):
        x, y = one[stat][:, 2], other[stat][:, 2]
        yield ("gap", "difference", None, stat, name, "2022"), x - y
        yield ("gap", "ratio", None, stat, name, "2022"), x / y
        yield ("gap", "log_ratio", None, stat, name, "2022"), np.log(x / y)
    shares = [s["part"][:, 2] / s["M0"][:, 2, None] for s in (one, other)]
    distance = np.abs(shares[0] - shares[1]).sum(axis=-1) / 2
    yield ("composition", "dissimilarity", None, "contribution", name, "2022"), distance


def _kitagawa(x: np.ndarray) -> Terms:
    people, poor = x[..., 0], x[..., 1]
    P = people / people.sum(axis=2, keepdims=True)
    r = poor / people
    one, other = 2, 0
    composition = (P[:, one] - P[:, other]) * (r[:, one] + r[:, other]) / 2
    rates = (r[:, one] - r[:, other]) * (P[:, one] + P[:, other]) / 2
    yield ("kitagawa", "composition_effect", None, "H", "Hmong - Kinh", "2022"), composition.sum(axis=1)
    yield ("kitagawa", "rate_effect", None, "H", "Hmong - Kinh", "2022"), rates.sum(axis=1)
    for i, a in enumerate(AREAS):
        yield ("kitagawa", "composition_effect", None, "H", f"{a}: Hmong - Kinh", "2022"), composition[:, i]
        yield ("kitagawa", "rate_effect", None, "H", f"{a}: Hmong - Kinh", "2022"), rates[:, i]


def found(est: mpi.Estimates) -> dict[Key, tuple[float, float]]:
    """Return the library's terms, value and error, by the same keys."""
    d = mpi.decompose
    group, last = est.select(by=["total", "group"]), est.select(wave=2022)
    made = {
        "change": d.change(group, 2016, 2022), "trend": d.trend(group), "target": d.target(group, 0.5, 2030),
        "shapley": d.shapley(group, 2016, 2022, shares=True), "growth": d.growth(group, 2016, 2022),
        "number": d.shapley(group, 2016, 2022, into="number"),
        "indicators": d.shapley(group, 2016, 2022, into="indicators"),
        "dimensions": d.dimensions(group), "groups nested": d.shapley(est, 2016, 2022, by="group"),
        "groups three_factor": d.shapley(est, 2016, 2022, by="group", form="three_factor"),
        "parts": d.groups(est, "group"),
        "gap": d.gap(est.select(wave=2022), "group", kinds=["difference", "ratio", "log_ratio"]),
        "composition": d.dimensions(last, "group"),
        "kitagawa": d.kitagawa(last, by="group", across="area", group="Hmong", reference="Kinh"),
    }  # fmt: skip
    out: dict[Key, tuple[float, float]] = {}
    for name, terms in made.items():
        k = terms.keys
        columns = [k[c].to_list() for c in ("contrast", "indicator", "statistic", "group", "wave")]
        for contrast, indicator, statistic, label, wave, value, se in zip(*columns, terms.value, terms.se, strict=True):
            out[name, contrast, indicator, statistic, label, str(wave)] = (float(value), float(se))
    return out


def compared(frame: pd.DataFrame, replicates: int, *, shared: bool, seed: int = 3) -> pd.DataFrame:
    """Return, for each term, the library's value and error, the value by NumPy and the error by the bootstrap."""
    rng = np.random.default_rng(seed)
    sums = psu_totals(frame)
    stratum = frame.drop_duplicates("psu").sort_values("psu").stratum.to_numpy()
    drawn: dict[Key, list[np.ndarray]] = {}
    left = replicates
    while left > 0:
        many = min(left, 1000)
        same = replicate_weights(stratum, many, rng)
        factors = [same if shared or t == 0 else replicate_weights(stratum, many, rng) for t in range(len(ROUNDS))]
        for key, values in expected(totals(sums, factors)):
            drawn.setdefault(key, []).append(values)
        left -= many
    ours = found(estimated(survey_of(frame, shared=shared)))
    plain = dict(expected(sums.sum(axis=1)[None]))
    rows = []
    for key, values in drawn.items():
        value, se = ours[key]
        rows.append((*key, value, float(plain[key][0]), se, float(np.concatenate(values).std(ddof=1))))
    names = [
        "decomposition",
        "contrast",
        "indicator",
        "statistic",
        "group",
        "wave",
        "value",
        "numpy",
        "se",
        "bootstrap",
    ]
    out = pd.DataFrame(rows, columns=names)
    return out.assign(ratio=out.se / out.bootstrap)


def main() -> None:
    """Print, for each decomposition, the range of the ratios of errors."""
    replicates = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    for shared in (False, True):
        table = compared(simulated(), replicates, shared=shared)
        how = "shared by" if shared else "drawn anew in"
        print(f"\n1,000 PSUs in 50 strata, {replicates:,} replicates, PSUs {how} the rounds")
        print(f"largest difference of values: {(table.value - table.numpy).abs().max():.1e}")
        ratios = table.groupby(["decomposition", "contrast"], sort=False).ratio
        print(ratios.agg(["count", "min", "median", "max"]).round(3).to_string())


if __name__ == "__main__":
    main()
