"""International poverty lines in the money of a country: dollars at purchasing power parity, in a year's prices."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any

from mpi.core.arguments import kinds_checked
from mpi.core.errors import RequestError, unknown
from mpi.core.exact import fraction
from mpi.core.toml_file import parsed

if TYPE_CHECKING:
    from fractions import Fraction

__all__ = ["InternationalLine", "international_line"]


@dataclass(frozen=True, slots=True)
class InternationalLine:
    """An international poverty line in the money of one country and year.

    Attributes
    ----------
    dollars : str
        International dollars per person per day, such as ``2.15``.
    year : int
        The year of the prices.
    base : str
        The round of the purchasing power parities, such as ``2017``.
    ppp, cpi : float
        Money per international dollar of the base year; consumer prices of `year`, those of the base year being 1.
    per_day, per_month : float
        Money per person: VND, or that of the factors that were given; a month is 365 / 12 days. Not rounded.
    status, source : str
        How sure the two factors are, and where they were read.
    """

    dollars: str
    year: int
    base: str
    ppp: float
    cpi: float
    per_day: float
    per_month: float
    status: str
    source: str


@kinds_checked
def international_line(
    dollars: str | float, year: int, *, ppp: float | None = None, cpi: float | None = None
) -> InternationalLine:
    """Convert an international poverty line to money per person in the prices of a year: VND, for Viet Nam.

    The line is dollars x PPP x CPI(year) / CPI(base), per day; a month has 365 / 12 days.

    Parameters
    ----------
    dollars : str or float
        1.90, 3.20 or 5.50 (revised PPP of 2011); 2.15, 3.65 or 6.85 (PPP of 2017); 3.00, 4.20 or 8.30 (PPP of 2021).
        The round may stand behind it, as in ``"2.15 (2017 PPP)"``.
    year : int
        The year of the prices; for Viet Nam the even years from 2010 to 2022.
    ppp, cpi : float, optional
        For another country, or another source: money per international dollar of the round, and consumer prices of
        the year, those of the round's year being 1. They are yours, and the line says so.

    Raises
    ------
    MpiError
        When there is no such line, it is not of the round named, or there is no factor of consumer prices for the year.

    Examples
    --------
    >>> line = international_line("2.15", year=2018)
    >>> round(line.per_day), round(line.per_month / 1000)
    (17108, 520)
    >>> round(international_line("2.15 (2017 PPP)", year=2020, ppp=13.0, cpi=1.2).per_day, 2)
    33.54
    """
    table = _table()
    name, base = _base(dollars, table["lines"])
    said = [(table[what][base]["source"], table[what][base]["status"]) for what in ("ppp", "cpi")]
    for i, (what, given) in enumerate((("ppp", ppp), ("cpi", cpi))):
        if given is not None:
            if not 0 < given < float("inf"):
                raise RequestError(f"{what} is {given!r}; a number above 0 is needed")
            said[i] = (f"{what} as it was given", "given")
    factor = float(table["ppp"][base]["value"]) if ppp is None else float(ppp)
    prices = _prices(table["cpi"][base]["values"], year, base) if cpi is None else float(cpi)
    per_day = float(name) * factor * prices
    standing = "given" if any(s == "given" for _, s in said) else said[0][1]
    return InternationalLine(
        dollars=name, year=year, base=base, ppp=factor, cpi=prices, per_day=per_day, per_month=per_day * 365 / 12,
        status=standing, source="; ".join(s for s, _ in said),
    )  # fmt: skip


def _prices(values: dict[str, Any], year: int, base: str) -> float:
    """Return the consumer prices of a year, those of the base being 1."""
    if str(year) not in values:
        known = ", ".join(values)
        raise RequestError(
            f"the consumer price factor of {year} (base {base}) was not found; known years: {known}; or give cpi="
        )
    return float(values[str(year)])


_WRITTEN = re.compile(r"\$?\s*([\d.,/]+)\s*(?:\((\d{4})\s*(?:PPP)?\))?", re.IGNORECASE)


def _base(dollars: str | float, lines: dict[str, str]) -> tuple[str, str]:
    """Return the name of a line, however it is written, and the PPP round that it is in."""
    form = _WRITTEN.fullmatch(str(dollars).strip())
    try:
        wanted: Fraction | None = fraction(form[1]) if form else None
    except ValueError:
        wanted = None
    for name, base in lines.items():
        if fraction(name) == wanted:
            if form is not None and form[2] not in (None, base):
                raise RequestError(f"${name} a day is a line of the PPP of {base}, not of {form[2]}")
            return name, base
    raise RequestError(unknown("international line", dollars, lines))


@cache
def _table() -> dict[str, Any]:
    with as_file(files("mpi") / "lines" / "international.toml") as path:
        return parsed(path)
