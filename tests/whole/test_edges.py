"""Edges where a number could come out that is none, or none where there is one."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest

import mpi
from mpi.core.errors import MpiWarning

MEASURE = mpi.Measure.nested("m", {"x": ["d0", "d1"], "y": ["d2", "d3"]}, cutoff="1/2")
NAMES = list(MEASURE.names)


def frame(seed: int = 1, n: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    base = pd.DataFrame([(h, c) for h in range(4) for c in range(3)], columns=["h", "c"])
    more = pd.DataFrame({"h": rng.integers(0, 4, n - 12), "c": rng.integers(0, 3, n - 12)})
    f = pd.concat([base, more], ignore_index=True)
    f["w"] = rng.uniform(0.5, 3, n)
    f["g"] = rng.choice(["a", "b", "c"], n)
    f["hh"] = np.arange(n) // 3
    for name in NAMES:
        f[name] = rng.integers(0, 2, n)
    return f


def survey(f: pd.DataFrame, **options: object) -> mpi.Survey:
    return mpi.Survey(f, **{"weight": "w", "strata": "h", "psu": "c", "shared_psus": False, **options})


# --- households -----------------------------------------------------------------------------------------------------


def households() -> pd.DataFrame:
    f = frame()
    first = f.groupby("hh").transform("first")
    f[["h", "c", "w", *NAMES]] = first[["h", "c", "w", *NAMES]]
    return f


def test_household_figures_do_not_depend_on_the_order_of_rows() -> None:
    f = households()
    a, b = (mpi.estimate(survey(x, household="hh"), MEASURE, unit="household") for x in (f, f.iloc[::-1]))
    assert a.value == pytest.approx(b.value, abs=1e-14)
    assert a.se == pytest.approx(b.se, abs=1e-14)


def test_what_varies_in_a_household_is_refused() -> None:
    f = households().assign(child=lambda x: np.arange(len(x)) % 2)
    f.loc[4, "d1"] = 1 - f.loc[4, "d1"]
    s = survey(f, household="hh")
    with pytest.raises(mpi.MpiError, match="'d1' differs between members") as caught:
        mpi.estimate(s, MEASURE, unit="household", where="child")
    assert any("condition differs" in p for p in caught.value.problems)
    with pytest.raises(mpi.MpiError, match="'d1' differs"):
        mpi.mean(s, "d1", unit="household")


def test_households_without_psus() -> None:
    f = households().assign(hh=lambda x: np.arange(len(x)) // 3)
    s = mpi.Survey(f, weight="w", household="hh")
    assert mpi.mean(s, "d0", unit="household").n[0] == 100
    assert mpi.estimate(s, MEASURE).n[0] == 300


# --- rounds ---------------------------------------------------------------------------------------------------------


def test_a_domain_that_leaves_out_the_first_round() -> None:
    f = pd.concat([frame(1).assign(t=1), frame(2).assign(t=2)])
    s = survey(f, wave="t")
    later = mpi.estimate(s, MEASURE, by=["g"], where=nw.col("t") == 2)
    alone = mpi.estimate(survey(frame(2)), MEASURE, by=["g"])
    assert set(later.keys["wave"].to_list()) == {2}
    assert later.value == pytest.approx(alone.value, abs=1e-14)
    assert later.se == pytest.approx(alone.se, abs=1e-14)


def test_a_group_that_is_in_one_round_only() -> None:
    f = pd.concat([frame(1).assign(t=1, g=lambda x: x.g.replace("c", "b")), frame(2).assign(t=2)])
    est = mpi.estimate(
        survey(f, wave="t"), MEASURE, by=["g"], statistics=["H", "population_share", "group_contribution"]
    )
    assert est.select(group="c").keys["wave"].to_list() == [2, 2, 2]
    for wave in (1, 2):
        assert est.select(statistic="population_share", wave=wave).value.sum() == pytest.approx(1, abs=1e-14)


def test_rounds_whose_columns_have_other_names() -> None:
    a = mpi.Survey(frame(1).assign(s1=2), weight="w", size="s1")
    b = mpi.Survey(frame(2).assign(s1=2, s2=3), weight="w", size="s2")
    with pytest.raises(mpi.MpiError, match="size columns have different names, 's1', 's2'"):
        mpi.pool({1: a, 2: b})


def test_sharing_what_is_not_there() -> None:
    rows = mpi.Survey(frame(), weight="w", strata="h")
    with pytest.raises(mpi.MpiError, match="no PSUs to share"):
        mpi.pool({1: rows, 2: rows}, shared_psus=True)
    with pytest.raises(mpi.MpiError, match="no rounds to share"):
        survey(frame(), shared_psus=True)
    texts = survey(frame().assign(h=lambda f: f.h.map(str)))
    with pytest.warns(MpiWarning, match="share no PSU"):
        mpi.pool({1: survey(frame()), 2: texts}, shared_psus=True)


def test_labels_that_contradict_each_other() -> None:
    a, b = (survey(frame(), labels={"h": {0: name}}) for name in ("North", "South"))
    with pytest.raises(mpi.MpiError, match="'h': 0 is 'North' in 1 and 'South' in 2, and 1, 2, 3 have no label"):
        mpi.pool({1: a, 2: b}, shared_psus=False)
    assert mpi.pool({1: a, 2: b}, shared_psus=False, labels="first").labels["h"] == {0: "North"}


def test_degrees_of_freedom_of_rounds_that_share_some_psus() -> None:
    one = frame(1)
    f = pd.concat([one.assign(t=1), frame(2).assign(t=2, c=lambda x: x.c + 10)])
    rotated = survey(f, wave="t", shared_psus=True)  # no PSU stays: as good as independent
    assert rotated.design.df([0, 1]) == survey(f, wave="t").design.df([0, 1]) == 16
    g = pd.concat([one.assign(t=1), frame(2).assign(t=2, c=lambda x: np.where(x.h == 0, x.c, x.c + 10))])
    half = survey(g, wave="t", shared_psus=True)  # stratum 0 stays: 3 + 18 PSUs in 1 + 6 strata
    assert half.design.df([0, 1]) == 14


# --- degenerate numbers ---------------------------------------------------------------------------------------------


def test_poor_in_one_psu_only() -> None:
    f = frame()
    f.loc[(f.h != 0) | (f.c != 0), NAMES] = 0
    est = mpi.estimate(survey(f), MEASURE, statistics=["H", "A", "contribution_share", "inequality"])
    assert est.select(statistic="A").n_psu[0] == 1
    assert est.select(statistic="H").n_psu[0] == 12
    table = est.select(statistic=["A", "inequality"]).table
    assert (table["flag"] == "one PSU in group").all()
    assert table["ci_low"].isna().all()


def test_scores_that_are_all_the_same_have_no_interval() -> None:
    f = frame()
    f[NAMES] = np.array([1, 1, 0, 0]) * (f.d0.to_numpy()[:, None])
    a = mpi.estimate(survey(f), MEASURE, statistics=["A"])
    assert (a.value[0], a.se[0]) == (0.5, 0.0)
    assert a.table["flag"][0] == "no variation between PSUs: no interval"
    assert np.isnan(a.table["ci_low"][0])
    assert np.isnan(a.pvalues()[0])
    with pytest.raises(mpi.MpiError, match=r"not known.*: A total \(no variation between PSUs"):
        a.wald_test(value=0.3)


def test_an_undefined_estimate_has_no_covariance() -> None:
    est = mpi.estimate(survey(frame().assign(**dict.fromkeys(NAMES, 0))), MEASURE, statistics=["H", "A"])
    V = est.vcov()
    assert V[0, 0] == 0
    assert np.isnan(V[1]).all()
    assert np.isnan(V[:, 1]).all()


def test_a_total_of_nothing_observed_is_unknown() -> None:
    f = frame().assign(y=lambda x: np.where(x.g == "a", np.nan, 1.0))
    est = mpi.total(survey(f), "y", by=["g"])
    a = est.select(by="g", group="a")
    assert np.isnan(a.value[0])
    assert a.table["flag"][0] == "no complete cases in group"


def test_a_ratio_may_have_a_negative_total_below() -> None:
    f = frame().assign(y=1.0, x=-2.0)
    assert mpi.ratio(survey(f), "y", "x").value[0] == -0.5


def test_statistics_that_only_groups_have() -> None:
    est = mpi.estimate(survey(frame()), MEASURE, by=["g"], statistics=["population_share"])
    assert est.keys["by"].to_list() == ["g"] * 3
    for wanted in (["population_share"], ["severe"]):
        with pytest.raises(mpi.MpiError, match="nothing to estimate"):
            mpi.estimate(survey(frame()), MEASURE, statistics=wanted)
    with pytest.raises(mpi.MpiError, match="statistics is empty"):
        mpi.estimate(survey(frame()), MEASURE, statistics=[])


def test_cases_of_an_indicator_when_weights_move() -> None:
    f = frame().assign(d0=lambda x: np.where(x.index % 3 == 0, np.nan, x.d0))
    f.loc[f.g == "a", "d0"] = np.nan
    est = mpi.estimate(survey(f), MEASURE.with_missing("reweight"), by=["g"])
    for statistic in ("uncensored_headcount", "censored_headcount"):
        rows = est.select(statistic=statistic, indicator="d0")
        assert rows.select(by="total").n[0] == f.d0.notna().sum()
        unseen = rows.select(by="g", group="a")
        assert np.isnan(unseen.value[0])
        assert unseen.n[0] == 0
        assert unseen.table["flag"][0] == "not observed in group"


def test_a_stratum_taken_whole_needs_no_rule() -> None:
    f = frame()
    f = f[(f.h != 0) | (f.c == 0)].assign(N=lambda x: np.where(x.h == 0, 1, 30))
    taken = mpi.estimate(survey(f, fpc="N"), MEASURE, statistics=["H"])
    certain = mpi.estimate(survey(f, fpc="N", single_psu="certainty"), MEASURE, statistics=["H"])
    assert taken.se[0] == certain.se[0] > 0


@pytest.mark.parametrize("rule", ["centered", "scaled", "certainty"])
@pytest.mark.parametrize("in_group", ["keep", "adjust"])
def test_shares_of_the_whole_add_up_with_no_error(rule: str, in_group: str) -> None:
    f = frame()
    f = f[(f.h != 0) | (f.c == 0)].assign(region=lambda x: x.h // 2)
    s = survey(f, single_psu=rule, single_in_group=in_group)
    est = mpi.estimate(
        s, MEASURE, by=["region", "g"], statistics=["population_share", "poor_share", "group_contribution"]
    )
    for by in ("region", "g"):
        for statistic in ("population_share", "poor_share", "group_contribution"):
            shares = est.select(by=by, statistic=statistic)
            whole = shares.contrast(np.ones(len(shares)))
            assert whole.value[0] == pytest.approx(1, abs=1e-14)
            assert whole.se[0] == pytest.approx(0, abs=1e-9)


def test_totals_that_barely_vary_keep_their_covariance() -> None:
    f = pd.DataFrame({"h": np.repeat([0, 1], 50), "c": np.arange(100) // 5})
    f["y"] = 1e9 + np.random.default_rng(0).normal(size=100)
    f["w"] = 1.0
    total = mpi.total(survey(f), "y")
    assert total.contrast([1]).se[0] == pytest.approx(total.se[0], rel=1e-6)
    assert np.sqrt(total.vcov()[0, 0]) == pytest.approx(total.se[0], rel=1e-6)


# --- labels ---------------------------------------------------------------------------------------------------------


def test_groups_whose_labels_would_coincide() -> None:
    f = frame().assign(p=lambda x: np.where(x.g == "a", "a × b", "a"), q=lambda x: np.where(x.g == "a", "c", "b × c"))
    est = mpi.estimate(survey(f), MEASURE, by=[("p", "q")], statistics=["H"])
    labels = est.select(by=("p", "q")).keys["group"].to_list()
    assert len(set(labels)) == 2
    empty = mpi.estimate(survey(f.assign(g=f.g.replace("a", ""))), MEASURE, by=["g"], statistics=["H"])
    assert empty.select(by="g").keys["group"].to_list() == ["", "b", "c"]


def test_a_column_of_one_value_is_one_group() -> None:
    est = mpi.estimate(survey(frame().assign(k="all")), MEASURE, by=["k", ("k", "g")], statistics=["H"])
    assert est.select(by="k").value[0] == est.select(by="total").value[0]
    assert est.select(by=("k", "g")).keys["group"].to_list() == ["all × a", "all × b", "all × c"]


def test_disaggregations_are_read_once() -> None:
    est = mpi.estimate(survey(frame()), MEASURE, by=["g", ("g",), ["g", "h"]], statistics=["H"])
    assert est.keys["by"].values == ("total", "g", "g × h")
    for by in ([("g", "g")], [()], [3]):
        with pytest.raises(mpi.MpiError, match="by"):
            mpi.estimate(survey(frame()), MEASURE, by=by)
    with pytest.raises(mpi.MpiError, match="taken for the total"):
        mpi.estimate(survey(frame().assign(total=1)), MEASURE, by=["total"])


@pytest.mark.filterwarnings("ignore:by 'k0.*cases on average")
def test_a_cross_of_many_levels_takes_the_memory_of_those_that_occur() -> None:
    f = frame(n=3000)
    rng = np.random.default_rng(0)
    names = [f"k{j}" for j in range(5)]
    f[names] = rng.integers(0, 150, (3000, 5))
    est = mpi.estimate(survey(f), MEASURE, by=[tuple(names)], statistics=["H"])
    assert len(est.select(by=tuple(names))) == len(f[names].drop_duplicates())


# --- options and odd input ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{"unit": "persons"}, {"level": 95}, {"level": "95"}, {"df": "foo"}])
def test_options_are_checked_everywhere(options: dict) -> None:
    s = survey(frame())
    for ask in (
        lambda: mpi.mean(s, "d0", **options),
        lambda: mpi.total(s, "d0", **options),
        lambda: mpi.ratio(s, "d0", "d1", **options),
        lambda: mpi.proportion(s, "g", **options),
        lambda: mpi.estimate(s, MEASURE, **options),
    ):
        with pytest.raises(mpi.MpiError, match=r"cannot be (made|done)"):
            ask()


def test_one_cutoff_need_not_be_a_list() -> None:
    for k in (Fraction(1, 2), "1/2", 0.5, Decimal("0.5")):
        assert mpi.estimate(survey(frame()), MEASURE, cutoffs=k, statistics=["H"]).keys["cutoff"].to_list() == ["1/2"]


def test_bounds_of_what_has_none_are_refused() -> None:
    with pytest.raises(mpi.MpiError, match="A has no bounds"):
        mpi.estimate(survey(frame()), MEASURE.with_missing("bounds"), statistics=["H", "A"])


def test_numbers_of_any_type() -> None:
    f = frame().assign(d0=lambda x: [Decimal(v) for v in x.d0.tolist()])
    assert mpi.estimate(survey(f), MEASURE).value == pytest.approx(mpi.estimate(survey(frame()), MEASURE).value)
    big = frame().assign(c=lambda x: x.c.astype("uint64") + np.uint64(2**63))
    assert survey(big).design.units == 12


def test_columns_of_one_name() -> None:
    f = frame()
    with pytest.raises(mpi.MpiError, match="several columns of one name"):
        survey(pd.concat([f, f[["w"]]], axis=1))


def test_conditions_of_any_kind() -> None:
    f = frame().assign(maybe=pd.array([True, None, False] * 100, dtype="boolean"))
    s = survey(f)
    with pytest.warns(MpiWarning, match="missing in 100 rows"):
        by_series = s.where(f["maybe"])
    with pytest.warns(MpiWarning, match="missing in 100 rows"):
        by_name = s.where("maybe")
    assert (by_series.domain == by_name.domain).all()
    mask = np.ones(300, bool)
    inside = s.where(mask)
    mask[:] = False
    assert inside.domain is not None
    assert inside.domain.all()


def test_rows_are_counted_in_the_file_not_in_the_domain() -> None:
    f = frame().assign(d0=lambda x: np.where(x.index == 90, 7, x.d0))
    with pytest.raises(mpi.MpiError, match="first rows 90"):
        mpi.estimate(survey(f), MEASURE, where=np.arange(300) > 80)


# --- estimates ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def est() -> mpi.Estimates:
    return mpi.estimate(survey(frame()), MEASURE, by=["g"])


def test_taking_some(est: mpi.Estimates) -> None:
    assert len(est.take([])) == 0
    assert est.take(slice(0, 3)).value.tolist() == est.value[:3].tolist()
    assert est.take(np.arange(len(est)) == 2).value.tolist() == [est.value[2]]
    assert est.take(-1).value.tolist() == [est.value[-1]]
    for wrong in ([10**6], [True, False], "H"):
        with pytest.raises(mpi.MpiError, match="cannot be taken"):
            est.take(wrong)


def test_selecting_by_a_series_and_by_nothing_that_is_there(est: mpi.Estimates) -> None:
    assert len(est.select(statistic="H", group=pd.Series(["a", "b"]))) == 2
    with pytest.raises(mpi.MpiError, match="did you mean 'statistic'"):
        est.select(statistics="H")
    with pytest.raises(mpi.MpiError, match="did you mean"):
        est.select(statistic="inequalty")
    with pytest.raises(mpi.MpiError, match="together"):
        est.select(statistic="population_share", by="total")


def test_a_function_gets_a_copy_and_may_not_be_smooth(est: mpi.Estimates) -> None:
    H = est.select(statistic="H", by="g")
    before = H.value.copy()
    H.contrast(lambda v: (v.sort(), v[-1])[1])
    assert (H.value == before).all()
    nothing = mpi.estimate(survey(frame().assign(**dict.fromkeys(NAMES, 0))), MEASURE, statistics=["H"])
    root = nothing.contrast(np.sqrt)
    assert root.value[0] == 0
    assert np.isnan(root.se[0])
    assert root.table["flag"][0] == "no derivative: no error"
    small = mpi.mean(survey(frame().assign(y=lambda x: 1e-7 * (1 + x.d0))), "y")
    logarithm = small.contrast(np.log)
    assert logarithm.se[0] == pytest.approx(small.se[0] / small.value[0], rel=1e-9)


def test_missing_estimates_in_contrasts_and_tests() -> None:
    f = frame()
    f.loc[f.g == "a", NAMES] = 0
    a = mpi.estimate(survey(f), MEASURE, by=["g"], statistics=["A"]).select(by="g")
    assert np.isnan(a.value).tolist() == [True, False, False]
    by_weights = a.contrast([0, 1, -1])
    by_function = a.contrast(lambda v: v[1] - v[2])
    assert by_weights.value[0] == by_function.value[0]
    assert by_function.se[0] == pytest.approx(by_weights.se[0], rel=1e-9)
    test = a.wald_test([0, 1, -1])
    assert test.pvalue == pytest.approx(by_weights.pvalues()[0], rel=1e-10)
    undefined = a.contrast([1, -1, 0])
    assert np.isnan(undefined.value[0])
    assert undefined.table["flag"][0] == "undefined"
    with pytest.raises(mpi.MpiError, match="some estimates are missing"):
        a.wald_test([1, -1, 0])


def test_tests_do_not_depend_on_units_and_know_their_rounds() -> None:
    f = pd.concat([frame(1).assign(t=1), frame(2).assign(t=2)]).assign(y=lambda x: 1e9 * x.d0)
    both = mpi.mean(survey(f, wave="t"), ["y", "d1"], df="design")
    L = [[-1, 0, 1, 0], [0, -1, 0, 1]]
    test = both.wald_test(L)
    assert test.df == (2, 15)
    scaled = mpi.mean(survey(f.assign(y=f.d0), wave="t"), ["y", "d1"], df="design").wald_test(L)
    assert test.statistic == pytest.approx(scaled.statistic, rel=1e-9)
    change = both.contrast(L[0])
    assert both.wald_test(L[0]).pvalue == pytest.approx(change.pvalues()[0], rel=1e-9)
    with pytest.raises(mpi.MpiError, match="repeat each other"):
        both.wald_test([L[0], L[0]])


def test_the_groups_degrees_of_freedom_stay_through_contrasts() -> None:
    own = mpi.estimate(survey(frame().assign(r=lambda x: x.h // 2)), MEASURE, by=["r"], statistics=["H"], df="group")
    regions = own.select(by="r")
    assert regions.df.tolist() == [4, 4]
    assert regions.contrast(np.eye(2)).df.tolist() == [4, 4]


def test_unknown_intervals(est: mpi.Estimates) -> None:
    with pytest.raises(mpi.MpiError, match="no interval 'wald'"):
        est.contrast(np.ones(len(est)), interval="wald")
    with pytest.raises(mpi.MpiError, match="no method 'wald'"):
        est.with_interval("wald")
    H = est.select(statistic="H")
    assert H.with_interval("t").with_interval("logit").conf_int()[0].tolist() == H.conf_int()[0].tolist()


def test_coefficients_of_any_kind(est: mpi.Estimates) -> None:
    import scipy.sparse as sp

    H = est.select(statistic="H", by="g")
    dense = H.contrast([[1, -1, 0]])
    assert H.contrast(sp.csr_array([[1.0, -1, 0]])).se[0] == dense.se[0]
    for wrong in (["a", "b", "c"], [1, -1]):
        with pytest.raises(mpi.MpiError, match="coefficients"):
            H.contrast(wrong)
    with pytest.raises(mpi.MpiError, match="one number or a list"):
        H.contrast(lambda v: np.outer(v, v))


def test_the_order_that_was_asked_for_is_the_order_of_the_signs(est: mpi.Estimates) -> None:
    asked = est.select(statistic="H", group=["c", "a"])
    assert asked.keys["group"].to_list() == ["c", "a"]
    gap = asked.contrast([1, -1])
    assert gap.keys["group"].to_list() == ["c - a"]
    back = est.select(group=["a", "c"], statistic="H").contrast([-1, 1])
    assert back.keys["group"].to_list() == ["c - a"]
    assert back.value[0] == pytest.approx(gap.value[0], abs=1e-15)
    two = est.select(group=["b", "a"], statistic=["H", "M0"])
    assert list(zip(two.keys["group"].to_list(), two.keys["statistic"].to_list(), strict=True)) == [
        ("b", "H"), ("b", "M0"), ("a", "H"), ("a", "M0"),
    ]  # fmt: skip


def test_a_sum_of_parts_rests_on_all_of_them_a_difference_on_the_smaller(est: mpi.Estimates) -> None:
    shares = est.select(statistic="population_share")
    n = shares.n
    assert shares.contrast([1, 1, 0]).n[0] == n[0] + n[1]
    assert shares.contrast([1, -1, 0]).n[0] == min(n[:2])


def test_what_a_reader_must_know_goes_with_the_numbers() -> None:
    s = survey(households(), household="hh")
    said = [mpi.estimate(s, MEASURE, unit=u).about["counted"] for u in ("person", "household")]
    assert said == ["persons (one row each)", "households"]
    assert mpi.mean(survey(frame()), "d0").about["counted"] == "persons, every row taken for one"
    assert "complete cases" in mpi.estimate(s, MEASURE).about["missing answers"]
    assert mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp")).titles["toilet"] == "Toilet"


def test_odd_things_handed_over() -> None:
    f = frame()
    for ask in (
        lambda: mpi.estimate(f, MEASURE),
        lambda: mpi.mean(f, "d0"),
    ):
        with pytest.raises(mpi.MpiError, match="a Survey is needed, not DataFrame"):
            ask()
    with pytest.raises(mpi.MpiError, match="weight: a column's name was expected, not Series"):
        mpi.Survey(f, weight=f.w)
    assert survey(f).where(lambda d: d.g == "a").domain.sum() == (f.g == "a").sum()
    with pytest.raises(mpi.MpiError, match="condition fails on the frame"):
        survey(f).where(lambda d: d.nothing == 1)
    H = mpi.estimate(survey(f), MEASURE, by="g", statistics=["H"])
    assert H.keys["by"].values == ("total", "g")
    for wrong in (lambda _: "a", lambda v: v["H"]):
        with pytest.raises(mpi.MpiError, match="function fails"):
            H.contrast(wrong)
    with pytest.raises(mpi.MpiError, match="missing or infinite"):
        H.contrast([np.nan] * len(H))
