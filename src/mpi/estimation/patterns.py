"""The deprivations of each row, and which of them are missing, as one bit pattern.

Every Alkire-Foster count measure, at any cutoff, any weights, any missing-value policy and any subgroup, is a
function of the weights by PSU, group and pattern; the microdata are not touched again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.cache import Cache
from mpi.core.errors import DataError, MpiError, Problems
from mpi.core.readonly import seal
from mpi.frames.compress import compress
from mpi.frames.missing_codes import declaration

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from mpi.estimation.rows import Rows
    from mpi.measures.measure import Measure
    from mpi.survey.survey import Survey

__all__ = ["Profiles", "profile"]

_BLOCK = 1 << 16
_FULL_TABLE = 12
_CHUNK = 24


@dataclass(frozen=True, slots=True, eq=False)
class Profiles:
    """Deprivation patterns, and which one each row has.

    Attributes
    ----------
    deprived, missing : ndarray of bool, shape (patterns, indicators)
        The bits of each pattern.
    pattern : ndarray of int32, shape (rows,)
        The pattern of each row.
    rows : Rows
        The unit and weight of each row.
    cache : Cache
        What follows from them, such as how many rows of each group have each pattern.
    """

    deprived: NDArray[np.bool_]
    missing: NDArray[np.bool_]
    pattern: NDArray[np.int32]
    rows: Rows
    cache: Cache = field(default_factory=Cache, init=False)

    def __post_init__(self) -> None:
        """Let nobody write into them."""
        seal(self)


def profile(survey: Survey, measure: Measure, rows: Rows) -> Profiles:
    """Read the measure's indicators and give each row its pattern; those of few rows are read once.

    Raises
    ------
    MpiError
        With every problem of every indicator at once: missing columns with the nearest name, text, values other
        than 0, 1 and missing, with counts and the first rows.
    """
    columns = tuple(i.column for i in measure.indicators)
    return rows.cache.get(("patterns", columns), lambda: _profile(survey, measure, rows), len(rows.unit))


def _profile(survey: Survey, measure: Measure, rows: Rows) -> Profiles:
    if "cases" in survey.roles and 2 * len(measure.indicators) <= _WIDEST:
        return _profile_patterns(survey, measure, rows)
    columns = [*_indicator_columns(survey, measure, rows)]
    floats = [c.dtype.kind == "f" for c in columns]
    bits = [(j, False) for j in range(len(columns))] + [(j, True) for j, f in enumerate(floats) if f]
    table, pattern = _patterns(columns, bits)
    d = len(columns)
    missing = np.zeros((len(table), d), dtype=bool)
    missing[:, np.flatnonzero(floats)] = table[:, d:]
    return Profiles(table[:, :d], missing, pattern, rows)


def _profile_patterns(survey: Survey, measure: Measure, rows: Rows) -> Profiles:
    """Return the patterns of a profile, whose rows may be many: one indicator after the other is read."""
    d = len(measure.indicators)
    code: NDArray[Any] = np.zeros(len(rows.unit), dtype=np.int32 if 2 * d < _SIGN else np.int64)
    for j, values in enumerate(_indicator_columns(survey, measure, rows)):
        code |= (values == 1).astype(code.dtype) << j
        if values.dtype.kind == "f":
            code |= np.isnan(values).astype(code.dtype) << (d + j)
    levels, pattern = compress(code)
    table = _bits(levels, 2 * d)
    return Profiles(table[:, :d], table[:, d:], pattern, rows)


_SIGN, _WIDEST = 31, 62
"""How many bits a number of 32, and of 64 bits has for patterns."""


def _indicator_columns(survey: Survey, measure: Measure, rows: Rows) -> Iterator[NDArray[Any]]:
    """Yield the indicators; what is wrong with some is told after the last."""
    problems = Problems(f"measure {measure.name!r} cannot be read from the survey", DataError)
    survey.check_columns(measure.columns)
    for indicator in measure.indicators:
        try:
            values = rows.of(survey.numbers(indicator.column))
        except MpiError as error:
            problems.add(str(error) + "; an indicator is 0 (not deprived), 1 (deprived) or missing")
            continue
        _check_indicator(indicator.column, values, rows, problems)
        yield values.view(np.uint8) if values.dtype.kind == "b" else values
    problems.raise_if_any()


def _check_indicator(name: str, values: NDArray[Any], rows: Rows, problems: Problems) -> None:
    """Hold a column to 0, 1 and missing; the common case costs two reads."""
    if values.dtype.kind in "bu":
        if values.dtype.kind == "b" or values.max() <= 1:
            return
    elif values.dtype.kind == "i":
        if values.min() >= 0 and values.max() <= 1:
            return
    else:
        if np.isnan(values).all():
            problems.add(
                f"column {name!r} is missing in every row; leave it out with measure.drop(...) to move its weight"
            )
            return
        if ((values == 0) | (values == 1) | np.isnan(values)).all():
            return
    bad = ~((values == 0) | (values == 1))
    bad &= ~np.isnan(values) if values.dtype.kind == "f" else True
    found, counts = np.unique(values[bad], return_counts=True)
    shown = ", ".join(f"{v:g} ({c:,} times)" for v, c in list(zip(found, counts, strict=True))[:4])
    where = np.flatnonzero(bad)[:5]
    first = ", ".join(str(r) for r in (where if rows.take is None else rows.take[where]))
    more = f" and {len(found) - 4} other values" if len(found) > 4 else ""
    problems.add(
        f"column {name!r} holds values other than 0, 1 and missing: {shown}{more}; first rows {first}, counted from 0; "
        f"{_remedy(name, set(values[~np.isnan(values)].tolist()), found)}"
    )


def _remedy(name: str, values: set[float], odd: NDArray[Any]) -> str:
    """Say how to mend a column: as answers of yes and no coded 1 and 2, or as codes that are no answer."""
    if values <= {1, 2}:
        return (
            "these read like yes (1) and no (2), where 1 must mean deprived. With import narwhals.stable.v2 as nw, "
            f"survey.with_column('no_{name}', nw.col({name!r}) - 1) has 1 for no, 2 - nw.col({name!r}) has 1 for yes; "
            "measure.with_columns({...}) says which column holds an indicator"
        )
    return f"codes that are no answer are declared, such as {declaration(name, odd[-1:])}"


def _patterns(
    columns: Sequence[NDArray[Any]], bits: Sequence[tuple[int, bool]]
) -> tuple[NDArray[np.bool_], NDArray[np.int32]]:
    """Return the bits of each pattern, and each row's pattern.

    A row's bits are written as one integer: the deprivations, and above them which of the float columns are missing.
    Few bits need no look-up (every integer is a pattern); many are compressed a chunk at a time.
    """
    table: NDArray[np.bool_] = np.zeros((1, 0), dtype=bool)
    index: NDArray[np.int32] = np.zeros(0, dtype=np.int32)
    for start in range(0, len(bits), _CHUNK):
        chunk = bits[start : start + _CHUNK]
        code = _horner(columns, chunk)
        if len(bits) <= _FULL_TABLE:
            return _bits(np.arange(1 << len(bits)), len(bits)), code.astype(np.int32, copy=False)
        levels, part = compress(code)
        if start:
            levels_wide, index = compress(index.astype(np.int64) * len(levels) + part)
            earlier, later = np.divmod(levels_wide, len(levels))
            table = np.hstack([table[earlier], _bits(levels[later], len(chunk))])
        else:
            table, index = _bits(levels, len(chunk)), part
    return table, index


def _bits(codes: NDArray[Any], count: int) -> NDArray[np.bool_]:
    return (codes.astype(np.int64)[:, None] >> np.arange(count)) & 1 > 0


def _horner(columns: Sequence[NDArray[Any]], bits: Sequence[tuple[int, bool]]) -> NDArray[Any]:
    n = len(columns[0])
    if len(bits) <= 16 and not any(absent for _, absent in bits) and all(columns[j].itemsize == 1 for j, _ in bits):
        return _horner_bytes([columns[j].view(np.uint8) for j, _ in bits], n)
    out = np.zeros(n, dtype=np.int32)
    for a, b in pairwise([*range(0, n, _BLOCK), n]):
        block = out[a:b]
        for j, absent in reversed(bits):
            values = columns[j][a:b]
            np.left_shift(block, 1, out=block)
            np.bitwise_or(block, np.isnan(values) if absent else values == 1, out=block)
    return out


def _horner_bytes(columns: Sequence[NDArray[np.uint8]], n: int) -> NDArray[np.uint16]:
    out = np.zeros((n, 2), dtype=np.uint8)
    accumulator = np.empty(_BLOCK, dtype=np.uint8)
    for a, b in pairwise([*range(0, n, _BLOCK), n]):
        byte = accumulator[: b - a]
        for half in range(0, len(columns), 8):
            part = columns[half : half + 8]
            np.copyto(byte, part[-1][a:b])
            for column in reversed(part[:-1]):
                np.add(byte, byte, out=byte)
                np.add(byte, column[a:b], out=byte)
            out[a:b, half // 8] = byte
    return out.view("<u2")[:, 0]
