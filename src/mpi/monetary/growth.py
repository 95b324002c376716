"""Changes of monetary poverty taken apart: growth, redistribution and the line, with the covariance of the rounds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import permutations, product
from math import factorial
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from mpi.core.arguments import kinds_checked
from mpi.core.errors import RequestError
from mpi.estimation.request import check_survey
from mpi.monetary.assembled import assembled
from mpi.monetary.estimates import MonetaryOptions, ends_of, estimated, request_of
from mpi.monetary.lines import Fixed
from mpi.monetary.names import orders, statistics_of
from mpi.results.concat import concat
from mpi.results.dual import figures_of
from mpi.results.lookup import Finder
from mpi.results.rounds import spans
from mpi.results.terms import adds_up, from_terms, relabelled, term

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mpi.estimation.request import Opened
    from mpi.frames.aggregation import By
    from mpi.monetary.lines import LineLike
    from mpi.monetary.names import Statistic
    from mpi.results.dual import Figures
    from mpi.results.estimates import Estimates
    from mpi.results.rounds import Span
    from mpi.results.terms import Term
    from mpi.survey.survey import Survey
    from mpi.tables.keys import Keys

    Floats = NDArray[np.float64]
    Places = NDArray[np.int64]
    World = tuple[int, int, int]

__all__ = ["growth_redistribution"]


@kinds_checked
def growth_redistribution(
    survey: Survey,
    welfare: str,
    by: Sequence[By] = (),
    *,
    line: LineLike,
    rounds: Sequence[Any] | None = None,
    alphas: Sequence[float] = (0, 1, 2),
    **options: Unpack[MonetaryOptions],
) -> Estimates:
    """Take the change of monetary poverty apart into growth of the mean and redistribution around it.

    Parameters
    ----------
    survey : Survey
        Two rounds or more (`mpi.pool`).
    welfare : str
        The column of income or expenditure per person, in each round's prices if the line is too.
    by
        As for `mpi.estimate`: of each group by itself, with its own mean.
    line : optional
        A line that does not vary with the sample; see `estimate`. Where it is a mapping of rounds to amounts that
        differ, what the line's change does is a third factor (Kolenikov and Shorrocks 2005).
    rounds : pair of rounds, optional
        From which to which; by default the first to the last.
    alphas : sequence of float
        The orders of FGT.
    **options
        ``unit, level, df``, as for `mpi.estimate`.

    Returns
    -------
    Estimates
        Of each ``fgt(a)``, ``contrast`` being ``change``; by Datt and Ravallion (1992), with the first round for base,
        ``growth_effect``, ``redistribution_effect`` and ``residual``; and ``growth_shapley`` and
        ``redistribution_shapley``, which add up to the change without residual (Shorrocks 2013). Likewise for the
        line where it differs by round.

    Raises
    ------
    MpiError
        When there are not two rounds, the line varies with the sample, or rows are with an engine.

    Notes
    -----
    With P(m, d) the poverty of the distribution of round d scaled to the mean of round m: growth is P(1, 0) - P(0, 0),
    redistribution P(0, 1) - P(0, 0). Scaling incomes is scaling the line the other way, so each P is an FGT index at a
    line that depends on both means; their errors, and the covariance of rounds that share PSUs, are in every term.

    Examples
    --------
    >>> import mpi
    >>> parts = mpi.monetary.growth_redistribution(mpi.load_sample(), "income", line=900, alphas=[1])
    >>> parts.table["contrast"].tolist()[:4]
    ['change', 'growth_effect', 'redistribution_effect', 'residual']
    """
    check_survey(survey)
    asked = statistics_of([*orders("fgt", alphas), "mean"], line=True)
    request, specs = request_of(survey, welfare, by, line, None, options)
    lines = {n: s for n, s in specs.items() if isinstance(s, Fixed)}
    if len(lines) < len(specs) or not request.domain.in_memory:
        what = "lines that vary with the sample" if len(lines) < len(specs) else "rows that an engine holds"
        raise RequestError(f"growth_redistribution: {what} cannot be taken apart; give a fixed line, of collected rows")
    base = estimated(request, welfare, asked, lines, observed=True)
    span = _span(base, rounds)
    work = _Worlds(request, welfare, asked, lines, base, span)
    terms = [t for name in lines for t in _terms(work, name)]
    return from_terms(work.whole, terms)


def _span(base: Estimates, rounds: Sequence[Any] | None) -> Span:
    return spans(base, *ends_of(rounds), None, "growth_redistribution")[-1]


@dataclass(slots=True, eq=False)
class _Worlds:
    """FGT indices of both rounds at their own lines and at those scaled to the other round's mean, or its line."""

    request: Opened
    welfare: str
    asked: Sequence[Statistic]
    lines: Mapping[str, Fixed]
    base: Estimates
    span: Span
    whole: Estimates = None  # type: ignore[assignment]  # made below
    figures: Figures = None  # type: ignore[assignment]  # made below
    slopes: Floats = None  # type: ignore[assignment]  # made below
    sizes: int = 0

    def __post_init__(self) -> None:
        """Estimate the scaled worlds: to the mean of either round, at the line of either."""
        parts, slopes = [self.base], [np.zeros(len(self.base))]
        for mean, line in product((0, 1), (0, 1)):
            specs = {n: replace(s, groups=self._scaled(n, mean, line)) for n, s in self.lines.items()}
            found: list[Floats] = []

            def make(survey: Any, rows: Any, by: Any, specs: Any = specs, found: Any = found) -> Estimates:
                asked = (self.welfare, self.asked, specs)
                return assembled(survey, rows, by, asked, self.request, found)

            parts.append(self.request.estimates(make)[0])
            slopes.append(found[0])
        self.whole, self.slopes, self.sizes = concat(parts), np.concatenate(slopes), len(self.base)
        self.figures = figures_of(self.whole)

    @property
    def differ(self) -> bool:
        """Return whether a line differs by round."""
        return any(isinstance(s.value, dict) and len(set(s.value.values())) > 1 for s in self.lines.values())

    def amount(self, name: str, line: int) -> float:
        """Return a line's amount in one of the two rounds; 1 where incomes are multiples of it."""
        value = self.lines[name].value
        if isinstance(value, dict):
            return float(value[(self.span.start, self.span.end)[line]])
        return 1.0 if value is None else float(value)  # type: ignore[arg-type]  # a number, as was checked

    def _means(self) -> dict[tuple[str, str], list[int]]:
        """Return where the means of both rounds stand, by disaggregation and group; -1 where there is none."""
        keys = self.base.keys
        rows = keys.find({"statistic": "mean"})
        columns = [keys[n].take(rows).to_list() for n in ("by", "group", "wave")]
        out: dict[tuple[str, str], list[int]] = {}
        for i, by, group, wave in zip(rows.tolist(), *columns, strict=True):
            place = out.setdefault((by, group), [-1, -1])
            if wave in (self.span.start, self.span.end):
                place[int(wave == self.span.end)] = i
        return out

    def _scaled(self, name: str, mean: int, line: int) -> dict[tuple[str, str, int], float]:
        """Return the line of each group and round, scaled by its mean over the mean of one round."""
        out: dict[tuple[str, str, int], float] = {}
        waves = self.request.domain.waves
        ends = [list(waves).index(w) for w in (self.span.start, self.span.end)]
        for (by, group), places in self._means().items():
            values = [self.base.value[p] if p >= 0 else np.nan for p in places]
            for wave in range(len(waves)):
                at = ends.index(wave) if wave in ends else None
                scale = 1.0 if at is None else values[at] / values[mean]
                out[by, group, wave] = self.amount(name, line) * (scale if np.isfinite(scale) else 1.0)
        return out

    def poverty(self, world: World, rows: tuple[Places, Places], name: str) -> Figures:
        """Return the poverty of one round's distribution, scaled to the mean of one round, at the line of one.

        `world` are the rounds of the mean, the distribution and the line; `rows` the base's figures of both rounds.
        """
        mean, spread, line = world
        places = rows[spread] + self.sizes * (1 + 2 * mean + line)
        found = self.figures.take(places)
        if mean == spread:
            return found
        means = self._means()
        keys = [self.whole.keys[n].take(rows[0]).to_list() for n in ("by", "group")]
        both = np.array([means[key] for key in zip(*keys, strict=True)])
        own, other = (self.figures.take(both[:, i]) for i in (spread, mean))
        scaled = own / other * self.amount(name, line)
        return found + (scaled - scaled.value) * self.slopes[places]


def _terms(work: _Worlds, name: str) -> list[Term]:
    """Return the terms of one line."""
    base, span = work.base, work.span
    finder = Finder(base.keys)
    wanted = [s.name for s in work.asked if s.of_line]
    last = base.keys.find({"statistic": wanted, "dimension": name, "wave": span.end})
    first = finder.beside(last, wave=span.start)
    last, first = last[first >= 0], first[first >= 0]
    keys = relabelled(work.whole.keys, last, wave=str(span))
    factors = ["growth", "redistribution", *(["line"] if work.differ else [])]
    ends = (0, 1) if work.differ else (0,)
    every: list[World] = [(m, d, at) for m, d, at in product((0, 1), (0, 1), ends)]
    worlds = {w: work.poverty(w, (first, last), name) for w in every}
    return _parts(worlds, factors, keys, np.stack([first, last], axis=1))


def _parts(worlds: Mapping[World, Figures], factors: Sequence[str], keys: Keys, cases: Places) -> list[Term]:
    """Return the change, the effects from the first round on with their residual, and the Shapley values."""
    many = len(factors)

    def world(changed: Sequence[int]) -> Figures:
        found = [int(i in changed) for i in range(3)]
        return worlds[found[0], found[1], found[2]]

    start, end = world([]), world(range(many))
    change = end - start
    effects = [world([i]) - start for i in range(many)]
    residual = change
    for effect in effects:
        residual = residual - effect
    shapley = [_shapley(world, i, many) for i in range(many)]
    together = shapley[0]
    for value in shapley[1:]:
        together = together + value
    there = np.flatnonzero(~np.isnan(change.value))
    adds_up(together.take(there), change.take(there), "growth_redistribution")
    blank = [""] * len(change)
    named = {"change": change, **{f"{f}_effect": e for f, e in zip(factors, effects, strict=True)}}
    named |= {"residual": residual, **{f"{f}_shapley": s for f, s in zip(factors, shapley, strict=True)}}
    return [term(figure, keys, contrast, blank, cases) for contrast, figure in named.items()]


def _shapley(world: Any, factor: int, many: int) -> Figures:
    """Average what a factor changes over all orders in which the factors may change."""
    total: Any = 0.0
    for order in permutations(range(many)):
        before = order[: order.index(factor)]
        total = (world([*before, factor]) - world(before)) + total
    return total * (1 / factorial(many))  # type: ignore[no-any-return]  # figures
