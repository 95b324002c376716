"""Checks of the command line before long work starts, and the full list of problems for `mpi check`."""

from __future__ import annotations

import os
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mpi.cli.show import status
from mpi.core.atomic import located
from mpi.core.errors import MpiError, Problems, RequestError, unknown
from mpi.frames.missing_codes import read_missing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mpi.cli.source import DataSource
    from mpi.measures.measure import Measure
    from mpi.survey.survey import Survey

__all__ = ["bad_outputs", "check_outputs", "check_request", "check_where", "checked_survey"]

_COLUMNS = ("weight", "strata", "psu", "household", "size", "members", "fpc", "wave")
_WRITERS = {"parquet": ("pyarrow", "engines")}


def check_request(
    plan: Measure, cutoffs: Sequence[str], statistics: Sequence[str], level: float, outs: Sequence[str]
) -> None:
    """Tell what cannot be done before the long work starts."""
    from mpi.results.names import STATISTICS

    problems = Problems("this cannot be done", RequestError)
    for k in cutoffs:
        try:
            plan.with_cutoff(k)
        except MpiError as error:
            problems.add(f"--cutoff: {error.problems[0].removeprefix('cutoff: ')}")
    for s in statistics:
        if s not in STATISTICS:
            problems.add(f"--statistic: {unknown('statistic', s, STATISTICS, show=len(STATISTICS))}")
    if not 0 < level < 1:
        problems.add(f"--level: {level:g} is not between 0 and 1; 95 per cent is 0.95")
    problems.found += bad_outputs(outs)
    problems.raise_if_any()


def check_where(where: str | None) -> None:
    """Tell that a condition is a column here."""
    from mpi.survey.conditions import refuse_formula

    try:
        refuse_formula(where or "", [])
    except MpiError:
        raise RequestError(
            f"--where: {where!r} is a condition, and the name of a column is needed that is 1 in the rows to count and "
            "0 in others; add such a column to the file, or write the condition in Python"
        ) from None


def check_outputs(outs: Sequence[str]) -> None:
    """Tell what cannot be written before the long work starts."""
    problems = Problems("this cannot be done", RequestError)
    problems.found += bad_outputs(outs)
    problems.raise_if_any()


def bad_outputs(outs: Sequence[str]) -> list[str]:
    """Return what is wrong with the files to be written."""
    found = []
    for path, times in Counter(outs).items():
        found += [f"--out: {p}" for p in _unwritable(located(path))]
        if times > 1:
            found.append(f"--out: {path} is named {times} times")
    return found


def _unwritable(path: Path) -> Iterator[str]:
    """Say why a file could not be written."""
    from mpi.tables.files import kind_of

    try:
        library, extra = _WRITERS.get(kind_of(path), ("", ""))
    except MpiError as error:
        yield str(error)
    else:
        if library and not find_spec(library):
            yield f"{path.name} needs the library {library}: pip install {library} (or 'mpi-poverty[{extra}]')"
    folder = path.parent
    if path.is_dir():
        yield f"{path} is a folder"
    elif not folder.is_dir():
        yield f"{path}: there is no folder {str(folder)!r}; make it first"
    elif not os.access(folder, os.W_OK):
        yield f"{path}: the folder {str(folder)!r} may not be written to; choose another"


def checked_survey(source: DataSource, plan: Measure | None) -> Survey:
    """Read a file for `check`; tell the problems of the design and of the indicators together."""
    from mpi.readers import column_names, read_table
    from mpi.readers.large.scan import is_several
    from mpi.survey.survey import Survey

    file, design = source.file, dict(source.reading)
    if is_several(file) or source.memory is not None:
        return _checked_where_they_lie(source, plan)
    problems = Problems(f"{file} cannot be used", RequestError)
    opened = {k: design.pop(k, None) for k in ("encoding", "sheet")}
    known = column_names(file, **opened)
    roles = [c for k, v in design.items() if k in _COLUMNS for c in ([v] if isinstance(v, str) else v)]
    wanted = list(dict.fromkeys([*roles, *(plan.columns if plan else ()), *source.columns_of_margins()]))
    absent = [c for c in wanted if c not in known]
    problems.found += _without_repeating([unknown("column", c, known) for c in absent])
    there = [c for c in wanted if c in known]
    with status(f"Reading {Path(file).name}"):
        table = read_table(file, None if not wanted else there or known[:1], **opened)
    declared = read_missing(design.get("missing"))
    if wanted:
        declared = declared.without_columns([c for c in known if c not in wanted])
    given: dict[str, Any] = {"labels": table.labels, "missing": declared}
    sound = {k: v for k, v in design.items() if not set(roles) & set(absent) or (k == "weight" and v in known)}
    bare = survey = Survey(table.frame)
    try:
        bare = Survey(table.frame, **given)
        survey = Survey(table.frame, **sound | given)
    except MpiError as error:
        problems.found += error.problems
    if plan is not None:
        problems.found += _bad_indicators(bare, plan, absent)
    problems.raise_if_any()
    return source.weighted(survey)


def _checked_where_they_lie(source: DataSource, plan: Measure | None) -> Survey:
    """Let the engine look through files that are left where they lie; what is wrong it tells with counts."""
    from mpi.survey.read import read_survey
    from mpi.survey.survey import of_rows

    flags = plan.columns if plan else ()
    wanted = [*flags, *source.columns_of_margins()]
    with status(f"Reading {Path(source.file).name}"):
        survey = read_survey(
            source.file, columns=wanted or None, memory=source.memory, progress=False, **source.reading
        )
    survey = source.weighted(survey)
    return of_rows(survey.rows.condensed(flags))


def _without_repeating(problems: Sequence[str]) -> list[str]:
    """Leave the list of known columns with the first problem only."""
    return [p if i == 0 else p.split(" Known:")[0] for i, p in enumerate(problems)]


def _bad_indicators(survey: Survey, plan: Measure, absent: Sequence[str]) -> list[str]:
    """Return the problems of a measure's indicators, those apart that the file lacks."""
    from mpi.estimation.patterns import profile
    from mpi.estimation.rows import rows_of

    lacking = [i.name for i in plan.indicators if i.column in absent]
    if len(lacking) == len(plan.indicators):
        return []
    try:
        profile(survey, plan.drop(*lacking), rows_of(survey, "person"))
    except MpiError as error:
        return list(error.problems)
    return []
