"""The words that options of the command line may be."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Adjustment", "Count", "Each", "Freedom", "Hoa", "Labels", "Reweighting", "Single"]


class Adjustment(StrEnum):
    """How weights meet known totals."""

    rake = "rake"
    poststratify = "poststratify"
    linear = "linear"


class Count(StrEnum):
    """What is counted."""

    person = "person"
    household = "household"


class Each(StrEnum):
    """What a row is."""

    persons = "persons"
    households = "households"


class Freedom(StrEnum):
    """Whose degrees of freedom."""

    group = "group"
    design = "design"


class Hoa(StrEnum):
    """Where the Hoa stand."""

    majority = "majority"
    minority = "minority"


class Labels(StrEnum):
    """The language of labels."""

    en = "en"
    vi = "vi"


class Reweighting(StrEnum):
    """Which other weights."""

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
