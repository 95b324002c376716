"""The answers that rules ask for, gathered from the data: what is absent told once, what is computed computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.columns import Categories
from mpi.errors import MpiError, Problems, nearest
from mpi.indicators.arrays import Answers, mismatches
from mpi.indicators.rules import Rules, computable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from mpi.indicators.computed import Computed

__all__ = ["check_columns", "computed_for", "gather", "wanted"]


def gather(rules: Rules, known: Sequence[str], read: Callable[[Sequence[str]], Answers]) -> Answers:
    """Read all columns that rules ask for.

    Parameters
    ----------
    rules : Rules
        The rules.
    known : sequence of str
        The columns of the data.
    read : function
        Reads columns by their names.

    Raises
    ------
    MpiError
        When columns are absent, with the rules that need them and those that do not; or when columns hold texts
        where rules have numbers, or the reverse.
    """
    check_columns(rules, known)
    answers = read(wanted(rules, known))
    answers = answers.plus({c: np.full(answers.rows, np.nan) for c in _absent(rules, known)})
    for made in computed_for(rules, known):
        answers = answers.plus({made.name: made.of(*_numbers(made, answers))})
    _check_kinds(rules, answers)
    return answers


def _numbers(made: Computed, answers: Answers) -> Iterator[NDArray[Any]]:
    """Return the columns that something is computed from, which must be numbers."""
    for name in made.inputs_among(answers.columns):
        values = answers.columns[name]
        if isinstance(values, Categories):
            raise MpiError(f"{made.name} cannot be computed: column {name!r} should hold numbers, not text")
        yield values


def wanted(rules: Rules, known: Sequence[str]) -> list[str]:
    """Return the columns of the data that rules ask for, each once."""
    return list(dict.fromkeys(i for r in rules for c in r.columns for i in rules.inputs(c, known) if i in known))


def computed_for(rules: Rules, known: Sequence[str]) -> list[Computed]:
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
    problems = Problems(f"the rules {rules.name!r} ask for columns that the data lack")
    for name, names in needing.items():
        close = nearest(name, known)
        problems.add(f"{name!r}, needed by {', '.join(names)}" + (f"; did you mean {close!r}?" if close else ""))
    left = computable(rules, known).names
    few = f"{len(left)} of {len(rules)} rules can be computed all the same, with computable(rules, columns): "
    hint = few + ", ".join(left) if left else "None of the rules can be computed"
    raise MpiError(f"{problems.error()}\n{hint}", tuple(problems.found))


def _absent(rules: Rules, known: Sequence[str]) -> list[str]:
    """Return the optional columns that the data lack."""
    return list(dict.fromkeys(c for r in rules for c in r.optional if c in r.columns and c not in known))


def _check_kinds(rules: Rules, answers: Answers) -> None:
    problems = Problems(f"the rules {rules.name!r} do not fit the data")
    for rule in rules:
        for condition in (rule.judged, rule.deprived):
            problems.found += [f"{rule.name}: {p}" for p in mismatches(condition, answers)]
    problems.found = list(dict.fromkeys(problems.found))
    problems.raise_if_any()
