"""The words that options of the command line may be."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Adjustment", "Count", "Each", "Freedom", "Hoa", "Labels", "Reweighting", "Single"]


class Adjustment(StrEnum):
    """The ways in which weights are adjusted to known totals."""

    rake = "rake"
    poststratify = "poststratify"
    linear = "linear"


class Count(StrEnum):
    """The unit counted in estimates, as an option of the command line."""

    person = "person"
    household = "household"


class Each(StrEnum):
    """The unit of a row of the file: a person or a household."""

    persons = "persons"
    households = "households"


class Freedom(StrEnum):
    """The rule for degrees of freedom: of each group, or of the whole design."""

    group = "group"
    design = "design"


class Hoa(StrEnum):
    """The side on which the Hoa are counted in the minority figures."""

    majority = "majority"
    minority = "minority"


class Labels(StrEnum):
    """The language of labels."""

    en = "en"
    vi = "vi"


class Reweighting(StrEnum):
    """The sets of other weights that robustness is tried with."""

    halves = "halves"
    without = "without"
    grid = "grid"
    none = "none"


class Single(StrEnum):
    """The rule for a stratum with one PSU."""

    error = "error"
    certainty = "certainty"
    centered = "centered"
    scaled = "scaled"
