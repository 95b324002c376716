"""Why a household is in its class, in a sentence with the article; and what is missing where it is undecided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.errors import MpiError
from mpi.lines.decisions import decisions
from mpi.lines.items import amount
from mpi.own_columns import beside

if TYPE_CHECKING:
    from mpi.lines.classification import Classification
    from mpi.lines.items import Condition
    from mpi.lines.line import Line

__all__ = ["explain"]


def explain(status: Classification, row: int | None = None, household: Any = None) -> str:
    """Explain the class of one row or household; see `Classification.explain`."""
    if (row is None) == (household is None):
        raise MpiError("say which row, explain(3), or which household, explain(household='0101')")
    place = _of_household(status, household) if row is None else _of_row(status, row)
    who = f"Row {row}" if row is not None else f"Household {household!r}"
    facts = _facts(status, place)
    held = _held(status, place)
    if not status.code[place]:
        may_be = [c.label.lower() for c, m in zip(status.line.classes, status.may_be()[place], strict=True) if m]
        return f"{who} is undecided, {' or '.join(may_be)}: {facts}. What is missing could change its class."
    found = status.line.classes[status.code[place] - 1]
    name = found.label.lower() + (f" ({found.local})" if found.local else "")
    area = int(status.evidence.area[place])
    why = "; or ".join(status.line.describe(w, None if area < 0 else area) for w in held)
    return f"{who} is {name}: {facts}. The condition: {why}. {_citation(status.line, held)}"


def _of_row(status: Classification, row: int) -> int:
    n = len(status.survey)
    if not isinstance(row, int | np.integer) or isinstance(row, bool) or not 0 <= row < n:
        raise MpiError(f"there is no row {row!r}; rows are counted from 0 to {n - 1:,}")
    return int(row)


def _of_household(status: Classification, household: Any) -> int:
    survey = status.survey
    if "household" not in survey.roles:
        raise MpiError("the survey has no household= column; say the row instead: explain(3)")
    found = survey.categories(survey.roles["household"])
    names = [str(v) for v in found.levels]
    household = beside(household) if isinstance(household, tuple) else household
    if str(household) not in names:
        raise MpiError(f"there is no household {household!r}; identifiers look like {names[0]!r}")
    rows = np.flatnonzero(found.index == names.index(str(household)))
    within = survey.unit if "psu" in survey.roles else survey.design.stratum[survey.unit]
    if len(np.unique(within[rows])) > 1:
        shown = ", ".join(map(str, rows[:5]))
        raise MpiError(f"several households are called {household!r}; say the row instead, one of {shown}")
    return int(rows[0])


def _held(status: Classification, place: int) -> list[Condition]:
    bits = int(status.possible[place])
    return [w for i, w in enumerate(decisions(status.line).conditions) if bits >> i & 1]


def _facts(status: Classification, place: int) -> str:
    """Say what is known: income, area, deprivations, and which of them are missing."""
    line, evidence = status.line, status.evidence
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


def _citation(line: Line, held: list[Condition]) -> str:
    """Cite the article; only what is verified, with its thresholds, is called law."""
    articles = list(dict.fromkeys(w.standing.article for w in held if w.standing.article))
    place = ", ".join([line.instrument.text, *articles])
    rest = any(w.otherwise for w in held)  # what no other class takes depends on all thresholds
    used = {t.name for t in line.thresholds} if rest else {name for w in held for name in (w.above, w.up_to)}
    resting = [line.instrument.standing, *(w.standing for w in held)]
    resting += [t.standing for t in line.thresholds if t.name in used]
    unsure = list(dict.fromkeys(s.status for s in resting if not s.verified))
    said = f"By {place} ({'; '.join(unsure)}: to be verified)." if unsure else f"By law: {place} (verified)."
    counted = any(w.at_least is not None or w.fewer_than is not None for w in held)
    weak = sum(not d.standing.verified for d in line.indicators)
    if counted and weak:
        said += f" Who is deprived is not verified for {weak} of its {len(line.indicators)} indicators."
    return said
