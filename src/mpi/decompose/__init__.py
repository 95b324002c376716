"""Decompositions: estimates in, estimates out; every term has its error, and all terms their covariances."""

from mpi.decompose.changes import change

__all__ = ["change"]
