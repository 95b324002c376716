"""From the groups that an engine found to the table of a profile: put in order, patterns written out as indicators."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mpi.frames.arrays import compress
from mpi.frames.wanted import CASES, CODE, INSIDE, WEIGHT, summed

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mpi.frames.wanted import Wanted

__all__ = ["in_order", "written_out"]


def in_order(found: pd.DataFrame, wanted: Wanted) -> pd.DataFrame:
    """Sort by the keys, so that the same data give the same sums to the last digit; `found` is emptied on the way."""
    import pandas as pd

    found["_weighs"] = found[WEIGHT] > 0
    inside = [INSIDE] if wanted.conditions else []
    order = _order(found, [*wanted.places.values(), *inside, CODE, "_weighs"])
    del found["_weighs"]
    return pd.DataFrame({c: found.pop(c).array.take(order) for c in list(found.columns)}, copy=False)


def _order(found: pd.DataFrame, by: Sequence[str]) -> NDArray[np.int64]:
    """Return the order of the keys; what is missing comes first."""
    key, size = np.zeros(len(found), dtype=np.int64), 1
    for c in by:
        ranks = _ranks(found[c])
        width = int(ranks.max(initial=0)) + 1
        size *= width
        if size >= np.iinfo(np.int64).max:
            return np.lexsort([_ranks(found[c]) for c in reversed(by)])
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


def written_out(found: pd.DataFrame, wanted: Wanted) -> pd.DataFrame:
    """Write the patterns out as columns of 0, 1 and missing, behind keys, cases and weights; `found` is emptied."""
    import pandas as pd

    patterns, index = compress(found.pop(CODE).to_numpy(dtype=np.int64))
    columns = {key: found.pop(place) for key, place in wanted.places.items()}
    columns |= {name: found.pop(name) for name in (CASES, WEIGHT)}
    for j, name in enumerate(wanted.flags):
        if name not in wanted.keys:
            digit = patterns // 3**j % 3
            missing = digit == 2  # the digit of missing answers
            known = np.where(missing, np.nan, digit).astype(np.float32) if missing.any() else digit.astype(np.int8)
            columns[name] = pd.Series(known[index], copy=False)
    if wanted.conditions:
        columns[INSIDE] = (found.pop(INSIDE) != 0).astype(np.int8)
    columns |= {name: found.pop(name) for i in range(len(wanted.pairs)) for name in summed(i)}
    return pd.DataFrame(columns, copy=False)
