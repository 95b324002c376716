"""Rules that name answers by their labels, made rules of codes: "No" is 2 where the survey knows that 2 is No."""

from __future__ import annotations

from dataclasses import replace
from numbers import Real
from typing import TYPE_CHECKING, Any

from mpi.core.errors import nearest
from mpi.frames.missing_codes import label_key
from mpi.indicators.rules.conditions import AllOf, AnyOf, AtLeast, Compare, Condition, Not, OneOf

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from mpi.core.errors import Problems
    from mpi.indicators.rules.rule import Rule
    from mpi.indicators.rules.rules import Rules

    Labels = Mapping[str, Mapping[Any, str]]

__all__ = ["with_codes"]

_CONDITIONS = ("deprived", "not_deprived", "eligible")
_SHOWN = 8


def with_codes(rules: Rules, labels: Labels, numeric: Collection[str], problems: Problems) -> Rules:
    """Return rules that ask for codes where they asked for the labels of a column of numbers.

    Parameters
    ----------
    rules : Rules
        What is asked.
    labels : mapping of column to mapping of value to label
        Value labels.
    numeric : collection of str
        The columns that hold numbers.
    problems : Problems
        Takes note of texts that are no label of their column.
    """
    known = {name: found for name in numeric if (found := _codes(labels.get(name, {})))}
    if not known:
        return rules
    return replace(rules, rules=tuple(_coded(rule, known, labels, problems) for rule in rules))


def _codes(labels: Mapping[Any, str]) -> dict[str, list[Any]]:
    """Return the numbers of each label; labels that differ by capitals and blanks alone are one."""
    found: dict[str, list[Any]] = {}
    for value, label in labels.items():
        if isinstance(value, Real):
            found.setdefault(label_key(label), []).append(value)
    return found


def _coded(rule: Rule, codes_by_label: Mapping[str, Mapping[str, Any]], labels: Labels, problems: Problems) -> Rule:
    """Return the rule with codes in place of the labels in its conditions."""

    def changed(condition: Condition) -> Condition:
        """Return a condition with codes in place of labels."""
        match condition:
            case AllOf() | AnyOf() | AtLeast():
                return replace(condition, conditions=tuple(map(changed, condition.conditions)))
            case Not(part):
                return Not(changed(part))
            case Compare(name, "is", str() as text) if name in codes_by_label:
                return one_of_codes(condition, name, [text])
            case OneOf(name, values) if name in codes_by_label and isinstance(values[0], str):
                return one_of_codes(condition, name, [str(v) for v in values])
        return condition

    def one_of_codes(old: Condition, name: str, texts: list[str]) -> Condition:
        """Return the condition that a column has one of the codes of some labels."""
        absent = [t for t in texts if label_key(t) not in codes_by_label[name]]
        problems.found += [_unknown(rule.name, name, t, labels[name]) for t in absent]
        codes = [code for t in texts if t not in absent for code in codes_by_label[name][label_key(t)]]
        return OneOf(name, tuple(codes)) if codes else old

    given = {key: condition for key in _CONDITIONS if (condition := getattr(rule, key)) is not None}
    parts: dict[str, Any] = {key: changed(condition) for key, condition in given.items()}
    return rule if parts == given else replace(rule, **parts)


def _unknown(rule: str, name: str, text: str, labels: Mapping[Any, str]) -> str:
    close = nearest(text, labels.values())
    hint = f"; did you mean {close!r}?" if close else "."
    shown = ", ".join(f"{v} {x!r}" for v, x in list(labels.items())[:_SHOWN])
    return f"{rule}: no value of column {name!r} is labelled {text!r}{hint} Its labels: {shown}"
