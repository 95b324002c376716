"""Design effects and what follows from them, against R and against plain formulas."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mpi
from mpi.estimation.simple_random import Counted, ratio_variance, total_variance

MEASURE = mpi.Measure.nested("m", {"health": ["d1"], "living": ["d2", "d3"]}, cutoff="1/2")


def a_frame(seed: int = 4, n: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    psu = np.arange(n) // 10
    frame = pd.DataFrame({f"d{j}": (rng.random(n) < 0.3 + 0.02 * (psu % 7)) * 1.0 for j in (1, 2, 3)})
    frame["g"], frame["y"] = rng.integers(0, 3, n).astype(str), rng.lognormal(size=n)
    return frame.assign(psu=psu, stratum=psu // 20, w=1 + rng.random(n))


def survey_of(frame: pd.DataFrame, **keywords: Any) -> mpi.Survey:
    return mpi.Survey(frame, weight="w", strata="stratum", psu="psu", **keywords)


def plain_deff(y: np.ndarray, w: np.ndarray, se: float) -> float:
    """The variance of a mean over that of a simple random sample: weighted variance over n."""
    mean = np.average(y, weights=w)
    n = len(y)
    return float(se**2 / (np.average((y - mean) ** 2, weights=w) * n / (n - 1) / n))


def test_design_effects_are_those_of_plain_formulas() -> None:
    frame = a_frame()
    survey = survey_of(frame)
    est = mpi.estimate(survey, MEASURE, by=["g"], deff=True)
    table = mpi.precision(est, ["deff", "deft", "ess", "weight", "n_with", "kish"])
    scores = mpi.scores(survey, MEASURE)
    for group in ("total", "0", "1", "2"):
        inside = np.ones(len(frame), bool) if group == "total" else (frame["g"] == group).to_numpy()
        poor = scores["poor"].to_numpy(float)
        for name, y, who in (
            ("H", poor, inside),
            ("M0", scores["censored_score"].to_numpy(), inside),
            ("A", scores["score"].to_numpy(), inside & (poor == 1)),
        ):
            row = table[(table["statistic"] == name) & (table["group"] == group)].iloc[0]
            w = frame["w"].to_numpy()[who]
            assert row["deff"] == pytest.approx(plain_deff(y[who], w, row["se"]), rel=1e-10)
            assert row["ess"] == pytest.approx(row["n"] / row["deff"])
            assert row["deft"] == pytest.approx(np.sqrt(row["deff"]))
            assert row["weight"] == pytest.approx(w.sum())
            assert row["kish"] == pytest.approx(len(w) * (w**2).sum() / w.sum() ** 2)
            assert row["n_with"] == (y[who] > 0).sum()


def test_cases_with_the_trait_need_no_design_effect_and_are_missing_where_nothing_is_counted() -> None:
    frame = a_frame()
    est = mpi.estimate(survey_of(frame), MEASURE, by=["g"])
    np.testing.assert_array_equal(mpi.precision(est, "n_with")["n_with"], est.counts.n_with)
    gap = est.select(statistic="H", by="g").contrast([1, -1, 0])
    assert mpi.precision(gap, "n_with")["n_with"].isna().all()


def test_multiples_and_numbers_of_people_have_the_design_effect_of_their_rate() -> None:
    frame = a_frame()
    names: list[Any] = ["H", "number_of_poor", "censored_headcount", "contribution", "contribution_share", "M0"]
    est = mpi.estimate(survey_of(frame), MEASURE, by=["g"], statistics=names, deff=True)
    table = mpi.precision(est, ["deff"]).set_index(["group", "statistic", "indicator"])["deff"]
    same = table.xs("censored_headcount", level="statistic").to_numpy()
    assert table.xs("contribution", level="statistic").to_numpy() == pytest.approx(same, rel=1e-10)
    number = mpi.estimate(survey_of(frame), MEASURE, statistics=["number_of_poor"], deff=True)
    total = mpi.total(survey_of(frame.assign(poor=mpi.scores(survey_of(frame), MEASURE)["poor"])), "poor", deff=True)
    assert mpi.precision(number, "deff")["deff"][0] == pytest.approx(mpi.precision(total, "deff")["deff"][0], rel=1e-10)
    assert mpi.precision(est.select(statistic="contribution_share"), "deff")["deff"].gt(0).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.01, 100))
def test_the_variance_of_a_simple_random_sample_is_the_plain_one(seed: int, scale: float) -> None:
    """Equal weights: s^2 / n of a mean; and cases that are alike may be counted together."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 4, 40).astype(float)
    group = rng.integers(0, 2, 40)
    ones = np.ones(40)
    counted = Counted(group, 2, ones * scale, ones, ones * scale**2)
    variance, weight = ratio_variance(counted, y, ones, ones > 0)
    assert variance == pytest.approx([y[group == g].var(ddof=1) / (group == g).sum() for g in (0, 1)])
    assert weight == pytest.approx(np.bincount(group) * scale)
    kinds, place = np.unique(np.stack([group, y]), axis=1, return_inverse=True)
    many = np.bincount(place).astype(float)
    together = Counted(kinds[0].astype(int), 2, many * scale, many, many * scale**2)
    assert ratio_variance(together, kinds[1], np.ones(len(many)), many > 0)[0] == pytest.approx(variance)
    whole = total_variance(counted, y, ones > 0)[0]
    assert whole == pytest.approx(variance * np.bincount(group) ** 2 * scale**2)


def test_means_and_profiles_know_their_design_effects() -> None:
    pytest.importorskip("polars", reason="Polars is an extra")
    frame = a_frame()
    mean = mpi.mean(survey_of(frame), "y", by=["g"], deff=True)
    found = mpi.precision(mean, ["deff"])
    assert found["deff"][0] == pytest.approx(plain_deff(frame["y"].to_numpy(), frame["w"].to_numpy(), mean.se[0]))
    assert mpi.precision(mpi.proportion(survey_of(frame), "g", deff=True), "ess")["ess"].notna().all()
    profile = mpi.profile(frame, MEASURE, ["g"], weight="w", strata="stratum", psu="psu")
    one, other = (mpi.estimate(s, MEASURE, by=["g"], deff=True) for s in (survey_of(frame), profile))
    known = mpi.precision(one, ["deff", "n_with"]), mpi.precision(other, ["deff", "n_with"])
    for name in ("deff", "n_with"):
        assert known[1][name].to_numpy() == pytest.approx(known[0][name].to_numpy(), rel=1e-9, nan_ok=True)
    assert mpi.precision(other, "kish")["kish"].isna().all()
    with pytest.raises(mpi.MpiError, match="read the rows"):
        mpi.mean(
            mpi.Survey(nw.from_native(a_frame()).lazy("polars").to_native(), weight="w", psu="psu"), "y", deff=True
        )


def test_estimates_carry_them_where_they_are_taken_joined_and_written() -> None:
    est = mpi.estimate(survey_of(a_frame()), MEASURE, by=["g"], deff=True)
    part = est.select(statistic="H")
    want = mpi.precision(part, "deff")["deff"].to_numpy()
    assert mpi.precision(mpi.Estimates.from_json(str(part.to_json())), "deff")["deff"].to_numpy() == pytest.approx(want)
    assert mpi.precision(mpi.concat([part, part]), "deff")["deff"][: len(part)].to_numpy() == pytest.approx(want)
    plain = mpi.estimate(survey_of(a_frame()), MEASURE)
    with pytest.raises(mpi.MpiError, match="deff=True"):
        mpi.precision(plain, ["deff"])
    with pytest.raises(mpi.MpiError, match="did you mean 'kish'"):
        mpi.precision(est, "kisch")  # type: ignore[arg-type]  # a wrong word
    gap = mpi.gap(part, by="g", kinds="difference")
    assert gap.simple is None
    with pytest.raises(mpi.MpiError, match="deff=True"):
        mpi.precision(gap, "ess")
    assert mpi.precision(gap)["moe"].to_numpy() == pytest.approx((gap.conf_int()[1] - gap.conf_int()[0]) / 2)


def test_the_sample_size_of_a_precision_gives_it() -> None:
    """A survey of `n_needed` cases with this design has the margin of error that was wanted."""
    est = mpi.estimate(survey_of(a_frame()), MEASURE, by=["g"], statistics=["H"])
    found = mpi.sample_size(est, moe=0.02)
    se = est.se * np.sqrt(est.n / found["n_needed"])
    assert np.asarray(1.959964 * se) == pytest.approx(0.02, rel=0.01)
    assert mpi.sample_size(est, cv=0.1)["n_needed"].to_numpy() == pytest.approx(
        np.ceil(est.n * (est.se / est.value / 0.1) ** 2)
    )
    least = mpi.detectable(est)["detectable"].to_numpy()
    again = [mpi.sample_size(est.take([i]), change=float(x))["n_needed"][0] for i, x in enumerate(least)]
    assert again == pytest.approx(est.n, abs=1)
    half = mpi.sample_size(est, change=0.05, correlation=0.5)["n_needed"].to_numpy()
    assert half == pytest.approx(mpi.sample_size(est, change=0.05)["n_needed"].to_numpy() / 2, abs=1)


def test_the_power_of_a_detectable_change_is_what_was_asked() -> None:
    """Simulated: two independent rounds that differ by the detectable change are told apart in 80 of 100 cases."""
    est = mpi.estimate(survey_of(a_frame()), MEASURE, statistics=["H"])
    se, least = float(est.se[0]), float(mpi.detectable(est)["detectable"][0])
    rng = np.random.default_rng(3)
    z = (rng.normal(0, se, 200_000) - rng.normal(least, se, 200_000)) / (se * np.sqrt(2))
    assert (np.abs(z) > 1.959964).mean() == pytest.approx(0.8, abs=0.005)


def test_the_correlation_of_rounds_is_read_from_them() -> None:
    one = a_frame()
    two = one.assign(d1=np.where(np.random.default_rng(1).random(600) < 0.8, one["d1"], 1 - one["d1"]))
    rounds = pd.concat([one.assign(year=2016), two.assign(year=2018)])
    survey = mpi.Survey(rounds, weight="w", strata="stratum", psu="psu", wave="year", shared_psus=True)
    est = mpi.estimate(survey, MEASURE, statistics=["H"])
    V = est.vcov()
    R = V[0, 1] / np.sqrt(V[0, 0] * V[1, 1])
    found = mpi.detectable(est)
    assert found["correlation"].to_numpy() == pytest.approx(R)
    change = mpi.change(est, kinds=["change"])
    assert found["detectable"].mean() == pytest.approx(2.8015852 * change.se[0], rel=0.02)
    apart = mpi.Survey(rounds, weight="w", strata="stratum", psu="psu", wave="year", shared_psus=False)
    assert (mpi.detectable(mpi.estimate(apart, MEASURE, statistics=["H"]))["correlation"] == 0).all()


def test_aims_that_make_no_sense_are_refused() -> None:
    est = mpi.estimate(survey_of(a_frame()), MEASURE, statistics=["H"])
    for wrong, said in (
        ({}, "one of moe, cv and change"),
        ({"moe": 0.1, "cv": 0.1}, "moe and cv"),
        ({"cv": -1.0}, "positive"),
    ):
        with pytest.raises(mpi.MpiError, match=said):
            mpi.sample_size(est, **wrong)
    with pytest.raises(mpi.MpiError, match="power"):
        mpi.detectable(est, power=80)


def test_design_effects_are_those_of_r(field: Path) -> None:
    frame = pd.read_csv(field / "golden" / "syn.csv.gz").query("t == 1 and complete == 1")
    survey = mpi.Survey(frame, weight="w2", strata="stratum", psu="psu", single_psu="centered")
    names = [c for c in frame.columns if c.startswith("d_")]
    measure = mpi.Measure.nested("m", {"a": names[:2], "b": names[2:4], "c": names[4:]}, cutoff="1/3")
    est = mpi.estimate(survey, measure, by=["grp6", "region"], deff=True)
    table = mpi.precision(est, ["deff", "deff_without", "ess_without", "cv", "log_cv", "n_with", "kish"])
    golden = json.loads((field / "golden_next" / "a_tests.json").read_text(encoding="utf-8"))
    kinds = {"poor": ("H", None), "ck": ("M0", None)}
    for row in golden["deff"]:
        statistic, indicator = kinds.get(row["variable"], ("uncensored_headcount", row["variable"]))
        chosen = table[
            (table["statistic"] == statistic) & (table["group"] == {"all": "total"}.get(row["by"], row["by"]))
        ]
        chosen = chosen if indicator is None else chosen[chosen["indicator"] == indicator]
        assert chosen["deff" if row["kind"] == "replace" else "deff_without"].iloc[0] == pytest.approx(
            row["deff"], rel=1e-9
        )
    assert table["kish"][0] == pytest.approx(golden["kish_deff_weights"], rel=1e-9)
    known = pd.read_csv(field / "golden_next" / "d_reliability.csv").query("data == 'syn_t1' and variable == 'poor'")
    mine = table[(table["statistic"] == "H") & (table["by"] == "region")].set_index("group").loc[known["group"]]
    pairs = {
        "deff_without": "deff",
        "ess_without": "ess",
        "cv": "cv",
        "log_cv": "log_cv",
        "n_with": "n_with",
        "df": "df",
    }
    for ours, theirs in pairs.items():
        assert mine[ours].to_numpy() == pytest.approx(known[theirs].to_numpy(), rel=1e-9)


def test_detectable_changes_and_sizes_by_hand(hand: dict) -> None:
    """Two independent rounds of 800 cases, a rate of 20 per cent, a design effect of 2.5."""
    case = hand["mde"]["expected"]
    rate = mpi.mean(mpi.Survey(pd.DataFrame({"y": [1.0] + [0.0] * 4})), "y")
    error = np.array([np.sqrt(case["p"] * (1 - case["p"]) / case["n1"] * case["deff"])])
    est = replace(rate, se=error, n=np.array([float(case["n1"])]), df=np.array([np.inf]))
    aims = {"correlation": 0.0, "power": case["power"], "level": 1 - case["alpha"]}
    assert mpi.detectable(est, **aims)["detectable"][0] == pytest.approx(case["mde"], rel=1e-12)
    assert np.ceil(mpi.sample_size(est, change=0.05, **aims)["n_needed"][0]) == case["n_per_group_for_5pp"]
