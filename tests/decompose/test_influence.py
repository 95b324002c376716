"""The influence of every PSU on every term of every decomposition, against a numerical derivative.

An influence is what a term gains when a PSU's weights grow by a small share. Here they do grow: each PSU of each round
is made a little heavier and a little lighter, everything is computed anew, and the difference is compared with what
the chain rule says. The errors are then made of the numerical influences by the textbook formula. `fairlie` stands
apart, for its draws depend on the weights; its own tests hold it to a bootstrap.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import mpi
from mpi import decompose

if TYPE_CHECKING:
    from collections.abc import Callable

STEP, CLOSE = 2e-5, 1e-6
PSUS, STRATA, ROUNDS, SIZE = 5, 2, (2016, 2018), 40
MEASURE = mpi.Measure.nested("m", {"one": ["a", "b"], "two": ["c"]}, cutoff="1/2")
KNOWN = ("dissimilarity_bias", "dissimilarity_corrected")
"""Terms in which the variances of other terms stand, which are taken as known."""

STATISTICS = [
    "M0", "H", "A", "uncensored_headcount", "censored_headcount", "contribution", "contribution_share",
    "population_share", "poor_share", "group_contribution", "inequality", "number_of_poor", "population",
]  # fmt: skip


@cache
def people() -> pd.DataFrame:
    """Two rounds in the same five PSUs of two strata."""
    rng = np.random.default_rng(11)
    n = PSUS * SIZE
    out = []
    for year in ROUNDS:
        psu = np.repeat(np.arange(PSUS), SIZE)
        group = rng.choice(["p", "q", "r"], n, p=[0.5, 0.3, 0.2])
        chance = 0.35 + 0.1 * (group == "q") + 0.2 * (group == "r") - 0.05 * (year == ROUNDS[1]) + 0.02 * (psu % 3)
        frame = pd.DataFrame(rng.random((n, 3)) < chance[:, None], columns=["a", "b", "c"]).astype(float)
        later = {f"{j}_next": np.where(rng.random(n) < 0.3, 1 - frame[j], frame[j]) for j in "abc"}
        frame = frame.assign(**later)
        frame["psu"], frame["stratum"], frame["round"] = psu, psu % STRATA, year
        frame["group"], frame["area"] = group, np.where(rng.random(n) < 0.4 + 0.2 * np.tile([0, 1], n // 2), "u", "v")
        frame["sex"], frame["home"] = np.tile(["F", "M"], n // 2), np.arange(n) // 2
        frame["x"] = rng.normal(size=n) + (frame.sex == "F")
        frame["y"] = (rng.random(n) < 1 / (1 + np.exp(1.5 - frame.x - (frame.area == "u")))).astype(float)
        frame["weight"] = rng.uniform(0.5, 2.0, n // 2).repeat(2)
        out.append(frame)
    return pd.concat(out, ignore_index=True).assign(unit=lambda f: f["round"].astype(str) + "/" + f["psu"].astype(str))


def both(frame: pd.DataFrame) -> mpi.Survey:
    """The survey of both rounds."""
    return mpi.Survey(frame, weight="weight", strata="stratum", psu="psu", wave="round", shared_psus=True)


def early(frame: pd.DataFrame) -> mpi.Survey:
    """The survey of the first round, with its households."""
    first = frame[frame["round"] == ROUNDS[0]]
    return mpi.Survey(first, weight="weight", strata="stratum", psu="psu", household="home")


def estimated(frame: pd.DataFrame, missing: str = "drop") -> mpi.Estimates:
    """All that the decompositions of estimates need."""
    others = {"other": {"one": "1/4", "two": "3/4"}}
    measure = MEASURE.with_missing(missing)
    by = ["group", ("group", "area")]
    return mpi.estimate(both(frame), measure, by, cutoffs=["1/2", "2/3"], weightings=others, statistics=STATISTICS)


def plain(est: mpi.Estimates) -> mpi.Estimates:
    """The estimates at the measure's own cutoff and weights."""
    return est.select(weighting="own", cutoff=[None, "1/2"])


Made = dict[str, mpi.Estimates]


def of_rounds(est: mpi.Estimates) -> Made:
    """What compares rounds."""
    d, own = decompose, plain(est).select(by=["total", "group"])
    terms = {"form": "three_factor", "by": "group", "shares": True}
    people = {2016: 80e6, 2018: 90e6}
    gaps = d.gap(own.select(statistic=["M0", "A"]), "group", "p", kinds=["difference", "ratio", "log_ratio"])
    return {
        "change": d.change(own.select(by=["total", "group"]), years={2016: 2016.25, 2018: 2018.75}),
        "change of gaps": d.change(gaps),
        "gaps of changes": d.gap(d.change(own.select(statistic="H")), "group", kinds="difference"),
        "shapley": d.shapley(own, shares=True),
        "shapley by groups": d.shapley(est, by="group", shares=True),
        "three factors": d.shapley(own, **terms),
        "indicators": d.shapley(own, into="indicators", shares=True),
        "number": d.shapley(own, into="number", shares=True),
        "number of a known population": d.shapley(own, into="number", population=people),
        "growth": d.growth(own),
        "target": d.target(own.select(statistic=["M0", "H"]), 0.5, 2030),
        "linear target": d.target(own.select(statistic="M0"), 0.5, 2030, path="linear"),
        "persistence": d.persistence_bounds(own),
    }


def of_groups(est: mpi.Estimates) -> Made:
    """What compares groups."""
    d, own = decompose, plain(est)
    index = d.opportunity(own, ("group", "area"), statistics="H")
    return {
        "groups": d.groups(est, "group", population=1e6),
        "parts of parts": d.groups(own, ("group", "area"), within="group"),
        "gap": d.gap(own, "group", kinds=["difference", "ratio", "log_ratio"]),
        "gap to all": d.gap(own, "group", "total"),
        "gap along": d.gap(own, ("group", "area"), "p", along="group"),
        "dimensions": d.dimensions(own),
        "composition": d.dimensions(own, "group"),
        "composition beside all": d.dimensions(own, "group", "total"),
        "kitagawa": d.kitagawa(est, by="group", across="area", group="q", reference="p"),
        "inequality": d.inequality(own, "group", beta=4),
        "disparity": d.disparity(own, "group", statistics=["M0", "H"]),
        "opportunity": index,
        "opportunity_change": d.opportunity_change(index),
        "furthest_behind": d.furthest_behind(own, ("group", "area"), statistics="H", smallest=5),
    }


def of_people(frame: pd.DataFrame) -> Made:
    """What needs the microdata."""
    d, survey, model = decompose, early(frame), {"group": "sex", "reference": "M"}
    rounds = {2016: "{}", 2018: "{}_next"}
    ways = ["reference", "compared", "pooled"]
    by_sex = mpi.estimate(survey, MEASURE, ["sex"])
    return {
        "gender": d.gender(by_sex, head=None, female="F"),
        "regression": d.regression(survey, "y", ["x", "area"], link="logit"),
        "oaxaca": d.oaxaca(survey, "y", ["x", "area"], coefficients=ways, **model),
        "threefold": d.oaxaca(survey, "y", ["x", "area"], form="threefold", detail="categories", **model),
        "yun": d.yun(survey, "y", ["x", "area"], **model),
        "distribution": d.distribution(survey, MEASURE, ["area"], betas=[2], gammas=[0.5, 1, 2]),
        "panel": d.panel(survey, MEASURE, rounds, ["area"]),
        "chronic": d.chronic(survey, MEASURE, rounds, ["area"]),
        "within_households": d.within_households(survey, "a", female="F", by=["area"]),
    }


MAKERS: dict[str, Callable[[pd.DataFrame], Made]] = {
    "rounds": lambda frame: of_rounds(estimated(frame)),
    "groups": lambda frame: of_groups(estimated(frame)),
    "people": of_people,
}


def moved(frame: pd.DataFrame, unit: str, step: float) -> pd.DataFrame:
    """Make a PSU of one round heavier."""
    return frame.assign(weight=frame.weight * np.where(frame.unit == unit, 1 + step, 1.0))


def derivatives(frame: pd.DataFrame, make: Callable[[pd.DataFrame], Made], units: list[str]) -> dict[str, np.ndarray]:
    """The numerical influences (units x terms), by central differences."""
    found: dict[str, list[np.ndarray]] = {}
    for unit in units:
        up, down = (make(moved(frame, unit, s)) for s in (STEP, -STEP))
        for name in up:
            found.setdefault(name, []).append((up[name].value - down[name].value) / (2 * STEP))
    return {name: np.array(rows) for name, rows in found.items()}


def places(frame: pd.DataFrame, survey: mpi.Survey, units: list[str]) -> list[int]:
    """Where each PSU of each round stands among the units of the design."""
    est = mpi.estimate(survey, MEASURE, ["unit"], statistics=["population"]).select(by="unit", group=units)
    return [int(np.flatnonzero(column)[0]) for column in est.influence.matrix().toarray().T]


def errors(influence: np.ndarray, frame: pd.DataFrame, units: list[str]) -> np.ndarray:
    """The textbook's standard errors: PSUs that both rounds share are one."""
    of = frame.drop_duplicates("unit").set_index("unit").loc[units]
    by_psu = pd.DataFrame(influence).groupby(of.psu.to_numpy()).sum()
    stratum = by_psu.index.to_numpy() % STRATA
    out = np.zeros(influence.shape[1])
    for h in np.unique(stratum):
        z = by_psu.to_numpy()[stratum == h]
        out += len(z) / (len(z) - 1) * ((z - z.mean(axis=0)) ** 2).sum(axis=0)
    return np.sqrt(out)


def said(est: mpi.Estimates) -> list[tuple[str, str]]:
    """The contrast and the flag of each term."""
    return list(zip(est.keys["contrast"].to_list(), est.flag.to_list(), strict=True))


@pytest.mark.parametrize("family", list(MAKERS))
def test_influences_are_derivatives_and_make_the_errors(family: str) -> None:
    frame, make = people(), MAKERS[family]
    if family == "people":
        frame = frame[frame["round"] == ROUNDS[0]]
    units = frame.unit.drop_duplicates().tolist()
    order = places(frame, early(frame) if family == "people" else both(frame), units)
    made, numerical = make(frame), derivatives(frame, make, units)
    wrong = []
    for name, est in made.items():
        there = ~np.isnan(est.value) & ~np.isnan(est.se)
        there &= [c not in KNOWN and "divides by what may be 0" not in str(f) for c, f in said(est)]
        assert there.mean() > 0.8, name
        ours, theirs = est.influence.matrix().toarray()[order][:, there], numerical[name][:, there]
        scale = np.maximum(1.0, np.abs(theirs).max(axis=0))
        far = (np.abs(ours - theirs) / scale).max(axis=0) > CLOSE
        se = est.se[there]
        far |= np.abs(se - errors(theirs, frame, units)) > CLOSE * np.maximum(1.0, se)
        table = est.take(there).take(far).table if far.any() else None
        wrong += [] if table is None else [f"{name}\n{table.iloc[:5].to_string()}"]
    assert not wrong, "\n".join(wrong)
