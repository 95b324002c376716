"""Search of a folder for the files of a round, and of these for the variable behind each name."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from mpi.core.errors import FileError, Problems, nearest
from mpi.programmes.vhlss.layout_files import layout_of, rounds
from mpi.readers import column_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mpi.programmes.vhlss.layout import File, Level, Name, RoundLayout

__all__ = ["FoundFiles", "Place", "find"]

_SUFFIXES = (".dta", ".sav", ".zsav", ".parquet", ".csv", ".csv.gz", ".tsv", ".txt", ".por")


@dataclass(frozen=True, slots=True)
class Place:
    """A file that was found.

    Attributes
    ----------
    file : File
        What the layout says of it.
    path : Path
        Where it is.
    columns : mapping of str to str
        Its columns: in small letters, to as they are written.
    keys : mapping of str to str
        The keys it has (province, ..., household, number), to their columns.
    """

    file: File
    path: Path
    columns: Mapping[str, str]
    keys: Mapping[str, str]

    @property
    def level(self) -> Level:
        """The unit of a row, by the keys of the file: a file that a user names needs no other word."""
        if "number" in self.keys:
            return "item" if self.file.level == "item" else "member"
        return "household" if "household" in self.keys else "ea"


@dataclass(frozen=True, slots=True)
class FoundFiles:
    """The files and variables of a round that a folder holds.

    Attributes
    ----------
    folder : Path
        The folder.
    layout : Layout
        The round's layout.
    places : mapping of str to Place
        The files that are there, by what the layout calls them.
    variables : mapping of str to tuple
        Each name that can be read, to its (file, column) pairs.
    """

    folder: Path
    layout: RoundLayout
    places: Mapping[str, Place]
    variables: Mapping[str, tuple[tuple[str, str], ...]]


def find(folder: Path, layout: RoundLayout) -> FoundFiles:
    """Look for the files of a round in a folder, and for its variables in their heads.

    Raises
    ------
    MpiError
        When there is no such folder, it is another round's, or what every round needs is not there; what is nearest
        is offered.
    """
    files = _files(folder)
    paths = {key: path for key, file in layout.files.items() if (path := _match(file, files)) is not None}
    problems = Problems(f"cannot read VHLSS {layout.year} from {folder}", FileError)
    for key, file in layout.files.items():
        if file.needed and key not in paths:
            problems.add(_absent(file, layout, files))
    problems.raise_if_any()
    places = {key: _place(layout, layout.files[key], path, problems) for key, path in paths.items()}
    problems.raise_if_any()
    variables = {name: held for name, mapping in layout.names.items() if (held := _variables(mapping, places))}
    return FoundFiles(folder, layout, places, variables)


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise FileError(_no_folder(folder))
    return sorted(p for p in folder.iterdir() if p.is_file() and _stem(p) != p.name)


def _no_folder(folder: Path) -> str:
    if folder.exists():
        return f"{folder} is a file; VHLSS is a folder of files: give the folder that holds them"
    beside = [p.name for p in folder.parent.iterdir() if p.is_dir()] if folder.parent.is_dir() else []
    close = nearest(folder.name, beside)
    hint = f"; did you mean {str(folder.parent / close)!r}?" if close else f" (looked from {str(Path.cwd())!r})"
    return f"there is no folder {str(folder)!r}{hint}"


def _stem(path: Path) -> str:
    """Return the name without its suffix; the name itself where the suffix is none that can be read."""
    name = path.name
    suffix = max((s for s in _SUFFIXES if name.casefold().endswith(s)), key=len, default="")
    return name[: len(name) - len(suffix)] if suffix else name


def _match(file: File, paths: Iterable[Path]) -> Path | None:
    """Return the path that the first pattern fits; of copies in several formats the first of `_SUFFIXES`."""
    for pattern in file.patterns:
        fits = [p for p in paths if fnmatchcase(_stem(p).casefold(), pattern.casefold())]
        if fits:
            return min(fits, key=lambda p: (_SUFFIXES.index(p.name.casefold()[len(_stem(p)) :]), p.name))
    return None


def _absent(file: File, layout: RoundLayout, paths: list[Path]) -> str:
    """Say that a needed file is not there, and what may be meant instead."""
    expected = f"{file.patterns[0]}.dta"
    close = nearest(file.patterns[0], [_stem(p) for p in paths])
    other = _looks_like(paths)
    folder = next((p for p in _folders_of(file, layout, paths)), None)
    if other not in {None, layout.year}:
        hint = f"the folder looks like VHLSS {other}: pass that year"
    elif folder is not None:
        hint = f"it lies in {str(folder)!r}: pass that folder"
    elif close:
        path = next(p for p in paths if _stem(p).casefold() == close.casefold())
        hint = f"did you mean {path.name!r}? Rename it, or name it in a layout of your own"
    else:
        seen = ", ".join(p.name for p in paths[:6]) or "no data file"
        hint = f"the folder holds {seen}{' ...' if len(paths) > 6 else ''}"
    return f"there is no file {expected!r} ({file.id}); {hint}"


def _looks_like(paths: list[Path]) -> int | None:
    """Return the round most of whose files are there; None where none has its households."""
    layouts = [layout_of(year) for year in rounds()]
    fit = {
        layout.year: sum(_match(file, paths) is not None for file in layout.files.values()) / len(layout.files)
        for layout in layouts
        if _match(layout.files["households"], paths) is not None
    }
    return max(fit, key=lambda year: fit[year]) if fit else None


def _folders_of(file: File, layout: RoundLayout, paths: list[Path]) -> Iterable[Path]:
    """Yield the subfolders that hold the file; `paths` tell the folder only where it has files."""
    folder = paths[0].parent if paths else None
    for inner in sorted(p for p in folder.iterdir() if p.is_dir()) if folder is not None else ():
        held = sorted(p for p in inner.iterdir() if p.is_file())
        if _match(file, held) is not None and layout.files:
            yield inner


def _place(layout: RoundLayout, file: File, path: Path, problems: Problems) -> Place:
    columns = {name.casefold(): name for name in column_names(path)}
    spellings = {**layout.keys, "number": file.number}
    keys = {key: held for key, names in spellings.items() if (held := _first(names, columns)) is not None}
    needed = _needed(file)
    for key in needed:
        if key not in keys:
            looked = " or ".join(spellings[key])
            problems.add(f"{path.name} has no column for its key {key!r} (looked for {looked})")
    return Place(file, path, columns, keys)


def _needed(file: File) -> tuple[str, ...]:
    """Return the keys that a file must have; only enumeration areas can do without households."""
    places = ("province", "district", "commune", "ea")
    if file.level == "ea":
        return places
    return (*places, "household") if file.level == "household" else (*places, "household", "number")


def _first(names: Iterable[str], columns: Mapping[str, str]) -> str | None:
    return next((columns[n.casefold()] for n in names if n.casefold() in columns), None)


def _variables(mapping: Name, places: Mapping[str, Place]) -> tuple[tuple[str, str], ...]:
    """Return where a name's variables are: the first spelling there is, or those to be combined."""
    if mapping.combine == "first":
        held = _first_spelling(mapping.files, mapping.variables, places)
        return (held,) if held else ()
    parts = [_first_spelling(mapping.files, variable.split("|"), places) for variable in mapping.variables]
    there = tuple(part for part in parts if part is not None)
    return there if len(there) == len(parts) or mapping.combine != "sum" else ()  # part of a sum is not the sum


def _first_spelling(
    files: Iterable[str], spellings: Iterable[str], places: Mapping[str, Place]
) -> tuple[str, str] | None:
    """Return the file and column of the first spelling there is."""
    found = ((f, places[f].columns.get(v.casefold())) for v in spellings for f in files if f in places)
    return next(((file, column) for file, column in found if column is not None), None)
