"""Capacity checks of a profile before it is collected, and the error for one that does not fit in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw

from mpi.core.errors import MpiError, RequestError
from mpi.core.memory import amount, free_memory, translated_memory_errors
from mpi.frames.progress import collected
from mpi.frames.stored_table import stored

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from mpi.frames.aggregation import Aggregation
    from mpi.frames.stored_table import StoredTable

__all__ = ["parts_that_fit", "size_of", "translated_row_limits"]

_ROW, _KEY, _FLAG, _PAIR = 60, 12, 3, 64
"""Bytes that a row of a profile takes at the most until there are estimates of it, and what adds to them."""


def size_of(rows: int, aggregation: Aggregation) -> int:
    """Return the bytes of memory that so many rows need until there are estimates of them."""
    each = _ROW + _KEY * len(aggregation.keys) + _FLAG * len(aggregation.flags) + _PAIR * len(aggregation.pairs)
    return rows * each


def parts_that_fit(
    whole: StoredTable, aggregation: Aggregation, marks: Sequence[str], sums: Sequence[str]
) -> Iterator[tuple[Aggregation, StoredTable]]:
    """Yield what can be collected: all groups crossed, or where that does not fit, those that may be kept apart.

    Parameters
    ----------
    whole : StoredTable
        All groups crossed.
    aggregation : Aggregation
        What is asked for.
    marks, sums : sequence of str
        What rows are grouped by besides the keys, and what is summed.

    Raises
    ------
    MpiError
        Where neither fits; nothing was collected then.
    """
    said = _too_large(whole.rows, aggregation)
    if said is None:
        yield aggregation, whole
        return
    if len(aggregation.apart) < 2:
        raise _refusal(whole, aggregation, said)
    for groups in aggregation.apart:
        part = replace(aggregation, groups=groups, apart=())
        keys = [nw.col(aggregation.places[key]).alias(place) for key, place in part.places.items()]
        frame = whole.frame.select(*keys, *marks, *sums)
        with stored(frame.group_by(*part.places.values(), *marks).agg(*(nw.col(c).sum() for c in sums))) as store:
            said = _too_large(store.rows, part)
            if said is not None:
                raise _refusal(store, part, said)
            yield part, store


def translated_row_limits(rows: int, aggregation: Aggregation) -> AbstractContextManager[None]:
    """Tell of memory that does not suffice, with how many rows there are, what they need, and the way out."""
    return translated_memory_errors(
        f"a profile of {rows:,} rows, about {amount(size_of(rows, aggregation))}", _mend(aggregation, rows)
    )


def _too_large(rows: int, aggregation: Aggregation) -> str | None:
    """Say why a profile cannot be collected; None where it can."""
    if rows > aggregation.most:
        return f"more than the {aggregation.most:,} that most= allows"
    need, left = size_of(rows, aggregation), free_memory()
    if left is None or need <= left:
        return None
    return f"which need {amount(need)} of memory, and {amount(left)} are free"


def _refusal(store: StoredTable, aggregation: Aggregation, reason: str) -> MpiError:
    """Return the error that says how large a profile would be, what makes it so, and what can be done."""
    levels = {}
    for key, place in aggregation.places.items():
        found = collected(store.frame.select(place).unique().select(nw.len().alias("n")), show=False)
        levels[key] = int(found["n"].iloc[0])
    told = ", ".join(f"{k} {n:,}" for k, n in sorted(levels.items(), key=lambda item: -item[1]))
    return RequestError(
        f"the profile would have {store.rows:,} rows, {reason}; the engine counted them, and nothing was made of them. "
        f"Distinct values: {told}. {_mend(aggregation, store.rows)}"
    )


def _mend(aggregation: Aggregation, rows: int) -> str:
    more = "raise most= of mpi.profile" if rows > aggregation.most else "give the process more memory"
    return (
        "Smaller are fewer columns in by=, coarser groups (survey.with_groups), a measure of fewer indicators. Of "
        "microdata, mpi.estimate(survey, measure, by=[...]) collects each entry of by= by itself, where their cross is "
        f"too large; mpi.profile keeps every cross of by=. Or {more}"
    )
