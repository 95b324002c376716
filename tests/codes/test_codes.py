"""Viet Nam's codes: provinces of 63, of 34 and in three digits, regions, ethnic groups."""

from __future__ import annotations

import csv
import math
import subprocess
import sys
import unicodedata
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import mpi
from mpi import MpiError, codes
from mpi.codes.shipped import rows
from mpi.codes.spellings import spellings

if TYPE_CHECKING:
    from pathlib import Path

REUSED = {15, 24, 44, 52, 80, 82, 91}
STRADDLING = {"Phu Tho", "Bac Ninh", "Gia Lai", "Dak Lak", "Lam Dong", "Quang Ngai", "Tay Ninh"}


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# The sets


def test_each_set_has_as_many_units_as_its_name_says() -> None:
    sizes = {name: len(codes.code_set(name)) for name in codes.list_sets()}
    assert sizes == {"vn-63": 63, "vn-34": 34, "vn-old3": 63, "vn-region6": 6, "vn-ethnic": 56}


@pytest.mark.parametrize("name", codes.list_sets())
def test_a_set_holds_each_code_and_each_spelling_once(name: str) -> None:
    units = [*codes.code_set(name), *codes.code_set(name).retired]
    assert len({u.code for u in units}) == len(units)
    owners: dict[str, set[int]] = {}
    for unit in units:
        for written in (unit.name_vi, unit.name_en, *unit.aliases):
            for form in spellings(written):
                owners.setdefault(form, set()).add(unit.code)
    assert {form: found for form, found in owners.items() if len(found) > 1} == {}


@pytest.mark.parametrize("name", codes.list_sets())
def test_every_unit_is_found_by_all_it_is_called(name: str) -> None:
    for unit in [*codes.code_set(name), *codes.code_set(name).retired]:
        decomposed = unicodedata.normalize("NFD", unit.name_vi)
        for written in (unit.code, float(unit.code), np.int16(unit.code), str(unit.code), unit.text, f"{unit.code}.0"):
            assert codes.lookup(written, name) is unit
        for written in (unit.name_vi, unit.name_en, unit.name_vi.upper(), unit.name_en.lower(), decomposed):
            assert codes.lookup(written, name) is unit


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("Hà Nội", 1), ("Ha Noi", 1), ("hanoi", 1), ("HÀ NỘI", 1), ("Thành phố Hà Nội", 1), ("TP. Hà Nội", 1),
        ("Tỉnh Hà Giang", 2), ("Ha Giang province", 2), ("TP.HCM", 79), ("Ho Chi Minh City", 79), ("Sài Gòn", 79),
        ("Hòa Bình", 17), ("Hoà Bình", 17), ("Thừa Thiên - Huế", 46), ("Ðắk Lắk", 66), ("Daklak", 66), ("Kontum", 62),
        ("Ba Ria-Vung Tau", 77), (" Cần Thơ ", 92),
    ],
)  # fmt: skip
def test_provinces_are_found_however_they_are_written(written: str, code: int) -> None:
    assert codes.lookup(written, "vn-63").code == code


def test_facts_say_how_sure_they_are() -> None:
    for name in codes.list_sets():
        facts = codes.code_set(name).facts
        assert facts
        assert {f.status for f in facts} <= {"verified", "secondary", "from memory"}
        assert all(f.what and f.source for f in facts)
    uncertain = [f.what for f in codes.provinces("vn-63").facts if f.status == "from memory"]
    assert ["28" in what for what in uncertain] == [True]


def test_validity_passes_from_63_to_34_on_the_first_of_july_2025() -> None:
    assert codes.provinces("vn-63").valid_to == date(2025, 6, 30)
    assert codes.provinces("vn-34").valid_from == date(2025, 7, 1)


# A code needs its set


def test_code_15_is_yen_bai_of_the_63_and_lao_cai_of_the_34() -> None:
    assert codes.lookup(15, "vn-63").name_vi == "Yên Bái"
    assert codes.lookup(15, "vn-34").name_vi == "Lào Cai"


def test_a_code_without_its_set_is_refused_and_the_reason_told() -> None:
    with pytest.raises(MpiError, match=r"name the code set.*Yên Bái \(15\) in vn-63, Lào Cai \(15\) in vn-34"):
        codes.lookup(15)
    for ask in (codes.provinces, codes.code_set, codes.labels):
        with pytest.raises(MpiError, match="name the code set"):
            ask()
    with pytest.raises(MpiError, match="name the code set"):
        codes.region_of(15)


def test_seven_codes_of_the_34_were_other_provinces_before() -> None:
    old, new = codes.labels("vn-63"), codes.labels("vn-34")
    assert {code for code in new if old[code] != new[code]} == REUSED


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    with pytest.raises(MpiError, match=r"no province 'Ha Gang' in vn-63; did you mean 'Hà Giang' \(02\)"):
        codes.lookup("Ha Gang", "vn-63")
    with pytest.raises(MpiError, match=r"no ethnic group 'Hmomg'.*'Hmông \(Mèo\)' \(08\)"):
        codes.lookup("Hmomg", "vn-ethnic")


def test_a_province_of_another_set_is_told_to_be_there() -> None:
    with pytest.raises(MpiError, match=r"Hà Giang \(02\) in vn-63, Hà Giang \(201\) in vn-old3"):
        codes.lookup("Hà Giang", "vn-34")
    with pytest.raises(MpiError, match=r"no province 101 in vn-63 \(63 codes, 01 to 96\); it is Hà Nội \(101\)"):
        codes.lookup(101, "vn-63")


@pytest.mark.parametrize("value", ["001", "0101", 1.5, True, None, "", "²", -1, 3, float("nan"), float("inf"), [1]])
def test_what_is_no_code_is_refused(value: object) -> None:
    with pytest.raises(MpiError, match="there is no province"):
        codes.provinces("vn-63").find(value)


def test_unknown_sets_and_languages_are_refused() -> None:
    with pytest.raises(MpiError, match="did you mean 'vn-63'"):
        codes.code_set("vn-36")
    with pytest.raises(MpiError, match="there is no code set 'vn-ethnic'"):
        codes.provinces("vn-ethnic")
    with pytest.raises(MpiError, match="there is no language 'fr'"):
        codes.labels("vn-63", "fr")
    with pytest.raises(MpiError, match="with a crosswalk 'vn-ethnic'"):
        codes.crosswalk("vn-63", "vn-ethnic")


# From one set to another


def test_each_of_the_63_is_in_one_of_the_34_and_all_34_are_covered() -> None:
    walk = codes.crosswalk("vn-63", "vn-34")
    assert walk.kind == "many to one"
    assert {u.code for u in codes.provinces("vn-63")} <= set(walk.mapping)
    assert all(len(targets) == 1 for targets in walk.mapping.values())
    assert {t for targets in walk.mapping.values() for t in targets} == {u.code for u in codes.provinces("vn-34")}


def test_the_34_take_up_the_63_and_eleven_stay_as_they_were() -> None:
    walk = codes.crosswalk("vn-34", "vn-63")
    assert walk.kind == "one to many"
    members = [m for targets in walk.mapping.values() for m in targets]
    assert sorted(members) == [u.code for u in codes.provinces("vn-63")]
    assert sum(len(targets) == 1 for targets in walk.mapping.values()) == 11
    assert max(len(targets) for targets in walk.mapping.values()) == 3


def test_a_merged_province_has_the_code_of_one_of_its_members() -> None:
    assert all(code in members for code, members in codes.crosswalk("vn-34", "vn-63").mapping.items())


def test_translation_goes_round_where_it_is_one_to_one() -> None:
    everywhere = [u.code for u in codes.provinces("vn-63")]
    old = codes.translate(everywhere, "vn-63", "vn-old3")
    assert codes.translate(old, "vn-old3", "vn-63", year=2010) == everywhere
    unchanged = [c for c, members in codes.crosswalk("vn-34", "vn-63").mapping.items() if len(members) == 1]
    assert codes.translate(codes.translate(unchanged, "vn-34", "vn-63"), "vn-63", "vn-34") == unchanged


def test_ha_tay_is_translated_to_ha_noi() -> None:
    assert codes.translate([105, 101], "vn-old3", "vn-63") == [1, 1]
    assert codes.translate(["28"], "vn-63", "vn-34") == [1]
    assert codes.labels("vn-old3")[105] == "Hà Tây"


@pytest.mark.parametrize(
    "column",
    [
        ["1", "02", None, " "],
        (1, 2, None, None),
        np.array([1.0, 2.0, np.nan, np.nan]),
        pd.Series([1, 2, None, None]),
        pd.Series([1, 2, pd.NA, pd.NA], dtype="Int64"),
        pd.Series(["01", "Ha Giang", None, ""]),
        pd.Series(["01", "02", None, None], dtype="category"),
        pl.Series([1, 2, None, None]),
        pa.array([1, 2, None, None]),
        pa.chunked_array([["Hà Nội", "Hà Giang"], [None, None]]),
    ],
    ids=lambda c: type(c).__module__ + "." + type(c).__name__,
)
def test_any_column_is_translated_and_missing_stays_missing(column: object) -> None:
    assert codes.translate(column, "vn-63", "vn-34") == [1, 8, None, None]


def test_all_unknown_codes_are_told_at_once() -> None:
    with pytest.raises(MpiError, match="cannot be translated from vn-63 to vn-34, 3 problems") as caught:
        codes.translate([1, 3, 3, 97, "Ha Gang"], "vn-63", "vn-34")
    told = "\n".join(caught.value.problems)
    assert len(caught.value.problems) == 3
    assert "3 in vn-63" in told
    assert "(2 rows)" in told
    assert "'Hà Giang' (02)" in told


def test_a_province_with_several_parts_is_not_translated_to_one_of_them() -> None:
    with pytest.raises(MpiError, match=r"Lào Cai \(15 in vn-34\) has parts in Lào Cai \(10\) and Yên Bái \(15\)"):
        codes.translate([1, 15], "vn-34", "vn-63")


@pytest.mark.parametrize("values", ["15", 15, {15: 1}, None, np.array(15), pd.DataFrame({"tinh": [15]}), [[1], [2]]])
def test_what_is_no_column_is_refused(values: object) -> None:
    with pytest.raises(MpiError, match="expected"):
        codes.translate(values, "vn-63", "vn-34")


def test_three_digit_codes_divided_in_2004_need_the_year() -> None:
    with pytest.raises(MpiError, match=r"301 \(Lai Châu\) was divided in 2004; before.*say the year"):
        codes.translate([301], "vn-old3", "vn-63")
    assert codes.translate([301, 605, 815], "vn-old3", "vn-63", year=2006) == [12, 66, 92]
    with pytest.raises(MpiError, match="3 problems"):
        codes.translate([301, 605, 815], "vn-old3", "vn-63", year=2002)
    assert codes.translate([815], "vn-old3", "vn-34") == [92]
    assert codes.translate([301, 605, 815], "vn-old3", "vn-region6") == [2, 4, 6]


# Regions


def test_regions_cover_all_63_provinces() -> None:
    found = codes.translate([u.code for u in codes.provinces("vn-63")], "vn-63", "vn-region6")
    assert Counter(found) == {1: 11, 2: 14, 3: 14, 4: 5, 5: 6, 6: 13}
    assert [u.region6 for u in codes.provinces("vn-63")] == found


def test_quang_ninh_is_in_the_red_river_delta() -> None:
    assert codes.region_of("Quang Ninh", "vn-63").aliases == ("RRD",)
    assert "Quang Ninh" in codes.regions().note


def test_seven_of_the_34_lie_in_two_regions() -> None:
    assert {u.name_en for u in codes.provinces("vn-34") if u.region6 is None} == STRADDLING
    for unit in codes.provinces("vn-34"):
        targets = codes.crosswalk("vn-34", "vn-region6").mapping[unit.code]
        assert (targets[0] if len(targets) == 1 else None) == unit.region6
    with pytest.raises(MpiError, match="has parts in Đồng bằng sông Hồng"):
        codes.region_of("Phú Thọ", "vn-34")


def test_published_regional_rates_are_those_of_the_provinces(field: Path) -> None:
    """GSO 2023: rates of provinces weighted by households give the published rates of regions and the country."""
    table = read(field / "vn_validation_2023.csv")
    region = codes.translate([r["code"] for r in table], "vn-63", "vn-region6")
    assert region == codes.translate([r["name_vi"] for r in table], "vn-63", "vn-region6")
    share = np.array([float(r["hh_share_2023_pct"]) for r in table])
    rate = np.array([float(r["poor_hh_rate_2023"]) for r in table])
    mean = {c: np.average(rate, weights=share * (np.array(region) == c)) for c in range(1, 7)}
    published = [0.7028, 10.7126, 3.8938, 9.0310, 0.2733, 3.0614]
    assert list(mean.values()) == pytest.approx(published, abs=1e-4)  # shares are printed to four digits
    assert np.sum(rate * share) / 100 == pytest.approx(3.37316, abs=1e-5)


# Which set


def test_codes_of_the_63_alone_tell_the_set() -> None:
    assert codes.guess_set([1, 2, None, 79]) == "vn-63"
    assert codes.guess_set(["101", "105"]) == "vn-old3"


def test_no_choice_is_made_where_several_sets_fit() -> None:
    all_new = [u.code for u in codes.provinces("vn-34")]
    assert codes.fitting_sets(all_new) == ("vn-63", "vn-34")
    with pytest.raises(MpiError, match=r"vn-63 \(34 of its 63 codes occur\), vn-34 \(34 of its 34 codes occur\)"):
        codes.guess_set(all_new)


def test_where_no_set_fits_each_set_says_why() -> None:
    with pytest.raises(MpiError, match=r"vn-63 has no 3, 101; vn-34 has no 2, 3, 101; vn-old3 has no 2, 3"):
        codes.guess_set([2, 3, 101])
    with pytest.raises(MpiError, match=r"vn-34 has no .* and 92 more"):
        codes.guess_set(list(range(900, 1000)))
    with pytest.raises(MpiError, match="no value"):
        codes.guess_set([None])


# History


def test_changes_are_dated_and_in_order() -> None:
    found = codes.changes()
    assert [c.date for c in found] == sorted(c.date for c in found)
    assert Counter(c.kind for c in found) == {"split": 3, "merger": 24, "boundary": 1, "status": 2}
    assert {c.date for c in found if c.kind == "split"} == {date(2004, 1, 1)}
    assert all(c.facts and c.note for c in found)


def test_changes_name_codes_that_their_sets_have() -> None:
    for change in codes.changes():
        assert all(codes.lookup(c, change.before_set) for c in change.before)
        assert all(codes.lookup(c, change.after_set) for c in change.after)


@pytest.mark.parametrize(
    ("since", "until", "units"),
    [(2002, 2024, 60), (2004, 2024, 63), (2002, 2003, 60), (2004, 2025, 34), (2002, 2026, 32), (2026, 2026, 34)],
)
def test_stable_units_are_as_many_as_the_span_allows(since: int, until: int, units: int) -> None:
    # 63 - 3 divisions; 34 - 2: Dien Bien and Lai Chau, and Dak Lak with Lam Dong, which took Dak Nong
    found = codes.stable_set(since, until)
    assert len(found) == units
    assert len(found.labels()) == units


def test_years_are_made_comparable() -> None:
    early = codes.harmonise([301, 605, 815, 105, 101, None], "vn-old3", year=2002)
    late = codes.harmonise(["11", "12", 66, 67, 92, 93, 1, math.nan], "vn-63", year=2022)
    assert early == [11, 66, 92, 1, 1, None]
    assert late == [11, 11, 66, 66, 92, 92, 1, None]
    assert codes.stable_set().labels("en")[66] == "Dak Lak + Dak Nong"
    assert codes.stable_set().find("Hậu Giang").code == 92


@pytest.mark.parametrize(("name", "year"), [("vn-old3", 2002), ("vn-old3", 2006), ("vn-63", 2010), ("vn-34", 2026)])
def test_every_code_has_a_place_in_the_longest_span(name: str, year: int) -> None:
    units = codes.stable_set(2002, 2026)
    found = codes.harmonise([u.code for u in codes.provinces(name)], name, year=year, until=2026)
    assert set(found) == {u.code for u in units}


def test_provinces_united_in_2025_need_a_span_that_reaches_it() -> None:
    with pytest.raises(MpiError, match="year=2026 lies outside 2002-2024"):
        codes.harmonise([15], "vn-34", year=2026)
    with pytest.raises(MpiError, match=r"Lào Cai \(15 in vn-34\) is several units"):
        codes.harmonise([15], "vn-34", year=2024)
    assert codes.harmonise([15], "vn-34", year=2026, until=2026) == [10]
    assert codes.harmonise([10, 15], "vn-63", year=2022, until=2026) == [10, 10]


def test_spans_that_cannot_be_are_refused() -> None:
    with pytest.raises(MpiError, match="2 problems"):
        codes.stable_set(2001, 2000)
    with pytest.raises(MpiError, match="year='2010' is not a whole number"):
        codes.harmonise([1], "vn-63", year="2010")
    with pytest.raises(MpiError, match=r"year=2010\.5 is not a whole number"):
        codes.translate([101], "vn-old3", "vn-63", year=2010.5)
    with pytest.raises(MpiError, match="there is no code set of provinces 'vn-ethnic'"):
        codes.harmonise([1], "vn-ethnic", year=2010)


# Ethnic groups


def test_54_groups_and_two_more() -> None:
    groups = codes.ethnic_groups()
    assert [u.code for u in groups] == list(range(1, 57))
    assert (groups.find(55).name_en, groups.find(56).name_en) == ("Foreigner", "Undetermined")


@pytest.mark.parametrize(
    ("written", "code"),
    [("Kinh", 1), ("Viet", 1), ("hoa", 4), ("Khmer", 5), ("H'Mông", 8), ("Gia Rai", 10), ("Jarai", 10), ("Ê Đê", 12),
     ("M'nông", 20), ("K'ho", 16), ("Cao Lan-Sán Chỉ", 15), ("dân tộc Tày", 2), ("Cham", 17), ("Co", 30)],
)  # fmt: skip
def test_ethnic_groups_are_found_however_they_are_written(written: str, code: int) -> None:
    assert codes.lookup(written, "vn-ethnic").code == code


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize(
    ("name", "hoa"),
    [("usual", None), ("kinh-minority", None), ("kinh-minority", "majority"), ("kinh-minority", "minority")],
)
def test_each_grouping_places_every_group_once(name: str, hoa: codes.ethnicity.Hoa, language: str) -> None:
    grouping = codes.classification(name, hoa=hoa, language=language)
    assert list(grouping.mapping) == list(range(1, 57))
    assert set(grouping.mapping.values()) == set(grouping.groups)
    assert sum(len(grouping.members(g)) for g in grouping.groups) == 56
    assert grouping.source


def test_whether_the_hoa_are_a_minority_stands_in_name_and_label() -> None:
    majority, minority = (codes.classification("kinh-minority", hoa=h) for h in ("majority", "minority"))
    assert majority.name == codes.classification("kinh-minority").name == "kinh-minority, hoa=majority"
    assert majority.groups == ("Kinh and Hoa", "Other 52 groups", "Foreign or undetermined")
    assert minority.groups == ("Kinh", "Other 53 groups", "Foreign or undetermined")
    assert (len(majority.members("Other 52 groups")), len(minority.members("Other 53 groups"))) == (52, 53)
    assert {c for c in majority.mapping if majority.mapping[c] == "Other 52 groups"} ^ set(
        minority.members("Other 53 groups")
    ) == {4}


def test_options_of_groupings_are_checked() -> None:
    with pytest.raises(MpiError, match="'usual' has no such choice"):
        codes.classification("usual", hoa="minority")
    with pytest.raises(MpiError, match="did you mean 'minority'"):
        codes.classification("kinh-minority", hoa="minorty")
    with pytest.raises(MpiError, match="did you mean 'usual'"):
        codes.classification("usuall")
    with pytest.raises(MpiError, match="no language"):
        codes.classification("usual", language="fr")


def test_the_usual_groups() -> None:
    usual = codes.classification("usual")
    assert usual.status == "from memory"
    assert usual.apply(["01", "Thai", 5.0, 8, 10, 19, 55, None, np.nan]) == [
        "Kinh-Hoa", "Tay-Thai-Muong-Nung", "Khmer-Cham", "Hmong-Dao", "Central Highlands", "Other",
        "Foreign or undetermined", None, None,
    ]  # fmt: skip


def test_a_grouping_of_ones_own() -> None:
    mine = codes.Classification.custom("mine", {"Kinh": [1], "North": ["Tày", "Thai", 6]}, rest="Rest")
    assert mine.groups == ("Kinh", "North", "Rest")
    assert mine.status == "own"
    assert mine.members("North") == (2, 3, 6)
    assert mine.apply(pd.Series([3.0, None, 54])) == ["North", None, "Rest"]
    with pytest.raises(MpiError, match=r"cannot be grouped by 'mine', 2 problems"):
        mine.apply([1, 57, 99])
    with pytest.raises(MpiError, match="did you mean 'North'"):
        mine.members("Nort")


def test_all_that_is_wrong_with_a_grouping_is_told_at_once() -> None:
    groups = {"A": [1, 99, "Tai"], "B": ["Kinh", 2], "C": [], "D": "Tay"}
    with pytest.raises(MpiError, match="the grouping 'mine' cannot be used") as caught:
        codes.Classification.custom("mine", groups, rest=None)
    told = caught.value.problems
    assert len(told) == 6
    assert "99" in told[0]
    assert "'Tai'" in told[1]
    assert told[2] == "Kinh (Việt) (01) is in 'A' and again in 'B'"
    assert told[3:5] == ("group 'C' is empty", "group 'D': a list of codes or names was expected, not 'Tay'")
    assert told[5].startswith("54 codes are in no group")
    with pytest.raises(MpiError, match="it has no groups"):
        codes.Classification.custom("none", {})


def test_a_grouping_that_names_all_has_no_rest() -> None:
    whole = codes.Classification.custom("whole", {"all": range(1, 57)})
    assert whole.groups == ("all",)
    assert codes.Classification.custom("whole", {"all": range(1, 57)}, rest=None).groups == ("all",)


# The data, and what it is used for


def test_shipped_data_are_those_of_the_field(field: Path) -> None:
    for row in read(field / "vn_provinces.csv"):
        unit = codes.lookup(row["code"], "vn-63")
        assert (unit.name_vi, unit.name_en) == (row["name_vi"], row["name_en"])
        new = codes.lookup(codes.translate([row["code"]], "vn-63", "vn-34")[0], "vn-34")
        assert (new.text, new.name_vi, new.name_en) == (row["code34"], row["name34_vi"], row["province34"])
        region = codes.region_of(row["code"], "vn-63")
        assert (region.name_en, region.text) == (row["region6"], row["region6_code"])
        assert codes.translate([row["code"]], "vn-63", "vn-old3") == [int(row["code_old3"])]
    for row in read(field / "vn_ethnic_groups.csv"):
        unit = codes.lookup(row["code"], "vn-ethnic")
        assert (unit.name_vi, unit.name_en) == (row["name_vi"], row["name_en"])
        assert codes.classification("usual").mapping[unit.code] == row["usual_group"]
        majority = codes.classification("kinh-minority").mapping[unit.code]
        assert majority == {"0": "Kinh and Hoa", "1": "Other 52 groups", "": "Foreign or undetermined"}[row["minority"]]


def test_every_row_of_the_crosswalk_names_known_codes() -> None:
    for row in rows("crosswalk"):
        assert all(codes.lookup(code, name) for name, code in row.items())


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_estimates_carry_the_names_of_provinces_and_regions(library: str) -> None:
    columns = {
        "tinh": ["01", "01", "79", "79"],
        "ethnic": [1, 2, 4, 1],
        "poor": [1, 0, 1, 1],
        "w": [1.0, 2.0, 1.0, 3.0],
    }
    columns["province"] = codes.translate(columns["tinh"], "vn-63", "vn-63")
    columns["region"] = codes.translate(columns["tinh"], "vn-63", "vn-region6")
    columns["ethnicity"] = codes.classification("kinh-minority").apply(columns["ethnic"])
    frame = pd.DataFrame(columns) if library == "pandas" else pl.DataFrame(columns)
    labels = {"province": codes.labels("vn-63"), "region": codes.labels("vn-region6", "en")}
    survey = mpi.Survey(frame, weight="w", labels=labels)
    table = mpi.mean(survey, ["poor"], by=["province", "region", "ethnicity"]).table
    assert set(table["group"]) == {
        "total", "Hà Nội", "Hồ Chí Minh", "Red River Delta", "South East", "Kinh and Hoa", "Other 52 groups",
    }  # fmt: skip


def test_codes_load_without_pandas() -> None:
    heavy = "{'pandas', 'scipy', 'matplotlib', 'polars'}"
    script = f"import sys, mpi.codes as c; c.labels('vn-63'); c.changes(); print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
