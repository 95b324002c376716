"""Explanations of a household's class, with the article of the law; and of what is missing where undecided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.errors import RequestError
from mpi.frames.own_columns import beside
from mpi.lines.decisions import decisions
from mpi.lines.items import amount

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mpi.lines.evidence import Evidence
    from mpi.lines.items import ClassCondition
    from mpi.lines.standard import Standard
    from mpi.survey.survey import Survey

__all__ = ["explained", "place_of"]


def place_of(survey: Survey, row: int | None = None, household: Any = None) -> tuple[int, str]:
    """Return the position of one row or household, and what it is called; see `Classification.explain`."""
    if (row is None) == (household is None):
        raise RequestError("say which row, explain(3), or which household, explain(household='0101')")
    if row is None:
        return _first_row(survey, household), f"Household {household!r}"
    return _checked_row(survey, row), f"Row {row}"


def explained(
    line: Standard, evidence: Evidence, place: int, who: str, possible: int, may_be: NDArray[np.bool_]
) -> str:
    """Return why a row is in its class, or undecided.

    Parameters
    ----------
    line, evidence
        The poverty line, and what is known of all rows.
    place : int
        The position of the row.
    who : str
        What it is called.
    possible : int
        The bits of the line's conditions that may hold for it.
    may_be : ndarray of bool, shape (classes,)
        Which classes it may be in.
    """
    facts = _facts(line, evidence, place)
    classes = [c for c, m in zip(line.classes, may_be, strict=True) if m]
    if len(classes) != 1:
        names = " or ".join(c.label.lower() for c in classes)
        return f"{who} is undecided, {names}: {facts}. What is missing could change its class."
    (found,) = classes
    held = [w for i, w in enumerate(decisions(line).conditions) if possible >> i & 1]
    name = found.label.lower() + (f" ({found.local})" if found.local else "")
    area = int(evidence.area[place])
    why = "; or ".join(line.describe(w, None if area < 0 else area) for w in held)
    return f"{who} is {name}: {facts}. The condition: {why}. {_citation(line, held)}"


def _checked_row(survey: Survey, row: int) -> int:
    """Return a row number; raise RequestError where there is no such row."""
    n = len(survey)
    if not isinstance(row, int | np.integer) or isinstance(row, bool) or not 0 <= row < n:
        raise RequestError(f"there is no row {row!r}; rows are counted from 0 to {n - 1:,}")
    return int(row)


def _first_row(survey: Survey, household: Any) -> int:
    """Return the first row of a household; raise RequestError where none, or several, have the identifier."""
    if "household" not in survey.roles:
        raise RequestError("the survey has no household= column; say the row instead: explain(3)")
    found = survey.categories(survey.roles["household"])
    names = [str(v) for v in found.levels]
    household = beside(household) if isinstance(household, tuple) else household
    if str(household) not in names:
        raise RequestError(f"there is no household {household!r}; identifiers look like {names[0]!r}")
    rows = np.flatnonzero(found.index == names.index(str(household)))
    within = survey.design.psus(survey.unit) if "psu" in survey.roles else survey.design.stratum[survey.unit]
    if len(np.unique(within[rows])) > 1:
        shown = ", ".join(map(str, rows[:5]))
        raise RequestError(f"several households are called {household!r}; say the row instead, one of {shown}")
    return int(rows[0])


def _facts(line: Standard, evidence: Evidence, place: int) -> str:
    """Say what is known: income, area, deprivations, and which of them are missing."""
    income, area = evidence.income[place], evidence.area[place]
    parts = ["income not known" if np.isnan(income) else f"income {amount(float(income))} {line.unit}"]
    if line.areas:
        parts.append("area not known" if area < 0 else f"area {line.areas[area].name}")
    if line.indicators:
        names = [d.name for d in line.indicators]
        deprived, missing = (
            [n for n, v in zip(names, evidence.deprived[place], strict=True) if v == x] for x in (1, -1)
        )
        listed = f" ({', '.join(deprived)})" if deprived else ""
        parts.append(f"{len(deprived)} of {len(names)} deprivations{listed}")
        if missing:
            parts.append(f"{len(missing)} not known ({', '.join(missing)})")
    return ", ".join(parts)


def _citation(line: Standard, met: list[ClassCondition]) -> str:
    """Cite the article; only what is verified, with its thresholds, is called law."""
    articles = list(dict.fromkeys(w.standing.article for w in met if w.standing.article))
    place = ", ".join([line.instrument.text, *articles])
    rest = any(w.otherwise for w in met)  # what no other class takes depends on all thresholds
    used = {t.name for t in line.thresholds} if rest else {name for w in met for name in (w.above, w.up_to)}
    resting = [line.instrument.standing, *(w.standing for w in met)]
    resting += [t.standing for t in line.thresholds if t.name in used]
    unsure = list(dict.fromkeys(s.status for s in resting if not s.verified))
    said = f"By {place} ({'; '.join(unsure)}: to be verified)." if unsure else f"By law: {place} (verified)."
    counted = any(w.at_least is not None or w.fewer_than is not None for w in met)
    weak = sum(not d.standing.verified for d in line.indicators)
    if counted and weak:
        said += f" Who is deprived is not verified for {weak} of its {len(line.indicators)} indicators."
    return said
