"""Shares and numbers of the population in each class of a line, with the design in every error."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Unpack, cast, get_args

import numpy as np

from mpi.core.arguments import kinds_checked
from mpi.core.errors import Problems, RequestError, unknown, warn
from mpi.estimation.disaggregated import disaggregated
from mpi.estimation.estimate import NUMBERS_ARE, estimate
from mpi.estimation.options import Shared  # noqa: TC001  # read when the signature is written out
from mpi.estimation.parts import ColumnLabels, Part, part
from mpi.estimation.ratios import numbers, ratio
from mpi.estimation.request import opened
from mpi.estimation.rows import counted
from mpi.estimation.traits import counted as with_counts
from mpi.lines.classification import classify
from mpi.lines.evidence import Reading  # noqa: TC001  # read when the signature is written out
from mpi.lines.missing_costs import costs_of, costs_of_classes, unasked
from mpi.results.concat import concat
from mpi.survey.survey import data_notes, in_words
from mpi.tables.footnotes import KEY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mpi.estimation.groups import Grouping
    from mpi.estimation.rows import Rows
    from mpi.frames.aggregation import By
    from mpi.inference.cells import Cells
    from mpi.lines.classification import Classification
    from mpi.lines.standard import Standard
    from mpi.measures.words import Unit
    from mpi.results.estimates import Estimates
    from mpi.results.options import Degrees
    from mpi.survey.survey import Survey
    from mpi.survey.words import Where

    Floats = NDArray[np.float64]

__all__ = [
    "Undecided",
    "estimate_all",
    "estimate_bounds",
    "estimate_classes",
    "estimate_line",
    "estimate_status",
]

Undecided = Literal["drop", "bounds"]
"""What becomes of those whose class is undecided: left out of the shares, or bounds of each share."""


@kinds_checked
def estimate_line(
    survey: Survey,
    line: Standard,
    by: Sequence[By] = (),
    *,
    unit: Unit = "person",
    where: Where | None = None,
    level: float = 0.95,
    df: Degrees = "group",
    missing: Undecided = "drop",
    **reading: Unpack[Reading],
) -> Estimates:
    """Estimate the share and the number of the population in each class of a poverty line.

    Parameters
    ----------
    survey : Survey
        Who was asked.
    line : Line
        The poverty line.
    by, where, level, df
        As for `mpi.estimate`.
    unit : {"person", "household"}
        What is counted. The official Vietnamese rates count households; persons are the default here as everywhere.
    missing : {"drop", "bounds"}
        What becomes of those whose class is undecided: they are left out of the shares; or each share is given
        twice, as if none of them were of the class and as if all who may be were (``contrast`` is then
        ``lower_bound`` and ``upper_bound``, and shares are of all). Left out, the shares are those of the decided
        only, who may be unlike the rest: often it is the poorest whose answers matter.
    **reading
        ``income, income_in, area, areas, columns, absent``: as for `Line.classify`.

    Returns
    -------
    Estimates
        Statistics named by class: its share (a fraction, with a logit-t interval) and ``<class>_number`` (persons
        or households): the share times all weights, so that the numbers of the classes add up to all. Where the class
        of some is undecided, ``undecided`` and ``undecided_number`` tell how many they are, of all; in the numbers of
        the classes they count as the decided do.

    Raises
    ------
    MpiError
        With every problem of the request, or of the columns, at once.

    Examples
    --------
    >>> import mpi
    >>> from mpi.lines import estimate_line, load_line
    >>> est = estimate_line(mpi.load_sample(), load_line("vn-2006"), by=["area"], income_in="thousands")
    >>> est.select(by="total", wave=2016).table["statistic"].tolist()
    ['poor', 'other', 'poor_number', 'other_number']
    """
    status = classify(line, survey, **reading)
    return estimate_classes(status, by, unit=unit, where=where, level=level, df=df, missing=missing)


def estimate_all(line: Standard, survey: Survey, by: Sequence[By] = (), **options: Any) -> Estimates:
    """Estimate the classes of a line, and its measure where it has indicators; see `Line.estimate_with`."""
    asked = {k: options[k] for k in ("where", "unit", "level", "df") if options.get(k) is not None}
    request = opened(survey, by, **asked)  # before the classes are made, which takes longer
    if not survey.in_memory:
        options.pop("where", None)
        used = ["income", "area", *(i.column for i in line.indicators)]
        survey = request.domain.collect([*request.columns, *(c for c in used if c in survey.columns)])
    return estimate_status(classify(line, survey), by, **options)


def estimate_status(status: Classification, by: Sequence[By] = (), **options: Any) -> Estimates:
    """Estimate the classes of a classification that is already made, and the measure of its line."""
    shared = {k: options[k] for k in ("where", "level", "df") if options.get(k) is not None}
    unit: Unit = options.get("unit") or "person"
    line, survey = status.line, status.survey
    classes = estimate_classes(status, by, unit=unit, **shared)
    if not line.indicators:
        return classes
    unknown_to_all = unasked(status)
    if unknown_to_all:
        warn(
            f"{', '.join(unknown_to_all)} is missing in every row: the figures of {line.name}'s measure are left out; "
            "classes are given where they are decided all the same"
        )
        return classes
    asked: dict[str, Any] = {**options, "unit": unit}
    figures = estimate(survey, line.measure, by, **asked)
    where = options.get("where")
    lost = costs_of(status, survey if where is None else survey.where(where), unit).told
    about = {**figures.about, "numbers": NUMBERS_ARE, **({KEY: lost} if lost else {})}
    return replace(concat([classes, figures]), titles=figures.titles, about=about)


@kinds_checked
def estimate_bounds(status: Classification, by: Sequence[By] = (), **options: Unpack[Shared]) -> Estimates:
    """Bound the shares of the classes, and the figures of the line's measure, whatever the missing answers are.

    Parameters
    ----------
    status : Classification
        The survey put into classes.
    by, **options
        ``where, unit, level, df``, as for `mpi.estimate`.

    Returns
    -------
    Estimates
        Each figure twice: ``contrast`` is ``lower_bound``, as if none of those who miss answers were of the class and
        each missing indicator were no deprivation, and ``upper_bound``, as if all who may be were, and each were one.
        Of the classes alone where an indicator is missing in every row.

    Examples
    --------
    >>> import mpi
    >>> status = mpi.load_line("vn-2006").classify(mpi.load_sample(), income_in="thousands")
    >>> estimate_bounds(status).select(statistic="poor", wave=2018).table["contrast"].tolist()
    ['lower_bound', 'upper_bound']
    """
    both, given = ["lower_bound", "upper_bound"], cast("dict[str, Any]", options)
    classes = estimate_classes(status, by, **given, missing="bounds").select(contrast=both)
    if not status.line.indicators or unasked(status):
        return classes
    measure = status.line.measure.with_missing("bounds")
    figures = estimate(status.survey, measure, by, **options)
    return concat([classes, figures.select(contrast=both)])


def _about(line: Standard, survey: Survey, unit: Unit) -> dict[str, str]:
    """Say what a reader of a table of classes must know."""
    return {
        "measure": line.title,
        "source": line.instrument.text,
        "counted": counted(survey, unit),
        "numbers": NUMBERS_ARE,
        **data_notes(survey),
        "survey": in_words(survey),
    }


def estimate_classes(
    status: Classification,
    by: Sequence[By] = (),
    *,
    unit: Unit = "person",
    where: Where | None = None,
    level: float = 0.95,
    df: Degrees = "group",
    missing: Undecided = "drop",
) -> Estimates:
    """Estimate the shares and numbers of a classification that is already made; see `estimate_line`."""
    problems = Problems("the estimate cannot be made", RequestError)
    if missing not in get_args(Undecided):
        problems.add(f"missing: {unknown('choice', missing, get_args(Undecided))}")
    code = f"{status.prefix}class_code"
    request = opened(
        status.survey, by, columns=[code], where=where, unit=unit, level=level, df=df, problems=problems
    )  # fmt: skip
    survey, rows = request.domain, request.rows(request.domain)
    figures = _figures(status, rows, bounds=missing == "bounds")

    def parts(_: Grouping, cells: Cells) -> list[Part]:
        return _parts(cells, rows, figures)

    found, _ = disaggregated(survey, rows, request.by, parts, level=level, degrees=df)
    what = "left out" if missing == "drop" else "counted both ways"
    lost = costs_of_classes(status, rows, unit).of_classes(what).rstrip(".")
    return replace(found, about={**_about(status.line, survey, unit), **({KEY: lost} if lost else {})})


@dataclass(frozen=True, slots=True, eq=False)
class _LineFigure:
    """A class (or what is undecided): who is in it, and whom its share is of; arrays of 0 and 1 over rows."""

    name: str
    contrast: str
    inside: Floats
    among: Floats


def _figures(status: Classification, rows: Rows, *, bounds: bool) -> list[_LineFigure]:
    code, may_be = rows.of(status.code), rows.of(status.may_be())
    every = np.ones(len(code), dtype=np.float64)
    seen = (code > 0).astype(np.float64)
    names = [c.name for c in status.line.classes]
    found = []
    for k, name in enumerate(names):
        inside = (code == k + 1).astype(np.float64)
        if bounds:
            found += [_LineFigure(name, "lower_bound", inside, every)]
            found += [_LineFigure(name, "upper_bound", may_be[:, k].astype(np.float64), every)]
        else:
            found.append(_LineFigure(name, "level", inside, seen))
    if not seen.all():
        found.append(_LineFigure("undecided", "level", every - seen, every))
    return found


def _parts(cells: Cells, rows: Rows, figures: Sequence[_LineFigure]) -> list[Part]:
    """Make the shares and the numbers of one grouping."""
    above, below = (cells.totals(rows.weight * getattr(f, x) for f in figures) for x in ("inside", "among"))
    cases = cells.totals(f.among * (rows.weight > 0) for f in figures)
    n, psus = cells.sum(cases), cells.psus(cases > 0)
    share, share_scores = ratio(cells, above, below)
    people, people_scores = numbers(cells, share, share_scores, cells.totals([rows.weight]))
    shares = [ColumnLabels(f.name, f.contrast, undefined="not observed in group") for f in figures]
    named = [replace(x, statistic=f"{x.statistic}_number", method="t") for x in shares]
    trait = cells.sum(cells.totals(f.inside * (rows.weight > 0) for f in figures))
    return [
        with_counts(part(shares, share, n, psus, share_scores), trait, cells.sum(below)),
        with_counts(part(named, people, n, psus, people_scores), trait, cells.sum(cells.totals([rows.weight]))),
    ]
