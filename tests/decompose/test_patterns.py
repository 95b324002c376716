"""Functions of the deprivation pattern: examples by hand, row-by-row arithmetic, identities, and errors."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import replace
from fractions import Fraction
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mpi
from bootstrap_patterns import Naive, by_library, simulate
from bootstrap_patterns import measure as simulated
from mpi.decompose.dispersion.powers import MOST, shapley_of_power
from mpi.estimation.parts import ColumnLabels
from mpi.estimation.pattern_ratios import Quantity, pattern_estimates
from mpi.results.concat import concat

EXACT = 1e-12
DESIGN = {"weight": "w", "strata": "stratum", "psu": "psu"}
SETTINGS = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def expected() -> dict:
    path = Path(__file__).parents[1] / "oracles/patterns/expected.json"
    return json.loads(path.read_text(encoding="utf-8"))


def value(est: mpi.Estimates, statistic: str, **conditions: object) -> float:
    (found,) = est.select(statistic=statistic, **{"contrast": "level", "by": "total", **conditions}).value
    return float(found)


def values(est: mpi.Estimates, statistic: str, **conditions: object) -> np.ndarray:
    found = est.select(statistic=statistic, **{"contrast": "level", "by": "total", **conditions})
    return found.value[[i is not None for i in found.keys["indicator"].to_list()]]


def equal_weights(g0: list, k: object) -> tuple[mpi.Survey, mpi.Measure]:
    names = [f"g{j}" for j in range(len(g0[0]))]
    frame = pd.DataFrame(np.array(g0, dtype=int), columns=names)
    return mpi.Survey(frame), mpi.Measure.nested("hand", {n: [n] for n in names}, k)


# --- examples by hand -----------------------------------------------------------------------------------------------


def test_powers_of_the_score(hand: dict, expected: dict) -> None:
    example = expected["m_gamma"]["expected"]
    gammas = [float(g) for g in example["M0_gamma"]]
    survey, measure = equal_weights(hand["oup_box_5_5"]["g0"], "1/2")
    est = mpi.decompose.distribution(survey, measure, gammas=gammas)
    for gamma, wanted in example["M0_gamma"].items():
        assert value(est, f"M0^{gamma}") == pytest.approx(wanted, abs=EXACT)
    for gamma in (2, 3):
        parts = values(est, f"contribution_M0^{gamma}")
        assert parts == pytest.approx(example[f"shapley_gamma{gamma}"], abs=EXACT)
        shares = values(est, f"contribution_share_M0^{gamma}")
        assert shares == pytest.approx(parts / parts.sum(), abs=EXACT)


def test_squared_scores_of_the_union(hand: dict, expected: dict) -> None:
    example = expected["cspi_rippin"]["expected"]
    est = mpi.decompose.distribution(*equal_weights(hand["oup_box_5_5"]["g0"], "1/2"))
    for statistic, key in {
        "CSPI": "CSPI", "union_H": "H_union", "union_A": "A_union", "union_GE2": "GE2_among_deprived",
    }.items():  # fmt: skip
        assert value(est, statistic) == pytest.approx(example[key], abs=EXACT)


def test_ordinal_datt(hand: dict, expected: dict) -> None:
    example = expected["datt_M_alpha_beta"]["expected"]
    est = mpi.decompose.distribution(*equal_weights(hand["af_4x4_cardinal"]["g0"], "1/2"), betas=[1, 2, 3])
    for beta in (1, 2, 3):
        assert value(est, f"Datt(0, {beta})") == pytest.approx(example[f"alpha0_beta{beta}"], abs=EXACT)


def test_dual_measures_of_counts(expected: dict) -> None:
    example = expected["aaberge_dual"]
    g0 = [[int(j < count) for j in range(4)] for count in example["counts"]]
    est = mpi.decompose.distribution(*equal_weights(g0, "1/4"))
    wanted = example["expected"]
    assert value(est, "D(t)") == pytest.approx(wanted["mean"], abs=EXACT)
    assert value(est, "D(t^2)") == pytest.approx(wanted["D_gamma_t2"], abs=EXACT)
    assert value(est, "D(2t - t^2)") == pytest.approx(wanted["D_gamma_2t_minus_t2"], abs=EXACT)
    assert est.select(statistic="D(t)").n.tolist() == [4]


def test_inequality_among_the_poor(hand: dict) -> None:
    households, example = hand["undp_tn5_4households"], hand["inequality_among_poor"]
    frame = pd.DataFrame(households["g0"], columns=households["indicators"])
    frame = frame.assign(size=households["household_size"], place=example["groups"])
    weights = [Fraction(1, 6)] * 4 + [Fraction(1, 18)] * 6
    indicators = [
        mpi.Indicator(n, dimension="all", weight=w) for n, w in zip(households["indicators"], weights, strict=True)
    ]
    est = mpi.estimate(mpi.Survey(frame, size="size"), mpi.Measure("tn5", indicators, "1/3"), by=["place"])
    for beta in (1, 4):
        parts = mpi.decompose.inequality(est, "place", beta=beta)
        total, within, between = (
            parts.select(group="total", contrast=c).value[0] for c in ("total", "within", "between")
        )
        assert total == pytest.approx(example["expected"][f"beta{beta}"], abs=EXACT)
        assert within == pytest.approx(beta * example["expected"]["within"], abs=EXACT)
        assert between == pytest.approx(beta * example["expected"]["between"], abs=EXACT)


def test_inequality_among_the_poor_by_ethnicity(own_survey_path: Path, expected: dict) -> None:
    example = expected["ineq_poor_by_eth"]["expected"]
    est = mpi.estimate(*own(own_survey_path), by=["eth"])
    parts = mpi.decompose.inequality(est)
    for contrast, key in {"within": "within", "between": "between", "total": "V"}.items():
        assert parts.select(group="total", contrast=contrast).value[0] == pytest.approx(example[key], abs=1e-6)
    of_group = parts.select(contrast="within", group=["A", "B"]).value
    assert of_group == pytest.approx(np.array(example["share"]) * example["V_l"], abs=1e-6)


def test_groups_apart(expected: dict) -> None:
    example = expected["group_inequality"]
    (v, w), (a, b) = example["phi"], example["M0"]
    frame = pd.DataFrame({"g": ["a", "a", "b", "b"], "d": [1, 0, 1, 0], "w": [v * a, v * (1 - a), w * b, w * (1 - b)]})
    survey, measure = mpi.Survey(frame, weight="w"), mpi.Measure.nested("m", {"x": ["d"]}, 1)
    est = mpi.estimate(survey, measure, by=["g"])
    apart = mpi.decompose.disparity(est, beta=4)
    wanted = example["expected"]
    for kind, key in {
        "theil": "theil_T_between", "mean_log_deviation": "mld_between", "coefficient_of_variation": "cv",
        "dissimilarity": "D", "variance": "variance_between_beta4",
    }.items():  # fmt: skip
        assert apart.select(contrast=kind).value[0] == pytest.approx(wanted[key], abs=EXACT)


def test_entry_exit_and_those_still_poor(expected: dict) -> None:
    example = expected["panel_dynamic_decomposition"]
    twentieths = [1, 2, 4, 5, 8]
    indicators = [mpi.Indicator(f"g{j}", dimension="x", weight=Fraction(w, 20)) for j, w in enumerate(twentieths)]
    columns = {}
    for t in (1, 2):
        g = np.array([pattern(round(c * 20), twentieths) for c in example[f"c_t{t}"]])
        columns |= {f"g{j}_{t}": g[:, j] for j in range(5)}
    measure = mpi.Measure("m", indicators, example["k"])
    est = mpi.decompose.panel(mpi.Survey(pd.DataFrame(columns)), measure, {1: "{}_1", 2: "{}_2"})
    wanted = example["expected"]
    terms = {"change": "delta", "ongoing_change": "ongoing", "exit_change": "exit", "entry_change": "entry"}
    for contrast, key in terms.items():
        assert value(est, "M0", contrast=contrast) == pytest.approx(wanted[key], abs=EXACT)
    for statistic, key in {"ongoing_poor": "ongoing", "left_poverty": "exit", "entered_poverty": "entry"}.items():
        assert value(est, statistic) == pytest.approx(wanted["shares"][key], abs=EXACT)


def pattern(units: int, weights: list[int]) -> list[int]:
    """Return deprivations whose weights add up to a score."""
    for code in range(1 << len(weights)):
        bits = [code >> j & 1 for j in range(len(weights))]
        if sum(w for w, b in zip(weights, bits, strict=True) if b) == units:
            return bits
    raise AssertionError(units)


def test_chronic_poverty(expected: dict) -> None:
    example = expected["chronic_multidim"]
    g0 = np.array(example["g0"], dtype=int)  # people x rounds x indicators
    frame = pd.DataFrame({f"g{j}_{t}": g0[:, t, j] for t in range(3) for j in range(4)})
    measure = mpi.Measure.nested("m", {f"g{j}": [f"g{j}"] for j in range(4)}, example["k"])
    est = mpi.decompose.chronic(mpi.Survey(frame), measure, {t: f"{{}}_{t}" for t in range(3)}, duration=example["tau"])
    wanted = example["expected"]
    for statistic in ("H_C", "A_C", "D_C", "M0_C", "H_transient", "M0_transient"):
        assert value(est, statistic) == pytest.approx(wanted[statistic], abs=EXACT)
    assert values(est, "censored_headcount_C") == pytest.approx(wanted["censored_headcounts_C"], abs=EXACT)


# --- row by row, with missing answers -------------------------------------------------------------------------------


def own(path: Path) -> tuple[mpi.Survey, mpi.Measure]:
    survey = mpi.Survey(pd.read_csv(path), weight="weight", size="hhsize", strata="stratum", psu="psu")
    return survey, own_measure()


def test_people_whose_answers_are_missing_are_left_out_and_told() -> None:
    frame = pd.DataFrame({"a_1": [1, 1, np.nan, 0], "a_2": [1, 0, 1, np.nan], "w": [1.0, 2, 3, 4]})
    measure = mpi.Measure.nested("m", {"x": ["a"]}, 1)
    est = mpi.decompose.panel(mpi.Survey(frame, weight="w"), measure, {1: "{}_1", 2: "{}_2"})
    assert value(est, "unmatched") == pytest.approx(0.7)
    assert value(est, "H", wave=1) == 1
    assert value(est, "exit_rate") == pytest.approx(2 / 3)
    assert est.about["followed"].startswith("2 of 4 rows have answers in every round; the others, 70.0 per cent")
    entry = est.select(statistic="entry_rate")
    assert np.isnan(entry.value[0])
    assert entry.flag.at(0) == "nobody at risk in group"


def test_seventy_bits_and_more() -> None:
    """Seven rounds of ten indicators, some missing: more bits than an integer has."""
    rng = np.random.default_rng(4)
    n, d, T = 400, 10, 7
    g = (rng.random((n, T, d)) < rng.random((n, 1, 1))).astype(float)
    g[rng.random(g.shape) < 0.004] = np.nan
    w = rng.uniform(1, 2, n)
    frame = pd.DataFrame({f"g{j}_{t}": g[:, t, j] for t in range(T) for j in range(d)}).assign(w=w)
    measure = mpi.Measure.nested("m", {"x": [f"g{j}" for j in range(5)], "y": [f"g{j}" for j in range(5, d)]}, "1/2")
    est = mpi.decompose.chronic(
        mpi.Survey(frame, weight="w"), measure, {t: f"{{}}_{t}" for t in range(T)}, duration="4/7"
    )
    kept = ~np.isnan(g).any(axis=(1, 2))
    count = np.nan_to_num(g).sum(axis=2)
    poor = (count >= 5) & kept[:, None]
    chronic = poor.sum(axis=1) >= 4
    wanted = np.average((count / d * poor).sum(axis=1)[kept] / T * chronic[kept], weights=w[kept])
    assert value(est, "M0_C") == pytest.approx(wanted, abs=EXACT)
    assert value(est, "unmatched") == pytest.approx(w[~kept].sum() / w.sum(), abs=EXACT)


def test_the_weight_of_missing_answers_moves_within_its_dimension() -> None:
    frame = pd.DataFrame({"a": [1.0, np.nan, 1], "b": [np.nan, 1.0, 0], "c": [0.0, 1, 1]})
    measure = mpi.Measure.nested("m", {"x": ["a", "b"], "y": ["c"]}, "1/2", missing="reweight")
    est = mpi.decompose.distribution(mpi.Survey(frame), measure, gammas=[2, 3])
    scores = np.array([0.5, 1, 0.75])
    assert value(est, "M0^2") == pytest.approx((scores**2).mean(), abs=EXACT)
    assert values(est, "contribution_M0^3").sum() == pytest.approx((scores**3).mean(), abs=EXACT)
    assert "D(t)" not in est.keys["statistic"].values


@pytest.mark.parametrize("gamma", [0, 0.5, 1, 1.7, 2, 3])
def test_shapley_values_average_over_all_orders(gamma: float) -> None:
    parts = np.array([[0.3, 0.0, 0.2, 0.1, 0.2], [0.0, 0.0, 0.0, 0.0, 0.0], [0.2, 0.3, 0.2, 0.1, 0.0]])
    wanted = np.zeros_like(parts)
    orders = list(permutations(range(5)))
    for i, row in enumerate(parts):
        for order in orders:
            total = 0.0
            for j in order:
                after = total + row[j]
                wanted[i, j] += (after > 0) * after**gamma - (total > 0) * total**gamma
                total = after
    assert shapley_of_power(parts, gamma) == pytest.approx(wanted / len(orders), abs=EXACT)


def test_ties_are_exact_in_every_round() -> None:
    """Weights of 0.1, 0.7, 0.2 and a cutoff of 0.8: the first two reach it, though 0.1 + 0.7 < 0.8 in floats."""
    weights = {"a": 0.1, "b": 0.7, "c": 0.2}
    measure = mpi.Measure("tie", [mpi.Indicator(n, dimension="x", weight=w) for n, w in weights.items()], 0.8)
    frame = pd.DataFrame({f"{n}_{t}": [int(n != "c"), 0] for n in "abc" for t in (1, 2)})
    est = mpi.decompose.panel(mpi.Survey(frame), measure, {1: "{}_1", 2: "{}_2"})
    assert value(est, "ongoing_poor") == 0.5
    first = measure.with_columns({n: f"{n}_1" for n in weights})
    assert value(mpi.decompose.distribution(mpi.Survey(frame), first), "M0^0") == 0.5


def test_a_domain_keeps_the_design() -> None:
    frame, measure = simulate(psus=40, strata=4), simulated()
    survey = mpi.Survey(frame, weight="weight", strata="stratum", psu="psu")
    rounds = {t: f"{{}}_{t}" for t in (1, 2, 3)}
    every = mpi.decompose.chronic(survey, measure, rounds, by=["group"], df="design")
    chosen = (frame["group"] == "B").to_numpy()
    inside = mpi.decompose.chronic(survey, measure, rounds, where=chosen, df="design")
    same_numbers(every.select(group="B"), inside)
    assert inside.df.tolist() == [36.0] * len(inside)


def test_what_is_estimated_from_patterns_can_be_compared() -> None:
    """Levels go on to changes and gaps as any others do."""
    est = mpi.decompose.distribution(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["area"], gammas=[2])
    change = mpi.decompose.change(est, kinds="change").select(statistic=["M0^2", "D(t^2)", "union_GE2"], by="total")
    levels = est.select(statistic=["M0^2", "D(t^2)", "union_GE2"], by="total")
    before, after = levels.select(wave=2016), levels.select(wave=2018)
    assert change.value == pytest.approx(after.value - before.value, abs=EXACT)
    assert (
        mpi.decompose.disparity(
            mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["area"]), kinds="theil"
        ).se.min()
        > 0
    )


def test_cutoffs_and_weightings_keep_apart() -> None:
    """Each cutoff is the measure with that cutoff; inequality is taken apart cutoff by cutoff, weights by weights."""
    survey, measure = mpi.load_sample(), mpi.load_measure("gso-mdp")
    both = mpi.decompose.distribution(survey, measure, cutoffs=["1/5", "1/2"], gammas=[2], duals=[])
    for k in ("1/5", "1/2"):
        one = mpi.decompose.distribution(survey, measure.with_cutoff(k), gammas=[2], duals=[])
        same_numbers(both.select(cutoff=k), one.select(cutoff=k))
    assert len(both.select(statistic="CSPI")) == 2
    other = dict(zip(measure.dimensions, ["1/3", "1/6", "1/6", "1/6", "1/6"], strict=True))
    est = mpi.estimate(survey, measure, by=["area"], cutoffs=["1/5", "1/2"], weightings={"health": other})
    parts = mpi.decompose.inequality(est, "area").select(group="total", contrast="total")
    same_numbers(parts, est.select(statistic="inequality", by="total"))
    assert len(mpi.decompose.disparity(est, kinds="theil")) == 8


# --- errors ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def thousand() -> tuple[Naive, dict[str, tuple[float, float]]]:
    frame = simulate()
    return Naive(frame), by_library(frame)


def test_a_thousand_psus_against_arithmetic_of_their_own(thousand: tuple) -> None:
    naive, found = thousand
    plain = naive.plain()
    assert len(plain) > 45
    assert {k: found[k][0] for k in plain} == pytest.approx(plain, abs=EXACT)


def test_errors_are_those_of_replication(thousand: tuple) -> None:
    """Linearised errors against a jackknife, and 2,000 bootstrap replicates, whose own noise is 1.6 per cent."""
    naive, found = thousand
    jackknife, bootstrap = naive.jackknife(), naive.bootstrap(2000)
    for name, error in jackknife.items():
        assert found[name][1] == pytest.approx(error, rel=0.005), name
        assert found[name][1] == pytest.approx(bootstrap[name], rel=0.05), name


def everything(frame: pd.DataFrame, **design: str) -> mpi.Estimates:
    survey = mpi.Survey(frame, **design)
    measure = own_measure()
    est = mpi.estimate(survey, measure, by=["eth"])
    rounds = {1: measure, 2: {"d1": "d3", "d2": "d4", "d3": "e1", "d4": "e2", "d5": "e3", "d6": "e4"}}
    rounds[1] = measure.with_columns({"d3": "f3", "d4": "f4"})
    return concat(
        [
            mpi.decompose.distribution(survey, measure, by=["eth"], gammas=[0.5, 2, 3], betas=[3]),
            mpi.decompose.inequality(est),
            mpi.decompose.disparity(est),
            mpi.decompose.panel(survey, measure, rounds, by=["eth"]),
            mpi.decompose.chronic(survey, measure, rounds, by=["eth"], duration=1),
        ]
    )


def own_measure() -> mpi.Measure:
    weights = ["1/4", "1/4", "1/8", "1/8", "1/8", "1/8"]
    indicators = [mpi.Indicator(f"d{j + 1}", dimension=f"x{j // 2}", weight=w) for j, w in enumerate(weights)]
    return mpi.Measure("own", indicators, "3/8")


def test_influences_are_derivatives_and_jackknives_agree(own_survey_path: Path) -> None:
    """77 households: the influence of every third PSU is the derivative by its weight; a JKn jackknife is near."""
    frame = pd.read_csv(own_survey_path)
    frame = frame.assign(w=frame.weight * frame.hhsize, f3=frame.d3, f4=frame.d4)
    rng = np.random.default_rng(9)
    for j in range(1, 5):
        frame[f"e{j}"] = np.where(rng.random(len(frame)) < 0.3, 1 - frame[f"d{j}"], frame[f"d{j}"])
    est = everything(frame, **DESIGN)
    psus = frame.groupby(["stratum", "psu"]).ngroup().to_numpy()
    stratum = frame.groupby(psus)["stratum"].first()
    influence = est.influence.matrix().toarray()
    step, jackknife = 1e-6, np.zeros(len(est))
    for c in range(psus.max() + 1):
        if c % 3 == 0:
            up, down = (
                everything(frame.assign(w=frame.w * np.where(psus == c, 1 + s, 1)), **DESIGN) for s in (step, -step)
            )
            slope = (up.value - down.value) / (2 * step)
            known = ~np.isnan(slope) & (est.se > 0)
            assert influence[c][known] == pytest.approx(slope[known], abs=1e-7)
        n = int((stratum == stratum[c]).sum())
        factor = np.where(psus == c, 0, np.where((frame.stratum == stratum[c]), n / (n - 1), 1))
        left = everything(frame.assign(w=frame.w * factor), **DESIGN)
        jackknife += (n - 1) / n * (left.value - est.value) ** 2
    clear = (est.se > 0) & ~np.isnan(jackknife) & (est.keys["by"].index == est.keys["by"].values.index("total"))
    ratio = est.se[clear] / np.sqrt(jackknife[clear])
    assert 0.9 < np.median(ratio) < 1.05
    assert ((ratio > 0.7) & (ratio < 1.3)).mean() > 0.95


# --- identities -----------------------------------------------------------------------------------------------------


@st.composite
def worlds(draw: st.DrawFn) -> tuple[pd.DataFrame, mpi.Measure]:
    """People who are followed through three rounds, with some answers missing."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    d, n = draw(st.integers(1, 5)), draw(st.integers(30, 90))
    frame = pd.DataFrame({"h": np.arange(n) % 3, "c": np.arange(n) % 12, "w": rng.uniform(0.2, 5, n)})
    frame["across"] = rng.integers(3, size=n)
    frame["one"] = "x"
    level = rng.random((n, 1)) * draw(st.floats(0.3, 1.4))
    for t in (1, 2, 3):
        g = (rng.random((n, d)) < level).astype(float)
        g[rng.random(g.shape) < draw(st.sampled_from([0.0, 0.05]))] = np.nan
        frame[[f"g{j}_{t}" for j in range(d)]] = g
    parts = [draw(st.integers(1, 9)) for _ in range(d)]
    indicators = [
        mpi.Indicator(f"g{j}", dimension=f"x{j % 2}", weight=Fraction(p, sum(parts))) for j, p in enumerate(parts)
    ]
    cutoff = Fraction(draw(st.integers(1, sum(parts))), sum(parts))
    return frame, mpi.Measure("random", indicators, cutoff, missing=draw(st.sampled_from(["drop", "reweight"])))


def survey_of(frame: pd.DataFrame) -> mpi.Survey:
    return mpi.Survey(frame, weight="w", strata="h", psu="c")


def totals(est: mpi.Estimates, statistic: str, **conditions: object) -> np.ndarray:
    return est.select(statistic=statistic, **conditions).value


def same_numbers(a: mpi.Estimates, b: mpi.Estimates) -> None:
    assert a.value == pytest.approx(b.value, abs=1e-11, nan_ok=True)
    ours, theirs = (np.where(est.estimable, est.se, np.nan) for est in (a, b))
    assert ours == pytest.approx(theirs, abs=1e-9, nan_ok=True)


@SETTINGS
@given(worlds(), st.sampled_from([0.0, 0.5, 1.5, 2.0, 3.0]))
def test_distribution_adds_up(world: tuple, gamma: float) -> None:
    frame, measure = world
    first = measure.with_columns({n: f"{n}_1" for n in measure.names})
    est = mpi.decompose.distribution(survey_of(frame), first, by=["across", "one"], gammas=[gamma, 0, 1])
    plain = mpi.estimate(survey_of(frame), first, by=["across", "one"])
    for group in ("total", "x"):
        where = {"group": group}
        whole = totals(est, f"M0^{gamma:g}", **where)[0]
        assert totals(est, f"contribution_M0^{gamma:g}", **where).sum() == pytest.approx(whole, abs=1e-11)
        shares = est.select(statistic=f"contribution_share_M0^{gamma:g}", **where)
        named = np.array([i is not None for i in shares.keys["indicator"].to_list()])
        if whole > 0:
            assert shares.value[named].sum() == pytest.approx(1)
            assert shares.value[~named].sum() == pytest.approx(1)
        H, A, GE2 = (totals(est, s, **where)[0] for s in ("union_H", "union_A", "union_GE2"))
        if H > 0:
            assert totals(est, "CSPI", **where)[0] == pytest.approx(H * A**2 * (1 + 2 * GE2), abs=1e-11)
    for theirs, ours in {"H": "M0^0", "M0": "M0^1"}.items():
        same_numbers(est.select(statistic=ours), plain.select(statistic=theirs))
    same_numbers(est.select(by="total"), est.select(by="one"))
    if "D(t)" in est.keys["statistic"].values:
        mean, many, few = (totals(est, f"D({g})", by="total")[0] for g in ("t", "t^2", "2t - t^2"))
        assert many - mean == pytest.approx(mean - few, abs=1e-11)
        assert few <= mean + 1e-12


@SETTINGS
@given(worlds())
def test_panels_add_up_and_turn_round(world: tuple) -> None:
    frame, measure = world
    survey = survey_of(frame)
    there = mpi.decompose.panel(survey, measure, {1: "{}_1", 2: "{}_2"}, by=["across", "one"])
    back = mpi.decompose.panel(survey, measure, {"2": "{}_2", "1": "{}_1"}, by=["across", "one"])
    names = ("ongoing_change", "exit_change", "entry_change", "change")
    for statistic in ("M0", "H", "contribution"):
        parts = [totals(there, statistic, contrast=c) for c in (names[1:3] if statistic == "H" else names[:3])]
        change = totals(there, statistic, contrast="change")
        assert sum(parts) == pytest.approx(change, abs=1e-11, nan_ok=True)
        start, end = (totals(there, statistic, wave=w) for w in (1, 2))
        assert end - start == pytest.approx(change, abs=1e-11, nan_ok=True)
        for a, b in zip(names, ("ongoing_change", "entry_change", "exit_change", "change"), strict=True):
            if (statistic, a) == ("H", "ongoing_change"):
                continue
            turned = back.select(statistic=statistic, contrast=b)
            same_numbers(there.select(statistic=statistic, contrast=a), turned.contrast(-np.eye(len(turned))))
    for a, b in {"left_poverty": "entered_poverty", "ongoing_poor": "ongoing_poor", "unmatched": "unmatched"}.items():
        same_numbers(there.select(statistic=a), back.select(statistic=b))
    H, e, q = (totals(there, s, by="total")[0] for s in ("H", "entry_rate", "exit_rate"))
    change = totals(there, "H", contrast="change", by="total")[0]
    assert np.nan_to_num((1 - H) * e) - np.nan_to_num(H * q) == pytest.approx(change, abs=1e-11)
    states = ("ongoing_poor", "left_poverty", "entered_poverty", "never_poor")
    assert sum(totals(there, s, by="total")[0] for s in states) == pytest.approx(1)
    same_numbers(there.select(by="total"), there.select(by="one"))


@SETTINGS
@given(worlds(), st.sampled_from(["1/3", "2/3", 1, 0.5]))
def test_chronic_poverty_is_a_product(world: tuple, duration: object) -> None:
    frame, measure = world
    rounds = {t: f"{{}}_{t}" for t in (1, 2, 3)}
    est = mpi.decompose.chronic(survey_of(frame), measure, rounds, by=["across", "one"], duration=duration)
    H, A, D, M0 = (totals(est, s) for s in ("H_C", "A_C", "D_C", "M0_C"))
    assert np.nan_to_num(H * A * D) == pytest.approx(M0, abs=1e-11)
    parts = totals(est, "contribution_C").reshape(len(M0), -1)
    assert parts.sum(axis=1) == pytest.approx(M0, abs=1e-11)
    if measure.missing == "drop":
        weights = [float(w) for w in measure.weights.values()]
        assert totals(est, "censored_headcount_C").reshape(len(M0), -1) @ weights == pytest.approx(M0, abs=1e-11)
    mean = 0
    for t in (1, 2, 3):
        whole = mpi.decompose.panel(survey_of(complete(frame, measure)), measure, {1: rounds[t], 2: rounds[t % 3 + 1]})
        mean += totals(whole, "M0", wave=1)[0] / 3
    assert M0[0] + totals(est, "M0_transient")[0] == pytest.approx(mean, abs=1e-11)
    same_numbers(est.select(by="total"), est.select(by="one"))


def complete(frame: pd.DataFrame, measure: mpi.Measure) -> pd.DataFrame:
    """Give weight 0 to those who cannot be followed through all three rounds."""
    kept = np.ones(len(frame), dtype=bool)
    for t in (1, 2, 3):
        absent = frame[[f"{n}_{t}" for n in measure.names]].isna()
        absent.columns = pd.Index(measure.names)
        if measure.missing == "drop":
            kept &= ~absent.any(axis=1).to_numpy()
        for dimension in measure.dimensions:
            inside = [i.name for i in measure.indicators if i.dimension == dimension]
            kept &= ~absent[inside].all(axis=1).to_numpy()
    return frame.assign(w=np.where(kept, frame.w, 0))


@SETTINGS
@given(worlds())
def test_inequality_adds_up_and_alike_groups_are_not_apart(world: tuple) -> None:
    frame, measure = world
    first = measure.with_columns({n: f"{n}_1" for n in measure.names})
    est = mpi.estimate(survey_of(frame), first, by=["across", "one"])
    parts = mpi.decompose.inequality(est)
    for by in ("across", "one"):
        sums = parts.select(by=by, group="total", contrast=["within", "between"])
        whole = parts.select(by=by, group="total", contrast="total")
        if parts.select(by=by).estimable.all():
            same_numbers(sums.contrast([1, 1]), whole)
        same_numbers(whole, est.select(statistic="inequality", by="total"))
        for contrast in ("within", "between"):
            each = np.nan_to_num(parts.select(by=by, contrast=contrast).value)
            assert each[:-1].sum() == pytest.approx(each[-1], abs=1e-12)
    assert np.nan_to_num(parts.select(by="one", group="total", contrast="between").value) == pytest.approx([0])
    apart = mpi.decompose.disparity(est)
    assert np.nan_to_num(apart.select(by="one").value) == pytest.approx(np.zeros(5), abs=1e-12)
    assert np.nanmin(apart.value) >= -1e-15


@SETTINGS
@given(worlds(), st.permutations(["p", "q", "r"]))
def test_names_and_order_of_groups_do_not_matter(world: tuple, names: list[str]) -> None:
    frame, measure = world
    frame["named"] = frame["across"].map(dict(enumerate(names)))
    shuffled = frame.sample(frac=1, random_state=3)
    rounds = {1: "{}_1", 2: "{}_2"}
    a = mpi.decompose.panel(survey_of(frame), measure, rounds, by=["across"])
    b = mpi.decompose.panel(survey_of(shuffled), measure, rounds, by=["named"])
    for code in frame["across"].unique():
        same_numbers(a.select(group=str(code)), b.select(group=names[code]))


def test_bounds_hold_what_a_panel_finds() -> None:
    frame, measure = simulate(psus=40, strata=4), simulated()
    survey = mpi.Survey(frame, weight="weight", strata="stratum", psu="psu")
    followed = mpi.decompose.panel(survey, measure, {1: "{}_1", 2: "{}_2"})
    rounds = {}
    for t in (1, 2):
        columns = {n: f"{n}_{t}" for n in measure.names}
        rounds[t] = mpi.estimate(survey, measure.with_columns(columns), statistics=["H"])
    both = mpi.decompose.independent({t: replace(e, measures=(measure,)) for t, e in rounds.items()})
    bounds = mpi.decompose.persistence_bounds(both)
    for statistic in ("ongoing_poor", "left_poverty", "entered_poverty"):
        low, high = bounds.select(statistic=statistic).value
        assert low <= value(followed, statistic) <= high


@pytest.mark.parametrize(("first", "last"), [(0.2, 0.1), (0.1, 0.2), (0.7, 0.6)])
def test_persistence_bounds(first: float, last: float) -> None:
    measure = mpi.Measure.nested("m", {"x": ["a"]}, 1)
    rounds = {
        t: mpi.estimate(mpi.Survey(pd.DataFrame({"a": [1, 0], "w": [h, 1 - h]}), weight="w"), measure, statistics=["H"])
        for t, h in {2016: first, 2018: last}.items()
    }
    est = mpi.decompose.persistence_bounds(mpi.decompose.independent(rounds))
    wanted = {
        "ever_poor": (max(first, last), min(1, first + last)),
        "ongoing_poor": (max(0, first + last - 1), min(first, last)),
        "left_poverty": (max(0, first - last), min(first, 1 - last)),
        "entered_poverty": (max(0, last - first), min(last, 1 - first)),
    }
    for statistic, limits in wanted.items():
        assert est.select(statistic=statistic).value == pytest.approx(limits, abs=EXACT)
    assert est.keys["wave"].values == ("2016 to 2018",)


# --- what is refused, and what is said ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def people() -> tuple[mpi.Survey, mpi.Measure]:
    frame = pd.DataFrame({f"{n}_{t}": [0, 1, 1, 0] for n in "ab" for t in (1, 2, 3)}).assign(g=["x", "x", "y", "y"])
    return mpi.Survey(frame), mpi.Measure.nested("m", {"x": ["a"], "y": ["b"]}, "1/2")


@pytest.mark.parametrize(
    ("rounds", "said"),
    [
        ({1: "{}_1"}, "two or more are needed"),
        ({1: "{}_1", 2: "_2"}, "does not say where the indicator's name stands"),
        ({1: "{}_1", 2: "{}_1"}, "serves the rounds 1 and 2"),
        ({1: "{}_1", 2: {"a": "a_2"}}, "no column for 'b'"),
        ({1: "{}_1", 2: {"a": "a_2", "c": "b_2"}}, "'c'"),
        ({1: "{}_1", 2: 7}, "a pattern such as"),
        ({1: "{}_1", "1": "{}_2"}, "called the same in print"),
        ({1: "{}_1", 2: "{}__2"}, "no column 'a__2'; did you mean 'a_2'"),
        ({1: "{}_1", 2: mpi.Measure.nested("m", {"x": ["a"], "y": ["b"]}, 1)}, "differs from 'm' in cutoff"),
        ({1: "{}_1", 2: "{}_9"}, "a_9"),
        ({1: "{}_1", 2: "{}_2", 3: "{}_3"}, "two rounds are compared"),
        (["{}_1"], "a mapping is needed"),
    ],
)
def test_rounds_that_cannot_be(people: tuple, rounds: object, said: str) -> None:
    with pytest.raises(mpi.MpiError, match=said.replace("(", "\\(")):
        mpi.decompose.panel(*people, rounds)


def test_refusals(people: tuple) -> None:
    survey, measure = people
    rounds = {1: "{}_1", 2: "{}_2"}
    first = measure.with_columns({"a": "a_1", "b": "b_1"})
    bounds = measure.with_missing("bounds")
    est = mpi.estimate(survey, first, by=["g"])
    refused = {
        "a Survey is needed": lambda: mpi.decompose.panel(3, measure, rounds),
        "a Measure is needed": lambda: mpi.decompose.distribution(survey, 3),
        "panel: has no bounds": lambda: mpi.decompose.panel(survey, bounds, rounds),
        "duration is 0": lambda: mpi.decompose.chronic(survey, measure, rounds, duration=0),
        "duration: 'x'": lambda: mpi.decompose.chronic(survey, measure, rounds, duration="x"),
        "gammas: None": lambda: mpi.decompose.distribution(survey, first, gammas=None),
        "no disaggregation '3'": lambda: mpi.decompose.inequality(est, 3),
        "gammas: -1": lambda: mpi.decompose.distribution(survey, first, gammas=[-1]),
        "duals": lambda: mpi.decompose.distribution(survey, first, duals=["t^3"]),
        "contributions": lambda: mpi.decompose.distribution(survey, first, contributions="all"),
        "beta is 0": lambda: mpi.decompose.inequality(est, beta=0),
        "needs groups": lambda: mpi.decompose.inequality(est.select(by="total")),
        "region": lambda: mpi.decompose.inequality(est, "region"),
        "keep by='total'": lambda: mpi.decompose.disparity(est.select(by="g")),
        "A is not a mean": lambda: mpi.decompose.disparity(est, statistics="A"),
        "kinds": lambda: mpi.decompose.disparity(est, kinds=["gini"]),
        "rounds of its own": lambda: mpi.decompose.panel(mpi.load_sample(), measure, rounds),
        "needs two rounds": lambda: mpi.decompose.persistence_bounds(est),
        "level": lambda: mpi.decompose.distribution(survey, first, level=95),
    }
    for said, call in refused.items():
        with pytest.raises(mpi.MpiError, match=said):
            call()


def test_rounds_that_run_backwards_are_told(people: tuple) -> None:
    with pytest.warns(mpi.MpiWarning, match="the first round is 2018 and the second 2016"):
        mpi.decompose.panel(*people, {2018: "{}_2", 2016: "{}_1"})


DURATIONS = [
    ("2/3", 0.75), (2 / 3, 0.75), (1 - 1 / 3, 0.75), (np.float32(2 / 3), 0.75), (float(np.float32(2 / 3)), 0.75),
    ("0.6667", 0.25), (0.67, 0.25), ("0.8", 0.25), (1, 0.25),
]  # fmt: skip


@pytest.mark.parametrize(("duration", "chronic"), DURATIONS)
def test_durations_are_exact(duration: object, chronic: float) -> None:
    """Poor in 3, 2, 2 and 0 of 3 rounds: two thirds are reached by those who are poor in two, and missed by 0.67."""
    frame = pd.DataFrame({"a_1": [1, 1, 1, 0], "a_2": [1, 1, 0, 0], "a_3": [1, 0, 1, 0]})
    rounds = {t: f"{{}}_{t}" for t in (1, 2, 3)}
    measure = mpi.Measure.nested("m", {"x": ["a"]}, 1)
    missed = str(duration) in ("0.6667", "0.67")
    told = r"duration 0\.6(667|7) misses the score 2/3 by .*\(people on it: 2, below the cutoff\); .* write '2/3'"
    with pytest.warns(mpi.MpiWarning, match=told) if missed else nullcontext():
        est = mpi.decompose.chronic(mpi.Survey(frame), measure, rounds, duration=duration)
    assert value(est, "H_C") == chronic


def test_nobody_who_can_be_followed_is_no_number() -> None:
    frame = pd.DataFrame({"a_1": [1, np.nan], "a_2": [np.nan, 1]})
    measure = mpi.Measure.nested("m", {"x": ["a"]}, 1)
    est = mpi.decompose.panel(mpi.Survey(frame), measure, {1: "{}_1", 2: "{}_2"})
    assert value(est, "unmatched") == 1
    change = est.select(statistic="H", contrast="change")
    assert np.isnan(change.value[0])
    assert change.flag.at(0) == "no complete cases in group"


def test_too_many_deprivations_of_one_person() -> None:
    parts = np.full((1, MOST + 1), 1 / (MOST + 1))
    assert shapley_of_power(parts, 2).sum() == pytest.approx(1)
    with pytest.raises(mpi.MpiError, match="131,072 subsets"):
        shapley_of_power(parts, 1.5)


def test_words_for_readers(people: tuple) -> None:
    survey, measure = people
    first = measure.with_columns({"a": "a_1", "b": "b_1"})
    est = mpi.decompose.distribution(survey, first, gammas=[2], contributions="share", duals=[])
    titles = est.publish(labels=True, percent=True).columns.tolist()
    assert "Share of M0^2: a, %" in titles
    assert "Correlation-sensitive poverty index (CSPI)" in titles
    panel = mpi.decompose.panel(survey, measure, {1: "{}_1", 2: "{}_2"}).select(statistic="H", wave="1 to 2")
    assert "Headcount ratio (H), change by entry, pp" in panel.publish(labels=True, percent=True).columns.tolist()
    apart = mpi.decompose.disparity(mpi.estimate(survey, first, by=["g"]), statistics="H", kinds="theil")
    assert apart.publish(labels=True, percent=True).columns.tolist() == ["Headcount ratio (H), Theil index"]


def test_a_total_of_a_function_of_the_pattern(people: tuple) -> None:
    survey, measure = people
    first = measure.with_columns({"a": "a_1", "b": "b_1"})

    def both(patterns: object) -> list[Quantity]:
        all_of_them = patterns.deprived.all(axis=1)
        everybody = np.ones(len(all_of_them))
        return [
            Quantity(ColumnLabels("number", method="t"), all_of_them, everybody, ratio=False),
            Quantity(ColumnLabels("share"), all_of_them, everybody),
        ]

    est = pattern_estimates(survey, first, both, by=["g"])
    assert est.select(statistic="number").value.tolist() == [2, 1, 1]
    assert est.select(statistic="share").value.tolist() == [0.5, 0.5, 0.5]
