"""What is said where households cannot be counted: of rows in memory, and of those that are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mpi.errors import MpiError, Problems

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ONE_ROW_EACH", "UNKNOWN", "refuse_differing", "refuse_unidentified"]

ONE_ROW_EACH = (
    "every household stands in one row, but the rows would be counted as persons: give size= (the column of household "
    "sizes) to count persons, or unit='household' to count households"
)
"""Where a file of households would be counted as one of persons."""

UNKNOWN = (
    "households cannot be counted: tell the survey which column identifies them (household=), or, for a file of "
    "households, their size (size=)"
)
"""Where nothing tells one household from another."""


def refuse_differing(columns: Sequence[str], *, weights: bool, condition: bool) -> None:
    """Raise where members of a household differ in what is used of it: columns, weights, the condition."""
    problems = Problems("households cannot be counted")
    if columns:
        verb = "differs" if len(columns) == 1 else "differ"
        problems.add(
            f"{', '.join(map(repr, columns))} {verb} between members of a household; a household figure needs an "
            "attribute of the household, such as the sex of its head"
        )
    if weights:
        problems.add("the weights differ between members of a household; give the survey the household's weight")
    if condition:
        problems.add("the condition differs between members of a household; choose whole households")
    problems.raise_if_any()


def refuse_unidentified(column: str, rows: int) -> None:
    """Raise where rows have no household: each would be taken for a household of its own."""
    if rows:
        raise MpiError(
            f"household column {column!r} is missing in {rows:,} rows, and who lives with whom is not known; give them "
            "identifiers, or take them out before the survey is made"
        )
