"""A number without a known error gives its derivatives none, on every road; one that is so by definition does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import mpi
from mpi import decompose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SETTINGS = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MEASURE = mpi.Measure.nested("m", {"A": ["x"], "B": ["y"]}, cutoff="1/2")
DESIGN = {"weight": "w", "strata": "h", "psu": "c", "wave": "t", "shared_psus": False}
STATISTICS = ["M0", "H", "A", "uncensored_headcount", "censored_headcount", "contribution", "population_share"]
LOST = ("none", "one", "all")
"""Groups that show no variation: nobody is poor, all are of one PSU, everybody is deprived in everything."""


@st.composite
def people(draw: st.DrawFn) -> pd.DataFrame:
    """Two rounds of four groups; `many` is the only one whose error can be estimated."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(120, 200))
    frame = pd.DataFrame({"h": rng.integers(0, 3, n), "c": rng.integers(0, 5, n)})
    frame["t"] = 2010 + 3 * rng.integers(0, 2, n)
    frame["g"] = rng.choice(["many", *LOST], n)
    one = (frame.g == "one").to_numpy()
    frame.loc[one, ["h", "c"]] = draw(st.integers(0, 2)), draw(st.integers(0, 4))
    frame[["x", "y"]] = (rng.random((n, 2)) < rng.uniform(0.3, 0.7, 2)).astype(int)
    frame.loc[frame.g == "none", ["x", "y"]] = 0
    frame.loc[frame.g == "all", ["x", "y"]] = 1
    frame["a"] = rng.choice(["u", "v"], n)
    frame["w"] = rng.uniform(0.5, 4, n)
    return frame


def estimated(frame: Any, **options: Any) -> mpi.Estimates:
    return mpi.estimate(mpi.Survey(frame, **DESIGN), MEASURE, by=["g"], statistics=STATISTICS, **options)


def named(est: mpi.Estimates, *groups: str) -> mpi.Estimates:
    """Return the numbers of some groups, or of pairs one of which is."""
    words = [set(str(g).replace(" - ", " ").split()) for g in est.keys["group"].to_list()]
    return est.take(np.array([bool(w & set(groups)) for w in words]))


def without(est: mpi.Estimates) -> None:
    """Hold defined numbers to have no error, no limits and no p value, and a flag that says why."""
    est = est.take(~np.isnan(est.value))
    assert len(est)
    assert not est.estimable.any()
    for values in (est.se, *est.conf_int(), est.pvalues(), decompose.significance(est)["p"].to_numpy()):
        assert np.isnan(values).all()
    assert all(est.flag.to_list())
    with pytest.raises(mpi.MpiError, match="are not known"):
        est.take([0]).wald_test()


def roads(est: mpi.Estimates) -> Iterator[mpi.Estimates]:
    """Derive numbers of groups without variation in every way, and from these again."""
    rates = est.select(statistic=["M0", "H", "uncensored_headcount", "contribution"], by="g")
    gaps = decompose.gap(rates, by="g", reference="many")
    changes = decompose.change(rates)
    yield from (gaps, decompose.gap(changes.select(contrast="change"), by="g", kinds="difference"))
    yield from (changes, decompose.change(gaps.select(contrast="difference"), kinds="change"))
    yield decompose.target(rates, 0.5, 2020, path="linear").select(contrast=["projected", "shortfall"])
    yield decompose.shapley(est.select(by=["total", "g"])).select(by="g", contrast="incidence_effect")
    yield decompose.groups(est, "g").select(contrast="group_part")
    for made in (gaps, changes):
        yield made.contrast(lambda v: 2 * v)
        yield made.take(slice(None, None, -1))
        yield mpi.results.concat.concat([made, made])


@SETTINGS
@given(people())
def test_what_rests_on_a_number_without_error_has_none(frame: pd.DataFrame) -> None:
    est = estimated(frame)
    shares = est.select(statistic="population_share")
    for made in roads(est):
        without(named(made, *LOST))
    level = named(est.select(statistic=["M0", "H"]), *LOST)
    assert (level.se == 0).all()
    assert not level.estimable.any()
    gap = decompose.gap(est.select(statistic="H", by="g"), by="g", reference="many", kinds="difference")
    H = {(g, t): v for g, t, v in zip(*(est.select(statistic="H", by="g").keys[k].to_list() for k in ("group", "wave")),
                                      est.select(statistic="H", by="g").value, strict=True)}  # fmt: skip
    for i in range(len(gap)):
        a, b = str(gap.keys["group"].at(i)).split(" - ")
        wave = gap.keys["wave"].at(i)
        assert gap.value[i] == pytest.approx(H[a, wave] - H[b, wave], abs=1e-12)
    many = shares.select(group=["many", "none"], wave=2010).contrast([1, -1])
    assert many.se[0] > 0  # who is in a group does vary


@SETTINGS
@given(people())
def test_a_mean_over_all_groups_has_the_error_of_the_whole(frame: pd.DataFrame) -> None:
    """A group in which nobody is poor takes no error from a mean or a union in which it weighs what it is."""
    frame = frame.assign(g=frame.g.replace({"one": "some", "all": "many"}))
    spread = frame.index[frame.g == "some"]
    frame.loc[spread, "h"], frame.loc[spread, "c"] = spread % 3, spread % 5
    est = estimated(frame).select(wave=2010)
    of = est.select(by="g", statistic=["H", "population_share"])
    assume(named(of, "some", "many").estimable.all())
    assume(of.select(statistic="population_share", group="none").value[0] < 0.45)
    H, share = ([s == name for s in of.keys["statistic"].to_list()] for name in ("H", "population_share"))
    whole = est.select(by="total", statistic="H")
    mean = of.contrast(lambda v: v[share] @ v[H])
    assert (mean.value[0], mean.se[0]) == pytest.approx((whole.value[0], whole.se[0]), rel=1e-7)
    poor = mpi.estimate(mpi.Survey(frame, **DESIGN), MEASURE, by=["g"], statistics=["poor_share"]).select(wave=2010)
    names = poor.keys["group"].to_list()
    union = poor.contrast([g != "many" for g in names])  # of some and of none
    assert union.se[0] == pytest.approx(poor.select(group="many").se[0], rel=1e-9)
    without(poor.contrast([(g == "many") - 1.0 * (g == "none") for g in names]))


ENGINES: dict[str, Callable[[pd.DataFrame], Any]] = {
    "polars": lambda f: pytest.importorskip("polars", reason="Polars is an extra").from_pandas(f),
    "lazy": lambda f: pytest.importorskip("polars", reason="Polars is an extra").from_pandas(f).lazy(),
    "arrow": lambda f: pytest.importorskip("pyarrow", reason="PyArrow is an extra").table(dict(f)),
    "duckdb": lambda f: pytest.importorskip("duckdb", reason="DuckDB is an extra").from_df(f),
}


@pytest.mark.parametrize("engine", ENGINES)
def test_engines_agree_on_what_is_known(engine: str) -> None:
    frame = _frame()
    ours, theirs = estimated(frame), estimated(ENGINES[engine](frame))
    assert theirs.estimable.tolist() == ours.estimable.tolist()
    for made in roads(theirs):
        without(named(made, *LOST))


def _frame(seed: int = 5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    n = 160
    frame = pd.DataFrame({"h": rng.integers(0, 3, n), "c": rng.integers(0, 5, n), "t": 2010 + 3 * (np.arange(n) % 2)})
    frame["g"] = rng.choice(["many", *LOST], n)
    frame.loc[frame.g == "one", ["h", "c"]] = 1
    frame[["x", "y"]] = rng.integers(0, 2, (n, 2))
    frame.loc[frame.g == "none", ["x", "y"]] = 0
    frame.loc[frame.g == "all", ["x", "y"]] = 1
    frame["w"] = rng.uniform(0.5, 4, n)
    return frame


def test_profiles_carry_what_is_known(tmp_path: Path) -> None:
    frame = _frame()
    mpi.save_profile(mpi.profile(frame, MEASURE, by=["g"], **DESIGN), tmp_path / "p.parquet")
    est = mpi.estimate(
        mpi.load_profile(tmp_path / "p.parquet", shared_psus=False), MEASURE, by=["g"], statistics=STATISTICS
    )
    assert est.estimable.tolist() == estimated(frame).estimable.tolist()


def test_what_is_so_by_definition_keeps_its_error_of_0() -> None:
    frame = _frame()
    survey = mpi.Survey(frame, **DESIGN)
    both = mpi.estimate(survey, MEASURE.with_cutoff(1), by=["g"], statistics=["A", "contribution_share", "inequality"])
    defined = both.take(~np.isnan(both.value))
    assert defined.estimable.all()
    assert set(defined.flag.to_list()) == {"so by definition or design: no sampling error"}
    gaps = decompose.gap(both, by="g", reference="many", kinds="difference")
    gaps = gaps.take(~np.isnan(gaps.value))
    assert (gaps.se == 0).all()
    mixed = mpi.estimate(survey, MEASURE, by=["g"], cutoffs=["1/2", 1], statistics=["A"]).select(by="total", wave=2010)
    against = mixed.contrast([-1, 1])
    assert against.se[0] == pytest.approx(mixed.se[0])
    alone = mpi.estimate(mpi.Survey(frame.assign(g="all"), **DESIGN), MEASURE, by=["g"], statistics=["poor_share"])
    assert (alone.value.tolist(), alone.se.tolist(), alone.estimable.tolist()) == ([1, 1], [0, 0], [True, True])


def test_weight_that_moves_to_indicators_without_any_makes_scores_between() -> None:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(rng.integers(0, 2, (200, 4)), columns=list("abcd")).astype(float)
    frame.loc[frame.a == 1, "d"] = rng.choice([1, np.nan], int((frame.a == 1).sum()))
    weights = {"a": "5/6", "b": 0, "c": 0, "d": "1/6"}
    indicators = [mpi.Indicator(n, dimension="x" if n == "a" else "y", weight=w) for n, w in weights.items()]
    survey = mpi.Survey(frame.assign(psu=np.arange(200) // 5), psu="psu")
    for missing, known in (("reweight", False), ("drop", True)):
        measure = mpi.Measure("m", indicators, cutoff="9/10", missing=missing)
        est = mpi.estimate(survey, measure, statistics=["A", "inequality"])
        assert (est.se == 0).all() == known, missing
        assert (est.value[0] == 1) == known


@SETTINGS
@given(people())
def test_covariances_are_of_the_errors_that_are_shown(frame: pd.DataFrame) -> None:
    """Those of numbers without a known error are 0, as their errors are, and can be left out."""
    est = estimated(frame)
    V, known = est.vcov(), est.estimable
    assert np.diag(V) == pytest.approx(est.se**2, rel=1e-12, nan_ok=True)
    assert (V[est.se == 0][:, ~np.isnan(est.se)] == 0).all()
    assert est.take(known).vcov() == pytest.approx(V[np.ix_(known, known)], rel=1e-9, abs=1e-16)


def test_what_cancels_in_the_sample_is_not_known() -> None:
    """All poor are deprived in both: H less M0 is 0 in each PSU, and nobody knows how much it varies."""
    frame = _frame()
    frame["y"] = frame.x
    est = mpi.estimate(mpi.Survey(frame, **DESIGN), MEASURE, by=["g"], statistics=["H", "M0"]).select(wave=2010)
    apart = est.select(by="g", group="many", statistic=["H", "M0"]).contrast([1, -1])
    assert (apart.value[0], apart.se[0], apart.estimable[0]) == (0, 0, False)
    assert apart.flag.at(0) == "no variation between PSUs: no interval"
    shares = estimated(frame).select(statistic="population_share", wave=2010)
    one = shares.contrast(np.ones(len(shares)))
    assert (one.value[0], one.se[0], one.estimable[0]) == pytest.approx((1, 0, True))


@pytest.mark.parametrize("engine", ["pandas", *ENGINES])
def test_rounds_of_a_census_are_not_asked_for_shared_psus(engine: str) -> None:
    """Everybody is in one unit, which is no place that rounds could share: in one file, pooled, condensed."""
    make = ENGINES.get(engine, lambda frame: frame)
    frame = _frame()
    rounds = {t: mpi.Survey(make(part.reset_index(drop=True)), census=True) for t, part in frame.groupby("t")}
    one = mpi.Survey(make(frame), wave="t", census=True)
    profiles = {t: mpi.profile(s, MEASURE) for t, s in rounds.items()}
    found = [mpi.estimate(s, MEASURE) for s in (one, mpi.pool(rounds), mpi.profile(one, MEASURE), mpi.pool(profiles))]
    for est in found:
        assert est.value == pytest.approx(found[0].value, rel=1e-12, nan_ok=True)
        assert (est.se == 0).all()


def test_a_census_knows_everything() -> None:
    frame = _frame()
    est = mpi.estimate(mpi.Survey(frame, wave="t", census=True), MEASURE, by=["g"], statistics=["H"])
    assert est.estimable.all()
    gap = decompose.gap(est, by="g", reference="many", kinds="difference")
    assert (gap.se == 0).all()
    assert set(gap.flag.to_list()) == {"whole population: no sampling error"}


def test_strata_sampled_whole_have_no_sampling_error_and_others_do() -> None:
    frame = _frame()
    frame["f"] = np.where(frame.h == 1, 1.0, 0.2)
    frame["in"] = (frame.h == 1).astype(int)
    est = mpi.estimate(mpi.Survey(frame, **DESIGN, fpc="f"), MEASURE, by=["in"], statistics=["H"]).select(wave=2010)
    whole, other = est.select(by="in", group="1"), est.select(by="in", group="0")
    assert (whole.se[0], whole.estimable[0]) == (0, True)
    gap = est.select(by="in", group=["1", "0"]).contrast([1, -1])
    assert gap.se[0] == pytest.approx(other.se[0])


def test_a_test_names_the_numbers_whose_error_is_not_known() -> None:
    est = estimated(_frame()).select(statistic="H", by="g", wave=2010)
    with pytest.raises(mpi.MpiError, match=r"are not known.*H none 2010 \(estimate is 0"):
        est.wald_test()
    names = est.keys["group"].to_list()
    with pytest.raises(mpi.MpiError, match=r"H none 2010") as told:
        est.wald_test([[(g == "many") - 1.0 * (g == "none") for g in names]])
    assert "H all" not in str(told.value)


@pytest.mark.parametrize(("rule", "in_group"), [("scaled", "keep"), ("scaled", "adjust"), ("centered", "adjust")])
def test_rules_for_single_psus_count_those_who_answered(rule: str, in_group: str) -> None:
    """Dropped answers leave what a domain of those who answered leaves."""
    rng = np.random.default_rng(8)
    frame = pd.DataFrame({"h": np.repeat(np.arange(8), 12), "c": np.tile(np.repeat(np.arange(3), 4), 8)})
    frame = frame[(frame.h > 1) | (frame.c == 0)].reset_index(drop=True)
    frame[["x", "y"]] = rng.integers(0, 2, (len(frame), 2)).astype(float)
    frame["g"], frame["w"] = rng.choice(["a", "b"], len(frame)), rng.uniform(0.5, 2, len(frame))
    frame.loc[(frame.h == 1) | (frame.h == 2) | ((frame.h == 3) & (frame.c > 0)), "x"] = np.nan
    survey = mpi.Survey(frame, weight="w", strata="h", psu="c", single_psu=rule, single_in_group=in_group)
    options: dict[str, Any] = {"by": ["g"], "statistics": ["H", "M0", "A", "poor_share", "contribution_share"]}
    dropped = mpi.estimate(survey, MEASURE, **options)
    domain = mpi.estimate(survey, MEASURE, where=frame.x.notna().to_numpy(), **options)
    assert dropped.value == pytest.approx(domain.value, rel=1e-12)
    assert dropped.se == pytest.approx(domain.se, rel=1e-12)
    there = dropped.take(np.isfinite(dropped.se))  # by two roads, shares of the whole among them
    assert np.sqrt(np.diag(there.vcov())) == pytest.approx(there.se, rel=1e-9)
    pairs = [decompose.gap(e.select(by="g"), by="g", kinds="difference").se for e in (dropped, domain)]
    assert pairs[0] == pytest.approx(pairs[1], rel=1e-9, nan_ok=True)


def test_scaled_without_another_stratum_has_no_error() -> None:
    frame = pd.DataFrame({"h": [0, 0, 1, 1, 2, 2, 2, 2], "c": [0, 0, 0, 0, 0, 0, 1, 1], "g": list("aaaabbbb")})
    frame["x"] = frame["y"] = [0, 1, 1, 1, 0, 1, 1, 1]
    est = mpi.estimate(
        mpi.Survey(frame, strata="h", psu="c", single_psu="scaled"), MEASURE, by=["g"], statistics=["H"], df="design"
    )
    assert np.isnan(est.select(group="a").se[0])
    assert est.select(group="a").flag.at(0) == "one PSU in each stratum: no error"
    assert est.select(group="b").se[0] > 0
    total = mpi.total(mpi.Survey(frame, strata="h", psu="c", single_psu="centered"), "x", by=["h"], df="design")
    assert total.select(by="h", group="0").se[0] == pytest.approx(1)  # of the one PSU, around 0
