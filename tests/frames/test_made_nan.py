"""NaN that arises inside an expression is missing, wherever the rows are, before anything is compared with it."""

from __future__ import annotations

import operator
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
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
    how = draw(st.sampled_from([*_BINARY, "div", *_UNARY]))
    if how in _BINARY:
        return lambda get: _BINARY[how](one(get), other(get))
    return lambda get: _UNARY[how](one(get))


def _root(value: Any) -> Any:
    return value.sqrt() if isinstance(value, nw.Expr) else np.sqrt(value)


def _over(value: Any, divisor: Any) -> Any:
    """Return a whole quotient; missing, of arrays, where a number is divided by 0 or infinite."""
    if isinstance(value, nw.Expr) or isinstance(divisor, nw.Expr):
        return value // divisor
    sound = np.isfinite(value) & np.isfinite(divisor) & (divisor != 0)
    return np.where(sound, np.floor(value / np.where(sound, divisor, 1)), np.nan)


def _rest(value: Any, divisor: Any) -> Any:
    if isinstance(value, nw.Expr) or isinstance(divisor, nw.Expr):
        return value % divisor
    return value - _over(value, divisor) * divisor


def _chosen(value: Any, other: Any) -> Any:
    """Return the second where the first is over 0, 7 where it is not, and nothing where it is missing or 2."""
    if isinstance(value, nw.Expr):
        return nw.when(value == 2).then(nw.lit(None)).otherwise(nw.when(value > 0).then(other).when(value <= 0).then(7))
    return np.where(value == 2, np.nan, np.where(value > 0, other, np.where(value <= 0, 7.0, np.nan)))


_BINARY: dict[str, Any] = {
    "div": operator.truediv,
    "sub": operator.sub,
    "add": operator.add,
    "mul": operator.mul,
    "over": _over,
    "rest": _rest,
    "chosen": _chosen,
}
_UNARY: dict[str, Any] = {
    "root": _root,
    "power": lambda x: x**0.5 if isinstance(x, nw.Expr) else np.power(x, 0.5),
    "square": lambda x: x**2,
    "of two": lambda x: 2**x if isinstance(x, nw.Expr) else 2.0**x,
    "log": lambda x: x.log() if isinstance(x, nw.Expr) else np.log(x),
    "sine": lambda x: x.sin() if isinstance(x, nw.Expr) else np.sin(x),
    "inverse": lambda x: 1 / x,
    "endless": lambda x: x * float("inf"),
    "nan": lambda x: x + float("nan"),
    "known": lambda x: nw.coalesce(x, nw.lit(1.0)) if isinstance(x, nw.Expr) else np.where(np.isnan(x), 1.0, x),
}


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


@settings(
    max_examples=15,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
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
        lambda get: get("x") ** 0.5,
        lambda get: (get("k") - 1) ** (get("m") / 2) + 2 ** get("x"),
        lambda get: _rest(get("x"), get("y") * 2) + _over(get("k") - 2, get("m")),
        lambda get: _UNARY["sine"](get("x") / get("y")),
        lambda get: _chosen(get("x"), get("k")),
        lambda get: _chosen(get("x"), get("k")) + float("nan") * get("m"),
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
    assert may_make_nan(nw.col("x") % 5)
    assert may_make_nan(nw.col("x") * float("nan"))
    assert may_make_nan(nw.col("text").cast(nw.Float64))
    assert not may_make_nan(nw.col("text").cast(nw.Int64))


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


@pytest.mark.parametrize("engine", ENGINES)
def test_what_nobody_is_in_a_list_of_is_missing_where_the_answer_is(engine: Any, on_engine: Any) -> None:
    """Of what is missing an engine may say that it is in no list, or that it is not finite."""
    x = np.tile([np.nan, 1, 2, 0], 10)
    survey = mpi.Survey(on_engine(engine, pd.DataFrame({"x": x, "psu": np.arange(40) % 5})), psu="psu")
    for condition, met in ((~nw.col("x").is_in([1.0, 2.0]), [0, 0, 1]), (nw.col("x").is_finite(), [1, 1, 1])):
        found = mpi.mean(survey.with_column("new", condition), ["new"])
        assert (found.n[0], found.value[0]) == (30, pytest.approx(np.mean(met)))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("chosen", [1, 1.0, True, "1"])
def test_where_nothing_is_chosen_it_is_missing(engine: Any, chosen: Any, on_engine: Any) -> None:
    frame = pd.DataFrame({"x": np.tile([-1.0, 1, 2, 0], 10), "_one": 7.0, "psu": np.arange(40) % 5})
    survey = mpi.Survey(on_engine(engine, frame), psu="psu")
    inside = nw.when(nw.col("x") > 0).then(nw.lit(chosen))
    wrong = ~inside if chosen is True else inside != chosen
    assert mpi.mean(survey.with_column("new", wrong), ["new"]).n[0] == 20
    otherwise = nw.when(nw.col("x") > 0).then(nw.lit(None)).otherwise(nw.col("_one"))
    assert mpi.mean(survey.with_column("new", otherwise < 1), ["new"]).n[0] == 20


def test_functions_of_a_frame_may_give_an_expression_and_nan_in_a_function_of_columns_is_missing() -> None:
    pl = pytest.importorskip("polars", reason="Polars is an extra")
    frame = pd.DataFrame({"x": [-1.0, 4, 0, 9], "y": 1.0})
    for rows in (frame, pl.from_pandas(frame)):
        survey = mpi.Survey(rows, weight="y")
        by_expression = survey.with_column("new", lambda _: nw.col("x") ** 0.5 > 1)
        by_columns = survey.with_column("new", nw.col("x").map_batches(lambda x: x.sqrt()) > 1)
        for found in (by_expression, by_columns):
            assert found.numbers("new").tolist() == pytest.approx([np.nan, 1, 0, 1], nan_ok=True)
        with pytest.raises(mpi.MpiError, match="map_batches gives NaN in 1 rows of an array"):
            survey.with_column("new", nw.col("x").map_batches(lambda x: x.to_numpy() ** 0.5) > 1)
    root = mpi.Survey(frame, weight="y").with_column("new", lambda rows: rows["x"] ** 0.5 > 1)
    assert root.numbers("new").tolist() == pytest.approx([np.nan, 1, 0, 1], nan_ok=True)
