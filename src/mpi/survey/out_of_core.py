"""Rows that an engine holds: each estimate lets it condense what it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from mpi.core.errors import DataError, Problems, RequestError, unknown
from mpi.core.once import Once
from mpi.core.readonly import ReadOnly, seal
from mpi.frames.aggregate import condense
from mpi.frames.aggregation import INSIDE, MOST, Aggregation, home, widest
from mpi.frames.arrays import categories
from mpi.frames.key_types import odd_keys
from mpi.frames.lazy import lazy_with_levels
from mpi.frames.missing_codes import MissingCodes, read_missing
from mpi.frames.own_columns import EVERYBODY, HOME, OWN, WHOLE
from mpi.frames.recode import grouped
from mpi.frames.without_codes import without_codes_lazily
from mpi.survey.code_counts import code_counts_there, reason_counts_there, text_counts_there
from mpi.survey.collect import by_household, collected_rows, needs_rows, profiles_of
from mpi.survey.columns import labelled
from mpi.survey.conditions import refuse_formula
from mpi.survey.origin import Origin
from mpi.survey.source import Source, groups_of, with_condition, with_members, with_values
from mpi.survey.stack import stacked

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from mpi.frames.aggregation import Cross, Pair
    from mpi.frames.arrays import Categories
    from mpi.frames.missing_codes import Declared
    from mpi.frames.recode import Grouped
    from mpi.measures.words import Unit
    from mpi.survey.design import Design
    from mpi.survey.memory import MemoryRows
    from mpi.survey.recipe import Recipe
    from mpi.survey.words import Column, Labels, Where

__all__ = ["EngineRows", "engine_rows"]

_KEYS = ("wave", "strata", "psu", "household")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class EngineRows:
    """The rows of a survey that an engine holds; see `SurveyRows` for what is asked of them.

    Estimates by measures, means, totals, ratios and retention collect one row for each PSU, group and pattern. What
    asks for the rows themselves reads all columns into memory, where they are few enough.

    Attributes
    ----------
    sources : tuple of Source
        The frames, one for each round.
    rounds : tuple
        What the rounds are called; empty where a column tells them, or there is one.
    options : mapping
        The rules of the design that are no columns; see `Design.options`.
    labels : mapping of column to mapping of value to label
        Value labels.
    missing : MissingCodes
        Which codes were declared to be no answer.
    origin : Origin
        Where the rows and columns come from.
    recipe : Recipe or None
        The margins that whatever is read or condensed is calibrated to.
    """

    sources: tuple[Source, ...]
    rounds: tuple[Any, ...]
    options: Mapping[str, Any]
    labels: Labels = field(default_factory=dict)
    missing: MissingCodes = field(default_factory=MissingCodes)
    origin: Origin = field(default_factory=Origin)
    recipe: Recipe | None = None
    _read: Once[MemoryRows] = field(default_factory=Once, init=False)

    def __post_init__(self) -> None:
        """Let nobody write into it."""
        seal(self)
        if isinstance(self.labels, Mapping):
            object.__setattr__(self, "labels", ReadOnly.from_mapping(self.labels))

    def __len__(self) -> int:
        """The number of rows, counted by the engine."""
        return sum(s.count() for s in self.sources)

    def describe(self) -> str:
        """Say in one line where the rows are, and how many columns they have."""
        return _described(self)

    # --- what is known of them ----------------------------------------------------------------------------------------

    @property
    def in_memory(self) -> bool:
        """They are not."""
        return False

    @property
    def roles(self) -> Mapping[str, str]:
        """The column of each role in the design."""
        return self.sources[0].roles

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(self.sources[0].columns)

    @property
    def waves(self) -> tuple[Any, ...]:
        """The rounds."""
        if self.rounds:
            return self.rounds
        return self.condensed().waves if self.has_rounds else ()

    @property
    def has_rounds(self) -> bool:
        """Return whether there are several rounds."""
        return bool(self.rounds) or "wave" in self.roles

    @property
    def has_domain(self) -> bool:
        """Return whether a domain was chosen."""
        return any(s.conditions for s in self.sources)

    @property
    def single_rules(self) -> tuple[str, str]:
        """The rules for strata with one PSU, in the whole and in a group."""
        return self.options["single_psu"], self.options["single_in_group"]

    # --- their columns ------------------------------------------------------------------------------------------------

    def check_columns(self, names: Sequence[str]) -> None:
        """Raise for every name that is not a column, with the nearest one."""
        problems = Problems("the survey lacks what was asked for", RequestError)
        for number, source in enumerate(self.sources, 1):
            where = f" (round {number})" if len(self.sources) > 1 else ""
            known = source.columns
            problems.found += [unknown("column", n, known) + where for n in dict.fromkeys(names) if n not in known]
        problems.raise_if_any()

    def numbers(self, name: str) -> NDArray[Any]:
        """Return a column as numbers, of rows that are read into memory."""
        self.check_columns([name])
        return self.collect().numbers(name)

    def categories(self, name: str) -> Categories:
        """Return a column as groups, of rows that are read into memory."""
        self.check_columns([name])
        return self.collect().categories(name)

    def declared(self, name: str, *, labels: bool = False) -> tuple[Any, ...]:
        """Return the values that a column can have, by its type in the engine; see `Survey.declared`."""
        self.check_columns([name])
        found = [v for s in self.sources for v in s.levels.get(name, ())]
        known = labelled(self.labels.get(name, {}), self.missing, name, found) if labels else []
        return tuple(dict.fromkeys([*found, *known]))

    def unique(self, name: str) -> list[Any]:
        """Return the values that occur in a column, as its engine finds them; none where it is absent."""
        return [v for v in self._read_groups(name).levels if v is not None] if name in self.columns else []

    def _read_groups(self, column: str) -> Categories:
        tables = [
            t for s in self.sources for t in condense(s.frame, Aggregation({}, groups=(column,), levels=s.levels))[0]
        ]
        return categories([nw.from_native(t, eager_only=True) for t in tables], column, self.labels.get(column))

    def text_counts(self, names: Sequence[str]) -> dict[str, dict[Any, int]]:
        """Return the values of those columns that hold text, each with its rows that count."""
        return text_counts_there(self.sources, names)

    def code_counts(self, found: Mapping[str, Mapping[Any, str]]) -> dict[tuple[str, Any], int]:
        """Return the rows that count and hold each of some codes."""
        return code_counts_there(self.sources, found)

    def reason_counts(self, column: str, indicator: str) -> dict[Any, tuple[int, int]]:
        """Return the rows that count of each code by which answers are missing, and those without the indicator."""
        return reason_counts_there(self.sources, column, indicator)

    # --- other rows made of them, without reading any -----------------------------------------------------------------

    def where(self, condition: Where) -> EngineRows:
        """Keep the rows that meet a condition as the domain; see `Survey.where`."""
        if isinstance(condition, str):
            refuse_formula(condition, self.columns)
            self.check_columns([condition])
        return self._over([with_condition(s, condition) for s in self.sources])

    def with_groups(
        self, name: str, column: str, groups: Mapping[Any, str] | Grouped, *, rest: str | None = None
    ) -> EngineRows:
        """Add a column that puts the values of another into groups; see `Survey.with_groups`."""
        self._check_new(name)
        self.check_columns([column])
        known = self._read_groups(column)
        levels = dict(zip(known.levels, grouped(known, groups, rest, column), strict=True))
        return self._over(
            [replace(s, frame=s.frame.with_columns(groups_of(s, column, levels).alias(name))) for s in self.sources]
        )

    def with_column(self, name: str, values: Column) -> EngineRows:
        """Add a column of numbers; see `Survey.with_column`."""
        self._check_new(name)
        return self._over([with_values(s, name, values) for s in self.sources])

    def with_frames(
        self, change: Callable[[Source], nw.LazyFrame[Any]], missing: MissingCodes, origin: Origin
    ) -> EngineRows:
        """Return them over other lazy frames of the same rows, for columns that an engine computes."""
        sources = tuple(replace(s, frame=change(s), given=s.rows) for s in self.sources)
        return replace(self, sources=sources, missing=missing, origin=origin)

    def _over(self, sources: Sequence[Source]) -> EngineRows:
        return replace(self, sources=tuple(sources))

    def _check_new(self, name: str) -> None:
        """Raise where there is such a column already."""
        known = next((c for s in self.sources if (c := s.has(name))), None)
        if known:
            raise RequestError(f"there is a column {known!r} already; choose another name")

    # --- reading them -------------------------------------------------------------------------------------------------

    def collect(self, columns: Sequence[str] | None = None) -> MemoryRows:
        """Read the rows into memory; all columns are read once."""
        if columns is None:
            return self._read.get(lambda: self._collected(None))
        self.check_columns(columns)
        return self._collected(columns)

    def _collected(self, columns: Sequence[str] | None) -> MemoryRows:
        if columns is not None and self.recipe is not None:
            columns = [*columns, *self.recipe.columns]
        rows = _put_together(self, [collected_rows(s, columns, self._alone(), self.labels) for s in self.sources])
        return self._met(rows.over(rows.frames, missing=self.missing))

    def _met(self, rows: MemoryRows) -> MemoryRows:
        return rows if self.recipe is None else self.recipe.apply(rows)

    def condensed(
        self,
        flags: Sequence[str] = (),
        groups: Sequence[str] = (),
        pairs: Sequence[Pair] = (),
        *,
        unit: Unit = "person",
        most: int = MOST,
    ) -> MemoryRows:
        """Let the engine condense what figures of these columns need, to at most so many rows."""
        return self._condensed(flags, groups, pairs, unit=unit, most=most)[0]

    def condensed_apart(
        self, flags: Sequence[str], by: Sequence[Cross], pairs: Sequence[Pair] = (), *, unit: Unit = "person"
    ) -> list[tuple[MemoryRows, list[Cross]]]:
        """Let the engine condense what figures of these columns need; see `SurveyRows.condensed_apart`."""
        apart = widest(by)
        groups = list(dict.fromkeys(c for cross in by for c in cross))
        found = self._condensed(flags, groups, pairs, unit=unit, apart=apart)
        if len(found) < 2:
            return [(found[0], list(by))]
        alike = [replace(r, design=found[0].design) for r in found]  # every part has all PSUs, in one order
        return [(r, [c for c in by if home(c, apart) == a]) for r, a in zip(alike, apart, strict=True)]

    def _condensed(
        self,
        flags: Sequence[str],
        groups: Sequence[str],
        pairs: Sequence[Pair],
        *,
        unit: Unit,
        most: int = MOST,
        apart: Sequence[Cross] = (),
    ) -> list[MemoryRows]:
        margins = self.recipe.columns if self.recipe else []
        groups, apart = [*groups, *margins], [tuple(dict.fromkeys([*cross, *margins])) for cross in apart]
        columns = list(dict.fromkeys([*groups, *flags, *(c for pair in pairs for c in pair if c is not None)]))
        self.check_columns(columns)
        _check_groups(self.sources, groups)
        of_members = unit == "household" and "household" in self.roles and "size" not in self.roles
        if any(needs_rows(s, unit) for s in self.sources) or (margins and (of_members or "members" in self.roles)):
            return [self.collect(columns)]
        asked = Aggregation({}, None, tuple(dict.fromkeys(flags)), tuple(dict.fromkeys(groups)), tuple(pairs), (), most)
        asked = replace(asked, apart=tuple(apart), everywhere=tuple(margins))
        sources = [by_household(s, columns) if of_members else s for s in self.sources]
        found = [profiles_of(s, asked, self._alone(), self.labels) for s in sources]
        number = max(map(len, found))  # a round that was condensed as a whole serves for every part
        return [self._met(_put_together(self, [f[i] if len(f) > 1 else f[0] for f in found])) for i in range(number)]

    def _alone(self) -> dict[str, Any]:
        """Return the options of each frame by itself; whether rounds share PSUs is no matter of one of them."""
        return {**self.options, "shared_psus": False} if self.rounds else dict(self.options)


def engine_rows(
    frame: object,
    design: Design,
    labels: Labels | None = None,
    missing: Declared = None,
    *,
    levels: Mapping[str, tuple[Any, ...]] | None = None,
) -> EngineRows:
    """Leave a frame to its engine; of the design only the names of columns are looked at.

    Parameters
    ----------
    frame : data frame
        What Narwhals knows as one, in memory or not.
    design : Design
        Which columns hold the design.
    labels, missing : optional
        See `Survey`.
    levels : mapping of column to tuple, optional
        The categories of columns, in their order; those that the frame knows by default.

    Raises
    ------
    MpiError
        When columns are absent (the nearest is offered), or can be no keys.
    """
    declared, roles = read_missing(missing), design.roles
    given, known = lazy_with_levels(frame)
    data = design.prepared(without_codes_lazily(given, declared, labels or {}, design.columns))
    own = (*((EVERYBODY, WHOLE) if design.census else ()), *((HOME,) if design.rows == "households" else ()))
    source = Source(data, roles, own=own, levels=known if levels is None else levels)
    problems = Problems("the survey cannot be used", DataError)
    if design.replicate_weights is not None:
        problems.add("replicate_weights: they are read from rows in memory; read the columns that are needed first")
    columns = source.columns
    problems.found += [unknown("column", c, columns) for c in roles.values() if c not in (*columns, *own)]
    problems.raise_if_any()
    problems.found += odd_keys(data, [c for r, c in roles.items() if r in _KEYS and c not in own])
    problems.raise_if_any()
    source = source if design.members is None else with_members(source, design.members)
    return EngineRows((source,), (), design.options, labels or {}, declared)


def _described(rows: EngineRows) -> str:
    """Return in one line where the rows are, and how many columns they have."""
    rounds = f" in {len(rows.rounds)} round{'s' * (len(rows.rounds) > 1)}" if rows.rounds else ""
    design = ", ".join(f"{role} {c!r}" for role, c in rows.roles.items() if c not in OWN)
    kind = "a census" if rows.roles.get("psu") == EVERYBODY else "" if "psu" in rows.roles else "each row a PSU"
    margins = f"calibrated to {', '.join(rows.recipe.columns)}" if rows.recipe else ""
    said = "; ".join(x for x in (kind, design, margins) if x)
    return f"rows not in memory ({rows.sources[0].engine}), {len(rows.columns)} columns{rounds}; {said}"


def _check_groups(sources: Sequence[Source], groups: Sequence[str]) -> None:
    """Raise for every column that can be no group."""
    problems = Problems("the data cannot be used", DataError)
    for source in sources:
        problems.found += odd_keys(source.frame, groups)
    problems.raise_if_any()


def _put_together(rows: EngineRows, parts: Sequence[MemoryRows]) -> MemoryRows:
    """Return what the engine gave of each frame as the rows of all rounds, with their domain."""
    if not rows.rounds:
        return replace(parts[0], origin=rows.origin)
    whole = {k: replace(r, domain=None) for k, r in zip(rows.rounds, parts, strict=True)}
    both = replace(stacked(whole, shared_psus=rows.options["shared_psus"]), origin=rows.origin)
    return both.where(INSIDE) if any(r.domain is not None for r in parts) else both
