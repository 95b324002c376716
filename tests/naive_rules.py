"""Rules evaluated naively, in plain Python on dictionaries: every way of filling what is missing is gone through.

Nothing of the library's evaluation is used; only what a rule says is read from it. None is a missing answer, and an
answer of the household is 1, 0 or None.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

from mpi.indicators import Rule, Share
from mpi.indicators.rules.conditions import (
    AllOf,
    AnyOf,
    AtLeast,
    Between,
    Compare,
    Condition,
    IsMissing,
    Not,
    OneOf,
    Times,
)

Record = Mapping[str, Any]
RELATIONS = {
    "is": operator.eq, "at_least": operator.ge, "above": operator.gt, "at_most": operator.le, "below": operator.lt,
}  # fmt: skip


def holds(condition: Condition, record: Record) -> bool | None:
    """Kleene's strong logic, by its tables: None is unknown."""
    match condition:
        case AllOf(parts, skip):
            found = _known([holds(p, record) for p in parts], skip)
            return False if False in found else None if None in found else True
        case AnyOf(parts, skip):
            found = _known([holds(p, record) for p in parts], skip)
            return True if True in found else None if None in found else False
        case AtLeast(count, parts, skip):
            found = _known([holds(p, record) for p in parts], skip)
            sure, open_ = found.count(True), found.count(None)
            nobody = skip and found == [None]
            return True if sure >= count else False if sure + open_ < count and not nobody else None
        case Not(part):
            value = holds(part, record)
            return None if value is None else not value
        case IsMissing(name):
            return record[name] is None
    return _leaf(condition, record)


def _known(found: list[bool | None], skip: bool) -> list[bool | None]:
    """Those of some truths that are known, where the others are left out; [None] where none is."""
    return [v for v in found if v is not None] or [None] if skip else found


def _leaf(leaf: Condition, record: Record) -> bool | None:
    value = record[leaf.column]
    other = record[leaf.value.column] if isinstance(leaf, Compare) and isinstance(leaf.value, Times) else 0
    if value is None or other is None:
        return None
    match leaf:
        case Compare(relation=relation, value=Times() as times):
            return RELATIONS[relation](Fraction(value), times.times * Fraction(other))
        case Compare(relation=relation, value=limit):
            return RELATIONS[relation](value, limit)
        case OneOf(values=options):
            return value in options
        case Between(low=low, high=high):
            return low <= value < high
    raise AssertionError(leaf)


def fillings(record: Record, domain: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """Every way of answering what is missing of one record."""
    absent = [name for name, value in record.items() if value is None]
    for values in product(list(domain), repeat=len(absent)):
        yield {**record, **dict(zip(absent, values, strict=True))}


def judge(rule: Rule, members: Sequence[Record]) -> int | None:
    """What a rule says of a household: what all fillings of its members' answers agree on."""
    answers = [(_eligible(rule, m), holds(rule.deprived, m), _head(rule, m)) for m in members]
    if rule.of == "household":
        said = {d for _, d, _ in answers if d is not None}
        return int(said.pop()) if len(said) == 1 else None
    if rule.household == "head":
        return _of_head(rule, answers)
    told = {
        _decided(rule, [d for e, d in filled if e])
        for filled in product(*(list(product(_options(e), _options(d))) for e, d, _ in answers))
    }
    if len(told) == 1 and None not in told:
        return told.pop()
    return _by_those_who_answered(rule, answers)


def _eligible(rule: Rule, member: Record) -> bool | None:
    return True if rule.eligible is None else holds(rule.eligible, member)


def _head(rule: Rule, member: Record) -> bool | None:
    if rule.household != "head":
        return True
    return None if member["relation"] is None else member["relation"] == 1


def _options(value: bool | None) -> tuple[bool, ...]:
    return (True, False) if value is None else (value,)


def _decided(rule: Rule, deprived: list[bool]) -> int | None:
    """What is said where everybody answered; those eligible are given."""
    if not deprived:
        return {"deprived": 1, "not deprived": 0, "missing": None}[rule.nobody]
    match rule.household:
        case Share(share, strict):
            found = Fraction(sum(deprived), len(deprived))
            return int(found > share if strict else found >= share)
        case "any":
            return int(any(deprived))
        case "all":
            return int(all(deprived))
        case "none":
            return int(not any(deprived))
    raise AssertionError(rule.household)


def _by_those_who_answered(rule: Rule, answers: Sequence[tuple[Any, Any, Any]]) -> int | None:
    if rule.enough is None:
        return None
    known = [d for e, d, _ in answers if e is True and d is not None]
    eligible = sum(e is not False for e, _, _ in answers)
    if not known or Fraction(len(known), eligible) < rule.enough:
        return None
    return _decided(rule, known)


def _of_head(rule: Rule, answers: Sequence[tuple[Any, Any, Any]]) -> int | None:
    """The head who surely is one, or all who may be; they have to agree, however their answers are filled."""
    if all(h is False for _, _, h in answers):
        return None
    sure = [d for e, d, h in answers if e is True and h is True]
    maybe = [d for e, d, h in answers if e is not False and h is not False]
    told = {v for d in sure or maybe for v in _options(d)}
    if not sure:
        told.add({"deprived": True, "not deprived": False, "missing": None}[rule.nobody])
    return int(told.pop()) if len(told) == 1 and None not in told else None
