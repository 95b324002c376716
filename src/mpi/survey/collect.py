"""Rows of one frame brought from an engine to memory, condensed or collected."""

from __future__ import annotations

import functools
import operator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from mpi.core.errors import DataError, RequestError, warn
from mpi.frames.aggregate import condense, with_conditions
from mpi.frames.aggregation import CASES, INSIDE, UNTRUE, WEIGHT, Aggregation
from mpi.frames.missing_codes import WHY
from mpi.frames.own_columns import EVERYBODY, HOME
from mpi.frames.progress import worked
from mpi.survey.design import Design
from mpi.survey.household_words import ONE_ROW_EACH, no_rosters, not_interviewed
from mpi.survey.households import household_rows, one_row_each
from mpi.survey.memory import MemoryRows, memory_rows
from mpi.survey.source import Source, counted_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mpi.measures.words import Unit

__all__ = ["by_household", "collected_rows", "needs_rows", "profiles_of"]

_DESIGN = ("wave", "strata", "psu", "size", "fpc")
_CELLS, _UNITS = 250_000_000, 5_000_000


def needs_rows(source: Source, unit: Unit) -> bool:
    """Tell whether the rows cannot be summed, because each is a PSU; refuse households that would count as persons."""
    if "psu" not in source.roles or "fpc2" in source.roles or (unit == "household" and "members" in source.roles):
        return True
    if "size" in source.roles or unit == "household":
        return False
    if "households" in source.roles:
        raise DataError(ONE_ROW_EACH)
    if "household" not in source.roles:
        return False
    if source.single.get(lambda: one_row_each(source.rows, source.roles)):
        raise DataError(ONE_ROW_EACH)
    return False


def by_household(source: Source, columns: Sequence[str]) -> Source:
    """Return the households of a frame of members, as rows of their own."""
    frame, conditions = with_conditions(source.frame, source.conditions)
    homes, absent = household_rows(frame, source.roles, columns, conditions)
    _warn(absent)
    roles = {"households" if r == "household" else r: c for r, c in source.roles.items()}
    return Source(homes, roles, tuple(nw.col(c) for c in conditions), levels=source.levels)


def profiles_of(source: Source, aggregation: Aggregation, options: Mapping[str, Any], labels: Any) -> list[MemoryRows]:
    """Condense one frame: to one table, or to one for each of the groups that may be kept apart."""
    frame, conditions = with_conditions(source.frame, counted_rows(source))
    census = source.roles.get("psu") == EVERYBODY  # whose unit is no key: it is the same for all
    drawn = ("wave", "size") if census else _DESIGN
    design: dict[str, Any] = {r: source.roles[r] for r in drawn if r in source.roles}
    wanted = replace(aggregation, design=design, weight=source.roles.get("weight"), conditions=tuple(conditions))
    wanted = replace(wanted, cases=source.roles.get("cases"), levels=source.levels)
    tables, absent = condense(frame, wanted)
    _warn(absent)
    cases, weight = (wanted.called[name] for name in (CASES, WEIGHT))
    _look_for_members(tables[0], source.roles, weight, cases)
    made = []
    while tables:
        small = memory_rows(tables.pop(0), Design(weight=weight, census=census, **design, **options), labels)
        households = "households" in source.roles
        small = small.with_cases(cases, weighted="weight" in source.roles, households=households)
        made.append(small.where(INSIDE) if conditions else small)
    return made


def _look_for_members(table: Any, roles: Mapping[str, str], weights: str, cases: str) -> None:
    """Tell households that were not interviewed, and rows that look like members where households are counted."""
    if "size" not in roles:
        return
    size, weight, rows = (table[c].to_numpy(dtype=float) for c in (roles["size"], weights, cases))
    known = (size > 0) & (weight > 0)
    not_interviewed(int(rows[~(size > 0)].sum()), roles["size"])
    if not roles.keys() & {"household", "households"}:
        keys = [roles[r] for r in ("wave", "strata", "psu") if r in roles and roles[r] in table]
        within = table.groupby(keys, sort=False).ngroup().to_numpy() if keys else 0 * size
        no_rosters(roles["size"], within[known], size[known], rows[known].astype(int))


def collected_rows(
    source: Source, columns: Sequence[str] | None, options: Mapping[str, Any], labels: Any
) -> MemoryRows:
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
    here = memory_rows(found.drop(*conditions).to_native(), Design(**roles, **options), labels)
    here = here if cases is None else here.with_cases(cases)
    return here.where(INSIDE) if conditions else here


def _domain(conditions: Sequence[str]) -> list[nw.Expr]:
    """Return the column that tells the rows of the domain, where there is one."""
    if not conditions:
        return []
    met = functools.reduce(operator.and_, [(nw.col(c) == 1).fill_null(value=False) for c in conditions])
    return [nw.when(met).then(nw.lit(1)).otherwise(nw.lit(0)).alias(INSIDE)]


def _check_truth(frame: nw.DataFrame[Any], conditions: Sequence[str]) -> None:
    """Raise RequestError where a condition gives something other than true, false or missing."""
    for c in conditions:
        known = frame[c].drop_nulls()
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
