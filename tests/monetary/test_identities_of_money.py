"""Identities of monetary statistics, and errors of changes against numerical derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mpi

DESIGN: dict[str, Any] = {"weight": "w", "psu": "psu"}
incomes = st.lists(
    st.tuples(st.sampled_from([1.0, 2.0, 2.5, 4.0, 7.0, 12.0, 30.0]), st.sampled_from([0.5, 1.0, 3.0])),
    min_size=6,
    max_size=24,
)


def survey(pairs: list[tuple[float, float]], scale: float = 1.0, heavy: float = 1.0) -> mpi.Survey:
    frame = pd.DataFrame(pairs, columns=["y", "w"])
    frame = frame.assign(y=frame.y * scale, w=frame.w * heavy, psu=np.arange(len(frame)))
    return mpi.Survey(frame.assign(g=np.where(frame.psu % 3 == 0, "a", "b")), **DESIGN)


def values(of: mpi.Survey, statistics: list[str], **options: Any) -> np.ndarray:
    return mpi.monetary.estimate(of, "y", statistics=statistics, **options).value


RELATIVE = ["gini", "ge(-1)", "ge(0)", "ge(1)", "ge(2)", "atkinson(0.5)", "lorenz(0.3)", "palma", "share(0.2,0.6)"]
OF_LINE = ["fgt(0)", "fgt(1)", "fgt(2)", "watts", "sen", "sst", "tip(0.3)"]


@settings(max_examples=15, deadline=None)
@given(pairs=incomes, power=st.integers(-2, 3))
def test_scales(pairs: list[tuple[float, float]], power: int) -> None:
    """Inequality does not depend on the money's unit, nor poverty if the line is in it; weights may have any scale."""
    scale = 10.0**power
    plain, other, heavy = survey(pairs), survey(pairs, scale), survey(pairs, 1.0, scale)
    assert values(plain, RELATIVE) == pytest.approx(values(other, RELATIVE), abs=1e-12)
    assert values(plain, RELATIVE) == pytest.approx(values(heavy, RELATIVE), abs=1e-12)
    assert values(plain, OF_LINE, line=3.7) == pytest.approx(values(other, OF_LINE, line=3.7 * scale), abs=1e-12)
    assert values(plain, OF_LINE, line=3.7) == pytest.approx(values(heavy, OF_LINE, line=3.7), abs=1e-12)


@settings(max_examples=15, deadline=None)
@given(pairs=incomes)
def test_known_forms(pairs: list[tuple[float, float]]) -> None:
    """Double sums by brute force; Lorenz ends at 1; the person at the line is not poor; ties do not matter."""
    of = survey(pairs)
    y, w = (np.array(c) for c in zip(*pairs, strict=True))
    n, mean = w.sum(), np.average(y, weights=w)
    apart = (w[:, None] * w * np.abs(y[:, None] - y)).sum() / (2 * n**2 * mean)
    poor = y < 4.0
    head, gap = w[poor].sum() / n, (w * np.maximum(4.0 - y, 0)).sum() / n / 4.0
    gaps = np.maximum(1 - y / 4.0, 0)
    double = (w[:, None] * w * np.maximum(gaps[:, None], gaps)).sum() / n**2
    found = values(of, ["gini", "fgt(0)", "fgt(1)", "sst", "lorenz(1)", "lorenz(0)"], line=4.0)
    assert found == pytest.approx([apart, head, gap, double, 1.0, 0.0], abs=1e-12)
    again = survey(pairs[::-1])
    assert values(of, [*RELATIVE, "qsr"]) == pytest.approx(values(again, [*RELATIVE, "qsr"]), abs=1e-12, nan_ok=True)


@settings(max_examples=10, deadline=None)
@given(pairs=incomes)
def test_additive_over_groups(pairs: list[tuple[float, float]]) -> None:
    """FGT is the mean over groups; entropy is within plus between (or the decomposition would refuse to exist)."""
    of = survey(pairs)
    est = mpi.monetary.estimate(of, "y", ["g"], line=4.0, statistics=["fgt(0)", "fgt(1)", "fgt(2)", "population"])
    share = est.select(by="g", statistic="population").value / est.select(by="total", statistic="population").value
    for name in ("fgt(0)", "fgt(1)", "fgt(2)"):
        one = est.select(statistic=name)
        assert share @ one.select(by="g").value == pytest.approx(one.select(by="total").value[0], abs=1e-12)
    parts = mpi.monetary.within_between(of, "y", "g", alphas=[-1, 0, 0.5, 1, 2])
    total = [parts.select(group="total", contrast=c).value for c in ("within", "between", "total")]
    assert total[0] + total[1] == pytest.approx(total[2], abs=1e-12)


def rounds(weight: np.ndarray | None = None, *, alone: bool = False) -> mpi.Survey:
    """Two rounds of the same twelve PSUs; weights of all rows where they are given."""
    rng = np.random.default_rng(8)
    frames = {}
    for i, year in enumerate((2016, 2018)):
        frame = pd.DataFrame({"y": rng.lognormal(1 + 0.1 * i, 0.7, 60), "w": rng.uniform(1, 3, 60)})
        frame = frame.assign(psu=np.arange(60) // 5, g=rng.choice(["a", "b"], 60))
        frames[year] = frame if weight is None else frame.assign(w=weight[60 * i : 60 * (i + 1)])
    made = {year: mpi.Survey(f, **DESIGN) for year, f in frames.items()}
    return mpi.pool(made, shared_psus=not alone)


CHANGES = {
    "growth": lambda s: mpi.monetary.growth_redistribution(s, "y", ["g"], line=2.5, alphas=[1, 2]),
    "prices": lambda s: mpi.monetary.growth_redistribution(s, "y", line={2016: 2.5, 2018: 2.7}, alphas=[1]),
    "sectors": lambda s: mpi.monetary.sectors(s, "y", "g", line=2.5, alphas=[0, 1]),
    "groups": lambda s: mpi.monetary.within_between(s, "y", "g"),
    "sources": lambda s: mpi.monetary.income_sources(s.with_column("x", lambda f: f["y"] ** 0.5), "y", ["x"], ["g"]),
}


@pytest.mark.parametrize("name", [*CHANGES])
def test_errors_of_changes_are_derivatives(name: str) -> None:
    of = rounds()
    est = CHANGES[name](of)
    weight, step = np.asarray(of.weight), 1e-5
    influence = est.influence.matrix().toarray()
    for unit in (0, 7, 15):
        rows = np.asarray(of.unit) == unit
        up, down = (CHANGES[name](rounds(weight * (1 + d * rows))).value for d in (step, -step))
        slope = (up - down) / (2 * step)
        assert influence[unit] == pytest.approx(slope, abs=2e-6 * max(1.0, np.abs(slope).max()))


def test_rounds_that_share_psus_covary() -> None:
    together, apart = (CHANGES["growth"](s).select(contrast="change") for s in (rounds(), rounds(alone=True)))
    assert together.value == pytest.approx(apart.value)
    assert np.abs(together.se / apart.se - 1).max() > 0.01


def test_what_cannot_be_taken_apart_says_why() -> None:
    of = rounds()
    with pytest.raises(mpi.MpiError, match="lines that vary with the sample cannot be taken apart"):
        mpi.monetary.growth_redistribution(of, "y", line=mpi.monetary.relative_line())
    with pytest.raises(mpi.MpiError, match="needs two rounds"):
        mpi.monetary.growth_redistribution(survey([(1.0, 1.0)] * 6), "y", line=2)
    with pytest.raises(mpi.MpiError, match="two are needed, from which to which"):
        mpi.monetary.sectors(of, "y", "g", line=2, rounds=[2016])
    with pytest.raises(mpi.MpiError, match="there is none for the round 2018"):
        mpi.monetary.estimate(of, "y", line={2016: 2.5})


def test_sources_of_whole_numbers_do_not_overflow() -> None:
    """Columns of 16 bits hold incomes whose squares they do not hold."""
    frame = pd.DataFrame({"y": [900, 2500, 7000, 31000], "w": 1.0, "psu": range(4)})
    small = mpi.Survey(frame.astype({"y": "int16"}), **DESIGN)
    found = mpi.monetary.income_sources(small.with_column("half", lambda f: f["y"] / 2), "y", ["half"])
    assert found.value == pytest.approx([0.5])
    assert mpi.monetary.estimate(small, "y", statistics=["ge(2)", "mean"]).value == pytest.approx(
        [np.var(frame.y) / np.mean(frame.y) ** 2 / 2, np.mean(frame.y)]
    )
