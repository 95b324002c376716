"""From a VHLSS folder to the national line: the synthetic folders, and what the command line makes of them."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import mpi
from mpi.cli.app import app
from mpi.lines.deprivations import with_deprivations
from mpi.programmes.vhlss import read_vhlss

FOLDERS = Path(__file__).parents[2] / "data" / "samples"
MINORITY = [c for c in range(2, 55) if c != 4]  # neither Kinh nor Hoa

pytestmark = pytest.mark.filterwarnings("ignore::mpi.MpiWarning")


def survey(year: int, line: str) -> mpi.Survey:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mpi.MpiWarning)
        return with_deprivations(read_vhlss(FOLDERS / f"vhlss{year}", year), mpi.load_line(line))


@pytest.fixture(scope="module")
def of_2016() -> mpi.Survey:
    return survey(2016, "vn-2016")


def test_the_deprivations_a_line_asks_for_are_there(of_2016: mpi.Survey) -> None:
    assert set(mpi.load_line("vn-2016").measure.columns) <= set(of_2016.columns)
    assert len(of_2016) == 18_623


def test_the_figures_the_folder_was_made_for(of_2016: mpi.Survey) -> None:
    """Synthetic: within sampling noise of what the generator was calibrated to."""
    line = mpi.load_line("vn-2016")
    est = mpi.estimate(of_2016, line, by=["ethnicity"], statistics=["H", "poor_share"])
    hmong = est.select(statistic="H", group="Hmong")
    assert abs(hmong.value[0] - 0.78) < 2 * hmong.se[0]
    shares = est.select(statistic="poor_share", by="ethnicity")
    codes = [est.codes["ethnicity"][g][0] for g in shares.keys["group"].to_list()]
    minorities = shares.contrast(np.isin(codes, MINORITY).astype(float), name="share of minorities")
    assert abs(minorities.value[0] - 0.512) < 2 * minorities.se[0]
    households = mpi.estimate(of_2016, line, unit="household", statistics=["H"])
    poor = households.select(statistic="poor")
    assert abs(poor.value[0] - 0.0915) < 2 * poor.se[0]


def test_poverty_by_income_alone_and_by_deprivation(of_2016: mpi.Survey) -> None:
    """The standard of 2016 is a union: row by row it is what its two sentences say."""
    status = mpi.load_line("vn-2016").classify(of_2016)
    frame = status.survey.frames[0].to_native()
    urban = frame["area"] == 1
    low, high = np.where(urban, 900_000, 700_000), np.where(urban, 1_300_000, 1_000_000)
    count = frame[list(mpi.load_line("vn-2016").measure.columns)]
    complete = count.notna().all(axis=1)
    deprived = count.sum(axis=1) >= 3
    poor = (frame["income"] <= low) | ((frame["income"] <= high) & deprived)
    assert ((frame["class_code"] == 1) == poor)[complete].all()


def test_a_standard_without_rules_or_columns_is_told() -> None:
    people = pd.DataFrame(
        {"household": [1, 1], "income": [6e5, 6e5], "area": [2, 2], "age": [3, 40], "insured": [1, 0]}
    )
    s = mpi.Survey(people, household="household", single_psu="certainty")
    with pytest.warns(mpi.MpiWarning, match="cannot be computed: missing in every row; columns that are absent"):
        found = with_deprivations(s, mpi.load_line("vn-2016"))
    assert found.numbers("dep_health_insurance").tolist() == [1, 1]
    assert np.isnan(found.numbers("dep_water")).all()
    assert "dep_water" not in people


def run(*words: object) -> tuple[int, str, str]:
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, list(map(str, words)), catch_exceptions=False)
    return result.exit_code, result.stdout, result.stderr


def test_one_command_from_a_folder_to_tables(tmp_path: Path) -> None:
    out = tmp_path / "tables.csv"
    status, printed, _ = run("vhlss", FOLDERS / "vhlss2016", "--year", 2016, "--by", "head_sex", "--out", out)
    assert status == 0
    assert "Decision 59/2015" in printed
    assert "Counted: households" in printed
    table = pd.read_csv(out)
    assert {"poor", "near_poor", "poor_number", "H", "M0"} <= set(table["statistic"])


def test_what_the_command_refuses(tmp_path: Path) -> None:
    assert run("vhlss", tmp_path / "none", "--year", 2016)[0] == 1
    status, _, err = run("vhlss", FOLDERS / "vhlss2016", "--year", 2016, "--line", "vn-2061")
    assert status == 1
    assert "did you mean 'vn-2006'" in err or "did you mean 'vn-2016'" in err
    assert run("vhlss", FOLDERS / "vhlss2016", "--year", 2016, "--out", tmp_path / "x.docx")[0] == 1


def test_one_household_is_explained_with_the_article(of_2016: mpi.Survey) -> None:
    folder, household = FOLDERS / "vhlss2016", "01-011-00338-038-001"
    status, out, _ = run("explain", folder, "--year", 2016, "--household", household)
    assert status == 0
    assert "child_schooling: deprived. Member 2, aged 11, does not attend school." in out
    assert f"Household {household} is above the average living standard" in out
    assert "Decision 59/2015" in out
    status, _, err = run("explain", folder, "--year", 2016, "--household", "01-011-00338-038-00")
    assert status == 1
    assert "household" in err


def test_growth_references_at_published_points() -> None:
    """WHO child growth standards: boys of 60 months, median 110.0 cm and 18.3 kg, -2 SD 100.7 cm and 14.1 kg."""
    from mpi.indicators import z_score

    sex, months = np.array([1.0, 1.0]), np.array([60.0, 60.0])
    assert z_score("height", sex, months, np.array([110.0, 100.7])) == pytest.approx([0, -2], abs=0.02)
    assert z_score("weight", sex, months, np.array([18.3, 14.1])) == pytest.approx([0, -2], abs=0.05)
