"""One answer on every frame, above 100,000 rows, whatever the types, the order and the gaps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import mpi

ROWS = 130_000
NAMES = [f"d{j}" for j in range(8)]
MEASURE = mpi.Measure.nested(
    "m", {"x": NAMES[:2], "y": NAMES[2:5], "z": NAMES[5:]}, cutoff="1/3", severe="1/2", vulnerable="1/5"
)
BY = ["region", "ethnicity", ("region", "sex")]
DESIGN = {"weight": "w", "strata": "stratum", "psu": "psu"}


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    """Unsorted rows, PSU codes used again in each stratum, gaps in indicators and groups, text groups."""
    rng = np.random.default_rng(11)
    stratum = rng.integers(0, 40, ROWS)
    frame = pd.DataFrame({"stratum": stratum, "psu": rng.integers(1, 30, ROWS), "w": rng.uniform(0.3, 4, ROWS)})
    frame["region"] = pd.Series([f"R{s % 9}" for s in stratum])
    frame["ethnicity"] = pd.Series(rng.choice(["Kinh", "Tày", "Hmông", "Dao"], ROWS, p=[0.7, 0.1, 0.1, 0.1]))
    frame.loc[rng.random(ROWS) < 0.01, "ethnicity"] = None
    frame["sex"] = rng.integers(1, 3, ROWS)
    latent = rng.random(ROWS)
    for j, name in enumerate(NAMES):
        frame[name] = (rng.random(ROWS) < 0.15 + 0.6 * latent * (j + 2) / 10).astype(float)
        if j % 2:
            frame.loc[rng.random(ROWS) < 0.02, name] = np.nan
    return frame


def to_polars(f: pd.DataFrame) -> pl.DataFrame:
    ints = [pl.col(n).cast(pl.Int8) for n in NAMES]
    return pl.from_pandas(f).with_columns(*ints).with_columns(pl.col("region").cast(pl.Categorical))


def to_arrow(f: pd.DataFrame) -> pa.Table:
    table = pa.Table.from_pandas(f, preserve_index=False)
    half = len(f) // 3
    return pa.concat_tables([table.slice(0, half), table.slice(half)])  # several chunks


def odd_pandas(f: pd.DataFrame) -> pd.DataFrame:
    out = f.copy()
    out["d0"] = out["d0"] == 1
    out["d1"] = out["d1"].astype("Int8")
    out["d2"] = out["d2"].astype("int8")
    out["d3"] = out["d3"].astype("float32")
    out["d4"] = out["d4"].astype("uint8")
    out["d5"] = out["d5"].astype(object)
    out["region"] = out["region"].astype("category")
    out["stratum"] = out["stratum"].astype("float64")
    out["psu"] = out["psu"].map(lambda c: f"psu-{c:03d}")
    out.index = np.random.default_rng(0).integers(0, 50, len(out))  # an index that repeats
    return out


FRAMES: dict[str, Callable[[pd.DataFrame], Any]] = {
    "polars": to_polars,
    "polars lazy": lambda f: to_polars(f).lazy(),
    "arrow in chunks": to_arrow,
    "pandas of odd types": odd_pandas,
    "pandas on arrow": lambda f: f.convert_dtypes(dtype_backend="pyarrow"),
    "pandas sorted": lambda f: f.sort_values(["stratum", "psu", "region"]),
}


@pytest.fixture(scope="module")
def expected(data: pd.DataFrame) -> dict[str, mpi.Estimates]:
    survey = mpi.Survey(data, **DESIGN)
    return {p: mpi.estimate(survey, MEASURE.with_missing(p), by=BY) for p in ("drop", "reweight", "bounds")}


@pytest.mark.parametrize("policy", ["drop", "reweight", "bounds"])
@pytest.mark.parametrize("kind", FRAMES)
def test_one_answer(data: pd.DataFrame, expected: dict[str, mpi.Estimates], kind: str, policy: str) -> None:
    est = mpi.estimate(mpi.Survey(FRAMES[kind](data), **DESIGN), MEASURE.with_missing(policy), by=BY)
    base = expected[policy]
    for key in ("statistic", "contrast", "indicator", "by", "group", "cutoff"):
        assert est.keys[key].to_list() == base.keys[key].to_list()
    np.testing.assert_allclose(est.value, base.value, rtol=0, atol=1e-12)
    np.testing.assert_allclose(est.se, base.se, rtol=0, atol=1e-10)
    assert est.n.tolist() == base.n.tolist()
    assert est.n_psu.tolist() == base.n_psu.tolist()


@pytest.mark.parametrize("kind", FRAMES)
def test_one_mean(data: pd.DataFrame, kind: str) -> None:
    a, b = (mpi.mean(mpi.Survey(f, **DESIGN), ["d1", "w"], by=["ethnicity"]) for f in (data, FRAMES[kind](data)))
    np.testing.assert_allclose(a.value, b.value, rtol=1e-12)
    np.testing.assert_allclose(a.se, b.se, rtol=1e-10)


def test_more_indicators_than_bits_in_a_word() -> None:
    """40 indicators with gaps are 80 bits: patterns are compressed on the way."""
    rng = np.random.default_rng(2)
    names = [f"g{j}" for j in range(40)]
    g = (rng.random((3000, 40)) < 0.4).astype(float)
    g[rng.random(g.shape) < 0.002] = np.nan
    frame = pd.DataFrame(g, columns=names).assign(w=rng.uniform(1, 2, 3000))
    est = mpi.estimate(mpi.Survey(frame, weight="w"), mpi.Measure.nested("wide", {"x": names}, cutoff="2/5"))
    kept = frame.dropna()
    score = kept[names].sum(axis=1)
    poor = score >= 16
    assert est.select(statistic="H").value[0] == pytest.approx(np.average(poor, weights=kept.w), abs=1e-12)
    assert est.select(statistic="M0").value[0] == pytest.approx(
        np.average(poor * score / 40, weights=kept.w), abs=1e-12
    )
    assert est.n[0] == len(kept)
