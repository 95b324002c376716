"""The values of keys that occur among estimates, and refusals of those that do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.errors import DataError, RequestError, unknown

if TYPE_CHECKING:
    from mpi.tables.estimates_like import EstimatesLike

__all__ = ["estimates_only", "select_by", "split_groups", "values_of"]

_CROSS = " × "


def estimates_only(est: Any, purpose: str) -> None:
    """Refuse what are no estimates.

    Raises
    ------
    MpiError
        When there are none, or something else was given.
    """
    if not hasattr(est, "keys") or not hasattr(est, "influence"):
        raise RequestError(
            f"{purpose}: Estimates are needed, not {type(est).__name__}; make them with mpi.estimate(...)"
        )
    if not len(est):
        raise RequestError(f"{purpose}: there are no estimates")


def values_of(est: EstimatesLike, key: str) -> list[Any]:
    """Return the values of a key that occur, in the order in which they first do."""
    column = est.keys[key]
    index, first = np.unique(column.index, return_index=True)
    return [column.values[i] for i in index[np.argsort(first)].tolist() if i >= 0]


def select_by(est: EstimatesLike, by: Any, purpose: str) -> int:
    """Return the position, among the values of ``by``, of the disaggregation asked for.

    Raises
    ------
    MpiError
        When the estimates have no such disaggregation; the nearest is offered.
    """
    name = _CROSS.join(map(str, by)) if isinstance(by, (tuple, list)) else by
    known = [v for v in values_of(est, "by") if v != "total"]
    if name not in known:
        hint = unknown("disaggregation", name, known) if known else "the estimates have no groups"
        raise RequestError(f"{purpose}: {hint}; ask mpi.estimate for it with by=[...]")
    return est.keys["by"].values.index(name)


def split_groups(est: EstimatesLike, by: str) -> dict[str, tuple[str, ...]]:
    """Return the parts of each group's label, one for each column that a disaggregation crosses.

    Raises
    ------
    MpiError
        When a label holds the sign of a cross itself.
    """
    columns = by.split(_CROSS)
    inside = est.keys["by"].index == est.keys["by"].values.index(by)
    group = est.keys["group"]
    labels = [group.values[i] for i in np.unique(group.index[inside]).tolist()]
    out = {label: tuple(label.split(_CROSS)) if len(columns) > 1 else (label,) for label in labels}
    odd = [label for label, parts in out.items() if len(parts) != len(columns)]
    if odd:
        raise DataError(f"the group {odd[0]!r} cannot be split into {by}: a label holds '×' itself; rename it")
    return out
