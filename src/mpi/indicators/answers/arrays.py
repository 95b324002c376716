"""Evaluation of conditions on arrays: the answers of a frame in memory."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.arguments import kinds_checked
from mpi.core.errors import DataError, RequestError
from mpi.frames.arrays import Categories, categories, numbers
from mpi.indicators.answers.logic import Truth, as_numbers, at_least, every, some
from mpi.indicators.rules.conditions import (
    AllOf,
    AnyOf,
    AtLeast,
    Between,
    Compare,
    Condition,
    IsMissing,
    Leaf,
    Not,
    OneOf,
    Times,
    leaves,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import narwhals.stable.v2 as nw
    from numpy.typing import NDArray

__all__ = ["Answers", "asks_text", "holds", "mismatches", "read_answers", "truth"]

RELATIONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "is": operator.eq,
    "at_least": operator.ge,
    "above": operator.gt,
    "at_most": operator.le,
    "below": operator.lt,
}


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Columns as arrays: numbers with NaN where missing, or texts as categories.

    Attributes
    ----------
    columns : mapping of name to array or Categories
        What was read.
    rows : int
        How many rows there are.
    """

    columns: Mapping[str, NDArray[Any] | Categories]
    rows: int

    def take(self, rows: NDArray[Any]) -> Answers:
        """Return some of the rows, in the order given."""
        return Answers({name: _taken(values, rows) for name, values in self.columns.items()}, len(rows))

    def plus(self, columns: Mapping[str, NDArray[Any] | Categories]) -> Answers:
        """Return the answers with more columns."""
        return Answers({**self.columns, **columns}, self.rows)

    def is_answered(self, name: str) -> NDArray[np.bool_]:
        """Return where a column has an answer."""
        return _answered(self.columns[name])

    def value(self, name: str, row: int) -> Any:
        """Return one answer as it is printed: None where missing."""
        values = self.columns[name]
        if isinstance(values, Categories):
            return values.levels[values.index[row]]
        found = values[row].item()
        if found != found:  # noqa: PLR0124  # NaN, of whatever type
            return None
        return int(found) if float(found).is_integer() else found


def read_answers(frames: Sequence[nw.DataFrame[Any]], names: Sequence[str]) -> Answers:
    """Read columns of one or several frames, one below the other."""
    rows = sum(len(f) for f in frames)
    return Answers({name: _read(frames, name) for name in dict.fromkeys(names)}, rows)


def truth(condition: Condition, answers: Answers) -> Truth:
    """Say where a condition holds, where it does not, and where that is unknown."""
    match condition:
        case AllOf(parts, skip):
            return every((truth(p, answers) for p in parts), skip_missing=skip)
        case AnyOf(parts, skip):
            return some((truth(p, answers) for p in parts), skip_missing=skip)
        case AtLeast(count, parts, skip):
            return at_least(count, (truth(p, answers) for p in parts), skip_missing=skip)
        case Not(part):
            return ~truth(part, answers)
        case Compare() | OneOf() | Between() | IsMissing():
            return _leaf(condition, answers)
    raise RequestError(f"{condition!r} is no condition that can be evaluated")


@kinds_checked
def holds(condition: Condition, columns: Mapping[str, Any]) -> NDArray[np.float64]:
    """Say where a condition holds, on plain arrays.

    Parameters
    ----------
    condition : Condition
        What is asked.
    columns : mapping of name to array
        Numbers with NaN where missing, or texts with None where missing.

    Returns
    -------
    ndarray of float, shape (rows,)
        1 where it holds, 0 where it does not, NaN where that is unknown.

    Raises
    ------
    MpiError
        When a column is absent, is of another length than the others, or holds texts where the condition has
        numbers, or the reverse.

    Examples
    --------
    >>> from mpi.indicators.rules.conditions import column
    >>> holds((column("age") < 6) | (column("insured") == 1), {"age": [4, 30, 30], "insured": [np.nan, np.nan, 1]})
    array([ 1., nan,  1.])
    """
    read = {name: _array(name, values) for name, values in columns.items()}
    lengths = {name: len(v.index if isinstance(v, Categories) else v) for name, v in read.items()}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{name!r} has {n:,}" for name, n in lengths.items())
        raise DataError(f"the columns are of different lengths: {said} rows")
    answers = Answers(read, next(iter(lengths.values()), 0))
    wrong = list(mismatches(condition, answers))
    if wrong:
        raise DataError("; ".join(wrong), tuple(wrong))
    return as_numbers(truth(condition, answers))


def mismatches(condition: Condition | None, answers: Answers) -> Iterator[str]:
    """Say which columns are absent, or hold texts where a condition has numbers, or the reverse."""
    for leaf in leaves(condition) if condition is not None else ():
        if isinstance(leaf, IsMissing) and leaf.column in answers.columns:
            continue
        wanted = [leaf.column]
        if isinstance(leaf, Compare) and isinstance(leaf.value, Times):
            wanted.append(leaf.value.column)
        for name in wanted:
            values = answers.columns.get(name)
            if values is None:
                yield f"there is no column {name!r}"
            else:
                yield from _mismatch(name, values, asks_text=asks_text(leaf))


def asks_text(leaf: Leaf) -> bool:
    """Return whether a condition compares with a text."""
    match leaf:
        case Compare(value=str()):
            return True
        case OneOf(values=values):
            return isinstance(values[0], str)
    return False


def _mismatch(name: str, values: NDArray[Any] | Categories, *, asks_text: bool) -> Iterator[str]:
    if isinstance(values, Categories):
        texts = all(v is None or isinstance(v, str) for v in values.levels)
        if not asks_text:
            kind = "text" if texts else "what is no number"
            yield f"column {name!r} holds {kind} ({_sample(values)}), and the rule compares it with a number{_MEND}"
        elif not texts:
            yield f"column {name!r} holds what is no text ({_sample(values)}), and the rule compares it with a text"
    elif asks_text and _answered(values).any():
        yield f"column {name!r} holds numbers, and the rule compares it with a text"


_MEND = "; make it a column of numbers, missing where there is no answer"


# --- columns --------------------------------------------------------------------------------------------------------


def _read(frames: Sequence[nw.DataFrame[Any]], name: str) -> NDArray[Any] | Categories:
    try:
        parts = [numbers(f[name]) for f in frames]
    except ValueError:
        return categories(frames, name)
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _array(name: str, values: Any) -> NDArray[Any] | Categories:
    found = np.asarray(values)
    if found.ndim != 1:
        raise DataError(f"column {name!r} is an array of {found.ndim} dimensions; give one value for each row")
    if found.dtype.kind in "biuf":
        return found
    items = [None if v is None or v != v else v for v in found.tolist()]  # noqa: PLR0124  # NaN
    if not any(isinstance(v, str) for v in items):
        return np.array([np.nan if v is None else float(v) for v in items])
    place = {v: i for i, v in enumerate(dict.fromkeys(items))}
    return Categories(tuple(place), np.array([place[v] for v in items], dtype=np.int32), {})


def _taken(values: NDArray[Any] | Categories, rows: NDArray[Any]) -> NDArray[Any] | Categories:
    if isinstance(values, Categories):
        return Categories(values.levels, values.index[rows], values.names)
    taken: NDArray[Any] = values[rows]
    return taken


def _answered(values: NDArray[Any] | Categories) -> NDArray[np.bool_]:
    if isinstance(values, Categories):
        return np.array([v is not None for v in values.levels], dtype=bool)[values.index]
    return ~np.isnan(values) if values.dtype.kind == "f" else np.ones(len(values), dtype=bool)


def _sample(values: Categories) -> str:
    return ", ".join(repr(v) for v in values.levels[:3] if v is not None)


# --- single columns -------------------------------------------------------------------------------------------------


def _leaf(leaf: Leaf, answers: Answers) -> Truth:
    known = answers.is_answered(leaf.column)
    values = answers.columns[leaf.column]
    match leaf:
        case IsMissing():
            return Truth(~known, known)
        case Compare(value=Times() as other):
            known = known & answers.is_answered(other.column)
            met = _against(values, leaf.relation, other, answers.columns[other.column])
        case Compare(relation=relation, value=value):
            met = _apply(values, lambda x: RELATIONS[relation](x, value))
        case OneOf(values=options):
            met = _apply(values, lambda x: some_equal(x, options))
        case Between(low=low, high=high):
            met = _apply(values, lambda x: (x >= low) & (x < high))
    return Truth(met & known, ~met & known)


def some_equal(x: Any, options: Sequence[Any]) -> Any:
    """Return whether `x` is one of some values."""
    found = x == options[0]
    for value in options[1:]:
        found = found | (x == value)
    return found


def _apply(values: NDArray[Any] | Categories, test: Callable[[NDArray[Any]], Any]) -> NDArray[np.bool_]:
    """Apply a test to every value; to a text once for each distinct one."""
    if not isinstance(values, Categories):
        return np.asarray(test(values), dtype=bool)
    levels = np.empty(len(values.levels), dtype=object)
    levels[:] = values.levels
    return np.asarray(test(levels), dtype=bool)[values.index]


def _against(values: Any, relation: str, multiple: Times, others: Any) -> NDArray[np.bool_]:
    """Compare with a multiple of another column, crosswise, so that whole numbers on the border compare exactly."""
    left = values.astype(np.float64) * multiple.times.denominator
    right = others.astype(np.float64) * multiple.times.numerator
    return np.asarray(RELATIONS[relation](left, right), dtype=bool)
