"""The VHLSS reader: a folder of modules becomes one survey, and all that is wrong is told."""

import shutil
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mpi
from mpi.core.errors import MpiError, MpiWarning, Problems
from mpi.core.toml_table import TomlTable
from mpi.programmes.vhlss import check_vhlss, missing_names, read_vhlss
from mpi.programmes.vhlss.layout_files import layout_of, rounds
from mpi.programmes.vhlss.layout_reader import read_missing_of
from mpi.programmes.vhlss.names import STANDARDS, TITLES

SAMPLES = Path(__file__).parents[2] / "data" / "samples"
FOLDERS = {year: SAMPLES / f"vhlss{year}" for year in (2016, 2022)}


@pytest.fixture(scope="module")
def surveys():
    return {year: read_vhlss(folder, year) for year, folder in FOLDERS.items()}


@pytest.fixture(scope="module")
def frames(surveys):
    return {year: survey.frames[0].to_native() for year, survey in surveys.items()}


@pytest.fixture
def copy(tmp_path):
    def make(year):
        return Path(shutil.copytree(FOLDERS[year], tmp_path / f"vhlss{year}"))

    return make


def raw(year, name):
    return pd.read_stata(FOLDERS[year] / name, convert_categoricals=False)


def rewrite(path, change):
    frame = change(pd.read_stata(path, convert_categoricals=False))
    frame.to_stata(path, write_index=False, version=118)


# --- the surveys


@pytest.mark.parametrize("year", [2016, 2022])
def test_members_design_and_weights(surveys, frames, year):
    survey, frame = surveys[year], frames[year]
    members = raw(year, "Muc1A.dta" if year == 2016 else "Ho_ThanhVien.dta")
    assert len(survey) == len(members)
    assert survey.design.strata == 126
    assert survey.design.units == frame["psu"].nunique()
    homes = frame.drop_duplicates("household")
    areas = raw(year, "wt16.dta" if year == 2016 else "weight2022.dta")
    assert homes["weight"].sum() == pytest.approx(10 * areas["wt45"].sum())
    assert (frame["stratum"] == 10 * frame["province"] + frame["area"]).all()
    assert survey.roles == {"weight": "weight", "strata": "stratum", "psu": "psu", "household": "household"}


@pytest.mark.parametrize("year", [2016, 2022])
def test_household_facts_are_the_same_for_all_members(frames, year):
    facts = [
        "province",
        "area",
        "region",
        "stratum",
        "psu",
        "weight",
        "size",
        "ethnicity",
        "head_sex",
        "income",
        "water",
    ]
    assert frames[year].groupby("household")[facts].nunique(dropna=False).eq(1).all(axis=None)


@pytest.mark.parametrize("year", [2016, 2022])
def test_ids_are_text_with_all_zeros(frames, year):
    frame = frames[year]
    assert frame["household"].str.fullmatch(r"\d{2}-\d{3}-\d{5}-\d{3}-\d{3}").all()
    assert (frame["household"].str[:-4] == frame["psu"]).all()
    assert (frame["household"].str[:2].astype(int) == frame["province"]).all()
    assert not frame.duplicated(["household", "member"]).any()


def test_keys_of_2022_lost_their_zeros_and_differ_in_type():
    members, areas = raw(2022, "Ho_ThanhVien.dta"), raw(2022, "weight2022.dta")
    assert "1" in set(members["MATINH"])
    assert not pd.api.types.is_numeric_dtype(members["MATINH"])
    assert pd.api.types.is_numeric_dtype(areas["tinh"])


def test_half_of_the_areas_of_2016_are_in_2022(frames):
    first, second = (set(frames[year]["psu"]) for year in (2016, 2022))
    assert 0.4 < len(first & second) / len(first) < 0.6


@pytest.mark.parametrize("year", [2016, 2022])
def test_never_attended_is_grade_zero(frames, year):
    file, column = ("Muc2AB.dta", "m2ac1") if year == 2016 else ("Ho_ThanhVien.dta", "M2_C1")
    answers = pd.to_numeric(raw(year, file)[column])
    assert (answers == 99).any()
    assert frames[year]["grade"].max() == 12
    assert (frames[year]["grade"] == 0).sum() == answers.isin([0, 99]).sum()


@pytest.mark.parametrize("year", [2016, 2022])
def test_zero_expenditure_is_missing_and_losses_are_kept(frames, year):
    homes = frames[year].drop_duplicates("household")
    assert homes["expenditure"].min() > 0
    assert homes["expenditure"].notna().mean() == pytest.approx(0.2)
    assert (homes["income"] < 0).any()


def test_money_is_vnd_per_person_per_month(frames):
    home = raw(2022, "Ho_ThongTinHo.dta").iloc[0]
    frame = frames[2022]
    key = f"{home['MATINH']:0>2}-{home['MAHUYEN']:0>3}-{home['MAXA']:0>5}-{home['MADIABAN']:0>3}-{home['HOSO']:0>3}"
    found = frame.loc[frame["household"] == key, "income"].iloc[0]
    assert found == pytest.approx(home["THUNHAP"] * 1000 / 12 / home["SONHANKHAU"])
    assert found / 1000 == pytest.approx(home["THUBQ"], rel=1e-4)


@pytest.mark.parametrize("year", [2016, 2022])
def test_codes_are_harmonised(frames, year):
    frame = frames[year]
    yes_no = [
        "attending",
        "insured",
        "internet",
        "ill",
        "sought_care",
        "working",
        "wage",
        "tv",
        "mobile",
        "loudspeaker",
    ]
    for name in yes_no:
        assert set(frame[name].dropna()) == {0, 1}, name
    assert set(frame["water"].dropna()) <= set(range(1, 16))
    assert set(frame["toilet"].dropna()) <= set(range(1, 14))
    assert set(frame["level"]) <= set(range(10))
    assert frame["attending_level"].min() == -1
    assert frame["region"].between(1, 6).all()
    assert (frame["region"][frame["province"] == 22] == 1).all()


def test_questions_not_asked_are_not_missing_answers(frames):
    frame = frames[2022]
    assert frame["seeking"].notna().all()
    assert frame["contract"].notna().eq(frame["wage"] == 1).all()
    assert frame["sought_care"].notna().eq(frame["ill"] == 1).all()
    assert frame["age_months"].floordiv(12).eq(frame["age"]).all()


def test_blank_answers_stay_missing(frames):
    for year, file, column in ((2016, "Muc7.dta", "syn_nhaxi"), (2022, "Ho_ThongTinHo.dta", "M7_C15")):
        homes = frames[year].drop_duplicates("household")
        assert 0 < homes["toilet"].isna().sum() == raw(year, file)[column].isna().sum()


@pytest.mark.parametrize("year", [2016, 2022])
def test_labels_are_english_or_vietnamese(surveys, year):
    labels = surveys[year].labels
    assert labels["province"][2] == "Ha Giang"
    assert labels["ethnicity"][8] == "Hmong"
    assert labels["area"] == {1: "Urban", 2: "Rural"}
    assert labels["head_sex"][2] == "Female"
    vietnamese = read_vhlss(FOLDERS[year], year, labels="vi")
    labels = vietnamese.labels
    assert labels["province"][2] == "Hà Giang"
    assert labels["ethnicity"][8] == "Hmông (Mèo)"
    assert labels["area"] == {1: "Thành thị", 2: "Nông thôn"}
    assert labels["sex"][2] == "Nữ"
    assert labels["region"][6] == "Đồng bằng sông Cửu Long"
    assert labels["relation"][2] == "Vợ/chồng"
    assert vietnamese.categories("province").labels[1] == "Hà Giang"
    with pytest.raises(MpiError, match="no language 'fr'"):
        read_vhlss(FOLDERS[year], year, labels="fr")


def test_vietnamese_of_2016_is_in_tcvn3():
    data = (FOLDERS[2016] / "Muc1A.dta").read_bytes()
    assert data[0] == 114
    assert "Vî/chång".encode("latin-1") in data
    assert "Vợ/chồng".encode() in (FOLDERS[2022] / "Ho_ThanhVien.dta").read_bytes()


@pytest.mark.parametrize("year", [2016, 2022])
def test_expenditure_subsample_has_its_own_weight(year):
    survey = read_vhlss(FOLDERS[year], year, subsample="expenditure")
    frame = survey.frames[0].to_native()
    homes = frame.drop_duplicates("household")
    assert homes["expenditure"].gt(0).all()
    assert len(homes) == 950
    assert homes["weight"].sum() == pytest.approx({2016: 24.2e6, 2022: 27.007e6}[year], rel=1e-6)
    assert survey.design.strata == 126


def test_subsample_unknown():
    with pytest.raises(MpiError, match="did you mean 'expenditure'"):
        read_vhlss(FOLDERS[2022], 2022, subsample="expenditures")


@pytest.mark.parametrize("year", [2016, 2022])
def test_everything_the_standard_of_the_round_needs_is_there(surveys, year):
    needed = {name for names in STANDARDS[f"vn-{year}"].values() for name in names}
    assert needed <= set(surveys[year].columns)
    report = check_vhlss(FOLDERS[year], year)
    assert not any(report.indicators().values())
    assert report.missing_files == ()
    assert missing_names(FOLDERS[year], year) == report.missing


# --- what is not there


def test_a_missing_module_is_told_once_with_what_can_still_be_computed(copy):
    folder = copy(2016)
    (folder / "Muc7.dta").unlink()
    with pytest.warns(MpiWarning) as told:
        survey = read_vhlss(folder, 2016)
    assert len(told) == 1
    text = str(told[0].message)
    for part in ("files not there: housing", "toilet", "vn-2016: 5 of 10", "water lacks water", "overrides="):
        assert part in text
    assert "toilet" not in survey.columns
    assert "expenditure" not in survey.columns  # part of a sum is not the sum
    assert {"water", "toilet", "living_area"} <= set(missing_names(folder, 2016))


def test_without_members_rows_are_households(copy):
    folder = copy(2022)
    (folder / "Ho_ThanhVien.dta").unlink()
    with pytest.warns(MpiWarning, match="members"):
        survey = read_vhlss(folder, 2022)
    assert len(survey) == 4750
    assert survey.roles["size"] == "size"
    assert {"water", "income", "ethnicity"} <= set(survey.columns)
    assert "age" not in survey.columns


def test_round_2023_has_households_only_and_checks_its_two_weights(tmp_path):
    household, area = raw(2022, "Ho_ThongTinHo.dta"), raw(2022, "weight2022.dta")
    keys = ["MATINH", "MAHUYEN", "MAXA", "MADIABAN", "HOSO"]
    frame = pd.DataFrame({k.removeprefix("MA").lower(): household[k].astype(int) for k in keys})
    frame = frame.merge(area, on=["tinh", "huyen", "xa", "diaban"])
    frame["tsnguoi"], frame["thunhap"] = household["SONHANKHAU"], household["THUNHAP"]
    frame["dantocchuho"], frame["gioitinhchuho"] = household["DANTOCCHUHO"], 1
    frame["hhsizewt45"] = frame["wt45"] * frame["tsnguoi"]
    frame.to_stata(tmp_path / "Ho_ThongTinHo.dta", write_index=False, version=118)
    with pytest.warns(MpiWarning, match="vn-2022: 0 of 12") as told:
        survey = read_vhlss(tmp_path, 2023)
    assert "weight of persons" not in str(told[0].message)
    assert len(survey) == 4750
    assert survey.numbers("person_weight").sum() == pytest.approx((survey.weight * survey.numbers("size")).sum())
    frame.assign(hhsizewt45=1.0).to_stata(tmp_path / "Ho_ThongTinHo.dta", write_index=False, version=118)
    with pytest.warns(MpiWarning, match="not weight x size in 4,750 households"):
        read_vhlss(tmp_path, 2023)


def test_a_wrong_folder_offers_the_nearest():
    with pytest.raises(MpiError, match=r"did you mean .*vhlss2022"):
        read_vhlss(SAMPLES / "vhls2022", 2022)
    with pytest.raises(MpiError, match="is a file"):
        read_vhlss(SAMPLES / "VHLSS.md", 2022)


def test_a_folder_of_another_round_is_recognised():
    with pytest.raises(MpiError, match="looks like VHLSS 2016: pass"):
        read_vhlss(FOLDERS[2016], 2022)


def test_a_misnamed_file_is_offered(copy):
    folder = copy(2022)
    (folder / "Ho_ThongTinHo.dta").rename(folder / "Ho_ThongTin.dta")
    with pytest.raises(MpiError, match=r"no file 'Ho_ThongTinHo.dta'.*did you mean 'Ho_ThongTin.dta'"):
        read_vhlss(folder, 2022)


def test_files_in_a_folder_below_are_found_and_named(tmp_path, copy):
    inner = copy(2022)
    (tmp_path / "readme.txt").write_text("x")
    with pytest.raises(MpiError, match=r"it lies in .*vhlss2022"):
        read_vhlss(tmp_path, 2022)
    assert inner.is_dir()


def test_capitals_of_names_do_not_matter(copy):
    folder = copy(2022)
    (folder / "Ho_ThanhVien.dta").rename(folder / "HO_THANHVIEN.DTA")
    rewrite(folder / "Ho_Muc6A.dta", lambda frame: frame.rename(columns=str.lower))
    assert len(read_vhlss(folder, 2022)) == len(raw(2022, "Ho_ThanhVien.dta"))


def test_year_not_known():
    with pytest.raises(MpiError, match=r"no layout of VHLSS '2021'.*'2020'.*'2022'"):
        read_vhlss(FOLDERS[2022], 2021)


def test_no_weight_is_an_error_that_says_what_to_do(copy):
    folder = copy(2022)
    (folder / "weight2022.dta").unlink()
    with pytest.raises(MpiError, match="there is no 'weight'") as caught:
        read_vhlss(folder, 2022)
    assert len(caught.value.problems) == 2  # weight and area


# --- keys and merges


def test_a_module_with_keys_of_another_type(copy, frames):
    folder = copy(2016)
    names = {"tinh": 2, "huyen": 3, "xa": 5, "diaban": 3, "hoso": 3}

    def as_text(frame):
        return frame.assign(**{k: frame[k].astype(str).str.zfill(w) for k, w in names.items()}).iloc[::-1]

    rewrite(folder / "Ho3.dta", as_text)
    rewrite(folder / "Muc1A.dta", lambda frame: frame.assign(hoso=frame["hoso"].astype("float64")))
    found = read_vhlss(folder, 2016).frames[0].to_native()
    pd.testing.assert_frame_equal(found, frames[2016])


def test_keys_that_cannot_be_read_are_told(copy):
    folder = copy(2022)
    rewrite(folder / "Ho_ThanhVien.dta", lambda frame: frame.assign(MAXA=frame["MAXA"].where(frame.index > 1, "x7")))
    with pytest.raises(MpiError, match=r"'MAXA' is missing or not a number of up to 5 digits in 2 .*'x7'"):
        read_vhlss(folder, 2022)


def test_a_file_without_a_key_is_told(copy):
    folder = copy(2016)
    rewrite(folder / "Muc3A.dta", lambda frame: frame.drop(columns=["hoso"]))
    with pytest.raises(MpiError, match=r"Muc3A.dta has no column for its key 'household' \(looked for hoso\)"):
        read_vhlss(folder, 2016)


def test_duplicate_households_and_members_are_told_with_examples(copy):
    folder = copy(2016)
    rewrite(folder / "Ho1.dta", lambda frame: pd.concat([frame, frame.head(2).assign(dantoc=54)]))
    rewrite(folder / "Muc2AB.dta", lambda frame: pd.concat([frame, frame.head(1).assign(m2ac4=2)]))
    with pytest.raises(MpiError, match="2 households stand more than once") as caught:
        read_vhlss(folder, 2016)
    assert len(caught.value.problems) == 2
    assert "01-0" in caught.value.problems[0]
    assert "1 members stand more than once" in caught.value.problems[1]


def test_exact_copies_are_read_once_and_told(copy, frames):
    folder = copy(2016)
    rewrite(folder / "Ho1.dta", lambda frame: pd.concat([frame, frame.head(2)]))
    rewrite(folder / "Muc1A.dta", lambda frame: pd.concat([frame.tail(1), frame]))
    with pytest.warns(MpiWarning) as told:
        survey = read_vhlss(folder, 2016)
    pd.testing.assert_frame_equal(
        survey.frames[0].to_native().sort_values(["household", "member"], ignore_index=True),
        frames[2016].sort_values(["household", "member"], ignore_index=True),
    )
    assert "Ho1.dta has 2 rows that are exact copies of another (01-0" in str(told[0].message)
    assert "Muc1A.dta has 1 row that is an exact copy of another (96-" in str(told[0].message)


def test_households_alike_in_what_is_read_are_no_copies(copy):
    folder = copy(2016)
    rewrite(folder / "Ho1.dta", lambda frame: pd.concat([frame.assign(street="a"), frame.head(1).assign(street="b")]))
    with pytest.raises(MpiError, match="1 households stand more than once"):
        read_vhlss(folder, 2016)


def test_weights_by_household_with_copies_and_blanks(copy, frames):
    """As those of 2010: a row for each household, two of them twice, some blank."""
    folder = copy(2016)
    keys = ["tinh", "huyen", "xa", "diaban"]
    by_household = raw(2016, "Ho1.dta")[[*keys, "hoso"]].merge(raw(2016, "wt16.dta"), on=keys)
    by_household = by_household.assign(xa=by_household["xa"].astype(float))
    by_household.loc[by_household.index[-5:], "wt45"] = np.nan
    pd.concat([by_household, by_household.iloc[:2]]).to_stata(folder / "wt16.dta", write_index=False, version=118)
    with pytest.warns(MpiWarning) as told:
        found = read_vhlss(folder, 2016).frames[0].to_native()
    assert "wt16.dta has 2 rows that are exact copies of another" in str(told[0].message)
    assert "5 households have no weight" in str(told[0].message)
    kept = frames[2016][frames[2016]["household"].isin(found["household"])].reset_index(drop=True)
    assert found["household"].nunique() == 4745
    pd.testing.assert_frame_equal(found, kept)


def test_a_weight_file_may_repeat_its_areas_but_not_contradict_itself(copy, frames):
    folder = copy(2022)
    rewrite(folder / "weight2022.dta", lambda frame: pd.concat([frame, frame]).assign(tenxa=range(2 * len(frame))))
    pd.testing.assert_frame_equal(read_vhlss(folder, 2022).frames[0].to_native(), frames[2022])
    rewrite(folder / "weight2022.dta", lambda frame: frame.assign(wt45=frame["wt45"] + (frame.index < 3)))
    with pytest.raises(MpiError, match="3 enumeration areas stand more than once"):
        read_vhlss(folder, 2022)


def test_members_without_household_and_the_reverse_are_told(copy):
    folder = copy(2022)
    rewrite(folder / "Ho_ThongTinHo.dta", lambda frame: frame.iloc[1:])
    rewrite(folder / "Ho_ThanhVien.dta", lambda frame: frame[frame["IDHO"] != frame["IDHO"].iloc[-1]])
    with pytest.warns(MpiWarning) as told:
        survey = read_vhlss(folder, 2022)
    text = str(told[0].message)
    assert "members of 1 households in Ho_ThanhVien.dta have no household (01-" in text
    assert "1 households have no member in Ho_ThanhVien.dta (96-" in text
    assert "unknown households" in text  # of the durables
    assert survey.frames[0].to_native()["household"].nunique() == 4748


def test_households_without_weight_are_told(copy):
    folder = copy(2022)
    rewrite(folder / "weight2022.dta", lambda frame: frame.iloc[1:])
    with pytest.warns(MpiWarning, match=r"weight2022.dta lacks 1 enumeration areas.*\n.*10 households have no weight"):
        survey = read_vhlss(folder, 2022)
    assert np.isfinite(survey.weight).all()


def test_a_size_that_is_not_the_number_of_members_is_told(copy):
    folder = copy(2016)
    rewrite(folder / "Ho1.dta", lambda frame: frame.assign(tsnguoi=frame["tsnguoi"].where(frame.index > 2, 30)))
    with pytest.warns(MpiWarning, match="size of 3 households is not the number of their members"):
        read_vhlss(folder, 2016)


def test_answers_with_unknown_codes_are_missing_and_told(copy):
    folder = copy(2016)
    rewrite(folder / "Muc7.dta", lambda frame: frame.assign(m7c18=frame["m7c18"].where(frame.index > 1, 77)))
    with pytest.warns(MpiWarning, match=r"answers of 'm7c18' that 'water' does not know: 77 \(2 times\)"):
        survey = read_vhlss(folder, 2016)
    assert survey.frames[0].to_native()["water"].isna().any()


# --- layouts and overrides


def test_every_round_has_a_sound_layout():
    assert rounds() == (2010, 2012, 2014, 2016, 2018, 2020, 2022, 2023)
    for year in rounds():
        layout = layout_of(year)
        assert layout.year == year
        assert {"weight", "area", "size", "income", "ethnicity"} <= set(layout.names)
        made = {"size", "head_sex", "birth_year", "age_months"}
        assert set(TITLES) - set(layout.names) - set(layout.not_found) <= made, year
        assert all(mapping.source for mapping in layout.names.values()), year
        stand_in = [n.name for n in layout.names.values() if n.status == "not found"]
        assert all(v.startswith("syn_") for name in stand_in for v in layout.names[name].variables)


def small_round(folder, year, *, housing=None, durables=None, members=None, education=None, household=None, work=None):
    """Write a folder of an old round with a household for each row of `housing`, three to an area."""
    n = max((len(t) for t in (housing, durables, education, household) if t is not None), default=1)
    key = pd.DataFrame({"tinh": 1, "huyen": 1, "xa": 4, "diaban": np.arange(n) // 3 + 1, "hoso": np.arange(n) + 1})
    areas = key[["tinh", "huyen", "xa", "diaban"]].drop_duplicates().assign(wt45=10.0, wt9=50.0)
    home = key.assign(ttnt=1, dantoc=1, tsnguoi=1, thunhap=12_000)
    people = key.assign(matv=1, m1ac2=1, m1ac3=1, m1ac4b=1980, m1ac5=30)
    tables = {
        "Ho1" if year >= 2014 else "Ho11": home if household is None else home.join(household),
        "Muc1A": people if members is None else people.join(members),
        {2014: "wt14", 2016: "wt16", 2018: "wt18", 2020: "wt20", 2012: "wt12", 2010: "wt10"}[year]: areas,
    }
    if housing is not None:
        tables["Muc7"] = key.join(housing)
    if education is not None:
        tables["MUC2V" if year >= 2018 else "Muc2A"] = key.assign(matv=1).join(education)
    if work is not None:
        tables["Muc4A"] = key.assign(matv=1).join(work)
    if durables is not None:
        number, count = ("m6bma", "m6bc3") if year >= 2014 else ("m6c2", "m6c3")
        tables["Muc6B"] = key.assign(**{number: durables, count: 1})
    for name, table in tables.items():
        table.to_stata(folder / f"{name}.dta", write_index=False, version=118)
    with pytest.warns(MpiWarning):
        return read_vhlss(folder, year)


def test_toilets_of_2014_have_eight_codes(tmp_path):
    survey = small_round(tmp_path, 2014, housing=pd.DataFrame({"m7c21": range(1, 9)}))
    assert survey.numbers("toilet").tolist() == [2, 3, 6, 9, 10, 11, 13, 12]
    with pytest.warns(MpiWarning, match="cannot be computed"):
        deprived = mpi.with_deprivations(survey, mpi.load_line("vn-2016")).numbers("dep_toilet")
    assert deprived.tolist() == [0, 0, 0, 0, 1, 1, 1, 1]  # as GSO counts hygienic ones: septic, suilabh, vent, vault


def test_toilets_of_2016_are_not_guessed(tmp_path):
    survey = small_round(tmp_path, 2016, housing=pd.DataFrame({"m7c21": range(1, 9)}))
    assert "toilet" not in survey.columns


@pytest.mark.parametrize("year", [2010, 2012, 2014, 2016, 2018, 2020])
def test_a_video_player_is_no_television(tmp_path, year):
    survey = small_round(tmp_path, year, durables=[14, 15, 16, 18])
    assert survey.numbers("tv").tolist() == [0, 1, 1, 0]
    assert survey.numbers("radio").tolist() == [0, 0, 0, 1]


def test_education_of_2018_is_the_sum_of_three_questionnaires(tmp_path):
    parts = dict.fromkeys(["m3ct", "m5a1ct", "m5a2ct", "m5b1ct", "m5b2ct", "m5b3ct", "m6bc7"], 12)
    books = pd.DataFrame(
        {"m2dct": [120, None, None], "m2xct": [None, 240, None], "m2vct": [None, None, 360]}, dtype=float
    )
    survey = small_round(tmp_path, 2018, household=books.assign(**parts), housing=pd.DataFrame({"m7c27": [36] * 3}))
    total = [1000 * (book + 7 * 12 + 36) / 12 for book in (120, 240, 360)]
    assert survey.numbers("expenditure").tolist() == pytest.approx(total)


def test_names_that_the_old_rounds_have(tmp_path):
    month = pd.DataFrame({"m1ac4a": [7, -1, 12]})
    three = pd.DataFrame({"m7c4a": [1, 4, 99], "m7c4b": [1, 2, 3], "m7c4c": [1, 3, 4], "m7c2": [30, -1, 50]})
    for year in (2010, 2012, 2014, 2018):
        (folder := tmp_path / str(year)).mkdir()
        survey = small_round(
            folder,
            year,
            members=month,
            housing=three,
            household=pd.DataFrame({"thangdt": [9, 9, 10]}),
            work=pd.DataFrame({"m4ac13a": [1, 2, 1]}),
        )
        if year != 2012:
            assert np.array_equal(survey.numbers("birth_month"), [7, np.nan, 12], equal_nan=True)
        if year == 2018:
            assert survey.numbers("interview_month").tolist() == [9, 9, 10]
            ages = [12 * (2018 - 1980) + 9 - 7, np.nan, 12 * (2018 - 1980) + 10 - 12]
            assert np.array_equal(survey.numbers("age_months"), ages, equal_nan=True)
        if year in (2012, 2018):
            assert survey.numbers("contract").tolist() == [1, 0, 1]
        if year == 2012:
            assert np.array_equal(survey.numbers("housing_column"), [1, 4, np.nan], equal_nan=True)
            assert survey.numbers("housing_roof").tolist() == [1, 2, 3]
            assert survey.numbers("housing_wall").tolist() == [1, 3, 4]
        if year != 2010:  # a negative area is not a small one
            assert np.array_equal(survey.numbers("living_area"), [30, np.nan, 50], equal_nan=True)


def test_a_grade_is_a_whole_number_up_to_twelve(tmp_path):
    grades = ["00", "09", "8.", ".4", "9+", "99"]
    survey = small_round(tmp_path, 2018, education=pd.DataFrame({"m2vc1": grades}))
    assert np.array_equal(survey.numbers("grade"), [0, 9, 8, np.nan, np.nan, 0], equal_nan=True)


def test_override_of_a_mapping(copy):
    folder = copy(2016)
    rewrite(folder / "Muc3A.dta", lambda frame: frame.rename(columns={"syn_bhyt": "m3ac9"}))
    assert "insured" in missing_names(folder, 2016)
    overrides = {"insured": {"file": "health", "variable": "m3ac9", "yes_no": True}}
    survey = read_vhlss(folder, 2016, overrides=overrides)
    assert set(np.unique(survey.numbers("insured")[~np.isnan(survey.numbers("insured"))])) == {0, 1}


def test_override_from_toml_with_a_file_of_ones_own(copy, tmp_path):
    folder = copy(2022)
    own = raw(2022, "Ho_ThongTinHo.dta")[["MATINH", "MAHUYEN", "MAXA", "MADIABAN", "HOSO"]].assign(faith=3)
    own.to_stata(folder / "extra.dta", write_index=False, version=118)
    toml = tmp_path / "my.toml"
    toml.write_text('religion = { file = "extra.dta", variable = "FAITH", title = "Religion" }\n', encoding="utf-8")
    survey = read_vhlss(folder, 2022, overrides=toml)
    assert (survey.numbers("religion") == 3).all()
    assert next(n for n in check_vhlss(folder, 2022, overrides=toml).names if n.name == "religion").title == "Religion"


def test_override_with_a_file_of_members(copy):
    folder = copy(2022)
    own = raw(2022, "Ho_ThanhVien.dta")[["MATINH", "MAHUYEN", "MAXA", "MADIABAN", "HOSO", "M1A_MA"]]
    own.assign(read=own["M1A_MA"] % 2).to_csv(folder / "skills.csv", index=False)
    overrides = {"literate": {"file": "skills", "variable": "read", "title": "Can read"}}
    survey = read_vhlss(folder, 2022, overrides=overrides)
    assert (survey.numbers("literate") == survey.numbers("member") % 2).all()


def test_problems_of_overrides_are_told_at_once():
    wrong = {
        "insurd": {"file": "health", "variable": "m3ac9"},
        "sex": {"file": "members", "varable": "m1ac2"},
        "age": {"file": "members", "variable": "m1ac5", "combine": "add", "recode": {"x": 1}},
    }
    with pytest.raises(MpiError, match="overrides, 4 problems") as caught:
        read_vhlss(FOLDERS[2016], 2016, overrides=wrong)
    text = str(caught.value)
    for part in ("did you mean 'insured'", "did you mean 'variable'", "'sum'", "age.recode: found the text 'x'"):
        assert part in text


def test_problems_of_a_layout_are_told_at_once(tmp_path):
    file = tmp_path / "own.toml"
    file.write_text(
        'year = 2022\nkeys = { province = "tinh", district = "huyen", commune = "xa", ea = "diaban" }\n'
        'not_found = ["watr"]\n[files]\nhouseholds = { pattern = "Ho", level = "home" }\n'
        '[names]\nsex = { file = "member", variable = "x", status = "sure" }\n',
        encoding="utf-8",
    )
    with pytest.raises(MpiError, match="5 problems") as caught:
        read_vhlss(FOLDERS[2022], 2022, layout=file)
    for part in ("keys.household", "'household'", "did you mean 'water'", "'verified'", "no file 'member'"):
        assert part in str(caught.value)


def test_a_layout_of_ones_own(tmp_path):
    source = Path(layout_of.__code__.co_filename).with_name("layouts") / "2022.toml"
    own = tmp_path / "own.toml"
    own.write_text(source.read_text(encoding="utf-8").replace("year = 2022", "year = 2024"), encoding="utf-8")
    with pytest.raises(MpiError, match="is that of 2024"):
        read_vhlss(FOLDERS[2022], 2022, layout=own)
    with pytest.raises(MpiError, match=r"did you mean 'own.toml'"):
        read_vhlss(FOLDERS[2022], 2022, layout=tmp_path / "owm.toml")
    (tmp_path / "bad.toml").write_text("year = ", encoding="utf-8")
    with pytest.raises(MpiError, match="not TOML"):
        read_vhlss(FOLDERS[2022], 2022, layout=tmp_path / "bad.toml")


def test_the_report_says_how_sure_each_mapping_is():
    report = check_vhlss(FOLDERS[2016], 2016)
    of = {name.name: name for name in report.names}
    assert of["sex"].status == "verified"
    assert of["sex"].file == "Muc1A.dta"
    assert of["sex"].variable == "m1ac2"
    assert of["insured"].status == "not found"
    assert of["head_sex"].file == "made"
    assert not of["height"].found
    assert "vn-2022: " in str(report)


def test_synthetic_folders_read_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for year, folder in FOLDERS.items():
            read_vhlss(folder, year)


# --- codes that are no answer


def test_codes_of_files_that_are_no_answer(frames, tmp_path):
    before = frames[2016]
    said = raw(2016, "Muc2A.dta" if (FOLDERS[2016] / "Muc2A.dta").exists() else "Muc2AB.dta")
    codes = {"attending": 3, "age": "90-120", "tv": [1]}
    survey = read_vhlss(FOLDERS[2016], 2016, overrides={"missing": codes})
    assert (before["attending"] == 0).sum() == (said["m2ac4"] == 3).sum() > 0
    found = survey.numbers("attending")
    np.testing.assert_array_equal(found, np.where(before["attending"] == 0, np.nan, before["attending"]))
    np.testing.assert_array_equal(survey.numbers("age"), np.where(before["age"] >= 90, np.nan, before["age"]))
    measure = mpi.Measure.nested("m", {"x": ["attending"]}, cutoff="1")
    told = mpi.retention(survey, measure).codes
    assert told[["column", "code", "n"]].to_numpy().tolist() == [
        ["attending", 3, int((before["attending"] == 0).sum())]
    ]
    toml = tmp_path / "mine.toml"
    toml.write_text('[missing]\nattending = [3]\n"*" = 98\n')
    again = read_vhlss(FOLDERS[2016], 2016, overrides=toml)
    np.testing.assert_array_equal(again.numbers("attending"), found)
    with pytest.raises(MpiError, match=r"missing: there is no mapped name 'atending'; did you mean 'attending'"):
        read_vhlss(FOLDERS[2016], 2016, overrides={"missing": {"atending": 3}})


def test_a_code_that_is_no_answer_is_no_blank(frames):
    """Who was not asked has a blank, which means no; who did not answer is missing."""
    before, answered = frames[2016]["wage"], int((raw(2016, "Muc4A.dta")["m4ac1a"] == 2).sum())
    found = read_vhlss(FOLDERS[2016], 2016, overrides={"missing": {"wage": 2, "*": [77]}}).numbers("wage")
    assert np.isnan(found).sum() - before.isna().sum() == answered > 0
    assert (found == 0).sum() == (before == 0).sum() - answered > 0


def test_codes_of_layouts_are_read_with_every_problem():
    problems = Problems("layout", mpi.errors.FileError)
    missing = read_missing_of(
        TomlTable({"missing": {"wage": [9], "*": "998-999", "age": True}}, "", problems), ["wage", "age"]
    )
    assert missing.of("wage").among(np.array([9.0, 998, np.nan])).tolist() == [True, False, False]
    assert missing.of("income").among(np.array([9.0, 998, np.nan])).tolist() == [False, True, False]
    assert len(problems.found) == 1
    assert problems.found[0].startswith("missing.age: found True, expected a code such as 98")
