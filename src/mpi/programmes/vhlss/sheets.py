"""The files of a folder as sheets: the needed columns read, the keys of their rows as whole numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.programmes.vhlss.keys import codes, numbers, text
from mpi.readers import read_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from mpi.core.errors import Problems
    from mpi.programmes.vhlss.find import FoundFiles, Place
    from mpi.programmes.vhlss.layout import Level

__all__ = ["ModuleSheet", "places_of", "read_sheets", "shown"]

_EA = ("province", "district", "commune", "ea")
_SHOWN = 3
_NUMBERS = 10**6  # members and things owned are numbered below this


@dataclass(frozen=True, slots=True, eq=False)
class ModuleSheet:
    """One file, read.

    Attributes
    ----------
    file : str
        Its name.
    level : {"household", "member", "ea", "item"}
        What a row is.
    rows : ndarray of int64
        The household (or, at level "ea", the enumeration area) of each row.
    number : ndarray of int64 or None
        The number of the member or thing owned.
    frame : pandas.DataFrame
        The columns that were asked for.
    labels : mapping of str to mapping
        Their value labels.
    copies : ndarray of int64
        The households of the rows that were exact copies of another row, and are left out.
    """

    file: str
    level: Level
    rows: NDArray[np.int64]
    number: NDArray[np.int64] | None
    frame: Any
    labels: Mapping[str, Mapping[object, str]]
    copies: NDArray[np.int64]

    @property
    def ids(self) -> NDArray[np.int64]:
        """One number for each row: of the household and the member in it."""
        if self.level != "member" or self.number is None:
            return self.rows
        return self.rows * 100 + self.number


def read_sheets(found: FoundFiles, problems: Problems, encoding: str | None = None) -> dict[str, ModuleSheet]:
    """Read each file that holds a key or a variable; only the columns needed."""
    wanted: dict[str, list[str]] = {key: [] for key in ("households", "members") if key in found.places}
    for held in found.variables.values():
        for file, column in held:
            wanted.setdefault(file, []).append(column)
    return {file: _sheet(found.places[file], columns, problems, encoding) for file, columns in wanted.items()}


def _sheet(place: Place, columns: Iterable[str], problems: Problems, encoding: str | None) -> ModuleSheet:
    keys = place.keys if place.level != "ea" else {k: place.keys[k] for k in _EA}
    table = read_table(place.path, [*keys.values(), *columns], encoding=encoding)
    frame = table.frame if hasattr(table.frame, "iloc") else table.frame.to_pandas()
    names = _EA if place.level == "ea" else (*_EA, "household")
    rows = codes(frame, place.keys, names, place.path.name, problems)
    again = _again(place, frame, encoding)
    copies = rows[again] if place.level != "ea" else rows[:0]
    frame, rows = frame[~again].reset_index(drop=True), rows[~again]
    number = _number(place, frame, problems) if place.level in {"member", "item"} else None
    sheet = ModuleSheet(place.path.name, place.level, rows, number, frame, table.labels, copies)
    if place.level != "item":
        _check_once(sheet, problems)
    return sheet


def _again(place: Place, frame: Any, encoding: str | None) -> NDArray[np.bool_]:
    """Say which rows are copies: of a household or member in all columns of the file, of an area in those read."""
    again: NDArray[np.bool_] = frame.duplicated().to_numpy()
    if place.level == "item":
        return np.zeros(len(frame), dtype=bool)
    if place.level == "ea" or not again.any():  # some weight files repeat an area for each of its households
        return again
    whole = read_table(place.path, encoding=encoding).frame  # two households may be alike in the few columns read
    whole = whole if hasattr(whole, "iloc") else whole.to_pandas()
    found: NDArray[np.bool_] = whole.duplicated().to_numpy()
    return found


def _number(place: Place, frame: Any, problems: Problems) -> NDArray[np.int64]:
    column = place.keys["number"]
    values, _ = numbers(frame[column])
    limit = 100 if place.level == "member" else _NUMBERS
    good = (values >= 0) & (values < limit)
    if not good.all():
        problems.add(f"{place.path.name}: {column!r} is missing or not a number in {int((~good).sum()):,} rows")
    return np.where(good, values, 0).astype(np.int64)


def _check_once(sheet: ModuleSheet, problems: Problems) -> None:
    """Tell of rows that stand more than once."""
    distinct, counts = np.unique(sheet.ids, return_counts=True)
    again = distinct[counts > 1]
    if len(again):
        what = {"member": "members", "household": "households"}.get(sheet.level, "enumeration areas")
        households = again // 100 if sheet.level == "member" else again
        problems.add(
            f"{sheet.file}: {len(again):,} {what} stand more than once ({shown(households, sheet.level)}); "
            "remove the copies, or keep one of each"
        )


def places_of(ids: NDArray[np.int64], sheet: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each of `ids` stands in `sheet`; -1 where it does not.

    Examples
    --------
    >>> places_of(np.array([5, 7, 5]), np.array([9, 5])).tolist()
    [1, -1, 1]
    """
    if not len(sheet):
        return np.full(len(ids), -1, dtype=np.int64)
    order = np.argsort(sheet, kind="stable")
    near = order[np.minimum(np.searchsorted(sheet, ids, sorter=order), len(sheet) - 1)]
    return np.where(sheet[near] == ids, near, -1)


def shown(households: NDArray[np.int64], level: Level = "household") -> str:
    """Show some of the households, or enumeration areas, as text."""
    some = np.unique(households)[:_SHOWN]
    words = text(some * 1000, _EA) if level == "ea" else text(some)
    return ", ".join(words.tolist()) + (" ..." if len(np.unique(households)) > _SHOWN else "")
