"""The regressions that decompositions rest on, by themselves: coefficients with the design in their errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from mpi.core.arguments import kinds_explained
from mpi.decompose.by_regression.cases import RegressionOptions, cases_of
from mpi.decompose.by_regression.terms import Base, Result, check_choices, mean_scored
from mpi.estimation.linearized import Scored
from mpi.estimation.parts import ColumnLabels
from mpi.inference.likelihood import Link

if TYPE_CHECKING:
    from mpi.decompose.by_regression.regressors import Covariates
    from mpi.results.estimates import Estimates

__all__ = ["regression"]


@kinds_explained
def regression(
    survey: Any,
    outcome: str,
    covariates: Covariates,
    *,
    link: Link = "linear",
    normalise: bool = False,
    **options: Unpack[RegressionOptions],
) -> Estimates:
    """Fit a weighted regression: the coefficients, with the design in their errors.

    Parameters
    ----------
    survey : Survey
        Who was asked.
    outcome : str
        A column of numbers; for logit and probit of 0 and 1, or of shares between (fractional logit). With
        ``measure=`` one of ``poor``, ``censored_score`` and ``score``.
    covariates, normalise, **options
        As for `oaxaca`; by default the first category is left out.
    link : {"linear", "logit", "probit"}
        How the mean depends on the covariates.

    Returns
    -------
    Estimates
        Statistic ``coefficient``; ``indicator`` is the covariate, ``"area: Rural"`` a category of one.

    Raises
    ------
    MpiError
        As `oaxaca` and `yun` do.

    Warns
    -----
    MpiWarning
        When rows are dropped for missing values, there are few cases, or a covariate does not vary.

    Notes
    -----
    Weighted pseudo maximum likelihood; the errors are those of Binder (1983): u_i = J^-1 x_i q_i, summed over PSUs, as
    R's ``svyglm`` for linear and logit links. For probit J is the observed information, where R takes the expected.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.decompose.regression(
    ...     mpi.load_sample(), "health_insurance", ["age", "area"], link="logit",
    ...     where=lambda frame: frame["year"] == 2018,
    ... )
    >>> est.table["indicator"].tolist()
    ['(constant)', 'age', 'area: Urban', 'area: Rural']
    """
    (curve,) = check_choices("link", link, Link)
    cases = cases_of(survey, outcome, covariates, None, None, None, {**options, "normalise": normalise}, curve)
    found = cases.fit(curve, "total")
    labels = [ColumnLabels("coefficient", method="t")] * len(found.coefficient)
    mean = mean_scored(cases.y[:, None], cases.rows.weight, cases.inside["total"])
    b = Scored(labels, found.coefficient, found.scores, cases.inside["total"])
    base = Base(cases, {("y", "total"): mean, ("b", "total"): b})
    r = cases.regressors
    result = Result(cases, base, "categories")
    names = [r.covariates[i] for i, _ in r.full]
    shown = [n if label is None else f"{n}: {label}" for n, (_, label) in zip(names, r.full, strict=True)]
    of = [None if label is None else n for n, (_, label) in zip(names, r.full, strict=True)]
    left_out = np.flatnonzero(~r.spread.any(axis=1)).tolist()
    reasons = ["left out: 0 by definition" if i in left_out else None for i in range(len(r.full))]
    result.add(
        base["b", "total"].combined(r.spread), "t", reasons, statistic="coefficient", contrast="level", indicator=shown,
        dimension=of, group="total",
    )  # fmt: skip
    return result.estimates(regression=f"{curve} regression of {outcome}")
