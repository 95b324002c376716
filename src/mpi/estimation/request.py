"""The request of an estimate: checked, with its domain, and with the rows that count, from memory or from an engine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from mpi.core.errors import Problems, RequestError, warned_once
from mpi.estimation.rows import rows_of
from mpi.estimation.titles import column_titles
from mpi.measures.measure import Measure
from mpi.results.concat import pieced
from mpi.results.options import Degrees, check_options
from mpi.survey.survey import Survey, of_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mpi.estimation.rows import Rows
    from mpi.frames.aggregation import By, Cross, Pair
    from mpi.measures.words import Unit
    from mpi.results.estimates import Estimates
    from mpi.survey.words import Where

    Make = Callable[[Survey, Rows, list[Cross]], Estimates]

__all__ = ["Estimable", "Opened", "check_measure", "check_survey", "columns_of", "crosses", "opened"]


@runtime_checkable
class Estimable(Protocol):
    """Something other than a measure that a survey can be estimated with, such as a poverty line."""

    def estimate_with(self, survey: Survey, by: Sequence[By], **options: Any) -> Estimates:
        """Return the estimates of a survey; options are those of `mpi.estimate`."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A request that was checked, and what it is made to.

    Attributes
    ----------
    domain : Survey
        The survey, with the domain of interest; in memory or with an engine.
    by : list of tuple of str
        The disaggregations, each once; the total is none of them.
    columns : list of str
        The columns that are used: those of `by`, and those that enter the figures.
    unit : {"person", "household"}
        What is counted.
    level : float
        The confidence level.
    degrees : {"group", "design"}
        Whose degrees of freedom.
    """

    domain: Survey
    by: list[Cross]
    columns: list[str]
    unit: Unit
    level: float
    degrees: Degrees

    def rows(self, survey: Survey) -> Rows:
        """Return the rows that count of a survey in memory: of the domain, or of what it was condensed to."""
        return rows_of(survey, self.unit, self.columns)

    def estimates(
        self, make: Make, *, flags: Sequence[str] = (), pairs: Sequence[Pair] = (), beside: Sequence[str] = ()
    ) -> tuple[Estimates, Survey]:
        """Return the estimates that `make` gives, and the survey in memory that the first were made of.

        Where the rows are with an engine, it condenses the columns of all disaggregations crossed; or of each by
        itself, where the cross does not fit into memory: `make` is then called for each. What several have to warn of
        alike is warned of once.

        Parameters
        ----------
        make : function
            Gets a survey in memory, its rows that count, and the disaggregations to make after the total.
        flags, pairs : sequence
            Indicators, and columns to be summed; see `SurveyRows.condensed`.
        beside : sequence of str
            Columns of categories that each of the surveys must have.
        """
        wide = [tuple(dict.fromkeys([*cross, *beside])) for cross in self.by]
        crossed = wide if self.by or not beside else [tuple(beside)]
        parts = self.domain.rows.condensed_apart(flags, crossed, pairs, unit=self.unit)
        with warned_once(several=len(parts) > 1):
            made = pieced(
                (self._estimates_of(make, of_rows(one), own, wide, len(parts)) for one, own in parts),
                [" × ".join(c) for c in self.by],
            )
        indicators = made.keys["indicator"].without_unused().values
        titles = column_titles(self.domain.rows.origin.titles, self.by, indicators)
        return replace(made, titles={**made.titles, **titles}), of_rows(parts[0][0])

    def _estimates_of(
        self, make: Make, survey: Survey, own: Sequence[Cross], wide: Sequence[Cross], parts: int
    ) -> Estimates:
        by = self.by if parts == 1 else [c for c, w in zip(self.by, wide, strict=True) if w in own]
        return make(survey, self.rows(survey), list(by))


def opened(
    survey: Survey,
    by: str | Sequence[By] | None = (),
    *,
    columns: Sequence[str] = (),
    where: Where | None = None,
    unit: Unit | None = None,
    level: float = 0.95,
    df: Degrees = "group",
    problems: Problems | None = None,
) -> Opened:
    """Check what every estimate is asked for, and return it with the domain.

    Parameters
    ----------
    survey : Survey
        Who was asked.
    by, where, unit, level, df
        As for `mpi.estimate`.
    columns : sequence of str
        The columns that enter the figures.
    problems : Problems, optional
        What was found wrong with the rest of the request already, to be raised together.

    Raises
    ------
    MpiError
        With every problem of the request at once; when columns are absent (the nearest is offered); when the condition
        cannot be applied.
    """
    check_survey(survey)
    problems = Problems(_SUBJECT, RequestError) if problems is None else problems
    unit = "person" if unit is None else unit
    check_options(problems, level=level, df=df, unit=unit)
    groups = crosses(by, problems)
    problems.raise_if_any()
    domain = survey if where is None else survey.where(where)
    used = list(dict.fromkeys([*columns_of(groups), *columns]))
    domain.check_columns(used)
    return Opened(domain, groups, used, unit, level, df)


_SUBJECT = "the estimate cannot be made"


def check_survey(value: object) -> None:
    """Refuse what is no survey, such as a data frame."""
    if not isinstance(value, Survey):
        raise RequestError(
            f"a Survey is needed, not {type(value).__name__}; make one with mpi.Survey(frame, weight=...)"
        )


def check_measure(value: object) -> None:
    """Refuse what is no measure, such as the name of one."""
    if not isinstance(value, Measure):
        raise RequestError(
            f"a Measure is needed, not {type(value).__name__}; load one with mpi.load_measure(name), or "
            "mpi.Measure.from_toml(path)"
        )


def crosses(by: str | Sequence[By] | None, problems: Problems) -> list[Cross]:
    """Read the disaggregations asked for, each once.

    Examples
    --------
    >>> crosses(["region", ("region", "sex")], Problems("no", RequestError))
    [('region',), ('region', 'sex')]
    """
    if by is None:
        return []
    found = []
    for one in [by] if isinstance(by, str) else by:  # one column need not be a list, nor need one cutoff
        columns = (one,) if isinstance(one, str) else tuple(one) if isinstance(one, (tuple, list)) else (one,)
        if not columns or not all(isinstance(c, str) for c in columns):
            problems.add(f"by: a column, or a tuple of columns, was expected, not {one!r}")
        elif len(set(columns)) < len(columns):
            problems.add(f"by: {one!r} names a column twice")
        elif columns == ("total",):
            problems.add("by: a column named 'total' would be taken for the total; rename it")
        else:
            found.append(columns)
    return list(dict.fromkeys(found))


def columns_of(by: Sequence[Cross]) -> list[str]:
    """Return the columns of all disaggregations, each once."""
    return list(dict.fromkeys(c for cross in by for c in cross))
