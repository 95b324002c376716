"""Wide tables and notebook HTML: every number stands once, in its place, and says what it is."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from mpi.core.errors import MpiError, MpiWarning
from mpi.estimation.estimate import estimate
from mpi.estimation.means import proportion, total
from mpi.measures.measure import Measure
from mpi.survey.pool import pool
from mpi.survey.survey import Survey
from mpi.tables import ROUNDING, html, publish, tidy, wide
from mpi.tables.keys import coded

MEASURE = Measure.nested("m", {"health": ["d0", "d1"], "living": ["d2", "d3"]}, cutoff="1/3")
ODD = ("Hà Giang", "<b>", "A & B_1%", "=1+1")


def people(seed=7, n=400):
    """Four strata of ten PSUs; nobody is poor in the province named <b>."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({f"d{i}": rng.binomial(1, p, n).astype(float) for i, p in enumerate((0.3, 0.4, 0.2, 0.5))})
    frame["w"], frame["sex"] = rng.uniform(1, 3, n), rng.choice(["female", "male"], n)
    frame["province"] = rng.choice(ODD, n)
    frame.loc[frame["province"] == "<b>", ["d0", "d1", "d2", "d3"]] = 0.0
    return frame.assign(h=np.repeat(range(4), n // 4), c=np.tile(np.repeat(range(10), n // 40), 4))


def survey(seed=7):
    return Survey(people(seed), weight="w", strata="h", psu="c")


@pytest.fixture(scope="module")
def est():
    return estimate(survey(), MEASURE, by=["province", ("province", "sex")])


@pytest.fixture(scope="module")
def many():
    """Two rounds, two cutoffs, two weightings."""
    alt = {"alt": {"health": "1/4", "living": "3/4"}}
    rounds = pool({2016: survey(), 2018: survey(8)}, shared_psus=False)
    return estimate(rounds, MEASURE, by=["sex"], cutoffs=["1/3", "3/5"], weightings=alt)


def test_groups_stand_in_the_order_of_the_estimates_and_statistics_in_that_asked_for(est):
    table = publish(est, ["H", "M0"], by=["total", "province"])
    assert table.index.names == ["by", "group"]
    assert table.columns.tolist() == ["H", "M0"]
    groups = dict.fromkeys(est.select(by=["total", "province"]).table["group"])
    assert table.index.get_level_values("group").tolist() == list(groups)
    assert publish(est, "H", by=("province", "sex")).shape == (8, 1)


def test_a_cell_is_the_estimate_with_its_standard_error_or_its_interval(est):
    one = est.select(statistic="H", by="total")
    (low,), (high,) = one.conf_int()
    h, se = one.value[0], one.se[0]
    assert publish(one).iloc[0, 0] == f"{h:.3f} ({se:.3f})"
    assert publish(one, percent=True).iloc[0, 0] == f"{100 * h:.1f} ({100 * se:.1f})"
    assert publish(one, decimals=5, se=False).iloc[0, 0] == f"{h:.5f}"
    assert publish(one, interval=True).iloc[0, 0] == f"{h:.3f} [{low:.3f}, {high:.3f}]"
    assert "95% confidence intervals in brackets" in publish(one, interval=True).attrs["notes"][0]


def test_every_number_of_the_estimates_stands_in_the_table_once(many):
    table = publish(many, se=False, decimals=12)
    printed = sorted(float(x) for x in table.to_numpy().ravel() if x not in {"", "–"})
    assert printed == sorted(round(x, 12) for x in many.value if not np.isnan(x))
    assert (table == "–").to_numpy().sum() == np.isnan(many.value).sum()


def test_several_cutoffs_and_weightings_stand_in_the_labels_and_rounds_in_the_rows(many):
    table = publish(many, ["H", "population_share"], by="sex")
    assert table.columns.tolist() == [
        "H, k = 1/3, own weights", "H, k = 3/5, own weights", "H, k = 1/3, alt weights", "H, k = 3/5, alt weights",
        "population_share, own weights",
    ]  # fmt: skip
    assert table.index.names == ["by", "group", "wave"]
    one = many.select(statistic="H", by="sex", group="male", wave=2018, cutoff="3/5", weighting="alt")
    assert table.loc[("sex", "male", 2018), "H, k = 3/5, alt weights"] == f"{one.value[0]:.3f} ({one.se[0]:.3f})"


def test_choosing_a_cutoff_and_a_weighting_makes_labels_short_and_the_notes_say_which(many):
    table = publish(many, cutoff=0.6, weighting="own", wave=2016, by="total")
    assert {"H", "contribution_share: d0", "contribution_share: health (dimension)"} <= set(table.columns)
    assert "uncensored_headcount: d0" in table  # it has no cutoff, and stays
    assert "Poverty cutoff k = 3/5." in table.attrs["notes"]
    assert "Weights: alt." in publish(many, "H", cutoff="1/3", weighting="alt").attrs["notes"]


def test_what_is_asked_for_and_was_not_estimated_is_said(many):
    with pytest.raises(MpiError, match="no uncensored_headcount was estimated with weighting="):
        publish(many, ["H", "uncensored_headcount"], weighting="alt")
    with pytest.raises(MpiError, match="did you mean 'M0'"):
        publish(many, "M00")
    with pytest.raises(MpiError, match="decimals"):
        publish(many, "H", decimals=-1)


def test_missing_figures_print_a_dash_and_the_notes_say_why(est):
    table = publish(est, ["H", "A", "population_share"], by=["total", "province"])
    assert table.loc[("province", "<b>"), "A"] == "–"
    assert table.loc[("total", "total"), "population_share"] == ""  # not missing: not estimated
    assert "– no poor in group: A of <b>." in table.attrs["notes"]
    assert "(–) estimate is 0: upper limit only: H of <b>." in table.attrs["notes"]
    assert table.attrs["notes"][-1] == ROUNDING


def test_an_error_of_zero_is_no_sign_of_precision_and_prints_a_dash(est):
    nobody = est.select(statistic="H", by="province", group="<b>")
    assert nobody.se[0] == 0
    assert publish(nobody).iloc[0, 0] == "0.000 (–)"
    assert publish(nobody, interval=True).iloc[0, 0] == f"0.000 [0.000, {nobody.conf_int()[1][0]:.3f}]"
    assert publish(nobody, se=False).iloc[0, 0] == "0.000"
    assert "estimate is 0: upper limit only: H of <b>." in publish(nobody, interval=True, percent=True).attrs["notes"]
    assert "estimate is 0: upper limit only: H of <b>." in publish(nobody, se=False).attrs["notes"]
    bare = replace(est.select(statistic="H", by="total"), se=np.zeros(1))
    assert publish(bare).iloc[0, 0].endswith(" (–)")
    assert "(–) no variation: no interval: H of total." in publish(bare).attrs["notes"]
    assert "0.0000" in html(nobody)  # the estimate, and no error
    assert html(nobody).count("0.0000") == html(nobody).count("[0.0000, ") + 1 == 2


def test_notes_name_every_cell_or_count_them(est):
    several = publish(est, ["A", "censored_headcount", "contribution"], by="province").attrs["notes"]
    named = "; ".join(f"contribution: d{j} of <b>" for j in range(4))
    assert f"(–) estimate is 0: no interval: {named}." in several
    heads = est.select(statistic=["H", "M0", "censored_headcount", "uncensored_headcount"], by="province", group="<b>")
    nothing = replace(heads, value=np.full(len(heads), np.nan), flag=coded([None] * len(heads)))
    assert f"– not defined: {len(heads):,} figures of <b>." in publish(nothing).attrs["notes"]
    blank = publish(replace(est, value=np.full(len(est), np.nan))).attrs["notes"]
    assert any(note.startswith("– not defined: ") and note.endswith(" figures in 13 rows.") for note in blank)
    assert not any("more" in note for note in [*several, *publish(est).attrs["notes"]])


def test_what_is_counted_and_what_the_data_are_is_said_below_the_table(est):
    assert "Counted: persons, every row taken for one." in publish(est).attrs["notes"]
    told = replace(est, about={**est.about, "data": "SYNTHETIC"})
    assert "Data: SYNTHETIC." in publish(told).attrs["notes"]
    assert not any(n.startswith("Counted") for n in publish(replace(est, about={})).attrs["notes"])


def test_a_number_without_an_error_and_a_missing_one_without_a_flag(est):
    one = est.select(statistic="H", by="total")
    assert publish(replace(one, se=np.array([np.nan]))).iloc[0, 0].endswith("(–)")
    lost = publish(replace(one, value=np.array([np.nan])))
    assert lost.iloc[0, 0] == "–"
    assert "– not defined: H of total." in lost.attrs["notes"]


def test_percents_leave_measures_that_are_no_shares_as_they_are(est):
    table = publish(est, by="total", percent=True)
    assert {"H, %", "A, %", "contribution_share: d0, %", "M0", "contribution: d0", "inequality"} <= set(table)
    m0 = est.select(statistic="M0", by="total")
    assert table["M0"].iloc[0] == f"{m0.value[0]:.3f} ({m0.se[0]:.3f})"
    assert publish(est, "M0", by="total", percent=True, decimals=2)["M0"].iloc[0].startswith(f"{m0.value[0]:.4f}")


def test_contrasts_are_told_apart_and_gaps_of_percents_are_points(many):
    h = many.select(statistic="H", by="total", cutoff="1/3", weighting="own")
    gap, ratio = h.contrast([-1, 1], name="change"), h.contrast(lambda p: p[1] / p[0], name="ratio")
    assert publish(gap).columns.tolist() == ["H, change"]
    assert publish(gap, percent=True).columns.tolist() == ["H, change, pp"]
    assert publish(gap, percent=True).iloc[0, 0] == f"{100 * gap.value[0]:.1f} ({100 * gap.se[0]:.1f})"
    assert "pp: percentage points." in publish(gap, percent=True).attrs["notes"]
    assert publish(ratio, percent=True).iloc[0, 0] == f"{ratio.value[0]:.3f} ({ratio.se[0]:.3f})"
    relative = h.contrast(lambda p: p[1] / p[0] - 1, name="relative_change")
    assert publish(relative, percent=True).columns.tolist() == ["H, relative_change, %"]


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("minorities", ", %"),
        ("1 - Kinh", ", %"),
        ("non-Kinh", ", %"),
        ("exchange", ", %"),
        ("lower_bound", ", %"),
        ("yearly relative change", ", %"),
        ("Hmong - Kinh", ", pp"),
        ("Age 11 - age 1", ", pp"),
        ("Gap", ", pp"),
        ("absolute_change", ", pp"),
        ("differences", ", pp"),
        ("Hmong / Kinh", ""),
        ("ratio", ""),
        ("migration", ", %"),
        ("relative_change of difference", ", %"),
        ("annual_change of group_share", ", pp"),
        ("difference of relative_change", ", pp"),
        ("change of annual_relative_change", ", pp"),
        ("difference of change", ", pp"),
        ("ratio of relative_change", ""),
        ("log_ratio of group_share", ""),
        ("change of ratio", ""),
        ("Change of coefficient_of_variation", ""),
        ("annual_relative_change of ratio", ", %"),
    ],
)
def test_the_name_of_a_contrast_says_its_unit(est, name, unit):
    sums = est.select(statistic="poor_share", by="province").contrast([1, 1, 0, 0], name=name)
    assert publish(sums, percent=True).columns.tolist() == [f"poor_share, {name}{unit}"]


def test_labels_are_words_with_what_the_measure_calls_its_indicators(est, many):
    titled = replace(est, titles={"d0": "Nutrition", "d1": "Same", "d2": "Same"})
    columns = publish(titled, by=["total", "province"], labels=True, percent=True).columns.tolist()
    for label in (
        "Adjusted headcount ratio (M0)", "Headcount ratio (H), %", "Intensity (A), %",
        "Uncensored headcount: Nutrition, %", "Censored headcount: Same [d1], %", "Censored headcount: Same [d2], %",
        "Censored headcount: d3, %", "Contribution to M0: Nutrition", "Share of contribution: Nutrition, %",
        "Share of contribution: health (dimension), %", "Population share, %", "Share of the poor, %",
        "Group's contribution to M0, %", "Inequality among the poor",
    ):  # fmt: skip
        assert label in columns
    assert len(columns) == len(set(columns)) == len(publish(titled).columns)
    assert publish(many, "H", labels=True, by="total").columns[0] == "Headcount ratio (H), k = 1/3, own weights"
    gap = est.select(statistic="H", by="province").contrast([1, -1, 0, 0])
    assert publish(gap, labels=True).columns.tolist() == ["Headcount ratio (H), difference"]
    lower = estimate(survey(), MEASURE.with_missing("bounds"), statistics=["H"])
    assert publish(lower, labels=True).columns[0] == "Headcount ratio (H), lower bound"
    bands = Measure.nested("m", {"x": ["d0", "d1"], "y": ["d2", "d3"]}, cutoff="1/2", severe="3/4", vulnerable="1/4")
    banded = estimate(survey(), bands, statistics=["vulnerable", "severe"])
    assert publish(banded, labels=True).columns.tolist() == ["Vulnerable", "Severe"]
    part = proportion(Survey(people()), ["sex"])
    assert publish(part, labels=True).columns[0] == "Proportion: sex = female"


def test_a_contrast_across_statistics_and_groups_is_known_by_its_name(est):
    mixed = est.select(statistic=["M0", "H"], by="total").contrast([1, -1], name="M0 less H")
    assert publish(mixed).columns.tolist() == ["M0 less H"]
    assert publish(est.select(statistic="H", by="province").contrast([1, -1, 0, 0])).index[0][1].count(" - ") == 1


def test_two_numbers_for_one_cell_are_refused_and_the_error_says_what_to_select(many):
    h = many.select(statistic="H", by="total", wave=2016, weighting="own")
    again = h.take([0, 0])
    with pytest.raises(MpiError, match=r"two numbers in one cell.*keys are the same.*name="):
        publish(again)
    bare = replace(h, keys=h.keys.with_column("cutoff", h.keys["indicator"]))
    with pytest.raises(MpiError, match="two numbers in one cell"):
        publish(bare)
    cutoff = replace(h.keys["cutoff"], index=np.array([0, -1], dtype=np.int32))
    partly = replace(h, keys=h.keys.with_column("cutoff", cutoff))
    with pytest.raises(MpiError, match=r"est.select\(cutoff='1/3'\) or est.select\(cutoff=None\)"):
        publish(partly)


def test_a_small_negative_number_is_not_minus_zero(est):
    one = replace(est.select(statistic="H", by="total"), value=np.array([-0.00001]))
    assert publish(one, se=False).iloc[0, 0] == "0.000"


def test_totals_in_the_thousands_and_categories_of_several_columns():
    frame = people().assign(poor=lambda f: f["sex"] == "male", income=5e6)
    s = Survey(frame, weight="w", strata="h", psu="c")
    sums = total(s, "income")
    assert publish(sums).iloc[0, 0] == f"{sums.value[0]:,.0f} ({sums.se[0]:,.0f})"
    assert publish(proportion(s, ["sex"])).columns.tolist() == ["proportion: sex = female", "proportion: sex = male"]


# --- HTML ------------------------------------------------------------------------------------------------


class _Cells(HTMLParser):
    """Collects the texts of cells, and every tag; complains of a tag that does not close."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.cells, self.open = set(), [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, *_):
        self.tags.add(tag)
        self.open.append(tag)
        if tag == "td":
            self.cells.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "td":
            self.cells[-1] += data


def test_html_is_short_escaped_and_says_how_many_more(est):
    text = html(est)
    parsed = _Cells(text)
    assert parsed.tags <= {"div", "table", "caption", "thead", "tbody", "tr", "th", "td", "p"}
    assert text.count("<tr>") == 61
    assert f"{len(est) - 60:,} more" in text
    assert "95% confidence intervals; 0 to 36 degrees of freedom" in text
    assert "weighting own" in text  # constant, so in the caption
    assert "color" not in text  # the page's own colours, light or dark


def test_html_keeps_odd_labels(est):
    parsed = _Cells(html(est.select(statistic=["H", "A"], by="province")))
    assert set(ODD) <= set(parsed.cells)
    assert "no poor in group" in parsed.cells
    assert "b" not in parsed.tags


def test_html_needs_no_jinja(est, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "jinja2", None)
    assert "<table" in est._repr_html_()


def test_html_of_one_number_and_of_none(est):
    one = est.select(statistic="H", by="total")
    assert "1 estimate;" in html(one)
    assert "more" not in html(one)
    assert "0 estimates" in html(est.take(np.array([], dtype=int)))


def test_the_tidy_table_is_the_contract(est):
    names = "statistic contrast indicator dimension by group wave cutoff weighting estimate se ci_low ci_high"
    assert tidy(est).columns.tolist() == [*names.split(), "df", "n", "n_psu", "flag", "k", "group_code"]


def test_wide_holds_the_numbers_that_publish_prints(est):
    numbers, text = (
        wide(est, ["H", "M0"], by=["total", "province"]),
        publish(est, ["H", "M0"], by=["total", "province"]),
    )
    assert numbers.index.equals(text.index)
    assert numbers.columns.get_level_values(0).unique().tolist() == text.columns.tolist()
    assert numbers.columns.get_level_values(1).unique().tolist() == ["estimate", "se", "ci_low", "ci_high", "n"]
    table = tidy(est.select(statistic="H", by=["total", "province"]))
    for column in ("estimate", "se", "ci_low", "ci_high", "n"):
        np.testing.assert_array_equal(numbers["H", column].to_numpy(), table[column].to_numpy())
    printed = [f"{x:.3f} ({s:.3f})" for x, s in zip(numbers["H", "estimate"], numbers["H", "se"], strict=True)]
    assert [t.replace("(–)", "(0.000)") for t in text["H"]] == printed  # a sample that does not vary


def test_wide_in_per_cent_leaves_the_cases_as_they_are(est):
    whole, share = est.wide("H", by="total"), est.wide("H", by="total", percent=True)
    np.testing.assert_allclose(share["H, %", "se"], 100 * whole["H", "se"], rtol=1e-15)
    assert share["H, %", "n"].tolist() == whole["H", "n"].tolist()


def test_wide_refuses_what_only_text_has(est):
    with pytest.raises(MpiError, match=r"decimals and se do not change; est\.publish"):
        est.wide("H", decimals=2, se=False)


def test_errors_and_intervals_in_one_table(est):
    one = publish(est, "H", by="total", se=True, interval=True)
    low, high = est.select(statistic="H", by="total").conf_int()
    assert one.iloc[0, 0] == publish(est, "H", by="total").iloc[0, 0] + f" [{low[0]:.3f}, {high[0]:.3f}]"
    assert one.attrs["notes"][0] == "Standard errors in parentheses, 95% confidence intervals in brackets."


def test_rounds_stand_side_by_side(many):
    rows, beside = (
        publish(many, "H", cutoff=0.6, weighting="own"),
        publish(many, "H", cutoff=0.6, weighting="own", rounds="columns"),
    )
    assert list(beside.index.names) == ["by", "group"]
    waves = list(dict.fromkeys(rows.index.get_level_values("wave")))
    assert beside.columns.tolist() == [f"H, {w}" for w in waves]
    for w in waves:
        assert beside[f"H, {w}"].tolist() == rows.xs(w, level="wave")["H"].tolist()
    with pytest.raises(MpiError, match="rounds: there is no place 'side'"):
        publish(many, rounds="side")


def test_former_names_say_the_new_ones(est):
    two = est.select(statistic="H", by="province × sex")
    two = two.take(two.estimable).take([0, 1])
    with pytest.warns(MpiWarning, match="limits is called conf_int"):
        np.testing.assert_array_equal(two.limits(), two.conf_int())
    with pytest.warns(MpiWarning, match="p_values is called pvalues"):
        np.testing.assert_array_equal(two.p_values(), two.pvalues())
    with pytest.warns(MpiWarning, match="test is called wald_test"):
        found = two.test([1, -1])
    with pytest.warns(MpiWarning, match=r"WaldTest\.p is called pvalue"):
        assert found.p == found.pvalue
    assert (two.conf_int(0.99)[0] < two.conf_int()[0]).all()
