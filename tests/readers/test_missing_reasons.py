"""Values that files have as missing keep the reason: .a to .z of Stata, user-missing values of SPSS."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mpi
from mpi.readers import dta_layout, read_table

KINDS = {"b": "int8", "h": "int16", "i": "int32", "f": "float32", "d": "float64"}
FIRST = {"b": 101, "h": 32741, "i": 2147483621, "f": 0x7F000000, "d": 0x7FE0000000000000}
STEP = {"f": 0x800, "d": 0x10000000000}


def _patched(path: Path, codes: dict[tuple[int, int], int], version: int) -> None:
    """Write a file of numbers, and missing values where they are asked for, as `help dta` describes them."""
    frame = pd.DataFrame({k: np.arange(4, dtype=kind) for k, kind in KINDS.items()} | {"text": ["x", "yy", "", "z"]})
    frame = frame[["b", "text", "h", "i", "f", "d"]]
    frame.to_stata(path, write_index=False, version=version)
    layout = dta_layout.walk(path)
    starts = np.cumsum([0, *(w for _, w in layout.columns)])
    held = bytearray(path.read_bytes())
    for (row, column), k in codes.items():
        name = frame.columns[column]
        raw = struct.pack(layout.order + {"f": "I", "d": "Q"}.get(name, name), FIRST[name] + k * STEP.get(name, 1))
        place = layout.start + row * starts[-1] + starts[column]
        held[place : place + len(raw)] = raw
    path.write_bytes(bytes(held))


CELLS = st.tuples(st.integers(0, 3), st.sampled_from([0, 2, 3, 4, 5]))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(CELLS, st.integers(0, 26), max_size=8), st.sampled_from([114, 117, 118, 119]))
def test_extended_missing_values_are_those_that_pandas_finds(tmp_path, codes, version):
    path = tmp_path / "x.dta"
    _patched(path, codes, version)
    wanted = pd.read_stata(path, convert_missing=True)
    found = read_table(path)
    for name in KINDS:
        told = [str(v) if isinstance(v, pd.io.stata.StataMissingValue) else None for v in wanted[name]]
        assert found.frame[name].isna().tolist() == [t is not None for t in told]
        assert found.reasons.get(name, [None] * 4) == [t if t and t != "." else None for t in told]
    some = read_table(path, ["d", "b"])
    assert some.reasons == {n: r for n, r in found.reasons.items() if n in "db"}


def _survey(path: Path, **options: Any) -> mpi.Survey:
    return mpi.read_survey(path, psu="c", **options)


def test_retention_counts_what_stata_files_have_as_missing(tmp_path):
    frame = pd.DataFrame(
        {"c": [1, 1, 2, 2, 3, 3], "a": [0, 1, "a", "b", "b", 9], "b": [0, 1, 1, 0, 1, 1]}, dtype=object
    )
    path = tmp_path / "x.dta"
    frame = frame.astype({"c": int, "b": int})
    pyreadstat.write_dta(frame, path, missing_user_values={"a": ["a", "b"]}, variable_value_labels={"a": {"a": "DK"}})
    measure = mpi.Measure.nested("m", {"x": ["a"], "y": ["b"]}, cutoff="1/2")
    survey = _survey(path, missing={"a": 9})
    assert survey.columns == ("c", "a", "b")
    report = mpi.retention(survey, measure)
    assert report.codes[["column", "code", "label", "n", "n_missing"]].to_numpy().tolist() == [
        ["a", ".a", "DK", 1, 1], ["a", ".b", "", 2, 2], ["a", 9, "", 1, 1],
    ]  # fmt: skip
    assert mpi.estimate(survey, measure, statistics=["H"]).value[0] == pytest.approx(1 / 2)


def test_retention_counts_what_spss_files_declare_missing(tmp_path):
    frame = pd.DataFrame({
        "c": [1, 1, 2, 2, 3, 3], "a": [0.0, 1, 8, 9, 9, np.nan], "t": ["x", "99", "y", "", "z", "x"],
        "b": [0.0, 1, 1, 0, 1, 1],
    })  # fmt: skip
    path = tmp_path / "x.sav"
    labels = {"a": {8.0: "DK", 9.0: "Missing"}}
    ranges = {"a": [{"lo": 8, "hi": 9}], "t": ["99"]}
    pyreadstat.write_sav(frame, path, missing_ranges=ranges, variable_value_labels=labels)
    table = read_table(path)
    assert table.reasons == {"a": [None, None, 8.0, 9.0, 9.0, None], "t": [None, "99", None, None, None, None]}
    assert table.frame["a"].isna().tolist() == [False, False, True, True, True, True]
    report = mpi.retention(_survey(path), mpi.Measure.nested("m", {"x": ["a"], "y": ["b"]}, cutoff="1/2"))
    assert report.codes[["code", "label", "n", "n_missing"]].to_numpy().tolist() == [
        [8, "DK", 1, 1], [9, "Missing", 2, 2],
    ]  # fmt: skip
    assert read_table(path, ["b"]).reasons == {}


def test_one_survey_has_one_mean_whatever_its_format(tmp_path):
    """9.74 years of school from .dta, 7.94 from .sav: the codes were declared in one of them."""
    yrs = np.array([0.0, 5, 9, 12, 98, 99, 7, 4])
    frame = pd.DataFrame({"c": np.arange(8) // 2, "yrs": yrs})
    labels = {"yrs": {98.0: "DK", 99.0: "Missing"}}
    pyreadstat.write_sav(frame, tmp_path / "x.sav", missing_ranges={"yrs": [98, 99]}, variable_value_labels=labels)
    frame.to_stata(tmp_path / "x.dta", write_index=False, value_labels={"yrs": {98: "DK", 99: "Missing"}})
    right = yrs[yrs < 98].mean()
    assert mpi.mean(_survey(tmp_path / "x.sav"), "yrs").value[0] == pytest.approx(right, rel=1e-12)
    with pytest.warns(mpi.MpiWarning, match=r"98 \('DK'\) in 1 rows and 99 \('Missing'\) in 1 rows"):
        assert mpi.mean(_survey(tmp_path / "x.dta"), "yrs").value[0] == pytest.approx(yrs.mean())
    declared = mpi.mean(_survey(tmp_path / "x.dta", missing={"yrs": ["DK", "Missing"]}), "yrs")
    assert declared.value[0] == pytest.approx(right, rel=1e-12)
