"""Microdata of any size condensed to a survey that is smaller, and says the same of a measure."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mpi.core.arguments import defaults, kinds_checked
from mpi.core.errors import Problems, RequestError, unknown
from mpi.estimation.gaps import read_gaps
from mpi.estimation.request import check_measure, columns_of, crosses
from mpi.frames.aggregation import CASES, MOST, WEIGHT, By
from mpi.frames.lazy import lazy_with_levels
from mpi.frames.missing_codes import read_missing
from mpi.frames.progress import staged
from mpi.profiles.gaps import condensed_with_gaps
from mpi.profiles.origin import describe
from mpi.profiles.parts import Contents, labels_of
from mpi.readers.large.scan import columns_of as columns_of_files
from mpi.readers.large.scan import scanned
from mpi.survey.design import DesignKeywords, design_keywords, design_of
from mpi.survey.left_to_engine import left_to_engine
from mpi.survey.origin import Origin
from mpi.survey.out_of_core import engine_rows
from mpi.survey.survey import Survey, of_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Unpack

    from mpi.estimation.gaps import Gap
    from mpi.frames.missing_codes import Declared, MissingCodes
    from mpi.measures.measure import Measure
    from mpi.survey.design import Design
    from mpi.survey.out_of_core import EngineRows
    from mpi.survey.words import Labels

__all__ = ["profile", "survey_of"]


class ProfileKeywords(DesignKeywords, total=False):
    """The fields of `Design` as keyword arguments, and options for reading files."""

    memory: str | None
    encoding: str | None


defaults(ProfileKeywords, memory=None, encoding=None)


@kinds_checked
@staged("sorting and checking")
@design_keywords
def profile(
    data: Any,
    measure: Measure,
    by: Sequence[By] = (),
    *,
    design: Design | None = None,
    labels: Labels | None = None,
    missing: Declared = None,
    gaps: Mapping[str, Gap] | None = None,
    most: int = MOST,
    **keywords: Unpack[ProfileKeywords],
) -> Survey:
    """Condense microdata to what a measure needs of them; the result is a survey like any other, only smaller.

    Parameters
    ----------
    data : Survey or frame
        A survey, which brings its design along. Or a frame with one row per person (or household, with `size`):
        pandas, Polars (lazy too), PyArrow, a DuckDB relation, or any other frame that Narwhals knows (PySpark, Dask,
        Ibis). A lazy one is not read into memory: its engine does one group-by. Or files, ``"census/*.parquet"``: see
        `scan`. Of these only the columns that are needed are read, and need be alike.
    measure : Measure
        Whose indicators to keep. Any cutoff, weights, and policy for missing answers can be asked for afterwards, and
        any measure of the same columns.
    by : sequence of str or tuple of str
        The columns to disaggregate by later, alone or in any cross; each makes the profile larger. Where all crossed do
        not fit into memory, `estimate` of the microdata is the way: it collects what is asked for.
    design : Design, optional
        The columns of the design. Without `psu` the data are a census or a register: everybody is there, and nothing
        has a sampling error.
    labels, missing : optional
        Value labels, and codes that are no answer; see `Survey`.
    gaps : mapping of indicator to column, (column, cutoff) or None, optional
        Gaps whose sums the profile is to carry, for `estimate_cardinal` with the same gaps.
    most : int
        The most rows the profile may have. The engine counts them before any is collected; where they are more, or need
        more memory than machine, container and ``ulimit`` leave, the message says how many, what makes them so many,
        and what is smaller.

    memory, encoding : str, optional
        Of files: how much memory DuckDB may use while it reads and groups, and the encoding of their text; see `scan`.
    **keywords
        The design in short, ``weight="w", psu="commune"``: whatever `Design` takes, and `design` does not say.

    Returns
    -------
    Survey
        With a row for each combination that occurs of round, stratum, PSU, columns of `by` and pattern: weights are
        summed, and ``cases`` counts the rows. `mpi.estimate` gives the same figures from it as from the microdata.

    Raises
    ------
    MpiError
        With every problem at once: absent columns (the nearest is offered), indicators that are not 0, 1 or missing,
        weights that are missing or negative, a profile that would be too large.

    Examples
    --------
    >>> import pandas as pd, mpi
    >>> people = pd.DataFrame({"a": [1, 0, 1, 1], "b": [0, 0, 0, None], "psu": [1, 1, 2, 2], "w": [1.0, 2.0, 1.0, 3.0]})
    >>> measure = mpi.Measure.nested("m", {"x": ["a"], "y": ["b"]}, cutoff="1/2")
    >>> small = mpi.profile(people, measure, weight="w", psu="psu")
    >>> small
    <Survey: 4 profiles of 4 rows, 2 PSUs in 1 stratum, df 1>
    >>> mpi.estimate(small, measure, statistics=["H"]).value.tolist()
    [0.5]
    """
    check_measure(measure)
    problems = Problems("the profile cannot be made", RequestError)
    groups = columns_of(crosses(by, problems))
    plain: dict[str, Any] = {**keywords}
    memory, encoding = plain.pop("memory", None), plain.pop("encoding", None)
    said = design_of(design, plain, "profile")
    known = {} if gaps is None else read_gaps(measure, gaps, problems)
    needed = [*measure.columns, *dict.fromkeys(g.column for g in known.values())]
    files = isinstance(data, (str, os.PathLike, list, tuple))
    of_files = {"memory": memory, "encoding": encoding}
    problems.found += [
        f"{k}: it is said of files; {_NO_FILES}" for k, v in of_files.items() if v is not None and not files
    ]
    if files:
        problems.raise_if_any()
        asked = [*said.columns, *groups, *needed]
        data, labels, missing = _scanned(data, asked, labels, missing, memory, encoding)
    if isinstance(data, Survey):
        given = {"labels": labels, "missing": missing}
        rows = _own(data, [*said.said(), *(k for k, v in given.items() if v is not None)], problems)
    else:
        rows = _rows_of_data(data, said, labels, missing, [*groups, *needed], problems)
    kept = [c for role, c in rows.roles.items() if role in _KEPT] + [*groups, *measure.columns]
    problems.found += [f"{c!r} is the name of a column of profiles; rename yours" for c in (WEIGHT, CASES) if c in kept]
    problems.raise_if_any()
    small = (
        condensed_with_gaps(rows, measure, groups, known, most)
        if known
        else rows.condensed(measure.columns, groups, most=most)
    )
    made = replace(describe(rows, small, measure, groups), gaps={name: gap.written() for name, gap in known.items()})
    if rows.origin.made is not None and len(rows.sources) == 1:  # a profile, whose rows may be of frames in memory
        table = data.frames[0].to_native()
        made = replace(made, parts=Contents(table, {"labels": labels_of(data, table.columns)}, made).parts())
    return of_rows(replace(small, origin=Origin(made=made, data=rows.origin.data, titles=rows.origin.titles)))


_KEPT = ("wave", "strata", "psu", "size", "fpc")
"""The columns of the design that a profile has, by their roles."""

_NO_FILES = "a frame or a survey is read already, so give it to mpi.scan or mpi.read_survey, which make it"


def _scanned(
    files: Any,
    columns: Sequence[str],
    labels: Labels | None,
    missing: Declared,
    memory: str | None,
    encoding: str | None,
) -> tuple[Any, Labels, MissingCodes]:
    """Return files as a relation of the columns that are needed, with the labels of their values and their codes."""
    wanted = list(dict.fromkeys(columns))
    declared = read_missing(missing)
    if declared:
        declared = declared.without_columns([c for c in columns_of_files(files, encoding) if c not in wanted])
    found = scanned(files, wanted, memory, encoding=encoding)
    return found.relation, {**found.labels, **(labels or {})}, declared


def _own(survey: Survey, keywords: Sequence[str], problems: Problems) -> EngineRows:
    """Return the rows of a survey as they are; each of its rows must not be a PSU."""
    problems.found += [f"{k}: the survey brings its own design along; leave it out" for k in keywords]
    if "psu" not in survey.roles:
        problems.add("each row of the survey is a PSU, and cannot be condensed; name psu=, or say census=True")
    problems.raise_if_any()
    return left_to_engine(survey.rows)


def _rows_of_data(
    data: Any, design: Design, labels: Labels | None, missing: Declared, columns: Sequence[str], problems: Problems
) -> EngineRows:
    """Return the rows of a frame, or of files; without PSUs everybody is there."""
    frame, levels = lazy_with_levels(data)
    known = frame.collect_schema().names()
    asked = dict.fromkeys([*design.columns, *columns])
    problems.found += [unknown("column", name, known) for name in asked if name not in known]
    problems.raise_if_any()
    everybody = replace(design, census=True, strata=None) if design.psu is None else design
    return engine_rows(frame, everybody, labels, missing, levels=levels)


def survey_of(table: Any, roles: Mapping[str, Any], *, weighted: bool = True, **options: Any) -> Survey:
    """Return the table of a profile as a survey; `roles` are those of the design, without weights."""
    survey = Survey(table, weight=WEIGHT, **roles, **options)
    return of_rows(survey.rows.collect().with_cases(CASES, weighted=weighted))
