"""The command `mpi estimate`: read the file, estimate, write and print."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mpi.cli.arguments import cross_of, measure_of
from mpi.cli.checks import check_request, check_where
from mpi.cli.messages import tell
from mpi.cli.show import show_estimates, show_retained, status
from mpi.core.errors import Problems, RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mpi.cli.source import DataSource
    from mpi.frames.aggregation import By
    from mpi.measures.measure import Measure
    from mpi.measures.words import Unit
    from mpi.release.scheme import Scheme
    from mpi.results.estimates import Estimates
    from mpi.results.options import Degrees
    from mpi.survey.survey import Survey
    from mpi.tables.layout import Layout

__all__ = ["EstimateRequest", "run", "written_after"]

_HEADLINE = ("M0", "H", "A")


@dataclass(frozen=True, slots=True)
class EstimateRequest:
    """The arguments of `mpi estimate`, parsed.

    Attributes
    ----------
    source : Source
        The file, and how it is read.
    measure : str
        The name of a measure, or a file.
    by, cutoffs, statistics : sequence of str
        As they were written.
    where, unit, level, df
        As for `mpi.estimate`.
    scheme : Scheme or None
        By which figures are shown or not.
    """

    source: DataSource
    measure: str
    by: Sequence[str]
    cutoffs: Sequence[str]
    where: str | None
    unit: Unit | None
    statistics: Sequence[str]
    level: float
    df: Degrees
    scheme: Scheme | None = None


def run(request: EstimateRequest, layout: Layout, outs: Sequence[str]) -> None:
    """Estimate what is asked for, write it to files, and print it with what missing answers cost."""
    from mpi.estimation.estimate import estimate
    from mpi.estimation.retention import codes_table, retention

    measure = measure_of(request.measure)
    measure = measure if request.source.policy is None else measure.with_missing(request.source.policy)
    groups = [cross_of(text) for text in request.by]
    check_where(request.where)
    check_request(measure, [*request.cutoffs], [*request.statistics], request.level, [*outs])
    survey = request.source.survey(_needed(measure, groups, request.where))
    statistics: Any = request.statistics or (None if outs else _headline(measure))
    of: dict[str, Any] = {"where": request.where, "unit": request.unit}
    by_code = None
    if not survey.in_memory:
        by_code = codes_table(survey if request.where is None else survey.where(request.where), measure)
        survey, of = _condensed(survey, measure, groups, of), {**of, "where": None}
    with status("Estimating"):
        est = estimate(
            survey, measure, groups, cutoffs=request.cutoffs or None, statistics=statistics, level=request.level,
            df=request.df, **of,
        )  # fmt: skip
        report = retention(survey, measure, **of)
        report = report if by_code is None else replace(report, codes=by_code)
    est = est if request.scheme is None else est.release(request.scheme)
    with written_after(est, outs, layout):
        show_estimates(survey, measure, est, request.statistics or _headline(measure), layout)
        if measure.missing != "bounds":
            show_retained(report, rounds=bool(survey.waves))


def _condensed(survey: Survey, measure: Measure, groups: Sequence[By], options: dict[str, Any]) -> Survey:
    """Read files that are too large for the memory once, for all that is printed of them."""
    from mpi.estimation.request import columns_of, crosses
    from mpi.survey.survey import of_rows

    domain = survey if options["where"] is None else survey.where(options["where"])
    columns = columns_of(crosses(groups, Problems("the estimate cannot be made", RequestError)))
    return of_rows(domain.rows.condensed(measure.columns, columns, unit=options["unit"] or measure.unit))


def _needed(measure: Measure, groups: Sequence[By], where: str | None) -> list[str]:
    """Return the columns that an estimate needs beside those of the design."""
    grouped = [c for g in groups for c in ([g] if isinstance(g, str) else g)]
    return [*grouped, *measure.columns, *([where] if where else [])]


def _headline(measure: Measure) -> tuple[str, ...]:
    return tuple(s for s in _HEADLINE if s != "A") if measure.missing == "bounds" else _HEADLINE


@contextmanager
def written_after(est: Estimates, outs: Sequence[str], layout: Layout) -> Iterator[None]:
    """Write files once tables are printed: also where their reader stopped reading, or their disk is full."""
    try:
        yield
        sys.stdout.flush()
    except (OSError, SystemExit):
        _write_all(est, outs, layout)
        raise
    _write_all(est, outs, layout)


def _write_all(est: Estimates, outs: Sequence[str], layout: Layout) -> None:
    """Write estimates to each of some files, of the kind that its name says."""
    from mpi.tables.files import LAID_OUT, kind_of, write

    for path in outs:
        kind = kind_of(Path(path))
        with status(f"Writing {path}"):
            if kind in LAID_OUT:
                write(est, path, kind, **layout)
            else:
                write(est, path, kind)
        tell(f"wrote {path} ({len(est):,} numbers)")
