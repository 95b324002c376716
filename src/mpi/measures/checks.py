"""Checks of a measure's definition: unique indicators, weights that add to 1, cutoffs that are shares."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING

from mpi.core.errors import unknown
from mpi.core.exact import Number, fraction, text
from mpi.measures.indicator import Indicator, reweighted

if TYPE_CHECKING:
    from mpi.core.errors import Problems

__all__ = ["check_indicators", "check_word", "normalised", "only_indicators", "read_cutoff"]


def only_indicators(items: object, problems: Problems) -> tuple[Indicator, ...]:
    """Return the items that are an `Indicator`, and note the others as problems (names alone are the common slip)."""
    if not isinstance(items, Iterable):
        problems.add(f"indicators: a list of Indicator is needed, not {type(items).__name__}")
        return ()
    found = tuple(items)
    others = [repr(i) for i in found if not isinstance(i, Indicator)]
    if others:
        problems.add(f"not an Indicator: {', '.join(others[:5])}; to give names alone, use Measure.nested")
    if not found:
        problems.add("it has no indicators")
    return found if not others else ()


def check_indicators(indicators: tuple[Indicator, ...], problems: Problems) -> None:
    """Hold indicators to a name and a column each, and to weights that are not negative."""
    names = [i.name for i in indicators]
    for name in dict.fromkeys(n for n in names if names.count(n) > 1):
        problems.add(f"indicator {name!r} stands {names.count(name)} times")
    columns = [i.column for i in indicators if names.count(i.name) == 1]
    for column in dict.fromkeys(c for c in columns if columns.count(c) > 1):
        problems.add(f"column {column!r} serves {columns.count(column)} indicators")
    negative = [i for i in indicators if i.weight < 0]
    problems.found += [f"indicator {i.name!r}: weight {text(i.weight)} is negative" for i in negative]


def normalised(indicators: tuple[Indicator, ...], problems: Problems) -> tuple[tuple[Indicator, ...], Fraction]:
    """Hold the weights to a sum of 1; data-driven ones that miss it by rounding alone are divided by it."""
    total = sum((i.weight for i in indicators), Fraction(0))
    tolerance = max((i.rounding for i in indicators), default=Fraction(0))
    if total == 1 or not indicators:
        return indicators, tolerance
    if abs(total - 1) <= tolerance:
        return tuple(reweighted(i, i.weight / total) for i in indicators), tolerance
    listing = ", ".join(f"{i.name} {text(i.weight)}" for i in indicators)
    problems.add(
        f"the weights add to {text(total)} ({float(total):.6g}), not to 1 ({listing}); "
        "write thirds as '1/3', or use Measure.nested for equal nested weights"
    )
    return indicators, Fraction(0)


def read_cutoff(value: Number, key: str, problems: Problems) -> Fraction:
    """Read a cutoff as an exact number, and hold it to a share of the score in (0, 1]."""
    try:
        k = fraction(value)
    except ValueError as error:
        problems.add(f"{key}: {error}")
        return Fraction(1)
    if not 0 < k <= 1:
        percent = f"; {text(k)} per cent is {text(k / 100)!r}" if 1 < k <= 100 else ""
        problems.add(f"{key}: {text(k)} is not a share above 0 and at most 1{percent}")
    return k


def check_word(value: object, words: tuple[str, ...], key: str, problems: Problems) -> None:
    """Hold an option to one of its words."""
    if not isinstance(value, str) or value not in words:
        problems.add(f"{key}: {unknown('choice', value, words)}")
