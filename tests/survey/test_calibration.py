"""Calibrated weights and their errors, held against formulae, identities and R."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mpi
from mpi.survey.household_numbers import households_of

MEASURE = mpi.Measure.nested("m", {"a": ["x"], "b": ["y"]}, cutoff="1/2")
STATISTICS = ["H", "M0", "A", "number_of_poor", "population", "population_share", "contribution_share"]


def sample(seed: int = 3, psus: int = 30) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    psu = np.repeat(np.arange(psus), rng.integers(2, 9, psus))
    n = len(psu)
    return pd.DataFrame(
        {
            "psu": psu, "stratum": psu % 3, "w": rng.uniform(1, 4, n), "x": rng.integers(0, 2, n),
            "y": rng.integers(0, 2, n), "sex": rng.choice(["f", "m"], n), "age": rng.integers(0, 3, n),
            "income": rng.uniform(1, 9, n).round(2), "g": rng.integers(0, 2, n),
        }
    )  # fmt: skip


def survey(frame: pd.DataFrame, **more: Any) -> mpi.Survey:
    return mpi.Survey(frame, weight="w", strata="stratum", psu="psu", **more)


def margins(frame: pd.DataFrame) -> dict[str, dict[Any, float]]:
    sums = frame.groupby("sex")["w"].sum() * pd.Series({"f": 1.1, "m": 0.9})
    ages = frame.groupby("age")["w"].sum() * pd.Series({0: 0.8, 1: 1.2, 2: 1.0})
    return {"sex": sums.to_dict(), "age": (ages / ages.sum() * sums.sum()).to_dict()}


def naive_error(frame: pd.DataFrame, u: np.ndarray, x: np.ndarray, ratio: np.ndarray) -> float:
    """Return the error of a total of g w (u - x'B), B the regression by the weights before."""
    w = frame["w"].to_numpy()
    root = np.sqrt(w)
    slope = np.linalg.lstsq(x * root[:, None], u * root, rcond=None)[0]
    scores = frame.assign(e=w * ratio * (u - x @ slope))
    total = 0.0
    for _, h in scores.groupby("stratum"):
        psus = h.groupby("psu")["e"].sum()
        total += len(psus) * psus.var()
    return float(np.sqrt(total))


def dummies(frame: pd.DataFrame) -> np.ndarray:
    return np.column_stack([frame["sex"] == s for s in "fm"] + [frame["age"] == a for a in range(3)]).astype(float)


@pytest.mark.parametrize(("how", "more"), [("rake", {}), ("linear", {}), ("logit", {"bounds": (0.4, 2.5)})])
def test_errors_are_those_of_residuals(how: Any, more: dict[str, Any]) -> None:
    frame = sample()
    known = survey(frame).calibrate(margins(frame), how, **more)
    w, ratio = known.weight, known.weight / frame["w"].to_numpy()
    x = dummies(frame)
    np.testing.assert_allclose(w @ x, [v for m in margins(frame).values() for v in m.values()], rtol=1e-10)
    est = mpi.estimate(known, MEASURE, by=["g"], statistics=STATISTICS)
    score = frame[["x", "y"]].mean(axis=1).to_numpy()
    poor = (score >= 0.5).astype(float)
    for group in ("total", "0", "1"):
        inside = np.ones(len(frame)) if group == "total" else (frame["g"].astype(str) == group).to_numpy().astype(float)
        own = est.select(group=group)
        people, poors = w @ inside, w @ (inside * poor)
        influence = {
            "H": inside * (poor - poors / people) / people,
            "A": inside * poor * (score - (w @ (inside * poor * score)) / poors) / poors,
            "population_share": (inside - people / w.sum()) / w.sum(),
            "number_of_poor": inside * poor,
        }
        for name, u in influence.items():
            if group == "total" and name == "population_share":
                continue
            found = own.select(statistic=name).se[0]
            assert found == pytest.approx(naive_error(frame, u, x, ratio), rel=1e-9, abs=1e-12), (name, group)
    gap = est.select(statistic="H", by="g").contrast([1, -1])
    one, two = (mpi.estimate(known, MEASURE, by=["g"]).select(statistic="H", group=g).value[0] for g in "01")
    u = sum(
        s * (frame["g"] == k) * (poor - p) / (w @ (frame["g"] == k)) for s, k, p in ((1, 0, one), (-1, 1, two))
    )  # fmt: skip
    assert gap.se[0] == pytest.approx(naive_error(frame, u.to_numpy(), x, ratio), rel=1e-9)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.1, 50))
def test_cells_known_give_the_same_however_they_are_met(seed: int, scale: float) -> None:
    frame = sample(seed)
    cells = frame.groupby(["sex", "age"])["w"].sum() * np.linspace(0.8, 1.3, 6) * scale
    made = [survey(frame).calibrate(cells, how) for how in ("poststratify", "linear", "rake")]
    np.testing.assert_allclose(made[0].weight, made[1].weight, rtol=1e-9)
    np.testing.assert_allclose(made[0].weight, made[2].weight, rtol=1e-9)
    est = [mpi.estimate(s, MEASURE, by=["g", "sex"], statistics=STATISTICS) for s in made]
    np.testing.assert_allclose(est[0].se, est[1].se, rtol=1e-7, atol=1e-12)
    known = est[0].select(statistic="population", by="sex")
    np.testing.assert_allclose(known.value, cells.groupby("sex").sum(), rtol=1e-12)
    assert (known.se == 0).all()
    assert set(known.flag.to_list()) == {"so by definition or design: no sampling error"}
    assert est[0].select(statistic="population", by="total").se[0] == 0


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["rake", "linear"]))
def test_scale_order_and_splitting_of_rows_do_not_matter(seed: int, how: Any) -> None:
    frame = sample(seed)
    base = mpi.estimate(survey(frame).calibrate(margins(frame), how), MEASURE, by=["g"], statistics=STATISTICS)
    halves = pd.concat([frame.assign(w=frame["w"] * 0.3), frame.assign(w=frame["w"] * 0.7)], ignore_index=True)
    variants = [frame.assign(w=frame["w"] * 7), frame.sample(frac=1, random_state=1).reset_index(drop=True), halves]
    for other in variants:
        again = mpi.estimate(survey(other).calibrate(margins(frame), how), MEASURE, by=["g"], statistics=STATISTICS)
        np.testing.assert_allclose(again.value, base.value, rtol=1e-9)
        np.testing.assert_allclose(again.se, base.se, rtol=1e-7, atol=1e-10)


def test_clusters_keep_one_ratio_and_meet_the_margins() -> None:
    frame = sample()
    known = survey(frame).calibrate(margins(frame), "linear", unit="cluster")
    ratio = pd.Series(known.weight / frame["w"])
    assert ratio.groupby(frame["psu"]).agg(np.ptp).max() == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(known.weight @ dummies(frame)[:, :2], list(margins(frame)["sex"].values()), rtol=1e-10)
    assert mpi.estimate(known, MEASURE, statistics=["population"]).se[0] == pytest.approx(0, abs=1e-9)


def test_sums_of_columns_are_margins_too() -> None:
    frame = sample()
    known = survey(frame).calibrate(margins(frame) | {"income": 1700.0}, "rake")
    assert known.weight @ frame["income"] == pytest.approx(1700, rel=1e-10)
    assert mpi.total(known, "income").se[0] == pytest.approx(0, abs=1e-7)
    assert mpi.mean(known, "income").se[0] < 1e-6 * mpi.mean(survey(frame), "income").se[0]


def test_households_count_their_members() -> None:
    frame = sample().assign(size=lambda f: 1 + f["age"])
    known = survey(frame, size="size").calibrate({"sex": {"f": 300, "m": 250}}, "poststratify")
    persons = known.weight * frame["size"]
    np.testing.assert_allclose(persons.groupby(frame["sex"]).sum(), [300, 250], rtol=1e-12)
    assert mpi.estimate(known, MEASURE, statistics=["population"]).se[0] == 0


def test_margins_bring_their_own_errors() -> None:
    frame, other = sample(), sample(8, 60)
    base = survey(other)
    of_survey = survey(frame).calibrate(base, "linear", on=["sex"])
    counts = mpi.estimate(base, MEASURE, by=["sex"], statistics=["population"])
    of_estimates = survey(frame).calibrate(counts, "linear")
    fixed = survey(frame).calibrate({"sex": other.groupby("sex")["w"].sum().to_dict()}, "linear")
    est = [mpi.estimate(s, MEASURE, by=["g"], statistics=STATISTICS) for s in (of_survey, of_estimates, fixed)]
    np.testing.assert_allclose(est[0].se, est[1].se, rtol=1e-9, atol=1e-12)
    poor = (frame[["x", "y"]].mean(axis=1) >= 0.5).to_numpy().astype(float)
    slope = np.array([np.average(poor[frame["sex"] == s], weights=frame["w"][frame["sex"] == s]) for s in "fm"])
    extra = slope @ counts.select(by="sex").vcov() @ slope
    own = [e.select(statistic="number_of_poor", group="total") for e in est]
    assert own[0].se[0] ** 2 == pytest.approx(own[2].se[0] ** 2 + extra, rel=1e-9)
    known = est[0].select(statistic="population", by="total")
    assert known.se[0] == pytest.approx(mpi.estimate(base, MEASURE, statistics=["population"]).se[0], rel=1e-9)
    again = mpi.Estimates.from_json(est[0].to_json())
    np.testing.assert_array_equal(again.vcov(), est[0].vcov())


def test_tables_series_and_files_say_the_same(tmp_path: Path) -> None:
    frame = sample()
    table = pd.DataFrame({"sex": ["f", "m"], "total": [150.0, 160.0]})
    table.to_csv(tmp_path / "sex.csv", index=False)
    given_as = [
        table,
        table.set_index("sex")["total"],
        tmp_path / "sex.csv",
        [table],
        {("sex",): {("f",): 150, "m": 160}},
    ]
    weights = [survey(frame).calibrate(m, "poststratify").weight for m in given_as]
    for w in weights:
        np.testing.assert_array_equal(w, weights[0])
    labelled = mpi.Survey(
        frame.assign(sex=(frame["sex"] == "m").astype(int)), weight="w", labels={"sex": {0: "f", 1: "m"}}
    )
    np.testing.assert_allclose(labelled.calibrate(table, "poststratify").weight, weights[0], rtol=1e-12)


def test_rounds_are_calibrated_one_by_one_and_pooled() -> None:
    one, two = sample(1), sample(2)
    first = survey(one).calibrate(margins(one), "rake")
    both = mpi.pool({1: first, 2: survey(two)}, shared_psus=False)
    est = mpi.estimate(both, MEASURE, by=["g"], statistics=STATISTICS)
    alone = [mpi.estimate(s, MEASURE, by=["g"], statistics=STATISTICS) for s in (first, survey(two))]
    for wave, own in zip((1, 2), alone, strict=True):
        np.testing.assert_allclose(est.select(wave=wave).se, own.se, rtol=1e-9, atol=1e-12)
    change = mpi.change(est.select(statistic="H", group="total"))
    alone_se = [a.select(statistic="H", group="total").se[0] for a in alone]
    assert change.select(contrast="change").se[0] == pytest.approx(np.hypot(*alone_se), rel=1e-9)
    linked = mpi.pool({1: first, 2: survey(one).calibrate(margins(one), "rake")}, shared_psus=True)
    same = mpi.change(mpi.estimate(linked, MEASURE, statistics=["H"])).select(contrast="change")
    assert same.se[0] == pytest.approx(0, abs=1e-12)


def test_domains_columns_and_notes_keep_it() -> None:
    frame = sample()
    known = survey(frame).calibrate(margins(frame), "rake")
    whole = mpi.estimate(known, MEASURE, by=["g"], statistics=["number_of_poor"])
    within = mpi.estimate(known, MEASURE, where=lambda f: f["g"] == 1, statistics=["number_of_poor"])
    assert within.se[0] == pytest.approx(whole.select(group="1").se[0], rel=1e-12)
    more = known.with_column("double", lambda f: f["x"] * 2).with_groups("who", "sex", {"f": "women", "m": "men"})
    assert mpi.estimate(more, MEASURE, by=["who"], statistics=["population"]).se.max() == 0
    assert "calibrated to sex, age (rake, weights times" in repr(known)
    assert "calibrated to sex, age" in whole.about["survey"]
    with pytest.raises(mpi.errors.RequestError, match="calibrated already"):
        known.calibrate(margins(frame))
    with pytest.raises(mpi.errors.RequestError, match="is calibrated, which condensing would forget"):
        mpi.profile(known, MEASURE)


def test_psus_households_and_degrees_of_freedom_stay_what_they_are() -> None:
    frame = sample().assign(home=lambda f: f.index // 2 * 100 + f["psu"])
    plain, known = survey(frame, household="home"), survey(frame, household="home").calibrate(margins(frame), "rake")
    one, two = (mpi.estimate(s, MEASURE, by=["g", "sex"], statistics=STATISTICS) for s in (plain, known))
    for name in ("n", "n_psu", "df"):
        np.testing.assert_array_equal(getattr(two, name), getattr(one, name))
    np.testing.assert_array_equal(households_of(known), households_of(plain))


@pytest.mark.parametrize(
    ("given", "how", "match"),
    [
        ({"sex": {"f": 10, "m": 20, "x": 3}}, "rake", "nobody in the sample has sex = 'x', which the margin gives 3"),
        ({"sex": {"f": 10}}, "rake", r"rows are in none of its cells \(sex = 'm'\)"),
        ({"sex": {"f": 10, "m": 0}}, "rake", "the total of sex = 'm' is 0, but the sample has people there"),
        ({"sex": {"f": 10, "m": -1}}, "rake", "the total of sex = 'm' is -1"),
        ({"sex": {"f": 19000, "m": 456}, "age": {0: 19400, 1: 0.5, 2: 0.5}}, "rake", "sex to 19,456, age to 19,401"),
        ({"sex": {"f": 10, "m": 20}, "age": {0: 10, 1: 10, 2: 10}}, "poststratify", "poststratify takes one table"),
        ({"sex": {"f": 1, "m": 2}, "gap": 3}, "rake", "there is no column 'gap'"),
        (
            {"sex": {"f": 1, "m": 2}, "income": -40.0},
            "rake",
            "no weights meet the margins",
        ),
        ({"sex": {"f": 10, "m": 20}, "income": 40.0}, "linear", "negative or 0"),
        ({"sex": {"f": 500, "m": 2}}, "logit", "bounds: logit keeps ratios"),
        ({"sex": {"f": "many", "m": 2}}, "rake", "totals are numbers, not 'many'"),
        (pd.DataFrame({"a": [1]}), "rake", "columns of the survey and one column of totals are needed"),
        (pd.Series([1, 2], index=["f", "m"]), "rake", "give index names"),
        ({"sex": {"f": 1, "m": 2}}, "rakes", "did you mean 'rake'"),
    ],
)
def test_what_cannot_be_is_refused_by_name(given: Any, how: Any, match: str) -> None:
    with pytest.raises(mpi.MpiError, match=match):
        survey(sample()).calibrate(given, how)


def test_missing_answers_in_margins_are_refused() -> None:
    frame = sample().assign(sex=lambda f: f["sex"].where(f.index > 2))
    with pytest.raises(mpi.errors.DataError, match=r"3 rows are in none of its cells \(sex = \(missing\)\)"):
        survey(frame).calibrate({"sex": {"f": 1, "m": 2}})
    with pytest.raises(mpi.errors.DataError, match="'income' is missing in 1 rows"):
        survey(frame.assign(income=lambda f: f["income"].where(f.index > 0))).calibrate({"income": 5.0})


def test_an_engine_gives_the_same() -> None:
    pl = pytest.importorskip("polars", reason="Polars is an extra")
    frame = sample().assign(y=lambda f: f["y"].where(f.index > 3))
    here, there = survey(frame), survey(pl.from_pandas(frame).lazy())
    for how, unit in (("rake", "row"), ("linear", "cluster")):
        one, two = (s.calibrate(margins(frame), how, unit=unit) for s in (here, there))  # type: ignore[arg-type]  # words
        for make in (
            lambda s: mpi.estimate(s, MEASURE, by=["g", "sex"], statistics=STATISTICS),
            lambda s: mpi.estimate(s.where("g"), MEASURE, by=["age"], statistics=STATISTICS),
            lambda s: mpi.mean(s, ["income", "x"], by=["g"]),
            lambda s: mpi.total(s, ["income", "x"], by=["g"]),
            lambda s: mpi.ratio(s, "x", "income", by=["sex"]),
        ):
            a, b = make(one), make(two)
            np.testing.assert_allclose(b.value, a.value, rtol=1e-10)
            np.testing.assert_allclose(b.se, a.se, rtol=1e-8, atol=1e-9)
            np.testing.assert_array_equal(b.n_psu, a.n_psu)
        np.testing.assert_allclose(np.sort(two.collect(["x"]).weight), np.sort(one.weight), rtol=1e-10)
    assert "calibrated to sex, age" in repr(two)
    with pytest.raises(mpi.errors.DataError, match="nobody in the sample has sex = 'x'"):
        there.calibrate({"sex": {"f": 1, "m": 2, "x": 3}})
    with pytest.raises(mpi.errors.RequestError, match="sums of columns need the rows in memory"):
        there.calibrate({"income": 3.0})
    with pytest.raises(mpi.errors.RequestError, match="calibrated already"):
        two.calibrate(margins(frame))
    with pytest.raises(mpi.errors.RequestError, match="is calibrated, which condensing would forget"):
        mpi.profile(two, MEASURE)


def test_profiles_with_the_columns_of_the_margins_are_calibrated() -> None:
    frame = sample()
    small = mpi.profile(survey(frame), MEASURE, by=["sex", "age", "g"])
    one, two = (s.calibrate(margins(frame), "rake") for s in (survey(frame), small))
    a, b = (mpi.estimate(s, MEASURE, by=["g"], statistics=STATISTICS) for s in (one, two))
    np.testing.assert_allclose(b.se, a.se, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(b.value, a.value, rtol=1e-10)


LAST = ["d_elct", "d_sani", "d_wtr", "d_hsg", "d_ckfl", "d_asst"]
NESTED = mpi.Measure.nested("m", {"d1": ["d_nutr", "d_cm"], "d2": ["d_satt", "d_educ"], "d3": LAST}, cutoff="1/3")
NAMES = {"hd_sani": ("uncensored_headcount", "d_sani"), "contribution_share_sani": ("contribution_share", "d_sani"),
         "n_poor": ("number_of_poor", None)}  # fmt: skip


def rows_of_r(field: Path) -> tuple[pd.DataFrame, dict[str, dict[Any, float]]]:
    rows = pd.read_csv(field / "golden/syn.csv.gz").query("t == 1 and complete == 1").reset_index(drop=True)
    given = json.loads((field / "golden_next/a_calibration_margins.json").read_text(encoding="utf-8"))
    keys = {"region": "regf", "area": "areaf", "grp6": "grp6"}
    known = {c: {r[k] if c == "grp6" else int(r[k]): r["Freq"] for r in given[c]} for c, k in keys.items()}
    return rows, known


def held(est: mpi.Estimates, expected: pd.DataFrame, errors: float) -> int:
    ours = {
        (r.statistic, r.group, r.indicator if isinstance(r.indicator, str) else None): r
        for r in est.table.itertuples()
        if r.statistic != "contribution_share" or isinstance(r.indicator, str)
    }
    for x in expected.itertuples():
        statistic, indicator = NAMES.get(x.measure, (x.measure, None))
        found = ours[statistic, "total" if x.by == "nat" else x.subg, indicator]
        assert found.estimate == pytest.approx(x.est, rel=1e-11)
        assert found.se == pytest.approx(x.se, rel=errors)
    return len(expected)


CASES = [
    ("poststratify_region", ["region"], "poststratify", {}),
    ("rake_region_area_grp6", ["region", "area", "grp6"], "rake", {}),
    ("calibrate_linear_region_area", ["region", "area"], "linear", {}),
    ("calibrate_raking_region_area", ["region", "area"], "rake", {}),
    ("calibrate_logit_region_area", ["region", "area"], "logit", {"bounds": (0.5, 2)}),
    ("calibrate_logit_tight_region_area", ["region", "area"], "logit", {"bounds": (0.78, 1.25)}),
]
KINDS = ["H", "M0", "A", "number_of_poor", "uncensored_headcount", "contribution_share"]


def test_r_gives_the_same(field: Path) -> None:
    rows, known = rows_of_r(field)
    base = mpi.Survey(rows, weight="w2", strata="stratum", psu="psu")
    weights = pd.read_csv(field / "golden_next/a_calibration_weights.csv.gz")
    expected = pd.read_csv(field / "golden_next/a_calibration.csv")
    count = 0
    for name, columns, how, more in CASES:
        made = base.calibrate({c: known[c] for c in columns}, how, **more)  # type: ignore[arg-type]  # words of a list
        np.testing.assert_allclose(made.weight, weights[name], rtol=1e-11)
        est = mpi.estimate(made, NESTED, by=["grp6"], statistics=KINDS)  # type: ignore[arg-type]  # likewise
        # R's rake() takes residuals from unweighted means of the margins; ours are weighted, as calibrate() of R
        count += held(est, expected[expected["config"] == name], 0.02 if name.startswith("rake") else 1e-11)
    assert count == 252


def test_r_keeps_clusters_together_by_plain_means(field: Path) -> None:
    """R averages margins over the rows of a cluster without their weights, so that its weights miss the margins."""
    rows, known = rows_of_r(field)
    cells = {f"region{k}": rows["region"] == k for k in known["region"]} | {"area1": rows["area"] == 1}
    means = {name: inside.groupby(rows["psu"]).transform("mean") for name, inside in cells.items()}
    totals = {f"region{k}": v for k, v in known["region"].items()} | {"area1": known["area"][1]}
    made = mpi.Survey(rows.assign(**means), weight="w2", strata="stratum", psu="psu").calibrate(totals, "linear")
    weights = pd.read_csv(field / "golden_next/a_calibration_weights.csv.gz")["calibrate_linear_cluster_constant"]
    np.testing.assert_allclose(made.weight, weights, rtol=1e-11)
    expected = pd.read_csv(field / "golden_next/a_calibration.csv").query(
        "config == 'calibrate_linear_cluster_constant'"
    )
    est = mpi.estimate(made, NESTED, by=["grp6"], statistics=KINDS)  # type: ignore[arg-type]  # words of a list
    assert held(est, expected, 1e-11) == 42
    area = (rows["area"] == 1).to_numpy()
    assert abs(weights @ area - known["area"][1]) > 10
    ours = mpi.Survey(rows, weight="w2", strata="stratum", psu="psu").calibrate(
        {c: known[c] for c in ("region", "area")}, "linear", unit="cluster"
    )
    assert ours.weight @ area == pytest.approx(known["area"][1], rel=1e-9)
