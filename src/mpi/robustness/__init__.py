"""Robustness of an ordering of groups to the poverty cutoff, the weights and the choice of indicators."""

from mpi.robustness.dominance import dominance
from mpi.robustness.epsilon import epsilon_robustness
from mpi.robustness.rankings import Rankings, rankings
from mpi.robustness.specifications import attained_cutoffs, dimension_grid, estimate, halves, without_each

__all__ = [
    "Rankings",
    "attained_cutoffs",
    "dimension_grid",
    "dominance",
    "epsilon_robustness",
    "estimate",
    "halves",
    "rankings",
    "without_each",
]
