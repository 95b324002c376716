"""Monetary estimates of rows in memory: moments by cell, statistics of them, and the errors of relative lines."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.errors import DataError
from mpi.estimation.disaggregated import disaggregated
from mpi.estimation.groups import grouping
from mpi.estimation.left_out import by_round, lost_to_missing, rounds_of
from mpi.estimation.parts import ColumnLabels, Part, part
from mpi.estimation.totals import cells_of
from mpi.monetary.here import Here
from mpi.monetary.lines import Fixed, Relative
from mpi.monetary.moments import Incomes, RowMoments
from mpi.monetary.names import Statistic
from mpi.monetary.statistics import POSITIVE, Derived, evaluate, needs_order, shares_of
from mpi.tables.footnotes import KEY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mpi.estimation.groups import Grouping
    from mpi.estimation.request import Opened
    from mpi.estimation.rows import Rows
    from mpi.frames.aggregation import Cross
    from mpi.inference.cells import Cells
    from mpi.measures.words import Unit
    from mpi.monetary.moments import Moments
    from mpi.results.estimates import Estimates
    from mpi.survey.survey import Survey

    Floats = NDArray[np.float64]
    Asked = tuple[str, Sequence[Statistic], Mapping[str, Fixed | Relative]]

__all__ = ["Figure", "assembled", "part_of"]

_LINE = Statistic("line")


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """A statistic, the line that it is of, and what it is in each group."""

    one: Statistic
    here: Here | None
    made: Derived
    of: Moments
    cases: Floats  # by cell
    line: str | None = None

    def labels(self, welfare: str) -> ColumnLabels:
        """Return the labels of the figure for the key columns."""
        method = "share" if self.one.kind == "fgt" and self.one.at == (0.0,) else "t"
        certain = self.one.kind == "lorenz" and self.one.at[0] in (0.0, 1.0)
        zero = "certain" if certain else "unknown"
        return ColumnLabels(self.one.name, indicator=welfare, dimension=self.line, method=method, zero=zero)  # type: ignore[arg-type]  # words of ours

    def scores(self) -> Floats:
        """Return what each cell contributes."""
        group = self.of.cells.group()
        out: Floats = np.sum([t[group] * self.of.total(m, self.here) for m, t in self.made.terms.items()], axis=0)
        return out


@dataclass(slots=True, eq=False)
class _MemoryInputs:
    """The rows, incomes and lines that the statistics of every grouping are computed from."""

    survey: Survey
    rows: Rows
    welfare: str
    asked: Sequence[Statistic]
    specs: Mapping[str, Fixed | Relative]
    incomes: dict[str, Incomes] = field(default_factory=dict)
    whole: dict[str, Floats] = field(default_factory=dict)
    slopes: dict[str, Floats] = field(default_factory=dict)
    parts: dict[str, Part] = field(default_factory=dict)
    sums: dict[str, Floats] = field(default_factory=dict)

    def prepare(self) -> None:
        """Read incomes, and find the relative lines of the whole."""
        ordered = any(needs_order(s, relative=False) for s in self.asked) or any(self.varies(s) for s in self.specs)
        plain = _read(self.survey, self.rows, self.welfare, None, ordered=ordered)
        self.incomes[""] = plain
        for name, spec in self.specs.items():
            if isinstance(spec, Fixed) and spec.rows is not None:
                own = ordered and any(s.of_line and needs_order(s, relative=False) for s in self.asked)
                self.incomes[name] = _read(self.survey, self.rows, self.welfare, spec.rows, ordered=own)
        shared = {n: s for n, s in self.specs.items() if isinstance(s, Relative) and s.within == "whole"}
        if shared:
            total = grouping(self.survey, self.rows)
            of = RowMoments(plain, self.rows, total, cells_of(total, self.rows, self.survey.design))
            self.whole = {n: s.share * evaluate(s.of, of, None).value for n, s in shared.items()}

    @property
    def shares(self) -> list[float]:
        """The shares of the population at which incomes are parted."""
        bases = [s.of for s in self.specs.values() if isinstance(s, Relative)]
        return [p for one in (*self.asked, *bases) for p in shares_of(one)]

    def varies(self, name: str) -> bool:
        """Tell whether a line varies with the sample, or is varied by a decomposition."""
        spec = self.specs[name]
        return isinstance(spec, Relative) or spec.groups is not None

    def figures(self, group: Grouping, cells: Cells) -> list[Figure]:
        """Return the statistics of one grouping, those of a line for each line, then relative lines themselves."""
        found: dict[str, RowMoments] = {}
        cases: dict[str, Floats] = {}
        for key, incomes in self.incomes.items():
            found[key] = RowMoments(incomes, self.rows, group, cells, self.shares)
            many = incomes.known if self.rows.cases is None else incomes.known * self.rows.cases
            cases[key] = cells.totals([many])[0]
        wave = cells.wave if not self.whole else np.searchsorted(np.unique(self.rounds()), cells.wave)
        heres = {n: self._here(n, group, found[""], wave) for n in self.specs}
        out = []
        for one in self.asked:
            for name in (*self.specs,) if one.of_line else (None,):
                key = name if name is not None and name in found else ""
                here = None if name is None else heres[name]
                out.append(Figure(one, here, evaluate(one, found[key], here), found[key], cases[key], name))
        for name, spec in self.specs.items():
            if isinstance(spec, Relative) and (spec.within == "group" or not group.columns):
                base = evaluate(spec.of, found[""], None)
                terms = {m: t * spec.share for m, t in base.terms.items()}
                line = Derived(base.value * spec.share, terms, np.zeros_like(base.value))
                out.append(Figure(_LINE, None, line, found[""], cases[""], name))
        return out

    def rounds(self) -> NDArray[Any]:
        """Return the rounds that the rows are of."""
        return np.asarray(self.survey.design.wave[self.survey.design.stratum[self.rows.present]])

    def _here(self, name: str, group: Grouping, moments: RowMoments, wave: NDArray[Any]) -> Here:
        spec = self.specs[name]
        if isinstance(spec, Fixed):
            return Here(name, spec.of(group, self.survey.waves), spec.inclusive, self.varies(name))
        if spec.within == "whole":
            return Here(name, self.whole[name][wave], relative=True)
        return Here(name, spec.share * evaluate(spec.of, moments, None).value, relative=True)

    def part(self, group: Grouping, cells: Cells) -> list[Part]:
        """Return the statistics of one grouping with their influences; of replicates, the values alone."""
        if cells.resum is not None:
            return [self._replicated(group, cells)]
        figures = self.figures(group, cells)
        self.slopes[group.name] = np.array([f.made.slope for f in figures])
        self.parts[group.name] = made = part_of(figures, self.welfare)
        self.sums[group.name] = cells.sum(made.scores)
        return [made]

    def _replicated(self, group: Grouping, cells: Cells) -> Part:
        """Return the values in each replicate: made again of sums; to first order where incomes must be in order."""
        whole = self.parts[group.name]
        assert cells.resum is not None  # noqa: S101  # as the caller saw
        moved = cells.sum(cells.resum(whole.scores)).reshape(len(whole.labels), -1, len(group.wave))
        value = whole.value[:, None] + moved - self.sums[group.name][:, None]
        value = value.reshape(len(value), -1)
        of = RowMoments(self.incomes[""], self.rows, group, cells)
        place = 0
        for one in self.asked:
            for name in (*self.specs,) if one.of_line else (None,):
                if not needs_order(one, relative=False) and (name is None or self._sums_alone(name)):
                    here = None if name is None else self._here(name, group, of, cells.wave)
                    value[place] = evaluate(one, of, here).value
                place += 1
        return replace(whole, value=value)

    def in_rows(self, est: Estimates) -> Floats:
        """Return the derivative of each estimate by its line."""
        names = dict.fromkeys(est.keys["by"].to_list())
        return np.concatenate([self.slopes[n].T.ravel() for n in names])

    def _sums_alone(self, name: str) -> bool:
        """Tell whether what is below a line is a sum over rows as they are: an amount for all."""
        return name not in self.incomes and not self.varies(name)


def part_of(figures: Sequence[Figure], welfare: str) -> Part:
    """Return the part of a grouping that statistics make."""
    cells = figures[0].of.cells
    cases = np.array([f.cases for f in figures])
    value = np.array([f.made.value for f in figures])
    scores = np.array([f.scores() for f in figures])
    one = part([f.labels(welfare) for f in figures], value, cells.sum(cases), cells.psus(cases > 0), scores)
    return replace(one, seen=cases > 0)


def assembled(
    survey: Survey,
    rows: Rows,
    by: Sequence[Cross],
    asked: Asked,
    request: Opened,
    slopes: list[Floats] | None = None,
) -> Estimates:
    """Return the statistics of rows in memory, of the total and of each disaggregation.

    The derivatives of each figure by its line are added to `slopes`, where it is given.
    """
    work = _MemoryInputs(survey, rows, *asked)
    work.prepare()
    found, total = disaggregated(survey, rows, by, work.part, level=request.level, degrees=request.degrees)
    if slopes is not None:
        slopes.append(work.in_rows(found))
    if any(isinstance(s, Relative) for s in work.specs.values()):
        found = _with_lines(found, work)
    return replace(found, about=_left_out(work, total, request.unit))


def _with_lines(est: Estimates, work: _MemoryInputs) -> Estimates:
    """Add to the influence of what is measured by a relative line that of the line, by the chain rule."""
    import scipy.sparse as sp

    keys = est.keys
    slopes = work.in_rows(est)
    own = {n: i for i, n in enumerate(keys["dimension"].values)}
    relative = {own[n]: s.within for n, s in work.specs.items() if isinstance(s, Relative) and n in own}
    dimension, wave = keys["dimension"].index, keys["wave"].index
    is_line = keys["statistic"].index == keys["statistic"].values.index("line")
    by, group = keys["by"].index.copy(), keys["group"].index.copy()
    shared = np.isin(dimension, [i for i, within in relative.items() if within == "whole"])
    total = keys["by"].values.index("total")
    by[shared], group[shared] = total, keys["group"].index[np.argmax(keys["by"].index == total)]
    place = {key: i for i, key in _keyed(np.flatnonzero(is_line), dimension, by, group, wave)}
    rows = np.flatnonzero(np.isin(dimension, [*relative]) & ~is_line & (slopes != 0))
    target = [place[key] for _, key in _keyed(rows, dimension, by, group, wave)]
    chain = sp.csr_array((slopes[rows], (rows, target)), shape=(len(est), len(est))) + sp.eye_array(len(est))
    influence = replace(est.influence, jacobian=sp.csr_array(chain @ est.influence.jacobian))
    moved = est.estimable & (slopes != 0)
    se = est.se.copy()
    se[moved] = np.sqrt(influence.take(np.flatnonzero(moved)).variances())
    return replace(est, influence=influence, se=se)


def _keyed(rows: NDArray[Any], *columns: NDArray[Any]) -> list[tuple[int, tuple[int, ...]]]:
    return list(zip(rows.tolist(), zip(*(c[rows].tolist() for c in columns), strict=True), strict=True))


# --- rows -------------------------------------------------------------------------------------------------------------


def _read(survey: Survey, rows: Rows, welfare: str, line: Floats | None, *, ordered: bool) -> Incomes:
    """Read incomes, as multiples of a line where each row has its own."""
    value: Floats = rows.of(survey.numbers(welfare)).astype(np.float64)
    infinite = int(np.isinf(value).sum())
    if infinite:
        raise DataError(f"column {welfare!r} is infinite in {infinite:,} rows")
    if line is not None:
        value = value / rows.of(line)
    known = ~np.isnan(value)
    if not known.all():
        value = np.where(known, value, np.max(value, where=known, initial=0.0))
    return Incomes(value, known, np.argsort(value) if ordered else None)


def _left_out(work: _MemoryInputs, total: Grouping, unit: Unit) -> dict[str, str]:
    """Say how many rows are left out, and which statistics leave out amounts of 0 and below."""
    rows, said = work.rows, []
    rounds, plain = rounds_of(work.survey.waves, total), work.incomes[""]
    for name, incomes in work.incomes.items():
        if not incomes.known.all() and (not name or incomes.known.sum() < plain.known.sum()):
            there, seen = (by_round(total, rows, x) for x in (rows.cases, _times(incomes.known, rows.cases)))
            weight, kept = (by_round(total, rows, w) for w in (rows.weight, rows.weight * incomes.known))
            what = work.welfare if not name else f"{work.welfare} or its line"
            said.append(lost_to_missing(there, seen, what, 1 - kept / weight).sentence(unit, rounds))
    out = {KEY: "; ".join(dict.fromkeys(said))} if said else {}
    low = plain.known & (plain.value <= 0) & (rows.weight > 0)
    touched = [s.name for s in work.asked if s.kind in POSITIVE]
    if touched and low.any():
        out["amounts"] = f"{int(low.sum()):,} rows with {work.welfare} of 0 or below left out of {', '.join(touched)}"
    return out


def _times(mask: NDArray[np.bool_], cases: NDArray[np.int64] | None) -> Floats:
    """Return the cases with a known income in each row."""
    return np.asarray(mask if cases is None else mask * cases, dtype=np.float64)
