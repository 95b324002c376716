"""Codes of provinces, regions and ethnic groups, with their Vietnamese and English names.

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

from mpi.codes.sets import labels as names_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mpi.codes.codeset import Language

__all__ = ["labels_of_codes", "region_of_province"]

_AREAS: Mapping[Language, Mapping[int, str]] = {
    "vi": {1: "Thành thị", 2: "Nông thôn"},
    "en": {1: "Urban", 2: "Rural"},
}
_SEXES: Mapping[Language, Mapping[int, str]] = {"vi": {1: "Nam", 2: "Nữ"}, "en": {1: "Male", 2: "Female"}}
_SETS = {"province": "vn-63", "region": "vn-region6", "ethnicity": "vn-ethnic"}


def _rows(name: str) -> list[dict[str, str]]:
    text = (files("mpi.programmes.vhlss") / "codes" / name).read_text(encoding="utf-8")
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
def labels_of_codes(language: Language = "vi") -> Mapping[str, Mapping[int, str]]:
    """Return the value labels of province, region, area, ethnicity, sex, head_sex and stratum.

    Examples
    --------
    >>> labels_of_codes()["stratum"][22]
    'Hà Giang, nông thôn'
    >>> labels_of_codes("en")["stratum"][22]
    'Ha Giang, rural'
    """
    names = {column: names_of(codes, language) for column, codes in _SETS.items()}
    provinces = {code: names["province"][code] for code in region_of_province()}
    areas, sexes = _AREAS[language], _SEXES[language]
    strata = {
        10 * code + area: f"{name}, {label.lower()}"
        for code, name in provinces.items()
        for area, label in areas.items()
    }
    found = {**names, "province": provinces, "area": areas, "sex": sexes, "head_sex": sexes, "stratum": strata}
    return MappingProxyType({name: MappingProxyType(dict(labels)) for name, labels in found.items()})
