"""How decompositions are asked for, what is undefined, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import mpi
from mpi import decompose


@pytest.fixture(scope="module")
def est() -> mpi.Estimates:
    measure = mpi.load_measure("gso-mdp")
    return mpi.estimate(mpi.load_sample(), measure, by=["ethnicity", "area", ("area", "ethnicity"), "province"])


def few(**columns: list) -> mpi.Survey:
    roles = {"wave": "round"} if "round" in columns else {}
    return mpi.Survey(pd.DataFrame(columns), **roles)


ONE = mpi.Measure.nested("one", {"x": ["d"]}, cutoff=1)


def told(error: pytest.ExceptionInfo) -> str:
    return str(error.value)


def test_a_change_between_measures_is_refused(est: mpi.Estimates) -> None:
    from mpi.results.concat import concat

    survey = mpi.load_sample()
    measure = mpi.load_measure("gso-mdp")
    early = mpi.estimate(survey, measure).select(wave=2016)
    late = mpi.estimate(survey, measure.drop("toilet")).select(wave=2018)
    with pytest.raises(mpi.MpiError, match="2 measures") as error:
        decompose.change(concat([early, late]))
    assert "indicators (toilet)" in told(error)
    assert "harmonised" in told(error)


def test_one_round_has_no_change(est: mpi.Estimates) -> None:
    with pytest.raises(mpi.MpiError, match=r"needs two rounds.*mpi\.pool"):
        decompose.change(est.select(wave=2016))


def test_an_unknown_round_group_or_reference_is_told_with_the_nearest(est: mpi.Estimates) -> None:
    with pytest.raises(mpi.MpiError, match="2017"):
        decompose.change(est, 2016, 2017)
    with pytest.raises(mpi.MpiError, match="did you mean 'Kinh'"):
        decompose.gap(est, "ethnicity", "kinh")
    with pytest.raises(mpi.MpiError, match="did you mean 'ethnicity'"):
        decompose.gap(est, "ethnicty")
    with pytest.raises(mpi.MpiError, match="did you mean 'ethnicity'"):
        decompose.gap(est, ("area", "ethnicity"), along="ethnic")
    with pytest.raises(mpi.MpiError, match="did you mean 'relative_change'"):
        decompose.change(est, kinds=["relative_chnge"])
    with pytest.raises(mpi.MpiError, match="did you mean 'benjamini_hochberg'"):
        decompose.significance(est.select(statistic="H"), adjust="benjamini_hochburg")


def test_decomposing_a_decomposition_needs_levels(est: mpi.Estimates) -> None:
    with pytest.raises(mpi.MpiError, match="plain estimates"):
        decompose.shapley(decompose.gap(est, "ethnicity", "Kinh"))
    with pytest.raises(mpi.MpiError, match="Estimates are needed, not DataFrame"):
        decompose.change(est.table)


def test_whose_poverty_fell_faster_is_a_gap_of_changes(est: mpi.Estimates) -> None:
    """The gap of the changes is the change of the gap, and what the four levels give at once."""
    of = est.select(statistic="H")
    one = decompose.gap(decompose.change(of, kinds="change"), "ethnicity", "Kinh", kinds="difference")
    two = decompose.change(decompose.gap(of, "ethnicity", "Kinh", kinds="difference"), kinds="change")
    assert one.keys["contrast"].values == ("difference of change",)
    assert two.keys["contrast"].values == ("change of difference",)
    assert one.value == pytest.approx(two.value, abs=1e-14)
    assert one.se == pytest.approx(two.se, abs=1e-14, nan_ok=True)
    levels = of.select(by="ethnicity", group=["Hmong", "Kinh"], wave=[2016, 2018])
    by_hand = levels.contrast([-1, 1, 1, -1])
    hmong = one.select(group="Hmong - Kinh")
    assert hmong.value == pytest.approx(by_hand.value, abs=1e-14)
    assert hmong.se == pytest.approx(by_hand.se, abs=1e-14)


def test_bounds_are_not_compared() -> None:
    survey = few(d=[1, None, 1, 0], round=[1, 1, 2, 2])
    bounds = mpi.estimate(survey, ONE.with_missing("bounds"))
    with pytest.raises(mpi.MpiError, match="bounds cannot be compared"):
        decompose.change(bounds)


def test_the_number_of_poor_by_known_populations(est: mpi.Estimates) -> None:
    population = {2016: 90e6, 2018: 92e6}
    found = decompose.shapley(est, into="number", population=population)
    H = est.select(statistic="H", by="total").value
    total = {c: found.select(by="total", contrast=c).value[0] for c in found.keys["contrast"].values}
    assert total["population_effect"] == pytest.approx(2e6 * H.mean())
    assert total["rate_effect"] == pytest.approx((H[1] - H[0]) * 91e6)
    groups = found.select(by="ethnicity", contrast="change")
    assert groups.value.sum() == pytest.approx(total["change"])


def test_a_statistic_that_is_not_there_is_named(est: mpi.Estimates) -> None:
    with pytest.raises(mpi.MpiError, match="needs the statistics H, A"):
        decompose.shapley(est.select(statistic="M0"), 2016, 2018)
    with pytest.raises(mpi.MpiError, match="number_of_poor"):
        decompose.shapley(est, 2016, 2018, into="number")


def test_groups_that_do_not_cover_the_whole_are_refused(est: mpi.Estimates) -> None:
    some = est.take(np.array([g != "Hmong" for g in est.keys["group"].to_list()]))
    with pytest.raises(mpi.MpiError, match="cover the whole once"):
        decompose.groups(some, "ethnicity")
    with pytest.raises(mpi.MpiError, match="cover the whole once"):
        decompose.shapley(some, 2016, 2018, by="ethnicity")


def test_a_relative_change_from_nothing_is_undefined() -> None:
    survey = few(d=[0, 0, 1, 0], round=[1, 1, 2, 2])
    found = decompose.change(mpi.estimate(survey, ONE, statistics=["H", "A"]))
    relative = found.select(statistic="H", contrast="relative_change")
    assert np.isnan(relative.value[0])
    assert relative.table.flag[0] == "0 in 1: no relative change"
    assert found.select(statistic="A", contrast="change").table.flag[0] == "no poor in group in 1"
    assert found.select(statistic="H", contrast="change").value[0] == 0.5


def test_a_share_of_a_zero_change_is_undefined() -> None:
    survey = few(d=[0, 1, 1, 0], round=[1, 1, 2, 2])
    found = decompose.shapley(mpi.estimate(survey, ONE), shares=True)
    share = found.select(contrast="incidence_effect_share")
    assert np.isnan(share.value[0])
    assert share.table.flag[0] == "a share of 0: undefined"


def test_a_ratio_to_zero_is_undefined() -> None:
    survey = few(d=[0, 0, 1, 0], g=["a", "a", "b", "b"])
    found = decompose.gap(mpi.estimate(survey, ONE, by=["g"], statistics=["H"]), "g", "a")
    ratio = found.select(contrast="ratio")
    assert np.isnan(ratio.value[0])
    assert ratio.table.flag[0] == "ratio to 0: undefined"


def test_where_nobody_is_poor_in_a_round_all_is_incidence() -> None:
    survey = few(d=[0, 0, 1, 0], round=[1, 1, 2, 2])
    found = decompose.shapley(mpi.estimate(survey, ONE))
    assert found.select(contrast="incidence_effect").value[0] == 0.5
    assert found.select(contrast="intensity_effect").value[0] == 0.0
    assert "all of the change is incidence" in found.select(contrast="incidence_effect").table.flag[0]


def test_a_group_absent_from_a_round_is_population() -> None:
    survey = few(d=[1, 0, 1, 1], g=["a", "a", "a", "b"], round=[1, 1, 2, 2])
    est = mpi.estimate(survey, ONE, by=["g"])
    found = decompose.shapley(est, by="g").select(statistic="H")
    newcomers = found.select(group="b")
    assert newcomers.select(contrast="within_effect").value[0] == 0.0
    assert newcomers.select(contrast="population_effect").value[0] == 0.5
    assert decompose.change(est, kinds="change").select(statistic="H", group="b").table.flag[0] == "not in 1"


def test_changes_of_several_rounds_and_of_rounds_with_names() -> None:
    frame = pd.DataFrame({"d": [1, 1, 1, 0, 1, 0, 0, 0], "round": ["b", "b", "b", "b", "a", "a", "c", "c"]})
    est = mpi.estimate(mpi.Survey(frame, wave="round"), ONE, statistics=["H"])
    undated = decompose.change(est)
    assert set(undated.keys["contrast"].values) == {"change", "relative_change"}
    years = {"b": 2010.5, "a": 2012.75, "c": 2016}
    dated = decompose.change(est, years=years)
    assert list(dict.fromkeys(dated.keys["wave"].to_list())) == ["b to a", "a to c", "b to c"]
    annual = dated.select(contrast="annual_change", wave="b to a")
    assert annual.value[0] == pytest.approx((0.5 - 0.75) / 2.25, abs=1e-14)
    with pytest.raises(mpi.MpiError, match="years"):
        decompose.change(est, kinds=["annual_change"])
    with pytest.raises(mpi.MpiError, match="no number"):
        decompose.change(est, years={"a": "soon"})


def test_gaps_within_another_group(est: mpi.Estimates) -> None:
    inside = decompose.gap(est, ("area", "ethnicity"), "Kinh", along="ethnicity").select(statistic="H", wave=2018)
    names = dict.fromkeys(inside.keys["group"].to_list())
    assert "Rural: Hmong - Kinh" in names
    assert not any("Urban: Hmong - Rural" in n for n in names)
    difference = inside.select(group="Rural: Hmong - Kinh", contrast="difference")
    pair = est.select(by=("area", "ethnicity"), group=["Rural × Hmong", "Rural × Kinh"], statistic="H", wave=2018)
    by_hand = pair.contrast([1, -1])
    assert difference.value[0] == pytest.approx(by_hand.value[0], abs=1e-14)
    assert difference.se[0] == pytest.approx(by_hand.se[0], abs=1e-14)


def test_a_gap_to_the_whole_knows_that_the_whole_includes_the_group(est: mpi.Estimates) -> None:
    gap = decompose.gap(est, "area", "total", kinds="difference").select(statistic="H", wave=2018)
    pair = est.select(statistic="H", wave=2018, by=["total", "area"], group=["Urban", "total"])
    assert gap.select(group="Urban - total").se[0] == pytest.approx(pair.contrast([1, -1]).se[0], abs=1e-14)


def test_simultaneous_tests_stand_between_none_and_bonferroni(est: mpi.Estimates) -> None:
    pairs = decompose.gap(est.select(wave=2018, statistic="H"), "province", kinds="difference")
    none, joint, bonferroni = (decompose.significance(pairs, adjust=a) for a in ("none", "max_t", "bonferroni"))
    there = none.p.notna()
    assert (joint.p_adjusted[there] >= none.p[there] - 0.003).all()
    assert (joint.p_adjusted[there] <= bonferroni.p_adjusted[there] + 0.015).all()
    assert (decompose.significance(pairs, adjust="max_t").p_adjusted.dropna() == joint.p_adjusted.dropna()).all()


def test_one_sided_tests_split_the_two_sided(est: mpi.Estimates) -> None:
    change = decompose.change(est, kinds="change").select(statistic="H", by="total")
    less, greater, both = (
        decompose.significance(change, alternative=a, adjust="none").p[0] for a in ("less", "greater", "two-sided")
    )
    assert less + greater == pytest.approx(1)
    assert 2 * min(less, greater) == pytest.approx(both)
    with pytest.raises(mpi.MpiError, match="two-sided"):
        decompose.significance(change, alternative="less", adjust="max_t")


def test_on_course_to_halve_by_2030(est: mpi.Estimates) -> None:
    m0 = est.select(statistic="M0", by="total")
    y0, y1 = m0.value
    course = decompose.target(m0, 0.5, 2030)
    value = {c: course.select(contrast=c).value[0] for c in course.keys["contrast"].values}
    assert value["target"] == pytest.approx(y0 / 2)
    assert value["projected"] == pytest.approx(y1 * (y1 / y0) ** 6)
    assert value["required_annual_relative_change"] == pytest.approx((y0 / 2 / y1) ** (1 / 12) - 1)
    straight = decompose.target(m0, 0.5, 2030, path="linear")
    assert straight.select(contrast="projected").value[0] == pytest.approx(y1 + (y1 - y0) / 2 * 12)
    with pytest.raises(mpi.MpiError, match="not after"):
        decompose.target(m0, 0.5, 2018)
    with pytest.raises(mpi.MpiError, match="below 1"):
        decompose.target(m0, 50, 2030)


def test_the_number_of_poor_of_a_known_population(est: mpi.Estimates) -> None:
    parts = decompose.groups(est, "ethnicity", population={2016: 90e6, 2018: 92e6})
    number = parts.select(statistic="number_of_poor", wave=2018)
    H = est.select(statistic="H", by="total", wave=2018)
    assert number.value.sum() == pytest.approx(92e6 * H.value[0])
    assert number.contrast(np.ones(len(number))).se[0] == pytest.approx(92e6 * H.se[0])
    with pytest.raises(mpi.MpiError, match="no number for round 2018"):
        decompose.groups(est, "ethnicity", population={2016: 90e6})


def test_results_print_export_and_are_selected_like_all_estimates(est: mpi.Estimates, tmp_path) -> None:
    found = decompose.shapley(est, 2016, 2018, by="ethnicity").select(statistic="M0")
    assert "all groups" in found.publish().to_string()
    assert "Hmong" in found._repr_html_()
    found.to_csv(tmp_path / "terms.csv")
    assert len(pd.read_csv(tmp_path / "terms.csv")) == len(found)
    found.to_excel(tmp_path / "terms.xlsx")
    assert found.vcov().shape == (len(found), len(found))


def test_the_chosen_estimates_are_left_as_they_were(est: mpi.Estimates) -> None:
    before = est.value.copy()
    decompose.shapley(est, 2016, 2018, by="province", form="three_factor", shares=True)
    assert np.array_equal(est.value, before, equal_nan=True)


# --- what a newcomer stumbled on -------------------------------------------------------------------------------------


def test_a_group_nobody_of_which_has_all_answers_has_no_part_in_the_change_and_takes_nothing_from_the_others() -> None:
    frame = pd.DataFrame(
        {
            "round": [1] * 9 + [2] * 10,
            "group": ["a"] * 4 + ["b"] * 5 + ["a"] * 4 + ["b"] * 5 + ["lost"],
            "d": [1, 1, 0, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, None],
        }
    )
    found = decompose.shapley(mpi.estimate(mpi.Survey(frame, wave="round"), ONE, by=["group"]), by="group", shares=True)
    own = found.select(group="lost", statistic="M0")
    assert (own.value == 0).all()
    assert set(own.flag.to_list()) == {"no complete cases in group in both rounds: it has no part"}
    without = mpi.Survey(frame[frame["group"] != "lost"], wave="round")
    other = decompose.shapley(mpi.estimate(without, ONE, by=["group"]), by="group", shares=True)
    rest = {"group": ["all groups", "a", "b"]}
    np.testing.assert_allclose(found.select(**rest).value, other.select(**rest).value, atol=1e-15)


def test_a_round_may_be_told_as_text(est: mpi.Estimates) -> None:
    one = decompose.change(est, "2016", "2018")
    assert one.keys["wave"].values == ("2016 to 2018",)


def test_a_mistaken_call_is_told_with_the_remedy() -> None:
    survey = mpi.load_sample()
    with pytest.raises(mpi.MpiError, match="was expected, not list"):
        decompose.independent([1, 2])
    with pytest.raises(mpi.MpiError, match="needs measure="):
        decompose.oaxaca(survey, "poor", ["age"], group="ethnicity", reference="Kinh")
    with pytest.raises(mpi.MpiError, match=r"where=lambda frame: frame\['year'\] == 2018"):
        decompose.oaxaca(survey, "income", ["age"], group="ethnicity", reference="Kinh")
    with pytest.raises(mpi.MpiError, match="population_share are needed"):
        decompose.opportunity(mpi.mean(survey, "income", by=[("ethnicity", "area")]))


def test_what_was_selected_away_is_not_said_to_occur(est: mpi.Estimates) -> None:
    with pytest.raises(mpi.MpiError, match=r"there is no value 'H'.* Known: 'M0'"):
        est.select(statistic="M0").select(statistic="H")
    with pytest.raises(mpi.MpiError, match="together, though each of them occurs"):
        est.select(statistic="H", indicator="toilet")


# --- tables of decompositions ----------------------------------------------------------------------------------------


def test_indicators_in_rows_hold_the_same_cells(est: mpi.Estimates) -> None:
    parts = decompose.shapley(est, into="indicators", shares=True).select(by="area")
    narrow = parts.publish(percent=True, labels=True, decimals=2, indicators="rows")
    assert narrow.index.names == ["by", "group", "wave", "indicator"]
    assert narrow.shape[0] == 2 * 11  # ten indicators, and M0 itself
    assert narrow.shape[1] == 7
    flat = parts.publish(percent=True, labels=True, decimals=2)
    row, column = ("area", "Urban", "2016 to 2018"), "Contribution to M0"
    assert (
        narrow.loc[(*row, "Toilet"), f"{column}, prevalence effect"]
        == flat.loc[row, f"{column}: Toilet, prevalence effect"]
    )
    with pytest.raises(mpi.MpiError, match="did you mean 'rows'"):
        parts.publish(indicators="row")


def test_indicators_in_rows_go_to_files(est: mpi.Estimates, tmp_path) -> None:
    import openpyxl

    parts = decompose.shapley(est, into="indicators").select(by=["total", "area"])
    parts.to_excel(tmp_path / "a.xlsx", indicators="rows")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == ["Notes", "Total", "By area", "Data"]
    assert [c.value for c in book["By area"][5]][:4] == ["Urban or rural", "wave", "indicator", "n"]
    parts.to_latex(tmp_path / "a.tex", indicators="rows")
    assert "Urban & 2016 to 2018 & Toilet & " in (tmp_path / "a.tex").read_text(encoding="utf-8")
    parts.to_html(tmp_path / "a.html", indicators="rows")
    assert "Toilet</th>" in (tmp_path / "a.html").read_text(encoding="utf-8")


def test_small_terms_are_not_printed_as_nothing(est: mpi.Estimates) -> None:
    whole = decompose.shapley(est, by="province").select(statistic="M0", contrast="population_effect")
    cells = whole.publish()["M0, population_effect"].tolist()
    assert sum("(0.0000)" in c or "(0.000)" in c for c in cells) < len(cells) / 2
    assert whole.publish(decimals=2).iloc[0, 0].split()[0] in ("0.00", "-0.00")


def test_parts_of_a_gap_are_points_and_indices_of_dissimilarity_are_fractions() -> None:
    survey, measure = mpi.load_sample(), mpi.load_measure("gso-mdp")
    options = {"measure": measure, "where": lambda f: f["year"] == 2018}
    with pytest.warns(mpi.MpiWarning, match="rows are dropped"):
        parts = decompose.oaxaca(survey, "poor", ["age"], group="area", reference="Urban", **options)
    table = parts.publish(percent=True)
    assert {"H, explained, pp", "H, unexplained: age, pp"} & set(table.columns) == {"H, explained, pp"}
    assert "Coefficients: Urban." in table.attrs["notes"]
    assert "Decomposition: Oaxaca-Blinder, twofold." in table.attrs["notes"]
    est = mpi.estimate(survey, measure, by=[("ethnicity", "area")], statistics=["H", "population_share"])
    columns = decompose.opportunity(est).publish(percent=True).columns
    assert "H, dissimilarity_corrected" in columns
    assert "H, dissimilarity_contribution_share, %" in columns


@pytest.mark.parametrize("labels", [(1, 2), (201601, 201812), ("1", "2")])
def test_labels_that_are_no_years_give_no_annual_change(labels: tuple[object, object]) -> None:
    """Rounds called 1 and 2 do not lie one year apart, nor 201601 and 201812 some hundreds."""
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"a": rng.integers(0, 2, 400), "t": np.repeat(np.array(labels, dtype=object), 200), "w": 1.0})
    measure = mpi.Measure.nested("m", {"x": ["a"]}, cutoff=1)
    est = mpi.estimate(mpi.Survey(frame, weight="w", wave="t"), measure, statistics=["H"])
    start, end = est.keys["wave"].values
    assert decompose.change(est).keys["contrast"].values == ("change", "relative_change")
    with pytest.raises(mpi.MpiError, match=r"years of .* are not known"):
        decompose.change(est, kinds=["annual_change"])
    dated = decompose.change(est, years={start: 2010, end: 2018.5}).select(contrast=["change", "annual_change"])
    assert dated.value[1] == pytest.approx(dated.value[0] / 8.5)
