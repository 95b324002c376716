"""Covariates as the columns of a regression: numbers as they are, categories as dummies; and what is folded to what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from mpi.core.errors import DataError, MpiError, Problems, RequestError, unknown, warn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from mpi.estimation.rows import Rows
    from mpi.survey.survey import Survey

    Floats = NDArray[np.float64]

__all__ = ["CONSTANT", "Covariates", "Kind", "Regressors", "names_of", "read", "regressors"]

Kind = Literal["number", "category"]
"""How a covariate enters a regression."""

Covariates = Sequence[str] | Mapping[str, Kind]
"""The columns of a regression, or these with their kinds."""

CONSTANT = "(constant)"
"""What the constant of a regression is called among the covariates."""

_SHOWN = 6


@dataclass(frozen=True, slots=True, eq=False)
class Regressor:
    """One covariate of all rows that count: numbers, or the positions of categories (-1 where missing)."""

    name: str
    values: NDArray[Any]
    labels: tuple[str, ...] | None

    def missing(self) -> NDArray[np.bool_]:
        """Return where it is missing."""
        return np.isnan(self.values) if self.labels is None else np.asarray(self.values < 0)

    def take(self, keep: NDArray[np.bool_]) -> Regressor:
        """Return it for some rows."""
        return Regressor(self.name, self.values[keep], self.labels)


@dataclass(frozen=True, slots=True, eq=False)
class Regressors:
    """The columns of a regression.

    Attributes
    ----------
    X : ndarray of float, shape (rows, p)
        The constant, numbers, and dummies of all categories but the first.
    names : list of str
        What each column of `X` is.
    covariates : list of str
        The constant and the covariates, those that do not vary included.
    full : list of (int, str or None)
        The full columns, all categories included: the position of the covariate, and the category's label.
    expand : ndarray of float, shape (full, p)
        Full columns from those of `X`.
    spread : ndarray of float, shape (full, p)
        Coefficients of the full columns from those of `X`.
    """

    X: Floats
    names: list[str]
    covariates: list[str]
    full: list[tuple[int, str | None]]
    expand: Floats
    spread: Floats

    def fold(self) -> NDArray[np.int64]:
        """Return the covariate of each full column."""
        return np.array([i for i, _ in self.full], dtype=np.int64)


def names_of(covariates: Any) -> list[Any]:
    """Return the columns that are named, as a list.

    Raises
    ------
    MpiError
        When it is neither names nor a mapping of them.
    """
    if isinstance(covariates, str):
        return [covariates]
    if not isinstance(covariates, Iterable):
        raise RequestError(f"covariates: a list of columns is needed, not {covariates!r}")
    return list(covariates)


def read(survey: Survey, rows: Rows, covariates: Covariates) -> list[Regressor]:
    """Read covariates: text and columns with a value label for every value are categories, others are numbers.

    Raises
    ------
    MpiError
        With all problems of the list: names that repeat, kinds that are none, numbers that are infinite.
    """
    problems = Problems("the covariates cannot be used", RequestError)
    kinds = _kinds(covariates, problems)
    survey.check_columns(list(kinds))
    problems.raise_if_any()
    found = []
    for name, kind in kinds.items():
        column = _column(survey, rows, name, kind, problems)
        if column is not None:
            found.append(column)
    problems.raise_if_any()
    return found


def _kinds(covariates: Covariates, problems: Problems) -> dict[str, Kind | None]:
    if isinstance(covariates, Mapping):
        for name, kind in covariates.items():
            if kind not in get_args(Kind):
                problems.add(f"{name!r}: {unknown('kind', kind, get_args(Kind))}")
        kinds: dict[str, Kind | None] = dict(covariates)
    else:
        listed = names_of(covariates)
        if len(set(listed)) < len(listed):
            problems.add("a covariate stands twice among them")
        kinds = dict.fromkeys(listed)
    if not kinds:
        problems.add("there is none; name at least one column")
    return kinds


def _column(survey: Survey, rows: Rows, name: str, kind: Kind | None, problems: Problems) -> Regressor | None:
    if kind is None:
        kind = "category" if _labelled(survey, rows, name) else "number"
    if kind == "category":
        return _category(survey, rows, name)
    try:
        values = rows.of(survey.numbers(name)).astype(np.float64)
    except MpiError as error:
        problems.add(str(error))
        return None
    if np.isinf(values).any():
        problems.add(f"{name!r} is infinite in {int(np.isinf(values).sum()):,} rows")
    return Regressor(name, values, None)


def _labelled(survey: Survey, rows: Rows, name: str) -> bool:
    """Tell whether a column holds text, or numbers that all have a label."""
    try:
        values = rows.of(survey.numbers(name))
    except MpiError:
        return True
    known = survey.labels.get(name)
    if not known:
        return False
    seen = np.unique(values[~np.isnan(values)] if values.dtype.kind == "f" else values)
    return all(v in known for v in seen.tolist())


def _category(survey: Survey, rows: Rows, name: str) -> Regressor:
    found = survey.categories(name)
    index = rows.of(found.index).astype(np.int64)
    gone = [i for i, v in enumerate(found.levels) if v is None]
    return Regressor(name, np.where(np.isin(index, gone), -1, index), found.labels)


def regressors(columns: Sequence[Regressor], *, normalise: bool, groups: Mapping[str, NDArray[np.bool_]]) -> Regressors:
    """Make the columns of a regression from covariates without missing values.

    Parameters
    ----------
    columns : sequence of Column
        The covariates of the rows that are used.
    normalise : bool
        Whether the coefficients of categories are deviations from their mean (Yun 2005), the constant taking it up;
        else those of the first category are 0.
    groups : mapping of str to ndarray of bool
        The rows of each group, in each of which every category must occur.

    Raises
    ------
    MpiError
        Naming each category that a group lacks.

    Warns
    -----
    MpiWarning
        When a covariate does not vary: it contributes 0.
    """
    problems = Problems("the regressions cannot be fitted", DataError)
    n = len(columns[0].values)
    made = _Builder(np.ones(n))
    for number, column in enumerate(columns, 1):
        if len(column.values) and (column.values == column.values[0]).all():
            made.add(number, column.name, [], [])
            continue
        if column.labels is None:
            made.add(number, column.name, [column.values.astype(np.float64)], [None])
            continue
        levels = np.unique(column.values)
        problems.found += _absent(column, column.labels, levels, groups)
        dummies = [(column.values == level).astype(np.float64) for level in levels]
        made.add(number, column.name, dummies, [column.labels[i] for i in levels.tolist()])
    problems.raise_if_any()
    flat = [c.name for i, c in enumerate(columns, 1) if i in made.flat]
    if flat:
        warn(f"{', '.join(map(repr, flat))}: the same for everyone, contributes 0 by necessity")
    return made.finished([CONSTANT, *(c.name for c in columns)], normalise=normalise)


def _absent(
    column: Regressor, labels: Sequence[str], levels: NDArray[np.int64], groups: Mapping[str, NDArray[np.bool_]]
) -> Iterator[str]:
    """Say which categories a group lacks."""
    for g, inside in groups.items():
        lost = [labels[i] for i in np.setdiff1d(levels, column.values[inside]).tolist()]
        if lost:
            more = f" and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else ""
            told = ", ".join(map(repr, lost[:_SHOWN])) + more
            yield f"nobody in {g} has {told} in {column.name!r}; join categories, or leave it out"


class _Builder:
    """Collects columns, and how full columns follow from them."""

    __slots__ = ("blocks", "columns", "flat", "full", "names")

    def __init__(self, constant: Floats) -> None:
        self.columns, self.names = [constant], [CONSTANT]
        self.full: list[tuple[int, str | None]] = [(0, None)]
        self.blocks: list[tuple[int, int, int]] = []  # first full column, first column, categories
        self.flat: list[int] = []

    def add(self, number: int, name: str, columns: Sequence[Floats], labels: Sequence[str | None]) -> None:
        """Add a number (one column without label), or the dummies of all categories."""
        if not columns:
            self.flat.append(number)
            return
        categories = len(columns) if labels[0] is not None else 0
        self.blocks.append((len(self.full), len(self.columns), categories))
        self.full += [(number, label) for label in labels]
        for column, label in list(zip(columns, labels, strict=True))[1 if categories else 0 :]:
            self.columns.append(column)
            self.names.append(name if label is None else f"{name}: {label}")

    def finished(self, covariates: list[str], *, normalise: bool) -> Regressors:
        """Return the regressors."""
        expand = np.zeros((len(self.full), len(self.columns)))
        spread = np.zeros_like(expand)
        expand[0, 0] = spread[0, 0] = 1.0
        for f, c, m in self.blocks:
            if not m:
                expand[f, c] = spread[f, c] = 1.0
                continue
            others = np.arange(m - 1)
            expand[f, 0], expand[f, c : c + m - 1] = 1.0, -1.0
            expand[f + 1 + others, c + others] = spread[f + 1 + others, c + others] = 1.0
            if normalise:
                spread[f : f + m, c : c + m - 1] -= 1 / m
                spread[0, c : c + m - 1] += 1 / m
        return Regressors(np.column_stack(self.columns), self.names, covariates, self.full, expand, spread)
