"""A table as it was read: its data, what its values mean and what its variables are called."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Table"]


def _empty_mapping() -> Mapping[str, Any]:
    """Return an empty mapping that cannot change."""
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Table:
    """Data with the labels of its file.

    Attributes
    ----------
    frame : pandas.DataFrame or pyarrow.Table
        The data, one column per variable; a PyArrow table where the file is Parquet.
        Values are the file's codes, never their labels.
    labels : mapping of str to mapping
        Column to value to label. A column may have labels for some of its values only.
        Stata's extended missing values, missing in `frame`, stand as ".a" to ".z".
    titles : mapping of str to str
        Column to variable label, for the columns that have one.
    reasons : mapping of str to list
        For columns in which values are missing by a code: the code in each row, None where there is none. Codes are
        ".a" to ".z" of Stata, and user-missing values of SPSS.

    Examples
    --------
    >>> import pandas as pd
    >>> table = Table(pd.DataFrame({"sex": [1, 2]}), {"sex": {1: "Male", 2: "Female"}})
    >>> table.labels["sex"][2]
    'Female'
    """

    frame: Any
    labels: Mapping[str, Mapping[object, str]] = field(default_factory=_empty_mapping)
    titles: Mapping[str, str] = field(default_factory=_empty_mapping)
    reasons: Mapping[str, list[Any]] = field(default_factory=_empty_mapping)
