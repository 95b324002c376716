"""Poverty lines of money: a number, a column, a law's threshold, an international line, a share of what people have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from mpi.core.arguments import kinds_checked
from mpi.core.errors import Problems, RequestError, unknown
from mpi.lines.evidence import read_areas
from mpi.lines.international import InternationalLine
from mpi.lines.items import amount
from mpi.lines.standard import Standard
from mpi.monetary.names import Statistic

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mpi.estimation.groups import Grouping
    from mpi.survey.survey import Survey

    Floats = NDArray[np.float64]

__all__ = ["Fixed", "LineLike", "Relative", "Within", "relative_line", "specs_of"]

Within = Literal["whole", "group"]
"""Whose incomes a relative line is a share of: those of the whole, or of each group."""

LineLike = Any
"""A number, a column's name, a `Line` or a pair of one and a threshold, an `InternationalLine`, a `Relative`, a mapping
of rounds to numbers, or a mapping of names to any of these."""


@dataclass(frozen=True, slots=True)
class Relative:
    """A poverty line that is a share of the mean or of a quantile; made by `relative_line`.

    Attributes
    ----------
    share : float
        The share.
    of : Statistic
        Of what: the mean, or a quantile.
    within : {"whole", "group"}
        Whose.
    """

    share: float
    of: Statistic
    within: Within

    @property
    def words(self) -> str:
        """Return the line in words."""
        of = "median" if self.of == _MEDIAN else self.of.name
        return f"{100 * self.share:g}% of {'own ' if self.within == 'group' else ''}{of}"


_MEDIAN = Statistic("quantile", (0.5,))


@kinds_checked
def relative_line(share: float = 0.6, of: str | float = "median", *, within: Within = "whole") -> Relative:
    """Return a poverty line relative to what people have, such as 60 per cent of the median.

    Parameters
    ----------
    share : float
        The share, above 0.
    of : {"median", "mean"} or float
        Of what; a number between 0 and 1 is the probability of a quantile.
    within : {"whole", "group"}
        ``whole``: the line of the whole population (of each round) holds in every group, as for the European
        at-risk-of-poverty rate by region. ``group``: each group has its own.

    Examples
    --------
    >>> import mpi
    >>> mpi.monetary.relative_line(0.5, "mean").words
    '50% of mean'
    """
    problems = Problems("the relative line cannot be made", RequestError)
    if not 0 < share < np.inf:
        problems.add(f"share is {share!r}; a positive number is needed, 0.6 for 60 per cent")
    if within not in get_args(Within):
        problems.add(f"within: {unknown('choice', within, get_args(Within))}")
    if isinstance(of, str) and of not in ("median", "mean"):
        problems.add(f"of: {unknown('choice', of, ('median', 'mean'))}; or the probability of a quantile")
    if not isinstance(of, str) and not 0 < of < 1:
        problems.add(f"of is {of!r}; the probability of a quantile lies between 0 and 1")
    problems.raise_if_any()
    base = Statistic("mean") if of == "mean" else _MEDIAN if of == "median" else Statistic("quantile", (float(of),))
    return Relative(float(share), base, within)


@dataclass(frozen=True, slots=True, eq=False)
class Fixed:
    """A line that does not vary with the sample.

    Attributes
    ----------
    name : str
        What it is called in tables.
    value : float, mapping of round to float, or None
        The amount; None where each row has its own.
    rows : ndarray of float or None
        The amount of each row.
    inclusive : bool
        Whether those at the line are poor: as a law may say.
    said : str
        What a reader of a table must know of it.
    column : str or None
        The column that holds the amounts.
    groups : mapping of (disaggregation, group, round) to float, or None
        An amount for each group, for decompositions; its derivative is asked for.
    """

    name: str
    value: float | Mapping[Any, float] | None
    rows: Floats | None = None
    inclusive: bool = False
    said: str = ""
    column: str | None = None
    groups: Mapping[tuple[str, str, int], float] | None = None

    def of(self, group: Grouping, waves: tuple[Any, ...]) -> Floats:
        """Return the line of each group."""
        if self.groups is not None:
            keys = zip(group.labels, group.wave.tolist(), strict=True)
            return np.array([self.groups[group.name, label, wave] for label, wave in keys])
        if self.column is not None or self.rows is not None:
            return np.ones(len(group.wave))
        if isinstance(self.value, Mapping):
            return np.array([float(self.value[waves[w]]) for w in group.wave])
        assert self.value is not None  # noqa: S101  # one of the three is there
        return np.full(len(group.wave), float(self.value))


def specs_of(line: LineLike, survey: Survey) -> dict[str, Fixed | Relative]:
    """Return the lines that are asked for, by name.

    Raises
    ------
    MpiError
        With what is wrong with each: no number, no such column or threshold, a round without a line.
    """
    problems = Problems("the poverty line cannot be used", RequestError)
    if line is None:
        return {}
    if isinstance(line, Mapping) and not (survey.waves and set(line) <= set(survey.waves)):
        given = [(str(name), one) for name, one in line.items()]
        if not given:
            problems.add("line: the mapping is empty; name at least one line")
    else:
        given = [("", line)]
    found = {}
    for name, one in given:
        spec = _spec(name, one, survey, problems)
        if spec is not None:
            found[name or (spec.words if isinstance(spec, Relative) else spec.name)] = spec
    problems.raise_if_any()
    return found


def _spec(name: str, line: Any, survey: Survey, problems: Problems) -> Fixed | Relative | None:
    """Return the specification of one poverty line; None where it has problems."""
    if isinstance(line, Relative):
        return line
    if isinstance(line, InternationalLine):
        return _international(name, line)
    if isinstance(line, Standard) or (isinstance(line, tuple) and line and isinstance(line[0], Standard)):
        return _law(name, line, survey, problems)
    if isinstance(line, str):
        survey.check_columns([line])
        rows = _amounts(survey.numbers(line), line, problems) if survey.in_memory else None
        return Fixed(name or line, None, rows=rows, said=f"column {line!r}", column=line)
    return _number(name, line, survey, problems)


def _international(name: str, line: InternationalLine) -> Fixed:
    """Return the specification of an international line."""
    called = f"${line.dollars} ({line.base} PPP)"
    money = "" if line.status == "given" else " VND"
    said = f"{called} a day = {amount(round(line.per_month, 2))}{money} a month in prices of {line.year}"
    return Fixed(name or called, line.per_month, said=f"{said} ({line.source}: {line.status})")


def _number(name: str, line: Any, survey: Survey, problems: Problems) -> Fixed | None:
    """Return a line that is a number, or one for each round."""
    if isinstance(line, Mapping):
        lost = [w for w in survey.waves if w not in line]
        if lost:
            problems.add(f"line: there is none for the round {lost[0]!r}; give each round its own: {{round: amount}}")
        bad = [v for v in line.values() if not _is_amount(v)]
        if bad:
            problems.add(f"line: {bad[0]!r} is no amount; a number above 0 is needed")
        said = ", ".join(f"{w}: {amount(v)}" for w, v in line.items() if _is_amount(v))
        return Fixed(name or "line", dict(line), said=said)
    if not _is_amount(line):
        problems.add(
            f"line: {line!r} is no poverty line; give a number above 0, a column's name, mpi.load_line(...), "
            "mpi.international_line(...), mpi.monetary.relative_line(...), or a mapping of names to these"
        )
        return None
    return Fixed(name or amount(float(line)), float(line), said=amount(float(line)))


def _is_amount(value: Any) -> bool:
    """Return whether a value is a finite number above 0."""
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool) and 0 < float(value) < np.inf


def _amounts(values: Any, name: str, problems: Problems) -> Floats:
    found: Floats = np.asarray(values, dtype=np.float64)
    bad = int((found <= 0).sum() + np.isinf(found).sum())
    if bad:
        problems.add(f"line: column {name!r} is not above 0, or infinite, in {bad:,} rows; missing lines are left out")
    return found


def _law(name: str, line: Any, survey: Survey, problems: Problems) -> Fixed | None:
    """Return the threshold of a law for each row's area; the first that there is, unless one is named."""
    law, threshold = line if isinstance(line, tuple) and len(line) == 2 else (line, None)
    law = law[0] if isinstance(law, tuple) else law
    threshold = law.thresholds[0].name if threshold is None else threshold
    known = [t.name for t in law.thresholds]
    if threshold not in known:
        problems.add(f"line: {unknown('threshold', threshold, known)} of {law.name!r}")
        return None
    found = law.thresholds[known.index(threshold)]
    said = f"{found.label} of {law.instrument.text} ({law.unit})"
    called = name or f"{law.name} {found.label.lower()}"
    if not law.areas:
        return Fixed(called, float(found.values[0]), inclusive=found.inclusive, said=said)
    if not survey.in_memory:
        problems.add(f"line: thresholds of {law.name!r} differ by area; survey.collect([...]) reads the columns first")
        return None
    place = read_areas(law, survey, "area", None, problems)
    amounts = np.array([*found.values, np.nan], dtype=np.float64)
    return Fixed(called, None, rows=amounts[place], inclusive=found.inclusive, said=said)
