"""Every release is held to another library: `svy`, written by others over other data structures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import mpi

svy = pytest.importorskip("svy", reason="the Python package svy is a test extra")
DESIGN = {"weight": "w", "strata": "stratum", "psu": "psu"}
MEASURE = mpi.Measure.nested("m", {"x": ["a", "b"], "y": ["c", "d"]}, cutoff="1/2")


@pytest.fixture(params=[1, 2, 3])
def frame(request: pytest.FixtureRequest) -> pd.DataFrame:
    """Few strata of PSUs of unequal size, groups that cut across them, some in few PSUs."""
    rng = np.random.default_rng(request.param)
    n = 3000
    out = pd.DataFrame({"stratum": rng.integers(0, 8, n), "w": rng.uniform(0.5, 3, n)})
    out["psu"] = out.stratum * 100 + (rng.random(n) ** 2 * 9).astype(int)
    out["region"] = rng.choice(["a", "b", "c"], n, p=[0.6, 0.35, 0.05])
    out["income"] = rng.lognormal(0, 1, n) * (1 + out.psu % 5)
    for name in MEASURE.columns:
        out[name] = (rng.random(n) < 0.2 + 0.05 * (out.psu % 7)).astype(int)
    score = out[list(MEASURE.columns)].mean(axis=1)
    out["poor"] = (score >= 0.5) * 1.0
    return out.assign(censored=score * out.poor)


def theirs(frame: pd.DataFrame, statistic: str, *columns: str, by: str | None = "region") -> pd.DataFrame:
    pl = pytest.importorskip("polars", reason="Polars is an extra")
    sample = svy.Sample(data=pl.from_pandas(frame), design=svy.Design(stratum="stratum", psu="psu", wgt="w"))
    found: Any = getattr(sample.estimation, statistic)(*columns, **({"by": by} if by else {}))
    return found.to_polars().to_pandas()


def agree(est: mpi.Estimates, frame: pd.DataFrame, statistic: str, *columns: str) -> None:
    for by in (None, "region"):
        one = est.select(by=by or "total").table
        other = theirs(frame, statistic, *columns, by=by)
        assert one["estimate"].to_numpy() == pytest.approx(other["est"].to_numpy(), rel=1e-10)
        assert one["se"].to_numpy() == pytest.approx(other["se"].to_numpy(), rel=1e-10)


def test_poverty(frame: pd.DataFrame) -> None:
    est = mpi.estimate(mpi.Survey(frame, **DESIGN), MEASURE, by=["region"])
    agree(est.select(statistic="H"), frame, "mean", "poor")
    agree(est.select(statistic="M0"), frame, "mean", "censored")
    agree(est.select(statistic="A"), frame, "ratio", "censored", "poor")


def test_plain_figures(frame: pd.DataFrame) -> None:
    survey = mpi.Survey(frame, **DESIGN)
    agree(mpi.mean(survey, "income", by=["region"]), frame, "mean", "income")
    agree(mpi.total(survey, "income", by=["region"]), frame, "total", "income")
    agree(mpi.ratio(survey, "censored", "income", by=["region"]), frame, "ratio", "censored", "income")


def test_intervals_of_means(frame: pd.DataFrame) -> None:
    """Theirs have the degrees of freedom of the group."""
    est = mpi.mean(mpi.Survey(frame, **DESIGN), "income", by=["region"], df="group").select(by="region").table
    other = theirs(frame, "mean", "income")
    assert est["ci_low"].to_numpy() == pytest.approx(other["lci"].to_numpy(), rel=1e-9)
    assert est["ci_high"].to_numpy() == pytest.approx(other["uci"].to_numpy(), rel=1e-9)


@pytest.mark.parametrize("number", range(8))
def test_random_designs_agree_as_drawn_and_calibrated(number: int) -> None:
    """`benchmarks/random_designs.py` tries any number of them."""
    from peer_designs import differences

    found = list(differences(number, seed=5))
    assert {name for name, *_ in found} == {"as drawn", "post-stratified", "linear", "raked"}
    assert [f for f in found if max(f[2:]) > 1e-10] == []
