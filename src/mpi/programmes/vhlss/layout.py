"""A round's layout: which files it has, how their rows are keyed, and where each harmonised name comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

from mpi.frames.missing_codes import MissingCodes

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["COMBINES", "LEVELS", "STATUSES", "Combine", "File", "Level", "Name", "RoundLayout", "Status"]

Level = Literal["household", "member", "ea", "item"]
Status = Literal["verified", "secondary", "from memory", "not found"]
Combine = Literal["first", "sum", "max", "any"]
LEVELS: tuple[Level, ...] = get_args(Level)
STATUSES: tuple[Status, ...] = get_args(Status)
COMBINES: tuple[Combine, ...] = get_args(Combine)


@dataclass(frozen=True, slots=True)
class File:
    """One file of a round.

    Attributes
    ----------
    id : str
        What the layout calls it.
    patterns : tuple of str
        Spellings of the file's name without suffix; ``*`` stands for anything, capitals do not matter.
    level : {"household", "member", "ea", "item"}
        What a row is: a household, a member, an enumeration area, or one thing that a household owns.
    number : tuple of str
        Spellings of the column that numbers the members, or the things owned.
    needed : bool
        Whether the round cannot be read without it.
    """

    id: str
    patterns: tuple[str, ...]
    level: Level
    number: tuple[str, ...] = ()
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Name:
    """The files and variables behind a harmonised name, and the recoding of their answers.

    Attributes
    ----------
    name : str
        The harmonised name.
    files : tuple of str
        The files to look in, in order.
    variables : tuple of str
        The variables; spellings of one variable where `combine` is ``first``, else ``"a|b"`` gives two spellings.
        Capitals do not matter.
    combine : {"first", "sum", "max", "any"}
        What is made of several variables: the first there is, their sum (all must be there; a blank counts as 0
        beside others), the
        largest (after recoding), or 1 where any is 1 (after recoding).
    recode : mapping of float to float or None, or None
        Answer to code, None for missing. An answer not listed is missing, and is told.
    replace : mapping of float to float or None
        The same, but answers not listed stay.
    blank : float or None
        What a blank answer means where the question was skipped; None for missing.
    times : float
        What amounts are multiplied by, such as 1000 / 12 for thousand VND a year.
    per_person : bool
        Whether the amount is the household's, to be divided by its size.
    items : tuple of int
        In a file of things owned: the codes any of which will do.
    status : {"verified", "secondary", "from memory", "not found"}
        How sure the mapping is. ``not found``: no source names the variable; what stands here is a name of the
        synthetic folder, which no real file has.
    source, note, title : str
        Where the mapping was read, what to know of it, what the column is.
    """

    name: str
    files: tuple[str, ...]
    variables: tuple[str, ...]
    combine: Combine = "first"
    recode: Mapping[float, float | None] | None = None
    replace: Mapping[float, float | None] | None = None
    blank: float | None = None
    times: float = 1.0
    per_person: bool = False
    items: tuple[int, ...] = ()
    status: Status = "not found"
    source: str = ""
    note: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class RoundLayout:
    """The layout of one round.

    Attributes
    ----------
    year : int
        The round.
    title, standard : str
        What it is, and the poverty standard of its time ("vn-2016").
    keys : mapping of str to tuple of str
        Key (province, district, commune, ea, household) to the spellings of its column.
    files : mapping of str to File
        The files by what the layout calls them; `households` and `members` hold the rows.
    names : mapping of str to Name
        The harmonised names that are mapped.
    not_found : tuple of str
        Those for which no source names a variable.
    missing : MissingCodes
        By harmonised name, the codes that stand in the files and are no answer.
    """

    year: int
    title: str
    standard: str
    keys: Mapping[str, tuple[str, ...]]
    files: Mapping[str, File]
    names: Mapping[str, Name]
    not_found: tuple[str, ...] = ()
    missing: MissingCodes = field(default_factory=MissingCodes)
