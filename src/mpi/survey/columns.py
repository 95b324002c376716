"""The columns of rows in memory: read as numbers or as groups, each group once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from mpi.core.cache import Cache
from mpi.core.errors import DataError, Problems, RequestError
from mpi.core.readonly import ReadOnly, read_only
from mpi.frames.arrays import Categories, categories, declared, numbers, require
from mpi.frames.missing_codes import WHY, MissingCodes
from mpi.frames.own_columns import OWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mpi.survey.words import Labels

__all__ = ["Columns", "labelled"]

_MANY = 4_000_000
"""From how many rows on groups are kept in few bytes."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Columns:
    """Frames of the same columns, one for each round, with the labels of their values.

    Attributes
    ----------
    frames : tuple of narwhals.DataFrame
        The rows.
    labels : mapping of column to mapping of value to label
        Value labels.
    missing : MissingCodes
        Which codes were declared to be no answer.
    """

    frames: tuple[nw.DataFrame[Any], ...]
    labels: Labels = field(default_factory=dict)
    missing: MissingCodes = field(default_factory=MissingCodes)
    _known: dict[str, Categories] = field(default_factory=dict, init=False)
    _cache: Cache = field(default_factory=Cache, init=False)

    def __post_init__(self) -> None:
        """Let nobody write into the labels."""
        if isinstance(self.labels, Mapping):
            object.__setattr__(self, "labels", ReadOnly.from_mapping(self.labels))

    def __len__(self) -> int:
        """The number of rows."""
        return sum(map(len, self.frames))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the user's columns."""
        return self._cache.get(
            "names", lambda: tuple(c for c in self.frames[0].columns if c not in OWN and not c.startswith(WHY))
        )

    @property
    def ends(self) -> NDArray[np.int64]:
        """The rows after which a frame ends and another begins."""
        return np.cumsum([len(f) for f in self.frames])[:-1]

    def check(self, names: Sequence[str]) -> None:
        """Raise for every name that is not a column, with the nearest one."""
        known = self._cache.get("columns", lambda: [frozenset(f.columns) for f in self.frames])
        if all(there.issuperset(names) for there in known):
            return
        problems = Problems("the survey lacks what was asked for", RequestError)
        problems.found += require(self.frames, names)
        problems.raise_if_any()

    def check_new(self, name: str) -> None:
        """Raise where there is such a column already."""
        if name in self.names:
            raise RequestError(f"there is a column {name!r} already; choose another name")

    def numbers(self, name: str) -> NDArray[Any]:
        """Return a column as numbers, NaN where missing; see `Survey.numbers`."""
        self.check([name])
        try:
            parts = [numbers(f[name]) for f in self.frames]
        except ValueError as error:
            raise DataError(f"column {name!r} {error}") from error
        return read_only(parts[0] if len(parts) == 1 else np.concatenate(parts))

    def categories(self, name: str) -> Categories:
        """Return a column as groups; it is read once, and of many rows kept in as few bytes as its levels need."""
        found = self._known.get(name)
        if found is None:
            self.check([name])
            found = self._known[name] = categories(self.frames, name, self.labels.get(name))
            narrow = np.min_scalar_type(max(len(found.levels) - 1, 0))
            if len(self) > _MANY and narrow.itemsize < found.index.itemsize:
                self._known[name] = replace(found, index=found.index.astype(narrow))
            return found
        return found if found.index.dtype == np.int32 else replace(found, index=found.index.astype(np.int32))

    def one_way(self, name: str) -> bool:
        """Tell whether all frames declare one list of categories for a column: one way to write them."""
        written = {declared(f[name]) for f in self.frames}
        return len(written) == 1 and () not in written

    def declared(self, name: str, *, labels: bool = False) -> tuple[Any, ...]:
        """Return the values that a column can have; see `Survey.declared`."""
        self.check([name])
        found = self._cache.get(("declared", name), lambda: [v for f in self.frames for v in declared(f[name])])
        known = labelled(self.labels.get(name, {}), self.missing, name, found) if labels else []
        return tuple(dict.fromkeys([*found, *known]))

    def unique(self, name: str) -> list[Any]:
        """Return the values that occur in a column; none where it is absent, which is told when it is asked for."""
        if name not in self.names:
            return []
        found = categories(self.frames, name)
        there = np.bincount(found.index, minlength=len(found.levels)) > 0
        return [v for v, here in zip(found.levels, there.tolist(), strict=True) if here and v is not None]

    def with_values(self, name: str, values: NDArray[Any]) -> tuple[nw.DataFrame[Any], ...]:
        """Return the frames with a column of numbers."""
        parts = np.split(values, self.ends)
        return tuple(
            f.with_columns(nw.new_series(name, part.tolist(), backend=f.implementation))
            for f, part in zip(self.frames, parts, strict=True)
        )

    def with_texts(self, name: str, texts: Sequence[str | None], index: NDArray[Any]) -> tuple[nw.DataFrame[Any], ...]:
        """Return the frames with a column of texts, each row's being that of its index."""
        parts = np.split(index, self.ends)
        return tuple(
            f.with_columns(nw.new_series(name, [texts[i] for i in part], nw.String, backend=f.implementation))
            for f, part in zip(self.frames, parts, strict=True)
        )


def labelled(known: Mapping[Any, str], missing: MissingCodes, name: str, found: Sequence[Any]) -> list[Any]:
    """Return the values that have labels and are answers, in order; texts among numbers are missing values.

    Parameters
    ----------
    known : mapping of value to label
        The labels of a column.
    missing : MissingCodes
        Which codes were declared to be no answer.
    name : str
        The column.
    found : sequence
        The values that the frame declares itself.
    """
    plain = [v for v in known if not isinstance(v, str)]
    values = [v for v in known if isinstance(v, str)] if found or not plain else plain
    gone = missing.of(name).among_levels(values)
    return sorted(v for v, lost in zip(values, gone, strict=True) if not lost)
