"""`Classification`: codes put into named groups, one group for each code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from mpi.codes.sets import code_set
from mpi.codes.values import map_values
from mpi.core.errors import MpiError, Problems, RequestError, unknown

if TYPE_CHECKING:
    from mpi.codes.codeset import CodeSet, Status

__all__ = ["Classification"]


@dataclass(frozen=True, slots=True, eq=False)
class Classification:
    """A grouping of the codes of a set.

    Attributes
    ----------
    name : str
        What it is called; it says what was chosen.
    groups : tuple of str
        The groups in the order in which to show them.
    mapping : mapping of int to str
        The group of each code; also the labels that `Survey` takes.
    set_name : str
        The code set of the codes.
    source : str
        Whose choice it is.
    status : {"verified", "secondary", "from memory", "own"}
        How sure it is that the source groups so; "own" for a grouping of the user's.

    Examples
    --------
    >>> mine = Classification.custom("mine", {"Kinh": ["Kinh"], "Tay and Thai": [2, 3]})
    >>> mine.apply([1, 2, 5, None])
    ['Kinh', 'Tay and Thai', 'Other', None]
    """

    name: str
    groups: tuple[str, ...]
    mapping: Mapping[int, str]
    set_name: str
    source: str
    status: Status

    @classmethod
    def custom(
        cls,
        name: str,
        groups: Mapping[str, Iterable[int | str]],
        *,
        rest: str | None = "Other",
        set_name: str = "vn-ethnic",
        source: str = "own grouping",
    ) -> Classification:
        """Return a grouping of one's own.

        Parameters
        ----------
        name : str
            What to call it.
        groups : mapping of str to codes or names
            The members of each group, in the order in which to show the groups.
        rest : str or None
            The group, last in order, of all codes that no group names, foreigners and undetermined among them. None
            where there should be none: each code must then be named.
        set_name : str
            The code set; provinces can be grouped as well.
        source : str
            Whose choice it is.

        Raises
        ------
        MpiError
            Lists all that is wrong: unknown and doubled codes, empty groups, and codes left over with ``rest=None``.

        Examples
        --------
        >>> north = Classification.custom("cities", {"City": ["Ha Noi", 79]}, rest="Elsewhere", set_name="vn-63")
        >>> north.apply(["01", "04"])
        ['City', 'Elsewhere']
        """
        codes = code_set(set_name)
        problems = Problems(f"the grouping {name!r} cannot be used", RequestError)
        mapping = _placed(groups, codes, problems)
        mapping |= _left_over(mapping, codes, rest, problems)
        problems.raise_if_any()
        order = [*groups, *([rest] if rest in mapping.values() else [])]
        return cls(name, tuple(dict.fromkeys(map(str, order))), _in_order(mapping), set_name, source, "own")

    def apply(self, values: object) -> list[str | None]:
        """Return the group of each value, in the same order; missing values stay missing, as None.

        Parameters
        ----------
        values : sequence, array or column
            Codes as numbers or text, or names.

        Raises
        ------
        MpiError
            Lists every value that the code set does not have.
        """
        codes = code_set(self.set_name)
        subject = f"these values cannot be grouped by {self.name!r}"
        return map_values(values, lambda v: self.mapping[codes.find(v).code], subject)

    def members(self, group: str) -> tuple[int, ...]:
        """Return the codes of a group.

        Raises
        ------
        MpiError
            When there is no such group; the nearest is offered.
        """
        if group not in self.groups:
            raise RequestError(unknown("group", group, self.groups))
        return tuple(code for code, label in self.mapping.items() if label == group)


def _placed(groups: Mapping[str, Iterable[int | str]], codes: CodeSet, problems: Problems) -> dict[int, str]:
    """Return the group of each code that a group names, and note what is wrong."""
    mapping: dict[int, str] = {}
    if not groups:
        problems.add("it has no groups")
    for group, members in groups.items():
        listed = _listed(group, members, problems)
        for member in listed:
            _place(member, group, codes, mapping, problems)
    return mapping


def _listed(group: str, members: object, problems: Problems) -> list[int | str]:
    if isinstance(members, (str, bytes, Mapping)) or not isinstance(members, Iterable):
        problems.add(f"group {group!r}: a list of codes or names was expected, not {members!r}")
        return []
    listed = list(members)
    if not listed:
        problems.add(f"group {group!r} is empty")
    return listed


def _place(member: int | str, group: str, codes: CodeSet, mapping: dict[int, str], problems: Problems) -> None:
    try:
        unit = codes.find(member)
    except MpiError as error:
        problems.add(f"group {group!r}: {error}")
        return
    if unit.code in mapping:
        problems.add(f"{unit.name_vi} ({unit.text}) is in {mapping[unit.code]!r} and again in {group!r}")
    mapping.setdefault(unit.code, group)


def _left_over(mapping: Mapping[int, str], codes: CodeSet, rest: str | None, problems: Problems) -> dict[int, str]:
    """Return the rest group of each code not placed; without a rest group, note these codes."""
    units = [unit for unit in (*codes.codes, *codes.retired) if unit.code not in mapping]
    if rest is not None:
        return {unit.code: rest for unit in units}
    if units:
        named = ", ".join(f"{u.name_vi} ({u.text})" for u in units)
        problems.add(f"{len(units)} codes are in no group, and there is no rest group: {named}")
    return {}


def _in_order(mapping: Mapping[int, str]) -> Mapping[int, str]:
    return MappingProxyType(dict(sorted(mapping.items())))
