"""Poverty lines of every kind: ties, laws, rounds, missing amounts; and what is left out is told."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

import mpi
from mpi.monetary import estimate, overlap, relative_line


def survey(**columns: Any) -> mpi.Survey:
    frame = pd.DataFrame(columns)
    return mpi.Survey(frame.assign(psu=np.arange(len(frame))), psu="psu")


def law() -> mpi.Line:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return mpi.load_line("vn-2006")


def head(of: mpi.Survey, line: Any, welfare: str = "y") -> float:
    return float(estimate(of, welfare, line=line, statistics="headcount").value[0])


def test_who_is_exactly_at_the_line() -> None:
    """Below it by the field; at or below it where a law says so; also by rows, and for sums of gaps."""
    of = survey(y=[99.0, 100.0, 101.0, 250.0], z=[100.0, 100.0, 101.0, 300.0])
    assert head(of, 100) == 0.25
    assert head(of, "z") == 0.5
    third = 0.1 + 0.2  # 0.30000000000000004
    assert head(survey(y=[0.3, third, third]), third) == pytest.approx(1 / 3)
    low, high = 200_000, 260_000
    of = survey(y=[low, low + 0.01, high, high + 0.01], area=[2, 2, 1, 1])
    assert head(of, law()) == 0.5
    measure = mpi.Measure.nested("m", {"one": ["d"]}, cutoff="1")
    of = survey(y=[low, low + 0.01, high, high + 0.01], area=[2, 2, 1, 1], d=[1, 0, 0, 1])
    est = overlap(of, measure, "y", law())
    assert est.value[:4].tolist() == [0.25, 0.25, 0.25, 0.25]


def test_another_threshold_of_a_law() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        line = mpi.load_line("vn-2016")
    of = survey(y=[700_000.0, 1_000_000.0, 1_000_001.0], area=[2, 2, 2])
    assert head(of, line) == pytest.approx(1 / 3)
    assert head(of, (line, "near_poverty_level")) == pytest.approx(2 / 3)
    with pytest.raises(mpi.MpiError, match="did you mean 'near_poverty_level'"):
        head(of, (line, "near_poverty"))
    est = estimate(of, "y", line=line, statistics="headcount")
    assert "Decision 59/2015/QD-TTg" in est.about["line vn-2016 poverty level"]


def test_a_law_without_areas() -> None:
    said = 'status = "verified", source = "official journal"'
    text = f"""
        name = "mine"
        unit = "EUR per person per month"
        instrument = {{ text = "Act 1 of 2020", {said} }}
        validity = {{ from = 2020-01-01, to = 2024-12-31, {said} }}
        thresholds.line = {{ value = 600, {said} }}
        classes.poor.when = [{{ up_to = "line", {said} }}]
        classes.other.otherwise = true
    """
    assert head(survey(y=[599.0, 600.0, 600.5, 900.0]), mpi.Line.from_toml(text)) == 0.5


def test_an_international_line_is_per_month() -> None:
    line = mpi.international_line("2.15", 2018)
    of = survey(y=[line.per_month - 1, line.per_month + 1])
    est = estimate(of, "y", line=line, statistics="headcount")
    assert est.value[0] == 0.5
    assert est.keys["dimension"].values == ("$2.15 (2017 PPP)",)
    assert "in prices of 2018" in est.about["line $2.15 (2017 PPP)"]


def test_an_international_line_of_another_country() -> None:
    line = mpi.international_line("2.15 (2017 PPP)", 2020, ppp=13.0, cpi=1.2)
    assert line.per_day == pytest.approx(2.15 * 13 * 1.2)
    assert line.status == "given"
    assert (
        "VND"
        not in estimate(survey(y=[1.0, 2000.0]), "y", line=line, statistics="headcount").about["line $2.15 (2017 PPP)"]
    )
    assert mpi.international_line("$1.90 (2011)", 2016) == mpi.international_line(1.9, 2016)
    with pytest.raises(mpi.MpiError, match=r"\$2.15 a day is a line of the PPP of 2017, not of 2011"):
        mpi.international_line("2.15 (2011 PPP)", 2016)
    with pytest.raises(mpi.MpiError, match=r"ppp is -1\.0; a number above 0"):
        mpi.international_line("2.15", 2016, ppp=-1.0)
    with pytest.raises(mpi.MpiError, match="or give cpi="):
        mpi.international_line("2.15", 2017)


def test_quantiles_at_jumps() -> None:
    """Equal weights of a tenth: the cumulated share of five is a half, whatever the rounding of sums."""
    of = mpi.Survey(pd.DataFrame({"y": np.arange(1.0, 11.0), "w": 0.1, "psu": range(10)}), weight="w", psu="psu")
    names = [f"quantile({p / 10:g})" for p in range(1, 10)]
    assert estimate(of, "y", statistics=names).value.tolist() == [float(p) for p in range(1, 10)]


def test_lines_by_round() -> None:
    rounds = {2016: survey(y=[1.0, 2.0, 3.0, 4.0]), 2018: survey(y=[1.0, 2.0, 3.0, 4.0])}
    of = mpi.pool(rounds, shared_psus=True)
    est = estimate(of, "y", line={2016: 1.5, 2018: 3.5}, statistics="headcount")
    assert est.value.tolist() == [0.25, 0.75]
    own = estimate(of.with_column("x", lambda f: f["y"]), "x", line=relative_line(1.0), statistics=["headcount"])
    assert own.select(statistic="line").value.tolist() == [2.0, 2.0]


def test_what_is_left_out_is_told() -> None:
    of = survey(y=[np.nan, 0.0, -1.0, 2.0, 3.0], z=[1.0, 1.0, 1.0, np.nan, 4.0], g=["a", "a", "a", "a", "b"])
    est = estimate(of, "y", ["g"], line={"one": 2.5, "own": "z"}, statistics=["headcount", "ge(0)", "watts", "mean"])
    assert "1 of 5 rows left out: y missing" in est.about["rows"]
    assert "2 of 5 rows left out: y or its line missing" in est.about["rows"]
    assert est.about["amounts"] == "2 rows with y of 0 or below left out of ge(0), watts"
    own = est.select(by="total", statistic="fgt(0)")
    assert own.n.tolist() == [4, 3]
    assert own.value == pytest.approx([3 / 4, 1.0])


def test_a_group_without_incomes_is_undefined_and_none_poor_has_a_limit() -> None:
    of = survey(y=[np.nan, np.nan, 5.0, 6.0, 7.0, 1.0, 8.0, 9.0], g=["a"] * 2 + ["b"] * 3 + ["c"] * 3)
    est = estimate(of, "y", ["g"], line=2, statistics=["headcount", "gini", "rmpg", "sen", "quantile(0.5)"])
    lost = est.select(group="a")
    assert np.isnan(lost.value).all()
    assert set(lost.flag.to_list()) == {"no complete cases in group"}
    none = est.select(group="b", statistic="fgt(0)")
    assert none.value[0] == 0
    assert none.flag.at(0) == "estimate is 0: upper limit only"
    assert none.conf_int()[1][0] > 0
    assert est.select(group="b", statistic="sen").value[0] == 0
    assert np.isnan(est.select(group="b", statistic="rmpg").value[0])


def test_households_count_their_members_or_once() -> None:
    frame = pd.DataFrame({"y": [1.0, 3.0, 5.0], "size": [4, 1, 1], "psu": range(3)})
    of = mpi.Survey(frame, psu="psu", size="size")
    assert head(of, 2) == pytest.approx(4 / 6)
    assert float(estimate(of, "y", line=2, statistics="headcount", unit="household").value[0]) == pytest.approx(1 / 3)


def test_equal_incomes_have_no_inequality() -> None:
    of = survey(y=[0.1 + 0.2] * 7)
    names = ["gini", "ge(-1)", "ge(0)", "ge(1)", "ge(2)", "atkinson(0.5)", "atkinson(1)", "atkinson(2)"]
    assert estimate(of, "y", statistics=names).value.tolist() == [0.0] * len(names)
    assert estimate(of, "y", line=relative_line(), statistics=["rmpg", "fgt(0)", "line"][1:2]).value[0] == 0.0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"line": -1}, "-1 is no poverty line"),
        ({"line": "zz"}, "there is no column 'zz'"),
        ({"line": {}}, "the mapping is empty"),
        ({"line": "low"}, "column 'low' is not above 0, or infinite, in 1 rows"),
        ({"statistics": "ginni"}, "did you mean 'gini'"),
        ({"statistics": "fgt(1)"}, r"fgt\(1\): say the poverty line"),
        ({"statistics": ["quantile(2)", "ge(nan)"]}, "2 problems"),
        ({"statistics": "fgt", "line": 2}, "fgt takes one number in brackets"),
        ({"statistics": "share(0.4,0.2)"}, "the lower first"),
        ({"statistics": []}, "name at least one"),
    ],
)
def test_what_cannot_be_says_why(options: dict[str, Any], said: str) -> None:
    with pytest.raises(mpi.MpiError, match=said):
        estimate(survey(y=[1.0, 2.0], low=[0.0, 1.0]), "y", **options)


def test_options_that_there_are_not() -> None:
    of = survey(y=[1.0, 2.0], d=[0, 1])
    measure = mpi.Measure.nested("m", {"one": ["d"]}, cutoff="1")
    for ask in (
        lambda: estimate(of, "y", levle=0.9),  # type: ignore[call-arg]  # what is wrong
        lambda: overlap(of, measure, "y", 1, levle=0.9),  # type: ignore[call-arg]  # what is wrong
        lambda: mpi.monetary.income_sources(of, "y", ["y"], levle=0.9),  # type: ignore[call-arg]  # what is wrong
    ):
        with pytest.raises(mpi.MpiError, match="there is no option 'levle'; did you mean 'level'"):
            ask()
    with pytest.raises(mpi.MpiError, match=r"alphas: numbers are needed, such as \[0, 1, 2\]; not 'a'"):
        mpi.monetary.growth_redistribution(of, "y", line=1, alphas=["a"])  # type: ignore[list-item]  # what is wrong
    with pytest.raises(mpi.MpiError, match="alphas is empty"):
        mpi.monetary.within_between(of, "y", "d", alphas=[])
    with pytest.raises(mpi.MpiError, match="two are needed, from which to which"):
        mpi.monetary.growth_incidence(of, "y", rounds=[2016])
    with pytest.raises(mpi.MpiError, match="is no poverty line"):
        estimate(of, "y", line=np.array([1.0, 2.0]))


def test_infinite_incomes_are_refused() -> None:
    with pytest.raises(mpi.MpiError, match="column 'y' is infinite in 1 rows"):
        estimate(survey(y=[1.0, np.inf]), "y", statistics="mean")
    with pytest.raises(mpi.MpiError, match="column 'y' holds text"):
        estimate(survey(y=["a", "b"]), "y", statistics="mean")
