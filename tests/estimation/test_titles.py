"""Labels of variables head columns of groups and name indicators without a label of their own; no more changes."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest

import mpi

openpyxl = pytest.importorskip("openpyxl", reason="openpyxl is an extra")

LABELS = {
    "reg": "Vùng kinh tế - xã hội của hộ",
    "sex": "Sex",
    "hsex": "Sex",
    "a": "No safe water",
    "inc": "Income",
}
MEASURE = mpi.Measure.nested("m", {"x": ["a"], "y": ["b"]}, cutoff="1/2")


def people(rows: int = 60) -> pd.DataFrame:
    number = pd.Series(range(rows))
    return pd.DataFrame(
        {
            "w": 1.0 + number % 3, "c": number % 10, "reg": number % 3, "sex": number % 2, "hsex": number // 2 % 2,
            "a": (number % 4 == 0) * 1, "b": (number % 5 == 0) * 1, "inc": 100.0 + number,
        }
    )  # fmt: skip


def read(folder: Path, labels: dict[str, str], name: str = "people.dta") -> mpi.Survey:
    people().to_stata(folder / name, write_index=False, version=118, variable_labels=labels)
    return mpi.read_survey(folder / name, weight="w", psu="c")


def texts(est: mpi.Estimates) -> dict[str, set[str]]:
    book = openpyxl.load_workbook(io.BytesIO(est.to_excel() or b""))
    return {s.title: {str(c.value) for row in s for c in row if c.value is not None} for s in book}


def test_groups_are_headed_by_the_label_of_their_column_and_indicators_named_by_theirs(tmp_path: Path) -> None:
    est = mpi.estimate(read(tmp_path, LABELS), MEASURE, by=["reg", ("reg", "sex")])
    assert est.titles == {"reg": LABELS["reg"], "reg × sex": f"{LABELS['reg']} × Sex", "a": "No safe water"}
    found = texts(est)
    assert {"By vùng kinh tế - xã hội của hộ", LABELS["reg"]} <= found["By reg"]
    assert "No safe water" in found["By reg, indicators"]
    assert "b" in found["By reg, indicators"]
    assert f"total, reg ({LABELS['reg']}), reg × sex ({LABELS['reg']} × Sex)" in found["Notes"]
    assert LABELS["reg"] in (est.to_html() or "")


def test_the_tidy_table_and_files_of_numbers_are_those_of_a_file_without_labels(tmp_path: Path) -> None:
    one, other = (read(tmp_path, labels, name) for labels, name in ((LABELS, "one.dta"), ({}, "other.dta")))
    for make in (lambda s: mpi.estimate(s, MEASURE, by=["reg"]), lambda s: mpi.mean(s, "inc", by=["sex"])):
        assert make(one).to_csv() == make(other).to_csv()
        assert make(other).titles == {}


def test_the_measure_names_its_indicators_before_the_file_does(tmp_path: Path) -> None:
    labelled = mpi.Measure("m", [mpi.Indicator("a", dimension="x", weight=1, label="Water")], "1/2")
    assert mpi.estimate(read(tmp_path, LABELS), labelled).titles["a"] == "Water"
    assert mpi.mean(read(tmp_path, LABELS), "inc").titles == {"inc": "Income"}
    assert mpi.monetary.estimate(read(tmp_path, LABELS), "inc", statistics=["mean"]).titles == {"inc": "Income"}


def test_columns_of_one_label_are_told_apart(tmp_path: Path) -> None:
    est = mpi.estimate(read(tmp_path, LABELS), MEASURE, by=["sex", "hsex"])
    assert (est.titles["sex"], est.titles["hsex"]) == ("Sex [sex]", "Sex [hsex]")


def test_labels_stay_with_domains_rounds_profiles_and_what_is_put_together(tmp_path: Path) -> None:
    survey = read(tmp_path, LABELS)
    rounds = mpi.pool({2016: survey, 2018: read(tmp_path, {**LABELS, "sex": "Gender"}, "later.dta")}, shared_psus=True)
    est = mpi.estimate(rounds.where(lambda f: f["inc"] > 110), MEASURE, by=["reg", "sex"])
    assert est.titles == {"reg": LABELS["reg"], "a": "No safe water"}, "rounds that disagree on a label have none"
    both = mpi.concat([mpi.estimate(survey, MEASURE), mpi.estimate(survey, MEASURE, by=["reg"])])
    assert both.titles["reg"] == LABELS["reg"]
    assert mpi.Estimates.from_json(both.to_json()).titles == both.titles
    profile = mpi.profile(survey, MEASURE, ["reg"])
    assert mpi.estimate(profile, MEASURE, by=["reg"]).titles["reg"] == LABELS["reg"]
    assert mpi.gap(mpi.estimate(survey, MEASURE, by=["sex"]), "sex").titles["sex"] == "Sex"


@pytest.mark.parametrize("length", [1, 40, 80])
def test_no_label_is_cut_or_makes_a_sheet_wider_than_a_page(length: int, tmp_path: Path) -> None:
    label = ("Lorem ipsum dolor " * 5)[:length].strip()
    est = mpi.estimate(read(tmp_path, {"reg": label}), MEASURE, by=["reg"])
    for sheet in openpyxl.load_workbook(io.BytesIO(est.to_excel() or b"")):
        if sheet.title in {"Notes", "Data"}:
            continue
        width = sum(d.width * 7 + 5 for d in sheet.column_dimensions.values())
        assert width <= (269 if sheet.page_setup.orientation == "landscape" else 182) * 96 / 25.4 / 0.8
        heads = [c for row in sheet.iter_rows(min_row=4, max_row=6, max_col=1) for c in row if c.value == label]
        for cell in heads:
            lines = sheet.row_dimensions[cell.row].height or 12.75
            assert cell.alignment.wrap_text
            assert lines <= 12.75 * 2 + 3, "a label does not make its column a tower of words"
            assert len(label) * 5.5 <= (sheet.column_dimensions["A"].width * 7) * (lines // 12.75)
