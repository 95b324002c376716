"""Numbers of people where some miss answers: rates times all weights, with the error of the product."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mpi
from mpi.lines import estimate_line

ENGINES = ["pandas", "polars", "arrow", "lazy polars", "duckdb"]
DESIGN = {"weight": "w", "strata": "h", "psu": "c"}
NAMES = ["a", "b", "z"]
MEASURE = mpi.Measure.nested("m", {"x": ["a", "b"], "y": ["z"]}, "1/2")
NUMBERS = ["number_of_poor", "population"]


def people(seed: int, *, missing: float = 0.2) -> pd.DataFrame:
    """A survey in which the second group misses more answers than the first."""
    rng = np.random.default_rng(seed)
    n = 160
    frame = pd.DataFrame({"h": rng.integers(0, 3, n), "c": rng.integers(0, 4, n), "w": rng.uniform(0.5, 4, n)})
    frame["g"] = np.where(rng.random(n) < 0.4, "many", "few")
    frame[NAMES] = (rng.random((n, 3)) < 0.4).astype(float)
    gone = rng.random((n, 3)) < np.where(frame["g"] == "many", missing, missing / 8)[:, None]
    frame[NAMES] = frame[NAMES].mask(gone)
    return frame


def variance(u: np.ndarray, v: np.ndarray, frame: pd.DataFrame) -> float:
    """The stratified covariance of two totals of what rows add, over PSUs; in plain loops."""
    total = 0.0
    for _, stratum in frame.assign(u=u, v=v).groupby("h"):
        sums = stratum.groupby("c")[["u", "v"]].sum().to_numpy()
        n = len(sums)
        total += n / (n - 1) * float(((sums[:, 0] - sums[:, 0].mean()) * (sums[:, 1] - sums[:, 1].mean())).sum())
    return total


def naive(frame: pd.DataFrame, inside: np.ndarray) -> dict[str, tuple[float, np.ndarray]]:
    """The number of poor and the population of a domain, each with what every row adds to it by linearisation."""
    w = frame["w"].to_numpy() * inside
    bits = frame[NAMES].to_numpy()
    kept = ~np.isnan(bits).any(axis=1)
    poor = kept & (np.nan_to_num(bits) @ [0.25, 0.25, 0.5] >= 0.5)
    rate = (w * poor).sum() / (w * kept).sum()
    everybody = w.sum()
    u = w * (poor - rate * kept) / (w * kept).sum()
    return {"number_of_poor": (rate * everybody, everybody * u + rate * w), "population": (everybody, w)}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32))
def test_numbers_are_rates_times_all_weights_with_the_error_of_the_product(seed: int) -> None:
    frame = people(seed)
    est = mpi.estimate(mpi.Survey(frame, **DESIGN), MEASURE, by=["g"], statistics=[*NUMBERS, "H"])
    for group in ("total", "few", "many"):
        inside = np.ones(len(frame)) if group == "total" else (frame["g"] == group).to_numpy()
        want = naive(frame, inside)
        got = est.select(group=group, statistic=NUMBERS)
        assert got.value == pytest.approx([want[s][0] for s in NUMBERS], rel=1e-12)
        covariance = [[variance(want[s][1], want[t][1], frame) for t in NUMBERS] for s in NUMBERS]
        assert got.vcov() == pytest.approx(np.array(covariance), rel=1e-10)
        assert got.se == pytest.approx(np.sqrt(np.diag(covariance)), rel=1e-10)
        rate = est.select(group=group, statistic="H").value[0]
        assert got.value[0] == pytest.approx(rate * got.value[1], rel=1e-13)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("policy", ["drop", "reweight", "bounds"])
def test_numbers_are_the_same_on_every_engine_and_under_every_policy(
    engine: str, policy: Any, on_engine: Callable[..., Any]
) -> None:
    frame = people(5)
    survey = mpi.Survey(on_engine(engine, frame), **DESIGN)
    m = MEASURE.with_missing(policy)
    est = mpi.estimate(survey, m, by=["g"], statistics=["H", *NUMBERS])
    weights = {"total": frame["w"].sum(), **frame.groupby("g")["w"].sum()}
    for contrast in ("lower_bound", "upper_bound") if policy == "bounds" else ("level",):
        for group, everybody in weights.items():
            found = est.select(group=group, contrast=contrast).table.set_index("statistic")
            assert found.loc["population", "estimate"] == pytest.approx(everybody, rel=1e-12)
            assert found.loc["population", "n"] == (len(frame) if group == "total" else (frame["g"] == group).sum())
            product = found.loc["H", "estimate"] * everybody
            assert found.loc["number_of_poor", "estimate"] == pytest.approx(product, rel=1e-12)
            assert found.loc["number_of_poor", "n"] == found.loc["H", "n"]
    assert "all weights" in est.about["numbers"]
    assert "numbers" not in mpi.estimate(survey, m, statistics=["H"]).about


def test_without_missing_answers_numbers_are_plain_totals() -> None:
    frame = people(7, missing=0.0)
    frame["poor"] = (frame[NAMES] @ [0.25, 0.25, 0.5] >= 0.5) * 1.0
    survey = mpi.Survey(frame, **DESIGN)
    est = mpi.estimate(survey, MEASURE, by=["g"], statistics=NUMBERS)
    plain = mpi.total(survey, ["poor"], by=["g"])
    number = est.select(statistic="number_of_poor")
    assert number.value == pytest.approx(plain.value, rel=1e-13)
    assert number.se == pytest.approx(plain.se, rel=1e-10)


def test_a_round_that_misses_answers_loses_nobody() -> None:
    """The second round is the first, with a fifth of its answers gone at random: as many poor, but for chance."""
    first = people(1, missing=0.0)
    second = pd.concat([first] * 40, ignore_index=True).assign(w=first["w"].sum() / (40 * len(first)))
    second.loc[np.random.default_rng(2).random(len(second)) < 0.2, "a"] = np.nan
    both = mpi.pool({1: mpi.Survey(first, **DESIGN), 2: mpi.Survey(second, **DESIGN)}, shared_psus=False)
    est = mpi.estimate(both, MEASURE, statistics=["H", *NUMBERS])
    population = est.select(statistic="population").value
    assert population[1] == pytest.approx(population[0], rel=1e-12)
    parts = mpi.decompose.shapley(est, 1, 2, into="number")
    change = mpi.decompose.change(est.select(statistic="number_of_poor"), 1, 2).select(contrast="change").value[0]
    assert parts.select(contrast=["population_effect", "rate_effect"]).value.sum() == pytest.approx(change, rel=1e-9)


def test_a_group_of_weight_0_stands_for_nobody() -> None:
    frame = people(3).assign(w=lambda f: f["w"].where(f["g"] == "few", 0.0))
    table = mpi.estimate(mpi.Survey(frame, **DESIGN), MEASURE, by=["g"], statistics=NUMBERS).select(group="many").table
    assert table.loc[table["statistic"] == "number_of_poor", "flag"].tolist() == ["no complete cases in group"]
    assert table["estimate"].fillna(0).tolist() == [0, 0]


@pytest.mark.filterwarnings("ignore:line")
def test_numbers_of_the_classes_of_a_line_add_up_to_all_weights() -> None:
    frame = pd.DataFrame({
        "w": [1.0, 2, 3, 4, 5, 6], "c": range(6), "area": ["rural", "urban"] * 3,
        "income": [100.0, 5000, np.nan, 300, 100, 100_000],
    })  # fmt: skip
    survey = mpi.Survey(frame, weight="w", psu="c")
    est = estimate_line(survey, mpi.load_line("vn-2006"), income="income", income_in="thousands", area="area")
    found = dict(zip(est.table["statistic"], est.value, strict=True))
    numbers = [v for k, v in found.items() if k.endswith("_number") and k != "undecided_number"]
    assert sum(numbers) == pytest.approx(21)
    assert found["undecided_number"] == pytest.approx(3)
    assert found["poor_number"] == pytest.approx(found["poor"] * 21)
    complete = estimate_line(survey.where(~frame["income"].isna().to_numpy()), mpi.load_line("vn-2006"),
                                       income="income", income_in="thousands", area="area")  # fmt: skip
    assert complete.select(statistic="poor_number").value[0] == pytest.approx(found["poor"] * 18)
