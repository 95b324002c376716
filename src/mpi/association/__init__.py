"""How the deprivations of a measure go together: association of pairs, overlap of dimensions, weights from data."""

from mpi.association.pairs import Association, estimate

__all__ = ["Association", "estimate"]
