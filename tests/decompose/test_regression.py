"""Gaps between groups by regression: held to R, to naive procedures, to identities, and to replication."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bootstrap_regression as bench
import mpi
from mpi.decompose.by_regression.matched_ranks import Orders, _every, _some

HERE = Path(__file__).parents[1]
OWN = HERE / "oracles/own_survey/survey.csv"
LINEAR, LOGIT = 1e-10, 1e-6  # R's glm stops at a change of the deviance of 1e-8
WEIGHTS = ["1/4", "1/4", "1/8", "1/8", "1/8", "1/8"]
MEASURE = mpi.Measure(
    "own", [mpi.Indicator(f"d{j}", dimension="all", weight=w) for j, w in enumerate(WEIGHTS, 1)], cutoff="3/8"
)
COVARIATES: dict[str, Any] = {"urb": "category", "hhsize": "number"}
GROUPS: dict[str, Any] = {"group": "eth", "compare": "A", "reference": "B"}


@pytest.fixture(scope="module")
def r() -> dict[str, Any]:
    """What R says of our own survey."""
    path = HERE / "oracles/own_survey_decompositions/expected.json"
    return json.loads(path.read_text(encoding="utf-8"))["expected"]


@pytest.fixture(scope="module")
def own() -> mpi.Survey:
    return mpi.Survey(pd.read_csv(OWN), weight="weight", strata="stratum", psu="psu", size="hhsize")


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """A simulated survey of 120 PSUs whose groups live in the same PSUs."""
    return bench.simulated(120, seed=3, rows=12)


def survey_of(frame: pd.DataFrame, **changes: Any) -> mpi.Survey:
    return mpi.Survey(frame.assign(**changes), weight="weight", strata="stratum", psu="psu")


BOTH: dict[str, Any] = {"group": "group", "compare": "minority", "reference": "majority"}
X = ["school", "size", "area", "work"]
METHODS = {
    "twofold": lambda s, **o: mpi.decompose.oaxaca(
        s,
        "income",
        X,
        **{**BOTH, **o},
        coefficients=["reference", "compared", "average", "cotton", "pooled", "neumark"],
    ),
    "threefold": lambda s, **o: mpi.decompose.oaxaca(s, "poor", X, **{**BOTH, **o}, form="threefold"),
    "logit": lambda s, **o: mpi.decompose.yun(s, "poor", X, **{**BOTH, **o}, detail="categories"),
    "probit": lambda s, **o: mpi.decompose.yun(s, "poor", X, **{**BOTH, **o}, link="probit"),
    "fairlie": lambda s, **o: mpi.decompose.fairlie(s, "poor", X, **{**BOTH, **o}),
}
EXACT = [m for m in METHODS if m != "fairlie"]


def values(est: mpi.Estimates, contrast: str, names: tuple[str | None, ...], **more: Any) -> list[float]:
    chosen = est.select(contrast=contrast, **more)
    place = {v: i for i, v in enumerate(chosen.keys["indicator"].to_list())}
    return [float(chosen.value[place[n]]) for n in names]


# --- R --------------------------------------------------------------------------------------------------------------


def test_oaxaca_blinder_as_r(r: dict, own: mpi.Survey) -> None:
    e = r["oaxaca_linear"]
    options: dict[str, Any] = {**GROUPS, "normalise": False, "measure": MEASURE}
    two = mpi.decompose.oaxaca(own, "censored_score", COVARIATES, **options)
    order = ("(constant)", "urb", "hhsize")
    assert two.select(contrast="level").value == pytest.approx(e["y"], abs=LINEAR)
    assert values(two, "explained", order) == pytest.approx(e["twofold_refB"]["explained"], abs=LINEAR)
    assert values(two, "unexplained", order) == pytest.approx(e["twofold_refB"]["unexplained"], abs=LINEAR)
    three = mpi.decompose.oaxaca(own, "censored_score", COVARIATES, form="threefold", **options)
    for term, key in {"endowments": "endow", "coefficients": "coef", "interaction": "inter"}.items():
        assert values(three, term, order) == pytest.approx(e["threefold"][key], abs=LINEAR)
    assert set(two.keys["statistic"].to_list()) == {"M0"}
    assert set(two.df) == {10}


@pytest.mark.parametrize("group", ["A", "B"])
def test_coefficients_in_groups_as_r(r: dict, own: mpi.Survey, group: str) -> None:
    inside = own.categories("eth")
    where = np.array([inside.levels[i] == group for i in inside.index])
    options: dict[str, Any] = {"where": where, "measure": MEASURE}
    names = ["(constant)", "urb: 2", "hhsize"]
    linear = mpi.decompose.regression(own, "censored_score", COVARIATES, **options).select(indicator=names)
    assert linear.value == pytest.approx(r["oaxaca_linear"][f"beta_{group}"], abs=LINEAR)
    logit = mpi.decompose.regression(own, "poor", COVARIATES, link="logit", **options).select(indicator=names)
    assert logit.value == pytest.approx(r["yun_logit"][f"coef_{group}"], abs=LOGIT)


def test_yun_as_r(r: dict, own: mpi.Survey) -> None:
    e = r["yun_logit"]
    est = mpi.decompose.yun(own, "poor", COVARIATES, **GROUPS, normalise=False, measure=MEASURE)
    assert est.select(contrast="level").value == pytest.approx([e["pA"], e["pB"]], abs=LOGIT)
    assert est.select(contrast="difference").value[0] == pytest.approx(e["gap"], abs=LOGIT)
    names = (None, "(constant)", "urb", "hhsize")
    for term, letter in {"explained": "E", "unexplained": "C"}.items():
        expected = [e[f"{letter}_refB"], *e[f"{letter}_detail"]]
        assert values(est, term, names, weighting="B") == pytest.approx(expected, abs=LOGIT)
        assert values(est, term, (None,), weighting="A") == pytest.approx([e[f"{letter}_refA"]], abs=LOGIT)
    assert set(est.keys["statistic"].to_list()) == {"H"}
    assert set(est.keys["cutoff"].to_list()) == {"3/8"}


@pytest.mark.parametrize(("outcome", "key"), [("poor", "logit_poor"), ("score", "fractional_logit_c")])
def test_logit_with_its_errors_as_r(r: dict, own: mpi.Survey, outcome: str, key: str) -> None:
    covariates: dict[str, Any] = {**COVARIATES, "eth": "category"}
    est = mpi.decompose.regression(own, outcome, covariates, link="logit", measure=MEASURE)
    found = est.select(indicator=["(constant)", "eth: B", "urb: 2", "hhsize"])
    assert found.value == pytest.approx(r[key]["coef"], abs=LOGIT)
    assert found.se == pytest.approx(r[key]["se"], abs=LOGIT)
    left_out = est.select(indicator="urb: 1")
    assert (left_out.value[0], left_out.se[0], left_out.flag.at(0)) == (0, 0, "left out: 0 by definition")


# --- errors ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", EXACT)
def test_influences_are_the_derivatives(frame: pd.DataFrame, method: str) -> None:
    """A PSU's influence is what its weights' growth changes, for every figure (central differences)."""
    est = METHODS[method](survey_of(frame))
    found = est.influence.matrix().toarray()
    for psu in (0, 57, 119):
        inside = (frame.psu == psu).to_numpy()
        up, down = (
            METHODS[method](survey_of(frame, weight=frame.weight * np.where(inside, 1 + h, 1.0))).value
            for h in (1e-4, -1e-4)
        )
        scale = np.abs(found).max()
        assert found[psu] == pytest.approx((up - down) / 2e-4, abs=2e-6 * scale)


@pytest.fixture(scope="module")
def replicated(frame: pd.DataFrame) -> pd.DataFrame:
    """All decompositions against plain NumPy and its bootstrap: 300 replicates know an error to 4 per cent."""
    return bench.run(frame, X, bench.GROUPS, 300)


def test_values_as_by_plain_numpy(replicated: pd.DataFrame) -> None:
    assert replicated.value.to_numpy() == pytest.approx(replicated.numpy.to_numpy(), abs=1e-11)


def test_errors_as_the_bootstrap(replicated: pd.DataFrame) -> None:
    """With 120 PSUs; the benchmark holds errors to more. |t| < 1 is near 0: see docs/methods.md."""
    clear = replicated[(replicated.t >= 1) & replicated.flag.isna()]
    assert set(clear.method) == set(bench.procedures(X, bench.GROUPS))
    assert np.exp(np.log(clear.ratio).mean()) == pytest.approx(1, abs=0.06)
    assert clear.ratio.between(0.75, 1.25).all()
    totals = clear[clear.indicator.isna()]
    assert totals.ratio.between(0.85, 1.15).all()


def test_errors_as_the_jackknife() -> None:
    """Delete-one-PSU jackknife by strata, by plain NumPy; with 60 PSUs it is 1 to 7 per cent larger."""
    frame = bench.simulated(60, seed=3, rows=20)
    columns, groups, strata = bench.cells(frame, ["school", "area"], bench.GROUPS)
    n = np.bincount(strata)[strata]
    factor = np.where(strata[:, None] == strata, n / (n - 1), 1.0) * (1 - np.eye(len(strata)))
    drawn = bench.Replicated(columns, groups, factor, bench.GROUPS)
    survey = survey_of(frame)
    for est, found in (
        (mpi.decompose.oaxaca(survey, "income", ["school", "area"], **BOTH), drawn.oaxaca("income")),
        (mpi.decompose.yun(survey, "poor", ["school", "area"], **BOTH, coefficients="reference"), drawn.yun("logit")),
    ):
        keys = [est.keys[c].to_list() for c in ("contrast", "indicator", "weighting", "group")]
        for contrast, indicator, who, group, se in zip(*keys, est.se, strict=True):
            values = found[contrast, indicator, who, group if contrast == "level" else ""]
            mean = np.bincount(strata, weights=values)[strata] / n
            jackknife = np.sqrt(((n - 1) / n * (values - mean) ** 2).sum())
            assert se == pytest.approx(jackknife, rel=0.08, abs=1e-12)


def test_groups_are_not_independent(frame: pd.DataFrame) -> None:
    """The covariance of the groups' means, who share PSUs, is in the error of the difference."""
    survey = survey_of(frame)
    est = METHODS["twofold"](survey)
    mean = mpi.mean(survey, "income", by=["group"]).select(by="group", group=["minority", "majority"])
    assert est.select(contrast="level").vcov() == pytest.approx(mean.vcov(), rel=1e-12)
    assert est.select(contrast="difference").se[0] == pytest.approx(mean.contrast([1, -1]).se[0], rel=1e-12)
    assert mean.vcov()[0, 1] > 0


# --- identities -----------------------------------------------------------------------------------------------------


def totals(est: mpi.Estimates, weighting: str | None = None) -> mpi.Estimates:
    rows = [
        i for i in range(len(est))
        if est.keys["contrast"].at(i) not in ("level", "difference") and est.keys["indicator"].at(i) is None
        and weighting in (None, est.keys["weighting"].at(i))
    ]  # fmt: skip
    return est.take(rows)


@pytest.mark.parametrize("method", METHODS)
def test_terms_and_details_add_up_with_their_errors(frame: pd.DataFrame, method: str) -> None:
    est = METHODS[method](survey_of(frame))
    gap = est.select(contrast="difference")
    for weighting in dict.fromkeys(totals(est).keys["weighting"].to_list()):
        whole = totals(est, weighting)
        added = whole.contrast(np.ones(len(whole)))
        assert (added.value[0], added.se[0]) == pytest.approx((gap.value[0], gap.se[0]), rel=1e-9)
        for i, term in enumerate(whole.keys["contrast"].to_list()):
            rows = est.select(contrast=term, weighting=weighting)
            parts = rows.take([v is not None for v in rows.keys["indicator"].to_list()]) if len(rows) > 1 else rows
            again = parts.contrast(np.ones(len(parts)))
            assert (again.value[0], again.se[0]) == pytest.approx((whole.value[i], whole.se[i]), rel=1e-7, abs=1e-12)


SMALL = settings(max_examples=8, deadline=None)


@SMALL
@given(seed=st.integers(0, 10_000), method=st.sampled_from(list(METHODS)))
def test_swapping_groups_flips_the_difference(seed: int, method: str) -> None:
    survey = survey_of(bench.simulated(40, seed=seed, rows=12))
    there = METHODS[method](survey)
    back = METHODS[method](survey, compare="majority", reference="minority")
    one, other = (e.select(contrast="difference") for e in (there, back))
    assert one.value[0] == pytest.approx(-other.value[0], rel=1e-12)
    assert one.se[0] == pytest.approx(other.se[0], rel=1e-9)
    assert other.keys["group"].at(0) == "majority - minority"
    if method in ("twofold", "logit"):  # the coefficients of one group, whichever it is called
        for term in ("explained", "unexplained"):
            a, b = (totals(e, "majority").select(contrast=term) for e in (there, back))
            assert (a.value[0], a.se[0]) == pytest.approx((-b.value[0], b.se[0]), rel=1e-7)


@SMALL
@given(seed=st.integers(0, 10_000), method=st.sampled_from(list(METHODS)))
def test_labels_order_and_scale_do_not_matter(seed: int, method: str) -> None:
    frame = bench.simulated(40, seed=seed, rows=12)
    there = METHODS[method](survey_of(frame))
    # the categories in another order, so that another one is left out; rows shuffled; weights and a covariate rescaled
    again = frame.assign(
        area=frame.area.map({"rural": "a", "urban": "b"}), work=frame.work.map({"farm": "z", "own": "y", "wage": "x"}),
        weight=frame.weight * 7, school=frame.school * 12,
    ).sample(frac=1, random_state=1)  # fmt: skip
    back = METHODS[method](survey_of(again))
    rows = [there.keys["indicator"].to_list(), back.keys["indicator"].to_list()]
    names = {"work: z": "work: farm", "work: y": "work: own", "work: x": "work: wage", "area: a": "area: rural",
             "area: b": "area: urban"}  # fmt: skip
    key = [
        [(e.keys["contrast"].at(i), e.keys["weighting"].at(i), e.keys["group"].at(i), names.get(v, v))
         for i, v in enumerate(n)] for e, n in zip((there, back), rows, strict=True)
    ]  # fmt: skip
    order = [key[1].index(k) for k in key[0]]
    assert back.value[order] == pytest.approx(there.value, rel=1e-7, abs=1e-9 * np.abs(there.value).max())
    if method != "fairlie":  # its slopes are taken over bands, which need not fall alike
        assert back.se[order] == pytest.approx(there.se, rel=1e-6, abs=1e-9 * there.se.max())


def test_the_detail_depends_on_the_category_left_out_unless_normalised(frame: pd.DataFrame) -> None:
    other = frame.assign(work=frame.work.map({"farm": "z", "own": "y", "wage": "x"}))

    def constant(data: pd.DataFrame, **options: Any) -> float:
        est = mpi.decompose.oaxaca(survey_of(data), "income", X, **BOTH, **options)
        return values(est, "unexplained", ("(constant)",))[0]

    assert constant(frame) == pytest.approx(constant(other), rel=1e-9)
    assert abs(constant(frame, normalise=False) - constant(other, normalise=False)) > 1e-3


@SMALL
@given(seed=st.integers(0, 10_000), value=st.floats(-5, 5))
def test_a_constant_covariate_contributes_nothing(seed: int, value: float) -> None:
    frame = bench.simulated(40, seed=seed, rows=12)
    plain = mpi.decompose.oaxaca(survey_of(frame), "income", ["school"], **BOTH)
    with pytest.warns(mpi.MpiWarning, match="'same': the same for everyone"):
        est = mpi.decompose.oaxaca(survey_of(frame, same=value), "income", ["school", "same"], **BOTH)
    flat = est.select(indicator="same")
    assert flat.value.tolist() == [0, 0]
    assert flat.se.tolist() == [0, 0]
    others = est.select(indicator=[None, "(constant)", "school"])
    assert np.sort(others.value) == pytest.approx(np.sort(plain.value), rel=1e-12)


# --- Fairlie --------------------------------------------------------------------------------------------------------


def test_fairlie_is_the_limit_of_random_draws_and_orders(frame: pd.DataFrame) -> None:
    """The procedure as Fairlie describes it: draws by weight, pairs by rank, covariates switched in random order."""
    est = mpi.decompose.fairlie(survey_of(frame), "poor", X, **BOTH, coefficients="reference")
    where = (frame.group == "majority").to_numpy()
    b = mpi.decompose.regression(survey_of(frame), "poor", X, link="logit", where=where)
    slope = dict(zip(b.keys["indicator"].to_list(), b.value, strict=True))
    index = np.column_stack([
        slope["school"] * frame.school, slope["size"] * frame["size"],
        frame.area.map(lambda v: slope[f"area: {v}"]), frame.work.map(lambda v: slope[f"work: {v}"]),
    ])  # fmt: skip

    def share(parts: np.ndarray) -> float:
        return float(np.mean(1 / (1 + np.exp(-parts.sum(axis=1) - slope["(constant)"]))))

    rng = np.random.default_rng(11)
    total, repeats, n = np.zeros(4), 300, 1500
    for _ in range(repeats):
        sides = []
        for g in ("minority", "majority"):
            rows = np.flatnonzero(frame.group == g)
            drawn = rng.choice(rows, n, p=frame.weight[rows] / frame.weight[rows].sum())
            sides.append(index[drawn[np.argsort(index[drawn].sum(axis=1), kind="stable")]])
        now, other = sides
        before = share(now)
        for k in rng.permutation(4):
            now[:, k] = other[:, k]
            after = share(now)
            total[k] += (before - after) / repeats
            before = after
    parts = values(est, "explained", ("school", "size", "area", "work"))
    assert parts == pytest.approx(total, abs=2.5e-3)  # a draw's error is 0.02, that of 400 is 0.001


def test_fairlie_total_is_that_of_yun_with_the_coefficients_of_a_group(frame: pd.DataFrame) -> None:
    survey = survey_of(frame)
    sides: dict[str, Any] = {"coefficients": ["reference", "compared"]}
    f = mpi.decompose.fairlie(survey, "poor", X, **BOTH, **sides)
    y = mpi.decompose.yun(survey, "poor", X, **BOTH, **sides)
    for weighting in ("majority", "minority"):
        a, b = totals(f, weighting), totals(y, weighting)
        assert a.value == pytest.approx(b.value, rel=1e-9)
        assert a.se == pytest.approx(b.se, rel=1e-9)


def test_random_orders_come_near_all_orders() -> None:
    def shapley(orders: Orders) -> np.ndarray:
        worth = (orders.sets @ np.array([1.0, 2, 3, 4])) ** 2
        return orders.weight @ worth

    assert shapley(_every(4)) == pytest.approx([-10, -20, -30, -40], rel=1e-12)
    assert shapley(_some(4, 4000, 0)) == pytest.approx([-10, -20, -30, -40], rel=0.02)
    assert shapley(_some(4, 1, 0)).sum() == pytest.approx(-100, rel=1e-12)


def test_fairlie_with_many_covariates(frame: pd.DataFrame) -> None:
    rng = np.random.default_rng(1)
    more = {f"x{j}": rng.normal(size=len(frame)) for j in range(11)}
    est = mpi.decompose.fairlie(survey_of(frame, **more), "poor", list(more), **BOTH, orders=6)
    parts = est.select(contrast="explained", indicator=list(more))
    assert parts.value.sum() == pytest.approx(est.select(contrast="explained", indicator=None).value[0], abs=1e-12)


# --- groups, outcomes, tables ---------------------------------------------------------------------------------------


def one_round(**options: Any) -> dict[str, Any]:
    return {"group": "ethnicity", "reference": "Kinh", "where": lambda f: f["year"] == 2018, **options}


def test_compared_groups_are_joined_and_named() -> None:
    survey = mpi.load_sample()
    every = mpi.decompose.oaxaca(survey, "income", ["age"], **one_round())
    assert every.keys["group"].values[-1] == "not Kinh - Kinh"
    two = mpi.decompose.oaxaca(survey, "income", ["age"], **one_round(compare=["Hmong", 2]))
    assert two.keys["group"].values[-1] == "Hmong + Tày - Kinh"
    assert two.keys["wave"].values == (2018,)
    assert two.select(contrast="difference").n[0] == two.select(group="Hmong + Tày").n[0]


def test_the_outcome_of_a_measure_has_the_mean_that_estimate_gives() -> None:
    survey, measure = mpi.load_sample(), mpi.load_measure("gso-mdp")
    est = mpi.estimate(survey, measure, by=["ethnicity"]).select(group="Kinh", wave=2018)
    for outcome, statistic in {"poor": "H", "censored_score": "M0"}.items():
        with pytest.warns(mpi.MpiWarning, match=r"rows are dropped.*missing: \w+ in \d+"):
            found = mpi.decompose.oaxaca(survey, outcome, ["age", "area"], **one_round(measure=measure))
        level = found.select(group="Kinh")
        assert level.value == pytest.approx(est.select(statistic=statistic).value, rel=1e-12)
        assert level.se == pytest.approx(est.select(statistic=statistic).se, rel=1e-9)


def test_tables_tests_and_files(frame: pd.DataFrame, tmp_path: Path) -> None:
    est = METHODS["twofold"](survey_of(frame))
    assert "mean of income: school, explained, pooled coefficients" in est.publish().columns
    est.to_csv(tmp_path / "gap.csv")
    est.to_excel(tmp_path / "gap.xlsx")
    joint = est.select(contrast="explained", weighting="pooled", indicator=["school", "size"]).wald_test()
    assert 0 <= joint.pvalue <= 1
    assert est.about["outcome"] == "income"


# --- what is refused ------------------------------------------------------------------------------------------------


def refused(match: str, frame: pd.DataFrame, method: str = "oaxaca", **options: Any) -> None:
    asked: dict[str, Any] = {**BOTH, "outcome": "poor", "covariates": X, **options}
    with pytest.raises(mpi.MpiError, match=match):
        getattr(mpi.decompose, method)(survey_of(frame), **asked)


def test_collinear_covariates_are_named(frame: pd.DataFrame) -> None:
    twice = frame.assign(months=frame.school * 12 + frame["size"])
    refused(r"collinear in minority: '\w+' follows from", twice, covariates=["school", "size", "months"])
    town = frame.assign(town=np.where(frame.group == "minority", 1.0, frame.school > 9))
    refused("collinear in minority: 'town' does not vary", town, covariates=["size", "town"])


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_separation_is_named(frame: pd.DataFrame, link: str) -> None:
    told = frame.assign(sign=frame.poor * (1 + frame["size"]))
    refused("in minority, .*'sign'.* separate", told, "yun", covariates=["school", "sign"], link=link)
    part = frame.assign(sign=frame.poor * (frame["size"] > 4))  # nobody with the sign is not poor: quasi-separation
    refused(
        "in minority, 'sign' separates",
        part,
        "fairlie",
        covariates=["size", "sign"],
        link=link,
        coefficients="compared",
    )


def test_other_refusals(frame: pd.DataFrame) -> None:
    refused("must be 0 or 1", frame, "yun", outcome="income")
    refused("everyone in minority", frame.assign(poor=np.where(frame.group == "minority", 1.0, frame.poor)), "yun")
    refused("nobody in minority has 'urban' in 'area'", frame[(frame.group != "minority") | (frame.area == "rural")])
    refused("no group 'majorty'; did you mean 'majority'", frame, reference="majorty")
    refused("must be another than the reference", frame, compare="majority")
    refused("no column 'schol'; did you mean 'school'", frame, covariates=["schol"])
    refused("no kind 'numbr'", frame, covariates={"school": "numbr"})
    refused("there is none", frame, covariates=[])
    refused("a list of columns is needed, not None", frame, covariates=None)
    refused("stands twice", frame, covariates=["school", "school"])
    for method in ("oaxaca", "yun", "fairlie"):
        refused("the column of the groups is needed, not None", frame, method, group=None)
    refused("is among the covariates, and would explain itself", frame, covariates=["school", "poor"])
    refused("'poor' is 1 for everyone: there is nothing to explain", frame.assign(poor=1.0))
    refused(r"nobody in minority has 'majority' in 'group'", frame, covariates=["school", "group"])
    fine = frame.assign(school=frame.school + frame.index / 1e4)
    refused(r"nobody in minority has .* and \d+ more in 'school'", fine, covariates={"school": "category"})
    refused("nobody is left in 'minority'", frame.assign(weight=frame.weight * (frame.group != "minority")))
    refused("there is no group 'minority'", frame, where=lambda f: f["group"] == "majority")
    refused("the domain is empty", frame, where=lambda f: f["size"] > 99)
    refused("orders: a whole number of at least 1", frame, "fairlie", orders=True)
    refused("seed: a whole number of at least 0", frame, "fairlie", seed="one")
    refused("no choice 'both'", frame, coefficients="both")
    refused("seen from one group", frame, form="threefold", coefficients="pooled")
    refused("no option 'were'", frame, were="poor")
    refused("level 95", frame, level=95)
    few = frame[(frame.group == "majority") | (frame.groupby("group").cumcount() < 6)]
    few = few[(few.group == "majority") | (few.area == few.area[few.group == "minority"].iloc[0])]
    refused("minority has 6 cases for 7 coefficients", few.assign(u=few.poor, v=few.income, w=few.weight),
            outcome="income", covariates=["school", "size", "u", "v", "w", "psu"])  # fmt: skip
    with pytest.raises(mpi.MpiError, match=r"of 2 rounds \(2016, 2018\); choose one"):
        mpi.decompose.oaxaca(mpi.load_sample(), "income", ["age"], group="ethnicity", reference="Kinh")


def test_groups_may_be_called_anything_that_tells_them_apart(frame: pd.DataFrame) -> None:
    def named(minority: str, majority: str) -> pd.DataFrame:
        return frame.assign(group=np.where(frame.group == "minority", minority, majority))

    for method in METHODS.values():
        plain = method(survey_of(frame))
        for a, b in (("detail", "F"), ("x", "x | x")):
            found = method(survey_of(named(a, b)), compare=a, reference=b)
            assert found.value == pytest.approx(plain.value, rel=1e-9, nan_ok=True)
            assert found.se == pytest.approx(plain.se, rel=1e-9, nan_ok=True)
    refused("a group is called 'pooled', as the coefficients", named("x", "pooled"), reference="pooled", compare="x",
            coefficients=["reference", "pooled"])  # fmt: skip
    three = np.where(frame.group == "majority", "a + b", np.where(frame.area == "rural", "a", "b"))
    refused("together are called 'a [+] b', as the reference is", frame.assign(group=three), reference="a + b",
            compare=["a", "b"], covariates=["school"])  # fmt: skip


def test_a_code_goes_before_a_label(frame: pd.DataFrame) -> None:
    """Codes 1 and 2 whose labels are each other: the number is a code, the text a label."""
    coded = frame.assign(group=np.where(frame.group == "minority", 1, 2))
    survey = mpi.Survey(coded, weight="weight", strata="stratum", psu="psu", labels={"group": {1: "2", 2: "1"}})
    for reference, sign in ((2, 1), (1, -1), ("1", 1), ("2", -1)):
        est = mpi.decompose.oaxaca(survey, "income", ["school"], group="group", reference=reference)
        plain = METHODS["twofold"](survey_of(frame)).select(contrast="difference").value[0]
        assert est.select(contrast="difference").value[0] == pytest.approx(sign * plain)


def test_who_weighs_nothing_has_no_part(frame: pd.DataFrame) -> None:
    """Not even in which categories there are."""
    gone = (frame.work == "farm").to_numpy()
    light = METHODS["twofold"](survey_of(frame, weight=frame.weight.mask(gone, 0.0)))
    inside = METHODS["twofold"](survey_of(frame), where=~gone)
    assert light.value == pytest.approx(inside.value, rel=1e-9)
    assert light.se == pytest.approx(inside.se, rel=1e-9)


def test_a_group_in_one_psu_shows_no_variation(frame: pd.DataFrame) -> None:
    one = frame.assign(group=np.where(frame.psu == 3, "minority", "majority"))
    with pytest.warns(mpi.MpiWarning, match="minority has 12 cases"):
        est = mpi.decompose.oaxaca(survey_of(one), "income", ["school", "size"], **BOTH)
    level = est.select(contrast="level", group="minority")
    assert level.flag.at(0) == "one PSU in group"
    assert np.isnan(level.table[["se", "ci_low"]].iloc[0]).all()
    gap = est.select(contrast="difference")
    assert gap.flag.at(0) == "one PSU in minority: no error"
    assert np.isnan(gap.se[0])
    assert np.isfinite(gap.value[0])


@pytest.mark.parametrize("rule", ["certainty", "centered", "scaled"])
def test_rules_for_strata_with_one_psu_are_those_of_means(frame: pd.DataFrame, rule: str) -> None:
    alone = frame.assign(psu=np.where(frame.stratum == 0, 0, frame.psu))
    survey = mpi.Survey(alone, weight="weight", strata="stratum", psu="psu", single_psu=rule)
    plain = mpi.mean(survey, "income", by=["group"]).select(by="group", group=["minority", "majority"])
    est = METHODS["twofold"](survey)
    assert est.select(contrast="difference").se[0] == pytest.approx(plain.contrast([1, -1]).se[0], rel=1e-9)


def test_detail_is_undefined_where_there_is_nothing_to_share_out(frame: pd.DataFrame) -> None:
    """The same persons twice: no difference, so that the shares in it are 0 / 0."""
    twice = pd.concat([frame.assign(group=g) for g in bench.GROUPS])
    est = mpi.decompose.yun(survey_of(twice), "poor", ["school"], **BOTH, coefficients="reference")
    detail = est.select(contrast="explained", indicator="school")
    assert np.isnan(detail.value[0])
    assert detail.flag.at(0) == "divides by what may be 0: error too small"


def test_missing_values_are_dropped_and_told(frame: pd.DataFrame) -> None:
    holes = frame.assign(school=frame.school.mask(frame.index % 10 == 0), work=frame.work.mask(frame.index % 15 == 0))
    with pytest.warns(mpi.MpiWarning, match=r"192 of 1,440 rows are dropped, .*: school in 144, work in 96"):
        est = mpi.decompose.oaxaca(survey_of(holes), "income", X, **BOTH)
    whole = holes.dropna()
    assert est.select(contrast="level").value == pytest.approx(
        [np.average(g.income, weights=g.weight) for g in (whole[whole.group == v] for v in ("minority", "majority"))]
    )


def test_small_groups_are_told(own: mpi.Survey) -> None:
    with pytest.warns(mpi.MpiWarning, match="fewer than ten for each"):
        mpi.decompose.oaxaca(
            own, "inc", {"hhsize": "number", "urb": "category", "d1": "number", "d2": "number"}, **GROUPS
        )
