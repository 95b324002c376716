"""Where the conditions of rules hold on lazy frames, in steps: what a step finds is computed once, and has a name.

As one expression a rule is thousands of nodes, since every "and" of three-valued logic uses both of its parts twice;
Spark needs many seconds to build that alone. In steps it is some hundreds.
"""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from mpi.indicators.conditions import IsMissing, columns_of, leaves
from mpi.indicators.expressions import combined, is_known, is_met, values_of
from mpi.indicators.logic import Truth

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mpi.indicators.conditions import Condition, Leaf

__all__ = ["SCRATCH", "with_truths"]

SCRATCH = "_mpi_"
"""How the names of columns begin that serve a step and are dropped again."""


def with_truths(
    frame: nw.LazyFrame[Any],
    conditions: Sequence[Condition],
    schema: Mapping[str, Any],
    keep: Sequence[nw.Expr] | None = None,
) -> tuple[nw.LazyFrame[Any], Callable[[Condition], Truth]]:
    """Add columns that say where conditions hold, and where they do not.

    Parameters
    ----------
    frame : LazyFrame
        The answers.
    conditions : sequence of Condition
        What is asked.
    schema : mapping of name to narwhals dtype
        The columns; one of `Unknown` type has missing values alone, and may be absent from the frame.
    keep : sequence of expressions, optional
        What else to keep of the frame; everything by default.

    Returns
    -------
    frame : LazyFrame
        With new columns, whose names begin with `SCRATCH`.
    hold : function
        Gives the truth of one of the conditions: two columns that are never missing.
    """
    columns = _numbered(f"{SCRATCH}%s_{{}}", (c for a in conditions for c in columns_of(a)))
    parts = _numbered(f"{SCRATCH}met_{{}}", (leaf for a in conditions for leaf in leaves(a)))
    whole = _numbered(f"{SCRATCH}%s_{{}}", conditions)
    here = set(frame.collect_schema().names())
    read = [_known(c, schema, here).alias(n % "known") for c, n in columns.items()]
    read += [values_of(c, schema).alias(n % "value") for c, n in columns.items() if schema[c] != nw.Unknown]
    frame = frame.with_columns(*read) if keep is None else frame.select(*keep, *read)
    known = {c: nw.col(n % "known") for c, n in columns.items()}
    values = {c: nw.col(n % "value") for c, n in columns.items()}
    frame = frame.with_columns(*(_holds(leaf, schema, known, values).alias(n) for leaf, n in parts.items()))

    def of_leaf(leaf: Leaf) -> Truth:
        met = nw.col(parts[leaf])
        return Truth(met, ~met if isinstance(leaf, IsMissing) else _all_known(leaf, known) & ~met)

    truths = {n: combined(c, of_leaf) for c, n in whole.items()}
    frame = frame.with_columns(*(getattr(t, side).alias(n % side) for n, t in truths.items() for side in _SIDES))
    return frame, lambda condition: Truth(*(nw.col(whole[condition] % side) for side in _SIDES))


_SIDES = ("true", "false")


def _numbered(name: str, items: Any) -> dict[Any, str]:
    return {item: name.format(i) for i, item in enumerate(dict.fromkeys(items))}


def _known(column: str, schema: Mapping[str, Any], here: set[str]) -> nw.Expr:
    return is_known(column, schema) if column in here else nw.lit(value=False)


def _all_known(leaf: Leaf, known: Mapping[str, nw.Expr]) -> nw.Expr:
    return functools.reduce(operator.and_, (known[c] for c in columns_of(leaf)))


def _holds(leaf: Leaf, schema: Mapping[str, Any], known: Mapping[str, nw.Expr], values: Mapping[str, Any]) -> nw.Expr:
    if isinstance(leaf, IsMissing):
        return ~known[leaf.column]
    return _all_known(leaf, known) & is_met(leaf, schema, values)
