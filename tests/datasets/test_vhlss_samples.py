"""The synthetic VHLSS folders: well formed, near what they were set to, and made again to the same bytes.

Deprivations and poverty are computed here with pandas alone, not with the library's rules. The published values, and
how sure each is, stand in data/samples/VHLSS.md.
"""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mpi.programmes.vhlss import read_vhlss

SAMPLES = Path(__file__).parents[2] / "data" / "samples"
YEARS = (2016, 2022)
HMONG, BAC_KAN = 8, 6


@pytest.fixture(scope="module")
def generator():
    spec = importlib.util.spec_from_file_location("make_vhlss", SAMPLES / "make_vhlss.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture(scope="module")
def people():
    found = {}
    for year in YEARS:
        frame = read_vhlss(SAMPLES / f"vhlss{year}", year).frames[0].to_native()
        found[year] = frame.assign(minority=~frame["ethnicity"].isin([1, 4]))
    return found


@pytest.fixture(scope="module")
def deprived(people, generator):
    return {2016: rules_2016(people[2016]), 2022: rules_2022(people[2022], generator)}


@pytest.fixture(scope="module")
def homes(people, deprived):
    found = {}
    for year in YEARS:
        frame, many = people[year], deprived[year].sum(axis=1) >= 3
        town, income = frame["area"] == 1, frame["income"]
        upper = np.where(town, 1.3e6, 1.0e6) if year == 2016 else np.where(town, 2.0e6, 1.5e6)
        poor = (income <= upper) & many
        if year == 2016:
            poor |= income <= np.where(town, 0.9e6, 0.7e6)
        found[year] = frame.assign(poor=poor, low=income <= upper).drop_duplicates("household")
    return found


def anybody(frame, condition):
    return condition.groupby(frame["household"]).transform("any")


def rules_2016(f):
    school, age = f["attending"], f["age"]
    return pd.DataFrame(
        {
            "health_access": anybody(f, (f["ill"] == 1) & (f["sought_care"] == 0)),
            "health_insurance": anybody(f, (age >= 6) & (f["insured"] == 0)),
            "adult_education": anybody(f, (age >= 15) & (f["birth_year"] >= 1986) & (f["level"] < 2) & (school == 0)),
            "child_schooling": anybody(f, (age >= 5) & (age < 15) & (school == 0)),
            "housing_quality": f["housing_type"] == 5,
            "housing_area": f["living_area"] < 8 * f["size"],
            "water": f["water"].isin([7, 9, 12, 13, 15]),
            "toilet": f["toilet"].isin([8, 10, 11, 12, 13]),
            "telecom": (f["landline"] == 0) & (f["mobile"] == 0) & ~anybody(f, f["internet"] == 1),
            "information_assets": f[["tv", "radio", "desktop", "loudspeaker"]].sum(axis=1) == 0,
        }
    )


def rules_2022(f, generator):
    age, school = f["age"], f["attending"]
    enough = (school != 0) | ((age < 18) & (f["level"] >= 2)) | (f["level"] >= 3)
    proper = np.select([age < 6, age < 12], [-1, 1], 2)
    owned = ["tv", "radio", "desktop", "landline", "mobile", "laptop", "tablet", "smartphone"]
    soft = (f["housing_column"] > 3).astype(int) + (f["housing_roof"] > 2) + (f["housing_wall"] > 3)
    dependent = (age < 16) | f["allowance"].isin([1, 2])
    return pd.DataFrame(
        {
            "employment": anybody(f, (f["seeking"] == 1) | ((f["wage"] == 1) & (f["contract"] == 0))),
            "dependents": dependent.groupby(f["household"]).transform("mean") > 0.5,
            "nutrition": anybody(f, too_small(f, generator)),
            "health_insurance": anybody(f, (age >= 6) & (f["insured"] == 0)),
            "adult_education": anybody(f, (age >= 16) & (age <= 30) & ~enough),
            "child_schooling": anybody(
                f, (age >= 3) & (age < 16) & ((school == 0) | ((school == 1) & (f["attending_level"] != proper)))
            ),
            "housing_quality": soft >= 2,
            "housing_area": f["living_area"] < 8 * f["size"],
            "water": ~f["water"].isin([1, 2, 3, 4, 5, 6, 8, 10, 14]),
            "toilet": f["toilet"].isin([4, 8, 10, 11, 12, 13]),
            "telecom": ~anybody(f, f["internet"] == 1),
            "information_means": f[owned].sum(axis=1) == 0,
        }
    )


def too_small(f, generator):
    """Height more than two standard deviations below the median of the age."""
    years, grid = f["age_months"] / 12, np.arange(17)
    small = pd.Series(False, index=f.index)
    for sex, (median, spread) in generator.HEIGHTS.items():
        rows = (f["sex"] == sex) & (f["age"] < 16)
        z = (f["height"][rows] - np.interp(years[rows], grid, median)) / np.interp(years[rows], grid, spread)
        small[rows] = z < -2
    return small


def share(mask, frame):
    return np.average(mask, weights=frame["weight"])


# --- the files


def test_folders_are_small():
    assert sum(path.stat().st_size for year in YEARS for path in (SAMPLES / f"vhlss{year}").iterdir()) < 8e6


def test_made_again_to_the_same_bytes(generator, tmp_path):
    generator.main(tmp_path)
    for year in YEARS:
        made = sorted((tmp_path / f"vhlss{year}").iterdir())
        assert [p.name for p in made] == sorted(p.name for p in (SAMPLES / f"vhlss{year}").iterdir())
        for path in made:
            assert path.read_bytes() == (SAMPLES / f"vhlss{year}" / path.name).read_bytes(), path.name


@pytest.mark.parametrize("year", YEARS)
def test_every_file_says_that_it_is_synthetic(year):
    for path in (SAMPLES / f"vhlss{year}").iterdir():
        with pd.read_stata(path, iterator=True) as reader:
            assert reader.data_label.startswith("SYNTHETIC"), path.name
        assert path.read_bytes()[0] == 114 or year == 2022


# --- the design


@pytest.mark.parametrize("year", YEARS)
def test_size_and_strata(people, homes, year):
    assert 4_600 < len(homes[year]) < 4_900
    assert 16_500 < len(people[year]) < 18_700
    areas = homes[year].groupby("stratum")["psu"].nunique()
    assert len(areas) == 126
    assert areas.isin([3, 4]).all()


@pytest.mark.parametrize(("year", "households", "persons"), [(2016, 24.2e6, 92.7e6), (2022, 27.007e6, 96.8e6)])
def test_population(people, homes, year, households, persons):
    assert homes[year]["weight"].sum() == pytest.approx(households, rel=1e-6)
    assert people[year]["weight"].sum() == pytest.approx(persons, rel=0.01)


@pytest.mark.parametrize("year", YEARS)
def test_shares_of_the_provinces(people, homes, generator, year):
    published = pd.DataFrame.from_dict(generator.PROVINCES, orient="index")
    of_homes = homes[year].groupby("province")["weight"].sum() / homes[year]["weight"].sum()
    of_persons = people[year].groupby("province")["weight"].sum() / people[year]["weight"].sum()
    np.testing.assert_allclose(of_homes, published[3] / published[3].sum(), rtol=1e-5)
    np.testing.assert_allclose(of_persons, published[4] / published[4].sum(), rtol=0.10)


# --- who they are


@pytest.mark.parametrize("year", YEARS)
def test_minorities(people, year):
    frame = people[year]
    assert 0.11 < share(frame["minority"], frame) < 0.15
    assert 0.011 < share(frame["ethnicity"] == HMONG, frame) < 0.018
    by_province = frame.groupby("province").apply(lambda f: share(f["minority"], f), include_groups=False)
    assert by_province[[2, 4, BAC_KAN, 11, 12, 14, 20]].gt(0.6).all()
    assert by_province[[17, 62, 64]].gt(0.3).all()
    assert by_province[[1, 34, 36, 79, 83]].lt(0.03).all()


@pytest.mark.parametrize(("year", "mean"), [(2016, 3.05e6), (2022, 4.67e6)])
def test_mean_income(people, year, mean):
    assert np.average(people[year]["income"], weights=people[year]["weight"]) == pytest.approx(mean, rel=0.002)


# --- deprivations


def test_deprivation_rates_of_2016(people, deprived, generator):
    for name, rate in generator.ROUND_2016.rates.items():
        assert 100 * share(deprived[2016][name], people[2016]) == pytest.approx(rate, abs=0.3), name


def test_deprivation_rates_of_2022(people, deprived, generator):
    for name, rate in generator.ROUND_2022.rates.items():
        if name in deprived[2022] and name != "dependents":
            assert 100 * share(deprived[2022][name], people[2022]) == pytest.approx(rate, abs=0.3), name
    shared = rules_2016(people[2022])
    for name in ("health_access", "housing_quality", "information_assets"):
        assert 100 * share(shared[name], people[2022]) == pytest.approx(generator.RATES_2020[name], abs=0.3), name


def test_headcounts_of_2016(people, deprived, generator):
    frame, poor = people[2016], deprived[2016].sum(axis=1) >= 3
    assert 100 * share(poor, frame) == pytest.approx(9.9, abs=0.5)
    for area, rate in ((1, 3.9), (2, 12.7)):
        rows = frame["area"] == area
        assert 100 * share(poor[rows], frame[rows]) == pytest.approx(rate, abs=1)
    for region, rate in generator.H_2016.items():
        rows = frame["region"] == region
        assert 100 * share(poor[rows], frame[rows]) == pytest.approx(rate, abs=2)


def test_ethnic_groups_among_the_multidimensionally_poor_of_2016(people, deprived):
    frame, poor = people[2016], deprived[2016].sum(axis=1) >= 3
    hmong = frame["ethnicity"] == HMONG
    assert share(poor[hmong], frame[hmong]) == pytest.approx(0.78, abs=0.04)
    assert share(frame["minority"][poor], frame[poor]) == pytest.approx(0.51, abs=0.04)


# --- official poverty, of households


@pytest.mark.parametrize(("year", "column"), [(2016, 1), (2022, 2)])
def test_poverty_rates_of_the_provinces(homes, generator, year, column):
    rates = homes[year].groupby("province").apply(lambda f: 100 * share(f["poor"], f), include_groups=False)
    for province, row in generator.PROVINCES.items():
        assert rates[province] == pytest.approx(row[column], abs=2), province


@pytest.mark.parametrize(
    ("year", "published"),
    [(2016, (3.10, 23.04, 11.57, 18.50, 1.00, 8.60)), (2022, (0.906, 12.82, 5.22, 10.77, 0.37, 3.95))],
)
def test_poverty_rates_of_the_regions(homes, year, published):
    rates = homes[year].groupby("region").apply(lambda f: 100 * share(f["poor"], f), include_groups=False)
    np.testing.assert_allclose(rates, published, atol=0.6)


@pytest.mark.parametrize(("year", "published", "band"), [(2016, 9.15, 0.7), (2022, 4.194, 0.2)])
def test_poverty_rate_of_the_country(homes, year, published, band):
    assert 100 * share(homes[year]["poor"], homes[year]) == pytest.approx(published, abs=band)


@pytest.mark.parametrize("year", YEARS)
def test_near_poor_households_exist_beside_the_poor(homes, year):
    near = homes[year]["low"] & ~homes[year]["poor"]
    assert 0.03 < share(near, homes[year]) < 0.09


@pytest.mark.parametrize("year", YEARS)
def test_poor_of_bac_kan_are_minorities(homes, year):
    poor = homes[year][homes[year]["poor"] & (homes[year]["province"] == BAC_KAN)]
    assert share(poor["minority"], poor) == pytest.approx(0.96, abs=0.03)
