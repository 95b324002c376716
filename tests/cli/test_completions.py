"""A shell that asks what may stand here is told names, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mpi.cli import completions
from mpi.cli.app import app


def offered(words: str) -> list[str]:
    """Return what is offered for the last word; the way in which bash asks."""
    typed = f"mpi {words}"
    asked = {"_MPI_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split(" ")) - 1)}
    done = CliRunner().invoke(app, prog_name="mpi", env=asked)
    assert done.stderr == ""
    return done.stdout.split()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "own.toml").touch()
    (tmp_path / "people.csv").write_text("weight,water,region\n1,0,n\n")
    (tmp_path / "parts").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("es", ["estimate"]),
        ("robustness sample --weights g", ["grid"]),
        ("estimate pa", ["parts/"]),
        ("estimate sa", ["sample"]),
        ("estimate people.csv --measure g", ["global-mpi", "gso-mdp"]),
        ("estimate people.csv --measure ow", ["own.toml"]),
        ("estimate people.csv --weight w", ["weight", "water"]),
        ("estimate people.csv --by region,wa", ["region,water"]),
        ("estimate sample --by eth", ["ethnicity"]),
        ("estimate absent.csv --by w", []),
        ("estimate people.csv --statistic c", ["censored_headcount", "contribution", "contribution_share"]),
        ("estimate people.csv --unit h", ["household"]),
        ("vhlss parts --year 202", ["2020", "2022", "2023"]),
        ("vhlss parts --line vn-202", ["vn-2022", "vn-2027"]),
        ("vhlss parts --province Bac-K", ["Bac-Kan"]),
        ("vhlss parts --by prov", ["province"]),
        ("lines vn-200", ["vn-2006"]),
        ("measures glo", ["global-mpi"]),
    ],
)
def test_names_are_offered(folder: Path, words: str, found: list[str]) -> None:
    assert offered(words) == found


def test_a_province_as_it_is_offered_is_known() -> None:
    from mpi import codes

    assert all(codes.lookup(name, "vn-63").name_vi == said for name, said in completions.provinces(""))


def test_a_round_as_it_is_grouped_has_what_is_offered() -> None:
    import mpi

    assert set(completions.groups("")) <= set(mpi.load_sample("vhlss-2016").columns)


@pytest.mark.skipif(sys.platform == "win32", reason="other shells are used there")
def test_the_script_for_a_shell_is_shown() -> None:
    words = [sys.executable, "-m", "mpi", "--show-completion", "bash"]
    named = os.environ | {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}  # the shell is said, and not looked for
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=named)
    assert done.returncode == 0, done.stderr
    assert "complete" in done.stdout
