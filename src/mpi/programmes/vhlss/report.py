"""Reports on a folder of VHLSS files: what it holds of a round, and what can be computed from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mpi.programmes.vhlss.layout import Name
from mpi.programmes.vhlss.names import DERIVED, STANDARDS, TITLES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mpi.programmes.vhlss.find import FoundFiles
    from mpi.programmes.vhlss.layout import Status

__all__ = ["NameReport", "Report", "report_of"]


@dataclass(frozen=True, slots=True)
class NameReport:
    """One harmonised name in one folder.

    Attributes
    ----------
    name, title : str
        The name, and what it is.
    found : bool
        Whether it can be read, or made from what can be read.
    file, variable : str
        The file and variable it is read from, or looked for in; "made" where the reader makes it.
    status : {"verified", "secondary", "from memory", "not found"}
        How sure the mapping is.
    source, note : str
        Where the mapping was read, and what to know of it.
    """

    name: str
    title: str
    found: bool
    file: str
    variable: str
    status: Status
    source: str
    note: str


@dataclass(frozen=True, slots=True)
class Report:
    """The contents of a folder for a round: files, variables, and the indicators that follow.

    Attributes
    ----------
    year : int
        The round.
    folder : Path
        The folder.
    standard : str
        The poverty standard of the round's time.
    files : mapping of str to str or None
        Each file of the layout, to its name in the folder; None where it is not there.
    names : tuple of NameReport
        Each harmonised name.
    """

    year: int
    folder: Path
    standard: str
    files: Mapping[str, str | None]
    names: tuple[NameReport, ...]

    @property
    def missing_files(self) -> tuple[str, ...]:
        """The files that are not in the folder and hold a name that is missing."""
        looked = {file for n in self.names if not n.found for file in n.file.split(", ")}
        return tuple(file for file, name in self.files.items() if name is None and file in looked)

    @property
    def missing(self) -> tuple[str, ...]:
        """The harmonised names that the survey will not have."""
        return tuple(n.name for n in self.names if not n.found)

    def indicators(self, standard: str | None = None) -> Mapping[str, tuple[str, ...]]:
        """Return the indicators of a standard (by default the round's), each with the names it lacks."""
        lacking = set(self.missing)
        needs = STANDARDS[standard or self.standard]
        return {indicator: tuple(n for n in names if n in lacking) for indicator, names in needs.items()}

    def __str__(self) -> str:
        """Return the list of what is missing, and of what can still be computed."""
        lines = [f"VHLSS {self.year} in {self.folder}:"]
        if self.missing_files:
            lines.append(f"  files not there: {', '.join(self.missing_files)}")
        if self.missing:
            lines.append(f"  names not there: {', '.join(self.missing)}")
        lines += [self._computable(standard) for standard in STANDARDS]
        lacks = {indicator: names for indicator, names in self.indicators().items() if names}
        if len(lacks) < len(self.indicators()):
            lines += [f"    {indicator} lacks {', '.join(names)}" for indicator, names in lacks.items()]
        if self.missing:
            lines.append("  add a name with overrides={'name': {'file': ..., 'variable': ...}}")
        return "\n".join(lines)

    def _computable(self, standard: str) -> str:
        lacks = self.indicators(standard)
        whole = sum(not names for names in lacks.values())
        return f"  {standard}: {whole} of {len(lacks)} indicators can be computed"


def report_of(found: FoundFiles) -> Report:
    """Report on what was found."""
    layout = found.layout
    there = set(found.variables) | ({"members"} if "members" in found.places else set())
    names = [_name(found, name, there) for name in TITLES]
    names += [_name(found, name, there) for name in layout.names if name not in TITLES]
    files = {key: found.places[key].path.name if key in found.places else None for key in layout.files}
    return Report(layout.year, found.folder, layout.standard, files, tuple(names))


def _name(found: FoundFiles, name: str, there: set[str]) -> NameReport:
    mapping = found.layout.names.get(name) or Name(name, (), ())
    title = TITLES.get(name, mapping.title)
    held = found.variables.get(name)
    if held is None and name in DERIVED and there.issuperset(DERIVED[name]):
        made = ", ".join(DERIVED[name])
        return NameReport(name, title, found=True, file="made", variable=made, status="verified", source="", note="")
    return NameReport(
        name,
        title,
        found=held is not None,
        file=found.places[held[0][0]].path.name if held else ", ".join(mapping.files),
        variable=", ".join(column for _, column in held) if held else ", ".join(mapping.variables),
        status=mapping.status,
        source=mapping.source,
        note=mapping.note,
    )
