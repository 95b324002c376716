"""Codes that are no answer, such as 98 for "don't know": how they are declared, and taken out where a frame enters.

What was declared missing is missing everywhere afterwards. Which code it was stays in a column of our own beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from mpi.core.errors import Problems, RequestError, nearest, unknown
from mpi.frames.arrays import column_levels, numbers, with_numbers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    Labels = Mapping[str, Mapping[Any, str]]

__all__ = [
    "EVERY",
    "NOTHING",
    "WHY",
    "Codes",
    "Declared",
    "MissingCodes",
    "declaration",
    "is_code",
    "is_text",
    "label_key",
    "read_codes",
    "read_missing",
    "with_reasons",
    "with_reasons_lazily",
    "with_told",
    "without_codes",
    "without_codes_lazily",
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

    def among(self, found: NDArray[Any]) -> NDArray[np.bool_]:
        """Say which of some numbers are codes; in single precision where they are held so."""
        kind = found.dtype.type if found.dtype.kind == "f" else np.float64
        met = np.isin(found, np.array(self.values, dtype=kind)) if self.values else np.zeros(found.shape, dtype=bool)
        for low, high in self.ranges:
            met |= (found >= kind(low)) & (found <= kind(high))
        return met

    def among_levels(self, levels: Iterable[Any]) -> list[bool]:
        """Say which of some distinct values, texts or others, are codes."""
        written = {*self.texts, *map(_plain, self.values)}
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
    """Which codes of which columns are no answer; see `read_missing`.

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

    def leaving(self, columns: Collection[str]) -> MissingCodes:
        """Return the same without some columns."""
        return MissingCodes({k: v for k, v in self.columns.items() if k not in columns}, self.everywhere)

    def known(
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


def read_codes(given: Any, where: str, problems: Problems) -> Codes:
    """Read the codes of one column; what cannot be read is noted."""
    listed = isinstance(given, (list, tuple, set, frozenset, range, np.ndarray))
    found = NOTHING
    for entry in given if listed else [given]:
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
    return f"missing={{{name!r}: [{', '.join(repr(c) if isinstance(c, str) else _plain(c) for c in codes)}]}}"


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
        return f">= {_plain(low)}"
    return f"<= {_plain(high)}" if low == -np.inf else f"{_plain(low)}-{_plain(high)}"


def _plain(value: float) -> str:
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


# --- frames in memory -----------------------------------------------------------------------------------------------


def without_codes(
    frame: nw.DataFrame[Any], missing: MissingCodes, labels: Labels, spared: Collection[str] = (), *, why: bool = True
) -> nw.DataFrame[Any]:
    """Return a frame in which declared codes are missing; the one given is not changed.

    Parameters
    ----------
    frame : DataFrame
        The data.
    missing : MissingCodes
        What is no answer.
    labels : mapping of column to mapping of value to label
        Value labels.
    spared : collection of str
        Columns that codes for all columns leave alone: those of the design.
    why : bool
        Whether to add a column that holds the codes, for each column in which some were found.

    Raises
    ------
    MpiError
        When a column is absent, or has no such label.
    """
    if not missing.columns and not missing.everywhere:
        return frame
    schema = frame.schema
    missing = missing.known(labels, frame.columns, _texts(schema), spared)
    found = ((n, missing.of(n, spared)) for n in frame.columns if not n.startswith(WHY))
    for name, codes in found:
        if codes and _can_hold(schema[name]):
            frame = _without(frame, name, codes, why=why)
    return frame


def with_reasons(
    frame: nw.DataFrame[Any], missing: MissingCodes, labels: Labels, columns: Collection[str]
) -> nw.DataFrame[Any]:
    """Return a frame with the codes of some columns beside them, which stay as they are."""
    if not missing:
        return frame
    names = [c for c in frame.columns if c.removeprefix(WHY) in columns]
    told = without_codes(frame.select(names), missing.only(columns), labels)
    return frame.with_columns(*(told[c] for c in told.columns if c.startswith(WHY)))


def with_told(frame: Any, reasons: Mapping[str, Sequence[Any]]) -> Any:
    """Return a pandas data frame with the codes that its file has as missing, each column's in one of ours."""
    if not reasons:
        return frame
    import pandas as pd

    told = {f"{WHY}{name}": pd.Series(list(codes), index=frame.index) for name, codes in reasons.items()}
    return pd.concat([frame, pd.DataFrame(told)], axis=1)


def _without(frame: nw.DataFrame[Any], name: str, codes: Codes, *, why: bool) -> nw.DataFrame[Any]:
    series = frame[name]
    met, said = _met(series, codes)
    if not met.any():
        return frame
    changed = _blanked(frame, name, met)
    return _with_reasons(changed, name, met, said) if why else changed


def _met(series: nw.Series[Any], codes: Codes) -> tuple[NDArray[np.bool_], NDArray[Any]]:
    """Return where a column holds a code, and what it holds."""
    if series.dtype.is_numeric():
        values = numbers(series)
        return codes.among(values), values
    levels, index = column_levels(series)
    if not levels:
        return np.zeros(len(series), dtype=bool), np.empty(len(series), dtype=object)
    held = np.empty(len(levels), dtype=object)
    held[:] = levels
    met = np.array(codes.among_levels(levels), dtype=bool)[index] & (index >= 0)
    return met, held[index]


def _blanked(frame: nw.DataFrame[Any], name: str, met: NDArray[np.bool_]) -> nw.DataFrame[Any]:
    """Make a column missing in some rows; whole numbers beyond what a float holds stay whole."""
    if frame.implementation.is_pandas_like():
        native: Any = frame.to_native()
        column = native[name]
        if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iu":
            wide = int(column.abs().max()) > 2**53 if column.dtype.itemsize == 8 else False
            column = column.astype(("U" if column.dtype.kind == "u" else "") + "Int64") if wide else column
        return nw.from_native(native.assign(**{name: column.mask(met)}), eager_only=True)
    mark = nw.new_series("_mpi_met", met, nw.Boolean, backend=frame.implementation)
    column = nw.col(name)
    if frame.implementation.is_pyarrow() and frame.schema[name] == nw.Categorical:
        column = column.cast(nw.String)
    marked = frame.with_columns(mark)
    return marked.with_columns(nw.when(~nw.col("_mpi_met")).then(column).alias(name)).drop("_mpi_met")


def _with_reasons(frame: nw.DataFrame[Any], name: str, met: NDArray[np.bool_], said: NDArray[Any]) -> nw.DataFrame[Any]:
    """Add what was said to the column of reasons; texts where the reader of the file has put some there."""
    column = f"{WHY}{name}"
    old = frame[column] if column in frame.columns else None
    if said.dtype.kind in "iufb" and (old is None or old.dtype.is_numeric()):
        before = np.full(len(met), np.nan) if old is None else numbers(old)
        return with_numbers(frame, {column: np.where(met, said.astype(np.float64), before)})
    held = [None] * len(met) if old is None else [None if _is_gap(o) else _text(o) for o in old.to_list()]
    texts = [_text(s) if m else o for m, s, o in zip(met.tolist(), said.tolist(), held, strict=True)]
    return frame.with_columns(nw.new_series(column, texts, nw.String, backend=frame.implementation))


def _is_gap(value: Any) -> bool:
    return value is None or value != value  # noqa: PLR0124  # NaN


def _text(value: Any) -> str:
    return value if isinstance(value, str) else _plain(float(value))


# --- frames that an engine holds ------------------------------------------------------------------------------------


def without_codes_lazily(
    frame: nw.LazyFrame[Any], missing: MissingCodes, labels: Labels, spared: Collection[str] = (), *, why: bool = True
) -> nw.LazyFrame[Any]:
    """Do as `without_codes` to a frame that is not in memory; every column that can hold a code gets its reasons."""
    if not missing.columns and not missing.everywhere:
        return frame
    schema = frame.collect_schema()
    missing = missing.known(labels, schema.names(), _texts(schema), spared)
    columns: list[nw.Expr] = []
    for name, codes in ((n, missing.of(n, spared)) for n in schema.names() if not n.startswith(WHY)):
        met = is_code(name, schema[name], codes)
        if met is not None:
            columns.append(nw.when(~met).then(nw.col(name)).alias(name))
            columns += [_reason(name, schema, met)] if why else []
    return frame.with_columns(*columns) if columns else frame


def _reason(name: str, schema: Mapping[str, Any], met: nw.Expr) -> nw.Expr:
    """Return the codes of a column, beside those that were taken out before."""
    column = f"{WHY}{name}"
    kind = nw.String if is_text(schema[name]) or is_text(schema.get(column, nw.Float64())) else nw.Float64
    said = nw.when(met).then(nw.col(name).cast(kind))
    return said.otherwise(nw.col(column)).alias(column) if column in schema else said.alias(column)


def with_reasons_lazily(
    frame: nw.LazyFrame[Any], missing: MissingCodes, labels: Labels, columns: Collection[str]
) -> nw.LazyFrame[Any]:
    """Do as `with_reasons` to a frame that is not in memory."""
    if not missing:
        return frame
    schema = frame.collect_schema()
    missing = missing.only(columns).known(labels, schema.names(), _texts(schema))
    met = {c: is_code(c, schema[c], missing.of(c)) for c in columns}
    reasons = [_reason(c, schema, m) for c, m in met.items() if m is not None]
    return frame.with_columns(*reasons) if reasons else frame


def is_code(name: str, dtype: Any, codes: Codes) -> nw.Expr | None:
    """Say where a column of an engine's frame holds a code, never null; None where it can hold none."""
    if not codes or not _can_hold(dtype):
        return None
    if is_text(dtype):
        x = nw.col(name).cast(nw.String)
        tests = [x == t for t in (*codes.texts, *map(_plain, codes.values))]
    elif dtype == nw.Object:
        return None
    else:
        x = nw.col(name).cast(nw.Float64) if dtype.is_decimal() else nw.col(name)
        tests = list(_numeric_tests(x, dtype, codes))
    if not tests:
        return None
    met = tests[0]
    for test in tests[1:]:
        met = met | test
    return met.fill_null(value=False)


def _numeric_tests(x: nw.Expr, dtype: Any, codes: Codes) -> Iterator[nw.Expr]:
    """Compare with numbers that the type can hold, in single precision where it is."""

    def held(value: float) -> Any:
        return float(np.float32(value)) if dtype == nw.Float32 else value

    low, high = _limits(dtype)
    for value in codes.values:
        if not dtype.is_integer():
            yield x == held(value)
        elif value.is_integer() and low <= value <= high:
            yield x == int(value)
    for a, b in codes.ranges:
        if a > high or b < low:
            continue
        whole = dtype.is_integer()
        above = None if a <= low else x >= (int(np.ceil(a)) if whole else held(a))
        below = None if b >= high else x <= (int(np.floor(b)) if whole else held(b))
        both = [t for t in (above, below) if t is not None]
        yield both[0] & both[1] if len(both) == 2 else both[0] if both else ~x.is_null()


def _limits(dtype: Any) -> tuple[float, float]:
    if not dtype.is_integer():
        return -np.inf, np.inf
    word = str(dtype)
    bits = min(int(word.lstrip("UInt") or 64), 64)
    return (0, 2**bits - 1) if word.startswith("U") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def _texts(schema: Mapping[str, Any]) -> list[str]:
    return [name for name, dtype in schema.items() if is_text(dtype) or dtype == nw.Object]


def _can_hold(dtype: Any) -> bool:
    """Whether a column of the type can hold codes; dates, yes and no, and lists cannot."""
    return dtype.is_numeric() or is_text(dtype) or dtype == nw.Object


def is_text(dtype: Any) -> bool:
    """Tell whether a column of the type holds text."""
    return dtype in {nw.String, nw.Categorical} or isinstance(dtype, nw.Enum)
