"""Printed labels of columns and indicators: that of the measure, or else that of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mpi.frames.aggregation import Cross
    from mpi.measures.measure import Measure

__all__ = ["column_titles", "indicator_titles"]

_CROSSED = " × "


def indicator_titles(measure: Measure) -> dict[str, str]:
    """Return the label of each indicator of a measure that has one."""
    return {i.name: i.label for i in measure.indicators if i.label != i.name}


def column_titles(titles: Mapping[str, str], by: Sequence[Cross], indicators: Iterable[object]) -> dict[str, str]:
    """Return what stands above groups, and for columns that are indicators themselves, by the labels of variables.

    Parameters
    ----------
    titles : mapping of column to str
        The labels of variables, of those that have one.
    by : sequence of tuple of str
        The disaggregations; a cross is titled if one of its columns is.
    indicators : iterable
        What figures are of.

    Examples
    --------
    >>> labels = {"sex": "Sex", "hsex": "Sex", "reg": "Region"}
    >>> column_titles(labels, [("reg",), ("reg", "age")], ["reg", None])
    {'reg': 'Region', 'reg × age': 'Region × age'}

    Two columns of one label are told apart by their names:

    >>> column_titles(labels, [("sex",), ("hsex",)], [])
    {'sex': 'Sex [sex]', 'hsex': 'Sex [hsex]'}
    """
    if not titles:
        return {}
    wanted = [(name,) for name in indicators if isinstance(name, str) and name in titles]
    known = {n: titles[n].strip() for cross in (*by, *wanted) for n in cross if titles.get(n, "").strip()}
    shown = [*known.values()]
    one = {n: t if shown.count(t) == 1 else f"{t} [{n}]" for n, t in known.items()}
    titled = [cross for cross in (*by, *wanted) if any(n in one for n in cross)]
    return {_CROSSED.join(cross): _CROSSED.join(one.get(n, n) for n in cross) for cross in titled}
