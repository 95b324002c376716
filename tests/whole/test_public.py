"""The public face: pinned names, and an import that is light."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import mpi

NAMES = {
    "Estimates", "Indicator", "Measure", "MpiError", "MpiWarning", "Retention", "Survey", "WaldTest", "estimate",
    "list_measures", "load_measure", "load_sample", "mean", "pool", "proportion", "ratio", "read_survey", "retention",
    "total", "Line", "estimate_line", "international_line", "line_for", "list_lines", "load_line",
    "read_vhlss", "with_deprivations", "decompose",
    "profile", "merge_profiles", "save_profile", "load_profile", "scan",
    "scores", "estimate_cardinal",
    "change", "concat", "gap", "significance", "simultaneous", "rao_scott", "precision",
    "detectable", "sample_size",
    "Design", "compare_errors", "replicate",
}  # fmt: skip

COLUMNS = [
    "statistic", "contrast", "indicator", "dimension", "by", "group", "wave", "cutoff", "weighting", "estimate", "se",
    "ci_low", "ci_high", "df", "n", "n_psu", "flag",
    "k", "group_code",
]  # fmt: skip


def test_names_others_depend_on() -> None:
    assert set(mpi.__all__) == NAMES
    assert all(hasattr(mpi, name) for name in NAMES)


def test_columns_others_depend_on() -> None:
    est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"))
    assert est.table.columns.tolist() == COLUMNS


def test_the_import_pulls_numpy_and_narwhals_only() -> None:
    program = "import sys, json; import mpi; print(json.dumps(sorted({m.partition('.')[0] for m in sys.modules})))"
    loaded = set(json.loads(subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout))
    heavy = {"pandas", "scipy", "statsmodels", "matplotlib", "pyreadstat", "polars", "pyarrow", "typer", "rich"}
    assert loaded & heavy == set()
    assert {"numpy", "narwhals"} <= loaded


def test_rooms_are_entered_when_they_are_asked_for() -> None:
    program = "import sys, mpi; print('mpi.decompose' in sys.modules, 'mpi.lines' in sys.modules); from mpi import *; "
    program += "print('mpi.lines' in sys.modules, mpi.decompose.change.__name__, mpi.Line is Line)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert done.stdout.split() == ["False", "False", "True", "change", "True"]
    assert set(dir(mpi)) >= NAMES
    with pytest.raises(AttributeError, match="no attribute 'profil'"):
        mpi.profil  # noqa: B018  # to be looked up is all


def test_the_sample_answers_the_question_it_is_for() -> None:
    """The figures a reader of the README sees, within the sampling noise that the sample's own README states."""
    est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["ethnicity"])
    hmong = est.select(statistic="H", group="Hmong", wave=2016)
    assert abs(hmong.value[0] - 0.78) < 2 * hmong.se[0]
    kinh = est.select(statistic="poor_share", group="Kinh", wave=2016)
    assert abs(1 - kinh.value[0] - 0.512) < 2 * kinh.se[0]
