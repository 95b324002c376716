"""Cardinal measures against R's convey, worked examples and plain sums over rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mpi


def test_errors_are_those_of_convey(own_survey_path: Path) -> None:
    """svyafc of convey 0.2.3 (R 4.2.2): income below 220, room (7 less the household's size) below 4."""
    frame = pd.read_csv(own_survey_path).assign(
        w=lambda f: f["weight"] * f["hhsize"], room=lambda f: 7 - f["hhsize"]
    )  # fmt: skip
    frame["poor"], frame["crowded"] = (frame["inc"] < 220) * 1, (frame["room"] < 4) * 1
    measure = mpi.Measure.nested("m", {"x": ["poor"], "y": ["crowded"]}, cutoff="1/2")
    survey = mpi.Survey(frame, weight="w", strata="stratum", psu="psu")
    est = mpi.estimate_cardinal(survey, measure, {"poor": ("inc", 220), "crowded": ("room", 4)})
    known = {
        "M0": (0.580883839748092, 0.0536886052192254), "H": (0.820530828657647, 0.0550649182232842),
        "A": (0.707936642305558, 0.0414155827097615), "M1": (0.270017227199408, 0.02502876868752),
        "M2": (0.154724993040164, 0.0150689198060617),
    }  # fmt: skip
    for name, (value, error) in known.items():
        one = est.select(statistic=name)
        assert one.value[0] == pytest.approx(value, rel=1e-12)
        assert one.se[0] == pytest.approx(error, rel=1e-9)


@pytest.mark.parametrize("key", ["af_4x4_cardinal", "af_4x4_weighted"])
def test_the_worked_example(hand: dict[str, Any], key: str) -> None:
    """Four people and four achievements (Alkire and Foster 2011), and the same with other weights."""
    example, known = hand["af_4x4_cardinal"], hand[key]
    names, z = list("abcd"), example["z"]
    X = pd.DataFrame(example["X"], columns=[f"x_{n}" for n in names])
    frame = X.assign(**{n: (X[f"x_{n}"] < z[j]) * 1 for j, n in enumerate(names)})
    indicators = [mpi.Indicator(n, dimension=n, weight=w) for n, w in zip(names, known["weights"], strict=True)]
    measure = mpi.Measure("m", indicators, cutoff=known["k_share"])
    gaps: Any = {n: (f"x_{n}", z[j]) for j, n in enumerate(names)}
    est = mpi.estimate_cardinal(mpi.Survey(frame), measure, gaps)
    for name in ("H", "A", "M0", "M1", "M2", "G", "S"):
        assert est.select(statistic=name).value[0] == pytest.approx(known["expected"][name], rel=1e-14)
    for power in (1, 2):
        shares = est.select(statistic=f"contribution_share_M{power}").value
        np.testing.assert_allclose(shares, known["expected"][f"pctb_M{power}"], rtol=1e-13)
    if key == "af_4x4_cardinal":
        several = mpi.estimate_cardinal(mpi.Survey(frame), measure, gaps, cutoffs=["1/4", "1/2", "3/4", "1"])
        for k, cutoff in enumerate(["1/4", "1/2", "3/4", "1"], 1):
            for name, value in hand["af_4x4_cardinal_kgrid"]["expected"][str(k)].items():
                assert several.select(statistic=name, cutoff=cutoff).value[0] == pytest.approx(value, rel=1e-14)


# --- brute force ----------------------------------------------------------------------------------------------------

Z = {"a": 6.0, "b": 12.0, "c": 3.0}
DIMS = {"x": ["a", "b"], "y": ["c", "d"]}
MEASURE = mpi.Measure.nested("m", DIMS, cutoff="1/3")
GAPS: dict[str, Any] = {"a": ("x_a", 6), "b": "gap_b", "c": ("x_c", 3.0), "d": None}
DESIGN: dict[str, Any] = {"weight": "w", "strata": "stratum", "psu": "psu"}


def a_frame(seed: int, *, missing: float = 0.0, n: int = 240) -> Any:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({f"x_{j}": np.round(rng.uniform(0, 2 * z, n), 2) for j, z in Z.items()})
    frame = frame.mask(rng.random(frame.shape) < missing)
    for j, z in Z.items():
        frame[j] = (frame[f"x_{j}"] < z).astype(float).mask(frame[f"x_{j}"].isna())
    frame["d"] = (rng.random(n) < 0.4) * 1
    frame["gap_b"] = ((12 - frame["x_b"]) / 12).clip(lower=0)
    psu = np.sort(rng.integers(0, 24, n))
    return frame.assign(psu=psu, stratum=psu // 6, w=rng.uniform(0.5, 2, n), g=rng.integers(0, 2, n))


def by_hand(frame: pd.DataFrame, w: np.ndarray, k: float, policy: str = "drop") -> dict[str, Any]:
    """Every figure in plain sums over rows."""
    names = ["a", "b", "c", "d"]
    flags = frame[names].to_numpy(dtype=float)
    gap = np.column_stack([*[((z - frame[f"x_{j}"]) / z).clip(lower=0) for j, z in Z.items()], frame["d"]])
    weights = np.tile(0.25, flags.shape)
    if policy == "reweight":
        for pair in ([0, 1], [2, 3]):
            seen = ~np.isnan(flags[:, pair])
            with np.errstate(invalid="ignore", divide="ignore"):
                weights[:, pair] = np.where(seen, 0.5 / seen.sum(axis=1, keepdims=True), 0)
        kept = (~np.isnan(flags[:, :2])).any(axis=1) & (~np.isnan(flags[:, 2:])).any(axis=1)
    else:
        kept = ~np.isnan(flags).any(axis=1)
    flags, gap = np.nan_to_num(flags), np.nan_to_num(gap)
    score = (weights * flags).sum(axis=1)
    poor = kept & (score >= k - 1e-9)
    n = w[kept].sum()
    found: dict[str, Any] = {"H": w[poor].sum() / n, "M0": (w * score)[poor].sum() / n}
    for p in (1, 2):
        parts = ((w * poor)[:, None] * weights * gap**p).sum(axis=0) / n
        found[f"contribution_M{p}"] = parts
        found[f"M{p}"] = parts.sum()
        found[f"contribution_share_M{p}"] = parts / parts.sum()
    found["A"] = found["M0"] / found["H"]
    return {**found, "G": found["M1"] / found["M0"], "S": found["M2"] / found["M0"]}


@pytest.mark.parametrize(("policy", "missing"), [("drop", 0.0), ("drop", 0.15), ("reweight", 0.15)])
@pytest.mark.parametrize("seed", [1, 2])
def test_figures_and_errors_are_those_of_plain_sums(seed: int, policy: Any, missing: float) -> None:
    frame = a_frame(seed, missing=missing)
    measure = MEASURE.with_missing(policy)
    cutoffs = ["1/4", "1/2"]
    est = mpi.estimate_cardinal(mpi.Survey(frame, **DESIGN), measure, GAPS, ["g"], cutoffs=cutoffs)
    for by, group, k in (("total", "total", 0.25), ("g", "1", 0.5)):
        inside = np.ones(len(frame)) if by == "total" else (frame["g"] == 1).to_numpy() * 1.0
        w = frame["w"].to_numpy() * inside
        known = by_hand(frame, w, k, policy)
        own = est.select(by=by, group=group, cutoff=str(k))
        for name, value in known.items():
            np.testing.assert_allclose(own.select(statistic=name).value, np.atleast_1d(value), rtol=1e-11)
        spread = _errors(frame, w, k, policy)
        for name in ("M1", "G", "S", "A", "contribution_share_M2"):
            np.testing.assert_allclose(own.select(statistic=name).se, np.atleast_1d(spread[name]), rtol=1e-5)
        of_poor = own.select(statistic=["G", "S", "A"])
        assert len(set(of_poor.n)) == 1
        assert of_poor.n[0] <= own.select(statistic="M1").n[0]


def _errors(frame: pd.DataFrame, w: np.ndarray, k: float, policy: str) -> dict[str, Any]:
    """Linearised errors from figures found again with the weights of each PSU moved a little: no derivatives."""
    h, psus = 1e-5, sorted(frame["psu"].unique())
    strata = np.array([frame.loc[frame["psu"] == p, "stratum"].iloc[0] for p in psus])
    moved = []
    for p in psus:
        up, down = (by_hand(frame, np.where(frame["psu"] == p, w * (1 + s * h), w), k, policy) for s in (1, -1))
        moved.append({name: (up[name] - down[name]) / (2 * h) for name in up})
    out = {}
    for name in moved[0]:
        u = np.array([np.atleast_1d(m[name]) for m in moved])
        parts = [u[strata == s] for s in np.unique(strata)]
        out[name] = np.sqrt(sum(len(p) * p.var(axis=0, ddof=1) for p in parts))
    return out


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 1000))
def test_the_identities_of_the_family(seed: int) -> None:
    frame = a_frame(seed)
    survey = mpi.Survey(frame, **DESIGN)
    est = mpi.estimate_cardinal(survey, MEASURE, GAPS, ["g"], cutoffs=["1/4", "1/2", "1"])
    value = {n: est.select(statistic=n).value for n in ("H", "A", "M0", "M1", "M2", "G", "S")}
    there = value["H"] > 0
    np.testing.assert_allclose((value["H"] * value["A"] * value["G"])[there], value["M1"][there], rtol=1e-12)
    np.testing.assert_allclose((value["H"] * value["A"] * value["S"])[there], value["M2"][there], rtol=1e-12)
    assert (value["M2"] <= value["M1"] + 1e-15).all()
    assert (value["M1"] <= value["M0"] + 1e-15).all()
    for p in (1, 2):
        parts = est.select(statistic=f"contribution_M{p}").value.reshape(-1, 4).sum(axis=1)
        np.testing.assert_allclose(parts, value[f"M{p}"], rtol=1e-12, atol=1e-15)
    share = mpi.estimate(survey, MEASURE, ["g"], statistics=["population_share"]).select(by="g").value
    for name in ("M1", "M2"):
        own = est.select(statistic=name, cutoff="1/2")
        assert own.select(by="total").value[0] == pytest.approx(float(share @ own.select(by="g").value), rel=1e-12)
    plain = mpi.estimate(survey, MEASURE, ["g"], statistics=["H", "A", "M0"], cutoffs=["1/4", "1/2", "1"])
    for name in ("H", "A", "M0"):
        ours, theirs = est.select(statistic=name), plain.select(statistic=name)
        np.testing.assert_allclose(ours.value, theirs.value, rtol=1e-13)
        np.testing.assert_allclose(ours.se, theirs.se, rtol=1e-10)
        np.testing.assert_allclose(ours.conf_int()[0], theirs.conf_int()[0], rtol=1e-9)
        assert ours.n.tolist() == theirs.n.tolist()
        assert ours.counts is not None
        assert theirs.counts is not None
        assert ours.counts.n_with.tolist() == theirs.counts.n_with.tolist()
        np.testing.assert_allclose(ours.counts.weight, theirs.counts.weight, rtol=1e-13)
        assert ours.flag.to_list() == theirs.flag.to_list()


def test_groups_and_rounds_decompose() -> None:
    frame = pd.concat([a_frame(3).assign(year=2016), a_frame(4).assign(year=2018)], ignore_index=True)
    survey = mpi.Survey(frame, wave="year", shared_psus=False, **DESIGN)
    est = mpi.estimate_cardinal(survey, MEASURE, GAPS, ["g"])
    shares = mpi.estimate(survey, MEASURE, ["g"], statistics=["population_share"])
    both = mpi.concat([est, shares])
    parts = mpi.decompose.groups(both.select(wave=2018), "g").select(statistic="M1", contrast="group_part")
    assert parts.value.sum() == pytest.approx(est.select(statistic="M1", by="total", wave=2018).value[0], rel=1e-12)
    change = mpi.change(est.select(statistic="M2", by="total"), kinds=["change"])
    ends = est.select(statistic="M2", by="total")
    assert change.value[0] == pytest.approx(ends.value[1] - ends.value[0], rel=1e-12)
    assert change.se[0] == pytest.approx(np.hypot(*ends.se), rel=1e-9)  # of independent rounds


def test_who_falls_further_raises_the_gaps_alone() -> None:
    frame = a_frame(3)
    before = mpi.estimate_cardinal(mpi.Survey(frame, **DESIGN), MEASURE, GAPS)
    score = frame[["a", "b", "c", "d"]].mean(axis=1)
    one = frame.index[(frame["a"] == 1) & (score >= 0.5)][0]
    frame.loc[one, "x_a"] = frame.loc[one, "x_a"] / 2
    after = mpi.estimate_cardinal(mpi.Survey(frame, **DESIGN), MEASURE, GAPS)
    for name, rises in (("H", False), ("M0", False), ("M1", True), ("M2", True)):
        low, high = before.select(statistic=name).value[0], after.select(statistic=name).value[0]
        assert high > low if rises else high == low


@pytest.mark.parametrize("engine", ["duckdb", "polars", "arrow"])
@pytest.mark.parametrize("policy", ["drop", "reweight"])
def test_engines_sum_the_same(on_engine: Any, engine: str, policy: Any) -> None:
    frame = a_frame(7, missing=0.1)
    measure = MEASURE.with_missing(policy)
    known = mpi.estimate_cardinal(mpi.Survey(frame, **DESIGN), measure, GAPS, ["g"], where="d")
    found = mpi.estimate_cardinal(mpi.Survey(on_engine(engine, frame), **DESIGN), measure, GAPS, ["g"], where="d")
    np.testing.assert_allclose(found.value, known.value, rtol=1e-12)
    np.testing.assert_allclose(found.se, known.se, rtol=1e-9)
    assert found.n.tolist() == known.n.tolist()
    assert found.about.get("rows") == known.about.get("rows")


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"gap_b": 1.5}, "gives gaps below 0 or above 1"),
        ({"x_a": -1.0, "a": 1}, "gives gaps below 0 or above 1"),
        ({"gap_b": np.nan, "b": 1}, "is missing where somebody is deprived"),
        ({"gap_b": 0.0, "b": 1}, "gives a gap of 0 where somebody is deprived"),
        ({"gap_b": 0.5, "b": 0}, "gives a gap where nobody is deprived"),
        ({"x_c": 9.0, "c": 1}, "'x_c', the achievements of 'c': gives a gap of 0 where somebody is deprived"),
    ],
)
def test_gaps_that_do_not_fit_are_refused(on_engine: Any, engine: str, change: dict[str, float], said: str) -> None:
    frame = a_frame(5)
    frame.loc[10, list(change)] = list(change.values())
    given = frame if engine == "pandas" else on_engine(engine, frame)
    with pytest.raises(mpi.MpiError, match=said):
        mpi.estimate_cardinal(mpi.Survey(given, **DESIGN), MEASURE, GAPS)


def test_what_is_said_of_gaps_is_checked() -> None:
    survey = mpi.Survey(a_frame(5), **DESIGN)
    bad: Any = {"a": ("x_a", 0), "bb": "gap_b", "c": 3}
    with pytest.raises(mpi.MpiError) as raised:
        mpi.estimate_cardinal(survey, MEASURE, bad)
    told = str(raised.value)
    assert "did you mean 'b'" in told
    assert "nothing is said of 'b', 'd'" in told
    assert "the cutoff of 'a' is 0; a number above 0" in told
    assert "3 for 'c'; a column, (column, cutoff) or None was expected" in told
    with pytest.raises(mpi.MpiError, match="no indicator has any"):
        mpi.estimate_cardinal(survey, MEASURE, dict.fromkeys("abcd"))
    with pytest.raises(mpi.MpiError, match="did you mean 'x_a'"):
        mpi.estimate_cardinal(survey, MEASURE, {**GAPS, "a": ("xx_a", 6)})
    with pytest.raises(mpi.MpiError, match="no bounds for missing answers"):
        mpi.estimate_cardinal(survey, MEASURE.with_missing("bounds"), GAPS)


def test_it_is_told_and_written() -> None:
    est = mpi.estimate_cardinal(mpi.Survey(a_frame(5), **DESIGN), MEASURE, GAPS, ["g"])
    assert est.about["gaps"] == "deprivations in d count in full"
    text = est.select(statistic=["M1", "G"]).publish(labels=True).to_string()
    assert "Adjusted poverty gap (M1)" in text
    assert (est.to_excel() or b"")[:2] == b"PK"
    gap = est.select(statistic="M1", by="g").contrast([1, -1])
    assert gap.se[0] > 0
    nobody = mpi.estimate_cardinal(mpi.Survey(a_frame(5).assign(d=0), **DESIGN), MEASURE, GAPS, cutoffs=[1])
    assert np.isnan(nobody.select(statistic="G").value[0])
    assert nobody.select(statistic="G").flag.at(0) == "no poor in group"
