"""How the deprivations of a measure go together: association of pairs, overlap of dimensions, weights from data."""

from mpi.association.overlap import Overlap, overlap
from mpi.association.pairs import Association, estimate

__all__ = ["Association", "Overlap", "estimate", "overlap"]
