"""Overlap of dimensions against R, against a count of rows, and against what it must be."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mpi

ORACLES = Path(__file__).parents[1] / "oracles" / "association"
EXPECTED = json.loads((ORACLES / "expected.json").read_text(encoding="utf-8"))["overlap"]
DIMS = ("D1", "D2", "D3")
CELLS = {
    "".join(map(str, bits)): " + ".join(d for d, b in zip(DIMS, bits, strict=True) if b) or "none"
    for bits in product((0, 1), repeat=3)
}


@pytest.fixture(scope="module")
def found() -> mpi.association.Overlap:
    long = pd.read_csv(ORACLES / "cells.csv").melt(["stratum", "psu", "area"], var_name="cell", value_name="w")
    for i, name in enumerate(DIMS):
        long[name] = long["cell"].str[i + 1].astype(int)
    survey = mpi.Survey(long[long["w"] > 0], weight="w", strata="stratum", psu="psu", single_psu="centered")
    measure = mpi.Measure.nested("m", {d: [d] for d in DIMS}, cutoff="1/3")
    return mpi.association.overlap(survey, measure, ["area"])


def close(est: mpi.Estimates, shares: list[float], errors: list[float]) -> None:
    np.testing.assert_allclose(est.value, shares, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(np.nan_to_num(est.se), errors, rtol=1e-9, atol=1e-15)


def test_cells_and_numbers_are_what_r_says(found: mpi.association.Overlap) -> None:
    est = found.estimates
    cells = est.select(statistic="overlap", by="total")
    assert cells.keys["indicator"].to_list() == [CELLS[x["cell"].removeprefix("cell")] for x in EXPECTED["venn"]]
    close(cells, [x["share"] for x in EXPECTED["venn"]], [x["se"] for x in EXPECTED["venn"]])
    number = EXPECTED["number_of_dimensions"]
    close(
        est.select(statistic="dimensions_deprived", by="total"),
        [x["share"] for x in number], [x["se"] for x in number],
    )  # fmt: skip
    least = est.select(statistic="dimensions_at_least", by="total")
    ends = EXPECTED["union_intersection"]
    assert least.value[[0, 2]] == pytest.approx([ends["union"], ends["intersection"]], rel=1e-12)


def test_others_beside_each_are_what_r_says(found: mpi.association.Overlap) -> None:
    for one in EXPECTED["overlap"]:
        known = one["deprived_in_it_and_n_dimensions"][1:]
        own = found.estimates.select(statistic="with_others", by="total", dimension=one["dimension"])
        name = one["dimension"]
        assert own.keys["indicator"].to_list() == [f"{name}, 0 others", f"{name}, 1 other", f"{name}, 2 others"]
        close(own, [x["share"] for x in known], [x["se"] for x in known])


def test_areas_are_what_r_says(found: mpi.association.Overlap) -> None:
    known = EXPECTED["by_area"]
    shares, errors = np.ravel(known["share"]).reshape(8, 2), np.reshape(known["se"], (2, 8))
    for i, area in enumerate(known["area"]):
        close(
            found.estimates.select(statistic="overlap", by="area", group=str(area)),
            shares[:, i].tolist(), errors[i].tolist(),
        )  # fmt: skip


def test_the_survey_itself_gives_the_same(found: mpi.association.Overlap, field: Path) -> None:
    """A dimension of six counts from two deprivations on."""
    rows = pd.read_csv(field / "golden" / "syn.csv.gz").query("complete == 1 and t == 1")
    dims = {"D1": ["nutr", "cm"], "D2": ["satt", "educ"], "D3": ["elct", "sani", "wtr", "hsg", "ckfl", "asst"]}
    measure = mpi.Measure.nested("m", {k: [f"d_{j}" for j in v] for k, v in dims.items()}, cutoff="1/3")
    survey = mpi.Survey(rows, weight="w2", strata="stratum", psu="psu", single_psu="centered")
    own = mpi.association.overlap(survey, measure, ["area"], least={"D3": 2}).estimates
    assert own.keys["indicator"].to_list() == found.estimates.keys["indicator"].to_list()
    close(own, found.estimates.value.tolist(), np.nan_to_num(found.estimates.se).tolist())


def a_frame(seed: int, sets: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    n, base = 240, rng.random(240)
    frame = pd.DataFrame({f"d{j}": (base + rng.random(n) < 0.8) * 1 for j in range(sets)})
    psu = np.sort(rng.integers(0, 24, n))
    return frame.assign(psu=psu, stratum=psu // 6, w=rng.uniform(0.5, 2, n), g=rng.integers(0, 2, n))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.integers(2, 10))
def test_shares_are_those_of_the_rows(seed: int, sets: int) -> None:
    frame = a_frame(seed, sets)
    names = [f"d{j}" for j in range(sets)]
    measure = mpi.Measure.nested("m", {"x": names}, cutoff="1/2")
    survey = mpi.Survey(frame, weight="w", strata="stratum", psu="psu")
    est = mpi.association.overlap(survey, measure, ["g"], of="indicators").estimates
    for group in ("total", "0", "1"):
        own = est.select(by="total" if group == "total" else "g", group=group)
        rows = frame if group == "total" else frame[frame["g"] == int(group)]
        number, w = rows[names].sum(axis=1), rows["w"]
        cells = own.select(statistic="overlap")
        combination = rows[names].apply(lambda r: " + ".join(n for n in names if r[n]) or "none", axis=1)
        shares = w.groupby(combination).sum() / w.sum()
        for name, value in zip(cells.keys["indicator"].to_list(), cells.value, strict=True):
            assert value == pytest.approx(shares.get(name, 0.0), abs=1e-12)
        assert cells.value.sum() == pytest.approx(1)
        least = own.select(statistic="dimensions_at_least").value
        assert least.tolist() == pytest.approx([w[number >= m].sum() / w.sum() for m in range(1, sets + 1)])
        for j in names:
            beside = own.select(statistic="with_others", dimension=j)
            inside = rows[j] == 1
            known = [w[inside & (number == m + 1)].sum() / w[inside].sum() for m in range(sets)]
            assert beside.value.tolist() == pytest.approx(known)
            assert set(beside.n) == {inside.sum()}


def test_the_table_of_two_sides(found: mpi.association.Overlap) -> None:
    venn = found.venn()
    assert venn.index.tolist() == ["D1, D2", "D1, not D2", "not D1, D2", "not D1, not D2", "all"]
    assert venn.columns.tolist() == ["D3", "not D3", "all"]
    share = {CELLS[x["cell"].removeprefix("cell")]: x["share"] for x in EXPECTED["venn"]}
    assert venn.loc["D1, D2", "D3"] == pytest.approx(share["D1 + D2 + D3"])
    assert venn.loc["not D1, D2", "not D3"] == pytest.approx(share["D2"])
    assert venn.loc["not D1, not D2", "not D3"] == pytest.approx(share["none"])
    assert venn.loc["D1, not D2", "all"] == pytest.approx(share["D1"] + share["D1 + D3"])
    assert venn.loc["all", "all"] == pytest.approx(1)
    assert "Overlap of D1, D2, D3" in repr(found)
    assert (found.estimates.to_excel() or b"")[:2] == b"PK"
    assert "D1, 1 other" in found.estimates.select(statistic="with_others").publish().to_string()
    with pytest.raises(mpi.MpiError, match="say which group is meant"):
        found.venn(by="area")


def test_what_cannot_be_asked() -> None:
    survey = mpi.Survey(a_frame(1, 3))
    measure = mpi.Measure.nested("m", {"x": ["d0", "d1"], "y": ["d2"]}, cutoff="1/2")
    with pytest.raises(mpi.MpiError, match="from 1 to 1 is needed") as raised:
        mpi.association.overlap(survey, measure, least={"y": 2, "xx": 1})
    assert "did you mean 'x'" in str(raised.value)
    with pytest.raises(mpi.MpiError, match="did you mean 'indicators'"):
        mpi.association.overlap(survey, measure, of="indicator")  # type: ignore[arg-type]  # the point
    with pytest.raises(mpi.MpiError, match="two overlap"):
        mpi.association.overlap(survey, mpi.Measure.nested("m", {"x": ["d0", "d1"]}, cutoff="1/2"))
    seven: Any = mpi.Measure.nested("m", {"x": [f"d{j}" for j in range(7)]}, cutoff="1/2")
    with pytest.raises(mpi.MpiError, match="128 combinations"):
        mpi.association.overlap(mpi.Survey(a_frame(1, 7)), seven, of="indicators").venn()


def test_nobody_in_a_set_has_no_others_beside_it() -> None:
    frame = a_frame(1, 2).assign(d1=0)
    measure = mpi.Measure.nested("m", {"x": ["d0"], "y": ["d1"]}, cutoff="1/2")
    est = mpi.association.overlap(mpi.Survey(frame), measure).estimates.select(statistic="with_others", dimension="y")
    assert np.isnan(est.value).all()
    assert est.flag.at(0) == "nobody deprived in it"
