"""Viet Nam Household Living Standards Survey (VHLSS): a folder of modules becomes one survey with harmonised names."""

from mpi.programmes.vhlss.read import check_vhlss, missing_names, read_vhlss
from mpi.programmes.vhlss.report import Report

__all__ = ["Report", "check_vhlss", "missing_names", "read_vhlss"]
