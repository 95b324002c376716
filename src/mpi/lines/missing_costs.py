"""What missing answers cost a line: whose class is undecided, whom its measure leaves out, and for which answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mpi.arguments import kinds_checked
from mpi.lines.class_estimates import unasked
from mpi.lines.class_table import reasons
from mpi.rows import rows_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mpi.lines.classification import Classification
    from mpi.measure_words import Unit
    from mpi.rows import Rows

__all__ = ["Lost", "MissingCosts", "missing_costs"]


@dataclass(frozen=True, slots=True)
class Lost:
    """Cases that a reason loses: their unweighted number, and their share of the population (a fraction)."""

    reason: str
    cases: int
    share: float


@dataclass(frozen=True, slots=True)
class MissingCosts:
    """What missing answers cost.

    Attributes
    ----------
    unit : {"person", "household"}
        What a case is.
    cases : int
        The unweighted number of cases.
    undecided : tuple of Lost
        Those whose class could be another, by what is missing; the shares of the classes are of the others.
    dropped : tuple of Lost
        Those whom the measure (M0, H, A) leaves out as incomplete, if any: all of them together.
    indicators : tuple of Lost
        The cases that lack each indicator; one may lack several.
    unasked : tuple of str
        Indicators that are missing in every row: with any, the measure is not estimated, and drops nobody.
    """

    unit: Unit
    cases: int
    undecided: tuple[Lost, ...]
    dropped: tuple[Lost, ...]
    indicators: tuple[Lost, ...]
    unasked: tuple[str, ...]

    def sentences(self) -> list[str]:
        """Say it: in one sentence of the classes, and in one of the measure where it leaves somebody out."""
        if self.undecided:
            because = "; ".join(f"{x.reason} {x.cases:,}" for x in self.undecided)
            said = [f"The class of {self._of(self.undecided)} is undecided and left out: {because}."]
        else:
            said = [f"The class of all {self.cases:,} {self.unit}s is decided."]
        if self.unasked:
            said.append(f"M0, H and A are not estimated: {_named(self.unasked)} missing in every row.")
        if self.dropped:
            because = ", ".join(f"{_named([x.reason])} {x.cases:,}" for x in self.indicators)
            said.append(f"M0, H and A leave out {self._of(self.dropped)}, whose answers are missing: {because}.")
        return said

    def _of(self, lost: tuple[Lost, ...]) -> str:
        cases, share = sum(x.cases for x in lost), sum(x.share for x in lost)
        return f"{cases:,} of {self.cases:,} {self.unit}s ({100 * share:.2f}% of the population)"


@kinds_checked
def missing_costs(status: Classification, unit: Unit = "person") -> MissingCosts:
    """Count whom missing answers leave undecided, and whom the line's measure leaves out.

    Parameters
    ----------
    status : Classification
        The survey put into classes.
    unit : {"person", "household"}
        What is counted.

    Examples
    --------
    >>> import pandas as pd
    >>> import mpi
    >>> people = pd.DataFrame({"income": [100_000, None, 900_000], "area": [2, 2, 1]})
    >>> status = mpi.load_line("vn-2006").classify(mpi.Survey(people))
    >>> print(*missing_costs(status).sentences())
    The class of 1 of 3 persons (33.33% of the population) is undecided and left out: income missing 1.
    """
    rows = rows_of(status.survey, unit, [f"{status.prefix}class_code"])
    weight = rows.weight
    undecided = []
    for reason, mask in reasons(status.evidence, status.code == 0):
        here = rows.of(mask)
        if here.any():
            undecided.append(_lost(reason, here, weight))
    absent = tuple(unasked(status))
    dropped, indicators = ((), ()) if absent else _of_measure(status, rows)
    return MissingCosts(unit, len(weight), tuple(undecided), dropped, indicators, absent)


def _named(indicators: Sequence[str]) -> str:
    return ", ".join(i.replace("_", " ") for i in indicators)


def _of_measure(status: Classification, rows: Rows) -> tuple[tuple[Lost, ...], tuple[Lost, ...]]:
    """Count those who lack an indicator, all together and by indicator."""
    survey = status.survey
    missing = {i.name: np.isnan(rows.of(survey.numbers(i.column)).astype(np.float64)) for i in status.line.indicators}
    some = np.any(list(missing.values()), axis=0) if missing else np.zeros(len(rows.weight), dtype=bool)
    indicators = [_lost(name, here, rows.weight) for name, here in missing.items() if here.any()]
    lost = (_lost("incomplete", some, rows.weight),) if some.any() else ()
    return lost, tuple(sorted(indicators, key=lambda x: -x.cases))


def _lost(reason: str, here: NDArray[np.bool_], weight: NDArray[np.float64]) -> Lost:
    return Lost(reason, int(here.sum()), float(weight[here].sum() / weight.sum()))
