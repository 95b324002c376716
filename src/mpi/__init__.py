"""Multidimensional poverty from household surveys, with the survey's design in every standard error.

A survey and a measure give estimates:

>>> import mpi
>>> survey = mpi.load_sample()
>>> est = mpi.estimate(survey, mpi.load_measure("gso-mdp"), by=["ethnicity"])
>>> est.table.columns[:3].tolist()
['statistic', 'contrast', 'indicator']
"""

from mpi import decompose
from mpi.contrasts import WaldTest
from mpi.errors import MpiError, MpiWarning
from mpi.estimate import estimate
from mpi.estimates import Estimates
from mpi.library import list_measures, load_measure, load_sample
from mpi.lines import (
    Line,
    estimate_line,
    international_line,
    line_for,
    list_lines,
    load_line,
)
from mpi.means import mean, proportion, ratio, total
from mpi.measure import Indicator, Measure
from mpi.official import with_deprivations
from mpi.pooling import pool
from mpi.profile_files import load_profile, merge_profiles, save_profile
from mpi.profile_survey import profile
from mpi.readers.vhlss import read_vhlss
from mpi.reading import read_survey
from mpi.retention import Retention, retention
from mpi.scanning import scan
from mpi.survey import Survey

__version__ = "0.1.0"

__all__ = [
    "Estimates",
    "Indicator",
    "Line",
    "Measure",
    "MpiError",
    "MpiWarning",
    "Retention",
    "Survey",
    "WaldTest",
    "decompose",
    "estimate",
    "estimate_line",
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
    "profile",
    "proportion",
    "ratio",
    "read_survey",
    "read_vhlss",
    "retention",
    "save_profile",
    "scan",
    "total",
    "with_deprivations",
]
