"""`mpi vhlss` and what it says: bounds, what missing answers cost, the gap of heads, key figures, labels, refusals."""

from __future__ import annotations

import shlex
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from typer.testing import CliRunner

import mpi
from mpi.cli import show_classes as cli_classes
from mpi.cli.app import app
from mpi.lines import estimate_bounds, gap_notes, head_gaps, key_figures, missing_costs

SAMPLES = Path(__file__).parents[2] / "data" / "samples"
FOLDER = SAMPLES / "vhlss2016"
BAC_KAN, HMONG = 6, 8

pytestmark = pytest.mark.filterwarnings("ignore::mpi.MpiWarning")


def run(*words: object) -> tuple[int, str, str]:
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, list(map(str, words)), catch_exceptions=False)
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture(scope="module")
def status() -> Any:
    """The households of 2016 in the classes of their standard."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mpi.MpiWarning)
        line = mpi.load_line("vn-2016")
        return line.classify(mpi.with_deprivations(mpi.read_vhlss(FOLDER, 2016), line))


@pytest.fixture(scope="module")
def people(status: Any) -> pd.DataFrame:
    """The same, as a plain frame with who is a minority and who is poor under the measure."""
    frame: pd.DataFrame = status.survey.frames[0].to_native().copy()
    deprived = frame[list(status.line.measure.columns)]
    frame["minority"] = (~frame["ethnicity"].isin([1, 4])).astype(float)
    frame["mpoor"] = np.where(deprived.notna().all(axis=1), deprived.sum(axis=1) >= 3, np.nan).astype(float)
    return frame


def figure(figures: mpi.Estimates, words: str) -> tuple[float, float]:
    names = figures.keys["group"].to_list()
    row = next(i for i, name in enumerate(names) if words in name)
    return float(figures.value[row]), float(figures.se[row])


# --- key figures ----------------------------------------------------------------------------------------------------


def test_minorities_among_the_poor_households_of_a_province(status: Any, people: pd.DataFrame) -> None:
    """A domain of the whole design: its share and error are those of a ratio of two totals that are 0 elsewhere."""
    figures = key_figures(status, provinces=["Bac Kan"])
    homes = people.drop_duplicates("household")
    here = homes[(homes["province"] == BAC_KAN) & (homes["poor"] == 1)]
    value, se = figure(figures, "poor households of Bac Kan")
    assert value == pytest.approx(np.average(here["minority"], weights=here["weight"]))
    inside = ((people["province"] == BAC_KAN) & (people["poor"] == 1)).astype(float)
    frame = people.assign(below=inside, above=inside * people["minority"])
    plain = mpi.Survey(
        frame, weight="weight", strata="stratum", psu="psu", household="household", single_psu="centered"
    )
    ratio = mpi.ratio(plain, "above", "below", unit="household")
    assert (value, se) == pytest.approx((ratio.value[0], ratio.se[0]))


def test_minorities_among_the_multidimensionally_poor_are_persons(status: Any, people: pd.DataFrame) -> None:
    poor = people[people["mpoor"] == 1]
    value, se = figure(key_figures(status), "multidimensionally poor, persons")
    assert value == pytest.approx(np.average(poor["minority"], weights=poor["weight"]))
    shares = mpi.estimate(status.survey, status.line.measure, by=["ethnicity"], statistics=["poor_share"])
    others = shares.select(by="ethnicity")
    codes = [others.codes["ethnicity"][g][0] for g in others.keys["group"].to_list()]
    summed = others.contrast([float(c not in (1, 4)) for c in codes])
    assert (value, se) == pytest.approx((summed.value[0], summed.se[0]))


def test_the_headcount_of_the_hmong(status: Any, people: pd.DataFrame) -> None:
    hmong = people[(people["ethnicity"] == HMONG) & people["mpoor"].notna()]
    value, se = figure(key_figures(status), "among the Hmong")
    assert value == pytest.approx(np.average(hmong["mpoor"], weights=hmong["weight"]))
    assert abs(value - 0.78) < 2 * se


def test_where_the_hoa_stand_is_a_choice(status: Any) -> None:
    """There are a few Hoa in the sample: as a minority they raise the minorities' share of the population."""
    shares = [figure(key_figures(status, hoa=hoa), "population")[0] for hoa in ("majority", "minority")]
    assert shares[0] < shares[1]
    with pytest.raises(mpi.MpiError, match="hoa"):
        key_figures(status, hoa="kinh")


def test_all_provinces_or_those_asked_for(status: Any) -> None:
    every = key_figures(status, provinces=None)
    assert sum("households of" in g for g in every.keys["group"].to_list()) == 61  # two have no poor household
    two = key_figures(status, provinces=["06", "Đắk Nông"])
    assert [g for g in two.keys["group"].to_list() if " of " in g] == [
        "minorities among the poor households of Bac Kan",
        "minorities among the poor households of Dak Nong",
    ]
    with pytest.raises(mpi.MpiError, match=r"(?s)2 problems.*did you mean 'Bắc Kạn'.*no poor household of Ho Chi Minh"):
        key_figures(status, provinces=["Bac Kam", "Ho Chi Minh"])


# --- the gap of heads -----------------------------------------------------------------------------------------------


def test_the_gap_of_heads_is_that_of_both_units(status: Any) -> None:
    gaps = head_gaps(status)
    assert len(gaps) == 4
    frame = status.survey.frames[0].to_native().drop(columns=["class", "class_code", "class_by", "poor", "other"])
    frame = frame.drop(columns=["near_poor", "average", "income_band", "deprivations_low", "deprivations_high"])
    design = {"weight": "weight", "strata": "stratum", "psu": "psu", "household": "household"}
    survey = mpi.Survey(frame, **design, single_psu="centered")
    for unit in ("household", "person"):
        both = mpi.estimate(survey, status.line, by=["head_sex"], unit=unit, statistics=["H"])
        for statistic in ("poor", "H"):
            pair = both.select(statistic=statistic, by="head_sex", group=[1, 2]).contrast([-1, 1])
            gap = gaps.select(statistic=statistic, contrast=f"difference ({unit}s)")
            assert (gap.value[0], gap.se[0]) == pytest.approx((pair.value[0], pair.se[0]))


def heads(poor_women: float) -> mpi.Classification:
    """Households of women of one and of seven, households of men of four; which of the women's are poor is set."""
    rng = np.random.default_rng(3)
    size = np.tile([1, 7, 4, 4], 200)
    woman = np.tile([1, 1, 0, 0], 200) == 1
    poor = np.where(woman, (size == 1) & (rng.random(800) < poor_women), rng.random(800) < 0.3)
    frame = pd.DataFrame({
        "head_sex": np.where(woman, 2, 1), "size": size, "income": np.where(poor, 1e5, 9e5), "area": 2,
        "psu": np.repeat(np.arange(80), 10),
    })  # fmt: skip
    return mpi.load_line("vn-2006").classify(mpi.Survey(frame, size="size", psu="psu"))


def test_the_gap_that_changes_sign_is_told() -> None:
    """Poor women live alone: more of their households are poor, and fewer of their people."""
    gaps = head_gaps(heads(0.9))
    assert gaps.value[0] > 0 > gaps.value[1]
    said = gap_notes(gaps)
    assert len(said) == 1
    assert "CHANGES SIGN with what is counted: counting households +" in said[0]
    assert "counting persons -" in said[0]


def test_a_gap_that_keeps_its_sign_is_only_given() -> None:
    said = gap_notes(head_gaps(heads(0.1)))
    assert "CHANGES SIGN" not in said[0]
    assert "counting households -" in said[0]


def test_one_sex_alone_has_no_gap() -> None:
    status = heads(0.5)
    men = status.survey.where(status.survey.numbers("head_sex") == 1)
    with pytest.raises(mpi.MpiError, match="has not both sexes"):
        head_gaps(mpi.load_line("vn-2006").classify(men, prefix="again_"))


# --- what missing answers cost --------------------------------------------------------------------------------------


def test_bounds_hold_the_figure_and_each_other(status: Any) -> None:
    bounds = estimate_bounds(status, ["head_sex"], unit="household")
    for statistic in ("poor", "near_poor", "H", "M0"):
        low, high = (bounds.select(statistic=statistic, contrast=c).value for c in ("lower_bound", "upper_bound"))
        assert (low <= high).all()
    assert (
        (bounds.select(statistic="H", contrast="lower_bound").value[0])
        < bounds.select(statistic="H", contrast="upper_bound").value[0]
    )


def test_missing_costs_count_households(status: Any, people: pd.DataFrame) -> None:
    costs = missing_costs(status, "household")
    homes = people.drop_duplicates("household")
    assert costs.cases == len(homes)
    assert sum(x.cases for x in costs.undecided) == homes["class_code"].isna().sum() == 1
    assert sum(x.cases for x in costs.dropped) == homes["mpoor"].isna().sum() == 26
    assert {x.reason: x.cases for x in costs.indicators} == {"toilet": 13, "health_insurance": 9, "child_schooling": 4}


# --- the command ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp("written")
    outs = [w for name in ("t.csv", "t.xlsx") for w in ("--out", folder / name)]
    asked = ["--by", "ethnicity", "--by", "head_sex", "--bounds", "--province", "Bac Kan"]
    code, printed, _ = run("vhlss", FOLDER, "--year", 2016, *asked, *outs)
    assert code == 0
    return printed, folder


def test_the_command_says_it_all(written: tuple[str, Path]) -> None:
    printed, _ = written
    assert "Hmong" in printed
    assert "Male" in printed
    assert "The class of 1 of 4,750 households (0.01% of the population) is undecided and left out" in printed
    assert "M0, H and A leave out 26 of 4,750 households (0.56% of the population)" in printed
    assert "Gap of poor, female minus male heads: counting households -1.8 points (1.2)" in printed
    assert "minorities among the poor households of Bac Kan" in printed
    assert "Minorities: all but Kinh and Hoa (--hoa minority" in printed
    assert "8.2 to 8.3" in printed
    assert "Data: SYNTHETIC" in printed


def test_files_hold_bounds_figures_and_notes(written: tuple[str, Path]) -> None:
    openpyxl = pytest.importorskip("openpyxl", reason="openpyxl is an extra")
    table = pd.read_csv(written[1] / "t.csv")
    assert {"lower_bound", "upper_bound", "level"} == set(table["contrast"])
    assert (table["by"] == "key figures").sum() == 6
    book = openpyxl.load_workbook(written[1] / "t.xlsx")
    assert {"Key figures", "By head_sex, bounds", "By ethnicity"} <= set(book.sheetnames)
    notes = {row[0]: row[1] for row in book["Notes"].iter_rows(values_only=True)}
    assert "female minus male heads" in notes["Note 1"]
    assert "is undecided and left out" in notes["Missing answers"]
    assert book["By ethnicity"]["A1"].value.startswith("By ethnic group of the head (1 of ")
    heads = [c.replace("\xa0", " ") for c in next(book["By ethnicity"].iter_rows(4, 4, values_only=True)) if c]
    assert heads[:3] == ["Poor, %", "Near-poor, %", "Average living standard, %"]
    figures = [str(row[0]) for row in book["Key figures"].iter_rows(values_only=True)]
    assert any("Counted: what each figure says." in f for f in figures)
    assert book["Data"].max_row == len(table) + 1


def test_the_readme_shows_the_true_output(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its command is the one of the set-up, and each line of its block stands in the output, in order."""
    text = (SAMPLES.parents[1] / "README.md").read_text(encoding="utf-8")
    command, *shown = text.partition("```console\n$ ")[2].partition("\n```")[0].splitlines()
    assert sum(f"&& .venv/bin/{command}" in line for line in text.splitlines()) == 1
    out = tmp_path / "tables.xlsx"
    words = shlex.split(command.replace("tables.xlsx", str(out)))
    monkeypatch.chdir(SAMPLES.parents[1])
    printed = iter(line.rstrip() for line in run(*words[1:])[1].splitlines())
    assert [line for line in shown if line != "..." and line not in printed] == []
    assert out.stat().st_size > 0


def test_labels_in_vietnamese() -> None:
    _, printed, _ = run("vhlss", FOLDER, "--year", 2016, "--by", "head_sex", "--labels", "vi")
    assert "Nữ" in printed
    assert "Female  " not in printed


def test_figures_only_where_they_are_wanted() -> None:
    assert "key figures" not in run("vhlss", FOLDER, "--year", 2016, "--by", "area")[1]
    assert "key figures" in run("vhlss", FOLDER, "--year", 2016, "--by", "area", "--figures")[1]
    assert "key figures" not in run("vhlss", FOLDER, "--year", 2016, "--by", "ethnicity", "--no-figures")[1]


def test_on_a_narrow_screen_heads_stay_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    def narrow(**_: object) -> Console:
        return Console(width=80, highlight=False, markup=False)

    monkeypatch.setattr(cli_classes, "new_console", narrow)
    _, printed, _ = run("vhlss", FOLDER, "--year", 2016, "--by", "ethnicity", "--by", "head_sex", "--bounds")
    lines = printed.splitlines()
    assert max(map(len, lines)) <= 80
    heads = [line for line in lines if "near-poor, %" in line]
    assert len(heads) == 6  # two disaggregations and the total, and the bounds of each
    assert all("average, %" in line and "other, %" in line for line in heads)


def test_a_round_without_the_indicators_says_so_and_bounds_the_classes() -> None:
    code, printed, err = run("vhlss", FOLDER, "--year", 2016, "--line", "vn-2022", "--bounds", "--by", "head_sex")
    assert code == 0
    assert "employment, dependents, nutrition, housing_quality, information_means cannot be computed" in err
    assert "M0, H and A are not estimated: employment" in printed
    assert "undecided, %" in printed
    assert "Shares of classes are of the decided, and may mislead" in printed


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "round"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere", "--year", "2016"], "there is no folder 'nowhere'"),
        ([SAMPLES, "--year", "2016"], "pass that folder"),
        ([FOLDER, "--year", "2022"], "the folder looks like VHLSS 2016: pass that year"),
        ([FOLDER, "--year", "2017"], "did you mean '2018'"),
        ([FOLDER / "Ho1.dta", "--year", "2016"], "give the folder that holds them"),
        ([FOLDER, "--year", "2016", "--by", "etnicity"], "did you mean 'ethnicity'"),
        ([FOLDER, "--year", "2016", "--by", "member"], "'member' differs between members of a household"),
        ([FOLDER, "--year", "2016", "--unit", "persons"], "did you mean"),
        ([FOLDER, "--year", "2016", "--hoa", "kinh"], "there is no choice 'kinh'"),
        ([FOLDER, "--year", "2016", "--labels", "fr"], "there is no language 'fr'"),
        ([FOLDER, "--year", "2016", "--province", "Bac Kam"], "did you mean 'Bắc Kạn'"),
        ([FOLDER, "--year", "2016", "--line", "vn-2061"], "or give the path of a .toml file"),
        ([FOLDER, "--year", "2016", "--line", "vn-2027"], "choose another --line"),
        ([FOLDER, "--year", "2016", "--overrides", "none.toml"], "none.toml"),
        ([FOLDER, "--year", "2016", "--out", "nowhere/t.xlsx"], "there is no folder 'nowhere'; make it first"),
        ([FOLDER, "--year", "2016", "--out", "t.docx"], "t.docx"),
    ],
)
def test_refusals_say_what_to_do(words: list[object], said: str) -> None:
    code, _, err = run("vhlss", *words)
    assert code in {1, 2}
    assert said in " ".join(err.replace("│", " ").split())
    for python in ("overrides=", "layout=", "rules=", "load_line(", "from_toml("):
        assert python not in err


def test_a_folder_that_is_broken(copied: Path) -> None:
    (copied / "wt16.dta").unlink()
    assert "there is no 'weight' (household weight)" in run("vhlss", copied, "--year", 2016)[2]
    (copied / "wt16.dta").write_bytes((FOLDER / "wt16.dta").read_bytes()[:5000])
    assert "the file is cut short: it has 167 of its 475 rows" in run("vhlss", copied, "--year", 2016)[2]
    for path in copied.iterdir():
        path.unlink()
    assert "the folder holds no data file" in run("vhlss", copied, "--year", 2016)[2]


def test_overrides_that_are_wrong(tmp_path: Path) -> None:
    broken, wrong = tmp_path / "broken.toml", tmp_path / "wrong.toml"
    broken.write_text("this is [not toml")
    wrong.write_text('[insured]\nfile = "Muc3A"\nvariabel = "m3ac9"\n')
    assert "this is not TOML: " in run("vhlss", FOLDER, "--year", 2016, "--overrides", broken)[2]
    assert "did you mean 'variable'" in run("vhlss", FOLDER, "--year", 2016, "--overrides", wrong)[2]


def test_a_standard_of_another_time_is_said_to_give_no_official_rates() -> None:
    _, printed, _ = run("vhlss", FOLDER, "--year", 2016, "--line", "vn-2022")
    assert (
        "No official rates: the round is of 2016, and the standard applied from 2022 to 2026 (that of 2016: vn-2016)."
        in printed
    )
