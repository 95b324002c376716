"""The hot deck: donors come from the cell, nothing else changes, and intervals cover."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mpi


def a_frame(seed: int = 0, n: int = 200) -> Any:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"g": rng.integers(0, 3, n), "h": rng.choice(["u", "r"], n), "w": rng.uniform(1, 3, n)})
    frame["x"] = np.where(rng.random(n) < 0.2, np.nan, 10 * frame["g"] + rng.integers(0, 5, n))
    frame["y"] = np.where(rng.random(n) < 0.2, np.nan, frame["x"].fillna(0) * 2)
    return frame


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([None, "w"]))
def test_answers_are_those_of_a_donor_of_the_cell(seed: int, weight: str | None) -> None:
    frame = a_frame(seed)
    before = frame.copy()
    deck = mpi.impute.hot_deck(frame, ["x", "y"], cells=["g", "h"], seed=seed, m=3, weight=weight)
    pd.testing.assert_frame_equal(frame, before)
    assert len(deck) == 3
    assert deck.imputed == {c: int(frame[c].isna().sum()) for c in ("x", "y")}
    for done in deck:
        assert not done[["x", "y"]].isna().any().any()
        for c in frame:
            there = frame[c].notna()
            assert done.loc[there, c].equals(frame.loc[there, c])
        both = frame["x"].isna() & frame["y"].isna()
        for i in np.flatnonzero(frame["x"].isna() | frame["y"].isna()):
            same = (frame["g"] == frame["g"][i]) & (frame["h"] == frame["h"][i]) & frame[["x", "y"]].notna().all(axis=1)
            donors = frame[same]
            assert done["x"][i] in set(donors["x"]) or not np.isnan(frame["x"][i])
            if both[i]:
                assert ((donors["x"] == done["x"][i]) & (donors["y"] == done["y"][i])).any()
    assert not deck.frames[0].equals(deck.frames[1])


@pytest.mark.parametrize("kind", ["pandas", "nullable", "polars", "arrow"])
def test_each_kind_of_frame_gives_its_kind(kind: str) -> None:
    frame = a_frame(4).set_index(np.arange(200) * 7)
    if kind == "nullable":
        given: Any = frame.convert_dtypes()
    elif kind == "polars":
        given = pl.from_pandas(frame)
    else:
        given = pa.Table.from_pandas(frame, preserve_index=False) if kind == "arrow" else frame
    deck = mpi.impute.hot_deck(given, ["x"], cells=["g"], seed=3)
    assert all(type(done) is type(given) for done in deck)
    known = mpi.impute.hot_deck(frame, ["x"], cells=["g"], seed=3)
    for done, plain in zip(deck, known, strict=True):
        values = done["x"].to_pandas() if kind in ("polars", "arrow") else done["x"]
        assert values.tolist() == plain["x"].tolist()
    if kind == "pandas":
        assert deck.frames[0].index.equals(frame.index)


def test_the_seed_decides() -> None:
    one, same, other = (mpi.impute.hot_deck(a_frame(), ["x"], cells=["g"], seed=s).frames[0] for s in (1, 1, 2))
    pd.testing.assert_frame_equal(one, same)
    assert not one.equals(other)
    longer = mpi.impute.hot_deck(a_frame(), ["x"], cells=["g"], seed=1, m=7).frames[0]
    pd.testing.assert_frame_equal(one, longer)


def test_what_was_done_is_told() -> None:
    deck = mpi.impute.hot_deck(a_frame(), ["x"], cells=["g", "h"], seed=1, m=2)
    gone = a_frame()["x"].isna().sum()
    assert deck.note == (
        "imputed 2 times by a hot deck in cells of g × h (approximate Bayesian bootstrap), of 200 rows: "
        f"x in {gone} ({gone / 200:.1%})"
    )


def test_weights_of_donors_count() -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0] * 200 + [np.nan] * 400, "w": [9.0, 1.0] * 200 + [1.0] * 400})
    means = [done["x"][400:].mean() for done in mpi.impute.hot_deck(frame, ["x"], cells=[], seed=1, weight="w")]
    assert np.mean(means) == pytest.approx(1.1, abs=0.05)
    none = frame.assign(w=frame["w"].where(frame["x"] != 2, 0))
    for done in mpi.impute.hot_deck(none, ["x"], cells=[], seed=1, weight="w"):
        assert set(done["x"][400:]) == {1.0}


def test_what_stops_it() -> None:
    frame = a_frame().assign(x=lambda f: f["x"].mask((f["g"] == 1) & (f["h"] == "u")))
    with pytest.raises(mpi.MpiError, match=r"nobody answered all columns in 1 cell: g 1, h u \(\d+ rows lack"):
        mpi.impute.hot_deck(frame, ["x"], cells=["g", "h"], seed=1)
    with pytest.raises(mpi.MpiError, match="did you mean 'x'") as raised:
        mpi.impute.hot_deck(frame, ["xx", "h"], cells=["h"], seed=1, m=0)
    assert "'h' is imputed, and cannot make cells" in str(raised.value)
    assert "m is 0" in str(raised.value)
    with pytest.raises(mpi.MpiError, match=r"column 'y' is missing in \d+ rows, which belong to no cell"):
        mpi.impute.hot_deck(frame, ["x"], cells=["y"], seed=1)
    with pytest.raises(mpi.MpiError, match="negative or missing"):
        mpi.impute.hot_deck(frame.assign(w=-1), ["x"], cells=["h"], seed=1, weight="w")


def test_intervals_cover_where_cells_explain_who_answers() -> None:
    """Of answers missing at random within cells, 95% intervals hold the mean about as often; complete cases do not."""
    rng = np.random.default_rng(8)
    inside, naive = [], []
    for seed in range(60):
        g = rng.integers(0, 2, 300)
        x = 1.0 * (rng.random(300) < np.where(g == 1, 0.7, 0.2))
        frame = pd.DataFrame({"g": g, "x": np.where(rng.random(300) < np.where(g == 1, 0.5, 0.05), np.nan, x)})
        deck = mpi.impute.hot_deck(frame, ["x"], cells=["g"], seed=seed, m=5)
        for est, held in (
            (mpi.impute.combine([mpi.mean(mpi.Survey(f), "x") for f in deck]), inside),
            (mpi.mean(mpi.Survey(frame), "x"), naive),
        ):
            low, high = est.conf_int()
            held.append(low[0] <= 0.45 <= high[0])
    assert 0.88 <= np.mean(inside) <= 1.0
    assert np.mean(naive) < 0.7
