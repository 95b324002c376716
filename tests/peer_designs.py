"""Random designs for both libraries: headcounts, intensities and numbers of people, as drawn and calibrated.

Each design has strata, PSUs, unequal weights, and groups that cross both; every second one a finite population. What is
asked of both is H, M0 and A and the number of the poor, in all and by group. svy sweeps raked figures margin by margin,
which is not the residual of all margins together; here it takes the residuals that it takes of linear calibration (its
errors then differ from those of its `rake` by up to a half, in designs as small as these).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl
import svy

import mpi

if TYPE_CHECKING:
    from collections.abc import Iterator

ITEMS = ["a", "b", "c"]
MEASURE = mpi.Measure.nested("m", {j: [j] for j in ITEMS}, cutoff="2/3")
Figures = dict[tuple[str, str], tuple[float, float]]


def draw(rng: np.random.Generator) -> pd.DataFrame:
    """Return the rows of one survey: at least two PSUs in each stratum, and every pair of margins with rows."""
    psus = rng.integers(2, 7, rng.integers(2, 9))
    stratum = np.repeat(np.arange(len(psus)), psus)
    sizes = rng.integers(3, 13, len(stratum))
    frame = pd.DataFrame({"psu": np.repeat(np.arange(len(stratum)), sizes), "stratum": np.repeat(stratum, sizes)})
    n = len(frame)
    frame["w"] = rng.lognormal(3, rng.choice([0.0, 0.3, 1.0]), n)
    frame["all_psus"] = (psus + rng.integers(1, 30, len(psus)))[frame["stratum"]]
    frame["g"], frame["h"] = rng.choice(["x", "y", "z"], n), rng.choice(["p", "q"], n)
    level = rng.normal(0, 0.8, len(stratum))[frame["psu"]]
    for j in ITEMS:
        frame[j] = (rng.random(n) < 1 / (1 + np.exp(-level))).astype(float)
    frame["poor"] = (frame[ITEMS].sum(axis=1) >= 2).astype(float)
    frame["score"] = frame["poor"] * frame[ITEMS].mean(axis=1)
    return frame


def margins_of(frame: pd.DataFrame, rng: np.random.Generator) -> dict[str, dict[str, float]]:
    """Return totals of both groupings, moved by up to a fifth, that add up to the same."""
    totals = {c: frame.groupby(c)["w"].sum() * rng.uniform(0.8, 1.2, frame[c].nunique()) for c in ("g", "h")}
    return {c: (t / t.sum() * 1_000.0).to_dict() for c, t in totals.items()}


def of_svy(sample: Any) -> Figures:
    """Return what svy says."""
    out: Figures = {}
    ask = sample.estimation
    for by in (None, "g"):
        for name, est in (
            ("H", ask.mean("poor", by=by)),
            ("M0", ask.mean("score", by=by)),
            ("A", ask.ratio("score", "poor", by=by)),
            ("number_of_poor", ask.total("poor", by=by)),
        ):
            for row in est.to_dicts():
                out[name, (row["by_level"] or ("total",))[0]] = (row["est"], row["se"])
    return out


def of_mpi(survey: mpi.Survey) -> Figures:
    """Return what `mpi.estimate` says."""
    table = mpi.estimate(survey, MEASURE, by=["g"], statistics=["H", "M0", "A", "number_of_poor"]).table
    return {
        (str(s), str(g)): (e, se)
        for s, g, e, se in table[["statistic", "group", "estimate", "se"]].itertuples(index=False)
    }


def pairs(frame: pd.DataFrame, rng: np.random.Generator, *, finite: bool) -> Iterator[tuple[str, Any, mpi.Survey]]:
    """Return both libraries' surveys under each weighting."""
    given = {"pop_size": "all_psus"} if finite else {}
    sample = svy.Sample(pl.from_pandas(frame), svy.Design(stratum="stratum", psu="psu", wgt="w", **given))
    survey = mpi.Survey(frame, weight="w", strata="stratum", psu="psu", **({"fpc": "all_psus"} if finite else {}))
    margins = margins_of(frame, rng)
    yield "as drawn", sample, survey
    weighting = sample.weighting
    yield (
        "post-stratified",
        weighting.poststratify(margins["g"], cells="g", wgt_name="w1"),
        survey.calibrate({"g": margins["g"]}, "poststratify"),
    )
    terms = {svy.Cat("g"): margins["g"], svy.Cat("h", ref="p"): {"q": margins["h"]["q"]}}
    raked = weighting.rake(controls=margins, tol=1e-14, max_iter=5_000, wgt_name="w2", update_design_wgts=False)
    linear = raked.weighting.calibrate(controls=terms, wgt_name="w3")
    yield "linear", linear, survey.calibrate(margins, "linear")
    aux = linear.design.wgt_adjustment.aux
    adjusted = svy.WgtAdjustment(kind="calibration", prev_wgt="w", new_wgt="w2", aux=aux)
    yield "raked", linear.update_design(wgt="w2", wgt_adjustment=adjusted), survey.calibrate(margins, "rake")


def apart(mine: float, other: float, size: float) -> float:
    """Return a difference relative to the figure; 0 where both are missing."""
    if np.isnan(mine) or np.isnan(other):
        return 0.0 if np.isnan(mine) == np.isnan(other) else np.inf
    return abs(mine - other) / max(abs(size), 1e-3)


def differences(number: int, seed: int) -> Iterator[tuple[str, tuple[str, str], float, float]]:
    """Return, for each weighting and figure of one design, how far estimates and errors are apart."""
    rng = np.random.default_rng([seed, number])
    frame = draw(rng)
    for name, sample, survey in pairs(frame, rng, finite=bool(number % 2)):
        mine = of_mpi(survey)
        for key, (estimate, se) in of_svy(sample).items():
            yield name, key, apart(mine[key][0], estimate, estimate), apart(mine[key][1], se, se)
