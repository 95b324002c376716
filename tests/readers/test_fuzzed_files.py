"""Damaged files of every format are refused in a sentence, or read as what they are; see benchmarks/fuzz_files.py."""

from __future__ import annotations

import pytest

import fuzz_files

pytest.importorskip("pyarrow", reason="PyArrow is an extra")
pytest.importorskip("duckdb", reason="DuckDB is an extra")


def test_no_damaged_file_ends_in_a_traceback_or_another_table() -> None:
    counted, faults = fuzz_files.run(files=200, seed=20)
    assert faults == []
    outcomes = {outcome for _, outcome in counted}
    assert {"refused", "same", "changed"} <= outcomes
