"""Reasons of missing answers in SPSS files: the codes that they declare user-missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["user_missing"]


def user_missing(frame: pd.DataFrame, raw: pd.DataFrame) -> dict[str, list[Any]]:
    """Return which codes stand where a value is missing by declaration.

    Parameters
    ----------
    frame, raw : pandas.DataFrame
        The same rows, with user-missing values missing and as they stand; `raw` may have fewer columns.

    Returns
    -------
    dict of column to list of float, str or None
        For columns that have any.
    """
    found = {}
    for name in raw.columns:
        said, left = raw[name], frame[name]
        gone = said.notna() & (said != "") & (left.isna() | (left == ""))
        if gone.any():
            found[str(name)] = said.where(gone).astype(object).where(gone, None).tolist()
    return found
