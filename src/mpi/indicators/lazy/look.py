"""One look at the rows of a lazy frame, for problems with rules that its schema cannot show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from mpi.frames.progress import collected
from mpi.indicators.lazy.expressions import has_values, is_answered, values_of
from mpi.indicators.lazy.truth import SCRATCH, with_truths
from mpi.indicators.rules.yes_no import yes_no_columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mpi.indicators.rules.rules import Rules

__all__ = ["Seen", "look"]

_FLAG = f"{SCRATCH}seen_"


@dataclass(frozen=True, slots=True)
class Seen:
    """The problems that one look at the rows found.

    Attributes
    ----------
    strange : mapping of column to pairs of value and rows
        Values beside 0, 1 and missing of columns that are asked for these alone.
    torn : mapping of rule to rows
        Rows that meet both sides of a rule.
    counts : mapping of column and code to rows
        How many rows hold the codes that were asked for.
    """

    strange: Mapping[str, Sequence[tuple[float, int]]]
    torn: Mapping[str, int]
    counts: Mapping[tuple[str, Any], int]


def look(
    frame: nw.LazyFrame[Any], rules: Rules, schema: Mapping[str, Any], doubted: Mapping[str, Mapping[Any, str]]
) -> Seen:
    """Let the engine count; nothing is read where there is nothing to count.

    Parameters
    ----------
    frame : LazyFrame
        The answers, with codes that are no answer missing.
    rules : Rules
        What is asked, in codes.
    schema : mapping of name to narwhals dtype
        The columns of the frame; the type of one that is not there is None.
    doubted : mapping of column to mapping of code to label
        Codes to be counted.
    """
    flags: dict[Any, nw.Expr] = {}
    for name in yes_no_columns(rules):
        if has_values(name, schema) and schema[name] != nw.Boolean:
            flags["strange", name] = _strange(name, schema)
    for name, codes in doubted.items():
        if has_values(name, schema) and schema[name].is_numeric():
            flags |= {("code", name, c): (values_of(name, schema) == c).fill_null(value=False) for c in codes}
    sides = {r.name: (r.deprived, r.not_deprived) for r in rules if r.not_deprived is not None}
    if sides:
        frame, hold = with_truths(frame, list(dict.fromkeys(c for both in sides.values() for c in both)), schema)
        flags |= {("torn", name): hold(yes).true & hold(no).true for name, (yes, no) in sides.items()}
    counts = _counted(frame, flags)
    strange = {
        name: _values(frame, name, schema) for kind, name, *_ in counts if kind == "strange" and counts[kind, name]
    }
    torn = {key[1]: n for key, n in counts.items() if key[0] == "torn" and n}
    return Seen(strange, torn, {(key[1], key[2]): n for key, n in counts.items() if key[0] == "code"})


def _strange(name: str, schema: Mapping[str, Any]) -> nw.Expr:
    x = values_of(name, schema)
    return is_answered(name, schema) & ((x != 0) & (x != 1)).fill_null(value=False)


def _counted(frame: nw.LazyFrame[Any], flags: Mapping[Any, nw.Expr]) -> dict[Any, int]:
    if not flags:
        return {}
    names = {key: f"{_FLAG}{i}" for i, key in enumerate(flags)}
    marked = (nw.when(met).then(nw.lit(1)).otherwise(nw.lit(0)).alias(names[key]) for key, met in flags.items())
    sums = collected(frame.select(*marked).select(*(nw.col(n).sum() for n in names.values())))
    return {key: int(sums[n].iloc[0] or 0) for key, n in names.items()}


def _values(frame: nw.LazyFrame[Any], name: str, schema: Mapping[str, Any]) -> list[tuple[float, int]]:
    """Look again, only where something is wrong: which values, how often."""
    wrong = frame.filter(_strange(name, schema)).select(
        values_of(name, schema).cast(nw.Float64).alias(f"{_FLAG}v"), nw.lit(1).alias(f"{_FLAG}n")
    )
    found = collected(wrong.group_by(f"{_FLAG}v").agg(nw.col(f"{_FLAG}n").sum())).sort_values(f"{_FLAG}v")
    return [(float(v), int(n)) for v, n in found.itertuples(index=False)]
