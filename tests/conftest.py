"""What the tests share."""

from __future__ import annotations

import json
from pathlib import Path

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
