"""Viet Nam Household Living Standards Survey (VHLSS): a folder of modules becomes one survey with harmonised names."""

from mpi.readers.vhlss.reading import check_vhlss, missing_names, read_vhlss
from mpi.readers.vhlss.report import Report

__all__ = ["Report", "check_vhlss", "missing_names", "read_vhlss"]
