"""Values that know their rows by an index, put into the order of the rows; refused where it is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from mpi.core.errors import MpiError, RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["by_rows", "positions", "refuse_other_rows", "rows_of_frames"]

_SHOWN = 3


def by_rows(values: Any, index: Any, what: str) -> Any:
    """Return values with one entry per row in the order of the rows.

    Parameters
    ----------
    values : object
        A pandas Series is put into the order of `index`, the labels of the rows. What has no index (an array, a
        list) is returned as it is.
    index : pandas.Index or int
        The labels of the rows; or how many rows there are, where they are known by their position alone.
    what : str
        What the values are, for messages.

    Raises
    ------
    MpiError
        When the labels of a Series are not those of the rows, each once.

    Examples
    --------
    >>> import pandas as pd
    >>> by_rows(pd.Series([1, 2, 3], index=[2, 0, 1]), 3, "the condition").tolist()
    [2, 3, 1]
    """
    native = values.to_native() if isinstance(values, nw.Series) else values
    if not nw.dependencies.is_pandas_like_series(native):
        return values
    rows = _positions(index) if isinstance(index, int) else index
    here = native.index
    if here.equals(rows):
        return values
    if len(here) != len(rows):
        raise RequestError(f"{what} has {len(here):,} entries; there are {len(rows):,} rows")
    if not (here.is_unique and rows.is_unique):
        raise _unknown(what, "labels that several rows have, so it is unknown which entry is of which row")
    place = here.get_indexer(rows)
    lost = rows[place < 0]
    if len(lost):
        shown = ", ".join(str(x) for x in lost[:_SHOWN]) + (", ..." if len(lost) > _SHOWN else "")
        raise _unknown(what, f"no entry for {len(lost):,} rows ({shown})")
    moved = native.iloc[place]
    return nw.from_native(moved, series_only=True) if isinstance(values, nw.Series) else moved


def _unknown(what: str, why: str) -> MpiError:
    return RequestError(
        f"{what} is a pandas Series whose index is not that of the rows: it has {why}. Take it from the same frame or "
        "table; where its entries stand in the order of the rows, give series.to_numpy()"
    )


def rows_of_frames(frames: Sequence[nw.DataFrame[Any]]) -> Any:
    """Return the labels of the rows of several frames; their number where some are known by their position alone."""
    natives = [f.to_native() for f in frames]
    if all(f.implementation.is_pandas_like() for f in frames):
        first, *others = (n.index for n in natives)
        return first.append(others) if others else first
    return sum(len(f) for f in frames)


def refuse_other_rows(**values: Any) -> None:
    """Raise where columns that are computed with each other are Series of different rows.

    Examples
    --------
    >>> import pandas as pd
    >>> refuse_other_rows(height=pd.Series([1, 2]), weight=pd.Series([1, 2], index=[1, 0]))
    Traceback (most recent call last):
    mpi.errors.RequestError: height and weight are pandas Series with different indexes: put them into one frame first
    """
    series = {n: v.index for n, v in values.items() if nw.dependencies.is_pandas_like_series(v)}
    first, *others = series or [""]
    differing = [name for name in others if not series[name].equals(series[first])]
    if differing:
        said = " and ".join([first, *differing])
        raise RequestError(f"{said} are pandas Series with different indexes: put them into one frame first")


def _positions(count: int) -> Any:
    import pandas as pd

    return pd.RangeIndex(count)


def positions(rows: Any, length: int) -> NDArray[np.int64]:
    """Return the positions that positions, a mask or a slice mean, of so many.

    Raises
    ------
    MpiError
        When a position is out of range, or a mask has another length.
    """
    if str(getattr(rows, "dtype", "")) in {"bool", "boolean"}:
        rows = by_rows(rows, length, "the mask")
    kind: Any = np.intp if not isinstance(rows, slice) and np.size(rows) == 0 else None  # none is no fraction
    try:
        return np.atleast_1d(np.arange(length)[rows if isinstance(rows, slice) else np.asarray(rows, kind)])
    except (IndexError, ValueError, TypeError) as error:
        raise RequestError(f"there are {length:,} estimates, which cannot be taken by {rows!r}: {error}") from error
