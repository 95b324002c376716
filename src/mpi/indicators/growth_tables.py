"""The tables of growth of the World Health Organization, as `rcpchgrowth` holds them: L, M and S by age.

Nothing of them is kept here. They are read from the installed package when they are first needed: from the data files
that lie in it, because its own front loads statistics that cost more than a second; and by its public function where
the files lie elsewhere.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mpi.errors import MpiError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Measure", "Reference", "lms", "reference"]

Measure = Literal["height", "weight", "bmi"]
"""What the tables are of."""

_PACKAGE = "rcpchgrowth"
_FILES = {
    "who_2006_infant": "who_infants",
    "who_2006_child": "who_children",
    "who_2007_child": "who_2007_children",
}
_STANDING, _SCHOOL = (
    2.0,
    1856 / 365.25,
)  # years: the ends of the tables
_DIGITS = 4  # ages that agree to a ten-thousandth of a year, an hour, are one age


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """One table: L, M and S at ascending ages, in years; arrays of one length."""

    age: Floats
    lms: Floats

    def at(self, years: Floats) -> Floats:
        """Return L, M and S at some ages, an array of 3 x ages: of the table's own age, or linear between two.

        Before the first age and after the last those of the first and the last hold: the tables meet with a gap of
        less than a day.
        """
        low = np.clip(np.searchsorted(self.age, years) - 1, 0, len(self.age) - 2)
        step = np.clip((years - self.age[low]) / (self.age[low + 1] - self.age[low]), 0, 1)
        between = self.lms[:, low] + step * (self.lms[:, low + 1] - self.lms[:, low])
        own, rounded = _rounded(self.age), _rounded(years)
        near = np.minimum(np.searchsorted(own, rounded), len(own) - 1)
        found: Floats = np.where(own[near] == rounded, self.lms[:, near], between)
        return found


def lms(measure: Measure, sex: str, years: Floats) -> Floats:
    """Return L, M and S for ages in years, an array of 3 x ages.

    Length is used before the second birthday and height from it on; the reference of 2007 follows the standards of
    2006 from 5 years and a month on.

    Raises
    ------
    MpiError
        When `rcpchgrowth` is not installed.
    """
    distinct, place = np.unique(years, return_inverse=True)
    infants, children, school = (reference(name, measure, sex) for name in _FILES)
    found = np.where(distinct < _STANDING, infants.at(distinct), children.at(distinct))
    found = np.where(distinct > _SCHOOL, school.at(distinct), found)
    return found[:, place.ravel()]


@cache
def reference(name: str, measure: Measure, sex: str) -> Reference:
    """Return one table by the package's name for it: ``who_2006_infant``, ``who_2006_child``, ``who_2007_child``."""
    rows = _from_files(name, measure, sex) or _from_package(name, measure, sex)
    columns = np.array([[row[c] for c in ("decimal_age", "L", "M", "S")] for row in rows], dtype=np.float64).T
    return Reference(columns[0], columns[1:])


def _from_files(name: str, measure: Measure, sex: str) -> list[dict[str, Any]]:
    """Read the data file of the package; nothing where it is not as it was."""
    spec = find_spec(_PACKAGE)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        try:
            rows: list[dict[str, Any]] = _content(Path(folder) / "data_tables" / "who" / f"{_FILES[name]}.json")[
                "measurement"
            ][measure][sex]
        except (OSError, ValueError, LookupError, TypeError):
            continue
        return rows
    return []


@cache
def _content(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _from_package(name: str, measure: Measure, sex: str) -> list[dict[str, Any]]:
    """Ask the package."""
    try:
        package = import_module(f"{_PACKAGE}.who")
    except ImportError:
        raise MpiError(
            "z-scores of growth need the WHO reference tables of another package: pip install rcpchgrowth (its licence "
            "is AGPL-3.0-or-later). Or give the data the z-scores as columns of the names the rules use"
        ) from None
    rows: list[dict[str, Any]] = package.select_reference_data_for_who_chart(name, measure, sex)
    return rows


def _rounded(values: Floats) -> Floats:
    """Round as Python does, to the nearest decimal; NumPy's own is off by one at ties."""
    return np.array([round(v, _DIGITS) for v in values.tolist()], dtype=np.float64)
