"""Margins that weights are calibrated to: read from tables, mappings, files, other surveys and their estimates."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.readonly import seal
from mpi.frames.arrays import as_frame, numbers
from mpi.inference.variance import SparseColumns, covariance
from mpi.readers.read import read_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mpi.core.errors import Problems
    from mpi.frames.aggregation import By
    from mpi.survey.memory import MemoryRows

    Floats = NDArray[np.float64]

__all__ = ["Margin", "Margins", "read_margins"]


@dataclass(frozen=True, slots=True, eq=False)
class Margin:
    """Totals of a population: how many are in each cell, or the sum of a column.

    Attributes
    ----------
    columns : tuple of str
        The columns that the cells cross, or the one that is summed.
    cells : list of tuple or None
        The values of each cell; None for a sum.
    totals : ndarray of float, shape (cells,)
        How many are in each, or the sum.
    """

    columns: tuple[str, ...]
    cells: list[tuple[Any, ...]] | None
    totals: Floats

    def __post_init__(self) -> None:
        """Let nobody write into it."""
        seal(self)

    @property
    def name(self) -> str:
        """The name of the margin in messages."""
        return " × ".join(self.columns)

    def cell(self, number: int) -> str:
        """Return what messages call one of its cells."""
        if self.cells is None:
            return f"the sum of {self.columns[0]!r}"
        return " and ".join(f"{c} = {v!r}" for c, v in zip(self.columns, self.cells[number], strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class Margins:
    """Margins, with the covariance of all their totals where these are estimates themselves."""

    each: list[Margin]
    covariance: Floats | None = None


def read_margins(given: Any, on: Sequence[By] | None, columns: Sequence[str], problems: Problems) -> Margins:
    """Read margins, however they are given.

    Parameters
    ----------
    given : object
        See `Survey.calibrate`.
    on : sequence of str or tuple of str, optional
        Of a survey: the columns, and crosses of columns, whose totals are taken.
    columns : sequence of str
        The columns of the survey that is calibrated.
    problems : Problems
        To which is added what is wrong.
    """
    if hasattr(given, "rows") and hasattr(given, "with_groups"):
        return _survey_margins(given, on, problems)
    if on is not None:
        problems.add("on: it says what margins are taken of a survey; other margins name their columns themselves")
    if hasattr(given, "influence") and hasattr(given, "keys"):
        return _estimated_margins(given, problems)
    listed = given if isinstance(given, (list, tuple)) else [given]
    return Margins([m for one in listed for m in _plain(one, columns, problems)])


def _plain(margins: Any, columns: Sequence[str], problems: Problems) -> list[Margin]:
    """Return margins given as a mapping, a file, a Series or a table."""
    if isinstance(margins, Mapping):
        return [m for key, value in margins.items() for m in _mapping_margins(key, value, problems)]
    if isinstance(margins, (str, os.PathLike)):
        return _table_margins(read_table(Path(margins)).frame, columns, f"file {os.fspath(margins)!r}", problems)
    if hasattr(margins, "reset_index") and not hasattr(margins, "columns"):  # a pandas Series, its index the cells
        names = [n for n in margins.index.names if n is not None]
        if len(names) < margins.index.nlevels:
            problems.add("margins: a Series names the columns of its cells by its index; give index names")
            return []
        margins = margins.rename("_total").reset_index()
    return _table_margins(margins, columns, "the table", problems)


def _mapping_margins(key: Any, value: Any, problems: Problems) -> list[Margin]:
    """Return the margin of one entry of a mapping; empty where it has problems."""
    columns = key if isinstance(key, tuple) else (key,)
    if not all(isinstance(c, str) for c in columns):
        problems.add(f"margins: {key!r} is no column, and no tuple of columns")
        return []
    if hasattr(value, "to_dict") and not isinstance(value, Mapping):
        value = value.to_dict()
    if not isinstance(value, Mapping):
        total = _numbers([value], columns, problems)
        return [] if total is None else [Margin(columns, None, total)]
    cells = [k if isinstance(k, tuple) else (k,) for k in value]
    wrong = [c for c in cells if len(c) != len(columns)]
    if wrong:
        problems.add(f"margin {' × '.join(columns)}: {wrong[0]!r} is not one value for each of {len(columns)} columns")
        return []
    totals = _numbers(list(value.values()), columns, problems)
    return [] if totals is None else [Margin(columns, cells, totals)]


def _numbers(values: list[Any], columns: tuple[str, ...], problems: Problems) -> Floats | None:
    try:
        found = np.array([float(v) for v in values])
    except (TypeError, ValueError):
        problems.add(f"margin {' × '.join(columns)}: totals are numbers, not {values[0]!r}")
        return None
    return found


def _table_margins(table: Any, columns: Sequence[str], where: str, problems: Problems) -> list[Margin]:
    """Return the margin of a table: columns of the survey, and one of totals; empty where it has problems."""
    frame = as_frame(table)
    keys = tuple(c for c in frame.columns if c in columns)
    rest = [c for c in frame.columns if c not in columns]
    if not keys or len(rest) != 1:
        problems.add(
            f"margins: {where} has the columns {', '.join(map(repr, frame.columns))}; columns of the survey and one "
            "column of totals are needed, which the survey has not"
        )
        return []
    try:
        totals = numbers(frame[rest[0]]).astype(np.float64)
    except ValueError as error:
        problems.add(f"margins: column {rest[0]!r} of {where} {error}")
        return []
    cells = list(zip(*(frame[c].to_list() for c in keys), strict=True))
    return [Margin(keys, cells, totals)]


def _estimated_margins(est: Any, problems: Problems) -> Margins:
    """Read numbers of people by group, and totals of columns; with their covariance."""
    names, by = est.keys["statistic"], est.keys["by"]
    kinds = [names.values[i] for i in names.index]
    groups = [by.values[i] for i in by.index]
    counts = [i for i, (k, b) in enumerate(zip(kinds, groups, strict=True)) if k == "population" and b != "total"]
    sums = [i for i, (k, b) in enumerate(zip(kinds, groups, strict=True)) if k == "total" and b == "total"]
    if not counts and not sums:
        problems.add(
            "margins: the estimates hold no totals of a population; make them with mpi.estimate(..., "
            "statistics=['population'], by=[...]) or mpi.total"
        )
        return Margins([])
    found, rows = [], []
    for name in dict.fromkeys(groups[i] for i in counts):
        own = [i for i in counts if groups[i] == name]
        labels = [est.keys["group"].values[j] for j in est.keys["group"].index[own]]
        cells = [est.codes[name][label] for label in labels]
        found.append(Margin(tuple(name.split(" × ")), cells, est.value[own]))
        rows += own
    for i in sums:
        column = est.keys["indicator"].values[est.keys["indicator"].index[i]]
        found.append(Margin((column,), None, est.value[[i]]))
        rows.append(i)
    return Margins(found, est.take(np.array(rows)).vcov())


def _survey_margins(survey: Any, on: Sequence[By] | None, problems: Problems) -> Margins:
    """Sum the weights of a survey by cell, with the covariance of the sums by its own design."""
    if not on:
        problems.add("on: name the columns whose totals are taken of the other survey, on=['region', ('sex', 'age')]")
        return Margins([])
    rows: MemoryRows = survey.rows.collect()
    if rows.design.split is not None or rows.has_rounds:
        problems.add(
            "margins: the survey is calibrated itself, has replicates or several rounds; give its estimates, "
            "mpi.estimate(..., statistics=['population'], by=[...])"
        )
        return Margins([])
    crosses = [(c,) if isinstance(c, str) else tuple(c) for c in on]
    rows.check_columns([c for cross in crosses for c in cross])
    persons = rows.weight * (rows.numbers(rows.roles["size"]) if "size" in rows.roles else 1.0)
    persons = np.where(rows.weight > 0, persons, 0.0)
    inside = np.ones(len(rows), dtype=bool) if rows.counting is None else rows.counting
    made = [_summed(rows, cross, np.where(inside, persons, 0.0)) for cross in crosses]
    import scipy.sparse as sp

    base = SparseColumns(sp.csc_array(np.concatenate([t for _, t in made]).T), None)
    return Margins([m for m, _ in made], np.asarray(covariance(rows.design, base).toarray()))


def _summed(rows: MemoryRows, cross: tuple[str, ...], weight: Floats) -> tuple[Margin, Floats]:
    parts = [rows.categories(c) for c in cross]
    cell = np.zeros(len(rows), dtype=np.int64)
    for p in parts:
        cell = cell * len(p.levels) + p.index
    found, place = np.unique(cell, return_inverse=True)
    units = rows.design.units
    sums: Floats = (
        np.bincount(place * units + rows.unit, weights=weight, minlength=len(found) * units)
        .reshape(-1, units)
        .astype(np.float64)
    )
    values = []
    for number in found.tolist():
        value: list[Any] = []
        for p in reversed(parts):
            number, level = divmod(number, len(p.levels))  # noqa: PLW2901  # digit by digit
            value.insert(0, p.levels[level])
        values.append(tuple(value))
    kept = np.flatnonzero([None not in v for v in values] & (sums.sum(axis=1) > 0))
    margin = Margin(cross, [values[i] for i in kept], sums[kept].sum(axis=1))
    return margin, sums[kept]
