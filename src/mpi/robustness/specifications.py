"""Alternatives to a measure: cutoffs, weights, indicators left out; and their estimates beside its own."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from mpi.core.arguments import kinds_explained
from mpi.core.errors import Problems, RequestError
from mpi.core.exact import text
from mpi.estimation.estimate import estimate as estimate_measure
from mpi.estimation.options import Precise  # noqa: TC001  # read when the signature is written out
from mpi.estimation.request import check_measure
from mpi.results.concat import concat

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from mpi.core.exact import Number
    from mpi.frames.aggregation import By
    from mpi.measures.measure import Measure
    from mpi.results.estimates import Estimates
    from mpi.results.names import Statistic
    from mpi.survey.survey import Survey

    Weights = dict[str, dict[str, Fraction]]

__all__ = ["attained_cutoffs", "dimension_grid", "estimate", "halves", "without_each"]

_MOST = 20_000
"""More specifications than these are a slip of the pen."""


def dimension_grid(measure: Measure, steps: int = 20) -> Weights:
    """Return all weights of the dimensions that are multiples of one step and add up to 1.

    Parameters
    ----------
    measure : Measure
        Its dimensions are weighted; indicators share the weight of their dimension as in the measure.
    steps : int, default 20
        The step is 1 / `steps`. Three dimensions with 20 steps have 231 weightings.

    Returns
    -------
    dict of str to dict of str to Fraction
        By name, such as ``"7/20 7/20 3/10"`` in the order of the dimensions, the weight of each dimension: what
        `mpi.estimate` takes as ``weightings``.

    Raises
    ------
    MpiError
        When `steps` is not a whole number of 1 or more, or there would be more than 20,000 weightings.

    Examples
    --------
    >>> import mpi
    >>> len(mpi.robustness.dimension_grid(mpi.load_measure("global-mpi")))
    231
    """
    check_measure(measure)
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
        raise RequestError(f"steps is {steps!r}; a whole number of 1 or more was expected")
    names, found = measure.dimensions, {}
    for shares in _compositions(steps, len(names)):
        weights = [Fraction(share, steps) for share in shares]
        found[" ".join(map(str, weights))] = dict(zip(names, weights, strict=True))
        if len(found) > _MOST:
            raise RequestError(
                f"{len(names)} dimensions in steps of 1/{steps} have more than {_MOST:,} weightings; take fewer steps"
            )
    return found


def _compositions(whole: int, parts: int) -> Iterator[tuple[int, ...]]:
    """Yield the ways to write a number as a sum of so many numbers of 0 or more, in order."""
    if parts == 1:
        yield (whole,)
        return
    for first in range(whole + 1):
        for rest in _compositions(whole - first, parts - 1):
            yield (first, *rest)


def halves(measure: Measure) -> Weights:
    """Return weights that give one dimension half and share the rest equally, for each dimension in turn.

    With three dimensions these are the 50-25-25 permutations by which the global MPI is tested (Alkire, Kanagaratnam,
    Nogales and Suppa 2022, Rev. Income and Wealth 68(S2)).

    Parameters
    ----------
    measure : Measure
        It has two dimensions at least.

    Returns
    -------
    dict of str to dict of str to Fraction
        What `mpi.estimate` takes as ``weightings``.

    Raises
    ------
    MpiError
        When there is one dimension only.

    Examples
    --------
    >>> import mpi
    >>> {k: str(v) for k, v in mpi.robustness.halves(mpi.load_measure("global-mpi"))["half: health"].items()}
    {'health': '1/2', 'education': '1/4', 'living_standards': '1/4'}
    """
    check_measure(measure)
    names = measure.dimensions
    if len(names) < 2:
        raise RequestError(f"measure {measure.name!r} has one dimension, which cannot weigh half")
    rest = Fraction(1, 2 * (len(names) - 1))
    return {f"half: {name}": {d: Fraction(1, 2) if d == name else rest for d in names} for name in names}


def without_each(measure: Measure) -> Weights:
    """Return weights that leave out one indicator, for each indicator in turn; the others keep their proportions.

    The weight of an indicator goes to the others of its dimension, as `Measure.drop` has it. The indicator stays in
    the measure with weight 0, so that all specifications rest on the same cases.

    Parameters
    ----------
    measure : Measure
        It has two indicators with a weight at least.

    Returns
    -------
    dict of str to dict of str to Fraction
        What `mpi.estimate` takes as ``weightings``.

    Raises
    ------
    MpiError
        When no indicator would be left.

    Examples
    --------
    >>> import mpi
    >>> measure = mpi.Measure.nested("m", {"health": ["a", "b"], "schooling": ["c"]}, cutoff="1/3")
    >>> {k: str(v) for k, v in mpi.robustness.without_each(measure)["without a"].items()}
    {'a': '0', 'b': '1/2', 'c': '1/2'}
    """
    check_measure(measure)
    found: Weights = {}
    for indicator in measure.indicators:
        if indicator.weight:
            kept = measure.drop(indicator.name).weights
            found[f"without {indicator.name}"] = {j: kept.get(j, Fraction(0)) for j in measure.names}
    return found


def attained_cutoffs(measure: Measure) -> list[Fraction]:
    """Return all scores above 0 that somebody could have: the cutoffs at which the poor may change.

    Parameters
    ----------
    measure : Measure
        Its weights make the scores.

    Returns
    -------
    list of Fraction
        In rising order; what `mpi.estimate` takes as ``cutoffs``.

    Raises
    ------
    MpiError
        When there are more than 20,000.

    Examples
    --------
    >>> import mpi
    >>> [str(k) for k in mpi.robustness.attained_cutoffs(mpi.load_measure("global-mpi"))][:4]
    ['1/18', '1/9', '1/6', '2/9']
    """
    check_measure(measure)
    scores = {Fraction(0)}
    for indicator in measure.indicators:
        scores |= {score + indicator.weight for score in scores}
        if len(scores) > _MOST:
            raise RequestError(f"measure {measure.name!r} has more than {_MOST:,} scores; name the cutoffs")
    return sorted(scores - {Fraction(0)})


@kinds_explained
def estimate(
    survey: Survey,
    measure: Measure,
    by: Sequence[By],
    *,
    cutoffs: Sequence[Number] = ("1/4", "1/2"),
    weightings: Mapping[str, Mapping[str, Number] | Measure] | None = None,
    statistics: Sequence[Statistic] = ("M0", "H"),
    **options: Unpack[Precise],
) -> Estimates:
    """Estimate a measure and its alternatives: other cutoffs with its own weights, other weights at its own cutoff.

    Parameters
    ----------
    survey : Survey
        Who was asked.
    measure : Measure
        What is measured.
    by : sequence of str or tuple of str
        Disaggregations, as for `mpi.estimate`.
    cutoffs : sequence of number, default 1/4 and 1/2
        Other poverty cutoffs. With the third of the global MPI, the default are those that its tests take.
    weightings : mapping, optional
        Other weights, as for `mpi.estimate`; by default `halves` and `without_each` of the measure.
    statistics : sequence of str, default M0 and H
        What is estimated.
    **options
        ``where, unit, level, df, observed, deff`` of `mpi.estimate`.

    Returns
    -------
    Estimates
        With all covariances: the columns ``cutoff`` and ``weighting`` say which specification each number is of.

    Raises
    ------
    MpiError
        With every problem of the request at once.

    Examples
    --------
    >>> import mpi
    >>> survey, measure = mpi.load_sample(), mpi.load_measure("gso-mdp")
    >>> est = mpi.robustness.estimate(survey, measure, ["region"], cutoffs=["1/5", "2/5"])
    >>> est.keys["cutoff"].values
    ('3/10', '1/5', '2/5')
    """
    check_measure(measure)
    others = {**halves(measure), **without_each(measure)} if weightings is None else dict(weightings)
    if isinstance(cutoffs, str):
        Problems(
            "the alternatives cannot be estimated", RequestError, [f"cutoffs: a list is needed, [{cutoffs!r}]"]
        ).raise_if_any()
    given: dict[str, Any] = {"statistics": statistics, **options}
    levels = [k for k in (measure.with_cutoff(k).cutoff for k in cutoffs) if k != measure.cutoff]
    if levels and not survey.in_memory:  # which is read once: all cutoffs with all weights, and what is wanted of them
        every = estimate_measure(survey, measure, by, cutoffs=[measure.cutoff, *levels], weightings=others, **given)
        return every.take(_differs_once(every, measure))
    own = estimate_measure(survey, measure, by, weightings=others, **given)
    return concat([own, estimate_measure(survey, measure, by, cutoffs=levels, **given)]) if levels else own


def _differs_once(est: Estimates, measure: Measure) -> NDArray[np.bool_]:
    """Return which figures are at the measure's own cutoff, or with its own weights."""
    same = {name: np.array([v == own for v in (*est.keys[name].values, own)]) for name, own in _own(measure).items()}
    return np.asarray(same["cutoff"][est.keys["cutoff"].index] | same["weighting"][est.keys["weighting"].index])


def _own(measure: Measure) -> dict[str, str]:
    return {"cutoff": text(measure.cutoff), "weighting": "own"}
