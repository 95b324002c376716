"""Indicator weights worked out from what a measure file gives: all of them, those of dimensions alone, or none."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from mpi.core.exact import text
from mpi.core.toml_words import key_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mpi.core.errors import Problems

__all__ = ["BAD", "Row", "Weights"]

BAD = Fraction(-1)
"""A weight that was given, but not as a number; its problem is noted already."""


@dataclass(frozen=True, slots=True)
class Row:
    """An indicator as the file has it; `weight` None where the file gives none."""

    name: str
    dimension: str
    path: str
    weight: Fraction | None
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Weights:
    """Works out the weight of each indicator from what a file gives."""

    problems: Problems
    tolerance: Fraction

    def indicator_weights(
        self, dimension_weights: Mapping[str, Fraction | None], rows: Sequence[Row]
    ) -> dict[str, Fraction]:
        """Return the weight of each indicator, and note what does not fit together."""
        self.all_or_none({f"dimensions.{key_text(d)}": w for d, w in dimension_weights.items()})
        totals = self.totals(dimension_weights, rows)
        out: dict[str, Fraction] = {}
        for dimension, total in totals.items():
            group = [r for r in rows if r.dimension == dimension]
            self.all_or_none({r.path: r.weight for r in group})
            out |= self.within(dimension, group, total, own=dimension_weights[dimension] is not None)
        return out

    def totals(self, dimension_weights: Mapping[str, Fraction | None], rows: Sequence[Row]) -> dict[str, Fraction]:
        """Return the weight of each dimension: its own, or what its indicators add to, or an equal share."""
        if any(w is not None for w in dimension_weights.values()):
            known = {d: BAD if w is None else w for d, w in dimension_weights.items()}
            self.add_up(known.values(), Fraction(1), "dimensions: their weights", "1")
            return known
        if any(r.weight is None for r in rows):
            return dict.fromkeys(dimension_weights, Fraction(1, len(dimension_weights)))
        weights = {d: [r.weight or Fraction(0) for r in rows if r.dimension == d] for d in dimension_weights}
        everything = [w for group in weights.values() for w in group or [BAD]]
        self.add_up(everything, Fraction(1), "dimensions: the indicators' weights", "1")
        return {d: BAD if BAD in group else sum(group, Fraction(0)) for d, group in weights.items()}

    def within(self, dimension: str, group: Sequence[Row], total: Fraction, *, own: bool) -> dict[str, Fraction]:
        """Return the weights of a dimension's indicators."""
        given = {r.name: r.weight for r in group if r.weight is not None}
        if not given:
            return {r.name: total / len(group) for r in group}
        expected = f"its weight {text(total)}" if own else f"{text(total)}, as no dimension has a weight"
        if sum(given.values()) == 1:
            expected += "; an indicator's weight is a share of the whole score, not of its dimension"
        if len(given) == len(group) and total != BAD:
            what = f"dimensions.{key_text(dimension)}: its indicators' weights"
            self.add_up(given.values(), total, what, expected)
        return given

    def add_up(self, weights: Iterable[Fraction], total: Fraction, what: str, expected: str) -> None:
        """Hold a sum of weights to its total, unless one of them is unknown."""
        parts = list(weights)
        found = sum(parts, Fraction(0))
        if not parts or BAD in parts or abs(found - total) <= self.tolerance:
            return
        near = f" ({float(found):.6g})" if found.denominator > 1 else ""
        thirds = "; write thirds as '1/3'" if abs(found - total) < Fraction(1, 50) else ""
        self.problems.add(f"{what} add to {text(found)}{near}, expected {expected}{thirds}")

    def all_or_none(self, weights: Mapping[str, Fraction | None]) -> None:
        """Hold siblings to have a weight each, or none of them."""
        absent = [path for path, w in weights.items() if w is None]
        if absent and len(absent) < len(weights):
            other = next(path for path, w in weights.items() if w is not None)
            for path in absent:
                self.problems.add(f"{path}.weight: not found, though {other} has one; give all of them or none")
