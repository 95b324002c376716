"""`mpi robustness`: what it prints is what `mpi.robustness` finds, and what it refuses."""

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
        result = CliRunner().invoke(app, ["robustness", "sample", "--measure", "gso-mdp", *words])
        return result.exit_code, result.stdout, result.stderr

    return run


def test_it_says_what_python_says(run: Run) -> None:
    status, out, _ = run("--by", "region", "--cutoff", "1/5", "--out", "all.csv")
    assert status == 0
    survey, measure = mpi.load_sample(), mpi.load_measure("gso-mdp")
    est = mpi.robustness.estimate(survey, measure, ["region"], cutoffs=["1/5"], statistics=["M0"])
    for wave in (2016, 2018):
        found = mpi.robustness.rankings(est.select(wave=wave), "region")
        assert f"by region, {wave}" in out
        assert found.sentence() in out
        ranks = found.ranks
        for g, name in enumerate(found.groups):
            row = f"{ranks[found.base, g]}         {ranks[:, g].min()}         {ranks[:, g].max()}"
            assert any(line.startswith(name) and line.rstrip().endswith(row) for line in out.splitlines())
    assert "SYNTHETIC" in out
    written = pd.read_csv("all.csv")
    assert written["estimate"].tolist() == est.table["estimate"].tolist()


def test_other_weights_and_the_least_alike(run: Run) -> None:
    status, out, _ = run(
        "--by", "area", "--weights", "halves", "--weights", "without", "--statistic", "H", "--alpha", ".1"
    )
    assert status == 0
    assert "orderings of area by H" in out
    assert "significant at 10%" in out
    assert "without water" in out
    status, out, _ = run("--by", "area", "--weights", "none", "--cutoff", "1/5", "--cutoff", "2/5")
    assert status == 0
    assert "at cutoffs of 20%, 30% and 40%" in out
    assert "half:" not in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "say whose order it is, such as --by region"),
        (["--by", "region", "--weights", "gird"], "did you mean"),
        (["--by", "region", "--statistic", "contribution"], "one number for each indicator; take M0, H or A"),
        (["--by", "region", "--statistic", "M1x"], "--statistic: there is no statistic 'M1x'"),
        (["--by", "region", "--alpha", "5"], "--alpha: 5 is not between 0 and 1"),
        (["--by", "region", "--weights", "none", "--cutoff", "3/10"], "there is nothing to compare with"),
        (["--by", "regoin"], "did you mean 'region'"),
    ],
)
def test_what_it_refuses(run: Run, words: list[str], said: str) -> None:
    status, out, err = run(*words)
    assert status in {1, 2}
    assert out == ""
    assert said in " ".join(err.replace("│", " ").split())


def test_a_file_of_ones_own(run: Run, tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"a": [0, 1, 1, 0] * 20, "b": [1, 1, 0, 0] * 20, "g": ["x", "y"] * 40, "c": range(80), "w": 1.0}
    )
    frame.to_csv("people.csv", index=False)
    Path("one.toml").write_text('name = "one"\ncutoff = "1/2"\n[dimensions]\nx = ["a", "b"]\n')
    result = CliRunner().invoke(
        app, ["robustness", "people.csv", "--measure", "one.toml", "--weight", "w", "--psu", "c", "--by", "g"]
    )
    assert result.exit_code == 0, result.stderr
    assert "without a" in result.stdout  # one dimension cannot weigh half
