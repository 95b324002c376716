"""How often 95% intervals hold the truth: draws of the size of the VHLSS from a population that is known.

    python benchmarks/coverage.py 2000                                   # some minutes on each processor
    python benchmarks/coverage.py 2000 --plot docs/coverage.svg
    python benchmarks/coverage.py 500 --df design                        # the degrees of freedom of the whole design

The population has 63 provinces of two strata, areas of about 100 households with effects of their own, and minorities
that live together. A draw takes 4 urban and 8 rural areas of each province, with replacement and with probability
proportional to their households, and 12 households of each: 9,072 in 756 PSUs. A second round has areas of its own.
Everything is at the defaults of the library. A row of the table is a figure in one kind of domain: how often its
interval holds the truth, how often the truth lies below and above it, and how many figures have an interval. Figures of
fewer than 8 degrees of freedom, which are flagged, are counted by themselves.
"""

from __future__ import annotations

import argparse
import os
import warnings
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd

import mpi
from mpi import decompose

ITEMS = [f"d{j}" for j in range(6)]
MEASURE = mpi.Measure.nested("six", {f"x{j}": [name] for j, name in enumerate(ITEMS)}, "1/3")
BY = ["region", "province", "group", "minority", ("region", "minority"), ("province", "minority")]
DOMAINS = {"total": "nation", "region": "region", "province": "province", "group": "small group"}
WANTED = ["H", "M0", "A", "contribution_share"]
FIGURES = [*WANTED, "minority share", "gap", "ratio", "change", "relative_change"]
TARGET = (0.93, 0.965)
CHUNK = 20


def population(rng: np.random.Generator, shift: float) -> pd.DataFrame:
    """Return the households of one round, area by area; in one of 16 minority households the group is small."""
    parts, area = [], 0
    for province in range(63):
        level, minorities = rng.normal(-1.9 + shift, 0.7), rng.beta(0.5, 2)
        for urban in (1, 0):
            for _ in range(rng.integers(20, 45)):
                size = rng.integers(70, 131)
                share = np.clip(rng.beta(0.3, 0.3 * (1 - minorities) / max(minorities, 0.02)), 0, 1)
                minority = rng.random(size) < share
                small = minority & (rng.random(size) < 0.06)
                base = level - 0.8 * urban + 1.2 * minority + rng.normal(0, 0.5) + rng.normal(0, 0.6, size)
                items = rng.random((size, 6)) < 1 / (1 + np.exp(-(base[:, None] + rng.normal(0, 0.3, 6))))
                parts.append(
                    pd.DataFrame(items.astype(np.int8), columns=ITEMS).assign(
                        province=province, urban=urban, area=area, people=rng.poisson(2.8, size) + 1,
                        minority=minority.astype(int), group=np.where(small, "small", "others"),
                        poor=(items.sum(axis=1) >= 2).astype(int),
                    )
                )  # fmt: skip
                area += 1
    frame = pd.concat(parts, ignore_index=True)
    return frame.assign(region=frame["province"] // 11)


class Sampler:
    """Draws of one population."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame, self.members = frame, frame.groupby("area").indices
        areas = frame.groupby("area").agg(
            province=("province", "first"), urban=("urban", "first"), homes=("people", "size")
        )
        self.strata = [
            (8 - 4 * urban, part.index.to_numpy(), part["homes"].to_numpy())
            for (_, urban), part in areas.groupby(["province", "urban"])
        ]

    def draw(self, rng: np.random.Generator) -> pd.DataFrame:
        """Return a sample with its weights and design."""
        rows, columns = [], defaultdict(list)
        for number, (take, areas, homes) in enumerate(self.strata):
            chance = homes / homes.sum()
            for pick in rng.choice(len(areas), take, p=chance):
                living = self.members[areas[pick]]
                rows.append(rng.choice(living, 12, replace=False))
                columns["weight"].append(len(living) / 12 / (take * chance[pick]))
                columns["stratum"].append(number)
        found = self.frame.iloc[np.concatenate(rows)].reset_index(drop=True)
        columns["psu"] = list(range(len(rows)))
        return found.assign(**{name: np.repeat(values, 12) for name, values in columns.items()})


def figures(rounds: list[pd.DataFrame], df: str, *, census: bool = False) -> pd.DataFrame:
    """Return all figures with their limits, indexed by what they are."""
    design = {"census": True} if census else {"weight": "weight", "strata": "stratum", "psu": "psu"}
    frame = pd.concat([part.assign(round=r) for r, part in enumerate(rounds)], ignore_index=True)
    survey = mpi.Survey(frame, size="people", wave="round", **design)
    est = mpi.estimate(survey, MEASURE, by=BY, statistics=WANTED, df=df)
    shares = mpi.mean(survey, "minority", by=["region", "province", "group"], where="poor", df=df)
    levels, h = est.select(by=list(DOMAINS)), est.select(statistic="H")
    gaps = [
        decompose.gap(h, by=by, along="minority", kinds=["difference", "ratio"])
        for by in ("minority", ("region", "minority"), ("province", "minority"))
    ]
    changes = decompose.change(levels.select(statistic="H"), kinds=["change", "relative_change"])
    tables = [levels.table.query("wave == 0"), shares.table.query("wave == 0").assign(statistic="minority share")]
    tables += [g.table.query("wave == 0") for g in gaps] + [changes.table]
    found = pd.concat([t.astype(dict.fromkeys(t.columns[:9], "object")) for t in tables], ignore_index=True)
    named = found["contrast"].replace({"difference": "gap"})
    figure = named.where(named.ne("level"), found["statistic"])
    domain = found["by"].replace(
        {"minority": "total", "region × minority": "region", "province × minority": "province"}
    )
    group = found["group"].astype(str).replace({"0": "total", "0 - 1": "total"})
    domain = domain.map(DOMAINS)
    keep = (domain != "small group") | (group == "small")
    keep &= ~((figure == "minority share") & (domain == "small group"))  # all of them are of a minority
    of = [figure.rename("figure"), domain.rename("domain"), group.rename("group")]
    of += [found[c].fillna("").rename(c) for c in ("indicator", "dimension")]
    kept = found.loc[keep, ["estimate", "ci_low", "ci_high", "df"]]
    return kept.set_index(pd.MultiIndex.from_frame(pd.concat(of, axis=1).loc[keep]))


_STATE: dict[str, object] = {}


def _prepare(seed: int, df: str) -> None:
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(seed)
    rounds = [population(rng, 0.0), population(rng, -0.15)]
    _STATE.update(df=df, samplers=[Sampler(f) for f in rounds], truth=figures(rounds, df, census=True)["estimate"])


def counted(seeds: list[int]) -> pd.DataFrame:
    """Return, of some draws, how many figures there are, have an interval, hold the truth, and miss it to each side."""
    samplers, truth, df = _STATE["samplers"], _STATE["truth"], _STATE["df"]
    out = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        rounds = [s.draw(rng) for s in samplers]
        rounds[1]["psu"] += 10_000
        rounds[1]["stratum"] += 1000
        found = figures(rounds, df)
        found["truth"] = truth.reindex(found.index)
        found = found[np.isfinite(found["truth"])]
        given = np.isfinite(found["ci_low"]) & np.isfinite(found["ci_high"])
        few = np.where(found["df"] < 8, "df < 8", "df 8 and more")
        above, below = given & (found["truth"] > found["ci_high"]), given & (found["truth"] < found["ci_low"])
        tally = pd.DataFrame(
            {"figures": 1, "given": given, "above": above, "below": below, "few": few}, index=found.index
        )
        out.append(tally.groupby(["figure", "domain", "few"]).sum())
    return pd.concat(out).groupby(level=[0, 1, 2]).sum()


def simulated(draws: int, seed: int, df: str) -> pd.DataFrame:
    """Return the table: coverage, and its parts, by figure, domain and whether the degrees of freedom are few."""
    seeds = [[seed * 1_000_000 + i for i in range(a, min(a + CHUNK, draws))] for a in range(0, draws, CHUNK)]
    workers = os.cpu_count() or 1
    with ProcessPoolExecutor(workers, initializer=_prepare, initargs=(seed, df)) as pool:
        found = pd.concat(pool.map(counted, seeds)).groupby(level=[0, 1, 2]).sum()
    whole = found.groupby(level=[0, 1]).sum().assign(few="all").set_index("few", append=True)
    found = pd.concat([found, whole])
    given = found["given"].where(found["given"] > 0)
    return found.assign(
        coverage=1 - (found["above"] + found["below"]) / given, above=found["above"] / given,
        below=found["below"] / given, given=found["given"] / found["figures"],
    )  # fmt: skip


def printed(table: pd.DataFrame) -> str:
    """Return the coverage of all figures as a Markdown table, those of few degrees of freedom beside."""
    domains = list(DOMAINS.values())
    lines = ["| figure | " + " | ".join([*domains, "province, df < 8"]) + " |", "|---" * (len(domains) + 2) + "|"]
    for figure in FIGURES:
        cells = [(figure, d, "all") for d in domains] + [(figure, "province", "df < 8")]
        shown = [f"{table.loc[c, 'coverage']:.3f}" if c in table.index else "" for c in cells]
        lines.append(f"| {figure.replace('_', ' ')} | " + " | ".join(shown).replace("nan", "") + " |")
    return "\n".join(lines)


def plot(table: pd.DataFrame, path: Path) -> None:
    """Draw coverage against the band that it is meant to lie in."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams["svg.hashsalt"] = "coverage"  # the same drawing for the same figures
    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.subplots()
    axes.axvspan(*TARGET, color="0.9", zorder=0)
    axes.axvline(0.95, color="0.5", linewidth=0.8, zorder=1)
    marks = dict(zip(DOMAINS.values(), ("o", "s", "D", "^"), strict=True))
    for k, (domain, mark) in enumerate(marks.items()):
        rows = [(i, table.loc[f, domain, "all"]) for i, f in enumerate(FIGURES) if (f, domain, "all") in table.index]
        y = [i + 0.16 * (k - 1.5) for i, _ in rows]
        axes.plot([r["coverage"] for _, r in rows], y, mark, label=domain, markersize=5, linestyle="none", zorder=2)
    axes.set_yticks(range(len(FIGURES)), [f.replace("_", " ") for f in FIGURES])
    axes.invert_yaxis()
    axes.set(xlim=(0.88, 1.0), xlabel="share of 95% intervals that hold the truth")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="lower left", fontsize=9)
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Read the arguments, simulate, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("draws", type=int, nargs="?", default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--df", choices=["group", "design"], default="group")
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--full", action="store_true", help="print all of the table")
    asked = parser.parse_args()
    table = simulated(asked.draws, asked.seed, asked.df)
    print(f"{asked.draws} draws, df {asked.df}\n\n{printed(table)}")
    if asked.full:
        print(table.round(4).to_string())
    cells = table.xs("all", level=2)["coverage"].dropna()
    outside = cells[(cells < TARGET[0]) | (cells > TARGET[1])]
    print(f"\n{len(outside)} of {len(cells)} outside {TARGET[0]} to {TARGET[1]}", *outside.round(3).items(), sep="\n")
    if asked.plot:
        plot(table, asked.plot)


if __name__ == "__main__":
    main()
