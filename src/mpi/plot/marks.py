"""Figures as they are drawn: value, interval and standing of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mpi.inference.design import FEW
from mpi.plot.digits import decimals_of, plain, span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mpi.plot.digits import Language
    from mpi.tables.estimates_like import EstimatesLike

__all__ = ["Mark", "Standing", "is_share", "mark_text", "marks_of"]

Standing = Literal["shown", "caution", "zero", "undefined", "withheld"]
"""How a figure stands: to be relied on, with caution, nobody (or everybody) without an error, undefined, not shown."""

_SHARES = (
    "H", "A", "uncensored_headcount", "censored_headcount", "contribution_share", "population_share", "poor_share",
    "group_contribution", "vulnerable", "severe", "proportion",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mark:
    """One figure; values of shares are in per cent.

    Attributes
    ----------
    group, wave : str
        Of whom, in which round.
    value, low, high, se : float
        The estimate, its limits and its error; none of what is withheld.
    standing : str
        How it stands.
    per_cent : bool
        Whether it is a share.
    row : int
        Its position among the estimates.
    """

    group: str
    wave: str
    value: float
    low: float
    high: float
    se: float
    standing: Standing
    per_cent: bool
    row: int

    @property
    def drawn(self) -> bool:
        """Return whether there is a number to draw."""
        return self.standing in ("shown", "caution", "zero")


def is_share(est: EstimatesLike) -> bool:
    """Tell whether all figures are shares, or differences of shares, which are printed in per cent."""
    return all(str(v) in _SHARES for v in est.keys["statistic"].without_unused().values)


def marks_of(est: EstimatesLike, scheme: Any = None) -> list[Mark]:
    """Return each estimate as it is drawn, in their order; what a scheme does not show has no numbers at all."""
    low, high = est.conf_int()
    per_cent = is_share(est)
    times = 100.0 if per_cent else 1.0
    standing = _standings(est, scheme)
    groups = [_text(g) for g in est.keys["group"].to_list()]
    waves = [_text(w) for w in est.keys["wave"].to_list()]
    found = []
    for i, how in enumerate(standing):
        hidden = how == "withheld"
        value, a, b, se = (np.nan if hidden else times * float(x[i]) for x in (est.value, low, high, est.se))
        found.append(Mark(groups[i], waves[i], value, a, b, se, how, per_cent, i))
    return found


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _standings(est: EstimatesLike, scheme: Any) -> list[Standing]:
    """Return how each figure stands: by its own flag, and by a scheme where one is named."""
    shown = np.full(len(est), "plain", dtype=object) if scheme is None else _by_scheme(est, scheme)
    nobody = ((est.value == 0) | (est.value == 1)) & ~est.estimable
    few = np.array([FEW in str(f or "") for f in est.flag.to_list()]) | (~est.estimable & ~nobody)
    found: list[Any] = np.select(
        [shown == "hidden", np.isnan(est.value), nobody, (shown == "brackets") | (shown == "mark") | few],
        ["withheld", "undefined", "zero", "caution"],
        "shown",
    ).tolist()
    return found


def _by_scheme(est: EstimatesLike, scheme: Any) -> Any:
    """Return how a scheme prints each figure."""
    from mpi.release import reliability

    return reliability(est, scheme)["show"].to_numpy(dtype=object)


def mark_text(mark: Mark, language: Language = "en", decimals: int | None = None) -> tuple[str, str]:
    """Return a figure and its interval as two texts: brackets say caution, a dash that there is none."""
    if not mark.drawn:
        return "–", ""
    if mark.standing == "zero":
        return plain(mark.value, 0, language), ""
    d = decimals_of(mark.se, per_cent=mark.per_cent) if decimals is None else decimals
    value = plain(mark.value, d, language)
    return (f"({value})" if mark.standing == "caution" else value), span(mark.low, mark.high, d, language)


def by_value(marks: Sequence[Mark]) -> list[Mark]:
    """Return marks from the smallest to the largest; those without a number first, by name."""
    return sorted(marks, key=lambda m: (m.drawn, m.value if m.drawn else 0.0, m.group))
