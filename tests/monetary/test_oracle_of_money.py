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
