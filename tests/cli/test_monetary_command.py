"""`mpi monetary`: what it prints and writes is what `mpi.monetary.estimate` gives, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import mpi
from mpi.cli.app import app

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: str) -> tuple[int, str, str]:
        result = CliRunner().invoke(app, ["monetary", "sample", "--welfare", *words])
        return result.exit_code, result.stdout, result.stderr

    return run


def test_it_says_what_python_says(run: Run) -> None:
    lines = {"2000": 2000.0, "60% median": mpi.monetary.relative_line(), "50% own mean": None}
    lines["50% own mean"] = mpi.monetary.relative_line(0.5, "mean", within="group")
    given = [w for name in lines for w in ("--line", name)]
    status, out, err = run("income", *given, "--by", "area", "--percent", "--out", "all.csv")
    assert (status, err.splitlines()[-1][:13]) == (0, "wrote all.csv")
    names = ["fgt(0)", "fgt(1)", "fgt(2)", "mean", "quantile(0.5)", "gini"]
    est = mpi.monetary.estimate(mpi.load_sample(), "income", ["area"], line=lines, statistics=names)
    assert pd.read_csv("all.csv")["estimate"].tolist() == est.table["estimate"].tolist()
    rate = est.select(statistic="fgt(0)", dimension="60% median", by="total", wave=2018)
    assert f"{100 * rate.value[0]:.1f} ({100 * rate.se[0]:.1f})" in out
    assert "Poor in money (headcount ratio)" in out
    assert "146 of" not in out
    assert "SYNTHETIC" in out


def test_statistics_without_a_line(run: Run) -> None:
    status, out, _ = run("income", "--statistic", "gini", "--statistic", "share(0.9,1)", "--interval")
    assert status == 0
    assert "Gini coefficient" in out
    assert "Share of the richest 10%" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["incom"], "did you mean 'income'"),
        (["income", "--line", "2.15@2017"], "the consumer price factor of 2017"),
        (["income", "--line", "-5"], "is no poverty line"),
        (["income", "--statistic", "headcount"], "say the poverty line"),
        (["income", "--statistic", "ginni"], "did you mean 'gini'"),
        (["income", "--line", "0% median"], "a positive number is needed"),
        (["income", "--out", "t.doc"], "t.doc"),
    ],
)
def test_what_is_wrong_is_told(run: Run, words: list[str], said: str) -> None:
    status, _, err = run(*words)
    assert status == 1
    assert said in err.replace("\n", " ")
