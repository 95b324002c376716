"""What missing answers cost a line: whose class is undecided, whom its measure leaves out, and for which answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mpi.lines.class_estimates import unasked
from mpi.lines.class_table import reasons
from mpi.profiles import rows_of
from mpi.retention import retention

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mpi.lines.classification import Classification
    from mpi.measure import Unit

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
    weight, whole = rows.weight, float(rows.weight.sum())
    undecided = []
    for reason, mask in reasons(status.evidence, status.code == 0):
        here = rows.of(mask)
        if here.any():
            undecided.append(Lost(reason, int(here.sum()), float(weight[here].sum()) / whole))
    absent = tuple(unasked(status))
    dropped, indicators = _of_measure(status, unit) if status.line.indicators and not absent else ((), ())
    return MissingCosts(unit, len(weight), tuple(undecided), dropped, indicators, absent)


def _named(indicators: Sequence[str]) -> str:
    return ", ".join(i.replace("_", " ") for i in indicators)


def _of_measure(status: Classification, unit: Unit) -> tuple[tuple[Lost, ...], tuple[Lost, ...]]:
    report = retention(status.survey, status.line.measure, unit=unit)
    total = report.groups.iloc[0]
    lost = Lost("incomplete", int(total["n"] - total["n_retained"]), 1 - float(total["retained"]))
    known = report.indicators[report.indicators["by"] == "total"]
    found = zip(known["indicator"], known["n_missing"], known["missing"], strict=True)
    indicators = tuple(Lost(str(i), int(n), float(share)) for i, n, share in found if n)
    return ((lost,) if lost.cases else ()), tuple(sorted(indicators, key=lambda x: -x.cases))
