"""The table of classes: rows in each class, and undecided rows by reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.estimation.rows import persons_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mpi.lines.evidence import Evidence
    from mpi.lines.items import LineClass
    from mpi.survey.survey import Survey

__all__ = ["class_table", "reasons"]

_MATTERS = ("income", "area", "deprivations")


def class_table(
    classes: Sequence[LineClass],
    survey: Survey,
    evidence: Evidence,
    code: NDArray[np.int8],
    may_be: NDArray[np.bool_],
) -> pd.DataFrame:
    """Return a row for each class, each reason to be undecided, and the total; see `Classification.table`.

    Parameters
    ----------
    classes : sequence of LineClass, length k
        The classes of the line.
    survey : Survey, n rows
        Who was classified.
    evidence : Evidence
        What is known of each row.
    code : ndarray of int8, shape (n,)
        The number of each row's class from 1, or 0 where it is undecided.
    may_be : ndarray of bool, shape (n, k)
        Which classes each row may be in.
    """
    import pandas as pd

    weight = persons_of(survey)
    inside = np.ones(len(survey), dtype=bool) if survey.counting is None else survey.counting
    decided, everything = _sum(weight, inside & (code > 0)), _sum(weight, inside)
    found: list[dict[str, Any]] = []
    for k, c in enumerate(classes):
        here = inside & (code == k + 1)
        found.append(
            _row(c.name, c.label, c.local, here, weight)
            | {
                "share": _ratio(_sum(weight, here), decided),
                "share_of_all": _ratio(_sum(weight, here), everything),
                "at_most": _ratio(_sum(weight, inside & may_be[:, k]), everything),
            }
        )
    for reason, rows in reasons(evidence, code == 0):
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
