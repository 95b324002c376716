"""One row of each household out of the rows of its members, chosen by the engine that holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from mpi.frames.progress import collected
from mpi.survey.household_words import refuse_differing, refuse_unidentified

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["household_rows", "one_row_each"]

_KEYS = ("wave", "strata", "psu", "household")
_FEW = 10_000


def one_row_each(frame: nw.LazyFrame[Any], roles: Mapping[str, str]) -> bool:
    """Tell whether every household has one row; the first rows tell it of most files."""
    keys = _keys(roles)
    rows = frame.select(*keys, nw.lit(1).alias("_mpi_rows"))
    if collected(rows.head(_FEW)).drop(columns="_mpi_rows").duplicated().any():
        return False
    homes = rows.group_by(*keys).agg(nw.col("_mpi_rows").sum())
    return int(collected(homes.select(nw.col("_mpi_rows").max()))["_mpi_rows"].iloc[0]) == 1


def household_rows(
    frame: nw.LazyFrame[Any], roles: Mapping[str, str], columns: Sequence[str], conditions: Sequence[str]
) -> tuple[nw.LazyFrame[Any], list[int]]:
    """Return one row of each household, with what is used of it; and in how many rows each condition is missing.

    Parameters
    ----------
    frame : LazyFrame
        Members, with a column of 0, 1 and missing for each condition.
    roles : mapping of role to column
        The design, and the household.
    columns, conditions : sequence of str
        What is used besides.

    Raises
    ------
    MpiError
        When identifiers are missing, or members of a household differ in what is used; the columns are named.
    """
    keys = _keys(roles)
    used = dict.fromkeys([*keys, *(c for r, c in roles.items() if r != "household"), *columns, *conditions])
    clean = frame.select(*used)
    unidentified, *absent = _missing(clean, [roles["household"], *conditions])
    refuse_unidentified(roles["household"], unidentified)
    if conditions:
        clean = clean.with_columns(*(nw.col(c).fill_null(0) for c in conditions))  # not known to meet it: out
    homes = clean.unique()
    if _several(homes, keys):

        def differs(column: str) -> bool:
            """Return whether members of one household have several values of a column."""
            return column not in keys and _several(clean.select(*keys, column).unique(), keys)

        refuse_differing(
            [c for c in dict.fromkeys(columns) if differs(c)],
            weights="weight" in roles and differs(roles["weight"]),
            condition=any(map(differs, conditions)),
        )
    return homes, absent


def _missing(frame: nw.LazyFrame[Any], columns: Sequence[str]) -> list[int]:
    """Count the rows in which each column is missing."""
    flags = [nw.when(nw.col(c).is_null()).then(nw.lit(1)).otherwise(nw.lit(0)) for c in columns]
    marked = frame.select(*(x.alias(f"_{i}") for i, x in enumerate(flags)))
    counts = collected(marked.select(*(nw.col(f"_{i}").sum() for i in range(len(columns)))))
    return [int(counts[f"_{i}"].iloc[0] or 0) for i in range(len(columns))]


def _keys(roles: Mapping[str, str]) -> list[str]:
    return list(dict.fromkeys(roles[r] for r in _KEYS if r in roles))


def _several(rows: nw.LazyFrame[Any], keys: Sequence[str]) -> bool:
    """Tell whether some household has several rows."""
    counts = rows.with_columns(nw.lit(1).alias("_mpi_rows")).group_by(*keys).agg(nw.col("_mpi_rows").sum())
    return int(collected(counts.select(nw.col("_mpi_rows").max()))["_mpi_rows"].iloc[0] or 0) > 1
