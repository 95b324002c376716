"""The tables of members and of households put together on lazy frames, as they are in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from mpi.errors import Problems, unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["as_lazy", "check_keys", "joined"]

_ROWS = "rows of the household"


def as_lazy(frame: Any) -> nw.LazyFrame[Any] | None:
    """Wrap a lazy frame; None where something else was given."""
    try:
        wrapped = nw.from_native(frame, pass_through=True)
    except nw.exceptions.DuplicateError:
        return None  # lazy frames refuse columns of one name themselves
    return wrapped if isinstance(wrapped, nw.LazyFrame) else None


def check_keys(frame: nw.LazyFrame[Any], keys: Sequence[str], where: str) -> None:
    """Raise where the columns that identify a household are absent."""
    known = frame.collect_schema().names()
    problems = Problems(f"{where} does not identify households")
    problems.found = [unknown("column", k, known) for k in keys if k not in known]
    if not keys:
        problems.add("name at least one column")
    problems.raise_if_any()


def joined(
    members: nw.LazyFrame[Any], households: nw.LazyFrame[Any], keys: Sequence[str], columns: Sequence[str]
) -> nw.LazyFrame[Any]:
    """Spread columns of the households over their members.

    A household that has several rows counts as one that has none: which of them is right is not known.

    Raises
    ------
    MpiError
        When an identifier is a number in one frame and a text in the other.
    """
    members, households = _of_one_type(members, households, keys)
    single = households.group_by(*keys).agg(nw.len().alias(_ROWS)).filter(nw.col(_ROWS) == 1).select(*keys)
    homes = households.select(*keys, *columns).join(single, on=list(keys), how="inner")
    return members.join(homes, on=list(keys), how="left")


def _of_one_type(
    members: nw.LazyFrame[Any], households: nw.LazyFrame[Any], keys: Sequence[str]
) -> tuple[nw.LazyFrame[Any], nw.LazyFrame[Any]]:
    """Write identifiers of one kind but different types alike: engines join none, or some, of them else."""
    own, theirs = members.collect_schema(), households.collect_schema()
    problems = Problems("the members' and the households' frames do not fit together")
    for key in keys:
        left, right = own[key], theirs[key]
        if left == right:
            continue
        if left.is_numeric() and right.is_numeric():
            households = households.with_columns(_number_like(key, left, right))
        elif _is_text(left) and _is_text(right):
            members, households = (f.with_columns(nw.col(key).cast(nw.String)) for f in (members, households))
        else:
            problems.add(f"{key!r} is {left} in one and {right} in the other; make them of one type")
    problems.raise_if_any()
    return members, households


def _number_like(key: str, wanted: Any, held: Any) -> nw.Expr:
    """Cast an identifier; one that is not whole has no match among whole ones."""
    value = nw.col(key).fill_nan(None) if held.is_float() else nw.col(key)
    if wanted.is_integer() and not held.is_integer():
        whole = value.cast(nw.Int64)
        value = nw.when(whole.cast(nw.Float64) == value.cast(nw.Float64)).then(whole)
    return value.cast(wanted).alias(key)


def _is_text(dtype: Any) -> bool:
    return dtype in {nw.String, nw.Categorical} or isinstance(dtype, nw.Enum)
