"""The options of the command line turned into arguments of the library: measures, crosses, codes."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from mpi.core.atomic import located
from mpi.core.errors import RequestError, nearest, unknown
from mpi.frames.missing_codes import EVERY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from enum import StrEnum

    from mpi.frames.aggregation import By
    from mpi.measures.measure import Measure
    from mpi.measures.measure import Missing as Policy
    from mpi.release.scheme import Scheme

__all__ = ["codes_of", "cross_of", "listed", "measure_of", "policy_of", "scheme_of", "word"]

_POLICIES = ("drop", "reweight", "bounds")


def measure_of(name: str) -> Measure:
    """Return a shipped measure, or that of a file."""
    from mpi.measures.files import measures_in
    from mpi.measures.library import list_measures, load_measure
    from mpi.measures.measure import Measure

    known = list_measures()
    if name in known:
        return load_measure(name)
    if name.casefold().endswith(".toml") or len(Path(name).parts) > 1 or located(name).is_file():
        return Measure.from_toml(name)
    raise RequestError(unknown("measure", name, [*known, *measures_in(Path())]) + "; or give the path of a .toml file")


def scheme_of(name: str | None) -> Scheme | None:
    """Return a shipped scheme, or that of a file; none where none is named."""
    if name is None:
        return None
    from mpi.release.library import scheme_of as found

    return found(name)


def word(chosen: StrEnum | None, otherwise: str) -> Any:
    """Return the word of an option, or another where it is not given."""
    return otherwise if chosen is None else chosen.value


def cross_of(text: str) -> By:
    """Read `region` or `region,sex`; a name with a comma in it is quoted as in CSV."""
    columns = listed(text, "--by")
    return columns[0] if len(columns) == 1 else columns


def listed(text: str, flag: str) -> tuple[str, ...]:
    """Read the columns of a text with commas between."""
    try:
        columns = tuple(part.strip() for row in csv.reader([text], skipinitialspace=True, strict=True) for part in row)
    except csv.Error:
        columns = ()
    if not columns or not all(columns):
        raise typer.BadParameter(f"{text!r} is not a column, nor columns with commas between", param_hint=flag)
    return columns


def policy_of(values: Sequence[str] | None) -> tuple[Policy | None, list[str]]:
    """Part the word for rows with missing indicators from the codes that are no answer."""
    words: list[Any] = [w for w in values or [] if w in _POLICIES]
    if len(set(words)) > 1:
        raise typer.BadParameter(f"{' and '.join(words)}: choose one of {', '.join(_POLICIES)}", param_hint="--missing")
    return (words[0] if words else None), [w for w in values or [] if w not in _POLICIES]


def codes_of(texts: Sequence[str]) -> dict[str, list[str]]:
    """Read codes that are no answer: `yrs=97,98`, `minutes=995-999`, or `98,99` for all columns.

    Examples
    --------
    >>> codes_of(["yrs=97,98", "yrs=99", "998", "age="])
    {'yrs': ['97', '98', '99'], '*': ['998'], 'age': []}
    """
    found: dict[str, list[str]] = {}
    for text in texts:
        name, sign, codes = ("", "", text) if text.lstrip()[:1] in {"<", ">"} else text.partition("=")
        if not sign:
            name, codes = "", text
        if sign and not name.strip():
            raise typer.BadParameter(f"{text!r} names no column; write yrs=97,98", param_hint="--missing")
        close = None if sign else nearest(codes.strip(), _POLICIES)
        if close:
            raise typer.BadParameter(unknown("policy", codes.strip(), _POLICIES), param_hint="--missing")
        listed = [c.strip() for c in codes.split(",") if c.strip()]
        found.setdefault(name.strip() or EVERY, []).extend(listed)
    return found
