"""What an estimate is asked for, read and checked in one place: disaggregations, unit, level, degrees of freedom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from mpi.core.errors import Problems, RequestError
from mpi.measures.measure import Measure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mpi.frames.wanted import By, Cross
    from mpi.results.estimates import Estimates
    from mpi.survey.survey import Survey

__all__ = ["Estimable", "check_measure", "columns_of", "crosses"]


@runtime_checkable
class Estimable(Protocol):
    """What can be estimated besides a measure: it makes the estimates of a survey itself (a poverty line does)."""

    def estimate_with(self, survey: Survey, by: Sequence[By], **options: Any) -> Estimates:
        """Return the estimates of a survey; options are those of `mpi.estimate`."""
        ...


def check_measure(given: object) -> None:
    """Refuse what is no measure, such as the name of one."""
    if not isinstance(given, Measure):
        raise RequestError(
            f"a Measure is needed, not {type(given).__name__}; load one with mpi.load_measure(name), or "
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
