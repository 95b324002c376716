"""Spark in local mode gives the figures of the microdata. It needs PySpark and Java, and is skipped without them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import mpi

pytestmark = pytest.mark.filterwarnings("ignore")  # PySpark's own: of pandas 3, of sockets left open

NAMES = ["a", "b", "c", "d"]
MEASURE = mpi.Measure.nested("m", {"x": NAMES[:2], "y": NAMES[2:]}, cutoff="1/2")
DESIGN = {"weight": "w", "strata": "stratum", "psu": "psu"}


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    n = 110_000
    frame = pd.DataFrame(rng.integers(0, 2, (n, 4)), columns=NAMES)
    frame["stratum"], frame["psu"], frame["w"] = rng.integers(0, 5, n), rng.integers(0, 40, n), rng.uniform(0, 2, n)
    frame["region"] = np.array(["north", "south"])[frame.stratum % 2]
    frame["b"] = frame["b"].astype(float).where(rng.random(n) > 0.03)
    return frame


def test_spark_gives_the_figures_of_the_microdata(people: pd.DataFrame, spark: Any, tmp_path) -> None:
    path = str(tmp_path / "people.parquet")
    people.to_parquet(path, index=False)
    small = mpi.profile(spark.read.parquet(path), MEASURE, by=["region"], **DESIGN)
    one = mpi.estimate(small, MEASURE, by=["region"])
    other = mpi.estimate(mpi.Survey(people, **DESIGN), MEASURE, by=["region"])
    assert one.value == pytest.approx(other.value, abs=1e-12, nan_ok=True)
    assert one.se == pytest.approx(other.se, abs=1e-10, nan_ok=True)
    assert np.array_equal(one.n, other.n)
