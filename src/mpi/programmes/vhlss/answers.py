"""Harmonised values, recoded from answers as they stand in the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mpi.programmes.vhlss.layout import Name

    Values = NDArray[np.float64]

__all__ = ["combined", "harmonised", "scaled", "unlisted"]


def harmonised(values: Values, asked: NDArray[np.bool_], mapping: Name) -> Values:
    """Return answers with their codes changed as the mapping says.

    Parameters
    ----------
    values : ndarray of float, shape (rows,)
        The answers, NaN where blank.
    asked : ndarray of bool, shape (rows,)
        Whether the file has the row at all; where it has not, a blank stays missing.
    mapping : Name
        What is to be done.

    Examples
    --------
    >>> from mpi.programmes.vhlss.layout import Name
    >>> yes_no = Name("insured", ("m",), ("x",), recode={1.0: 1.0, 2.0: 0.0})
    >>> harmonised(np.array([1.0, 2.0, 9.0]), np.array([True, True, True]), yes_no).tolist()
    [1.0, 0.0, nan]
    """
    found = values
    for codes, rest in ((mapping.recode, np.nan), (mapping.replace if mapping.combine != "sum" else None, None)):
        if codes is not None:
            found = _replaced(found, codes, rest)
    return found if mapping.blank is None else np.where(asked & np.isnan(values), mapping.blank, found)


def _replaced(values: Values, codes: Mapping[float, float | None], rest: float | None) -> Values:
    out = values.copy() if rest is None else np.full(len(values), rest)
    for old, new in codes.items():
        out[values == old] = np.nan if new is None else new
    return out


def unlisted(values: Values, mapping: Name) -> dict[float, int]:
    """Return the answers that the mapping does not list, and how often they occur."""
    if mapping.recode is None:
        return {}
    strange = values[~np.isnan(values) & ~np.isin(values, list(mapping.recode))]
    found, counts = np.unique(strange, return_counts=True)
    return dict(zip(found.tolist(), counts.tolist(), strict=True))


def combined(parts: Sequence[Values], mapping: Name) -> Values:
    """Return one column of the several that a mapping names; missing only where all of them are."""
    stacked = np.vstack(parts)
    empty = np.isnan(stacked).all(axis=0)
    if mapping.combine == "sum":
        total = np.where(empty, np.nan, np.nansum(stacked, axis=0))
        return total if mapping.replace is None else _replaced(total, mapping.replace, None)
    lowest = np.where(np.isnan(stacked), -np.inf, stacked).max(axis=0)
    return np.where(empty, np.nan, lowest)


def scaled(values: Values, mapping: Name, size: Values | None) -> Values:
    """Return amounts in the harmonised unit: times the factor, by the size of the household where it is per person."""
    out = values * mapping.times if mapping.times != 1 else values
    if not mapping.per_person or size is None:
        return out
    per_person: Values = np.divide(out, size, out=np.full(len(out), np.nan), where=size > 0)
    return per_person
