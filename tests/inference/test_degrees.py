"""Degrees of freedom: of the PSUs with cases that a figure rests on, counted a second time from the rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mpi
from frame_kinds import on
from mpi import decompose
from mpi.cli.app import app

DESIGN = {"weight": "w", "strata": "s", "psu": "p"}
MEASURE = mpi.Measure.nested("m", {"x": ["a"], "y": ["b"]}, cutoff="1/2")
ENGINES = ["polars", "arrow", "lazy polars", "duckdb"]


def people(seed: int, *, psus: int = 9, strata: int = 3, missing: float = 0.1, bare: float = 0.1) -> pd.DataFrame:
    """Return a small survey: PSUs of unequal size, missing answers, rows of weight 0, a PSU of nothing else."""
    rng = np.random.default_rng(seed)
    n = 80
    frame = pd.DataFrame({"p": rng.integers(0, psus, n), "g": rng.choice(["u", "v", "w"], n, p=[0.6, 0.3, 0.1])})
    frame = pd.concat([frame, pd.DataFrame({"p": np.arange(psus), "g": "u"})], ignore_index=True)
    frame["s"], frame["w"] = frame.p % strata, rng.uniform(0.5, 2, len(frame))
    for name in ("a", "b"):
        hit = (rng.random(len(frame)) < 0.25).astype(float)
        frame[name] = np.where(rng.random(len(frame)) < missing, np.nan, hit)
    frame.loc[(rng.random(len(frame)) < bare) | (frame.p == psus - 1), "w"] = 0.0
    return frame.sort_values("p").reset_index(drop=True)


def counted(rows: pd.DataFrame) -> tuple[int, int, int]:
    """Return cases, PSUs and degrees of freedom of some rows."""
    rows = rows[rows.w > 0]
    return len(rows), rows.p.nunique(), rows.p.nunique() - rows.s.nunique()


def expected(frame: pd.DataFrame) -> dict[tuple[str, str], tuple[int, int, int]]:
    """Return what each statistic of each group rests on."""
    out = {}
    whole = frame.dropna(subset=["a", "b"])
    poor = whole[whole[["a", "b"]].mean(axis=1) >= 0.5]
    for group in ("total", "u", "v", "w"):
        here, those = (f if group == "total" else f[f.g == group] for f in (whole, poor))
        out |= {(s, group): counted(here) for s in ("H", "M0", "censored_headcount")}
        out |= {(s, group): counted(those) for s in ("A", "contribution_share", "inequality")}
    return out


def found(est: mpi.Estimates) -> dict[tuple[str, str], tuple[int, int, int]]:
    keys = zip(est.keys["statistic"].to_list(), est.keys["group"].to_list(), strict=True)
    figures = zip(est.n.tolist(), est.n_psu.tolist(), est.df.tolist(), strict=True)
    return dict(zip(keys, figures, strict=True))


STATISTICS = ["H", "M0", "censored_headcount", "A", "contribution_share", "inequality"]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(4, 12), st.integers(1, 3))
def test_every_figure_has_those_of_its_own_cases(seed: int, psus: int, strata: int) -> None:
    frame = people(seed, psus=psus, strata=strata)
    survey = mpi.Survey(frame, **DESIGN, single_psu="centered")
    got = found(mpi.estimate(survey, MEASURE, by=["g"], statistics=STATISTICS))
    want = expected(frame)
    assert {k: got[k] for k in got} == {k: want[k] for k in got}
    for group in ("total", "u"):
        means = found(mpi.mean(survey, "a", by=["g"]))
        answered = frame.dropna(subset=["a"])
        assert means["mean", group] == counted(answered if group == "total" else answered[answered.g == group])


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_counts_the_same(engine: str, tmp_path: Path) -> None:
    frame = people(5)
    made = mpi.Survey(on(engine, frame, lambda: None, tmp_path), **DESIGN)
    plain = mpi.Survey(frame, **DESIGN)
    for make in (
        lambda s: mpi.estimate(s, MEASURE, by=["g"], statistics=STATISTICS),
        lambda s: mpi.estimate(s, MEASURE, by=["g"], statistics=["H"], df="design"),
        lambda s: mpi.mean(s, ["a", "b"], by=["g"]),
    ):
        assert found(make(made)) == found(make(plain))
    assert found(mpi.estimate(made, MEASURE, by=["g"], statistics=STATISTICS)) == expected(frame)


def test_the_command_line_has_the_option(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    monkeypatch.chdir(tmp_path)
    frame = people(5)
    frame.to_csv("people.csv", index=False)
    Path("m.toml").write_text(MEASURE.to_toml(), encoding="utf-8")
    asked = [
        "estimate",
        "people.csv",
        "--measure",
        "m.toml",
        "--weight",
        "w",
        "--strata",
        "s",
        "--psu",
        "p",
        "--by",
        "g",
    ]
    for option, df in (([], "group"), (["--df", "design"], "design")):
        result = CliRunner().invoke(app, [*asked, *option, "--out", "out.csv"])
        assert result.exit_code == 0, result.output
        table = pd.read_csv("out.csv")
        est = mpi.estimate(mpi.Survey(frame, **DESIGN), MEASURE, by=["g"], df=df)
        assert table["df"].tolist() == est.df.tolist()
    wrong = CliRunner().invoke(app, [*asked, "--df", "desing"])
    assert wrong.exit_code == 2
    assert "design" in wrong.output


def test_rows_of_weight_0_are_no_cases_and_stay_in_the_variance() -> None:
    """As R's degf: a design's PSUs and strata that have a weight. The variance counts every PSU that was drawn."""
    frame = people(3, bare=0.0)
    survey = mpi.Survey(frame, **DESIGN)
    used = frame[frame.w > 0]
    assert survey.design.units == frame.p.nunique()
    assert survey.design.df([0]) == used.p.nunique() - used.s.nunique()
    est = mpi.mean(survey, "a", df="design")
    assert est.df[0] == used.p.nunique() - used.s.nunique()
    assert est.n[0] == used.a.notna().sum()
    n = frame.groupby("s").p.nunique()
    known = frame.dropna(subset=["a"])
    theta = np.average(known.a, weights=known.w)
    u = (known.w * (known.a - theta) / known.w.sum()).groupby(known.p).sum().reindex(frame.p.unique(), fill_value=0.0)
    stratum = frame.groupby("p").s.first().reindex(u.index)
    V = sum(n[h] / (n[h] - 1) * ((u[stratum == h] - u[stratum == h].mean()) ** 2).sum() for h in n.index)
    assert est.se[0] == pytest.approx(np.sqrt(V), rel=1e-12)
    both = mpi.pool({1: mpi.Survey(used, **DESIGN), 2: survey}, shared_psus=False)
    assert both.design.df([0]) == both.design.df([1]) == est.df[0]
    assert both.design.df([0, 1]) == 2 * est.df[0]


def test_a_group_of_rows_of_weight_0_is_there_and_undefined() -> None:
    frame = people(3, bare=0.0)
    frame.loc[frame.g == "w", "w"] = 0.0
    survey = mpi.Survey(frame, **DESIGN)
    est = mpi.estimate(survey, MEASURE, by=["g"], statistics=["H"]).select(by="g", group="w")
    assert (est.n[0], est.n_psu[0], est.flag.at(0)) == (0, 0, "no complete cases in group")
    report = mpi.retention(survey, MEASURE, by=["g"])
    assert report.groups.set_index("group").loc["w", "n"] == 0


def test_a_contrast_has_the_fewest_of_its_sizeable_parts() -> None:
    frame = people(8, psus=24, strata=2, missing=0.0, bare=0.0)
    est = mpi.estimate(mpi.Survey(frame, **DESIGN), MEASURE, by=["g"], statistics=["H"])
    total, u, v, w = est.df.tolist()
    assert total >= u > v > w > 0
    gaps = decompose.gap(est, by="g", kinds="difference")
    assert dict(zip(gaps.keys["group"].to_list(), gaps.df.tolist(), strict=True)) == {
        "u - v": v, "u - w": w, "v - w": w
    }  # fmt: skip
    part = est.se[3] / est.se[1]
    for share, df in ((0.06, w), (0.04, u)):  # of the variance of u
        assert est.contrast([0, 1, 0, np.sqrt(share) / part]).df[0] == df
    assert est.contrast([0, 0, 0, 3]).df[0] == w


def test_a_sum_over_many_groups_has_those_of_satterthwaite() -> None:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"p": np.repeat(np.arange(120), 10)})
    frame["s"], frame["w"] = frame.p // 6, 1.0
    frame["g"] = frame.p // 12
    frame["a"] = (rng.random(len(frame)) < 0.2 + 0.5 * rng.random(120)[frame.p]).astype(float)
    est = mpi.mean(mpi.Survey(frame, **DESIGN), "a", by=["g"]).select(by="g")
    assert set(est.df) == {10.0}
    weights = rng.uniform(0.5, 2, 10)
    v = (weights * est.se) ** 2
    assert est.contrast(weights).df[0] == pytest.approx(v.sum() ** 2 / (v**2 / 10).sum(), rel=1e-12)
    assert est.contrast(weights).df[0] > 50
    alike = est.take(np.zeros(10, dtype=int))  # ten times the same domain
    assert alike.contrast(np.ones(10)).df[0] == 10


def test_few_are_flagged() -> None:
    frame = people(8, psus=12, strata=2, missing=0.0, bare=0.0)
    survey = mpi.Survey(frame, **DESIGN)
    est = mpi.estimate(survey, MEASURE, by=["g"], statistics=["H", "A"])
    for df, se, flag in zip(est.df.tolist(), est.se.tolist(), est.flag.to_list(), strict=True):
        assert (flag == "few degrees of freedom") == (0 < df < 8 and se > 0)
    assert "few degrees of freedom" in est.flag.to_list()
    gaps = decompose.gap(est, by="g", kinds="difference")
    assert (gaps.flag.to_list()[0] == "few degrees of freedom") == (gaps.df[0] < 8)
    notes = est.publish(by="g").attrs["notes"]
    assert any(n.startswith("few degrees of freedom: ") for n in notes)
