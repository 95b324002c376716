"""The tables of members and of households put together on lazy frames, as they are in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from mpi.core.errors import DataError, Problems, unknown
from mpi.frames.nulls import with_nulls

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["check_keys", "joined", "restore_key_types"]

_ROWS = "rows of the household"


def restore_key_types(households: Any, members: Any, keys: Sequence[str]) -> Any:
    """Return households with identifiers of the types that they have in the frame of members.

    Dask's whole numbers were made ones that can be missing, for its types do not tell whether they are.
    """
    if not nw.dependencies.is_dask_dataframe(members):
        return households
    types = {k: members.dtypes[k] for k in keys if getattr(members.dtypes[k], "kind", "") in "iu"}
    return households.astype({k: dtype for k, dtype in types.items() if households.dtypes[k] != dtype})


def check_keys(frame: nw.LazyFrame[Any], keys: Sequence[str], where: str) -> None:
    """Raise where the columns that identify a household are absent."""
    known = frame.collect_schema().names()
    problems = Problems(f"{where} does not identify households", DataError)
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
    members, households = _align_key_types(members, households, keys)
    single = households.group_by(*keys).agg(nw.len().alias(_ROWS)).filter(nw.col(_ROWS) == 1).select(*keys)
    homes = households.select(*keys, *columns).join(single, on=list(keys), how="inner")
    return members.join(homes, on=list(keys), how="left")


def _align_key_types(
    members: nw.LazyFrame[Any], households: nw.LazyFrame[Any], keys: Sequence[str]
) -> tuple[nw.LazyFrame[Any], nw.LazyFrame[Any]]:
    """Write identifiers of one kind but different types alike: engines join none, or some, of them else."""
    own, theirs = members.collect_schema(), households.collect_schema()
    problems = Problems("the members' and the households' frames do not fit together", DataError)
    for key in keys:
        left, right = own[key], theirs[key]
        if left == right:
            continue
        if left.is_numeric() and right.is_numeric():
            households = _numbers_like(households, key, left, right)
        elif _is_text(left) and _is_text(right):
            members, households = (f.with_columns(nw.col(key).cast(nw.String)) for f in (members, households))
        else:
            problems.add(f"{key!r} is {left} in one and {right} in the other; make them of one type")
    problems.raise_if_any()
    return members, households


def _numbers_like(frame: nw.LazyFrame[Any], key: str, target: Any, source: Any) -> nw.LazyFrame[Any]:
    """Cast an identifier. Rows whose identifier the type cannot hold go: they have no match, and no cast."""
    value = nw.col(key).cast(nw.Float64) if source.is_decimal() else nw.col(key)
    fits = ~value.is_null()
    if target.is_integer():
        low, high = _limits(target, source)
        fits = fits & (value >= low) & (value <= high)
        if not source.is_integer():
            fits = fits & (value % 1 == 0)
    cast: nw.LazyFrame[Any] = with_nulls(frame.filter(fits).with_columns(nw.col(key).cast(target)), [key])
    return cast


def _limits(*dtypes: Any) -> tuple[int, int]:
    """Return the least and the largest number that all types of whole numbers among some hold."""
    sizes = [(str(d).startswith("U"), int(str(d).lstrip("UInt"))) for d in dtypes if d.is_integer()]
    low = max(0 if unsigned else -(2 ** min(bits - 1, 63)) for unsigned, bits in sizes)
    return low, min(2 ** min(bits if unsigned else bits - 1, 63) - 1 for unsigned, bits in sizes)


def _is_text(dtype: Any) -> bool:
    return dtype in {nw.String, nw.Categorical} or isinstance(dtype, nw.Enum)
