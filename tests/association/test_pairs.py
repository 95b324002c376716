"""Association of pairs against R, against other formulae, and against what it must be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

import mpi
from mpi.association.measures import FUNCTIONS, interaction
from mpi.inference.intervals import interval
from mpi.inference.rao_scott import rao_scott
from mpi.inference.tetrachoric import bivariate_normal, tetrachoric

ORACLES = Path(__file__).parents[1] / "oracles" / "association"
EXPECTED = json.loads((ORACLES / "expected.json").read_text(encoding="utf-8"))
NAMES = {
    "p11": "both", "p10": "first_only", "p01": "second_only", "p00": "neither", "R0": "R0", "phi": "phi",
    "cramer_v": "cramers_v", "odds_ratio": "odds_ratio", "jaccard": "jaccard",
}  # fmt: skip
DESIGN: dict[str, Any] = {"weight": "w", "strata": "stratum", "psu": "psu", "single_psu": "centered"}


def of_totals() -> mpi.Survey:
    """The survey of our own, one row for each PSU and cell."""
    wide = pd.read_csv(ORACLES / "pair.csv")
    long = wide.melt(["stratum", "psu"], var_name="cell", value_name="w")
    long["nutr"], long["wtr"] = (long["cell"].str[i].astype(int) for i in (1, 2))
    return mpi.Survey(long[long["w"] > 0], **DESIGN)


def two(a: str = "nutr", b: str = "wtr") -> mpi.Measure:
    return mpi.Measure.nested("m", {"health": [a], "living": [b]}, cutoff="1/2")


def test_a_pair_is_what_r_says() -> None:
    found = mpi.association.estimate(of_totals(), two())
    known = EXPECTED["pair"]
    for key, name in NAMES.items():
        one = found.estimates.select(statistic=name)
        assert one.value[0] == pytest.approx(known[key], abs=1e-12, rel=1e-12)
        if f"{key}_se" in known:
            assert one.se[0] == pytest.approx(known[f"{key}_se"], rel=1e-9)
    assert found.pvalue[0] == pytest.approx(known["rao_scott_F_p"], rel=1e-9)
    assert found.df[0] == 597


@pytest.fixture(scope="module")
def golden(field: Path) -> tuple[pd.DataFrame, mpi.association.Association]:
    rows = pd.read_csv(field / "golden" / "syn.csv.gz").query("complete == 1 and t == 1")
    dims = {"health": ["nutr", "cm"], "education": ["satt", "educ"]}
    dims["living"] = ["elct", "sani", "wtr", "hsg", "ckfl", "asst"]
    measure = mpi.Measure.nested("m", {k: [f"d_{j}" for j in v] for k, v in dims.items()}, cutoff="1/3")
    survey = mpi.Survey(rows, weight="w2", strata="stratum", psu="psu", single_psu="centered")
    return pd.read_csv(field / "golden_next" / "b_association.csv"), mpi.association.estimate(survey, measure)


def test_all_pairs_are_what_r_says(golden: Any) -> None:
    known, found = golden
    for key, name in NAMES.items():
        one = found.estimates.select(statistic=name)
        np.testing.assert_allclose(one.value, known[key], rtol=1e-12, atol=1e-14)
        if f"{key}_se" in known:
            np.testing.assert_allclose(one.se, known[f"{key}_se"], rtol=1e-9)
    np.testing.assert_allclose(found.pvalue, known["rao_scott_F_p"], rtol=1e-9)
    near = found.estimates.select(statistic="tetrachoric").value
    np.testing.assert_allclose(near, known["tetrachoric_ml"], atol=5e-5)  # where the search of polycor stops


def test_reliability_is_what_r_says(golden: Any, field: Path) -> None:
    known = json.loads((field / "golden_next" / "b_overlap.json").read_text(encoding="utf-8"))
    found = golden[1].estimates.select(statistic="KR20")
    assert found.value[0] == pytest.approx(known["kr20_weighted"], rel=1e-12)


def test_reliability_by_hand() -> None:
    """Eight people and four items: the sum of p (1 - p) is .9375, the variance of the number 1.4844."""
    items = ["1000", "0000", "1101", "0100", "1111", "0010", "1100", "0001"]
    frame = pd.DataFrame([[int(c) for c in row] for row in items], columns=list("abcd"))
    measure = mpi.Measure.nested("m", {"x": list("abcd")}, cutoff=1)
    found = mpi.association.estimate(mpi.Survey(frame), measure).estimates.select(statistic="KR20")
    p = frame.mean()
    assert found.value[0] == pytest.approx(4 / 3 * (1 - (p * (1 - p)).sum() / frame.sum(axis=1).var(ddof=0)), rel=1e-14)


def test_a_table_by_hand() -> None:
    """Of 100 people 30 are deprived in both, 20 in the first only, 10 in the second only (Alkire et al. 2015, 7.3)."""
    frame = pd.DataFrame({"nutr": [1, 1, 0, 0], "wtr": [1, 0, 1, 0], "w": [30, 20, 10, 40]})
    found = mpi.association.estimate(mpi.Survey(frame, weight="w"), two()).estimates
    known = {"R0": 0.75, "phi": 1 / np.sqrt(6), "jaccard": 0.5, "odds_ratio": 6.0, "tetrachoric": 0.6070728129457343}
    for name, value in known.items():
        assert found.select(statistic=name).value[0] == pytest.approx(value, rel=1e-12)


# --- brute force ----------------------------------------------------------------------------------------------------


def a_frame(seed: int, n: int = 300, d: int = 4, *, gaps: float = 0.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    psu = np.sort(rng.integers(0, 24, n))
    base = rng.random(n)
    frame = pd.DataFrame({f"d{j}": (base + rng.random(n) < 0.5 + 0.2 * j) * 1.0 for j in range(d)})
    frame = frame.mask(rng.random(frame.shape) < gaps)
    return frame.assign(psu=psu, stratum=psu // 6, w=rng.uniform(0.5, 2, n), g=rng.integers(0, 3, n))


def a_measure(d: int = 4) -> mpi.Measure:
    return mpi.Measure.nested("m", {"x": [f"d{j}" for j in range(d)]}, cutoff="1/2")


def figures(x: np.ndarray, y: np.ndarray, w: np.ndarray) -> dict[str, float]:
    """Each figure of a pair in one line of NumPy."""
    a, b, c, d = (float(w[(x == i) & (y == j)].sum()) for i, j in ((1, 1), (1, 0), (0, 1), (0, 0)))
    n = a + b + c + d
    phi = (a * d - b * c) / np.sqrt((a + b) * (c + d) * (a + c) * (b + d))
    return {
        "both": a / n, "first_only": b / n, "second_only": c / n, "neither": d / n, "R0": a / min(a + b, a + c),
        "phi": phi, "cramers_v": abs(phi), "odds_ratio": a * d / (b * c), "jaccard": a / (a + b + c),
        "tetrachoric": float(tetrachoric(*(np.array([v / n]) for v in (a, a + b, a + c)))[0][0]),
    }  # fmt: skip


def covariance(frame: pd.DataFrame, x: np.ndarray, y: np.ndarray, w: np.ndarray) -> pd.DataFrame:
    """Linearised covariances from figures found again with the weights of each PSU moved a little: no derivatives."""
    h, psus = 1e-5, sorted(frame["psu"].unique())
    pushed = [
        {k: (up - down) / (2 * h) for (k, up), down in zip(*moved, strict=True)}
        for moved in (
            (figures(x, y, np.where(frame["psu"] == p, w * (1 + h), w)).items(),
             figures(x, y, np.where(frame["psu"] == p, w * (1 - h), w)).values())
            for p in psus
        )
    ]  # fmt: skip
    u = pd.DataFrame(pushed)
    strata = np.array([frame.loc[frame["psu"] == p, "stratum"].iloc[0] for p in psus])
    parts = [u[strata == s] for s in np.unique(strata)]
    every: Any = sum((len(p) * p.cov() for p in parts[1:]), len(parts[0]) * parts[0].cov())
    return every


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["total", "g"]), st.sampled_from(["uncensored", "censored"]))
def test_figures_and_errors_are_those_found_without_derivatives(seed: int, by: str, kind: Any) -> None:
    frame = a_frame(seed)
    survey = mpi.Survey(frame, weight="w", strata="stratum", psu="psu")
    found = mpi.association.estimate(survey, a_measure(), ["g"], deprivations=kind).estimates
    x = frame[["d0", "d1", "d2", "d3"]].to_numpy()
    if kind == "censored":
        x = x * (x.mean(axis=1) >= 0.5)[:, None]
    inside = np.ones(len(frame)) if by == "total" else (frame["g"] == 1).to_numpy()
    w = frame["w"].to_numpy() * inside
    own = found.select(by=by, group="total" if by == "total" else "1", indicator="d1 × d2")
    known = figures(x[:, 1], x[:, 2], w)
    spread: Any = covariance(frame, x[:, 1], x[:, 2], w)
    for i, name in enumerate(own.keys["statistic"].to_list()):
        assert own.value[i] == pytest.approx(known[name], rel=1e-10)
        assert own.keys["cutoff"].at(i) == ("1/2" if kind == "censored" else None)
    order = own.keys["statistic"].to_list()
    size = np.sqrt(np.diag(spread))
    expected = (spread / np.outer(size, size)).loc[order, order]
    np.testing.assert_allclose(own.se, np.sqrt(np.diag(spread.loc[order, order])), rtol=1e-5)
    np.testing.assert_allclose(own.vcov() / np.outer(own.se, own.se), expected, atol=1e-5)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_the_test_of_a_pair_is_that_of_its_table(seed: int) -> None:
    """Against the function for tables of any size, which takes the covariance of the cells."""
    frame = a_frame(seed)
    survey = mpi.Survey(frame, weight="w", strata="stratum", psu="psu")
    found = mpi.association.estimate(survey, a_measure(2))
    cells = found.estimates.select(statistic=["both", "first_only", "second_only", "neither"])
    table, df = cells.value.reshape(2, 2), float(found.df[0])
    known = rao_scott(table, cells.vcov(), cases=len(frame), df=df, correction="f")
    assert found.statistic[0] == pytest.approx(known.value, rel=1e-8)
    assert found.pvalue[0] == pytest.approx(known.pvalue, rel=1e-8)


def test_rows_that_miss_an_answer_leave_their_pairs_alone() -> None:
    frame = a_frame(3, gaps=0.2)
    survey = mpi.Survey(frame, weight="w", strata="stratum", psu="psu")
    every = mpi.association.estimate(survey, a_measure().with_missing("reweight"), ["g"]).estimates
    pair = mpi.association.estimate(survey, mpi.Measure.nested("p", {"x": ["d1", "d3"]}, cutoff="1/2"), ["g"]).estimates
    one, other = every.select(indicator="d1 × d3"), pair.select(indicator="d1 × d3")
    np.testing.assert_allclose(one.value, other.value, rtol=1e-12)
    np.testing.assert_allclose(one.se, other.se, rtol=1e-9)
    assert one.n.tolist() == other.n.tolist()
    complete = mpi.association.estimate(survey, a_measure()).estimates.select(statistic="both")
    assert set(complete.n) == {len(frame.dropna())}
    with pytest.raises(mpi.MpiError, match="no bounds"):
        mpi.association.estimate(survey, a_measure().with_missing("bounds"))


def test_what_is_alike_and_what_nobody_has() -> None:
    frame = a_frame(5).assign(same=lambda f: f["d0"], none=0)
    measure = mpi.Measure.nested("m", {"x": ["d0", "same", "none"]}, cutoff="1/3")
    found = mpi.association.estimate(mpi.Survey(frame, weight="w", strata="stratum", psu="psu"), measure)
    same = found.estimates.select(indicator="d0 × same")
    by = dict(zip(same.keys["statistic"].to_list(), range(len(same)), strict=True))
    for name in ("R0", "phi", "cramers_v", "jaccard"):
        assert same.value[by[name]] == pytest.approx(1, abs=1e-15)
        assert same.se[by[name]] == 0
    assert [same.flag.at(by[n]) for n in ("tetrachoric", "odds_ratio")] == ["a cell of the table is empty"] * 2
    none = found.estimates.select(indicator="d0 × none", statistic=["R0", "phi", "jaccard"])
    assert np.isnan(none.value[:2]).all()
    assert none.value[2] == 0
    assert none.flag.at(0) == "nobody deprived in one of the two"
    assert np.isnan(found.pvalue[1])


def test_the_cases_are_those_a_figure_rests_on() -> None:
    frame = a_frame(9)
    found = mpi.association.estimate(mpi.Survey(frame), a_measure()).estimates.select(indicator="d0 × d3")
    n = dict(zip(found.keys["statistic"].to_list(), found.n, strict=True))
    assert n["both"] == n["phi"] == len(frame)
    assert n["R0"] == min(frame["d0"].sum(), frame["d3"].sum())
    assert n["jaccard"] == ((frame["d0"] + frame["d3"]) > 0).sum()
    assert found.counts is not None
    trait = dict(zip(found.keys["statistic"].to_list(), found.counts.n_with, strict=True))
    for name, i, j in (("both", 1, 1), ("first_only", 1, 0), ("second_only", 0, 1), ("neither", 0, 0)):
        assert trait[name] == ((frame["d0"] == i) & (frame["d3"] == j)).sum()
    assert trait["R0"] == trait["jaccard"] == trait["both"]


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
def test_engines_say_the_same(on_engine: Any, engine: str) -> None:
    frame = a_frame(11, gaps=0.1)
    given: dict[str, Any] = {"weight": "w", "strata": "stratum", "psu": "psu"}
    known = mpi.association.estimate(mpi.Survey(frame, **given), a_measure(), ["g"])
    found = mpi.association.estimate(mpi.Survey(on_engine(engine, frame), **given), a_measure(), ["g"])
    np.testing.assert_allclose(found.estimates.value, known.estimates.value, rtol=1e-12)
    np.testing.assert_allclose(found.estimates.se, known.estimates.se, rtol=1e-9)
    assert found.tests["pvalue"].to_numpy() == pytest.approx(known.tests["pvalue"].to_numpy(), rel=1e-9)


# --- what is printed ------------------------------------------------------------------------------------------------


def test_the_matrix_is_square_and_says_which_figures_are_meant() -> None:
    found = mpi.association.estimate(
        mpi.Survey(a_frame(1), weight="w", strata="stratum", psu="psu"), a_measure(), ["g"],
        deprivations=["uncensored", "censored"],
    )  # fmt: skip
    with pytest.raises(mpi.MpiError, match=r"12 figures of 6 pairs; say which cutoff is meant"):
        found.matrix("phi")
    phi = found.matrix("phi", cutoff="1/2")
    assert phi.to_numpy().tolist() == phi.T.to_numpy().tolist()
    assert phi.loc["d1", "d1"] == 1
    estimates = found.estimates.select(cutoff="1/2", by="g", group="2", indicator="d0 × d2")
    only = found.matrix("first_only", cutoff="1/2", by="g", group="2")
    assert only.loc["d0", "d2"] == estimates.select(statistic="first_only").value[0]
    assert only.loc["d2", "d0"] == estimates.select(statistic="second_only").value[0]
    tests: Any = found.tests.set_index(["indicator", "by", "group", "cutoff"])
    assert (
        found.matrix("pvalue", group="1", cutoff="1/2").loc["d2", "d3"]
        == tests.loc[("d2 × d3", "g", "1", "1/2"), "pvalue"]
    )
    with pytest.raises(mpi.MpiError, match=r"did you mean 'jaccard'"):
        found.matrix("jacard")
    assert "6 pairs of 4 indicators" in repr(found)


def test_what_cannot_be_asked() -> None:
    survey = mpi.Survey(a_frame(1))
    with pytest.raises(mpi.MpiError, match="one indicator; two make a pair"):
        mpi.association.estimate(survey, a_measure(1))
    with pytest.raises(mpi.MpiError, match="did you mean 'censored'"):
        mpi.association.estimate(survey, a_measure(), deprivations="censord")  # type: ignore[arg-type]  # the point
    with pytest.raises(mpi.MpiError, match="deprivations is empty"):
        mpi.association.estimate(survey, a_measure(), deprivations=[])


def test_tables_are_written() -> None:
    labelled = [mpi.Indicator(f"d{j}", dimension="x", weight="1/2", label=f"Item {j}") for j in range(2)]
    measure = mpi.Measure("m", labelled, cutoff="1/2")
    survey = mpi.Survey(a_frame(1), weight="w", strata="stratum", psu="psu")
    est = mpi.association.estimate(survey, measure, ["g"]).estimates
    text = est.select(statistic=["R0", "phi"]).publish(by="g", labels=True).to_string()
    assert "Item 0 × Item 1" in text
    assert (est.to_excel() or b"")[:2] == b"PK"


# --- normal variables -----------------------------------------------------------------------------------------------


def test_two_normal_variables_are_those_of_scipy() -> None:
    rng = np.random.default_rng(0)
    h, k, r = rng.normal(0, 1.5, 60), rng.normal(0, 1.5, 60), rng.uniform(-0.999, 0.999, 60)
    h[:3], k[1:4] = 0.0, -0.0
    known = [multivariate_normal.cdf([a, b], cov=[[1, c], [c, 1]]) for a, b, c in zip(h, k, r, strict=True)]
    np.testing.assert_allclose(bivariate_normal(h, k, r), known, atol=1e-14)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0.002, 1), min_size=4, max_size=4))
def test_a_tetrachoric_correlation_gives_the_table_back(cells: list[float]) -> None:
    p = np.array(cells) / sum(cells)
    both, one, other = p[0], p[0] + p[1], p[0] + p[2]
    r, slope = tetrachoric(*(np.array([x]) for x in (both, one, other)))
    from scipy.special import ndtri

    assert bivariate_normal(ndtri([one]), ndtri([other]), r)[0] == pytest.approx(both, abs=1e-12)
    h = 1e-6
    for i in range(3):
        up, down = (
            tetrachoric(*(np.array([x + s * h * (i == j)]) for j, x in enumerate((both, one, other))))[0][0]
            for s in (1, -1)
        )
        assert slope[i, 0] == pytest.approx((up - down) / (2 * h), rel=2e-4, abs=1e-6)


def test_an_interval_of_a_correlation_stays_within_bounds() -> None:
    low, high = interval("atanh", np.array([0.98, 1.0]), np.array([0.05, 0.0]), np.array([9.0, 9.0]), 0.95, np.ones(2))
    assert -1 < low[0] < 0.98 < high[0] < 1
    assert np.tanh(np.arctanh(0.98) + 2.2621571628 * 0.05 / (1 - 0.98**2)) == pytest.approx(high[0], rel=1e-9)
    assert np.isnan([low[1], high[1]]).all()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.01, 1), min_size=4, max_size=4))
def test_derivatives_are_those_of_the_figures(cells: list[float]) -> None:
    """Also of what is hidden behind the test of a pair, whose value counts where errors come of replicates."""
    p = np.array(cells) / sum(cells)
    at = np.array([p[0], p[0] + p[1], p[0] + p[2]])[:, None, None]
    h = 1e-7
    for name, function in {**FUNCTIONS, "interaction": interaction}.items():
        if name == "R0" and abs(p[1] - p[2]) < 1e-5:
            continue  # which of the two is rarer changes within the step
        if name == "cramers_v" and abs(FUNCTIONS["phi"](at)[0][0, 0]) < 1e-5:
            continue
        slope = function(at)[1][:, 0, 0]
        for i in range(3):
            step = h * (np.arange(3) == i)[:, None, None]
            found = (function(at + step)[0] - function(at - step)[0])[0, 0] / (2 * h)
            assert slope[i] == pytest.approx(found, rel=1e-4, abs=1e-5), name


def test_tests_and_intervals_of_measures_of_association_agree() -> None:
    """No association is an odds ratio of 1, and 0 of the others; each is tested on the scale of its interval."""
    survey, measure = mpi.load_sample(), mpi.load_measure("gso-mdp")
    est = mpi.association.estimate(survey, measure, ["region"]).estimates
    found = 0
    for name, null in {"odds_ratio": 1.0, "phi": 0.0, "tetrachoric": 0.0}.items():
        some = est.select(statistic=name)
        some = some.take(some.estimable & (some.se > 0) & np.isfinite(some.conf_int()[0]))
        low, high = some.conf_int()
        assert ((some.pvalues() < 0.05) == ((low > null) | (high < null))).all()
        found += len(some)
    assert found > 200
