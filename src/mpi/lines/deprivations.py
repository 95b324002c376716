"""Deprivations that a national standard asks for, computed where the round's columns suffice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mpi.core.arguments import kinds_checked
from mpi.core.errors import RequestError, warn
from mpi.frames.arrays import with_numbers
from mpi.indicators import add_deprivations, computable, list_rules, load_rules
from mpi.survey.survey import of_rows

if TYPE_CHECKING:
    from mpi.indicators import Rules
    from mpi.lines import Line
    from mpi.survey.survey import Survey

__all__ = ["with_deprivations"]


@kinds_checked
def with_deprivations(survey: Survey, line: Line, rules: Rules | None = None) -> Survey:
    """Compute the deprivations that a line asks for and that the survey does not hold yet.

    Parameters
    ----------
    survey : Survey
        Members with their household (or households, for rules that ask no member), under harmonised names, as
        `mpi.programmes.vhlss.read_vhlss` gives them.
    line : Line
        The standard. Its own indicators are looked for in ``dep_<name>``.
    rules : Rules, optional
        How to compute them; by default the shipped rules of the line's name.

    Returns
    -------
    Survey
        The survey with ``dep_<name>`` columns. An indicator that cannot be computed is a column of missing values.

    Warns
    -----
    MpiWarning
        Once, naming the indicators that cannot be computed and the columns they lack.

    Examples
    --------
    >>> import pandas as pd, mpi, warnings
    >>> people = pd.DataFrame({"household": [1, 2], "income": [6e5, 6e5], "area": [2, 2]})
    >>> survey = with_deprivations(mpi.Survey(people, household="household"), mpi.load_line("vn-2011"))
    >>> survey.columns
    ('household', 'income', 'area')
    """
    wanted = [i for i in line.indicators if i.column not in survey.columns]
    if not wanted:
        return survey
    known = rules or _shipped(line)
    asked = known.select([i.name for i in wanted if i.name in known.names])
    usable = computable(asked, survey.columns)
    made = add_deprivations(survey, usable) if len(usable.names) else survey
    absent = [i for i in wanted if i.column not in made.columns]
    if absent:
        named = [asked[i.name] for i in absent if i.name in asked.names]
        lacking = sorted({c for rule in named for c in asked.lacking(rule, survey.columns)})
        because = f"; columns that are absent: {', '.join(lacking)}" if lacking else ""
        warn(f"{line.name}: {', '.join(i.name for i in absent)} cannot be computed: missing in every row{because}")
    return _with_missing(made, [i.column for i in absent])


def _shipped(line: Line) -> Rules:
    if line.name not in list_rules():
        raise RequestError(
            f"there are no rules for the indicators of line {line.name!r}, and the survey does not hold them "
            f"({', '.join(i.column for i in line.indicators[:3])}, ...); give rules=, or columns of 0, 1 and missing"
        )
    return load_rules(line.name)


def _with_missing(survey: Survey, columns: list[str]) -> Survey:
    """Add columns of missing values; the user's frames stay as they are."""
    frames = tuple(with_numbers(f, {c: np.full(len(f), np.nan) for c in columns}) for f in survey.frames)
    return of_rows(survey.rows.collect().over(frames)) if columns else survey
