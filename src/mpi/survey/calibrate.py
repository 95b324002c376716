"""Weights of rows calibrated to margins: what each row adds to them, the new weights, and what errors then need."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mpi.core.errors import DataError, Problems, RequestError
from mpi.frames.arrays import MISSING
from mpi.frames.compress import first_of
from mpi.inference.calibration import Calibration, Distance, gaps, ratios
from mpi.survey.margins import Margin, Margins
from mpi.survey.split import finer, keys_of, rows_alike

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mpi.frames.arrays import Categories
    from mpi.inference.calibration import Bounds
    from mpi.inference.design import PsuDesign, Split
    from mpi.survey.memory import MemoryRows

    Floats = NDArray[np.float64]

__all__ = ["SUBJECT", "WeightUnit", "calibrated", "calibrated_again"]

WeightUnit = Literal["row", "cluster"]
"""Which rows have one ratio of weights: those alike in the margins, or all of a PSU."""

_AGREE = 1e-9
"""By how much of themselves totals of margins may differ."""
_MET = 1e-8
SUBJECT = "the weights cannot be calibrated"
"""What is told of every problem."""
_TWICE = "they are calibrated already, and a second calibration would undo the first; give all margins at once"


def calibrated(
    rows: MemoryRows, margins: Margins, how: Distance, unit: WeightUnit, bounds: Bounds | None
) -> MemoryRows:
    """Return rows with weights that meet margins; `how`, `unit` and `bounds` are those of `Survey.calibrate`."""
    split = rows.design.split
    if split is not None and split.calibration is not None:
        raise RequestError(f"{SUBJECT}: {_TWICE}")
    asked = _matched(rows, margins, how)
    design, part = rows.design, rows.unit
    if unit == "row":
        part, design = finer(rows.unit, design, asked.key)
    else:
        part, design = finer(rows.unit, design, np.zeros(len(rows), dtype=np.int64))
    split = design.split
    if split is None:
        raise TypeError("the design is not split")
    x = asked.x[asked.key[first_of(part, design.units)]] if unit == "row" else asked.by_psu(rows, part, design.units)
    before: Floats = np.bincount(part, weights=rows.weight, minlength=design.units).astype(np.float64)
    how = "linear" if how == "poststratify" and unit == "cluster" else how
    ratio, steps = _ratios(x, before, asked, how, bounds)
    weight = rows.weight * ratio[part]
    made = _error_design(split, x, before, ratio, asked, how, bounds)
    low, high = ratio[before > 0].min(), ratio[before > 0].max()
    named = [m.name for m in asked.margins]
    names = ", ".join(named[:_SHOWN]) + (f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else "")
    said = f"calibrated to {names} ({how}, weights times {low:.3g} to {high:.3g}, {_steps(steps)})"
    return replace(
        rows, weight=weight, unit=part, design=replace(design, split=made), weighting=(*rows.weighting, said)
    )


def _steps(steps: int) -> str:
    return "1 step" if steps == 1 else f"{steps} steps"


@dataclass(frozen=True, slots=True, eq=False)
class _CalibrationProblem:
    """The margins, and what rows add to them.

    Attributes
    ----------
    margins : list of Margin
        The margins, without cells that are empty on both sides.
    key : ndarray of int, shape (rows,)
        The class of each row: rows of a class add the same.
    x : ndarray of float, shape (classes, totals)
        What a row of each class adds.
    covariance : ndarray or None, shape (totals, totals)
        That of the totals, where they are estimates.
    """

    margins: list[Margin]
    key: NDArray[np.int32]
    x: Floats
    covariance: Floats | None

    @property
    def totals(self) -> Floats:
        """All totals, margin by margin."""
        return np.concatenate([m.totals for m in self.margins])

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each of the totals in messages."""
        return tuple(m.cell(i) for m in self.margins for i in range(len(m.totals)))

    def by_psu(self, rows: MemoryRows, part: NDArray[np.int32], units: int) -> Floats:
        """Return what rows add on average by unit, by their weights (Lemaitre and Dufour 1987)."""
        import scipy.sparse as sp

        fold = sp.csr_array((rows.weight, (part, self.key)), shape=(units, len(self.x)))
        sums = np.asarray(fold @ self.x)
        weight = np.bincount(part, weights=rows.weight, minlength=units)[:, None]
        found: Floats = np.divide(sums, weight, out=np.zeros_like(sums), where=weight > 0)
        return found


def _matched(rows: MemoryRows, margins: Margins, how: Distance) -> _CalibrationProblem:
    """Find the cell of each row in each margin."""
    problems = Problems(SUBJECT, DataError)
    if how == "poststratify" and (len(margins.each) != 1 or margins.each[0].cells is None):
        problems.add("poststratify takes one table of cells; how='rake' or 'linear' takes several, and sums")
    counts = (rows.weight > 0) & (True if rows.members is None else rows.members)
    size = rows.numbers(rows.roles["size"]).astype(np.float64) if "size" in rows.roles else np.ones(len(rows))
    size = np.where(counts, size, 0.0)
    keys: list[NDArray[Any]] = [size]
    kept: list[Margin] = []
    chosen: list[NDArray[np.bool_]] = []
    for m in margins.each:
        if m.cells is None:
            values = rows.numbers(m.columns[0]).astype(np.float64)
            gone = int((np.isnan(values) & counts).sum())
            if gone:
                problems.add(f"column {m.columns[0]!r} is missing in {gone:,} rows; their part of the sum is not known")
            keys.append(np.where(counts, np.nan_to_num(values), 0.0))
            kept.append(m)
            chosen.append(np.ones(1, dtype=bool))
            continue
        cell, keep = _cells(rows, m, np.where(counts, rows.weight * size, 0.0), problems)
        keys.append(np.where(counts, cell, -1))
        kept.append(Margin(m.columns, [c for c, k in zip(m.cells, keep, strict=True) if k], m.totals[keep]))
        chosen.append(keep)
    _check_totals(kept, problems)
    problems.raise_if_any()
    key = keys_of(*keys)
    first = first_of(key, int(key.max()) + 1)
    x = np.concatenate(
        [
            (k[first] * size[first])[:, None] if m.cells is None
            else (k[first][:, None] == np.arange(len(m.totals))) * size[first][:, None]
            for m, k in zip(kept, keys[1:], strict=True)
        ],
        axis=1,
    )  # fmt: skip
    among = np.concatenate(chosen)
    known = None if margins.covariance is None else margins.covariance[np.ix_(among, among)]
    return _CalibrationProblem(kept, key, x, known)


def _cells(
    rows: MemoryRows, m: Margin, weight: Floats, problems: Problems
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the cell of each row, and which cells have anybody; each that cannot be is a problem."""
    found = [rows.categories(c) for c in m.columns]
    places = [_places(f) for f in found]
    number: dict[tuple[int, ...], int] = {}
    for i, values in enumerate(m.cells or []):
        at = tuple(p.get(_plain(v), -1) for p, v in zip(places, values, strict=True))
        if -1 not in at and at in number:
            problems.add(f"margin {m.name}: {m.cell(i)} stands twice")
        number.setdefault(at, i)
    shape = [len(f.levels) for f in found]
    table = np.full(shape, -1, dtype=np.int64)
    for at, i in number.items():
        if -1 not in at:
            table[at] = i
    cell: NDArray[np.int64] = table[tuple(f.index for f in found)]
    there = np.bincount(cell[cell >= 0], weights=weight[cell >= 0], minlength=len(m.totals))
    bad = ~np.isfinite(m.totals) | (m.totals < 0)
    problems.found += [
        f"margin {m.name}: the total of {m.cell(i)} is {m.totals[i]:g}" for i in np.flatnonzero(bad).tolist()
    ]
    empty = np.flatnonzero((there == 0) & (m.totals > 0))
    problems.found += [
        f"margin {m.name}: nobody in the sample has {m.cell(i)}, which the margin gives {m.totals[i]:,g}; put the cell "
        "together with another"
        for i in empty[:_SHOWN].tolist()
    ]
    nobody = np.flatnonzero((there > 0) & (m.totals == 0))
    problems.found += [
        f"margin {m.name}: the total of {m.cell(i)} is 0, but the sample has people there"
        for i in nobody[:_SHOWN].tolist()
    ]
    _tell_unplaced(m, found, cell, weight, problems)
    keep = there > 0
    new = np.where(keep, np.cumsum(keep) - 1, -1)
    return np.where(cell >= 0, new[cell], -1), keep


_SHOWN = 5


def _tell_unplaced(
    m: Margin, categories: list[Categories], cell: NDArray[Any], weight: Floats, problems: Problems
) -> None:
    """Note the people of the sample who are in no cell of a margin."""
    out = (cell < 0) & (weight > 0)
    if not out.any():
        return
    combos = np.unique(np.column_stack([f.index[out] for f in categories]), axis=0)
    named = [
        " and ".join(
            f"{c} = {MISSING if f.levels[i] is None else repr(f.levels[i])}"
            for c, f, i in zip(m.columns, categories, combo, strict=True)
        )
        for combo in combos[:_SHOWN].tolist()
    ]
    more = f" and {len(combos) - _SHOWN} more" if len(combos) > _SHOWN else ""
    problems.add(
        f"margin {m.name}: {int(out.sum()):,} rows are in none of its cells ({'; '.join(named)}{more}); everybody in "
        "the sample must be in one"
    )


def _places(categories: Categories) -> dict[Any, int]:
    """Return where each value stands among the levels, by itself, by its label, or by how it is written."""
    levels = [(i, v) for i, v in enumerate(categories.levels) if v is not None]
    written = {str(v): i for i, v in levels}
    named = {str(categories.names[v]): i for i, v in levels if v in categories.names}
    return written | named | {_plain(v): i for i, v in levels}


def _plain(value: Any) -> Any:
    """Return a value as Python holds it, 1.0 and 1 alike."""
    value = value.item() if isinstance(value, np.generic) else value
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _check_totals(margins: list[Margin], problems: Problems) -> None:
    """Note margins of everybody that do not add up to the same number of people."""
    sums = {m.name: float(m.totals.sum()) for m in margins if m.cells is not None}
    if sums and max(sums.values()) - min(sums.values()) > _AGREE * max(sums.values()):
        said = ", ".join(f"{name} to {total:,.10g}" for name, total in sums.items())
        problems.add(f"the margins disagree about how many people there are: {said}; make them add up to the same")


def _ratios(
    x: Floats, before: Floats, problem: _CalibrationProblem, how: Distance, bounds: Bounds | None
) -> tuple[Floats, int]:
    """Return the ratio of weights of each part; parts alike are solved for once."""
    key = rows_alike(x)
    first = first_of(key, int(key.max()) + 1)
    weight: Floats = np.bincount(key, weights=before).astype(np.float64)
    found, steps = _solve(x[first], weight[None], problem.totals, problem.names, how, bounds)
    if not (found[0][weight > 0] > 0).all():
        raise DataError(
            f"{SUBJECT}: {how} would make the weights of some rows negative or 0 (ratios from {found.min():.3g}); "
            "how='rake' keeps all above 0, how='logit' keeps them between bounds"
        )
    return found[0][key], steps


def _solve(
    x: Floats, weight: Floats, totals: Floats, names: Sequence[str], how: Distance, bounds: Bounds | None
) -> tuple[Floats, int]:
    """Return the ratios (replicates x classes), or tell which margin cannot be met."""
    if how == "poststratify":
        found, steps = _cell_ratios(x, weight, totals), 1
    else:
        solved = ratios(x, weight, totals, how, bounds)
        found, steps = solved.ratio, solved.steps
    with np.errstate(invalid="ignore"):
        size = np.abs(gaps(x, weight * found, totals))
    size = np.where(np.isnan(size), np.inf, size)
    if not (size <= _MET).all():
        r, worst = divmod(int(size.argmax()), size.shape[1])
        lost = int((~(size <= _MET).all(axis=1)).sum())
        which = f" in {lost:,} of {len(weight):,} replicates" if len(weight) > 1 else ""
        wide = "; wider bounds may do" if how == "logit" else ""
        have = float(weight[r] @ x[:, worst])
        raise DataError(
            f"{SUBJECT}: no weights meet the margins{which}; the worst is {names[worst]}, whose total is "
            f"{totals[worst]:,.10g} (before: {have:,.6g}). Put small cells together{wide}"
        )
    return found, steps


def _cell_ratios(x: Floats, weight: Floats, totals: Floats) -> Floats:
    """Return the ratios of cells that nobody shares: each its total by its weights; 1 outside of all."""
    cell = np.where((x > 0).any(axis=1), x.argmax(axis=1), -1)
    sums = weight @ x
    share = np.divide(totals, sums, out=np.full(sums.shape, np.nan), where=sums > 0)
    return np.where(cell >= 0, share[:, cell], 1.0)


def _error_design(
    split: Split,
    x: Floats,
    before: Floats,
    ratio: Floats,
    problem: _CalibrationProblem,
    how: Distance,
    bounds: Bounds | None,
) -> Split:
    """Return what errors need: the margins of each unit, and the errors of the margins behind them."""
    inverse: Floats = np.linalg.pinv((x * before[:, None]).T @ x, rcond=1e-12, hermitian=True).astype(np.float64)
    errors = split.psus if split.replication is not None else split.errors
    columns = np.zeros((errors.units, x.shape[1]))
    for stage in split.stages:
        np.add.at(columns, stage, x * (before * ratio)[:, None])
    if problem.covariance is not None:
        errors, more = _with_errors(errors, problem.covariance)
        columns = np.concatenate([columns, more])
    calibration = Calibration(x, ratio, inverse, columns, how, bounds, problem.names)
    if split.replication is None:
        return replace(split, errors=errors, calibration=calibration)
    if problem.covariance is not None:
        raise RequestError(
            f"{SUBJECT}: errors of the margins themselves are known to linearised errors only; calibrate the survey "
            "without replicates"
        )
    return calibrated_again(replace(split, calibration=calibration), before * ratio)


def _with_errors(design: PsuDesign, covariance: Floats) -> tuple[PsuDesign, Floats]:
    """Add pairs of units to a design, so that margins vary as their covariance says, apart from the sample."""
    value, vector = np.linalg.eigh((covariance + covariance.T) / 2)
    keep = value > value.max(initial=0.0) * 1e-14
    root = vector[:, keep] * np.sqrt(value[keep])
    many = root.shape[1]
    strata = design.strata + np.arange(many, dtype=np.int32)
    bare = np.zeros(design.units, dtype=bool) if design.weightless is None else design.weightless
    first = int(design.psu.max(initial=-1)) + 1
    made = replace(
        design,
        stratum=np.r_[design.stratum, np.repeat(strata, 2)].astype(np.int32),
        psu=np.r_[design.psu, first + np.arange(2 * many)].astype(np.int32),
        wave=np.r_[design.wave, np.zeros(many, dtype=np.int32)],
        place=np.r_[design.place, int(design.place.max(initial=-1)) + 1 + np.arange(many, dtype=np.int32)],
        sampled=np.r_[design.sampled, np.zeros(many)],
        weightless=np.r_[bare, np.ones(2 * many, dtype=bool)],
    )
    columns = np.repeat(root.T, 2, axis=0) / 2
    columns[1::2] *= -1
    return made, columns


def calibrated_again(split: Split, weight: Floats) -> Split:
    """Return replicates whose weights are calibrated each by itself, as those of the sample are.

    Parameters
    ----------
    split : Split
        Parts with replicates and the calibration of the sample.
    weight : ndarray of float, shape (parts,)
        The weights after calibration.
    """
    replication, known = split.replication, split.calibration
    if replication is None or known is None:
        return split
    import scipy.sparse as sp

    key = rows_alike(known.x)
    first = first_of(key, int(key.max()) + 1)
    x, totals, before = known.x[first], weight @ known.x, weight / known.ratio
    fold = sp.csr_array((before, (key, np.arange(len(key)))), shape=(len(first), len(key)))
    sums = np.ascontiguousarray((fold @ replication.factors.T).T)
    found, _ = _solve(x, sums, totals, known.names, known.distance, known.bounds)
    factors = replication.factors * (found[:, key] / known.ratio)
    return replace(split, replication=replace(replication, factors=factors))
