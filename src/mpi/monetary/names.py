"""Names of monetary statistics: a word, and in brackets the parameter, as ``fgt(1)`` or ``atkinson(0.5)``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isfinite
from numbers import Real
from typing import TYPE_CHECKING, Any

from mpi.core.errors import Problems, RequestError, unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ALIASES", "DEFAULT", "OF_LINE", "Statistic", "orders", "statistics_of"]

OF_LINE = ("fgt", "watts", "sen", "sst", "number_of_poor", "prosperity_gap", "rmpg", "tip", "income_at")
"""Statistics that need a poverty line."""

_PARAMETERS = {
    "fgt": (1,), "watts": (0,), "sen": (0,), "sst": (0,), "number_of_poor": (0,), "prosperity_gap": (0,), "rmpg": (0,),
    "tip": (1,), "mean": (0, 2), "gini": (0,), "ge": (1,), "atkinson": (1,), "quantile": (1,), "lorenz": (1,),
    "share": (2,), "qsr": (0,), "palma": (0,), "population": (0,),
}  # fmt: skip
"""How many numbers each takes."""

ALIASES = {
    "headcount": "fgt(0)", "poverty_gap": "fgt(1)", "poverty_severity": "fgt(2)", "median": "quantile(0.5)",
    "mld": "ge(0)", "theil": "ge(1)",
    **{f"decile{i + 1}": f"share({i / 10:g},{(i + 1) / 10:g})" for i in range(10)},
}  # fmt: skip
"""Other names, those of the World Bank's platform among them."""

DEFAULT = ("mean", "quantile(0.5)", "gini", "ge(0)", "ge(1)", "lorenz(0.4)", "palma")
_DEFAULT_OF_LINE = ("fgt(0)", "fgt(1)", "fgt(2)", "watts")

_NUMBERS = ("nothing", "one number", "two numbers")
_FORM = re.compile(r"\s*([a-z_]+)\s*(?:\(\s*([^()]*?)\s*\))?\s*")


@dataclass(frozen=True, slots=True)
class Statistic:
    """A statistic: its kind, and the numbers that it takes.

    Attributes
    ----------
    kind : str
        Such as ``fgt``.
    at : tuple of float
        Its parameters.
    """

    kind: str
    at: tuple[float, ...] = ()

    @property
    def name(self) -> str:
        """The name by which it stands in tables."""
        return f"{self.kind}({','.join(f'{x:.12g}' for x in self.at)})" if self.at else self.kind

    @property
    def of_line(self) -> bool:
        """Return whether it needs a poverty line."""
        return self.kind in OF_LINE


def statistics_of(names: str | Sequence[str] | None, *, line: bool) -> list[Statistic]:
    """Return the statistics that are asked for, each once; those of a line come first by default.

    Raises
    ------
    MpiError
        With every name that is unknown, and every parameter that cannot be.

    Examples
    --------
    >>> [s.name for s in statistics_of(["headcount", "ge( 0.50 )", "share(0, 0.2)"], line=True)]
    ['fgt(0)', 'ge(0.5)', 'share(0,0.2)']
    """
    if names is None:
        names = [*(_DEFAULT_OF_LINE if line else ()), *DEFAULT]
    problems = Problems("the monetary statistics cannot be estimated", RequestError)
    found = [_read(n, problems) for n in ([names] if isinstance(names, str) else names)]
    made = list(dict.fromkeys(s for s in found if s is not None))
    needing = [s.name for s in made if s.of_line]
    if needing and not line:
        problems.add(f"{', '.join(needing)}: say the poverty line, line=...")
    if not found:
        problems.add("statistics: name at least one")
    problems.raise_if_any()
    return made


def orders(kind: str, parameters: Sequence[float]) -> list[str]:
    """Return the names of a statistic of several orders, such as FGT of 0, 1 and 2.

    Raises
    ------
    MpiError
        When there are none, or one is no number.

    Examples
    --------
    >>> orders("fgt", [0, 1.5])
    ['fgt(0)', 'fgt(1.5)']
    """
    listed: list[Any] = [parameters] if isinstance(parameters, (str, Real)) else [*parameters]
    odd = [a for a in listed if isinstance(a, (bool, str)) or not isinstance(a, Real)]
    if odd or not listed:
        raise RequestError(
            f"alphas: numbers are needed, such as [0, 1, 2]; not {odd[0]!r}" if odd else "alphas is empty"
        )
    return [Statistic(kind, (float(a),)).name for a in listed]


def _read(name_given: object, problems: Problems) -> Statistic | None:
    """Return the statistic that a name says; None where it has problems."""
    name = ALIASES.get(str(name_given).strip(), str(name_given))
    form = _FORM.fullmatch(name)
    kind = form.group(1) if form else name
    if form is None or kind not in _PARAMETERS:
        problems.add(f"statistics: {unknown('statistic', name_given, [*_PARAMETERS, *ALIASES])}")
        return None
    said = [p for p in (form.group(2) or "").split(",") if p.strip()]
    try:
        at = tuple(float(p) for p in said)
    except ValueError:
        problems.add(f"statistics: {name_given!r}: {form.group(2)!r} is not a number")
        return None
    if len(at) not in _PARAMETERS[kind]:
        wanted = " or ".join(_NUMBERS[n] for n in _PARAMETERS[kind])
        problems.add(f"statistics: {name_given!r}: {kind} takes {wanted} in brackets, as in fgt(1) and share(0,0.2)")
        return None
    return _checked(Statistic(kind, at), problems)


def _checked(statistic: Statistic, problems: Problems) -> Statistic | None:
    """Refuse parameters outside of what the statistic is defined for."""
    bad = ""
    if not all(isfinite(x) for x in statistic.at):
        bad = "the number is not finite"
    elif statistic.kind == "fgt" and statistic.at[0] < 0:
        bad = "alpha is at least 0"
    elif statistic.kind == "atkinson" and statistic.at[0] <= 0:
        bad = "epsilon is above 0"
    elif statistic.kind == "quantile" and not 0 < statistic.at[0] < 1:
        bad = "a quantile lies between 0 and 1: the median is quantile(0.5)"
    elif statistic.kind in ("lorenz", "tip") and not 0 <= statistic.at[0] <= 1:
        bad = "a share of the population lies between 0 and 1"
    elif len(statistic.at) == 2 and not 0 <= statistic.at[0] < statistic.at[1] <= 1:
        bad = "the two are shares of the population, the lower first, as (0,0.2)"
    if bad:
        problems.add(f"statistics: {statistic.name}: {bad}")
        return None
    return statistic
