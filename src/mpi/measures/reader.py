"""The definition of a measure, read from the tables of its file; every problem is noted with its path."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, get_args

from mpi.core.errors import nearest, unknown
from mpi.core.exact import ROUNDING, ROUNDING_SINGLE
from mpi.core.toml_table import TomlTable
from mpi.core.toml_words import is_text, key_text, value_kind
from mpi.measures.indicator import Indicator, altered
from mpi.measures.weights import BAD, Row, Weights
from mpi.measures.words import Missing, Unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mpi.core.errors import Problems

__all__ = ["MeasureContents", "read_measure"]

_TOP = (
    "name", "title", "source", "cutoff", "severe", "vulnerable", "missing", "unit", "weights", "order",
    "dimensions",
)  # fmt: skip
_DIMENSION = ("weight", "indicators")
_INDICATOR = ("weight", "column", "label", "description")
_WEIGHTS = {"exact": Fraction(0), "rounded": ROUNDING, "float32": ROUNDING_SINGLE}


@dataclass(frozen=True, slots=True)
class MeasureContents:
    """The contents of a measure file that was read without a problem."""

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


def read_measure(top: TomlTable) -> MeasureContents:
    """Return what a measure file says; it is sound where no problem was noted."""
    top.check(_TOP, needed=("name", "cutoff", "dimensions"))
    options = _options(top)
    rounding = _WEIGHTS[top.word("weights", tuple(_WEIGHTS), "exact")]
    given, rows = _dimensions(top)
    _check_unique(rows, top.problems)
    weights = Weights(top.problems, rounding).indicator_weights(given, rows)
    return MeasureContents(options, _ordered(rows, top), weights, rounding)


def _options(top: TomlTable) -> dict[str, Any]:
    """Return what stands at the top of the file, except the dimensions."""
    found: dict[str, Any] = top.texts(("name", "title", "source"), "?")
    if found.get("name") == "":
        top.expected("name", "a short name")
    for key in ("cutoff", "severe", "vulnerable"):
        if key in top:
            found[key] = top.share(key, "a share above 0 and at most 1, such as '1/3' or 0.25") or BAD
    words = {"missing": get_args(Missing), "unit": get_args(Unit)}
    return found | {key: top.word(key, options, options[0]) for key, options in words.items() if key in top}


def _dimensions(top: TomlTable) -> tuple[dict[str, Fraction | None], list[Row]]:
    """Return the weight of each dimension, and all indicators."""
    table = top.table("dimensions", "a table of dimensions, each with its indicators", filled=True)
    weights: dict[str, Fraction | None] = {}
    rows: list[Row] = []
    if table is None:
        return weights, rows
    for name, value in table.values.items():
        weights[name] = None
        if isinstance(value, list):
            rows += _listed(table, name, name)
        elif isinstance(value, dict):
            inner = TomlTable(value, table.where(name), table.problems)
            weights[name] = _weight(inner)
            rows += _dimension(inner, name)
        else:
            table.expected(name, "a list of indicators, or a table with weight and indicators")
    return weights, rows


def _dimension(table: TomlTable, name: str) -> Iterator[Row]:
    """Yield the indicators of one dimension that is a table."""
    write = "If {!r} is an indicator, write [{}.indicators.{}]."
    hints = {k: write.format(k, table.path, key_text(k)) for k, v in table.values.items() if isinstance(v, dict)}
    table.check(_DIMENSION, needed=("indicators",), hints=hints)
    if isinstance(table.values.get("indicators"), list):
        yield from _listed(table, "indicators", name)
        return
    inside = table.table("indicators", "a list of names, or a table for each indicator", filled=True)
    if inside is not None:
        for key in inside.values:
            yield from _indicator(inside, key, name)


def _listed(table: TomlTable, key: str, dimension: str) -> Iterator[Row]:
    """Yield a dimension's indicators from a list of names."""
    for i, name in enumerate(table.entries(key, "at least one indicator", filled=True)):
        path = f"{table.where(key)}[{i}]"
        if is_text(name) and name:
            yield Row(name, dimension, path, None, {})
        else:
            table.problems.add(f"{path}: found {value_kind(name)}, expected the name of an indicator")


def _indicator(inside: TomlTable, name: str, dimension: str) -> Iterator[Row]:
    """Yield an indicator that is a table."""
    if not name:
        inside.note(name, "found an empty text, expected the name of an indicator")
        return
    table = inside.table(name, "a table such as { weight = '1/6', label = 'Nutrition' }")
    if table is not None:
        table.check(_INDICATOR)
        texts = table.texts([k for k in _INDICATOR if k != "weight"], "?")
        yield Row(name, dimension, table.path, _weight(table), texts)


def _weight(table: TomlTable) -> Fraction | None:
    """Return a weight, where there is one; what is noted as wrong, or as misspelt, is `BAD`."""
    if "weight" not in table:
        return BAD if any(nearest(k, _INDICATOR) == "weight" for k in table.values) else None
    found = table.share("weight", "a share from 0 to 1, such as '1/6' or 0.25", zero=True)
    return BAD if found is None else found


def _ordered(rows: list[Row], top: TomlTable) -> list[Row]:
    """Put the indicators in the order that the file asks for."""
    order, names = top.values.get("order"), [r.name for r in rows]
    if order is None:
        return rows
    if not isinstance(order, list) or not all(map(is_text, order)):
        top.expected("order", "a list with the name of every indicator")
        return rows
    for name in dict.fromkeys(order):
        if name not in names:
            top.note("order", unknown("indicator", name, names))
        elif order.count(name) > 1:
            top.note("order", f"{name!r} stands {order.count(name)} times")
    absent = [n for n in names if n not in order]
    if absent:
        top.note("order", f"{', '.join(map(repr, absent))} {'is' if len(absent) == 1 else 'are'} missing")
    return sorted(rows, key=lambda r: order.index(r.name) if r.name in order else len(order))


def _check_unique(rows: Iterable[Row], problems: Problems) -> None:
    """Hold names and columns to one indicator each."""
    names: dict[str, Row] = {}
    columns: dict[str, Row] = {}
    for row in rows:
        first = names.setdefault(row.name, row)
        if first is not row:
            problems.add(f"{row.path}: indicator {row.name!r} stands in {first.path} already; name it once")
            continue
        column = row.texts.get("column") or row.name
        other = columns.setdefault(column, row)
        if other is not row:
            problems.add(f"{row.path}: its column {column!r} serves {other.path} already")
