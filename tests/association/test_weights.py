"""Weights from data against R, against their formulae, and what stops them."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mpi

WAYS: tuple[Any, ...] = ("frequency", "desai-shah", "cerioli-zani", "pca", "mca")


@pytest.fixture(scope="module")
def golden(field: Path) -> tuple[mpi.Survey, mpi.Measure, dict[str, Any]]:
    rows = pd.read_csv(field / "golden" / "syn.csv.gz").query("complete == 1 and t == 1")
    dims = {"health": ["nutr", "cm"], "education": ["satt", "educ"]}
    dims["living"] = ["elct", "sani", "wtr", "hsg", "ckfl", "asst"]
    measure = mpi.Measure.nested("m", {k: [f"d_{j}" for j in v] for k, v in dims.items()}, cutoff="1/3")
    survey = mpi.Survey(rows, weight="w2", strata="stratum", psu="psu", single_psu="centered")
    return survey, measure, json.loads((field / "golden_next" / "b_overlap.json").read_text(encoding="utf-8"))


def test_rarity_and_components_are_what_r_says(golden: Any) -> None:
    survey, measure, known = golden
    for how in WAYS[1:3]:
        key = how.replace("-", "_")
        made = mpi.association.weights(survey, measure, how)
        np.testing.assert_allclose(
            [float(w) for w in made.weights.values()], known["frequency_weights"][key], rtol=1e-12
        )
    found = mpi.association.components(survey, measure)
    np.testing.assert_allclose(found.share, known["frequency_weights"]["p"], rtol=1e-12)
    np.testing.assert_allclose(found.eigenvalues, known["pca"]["eigenvalues"], rtol=1e-12)
    np.testing.assert_allclose(found.loadings[:, 0], known["pca"]["first"], rtol=1e-10, atol=1e-12)
    with pytest.raises(mpi.MpiError, match=r"sets d_cm \(-0.24\), d_educ \(-0.01\), d_hsg"):
        mpi.association.weights(survey, measure, "pca")


def a_frame(seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    base = rng.random(400)
    frame = pd.DataFrame({f"d{j}": (base + 0.7 * rng.random(400) > 0.6 + 0.12 * j) * 1 for j in range(5)})
    return frame.assign(w=rng.uniform(0.5, 2, 400))


MEASURE = mpi.Measure.nested("m", {"x": ["d0", "d1", "d2"], "y": ["d3", "d4"]}, cutoff="1/2")


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 1000), st.sampled_from(WAYS), st.sampled_from(["measure", "dimension"]))
def test_weights_are_in_proportion_and_exact(seed: int, how: Any, within: Any) -> None:
    frame = a_frame(seed)
    made = mpi.association.weights(mpi.Survey(frame, weight="w"), MEASURE, how, within=within)
    assert sum(made.weights.values()) == 1
    assert made.tolerance == Fraction(1, 10**9)
    assert all((w * 2 * 10**15).denominator == 1 for w in made.weights.values())
    for owner in [["d0", "d1", "d2"], ["d3", "d4"]] if within == "dimension" else [list(MEASURE.names)]:
        X, w = frame[owner].to_numpy(), frame["w"].to_numpy()
        h = w @ X / w.sum()
        S = np.cov(X.T, aweights=w, ddof=0)
        sd = np.sqrt(np.diag(S))
        first = np.linalg.eigh(S / np.outer(sd, sd))[1][:, -1]
        first = first * np.sign(first.sum())
        size = {"frequency": 1 / h, "desai-shah": 1 - h, "cerioli-zani": np.log(1 / h), "pca": first, "mca": first / sd}
        expected = size[how] / size[how].sum()
        found = np.array([float(made.weights[n]) for n in owner])
        np.testing.assert_allclose(found / found.sum(), expected, rtol=1e-9)
        if within == "dimension":
            assert sum(made.weights[n] for n in owner) == Fraction(1, 2)


def test_mca_is_the_distance_of_categories_on_the_first_axis() -> None:
    """Against a correspondence analysis of the indicator matrix, both categories of each item, by its SVD."""
    frame = a_frame(2)
    X, w = frame[list(MEASURE.names)].to_numpy(), frame["w"].to_numpy()
    Z = np.hstack([X, 1 - X])
    P = Z * (w / w.sum())[:, None] / X.shape[1]
    r, c = P.sum(axis=1), P.sum(axis=0)
    axes = np.linalg.svd((P - np.outer(r, c)) / np.sqrt(np.outer(r, c)), full_matrices=False)[2]
    coordinates = axes[0] / np.sqrt(c)
    distance = np.abs(coordinates[:5] - coordinates[5:])
    made = mpi.association.weights(mpi.Survey(frame, weight="w"), MEASURE, "mca")
    np.testing.assert_allclose([float(x) for x in made.weights.values()], distance / distance.sum(), rtol=1e-9)


def test_the_measure_says_where_its_weights_come_from() -> None:
    survey = mpi.Survey(a_frame(), weight="w")
    made = mpi.association.weights(survey, MEASURE, "mca", within="dimension")
    assert "not what matters" in made.source
    est = mpi.estimate(survey, made, statistics=["M0"])
    assert "weights of each dimension from data (first axis" in est.about["source"]
    both = mpi.estimate(survey, MEASURE, statistics=["M0"], weightings={"mca": made})
    assert both.value[1] == est.value[0]


def test_what_stops_them() -> None:
    frame = a_frame().assign(d4=0)
    with pytest.raises(mpi.MpiError, match=r"nobody is deprived in 'd4'; leave it out with measure.drop\('d4'\)"):
        mpi.association.weights(mpi.Survey(frame), MEASURE, "frequency")
    with pytest.raises(mpi.MpiError, match="everybody is deprived in 'd4'"):
        mpi.association.weights(mpi.Survey(frame.assign(d4=1)), MEASURE, "mca")
    with pytest.raises(mpi.MpiError, match="did you mean 'desai-shah'") as raised:
        mpi.association.weights(mpi.Survey(frame), MEASURE, "desai_shah", within="dimensions")  # type: ignore[arg-type]  # the point
    assert "did you mean 'dimension'" in str(raised.value)
    rounds = mpi.Survey(a_frame().assign(year=[2016, 2018] * 200), wave="year")
    with pytest.raises(mpi.MpiError, match=r"weights of 2 rounds differ \(2016, 2018\)"):
        mpi.association.weights(rounds, MEASURE)
    one = mpi.association.weights(rounds, MEASURE, where=lambda f: f["year"] == 2018)
    alone = mpi.association.weights(mpi.Survey(a_frame().iloc[1::2]), MEASURE)
    assert one.weights == alone.weights


def test_components_are_shown() -> None:
    found = mpi.association.components(mpi.Survey(a_frame(), weight="w"), MEASURE)
    assert found.table.shape == (5, 5)
    assert found.table.index.tolist() == list(MEASURE.names)
    np.testing.assert_allclose(found.loadings.T @ found.loadings, np.eye(5), atol=1e-12)
