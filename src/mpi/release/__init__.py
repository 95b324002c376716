"""What may be published: schemes of reliability, figures that are not shown, and whether they can be found out."""

from mpi.release.audit import audit
from mpi.release.counts_table import intervals, suppress
from mpi.release.library import list_schemes, load_scheme
from mpi.release.reliability import reliability
from mpi.release.scheme import Label, Scheme

__all__ = ["Label", "Scheme", "audit", "intervals", "list_schemes", "load_scheme", "reliability", "suppress"]
