"""Worked households: people and homes in the field's words, and what a standard says of them."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from mpi.indicators import Rules, evaluate, load_rules

MISSING = np.nan
DEPRIVED, NOT, UNKNOWN = 1.0, 0.0, "unknown"

Answers = dict[str, Any]


def household(*members: Answers, **house: Any) -> pd.DataFrame:
    """One household: a row for each member, the answers of the household on each of them."""
    home = {"household": "h", "size": len(members), **house}
    return pd.DataFrame([{**home, **m} for m in members])


@cache
def _rules(standard: str, missing: Any) -> Rules:
    return load_rules(standard, missing=missing)


def says(standard: str, indicator: str, *members: Answers, missing: Any = "practice", **house: Any) -> float | str:
    """What a standard says of one household. Only the columns of the indicator are looked at."""
    rules = _rules(standard, missing).select([indicator])
    found = evaluate(household(*members, **house), rules)[rules[indicator].column]
    assert len(found) == 1
    value = found.iloc[0]
    return UNKNOWN if np.isnan(value) else float(value)
