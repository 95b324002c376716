"""`~` in a path is the home folder, wherever a path is taken."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import mpi
from mpi.cli.app import app
from mpi.core.atomic import located
from mpi.indicators import Rules
from mpi.lines import Line
from mpi.readers import column_names, read_table

MEASURE = 'name = "mine"\ncutoff = 1\n[dimensions]\nx = ["poor"]\n'
FRAME = pd.DataFrame({"w": [1.0, 2, 1, 2], "psu": [1, 1, 2, 2], "poor": [1, 0, 0, 1]})


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with a file of each kind that is read."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    FRAME.to_csv(tmp_path / "people.csv", index=False)
    (tmp_path / "mine.toml").write_text(MEASURE)
    return tmp_path


def test_every_reader_knows_it(home: Path) -> None:
    assert column_names("~/people.csv") == ("w", "psu", "poor")
    assert read_table(Path("~") / "people.csv").frame.shape == (4, 3)
    assert mpi.read_survey("~/people.csv", psu="psu").columns == ("w", "psu", "poor")
    assert len(mpi.read_survey("~/*.csv", psu="psu")) == 4
    assert len(mpi.Survey(mpi.scan(["~/people.csv"]), psu="psu")) == 4
    assert mpi.Measure.from_toml("~/mine.toml").name == "mine"
    (home / "rules.toml").write_text('[rules.insurance]\ndeprived = { column = "insured", is = 0 }\n')
    assert Rules.from_toml("~/rules.toml").name == "rules"
    with pytest.raises(mpi.MpiError, match=str(home)):
        Line.from_toml("~/none.toml")
    with pytest.raises(mpi.MpiError, match=str(home)):
        mpi.read_vhlss("~/VHLSS2022", 2022)
    with pytest.raises(mpi.MpiError, match=str(home)):
        mpi.read_vhlss("~/VHLSS2022", 2022, layout="~/none.toml")


def test_every_writer_knows_it(home: Path) -> None:
    survey, measure = mpi.read_survey("~/people.csv", weight="w", psu="psu"), mpi.Measure.from_toml("~/mine.toml")
    est = mpi.estimate(survey, measure)
    est.to_csv("~/a.csv")
    est.to_parquet("~/a.parquet")
    est.to_excel("~/a.xlsx")
    est.to_latex("~/a.tex")
    est.to_html("~/a.html")
    mpi.save_profile(mpi.profile(survey, measure), "~/p.parquet")
    assert {p.name for p in home.glob("[ap].*")} == {"a.csv", "a.parquet", "a.xlsx", "a.tex", "a.html", "p.parquet"}
    assert len(mpi.load_profile("~/p.parquet")) == len(mpi.load_profile("~/p.*"))


def test_the_command_line_knows_it(home: Path) -> None:
    """A shell expands ``~/a.csv``, but not ``--out=~/a.csv``."""
    asked = ["estimate", "~/people.csv", "--measure=~/mine.toml", "--psu=psu", "--out=~/out.csv"]
    found = CliRunner().invoke(app, asked)
    assert found.exit_code == 0, found.output
    assert (home / "out.csv").exists()
    assert CliRunner().invoke(app, ["check", "~/people.csv", "--psu", "psu"]).exit_code == 0


def test_who_is_nobody_has_no_home() -> None:
    assert located("~nobody-of-that-name/x.csv") == Path("~nobody-of-that-name/x.csv")
    assert located("people~.csv") == Path("people~.csv")
