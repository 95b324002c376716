"""How many rows are in each class, and how many are undecided for which reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.profiles import persons_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from mpi.lines.classification import Classification
    from mpi.lines.evidence import Evidence

__all__ = ["class_table", "reasons"]

_MATTERS = ("income", "area", "deprivations")


def class_table(status: Classification) -> pd.DataFrame:
    """Return the table of a classification; see `Classification.table`."""
    import pandas as pd

    survey = status.survey
    weight = persons_of(survey)
    inside = np.ones(len(survey), dtype=bool) if survey.counting is None else survey.counting
    decided, everything = _sum(weight, inside & (status.code > 0)), _sum(weight, inside)
    may_be = status.may_be()
    found: list[dict[str, Any]] = []
    for k, c in enumerate(status.line.classes):
        here = inside & (status.code == k + 1)
        found.append(
            _row(c.name, c.label, c.local, here, weight)
            | {
                "share": _ratio(_sum(weight, here), decided),
                "share_of_all": _ratio(_sum(weight, here), everything),
                "at_most": _ratio(_sum(weight, inside & may_be[:, k]), everything),
            }
        )
    for reason, rows in reasons(status.evidence, status.code == 0):
        here = inside & rows
        if here.any():
            made = _row("undecided", reason, "", here, weight)
            found.append(made | {"share_of_all": _ratio(_sum(weight, here), everything)})
    whole = _row("total", "", "", inside, weight)
    found.append(whole | {"share": _ratio(decided, decided), "share_of_all": _ratio(everything, everything)})
    return pd.DataFrame(found)


def reasons(evidence: Evidence, undecided: NDArray[np.bool_]) -> list[tuple[str, NDArray[np.bool_]]]:
    """Return, for each set of matters that are missing, the undecided rows that miss just these."""
    missing = np.stack([np.isnan(evidence.income), evidence.area < 0, evidence.high > evidence.low])
    kind = (missing * np.array([1, 2, 4])[:, None]).sum(axis=0)
    found = []
    for bits in range(1, 8):
        words = [word for i, word in enumerate(_MATTERS) if bits >> i & 1]
        found.append((f"{' and '.join(words)} missing", undecided & (kind == bits)))
    return found


def _row(name: str, label: str, local: str, here: NDArray[np.bool_], weight: NDArray[np.float64]) -> dict[str, Any]:
    return {"class": name, "label": label, "local": local, "rows": int(here.sum()), "weight": _sum(weight, here)}


def _sum(weight: NDArray[np.float64], rows: NDArray[np.bool_]) -> float:
    return float(weight[rows].sum())


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")
