"""Associations, cardinal measures and combined data sets with replicate weights, and of calibrated surveys.

Each figure is computed again with each column of weights, in plain NumPy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import mpi


def with_jackknife(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str], list[float]]:
    """The frame with a column of weights for each PSU left out, and what each deviation counts."""
    columns, scales = {}, []
    for i, psu in enumerate(sorted(frame["psu"].unique())):
        stratum = frame.loc[frame["psu"] == psu, "stratum"].iloc[0]
        n = frame.loc[frame["stratum"] == stratum, "psu"].nunique()
        others = np.where(frame["stratum"] == stratum, frame["w"] * n / (n - 1), frame["w"])
        columns[f"r{i}"] = np.where(frame["psu"] == psu, 0.0, others)
        scales.append((n - 1) / n)
    return frame.assign(**columns), list(columns), scales


def a_frame(seed: int = 3, n: int = 240) -> Any:
    rng = np.random.default_rng(seed)
    base, psu = rng.random(n), np.sort(rng.integers(0, 24, n))
    frame = pd.DataFrame({"x_a": np.round(12 * (base + rng.random(n)) / 2, 2), "b": (base < 0.5) * 1})
    frame["a"], frame["c"] = (frame["x_a"] < 6) * 1, (base + rng.random(n) < 0.8) * 1
    return frame.assign(psu=psu, stratum=psu // 6, w=rng.uniform(0.5, 2, n), g=rng.integers(0, 2, n))


def replicated(frame: pd.DataFrame) -> tuple[mpi.Survey, Callable[[Callable[[np.ndarray], np.ndarray]], np.ndarray]]:
    """The survey with replicates, and what gives the errors of figures that are a function of weights."""
    wide, names, scales = with_jackknife(frame)
    survey = mpi.Survey(wide, weight="w", replicate_weights=names, method="user", scale=1.0, rscales=scales, mse=True)

    def errors(figures: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        whole = figures(wide["w"].to_numpy())
        deviations = np.array([figures(wide[r].to_numpy()) - whole for r in names])
        return np.asarray(np.sqrt(scales @ deviations**2))

    return survey, errors


MEASURE = mpi.Measure.nested("m", {"x": ["a"], "y": ["b", "c"]}, cutoff="1/2")


@pytest.mark.parametrize("group", ["total", "1"])
def test_associations(group: str) -> None:
    frame = a_frame()
    survey, errors = replicated(frame)
    found = mpi.association.estimate(survey, MEASURE, ["g"])
    inside = np.ones(len(frame)) if group == "total" else (frame["g"] == 1).to_numpy()
    a, b = frame["a"].to_numpy(), frame["c"].to_numpy()

    def figures(w: np.ndarray) -> np.ndarray:
        p = [float((w * inside)[(a == i) & (b == j)].sum()) for i, j in ((1, 1), (1, 0), (0, 1), (0, 0))]
        n11, n10, n01, n00 = np.array(p) / sum(p)
        one, other = n11 + n10, n11 + n01
        phi = (n11 - one * other) / np.sqrt(one * (1 - one) * other * (1 - other))
        return np.array([n11 / min(one, other), phi, n11 * n00 / (n10 * n01), n11 / (n11 + n10 + n01)])

    own = found.estimates.select(group=group, indicator="a × c", statistic=["R0", "phi", "odds_ratio", "jaccard"])
    np.testing.assert_allclose(own.value, figures(frame["w"].to_numpy()), rtol=1e-12)
    np.testing.assert_allclose(own.se, errors(figures), rtol=1e-9)

    def interaction(w: np.ndarray) -> np.ndarray:
        return np.log(figures(w)[2:3])

    share = [found.estimates.select(group=group, indicator="a × c", statistic=n).value[0] for n in _CELLS]
    expected = own.value[1] ** 2 * (1 / np.array(share)).sum() / errors(interaction)[0] ** 2
    at = found.tests.query(f"indicator == 'a × c' and group == '{group}'").index[0]
    assert found.statistic[at] == pytest.approx(expected, rel=1e-9)


_CELLS = ("both", "first_only", "second_only", "neither")


def test_cardinal_measures() -> None:
    frame = a_frame()
    survey, errors = replicated(frame)
    est = mpi.estimate_cardinal(survey, MEASURE, {"a": ("x_a", 6), "b": None, "c": None})
    gap = ((6 - frame["x_a"]) / 6).clip(lower=0).to_numpy()
    score = (frame["a"] / 2 + frame["b"] / 4 + frame["c"] / 4).to_numpy()
    poor = score >= 0.5
    depth = gap / 2 + (frame["b"] / 4 + frame["c"] / 4).to_numpy()

    def figures(w: np.ndarray) -> np.ndarray:
        m1 = (w * poor * depth).sum() / w.sum()
        return np.array([m1, m1 / ((w * poor * score).sum() / w.sum())])

    own = est.select(statistic=["M1", "G"])
    np.testing.assert_allclose(own.value, figures(frame["w"].to_numpy()), rtol=1e-12)
    np.testing.assert_allclose(own.se, errors(figures), rtol=1e-9)


@pytest.mark.parametrize("kind", ["replicates", "calibrated"])
def test_combined_data_sets(kind: str) -> None:
    """Rubin's rules hold with replicates and with margins."""
    parts = []
    for seed in range(3):
        frame = a_frame()
        moved = np.random.default_rng(seed).random(len(frame)) < 0.1
        frame["b"] = np.where(moved, 1 - frame["b"], frame["b"])
        if kind == "replicates":
            survey = replicated(frame)[0]
        else:
            plain = mpi.Survey(frame, weight="w", strata="stratum", psu="psu")
            survey = plain.calibrate({"g": {0: 500.0, 1: 450.0}}, how="poststratify")
        parts.append(mpi.estimate(survey, MEASURE, ["g"], statistics=["H", "M0"]))
    found = mpi.impute.combine(parts)
    V = np.mean([p.vcov() for p in parts], axis=0) + (1 + 1 / 3) * np.cov(np.array([p.value for p in parts]).T)
    np.testing.assert_allclose(found.vcov(), V, rtol=1e-8, atol=1e-16)
    assert (found.df <= parts[0].df).all()
