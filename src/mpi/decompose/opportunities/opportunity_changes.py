"""Changes of the human opportunity index between rounds: of scale (coverage), and of distribution (dissimilarity)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from mpi.core.arguments import kinds_checked
from mpi.core.errors import RequestError, unknown
from mpi.results.dual import figures_of
from mpi.results.lookup import Finder
from mpi.results.rounds import require_same_measure, spans
from mpi.results.terms import Term, adds_up, constant, from_terms, relabelled
from mpi.tables.select import values_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mpi.results.dual import Figures
    from mpi.results.estimates import Estimates
    from mpi.results.rounds import Span

__all__ = ["Order", "effects", "opportunity_change"]

Order = Literal["shapley", "sequential"]
"""Which of the two changes comes first: both orders averaged, or scale first."""


@kinds_checked
def opportunity_change(
    est: Estimates,
    start: Any = None,
    end: Any = None,
    *,
    pairs: Sequence[tuple[Any, Any]] | None = None,
    order: Order = "shapley",
) -> Estimates:
    """Return the change of the human opportunity index between rounds, as effects of scale and of distribution.

    Parameters
    ----------
    est : Estimates
        The result of `opportunity` for two or more rounds.
    start, end : label of a round, optional
        From which to which; by default each round to the next, and of more than two also the first to the last.
    pairs : sequence of (start, end), optional
        Several pairs of rounds.
    order : {"shapley", "sequential"}
        ``shapley``: the mean over both orders, dC (1 - mean D) and -mean(C) dD. ``sequential``: scale first, as in
        Paes de Barros et al. (2009), dC (1 - D0) and -C1 dD.

    Returns
    -------
    Estimates
        ``contrast`` is ``opportunity_change`` (HOI1 - HOI0), ``scale_effect`` (more or fewer have the opportunity)
        and ``distribution_effect`` (it is spread more or less equally); the two add up to the first. ``wave`` is
        ``"2016 to 2018"``. All are differences of fractions, with the covariance of the rounds in every error.

    Raises
    ------
    MpiError
        When there is no index of opportunity, or not two rounds, or a round is unknown.

    Notes
    -----
    Paes de Barros, Ferreira, Molinas Vega and Saavedra (2009, World Bank); Shorrocks (2013, J. Economic Inequality 11)
    for the mean over orders.

    Examples
    --------
    >>> import mpi
    >>> measure = mpi.load_measure("gso-mdp")
    >>> est = mpi.estimate(mpi.load_sample(), measure, by=[("ethnicity", "area")], statistics=["H", "population_share"])
    >>> found = mpi.decompose.opportunity_change(mpi.decompose.opportunity(est))
    >>> change, scale, distribution = found.value
    >>> bool(abs(change - scale - distribution) < 1e-12)
    True
    """
    if order not in get_args(Order):
        raise RequestError(f"opportunity_change: order: {unknown('order', order, get_args(Order))}")
    if "opportunity_index" not in values_of(est, "contrast"):
        raise RequestError("opportunity_change: needs indices of opportunity; make them with mpi.decompose.opportunity")
    require_same_measure(est, "opportunity_change")
    finder, figures = Finder(est.keys), figures_of(est)
    asked = spans(est, start, end, None, "opportunity_change", pairs)
    return from_terms(est, [t for span in asked for t in _terms(est, finder, figures, span, order)])


def effects(C: tuple[Figures, Figures], D: tuple[Figures, Figures], order: Order) -> tuple[Figures, Figures]:
    """Return the effects of scale and of distribution on C (1 - D).

    Examples
    --------
    >>> import scipy.sparse as sp
    >>> from mpi.results.dual import Figures
    >>> x = Figures(np.array([0.6, 0.7, 0.2, 0.15]), sp.csr_array(np.eye(4)))
    >>> c0, c1, d0, d1 = (x.take([i]) for i in range(4))
    >>> scale, distribution = effects((c0, c1), (d0, d1), "sequential")
    >>> scale.value.round(3).tolist(), distribution.value.round(3).tolist()
    ([0.08], [0.035])
    """
    dC, dD = C[1] - C[0], D[1] - D[0]
    if order == "sequential":
        return dC * (1.0 - D[0]), -(C[1] * dD)
    return dC * (1.0 - (D[0] + D[1]) * 0.5), -((C[0] + C[1]) * 0.5 * dD)


def _terms(est: Estimates, finder: Finder, figures: Figures, span: Span, order: Order) -> list[Term]:
    wave, contrast = est.keys["wave"], est.keys["contrast"]
    index = contrast.index == contrast.values.index("opportunity_index")
    last = np.flatnonzero(index & (wave.index == wave.values.index(span.end)))
    first = finder.beside(last, wave=span.start)
    keys = relabelled(est.keys, last, wave=str(span))
    both = [(first, span.start), (last, span.end)]
    C0, C1 = (figures.take(np.where(r < 0, -1, finder.beside(r, contrast="coverage"))) for r, _ in both)
    D0, D1 = (figures.take(np.where(r < 0, -1, finder.beside(r, contrast="dissimilarity"))) for r, _ in both)
    change = figures.take(last) - figures.take(first)
    scale, distribution = effects((C0, C1), (D0, D1), order)
    adds_up(scale + distribution, change, "opportunity_change")
    reasons = [_reason(est, [(int(r[i]), w) for r, w in both]) for i in range(len(last))]
    parts = {"opportunity_change": change, "scale_effect": scale, "distribution_effect": distribution}
    return [
        Term(part, keys.with_column("contrast", constant(name, len(last))), "t", reasons)
        for name, part in parts.items()
    ]


def _reason(est: Estimates, both: list[tuple[int, Any]]) -> str | None:
    """Say why a change is undefined, or what is known about its two sides."""
    for row, wave in both:
        if row < 0:
            return f"not in {wave}"
    said = [f"{est.flag.at(row)} in {wave}" for row, wave in both if est.flag.at(row)]
    return "; ".join(said) or None
