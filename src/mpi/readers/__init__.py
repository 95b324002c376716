"""Files of survey microdata, read with their labels: Stata, SPSS, CSV and Parquet."""

from mpi.readers.read import column_names, read_table
from mpi.readers.table import Table

__all__ = ["Table", "column_names", "read_table"]
