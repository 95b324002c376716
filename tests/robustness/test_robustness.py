"""Robustness of orderings: R's numbers, SciPy's correlations, `mpi.gap` pair by pair, and definitions."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mpi
from mpi import robustness

MEASURE = mpi.Measure.nested(
    "syn",
    {
        "d1": ["d_nutr", "d_cm"],
        "d2": ["d_satt", "d_educ"],
        "d3": ["d_elct", "d_sani", "d_wtr", "d_hsg", "d_ckfl", "d_asst"],
    },
    cutoff="1/3",
)


@pytest.fixture(scope="module")
def syn(field: Path) -> mpi.Survey:
    data = pd.read_csv(field / "golden/syn.csv.gz")
    data = data[(data.t == 1) & (data.complete == 1)]
    return mpi.Survey(data, weight="w2", strata="stratum", psu="psu")


def golden(field: Path, name: str) -> dict[str, Any]:
    return json.loads((field / "golden_next" / name).read_text(encoding="utf-8"))


# --- against R ------------------------------------------------------------------------------------------------------


def test_cutoffs_as_r(syn: mpi.Survey, field: Path) -> None:
    want = golden(field, "b_robustness.json")
    cutoffs = [Fraction(k, 18) for k in want["cutoffs18"]]
    est = mpi.estimate(syn, MEASURE, ["region"], cutoffs=cutoffs, statistics=["M0", "H"], df="design")
    found = robustness.rankings(est, "region", cutoff="1/3")
    order = [found.groups.index(str(r)) for r in want["region"]]
    assert np.abs(found.value[:, order] - np.array(want["M0"]).T).max() < 1e-12
    agreement = found.agreement()
    for row, told in zip(want["rank"], agreement.to_dict("records"), strict=True):
        assert told["kendall"] == pytest.approx(row["kendall_tau_b"], abs=1e-12)
        assert told["spearman"] == pytest.approx(row["spearman"], abs=1e-12)
        assert told["reversed"] == row["pairs_reversed"]


def test_pairs_of_the_global_mpi_as_r(syn: mpi.Survey, field: Path) -> None:
    want = golden(field, "b_robustness.json")["ophi_pairs"]
    est = robustness.estimate(syn, MEASURE, ["region"], weightings={}, df="design")
    found = robustness.rankings(est, "region")
    counts = found.robust
    assert (counts.pairs, counts.ordered) == (want["n_pairs"], want["same_sign_all_k"])
    assert counts.judged / counts.pairs == pytest.approx(want["rob_all_k"], abs=1e-12)
    assert counts.kept / counts.significant == pytest.approx(want["rob_sig_k"], abs=1e-12)
    at = [[k for k, _ in found.specifications].index(k) for k in ("1/4", "1/3", "1/2")]
    assert found.pairs.significant(0.05).sum(axis=1)[at].tolist() == want["significant"]
    assert found.sentence() == (
        "124 of 190 orderings of region by M0 are the same at cutoffs of 25%, 33.3% and 50%; of 15 that are "
        "significant at 5% with cutoff 33.3%, 1 is so, in the same direction, in all."
    )


def test_half_to_one_dimension_as_r(syn: mpi.Survey, field: Path) -> None:
    want = golden(field, "b_robustness.json")["weights"]
    est = mpi.estimate(syn, MEASURE, ["region"], weightings=robustness.halves(MEASURE), statistics=["M0"])
    found = robustness.rankings(est, "region")
    assert [w for _, w in found.specifications] == ["own", "half: d1", "half: d2", "half: d3"]
    assert found.agreement()["kendall"].tolist() == pytest.approx(want["kendall_tau_b"][0], abs=1e-12)
    assert found.agreement()["spearman"].tolist() == pytest.approx(want["spearman"][0], abs=1e-12)


def test_grid_of_weights_as_r(syn: mpi.Survey, field: Path) -> None:
    want = golden(field, "b_weights231.json")
    grid = robustness.dimension_grid(MEASURE)
    est = mpi.estimate(syn, MEASURE, ["grp6"], weightings=grid, statistics=["M0"]).select(weighting=list(grid))
    found = robustness.rankings(est, "grp6", weighting="7/20 7/20 3/10")
    assert found.groups == tuple(want["groups"])
    rows = pd.read_csv(field / "golden_next/b_weights231.csv")
    assert np.abs(found.value - rows[list(found.groups)].to_numpy()).max() < 1e-12
    assert np.abs(found.acceptability().to_numpy() - np.array(want["rank_acceptability"])).max() < 1e-12
    compared = found.compared()
    assert (compared["group"] + " - " + compared["other"]).tolist() == want["pairs"]
    assert compared["same"].tolist() == pytest.approx(want["share_same_order_as_base"], abs=1e-12)
    assert found.robust.ordered == want["pairs_never_reversed"]
    assert found.agreement()["kendall"].min() == pytest.approx(want["kendall_tau_b_min"], abs=1e-12)


def test_epsilon_of_two_people_by_hand() -> None:
    """Foster, McGillivray and Seth: x = (.5, .3, .4), y = (.35, .35, .3) at equal weights give 4/7."""
    x, y = [0.5, 0.3, 0.4], [0.35, 0.35, 0.3]
    rows = [(g, *(int(i < 20 * share) for share in shares)) for g, shares in (("x", x), ("y", y)) for i in range(20)]
    survey = mpi.Survey(pd.DataFrame(rows, columns=["g", "a", "b", "c"]).assign(w=1.0), weight="w")
    measure = mpi.Measure.nested("m", {"a": ["a"], "b": ["b"], "c": ["c"]}, cutoff="1/3")
    found = robustness.epsilon_robustness(mpi.estimate(survey, measure, ["g"]), "g")
    assert found.value == pytest.approx([4 / 7], abs=1e-12)
    assert found.se[0] > 0


# --- against others, on a survey of our own -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sample() -> tuple[mpi.Survey, mpi.Measure]:
    return mpi.load_sample(), mpi.load_measure("gso-mdp")


def test_pairs_are_those_of_gap(sample: tuple[mpi.Survey, mpi.Measure]) -> None:
    """Differences, errors and p values of all specifications, small groups with unknown errors included."""
    survey, measure = sample
    est = robustness.estimate(survey, measure, ["province"], cutoffs=["1/2", "4/5"]).select(wave=2018)
    for statistic in ("M0", "H"):
        found = robustness.rankings(est, "province", statistic=statistic)
        gaps = mpi.gap(est.select(statistic=statistic), "province", kinds="difference")
        p, at = gaps.pvalues(), {}
        for row in range(len(gaps)):
            at[tuple(str(gaps.keys[n].at(row)) for n in ("cutoff", "weighting", "group"))] = row
        for s, spec in enumerate(found.specifications):
            for j, (a, b) in enumerate(zip(found.pairs.one, found.pairs.other, strict=True)):
                row = at[(*spec, f"{found.groups[a]} - {found.groups[b]}")]
                assert found.pairs.difference[s, j] == pytest.approx(gaps.value[row], abs=1e-15)
                if np.isnan(gaps.se[row]) or not gaps.estimable[row]:
                    assert np.isnan(found.pairs.p[s, j])
                else:
                    assert found.pairs.se[s, j] == pytest.approx(gaps.se[row], rel=1e-9)
                    assert found.pairs.df[s, j] == gaps.df[row]
                    assert found.pairs.p[s, j] == pytest.approx(p[row], rel=1e-7, abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 7), st.integers(2, 5))
def test_correlations_and_ranks_are_scipys(seed: int, groups: int, specifications: int) -> None:
    """Whole counts, so that many tie."""
    from scipy.stats import kendalltau, rankdata, spearmanr

    from mpi.robustness.pairs import Pairs

    rng = np.random.default_rng(seed)
    value = rng.integers(0, 4, (specifications, groups)).astype(float)
    one, other = np.triu_indices(groups, k=1)
    d = value[:, one] - value[:, other]
    pairs = Pairs(one, other, d, np.ones_like(d), np.ones_like(d), np.full(d.shape, 0.5))
    names = tuple(f"g{i}" for i in range(groups))
    specs = tuple((f"1/{i + 2}", "own") for i in range(specifications))
    found = robustness.Rankings("M0", "g", names, specs, 0, value, pairs, 0.05)
    agreement = found.agreement()
    for s in range(specifications):
        assert found.ranks[s].tolist() == rankdata(-value[s], method="min").astype(int).tolist()
        with np.errstate(all="ignore"):
            varied = min(len(set(value[0])), len(set(value[s]))) > 1
            tau = kendalltau(value[0], value[s]).statistic if varied else np.nan
            rho = spearmanr(value[0], value[s]).statistic if varied else np.nan
        assert agreement["kendall"][s] == pytest.approx(tau, abs=1e-12, nan_ok=True)
        assert agreement["spearman"][s] == pytest.approx(rho, abs=1e-12, nan_ok=True)
    assert found.acceptability().to_numpy().sum(axis=1) == pytest.approx(np.ones(groups))


def test_specifications_by_definition(sample: tuple[mpi.Survey, mpi.Measure]) -> None:
    _, measure = sample
    for weights in (
        robustness.halves(measure),
        robustness.dimension_grid(measure, 4),
        robustness.without_each(measure),
    ):
        assert all(sum(w.values()) == 1 for w in weights.values())
    assert len(robustness.dimension_grid(mpi.load_measure("global-mpi"))) == 231
    subsets = (c for r in range(1, 11) for c in combinations([i.weight for i in measure.indicators], r))
    assert robustness.attained_cutoffs(measure) == sorted({sum(c) for c in subsets})


def test_without_an_indicator_is_the_measure_that_lacks_it(sample: tuple[mpi.Survey, mpi.Measure]) -> None:
    """Where nobody misses an answer, so that both rest on the same cases."""
    survey, measure = sample
    whole = survey.where(lambda frame: frame[list(measure.columns)].notna().all(axis=1).to_numpy())
    est = robustness.estimate(whole, measure, ["area"], cutoffs=[])
    for name in measure.names[:3]:
        lone = mpi.estimate(whole, measure.drop(name), ["area"], statistics=["M0", "H"])
        beside = est.select(weighting=f"without {name}")
        assert beside.value == pytest.approx(lone.value, abs=1e-15)
        assert beside.se == pytest.approx(lone.se, abs=1e-15)


def test_engines_give_the_same(sample: tuple[mpi.Survey, mpi.Measure]) -> None:
    import polars as pl

    survey, measure = sample
    design = {
        "weight": "weight",
        "strata": "stratum",
        "psu": "psu",
        "household": "household",
        "wave": "year",
        "shared_psus": True,
    }
    lazy = mpi.Survey(pl.from_pandas(survey.frames[0].to_native()).lazy(), **design)
    memory = mpi.Survey(survey.frames[0].to_native(), **design)
    found = [
        robustness.rankings(robustness.estimate(s, measure, ["region"]).select(wave=2016), "region")
        for s in (memory, lazy)
    ]
    assert set(found[0].specifications) == set(found[1].specifications)
    assert found[0].robust == found[1].robust
    assert found[0].sentence() == found[1].sentence()


# --- dominance ------------------------------------------------------------------------------------------------------


def test_dominance_is_what_the_differences_say(sample: tuple[mpi.Survey, mpi.Measure]) -> None:
    survey, measure = sample
    cutoffs = robustness.attained_cutoffs(measure)
    est = mpi.estimate(survey, measure, ["region", "area"], cutoffs=cutoffs, statistics=["H", "M0"]).select(wave=2018)
    for statistic in ("H", "M0"):
        found = robustness.dominance(est, "region", statistic=statistic)
        gaps = mpi.gap(est.select(statistic=statistic), "region", kinds="difference").table
        for row in found.to_dict("records"):
            one = gaps[gaps["group"].isin([f"{row['group']} - {row['other']}", f"{row['other']} - {row['group']}"])]
            sign = 1 if one["group"].iloc[0].startswith(f"{row['group']} - ") else -1
            d = sign * one["estimate"].to_numpy()
            assert (row["least"], row["most"]) == pytest.approx((d.min(), d.max()), abs=1e-15)
            if row["order"] == "above":
                assert (d >= 0).all()
                assert not row["crosses_at"]
            if row["order"] == "cross":
                assert (d < 0).any()
                assert (d > 0).any()
                assert row["crosses_at"]
    ordered = robustness.dominance(est, "region", statistic="H").query("order == 'above'")
    implied = robustness.dominance(est, "region", statistic="M0").query("order == 'above'")
    names = [set(map(tuple, t[["group", "other"]].to_numpy())) for t in (ordered, implied)]
    assert names[0] <= names[1]  # dominance by H over all cutoffs implies that by M0


def test_a_group_that_is_poorer_everywhere_dominates() -> None:
    rng = np.random.default_rng(3)
    people, psu = 4000, np.repeat(np.arange(100), 40)
    group = np.where(rng.random(people) < 0.5, "worse", "better")
    rate = np.where(group == "worse", 0.6, 0.3)
    frame = pd.DataFrame({j: (rng.random(people) < rate).astype(int) for j in "abcd"}).assign(g=group, psu=psu, w=1.0)
    measure = mpi.Measure.nested("m", {j: [j] for j in "abcd"}, cutoff="1/2")
    cutoffs = robustness.attained_cutoffs(measure)
    est = mpi.estimate(mpi.Survey(frame, weight="w", psu="psu"), measure, ["g"], cutoffs=cutoffs, statistics=["H"])
    (row,) = robustness.dominance(est, "g").to_dict("records")
    assert (row["group"], row["other"], row["order"]) == ("worse", "better", "above")
    assert row["p_above"] < 1e-6
    assert row["p_crosses"] == 1
    p = mpi.gap(est, "g", reference="better", kinds="difference").pvalues()
    assert row["p_above"] == pytest.approx(p.max() / 2, rel=1e-9)


# --- refusals -------------------------------------------------------------------------------------------------------


def test_what_cannot_be_ranked_is_refused(sample: tuple[mpi.Survey, mpi.Measure]) -> None:
    survey, measure = sample
    both = robustness.estimate(survey, measure, ["region"], weightings={})
    one = both.select(wave=2018)
    for ask, said in (
        (lambda: robustness.rankings(both, "region"), "several rounds"),
        (lambda: robustness.rankings(one, "regoin"), "did you mean 'region'"),
        (lambda: robustness.rankings(one, "region", cutoff="2/5"), "cutoff 2/5"),
        (lambda: robustness.rankings(one, "region", statistic="A"), "needs the statistic A"),
        (lambda: robustness.rankings(one, "region", alpha=5), "alpha is 5"),
        (lambda: robustness.rankings(one.select(cutoff="3/10"), "region"), "one specification only"),
        (lambda: robustness.dominance(one, "region", statistic="A"), "H or M0"),
        (lambda: robustness.epsilon_robustness(one, "region"), "uncensored_headcount"),
        (lambda: robustness.dimension_grid(measure, 0), "whole number of 1 or more"),
        (lambda: robustness.dimension_grid(measure, 60), "take fewer steps"),
        (lambda: robustness.estimate(survey, measure, ["region"], cutoffs="1/2"), "a list is needed"),
    ):
        with pytest.raises(mpi.MpiError, match=said):
            ask()
