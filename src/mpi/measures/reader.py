"""From the tables of a measure file to a measure: each key read, and every problem noted with its path."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, get_args

from mpi.core.errors import nearest, unknown
from mpi.core.exact import ROUNDING, ROUNDING_SINGLE, fraction, text
from mpi.core.toml_words import is_text, join, key_text, value_kind
from mpi.measures.indicator import Indicator, altered
from mpi.measures.weights import BAD, Row, Weights
from mpi.measures.words import Missing, Unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mpi.core.errors import Problems

__all__ = ["Found", "Reader"]

_TOP = (
    "name", "title", "source", "cutoff", "severe", "vulnerable", "missing", "unit", "weights", "order",
    "dimensions",
)  # fmt: skip
_DIMENSION = ("weight", "indicators")
_INDICATOR = ("weight", "column", "label", "description")
_WEIGHTS = {"exact": Fraction(0), "rounded": ROUNDING, "float32": ROUNDING_SINGLE}


@dataclass(frozen=True, slots=True)
class Found:
    """What a file says, once it is known to be whole."""

    options: Mapping[str, Any]
    rows: Sequence[Row]
    weights: Mapping[str, Fraction]
    rounding: Fraction

    def arguments(self) -> dict[str, Any]:
        """Return what `Measure` is made by."""
        indicators = [
            Indicator(r.name, dimension=r.dimension, weight=self.weights[r.name], **r.texts) for r in self.rows
        ]
        if self.rounding:
            indicators = [altered(i, rounding=self.rounding) for i in indicators]
        return {**self.options, "indicators": indicators}


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads tables, noting problems as it goes."""

    problems: Problems

    def measure(self, table: dict[str, Any]) -> Found:
        """Read a whole file."""
        self.keys(table, _TOP, "", needed=("name", "cutoff", "dimensions"))
        options = self.options(table)
        word = self.word(table, "weights", tuple(_WEIGHTS)) if "weights" in table else "exact"
        rounding = _WEIGHTS.get(word, Fraction(0))
        given, rows = self.dimensions(table["dimensions"]) if "dimensions" in table else ({}, [])
        self.unique(rows)
        weights = Weights(self.problems, rounding).of(given, rows)
        return Found(options, self.ordered(rows, table), weights, rounding)

    def options(self, table: dict[str, Any]) -> dict[str, Any]:
        """Read what stands at the top of the file, except the dimensions."""
        found: dict[str, Any] = {k: self.text(table, k) for k in ("name", "title", "source") if k in table}
        if found.get("name") == "":
            self.say("name", "", "a short name")
        found |= {k: self.cutoff(table, k) for k in ("cutoff", "severe", "vulnerable") if k in table}
        words = {"missing": get_args(Missing), "unit": get_args(Unit)}
        return found | {k: self.word(table, k, options) for k, options in words.items() if k in table}

    def dimensions(self, table: Any) -> tuple[dict[str, Fraction | None], list[Row]]:
        """Read the dimensions: their weights, and all indicators."""
        if not isinstance(table, dict) or not table:
            self.say("dimensions", table, "a table of dimensions, each with its indicators")
            return {}, []
        weights: dict[str, Fraction | None] = {}
        rows: list[Row] = []
        for name, value in table.items():
            path = f"dimensions.{key_text(name)}"
            weights[name] = None
            if isinstance(value, list):
                rows += self.listed(value, name, path)
            elif isinstance(value, dict):
                weights[name] = self.weight(value, path)
                rows += self.dimension(value, name, path)
            else:
                self.say(path, value, "a list of indicators, or a table with weight and indicators")
        return weights, rows

    def dimension(self, table: dict[str, Any], name: str, path: str) -> Iterator[Row]:
        """Read the indicators of one dimension that is a table."""
        self.keys(table, _DIMENSION, path, needed=("indicators",))
        inside, value = f"{path}.indicators", table.get("indicators")
        if value is None:
            return
        if isinstance(value, dict) and value:
            for key, entry in value.items():
                yield from self.indicator(key, entry, name, f"{inside}.{key_text(key)}")
        elif isinstance(value, list):
            yield from self.listed(value, name, inside)
        else:
            self.say(inside, value, "a list of names, or a table for each indicator")

    def listed(self, names: list[Any], dimension: str, path: str) -> Iterator[Row]:
        """Read a dimension's indicators from a list of names."""
        if not names:
            self.say(path, names, "at least one indicator")
        for number, name in enumerate(names):
            if is_text(name) and name:
                yield Row(name, dimension, f"{path}[{number}]", None, {})
            else:
                self.say(f"{path}[{number}]", name, "the name of an indicator")

    def indicator(self, name: str, table: Any, dimension: str, path: str) -> Iterator[Row]:
        """Read an indicator that is a table."""
        if not name:
            self.say(path, name, "the name of an indicator")
        elif not isinstance(table, dict):
            self.say(path, table, "a table such as { weight = '1/6', label = 'Nutrition' }")
        else:
            self.keys(table, _INDICATOR, path)
            texts = {k: self.text(table, k, path) for k in _INDICATOR if k in table and k != "weight"}
            yield Row(name, dimension, path, self.weight(table, path), texts)

    def ordered(self, rows: list[Row], table: Mapping[str, Any]) -> list[Row]:
        """Put the indicators in the order that the file asks for."""
        order, names = table.get("order"), [r.name for r in rows]
        if order is None:
            return rows
        if not isinstance(order, list) or not all(map(is_text, order)):
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

    def unique(self, rows: Iterable[Row]) -> None:
        """Hold names and columns to one indicator each."""
        names: dict[str, Row] = {}
        columns: dict[str, Row] = {}
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
                hint = f" If {key!r} is an indicator, write [{path}.indicators.{key_text(key)}]."
            self.problems.add(f"{join(path, key)}: {unknown('key', key, known)}.{hint}")
        meant = {nearest(k, known) for k in strange}
        for key in needed:
            if key not in table and key not in meant:
                self.problems.add(f"{join(path, key)}: not found, but needed")

    def text(self, table: Mapping[str, Any], key: str, path: str = "") -> str:
        """Read a text."""
        if is_text(table[key]):
            return str(table[key])
        self.say(join(path, key), table[key], "text in quotes")
        return "?"

    def word(self, table: Mapping[str, Any], key: str, options: Sequence[str]) -> str:
        """Read one of some words."""
        value = table[key]
        if not is_text(value) or value not in options:
            close = nearest(value, options) if is_text(value) else None
            hint = f"; did you mean {close!r}?" if close else ""
            self.say(key, value, " or ".join(map(repr, options)) + hint)
        return str(value)

    def weight(self, table: Mapping[str, Any], path: str) -> Fraction | None:
        """Read a weight, where there is one; what is noted as wrong, or as misspelt, is `BAD`."""
        if "weight" not in table:
            return BAD if any(nearest(k, _INDICATOR) == "weight" for k in table) else None
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
        return BAD

    def say(self, path: str, found: Any, expected: str) -> None:
        """Note what was found where something else was expected."""
        self.problems.add(f"{path}: found {value_kind(found)}, expected {expected}")
