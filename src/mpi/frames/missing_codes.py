"""Codes that are no answer, such as 98 for "don't know", as they are declared; `without_codes` takes them out.

What was declared missing is missing everywhere afterwards. Which code it was stays in a column of our own beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.errors import Problems, RequestError, nearest, unknown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from numpy.typing import NDArray

Labels = Mapping[str, Mapping[Any, str]]

__all__ = [
    "EVERY",
    "NOTHING",
    "WHY",
    "Codes",
    "Declared",
    "Labels",
    "MissingCodes",
    "declaration",
    "label_key",
    "plain_number",
    "read_codes",
    "read_missing",
    "written_codes",
]

WHY = "_why_"
"""How the names of columns begin that hold the code which was declared missing; missing where there was none."""

EVERY = "*"
"""The name that stands for all columns that are not named, but those of the design."""

_RANGE = re.compile(r"^\s*(-?[\d.]+)\s*(?:-|–|\.\.|to|thru)\s*(-?[\d.]+)\s*$", re.IGNORECASE)
_OPEN = re.compile(r"^\s*(>=|<=)\s*(-?[\d.]+)\s*$")
_EXPECTED = 'a code such as 98 or "DK", a range such as "995-999" or ">= 9990", or a list of these'


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes of one column that are no answer.

    Attributes
    ----------
    values : tuple of float
        Numbers; in a column of text, the text that is written so.
    texts : tuple of str
        Texts; in a column of numbers, value labels.
    ranges : tuple of pairs of float
        From a number to another, both of them included.
    """

    values: tuple[float, ...] = ()
    texts: tuple[str, ...] = ()
    ranges: tuple[tuple[float, float], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.values or self.texts or self.ranges)

    def __or__(self, other: Codes) -> Codes:
        parts = ("values", "texts", "ranges")
        return Codes(*(tuple(dict.fromkeys((*getattr(self, p), *getattr(other, p)))) for p in parts))

    def among(self, values: NDArray[Any]) -> NDArray[np.bool_]:
        """Return which of some numbers are codes; in single precision where they are stored so."""
        kind = values.dtype.type if values.dtype.kind == "f" else np.float64
        met = np.isin(values, np.array(self.values, dtype=kind)) if self.values else np.zeros(values.shape, dtype=bool)
        for low, high in self.ranges:
            met |= (values >= kind(low)) & (values <= kind(high))
        return met

    def among_levels(self, levels: Iterable[Any]) -> list[bool]:
        """Say which of some distinct values, texts or others, are codes."""
        written = {*self.texts, *map(plain_number, self.values)}
        return [self._is_code(value, written) for value in levels]

    def _is_code(self, value: Any, written: set[str]) -> bool:
        if isinstance(value, str):
            return value in written
        if isinstance(value, bool) or not isinstance(value, Real):
            return False
        return bool(self.among(np.array([float(value)]))[0])


NOTHING = Codes()
"""No code: every value of the column is an answer."""


@dataclass(frozen=True, slots=True)
class MissingCodes:
    """Declared codes of missing answers, by column; see `read_missing`.

    Attributes
    ----------
    columns : mapping of column to Codes
        An entry without codes says that all values of the column are answers.
    everywhere : Codes
        Codes of all other columns.
    inputs : mapping of column to tuple of str
        Of columns that rules made, those that the rules asked for.
    """

    columns: Mapping[str, Codes] = field(default_factory=dict)
    everywhere: Codes = NOTHING
    inputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.everywhere) or any(self.columns.values())

    def __or__(self, other: MissingCodes) -> MissingCodes:
        return MissingCodes(
            {**self.columns, **other.columns}, self.everywhere | other.everywhere, {**self.inputs, **other.inputs}
        )

    @property
    def answers(self) -> frozenset[str]:
        """The columns of which all values were said to be answers."""
        return frozenset(name for name, codes in self.columns.items() if not codes)

    def of(self, name: str, spared: Collection[str] = ()) -> Codes:
        """Return the codes of a column; those for all columns leave out some that are spared."""
        return self.columns.get(name, NOTHING if name in spared else self.everywhere)

    def only(self, columns: Collection[str]) -> MissingCodes:
        """Return the same for some columns."""
        return MissingCodes({k: v for k, v in self.columns.items() if k in columns}, self.everywhere)

    def without_columns(self, columns: Collection[str]) -> MissingCodes:
        """Return the same without some columns."""
        return MissingCodes({k: v for k, v in self.columns.items() if k not in columns}, self.everywhere)

    def resolve_labels(
        self, labels: Labels, columns: Sequence[str], text: Collection[str] = (), spared: Collection[str] = ()
    ) -> MissingCodes:
        """Return the same with value labels as the codes they stand for.

        Parameters
        ----------
        labels : mapping of column to mapping of value to label
            Value labels.
        columns : sequence of str
            The columns there are.
        text : collection of str
            Those that hold text, in which texts are values.
        spared : collection of str
            Those that codes for all columns leave alone.

        Raises
        ------
        MpiError
            When a column is absent, or a column of numbers has no such label; the nearest is offered.
        """
        problems = Problems("missing", RequestError)
        problems.found += [unknown("column", name, columns) for name in self.columns if name not in columns]
        found = {}
        for name, codes in self.columns.items():
            own = _by_label(codes, labels.get(name, {}))
            if codes.texts and name in columns and name not in text:
                _check_labels(name, codes, labels.get(name, {}), problems)
            found[name] = own
        problems.raise_if_any()
        if self.everywhere.texts:
            for name in columns:
                if name not in found and name in labels and name not in spared:
                    found[name] = _by_label(self.everywhere, labels[name])
        return MissingCodes(found, self.everywhere)


Declared = MissingCodes | Mapping[str, Any] | list[Any] | tuple[Any, ...] | range | str | float | None
"""How codes are declared: a mapping of column to codes, or codes for all columns."""


def read_missing(given: Declared) -> MissingCodes:
    """Read which codes are no answer.

    Parameters
    ----------
    given : mapping, list, range, str, number or None
        A mapping of column to codes, in which ``"*"`` names all other columns; or codes for all columns. Codes are
        numbers, texts (of columns of text; or value labels), ranges such as ``"995-999"`` or ``">= 9990"``, or lists
        of these. An empty list says that a column has none. Columns of the design are touched only by their names.

    Raises
    ------
    MpiError
        With every entry that cannot be read.

    Examples
    --------
    >>> read_missing({"yrs": [97, 98, 99], "minutes": "995-999"}).columns["minutes"]
    Codes(values=(), texts=(), ranges=((995.0, 999.0),))
    >>> read_missing([98, "DK"]).everywhere
    Codes(values=(98.0,), texts=('DK',), ranges=())
    """
    if isinstance(given, MissingCodes):
        return given
    problems = Problems("missing", RequestError)
    if given is None:
        return MissingCodes()
    if not isinstance(given, Mapping):
        found = MissingCodes(everywhere=read_codes(given, "", problems))
        problems.raise_if_any()
        return found
    columns = {}
    for name, codes in given.items():
        if isinstance(name, str) and name:
            columns[name] = read_codes(codes, name, problems)
        else:
            problems.add(f"a column is named by a text, not {name!r}")
    problems.raise_if_any()
    return MissingCodes({k: v for k, v in columns.items() if k != EVERY}, columns.get(EVERY, NOTHING))


def read_codes(entries: Any, where: str, problems: Problems) -> Codes:
    """Read the codes of one column; what cannot be read is noted."""
    listed = isinstance(entries, (list, tuple, set, frozenset, range, np.ndarray))
    found = NOTHING
    for entry in entries if listed else [entries]:
        one = _code(entry)
        if isinstance(one, str):
            problems.add(f"{where + ': ' if where else ''}{one}")
        else:
            found = found | one
    return found


def written_codes(codes: Codes) -> list[Any]:
    """Return codes as `read_codes` reads them: numbers, texts, and ranges as texts."""
    numbers_ = [int(v) if float(v).is_integer() else v for v in codes.values]
    return [*numbers_, *(_range_text(low, high) for low, high in codes.ranges), *codes.texts]


def declaration(name: str, codes: Iterable[Any]) -> str:
    """Write how codes of a column are declared, for messages.

    Examples
    --------
    >>> declaration("yrs", [98.0, 99])
    "missing={'yrs': [98, 99]}"
    """
    return f"missing={{{name!r}: [{', '.join(repr(c) if isinstance(c, str) else plain_number(c) for c in codes)}]}}"


def label_key(text: Any) -> str:
    """Return a label without what tells no labels apart: capitals, blanks around and between words."""
    return " ".join(str(text).casefold().split())


def _code(entry: Any) -> Codes | str:
    """Return one code, or what is wrong with it."""
    if isinstance(entry, range):
        return Codes(tuple(map(float, entry)))
    if isinstance(entry, str):
        return _written(entry)
    if isinstance(entry, (bool, np.bool_)) or not isinstance(entry, (Real, np.number)) or not np.isfinite(float(entry)):
        return f"found {entry!r}, expected {_EXPECTED}"
    return Codes((float(entry),))


def _written(entry: str) -> Codes | str:
    """Read a text: a number, a range, or itself."""
    if not entry.strip():
        return f"found {entry!r}, expected {_EXPECTED}; blanks are missing already"
    try:
        if match := _RANGE.match(entry):
            low, high = float(match[1]), float(match[2])
            return Codes(ranges=((low, high),)) if low <= high else f"the range {entry!r} ends before it begins"
        if match := _OPEN.match(entry):
            end = float(match[2])
            return Codes(ranges=((end, np.inf) if match[1] == ">=" else (-np.inf, end),))
        value = float(entry)
    except ValueError:
        return Codes(texts=(entry,))
    return Codes((value,)) if np.isfinite(value) else Codes(texts=(entry,))


def _range_text(low: float, high: float) -> str:
    if high == np.inf:
        return f">= {plain_number(low)}"
    return f"<= {plain_number(high)}" if low == -np.inf else f"{plain_number(low)}-{plain_number(high)}"


def plain_number(value: float) -> str:
    """Write a number without the fraction that it does not have."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _by_label(codes: Codes, labels: Mapping[Any, str]) -> Codes:
    """Add the codes whose labels were declared."""
    wanted = {label_key(t) for t in codes.texts}
    meant = [v for v, label in labels.items() if label_key(label) in wanted]
    return codes | Codes(tuple(float(v) for v in meant if isinstance(v, Real)))


def _check_labels(name: str, codes: Codes, labels: Mapping[Any, str], problems: Problems) -> None:
    known = {label_key(label) for label in labels.values()}
    for text in codes.texts:
        if label_key(text) not in known:
            close = nearest(text, labels.values())
            hint = f"; did you mean {close!r}?" if close else "; give the code" if not labels else ""
            problems.add(f"column {name!r} holds numbers, and no value of it is labelled {text!r}{hint}")
