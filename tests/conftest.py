"""What the tests share."""

from __future__ import annotations

import gc
import json
import shutil
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import frame_kinds

HERE = Path(__file__).parent
FIELD = HERE.parents[1] / "shared" / "field"


def pytest_collection_finish() -> None:
    """Spare the collector of garbage all modules and tests, which stay until the end: to look at them takes .5 s."""
    gc.collect()
    gc.freeze()


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
    """Spark in local mode, on two cores."""
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java, which is not on this machine")
    sql = pytest.importorskip("pyspark.sql", reason="PySpark is an extra")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        session = (
            sql.SparkSession.builder.master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", "4")
            .config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1")  # compiled sooner, if less well
            .getOrCreate()
        )
        session.sparkContext.setLogLevel("ERROR")
        yield session
        session.stop()
        gc.collect()


@pytest.fixture
def on_engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """What makes a frame of an engine: ``on_engine("spark", table)``."""

    def made(engine: str, frame: pd.DataFrame) -> Any:
        return frame_kinds.on(
            engine, frame, lambda: request.getfixturevalue("spark"), tmp_path_factory.mktemp("engine")
        )

    return made
