"""Gaps in shares between two groups by logit or probit regression, with Yun's detail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Unpack

import numpy as np

from mpi.core.arguments import kinds_explained
from mpi.decompose.by_regression.cases import Detail, Detailed, cases_of
from mpi.decompose.by_regression.oaxaca import coefficients_name, group_column, group_parts, summed
from mpi.decompose.by_regression.terms import Base, CovariateSplit, Result, check_choices, mean_scored
from mpi.inference.likelihood import mean_of, slope_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mpi.decompose.by_regression.cases import Cases
    from mpi.decompose.by_regression.regressors import Covariates
    from mpi.decompose.by_regression.terms import Part
    from mpi.estimation.linearized import Scored
    from mpi.inference.likelihood import Link
    from mpi.results.dual import Figures
    from mpi.results.estimates import Estimates

__all__ = ["Curve", "Side", "predicted", "yun"]

Curve = Literal["logit", "probit"]
"""How the share depends on the covariates."""

Side = Literal["reference", "compared"]
"""The group whose coefficients value the differences in covariates."""


_MAY_BE, _NEAR = 2, 5  # standard errors: how far from 0 a denominator is; docs/methods.md says what was measured


@kinds_explained
def yun(
    survey: Any,
    outcome: str,
    covariates: Covariates,
    *,
    group: str,
    reference: Any,
    compare: Any = None,
    link: Curve = "logit",
    coefficients: Side | Sequence[Side] = ("reference", "compared"),
    **options: Unpack[Detailed],
) -> Estimates:
    """Split a gap in shares between two groups by logit or probit regressions, in total and by covariate.

    Parameters
    ----------
    survey : Survey
        Who was asked.
    outcome : str
        A column of 0 and 1, or of shares between (fractional logit). With ``measure=`` one of ``poor``,
        ``censored_score`` and ``score``.
    covariates, group, reference, compare, normalise, detail, **options
        As for `oaxaca`.
    link : {"logit", "probit"}
        The curve F.
    coefficients : {"reference", "compared"}, or both
        Whose coefficients value the differences in covariates; both by default, for the answer depends on it. The
        column ``weighting`` says which.

    Returns
    -------
    Estimates
        The shares of both groups (``contrast`` is ``level``), their ``difference`` (A - B, a fraction), and its terms
        ``explained``, ``unexplained`` and, for probit, ``residual``; ``indicator`` is the covariate.

    Raises
    ------
    MpiError
        As `oaxaca` does; and when the outcome is not between 0 and 1, is the same for a whole group, or covariates
        separate it.

    Warns
    -----
    MpiWarning
        As `oaxaca` does.

    Notes
    -----
    With F the curve, means weighted within the group, and ``reference`` (Yun 2004, Economics Letters 82:275-280; as
    the Stata program mvdcmp)::

        E = mean_A F(x b_B) - mean_B F(x b_B)      E_k = E (x_Ak - x_Bk) b_Bk / sum_k (x_Ak - x_Bk) b_Bk
        C = mean_A F(x b_A) - mean_A F(x b_B)      C_k = C x_Ak (b_Ak - b_Bk) / sum_k x_Ak (b_Ak - b_Bk)

    With ``compared``, E is taken at b_A and C over group B. A logit with a constant gives back each group's share,
    so E + C is the gap. A probit need not; what is left is the ``residual``. Detail rests on the means of the
    covariates, to first order. Where the denominator is less than five standard errors from 0, the detail varies more
    than its linearised error says, and where it is less than two, far more; ``flag`` tells.

    Errors are linearised: shares, means of covariates and coefficients (by the observed information) have joint
    influences by PSU.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.decompose.yun(
    ...     mpi.load_sample(), "health_insurance", ["age", "area"], group="ethnicity", reference="Kinh",
    ...     where=lambda frame: frame["year"] == 2018, coefficients="reference",
    ... )
    >>> total = est.select(contrast=["explained", "unexplained"], indicator=None)
    >>> bool(abs(total.value.sum() - est.select(contrast="difference").value[0]) < 1e-12)
    True
    """
    (curve,) = check_choices("link", link, Curve)
    chosen = check_choices("coefficients", coefficients, Side)
    (detail,) = check_choices("detail", options.get("detail", "covariates"), Detail)
    cases = cases_of(survey, outcome, covariates, group_column(group), reference, compare, options, curve)
    base = Base(cases, _parts(cases, curve, chosen))
    result = Result(cases, base, detail)
    result.add_levels()
    a, b = cases.inside
    gap = base["y", a] - base["y", b]
    result.add(gap, contrast="difference")
    for choice in chosen:
        splits = _split(cases, base, choice)
        if curve == "probit":
            splits.append(CovariateSplit("residual", gap - splits[0].total - splits[1].total, None))
        result.add_split(coefficients_name(cases, choice), gap, splits)
    return result.estimates(decomposition=f"Yun, {curve}")


def predicted(cases: Cases, coefficient: Scored, inside: NDArray[np.bool_], link: Link) -> Scored:
    """Return the mean of predictions over a group with some coefficients, and what each row contributes to it.

    It is (F(x b) - mean) / N within the group, and G'u(b) everywhere, with G = mean f(x b) x and u(b) what the row
    contributes to the coefficients.
    """
    X, weight = cases.regressors.X, cases.rows.weight
    index = X @ coefficient.value
    slope = np.where(inside, weight * slope_of(index, link), 0.0) @ X / weight[inside].sum()
    return mean_scored(mean_of(index, link)[:, None], weight, inside, (coefficient.scores @ slope)[:, None])


def _parts(cases: Cases, link: Link, chosen: Sequence[str]) -> dict[Part, Scored]:
    """Add to means and coefficients the mean of predictions in each group with each group's coefficients."""
    parts = group_parts(cases, link)
    a, b = cases.inside
    needed = {"reference": [(a, b)], "compared": [(b, a)]}
    for over, of in [(a, a), (b, b), *(pair for c in chosen for pair in needed[c])]:
        parts["F", over, of] = predicted(cases, parts["b", of], cases.inside[over], link)
    return parts


def _split(cases: Cases, base: Base, choice: str) -> list[CovariateSplit]:
    a, b = cases.inside
    r = cases.regressors
    xa, xb = (base["x", g].combined(r.expand) for g in (a, b))
    ba, bb = (base["b", g].combined(r.spread) for g in (a, b))
    own_a, own_b = base["F", a, a], base["F", b, b]
    if choice == "reference":
        crossed = base["F", a, b]
        explained, unexplained = crossed - own_b, own_a - crossed
        moved, valued = (xa - xb) * bb, xa * (ba - bb)
    else:
        crossed = base["F", b, a]
        explained, unexplained = own_a - crossed, crossed - own_b
        moved, valued = (xa - xb) * ba, xb * (ba - bb)
    return [
        CovariateSplit("explained", explained, _shared(explained, moved), _caution(base, moved)),
        CovariateSplit("unexplained", unexplained, _shared(unexplained, valued), _caution(base, valued)),
    ]


def _caution(base: Base, parts: Figures) -> str | None:
    """Say when the detail divides by what may as well be 0, or is near it."""
    whole = summed(parts)
    size, se = abs(float(whole.value[0])), float(base.se(whole)[0])
    if size <= _MAY_BE * se:
        return "divides by what may be 0: error too small"
    return "divides by what is near 0: error too small" if size < _NEAR * se else None


def _shared(term: Figures, parts: Figures) -> Figures:
    """Share a term out in proportion to parts."""
    every = np.zeros(len(parts), dtype=np.int64)
    return term.take(every) * parts / summed(parts).take(every)
