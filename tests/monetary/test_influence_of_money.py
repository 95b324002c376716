"""The influence of every row on every statistic, against a numerical derivative by its weight."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

import mpi
from mpi.monetary import relative_line

STEP, CLOSE = 1e-5, 2e-6
SMOOTH = [
    "mean", "mean(0,0.4)", "fgt(0)", "fgt(0.5)", "fgt(1)", "fgt(2)", "watts", "sen", "sst", "gini", "ge(-1)", "ge(0)",
    "ge(0.5)", "ge(1)", "ge(2)", "atkinson(0.5)", "atkinson(1)", "atkinson(2)", "lorenz(0.13)", "lorenz(0.4)",
    "share(0.2,0.41)", "palma", "tip(0.11)", "tip(0.9)", "number_of_poor", "prosperity_gap",
]  # fmt: skip
AT_A_MEAN = ["fgt(1)", "fgt(2)", "watts", "sst", "tip(0.11)", "tip(0.9)", "prosperity_gap"]
"""What is smooth in a line that varies: the others need a density."""


@cache
def people() -> pd.DataFrame:
    """Ninety people, each a PSU, some with the same income, one without any, one with none known."""
    rng = np.random.default_rng(5)
    income = np.round(rng.lognormal(0, 0.8, 90), 1)
    income[:2], income[2] = [0.0, -0.3], np.nan
    frame = pd.DataFrame({"income": income, "weight": rng.uniform(0.5, 2, 90), "psu": np.arange(90)})
    return frame.assign(group=np.where(rng.random(90) < 0.6, "a", "b"), line=np.where(rng.random(90) < 0.5, 0.8, 1.05))


def asked(weight: np.ndarray, line: object, statistics: list[str]) -> mpi.Estimates:
    survey = mpi.Survey(people().assign(weight=weight), weight="weight", psu="psu")
    return mpi.monetary.estimate(survey, "income", ["group"], line=line, statistics=statistics)


@pytest.mark.parametrize(
    ("line", "statistics"),
    [
        (0.93, SMOOTH),
        ("line", SMOOTH),
        (relative_line(0.77, "mean"), AT_A_MEAN),
        (relative_line(0.77, "mean", within="group"), AT_A_MEAN),
    ],
    ids=["a number", "a column", "of the mean", "of the group's mean"],
)
def test_influence_is_the_derivative(line: object, statistics: list[str]) -> None:
    weight = people().weight.to_numpy()
    est = asked(weight, line, statistics)
    found = est.influence.matrix().toarray()
    scale = np.maximum(np.abs(found).max(axis=0), np.abs(est.value))
    for row in range(0, 90, 7):
        up, down = weight.copy(), weight.copy()
        up[row] *= 1 + STEP
        down[row] *= 1 - STEP
        slope = (asked(up, line, statistics).value - asked(down, line, statistics).value) / (2 * STEP)
        assert (np.abs(found[row] - slope) <= CLOSE * scale).all(), est.take(
            np.abs(found[row] - slope) > CLOSE * scale
        ).table


def test_errors_are_those_of_the_influence() -> None:
    """One PSU a person, one stratum: n / (n - 1) times the centred sum of squares."""
    for line in (0.93, relative_line(), relative_line(0.5, "mean"), relative_line(within="group")):
        est = asked(people().weight.to_numpy(), line, ["fgt(0)", "fgt(1)", "gini", "rmpg", "quantile(0.3)", "sen"])
        scores = est.influence.matrix().toarray()
        expected = np.sqrt(90 / 89 * ((scores - scores.mean(axis=0)) ** 2).sum(axis=0))
        assert np.allclose(est.se, expected, rtol=1e-9, atol=1e-15)
