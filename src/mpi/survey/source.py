"""One frame of a survey that is not in memory: columns added, rows condensed or collected by its engine."""

from __future__ import annotations

import functools
import operator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from mpi.core.errors import DataError, RequestError, told_of, unknown, warn
from mpi.frames.aggregate import condense, with_conditions
from mpi.frames.engine_errors import translated_errors
from mpi.frames.key_types import key_of
from mpi.frames.lazy import names_told, with_native
from mpi.frames.missing_codes import WHY
from mpi.frames.nulls import comparable, with_computed, with_nulls
from mpi.frames.own_columns import EVERYBODY, HOME, MEMBER, UNCLEAR, tell_unknown
from mpi.frames.progress import collected, worked
from mpi.frames.wanted import CASES, INSIDE, UNTRUE, WEIGHT, Wanted
from mpi.survey.household_words import ONE_ROW_EACH, no_rosters, not_interviewed
from mpi.survey.households import one_row_each, one_row_of_each
from mpi.survey.survey import Survey, standing_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager

    from mpi.measures.words import Unit
    from mpi.survey.survey import Column, Where

__all__ = [
    "Source",
    "by_household",
    "collected_rows",
    "counted_rows",
    "groups_of",
    "needs_rows",
    "profiles_of",
    "with_condition",
    "with_members",
    "with_values",
]

_DESIGN = ("wave", "strata", "psu", "size", "fpc")
_FOLDED = (nw.Implementation.DUCKDB, nw.Implementation.IBIS, nw.Implementation.PYSPARK, nw.Implementation.SQLFRAME)
_CELLS, _UNITS = 250_000_000, 5_000_000
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
    single : list of bool
        Whether every household has one row, once that is known; sources of the same rows share it.
    """

    frame: nw.LazyFrame[Any]
    roles: Mapping[str, str]
    conditions: tuple[nw.Expr, ...] = ()
    given: nw.LazyFrame[Any] | None = None
    own: tuple[str, ...] = ()
    levels: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    single: list[bool] = field(default_factory=list)

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
        """What holds the rows, as its users call it."""
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
        with told_of("the column fails on the frame"), names_told(source.columns):
            frame = with_computed(source.frame, {name: found})
            frame.collect_schema()
    else:
        frame = with_nulls(_native(source, found, name, "the column"), [name])
    dtype = frame.collect_schema()[name]
    if not (dtype.is_numeric() or dtype == nw.Boolean):
        raise RequestError(f"{name!r} would hold {str(dtype).lower()}; numbers are needed")
    return replace(source, frame=frame)


def _expression(source: Source, given: Where | Column, what: str, example: str) -> Any:
    """Return what is computed for each row: an expression, or what the engine that holds the rows calls one."""
    found: Any = nw.col(given) if isinstance(given, str) else given
    mend = f"give an expression, such as {example} (import narwhals.stable.v2 as nw)"
    if callable(found) and not isinstance(found, nw.Expr):
        with told_of(f"{what} fails on the frame", mend=mend):
            found = found(comparable(source.frame).to_native())
    if isinstance(found, (list, tuple)) or hasattr(found, "__array__") or isinstance(found, nw.Series):
        raise RequestError(
            "rows that are not in memory have no order, so a column of values cannot be put beside them; "
            f"{mend}, or a column's name"
        )
    return found


def _native(source: Source, found: Any, name: str, what: str) -> nw.LazyFrame[Any]:
    with told_of(f"{what} fails on the frame"):
        frame: nw.LazyFrame[Any] | None = with_native(source.frame, found, name)
    if frame is None:
        raise RequestError(
            f"{what} is a {type(found).__name__}, which {source.engine} does not compute; give an expression, such as "
            "nw.col('age') < 5 (import narwhals.stable.v2 as nw), or a column's name"
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


# --- one frame ------------------------------------------------------------------------------------------------------


def needs_rows(source: Source, unit: Unit) -> bool:
    """Tell whether the rows cannot be summed, because each is a PSU; refuse households that would count as persons."""
    if "psu" not in source.roles or (unit == "household" and "members" in source.roles):
        return True
    if "size" in source.roles or unit == "household":
        return False
    if "households" in source.roles:
        raise DataError(ONE_ROW_EACH)
    if "household" not in source.roles:
        return False
    if not source.single:
        source.single.append(one_row_each(source.rows, source.roles))
    if source.single[0]:
        raise DataError(ONE_ROW_EACH)
    return False


def by_household(source: Source, columns: Sequence[str]) -> Source:
    """Return the households of a frame of members, as rows of their own."""
    frame, conditions = with_conditions(source.frame, source.conditions)
    homes, absent = one_row_of_each(frame, source.roles, columns, conditions)
    _warn(absent)
    roles = {"households" if r == "household" else r: c for r, c in source.roles.items()}
    return Source(homes, roles, tuple(nw.col(c) for c in conditions), levels=source.levels)


def profiles_of(source: Source, asked: Wanted, options: Mapping[str, Any], labels: Any) -> list[Survey]:
    """Condense one frame: to one survey, or to one for each of the groups that may be kept apart."""
    frame, conditions = with_conditions(source.frame, counted_rows(source))
    census = source.roles.get("psu") == EVERYBODY  # whose unit is no key: it is the same for all
    drawn = ("wave", "size") if census else _DESIGN
    design: dict[str, Any] = {r: source.roles[r] for r in drawn if r in source.roles}
    wanted = replace(asked, design=design, weight=source.roles.get("weight"), conditions=tuple(conditions))
    wanted = replace(wanted, cases=source.roles.get("cases"), levels=source.levels)
    tables, absent = condense(frame, wanted)
    _warn(absent)
    _look_for_members(tables[0], source.roles)
    made = []
    while tables:
        small = Survey(tables.pop(0), weight=WEIGHT, census=census, labels=labels, **design, **options)
        households = "households" in source.roles
        small = standing_for(small, CASES, weighted="weight" in source.roles, households=households)
        made.append(small.where(INSIDE) if conditions else small)
    return made


def counted_rows(source: Source) -> tuple[nw.Expr, ...]:
    """Return what rows that count meet: those of the domain, and of them the members of a household."""
    members = (nw.col(MEMBER) == 1,) if "members" in source.roles else ()
    return (*source.conditions, *members)


def _look_for_members(table: Any, roles: Mapping[str, str]) -> None:
    """Tell households that were not interviewed, and rows that look like members where households are counted."""
    if "size" not in roles:
        return
    size, weight, rows = (table[c].to_numpy(dtype=float) for c in (roles["size"], WEIGHT, CASES))
    known = (size > 0) & (weight > 0)
    not_interviewed(int(rows[~(size > 0)].sum()), roles["size"])
    if not roles.keys() & {"household", "households"}:
        keys = [roles[r] for r in ("wave", "strata", "psu") if r in roles and roles[r] in table]
        within = table.groupby(keys, sort=False).ngroup().to_numpy() if keys else 0 * size
        no_rosters(roles["size"], within[known], size[known], rows[known].astype(int))


def with_members(source: Source, members: Where) -> Source:
    """Return the frame with a column that is 1 for members of a household, and 0 for others."""
    if isinstance(members, str) and members not in source.columns:
        raise DataError(f"the survey cannot be used: {unknown('column', members, source.columns)}")
    found = _expression(source, members, "members", "nw.col('relation') != 9")
    name = f"_is{MEMBER}"
    if not isinstance(found, nw.Expr):
        frame = with_nulls(_native(source, found, name, "members"), [name])
    else:
        with told_of("members fails on the frame"), names_told(source.columns):
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


def collected_rows(source: Source, columns: Sequence[str] | None, options: Mapping[str, Any], labels: Any) -> Survey:
    """Collect the rows of one frame, where they are not too many."""
    frame, conditions = with_conditions(source.frame, source.conditions)
    design = source.roles.values()
    known = [c for c in source.all_columns() if c not in source.own or c in design]
    wanted = {*(columns or ()), *design}
    names = known if columns is None else [c for c in known if c.removeprefix(WHY) in wanted]
    rows = source.count()
    if rows * len(names) > _CELLS or ("psu" not in source.roles and rows > _UNITS):
        raise RequestError(
            f"this needs the rows themselves, {rows:,} rows of {len(names)} columns, which is too much to be read into "
            "memory. " + _remedy(source, columns)
        )
    if conditions and INSIDE in names:
        raise DataError(f"{INSIDE!r} is the name of a column of profiles; rename yours")
    chosen = [*(nw.col(n) for n in names), *(nw.col(c) for c in conditions), *_domain(conditions)]
    chosen_rows = frame.select(*chosen)
    found = worked(chosen_rows, chosen_rows.collect)
    _check_truth(found, conditions)
    _warn([int(found[c].null_count()) for c in conditions])
    roles: dict[str, Any] = dict(source.roles)
    cases = roles.pop("cases", None)
    if roles.get("households") == HOME:
        roles["rows"] = "households"
    roles.pop("households", None)
    here = Survey(found.drop(*conditions).to_native(), labels=labels, **roles, **options)
    here = here if cases is None else standing_for(here, cases)
    return here.where(INSIDE) if conditions else here


def _domain(conditions: Sequence[str]) -> list[nw.Expr]:
    """Return the column that tells the rows of the domain, where there is one."""
    if not conditions:
        return []
    met = functools.reduce(operator.and_, [(nw.col(c) == 1).fill_null(value=False) for c in conditions])
    return [nw.when(met).then(nw.lit(1)).otherwise(nw.lit(0)).alias(INSIDE)]


def _check_truth(found: nw.DataFrame[Any], conditions: Sequence[str]) -> None:
    for c in conditions:
        known = found[c].drop_nulls()
        if ((known != 0) & (known != 1)).any():
            raise RequestError(UNTRUE)


def _remedy(source: Source, columns: Sequence[str] | None) -> str:
    if "psu" not in source.roles:
        return (
            "Without psu= each row is a PSU of its own: name the column of PSUs, or say census=True where everybody "
            "is in the data"
        )
    return "Choose the columns first: survey.collect([...])" if columns is None else "Choose fewer columns, or a sample"


def _warn(absent: Sequence[int]) -> None:
    for count in absent:
        if count:
            warn(f"the condition is missing in {count:,} rows; they stay out of the domain")
