"""Decompositions: estimates in, estimates out; every term has its error, and all terms their covariances."""

from mpi.decompose.changes import change
from mpi.decompose.dimensions import dimensions
from mpi.decompose.gaps import gap
from mpi.decompose.groups import groups
from mpi.decompose.growth import growth
from mpi.decompose.kitagawa import kitagawa
from mpi.decompose.shapley import shapley
from mpi.decompose.testing import significance
from mpi.decompose.trends import target, trend
from mpi.joining import independent

__all__ = [
    "change",
    "dimensions",
    "gap",
    "groups",
    "growth",
    "independent",
    "kitagawa",
    "shapley",
    "significance",
    "target",
    "trend",
]
