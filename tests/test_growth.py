"""Growth of children: the z-scores of many at once are those the package with the WHO tables gives one by one."""

from __future__ import annotations

import numpy as np
import pytest

from mpi.indicators import growth_tables
from mpi.indicators.growth import z_score

rcpchgrowth = pytest.importorskip("rcpchgrowth", reason="the WHO tables come with an optional package")

SEXES = {1: "male", 2: "female"}
TYPICAL = {"height": lambda m: 50 + 4.5 * m**0.6, "weight": lambda m: 3.3 + 1.4 * m**0.6, "bmi": lambda m: 15.5 + 0 * m}
LIMITS = {"height": (-6, 6), "weight": (-6, 5), "bmi": (-5, 5)}
EDGES = [0, 0.01, 0.46, 12, 23.98, 24, 24.02, 59.99, 60, 60.01, 60.97, 60.98, 61, 61.5, 119.99, 120, 120.5, 227.99, 228]
MONTHS = np.array(
    [*EDGES, *np.arange(3, 228, 17), *np.linspace(0.3, 227.3, 12), *(np.array([400, 1500, 1857]) / 30.4375)]
)


def one_by_one(measure: str, sex: int, months: float, value: float) -> float:
    """What the package says of one child; nothing beyond its tables and beyond what WHO takes for plausible."""
    if measure == "weight" and months > 120:
        return np.nan
    z = float(rcpchgrowth.sds_for_measurement("who", months / 12, measure, value, SEXES[sex]))
    low, high = LIMITS[measure]
    return z if low <= z <= high else np.nan


@pytest.mark.parametrize("measure", list(TYPICAL))
@pytest.mark.parametrize("sex", list(SEXES))
def test_many_at_once_are_the_packages_own_one_by_one(measure: str, sex: int) -> None:
    """To rounding, on a grid of whole and broken months, on all edges, and beyond 3 where WHO counts otherwise."""
    months = np.tile(MONTHS, 4)
    value = TYPICAL[measure](months) * np.repeat([0.68, 0.95, 1.05, 1.55], len(MONTHS))
    wanted = [one_by_one(measure, sex, m, v) for m, v in zip(months, value, strict=True)]
    found = z_score(measure, np.full(len(months), sex), months, value)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-9)
    assert (np.abs(found[np.isfinite(found)]) > 3).any()


def test_the_gap_of_a_day_between_two_tables_is_no_hole() -> None:
    """The package has no answer a few hours before and after the second birthday; the next day's holds."""
    months = np.array([23.983, 23.99, 23.9999, 24, 24.005, 24.0165])
    z = z_score("height", np.ones(6), months, np.full(6, 87.0))
    assert np.isfinite(z).all()
    assert abs(z[:3] - z[0]).max() < 0.01
    assert abs(z[3:] - z[3]).max() < 0.01


def test_the_files_hold_what_the_package_says(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("who_2006_infant", "who_2006_child", "who_2007_child"):
        assert growth_tables._from_files(name, "height", "male") == growth_tables._from_package(name, "height", "male")
    wanted = growth_tables.reference("who_2007_child", "bmi", "female").lms
    monkeypatch.setattr(growth_tables, "_FILES", dict.fromkeys(growth_tables._FILES, "not_there"))
    growth_tables.reference.cache_clear()
    assert (growth_tables.reference("who_2007_child", "bmi", "female").lms == wanted).all()


def test_what_is_missing_stays_missing() -> None:
    nan = np.nan
    z = z_score(
        "height",
        np.array([nan, 1, 1, 3, 1, 1]),
        np.array([60, nan, 60, 60, -1, 300]),
        np.array([110, 110, nan, 110, 110, 110.0]),
    )
    assert np.isnan(z).all()
