"""Release of estimates: schemes of reliability, suppression, and an audit of whether hidden figures can be inferred."""

from mpi.release.audit import audit
from mpi.release.counts_table import intervals, suppress
from mpi.release.library import list_schemes, load_scheme
from mpi.release.reliability import reliability
from mpi.release.scheme import Label, Scheme

__all__ = ["Label", "Scheme", "audit", "intervals", "list_schemes", "load_scheme", "reliability", "suppress"]
