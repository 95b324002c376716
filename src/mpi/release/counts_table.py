"""A table of counts with its margins: which cells to hide beside those that are small."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from mpi.core.errors import RequestError, unknown
from mpi.release.fewest import fewest
from mpi.release.system import System, Target, complemented, furthest, parts_of, unprotected

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]

__all__ = ["Engine", "intervals", "suppress"]

Engine = Literal["greedy", "fewest"]
"""How cells are chosen: for one small cell after another, or the fewest for all together."""


def suppress(
    counts: pd.DataFrame, threshold: float, *, protection: float = 0.2, engine: Engine = "greedy"
) -> pd.DataFrame:
    """Return which cells of a table of counts are to be hidden, where its margins are published.

    Parameters
    ----------
    counts : pandas.DataFrame
        The counts, without margins.
    threshold : float
        Cells below it are hidden.
    protection : float, default 0.2
        To within which share of it no small cell may be known from the others and from the margins.
    engine : {"greedy", "fewest"}
        ``greedy``: the cheapest cells for one small cell after another; ``fewest``: the fewest for all of them
        together, by an integer programme (HiGHS), which takes long for large tables.

    Returns
    -------
    pandas.DataFrame
        True where a cell is hidden.

    Raises
    ------
    MpiError
        When a count is missing or negative, or the engine is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> counts = pd.DataFrame([[20, 30, 25], [22, 5, 31], [28, 33, 40]])
    >>> int(suppress(counts, threshold=10).sum(axis=None))
    4
    """
    import pandas as pd

    if engine not in get_args(Engine):
        raise RequestError(f"engine: {unknown('engine', engine, get_args(Engine))}")
    values = counts.to_numpy(dtype=np.float64)
    if not np.isfinite(values).all() or (values < 0).any():
        raise RequestError("counts: a count is missing or negative; give whole numbers from 0 on")
    system, true = _system(values)
    hidden = np.r_[(values < threshold).ravel(), np.zeros(len(true) - values.size, dtype=bool)]
    wanted = [t for i in np.flatnonzero(hidden).tolist() for t in _targets(i, true[i], protection)]
    if engine == "fewest":
        hidden[fewest(system, ~hidden, wanted)] = True
    else:
        parts = parts_of(system)
        for target in wanted:
            if unprotected(system, ~hidden, [target]):
                hidden[complemented(system, ~hidden, target, parts)] = True
    return pd.DataFrame(hidden[: values.size].reshape(values.shape), index=counts.index, columns=counts.columns)


def intervals(counts: pd.DataFrame, hidden: pd.DataFrame) -> pd.DataFrame:
    """Return what a reader can find out of each hidden cell: from what to what it can be.

    Parameters
    ----------
    counts, hidden : pandas.DataFrame
        The table, and which of its cells are hidden.

    Returns
    -------
    pandas.DataFrame
        One row for each hidden cell: its row and column, the true count, and ``low`` and ``high``.

    Examples
    --------
    >>> import pandas as pd
    >>> counts = pd.DataFrame([[20, 30, 25], [22, 5, 31], [28, 33, 40]])
    >>> intervals(counts, counts < 10)[["low", "high"]].iloc[0].tolist()
    [5.0, 5.0]
    """
    import pandas as pd

    values = counts.to_numpy(dtype=np.float64)
    system, true = _system(values)
    gone = np.r_[hidden.to_numpy(dtype=bool).ravel(), np.zeros(len(true) - values.size, dtype=bool)]
    parts = parts_of(system, gone)
    out: list[dict[str, Any]] = []
    for i in np.flatnonzero(gone).tolist():
        high, low = (furthest(system, ~gone, Target(i, (i,), (sign,), 1.0), parts) for sign in (1.0, -1.0))
        row, column = divmod(i, values.shape[1])
        name = {"row": counts.index[row], "column": counts.columns[column]}
        out.append({**name, "count": true[i], "low": true[i] - low, "high": true[i] + high})
    return pd.DataFrame(out, columns=["row", "column", "count", "low", "high"])


def _targets(i: int, value: float, protection: float) -> list[Target]:
    both = [Target(i, (i,), (1.0,), max(value, 1.0) * protection), Target(i, (i,), (-1.0,), value * protection)]
    return [t for t in both if t.need > 0]


def _system(values: Floats) -> tuple[System, Floats]:
    """Return the cells of a table and its margins, and their counts."""
    import scipy.sparse as sp

    rows, columns = values.shape
    true = np.concatenate([values.ravel(), values.sum(axis=1), values.sum(axis=0)])
    inner = sp.vstack([
        sp.kron(sp.eye_array(rows), np.ones((1, columns))), sp.kron(np.ones((1, rows)), sp.eye_array(columns)),
    ])  # fmt: skip
    relations = sp.hstack([inner, -sp.eye_array(rows + columns)], format="csc")
    largest = max(float(values.max(initial=0.0)), 1.0)
    cost = np.r_[1 + 0.1 * values.ravel() / largest, np.full(rows + columns, 1e4)]

    def bounds(_: Mask) -> tuple[Floats, Floats]:
        """Return how far each count may move, down to 0 and up without end, whatever is known of others."""
        return -true, np.full(len(true), np.inf)

    return System(relations, bounds, cost, np.zeros((0, 2), dtype=np.int64)), true
