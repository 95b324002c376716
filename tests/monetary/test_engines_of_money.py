"""Money where the rows are with an engine: the same figures, or a sentence that says what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import mpi

DESIGN: dict[str, Any] = {"weight": "w", "strata": "stratum", "psu": "psu"}
SMOOTH = [
    "fgt(0)", "fgt(1)", "fgt(0.5)", "fgt(2)", "watts", "ge(0)", "ge(1)", "ge(2)", "ge(-1)", "atkinson(1)",
    "atkinson(0.5)", "mean", "number_of_poor", "prosperity_gap",
]  # fmt: skip


def people() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    n = 600
    frame = pd.DataFrame({"y": rng.lognormal(7, 1, n), "w": rng.uniform(1, 3, n), "stratum": np.arange(n) // 100})
    frame = frame.assign(psu=np.arange(n) // 10, group=rng.choice(list("abc"), n), z=rng.choice([800.0, 900.0], n))
    frame.loc[:5, "y"], frame.loc[6:8, "y"], frame.loc[20:24, "z"] = np.nan, [0, -5, 800], np.nan
    return frame


@pytest.mark.parametrize("engine", ["lazy polars", "duckdb"])
def test_engines_give_the_figures_of_memory(engine: str, on_engine: Callable[..., Any]) -> None:
    frame = people()
    lines = {"one": 800, "own": "z"}
    here = mpi.monetary.estimate(mpi.Survey(frame, **DESIGN), "y", ["group"], line=lines, statistics=SMOOTH)
    survey = mpi.Survey(on_engine(engine, frame), **DESIGN)
    assert not survey.in_memory
    there = mpi.monetary.estimate(survey, "y", ["group"], line=lines, statistics=SMOOTH)
    assert there.keys["statistic"].to_list() == here.keys["statistic"].to_list()
    assert np.allclose(there.value, here.value, rtol=1e-12)
    assert np.allclose(there.se, here.se, rtol=1e-10)
    assert (there.n == here.n).all()
    assert there.about["rows"] == here.about["rows"]
    own = here.select(statistic="fgt(0)", by="total", dimension="own")
    assert own.n[0] == 600 - 6 - 5


def test_what_needs_order_says_so(on_engine: Callable[..., Any]) -> None:
    survey = mpi.Survey(on_engine("duckdb", people()), **DESIGN)
    with pytest.raises(mpi.MpiError, match=r"gini, quantile\(0.5\) need the rows in the order of 'y'.*survey.collect"):
        mpi.monetary.estimate(survey, "y", statistics=["gini", "median"])
    with pytest.raises(mpi.MpiError, match="the line '60% of median' needs the rows in the order"):
        mpi.monetary.estimate(survey, "y", line=mpi.monetary.relative_line(), statistics="fgt(1)")
    collected = survey.collect(["y", "group"])
    here = mpi.monetary.estimate(mpi.Survey(people(), **DESIGN), "y", ["group"], statistics="gini")
    assert np.allclose(mpi.monetary.estimate(collected, "y", ["group"], statistics="gini").value, here.value)
