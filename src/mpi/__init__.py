"""Multidimensional poverty from household surveys, with the survey's design in every standard error.

A survey and a measure give estimates:

>>> import mpi
>>> survey = mpi.load_sample()
>>> est = mpi.estimate(survey, mpi.load_measure("gso-mdp"), by=["ethnicity"])
>>> est.table.columns[:3].tolist()
['statistic', 'contrast', 'indicator']
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mpi.core.errors import MpiError, MpiWarning
from mpi.datasets import load_sample
from mpi.estimation.estimate import estimate
from mpi.estimation.means import mean, proportion, ratio, total
from mpi.estimation.retention import Retention, retention
from mpi.measures.library import list_measures, load_measure
from mpi.measures.measure import Indicator, Measure
from mpi.results.estimates import Estimates
from mpi.results.joint_tests import WaldTest
from mpi.survey.design import Design
from mpi.survey.pool import pool
from mpi.survey.read import read_survey
from mpi.survey.survey import Survey

if TYPE_CHECKING:
    from mpi import association as association
    from mpi import codes as codes
    from mpi import decompose
    from mpi import errors as errors
    from mpi import impute as impute
    from mpi import indicators as indicators
    from mpi import lines as lines
    from mpi import monetary as monetary
    from mpi import plot as plot
    from mpi import release as release
    from mpi import robustness as robustness
    from mpi import tables as tables
    from mpi.decompose import change, gap, significance
    from mpi.estimation.cardinal import estimate_cardinal
    from mpi.estimation.row_scores import scores
    from mpi.lines import Line, estimate_line, international_line, line_for, list_lines, load_line
    from mpi.lines.deprivations import with_deprivations
    from mpi.profiles.condense import profile
    from mpi.profiles.files import load_profile, merge_profiles, save_profile
    from mpi.programmes.vhlss import read_vhlss
    from mpi.readers.large.scan import scan
    from mpi.results.compare_errors import compare_errors
    from mpi.results.concat import concat
    from mpi.results.independence import rao_scott
    from mpi.results.precision import precision
    from mpi.results.sample_size import detectable, sample_size
    from mpi.results.simultaneous import simultaneous
    from mpi.survey.replicates import replicate

__version__ = "0.1.0"

__all__ = [
    "Design",
    "Estimates",
    "Indicator",
    "Line",
    "Measure",
    "MpiError",
    "MpiWarning",
    "Retention",
    "Survey",
    "WaldTest",
    "change",
    "compare_errors",
    "concat",
    "decompose",
    "detectable",
    "estimate",
    "estimate_cardinal",
    "estimate_line",
    "gap",
    "international_line",
    "line_for",
    "list_lines",
    "list_measures",
    "load_line",
    "load_measure",
    "load_profile",
    "load_sample",
    "mean",
    "merge_profiles",
    "pool",
    "precision",
    "profile",
    "proportion",
    "rao_scott",
    "ratio",
    "read_survey",
    "read_vhlss",
    "replicate",
    "retention",
    "sample_size",
    "save_profile",
    "scan",
    "scores",
    "significance",
    "simultaneous",
    "total",
    "with_deprivations",
]

_OPEN = (
    "association",
    "codes",
    "decompose",
    "errors",
    "impute",
    "indicators",
    "lines",
    "monetary",
    "plot",
    "release",
    "robustness",
    "tables",
)
"""Rooms whose own names are public too."""

_ROOMS = {
    "mpi.decompose": ("change", "gap", "significance"),
    "mpi.results.compare_errors": ("compare_errors",),
    "mpi.results.concat": ("concat",),
    "mpi.results.independence": ("rao_scott",),
    "mpi.results.sample_size": ("detectable", "sample_size"),
    "mpi.results.precision": ("precision",),
    "mpi.results.simultaneous": ("simultaneous",),
    "mpi.survey.replicates": ("replicate",),
    "mpi.lines": ("Line", "estimate_line", "international_line", "line_for", "list_lines", "load_line"),
    "mpi.lines.deprivations": ("with_deprivations",),
    "mpi.profiles.files": ("load_profile", "merge_profiles", "save_profile"),
    "mpi.profiles.condense": ("profile",),
    "mpi.programmes.vhlss": ("read_vhlss",),
    "mpi.estimation.cardinal": ("estimate_cardinal",),
    "mpi.estimation.row_scores": ("scores",),
    "mpi.readers.large.scan": ("scan",),
}
"""Rooms that are entered when one of their names is first used: they would double the time of ``import mpi``."""


if not TYPE_CHECKING:  # a checker would take any name for one that may be there

    def __getattr__(name: str) -> Any:
        """Import a name from its room."""
        if name in _OPEN:
            return import_module(f"mpi.{name}")
        room = next((room for room, names in _ROOMS.items() if name in names), None)
        if room is None:
            raise AttributeError(f"module 'mpi' has no attribute {name!r}")
        found = globals()[name] = getattr(import_module(room), name)
        return found


def __dir__() -> list[str]:
    """Return the public names, those of other rooms too."""
    return sorted({*__all__, *_OPEN, "__version__"})
