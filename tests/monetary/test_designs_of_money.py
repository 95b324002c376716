"""Money of calibrated surveys and with replicates: the errors that the same figures have as plain means."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import mpi
from mpi.monetary import estimate, relative_line

DESIGN: dict[str, Any] = {"weight": "w", "strata": "stratum", "psu": "psu"}


def people() -> mpi.Survey:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"y": rng.lognormal(0, 0.6, 600), "w": rng.uniform(1, 3, 600)})
    frame = frame.assign(stratum=np.arange(600) // 100, psu=np.arange(600) // 10, g=rng.choice(list("abc"), 600))
    frame = frame.assign(poor=(frame.y < 0.8).astype(float), log=np.log(frame.y))
    return mpi.Survey(frame, **DESIGN)


@pytest.mark.parametrize("kind", ["calibrated", "jackknife", "bootstrap"])
def test_sums_have_the_errors_of_means(kind: str) -> None:
    """A headcount is a mean, and so is the log of the geometric mean: calibrated, and made again in each replicate."""
    of = people()
    if kind == "calibrated":
        of = of.calibrate({"g": {"a": 450, "b": 400, "c": 350}}, "poststratify")
    else:
        of = mpi.replicate(of, "jkn") if kind == "jackknife" else mpi.replicate(of, "bootstrap", 50, seed=2)
    est = estimate(of, "y", ["g"], line=0.8, statistics=["fgt(0)", "mean", "ge(0)"])
    for name, column in (("fgt(0)", "poor"), ("mean", "y")):
        plain = mpi.mean(of, column, ["g"])
        one = est.select(statistic=name)
        assert one.value == pytest.approx(plain.value, rel=1e-12)
        assert one.se == pytest.approx(plain.se, rel=1e-9)
    both = mpi.mean(of, ["y", "log"])
    mld = both.contrast(lambda v: np.log(v[0]) - v[1])
    tolerance = 1e-6 if kind == "calibrated" else 0.02  # replicates of a function, and a function's first order
    assert est.select(statistic="ge(0)", by="total").se == pytest.approx(mld.se, rel=tolerance)


def test_ranks_with_replicates_are_of_first_order() -> None:
    names = ["gini", "quantile(0.5)", "lorenz(0.4)", "fgt(0)", "sen"]
    of, line = people(), {"r": relative_line(), "own": relative_line(within="group")}
    plain = estimate(of, "y", ["g"], line=line, statistics=names)
    again = estimate(mpi.replicate(of, "jkn"), "y", ["g"], line=line, statistics=names)
    assert again.value == pytest.approx(plain.value)
    assert again.se == pytest.approx(plain.se, rel=1e-9)  # the jackknife of what is linear is its linearised error
