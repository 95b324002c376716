"""Monetary statistics where the rows are with an engine: it sums the moments, and nothing is collected."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from mpi.core.errors import RequestError
from mpi.estimation.disaggregated import disaggregated
from mpi.estimation.left_out import by_round, lost_to_missing, rounds_of
from mpi.estimation.sums import sums_of
from mpi.monetary.assembled import Figure, part_of
from mpi.monetary.here import Here
from mpi.monetary.lines import Fixed
from mpi.monetary.statistics import evaluate, needs_order
from mpi.tables.footnotes import KEY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mpi.estimation.groups import Grouping
    from mpi.estimation.parts import Part
    from mpi.estimation.request import Opened
    from mpi.estimation.rows import Rows
    from mpi.estimation.sums import Sums
    from mpi.frames.aggregation import Cross
    from mpi.inference.cells import Cells
    from mpi.monetary.here import Moment
    from mpi.monetary.lines import Relative
    from mpi.monetary.names import Statistic
    from mpi.monetary.ordered import Ordered
    from mpi.results.estimates import Estimates
    from mpi.survey.survey import Survey

    Floats = NDArray[np.float64]
    Specs = Mapping[str, Fixed | Relative]
    Wanted = list[tuple[Moment, str | None]]

__all__ = ["summed_there"]


def summed_there(request: Opened, welfare: str, asked: Sequence[Statistic], specs: Specs) -> tuple[Estimates, Survey]:
    """Let the engine sum what the statistics are made of, and return them, with what was condensed.

    Raises
    ------
    MpiError
        When a statistic needs incomes in order, or a line is relative: what to do instead is said.
    """
    _refuse_order(welfare, asked, specs)
    wanted, domain = _moments(asked, specs), request.domain
    columns = {n: nw.col(welfare).cast(nw.Float64) / nw.col(c).cast(nw.Float64) for n, c in _columns(specs).items()}
    made = [
        *columns.values(),
        *(_expression(m, columns.get(at or ""), welfare, specs.get(at or "")) for m, at in wanted),
    ]
    names = [f"_money_{i}" for i in range(len(made))]
    for name, expression in zip(names, made, strict=True):
        domain = domain.with_column(name, expression)

    def make(survey: Survey, rows: Rows, by: list[Cross]) -> Estimates:
        work = _EngineInputs(survey, rows, welfare, asked, specs, wanted)
        found, total = disaggregated(survey, rows, by, work.part, level=request.level, degrees=request.degrees)
        return replace(found, about=work.left_out(total, request))

    return replace(request, domain=domain).estimates(make, pairs=[(n, None) for n in [welfare, *names]])


def _refuse_order(welfare: str, asked: Sequence[Statistic], specs: Specs) -> None:
    """Raise RequestError where a statistic needs incomes in order, or a line is relative."""
    ordered = [s.name for s in asked if needs_order(s, relative=False)]
    relative = [n for n, s in specs.items() if not isinstance(s, Fixed)]
    if ordered or relative:
        what = f"{', '.join(ordered)} need" if ordered else f"the line {relative[0]!r} needs"
        raise RequestError(
            f"{what} the rows in the order of {welfare!r}, which an engine does not sum; "
            f"survey.collect([{welfare!r}, ...]) reads that column and those of by= into memory"
        )


@dataclass(slots=True, eq=False)
class _EngineInputs:
    """The moments that an engine summed, for the statistics of every grouping."""

    survey: Survey
    rows: Rows
    welfare: str
    asked: Sequence[Statistic]
    specs: Specs
    wanted: Wanted
    sums: list[Sums] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Read the sums: of incomes, of incomes as multiples of lines that are columns, and of the moments."""
        names = [self.welfare, *(f"_money_{i}" for i in range(len(_columns(self.specs)) + len(self.wanted)))]
        self.sums = [sums_of(self.survey, self.rows, i, (n, None)) for i, n in enumerate(names)]

    def part(self, group: Grouping, cells: Cells) -> list[Part]:
        """Return the statistics of one grouping."""
        columns = [*_columns(self.specs)]
        figures, moments = [], self.sums[1 + len(columns) :]
        for one in self.asked:
            for name in (*self.specs,) if one.of_line else (None,):
                here = None if name is None else self._here(name, group)
                mine = {m: s for (m, at), s in zip(self.wanted, moments, strict=True) if at == name}
                plain = self.sums[1 + columns.index(name) if name in columns else 0]
                cases = cells.totals([plain.cases])[0]
                of = _Summed(cells, self.rows, plain, mine)
                figures.append(Figure(one, here, evaluate(one, of, here), of, cases, name))
        return [part_of(figures, self.welfare)]

    def _here(self, name: str, group: Grouping) -> Here:
        spec = self.specs[name]
        assert isinstance(spec, Fixed)  # noqa: S101  # others were refused
        return Here(name, spec.of(group, self.survey.waves), spec.inclusive)

    def left_out(self, total: Grouping, request: Opened) -> dict[str, str]:
        """Say how many rows are left out for a missing income."""
        rows, rounds, said = self.rows, rounds_of(self.survey.waves, total), []
        there, weight = by_round(total, rows, rows.cases), by_round(total, rows, rows.weight)
        plain = self.sums[0].cases.sum()
        for one in self.sums[: 1 + len(_columns(self.specs))]:
            seen, kept = by_round(total, rows, one.cases), by_round(total, rows, one.below)
            what = self.welfare if one is self.sums[0] else f"{self.welfare} or its line"
            if one is self.sums[0] or one.cases.sum() < plain:
                said.append(lost_to_missing(there, seen, what, 1 - kept / weight).sentence(request.unit, rounds))
        return {KEY: "; ".join(filter(None, said))} if any(said) else {}


class _Summed:
    """The sums of one grouping that an engine made."""

    __slots__ = ("_plain", "_rows", "_sums", "cells")

    def __init__(self, cells: Cells, rows: Rows, plain: Sums, sums: Mapping[Moment, Sums]) -> None:
        self.cells, self._rows, self._plain, self._sums = cells, rows, plain, sums

    @property
    def ordered(self) -> Ordered:
        """Nothing: what needs it was refused."""
        raise NotImplementedError

    def total(self, moment: Moment, here: Here | None = None) -> Floats:  # noqa: ARG002  # as others have it
        """Return a moment by cell."""
        if moment in (("n",), ("v",)):
            rows = self._plain.below if moment == ("n",) else self._plain.above
        else:
            rows = self._rows.weight if moment == ("all",) else self._sums[moment].above
        found: Floats = self.cells.totals([rows])[0]
        return found

    def sum(self, moment: Moment, here: Here | None = None) -> Floats:
        """Return a moment by group."""
        return self.cells.sum(self.total(moment, here))


class _Recorder:
    """A recorder of the moments that a statistic uses."""

    cells: Any = None
    ordered: Any = None

    def __init__(self) -> None:
        self.asked: dict[Moment, None] = {}

    def total(self, moment: Moment, here: Here | None = None) -> Floats:
        """Note it."""
        return self.sum(moment, here)

    def sum(self, moment: Moment, here: Here | None = None) -> Floats:  # noqa: ARG002  # as others have it
        """Note it."""
        if moment not in (("n",), ("v",), ("all",)):
            self.asked[moment] = None
        return np.ones(1)


def _moments(asked: Sequence[Statistic], specs: Specs) -> Wanted:
    """Return the moments that statistics are made of, each with the line that it is of."""
    found: dict[tuple[Moment, str | None], None] = {}
    for one in asked:
        for name in (*specs,) if one.of_line else (None,):
            recorder = _Recorder()
            made = evaluate(one, recorder, None if name is None else Here(name, np.ones(1)))
            found |= dict.fromkeys((m, name) for m in recorder.asked)
            found |= dict.fromkeys((m, name) for m in made.terms if m not in (("n",), ("v",), ("all",)))
    return [*found]


def _columns(specs: Specs) -> dict[str, str]:
    """Return the lines that are columns."""
    return {n: s.column for n, s in specs.items() if isinstance(s, Fixed) and s.column is not None}


def _expression(moment: Moment, ratio: nw.Expr | None, welfare: str, spec: Fixed | Relative | None) -> nw.Expr:
    """Return what an engine computes of each row; missing where the income is, or no logarithm can be had."""
    value = nw.col(welfare).cast(nw.Float64)
    if isinstance(spec, Fixed):
        of, z = (value, _single_amount(spec)) if ratio is None else (ratio, 1.0)
        return _line_term(moment, of, nw.lit(z), inclusive=spec.inclusive)
    safe = _positive(value)
    made = {"n+": nw.lit(1.0), "v+": value, "log": safe.log(), "vlog": safe * safe.log()}.get(moment[0])
    return nw.when(value > 0).then(safe ** moment[1] if made is None else made)


def _positive(value: nw.Expr) -> nw.Expr:
    """Return amounts above 0, and 1 for others, whose logarithms engines may warn of."""
    return nw.when(value > 0).then(value).otherwise(nw.lit(1.0))


def _line_term(moment: Moment, value: nw.Expr, z: nw.Expr, *, inclusive: bool) -> nw.Expr:
    """Return the expression of a moment of incomes below a line."""
    kind, zero = moment[0], nw.lit(0.0)
    if kind == "times":
        return nw.when(value > 0).then(z / _positive(value))
    poor = value <= z if inclusive else value < z
    if kind == "watts":
        return nw.when(value > 0).then(nw.when(poor).then((z / _positive(value)).log()).otherwise(zero))
    if kind == "n+":
        return nw.when(value > 0).then(nw.lit(1.0))
    gap = nw.when(poor).then(1.0 - value / z).otherwise(nw.lit(1.0))
    made = nw.lit(1.0) if moment[2] == 0 else gap if moment[2] == 1 else gap ** moment[2]
    return nw.when(poor).then(made).otherwise(nw.when(~value.is_null()).then(zero))


def _single_amount(spec: Fixed) -> float:
    """Return the amount of a line; raise RequestError where it differs by round."""
    if isinstance(spec.value, (int, float)):
        return float(spec.value)
    raise RequestError(
        "line: amounts that differ by round are for rows in memory: survey.collect([...]) reads the columns; or make "
        "the line a column of the data"
    )
