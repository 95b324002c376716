"""The rules of the global MPI against the official programs, written again step by step on random households.

The steps are those of OPHI's program for Cambodia DHS 2021-22 (nutrition, by women and children; years of schooling),
and of HDRO's for Viet Nam MICS 2020-21 (all others), in plain Python: a member is a dictionary, None is missing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from frame_kinds import collected
from mpi.indicators import evaluate, load_rules

Member = dict[str, Any]
ITEMS = ("tv", "radio", "telephone", "refrigerator", "bicycle", "motorbike", "computer", "animal_cart")


def largest(values: list[int | None]) -> int | None:
    """Stata's egen max(): of what is not missing."""
    return max((v for v in values if v is not None), default=None)


def low(value: float | None, limit: float) -> int | None:
    return None if value is None else int(value < limit)


def low_bmi_by_age(m: Member) -> int | None:
    """Steps 1.4 and 2.3a: body mass for age where it is known of those of 15 to 19, body mass otherwise."""
    by_age = low(m["bmi_for_age"], -2) if m["age"] < 20 else None
    return low(m["bmi"], 18.5) if by_age is None else by_age


def undernourished_child(m: Member) -> int | None:
    """Step 2.3b: stunted or underweight; not so where both are known and fine."""
    short, light = low(m["height_for_age"], -2), low(m["weight_for_age"], -2)
    return 1 if 1 in (short, light) else 0 if (short, light) == (0, 0) else None


def nutrition(home: list[Member]) -> int | None:
    """Step 2.3c, from adults and children apart."""
    children = [m for m in home if m["measured"] and m["age_months"] is not None and m["age_months"] < 60]
    adults = [m for m in home if m["measured"] and m not in children]
    thin, small = largest([low_bmi_by_age(m) for m in adults]), largest([undernourished_child(m) for m in children])
    if not children and not adults:
        return 0
    fine_adults = None if thin is None and adults else int(thin != 1)
    fine_children = None if small is None and children else int(small != 1)
    if fine_adults == 0 or fine_children == 0:
        return 1
    if fine_adults is None and (fine_children is None or not children):
        return None
    if fine_children is None and not adults:
        return None
    return 0


def years_of_schooling(home: list[Member]) -> int | None:
    """Step 2.1, with Stata's arithmetic: 0 / 0 is missing, and missing is more than two thirds."""
    young = [
        m["age"] is not None and (m["age"] < 10 or (m["age"] < 12 and m["grade"] is not None and m["grade"] < 6))
        for m in home
    ]
    years = [0 if y else m["grade"] for m, y in zip(home, young, strict=True)]
    asked = [years[i] for i, y in enumerate(young) if not y]
    enough = not asked or sum(y is not None for y in asked) / len(asked) >= 2 / 3
    six = largest([None if y is None else int(y >= 6) for y in years])
    if six is None or (six == 0 and not enough):
        return None
    return 1 - six


def school_attendance(home: list[Member]) -> int | None:
    """Step 2.2."""
    children = [m for m in home if m["age"] is not None and 6 <= m["age"] <= 14]
    known = [m["attending"] for m in children if m["attending"] is not None]
    if not children:
        return 0
    if 0 in known:
        return 1
    return 0 if known and len(known) / len(children) >= 2 / 3 else None


def sanitation(home: Member) -> int | None:
    """Step 2.6."""
    improved = None if home["improved_toilet"] is None else home["improved_toilet"]
    if home["shared_toilet"] == 1:
        improved = 0
    return None if improved is None else 1 - improved


def drinking_water(home: Member) -> int | None:
    """Step 2.7."""
    improved, minutes = home["improved_water"], home["water_minutes"]
    if minutes is not None and minutes >= 30 and minutes not in (996, 998, 999):
        improved = 0
    return None if improved is None else 1 - improved


def housing(home: Member) -> int | None:
    """Step 2.8."""
    parts = [home["floor_natural"], home["roof_rudimentary"], home["wall_rudimentary"]]
    return largest(parts)


def assets(home: Member) -> int | None:
    """Step 2.10; a missing sum is no more than one."""
    owned = [home[i] for i in ITEMS if home[i] is not None]
    if home["car"] is None and not owned:
        return None
    return int(home["car"] != 1 and sum(owned) <= 1)


OF_MEMBERS = {"nutrition": nutrition, "years_of_schooling": years_of_schooling, "school_attendance": school_attendance}
OF_HOMES = {"sanitation": sanitation, "drinking_water": drinking_water, "housing": housing, "assets": assets}
VALUES = {"improved_toilet": (0, 1), "shared_toilet": (0, 1), "improved_water": (0, 1), "floor_natural": (0, 1),
          "roof_rudimentary": (0, 1), "wall_rudimentary": (0, 1), "car": (0, 0, 1),
          "water_minutes": (0, 5, 29, 30, 90, 996, 998, 999), **dict.fromkeys(ITEMS, (0, 0, 0, 1))}  # fmt: skip


def members(n: int, seed: int) -> list[list[Member]]:
    """Households of one to six members, many answers missing, ages recorded roughly."""
    rng = np.random.default_rng(seed)

    def maybe(value: Any, share: float) -> Any:
        return None if rng.random() < share else value

    homes = []
    for _ in range(n):
        home = []
        for _ in range(rng.integers(1, 7)):
            months = int(rng.choice([rng.integers(0, 60), rng.integers(50, 240), rng.integers(180, 900)]))
            age = months // 12 + int(rng.random() < 0.05)  # a child of 54 months may be recorded as 5
            adult = months >= 180
            z = {"height_for_age", "weight_for_age"} if months < 60 else {"bmi_for_age"} if months <= 228 else set()
            home.append(
                {
                    "age": age,
                    "age_months": months,
                    "measured": int((months < 60 or adult) and months < 600 and rng.random() < 0.7),
                    "bmi": maybe(round(rng.normal(21, 3), 1), 0.3) if adult else None,
                    "grade": maybe(int(rng.integers(0, 12)), 0.3),
                    "attending": maybe(int(rng.random() < 0.8), 0.3),
                }
                | {k: maybe(round(rng.normal(-0.8, 1), 2), 0.3) if k in z else None
                   for k in ("height_for_age", "weight_for_age", "bmi_for_age")}
            )  # fmt: skip
        homes.append(home)
    return homes


@pytest.mark.parametrize("indicator", OF_MEMBERS)
def test_members_as_the_programs(indicator: str) -> None:
    homes = members(2500, 7)
    if indicator != "nutrition":  # some of unknown age
        homes = [
            [m | {"age": None} if i % 11 == 0 else m for i, m in enumerate(home, j)] for j, home in enumerate(homes)
        ]
    frame = pd.DataFrame([{"household": i, **m} for i, home in enumerate(homes) for m in home]).astype(float)
    rules = load_rules("global-mpi").select([indicator])
    found = evaluate(frame, rules)[rules[indicator].column]
    expected = np.array([OF_MEMBERS[indicator](home) for home in homes], dtype=float)
    np.testing.assert_array_equal(found, expected)
    assert {0.0, 1.0} <= set(expected)
    assert np.isnan(expected).any()


@pytest.mark.parametrize("indicator", OF_HOMES)
def test_homes_as_the_programs(indicator: str, on_engine: Any) -> None:
    rng = np.random.default_rng(3)
    n = 2500
    table = pd.DataFrame({"household": np.arange(n)} | {k: rng.choice(v, n).astype(float) for k, v in VALUES.items()})
    for k in VALUES:
        table.loc[rng.random(n) < rng.choice([0.2, 0.9], n), k] = np.nan
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    expected = np.array([OF_HOMES[indicator](row) for row in rows], dtype=float)
    rules = load_rules("global-mpi").select([indicator])
    for kind in ("pandas", "lazy polars", "duckdb"):
        frame = table if kind == "pandas" else on_engine(kind, table)
        found = collected(evaluate(frame, rules)).sort_values("household")[rules[indicator].column]
        np.testing.assert_array_equal(found.astype(float), expected, err_msg=kind)
    assert {0.0, 1.0} <= set(expected)
    assert np.isnan(expected).any()
