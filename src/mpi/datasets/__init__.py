"""The samples that ship with the package: surveys of people who do not exist."""

from mpi.datasets.samples import SYNTHETIC, load_sample

__all__ = ["SYNTHETIC", "load_sample"]
