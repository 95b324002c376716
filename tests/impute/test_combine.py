"""Rubin's rules against R, and against the formulae with all covariances."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mpi

EXPECTED = json.loads((Path(__file__).parents[1] / "oracles" / "rubin" / "expected.json").read_text(encoding="utf-8"))
IND = {"health": ["nutr", "cm"], "education": ["satt", "educ"]}
IND["living"] = ["elct", "sani", "wtr", "hsg", "ckfl", "asst"]


def mitools_df(within: float, between: float, m: int, complete: float) -> float:
    """The degrees of freedom as mitools 2.4 has them."""
    old = (m - 1) * (1 + within / ((1 + 1 / m) * between)) ** 2
    observed = (complete + 1) / (complete + 3) * complete * within / (within + between)
    return old if np.isinf(complete) else 1 / (1 / observed + 1 / old)


def barnard_rubin(within: float, between: float, m: int, complete: float) -> float:
    old = (m - 1) * (1 + within / ((1 + 1 / m) * between)) ** 2
    observed = (complete + 1) / (complete + 3) * complete * within / (within + (1 + 1 / m) * between)
    return 1 / (1 / observed + 1 / old)


def of(estimate: float, error: float, df: int) -> mpi.Estimates:
    """A mean with a given error: of so many PSUs of one person."""
    z = np.random.default_rng(1).normal(size=df + 1)
    z = (z - z.mean()) / z.std(ddof=1)
    return mpi.mean(mpi.Survey(pd.DataFrame({"x": estimate + error * np.sqrt(df + 1) * z})), "x")


@pytest.mark.parametrize("known", [r for r in EXPECTED["results"] if r["df_complete"] == "design"])
def test_rules_are_those_of_r(known: Any) -> None:
    sets = [of(q, s, EXPECTED["df_design"]) for q, s in zip(known["each_est"], known["each_se"], strict=True)]
    found = mpi.impute.combine(sets)
    info = mpi.impute.missing_information(sets).iloc[0]
    assert found.value[0] == pytest.approx(known["est"], rel=1e-12)
    assert found.se[0] == pytest.approx(known["se"], rel=1e-11)
    within, between = float(info["within"]), float(info["between"])
    assert mitools_df(within, between, 5, 597) == pytest.approx(known["df"], rel=1e-9)
    assert found.df[0] == pytest.approx(barnard_rubin(within, between, 5, 597), rel=1e-9)
    assert found.df[0] == pytest.approx(known["df"], rel=1e-3)
    assert info["fmi"] == pytest.approx(known["fmi"], rel=1e-3)
    increase = float(info["increase"])
    assert (increase + 2 / (known["df"] + 3)) / (1 + increase) == pytest.approx(known["fmi"], rel=1e-9)


def test_five_completed_surveys_give_what_r_says(field: Path) -> None:
    rows = pd.read_csv(field / "golden" / "syn.csv.gz").query("t == 1")
    measure = mpi.Measure.nested("m", {k: [f"d_{j}" for j in v] for k, v in IND.items()}, cutoff="1/3")
    sets = []
    for m in range(1, 6):
        done = rows.copy()
        for name in ("d_nutr", "d_satt"):
            u = ((done["rid"] * 7919 + m * 104729 + (name == "d_satt") * 1299709) % 10007) / 10007
            done[name] = done[name].fillna((u < 0.3) * 1.0)
        survey = mpi.Survey(done, weight="w2", strata="stratum", psu="psu", single_psu="centered")
        sets.append(mpi.estimate(survey, measure, ["area"], df="design"))
    est = mpi.impute.combine(sets)
    asked: dict[str, dict[str, Any]] = {"poor": {"statistic": "H"}, "ck": {"statistic": "M0"}, "A": {"statistic": "A"}}
    for name in ("d_nutr", "d_satt"):
        asked[name] = {"statistic": "uncensored_headcount", "indicator": name}
    known = json.loads((field / "golden_next" / "f_trees_mi_targeting.json").read_text(encoding="utf-8"))["rubin"]
    for one in known["results"]:
        if one["df_complete"] == "design":
            own = est.select(by="total", **asked[one["variable"]])
            assert own.value[0] == pytest.approx(one["est"], rel=1e-12)
            assert own.se[0] == pytest.approx(one["se"], rel=1e-9)
            assert own.df[0] == pytest.approx(one["df"], rel=1e-3)
    gap = est.select(statistic="H", by="area").contrast([1, -1])
    apart = [p.select(statistic="H", by="area").contrast([1, -1]) for p in sets]
    within, between = np.mean([g.se[0] ** 2 for g in apart]), np.var([g.value[0] for g in apart], ddof=1)
    assert gap.se[0] == pytest.approx(np.sqrt(within + 1.2 * between), rel=1e-9)


# --- all covariances ------------------------------------------------------------------------------------------------


def sets_of(seed: int, m: int, single: str = "centered", *, waves: bool = False) -> list[mpi.Survey]:
    """Completed data sets of a small survey, one stratum of one PSU among others; the rounds share their PSUs."""
    rng = np.random.default_rng(seed)
    n = 160
    frame = pd.DataFrame({"psu": rng.integers(0, 10, n), "w": rng.uniform(0.5, 2, n), "g": rng.integers(0, 2, n)})
    frame["psu"] = np.r_[np.arange(10), frame["psu"].iloc[10:]]
    frame["stratum"] = np.minimum(frame["psu"] // 3, 3)
    frame["year"] = np.tile([2016, 2018], n // 2)
    out = []
    given: dict[str, Any] = {"wave": "year", "shared_psus": True} if waves else {}
    base = rng.random((n, 3))
    for _ in range(m):
        done = frame.copy()
        for j in range(3):
            moved = rng.random(n) < 0.15
            done[f"d{j}"] = (np.where(moved, rng.random(n), base[:, j]) < 0.4) * 1
        out.append(
            mpi.Survey(done, weight="w", strata="stratum", psu="psu", single_psu=single, **given)  # type: ignore[arg-type]  # one of its words
        )
    return out


MEASURE = mpi.Measure.nested("m", {"x": ["d0"], "y": ["d1", "d2"]}, cutoff="1/2")


@settings(max_examples=12, deadline=None)
@given(
    st.integers(0, 1000), st.integers(2, 6), st.sampled_from(["centered", "scaled", "certainty"]), st.booleans(),
    st.sampled_from(["group", "design"]),
)  # fmt: skip
def test_covariances_are_those_of_the_rules(seed: int, m: int, single: str, waves: bool, df: Any) -> None:
    asked = ["H", "A", "population_share", "poor_share", "contribution_share"]
    surveys = sets_of(seed, m, single, waves=waves)
    parts = [mpi.estimate(s, MEASURE, ["g"], statistics=asked, df=df) for s in surveys]  # type: ignore[arg-type]  # words
    found = mpi.impute.combine(parts)
    V = np.mean([np.nan_to_num(p.vcov()) for p in parts], axis=0)
    V = V + (1 + 1 / m) * np.cov(np.array([p.value for p in parts]).T)
    np.testing.assert_allclose(found.value, np.mean([p.value for p in parts], axis=0), rtol=1e-13)
    ok = np.all([p.estimable for p in parts], axis=0)
    np.testing.assert_allclose(found.vcov()[np.ix_(ok, ok)], V[np.ix_(ok, ok)], rtol=1e-8, atol=1e-15)
    np.testing.assert_allclose(found.se[ok], np.sqrt(np.diag(V))[ok], rtol=1e-10)
    complete = np.min([p.df for p in parts], axis=0)
    assert (found.df[ok] <= complete[ok] + 1e-9).all()
    H = found.select(statistic="H", by="g")
    one = H.take([0, 1]).contrast([1, -1])
    whole = [p.select(statistic="H", by="g").take([0, 1]).contrast([1, -1]) for p in parts]
    between = np.var([w.value[0] for w in whole], ddof=1)
    assert one.se[0] == pytest.approx(np.sqrt(np.mean([w.se[0] ** 2 for w in whole]) + (1 + 1 / m) * between), rel=1e-8)
    assert one.df[0] <= min(w.df[0] for w in whole) + 1e-9
    if waves:
        change = mpi.decompose.change(found.select(statistic="H", by="total"), kinds=["change"])
        each = [mpi.decompose.change(p.select(statistic="H", by="total"), kinds=["change"]) for p in parts]
        total = np.mean([e.se[0] ** 2 for e in each]) + (1 + 1 / m) * np.var([e.value[0] for e in each], ddof=1)
        assert change.se[0] == pytest.approx(np.sqrt(total), rel=1e-8)
        assert change.df[0] <= max(e.df[0] for e in each) + 1e-9


def test_what_does_not_differ_has_the_error_of_one() -> None:
    survey = sets_of(3, 2)[0]
    est = mpi.estimate(survey, MEASURE, ["g"])
    found = mpi.impute.combine([est, est, est])
    np.testing.assert_allclose(found.value, est.value, rtol=1e-14)
    np.testing.assert_allclose(found.se, est.se, rtol=1e-14)
    assert found.df.tolist() == est.df.tolist()
    assert found.estimable.tolist() == est.estimable.tolist()
    assert found.flag.to_list() == est.flag.to_list()


def test_it_lasts_and_is_told(tmp_path: Path) -> None:
    parts = [mpi.estimate(s, MEASURE, ["g"], statistics=["H"]) for s in sets_of(3, 4)]
    found = mpi.impute.combine(parts, note="schooling imputed")
    assert found.about["imputation"].startswith("schooling imputed; 4 completed data sets combined by Rubin's rules")
    assert any(n.startswith("Imputation: schooling imputed") for n in found.publish().attrs["notes"])
    again = mpi.Estimates.from_json(found.to_json() or "")
    np.testing.assert_allclose(again.vcov(), found.vcov(), rtol=1e-12)
    assert again.select(by="g").contrast([1, -1]).df.tolist() == found.select(by="g").contrast([1, -1]).df.tolist()
    found.to_excel(tmp_path / "table.xlsx")


def test_order_of_figures_does_not_matter() -> None:
    parts = [mpi.estimate(s, MEASURE, ["g"], statistics=["H", "M0"]) for s in sets_of(3, 3)]
    mixed = [parts[0], *(p.take(np.arange(len(p))[::-1]) for p in parts[1:])]
    np.testing.assert_allclose(mpi.impute.combine(mixed).vcov(), mpi.impute.combine(parts).vcov(), rtol=1e-12)


def test_what_cannot_be_combined() -> None:
    parts = [mpi.estimate(s, MEASURE, ["g"], statistics=["H"]) for s in sets_of(3, 3)]
    with pytest.raises(mpi.MpiError, match="two completed data sets or more"):
        mpi.impute.combine(parts[:1])
    with pytest.raises(mpi.MpiError, match="only estimates can be combined, not"):
        mpi.impute.combine([parts[0], 3])  # type: ignore[list-item]  # the point
    with pytest.raises(mpi.MpiError, match="data set 2 lacks H level g 1 1/2 own; estimate the same"):
        mpi.impute.combine([parts[0], parts[1].select(group=["total", "0"])])
    other = mpi.Survey(pd.DataFrame({"d0": [0, 1, 1], "d1": [0, 0, 1], "d2": [1, 1, 1], "g": [0, 1, 1]}))
    few = mpi.estimate(other, MEASURE, ["g"], statistics=["H"], level=0.9)
    with pytest.raises(mpi.MpiError, match="data set 2 has 3 PSUs in 1 strata") as raised:
        mpi.impute.combine([parts[0], few])
    assert "another level: 0.9, not 0.95" in str(raised.value)
    bare = [mpi.Survey(pd.DataFrame({"d0": x, "d1": 0, "d2": 0})) for x in ([0, 0, 0], [0, 1, 1])]
    some = mpi.impute.combine([mpi.estimate(s, MEASURE, statistics=["A"]) for s in bare])
    assert np.isnan(some.value[0])
