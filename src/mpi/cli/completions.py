"""Shell completions: names of measures, lines, rounds, provinces, statistics and columns.

A function gets what is typed so far, and returns what it may become. Nothing is printed, whatever goes wrong.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import typer  # noqa: TC002  # which reads the types of parameters

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "SAMPLE",
    "columns",
    "crosses",
    "files",
    "groups",
    "lines",
    "measures",
    "paths",
    "provinces",
    "rounds",
    "schemes",
    "statistics",
]

SAMPLE = "sample"
"""The word that stands for the shipped survey where a file is asked for."""

_GROUPS = ("ethnicity", "province", "region", "area", "sex", "head_sex")
"""What a round of VHLSS is broken down by as a rule; any column of it can be named."""


def _begun(incomplete: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]


def files(incomplete: str) -> list[str]:
    """Return the sample and the paths that begin so.

    Examples
    --------
    >>> files("samp")
    ['sample']
    """
    return [*_begun(incomplete, [SAMPLE]), *paths(incomplete)]


def paths(incomplete: str) -> list[str]:
    """Return the files and folders that begin so."""
    name = incomplete.rpartition("/")[2]
    before = incomplete.removesuffix(name)
    with suppress(OSError):
        found = sorted(Path(before or ".").iterdir())
        return [f"{before}{p.name}{'/' * p.is_dir()}" for p in found if p.name.startswith(name) and p.name[0] != "."]
    return []


def measures(incomplete: str) -> list[str]:
    """Return the shipped measures, and the measure files of this folder, that begin so.

    Examples
    --------
    >>> measures("glo")
    ['global-mpi']
    """
    from mpi.measures.library import list_measures

    return _begun(incomplete, [*list_measures(), *_toml_files()])


def schemes(incomplete: str) -> list[str]:
    """Return the shipped schemes of reliability, and the files of this folder, that begin so.

    Examples
    --------
    >>> schemes("cep")
    ['cepal-2020', 'cepal-2023']
    """
    from mpi.release.library import list_schemes

    return _begun(incomplete, [*list_schemes(), *_toml_files()])


def lines(incomplete: str) -> list[str]:
    """Return the shipped poverty lines, and the files of this folder, that begin so.

    Examples
    --------
    >>> lines("vn-202")
    ['vn-2022', 'vn-2027']
    """
    from mpi.lines.library import list_lines

    return _begun(incomplete, [*list_lines(), *_toml_files()])


def rounds(incomplete: str) -> list[str]:
    """Return the rounds of VHLSS that begin so.

    Examples
    --------
    >>> rounds("202")
    ['2020', '2022', '2023']
    """
    from mpi.programmes.vhlss.layout_files import rounds as known

    return _begun(incomplete, map(str, known()))


def statistics(incomplete: str) -> list[str]:
    """Return the statistics that begin so.

    Examples
    --------
    >>> statistics("c")
    ['censored_headcount', 'contribution', 'contribution_share']
    """
    from mpi.results.names import Statistic

    return _begun(incomplete, get_args(Statistic))


def provinces(incomplete: str) -> list[tuple[str, str]]:
    """Return the provinces that begin so, as one word each, with their names beside them.

    Examples
    --------
    >>> provinces("Bac-K")
    [('Bac-Kan', 'Bắc Kạn')]
    """
    from mpi.codes import provinces as known

    named = {p.name_en.replace(" ", "-"): p.name_vi for p in known("vn-63")}
    return [(name, named[name]) for name in _begun(incomplete, named)]


def groups(incomplete: str) -> list[str]:
    """Return what a round of VHLSS is usually broken down by.

    Examples
    --------
    >>> groups("area,h")
    ['area,head_sex']
    """
    return _crossed(incomplete, _GROUPS)


def columns(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the columns that begin so, of the file that is named before."""
    return _begun(incomplete, _columns(ctx))


def crosses(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the columns that begin so, the last of a cross too, of the file that is named before."""
    return _crossed(incomplete, _columns(ctx))


def _crossed(incomplete: str, names: Iterable[str]) -> list[str]:
    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{name}" for name in _begun(last, names)]


def _columns(ctx: typer.Context) -> tuple[str, ...]:
    """Return the names in the head of the file; none where it is none, or many."""
    file = ctx.params.get("file") or next(iter(ctx.args), None)  # what follows an option without a value is not parsed
    if not isinstance(file, str):
        return ()
    with suppress(Exception):  # it is not told while somebody types
        from mpi.datasets.samples import sample_folder
        from mpi.readers.read import column_names

        return column_names(sample_folder() / "two_rounds.dta" if file == SAMPLE else file)
    return ()


def _toml_files() -> list[str]:
    return sorted(str(p) for p in Path().glob("*.toml"))
