"""Categories that nobody has are told, and have a row of no cases where asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mpi
from frame_kinds import on

ONE = mpi.Measure.nested("one", {"x": ["d"]}, 1)
KINDS = ["a", "zero", "b", "never"]


def people(engine: str) -> Any:
    frame = pd.DataFrame({"g": ["a", "b"] * 6, "d": [0, 1, 1, 1] * 3, "psu": [1, 2, 3, 4] * 3, "t": [1] * 6 + [2] * 6})
    if engine == "pandas":
        return frame.assign(g=pd.Categorical(frame["g"], KINDS))
    pl = pytest.importorskip("polars", reason="Polars is an extra")
    made = pl.from_pandas(frame).with_columns(pl.col("g").cast(pl.Enum(KINDS)))
    return made if engine == "polars" else made.lazy()


@pytest.mark.parametrize("engine", ["pandas", "polars", "lazy"])
def test_a_declared_category_that_nobody_has(engine: str) -> None:
    s = mpi.Survey(people(engine), psu="psu", wave="t", shared_psus=True)
    plain = mpi.estimate(s, ONE, by=["g", ("g", "t")])
    assert plain.about["empty"] == "nobody is in g 'zero', 'never'"
    assert "Empty groups: nobody is in g 'zero', 'never'." in plain.publish(["H"]).attrs["notes"]
    assert set(plain.select(by="g").keys["group"].to_list()) == {"a", "b"}
    whole = mpi.estimate(s, ONE, by=["g", ("g", "t")], observed=False)
    rows = whole.select(by="g", statistic="H", contrast="level")
    assert rows.table[["group", "wave"]].to_numpy().tolist() == [[g, t] for g in KINDS for t in (1, 2)]
    assert rows.n.tolist() == [3, 3, 0, 0, 3, 3, 0, 0]
    assert rows.flag.at(2) == "nobody in group"
    assert rows.publish().iloc[:, 0].tolist()[2:4] == ["–", "–"]
    assert "empty" not in whole.about
    there = whole.take(whole.n > 0)
    old = plain.take(plain.n > 0)
    np.testing.assert_array_equal(there.value, old.value)
    np.testing.assert_array_equal(there.vcov(), old.vcov())
    assert [there.keys[k].to_list() for k in there.keys.columns] == [old.keys[k].to_list() for k in old.keys.columns]
    gap = mpi.decompose.gap(rows, by="g", reference="a", kinds="difference")
    assert np.isnan(gap.select(group=["zero - a", "never - a"]).value).all()
    shares = mpi.proportion(s, "g", observed=False)
    assert shares.select(wave=1).value.tolist() == [0.5, 0, 0.5, 0] or engine == "lazy"


@pytest.mark.parametrize("engine", ["pandas", "polars", "duckdb"])
def test_a_value_label_that_nobody_has(engine: str) -> None:
    frame = pd.DataFrame({"g": [1, 4, 1, 4], "d": [0, 1, 1, 1], "psu": [1, 2, 3, 4]})
    labels = {"g": {1: "A", 3: "C", 4: "D", 98: "DK", ".a": "refused"}}
    s = mpi.Survey(on(engine, frame, lambda: None, Path()), psu="psu", labels=labels, missing={"g": 98})
    assert "empty" not in mpi.mean(s, "d", by=["g"]).about
    found = mpi.mean(s, "d", by=["g"], observed=False)
    assert found.keys["group"].to_list() == ["total", "A", "C", "D"]
    assert found.n.tolist() == [4, 2, 0, 2]
    assert found.codes["g"]["C"] == (3,)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(KINDS), min_size=4, max_size=12), st.booleans())
def test_every_category_has_a_row_and_no_figure_is_another(groups: list[str], rounds: bool) -> None:
    rng = np.random.default_rng(len(groups))
    frame = pd.DataFrame({"g": pd.Categorical(groups, KINDS), "d": rng.integers(0, 2, len(groups))})
    frame["t"] = np.arange(len(groups)) % 2
    s = mpi.Survey(frame, **({"wave": "t"} if rounds else {}))
    plain, whole = (mpi.estimate(s, ONE, by=["g"], observed=x, statistics=["H", "M0"]) for x in (True, False))
    assert set(whole.select(by="g").keys["group"].to_list()) == set(KINDS)
    known = dict(zip(_keys(plain), plain.value, strict=True))
    for key, value, n in zip(_keys(whole), whole.value, whole.n, strict=True):
        if key in known:
            np.testing.assert_array_equal(value, known.pop(key))
        else:
            assert (n, bool(np.isnan(value))) == (0, True)
    assert not known


def _keys(est: mpi.Estimates) -> list[tuple[Any, ...]]:
    return list(zip(*(est.keys[name].to_list() for name in est.keys.columns), strict=True))


def test_groups_by_an_identifier_are_told() -> None:
    """A table of thousands of groups of a few cases is a slip; one of as many large ones is not."""
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"home": np.repeat(np.arange(1_500), 4), "a": rng.integers(0, 2, 6_000), "w": 1.0})
    measure = mpi.Measure.nested("m", {"x": ["a"]}, cutoff=1)
    with pytest.warns(mpi.MpiWarning, match=r"by 'home': 1,500 groups of 4.0 cases on average"):
        mpi.estimate(mpi.Survey(frame, weight="w"), measure, by=["home"], statistics=["H"])
    large = pd.concat([frame] * 3, ignore_index=True)
    mpi.estimate(mpi.Survey(large, weight="w"), measure, by=["home"], statistics=["H"])
