"""Measures as TOML files: read with every problem told at once, written so that they read back equal."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from mpi.errors import MpiError, Problems, nearest, unknown
from mpi.measure import Indicator, Measure, Missing, Unit, rounded
from mpi.rational import fraction, text

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping, Sequence

__all__ = ["read", "write"]

_TOP = (
    "name", "title", "source", "cutoff", "severe", "vulnerable", "missing", "unit", "weights", "order",
    "dimensions",
)  # fmt: skip
_DIMENSION = ("weight", "indicators")
_INDICATOR = ("weight", "column", "label", "description")
_WEIGHTS = ("exact", "rounded")
_ROUNDING = Fraction(1, 10**9)
_BAD = Fraction(-1)  # a weight that was given, but not as a number; its problem is noted already
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
        ``rounded`` where they may miss 1 by 1e-9. A dimension is a list of indicators, or a table with a
        `weight` and `indicators`: a list again, or a table each (`weight`, `column`, `label`, `description`).
        Weights are shares of the whole score. Where no dimension has one they share equally, and so do the
        indicators of a dimension where none has one.

    Raises
    ------
    MpiError
        When the file is absent or is not TOML (with line and column), or with every problem of it at once,
        each with the path of its key.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "mine.toml"
    ...     _ = file.write_text('name = "mine"\ncutoff = 0.5\n[dimensions]\nx = ["a"]\ny = ["b", "c"]')
    ...     read(file).weights["c"]
    Fraction(1, 4)
    """
    file = Path(path)
    table = _parse(_content(file), file)
    problems = Problems(f"measure file {file}")
    found = _Reader(problems).measure(table)
    problems.raise_if_any()
    try:
        return found.build()
    except MpiError as error:
        raise Problems(problems.subject, list(error.problems)).error() from error


def write(measure: Measure) -> str:
    """Write a measure as TOML text that `read` reads back to an equal measure.

    Examples
    --------
    >>> print(write(Measure.nested("m", {"x": ["a"]}, cutoff="1/3")).splitlines()[1])
    cutoff = "1/3"
    """
    blocks = [_head(measure)]
    for dimension in measure.dimensions:
        members = [i for i in measure.indicators if i.dimension == dimension]
        path = f"dimensions.{_key(dimension)}"
        total = sum((i.weight for i in members), Fraction(0))
        blocks.append([f"[{path}]", f"weight = {_quoted(text(total))}"])
        blocks += [_indicator_lines(i, path) for i in members]
    return "\n\n".join("\n".join(lines) for lines in blocks) + "\n"


# --- the file -----------------------------------------------------------------------------------------------


class _Float(str):
    """A TOML float as it was written, so that 0.05 is 1/20."""

    __slots__ = ()


def _content(file: Path) -> str:
    try:
        raw = file.read_bytes()
    except FileNotFoundError:
        raise MpiError(_absent(file)) from None
    except IsADirectoryError:
        raise MpiError(f"{file} is a folder; a measure is one .toml file") from None
    except OSError as error:
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


def _parse(content: str, file: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(content, parse_float=_Float)
    except tomllib.TOMLDecodeError as error:
        raise MpiError(_syntax(str(error), content, file)) from error
    except (ValueError, RecursionError) as error:
        raise MpiError(f"{file}: this is not TOML that can be read: {error}") from error
    if not table:
        raise MpiError(f"{file}: the file is empty; the smallest measure is{_EXAMPLE}")
    return table


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
    return f"{file}, line {line}, column {column}: {what[:1].lower()}{what[1:]}{shown}"


# --- reading ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    """An indicator as the file has it; `weight` None where the file gives none."""

    name: str
    dimension: str
    path: str
    weight: Fraction | None
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Found:
    """What a file says, once it is known to be whole."""

    options: Mapping[str, Any]
    rows: Sequence[_Row]
    weights: Mapping[str, Fraction]
    rounded: bool

    def build(self) -> Measure:
        """Make the measure."""
        indicators = [
            Indicator(r.name, dimension=r.dimension, weight=self.weights[r.name], **r.texts) for r in self.rows
        ]
        if self.rounded:
            indicators = [rounded(i) for i in indicators]
        return Measure(indicators=indicators, **self.options)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads tables, noting problems as it goes."""

    problems: Problems

    def measure(self, table: dict[str, Any]) -> _Found:
        """Read a whole file."""
        self.keys(table, _TOP, "", needed=("name", "cutoff", "dimensions"))
        options = self.options(table)
        is_rounded = "weights" in table and self.word(table, "weights", _WEIGHTS) == "rounded"
        given, rows = self.dimensions(table["dimensions"]) if "dimensions" in table else ({}, [])
        self.unique(rows)
        weights = _Weights(self.problems, _ROUNDING if is_rounded else Fraction(0)).of(given, rows)
        return _Found(options, self.ordered(rows, table), weights, is_rounded)

    def options(self, table: dict[str, Any]) -> dict[str, Any]:
        """Read what stands at the top of the file, except the dimensions."""
        found: dict[str, Any] = {k: self.text(table, k) for k in ("name", "title", "source") if k in table}
        if found.get("name") == "":
            self.say("name", "", "a short name")
        found |= {k: self.cutoff(table, k) for k in ("cutoff", "severe", "vulnerable") if k in table}
        words = {"missing": get_args(Missing), "unit": get_args(Unit)}
        return found | {k: self.word(table, k, options) for k, options in words.items() if k in table}

    def dimensions(self, table: Any) -> tuple[dict[str, Fraction | None], list[_Row]]:
        """Read the dimensions: their weights, and all indicators."""
        if not isinstance(table, dict) or not table:
            self.say("dimensions", table, "a table of dimensions, each with its indicators")
            return {}, []
        weights: dict[str, Fraction | None] = {}
        rows: list[_Row] = []
        for name, value in table.items():
            path = f"dimensions.{_key(name)}"
            weights[name] = None
            if isinstance(value, list):
                rows += self.listed(value, name, path)
            elif isinstance(value, dict):
                weights[name] = self.weight(value, path)
                rows += self.dimension(value, name, path)
            else:
                self.say(path, value, "a list of indicators, or a table with weight and indicators")
        return weights, rows

    def dimension(self, table: dict[str, Any], name: str, path: str) -> Iterator[_Row]:
        """Read the indicators of one dimension that is a table."""
        self.keys(table, _DIMENSION, path, needed=("indicators",))
        inside, value = f"{path}.indicators", table.get("indicators")
        if value is None:
            return
        if isinstance(value, dict) and value:
            for key, entry in value.items():
                yield from self.indicator(key, entry, name, f"{inside}.{_key(key)}")
        elif isinstance(value, list):
            yield from self.listed(value, name, inside)
        else:
            self.say(inside, value, "a list of names, or a table for each indicator")

    def listed(self, names: list[Any], dimension: str, path: str) -> Iterator[_Row]:
        """Read a dimension's indicators from a list of names."""
        if not names:
            self.say(path, names, "at least one indicator")
        for number, name in enumerate(names):
            if _is_text(name) and name:
                yield _Row(name, dimension, f"{path}[{number}]", None, {})
            else:
                self.say(f"{path}[{number}]", name, "the name of an indicator")

    def indicator(self, name: str, table: Any, dimension: str, path: str) -> Iterator[_Row]:
        """Read an indicator that is a table."""
        if not name:
            self.say(path, name, "the name of an indicator")
        elif not isinstance(table, dict):
            self.say(path, table, "a table such as { weight = '1/6', label = 'Nutrition' }")
        else:
            self.keys(table, _INDICATOR, path)
            texts = {k: self.text(table, k, path) for k in _INDICATOR if k in table and k != "weight"}
            yield _Row(name, dimension, path, self.weight(table, path), texts)

    def ordered(self, rows: list[_Row], table: Mapping[str, Any]) -> list[_Row]:
        """Put the indicators in the order that the file asks for."""
        order, names = table.get("order"), [r.name for r in rows]
        if order is None:
            return rows
        if not isinstance(order, list) or not all(map(_is_text, order)):
            self.say("order", order, "a list with the name of every indicator")
            return rows
        for name in dict.fromkeys(order):
            if name not in names:
                self.problems.add(f"order: {unknown('indicator', name, names)}")
            elif order.count(name) > 1:
                self.problems.add(f"order: {name!r} stands {order.count(name)} times")
        absent = [n for n in names if n not in order]
        if absent:
            self.problems.add(f"order: {', '.join(map(repr, absent))} {'is' if len(absent) == 1 else 'are'} missing")
        return sorted(rows, key=lambda r: order.index(r.name) if r.name in order else len(order))

    def unique(self, rows: Iterable[_Row]) -> None:
        """Hold names and columns to one indicator each."""
        names: dict[str, _Row] = {}
        columns: dict[str, _Row] = {}
        for row in rows:
            first = names.setdefault(row.name, row)
            if first is not row:
                self.problems.add(f"{row.path}: indicator {row.name!r} stands in {first.path} already; name it once")
                continue
            column = row.texts.get("column") or row.name
            other = columns.setdefault(column, row)
            if other is not row:
                self.problems.add(f"{row.path}: its column {column!r} serves {other.path} already")

    def keys(self, table: Mapping[str, Any], known: Sequence[str], path: str, needed: Sequence[str] = ()) -> None:
        """Tell of unknown keys, and of needed ones that are absent (unless one is only misspelt)."""
        strange = [k for k in table if k not in known]
        for key in strange:
            hint = ""
            if known is _DIMENSION and isinstance(table[key], dict):
                hint = f" If {key!r} is an indicator, write [{path}.indicators.{_key(key)}]."
            self.problems.add(f"{_join(path, key)}: {unknown('key', key, known)}.{hint}")
        meant = {nearest(k, known) for k in strange}
        for key in needed:
            if key not in table and key not in meant:
                self.problems.add(f"{_join(path, key)}: not found, but needed")

    def text(self, table: Mapping[str, Any], key: str, path: str = "") -> str:
        """Read a text."""
        if _is_text(table[key]):
            return str(table[key])
        self.say(_join(path, key), table[key], "text in quotes")
        return "?"

    def word(self, table: Mapping[str, Any], key: str, options: Sequence[str]) -> str:
        """Read one of some words."""
        value = table[key]
        if not _is_text(value) or value not in options:
            close = nearest(value, options) if _is_text(value) else None
            hint = f"; did you mean {close!r}?" if close else ""
            self.say(key, value, " or ".join(map(repr, options)) + hint)
        return str(value)

    def weight(self, table: Mapping[str, Any], path: str) -> Fraction | None:
        """Read a weight, where there is one; what is noted as wrong, or as misspelt, is `_BAD`."""
        if "weight" not in table:
            return _BAD if any(nearest(k, _INDICATOR) == "weight" for k in table) else None
        expected = "a share from 0 to 1, such as '1/6' or 0.25"
        return self.share(table["weight"], f"{path}.weight", expected, low=True)

    def cutoff(self, table: Mapping[str, Any], key: str) -> Fraction:
        """Read a cutoff."""
        return self.share(table[key], key, "a share above 0 and at most 1, such as '1/3' or 0.25", low=False)

    def share(self, value: Any, path: str, expected: str, *, low: bool) -> Fraction:
        """Read a number between 0 and 1; 0 itself where `low`."""
        if isinstance(value, (str, int)):
            try:
                found = fraction(value)
            except ValueError:
                pass
            else:
                if 0 < found <= 1 or (low and found == 0):
                    return found
                if 1 < found <= 100:
                    expected += f"; {text(found)} per cent is '{text(found / 100)}'"
        self.say(path, value, expected)
        return _BAD

    def say(self, path: str, found: Any, expected: str) -> None:
        """Note what was found where something else was expected."""
        self.problems.add(f"{path}: found {_kind(found)}, expected {expected}")


# --- weights ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Weights:
    """Works out the weight of each indicator from what a file gives."""

    problems: Problems
    tolerance: Fraction

    def of(self, given: Mapping[str, Fraction | None], rows: Sequence[_Row]) -> dict[str, Fraction]:
        """Return the weight of each indicator, and note what does not fit together."""
        self.all_or_none({f"dimensions.{_key(d)}": w for d, w in given.items()})
        totals = self.totals(given, rows)
        out: dict[str, Fraction] = {}
        for dimension, total in totals.items():
            group = [r for r in rows if r.dimension == dimension]
            self.all_or_none({r.path: r.weight for r in group})
            out |= self.within(dimension, group, total, own=given[dimension] is not None)
        return out

    def totals(self, given: Mapping[str, Fraction | None], rows: Sequence[_Row]) -> dict[str, Fraction]:
        """Return the weight of each dimension: its own, or what its indicators add to, or an equal share."""
        if any(w is not None for w in given.values()):
            known = {d: _BAD if w is None else w for d, w in given.items()}
            self.add_up(known.values(), Fraction(1), "dimensions: their weights", "1")
            return known
        if any(r.weight is None for r in rows):
            return dict.fromkeys(given, Fraction(1, len(given)))
        weights = {d: [r.weight or Fraction(0) for r in rows if r.dimension == d] for d in given}
        everything = [w for group in weights.values() for w in group or [_BAD]]
        self.add_up(everything, Fraction(1), "dimensions: the indicators' weights", "1")
        return {d: _BAD if _BAD in group else sum(group, Fraction(0)) for d, group in weights.items()}

    def within(self, dimension: str, group: Sequence[_Row], total: Fraction, *, own: bool) -> dict[str, Fraction]:
        """Return the weights of a dimension's indicators."""
        given = {r.name: r.weight for r in group if r.weight is not None}
        if not given:
            return {r.name: total / len(group) for r in group}
        expected = f"its weight {text(total)}" if own else f"{text(total)}, as no dimension has a weight"
        if sum(given.values()) == 1:
            expected += "; an indicator's weight is a share of the whole score, not of its dimension"
        if len(given) == len(group) and total != _BAD:
            what = f"dimensions.{_key(dimension)}: its indicators' weights"
            self.add_up(given.values(), total, what, expected)
        return given

    def add_up(self, weights: Iterable[Fraction], total: Fraction, what: str, expected: str) -> None:
        """Hold a sum of weights to its total, unless one of them is unknown."""
        parts = list(weights)
        found = sum(parts, Fraction(0))
        if not parts or _BAD in parts or abs(found - total) <= self.tolerance:
            return
        near = f" ({float(found):.6g})" if found.denominator > 1 else ""
        thirds = "; write thirds as '1/3'" if abs(found - total) < Fraction(1, 50) else ""
        self.problems.add(f"{what} add to {text(found)}{near}, expected {expected}{thirds}")

    def all_or_none(self, weights: Mapping[str, Fraction | None]) -> None:
        """Hold siblings to have a weight each, or none of them."""
        absent = [path for path, w in weights.items() if w is None]
        if absent and len(absent) < len(weights):
            other = next(path for path, w in weights.items() if w is not None)
            for path in absent:
                self.problems.add(f"{path}.weight: not found, though {other} has one; give all of them or none")


# --- words --------------------------------------------------------------------------------------------------


def _is_text(value: object) -> bool:
    return isinstance(value, str) and not isinstance(value, _Float)


def _kind(value: object) -> str:
    """Say what a TOML value is."""
    if isinstance(value, dict):
        return "a table" if value else "an empty table"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (_Float, int)):
        return f"the number {str(value)[:40]}"
    if isinstance(value, str):
        return f"the text {value!r}" if value else "an empty text"
    return f"the date or time {value}"


def _join(path: str, key: str) -> str:
    return f"{path}.{_key(key)}" if path else _key(key)


def _key(name: str) -> str:
    """Write a key, in quotes unless it is of plain letters."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _quoted(name)


def _quoted(value: str) -> str:
    """Write text as a TOML basic string: as JSON, but the delete character is escaped too."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


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
        "weights": "rounded" if measure.tolerance else "",
    }
    lines = [f"{key} = {_quoted(value)}" for key, value in values.items() if value]
    grouped = [i.name for d in measure.dimensions for i in measure.indicators if i.dimension == d]
    if grouped != list(measure.names):
        lines.append(f"order = [{', '.join(map(_quoted, measure.names))}]")
    return lines


def _indicator_lines(indicator: Indicator, path: str) -> list[str]:
    values = {
        "label": indicator.label if indicator.label != indicator.name else "",
        "description": indicator.description,
        "column": indicator.column if indicator.column != indicator.name else "",
        "weight": text(indicator.weight),
    }
    lines = [f"{key} = {_quoted(value)}" for key, value in values.items() if value]
    return [f"[{path}.indicators.{_key(indicator.name)}]", *lines]
