"""Errors by replicates: given and made ones, held against formulae, linearised errors and R."""

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

MEASURE = mpi.Measure.nested("m", {"a": ["x"], "b": ["y"]}, cutoff="1/2")
STATISTICS = ["H", "M0", "A", "number_of_poor", "population_share", "poor_share", "contribution_share", "inequality"]


def sample(seed: int = 5, psus: int = 24, strata: int = 4) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    psu = np.repeat(np.arange(psus), rng.integers(2, 7, psus))
    n = len(psu)
    return pd.DataFrame(
        {
            "psu": psu, "stratum": psu % strata, "w": rng.uniform(1, 4, n), "x": rng.integers(0, 2, n),
            "y": rng.integers(0, 2, n), "sex": rng.choice(["f", "m"], n), "g": rng.integers(0, 2, n), "N": 40, "M": 12,
        }
    )  # fmt: skip


def survey(frame: pd.DataFrame, **more: Any) -> mpi.Survey:
    return mpi.Survey(frame, weight="w", strata="stratum", psu="psu", **more)


def weights_of(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[float]]:
    """Return the frame with the replicate weights of the stratified jackknife, written out row by row."""
    found, scales = {}, []
    for h, own in frame.groupby("stratum"):
        psus = own["psu"].unique()
        for c in psus:
            raised = frame["w"].where(frame["stratum"] != h, frame["w"] * len(psus) / (len(psus) - 1))
            found[f"rw{len(scales)}"] = raised.where(frame["psu"] != c, 0.0)
            scales.append((len(psus) - 1) / len(psus))
    return pd.concat([frame, pd.DataFrame(found)], axis=1), scales


def naive(frame: pd.DataFrame, scales: list[float], figure: Any, *, mse: bool) -> float:
    whole = figure(frame["w"])
    each = np.array([figure(frame[f"rw{r}"]) for r in range(len(scales))])
    return float(np.sqrt(np.array(scales) @ (each - (whole if mse else each.mean())) ** 2))


@pytest.mark.parametrize("mse", [False, True])
def test_every_figure_is_made_again_in_each_replicate(mse: bool) -> None:  # a case
    frame, scales = weights_of(sample())
    given_ = survey(frame, replicate_weights="rw*", method="jkn", rscales=scales, mse=mse)
    made = mpi.replicate(survey(frame), "jkn", mse=mse)
    est, again = (mpi.estimate(s, MEASURE, by=["g"], statistics=STATISTICS) for s in (given_, made))
    np.testing.assert_allclose(est.se, again.se, rtol=1e-9, atol=1e-13)
    np.testing.assert_allclose(est.vcov(), again.vcov(), rtol=1e-8, atol=1e-13)
    score = frame[["x", "y"]].mean(axis=1)
    poor = (score >= 0.5).astype(float)
    for group in ("0", "1"):
        inside = (frame["g"].astype(str) == group).astype(float)

        def intensity(w: Any, inside: Any = inside) -> float:
            return float((w * inside * poor * score).sum() / (w * inside * poor).sum())

        def variance(w: Any, inside: Any = inside) -> float:
            mean = intensity(w, inside)
            return float((w * inside * poor * (score - mean) ** 2).sum() / (w * inside * poor).sum())

        figures = {
            "A": intensity,
            "H": lambda w, inside=inside: (w * inside * poor).sum() / (w * inside).sum(),
            "number_of_poor": lambda w, inside=inside: (w * inside * poor).sum(),
            "poor_share": lambda w, inside=inside: (w * inside * poor).sum() / (w * poor).sum(),
            "inequality": variance,
        }
        for name, figure in figures.items():
            found = est.select(statistic=name, group=group).se[0]
            assert found == pytest.approx(naive(frame, scales, figure, mse=mse), rel=1e-9), name


def test_means_and_lines_of_their_own_are_made_again_too() -> None:
    frame, scales = weights_of(sample().assign(v=lambda f: f["x"] * 3.0 + f["g"]))
    made = mpi.replicate(survey(frame), "jkn")
    mean, total = mpi.mean(made, "v", by=["g"]), mpi.total(made, "v", by=["g"])
    inside = frame["g"] == 1
    own = naive(frame, scales, lambda w: (w * inside * frame["v"]).sum() / (w * inside).sum(), mse=False)
    assert mean.select(group="1").se[0] == pytest.approx(own, rel=1e-9)
    own = naive(frame, scales, lambda w: (w * inside * frame["v"]).sum(), mse=False)
    assert total.select(group="1").se[0] == pytest.approx(own, rel=1e-9)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_the_jackknife_of_totals_is_the_linearised_error(seed: int) -> None:
    frame = sample(seed)
    for base, method in ((mpi.Survey(frame, weight="w", psu="psu"), "jk1"), (survey(frame), "jkn")):
        one, two = (mpi.total(s, "x", by=["g"]) for s in (base, mpi.replicate(base, method)))  # type: ignore[arg-type]  # a word
        np.testing.assert_allclose(one.vcov(), two.vcov(), rtol=1e-9, atol=1e-10)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000))
def test_the_same_replicates_whatever_the_order_scale_and_splitting_of_rows(seed: int) -> None:
    frame = sample(seed)
    halves = pd.concat([frame.assign(w=frame["w"] / 4), frame.assign(w=frame["w"] * 3 / 4)], ignore_index=True)
    others = [frame.sample(frac=1, random_state=3), frame.assign(w=frame["w"] * 9), halves]
    base = mpi.estimate(
        mpi.replicate(survey(frame), "bootstrap", 40, seed=seed), MEASURE, by=["g"], statistics=["H", "A"]
    )
    for other in others:
        made = mpi.replicate(survey(other.reset_index(drop=True)), "bootstrap", 40, seed=seed)
        again = mpi.estimate(made, MEASURE, by=["g"], statistics=["H", "A"])
        np.testing.assert_allclose(again.se, base.se, rtol=1e-8, atol=1e-12)


def test_bootstraps_agree_with_linearised_errors_on_average() -> None:
    frame = sample(11, 60, 4)
    for design in ({}, {"fpc": "N"}, {"fpc": "N", "fpc2": "M"}):
        one = survey(frame, **design)
        two = mpi.replicate(one, "bootstrap", 6_000, seed=2)
        both = mpi.compare_errors(*(mpi.total(s, ["x", "y"], by=["g"]) for s in (one, two)))
        assert both["ratio"].to_numpy() == pytest.approx(1, abs=0.04), design


def test_half_samples() -> None:
    frame = sample(4, 24, 12)
    for method, more in (("brr", {}), ("fay", {"fay": 0.4})):
        made = mpi.replicate(survey(frame), method, **more)  # type: ignore[arg-type]  # words of a tuple
        one, two = (mpi.total(s, "x", by=["g"]) for s in (survey(frame), made))
        np.testing.assert_allclose(one.vcov(), two.vcov(), rtol=1e-9, atol=1e-10)
        assert two.df.max() <= 12
    with pytest.raises(mpi.errors.RequestError, match="brr takes strata with two PSUs each; 4 of 4 have another"):
        mpi.replicate(survey(sample()), "brr")


def test_degrees_of_freedom_and_files() -> None:
    frame, scales = weights_of(sample())
    bare = mpi.Survey(frame, weight="w", replicate_weights="rw*", method="jkn", rscales=scales)
    est = mpi.estimate(bare, MEASURE, by=["g"])
    assert est.df.max() == 20  # the rank of the replicates less one: 24 PSUs in 4 strata
    named = mpi.estimate(mpi.replicate(survey(frame), "bootstrap", 50), MEASURE, by=["g"], df="design")
    assert named.df.max() == 20
    again = mpi.Estimates.from_json(est.to_json())
    np.testing.assert_array_equal(again.vcov(), est.vcov())
    gap = est.select(statistic="H", by="g").contrast([1, -1])
    V = est.select(statistic="H", by="g").vcov()
    assert gap.se[0] == pytest.approx(np.sqrt(V[0, 0] + V[1, 1] - 2 * V[0, 1]), rel=1e-10)
    design = mpi.Design(
        weight="w", replicate_weights=["rw0", "rw1"], method="user", scale=0.5, rscales=[1, 0.5], mse=True
    )
    assert mpi.Design.from_toml(design.to_toml()) == design


def test_programmes_name_their_rule() -> None:
    rng = np.random.default_rng(1)
    frame = sample()
    columns = {f"repwt{r}": frame["w"] * rng.uniform(0.5, 1.5, len(frame)) for r in range(80)}
    frame = pd.concat([frame, pd.DataFrame(columns)], axis=1)
    acs = mpi.Survey(frame, weight="w", replicate_weights="repwt*", method="acs")
    mean = mpi.mean(acs, "x")
    each = np.array([np.average(frame["x"], weights=frame[c]) for c in columns])
    assert mean.se[0] == pytest.approx(np.sqrt(4 / 80 * ((each - mean.value[0]) ** 2).sum()), rel=1e-9)


def test_clusters_left_out_and_not_raised_are_raised_for_totals() -> None:
    frame = sample()
    for c in frame["psu"].unique():
        frame[f"rw{c}"] = frame["w"].where(frame["psu"] != c, 0.0)
    with pytest.warns(mpi.MpiWarning, match="does not raise the others, which gives wrong errors of totals"):
        raw = mpi.Survey(frame, weight="w", psu="psu", replicate_weights="rw*", method="dhs")
    made = mpi.replicate(mpi.Survey(frame, weight="w", psu="psu"), "jk1", mse=True)
    one, two = (mpi.total(s, "x", by=["g"]) for s in (raw, made))
    np.testing.assert_allclose(one.se, two.se, rtol=1e-9)


def test_a_group_that_some_replicates_lack_says_so() -> None:
    frame = sample().assign(g=lambda f: 1 - f["psu"].isin([0, 4]).astype(int))  # one group lies in two PSUs
    est = mpi.estimate(mpi.replicate(survey(frame), "bootstrap", 100, seed=1), MEASURE, by=["g"], statistics=["H"])
    assert "error of the others" in str(est.select(group="0").flag.to_list())
    factors = mpi.replicate(survey(frame), "bootstrap", 100, seed=1).design.split.replication.factors
    psu = frame["psu"].to_numpy()
    w = factors[:, psu] * frame["w"].to_numpy() * (frame["g"] == 0).to_numpy()
    poor = (frame[["x", "y"]].mean(axis=1) >= 0.5).to_numpy()
    there = w.sum(axis=1) > 0
    rates = (w @ poor)[there] / w.sum(axis=1)[there]
    assert 0 < there.sum() < 100
    own = np.sqrt(((rates - rates.mean()) ** 2).sum() / 99 * 100 / there.sum())
    assert est.select(group="0").se[0] == pytest.approx(own, rel=1e-9)
    alone = frame.assign(g=lambda f: (f["psu"] > 0).astype(int))
    one = mpi.estimate(mpi.replicate(survey(alone), "jkn"), MEASURE, by=["g"], statistics=["H"])
    assert not one.select(group="0").estimable[0]


def test_rounds_with_replicates_are_pooled() -> None:
    one, two = mpi.replicate(survey(sample(1)), "jkn"), mpi.replicate(survey(sample(2)), "bootstrap", 50)
    both = mpi.pool({1: one, 2: two}, shared_psus=False)
    est = mpi.estimate(both, MEASURE, by=["g"], statistics=["H", "population_share"])
    for wave, own in ((1, one), (2, two)):
        alone = mpi.estimate(own, MEASURE, by=["g"], statistics=["H", "population_share"])
        np.testing.assert_allclose(est.select(wave=wave).se, alone.se, rtol=1e-9, atol=1e-13)
    with pytest.raises(mpi.errors.RequestError, match="some have replicates and some do not"):
        mpi.pool({1: one, 2: survey(sample(2))}, shared_psus=False)


def test_a_psu_of_two_rounds_is_left_out_of_both() -> None:
    two = mpi.load_sample()
    totals = [mpi.total(s, "age", by=["sex"]) for s in (two, mpi.replicate(two, "jkn"))]
    np.testing.assert_allclose(totals[1].vcov(), totals[0].vcov(), rtol=1e-8, atol=1e-3)
    assert abs(totals[0].vcov()[0, 1]) > 1
    changes = [mpi.change(mpi.estimate(s, mpi.load_measure("gso-mdp"))) for s in (two, mpi.replicate(two, "jkn"))]
    both = mpi.compare_errors(*(c.select(statistic=["H", "M0"]) for c in changes))
    assert both["ratio"].to_numpy() == pytest.approx(1, abs=0.02)


def test_regressions_deviate_to_first_order() -> None:
    frame = sample(9, 60).assign(age=lambda f: f.index % 40)
    one, two = survey(frame), mpi.replicate(survey(frame), "jkn")
    est = [mpi.decompose.oaxaca(s, "x", ["age", "sex"], group="g", reference="0") for s in (one, two)]
    np.testing.assert_allclose(est[1].se, est[0].se, rtol=1e-8, atol=1e-12)
    margins = {"sex": {"f": 200, "m": 180}}
    est = [
        mpi.decompose.oaxaca(s.calibrate(margins), "x", ["age", "sex"], group="g", reference="0") for s in (one, two)
    ]
    plain = mpi.decompose.oaxaca(one, "x", ["age", "sex"], group="g", reference="0")
    assert not np.allclose(est[0].se, plain.se, rtol=1e-6, atol=0)


def test_calibrated_surveys_are_calibrated_in_each_replicate() -> None:
    frame = sample()
    margins = {"sex": {"f": 200, "m": 180}}
    for how in ("poststratify", "rake", "linear"):
        first = mpi.replicate(survey(frame).calibrate(margins, how), "jkn")  # type: ignore[arg-type]  # a word
        last = mpi.replicate(survey(frame), "jkn").calibrate(margins, how)  # type: ignore[arg-type]  # a word
        est = [mpi.estimate(s, MEASURE, by=["g", "sex"], statistics=["H", "population"]) for s in (first, last)]
        np.testing.assert_allclose(est[0].se, est[1].se, rtol=1e-9, atol=1e-10)
        assert est[0].select(statistic="population", by="sex").se == pytest.approx(0, abs=1e-9)
        assert "calibrated to sex" in repr(first)
        assert "24 replicates (jkn)" in repr(first)


@pytest.mark.parametrize(
    ("more", "match"),
    [
        ({"replicate_weights": "rw*"}, "method: which kind of replicate weights are they"),
        ({"method": "jk1"}, "said of replicate_weights=, which are not given"),
        ({"replicate_weights": "rw*", "method": "jk2"}, "there is no kind of replicates 'jk2'"),
        ({"replicate_weights": "rw*", "method": "fay"}, "needs the share kept of the half left out"),
        ({"replicate_weights": "rw*", "method": "jkn"}, "rscales: method='jkn' needs"),
        ({"replicate_weights": "rw*", "method": "user"}, "scale: method='user' needs it"),
        ({"replicate_weights": "rw*", "method": "user", "scale": 1.0, "rscales": [1.0]}, "1 numbers for 24 replicate"),
        ({"replicate_weights": "z*", "method": "jk1"}, "names 0 columns"),
        ({"replicate_weights": ["rw0", "rv1"], "method": "jk1"}, "did you mean 'rw1'"),
        ({"replicate_weights": ["rw0", "sex"], "method": "jk1"}, "'sex'"),
        ({"replicate_weights": ["rw0", "bad"], "method": "jk1"}, "missing or negative weights"),
    ],
)
def test_what_cannot_be_is_refused(more: dict[str, Any], match: str) -> None:
    frame, _ = weights_of(sample())
    with pytest.raises(mpi.MpiError, match=match):
        survey(frame.assign(bad=-1.0), **more)


def test_surveys_that_replicates_cannot_be_made_of() -> None:
    frame = sample()
    made = mpi.replicate(survey(frame), "jkn")
    with pytest.raises(mpi.errors.RequestError, match="has replicates already"):
        mpi.replicate(made)
    with pytest.raises(mpi.errors.RequestError, match="rounds share PSUs, which method='jkn' leaves out"):
        mpi.replicate(mpi.load_sample())
    with pytest.raises(mpi.errors.RequestError, match="knows one stage"):
        mpi.replicate(survey(frame, fpc="N", fpc2="M"), "jkn")
    with pytest.raises(mpi.errors.RequestError, match="have no figure in common"):
        mpi.compare_errors(mpi.mean(made, "x"), mpi.mean(made, "y"))
    with pytest.raises(mpi.errors.RequestError, match="figures differ themselves"):
        mpi.compare_errors(mpi.mean(made, "x"), mpi.mean(survey(frame.assign(w=1 + frame["x"])), "x"))
    pl = pytest.importorskip("polars", reason="Polars is an extra")
    with pytest.raises(mpi.errors.RequestError, match="not in memory"):
        mpi.replicate(survey(pl.from_pandas(frame).lazy()))


LAST = ["d_elct", "d_sani", "d_wtr", "d_hsg", "d_ckfl", "d_asst"]
NESTED = mpi.Measure.nested("m", {"d1": ["d_nutr", "d_cm"], "d2": ["d_satt", "d_educ"], "d3": LAST}, cutoff="1/3")
KINDS: Any = ["M0", "H", "A", "contribution_share"]
CUTOFFS = {20: "1/5", 33: "33/100", 50: "1/2"}


def rows_of_r(field: Path) -> pd.DataFrame:
    return pd.read_csv(field / "golden/syn.csv.gz").query("t == 1 and complete == 1").reset_index(drop=True)


def held(made: mpi.Survey, expected: pd.DataFrame) -> None:
    measure = NESTED
    cutoffs = list(CUTOFFS.values())
    with pytest.warns(mpi.MpiWarning, match="misses the score"):
        est = mpi.estimate(made, measure, by=["area", "grp6"], cutoffs=cutoffs, df="design", statistics=KINDS)
    table = est.table[(est.table["statistic"] != "contribution_share") | est.table["indicator"].notna()]
    ours = {
        (x.statistic, x.group, x.cutoff, x.indicator if isinstance(x.indicator, str) else None): x
        for x in table.itertuples()
    }
    for x in expected.itertuples():
        name = "contribution_share" if x.measure == "pctb" else x.measure
        group = "total" if x.by == "nat" else str(x.subg)
        found = ours[name, group, CUTOFFS[x.k], x.indicator if isinstance(x.indicator, str) else None]
        assert found.estimate == pytest.approx(x.est, rel=1e-12)
        assert found.se == pytest.approx(x.se, rel=1e-9)
        assert found.df == x.df


@pytest.mark.parametrize(
    ("config", "file"),
    [
        ("bootstrap_CantyDavison_200", "bootstrap200"), ("subbootstrap_RaoWu_200", "subbootstrap200"),
        ("mrbbootstrap_Preston_fpc_200", "mrbbootstrap200"), ("BRR_2psu", "brr"), ("Fay0.3_2psu", "fay03"),
    ],
)  # fmt: skip
def test_r_gives_the_same_of_given_replicates(field: Path, config: str, file: str) -> None:
    factors = pd.read_csv(field / f"golden/rep_{file}.csv.gz")
    scales = pd.read_csv(field / f"golden/rep_{file}.scales.csv.gz")
    rows = rows_of_r(field).merge(factors, on="psu")
    names = [c for c in factors.columns if c != "psu"]
    rows[names] = rows[names].mul(rows["w2"], axis=0)
    made = mpi.Survey(
        rows, weight="w2", strata="stratum", psu="psu", replicate_weights=names, method="user",
        scale=float(scales["scale"].iloc[0]), rscales=scales["rscale"].tolist(), mse=bool(scales["mse"].iloc[0]),
    )  # fmt: skip
    expected = pd.read_csv(field / "golden/survey_replicates.csv.gz").query("config == @config")
    if file in ("brr", "fay03"):  # R counts the replicates' rank; a figure has no more degrees than the PSUs it lies in
        expected = expected.assign(df=made.design.drawn.df([0]))
    held(made, expected)


@pytest.mark.parametrize(
    ("config", "method", "mse"), [("JKn", "jkn", False), ("JKn_mse", "jkn", True), ("JK1", "jk1", False)]
)
def test_r_gives_the_same_of_made_replicates(field: Path, config: str, method: Any, mse: bool) -> None:  # a case
    strata = {} if method == "jk1" else {"strata": "stratum"}
    base = mpi.Survey(rows_of_r(field), weight="w2", psu="psu", **strata)  # type: ignore[arg-type]  # one keyword
    expected = pd.read_csv(field / "golden/survey_replicates.csv.gz").query("config == @config")
    held(mpi.replicate(base, method, mse=mse), expected)


@pytest.mark.parametrize(
    ("config", "columns", "how"),
    [
        ("rep_JKn_poststratify_region", ["region"], "poststratify"),
        ("rep_JKn_rake", ["region", "area", "grp6"], "rake"),
        ("rep_JKn_calibrate_linear", ["region", "area"], "linear"),
    ],
)
def test_r_gives_the_same_of_calibrated_replicates(field: Path, config: str, columns: list[str], how: Any) -> None:
    rows = rows_of_r(field)
    given_ = json.loads((field / "golden_next/a_calibration_margins.json").read_text(encoding="utf-8"))
    keys = {"region": "regf", "area": "areaf", "grp6": "grp6"}
    margins = {c: {r[keys[c]]: r["Freq"] for r in given_[c]} for c in columns}
    base = mpi.Survey(rows, weight="w2", strata="stratum", psu="psu").calibrate(margins, how)
    est = mpi.estimate(mpi.replicate(base, "jkn"), NESTED, by=["grp6"], statistics=["H", "M0", "A", "number_of_poor"])
    expected = pd.read_csv(field / "golden_next/a_calibration.csv").query("config == @config")
    for x in expected.itertuples():
        name = "number_of_poor" if x.measure == "n_poor" else x.measure
        own = est.select(statistic=name, group="total" if x.by == "nat" else x.subg)
        assert own.value[0] == pytest.approx(x.est, rel=1e-11)
        assert own.se[0] == pytest.approx(x.se, rel=1e-9)
    assert len(expected) == 28


def test_dhs_and_derived_figures(field: Path) -> None:
    given_ = json.loads((field / "golden_next/a_tests.json").read_text(encoding="utf-8"))
    rows = rows_of_r(field)
    dhs = mpi.replicate(mpi.Survey(rows, weight="w2", psu="psu"), "jk1", mse=True)
    est = mpi.estimate(dhs, NESTED, by=["grp6"], statistics=["H", "M0", "A", "uncensored_headcount"])
    errors = given_["dhs_jackknife"]["se"]
    for name in ("H", "M0", "A"):
        assert est.select(statistic=name, group="total").se[0] == pytest.approx(errors[name], rel=1e-9)
    assert est.select(indicator="d_sani", group="total").se[0] == pytest.approx(errors["d_sani"], rel=1e-9)
    groups = est.select(statistic="H", group=["G1", "G2"])
    assert groups.se[0] == pytest.approx(errors["H_G1"], rel=1e-9)
    assert groups.contrast([1, -1]).se[0] == pytest.approx(errors["gap_G1_G2"], rel=1e-9)
    jkn = mpi.replicate(mpi.Survey(rows, weight="w2", strata="stratum", psu="psu"), "jkn", mse=True)
    own = mpi.estimate(jkn, NESTED, by=["grp6"], statistics=["H"]).select(by="grp6")
    known = given_["JKn_mse_derived"]
    np.testing.assert_allclose(own.vcov(), known["vcov"], rtol=1e-9, atol=1e-14)
    two = own.select(group=["G1", "G2"])
    assert two.contrast([1, -1]).se[0] == pytest.approx(known["gap_G1_G2_se"], rel=1e-9)
    ratio = two.contrast(lambda v: v[0] / v[1], gradient=lambda v: [1 / v[1], -v[0] / v[1] ** 2])
    assert ratio.se[0] == pytest.approx(known["ratio_G1_G2_delta_se"], rel=1e-9)


# the survey of our own, which everybody has


def errors_of(made: mpi.Survey, measure: mpi.Measure) -> list[float]:
    est = mpi.estimate(made, measure, statistics=["M0", "H", "A"])
    return [est.select(statistic=name).se[0] for name in ("M0", "H", "A")]


def test_r_gives_the_same_of_the_survey_of_our_own(own_survey_path: Path, own: dict[str, Any]) -> None:
    expected, frame = own["expected"], pd.read_csv(own_survey_path)
    names = [f"d{j}" for j in range(1, 7)]
    weights = ["1/4", "1/4", "1/8", "1/8", "1/8", "1/8"]
    indicators = [mpi.Indicator(n, dimension=n, weight=w) for n, w in zip(names, weights, strict=True)]
    measure = mpi.Measure("own", indicators, "3/8")
    design: Any = {"weight": "weight", "strata": "stratum", "psu": "psu", "size": "hhsize"}
    bare = {k: v for k, v in design.items() if k != "strata"}
    half = frame[frame["psu"].isin(own["brr_psus"])].reset_index(drop=True)
    made = {
        "JK1": mpi.replicate(mpi.Survey(frame, **bare), "jk1"),
        "JKn": mpi.replicate(mpi.Survey(frame, **design), "jkn"),
        "JKn_mse": mpi.replicate(mpi.Survey(frame, **design), "jkn", mse=True),
    }
    for name, rows in (("BRR", half), ("Fay", half), ("bootstrap", frame)):
        r = expected[name]
        factors = np.array(r["repweights"])
        columns = {f"rw{i}": rows["weight"] * factors[:, i] for i in range(factors.shape[1])}
        method = {"BRR": "brr", "Fay": "fay", "bootstrap": "bootstrap"}[name]
        more: Any = {"fay": 0.3} if name == "Fay" else {}
        data = pd.concat([rows, pd.DataFrame(columns)], axis=1)
        made[name] = mpi.Survey(data, **design, replicate_weights="rw*", method=method, **more)
    for name, survey_ in made.items():
        r = expected[name]
        # R's factors of the bootstrap have 12 digits after the point
        assert errors_of(survey_, measure) == pytest.approx([*r["se"], r["A"]["se"]], rel=1e-9), name
    own_half = mpi.replicate(mpi.Survey(half, **design), "brr")
    assert errors_of(own_half, measure)[:2] == pytest.approx(expected["BRR"]["se"], rel=0.1)
