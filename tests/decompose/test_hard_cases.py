"""What breaks decompositions in practice: rounds and groups that are not there, cases that rest on little, misuse."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import mpi
from mpi import decompose

MEASURE = mpi.Measure.nested("m", {"one": ["a", "b"], "two": ["c", "d"]}, cutoff="1/2")
DESIGN = {"weight": "w", "strata": "stratum", "psu": "psu"}
ONE = mpi.Measure.nested("one", {"x": ["d"]}, cutoff=1)


def people(rounds: tuple = (2010, 2013), n: int = 500, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.integers(0, 2, (n, 4)).astype(float), columns=list("abcd"))
    frame["round"], frame["psu"] = rng.choice(rounds, n), rng.integers(0, 16, n)
    frame["stratum"], frame["w"] = frame.psu % 4, rng.uniform(0.5, 3, n)
    return frame.assign(g=rng.choice(["p", "q", "r"], n), x=rng.choice(["u", "v"], n))


def estimated(frame: pd.DataFrame, measure: mpi.Measure = MEASURE, **options: object) -> mpi.Estimates:
    survey = mpi.Survey(frame, wave="round", shared_psus=True, **DESIGN)
    return mpi.estimate(survey, measure, by=["g", ("g", "x")], **options)


def without(frame: pd.DataFrame, group: str, year: int) -> pd.DataFrame:
    return frame[~((frame.g == group) & (frame["round"] == year))]


def test_headcounts_of_those_observed_are_left_out_of_what_adds_up() -> None:
    """Under `reweight` they are of other people in each group; M0, H and contributions add up all the same."""
    frame = people()
    for column in "abcd":
        frame.loc[np.random.default_rng(ord(column)).random(len(frame)) < 0.15, column] = np.nan
    est = estimated(frame, MEASURE.with_missing("reweight"))
    made = [
        decompose.groups(est, "g"),
        decompose.shapley(est, by="g"),
        decompose.kitagawa(est, by="g", across="x", group="p", reference="q"),
    ]
    for found in made:
        assert set(found.keys["statistic"].to_list()) == {"M0", "H", "contribution"}
        assert found.about["left out"].startswith("uncensored_headcount and censored_headcount: of those observed")
    with pytest.raises(mpi.MpiError, match="of those observed"):
        decompose.groups(est.select(statistic=["uncensored_headcount", "population_share"]), "g")
    with pytest.raises(mpi.MpiError, match="population shares do not weigh"):
        decompose.disparity(est, "g", statistics="censored_headcount")


def test_a_group_without_complete_cases_has_no_part_in_a_change() -> None:
    frame = people()
    frame.loc[frame.g == "r", "a"] = np.nan
    est = estimated(frame)
    found = decompose.shapley(est, by="g").select(statistic="M0")
    nobody = found.select(group="r")
    assert nobody.value.tolist() == [0.0] * 4
    assert set(nobody.flag.to_list()) == {"no complete cases in group in both rounds: it has no part"}
    total = found.select(group="all groups", contrast=["population_effect", "within_effect"])
    assert total.value.sum() == pytest.approx(decompose.change(est).select(statistic="M0", by="total").value[0])
    gap = decompose.kitagawa(est, by="g", across="x", group="p", reference="r").select(statistic="M0")
    assert set(gap.flag.to_list()) == {"no complete cases in group: r"}


def test_parts_that_are_missing_do_not_add_up() -> None:
    from mpi.results.dual import figures_of
    from mpi.results.terms import adds_up

    figures = figures_of(estimated(people()))
    with pytest.raises(mpi.MpiError, match="partly undefined"):
        adds_up(figures * np.nan, figures, "a test")


def test_the_number_of_poor_rests_on_the_cases_once() -> None:
    est = estimated(people())
    number = decompose.groups(est, "g", population=1e6).select(statistic="number_of_poor")
    rate = est.select(by="g", statistic="H")
    assert number.n.tolist() == rate.n.tolist()
    assert number.n_psu.tolist() == rate.n_psu.tolist()


def test_terms_without_slope_rest_on_what_they_are_made_of() -> None:
    """Where nobody is poor in both rounds, effects are 0 with slope 0: they still have cases and degrees of freedom."""
    frame = people()
    frame.loc[frame.g == "r", list("abcd")] = 0
    est = estimated(frame, statistics=["M0", "H", "A", "population_share"])
    found = decompose.shapley(est, by="g").select(group="r")
    least = est.select(by="g", group="r", statistic="H").n.min()
    assert set(found.n.tolist()) == {least}
    assert set(found.df.tolist()) == {12.0}
    assert set(found.flag.to_list()) == {"a term has no estimable error: no error"}
    assert found.value.tolist() == [0.0] * len(found)
    assert np.isnan(found.se).all()
    again = decompose.change(est).select(group="r", statistic="H", contrast="relative_change")
    assert again.n[0] == least


def test_a_derived_number_says_why_it_has_no_interval() -> None:
    frame = pd.DataFrame({"d": [0, 1, 1, 0], "g": ["a", "a", "b", "b"], "p": [1, 1, 2, 2], "s": [1, 1, 2, 2]})
    survey = mpi.Survey(frame, psu="p", strata="s", single_psu="centered")
    gap = decompose.gap(mpi.estimate(survey, ONE, by=["g"], statistics=["H"]), "g", kinds="difference")
    assert gap.df.tolist() == [0.0]
    assert gap.flag.to_list() == ["one PSU in group"]
    survey = mpi.Survey(frame, psu="p")
    gap = decompose.gap(mpi.estimate(survey, ONE, by=["g"], statistics=["H"]), "g", kinds="difference")
    assert gap.flag.to_list() == ["one PSU in group"]


@pytest.mark.parametrize("reference", [None, "q"])
def test_gaps_in_a_round_without_one_of_the_groups_are_told(reference: str | None) -> None:
    est = estimated(without(people((2010, 2013, 2016)), "q", 2013)).select(statistic="H")
    gaps = decompose.gap(est, "g", reference, kinds="difference")
    names = dict.fromkeys(gaps.keys["group"].to_list())
    assert len(gaps) == 3 * len(names)
    gone = gaps.take(np.isnan(gaps.value))
    assert set(gone.flag.to_list()) == {"not in 2013: q"}
    assert len(gone) == 2
    assert set(gone.keys["wave"].to_list()) == {2013}
    shares = decompose.dimensions(estimated(without(people((2010, 2013)), "q", 2013)), "g", reference)
    told = shares.select(contrast="dissimilarity", wave=2013).table.set_index("group").flag
    assert told[[n for n in told.index if "q" in n.split(" - ")]].tolist() == ["not in 2013: q"] * 2


def test_trends_and_targets_of_absent_groups_are_told() -> None:
    est = estimated(without(people((2010, 2013, 2016)), "q", 2013)).select(statistic=["H", "A"], by=["total", "g"])
    trend = decompose.trend(est).select(statistic="H", group="q")
    assert len(trend) == 4
    assert set(trend.flag.to_list()) == {"not in 2013"}
    course = decompose.target(est, 0.5, 2030, start=2013, end=2016).select(group="q")
    assert set(course.flag.to_list()) == {"not in 2013"}
    frame = people((2010, 2013, 2016))
    frame.loc[(frame.g == "r") & (frame["round"] == 2013), list("abcd")] = 0
    est = estimated(frame).select(statistic=["A"], by="g")
    for path in ("linear", "constant_rate"):
        undefined = decompose.trend(est, path=path).select(group="r")
        assert set(undefined.flag.to_list()) == {"no poor in group in 2013"}


def test_a_test_agrees_with_its_interval() -> None:
    """A ratio's interval is made of logarithms, and so is its test: what is on its edge has a p value of 0.05."""
    est = estimated(people()).select(statistic="H", by="g", wave=2010)
    ratio = decompose.gap(est, "g", kinds="ratio")
    low, high = ratio.conf_int()
    for edge in (low, high):
        for i in range(len(ratio)):
            p = decompose.significance(ratio.take([i]), value=edge[i], adjust="none").p[0]
            assert p == pytest.approx(0.05, abs=1e-9)


def test_a_ratio_of_changes_may_have_any_sign() -> None:
    """Its interval is none of logarithms, which would leave a negative ratio without one, and others too sure."""
    changes = decompose.change(estimated(people(seed=3)).select(statistic="H"), kinds="change")
    ratios = decompose.gap(changes, "g", kinds="ratio")
    low, high = ratios.conf_int()
    assert (ratios.value < 0).any()
    assert (low < 0).all()
    assert high == pytest.approx(2 * ratios.value - low)
    levels = decompose.gap(estimated(people()).select(statistic="H"), "g", kinds="ratio")
    assert (levels.conf_int()[0] > 0).all()


def test_simulated_p_values_are_never_0_nor_below_the_plain_ones() -> None:
    frame = people()
    frame["d"] = (frame.g == "p").astype(float)
    frame.loc[::50, "d"] = 1 - frame.d[::50]
    gaps = decompose.gap(estimated(frame, ONE, statistics=["H"]).select(wave=2010, by="g"), "g", kinds="difference")
    found = decompose.significance(gaps, adjust="max_t")
    tested = found[found.p.notna()]
    assert (tested.p_adjusted > 0).all()
    assert (tested.p_adjusted >= tested.p).all()
    copies = gaps.take([0, 0, 0])
    alone = decompose.significance(copies, adjust="max_t", family=[])
    assert alone.p_adjusted[0] == pytest.approx(alone.p[0], abs=1e-6)


def test_separate_rounds_must_be_estimates_of_one_round_each() -> None:
    est = estimated(people(), statistics=["H"])
    with pytest.raises(mpi.MpiError, match="of a survey of 2 rounds"):
        decompose.independent({2010: est.select(wave=2010), 2013: est.select(wave=2013)})
    with pytest.raises(mpi.MpiError, match=r"\{round: estimates\} was expected, not list"):
        decompose.independent([est, est])
    with pytest.raises(mpi.MpiError, match="2010 is DataFrame"):
        decompose.independent({2010: est.table, 2013: est})
    one = mpi.estimate(mpi.Survey(people()[:100], **DESIGN), ONE, statistics=["H"])
    two = mpi.estimate(mpi.Survey(people()[100:], **DESIGN), ONE, statistics=["H"])
    both = decompose.independent({"early": one, "late": two})
    assert both.about["survey"].startswith("early: Survey")
    assert "; late: Survey" in both.about["survey"]


REFUSED = {
    "goes back 3 years": lambda est: decompose.change(est, 2013, 2010),
    "not both": lambda est: decompose.change(est, 2010, 2013, pairs=[(2010, 2013)]),
    r"pairs: a list of \(start, end\)": lambda est: decompose.change(est, pairs=(2010, 2013)),
    "pairs is empty": lambda est: decompose.change(est, pairs=[]),
    "kinds is empty; it takes some of change": lambda est: decompose.change(est, kinds=[]),
    "kinds is empty; it takes some of difference": lambda est: decompose.gap(est, "g", kinds=[]),
    "years: {round: date}": lambda est: decompose.change(est, years=[2010, 2013]),
    "population= is for into='number'": lambda est: decompose.shapley(est, by="g", population={2010: 1, 2013: 1}),
    "form='three_factor' is for": lambda est: decompose.shapley(est, form="three_factor"),
    "population: {round: number}": lambda est: decompose.shapley(est, into="number", population=5),
    "'x' for round 2010": lambda est: decompose.shapley(est, into="number", population={2010: "x", 2013: 1}),
    "-4 for round 2010": lambda est: decompose.groups(est, "g", population=-4),
    "share is 'half'": lambda est: decompose.target(est, "half", 2030),
    "year is 'soon'": lambda est: decompose.target(est, 0.5, "soon"),
    "one column each": lambda est: decompose.kitagawa(est, by=("g", "x"), across="x", group="p", reference="q"),
    "keep by='total'": lambda est: decompose.gap(est.select(by="g"), "g", "total"),
    "Estimates are needed, not DataFrame": lambda est: decompose.significance(est.table),
    "value is 'x'": lambda est: decompose.significance(est, value="x"),
}


@pytest.mark.parametrize("message", list(REFUSED))
def test_misuse_is_told(message: str) -> None:
    with pytest.raises(mpi.MpiError, match=message):
        REFUSED[message](estimated(people()))


def test_names_that_mean_something_are_refused_as_groups() -> None:
    est = estimated(people().assign(g=lambda f: f.g.replace({"p": "total", "q": "all groups"})))
    with pytest.raises(mpi.MpiError, match="called 'total'"):
        decompose.gap(est, "g", "total")
    with pytest.raises(mpi.MpiError, match="called 'all groups'"):
        decompose.shapley(est, by="g")
    assert len(decompose.gap(est, "g")) > 0


def test_figures_that_were_left_out_are_missed() -> None:
    est = estimated(people())
    keys = [est.keys[n].to_list() for n in ("statistic", "by", "group")]

    def but(statistic: str) -> mpi.Estimates:
        left = [(s, b, g) != (statistic, "g", "p") for s, b, g in zip(*keys, strict=True)]
        return est.take(np.array(left))

    with pytest.raises(mpi.MpiError, match="group by group: the terms miss the total"):
        decompose.shapley(but("A"), by="g")
    with pytest.raises(mpi.MpiError, match="partly undefined"):
        decompose.shapley(but("H"))
    with pytest.raises(mpi.MpiError, match="partly undefined"):
        decompose.shapley(but("uncensored_headcount"), into="indicators")
    with pytest.raises(mpi.MpiError, match="cover the whole once"):
        decompose.groups(but("population_share"), "g")
