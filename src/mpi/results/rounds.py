"""Rounds of a result: which two are compared, and how many years lie between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.errors import Problems, RequestError, unknown
from mpi.tables.select import values_of

if TYPE_CHECKING:
    from mpi.results.estimates import Estimates

__all__ = ["Span", "number", "people_in", "require_same_measure", "spans", "years_of"]


_FIRST_YEAR, _LAST_YEAR = 1900, 2200


@dataclass(frozen=True, slots=True)
class Span:
    """Two rounds and the years between them.

    Attributes
    ----------
    start, end : label of a round
        From which to which.
    years : float
        How many years lie between; missing where the rounds' labels are no years and none were given.
    """

    start: Any
    end: Any
    years: float

    def __str__(self) -> str:
        """Return the text for the column ``wave`` of a change."""
        return f"{self.start} to {self.end}"


def spans(
    est: Estimates,
    start: Any,
    end: Any,
    years: Mapping[Any, float] | None,
    purpose: str,
    pairs: Sequence[tuple[Any, Any]] | None = None,
) -> list[Span]:
    """Return the pairs of rounds asked for: one; or, of several rounds, each next two and the first with the last.

    Raises
    ------
    MpiError
        When there are not two rounds, one is unknown, or years are missing or contradict the order of the rounds.
    """
    known = values_of(est, "wave")
    if len(known) < 2:
        raise RequestError(
            f"{purpose}: needs two rounds, and the estimates have {len(known) or 'none'}; put rounds together with "
            "mpi.pool({2016: a, 2018: b}) before mpi.estimate, or name the column of rounds with wave="
        )
    problems = Problems(f"{purpose} cannot be made", RequestError)
    times = years_of(known, years, problems)
    if pairs is not None:
        _check_pairs(pairs, problems, alone=start is None and end is None)
    asked = [(_label(a, known), _label(b, known)) for a, b in _read_pairs(known, start, end, pairs, times)]
    for pair in asked:
        problems.found += [f"round: {unknown('round', w, known)}" for w in pair if w not in known]
        if pair[0] == pair[1]:
            problems.add(f"start and end are both {pair[0]!r}")
    problems.raise_if_any()
    found = [Span(a, b, times[b] - times[a]) for a, b in asked]
    problems.found += [
        f"{s} spans {s.years:g} years; two rounds of one date have no annual change" for s in found if s.years == 0
    ]
    problems.found += [
        f"{s} goes back {-s.years:g} years; the start is the earlier round: start={s.end!r}, end={s.start!r}"
        for s in found
        if s.years < 0
    ]
    problems.raise_if_any()
    return found


def _check_pairs(pairs: Any, problems: Problems, *, alone: bool) -> None:
    """Refuse pairs of rounds that are none."""
    if not alone:
        problems.add("give start and end, or pairs, not both")
    listed = isinstance(pairs, Sequence) and not isinstance(pairs, str)
    odd = [p for p in pairs if not isinstance(p, (tuple, list)) or len(p) != 2] if listed else [pairs]
    if odd:
        problems.add(f"pairs: a list of (start, end) was expected, as [(2016, 2018)]; {odd[0]!r} is no pair")
    elif not len(pairs):
        problems.add("pairs is empty")
    problems.raise_if_any()


def _read_pairs(
    rounds: list[Any], start: Any, end: Any, pairs: Sequence[tuple[Any, Any]] | None, times: Mapping[Any, float]
) -> list[tuple[Any, Any]]:
    """Return the pairs of rounds to compare: as given, first to last, or all that follow each other."""
    if pairs is not None:
        return [(a, b) for a, b in pairs]
    when = times if not any(np.isnan(times[w]) for w in rounds) else {w: number(w) for w in rounds}
    order = rounds if any(np.isnan(when[w]) for w in rounds) else sorted(rounds, key=lambda w: when[w])
    if start is not None or end is not None:
        return [(order[0] if start is None else start, order[-1] if end is None else end)]
    following = list(pairwise(order))
    return following if len(order) == 2 else [*following, (order[0], order[-1])]


def _label(wave: Any, rounds: Sequence[Any]) -> Any:
    """Return the label of a round that was asked for, by itself or as text, as `Estimates.select` does."""
    if wave in rounds:
        return wave
    return next((w for w in rounds if str(w) == str(wave)), wave)


def years_of(known: Sequence[Any], years: Mapping[Any, float] | None, problems: Problems) -> dict[Any, float]:
    """Return the date of each round in years: as given, or the round's own label where it is a year.

    Numbers outside of 1900 to 2200 are no years but count the rounds (1, 2), or hold more than a year (201601).

    Examples
    --------
    >>> years_of(["2013-14", "2020-21"], {"2013-14": 2013.9, "2020-21": 2020.9}, Problems("no", RequestError))
    {'2013-14': 2013.9, '2020-21': 2020.9}
    >>> years_of([2016, 2018], None, Problems("no", RequestError))
    {2016: 2016.0, 2018: 2018.0}
    >>> years_of([1, 2], None, Problems("no", RequestError))
    {1: nan, 2: nan}
    """
    if years is None:
        return {w: _year(w) for w in known}
    if not isinstance(years, Mapping):
        raise RequestError(f"{problems.subject}: years: {{round: date}} was expected, not {years!r}")
    given = dict(years)
    problems.found += [f"years: {unknown('round', w, known)}" for w in given if w not in known]
    found = {w: number(given[w]) if w in given else _year(w) for w in known}
    problems.found += [
        f"years: the date of round {w!r} is {given[w]!r}, no number" for w in given if w in found and np.isnan(found[w])
    ]
    return found


def _year(label: Any) -> float:
    value = number(label)
    return value if _FIRST_YEAR <= value < _LAST_YEAR else float("nan")


def people_in(population: Any, rounds: Sequence[Any], purpose: str) -> list[float]:
    """Read how many people there are in each of some rounds.

    Raises
    ------
    MpiError
        When a round has no number, or one that is no number of people.

    Examples
    --------
    >>> people_in({2016: 93_600_000, 2018: 95_500_000}, [2018], "shapley")
    [95500000.0]
    """
    if not isinstance(population, Mapping):
        raise RequestError(f"{purpose}: population: {{round: number}} was expected, not {population!r}")
    problems = Problems(f"{purpose} cannot be made", RequestError)
    problems.found += [
        f"population: no number for round {w!r}; give {{{w!r}: ...}}" for w in rounds if w not in population
    ]
    found = [number(population.get(w, 1)) for w in rounds]
    problems.found += [
        f"population: {population[w]!r} for round {w!r} is no number of people"
        for w, size in zip(rounds, found, strict=True)
        if not 0 < size < np.inf
    ]
    problems.raise_if_any()
    return found


def number(value: Any) -> float:
    """Read a number; what is none is missing.

    Examples
    --------
    >>> number("2016.5"), number("2013-14"), number(True)
    (2016.5, nan, nan)
    """
    if isinstance(value, bool):
        return float("nan")
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


def require_same_measure(est: Estimates, purpose: str) -> None:
    """Refuse a comparison of rounds in which poverty is not measured alike.

    Raises
    ------
    MpiError
        When the estimates come from several measures; it says in what they differ.
    """
    if len(est.measures) <= 1:
        return
    first, *others = est.measures
    told = "; ".join(f"{first.name!r} and {m.name!r} differ in {', '.join(_differences(first, m))}" for m in others)
    raise RequestError(
        f"{purpose}: the estimates come from {len(est.measures)} measures, so a difference between them is one of "
        f"definitions too ({told}). Estimate all rounds with one harmonised measure"
    )


def _differences(a: Any, b: Any) -> list[str]:
    names = set(a.names) ^ set(b.names)
    out = [f"indicators ({', '.join(sorted(names))})"] if names else []
    weights = [n for n in a.names if n in b.weights and a.weights[n] != b.weights[n]]
    out += [f"weights ({', '.join(weights)})"] if weights else []
    columns = dict(zip(a.names, a.columns, strict=True))
    moved = [n for n, c in zip(b.names, b.columns, strict=True) if n in columns and columns[n] != c]
    out += [f"columns ({', '.join(moved)})"] if moved else []
    out += [
        word for word in ("cutoff", "severe", "vulnerable", "missing", "unit") if getattr(a, word) != getattr(b, word)
    ]
    return out or ["name or title"]
