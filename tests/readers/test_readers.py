"""Microdata files as offices keep them: whole, old, cut short, mislabelled, in legacy Vietnamese."""

from __future__ import annotations

import gzip
import shutil
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest

import mpi
from mpi.core.errors import MpiError, MpiWarning
from mpi.readers import Table, column_names, read_table
from stat_files import (
    HAND_MADE,
    PANDAS_VERSIONS,
    READSTAT_VERSIONS,
    SEX,
    _old_labels,
    labelled_stata,
    old_stata,
    people,
    spss_frame,
    write_spss,
    write_stata,
)


def told(path: Path, **options: Any) -> str:
    """Return the one message with which reading `path` fails; it names the file."""
    with pytest.raises(MpiError) as caught:
        read_table(path, **options)
    message = str(caught.value)
    assert str(path) in message
    return message


# --- Stata: every version, with its labels ---


@pytest.mark.parametrize("version", PANDAS_VERSIONS)
def test_stata_gives_codes_labels_and_titles(tmp_path: Path, version: int) -> None:
    table = read_table(labelled_stata(tmp_path / "people.dta", version))
    pd.testing.assert_frame_equal(table.frame, people(), check_dtype=False)
    assert table.frame["sex"].dtype == np.int8
    assert table.labels == {"sex": SEX, "region": {0: "North", 1: "Centre"}}
    assert table.titles == {"sex": "Sex of the member"}


@pytest.mark.parametrize("version", READSTAT_VERSIONS)
def test_stata_written_by_others_reads_the_same(tmp_path: Path, version: int) -> None:
    path = tmp_path / "people.dta"
    pyreadstat.write_dta(people(), path, version=version, variable_value_labels={"sex": SEX})
    table = read_table(path)
    pd.testing.assert_frame_equal(table.frame, people(), check_dtype=False)
    assert table.labels == {"sex": SEX}


@pytest.mark.parametrize(("version", "order"), [(v, o) for v in HAND_MADE for o in "<>" if (v, o) != (102, ">")])
def test_stata_of_every_old_version(tmp_path: Path, version: int, order: str) -> None:
    path = old_stata(tmp_path / "old.dta", version, order=order)
    assert column_names(path) == ("sex", "weight")
    table = read_table(path)
    assert table.frame["sex"].tolist() == [1, 2, 1]
    assert table.frame["weight"].fillna(-1).tolist() == [1.5, -1, 2.5]
    assert table.labels == {"sex": {1: "Nam", 2: "Nữ"}}
    assert table.titles == {"sex": "Giới tính"}


@pytest.mark.parametrize("version", [106, 107, 109, 112, 116])
def test_stata_version_never_released_is_refused_by_name(tmp_path: Path, version: int) -> None:
    path = old_stata(tmp_path / "old.dta", version)
    assert f"version {version}" in told(path)
    with pytest.raises(MpiError, match=f"version {version}"):
        column_names(path)


def test_stata_newer_than_known_says_how_to_save_it(tmp_path: Path) -> None:
    path = labelled_stata(tmp_path / "people.dta", 118)
    path.write_bytes(path.read_bytes().replace(b"<release>118", b"<release>121", 1))
    assert "saveold" in told(path)


def test_extended_missing_is_missing_and_keeps_its_label(tmp_path: Path) -> None:
    path = tmp_path / "answers.dta"
    frame = pd.DataFrame({"water": [1.0, "a", 2.0, "z"]}, dtype=object)
    labels = {"water": {1: "piped", "a": "refused"}}
    pyreadstat.write_dta(frame, path, missing_user_values={"water": ["a", "z"]}, variable_value_labels=labels)
    table = read_table(path)
    assert table.frame["water"].isna().tolist() == [False, True, False, True]
    assert table.labels == {"water": {1: "piped", ".a": "refused"}}


def test_stata_dates_are_dates(tmp_path: Path) -> None:
    days = pd.Series(pd.to_datetime(["1999-12-31", None, "2022-02-28"]))
    path = write_stata(tmp_path / "dates.dta", pd.DataFrame({"interview": days}), 118)
    read = read_table(path).frame["interview"]
    assert read.isna().tolist() == [False, True, False]
    assert read.dropna().dt.strftime("%Y-%m-%d").tolist() == ["1999-12-31", "2022-02-28"]


@pytest.mark.parametrize("version", [117, 118])
def test_long_strings_of_bytes_are_the_text_they_hold(tmp_path: Path, version: int) -> None:
    """Stata keeps a long string as bytes (type 129) or text (130); pandas writes the former as a Python literal."""
    frame = pd.DataFrame({"remark": ["R is 'free'", "b'so'", "x" * 9, None], "n": [1, 2, 3, 4]})
    path = write_stata(tmp_path / "b.dta", frame, version, convert_strl=["remark"])
    data = path.read_bytes()
    for text, more in ((b"R is 'free'", b"R is 'free'"), (b"x" * 9, b"\xff\x00\x01\x02xxxxx")):
        at = data.find(text) - 5
        assert data[at] == 130
        data = data[:at] + b"\x81" + data[at + 1 : at + 5] + more + data[at + 5 + len(text) :]
    path.write_bytes(data)
    with pytest.warns(MpiWarning, match="binary values that are no text, in 'remark'"):
        read = read_table(path).frame["remark"]
    assert read.iloc[0] == "R is 'free'"
    assert read.isna().tolist() == [False, False, True, True]
    with pytest.warns(MpiWarning, match="binary values"):
        relation = mpi.scan(path)
    assert relation.df()["remark"].iloc[0] == "R is 'free'"


@pytest.mark.parametrize("version", [117, 118, 119])
def test_long_strings_and_blank_strings(tmp_path: Path, version: int) -> None:
    frame = pd.DataFrame({"remark": ["x" * 3000, "", "đủ"], "id": [1, 2, 3]})
    path = write_stata(tmp_path / "long.dta", frame, version, convert_strl=["remark"])
    read = read_table(path).frame["remark"]
    assert read.isna().tolist() == [False, True, False], "Stata writes a missing string as a blank one"
    assert read.dropna().tolist() == ["x" * 3000, "đủ"]


def test_stata_without_rows_is_read_as_such(tmp_path: Path) -> None:
    path = write_stata(tmp_path / "none.dta", people(0), 118)
    assert read_table(path, columns=["sex"]).frame.shape == (0, 1)


@pytest.mark.parametrize("version", [114, 118])
def test_labels_of_columns_not_asked_for_stay_away(tmp_path: Path, version: int) -> None:
    table = read_table(labelled_stata(tmp_path / "people.dta", version), columns=["region", "weight"])
    assert list(table.frame.columns) == ["region", "weight"]
    assert set(table.labels) == {"region"}
    assert table.titles == {}


# --- Stata: text ---


@pytest.mark.parametrize("version", [114, 117, 118])
def test_tcvn3_in_data_labels_and_titles(tmp_path: Path, version: int) -> None:
    frame = pd.DataFrame({"tinh": ["Hµ Néi", "§µ N½ng", "NghÖ An"], "gioi": np.array([1, 2, 1], "int8")})
    path = tmp_path / "vhlss.dta"
    titles = {"gioi": "Giíi tÝnh"}
    write_stata(path, frame, version, value_labels={"gioi": {1: "Nam", 2: "N÷"}}, variable_labels=titles)
    table = read_table(path)
    assert table.frame["tinh"].tolist() == ["Hà Nội", "Đà Nẵng", "Nghệ An"]
    assert table.labels == {"gioi": {1: "Nam", 2: "Nữ"}}
    assert table.titles == {"gioi": "Giới tính"}
    assert read_table(path, columns=["gioi"]).labels == table.labels, "the file decides, not the columns asked"


def test_french_in_an_old_file_stays_french(tmp_path: Path) -> None:
    frame = pd.DataFrame({"commune": ["Québec", "Hué", "Nîmes"], "s": [1, 2, 3]})
    path = write_stata(tmp_path / "fr.dta", frame, 114, variable_labels={"commune": "Née à l'hôpital"})
    table = read_table(path)
    assert table.frame["commune"].tolist() == ["Québec", "Hué", "Nîmes"]
    assert table.titles == {"commune": "Née à l'hôpital"}


@pytest.mark.parametrize("version", [8, 12, 13])
def test_utf8_in_an_old_file_is_utf8(tmp_path: Path, version: int) -> None:
    path = tmp_path / "haven.dta"
    frame = pd.DataFrame({"tinh": ["Hà Nội", "Huế"], "sex": [1, 2]})
    pyreadstat.write_dta(frame, path, version=version, variable_value_labels={"sex": {1: "Nữ"}})
    table = read_table(path)
    assert table.frame["tinh"].tolist() == ["Hà Nội", "Huế"]
    assert table.labels == {"sex": {1: "Nữ"}}


def test_windows_quotes_in_an_old_file(tmp_path: Path) -> None:
    frame = pd.DataFrame({"remark": ["it\x92s caf\xe9"], "s": [1]})
    path = write_stata(tmp_path / "quotes.dta", frame, 114)
    assert read_table(path).frame["remark"].tolist() == ["it’s café"]


def test_bytes_that_are_not_utf8_in_a_new_file(tmp_path: Path) -> None:
    frame = pd.DataFrame({"tinh": ["H5 N9i", "Hue"], "sex": np.array([1, 2], "int8")})
    path = write_stata(tmp_path / "mixed.dta", frame, 118, value_labels={"sex": {1: "N7"}})
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"H5 N9i", b"H\xb5 N\xe9i").replace(b"N7", b"N\xf7"))
    table = read_table(path)
    assert table.frame["tinh"].tolist() == ["Hà Nội", "Hue"]
    assert table.labels == {"sex": {1: "Nữ"}}


def test_a_long_string_that_is_not_utf8_spoils_only_its_column(tmp_path: Path) -> None:
    frame = pd.DataFrame({"ghi": ["H5 N9i", "Hue"], "w": [0.5, np.nan], "sex": np.array([1, 2], "int8")})
    path = write_stata(tmp_path / "mixed.dta", frame, 118, convert_strl=["ghi"])
    path.write_bytes(path.read_bytes().replace(b"H5 N9i", b"H\xb5 N\xe9i"))
    assert "long string (strL)" in told(path)
    read = read_table(path, columns=["w", "sex"]).frame
    assert read["w"].fillna(-1).tolist() == [0.5, -1]
    assert read["sex"].tolist() == [1, 2]


# --- Stata: cut and damaged ---


def _outcome(path: Path) -> str:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        try:
            read_table(path)
        except MpiError:
            return "refused"
    lost = [w for w in seen if "names value labels that it does not hold" in str(w.message)]
    return "warned" if lost else "silent"


def _whole_files(folder: Path) -> dict[str, Path]:
    files = {f"pandas{v}": labelled_stata(folder / f"p{v}.dta", v) for v in PANDAS_VERSIONS}
    files |= {f"hand{v}": old_stata(folder / f"h{v}.dta", v) for v in (102, 104, 105, 108, 113, 115)}
    strl = people().assign(remark="long " * 30)
    files["strl"] = write_stata(folder / "strl.dta", strl, 117, convert_strl=["remark"])
    return files


@pytest.mark.parametrize("kind", ["hand102", "hand104", "hand105", "hand108", "hand113", "hand115", "pandas114"])
def test_a_stata_file_of_an_old_version_cut_anywhere_is_never_silent(tmp_path: Path, kind: str) -> None:
    """Cut at every byte: refused, or read with a warning where whole tables of labels are all that is gone."""
    data = _whole_files(tmp_path)[kind].read_bytes()
    cut, outcomes = tmp_path / "cut.dta", []
    for length in range(1, len(data)):
        cut.write_bytes(data[:length])
        outcomes.append(_outcome(cut))
    assert set(outcomes) == {"refused", "warned"}
    assert outcomes.count("warned") <= 2, "one place per table of labels, where nothing in the file shows the cut"


@pytest.mark.parametrize("kind", ["pandas117", "pandas118", "pandas119", "strl"])
def test_a_stata_file_of_a_new_version_cut_anywhere_is_refused(tmp_path: Path, kind: str) -> None:
    data = _whole_files(tmp_path)[kind].read_bytes()
    cut = tmp_path / "cut.dta"
    for length in [*range(1, len(data), 13), len(data) - 1, len(data) - len("</stata_dta>")]:
        cut.write_bytes(data[:length])
        told(cut)


@pytest.mark.parametrize("version", PANDAS_VERSIONS)
def test_a_cut_in_the_data_says_so_even_for_one_column(tmp_path: Path, version: int) -> None:
    path = labelled_stata(tmp_path / "people.dta", version)
    data = path.read_bytes()
    path.write_bytes(data[: data.find(b"Ha Noi") + 100])
    assert "cut short" in told(path, columns=["sex"])


def test_a_file_with_a_piece_missing_inside_is_refused(tmp_path: Path) -> None:
    path = labelled_stata(tmp_path / "people.dta", 118)
    data = path.read_bytes()
    middle = data.find(b"<data>") + 40
    path.write_bytes(data[:middle] + data[middle + 57 :] + b" " * 57)
    assert "damaged" in told(path)


def test_old_files_padded_with_zeros_are_whole(tmp_path: Path) -> None:
    path = old_stata(tmp_path / "old.dta", 113)
    path.write_bytes(path.read_bytes() + bytes(512))
    assert read_table(path).labels == {"sex": {1: "Nam", 2: "Nữ"}}


def test_labels_dropped_on_purpose_are_told_and_the_data_read(tmp_path: Path) -> None:
    path = old_stata(tmp_path / "old.dta", 113)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) - len(_old_labels(113, "<", 33))])
    with pytest.warns(MpiWarning, match=r"sex \(sexlbl\)"):
        assert read_table(path).frame["sex"].tolist() == [1, 2, 1]
    assert read_table(path, columns=["weight"]).frame.shape == (3, 1), "no label is lost to who asks no column of it"


# --- SPSS ---


@pytest.mark.parametrize("suffix", [".sav", ".zsav"])
def test_spss_user_missing_is_missing(tmp_path: Path, suffix: str) -> None:
    table = read_table(write_spss(tmp_path / f"people{suffix}"), columns=["SEX", "TINH"])
    assert list(table.frame.columns) == ["SEX", "TINH"]
    assert table.frame["SEX"].isna().tolist() == [False, False, True] * 20
    assert table.frame["TINH"].isna().tolist() == [False, False, True] * 20
    assert table.labels == {"SEX": {1: "Male", 2: "Female", 9: "DK"}}
    assert all(type(value) is int for value in table.labels["SEX"])
    assert table.titles == {"SEX": "Sex of the member"}


def test_spss_portable(tmp_path: Path) -> None:
    path = write_spss(tmp_path / "people.por")
    assert column_names(path) == ("TINH", "SEX", "W")
    table = read_table(path, columns=["W", "SEX"])
    assert table.frame["W"].tolist() == (np.arange(60) / 4).tolist()
    assert table.titles == {"SEX": "Sex of the member"}


@pytest.mark.parametrize("suffix", [".sav", ".zsav", ".por"])
def test_spss_cut_anywhere_is_refused(tmp_path: Path, suffix: str) -> None:
    data = write_spss(tmp_path / f"whole{suffix}").read_bytes()
    end = len(data.rstrip(b"Z\r\n")) if suffix == ".por" else len(data)
    cut = tmp_path / f"cut{suffix}"
    for length in [*range(1, end, 17), end - 1]:
        cut.write_bytes(data[:length])
        told(cut)


def test_spss_in_tcvn3_that_claims_utf8(tmp_path: Path) -> None:
    path = write_spss(tmp_path / "vhlss.sav", spss_frame().replace({"Ha Noi": "H5 N9i"}))
    path.write_bytes(path.read_bytes().replace(b"H5 N9i", b"H\xb5 N\xe9i").replace(b"DK", b"N\xf7"))
    table = read_table(path)
    assert table.frame["TINH"].iloc[0] == "Hà Nội"
    assert table.labels["SEX"][9] == "Nữ"


def test_spss_letter_at_the_end_is_not_lost(tmp_path: Path) -> None:
    """ReadStat alone reads "N÷" as "N" here, without a word."""
    path = tmp_path / "sex.sav"
    frame = pd.DataFrame({"GIOI": ["Nam", "N7"], "s": [1.0, 2.0]})
    pyreadstat.write_sav(frame, path, variable_value_labels={"s": {2: "N7"}})
    path.write_bytes(path.read_bytes().replace(b"N7", b"N\xf7"))
    table = read_table(path)
    assert table.frame["GIOI"].tolist() == ["Nam", "Nữ"]
    assert table.labels == {"s": {2: "Nữ"}}


def test_spss_in_unicode_down_to_the_names(tmp_path: Path) -> None:
    path = tmp_path / "tinh.sav"
    frame = pd.DataFrame({"tỉnh": ["Hà Nội", "Huế"], "s": [1.0, 2.0]})
    pyreadstat.write_sav(frame, path, variable_value_labels={"s": {2: "Nữ"}}, column_labels={"s": "Giới"})
    assert column_names(path) == ("tỉnh", "s")
    table = read_table(path, columns=["s", "tỉnh"])
    assert list(table.frame.columns) == ["s", "tỉnh"]
    assert table.frame["tỉnh"].tolist() == ["Hà Nội", "Huế"]
    assert table.labels == {"s": {2: "Nữ"}}
    assert table.titles == {"s": "Giới"}


def test_spss_portable_that_lost_letters_warns(tmp_path: Path) -> None:
    path = write_spss(tmp_path / "people.por")
    path.write_bytes(path.read_bytes().replace(b"Hue", b"H\xf7e"))
    with pytest.warns(MpiWarning, match="letters that cannot be read"):
        read_table(path)


def test_spss_that_does_not_count_its_cases_warns(tmp_path: Path) -> None:
    path = write_spss(tmp_path / "stream.sav")
    data = path.read_bytes()
    path.write_bytes(data[:80] + b"\xff\xff\xff\xff" + data[84:])
    with pytest.warns(MpiWarning, match="does not say how many cases"):
        assert len(read_table(path).frame) == 60


def test_spss_dates_are_dates(tmp_path: Path) -> None:
    frame = pd.DataFrame({"D": pd.to_datetime(["2016-05-01", "2018-06-02"])})
    pyreadstat.write_sav(frame, tmp_path / "dates.sav")
    read = read_table(tmp_path / "dates.sav").frame["D"]
    assert read.dt.strftime("%Y-%m-%d").tolist() == ["2016-05-01", "2018-06-02"]


# --- delimited text ---


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    data = text.encode(encoding)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("name", ["people.csv", "people.txt", "people.tsv", "people.csv.gz", "PEOPLE.CSV"])
def test_the_delimiter_is_found(tmp_path: Path, name: str, delimiter: str) -> None:
    text = "region,name,weight\n1,An,0.5\n2,,1.25\n".replace(",", delimiter)
    path = write(tmp_path / name, text)
    assert column_names(path) == ("region", "name", "weight")
    frame = read_table(path, columns=["weight", "region", "weight"]).frame
    assert list(frame.columns) == ["weight", "region"]
    assert frame["weight"].tolist() == [0.5, 1.25]


def test_quoted_delimiters_line_ends_and_blank_lines(tmp_path: Path) -> None:
    path = write(tmp_path / "q.csv", 'id,"name, full",x\r\n1,"An; Bình, ""Tý""\nelder",3\r\n\r\n2,b,4\r\n')
    table = read_table(path)
    assert list(table.frame.columns) == ["id", "name, full", "x"]
    assert table.frame["name, full"].tolist() == ['An; Bình, "Tý"\nelder', "b"]


def test_decimal_commas_are_numbers(tmp_path: Path) -> None:
    path = write(tmp_path / "eu.csv", "tinh;w;n;ghi\n01;1,5;3;a,b\n02;;4;c\n03;-,25;5;\n04;7;6;1,2\n")
    frame = read_table(path).frame
    assert frame["w"].fillna(-9).tolist() == [1.5, -9, -0.25, 7]
    assert frame["n"].tolist() == [3, 4, 5, 6]
    assert frame["ghi"].dropna().tolist() == ["a,b", "c", "1,2"]


def test_commas_beside_decimal_points_stay_text(tmp_path: Path) -> None:
    frame = read_table(write(tmp_path / "us.csv", "income;w\n1,200;0.5\n13,400;1.5\n")).frame
    assert frame["income"].tolist() == ["1,200", "13,400"], "thousands, not decimals"


def test_what_is_missing_and_what_is_a_category(tmp_path: Path) -> None:
    path = write(tmp_path / "m.csv", "school,x\nNone,1\nNA,.\n,NaN\nPrimary,4\n")
    frame = read_table(path).frame
    assert frame["school"].fillna("?").tolist() == ["None", "?", "?", "Primary"]
    assert frame["x"].fillna(-1).tolist() == [1, -1, -1, 4]


def test_long_codes_with_a_gap_are_not_merged(tmp_path: Path) -> None:
    path = write(tmp_path / "ids.csv", "hh,x\n12345678901234567,1.5\n12345678901234568,2.5\n,3.5\n")
    frame = read_table(path).frame
    assert frame["hh"].dropna().tolist() == ["12345678901234567", "12345678901234568"]
    assert frame["x"].tolist() == [1.5, 2.5, 3.5]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_of_text(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path / "e.csv", "état,note\nQuébec,it’s\nNîmes,b\n", encoding)
    assert column_names(path)[1] == "note"
    assert read_table(path).frame.iloc[:, 0].tolist() == ["Québec", "Nîmes"]
    assert read_table(path, columns=["note"]).frame["note"].tolist() == ["it’s", "b"]


def test_tcvn3_text(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "tinh,sex\nHµ Néi,N÷\nB¾c K¹n,Nam\n", "latin-1")
    frame = read_table(path).frame
    assert frame["tinh"].tolist() == ["Hà Nội", "Bắc Kạn"]
    assert frame["sex"].tolist() == ["Nữ", "Nam"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a,b,c\n1,2,3\n4,5\n6,7,8\n", "line 3 has 2 fields, where the header has 3"),
        ("a,b,c\n1,2,3\n4,5,6,7\n8,9\n", "line 3 has 4 fields, where the header has 3 .*2 such lines"),
        ("a,b\n1,2,3\n4,5,6\n", "line 2 has 3 fields, where the header has 2"),
        ('a,b\n1,"x\n2,y\n', "quotation mark is opened and never closed"),
        ('a,b\n1,"x"y\n2,y\n', "line 2: a quotation mark closes in the middle"),
        ("a b c\n1 2 3\n", "only one column was found, 'a b c'.*spaces into 3"),
        ("a b c\n1 2 3\n4 5 6\n", "only one column was found, 'a b c'.*spaces into 3"),
        ("region\n1;2\n3;4\n5;6\n", "only one column was found, 'region'.*semicolon into 2"),
        ("a,b,a\n1,2,3\n", "says 'a' more than once"),
        ("a,b\n", "a header and no rows"),
        ("\n\n", "it is empty"),
        ("a,b\n1,\0\n", "not text: byte 6 is zero"),
    ],
)
def test_text_that_cannot_be_a_table_is_told(tmp_path: Path, text: str, found: str) -> None:
    path = write(tmp_path / "bad.csv", text)
    with pytest.raises(MpiError, match=f"(?s)bad.csv.*{found}"):
        read_table(path)


def test_one_column_of_words_is_a_table(tmp_path: Path) -> None:
    path = write(tmp_path / "one.csv", "remark\nnone\nvery long one\n")
    assert read_table(path).frame["remark"].tolist() == ["none", "very long one"]


def test_a_short_row_far_below_is_found(tmp_path: Path) -> None:
    rows = ["1,2,3"] * 5000
    rows[4000] = "1,2"
    assert "line 4002 has 2 fields" in told(write(tmp_path / "long.csv", "a,b,c\n" + "\n".join(rows)))


def test_gzip_cut_short(tmp_path: Path) -> None:
    whole = gzip.compress(("a,b\n" + "\n".join(f"{i},{i * 7919 % 1000}" for i in range(999))).encode())
    path = tmp_path / "people.csv.gz"
    for length in (5, 15, len(whole) // 2, len(whole) - 4):
        path.write_bytes(whole[:length])
        assert "gzip" in told(path)


def test_gzip_in_name_only(tmp_path: Path) -> None:
    path = tmp_path / "people.csv.gz"
    path.write_text("a,b\n1,2\n")
    assert "gzip" in told(path)


# --- Parquet ---


def test_parquet_is_an_arrow_table(tmp_path: Path) -> None:
    path = tmp_path / "people.parquet"
    pq.write_table(pa.table({"sex": [1, 2], "w": [0.5, None], "tinh": ["Hà Nội", None]}), path)
    table = read_table(path, columns=["w", "tinh"])
    assert isinstance(table.frame, pa.Table)
    assert table.frame.to_pydict() == {"w": [0.5, None], "tinh": ["Hà Nội", None]}
    assert column_names(path) == ("sex", "w", "tinh")


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string())])
def test_parquet_in_tcvn3(tmp_path: Path, kind: pa.DataType) -> None:
    path = tmp_path / "vhlss.parquet"
    tinh = pa.array(["Hµ Néi", None, "B¾c K¹n", "Hµ Néi"], pa.string()).cast(kind)
    pq.write_table(pa.table({"id": [1, 2, 3, 4], "tinh": tinh}), path)
    table = read_table(path)
    assert table.frame.column_names == ["id", "tinh"]
    assert table.frame["tinh"].to_pylist() == ["Hà Nội", None, "Bắc Kạn", "Hà Nội"]


def test_parquet_cut_anywhere_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "people.parquet"
    pq.write_table(pa.table({"sex": list(range(500))}), path)
    data = path.read_bytes()
    for length in [*range(1, len(data), 101), len(data) - 1]:
        path.write_bytes(data[:length])
        told(path)


# --- what was asked ---


@pytest.mark.parametrize("suffix", [".dta", ".sav", ".csv", ".parquet"])
def test_all_absent_columns_are_told_at_once_with_the_nearest(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"people{suffix}"
    frame = people()
    if suffix == ".dta":
        write_stata(path, frame, 118)
    elif suffix == ".sav":
        pyreadstat.write_sav(frame, path)
    elif suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path)
    assert column_names(path) == ("province", "sex", "weight", "region")
    with pytest.raises(MpiError) as caught:
        read_table(path, columns=["wieght", "sex", "regoin"])
    assert len(caught.value.problems) == 2
    assert "did you mean 'weight'" in str(caught.value)
    assert "did you mean 'region'" in str(caught.value)
    one = read_table(path, columns="sex").frame
    assert one.shape == (30, 1)


def test_no_columns_at_all_is_a_slip(tmp_path: Path) -> None:
    assert "leave `columns` out" in told(write(tmp_path / "a.csv", "a,b\n1,2\n"), columns=[])


def test_an_absent_file_is_told_with_the_nearest_name(tmp_path: Path) -> None:
    write(tmp_path / "people2018.csv", "a,b\n1,2\n")
    write(tmp_path / "people2018.log", "notes")
    message = told(tmp_path / "peple2018.csv")
    assert "did you mean 'people2018.csv'" in message
    assert "log" not in message


def test_an_absent_folder_is_told(tmp_path: Path) -> None:
    assert "there is no folder" in told(tmp_path / "nowhere" / "people.csv")


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    (tmp_path / "people.parquet").mkdir()
    assert "it is a folder" in told(tmp_path / "people.parquet")


@pytest.mark.parametrize(("name", "near"), [("people.dat1", "Save the data"), ("people.csvv", "did you mean '.csv'")])
def test_an_unknown_suffix_is_told_with_the_known_ones(tmp_path: Path, name: str, near: str) -> None:
    message = told(write(tmp_path / name, "a,b\n1,2\n"))
    assert near in message
    assert "'.dta'" in message


@pytest.mark.parametrize("suffix", [".dta", ".sav", ".zsav", ".por", ".csv", ".csv.gz", ".parquet"])
def test_an_empty_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"empty{suffix}"
    path.touch()
    assert "it is empty (0 bytes)" in told(path)


@pytest.mark.parametrize("suffix", [".dta", ".sav", ".zsav", ".por", ".csv", ".csv.gz", ".parquet"])
@pytest.mark.parametrize(
    ("head", "what"),
    [
        (b"PK\x03\x04" + bytes(60), "Excel workbook"),
        (b"\n <!doctype html><html>Sign in</html>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
    ],
)
def test_a_file_that_is_not_what_its_suffix_says(tmp_path: Path, suffix: str, head: bytes, what: str) -> None:
    path = tmp_path / f"people{suffix}"
    path.write_bytes(head)
    assert what in told(path)


@pytest.mark.parametrize("suffix", [".dta", ".sav", ".zsav", ".por", ".parquet"])
def test_text_under_a_binary_suffix(tmp_path: Path, suffix: str) -> None:
    told(write(tmp_path / f"region{suffix}", "region,sex\n1,2\n" * 50))


def test_a_stata_file_named_sav_says_what_it_is(tmp_path: Path) -> None:
    path = labelled_stata(tmp_path / "people.dta", 118)
    assert "it is a Stata file" in told(Path(shutil.copy(path, tmp_path / "people.sav")))


def test_heavy_libraries_are_imported_where_they_are_used() -> None:
    heavy = "pandas pyarrow pyreadstat"
    check = f"import mpi.readers, sys; print([m for m in '{heavy}'.split() if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_table_does_not_change() -> None:
    table = Table(pd.DataFrame({"a": [1]}))
    with pytest.raises(AttributeError):
        table.titles = {}
    assert dict(table.labels) == {}
