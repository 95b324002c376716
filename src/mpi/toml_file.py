"""A TOML file as a table of plain values: found, decoded, parsed; what is wrong is told with its line and column."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from mpi.errors import MpiError, unknown
from mpi.files import located
from mpi.toml_words import WrittenFloat

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["parsed"]


def parsed(
    path: str | os.PathLike[str],
    what: str = "file",
    *,
    smallest: str = "",
    read_float: Callable[[str], Any] = WrittenFloat,
) -> dict[str, Any]:
    """Return the tables of a TOML file as dictionaries.

    Parameters
    ----------
    path : path
        The file.
    what : str
        What the file holds, in a word for messages: ``"measure"``.
    smallest : str, optional
        The smallest such file. Where it is given, an empty file is refused, and this is shown.
    read_float : function
        What becomes of a float; by default it is kept as it is written, so that 0.05 is 1/20.

    Raises
    ------
    MpiError
        When there is no such file (the nearest is offered), it is no UTF-8 text, or no TOML.
    """
    file = located(path)
    content = _content(file, what)
    try:
        table = tomllib.loads(content, parse_float=read_float)
    except tomllib.TOMLDecodeError as error:
        raise MpiError(_syntax(str(error), content, file)) from error
    except (ValueError, RecursionError) as error:
        raise MpiError(f"{file}: this is not TOML that can be read: {error}") from error
    if smallest and not table:
        raise MpiError(f"{file}: the file is empty; the smallest {what} is{smallest}")
    return table


def _content(file: Path, what: str) -> str:
    try:
        raw = file.read_bytes()
    except FileNotFoundError:
        raise MpiError(_absent(file)) from None
    except OSError as error:
        if file.is_dir():
            raise MpiError(f"{file} is a folder; a {what} is one .toml file") from None
        raise MpiError(f"cannot read {file}: {error.strerror}") from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise MpiError(f"{file}, line {line}: this is not UTF-8 text; save the file as UTF-8") from None


def _absent(file: Path) -> str:
    folder = file.parent
    if not folder.is_dir():
        return f"there is no file {str(file)!r}: there is no folder {str(folder)!r}"
    others = sorted(f.name for f in folder.glob("*.toml"))
    if not others:
        return f"there is no file {str(file)!r}, and no other .toml file in its folder"
    return unknown(f"file in {str(folder)!r} called", file.name, others)


def _syntax(message: str, content: str, file: Path) -> str:
    """Say where the TOML is wrong; the parser's own words tell what."""
    found = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", message)
    what = message[: found.start()] if found else message
    if found and found[1]:
        line, column = int(found[1]), int(found[2])
    else:
        line, column = content.count("\n") + 1, len(content) - content.rfind("\n")
    lines = content.split("\n")
    shown = f": {lines[line - 1].strip()[:80]}" if 0 < line <= len(lines) else ""
    return f"{file}, line {line}, column {column}: this is not TOML: {what[:1].lower()}{what[1:]}{shown}"
