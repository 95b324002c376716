"""How the deprivations of a measure go together: association of pairs, overlap of dimensions, weights from data."""

from mpi.association.combinations import Overlap, overlap
from mpi.association.data_weights import Components, components, weights
from mpi.association.pairs import Association, estimate

__all__ = ["Association", "Components", "Overlap", "components", "estimate", "overlap", "weights"]
