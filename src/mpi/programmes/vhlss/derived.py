"""Names that are made from others: region, size, sex of the head, year of birth, age in months."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mpi.programmes.vhlss.codes import region_of_province
from mpi.programmes.vhlss.keys import part
from mpi.programmes.vhlss.sheets import shown

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mpi.programmes.vhlss.layout import RoundLayout
    from mpi.programmes.vhlss.merge import Merged

    Values = NDArray[np.float64]

__all__ = ["derive"]

_HEAD = 1


def derive(merged: Merged, layout: RoundLayout) -> None:
    """Add the names that are made from others, and check those that say the same twice."""
    merged.household_columns["year"] = np.full(len(merged.households), float(layout.year))
    merged.household_columns["region"] = _region(merged)
    if merged.members is not None:
        _derive_from_members(merged, merged.members, layout.year)
    _check_person_weight(merged)


def _region(merged: Merged) -> Values:
    regions = region_of_province()
    provinces = part(merged.households, "province")
    strange = sorted(set(provinces.tolist()) - set(regions))
    if strange:
        shown_codes = ", ".join(map(str, strange[:5]))
        merged.findings.append(
            f"provinces {shown_codes} are not among the 63 of Decision 124/2004: their region is missing"
        )
    return np.array([regions.get(int(code), np.nan) for code in provinces], dtype=np.float64)


def _derive_from_members(merged: Merged, members: NDArray[np.int64], year: int) -> None:
    homes, people = merged.household_columns, merged.member_columns
    counted = np.bincount(members, minlength=len(merged.households)).astype(np.float64)
    if "size" in homes:
        _check_size(merged, homes["size"], counted)
    homes["size"] = counted
    if "head_sex" not in homes and {"relation", "sex"} <= people.keys():
        homes["head_sex"] = _head_sex(merged, members)
    if "birth_year" not in people and "age" in people:
        people["birth_year"] = year - people["age"]
    if "age_months" not in people and {"birth_month", "birth_year"} <= people.keys() and "interview_month" in homes:
        month = homes["interview_month"][members]
        people["age_months"] = 12 * (year - people["birth_year"]) + month - people["birth_month"]


def _check_size(merged: Merged, size: Values, counted: Values) -> None:
    """Tell where the file's size is not the number of members, which is then used."""
    differs = (counted > 0) & (size != counted)
    if differs.any():
        merged.findings.append(
            f"the size of {int(differs.sum()):,} households is not the number of their members "
            f"({shown(merged.households[differs])}); the members are counted"
        )


def _head_sex(merged: Merged, members: NDArray[np.int64]) -> Values:
    """Return the sex of each household's head; missing where there is none, or are several."""
    heads = merged.member_columns["relation"] == _HEAD
    count = np.bincount(members[heads], minlength=len(merged.households))
    sex = np.full(len(merged.households), np.nan)
    sex[members[heads]] = merged.member_columns["sex"][heads]
    odd = (count != 1) & np.isin(np.arange(len(count)), members)
    if odd.any():
        merged.findings.append(
            f"{int(odd.sum()):,} households have no head or several ({shown(merged.households[odd])})"
        )
    return np.where(count == 1, sex, np.nan)


def _check_person_weight(merged: Merged) -> None:
    """Tell where the file's weight of persons is not weight times size."""
    homes = merged.household_columns
    if not {"person_weight", "weight", "size"} <= homes.keys():
        return
    differs = np.abs(homes["person_weight"] - homes["weight"] * homes["size"]) > 0.001 * homes["person_weight"]
    if differs.any():
        merged.findings.append(
            f"the weight of persons is not weight x size in {int(differs.sum()):,} households "
            f"({shown(merged.households[differs])})"
        )
