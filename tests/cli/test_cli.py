"""The command line: what it prints and writes, and its exit status (0 fine, 1 request, 2 usage, 130 stopped)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import mpi
from mpi.cli.app import app
from mpi.cli.messages import in_options

SAMPLE = Path(__file__).parents[2] / "data" / "samples" / "two_rounds.dta"
MINE = 'name = "mine"\ncutoff = "1/2"\n[dimensions]\nx = ["a"]\ny = ["b"]\n'
DESIGN = ["--weight", "w", "--strata", "h", "--psu", "c"]


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Run the command line in a folder of its own; return its exit status, output and errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    runner = CliRunner()

    def run(*words: str) -> tuple[int, str, str]:
        result = runner.invoke(app, list(map(str, words)), catch_exceptions=False)
        return result.exit_code, result.stdout, result.stderr

    return run


@pytest.fixture
def people(tmp_path) -> pd.DataFrame:
    """Write people.csv (and mine.toml): 40 people in 2 strata with 4 PSUs each."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({
        "w": rng.uniform(1, 2, 40),
        "h": np.repeat([1, 2], 20),
        "c": np.repeat(np.arange(8), 5),
        "a": rng.integers(0, 2, 40),
        "b": rng.integers(0, 2, 40).astype(float),
        "region": np.tile(["North", "South"], 20),
        "sex": np.tile([1, 1, 2, 2], 10),
        "young": np.tile([1, 0, 0, 1], 10),
        "unused": "text",
    })  # fmt: skip
    frame.loc[3, "b"] = np.nan
    frame.to_csv(tmp_path / "people.csv", index=False)
    (tmp_path / "mine.toml").write_text(MINE)
    return frame


# --- help and version -----------------------------------------------------------------------------------------


def test_version(run):
    assert run("--version") == (0, f"mpi {mpi.__version__}\n", "")


@pytest.mark.parametrize("command", [[], ["estimate"], ["measures"], ["check"]])
def test_help_is_there_with_examples(run, command):
    status, out, _ = run(*command, "--help")
    assert status == 0
    assert "mpi estimate sample" in out or "Examples" in out


def test_help_loads_nothing_heavy():
    code = (
        "import sys\nfrom mpi.cli.app import app\n"
        "try:\n    app(['--help'])\nexcept SystemExit as e:\n    assert e.code == 0\n"
        "print(sorted({'pandas', 'scipy', 'statsmodels', 'matplotlib', 'polars'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


# --- measures -------------------------------------------------------------------------------------------------


def test_the_measures_are_listed(run):
    status, out, err = run("measures")
    assert (status, err) == (0, "")
    assert all(name in out for name in mpi.list_measures())


def test_a_measure_is_shown(run):
    status, out, _ = run("measures", "gso-mdp")
    assert status == 0
    for part in ("poverty cutoff: 3/10", "health_insurance", "1/10", "from memory", "Source:"):
        assert part in out


def test_a_measure_is_printed_as_a_file(run, tmp_path):
    status, out, _ = run("measures", "global-mpi", "--toml")
    assert status == 0
    (tmp_path / "copy.toml").write_text(out)
    assert mpi.Measure.from_toml(tmp_path / "copy.toml") == mpi.load_measure("global-mpi")
    assert run("measures", "copy.toml")[1] == run("measures", "global-mpi")[1]


def test_an_unknown_measure_offers_the_nearest(run, people, tmp_path):
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n')  # no measure, so not offered as one
    (tmp_path / "broken.toml").write_text("name =")
    status, out, err = run("measures", "gso-mpd")
    known = "Known: 'global-mpi', 'gso-mdp', 'mine.toml'; or give the path of a .toml file"
    assert (status, out) == (1, "")
    assert err == f"error: there is no measure 'gso-mpd'; did you mean 'gso-mdp'? {known}\n"
    assert "did you mean 'mine.toml'" in run("measures", "./mien.toml")[2]


# --- estimate -------------------------------------------------------------------------------------------------


def test_the_sample_is_estimated(run):
    status, out, err = run("estimate", "sample", "--measure", "gso-mdp", "--by", "region", "--by", "area,sex")
    assert (status, err) == (0, "")
    est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"))
    for s in ("M0", "H", "A"):
        part = est.select(statistic=s, wave=2018)
        assert f"{part.value[0]:.3f} ({part.se[0]:.3f})" in out
    for words in ("by region", "Mekong River Delta", "by area × sex", "Rural × Female", "k = 3/10", "Retained in 2018"):
        assert words in out


def test_a_file_is_estimated_with_its_design(run, people, tmp_path):
    status, out, err = run(
        "estimate", "people.csv", "--measure", "mine.toml", *DESIGN, "--by", "region", "--by", "region, sex",
        "--cutoff", "1/2", "--cutoff", "1", "--where", "young", "--level", "0.9", "--out", "o.csv", "--out", "o.xlsx",
    )  # fmt: skip
    assert status == 0
    assert "no weight" not in out
    measure = mpi.Measure.from_toml(tmp_path / "mine.toml")
    survey = mpi.Survey(people, weight="w", strata="h", psu="c")
    est = mpi.estimate(survey, measure, ["region", ("region", "sex")], cutoffs=["1/2", 1], where="young", level=0.9)
    assert err == f"wrote o.csv ({len(est):,} numbers)\nwrote o.xlsx ({len(est):,} numbers)\n"
    written = pd.read_csv(tmp_path / "o.csv", keep_default_na=False, na_values=[""])
    np.testing.assert_allclose(written["estimate"], est.value)
    np.testing.assert_allclose(written["ci_low"], est.conf_int()[0])
    assert (tmp_path / "o.xlsx").stat().st_size > 0


def test_a_design_is_taken_from_a_file_and_completed_by_options(run, people, tmp_path):
    (tmp_path / "design.toml").write_text(mpi.Design(weight="w", psu="c", single_psu="centered").to_toml())
    for command in ("estimate", "check"):
        flat = run(command, "people.csv", "--measure", "mine.toml", *DESIGN, "--single-psu", "centered")
        kept = run(command, "people.csv", "--measure", "mine.toml", "--design", "design.toml", "--strata", "h")
        assert (kept[0], sorted(kept[1].splitlines())) == (0, sorted(flat[1].splitlines()))
    again = run("check", "people.csv", "--design", "design.toml", "--weight", "a")
    assert again[0] == 1
    assert "weight: the design says 'w', but --weight a is given too; give one of them" in again[2]
    status, _, told = run("check", "people.csv", "--design", "desing.toml")
    assert (status, "did you mean 'design.toml'" in told) == (1, True)
    (tmp_path / "design.toml").write_text('wieght = "w"')
    assert (
        "wieght: there is no key 'wieght'; did you mean 'weight'"
        in run("check", "people.csv", "--design", "design.toml")[2]
    )


def test_each_cutoff_has_its_table(run):
    _, out, _ = run("estimate", "sample", "--measure", "gso-mdp", "--cutoff", "1/5", "--cutoff", "0.5")
    est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), cutoffs=["1/5", "1/2"], statistics=["H"])
    first, second = out.split("k = 1/5")[1].split("k = 1/2")
    for k, part in (("1/5", first), ("1/2", second)):
        assert all(f"{v:.3f} (" in part for v in est.select(cutoff=k).value)


def test_notes_stand_below_the_table_they_are_about_or_below_all(run):
    asked = ["--by", "ethnicity", "--cutoff", "1/5", "--cutoff", "2/5"]
    _, out, _ = run("estimate", "sample", "--measure", "gso-mdp", *asked)
    first, second = out.split("k = 1/5")[1].split("k = 2/5")
    assert "(–) no variation between PSUs: no interval: A of Tày 2018." in first
    assert "no poor" not in first
    assert "– no poor in group: A of Tày 2018." in second
    assert out.count("Standard errors in brackets") == second.count("Standard errors in brackets") == 1


def test_what_is_counted_and_that_the_sample_is_synthetic_is_said(run, people, tmp_path):
    _, out, _ = run("estimate", "sample", "--measure", "gso-mdp", "--out", "o.html", "--out", "o.xlsx")
    assert "Counted: persons (one row each)." in out
    assert "Data: SYNTHETIC, the sample that is shipped: nobody was interviewed" in out
    assert "SYNTHETIC" in (tmp_path / "o.html").read_text()
    openpyxl = pytest.importorskip("openpyxl", reason="openpyxl is an extra")
    notes = openpyxl.load_workbook(tmp_path / "o.xlsx")["Notes"].iter_rows(values_only=True)
    assert dict(notes)["Data"].startswith("SYNTHETIC")
    _, out, _ = run("estimate", "people.csv", "--measure", "mine.toml", "--psu", "c")
    assert "Counted: persons, every row taken for one." in out
    assert "SYNTHETIC" not in out


def test_tables_are_printed_and_written_as_asked(run, tmp_path):
    shape = ["--percent", "--interval", "--decimals", "2"]
    status, out, _ = run(
        "estimate", "sample", "--measure", "gso-mdp", *shape, "--out", "o.html", "--out", "o.csv", "--out", "o.xlsx"
    )
    assert status == 0
    est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"))
    cell = est.publish(statistics="H", percent=True, interval=True, decimals=2).iloc[0, 0]
    assert "H, %" in out
    assert cell in out
    assert "95% confidence intervals in brackets" in out
    assert f"<td>{cell}</td>" in (tmp_path / "o.html").read_text()
    written = pd.read_csv(tmp_path / "o.csv", keep_default_na=False, na_values=[""])
    np.testing.assert_allclose(written["estimate"], est.value)
    assert run("estimate", "sample", "--measure", "gso-mdp", "--decimals", "-1")[0] == 2


def test_only_the_needed_columns_are_read(run, people, monkeypatch):
    seen = []
    real = mpi.survey.read.read_survey
    monkeypatch.setattr(mpi.survey.read, "read_survey", lambda *a, **k: seen.append(k["columns"]) or real(*a, **k))
    run("estimate", "people.csv", "--measure", "mine.toml", *DESIGN, "--by", "region,sex", "--where", "young")
    assert seen == [["region", "sex", "a", "b", "young"]]


def test_a_column_with_a_comma_is_quoted(run, people, tmp_path):
    people.rename(columns={"region": "region, old"}).to_csv(tmp_path / "people.csv", index=False)
    asked = ["--by", '"region, old"', "--by", 'sex, "region, old"']
    status, out, _ = run("estimate", "people.csv", "--measure", "mine.toml", *asked)
    assert status == 0
    assert "by region, old" in out
    assert "by sex × region, old" in out


def test_what_of_the_design_was_left_out_is_said(run, people):
    _, out, _ = run("estimate", "people.csv", "--measure", "mine.toml")
    assert "no weight: every row weighs 1; no strata: there is one stratum; no psu: each row is a PSU" in out


@pytest.mark.parametrize("options", [["--statistic", "H"], ["--statistic", "censored_headcount", "--statistic", "A"]])
def test_statistics_are_chosen(run, options):
    status, out, _ = run("estimate", "sample", "--measure", "gso-mdp", *options)
    assert status == 0
    assert options[1] in out
    assert "M0 " not in out


@pytest.mark.parametrize("missing", ["drop", "reweight", "bounds"])
def test_missing_indicators(run, missing):
    status, out, _ = run("estimate", "sample", "--measure", "gso-mdp", "--missing", missing)
    assert status == 0
    assert ("lower_bound" in out) == (missing == "bounds")


def test_households_are_counted(run):
    status, out, _ = run("estimate", "sample", "--measure", "gso-mdp", "--unit", "household", "--by", "area")
    est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), unit="household", statistics=["H"])
    assert status == 0
    assert f"{est.value[0]:.3f} ({est.se[0]:.3f})" in out


# --- check ----------------------------------------------------------------------------------------------------


def test_check_says_what_is_fine(run, people):
    status, out, err = run("check", "people.csv", *DESIGN, "--measure", "mine.toml")
    assert (status, err) == (0, "")
    for part in ("40 rows, 8 PSUs in 2 strata, df 6", "The design is fine", "mine are fine", "39 of 40 rows"):
        assert part in out


def test_check_of_the_sample_and_of_a_file_alone(run, people):
    assert "Retained in 2016" in run("check", "sample", "--measure", "gso-mdp")[1]
    status, out, _ = run("check", "people.csv")
    assert status == 0
    assert "no weight: every row weighs 1" in out


def test_check_tells_all_problems_of_design_and_indicators(run, people, tmp_path):
    people.loc[0, "w"] = -1
    people.loc[1, "a"] = 7
    people.drop(columns="b").to_csv(tmp_path / "bad.csv", index=False)
    status, out, err = run("check", "bad.csv", *DESIGN, "--measure", "mine.toml")
    assert (status, out) == (1, "")
    assert err.startswith("error: bad.csv cannot be used, 3 problems:\n  1. there is no column 'b'")
    assert "negative in 1 of 40 rows" in err
    assert "column 'a' holds values other than 0, 1 and missing: 7 (1 times)" in err


def test_check_names_columns_that_are_absent_once_with_the_list(run, people):
    _, _, err = run("check", "people.csv", "--weight", "ww", "--psu", "cc", "--measure", "mine.toml")
    assert "there is no column 'ww'" in err
    assert "there is no column 'cc'" in err
    assert err.count("Known:") == 1


def test_check_of_many_files_is_that_of_one(run, people, tmp_path):
    pytest.importorskip("duckdb", reason="DuckDB is an extra")
    (tmp_path / "parts").mkdir()
    for i, part in enumerate((people[:15], people[15:])):
        part.to_csv(tmp_path / f"parts/{i}.csv", index=False)
    one = run("check", "people.csv", *DESIGN, "--measure", "mine.toml")
    for where in ("parts/*.csv", "parts"):
        assert run("check", where, *DESIGN, "--measure", "mine.toml") == one
    assert run("check", "people.csv", *DESIGN, "--measure", "mine.toml", "--memory", "500MB") == one
    census = run("check", "parts", "--census")[1]
    assert "40 rows, a census\nThe design is fine." in census
    people.assign(a=7).to_csv(tmp_path / "parts/1.csv", index=False)
    status, _, err = run("check", "parts", *DESIGN, "--measure", "mine.toml")
    assert status == 1
    assert "column 'a' holds values other than 0, 1 and missing: 7 (40 times)" in err


# --- exit status ----------------------------------------------------------------------------------------------


def test_what_cannot_be_done_is_told_before_the_file_is_read(run, tmp_path):
    (tmp_path / "folder.csv").mkdir()
    status, out, err = run(
        "estimate", "no-such-file.dta", "--measure", "gso-mdp", "--cutoff", "33", "--statistic", "M1", "--level", "95",
        "--out", "t.xls", "--out", "nowhere/t.csv", "--out", "folder.csv", "--out", "t.tex", "--out", "t.tex",
    )  # fmt: skip
    assert (status, out) == (1, "")
    assert "7 problems" in err
    for part in (
        "--cutoff: 33 is not a share above 0 and at most 1; 33 per cent is '33/100'",
        "--statistic: there is no statistic 'M1'",
        "--level: 95 is not between 0 and 1; 95 per cent is 0.95",
        "'t.xls': estimates are not written as '.xls'; did you mean '.xlsx'?",
        "there is no folder 'nowhere'; make it first",
        "folder.csv is a folder",
        "t.tex is named 2 times",
    ):
        assert part in err


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_to(run, people, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    status, _, err = run("estimate", "people.csv", "--measure", "mine.toml", "--out", "locked/t.csv")
    assert status == 1
    assert "may not be written to" in err


def test_a_writer_that_is_not_installed_is_told_first(run, monkeypatch):
    monkeypatch.setattr("mpi.cli.checks.find_spec", lambda _: None)
    status, _, err = run("estimate", "sample", "--measure", "gso-mdp", "--out", "t.parquet")
    assert status == 1
    assert "t.parquet needs the library pyarrow: pip install pyarrow (or 'mpi-poverty[engines]')" in err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["peopel.csv"], "did you mean 'people.csv'"),
        (["people.csv", "--weight", "weight"], "there is no column 'weight'"),
        (["people.csv", "--weight", ""], "there is no column ''"),
        (["people.csv", "--by", "regoin"], "did you mean 'region'"),
        (["people.csv", "--where", "sex"], "the condition must be true or false"),
        (["people.csv", "--strata", "c", "--psu", "c"], "8 of 8 strata have one PSU"),
        (["people.csv", "--strata", "c", "--psu", "c"], "choose --single-psu centered (as"),
        (["people.csv", "--unit", "household"], "identifies them (--household), or, for a file of households, their s"),
        (["people.csv", "--household", "c", "--psu", "c", "--unit", "household"], "between members of a household"),
        (
            ["people.csv", "--household", "id"],
            "give --size (the column of household sizes) to count persons, or --unit h",
        ),
        (
            ["people.csv", "--shared-psus"],
            "--shared-psus: there are no rounds to share PSUs; name their column with --wave",
        ),
        (["people.csv", "--missing", "bounds", "--statistic", "A"], "--statistic: A has no bounds"),
        (["people.csv", "--missing", "bounds", "--statistic", "A"], "or choose --missing drop"),
        (["people.csv", "--statistic", "poor_share"], "need groups (--by)"),
        (["people.csv", "--by", "region,region"], "--by: ('region', 'region') names a column twice"),
        (["wave=2016.csv"], "wave=2016.csv"),
        (["mine.toml"], "cannot read mine.toml"),
    ],
)
def test_problems_of_the_data_are_one_block(run, people, tmp_path, words, told):
    people.assign(id=range(40)).to_csv(tmp_path / "people.csv", index=False)
    status, out, err = run("estimate", *words, "--measure", "mine.toml")
    assert (status, out) == (1, "")
    assert err.startswith("error: ")
    assert told in err
    assert "Traceback" not in err
    assert "mpi.pool" not in err


@pytest.mark.parametrize(
    ("option", "word", "near"),
    [
        ("--single-psu", "centred", "'centered'? Known: 'error', 'certainty', 'centered', 'scaled'"),
        ("--unit", "persn", "'person'? Known: 'person', 'household'"),
        ("--missing", "reweigh", "'reweight'? Known: 'drop', 'reweight', 'bounds'"),
    ],
)
def test_another_word_offers_the_nearest(run, option, word, near):
    status, _, err = run("estimate", "sample", "--measure", "gso-mdp", option, word)
    assert status == 2
    assert near in " ".join(err.replace("│", " ").split())


@pytest.mark.parametrize(
    "message", ["cannot read data/wave=2016/by=1.csv: x", "there is no column 'psu='; did you mean 'unit='?", "size=5"]
)
def test_names_of_files_and_columns_are_left_as_they_are(message):
    assert in_options(message) == message


def test_problems_of_a_measure_file_are_one_block(run, people, tmp_path):
    (tmp_path / "bad.toml").write_text(MINE.replace("1/2", "2").replace("cutoff", "severe = 3\ncutoff"))
    status, _, err = run("estimate", "people.csv", "--measure", "bad.toml")
    assert status == 1
    assert err.startswith("error: measure file bad.toml, 2 problems:\n  1. cutoff")


@pytest.mark.parametrize(
    "words",
    [
        ["estimate"],
        ["estimate", "sample"],
        ["estimate", "sample", "--measure", "gso-mdp", "--unit", "persn"],
        ["estimate", "sample", "--measure", "gso-mdp", "--level", "high"],
        ["estimate", "sample", "--measure", "gso-mdp", "--by", "region,"],
        ["estimate", "sample", "--measure", "gso-mdp", "--by", ""],
        ["estimate", "sample", "--measure", "gso-mdp", "--by", '"region'],
        ["estimate", "sample", "--measure", "gso-mdp", "--weight", "w", "--shared-psus"],
        ["estimate", "sample", "--measure", "gso-mdp", "--nonsense"],
        ["measures", "--toml"],
        ["check"],
        ["nonsense"],
    ],
)
def test_wrong_usage(run, words):
    status, out, err = run(*words)
    assert (status, out) == (2, "")
    assert "Usage:" in err
    assert "Traceback" not in err


def test_warnings_are_one_line_each(run, people, tmp_path):
    people["young"] = people["young"].astype(float)
    people.loc[:2, "young"] = np.nan
    people.to_csv(tmp_path / "people.csv", index=False)
    status, _, err = run("estimate", "people.csv", "--measure", "mine.toml", *DESIGN, "--where", "young")
    assert status == 0
    lines = err.splitlines()
    assert lines
    assert set(lines) == {"warning: the condition is missing in 3 rows; they stay out of the domain"}


def test_other_warnings_and_the_filters_are_left_alone(run, people, monkeypatch):
    before = list(warnings.filters), warnings.showwarning

    def warned(*_: object, **__: object) -> None:
        warnings.warn("not ours", UserWarning, stacklevel=1)

    monkeypatch.setattr(mpi.survey.read, "read_survey", warned)
    with pytest.raises(UserWarning, match="not ours"):  # an error here, as everywhere in these tests
        run("estimate", "people.csv", "--measure", "mine.toml")
    assert (list(warnings.filters), warnings.showwarning) == before


@pytest.mark.parametrize(
    ("raised", "status", "told"), [(KeyboardInterrupt, 130, "stopped:"), (MemoryError, 1, "error:")]
)
def test_a_stop_has_no_traceback(run, people, monkeypatch, raised, status, told):
    def stop(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr(mpi.survey.read, "read_survey", stop)
    code, out, err = run("estimate", "people.csv", "--measure", "mine.toml", "--out", "o.csv")
    assert (code, out) == (status, "")
    assert err.startswith(told)
    assert not Path("o.csv").exists()


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_ends_with_130():
    code = (
        "import time, mpi.survey.read, mpi.cli.app, sys\n"
        "def slow(*a, **k):\n    print('reading', flush=True)\n    time.sleep(60)\n"
        "mpi.survey.read.read_survey = slow\n"
        "sys.argv = ['mpi', 'estimate', 'x.csv', '--measure', 'gso-mdp']\nmpi.cli.app.main()\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "reading\n"
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err == "stopped: nothing more is written\n"


def test_the_installed_command(tmp_path):
    command = [sys.executable, "-c", "from mpi.cli.app import main; main()"]
    words = ["check", str(SAMPLE), "--weight", "weight", "--strata", "stratum", "--psu", "psu", "--wave", "year"]
    words.append("--shared-psus")
    done = subprocess.run([*command, *words], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "440 PSUs in 80 strata" in done.stdout
    done = subprocess.run([*command, "check", "absent.dta"], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: cannot read absent.dta")


@pytest.mark.skipif(os.name == "nt", reason="POSIX pipes")
@pytest.mark.parametrize("listening", ["stderr", "nobody"])
def test_a_closed_pipe_ends_quietly_and_the_files_are_there(tmp_path, listening):
    words = ["estimate", "sample", "--measure", "gso-mdp", "--by", "province", "--out", "o.csv", "--out", "o.html"]
    code = "from mpi.cli.app import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, *words], cwd=tmp_path, stdout=subprocess.PIPE, text=True,
        stderr=subprocess.PIPE if listening == "stderr" else subprocess.STDOUT,
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.close()  # as `| head -0` does
    err = process.stderr.read() if process.stderr else ""
    process.wait(timeout=60)
    assert [line.split()[0] for line in err.splitlines()] == (["wrote"] * 2 if listening == "stderr" else [])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["o.csv", "o.html"]
    if process.stderr:
        process.stderr.close()


def test_text_that_a_console_lacks_does_not_stop_it():
    command = [sys.executable, "-c", "from mpi.cli.app import main; main()", "measures", "gso-mdp"]
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    assert (done.returncode, done.stderr) == (0, "")


# --- poverty lines --------------------------------------------------------------------------------------------------


def test_lines_are_listed_with_how_much_of_each_is_verified(run) -> None:
    status, out, _ = run("lines")
    assert status == 0
    assert "vn-2022   2022-2026   Decree 07/2021/ND-CP" in out
    assert "10 of 10" in out


def test_a_line_is_shown_with_the_standing_of_every_item(run) -> None:
    status, out, _ = run("lines", "vn-2022")
    assert status == 0
    for part in (
        "hộ nghèo",
        "income at or below the income line and at least 3 deprivations",
        "from memory",
        "Article 3",
    ):
        assert part in out


def test_a_line_that_is_none(run) -> None:
    status, _, err = run("lines", "vn-2023")
    assert status == 1
    assert "did you mean 'vn-20" in err


def test_large_files_are_left_where_they_lie(run, tmp_path):
    pytest.importorskip("duckdb", reason="DuckDB is an extra")
    frame = pd.DataFrame({"a": [1, 0, 1, 1], "b": [0, 0, 1, 0], "province": ["x", "x", "y", "y"], "who": [1, 1, 1, 0]})
    for i in range(2):
        frame.iloc[i::2].to_parquet(tmp_path / f"{i}.parquet", index=False)
    (tmp_path / "mine.toml").write_text(MINE)
    words = ["estimate", "*.parquet", "--measure", "mine.toml", "--census"]
    code, out, err = run(*words, "--by", "province", "--where", "who", "--memory", "500MB")
    assert (code, err) == (0, "")
    assert "in the domain, a census" in out
    assert "Whole population: no sampling error." in out
    assert "Retained: 3 of 3 rows" in out
    code, _, err = run(*words, "--psu", "who")
    assert code == 1
    assert "--census says that everybody is in the data; leave out psu" in " ".join(err.split())


def test_codes_that_are_no_answer(run, people, tmp_path):
    people.loc[5:9, "b"] = 9
    people.to_csv(tmp_path / "people.csv", index=False)
    status, _, err = run("estimate", "people.csv", "--measure", "mine.toml", *DESIGN)
    assert status == 1
    assert "declared, such as --missing b=9" in err
    for codes in (
        ["--missing", "b=9"],
        ["--missing", "9"],
        ["--missing", "b=8-9", "--missing", "b=7", "--missing", "drop"],
    ):
        status, out, err = run("estimate", "people.csv", "--measure", "mine.toml", *codes, *DESIGN)
        assert (status, err) == (0, "")
        assert "34 of 40" in out
        assert run("check", "people.csv", "--measure", "mine.toml", *codes[:2], *DESIGN)[0] == 0
    status, _, err = run("estimate", "people.csv", "--measure", "mine.toml", "--missing", "bb=9", *DESIGN)
    assert status == 1
    assert "no column 'bb'; did you mean 'b'" in err
    assert run("estimate", "people.csv", "--measure", "mine.toml", "--missing", "drop", "--missing", "bounds")[0] == 2
