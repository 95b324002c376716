"""Columns that rules ask for 0 or 1 alone, and so take for answers of no and yes: they must hold nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.frames.label_words import contradiction, says_missing, says_yes
from mpi.frames.missing_codes import declaration
from mpi.indicators.answers.arrays import truth
from mpi.indicators.rules.conditions import Compare, IsMissing, OneOf, Times, leaves
from mpi.indicators.rules.words import HEAD

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mpi.indicators.answers.arrays import Answers
    from mpi.indicators.rules.rules import Rules

    Labels = Mapping[str, Mapping[Any, str]]
    Found = Mapping[str, Sequence[tuple[float, int]]]

__all__ = ["both_sides", "contradictions", "named_codes", "neither", "strange_values", "torn_rule", "yes_no_columns"]

_SHOWN = 6


def yes_no_columns(rules: Rules) -> dict[str, set[int]]:
    """Return the columns that rules compare with 0 or 1 by ``is`` alone, and with which of them.

    Who is the head is a code. A column compared by ``in``, or by size, holds codes or numbers; and where a rule states
    both sides, what is neither is missing as it says.

    Examples
    --------
    >>> from mpi.indicators import load_rules
    >>> yes_no_columns(load_rules("vn-2016").select(["child_schooling", "housing_quality"]))
    {'attending': {0}}
    """
    asked: dict[str, set[int]] = {}
    others: set[str] = set()
    for rule in rules:
        for condition in rule.conditions:
            stated = rule.not_deprived is not None and condition in (rule.deprived, rule.not_deprived)
            for leaf in leaves(condition):
                match leaf:
                    case Compare(name, "is", int() as value) if value in (0, 1) and leaf != HEAD:
                        if not stated:
                            asked.setdefault(name, set()).add(value)
                    case Compare(name, _, Times(other)):
                        others |= {name, other}
                    case IsMissing():
                        pass
                    case _:
                        others.add(leaf.column)
    return {name: values for name, values in asked.items() if name not in others}


def named_codes(rules: Rules) -> dict[str, set[Any]]:
    """Return the values of columns that rules name one by one: these they know of."""
    found: dict[str, set[Any]] = {}
    for rule in rules:
        for condition in rule.conditions:
            for leaf in leaves(condition):
                if isinstance(leaf, OneOf):
                    found.setdefault(leaf.column, set()).update(leaf.values)
                elif isinstance(leaf, Compare) and leaf.relation == "is":
                    found.setdefault(leaf.column, set()).add(leaf.value)
    return found


def strange_values(rules: Rules, answers: Answers) -> dict[str, list[tuple[float, int]]]:
    """Return the values beside 0, 1 and missing of columns of yes and no, each with its number of rows."""
    found = {}
    for name in yes_no_columns(rules):
        values = answers.columns.get(name)
        if not isinstance(values, np.ndarray) or values.dtype.kind == "b":
            continue
        wrong = values[(values != 0) & (values != 1) & (values == values)]  # noqa: PLR0124  # NaN is missing
        if len(wrong):
            distinct, counts = np.unique(wrong, return_counts=True)
            found[name] = list(zip(distinct.tolist(), counts.tolist(), strict=True))
    return found


def neither(rules: Rules, found: Found, labels: Labels) -> list[str]:
    """Say which columns of yes and no hold other values, how often, and what to do."""
    asked = yes_no_columns(rules)
    said = []
    for name, values in found.items():
        using = ", ".join(r.name for r in rules if name in r.columns)
        known = labels.get(name, {})
        shown = ", ".join(f"{_value(v, known)} in {n:,} rows" for v, n in values[:_SHOWN])
        more = f" and {len(values) - _SHOWN} other values" if len(values) > _SHOWN else ""
        words = " and ".join(map(str, sorted(asked[name])))
        said.append(
            f"{using}: column {name!r} is asked for {words} alone, and holds {shown}{more}; make it 1 (yes), 0 (no) or "
            f"missing{_remedy(name, [v for v, _ in values], known)}. Of other codes ask in = [1], is_in([1])"
        )
    return said


def _remedy(name: str, values: Sequence[float], labels: Mapping[Any, str]) -> str:
    gaps = [v for v in values if says_missing(labels.get(v, ""), v) or (v not in labels and _usual(v))]
    declared = f", and declare what is no answer, {declaration(name, gaps)}" if gaps else ""
    no = next((x for v, x in labels.items() if says_yes(x) is False and v in values), None)
    by_label = f"; or ask for the label, is = {no!r}" if no is not None else ""
    return declared + by_label


def _usual(value: float) -> bool:
    """Return whether a code without a label is one that commonly stands for no answer: -1, 7, 8, 9, 98, 99, 998, ..."""
    return value < 0 or set(f"{value:g}") <= set("789")


def _value(value: float, labels: Mapping[Any, str]) -> str:
    said = f"{value:g}"
    return f"{said} ({labels[value]!r})" if value in labels else said


def contradictions(rules: Rules, labels: Labels) -> list[str]:
    """Say of which columns of yes and no the labels contradict 1 = yes and 0 = no."""
    told = {name: contradiction(labels.get(name, {})) for name in yes_no_columns(rules)}
    return [f"column {name!r}: {said}" for name, said in told.items() if said]


def both_sides(rules: Rules, answers: Answers) -> list[str]:
    """Say which rules call rows deprived and not deprived at once, by the sides they state."""
    said = []
    for rule in rules:
        if rule.not_deprived is not None:
            torn = int((truth(rule.deprived, answers).true & truth(rule.not_deprived, answers).true).sum())
            if torn:
                said.append(torn_rule(rule.name, torn))
    return said


def torn_rule(name: str, rows: int) -> str:
    """Say that rows are on both sides of a rule."""
    return f"{name}: {rows:,} rows meet both deprived and not_deprived; make these exclude each other"
