"""Files read as one table: a file, a pattern, a folder or a list; each checked to be what its suffix says."""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass
from fnmatch import fnmatch
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING

from mpi.core.atomic import located
from mpi.core.errors import FileError, MpiError, Problems, RequestError, warn
from mpi.readers import faults
from mpi.readers.formats import FORMATS, not_read, suffix_of
from mpi.readers.large.copies import copies_among, distinct

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mpi.readers.large.copies import Copies

    Where = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]

__all__ = ["Parts", "find", "is_remote", "is_several", "kind_of"]

_WORDS = {"parquet": "Parquet", "delimited": "delimited text", "stata": "Stata", "spss": "SPSS"}
_ASIDE = ("_", ".")
_SHOWN = 4
_KINDS = {suffix: kind for suffix, kind in FORMATS.items() if kind in _WORDS and suffix != ".por"}
_REMOTE = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Parts:
    """Files of one kind that are read as one table.

    Attributes
    ----------
    kind : {"parquet", "delimited", "stata", "spss"}
        What they are.
    paths : tuple of str
        Where they are, in the order of their names; addresses such as ``s3://`` as they were given.
    """

    kind: str
    paths: tuple[str, ...]


def find(where: Where, *, copies: Copies = "refuse", tell: bool = True) -> Parts:
    """Return the files that are meant, all of one kind, each there, not empty, and named once.

    Parameters
    ----------
    where : path, pattern, folder, or list of these
        What is meant. A file that is named twice, whatever the spelling of its path, is one file.
    copies : {"refuse", "keep"}
        What becomes of files that hold the same bytes as another.
    tell : bool, default True
        Whether to warn of files that are left out.

    Raises
    ------
    MpiError
        When there are none, they are of several kinds, or some are empty, not what their suffix says, or copies of
        others; all are told.

    Warns
    -----
    MpiWarning
        Of data files in a folder, or that a pattern matches, whose names begin with ``_`` or ``.``: they are left out.
    """
    found = _resolve_paths([where] if isinstance(where, (str, os.PathLike)) else where)
    paths = distinct(p for p, kept in found.items() if kept)
    if tell:
        _tell_left_out([p for p, kept in found.items() if not kept])
    kinds = {path: kind_of(path) for path in paths}
    _require_one_format(kinds, where)
    _all_sound(kinds)
    if copies == "refuse":
        _no_copies(paths)
    return Parts(next(iter(kinds.values())) or "", tuple(paths))


def is_several(where: Where) -> bool:
    """Say whether a pattern, a folder, or a list of files is meant, and not one file."""
    if not isinstance(where, (str, os.PathLike)):
        return True
    text = _text(where)
    return is_remote(text) or (not Path(text).is_file() and (Path(text).is_dir() or _is_pattern(text)))


def is_remote(path: str) -> bool:
    """Say whether it is an address that DuckDB reads by itself, such as ``s3://`` or ``https://``."""
    return bool(_REMOTE.match(path))


def kind_of(path: str) -> str:
    """Return the kind of a file by its suffix, or "" for none that can be read."""
    return _KINDS.get(suffix_of(path, _KINDS) or "", "")


def _text(where: str | os.PathLike[str]) -> str:
    """Return a path or pattern as text, as it was given but for a ``~``."""
    text = os.fspath(where)
    return str(located(text)) if text.startswith("~") else text


def _is_pattern(text: str) -> bool:
    return any(c in text for c in "*?[")


def _resolve_paths(paths: Iterable[str | os.PathLike[str]]) -> dict[str, bool]:
    """Return the files of all that was asked for, and whether they are read; all that is absent is told at once."""
    problems = Problems("the files cannot be read", FileError)
    found: dict[str, bool] = {}
    try:
        for where in paths:
            try:
                found |= {p: kept or found.get(p, False) for p, kept in _resolve_path(where).items()}
            except MpiError as error:  # all are told
                problems.found += error.problems
    except TypeError as error:
        raise RequestError(f"a path, a pattern, a folder or a list of these was expected, not {paths!r}") from error
    problems.raise_if_any()
    if not found:
        raise RequestError("no file is named; give a path, a pattern, a folder or a list of paths")
    return found


def _resolve_path(where: str | os.PathLike[str]) -> dict[str, bool]:
    """Return the files that one path, pattern or folder stands for, and whether each is read."""
    text = _text(where)
    path = Path(text)
    if is_remote(text) or path.is_file():
        return {text: True}
    if path.is_dir():
        return _in_folder(path)
    if not _is_pattern(text):
        faults.require_file(path, _KINDS)  # tells the nearest name
    matched = glob(text, recursive=True, include_hidden=True)  # noqa: PTH207  # it may be absolute
    found = {p: not _is_aside(Path(p), path) for p in sorted(matched) if Path(p).is_file()}
    if not any(found.values()):
        raise FileError(f"no file matches {text!r}{_but(list(found)) or _hint(path)}")
    return found


def _is_aside(file: Path, pattern: Path) -> bool:
    """Tell whether a file, or a folder that it lies in, is put aside by its name, and the pattern does not say so."""
    said = [part for part in pattern.parts if part.startswith(_ASIDE)]
    aside = [part for part in file.parts if part.startswith(_ASIDE) and part not in {".", ".."}]
    return any(not any(fnmatch(part, known) for known in said) for part in aside)


def _tell_left_out(paths: Sequence[str]) -> None:
    """Warn of data files that are left out."""
    data = [p for p in paths if kind_of(p)]
    if data:
        warn(
            f"left out: {_listed(data)}; files whose names begin with '_' or '.' are notes, or not finished. One that "
            "is named by itself is read"
        )


def _but(aside: Sequence[str]) -> str:
    """Say that there are files that are left out."""
    return f" but {_listed(aside)}, left out as names begin with '_' or '.'; name what is meant" if aside else ""


def _listed(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return ", ".join(map(repr, paths[:_SHOWN])) + more


def _hint(pattern: Path) -> str:
    """Say what lies where the pattern looks."""
    folder = pattern.parent
    if _is_pattern(str(folder)):
        return ""
    if not folder.is_dir():
        return f"; there is no folder {str(folder)!r}, which is taken from {str(Path.cwd())!r}"
    ends = sorted({p.suffix for p in folder.iterdir() if kind_of(p.name)})
    return f"; there are files of {', '.join(map(repr, ends))}" if ends else ""


def _in_folder(folder: Path) -> dict[str, bool]:
    """Return the data files that lie in a folder, and whether they are read; hidden ones and notes are not."""
    every = sorted(p for p in folder.iterdir() if p.is_file())
    names = [p for p in every if not p.name.startswith(_ASIDE)]
    aside = [str(p) for p in every if p.name.startswith(_ASIDE) and kind_of(p.name)]
    found = [str(p) for p in names if kind_of(p.name) and p.suffix.casefold() != ".txt"]
    found = found or [str(p) for p in names if kind_of(p.name)]
    if found:
        return dict.fromkeys(aside, False) | dict.fromkeys(found, True)
    below = any(kind_of(p.name) for p in folder.glob("**/*") if p.is_file())
    more = f"; there are some in the folders below, which {str(folder / '**' / '*')!r} matches" if below else ""
    more = _but(aside) or more
    raise FileError(f"there is no data file in the folder {str(folder)!r}; known: {', '.join(_KINDS)}{more}")


def _require_one_format(kinds: dict[str, str], where: object) -> None:
    """Raise FileError where files are of several formats, or of one that is not read."""
    problems = Problems("the files cannot be read", FileError)
    for path in [p for p, kind in kinds.items() if not kind]:
        end = suffix_of(path)
        only = f"a file that ends in {end!r} is read by itself, as a whole: leave out memory= and patterns"
        problems.add(f"{path!r}: {only if end else not_read(path, _KINDS)}")
    counted = Counter(kinds.values())
    if len(counted) > 1 and not problems.found:
        said = ", ".join(f"{n} of {_WORDS[k]}" for k, n in counted.most_common())
        shown = repr(os.fspath(where)) if isinstance(where, (str, os.PathLike)) else "these"
        problems.add(f"files of several kinds ({said}) are meant by {shown}; name those of one kind, as in '*.parquet'")
    problems.raise_if_any()


def _all_sound(kinds: dict[str, str]) -> None:
    """Refuse files that are empty, absent or something else than their suffix says, all at once."""
    problems = Problems("the files cannot be read", FileError)
    for path, kind in kinds.items():
        if is_remote(path):
            continue
        try:
            faults.require_file(Path(path), _KINDS)
            faults.require_kind(Path(path), kind)
        except MpiError as error:
            problems.found += error.problems
    problems.raise_if_any()


def _no_copies(paths: Iterable[str]) -> None:
    """Refuse files whose rows would count twice, since another one holds the same bytes."""
    problems = Problems("the files cannot be read together", FileError)
    problems.found += [
        f"{path!r} is a copy of {twin!r}, byte by byte, and its rows would count twice; leave one out, or read them "
        "with mpi.scan(..., copies='keep') if both are meant"
        for path, twin in copies_among(paths)
    ]
    problems.raise_if_any()
