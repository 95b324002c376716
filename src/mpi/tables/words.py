"""Words for statistics and contrasts, and the unit of a number among percentages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CONTRAST_WORDS", "OF_REGRESSION", "STATISTIC_WORDS", "statistic_words", "unit_of"]

_SHARES = frozenset(
    {
        "H", "A", "uncensored_headcount", "censored_headcount", "contribution_share", "population_share",
        "poor_share", "group_contribution", "vulnerable", "severe", "proportion", "poor", "near_poor", "average",
        "other", "undecided", "share", "M0^0", "union_H", "union_A", "ongoing_poor", "left_poverty", "entered_poverty",
        "never_poor", "ever_poor", "entry_rate", "exit_rate", "unmatched", "H_C", "A_C", "D_C", "censored_headcount_C",
        "H_transient", "deprived", "deprived_in_poor_household", "beside_nondeprived", "beside_nondeprived_other_sex",
        "who_is_deprived", "both", "first_only", "second_only", "neither", "overlap",
        "dimensions_deprived", "dimensions_at_least", "with_others",
        "fgt(0)", "poor_in_both", "poor_in_money_only", "deprived_only", "poor_in_neither",
        "missed_by_money", "missed_by_deprivations", "vulnerable_to_poverty",
    }
)  # fmt: skip
_INDICES = ("variance", "theil", "mean_log_deviation", "coefficient_of_variation", "dissimilarity")
OF_REGRESSION = frozenset({"explained", "unexplained", "endowments", "coefficients", "interaction", "residual"})
_RATIO = re.compile(r"(?<![a-z])(ratio|log)s?(?![a-z])| / ")
_DIFFERENCE = re.compile(  # "1 - x" is a level
    r"(?<![a-z])(change|difference|gap|minus|effect|trend|departure|shortfall)s?(?![a-z])|(?<!^1) [-−–] "
)
_DERIVED = re.compile(r"(annual )?(relative )?(change|trend)|difference|(log )?ratio|departure")
_PERCENT = re.compile(r"(?<![a-z])(relative|growth|share)(?![a-z])")

STATISTIC_WORDS = {
    "M0": "Adjusted headcount ratio (M0)",
    "H": "Headcount ratio (H)",
    "A": "Intensity (A)",
    "uncensored_headcount": "Uncensored headcount",
    "censored_headcount": "Censored headcount",
    "contribution": "Contribution to M0",
    "contribution_share": "Share of contribution",
    "population_share": "Population share",
    "poor_share": "Share of the poor",
    "group_contribution": "Group's contribution to M0",
    "vulnerable": "Vulnerable",
    "severe": "Severe",
    "inequality": "Inequality among the poor",
    "number_of_poor": "Number of poor",
    "population": "Population",
    "M0^0": "Headcount ratio (M0^0)",
    "M0^1": "Adjusted headcount ratio (M0^1)",
    "M0^2": "Mean squared score of the poor, censored (M0^2)",
    "CSPI": "Correlation-sensitive poverty index (CSPI)",
    "union_H": "Deprived in anything",
    "union_A": "Mean score of the deprived",
    "union_GE2": "Inequality of the deprived's scores (GE2)",
    "D(t)": "Mean number of deprivations",
    "D(t^2)": "Dual measure of counts, D(t^2)",
    "D(2t - t^2)": "Dual measure of counts, D(2t - t^2)",
    "ongoing_poor": "Poor in both rounds",
    "left_poverty": "Left poverty",
    "entered_poverty": "Entered poverty",
    "never_poor": "Poor in neither round",
    "ever_poor": "Ever poor",
    "entry_rate": "Rate of entry among the non-poor",
    "exit_rate": "Rate of exit among the poor",
    "unmatched": "Not followed through all rounds",
    "H_C": "Chronic headcount ratio (H_C)",
    "A_C": "Intensity of the chronic poor (A_C)",
    "D_C": "Duration of the chronic poor (D_C)",
    "M0_C": "Adjusted chronic headcount ratio (M0_C)",
    "censored_headcount_C": "Chronic censored headcount",
    "contribution_C": "Contribution to M0_C",
    "H_transient": "Transient headcount ratio",
    "M0_transient": "Transient M0",
    "deprived": "Deprived themselves",
    "deprived_in_poor_household": "Of the deprived, in poor households",
    "beside_nondeprived": "Of the deprived, beside a member who is not",
    "beside_nondeprived_other_sex": "Of the deprived, beside a member of the other sex who is not",
    "who_is_deprived": "Households with a deprived member, by who it is",
    "M1": "Adjusted poverty gap (M1)",
    "M2": "Adjusted squared gap (M2)",
    "G": "Mean gap of the poor's deprivations (G)",
    "S": "Mean squared gap of the poor's deprivations (S)",
    "contribution_M1": "Contribution to M1",
    "contribution_M2": "Contribution to M2",
    "contribution_share_M1": "Share of contribution to M1",
    "contribution_share_M2": "Share of contribution to M2",
    "both": "Deprived in both",
    "first_only": "Deprived in the first only",
    "second_only": "Deprived in the second only",
    "R0": "Redundancy (R0)",
    "phi": "Correlation (phi)",
    "cramers_v": "Cramér's V",
    "tetrachoric": "Tetrachoric correlation",
    "odds_ratio": "Odds ratio",
    "jaccard": "Jaccard similarity",
    "KR20": "Reliability (KR-20)",
    "neither": "Deprived in neither",
    "overlap": "Deprived in just these",
    "dimensions_deprived": "Deprived in so many dimensions",
    "dimensions_at_least": "Deprived in at least so many dimensions",
    "with_others": "Of those deprived in it, in so many others too",
    "fgt(0)": "Poor in money (headcount ratio)",
    "fgt(1)": "Poverty gap (FGT 1)",
    "fgt(2)": "Squared poverty gap (FGT 2)",
    "watts": "Watts index",
    "sen": "Sen index",
    "sst": "Sen-Shorrocks-Thon index",
    "rmpg": "Relative median poverty gap",
    "prosperity_gap": "Prosperity gap",
    "line": "Poverty line",
    "gini": "Gini coefficient",
    "ge(0)": "Mean log deviation (GE 0)",
    "ge(1)": "Theil index (GE 1)",
    "ge(2)": "Half the squared coefficient of variation (GE 2)",
    "quantile(0.5)": "Median",
    "lorenz(0.2)": "Share of the poorest 20%",
    "lorenz(0.4)": "Share of the poorest 40%",
    "share(0.9,1)": "Share of the richest 10%",
    "palma": "Palma ratio",
    "qsr": "Income quintile share ratio (S80/S20)",
    "poor_in_both": "Poor in money and deprivations",
    "poor_in_money_only": "Poor in money only",
    "deprived_only": "Poor in deprivations only",
    "poor_in_neither": "Poor in neither",
    "vulnerable_to_poverty": "Above the line and below 1.5 times it",
    "missed_by_money": "Of the multidimensionally poor, not poor in money",
    "missed_by_deprivations": "Of the poor in money, not multidimensionally poor",
    "mean": "Mean",
    "proportion": "Proportion",
    "total": "Total",
    "ratio": "Ratio",
    "share": "Share",
    "poor": "Poor",
    "near_poor": "Near-poor",
    "average": "Average living standard",
    "other": "Other",
    "undecided": "Undecided",
    "poor_number": "Number of poor",
    "near_poor_number": "Number of near-poor",
    "average_number": "Number with an average living standard",
    "other_number": "Number of others",
    "undecided_number": "Number of undecided",
}
"""What statistics are called in words."""

CONTRAST_WORDS = {
    "annual_change": "change per year",
    "annual_relative_change": "relative change per year",
    "trend": "trend per year",
    "relative_trend": "relative trend per year",
    "group_part": "part of the whole",
    "group_share": "group's share of the whole",
    "representation_ratio": "over-representation (ratio to the whole)",
    "part": "part of M0",
    "part_share": "share of M0",
    "weight_ratio": "ratio of the share to the weight",
    "share_difference": "difference of shares of M0",
    "contribution_change_share": "share of the change of M0",
    "composition_effect": "effect of composition",
    "rate_effect": "effect of rates",
    "explained": "explained by covariates",
    "unexplained": "not explained by covariates",
    "endowments": "explained by endowments",
    "coefficients": "by coefficients",
    "interaction": "by interaction",
    "opportunity_index": "human opportunity index",
    "dissimilarity_bias": "dissimilarity index, bias from sampling",
    "dissimilarity_corrected": "dissimilarity index, corrected",
    "dissimilarity_contribution": "contribution to dissimilarity",
    "dissimilarity_contribution_share": "share of dissimilarity",
    "lower_bound": "lower bound",
    "upper_bound": "upper bound",
    "ongoing_change": "change of those poor in both rounds",
    "exit_change": "change by exit",
    "entry_change": "change by entry",
    "within": "within groups",
    "between": "between groups",
    "within_share": "share within groups",
    "between_share": "share between groups",
    "variance": "variance between groups",
    "theil": "Theil index",
    "dissimilarity": "dissimilarity index",
    "mean_log_deviation": "mean log deviation",
    "coefficient_of_variation": "coefficient of variation",
}
"""What contrasts are called in words, where their names do not say it."""


def statistic_words(statistic: str, names: Mapping[str, str]) -> str:
    """Return the words for a statistic; those of a power's contributions are put together."""
    for start, said in (("contribution_share_M0^", "Share of "), ("contribution_M0^", "Contribution to ")):
        if names and statistic.startswith(start):
            return said + statistic[statistic.index("M0^") :]
    return str(names.get(statistic, statistic))


def unit_of(statistic: str | None, contrast: str | None) -> Literal["fraction", "percent", "points"]:
    """Say how a number is printed among percents; what a contrast's name calls a difference is in points."""
    name = (contrast or "level").casefold().replace("_", " ")
    kind, _, of = (contrast or "level").partition(" of ")  # before the underscores go: "coefficient_of_variation"
    kind = kind.casefold().replace("_", " ")
    if of and _DERIVED.fullmatch(kind):
        return _derived(kind, unit_of(statistic, of))
    if _PERCENT.search(name) and "log" not in name:
        return "points" if "difference" in name else "percent"
    if not _is_share(statistic) or str(contrast).startswith(_INDICES) or _RATIO.search(name):
        return "fraction"
    return "points" if contrast in OF_REGRESSION or _DIFFERENCE.search(name) else "percent"


def _derived(kind: str, unit: Literal["fraction", "percent", "points"]) -> Literal["fraction", "percent", "points"]:
    """Say how a change, gap or trend of numbers in some unit is printed: that of percents is in points."""
    if "ratio" in kind:
        return "fraction"
    if "relative" in kind:
        return "percent"
    return "fraction" if unit == "fraction" else "points"


def _is_share(statistic: str | None) -> bool:
    return statistic in _SHARES or str(statistic).startswith(("contribution_share_", "lorenz(", "share("))
