"""What is rounding is no error, and what is an error is no rounding, however small it is beside its terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mpi
from frame_kinds import on

if TYPE_CHECKING:
    from pathlib import Path

MEASURE = mpi.Measure.nested("m", {"A": ["x"], "B": ["y"], "C": ["z"], "D": ["u"]}, cutoff="1/4")
SHARES = ["population_share", "poor_share", "group_contribution"]


def people(seed: int, n: int = 240) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"c": np.arange(n) // 6, "w": rng.uniform(0.1, 900, n), "g": "large"})
    frame["h"] = frame.c % 5
    frame[["x", "y", "z", "u"]] = (rng.random((n, 4)) < 0.4).astype(float)
    return frame


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**32 - 1), st.integers(1, 11), st.sampled_from(["certainty", "centered", "scaled"]), st.booleans()
)
def test_a_share_near_1_has_the_error_of_the_rest(seed: int, digits: int, rule: Any, rounds: bool) -> None:
    """Of two groups, the one's share is 1 less the other's: both have one error, on every road."""
    frame = people(seed)
    frame.loc[np.random.default_rng(seed).choice(len(frame), 30, replace=False), "g"] = "small"
    frame.loc[frame.g == "small", "w"] *= 10.0**-digits
    frame.loc[frame.c == 3, "h"] = 77  # one PSU in its stratum
    frame["t"] = np.where(rounds & (frame.c % 2 == 1), 2018, 2016)
    survey = mpi.Survey(frame, weight="w", strata="h", psu="c", wave="t", single_psu=rule)
    est = mpi.estimate(survey, MEASURE, by=["g"], statistics=SHARES).select(by="g")
    large, small = est.select(group="large"), est.select(group="small")
    known = small.estimable & ~np.isnan(large.se)
    assert known.any()
    assert large.se[known] == pytest.approx(small.se[known], rel=1e-4)  # 1 - share holds no more digits
    direct = large.se[known]
    assert np.sqrt(np.diag(large.vcov()))[known] == pytest.approx(direct, rel=1e-12)
    assert large.contrast(np.eye(len(large))).se[known] == pytest.approx(direct, rel=1e-6)


@pytest.mark.parametrize("engine", ["pandas", "polars", "arrow", "duckdb"])
def test_shares_that_are_alike_in_all_psus_do_not_vary(engine: str, tmp_path: Path) -> None:
    frame = people(5)
    other = frame.assign(g="small", w=frame.w / 3)
    data: Any = on(engine, pd.concat([frame, other], ignore_index=True), pytest.fail, tmp_path)
    est = mpi.estimate(mpi.Survey(data, weight="w", strata="h", psu="c"), MEASURE, by=["g"], statistics=SHARES)
    est = est.select(by="g")
    assert est.value == pytest.approx(np.where(est.keys["group"].index == est.keys["group"].index[0], 0.75, 0.25))
    assert (est.se == 0).all()
    assert not est.estimable.any()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.01, 0.003, 0.1]))
def test_inequality_of_scores_as_far_from_their_mean_does_not_vary(seed: int, apart: float) -> None:
    """Half of the poor have the one score, half the other: (score - A)^2 is the same of all."""
    frame = people(seed)
    frame[["x", "y", "z"]] = np.array([[1, 0, 0], [1, 1, 0]])[np.arange(len(frame)) % 2]
    frame["w"] = np.repeat(frame.w.to_numpy()[::2], 2)
    frame["c"] = frame.index // 4 * 2 + frame.index % 2
    indicators = [
        mpi.Indicator(n, dimension=n, weight=w) for n, w in zip("xyz", (0.7, apart, 0.3 - apart), strict=True)
    ]
    est = mpi.estimate(
        mpi.Survey(frame, weight="w", psu="c"), mpi.Measure("m", indicators, 0.5), statistics=["inequality"]
    )
    assert est.value[0] == pytest.approx(apart**2 / 4, rel=1e-9, abs=0)
    assert est.se[0] == 0


def test_a_share_of_everybody_in_psus_of_one_size_has_no_error_and_no_warning() -> None:
    """What PSUs add to the population is alike, so the error of its share is rounding, which may fall below 0."""
    for size in (6, 7, 11):
        frame = people(size, 20 * size).assign(c=np.arange(20 * size) // size, g="all")
        for by in (["g"], ["g", "c"]):
            est = mpi.estimate(mpi.Survey(frame, psu="c"), MEASURE, by=by, statistics=["population_share"])
            assert (np.nan_to_num(est.se, nan=-1.0) >= 0).all()
            assert est.select(by="g").se[0] == 0
