"""The errors and warnings of the library: what can be caught.

Every error is an `MpiError`, which is a `ValueError`, and one of four kinds.

>>> import mpi
>>> try:
...     mpi.Measure("m", [mpi.Indicator("water", dimension="home", weight="1/2")], cutoff=33)
... except mpi.errors.RequestError as error:
...     len(error.problems)
2
"""

from mpi.core.errors import DataError, FileError, MissingLibraryError, MpiError, MpiWarning, RequestError

__all__ = ["DataError", "FileError", "MissingLibraryError", "MpiError", "MpiWarning", "RequestError"]
