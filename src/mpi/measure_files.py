"""Measures as TOML files: read with every problem told at once, written so that they read back equal."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from mpi.errors import MpiError, Problems
from mpi.files import located
from mpi.measure_reader import Reader
from mpi.rational import ROUNDING, ROUNDING_SINGLE, text
from mpi.toml_file import parsed
from mpi.toml_words import key_text, quoted

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from mpi.indicator import Indicator
    from mpi.measure import Measure

__all__ = ["measures_in", "read", "write"]

_EXAMPLE = """
    name = "mine"
    cutoff = "1/3"
    [dimensions]
    health = ["nutrition", "mortality"]
    education = ["schooling"]"""


def read(path: str | os.PathLike[str]) -> Measure:
    r"""Read a measure from a TOML file.

    Parameters
    ----------
    path : path
        The file. It has a `name`, a `cutoff` and `dimensions`, and may have `title`, `source`, `severe`,
        `vulnerable`, `missing`, `unit`, `order` (of indicators, where dimensions mix) and `weights`, the word
        ``rounded`` where they may miss 1 by 1e-9 (``float32``: by 1e-6). A dimension is a list of indicators, or a
        table with a `weight` and `indicators`: a list again, or a table each (`weight`, `column`, `label`,
        `description`). Weights are shares of the whole score. Where no dimension has one they share equally, and so
        do the indicators of a dimension where none has one.

    Raises
    ------
    MpiError
        When the file is absent or is not TOML (with line and column), or with every problem of it at once,
        each with the path of its key.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "mine.toml"
    ...     _ = file.write_text('name = "mine"\ncutoff = 0.5\n[dimensions]\nx = ["a"]\ny = ["b", "c"]')
    ...     read(file).weights["c"]
    Fraction(1, 4)
    """
    file = located(path)
    table = parsed(file, "measure", smallest=_EXAMPLE)
    problems = Problems(f"measure file {file}")
    found = Reader(problems).measure(table)
    problems.raise_if_any()
    try:
        return found.build()
    except MpiError as error:
        raise Problems(problems.subject, list(error.problems)).error() from error


def write(measure: Measure) -> str:
    """Write a measure as TOML text that `read` reads back to an equal measure.

    Examples
    --------
    >>> from mpi.measure import Measure
    >>> print(write(Measure.nested("m", {"x": ["a"]}, cutoff="1/3")).splitlines()[1])
    cutoff = "1/3"
    """
    blocks = [_head(measure)]
    for dimension in measure.dimensions:
        members = [i for i in measure.indicators if i.dimension == dimension]
        path = f"dimensions.{key_text(dimension)}"
        total = sum((i.weight for i in members), Fraction(0))
        blocks.append([f"[{path}]", f"weight = {quoted(text(total))}"])
        blocks += [_indicator_lines(i, path) for i in members]
    return "\n\n".join("\n".join(lines) for lines in blocks) + "\n"


def measures_in(folder: Path) -> list[str]:
    """Return the names of the TOML files in a folder that hold a measure, be it sound or not."""
    return [f.name for f in sorted(folder.glob("*.toml")) if _holds_measure(f)]


def _holds_measure(file: Path) -> bool:
    try:
        return "dimensions" in parsed(file)
    except MpiError:
        return False


# --- writing ------------------------------------------------------------------------------------------------


def _head(measure: Measure) -> list[str]:
    values = {
        "name": measure.name,
        "title": measure.title if measure.title != measure.name else "",
        "source": measure.source,
        "cutoff": text(measure.cutoff),
        "severe": text(measure.severe) if measure.severe is not None else "",
        "vulnerable": text(measure.vulnerable) if measure.vulnerable is not None else "",
        "missing": measure.missing,
        "unit": measure.unit,
        "weights": {ROUNDING: "rounded", ROUNDING_SINGLE: "float32"}.get(measure.tolerance, ""),
    }
    lines = [f"{key} = {quoted(value)}" for key, value in values.items() if value]
    grouped = [i.name for d in measure.dimensions for i in measure.indicators if i.dimension == d]
    if grouped != list(measure.names):
        lines.append(f"order = [{', '.join(map(quoted, measure.names))}]")
    return lines


def _indicator_lines(indicator: Indicator, path: str) -> list[str]:
    values = {
        "label": indicator.label if indicator.label != indicator.name else "",
        "description": indicator.description,
        "column": indicator.column if indicator.column != indicator.name else "",
        "weight": text(indicator.weight),
    }
    lines = [f"{key} = {quoted(value)}" for key, value in values.items() if value]
    return [f"[{path}.indicators.{key_text(indicator.name)}]", *lines]
