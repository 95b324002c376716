"""One frame of a survey that is not in memory: its columns, conditions, and what is added to them."""

from __future__ import annotations

import functools
import operator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from mpi.core.errors import DataError, RequestError, translated_user_errors, unknown
from mpi.core.once import Once
from mpi.core.readonly import seal
from mpi.frames.aggregate import with_conditions
from mpi.frames.engine_errors import translated_errors
from mpi.frames.key_types import key_of
from mpi.frames.lazy import translated_name_errors, with_native
from mpi.frames.missing_codes import WHY
from mpi.frames.nulls import comparable, with_computed, with_nulls
from mpi.frames.own_columns import MEMBER, UNCLEAR, tell_unknown
from mpi.frames.progress import collected

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from mpi.survey.words import Column, Where

__all__ = ["Source", "counted_rows", "groups_of", "with_condition", "with_members", "with_values"]

_FOLDED = (nw.Implementation.DUCKDB, nw.Implementation.IBIS, nw.Implementation.PYSPARK, nw.Implementation.SQLFRAME)
_ENGINES = {"DUCKDB": "DuckDB", "PYSPARK": "Spark", "SQLFRAME": "SQLFrame"}


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One frame of a survey that is not in memory.

    Attributes
    ----------
    frame : narwhals.LazyFrame
        What the engine holds.
    roles : mapping of role to column
        The design, and the household.
    conditions : tuple of narwhals.Expr
        What rows of the domain meet.
    given : narwhals.LazyFrame, optional
        The frame of the same rows before columns were computed, where that takes the engine long.
    own : tuple of str
        The columns that are none of the user's.
    levels : mapping of column to tuple
        The categories of columns, in their order, where the frame as it was given knows them.
    single : Once of bool
        Whether every household has one row, once that is known; sources of the same rows share it.
    """

    frame: nw.LazyFrame[Any]
    roles: Mapping[str, str]
    conditions: tuple[nw.Expr, ...] = ()
    given: nw.LazyFrame[Any] | None = None
    own: tuple[str, ...] = ()
    levels: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    single: Once[bool] = field(default_factory=Once)

    def __post_init__(self) -> None:
        """Let nobody write into it."""
        seal(self)

    @property
    def rows(self) -> nw.LazyFrame[Any]:
        """The rows as they were given."""
        return self.frame if self.given is None else self.given

    @property
    def columns(self) -> list[str]:
        """The names of the user's columns."""
        return [c for c in self.all_columns() if c not in self.own and not c.startswith(WHY)]

    @property
    def engine(self) -> str:
        """The name of the engine, as its users call it."""
        name: str = self.frame.implementation.name
        return _ENGINES.get(name, name.title())

    def all_columns(self) -> list[str]:
        """Return the names of all columns, ours too."""
        with self.told():
            return self.frame.collect_schema().names()

    def has(self, name: str) -> str | None:
        """Return the column that a name would be taken for; to SQL engines, ``Age`` is ``age``."""
        folded = self.frame.implementation in _FOLDED
        return next((c for c in self.all_columns() if c == name or (folded and c.lower() == name.lower())), None)

    def told(self) -> AbstractContextManager[None]:
        """Turn what the engine says into errors of ours, which name the file."""
        return translated_errors(self.frame)

    def count(self) -> int:
        """Count the rows."""
        return int(collected(self.rows.select(nw.len().alias("n")))["n"].iloc[0])


# --- conditions and columns -----------------------------------------------------------------------------------------


def with_condition(source: Source, condition: Where) -> Source:
    """Return the frame with one more condition that rows of the domain meet."""
    name = f"_where_{len(source.conditions)}"
    while source.has(name):
        name = f"_{name}"
    found = _expression(source, condition, "the condition", "nw.col('age') < 5")
    if not isinstance(found, nw.Expr):
        source = replace(source, frame=_native(source, found, name, "the condition"), own=(*source.own, name))
        found = nw.col(name)
    made = replace(source, conditions=(*source.conditions, found))
    with_conditions(made.frame, made.conditions)  # says what is wrong with them
    return made


def with_values(source: Source, name: str, values: Column) -> Source:
    """Return the frame with a column of numbers."""
    found = _expression(source, values, "the column", "1 - nw.col('attending')")
    if isinstance(found, nw.Expr):
        with translated_user_errors("the column fails on the frame"), translated_name_errors(source.columns):
            frame = with_computed(source.frame, {name: found})
            frame.collect_schema()
    else:
        frame = with_nulls(_native(source, found, name, "the column"), [name])
    dtype = frame.collect_schema()[name]
    if not (dtype.is_numeric() or dtype == nw.Boolean):
        raise RequestError(f"{name!r} would hold {str(dtype).lower()}; numbers are needed")
    return replace(source, frame=frame)


def _expression(source: Source, column: Where | Column, what: str, example: str) -> Any:
    """Return what is computed for each row: an expression, or what the engine that holds the rows calls one."""
    found: Any = nw.col(column) if isinstance(column, str) else column
    mend = f"give an expression, such as {example} (import narwhals.stable.v2 as nw)"
    if callable(found) and not isinstance(found, nw.Expr):
        with translated_user_errors(f"{what} fails on the frame", mend=mend):
            found = found(comparable(source.frame).to_native())
    if isinstance(found, (list, tuple)) or hasattr(found, "__array__") or isinstance(found, nw.Series):
        raise RequestError(
            "rows that are not in memory have no order, so a column of values cannot be put beside them; "
            f"{mend}, or a column's name"
        )
    return found


def _native(source: Source, expression: Any, name: str, what: str) -> nw.LazyFrame[Any]:
    """Return the frame with a column in the engine's own words."""
    with translated_user_errors(f"{what} fails on the frame"):
        frame: nw.LazyFrame[Any] | None = with_native(source.frame, expression, name)
    if frame is None:
        raise RequestError(
            f"{what} is a {type(expression).__name__}, which {source.engine} does not compute; give an expression, "
            "such as nw.col('age') < 5 (import narwhals.stable.v2 as nw), or a column's name"
        )
    return frame


def groups_of(source: Source, column: str, levels: Mapping[Any, str | None]) -> nw.Expr:
    """Return the group of each value, missing where the value is."""
    value, dtype = key_of(source.frame, column), source.frame.collect_schema()[column]
    texts = dtype.is_decimal() and source.frame.implementation.is_dask()  # which finds no decimal equal to one
    value = value.cast(nw.String) if texts else value
    members: dict[str, list[Any]] = {}
    for level, group in levels.items():
        if group is not None:
            members.setdefault(group, []).append(str(level) if texts else level)
    found = nw.lit(None, dtype=nw.String)
    for group, values in members.items():
        own = dtype if dtype == nw.UInt64 else None  # whose largest numbers are no others'
        same = functools.reduce(operator.or_, [value == nw.lit(v, dtype=own) for v in values])
        found = nw.when(same.fill_null(value=False)).then(nw.lit(group)).otherwise(found)
    return found


def with_members(source: Source, members: Where) -> Source:
    """Return the frame with a column that is 1 for members of a household, and 0 for others."""
    if isinstance(members, str) and members not in source.columns:
        raise DataError(f"the survey cannot be used: {unknown('column', members, source.columns)}")
    found = _expression(source, members, "members", "nw.col('relation') != 9")
    name = f"_is{MEMBER}"
    if not isinstance(found, nw.Expr):
        frame = with_nulls(_native(source, found, name, "members"), [name])
    else:
        with translated_user_errors("members fails on the frame"), translated_name_errors(source.columns):
            frame = with_computed(source.frame, {name: found})
    dtype = frame.collect_schema()[name]
    if not (dtype == nw.Boolean or dtype.is_numeric()):
        raise DataError(UNCLEAR)
    value = nw.col(name).cast(nw.Float64)
    flags = (value.is_null(), ~value.is_null() & (value != 0) & (value != 1), value == 1)
    absent, odd, who = (nw.when(x.fill_null(value=False)).then(nw.lit(1)).otherwise(nw.lit(0)) for x in flags)
    marked = frame.select(absent.alias("absent"), odd.alias("odd"))
    counts = collected(marked.select(nw.col("absent").sum(), nw.col("odd").sum()))
    if int(counts["odd"].iloc[0] or 0):
        raise DataError(UNCLEAR)
    tell_unknown(int(counts["absent"].iloc[0] or 0))
    return replace(
        source,
        frame=frame.with_columns(who.alias(MEMBER)).drop(name),
        roles={**source.roles, "members": MEMBER},
        own=(*source.own, MEMBER),
    )


def counted_rows(source: Source) -> tuple[nw.Expr, ...]:
    """Return what rows that count meet: those of the domain, and of them the members of a household."""
    members = (nw.col(MEMBER) == 1,) if "members" in source.roles else ()
    return (*source.conditions, *members)
