"""Line files: found, parsed into a `Line`, with every problem reported at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mpi.core.errors import FileError, Problems
from mpi.core.toml_file import parsed, source_name
from mpi.core.toml_table import TomlTable
from mpi.lines.reader import read_line

if TYPE_CHECKING:
    from mpi.core.toml_file import TomlSource

__all__ = ["read"]


def read(source: TomlSource) -> dict[str, Any]:
    """Return the arguments of `Line` that a TOML file gives.

    Raises
    ------
    MpiError
        When the file is absent or is not TOML, or with every problem of it at once, each with the path of its key.
    """
    problems = Problems(source_name(source, "line"), FileError)
    found = read_line(TomlTable(parsed(source, "line"), "", problems))
    problems.raise_if_any()
    return found
