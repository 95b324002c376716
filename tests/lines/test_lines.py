"""National poverty lines: the cases that the articles decide, in the field's words."""

from __future__ import annotations

import warnings
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mpi
from mpi.lines import Line, caution, estimate_line, international_line, line_for, list_lines, load_line
from mpi.lines.estimates import estimate_classes

if TYPE_CHECKING:
    from pathlib import Path

URBAN, RURAL = 1, 2
NAN = float("nan")


@pytest.fixture(autouse=True)
def _told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Say of every line that its warning was given; the tests of the warning start afresh."""
    monkeypatch.setattr(caution, "_told", set(list_lines()))


def asked(frame: Any, **design: Any) -> mpi.Survey:
    """Return a survey of a few rows; no errors are wanted of it."""
    return mpi.Survey(frame, single_psu="certainty", **design)


def households(line: Line, *rows: tuple[float, float, list[float]]) -> pd.DataFrame:
    """Return a frame of households: income, area and the first indicators; the others are not deprived."""
    names = [d.column for d in line.indicators]
    return pd.DataFrame(
        [
            {"income": y, "area": a} | dict(zip(names, [*d, *[0] * (len(names) - len(d))], strict=True))
            for y, a, d in rows
        ]
    )


def classes(name: str, *rows: tuple[float, float, list[float]]) -> list[str | None]:
    line = load_line(name)
    status = line.classify(asked(households(line, *rows)))
    found = status.survey.frames[0]["class"].to_list()
    return [c if isinstance(c, str) else None for c in found]


class TestBoundsOfIncome:
    @pytest.mark.parametrize(
        ("name", "area", "line"),
        [("vn-2006", RURAL, 200_000), ("vn-2006", URBAN, 260_000), ("vn-2011", RURAL, 400_000),
         ("vn-2011", URBAN, 500_000), ("vn-2016", RURAL, 700_000), ("vn-2016", URBAN, 900_000)],
    )  # fmt: skip
    def test_income_exactly_on_the_line_is_poor_and_one_dong_above_is_not(self, name, area, line) -> None:
        assert classes(name, (line, area, []), (line + 1, area, []))[0] == "poor"
        assert classes(name, (line, area, []), (line + 1, area, []))[1] != "poor"

    @pytest.mark.parametrize(
        ("name", "area", "line"),
        [("vn-2022", RURAL, 1_500_000), ("vn-2022", URBAN, 2_000_000), ("vn-2027", RURAL, 2_200_000),
         ("vn-2027", URBAN, 2_800_000)],
    )  # fmt: skip
    def test_from_2022_on_the_line_itself_still_counts_with_three_deprivations(self, name, area, line) -> None:
        found = classes(name, (line, area, [1, 1, 1]), (line + 1, area, [1, 1, 1]), (line, area, [1, 1]))
        assert (found[0], found[2]) == ("poor", "near_poor")
        assert found[1] not in ("poor", "near_poor")

    def test_a_part_of_a_dong_above_the_line_is_above_it(self) -> None:
        assert classes("vn-2006", (200_000.0, RURAL, []), (200_000.01, RURAL, [])) == ["poor", "other"]

    def test_the_smallest_number_above_the_line_is_above_it(self) -> None:
        above = float(np.nextafter(1_500_000.0, np.inf))
        assert classes("vn-2022", (above, RURAL, [1] * 12)) == ["average"]

    def test_urban_and_rural_lines_differ(self) -> None:
        assert classes("vn-2011", (450_000, URBAN, []), (450_000, RURAL, [])) == ["poor", "near_poor"]

    def test_negative_and_zero_incomes_are_below_every_line(self) -> None:
        assert classes("vn-2016", (-50_000, RURAL, []), (0, URBAN, [])) == ["poor", "poor"]

    def test_the_gap_of_2011_between_400_001_and_400_999_is_near_poor(self) -> None:
        found = classes("vn-2011", *((y, RURAL, []) for y in (400_000, 400_001, 400_999, 401_000, 520_000, 520_001)))
        assert found == ["poor", "near_poor", "near_poor", "near_poor", "near_poor", "other"]

    @pytest.mark.parametrize(
        ("name", "area", "upper", "beyond"),
        [("vn-2011", RURAL, 520_000, "other"), ("vn-2011", URBAN, 650_000, "other"),
         ("vn-2016", RURAL, 1_000_000, "average"), ("vn-2016", URBAN, 1_300_000, "average")],
    )  # fmt: skip
    def test_the_near_poor_end_at_their_upper_line(self, name, area, upper, beyond) -> None:
        assert classes(name, (upper, area, []), (upper + 1, area, [])) == ["near_poor", beyond]

    @pytest.mark.parametrize(
        ("name", "area", "upper"),
        [("vn-2016", RURAL, 1_500_000), ("vn-2016", URBAN, 1_950_000), ("vn-2022", RURAL, 2_250_000),
         ("vn-2022", URBAN, 3_000_000)],
    )  # fmt: skip
    def test_the_average_living_standard_ends_at_its_upper_line(self, name, area, upper) -> None:
        assert classes(name, (upper, area, []), (upper + 1, area, [])) == ["average", "other"]


class TestDeprivations:
    def test_2016_income_alone_makes_poor(self) -> None:
        assert classes("vn-2016", (700_000, RURAL, []), (900_000, URBAN, [])) == ["poor", "poor"]

    def test_2016_between_the_lines_three_deprivations_make_poor_and_two_near_poor(self) -> None:
        found = classes("vn-2016", (1_000_000, RURAL, [1, 1, 1]), (1_000_000, RURAL, [1, 1]), (700_001, RURAL, [1] * 4))
        assert found == ["poor", "near_poor", "poor"]

    def test_2016_the_band_of_towns_is_not_that_of_the_country(self) -> None:
        three = [1, 1, 1]
        rows = ((y, area, three) for y in (900_001, 1_000_001, 1_300_000, 1_300_001) for area in (URBAN, RURAL))
        found = classes("vn-2016", *rows)
        assert found[::2] == ["poor", "poor", "poor", "average"]
        assert found[1::2] == ["poor", "average", "average", "average"]

    def test_2016_above_both_lines_no_deprivation_makes_poor(self) -> None:
        assert classes("vn-2016", (1_000_001, RURAL, [1] * 10)) == ["average"]

    def test_2022_below_the_line_with_two_deprivations_is_near_poor(self) -> None:
        assert classes("vn-2022", (100_000, RURAL, [1, 1]), (100_000, RURAL, [])) == ["near_poor", "near_poor"]

    def test_2022_above_the_line_nobody_is_poor_whatever_the_deprivations(self) -> None:
        assert classes("vn-2022", (1_500_001, RURAL, [1] * 12), (2_000_001, URBAN, [1] * 12)) == ["average", "average"]
        assert classes("vn-2027", (2_200_001, RURAL, [1] * 12), (2_800_001, URBAN, [1] * 12)) == ["other", "other"]

    def test_exactly_three_deprivations_suffice(self) -> None:
        found = classes("vn-2022", *((1_000_000, RURAL, [1] * d) for d in range(5)))
        assert found == ["near_poor"] * 3 + ["poor"] * 2


class TestWhatIsMissing:
    def test_2016_deprivations_do_not_matter_below_the_lower_line_or_above_the_upper(self) -> None:
        found = classes("vn-2016", (700_000, RURAL, [NAN] * 10), (1_000_001, RURAL, [NAN] * 10))
        assert found == ["poor", "average"]

    def test_2016_deprivations_matter_between_the_lines(self) -> None:
        rows = ([1, 1, NAN], [1, NAN], [1, 1, 1, NAN], [NAN, 0, 0])
        assert classes("vn-2016", *((800_000, RURAL, d) for d in rows)) == [None, "near_poor", "poor", "near_poor"]

    def test_2022_three_observed_deprivations_decide_and_so_does_income_above_the_line(self) -> None:
        rows = [(1_000_000, RURAL, [1, 1, 1, *[NAN] * 9]), (1_600_000, RURAL, [NAN] * 12)]
        assert classes("vn-2022", *rows) == ["poor", "average"]

    def test_missing_income_decides_nothing_where_a_class_depends_on_it(self) -> None:
        assert classes("vn-2022", (NAN, RURAL, [1] * 12), (NAN, RURAL, [])) == [None, None]

    def test_missing_area_does_not_matter_below_and_above_both_lines(self) -> None:
        found = classes("vn-2011", (400_000, NAN, []), (450_000, NAN, []), (650_001, NAN, []))
        assert found == ["poor", None, "other"]

    def test_undecided_rows_are_counted_by_what_is_missing(self) -> None:
        line = load_line("vn-2022")
        frame = households(line, (NAN, RURAL, []), (1e6, RURAL, [1, 1, NAN]), (NAN, NAN, [NAN]), (1e6, RURAL, []))
        table = line.classify(asked(frame)).table
        undecided = table[table["class"] == "undecided"].set_index("label")["rows"]
        assert undecided.to_dict() == {
            "income missing": 1, "deprivations missing": 1, "income and area and deprivations missing": 1,
        }  # fmt: skip
        poor = table.set_index("class").loc["poor"]
        assert (poor["share"], poor["share_of_all"], poor["at_most"]) == (0, 0, 0.25)

    @settings(deadline=None, max_examples=50)
    @given(
        st.lists(st.sampled_from([0.0, 1.0, NAN]), min_size=10, max_size=10), st.sampled_from([6e5, 8e5, 1.2e6, NAN])
    )
    def test_a_class_is_decided_if_and_only_if_every_completion_has_it(self, deprived, income) -> None:
        line = load_line("vn-2016")
        incomes = [income] if income == income else [1.0, 8e5, 1.2e6, 9e6]  # noqa: PLR0124  # NaN is not itself
        low, missing = deprived.count(1.0), sum(d != d for d in deprived)  # noqa: PLR0124  # NaN
        whole = {
            c for y in incomes for k in range(missing + 1) for c in classes("vn-2016", (y, RURAL, [1] * (low + k)))
        }
        caution._told.update(list_lines())
        found = line.classify(asked(households(line, (income, RURAL, deprived))))
        names = np.array([c.name for c in line.classes])
        assert set(names[found.may_be()[0]]) == whole
        assert (found.code[0] > 0) == (len(whole) == 1)


class TestAreas:
    def frame(self, area: list[Any]) -> mpi.Survey:
        return asked(pd.DataFrame({"income": [230_000] * len(area), "area": area}))

    def test_value_labels_win_over_codes(self) -> None:
        frame = pd.DataFrame({"income": [230_000, 230_000], "area": [1, 2]})
        survey = asked(frame, labels={"area": {1: "Nông thôn", 2: "thanh thi"}})
        assert load_line("vn-2006").classify(survey).code.tolist() == [2, 1]

    @pytest.mark.parametrize("area", [[1, 2], ["1", "2"], ["Urban", "rural"], ["Thành thị", "NÔNG THÔN"], [1.0, 2.0]])
    def test_codes_and_words_are_understood(self, area: list[Any]) -> None:
        assert load_line("vn-2006").classify(self.frame(area)).code.tolist() == [1, 2]

    def test_another_coding_is_given_as_a_mapping(self) -> None:
        status = load_line("vn-2006").classify(self.frame([0, 1]), areas={1: "urban", 0: "rural"})
        assert status.code.tolist() == [2, 1]

    def test_unknown_codes_are_an_error_that_shows_the_way(self) -> None:
        with pytest.raises(mpi.MpiError, match=r"3 is none of urban, rural; say areas=\{3: 'urban', ...\}"):
            load_line("vn-2006").classify(self.frame([1, 3]))

    def test_without_area_the_error_says_why_it_is_needed(self) -> None:
        with pytest.raises(mpi.MpiError, match="differ by area"):
            load_line("vn-2006").classify(self.frame([1]), area=None)


class TestColumns:
    @pytest.mark.parametrize("kind", ["pandas", "odd index", "polars", "pyarrow"])
    def test_every_frame_gets_the_same_columns_and_stays_as_it_was(self, kind: str) -> None:
        line = load_line("vn-2022")
        frame = households(line, (1e6, RURAL, [1, 1, 1]), (1e6, RURAL, [1, 1, NAN]), (9e6, URBAN, []))
        before = frame.copy()
        native: Any = {
            "pandas": lambda: frame,
            "odd index": lambda: frame.set_index(pd.Index([7, 7, 3])),
            "polars": lambda: pl.from_pandas(frame, nan_to_null=True),
            "pyarrow": lambda: pa.Table.from_pandas(frame),
        }[kind]()
        status = line.classify(asked(native))
        found = status.survey.frames[0]
        assert [x if isinstance(x, str) else None for x in found["class"].to_list()] == ["poor", None, "other"]
        numbers = status.survey.numbers
        np.testing.assert_array_equal(numbers("class_code"), [1, NAN, 4])
        np.testing.assert_array_equal(numbers("poor"), [1, NAN, 0])
        np.testing.assert_array_equal(numbers("deprivations_low"), [3, 2, 0])
        np.testing.assert_array_equal(numbers("deprivations_high"), [3, 3, 0])
        bands = found["income_band"].to_list()
        assert bands == ["up to income_line", "up to income_line", "above average_level"]
        pd.testing.assert_frame_equal(frame, before)
        assert "class" not in asked(native).columns

    def test_names_that_are_taken_ask_for_a_prefix(self) -> None:
        survey = asked(pd.DataFrame({"income": [1.0], "area": [1], "poor": [0], "class": ["a"]}))
        with pytest.raises(mpi.MpiError, match="2 problems") as error:
            load_line("vn-2006").classify(survey)
        assert "prefix='vn_'" in str(error.value)
        assert "vn_class" in load_line("vn-2006").classify(survey, prefix="vn_").survey.columns

    def test_all_problems_of_the_columns_are_told_at_once(self) -> None:
        line = load_line("vn-2022")
        frame = households(line, (1e6, 3, [1, 2])).rename(columns={"income": "incme", "dep_water": "dep_watr"})
        with pytest.raises(mpi.MpiError) as error:
            line.classify(asked(frame), columns={"toilt": "x"})
        told = "\n".join(error.value.problems)
        for part in ("'incme'", "3 is none of", "did you mean 'dep_watr'", "'toilet'", "such as 2"):
            assert part in told

    def test_an_absent_indicator_is_missing_for_everybody_when_asked(self) -> None:
        line = load_line("vn-2022")
        frame = households(line, (1e6, RURAL, [1, 1]), (1e6, RURAL, [1])).drop(columns="dep_water")
        status = line.classify(asked(frame), absent="missing")
        assert status.code.tolist() == [0, 2]
        with pytest.raises(mpi.MpiError, match="dep_water"):
            line.classify(asked(frame))

    def test_members_of_a_household_in_different_situations_are_an_error(self) -> None:
        frame = pd.DataFrame({"h": [1, 1, 2], "income": [1e5, 9e5, 1e5], "area": 2})
        with pytest.raises(mpi.MpiError, match=r"1 household has .* such as household '1'"):
            load_line("vn-2006").classify(asked(frame, household="h"))

    def test_incomes_in_thousands_are_noticed_and_can_be_said(self) -> None:
        frame = pd.DataFrame({"income": [200.0, 200.001] * 20, "area": RURAL})
        with pytest.warns(mpi.MpiWarning, match="thousands"):
            load_line("vn-2006").classify(asked(frame))
        status = load_line("vn-2006").classify(asked(frame), income_in="thousands")
        assert status.code[:2].tolist() == [1, 2]


class TestExplanations:
    def test_a_sentence_has_the_household_the_facts_and_the_article(self) -> None:
        line = load_line("vn-2016")
        frame = households(
            line, (800_000, RURAL, [1, 1, 1, NAN]), (600_000, RURAL, [NAN]), (800_000, RURAL, [1, NAN, NAN])
        )
        status = line.classify(asked(frame.assign(h=["0101", "0102", "0103"]), household="h"))
        said = status.explain(household="0101")
        for part in ("Household '0101' is poor (hộ nghèo)", "800,000 VND", "3 of 10 deprivations (health_access, ",
                     "1 not known (child_schooling)", "(700,000)", "(1,000,000)", "By law: Decision 59/2015/QD-TTg",
                     "Article 2", "not verified for 10 of its 10"):  # fmt: skip
            assert part in said
        assert "not verified" not in status.explain(1)
        assert "undecided, poor or near-poor" in status.explain(2)

    def test_only_what_is_verified_is_called_law(self) -> None:
        line = load_line("vn-2022")
        status = line.classify(asked(households(line, (1_600_000, RURAL, []), (9e6, RURAL, []))))
        for row in (0, 1):
            assert "law" not in status.explain(row)
            assert "secondary: to be verified" in status.explain(row)

    def test_what_cannot_be_explained(self) -> None:
        frame = pd.DataFrame({"income": [1.0, 1.0], "area": 2, "h": "a", "psu": [1, 2]})
        status = load_line("vn-2006").classify(asked(frame, household="h", psu="psu"))
        for ask, match in (({"row": 2}, "no row 2"), ({}, "which row"), ({"household": "b"}, "no household 'b'"),
                           ({"household": "a"}, "several households")):  # fmt: skip
            with pytest.raises(mpi.MpiError, match=match):
                status.explain(**ask)


class TestStanding:
    @pytest.mark.parametrize("name", list_lines())
    def test_every_item_has_a_status_and_a_source(self, name: str) -> None:
        line = load_line(name)
        table = line.provenance()
        assert set(table["status"]) <= {"verified", "secondary", "from memory", "not found"}
        assert (table["source"] != "")[table["status"] != "not found"].all()
        items = set(table["item"])
        assert {f"thresholds.{t.name}.{a.name}" for t in line.thresholds for a in line.areas} <= items
        assert {f"indicators.{d.name}" for d in line.indicators} <= items
        assert {"instrument", "validity"} <= items
        assert name in repr(line)
        assert "<table" in line._repr_html_()

    def test_a_line_that_is_not_verified_warns_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(caution, "_told", set())
        line = load_line("vn-2016")
        survey = asked(households(line, (1e6, RURAL, [])))
        with pytest.warns(mpi.MpiWarning, match=r"of 28 items are not verified .*provenance\(\)") as told:
            line.classify(survey)
        assert told[0].filename == __file__
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            line.classify(survey)
            assert line.measure.cutoff == Fraction(3, 10)
        with pytest.warns(mpi.MpiWarning, match="vn-2022") as told:
            assert load_line("vn-2022").measure
        assert told[0].filename == __file__

    def test_a_verified_line_does_not_warn(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(caution, "_told", set())
        assert classes("vn-2006", (1.0, RURAL, [])) == ["poor"]

    def test_the_cut_offs_of_2027_were_not_found(self) -> None:
        table = load_line("vn-2027").provenance()
        assert (table[table["item"].str.startswith("indicators.")]["status"] == "not found").all()


class TestMeasure:
    @pytest.mark.parametrize(("name", "d"), [("vn-2016", 10), ("vn-2022", 12), ("vn-2027", 12)])
    def test_weights_and_cutoff_are_exact(self, name: str, d: int) -> None:
        measure = load_line(name).measure
        assert set(measure.weights.values()) == {Fraction(1, d)}
        assert measure.cutoff == Fraction(3, d)
        assert measure.columns == tuple(f"dep_{n}" for n in measure.names)

    def test_the_measure_of_2016_is_that_of_gso(self) -> None:
        assert load_line("vn-2016").measure.weights == mpi.load_measure("gso-mdp").weights

    def test_a_line_of_income_alone_has_none(self) -> None:
        with pytest.raises(mpi.MpiError, match="income alone"):
            _ = load_line("vn-2011").measure


class TestShelf:
    def test_a_standard_applies_by_its_validity_not_by_its_signing(self) -> None:
        periods = {"vn-2006": (2006, 2010), "vn-2011": (2011, 2015), "vn-2016": (2016, 2021), "vn-2022": (2022, 2026)}
        for name, years in (periods | {"vn-2027": (2027, 2030)}).items():
            assert [line_for(y).name for y in years] == [name, name]
        assert line_for(date(2021, 3, 15)).name == "vn-2016"

    @pytest.mark.parametrize("year", [2005, 2031])
    def test_years_without_a_line(self, year: int) -> None:
        with pytest.raises(mpi.MpiError, match="vn-2016 2016-2021"):
            line_for(year)

    def test_the_nearest_name_is_offered(self) -> None:
        with pytest.raises(mpi.MpiError, match="did you mean 'vn-2022'"):
            load_line("vn2022")


ELSEWHERE = """
name = "mx"
unit = "MXN per person per month"
instrument = { text = "Ley X", status = "verified", source = "diario oficial" }
validity = { from = 2018-01-01, to = 2024-12-31, status = "verified", source = "diario oficial" }
weighting = { each = "1/2", status = "verified", source = "diario oficial" }
identification = { cutoff = "1/2", status = "verified", source = "diario oficial" }
[thresholds.welfare]
value = 100.5
bound = "exclusive"
status = "verified"
source = "diario oficial"
[[classes.poor.when]]
up_to = "welfare"
deprivations = { at_least = 1 }
status = "verified"
source = "diario oficial"
[[classes.vulnerable.when]]
above = "welfare"
deprivations = { at_least = 1 }
status = "verified"
source = "diario oficial"
[[classes.vulnerable.when]]
up_to = "welfare"
deprivations = { fewer_than = 1 }
status = "verified"
source = "diario oficial"
[classes.neither]
otherwise = true
[indicators.school]
dimension = "rights"
deprived = "not in school"
status = "verified"
source = "diario oficial"
[indicators.health]
dimension = "rights"
deprived = "no insurance"
column = "uninsured"
status = "verified"
source = "diario oficial"
"""


class TestOwnLine:
    def read(self, folder: Path, text: str) -> Line:
        file = folder / "mx.toml"
        file.write_text(text, encoding="utf-8")
        return Line.from_toml(file)

    def test_another_country_is_a_file_without_areas_and_with_any_classes(self, tmp_path: Path) -> None:
        line = self.read(tmp_path, ELSEWHERE)
        frame = pd.DataFrame({"y": [100, 100.5, 100, 101], "dep_school": [1, 1, 0, 0], "uninsured": [NAN, 0, 0, 0]})
        status = line.classify(asked(frame), income="y")
        assert status.survey.frames[0]["class"].to_list() == ["poor", "vulnerable", "vulnerable", "neither"]
        assert line.measure.cutoff == Fraction(1, 2)
        assert line.provenance()["item"].tolist()[2] == "thresholds.welfare"
        assert "income below the welfare" in repr(line)
        assert "By law: Ley X" in status.explain(0)
        assert "area" not in status.explain(0)

    def test_all_problems_are_told_at_once_with_path_and_nearest_name(self, tmp_path: Path) -> None:
        broken = (
            ELSEWHERE.replace('up_to = "welfare"', 'up_to = "welfar"', 1)
            .replace("value = 100.5", 'value = "much"')
            .replace('bound = "exclusive"', 'bound = "exclusiv"')
            .replace("2024-12-31", "2017-12-31")
            .replace('cutoff = "1/2"', 'cutoff = "3/2"')
            .replace('each = "1/2"', 'each = "1/3"')
            .replace("fewer_than = 1", "fewer_then = 1")
            .replace('deprived = "no insurance"', 'depraved = "no insurance"')
            .replace('column = "uninsured"\nstatus = "verified"', 'column = "uninsured"\nstatus = "sure"')
        )
        with pytest.raises(mpi.MpiError, match="problems") as error:
            self.read(tmp_path, broken)
        told = "\n".join(error.value.problems)
        for part in (
            "classes.poor.when[0].up_to: there is no threshold 'welfar'; did you mean 'welfare'",
            "thresholds.welfare.value: found the text 'much', expected a number",
            "thresholds.welfare.bound: found the text 'exclusiv'",
            "validity.to: 2017-12-31 is before 2018-01-01",
            "identification.cutoff: found the text '3/2'",
            "the weights of the 2 indicators add to 2/3",
            "classes.vulnerable.when[1].deprivations.fewer_then: there is no key 'fewer_then'",
            "indicators.health.depraved: there is no key 'depraved'; did you mean 'deprived'",
            "indicators.health.status: found the text 'sure'",
        ):
            assert part in told

    def test_classes_that_leave_gaps_or_overlap_are_no_law(self, tmp_path: Path) -> None:
        gap = ELSEWHERE.replace("[classes.neither]\notherwise = true\n", "")
        with pytest.raises(mpi.MpiError, match="above welfare with 0 deprivations is in no class"):
            self.read(tmp_path, gap)
        overlap = ELSEWHERE.replace("deprivations = { at_least = 1 }", "deprivations = { at_least = 0 }")
        with pytest.raises(mpi.MpiError, match="up to welfare with 0 deprivations is in both 'poor' and 'vulnerable'"):
            self.read(tmp_path, overlap)

    def test_thresholds_that_cross_between_areas_are_refused(self, tmp_path: Path) -> None:
        text = ELSEWHERE.replace("value = 100.5", "value = { a = 1, b = 9 }") + (
            "[areas.a]\n[areas.b]\n[thresholds.higher]\nvalue = { a = 2, b = 8 }\nstatus = 'verified'\nsource = 'x'\n"
        )
        with pytest.raises(mpi.MpiError, match="keep one order in all areas"):
            self.read(tmp_path, text)

    @pytest.mark.parametrize(
        ("text", "match"),
        [("name = ", "is not TOML"), ("", "name: not found"), ("areas = 3", "expected a table")],
    )
    def test_files_that_are_no_lines(self, tmp_path: Path, text: str, match: str) -> None:
        with pytest.raises(mpi.MpiError, match=match):
            self.read(tmp_path, text)

    def test_an_absent_file_and_its_nearest(self, tmp_path: Path) -> None:
        self.read(tmp_path, ELSEWHERE)
        with pytest.raises(mpi.MpiError, match=r"did you mean 'mx.toml'"):
            Line.from_toml(tmp_path / "mxx.toml")


@pytest.fixture(scope="module")
def sample() -> mpi.Survey:
    return mpi.load_sample()


@pytest.fixture
def status(sample: mpi.Survey) -> Any:
    line = load_line("vn-2016")
    return line.classify(sample, income_in="thousands", columns={d.name: d.name for d in line.indicators})


class TestEstimates:
    @pytest.mark.parametrize("unit", ["person", "household"])
    def test_shares_and_numbers_are_those_of_plain_means_and_totals(self, status, unit) -> None:
        by = ["area", ("region", "ethnicity")]
        est = estimate_classes(status, by, unit=unit)
        for suffix, plain in (("", mpi.mean), ("_number", mpi.total)):
            for name in ("poor", "near_poor", "average", "other"):
                ours, theirs = est.select(statistic=f"{name}{suffix}"), plain(status.survey, name, by, unit=unit)
                for column in ("value", "se", "n", "n_psu", "df"):
                    np.testing.assert_allclose(getattr(ours, column), getattr(theirs, column), rtol=1e-12)
                np.testing.assert_allclose(ours.conf_int(), theirs.conf_int(), rtol=1e-9)
                assert ours.table["group"].tolist() == theirs.table["group"].tolist()

    def test_shares_add_up_and_covary(self, status) -> None:
        est = estimate_classes(status, ["area"]).select(statistic=["poor", "near_poor", "average", "other"], wave=2016)
        shares = est.table.groupby("group", observed=True)["estimate"].sum()
        np.testing.assert_allclose(shares, 1)
        whole = est.select(by="total")
        np.testing.assert_allclose(whole.vcov().sum(), 0, atol=1e-18)

    def test_undecided_are_told_and_bounded(self, sample) -> None:
        line = load_line("vn-2022")
        columns = {d.name: d.name for d in line.indicators if d.name in sample.columns}
        reading: Any = {"income_in": "thousands", "columns": columns, "absent": "missing"}
        est = estimate_line(sample, line, **reading)
        assert {"undecided", "undecided_number"} <= set(est.table["statistic"])
        bounds = estimate_line(sample, line, missing="bounds", **reading).select(statistic="poor", wave=2016)
        low, high = bounds.select(contrast="lower_bound"), bounds.select(contrast="upper_bound")
        undecided = est.select(statistic="undecided", wave=2016)
        assert low.value[0] < high.value[0] <= low.value[0] + undecided.value[0] + 1e-12

    def test_domains_keep_the_design(self, status) -> None:
        est = estimate_classes(status, where=lambda f: f["area"] == RURAL)
        by = estimate_classes(status, ["area"]).select(by="area", group="Rural")
        np.testing.assert_allclose(est.se, by.se, rtol=1e-12)

    def test_wrong_requests_are_told(self, sample) -> None:
        with pytest.raises(mpi.MpiError, match="3 problems"):
            estimate_line(
                sample, load_line("vn-2006"), unit="persons", level=95, missing="dropp", income_in="thousands"
            )


class TestInternationalLines:
    TABLE = """
    2010 11564 352 19476 592 33475 1018 10483 319 17797 541 33401 1016
    2012 15211 463 25618 779 44032 1339 13789 419 23410 712 43934 1336
    2014 17174 522 28924 880 49714 1512 15569 474 26431 804 49604 1509
    2016 17473 531 29429 895 50581 1539 15840 482 26892 818 50468 1535
    2018 18872 574 31784 967 54630 1662 17108 520 29044 883 54508 1658
    2020 20600 627 34694 1055 59631 1814 18675 568 31704 964 59498 1810
    2022 20796 633 35024 1065 60198 1831 18852 573 32005 973 60064 1827
    """
    OF_2021 = """
    2010 12578 383 17609 536 34799 1058
    2012 16545 503 23162 705 45773 1392
    2014 18680 568 26151 795 51680 1572
    2016 19005 578 26607 809 52581 1599
    2018 20526 624 28737 874 56790 1727
    2020 22406 682 31368 954 61989 1885
    2022 22619 688 31666 963 62579 1903
    """
    LINES = ("1.90", "3.20", "5.50", "2.15", "3.65", "6.85")

    @pytest.mark.parametrize(("table", "lines"), [(TABLE, LINES), (OF_2021, ("3.00", "4.20", "8.30"))])
    def test_the_table_of_dong_per_day_and_thousands_per_month(self, table: str, lines: tuple[str, ...]) -> None:
        for row in table.strip().splitlines():
            year, *cells = map(int, row.split())
            for i, dollars in enumerate(lines):
                line = international_line(dollars, year=year)
                assert (round(line.per_day), round(line.per_month / 1000)) == tuple(cells[2 * i : 2 * i + 2])
                assert line.status == "verified"

    def test_consumer_prices_of_all_bases_tell_of_the_same_inflation(self) -> None:
        for dollars in ("2.15", "3.00"):
            of, first = ({y: international_line(d, y).cpi for y in range(2010, 2023, 2)} for d in (dollars, "1.90"))
            for year in of:
                assert of[year] / of[2010] == pytest.approx(first[year] / first[2010], rel=2e-5)

    @pytest.mark.parametrize("written", ["1.90", "1.9", 1.9, "$1.90"])
    def test_a_line_may_be_written_in_any_way(self, written: Any) -> None:
        assert international_line(written, 2016).base == "2011"

    @pytest.mark.parametrize(
        ("dollars", "year", "match"),
        [("3.00", 2021, "of 2021 .* was not found"), ("2.15", 2019, "of 2019 .* was not found"),
         ("2.51", 2018, "did you mean '2.15'"), ("much", 2018, "no international line")],
    )  # fmt: skip
    def test_what_was_not_found_is_said(self, dollars: str, year: int, match: str) -> None:
        with pytest.raises(mpi.MpiError, match=match):
            international_line(dollars, year=year)
