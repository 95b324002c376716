"""Gaps in means between two groups by linear regression: Oaxaca-Blinder, twofold and threefold."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, Unpack

import numpy as np

from mpi.core.arguments import kinds_explained
from mpi.core.errors import RequestError
from mpi.decompose.by_regression.cases import Detail, Detailed, cases_of
from mpi.decompose.by_regression.terms import Base, CovariateSplit, Result, check_choices, mean_scored
from mpi.estimation.linearized import Scored
from mpi.estimation.parts import ColumnLabels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mpi.decompose.by_regression.cases import Cases
    from mpi.decompose.by_regression.regressors import Covariates
    from mpi.decompose.by_regression.terms import Part
    from mpi.inference.likelihood import Link
    from mpi.results.dual import Figures
    from mpi.results.estimates import Estimates

__all__ = [
    "Coefficients",
    "Form",
    "check_names",
    "coefficients_name",
    "group_column",
    "group_parts",
    "oaxaca",
    "pooled_part",
    "summed",
]

Form = Literal["twofold", "threefold"]
"""Into how many terms a gap is split."""

Coefficients = Literal["reference", "compared", "average", "cotton", "pooled", "neumark"]
"""The coefficients that differences in covariates are valued with."""


@kinds_explained
def oaxaca(
    survey: Any,
    outcome: str,
    covariates: Covariates,
    *,
    group: str,
    reference: Any,
    compare: Any = None,
    form: Form = "twofold",
    coefficients: Coefficients | Sequence[Coefficients] = "reference",
    **options: Unpack[Detailed],
) -> Estimates:
    """Split a gap in means between two groups into what covariates explain and what they do not, by regression.

    Parameters
    ----------
    survey : Survey
        Who was asked.
    outcome : str
        A column of numbers (0 and 1 give a gap in shares: a linear probability model). With ``measure=`` one of
        ``poor`` (the gap is one in H), ``censored_score`` (in M0) and ``score`` (in the mean deprivation score).
    covariates : sequence of str, or mapping of str to {"number", "category"}
        The columns that may explain the gap. Text, and columns with a value label for every value, are categories;
        others are numbers. A mapping says so itself.
    group : str
        The column of the groups.
    reference : value or label
        The group B that is compared with.
    compare : value or label, or a list of them, optional
        The group A whose gap is explained, several joined to one; by default everyone else.
    form : {"twofold", "threefold"}
        The terms, see Notes.
    coefficients : {"reference", "compared", "average", "cotton", "pooled", "neumark"}, or a sequence of these
        The coefficients b* of the explained part: those of a group; the mean of both (Reimers 1983), or that weighted
        by the groups' population (Cotton 1988); those of both groups together with an indicator of the group among
        the covariates (``pooled``; Fortin 2008, Jann 2008), or without (``neumark``; Neumark 1988), which gives to the
        explained part some of what is not. Threefold has ``reference`` or ``compared``. The column ``weighting``
        says which: the group's name, or the word.
    normalise : bool, default True
        Measure coefficients of categories from their mean over the categories (Yun 2005), so that the detail of the
        unexplained part does not depend on the category left out. Else the first category is left out.
    detail : {"covariates", "categories"}
        Whether a categorical covariate has one row of each term, or one row for each category.
    **options
        ``measure, where, unit, level, df``: a measure for the outcome, and the rest as for `mpi.estimate`.

    Returns
    -------
    Estimates
        The means of both groups (``contrast`` is ``level``), their ``difference`` (A - B, in the unit of the outcome)
        and its terms. ``indicator`` is empty for the total of a term, else the covariate; ``(constant)`` is one of
        them. All covariances are kept.

    Raises
    ------
    MpiError
        When groups or columns are unknown, rows are of several rounds, a group has too few cases or lacks a category,
        or covariates are collinear (all are named).

    Warns
    -----
    MpiWarning
        When rows are dropped for missing values, a group is small, or a covariate does not vary.

    Notes
    -----
    With weighted means x and coefficients b of weighted least squares in each group (Oaxaca 1973; Blinder 1973; Jann
    2008, Stata Journal 8:453-479):

    - twofold: explained (x_A - x_B)'b*, unexplained x_A'(b_A - b*) + x_B'(b* - b_B);
    - threefold: endowments (x_A - x_B)'b_B, coefficients x_B'(b_A - b_B), interaction (x_A - x_B)'(b_A - b_B); from
      the other side (``compared``) endowments (x_A - x_B)'b_A, coefficients x_A'(b_A - b_B), and the interaction
      is taken off.

    The terms add up to the gap; what does not is not returned. Errors are linearised: means and coefficients have
    joint influences by PSU, so that covariates vary as well as coefficients, and groups that live in the same PSUs are
    not taken for independent. Terms are products, and in small samples their linearised errors are somewhat small.

    "Unexplained" is a difference that these covariates do not account for. It is no measure of discrimination.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.decompose.oaxaca(
    ...     mpi.load_sample(), "income", ["age", "area", "size"], group="ethnicity", reference="Kinh",
    ...     where=lambda frame: frame["year"] == 2018,
    ... )
    >>> est.select(indicator=None).table["contrast"].tolist()
    ['level', 'level', 'difference', 'explained', 'unexplained']
    >>> est.select(contrast="explained").table["indicator"].astype(object).fillna("").tolist()
    ['', '(constant)', 'age', 'area', 'size']
    """
    (kind,) = check_choices("form", form, Form)
    chosen = check_choices("coefficients", coefficients, Coefficients)
    (detail,) = check_choices("detail", options.get("detail", "covariates"), Detail)
    if kind == "threefold" and not set(chosen) <= {"reference", "compared"}:
        raise RequestError("a threefold decomposition is seen from one group: coefficients 'reference' or 'compared'")
    cases = cases_of(survey, outcome, covariates, group_column(group), reference, compare, options)
    check_names(cases, chosen)
    base = Base(cases, _parts(cases, chosen))
    result = Result(cases, base, detail)
    result.add_levels()
    a, b = cases.inside
    gap = base["y", a] - base["y", b]
    result.add(gap, contrast="difference")
    split = _twofold if kind == "twofold" else _threefold
    for choice in chosen:
        result.add_split(coefficients_name(cases, choice), gap, split(cases, base, choice))
    return result.estimates(decomposition=f"Oaxaca-Blinder, {kind}")


def group_column(group: Any) -> str:
    """Return the column of the groups; refuse what cannot be one.

    Raises
    ------
    MpiError
        When it is no name.
    """
    if not isinstance(group, str) or not group:
        raise RequestError(
            f"group: the column of the groups is needed, not {group!r}; for one regression of everyone take "
            "mpi.decompose.by_regression.regression"
        )
    return group


def check_names(cases: Cases, chosen: Sequence[str]) -> None:
    """Refuse a group that is called as coefficients are: one could not tell them apart.

    Raises
    ------
    MpiError
        Naming the group.
    """
    both = [c for c in chosen if c in cases.inside and c not in ("reference", "compared")]
    if both:
        raise RequestError(f"{cases.by!r}: a group is called {both[0]!r}, as the coefficients asked for are; rename it")


def coefficients_name(cases: Cases, choice: str) -> str:
    """Say whose coefficients are used, for the column ``weighting``: the group's name, or the word of the choice."""
    a, b = cases.inside
    return {"reference": b, "compared": a}.get(choice, choice)


def group_parts(cases: Cases, link: Link) -> dict[Part, Scored]:
    """Return the means of outcome and covariates and the coefficients of each group, with what each row contributes."""
    parts: dict[Part, Scored] = {}
    weight = cases.rows.weight
    for g, inside in cases.inside.items():
        found = cases.fit(link, g)
        parts["y", g] = mean_scored(cases.y[:, None], weight, inside)
        parts["x", g] = _with_exact_constant(mean_scored(cases.regressors.X, weight, inside))
        labels = [ColumnLabels("coefficient", method="t")] * len(found.coefficient)
        parts["b", g] = Scored(labels, found.coefficient, found.scores, inside)
    return parts


def _with_exact_constant(means: Scored) -> Scored:
    """Hold the mean of the constant at 1, without rounding: it does not vary."""
    value, scores = means.value.copy(), means.scores.copy()
    value[0], scores[:, 0] = 1.0, 0.0
    labels = [replace(means.labels[0], zero="certain"), *means.labels[1:]]
    return replace(means, labels=labels, value=value, scores=scores)


def pooled_part(cases: Cases, link: Link, *, indicator: bool) -> Scored:
    """Return the coefficients of both groups together, with an indicator of the compared group or without it."""
    first = next(iter(cases.inside.values()))
    found = cases.fit(link, "both groups", extra=first.astype(np.float64) if indicator else None)
    k = cases.regressors.X.shape[1]
    labels = [ColumnLabels("coefficient", method="t")] * k
    return Scored(labels, found.coefficient[:k], found.scores[:, :k], np.ones(len(cases.y), dtype=bool))


def summed(figures: Figures) -> Figures:
    """Return the sum of figures, as one figure."""
    return figures.folded(np.zeros(len(figures), dtype=np.int64), 1)


def _parts(cases: Cases, chosen: Sequence[str]) -> dict[Part, Scored]:
    parts = group_parts(cases, "linear")
    for choice in {"pooled", "neumark"} & set(chosen):
        parts[choice,] = pooled_part(cases, "linear", indicator=choice == "pooled")
    if "cotton" in chosen:
        first, *_ = cases.inside.values()
        every = np.ones(len(cases.y), dtype=bool)
        parts["share",] = mean_scored(first[:, None].astype(np.float64), cases.rows.weight, every)
    return parts


def _full(cases: Cases, base: Base) -> tuple[Figures, Figures, Figures, Figures]:
    """Return means and coefficients of the full columns: of the compared group, then of the reference."""
    a, b = cases.inside
    r = cases.regressors
    xa, xb = (base["x", g].combined(r.expand) for g in (a, b))
    ba, bb = (base["b", g].combined(r.spread) for g in (a, b))
    return xa, xb, ba, bb


def _twofold(cases: Cases, base: Base, choice: str) -> list[CovariateSplit]:
    xa, xb, ba, bb = _full(cases, base)
    if choice in ("pooled", "neumark"):
        star = base[choice,].combined(cases.regressors.spread)
    elif choice == "cotton":
        share = base["share",].take(np.zeros(len(ba), dtype=np.int64))
        star = share * ba + (1 - share) * bb
    else:
        star = {"reference": bb, "compared": ba, "average": (ba + bb) * 0.5}[choice]
    explained, unexplained = (xa - xb) * star, xa * (ba - star) + xb * (star - bb)
    return [CovariateSplit(n, summed(p), p) for n, p in (("explained", explained), ("unexplained", unexplained))]


def _threefold(cases: Cases, base: Base, choice: str) -> list[CovariateSplit]:
    xa, xb, ba, bb = _full(cases, base)
    moved, valued = xa - xb, ba - bb
    if choice == "reference":
        terms = {"endowments": moved * bb, "coefficients": xb * valued, "interaction": moved * valued}
    else:
        terms = {"endowments": moved * ba, "coefficients": xa * valued, "interaction": -(moved * valued)}
    return [CovariateSplit(n, summed(p), p) for n, p in terms.items()]
