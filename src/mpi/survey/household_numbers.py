"""Households numbered by their identifiers, which are read within round, stratum and PSU."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mpi.frames.compress import compress
from mpi.survey.household_words import refuse_unidentified

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mpi.survey.survey import Survey

__all__ = ["has_single_rows", "households_of"]


def households_of(survey: Survey) -> NDArray[np.int32]:
    """Number the households; identifiers are read within round, stratum and PSU, and a household file has one a row.

    Raises
    ------
    MpiError
        When identifiers are missing: those without one would be taken for a household of their own.
    """
    if "household" in survey.roles:
        name = survey.roles["household"]
        found = survey.categories(name)
        gone = np.isin(found.index, [i for i, v in enumerate(found.levels) if v is None])
        refuse_unidentified(name, int(gone.sum()))
    return _households(survey)


def _households(survey: Survey) -> NDArray[np.int32]:
    if "household" not in survey.roles:
        return np.arange(len(survey), dtype=np.int32)
    found = survey.categories(survey.roles["household"])
    within = survey.design.psus(survey.unit) if "psu" in survey.roles else survey.design.stratum[survey.unit]
    return compress(within.astype(np.int64) * len(found.levels) + found.index)[1]


def has_single_rows(survey: Survey) -> bool:
    """Tell whether every household has one row."""
    found = _households(survey)
    return int(found.max()) + 1 == len(found)
