"""Variances of combinations by all roads: few columns, pair by pair, all at once, added up first. One answer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import mpi
from mpi.inference import quadratic as combinations

MEASURE = mpi.Measure.nested("m", {"x": ["a", "b"], "y": ["c"]}, cutoff="1/2")


def estimated(single_psu: str, *, shared: bool) -> mpi.Estimates:
    """Two rounds whose PSUs overlap in part, with single PSUs, groups within PSUs and across, shares of the whole."""
    rng = np.random.default_rng(5)
    n = 900
    frame = pd.DataFrame(rng.integers(0, 2, (n, 3)), columns=["a", "b", "c"])
    frame["round"] = rng.integers(0, 2, n)
    frame["psu"] = rng.integers(0, 14, n) + 6 * frame["round"]
    frame["stratum"] = np.where(frame.psu == 7, 9, frame.psu % 4)
    frame["across"], frame["within"] = rng.integers(0, 3, n), frame.psu % 5
    design = {"strata": "stratum", "psu": "psu", "wave": "round", "shared_psus": shared, "single_psu": single_psu}
    return mpi.estimate(mpi.Survey(frame, **design), MEASURE, by=["across", "within"])


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("single_psu", ["certainty", "centered", "scaled"])
@pytest.mark.parametrize(
    ("wide", "budget", "dense"),
    [(24, 1 << 22, 1 << 23), (24, 1 << 22, 0), (24, 1, 0), (0, 1 << 22, 0), (10**6, 100, 0)],
)
def test_all_roads_to_a_variance(
    single_psu: str, shared: bool, wide: int, budget: int, dense: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(combinations, "_WIDE", wide)
    monkeypatch.setattr(combinations, "DENSE", dense)
    monkeypatch.setattr(combinations, "FEW", 10**6)
    monkeypatch.setattr(combinations, "_BUDGET", budget)
    est = estimated(single_psu, shared=shared)
    rng = np.random.default_rng(6)
    table = sp.random_array((60, len(est)), density=0.02, rng=rng, format="csr")
    table = sp.vstack([table, sp.random_array((5, len(est)), density=0.5, rng=rng)], format="csr")
    made = est.influence.matrix() @ table.T
    assert made.shape[1] == 65
    from dataclasses import replace

    chain = replace(est.influence, jacobian=sp.csr_array(table @ est.influence.jacobian))
    C = est.influence.covariance()
    assert chain.variances() == pytest.approx(((table @ C) * table.toarray()).sum(axis=1), rel=1e-9, abs=1e-16)


@pytest.mark.parametrize("groups", [4, 120])
def test_rounding_is_no_variance(groups: int) -> None:
    """Totals of groups whose PSUs all weigh the same do not vary, however large they are; nor do their differences."""
    frame = pd.DataFrame({"g": np.repeat(np.arange(groups), 20), "psu": np.arange(groups * 20) // 2, "w": 1234567.891})
    frame["a"] = frame["b"] = frame["c"] = np.arange(len(frame)) % 3 == 0
    survey = mpi.Survey(frame, strata="g", psu="psu", weight="w")
    est = mpi.estimate(survey, MEASURE, by=["g"], statistics=["population", "H"])
    gaps = mpi.decompose.gap(est, "g", kinds="difference")
    people = gaps.select(statistic="population")
    assert (people.se == 0).all()
    assert set(people.flag.to_list()) == {"so by definition or design: no sampling error"}
    assert (gaps.select(statistic="H").se > 0).any()
