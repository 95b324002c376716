"""Random surveys: every figure of `mpi.estimate` is that of plain NumPy (20,000: benchmarks/random_surveys_run.py)."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from random_surveys import SINGLE, as_number, disagreements, draw, figures


@pytest.mark.parametrize("part", range(6))
def test_every_figure_is_that_of_plain_numpy(part: int) -> None:
    for number in range(part, 60, 6):
        total, found = disagreements(draw(np.random.default_rng([2026, number])))
        assert not found, f"survey {number}: {len(found)} of {total} figures differ: {found[:3]}"


def test_the_draws_hold_what_is_hard() -> None:
    """Ties, rounds, domains, sizes, missing answers, 32 bits, weights of 0, groups without poor: all are there."""
    drawn = [draw(np.random.default_rng([2026, number])) for number in range(60)]
    assert {x.policy for x in drawn} == {"drop", "reweight", "bounds"}
    assert {x.engine for x in drawn} == {"pandas", "polars", "arrow", "duckdb"}
    assert {x.kind for x in drawn} == {"exact", "float", "single"}
    assert {r for x in drawn for r in x.roles} >= {"strata", "psu", "wave", "size", "fpc", "where"}
    assert any((x.columns["w"] == 0).any() for x in drawn)
    kinds = {type(k) for x in drawn for k in (*x.given["cutoffs"], *x.given["weights"])}
    assert kinds >= {str, float, np.float64, SINGLE}
    found = [f for x in drawn[:10] for f in figures(x).values()]
    assert any(np.isnan(f.estimate) for f in found)
    assert any(f.n_psu == 1 for f in found)


def test_numbers_are_given_as_they_are_meant() -> None:
    rng = np.random.default_rng(4)
    for _ in range(300):
        q = int(rng.integers(1, 30))
        value = Fraction(int(rng.integers(1, q + 1)), q)
        given = as_number(rng, value)
        assert abs(float(Fraction(given) if isinstance(given, str) else given) - float(value)) < 1e-6
