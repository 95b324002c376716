"""Microdata of any size condensed by the engine that holds them: one row for each PSU, group and pattern.

One lazy group-by, of which only the result is collected. Every count measure, at any cutoff and with any weights,
follows from it as from the microdata, errors included; so do means, totals and ratios of columns that were summed.
"""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from mpi.core.errors import DataError, Problems, RequestError, translated_user_errors
from mpi.frames.aggregation import CASES, CODE, INSIDE, LOST, UNTRUE, WEIGHT, WRONG, summed
from mpi.frames.capacity import parts_that_fit, translated_row_limits
from mpi.frames.engine_errors import translated_if_gone
from mpi.frames.key_types import key_of, odd_keys, unfit_values
from mpi.frames.missing_codes import declaration
from mpi.frames.nulls import with_computed, with_wide_nulls
from mpi.frames.profile_table import in_order, stacked, written_out
from mpi.frames.progress import collected
from mpi.frames.stored_table import stored
from mpi.frames.transport import in_known_order, received, sent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from mpi.frames.aggregation import Aggregation, Pair
    from mpi.frames.stored_table import StoredTable

    Schema = Mapping[str, Any]

__all__ = ["condense", "with_conditions"]

_NUMERIC = ("size", "fpc")
_MOST_FLAGS = 39
_TO_LOOK_AT = ("bytes", "datetime", "mixed", "mixed-integer", "timedelta", "unknown-array")
_SHORT = 18
"""Up to how many indicators a pattern is a number of 32 bits."""
_LARGEST = float(np.finfo(np.float64).max)


def with_conditions(frame: nw.LazyFrame[Any], conditions: Sequence[nw.Expr]) -> tuple[nw.LazyFrame[Any], list[str]]:
    """Add a column of 0, 1 and missing for each condition.

    Raises
    ------
    MpiError
        When a condition is neither true or false nor a number.
    """
    if not conditions:
        return frame, []
    prefix = "_condition_"
    while any(known.lower().startswith(prefix) for known in frame.collect_schema().names()):
        prefix = f"_{prefix}"
    names = [f"{prefix}{i}" for i in range(len(conditions))]
    with translated_user_errors("the condition fails on the frame"):
        added = with_computed(frame, dict(zip(names, conditions, strict=True)))
        schema = added.collect_schema()
    if not all(schema[n] == nw.Boolean or schema[n].is_numeric() for n in names):
        raise RequestError(UNTRUE)
    return added.with_columns(*(_number(n, schema).alias(n) for n in names)), names


def condense(frame: nw.LazyFrame[Any], aggregation: Aggregation) -> tuple[list[pd.DataFrame], list[int]]:
    """Let the engine group the rows, and collect the groups when it is known that they fit.

    Returns
    -------
    tables : list of pandas.DataFrame
        One row for each combination that occurs of keys, domain and pattern: keys, ``cases``, ``weight``, indicators,
        sums. Outside the domain groups are missing, and nothing is summed but cases and weights. One table with
        all groups crossed; where that does not fit, one for each of the groups that may be kept apart.
    absent : list of int
        In how many rows each condition is missing.

    Raises
    ------
    MpiError
        With every problem at once: text for numbers, indicators that are not 0, 1 or missing, weights that are
        missing or negative, gaps in the design. Or because there are too many groups for the memory that is left.
    """
    schema = frame.collect_schema()
    _check_types(frame, schema, aggregation)
    frame = with_wide_nulls(frame, aggregation.keys) if aggregation.conditions else frame
    held_by = frame.implementation
    columns = _columns(schema, aggregation, known=held_by.is_pandas_like() or held_by.is_dask())
    shown = {**_keys(frame, schema, aggregation), **columns}
    mend = "rename what the engine cannot read, and make numbers of the columns"
    with translated_user_errors("the data cannot be used", mend=mend), translated_if_gone():
        prepared = frame.select(*(x.alias(n) for n, x in shown.items()))
    counted = nw.len().alias(CASES) if aggregation.cases is None else nw.col(CASES).sum()
    sums = [c for c in columns if c not in (CODE, CASES)]
    grouped = prepared.group_by(*aggregation.places.values(), CODE).agg(counted, *(nw.col(c).sum() for c in sums))
    with stored(grouped, _counted(aggregation)) as whole:
        counts = whole.totals
        parts = parts_that_fit(whole, aggregation, [CODE], [CASES, *sums])
        found = [(part, _collected(store, frame, schema, part)) for part, store in parts]
    tables = []
    while found:
        part, pieces = found.pop(0)
        with translated_row_limits(sum(map(len, pieces)), part):
            table = _together(pieces, part)
            _check(table, counts, frame, schema, part)
            table = in_known_order(in_order(table, part), part.levels, part.places)
            tables.append(written_out(table, part))
    return tables, [counts[f"_absent{c}"] for c in aggregation.conditions]


def _counted(aggregation: Aggregation) -> list[str]:
    """Name what counts rows of the microdata: all, and those in which something is missing or wrong."""
    return [CASES] + [f"_{what}{c}" for c in aggregation.conditions for what in ("absent", "untrue")]


def _collected(
    held_rows: StoredTable, frame: nw.LazyFrame[Any], schema: Schema, aggregation: Aggregation
) -> list[pd.DataFrame]:
    """Collect what is asked of each group: keys, pattern, cases, weight and sums; piece by piece, where it is much."""
    names = [*aggregation.places.values(), CASES, *([WEIGHT] if aggregation.weight is not None else [])]
    names += [CODE, *(name for i in range(len(aggregation.pairs)) for name in summed(i))]
    found = []
    with translated_row_limits(held_rows.rows, aggregation):
        for piece in held_rows.pieces():
            part = collected(sent(piece.select(*names), schema, aggregation.places))
            _check_objects(part, frame, aggregation)
            found.append(received(part, schema, aggregation.places))
    return found


def _together(pieces: list[pd.DataFrame], aggregation: Aggregation) -> pd.DataFrame:
    """Return what was collected as one table; `pieces` is emptied on the way."""
    found = stacked(pieces)
    if aggregation.weight is None:
        found[WEIGHT] = found[CASES].astype(float)
    return found


# --- what the engine computes ---------------------------------------------------------------------------------------


def _keys(frame: nw.LazyFrame[Any], schema: Schema, aggregation: Aggregation) -> dict[str, nw.Expr]:
    """Return what rows are grouped by; outside the domain groups are missing."""
    inside = _inside(aggregation)
    roles = {column: role for role, column in aggregation.design.items()}
    out = {}
    for key, place in aggregation.places.items():
        value = _number(key, schema) if roles.get(key) in _NUMERIC else key_of(frame, key)
        if inside is not None and key not in roles and key not in aggregation.everywhere:
            value = nw.when(inside).then(value)
        out[place] = value
    return out


def _columns(schema: Schema, aggregation: Aggregation, *, known: bool) -> dict[str, nw.Expr]:
    """Return the pattern and everything that is summed, as columns of each row."""
    inside = _inside(aggregation)
    columns: dict[str, nw.Expr] = {}
    if aggregation.cases is not None:
        columns[CASES] = nw.col(aggregation.cases)
    weight: nw.Expr = nw.lit(1.0)
    fair = None
    if aggregation.weight is not None:
        w = _number(aggregation.weight, schema)
        fair = (w >= 0) & (w <= _LARGEST)
        weight = nw.when(fair).then(w).otherwise(nw.lit(0.0)).cast(nw.Float64)
        columns[WEIGHT] = weight
    columns[CODE] = _pattern(aggregation, schema, inside, weight, fair, known=known)
    for i, pair in enumerate(aggregation.pairs):
        columns |= _sums(i, pair, schema, weight, inside)
    for c in aggregation.conditions:
        columns[f"_absent{c}"] = _as_flag(nw.col(c).is_null())
        columns[f"_untrue{c}"] = _as_flag(~nw.col(c).is_null() & (nw.col(c) != 0) & (nw.col(c) != 1))
    return columns


def _pattern(
    aggregation: Aggregation,
    schema: Schema,
    inside: nw.Expr | None,
    weight: nw.Expr,
    fair: nw.Expr | None,
    *,
    known: bool,
) -> nw.Expr:
    """Write all that rows are told apart by besides keys as one integer, which engines group by faster than by several.

    It is the code of the indicators; outside the domain 0, and inside 1 more; twice that, and 1 more of rows that have
    a weight: those without are no cases. Where something is wrong with the row, it is below 0; see `WRONG`, `LOST`.
    """
    code, strange = _code(aggregation.flags, schema, known=known)
    if inside is not None:
        code = nw.when(inside).then(code + 1).otherwise(nw.lit(0))
        strange = None if strange is None else strange & inside
    if fair is not None:
        code = code * 2 + _as_flag(weight > 0)
    if strange is not None:
        code = nw.when(strange).then(nw.lit(WRONG)).otherwise(code)
    if fair is not None:
        lost = nw.lit(LOST) if strange is None else nw.when(strange).then(nw.lit(WRONG + LOST)).otherwise(nw.lit(LOST))
        code = nw.when(fair).then(code).otherwise(lost)
    return code.cast(nw.Int32) if len(aggregation.flags) <= _SHORT else code.cast(nw.Int64)


def _sums(number: int, pair: Pair, schema: Schema, weight: nw.Expr, inside: nw.Expr | None) -> dict[str, nw.Expr]:
    above, below, seen, odd = summed(number)
    y, x = (None if c is None else _number(c, schema).cast(nw.Float64) for c in pair)
    assert y is not None  # noqa: S101  # a pair has a column above
    answered = ~y.is_null() if x is None else ~y.is_null() & ~x.is_null()
    answered = answered if inside is None else answered & inside
    nothing = nw.lit(0.0)
    return {
        above: nw.when(answered).then(weight * y).otherwise(nothing),
        below: nw.when(answered).then(weight if x is None else weight * x).otherwise(nothing),
        seen: _as_flag(answered & (weight > 0)),
        odd: _as_flag(answered & (y != 0) & (y != 1)),
    }


def _inside(aggregation: Aggregation) -> nw.Expr | None:
    """Return the condition that a row is in the domain; None where all rows are."""
    if not aggregation.conditions:
        return None
    return functools.reduce(operator.and_, [(nw.col(c) == 1).fill_null(value=False) for c in aggregation.conditions])


def _number(name: str, schema: Schema) -> nw.Expr:
    """Read a column as a number."""
    dtype = schema[name]
    if dtype == nw.Boolean:
        return nw.col(name).cast(nw.Float64)  # whole numbers cannot be missing on Dask
    if dtype.is_integer():
        return nw.col(name)
    return nw.col(name).cast(nw.Float64)


def _code(flags: Sequence[str], schema: Schema, *, known: bool) -> tuple[nw.Expr, nw.Expr | None]:
    """Write a row's indicators as one integer, a digit to the base of 3 for each: 0, 1, or 2 where it is missing.

    Beside it, where there is something else, missing or false where there is not; None where there cannot be.
    """
    digits, strange = [], []
    for name in flags:
        x, dtype = _number(name, schema), schema[name]
        if dtype.is_integer() or dtype == nw.Boolean:
            digits.append(x.fill_null(2).cast(nw.Int64))
        else:
            one = nw.when(x == 1).then(nw.lit(1)).otherwise(nw.lit(0))
            digits.append(nw.when(x.is_null()).then(nw.lit(2)).otherwise(one).cast(nw.Int64))
        if dtype != nw.Boolean:
            strange.append(_is_no_flag(x, dtype, known=known))
    code: nw.Expr = functools.reduce(operator.add, [x * 3**j for j, x in enumerate(digits)]) if digits else nw.lit(0)
    return code, functools.reduce(operator.or_, strange) if strange else None


def _is_no_flag(x: nw.Expr, dtype: Any, *, known: bool) -> nw.Expr:
    """Tell numbers that are not 0, 1 or missing. Of missing ones it is missing: to see to it doubles the time in SQL.

    It has to be `known` where missing may be NaN, which differs from all numbers.
    """
    other = (x < 0) | (x > 1) if dtype.is_integer() else (x != 0) & (x != 1)
    return (~x.is_null() & other).fill_null(value=False) if known else other


def _as_flag(condition: nw.Expr | None) -> nw.Expr:
    """Return 1 where a condition holds; sums of booleans differ between engines."""
    assert condition is not None  # noqa: S101  # callers ask where there is one
    return nw.when(condition).then(nw.lit(1)).otherwise(nw.lit(0))


# --- what is checked ------------------------------------------------------------------------------------------------


def _check_types(frame: nw.LazyFrame[Any], schema: Schema, aggregation: Aggregation) -> None:
    """Raise DataError where a column is of a type that an aggregation cannot use."""
    problems = Problems("the data cannot be used", DataError)
    if len(aggregation.flags) > _MOST_FLAGS:
        problems.add(f"{len(aggregation.flags)} indicators; a profile holds {_MOST_FLAGS}")
    ours = {INSIDE} if aggregation.conditions else set()
    ours.update(name for i in range(len(aggregation.pairs)) for name in summed(i))
    taken = [c for c in dict.fromkeys([*aggregation.keys, *aggregation.flags]) if c in ours]
    problems.found += [f"{c!r} is the name of a column of profiles; rename yours" for c in taken]
    summed_columns = [c for pair in aggregation.pairs for c in pair if c is not None]
    sizes = [aggregation.design[role] for role in _NUMERIC if role in aggregation.design]
    numeric = [*aggregation.flags, *summed_columns, *([aggregation.weight] if aggregation.weight else []), *sizes]
    problems.found += odd_keys(frame, aggregation.keys)
    problems.found += [
        f"column {c!r} holds {_kind(schema[c])} where numbers are needed"
        + ("; an indicator is 0 (not deprived), 1 (deprived) or missing" if c in aggregation.flags else "")
        for c in dict.fromkeys(numeric)
        if _no_number(schema[c])
    ]
    problems.raise_if_any()


def _kind(dtype: Any) -> str:
    """Return what a column holds, in words."""
    return "text" if dtype in (nw.String, nw.Categorical) or isinstance(dtype, nw.Enum) else str(dtype).lower()


def _no_number(dtype: Any) -> bool:
    return not (dtype.is_numeric() or dtype in (nw.Boolean, nw.Object, nw.Unknown))


def _check(
    table: pd.DataFrame, counts: Mapping[str, int], frame: nw.LazyFrame[Any], schema: Schema, aggregation: Aggregation
) -> None:
    """Raise DataError where rows lack a key or a weight, or hold wrong values."""
    problems = Problems("the data cannot be used", DataError)
    total = counts[CASES]
    if not total:
        problems.add("the data have no rows")
    problems.found += _gaps(table, aggregation)
    lost = int(table[CASES][(table[CODE] == LOST) | (table[CODE] == WRONG + LOST)].sum())
    if ((table[CODE] == WRONG) | (table[CODE] == WRONG + LOST)).any():
        problems.found += _wrong(frame, schema, aggregation)
    if lost:
        problems.add(
            f"weight column {aggregation.weight!r}: missing, negative or no number in {lost:,} of {total:,} rows"
        )
    elif total and aggregation.weight is not None and not table[WEIGHT].any():
        problems.add(f"weight column {aggregation.weight!r}: every weight is 0")
    if any(counts[f"_untrue{c}"] for c in aggregation.conditions):
        problems.add(UNTRUE)
    for i, pair in enumerate(aggregation.pairs):
        if not np.isfinite(table[list(summed(i)[:2])].to_numpy(dtype=np.float64)).all():
            problems.add(f"{' or '.join(f'column {c!r}' for c in pair if c)} is infinite in some rows")
    problems.raise_if_any()


def _check_objects(table: pd.DataFrame, frame: nw.LazyFrame[Any], aggregation: Aggregation) -> None:
    """Refuse keys that turn out to be no keys, where their type told nothing."""
    from pandas.api.types import infer_dtype

    problems = Problems("the data cannot be used", DataError)
    for key, place in aggregation.places.items():
        held = table[place].dtype
        if held.kind == "O" and infer_dtype(table[place]) in _TO_LOOK_AT:
            said = unfit_values(key, table[place].dropna(), frame.implementation.name)
            problems.found += [said] if said else []
    problems.raise_if_any()


def _gaps(table: pd.DataFrame, aggregation: Aggregation) -> list[str]:
    """Say in how many rows a column of the design is missing, or a household has nobody."""
    said = []
    for role, column in aggregation.design.items():
        values, word = table[aggregation.places[column]], "missing"
        gone = values.isna()
        if role == "size":
            gone, word = ~(values > 0) & (table[WEIGHT] != 0), "missing, or not above 0,"  # not interviewed: 0
        if gone.any():
            rows, total = int(table[CASES][gone].sum()), int(table[CASES].sum())
            said.append(f"{role} column {column!r}: {word} in {rows:,} of {total:,} rows")
    return said


def _wrong(frame: nw.LazyFrame[Any], schema: Schema, aggregation: Aggregation) -> list[str]:
    """Look again, only when something is wrong: which values of which indicators."""
    said, inside = [], _inside(aggregation)
    for name in aggregation.flags:
        x = _number(name, schema)
        wrong = ~x.is_null() & (x != 0) & (x != 1)
        values = frame.filter(wrong if inside is None else wrong & inside).select(x.alias("v"), nw.lit(1).alias("n"))
        found = collected(values.group_by("v").agg(nw.col("n").sum())).sort_values("v")
        if len(found):
            shown = ", ".join(f"{v:g} ({int(n):,} times)" for v, n in found.head(4).itertuples(index=False))
            said.append(
                f"column {name!r} holds values other than 0, 1 and missing: {shown}; codes that are no answer are "
                f"declared, such as {declaration(name, found['v'].tail(1))}"
            )
    return said
