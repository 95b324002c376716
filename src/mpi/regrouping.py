"""The values of a column put into groups: by a mapping of values or labels, or by a classification of codes."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from mpi.alike import tell_parted
from mpi.errors import MpiError, MpiWarning, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mpi.columns import Categories

__all__ = ["Grouped", "grouped"]


class Grouped(Protocol):
    """What tells the group of each value: a classification of codes does."""

    def apply(self, values: list[Any]) -> list[str | None]:
        """Return the group of each value; None where it has none."""
        ...


def grouped(known: Categories, groups: Mapping[Any, str] | Grouped, rest: str | None, column: str) -> list[str | None]:
    """Return the group of each level of a column."""
    if not isinstance(groups, Mapping):
        return groups.apply([None if v is None else v for v in known.levels])
    out, lost = [], []
    for level, label in zip(known.levels, known.labels, strict=True):
        group = groups.get(level, groups.get(label, rest))
        if group is None and level is not None:
            lost.append(label)
        out.append(None if level is None else group)
    if lost:
        raise MpiError(f"{column}: no group for {', '.join(map(repr, lost[:5]))}; name them, or give rest=")
    for group in dict.fromkeys(g for g in groups.values() if g not in out):
        _warn_empty(group, [v for v, g in groups.items() if g == group], known, column)
    tell_parted(column, dict(zip(known.labels, out, strict=True)))
    return out


def _warn_empty(group: str, values: Sequence[Any], known: Categories, column: str) -> None:
    """Warn of a group that nobody is in, which a misspelt value makes."""
    here = [str(v) for v in known.labels]
    close = next((f"; did you mean {found!r}?" for v in values if (found := nearest(str(v), here))), ".")
    named, shown = (", ".join(map(repr, v[:5])) for v in (values, here))
    warnings.warn(
        f"{column}: nobody is in the group {group!r}, as no row holds {named}{close} There are {shown}",
        MpiWarning,
        stacklevel=4,
    )
