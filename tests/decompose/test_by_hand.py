"""Decompositions against examples by hand: published levels, and the formulae of the literature on made-up ones."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mpi
from mpi import decompose
from mpi.inference.multiplicity import adjusted

EXACT = 1e-12
HAND = json.loads((Path(__file__).parents[1] / "oracles/decompositions/expected.json").read_text(encoding="utf-8"))
MEASURE = mpi.Measure.nested("two", {"x": ["a"], "y": ["b"]}, cutoff="1/2")


def two_rounds(years: tuple[object, object] = (2006, 2011)) -> mpi.Estimates:
    """Estimates of two rounds by group and by area within it; their values are stated afterwards."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.integers(0, 2, (400, 2)), columns=["a", "b"])
    frame["round"] = np.repeat(list(years), 200)
    frame["group"], frame["area"] = np.tile(["A", "B"], 200), np.tile(["u", "u", "r", "r"], 100)
    return mpi.estimate(mpi.Survey(frame, wave="round"), MEASURE, by=["group", ("group", "area")])


def stated(est: mpi.Estimates, **levels: object) -> mpi.Estimates:
    """State the value of some figures: statistic, group and round by their names, joined by a double underscore."""
    value = est.value.copy()
    keys = {n: est.keys[n].to_list() for n in ("statistic", "group", "wave")}
    for name, number in levels.items():
        statistic, group, wave = name.split("__")
        at = [
            i
            for i, (s, g, w) in enumerate(zip(*keys.values(), strict=True))
            if (s, g.replace(" × ", "_"), str(w)) == (statistic, group, wave)
        ]
        assert len(at) == 1, name
        value[at] = number
    return replace(est, value=value)


def one(est: mpi.Estimates, **keys: object) -> float:
    (value,) = est.select(**keys).value
    return float(value)


def nepal() -> mpi.Estimates:
    e = HAND["nepal_2006_2011"]
    est = two_rounds().select(by="total")
    levels = {
        f"{s}__total__{t}": e[s][i] / (1 if s == "M0" else 100) for s in ["M0", "H", "A"] for i, t in enumerate(e["t"])
    }
    return stated(est, **levels)


@pytest.mark.parametrize("statistic", ["M0", "H", "A"])
def test_four_kinds_of_change_of_nepal(statistic: str) -> None:
    expected = HAND["nepal_2006_2011"]["expected"][statistic]
    scale = 1 if statistic == "M0" else 100
    est = decompose.change(nepal(), 2006, 2011).select(statistic=statistic)
    assert one(est, contrast="change") * scale == pytest.approx(expected["abs"], abs=1e-9)
    assert one(est, contrast="annual_change") * scale == pytest.approx(expected["abs_ann"], abs=1e-9)
    assert one(est, contrast="relative_change") * 100 == pytest.approx(expected["rel"], abs=1e-9)
    assert one(est, contrast="annual_relative_change") * 100 == pytest.approx(expected["rel_ann"], abs=1e-9)


def consistent(est: mpi.Estimates) -> mpi.Estimates:
    """Make M0 the product of H and A, as printed figures need not be."""
    m0 = {w: one(est, statistic="H", wave=w) * one(est, statistic="A", wave=w) for w in (2006, 2011)}
    return stated(est, **{f"M0__total__{w}": v for w, v in m0.items()})


def test_incidence_and_intensity_of_nepal() -> None:
    expected = HAND["nepal_2006_2011"]["shapley"]
    est = decompose.shapley(consistent(nepal()), 2006, 2011)
    assert one(est, contrast="incidence_effect") == pytest.approx(expected["incidence"], abs=EXACT)
    assert one(est, contrast="intensity_effect") == pytest.approx(expected["intensity"], abs=EXACT)
    assert one(est, contrast="change") == pytest.approx(expected["total"], abs=EXACT)


def test_growth_of_incidence_and_intensity() -> None:
    expected = HAND["apablaza_yalonetzky"]["expected"]
    est = decompose.growth(consistent(nepal()), 2006, 2011)
    assert one(est, contrast="growth") == pytest.approx(expected["growth_M0"], abs=EXACT)
    assert one(est, contrast="incidence_growth") == pytest.approx(expected["growth_H"], abs=EXACT)
    assert one(est, contrast="intensity_growth") == pytest.approx(expected["growth_A"], abs=EXACT)
    assert one(est, contrast="log_incidence_growth") == pytest.approx(expected["log_H"], abs=EXACT)
    assert one(est, contrast="log_intensity_growth") == pytest.approx(expected["log_A"], abs=EXACT)


def test_the_book_s_fall_from_half_to_four_tenths() -> None:
    expected = HAND["book_9_2_example"]["expected"]
    est = stated(two_rounds().select(by="total"), M0__total__2006=0.5, M0__total__2011=0.4)
    changes = decompose.change(est, 2006, 2011).select(statistic="M0")
    assert one(changes, contrast="change") == pytest.approx(expected["abs"], abs=EXACT)
    assert one(changes, contrast="relative_change") * 100 == pytest.approx(expected["rel"], abs=EXACT)


def roche() -> mpi.Estimates:
    e = HAND["roche_shapley_two_groups"]
    levels: dict[str, float] = {}
    for t, wave in enumerate((2006, 2011)):
        total = h = 0.0
        for g, name in enumerate("AB"):
            v, H, A = e["phi"][t][g], e["H"][t][g], e["A"][t][g]
            levels |= {
                f"population_share__{name}__{wave}": v,
                f"H__{name}__{wave}": H,
                f"A__{name}__{wave}": A,
                f"M0__{name}__{wave}": H * A,
            }
            total, h = total + v * H * A, h + v * H
        levels |= {f"M0__total__{wave}": total, f"H__total__{wave}": h}
    est = two_rounds().select(by=["total", "group"], statistic=["M0", "H", "A", "population_share"])
    return stated(est, **levels)


@pytest.mark.parametrize(("form", "key"), [("nested", "nested"), ("three_factor", "full_shapley")])
def test_groups_by_both_forms(form: str, key: str) -> None:
    e = HAND["roche_shapley_two_groups"]["expected"]
    est = decompose.shapley(roche(), 2006, 2011, by="group", form=form)
    names = {"demographic": "population_effect", "incidence": "incidence_effect", "intensity": "intensity_effect"}
    for word, contrast in names.items():
        expected = e[key].get(word, e[key].get(f"within_{word}"))
        got = est.select(statistic="M0", contrast=contrast, group=["A", "B"]).value
        assert got == pytest.approx(expected, abs=EXACT)
    assert one(est, statistic="M0", contrast="change") == pytest.approx(e["delta"], abs=EXACT)


def test_composition_and_rates() -> None:
    e = HAND["kitagawa"]
    levels: dict[str, float] = {"population_share__A__2006": 0.5, "population_share__B__2006": 0.5}
    for g, name in enumerate("AB"):
        for x, area in enumerate("ur"):
            levels[f"population_share__{name}_{area}__2006"] = 0.5 * e["P"][g][x]
            levels[f"H__{name}_{area}__2006"] = e["r"][g][x]
        levels[f"H__{name}__2006"] = float(np.dot(e["P"][g], e["r"][g]))
    est = two_rounds().select(wave=2006, statistic=["H", "population_share"])
    terms = decompose.kitagawa(stated(est, **levels), by="group", across="area", group="A", reference="B").select(
        by="group"
    )
    assert one(terms, contrast="difference") == pytest.approx(e["expected"]["total"], abs=EXACT)
    assert one(terms, contrast="composition_effect") == pytest.approx(e["expected"]["composition"], abs=EXACT)
    assert one(terms, contrast="rate_effect") == pytest.approx(e["expected"]["rate"], abs=EXACT)


@pytest.mark.parametrize(
    ("method", "key"),
    [("bonferroni", "bonferroni"), ("sidak", "sidak"), ("holm", "holm"), ("benjamini_hochberg", "bh")],
)
def test_adjusted_p_values(method: str, key: str) -> None:
    e = HAND["multiple_comparison"]
    assert adjusted(e["p"], method) == pytest.approx(e["expected"][key], abs=EXACT)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("bonferroni", "bonferroni"),
        ("sidak", "sidak"),
        ("holm", "holm"),
        ("hochberg", "simes-hochberg"),
        ("benjamini_hochberg", "fdr_bh"),
        ("benjamini_yekutieli", "fdr_by"),
    ],
)
def test_adjusted_p_values_as_statsmodels(ours: str, theirs: str) -> None:
    multitest = pytest.importorskip("statsmodels.stats.multitest", reason="statsmodels is a test extra")
    p = np.random.default_rng(1).random(200) ** 3
    assert adjusted(p, ours) == pytest.approx(multitest.multipletests(p, method=theirs)[1], abs=EXACT)


def test_a_difference_of_independent_surveys(hand: dict) -> None:
    e = hand["difference_tests"]["expected"]["independent"]
    rng = np.random.default_rng(2)
    parts = {}
    for name in ("early", "late"):
        frame = pd.DataFrame({"a": rng.integers(0, 2, 300), "b": rng.integers(0, 2, 300), "psu": np.arange(300) // 10})
        parts[name] = mpi.estimate(mpi.Survey(frame, psu="psu"), MEASURE, statistics=["M0"], df="design")
    both = decompose.independent(parts)
    change = decompose.change(both, kinds="change")
    assert change.se[0] == pytest.approx(np.hypot(parts["early"].se[0], parts["late"].se[0]), abs=1e-14)
    assert change.df[0] == 58
    assert np.hypot(e["se1"], e["se2"]) == pytest.approx(e["se_diff"], abs=EXACT)


def test_separate_estimates_put_together_are_the_pooled_ones() -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(rng.integers(0, 2, (600, 2)), columns=["a", "b"]).assign(
        psu=np.tile(np.arange(60), 10), stratum=np.tile(np.arange(60) % 5, 10), area=rng.integers(0, 2, 600)
    )
    design = {"psu": "psu", "strata": "stratum"}
    halves = {2016: frame[:300], 2018: frame[300:]}
    surveys = {w: mpi.Survey(f, **design) for w, f in halves.items()}
    pooled = mpi.estimate(mpi.pool(surveys, shared_psus=False), MEASURE, by=["area"])
    apart = decompose.independent({w: mpi.estimate(s, MEASURE, by=["area"]) for w, s in surveys.items()})
    a, b = decompose.change(pooled), decompose.change(apart)
    order = ["statistic", "contrast", "indicator", "dimension", "by", "group"]
    x, y = (t.table.sort_values(order).reset_index(drop=True) for t in (a, b))
    assert len(x) == len(y)
    for column in ("estimate", "se", "df", "n"):
        assert x[column].to_numpy() == pytest.approx(y[column].to_numpy(), abs=1e-14, nan_ok=True)
