"""Gaps in shares between two groups by one logit or probit, covariates switched between persons of the same rank."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Unpack

import numpy as np

from mpi.core.arguments import kinds_explained
from mpi.core.errors import DataError, RequestError
from mpi.decompose.by_regression.cases import OrderedCategories, cases_of
from mpi.decompose.by_regression.matched_ranks import Switch, alike, few_orders, ladder, matched, orders_of, row_scores
from mpi.decompose.by_regression.oaxaca import check_names, coefficients_name, group_column, pooled_part, summed
from mpi.decompose.by_regression.terms import Base, CovariateSplit, Result, check_choices, mean_scored
from mpi.decompose.by_regression.yun import Curve, predicted
from mpi.estimation.linearized import Scored
from mpi.estimation.parts import ColumnLabels
from mpi.results.terms import adds_up

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from mpi.decompose.by_regression.cases import Cases
    from mpi.decompose.by_regression.matched_ranks import Alike, Ladder, Orders
    from mpi.decompose.by_regression.regressors import Covariates
    from mpi.decompose.by_regression.terms import Part
    from mpi.inference.likelihood import Link
    from mpi.results.estimates import Estimates

    Floats = NDArray[np.float64]

__all__ = ["One", "fairlie"]

_DRAWS, _EACH = 50, 4  # pairs of draws for a slope: at least, and for each coefficient

One = Literal["pooled", "neumark", "reference", "compared"]
"""Whose coefficients predict, for both groups."""


@kinds_explained
def fairlie(
    survey: Any,
    outcome: str,
    covariates: Covariates,
    *,
    group: str,
    reference: Any,
    compare: Any = None,
    link: Curve = "logit",
    coefficients: One | Sequence[One] = "pooled",
    **options: Unpack[OrderedCategories],
) -> Estimates:
    """Split a gap in shares between two groups by one set of coefficients, covariates switched one after the other.

    Parameters
    ----------
    survey : Survey
        Who was asked.
    outcome : str
        A column of 0 and 1, or of shares between. With ``measure=`` one of ``poor``, ``censored_score``, ``score``.
    covariates, group, reference, compare, **options
        As for `oaxaca`; a categorical covariate is switched as a whole.
    link : {"logit", "probit"}
        The curve F.
    coefficients : {"pooled", "neumark", "reference", "compared"}, or several
        Those of both groups together, with an indicator of the compared group among the covariates (predictions then
        are at the constant of the reference) or without; or those of one group.
    orders : int, default 200
        For more than ten covariates: how many random orders of switching are averaged over, each with its reverse.
        Of up to ten covariates all orders are taken, and nothing is random.
    seed : int, default 0
        The seed of those random orders.

    Returns
    -------
    Estimates
        The shares of both groups (``contrast`` is ``level``), their ``difference`` (A - B, a fraction), ``explained``,
        ``unexplained``, and what each covariate (``indicator``) adds to the explained part.

    Raises
    ------
    MpiError
        As `oaxaca` and `yun` do.

    Warns
    -----
    MpiWarning
        As `oaxaca` does.

    Notes
    -----
    Explained is mean_A F(x b) - mean_B F(x b). For the detail, persons of A and B are matched by the rank of their
    prediction within their group, and covariates of A are switched to those of the matched B one after the other; a
    covariate's part is the mean change when its turn comes (Fairlie 2005, J. Economic and Social Measurement
    30:305-316). Fairlie draws equal numbers from both groups, with probability proportional to weight, and repeats
    with other draws and random orders. Here the *limit* of it is computed: a person takes up as many ranks as the
    share of the weight, pairs count as their ranks overlap, and the orders of up to ten covariates are averaged over
    exactly (a Shapley value). The parts add up to the explained part exactly. Persons with one prediction but different
    covariates stand in the order of these.

    **Errors.** Those of the difference, explained and unexplained are linearised, coefficients and covariates both
    varying. Those of the detail are linearised too, with the matching as part of the statistic: who is matched with
    whom depends on the sample by the ranks and by the coefficients. The slopes that this needs are no functions of
    totals; they are taken over bands of 5 per cent of ranks on either side, and for coefficients over draws from their
    own distribution, always the same (with more than six covariates, in 16 orders of switching). They are therefore
    approximate; docs/methods.md says how they compare with a bootstrap of the whole procedure. Fairlie's own errors
    hold covariates and matching fixed.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.decompose.fairlie(
    ...     mpi.load_sample(), "health_insurance", ["age", "area"], group="ethnicity", reference="Kinh",
    ...     where=lambda frame: frame["year"] == 2018,
    ... )
    >>> parts = est.select(contrast="explained", indicator=["age", "area"])
    >>> bool(abs(parts.value.sum() - est.select(contrast="explained", indicator=None).value[0]) < 1e-12)
    True
    """
    (curve,) = check_choices("link", link, Curve)
    chosen = check_choices("coefficients", coefficients, One)
    orders, seed = options.get("orders", 200), options.get("seed", 0)
    for name, value, least in (("orders", orders, 1), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
            raise RequestError(f"{name}: a whole number of at least {least} was expected, not {value!r}")
    cases = cases_of(
        survey, outcome, covariates, group_column(group), reference, compare, {**options, "normalise": False}, curve
    )
    check_names(cases, chosen)
    names = [c for i, c in enumerate(cases.regressors.covariates) if i in set(cases.regressors.fold().tolist()) - {0}]
    if not names:
        raise DataError("no covariate varies: there is nothing to explain the gap with")
    a, b = cases.inside
    parts: dict[Part, Scored] = {
        ("y", g): mean_scored(cases.y[:, None], cases.rows.weight, m) for g, m in cases.inside.items()
    }
    for choice in chosen:
        parts |= _parts(cases, curve, choice, orders_of(len(names), orders, seed), few_orders(len(names)))
    base = Base(cases, parts)
    result = Result(cases, base, "covariates")
    result.add_levels()
    gap = base["y", a] - base["y", b]
    result.add(gap, contrast="difference")
    for choice in chosen:
        explained = base[choice, "F", a] - base[choice, "F", b]
        detail = base[choice, "detail"]
        adds_up(summed(detail), explained, "the detail of explained")
        splits = [CovariateSplit("explained", explained, None), CovariateSplit("unexplained", gap - explained, None)]
        result.add_split(coefficients_name(cases, choice), gap, splits)
        result.add(detail, contrast="explained", weighting=coefficients_name(cases, choice), indicator=list(names))
    return result.estimates(decomposition=f"Fairlie, {curve}")


def _parts(cases: Cases, link: Link, choice: str, orders: Orders, few: Orders) -> dict[Part, Scored]:
    """Return the mean predictions of both groups and the detail, with what each row contributes."""
    a, b = cases.inside
    b_star = _coefficients(cases, link, choice)
    parts: dict[Part, Scored] = {(choice, "F", g): predicted(cases, b_star, cases.inside[g], link) for g in (a, b)}
    whole = parts[choice, "F", a].scores[:, 0] - parts[choice, "F", b].scores[:, 0]
    value, scores = _detail(cases, b_star, link, orders, few)
    scores += ((whole - scores.sum(axis=1)) / scores.shape[1])[:, None]  # what smoothing leaves over: it adds up
    every = np.any(list(cases.inside.values()), axis=0)
    parts[choice, "detail"] = Scored([ColumnLabels("explained", method="t")] * len(value), value, scores, every)
    return parts


def _coefficients(cases: Cases, link: Link, choice: str) -> Scored:
    if choice in ("pooled", "neumark"):
        return pooled_part(cases, link, indicator=choice == "pooled")
    a, b = cases.inside
    who = a if choice == "compared" else b
    found = cases.fit(link, who)
    labels = [ColumnLabels("coefficient", method="t")] * len(found.coefficient)
    return Scored(labels, found.coefficient, found.scores, cases.inside[who])


def _detail(cases: Cases, b_star: Scored, link: Link, orders: Orders, few: Orders) -> tuple[Floats, Floats]:
    """Return each covariate's part of the explained difference, and what each row contributes to it."""
    groups = [alike(cases.regressors.X[m], cases.rows.weight[m]) for m in cases.inside.values()]

    def pairs(b: Floats, over: Orders) -> tuple[Ladder, Ladder, Switch]:
        return _pairs(cases, groups, b, link, over)

    value = matched(*pairs(b_star.value, orders))
    one, other, switch = pairs(b_star.value, few)
    scores = np.zeros((len(cases.y), len(value)))
    for inside, rung, psi in zip(cases.inside.values(), (one, other), row_scores(one, other, switch), strict=True):
        scores[inside] = psi[rung.profile] / cases.rows.weight[inside].sum()
    return value, scores + _through(cases, b_star, lambda b: matched(*pairs(b, few)))


def _through(cases: Cases, b_star: Scored, func: Callable[[Floats], Floats]) -> Floats:
    """Return each row's influence on a rough function of the coefficients, by way of the coefficients.

    Each step of the coefficients makes new matches, whose noise hides a derivative. The slope is therefore that of a
    regression on draws of the coefficients from their own distribution (Stein: the mean of the derivative over it), in
    pairs on both sides; the draws are always the same.
    """
    size, direction = _spread(cases, b_star)
    drawn = np.random.default_rng(0).normal(size=(max(_DRAWS, _EACH * len(size)), len(size)))
    steps = drawn * size @ direction.T
    moved = np.array([(func(b_star.value + step) - func(b_star.value - step)) / 2 for step in steps])
    slope = np.linalg.lstsq(drawn, moved, rcond=None)[0]
    return np.asarray((b_star.scores @ direction / size) @ slope, dtype=np.float64)


def _pairs(
    cases: Cases, groups: Sequence[Alike], b: Floats, link: Link, orders: Orders
) -> tuple[Ladder, Ladder, Switch]:
    """Return both groups in the order of their predictions, and what switching changes, at some coefficients."""
    r = cases.regressors
    fold = r.fold()
    each = np.column_stack([r.spread[fold == i].sum(axis=0) * b for i in np.unique(fold[fold > 0])])
    one, other = (
        ladder(r.X[m][group.row] @ each, group) for m, group in zip(cases.inside.values(), groups, strict=True)
    )
    return one, other, Switch(one, other, float(b[0]), orders, link)


def _spread(cases: Cases, b_star: Scored) -> tuple[Floats, Floats]:
    """Return the standard errors of coefficients along the principal directions of their covariance."""
    V = Base(cases, {("b",): b_star}).est.vcov()
    size, direction = np.linalg.eigh(V)
    some = size > 1e-20
    return np.sqrt(size[some]), direction[:, some]
