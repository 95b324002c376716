"""NaN that arises inside an expression is missing, wherever the rows are, before anything is compared with it."""

from __future__ import annotations

import operator
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mpi
from frame_kinds import ENGINES, on
from mpi.frames.made_nan import may_make_missing, may_make_nan, without_made_nan

pytestmark = [
    pytest.mark.skipif(not hasattr(nw.col("x"), "_nodes"), reason="this Narwhals tells nothing of its expressions"),
    pytest.mark.filterwarnings("ignore:the condition is missing"),
    pytest.mark.filterwarnings("ignore:(invalid value|divide by zero) encountered:RuntimeWarning"),
]

Number = Any
"""An expression, and the values that it must have; NaN where they are missing."""


def people(seed: int, *, gaps: bool) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"psu": np.arange(60) % 6, "x": rng.integers(-1, 3, 60), "y": rng.integers(0, 2, 60)}) * 1.0
    frame["k"], frame["m"] = rng.integers(0, 3, 60), rng.integers(0, 2, 60)
    if gaps:
        frame.loc[rng.random(60) < 0.1, "x"] = np.nan
    return frame


@st.composite
def numbers(draw: st.DrawFn, depth: int = 0) -> Any:
    """Draw what computes a number: of expressions, or of arrays of which NaN is missing."""
    if depth == 2 or draw(st.integers(0, 2)) == 0:
        name = draw(st.sampled_from(["x", "y", "k", "m"]))
        return lambda get: get(name)
    one, other = draw(numbers(depth + 1)), draw(numbers(depth + 1))
    how = draw(st.sampled_from(["div", "div", "sub", "add", "mul", "sqrt", "inverse"]))
    ways = {"div": operator.truediv, "sub": operator.sub, "add": operator.add, "mul": operator.mul}
    if how in ways:
        return lambda get: ways[how](one(get), other(get))
    return (lambda get: 1 / one(get)) if how == "inverse" else (lambda get: _root(one(get)))


def _root(value: Any) -> Any:
    return value.sqrt() if isinstance(value, nw.Expr) else np.sqrt(value)


_WAYS = {"ge": operator.ge, "lt": operator.lt, "ne": operator.ne, "eq": operator.eq}


def checked(frames: dict[str, Any], frame: pd.DataFrame, number: Any, how: str, *, negated: bool) -> None:
    """Hold a mean within a condition, and one of a new column, to NumPy's, in which NaN is missing."""
    compare = _WAYS[how]
    with np.errstate(all="ignore"):
        value = number(lambda name: frame[name].to_numpy(dtype=float))
    met = compare(value, 1.0) != negated
    inside = ~np.isnan(value) & met
    condition = compare(number(nw.col), 1)
    condition = ~condition if negated else condition
    for kind, rows in frames.items():
        survey = mpi.Survey(rows, psu="psu")
        if inside.any():
            found = mpi.mean(survey, ["m"], where=condition)
            assert (found.value[0], found.n[0]) == (pytest.approx(frame["m"][inside].mean()), inside.sum()), kind
        if not np.isnan(value).all():
            found = mpi.mean(survey.with_column("new", condition), ["new"])
            known = ~np.isnan(value)
            assert (found.value[0], found.n[0]) == (pytest.approx(met[known].mean()), known.sum()), kind


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**6), st.booleans(), numbers(), st.sampled_from(sorted(_WAYS)), st.booleans())
def test_nan_made_on_the_way_is_missing(seed: int, gaps: bool, number: Any, how: str, negated: bool) -> None:
    pytest.importorskip("polars", reason="Polars is an extra")
    pytest.importorskip("duckdb", reason="DuckDB is an extra")
    frame = people(seed, gaps=gaps)
    kinds = ("pandas", "polars", "arrow", "lazy polars", "duckdb")
    frames = {kind: on(kind, frame, lambda: None, Path()) for kind in kinds}
    frames["nullable"] = frame.astype({"x": "Float64", "y": "Float64", "k": "Int64", "m": "Int64"})
    checked(frames, frame, number, how, negated=negated)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "number",
    [
        lambda get: get("x") / get("y"),
        lambda get: get("k") / get("m"),
        lambda get: 1 / get("y") - 1 / get("y"),
        lambda get: _root(get("x")),
        lambda get: (get("x") / get("y") + 1) * 2,
    ],
)
def test_nan_made_on_the_way_is_missing_on_every_engine(
    engine: str, number: Any, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    frame = people(3, gaps=False)
    held = on(engine, frame, lambda: request.getfixturevalue("spark"), tmp_path)
    checked({engine: held}, frame, number, "ge", negated=False)
    checked({engine: held}, frame, number, "lt", negated=True)


def test_of_other_expressions_nothing_is_changed() -> None:
    plain = (nw.col("x") + 1 > 2) & nw.col("y").is_in([1, 2])
    assert without_made_nan(plain) is plain
    assert may_make_nan(nw.max_horizontal(nw.col("x") / 2, "y") > 1)
    assert may_make_nan(nw.when(nw.col("x").sqrt() > 1).then(nw.lit(1)).otherwise(nw.lit(0)))


# --- what is missing though no column is: the best of no adult -----------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", ["int64", "float64", "bool", "category", "str"])
def test_what_an_expression_leaves_out_is_missing_when_it_is_compared(engine: Any, kind: str, on_engine: Any) -> None:
    """Nobody of 15 or older in a household: whether one of them went to school is not known, and no deprivation."""
    home = np.repeat(np.arange(40), 2)
    age = np.where(home % 4 == 0, 9, 30)  # each fourth household has no adult
    went = (home % 3 == 0).astype(int)
    schooled = {"category": pd.Categorical(np.where(went, "yes", "no")), "str": np.where(went, "yes", "no")}
    frame = pd.DataFrame({"home": home, "age": age, "w": 1.0, "y": 1.0}).assign(
        schooled=schooled[kind] if kind in schooled else went.astype(kind)
    )
    adults = nw.when(nw.col("age") >= 15).then(nw.col("schooled"))
    never = adults == "no" if kind in schooled else ~adults if kind == "bool" else adults < 1
    survey = mpi.Survey(on_engine(engine, frame), weight="w", household="home")
    known = age >= 15
    found = mpi.mean(survey.with_column("never", never), ["never"])
    assert (found.n[0], found.value[0]) == (known.sum(), pytest.approx(1 - went[known].mean()))


@pytest.mark.parametrize("engine", ["pandas", "polars"])
def test_the_best_of_no_adult_is_missing(engine: Any, tmp_path: Path) -> None:
    """By an expression over households, and on pandas by a function of the frame."""
    frame = pd.DataFrame({"home": [1, 1, 2, 2], "age": [30, 5, 8, 9], "schooled": [0, 1, 1, 1], "w": 1.0})
    survey = mpi.Survey(on(engine, frame, lambda: None, tmp_path), weight="w", household="home")
    adults = nw.when(nw.col("age") >= 15).then(nw.col("schooled"))
    found = survey.with_column("never", adults.max().over("home") < 1).numbers("never")
    assert found.tolist() == pytest.approx([1, 1, np.nan, np.nan], nan_ok=True)
    if engine == "pandas":
        found = survey.with_column("not", lambda rows: rows["schooled"].where(rows["age"] >= 15) < 1).numbers("not")
        assert found.tolist() == pytest.approx([1, np.nan, np.nan, np.nan], nan_ok=True)


def test_an_expression_that_tells_nothing_may_be_missing() -> None:
    """As one of another Narwhals would be; a column by itself, or an array, is what it is."""

    class Silent(nw.Expr):
        _nodes = None  # type: ignore[assignment]  # that is the point

        def __init__(self) -> None:
            """Hold nothing."""

    assert may_make_missing(Silent())
    assert not may_make_missing(np.ones(3))
