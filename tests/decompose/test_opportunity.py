"""Inequality of opportunity: against arithmetic, R, a jackknife in plain loops, and the identities of the field."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bootstrap_opportunity as bench
import mpi
from mpi.decompose.opportunities.logit import Separated, coefficients, design_of, predicted
from mpi.decompose.opportunities.opportunity_changes import effects
from mpi.results.concat import concat
from mpi.results.dual import Figures

SETTINGS = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ONE = mpi.Measure("one", [mpi.Indicator("poor", dimension="x", weight=1)], cutoff=1)
STATISTICS = ["H", "population_share"]


@pytest.fixture(scope="module")
def oracle() -> dict:
    return json.loads((Path(__file__).parents[1] / "oracles/opportunity/expected.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def own_est(own_survey_path: Path) -> mpi.Estimates:
    weights = ["1/4", "1/4", "1/8", "1/8", "1/8", "1/8"]
    indicators = [mpi.Indicator(f"d{i}", dimension=f"x{i}", weight=w) for i, w in enumerate(weights, 1)]
    survey = mpi.Survey(pd.read_csv(own_survey_path), weight="weight", strata="stratum", psu="psu", size="hhsize")
    return mpi.estimate(
        survey, mpi.Measure("own", indicators, cutoff="3/8"), by=[("eth", "urb")], statistics=STATISTICS
    )


def people(cells: list[tuple[tuple, int, int]], names: list[str], **more: object) -> pd.DataFrame:
    """Persons from (circumstances, how many, how many of them poor), each its own PSU unless told."""
    rows = [(*c, int(i < poor)) for c, n, poor in cells for i in range(n)]
    return pd.DataFrame(rows, columns=[*names, "poor"]).assign(**more)


def estimated(frame: pd.DataFrame, names: list[str], **design: str) -> mpi.Estimates:
    return mpi.estimate(mpi.Survey(frame, **design), ONE, by=[tuple(names)], statistics=STATISTICS)


def value(est: mpi.Estimates, contrast: str, **keys: object) -> float:
    (found,) = est.select(contrast=contrast, **keys).value
    return float(found)


# --- oracles --------------------------------------------------------------------------------------------------------


def test_three_groups_by_arithmetic(oracle: dict) -> None:
    cells = [(("a",), 30, 3), (("b",), 50, 20), (("c",), 20, 14)]
    found = mpi.decompose.opportunity(estimated(people(cells, ["x"]), ["x"]))
    expected = oracle["hoi"]["expected"]
    assert value(found, "coverage") == pytest.approx(expected["C"], abs=1e-12)
    assert value(found, "dissimilarity") == pytest.approx(expected["D"], abs=1e-12)
    assert value(found, "opportunity_index") == pytest.approx(expected["HOI"], abs=1e-12)
    assert value(found, "coverage") * value(found, "dissimilarity") == pytest.approx(expected["penalty"], abs=1e-12)


@pytest.mark.parametrize(("order", "suffix"), [("sequential", "seq"), ("shapley", "shapley")])
def test_scale_and_distribution_by_arithmetic(oracle: dict, order: str, suffix: str) -> None:
    data, expected = (oracle["hoi_scale_distribution"][k] for k in ("data", "expected"))
    x = Figures(np.array([*data["C"], *data["D"]]), sp.csr_array(np.eye(4)))
    C0, C1, D0, D1 = (x.take(np.array([i])) for i in range(4))
    scale, distribution = effects((C0, C1), (D0, D1), order)
    assert scale.value[0] == pytest.approx(expected[f"scale_{suffix}"], abs=1e-12)
    assert distribution.value[0] == pytest.approx(expected[f"distribution_{suffix}"], abs=1e-12)
    assert (scale + distribution).value[0] == pytest.approx(expected["delta"], abs=1e-12)


def test_logit_and_shapley_as_r_has_them(oracle: dict, own_est: mpi.Estimates) -> None:
    found, expected = mpi.decompose.opportunity(own_est, fit="logit"), oracle["own_survey"]
    by = ("eth", "urb")
    assert value(found, "coverage") == pytest.approx(expected["C"], abs=1e-11)
    assert value(found, "opportunity_index") == pytest.approx(expected["HOI"], abs=1e-11)
    assert value(found, "dissimilarity", by=by) == pytest.approx(expected["D"], abs=1e-11)
    for name in by:
        assert value(found, "dissimilarity", by=name) == pytest.approx(expected[f"D_{name}"], abs=1e-11)
        part = value(found, "dissimilarity_contribution", group=name)
        assert part == pytest.approx(expected[f"shapley_{name}"], abs=1e-11)


def test_coefficients_of_the_logit_as_r_has_them(oracle: dict, own_est: mpi.Estimates) -> None:
    groups = own_est.select(statistic="H", by=("eth", "urb"))
    levels = np.array([[g[0] == "B", g[-1] == "2"] for g in groups.keys["group"].to_list()], dtype=np.int64)
    share = own_est.select(statistic="population_share", by=("eth", "urb")).value
    none = sp.csr_array((len(share), 1))
    b = coefficients(design_of(levels), Figures(share, none), Figures(1 - groups.value, none))
    np.testing.assert_allclose(b.value, oracle["own_survey"]["coef"], atol=1e-11)


def test_the_likelihood_of_the_logit_is_at_its_top() -> None:
    """It is concave: where the score is nought is the maximum, also with rates of 0 and 1."""
    levels = np.array([[0, 0], [0, 1], [1, 0], [1, 1], [2, 0], [2, 1]])
    share, rate = np.array([0.3, 0.1, 0.2, 0.15, 0.05, 0.2]), np.array([0.9, 0.0, 0.4, 0.7, 1.0, 0.2])
    X, none = design_of(levels), sp.csr_array((6, 1))
    mu = predicted(X, Figures(share, none), Figures(rate, none)).value
    np.testing.assert_allclose(X.T @ (share * (rate - mu)), 0, atol=1e-12)


# --- errors ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fit", ["cells", "logit"])
def test_errors_are_those_of_a_jackknife(fit: str) -> None:
    """150 PSUs here; 1,000 PSUs and a bootstrap of 5,000 replicates in benchmarks/bootstrap_opportunity.py."""
    frame = bench.world(150, 10, rows=40)
    value, se = bench.ours(bench.estimates(frame), fit)
    np.testing.assert_allclose(value, bench.indices(bench.sums(frame)[0].sum(axis=0), fit), atol=1e-12)
    np.testing.assert_allclose(se / bench.jackknife(frame, fit), 1, atol=0.03)


def test_derivatives_of_the_logit_are_those_of_small_steps() -> None:
    rng = np.random.default_rng(5)
    X = design_of(np.array([[i, j] for i in range(3) for j in range(2)]))
    at = np.r_[rng.dirichlet(np.ones(6)), rng.uniform(0.1, 0.9, 6)]

    def fitted(x: np.ndarray) -> Figures:
        figures = Figures(x, sp.csr_array(np.eye(12)))
        return predicted(X, figures.take(np.arange(6)), figures.take(np.arange(6, 12)))

    step = 1e-6 * np.eye(12)
    numeric = [(fitted(at + h).value - fitted(at - h).value) / 2e-6 for h in step]
    np.testing.assert_allclose(fitted(at).slope.toarray(), np.array(numeric).T, atol=1e-7)


def test_covariances_are_kept() -> None:
    found = mpi.decompose.opportunity(bench.estimates(bench.world(60, 6)))
    parts = found.select(contrast="dissimilarity_contribution")
    whole = found.select(contrast="dissimilarity", by=bench.NAMES)
    assert parts.contrast([1, 1, 1]).se[0] == pytest.approx(whole.se[0], rel=1e-9)
    shares = found.select(contrast="dissimilarity_contribution_share")
    assert shares.contrast([1, 1, 1]).se[0] < 1e-12


def test_the_correction_takes_part_of_the_bias_off() -> None:
    """Twelve groups of 33 persons that are in truth alike: all of D is sampling."""
    rng = np.random.default_rng(2)
    raw, corrected = [], []
    for _ in range(12):
        frame = pd.DataFrame({"x": rng.integers(12, size=400), "poor": (rng.random(400) < 0.4).astype(int)})
        found = mpi.decompose.opportunity(estimated(frame, ["x"]))
        raw.append(value(found, "dissimilarity"))
        corrected.append(value(found, "dissimilarity_corrected"))
    assert np.mean(raw) > 0.03
    assert 0.5 < np.mean(corrected) / np.mean(raw) < 0.7


# --- identities -----------------------------------------------------------------------------------------------------


@st.composite
def worlds(draw: st.DrawFn) -> pd.DataFrame:
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    K, n = draw(st.integers(1, 3)), draw(st.integers(60, 300))
    frame = pd.DataFrame({f"x{k}": rng.integers(draw(st.integers(2, 4)), size=n) for k in range(K)})
    latent = sum(rng.normal(size=5)[frame[f"x{k}"]] for k in range(K))
    frame["poor"] = (rng.random(n) < 1 / (1 + np.exp(-latent))).astype(int)
    frame["w"], frame["h"] = rng.uniform(0.3, 3, n), rng.integers(2, size=n)
    return frame


def circumstances(frame: pd.DataFrame) -> list[str]:
    return [c for c in frame.columns if c.startswith("x")]


def analysed(frame: pd.DataFrame, fit: str = "cells", names: list[str] | None = None) -> mpi.Estimates | None:
    """The indices; None where a logit is refused for separation, or where nobody has the opportunity."""
    if frame["poor"].all():
        return None
    est = estimated(frame, names or circumstances(frame), weight="w", strata="h")
    try:
        return mpi.decompose.opportunity(est, fit=fit)
    except mpi.MpiError as error:
        if fit == "logit" and "separation" in str(error):
            return None
        raise


@SETTINGS
@given(worlds(), st.sampled_from(["cells", "logit"]))
def test_shapley_adds_up_and_the_index_follows(frame: pd.DataFrame, fit: str) -> None:
    found = analysed(frame, fit)
    if found is None:
        return
    whole = value(found, "dissimilarity", by=tuple(circumstances(frame)))
    assert found.select(contrast="dissimilarity_contribution").value.sum() == pytest.approx(whole, abs=1e-11)
    C = value(found, "coverage")
    assert value(found, "opportunity_index") == pytest.approx(C * (1 - whole), abs=1e-12)
    assert pytest.approx(1 - np.average(frame["poor"], weights=frame["w"]), abs=1e-12) == C
    assert 0 <= whole < 1
    assert value(found, "dissimilarity_bias") >= 0


@SETTINGS
@given(worlds())
def test_more_circumstances_never_lower_dissimilarity_over_cells(frame: pd.DataFrame) -> None:
    found = analysed(frame)
    if found is None:
        return
    D = found.select(contrast="dissimilarity")
    sets = [set(by.split(" × ")) for by in D.keys["by"].to_list()]
    for small, d in zip(sets, D.value, strict=True):
        assert all(d <= e + 1e-12 for large, e in zip(sets, D.value, strict=True) if small <= large)


@SETTINGS
@given(worlds(), st.sampled_from(["cells", "logit"]))
def test_a_constant_circumstance_adds_nothing(frame: pd.DataFrame, fit: str) -> None:
    frame["xconstant"] = 7
    found = analysed(frame, fit)
    if found is None:
        return
    assert value(found, "dissimilarity", by="xconstant") == 0
    part = found.select(contrast="dissimilarity_contribution", group="xconstant")
    assert abs(part.value[0]) < 1e-12


@SETTINGS
@given(worlds(), st.sampled_from(["cells", "logit"]))
def test_names_and_orders_of_categories_and_circumstances_do_not_matter(frame: pd.DataFrame, fit: str) -> None:
    names = circumstances(frame)
    other = frame.assign(**{c: frame[c].map({0: "d", 1: "a", 2: "c", 3: "b"}) for c in names})
    other = other.sample(frac=1, random_state=1).reset_index(drop=True)
    a, b = analysed(frame, fit), analysed(other, fit, names[::-1])
    assert (a is None) == (b is None)
    if a is None or b is None:
        return
    for contrast in ("coverage", "opportunity_index", "dissimilarity_bias"):
        x, y = a.select(contrast=contrast), b.select(contrast=contrast)
        np.testing.assert_allclose(x.value, y.value, atol=1e-9)
        np.testing.assert_allclose(x.se, y.se, rtol=1e-6, atol=1e-9)
    for name in names:
        x, y = (e.select(contrast="dissimilarity_contribution", group=name) for e in (a, b))
        np.testing.assert_allclose(x.value, y.value, atol=1e-9)
        np.testing.assert_allclose(x.se, y.se, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("fit", ["cells", "logit"])
def test_equal_chances_are_no_inequality_and_have_no_error(fit: str) -> None:
    cells = [((a, b), 20, 5) for a in "AB" for b in "xy"]
    found = mpi.decompose.opportunity(estimated(people(cells, ["a", "b"]), ["a", "b"]), fit=fit)
    row = found.select(contrast="dissimilarity", by=("a", "b"))
    assert row.value[0] == 0
    assert np.isnan(row.se[0])
    assert "same chance" in row.flag.at(0)
    assert value(found, "opportunity_index") == pytest.approx(0.75, abs=1e-12)


def test_a_rate_of_the_opportunity_itself_gives_the_same() -> None:
    cells = [(("a",), 30, 3), (("b",), 50, 20), (("c",), 20, 14)]
    frame = people(cells, ["x"])
    turned = frame.assign(poor=1 - frame["poor"])
    a = mpi.decompose.opportunity(estimated(frame, ["x"]))
    b = mpi.decompose.opportunity(estimated(turned, ["x"]), rates="opportunity")
    np.testing.assert_allclose(a.value, b.value, atol=1e-12)
    np.testing.assert_allclose(a.se, b.se, atol=1e-12)


def test_a_mean_put_together_with_population_shares() -> None:
    frame = people([(("a",), 30, 3), (("b",), 50, 20)], ["x"])
    survey = mpi.Survey(frame)
    shares = mpi.estimate(survey, ONE, by=["x"], statistics=["population_share"])
    a = mpi.decompose.opportunity(concat([mpi.mean(survey, "poor", by=["x"]), shares]), by="x")
    b = mpi.decompose.opportunity(estimated(frame, ["x"]))
    np.testing.assert_allclose(a.value, b.value, atol=1e-12)
    np.testing.assert_allclose(a.se, b.se, atol=1e-12)


# --- changes and extremes -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rounds() -> mpi.Estimates:
    measure = mpi.load_measure("gso-mdp")
    names = [*STATISTICS, "uncensored_headcount"]
    return mpi.estimate(mpi.load_sample(), measure, by=[("ethnicity", "area")], statistics=names)


@pytest.mark.parametrize("order", ["shapley", "sequential"])
def test_effects_add_up_to_the_change_of_the_index(rounds: mpi.Estimates, order: str) -> None:
    found = mpi.decompose.opportunity(rounds)
    changed = mpi.decompose.opportunity_change(found, order=order)
    index = found.select(contrast="opportunity_index", statistic="H", wave=[2016, 2018]).contrast([-1, 1])
    parts = changed.select(statistic="H", contrast=["scale_effect", "distribution_effect"]).contrast([1, 1])
    for other in (changed.select(statistic="H", contrast="opportunity_change"), parts):
        assert other.value[0] == pytest.approx(index.value[0], abs=1e-12)
        assert other.se[0] == pytest.approx(index.se[0], rel=1e-9, nan_ok=True)


def test_the_furthest_behind_is_the_worst_group_with_enough_cases() -> None:
    cells = [(("a",), 60, 30), (("b",), 8, 8), (("c",), 70, 7), (("d",), 5, 0)]
    est = estimated(people(cells, ["x"]), ["x"])
    found = mpi.decompose.furthest_behind(est, smallest=10)
    rate = found.select(statistic="H")
    assert rate.keys["group"].to_list() == ["a", "c", "a - c"]
    np.testing.assert_allclose(rate.value, [0.5, 0.1, 0.4], atol=1e-12)
    assert found.select(statistic="population_share").value[0] == pytest.approx(60 / 143)
    turned = mpi.decompose.furthest_behind(est, rates="opportunity", smallest=10).select(statistic="H")
    assert turned.keys["group"].to_list() == ["c", "a", "c - a"]
    none = mpi.decompose.furthest_behind(est, smallest=65)
    assert np.isnan(none.value).all()
    assert "fewer than two groups of 65 cases" in none.flag.at(0)


def test_nobody_is_behind_where_all_rates_are_the_same() -> None:
    est = estimated(people([(("a",), 60, 0), (("b",), 70, 0)], ["x"]), ["x"])
    gap = mpi.decompose.furthest_behind(est).select(contrast="furthest_gap")
    assert (gap.value[0], gap.n[0]) == (0, 70)
    assert "have the same rate: nobody is behind" in gap.flag.at(0)


def test_one_circumstance_has_the_same_chances_either_way() -> None:
    est = estimated(people([(("a",), 30, 3), (("b",), 50, 20), (("c",), 9, 0)], ["x"]), ["x"])
    a, b = (mpi.decompose.opportunity(est, fit=f) for f in ("cells", "logit"))
    np.testing.assert_array_equal(a.value, b.value)
    assert value(a, "dissimilarity_contribution_share") == 1


# --- what is said ---------------------------------------------------------------------------------------------------


def test_separation_is_named_with_the_category_and_the_remedy() -> None:
    cells = [(("A", "x"), 20, 5), (("A", "y"), 20, 9), (("B", "x"), 20, 20), (("B", "y"), 20, 20)]
    est = estimated(people(cells, ["a", "b"]), ["a", "b"])
    with pytest.raises(mpi.MpiError, match=r"separation.*fit='cells'.*0 or 1 in a B"):
        mpi.decompose.opportunity(est, fit="logit")
    assert np.isfinite(mpi.decompose.opportunity(est).value).all()


def test_separation_without_a_sure_category_is_found() -> None:
    levels = np.array([[0, 0], [0, 1], [1, 0]])
    none = sp.csr_array((3, 1))
    with pytest.raises(Separated):
        predicted(design_of(levels), Figures(np.full(3, 1 / 3), none), Figures(np.array([0.5, 1.0, 0.2]), none))


def test_a_category_in_one_place_only_needs_no_column_of_its_own() -> None:
    cells = [(("A", "x"), 20, 5), (("A", "y"), 20, 9), (("B", "z"), 20, 12)]
    est = estimated(people(cells, ["a", "b"]), ["a", "b"])
    a, b = (mpi.decompose.opportunity(est, fit=f) for f in ("cells", "logit"))
    np.testing.assert_allclose(a.value, b.value, atol=1e-9)


def test_nobody_has_the_opportunity() -> None:
    found = mpi.decompose.opportunity(estimated(people([(("a",), 9, 9), (("b",), 9, 9)], ["x"]), ["x"]))
    assert np.isnan(found.value).all()
    assert found.flag.at(0) == "nobody has the opportunity: no index"


def test_small_groups_are_flagged() -> None:
    est = estimated(people([(("a",), 9, 4), (("b",), 90, 9)], ["x"]), ["x"])
    flag = mpi.decompose.opportunity(est).select(contrast="dissimilarity").flag.at(0)
    assert flag == "1 of 2 groups have fewer than 30 cases: dissimilarity biased upward"
    assert mpi.decompose.opportunity(est, few=5).flag.at(1) is None


def test_an_index_rests_on_everybody() -> None:
    frame = people([(("a",), 9, 4), (("b",), 91, 9)], ["x"]).assign(h=lambda f: f.index % 2)
    est = mpi.estimate(mpi.Survey(frame, strata="h"), ONE, by=["x"], statistics=STATISTICS, df="group")
    found = mpi.decompose.opportunity(est)
    assert set(found.n.tolist()) == set(found.n_psu.tolist()) == {100}
    assert set(found.df.tolist()) == {98}


def test_shares_of_other_people_than_the_rates_give_no_index() -> None:
    frame = people([(("a",), 30, 3), (("b",), 50, 20)], ["x"])
    survey = mpi.Survey(frame.assign(answer=frame["poor"].where(frame.index > 9)))
    shares = mpi.estimate(survey, ONE, by=["x"], statistics=["population_share"])
    found = mpi.decompose.opportunity(concat([mpi.mean(survey, "answer", by=["x"]), shares]), by="x")
    assert np.isnan(found.value).all()
    assert "same people" in found.flag.at(0)


def test_what_is_missing_is_told(rounds: mpi.Estimates) -> None:
    opportunity = mpi.decompose.opportunity
    with pytest.raises(mpi.MpiError, match="population_share"):
        opportunity(rounds.select(statistic="H"))
    with pytest.raises(mpi.MpiError, match=r"no cross 'ethnicity × aera'; did you mean 'ethnicity × area'"):
        opportunity(rounds, by=("ethnicity", "aera"))
    with pytest.raises(mpi.MpiError, match="no cross '3'"):
        opportunity(rounds, by=3)
    with pytest.raises(mpi.MpiError, match="no rate 'M0'"):
        opportunity(rounds, statistics="M0")
    with pytest.raises(mpi.MpiError, match=r"2 problems(.|\n)*rates:(.|\n)*fit:"):
        opportunity(rounds, rates="depriv", fit="logti")
    with pytest.raises(mpi.MpiError, match="by="):
        opportunity(rounds.select(by="total"))
    with pytest.raises(mpi.MpiError, match="opportunity"):
        mpi.decompose.opportunity_change(rounds)
    with pytest.raises(mpi.MpiError, match="order"):
        mpi.decompose.opportunity_change(opportunity(rounds), order="first")
