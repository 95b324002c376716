"""From a TOML file to a line: the file found and parsed, every problem of it told at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mpi.errors import Problems
from mpi.files import located
from mpi.lines.line_reader import read_line
from mpi.lines.toml_table import TomlTable
from mpi.toml_file import parsed

if TYPE_CHECKING:
    import os

__all__ = ["read"]


def read(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the arguments of `Line` that a TOML file gives.

    Raises
    ------
    MpiError
        When the file is absent or is not TOML, or with every problem of it at once, each with the path of its key.
    """
    file = located(path)
    problems = Problems(f"line file {file}")
    found = read_line(TomlTable(parsed(file, "line"), "", problems))
    problems.raise_if_any()
    return found
