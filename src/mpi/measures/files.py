"""Measures as TOML files: read with every problem told at once, written so that they read back equal."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from mpi.core.errors import FileError, MpiError, Problems
from mpi.core.exact import ROUNDING, ROUNDING_SINGLE, text
from mpi.core.toml_file import parsed, source_name
from mpi.core.toml_table import TomlTable
from mpi.core.toml_words import key_text, quoted
from mpi.measures.reader import read_measure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mpi.core.toml_file import TomlSource
    from mpi.measures.indicator import Indicator

__all__ = ["measures_in", "read", "write"]

_EXAMPLE = """
    name = "mine"
    cutoff = "1/3"
    [dimensions]
    health = ["nutrition", "mortality"]
    education = ["schooling"]"""


def read(source: TomlSource) -> tuple[dict[str, Any], Problems]:
    """Read the arguments of `Measure` from a TOML file, its text or its tables; see `Measure.from_toml`.

    Returns
    -------
    arguments : dict
        By which a `Measure` is made.
    problems : Problems
        For what is wrong with them together, with the file as its subject.

    Raises
    ------
    MpiError
        When the file is absent or is not TOML, or with every problem of its keys.
    """
    table = parsed(source, "measure", smallest=_EXAMPLE)
    problems = Problems(source_name(source, "measure"), FileError)
    found = read_measure(TomlTable(table, "", problems))
    problems.raise_if_any()
    return found.arguments(), problems


def write(measure: Mapping[str, Any]) -> str:
    """Write the attributes of a measure as TOML text that reads back to an equal measure.

    Examples
    --------
    >>> from mpi.measures.measure import Measure
    >>> print(Measure.nested("m", {"x": ["a"]}, cutoff="1/3").to_toml().splitlines()[1])
    cutoff = "1/3"
    """
    indicators: Sequence[Indicator] = measure["indicators"]
    blocks = [_head(measure)]
    for dimension in _dimensions(indicators):
        members = [i for i in indicators if i.dimension == dimension]
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


def _dimensions(indicators: Sequence[Indicator]) -> list[str]:
    return list(dict.fromkeys(i.dimension for i in indicators))


def _head(measure: Mapping[str, Any]) -> list[str]:
    severe, vulnerable, tolerance = measure["severe"], measure["vulnerable"], measure["tolerance"]
    values = {
        "name": measure["name"],
        "title": measure["title"] if measure["title"] != measure["name"] else "",
        "source": measure["source"],
        "cutoff": text(measure["cutoff"]),
        "severe": text(severe) if severe is not None else "",
        "vulnerable": text(vulnerable) if vulnerable is not None else "",
        "missing": measure["missing"],
        "unit": measure["unit"],
        "weights": {ROUNDING: "rounded", ROUNDING_SINGLE: "float32"}.get(tolerance, ""),
    }
    lines = [f"{key} = {quoted(value)}" for key, value in values.items() if value]
    names = [i.name for i in measure["indicators"]]
    grouped = [i.name for d in _dimensions(measure["indicators"]) for i in measure["indicators"] if i.dimension == d]
    if grouped != names:
        lines.append(f"order = [{', '.join(map(quoted, names))}]")
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
