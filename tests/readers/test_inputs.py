"""Files as they are sent: packed, as workbooks, as Arrow, as SAS files; each read as the plain file is."""

from __future__ import annotations

import datetime as dt
import gzip
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mpi
from mpi.core.errors import MpiError, MpiWarning
from mpi.readers import column_names, excel, read_table
from sas_file import UTF8, WINDOWS, write_sas

QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SEX = {1: "Nam", 2: "Nữ"}


def people(rows: int = 6) -> pd.DataFrame:
    i = np.arange(rows)
    texts = np.where(i % 2, "Hà Nội", "Huế")
    return pd.DataFrame({"tinh": texts, "sex": (i % 2 + 1).astype("int8"), "w": i * 1.5})


def stata(path: Path) -> Path:
    people().to_stata(path, write_index=False, version=118, value_labels={"sex": SEX})
    return path


def zipped(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members.items():
            packed.writestr(name.replace("__dot__", ".").replace("__in__", "/"), data)
    return path


def told(path: Path, **options: object) -> str:
    with pytest.raises(MpiError) as caught:
        read_table(path, **options)
    assert str(path) in str(caught.value)
    return str(caught.value)


def same(found: mpi.readers.Table, wanted: mpi.readers.Table) -> None:
    frames = [t.frame if isinstance(t.frame, pd.DataFrame) else t.frame.to_pandas() for t in (found, wanted)]
    pd.testing.assert_frame_equal(*frames)
    assert (found.labels, found.titles, found.reasons) == (wanted.labels, wanted.titles, wanted.reasons)


# --- packed ---


@pytest.mark.parametrize("suffix", [".dta", ".sav", ".xpt", ".parquet", ".csv", ".feather"])
@pytest.mark.parametrize("packing", ["gz", "zip"])
@pytest.mark.filterwarnings("ignore:.*does not say how many rows")
def test_a_packed_file_is_read_as_the_file_in_it(tmp_path: Path, suffix: str, packing: str) -> None:
    plain = tmp_path / f"people{suffix}"
    write = {
        ".dta": lambda: stata(plain),
        ".sav": lambda: pyreadstat.write_sav(people(), plain, variable_value_labels={"sex": SEX}),
        ".xpt": lambda: pyreadstat.write_xport(people().assign(tinh="x"), plain),
        ".parquet": lambda: people().to_parquet(plain),
        ".feather": lambda: people().to_feather(plain),
        ".csv": lambda: people().to_csv(plain, index=False),
    }
    write[suffix]()
    data = plain.read_bytes()
    packed = tmp_path / (f"sent{suffix}.gz" if packing == "gz" else "sent.ZIP")
    if packing == "gz":
        packed.write_bytes(gzip.compress(data))
    else:
        zipped(
            packed,
            **{f"data__in__people__dot__{suffix[1:]}": data, "__MACOSX__in__x__dot__csv": b"", "a__dot__pdf": b"%"},
        )
    assert column_names(packed) == column_names(plain)
    same(read_table(packed), read_table(plain))
    some = list(column_names(plain))[1:]
    same(read_table(packed, some), read_table(plain, some))
    assert mpi.read_survey(packed, weight="w").weight.tolist() if suffix != ".xpt" else True


def test_errors_and_warnings_name_the_packed_file(tmp_path: Path) -> None:
    data = stata(tmp_path / "p.dta").read_bytes()
    cut = tmp_path / "cut.dta.gz"
    cut.write_bytes(gzip.compress(data[:-40]))
    assert "cut short" in told(cut)
    assert "/mpi-" not in told(cut)
    assert "(p.dta)" in told(zipped(tmp_path / "cut.zip", p__dot__dta=data[:-40]))
    assert "did you mean 'sex'" in told(zipped(tmp_path / "whole.zip", p__dot__dta=data), columns=["sexx"])
    old = tmp_path / "old.csv"
    old.write_text("a;b\n;\n1;2\n")
    with pytest.warns(MpiWarning, match=r"old\.zip \(old\.csv\): left out 1 empty row"):
        read_table(zipped(tmp_path / "old.zip", old__dot__csv=old.read_bytes()))


def test_what_packed_files_may_not_be(tmp_path: Path) -> None:
    data = stata(tmp_path / "p.dta").read_bytes()
    assert "2 data files, 'a.dta', 'b.csv'; unpack" in told(
        zipped(tmp_path / "2.zip", a__dot__dta=data, b__dot__csv=b"a\n1")
    )
    assert "no data file, but 'a.rds'" in told(zipped(tmp_path / "r.zip", a__dot__rds=b"x"))
    assert "haven::write_dta" in told(zipped(tmp_path / "r.zip", a__dot__rds=b"x"))
    assert "there is no file in it" in told(zipped(tmp_path / "none.zip"))
    half = zipped(tmp_path / "half.zip", a__dot__dta=data).read_bytes()
    (tmp_path / "half.zip").write_bytes(half[: len(half) // 2])
    assert "cut short or damaged" in told(tmp_path / "half.zip")
    (tmp_path / "half.dta.gz").write_bytes(gzip.compress(data)[:-30])
    assert "cut short or damaged" in told(tmp_path / "half.dta.gz")
    (tmp_path / "not.dta.gz").write_bytes(data)
    assert "it is a Stata file" in told(tmp_path / "not.dta.gz")
    (tmp_path / "zip.dta").write_bytes(half)
    assert "call it .zip or .xlsx" in told(tmp_path / "zip.dta")


# --- workbooks ---


def workbook(path: Path, **sheets: list[list[object]]) -> Path:
    openpyxl = pytest.importorskip("openpyxl", reason="openpyxl is an extra")
    book = openpyxl.Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


@pytest.fixture(params=["python_calamine", "openpyxl"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    pytest.importorskip(request.param, reason=f"{request.param} is an extra")
    monkeypatch.setattr(excel, "find_spec", lambda name: name == request.param)
    return str(request.param)


CELL = st.one_of(
    st.none(),
    st.integers(-(2**40), 2**40),
    st.integers(-(10**9), 10**9).map(lambda n: n / 4),
    st.sampled_from(["a", "Hà, Nội", '"b"', "x\ny"]),
)


@QUICK
@given(st.lists(st.tuples(CELL, CELL, st.integers(1, 9)), min_size=1, max_size=8))
def test_a_sheet_is_read_as_it_would_be_saved_as_csv(tmp_path, engine, rows):
    path = workbook(tmp_path / "a.xlsx", Data=[[], ["one", "two", "three"], *map(list, rows)])
    frame = read_table(path).frame
    whole = [[int(c) if isinstance(c, float) and c.is_integer() else c for c in row] for row in rows]
    pd.DataFrame(whole, columns=["one", "two", "three"], dtype=object).to_csv(tmp_path / "a.csv", index=False)
    wanted = read_table(tmp_path / "a.csv").frame
    assert column_names(path) == tuple(wanted.columns)
    for name in wanted:
        a, b = frame[name], wanted[name]
        if b.dtype.kind in "iuf":
            np.testing.assert_allclose(a.to_numpy(float), b.to_numpy(float), rtol=1e-15)
        else:
            assert a.fillna("").astype(str).tolist() == b.fillna("").astype(str).tolist()


def test_the_cells_of_a_workbook(tmp_path: Path, engine: str) -> None:
    day = dt.datetime(2026, 11, 30)  # noqa: DTZ001  # files hold times without a zone
    rows = [["id", "on", "day", "at", None], [1, True, day, day.replace(hour=7), None], [2, False, None, None, None]]
    frame = read_table(workbook(tmp_path / "a.xlsx", A=rows)).frame
    assert list(frame) == ["id", "on", "day", "at"]
    assert frame.iloc[0].tolist() == [1, 1, "2026-11-30", "2026-11-30T07:00:00"]
    assert frame["day"].isna().tolist() == [False, True]


def test_the_sheet_that_is_meant(tmp_path: Path, engine: str) -> None:
    one, two = [["a", "w"], [1, 2]], [["b"], [5]]
    path = workbook(tmp_path / "a.xlsx", Members=one, Notes=two, Empty=[])
    said = told(path)
    assert "2 sheets, 'Members', 'Notes'; name one: sheet='Members'" in said
    assert "did you mean 'Members'" in told(path, sheet="members ")
    assert column_names(path, sheet="Notes") == ("b",)
    assert len(mpi.read_survey(path, sheet="Members", census=True)) == 1
    assert read_table(workbook(tmp_path / "b.xlsx", Empty=[], Data=one)).frame["a"].tolist() == [1]
    assert "its sheet is empty" in told(workbook(tmp_path / "c.xlsx", A=[]))
    assert "leave out encoding=" in told(path, sheet="Notes", encoding="tcvn3")
    assert "it is no workbook" in told(stata(tmp_path / "p.dta"), sheet="A")


def test_a_damaged_workbook_is_told(tmp_path: Path, engine: str) -> None:
    path = workbook(tmp_path / "a.xlsx", A=[["a", "b"], *([i, "x" * i] for i in range(300))])
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    assert "damaged, cut short" in told(path)


def test_a_workbook_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from mpi.cli.app import app

    rows = [["psu", "w", "hungry"], *([i // 2, 1, i % 2] for i in range(8))]
    path = workbook(tmp_path / "a.xlsx", A=rows, B=rows)
    from typer.testing import CliRunner

    found = CliRunner().invoke(app, ["check", str(path), "--sheet", "B", "--psu", "psu", "--weight", "w"])
    assert found.exit_code == 0, found.output
    assert "8 rows" in found.output


# --- Arrow ---


def test_an_arrow_file(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="PyArrow is an extra")
    people().assign(tinh="Hµ Néi").to_feather(tmp_path / "a.feather")
    table = read_table(tmp_path / "a.feather", ["w", "tinh"])
    assert table.frame.column_names == ["w", "tinh"]
    assert table.frame["tinh"][0].as_py() == "Hà Nội"
    data = (tmp_path / "a.feather").read_bytes()
    (tmp_path / "a.feather").write_bytes(data[:-9])
    assert "damaged, cut short" in told(tmp_path / "a.feather")
    size = (500).to_bytes(8, "little")
    people(500).drop(columns=["tinh"]).to_feather(tmp_path / "b.feather")
    packed = (tmp_path / "b.feather").read_bytes()
    assert size in packed
    (tmp_path / "b.feather").write_bytes(packed.replace(size, b"\xff" * 7 + b"\x0f"))
    assert "damaged" in told(tmp_path / "b.feather")
    (tmp_path / "a.arrow").write_bytes(b"FEA1" + data)
    assert "Feather file of version 1" in told(tmp_path / "a.arrow")


# --- SAS ---


def test_a_sas_file(tmp_path: Path) -> None:
    nan = float("nan")
    path = write_sas(
        tmp_path / "a.sas7bdat",
        [("sex", "Giới tính", "", [1.0, 2.0, nan]), ("born", "", "DATE9", [0.0, nan, 20000.0]),
         ("at", "", "DATETIME", [0.5, nan, 9e15]), ("tinh", "", "", ["Hà Nội".encode(), b"", b"x "])],
    )  # fmt: skip
    assert column_names(path) == ("sex", "born", "at", "tinh")
    with pytest.warns(MpiWarning, match=r"cannot be, in 'at' \(1 rows\)"):
        table = read_table(path)
    assert table.titles == {"sex": "Giới tính"}
    assert table.frame["sex"].fillna(-1).tolist() == [1, 2, -1]
    assert table.frame["born"].dropna().dt.strftime("%Y-%m-%d").tolist() == ["1960-01-01", "2014-10-04"]
    assert table.frame["at"][0] == pd.Timestamp("1960-01-01 00:00:00.5")
    assert table.frame["tinh"].fillna("-").tolist() == ["Hà Nội", "-", "x"]
    assert list(read_table(path, ["tinh", "sex"]).frame) == ["tinh", "sex"]


@pytest.mark.parametrize("claimed", [UTF8, WINDOWS])
def test_a_sas_file_in_legacy_vietnamese(tmp_path: Path, claimed: int) -> None:
    texts = [b"H\xb5 N\xe9i", b"N\xf7", b"B\xbec K\xb9n"]
    path = write_sas(tmp_path / "a.sas7bdat", [("tinh", "", "", texts)], encoding=claimed)
    for options in ({}, {"encoding": "tcvn3"}):
        assert read_table(path, **options).frame["tinh"].tolist() == ["Hà Nội", "Nữ", "Bắc Kạn"]


def test_a_sas_file_that_is_cut_is_refused(tmp_path: Path) -> None:
    path = write_sas(tmp_path / "a.sas7bdat", [("n", "", "", [1.0, 2.0, 3.0])])
    data = path.read_bytes()
    for length in (40, 200, 1000, 1024, 5000, len(data) - 1):
        path.write_bytes(data[:length])
        assert "Copy or export it again" in told(path)
    (tmp_path / "a.csv").write_bytes(data)
    assert "it is a SAS file" in told(tmp_path / "a.csv")
