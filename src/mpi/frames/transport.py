"""Types of keys kept on the way from an engine to pandas, which has no missing integers and no dates."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

__all__ = ["WIDE", "in_known_order", "received", "sent"]

WIDE = (nw.Int64, nw.UInt64)
"""Numbers that floats do not hold exactly: two codes would fall together."""

LONG = (nw.Int128, nw.UInt128)
"""Numbers that only Python's own hold."""


def sent(lazy: nw.LazyFrame[Any], schema: Mapping[str, Any], places: Mapping[str, str]) -> nw.LazyFrame[Any]:
    """Write keys so that nothing of them is lost; `received` reads them.

    Parameters
    ----------
    lazy : narwhals.LazyFrame
        What an engine grouped.
    schema : mapping of str to dtype
        The types of the keys, by their own names.
    places : mapping of str to str
        What each key is called in `lazy`.
    """
    added = []
    for key, place in places.items():
        dtype = schema[key]
        if dtype in WIDE:
            absent = nw.when(nw.col(place).is_null()).then(nw.lit(1)).otherwise(nw.lit(0))
            added += [nw.col(place).fill_null(0).cast(dtype), absent.alias(_absent(place))]
        elif dtype.is_decimal() or dtype in LONG:
            added.append(nw.col(place).cast(nw.String))
    return lazy.with_columns(*added) if added else lazy


def received(table: pd.DataFrame, schema: Mapping[str, Any], places: Mapping[str, str]) -> pd.DataFrame:
    """Return keys as they stand in the data: whole numbers, dates, decimals, true and false."""
    for key, place in places.items():
        dtype = schema[key]
        if dtype in WIDE:
            absent = table.pop(_absent(place)) == 1
            if absent.any():
                table[place] = table[place].astype("UInt64" if dtype == nw.UInt64 else "Int64").mask(absent)
        elif dtype.is_decimal() or dtype in LONG:
            table[place] = table[place].map(int if dtype in LONG else Decimal, na_action="ignore")
        elif dtype == nw.Boolean and table[place].dtype.kind != "b":  # objects; on Dask floats, too
            table[place] = table[place].astype("boolean")
        elif dtype == nw.Date and hasattr(table[place], "dt"):
            table[place] = table[place].dt.date.astype(object).where(table[place].notna(), None)
    return table


def in_known_order(table: pd.DataFrame, levels: Mapping[str, Sequence[Any]], places: Mapping[str, str]) -> pd.DataFrame:
    """Give categories the order that is known of them; whatever is not among them is kept, and comes last.

    Parameters
    ----------
    table : pandas.DataFrame
        Keys as `received` gives them.
    levels : mapping of key to sequence
        The categories that are known, in their order.
    places : mapping of str to str
        What each key is called in `table`.

    Examples
    --------
    >>> import pandas as pd
    >>> found = in_known_order(pd.DataFrame({"k": ["x", "a", "b"]}), {"key": ["b", "a"]}, {"key": "k"})
    >>> found["k"].cat.categories.tolist()
    ['b', 'a', 'x']
    """
    import pandas as pd

    for key, place in places.items():
        if key in levels:
            there = pd.Index(table[place].dropna().unique())
            known = pd.Index(levels[key])
            extra = there[~there.isin(known)]
            table[place] = pd.Categorical(table[place], categories=[*known, *pd.Categorical(extra).categories])
    return table


def _absent(place: str) -> str:
    return f"{place}_absent"
