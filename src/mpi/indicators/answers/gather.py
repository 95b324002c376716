"""The answers that rules ask for, gathered from the data: what is absent told once, what is computed computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.errors import DataError, Problems, nearest, warn
from mpi.frames.arrays import Categories
from mpi.frames.label_words import missing_texts
from mpi.indicators.answers.arrays import Answers, mismatches
from mpi.indicators.rules.labelled import with_codes
from mpi.indicators.rules.rules import Rules, computable
from mpi.indicators.rules.yes_no import both_sides, contradictions, named_codes, neither, strange_values
from mpi.survey.code_counts import level_counts
from mpi.survey.undeclared import suspects, tell

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from mpi.frames.missing_codes import Codes
    from mpi.indicators.rules.computed import Computed, Recoded
    from mpi.indicators.rules.rule import Rule

    Labels = Mapping[str, Mapping[Any, str]]

__all__ = [
    "check_columns",
    "columns_needed",
    "computed_for",
    "doubted",
    "doubted_texts",
    "gather",
    "tell_absent",
    "tell_doubts",
    "tell_labels",
]


def gather(
    rules: Rules, known: Sequence[str], read: Callable[[Sequence[str]], Answers], labels: Labels | None = None
) -> tuple[Rules, Answers]:
    """Read all columns that rules ask for.

    Parameters
    ----------
    rules : Rules
        The rules.
    known : sequence of str
        The columns of the data.
    read : function
        Reads columns by their names.
    labels : mapping of column to mapping of value to label, optional
        Value labels.

    Returns
    -------
    rules : Rules
        What is asked, in codes where it was asked by labels.
    answers : Answers
        The columns; codes that the rules declare missing are.

    Raises
    ------
    MpiError
        When columns are absent, with the rules that need them and those that do not. With every problem at once:
        columns hold texts where rules have numbers, or the reverse; columns that are asked for 0 or 1 alone hold
        other values; a text is no label; rows meet both sides of a rule.
    """
    check_columns(rules, known)
    tell_absent(rules, known)
    labels = labels or {}
    answers = read(columns_needed(rules, known))
    answers = answers.plus(_without_codes(rules, answers, labels))
    answers = answers.plus({c: np.full(answers.rows, np.nan) for c in _absent(rules, known)})
    for made in computed_for(rules, known):
        answers = answers.plus({made.name: made.from_answers(answers)})
    problems = Problems(f"the rules {rules.name!r} do not fit the data", DataError)
    numeric = [name for name, values in answers.columns.items() if isinstance(values, np.ndarray)]
    rules = with_codes(rules, labels, numeric, problems)
    found = [p for rule in rules for p in _mismatches(rule, answers)]
    problems.found += dict.fromkeys(found)
    problems.found += neither(rules, strange_values(rules, answers), labels)
    problems.found += [] if found else both_sides(rules, answers)
    problems.raise_if_any()
    return rules, answers


def _without_codes(rules: Rules, answers: Answers, labels: Labels) -> dict[str, Any]:
    """Return the columns in which the rules declare codes missing, without them."""
    if not rules.missing:
        return {}
    texts = [name for name, values in answers.columns.items() if isinstance(values, Categories)]
    missing = rules.missing.only(answers.columns).resolve_labels(labels, list(answers.columns), texts)
    return {
        n: v.without(codes) if isinstance(v, Categories) else _blanked(v, codes)
        for n, v in answers.columns.items()
        if (codes := missing.of(n))
    }


def _blanked(values: NDArray[Any], codes: Codes) -> NDArray[Any]:
    met = codes.among(values)
    return np.where(met, np.nan, values) if met.any() else values


def columns_needed(rules: Rules, known: Sequence[str]) -> list[str]:
    """Return the columns of the data that rules ask for, each once."""
    return list(dict.fromkeys(i for r in rules for c in r.columns for i in rules.inputs(c, known) if i in known))


def computed_for(rules: Rules, known: Sequence[str]) -> list[Computed | Recoded]:
    """Return the columns that have to be computed."""
    asked = {c for r in rules for c in r.columns}
    return [c for c in rules.computed if c.name in asked and c.name not in known]


def check_columns(rules: Rules, known: Sequence[str]) -> None:
    """Raise when columns are absent; tell which rules need them, and which can be computed all the same."""
    needing: dict[str, list[str]] = {}
    for rule in rules:
        for name in rules.lacking(rule, known):
            needing.setdefault(name, []).append(rule.name)
    if not needing:
        return
    problems = Problems(f"the rules {rules.name!r} ask for columns that the data lack", DataError)
    for name, names in needing.items():
        close = nearest(name, known)
        problems.add(f"{name!r}, needed by {', '.join(names)}" + (f"; did you mean {close!r}?" if close else ""))
    left = computable(rules, known).names
    few = f"{len(left)} of {len(rules)} rules can be computed all the same, with computable(rules, columns): "
    hint = few + ", ".join(left) if left else "None of the rules can be computed"
    raise DataError(f"{problems.error()}\n{hint}", tuple(problems.found))


def tell_absent(rules: Rules, known: Sequence[str]) -> None:
    """Warn of optional columns that the data lack, where a rule wants that told."""
    told = {r.name: [c for c in r.optional if c not in known] for r in rules if r.tell_absent}
    for name, columns in told.items():
        if columns:
            warn(
                f"{name}: the data have no column {', '.join(map(repr, columns))}, which is taken as missing "
                f"throughout; look whether the question was not asked, or the column is called otherwise"
            )


def _absent(rules: Rules, known: Sequence[str]) -> list[str]:
    """Return the optional columns that the data lack."""
    return list(dict.fromkeys(c for r in rules for c in r.optional if c in r.columns and c not in known))


def _mismatches(rule: Rule, answers: Answers) -> list[str]:
    return [f"{rule.name}: {p}" for condition in rule.conditions for p in mismatches(condition, answers)]


def tell_doubts(rules: Rules, answers: Answers, labels: Labels, spared: Collection[str] = ()) -> None:
    """Warn of labelled codes that read like missing ones and count, and of labels that contradict the coding.

    Parameters
    ----------
    rules, answers
        What `gather` returned.
    labels : mapping of column to mapping of value to label
        Value labels.
    spared : collection of str
        Columns of which all values were said to be answers.
    """
    tell_labels(rules, labels)
    found = doubted(rules, labels, answers.columns, spared)
    counts = {
        (name, code): int((values == code).sum())
        for name, codes in found.items()
        if isinstance(values := answers.columns[name], np.ndarray)
        for code in codes
    }
    levels = {n: level_counts(v) for n, v in answers.columns.items() if isinstance(v, Categories)}
    texts = doubted_texts(rules, labels, levels, spared)
    counts |= {(name, text): levels[name][text] for name, said in texts.items() for text in said}
    tell({**found, **texts}, counts)


def doubted_texts(
    rules: Rules, labels: Labels, levels: Mapping[str, Collection[Any]], spared: Collection[str] = ()
) -> dict[str, dict[Any, str]]:
    """Return the texts of columns that read like missing answers, but those that the rules name."""
    named = named_codes(rules)
    told = {n: missing_texts(found, labels.get(n, {})) for n, found in levels.items() if n not in spared}
    left = {n: {v: x for v, x in texts.items() if v not in named.get(n, ())} for n, texts in told.items()}
    return {n: texts for n, texts in left.items() if texts}


def tell_labels(rules: Rules, labels: Labels) -> None:
    """Warn of columns whose labels contradict 1 = yes and 0 = no."""
    told = contradictions(rules, labels)
    if told:
        message = (
            f"{'; '.join(told)}: rules take 1 for yes and 0 for no; look whether the column is coded the other way"
        )
        warn(message)


def doubted(
    rules: Rules, labels: Labels, columns: Collection[str], spared: Collection[str] = ()
) -> dict[str, dict[Any, str]]:
    """Return the labelled codes that read like missing ones, but those that the rules name."""
    named = named_codes(rules)
    found = suspects(labels, [c for c in columns_needed(rules, list(columns)) if c in columns], spared)
    left = {c: {v: x for v, x in codes.items() if v not in named.get(c, ())} for c, codes in found.items()}
    return {c: codes for c, codes in left.items() if codes}
