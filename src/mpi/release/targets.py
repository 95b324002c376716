"""Protection of hidden figures: the least movement of each, in terms of cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mpi.release.cells import TOLERANCE
from mpi.release.system import Target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mpi.release.cells import Tabulated
    from mpi.tables.estimates_like import EstimatesLike

__all__ = ["ratio_targets", "targets"]


def targets(
    est: EstimatesLike, table: Tabulated, secret: Sequence[int], protection: float, *, cases: Sequence[int] = ()
) -> list[Target]:
    """Return how far hidden figures must be able to move, up and down.

    Parameters
    ----------
    est : Estimates
        The figures.
    table : Tabulated
        Their cells.
    secret : sequence of int
        The figures to protect.
    protection : float
        The share of its value that each must be able to move; within what is possible at all.
    cases : sequence of int
        Those of them whose number of cases is to be protected too.
    """
    out: list[Target] = []
    for row in dict.fromkeys(table.row[i] for i in cases if i in table.row):
        cell = table.of_row[row]
        out += _both(min(i for i in cases if table.row.get(i) == row), cell, table.value[cell] * protection)
    for i in secret:
        if i in table.ratios:
            out += ratio_targets(est, table, i, protection)
        if i in table.ratios or i not in table.of_figure:
            continue
        cell = table.of_figure[i]
        value = table.value[cell]
        one = _weight_of_case(table, i, cell)  # of nobody, or of less than a case, that it may be one
        up = min(max(value, one) * protection, table.room[cell])
        out += [Target(i, (cell,), (1.0,), up), Target(i, (cell,), (-1.0,), value * protection)]
    return list({(t.cells, t.factors): t for t in out if t.need > 0}.values())


def _weight_of_case(found: Tabulated, i: int, cell: int) -> float:
    """Return how many people one case of a figure's group stands for; 0 where its population is not known."""
    people, cases = found.value[cell] + found.room[cell], found.value[found.of_row[found.row[i]]]
    return float(people / cases) if np.isfinite(people) and cases > 0 else 0.0


def _both(figure: int, cell: int, need: float) -> list[Target]:
    return [Target(figure, (cell,), (1.0,), need), Target(figure, (cell,), (-1.0,), need)]


def ratio_targets(est: EstimatesLike, table: Tabulated, i: int, protection: float) -> list[Target]:
    """Return the targets of a ratio r = a / b: a - r (1 + p) b >= 0 and a - r (1 - p) b <= 0 must be possible.

    At the true values these are -p r b and p r b, so movements must make up for p r b.
    """
    above, below = table.ratios[i]
    ratio, bottom, least = float(est.value[i]), table.value[below], table.least.get(i, 0.0)
    if ratio <= 0:
        return []
    ends = ((1.0, min(protection, 1 / ratio - 1)), (-1.0, min(protection, 1 - least / ratio)))
    return [
        Target(i, (*above, below), (*(sign for _ in above), -sign * ratio * (1 + sign * share)), share * ratio * bottom)
        for sign, share in ends
        if share > TOLERANCE
    ]
