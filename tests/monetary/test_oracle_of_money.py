"""Monetary statistics against formulas in 60 digits on a survey of our own."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import mpi

FOLDER = Path(__file__).parents[1] / "oracles" / "money"
EXPECTED = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("group", [*EXPECTED])
def test_values_to_1e_12_and_errors_to_1e_9(group: str) -> None:
    survey = mpi.Survey(pd.read_csv(FOLDER / "survey.csv"), weight="weight", strata="stratum", psu="psu")
    est = mpi.monetary.estimate(survey, "income", ["group"], line=100, statistics=list(EXPECTED[group]))
    mine = est.select(group=group)
    assert mine.value == pytest.approx([v for v, _ in EXPECTED[group].values()], rel=1e-12, abs=1e-14)
    assert mine.se == pytest.approx([e for _, e in EXPECTED[group].values()], rel=1e-9)


OWN = FOLDER.parent / "own_survey" / "survey.csv"
CONVEY = json.loads((FOLDER.parent / "own_survey_money" / "expected.json").read_text(encoding="utf-8"))


def own_survey() -> mpi.Survey:
    """The survey of our own, with how far each household's income and size are from what R was asked about."""
    frame = pd.read_csv(OWN)
    frame = frame.assign(
        w=frame.weight * frame.hhsize, poor=(frame.inc < CONVEY["line"]) * 1.0, room=7.0 - frame.hhsize
    )
    return mpi.Survey(frame.assign(crowded=(frame.room < 4) * 1.0), weight="w", strata="stratum", psu="psu")


def test_values_and_errors_are_those_of_convey() -> None:
    names = [*CONVEY["statistics"]]
    est = mpi.monetary.estimate(own_survey(), "inc", line=CONVEY["line"], statistics=names)
    assert est.value == pytest.approx([v for v, _ in CONVEY["statistics"].values()], rel=1e-12)
    assert est.se == pytest.approx([e for _, e in CONVEY["statistics"].values()], rel=1e-9)


def test_ranks_are_those_of_people_not_of_rows() -> None:
    """Of weighted rows with ranks r convey takes 2 r - 1 for 2 r - w, which counting person by person gives."""
    expected = CONVEY["weights_counted"]
    est = mpi.monetary.estimate(own_survey(), "inc", line=CONVEY["line"], statistics=[*expected])
    assert est.value == pytest.approx([*expected.values()], rel=1e-12)


def test_cardinal_measures_are_those_of_convey() -> None:
    measure = mpi.Measure.nested("m", {"income": ["poor"], "room": ["crowded"]}, cutoff="1/2")
    est = mpi.estimate_cardinal(own_survey(), measure, {"poor": ("inc", CONVEY["line"]), "crowded": ("room", 4)})
    for name, (value, error) in CONVEY["cardinal"].items():
        one = est.select(statistic=name)
        assert (one.value[0], one.se[0]) == pytest.approx((value, error), rel=1e-9)


def test_four_incomes_by_hand(hand: dict[str, dict[str, dict[str, float]]]) -> None:
    small = hand["fgt_small"]
    names = {"fgt(0)": "FGT0", "fgt(1)": "FGT1", "fgt(2)": "FGT2", "watts": "watts", "sst": "SST"}
    survey = mpi.Survey(pd.DataFrame({"y": small["y"]}))
    est = mpi.monetary.estimate(survey, "y", line=small["z"], statistics=[*names])
    assert est.value == pytest.approx([small["expected"][key] for key in names.values()], rel=1e-12)
