"""The table of a profile, made of the groups that an engine found: sorted, patterns written out as indicators."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mpi.frames.aggregation import CODE, INSIDE, summed
from mpi.frames.compress import compress

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mpi.frames.aggregation import Aggregation

__all__ = ["as_floats", "in_order", "stacked", "written_out"]


def stacked(pieces: list[pd.DataFrame]) -> pd.DataFrame:
    """Put pieces of a table below each other, column by column; `pieces` is emptied on the way."""
    import pandas as pd

    if len(pieces) == 1:
        return pieces.pop()
    columns = {c: pd.concat([p.pop(c) for p in pieces], ignore_index=True) for c in list(pieces[0].columns)}
    pieces.clear()
    return pd.DataFrame(columns, copy=False)


def in_order(table: pd.DataFrame, aggregation: Aggregation) -> pd.DataFrame:
    """Return rows sorted by keys, so that equal data give equal sums to the last digit; `table` is emptied."""
    import pandas as pd

    order = _order(table, [*aggregation.places.values(), CODE])
    return pd.DataFrame({c: table.pop(c).array.take(order) for c in list(table.columns)}, copy=False)


def _order(table: pd.DataFrame, by: Sequence[str]) -> NDArray[np.int64]:
    """Return the order of the keys; what is missing comes first."""
    key, size = np.zeros(len(table), dtype=np.int64), 1
    for c in by:
        ranks = _ranks(table[c])
        width = int(ranks.max(initial=0)) + 1
        size *= width
        if size >= np.iinfo(np.int64).max:
            return np.lexsort([_ranks(table[c]) for c in reversed(by)])
        key *= width
        key += ranks
    return np.argsort(key)


def _ranks(column: pd.Series) -> NDArray[np.int64]:
    """Return numbers from 0 that are in the order of a column's values: whole numbers are such numbers."""
    import pandas as pd

    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iub" and len(column):
        values = column.to_numpy().view(np.uint8) if column.dtype.kind == "b" else column.to_numpy()
        low = int(values.min())
        if int(values.max()) - low < _SPAN:
            wide = values.dtype == np.uint64  # whose largest numbers no other type holds
            return (values - np.uint64(low)).astype(np.int64) if wide else values.astype(np.int64) - low
    return pd.factorize(column, sort=True)[0].astype(np.int64) + 1


_SPAN = 1 << 24
"""Codes further apart are numbered."""


def written_out(table: pd.DataFrame, aggregation: Aggregation) -> pd.DataFrame:
    """Return patterns as columns of 0, 1 and missing, behind keys, cases and weights; `table` is emptied."""
    import pandas as pd

    code = table.pop(CODE).to_numpy()
    if aggregation.weight is not None:
        code = code >> 1  # what is left is whether the row weighs, which the weight tells
    inside = code > 0 if aggregation.conditions else None
    patterns, index = compress(code if inside is None else np.maximum(code - 1, 0))
    patterns = patterns.astype(np.int64)
    columns = {key: table.pop(place) for key, place in aggregation.places.items()}
    columns |= {new: table.pop(name) for name, new in aggregation.called.items()}
    for j, name in enumerate(aggregation.flags):
        if name not in aggregation.keys:
            digit = (patterns // 3**j % 3).astype(np.int8)
            missing = digit == _MISSING
            known = np.where(missing, np.int8(0), digit)[index]
            column = pd.arrays.IntegerArray(known, missing[index]) if missing.any() else known
            columns[name] = pd.Series(column, copy=False)
    if inside is not None:
        columns[INSIDE] = pd.Series(inside.view(np.int8), copy=False)
    columns |= {name: table.pop(name) for i in range(len(aggregation.pairs)) for name in summed(i)}
    return pd.DataFrame(columns, copy=False)


_MISSING = 2
"""The digit of missing answers in a pattern."""


def as_floats(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table of a profile with indicators as files hold them: small floats, where some are missing.

    In memory bytes beside what is missing take half as much.
    """
    import pandas as pd

    kept = [c for c, dtype in table.dtypes.items() if isinstance(dtype, pd.Int8Dtype) and table[c].hasnans]
    return table.astype(dict.fromkeys(kept, np.float32)) if kept else table
