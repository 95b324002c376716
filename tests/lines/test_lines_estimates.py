"""A line estimated like a measure: its classes and its Alkire-Foster figures together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import mpi

pytestmark = pytest.mark.filterwarnings("ignore::mpi.MpiWarning")


@pytest.fixture(scope="module")
def survey() -> mpi.Survey:
    rng = np.random.default_rng(4)
    n = 600
    frame = pd.DataFrame({"stratum": np.arange(n) // 150, "psu": np.arange(n) // 30, "w": rng.uniform(1, 3, n)})
    frame["area"] = 1 + frame.stratum % 2
    frame["income"] = np.exp(rng.normal(14.4, 0.5, n))
    for name in mpi.load_line("vn-2022").measure.columns:
        frame[name] = rng.random(n) < 0.25
    return mpi.Survey(frame, weight="w", strata="stratum", psu="psu")


def test_classes_and_measure_in_one(survey: mpi.Survey) -> None:
    line = mpi.load_line("vn-2022")
    est = mpi.estimate(survey, line, by=["area"], statistics=["M0", "H"])
    assert est.select(by="total").keys["statistic"].to_list() == [
        "poor", "near_poor", "average", "other", "poor_number", "near_poor_number", "average_number", "other_number",
        "M0", "H",
    ]  # fmt: skip
    shares = est.select(by="total", statistic=["poor", "near_poor", "average", "other"])
    everybody = shares.contrast(np.ones(4))
    assert everybody.value[0] == pytest.approx(1, abs=1e-14)
    assert everybody.se[0] == pytest.approx(0, abs=1e-9)
    H, poor = (est.select(by="total", statistic=s).value[0] for s in ("H", "poor"))
    assert poor < H  # the standard is an intersection: below the income line and deprived
    frame = survey.frames[0].to_native()
    below = frame.income <= np.where(frame.area == 1, 2_000_000, 1_500_000)
    deprived = frame[list(line.measure.columns)].sum(axis=1) >= 3
    assert poor == pytest.approx(np.average(below & deprived, weights=frame.w), abs=1e-14)


def test_a_line_of_income_alone(survey: mpi.Survey) -> None:
    est = mpi.estimate(survey, mpi.load_line("vn-2011"))
    assert est.keys["statistic"].to_list()[:2] == ["poor", "near_poor"]
    assert "M0" not in est.keys["statistic"].values


@pytest.mark.parametrize("statistic", ["poor", "poor_number", "H"])
def test_a_class_has_the_degrees_of_freedom_of_its_households(survey: mpi.Survey, statistic: str) -> None:
    frame = survey.frames[0].to_native().assign(home=lambda f: f.psu % 2)
    frame.loc[(frame.psu == 3) | (np.arange(len(frame)) % 10 == 0), "w"] = 0.0
    again = mpi.Survey(frame, weight="w", strata="stratum", psu="psu")
    line = mpi.load_line("vn-2022")
    for df in ("group", "design"):
        est = mpi.estimate(again, line, by=["home"], df=df)
        (i,) = est.keys.find({"statistic": statistic, "by": "home", "group": "1"})
        there = frame[frame.w > 0] if df == "design" else frame[(frame.w > 0) & (frame.home == 1)]
        assert est.df[i] == there.psu.nunique() - there.stratum.nunique()
        inside = frame[(frame.w > 0) & (frame.home == 1)]
        assert (est.n[i], est.n_psu[i]) == (len(inside), inside.psu.nunique())
