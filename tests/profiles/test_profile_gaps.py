"""Profiles that carry sums of gaps: the same figures as of the rows, in files beside those of earlier versions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import mpi
from mpi.profiles import files as profile_files

MEASURE = mpi.Measure.nested("m", {"x": ["a"], "y": ["b", "c"]}, cutoff="1/2")
GAPS: dict[str, Any] = {"a": ("x_a", 6), "b": "gap_b", "c": None}


def a_frame(seed: int = 1, n: int = 300) -> Any:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"x_a": np.round(rng.uniform(0, 12, n), 1), "gap_b": np.round(rng.uniform(-1, 1, n), 2)})
    frame["x_a"] = frame["x_a"].mask(rng.random(n) < 0.05)
    frame["gap_b"] = frame["gap_b"].clip(lower=0)
    frame["a"] = (frame["x_a"] < 6).astype(float).mask(frame["x_a"].isna())
    frame["b"], frame["c"] = (frame["gap_b"] > 0) * 1, (rng.random(n) < 0.4) * 1
    frame["psu"], frame["g"] = rng.integers(0, 12, n), rng.integers(0, 2, n)
    return frame.assign(stratum=frame["psu"] // 4, w=rng.uniform(0.5, 2, n), size=rng.integers(1, 6, n))


DESIGN: dict[str, Any] = {"weight": "w", "strata": "stratum", "psu": "psu"}


def same(one: mpi.Estimates, other: mpi.Estimates) -> None:
    np.testing.assert_allclose(one.value, other.value, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(one.se, other.se, rtol=1e-9, atol=1e-15)
    assert one.n.tolist() == other.n.tolist()
    assert one.flag.to_list() == other.flag.to_list()


@pytest.mark.parametrize("engine", ["pandas", "duckdb", "polars"])
@pytest.mark.parametrize("size", [False, True])
def test_a_profile_gives_the_figures_of_its_rows(on_engine: Any, engine: str, size: bool, tmp_path: Path) -> None:
    frame = a_frame()
    design = {**DESIGN, "size": "size"} if size else DESIGN
    given = frame if engine == "pandas" else on_engine(engine, frame)
    small = mpi.profile(given, MEASURE, by=["g"], gaps=GAPS, **design)
    assert "_gaps_a" in small.columns
    assert not {c for c in small.columns if c.startswith(("_above", "_seen", "_odd", "_below"))}
    mpi.save_profile(small, tmp_path / "all.parquet")
    again = mpi.load_profile(tmp_path / "all.parquet")
    rows = mpi.Survey(frame, **design)
    for policy in ("drop", "reweight"):
        measure = MEASURE.with_missing(policy)  # type: ignore[arg-type]  # words
        for unit in ("person", "household") if size else ("person",):
            asked: dict[str, Any] = {"cutoffs": ["1/4", "1/2"], "unit": unit}
            known = mpi.estimate_cardinal(rows, measure, GAPS, ["g"], **asked)
            same(mpi.estimate_cardinal(small, measure, GAPS, ["g"], **asked), known)
            same(mpi.estimate_cardinal(again, measure, GAPS, ["g"], **asked), known)
    plain = mpi.estimate(again, MEASURE, ["g"])
    same(plain, mpi.estimate(rows, MEASURE, ["g"]))


def test_parts_add_up(tmp_path: Path) -> None:
    frame = a_frame()
    paths = []
    for g in (0, 1):
        part = mpi.profile(frame[frame["psu"] % 2 == g], MEASURE, by=["g"], gaps=GAPS, **DESIGN)
        paths.append(tmp_path / f"{g}.parquet")
        mpi.save_profile(part, paths[-1])
    whole = mpi.load_profile(*paths)
    same(
        mpi.estimate_cardinal(whole, MEASURE, GAPS, ["g"]),
        mpi.estimate_cardinal(mpi.Survey(frame, **DESIGN), MEASURE, GAPS, ["g"]),
    )
    other = mpi.profile(
        frame[frame["psu"] % 2 == 1], MEASURE, by=["g"], gaps={**GAPS, "a": ("x_a", 6.0), "b": None}, **DESIGN
    )
    with pytest.raises(mpi.MpiError, match="gaps of 'b' are not carried, not column 'gap_b'"):
        mpi.merge_profiles([mpi.load_profile(paths[0]), other])


def test_files_without_gaps_are_those_of_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that knows no gaps reads profiles without them, and says of others that they are newer."""
    plain, gapped = tmp_path / "plain.parquet", tmp_path / "gapped.parquet"
    mpi.save_profile(mpi.profile(a_frame(), MEASURE, by=["g"], **DESIGN), plain)
    mpi.save_profile(mpi.profile(a_frame(), MEASURE, by=["g"], gaps=GAPS, **DESIGN), gapped)
    monkeypatch.setattr(profile_files, "_VERSION", 3)
    same(mpi.estimate(mpi.load_profile(plain), MEASURE), mpi.estimate(mpi.Survey(a_frame(), **DESIGN), MEASURE))
    with pytest.raises(mpi.MpiError, match="a newer version"):
        mpi.load_profile(gapped)


def test_what_a_profile_does_not_carry() -> None:
    frame = a_frame()
    bare = mpi.profile(frame, MEASURE, by=["g"], **DESIGN)
    with pytest.raises(mpi.MpiError, match=r"does not carry those of 'a', 'b' \(it carries none\)"):
        mpi.estimate_cardinal(bare, MEASURE, GAPS)
    small = mpi.profile(frame, MEASURE, by=["g"], gaps=GAPS, **DESIGN)
    with pytest.raises(mpi.MpiError, match=r"those of 'a' \(it carries a \(x_a below 6\), b \(gap_b\)\)"):
        mpi.estimate_cardinal(small, MEASURE, {**GAPS, "a": ("x_a", 7)})
    with pytest.raises(mpi.MpiError, match="a profile does not have the rows that gaps are of"):
        mpi.profile(small, MEASURE, gaps=GAPS)
    with pytest.raises(mpi.MpiError, match="does not carry"):
        mpi.estimate_cardinal(mpi.profile(small, MEASURE), MEASURE, GAPS)
    with pytest.raises(mpi.MpiError, match="gives a gap of 0 where somebody is deprived"):
        mpi.profile(frame.assign(x_a=9.0, a=1), MEASURE, gaps=GAPS, **DESIGN)
    with pytest.raises(mpi.MpiError, match="nothing is said of 'c'"):
        mpi.profile(frame, MEASURE, gaps={"a": ("x_a", 6), "b": "gap_b"}, **DESIGN)
    with pytest.raises(mpi.MpiError, match="did you mean 'gap_b'"):
        mpi.profile(frame, MEASURE, gaps={**GAPS, "b": "gapb"}, **DESIGN)
