"""The cells that figures tell, and the sums that they are in, read from estimates."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from mpi.release.cells import TOLERANCE, Tabulated
from mpi.release.ingredients import derived
from mpi.release.rows import rows_of, sums
from mpi.tables.keys import cutoffs_as_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mpi.release.cells import Key
    from mpi.release.rows import TableRow
    from mpi.tables.estimates_like import EstimatesLike

    Floats = NDArray[np.float64]

__all__ = ["tabulated"]

_KINDS = {
    "H": "poor", "number_of_poor": "poor", "poor_share": "poor", "M0": "score", "group_contribution": "score",
    "uncensored_headcount": "deprived", "censored_headcount": "part", "contribution": "part",
    "population_share": "people", "population": "people", "vulnerable": "vulnerable", "severe": "severe",
    "inequality": "square",
}  # fmt: skip
_OF_ALL = ("poor_share", "group_contribution", "population_share")
_NUMBERS = ("total", "population", "number_of_poor")
_NUMBER = "_number"
_RATIOS = ("A", "contribution_share")
_DEAREST, _FINER = 1e4, 30.0


def tabulated(est: EstimatesLike) -> Tabulated:
    """Return the cells that estimates are figures of, with all relations between them."""
    found = Tabulated()
    levels = np.flatnonzero(~derived(est) & ~np.isnan(est.value))
    rows, row_of = rows_of(est, levels)
    people = _people(est, levels, row_of, len(rows))
    found.dear = [_DEAREST / _FINER ** len(row.codes or ()) for row in rows]
    layers: dict[Key, dict[int, int]] = defaultdict(dict)
    for i, r in zip(levels.tolist(), row_of, strict=True):
        found.row[i] = r
        _add_figure(est, found, layers, i, r, people[r])
    _add_ratios(est, found, layers, levels, row_of)
    _add_scores_of_nobody(found, layers)
    _add_cases(est, found, layers, levels, row_of)
    first = [int(levels[row_of.index(r)]) for r in range(len(rows))]
    _add_sums(est, found, layers, rows, first)
    _add_within(found, layers)
    return found


def _people(est: EstimatesLike, levels: NDArray[np.int64], row_of: Sequence[int], count: int) -> Floats:
    """Return the population of each row: the most that a share of it is a share of."""
    weight = est.n if est.counts is None else np.where(np.isnan(est.counts.weight), est.n, est.counts.weight)
    statistic = est.keys["statistic"]
    whole = np.isin(statistic.index, [i for i, s in enumerate(statistic.values) if s in _OF_ALL])
    out = np.zeros(count)
    own = levels[~whole[levels]]
    np.maximum.at(out, np.array(row_of, dtype=int)[~whole[levels]], np.nan_to_num(weight[own]))
    return out


def _key(est: EstimatesLike, i: int) -> Key:
    """Return what a figure counts, apart from its row: figures of one key tell the same cell."""
    statistic, indicator, dimension = (est.keys[n].at(i) for n in ("statistic", "indicator", "dimension"))
    name = _KINDS.get(str(statistic))
    at = (est.keys["cutoff"].at(i), est.keys["weighting"].at(i))
    if name == "people":
        return (name,)
    if name == "deprived":
        return (name, indicator)
    if name is not None:
        return (name, indicator, *at)
    return ("own", str(statistic).removesuffix(_NUMBER), indicator, dimension, *at)


def _add_figure(
    est: EstimatesLike, found: Tabulated, layers: dict[Key, dict[int, int]], i: int, r: int, people: float
) -> None:
    """Add the cell that a figure tells, with its value in people; a ratio of cells comes later."""
    statistic = str(est.keys["statistic"].at(i))
    if statistic in _RATIOS:
        return
    key = _key(est, i)
    weight = est.n[i] if est.counts is None or np.isnan(est.counts.weight[i]) else est.counts.weight[i]
    factor = _weight_of(est, i) if statistic == "censored_headcount" else 1.0
    number = statistic in _NUMBERS or statistic.endswith(_NUMBER)
    value = float(est.value[i] * (1.0 if number else weight * factor))
    share = est.method.at(i) == "share" or key[0] in {"poor", "score", "part", "severe", "vulnerable", "deprived"}
    room = max(people * factor - value, 0.0) if share and not number else np.inf
    cell = layers[key].setdefault(r, -1)
    if cell < 0:
        cell = layers[key][r] = found.cell(value, room, ("cell", r, *key))
    elif not number and np.isinf(found.room[cell]):
        found.value[cell], found.room[cell] = value, room
    found.of_figure[i] = cell
    found.publishers[cell].append(i)


def _weight_of(est: EstimatesLike, i: int) -> float:
    """Return the weight of a figure's indicator in the measure, by which its headcount contributes to M0."""
    name = est.keys["indicator"].at(i)
    known = {one.name: float(one.weight) for m in est.measures[:1] for one in m.indicators}
    return known.get(name, 1.0) if est.keys["weighting"].at(i) in (None, "own") else 1.0


def _add_ratios(
    est: EstimatesLike, found: Tabulated, layers: dict[Key, dict[int, int]], levels: NDArray[np.int64],
    row_of: Sequence[int],
) -> None:  # fmt: skip
    """Add intensities and shares of contributions: each is the ratio of two cells, or of a sum of cells and one."""
    k = cutoffs_as_numbers(est.keys)
    for i, r in zip(levels.tolist(), row_of, strict=True):
        statistic = est.keys["statistic"].at(i)
        if statistic not in _RATIOS:
            continue
        indicator, dimension, *at = (est.keys[n].at(i) for n in ("indicator", "dimension", "cutoff", "weighting"))
        score, poor = ("score", None, *at), ("poor", None, *at)
        if statistic == "A":
            above, below = [score], poor
            _implied(est, found, layers, i, r, score, poor)
        else:
            every = [j for m in est.measures[:1] for j in m.indicators]
            members = [indicator] if indicator is not None else [j.name for j in every if j.dimension == dimension]
            above, below = [("part", j, *at) for j in members], score
        if not all(r in layers.get(key, {}) for key in (*above, below)):
            continue
        cells, bottom = tuple(layers[key][r] for key in above), layers[below][r]
        found.ratios[i] = (cells, bottom)
        if statistic == "A":
            found.least[i] = min(float(np.nan_to_num(k[i])), float(est.value[i]))
            found.links.append((cells[0], bottom, found.least[i], 1.0))


def _implied(
    est: EstimatesLike, found: Tabulated, layers: dict[Key, dict[int, int]], i: int, r: int, score: Key, poor: Key
) -> None:
    """Let an intensity tell the score, or the poor, where no figure does but one tells the other."""
    have, lack = (poor, score) if r in layers.get(poor, {}) else (score, poor)
    if r in layers.get(lack, {}) or r not in layers.get(have, {}) or not est.value[i] > 0:
        return
    known = found.value[layers[have][r]]
    value = known * float(est.value[i]) if lack is score else known / float(est.value[i])
    cell = layers[lack][r] = found.cell(value, key=("cell", r, *lack))
    found.publishers[cell].append(i)
    found.of_figure[i] = cell


def _add_scores_of_nobody(found: Tabulated, layers: dict[Key, dict[int, int]]) -> None:
    """Let a headcount of 0 tell the score, which is 0, where only intensities tell scores: nobody has none."""
    for key, cells in [(k, c) for k, c in layers.items() if k[0] == "score"]:
        for r, poor in layers.get(("poor", *key[1:]), {}).items():
            if r not in cells and found.value[poor] == 0:
                cells[r] = found.cell(0.0, key=("cell", r, *key))
                found.publishers[cells[r]] += found.publishers[poor]
                found.links.append((cells[r], poor, 0.0, 1.0))


def _add_cases(
    est: EstimatesLike, found: Tabulated, layers: dict[Key, dict[int, int]], levels: NDArray[np.int64],
    row_of: Sequence[int],
) -> None:  # fmt: skip
    """Add the unweighted cases of each row, told by each figure that rests on all of them."""
    most: dict[int, float] = defaultdict(float)
    for i, r in zip(levels.tolist(), row_of, strict=True):
        most[r] = max(most[r], float(np.nan_to_num(est.n[i])))
    for i, r in zip(levels.tolist(), row_of, strict=True):
        if est.n[i] == most[r]:
            cell = layers["cases",].setdefault(r, -1)
            if cell < 0:
                cell = layers["cases",][r] = found.of_row[r] = found.cell(most[r], key=("cell", r, "cases"))
            found.publishers[cell].append(i)


def _add_sums(
    est: EstimatesLike,
    found: Tabulated,
    layers: dict[Key, dict[int, int]],
    rows: Sequence[TableRow],
    first: Sequence[int],
) -> None:
    """Add that cells of groups add up to those of the whole, layer by layer."""
    for row, place, own in sums(est, rows, first):
        for key, cells in layers.items():
            if not all(r in cells for r in own):
                continue
            below = [cells[r] for r in own]
            total = sum(found.value[c] for c in below)
            above = cells.get(place, -1)
            if place < 0:
                above = found.cell(total, key=("whole", row.wave, row.contrast, *key))
            if above < 0:
                continue
            rest = found.value[above] - total
            if rest < -TOLERANCE * max(total, 1e-300):
                continue  # they are no parts of it
            terms = [(above, 1.0), *((c, -1.0) for c in below)]
            if rest > TOLERANCE * max(total, 1e-300):
                terms.append((found.cell(rest), -1.0))
            found.relate(terms)


def _add_within(found: Tabulated, layers: dict[Key, dict[int, int]]) -> None:
    """Add what holds within a row: contributions add up to M0, classes and categories to everybody; equal cells."""
    for key, cells in layers.items():
        if key[0] == "score":
            _whole_of(found, cells, [c for k, c in layers.items() if k[0] == "part" and k[2:] == key[2:]])
            poor = layers.get(("poor", *key[1:]), {})
            parts = [(k, c) for k, c in layers.items() if k[0] == "part" and k[2:] == key[2:]]
            for _, part in parts:
                found.links += [(part[r], poor[r], 0.0, 1.0) for r in part if r in poor]
        if key[0] == "severe":
            poor = layers.get(("poor", *key[1:]), {})
            found.links += [(cells[r], poor[r], 0.0, 1.0) for r in cells if r in poor]
    own = [k for k in layers if k[0] == "own"]
    groups: dict[Key, list[dict[int, int]]] = defaultdict(list)
    for k in own:
        groups[("proportion", k[3], *k[4:]) if k[1] == "proportion" else ("classes", k[2], *k[4:])].append(layers[k])
    for parts_ in groups.values():
        _everybody(found, parts_)
    _equal(found, [layers[k] for k in layers if k[0] != "cases"])


def _whole_of(found: Tabulated, above: dict[int, int], parts: Sequence[dict[int, int]]) -> None:
    """Relate the cells of each row to the sum of others there, where they are that."""
    for r, cell in above.items():
        below = [p[r] for p in parts if r in p]
        found.parts[cell] = below
        total = sum(found.value[c] for c in below)
        if below and abs(found.value[cell] - total) <= TOLERANCE * max(total, found.value[cell]):
            found.relate([(cell, 1.0), *((c, -1.0) for c in below)])


def _everybody(found: Tabulated, parts: Sequence[dict[int, int]]) -> None:
    """Relate classes that add up to all people of a row, which readers know."""
    for r in {r for p in parts for r in p}:
        below = [p[r] for p in parts if r in p and np.isfinite(found.room[p[r]])]
        if len(below) < 2:
            continue
        people = found.value[below[0]] + found.room[below[0]]
        if abs(people - sum(found.value[c] for c in below)) <= TOLERANCE * people:
            found.relate([(c, 1.0) for c in below])


def _equal(found: Tabulated, layers: Sequence[dict[int, int]]) -> None:
    """Relate layers of which one is another, or its complement, in every row."""
    seen: dict[Key, dict[int, int]] = {}
    for cells in layers:
        rows = sorted(cells)
        values, rooms = (np.array([of[cells[r]] for r in rows]) for of in (found.value, found.room))
        for sign, mark in ((1.0, _mark(rows, values)), (-1.0, _mark(rows, rooms))):
            if len(rows) > 1 and mark in seen:
                for r in rows:
                    found.relate([(cells[r], 1.0), (seen[mark][r], -sign)])
                break
        else:
            seen[_mark(rows, values)] = cells


def _mark(rows: Sequence[int], values: Floats) -> Key:
    """Return what tells values of some rows from others."""
    return (*rows, *(f"{v:.9g}" for v in values.tolist()))
