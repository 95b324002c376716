"""Tests of independence against R, and against what they must be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mpi
from mpi.inference.rao_scott import mixture_tail, rao_scott, saddlepoint_tail

EXPECTED = json.loads(
    (Path(__file__).parents[1] / "oracles" / "independence" / "expected.json").read_text(encoding="utf-8")
)
R: dict[Any, str] = {"f": "F", "chi2": "Chisq", "wald": "Wald", "adjusted_wald": "adjWald"}
MEASURE = mpi.Measure.nested("m", {"health": ["d1"], "living": ["d2", "d3"]}, cutoff="1/2")


def arrays(by: str) -> tuple[np.ndarray, np.ndarray]:
    found = EXPECTED["tables"][by]
    return np.array(found["table"]), np.array(found["covariance"])


@pytest.mark.parametrize("by", ["grp6", "area"])
@pytest.mark.parametrize("test", R)
def test_each_statistic_is_that_of_r(by: str, test: Any) -> None:
    table, covariance = arrays(by)
    found = rao_scott(table, covariance, cases=EXPECTED["cases"], df=EXPECTED["df"], correction=test)
    known = EXPECTED["tables"][by]["r"][R[test]]
    assert found.value == pytest.approx(known["statistic"], rel=1e-9)
    assert found.df == pytest.approx(known["parameter"], rel=1e-9)
    assert found.pvalue == pytest.approx(known["p"], rel=1e-9)


@pytest.mark.parametrize("by", ["grp6", "area"])
def test_the_saddlepoint_is_that_of_r(by: str) -> None:
    """R rounds the degrees of freedom below down, but divides by them as they are."""
    table, covariance = arrays(by)
    given = {"cases": EXPECTED["cases"], "df": EXPECTED["df"]}
    found = rao_scott(table, covariance, **given, correction="saddlepoint")
    known = EXPECTED["tables"][by]["r"]["saddlepoint"]
    df = rao_scott(table, covariance, **given, correction="f").df[1]
    whole = np.floor(df + 1e-9)
    assert saddlepoint_tail(found.value * whole / df, found.effects, whole) == pytest.approx(known["p"], abs=1e-8)
    assert found.pvalue == pytest.approx(known["p"], abs=2e-4)
    exact = rao_scott(table, covariance, **given, correction="lincom")
    assert exact.pvalue == pytest.approx(known["p"], abs=1e-3)
    assert exact.pvalue != found.pvalue


@settings(max_examples=30, deadline=None)
@given(st.floats(0.05, 8), st.floats(4, 500), st.floats(0.3, 4))
def test_a_mixture_of_equal_weights_is_an_f(x: float, df: float, weight: float) -> None:
    from scipy.stats import f

    k = 3
    weights = np.full(k, weight)
    assert mixture_tail(x * k * weight, weights, df) == pytest.approx(f.sf(x, k, df), abs=1e-10)
    assert saddlepoint_tail(x * k * weight, weights, df) == pytest.approx(f.sf(x, k, df), abs=0.02)


def test_a_mixture_is_what_a_simulation_finds() -> None:
    weights, df, rng = np.array([3.0, 1.0, 0.2]), 12.0, np.random.default_rng(5)
    drawn = (rng.chisquare(1, (400_000, 3)) @ weights) / (rng.chisquare(df, 400_000) / df)
    for value in (1.0, 4.0, 12.0):
        assert mixture_tail(value, weights, df) == pytest.approx((drawn > value).mean(), abs=0.003)


def a_frame(seed: int = 4, groups: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    n = 600
    psu = np.arange(n) // 10
    frame = pd.DataFrame({f"d{j}": rng.random(n) < 0.3 + 0.02 * (psu % 7) for j in (1, 2, 3)})
    frame["g"] = rng.integers(0, groups, n).astype(str)
    return frame.assign(psu=psu, stratum=psu // 20, w=1 + rng.random(n))


def survey_of(frame: pd.DataFrame) -> mpi.Survey:
    return mpi.Survey(frame, weight="w", strata="stratum", psu="psu")


def a_survey(groups: int = 3) -> mpi.Survey:
    return survey_of(a_frame(groups=groups))


def test_a_simple_random_sample_has_pearsons_statistic() -> None:
    """With one case in each PSU and equal weights the design effects are 1 but for n / (n - 1)."""
    from scipy.stats import chi2_contingency

    frame = a_frame().assign(own=range(600))
    survey = mpi.Survey(frame, psu="own")
    est = mpi.estimate(survey, MEASURE, by=["g"])
    found = mpi.rao_scott(est, "g", test="chi2").iloc[0]
    scores = mpi.scores(survey, MEASURE)
    plain = chi2_contingency(pd.crosstab(scores["poor"], frame["g"]), correction=False)
    assert found["value"] == pytest.approx(plain.statistic, rel=1e-9)
    assert found["effect"] == pytest.approx(len(frame) / (len(frame) - 1), rel=0.02)
    assert found["p"] == pytest.approx(plain.pvalue, rel=0.05)


def test_shares_and_numbers_of_people_give_the_same_corrections() -> None:
    survey = a_survey()
    names: list[Any] = ["H", "population_share", "number_of_poor", "population"]
    numbers = mpi.estimate(survey, MEASURE, by=["g"], statistics=names)
    shares = mpi.estimate(survey, MEASURE, by=["g"], statistics=names[:2])
    one, other = (mpi.rao_scott(e, "g", test=["f", "chi2", "lincom", "wald"]) for e in (numbers, shares))
    assert one["p"][:3].to_numpy() == pytest.approx(other["p"][:3].to_numpy(), rel=1e-9)
    assert one["p"][3] == pytest.approx(other["p"][3], rel=0.2)
    alone = mpi.rao_scott(shares.select(by="g"), "g")  # without the total's degrees of freedom
    assert alone["df2"][0] == pytest.approx(other["df2"][0], rel=1e-12)


def test_two_groups_test_as_their_gap_does() -> None:
    """F of two groups is nearly the square of t of their gap; scale of weights and order of groups do not count."""
    survey = a_survey(groups=2)
    est = mpi.estimate(survey, MEASURE, by=["g"])
    found = mpi.rao_scott(est, "g").iloc[0]
    gap = mpi.gap(est.select(statistic="H"), by="g", kinds="difference")
    assert found["value"] == pytest.approx((gap.value[0] / gap.se[0]) ** 2, rel=0.02)
    frame = a_frame(groups=2)
    turned = frame.assign(w=frame["w"] * 7, g=frame["g"].map({"0": "z", "1": "a"}))
    other = mpi.estimate(survey_of(turned), MEASURE, by=["g"])
    assert mpi.rao_scott(other, "g")["p"][0] == pytest.approx(found["p"], rel=1e-9)


def test_each_indicator_has_a_row_and_odd_tables_have_no_p_value() -> None:
    survey = a_survey()
    est = mpi.estimate(survey, MEASURE, by=["g"], cutoffs=["1/2", "1"])
    found = mpi.rao_scott(est, "g", statistic="censored_headcount")
    assert found[["cutoff", "indicator"]].drop_duplicates().shape == (6, 2)
    nobody = mpi.estimate(survey_of(a_frame().assign(d1=False, d2=False)), MEASURE, by=["g"])
    assert mpi.rao_scott(nobody, "g")["p"].isna().all()


def test_what_cannot_be_tested_is_refused_in_a_sentence() -> None:
    survey = a_survey()
    est = mpi.estimate(survey, MEASURE, by=["g"])
    with pytest.raises(mpi.MpiError, match="did you mean 'wald'"):
        mpi.rao_scott(est, "g", test="walt")  # type: ignore[arg-type]  # a wrong word, or one of several
    with pytest.raises(mpi.MpiError, match="statistic"):
        mpi.rao_scott(est, "g", statistic="A")
    with pytest.raises(mpi.MpiError, match="population_share"):
        mpi.rao_scott(est.select(statistic="H"), "g")
    with pytest.raises(mpi.MpiError, match="1 of the groups has cases"):
        mpi.rao_scott(est.select(by="g", group="0"), "g")


def test_the_library_tests_its_own_estimates_as_r_does(field: Path) -> None:
    frame = pd.read_csv(field / "golden" / "syn.csv.gz").query("t == 1 and complete == 1")
    survey = mpi.Survey(frame, weight="w2", strata="stratum", psu="psu", single_psu="centered")
    names = [c for c in frame.columns if c.startswith("d_")]
    dimensions = {"health": names[:2], "education": names[2:4], "living": names[4:]}
    measure = mpi.Measure.nested("m", dimensions, cutoff="1/3")
    wanted: list[Any] = ["H", "population_share", "number_of_poor", "population"]
    est = mpi.estimate(survey, measure, by=["grp6", "area", "region"], statistics=wanted)
    known = json.loads((field / "golden_next" / "a_tests.json").read_text(encoding="utf-8"))["rao_scott"]
    names_of: dict[str, Any] = {v: k for k, v in R.items()}
    for row in known:
        if row["test"] in names_of:
            found = mpi.rao_scott(est, row["group"], test=names_of[row["test"]]).iloc[0]
            assert found["value"] == pytest.approx(row["statistic"], rel=1e-9)
            assert found["p"] == pytest.approx(row["p"], rel=1e-9)


def test_simultaneous_intervals_hold_the_critical_value_of_r(field: Path) -> None:
    frame = pd.read_csv(field / "golden" / "syn.csv.gz").query("t == 1 and complete == 1")
    survey = mpi.Survey(frame, weight="w2", strata="stratum", psu="psu", single_psu="centered")
    names = [c for c in frame.columns if c.startswith("d_")]
    measure = mpi.Measure.nested("m", {"a": names[:2], "b": names[2:4], "c": names[4:]}, cutoff="1/3")
    est = mpi.estimate(survey, measure, by=["grp6"], statistics=["H"], df="design")
    pairs = mpi.gap(est, by="grp6", kinds="difference")
    known = json.loads((field / "golden_next" / "a_tests.json").read_text(encoding="utf-8"))["all_pairs"]
    found = mpi.simultaneous(pairs)
    assert found["critical"].to_numpy() == pytest.approx(known["max_t_critical_95"], abs=1e-3)
    hochberg = mpi.significance(pairs, adjust="hochberg")["p_adjusted"]
    assert sorted(hochberg) == pytest.approx(sorted(row["hochberg"] for row in known["pairs"]), rel=1e-9)


def test_simultaneous_intervals_agree_with_their_tests() -> None:
    """A number whose joint interval leaves 0 out has an adjusted p value below 5 per cent, and no other has."""
    est = mpi.estimate(a_survey(groups=5), MEASURE, by=["g"], statistics=["H"])
    pairs = mpi.gap(est, by="g", kinds="difference")
    for adjust, test in (("max_t", "max_t_single_step"), ("bonferroni", "bonferroni"), ("sidak", "sidak")):
        made: Any = mpi.simultaneous(pairs, adjust=adjust)  # type: ignore[arg-type]  # a wrong word, or one of several
        p = mpi.significance(pairs, adjust=test)["p_adjusted"]  # type: ignore[arg-type]  # a wrong word, or one of several
        outside = (made["ci_low"] > 0) | (made["ci_high"] < 0)
        assert (outside == (p < 0.05)).all()
        one = mpi.simultaneous(pairs.take([0]), adjust=adjust)  # type: ignore[arg-type]  # a wrong word, or one of several
        assert one["ci_low"][0] == pytest.approx(pairs.conf_int()[0][0], abs=2e-5)
    with pytest.raises(mpi.MpiError, match="level"):
        mpi.simultaneous(pairs, level=95)
