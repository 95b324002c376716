"""Stata files by the project's own reader, held to pandas and pyreadstat on random files of every version."""

from __future__ import annotations

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

from mpi.core.errors import MpiError, MpiWarning
from mpi.readers import column_names, dta_layout, read_table

QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
KINDS = ["int8", "int16", "int32", "float32", "float64", "text", "long"]
TEXTS = ["", "a", "Hà Nội", "x" * 40, "tab\there", " Đắk Nông ", "0", "y" * 300]
SYSTEM = {"b": 101, "h": 32741, "i": 2147483621, "f": 0x7F000000, "d": 0x7FE0000000000000}
STEP = {"f": 0x800, "d": 0x10000000000}


@st.composite
def frames(draw: Any) -> tuple[pd.DataFrame, dict[str, dict[int, str]]]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    rows = draw(st.sampled_from([1, 2, 9, 50]))
    columns, labels = {}, {}
    for k, kind in enumerate(draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=8))):
        name = f"c{k}"
        if kind.startswith("int"):
            most = {"int8": 100, "int16": 32740, "int32": 2147483620}[kind]
            columns[name] = rng.integers(-most - 27, most, rows, endpoint=True).astype(kind)
            labels[name] = {int(columns[name][0]): "nhà", 3: "ba"}
        elif kind.startswith("float"):
            columns[name] = np.where(rng.random(rows) < 0.3, np.nan, rng.normal(0, 1e6, rows)).astype(kind)
        else:
            columns[name] = np.array(TEXTS[: 8 if kind == "long" else 5], object)[rng.integers(0, 5, rows)]
    return pd.DataFrame(columns), labels


def _written(path: Path, frame: pd.DataFrame, labels: dict[str, dict[int, str]], version: int, order: str) -> None:
    if version < 118:
        plain = {
            c: frame[c].map(lambda t: t.encode("ascii", "ignore").decode()) for c in frame if frame[c].dtype.kind == "O"
        }
        frame = frame.assign(**plain)
        labels = {c: {v: t.encode("ascii", "ignore").decode() for v, t in of.items()} for c, of in labels.items()}
        frame = frame.assign(**{c: frame[c].str[:200] for c in plain}) if version < 117 else frame
    long = [c for c in frame if frame[c].dtype.kind == "O"][::2] if version >= 117 else None
    options: dict[str, Any] = {"convert_strl": long} if long else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame.to_stata(path, write_index=False, version=version, byteorder=order, value_labels=labels, **options)


def _with_missing(path: Path, codes: list[tuple[float, float, int]]) -> None:
    """Put missing values, Stata's plain one and .a to .z, into numbers."""
    layout, held = dta_layout.walk(path), bytearray(path.read_bytes())
    starts = np.cumsum([0, *(w for _, w in layout.columns)])
    numbers = [p for p, (kind, _) in enumerate(layout.columns) if kind in SYSTEM]
    for down, across, k in codes if numbers and layout.rows else []:
        place = numbers[int(across * len(numbers))]
        kind = layout.columns[place][0]
        raw = struct.pack(layout.order + {"f": "I", "d": "Q"}.get(kind, kind), SYSTEM[kind] + k * STEP.get(kind, 1))
        at = layout.start + int(down * layout.rows) * starts[-1] + starts[place]
        held[at : at + len(raw)] = raw
    path.write_bytes(bytes(held))


PART = st.floats(0, 1, exclude_max=True)


@QUICK
@given(
    frames(),
    st.sampled_from([114, 117, 118, 119]),
    st.sampled_from(["little", "big"]),
    st.lists(st.tuples(PART, PART, st.integers(0, 26)), max_size=6),
    st.sampled_from([64, 1 << 20]),
    st.data(),
)
def test_every_file_is_read_as_pandas_and_pyreadstat_read_it(tmp_path, made, version, order, codes, block, data):
    path = tmp_path / "x.dta"
    _written(path, *made, version, order)
    _with_missing(path, codes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mpi.readers.dta_values._BLOCK", block)
        patch.setattr("mpi.readers.dta_values._ROWS", block // 8)
        table = read_table(path)
        some = data.draw(st.permutations(list(table.frame.columns)).map(lambda c: c[: len(c) // 2 + 1]))
        part = read_table(path, some)
    wanted = pd.read_stata(path, convert_categoricals=False)
    stripped = {c: wanted[c].str.strip().replace("", np.nan) for c in wanted if wanted[c].dtype.kind == "O"}
    for c in wanted:
        if c in stripped:
            assert table.frame[c].isna().tolist() == stripped[c].isna().tolist()
            assert [t.strip() for t in table.frame[c].dropna()] == stripped[c].dropna().tolist()
        else:
            pd.testing.assert_series_equal(table.frame[c], wanted[c])
    pd.testing.assert_frame_equal(part.frame, table.frame[some], check_exact=True)
    metadata = pyreadstat.read_dta(path, metadataonly=True)[1]
    assert list(column_names(path)) == metadata.column_names
    assert table.labels == {c: {int(v): t for v, t in of.items()} for c, of in metadata.variable_value_labels.items()}
    told = pd.read_stata(path, convert_missing=True, convert_categoricals=False)
    for c in wanted:
        marks = [str(v) if isinstance(v, pd.io.stata.StataMissingValue) else "." for v in told[c]]
        found = [None if m == "." else m for m in marks]
        assert table.reasons.get(c, [None] * len(found)) == found
        if c in part.reasons:
            assert part.reasons[c] == table.reasons[c]


@pytest.mark.parametrize("kind", ["tc", "td", "tw", "tm", "tq", "th", "ty"])
@settings(QUICK, max_examples=12)
@given(st.lists(st.integers(-715509, 2936183), min_size=3, max_size=12), st.sampled_from([114, 118]), st.booleans())
def test_dates_are_those_of_pandas(tmp_path, kind, days, version, gap):
    path = tmp_path / "x.dta"
    at = (np.datetime64("1960-01-01", "D") + np.array(days)).astype("M8[s]")
    frame = pd.DataFrame({"at": pd.Series(at), "n": range(len(at))})
    if gap:
        frame.loc[0, "at"] = pd.NaT
    frame.to_stata(path, write_index=False, version=version, convert_dates={"at": kind})
    wanted, found = pd.read_stata(path)["at"], read_table(path).frame["at"]
    if kind == "ty":
        assert found.isna().tolist() == wanted.isna().tolist()
        assert found.dropna().tolist() == wanted.dropna().dt.year.tolist()
    else:
        pd.testing.assert_series_equal(found, wanted)


@pytest.mark.parametrize("shown", ["%tc", "%td", "%tw", "%tm", "%tq", "%th"])
def test_a_number_that_is_no_date_is_missing_and_told(tmp_path: Path, shown: str) -> None:
    path = tmp_path / "x.dta"
    pd.DataFrame({"at": [0.0, 1e17, -1e17]}).to_stata(path, write_index=False, version=118)
    path.write_bytes(path.read_bytes().replace(b"%10.0g\0", shown.encode().ljust(7, b"\0")))
    with pytest.warns(MpiWarning, match=r"dates or times that cannot be, in 'at' \(2 rows\)"):
        read = read_table(path).frame["at"]
    assert read.isna().tolist() == [False, True, True]
    assert read[0] == pd.Timestamp("1960-01-01")


def test_leap_seconds_stay_numbers_and_are_told(tmp_path: Path) -> None:
    path = tmp_path / "x.dta"
    pd.DataFrame({"at": [1.5, np.nan]}).to_stata(path, write_index=False, version=118)
    path.write_bytes(path.read_bytes().replace(b"%10.0g\0", b"%tC\0\0\0\0"))
    with pytest.warns(MpiWarning, match=r"leap seconds \(%tC\) in 'at'"):
        assert read_table(path).frame["at"].tolist()[0] == 1.5


@pytest.mark.parametrize("mixed", [False, True])
def test_a_file_of_very_many_columns(tmp_path: Path, mixed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mpi.readers.stata._WIDE", 50)
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(rng.integers(0, 90, (3, 100)).astype("int8"), columns=[f"c{k}" for k in range(100)])
    if mixed:
        frame = frame.assign(**{f"c{k}": frame[f"c{k}"] / 4 for k in range(0, 100, 7)}, c3=["a", "", "Huế"])
    frame.to_stata(tmp_path / "wide.dta", write_index=False, version=118)
    read = read_table(tmp_path / "wide.dta").frame
    assert list(read.columns) == list(frame.columns)
    for c in ("c0", "c1", "c7", "c99"):
        assert read[c].tolist() == frame[c].tolist()
    if mixed:
        assert read["c3"].fillna("").tolist() == ["a", "", "Huế"]


def test_only_the_long_strings_asked_for_must_be_sound(tmp_path: Path) -> None:
    path = tmp_path / "x.dta"
    frame = pd.DataFrame({"story": ["x" * 3000, "y" * 3000], "n": [1, 2]})
    frame.to_stata(path, write_index=False, version=118, convert_strl=["story"])
    path.write_bytes(path.read_bytes().replace(b"GSO", b"GSP", 1))
    assert read_table(path, ["n"]).frame["n"].tolist() == [1, 2]
    with pytest.raises(MpiError, match=r"long strings \(strL\) are not as long as they say"):
        read_table(path)


@pytest.mark.parametrize("tag", [b"</header>", b"</varnames>", b"</variable_labels>", b"</lbl>", b"<byteorder>"])
def test_a_tag_that_is_damaged_is_told(tmp_path: Path, tag: bytes) -> None:
    path = tmp_path / "x.dta"
    pd.DataFrame({"a": [1]}).to_stata(path, write_index=False, version=118, value_labels={"a": {1: "x"}})
    path.write_bytes(path.read_bytes().replace(tag, tag[:-2] + b"?>", 1))
    with pytest.raises(MpiError, match="damaged"):
        read_table(path)
