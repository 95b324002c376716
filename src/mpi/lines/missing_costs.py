"""Cost of missing answers to a line: undecided classes, cases that its measure leaves out, and for which answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from mpi.core.arguments import kinds_checked
from mpi.estimation.rows import rows_of
from mpi.lines.class_table import reasons

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mpi.estimation.rows import Rows
    from mpi.lines.classification import Classification
    from mpi.measures.words import Unit
    from mpi.survey.survey import Survey

__all__ = ["Lost", "MissingCosts", "costs_of", "costs_of_classes", "missing_costs", "unasked"]


@dataclass(frozen=True, slots=True)
class Lost:
    """Cases that a reason loses: their unweighted number, and their share of the population (a fraction)."""

    reason: str
    cases: int
    share: float


@dataclass(frozen=True, slots=True)
class MissingCosts:
    """Counts of the cases that a line loses to missing answers.

    Attributes
    ----------
    unit : {"person", "household"}
        What a case is.
    cases : int
        The unweighted number of cases; rows of weight 0 are none.
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
        said = [self.of_classes() or f"The class of all {self.cases:,} {self.unit}s is decided."]
        if self.unasked:
            said.append(f"M0, H and A are not estimated: {_listed(self.unasked)} missing in every row.")
        if self.dropped:
            because = ", ".join(f"{_listed([x.reason])} {x.cases:,}" for x in self.indicators)
            said.append(
                f"M0, H and A leave out {self._count_text(self.dropped)}, whose answers are missing: {because}."
            )
        return said

    def of_classes(self, what: str = "left out") -> str:
        """Say whose class is undecided, and what becomes of them; nothing where all are decided."""
        if not self.undecided:
            return ""
        because = "; ".join(f"{x.reason} {x.cases:,}" for x in self.undecided)
        return f"The class of {self._count_text(self.undecided)} is undecided and {what}: {because}."

    @property
    def told(self) -> str:
        """The note under a table: empty where nobody is left out."""
        return " ".join(self.sentences()[0 if self.undecided else 1 :]).rstrip(".")

    def _count_text(self, lost: tuple[Lost, ...]) -> str:
        """Return how many of the cases are lost, and their share of the population, in words."""
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
    return costs_of(status, status.survey, unit)


def costs_of(status: Classification, survey: Survey, unit: Unit) -> MissingCosts:
    """Count them in a domain of the classified survey; see `missing_costs`."""
    rows = rows_of(survey, unit, [f"{status.prefix}class_code"])
    absent = tuple(unasked(status))
    dropped, indicators = ((), ()) if absent else _incomplete_rows(status, rows)
    return replace(costs_of_classes(status, rows, unit), dropped=dropped, indicators=indicators, unasked=absent)


def costs_of_classes(status: Classification, rows: Rows, unit: Unit) -> MissingCosts:
    """Count those alone whose class is undecided, of some rows."""
    found = [_lost(reason, rows.of(mask), rows) for reason, mask in reasons(status.evidence, status.code == 0)]
    return MissingCosts(unit, int(_cases(rows).sum()), tuple(x for x in found if x.cases), (), (), ())


def unasked(status: Classification) -> list[str]:
    """Return the indicators of the line that are missing in every row: its measure cannot be estimated with any."""
    names = [(i.name, status.survey.numbers(i.column)) for i in status.line.indicators]
    return [name for name, values in names if np.isnan(np.asarray(values, dtype=np.float64)).all()]


def _listed(indicators: Sequence[str]) -> str:
    return ", ".join(i.replace("_", " ") for i in indicators)


def _incomplete_rows(status: Classification, rows: Rows) -> tuple[tuple[Lost, ...], tuple[Lost, ...]]:
    """Count those who lack an indicator, all together and by indicator."""
    survey = status.survey
    missing = {i.name: np.isnan(rows.of(survey.numbers(i.column)).astype(np.float64)) for i in status.line.indicators}
    some = np.any(list(missing.values()), axis=0) if missing else np.zeros(len(rows.weight), dtype=bool)
    indicators = [x for name, here in missing.items() if (x := _lost(name, here, rows)).cases]
    lost = tuple(x for x in (_lost("incomplete", some, rows),) if x.cases)
    return lost, tuple(sorted(indicators, key=lambda x: -x.cases))


def _lost(reason: str, here: NDArray[np.bool_], rows: Rows) -> Lost:
    return Lost(reason, int(_cases(rows)[here].sum()), float(rows.weight[here].sum() / rows.weight.sum()))


def _cases(rows: Rows) -> NDArray[np.int64]:
    """Return how many cases each row is."""
    return np.ones(len(rows.unit), dtype=np.int64) if rows.cases is None else rows.cases
