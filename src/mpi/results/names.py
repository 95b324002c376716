"""Names of the statistics of a measure, and those among them that are counts or can only grow."""

from __future__ import annotations

from typing import Literal, get_args

__all__ = ["MONOTONE", "NUMBERS", "STATISTICS", "Statistic"]

Statistic = Literal[
    "M0", "H", "A", "uncensored_headcount", "censored_headcount", "contribution", "contribution_share",
    "population_share", "poor_share", "group_contribution", "vulnerable", "severe", "inequality",
    "number_of_poor", "population",
]  # fmt: skip
STATISTICS: tuple[Statistic, ...] = get_args(Statistic)

NUMBERS = ("number_of_poor", "population")
"""Statistics that are numbers: given when asked for, since weights need not add up to a population."""

MONOTONE = frozenset(
    {
        "M0",
        "H",
        "uncensored_headcount",
        "censored_headcount",
        "contribution",
        "severe",
        "population_share",
        "number_of_poor",
        "population",
    }
)
"""Statistics that can only grow with more deprivations: those that bounds for missing values are valid for."""
