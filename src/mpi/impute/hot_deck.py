"""A hot deck: missing answers are those of a donor of the same cell, drawn at random, several times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from mpi.core.arguments import kinds_checked
from mpi.core.errors import DataError, Problems, RequestError
from mpi.core.readonly import seal
from mpi.frames.arrays import as_frame, categories, numbers, require
from mpi.frames.compress import compress

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

__all__ = ["HotDeck", "hot_deck"]

_SHOWN = 5


@dataclass(frozen=True, slots=True, eq=False)
class HotDeck:
    """Completed data sets, and what was imputed in them.

    Attributes
    ----------
    frames : tuple of frames
        The data sets, of the kind that was given.
    imputed : dict of str to int
        How many answers were imputed in each column.
    note : str
        What was imputed and how, in words: for the notes of tables.
    """

    frames: tuple[Any, ...]
    imputed: dict[str, int]
    note: str

    def __post_init__(self) -> None:
        """Let nobody write into it."""
        seal(self)

    def __len__(self) -> int:
        """The number of data sets."""
        return len(self.frames)

    def __iter__(self) -> Iterator[Any]:
        """Yield the data sets."""
        return iter(self.frames)


@kinds_checked
def hot_deck(
    frame: Any,
    columns: Sequence[str],
    *,
    cells: Sequence[str],
    seed: int,
    m: int = 5,
    weight: str | None = None,
) -> HotDeck:
    """Impute missing answers by those of donors of the same cell, drawn at random, several times.

    Parameters
    ----------
    frame : pandas, Polars or PyArrow frame
        The data; they are not changed.
    columns : sequence of str
        The columns whose missing answers are imputed.
    cells : sequence of str
        Columns whose cross makes the cells: within one, who answered and who did not must be alike, as far as the
        columns go. They have no missing values.
    seed : int
        The seed of the random numbers: with the same frame it gives the same answers.
    m : int, default 5
        How many data sets are completed.
    weight : str, optional
        Sampling weights, by which donors are drawn; without it all are as likely.

    Returns
    -------
    HotDeck
        With ``frames``, ``imputed`` and ``note``.

    Raises
    ------
    MpiError
        With every problem at once: columns that are absent, cells in which nobody answered all columns.

    Notes
    -----
    Donors are the rows of the cell that answered all `columns`. In each data set the donors are first drawn anew, with
    replacement, and then one of these for each row that lacks something, for all that it lacks: the approximate
    Bayesian bootstrap of Rubin and Schenker (1986, JASA 81:366-374), which lets the data sets differ by what the
    donors themselves leave unknown. Columns that one row lacks keep together; with what it answered they go
    together only as far as the cells say.

    Examples
    --------
    >>> import pandas as pd, mpi
    >>> frame = pd.DataFrame({"schooling": [1, 0, None, 1], "area": ["u", "u", "u", "r"]})
    >>> deck = mpi.impute.hot_deck(frame, ["schooling"], cells=["area"], seed=1)
    >>> len(deck), deck.imputed
    (5, {'schooling': 1})
    >>> bool(deck.frames[0]["schooling"].isna().any())
    False
    """
    data = as_frame(frame)
    wanted, crossed = list(dict.fromkeys(columns)), list(dict.fromkeys(cells))
    problems = Problems("the missing answers cannot be imputed", RequestError)
    if not wanted:
        problems.add("columns: name at least one to impute")
    if isinstance(m, bool) or not isinstance(m, int) or m < 1:
        problems.add(f"m is {m!r}; a whole number of 1 or more was expected")
    problems.found += require([data], [*wanted, *crossed, *([weight] if weight else [])])
    problems.found += [f"column {c!r} is imputed, and cannot make cells" for c in wanted if c in crossed]
    problems.raise_if_any()
    absent = {c: _missing(data[c]) for c in wanted}
    cell, names = _cells(data, crossed)
    donors = ~np.any([*absent.values()], axis=0)
    chance = _chances(data, weight, donors)
    takers = np.any([*absent.values()], axis=0)
    _refuse_cells_without(cell, names, takers, donors & (chance > 0))
    draws = [_drawn(cell, takers, np.flatnonzero(donors & (chance > 0)), chance, rng) for rng in _streams(seed, m)]
    made = tuple(nw.to_native(_filled(data, absent, drawn)) for drawn in draws)
    imputed = {c: int(gone.sum()) for c, gone in absent.items()}
    return HotDeck(made, imputed, _note(imputed, len(cell), crossed, m))


def _streams(seed: int, m: int) -> list[np.random.Generator]:
    return [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(m)]


def _missing(column: Any) -> NDArray[np.bool_]:
    gone = np.asarray(column.is_null().to_numpy(), dtype=bool)
    if column.dtype.is_float():
        gone = gone | np.isnan(numbers(column))
    return gone


def _cells(data: Any, crossed: Sequence[str]) -> tuple[NDArray[Any], list[str]]:
    """Number the cells of the rows, and name each by its first row."""
    code = np.zeros(len(data), dtype=np.int64)
    problems = Problems("the cells cannot be made", DataError)
    labels: list[list[str]] = []
    for name in crossed:
        one = categories([data], name)
        if None in one.levels:
            gone = int((one.index == one.levels.index(None)).sum())
            problems.add(
                f"column {name!r} is missing in {gone:,} rows, which belong to no cell; fill it, or leave it out"
            )
            continue
        code = compress(code * len(one.levels) + one.index)[1].astype(np.int64)
        labels.append([f"{name} {one.levels[i]}" for i in one.index.tolist()] if len(data) else [])
    problems.raise_if_any()
    first = np.unique(code, return_index=True)[1].tolist()
    return code, [", ".join(label[i] for label in labels) or "all rows" for i in first]


def _chances(data: Any, weight: str | None, donors: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return by which chance each row is drawn as a donor."""
    if weight is None:
        return np.ones(len(data))
    w = np.asarray(numbers(data[weight]), dtype=np.float64)
    if not (w[donors] >= 0).all():
        raise DataError(
            f"column {weight!r} is negative or missing in some rows; weights of donors are numbers from 0 on"
        )
    return np.where(donors, w, 0.0)


def _refuse_cells_without(
    cell: NDArray[Any], names: Sequence[str], takers: NDArray[np.bool_], donors: NDArray[np.bool_]
) -> None:
    lack = np.bincount(cell[takers], minlength=len(names))
    bare = np.flatnonzero((lack > 0) & (np.bincount(cell[donors], minlength=len(names)) == 0)).tolist()
    if bare:
        said = "; ".join(f"{names[c]} ({lack[c]:,} rows lack an answer)" for c in bare[:_SHOWN])
        more = f"; and {len(bare) - _SHOWN} more" if len(bare) > _SHOWN else ""
        raise DataError(
            f"nobody answered all columns in {len(bare)} cell{'s' * (len(bare) > 1)}: {said}{more}; make larger cells, "
            "of fewer columns or wider classes"
        )


def _drawn(
    cell: NDArray[Any], takers: NDArray[np.bool_], donors: NDArray[np.int64], chance: NDArray[np.float64],
    rng: np.random.Generator,
) -> NDArray[np.int64]:  # fmt: skip
    """Return, of each row, the row whose answers it has: its own, or those of a donor."""
    out = np.arange(len(cell))
    order = donors[np.argsort(cell[donors], kind="stable")]
    start = np.searchsorted(cell[order], np.arange(int(cell.max(initial=-1)) + 2))
    wanting = np.flatnonzero(takers)
    wanting = wanting[np.argsort(cell[wanting], kind="stable")]
    heads = np.searchsorted(cell[wanting], np.arange(len(start)))
    for c in np.unique(cell[wanting]).tolist():
        pool, here = order[start[c] : start[c + 1]], wanting[heads[c] : heads[c + 1]]
        p = chance[pool] / chance[pool].sum()
        anew = rng.choice(pool, size=len(pool), p=p)
        out[here] = rng.choice(anew, size=len(here))
    return out


def _filled(data: Any, absent: dict[str, NDArray[np.bool_]], drawn: NDArray[np.int64]) -> Any:
    """Return a frame in which missing answers are those of the rows drawn."""
    rows = np.arange(len(data))
    new = []
    for name, gone in absent.items():
        if gone.any():
            filled = data[name][np.where(gone, drawn, rows).tolist()]
            native = nw.to_native(filled)
            if data.implementation.is_pandas_like():
                native = native.set_axis(nw.to_native(data[name]).index)
            new.append(nw.from_native(native, series_only=True).alias(name))
    return data.with_columns(*new) if new else data


def _note(imputed: dict[str, int], rows: int, crossed: Sequence[str], m: int) -> str:
    many = ", ".join(f"{name} in {count:,} ({count / max(rows, 1):.1%})" for name, count in imputed.items())
    where = f"in cells of {' × '.join(crossed)}" if crossed else "among all rows"
    return f"imputed {m} times by a hot deck {where} (approximate Bayesian bootstrap), of {rows:,} rows: {many}"
