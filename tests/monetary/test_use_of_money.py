"""Monetary estimates are Estimates: gaps, changes, tests, files and releases are those of all others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import mpi
from mpi.monetary import estimate, relative_line


@pytest.fixture(scope="module")
def est() -> mpi.Estimates:
    lines = {"amount": 2000, "relative": relative_line()}
    names = ["headcount", "poverty_gap", "gini", "number_of_poor", "lorenz(0.2)"]
    return estimate(mpi.load_sample(), "income", ["area", ("area", "sex")], line=lines, statistics=names)


def test_changes_and_gaps(est: mpi.Estimates) -> None:
    fall = mpi.change(est, 2016, 2018, kinds=["change"])
    one = fall.select(statistic="fgt(0)", dimension="relative", by="total")
    ends = est.select(statistic="fgt(0)", dimension="relative", by="total")
    plain = ends.contrast([-1, 1])
    assert one.value == pytest.approx(plain.value)
    assert one.se == pytest.approx(plain.se)
    gap = mpi.gap(est, by="area", reference="Urban", kinds="difference")
    rows = gap.select(statistic="gini")
    assert (rows.se > 0).all()
    assert est.select(statistic="gini", by="area", wave=2018).contrast([-1, 1]).wald_test().pvalue < 1


def test_a_gap_at_a_relative_line_has_the_line_once(est: mpi.Estimates) -> None:
    """The line's error is common to both groups, and partly cancels in their difference."""
    both = est.select(statistic="fgt(1)", dimension="relative", by="area", wave=2018)
    vcov = both.vcov()
    assert vcov[0, 1] != 0
    assert both.contrast([-1, 1]).se[0] == pytest.approx(np.sqrt(vcov[0, 0] + vcov[1, 1] - 2 * vcov[0, 1]))


def test_files(est: mpi.Estimates, tmp_path: Path) -> None:
    again = mpi.Estimates.from_json(est.to_json() or "")
    assert (again.vcov() == est.vcov()).all()
    text = est.to_csv()
    assert text is not None
    assert text.count("\n") == len(est) + 1
    one = est.select(dimension=["amount", None])
    one.to_excel(tmp_path / "t.xlsx", percent=True)
    openpyxl = pytest.importorskip("openpyxl", reason="openpyxl is an extra")
    assert {"By area", "Data"} <= set(openpyxl.load_workbook(tmp_path / "t.xlsx").sheetnames)
    assert "Gini coefficient" in str(one.to_html(labels=True))
    assert len(one.publish(["fgt(0)", "gini"], by=["area"]).columns) == 2


def test_releases(est: mpi.Estimates) -> None:
    assert (est.release("dhs").table["n"] == est.table["n"]).all()
