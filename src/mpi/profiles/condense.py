"""Microdata of any size condensed to a survey that is smaller, and says the same of a measure."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mpi.core.arguments import kinds_checked
from mpi.core.errors import Problems, RequestError, unknown
from mpi.estimation.request import check_measure, columns_of, crosses
from mpi.frames.lazy import lazy_with_levels
from mpi.frames.missing_codes import read_missing
from mpi.frames.progress import staged
from mpi.frames.wanted import CASES, MOST, WEIGHT, By
from mpi.profiles.origin import made_of
from mpi.profiles.parts import Contents, labels_of
from mpi.readers.large.scan import columns_of as columns_of_files
from mpi.readers.large.scan import scanned
from mpi.survey.origin import Origin
from mpi.survey.out_of_core import Unread, unread
from mpi.survey.survey import Survey, of_origin, standing_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mpi.frames.missing_codes import Declared
    from mpi.inference.design import SinglePsu
    from mpi.measures.measure import Measure

__all__ = ["profile", "survey_of"]


@kinds_checked
@staged("sorting and checking")
def profile(  # noqa: PLR0913  # the design is many columns, and all are by name
    data: Any,
    measure: Measure,
    by: Sequence[By] = (),
    *,
    weight: str | None = None,
    strata: str | None = None,
    psu: str | None = None,
    size: str | None = None,
    wave: str | None = None,
    shared_psus: bool | None = None,
    single_psu: SinglePsu = "error",
    labels: Mapping[str, Mapping[Any, str]] | None = None,
    missing: Declared = None,
    most: int = MOST,
    memory: str | None = None,
    encoding: str | None = None,
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
    weight, strata, psu, size, wave, shared_psus, single_psu, labels
        The design; see `Survey`. Without `psu` the data are a census or a register: everybody is there, and nothing
        has a sampling error.
    missing : mapping of column to codes, or codes for all columns, optional
        Codes that are no answer; see `Survey`.
    most : int
        The most rows the profile may have. The engine counts them before any is collected; where they are more, or need
        more memory than machine, container and ``ulimit`` leave, the message says how many, what makes them so many,
        and what is smaller.

    memory, encoding : str, optional
        Of files: how much memory DuckDB may use while it reads and groups, and the encoding of their text; see `scan`.

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
    roles = {"weight": weight, "strata": strata, "psu": psu, "size": size, "wave": wave}
    design = {k: v for k, v in roles.items() if v is not None}
    options = {"shared_psus": shared_psus, "single_psu": single_psu, "labels": labels, "missing": missing}
    files = isinstance(data, (str, os.PathLike, list, tuple))
    said = {"memory": memory, "encoding": encoding}
    problems.found += [f"{k}: it is said of files; {_NO_FILES}" for k, v in said.items() if v is not None and not files]
    if files:
        problems.raise_if_any()
        data, options = _scanned(data, [*design.values(), *groups, *measure.columns], options, memory, encoding)
    if isinstance(data, Survey):
        survey = _own(data, [*design, *(k for k in ("labels", "missing") if options[k] is not None)], problems)
    else:
        survey = _made(data, design, options, [*groups, *measure.columns], problems)
    problems.raise_if_any()
    small = survey.condensed(measure.columns, groups, most=most)
    made = made_of(survey, small, measure, groups)
    if survey.origin.made is not None and len(survey.sources) == 1:  # a profile, whose rows may be of frames in memory
        table = data.frames[0].to_native()
        made = replace(made, parts=Contents(table, {"labels": labels_of(data, table.columns)}, made).parts())
    return of_origin(small, Origin(made=made))


_NO_FILES = "a frame or a survey is read already, so give it to mpi.scan or mpi.read_survey, which make it"


def _scanned(
    files: Any, columns: Sequence[str], options: Mapping[str, Any], memory: str | None, encoding: str | None
) -> tuple[Any, dict[str, Any]]:
    """Return files as a relation of the columns that are needed, and the options with the labels of their values."""
    wanted = list(dict.fromkeys(columns))
    declared = read_missing(options["missing"])
    if declared:
        declared = declared.leaving([c for c in columns_of_files(files, encoding) if c not in wanted])
    found = scanned(files, wanted, memory, encoding=encoding)
    labels = {**found.labels, **(options["labels"] or {})}
    return found.relation, {**options, "labels": labels, "missing": declared}


def _own(survey: Survey, given: Sequence[str], problems: Problems) -> Unread:
    """Return a survey as it is; each of its rows must not be a PSU."""
    problems.found += [f"{k}: the survey brings its own design along; leave it out" for k in given]
    if "psu" not in survey.roles:
        problems.add("each row of the survey is a PSU, and cannot be condensed; name psu=, or say census=True")
    problems.raise_if_any()
    return unread(survey)


def _made(
    data: Any, design: Mapping[str, str], options: Mapping[str, Any], columns: Sequence[str], problems: Problems
) -> Unread:
    """Return a frame, or files, as a survey; without PSUs everybody is in it."""
    frame, levels = lazy_with_levels(data)
    known = frame.collect_schema().names()
    asked = dict.fromkeys([*design.values(), *columns])
    problems.found += [unknown("column", name, known) for name in asked if name not in known]
    problems.raise_if_any()
    census = "psu" not in design
    roles = {k: v for k, v in design.items() if not (census and k == "strata")}
    return Unread(frame, census=census, levels=levels, **roles, **options)


def survey_of(table: Any, roles: Mapping[str, Any], *, weighted: bool = True, **options: Any) -> Survey:
    """Return the table of a profile as a survey; `roles` are those of the design, without weights."""
    return standing_for(Survey(table, weight=WEIGHT, **roles, **options), CASES, weighted=weighted)
