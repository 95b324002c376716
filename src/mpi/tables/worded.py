"""A table for people: its columns named in words, and its rows disaggregation by disaggregation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mpi.tables.text import publish

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from mpi.tables.estimates_like import EstimatesLike
    from mpi.tables.layout import Layout

__all__ = ["blocks", "worded"]


def worded(est: EstimatesLike, options: Layout) -> pd.DataFrame:
    """Lay out a table to publish with columns named in words, unless another wish is told."""
    wished: Layout = {"labels": True, **options}
    return publish(est, **wished)


def blocks(frame: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the rows of each disaggregation."""
    for by in dict.fromkeys(frame.index.get_level_values("by")):
        yield str(by), frame[frame.index.get_level_values("by") == by]
