"""Conditions and new columns evaluated row by row on frames in memory, in whatever form they are given."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from mpi.core.errors import RequestError, translated_user_errors, warn
from mpi.frames.arrays import numbers, owned
from mpi.frames.lazy import is_native, translated_name_errors, with_native
from mpi.frames.made_nan import may_make_missing, selected
from mpi.frames.nulls import comparable, has_ordered_gaps
from mpi.frames.row_order import by_rows, rows_of_frames

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mpi.survey.columns import Columns
    from mpi.survey.words import Column, Where

__all__ = ["refuse_formula", "truth", "values_of"]


def values_of(columns: Columns, condition: Where | Column, what: str = "the condition") -> NDArray[Any]:
    """Return the value of each row that a column's name, an expression, a function or an array gives.

    `what` is what it is called in messages.
    """
    if isinstance(condition, str):
        refuse_formula(condition, columns.names)
        values = columns.numbers(condition)
    elif isinstance(condition, nw.Expr) or is_native(condition) or callable(condition):
        values = _evaluate(columns.frames, condition, what)
    else:
        _refuse_polars(condition)
        values = _listed(by_rows(condition, rows_of_frames(columns.frames), what), what)
    if values.shape != (len(columns),):
        entries = "1 entry" if values.size == 1 else f"{values.size:,} entries"
        raise RequestError(f"{what} has {entries}; the survey has {len(columns):,} rows")
    return values


def _refuse_polars(condition: Any) -> None:
    """Refuse a Series of Polars that no frame of the survey gave: nothing says which row an entry is of."""
    native = condition.to_native() if isinstance(condition, nw.Series) else condition
    if nw.dependencies.is_polars_series(native):
        raise RequestError(
            "a Series of Polars has no index that says which row each entry is of; give an expression, such as "
            "pl.col('age') < 5, or a function of the frame; where its entries stand in the order of the rows, give "
            "series.to_numpy()"
        )


def refuse_formula(text: str, columns: Sequence[str]) -> None:
    """Raise where a text is no column's name but a formula, which is written as an expression or a function."""
    if text not in columns and re.search(r"[<>=!&|~]| (in|and|or|not) ", text):
        raise RequestError(
            f"{text!r} is no column. A text names a column of 0 and 1; a condition is an expression, such as "
            "where=nw.col('age') < 18 (import narwhals.stable.v2 as nw), or a function, such as "
            "where=lambda frame: frame['age'] < 18"
        )


def _listed(values: Any, what: str) -> NDArray[Any]:
    """Read a series of any frame, an array or a list, whose entries stand in the order of the rows."""
    try:
        return numbers(values if isinstance(values, nw.Series) else nw.from_native(values, series_only=True))
    except ValueError as error:
        raise RequestError(f"{what} {error}") from error
    except TypeError:
        found = np.asarray(values)
    if found.dtype.kind not in "OUS":
        return found
    try:
        return np.asarray(found, dtype=np.float64)  # None is missing
    except (TypeError, ValueError) as error:
        raise RequestError(f"{what} holds text where numbers are needed, or true and false ({error})") from error


def _evaluate(frames: Sequence[nw.DataFrame[Any]], expression: Any, what: str) -> NDArray[Any]:
    """Return the values of an expression or a function on all frames, one after the other."""
    parts = []
    for frame in frames:
        with translated_user_errors(f"{what} fails on the frame"):
            parts.append(_evaluate_frame(frame, expression, what))
    return np.concatenate(parts)


def _evaluate_frame(frame: nw.DataFrame[Any], expression: Any, what: str) -> NDArray[Any]:
    """Return what an expression, or a function of the frame, gives; missing where it compares with what is missing.

    Categories that have an order compare by it where they have no nulls: with nulls they are texts. So the one way says
    what is true, and the other what is missing.
    """
    rows, computing = rows_of_frames([frame]), may_make_missing(expression)
    try:
        values = _computed(comparable(frame, computing=computing), expression, rows, what, computing=computing)
    except Exception:
        if not frame.implementation.is_pandas_like():
            raise
        computing = False  # PyArrow lacks some operations of NumPy
        try:
            values = _computed(comparable(frame), expression, rows, what)
        except Exception:
            if not callable(expression):
                raise
            return _computed(frame, expression, rows, what)  # written for the types of NumPy
    if values.dtype.kind != "f" or not has_ordered_gaps(frame):
        return values
    whole = comparable(frame, ordered=True, computing=computing)
    return np.where(np.isnan(values), np.nan, _computed(whole, expression, rows, what, computing=computing))


def _computed(
    frame: nw.DataFrame[Any], expression: Any, rows: Any, what: str, *, computing: bool = False
) -> NDArray[Any]:
    """Return the values of an expression or a function on one frame."""
    found = expression
    if callable(expression) and not isinstance(expression, nw.Expr):
        found = expression(nw.to_native(owned(frame)))  # which may write into it
    if isinstance(found, nw.Expr):
        with translated_name_errors(frame.columns):
            found = selected(frame, {"_condition": found}, computing=computing)["_condition"]
    elif is_native(found):
        found = with_native(frame, found, "_condition")["_condition"]
    return np.atleast_1d(_listed(by_rows(found, rows, what), what))


def truth(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which rows meet a condition; those in which it is missing do not, and are counted."""
    if values.dtype.kind == "b":
        return values.copy()  # the caller's array may change, the domain not
    if values.dtype.kind not in "iuf" or not np.isin(values[~np.isnan(values)], (0, 1)).all():
        raise RequestError(
            "the condition must be true or false (or 1, 0) in every row; compare the column with something"
        )
    absent = np.isnan(values)
    if absent.any():
        warn(f"the condition is missing in {int(absent.sum()):,} rows; they stay out of the domain")
    return np.asarray(values == 1)
