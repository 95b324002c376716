"""What the tests share."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
FIELD = HERE.parents[1] / "shared" / "field"


@pytest.fixture(scope="session")
def field() -> Path:
    """Reference data that cannot be part of the repository (other licences, size)."""
    if not FIELD.is_dir():
        pytest.skip("the reference data of the field are not on this machine; they cannot be shipped with the project")
    return FIELD


@pytest.fixture(scope="session")
def hand() -> dict:
    """Examples small enough for pencil and paper."""
    return json.loads((HERE / "oracles/hand/expected.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def own() -> dict:
    """What R says about the survey of our own."""
    return json.loads((HERE / "oracles/own_survey/expected.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def own_survey_path() -> Path:
    """The survey of our own: 77 households, 4 strata, 14 PSUs."""
    return HERE / "oracles/own_survey/survey.csv"


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """Spark on this machine alone."""
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java, which is not on this machine")
    sql = pytest.importorskip("pyspark.sql", reason="PySpark is an extra")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        builder = sql.SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
        session = builder.config("spark.sql.shuffle.partitions", "4").getOrCreate()
        yield session
        session.stop()
