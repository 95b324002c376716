"""The lines that ship with the package, and which of them applies to a year."""

from __future__ import annotations

from datetime import date
from functools import cache

from mpi.core.arguments import kinds_checked
from mpi.core.errors import RequestError
from mpi.core.shipped import Shipped
from mpi.lines.line import Line

__all__ = ["line_for", "list_lines", "load_line"]

_LINES = Shipped("lines/law", "line", "Line.from_toml")


@kinds_checked
def list_lines() -> list[str]:
    """Return the names of the lines that ship with the package.

    Examples
    --------
    >>> list_lines()
    ['vn-2006', 'vn-2011', 'vn-2016', 'vn-2022', 'vn-2027']
    """
    return _LINES.names()


@kinds_checked
def load_line(name: str) -> Line:
    """Return a poverty line that ships with the package.

    Parameters
    ----------
    name : str
        One of `list_lines`.

    Raises
    ------
    MpiError
        When there is none of that name; the nearest is offered.

    Examples
    --------
    >>> [c.local for c in load_line("vn-2022").classes]
    ['hộ nghèo', 'hộ cận nghèo', 'hộ có mức sống trung bình', '']
    """
    return _loaded(name)


@kinds_checked
def line_for(when: int | date) -> Line:
    """Return the Vietnamese standard that applies to a year or a day: by its validity, not by its signing.

    Parameters
    ----------
    when : int or date
        A year, such as 2021, or a day.

    Raises
    ------
    MpiError
        When no shipped line applies.

    Examples
    --------
    >>> line_for(2021).name, line_for(2026).name
    ('vn-2016', 'vn-2022')
    """
    if isinstance(when, int) and not date.min.year <= when <= date.max.year:
        raise RequestError(f"when: {when} is no year, such as 2022")
    day = when if isinstance(when, date) else date(when, 12, 31)
    lines = [_loaded(name) for name in list_lines()]
    for line in lines:
        if line.valid_from <= day <= line.valid_to:
            return line
    periods = ", ".join(f"{x.name} {x.valid_from.year}-{x.valid_to.year}" for x in lines)
    raise RequestError(f"no shipped line applies to {when}; they apply to: {periods}")


@cache
def _loaded(name: str) -> Line:
    return _LINES.read(name, Line.from_toml)
