"""Arrays made of a frame's columns: numbers with NaN where missing, and categories with labels.

Everything that knows what a data frame is stands here; the rest of the library sees NumPy arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from mpi.core.errors import DataError, RequestError, unknown
from mpi.core.readonly import seal
from mpi.frames.compress import compress
from mpi.frames.key_types import known_levels, ordered_levels, unfit, unfit_values, without_zone, zone_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

__all__ = [
    "MISSING",
    "Categories",
    "as_frame",
    "categories",
    "column_levels",
    "declared",
    "numbers",
    "owned",
    "require",
    "with_numbers",
]

MISSING = "(missing)"
"""The label of the group of rows whose group was not recorded."""


@dataclass(frozen=True, slots=True, eq=False)
class Categories:
    """A column read as groups.

    Attributes
    ----------
    levels : tuple
        The distinct values in order, as they stand in the data (codes); None for the missing.
    index : ndarray of int32, shape (rows,)
        The position of each row's value among the levels.
    names : mapping of value to str
        The value labels that are known.
    """

    levels: tuple[Any, ...]
    index: NDArray[np.int32]
    names: Mapping[Any, str]

    def __post_init__(self) -> None:
        """Let nobody write into it."""
        seal(self)

    @property
    def labels(self) -> tuple[str, ...]:
        """The printed label of each level; levels of one label are told apart by their codes."""
        labels = [MISSING if v is None else str(self.names.get(v, v)) for v in self.levels]
        if len(set(labels)) == len(labels):
            return tuple(labels)
        return tuple(f"{x} [{v!r}]" if labels.count(x) > 1 else x for x, v in zip(labels, self.levels, strict=True))

    def without(self, codes: Any) -> Categories:
        """Return the same with the levels that are among codes missing."""
        gone = codes.among_levels(self.levels)
        levels = tuple(None if out else v for v, out in zip(self.levels, gone, strict=True))
        return Categories(levels, self.index, self.names)

    def label(self, row: int) -> str:
        """Return what to print for one row."""
        value = self.levels[self.index[row]]
        return MISSING if value is None else str(self.names.get(value, value))


def as_frame(frame: object) -> nw.DataFrame[Any]:
    """Wrap a pandas, Polars or PyArrow frame.

    Raises
    ------
    MpiError
        When `frame` is not a data frame.
    """
    try:
        wrapped: Any = nw.from_native(frame)  # type: ignore[call-overload, unused-ignore]  # not every object is one
    except nw.exceptions.DuplicateError as error:
        raise DataError(f"the frame has several columns of one name; rename them: {error}") from error
    except TypeError as error:
        kind = type(frame).__name__
        raise RequestError(
            f"a survey needs a data frame (pandas, Polars, PyArrow, DuckDB, ...), not {kind}; read a file with "
            "mpi.read_survey"
        ) from error
    data: nw.DataFrame[Any] = wrapped.collect() if isinstance(wrapped, nw.LazyFrame) else wrapped
    return data


def owned(frame: nw.DataFrame[Any]) -> nw.DataFrame[Any]:
    """Return a frame of the same columns that later changes of the given one do not reach.

    No values are copied where a frame that is written into copies what it shares (pandas with copy-on-write, which is
    pandas 3, and Polars), or cannot be written into (PyArrow).
    """
    native = frame.to_native()
    if frame.implementation.is_pandas_like():
        return nw.from_native(native.copy(deep=not _copies_on_write(native)), eager_only=True)
    return nw.from_native(native.clone(), eager_only=True) if frame.implementation.is_polars() else frame


def _copies_on_write(native: Any) -> bool:
    """Tell whether a frame of pandas that is written into leaves alone what others share with it."""
    if type(native).__module__.partition(".")[0] != "pandas":
        return False
    import pandas as pd

    return int(pd.__version__.partition(".")[0]) > 2 or pd.options.mode.copy_on_write is True


def require(frames: Sequence[nw.DataFrame[Any]], names: Sequence[str]) -> list[str]:
    """Say of each name that is not a column of every frame that it is absent, with the nearest one."""
    problems = []
    for number, frame in enumerate(frames, 1):
        known = frame.columns
        where = f" (round {number})" if len(frames) > 1 else ""
        problems += [unknown("column", n, known) + where for n in dict.fromkeys(names) if n not in known]
    return problems


def numbers(series: nw.Series[Any]) -> NDArray[Any]:
    """Return a column as an integer, boolean or float array, NaN where a value is missing; no copy where possible.

    Raises
    ------
    ValueError
        When the column holds something that is not a number; the message shows some of it.
    """
    dtype = series.dtype
    if dtype == nw.Boolean:
        return series.to_numpy() if series.null_count() == 0 else series.cast(nw.Float64).to_numpy()
    if dtype.is_decimal():
        return series.cast(nw.Float64).to_numpy()
    if dtype.is_numeric():
        values: NDArray[Any] = series.to_numpy()
        return values.astype(np.float64) if values.dtype == object else values
    return _numbers_from_objects(series)


def _numbers_from_objects(series: nw.Series[Any]) -> NDArray[Any]:
    values = series.to_list()
    out = np.full(len(values), np.nan)
    strange: dict[str, int] = {}
    for i, value in enumerate(values):
        if value is None or (isinstance(value, float) and np.isnan(value)):
            continue
        if isinstance(value, (bool, int, float, Decimal, np.number, np.bool_)):
            out[i] = float(value)
        elif type(value).__name__ not in {"NAType", "NaTType"}:
            strange[repr(value)] = strange.get(repr(value), 0) + 1
    if strange:
        shown = ", ".join(f"{v} ({c} times)" for v, c in list(strange.items())[:3])
        raise ValueError(f"holds text where numbers are needed: {shown}")
    return out


def with_numbers(frame: nw.DataFrame[Any], columns: Mapping[str, NDArray[np.float64]]) -> nw.DataFrame[Any]:
    """Add columns to a frame; what is not a number is missing there."""
    series = [nw.new_series(n, v, nw.Float64, backend=frame.implementation) for n, v in columns.items()]
    if not frame.implementation.is_pandas_like():
        series = [s.to_frame().select(nw.col(s.name).fill_nan(None))[s.name] for s in series]
    return frame.with_columns(*series) if series else frame


def categories(frames: Sequence[nw.DataFrame[Any]], name: str, labels: Mapping[Any, str] | None = None) -> Categories:
    """Read a column of one or several frames as groups; a value label replaces the code it stands for.

    Missing values make a group of their own, last, labelled ``(missing)``: groups then recombine to the total.
    """
    parts = [column_levels(frame[name]) for frame in frames]
    levels = _ordered([p[0] for p in parts])
    place = {value: i for i, value in enumerate(levels)}
    moved = [_relocate(local, index, place) for local, index in parts]
    index = moved[0] if len(moved) == 1 else np.concatenate(moved)
    absent = index < 0
    if absent.any():
        index = np.where(absent, np.int32(len(levels)), index)
        levels = (*levels, None)
    return Categories(levels, index, labels or {})


def _relocate(local: Sequence[Any], index: NDArray[np.int32], place: Mapping[Any, int]) -> NDArray[np.int32]:
    target = [place[v] for v in local]
    if target == list(range(len(target))):
        return index
    return np.array([*target, -1], dtype=np.int32)[index]


def _ordered(parts: Sequence[Sequence[Any]]) -> tuple[Any, ...]:
    """Merge the level lists: one list keeps its order (a categorical's own), several are sorted together."""
    distinct = list(dict.fromkeys(v for levels in parts for v in levels))
    if all(list(levels) == distinct for levels in parts):
        return tuple(distinct)
    try:
        return tuple(sorted(distinct))
    except TypeError:
        return tuple(sorted(distinct, key=lambda v: (type(v).__name__, str(v))))


def column_levels(series: nw.Series[Any]) -> tuple[list[Any], NDArray[np.int32]]:
    """Return the levels of one column, and each row's position among them, -1 where missing.

    Raises
    ------
    MpiError
        When it holds what can be no group: bytes, lists, lengths of time.
    """
    dtype = series.dtype
    said = unfit(series.name, dtype)
    if said:
        raise DataError(said)
    if dtype == nw.Boolean:
        levels, index = _numeric_levels(numbers(series))
        return [bool(v) for v in levels], index
    if dtype.is_integer() and series.null_count():
        absent = series.is_null().to_numpy().astype(bool)
        distinct, index = compress(
            series.fill_null(0).to_numpy()[~absent]
        )  # as floats, numbers above 2**53 would fall together
        return distinct.tolist(), _spread(index, absent)
    if dtype.is_integer() or dtype.is_float():
        return _numeric_levels(numbers(series))
    native = nw.to_native(series)
    zone = zone_of(dtype, getattr(native, "dtype", None))
    if zone is not None or isinstance(dtype, nw.Datetime):
        return _moments(series if zone is None else series.dt.replace_time_zone(None))
    if isinstance(dtype, (nw.Categorical, nw.Enum)) and hasattr(native, "cat") and hasattr(native.cat, "codes"):
        return _fit(series.name, list(without_zone(native.cat.categories))), native.cat.codes.to_numpy().astype(
            np.int32
        )
    arrow = _dictionary(series)
    return _object_levels(series) if arrow is None else _dictionary_levels(series, arrow)


def _fit(name: str, levels: list[Any]) -> list[Any]:
    """Return levels that can be groups; refuse others."""
    said = unfit_values(name, levels)
    if said:
        raise DataError(said)
    return levels


def _moments(series: nw.Series[Any]) -> tuple[list[Any], NDArray[np.int32]]:
    """Return the levels of points in time, of any unit, as Python counts them."""
    import pandas as pd

    values = series.to_numpy()
    if values.dtype.kind != "M":
        return _object_levels(series)
    absent = np.isnat(values)
    levels, index = compress(values[~absent].view(np.int64))
    return list(pd.DatetimeIndex(levels.view(values.dtype))), _spread(index, absent)


def _dictionary(series: nw.Series[Any]) -> Any:
    """Return a dictionary of Arrow, in a table or under pandas; None where the column is none."""
    if series.dtype != nw.Categorical:
        return None
    native = nw.to_native(series)
    if series.implementation.is_pyarrow():
        return native
    return native.array.__arrow_array__() if series.implementation.is_pandas_like() else None


def _dictionary_levels(series: nw.Series[Any], arrow: Any) -> tuple[list[Any], NDArray[np.int32]]:
    """Return the levels of a dictionary by its values; one without order says nothing of it."""
    plain: Any = nw.from_native(arrow.cast(arrow.type.value_type), series_only=True)
    levels, index = column_levels(plain.alias(series.name))
    if not arrow.type.ordered:
        return levels, index
    known = list(ordered_levels(arrow))
    return known, np.array([*map(known.index, levels), -1], dtype=np.int32)[index]


def _numeric_levels(values: NDArray[Any]) -> tuple[list[Any], NDArray[np.int32]]:
    if values.dtype.kind != "f":
        levels, index = compress(values)
        return levels.tolist(), index
    absent = np.isnan(values)
    kept = values[~absent] if absent.any() else values
    whole = kept.astype(np.int64) if kept.size and np.abs(kept).max() < 2**53 else kept
    levels, index = compress(whole if whole is kept or np.array_equal(whole, kept) else kept)
    if kept is values:
        return levels.tolist(), index
    return levels.tolist(), _spread(index, absent)


def _spread(index: NDArray[np.int32], absent: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Put positions back among rows of which some are missing."""
    spread = np.full(len(absent), -1, dtype=np.int32)
    spread[~absent] = index
    return spread


def _object_levels(series: nw.Series[Any]) -> tuple[list[Any], NDArray[np.int32]]:
    """Return the sorted levels of a column that is neither numbers nor categories, and the level of each row."""
    native = nw.to_native(series)
    if series.implementation.is_pandas_like():
        try:
            index, values = native.factorize()
        except TypeError:
            _fit(series.name, [v for v in native if v is not None])
            raise
        found, index = list(values), np.asarray(index, dtype=np.int32)
    else:
        kept = series.drop_nulls().unique(maintain_order=True)
        found = kept.to_list()
        numbered = list(range(len(found)))
        exact = [s.cast(nw.String) if s.dtype.is_decimal() else s for s in (series, kept)]  # Polars maps no decimals
        mapped = exact[0].replace_strict([*exact[1].to_list(), None], [*numbered, -1], return_dtype=nw.Int32)
        index = np.asarray(mapped.to_numpy(), dtype=np.int32)
    found = _fit(series.name, found)
    if isinstance(series.dtype, nw.Enum):
        known = list(series.dtype.categories)
        return known, np.array([*map(known.index, found), -1], dtype=np.int32)[index]
    return _sorted_levels(found, index)


def declared(series: nw.Series[Any]) -> tuple[Any, ...]:
    """Return the categories that a column has by its type, met or not, in their order."""
    if not isinstance(series.dtype, (nw.Enum, nw.Categorical)):
        return ()  # to make a frame of a column takes longer than to count small tables
    return known_levels(series.to_frame()).get(series.name, ())


def _sorted_levels(levels: list[Any], index: NDArray[np.int32]) -> tuple[list[Any], NDArray[np.int32]]:
    """Return levels in order, by their text where they do not compare, with the index into them."""
    try:
        order = sorted(range(len(levels)), key=lambda i: levels[i])
    except TypeError:
        order = sorted(range(len(levels)), key=lambda i: str(levels[i]))
    place = np.empty(len(levels) + 1, dtype=np.int32)
    place[order] = np.arange(len(levels), dtype=np.int32)
    place[-1] = -1
    return [levels[i] for i in order], place[index]
