"""Deprivations of households, evaluated from a frame of their members."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from mpi.core.arguments import kinds_checked
from mpi.core.errors import DataError, Problems
from mpi.frames.arrays import as_frame, categories, require, with_numbers
from mpi.frames.compress import compress
from mpi.frames.lazy import engine_frame
from mpi.indicators.answers.arrays import Answers, read_answers
from mpi.indicators.answers.counts import count, decide
from mpi.indicators.answers.gather import gather, tell_doubts
from mpi.indicators.answers.logic import as_numbers
from mpi.indicators.lazy.evaluate import evaluate_lazily
from mpi.indicators.lazy.join import restore_key_types
from mpi.indicators.rules.rules import require_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from mpi.frames.arrays import Categories
    from mpi.indicators.rules.rules import Rules

    Labels = Mapping[str, Mapping[Any, str]]

__all__ = ["check_members", "deprivations", "evaluate", "number_households"]

_SHOWN = 3


@kinds_checked
def evaluate(
    members_frame: Any,
    rules: Rules,
    household: str | Sequence[str] = "household",
    households_frame: Any = None,
    *,
    labels: Labels | None = None,
) -> Any:
    """Apply rules to a frame of members.

    Parameters
    ----------
    members_frame : data frame
        One row per member (pandas, Polars, PyArrow), columns of the household repeated; it is never changed. A lazy
        frame (Polars, DuckDB, Ibis, Dask, PySpark) stays lazy and is worked on by its engine; a PyArrow dataset is
        read by DuckDB, or else by Polars.
    rules : Rules
        What is asked; see `load_rules` and `Rules.from_toml`.
    household : str or sequence of str
        The column, or the columns together, that identify a household.
    households_frame : data frame, optional
        Columns of the household, one row each, of the same kind of frame.
    labels : mapping of column to mapping of value to label, optional
        Value labels: rules may then ask for the labels of a column of numbers.

    Returns
    -------
    data frame
        Of the same kind, one row per household in the order of first appearance (a lazy frame has no order), with
        its identifier and a column for each rule (``dep_<name>``): 1 deprived, 0 not deprived, missing unknown.

    Raises
    ------
    MpiError
        When columns are absent (the message says which rules can be computed all the same), identifiers are
        missing, a member stands twice in its household (by the column `member`, where there is one), columns hold
        text where the rules have numbers or values other than 0 and 1 where the rules ask for these alone, or a column
        of the household differs between its members; or when an engine cannot apply the rules. A lazy frame is looked
        at for the values of columns of yes and no alone: there, members without an identifier, households
        whose members differ and those with several rows in `households_frame` have missing deprivations, and
        repeated members count again.

    Examples
    --------
    >>> import pandas as pd
    >>> from mpi.indicators import evaluate, load_rules
    >>> people = pd.DataFrame({"household": ["a", "a", "b"], "age": [40, 12, 12], "attending": [0, 0, None]})
    >>> evaluate(people, load_rules("vn-2016").select(["child_schooling"]))
      household  dep_child_schooling
    0         a                  1.0
    1         b                  NaN
    """
    require_rules(rules)
    keys = [household] if isinstance(household, str) else list(dict.fromkeys(household))
    _check_columns(rules, keys)
    lazy = engine_frame(members_frame)
    if lazy is not None:
        found = evaluate_lazily(lazy, rules, keys, households_frame, labels or {})
        return restore_key_types(found, members_frame, keys)
    members = as_frame(members_frame)
    _check_keys(members, keys, "the members' frame")
    number, first = number_households(members, keys)
    check_members(rules, [members], number)
    read, known = _reader(members, number, keys, households_frame)
    rules, answers = gather(rules, known, read, labels)
    tell_doubts(rules, answers, labels or {})
    names = members.select(keys)[first]
    found = deprivations(rules, answers, number, len(first), lambda i: _row_name(names, i))
    return nw.to_native(with_numbers(nw.maybe_reset_index(names), found))


def deprivations(
    rules: Rules, answers: Answers, household: NDArray[Any], households: int, name: Callable[[int], str]
) -> dict[str, NDArray[np.float64]]:
    """Apply rules to arrays.

    Parameters
    ----------
    rules : Rules
        The rules.
    answers : Answers
        The columns they ask for, one entry per member.
    household : ndarray of int, shape (rows,)
        The position of each member's household.
    households : int
        How many households there are.
    name : function
        Names a household for a message.

    Returns
    -------
    dict of column to ndarray of float, shape (households,)
        1 deprived, 0 not deprived, NaN unknown.
    """
    problems = Problems("columns of the household differ between its members", DataError)
    found = {}
    for rule in rules:
        counts = count(rule, answers, household, households)
        if rule.of == "household":
            torn = np.flatnonzero((counts.deprived > 0) & (counts.free > 0))
            if len(torn):
                shown = ", ".join(name(int(i)) for i in torn[:_SHOWN]) + (" ..." if len(torn) > _SHOWN else "")
                problems.add(
                    f"{rule.name}: {', '.join(rule.columns)} make some members deprived and others not "
                    f"in {len(torn):,} households ({shown})"
                )
        found[rule.column] = as_numbers(decide(rule, counts))
    problems.raise_if_any()
    return found


def number_households(frame: nw.DataFrame[Any], keys: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Number households in the order of first appearance.

    Returns
    -------
    number : ndarray of int, shape (rows,)
        The position of each row's household.
    first : ndarray of int, shape (households,)
        The first row of each.

    Raises
    ------
    MpiError
        When an identifier is missing.
    """
    code = np.zeros(len(frame), dtype=np.int64)
    for key in keys:
        part = categories([frame], key)
        if part.levels and part.levels[-1] is None:
            absent = int((part.index == len(part.levels) - 1).sum())
            raise DataError(f"the household column {key!r} is missing in {absent:,} of {len(frame):,} rows")
        code = compress(code * len(part.levels) + part.index)[1].astype(np.int64)
    _, first, index = np.unique(code, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return place[index], first[order]


def check_members(rules: Rules, frames: Sequence[nw.DataFrame[Any]], household: NDArray[Any]) -> None:
    """Raise where a member stands twice in a household: repeated rows, or several households under one identifier.

    Parameters
    ----------
    rules : Rules
        What is asked; rules of the household do not count members.
    frames : sequence of data frames
        The data; nothing is known where they have no column `member`.
    household : ndarray of int, shape (rows,)
        The position of each row's household.
    """
    if not all("member" in f.columns for f in frames) or all(r.of == "household" for r in rules):
        return
    member = categories(frames, "member")
    known = np.array([v is not None for v in member.levels])[member.index]
    code = household[known].astype(np.int64) * len(member.levels) + member.index[known]
    found, place = compress(code)
    times = np.bincount(place, minlength=len(found))
    twice = np.flatnonzero(times > 1)
    if len(twice):
        row = int(np.flatnonzero(known)[np.flatnonzero(place == twice[0])[0]])
        raise DataError(
            f"members stand several times in their household: {len(twice):,}, such as member "
            f"{member.levels[member.index[row]]!r} of row {row}, {times[twice[0]]} times; drop the repeated rows, or "
            "name all columns that identify a household (household=[...])"
        )


# --- frames ---------------------------------------------------------------------------------------------------------


def _check_columns(rules: Rules, keys: Sequence[str]) -> None:
    problems = Problems(f"the rules {rules.name!r} cannot be applied", DataError)
    problems.found = [
        f"{rule.name} would be written to {rule.column!r}, which identifies the households; give it another column="
        for rule in rules
        if rule.column in keys
    ]
    problems.raise_if_any()


def _check_keys(frame: nw.DataFrame[Any], keys: Sequence[str], where: str) -> None:
    problems = Problems(f"{where} does not identify households", DataError)
    problems.found += require([frame], keys)
    if not keys:
        problems.add("name at least one column")
    if len(frame) == 0:
        problems.add("it has no rows")
    problems.raise_if_any()


def _row_name(names: nw.DataFrame[Any], row: int) -> str:
    return "-".join(str(v) for v in names.row(row))


def _reader(
    members: nw.DataFrame[Any], number: NDArray[Any], keys: Sequence[str], households_frame: Any
) -> tuple[Callable[[Sequence[str]], Answers], list[str]]:
    """Return what reads columns, those of the household spread over its members, and the names of all columns."""
    if households_frame is None:
        return (lambda names: read_answers([members], names)), members.columns
    homes = as_frame(households_frame)
    _check_keys(homes, keys, "the households' frame")
    row = _rows_of(homes, members, keys)
    place = np.where(row < 0, len(homes), row)[number]
    shared = [c for c in homes.columns if c in members.columns and c not in keys]

    def read(names: Sequence[str]) -> Answers:
        """Return the answers of members in some columns, of their own and of their household."""
        both = [n for n in names if n in shared]
        if both:
            raise DataError(f"{', '.join(map(repr, both))} stands in both frames; leave it out of one of them")
        spread = read_answers([homes], [n for n in names if n not in members.columns])
        own = read_answers([members], [n for n in names if n in members.columns])
        return own.plus(_with_missing(spread).take(place).columns)

    return read, [*members.columns, *(c for c in homes.columns if c not in members.columns)]


def _rows_of(homes: nw.DataFrame[Any], members: nw.DataFrame[Any], keys: Sequence[str]) -> NDArray[np.int64]:
    """Return the row of each household of the members in the households' frame, -1 where it has none."""
    _, first = number_households(members, keys)
    own, rows = number_households(homes, keys)
    if len(rows) < len(homes):
        twice = int((np.bincount(own) > 1).sum())
        raise DataError(f"the households' frame has several rows for {twice:,} households; it should have one for each")
    place = {key: i for i, key in enumerate(homes.select(keys).rows())}
    found = np.array([place.get(key, -1) for key in members.select(keys)[first].rows()], dtype=np.int64)
    if (found < 0).all():
        ours, theirs = (" ".join(map(repr, f.select(keys).row(0))) for f in (members, homes))
        raise DataError(
            f"no household of the members is in the households' frame: {', '.join(keys)} such as {ours} in one and "
            f"{theirs} in the other; write them alike, and of one type, in both"
        )
    return found


def _with_missing(answers: Answers) -> Answers:
    """Add a last row without answers, for members whose household is not found."""
    rows = np.append(np.arange(answers.rows), 0)
    longer = answers.take(rows)
    columns: dict[str, NDArray[Any] | Categories] = {}
    for name, values in longer.columns.items():
        if isinstance(values, np.ndarray):
            with_gap = values.astype(np.float64)
            with_gap[-1] = np.nan
            columns[name] = with_gap
        else:
            columns[name] = type(values)(
                (*values.levels, None), np.append(values.index[:-1], len(values.levels)), values.names
            )
    return Answers(columns, len(rows))
