"""What must hold of every decomposition, on random surveys."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mpi
from mpi import decompose

CLOSE = 1e-11
SETTINGS = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ORDER = ["statistic", "contrast", "indicator", "dimension", "by", "group", "wave", "cutoff", "weighting"]


@st.composite
def worlds(draw: st.DrawFn) -> tuple[pd.DataFrame, mpi.Measure]:
    """A random survey of two rounds, in which groups and areas may be absent from a round and may have no poor."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    d, n = draw(st.integers(1, 5)), draw(st.integers(40, 160))
    frame = pd.DataFrame({"h": rng.integers(2, size=n), "c": rng.integers(3, size=n), "round": rng.integers(2, size=n)})
    every = [(h, c, t) for h in range(2) for c in range(3) for t in range(2)]
    frame = pd.concat([pd.DataFrame(every, columns=["h", "c", "round"]), frame], ignore_index=True)
    n = len(frame)
    frame["round"] = 2010 + 3 * frame["round"]
    frame["w"] = rng.uniform(0.2, 5, n)
    frame["group"] = rng.choice(["p", "q", "r"], size=n, p=[0.7, 0.25, 0.05])
    frame["area"] = rng.choice(["u", "v"], size=n)
    frame["all"] = "everybody"
    names = [f"g{j}" for j in range(d)]
    frame[names] = (rng.random((n, d)) < rng.random(n)[:, None]).astype(float)
    parts = [draw(st.integers(1, 5)) for _ in names]
    named = enumerate(zip(names, parts, strict=True))
    indicators = [mpi.Indicator(x, dimension=f"x{j % 2}", weight=Fraction(p, sum(parts))) for j, (x, p) in named]
    cutoff = Fraction(draw(st.integers(1, sum(parts))), sum(parts))
    return frame, mpi.Measure("random", indicators, cutoff)


def estimated(frame: pd.DataFrame, measure: mpi.Measure, by: list) -> mpi.Estimates:
    survey = mpi.Survey(frame, weight="w", strata="h", psu="c", wave="round", shared_psus=True)
    statistics = [s for s in STATISTICS if s != "inequality"]
    return mpi.estimate(survey, measure, by=by, statistics=statistics)


STATISTICS = [
    "M0", "H", "A", "uncensored_headcount", "censored_headcount", "contribution", "contribution_share",
    "population_share", "number_of_poor", "population",
]  # fmt: skip


def known(error: np.ndarray, whole: np.ndarray, terms: mpi.Estimates) -> bool:
    """Whether an error is that of the whole, or missing because that of a term is."""
    if terms.estimable.all():
        return error == pytest.approx(whole, abs=1e-9)
    return bool((np.isnan(error) | (np.abs(error - whole) <= 1e-9)).all())


def sums(est: mpi.Estimates, contrasts: list[str], **keys: object) -> np.ndarray:
    return sum(est.select(contrast=c, **keys).value for c in contrasts)


@SETTINGS
@given(worlds(), st.sampled_from(["nested", "three_factor"]))
def test_effects_of_groups_add_up_to_the_change(world: tuple, form: str) -> None:
    frame, measure = world
    est = estimated(frame, measure, ["group"])
    terms = decompose.shapley(est, 2010, 2013, by="group", form=form)
    whole = decompose.change(est, kinds="change")
    for statistic in ("M0", "H"):
        change = whole.select(statistic=statistic, by="total").value
        every = {"statistic": statistic, "group": "all groups"}
        assert terms.select(contrast="change", **every).value == pytest.approx(change, abs=CLOSE)
        assert sums(terms, ["population_effect", "within_effect"], **every) == pytest.approx(change, abs=CLOSE)
        groups = terms.select(statistic=statistic, contrast=["population_effect", "within_effect"])
        own = groups.value[[g != "all groups" for g in groups.keys["group"].to_list()]]
        assert own.sum() == pytest.approx(change[0], abs=CLOSE)
    three = ["population_effect", "incidence_effect", "intensity_effect"]
    total = whole.select(statistic="M0", by="total").value
    assert sums(terms, three, statistic="M0", group="all groups") == pytest.approx(total, abs=CLOSE)


@SETTINGS
@given(worlds(), st.sampled_from(["nested", "three_factor"]))
def test_errors_add_up_where_the_terms_do(world: tuple, form: str) -> None:
    """The sum of all terms is the change itself, so its error must be the change's: a test of all covariances."""
    est = estimated(*world, ["group"])
    change = decompose.change(est, kinds="change").select(by="total")
    for statistic in ("M0", "H"):
        terms = decompose.shapley(est, by="group", form=form).select(statistic=statistic)
        own = [g != "all groups" for g in terms.keys["group"].to_list()]
        parts = terms.take(np.array(own)).select(contrast=["population_effect", "within_effect"])
        error = parts.contrast(np.ones(len(parts))).se
        assert known(error, change.select(statistic=statistic).se, parts)
    effects = decompose.shapley(est).select(by="total", contrast=["incidence_effect", "intensity_effect"])
    assert known(effects.contrast([1, 1]).se, change.select(statistic="M0").se, effects)
    for wave in (2010, 2013):
        parts = decompose.groups(est, "group").select(contrast="group_part", statistic="H", wave=wave)
        error = parts.contrast(np.ones(len(parts))).se
        assert known(error, est.select(statistic="H", by="total", wave=wave).se, parts)
        single = decompose.dimensions(est).select(contrast="part", by="total", wave=wave)
        single = single.take(single.keys["indicator"].index >= 0)
        error = single.contrast(np.ones(len(single))).se
        assert known(error, est.select(statistic="M0", by="total", wave=wave).se, single)


@SETTINGS
@given(worlds())
def test_a_constant_group_is_the_total(world: tuple) -> None:
    frame, measure = world
    est = estimated(frame, measure, ["all"])
    terms = decompose.shapley(est, 2010, 2013, by="all").select(statistic="M0")
    plain = decompose.shapley(est, 2010, 2013).select(by="total")
    for contrast in ("incidence_effect", "intensity_effect"):
        ours, theirs = (t.select(contrast=contrast, **k) for t, k in ((terms, {"group": "everybody"}), (plain, {})))
        assert ours.value == pytest.approx(theirs.value, abs=CLOSE)
        known = ~np.isnan(theirs.se)  # a term in a mean over groups may have an error where one by itself has none
        assert ours.se[known] == pytest.approx(theirs.se[known], abs=1e-9)
    moved = terms.select(contrast="population_effect", group="everybody")
    assert moved.value == pytest.approx([0.0], abs=CLOSE)
    assert np.nan_to_num(moved.se) == pytest.approx([0.0], abs=1e-9)
    parts = decompose.groups(est, "all").select(contrast="group_part", statistic=["M0", "H"])
    whole = est.select(by="total", statistic=["M0", "H"])
    assert parts.value == pytest.approx(whole.value, abs=CLOSE)
    assert parts.se == pytest.approx(np.where(whole.estimable, whole.se, np.nan), abs=1e-9, nan_ok=True)


@settings(SETTINGS, max_examples=8)
@given(worlds())
def test_swapping_the_rounds_flips_the_signs(world: tuple) -> None:
    """Time itself must be turned: a start later than the end is refused."""
    est = estimated(*world, ["group"])
    turned = {2010: 2013, 2013: 2010}
    for make in (
        lambda a, b, t: decompose.change(est, a, b, years=t, kinds="change"),
        lambda a, b, t: decompose.shapley(est, a, b, years=t),
        lambda a, b, t: decompose.shapley(est, a, b, years=t, by="group"),
        lambda a, b, t: decompose.shapley(est, a, b, years=t, by="group", form="three_factor"),
        lambda a, b, t: decompose.shapley(est, a, b, years=t, into="indicators"),
        lambda a, b, t: decompose.shapley(est, a, b, years=t, into="number"),
    ):
        both = make(2010, 2013, None), make(2013, 2010, turned)
        there, back = (t.table.sort_values(ORDER).reset_index(drop=True) for t in both)
        assert len(there) == len(back)
        scale = np.maximum(1.0, there.estimate.abs().to_numpy())
        gap = (there.estimate + back.estimate).to_numpy() / scale
        assert gap[~np.isnan(gap)] == pytest.approx(0.0, abs=CLOSE)
        assert np.array_equal(there.estimate.isna(), back.estimate.isna())


@SETTINGS
@given(worlds())
def test_relabelling_groups_permutes_rows(world: tuple) -> None:
    frame, measure = world
    names = {"p": "z", "q": "y", "r": "x"}
    one = estimated(frame, measure, ["group"])
    two = estimated(frame.assign(group=frame.group.map(names)), measure, ["group"])
    a = decompose.shapley(one, 2010, 2013, by="group").table
    b = decompose.shapley(two, 2010, 2013, by="group").table
    a = a.assign(group=a.group.astype(str).replace(names))
    keys = ["statistic", "contrast", "indicator", "group"]
    both = a.astype(dict.fromkeys(keys, str)).merge(b.astype(dict.fromkeys(keys, str)), on=keys)
    assert len(both) == len(a) == len(b)
    assert both.estimate_x.to_numpy() == pytest.approx(both.estimate_y.to_numpy(), abs=CLOSE, nan_ok=True)
    assert both.se_x.to_numpy() == pytest.approx(both.se_y.to_numpy(), abs=1e-9, nan_ok=True)


@SETTINGS
@given(worlds())
def test_parts_of_groups_and_crosses_recombine(world: tuple) -> None:
    frame, measure = world
    est = estimated(frame, measure, ["group", ("group", "area")])
    for by in ("group", ("group", "area")):
        parts = decompose.groups(est, by).select(contrast="group_part", statistic=["M0", "H"])
        for statistic in ("M0", "H"):
            for wave in (2010, 2013):
                total = est.select(by="total", statistic=statistic, wave=wave).value[0]
                assert parts.select(statistic=statistic, wave=wave).value.sum() == pytest.approx(total, abs=CLOSE)
    inner = decompose.groups(est, ("group", "area"), within="group")
    part = inner.select(contrast="group_part", statistic="H")
    outer = [g.split(" × ")[0] for g in part.keys["group"].to_list()]
    waves = part.keys["wave"].to_list()
    table = pd.DataFrame({"g": outer, "w": waves, "v": part.value}).groupby(["g", "w"]).v.sum()
    for (g, w), value in table.items():
        assert value == pytest.approx(est.select(by="group", group=g, wave=w, statistic="H").value[0], abs=CLOSE)


@SETTINGS
@given(worlds())
def test_dimensions_add_up_and_shares_to_one(world: tuple) -> None:
    est = estimated(*world, ["group"])
    parts = decompose.dimensions(est)
    for by in ("total", "group"):
        single = parts.select(by=by, contrast="part").table
        of = single[single.indicator.notna()].groupby(["group", "wave"], observed=True).estimate.sum()
        dims = single[single.indicator.isna()].groupby(["group", "wave"], observed=True).estimate.sum()
        m0 = est.select(by=by, statistic="M0").table.set_index(["group", "wave"]).estimate
        assert of.reindex(m0.index).to_numpy() == pytest.approx(m0.to_numpy(), abs=CLOSE)
        assert dims.reindex(m0.index).to_numpy() == pytest.approx(m0.to_numpy(), abs=CLOSE)
    ours = parts.select(contrast="part_share").table
    shares = est.select(statistic="contribution_share")
    known = shares.table.assign(se=np.where(shares.estimable, shares.se, np.nan))
    keys = ["indicator", "dimension", "group", "wave"]
    both = ours.astype(dict.fromkeys(keys, str)).merge(known.astype(dict.fromkeys(keys, str)), on=keys)
    assert len(both) == len(known)
    assert both.estimate_x.to_numpy() == pytest.approx(both.estimate_y.to_numpy(), abs=CLOSE, nan_ok=True)
    there = both[
        both.se_x.notna() & both.se_y.notna()
    ]  # as a ratio of two figures, one of which may have no known error, it has none
    assert there.se_x.to_numpy() == pytest.approx(there.se_y.to_numpy(), abs=1e-9)


@SETTINGS
@given(worlds())
def test_kitagawa_adds_up_and_swaps(world: tuple) -> None:
    frame, measure = world
    est = estimated(frame, measure, ["group", ("group", "area")])
    one = decompose.kitagawa(est, by="group", across="area", group="p", reference="q").select(by="group", statistic="H")
    two = decompose.kitagawa(est, by="group", across="area", group="q", reference="p").select(by="group", statistic="H")
    gap = decompose.gap(est, "group", "q", kinds="difference").select(statistic="H", group="p - q")
    terms = sums(one, ["composition_effect", "rate_effect"])
    assert one.select(contrast="difference").value == pytest.approx(gap.value, abs=CLOSE)
    assert one.select(contrast="difference").se == pytest.approx(gap.se, abs=1e-9, nan_ok=True)
    assert terms == pytest.approx(gap.value, abs=CLOSE)
    assert one.value == pytest.approx(-two.value, abs=CLOSE)


@SETTINGS
@given(worlds())
def test_all_pairs_are_what_contrast_says(world: tuple) -> None:
    est = estimated(*world, ["group"])
    pairs = decompose.gap(est, "group").select(contrast="difference", statistic="M0")
    for i, name in enumerate(pairs.keys["group"].to_list()):
        a, b = name.split(" - ")
        wave = pairs.keys["wave"].at(i)
        if str(pairs.flag.at(i)).startswith(f"not in {wave}"):
            continue
        by_hand = est.select(by="group", statistic="M0", group=[a, b], wave=wave).contrast([1, -1])
        assert pairs.value[i] == pytest.approx(by_hand.value[0], abs=CLOSE)
        assert pairs.se[i] == pytest.approx(by_hand.se[0], abs=1e-9, nan_ok=True)
        assert pairs.df[i] == by_hand.df[0]
