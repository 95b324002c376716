"""Decompositions: estimates in, estimates out; every term has its error, and all terms their covariances."""

from mpi.decompose.between_groups.dimensions import dimensions
from mpi.decompose.between_groups.gaps import gap
from mpi.decompose.between_groups.groups import groups
from mpi.decompose.between_groups.kitagawa import kitagawa
from mpi.decompose.by_regression.fairlie import fairlie
from mpi.decompose.by_regression.oaxaca import oaxaca
from mpi.decompose.by_regression.regression import regression
from mpi.decompose.by_regression.yun import yun
from mpi.decompose.dispersion.distribution import distribution
from mpi.decompose.dispersion.inequality import disparity, inequality
from mpi.decompose.genders.gender import gender
from mpi.decompose.genders.within import within_households
from mpi.decompose.opportunities.furthest import furthest_behind
from mpi.decompose.opportunities.opportunity import opportunity
from mpi.decompose.opportunities.opportunity_changes import opportunity_change
from mpi.decompose.over_time.changes import change
from mpi.decompose.over_time.growth import growth
from mpi.decompose.over_time.shapley import shapley
from mpi.decompose.over_time.trends import target, trend
from mpi.decompose.panels.chronic import chronic
from mpi.decompose.panels.panel import panel, persistence_bounds
from mpi.results.concat import independent
from mpi.results.significance import significance

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
