"""Codes of provinces, regions and ethnic groups, with their Vietnamese names.

Provinces are the 63 of Decision 124/2004/QD-TTg, with the six regions in use until 2025 (Quảng Ninh in the Red
River Delta, as in the tables of the General Statistics Office). Ethnic groups are those of Decision
121-TCTK/PPCD of 1979.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["labels_of_codes", "region_of_province"]

_REGIONS = {
    1: "Đồng bằng sông Hồng",
    2: "Trung du và miền núi phía Bắc",
    3: "Bắc Trung Bộ và Duyên hải miền Trung",
    4: "Tây Nguyên",
    5: "Đông Nam Bộ",
    6: "Đồng bằng sông Cửu Long",
}
_AREAS = {1: "Thành thị", 2: "Nông thôn"}
_SEXES = {1: "Nam", 2: "Nữ"}


def _rows(name: str) -> list[dict[str, str]]:
    text = (files("mpi.readers.vhlss") / "codes" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def region_of_province() -> Mapping[int, int]:
    """Return the region (1 to 6) of each of the 63 provinces.

    Examples
    --------
    >>> region_of_province()[22]
    1
    """
    return MappingProxyType({int(row["code"]): int(row["region"]) for row in _rows("provinces.csv")})


@cache
def labels_of_codes() -> Mapping[str, Mapping[int, str]]:
    """Return the value labels of province, region, area, ethnicity, sex, head_sex and stratum.

    Examples
    --------
    >>> labels_of_codes()["stratum"][22]
    'Hà Giang, nông thôn'
    """
    provinces = {int(row["code"]): row["name"] for row in _rows("provinces.csv")}
    strata = {
        10 * code + area: f"{name}, {label.lower()}"
        for code, name in provinces.items()
        for area, label in _AREAS.items()
    }
    groups = {int(row["code"]): row["name"] for row in _rows("ethnic_groups.csv")}
    found = {
        "province": provinces, "region": _REGIONS, "area": _AREAS, "ethnicity": groups, "sex": _SEXES,
        "head_sex": _SEXES, "stratum": strata,
    }  # fmt: skip
    return MappingProxyType({name: MappingProxyType(labels) for name, labels in found.items()})
