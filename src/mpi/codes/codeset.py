"""`CodeSet`: a list of codes with its name, its instrument and how sure each fact is; a code or name found in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from mpi.codes.spellings import folded, number, spellings
from mpi.core.errors import RequestError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

__all__ = ["Code", "CodeSet", "Fact", "Kind", "Language", "Status"]

Kind = Literal["province", "region", "ethnic group"]
"""What the codes of a set stand for."""

Language = Literal["vi", "en"]
"""The language of labels."""

Status = Literal["verified", "secondary", "from memory", "own"]
"""How sure a fact is: read in the document itself, read about it, recalled; or the user's own choice."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that is held to be so, how sure that is, and where it was read."""

    what: str
    status: Status
    source: str


@dataclass(frozen=True, slots=True)
class Code:
    """One unit of a code set.

    Attributes
    ----------
    code : int
        The code as a number.
    text : str
        The code as text, padded with zeros.
    name_vi, name_en : str
        The name in Vietnamese and in plain Latin letters or English.
    region6 : int or None
        The region of the six in which a province lies; None where it lies in two, or is no province.
    aliases : tuple of str
        Other names it is known by.
    retired : date or None
        The day from which the set no longer had it.
    """

    code: int
    text: str
    name_vi: str
    name_en: str
    region6: int | None = None
    aliases: tuple[str, ...] = ()
    retired: date | None = None

    def name(self, language: Language = "vi") -> str:
        """Return the name in a language."""
        return self.name_vi if language == "vi" else self.name_en


@dataclass(frozen=True, slots=True, eq=False)
class CodeSet:
    """A list of codes, as one instrument gave it.

    Attributes
    ----------
    name : str
        Such as ``"vn-63"``.
    kind : {"province", "region", "ethnic group"}
        What the codes stand for.
    instrument : str
        The decision that gave the codes.
    width : int
        The number of digits of a code written as text.
    valid_from, valid_to : date or None
        The first and the last day; None where not known, or where there is no end yet.
    facts : tuple of Fact
        What is known of the set, and how sure.
    codes : tuple of Code
        The units, in the order of their codes.
    retired : tuple of Code
        Units that the set had once; they are found and translated, but not listed.
    note : str
        What to know before use.

    Examples
    --------
    >>> from mpi.codes import provinces
    >>> old = provinces("vn-63")
    >>> len(old), old.find("ha noi").text
    (63, '01')
    """

    name: str
    kind: Kind
    instrument: str
    width: int
    valid_from: date | None
    valid_to: date | None
    facts: tuple[Fact, ...]
    codes: tuple[Code, ...]
    retired: tuple[Code, ...] = ()
    note: str = ""

    def __len__(self) -> int:
        """The number of units, without the retired."""
        return len(self.codes)

    def __iter__(self) -> Iterator[Code]:
        """The units in order, without the retired."""
        return iter(self.codes)

    def get(self, value: object) -> Code | None:
        """Return the unit of a code or name, or None where there is none; retired units are found too."""
        by_code, by_name = _index(self)
        code = number(value, self.width)
        if code is not None:
            return by_code.get(code)
        forms = spellings(value) if isinstance(value, str) else ()
        return next((by_name[f] for f in forms if f in by_name), None)

    def find(self, value: object) -> Code:
        """Return the unit of a code or name.

        Parameters
        ----------
        value : int, float or str
            A code (1, 1.0, "1", "01") or a name, with or without diacritics, in any case.

        Raises
        ------
        MpiError
            When the set has no such unit; the nearest name is offered.
        """
        unit = self.get(value)
        if unit is None:
            raise RequestError(self._absent(value))
        return unit

    def labels(self, language: Language = "vi") -> dict[int, str]:
        """Return the name of each code, those of retired units included, as `Survey` takes value labels."""
        return {unit.code: unit.name(language) for unit in (*self.codes, *self.retired)}

    def _absent(self, value: object) -> str:
        by_name = _index(self)[1]
        if not isinstance(value, str) or not folded(value) or folded(value).isdigit():
            ends = f"{self.codes[0].text} to {self.codes[-1].text}" if self.codes else "none"
            return f"there is no {self.kind} {value!r} in {self.name} ({len(self)} codes, {ends})"
        close = nearest(spellings(value)[-1], by_name)
        hint = f"; did you mean {by_name[close].name_vi!r} ({by_name[close].text})?" if close else ""
        return f"there is no {self.kind} {value!r} in {self.name}{hint}"


@cache
def _index(codes: CodeSet) -> tuple[Mapping[int, Code], Mapping[str, Code]]:
    """Return the units by code, and by each spelling of each name."""
    units = (*codes.codes, *codes.retired)
    names = {f: u for u in units for n in (u.name_vi, u.name_en, *u.aliases) for f in spellings(n)}
    return {u.code: u for u in units}, names
