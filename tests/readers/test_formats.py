"""Formats that people have: SAS transport files are read, impossible dates are missing, others get advice that fits."""

from __future__ import annotations

import bz2
import datetime as dt
import struct
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mpi
from mpi.core.errors import MpiError, MpiWarning
from mpi.readers import column_names, read_table
from mpi.readers.large.scan import Scanned, scanned
from mpi.readers.sav_layout import walk


def told(path: Path | str) -> str:
    with pytest.raises(MpiError) as caught:
        read_table(path)
    return str(caught.value)


# --- advice ---


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("a.dta.xz", "files that end in '.dta.xz' are not read; unpack it"),
        ("a.csv.bz2", "unpack it"),
        ("a.CSV.XZ", "unpack it"),
        ("a.xls", "save the sheet as CSV (UTF-8), or hand mpi.Survey the frame that pandas.read_excel"),
        ("a.ods", "pandas.read_excel"),
        ("a.rds", "haven::write_dta"),
        ("a.rda", "export it from R"),
        ("a.RData", "export it from R"),
        ("a.ipc", "pyarrow.ipc.open_file"),
        ("a.do", "it is a program"),
        ("a.dat", "its columns stand at fixed places"),
        ("a.docx", "ask for the file of data"),
    ],
)
def test_each_format_gets_advice_that_fits(tmp_path: Path, name: str, advice: str) -> None:
    (tmp_path / name).write_text("x")
    said = told(tmp_path / name)
    assert advice in said
    assert "did you mean" not in said
    with pytest.raises(MpiError) as caught:
        mpi.scan([tmp_path / name])
    assert advice in str(caught.value)


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (bz2.compress(b"a"), "bzip2"),
        (b"ARROW1\0\0", "Arrow"),
        (b"RDX3\nX\n", "of R"),
        (b"SQLite format 3\0", "database"),
        (b"HEADER RECORD*******LIBRARY HEADER", "SAS transport"),
    ],
)
def test_content_under_a_wrong_suffix_is_known(tmp_path: Path, head: bytes, what: str) -> None:
    (tmp_path / "a.csv").write_bytes(head + bytes(80))
    assert what in told(tmp_path / "a.csv")


# --- SAS transport files ---


def xport(path: Path, frame: pd.DataFrame, **options: Any) -> Path:
    pyreadstat.write_xport(frame, path, **options)
    return path


def test_sas_transport_files_are_read(tmp_path: Path) -> None:
    frame = pd.DataFrame({"SEX": [1.0, 2, 1], "W": [0.5, np.nan, 2.25], "TINH": ["Ha", "", "Hue "]})
    path = xport(tmp_path / "a.xpt", frame, column_labels={"SEX": "Sex of the member"})
    assert column_names(path) == ("SEX", "W", "TINH")
    with pytest.warns(MpiWarning, match="does not say how many rows"):
        table = read_table(path, columns=["TINH", "W"])
    assert table.frame["W"].fillna(-1).tolist() == [0.5, -1, 2.25]
    assert table.frame["TINH"].fillna("?").tolist() == ["Ha", "?", "Hue"]
    with pytest.warns(MpiWarning, match="compare 3 with its"):
        assert len(mpi.read_survey(path, weight="SEX")) == 3
    with pytest.warns(MpiWarning, match="rows"):
        assert read_table(path).titles == {"SEX": "Sex of the member"}


def test_sas_dates_and_times(tmp_path: Path) -> None:
    frame = pd.DataFrame({"D": [0.0, 20_575, 1e9], "T": [0.0, 86_399, 1e5], "M": [1.5, 1_777_593_600, np.nan]})
    formats = {"D": "DATE9", "T": "TIME8", "M": "DATETIME20"}
    path = xport(tmp_path / "d.xpt", frame, variable_format=formats)
    with pytest.warns(MpiWarning) as seen:
        found = read_table(path).frame
    assert found["D"].tolist()[:2] == [pd.Timestamp("1960-01-01"), pd.Timestamp("2016-05-01")]
    assert found["T"].tolist() == [dt.time(0), dt.time(23, 59, 59), None]
    assert found["M"].iloc[0] == pd.Timestamp("1960-01-01 00:00:01.5")
    assert found.isna().sum().tolist() == [1, 1, 1]
    assert any("cannot be, in 'D' (1 rows), 'T' (1 rows)" in str(w.message) for w in seen)


def test_a_sas_file_cut_inside_a_record_is_refused(tmp_path: Path) -> None:
    path = xport(tmp_path / "a.xpt", pd.DataFrame({"A": np.arange(100.0)}))
    data = path.read_bytes()
    for length in (len(data) - 1, len(data) - 79, 1234, 50):
        path.write_bytes(data[:length])
        assert "cut short" in told(path) or "damaged" in told(path)


def test_a_sas_file_is_read_as_a_whole_only(tmp_path: Path) -> None:
    path = xport(tmp_path / "a.xpt", pd.DataFrame({"A": [1.0]}))
    with pytest.raises(MpiError, match="read by itself"):
        mpi.scan(path)


# --- dates of SPSS and Stata ---


def spss_dates(path: Path, values: list[float], written: str) -> Path:
    pyreadstat.write_sav(pd.DataFrame({"d": values, "x": range(len(values))}), path, variable_format={"d": written})
    return path


def both(path: Path) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    frames, said = [], []
    for read in (read_table, scanned):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always", MpiWarning)
            table = read(path)
            frames.append(table.relation.df() if isinstance(table, Scanned) else table.frame)
        said += [str(w.message) for w in seen]
    return *frames, said


def test_one_impossible_date_costs_one_value(tmp_path: Path) -> None:
    """Seconds since 14 October 1582; what lies beyond the years 1 to 9999 is no date."""
    first, last = -577_734 * 86_400.0, 3_074_325 * 86_400.0  # 1 January of the year 1; 1 January of the year 10000
    values = [1.221938e10, 1e14, np.nan, 1e300, first - 1, 0.0, last - 1, first, last]
    alone, engine, said = both(spss_dates(tmp_path / "d.sav", values, "DATETIME20"))
    assert alone["d"].isna().tolist() == [False, True, True, True, True, False, False, False, True]
    assert [str(v) for v in alone["d"].iloc[[6, 7]]] == ["9999-12-31 23:59:59", "0001-01-01 00:00:00"]
    assert alone["d"].iloc[5] == pd.Timestamp("1582-10-14")
    assert engine["d"].isna().tolist() == alone["d"].isna().tolist()
    assert alone["x"].tolist() == engine["x"].tolist() == list(range(9))
    assert len(said) == 2
    assert all("cannot be, in 'd' (4 rows)" in s for s in said)


def test_times_beyond_a_day_are_not_folded_into_one(tmp_path: Path) -> None:
    alone, engine, said = both(spss_dates(tmp_path / "t.sav", [10.0, 1e6, -5.0, 86_399.5], "TIME8"))
    assert alone["d"].tolist() == [dt.time(0, 0, 10), None, None, dt.time(23, 59, 59, 500_000)]
    assert [None if pd.isna(v) else v for v in engine["d"]] == alone["d"].tolist()
    assert all("'d' (2 rows)" in s for s in said)


@pytest.mark.parametrize("version", [114, 118])
def test_stata_dates_beyond_the_calendar_are_missing(tmp_path: Path, version: int) -> None:
    path = tmp_path / "d.dta"
    frame = pd.DataFrame({"d": np.array([20_000, 10**7, -(10**8)], "int32"), "x": [1, 2, 3]})
    frame.to_stata(path, version=version, write_index=False)
    path.write_bytes(path.read_bytes().replace(b"%12.0g", b"%td\0\0\0", 1))
    alone, engine, said = both(path)
    assert alone["d"].isna().tolist() == engine["d"].isna().tolist() == [False, True, True]
    assert alone["d"].iloc[0] == engine["d"].iloc[0] == pd.Timestamp("2014-10-04")
    assert all("'d' (2 rows)" in s for s in said)


def test_dates_that_pyreadstat_reads_are_read_the_same(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    for written in ("DATE11", "ADATE10", "SDATE10", "DATETIME20", "YMDHMS19"):
        path = spss_dates(tmp_path / "d.sav", (rng.random(500) * 2.6e11).tolist(), written)
        theirs = pyreadstat.read_sav(path, dates_as_pandas_datetime=True)[0]["d"]
        ours = read_table(path).frame["d"]
        of_days = written in {"DATE11", "ADATE10", "SDATE10"}
        assert ((ours - (theirs.dt.floor("D") if of_days else theirs)).abs() <= pd.Timedelta(1, "us")).all(), written


# --- the dictionary of SPSS files ---


LONG = ["".join(chr(97 + (7 * i * i + 13 * k) % 26) for i in range(300)) for k in range(18)]


def whole_sav(path: Path, **options: Any) -> Path:
    frame = pd.DataFrame({"TINH": ["Ha Noi", "Cao Bằng"] * 9, "SEX": [1.0, 2.0] * 9, "LONG": LONG})
    labels = {"SEX": {1: "Male", 2: "Female"}}
    pyreadstat.write_sav(frame, path, variable_value_labels=labels, missing_ranges={"SEX": [9]}, **options)
    return path


@pytest.mark.parametrize("options", [{}, {"row_compress": True}, {"compress": True}])
def test_whole_dictionaries_are_walked_to_their_end(tmp_path: Path, options: dict[str, bool]) -> None:
    walk(whole_sav(tmp_path / "a.sav", **options))


def test_bits_that_ended_the_process_are_told(tmp_path: Path) -> None:
    """The type of a column, its format, and which columns value labels belong to: ReadStat trusts them."""
    path = whole_sav(tmp_path / "a.sav")
    data = path.read_bytes()
    at = data.find(struct.pack("<2i", 2, 0), 176)  # the number among the columns: a record of type 2, of width 0
    for offset, bit, said in ((4, 1, "format"), (5, 128, "type"), (8, 2, "type"), (12, 64, "type"), (18, 4, "format")):
        flipped = bytearray(data)
        flipped[at + offset] ^= bit
        path.write_bytes(flipped)
        assert said in told(path), (offset, bit)
    places = data.find(struct.pack("<2i", 4, 1))
    flipped = bytearray(data)
    flipped[places + 11] ^= 16
    path.write_bytes(flipped)
    assert "value labels for column" in told(path)


def test_more_rows_than_the_header_says_are_told(tmp_path: Path) -> None:
    path = whole_sav(tmp_path / "a.sav")
    data = bytearray(path.read_bytes())
    path.write_bytes(data + bytes(512))
    assert len(read_table(path).frame) == 18
    data[80] ^= 16
    path.write_bytes(data)
    assert "it says that it has 2 rows, and more follow" in told(path)


@pytest.mark.parametrize(("suffix", "options"), [(".sav", {"row_compress": True}), (".zsav", {"compress": True})])
def test_a_piece_missing_in_packed_data_is_refused(tmp_path: Path, suffix: str, options: dict[str, bool]) -> None:
    """ReadStat reads as many rows as the header says, of which those after the gap are other columns.

    Where by chance the values are as many as before, nobody can tell.
    """
    whole = whole_sav(tmp_path / f"whole{suffix}", **options).read_bytes()
    path = tmp_path / f"gap{suffix}"
    start = whole.find(struct.pack("<2i", 999, 0)) + 8
    gaps = [(at, gap) for at in range(start, len(whole) - 40, 37) for gap in (1, 8, 40)]
    read = 0
    for at, gap in gaps:
        path.write_bytes(whole[:at] + whole[at + gap :])
        try:
            read_table(path)
        except MpiError:
            continue
        read += 1
    assert read <= 0.02 * len(gaps)


def test_a_line_of_a_portable_file_that_is_short_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.por"
    pyreadstat.write_por(pd.DataFrame({"A": np.arange(200.0), "B": np.arange(200.0) / 4}), path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(read_table(path).frame) == 200
    data = path.read_bytes()
    path.write_bytes(data.rstrip(b"\r\n")[:-1] + b"\r\n")
    with pytest.warns(MpiWarning, match="has 79 characters, and 80 are usual"):
        read_table(path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32), st.integers(1, 60), st.integers(0, 30), st.sampled_from([8, 16, 64, 1 << 23]))
def test_packed_data_are_counted_as_they_are_unpacked(tmp_path, seed, rows, gone, at_once):
    """Against a walk from code to code, whole and with a piece missing, whatever is read at once."""
    rng = np.random.default_rng(seed)
    path = tmp_path / "p.sav"
    values = np.where(rng.random((rows, 3)) < 0.5, rng.integers(0, 200, (rows, 3)), rng.random((rows, 3)))
    pyreadstat.write_sav(pd.DataFrame(values, columns=["a", "b", "c"]), path, row_compress=True)
    data = path.read_bytes()
    start = data.index(b"\xe7\x03\x00\x00\x00\x00\x00\x00") + 8
    place = start + int(rng.integers(0, len(data) - start))
    path.write_bytes(data[:place] + data[place + gone :])
    held, at, found = path.read_bytes()[start:], 0, 0
    while at < len(held):
        codes, last = held[at : at + 8], at
        found += sum(c not in (0, 252) for c in codes)
        at += 8 + 8 * codes.count(253)
    sound = found == rows * 3 and not (at > len(held) and len(held) - last >= 8)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mpi.readers.sav_layout._AT_ONCE", at_once)
        if sound:
            walk(path)
        else:
            with pytest.raises(MpiError, match="do not make its"):
                walk(path)
