"""Files larger than memory: what lies in many parts is one table, or one message says why it is none."""

from __future__ import annotations

import datetime as dt
import gc
import gzip
import math
import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

import mpi
import stat_files as files
from mpi.frames.progress import collected
from mpi.readers import read_table
from mpi.readers.large.scan import scanned

duckdb = pytest.importorskip("duckdb", reason="DuckDB is an extra")
pa = pytest.importorskip("pyarrow", reason="PyArrow is an extra")
pq = pytest.importorskip("pyarrow.parquet", reason="PyArrow is an extra")
pyreadstat = pytest.importorskip("pyreadstat", reason="pyreadstat is not installed")

since_2 = pytest.mark.skipif(duckdb.__version__ < "2", reason="a relation tells its connection since DuckDB 2")

SAMPLE = Path(__file__).parents[2] / "data" / "samples"


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def parquet(path: Path, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def told(where: Any, **options: Any) -> str:
    with pytest.raises(mpi.MpiError) as caught:
        mpi.scan(where, **options)
    return str(caught.value)


def rows_of(relation: Any) -> list[tuple[Any, ...]]:
    return [tuple(map(plain, row)) for row in relation.fetchall()]


def rows_in_memory(frame: Any) -> list[tuple[Any, ...]]:
    return [tuple(map(plain, row)) for row in frame.itertuples(index=False, name=None)]


def plain(value: Any) -> Any:
    """Return a value as it is compared: missing is None, numbers are floats where that loses nothing."""
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (dt.datetime, pd.Timestamp)):
        return pd.Timestamp(value).to_pydatetime()
    if isinstance(value, (int, np.integer)):
        return int(value) if abs(int(value)) > 2**53 else float(value)
    return value


def same_as_in_memory(path: Path, columns: list[str] | None = None) -> None:
    with warnings.catch_warnings(record=True) as alone:
        warnings.simplefilter("always", mpi.MpiWarning)
        table = read_table(path, columns)
    with warnings.catch_warnings(record=True) as scanned_:
        warnings.simplefilter("always", mpi.MpiWarning)
        found = scanned(path, columns)
    assert sorted(str(w.message) for w in alone) == sorted(str(w.message) for w in scanned_)
    assert list(found.relation.columns) == list(table.frame.columns)
    a, b = rows_of(found.relation), rows_in_memory(table.frame)
    assert len(a) == len(b)
    for one, other in zip(a, b, strict=True):
        for x, y in zip(one, other, strict=True):
            assert x == y or (isinstance(x, float) and x == pytest.approx(y, rel=1e-15)), (x, y)
    assert {c: dict(v) for c, v in found.labels.items()} == {c: dict(v) for c, v in table.labels.items()}
    assert found.rows == len(b)


# --- which files ----------------------------------------------------------------------------------------------------


def test_a_file_a_pattern_a_folder_and_a_list_are_one_table(tmp_path: Path) -> None:
    folder = tmp_path / "it's a Điều tra [1]"
    folder.mkdir()
    paths = [parquet(folder / f"{i} 'q' *.parquet", a=[i]) for i in range(3)]
    (folder / "notes.txt").write_text("read me")
    (folder / "_SUCCESS").touch()
    wanted = [(0.0,), (1.0,), (2.0,)]
    assert rows_of(mpi.scan(folder)) == wanted
    assert rows_of(mpi.scan(paths)) == wanted
    assert rows_of(mpi.scan([paths[1], folder])) == [(1.0,), (0.0,), (2.0,)]
    assert rows_of(mpi.scan(paths[0])) == [(0.0,)]
    assert rows_of(mpi.scan(str(tmp_path / "*" / "*.parquet"))) == wanted
    assert rows_of(mpi.scan(str(tmp_path / "**" / "*.parquet"))) == wanted


def test_brackets_in_a_name_are_no_pattern(tmp_path: Path) -> None:
    one, _ = parquet(tmp_path / "a[1].parquet", a=["with"]), parquet(tmp_path / "a1.parquet", a=["without"])
    assert mpi.scan(one).fetchall() == [("with",)]
    one, _ = write(tmp_path / "a[1].csv", "a\nwith\n"), write(tmp_path / "a1.csv", "a\nwithout\n")
    assert mpi.scan(one).fetchall() == [("with",)]


def test_keys_in_the_names_of_folders_are_columns(tmp_path: Path) -> None:
    for province in (1, 2):
        (tmp_path / f"province={province}").mkdir()
        parquet(tmp_path / f"province={province}" / "part.parquet", a=[10 * province])
    assert rows_of(mpi.scan(str(tmp_path / "*" / "*.parquet"))) == [(10.0, 1.0), (20.0, 2.0)]
    assert rows_of(mpi.scan(str(tmp_path / "*" / "*.parquet"), columns=["province"])) == [(1.0,), (2.0,)]


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    assert "there is no folder" in told(str(tmp_path / "nowhere" / "*.parquet"))
    assert "no data file in the folder" in told(tmp_path)
    (tmp_path / "below").mkdir()
    parquet(tmp_path / "below" / "people.parquet", a=[1])
    assert "there are some in the folders below" in told(tmp_path)
    parquet(tmp_path / "people.parquet", a=[1])
    assert "there are files of '.parquet'" in told(str(tmp_path / "*.csv"))
    assert "did you mean 'people.parquet'" in told(tmp_path / "peple.parquet")
    assert "no file is named" in told([])
    assert "was expected, not 5" in told(5)
    assert "2 problems" in told([tmp_path / "peple.parquet", tmp_path / "people.parquet", str(tmp_path / "*.dta")])


def test_files_of_several_kinds_are_no_table(tmp_path: Path) -> None:
    parquet(tmp_path / "a.parquet", a=[1])
    write(tmp_path / "b.csv", "a\n1\n")
    assert "1 of Parquet, 1 of delimited text" in told(tmp_path)
    write(tmp_path / "c.xls", "a")
    assert "c.xls': files that end in '.xls' are not read; save the sheet as CSV" in told(str(tmp_path / "*"))
    write(tmp_path / "d.dta.gz", "a")
    assert "d.dta.gz': a file that ends in '.dta.gz' is read by itself" in told(str(tmp_path / "*"))


# --- parts that differ ----------------------------------------------------------------------------------------------


def test_all_drifts_are_told_at_once_by_file(tmp_path: Path) -> None:
    parquet(tmp_path / "a.parquet", d=[0, 1], region=["n", "s"], born=[dt.date(2000, 1, 1)] * 2)
    parquet(tmp_path / "b.parquet", d=["0", "1"], region=["n", "s"], born=[dt.date(2000, 1, 1)] * 2)
    parquet(tmp_path / "c.parquet", d=[0.5, 1], region=["n", "s"])
    parquet(tmp_path / "e.parquet", d=[True, None], region=["n", "s"], born=[5, 6], more=[1, 2])
    said = told(tmp_path)
    assert "nothing was read, 5 problems" in said
    assert "b.parquet' holds text, not numbers, in 'd', unlike" in said
    assert "c.parquet' lacks 'born'" in said
    assert "e.parquet' holds booleans, not numbers, in 'd'" in said
    assert "e.parquet' holds numbers, not dates, in 'born'" in said
    assert "e.parquet' has 'more' besides" in said


def test_only_the_columns_that_are_asked_for_must_be_alike(tmp_path: Path) -> None:
    parquet(tmp_path / "a.parquet", d=[0], x=[1])
    parquet(tmp_path / "b.parquet", x=[1], d=[0.5], y=["z"])
    assert rows_of(mpi.scan(tmp_path, columns=["d"])) == [(0.0,), (0.5,)]
    said = told(tmp_path, columns=["dd", "x", "z"])
    assert "there is no column 'dd'; did you mean 'd'" in said
    assert "there is no column 'z'" in said
    assert "b.parquet' has 'y' besides" in told(tmp_path)
    assert "a.parquet' lacks 'y'" in told(tmp_path, columns=["y"])
    assert "leave `columns` out" in told(tmp_path, columns=[])


@pytest.mark.parametrize("order", [[0, 1, 2], [1, 0, 2], [2, 1, 0]])
def test_numbers_of_several_widths_lose_nothing(tmp_path: Path, order: list[int]) -> None:
    columns = [pa.array([0, 1], pa.int8()), pa.array([0.5, None]), pa.nulls(2)]
    paths = [parquet(tmp_path / f"{i}.parquet", d=columns[k]) for i, k in enumerate(order)]
    found = {(0, 1): [(0.0,), (1.0,)], (1, 1): [(0.5,), (None,)], (2, 1): [(None,), (None,)]}
    assert rows_of(mpi.scan(paths)) == [row for k in order for row in found[k, 1]]
    parquet(tmp_path / "0.parquet", d=pa.array([2**24 + 1], pa.int32()))
    parquet(tmp_path / "1.parquet", d=pa.array([0.5], pa.float32()))
    assert rows_of(mpi.scan(paths[:2])) == [(2.0**24 + 1,), (0.5,)]


def test_a_column_that_is_missing_in_one_part_fits_to_text(tmp_path: Path) -> None:
    parquet(tmp_path / "a.parquet", s=pa.nulls(1))
    parquet(tmp_path / "b.parquet", s=pa.array(["x"]).dictionary_encode())
    assert rows_of(mpi.scan(tmp_path)) == [(None,), ("x",)]
    assert [str(t) for t in mpi.scan(tmp_path / "a.parquet").types] == ["DOUBLE"]


def test_long_codes_beside_floats_would_merge(tmp_path: Path) -> None:
    parquet(tmp_path / "a.parquet", code=[2**60, 2**60 + 1])
    parquet(tmp_path / "b.parquet", code=[1.0, None])
    assert "a.parquet' holds codes of more than 15 digits in 'code'" in told(tmp_path)
    parquet(tmp_path / "a.parquet", code=[2**40, 2**40 + 1])
    assert rows_of(mpi.scan(tmp_path))[1] == (2.0**40 + 1,)


def test_nested_columns_are_columns(tmp_path: Path) -> None:
    path = parquet(tmp_path / "a.parquet", s=[{"x": 1, "y": [1, 2]}], l=[[1]], a=[3])
    assert mpi.scan(path).columns == ["s", "l", "a"]
    assert rows_of(mpi.scan(path, columns=["a"])) == [(3.0,)]


# --- damage ---------------------------------------------------------------------------------------------------------


def test_all_damaged_parts_are_told_at_once(tmp_path: Path) -> None:
    whole = parquet(tmp_path / "a.parquet", a=list(range(5000)), s=[f"x{i}" for i in range(5000)]).read_bytes()
    write(tmp_path / "b.parquet", whole[:-50])
    write(tmp_path / "c.parquet", whole[:2000] + whole[4000:])
    assert "b.parquet" in told(tmp_path)
    parquet(tmp_path / "b.parquet", a=list(range(1, 5001)), s=[f"x{i}" for i in range(5000)])
    assert "c.parquet': a piece of it is missing" in told(tmp_path)
    write(tmp_path / "b.parquet", b"PK\x03\x04 a workbook")
    write(tmp_path / "c.parquet", b"")
    said = told(tmp_path)
    assert "c.parquet: it is empty" in said
    assert "b.parquet: it is a zip archive" in said
    write(tmp_path / "b.parquet", whole[:40])
    write(tmp_path / "c.parquet", b"a,b\n1,2\n")
    said = told(tmp_path)
    assert "2 problems" in said
    assert "b.parquet" in said
    assert "c.parquet" in said


@since_2
@pytest.mark.parametrize("place", [4, 300, 20_000])
def test_damage_among_the_rows_names_its_file(tmp_path: Path, place: int) -> None:
    columns = {"a": np.arange(20_000) % 2, "b": np.random.default_rng(1).random(20_000)}
    whole = bytearray(parquet(tmp_path / "a.parquet", **columns).read_bytes())
    whole[place : place + 400] = bytes(range(200, 250)) * 8
    write(tmp_path / "b.parquet", bytes(whole))
    lazy = nw.from_native(mpi.scan(tmp_path)).select(nw.col("a").sum(), nw.col("b").max())
    try:
        found = collected(lazy)
    except mpi.MpiError as error:
        assert "b.parquet" in str(error)  # noqa: PT017  # a page without a checksum may read as other numbers
    else:
        assert len(found) == 1


def test_a_short_row_of_text_is_told_by_file_and_line(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", "a,b\n1,2\n")
    write(tmp_path / "b.csv", "a,b\n1,2\n3\n4,5\n")
    write(tmp_path / "c.csv", 'a,b\n1,2\n3,"x\n')
    write(tmp_path / "d.csv", "a,b\n1,2,\n")
    said = told(tmp_path)
    assert "3 problems" in said
    assert "b.csv: line 3 has 1 fields" in said
    assert "c.csv: line 3: a quotation mark is opened" in said
    assert "d.csv: line 2 has 3 fields" in said


def test_a_damaged_stata_part_is_told_before_any_is_converted(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": np.arange(100)})
    for name in "ab":
        frame.to_stata(tmp_path / f"{name}.dta", write_index=False)
    whole = (tmp_path / "b.dta").read_bytes()
    write(tmp_path / "b.dta", whole[: len(whole) // 2])
    write(tmp_path / "c.dta", "region,sex\n1,2\n" * 50)
    said = told(tmp_path)
    assert "b.dta" in said
    assert "c.dta" in said


def test_memory_is_an_amount(tmp_path: Path) -> None:
    path = parquet(tmp_path / "a.parquet", a=[1])
    assert rows_of(mpi.scan(path, "500MB")) == [(1.0,)]
    assert "such as '4GB'" in told(path, memory="much")
    assert "such as '4GB'" in told(path, memory="-4GB")


def test_a_label_in_a_condition_is_told_from_a_bad_file(tmp_path: Path) -> None:
    path = tmp_path / "people.dta"
    frame = pd.DataFrame({"income": [1.0, 2.0], "sex": pd.Categorical(["Male", "Female"])})
    frame.to_stata(path, write_index=False)
    survey = mpi.read_survey(path, memory="500MB", census=True)
    with pytest.raises(mpi.MpiError, match="conditions compare codes, not labels") as caught:
        mpi.mean(survey, "income", where=nw.col("sex") == "Female")
    assert "cannot be read" not in str(caught.value)


# --- text -----------------------------------------------------------------------------------------------------------

TEXTS = {
    "plain": "a,b\n1,x\n2,y\n",
    "semicolons and decimal commas": "a;b;c\n1;0,5;x\n2;7;y\n",
    "commas beside points": "a;b\n1,5;0.5\n2,5;1.0\n",
    "tabs": "a\tb\n1\t0,25\n,5\t3\n",
    "missing": "a,b,c\n1,.,NA\n,NaN,None\nN/A,2,null\n",
    "quoted missing": 'a,b\n"",x\n"NA",y\n1,"."\n',
    "quotes": 'a,b\n"x, y",1\n"x ""y"" z",2\n5" pipe,3\n',
    "line ends in quotes": 'a,b\n"x\ny",1\nz,2\n',
    "spaces before quotes": 'a,b\n "x",1\ny,2\n',
    "windows": "a,b\r\n1,x\r\n2,y\r\n",
    "old mac": "a,b\r1,x\r2,y\r",
    "mixed ends": "a,b\r\n1,x\n2,y\r\n",
    "blank lines": "\n\na,b\n1,x\n\n  \n2,y\n\n",
    "one column with blanks": "a\n\n1\n\n2\n",
    "no end": "a,b\n1,x\n2,y",
    "leading zeros": "a,b\n007,01\n012,x\n",
    "long codes": "a,b\n12345678901234567,12345678901234567\n12345678901234568,\n",
    "unsigned codes": "a,b\n18446744073709551615,1\n1,2\n",
    "codes beyond all numbers": "a,b,c\n99999999999999999999,18446744073709551615,-1\n1,NA,18446744073709551615\n",
    "signs and spaces": "a,b,c\n+5, 5 ,-1\n6,\t7,-.5\n",
    "spaces around all numbers": "a;b;c\n 1 ;0,5\t; 1.5\n\t+2\t;  2,25;NA\n",
    "spaces of old": "a;b\n\v1\f;2,5\v\n2;\f,5\n",
    "floats": "a,b,c\n1.,1e5,inf\n.5,2E-3,-Infinity\n",
    "almost numbers": "a,b,c,d\n1_0,0x1,1e,1 2\n1,2,3,4\n",
    "booleans": "a,b,c,d\nTrue,true,TRUE,true\nFalse,,1,true \n",
    "empty column": "a,b\n1,\n2,NA\n",
    "hash": "a,b\n#1,x\n2,#\n",
    "unicode": "tỉnh,b\nHà Nội,1\nĐắk Lắk,2\n",
    "quotes in the header": '"a b","c""d"\n1,2\n',
    "unnamed": "a,,b\n1,2,3\n",
    "long gap beside a fraction": "a,b\n12345678901234567,1\n,2\n0.5,3\n",
    "spaces alone": "a,b\n ,1\n2,2\n",
}


@pytest.mark.parametrize("shape", TEXTS)
def test_text_is_read_as_in_memory(tmp_path: Path, shape: str) -> None:
    same_as_in_memory(write(tmp_path / "a.csv", TEXTS[shape]))


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "latin-1", "cp1252"])
def test_text_of_every_encoding_is_read_as_in_memory(tmp_path: Path, codec: str) -> None:
    text = "région;b\ncafé;1\n" + ("“Tomé”;2\n" if codec != "latin-1" else "São;2\n")
    same_as_in_memory(write(tmp_path / "a.csv", text.encode(codec)))


@pytest.mark.parametrize("codec", ["utf-8", "latin-1", "utf-16"])
def test_legacy_vietnamese_is_read_as_in_memory(tmp_path: Path, codec: str) -> None:
    path = write(tmp_path / "a.csv", "tinh,b\nHµ Néi,1\nB¾c K¹n,2\n".encode(codec))
    same_as_in_memory(path)
    assert mpi.scan(path).fetchall()[0][0] == "Hà Nội"


def test_packed_text_and_chosen_columns(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv.gz", gzip.compress(b"a\tb\tc\n1\t2,5\tx\n3\t4\ty\n"))
    same_as_in_memory(path)
    same_as_in_memory(path, ["c", "b"])
    assert "gzip" in told(write(tmp_path / "b.csv.gz", gzip.compress(b"a,b\n1,2\n" * 999)[:30]))


def test_what_stands_far_below_decides_too(tmp_path: Path) -> None:
    lines = ["1,2"] * 60_000
    lines[50_000] = "x,0.5"
    path = write(tmp_path / "a.csv", "a,b\n" + "\n".join(lines) + "\n")
    found = mpi.scan(path)
    assert [str(t) for t in found.types] == ["VARCHAR", "DOUBLE"]
    assert len(found.filter("a = 'x' AND b = 0.5").fetchall()) == 1


FIELDS = st.one_of(
    st.sampled_from(
        ["", ".", "NA", "1", "0", "-3", "007", "2.5", "0,5", "1e3", "True", "false", "x", "a b", " 4 ", "é"]
    ),
    st.integers(-(2**62), 2**62).map(str),
    st.floats(allow_nan=False, width=32).map(repr),
    st.text(st.sampled_from("ab1.,;\"' \té-+"), max_size=5),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    columns=st.integers(2, 4).flatmap(
        lambda k: st.lists(st.lists(FIELDS, min_size=k, max_size=k), min_size=1, max_size=8)
    ),
    delimiter=st.sampled_from(",;\t"),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_any_text_is_read_as_in_memory(tmp_path: Path, columns: list[list[str]], delimiter: str, end: str) -> None:
    import csv
    import io

    assume(any(field.strip() for row in columns for field in row))  # otherwise it has no rows
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end)
    writer.writerow([f"c{i}" for i in range(len(columns[0]))])
    writer.writerows(columns)
    same_as_in_memory(write(tmp_path / "any.csv", out.getvalue().encode()))


PIECES = st.sampled_from(
    ["1", "x", ",", ",,", "\r", "\n", "\r\n", '"', '""', " ", "0,5", "é", "NA", "1,2\n", '"a,b",1\n', '"a\nb",1\n']
)


@pytest.mark.filterwarnings("ignore::mpi.MpiWarning")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PIECES, min_size=1, max_size=12).map("".join))
@example('1,2\n""""')  # one field that holds a quotation mark: no blank line
@example('1,2\n""\n')
@example(',\n""\n1,')  # a blank line after an empty row
@example(' ,"x\r"\n1,2')  # a line end within a field of a row that is written again
@example('1",\n"",')  # a row without any value, though quoted
@example("\r,1")  # a line that a carriage return alone ends, and an empty first field
@example("1,2\n\r,")
def test_what_is_no_table_in_memory_is_none_here(tmp_path: Path, text: str) -> None:
    path = write(tmp_path / "any.csv", "a,b\n" + text)
    try:
        read_table(path)
    except mpi.MpiError:
        assert "any.csv" in told(path)  # of several faults each may name another first
    else:
        same_as_in_memory(path)


def test_parts_of_text_have_one_type(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", "d,s,e,code\n1,x,,12345678901234567\n0,y,,1\n")
    write(tmp_path / "b.csv", "code;e;s;d\n1;True;z;0,5\n2;;w;1\n")
    found = mpi.scan(tmp_path)
    assert rows_of(found)[0] == (1.0, "x", None, 12345678901234567)
    assert rows_of(found)[2] == (0.5, "z", True, 1.0)
    write(tmp_path / "b.csv", "d,s,e,code\nno,1,,1\nyes,2,,2\n")
    said = told(tmp_path)
    assert "b.csv' holds text, not numbers, in 'd'" in said
    assert "b.csv' holds numbers, not text, in 's'" in said


# --- Stata and SPSS -------------------------------------------------------------------------------------------------


def test_the_samples_are_read_as_in_memory() -> None:
    same_as_in_memory(SAMPLE / "two_rounds.dta")
    for path in sorted((SAMPLE / "vhlss2016").glob("*.dta"))[:3]:
        same_as_in_memory(path)


def stata(path: Path, rows: int = 50, **options: Any) -> Path:
    i = np.arange(rows)
    frame = pd.DataFrame(
        {
            "sex": (i % 2 + 1).astype("int8"),
            "age": np.where(i % 7, i % 90, np.nan),
            "income": (i * 0.1).astype("float32"),
            "born": pd.Timestamp("1990-01-01") + pd.to_timedelta(i, "D"),
            "tinh": np.where(i % 3, "Hà Nội", ""),
            "story": [f"{k}" * 300 for k in i],
        }
    )
    labels = {"sex": {1: "Male", 2: "Female"}}
    frame.to_stata(path, write_index=False, version=118, convert_strl=["story"], value_labels=labels, **options)
    return path


@pytest.mark.parametrize("cells", [20, 10_000])
def test_stata_piece_by_piece_is_read_as_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cells: int) -> None:
    monkeypatch.setattr("mpi.readers.large.converted._CELLS", cells)
    monkeypatch.setattr("mpi.readers.large.converted._LEAST", 7)
    path = stata(tmp_path / "a.dta")
    same_as_in_memory(path)
    same_as_in_memory(path, ["tinh", "sex"])


def test_extended_missing_in_whole_numbers(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [1.0, "a", 3.0], "y": ["a", 2.0, "b"]})
    missing = {
        "missing_user_values": {"x": ["a"], "y": ["a", "b"]},
        "variable_value_labels": {"x": {1: "one", "a": "no"}},
    }
    pyreadstat.write_dta(frame, tmp_path / "a.dta", **missing)
    same_as_in_memory(tmp_path / "a.dta")
    ints = pd.DataFrame({"x": pd.array([1, None, 3], "Int8"), "s": ["", "b", "c"]})
    ints.to_stata(tmp_path / "b.dta", write_index=False)
    same_as_in_memory(tmp_path / "b.dta")


def test_stata_in_legacy_vietnamese(tmp_path: Path) -> None:
    frame = pd.DataFrame({"tinh": ["Hµ Néi", "B¾c K¹n"], "sex": [1, 2]})
    labels = {"sex": {1: "Nam", 2: "N÷"}}
    for version in (114, 117, 118):
        path = tmp_path / f"{version}.dta"
        frame.to_stata(path, write_index=False, version=version, value_labels=labels)
        same_as_in_memory(path)
        assert mpi.scan(path).fetchall()[0][0] == "Hà Nội"
        assert scanned(path).labels["sex"][2] == "Nữ"


@pytest.mark.parametrize("version", files.HAND_MADE)
def test_stata_of_every_old_version(tmp_path: Path, version: int) -> None:
    same_as_in_memory(files.old_stata(tmp_path / "old.dta", version, order="<>"[version % 2]))


def test_spss_user_missing_and_legacy_vietnamese(tmp_path: Path) -> None:
    path = files.write_spss(tmp_path / "vhlss.sav", files.spss_frame().replace({"Ha Noi": "H5 N9i"}))
    same_as_in_memory(path)
    write(path, path.read_bytes().replace(b"H5 N9i", b"H\xb5 N\xe9i").replace(b"DK", b"N\xf7"))
    same_as_in_memory(path)
    assert mpi.scan(path).fetchall()[0][0] == "Hà Nội"


@pytest.mark.parametrize("suffix", [".sav", ".zsav"])
@pytest.mark.parametrize("cells", [20, 10_000])
def test_spss_piece_by_piece_is_read_as_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, cells: int
) -> None:
    monkeypatch.setattr("mpi.readers.large.converted._CELLS", cells)
    monkeypatch.setattr("mpi.readers.large.converted._LEAST", 7)
    frame = pd.DataFrame(
        {
            "sex": [1.0, 2, None] * 10,
            "tinh": ["Hà Nội", "", "x"] * 10,
            "born": [None] * 15 + [dt.date(1990, 1, 1)] * 15,
            "seen": [None] * 15 + [pd.Timestamp("2020-05-05 10:30")] * 15,
            "at": [None] * 15 + [dt.time(10, 30)] * 15,
        }
    )
    path = tmp_path / f"a{suffix}"
    options = {"variable_value_labels": {"sex": {1: "Male", 2: "Female"}}, "missing_ranges": {"sex": [2]}}
    pyreadstat.write_sav(frame, path, compress=suffix == ".zsav", **options)
    same_as_in_memory(path)
    same_as_in_memory(path, ["born", "tinh"])


def test_labels_of_parts_are_put_together_or_refused(tmp_path: Path) -> None:
    frame = pd.DataFrame({"sex": [1, 2], "region": [1, 2]})
    labels = [
        {"sex": {1: "Male", 2: "Female"}},
        {"sex": {1: "Male", 3: "Other"}, "region": {1: "North"}},
        {"sex": {1: "Female", 2: "Male"}},
    ]
    for name, values in zip("abc", labels, strict=True):
        frame.to_stata(tmp_path / f"{name}.dta", write_index=False, value_labels=values)
    found = scanned([tmp_path / "a.dta", tmp_path / "b.dta"])
    assert found.labels == {"sex": {1: "Male", 2: "Female", 3: "Other"}, "region": {1: "North"}}
    assert found.rows == 4
    said = told(tmp_path)
    assert "c.dta' calls 'sex' 1 'Female', and " in said
    assert "a.dta' calls it 'Male'" in said
    assert "2 problems" in said


def test_stata_parts_that_differ(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}).to_stata(tmp_path / "a.dta", write_index=False)
    pd.DataFrame({"a": ["1", "2"]}).to_stata(tmp_path / "b.dta", write_index=False)
    assert "b.dta' lacks 'b'" in told(tmp_path)
    assert "b.dta' holds text, not numbers, in 'a'" in told(tmp_path, columns=["a"])


@since_2
def test_what_was_converted_goes_with_the_relation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "spill"))
    (tmp_path / "spill").mkdir()
    relation = mpi.scan(stata(tmp_path / "a.dta")).filter("sex = 1")
    gc.collect()
    assert len(list((tmp_path / "spill").glob("*/*.parquet"))) == 1
    assert len(relation.fetchall()) == 25
    del relation
    gc.collect()
    assert not list((tmp_path / "spill").iterdir())


def test_nothing_is_left_where_it_fails_or_ends(tmp_path: Path) -> None:
    stata(tmp_path / "a.dta")
    pd.DataFrame({"sex": [1]}).to_stata(tmp_path / "b.dta", write_index=False, value_labels={"sex": {1: "Female"}})
    spill = tmp_path / "spill"
    spill.mkdir()
    code = (
        "import mpi\n"
        f"kept = mpi.scan({str(tmp_path / 'a.dta')!r})\n"
        f"try: mpi.scan({str(tmp_path / '*.dta')!r}, columns=['sex'])\n"
        "except mpi.MpiError as error: print('told')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TMPDIR": str(spill)},
    )
    assert done.stdout == "told\n"
    assert not list(spill.iterdir())


# --- surveys where they lie -----------------------------------------------------------------------------------------

MEASURE = mpi.Measure.nested("m", {"x": ["d0", "d1"], "y": ["d2"]}, cutoff="1/3")
DESIGN = {"weight": "w", "strata": "stratum", "psu": "psu"}


def people(rows: int = 6000) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"stratum": rng.integers(1, 5, rows), "psu": rng.integers(1, 20, rows)})
    frame["w"] = rng.uniform(0.5, 2, rows)
    frame["sex"] = rng.integers(1, 3, rows)
    for j in range(3):
        frame[f"d{j}"] = (rng.random(rows) < 0.3).astype(float)
    frame.loc[rng.random(rows) < 0.05, "d1"] = np.nan
    return frame


def in_parts(folder: Path, suffix: str) -> None:
    frame = people()
    for i, rows in enumerate(np.array_split(np.arange(len(frame)), 3)):
        part, path = frame.iloc[rows], folder / f"part{i}{suffix}"
        if suffix == ".dta":
            part.to_stata(path, write_index=False, value_labels={"sex": {1: "men", 2: "women"}})
        elif suffix == ".sav":
            pyreadstat.write_sav(part, path, variable_value_labels={"sex": {1: "men", 2: "women"}})
        elif suffix == ".csv":
            part.to_csv(path, index=False)
        else:
            part.to_parquet(path, index=False)


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".dta", ".sav"])
def test_parts_are_condensed_to_the_figures_of_the_whole(tmp_path: Path, suffix: str) -> None:
    in_parts(tmp_path, suffix)
    found = scanned(str(tmp_path / f"*{suffix}"), memory="500MB")
    small = mpi.profile(found.relation, MEASURE, by=["sex"], labels=found.labels, **DESIGN)
    one = mpi.estimate(small, MEASURE, by=["sex"])
    other = mpi.estimate(mpi.Survey(people(), **DESIGN, labels=found.labels), MEASURE, by=["sex"])
    assert one.value == pytest.approx(other.value, abs=1e-12, nan_ok=True)
    assert one.se == pytest.approx(other.se, abs=1e-10, nan_ok=True)
    assert found.rows == 6000


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".dta", ".sav"])
@pytest.mark.parametrize("how", ["pattern", "folder", "list", "memory"])
def test_a_survey_is_read_where_it_lies(tmp_path: Path, suffix: str, how: str) -> None:
    in_parts(tmp_path, suffix)
    paths = sorted(tmp_path.iterdir())
    where = {"pattern": str(tmp_path / f"*{suffix}"), "folder": tmp_path, "list": paths, "memory": paths[0]}[how]
    survey = mpi.read_survey(where, **DESIGN, memory="500MB" if how == "memory" else None)
    frame = people().iloc[:2000] if how == "memory" else people()
    labels = {"sex": {1: "men", 2: "women"}} if suffix in (".dta", ".sav") else None
    one = mpi.estimate(survey, MEASURE, by=["sex"])
    other = mpi.estimate(mpi.Survey(frame, **DESIGN, labels=labels), MEASURE, by=["sex"])
    assert one.table["group"].tolist() == other.table["group"].tolist()
    assert one.value == pytest.approx(other.value, abs=1e-12, nan_ok=True)
    assert one.se == pytest.approx(other.se, abs=1e-10, nan_ok=True)


def test_a_pattern_of_one_file_and_a_large_file_stay_where_they_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_parts(tmp_path, ".parquet")
    known = mpi.estimate(mpi.Survey(people().iloc[:2000], **DESIGN), MEASURE)
    survey = mpi.read_survey(str(tmp_path / "*0.parquet"), **DESIGN)
    assert mpi.estimate(survey, MEASURE).value == pytest.approx(known.value)
    monkeypatch.setattr("mpi.survey.read.LARGE", 10)
    survey = mpi.read_survey(tmp_path / "part0.parquet", **DESIGN, columns=list(MEASURE.columns))
    assert mpi.estimate(survey, MEASURE).value == pytest.approx(known.value)


def test_one_file_is_read_into_memory(tmp_path: Path) -> None:
    in_parts(tmp_path, ".parquet")
    survey = mpi.read_survey(tmp_path / "part0.parquet", **DESIGN)
    assert len(survey) == 2000
