"""From a TOML file to a line: the file found and parsed, every problem of it told at once."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from mpi.errors import MpiError, Problems, unknown
from mpi.files import located
from mpi.lines.line_reader import read_line
from mpi.lines.toml_table import TomlTable
from mpi.toml_words import WrittenFloat

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from mpi.lines.line import Line

__all__ = ["parsed", "read"]


def read(path: str | os.PathLike[str]) -> Line:
    """Read a line from a TOML file.

    Raises
    ------
    MpiError
        When the file is absent or is not TOML, or with every problem of it at once, each with the path of its key.
    """
    file = located(path)
    problems = Problems(f"line file {file}")
    line = read_line(TomlTable(parsed(file), "", problems))
    problems.raise_if_any()
    return line


def parsed(file: Path) -> dict[str, Any]:
    """Parse a file; floats are kept as they are written.

    Raises
    ------
    MpiError
        When there is no such file (the nearest is offered), or it is not TOML.
    """
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"), parse_float=WrittenFloat)
    except FileNotFoundError:
        others = sorted(f.name for f in file.parent.glob("*.toml"))
        raise MpiError(unknown(f"file in {str(file.parent)!r} called", file.name, others)) from None
    except OSError as error:
        raise MpiError(f"cannot read {file}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise MpiError(f"{file} is not UTF-8 text; save the file as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise MpiError(f"{file} is not TOML: {error}") from error
