"""Tests of several numbers at once against R: the joint Wald test, and the largest of several t statistics."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import mpi
from mpi import decompose
from mpi.results.joint_tests import adjusted_f
from mpi.results.max_t import from_factor

EXPECTED = json.loads(
    (Path(__file__).parents[1] / "oracles" / "joint_tests" / "expected.json").read_text(encoding="utf-8")
)
PAIRS = [row["pair"].split(" - ") for row in EXPECTED["pairs"]]


def contrasts() -> np.ndarray:
    return np.array([[(g == a) - 1.0 * (g == b) for g in EXPECTED["groups"]] for a, b in PAIRS])


def test_the_joint_wald_test_is_that_of_r() -> None:
    known = EXPECTED["wald_all_equal"]
    C = np.eye(6)[1:] - np.eye(6)[0]
    H, V = np.array(EXPECTED["H"]), np.array(EXPECTED["vcov"])
    f, df, p = adjusted_f(C @ H, C @ V @ C.T, EXPECTED["df"])
    assert f == pytest.approx(known["F_adjusted"], rel=1e-9)
    assert df == (known["df1"], known["df2_adjusted"])
    assert p == pytest.approx(known["p_adjusted"], rel=1e-9)


@pytest.mark.parametrize(("single_step", "key"), [(False, "max_t_step_down"), (True, "max_t_single_step")])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_largest_t_is_that_of_r(single_step: bool, key: str, seed: int) -> None:
    C, H, V = contrasts(), np.array(EXPECTED["H"]), np.array(EXPECTED["vcov"])
    S = C @ V @ C.T
    se = np.sqrt(np.diag(S))
    values, vectors = np.linalg.eigh(S / np.outer(se, se))
    keep = values > 1e-12
    assert keep.sum() == 5
    factor = vectors[:, keep] * np.sqrt(values[keep])
    p = from_factor(factor, (C @ H) / se, EXPECTED["df"], single_step=single_step, seed=seed)
    assert p == pytest.approx([row[key] for row in EXPECTED["pairs"]], abs=5e-4)


def test_the_library_tests_its_own_estimates_as_r_does(field: Path) -> None:
    frame = pd.read_csv(field / "golden" / "syn.csv.gz").query("t == 1 and complete == 1")
    survey = mpi.Survey(frame, weight="w2", strata="stratum", psu="psu")
    names = [c for c in frame.columns if c.startswith("d_")]
    dimensions = {"health": names[:2], "education": names[2:4], "living": names[4:]}
    measure = mpi.Measure.nested("m", dimensions, cutoff="1/3")
    est = mpi.estimate(survey, measure, by=["grp6"], statistics=["H"], df="design").select(by="grp6")
    assert est.vcov() == pytest.approx(np.array(EXPECTED["vcov"]), abs=1e-15)
    test, known = est.wald_test(np.eye(6)[1:] - np.eye(6)[0]), EXPECTED["wald_all_equal"]
    assert test.statistic == pytest.approx(known["F_adjusted"], rel=1e-9)
    assert test.pvalue == pytest.approx(known["p_adjusted"], rel=1e-9)
    found = decompose.significance(decompose.gap(est, "grp6", kinds="difference"), adjust="max_t")
    p = {frozenset(a): row["max_t_step_down"] for a, row in zip(PAIRS, EXPECTED["pairs"], strict=True)}
    want = [p[frozenset(str(g).split(" - "))] for g in found["group"]]
    assert found["p_adjusted"].to_numpy() == pytest.approx(want, abs=5e-4)


def independent(k: int) -> np.ndarray:
    return np.eye(k)


@pytest.mark.parametrize("k", [1, 2, 7])
def test_independent_tests_with_many_degrees_of_freedom_are_sidaks(k: int) -> None:
    """Single step: 1 - (1 - p)^k. One alone is the plain t test."""
    from scipy.stats import norm

    t = np.linspace(1.5, 3, k)
    plain = 2 * norm.sf(t)
    p = from_factor(independent(k), t, 1e7, single_step=True, seed=3)
    assert p == pytest.approx(1 - (1 - plain) ** k, abs=5e-4)
    down = from_factor(independent(k), t, 1e7, single_step=False, seed=3)
    by_hand = np.array([1 - (1 - q) ** (i + 1) for i, q in enumerate(plain)])  # of itself and all smaller ones
    assert down == pytest.approx(np.maximum.accumulate(by_hand[::-1])[::-1], abs=5e-4)


def test_copies_of_one_test_cost_nothing() -> None:
    from scipy.stats import t as student

    factor: Any = np.ones((4, 1))
    p = from_factor(factor, np.full(4, 2.2), 11.0, single_step=True, seed=1)
    assert p == pytest.approx(np.full(4, 2 * student.sf(2.2, 11)), abs=1e-7)
