"""Decompositions: estimates in, estimates out; every term has its error, and all terms their covariances."""

from mpi.decompose.by_regression.fairlie import fairlie
from mpi.decompose.by_regression.oaxaca import oaxaca
from mpi.decompose.by_regression.regression import regression
from mpi.decompose.by_regression.yun import yun
from mpi.decompose.changes import change
from mpi.decompose.dimensions import dimensions
from mpi.decompose.distribution import distribution
from mpi.decompose.gaps import gap
from mpi.decompose.genders.gender import gender
from mpi.decompose.genders.within import within_households
from mpi.decompose.groups import groups
from mpi.decompose.growth import growth
from mpi.decompose.inequality import disparity, inequality
from mpi.decompose.kitagawa import kitagawa
from mpi.decompose.opportunities.furthest import furthest_behind
from mpi.decompose.opportunities.opportunity import opportunity
from mpi.decompose.opportunities.opportunity_changes import opportunity_change
from mpi.decompose.panels.chronic import chronic
from mpi.decompose.panels.panel import panel, persistence_bounds
from mpi.decompose.shapley import shapley
from mpi.decompose.testing import significance
from mpi.decompose.trends import target, trend
from mpi.joining import independent

__all__ = [
    "change",
    "chronic",
    "dimensions",
    "disparity",
    "distribution",
    "fairlie",
    "furthest_behind",
    "gap",
    "gender",
    "groups",
    "growth",
    "independent",
    "inequality",
    "kitagawa",
    "oaxaca",
    "opportunity",
    "opportunity_change",
    "panel",
    "persistence_bounds",
    "regression",
    "shapley",
    "significance",
    "target",
    "trend",
    "within_households",
    "yun",
]
