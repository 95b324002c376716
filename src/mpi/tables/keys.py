"""Keys of each number of a result: statistic, indicator, group, round, cutoff and weighting, stored as codes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.errors import Problems, RequestError, unknown
from mpi.core.exact import fraction, text
from mpi.core.readonly import seal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["NAMES", "Coded", "Keys", "coded", "cutoffs_as_numbers", "group_codes", "stacked"]

NAMES = (
    "statistic", "contrast", "indicator", "dimension", "by", "group", "wave", "cutoff", "weighting",
)  # fmt: skip
"""The key columns of a result, in order."""


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """A column of few distinct values: `values`, and each row's position among them (-1 where it has none)."""

    values: tuple[Any, ...]
    index: NDArray[np.int32]

    def __post_init__(self) -> None:
        """Let nobody write into it."""
        seal(self)

    def take(self, rows: NDArray[Any]) -> Coded:
        """Return the column for some rows."""
        return Coded(self.values, self.index[rows])

    def at(self, row: int) -> Any:
        """Return the value of one row, None where it has none."""
        i = int(self.index[row])
        return None if i < 0 else self.values[i]

    def to_list(self) -> list[Any]:
        """Return the value of each row."""
        table = (*self.values, None)
        return [table[i] for i in self.index.tolist()]

    def without_unused(self) -> Coded:
        """Return the column with the values that occur in it, in their order.

        Examples
        --------
        >>> coded(["a", "b", None]).take(np.array([1, 2])).without_unused().values
        ('b',)
        """
        there = np.zeros(len(self.values) + 1, dtype=bool)
        there[self.index] = True  # -1 finds the one at the end
        if there[:-1].all():
            return self
        place = np.append(np.cumsum(there[:-1], dtype=np.int32) - 1, np.int32(-1))
        return Coded(tuple(v for v, used in zip(self.values, there.tolist(), strict=False) if used), place[self.index])


def coded(values: Sequence[Any]) -> Coded:
    """Hold a list as a coded column.

    Examples
    --------
    >>> coded(["a", None, "a"]).index
    array([ 0, -1,  0], dtype=int32)
    """
    place: dict[Any, int] = {}
    index = [-1 if v is None else place.setdefault(v, len(place)) for v in values]
    return Coded(tuple(place), np.array(index, dtype=np.int32))


def stacked(columns: Sequence[Coded]) -> Coded:
    """Put coded columns one below the other, each value once.

    Examples
    --------
    >>> stacked([coded(["a"]), coded(["b", "a"])]).to_list()
    ['a', 'b', 'a']
    """
    place: dict[Any, int] = {}
    index = []
    for column in columns:
        moved = [place.setdefault(v, len(place)) for v in column.values]
        index.append(np.array([*moved, -1], dtype=np.int32)[column.index])
    return Coded(tuple(place), np.concatenate(index))


@dataclass(frozen=True, slots=True, eq=False)
class Keys:
    """The key columns of a result; all of one length."""

    columns: Mapping[str, Coded]

    def __post_init__(self) -> None:
        """Let nobody write into it."""
        seal(self)

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.columns["statistic"].index)

    def __getitem__(self, name: str) -> Coded:
        """Return one key column."""
        return self.columns[name]

    def take(self, rows: NDArray[Any]) -> Keys:
        """Return the keys of some rows."""
        return Keys({n: c.take(rows) for n, c in self.columns.items()})

    def with_column(self, name: str, column: Coded) -> Keys:
        """Return the keys with one column replaced."""
        return Keys({**self.columns, name: column})

    def find(self, conditions: Mapping[str, Any]) -> NDArray[np.int64]:
        """Return the rows whose keys match: each condition is a value or a list of values, None for none.

        Rows come in the order of the lists that were given (the first list first), and else in their own.

        Raises
        ------
        MpiError
            When a name is not a key, or a value occurs in no row; the nearest is offered.
        """
        problems = Problems("nothing can be selected", RequestError)
        keep = np.ones(len(self), dtype=bool)
        ranks: list[NDArray[np.int64]] = []
        for name, wanted in conditions.items():
            if name not in self.columns:
                problems.add(unknown("key", name, NAMES))
                continue
            positions = self._positions(name, wanted, problems)
            index = self.columns[name].index
            keep &= np.isin(index, positions)
            if len(positions) > 1:
                ranks.append(_rank(index, positions))
        problems.raise_if_any()
        found = np.flatnonzero(keep)
        if not len(found):
            raise RequestError(self._no_match(conditions))
        return found[np.lexsort([r[found] for r in reversed(ranks)])] if ranks else found

    def _no_match(self, conditions: Mapping[str, Any]) -> str:
        """Say why no row was found: a value does not occur any more, or the values do not occur together."""
        for name, wanted in conditions.items():
            there = np.unique(self.columns[name].index)
            if isinstance(wanted, (list, set, frozenset)) and not wanted:
                return f"nothing can be selected: {name}: the list is empty; name at least one"
            if not np.isin(self._positions(name, wanted, Problems("", RequestError)), there).any():
                values = [self.columns[name].values[i] for i in there.tolist() if i >= 0]
                one = next(iter(wanted)) if isinstance(wanted, (list, set, frozenset)) else wanted
                return f"nothing can be selected: {name}: " + unknown("value", one, values)
        asked = ", ".join(f"{k}={v!r}" for k, v in conditions.items())
        return f"no number has {asked} together, though each of them occurs"

    def _positions(self, name: str, value: Any, problems: Problems) -> list[int]:
        """Return the positions of some values in a column of keys; problems are noted."""
        column = self.columns[name]
        several = isinstance(value, Iterable) and not isinstance(value, str)
        options = list(value) if several else [value]
        if name == "by" and isinstance(value, tuple):
            options = [" × ".join(map(str, value))]
        positions = []
        for option in options:
            position = _position(name, column.values, option)
            if position is None:
                problems.add(f"{name}: " + unknown("value", option, column.values))
            else:
                positions.append(position)
        return positions


def _rank(index: NDArray[np.int32], positions: list[int]) -> NDArray[np.int64]:
    """Return where each row's value stands in the list that was asked for."""
    order = np.full(max(int(index.max(initial=0)), *positions) + 2, len(positions), dtype=np.int64)
    for rank, position in enumerate(positions):
        order[position] = min(rank, int(order[position]))
    return order[index]


def _position(name: str, values: tuple[Any, ...], value: Any) -> int | None:
    """Return the position of a value, -1 for None, None where it does not occur."""
    if value is None:
        return -1
    if value in values:
        return values.index(value)
    if name == "cutoff":
        try:
            return values.index(text(fraction(value)))
        except ValueError:
            return None
    as_text = [str(v) for v in values]
    return as_text.index(str(value)) if str(value) in as_text else None


def cutoffs_as_numbers(keys: Keys) -> NDArray[np.float64]:
    """Return the cutoff of each row as a number, NaN where it has none: the exact one is text.

    Examples
    --------
    >>> one = Keys({"cutoff": coded(["1/4", None, "1"])})
    >>> cutoffs_as_numbers(one).tolist()
    [0.25, nan, 1.0]
    """
    cutoff = keys["cutoff"]
    return np.array([*(float(fraction(v)) for v in cutoff.values), np.nan])[cutoff.index]


def group_codes(keys: Keys, codes: Mapping[str, Mapping[str, tuple[Any, ...]]]) -> Coded:
    """Return the value in the data that the group of each row stands for: the official code of a province.

    Parameters
    ----------
    keys : Keys
        What each row is.
    codes : mapping of by to mapping of label to code
        The values in the data that each label stands for.

    Returns
    -------
    Coded
        As in the data for groups of one column; for those of a cross as text, such as ``1 × 2``. None for the total,
        for missing values, and for what is no group of the data, such as a difference of two.

    Examples
    --------
    >>> names = {"by": coded(["total", "province"]), "group": coded(["total", "Ha Giang"])}
    >>> group_codes(Keys(names), {"total": {"total": ()}, "province": {"Ha Giang": (2,)}}).to_list()
    [None, 2]
    """
    by, group = keys["by"], keys["group"]
    pairs = (by.index.astype(np.int64) + 1) * (len(group.values) + 1) + group.index + 1
    _, first, of_row = np.unique(pairs, return_index=True, return_inverse=True)
    found = coded([_code(codes.get(by.at(i), {}).get(group.at(i), ())) for i in first.tolist()])
    return found.take(of_row)


def _code(code: tuple[Any, ...]) -> Any:
    """Return the code of a group as one value."""
    if len(code) > 1:
        return " × ".join("" if c is None else str(c) for c in code)
    value = code[0] if code else None
    return value.item() if isinstance(value, np.generic) else value
