"""Money beside deprivations: four cells and who is missed, against plain arithmetic and the survey's own estimators."""

from __future__ import annotations

from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest

import mpi
from mpi.monetary import overlap

DESIGN: dict[str, Any] = {"weight": "w", "strata": "stratum", "psu": "psu"}
MEASURE = mpi.Measure.nested("m", {"one": ["a"], "two": ["b"]}, cutoff="1/2")


def people() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"y": rng.lognormal(0, 1, 400), "w": rng.uniform(1, 2, 400), "stratum": np.arange(400) // 100})
    frame = frame.assign(psu=np.arange(400) // 10, people=rng.choice(["k", "m"], 400), sex=rng.choice([1, 2], 400))
    frame[["a", "b"]] = rng.random((400, 2)) < 0.3
    frame = frame.astype({"a": float, "b": float})
    frame.loc[:3, "y"], frame.loc[2:6, "a"] = np.nan, np.nan
    frame.loc[7, "y"] = 1.0
    return frame


def test_cells_and_who_is_missed() -> None:
    frame = people()
    survey = mpi.Survey(frame, **DESIGN)
    est = overlap(survey, MEASURE, "y", 1.0, by=["people", ("people", "sex")])
    known = frame.dropna(subset=["y", "a"])
    money, deprived = known.y < 1.0, known.a + known.b >= 1
    for by, group, inside in (("total", "total", known.w > 0), ("people", "m", known.people == "m")):
        w = known.w * inside
        cells = [(money & deprived), (money & ~deprived), (~money & deprived), (~money & ~deprived), money, deprived]
        expected = [(w * c).sum() / w.sum() for c in cells]
        expected += [(w * (~money & deprived)).sum() / (w * deprived).sum()]
        expected += [(w * (money & ~deprived)).sum() / (w * money).sum()]
        found = est.select(by=by, group=group)
        assert found.keys["statistic"].to_list()[4:] == ["fgt(0)", "H", "missed_by_money", "missed_by_deprivations"]
        assert found.value == pytest.approx(expected, abs=1e-12)
        assert found.n[:4] == pytest.approx(len(known[inside]))
        assert found.n[6:] == pytest.approx([(deprived & inside).sum(), (money & inside).sum()])
    assert "7 of 400 rows left out: y, its line or an indicator missing" in est.about["rows"]


def test_errors_are_those_of_domains() -> None:
    """Who is missed is a mean in the domain of the poor; cells are proportions."""
    frame = people().dropna()
    frame = frame.assign(missed=(frame.y >= 1.0) * 1.0, multi=(frame.a + frame.b >= 1) * 1.0)
    survey = mpi.Survey(frame, **DESIGN)
    est = overlap(survey, MEASURE, "y", 1.0, by=["people"])
    among = mpi.mean(survey, "missed", ["people"], where=nw.col("multi") == 1)
    own = est.select(statistic="missed_by_money")
    assert own.se == pytest.approx(among.se, rel=1e-12)
    assert own.conf_int()[0] == pytest.approx(among.conf_int()[0])
    assert (own.df == among.df).all()
    cell = mpi.mean(survey.with_column("cell", lambda f: f["multi"] * (1 - f["missed"])), "cell", ["people"])
    assert est.select(statistic="poor_in_both").se == pytest.approx(cell.se, rel=1e-12)
    both = est.select(statistic=["poor_in_both", "poor_in_money_only", "deprived_only", "poor_in_neither"], by="total")
    assert np.abs(both.vcov().sum(axis=0)).max() < 1e-15  # they add up to 1 in every sample


def test_lines_by_row_and_law() -> None:
    frame = people().assign(z=np.where(np.arange(400) % 2, 0.8, 1.2))
    survey = mpi.Survey(frame, **DESIGN)
    est = overlap(survey, MEASURE, "y", {"own": "z", "one": 1.0})
    assert est.keys["dimension"].values == ("own", "one")
    known = frame.dropna(subset=["y", "a"])
    head = np.average(known.y < known.z, weights=known.w)
    assert est.select(statistic="fgt(0)", dimension="own").value[0] == pytest.approx(head)
    with pytest.raises(mpi.MpiError, match="the line varies with the sample"):
        overlap(survey, MEASURE, "y", mpi.monetary.relative_line())
    with pytest.raises(mpi.MpiError, match="bounds missing answers"):
        overlap(survey, MEASURE.with_missing("bounds"), "y", 1.0)
    with pytest.raises(mpi.MpiError, match="a Measure is needed"):
        overlap(survey, "m", "y", 1.0)  # type: ignore[arg-type]  # what is wrong


def test_rows_with_an_engine(on_engine: Any) -> None:
    frame = people()
    here = overlap(mpi.Survey(frame, **DESIGN), MEASURE, "y", 1.0, by=["people"], where=nw.col("sex") == 1)
    there = overlap(
        mpi.Survey(on_engine("duckdb", frame), **DESIGN), MEASURE, "y", 1.0, by=["people"], where=nw.col("sex") == 1
    )
    assert there.value == pytest.approx(here.value, rel=1e-12)
    assert there.se == pytest.approx(here.se, rel=1e-10)
