"""The identities of the field, on random surveys; and the fast road against the naive one."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mpi
import naive

pytestmark = pytest.mark.filterwarnings("ignore:measure .* misses the score:mpi.MpiWarning")  # random scores are near

CLOSE = 1e-11
SETTINGS = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def worlds(draw: st.DrawFn, *, missing: bool = False) -> tuple[pd.DataFrame, mpi.Measure]:
    """A random stratified survey with at least two PSUs a stratum, and a random measure."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    d = draw(st.integers(1, 7))
    strata, psus, n = draw(st.integers(1, 4)), draw(st.integers(2, 4)), draw(st.integers(30, 120))
    frame = pd.DataFrame({"h": rng.integers(strata, size=n), "c": rng.integers(psus, size=n)})
    first = pd.DataFrame([(h, c) for h in range(strata) for c in range(psus)], columns=["h", "c"])
    frame = pd.concat([first, frame], ignore_index=True)
    n = len(frame)
    frame["w"] = rng.uniform(0.2, 5, n)
    frame["nested"] = (frame.h * 7 + frame.c) % 3
    frame["across"] = rng.integers(3, size=n)
    latent = rng.random(n)
    g = (rng.random((n, d)) < latent[:, None] * draw(st.floats(0.2, 1.5))).astype(float)
    if missing:
        g[rng.random((n, d)) < 0.1] = np.nan
    names = [f"g{j}" for j in range(d)]
    frame[names] = g
    parts = [draw(st.integers(1, 9)) for _ in names]
    indicators = [
        mpi.Indicator(x, dimension=f"x{j % 3}", weight=Fraction(p, sum(parts)))
        for j, (x, p) in enumerate(zip(names, parts, strict=True))
    ]
    k = Fraction(draw(st.integers(1, sum(parts))), sum(parts))
    return frame, mpi.Measure("random", indicators, k, severe="2/3", vulnerable="1/10")


def survey(frame: pd.DataFrame, **options: str) -> mpi.Survey:
    return mpi.Survey(frame, **{"weight": "w", "strata": "h", "psu": "c", **options})


KEYS = ["statistic", "indicator", "dimension", "by", "group", "cutoff"]


def table(est: mpi.Estimates) -> pd.DataFrame:
    return est.table[[*KEYS, "estimate", "se"]].astype(dict.fromkeys(KEYS, "str"))


def get(est: mpi.Estimates, statistic: str, **keys: object) -> np.ndarray:
    return est.select(statistic=statistic, **keys).value


@SETTINGS
@given(worlds(missing=True))
def test_pattern_path_is_the_row_by_row_path(world: tuple[pd.DataFrame, mpi.Measure]) -> None:
    frame, measure = world
    est = mpi.estimate(survey(frame), measure, by=["nested", "across"])
    rows = frame[list(measure.names)].to_numpy().tolist()
    pairs = naive.figures(rows, [i.weight for i in measure.indicators], measure.cutoff)
    design = (frame.w.tolist(), frame.h.tolist(), frame.c.tolist())
    groups = [("total", "total", [True] * len(frame))]
    groups += [(by, str(g), (frame[by] == g).tolist()) for by in ("nested", "across") for g in sorted(set(frame[by]))]
    for by, group, inside in groups:
        for name, xy in pairs.items():
            statistic, _, j = name.partition(" ")
            indicator = measure.names[int(j)] if j else None
            found = est.select(statistic=statistic, by=by, group=group, indicator=indicator)
            if statistic == "contribution_share":
                found = est.select(statistic=statistic, by=by, group=group, indicator=indicator)
            value, se = naive.ratio(xy, design[0], inside, design[1], design[2])
            assert len(found) == 1
            assert found.value[0] == pytest.approx(value, abs=CLOSE, nan_ok=True)
            assert found.se[0] == pytest.approx(se, abs=1e-10, nan_ok=True)


@SETTINGS
@given(worlds())
def test_sums_and_products(world: tuple[pd.DataFrame, mpi.Measure]) -> None:
    frame, measure = world
    est = mpi.estimate(survey(frame), measure, by=["across", ("nested", "across")])
    for by in ("total", "across", "nested × across"):
        part = est.select(by=by)
        M0, H, A = (get(part, s) for s in ("M0", "H", "A"))
        assert np.nan_to_num(A) * H == pytest.approx(M0, abs=CLOSE)
        d = len(measure.indicators)
        contributions = get(part, "contribution").reshape(-1, d)
        assert contributions.sum(axis=1) == pytest.approx(M0, abs=CLOSE)
        weights = np.array([float(w) for w in measure.weights.values()])
        assert get(part, "censored_headcount").reshape(-1, d) * weights == pytest.approx(contributions, abs=CLOSE)
        shares = get(part, "contribution_share", indicator=list(measure.names)).reshape(d, -1).sum(axis=0)
        by_dimension = get(part, "contribution_share", indicator=None).reshape(len(M0), -1).sum(axis=1)
        poor = H > 0
        assert shares[poor] == pytest.approx(np.ones(poor.sum()), abs=CLOSE)
        assert by_dimension[poor] == pytest.approx(np.ones(poor.sum()), abs=CLOSE)
        assert np.isnan(shares[~poor]).all()


@SETTINGS
@given(worlds())
def test_groups_recombine(world: tuple[pd.DataFrame, mpi.Measure]) -> None:
    frame, measure = world
    est = mpi.estimate(survey(frame), measure, by=["nested", "across"])
    for by in ("nested", "across"):
        part = est.select(by=by)
        share = get(part, "population_share")
        assert share.sum() == pytest.approx(1, abs=CLOSE)
        for statistic in ("M0", "H"):
            assert share @ get(part, statistic) == pytest.approx(get(est, statistic, by="total")[0], abs=CLOSE)
        d = len(measure.indicators)
        for statistic in ("censored_headcount", "uncensored_headcount"):
            values = get(part, statistic).reshape(-1, d)
            assert share @ values == pytest.approx(get(est, statistic, by="total"), abs=CLOSE)
        if get(est, "H", by="total")[0] > 0:
            assert get(part, "group_contribution").sum() == pytest.approx(1, abs=CLOSE)
            assert get(part, "poor_share").sum() == pytest.approx(1, abs=CLOSE)
            assert get(part, "poor_share") == pytest.approx(
                share * get(part, "H") / get(est, "H", by="total"), abs=CLOSE
            )


@SETTINGS
@given(worlds(), st.floats(0.001, 1000))
def test_what_changes_nothing(world: tuple[pd.DataFrame, mpi.Measure], factor: float) -> None:
    frame, measure = world
    base = mpi.estimate(survey(frame), measure, by=["across"])
    shuffled = frame.sample(frac=1, random_state=1)
    relabelled = frame.assign(h=frame.h.map(lambda h: f"s{9 - h}"), c=frame.c.map(lambda c: f"p{5 - c}"))
    regrouped = frame.assign(across=frame.across.map({0: "z", 1: "y", 2: "x"}))
    for other in (shuffled, frame.assign(w=frame.w * factor), relabelled):
        est = mpi.estimate(survey(other), measure, by=["across"])
        assert est.value == pytest.approx(base.value, abs=CLOSE, nan_ok=True)
        assert est.se == pytest.approx(base.se, abs=CLOSE, nan_ok=True)
    permuted = table(mpi.estimate(survey(regrouped), measure, by=["across"]))
    original = table(base).replace({"group": {"0": "z", "1": "y", "2": "x"}})
    both = original.merge(permuted, on=KEYS, suffixes=("", "_other"), validate="1:1")
    assert len(both) == len(original) == len(permuted)
    assert both.estimate_other.to_numpy() == pytest.approx(both.estimate.to_numpy(), abs=CLOSE, nan_ok=True)
    assert both.se_other.to_numpy() == pytest.approx(both.se.to_numpy(), abs=CLOSE, nan_ok=True)


@SETTINGS
@given(worlds())
def test_a_person_in_two_rows_of_half_the_weight(world: tuple[pd.DataFrame, mpi.Measure]) -> None:
    frame, measure = world
    base = mpi.estimate(survey(frame), measure, by=["across"])
    twice = pd.concat([frame, frame]).assign(w=lambda f: f.w / 2)
    est = mpi.estimate(survey(twice), measure, by=["across"])
    assert est.value == pytest.approx(base.value, abs=CLOSE, nan_ok=True)
    assert est.se == pytest.approx(base.se, abs=CLOSE, nan_ok=True)
    assert (est.n == 2 * base.n).all()
    assert (est.n_psu == base.n_psu).all()


@SETTINGS
@given(worlds())
def test_focus(world: tuple[pd.DataFrame, mpi.Measure]) -> None:
    """Poverty focus: deprivations of the non-poor change no censored figure."""
    frame, measure = world
    base = mpi.estimate(survey(frame), measure)
    names = list(measure.names)
    weights = [i.weight for i in measure.indicators]
    c = naive.scores(frame[names].to_numpy().tolist(), weights)
    cleared = frame.copy()
    cleared.loc[[ci < measure.cutoff for ci in c], names] = 0.0
    est = mpi.estimate(survey(cleared), measure)
    censored = ["M0", "H", "A", "censored_headcount", "contribution", "contribution_share", "severe", "inequality"]
    for statistic in censored:
        if statistic in base.keys["statistic"].values:
            before, after = (e.select(statistic=statistic) for e in (base, est))
            assert after.value == pytest.approx(before.value, abs=CLOSE, nan_ok=True)
            assert after.se == pytest.approx(before.se, abs=CLOSE, nan_ok=True)


@SETTINGS
@given(worlds())
def test_monotone_in_k_and_its_ends(world: tuple[pd.DataFrame, mpi.Measure]) -> None:
    frame, measure = world
    ks = [Fraction(i, 40) for i in range(1, 41)]
    est = mpi.estimate(survey(frame), measure, cutoffs=ks, statistics=["H", "M0", "censored_headcount"])
    for statistic in ("H", "M0"):
        assert (np.diff(get(est, statistic)) <= CLOSE).all()
    headcounts = get(est, "censored_headcount").reshape(len(ks), -1)
    assert (np.diff(headcounts, axis=0) <= CLOSE).all()
    g = frame[list(measure.names)].to_numpy()
    w = frame.w / frame.w.sum()
    union = mpi.estimate(survey(frame), measure.union(), statistics=["H"]).value[0]
    intersection = mpi.estimate(survey(frame), measure.intersection(), statistics=["H"]).value[0]
    assert union == pytest.approx(float(w @ g.any(axis=1)), abs=CLOSE)
    assert intersection == pytest.approx(float(w @ g.all(axis=1)), abs=CLOSE)


@SETTINGS
@given(worlds(missing=True))
def test_bounds_hold_the_truth(world: tuple[pd.DataFrame, mpi.Measure]) -> None:
    """Whatever the missing answers were, the figures lie between the bounds."""
    frame, measure = world
    names = list(measure.names)
    bounds = mpi.estimate(survey(frame), measure.with_missing("bounds"), by=["across"])
    low, high = (bounds.select(contrast=f"{side}_bound") for side in ("lower", "upper"))
    rng = np.random.default_rng(1)
    answers = (rng.random((len(frame), len(names))) < 0.5).astype(float)
    filled = frame.copy()
    filled[names] = np.where(frame[names].isna(), answers, frame[names])
    truth = mpi.estimate(survey(filled), measure, by=["across"])
    truth = truth.take(
        [i for i, s in enumerate(truth.keys["statistic"].to_list()) if s in low.keys["statistic"].values]
    )
    assert len(truth) == len(low) == len(high)
    assert (low.value <= truth.value + CLOSE).all()
    assert (truth.value <= high.value + CLOSE).all()


@SETTINGS
@given(worlds(missing=True))
def test_reweighting_adds_up(world: tuple[pd.DataFrame, mpi.Measure]) -> None:
    frame, measure = world
    est = mpi.estimate(survey(frame), measure.with_missing("reweight"), by=["nested"])
    M0 = get(est, "M0")
    d = len(measure.indicators)
    assert get(est, "contribution").reshape(-1, d).sum(axis=1) == pytest.approx(M0, abs=CLOSE)
    assert np.nan_to_num(get(est, "A")) * get(est, "H") == pytest.approx(M0, abs=CLOSE)
    complete = frame.dropna()
    if len(complete) == len(frame):
        plain = mpi.estimate(survey(frame), measure, by=["nested"])
        assert get(plain, "M0") == pytest.approx(M0, abs=CLOSE)


@SETTINGS
@given(worlds())
def test_errors_and_covariances_take_the_same_road(world: tuple[pd.DataFrame, mpi.Measure]) -> None:
    """Standard errors come from two passes over cells, covariances from sparse algebra: they must agree."""
    frame, measure = world
    est = mpi.estimate(survey(frame), measure, by=["nested", "across"])
    defined = est.take(np.flatnonzero(np.isfinite(est.value)))
    V = defined.vcov()
    assert np.sqrt(np.clip(np.diag(V), 0, None)) == pytest.approx(defined.se, abs=1e-9)
    assert np.linalg.eigvalsh(V).min() > -1e-12
    same = defined.contrast(np.eye(len(defined)))
    known = defined.estimable
    assert same.se[known] == pytest.approx(defined.se[known], abs=1e-9)
    assert not same.estimable[~known].any()


@SETTINGS
@given(worlds())
def test_whole_is_the_weighted_sum_with_its_error(world: tuple[pd.DataFrame, mpi.Measure]) -> None:
    """M0 of all is the sum of shares times group M0; by the chain rule its error is that of the total."""
    frame, measure = world
    est = mpi.estimate(survey(frame), measure, by=["across"])
    part = est.select(by="across", statistic=["population_share", "M0"])
    M0, share = (np.flatnonzero([s == x for s in part.keys["statistic"].to_list()]) for x in ("M0", "population_share"))
    total = part.contrast(lambda v: v[share] @ v[M0])
    whole = est.select(by="total", statistic="M0")
    assert total.value[0] == pytest.approx(whole.value[0], abs=CLOSE)
    # where nobody or everybody is poor in most groups, nobody knows the error
    assert total.se[0] == pytest.approx(whole.se[0], abs=1e-9) or (np.isnan(total.se[0]) and not part.estimable.all())
