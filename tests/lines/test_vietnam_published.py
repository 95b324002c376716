"""Published figures of Viet Nam that need no microdata: what they say must follow from each other by our functions.

Poor households of 2023 (GSO): see oracles/gso_2023. Global MPI, Viet Nam, MICS 2020-21 (OPHI and UNDP, 2024 edition,
national table and its disaggregations): no anthropometry, so child mortality carries the weight of health.
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import mpi
from mpi import codes

GSO_2023 = Path(__file__).parents[1] / "oracles/gso_2023"
CENSORED = {  # censored headcounts in per cent, printed with one decimal: 2020-21, 2013-14
    "d_cm": (0.5, 0.9), "d_educ": (1.3, 3.6), "d_satt": (0.6, 1.4), "d_ckfl": (1.5, 4.5), "d_sani": (1.3, 4.1),
    "d_wtr": (0.5, 1.3), "d_elct": (0.1, 0.4), "d_hsg": (1.2, 3.1), "d_asst": (0.6, 1.2),
}  # fmt: skip


@pytest.mark.parametrize(("edition", "m0", "published"), [(0, 0.00772, 0.00773), (1, 0.0194, 0.019)])
def test_m0_from_censored_headcounts_and_the_absent_nutrition(edition: int, m0: float, published: float) -> None:
    weights = mpi.load_measure("global-mpi").drop("d_nutr").weights
    total = sum(float(weights[j]) * figures[edition] / 100 for j, figures in CENSORED.items())
    assert total == pytest.approx(m0, abs=5e-5 if edition else 5e-6)
    assert total == pytest.approx(published, abs=5e-4)  # the inputs are printed with one decimal


def test_contributions_of_the_dimensions() -> None:
    measure = mpi.load_measure("global-mpi").drop("d_nutr")
    parts = dict.fromkeys(measure.dimensions, 0.0)
    for i in measure.indicators:
        parts[i.dimension] += float(i.weight) * CENSORED[i.name][0]
    total = sum(parts.values())
    shares = [100 * parts[d] / total for d in measure.dimensions]
    assert shares == pytest.approx([21.6, 41.0, 37.4], abs=0.05)


def weighted(frame: pd.DataFrame, column: str) -> float:
    return float(mpi.mean(mpi.Survey(frame, weight="share"), column).value[0])


def test_urban_and_rural_recombine_to_the_nation() -> None:
    frame = pd.DataFrame(
        {
            "share": [34.1147518063, 65.8852481937],
            "H": [0.7973276489, 2.4999741508],
            "MPI": [0.0031724292, 0.0100889481],
            "A": [39.7882756798, 40.3562096678],
        }
    )
    assert weighted(frame, "H") == pytest.approx(1.91912, abs=5e-6)
    assert weighted(frame, "MPI") == pytest.approx(0.0077294, abs=5e-8)
    assert (frame.H * frame.A / 1e4).to_numpy() == pytest.approx(
        frame.MPI.to_numpy(), abs=1e-10
    )  # printed to ten decimals
    assert pytest.approx(1870.53, abs=0.005) == 265.119 + 1605.410


def test_sex_of_the_head_recombines_as_far_as_it_is_printed() -> None:
    frame = pd.DataFrame({"share": [25.43, 74.57], "H": [1.47, 2.07], "MPI": [0.006, 0.008]})
    assert weighted(frame, "H") == pytest.approx(1.91912, abs=0.005)
    assert weighted(frame, "MPI") == pytest.approx(0.0077294, abs=5e-4)


def test_the_gender_gap_changes_its_sign_with_the_unit() -> None:
    """VHLSS 2023, income condition of Decree 07/2021, by sex of the head: persons and households (aggregates only)."""
    persons = {"male": 11.766, "female": 10.064}
    households = {"male": 10.844, "female": 11.101}
    assert persons["female"] - persons["male"] < 0 < households["female"] - households["male"]
    shares = pd.DataFrame({"share": [70.84, 29.142], "H": [households["male"], households["female"]]})
    assert weighted(shares, "H") == pytest.approx(10.9174, abs=0.003)


@pytest.fixture(scope="module")
def provinces() -> mpi.Survey:
    """The 63 provinces as rows that stand for their households, of the mean size that the shares of persons imply."""
    frame = pd.read_csv(GSO_2023 / "provinces.csv", dtype={"code": str})
    return mpi.Survey(frame.assign(size=frame.persons / frame.households), weight="households", size="size")


def test_the_official_rates_of_2023_count_households(provinces: mpi.Survey) -> None:
    published = json.loads((GSO_2023 / "published.json").read_text(encoding="utf-8"))
    rates = mpi.mean(provinces, "rate", by=["region"], unit="household")
    assert rates.select(by="total").value[0] == pytest.approx(3.37316, abs=5e-6)
    found = dict(zip(rates.table["group"], rates.value, strict=True))
    assert found.keys() == published.keys()
    for group, rate in published.items():
        assert found[group] == pytest.approx(rate, abs=6e-4 if rate > 1 and group != "total" else 6e-5)


def test_the_same_rates_by_persons_are_higher(provinces: mpi.Survey) -> None:
    """Poor provinces have larger households; a rate of persons is no figure to compare with the official one."""
    assert mpi.mean(provinces, "rate", unit="person").value[0] == pytest.approx(3.6071, abs=5e-5)


def test_the_shipped_provinces_are_those_of_the_code_set() -> None:
    frame = pd.read_csv(GSO_2023 / "provinces.csv", dtype={"code": str})
    known = {province.text: province.name_vi for province in codes.provinces("vn-63")}
    assert known == dict(zip(frame.code, frame.province, strict=True))
    regions = {region.name_en: region.code for region in codes.regions()}
    for code, region in zip(frame.code, frame.region, strict=True):
        assert codes.region_of(code, "vn-63").code == regions[region]
