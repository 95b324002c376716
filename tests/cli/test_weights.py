"""Weights that meet known totals, and replicates, by options of the command line: the same figures as in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import mpi
from mpi.cli.app import app

if TYPE_CHECKING:
    from pathlib import Path

MEASURE = mpi.Measure.nested("m", {"x": ["a"], "y": ["b"]}, cutoff="1/2")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a survey, a measure and two tables of totals."""
    random = np.random.default_rng(1)
    n = 300
    people = pd.DataFrame({
        "psu": np.arange(n) // 10, "stratum": np.arange(n) // 100, "w": random.uniform(1, 3, n),
        "sex": random.choice(["f", "m"], n), "region": random.choice(["N", "S", "W"], n),
        "a": random.integers(0, 2, n), "b": random.integers(0, 2, n),
    })  # fmt: skip
    people.to_csv(tmp_path / "people.csv", index=False)
    (tmp_path / "m.toml").write_text(MEASURE.to_toml(), encoding="utf-8")
    pd.DataFrame({"sex": ["f", "m"], "people": [310, 290]}).to_csv(tmp_path / "sex.csv", index=False)
    pd.DataFrame({"region": ["N", "S", "W"], "people": [250, 200, 150]}).to_csv(tmp_path / "region.csv", index=False)
    return tmp_path


def survey_in(folder: Path) -> mpi.Survey:
    return mpi.read_survey(folder / "people.csv", weight="w", strata="stratum", psu="psu")


def run(folder: Path, *options: str, command: str = "estimate") -> tuple[int, str]:
    design = ["--weight", "w", "--strata", "stratum", "--psu", "psu", "--measure", str(folder / "m.toml")]
    result = CliRunner().invoke(app, [command, str(folder / "people.csv"), *design, *options])
    return result.exit_code, " ".join(result.output.split())


def figures(folder: Path, *options: str) -> pd.DataFrame:
    code, said = run(folder, "--by", "sex", "--out", str(folder / "out.csv"), *options)
    assert code == 0, said
    return pd.read_csv(folder / "out.csv")


def agree(table: pd.DataFrame, est: mpi.Estimates) -> None:
    assert table["estimate"].to_numpy() == pytest.approx(est.value, rel=1e-12, nan_ok=True)
    assert table["se"].to_numpy() == pytest.approx(est.se, rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("memory", [[], ["--memory", "1GB"]])
def test_tables_of_totals_calibrate_as_in_python(folder: Path, memory: list[str]) -> None:
    margins = [str(folder / "sex.csv"), str(folder / "region.csv")]
    table = figures(folder, *(part for m in margins for part in ("--calibrate", m)), *memory)
    agree(table, mpi.estimate(survey_in(folder).calibrate(margins), MEASURE, by=["sex"]))


def test_a_way_and_replicates_are_those_of_python(folder: Path) -> None:
    one = str(folder / "region.csv")
    options = ("--calibrate", one, "--calibration", "poststratify", "--replicates", "bootstrap:40", "--seed", "3")
    known = survey_in(folder).calibrate(one, "poststratify")
    agree(figures(folder, *options), mpi.estimate(mpi.replicate(known, "bootstrap", 40, seed=3), MEASURE, by=["sex"]))
    jackknife = mpi.estimate(mpi.replicate(survey_in(folder), "jkn"), MEASURE, by=["sex"])
    agree(figures(folder, "--replicates", "jkn"), jackknife)


def test_check_meets_the_totals_too(folder: Path) -> None:
    pd.DataFrame({"sex": ["f", "x"], "people": [310, 290]}).to_csv(folder / "wrong.csv", index=False)
    assert run(folder, "--calibrate", str(folder / "sex.csv"), command="check")[0] == 0
    code, said = run(folder, "--calibrate", str(folder / "wrong.csv"), command="check")
    assert code == 1
    assert "sex = 'x'" in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--calibration", "rake"], "needs --calibrate"),
        (["--replicates", "bootstrp:20"], "did you mean 'bootstrap'"),
        (["--replicates", "bootstrap:many"], "write bootstrap:500"),
        (["--replicates", "jkn:20"], "follows from the design"),
        (["--replicates", "jkn", "--memory", "1GB"], "leave out --memory"),
        (["--calibrate", "nothing.csv"], "nothing.csv"),
    ],
)
def test_what_cannot_be_done_is_told(folder: Path, options: list[str], said: str) -> None:
    code, output = run(folder, *options)
    assert code > 0
    assert said in output
    assert "Traceback" not in output


def test_a_word_for_missing_indicators_is_refused_where_no_measure_is_estimated(folder: Path) -> None:
    options = ["monetary", str(folder / "people.csv"), "--welfare", "w", "--line", "2", "--missing", "drop"]
    result = CliRunner().invoke(app, options)
    assert result.exit_code > 0
    assert "is for measures that are estimated" in " ".join(result.output.split())
