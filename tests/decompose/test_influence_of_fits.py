"""Influences are derivatives: of the whole pipeline, by the weights of each PSU, for every figure that is returned.

A PSU's influence on an estimate is what changes when its weights grow by a small share, divided by that share. Here the
microdata are given other weights and everything is computed anew, fits and iterations included, so nothing of the
chain rule that made the influences is used (central differences, whose error is of the order of the step squared).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import mpi

d = mpi.decompose
MEASURE = mpi.Measure.nested("m", {"x": ["a", "b"], "y": ["c"]}, "1/2")
ROUNDS = {t: f"{{}}_{t}" for t in (1, 2, 3)}
TWO = {1: "{}_1", 2: "{}_2"}
WHO: dict[str, Any] = {"group": "group", "compare": "minority", "reference": "majority"}
COEFFICIENTS = ["reference", "compared", "average", "cotton", "pooled", "neumark"]
X = ["school", "work"]
STEP = 1e-4


def world() -> pd.DataFrame:
    """Draw 12 PSUs in 3 strata, with what all procedures need; each person is asked of three rounds."""
    rng = np.random.default_rng(8)
    psu = np.repeat(np.arange(12), 30)
    n = len(psu)
    frame = pd.DataFrame({"psu": psu, "stratum": psu // 4, "weight": rng.uniform(0.5, 2, n), "year": 2016})
    frame["home"], frame["sex"] = np.arange(n) // 4, rng.choice(["Female", "Male"], n)
    frame["head_sex"] = frame.groupby("home")["sex"].transform("first")
    few, place = rng.random(n) < 0.4, rng.normal(size=12)[psu]
    frame["group"] = np.where(few, "minority", "majority")
    frame["school"] = np.round(np.clip(8 - 2 * few + place + rng.normal(size=n) * 3, 0, 18))
    frame["work"] = rng.choice(["farm", "own", "wage"], n)
    index = 0.5 - 0.15 * frame["school"] + 0.5 * few + 0.4 * (frame["work"] == "farm") + 0.3 * place
    frame["poor"] = (rng.random(n) < 1 / (1 + np.exp(-index))).astype(float)
    frame["income"] = np.exp(1 - 0.3 * few + 0.05 * frame["school"] + rng.normal(size=n) / 2)
    frame["out"] = np.where(rng.random(n) < 0.05, np.nan, rng.random(n) < 0.4)
    for t in (1, 2, 3):
        for j in "abc":
            answer = rng.random(n) < 0.35 + 0.15 * few - 0.05 * t
            frame[f"{j}_{t}"] = np.where(rng.random(n) < 0.01, np.nan, answer)
    for j in "abc":
        frame[j] = frame[f"{j}_1"]
    return frame


def rounds(frame: pd.DataFrame) -> pd.DataFrame:
    """Put two rounds of the same PSUs one below the other."""
    later = frame.assign(year=2018, **{j: frame[f"{j}_3"] for j in "abc"}, weight=frame["weight"] * 1.1)
    return pd.concat([frame, later.iloc[::-1]], ignore_index=True)


def survey_of(frame: pd.DataFrame, **more: Any) -> mpi.Survey:
    return mpi.Survey(frame, weight="weight", strata="stratum", psu="psu", **more)


def estimated(frame: pd.DataFrame, by: Any, **more: Any) -> mpi.Estimates:
    return mpi.estimate(survey_of(frame, **more), MEASURE, by=by)


def crossed(frame: pd.DataFrame, **more: Any) -> mpi.Estimates:
    wanted = ["H", "population_share"]
    return mpi.estimate(survey_of(frame, **more), MEASURE, by=[("group", "work")], statistics=wanted)


def both_rounds(frame: pd.DataFrame) -> mpi.Estimates:
    return d.opportunity(crossed(frame, wave="year", shared_psus=True), fit="logit")


def lenses(frame: pd.DataFrame) -> mpi.Estimates:
    survey, measure = survey_of(frame, household="home"), mpi.Measure.nested("one", {"x": ["of_home"]}, 1)
    homes = mpi.estimate(survey, measure, by=["head_sex"], unit="household")
    return d.gender(mpi.estimate(survey, measure, by=["head_sex", "sex"]), households=homes)


def of_homes(frame: pd.DataFrame) -> pd.DataFrame:
    """Give all members of a household one weight and one deprivation."""
    by_home = frame.groupby("home")
    weight = by_home["weight"].transform("first")
    return frame.assign(weight=weight, of_home=by_home["poor"].transform("first"))


PROCEDURES: dict[str, tuple[Callable[[], pd.DataFrame], Callable[[pd.DataFrame], mpi.Estimates]]] = {
    "oaxaca, twofold": (
        world, lambda f: d.oaxaca(survey_of(f), "income", X, **WHO, coefficients=COEFFICIENTS, detail="categories"),
    ),
    "oaxaca, threefold": (
        world, lambda f: d.oaxaca(survey_of(f), "poor", X, **WHO, form="threefold",
                                  coefficients=["reference", "compared"]),
    ),
    "oaxaca of a measure": (world, lambda f: d.oaxaca(survey_of(f), "censored_score", X, **WHO, measure=MEASURE)),
    "yun, logit": (world, lambda f: d.yun(survey_of(f), "poor", X, **WHO, detail="categories")),
    "yun, logit, not normalised": (world, lambda f: d.yun(survey_of(f), "poor", X, **WHO, normalise=False)),
    "yun, probit": (world, lambda f: d.yun(survey_of(f), "poor", X, **WHO, link="probit")),
    "yun, fractional": (world, lambda f: d.yun(survey_of(f), "score", X, **WHO, measure=MEASURE)),
    "fairlie": (world, lambda f: totals(d.fairlie(survey_of(f), "poor", X, **WHO, coefficients=FOUR))),
    "fairlie, probit": (world, lambda f: totals(d.fairlie(survey_of(f), "poor", X, **WHO, link="probit"))),
    **{
        f"regression, {link}": (world, lambda f, link=link: d.regression(survey_of(f), "poor", X, link=link))
        for link in ("linear", "logit", "probit")
    },
    "panel": (world, lambda f: d.panel(survey_of(f), MEASURE, TWO, by=["group"])),
    "panel, reweight": (world, lambda f: d.panel(survey_of(f), MEASURE.with_missing("reweight"), TWO)),
    "chronic": (world, lambda f: d.chronic(survey_of(f), MEASURE, ROUNDS, by=["group"])),
    "distribution": (
        world, lambda f: d.distribution(survey_of(f), MEASURE, by=["group"], gammas=[0, 0.5, 2, 3], betas=[1.5]),
    ),
    "inequality": (world, lambda f: d.inequality(estimated(f, ["group", ("group", "work")]), beta=4)),
    "disparity": (world, lambda f: d.disparity(estimated(f, ["group", "work"]), statistics=["M0", "H"])),
    "persistence_bounds": (
        lambda: rounds(world()), lambda f: d.persistence_bounds(estimated(f, [], wave="year", shared_psus=True)),
    ),
    "opportunity, cells": (world, lambda f: smooth(d.opportunity(crossed(f)))),
    "opportunity, logit": (world, lambda f: smooth(d.opportunity(crossed(f), fit="logit"))),
    "opportunity_change": (lambda: rounds(world()), lambda f: d.opportunity_change(both_rounds(f))),
    "furthest_behind": (world, lambda f: d.furthest_behind(crossed(f), smallest=10)),
    "gender": (lambda: of_homes(world()), lenses),
    "within_households": (
        world, lambda f: d.within_households(survey_of(f, household="home"), "out", poor="poor", by=["group"]),
    ),
}  # fmt: skip
FOUR = ["pooled", "neumark", "reference", "compared"]


def totals(est: mpi.Estimates) -> mpi.Estimates:
    """Leave the detail out, whose slopes are taken over bands of ranks: benchmarks hold it to a bootstrap."""
    return est.take([v is None for v in est.keys["indicator"].to_list()])


def smooth(est: mpi.Estimates) -> mpi.Estimates:
    """Leave out what holds the variances of the rates fixed: what sampling adds to dissimilarity."""
    fixed = ("dissimilarity_bias", "dissimilarity_corrected")
    return est.take([v not in fixed for v in est.keys["contrast"].to_list()])


@pytest.mark.filterwarnings("ignore:.*rows are dropped")
@pytest.mark.parametrize("name", PROCEDURES)
def test_influences_are_the_derivatives_of_the_whole_pipeline(name: str) -> None:
    draw, made = PROCEDURES[name]
    frame = draw()
    est = made(frame)
    found = est.influence.matrix().toarray()
    defined = np.isfinite(est.value) & np.isfinite(est.se)
    assert defined.sum() > len(est) / 2
    scale = np.abs(found).max(axis=0)
    for psu in (0, 5, 10):
        grown = [
            made(frame.assign(weight=frame["weight"] * np.where(frame["psu"] == psu, 1 + h, 1.0))).value
            for h in (STEP, -STEP)
        ]
        slope = (grown[0] - grown[1]) / (2 * STEP)
        units = np.flatnonzero(unit_of(frame, est) == psu)
        ours = found[units].sum(axis=0)
        np.testing.assert_allclose(ours[defined], slope[defined], rtol=1e-5, atol=1e-6 * scale[defined].max())


def unit_of(frame: pd.DataFrame, est: mpi.Estimates) -> np.ndarray:
    """Return the PSU of each row of the influences: PSUs are numbered in their order, round by round."""
    psus = len(np.unique(frame["psu"]))
    rows = est.influence.matrix().shape[0]
    return np.arange(rows) % psus
