"""Examples that can be checked by hand, and what R says about the survey of our own."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mpi
from mpi.inference.intervals import interval

EXACT = 1e-12


def estimates(g0: list, weights: list, k: object, size: list | None = None, **options: object) -> mpi.Estimates:
    names = [f"g{j}" for j in range(len(weights))]
    frame = pd.DataFrame(np.array(g0, dtype=int), columns=names).assign(size=size or 1)
    indicators = [
        mpi.Indicator(n, dimension=d, weight=w)
        for n, d, w in zip(names, options.pop("dimensions", names), weights, strict=True)
    ]
    measure = mpi.Measure("hand", indicators, k, **options)
    return mpi.estimate(mpi.Survey(frame, size="size"), measure)


def values(est: mpi.Estimates, statistic: str) -> np.ndarray:
    rows = est.select(statistic=statistic)
    return rows.value[[i is not None for i in rows.keys["indicator"].to_list()]]


def one(est: mpi.Estimates, statistic: str) -> float:
    (value,) = est.select(statistic=statistic).value
    return float(value)


def check(est: mpi.Estimates, expected: dict) -> None:
    for statistic in ("H", "A", "M0"):
        assert one(est, statistic) == pytest.approx(expected[statistic], abs=EXACT)
    names = {
        "hd": "uncensored_headcount",
        "hdk": "censored_headcount",
        "actb": "contribution",
        "pctb": "contribution_share",
    }
    for key, statistic in names.items():
        if key in expected:
            assert values(est, statistic) == pytest.approx(expected[key], abs=EXACT)


@pytest.mark.parametrize("name", ["af_4x4_cardinal", "af_4x4_weighted", "oup_box_5_5"])
def test_four_persons(hand: dict, name: str) -> None:
    example = hand[name]
    g0 = hand[example.get("data", name)]["g0"]
    check(estimates(g0, example["weights"], example["k_share"]), example["expected"])


def test_two_societies_of_one_m0(hand: dict) -> None:
    second = hand["oup_box_5_5"]["second_society"]["expected"]
    # scores 0, 1/2, 1/2, 1/2 of the second society
    est = estimates([[0, 0, 0, 0], [1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]], [0.25] * 4, "1/2")
    check(est, second)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_cutoffs_as_counts(hand: dict, count: int) -> None:
    example = hand["af_4x4_cardinal"]
    check(
        estimates(example["g0"], example["weights"], Fraction(count, 4)),
        hand["af_4x4_cardinal_kgrid"]["expected"][str(count)],
    )


def tn5(hand: dict) -> mpi.Estimates:
    example = hand["undp_tn5_4households"]
    dimensions = ["health"] * 2 + ["education"] * 2 + ["living"] * 6
    return estimates(
        example["g0"],
        example["weights"],
        "1/3",
        example["household_size"],
        dimensions=dimensions,
        severe="1/2",
        vulnerable="1/5",
    )


def test_people_are_counted_not_households(hand: dict) -> None:
    example = hand["undp_tn5_4households"]["expected"]
    est = tn5(hand)
    check(est, example)
    shares = est.select(statistic="contribution_share", indicator=None)
    assert shares.keys["dimension"].to_list() == ["health", "education", "living"]
    assert shares.value == pytest.approx(example["dimension_contribution"], abs=EXACT)


def test_a_household_exactly_on_the_cutoff_is_severely_poor(hand: dict) -> None:
    """1/6 + 1/6 + 3/18 is 1/2; in floats, added in matrix order, it is 0.49999999999999994 (float_trap)."""
    assert hand["float_trap"]["expected"]["ge_half_naive"] is False
    example = hand["undp_tn_severe_vulnerable"]["expected"]
    est = tn5(hand)
    assert one(est, "severe") == pytest.approx(example["severe_50plus"], abs=EXACT)
    assert one(est, "vulnerable") == pytest.approx(example["vulnerable_20_33"], abs=EXACT)
    assert one(est, "inequality") == pytest.approx(example["inequality_among_poor_variance"], abs=EXACT)


@pytest.mark.parametrize(
    ("weights", "k"),
    [
        (["0.075"] * 12 + ["1/30"] * 3, "0.225"),  # three of twelve lie on it
        ([0.1, 0.7, 0.2], 0.8),  # 0.1 + 0.7 < 0.8 in floats
        ([0.1] * 10, 0.7),
        ([0.05, 0.15] * 5, 0.35),
        ([1 / 12] * 12, 1 / 2),
        ([1 / 6] * 4 + [1 / 18] * 6, 1 / 3),
    ],
)
def test_ties_that_floats_lose(weights: list, k: object) -> None:
    """Everyone's score is on the cutoff or an indicator off it, for every set of indicators whose weights add to k."""
    exact = [Fraction(str(w)) if not isinstance(w, float) else Fraction(w).limit_denominator(1000) for w in weights]
    target = Fraction(k).limit_denominator(1000) if isinstance(k, float) else Fraction(k)
    rng = np.random.default_rng(5)
    g0 = rng.random((4000, len(weights))) < 0.5
    poor = [sum(w for w, g in zip(exact, row, strict=True) if g) >= target for row in g0]
    on = [sum(w for w, g in zip(exact, row, strict=True) if g) == target for row in g0]
    assert sum(on) >= 15
    assert one(estimates(g0, weights, k), "H") == pytest.approx(np.mean(poor), abs=EXACT)


def test_the_published_row_of_viet_nam(hand: dict) -> None:
    row = hand["ophi_2020_vnm"]["expected"]
    assert row["MPI"] == pytest.approx(row["H"] * row["A"] / 1e4, abs=1e-9)


def test_interval_by_hand(hand: dict) -> None:
    e = hand["logit_ci"]["expected"]
    arrays = (np.array([float(e[x])]) for x in ("p", "se", "df"))
    low, high = interval("logit", *arrays, e["level"], np.array([0.0]))
    assert (low[0], high[0]) == pytest.approx((e["ll"], e["ul"]), abs=EXACT)


def test_headcount_curve_and_its_area(hand: dict) -> None:
    """M0(k) = k H(k) + the integral of H from k to 1."""
    example = hand["k_dominance_identity"]
    scores = np.round(np.array(example["scores"]) * 10).astype(int)
    g0 = np.arange(10)[None, :] < scores[:, None]
    frame = pd.DataFrame(g0.astype(int), columns=[f"g{j}" for j in range(10)])
    measure = mpi.Measure("tenths", [mpi.Indicator(c, dimension="x", weight="1/10") for c in frame], "1/10")
    est = mpi.estimate(mpi.Survey(frame), measure, cutoffs=[str(k) for k in example["k"]], statistics=["H", "M0"])
    H, M0 = (est.select(statistic=s).value for s in ("H", "M0"))
    assert pytest.approx(example["expected"]["H"], abs=EXACT) == H
    assert pytest.approx(example["expected"]["M0"], abs=EXACT) == M0
    k = np.arange(1, 11) / 10
    area = np.array([0.1 * H[i + 1 :].sum() for i in range(10)])
    assert pytest.approx(k * H + area, abs=EXACT) == M0


# --- the survey of our own, against R -------------------------------------------------------------------------------

MEASURE = mpi.Measure(
    "own",
    [mpi.Indicator(f"d{j + 1}", dimension=f"x{j // 2}", weight=w) for j, w in enumerate(["1/4"] * 2 + ["1/8"] * 4)],
    "3/8",
)
R = 1e-9


def own_survey(path: Path, drop: int | None = None, **options: object) -> mpi.Survey:
    frame = pd.read_csv(path)
    if drop is not None:
        frame = frame[frame.psu != drop]
    design = {"weight": "weight", "strata": "stratum", "psu": "psu", "size": "hhsize", **options}
    return mpi.Survey(frame, **{k: v for k, v in design.items() if v})


def test_levels_and_covariances_as_r(own: dict, own_survey_path: Path) -> None:
    e = own["expected"]
    est = mpi.estimate(own_survey(own_survey_path), MEASURE, by=["eth"], df="design")
    both = est.select(by="total", statistic=["M0", "H"])
    assert both.value == pytest.approx(e["M0_H"]["est"], abs=R)
    assert both.vcov() == pytest.approx(np.array(e["M0_H"]["vcov"]), abs=R)
    assert set(est.df) == {e["degf"]}
    pairs = {"hd": "uncensored_headcount", "hdk": "censored_headcount", "pctb": "contribution_share"}
    for key, statistic in pairs.items():
        rows = est.select(by="total", statistic=statistic, indicator=list(MEASURE.names))
        assert rows.value == pytest.approx(e[key]["est"], abs=R)
        assert rows.se == pytest.approx(e[key]["se"], abs=R)
    a = est.select(by="total", statistic="A")
    assert (a.value[0], a.se[0]) == pytest.approx((e["A"]["est"], e["A"]["se"]), abs=R)


def test_groups_as_r(own: dict, own_survey_path: Path) -> None:
    e = own["expected"]
    est = mpi.estimate(own_survey(own_survey_path), MEASURE, by=["eth"]).select(by="eth")
    m0 = est.select(statistic="M0")
    assert m0.value == pytest.approx(e["M0_by_eth"]["est"], abs=R)
    assert m0.vcov() == pytest.approx(np.array(e["M0_by_eth"]["vcov"]), abs=R)
    share = est.select(statistic="population_share")
    assert share.value == pytest.approx(e["popshare"]["est"], abs=R)
    assert share.se == pytest.approx(e["popshare"]["se"], abs=R)
    part = est.select(statistic="group_contribution", group="A")
    assert (part.value[0], part.se[0]) == pytest.approx(tuple(e["group_contrib_A"].values()), abs=R)


def test_contrasts_as_r(own: dict, own_survey_path: Path) -> None:
    e = own["expected"]
    m0 = mpi.estimate(own_survey(own_survey_path), MEASURE, by=["eth"]).select(by="eth", statistic="M0")
    made = {
        "M0_diff_A_B": m0.contrast([1, -1]),
        "M0_ratio_A_B": m0.contrast(lambda v: v[0] / v[1], name="ratio"),
        "M0_logratio_A_B": m0.contrast(
            lambda v: np.log(v[0] / v[1]), gradient=lambda v: [1 / v[0], -1 / v[1]], name="log ratio"
        ),
    }
    for key, found in made.items():
        assert (found.value[0], found.se[0]) == pytest.approx((e[key]["est"], e[key]["se"]), abs=R)
    t = made["M0_diff_A_B"].value[0] / made["M0_diff_A_B"].se[0]
    assert -t == pytest.approx(e["ttest"]["t"], abs=R)
    test = m0.wald_test([1, -1])
    assert test.df == (1, 10)
    assert test.statistic == pytest.approx(t**2, abs=R)


def test_gaps_and_parts_of_groups_as_r(own: dict, own_survey_path: Path) -> None:
    e = own["expected"]
    est = mpi.estimate(own_survey(own_survey_path), MEASURE, by=["eth"])
    gaps = mpi.decompose.gap(est, "eth", kinds=["difference", "ratio", "log_ratio"]).select(statistic="M0")
    parts = mpi.decompose.groups(est, "eth").select(statistic="M0", contrast="group_share", group="A")
    found = {"M0_diff_A_B": gaps.take([0]), "M0_ratio_A_B": gaps.take([1]), "M0_logratio_A_B": gaps.take([2])}
    for key, one in {**found, "group_contrib_A": parts}.items():
        assert (one.value[0], one.se[0]) == pytest.approx((e[key]["est"], e[key]["se"]), abs=R)
    tested = mpi.decompose.significance(gaps.take([0]))
    assert -tested.t[0] == pytest.approx(e["ttest"]["t"], abs=R)


INTERVALS = {"logit": "H_ci_logit", "asin": "H_ci_asin", "beta": "H_ci_beta", "t": "H_ci_mean"}


@pytest.mark.parametrize("method", INTERVALS)
def test_intervals_as_r(own: dict, own_survey_path: Path, method: str) -> None:
    est = mpi.estimate(own_survey(own_survey_path), MEASURE, statistics=["H"]).with_interval(method)
    low, high = est.conf_int()
    assert (low[0], high[0]) == pytest.approx(tuple(own["expected"][INTERVALS[method]]), abs=R)


RULES = {"certainty": "certainty", "remove": "certainty", "adjust": "centered", "average": "scaled"}


@pytest.mark.parametrize("rule", RULES)
def test_one_psu_in_a_stratum_as_r(own: dict, own_survey_path: Path, rule: str) -> None:
    e = own["expected"][f"lonely_{rule}"]
    survey = own_survey(own_survey_path, drop=own["lonely_drop_psu"], single_psu=RULES[rule])
    est = mpi.estimate(survey, MEASURE, statistics=["M0", "H", "A"], df="design")
    assert est.se[:2] == pytest.approx(e["se"], abs=R)
    assert (est.value[2], est.se[2]) == pytest.approx((e["A"]["est"], e["A"]["se"]), abs=R)
    assert set(est.df) == {e["degf"]}


def test_one_psu_in_a_stratum_is_refused_by_name(own: dict, own_survey_path: Path) -> None:
    with pytest.raises(mpi.MpiError, match=r"1 of 4 strata have one PSU: 4 \(PSU 401\)\. .*certainty.*scaled"):
        own_survey(own_survey_path, drop=own["lonely_drop_psu"])


@pytest.mark.parametrize(("key", "rule"), [("domainlonely_FALSE", "keep"), ("domainlonely_TRUE", "adjust")])
def test_one_psu_of_a_stratum_in_the_domain_as_r(own: dict, own_survey_path: Path, key: str, rule: str) -> None:
    survey = own_survey(own_survey_path, single_psu="centered", single_in_group=rule)
    inside = survey.numbers("psu") != own["lonely_drop_psu"]
    est = mpi.estimate(survey, MEASURE, where=inside, statistics=["M0", "H"])
    e = own["expected"][key]
    assert est.value == pytest.approx(e["est"], abs=R)
    assert est.se == pytest.approx(e["se"], abs=R)
    assert set(est.df) == {e["degf"]}
    whole = mpi.estimate(survey, MEASURE, where=inside, statistics=["M0", "H"], df="design")
    assert set(whole.df) == {e["degf"] + 1}


@pytest.mark.parametrize(
    ("key", "options"),
    [("weights_only", {"strata": None, "psu": None}), ("cluster_only", {"strata": None}), ("fpc", {"fpc": "N"})],
)
def test_other_designs_as_r(own: dict, own_survey_path: Path, key: str, options: dict) -> None:
    frame = pd.read_csv(own_survey_path)
    frame["N"] = frame.stratum.map({1: 40, 2: 30, 3: 50, 4: 20})
    design = {"weight": "weight", "strata": "stratum", "psu": "psu", "size": "hhsize", **options}
    survey = mpi.Survey(frame, **{k: v for k, v in design.items() if v})
    est = mpi.estimate(survey, MEASURE, statistics=["M0", "H"])
    assert est.value == pytest.approx(own["expected"][key]["est"], abs=R)
    assert est.se == pytest.approx(own["expected"][key]["se"], abs=R)


def test_a_mean_is_its_own_ratio_and_total(own_survey_path: Path) -> None:
    survey = own_survey(own_survey_path)
    mean = mpi.mean(survey, "inc", by=["eth"])
    ones = mpi.Survey(pd.read_csv(own_survey_path).assign(one=1), **survey.roles)
    ratio = mpi.ratio(ones, "inc", "one", by=["eth"])
    assert mean.value == pytest.approx(ratio.value, rel=1e-13)
    assert mean.se == pytest.approx(ratio.se, rel=1e-12)
    total, people = (mpi.total(ones, c, by=["eth"]).value for c in ("inc", "one"))
    assert mean.value == pytest.approx(total / people, rel=1e-13)


def test_a_contrast_of_contrasts_is_the_contrast_of_its_terms(own_survey_path: Path) -> None:
    """Products of sparse matrices come unsorted; sorted late and in place, they once scrambled the covariances."""
    est = mpi.estimate(own_survey(own_survey_path), MEASURE, by=["eth"])
    table = np.random.default_rng(0).normal(size=(5, len(est)))
    inner = est.contrast(table)
    outer = inner.contrast(np.ones(5))
    assert outer.se == pytest.approx(est.contrast(table.sum(axis=0)).se, rel=1e-9)
    assert np.sqrt(inner.vcov().sum()) == pytest.approx(outer.se[0], rel=1e-9)


def test_each_oracle_is_in_the_table_and_is_read_by_the_tests_that_it_names() -> None:
    tests = Path(__file__).parents[1]
    rows = [
        line for line in (tests / "oracles/README.md").read_text(encoding="utf-8").splitlines() if line[:3] == "| `"
    ]
    told = {row.split("`")[1]: row.split(" | ")[-1] for row in rows}
    assert set(told) == {f.name for f in (tests / "oracles").iterdir() if f.is_dir()}
    for folder, readers in told.items():
        files = [n for n in readers.split("`") if n.endswith(".py")]
        texts = [(tests / name).read_text(encoding="utf-8") for name in files]
        fixtures = {"hand": "hand", "own_survey": "own"}
        assert any(folder in text or fixtures.get(folder, folder) in text for text in texts), folder
