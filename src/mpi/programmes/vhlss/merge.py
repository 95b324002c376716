"""Sheets put together: one table of households, one of members, every row that does not fit told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from mpi.frames.missing_codes import WHY
from mpi.programmes.vhlss.answers import combined, harmonised, scaled, unlisted
from mpi.programmes.vhlss.keys import ea_of, numbers
from mpi.programmes.vhlss.sheets import places_of, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from mpi.frames.missing_codes import Codes as NoAnswers
    from mpi.programmes.vhlss.find import FoundFiles
    from mpi.programmes.vhlss.layout import Level, Name
    from mpi.programmes.vhlss.sheets import ModuleSheet

    Values = NDArray[np.float64]
    Codes = NDArray[np.int64]

__all__ = ["Merged", "merge"]

_OF_DESIGN = ("weight", "weight_expenditure", "size", "area")
"""The names that codes for all names leave alone."""


@dataclass(slots=True, eq=False)
class Merged:
    """Households and members, with their harmonised columns.

    Attributes
    ----------
    households : ndarray of int64
        The households.
    members : ndarray of int64 or None
        The position among `households` of each member's household; None where the round has no member file.
    number : ndarray of int64 or None
        The number of each member.
    household_columns, member_columns : dict of str to ndarray
        The harmonised columns.
    labels : dict of str to mapping
        Value labels of columns whose codes are those of the file.
    findings : list of str
        What does not fit, told.
    """

    households: Codes
    members: Codes | None = None
    number: Codes | None = None
    household_columns: dict[str, Values] = field(default_factory=dict)
    member_columns: dict[str, Values] = field(default_factory=dict)
    labels: dict[str, Mapping[object, str]] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)


def merge(found: FoundFiles, sheets: Mapping[str, ModuleSheet]) -> Merged:
    """Put the sheets together on the households of `households` and the members of `members`."""
    merged = Merged(sheets["households"].rows)
    if "members" in sheets:
        _add_members(merged, sheets["members"])
    _tell_copies(merged, sheets)
    _check_modules(merged, sheets)
    names = sorted(found.variables, key=lambda name: found.layout.names[name].per_person)
    for name in names:
        codes = found.layout.missing.of(name, _OF_DESIGN)
        _add_column(merged, found.layout.names[name], found.variables[name], sheets, codes)
    return merged


def _add_members(merged: Merged, sheet: ModuleSheet) -> None:
    """Take the members that have a household; tell of those that have none, and of households without members."""
    where = places_of(sheet.rows, merged.households)
    lost = where < 0
    if lost.any():
        merged.findings.append(
            f"{int(lost.sum()):,} members of {len(np.unique(sheet.rows[lost])):,} households in {sheet.file} have no "
            f"household ({shown(sheet.rows[lost])}); they are left out"
        )
    empty = np.setdiff1d(merged.households, sheet.rows)
    if len(empty):
        merged.findings.append(
            f"{len(empty):,} households have no member in {sheet.file} ({shown(empty)}); they are left out"
        )
    assert sheet.number is not None  # noqa: S101  # sheets of members are numbered
    merged.members, merged.number = where[~lost], sheet.number[~lost]


def _tell_copies(merged: Merged, sheets: Mapping[str, ModuleSheet]) -> None:
    """Tell of rows that say again what another row says: each is read once."""
    for sheet in sheets.values():
        if n := len(sheet.copies):
            what = "1 row that is an exact copy" if n == 1 else f"{n:,} rows that are exact copies"
            merged.findings.append(f"{sheet.file} has {what} of another ({shown(sheet.copies)}); each is read once")


def _check_modules(merged: Merged, sheets: Mapping[str, ModuleSheet]) -> None:
    """Tell of modules that hold rows of unknown households, or lack known ones."""
    areas = ea_of(merged.households)
    for key, sheet in sheets.items():
        if key in {"households", "members"}:
            continue
        known, unit = (areas, "enumeration areas") if sheet.level == "ea" else (merged.households, "households")
        level: Level = "ea" if sheet.level == "ea" else "household"
        strange, lacking = np.setdiff1d(sheet.rows, known), np.setdiff1d(known, sheet.rows)
        if len(strange):
            merged.findings.append(f"{sheet.file} has {len(strange):,} unknown {unit} ({shown(strange, level)})")
        if len(lacking) and sheet.level != "item":
            merged.findings.append(f"{sheet.file} lacks {len(lacking):,} {unit} ({shown(lacking, level)})")


def _add_column(
    merged: Merged,
    mapping: Name,
    held: tuple[tuple[str, str], ...],
    sheets: Mapping[str, ModuleSheet],
    missing: NoAnswers,
) -> None:
    """Read one harmonised column, at the level of its file."""
    of_members = any(sheets[file].level == "member" for file, _ in held)
    if of_members and merged.members is None:
        return
    both = [_part(merged, mapping, sheets[file], column, missing, of_members=of_members) for file, column in held]
    parts, codes = [values for values, _ in both], np.vstack([said for _, said in both])
    values = parts[0] if mapping.combine == "first" else combined(parts, mapping)
    none = ~np.isnan(codes)
    if mapping.combine == "sum":
        values = np.where(none.any(axis=0), np.nan, values)  # part of a sum is not the sum
    size = _size(merged) if mapping.per_person else None
    columns = merged.member_columns if of_members else merged.household_columns
    columns[mapping.name] = scaled(values, mapping, size)
    if none.any():
        first = codes[none.argmax(axis=0), np.arange(codes.shape[1])]
        columns[f"{WHY}{mapping.name}"] = np.where(np.isnan(columns[mapping.name]), first, np.nan)
    if len(held) == 1 and not mapping.recode and not mapping.items:
        file, column = held[0]
        if column in sheets[file].labels:
            merged.labels[mapping.name] = sheets[file].labels[column]


def _size(merged: Merged) -> Values:
    """Return the members of each household: as the file says, else counted."""
    if "size" in merged.household_columns:
        return merged.household_columns["size"]
    counts = np.bincount(merged.members, minlength=len(merged.households)) if merged.members is not None else 0
    return np.broadcast_to(np.asarray(counts, dtype=np.float64), merged.households.shape)


def _part(
    merged: Merged, mapping: Name, sheet: ModuleSheet, column: str, missing: NoAnswers, *, of_members: bool
) -> tuple[Values, Values]:
    """Read one variable, on the rows of the members or households; and which codes that are no answer they hold."""
    values, strange = numbers(sheet.frame[column])
    if strange:
        merged.findings.append(f"{sheet.file}: {strange:,} answers of {column!r} are not numbers; they are missing")
    if sheet.level == "item":
        owned = _owned(merged, mapping, sheet, values)
        return owned, np.full(len(owned), np.nan)
    if odd := unlisted(values[~missing.among(values)], mapping):
        told = ", ".join(f"{v:g} ({n:,} times)" for v, n in list(odd.items())[:5])
        merged.findings.append(
            f"{sheet.file}: answers of {column!r} that {mapping.name!r} does not know: {told}; missing"
        )
    where = _rows_of(merged, sheet, of_members=of_members)
    asked = where >= 0
    taken = np.where(asked, values[where] if len(values) else np.nan, np.nan)
    none = missing.among(taken)
    return np.where(none, np.nan, harmonised(taken, asked, mapping)), np.where(none, taken, np.nan)


def _rows_of(merged: Merged, sheet: ModuleSheet, *, of_members: bool) -> Codes:
    """Return the sheet's row for each member, or household; -1 where it has none."""
    if sheet.level == "member" and merged.members is not None and merged.number is not None:
        return places_of(merged.households[merged.members] * 100 + merged.number, sheet.ids)
    wanted = ea_of(merged.households) if sheet.level == "ea" else merged.households
    where = places_of(wanted, sheet.rows)
    return where[merged.members] if of_members and merged.members is not None else where


def _owned(merged: Merged, mapping: Name, sheet: ModuleSheet, count: Values) -> Values:
    """Return 1 for households that own one of the things, 0 for the others: a list holds only what is owned."""
    number = np.zeros(0) if sheet.number is None else sheet.number
    owned = np.isin(number, mapping.items) & ((count > 0) | np.isnan(count))
    return np.isin(merged.households, sheet.rows[owned]).astype(np.float64)
