"""Figures that a scheme does not show are in no table and in no file; all say by which rule, and with what effect."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import mpi
from mpi.cli.app import app
from mpi.tables.status import Status

OWN = {
    "name": "ours",
    "rule": "Figures of fewer than 60 persons are not shown; those of 60 to 99 stand in brackets.",
    "few": 60,
    "protection": 0,
    "labels": [
        {"name": "good", "show": "plain", "when": ["n >= 300"]},
        {"name": "weak", "show": "mark", "mark": "?", "when": ["n >= 100"]},
        {"name": "small", "show": "brackets", "when": ["n >= 60"]},
        {"name": "not shown", "show": "hidden"},
    ],
}


@pytest.fixture(scope="module")
def est() -> mpi.Estimates:
    return mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["ethnicity", ("area", "ethnicity")])


def hidden(est: mpi.Estimates) -> np.ndarray:
    return est.n < 60


def test_what_is_hidden_is_gone_from_every_array(est: mpi.Estimates) -> None:
    out = est.release(OWN)
    gone = hidden(est)
    assert 0 < gone.sum() < len(est)
    for name in ("value", "se", "df", "n", "n_psu"):
        mine, theirs = getattr(out, name), getattr(est, name)
        assert np.isnan(mine[gone]).all(), name
        np.testing.assert_array_equal(mine[~gone], theirs[~gone])
    assert np.isnan(out.counts.n_with[gone]).all()
    assert np.isnan(out.counts.weight[gone]).all()
    assert not out.estimable[gone].any()
    assert (np.nan_to_num(out.vcov()[gone]) == 0).all()
    assert all(np.isnan(limit[gone]).all() for limit in out.conf_int())
    assert np.isnan(out.contrast(np.eye(len(out))[gone]).value).all() if gone.sum() else True


def test_each_form_is_printed(est: mpi.Estimates) -> None:
    frame = est.publish("H", scheme=OWN, se=False)
    n = est.select(statistic="H").n
    for cell, cases in zip(frame["H"], n, strict=True):
        if cases < 60:
            assert cell == "<60"
        elif cases < 100:
            assert re.fullmatch(r"\(\d\.\d{3}\)", cell)
        elif cases < 300:
            assert re.fullmatch(r"\d\.\d{3} \?", cell)
        else:
            assert re.fullmatch(r"\d\.\d{3}", cell)
    notes = frame.attrs["notes"]
    assert f"ours: {OWN['rule']}" in notes
    rows = [est.keys["by"].at(i) for i in est.keys.find({"statistic": "H"})]
    by = np.array([r == "area × ethnicity" for r in rows])
    expected = f"By area × ethnicity: {(by & (n < 60)).sum()} of {by.sum()} rows not shown: fewer than 60 persons."
    assert expected in notes


def test_a_hidden_number_is_in_no_file(est: mpi.Estimates, tmp_path: Path) -> None:
    """Each hidden estimate and error, at full precision and as it would be printed, is looked for as text."""
    gone = est.take(hidden(est) & ~np.isnan(est.value) & (est.value != 0))
    secret = {repr(x) for x in [*gone.value.tolist(), *gone.se[gone.se > 0].tolist()] if len(repr(x)) > 12}
    assert len(secret) > 500
    shown = set(map(repr, est.take(~hidden(est)).value.tolist()))
    texts = {
        "csv": est.to_csv(scheme=OWN),
        "json": json.dumps(est.release(OWN).to_dict(influence=False)),
        "html": est.to_html(scheme=OWN, decimals=12),
        "latex": est.to_latex(scheme=OWN, decimals=12),
    }
    est.to_excel(tmp_path / "x.xlsx", scheme=OWN)
    book = pd.read_excel(tmp_path / "x.xlsx", sheet_name=None, header=None, engine="openpyxl")
    texts["excel"] = "\n".join(repr(v) for sheet in book.values() for v in sheet.to_numpy().ravel().tolist())
    for kind, text in texts.items():
        printed = {f"{float(s):.12f}" for s in secret} if kind in {"html", "latex"} else secret - shown
        assert not [s for s in printed if s in text], kind
    for text in (texts["html"], texts["latex"], texts["excel"]):
        assert OWN["rule"] in text
    assert "&lt;60" in texts["html"]
    assert r"\textless{}60" in texts["latex"]
    assert "'<60'" in texts["excel"]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_tidy_files_have_blanks_and_say_why(est: mpi.Estimates, kind: str) -> None:
    if kind == "csv":
        found = pd.read_csv(io.StringIO(est.to_csv(scheme=OWN)))
    else:
        pytest.importorskip("pyarrow", reason="parquet needs pyarrow")
        found = pd.read_parquet(io.BytesIO(est.to_parquet(scheme=OWN)))
    gone = hidden(est)
    numbers = found[["estimate", "se", "ci_low", "ci_high", "df", "n", "n_psu"]]
    assert numbers[gone].isna().all(axis=None)
    assert numbers.loc[~gone, "n"].notna().all()
    assert (found.loc[gone, "status"] == "not shown: fewer than 60 persons").all()
    assert set(found.loc[~gone, "status"]) == {"good", "weak", "small"}
    assert "status" not in pd.read_csv(io.StringIO(est.to_csv())).columns


def test_a_workbook_shows_brackets_by_format_and_keeps_the_number(est: mpi.Estimates, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl", reason="the workbook is read back with openpyxl")
    est.select(statistic="H").to_excel(tmp_path / "x.xlsx", scheme=OWN)
    book = openpyxl.load_workbook(tmp_path / "x.xlsx")
    formats, texts = set(), set()
    for sheet in book.worksheets[1:-1]:
        for row in sheet.iter_rows():
            formats |= {c.number_format for c in row if isinstance(c.value, float)}
            texts |= {c.value for c in row if isinstance(c.value, str)}
    assert any(f.startswith('"("') and '")"' in f for f in formats)
    assert any('" ?"' in f for f in formats)
    assert "<60" in texts
    assert any("rows not shown: fewer than 60 persons" in t for t in texts)


def test_without_a_scheme_a_note_names_figures_on_few_cases(est: mpi.Estimates) -> None:
    with_few = est.publish(["H", "A"]).attrs["notes"]
    assert sum("fewer than 25 cases" in note and "scheme=" in note for note in with_few) == 1
    assert not any("25 cases" in note for note in est.publish("H", by="total").attrs["notes"])
    assert not any("No scheme" in note for note in est.publish(["H", "A"], scheme="dhs").attrs["notes"])


def test_released_estimates_keep_their_secrets_from_other_programs(est: mpi.Estimates) -> None:
    out = est.release("dhs")
    with pytest.raises(mpi.MpiError, match="influence=False"):
        out.to_json()
    with pytest.raises(mpi.MpiError, match="released already"):
        out.release("dhs")
    rows = out.to_dict(influence=False)["estimates"]
    assert {r["status"] for r in rows} >= {"shown", "not shown: fewer than 25 persons"}
    assert all(r["estimate"] is None for r in rows if r["status"].startswith("not shown"))


def test_status_goes_with_figures_that_are_taken_and_joined(est: mpi.Estimates) -> None:
    out = est.release(OWN)
    part = out.select(statistic="H", by="ethnicity")
    assert part.status.forms == [out.status.forms[i] for i in out.keys.find({"statistic": "H", "by": "ethnicity"})]
    again = mpi.concat([part, out.select(statistic="M0", by="ethnicity")])
    assert len(again.status.forms) == len(again)
    mixed = mpi.concat([part, est.select(statistic="M0", by="ethnicity")])
    assert mixed.status.forms[len(part) :] == ["{}"] * (len(mixed) - len(part))
    assert isinstance(part.status, Status)
    assert part.contrast(np.eye(len(part))[:1]).status is None


def test_the_command_line_hides_on_the_screen_and_in_files(tmp_path: Path) -> None:
    run = CliRunner().invoke(
        app,
        ["estimate", "sample", "--measure", "gso-mdp", "--by", "area,ethnicity", "--scheme", "dhs",
         "--out", str(tmp_path / "a.csv"), "--statistic", "H", "--statistic", "A"],
    )  # fmt: skip
    assert run.exit_code == 0, run.output
    assert "<25" in run.output
    assert "nan" not in run.output
    assert "Figures of fewer than 25 unweighted cases are not shown" in run.output
    assert re.search(r"By area × ethnicity: .* not shown: fewer than 25 persons\.", run.output)
    found = pd.read_csv(tmp_path / "a.csv")
    assert found.loc[found["status"].str.startswith("not shown"), "estimate"].isna().all()
    wrong = CliRunner().invoke(app, ["estimate", "sample", "--measure", "gso-mdp", "--scheme", "dsh"])
    assert wrong.exit_code == 1
    assert "did you mean 'dhs'" in wrong.output + (wrong.stderr if wrong.stderr_bytes else "")


def test_vhlss_releases_classes_measure_and_key_figures_together(tmp_path: Path) -> None:
    folder = Path(__file__).parents[2] / "data/samples/vhlss2016"
    if not folder.is_dir():
        pytest.skip("the samples are not in this checkout")
    out = tmp_path / "a.csv"
    run = CliRunner().invoke(
        app, ["vhlss", str(folder), "--year", "2016", "--by", "ethnicity", "--scheme", "dhs", "--out", str(out)]
    )
    assert run.exit_code == 0, run.output
    assert "<25" in run.output
    assert "nan" not in run.output.replace("Da Nang", "")
    assert "not shown: fewer than 25 households" in run.output
    found = pd.read_csv(out)
    assert found.loc[found["status"].str.startswith("not shown"), "estimate"].isna().all()
    assert found.loc[found["by"] == "total", "estimate"].notna().any()
