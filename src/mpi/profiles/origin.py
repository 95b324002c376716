"""Provenance of a profile, collected when it is made: weights, indicators and their rules, codes, files."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from mpi.frames.aggregation import CASES, WEIGHT
from mpi.frames.files import files_behind, names_of, print_of, rows_behind, rows_of_parquet
from mpi.frames.missing_codes import EVERY, written_codes
from mpi.survey.origin import ProfileContents, ProfilePart

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mpi.measures.measure import Measure
    from mpi.survey.memory import MemoryRows
    from mpi.survey.out_of_core import EngineRows

__all__ = ["describe", "library"]


def describe(rows: EngineRows, small: MemoryRows, measure: Measure, groups: Sequence[str]) -> ProfileContents:
    """Return what a profile is made of.

    Parameters
    ----------
    rows : EngineRows
        What was condensed: microdata, or a profile, of which the files are those it was made of itself.
    small : MemoryRows
        The profile.
    measure : Measure
        The measure it was made for.
    groups : sequence of str
        The columns to disaggregate by.
    """
    known, rules = rows.origin.made, rows.origin.rules
    by = tuple(dict.fromkeys(groups))
    total = float(small.numbers(WEIGHT).sum())
    if known is not None:
        indicators = {c: known.indicators.get(c, {}) for c in measure.columns}
        fewer = replace(known, measure=measure.name, policy=measure.missing, indicators=indicators, by=by, gaps={})
        return replace(fewer, total=total)
    return ProfileContents(
        weight=rows.roles.get("weight"),
        total=total,
        unit="household" if rows.roles.keys() & {"size", "households"} else "person",
        measure=measure.name,
        policy=measure.missing,
        indicators={c: dict(rules.get(c, {})) for c in measure.columns},
        by=by,
        codes=_codes(rows, [*measure.columns, *by, *rows.roles.values()]),
        parts=_parts(rows, int(small.numbers(CASES).sum())),
        library=library(),
    )


def library() -> str:
    """Return the version of this library."""
    try:
        return version("mpi-poverty")
    except PackageNotFoundError:
        return "unknown"


def _codes(rows: EngineRows, columns: Sequence[str]) -> dict[str, list[object]]:
    """Return what was declared to be no answer in some columns, and in those that rules made them of."""
    declared = rows.missing
    used = dict.fromkeys([*columns, *(c for name in columns for c in declared.inputs.get(name, ()))])
    found = {c: written_codes(declared.columns[c]) for c in used if declared.columns.get(c)}
    return {**found, **({EVERY: written_codes(declared.everywhere)} if declared.everywhere else {})}


def _parts(rows: EngineRows, number: int) -> tuple[ProfilePart, ...]:
    """Return the files that the rows come from; none of a frame in memory.

    A frame may hold fewer rows than its files, where it was filtered: then none of them is known to be whole.
    """
    read = tuple(f for f in rows.origin.files if Path(f).is_file())
    files = read or tuple(dict.fromkeys(f for s in rows.sources for f in files_behind(s.rows)))
    if not files:
        return ()
    counts = [rows_of_parquet(f) for f in files]
    every = [n for n in counts if n is not None]
    known = sum(every) if len(every) == len(files) else rows_behind(rows.sources[0].rows)
    whole = known == number or bool(read)
    if counts == [None]:
        counts = [number if whole else known]
    named: Mapping[str, int | None] = dict(zip(files, counts, strict=True))
    return tuple(
        ProfilePart(name, n, print_of(path), whole)
        for name, (path, n) in zip(names_of(files), named.items(), strict=True)
    )
