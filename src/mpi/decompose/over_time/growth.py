"""Relative changes taken apart: growth of poverty into growth of incidence and intensity, of groups and indicators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.arguments import kinds_explained
from mpi.decompose.over_time.changes import beside_both, ends_of, reasons_of
from mpi.results.dual import figures_of
from mpi.results.lookup import Finder, levels, need
from mpi.results.rounds import require_same_measure, spans
from mpi.results.terms import adds_up, from_terms, term

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mpi.results.dual import Figures
    from mpi.results.estimates import Estimates
    from mpi.results.rounds import Span
    from mpi.results.terms import Term

__all__ = ["growth"]


@kinds_explained
def growth(
    est: Estimates, start: Any = None, end: Any = None, *, years: Mapping[Any, float] | None = None
) -> Estimates:
    """Take the growth rate of M0 apart into those of incidence and intensity.

    Parameters
    ----------
    est : Estimates
        Estimates of two or more rounds, with M0, H and A.
    start, end, years
        As for `change`.

    Returns
    -------
    Estimates
        Of each group, ``contrast`` being ``growth`` (M1 / M0 - 1), ``incidence_growth``, ``intensity_growth`` and
        ``interaction_growth`` (their product), which add up to it; and in logarithms ``log_growth``,
        ``log_incidence_growth`` and ``log_intensity_growth``, which add up without interaction. Growth from 0 is
        undefined.

    Raises
    ------
    MpiError
        As for `change`, and when M0, H or A was not estimated.

    Notes
    -----
    Apablaza and Yalonetzky (2013), Young Lives Working Paper 101: %dM0 = %dH + %dA + %dH %dA. Groups with nobody poor
    in a round have no growth.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"))
    >>> rates = mpi.decompose.growth(est, 2016, 2018)
    >>> rates.keys["contrast"].to_list()[:4]
    ['growth', 'incidence_growth', 'intensity_growth', 'interaction_growth']
    """
    plain = levels(est, "growth")
    require_same_measure(plain, "growth")
    need(plain, "growth", "statistic", ("M0", "H", "A"))
    finder, figures = Finder(plain.keys), figures_of(plain)
    found = spans(plain, start, end, years, "growth")
    return from_terms(plain, [t for span in found for t in _terms(plain, finder, figures, span)])


def _terms(plain: Estimates, finder: Finder, figures: Figures, span: Span) -> list[Term]:
    first, last, keys = ends_of(plain, finder, span, "M0")
    m0, m1 = figures.take(first), figures.take(last)
    h0, h1 = (figures.take(r) for r in beside_both(finder, first, last, statistic="H"))
    a0, a1 = (figures.take(r) for r in beside_both(finder, first, last, statistic="A"))
    whole, incidence, intensity = m1 / m0 - 1.0, h1 / h0 - 1.0, a1 / a0 - 1.0
    interaction = incidence * intensity
    named = {"growth": m1 / m0, "incidence_growth": h1 / h0, "intensity_growth": a1 / a0}
    logs = {f"log_{name}": ratio.log() for name, ratio in named.items()}
    there = np.flatnonzero(~np.isnan((incidence + interaction).value + whole.value))
    adds_up((incidence + intensity + interaction).take(there), whole.take(there), "growth")
    nothing = ["no poor in a round: no growth" if v == 0 else "" for v in (m0.value * m1.value).tolist()]
    said = [r or z for r, z in zip(reasons_of(plain, first, last, span), nothing, strict=True)]
    terms = {"growth": whole, "incidence_growth": incidence, "intensity_growth": intensity}
    terms |= {"interaction_growth": interaction, **logs}
    log1p = ("growth", "incidence_growth", "intensity_growth")  # one plus each is a ratio of levels
    return [term(f, keys, name, said, method="log1p" if name in log1p else "t") for name, f in terms.items()]
