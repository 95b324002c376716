"""The finite population correction of the second stage, held against its formula and against R."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mpi

MEASURE = mpi.Measure.nested("m", {"a": ["x"], "b": ["y"]}, cutoff="1/2")


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    psu = np.repeat(np.arange(24), rng.integers(1, 7, 24))
    n = len(psu)
    households = pd.Series(psu).groupby(psu).transform("size").to_numpy()
    return pd.DataFrame(
        {
            "psu": psu, "stratum": psu // 8, "w": rng.uniform(1, 3, n), "x": rng.integers(0, 2, n),
            "y": rng.integers(0, 2, n), "g": rng.integers(0, 2, n), "N": np.array([10, 16, 40])[psu // 8],
            "M": households + psu % 5, "home": np.arange(n),
        }
    )  # fmt: skip


def naive(frame: pd.DataFrame, y: np.ndarray, inside: np.ndarray) -> float:
    """Return the error of a mean: between PSUs by 1 - f1, within them by f1 (1 - f2)."""
    w = frame["w"].to_numpy() * inside
    u = w * (y - (w @ y) / w.sum()) / w.sum()
    total = 0.0
    for _, h in frame.assign(u=u).groupby("stratum"):
        psus = h.groupby("psu")["u"].sum()
        f1 = len(psus) / h["N"].iloc[0]
        total += (1 - f1) * len(psus) * psus.var()
        for _, c in h.groupby("psu"):
            m = len(c)
            if m > 1:
                total += f1 * (1 - m / c["M"].iloc[0]) * m * c["u"].var()
    return float(np.sqrt(total))


def survey(frame: pd.DataFrame, **more: str) -> mpi.Survey:
    return mpi.Survey(frame, weight="w", strata="stratum", psu="psu", fpc="N", fpc2="M", **more)


def test_errors_are_those_of_two_stages(frame: pd.DataFrame) -> None:
    est = mpi.estimate(survey(frame), MEASURE, by=["g"], statistics=["H", "M0"])
    score = frame[["x", "y"]].mean(axis=1).to_numpy()
    poor = (score >= 0.5).astype(float)
    for group in (None, 0, 1):
        inside = np.ones(len(frame)) if group is None else (frame["g"] == group).to_numpy().astype(float)
        own = est.select(group="total" if group is None else str(group))
        assert own.select(statistic="H").se[0] == pytest.approx(naive(frame, poor, inside), rel=1e-12)
        assert own.select(statistic="M0").se[0] == pytest.approx(naive(frame, score * poor, inside), rel=1e-12)
    assert est.n_psu[0] == 24
    assert est.df[0] == 21


def test_households_are_the_units_and_rows_where_none_are_named(frame: pd.DataFrame) -> None:
    members = pd.concat([frame, frame], ignore_index=True)  # two members of each household
    one = mpi.estimate(survey(frame), MEASURE, by=["g"])
    two = mpi.estimate(survey(members, household="home"), MEASURE, by=["g"])
    np.testing.assert_allclose(two.se, one.se, rtol=1e-10, atol=1e-15)
    assert not np.allclose(mpi.estimate(survey(members.assign(M=99)), MEASURE, by=["g"]).se, one.se)


def test_contrasts_shares_and_files_know_of_it(frame: pd.DataFrame) -> None:
    est = mpi.estimate(survey(frame), MEASURE, by=["g"], statistics=["H", "population_share"])
    again = mpi.Estimates.from_json(est.to_json())
    np.testing.assert_array_equal(again.vcov(), est.vcov())
    share = est.select(statistic="population_share", by="g").contrast([1, 1])
    assert share.se[0] == pytest.approx(0, abs=1e-12)


def test_a_second_stage_alone_is_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(mpi.errors.DataError, match="fpc2: the second stage needs psu= and the correction of the first"):
        mpi.Survey(frame, weight="w", psu="psu", fpc2="M")
    with pytest.raises(mpi.errors.DataError, match="varies within a PSU"):
        survey(frame.assign(M=np.arange(len(frame)) + 50))
    with pytest.raises(mpi.errors.DataError, match="6 units of the second stage in the data and 2 in its population"):
        survey(frame.assign(M=2))
    with pytest.raises(mpi.errors.RequestError, match="has a second stage, which condensing would forget"):
        mpi.profile(survey(frame), MEASURE)


def test_an_engine_reads_the_rows(frame: pd.DataFrame) -> None:
    pl = pytest.importorskip("polars", reason="Polars is an extra")
    here, there = survey(frame), survey(pl.from_pandas(frame).lazy())
    np.testing.assert_allclose(
        mpi.estimate(there, MEASURE, by=["g"]).se, mpi.estimate(here, MEASURE, by=["g"]).se, rtol=1e-12
    )


NAMES = {
    "hd": "uncensored_headcount", "hdk": "censored_headcount", "actb": "contribution", "pctb": "contribution_share",
    "popshare": "population_share", "grp_contrib": "group_contribution", "M0": "M0", "H": "H", "A": "A",
}  # fmt: skip


def told(word: object) -> str | None:
    return word if isinstance(word, str) else None


def test_r_gives_the_same(field: Path) -> None:
    rows = pd.read_csv(field / "golden/syn.csv.gz").query("t == 1 and complete == 1").reset_index(drop=True)
    last = ["d_elct", "d_sani", "d_wtr", "d_hsg", "d_ckfl", "d_asst"]
    nested = {"d1": ["d_nutr", "d_cm"], "d2": ["d_satt", "d_educ"], "d3": last}
    measure = mpi.Measure.nested("m", nested, cutoff="1/3")
    here = mpi.Survey(rows, weight="w2", strata="stratum", psu="psu", fpc="fpc1", fpc2="fpc2")
    cutoffs = {20.0: "1/5", 50.0: "1/2", 100 / 3: "1/3"}
    table = mpi.estimate(here, measure, by=["area", "grp6"], cutoffs=list(cutoffs.values()), df="design").table
    table = table[(table["statistic"] != "contribution_share") | table["indicator"].notna()]
    ours = {(x.statistic, x.by, x.group, told(x.cutoff), told(x.indicator)): x for x in table.itertuples()}
    r = pd.read_csv(field / "golden/survey_levels.csv.gz").query("config == 'w2_fpc2stage'")
    held = 0
    for x in r.itertuples():
        near = min(cutoffs, key=lambda k: abs(k - x.k)) if x.k > 0 else None
        if x.measure not in NAMES or (near is not None and abs(near - x.k) > 1e-6):
            continue
        by, group = ("total", "total") if x.by == "nat" else (x.by, str(x.subg))
        cutoff = None if near is None or x.measure in ("hd", "popshare") else cutoffs[near]
        found = ours[NAMES[x.measure], by, group, cutoff, told(x.indicator)]
        assert found.estimate == pytest.approx(x.est, abs=1e-12)
        assert found.se == pytest.approx(x.se, abs=1e-12)
        held += 1
    assert held > 900
