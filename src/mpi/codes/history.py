"""History of the provinces since 2002, and units that stay the same across years.

The 63 provinces are atoms here: what was one province in some year of a span is one unit in all of it. Hà Tây goes
with Hà Nội in every span. Districts that moved between provinces in 2008 are not followed; `changes` names them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from mpi.codes.codeset import Code, CodeSet, Fact
from mpi.codes.crosswalks import PIVOT, parts
from mpi.codes.sets import code_set, lookup, province_sets, provinces
from mpi.codes.shipped import tables
from mpi.codes.values import check_years, map_values
from mpi.core.errors import Problems, RequestError, unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Change", "changes", "harmonise", "stable_set"]

FIRST = 2002
"""The first year of which changes are recorded: that of the first VHLSS."""

_MERGERS_2025 = "Resolution 202/2025/QH15"


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened to provinces.

    Attributes
    ----------
    date : date
        The day from which it held.
    kind : {"split", "merger", "boundary", "status"}
        A province divided; several united; land that moved; a change that touches neither land nor code.
    before_set, after_set : str
        The code sets of the codes.
    before, after : tuple of int
        The codes before and after.
    instrument : str
        The resolution; empty where not known.
    note : str
        What happened, in words.
    facts : tuple of Fact
        How sure each of this is.
    """

    date: date
    kind: Literal["split", "merger", "boundary", "status"]
    before_set: str
    before: tuple[int, ...]
    after_set: str
    after: tuple[int, ...]
    instrument: str
    note: str
    facts: tuple[Fact, ...]


@cache
def changes() -> tuple[Change, ...]:
    """Return what happened to provinces since 2002, in order of date.

    Examples
    --------
    >>> for change in changes()[:4]:
    ...     print(change.date, change.kind, change.before, change.after)
    2004-01-01 split (301,) (301, 302)
    2004-01-01 split (605,) (605, 606)
    2004-01-01 split (815,) (815, 816)
    2008-08-01 merger (101, 105) (101,)
    """
    listed = [_listed(table) for table in tables("changes")["change"]]
    return tuple(sorted([*listed, *_mergers_of_2025()], key=lambda c: c.date))


@cache
def stable_set(since: int = FIRST, until: int = 2024) -> CodeSet:
    """Return units that are the same places in every year of a span: the finest there are.

    A province that was divided within the span is one unit with what it was divided into; provinces that were united
    within it are one unit. A unit takes the lowest of its codes in "vn-63"; its name joins the names of its members.

    Parameters
    ----------
    since, until : int
        The first and the last year, both included. 2002-2024 gives 60 units, 2004-2024 all 63.

    Raises
    ------
    MpiError
        When the span is empty, or begins before 2002.

    Examples
    --------
    >>> units = stable_set(2002, 2024)
    >>> len(units), units.find(11).name_vi
    (60, 'Điện Biên + Lai Châu')
    """
    check_years(since=since, until=until)
    problems = Problems("no stable units can be made", RequestError)
    if since < FIRST:
        problems.add(f"since={since}: changes are recorded from {FIRST} on")
    if until < since:
        problems.add(f"until={until} comes before since={since}")
    problems.raise_if_any()
    span = f"{since}-{until}"
    codes = tuple(_unit(members) for members in _united(since, until))
    return CodeSet(
        name=f"vn-stable-{span}",
        kind="province",
        instrument=f"units of {PIVOT} that are the same in all of {span}",
        width=2,
        valid_from=date(since, 1, 1),
        valid_to=date(until, 12, 31),
        facts=tuple(dict.fromkeys(fact for change in changes() for fact in change.facts)),
        codes=codes,
        note="Hà Tây goes with Hà Nội; districts and communes that moved to Hà Nội in 2008 are not followed.",
    )


def harmonise(values: object, set_name: str, *, year: int, since: int = FIRST, until: int = 2024) -> list[int | None]:
    """Return the stable unit of each value, so that years can be compared; missing values stay missing, as None.

    Parameters
    ----------
    values : sequence, array or column
        Codes or names of provinces.
    set_name : str
        The code set of the values: "vn-63", "vn-34" or "vn-old3".
    year : int
        The year of the data.
    since, until : int
        The span of years to be compared; see `stable_set`, whose codes and labels the result has.

    Raises
    ------
    MpiError
        When the year lies outside the span, or values are unknown or have parts in several units: all are listed.

    Examples
    --------
    >>> harmonise([301, 105, 815], "vn-old3", year=2002)
    [11, 1, 92]
    >>> harmonise([11, 12, 93], "vn-63", year=2022)
    [11, 11, 92]
    """
    check_years(year=year)
    units = stable_set(since, until)
    if set_name not in province_sets():
        raise RequestError(unknown("code set of provinces", set_name, province_sets()))
    if not since <= year <= until:
        raise RequestError(f"year={year} lies outside {since}-{until}; widen the span with since= and until=")
    unit_of = {m: min(members) for members in _united(since, until) for m in members}
    whole = parts(set_name, year)

    def harmonise_value(value: int | str) -> int:
        """Return the code of the unit that a province belongs to."""
        province = lookup(value, set_name)
        found = {unit_of[m] for m in whole[province.code]}
        if len(found) > 1:
            raise RequestError(
                f"{province.name_vi} ({province.text} in {set_name}) is several units of {units.name}; "
                f"a span that reaches to 2025, until=2025, unites them"
            )
        return found.pop()

    return map_values(values, harmonise_value, f"these values have no place in {units.name}")


def _listed(table: dict[str, Any]) -> Change:
    instrument = table.get("instrument", "")
    return Change(
        date=table["date"],
        kind=table["kind"],
        before_set=table["set"],
        before=tuple(table["before"]),
        after_set=table["set"],
        after=tuple(table["after"]),
        instrument=instrument,
        note=table["note"],
        facts=_facts(instrument),
    )


def _mergers_of_2025() -> list[Change]:
    new = provinces("vn-34")
    start = new.valid_from or date.max
    return [
        Change(
            date=start, kind="merger", before_set=PIVOT, before=members, after_set="vn-34", after=(code,),
            instrument=_MERGERS_2025, note=f"{_joined(members)} became {new.find(code).name_vi}.",
            facts=_facts(_MERGERS_2025),
        )
        for code, members in parts("vn-34").items() if len(members) > 1
    ]  # fmt: skip


def _facts(instrument: str) -> tuple[Fact, ...]:
    return tuple(Fact(**fact) for fact in tables("changes")["facts"][instrument])


def _united(since: int, until: int) -> list[tuple[int, ...]]:
    """Return the members of each unit: what a change within the span touches is one, and so on through all changes."""
    units = [{unit.code} for unit in code_set(PIVOT)]
    for change in changes():
        if _counts(change, since, until):
            units = _with(units, _provinces_of(change))
    return sorted(tuple(sorted(u)) for u in units)


def _counts(change: Change, since: int, until: int) -> bool:
    """A split counts where the span begins before it, a merger where the span reaches its year."""
    if change.kind == "split":
        return since < change.date.year
    return change.kind == "merger" and until >= change.date.year


def _provinces_of(change: Change) -> set[int]:
    whole = parts(change.after_set)
    return {member for code in change.after for member in whole[code]}


def _with(units: list[set[int]], bond: set[int]) -> list[set[int]]:
    touched = [u for u in units if u & bond]
    return [*(u for u in units if not u & bond), set().union(*touched)]


def _unit(members: tuple[int, ...]) -> Code:
    units = [code_set(PIVOT).find(m) for m in members]
    found = {u.region6 for u in units}
    return Code(
        code=members[0],
        text=units[0].text,
        name_vi=_joined(members),
        name_en=" + ".join(u.name_en for u in units),
        region6=found.pop() if len(found) == 1 else None,
        aliases=tuple(a for u in units for a in (u.name_vi, u.name_en, *u.aliases))
        if len(units) > 1
        else units[0].aliases,
    )


def _joined(members: Iterable[int]) -> str:
    return " + ".join(code_set(PIVOT).find(m).name_vi for m in members)
