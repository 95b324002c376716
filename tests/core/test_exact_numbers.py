"""Cutoffs and weights that come of arithmetic, of 32 bits or of a keyboard: nobody who stands on one is lost unsaid."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import mpi
from mpi.cli.app import app
from mpi.core.exact import ROUNDING, ROUNDING_SINGLE, fraction, rounding
from mpi.estimation.attainable import misses
from mpi.indicators import column

F = Fraction
ENGINES = ["pandas", "polars", "arrow", "lazy polars", "duckdb"]
SINGLE = np.float32

FORMS: dict[str, Callable[[int, int], Any]] = {
    "quotient": lambda p, q: p / q,
    "product": lambda p, q: p * (1 / q),
    "running sum": lambda p, q: sum([1 / q] * p),
    "difference": lambda p, q: 1 - (q - p) / q,
    "arange": lambda p, q: np.arange(1 / q, 1 + 1 / q, 1 / q)[p - 1],
    "fine arange": lambda p, q: np.arange(1 / (50 * q), 1 + 1 / q, 1 / (50 * q))[50 * p - 1],
    "linspace": lambda p, q: np.linspace(0, 1, q + 1)[p],
    "cumsum": lambda p, q: np.cumsum(np.full(q, 1 / q))[p - 1],
    "written": lambda p, q: repr(p * (1 / q)),
    "decimal of a float": lambda p, q: Decimal(p / q),
    "single": lambda p, q: SINGLE(p / q),
    "single product": lambda p, q: SINGLE(p) * (SINGLE(1) / SINGLE(q)),
    "single difference": lambda p, q: SINGLE(1) - SINGLE(q - p) / SINGLE(q),
    "single arange": lambda p, q: np.arange(1 / q, 1 + 1 / q, 1 / q, dtype=SINGLE)[p - 1],
    "single widened": lambda p, q: float(SINGLE(p) / SINGLE(q)),
    "single written": lambda p, q: repr(float(SINGLE(p) / SINGLE(q))),
}


# --- numbers --------------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(sorted(FORMS)))
def test_arithmetic_that_is_off_by_rounding_is_the_fraction(data: st.DataObject, form: str) -> None:
    q = data.draw(st.integers(1, 60), "q")
    p = data.draw(st.integers(1, q), "p")
    value = FORMS[form](p, q)
    assert fraction(value) == F(p, q)
    assert rounding(value) == 0


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 9_999))
def test_four_digits_are_what_was_typed_also_in_32_bits(number: int) -> None:
    value = F(number, 10_000)
    for given_as in (float(value), SINGLE(float(value)), float(SINGLE(float(value))), f"{float(value):.4f}"):
        assert fraction(given_as) == value
    assert fraction(np.float16(0.25)) == F(1, 4)
    assert fraction(np.float16(0.3)) == F(3, 10)


@settings(max_examples=60, deadline=None)
@given(st.floats(1e-9, 1))
def test_no_number_is_moved_by_more_than_rounding(value: float) -> None:
    assert abs(fraction(value) - F(value)) <= F(1, 10**13)
    assert fraction(value) > 0
    assert abs(fraction(SINGLE(value)) - F(float(SINGLE(value)))) <= F(1, 10**6)
    assert fraction(SINGLE(value)) > 0


def test_what_nobody_took_for_a_fraction_stays_as_it_is() -> None:
    assert fraction(0.1234567890123) == F("0.1234567890123")
    assert fraction("0.3333333333") == F("0.3333333333")
    assert fraction(1e-14) == F("1e-14")
    assert fraction(0) == 0
    assert fraction(1 / 16_384) == F(1, 16_384)
    assert rounding(0.1234567890123) == ROUNDING
    assert rounding(SINGLE(0.1737193)) == rounding(float(SINGLE(0.1737193))) == ROUNDING_SINGLE


def test_answers_are_compared_with_the_float_that_was_given() -> None:
    condition = column("x") >= 0.1 + 0.2
    assert repr(0.1 + 0.2) in repr(condition)


# --- people on cutoffs ----------------------------------------------------------------------------------------------


def measure(weights: Any, k: Any, **options: Any) -> mpi.Measure:
    names = [f"d{j}" for j in range(len(weights))]
    pairs = zip(names, weights, strict=True)
    return mpi.Measure("m", [mpi.Indicator(n, dimension=n, weight=w) for n, w in pairs], k, **options)


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    """Every combination of five deprivations, some of them often; two strata with two PSUs each."""
    bits = np.array([[i >> j & 1 for j in range(5)] for i in range(32)])
    rows = np.repeat(np.arange(32), 1 + np.arange(32) % 5)
    table = pd.DataFrame(bits[rows], columns=[f"d{j}" for j in range(5)])
    place = np.arange(len(rows)) % 4
    return table.assign(w=1.0 + np.arange(len(rows)) % 3, h=place // 2, c=place)


def figures(frame: Any, m: mpi.Measure, **options: Any) -> pd.DataFrame:
    statistics = ["H", "M0", "A", "severe", "vulnerable", "number_of_poor"]
    est = mpi.estimate(mpi.Survey(frame, weight="w", strata="h", psu="c"), m, statistics=statistics, **options)
    return est.table[["statistic", "cutoff", "weighting", "estimate", "se", "n"]]


@pytest.mark.filterwarnings("ignore:measure .* misses the score:mpi.MpiWarning")
@pytest.mark.parametrize("engine", ENGINES)
def test_floats_give_the_figures_of_fractions_on_every_engine(
    engine: str, people: pd.DataFrame, on_engine: Callable[..., Any]
) -> None:
    exact = measure(["1/10", "2/10", "1/10", "3/10", "3/10"], "3/10", severe="6/10", vulnerable="2/10")
    ks = [F(i, 10) for i in range(1, 8)]
    want = figures(people, exact, cutoffs=ks, weightings={"other": [F(1, 5)] * 5 and dict.fromkeys(exact.names, "1/5")})
    frame = on_engine(engine, people)
    for cutoffs in (
        np.arange(0.1, 0.75, 0.1),
        np.arange(0.1, 0.75, 0.1, dtype=SINGLE),
        np.arange(0.1, 0.75, 0.1, dtype=SINGLE).astype(float),
        [i * 0.1 for i in range(1, 8)],
        [1 - (10 - i) / 10 for i in range(1, 8)],
        [repr(i * 0.1) for i in range(1, 8)],
    ):
        for kind in (float, SINGLE):
            weights = np.array([0.1, 0.2, 0.1, 0.3, 0.3], dtype=kind)
            m = measure(weights, cutoffs[2], severe=kind(1) - kind(0.4), vulnerable=kind(0.1) + kind(0.1))
            other = dict.fromkeys(m.names, kind(1) / kind(5))
            pd.testing.assert_frame_equal(figures(frame, m, cutoffs=cutoffs, weightings={"other": other}), want)


def test_a_float_selects_the_cutoff_that_it_means(people: pd.DataFrame) -> None:
    m = measure(["1/5"] * 5, "1/5")
    est = mpi.estimate(mpi.Survey(people), m, cutoffs=np.arange(0.2, 1, 0.2), statistics=["H"])
    assert est.select(cutoff=0.2 + 0.4).table["cutoff"].tolist() == ["3/5"]
    assert est.select(cutoff=SINGLE(0.6)).table["cutoff"].tolist() == ["3/5"]


@pytest.mark.parametrize("kind", [float, SINGLE])
def test_inexact_weights_leave_the_undeprived_out_of_the_poor(people: pd.DataFrame, kind: Any) -> None:
    """A cutoff below the tolerance of data-driven weights: who is deprived in nothing is not poor."""
    weights = np.random.default_rng(3).dirichlet(np.ones(5)).astype(kind)
    some = people[[f"d{j}" for j in range(5)]].any(axis=1)
    for k in (1e-12, 1e-9, 1e-7, 1e-6, 1e-3):
        m = measure(weights, k, vulnerable=k / 2, severe=k)
        assert m.tolerance > 0
        est = mpi.estimate(mpi.Survey(people, weight="w"), m, statistics=["H", "severe"])
        assert est.value == pytest.approx(np.average(some, weights=people["w"]), abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([float, SINGLE]))
def test_people_on_a_cutoff_made_of_data_driven_weights_are_poor(seed: int, kind: Any) -> None:
    rng = np.random.default_rng(seed)
    weights = rng.dirichlet(np.ones(6)).astype(kind)
    on = rng.permutation(6)[: rng.integers(1, 7)]
    k = min(kind(weights[on].sum()), kind(1))
    bits = pd.DataFrame([np.isin(np.arange(6), on).astype(int)] * 3, columns=[f"d{j}" for j in range(6)])
    est = mpi.estimate(mpi.Survey(bits), measure(weights, k), statistics=["H"])
    assert est.value[0] == 1


def test_weights_of_32_bits_are_written_and_read_back_with_their_tolerance(tmp_path: Path) -> None:
    m = measure(np.random.default_rng(1).dirichlet(np.ones(4)).astype(SINGLE), SINGLE(0.3))
    file = tmp_path / "m.toml"
    file.write_text(m.to_toml(), encoding="utf-8")
    assert m.tolerance == ROUNDING_SINGLE
    assert 'weights = "float32"' in m.to_toml()
    assert mpi.Measure.from_toml(file) == m


# --- scores that are just missed ------------------------------------------------------------------------------------


def told(*words: str) -> AbstractContextManager[Any]:
    return pytest.warns(mpi.MpiWarning, match=".*".join(words))


THIRDS = ["1/3"] * 3
MISSES = [
    ([0.3333, 0.3333, 0.3334], "1/3", told("cutoff 1/3 misses the score 0.3333 by 0.01%", "on it: 2, below")),
    ([0.333, 0.333, 0.334], 1 / 3, told("the score 0.333 by 0.1%", "on it: 2, below", "weights as fractions .* '1/3'")),
    ([0.33, 0.33, 0.34], "1/3", told("the score 0.33 by 1%", "on it: 2, below")),
    (np.array([0.3333, 0.3333, 0.3334], SINGLE), "1/3", told("the score 0.3333 by 0.01%", "on it: 2, below")),
    (THIRDS, "0.33", told("cutoff 0.33 misses the score 1/3 by 1% ", "on it: 3, above the cutoff", "write '1/3'")),
    (THIRDS, Decimal("0.34"), nullcontext()),
    (THIRDS, 0.334, told("cutoff 0.334 misses the score 1/3 by 0.2%", "on it: 3, below the cutoff", "write '1/3'")),
    (THIRDS, 0.67, told("cutoff 0.67 misses the score 2/3 by 0.5%", "on it: 1, below the cutoff", "write '2/3'")),
    (THIRDS, 0.333333333333, told("misses the score 1/3 by 1e-10%")),
    ([0.33333, 0.33333, 0.33334], "1/3", told("the score 0.33333 by 0.001%", "on it: 2, below")),
    ([0.33333333, 0.33333333, 0.33333334], "1/3", told("the score 0.33333333 by 1e-06%", "on it: 2, below")),
    ([0.3333333333, 0.3333333333, 0.3333333334], 1 / 3, nullcontext()),  # within the tolerance of such weights
    ([0.3323456789, 0.3143, 1 - 0.3323456789 - 0.3143], "1/3", nullcontext()),
    (THIRDS, 1 / 3, nullcontext()),
    (THIRDS, SINGLE(1 / 3), nullcontext()),
    (THIRDS, 0.5, nullcontext()),
]  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("weights", "k", "says"), MISSES)
def test_scores_that_a_cutoff_just_misses_are_told_with_the_people_on_them(
    engine: str, weights: Any, k: Any, says: AbstractContextManager[Any], on_engine: Callable[..., Any]
) -> None:
    """Case O1 of four people, and what users write for thirds; one more person has no answer and is on no score."""
    table = pd.DataFrame({"d0": [1.0, 0, 0, 1, 0, 1], "d1": [0.0, 1, 0, 1, 0, np.nan], "d2": [0.0, 0, 1, 0, 0, 0]})
    survey = mpi.Survey(on_engine(engine, table))
    with says:
        mpi.estimate(survey, measure(weights, k))


def test_thirds_make_everybody_of_case_o1_poor() -> None:
    people = pd.DataFrame({"d0": [1, 0, 0, 1], "d1": [0, 1, 0, 1], "d2": [0, 0, 1, 0]})
    for weights, want in ((THIRDS, 1.0), ([0.3333, 0.3333, 0.3334], 0.5)):
        with told("misses the score") if want < 1 else nullcontext():
            est = mpi.estimate(mpi.Survey(people), measure(weights, "1/3"), statistics=["H"])
        assert est.value[0] == want


def test_bands_weightings_and_cutoffs_are_told_by_name() -> None:
    people = pd.DataFrame({"d0": [1, 0, 0, 1], "d1": [0, 1, 0, 1], "d2": [0, 0, 1, 0]})
    m = measure(THIRDS, "1/3", severe=0.67, vulnerable="0.335")
    with told("severe 0.67", "vulnerable 0.335"):
        mpi.estimate(mpi.Survey(people), m, cutoffs=["1/3", 1])
    mpi.estimate(mpi.Survey(people), m, statistics=["H"])  # no band is asked for, and none told
    with told("measure 'm', weighting 'typed': cutoff 1/3 misses"):
        mpi.estimate(mpi.Survey(people), m.with_cutoff("1/3"), statistics=["H"], weightings={
            "typed": dict(zip(m.names, [0.333, 0.333, 0.334], strict=True))
        })  # fmt: skip
    homes = mpi.Survey(people.assign(size=2), size="size")
    with told("households on it: 1, below"):
        mpi.estimate(homes, m, cutoffs=[0.67], statistics=["H"])


def test_every_function_that_identifies_the_poor_tells(people: pd.DataFrame) -> None:
    frame = people.assign(
        sex=np.arange(len(people)) % 2, own=np.arange(len(people)) % 3 % 2, home=np.arange(len(people)) // 2, x=1.0
    )
    frame = frame.assign(**{f"d{j}_2": frame[f"d{j}"] for j in range(3)}, x=np.arange(len(frame)) % 7)
    survey, m = mpi.Survey(frame, psu="c"), measure(THIRDS, 0.67)
    told_of = functools.partial(told, "cutoff 0.67 misses the score 2/3")
    with told_of():
        mpi.decompose.distribution(survey, m, gammas=[1])
    with told_of():
        mpi.decompose.panel(survey, m, {1: "{}", 2: "{}_2"})
    with told_of():
        mpi.decompose.chronic(survey, m, {1: "{}", 2: "{}_2"})
    with told_of():
        mpi.decompose.oaxaca(survey, "poor", ["x"], group="sex", reference=0, measure=m)
    members = mpi.Survey(frame.assign(village=frame["home"] // 5), psu="village", household="home")
    with told_of():
        mpi.decompose.within_households(members, "own", sex="sex", female=1, measure=m)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_scores_that_are_near_by_chance_are_not_told(seed: int) -> None:
    """Scores that lie close together, of which some are near every cutoff."""
    rng = np.random.default_rng(seed)
    dense = {F(i, 997): 1 for i in range(1, 998)}
    assert misses(dense, F(int(rng.integers(300, 940)), 1001)) == []
    many = {F(float(s)): 1 for s in rng.random(600)}
    assert misses(many, F(1, 3), slack=ROUNDING) == []


def test_nobody_is_told_of_a_score_without_people() -> None:
    none = pd.DataFrame({"d0": [1, 1, 0], "d1": [1, 1, 0], "d2": [1, 1, 0]})
    mpi.estimate(mpi.Survey(none), measure(THIRDS, 0.67))
    assert misses({F(1, 3): 4}, F(1, 3)) == []
    assert misses({F(1, 3): 4, F(334, 1000): 2}, F(1, 3)) == []  # nobody is lost, and people stand on the cutoff


def test_the_command_line_reads_floats_and_tells_misses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    people = pd.DataFrame({"d0": [1, 0, 0, 1], "d1": [0, 1, 0, 1], "d2": [0, 0, 1, 0]})
    people.to_csv(tmp_path / "p.csv", index=False)
    (tmp_path / "m.toml").write_text(measure(THIRDS, "1/3").to_toml(), encoding="utf-8")
    words = ["estimate", str(tmp_path / "p.csv"), "--measure", str(tmp_path / "m.toml"), "--statistic", "H"]
    runner = CliRunner()
    out = tmp_path / "out.csv"
    found = runner.invoke(app, [*words, "--cutoff", repr(1 - 1 / 3), "--cutoff", "0.33", "--out", str(out)])
    assert found.exit_code == 0, found.output
    assert "cutoff 0.33 misses the score 1/3 by 1% (people on it: 3, above the cutoff)" in found.stderr
    assert pd.read_csv(out).set_index("cutoff")["estimate"].to_dict() == {"2/3": 0.25, "33/100": 1.0}
