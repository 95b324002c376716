"""Surveys whose rows are not in memory: each estimate lets the engine that holds them condense what it needs."""

from __future__ import annotations

import functools
import operator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from mpi.core.errors import DataError, Problems, RequestError, unknown
from mpi.core.readonly import ReadOnly
from mpi.frames.aggregate import condense
from mpi.frames.arrays import categories
from mpi.frames.key_types import odd_keys
from mpi.frames.lazy import lazy_with_levels, recoded
from mpi.frames.missing_codes import MissingCodes, read_missing, without_codes_lazily
from mpi.frames.own_columns import (
    EVERYBODY,
    HOME,
    OWN,
    WHOLE,
    columns_used,
    household_name,
    with_census,
    with_homes,
    with_household,
)
from mpi.frames.recode import Grouped, grouped
from mpi.frames.wanted import INSIDE, MOST, Wanted, home, widest
from mpi.survey.conditions import refuse_formula
from mpi.survey.origin import Origin, together
from mpi.survey.pool import coded_alike, pool
from mpi.survey.sample import roles_of
from mpi.survey.source import (
    Source,
    by_household,
    collected_rows,
    groups_of,
    needs_rows,
    profiles_of,
    with_condition,
    with_members,
    with_values,
)
from mpi.survey.survey import Survey, made, of_origin

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from mpi.frames.arrays import Categories
    from mpi.frames.missing_codes import Declared
    from mpi.frames.wanted import Cross, Pair
    from mpi.inference.design import PsuDesign
    from mpi.measures.words import Unit
    from mpi.survey.round_codes import RoundLabels
    from mpi.survey.survey import Column, Where

__all__ = ["Unread", "pooled", "unread"]

_OPTIONS = ("shared_psus", "single_psu", "single_in_group")
_KEYS = ("wave", "strata", "psu", "household")


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

    def __init__(
        self,
        frame: object,
        *,
        census: bool = False,
        labels: Any = None,
        missing: Declared = None,
        levels: Mapping[str, tuple[Any, ...]] | None = None,
        **given: Any,
    ) -> None:
        options = {k: given.pop(k) for k in _OPTIONS if k in given}
        members, rows, household = (given.pop(k, None) for k in ("members", "rows", "household"))
        roles = roles_of(
            census=census, rows=rows, members=members is not None, household=household_name(household), **given
        )
        declared, used = read_missing(missing), columns_used(roles, household, members)
        given_frame, known = lazy_with_levels(frame)
        data = without_codes_lazily(given_frame, declared, labels or {}, used)
        data = with_household(data, household)
        data = with_census(data) if census else data
        data = with_homes(data) if rows == "households" else data
        own = (*((EVERYBODY, WHOLE) if census else ()), *((HOME,) if rows == "households" else ()))
        source = Source(data, roles, own=own, levels=known if levels is None else levels)
        problems = Problems("the survey cannot be used", DataError)
        problems.found += [
            unknown("column", c, source.columns) for c in roles.values() if c not in (*source.columns, *source.own)
        ]
        problems.raise_if_any()
        problems.found += odd_keys(data, [c for r, c in roles.items() if r in _KEYS and c not in own])
        problems.raise_if_any()
        source = source if members is None else with_members(source, members)
        _fill(self, (source,), (), options, labels or {}, declared, Origin())

    # --- what a survey tells of itself ------------------------------------------------------------------------------

    def __len__(self) -> int:
        """The number of rows, counted by the engine."""
        return sum(s.count() for s in self.sources)

    def __repr__(self) -> str:
        """One line: where the rows are, and how many columns they have."""
        rounds = f" in {len(self.rounds)} rounds" if self.rounds else ""
        design = ", ".join(f"{role} {c!r}" for role, c in self.roles.items() if c not in OWN)
        kind = "a census" if self.roles.get("psu") == EVERYBODY else "" if "psu" in self.roles else "each row a PSU"
        told = "; ".join(x for x in (kind, design) if x)
        return f"<Survey: rows not in memory ({self.sources[0].engine}), {len(self.columns)} columns{rounds}; {told}>"

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(self.sources[0].columns)

    @property
    def frames(self) -> tuple[nw.DataFrame[Any], ...]:  # pyright: ignore[reportIncompatibleVariableOverride]  # read when asked for
        """The rows, read into memory."""
        return self._here().frames

    @property
    def weight(self) -> NDArray[np.float64]:  # pyright: ignore[reportIncompatibleVariableOverride]  # read when asked for
        """The weight of each row, read into memory."""
        return self._here().weight

    @property
    def unit(self) -> NDArray[np.int32]:  # pyright: ignore[reportIncompatibleVariableOverride]  # read when asked for
        """The PSU of each row, read into memory."""
        return self._here().unit

    @property
    def design(self) -> PsuDesign:  # pyright: ignore[reportIncompatibleVariableOverride]  # read when asked for
        """The design, read from the rows."""
        return self._here().design

    @property
    def waves(self) -> tuple[Any, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]  # read when asked for
        """The rounds."""
        if self.rounds:
            return self.rounds
        return self.condensed().waves if self.has_rounds else ()

    @property
    def domain(self) -> NDArray[np.bool_] | None:  # pyright: ignore[reportIncompatibleVariableOverride]  # read when asked for
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
        problems = Problems("the survey lacks what was asked for", RequestError)
        for number, source in enumerate(self.sources, 1):
            where = f" (round {number})" if len(self.sources) > 1 else ""
            known = source.columns
            problems.found += [unknown("column", n, known) + where for n in dict.fromkeys(names) if n not in known]
        problems.raise_if_any()

    # --- what is done to it, without reading it ---------------------------------------------------------------------

    def where(self, condition: Where) -> Survey:
        """Keep the rows that meet a condition as the domain of interest; see `Survey.where`."""
        if isinstance(condition, str):
            refuse_formula(condition, self.columns)
            self.check_columns([condition])
        return self._over([with_condition(s, condition) for s in self.sources])

    def with_groups(
        self, name: str, column: str, groups: Mapping[Any, str] | Grouped, *, rest: str | None = None
    ) -> Survey:
        """Add a column that puts the values of another into groups; see `Survey.with_groups`."""
        self._check_new(name)
        self.check_columns([column])
        known = self._read_groups(column)
        levels = dict(zip(known.levels, grouped(known, groups, rest, column), strict=True))
        return self._over(
            [replace(s, frame=s.frame.with_columns(groups_of(s, column, levels).alias(name))) for s in self.sources]
        )

    def with_column(self, name: str, values: Column) -> Survey:
        """Add a column of numbers; see `Survey.with_column`."""
        self._check_new(name)
        return self._over([with_values(s, name, values) for s in self.sources])

    def with_frames(
        self, change: Callable[[Source], nw.LazyFrame[Any]], missing: MissingCodes, origin: Origin
    ) -> Unread:
        """Return the survey over other lazy frames of the same rows, for columns that an engine computes."""
        found = self._over([replace(s, frame=change(s), given=s.rows) for s in self.sources])
        for name, value in {"missing": missing, "origin": origin}.items():
            object.__setattr__(found, name, value)
        return found

    # --- reading it -------------------------------------------------------------------------------------------------

    def collect(self, columns: Sequence[str] | None = None) -> Survey:
        """Read the rows into memory; see `Survey.collect`."""
        if columns is None:
            return self._here()
        self.check_columns(columns)
        return self._put_together([collected_rows(s, columns, self._alone(), self.labels) for s in self.sources])

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
        return self._condensed(flags, groups, pairs, unit=unit, most=most)[0]

    def condensed_apart(
        self, flags: Sequence[str], by: Sequence[Cross], pairs: Sequence[Pair] = (), *, unit: Unit = "person"
    ) -> list[tuple[Survey, list[Cross]]]:
        """Let the engine condense what figures of these columns need; see `Survey.condensed_apart`."""
        apart = widest(by)
        groups = list(dict.fromkeys(c for cross in by for c in cross))
        found = self._condensed(flags, groups, pairs, unit=unit, apart=apart)
        if len(found) < 2:
            return [(found[0], list(by))]
        design = found[0].design  # every part has all PSUs, in one order
        alike = [made(**{name: getattr(s, name) for name in _PARTS} | {"design": design}) for s in found]
        return [(s, [c for c in by if home(c, apart) == a]) for s, a in zip(alike, apart, strict=True)]

    def _condensed(
        self,
        flags: Sequence[str],
        groups: Sequence[str],
        pairs: Sequence[Pair],
        *,
        unit: Unit,
        most: int = MOST,
        apart: Sequence[Cross] = (),
    ) -> list[Survey]:
        columns = list(dict.fromkeys([*groups, *flags, *(c for pair in pairs for c in pair if c is not None)]))
        self.check_columns(columns)
        self._check_groups(groups)
        if any(needs_rows(s, unit) for s in self.sources):
            return [self.collect(columns)]
        asked = Wanted({}, None, tuple(dict.fromkeys(flags)), tuple(dict.fromkeys(groups)), tuple(pairs), (), most)
        asked = replace(asked, apart=tuple(apart))
        of_members = unit == "household" and "household" in self.roles and "size" not in self.roles
        sources = [by_household(s, columns) if of_members else s for s in self.sources]
        found = [profiles_of(s, asked, self._alone(), self.labels) for s in sources]
        number = max(map(len, found))  # a round that was condensed as a whole serves for every part
        return [self._put_together([f[i] if len(f) > 1 else f[0] for f in found]) for i in range(number)]

    def declared(self, name: str, *, labels: bool = False) -> tuple[Any, ...]:
        """Return the values that a column can have, by its type in the engine; see `Survey.declared`."""
        self.check_columns([name])
        found = [v for s in self.sources for v in s.levels.get(name, ())]
        return tuple(dict.fromkeys([*found, *(self._labelled(name, found) if labels else ())]))

    def levels(self, column: str) -> list[Any]:
        """Return the values that occur in a column, as its engine finds them; none where it is absent."""
        return [v for v in self._read_groups(column).levels if v is not None] if column in self.columns else []

    def _read_groups(self, column: str) -> Categories:
        tables = [t for s in self.sources for t in condense(s.frame, Wanted({}, groups=(column,), levels=s.levels))[0]]
        return categories([nw.from_native(t, eager_only=True) for t in tables], column, self.labels.get(column))

    def _check_groups(self, groups: Sequence[str]) -> None:
        """Raise for every column that can be no group."""
        problems = Problems("the data cannot be used", DataError)
        for source in self.sources:
            problems.found += odd_keys(source.frame, groups)
        problems.raise_if_any()

    def _check_new(self, name: str) -> None:
        """Raise where there is such a column already."""
        known = next((c for s in self.sources if (c := s.has(name))), None)
        if known:
            raise RequestError(f"there is a column {known!r} already; choose another name")

    def _alone(self) -> dict[str, Any]:
        """Return the options of each frame by itself; whether rounds share PSUs is no matter of one of them."""
        return dict(self.options) if not self.rounds else {**self.options, "shared_psus": False}

    def _here(self) -> Survey:
        if not self._read:
            self._read.append(
                self._put_together([collected_rows(s, None, self._alone(), self.labels) for s in self.sources])
            )
        return self._read[0]

    def _put_together(self, parts: Sequence[Survey]) -> Survey:
        if not self.rounds:
            return of_origin(parts[0], self.origin)
        both = pool(
            {k: _without_domain(s) for k, s in zip(self.rounds, parts, strict=True)},
            shared_psus=self.options.get("shared_psus"),
        )
        both = of_origin(both, self.origin)
        return both.where(INSIDE) if any(s.domain is not None for s in parts) else both

    def _over(self, sources: Sequence[Source]) -> Unread:
        found = object.__new__(Unread)
        _fill(found, tuple(sources), self.rounds, self.options, self.labels, self.missing, self.origin)
        return found


def pooled(surveys: Mapping[Any, Survey], *, shared_psus: bool | None, labels: RoundLabels | None) -> Unread:
    """Put rounds together of which some are not in memory; `mpi.pool` has checked that they fit."""
    parts = {name: unread(s) for name, s in surveys.items()}
    every = list(parts.values())
    known, moved = coded_alike(parts, labels, lambda i, column: every[i].levels(column))
    sources = [replace(s, frame=recoded(s.frame, m)) for p, m in zip(every, moved, strict=True) for s in p.sources]
    found = object.__new__(Unread)
    options = {**every[0].options, "shared_psus": shared_psus}
    missing = functools.reduce(operator.or_, (p.missing for p in every))
    _fill(found, tuple(sources), tuple(surveys), options, known, missing, together(p.origin for p in every))
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
        raise RequestError("the survey has a domain; take the whole, and choose the domain afterwards with where=")
    found = object.__new__(Unread)
    design = survey.design
    options = {
        "shared_psus": design.shared, "single_psu": design.single_psu, "single_in_group": design.single_in_group,
    }  # fmt: skip
    own = tuple(c for c in OWN if c in survey.roles.values())
    held = [lazy_with_levels(f.to_native()) for f in survey.frames]
    sources = tuple(Source(frame, survey.roles, own=own, levels=known) for frame, known in held)
    rounds = survey.waves if len(sources) > 1 else ()
    _fill(found, sources, rounds, options, survey.labels, survey.missing, survey.origin)
    return found


def _fill(
    survey: Unread,
    sources: tuple[Source, ...],
    rounds: tuple[Any, ...],
    options: dict[str, Any],
    labels: Any,
    missing: MissingCodes,
    origin: Origin,
) -> None:
    parts = {
        "sources": sources, "rounds": rounds, "options": options, "labels": labels, "missing": missing,
        "origin": origin, "_read": [],
    }  # fmt: skip
    object.__setattr__(survey, "_known", {})
    for name, value in {**parts, "roles": sources[0].roles}.items():
        object.__setattr__(survey, name, ReadOnly.of(value) if isinstance(value, dict) else value)


def _without_domain(survey: Survey) -> Survey:
    return made(**{name: getattr(survey, name) for name in _PARTS} | {"domain": None})


_PARTS = ("frames", "weight", "unit", "design", "waves", "domain", "labels", "roles", "missing", "origin")
"""What a survey in memory is made of."""
