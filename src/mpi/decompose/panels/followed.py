"""People who are followed: which columns hold the indicators in each round, and their scores in all rounds together."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.errors import MpiError, Problems, RequestError
from mpi.estimation.attainable import cases_of, warn_of_misses
from mpi.estimation.pattern_ratios import scores_of
from mpi.estimation.request import check_measure
from mpi.measures.indicator import altered
from mpi.measures.measure import Measure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from mpi.estimation.patterns import Profiles
    from mpi.results.estimates import Estimates
    from mpi.survey.survey import Survey

    Floats = NDArray[np.float64]

__all__ = ["Followed", "Round", "followed", "followed_notes", "refuse_rounds"]


@dataclass(frozen=True, slots=True, eq=False)
class Round:
    """One round of the people who are followed, by joint pattern; all is 0 for those who are not in every round.

    Attributes
    ----------
    poor : ndarray of bool, shape (patterns,)
        Whether they are poor in the round.
    score : ndarray of float, shape (patterns,)
        The score of the poor, 0 for others.
    parts : ndarray of float, shape (patterns, indicators)
        Weight times deprivation, for the poor.
    deprived : ndarray of bool, shape (patterns, indicators)
        Deprivations of the poor.
    """

    poor: NDArray[np.bool_]
    score: Floats
    parts: Floats
    deprived: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """The rounds of a measure on a file with a row per person.

    Attributes
    ----------
    labels : tuple
        The rounds, in order.
    measure : Measure
        What is measured in each.
    joint : Measure
        All indicators of all rounds: what makes the joint pattern.
    purpose : str
        What is made, for messages.
    """

    labels: tuple[Any, ...]
    measure: Measure
    joint: Measure
    purpose: str

    def rounds(self, patterns: Profiles) -> tuple[NDArray[np.bool_], list[Round]]:
        """Return which patterns can be followed through all rounds, and each round."""
        d = len(self.measure.indicators)
        cutoff, cases = {"cutoff": [self.measure.cutoff]}, cases_of(patterns)
        found = []
        for t in range(len(self.labels)):
            inside = slice(t * d, (t + 1) * d)
            bits = patterns.deprived[:, inside], patterns.missing[:, inside]
            found.append(scores_of(*bits, self.measure, self.purpose))
            warn_of_misses(self.measure, cutoff, *bits, cases, subject=f", {self.labels[t]}")
        kept = np.logical_and.reduce([s.kept for s in found])
        out = []
        for scores in found:
            poor = scores.reach(self.measure.cutoff) & kept
            deprived = scores.deprived & poor[:, None]
            out.append(Round(poor, scores.score() * poor, deprived * scores.weights, deprived))
        return kept, out


def followed(measure: Measure, rounds: Mapping[Any, str | Mapping[str, str] | Measure], purpose: str) -> Followed:
    """Read which columns hold the indicators in each round.

    Parameters
    ----------
    measure : Measure
        What is measured in every round.
    rounds : mapping of round to str, mapping or Measure
        For each round, in order: a pattern such as ``"{}_2016"``, in which ``{}`` stands for the column the measure
        names; or the column of each indicator; or the measure with its columns.
    purpose : str
        What is made, for messages.

    Raises
    ------
    MpiError
        When there are not two rounds, a pattern has no ``{}``, measures differ in more than columns, or two rounds
        read the same column.

    Examples
    --------
    >>> m = Measure.nested("m", {"x": ["a"], "y": ["b"]}, cutoff="1/2")
    >>> followed(m, {2016: "{}_16", 2018: {"a": "a18", "b": "b18"}}, "panel").joint.columns
    ('a_16', 'b_16', 'a18', 'b18')
    """
    check_measure(measure)
    problems = Problems(f"{purpose} cannot be made", RequestError)
    if not hasattr(rounds, "items"):
        problems.add('rounds: a mapping is needed, such as {2016: "{}_2016", 2018: "{}_2018"}')
        problems.raise_if_any()
    if len(rounds) < 2:
        problems.add(f"rounds: two or more are needed, not {len(rounds)}")
    names = [str(label) for label in rounds]
    if len(set(names)) < len(names):
        problems.add(f"rounds: two of {', '.join(map(repr, rounds))} are called the same in print; rename one")
        problems.raise_if_any()
    read = {label: _columns(measure, label, given, problems) for label, given in rounds.items()}
    _refuse_shared(read, problems)
    problems.raise_if_any()
    share = Fraction(1, len(read))
    indicators = [
        altered(i, name=f"{i.name} [{label}]", column=column, weight=i.weight * share)
        for label, columns in read.items()
        for i, column in zip(measure.indicators, columns, strict=True)
    ]
    joint = Measure(
        measure.name, indicators, measure.cutoff, missing=measure.missing, unit=measure.unit, title=measure.title,
        source=measure.source,
    )  # fmt: skip
    return Followed(tuple(read), measure, joint, purpose)


def _columns(measure: Measure, label: Any, spec: Any, problems: Problems) -> tuple[str, ...]:
    """Return the columns of the indicators in one round; what is wrong is noted."""
    found = measure.columns
    if isinstance(spec, Measure):
        odd = _differences(measure, spec)
        found = found if odd else spec.columns
        said = f"its measure differs from {measure.name!r} in {', '.join(odd)}; only columns may differ" if odd else ""
    elif isinstance(spec, str):
        found = tuple(spec.replace("{}", column) for column in found)
        said = "" if "{}" in spec else f"{spec!r} does not say where the indicator's name stands; write '{{}}_2016'"
    elif hasattr(spec, "items"):
        absent = [n for n in measure.names if n not in spec]
        said = f"no column for {', '.join(map(repr, absent))}" if absent else ""
        try:
            found = measure.with_columns(spec).columns
        except MpiError as error:
            said = str(error)
    else:
        said = "a pattern such as '{}_2016', the column of each indicator, or a Measure is needed"
    if said:
        problems.add(f"round {label!r}: {said}")
    return found


def _differences(a: Measure, b: Measure) -> list[str]:
    """Name in what two measures differ besides columns and titles."""
    facts: dict[str, Callable[[Measure], object]] = {
        "indicators": lambda m: m.names,
        "dimensions": lambda m: [i.dimension for i in m.indicators],
        "weights": lambda m: [i.weight for i in m.indicators],
        "cutoff": lambda m: m.cutoff,
        "the policy for missing answers": lambda m: m.missing,
    }
    return [name for name, fact in facts.items() if fact(a) != fact(b)]


def _refuse_shared(read: Mapping[Any, Sequence[str]], problems: Problems) -> None:
    first: dict[str, Any] = {}
    for label, columns in read.items():
        for column in columns:
            if column in first and first[column] != label:
                problems.add(
                    f"column {column!r} serves the rounds {first[column]!r} and {label!r}; each round has its own"
                )
            first.setdefault(column, label)


def refuse_rounds(survey: Survey, purpose: str) -> None:
    """Refuse a survey that has a row per person and round: a person's rounds must stand side by side.

    Raises
    ------
    MpiError
        When the survey has rounds of its own.
    """
    if getattr(survey, "waves", ()):
        raise RequestError(
            f"{purpose}: a row per person is needed, with a column per indicator and round; the survey has rounds of "
            "its own (wave=, or mpi.pool). Put the rounds of a person side by side before making the survey"
        )


def followed_notes(est: Estimates, purpose: str, statistic: str) -> dict[str, str]:
    """Say how many could be followed, and what share could not, for the notes of a table."""
    whole = est.select(statistic="unmatched", by="total")
    there = est.select(statistic=statistic, by="total", indicator=None)
    return {
        purpose: f"{there.n[0]:,.0f} of {whole.n[0]:,.0f} rows have answers in every round; the others, "
        f"{100 * whole.value[0]:.1f} per cent by weight, are left out"
    }
