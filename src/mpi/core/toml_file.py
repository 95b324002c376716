"""TOML as tables of plain values: a file found, decoded, parsed; what is wrong is told with its line and column."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeGuard

from mpi.core.atomic import located
from mpi.core.errors import FileError, RequestError, unknown
from mpi.core.toml_words import WrittenFloat

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["TomlSource", "is_path", "parsed", "source_name"]

TomlSource = str | os.PathLike[str] | Mapping[str, Any]
"""Where TOML stands: a path; the text itself, of several lines; or tables that were read already."""


def parsed(
    source: TomlSource,
    what: str = "file",
    *,
    smallest: str = "",
    read_float: Callable[[str], Any] = WrittenFloat,
) -> dict[str, Any]:
    """Return the tables of a TOML file as dictionaries.

    Parameters
    ----------
    source : path, str or mapping
        The file; or its text, which has several lines; or its tables, of which a copy is returned.
    what : str
        What it holds, in a word for messages: ``"measure"``.
    smallest : str, optional
        The smallest such file. Where it is given, an empty file is refused, and this is shown.
    read_float : function
        What becomes of a float; by default it is kept as it is written, so that 0.05 is 1/20.

    Raises
    ------
    MpiError
        When there is no such file (the nearest is offered), it is no UTF-8 text, or no TOML.
    """
    if not isinstance(source, (str, os.PathLike, Mapping)):
        raise RequestError(f"a path of a {what}, its text or its tables are needed, not {type(source).__name__}")
    where = str(located(source)) if is_path(source) else source_name(source, what)
    if isinstance(source, Mapping):
        table = {str(key): _as_written(value, read_float) for key, value in source.items()}
    else:
        content = _content(located(source), what) if is_path(source) else str(source)
        table = _parsed(content, where, read_float)
    if smallest and not table:
        raise FileError(f"{where}: the file is empty; the smallest {what} is{smallest}")
    return table


def source_name(source: TomlSource, what: str) -> str:
    r"""Return what a source is called in messages.

    Examples
    --------
    >>> source_name("mine.toml", "measure"), source_name("name = 'm'\ncutoff = 1", "measure")
    ('measure file mine.toml', 'measure text')
    """
    if is_path(source):
        return f"{what} file {located(source)}"
    return f"{what} tables" if isinstance(source, Mapping) else f"{what} text"


def is_path(source: TomlSource) -> TypeGuard[str | os.PathLike[str]]:
    """Tell a path from text, which has several lines, and from tables."""
    return not isinstance(source, Mapping) and not (isinstance(source, str) and "\n" in source)


def _as_written(value: Any, read_float: Callable[[str], Any]) -> Any:
    """Return a value of a table as the parser would give it."""
    if isinstance(value, float):
        return read_float(repr(value))
    if isinstance(value, Mapping):
        return {str(k): _as_written(v, read_float) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_as_written(v, read_float) for v in value]
    return str(value) if isinstance(value, Fraction) else value


def _parsed(content: str, where: str, read_float: Callable[[str], Any]) -> dict[str, Any]:
    try:
        return tomllib.loads(content, parse_float=read_float)
    except tomllib.TOMLDecodeError as error:
        raise FileError(_syntax(str(error), content, where)) from error
    except (ValueError, RecursionError) as error:
        raise FileError(f"{where}: this is not TOML that can be read: {error}") from error


def _content(file: Path, what: str) -> str:
    try:
        raw = file.read_bytes()
    except FileNotFoundError:
        raise FileError(_absent(file)) from None
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and file.is_dir():
            raise FileError(f"{file} is a folder; a {what} file is one .toml file") from None
        raise FileError(f"cannot read {file}: {getattr(error, 'strerror', None) or error}") from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise FileError(f"{file}, line {line}: this is not UTF-8 text; save the file as UTF-8") from None


def _absent(file: Path) -> str:
    folder = file.parent
    if not folder.is_dir():
        return f"there is no file {str(file)!r}: there is no folder {str(folder)!r}"
    others = sorted(f.name for f in folder.glob("*.toml"))
    if not others:
        return f"there is no file {str(file)!r}, and no other .toml file in its folder"
    return unknown(f"file in {str(folder)!r} called", file.name, others)


def _syntax(message: str, content: str, where: str) -> str:
    """Say where the TOML is wrong; the parser's own words tell what."""
    found = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", message)
    what = message[: found.start()] if found else message
    if found and found[1]:
        line, column = int(found[1]), int(found[2])
    else:
        line, column = content.count("\n") + 1, len(content) - content.rfind("\n")
    lines = content.split("\n")
    shown = f": {lines[line - 1].strip()[:80]}" if 0 < line <= len(lines) else ""
    return f"{where}, line {line}, column {column}: this is not TOML: {what[:1].lower()}{what[1:]}{shown}"
