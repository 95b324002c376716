"""Association between deprivations: pairs of indicators, overlap of dimensions, and weights estimated from data."""

from mpi.association.combinations import Overlap, overlap
from mpi.association.data_weights import Components, components, weights
from mpi.association.pairs import Association, estimate

__all__ = ["Association", "Components", "Overlap", "components", "estimate", "overlap", "weights"]
