"""Distribution of deprivations over people: powers of the score, squared scores of the union, the dual of counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal, Unpack, get_args

import numpy as np

from mpi.core.arguments import kinds_explained
from mpi.core.errors import Problems, RequestError, unknown
from mpi.core.exact import text
from mpi.decompose.dispersion.powers import shapley_of_power
from mpi.estimation.attainable import cases_of, warn_of_misses
from mpi.estimation.estimate import cutoffs_of
from mpi.estimation.options import Shared  # noqa: TC001  # read when the signature is written out
from mpi.estimation.parts import ColumnLabels
from mpi.estimation.pattern_ratios import Quantity, pattern_estimates, scores_of
from mpi.estimation.request import check_measure
from mpi.results.concat import concat
from mpi.results.dual import figures_of
from mpi.results.lookup import Finder
from mpi.results.terms import Term, from_terms, relabelled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from mpi.core.exact import Number
    from mpi.estimation.identify import Scores
    from mpi.estimation.patterns import Profiles
    from mpi.frames.aggregation import By
    from mpi.measures.measure import Measure
    from mpi.results.dual import Figures
    from mpi.results.estimates import Estimates
    from mpi.survey.survey import Survey

    Floats = NDArray[np.float64]

__all__ = ["Contributions", "Dual", "distribution"]

Contributions = Literal["both", "absolute", "share", "none"]
"""What is said of each indicator: its part of the measure, its share of it, both or nothing."""

Dual = Literal["t", "t^2", "2t - t^2"]
"""A weighting Gamma(t) of the cumulative distribution of counts."""

_DUALS: dict[str, Callable[[Figures], Figures]] = {
    "t": lambda t: t,
    "t^2": lambda t: t * t,
    "2t - t^2": lambda t: 2.0 * t - t * t,
}


@kinds_explained
def distribution(
    survey: Survey,
    measure: Measure,
    by: Sequence[By] = (),
    *,
    cutoffs: Sequence[Number] | Number | None = None,
    gammas: Sequence[float] = (0, 1, 2),
    contributions: Contributions = "both",
    betas: Sequence[float] = (),
    duals: Sequence[Dual] = ("t", "t^2", "2t - t^2"),
    **options: Unpack[Shared],
) -> Estimates:
    """Estimate measures that look at how deprivations are spread over people, with what each indicator makes of them.

    Parameters
    ----------
    survey : Survey
        Who was asked.
    measure : Measure
        What is measured; its policy for missing answers is ``drop`` or ``reweight``.
    by, cutoffs, where, unit, level, df
        As for `mpi.estimate`.
    gammas : sequence of float
        Powers of the censored score: statistics ``M0^0`` (the headcount ratio), ``M0^1`` (M0), ``M0^2``, and so on.
    contributions : {"both", "absolute", "share", "none"}
        What is said of each indicator and each power but 1 (whose contributions `mpi.estimate` gives):
        ``contribution_M0^2`` (they add up to it) and ``contribution_share_M0^2`` (they add up to 1; for each
        dimension too).
    betas : sequence of float
        Powers of the score of everybody who is deprived in anything: statistics ``Datt(0, 2)``, and so on.
    duals : sequence of {"t", "t^2", "2t - t^2"}
        Weightings of the distribution of counts: statistics ``D(t)`` (the mean number of deprivations), ``D(t^2)``
        (those who have many count for more), ``D(2t - t^2)`` (those who have few). The indicators' weights play no
        part in them; they need complete cases, and are left out under ``reweight``.

    Returns
    -------
    Estimates
        Besides the above, ``CSPI`` (Rippin) with what it is made of: ``union_H`` (the share of those deprived in
        anything), ``union_A`` (their mean score) and ``union_GE2`` (half the squared coefficient of variation of their
        scores).

    Raises
    ------
    MpiError
        With every problem of the request or of the indicators; when the policy for missing answers is ``bounds``; when
        somebody has too many deprivations for contributions to an unusual power.

    Notes
    -----
    With the deprivation score c_i, weights w_j, deprivations g_ij, and rho_i = 1 for the poor::

        M0^gamma    = mean of rho_i c_i^gamma                                        (Alkire and Foster 2019)
        part of j   = mean of the Shapley value of j in rho_i c_i^gamma, identification fixed;
                      for gamma = 2: mean of w_j g_ij c_i rho_i
        CSPI        = mean of c_i^2, union = H A^2 (1 + 2 GE2)                       (Rippin 2010)
        Datt(0, b)  = mean of c_i^b, union                                           (Datt 2019, ordinal data)
        D(Gamma)    = sum over m = 0..d-1 of 1 - Gamma(F_m), F the cdf of the count  (Aaberge, Peluso and Sigstad 2019)

    D(t^2) and D(2t - t^2) differ from the mean count by the sum of F (1 - F), half Gini's mean difference. Errors are
    linearised: of the ratios directly, of D and GE2 by the chain rule.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.decompose.distribution(mpi.load_sample(), mpi.load_measure("gso-mdp"), gammas=[2], duals=[])
    >>> est.select(statistic=["M0^2", "CSPI"], wave=2016).table["statistic"].tolist()
    ['M0^2', 'CSPI']
    """
    asked = _DistributionRequest(measure, cutoffs, gammas, contributions, betas, duals)
    base = pattern_estimates(survey, measure, asked.quantities, by, **options)
    counts = np.array([str(s).startswith(_COUNT) for s in base.keys["statistic"].to_list()])
    return concat([base.take(~counts), from_terms(base, [*_duals(base, asked), _spread(base)])])


_COUNT = "count at most "


class _DistributionRequest:
    """The validated request of `distribution`, and the quantities that it needs."""

    __slots__ = ("betas", "contributions", "cutoffs", "duals", "gammas", "measure")

    def __init__(
        self,
        measure: Measure,
        cutoffs: Sequence[Number] | Number | None,
        gammas: Sequence[float],
        contributions: str,
        betas: Sequence[float],
        duals: Sequence[str],
    ) -> None:
        check_measure(measure)
        problems = Problems("distribution cannot be made", RequestError)
        self.measure = measure
        self.cutoffs = cutoffs_of(measure, cutoffs, problems)
        self.gammas = _powers("gammas", gammas, problems)
        self.betas = _powers("betas", betas, problems)
        given = [duals] if isinstance(duals, str) else list(duals)
        problems.found += [f"duals: {unknown('weighting', g, get_args(Dual))}" for g in given if g not in _DUALS]
        if contributions not in get_args(Contributions):
            problems.add(f"contributions: {unknown('choice', contributions, get_args(Contributions))}")
        problems.raise_if_any()
        self.contributions = contributions
        self.duals = list(dict.fromkeys(given)) if measure.missing == "drop" else []

    def quantities(self, patterns: Profiles) -> list[Quantity]:
        """List the statistics as functions of the pattern."""
        bits = patterns.deprived, patterns.missing
        scores = scores_of(*bits, self.measure, "distribution")
        warn_of_misses(self.measure, {"cutoff": self.cutoffs}, *bits, cases_of(patterns))
        kept, score = scores.kept.astype(np.float64), scores.score() * scores.kept
        parts = scores.deprived * scores.weights
        out: list[Quantity] = []
        for cutoff in self.cutoffs:
            poor, k = scores.reach(cutoff), text(cutoff)
            for gamma in self.gammas:
                name, of_poor = f"M0^{_written(gamma)}", _power(score, gamma) * poor
                out.append(Quantity(_label(name, k), of_poor, kept))
                if gamma != 1 and self.contributions != "none":
                    values = shapley_of_power(parts * poor[:, None], gamma)
                    out += self._contributions(name, k, values, kept, of_poor)
        out += [Quantity(_label(f"Datt(0, {_written(b)})"), _power(score, b), kept) for b in self.betas]
        return [*out, *_union(score, kept), *(self._counts(scores, kept) if self.duals else ())]

    def _contributions(self, name: str, k: str, values: Floats, counted: Floats, of_poor: Floats) -> list[Quantity]:
        """Say what each indicator, and each dimension, makes of a power of the score."""
        out, share = [], f"contribution_share_{name}"
        named = list(zip(self.measure.indicators, values.T, strict=True))
        if self.contributions in ("both", "absolute"):
            out += [Quantity(_label(f"contribution_{name}", k, j.name, j.dimension), y, counted) for j, y in named]
        if self.contributions in ("both", "share"):
            out += [Quantity(_among_poor(share, k, j.name, j.dimension), y, of_poor) for j, y in named]
            for dimension in self.measure.dimensions:
                inside = [j.dimension == dimension for j in self.measure.indicators]
                out.append(Quantity(_among_poor(share, k, None, dimension), values[:, inside].sum(axis=1), of_poor))
        return out

    def _counts(self, scores: Scores, counted: Floats) -> list[Quantity]:
        """Give the share with at most 0, 1, ..., d - 1 deprivations."""
        count = scores.deprived.sum(axis=1)
        return [
            Quantity(_label(f"{_COUNT}{m}", indicator=str(m)), (count <= m) * counted, counted)
            for m in range(len(self.measure.indicators))
        ]


def _powers(name: str, values: float | Sequence[float], problems: Problems) -> list[float]:
    """Read powers; what is no number of 0 or more is noted."""
    out = []
    given: list[Any] = list(values) if isinstance(values, Iterable) else [values]
    for value in given:
        if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= float(value) < np.inf:
            problems.add(f"{name}: {value!r} is not a number of 0 or more")
        else:
            out.append(float(value))
    return list(dict.fromkeys(out))


def _written(power: float) -> str:
    return format(power, ".12g")


def _power(score: Floats, power: float) -> Floats:
    """Raise scores to a power; nothing to the power of 0 is nothing."""
    return (score > 0) * score**power


def _label(
    statistic: str, cutoff: str | None = None, indicator: str | None = None, dimension: str | None = None
) -> ColumnLabels:
    return ColumnLabels(statistic, indicator=indicator, dimension=dimension, cutoff=cutoff)


def _among_poor(statistic: str, cutoff: str, indicator: str | None, dimension: str) -> ColumnLabels:
    return replace(_label(statistic, cutoff, indicator, dimension), undefined="no poor in group")


def _union(score: Floats, counted: Floats) -> list[Quantity]:
    """Give the mean squared score, and the head count and mean score of those deprived in anything."""
    some = score > 0
    return [
        Quantity(_label("CSPI"), score**2, counted),
        Quantity(_label("union_H"), some, counted),
        Quantity(ColumnLabels("union_A", undefined="nobody at risk in group"), score, some),
    ]


def _duals(base: Estimates, request: _DistributionRequest) -> list[Term]:
    """Sum 1 - Gamma(F_m) over the counts m of each group and round."""
    if not request.duals:
        return []
    finder = Finder(base.keys)
    first = base.keys.find({"statistic": f"{_COUNT}0"})
    others = range(1, len(request.measure.indicators))
    rows = [first, *(finder.beside(first, statistic=f"{_COUNT}{m}", indicator=str(m)) for m in others)]
    cdf, place = figures_of(base).take(np.concatenate(rows)), np.tile(np.arange(len(first)), len(rows))
    out = []
    for name in request.duals:
        keys = relabelled(base.keys, first, statistic=f"D({name})", indicator=None)
        figures = (1.0 - _DUALS[name](cdf)).folded(place, len(first))
        out.append(Term(figures, keys, "t", _reasons(base, first), first[:, None]))
    return out


def _spread(base: Estimates) -> Term:
    """Return half the squared coefficient of variation of the scores of those deprived in anything."""
    finder, figures = Finder(base.keys), figures_of(base)
    rows = base.keys.find({"statistic": "union_A"})
    mean = figures.take(rows)
    square = figures.take(finder.beside(rows, statistic="CSPI")) / figures.take(
        finder.beside(rows, statistic="union_H")
    )
    keys = relabelled(base.keys, rows, statistic="union_GE2")
    return Term((square / (mean * mean) - 1.0) / 2.0, keys, "t", _reasons(base, rows), rows[:, None])


def _reasons(base: Estimates, rows: NDArray[Any]) -> list[str | None]:
    """Hand on why figures are undefined."""
    return [base.flag.at(i) if np.isnan(base.value[i]) else None for i in rows.tolist()]
