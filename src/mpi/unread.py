"""Surveys whose rows are not in memory: each estimate lets the engine that holds them condense what it needs."""

from __future__ import annotations

import functools
import operator
import warnings
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from mpi.columns import categories, lazy_frame
from mpi.condensing import CASES, INSIDE, MOST, UNTRUE, WEIGHT, Wanted, condense, with_conditions
from mpi.engine import told_for
from mpi.errors import MpiError, MpiWarning, Problems, told_of, unknown
from mpi.household_rows import one_row_each, one_row_of_each
from mpi.households import ONE_ROW_EACH
from mpi.pooling import labels_of, pool
from mpi.survey import EVERYBODY, WHOLE, Grouped, Survey, grouped, made, roles_of, standing_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    import numpy as np
    from numpy.typing import NDArray

    from mpi.condensing import Pair
    from mpi.design import Design
    from mpi.measure import Unit
    from mpi.survey import Column, Where

__all__ = ["Source", "Unread", "pooled", "unread"]

_DESIGN = ("wave", "strata", "psu", "size", "fpc")
_OPTIONS = ("shared_psus", "single_psu", "single_in_group")
_FOLDED = (nw.Implementation.DUCKDB, nw.Implementation.IBIS, nw.Implementation.PYSPARK, nw.Implementation.SQLFRAME)
_CELLS = 250_000_000


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
    single : list of bool
        Whether every household has one row, once that is known; sources of the same rows share it.
    """

    frame: nw.LazyFrame[Any]
    roles: Mapping[str, str]
    conditions: tuple[nw.Expr, ...] = ()
    given: nw.LazyFrame[Any] | None = None
    single: list[bool] = field(default_factory=list)

    @property
    def rows(self) -> nw.LazyFrame[Any]:
        """The rows as they were given."""
        return self.frame if self.given is None else self.given

    @property
    def columns(self) -> list[str]:
        """The names of its columns."""
        with self.told():
            return self.frame.collect_schema().names()

    def told(self) -> AbstractContextManager[None]:
        """Turn what the engine says into errors of ours, which name the file."""
        return told_for(self.frame)

    def count(self) -> int:
        """Count the rows."""
        with self.told():
            return int(self.rows.select(nw.len().alias("n")).collect("pandas").to_native()["n"].iloc[0])


class Unread(Survey):
    """A survey whose rows are not in memory; `Survey` makes it of a lazy frame.

    Estimates by measures, means, totals, ratios and retention collect one row for each PSU, group and pattern. What
    asks for the rows themselves reads all columns into memory, where they are few enough.
    """

    __slots__ = ("_read", "options", "rounds", "sources")

    sources: tuple[Source, ...]
    rounds: tuple[Any, ...]
    options: dict[str, Any]
    _read: list[Survey]

    in_memory = False

    def __init__(self, frame: object, *, census: bool = False, labels: Any = None, **given: Any) -> None:
        options = {k: given.pop(k) for k in _OPTIONS if k in given}
        roles = roles_of(census=census, **given)
        data = lazy_frame(frame)
        if census:
            data = data.with_columns(nw.lit(0).alias(EVERYBODY), nw.lit(1.0).alias(WHOLE))
        source = Source(data, roles)
        problems = Problems("the survey cannot be used")
        problems.found += [unknown("column", c, source.columns) for c in roles.values() if c not in source.columns]
        problems.raise_if_any()
        _fill(self, (source,), (), options, labels or {})

    # --- what a survey tells of itself ------------------------------------------------------------------------------

    def __len__(self) -> int:
        """The number of rows, counted by the engine."""
        return sum(s.count() for s in self.sources)

    def __repr__(self) -> str:
        """One line: where the rows are, and how many columns they have."""
        where = self.sources[0].frame.implementation.name.title().replace("_", "")
        rounds = f" in {len(self.rounds)} rounds" if self.rounds else ""
        return f"<Survey: rows not in memory ({where}), {len(self.columns)} columns{rounds}>"

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(self.sources[0].columns)

    @property
    def frames(self) -> tuple[nw.DataFrame[Any], ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The rows, read into memory."""
        return self._here().frames

    @property
    def weight(self) -> NDArray[np.float64]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The weight of each row, read into memory."""
        return self._here().weight

    @property
    def unit(self) -> NDArray[np.int32]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The PSU of each row, read into memory."""
        return self._here().unit

    @property
    def design(self) -> Design:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The design, read from the rows."""
        return self._here().design

    @property
    def waves(self) -> tuple[Any, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The rounds."""
        if self.rounds:
            return self.rounds
        return self.condensed().waves if self.has_rounds else ()

    @property
    def domain(self) -> NDArray[np.bool_] | None:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Which rows are in the domain, read into memory."""
        return self._here().domain if self.has_domain else None

    @property
    def has_rounds(self) -> bool:
        """Whether there are several rounds."""
        return bool(self.rounds) or "wave" in self.sources[0].roles

    @property
    def has_domain(self) -> bool:
        """Whether a domain was chosen."""
        return any(s.conditions for s in self.sources)

    @property
    def single_rules(self) -> tuple[str, str]:
        """The rules for strata with one PSU, in the whole and in a group."""
        return self.options.get("single_psu", "error"), self.options.get("single_in_group", "keep")

    def check_columns(self, names: Sequence[str]) -> None:
        """Raise for every name that is not a column, with the nearest one."""
        problems = Problems("the survey lacks what was asked for")
        for number, source in enumerate(self.sources, 1):
            where = f" (round {number})" if len(self.sources) > 1 else ""
            known = source.columns
            problems.found += [unknown("column", n, known) + where for n in dict.fromkeys(names) if n not in known]
        problems.raise_if_any()

    # --- what is done to it, without reading it ---------------------------------------------------------------------

    def where(self, condition: Where) -> Survey:
        """Keep the rows that meet a condition as the domain of interest; see `Survey.where`."""
        if isinstance(condition, str):
            self.check_columns([condition])
        found = [replace(s, conditions=(*s.conditions, _expression(s.frame, condition))) for s in self.sources]
        for s in found:
            with_conditions(s.frame, s.conditions)  # says what is wrong with them
        return self._over(found)

    def with_groups(
        self, name: str, column: str, groups: Mapping[Any, str] | Grouped, *, rest: str | None = None
    ) -> Survey:
        """Add a column that puts the values of another into groups; see `Survey.with_groups`."""
        self._check_new(name)
        self.check_columns([column])
        tables = [condense(s.frame, Wanted({}, groups=(column,)))[0] for s in self.sources]
        known = categories([nw.from_native(t, eager_only=True) for t in tables], column, self.labels.get(column))
        levels = dict(zip(known.levels, grouped(known, groups, rest, column), strict=True))
        return self._over(
            [replace(s, frame=s.frame.with_columns(_in_groups(s, column, levels).alias(name))) for s in self.sources]
        )

    def with_column(self, name: str, values: Column) -> Survey:
        """Add a column of numbers; see `Survey.with_column`."""
        self._check_new(name)
        found = []
        for s in self.sources:
            with told_of("the column fails on the frame"):
                frame = s.frame.with_columns(_expression(s.frame, values).alias(name))
                dtype = frame.collect_schema()[name]
            if not (dtype.is_numeric() or dtype == nw.Boolean):
                raise MpiError(f"{name!r} would hold {str(dtype).lower()}; numbers are needed")
            found.append(replace(s, frame=frame))
        return self._over(found)

    def with_frames(self, change: Callable[[Source], nw.LazyFrame[Any]]) -> Unread:
        """Return the survey over other lazy frames of the same rows, for columns that an engine computes."""
        return self._over([replace(s, frame=change(s), given=s.rows) for s in self.sources])

    # --- reading it -------------------------------------------------------------------------------------------------

    def collect(self, columns: Sequence[str] | None = None) -> Survey:
        """Read the rows into memory; see `Survey.collect`."""
        if columns is None:
            return self._here()
        self.check_columns(columns)
        return self._put_together([_rows(s, columns, self) for s in self.sources])

    def condensed(
        self,
        flags: Sequence[str] = (),
        groups: Sequence[str] = (),
        pairs: Sequence[Pair] = (),
        *,
        unit: Unit = "person",
        most: int = MOST,
    ) -> Survey:
        """Let the engine condense what figures of these columns need; see `Survey.condensed`."""
        columns = list(dict.fromkeys([*groups, *flags, *(c for pair in pairs for c in pair if c is not None)]))
        self.check_columns(columns)
        if any(_needs_rows(s, unit) for s in self.sources):
            return self.collect(columns)
        asked = Wanted({}, None, tuple(dict.fromkeys(flags)), tuple(dict.fromkeys(groups)), tuple(pairs), (), most)
        of_members = unit == "household" and "household" in self.roles and "size" not in self.roles
        sources = [_by_household(s, columns) if of_members else s for s in self.sources]
        return self._put_together([_profile(s, asked, self) for s in sources])

    def _check_new(self, name: str) -> None:
        """Raise where there is such a column already; to SQL engines, ``Age`` is ``age``."""
        for s in self.sources:
            folded = s.frame.implementation in _FOLDED
            for known in s.columns:
                if known == name or (folded and known.lower() == name.lower()):
                    raise MpiError(f"there is a column {known!r} already; choose another name")

    def _here(self) -> Survey:
        if not self._read:
            self._read.append(self._put_together([_rows(s, None, self) for s in self.sources]))
        return self._read[0]

    def _put_together(self, parts: Sequence[Survey]) -> Survey:
        if not self.rounds:
            return parts[0]
        both = pool(
            {k: _without_domain(s) for k, s in zip(self.rounds, parts, strict=True)},
            shared_psus=self.options.get("shared_psus", False),
        )
        return both.where(INSIDE) if any(s.domain is not None for s in parts) else both

    def _over(self, sources: Sequence[Source]) -> Unread:
        found = object.__new__(Unread)
        _fill(found, tuple(sources), self.rounds, self.options, self.labels)
        return found


def pooled(surveys: Mapping[Any, Survey], *, shared_psus: bool) -> Unread:
    """Put rounds together of which some are not in memory; `mpi.pool` has checked that they fit."""
    parts = [unread(s) for s in surveys.values()]
    labels = labels_of(parts)
    found = object.__new__(Unread)
    options = {**parts[0].options, "shared_psus": shared_psus}
    _fill(found, tuple(s for p in parts for s in p.sources), tuple(surveys), options, labels)
    return found


def unread(survey: Survey) -> Unread:
    """Return a survey as one whose rows are left to their engine, whatever holds them.

    Raises
    ------
    MpiError
        When it has a domain and is in memory; the domain can be chosen afterwards.
    """
    if isinstance(survey, Unread):
        return survey
    if survey.domain is not None:
        raise MpiError("the survey has a domain; take the whole, and choose the domain afterwards with where=")
    found = object.__new__(Unread)
    design = survey.design
    options = {
        "shared_psus": design.shared, "single_psu": design.single_psu, "single_in_group": design.single_in_group,
    }  # fmt: skip
    sources = tuple(Source(lazy_frame(f.to_native()), survey.roles) for f in survey.frames)
    _fill(found, sources, survey.waves if len(sources) > 1 else (), options, survey.labels)
    return found


def _fill(
    survey: Unread, sources: tuple[Source, ...], rounds: tuple[Any, ...], options: dict[str, Any], labels: Any
) -> None:
    parts = {"sources": sources, "rounds": rounds, "options": options, "labels": labels, "_read": []}
    for name, value in {**parts, "roles": sources[0].roles}.items():
        object.__setattr__(survey, name, value)


# --- conditions and columns -----------------------------------------------------------------------------------------


def _expression(frame: nw.LazyFrame[Any], given: Where | Column) -> nw.Expr:
    """Return what is computed for each row, as an expression that the engine understands."""
    found: Any = nw.col(given) if isinstance(given, str) else given
    if callable(found) and not isinstance(found, nw.Expr):
        with told_of("the condition fails on the frame"):
            found = found(frame.to_native())
    if not isinstance(found, nw.Expr):
        raise MpiError(
            "rows that are not in memory have no order, so a column of values cannot be put beside them; give an "
            "expression, such as nw.col('age') < 5 (import narwhals.stable.v2 as nw), or a column's name"
        )
    return found


def _in_groups(source: Source, column: str, levels: Mapping[Any, str | None]) -> nw.Expr:
    """Return the group of each value, missing where the value is."""
    dtype = source.frame.collect_schema()[column]
    value = nw.col(column).cast(nw.String) if dtype in (nw.Categorical, nw.Enum) else nw.col(column)
    members: dict[str, list[Any]] = {}
    for level, group in levels.items():
        if group is not None:
            members.setdefault(group, []).append(level)
    found = nw.lit(None, dtype=nw.String)
    for group, values in members.items():
        same = functools.reduce(operator.or_, [value == v for v in values])
        found = nw.when(same.fill_null(value=False)).then(nw.lit(group)).otherwise(found)
    return found


# --- one frame ------------------------------------------------------------------------------------------------------


def _needs_rows(source: Source, unit: Unit) -> bool:
    """Tell whether the rows cannot be summed, because each is a PSU; refuse households that would count as persons."""
    if "psu" not in source.roles:
        return True
    if "household" not in source.roles or "size" in source.roles:
        return False
    if unit == "household":
        return False
    if not source.single:
        source.single.append(one_row_each(source.rows, source.roles))
    if source.single[0]:
        raise MpiError(ONE_ROW_EACH)
    return False


def _by_household(source: Source, columns: Sequence[str]) -> Source:
    """Return the households of a frame of members, as rows of their own."""
    frame, conditions = with_conditions(source.frame, source.conditions)
    homes, absent = one_row_of_each(frame, source.roles, columns, conditions)
    _warn(absent)
    roles = {"households" if r == "household" else r: c for r, c in source.roles.items()}
    return Source(homes, roles, tuple(nw.col(c) for c in conditions))


def _profile(source: Source, asked: Wanted, survey: Unread) -> Survey:
    """Condense one frame."""
    frame, conditions = with_conditions(source.frame, source.conditions)
    census = source.roles.get("psu") == EVERYBODY  # whose unit is no key: it is the same for all
    drawn = ("wave", "size") if census else _DESIGN
    design: dict[str, Any] = {r: source.roles[r] for r in drawn if r in source.roles}
    wanted = replace(asked, design=design, weight=source.roles.get("weight"), conditions=tuple(conditions))
    wanted = replace(wanted, cases=source.roles.get("cases"))
    table, absent = condense(frame, wanted)
    _warn(absent)
    options = dict(survey.options) if not survey.rounds else {**survey.options, "shared_psus": False}
    small = Survey(table, weight=WEIGHT, census=census, labels=survey.labels, **design, **options)
    small = standing_for(small, CASES, households="households" in source.roles)
    return small.where(INSIDE) if conditions else small


def _rows(source: Source, columns: Sequence[str] | None, survey: Unread) -> Survey:
    """Collect the rows of one frame, where they are not too many."""
    frame, conditions = with_conditions(source.frame, source.conditions)
    known = source.columns
    names = known if columns is None else [c for c in known if c in {*columns, *source.roles.values()}]
    rows = source.count()
    if rows * len(names) > _CELLS:
        raise MpiError(
            f"this needs the rows themselves, {rows:,} rows of {len(names)} columns, which is too much to be read into "
            "memory. " + _remedy(source, columns)
        )
    if conditions and INSIDE in names:
        raise MpiError(f"{INSIDE!r} is the name of a column of profiles; rename yours")
    chosen = [*(nw.col(n) for n in names), *(nw.col(c) for c in conditions), *_domain(conditions)]
    with source.told():
        found = frame.select(*chosen).collect()
    _check_truth(found, conditions)
    _warn([int(found[c].null_count()) for c in conditions])
    options = dict(survey.options) if not survey.rounds else {**survey.options, "shared_psus": False}
    roles: dict[str, Any] = dict(source.roles)
    cases = roles.pop("cases", None)
    here = Survey(found.drop(*conditions).to_native(), labels=survey.labels, **roles, **options)
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
            raise MpiError(UNTRUE)


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
            warnings.warn(
                f"the condition is missing in {count:,} rows; they stay out of the domain", MpiWarning, stacklevel=5
            )


def _without_domain(survey: Survey) -> Survey:
    parts = ("frames", "weight", "unit", "design", "waves", "labels", "roles")
    return made(**{name: getattr(survey, name) for name in parts}, domain=None)
