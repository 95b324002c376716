"""The layouts that ship with the package, those of users, and users' overrides."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mpi.core.atomic import located
from mpi.core.errors import FileError, Problems, RequestError, unknown
from mpi.core.toml_file import parsed
from mpi.core.toml_table import TomlTable
from mpi.programmes.vhlss.layout import File, Name, RoundLayout
from mpi.programmes.vhlss.layout_reader import read_layout, read_missing_of, read_name

if TYPE_CHECKING:
    import os

__all__ = ["layout_of", "rounds"]

_FOLDER = "layouts"


@cache
def rounds() -> tuple[int, ...]:
    """Return the rounds that have a layout.

    Examples
    --------
    >>> rounds()
    (2010, 2012, 2014, 2016, 2018, 2020, 2022, 2023)
    """
    found = (f.name for f in (files("mpi.programmes.vhlss") / _FOLDER).iterdir())
    return tuple(sorted(int(name.removesuffix(".toml")) for name in found if name.endswith(".toml")))


def layout_of(
    year: int,
    layout: str | os.PathLike[str] | None = None,
    overrides: str | os.PathLike[str] | Mapping[str, Any] | None = None,
) -> RoundLayout:
    """Return the layout of a round, with what the user changes in it.

    Parameters
    ----------
    year : int
        The round.
    layout : path, optional
        A layout file of one's own in place of the shipped one.
    overrides : path or mapping, optional
        Mappings of names to use in place of the layout's, or besides; a table ``missing`` says which codes of the
        files are no answer, by harmonised name: ``{"missing": {"grade": [98, 99]}}``.

    Raises
    ------
    MpiError
        When there is no layout for the round, or with every problem of a file at once.

    Examples
    --------
    >>> layout_of(2022).names["sex"].variables
    ('M1A_C2',)
    """
    found = _shipped(year) if layout is None else _own(located(layout), year)
    return found if overrides is None else _overridden(found, overrides)


@cache
def _shipped(year: int) -> RoundLayout:
    if year not in rounds():
        raise RequestError(f"{unknown('layout of VHLSS', year, rounds())}. A layout of your own is given with layout=")
    text = (files("mpi.programmes.vhlss") / _FOLDER / f"{year}.toml").read_text(encoding="utf-8")
    return _read(tomllib.loads(text), f"layout {year}")


def _own(path: Path, year: int) -> RoundLayout:
    found = _read(parsed(path, "layout", read_float=float), f"layout file {path}")
    if found.year != year:
        raise RequestError(f"layout file {path} is that of {found.year}, and {year} was asked for")
    return found


def _read(table: Mapping[str, Any], subject: str) -> RoundLayout:
    problems = Problems(subject, FileError)
    found = read_layout(TomlTable(table, "", problems))
    problems.raise_if_any()
    return found


def _overridden(layout: RoundLayout, overrides: str | os.PathLike[str] | Mapping[str, Any]) -> RoundLayout:
    """Put a user's mappings in place; a file that the layout does not know is looked for by its name."""
    subject = "overrides" if isinstance(overrides, Mapping) else f"overrides {overrides}"
    problems = Problems(subject, FileError)
    top = TomlTable(parsed(overrides, "layout", read_float=float), "", problems)
    names = top.values.get("names")
    if not isinstance(names, dict):
        names = {key: value for key, value in top.values.items() if key != "missing"}
    missing = layout.missing | read_missing_of(top, [*layout.names, *names])
    table = TomlTable(names, "", problems)
    changed = {name: _sourced(read_name(table, name), subject) for name in names}
    problems.raise_if_any()
    named = dict.fromkeys(file for mapping in changed.values() for file in mapping.files)
    more = {file: _named_file(file, layout) for file in named if file not in layout.files}
    kept = tuple(name for name in layout.not_found if name not in changed)
    return replace(
        layout, files={**layout.files, **more}, names={**layout.names, **changed}, not_found=kept, missing=missing
    )


def _sourced(mapping: Name, subject: str) -> Name:
    return mapping if mapping.source else replace(mapping, source=subject)


def _named_file(name: str, layout: RoundLayout) -> File:
    """Return a file by its name; whether its rows are members, households or areas is seen from its keys."""
    stem = Path(name).stem if Path(name).suffix.casefold() in {".dta", ".sav", ".csv", ".parquet"} else name
    members = (n for file in layout.files.values() if file.level == "member" for n in file.number)
    return File(name, (stem,), "ea", tuple(dict.fromkeys(members)))
