"""Crosswalks between code sets: provinces of 63, of 34, in three digits, and regions, all by way of the 63.

Before 2004 three codes of three digits stood for more than they did later. So the year of the data may be needed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from mpi.codes.sets import code_set, lookup
from mpi.codes.shipped import rows, tables
from mpi.codes.values import check_years, map_values
from mpi.core.errors import RequestError, unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mpi.codes.codeset import Code, Fact

__all__ = ["PIVOT", "Crosswalk", "crosswalk", "parts", "region_of", "translate"]

PIVOT = "vn-63"
"""The set by way of which all others are translated: the finest that covers all years."""

_HA_TAY = {"vn-63": 28, "vn-old3": 105}
_HA_NOI = 1
_SPLIT_YEAR = 2004


@dataclass(frozen=True, slots=True, eq=False)
class Crosswalk:
    """A mapping of the codes of one set to those of another.

    Attributes
    ----------
    source, target : str
        The names of the sets.
    mapping : mapping of int to tuple of int
        The codes of the target that each code of the source has a part in.
    year : int or None
        The year of the source's codes; None for 2004 and later.
    facts : tuple of Fact
        What is known of the two sets, and how sure.
    """

    source: str
    target: str
    mapping: Mapping[int, tuple[int, ...]]
    year: int | None
    facts: tuple[Fact, ...]

    @property
    def kind(self) -> Literal["one to one", "many to one", "one to many", "many to many"]:
        """Return whether codes are united, divided, both or neither; retired codes count."""
        divided = any(len(targets) > 1 for targets in self.mapping.values())
        united = any(n > 1 for n in Counter(t for targets in self.mapping.values() for t in targets).values())
        if divided:
            return "many to many" if united else "one to many"
        return "many to one" if united else "one to one"


def crosswalk(from_set: str, to_set: str, *, year: int | None = None) -> Crosswalk:
    """Return what each code of one set is in another.

    Parameters
    ----------
    from_set, to_set : str
        "vn-63", "vn-34", "vn-old3" or "vn-region6".
    year : int, optional
        The year of the data. It matters for "vn-old3" alone: before 2004 its 301, 605 and 815 stood for undivided
        Lai Châu, Đắk Lắk and Cần Thơ. By default their meaning from 2004 on. The target is always as from 2004 on.

    Raises
    ------
    MpiError
        When a set is not one of these, or the year is no whole number.

    Examples
    --------
    >>> crosswalk("vn-34", "vn-63").mapping[15]
    (10, 15)
    >>> crosswalk("vn-63", "vn-34").kind
    'many to one'
    """
    for name in (from_set, to_set):
        if name not in _columns():
            raise RequestError(unknown("code set with a crosswalk", name, _columns()))
    if year is not None:
        check_years(year=year)
    whole = parts(from_set, year)
    mapping = {code: _targets(members, to_set) for code, members in whole.items()}
    facts = (*code_set(from_set).facts, *code_set(to_set).facts)
    return Crosswalk(from_set, to_set, MappingProxyType(mapping), year, facts)


def translate(values: object, from_set: str, to_set: str, *, year: int | None = None) -> list[int | None]:
    """Return values of one code set as codes of another, in the same order; missing values stay missing, as None.

    Parameters
    ----------
    values : sequence, array or column
        Codes as numbers or text, or names.
    from_set, to_set, year
        As in `crosswalk`. Without a year, three-digit codes whose meaning changed in 2004 are refused where it matters.

    Raises
    ------
    MpiError
        Lists every value that is unknown, or that has parts in several units of the target.

    Examples
    --------
    >>> translate([10, 15, None], "vn-63", "vn-34")
    [15, 15, None]
    >>> translate(["Hà Nội", "79"], "vn-63", "vn-region6")
    [1, 5]
    """
    mapping = crosswalk(from_set, to_set, year=year).mapping
    before = crosswalk(from_set, to_set, year=_SPLIT_YEAR - 1).mapping if year is None else mapping

    def translate_value(value: int | str) -> int:
        """Return the code of one value in the target set."""
        unit = lookup(value, from_set)
        if before[unit.code] != mapping[unit.code]:
            raise RequestError(_needs_year(unit, before[unit.code], to_set))
        return _only(unit, mapping[unit.code], from_set, to_set)

    return map_values(values, translate_value, f"these values cannot be translated from {from_set} to {to_set}")


def region_of(code_or_name: int | str, set_name: str | None = None) -> Code:
    """Return the region, one of six, in which a province lies.

    Parameters
    ----------
    code_or_name, set_name
        As in `lookup`. A whole column is translated with ``translate(values, set_name, "vn-region6")``.

    Raises
    ------
    MpiError
        When there is no such province, or it unites provinces of two regions, as seven of the 34 do.

    Examples
    --------
    >>> region_of("Quảng Ninh", "vn-63").name_en
    'Red River Delta'
    """
    unit = lookup(code_or_name, set_name)
    name = set_name or ""  # lookup refuses none
    targets = crosswalk(name, "vn-region6").mapping[unit.code]
    return lookup(_only(unit, targets, name, "vn-region6"), "vn-region6")


@cache
def parts(set_name: str, year: int | None = None) -> Mapping[int, tuple[int, ...]]:
    """Return the provinces of the 63 in which each code of a set has its land, in a year.

    Examples
    --------
    >>> parts("vn-old3", 2002)[301], parts("vn-old3", 2006)[301]
    ((11, 12), (12,))
    """
    members: dict[int, list[int]] = {}
    for row in rows("crosswalk"):
        members.setdefault(int(row[set_name]), []).append(int(row[PIVOT]))
    if set_name == "vn-old3" and year is not None and year < _SPLIT_YEAR:
        for whole, after in _splits():
            members[whole] = sorted(m for code in after for m in members[code])
    if set_name in _HA_TAY:
        members[_HA_TAY[set_name]] = [_HA_NOI]
    return MappingProxyType({code: tuple(found) for code, found in sorted(members.items())})


def _splits() -> list[tuple[int, list[int]]]:
    return [
        (change["before"][0], change["after"]) for change in tables("changes")["change"] if change["kind"] == "split"
    ]


@cache
def _columns() -> tuple[str, ...]:
    return tuple(rows("crosswalk")[0])


def _targets(members: tuple[int, ...], to_set: str) -> tuple[int, ...]:
    target = {int(row[PIVOT]): int(row[to_set]) for row in rows("crosswalk")}
    return tuple(sorted({target[m] for m in members}))


def _only(unit: Code, targets: tuple[int, ...], from_set: str, to_set: str) -> int:
    if len(targets) == 1:
        return targets[0]
    raise RequestError(
        f"{unit.name_vi} ({unit.text} in {from_set}) has parts in {_listed(targets, to_set)} of {to_set}"
    )


def _needs_year(unit: Code, before: tuple[int, ...], to_set: str) -> str:
    return (
        f"{unit.text} ({unit.name_vi}) was divided in {_SPLIT_YEAR}; before, it was {_listed(before, to_set)} of "
        f"{to_set}: say the year of the data, year=..."
    )


def _listed(codes: tuple[int, ...], set_name: str) -> str:
    units = [lookup(code, set_name) for code in codes]
    return " and ".join(f"{u.name_vi} ({u.text})" for u in units)
