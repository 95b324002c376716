"""Limits: one-sided ones of shares of 0 and 1, those of intensities and of ratios, and the tests that go with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import mpi
from frame_kinds import on
from mpi import decompose
from mpi.cli.app import app
from mpi.inference.intervals import METHODS, extreme_limits, interval

ONE = mpi.Measure.nested("one", {"x": ["d"]}, "1")
TWO = mpi.Measure.nested("two", {"x": ["a"], "y": ["b"], "z": ["c"]}, "1/3")
METHODS_OF_SHARES = [m for m in METHODS if m not in ("t", "log", "log1p")]


def forty(d: float = 0.0) -> pd.DataFrame:
    """Return 40 people in 20 PSUs, of whom nobody, or everybody, is poor."""
    return pd.DataFrame({"d": d, "psu": np.repeat(np.arange(20), 2), "w": np.linspace(1, 2, 40)})


def people(seed: int, groups: int = 3, psus: int = 24) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    n = 20 * psus
    frame = pd.DataFrame(
        {"psu": np.repeat(np.arange(psus), 20), "g": rng.integers(0, groups, n), "t": rng.integers(1, 3, n)}
    )
    level = rng.normal(-0.6, 0.5, psus)[frame.psu] - 0.4 * frame.g
    for name in "abc":
        frame[name] = (rng.random(n) < 1 / (1 + np.exp(-level))).astype(int)
    return frame.assign(g=frame.g.map(dict(enumerate("uvw"))), w=rng.uniform(0.5, 2, n), s=frame.psu % 4)


def surveyed(frame: pd.DataFrame, **options: object) -> mpi.Survey:
    return mpi.Survey(frame, weight="w", strata="s", psu="psu", **options)


# --- shares of 0 and 1 ----------------------------------------------------------------------------------------------


def korn_graubard(n: float, df: float, level: float = 0.95) -> float:
    """Return the upper limit of 0 of n: the F quantile of Clopper and Pearson, n reduced by the degrees of freedom."""
    tail = (1 - level) / 2
    reduced = n * (stats.t.ppf(1 - tail, n - 1) / stats.t.ppf(1 - tail, df)) ** 2
    f = stats.f.ppf(1 - tail, 2, 2 * reduced)
    return f / (reduced + f)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_a_share_of_0_or_1_has_a_one_sided_limit_under_every_method(method: str, level: float) -> None:
    for d in (0.0, 1.0):
        est = mpi.estimate(mpi.Survey(forty(d), weight="w", psu="psu"), ONE, statistics=["H", "M0"])
        low, high = est.with_interval(method, level).conf_int()
        limit = korn_graubard(40, 19, level)
        want = (0.0, limit) if d == 0 else (1 - limit, 1.0)
        for i in (0, 1):
            assert (low[i], high[i]) == pytest.approx(want, rel=1e-12)
        side = "0: upper" if d == 0 else "1: lower"
        assert set(est.flag.to_list()) == {f"estimate is {side} limit only"}


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 10_000), st.integers(1, 300), st.floats(0.5, 0.999))
def test_the_limit_is_that_of_the_reduced_cases(n: int, df: int, level: float) -> None:
    df = min(df, n - 1)
    p = np.array([0.0, 1.0, 0.5])
    low, high = extreme_limits(p, np.full(3, float(df)), level, np.full(3, float(n)))
    limit = korn_graubard(n, df, level)
    assert high[0] == pytest.approx(limit, rel=1e-9)
    assert low[1] == pytest.approx(1 - limit, rel=1e-9)
    assert (low[0], high[1]) == (0.0, 1.0)
    assert np.isnan([low[2], high[2]]).all()
    assert high[0] >= 1 - ((1 - level) / 2) ** (1 / n) - 1e-15  # never narrower than independent cases would have it


def test_no_limit_without_degrees_of_freedom_or_of_what_is_no_share_of_cases() -> None:
    frame = forty().assign(g=np.where(np.arange(40) < 2, "one", "others"))
    est = mpi.estimate(mpi.Survey(frame, weight="w", psu="psu"), ONE, by=["g"])
    alone = est.select(statistic="H", group="one")
    assert np.isnan(alone.conf_int()).all()
    assert alone.flag.to_list() == ["one PSU in group"]
    for statistic in ("contribution", "population_share"):
        some = est.select(statistic=statistic)
        assert np.isnan(some.conf_int()[0][some.se == 0]).all()
    census = mpi.estimate(mpi.Survey(forty(), census=True), ONE, statistics=["H"])
    assert np.isnan(census.conf_int()).all()


@pytest.mark.parametrize("engine", ["pandas", "polars", "arrow", "lazy polars", "duckdb"])
def test_every_engine_gives_the_limit(engine: str, tmp_path: Path) -> None:
    survey = mpi.Survey(on(engine, forty(), lambda: None, tmp_path), weight="w", psu="psu")
    for est in (mpi.estimate(survey, ONE, statistics=["H"]), mpi.mean(survey, "d")):
        assert np.ravel(est.conf_int()) == pytest.approx([0.0, korn_graubard(40, 19)], rel=1e-12)
    categories = mpi.proportion(mpi.Survey(forty().assign(c="all"), weight="w", psu="psu"), "c")
    assert np.ravel(categories.conf_int()) == pytest.approx([1 - korn_graubard(40, 19), 1.0], rel=1e-12)


def test_the_limit_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    est = mpi.estimate(mpi.Survey(forty(), weight="w", psu="psu"), ONE, statistics=["H"])
    table = est.publish(percent=True, interval=True)
    assert table.iloc[0, 0] == "0.0 [0.0, 9.4]"
    assert "estimate is 0: upper limit only: H of total." in table.attrs["notes"]
    assert est.publish().iloc[0, 0] == "0.000 (–)"
    assert "(–) estimate is 0: upper limit only: H of total." in est.publish().attrs["notes"]
    assert est.table["ci_high"][0] == pytest.approx(0.0940, abs=5e-5)
    monkeypatch.chdir(tmp_path)
    forty().to_csv("people.csv", index=False)
    Path("m.toml").write_text(ONE.to_toml(), encoding="utf-8")
    asked = [
        "estimate",
        "people.csv",
        "--measure",
        "m.toml",
        "--weight",
        "w",
        "--psu",
        "psu",
        "--interval",
        "--percent",
    ]
    result = CliRunner().invoke(app, asked)
    assert "0.0 [0.0, 9.4]" in result.output


# --- intensities ----------------------------------------------------------------------------------------------------


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_intensities_have_limits_between_the_cutoff_and_1(seed: int) -> None:
    est = mpi.estimate(surveyed(people(seed)), TWO, by=["g"], cutoffs=["1/3", "2/3"], statistics=["A", "H"])
    a = est.select(statistic="A")
    low, high = a.conf_int()
    k = np.array([{"1/3": 1 / 3, "2/3": 2 / 3}[c] for c in a.keys["cutoff"].to_list()])
    q = stats.t.ppf(0.975, np.where(a.df > 0, a.df, np.nan))
    x = (a.value - k) / (1 - k)
    inside = (a.se > 0) & (x > 1e-12) & (a.df > 0)
    half = (q * a.se / (1 - k) / np.where(inside, x * (1 - x), np.nan))[inside]
    logit = np.log(x[inside] / (1 - x[inside]))
    for got, sign in ((low, -1), (high, 1)):
        want = k[inside] + (1 - k[inside]) / (1 + np.exp(-(logit + sign * half)))
        assert got[inside] == pytest.approx(want, rel=1e-10)
        assert np.isnan(got[~inside & (a.se == 0)]).all()
    assert ((low >= k - 1e-12) | np.isnan(low)).all()


@pytest.mark.parametrize("method", METHODS_OF_SHARES)
def test_a_method_that_is_named_makes_them_as_published(method: str) -> None:
    est = mpi.estimate(surveyed(people(1)), TWO, by=["g"], statistics=["A", "H"])
    a = est.with_interval(method).select(statistic="A")
    want = interval(method, a.value, a.se, a.df, 0.95, a.n)
    assert np.ravel(a.conf_int()) == pytest.approx(np.ravel(want), rel=1e-12)
    same = est.select(statistic="H").with_interval("logit").conf_int()
    assert np.ravel(same) == pytest.approx(np.ravel(est.select(statistic="H").conf_int()), rel=1e-15)


# --- ratios, and what is tested -------------------------------------------------------------------------------------


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.5, 0.99))
def test_a_p_value_is_below_alpha_where_the_interval_leaves_no_difference_out(seed: int, level: float) -> None:
    est = mpi.estimate(
        surveyed(people(seed), wave="t", shared_psus=True), TWO, by=["g"], statistics=["H", "M0", "A"], level=level
    )
    gaps = decompose.gap(est, by="g", kinds=["difference", "ratio", "log_ratio"])
    changes = decompose.change(est)
    for made in (
        gaps,
        changes,
        decompose.growth(mpi.estimate(surveyed(people(seed), wave="t", shared_psus=True), TWO, level=level)),
    ):
        low, high = made.conf_int()
        null = np.array([1.0 if str(c) == "ratio" else 0.0 for c in made.keys["contrast"].to_list()])
        p = made.pvalues()
        known = np.isfinite(low) & np.isfinite(p)
        assert known.any()
        outside = (low > null) | (high < null)
        assert ((p < 1 - level) == outside)[known & (np.abs(p - (1 - level)) > 1e-9)].all()
        assert decompose.significance(made, adjust="none")["p"].to_numpy() == pytest.approx(p, rel=1e-12, nan_ok=True)


def test_relative_changes_are_ratios_less_1() -> None:
    est = mpi.estimate(surveyed(people(3), wave="t", shared_psus=True), TWO, by=["g"], statistics=["H"])
    made = decompose.change(est, kinds=["relative_change"])
    low, high = made.conf_int()
    q = stats.t.ppf(0.975, made.df)
    ratio = 1 + made.value
    assert low == pytest.approx(ratio * np.exp(-q * made.se / ratio) - 1, rel=1e-12)
    assert high == pytest.approx(ratio * np.exp(q * made.se / ratio) - 1, rel=1e-12)
    assert (low > -1).all()
    of_gaps = decompose.change(decompose.gap(est, by="g", kinds="difference"), kinds=["relative_change"])
    limit = of_gaps.value - stats.t.ppf(0.975, of_gaps.df) * of_gaps.se
    assert of_gaps.conf_int()[0] == pytest.approx(limit, rel=1e-12)
    annual = decompose.change(est, kinds=["annual_relative_change"], years={1: 2000, 2: 2004})
    assert annual.conf_int()[0] == pytest.approx((1 + low) ** 0.25 - 1, rel=1e-9)
    assert made.pvalues() == pytest.approx(annual.pvalues(), rel=1e-9)


def test_growth_rates_and_relative_trends_are_ratios_less_1() -> None:
    est = mpi.estimate(surveyed(people(3), wave="t", shared_psus=True), TWO, by=["g"], statistics=["M0", "H", "A"])
    rates = decompose.growth(est).select(contrast=["growth", "incidence_growth", "intensity_growth"])
    three = people(3).assign(t=lambda f: 2001 + np.arange(len(f)) % 3)
    every = mpi.estimate(surveyed(three, wave="t", shared_psus=True), TWO, statistics=["H"])
    for made in (rates, decompose.trend(every, path="constant_rate").select(contrast="relative_trend")):
        low, high = made.conf_int()
        q, ratio = stats.t.ppf(0.975, made.df), 1 + made.value
        assert low == pytest.approx(ratio * np.exp(-q * made.se / ratio) - 1, rel=1e-12)
        assert high == pytest.approx(ratio * np.exp(q * made.se / ratio) - 1, rel=1e-12)


def test_a_ratio_is_tested_against_1_and_anything_against_a_value_that_is_named() -> None:
    est = mpi.estimate(surveyed(people(3)), TWO, by=["g"], statistics=["H"])
    ratio = decompose.gap(est, by="g", kinds="ratio")
    t = ratio.value * np.log(ratio.value) / ratio.se
    assert ratio.pvalues() == pytest.approx(2 * stats.t.sf(np.abs(t), ratio.df), rel=1e-12)
    assert ratio.pvalues() == pytest.approx(ratio.pvalues(1.0), rel=1e-15)
    assert est.pvalues(0.3) == pytest.approx(2 * stats.t.sf(np.abs(est.value - 0.3) / est.se, est.df), rel=1e-12)


# --- decimals -------------------------------------------------------------------------------------------------------


def test_levels_have_the_decimals_that_their_errors_need() -> None:
    frame = people(5, psus=240)
    frame["rare"] = ((np.arange(len(frame)) % 4799) == 7).astype(int)
    est = mpi.mean(surveyed(frame), ["rare", "a"])
    assert est.se[0] < 0.0006
    assert est.select(indicator="rare").publish().iloc[0, 0] == f"{est.value[0]:.4f} ({est.se[0]:.4f})"
    assert est.select(indicator="a").publish().iloc[0, 0] == f"{est.value[1]:.3f} ({est.se[1]:.3f})"
    assert est.select(indicator="rare").publish(decimals=3).iloc[0, 0] == f"{est.value[0]:.3f} ({est.se[0]:.3f})"
