"""International poverty lines in the money of a country: dollars at purchasing power parity, in a year's prices."""

from __future__ import annotations

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
        VND per international dollar of the base year; consumer prices of `year`, those of the base year being 1.
    per_day, per_month : float
        VND per person; a month is 365 / 12 days. Not rounded.
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
def international_line(dollars: str | float, year: int) -> InternationalLine:
    """Convert an international poverty line to VND per person in the prices of a year, for Viet Nam.

    The line is dollars x PPP x CPI(year) / CPI(base), per day; a month has 365 / 12 days.

    Parameters
    ----------
    dollars : str or float
        1.90, 3.20 or 5.50 (revised PPP of 2011); 2.15, 3.65 or 6.85 (PPP of 2017); 3.00, 4.20 or 8.30 (PPP of 2021).
    year : int
        The year of the prices; the even years from 2010 to 2022.

    Raises
    ------
    MpiError
        When there is no such line, or no factor of consumer prices for the year.

    Examples
    --------
    >>> line = international_line("2.15", year=2018)
    >>> round(line.per_day), round(line.per_month / 1000)
    (17108, 520)
    """
    table = _table()
    name, base = _base(dollars, table["lines"])
    ppp, cpi = table["ppp"][base], table["cpi"][base]
    factor = cpi["values"].get(str(year))
    if factor is None:
        known = ", ".join(cpi["values"])
        raise RequestError(f"the consumer price factor of {year} (base {base}) was not found; known years: {known}")
    per_day = float(name) * float(ppp["value"]) * float(factor)
    return InternationalLine(
        dollars=name, year=year, base=base, ppp=float(ppp["value"]), cpi=float(factor), per_day=per_day,
        per_month=per_day * 365 / 12, status=ppp["status"], source=f"{ppp['source']}; {cpi['source']}",
    )  # fmt: skip


def _base(dollars: str | float, lines: dict[str, str]) -> tuple[str, str]:
    """Return the name of a line, however it is written, and the PPP round that it is in."""
    try:
        wanted: Fraction | None = fraction(str(dollars).strip().removeprefix("$"))
    except ValueError:
        wanted = None
    for name, base in lines.items():
        if fraction(name) == wanted:
            return name, base
    raise RequestError(unknown("international line", dollars, lines))


@cache
def _table() -> dict[str, Any]:
    with as_file(files("mpi") / "lines" / "international.toml") as path:
        return parsed(path)
