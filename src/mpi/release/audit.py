"""The attack on what is published: from what to what each hidden figure can be, for a reader who knows populations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.arguments import kinds_checked
from mpi.release.library import scheme_of
from mpi.release.released import released
from mpi.release.reliability import judged
from mpi.release.suppression import secrets
from mpi.release.system import Target, furthest, parts_of, reaches, unprotected
from mpi.release.tabulate import tabulated
from mpi.release.targets import ratio_targets, targets
from mpi.tables.keys import NAMES

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from mpi.release.cells import Tabulated
    from mpi.release.system import System
    from mpi.tables.estimates_like import EstimatesLike

__all__ = ["audit"]

_STEPS = 12


@kinds_checked
def audit(est: EstimatesLike, scheme: Any) -> pd.DataFrame:
    """Return what can be found out of each figure that a scheme does not show, from those that it shows.

    A reader is taken to know the population of each group, all that adds up, and all that is shown to the last digit
    (so rounding is no protection). What each hidden figure can be is found by linear programmes.

    Parameters
    ----------
    est : Estimates
        All figures that are published together, in all tables and files.
    scheme : Scheme, str, path or dict
        The scheme by which they are.

    Returns
    -------
    pandas.DataFrame
        One row for each figure that is hidden and defined: its keys; ``estimate``, what it is; ``low`` and ``high``,
        from what to what it can be for a reader; ``rule``, whether the scheme itself hides it and shows no figure that
        tells the same; and ``protected``, whether that is far enough from what it is, by the protection of the scheme.
        Figures that are hidden beside others have no such claim. It holds what is not to be published.

    Raises
    ------
    MpiError
        When there is no such scheme.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["ethnicity"], statistics=["H", "A"])
    >>> found = mpi.release.audit(est, "dhs")
    >>> bool(found["protected"].all())
    True
    """
    import pandas as pd

    rule = scheme_of(scheme)
    status = released(est, rule).status
    hidden = np.zeros(len(est), dtype=bool) if status is None else status.hidden
    cells = tabulated(est)
    own = secrets(cells, judged(est, rule).hidden(rule))
    system, known = cells.system(), cells.known(hidden)
    there = [i for i in np.flatnonzero(hidden).tolist() if i in cells.of_figure or i in cells.ratios]
    wanted = targets(est, cells, [i for i in there if own[i]], rule.protection)
    lost = {t.figure for t in unprotected(system, known, wanted)}
    reader = _Reader(est, cells, system, known, parts_of(system, ~known))
    limits = [_interval(reader, i) for i in there]
    keys = {name: [est.keys[name].at(i) for i in there] for name in NAMES}
    return pd.DataFrame(
        {
            **keys,
            "estimate": est.value[there],
            "low": [low for low, _ in limits],
            "high": [high for _, high in limits],
            "rule": own[there],
            "protected": [i not in lost for i in there],
        }
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Reader:
    """The knowledge of a reader: the cells, the relations between them, and which of them are known."""

    est: EstimatesLike
    cells: Tabulated
    system: System
    known: NDArray[np.bool_]
    parts: NDArray[np.int64]


def _interval(reader: _Reader, i: int) -> tuple[float, float]:
    """Return from what to what a hidden figure can be."""
    cells, value = reader.cells, float(reader.est.value[i])
    if i in cells.ratios:
        return _ratio_range(reader, i)
    cell = cells.of_figure[i]
    if reader.known[cell]:
        return value, value
    true, room = cells.value[cell], cells.room[cell]
    unit = true or (room if 0 < room < np.inf else 1.0)
    ends = (Target(i, (cell,), (sign,), unit) for sign in (-1.0, 1.0))
    down, up = (furthest(reader.system, reader.known, t, reader.parts) for t in ends)
    one = value / true if true > 0 else 1.0 / room if 0 < room < np.inf else 0.0
    return value - down * one, value + up * one


def _ratio_range(reader: _Reader, i: int) -> tuple[float, float]:
    """Return from what to what a ratio can be: how far it can go is closed in on, share by share of its value."""
    value, least = float(reader.est.value[i]), reader.cells.least.get(i, 0.0)
    if value <= 0:
        return value, value
    ends = []
    for end, most in enumerate((1 / value - 1, 1 - least / value)):
        low, high = 0.0, max(most, 0.0)
        share = high
        for _ in range(_STEPS):
            wanted = ratio_targets(reader.est, reader.cells, i, share)
            target = next((t for t in wanted if (t.factors[0] < 0) == bool(end)), None)
            if target is None:
                break
            there = reaches(reader.system, reader.known, target, reader.parts)
            low, high = (share, high) if there else (low, share)
            share = (low + high) / 2
        ends.append(low)
    return value * (1 - ends[1]), value * (1 + ends[0])
