"""Gaps of indicators: which columns hold them, what each row adds to their sums, and what profiles carry of them."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from mpi.core.errors import DataError, Problems, unknown
from mpi.estimation.sums import sums_of, weighted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mpi.estimation.patterns import Profiles
    from mpi.estimation.rows import Rows
    from mpi.estimation.sums import Sums
    from mpi.frames.aggregation import Pair
    from mpi.measures.measure import Measure
    from mpi.survey.survey import Survey

    Floats = NDArray[np.float64]

__all__ = [
    "POWERS",
    "Gap",
    "KnownGap",
    "carried_sums",
    "checked_sums",
    "not_carried",
    "read_gaps",
    "summed_gaps",
    "with_gaps",
]  # fmt: skip

POWERS = (1, 2)
"""The powers of gaps that measures are made of."""

Gap = str | tuple[str, float] | None
"""A column of gaps, or one of achievements with its cutoff; None where a deprivation counts in full."""


@dataclass(frozen=True, slots=True)
class KnownGap:
    """The gap of one indicator: its column, and the cutoff of achievements; None where the column holds gaps."""

    column: str
    cutoff: float | None

    def written(self) -> tuple[str, float | None]:
        """Return it as plain values."""
        return self.column, self.cutoff

    def expression(self) -> Any:
        """Return the gap as an expression of the column."""
        x = nw.col(self.column).cast(nw.Float64)
        if self.cutoff is None:
            return x
        return nw.when(x < self.cutoff).then((self.cutoff - x) / self.cutoff).otherwise(x * 0.0)


def read_gaps(measure: Measure, gaps: Mapping[str, Gap], problems: Problems) -> dict[str, KnownGap]:
    """Return the gaps of each indicator as `gaps=` gives them; what is wrong with it is noted."""
    found: dict[str, KnownGap] = {}
    problems.found += [f"gaps: {unknown('indicator', n, measure.names)}" for n in gaps if n not in measure.names]
    lacking = [i.name for i in measure.indicators if i.weight and i.name not in gaps]
    if lacking:
        problems.add(
            f"gaps: nothing is said of {', '.join(map(repr, lacking))}; name a column of gaps, a column and its "
            "cutoff, or None where a deprivation counts in full"
        )
    if all(gaps.get(i.name) is None for i in measure.indicators):
        problems.add("gaps: no indicator has any, so M1 and M2 would be M0; mpi.estimate gives it")
    for name, said in gaps.items():
        if isinstance(said, str):
            found[name] = KnownGap(said, None)
        elif isinstance(said, tuple) and len(said) == len(POWERS) and isinstance(said[0], str):
            column: str = said[0]
            cutoff: Any = said[1]
            number = isinstance(cutoff, Real) and not isinstance(cutoff, bool)
            if number and 0 < float(cutoff) < float("inf"):
                found[name] = KnownGap(column, float(cutoff))
            else:
                problems.add(f"gaps: the cutoff of {name!r} is {cutoff!r}; a number above 0 was expected")
        elif said is not None:
            problems.add(f"gaps: {said!r} for {name!r}; a column, (column, cutoff) or None was expected")
    return found


def with_gaps(survey: Survey, gaps: Mapping[str, KnownGap]) -> tuple[Survey, list[Pair]]:
    """Add, for each gap, its columns to be summed: the gap, its square, whether it is 0, and whether it is no share."""
    pairs: list[Pair] = []
    taken = set(survey.columns)
    for place, gap in enumerate(gaps.values()):
        g = gap.expression()
        made = {"gap": g, "square": g * g, "none": _flag(g == 0), "wild": _flag((g < 0) | (g > 1))}
        for kind, expression in made.items():
            name = f"_{kind}_{place}"
            while name in taken:
                name = f"_{name}"
            survey = survey.with_column(name, expression)
            pairs.append((name, None))
    return survey, pairs


def _row_sums(survey: Survey, rows: Rows, gap: KnownGap) -> tuple[Sums, Sums, Sums, Sums]:
    """Return what rows in memory add to the same sums as `with_gaps` has an engine make."""
    x: Floats = rows.of(survey.numbers(gap.column)).astype(np.float64)
    z = gap.cutoff
    g: Any = x if z is None else np.where(x < z, (z - x) / z, x * 0.0)
    there, ones = ~np.isnan(g), np.ones(len(g))
    every = np.ones(len(g), dtype=bool)
    one, two = weighted(rows, g, ones, there), weighted(rows, g * g, ones, there)
    none, wild = (weighted(rows, 1.0 * odd, ones, every) for odd in (g == 0, (g < 0) | (g > 1)))
    return one, two, none, wild


def summed_gaps(indicator: str) -> tuple[str, str]:
    """Return the columns of a profile that hold an indicator's sums of gaps, and of squared gaps."""
    return f"_gaps_{indicator}", f"_squares_{indicator}"


def not_carried(survey: Survey, gaps: Mapping[str, KnownGap]) -> list[str]:
    """Say which gaps a profile does not carry."""
    made = survey.rows.origin.made
    carried = {} if made is None else made.gaps
    lacking = [n for n, gap in gaps.items() if carried.get(n) != gap.written()]
    if not lacking:
        return []
    there = ", ".join(f"{n} ({c}{'' if z is None else f' below {z:g}'})" for n, (c, z) in carried.items()) or "none"
    said = f"gaps: the profile does not carry those of {', '.join(map(repr, lacking))} (it carries {there})"
    return [f"{said}; make it anew of the microdata with mpi.profile(..., gaps=...)"]


def carried_sums(survey: Survey, rows: Rows, gaps: Mapping[str, KnownGap]) -> dict[str, tuple[Floats, ...]]:
    """Read the sums that a profile carries; where its rows are households, persons are their members."""
    weight = rows.of(survey.weight)
    times = np.divide(rows.weight, weight, out=np.ones(len(weight)), where=weight > 0)
    return {
        name: tuple(rows.of(survey.numbers(c)).astype(np.float64) * times for c in summed_gaps(name)) for name in gaps
    }


def _flag(condition: Any) -> Any:
    return nw.when(condition).then(1.0).otherwise(0.0)


_KINDS = 4


def checked_sums(
    survey: Survey, prof: Profiles, measure: Measure, gaps: Mapping[str, KnownGap], pairs: Sequence[Pair]
) -> dict[str, tuple[Floats, ...]]:
    """Return what each row adds to the sums of each indicator's gaps and squared gaps, held to its deprivations."""
    rows = prof.rows
    found: dict[str, tuple[Floats, ...]] = {}
    problems = Problems("the gaps cannot be used", DataError)
    many = np.ones(len(rows.unit)) if rows.cases is None else rows.cases.astype(np.float64)
    for place, (name, gap) in enumerate(gaps.items()):
        j = measure.names.index(name)
        deprived, asked = prof.deprived[prof.pattern, j], ~prof.missing[prof.pattern, j]
        first = _KINDS * place
        if pairs:
            one, two, none, wild = (sums_of(survey, rows, first + i, pairs[first + i]) for i in range(_KINDS))
        else:
            one, two, none, wild = _row_sums(survey, rows, gap)
        column = f"{gap.column!r}, the {'gaps' if gap.cutoff is None else 'achievements'} of {name!r}"
        for odd, said in (
            (asked & (wild.above > 0), "gives gaps below 0 or above 1"),
            (deprived & (many > one.cases), "is missing where somebody is deprived"),
            (deprived & (none.above > 0) & (many <= one.cases), "gives a gap of 0 where somebody is deprived"),
            (asked & ~deprived & (one.above > 0), "gives a gap where nobody is deprived"),
        ):
            if odd.any():
                problems.add(f"column {column}: {said}, in {int(many[odd].sum()):,} rows or some of them")
        found[name] = (one.above * deprived, two.above * deprived)
    problems.raise_if_any()
    return found
