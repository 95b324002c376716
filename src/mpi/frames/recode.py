"""The values of a column put into groups: by a mapping of values or labels, or by a classification of codes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from mpi.core.errors import Problems, RequestError, nearest, warn
from mpi.frames.alike import bare, tell_parted
from mpi.frames.arrays import MISSING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mpi.frames.arrays import Categories

__all__ = ["Grouped", "grouped"]

_SHOWN = 8


class Grouped(Protocol):
    """An object that gives the group of each value, such as a classification of codes."""

    def apply(self, values: list[Any]) -> list[str | None]:
        """Return the group of each value; None where it has none."""
        ...


def grouped(
    categories: Categories, groups: Mapping[Any, str] | Grouped, rest: str | None, column: str
) -> list[str | None]:
    """Return the group of each level of a column."""
    as_mapping: Any = getattr(groups, "to_dict", None)  # of a Series, whose index holds the keys
    groups = groups if as_mapping is None else as_mapping()
    if not isinstance(groups, Mapping):
        return groups.apply([None if v is None else v for v in categories.levels])
    problems = Problems(column, RequestError)
    given = {_plain(key): group for key, group in groups.items()}
    out, lost = [], []
    for level, label in zip(categories.levels, categories.labels, strict=True):
        ways = (level, label, categories.names.get(level, level))  # of two levels of one label, `label` tells which
        group = next((given[_plain(way)] for way in ways if _plain(way) in given), rest)
        if group is None and level is not None:
            lost.append(label)
        out.append(None if level is None else group)
    problems.found += _strangers(groups, categories)
    if lost:
        problems.add(f"no group for {', '.join(map(repr, lost[:5]))}; name them, or give rest=")
    problems.raise_if_any()
    for group in dict.fromkeys(g for g in groups.values() if g not in out):
        _warn_empty(group, [v for v, g in groups.items() if g == group], column)
    tell_parted(column, dict(zip(categories.labels, out, strict=True)))
    return out


def _plain(value: Any) -> Any:
    """Return text as it is compared: blanks around it and ways of accenting it make no other value."""
    return bare(value) if isinstance(value, str) else value


def _strangers(groups: Mapping[Any, str], categories: Categories) -> list[str]:
    """Say of keys that are neither a value nor a label of the column; a label that nobody has is known."""
    there = [
        v
        for v in (*categories.levels, *categories.labels, *categories.names, *categories.names.values())
        if v is not None
    ]
    plain = {_plain(v) for v in there}
    shown = list(dict.fromkeys(v for v in categories.labels if v != MISSING))
    lost = [key for key in groups if _plain(key) not in plain]
    return [f"{key!r} is neither a value nor a label{_nearest(key, there, shown)}" for key in lost]


def _nearest(key: Any, there: Sequence[Any], shown: Sequence[str]) -> str:
    twins = [v for v in there if str(v) == str(key)]  # a number for its text, or the other way round
    close = repr(twins[0]) if twins else repr(near) if (near := _near(str(key), shown)) else None
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return f"{f'; did you mean {close}?' if close else '.'} There are {', '.join(map(repr, shown[:_SHOWN]))}{more}"


def _near(key: str, shown: Sequence[str]) -> str | None:
    """Return the label that has a key as a word, as "Kinh (Viet)" has "Kinh"; where none has, the one most like it."""
    words = [x for x in shown if key.casefold() in re.findall(r"\w+", x.casefold())]
    return words[0] if words else nearest(key, shown)


def _warn_empty(group: str, values: Sequence[Any], column: str) -> None:
    """Warn of a group that nobody is in."""
    warn(f"{column}: nobody is in the group {group!r}, as no row holds {', '.join(map(repr, values[:5]))}")
