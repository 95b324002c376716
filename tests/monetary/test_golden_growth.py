"""Growth, redistribution, sectors, growth incidence, TIP and quantiles against R, on synthetic EU-SILC in two rounds.

Round 2 is a fixed rule on round 1. The reference numbers cannot be shipped.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata

import mpi

DESIGN: dict[str, Any] = {"weight": "rb050", "strata": "db040", "psu": "db030"}
Z = 11_000


@cache
def silc(field: Path) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """Both rounds, and R's figures."""
    frame = pd.read_csv(field / "data/eusilc_synth.csv.gz")
    y = frame.eqIncome.to_numpy(float)
    rank = (rankdata(y, method="min") - 1) / (len(y) - 1)
    later = y * (1.04 + 0.10 * rank) * np.where(frame.rb030 % 5 == 0, 0.9, 1.0)
    expected = json.loads((field / "golden_next/c_growth.json").read_text())
    return frame.assign(y=y), frame.assign(y=later), expected


def pooled(first: pd.DataFrame, second: pd.DataFrame) -> mpi.Survey:
    return mpi.pool({1: mpi.Survey(first, **DESIGN), 2: mpi.Survey(second, **DESIGN)}, shared_psus=True)


def test_growth_and_redistribution(field: Path) -> None:
    first, second, expected = silc(field)
    est = mpi.monetary.growth_redistribution(pooled(first, second), "y", line=Z)
    names = {
        "growth_base0": "growth_effect", "redistribution_base0": "redistribution_effect", "residual_base0": "residual",
        "growth_shapley": "growth_shapley", "redistribution_shapley": "redistribution_shapley",
    }  # fmt: skip
    for one in expected["datt_ravallion"]:
        found = est.select(statistic=f"fgt({one['alpha']})").table.set_index("contrast").estimate
        assert found["change"] == pytest.approx(one["P1"] - one["P0"], abs=1e-14)
        assert [found[ours] for ours in names.values()] == pytest.approx([one[r] for r in names], abs=1e-14)


def test_sectors(field: Path) -> None:
    first, second, expected = silc(field)
    place = pd.Categorical(second.db040).codes + 1
    second = second.assign(rb050=second.rb050 * (1 + 0.05 * (place % 3)))
    est = mpi.monetary.sectors(pooled(first, second), "y", "db040", line=Z)
    for one in expected["ravallion_huppi"]:
        mine = est.select(statistic=f"fgt({one['alpha']})")
        total = mine.select(group="all groups").table.set_index("contrast").estimate
        found = [total[n] for n in ("change", "intrasectoral", "population_shift", "interaction")]
        assert found == pytest.approx([one[n] for n in ("total", "intra_sum", "shift", "interaction")], abs=1e-14)
        by = mine.select(contrast="intrasectoral", group=one["region"])
        assert by.value == pytest.approx(one["intra"], abs=1e-14)


def test_growth_incidence_and_gaps_of_the_poorest(field: Path) -> None:
    first, second, expected = silc(field)
    est = mpi.monetary.growth_incidence(pooled(first, second), "y", points=expected["gic"]["p"])
    assert est.value[:-1] == pytest.approx(expected["gic"]["growth"], abs=1e-12)
    assert est.keys["statistic"].at(len(est) - 1) == "mean"
    tip = mpi.monetary.estimate(
        mpi.Survey(first, **DESIGN), "y", line=Z, statistics=mpi.monetary.curve("tip", len(expected["tip"]["p"]))
    )
    assert tip.value == pytest.approx(expected["tip"]["value"], abs=1e-12)


@pytest.mark.parametrize(("theirs", "ours"), [("mean", "t"), ("beta", "beta"), ("xlogit", "logit"), ("asin", "asin")])
def test_quantiles_by_woodruff(field: Path, theirs: str, ours: Any) -> None:
    first, _, _ = silc(field)
    table = pd.read_csv(field / "golden_next/c_quantiles.csv").query("interval == @theirs")
    found = mpi.monetary.quantile_intervals(
        mpi.Survey(first, **DESIGN), "y", sorted(set(table.q)), ["db040"], interval=ours
    )
    both = table.assign(group=table.subg.replace("all", "total")).merge(
        found, left_on=["group", "q"], right_on=["group", "probability"], suffixes=("_r", ""), validate="one_to_one"
    )
    assert len(both) == 28
    for r, mine in (("est", "estimate"), ("lo", "ci_low"), ("hi", "ci_high"), ("se_r", "se")):
        assert both[mine].to_numpy() == pytest.approx(both[r].to_numpy(), rel=1e-12)


def test_money_beside_a_second_poverty(field: Path) -> None:
    """Four cells with design errors, by the plain proportion of each."""
    first, _, expected = silc(field)
    poor, many = first.y < Z, first.hsize >= 4
    frame = first.assign(cell=np.where(poor, "1", "0") + pd.Series(np.where(many, "1", "0")))
    est = mpi.proportion(mpi.Survey(frame, **DESIGN), "cell")
    for row in expected["overlap_money_hsize4"]:
        one = est.select(indicator=row["cell"].removeprefix("cell"))
        assert one.value[0] == pytest.approx(row["share"], abs=1e-12)
        assert one.se[0] == pytest.approx(row["se"], rel=1e-9)
