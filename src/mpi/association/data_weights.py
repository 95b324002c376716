"""Indicator weights estimated from data: from the frequency of deprivations, or the first axis of an MCA or PCA."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from mpi.association.pairs import estimate as associate
from mpi.core.arguments import kinds_checked
from mpi.core.errors import DataError, Problems, RequestError, unknown
from mpi.core.exact import ROUNDING
from mpi.core.readonly import seal
from mpi.estimation.estimate import estimate as estimate_measure
from mpi.estimation.options import Shared  # noqa: TC001  # read when the signature is written out
from mpi.estimation.request import check_measure
from mpi.measures.indicator import reweighted
from mpi.measures.measure import Measure

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    import pandas as pd
    from numpy.typing import NDArray

    from mpi.results.estimates import Estimates
    from mpi.survey.survey import Survey

    Floats = NDArray[np.float64]

__all__ = ["Components", "How", "components", "weights"]

How = Literal["frequency", "desai-shah", "cerioli-zani", "pca", "mca"]
"""How weights follow from data."""

Within = Literal["measure", "dimension"]
"""Whether data share out all the weight, or that of each dimension."""

_SOURCES: dict[str, str] = {
    "frequency": "inverse frequency",
    "desai-shah": "Desai and Shah 1988",
    "cerioli-zani": "Cerioli and Zani 1990",
    "pca": "first principal component",
    "mca": "first axis of multiple correspondence analysis",
}
_DIGITS = 10**15
_NONE = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Components:
    """Principal components of deprivations, each standardised.

    Attributes
    ----------
    indicators : tuple of str
        The indicators.
    share : ndarray of float, shape (indicators,)
        The weighted share deprived in each.
    eigenvalues : ndarray of float, shape (indicators,)
        The variance of each component, largest first; they add up to the number of indicators.
    loadings : ndarray of float, shape (indicators, components)
        Unit vectors, each with a positive sum.
    """

    indicators: tuple[str, ...]
    share: Floats
    eigenvalues: Floats
    loadings: Floats

    def __post_init__(self) -> None:
        """Let nobody write into it."""
        seal(self)

    @property
    def table(self) -> pd.DataFrame:
        """The loadings, one row for each indicator and one column for each component, from 1."""
        import pandas as pd

        names = pd.Index(self.indicators, name="indicator")
        return pd.DataFrame(self.loadings, index=names, columns=pd.RangeIndex(1, len(names) + 1, name="component"))


@kinds_checked
def components(survey: Survey, measure: Measure, **options: Unpack[Shared]) -> Components:
    """Return the principal components of a measure's deprivations, by the weighted correlations of one round.

    Parameters
    ----------
    survey : Survey
        Who was asked.
    measure : Measure
        Its indicators; weights and cutoff play no part.
    where, unit, level, df
        As for `mpi.estimate`; `where` chooses one round of several.

    Returns
    -------
    Components
        Eigenvalues and loadings. The axes of a multiple correspondence analysis of 0/1 answers are the same; the
        coordinates of its categories are the loadings over the standard deviations.

    Raises
    ------
    MpiError
        When there are several rounds, or nobody or everybody is deprived in some indicator.

    Examples
    --------
    >>> import mpi
    >>> survey, measure = mpi.load_sample(), mpi.load_measure("gso-mdp")
    >>> found = mpi.association.components(survey, measure, where=lambda frame: frame["year"] == 2018)
    >>> round(float(found.eigenvalues.sum()), 9)
    10.0
    """
    check_measure(measure)
    est = associate(survey, measure, **options).estimates
    _require_single_round(est)
    phi, both, first, second = (est.select(statistic=n).value for n in ("phi", "both", "first_only", "second_only"))
    d = len(measure.names)
    one, other = np.triu_indices(d, 1)
    share = np.empty(d)
    share[one], share[other] = both + first, both + second
    _refuse_extremes(measure, share, (0.0, 1.0))
    R = np.eye(d)
    R[one, other] = R[other, one] = phi
    values, vectors = np.linalg.eigh(R)
    vectors = vectors[:, ::-1] * np.where(vectors[:, ::-1].sum(axis=0) < 0, -1.0, 1.0)
    return Components(measure.names, share, values[::-1].copy(), vectors)


@kinds_checked
def weights(
    survey: Survey,
    measure: Measure,
    how: How = "desai-shah",
    *,
    within: Within = "measure",
    **options: Unpack[Shared],
) -> Measure:
    """Return a measure whose weights follow from data: **a description of them, and no judgement of what matters**.

    Such weights say how rare deprivations are, or how they go together; not how much worse off somebody is who has
    them. They change with each round, so that changes over time are those of weights too: take those of one
    round for all. Use them beside the weights that were agreed on, to see what hangs on these.

    Parameters
    ----------
    survey : Survey
        Who was asked.
    measure : Measure
        Its indicators get the weights; all else stays.
    how : {"frequency", "desai-shah", "cerioli-zani", "pca", "mca"}
        With the share h deprived in an indicator, its weight is in proportion to

        - ``frequency``: 1 / h;
        - ``desai-shah``: 1 - h (Desai and Shah 1988, Oxford Economic Papers 40:505-522);
        - ``cerioli-zani``: log(1 / h) (Cerioli and Zani 1990);
        - ``pca``: the loading on the first principal component of the standardised deprivations;
        - ``mca``: that loading over the standard deviation, the distance between the categories deprived and not
          deprived on the first axis of a multiple correspondence analysis (Asselin 2009).
    within : {"measure", "dimension"}
        Whether all weight is shared out so, or that which each dimension has in the measure.
    where, unit, level, df
        As for `mpi.estimate`; `where` chooses one round of several.

    Returns
    -------
    Measure
        With weights that are fractions of 15 digits and add up to 1 exactly; scores are compared with the cutoff as
        those of weights given as floats. Its ``source`` says how they were made. It may stand among the
        ``weightings`` of `mpi.estimate`. Errors of estimates take the weights as given.

    Raises
    ------
    MpiError
        When there are several rounds; when nobody is deprived in some indicator; when the first axis sets some
        deprivations against the others, so that it does not say who is worse off.

    Notes
    -----
    Decancq and Lugo 2013 (Econometric Reviews 32:7-34) review them.

    Examples
    --------
    >>> import mpi
    >>> survey, measure = mpi.load_sample(), mpi.load_measure("gso-mdp")
    >>> rare = mpi.association.weights(survey, measure, "cerioli-zani", where=lambda frame: frame["year"] == 2018)
    >>> max(rare.weights, key=rare.weights.get)
    'health_access'
    >>> est = mpi.estimate(survey, measure, statistics=["M0"], weightings={"by rarity": rare})
    >>> est.keys["weighting"].values
    ('own', 'by rarity')
    """
    check_measure(measure)
    problems = Problems("the weights cannot be made", RequestError)
    problems.found += [
        unknown(name, word, words)
        for name, word, words in (("how", how, get_args(How)), ("within", within, get_args(Within)))
        if word not in words
    ]
    problems.raise_if_any()
    owners = [i.dimension if within == "dimension" else "" for i in measure.indicators]
    size = np.ones(len(owners))
    if how in ("pca", "mca"):
        for owner in dict.fromkeys(owners):
            own = [name for name, o in zip(measure.names, owners, strict=True) if o == owner]
            if len(own) > 1:
                part = measure.drop(*(n for n in measure.names if n not in own))
                size[[o == owner for o in owners]] = _axis_weights(components(survey, part, **options), how)
    else:
        size = _rarity_weights(survey, measure, how, **options)
    return _reweight(measure, how, within, _shared(measure, owners, size))


def _rarity_weights(survey: Survey, measure: Measure, how: str, **options: Unpack[Shared]) -> Floats:
    """Return a weight for each indicator that falls with the share deprived in it, not normalised."""
    est = estimate_measure(survey, measure, statistics=["uncensored_headcount"], **options)
    _require_single_round(est)
    h = est.value
    _refuse_extremes(measure, h, (0.0,))
    made = {"frequency": 1 / h, "desai-shah": 1 - h, "cerioli-zani": -np.log(h)}[how]
    if not (made > _NONE).any():
        raise DataError("the weights cannot be made: everybody is deprived in all indicators, so each would have none")
    return np.asarray(np.maximum(made, 0.0))


def _axis_weights(components: Components, how: str) -> Floats:
    """Return a weight for each indicator: its loading on the first axis, divided by its standard deviation for MCA."""
    first = components.loadings[:, 0]
    against = [f"{n} ({x:.2f})" for n, x in zip(components.indicators, first, strict=True) if x <= 0]
    if against:
        raise DataError(
            f"the weights cannot be made: the first axis sets {', '.join(against)} against the other deprivations, "
            "so it does not say who is worse off; leave them out with measure.drop(...), or take another way, such as "
            "'desai-shah'"
        )
    return first / np.sqrt(components.share * (1 - components.share)) if how == "mca" else first


def _shared(measure: Measure, owners: Sequence[str], size: Floats) -> dict[str, Fraction]:
    """Share weight out in proportion to sizes, in exact fractions: what rounding leaves goes to the largest."""
    found: dict[str, Fraction] = {}
    for owner in dict.fromkeys(owners):
        own = [j for j, o in enumerate(owners) if o == owner]
        total = sum((measure.indicators[j].weight for j in own), Fraction(0))
        part = size[own] if size[own].sum() > 0 else np.ones(len(own))
        shares = [Fraction(round(x * _DIGITS), _DIGITS) for x in (part / part.sum()).tolist()]
        shares[int(np.argmax(part))] += 1 - sum(shares, Fraction(0))
        found |= {measure.names[j]: total * s for j, s in zip(own, shares, strict=True)}
    return found


def _reweight(measure: Measure, how: str, within: str, weights: dict[str, Fraction]) -> Measure:
    """Return the measure with these indicator weights, and their source in its title and source."""
    of = "of each dimension " if within == "dimension" else ""
    said = f"weights {of}from data ({_SOURCES[how]}), which say what is rare or goes together, not what matters"
    indicators = [reweighted(i, weights[i.name], ROUNDING) for i in measure.indicators]
    return Measure(
        measure.name, indicators, measure.cutoff, severe=measure.severe,
        vulnerable=measure.vulnerable, missing=measure.missing, unit=measure.unit,
        title=f"{measure.title}, {_SOURCES[how]}", source="; ".join(filter(None, (measure.source, said))),
    )  # fmt: skip


def _require_single_round(est: Estimates) -> None:
    """Raise RequestError where the estimates cover more than one round."""
    waves = est.keys["wave"]
    found = [w for w in waves.without_unused().values if w is not None]
    if len(found) > 1:
        raise RequestError(
            f"the weights of {len(found)} rounds differ ({', '.join(map(str, found))}); take those of one for all, "
            "chosen with where="
        )


def _refuse_extremes(measure: Measure, share: Floats, extremes: Sequence[float]) -> None:
    problems = Problems("the weights cannot be made", DataError)
    for name, h in zip(measure.names, share.tolist(), strict=True):
        if any(abs(h - x) < _NONE for x in extremes):
            who = "nobody" if h < _NONE else "everybody"
            problems.add(f"{who} is deprived in {name!r}; leave it out with measure.drop({name!r})")
        elif np.isnan(h):
            problems.add(f"{name!r} was not observed; leave it out with measure.drop({name!r})")
    problems.raise_if_any()
