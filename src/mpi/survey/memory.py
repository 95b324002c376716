"""Rows in memory: their columns, and the weight, PSU and round of each."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from mpi.core.cache import Cache
from mpi.core.readonly import seal
from mpi.frames.alike import tell_groups
from mpi.frames.arrays import as_frame, owned
from mpi.frames.missing_codes import read_missing
from mpi.frames.own_columns import EVERYBODY, MEMBER, membership
from mpi.frames.recode import grouped
from mpi.frames.round_values import tell_of_codes
from mpi.frames.without_codes import is_text, without_codes
from mpi.survey.code_counts import code_counts, level_counts, reason_counts
from mpi.survey.columns import Columns
from mpi.survey.conditions import truth, values_of
from mpi.survey.origin import Origin
from mpi.survey.sample import read_sample

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mpi.frames.aggregation import Cross, Pair
    from mpi.frames.arrays import Categories
    from mpi.frames.missing_codes import Declared, MissingCodes
    from mpi.frames.recode import Grouped
    from mpi.inference.design import PsuDesign
    from mpi.measures.words import Unit
    from mpi.survey.design import Design
    from mpi.survey.words import Column, Labels, Where

__all__ = ["MemoryRows", "memory_rows"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MemoryRows:
    """The rows of a survey in memory; see `SurveyRows` for what is asked of them.

    Attributes
    ----------
    data : Columns
        The columns, by name.
    weight : ndarray of float, shape (rows,)
        The sampling weight of each row.
    unit : ndarray of int32, shape (rows,)
        The sampled unit (PSU of a round) of each row.
    design : PsuDesign
        The units and strata.
    waves : tuple
        The rounds; empty where there is one that has no name.
    roles : mapping of role to column
        Which column plays which role in the design.
    domain : ndarray of bool or None, shape (rows,)
        The rows of the domain; None where all are.
    origin : Origin
        Where the rows and columns come from.
    weighting : tuple of str
        What was done to the weights, in words.
    cache : Cache
        What follows from all of this, and from nothing else; see `mpi.estimation.rows`.
    """

    data: Columns
    weight: NDArray[np.float64]
    unit: NDArray[np.int32]
    design: PsuDesign
    waves: tuple[Any, ...]
    roles: Mapping[str, str]
    domain: NDArray[np.bool_] | None = None
    origin: Origin = field(default_factory=Origin)
    weighting: tuple[str, ...] = ()
    cache: Cache = field(default_factory=Cache, init=False)

    def __post_init__(self) -> None:
        """Let nobody write into it."""
        seal(self)

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.unit)

    def describe(self) -> str:
        """Say in one line: rows, PSUs, strata, degrees of freedom, and whether there are no weights."""
        return self.cache.get("described", self._described)

    def _described(self) -> str:
        d = self.design.drawn
        rounds = f" in {len(self.waves)} round{'s' * (len(self.waves) > 1)}" if self.waves else ""
        cases = self.cases
        inside = f", {int(cases[self.domain].sum()):,} in the domain" if self.domain is not None else ""
        inside += f", {int(self.members.sum()):,} of members" if self.members is not None else ""
        df = d.df(range(d.waves))
        profiles = f"{len(self):,} profiles of " if "cases" in self.roles else ""
        rows = f"{profiles}{int(cases.sum()):,} rows"
        bare = "" if self.roles.get("weight") else ", unweighted"
        bare += "".join(f", {said}" for said in self.weighting)
        if self.roles.get("psu") == EVERYBODY:
            return f"{rows}{inside}{rounds}, a census{bare if self.weighting else ''}"
        strata = f"{d.strata:,} {'stratum' if d.strata == 1 else 'strata'}"
        return f"{rows}{inside}{rounds}, {d.units:,} PSUs in {strata}, df {df:,.0f}{bare}"

    # --- what is known of them ----------------------------------------------------------------------------------------

    @property
    def in_memory(self) -> bool:
        """They are."""
        return True

    @property
    def frames(self) -> tuple[nw.DataFrame[Any], ...]:
        """The frames, one for each round that was read by itself."""
        return self.data.frames

    @property
    def labels(self) -> Labels:
        """The labels of values, by column."""
        return self.data.labels

    @property
    def missing(self) -> MissingCodes:
        """The codes that were declared to be no answer."""
        return self.data.missing

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self.data.names

    @property
    def members(self) -> NDArray[np.bool_] | None:
        """The mask of rows that are members of their household; None where all are."""
        return self.data.numbers(MEMBER) == 1 if "members" in self.roles else None

    @property
    def counting(self) -> NDArray[np.bool_] | None:
        """The mask of rows that count: members of their household in the domain; None where all do."""
        who = self.members
        return self.domain if who is None else who if self.domain is None else who & self.domain

    @property
    def cases(self) -> NDArray[Any]:
        """The number of rows of the microdata behind each row."""
        return self.data.numbers(self.roles["cases"]) if "cases" in self.roles else np.ones(len(self))

    @property
    def has_rounds(self) -> bool:
        """Return whether there are several rounds."""
        return bool(self.waves)

    @property
    def has_domain(self) -> bool:
        """Return whether a domain was chosen."""
        return self.domain is not None

    @property
    def single_rules(self) -> tuple[str, str]:
        """The rules for strata with one PSU, in the whole and in a group."""
        return self.design.single_psu, self.design.single_in_group

    def wave_of_rows(self) -> NDArray[np.int32]:
        """Return the position of each row's round among `waves`."""
        return self.design.wave[self.design.stratum[self.unit]]

    # --- their columns ------------------------------------------------------------------------------------------------

    def check_columns(self, names: Sequence[str]) -> None:
        """Raise for every name that is not a column, with the nearest one."""
        self.data.check(names)

    def numbers(self, name: str) -> NDArray[Any]:
        """Return a column as numbers, NaN where missing; see `Survey.numbers`."""
        return self.data.numbers(name)

    def categories(self, name: str) -> Categories:
        """Return a column as groups, and tell those written alike; see `Survey.categories`."""
        found = self._groups(name)
        if name not in self.roles.values():  # of which it was told when the survey was made
            tell_groups(name, found)
        return found

    def _groups(self, name: str) -> Categories:
        """Return a column as groups; tell codes that look as if they were given anew in another round."""
        found = self.data.categories(name)
        if len(self.waves) > 1 and name not in self.roles.values() and not self.data.one_way(name):
            there = np.zeros((len(self.waves), len(found.levels)), dtype=bool)
            who = slice(None) if self.counting is None else self.counting
            there[self.wave_of_rows()[who], found.index[who]] = True
            tell_of_codes(name, found.levels, found.names, there, self.waves)
        return found

    def declared(self, name: str, *, labels: bool = False) -> tuple[Any, ...]:
        """Return the values that a column can have; see `Survey.declared`."""
        return self.data.declared(name, labels=labels)

    def unique(self, name: str) -> list[Any]:
        """Return the values that occur in a column; none where it is absent."""
        return self.data.unique(name)

    def text_counts(self, names: Sequence[str]) -> dict[str, dict[Any, int]]:
        """Return the values of those columns that hold text, each with its rows that count."""
        schema, counted = self.frames[0].schema, self._counted
        return {n: level_counts(self.categories(n), counted) for n in names if is_text(schema[n])}

    def code_counts(self, found: Mapping[str, Mapping[Any, str]]) -> dict[tuple[str, Any], int]:
        """Return the rows that count and hold each of some codes."""
        return code_counts(self.data, self._counted, found)

    def reason_counts(self, column: str, indicator: str) -> dict[Any, tuple[int, int]]:
        """Return the rows that count of each code by which answers are missing, and those without the indicator."""
        return reason_counts(self.data, self._counted, column, indicator)

    @property
    def _counted(self) -> NDArray[Any]:
        return self.cases if self.counting is None else self.cases * self.counting

    # --- other rows made of them --------------------------------------------------------------------------------------

    def where(self, condition: Where) -> MemoryRows:
        """Keep the rows that meet a condition as the domain; see `Survey.where`."""
        mask = truth(values_of(self.data, condition))
        return replace(self, domain=mask if self.domain is None else mask & self.domain)

    def with_groups(
        self, name: str, column: str, groups: Mapping[Any, str] | Grouped, *, rest: str | None = None
    ) -> MemoryRows:
        """Add a column that puts the values of another into groups; see `Survey.with_groups`."""
        self.data.check_new(name)
        known = self._groups(column)
        return self.over(self.data.with_texts(name, grouped(known, groups, rest, column), known.index))

    def with_column(self, name: str, values: Column) -> MemoryRows:
        """Add a column of numbers; see `Survey.with_column`."""
        self.data.check_new(name)
        return self.over(self.data.with_values(name, values_of(self.data, values, "the column")))

    def over(self, frames: Sequence[nw.DataFrame[Any]], **changed: Any) -> MemoryRows:
        """Return the same over other frames of the same rows, with other `labels` or `missing` where they are given."""
        return replace(self, data=replace(self.data, frames=tuple(frames), **changed))

    def with_cases(self, cases: str, *, weighted: bool = True, households: bool = False) -> MemoryRows:
        """Return rows with a column of the number of rows of the microdata, or households, that each stands for."""
        roles = {r: c for r, c in self.roles.items() if weighted or r != "weight"}
        return replace(self, roles=roles | {"cases": cases, **({"households": cases} if households else {})})

    def collect(self, columns: Sequence[str] | None = None) -> MemoryRows:  # noqa: ARG002  # all are here
        """Return them as they are."""
        return self

    def condensed(
        self,
        flags: Sequence[str] = (),  # noqa: ARG002  # an engine needs them
        groups: Sequence[str] = (),  # noqa: ARG002  # likewise
        pairs: Sequence[Pair] = (),  # noqa: ARG002  # likewise
        *,
        unit: Unit = "person",  # noqa: ARG002  # likewise
    ) -> MemoryRows:
        """Return them as they are."""
        return self

    def condensed_apart(
        self,
        flags: Sequence[str],  # noqa: ARG002  # an engine needs them
        by: Sequence[Cross],
        pairs: Sequence[Pair] = (),  # noqa: ARG002  # likewise
        *,
        unit: Unit = "person",  # noqa: ARG002  # likewise
    ) -> list[tuple[MemoryRows, list[Cross]]]:
        """Return them as they are."""
        return [(self, list(by))]


def memory_rows(frame: object, design: Design, labels: Labels | None = None, missing: Declared = None) -> MemoryRows:
    """Read the design of a frame in memory.

    Parameters
    ----------
    frame : data frame
        What Narwhals knows as one; it is not changed, nor do later changes of it reach the rows.
    design : Design
        Which columns hold the design.
    labels, missing : optional
        See `Survey`.

    Raises
    ------
    MpiError
        With every problem of the file at once; see `Survey`.
    """
    declared = read_missing(missing)
    data = design.prepared(without_codes(owned(as_frame(frame)), declared, labels or {}, design.columns))
    sample = read_sample(data, design)
    rows = MemoryRows(
        Columns((data,), labels or {}, declared), sample.weight, sample.unit, sample.design, sample.waves, design.roles
    )
    if design.members is None:
        return rows
    who = membership(values_of(rows.data, design.members))
    column = nw.new_series(MEMBER, who.astype(np.int8), backend=data.implementation)
    return replace(rows.over([data.with_columns(column)]), roles={**rows.roles, "members": MEMBER})
