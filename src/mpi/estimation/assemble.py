"""Assembly of estimates from statistics and their influences: errors, labels, flags."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.errors import RequestError, warn
from mpi.estimation.blocks import placed
from mpi.estimation.parts import counts_or_missing
from mpi.estimation.stages import Stages, less_margins, margins_of, replicate_deviations
from mpi.inference.counts import ShareCounts
from mpi.inference.design import CERTAIN, COMPLETE, FEW, LOST, SINGLE
from mpi.inference.influence import Influence
from mpi.results.degrees import few
from mpi.results.estimable import certain, some_single
from mpi.results.estimates import Estimates
from mpi.tables.keys import Coded, Keys, coded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from mpi.estimation.groups import Grouping
    from mpi.estimation.parts import ColumnLabels, Part
    from mpi.inference.cells import Cells
    from mpi.inference.design import PsuDesign
    from mpi.inference.variance import Block
    from mpi.results.options import Degrees

    Floats = NDArray[np.float64]

__all__ = ["assemble"]

_ROUNDING = 64 * np.finfo(np.float64).eps


def assemble(
    design: PsuDesign,
    waves: tuple[Any, ...],
    parts: Iterable[tuple[Grouping, Cells, list[Part]]],
    whole: Cells,
    *,
    level: float,
    degrees: Degrees,
) -> Estimates:
    """Put the parts of all groupings together as estimates.

    Parameters
    ----------
    design : PsuDesign
        The sampling design.
    waves : tuple
        The labels of the rounds.
    parts : iterable of (Grouping, Cells, list of Part)
        The statistics by grouping; each is held in other arrays when the next is asked for.
    whole : Cells
        The cells of the total, which shares of the whole refer to.
    level : float
        The confidence level.
    degrees : {"group", "design"}
        Whose degrees of freedom.
    """
    blocks: list[Block] = []
    tables: list[_Rows] = []
    groupings: list[Grouping] = []
    rows = _Assembler(design, whole, degrees)
    for grouping, cells, pieces in parts:
        if pieces:
            groupings.append(grouping)
            tables.append(rows(blocks, cells, pieces))
            _tell_many(grouping, tables[-1])
        pieces = []  # noqa: PLW2901  # so that they are gone when the next are made
    if not groupings:
        raise RequestError(
            "there is nothing to estimate: shares of the whole need groups (by=), vulnerable and severe need those "
            "cutoffs in the measure"
        )
    offsets = np.cumsum([0, *(b.columns for b in blocks)])
    influence = Influence(design.errors, tuple(blocks), _jacobian(tables, offsets))
    if design.split is not None and design.split.calibration is not None and design.split.replication is None:
        influence = _less_margins(influence, tables, margins_of(design.errors, design.split.calibration))
    keys, method, flag = _keys(tables, groupings, waves, complete=design.errors.complete)
    codes = {g.name: dict(zip(g.labels, g.codes, strict=True)) for g in groupings}
    return Estimates(
        keys=keys,
        value=np.concatenate([t.value for t in tables]),
        se=np.concatenate([t.se for t in tables]),
        df=np.concatenate([t.df for t in tables]),
        n=np.concatenate([t.n for t in tables]),
        n_psu=np.concatenate([t.n_psu for t in tables]),
        estimable=_estimable(tables),
        method=method,
        flag=flag,
        influence=influence,
        level=level,
        degrees=degrees,
        codes=codes,
        counts=ShareCounts(np.concatenate([t.trait for t in tables]), np.concatenate([t.below for t in tables])),
    )


_MANY, _FEW_CASES = 1_000, 10
"""How many groups are told where they are this small on average."""


def _tell_many(grouping: Grouping, table: _Rows) -> None:
    """Warn of a disaggregation by what is an identifier, or an amount."""
    groups = len(grouping.labels)
    cases = np.nanmax(table.n.reshape(groups, -1), axis=1, initial=0.0).mean() if groups > _MANY else np.inf
    if cases < _FEW_CASES:
        warn(
            f"by {grouping.name!r}: {groups:,} groups of {cases:.1f} cases on average; is this an identifier, or an "
            "amount? Put amounts into classes first (survey.with_groups, or a column of your own); tables of so many "
            "groups are slow to write, and their figures say little"
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """The rows of one grouping, group by group."""

    labels: list[ColumnLabels]
    groups: int
    value: Floats
    se: Floats
    certain: NDArray[np.bool_]  # whether it has no sampling error, by definition or by design
    steady: NDArray[np.bool_]  # whether an error of 0 is one that was estimated
    df: Floats
    n: Floats
    n_psu: Floats
    local: NDArray[np.int64]  # block, column and multiple of each row's own influence
    block: NDArray[np.int64]
    factor: Floats
    share: Floats  # what is taken off of the whole's influence
    whole_block: NDArray[np.int64]
    whole_column: NDArray[np.int64]
    trait: Floats
    below: Floats
    lost: Floats  # how many replicates do not have the figure
    wave: NDArray[np.int32]
    explained: Floats | None  # the regression on the margins


class _Assembler:
    """Makes the rows of one grouping after the other.

    Where the design splits PSUs, influences are summed by its stages first, or the deviations of replicates stand for
    them. Degrees of freedom are those of the round with ``degrees="design"``.
    """

    __slots__ = ("_by_wave", "_design", "_stages", "_whole")

    def __init__(self, design: PsuDesign, whole: Cells, degrees: Degrees) -> None:
        split = design.split
        drawn = design.drawn
        self._design, self._whole = design, whole
        self._stages = None if split is None or split.replication is not None else Stages(split, whole)
        self._by_wave = np.array([drawn.df([w]) for w in range(drawn.waves)]) if degrees == "design" else None

    def __call__(self, blocks: list[Block], cells: Cells, pieces: list[Part]) -> _Rows:
        """Return the rows of one grouping, and add its influences to the blocks."""
        design, whole, explained = self._design, self._whole, None
        if self._stages is not None:
            staged = self._stages(cells, pieces)
            cells, whole, pieces, explained = staged.cells, staged.whole, staged.pieces, staged.explained
            design = design.errors
        placement, variance = self._placement(design, blocks, cells, whole, pieces)
        if design.split is not None:
            cells, design = replace(cells, unit=design.psus(cells.unit)), design.drawn
            whole = replace(whole, unit=self._design.psus(whole.unit))
        made = placement | self._figures(cells, pieces)
        labels = [label for piece in pieces for label in piece.labels]
        made["certain"], steady = _known(design, cells, whole, pieces, made["value"])
        made["steady"] = steady[:, None] & ~some_single(design, cells)
        made["se"] = np.where(made["certain"], 0.0, _errors(made["value"], variance))
        flat: dict[str, Any] = {k: v.T.ravel() for k, v in made.items()}
        wave = np.repeat(cells.wave, len(labels))
        return _Rows(labels, cells.groups, **flat, wave=wave, explained=explained)

    def _placement(
        self, design: PsuDesign, blocks: list[Block], cells: Cells, whole: Cells, pieces: list[Part]
    ) -> tuple[dict[str, NDArray[Any]], Floats]:
        """Add the influences of parts to the blocks; return where they stand, and their variances."""
        if design.split is None:
            found = [*_placements(design, blocks, cells, whole, pieces)]
        else:
            found = []
            for piece in pieces:
                block, variance, lost = replicate_deviations(design.split, cells, whole, piece)
                place = _whole_block(len(blocks), *variance.shape) | {"lost": lost.astype(np.float64)}
                blocks.append(block)
                found.append((place, variance))
        if len(found) == 1:
            return found[0]
        names = found[0][0]
        return {n: np.concatenate([p[n] for p, _ in found]) for n in names}, np.concatenate([v for _, v in found])

    def _figures(self, cells: Cells, pieces: list[Part]) -> dict[str, NDArray[Any]]:
        """Return the figures of parts and what they rest on (statistics x groups), by name."""
        made = {
            "value": [p.value for p in pieces], "n": [p.n for p in pieces], "n_psu": [p.psus.number for p in pieces],
            "df": [p.psus.df for p in pieces], "trait": [counts_or_missing(p.trait, p.value) for p in pieces],
            "below": [counts_or_missing(p.below, p.value) for p in pieces],
        }  # fmt: skip
        found: dict[str, NDArray[Any]] = {k: v[0] if len(v) == 1 else np.concatenate(v) for k, v in made.items()}
        by_wave, split = self._by_wave, self._design.split
        if by_wave is not None:
            found["df"] = np.tile(by_wave[cells.wave], (len(found["df"]), 1))
        if split is not None and split.replication is not None:
            found["df"] = np.minimum(found["df"], split.replication.df[cells.wave])
        return found


def _known(
    design: PsuDesign, cells: Cells, whole: Cells, pieces: list[Part], value: Floats
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell the figures without sampling error, and the statistics of which an error of 0 is one that was estimated."""
    zero = np.array([label.zero for piece in pieces for label in piece.labels])
    fixed, found, start = zero == "certain", np.empty(value.shape, dtype=bool), 0
    for shares, alike in groupby(pieces, lambda p: p.whole is not None):
        rows = slice(start, start := start + sum(len(p.labels) for p in alike))
        found[rows] = certain(design, fixed[rows], value[rows], cells, whole if shares else None)
    return found, zero == "design"


def _placements(
    design: PsuDesign, blocks: list[Block], cells: Cells, whole: Cells, pieces: list[Part]
) -> Iterator[tuple[dict[str, NDArray[Any]], Floats]]:
    """Add the influences of parts to the blocks; yield where those of each stand, and their variances."""
    G = cells.groups
    for piece, own in zip(pieces, placed(design, blocks, cells, pieces, whole), strict=True):
        made: dict[str, NDArray[Any]] = _whole_block(-1, len(piece.labels), G) | {
            "local": own.place[piece.column][:, None] * G + np.arange(G),
            "block": np.repeat(own.block[piece.column][:, None], G, axis=1),
            "factor": np.repeat(piece.factor[:, None], G, axis=1),
        }  # fmt: skip
        if piece.whole is None:
            yield made, own.variance[piece.column] * piece.factor[:, None] ** 2
        else:
            of_whole = own.place[:, None] * whole.groups + whole.place(cells.wave)[None, :]
            more = {"share": piece.value, "whole_block": made["block"] + 1, "whole_column": of_whole}
            yield made | more, own.variance


def _whole_block(block: int, m: int, G: int) -> dict[str, NDArray[Any]]:
    """Return where statistics stand that have a block to themselves, and no side in another."""
    none = np.full((m, G), -1)
    return {
        "local": np.arange(m * G).reshape(m, G), "block": np.full((m, G), block), "factor": np.ones((m, G)),
        "share": np.full((m, G), np.nan), "whole_block": none, "whole_column": none,
        "lost": np.zeros((m, G)),
    }  # fmt: skip


def _less_margins(influence: Influence, tables: list[_Rows], margins: Block) -> Influence:
    """Take what margins explain off influences and off errors; a figure that they explain has none."""
    explained = np.concatenate([t.explained for t in tables if t.explained is not None])
    wave = np.concatenate([t.wave for t in tables])
    blocks = [*influence.blocks, margins]
    jacobian = less_margins(influence.jacobian, blocks, explained, wave)
    made = Influence(influence.design, tuple(blocks), jacobian)
    variance, start = made.variances(), 0
    for i, t in enumerate(tables):
        inside = slice(start, start := start + len(t.value))
        se = np.where(t.certain, 0.0, _errors(t.value, variance[inside]))
        tables[i] = replace(t, se=se, certain=t.certain | ((se == 0) & (t.se > 0)))
    return made


def _errors(value: Floats, variance: Floats) -> Floats:
    """Return standard errors; rounding is none, and an undefined estimate has none."""
    se = np.sqrt(variance)
    se[se <= _ROUNDING * np.abs(np.nan_to_num(value))] = 0.0
    se[np.isnan(value)] = np.nan
    return se


def _estimable(tables: Sequence[_Rows]) -> NDArray[np.bool_]:
    """Tell the numbers whose error is known: estimated from what varies in the sample, or none for certain."""
    value, se, certain, steady, df = (
        np.concatenate([getattr(t, x) for t in tables]) for x in ("value", "se", "certain", "steady", "df")
    )
    return np.asarray(~np.isnan(value) & (certain | (((se > 0) | (steady & (se == 0))) & (df > 0))))


def _jacobian(tables: Sequence[_Rows], offsets: NDArray[np.int64]) -> Any:
    import scipy.sparse as sp

    own = np.concatenate([offsets[t.block] + t.local for t in tables])
    share = np.concatenate([t.share for t in tables])
    whole = np.concatenate([offsets[t.whole_block] + t.whole_column for t in tables])
    wb = np.concatenate([t.whole_block for t in tables])
    second = wb >= 0
    pointer = np.r_[0, np.cumsum(1 + second)]
    indices = np.empty(pointer[-1], dtype=np.int64)
    data = np.ones(pointer[-1])
    indices[pointer[:-1]] = own
    data[pointer[:-1]] = np.concatenate([t.factor for t in tables])
    indices[pointer[:-1][second] + 1] = whole[second]
    data[pointer[:-1][second] + 1] = -np.nan_to_num(share[second])
    return sp.csr_array((data, indices, pointer), shape=(len(own), int(offsets[-1])))


def _keys(
    tables: Sequence[_Rows], groupings: Sequence[Grouping], waves: tuple[Any, ...], *, complete: bool
) -> tuple[Keys, Coded, Coded]:
    kinds, of_row = _kinds(tables)

    def of_kind(name: str) -> Coded:
        return coded([getattr(x, name) for x in kinds]).take(of_row)

    counts = np.repeat([len(t.labels) for t in tables], [t.groups for t in tables])
    group_of_row = np.repeat(np.arange(len(counts)), counts)

    def of_group(values: list[Any]) -> Coded:
        return coded(values).take(group_of_row)

    columns = {n: of_kind(n) for n in ("statistic", "contrast", "indicator", "dimension", "cutoff", "weighting")}
    columns["by"] = of_group([g.name for g in groupings for _ in g.labels])
    columns["group"] = of_group([label for g in groupings for label in g.labels])
    columns["wave"] = of_group([waves[w] if waves else None for g in groupings for w in g.wave])
    method = of_kind("method")
    flags = _flags(tables, method, of_kind("undefined"), complete=complete)
    order = ("statistic", "contrast", "indicator", "dimension", "by", "group", "wave", "cutoff", "weighting")
    return Keys({n: columns[n] for n in order}), method, flags


def _kinds(tables: Sequence[_Rows]) -> tuple[list[ColumnLabels], NDArray[np.int64]]:
    """Return the labels of statistics, those that groupings share once, and which of them is each row's."""
    place: dict[int, int] = {}
    kinds = {id(x): x for t in tables for x in t.labels}
    for one in kinds:
        place[one] = len(place)
    of_row = [np.tile([place[id(x)] for x in t.labels], t.groups) for t in tables]
    return [*kinds.values()], np.concatenate(of_row)


def _flags(tables: Sequence[_Rows], method: Coded, reasons: Coded, *, complete: bool) -> Coded:
    """Say what to know about each number, the gravest last so that it stands."""
    value, se, certain, n_psu, df, lost = (
        np.concatenate([getattr(t, x) for t in tables]) for x in ("value", "se", "certain", "n_psu", "df", "lost")
    )
    share, other = (np.isin(method.values, kinds)[method.index] for kinds in (["share"], ["intensity", "fraction"]))
    words = (
        "no variation between PSUs: no interval", "estimate is 0: no interval", "estimate is 1: no interval",
        "one PSU in group", "no degrees of freedom", FEW, SINGLE, CERTAIN, COMPLETE, "estimate is 0: upper limit only",
        "estimate is 1: lower limit only", LOST, *reasons.values,
    )  # fmt: skip
    flag = np.full(len(value), -1, dtype=np.int32)
    flag[few(df)] = 5
    flag[lost > 0] = 11
    flag[se == 0] = 0
    flag[other & (value == 0)] = 1
    flag[other & (value == 1)] = 2
    flag[share & (value == 0)] = 9
    flag[share & (value == 1)] = 10
    flag[df <= 0] = 4
    flag[n_psu == 1] = 3
    flag[np.isnan(se) & (n_psu != 1)] = 6
    flag[certain] = 7
    if complete:
        flag[:] = 8
    undefined = np.isnan(value)
    flag[undefined] = 12 + reasons.index[undefined]
    return Coded(words, flag)
