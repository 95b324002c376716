"""Hold the linearised errors of decompositions by regression to a bootstrap of the whole procedure.

PSUs are drawn again within strata, n - 1 of n with replacement, and weights are rescaled (Rao and Wu 1988; Rao, Wu and
Yue 1992); every fit, matching and mean is then made anew. The table shows, for each term, the ratio of the linearised
standard error to the bootstrap's, whose own Monte Carlo error is about 1 / sqrt(2 x replicates).

    python benchmarks/bootstrap_regression.py --psus 1000 --replicates 2000
    python benchmarks/bootstrap_regression.py --survey tests/oracles/own_survey/survey.csv --replicates 5000
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

import mpi
from mpi.decompose.cases import cases_of
from mpi.decompose.fairlie import _coefficients, _pairs
from mpi.decompose.matching import alike, matched, orders_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DESIGN = {"weight": "weight", "strata": "stratum", "psu": "psu"}


def simulated(psus: int, seed: int = 5, rows: int = 15) -> pd.DataFrame:
    """Draw a survey: two groups within the same PSUs, covariates and outcomes that differ between groups and PSUs."""
    rng = np.random.default_rng(seed)
    n = psus * rows
    psu = np.repeat(np.arange(psus), rows)
    place, share = rng.normal(size=psus)[psu], rng.beta(1.2, 1.8, psus)[psu]
    minority = rng.random(n) < share
    rural = (rng.random(psus) < 0.65)[psu]
    school = np.clip(9 - 2.5 * minority - 1.5 * rural + 0.8 * place + rng.normal(size=n) * 3, 0, 18)
    size = 1 + rng.poisson(3 + 1.0 * minority)
    kind = np.where(rng.random(n) < 0.3 + 0.2 * minority, "farm", np.where(rng.random(n) < 0.5, "wage", "own"))
    farm = kind == "farm"
    index = -1.2 - 0.18 * school + 0.25 * size + 0.5 * rural + 0.4 * farm + 0.6 * minority + 0.4 * place
    index = index - 0.05 * minority * school
    income = np.exp(
        1.5 + 0.06 * school - 0.05 * size - 0.2 * rural - 0.2 * minority + 0.2 * place + rng.normal(size=n) / 2
    )
    return pd.DataFrame(
        {
            "psu": psu, "stratum": psu // 20, "weight": rng.uniform(0.5, 2, n) * np.where(rural, 1.5, 0.8),
            "group": np.where(minority, "minority", "majority"), "area": np.where(rural, "rural", "urban"),
            "school": np.round(school), "size": size, "work": kind, "income": income,
            "poor": (rng.random(n) < 1 / (1 + np.exp(-index))).astype(float),
        }
    )  # fmt: skip


def own(path: str) -> pd.DataFrame:
    """Read the survey of the tests: a person's weight is weight x hhsize."""
    frame = pd.read_csv(path)
    deprived = frame[[f"d{j}" for j in range(1, 7)]] @ np.array([0.25, 0.25, 0.125, 0.125, 0.125, 0.125])
    return frame.assign(
        weight=frame.weight * frame.hhsize, group=frame.eth, area=frame.urb.astype(str), size=frame.hhsize,
        poor=(deprived >= 0.375).astype(float), income=frame.inc,
    )  # fmt: skip


def replicates(frame: pd.DataFrame, count: int, seed: int = 1) -> Iterator[np.ndarray]:
    """Yield the factors of the rows' weights, replicate by replicate."""
    rng = np.random.default_rng(seed)
    units = frame[["stratum", "psu"]].drop_duplicates().reset_index(drop=True)
    row = frame[["stratum", "psu"]].merge(units.reset_index(), on=["stratum", "psu"], how="left")["index"].to_numpy()
    strata = [np.flatnonzero(units.stratum == h) for h in units.stratum.unique()]
    for _ in range(count):
        factor = np.zeros(len(units))
        for members in strata:
            n = len(members)
            factor[members] = np.bincount(rng.integers(0, n, n - 1), minlength=n) * n / (n - 1)
        yield factor[row]


def procedures(frame: pd.DataFrame, covariates: list[str], groups: tuple[str, str]) -> dict[str, Callable[..., Any]]:
    """Return what is compared: a function of the weights for each, which gives estimates."""
    who: dict[str, Any] = {"group": "group", "compare": groups[0], "reference": groups[1]}

    def survey(weight: np.ndarray) -> mpi.Survey:
        return mpi.Survey(frame.assign(weight=weight), **DESIGN)

    def of(method: Callable[..., Any], outcome: str, **options: Any) -> Callable[[np.ndarray], Any]:
        return lambda w: method(survey(w), outcome, covariates, **who, **options)

    d = mpi.decompose
    return {
        "oaxaca, twofold": of(d.oaxaca, "income", coefficients=["reference", "pooled", "cotton"]),
        "oaxaca, threefold": of(d.oaxaca, "poor", form="threefold"),
        "yun, logit": of(d.yun, "poor"),
        "yun, probit": of(d.yun, "poor", link="probit"),
        "fairlie": of(d.fairlie, "poor", coefficients=["pooled", "reference"]),
    }


def fairlie_point(frame: pd.DataFrame, covariates: list[str], groups: tuple[str, str]) -> Callable[..., np.ndarray]:
    """Return the figures of `mpi.decompose.fairlie` without their errors, which take longer."""
    survey = mpi.Survey(frame, **DESIGN)
    cases = cases_of(survey, "poor", covariates, "group", groups[1], groups[0], {}, normalise=False, link="logit")
    orders = orders_of(len(covariates), 1, 0)

    def figures(weight: np.ndarray) -> np.ndarray:
        now = replace(cases, rows=replace(cases.rows, weight=weight))
        a, b = (np.average(now.y[m], weights=weight[m]) for m in now.inside.values())
        out = [a, b, a - b]
        for choice in ("pooled", "reference"):
            groups = [alike(now.regressors.X[m], weight[m]) for m in now.inside.values()]
            parts = matched(*_pairs(now, groups, _coefficients(now, "logit", choice).value, "logit", orders))
            out += [parts.sum(), a - b - parts.sum(), *parts]
        return np.array(out)

    return figures


def compared(name: str, est: mpi.Estimates, drawn: np.ndarray) -> pd.DataFrame:
    """Return the errors of both kinds, term by term."""
    table = est.table[["contrast", "indicator", "weighting", "estimate", "se"]].astype({"indicator": object})
    spread = drawn.std(axis=0, ddof=1)
    table = table.assign(bootstrap=spread, ratio=est.se / np.where(spread > 1e-12, spread, np.nan))
    return table.assign(method=name)


def run(frame: pd.DataFrame, covariates: list[str], groups: tuple[str, str], count: int, only: str) -> pd.DataFrame:
    """Compare all procedures."""
    weight = frame.weight.to_numpy()
    made = {k: v for k, v in procedures(frame, covariates, groups).items() if only in k}
    full = {name: procedure(weight) for name, procedure in made.items()}
    points = {name: (lambda w, p=p: p(w).value) for name, p in made.items()}
    if "fairlie" in points:
        points["fairlie"] = fairlie_point(frame, covariates, groups)
        assert np.allclose(points["fairlie"](weight), full["fairlie"].value, atol=1e-12)  # noqa: S101
    drawn: dict[str, list[np.ndarray]] = {name: [] for name in made}
    failed, start = 0, time.perf_counter()
    for number, factor in enumerate(replicates(frame, count), 1):
        try:
            found = {name: point(weight * factor) for name, point in points.items()}
        except mpi.MpiError:
            failed += 1
            continue
        for name, values in found.items():
            drawn[name].append(values)
        if number % 100 == 0:
            print(f"{number:,} of {count:,} in {time.perf_counter() - start:.0f} s", file=sys.stderr)
    if failed:
        print(f"{failed:,} replicates left out: a group was lost, or the outcome separated", file=sys.stderr)
    return pd.concat([compared(name, est, np.array(drawn[name])) for name, est in full.items()])


def main() -> None:
    """Run and print."""
    options = argparse.ArgumentParser(description="Linearised errors against a bootstrap of the whole procedure")
    options.add_argument("--psus", type=int, default=1000)
    options.add_argument("--replicates", type=int, default=2000)
    options.add_argument("--survey", default="")
    options.add_argument("--only", default="")
    asked = options.parse_args()
    warnings.simplefilter("ignore", mpi.MpiWarning)
    if asked.survey:
        found = run(own(asked.survey), ["area", "size"], ("A", "B"), asked.replicates, asked.only)
    else:
        frame = simulated(asked.psus)
        found = run(frame, ["school", "size", "area", "work"], ("minority", "majority"), asked.replicates, asked.only)
    with pd.option_context("display.max_rows", None, "display.width", 160, "display.float_format", "{:.4f}".format):
        print(found.set_index("method").to_string())


if __name__ == "__main__":
    main()
